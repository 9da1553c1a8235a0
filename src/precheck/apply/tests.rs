//! Changes on small tenants: what comes of them, and what is said.

use super::{Applied, NoteKind, apply, known};
use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, NOW};
use crate::model::{
    AdministrativeUnit, Approval, Approver, AuthenticationContext, Collected, Dataset, Enablement,
    Expiration, GroupAccess, Hold, IsoDuration, Principal, PrincipalId, PrincipalKindFacts, Scope,
    Stage,
};
use crate::precheck::edit::{
    AccessName, Asking, Change, Edit, End, Fault, GrantChange, Held, Lasting, Over, Place,
    PolicyOf, RuleChange,
};

fn change(edits: Vec<Edit>) -> Change {
    let place = Place { file: "a.json".into(), pointer: String::new(), line: None };
    Change::of(place, "x", edits)
}

fn applied(case: &mut Case, edit: Edit) -> Result<Applied, Vec<Fault>> {
    apply(&mut case.tenant, &[change(vec![edit])], NOW.parse().unwrap())
}

fn notes(case: &mut Case, edit: Edit) -> Vec<(NoteKind, String)> {
    let applied = applied(case, edit).unwrap();
    applied.notes.into_iter().map(|note| (note.kind, note.text)).collect()
}

fn kinds(case: &mut Case, edit: Edit) -> Vec<NoteKind> {
    notes(case, edit).into_iter().map(|(kind, _)| kind).collect()
}

fn of_role(name: &str) -> PolicyOf {
    PolicyOf::Access(AccessName::Role(name.to_owned()))
}

fn activation(length: &str) -> RuleChange {
    let maximum = Some(IsoDuration::parse(length).unwrap());
    RuleChange::Expiration { of: Lasting::Activation, required: None, maximum }
}

fn grant(principal: &str, held: Held, present: bool, end: End) -> Edit {
    Edit::Grant(GrantChange {
        access: AccessName::Role("Global Administrator".to_owned()),
        principal: principal.to_owned(),
        within: Scope::Tenant,
        held,
        present,
        start: None,
        end,
        over: Over::Replaces,
    })
}

#[test]
fn a_policy_is_found_by_id_name_and_role() {
    let mut case = Case::new();
    case.policy(GLOBAL_ADMINISTRATOR);
    let id = case.policy(GLOBAL_ADMINISTRATOR).id.to_string();
    for policy in [
        PolicyOf::Id(id.to_uppercase()),
        of_role("global administrator"),
        of_role(GLOBAL_ADMINISTRATOR),
    ] {
        applied(&mut case, Edit::SetRule(policy, activation("PT30M"))).unwrap();
        let live = case.policy(GLOBAL_ADMINISTRATOR).activation_expiration.clone();
        assert_eq!(live, Ok(Expiration::AtMost(IsoDuration::from_seconds(1800))));
    }
    for (policy, expected) in [
        (of_role("Global Administratr"), "did you mean Global Administrator?"),
        (PolicyOf::Id("nothing".to_owned()), "there is no policy nothing"),
        (
            PolicyOf::Id(
                "DirectoryRole_11111111-0000-4000-8000-000000000001_\
                 22222222-0000-4000-8000-000000000001"
                    .to_owned(),
            ),
            "is of tenant 11111111",
        ),
    ] {
        let faults = applied(&mut case, Edit::SetRule(policy, activation("PT1H"))).unwrap_err();
        assert!(faults[0].to_string().contains(expected), "{}", faults[0]);
    }
}

#[test]
fn what_pim_refuses_is_said() {
    for (length, warns) in
        [("PT30M", false), ("PT24H", false), ("PT25H", true), ("PT20M", true), ("PT45M", true)]
    {
        let mut case = Case::new();
        case.policy(GLOBAL_ADMINISTRATOR);
        let edit = Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), activation(length));
        let kinds = kinds(&mut case, edit);
        assert_eq!(kinds.contains(&NoteKind::Warning), warns, "{length}");
    }
}

#[test]
fn mfa_beside_a_context_is_said() {
    for (mfa, context, warns) in [(true, true, true), (true, false, false), (false, true, false)] {
        let mut case = Case::new();
        let policy = case.policy(GLOBAL_ADMINISTRATOR);
        policy.activation_enablement = Ok(Enablement::default());
        if context {
            policy.authentication_context = Ok(AuthenticationContext::On("c1".into()));
        } else {
            policy.authentication_context = Ok(AuthenticationContext::Off);
        }
        let rule = RuleChange::Enablement {
            of: Asking::Activation,
            mfa: Some(mfa),
            justification: Some(true),
            ticket: None,
        };
        let said = kinds(&mut case, Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), rule));
        assert_eq!(said.contains(&NoteKind::Warning), warns, "{mfa} {context}");
    }
}

#[test]
fn an_approver_who_is_not_there_is_said() {
    for (id, expected) in [
        ("gone", vec![NoteKind::Warning]),
        ("never-read", vec![NoteKind::Unknown]),
        ("ana", vec![]),
        ("admins", vec![NoteKind::Warning]),
    ] {
        let mut case = Case::new();
        case.user("ana");
        case.group("admins", &[]);
        case.policy(GLOBAL_ADMINISTRATOR).approval = Ok(Approval::NotRequired);
        let absent = Principal {
            id: PrincipalId::new("gone"),
            name: "gone".into(),
            kind: PrincipalKindFacts::Absent,
        };
        if let Some(all) = known(&mut case.tenant.principals) {
            all.insert(PrincipalId::new("gone"), absent);
        }
        let approvers = vec![Approver::User(PrincipalId::new(id))];
        let rule = RuleChange::Approval {
            required: Some(true),
            mode: None,
            stages: Some(vec![Stage { approvers, ..Stage::default() }]),
        };
        let said = kinds(&mut case, Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), rule));
        assert_eq!(said, expected, "{id}");
    }
}

#[test]
fn an_approver_of_the_other_kind_is_nobody_and_no_gain_is_certain() {
    for (approver, stays, refused) in [
        (Approver::User(PrincipalId::new("ana")), true, false),
        (Approver::Group(PrincipalId::new("admins")), true, false),
        (Approver::User(PrincipalId::new("admins")), false, true),
        (Approver::Group(PrincipalId::new("ana")), false, true),
    ] {
        let mut case = Case::new();
        case.user("ana");
        case.group("admins", &["ana"]);
        case.policy(GLOBAL_ADMINISTRATOR).approval = Ok(Approval::NotRequired);
        let stage = Stage { approvers: vec![approver.clone()], ..Stage::default() };
        let rule =
            RuleChange::Approval { required: Some(true), mode: None, stages: Some(vec![stage]) };
        let edit = Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), rule);
        let applied = applied(&mut case, edit).unwrap();
        assert_eq!(!applied.refused.is_empty(), refused, "{approver:?}");
        let Ok(Approval::Required { stages, .. }) = &case.policy(GLOBAL_ADMINISTRATOR).approval
        else {
            panic!("no approval")
        };
        let [found] = stages[0].approvers.as_slice() else { panic!("{stages:?}") };
        assert_eq!(*found == approver, stays, "{found:?}");
        if let (false, Approver::User(nobody)) = (stays, found.clone()) {
            let known = &case.tenant.principals.at_least().unwrap()[&nobody];
            assert_eq!(known.kind, PrincipalKindFacts::Absent);
        }
    }
}

#[test]
fn what_pim_refuses_is_no_gain() {
    let expiration = |of, days: u64| RuleChange::Expiration {
        of,
        required: Some(true),
        maximum: Some(IsoDuration::from_seconds(days * 24 * 3600)),
    };
    let shorter = || activation("PT20M");
    for (live, rule, left_out, open) in [
        (Expiration::NotRequired, expiration(Lasting::Assignment, 400), false, true),
        (Expiration::NotRequired, expiration(Lasting::Assignment, 300), false, false),
        // EasyPIM leaves it out, so it does not come about.
        (Expiration::NotRequired, expiration(Lasting::Assignment, 300), true, true),
        (Expiration::NotRequired, expiration(Lasting::Eligibility, 400), false, true),
        (Expiration::AtMost(IsoDuration::from_seconds(3600)), shorter(), false, true),
        // What is worse stays as it is stated.
        (
            Expiration::AtMost(IsoDuration::from_seconds(3600)),
            expiration(Lasting::Assignment, 400),
            false,
            false,
        ),
        (
            Expiration::AtMost(IsoDuration::from_seconds(3600)),
            expiration(Lasting::Assignment, 300),
            true,
            false,
        ),
    ] {
        let mut case = Case::new();
        let policy = case.policy(GLOBAL_ADMINISTRATOR);
        policy.activation_expiration = Ok(live);
        policy.assignment_expiration = Ok(live);
        policy.eligibility_expiration = Ok(live);
        let mut item = change(vec![Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), rule.clone())]);
        item.left_out = left_out.then(|| "the tool leaves it out".to_owned());
        let applied = apply(&mut case.tenant, &[item], NOW.parse().unwrap()).unwrap();
        let policy = case.policy(GLOBAL_ADMINISTRATOR);
        let found = [
            policy.activation_expiration.is_err(),
            policy.assignment_expiration.is_err(),
            policy.eligibility_expiration.is_err(),
        ];
        assert_eq!(found.contains(&true), open, "{live:?} {rule:?} {left_out}");
        let unknown = applied.notes.iter().any(|it| it.kind == NoteKind::Unknown);
        assert_eq!(unknown, open, "{live:?} {rule:?} {left_out}");
    }
}

#[test]
fn what_graph_refuses_beside_each_other_is_no_gain() {
    let enablement = |mfa| RuleChange::Enablement {
        of: Asking::Activation,
        mfa: Some(mfa),
        justification: None,
        ticket: None,
    };
    let context = || RuleChange::Context { enabled: Some(true), claim: Some("c1".to_owned()) };
    // `None` is open; else whether it is asked for in the end.
    let (yes, no) = (Some(true), Some(false));
    for (mfa, on, rules, expected) in [
        // Of MFA and the context, what comes in beside the other is refused.
        (false, true, vec![enablement(true)], (no, yes)),
        (true, false, vec![context()], (yes, no)),
        // Which of the two is refused depends on their order.
        (false, false, vec![enablement(true), context()], (None, None)),
        (true, false, vec![enablement(false), context()], (no, yes)),
        (true, true, vec![activation("PT30M")], (yes, yes)),
    ] {
        let mut case = Case::new();
        let policy = case.policy(GLOBAL_ADMINISTRATOR);
        policy.activation_enablement = Ok(Enablement { mfa, ..Enablement::default() });
        policy.authentication_context = Ok(match on {
            true => AuthenticationContext::On("c1".into()),
            false => AuthenticationContext::Off,
        });
        let words = format!("{mfa} {on} {rules:?}");
        let edits = rules.into_iter().map(|it| Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), it));
        let item = change(edits.collect());
        apply(&mut case.tenant, &[item], NOW.parse().unwrap()).unwrap();
        let policy = case.policy(GLOBAL_ADMINISTRATOR);
        let context = policy.authentication_context.as_ref().ok();
        let found = (
            policy.activation_enablement.as_ref().ok().map(|it| it.mfa),
            context.map(|it| *it != AuthenticationContext::Off),
        );
        assert_eq!(found, expected, "{words}");
    }
    // The context goes after MFA was refused: nothing is left.
    let mut case = Case::new();
    let policy = case.policy(GLOBAL_ADMINISTRATOR);
    policy.activation_enablement = Ok(Enablement::default());
    policy.authentication_context = Ok(AuthenticationContext::On("c1".into()));
    let off = RuleChange::Context { enabled: Some(false), claim: None };
    let changes = [enablement(true), off]
        .map(|rule| change(vec![Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), rule)]));
    let applied = apply(&mut case.tenant, &changes, NOW.parse().unwrap()).unwrap();
    let policy = case.policy(GLOBAL_ADMINISTRATOR);
    assert_eq!(policy.activation_enablement, Ok(Enablement::default()));
    assert_eq!(policy.authentication_context, Ok(AuthenticationContext::Off));
    let kinds: Vec<NoteKind> = applied.notes.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [NoteKind::Warning, NoteKind::Remark]);
}

#[test]
fn what_is_not_in_force_is_not_already_true() {
    let days = |required, days: u64| RuleChange::Expiration {
        of: Lasting::Assignment,
        required,
        maximum: Some(IsoDuration::from_seconds(days * 24 * 3600)),
    };
    let approval = |required| RuleChange::Approval {
        required,
        mode: Some("Serial".to_owned()),
        stages: Some(vec![Stage::default()]),
    };
    let context = |enabled| RuleChange::Context { enabled, claim: Some("c9".to_owned()) };
    for (rule, kind, text) in [
        (days(None, 30), NoteKind::Remark, "has no effect while no end is required"),
        (days(Some(false), 30), NoteKind::AlreadyTrue, "already states this"),
        (approval(None), NoteKind::Remark, "has no effect while approval is off"),
        (approval(Some(false)), NoteKind::AlreadyTrue, "already states this"),
        (context(None), NoteKind::Remark, "has no effect while the context is off"),
        (context(Some(false)), NoteKind::AlreadyTrue, "already states this"),
    ] {
        let mut case = Case::new();
        let policy = case.policy(GLOBAL_ADMINISTRATOR);
        policy.assignment_expiration = Ok(Expiration::NotRequired);
        policy.approval = Ok(Approval::NotRequired);
        policy.authentication_context = Ok(AuthenticationContext::Off);
        let words = format!("{rule:?}");
        let said = notes(&mut case, Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), rule));
        let [(found, said)] = said.as_slice() else { panic!("{words}: {said:?}") };
        assert_eq!(*found, kind, "{words}: {said}");
        assert!(said.contains(text), "{words}: {said}");
    }
}

#[test]
fn a_ticket_for_an_assignment_is_no_gain() {
    for (live, expected, kinds_expected) in [
        (false, false, vec![NoteKind::AlreadyTrue, NoteKind::Remark]),
        (true, true, vec![NoteKind::AlreadyTrue]),
    ] {
        let mut case = Case::new();
        let asked = Enablement { mfa: true, justification: true, ticket: live };
        case.policy(GLOBAL_ADMINISTRATOR).assignment_enablement = Ok(asked);
        let rule = RuleChange::Enablement {
            of: Asking::Assignment,
            mfa: Some(true),
            justification: Some(true),
            ticket: Some(true),
        };
        let said = kinds(&mut case, Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), rule));
        assert_eq!(said, kinds_expected, "{live}");
        let found = case.policy(GLOBAL_ADMINISTRATOR).assignment_enablement.clone();
        assert_eq!(found.map(|it| it.ticket), Ok(expected), "{live}");
    }
}

#[test]
fn a_grant_over_another_one_changes_only_what_the_service_changes() {
    let at = |text: &str| End::At(text.parse().unwrap());
    let (early, late) = ("2026-12-20T00:00:00Z", "2027-06-01T00:00:00Z");
    let end_of = |text: &str| Some(text.parse::<jiff::Timestamp>().unwrap());
    for (over, live, wanted, expected, kinds_expected) in [
        // What is better does not come about.
        (Over::Refused, at(late), at(early), end_of(late), vec![NoteKind::Warning]),
        (Over::Refused, End::Never, at(early), None, vec![NoteKind::Warning]),
        // Nor does what is worse and refused.
        (Over::Refused, at(early), at(late), end_of(early), vec![NoteKind::Warning]),
        (Over::Refused, at(early), End::Never, end_of(early), vec![NoteKind::Warning]),
        (Over::Skipped, End::Never, at(early), None, vec![NoteKind::Unknown]),
        // What is worse stays as it is stated, where it is only skipped.
        (Over::Skipped, at(early), End::Never, None, vec![NoteKind::Unknown]),
        (Over::Refused, at(late), at(late), end_of(late), vec![NoteKind::AlreadyTrue]),
        (Over::Replaces, at(late), at(early), end_of(early), vec![]),
    ] {
        for held in [Held::Eligible, Held::Active] {
            let words = format!("{over:?} {live:?} {wanted:?} {held:?}");
            let mut case = Case::new();
            case.user("ana");
            applied(&mut case, grant("ana", held, true, live)).unwrap();
            let Edit::Grant(next) = grant("ana", held, true, wanted) else { panic!("no grant") };
            let said = kinds(&mut case, Edit::Grant(GrantChange { over, ..next }));
            assert_eq!(said, kinds_expected, "{words}");
            let list = match held {
                Held::Eligible => case.tenant.eligible.at_least().unwrap(),
                Held::Active | Held::OutsidePim => case.tenant.active.at_least().unwrap(),
            };
            assert_eq!(list.iter().map(|it| it.end).collect::<Vec<_>>(), [expected], "{words}");
        }
    }
    // EasyPIM skips who holds it in the other way, too; Graph does not mind.
    for (over, expected) in [(Over::Skipped, vec![NoteKind::Unknown]), (Over::Refused, vec![])] {
        let mut case = Case::new();
        case.user("ana");
        case.eligible("ana", GLOBAL_ADMINISTRATOR);
        let Edit::Grant(next) = grant("ana", Held::Active, true, at(late)) else {
            panic!("no grant")
        };
        let said = kinds(&mut case, Edit::Grant(GrantChange { over, ..next }));
        assert_eq!(said, expected, "{over:?}");
        assert_eq!(case.tenant.active.at_least().unwrap().len(), 1, "{over:?}");
    }
}

#[test]
fn a_grant_that_lasts_longer_than_its_settings_allow_is_refused() {
    let days = |days: u64| End::After(IsoDuration::from_seconds(days * 24 * 3600));
    // 365 days for what is eligible, and 15 for what is active.
    for (held, end, warns) in [
        (Held::Eligible, days(365), false),
        (Held::Eligible, days(366), true),
        (Held::Eligible, End::Never, true),
        (Held::Eligible, End::Unstated, false),
        (Held::Active, days(15), false),
        (Held::Active, days(16), true),
        (Held::OutsidePim, End::Never, false),
    ] {
        let mut case = Case::new();
        case.user("ana");
        let policy = case.policy(GLOBAL_ADMINISTRATOR);
        let longest = |days: u64| Expiration::AtMost(IsoDuration::from_seconds(days * 24 * 3600));
        policy.eligibility_expiration = Ok(longest(365));
        policy.assignment_expiration = Ok(longest(15));
        let applied = applied(&mut case, grant("ana", held, true, end)).unwrap();
        let said = applied.notes.iter().find(|it| it.kind == NoteKind::Warning);
        assert_eq!(said.is_some(), warns, "{held:?} {end:?}");
        assert!(said.is_none_or(|it| it.text.contains("role Global Administrator allow at most")));
        // Nothing changes, and nothing is taken from what is changed beside it.
        let given = [&case.tenant.eligible, &case.tenant.active]
            .map(|it| it.at_least().map(Vec::len).unwrap());
        assert_eq!(given.iter().sum::<usize>(), usize::from(!warns), "{held:?} {end:?}");
        assert!(applied.refused.is_empty() && !applied.doubtful, "{held:?} {end:?}");
    }
    // What is permanent stays so where the end that is asked for is refused.
    let mut case = Case::new();
    case.user("ana");
    case.policy(GLOBAL_ADMINISTRATOR).eligibility_expiration =
        Ok(Expiration::AtMost(IsoDuration::from_seconds(365 * 24 * 3600)));
    case.eligible("ana", GLOBAL_ADMINISTRATOR);
    if let Collected::Complete(all) = &mut case.tenant.eligible {
        all[0].end = None;
    }
    let said = kinds(&mut case, grant("ana", Held::Eligible, true, days(400)));
    assert_eq!(said, [NoteKind::Warning]);
    assert_eq!(case.tenant.eligible.at_least().unwrap()[0].end, None);
}

#[test]
fn nobody_who_does_not_exist_is_given_anything() {
    let mut case = Case::new();
    let gone = PrincipalId::new("gone");
    let absent =
        Principal { id: gone.clone(), name: "gone".into(), kind: PrincipalKindFacts::Absent };
    if let Some(all) = known(&mut case.tenant.principals) {
        all.insert(gone, absent);
    }
    let said = notes(&mut case, grant("gone", Held::Active, true, End::Never));
    assert!(said.iter().all(|(kind, _)| *kind == NoteKind::Warning), "{said:?}");
    assert!(said.iter().any(|(_, text)| text.starts_with("Graph refuses this")), "{said:?}");
    assert!(case.tenant.active.at_least().unwrap().is_empty());
}

#[test]
fn what_is_given_is_held_against_the_settings_of_the_whole_plan() {
    let days = |days: u64| IsoDuration::from_seconds(days * 24 * 3600);
    let limit = |required, maximum: Option<u64>| RuleChange::Expiration {
        of: Lasting::Eligibility,
        required: Some(required),
        maximum: maximum.map(days),
    };
    let given = || change(vec![grant("ana", Held::Eligible, true, End::After(days(200)))]);
    let (no, yes) = (Expiration::NotRequired, |most: u64| Expiration::AtMost(days(most)));
    let plan = "in the same plan";
    for (live, rule, kind, text, counts) in [
        // Refused as it is, and allowed by the plan; and the reverse.
        (yes(180), limit(true, Some(365)), Some(NoteKind::Unknown), plan, 1),
        (yes(180), limit(false, None), Some(NoteKind::Unknown), plan, 1),
        (yes(365), limit(true, Some(180)), Some(NoteKind::Unknown), plan, 1),
        (no, limit(true, Some(180)), Some(NoteKind::Unknown), plan, 1),
        // The plan changes nothing of it.
        (yes(90), limit(true, Some(180)), Some(NoteKind::Warning), "allow at most 180 d", 0),
        (yes(365), limit(true, Some(270)), None, "", 1),
        // What the plan sets is refused itself, so what is allowed then is open.
        (yes(180), limit(true, Some(0)), Some(NoteKind::Unknown), plan, 1),
    ] {
        let mut said = Vec::new();
        for is_first in [true, false] {
            let mut case = Case::new();
            case.user("ana");
            case.policy(GLOBAL_ADMINISTRATOR).eligibility_expiration = Ok(live);
            let setting = change(vec![Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), rule.clone())]);
            let items = if is_first { [setting, given()] } else { [given(), setting] };
            let of_grant = usize::from(is_first);
            let applied = apply(&mut case.tenant, &items, NOW.parse().unwrap()).unwrap();
            let own = applied.notes.into_iter().filter(|it| it.change == of_grant);
            let own: Vec<(NoteKind, String)> = own.map(|it| (it.kind, it.text)).collect();
            let eligible = case.tenant.eligible.at_least().unwrap().len();
            assert_eq!(eligible, counts, "{live:?} {rule:?} {own:?}");
            said.push(own);
        }
        assert_eq!(said[0], said[1], "{live:?} {rule:?}");
        let own: Vec<NoteKind> = said[0].iter().map(|(kind, _)| *kind).collect();
        assert_eq!(own, Vec::from_iter(kind), "{live:?} {rule:?} {said:?}");
        assert!(said[0].iter().all(|(_, it)| it.contains(text)), "{said:?}");
        let depends = said[0].iter().any(|(_, it)| it.contains(plan));
        assert_eq!(depends, text == plan, "{said:?}");
    }
}

#[test]
fn what_is_allowed_or_refused_for_a_while_is_open() {
    let days = |days: u64| IsoDuration::from_seconds(days * 24 * 3600);
    let limit = |most: Option<u64>| {
        let rule = RuleChange::Expiration {
            of: Lasting::Eligibility,
            required: Some(most.is_some()),
            maximum: most.map(days),
        };
        change(vec![Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), rule)])
    };
    let (tight, open) = (Some(90), None);
    for (live, between, after, kinds_expected, counts) in [
        // Opened and closed again, and the reverse.
        (tight, open, tight, vec![NoteKind::Unknown], 1),
        (open, tight, open, vec![NoteKind::Unknown], 1),
        (tight, Some(30), tight, vec![NoteKind::Warning], 0),
        (open, Some(300), open, vec![], 1),
        // PIM refuses the setting that would allow it.
        (tight, Some(400), tight, vec![NoteKind::Warning], 0),
    ] {
        let mut case = Case::new();
        case.user("ana");
        case.policy(GLOBAL_ADMINISTRATOR).eligibility_expiration =
            Ok(live.map_or(Expiration::NotRequired, |most| Expiration::AtMost(days(most))));
        let given = change(vec![grant("ana", Held::Eligible, true, End::After(days(200)))]);
        let items = [given, limit(between), limit(after)];
        let applied = apply(&mut case.tenant, &items, NOW.parse().unwrap()).unwrap();
        let own = applied.notes.iter().filter(|it| it.change == 0);
        let own: Vec<NoteKind> = own.map(|it| it.kind).collect();
        assert_eq!(own, kinds_expected, "{live:?} {between:?} {after:?}");
        let eligible = case.tenant.eligible.at_least().unwrap().len();
        assert_eq!(eligible, counts, "{live:?} {between:?} {after:?}");
        assert_eq!(applied.doubtful, own == [NoteKind::Unknown], "{live:?} {between:?} {after:?}");
    }
}

#[test]
fn a_fixed_end_may_be_near_enough_when_it_is_asked_for() {
    let at = |text: &str| End::At(text.parse().unwrap());
    let start = |text: &str| Some(text.parse().unwrap());
    let days = |days: u64| IsoDuration::from_seconds(days * 24 * 3600);
    // 180 days are allowed; it is the 2nd of November.
    for (from, end, expected) in [
        (None, at("2027-04-30T00:00:00Z"), None),
        (None, at("2027-05-02T00:00:00Z"), Some(NoteKind::Unknown)),
        (start("2026-11-01T00:00:00Z"), at("2027-05-02T00:00:00Z"), Some(NoteKind::Unknown)),
        (None, End::After(days(181)), Some(NoteKind::Warning)),
        (None, End::Never, Some(NoteKind::Warning)),
        // A start within a month may be past by then, too.
        (start("2026-12-01T00:00:00Z"), at("2027-06-02T00:00:00Z"), Some(NoteKind::Unknown)),
        (start("2027-01-15T00:00:00Z"), at("2027-08-02T00:00:00Z"), Some(NoteKind::Warning)),
    ] {
        let mut case = Case::new();
        case.user("ana");
        case.policy(GLOBAL_ADMINISTRATOR).eligibility_expiration =
            Ok(Expiration::AtMost(days(180)));
        let Edit::Grant(wanted) = grant("ana", Held::Eligible, true, end) else {
            panic!("no grant")
        };
        let said = kinds(&mut case, Edit::Grant(GrantChange { start: from, ..wanted }));
        let said: Vec<NoteKind> =
            said.into_iter().filter(|kind| *kind != NoteKind::Remark).collect();
        assert_eq!(said, Vec::from_iter(expected), "{from:?} {end:?}");
        let eligible = case.tenant.eligible.at_least().unwrap().len();
        assert_eq!(eligible == 0, expected == Some(NoteKind::Warning), "{from:?} {end:?}");
    }
}

#[test]
fn what_may_be_there_already_is_not_refused_for_certain() {
    let time = |text: &str| Some(text.parse::<jiff::Timestamp>().unwrap());
    let soon = "2026-11-20T08:00:00Z";
    let (assigned, unclear) = (Hold::Assigned, Hold::ActiveOfUnknownType);
    let unknown = Some(NoteKind::Unknown);
    for (hold, window_unread, start, over, kind) in [
        // It may be over before somebody asks.
        (assigned, false, None, Over::Refused, unknown),
        // Nobody knows whether it is an activation, or when it ends.
        (unclear, false, None, Over::Refused, unknown),
        (unclear, false, None, Over::Skipped, unknown),
        (unclear, false, None, Over::Replaces, None),
        (assigned, true, None, Over::Refused, unknown),
        // It begins when the other one is over.
        (assigned, false, time("2026-11-21T08:00:00Z"), Over::Refused, None),
        (assigned, false, time(soon), Over::Refused, None),
        (assigned, false, time("2026-11-19T08:00:00Z"), Over::Refused, unknown),
    ] {
        let words = format!("{hold:?} {window_unread} {start:?} {over:?}");
        let mut case = Case::new();
        case.user("ana");
        case.active("ana", GLOBAL_ADMINISTRATOR);
        case.policy(GLOBAL_ADMINISTRATOR).assignment_expiration = Ok(Expiration::NotRequired);
        if let Collected::Complete(all) = &mut case.tenant.active {
            (all[0].hold, all[0].window_unread) = (hold, window_unread);
            all[0].end = time(soon);
        }
        let Edit::Grant(wanted) = grant("ana", Held::Active, true, End::Never) else {
            panic!("no grant")
        };
        let edit = Edit::Grant(GrantChange { start, over, ..wanted });
        let applied = applied(&mut case, edit).unwrap();
        let own = applied.notes.iter().map(|it| it.kind);
        let own: Vec<NoteKind> = own.filter(|kind| *kind != NoteKind::Remark).collect();
        assert_eq!(own, Vec::from_iter(kind), "{words}");
        assert_eq!(applied.doubtful, kind == unknown, "{words}");
        let rows = case.tenant.active.at_least().unwrap();
        // What begins when the other one is over stands beside it.
        let is_beside = start.is_some() && kind.is_none();
        assert_eq!(rows.len(), if is_beside { 2 } else { 1 }, "{words}");
        let given: Vec<_> = rows.iter().filter(|row| row.end.is_none()).collect();
        assert!(given.len() == 1 && !given[0].window_unread, "{words}");
    }
}

#[test]
fn files_are_taken_in_their_order_and_the_places_in_a_plan_are_none() {
    let of_file = |file: &str, rules: Vec<RuleChange>, unordered: bool| {
        let edits =
            rules.into_iter().map(|rule| Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), rule));
        let place = Place { file: file.into(), pointer: String::new(), line: None };
        Change { unordered, ..Change::of(place, "x", edits.collect()) }
    };
    let mfa = || RuleChange::Enablement {
        of: Asking::Activation,
        mfa: Some(true),
        justification: None,
        ticket: None,
    };
    let long = || of_file("b.json", vec![activation("PT23H"), mfa()], true);
    for (items, expected) in [
        (vec![of_file("a.json", vec![activation("PT1H")], false), long()], "23 h"),
        (vec![long(), of_file("c.json", vec![activation("PT1H")], false)], "1 h"),
        (vec![of_file("a.json", vec![activation("PT1H")], true), long()], "23 h"),
    ] {
        let mut case = Case::new();
        case.policy(GLOBAL_ADMINISTRATOR);
        apply(&mut case.tenant, &items, NOW.parse().unwrap()).unwrap();
        let found = case.policy(GLOBAL_ADMINISTRATOR).activation_expiration.clone();
        let Ok(Expiration::AtMost(longest)) = found else { panic!("{found:?}") };
        assert_eq!(longest.to_string(), expected);
    }
}

#[test]
fn a_change_of_what_is_there_and_a_grant_after_it_come_to_the_same_in_any_order() {
    let at = |text: &str| End::At(text.parse().unwrap());
    let of = |over, start: Option<&str>, end| {
        let Edit::Grant(wanted) = grant("ana", Held::Active, true, end) else { panic!("no grant") };
        let start = start.map(|text| text.parse().unwrap());
        change(vec![Edit::Grant(GrantChange { over, start, ..wanted })])
    };
    let shorter = || of(Over::Replaces, None, at("2026-11-10T00:00:00Z"));
    let after = || of(Over::Refused, Some("2026-11-11T00:00:00Z"), End::Never);
    for items in [[shorter(), after()], [after(), shorter()]] {
        let mut case = Case::new();
        case.user("ana");
        case.active("ana", GLOBAL_ADMINISTRATOR).end =
            Some("2026-12-20T00:00:00Z".parse().unwrap());
        case.policy(GLOBAL_ADMINISTRATOR).assignment_expiration = Ok(Expiration::NotRequired);
        apply(&mut case.tenant, &items, NOW.parse().unwrap()).unwrap();
        let rows = case.tenant.active.at_least().unwrap();
        let ends: Vec<bool> = rows.iter().map(|row| row.end.is_none()).collect();
        assert!(ends.len() == 2 && ends.contains(&true), "{rows:?}");
    }
}

#[test]
fn a_permanent_grant_stays_whatever_stands_beside_it_and_in_whatever_order() {
    let at = |text: &str| End::At(text.parse().unwrap());
    let of = |over, end| {
        let Edit::Grant(wanted) = grant("ana", Held::Active, true, end) else { panic!("no grant") };
        change(vec![Edit::Grant(GrantChange { over, ..wanted })])
    };
    let take = || change(vec![grant("ana", Held::Active, false, End::Unstated)]);
    let short = |over| of(over, at("2026-11-07T00:00:00Z"));
    for mut items in [
        vec![take(), short(Over::Refused), of(Over::Replaces, End::Never)],
        vec![take(), short(Over::Refused), of(Over::Refused, End::Never)],
        vec![short(Over::Replaces), of(Over::Replaces, End::Never)],
    ] {
        for _ in 0..items.len() {
            items.rotate_left(1);
            for is_swapped in [false, true] {
                let mut items = items.clone();
                if is_swapped {
                    items.swap(0, 1);
                }
                let words: Vec<String> = items.iter().map(|it| it.edits[0].to_string()).collect();
                let mut case = Case::new();
                case.user("ana");
                case.active("ana", GLOBAL_ADMINISTRATOR).end =
                    Some("2026-12-20T00:00:00Z".parse().unwrap());
                case.policy(GLOBAL_ADMINISTRATOR).assignment_expiration =
                    Ok(Expiration::NotRequired);
                apply(&mut case.tenant, &items, NOW.parse().unwrap()).unwrap();
                let rows = case.tenant.active.at_least().unwrap();
                assert!(rows.iter().any(|row| row.end.is_none()), "{words:#?}: {rows:?}");
            }
        }
    }
}

#[test]
fn what_the_settings_refuse_is_refused_whatever_is_there() {
    let mut case = Case::new();
    case.user("ana");
    case.active("ana", GLOBAL_ADMINISTRATOR).end = Some("2026-11-14T00:00:00Z".parse().unwrap());
    let longest = IsoDuration::from_seconds(30 * 24 * 3600);
    case.policy(GLOBAL_ADMINISTRATOR).assignment_expiration = Ok(Expiration::AtMost(longest));
    let Edit::Grant(wanted) = grant("ana", Held::Active, true, End::Never) else {
        panic!("no grant")
    };
    let edit = Edit::Grant(GrantChange { over: Over::Refused, ..wanted });
    assert_eq!(kinds(&mut case, edit), [NoteKind::Warning]);
}

#[test]
fn what_is_there_already_stands_against_no_other_change() {
    let until = "2026-12-20T00:00:00Z";
    let of = |end| {
        let Edit::Grant(wanted) = grant("ana", Held::Active, true, end) else { panic!("no grant") };
        change(vec![Edit::Grant(GrantChange { over: Over::Refused, ..wanted })])
    };
    let own = || of(End::At(until.parse().unwrap()));
    for items in [[own(), of(End::Never)], [of(End::Never), own()]] {
        let mut case = Case::new();
        case.user("ana");
        case.active("ana", GLOBAL_ADMINISTRATOR).end = Some(until.parse().unwrap());
        case.policy(GLOBAL_ADMINISTRATOR).assignment_expiration = Ok(Expiration::NotRequired);
        let applied = apply(&mut case.tenant, &items, NOW.parse().unwrap()).unwrap();
        let kinds: Vec<NoteKind> = applied.notes.iter().map(|note| note.kind).collect();
        assert!(kinds.contains(&NoteKind::Warning) && !applied.doubtful, "{kinds:?}");
        assert!(case.tenant.active.at_least().unwrap()[0].end.is_some());
    }
}

#[test]
fn an_end_that_is_years_away_is_refused_for_certain() {
    for (end, kind) in
        [("2027-05-05T00:00:00Z", NoteKind::Unknown), ("2036-01-01T00:00:00Z", NoteKind::Warning)]
    {
        let mut case = Case::new();
        case.user("ana");
        let longest = IsoDuration::from_seconds(180 * 24 * 3600);
        case.policy(GLOBAL_ADMINISTRATOR).assignment_expiration = Ok(Expiration::AtMost(longest));
        let edit = grant("ana", Held::Active, true, End::At(end.parse().unwrap()));
        assert_eq!(kinds(&mut case, edit), [kind], "{end}");
    }
}

#[test]
fn a_row_that_two_changes_take_is_taken_once() {
    let take = || change(vec![grant("ana", Held::Active, false, End::Unstated)]);
    let by_row = || change(vec![Edit::RevokeRow("row-ana".to_owned())]);
    for items in [[take(), by_row()], [by_row(), take()]] {
        let mut case = Case::new();
        case.user("ana");
        case.active("ana", GLOBAL_ADMINISTRATOR);
        let applied = apply(&mut case.tenant, &items, NOW.parse().unwrap()).unwrap();
        let kinds: Vec<NoteKind> = applied.notes.iter().map(|note| note.kind).collect();
        assert_eq!(kinds, [NoteKind::Remark]);
    }
}

#[test]
fn what_one_change_takes_and_another_gives_is_open_in_any_order() {
    let soon = "2026-11-20T08:00:00Z";
    let take = || grant("ana", Held::Active, false, End::Unstated);
    let by_row = || Edit::RevokeRow("row-ana".to_owned());
    let give = |over, end| {
        let Edit::Grant(wanted) = grant("ana", Held::Active, true, end) else { panic!("no grant") };
        Edit::Grant(GrantChange { over, ..wanted })
    };
    let member = |present| Edit::Entry {
        group: "g".to_owned(),
        principal: "ana".to_owned(),
        by: GroupAccess::Member,
        present,
    };
    let result = |items: &[Change], with_doubtful: bool| {
        let mut case = Case::new();
        case.user("ana");
        case.group("g", &["ana"]);
        case.active("ana", GLOBAL_ADMINISTRATOR);
        case.policy(GLOBAL_ADMINISTRATOR).assignment_expiration = Ok(Expiration::NotRequired);
        if let Collected::Complete(all) = &mut case.tenant.active {
            all[0].end = Some(soon.parse().unwrap());
        }
        let now = NOW.parse().unwrap();
        let applied = super::apply_some(&mut case.tenant, items, now, with_doubtful).unwrap();
        let members = case.tenant.members.at_least().unwrap()[&PrincipalId::new("g")].known.len();
        let active = case.tenant.active.at_least().unwrap();
        let ends: Vec<bool> = active.iter().map(|it| it.end.is_none()).collect();
        (ends, members, applied.doubtful)
    };
    for (taken, given, with, without) in [
        (take(), give(Over::Refused, End::Never), (vec![true], 1), (vec![], 1)),
        (by_row(), give(Over::Refused, End::Never), (vec![true], 1), (vec![], 1)),
        (take(), give(Over::Replaces, End::Never), (vec![true], 1), (vec![], 1)),
        (member(false), member(true), (vec![false], 1), (vec![false], 0)),
    ] {
        let words = format!("{taken} {given}");
        let (one, other) = (change(vec![taken.clone()]), change(vec![given.clone()]));
        for items in [[one.clone(), other.clone()], [other, one]] {
            let found = result(&items, true);
            assert_eq!(found, (with.0.clone(), with.1, true), "{words}");
            let found = result(&items, false);
            assert_eq!((found.0, found.1), without, "{words}");
        }
        // What is made anew by one change comes last.
        let found = result(&[change(vec![taken, given])], true);
        assert_eq!(found, (with.0, with.1, false), "{words}");
    }
    // Of two ends that are asked for, Graph takes the first.
    let at = End::At("2026-12-01T00:00:00Z".parse().unwrap());
    let make = |end| {
        let Edit::Grant(wanted) = grant("ana", Held::Eligible, true, end) else {
            panic!("no grant")
        };
        change(vec![Edit::Grant(GrantChange { over: Over::Refused, ..wanted })])
    };
    for items in [[make(at), make(End::Never)], [make(End::Never), make(at)]] {
        let mut case = Case::new();
        case.user("ana");
        case.policy(GLOBAL_ADMINISTRATOR).eligibility_expiration = Ok(Expiration::NotRequired);
        let applied = apply(&mut case.tenant, &items, NOW.parse().unwrap()).unwrap();
        assert_eq!(case.tenant.eligible.at_least().unwrap()[0].end, None);
        assert!(applied.notes.iter().any(|it| it.kind == NoteKind::Unknown), "{applied:?}");
    }
    // What is refused for certain stays so.
    let mut case = Case::new();
    case.user("ana");
    case.active("ana", GLOBAL_ADMINISTRATOR);
    case.policy(GLOBAL_ADMINISTRATOR).assignment_expiration =
        Ok(Expiration::AtMost(IsoDuration::from_seconds(24 * 3600)));
    let items = [change(vec![give(Over::Refused, End::Never)]), change(vec![take()])];
    let applied = apply(&mut case.tenant, &items, NOW.parse().unwrap()).unwrap();
    assert!(case.tenant.active.at_least().unwrap().is_empty() && !applied.doubtful);
}

#[test]
fn nobody_who_does_not_exist_comes_into_a_group() {
    let mut case = Case::new();
    case.group("g", &[]);
    let gone = PrincipalId::new("gone");
    let absent =
        Principal { id: gone.clone(), name: "gone".into(), kind: PrincipalKindFacts::Absent };
    if let Some(all) = known(&mut case.tenant.principals) {
        all.insert(gone, absent);
    }
    for by in [GroupAccess::Member, GroupAccess::Owner] {
        let edit =
            Edit::Entry { group: "g".to_owned(), principal: "gone".to_owned(), by, present: true };
        let said = notes(&mut case, edit);
        assert!(said.iter().any(|(_, it)| it.starts_with("Graph refuses this")), "{said:?}");
    }
    for list in [&case.tenant.members, &case.tenant.owners] {
        let all = list.at_least().unwrap();
        assert!(all.values().all(|it| it.known.is_empty()), "{all:?}");
    }
}

#[test]
fn in_a_plan_the_place_decides_nothing_about_mfa_and_context() {
    let mfa = RuleChange::Enablement {
        of: Asking::Activation,
        mfa: Some(true),
        justification: None,
        ticket: None,
    };
    let off = RuleChange::Context { enabled: Some(false), claim: None };
    for (rules, unordered, expected) in [
        ([off.clone(), mfa.clone()], true, false),
        ([mfa.clone(), off.clone()], true, false),
        // Requests of one list are sent one after the other.
        ([off.clone(), mfa.clone()], false, true),
        ([mfa, off], false, false),
    ] {
        let mut case = Case::new();
        let policy = case.policy(GLOBAL_ADMINISTRATOR);
        policy.activation_enablement = Ok(Enablement::default());
        policy.authentication_context = Ok(AuthenticationContext::On("c1".into()));
        let items = rules.map(|rule| Change {
            unordered,
            ..change(vec![Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), rule)])
        });
        apply(&mut case.tenant, &items, NOW.parse().unwrap()).unwrap();
        let policy = case.policy(GLOBAL_ADMINISTRATOR);
        assert_eq!(policy.authentication_context, Ok(AuthenticationContext::Off));
        let found = policy.activation_enablement.as_ref().map(|it| it.mfa);
        assert_eq!(found, Ok(expected), "{unordered} {items:?}");
    }
}

#[test]
fn only_what_was_so_before_all_changes_is_already_true() {
    let given =
        |length| change(vec![Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), activation(length))]);
    for (live, expected) in
        [(10, [None, Some(NoteKind::Remark)]), (1, [Some(NoteKind::AlreadyTrue); 2])]
    {
        let mut case = Case::new();
        case.policy(GLOBAL_ADMINISTRATOR).activation_expiration =
            Ok(Expiration::AtMost(IsoDuration::from_seconds(live * 3600)));
        let items = [given("PT1H"), given("PT1H")];
        let applied = apply(&mut case.tenant, &items, NOW.parse().unwrap()).unwrap();
        let said = [0, 1]
            .map(|place| applied.notes.iter().find(|it| it.change == place).map(|it| it.kind));
        assert_eq!(said, expected, "{live} h: {:?}", applied.notes);
    }
    let member = |present| Edit::Entry {
        group: "g".to_owned(),
        principal: "ana".to_owned(),
        by: GroupAccess::Member,
        present,
    };
    for (edit, was_so) in [
        (grant("ana", Held::Eligible, true, End::Never), false),
        (grant("ana", Held::Eligible, false, End::Never), true),
        (member(true), false),
        (member(false), true),
    ] {
        let mut case = Case::new();
        case.user("ana");
        case.group("g", &[]);
        case.policy(GLOBAL_ADMINISTRATOR).eligibility_expiration = Ok(Expiration::NotRequired);
        let items = [change(vec![edit.clone()]), change(vec![edit.clone()])];
        let applied = apply(&mut case.tenant, &items, NOW.parse().unwrap()).unwrap();
        let said: Vec<(usize, NoteKind)> =
            applied.notes.iter().map(|it| (it.change, it.kind)).collect();
        let expected = match was_so {
            true => vec![(0, NoteKind::AlreadyTrue), (1, NoteKind::AlreadyTrue)],
            false => vec![(1, NoteKind::Remark)],
        };
        assert_eq!(said, expected, "{edit}");
    }
}

#[test]
fn a_switch_and_its_value_come_to_the_same_in_any_order() {
    let stage = |name: &str| Stage {
        approvers: vec![Approver::User(PrincipalId::new(name))],
        ..Stage::default()
    };
    let approval = |required, by: Option<&str>| RuleChange::Approval {
        required,
        mode: None,
        stages: by.map(|name| vec![stage(name)]),
    };
    let lasts = |required, days: Option<u64>| RuleChange::Expiration {
        of: Lasting::Assignment,
        required,
        maximum: days.map(|days| IsoDuration::from_seconds(days * 24 * 3600)),
    };
    let context = |enabled, claim: Option<&str>| RuleChange::Context {
        enabled,
        claim: claim.map(str::to_owned),
    };
    let on = Some(true);
    for (value, switch, whole) in [
        (approval(None, Some("ana")), approval(on, None), approval(on, Some("ana"))),
        (lasts(None, Some(15)), lasts(on, None), lasts(on, Some(15))),
        (context(None, Some("c1")), context(on, None), context(on, Some("c1"))),
        // What PIM refuses stays no gain.
        (lasts(None, Some(400)), lasts(on, None), lasts(on, Some(400))),
    ] {
        let result = |rules: Vec<RuleChange>| {
            let mut case = Case::new();
            case.user("ana");
            let policy = case.policy(GLOBAL_ADMINISTRATOR);
            policy.assignment_expiration = Ok(Expiration::NotRequired);
            policy.approval = Ok(Approval::NotRequired);
            policy.authentication_context = Ok(AuthenticationContext::Off);
            policy.activation_enablement = Ok(Enablement::default());
            let items: Vec<Change> = rules
                .into_iter()
                .map(|rule| change(vec![Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), rule)]))
                .collect();
            let applied = apply(&mut case.tenant, &items, NOW.parse().unwrap()).unwrap();
            let mut notes: Vec<(NoteKind, String)> =
                applied.notes.into_iter().map(|it| (it.kind, it.text)).collect();
            notes.sort();
            let policy = case.policy(GLOBAL_ADMINISTRATOR);
            let policy = (
                policy.approval.clone(),
                policy.assignment_expiration.clone().ok(),
                policy.authentication_context.clone(),
            );
            (policy, notes)
        };
        let one_by_one = result(vec![value.clone(), switch.clone()]);
        assert_eq!(one_by_one, result(vec![switch, value]), "{whole:?}");
        assert_eq!(one_by_one.0, result(vec![whole.clone()]).0, "{whole:?}");
        let said = |text: &str| one_by_one.1.iter().any(|(_, it)| it.contains(text));
        assert!(said("comes into force by another change"), "{one_by_one:?}");
        assert!(said("that another change states"), "{one_by_one:?}");
        assert!(!said("already states this") && !said("has no effect"), "{one_by_one:?}");
    }
}

#[test]
fn a_new_end_counts_from_a_new_start() {
    let now: jiff::Timestamp = NOW.parse().unwrap();
    let month = IsoDuration::parse("P30D").unwrap();
    for (held, end, moves) in [
        (Held::Active, End::After(month), true),
        (Held::Eligible, End::After(month), true),
        (Held::Active, End::Unstated, false),
        (Held::Active, End::Never, false),
    ] {
        let mut case = Case::new();
        case.user("ana");
        let long_ago = "2024-06-01T00:00:00Z".parse().unwrap();
        let Edit::Grant(wanted) = grant("ana", held, true, End::Never) else { panic!("no grant") };
        let first = GrantChange { start: Some(long_ago), ..wanted };
        applied(&mut case, Edit::Grant(first)).unwrap();
        applied(&mut case, grant("ana", held, true, end)).unwrap();
        let list = match held {
            Held::Eligible => case.tenant.eligible.at_least().unwrap(),
            Held::Active | Held::OutsidePim => case.tenant.active.at_least().unwrap(),
        };
        let expected = if moves { now } else { long_ago };
        assert_eq!(list[0].start, Some(expected), "{held:?} {end:?}");
    }
    let mut case = Case::new();
    case.user("ana");
    case.group("g", &[]);
    case.onboard("g");
    let in_group = |start, end| {
        Edit::Grant(GrantChange {
            access: AccessName::Group("g".to_owned(), GroupAccess::Member),
            principal: "ana".to_owned(),
            within: Scope::Tenant,
            held: Held::Active,
            present: true,
            start,
            end,
            over: Over::Replaces,
        })
    };
    let long_ago = "2024-06-01T00:00:00Z".parse().unwrap();
    applied(&mut case, in_group(Some(long_ago), End::Unstated)).unwrap();
    // No longer than the settings of the group allow.
    let week = IsoDuration::parse("P7D").unwrap();
    applied(&mut case, in_group(None, End::After(week))).unwrap();
    let row = &case.tenant.group_pim[&PrincipalId::new("g")].active.at_least().unwrap()[0];
    assert_eq!((row.start, row.hold), (Some(now), Hold::Assigned));
}

#[test]
fn an_administrative_unit_must_be_there() {
    let within = |unit: &str| {
        let Edit::Grant(wanted) = grant("ana", Held::Eligible, true, End::Never) else {
            panic!("no grant")
        };
        Edit::Grant(GrantChange { within: Scope::AdministrativeUnit(unit.into()), ..wanted })
    };
    let mut case = Case::new();
    case.user("ana");
    let unit =
        AdministrativeUnit { id: "au-1".into(), name: "One".into(), restricted: Some(false) };
    case.tenant.units = Collected::Complete(vec![unit]);
    for known in ["au-1", "planned:azuread_administrative_unit.x"] {
        assert!(kinds(&mut case, within(known)).is_empty(), "{known}");
    }
    let faults = applied(&mut case, within("au-2")).unwrap_err();
    assert!(faults[0].to_string().contains("no administrative unit au-2"), "{}", faults[0]);
    case.missing(Dataset::AdministrativeUnits);
    assert_eq!(kinds(&mut case, within("au-2")), [NoteKind::Unknown]);
}

#[test]
fn two_groups_with_one_id_are_a_fault_and_no_group_loses_its_members() {
    let mut case = Case::new();
    case.user("ana");
    let made = || Edit::NewGroup {
        id: PrincipalId::new("planned:g"),
        name: "G".to_owned(),
        role_assignable: true,
    };
    let entry = Edit::Entry {
        group: "planned:g".to_owned(),
        principal: "ana".to_owned(),
        by: GroupAccess::Member,
        present: true,
    };
    applied(&mut case, made()).unwrap();
    applied(&mut case, entry).unwrap();
    let faults = applied(&mut case, made()).unwrap_err();
    assert!(faults[0].to_string().contains("group G cannot be told"), "{}", faults[0]);
    let members = &case.tenant.members.at_least().unwrap()[&PrincipalId::new("planned:g")];
    assert_eq!(members.known, [PrincipalId::new("ana")]);
}

#[test]
fn grants_come_and_go_and_are_there_already() {
    let mut case = Case::new();
    case.user("ana");
    let at = End::At("2027-01-01T00:00:00Z".parse().unwrap());
    let count = |case: &Case| {
        let active = case.tenant.active.at_least().map(Vec::len).unwrap();
        (active, case.tenant.eligible.at_least().map(Vec::len).unwrap())
    };
    for (edit, expected, counts) in [
        (grant("ana", Held::Eligible, true, End::Never), vec![], (0, 1)),
        (grant("ana", Held::Eligible, true, End::Never), vec![NoteKind::AlreadyTrue], (0, 1)),
        (grant("ana@contoso.example", Held::Eligible, true, at), vec![], (0, 1)),
        (grant("ana", Held::Active, true, at), vec![], (1, 1)),
        (grant("ana", Held::Active, true, End::Never), vec![], (1, 1)),
        (grant("ana", Held::Eligible, false, End::Never), vec![], (1, 0)),
        (grant("ana", Held::Eligible, false, End::Never), vec![NoteKind::AlreadyTrue], (1, 0)),
        (
            grant("ana", Held::Eligible, true, End::At("2020-01-01T00:00:00Z".parse().unwrap())),
            vec![NoteKind::Remark],
            (1, 0),
        ),
        (
            grant("aaaaaaaa-0001-4000-8000-0000000000aa", Held::OutsidePim, true, End::Never),
            vec![NoteKind::Unknown],
            (2, 0),
        ),
    ] {
        let words = edit.to_string();
        assert_eq!(kinds(&mut case, edit), expected, "{words}");
        assert_eq!(count(&case), counts, "{words}");
    }
    let faults = applied(&mut case, grant("anna@contoso.example", Held::Active, true, at));
    let fault = faults.unwrap_err()[0].to_string();
    assert!(fault.contains("did you mean ana@contoso.example?"), "{fault}");
}

#[test]
fn groups_are_entered_by_pim_and_past_it() {
    let mut case = Case::new();
    case.user("ana");
    case.group("g", &[]);
    case.onboard("g");
    let entry = |present| Edit::Entry {
        group: "g".to_owned(),
        principal: "ana".to_owned(),
        by: GroupAccess::Member,
        present,
    };
    let by_pim = Edit::Grant(GrantChange {
        access: AccessName::Group("g".to_owned(), GroupAccess::Member),
        principal: "ana".to_owned(),
        within: Scope::Tenant,
        held: Held::Active,
        present: true,
        start: None,
        end: End::After(IsoDuration::parse("P7D").unwrap()),
        over: Over::Replaces,
    });
    assert!(kinds(&mut case, by_pim).is_empty());
    let group = PrincipalId::new("g");
    let members = |case: &Case| case.tenant.members.at_least().unwrap()[&group].known.clone();
    assert_eq!(members(&case), [PrincipalId::new("ana")]);
    assert_eq!(kinds(&mut case, entry(true)), [NoteKind::AlreadyTrue]);
    assert!(kinds(&mut case, entry(false)).is_empty());
    assert!(members(&case).is_empty());
}

#[test]
fn a_list_that_was_not_read_proves_no_absence() {
    let mut case = Case::new();
    case.user("ana");
    case.missing(Dataset::RoleEligibilityScheduleInstances);
    let edit = grant("ana", Held::Eligible, false, End::Never);
    assert_eq!(kinds(&mut case, edit), [NoteKind::Unknown]);
    assert!(case.tenant.eligible.complete().is_err());
}

#[test]
fn what_the_reader_says_of_an_item_becomes_a_note() {
    let mut case = Case::new();
    let mut item = change(Vec::new());
    item.unknown = vec!["not known".to_owned()];
    item.remarks = vec!["worth knowing".to_owned(), "left out".to_owned()];
    item.left_out = Some("left out".to_owned());
    let applied = apply(&mut case.tenant, &[item], NOW.parse().unwrap()).unwrap();
    let found: Vec<(NoteKind, &str)> =
        applied.notes.iter().map(|it| (it.kind, it.text.as_str())).collect();
    let expected = [
        (NoteKind::Unknown, "left out"),
        (NoteKind::Unknown, "not known"),
        (NoteKind::Remark, "worth knowing"),
    ];
    assert_eq!(found, expected);
}
