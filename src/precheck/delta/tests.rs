//! Judgements of small tenants before and after a change.

use super::*;
use crate::baseline::builtin;
use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, NOW};
use crate::model::{
    Approval, Approver, AuthenticationContext, Collected, Enablement, Expiration, Gap, GapKind,
    GroupAccess, IsoDuration, Notification, NotificationRule, PrincipalId, Scope, Stage,
};
use crate::precheck::edit::{
    AccessName, Asking, Edit, End, GrantChange, Held, Lasting, Over, Place, PolicyOf, RuleChange,
};
use crate::precheck::read;
use crate::report::testing as texts;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn change(edit: Edit) -> Change {
    let place = Place { file: "a.json".into(), pointer: String::new(), line: None };
    Change::of(place, "x", vec![edit])
}

fn answer(case: &Case, changes: &[Change]) -> Answer {
    let baseline = builtin::load("recommended").unwrap();
    let now = NOW.parse().unwrap();
    precheck(&case.tenant, &case.organisation, &[baseline], changes, now).unwrap()
}

/// Whoever is assigned the role may keep it for good: else PIM would refuse that.
fn held() -> Case {
    let mut case = Case::new();
    case.user("ana");
    case.policy(GLOBAL_ADMINISTRATOR).assignment_expiration = Ok(Expiration::NotRequired);
    case
}

fn activation(length: &str) -> Change {
    let rule = RuleChange::Expiration {
        of: Lasting::Activation,
        required: None,
        maximum: Some(IsoDuration::parse(length).unwrap()),
    };
    let role = AccessName::Role("Global Administrator".to_owned());
    change(Edit::SetRule(PolicyOf::Access(role), rule))
}

#[test]
fn a_longer_activation_weakens_and_a_shorter_one_strengthens() {
    for (live, next, expected) in [
        ("PT1H", "PT24H", Direction::Weakened),
        ("PT24H", "PT1H", Direction::Strengthened),
        ("PT480M", "PT8H", Direction::Neutral),
        // Both fail: there is no credit left to lose.
        ("PT20H", "PT24H", Direction::Weakened),
    ] {
        let mut case = held();
        let length = IsoDuration::parse(live).unwrap();
        case.policy(GLOBAL_ADMINISTRATOR).activation_expiration = Ok(Expiration::AtMost(length));
        let answer = answer(&case, &[activation(next)]);
        assert_eq!(answer.direction(0), expected, "{live} to {next}");
        let points = answer.baselines[0].alone[0].points.unwrap();
        match expected {
            Direction::Weakened => assert!(points <= 0.0, "{points}"),
            Direction::Strengthened => assert!(points > 0.0, "{points}"),
            Direction::Neutral | Direction::Unknown => assert!(points.abs() < 1e-9, "{points}"),
        }
    }
}

#[test]
fn a_new_permanent_assignment_is_a_new_failure() {
    let grant = GrantChange {
        access: AccessName::Role("Global Administrator".to_owned()),
        principal: "ana".to_owned(),
        within: Scope::Tenant,
        held: Held::Active,
        present: true,
        start: None,
        end: End::Never,
        over: Over::Replaces,
    };
    let answer = answer(&held(), &[change(Edit::Grant(grant))]);
    let shifts = &answer.baselines[0].shifts;
    let new = shifts.iter().find(|it| it.check == "permanent-active-assignment").unwrap();
    assert!(new.new_failure && new.blocks(), "{new:?}");
    assert_eq!(new.before.outcome, "absent");
    assert!(answer.regressions() > 0);
}

#[test]
fn an_end_that_goes_away_is_no_gain_where_no_other_check_looks_at_the_role() {
    // Compliance Administrator.
    let role = "17315797-102d-40b4-93e0-432062caca18";
    let end = |text: &str| End::At(text.parse().unwrap());
    for (wanted, expected) in
        [(End::Never, Direction::Weakened), (end("2026-12-02T00:00:00Z"), Direction::Strengthened)]
    {
        let mut case = held();
        case.user("olga");
        case.active("olga", role).end = Some("2028-11-01T00:00:00Z".parse().unwrap());
        case.policy(role).assignment_expiration = Ok(Expiration::NotRequired);
        let grant = GrantChange {
            access: AccessName::Role(role.to_owned()),
            principal: "olga".to_owned(),
            within: Scope::Tenant,
            held: Held::Active,
            present: true,
            start: None,
            end: wanted,
            over: Over::Replaces,
        };
        let answer = answer(&case, &[change(Edit::Grant(grant))]);
        let shift = shift_of(&answer, "active-assignment-too-long");
        assert_eq!(shift.direction, expected, "{shift:?}");
        assert_eq!(shift.blocks(), expected == Direction::Weakened, "{shift:?}");
    }
}

#[test]
fn a_standing_grant_to_a_stranger_is_no_better_than_to_somebody_known() {
    let stranger = "aaaaaaaa-0001-4000-8000-0000000000aa";
    let now = NOW.parse().unwrap();
    for (baseline, held_as, expected) in [
        ("cis-m365", Held::Active, Direction::Weakened),
        ("recommended", Held::Active, Direction::Weakened),
        ("recommended", Held::OutsidePim, Direction::Weakened),
    ] {
        let case = held();
        let baseline = [builtin::load(baseline).unwrap()];
        let changes = [grant(stranger, held_as, End::Never)];
        let answer = precheck(&case.tenant, &case.organisation, &baseline, &changes, now).unwrap();
        let shift = shift_of(&answer, "permanent-active-assignment");
        assert_eq!((shift.before.outcome, shift.after.outcome), ("absent", "not-assessed"));
        assert_eq!(shift.direction, expected, "{shift:?}");
        assert!(shift.blocks() && shift.new_failure && shift.points.abs() < 1e-9, "{shift:?}");
    }
}

#[test]
fn who_is_declared_or_may_be_anybody_is_no_stranger() {
    let unread = "aaaaaaaa-0001-4000-8000-0000000000aa";
    for (holder, declared, expected) in [
        (unread, Some("AAAAAAAA-0001-4000-8000-0000000000AA"), Direction::Unknown),
        (unread, Some("aaaaaaaa-0001-4000-8000-0000000000bb"), Direction::Weakened),
        (unread, None, Direction::Weakened),
        // Known later, and by nothing: it may be a group that the plan makes.
        ("planned:azuread_directory_role_assignment.x.principal_object_id", None, {
            Direction::Unknown
        }),
        ("planned:azuread_user.new", None, Direction::Weakened),
    ] {
        let mut case = held();
        case.organisation.break_glass.extend(declared.map(str::to_lowercase));
        let answer = answer(&case, &[grant(holder, Held::Active, End::Never)]);
        let shift = shift_of(&answer, "permanent-active-assignment");
        assert_eq!(shift.direction, expected, "{holder} {declared:?}: {shift:?}");
        let is_said = answer.notes.iter().any(|it| {
            it.kind == NoteKind::Unknown && it.text.contains("declared as a break-glass account")
        });
        let is_declared = expected == Direction::Unknown && declared.is_some();
        assert_eq!(is_said, is_declared, "{holder}: {:?}", answer.notes);
    }
}

#[test]
fn a_declared_account_that_was_not_read_loses_no_more_than_one_that_was() {
    let unread = "aaaaaaaa-0001-4000-8000-0000000000aa";
    let weakened = |holder: &str| -> BTreeSet<&'static str> {
        let mut case = held();
        case.user("glass");
        case.organisation.break_glass = vec!["glass@contoso.example".to_owned(), unread.to_owned()];
        let answer = answer(&case, &[grant(holder, Held::Active, End::Never)]);
        let shifts = answer.baselines[0].shifts.iter().filter(|it| it.blocks());
        shifts.map(|it| it.check).collect()
    };
    let (was_read, was_not) = (weakened("glass"), weakened(unread));
    assert!(was_not.is_subset(&was_read), "{was_not:?} {was_read:?}");
    assert!(!was_not.contains("permanent-active-assignment"), "{was_not:?}");
}

/// Somebody is made eligible for longer than a year, which the settings allow nobody.
fn refused(principal: &str) -> Change {
    let length = IsoDuration::from_seconds(800 * 24 * 3600);
    grant(principal, Held::Eligible, End::After(length))
}

#[test]
fn what_is_refused_counts_nowhere_and_hides_nothing() {
    // With one Global Administrator one more would be a gain, with four a loss.
    for names in [&["one"][..], &["one", "two", "three", "four"][..]] {
        let mut case = held();
        let year = IsoDuration::from_seconds(365 * 24 * 3600);
        let day = IsoDuration::from_seconds(24 * 3600);
        let policy = case.policy(GLOBAL_ADMINISTRATOR);
        policy.eligibility_expiration = Ok(Expiration::AtMost(year));
        policy.activation_expiration = Ok(Expiration::AtMost(day));
        for name in names {
            case.user(name);
            case.eligible(name, GLOBAL_ADMINISTRATOR);
        }
        let alone = answer(&case, &[refused("ana")]);
        assert!(alone.baselines[0].shifts.is_empty(), "{:?}", alone.baselines[0].shifts);
        let warned = alone.notes.iter().filter(|it| it.kind == NoteKind::Warning);
        assert_eq!(warned.count(), 1, "{:?}", alone.notes);
        // What is changed beside it is told as without it.
        let shorter = || activation("PT1H");
        let expected = answer(&case, &[shorter()]);
        for changes in [[refused("ana"), shorter()], [shorter(), refused("ana")]] {
            let found = answer(&case, &changes);
            assert_eq!(found.baselines[0].shifts, expected.baselines[0].shifts);
            let shift = shift_of(&found, "activation-too-long");
            assert_eq!(shift.direction, Direction::Strengthened);
        }
    }
}

#[test]
fn what_may_not_come_about_takes_no_gain_from_what_does() {
    let mut case = held();
    case.user("ben");
    case.eligible("ana", GLOBAL_ADMINISTRATOR);
    case.eligible("ben", GLOBAL_ADMINISTRATOR);
    let day = IsoDuration::from_seconds(24 * 3600);
    case.policy(GLOBAL_ADMINISTRATOR).activation_expiration = Ok(Expiration::AtMost(day));
    // EasyPIM skips her, as she is eligible.
    let mut skipped = grant("ana", Held::Active, End::After(IsoDuration::from_seconds(24 * 3600)));
    if let [Edit::Grant(grant)] = skipped.edits.as_mut_slice() {
        grant.over = Over::Skipped;
    }
    let answer = answer(&case, &[skipped, activation("PT1H")]);
    assert_eq!(shift_of(&answer, "activation-too-long").direction, Direction::Strengthened);
    assert!(answer.notes.iter().any(|it| it.text.contains("EasyPIM skips")), "{:?}", answer.notes);
}

#[test]
fn a_loss_that_may_come_about_is_a_loss_and_such_a_gain_is_none() {
    let role = || AccessName::Role("Global Administrator".to_owned());
    let limit = |required| {
        let maximum = Some(IsoDuration::from_seconds(15 * 24 * 3600));
        let rule =
            RuleChange::Expiration { of: Lasting::Assignment, required: Some(required), maximum };
        change(Edit::SetRule(PolicyOf::Access(role()), rule))
    };
    // It is permitted before the settings are tightened, in any order.
    let given = || grant("ana", Held::Active, End::Never);
    for changes in [[given(), limit(true)], [limit(true), given()]] {
        let answer = answer(&held(), &changes);
        let shift = shift_of(&answer, "permanent-active-assignment");
        assert!(shift.blocks() && shift.new_failure, "{shift:?}");
    }
    // A break-glass account is given the role only if the settings are loosened first.
    let mut case = held();
    case.organisation.break_glass = vec!["ana@contoso.example".to_owned()];
    let days = IsoDuration::from_seconds(15 * 24 * 3600);
    case.policy(GLOBAL_ADMINISTRATOR).assignment_expiration = Ok(Expiration::AtMost(days));
    for changes in [[given(), limit(false)], [limit(false), given()]] {
        let answer = answer(&case, &changes);
        let shift = shift_of(&answer, "missing-break-glass");
        assert_eq!(shift.direction, Direction::Unknown, "{shift:?}");
    }
}

#[test]
fn a_resource_that_is_renamed_hides_no_loss() {
    let resource = |name: &str, action: &str, end: Value| {
        let mut values = json!({"group_id": "g", "principal_id": "ana",
            "assignment_type": "member"});
        values.as_object_mut().unwrap().extend(end.as_object().unwrap().clone());
        let kind = "azuread_privileged_access_group_assignment_schedule";
        let (before, after) = match action {
            "delete" => (values, Value::Null),
            _ => (Value::Null, values),
        };
        json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
            "change": {"actions": [action], "before": before, "after": after}})
    };
    let soon = "2026-11-20T08:00:00Z";
    let old = resource("a", "delete", json!({"expiration_date": soon}));
    let new = resource("b", "create", json!({"permanent_assignment": true}));
    let mut case = held();
    case.group("g", &["ana"]);
    case.onboard("g");
    case.active("g", GLOBAL_ADMINISTRATOR);
    case.group_active("ana", "g", GroupAccess::Member);
    case.group_policy("g", GroupAccess::Member).assignment_expiration = Ok(Expiration::NotRequired);
    let pim = case.tenant.group_pim.get_mut(&PrincipalId::new("g")).unwrap();
    if let Collected::Complete(all) = &mut pim.active {
        all[0].end = Some(soon.parse().unwrap());
    }
    for resources in [[&old, &new], [&new, &old]] {
        let plan = json!({"format_version": "1.2", "terraform_version": "1.9.0",
            "resource_changes": resources});
        let changes = read("plan.json", plan.to_string().as_bytes()).unwrap();
        let answer = answer(&case, &changes);
        let shift = shift_of(&answer, "standing-group-member");
        assert!(shift.blocks(), "{shift:?}");
    }
}

#[test]
fn what_may_not_come_about_hides_no_loss() {
    let mut case = held();
    for name in ["glass", "ana"] {
        case.user(name);
        case.organisation.break_glass.push(format!("{name}@contoso.example"));
    }
    case.active("glass", GLOBAL_ADMINISTRATOR);
    case.eligible("ana", GLOBAL_ADMINISTRATOR);
    let mut take = grant("glass", Held::Active, End::Unstated);
    // EasyPIM skips her, as she is eligible.
    let mut skipped = grant("ana", Held::Active, End::Never);
    for change in [&mut take, &mut skipped] {
        if let [Edit::Grant(grant)] = change.edits.as_mut_slice() {
            match grant.principal.as_str() {
                "ana" => grant.over = Over::Skipped,
                _ => grant.present = false,
            }
        }
    }
    for changes in [[take.clone(), skipped.clone()], [skipped, take]] {
        let answer = answer(&case, &changes);
        let harms: Vec<&str> = answer.harms.iter().map(|it| it.text.as_str()).collect();
        assert!(harms.iter().any(|it| it.contains("last standing break-glass")), "{harms:?}");
        let shift = shift_of(&answer, "missing-break-glass");
        assert_eq!(shift.direction, Direction::Weakened, "{shift:?}");
    }
}

#[test]
fn each_change_is_judged_alone_and_all_together() {
    let mut case = held();
    case.policy(GLOBAL_ADMINISTRATOR).activation_expiration =
        Ok(Expiration::AtMost(IsoDuration::from_seconds(3600)));
    let answer = answer(&case, &[activation("PT24H"), activation("PT1H")]);
    assert_eq!(answer.direction(0), Direction::Weakened);
    assert_eq!(answer.direction(1), Direction::Neutral);
    assert_eq!(answer.regressions(), 0, "the second takes the first back");
    assert!(answer.baselines[0].alone[1].touches.is_empty());
    let weakened: Vec<&str> =
        answer.baselines[0].alone[0].touches.iter().map(|(check, _)| *check).collect();
    assert!(weakened.contains(&"activation-too-long"), "{weakened:?}");
    let many: Vec<Change> = (0..=MOST_ALONE).map(|_| activation("PT1H")).collect();
    let answer = self::answer(&case, &many);
    assert!(answer.together_only && answer.baselines[0].alone.is_empty());
}

#[test]
fn what_is_gained_alone_and_together_adds_up_to_all() {
    let longer = || activation("PT24H");
    let without_mfa = || {
        let rule = RuleChange::Enablement {
            of: Asking::Activation,
            mfa: Some(false),
            justification: Some(true),
            ticket: None,
        };
        let role = AccessName::Role("Global Administrator".to_owned());
        change(Edit::SetRule(PolicyOf::Access(role), rule))
    };
    for changes in [
        vec![longer()],
        vec![longer(), without_mfa()],
        // Either does the whole harm, so that together they do less than the sum.
        vec![longer(), longer(), without_mfa()],
        vec![longer(), activation("PT1H")],
    ] {
        let answer = answer(&held(), &changes);
        let judged = &answer.baselines[0];
        let parts: f64 = judged.alone.iter().map(|it| it.points.unwrap()).sum();
        let together = judged.together().unwrap();
        let all = judged.points().unwrap();
        assert!((parts + together - all).abs() < 1e-9, "{parts} {together} {all}");
    }
    let twice = answer(&held(), &[longer(), longer()]);
    assert!(twice.baselines[0].together().unwrap() > 0.0);
    let many: Vec<Change> = (0..=MOST_ALONE).map(|_| longer()).collect();
    assert_eq!(answer(&held(), &many).baselines[0].together(), None);
}

#[test]
fn a_finding_is_due_to_the_changes_that_weaken_it_alone() {
    let answer = answer(&held(), &[activation("PT1H"), activation("PT24H")]);
    let judged = &answer.baselines[0];
    let shift = judged.shifts.iter().find(|it| it.check == "activation-too-long").unwrap();
    assert_eq!(judged.due_to(shift), [1]);
}

#[test]
fn a_harm_names_the_change_that_does_it() {
    let mut case = held();
    case.organisation.break_glass = vec!["ana@contoso.example".to_owned()];
    case.active("ana", GLOBAL_ADMINISTRATOR);
    let grant = GrantChange {
        access: AccessName::Role("Global Administrator".to_owned()),
        principal: "ana".to_owned(),
        within: Scope::Tenant,
        held: Held::Active,
        present: false,
        start: None,
        end: End::Unstated,
        over: Over::Replaces,
    };
    let take = || change(Edit::Grant(grant.clone()));
    for (changes, expected) in
        [(vec![take()], vec![0]), (vec![activation("PT1H"), take()], vec![1])]
    {
        let harms = answer(&case, &changes).harms;
        let harm = harms.iter().find(|it| it.text.contains("break-glass")).unwrap();
        assert_eq!(harm.changes, expected);
    }
}

#[test]
fn a_pair_leads_where_its_credit_goes() {
    let finding =
        |outcome: Outcome| texts::finding("a-check", Severity::High, texts::tenant(), outcome);
    let unread = || Outcome::NotAssessed(Gap::new(GapKind::Planned, "later"));
    let pass = || Outcome::pass("a", "b");
    let fail = || Outcome::fail("c", "b");
    for (was, is, expected) in [
        (Some(pass()), Some(pass()), None),
        (Some(pass()), Some(fail()), Some(Direction::Weakened)),
        (Some(fail()), Some(pass()), Some(Direction::Strengthened)),
        (Some(Outcome::partial(0.5, "a", "b")), Some(fail()), Some(Direction::Weakened)),
        (Some(fail()), Some(Outcome::fail("d", "b")), Some(Direction::Neutral)),
        (None, Some(fail()), Some(Direction::Weakened)),
        (None, Some(pass()), Some(Direction::Neutral)),
        (Some(fail()), None, Some(Direction::Strengthened)),
        (Some(pass()), Some(unread()), Some(Direction::Unknown)),
        (Some(fail()), Some(unread()), Some(Direction::Unknown)),
        (Some(unread()), Some(fail()), Some(Direction::Unknown)),
        (Some(unread()), Some(unread()), None),
        (Some(Outcome::not_applicable("x")), Some(fail()), Some(Direction::Weakened)),
    ] {
        let (was, is) = (was.map(finding), is.map(finding));
        let found = plain(was.as_ref(), is.as_ref(), &Worse::default());
        assert_eq!(found, expected, "{was:?} {is:?}");
    }
}

/// Nothing got worse beside the findings.
fn effects<'a>(applied: &'a Applied, organisation: &'a Organisation) -> Effects<'a> {
    Effects { worse: Worse::default(), applied, organisation, certain: None }
}

#[test]
fn only_what_got_worse_is_a_new_failure() {
    let finding =
        |outcome: Outcome| texts::finding("a-check", Severity::High, texts::tenant(), outcome);
    let unread = || Outcome::NotAssessed(Gap::new(GapKind::Planned, "later"));
    let (applied, organisation) = (Applied::default(), Organisation::default());
    let effects = effects(&applied, &organisation);
    for (was, expected) in [
        (Some(Outcome::pass("a", "b")), true),
        (None, true),
        (Some(Outcome::partial(0.5, "a", "b")), true),
        (Some(unread()), false),
        (Some(Outcome::fail("a", "b")), false),
    ] {
        let (was, is) = (was.map(finding), finding(Outcome::fail("c", "b")));
        let pair = [was.as_ref().map(|it| (it, 0.0)), Some((&is, 0.0))];
        assert_eq!(shift(pair, &effects).unwrap().new_failure, expected, "{was:?}");
    }
}

#[test]
fn more_of_what_is_bad_is_worse_where_the_same_is_shown() {
    let finding = |outcome: Outcome, count| {
        let outcome = outcome.measure("standing members", count);
        texts::finding("standing-group-member", Severity::High, texts::tenant(), outcome)
    };
    let fail = || Outcome::fail("many", "none");
    for (was, is, expected) in [
        (finding(fail(), 12.0), finding(fail(), 13.0), Some(Direction::Weakened)),
        (finding(fail(), 12.0), finding(fail(), 12.0), None),
        (finding(fail(), 12.0), finding(fail(), 11.0), None),
        (
            finding(Outcome::pass("few", "few"), 1.0),
            finding(Outcome::pass("few", "few"), 2.0),
            None,
        ),
    ] {
        assert_eq!(plain(Some(&was), Some(&is), &Worse::default()), expected, "{was:?} {is:?}");
    }
}

fn shift_of<'a>(answer: &'a Answer, check: &str) -> &'a Shift {
    let shifts = &answer.baselines[0].shifts;
    shifts.iter().find(|it| it.check == check).unwrap_or_else(|| panic!("{check}: {shifts:?}"))
}

fn of_role(rule: RuleChange) -> Change {
    let role = AccessName::Role("Global Administrator".to_owned());
    change(Edit::SetRule(PolicyOf::Access(role), rule))
}

fn asked(mfa: bool, justification: bool) -> Change {
    of_role(RuleChange::Enablement {
        of: Asking::Activation,
        mfa: Some(mfa),
        justification: Some(justification),
        ticket: None,
    })
}

fn entry(principal: &str, by: GroupAccess, present: bool) -> Change {
    let (group, principal) = ("g".to_owned(), principal.to_owned());
    change(Edit::Entry { group, principal, by, present })
}

fn grant(principal: &str, held: Held, end: End) -> Change {
    change(Edit::Grant(GrantChange {
        access: AccessName::Role("Global Administrator".to_owned()),
        principal: principal.to_owned(),
        within: Scope::Tenant,
        held,
        present: true,
        start: None,
        end,
        over: Over::Replaces,
    }))
}

#[test]
fn what_fell_short_and_falls_shorter_is_weakened() {
    let mut case = held();
    case.user("ben");
    case.user("cleo");
    case.group("g", &["ana", "cleo"]);
    case.owner("ana", "g");
    case.owner("cleo", "g");
    case.active("g", GLOBAL_ADMINISTRATOR);
    case.active("ana", GLOBAL_ADMINISTRATOR);
    let (member, owner) = (GroupAccess::Member, GroupAccess::Owner);
    for (change, check, expected) in [
        (entry("ben", member, true), "standing-group-member", Direction::Weakened),
        (entry("cleo", member, false), "standing-group-member", Direction::Neutral),
        (entry("ben", owner, true), "standing-group-owner", Direction::Weakened),
        (entry("cleo", owner, false), "standing-group-owner", Direction::Neutral),
        (grant("ben", Held::Active, End::Never), "roles-table-mismatch", Direction::Weakened),
    ] {
        let answer = answer(&case, std::slice::from_ref(&change));
        let shift = shift_of(&answer, check);
        assert_eq!((shift.before.outcome, shift.after.outcome), ("fail", "fail"), "{check}");
        assert_eq!(shift.direction, expected, "{change:?}");
    }
}

#[test]
fn a_finding_is_not_weakened_by_what_its_check_does_not_judge() {
    let mut case = held();
    case.policy(GLOBAL_ADMINISTRATOR).activation_expiration =
        Ok(Expiration::AtMost(IsoDuration::from_seconds(20 * 3600)));
    let answer = answer(&case, &[activation("PT18H"), asked(false, true)]);
    assert_eq!(shift_of(&answer, "activation-without-mfa").direction, Direction::Weakened);
    // It lasts shorter than before, and too long still.
    let longest = shift_of(&answer, "activation-too-long");
    assert_eq!((longest.before.outcome, longest.after.outcome), ("fail", "fail"));
    assert_eq!(longest.direction, Direction::Neutral);
}

#[test]
fn a_gain_by_asking_for_less_is_none() {
    let mut case = held();
    case.user("eve");
    case.group("g", &[]);
    case.onboard("g");
    case.active("g", GLOBAL_ADMINISTRATOR);
    case.group_eligible("eve", "g", GroupAccess::Member);
    case.group_policy("g", GroupAccess::Member).activation_enablement = Ok(Enablement::default());
    case.approvers(GLOBAL_ADMINISTRATOR, &["ana"]);
    let open = of_role(RuleChange::Approval { required: Some(false), mode: None, stages: None });
    // Nothing is weaker than a role that asks for nothing, and nobody has to approve.
    let answer = answer(&case, &[asked(false, false), open]);
    for (check, after) in [("weakest-path", "pass"), ("unusable-approvers", "not-applicable")] {
        let shift = shift_of(&answer, check);
        assert_eq!(shift.after.outcome, after, "{check}");
        assert_ne!(shift.before.outcome, "pass", "{check}");
        assert_eq!(shift.direction, Direction::Neutral, "{check}");
    }
}

#[test]
fn a_loss_by_asking_for_more_is_none() {
    let mut case = held();
    case.user("ben");
    case.user("eve");
    case.eligible("eve", GLOBAL_ADMINISTRATOR);
    case.group("g", &[]);
    case.onboard("g");
    case.active("g", GLOBAL_ADMINISTRATOR);
    case.group_eligible("eve", "g", GroupAccess::Member);
    case.group_policy("g", GroupAccess::Member).activation_enablement = Ok(Enablement::default());
    case.policy(GLOBAL_ADMINISTRATOR).activation_enablement = Ok(Enablement::default());
    let approved = |by: &str| {
        let approvers = vec![Approver::User(PrincipalId::new(by))];
        let stage = Stage { approvers, reason_required: Some(true), escalation: 0 };
        let (required, stages) = (Some(true), Some(vec![stage]));
        of_role(RuleChange::Approval { required, mode: None, stages })
    };
    // The way asks for nothing, as the role did; one approver is fewer than two.
    for (change, check, after, expected) in [
        (asked(true, true), "weakest-path", None, Direction::Neutral),
        (approved("ana"), "unusable-approvers", Some("partial"), Direction::Neutral),
        // Nobody could approve.
        (approved("eve"), "unusable-approvers", Some("fail"), Direction::Weakened),
    ] {
        let answer = answer(&case, std::slice::from_ref(&change));
        let shift = shift_of(&answer, check);
        assert_ne!(shift.after.outcome, "pass", "{shift:?}");
        assert!(after.is_none_or(|after| shift.after.outcome == after), "{shift:?}");
        assert_eq!(shift.direction, expected, "{shift:?}");
        assert_eq!(shift.new_failure, expected == Direction::Weakened, "{shift:?}");
    }
}

#[test]
fn no_change_starts_an_activation() {
    let finding = |check: &'static str, outcome: Outcome| {
        texts::finding(check, Severity::High, texts::tenant(), outcome)
    };
    let (applied, organisation) = (Applied::default(), Organisation::default());
    let effects = effects(&applied, &organisation);
    for (check, expected) in [
        ("activation-beyond-policy", Direction::Neutral),
        ("activation-too-long", Direction::Weakened),
    ] {
        let was = finding(check, Outcome::pass("a", "b"));
        let is = finding(check, Outcome::fail("c", "b"));
        let found = direction(Some(&was), Some(&is), &effects);
        assert_eq!(found, Some(expected), "{check}");
        assert_eq!(direction(None, Some(&is), &effects), Some(expected), "{check}");
    }
}

#[test]
fn what_no_change_does_alone_is_due_to_those_without_which_it_would_not_be() {
    let mut case = held();
    for name in ["one", "two", "three", "four", "five"] {
        case.user(name);
    }
    for name in ["one", "two", "three"] {
        case.eligible(name, GLOBAL_ADMINISTRATOR);
    }
    let end = End::At("2027-01-01T00:00:00Z".parse().unwrap());
    let give = |name: &str| grant(name, Held::Eligible, end);
    // Four pass, and five are too many.
    let answer = answer(&case, &[give("four"), activation("PT1H"), give("five")]);
    let judged = &answer.baselines[0];
    let shift = shift_of(&answer, "global-administrator-count");
    assert_eq!(shift.direction, Direction::Weakened, "{shift:?}");
    assert!(judged.due_to(shift).is_empty());
    assert_eq!(judged.due_together(shift), [0, 2]);
    // What one does alone is joint with nobody.
    let answer = self::answer(&case, &[activation("PT24H"), give("four")]);
    let longest = shift_of(&answer, "activation-too-long");
    assert_eq!(answer.baselines[0].due_to(longest), [0]);
    assert!(answer.baselines[0].due_together(longest).is_empty());
}

#[test]
fn a_harm_that_no_change_does_alone_is_due_to_those_that_do_it_together() {
    let mut case = held();
    case.user("ben");
    for name in ["ana", "ben"] {
        case.organisation.break_glass.push(format!("{name}@contoso.example"));
        case.active(name, GLOBAL_ADMINISTRATOR);
    }
    let take = |name: &str| {
        let mut change = grant(name, Held::Active, End::Unstated);
        if let [Edit::Grant(grant)] = change.edits.as_mut_slice() {
            grant.present = false;
        }
        change
    };
    let answer = answer(&case, &[take("ana"), activation("PT1H"), take("ben")]);
    let harm = answer.harms.iter().find(|it| it.text.contains("break-glass")).unwrap();
    assert!(harm.changes.is_empty(), "{harm:?}");
    assert_eq!(harm.joint, [0, 2]);
}

#[test]
fn what_is_not_known_gains_nothing() {
    let open = of_role(RuleChange::Approval { required: Some(true), mode: None, stages: None });
    let answer = answer(&held(), &[open]);
    let unknown = answer.baselines[0].shifts.iter();
    let unknown: Vec<&Shift> = unknown.filter(|it| it.direction == Direction::Unknown).collect();
    assert!(!unknown.is_empty());
    assert!(unknown.iter().all(|it| it.points == 0.0), "{unknown:?}");
}

#[test]
fn a_gain_that_may_not_come_about_is_not_known() {
    let finding =
        |outcome: Outcome| texts::finding("a-check", Severity::High, texts::tenant(), outcome);
    let (fail, pass) = (finding(Outcome::fail("c", "b")), finding(Outcome::pass("a", "b")));
    for (refused, was, is, expected) in [
        ("tenant", &fail, &pass, Direction::Unknown),
        ("role:x", &fail, &pass, Direction::Strengthened),
        ("tenant", &pass, &fail, Direction::Weakened),
    ] {
        let refused = BTreeSet::from([refused.to_owned()]);
        let applied = Applied { refused, ..Applied::default() };
        let organisation = Organisation::default();
        let effects = effects(&applied, &organisation);
        assert_eq!(direction(Some(was), Some(is), &effects), Some(expected));
    }
}

/// Each of the seventeen rules of a policy, stated as the policy has it.
fn all_rules(case: &mut Case) -> Value {
    let policy = case.policy(GLOBAL_ADMINISTRATOR);
    let lasts = |live: &Result<Expiration, Gap>| match live {
        Ok(Expiration::AtMost(length)) => json!({
            "isExpirationRequired": true,
            "maximumDuration": format!("PT{}M", length.seconds() / 60)}),
        Ok(Expiration::NotRequired) | Err(_) => {
            json!({"isExpirationRequired": false, "maximumDuration": "P180D"})
        }
    };
    let asks = |live: &Result<Enablement, Gap>| {
        let asked = live.clone().unwrap();
        let words = [
            ("Ticketing", asked.ticket),
            ("Justification", asked.justification),
            ("MultiFactorAuthentication", asked.mfa),
        ];
        let words = words.into_iter().filter(|(_, is_on)| *is_on);
        json!({"enabledRules": words.map(|(word, _)| word).collect::<Vec<_>>()})
    };
    let context = match &policy.authentication_context {
        Ok(AuthenticationContext::On(claim)) => {
            json!({"isEnabled": true, "claimValue": claim.to_uppercase()})
        }
        Ok(AuthenticationContext::Off | AuthenticationContext::OnWithoutClaim) | Err(_) => {
            json!({"isEnabled": false, "claimValue": ""})
        }
    };
    let approval = json!({"setting": {
        "isApprovalRequired": policy.approval != Ok(Approval::NotRequired),
        "approvalMode": "SingleStage",
        "approvalStages": [{
            "isApproverJustificationRequired": true,
            "primaryApprovers": [
                {"@odata.type": "#microsoft.graph.singleUser", "userId": "ana"}]}]}});
    let mut rules = vec![
        ("Expiration_EndUser_Assignment".to_owned(), lasts(&policy.activation_expiration)),
        ("Expiration_Admin_Assignment".to_owned(), lasts(&policy.assignment_expiration)),
        ("Expiration_Admin_Eligibility".to_owned(), lasts(&policy.eligibility_expiration)),
        ("Enablement_EndUser_Assignment".to_owned(), asks(&policy.activation_enablement)),
        ("Enablement_Admin_Assignment".to_owned(), asks(&policy.assignment_enablement)),
        ("Enablement_Admin_Eligibility".to_owned(), json!({"enabledRules": []})),
        ("AuthenticationContext_EndUser_Assignment".to_owned(), context),
        ("Approval_EndUser_Assignment".to_owned(), approval),
    ];
    for (rule, live) in &policy.notifications {
        let live = live.clone().unwrap();
        let level = if live.all { "All" } else { "Critical" };
        let recipients: Vec<&str> = live.recipients.iter().map(|it| &**it).collect();
        let body = json!({"notificationLevel": level, "notificationRecipients": recipients,
            "isDefaultRecipientsEnabled": live.default_recipients});
        rules.push((rule.id(), body));
    }
    assert_eq!(rules.len(), 17);
    let id = &policy.id;
    let requests = rules.into_iter().map(|(rule, body)| {
        let url = format!("/v1.0/policies/roleManagementPolicies/{id}/rules/{rule}");
        json!({"method": "PATCH", "url": url, "body": body})
    });
    requests.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The same for every rule of a policy, whatever it is.
    #[test]
    fn the_current_values_of_all_rules_are_neutral(
        halves in 1_u64..=48,
        days in proptest::option::of(1_u64..=365),
        [mfa, reason, ticket] in any::<[bool; 3]>(),
        [context, approval, all, defaults, named] in any::<[bool; 5]>(),
    ) {
        let mut case = held();
        let policy = case.policy(GLOBAL_ADMINISTRATOR);
        let granted = days.map_or(Expiration::NotRequired, |days| {
            Expiration::AtMost(IsoDuration::from_seconds(days * 86_400))
        });
        let longest = IsoDuration::from_seconds(halves * 1800);
        policy.activation_expiration = Ok(Expiration::AtMost(longest));
        policy.assignment_expiration = Ok(granted);
        policy.eligibility_expiration = Ok(granted);
        policy.activation_enablement = Ok(Enablement { mfa, justification: reason, ticket });
        policy.assignment_enablement = Ok(Enablement { mfa, justification: reason, ticket });
        policy.authentication_context = Ok(match context {
            true => AuthenticationContext::On("c1".into()),
            false => AuthenticationContext::Off,
        });
        policy.approval = Ok(match approval {
            true => Approval::Required {
                mode: "SingleStage".into(),
                stages: vec![Stage {
                    approvers: vec![Approver::User(PrincipalId::new("ana"))],
                    escalation: 0,
                    reason_required: Some(true),
                }],
            },
            false => Approval::NotRequired,
        });
        policy.notifications = NotificationRule::all()
            .map(|rule| {
                let recipients = Vec::from_iter(named.then(|| "soc@contoso.example".into()));
                (rule, Ok(Notification { all, default_recipients: defaults, recipients }))
            })
            .collect();
        let body = all_rules(&mut case);
        let changes = read("a.json", body.to_string().as_bytes()).unwrap();
        prop_assert_eq!(changes.len(), 17);
        let answer = answer(&case, &changes);
        prop_assert!(answer.baselines[0].shifts.is_empty(), "{:?}", answer.baselines[0].shifts);
        prop_assert!(answer.is_neutral(), "{:?}", answer.notes);
        let others = answer.notes.iter().filter(|it| it.kind != NoteKind::AlreadyTrue);
        prop_assert_eq!(others.count(), 0, "{:?}", answer.notes);
    }

    /// A body that states the live value changes nothing, however it is spelt.
    #[test]
    fn the_current_value_is_neutral(
        halves in 1_u64..=48,
        mfa in any::<bool>(),
        justification in any::<bool>(),
    ) {
        let mut case = held();
        let policy = case.policy(GLOBAL_ADMINISTRATOR);
        let id = policy.id.to_string();
        let length = IsoDuration::from_seconds(halves * 1800);
        policy.activation_expiration = Ok(Expiration::AtMost(length));
        policy.activation_enablement =
            Ok(crate::model::Enablement { mfa, justification, ticket: false });
        let mut words = Vec::new();
        if mfa {
            words.push("MultiFactorAuthentication");
        }
        if justification {
            words.push("Justification");
        }
        let url = format!("/v1.0/policies/roleManagementPolicies/{id}/rules");
        let body = serde_json::json!([
            {"method": "PATCH", "url": format!("{url}/Expiration_EndUser_Assignment"),
             "body": {"maximumDuration": format!("PT{}M", halves * 30)}},
            {"method": "PATCH", "url": format!("{url}/Enablement_EndUser_Assignment"),
             "body": {"enabledRules": words}},
        ]);
        let changes = read("a.json", body.to_string().as_bytes()).unwrap();
        let answer = answer(&case, &changes);
        prop_assert!(answer.baselines[0].shifts.is_empty(), "{:?}", answer.baselines[0].shifts);
        prop_assert!(answer.is_neutral());
        prop_assert!(answer.notes.iter().all(|it| it.kind == NoteKind::AlreadyTrue));
    }
}
