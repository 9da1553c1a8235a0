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
    let (early, late) = ("2026-12-01T00:00:00Z", "2027-06-01T00:00:00Z");
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
        (yes(180), limit(true, Some(365)), Some(NoteKind::Remark), plan, 1),
        (yes(180), limit(false, None), Some(NoteKind::Remark), plan, 1),
        (yes(365), limit(true, Some(180)), Some(NoteKind::Warning), plan, 0),
        (no, limit(true, Some(180)), Some(NoteKind::Warning), plan, 0),
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
