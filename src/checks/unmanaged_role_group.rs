//! `unmanaged-role-group`: groups with an active role that PIM for Groups does not manage.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant, counted};
use crate::facts::Facts;
use crate::model::{
    Class, Dataset, Evidence, Gap, GapKind, Grant, Outcome, Principal, RoleId, RowId, Verdict,
    roles,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The check.
pub static CHECK: Check = Check {
    id: "unmanaged-role-group",
    title: "Role group not managed by PIM",
    what: "Judges every group that leads to a role or is declared as sensitive. One through which a role is \
        active, or that is sensitive, which has members and is not managed by PIM for Groups, fails. A \
        group whose roles are only eligible passes: its members must activate the role. A group that \
        holds a role and is not role-assignable is a fault of the data, as Graph refuses that, and is not \
        assessed.",
    why: "Whoever is put into such a group is an administrator at once and for good. No activation, no \
        justification and no alert stands in between.",
    fix: Fix {
        portal: "Entra admin center > Groups > (the group) > Activity > Privileged Identity Management > \
            Enable PIM for this group, then Add assignments > Member > Eligible for each member, then \
            Members > Remove. Enabling cannot be undone. The first eligibility by Graph enables it too",
        graph: &[
            "POST /v1.0/identityGovernance/privilegedAccess/group/eligibilityScheduleRequests \
            {\"accessId\":\"member\",\"principalId\":\"<id of the member>\",\"groupId\":\"{group}\",\
            \"action\":\"adminAssign\",\"justification\":\"eligible instead of permanent\",\
            \"scheduleInfo\":{\"expiration\":{\"type\":\"afterDuration\",\"duration\":\"P365D\"}}}",
            "DELETE /v1.0/groups/{group}/members/<id of the member>/$ref",
        ],
    },
    references: &[
        "PIM concept and setup: PIM for groups",
        "PIM with Defender for Office 365",
        "CISA SCuBA MS.AAD.7.4v1",
        "Zero Trust Assessment 21816",
    ],
    subjects: Subjects::RoleGroups,
    needs: &[
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::Principals,
        Dataset::GroupMembers,
        Dataset::GroupOwners,
    ],
    variants: &[Variant {
        name: ELIGIBLE_MEMBERS,
        meaning: "only a permanent role of its own counts, custom ones and Global Administrator aside, and \
            only eligible members are a sign that PIM manages the group: without any it fails, managed or \
            empty, and so it does with members that PIM lists as assigned; without PIM nothing is said",
    }],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "managed by PIM for Groups, or only eligible for its roles";
/// Zero Trust Assessment 21816.
const ELIGIBLE_MEMBERS: &str = "eligible-members";
const EXPECTED_ELIGIBLE: &str =
    "eligible members and no assigned ones, or no permanent role of its own";
/// More roles than this help nobody in one line.
const ROLES_SHOWN: usize = 3;

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let group = facts.group()?;
    let Some(properties) = group.group() else {
        return Ok(Outcome::not_applicable(
            "the group was not found; defunct-principal judges that",
        ));
    };
    let holds_a_role = !facts.grants_held_by(&group.id).is_empty();
    if holds_a_role && properties.role_assignable == Some(false) {
        return Err(Gap::unreadable(
            Dataset::Principals,
            format!("{} holds a role, but isAssignableToRole is false", group.name),
        ));
    }
    if expect.is_variant(ELIGIBLE_MEMBERS) {
        return by_eligible_members(facts, group);
    }
    let access = facts.judged_access()?;
    let reached = facts.roles_reached_by(access);
    let meant = reached.iter().filter(|it| it.standing && facts.speaks_of(&it.role));
    let active: BTreeSet<&RoleId> = meant.map(|it| &it.role).collect();
    let row = RowId::from(&group.id);
    let outcome = if active.is_empty() && !facts.is_sensitive(&group.id) {
        // An active role may stand in the part of the list that was not read.
        facts.active()?;
        if let Some(gap) = facts.reach_gap(access) {
            return Err(gap);
        }
        Outcome::pass("only eligible for its roles", EXPECTED)
    } else if facts.is_onboarded(&group.id)? {
        Outcome::pass("managed by PIM for Groups", EXPECTED).evidence(Evidence::new(
            Dataset::OnboardedGroups,
            &row,
            "id",
            "listed",
        ))
    } else {
        unmanaged(facts, group, &active)?.evidence(Evidence::new(
            Dataset::OnboardedGroups,
            &row,
            "id",
            "not listed",
        ))
    };
    if holds_a_role
        && properties.role_assignable.is_none()
        && outcome.verdict() != Some(Verdict::Fail)
    {
        return Err(Gap::unreadable(
            Dataset::Principals,
            format!("{} holds a role, but isAssignableToRole was not given", group.name),
        ));
    }
    // Of nothing but roles whose label was not read, a failure is not proven.
    let doubt = active.iter().map(|role| facts.doubt_about(role)).collect::<Option<Vec<Gap>>>();
    match doubt.and_then(|gaps| gaps.into_iter().next()) {
        Some(gap) if outcome.verdict() == Some(Verdict::Fail) => Err(gap),
        Some(_) | None => Ok(outcome),
    }
}

/// Whether a membership must be activated, where a role is permanently active through it.
fn by_eligible_members(facts: &Facts, group: &Principal) -> Result<Outcome, Gap> {
    // The test is skipped where the tenant has no PIM, although what is active is known there.
    if let Some(gap) = facts.instances_gap().filter(|gap| gap.kind == GapKind::LicenceMissing) {
        return Err(gap.clone());
    }
    let held = facts.grants_held_by(&group.id);
    let meant = || held.iter().filter(|grant| is_listed(facts, grant));
    if let Some(grant) = meant().find(|grant| grant.class() == Class::Unknown) {
        return Err(Gap::of(
            Dataset::RoleAssignmentScheduleInstances,
            GapKind::Incomplete,
            format!("whether {} is held for good is not known", facts.role_by_id(&grant.role).name),
        ));
    }
    let permanent: BTreeSet<&RoleId> = meant()
        .filter(|grant| grant.class() == Class::Permanent)
        .map(|grant| &grant.role)
        .collect();
    if permanent.is_empty() {
        // One may stand in the part of the list that was not read.
        facts.active()?;
        return Ok(Outcome::not_applicable("it holds no permanent role of its own that counts"));
    }
    let members = facts.pim_members(&group.id)?;
    let roles = roles_in_words(facts, &permanent);
    let eligible = counted(members.eligible, "eligible member", "eligible members");
    let outcome = if members.assigned > 0 {
        let assigned = counted(members.assigned, "assigned member", "assigned members");
        Outcome::fail(format!("permanently {roles}, with {assigned}"), EXPECTED_ELIGIBLE)
    } else if members.eligible == 0 {
        Outcome::fail(format!("permanently {roles}, without eligible members"), EXPECTED_ELIGIBLE)
    } else {
        Outcome::pass(eligible, EXPECTED_ELIGIBLE)
    };
    // Of nothing but roles whose label was not read, neither is proven.
    match permanent.iter().map(|role| facts.doubt_about(role)).collect::<Option<Vec<Gap>>>() {
        Some(gaps) if !gaps.is_empty() => Err(gaps[0].clone()),
        Some(_) | None => {
            let row = RowId::from(&group.id);
            let (dataset, field, count) = if members.assigned > 0 {
                (Dataset::GroupAssignmentScheduleInstances, "assigned", members.assigned)
            } else {
                (Dataset::GroupEligibilityScheduleInstances, "eligible", members.eligible)
            };
            Ok(outcome.evidence(Evidence::new(dataset, &row, field, count.to_string())))
        }
    }
}

/// Whether the list of the role's members shows the group: that of a built-in role, over the whole
/// tenant. The Global Administrators are counted by `no-eligible-global-administrator`.
fn is_listed(facts: &Facts, grant: &Grant) -> bool {
    let role = facts.role_by_id(&grant.role);
    // One that nobody defined may be built in and newer than what is known here.
    (role.built_in || role.privileged.is_err())
        && facts.speaks_of(&grant.role)
        && grant.within.is_tenant()
        && !grant.role.is(roles::GLOBAL_ADMINISTRATOR)
}

fn unmanaged(facts: &Facts, group: &Principal, active: &BTreeSet<&RoleId>) -> Result<Outcome, Gap> {
    let expansion = facts.members_of(&group.id);
    let roles = if active.is_empty() {
        "what it is declared as sensitive for".to_owned()
    } else {
        roles_in_words(facts, active)
    };
    match (expansion.members.len(), expansion.gaps.first()) {
        (0, Some(gap)) => Err(gap.clone()),
        (0, None) => Ok(Outcome::pass("not managed by PIM for Groups, without members", EXPECTED)
            .note(format!("whoever becomes a member holds {roles} at once"))
            .measure("members", 0.0)),
        (count, gap) => {
            let at_least = if gap.is_none() { "" } else { "at least " };
            let members = counted(count, "member", "members");
            let observed =
                format!("not managed by PIM for Groups, {at_least}{members} with {roles}");
            Ok(Outcome::fail(observed, EXPECTED).measure("members", count as f64))
        }
    }
}

fn roles_in_words(facts: &Facts, roles: &BTreeSet<&RoleId>) -> String {
    let names: Vec<Arc<str>> =
        roles.iter().take(ROLES_SHOWN).map(|role| facts.role_by_id(role).name).collect();
    match roles.len().saturating_sub(ROLES_SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{
        Case, DIRECTORY_READERS, EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, GLOBAL_READER,
        HELPDESK,
    };
    use crate::model::{Access, Collected, GapKind, GroupAccess, Hold, Label, PrincipalId, Scope};

    fn outcome_of(case: &Case, group: &str) -> Result<Outcome, Gap> {
        let access = Access::Group(PrincipalId::new(group), GroupAccess::Member);
        case.judge_access(&CHECK, access, &Expect::Required)
    }

    fn judged(case: &Case, group: &str) -> Result<&'static str, GapKind> {
        outcome_of(case, group).map(|it| it.name()).map_err(|gap| gap.kind)
    }

    /// Group `g` with one member, eligible for a role and maybe active in another.
    fn case_of(active: bool, members: &[&str], onboarded: bool) -> Case {
        let mut case = Case::new();
        case.user("ana");
        case.group("g", members);
        case.eligible("g", HELPDESK);
        if active {
            case.active("g", GLOBAL_ADMINISTRATOR);
        }
        if onboarded {
            case.onboard("g");
        }
        case
    }

    #[test]
    fn only_members_of_an_unmanaged_group_with_an_active_role_fail() {
        for (active, members, onboarded, expected) in [
            (true, &["ana"][..], false, "fail"),
            (true, &[], false, "pass"),
            (true, &["ana"], true, "pass"),
            (true, &[], true, "pass"),
            (false, &["ana"], false, "pass"),
            (false, &["ana"], true, "pass"),
        ] {
            let case = case_of(active, members, onboarded);
            let outcome = outcome_of(&case, "g").unwrap();
            assert_eq!(outcome.name(), expected, "{active} {members:?} {onboarded}");
            let warned = active && members.is_empty() && !onboarded;
            let notes = &outcome.details().unwrap().notes;
            assert_eq!(notes.len(), usize::from(warned), "{active} {members:?} {onboarded}");
        }
    }

    const CUSTOM: &str = "c0000000-0000-4000-8000-000000000001";

    /// PIM manages group `g`, and ana is eligible for it.
    fn managed(case: &mut Case) {
        case.onboard("g");
        case.group_eligible("ana", "g", GroupAccess::Member);
    }

    #[test]
    fn a_source_may_take_eligible_members_alone_for_a_sign_of_pim() {
        type Change = fn(&mut Case);
        let cases: [(&str, Change, Result<&str, GapKind>); 20] = [
            ("not managed, with a member", |_| {}, Ok("fail")),
            ("managed, nobody eligible", |case| case.onboard("g"), Ok("fail")),
            (
                "an eligible member",
                |case| {
                    case.onboard("g");
                    case.group_eligible("ana", "g", GroupAccess::Member);
                },
                Ok("pass"),
            ),
            (
                "an eligible owner",
                |case| {
                    case.onboard("g");
                    case.group_eligible("ana", "g", GroupAccess::Owner);
                },
                Ok("fail"),
            ),
            ("empty", |case| case.group("g", &[]), Ok("fail")),
            (
                "without the licence",
                |case| {
                    let dataset = Dataset::RoleAssignmentScheduleInstances;
                    let gap = Gap::of(dataset, GapKind::LicenceMissing, "no P2");
                    case.tenant.instances_gap = Some(gap);
                },
                Err(GapKind::LicenceMissing),
            ),
            (
                "instances not read for another reason",
                |case| {
                    let dataset = Dataset::RoleAssignmentScheduleInstances;
                    case.tenant.instances_gap = Some(Gap::of(dataset, GapKind::Failed, "503"));
                },
                Ok("fail"),
            ),
            (
                "with an end",
                |case| {
                    let crate::model::Collected::Complete(grants) = &mut case.tenant.active else {
                        panic!()
                    };
                    grants[0].end = Some("2026-12-01T00:00:00Z".parse().unwrap());
                },
                Ok("not-applicable"),
            ),
            (
                "the role is only eligible",
                |case| {
                    case.tenant.active = crate::model::Collected::Complete(Vec::new());
                    case.eligible("g", GLOBAL_READER);
                },
                Ok("not-applicable"),
            ),
            (
                "eligible members not read",
                |case| {
                    case.onboard("g");
                    case.missing(Dataset::GroupEligibilityScheduleInstances);
                },
                Err(GapKind::PermissionDenied),
            ),
            (
                "an assigned member beside an eligible one",
                |case| {
                    managed(case);
                    case.group_active("bo", "g", GroupAccess::Member);
                },
                Ok("fail"),
            ),
            (
                "one assigned until a day",
                |case| {
                    managed(case);
                    case.group_active("bo", "g", GroupAccess::Member).end =
                        Some("2026-12-01T00:00:00Z".parse().unwrap());
                },
                Ok("fail"),
            ),
            (
                "one who activated",
                |case| {
                    managed(case);
                    let grant = case.group_active("ana", "g", GroupAccess::Member);
                    grant.hold = Hold::Activated;
                    grant.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
                },
                Ok("pass"),
            ),
            (
                "an assigned owner",
                |case| {
                    managed(case);
                    case.group_active("bo", "g", GroupAccess::Owner);
                },
                Ok("pass"),
            ),
            (
                "assigned members not read",
                |case| {
                    managed(case);
                    case.missing(Dataset::GroupAssignmentScheduleInstances);
                },
                Err(GapKind::PermissionDenied),
            ),
            (
                "an assigned member, eligible ones not read",
                |case| {
                    managed(case);
                    case.group_active("bo", "g", GroupAccess::Member);
                    case.missing(Dataset::GroupEligibilityScheduleInstances);
                },
                Ok("fail"),
            ),
            (
                "whether PIM manages it not read",
                |case| case.missing(Dataset::OnboardedGroups),
                Err(GapKind::PermissionDenied),
            ),
            (
                "Global Administrator",
                |case| {
                    case.tenant.active = Collected::Complete(Vec::new());
                    case.active("g", GLOBAL_ADMINISTRATOR);
                },
                Ok("not-applicable"),
            ),
            (
                "a custom role",
                |case| {
                    case.tenant.active = Collected::Complete(Vec::new());
                    case.custom_role(CUSTOM, Label::Privileged);
                    case.active("g", CUSTOM);
                },
                Ok("not-applicable"),
            ),
            (
                "within a unit",
                |case| {
                    case.tenant.active = Collected::Complete(Vec::new());
                    case.active("g", GLOBAL_READER).within = Scope::AdministrativeUnit("au".into());
                },
                Ok("not-applicable"),
            ),
        ];
        for (what, change, expected) in cases {
            let mut case = Case::new();
            case.user("ana");
            case.user("bo");
            case.group("g", &["ana"]);
            case.active("g", GLOBAL_READER);
            change(&mut case);
            let access = Access::Group(PrincipalId::new("g"), GroupAccess::Member);
            let outcome = case.judge_access(&CHECK, access, &Expect::Variant(ELIGIBLE_MEMBERS));
            assert_eq!(outcome.map(|it| it.name()).map_err(|gap| gap.kind), expected, "{what}");
        }
    }

    #[test]
    fn a_role_of_any_tier_counts_and_many_are_only_counted() {
        let mut case = Case::new();
        case.user("ana");
        case.group("g", &["ana"]);
        case.active("g", DIRECTORY_READERS);
        assert_eq!(judged(&case, "g"), Ok("fail"));
        for role in [GLOBAL_ADMINISTRATOR, EXCHANGE_ADMINISTRATOR, GLOBAL_READER] {
            case.active("g", role);
        }
        let outcome = outcome_of(&case, "g").unwrap();
        let observed = &outcome.details().unwrap().observed;
        assert!(observed.contains("1 member with"), "{observed}");
        assert!(observed.ends_with("and 1 more"), "{observed}");
    }

    #[test]
    fn a_group_within_a_role_group_is_judged_by_what_it_leads_to() {
        for (eligible, expected) in [(false, "fail"), (true, "pass")] {
            let mut case = Case::new();
            case.user("ana");
            case.group("inner", &["ana"]);
            // It holds no role itself, so it need not be role-assignable here.
            case.group_facts("inner").role_assignable = Some(false);
            if eligible {
                case.group("outer", &[]);
                case.onboard("outer");
                case.group_eligible("inner", "outer", GroupAccess::Member);
            } else {
                case.group("outer", &["inner"]);
            }
            case.active("outer", GLOBAL_ADMINISTRATOR);
            assert_eq!(judged(&case, "inner"), Ok(expected), "eligible: {eligible}");
            assert_eq!(case.subjects(&CHECK), ["group:inner:member", "group:outer:member"]);
        }
    }

    #[test]
    fn a_role_group_that_is_not_role_assignable_is_a_fault_of_the_data() {
        for (assignable, active, onboarded, expected) in [
            (Some(false), true, false, Err(GapKind::Unreadable)),
            (Some(false), true, true, Err(GapKind::Unreadable)),
            (Some(false), false, false, Err(GapKind::Unreadable)),
            // What was not given takes no proven failure away, and proves no pass.
            (None, true, false, Ok("fail")),
            (None, true, true, Err(GapKind::Unreadable)),
            (None, false, false, Err(GapKind::Unreadable)),
        ] {
            let mut case = case_of(active, &["ana"], onboarded);
            case.group_facts("g").role_assignable = assignable;
            assert_eq!(judged(&case, "g"), expected, "{assignable:?} {active} {onboarded}");
        }
    }

    #[test]
    fn what_is_not_known_proves_a_failure_at_most() {
        let mut unread = Case::new();
        unread.unreadable_group("g");
        unread.active("g", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&unread, "g"), Err(GapKind::PermissionDenied));

        let mut in_part = Case::new();
        in_part.user("ana");
        in_part.partial_group("g", &["ana"]);
        in_part.active("g", GLOBAL_ADMINISTRATOR);
        let outcome = outcome_of(&in_part, "g").unwrap();
        assert_eq!(outcome.name(), "fail");
        assert!(outcome.details().unwrap().observed.contains("at least 1 member"));

        let mut denied = case_of(true, &["ana"], false);
        denied.missing(Dataset::OnboardedGroups);
        assert_eq!(judged(&denied, "g"), Err(GapKind::PermissionDenied));

        let mut roles = case_of(false, &["ana"], false);
        let Collected::Complete(rows) = roles.tenant.active else { panic!("not complete") };
        let gap = Gap::of(Dataset::RoleAssignments, GapKind::Failed, "503");
        roles.tenant.active = Collected::Partial(rows, gap);
        assert_eq!(judged(&roles, "g"), Err(GapKind::Failed));
    }

    #[test]
    fn a_group_that_is_gone_or_hidden_is_not_judged() {
        let mut case = Case::new();
        case.absent("gone");
        case.hidden("shadow");
        for group in ["gone", "shadow"] {
            case.active(group, GLOBAL_ADMINISTRATOR);
        }
        assert_eq!(judged(&case, "gone"), Ok("not-applicable"));
        assert_eq!(judged(&case, "shadow"), Err(GapKind::PermissionDenied));
    }

    #[test]
    fn a_group_declared_as_sensitive_needs_no_role_to_fail() {
        for (declared, onboarded, expected) in
            [(true, false, "fail"), (true, true, "pass"), (false, false, "pass")]
        {
            let mut case = Case::new();
            case.user("ana");
            case.group("g", &["ana"]);
            if onboarded {
                case.onboard("g");
            }
            if declared {
                let groups = &mut case.organisation.sensitive_groups;
                groups.insert("search and purge".to_owned(), "group:g".to_owned());
            }
            assert_eq!(judged(&case, "g"), Ok(expected), "{declared} {onboarded}");
        }
    }

    #[test]
    fn what_lies_beyond_the_longest_walk_is_not_said_to_be_without_a_role() {
        for (length, expected) in [(100, Ok("pass")), (5000, Err(GapKind::Incomplete))] {
            let mut case = Case::new();
            for place in 0..length {
                let inner = format!("g{}", place + 1);
                case.group(&format!("g{place}"), &[inner.as_str()]);
            }
            case.group(&format!("g{length}"), &[]);
            assert_eq!(judged(&case, &format!("g{length}")), expected, "{length}");
        }
    }
}
