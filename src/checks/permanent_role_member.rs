//! `permanent-role-member`: whether enabled members of the tenant hold a role for good.

use super::licensed::{INTUNE_WITH_PIM, skipped};
use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant, counted, only_basic_properties};
use crate::facts::Facts;
use crate::model::{
    Access, Dataset, Evidence, Gap, GapKind, Grant, Hold, Outcome, Principal, PrincipalKindFacts,
};

/// The check.
pub static CHECK: Check = Check {
    id: "permanent-role-member",
    title: "Role held for good by members of the tenant",
    what: "Looks at the active assignments of each role, in any scope. An enabled user of type Member who \
        is assigned the role without an end fails it, whoever that is: a declared break-glass account is no \
        exception. Disabled accounts, guests by type, groups, service principals, assignments with an end \
        and activations do not count.",
    why: "Whoever holds a role for good holds it at night and after a theft of the session as well. \
        Activated when it is needed, it is there for the task alone.",
    fix: Fix {
        portal: "Privileged Identity Management > Microsoft Entra roles > Roles > (the role) > Active \
            assignments > Update > Eligible",
        graph: &[
            "POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
            {\"action\":\"adminAssign\",\"principalId\":\"<id of the person>\",\
            \"roleDefinitionId\":\"{role}\",\"directoryScopeId\":\"/\",\
            \"justification\":\"eligible instead of permanent\",\
            \"scheduleInfo\":{\"expiration\":{\"type\":\"afterDuration\",\"duration\":\"P365D\"}}}",
            "POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"<id of the person>\",\
            \"roleDefinitionId\":\"{role}\",\"directoryScopeId\":\"/\"}",
        ],
    },
    references: &["Zero Trust Assessment 51016"],
    subjects: Subjects::Roles,
    needs: &[
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::Principals,
        Dataset::SubscribedSkus,
    ],
    variants: &[Variant {
        name: ZERO_TRUST,
        meaning: "without licences of Intune and Entra ID P2 nothing is said",
    }],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

/// Zero Trust Assessment 51016.
const ZERO_TRUST: &str = "zero-trust";
const EXPECTED: &str = "no enabled member of the tenant holds it for good";
/// More names and rows than this help nobody; the inventory has them all.
const SHOWN: usize = 10;

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    if expect.is_variant(ZERO_TRUST)
        && let Some(skipped) = skipped(facts, &INTUNE_WITH_PIM)?
    {
        return Ok(skipped);
    }
    let Access::DirectoryRole(role) = facts.judged_access()? else {
        return Err(Gap::new(GapKind::Unreadable, "the subject is no role"));
    };
    // Without PIM everything is held for good, and nobody could do anything about it.
    let instances = facts.instances_gap();
    if let Some(gap) = instances.filter(|gap| gap.kind == GapKind::LicenceMissing) {
        return Err(gap.clone());
    }
    let mut unread = facts.active().err().or_else(|| instances.cloned());
    let mut members: Vec<(&Grant, &Principal)> = Vec::new();
    for grant in facts.active_of(role) {
        match is_member_for_good(facts, grant) {
            Ok(Some(principal)) => members.push((grant, principal)),
            Ok(None) => {}
            Err(gap) => {
                unread.get_or_insert(gap);
            }
        }
    }
    if members.is_empty() {
        return match unread {
            Some(gap) => Err(gap),
            None => Ok(Outcome::pass("none", EXPECTED).measure("members", 0.0)),
        };
    }
    let mut names: Vec<&str> = members.iter().map(|(_, it)| it.sign_in_name()).collect();
    names.sort_unstable();
    names.dedup();
    let count = names.len();
    names.truncate(SHOWN);
    let at_least = if unread.is_some() { "at least " } else { "" };
    let hold = counted(count, "member holds it for good", "members hold it for good");
    let outcome = Outcome::fail(format!("{at_least}{hold}"), EXPECTED)
        .measure("members", count as f64)
        .note(names.join(", "));
    Ok(members.iter().take(SHOWN).fold(outcome, |outcome, (grant, _)| {
        let row = &grant.provenance;
        outcome.evidence(Evidence::new(row.dataset, &row.id, "endDateTime", "null"))
    }))
}

/// The enabled member who is assigned without an end; nobody where it is anybody or anything else.
fn is_member_for_good<'a>(
    facts: &Facts<'_, 'a>,
    grant: &Grant,
) -> Result<Option<&'a Principal>, Gap> {
    if grant.end.is_some() || matches!(grant.hold, Hold::Activated | Hold::Eligible) {
        return Ok(None);
    }
    let principal = facts.principal_by_id(&grant.principal)?;
    let PrincipalKindFacts::User(user) = &principal.kind else { return Ok(None) };
    let is_member = user.user_type.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("Member"));
    match user.enabled {
        None => Err(only_basic_properties(principal)),
        Some(true) if is_member && grant.hold == Hold::ActiveOfUnknownType => Err(Gap::of(
            Dataset::RoleAssignmentScheduleInstances,
            GapKind::Incomplete,
            format!("whether {} is assigned or activated is not known", principal.sign_in_name()),
        )),
        Some(true) if is_member => Ok(Some(principal)),
        Some(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::licensed::{INTUNE_PLAN, P1_PLAN};
    use crate::checks::testing::{
        Case, EXCHANGE_ADMINISTRATOR as OTHER, USER_ADMINISTRATOR as ROLE,
    };
    use crate::model::licence::P2_PLAN;
    use crate::model::{Collected, Scope};

    type Change = fn(&mut Case);

    fn judged(change: Change) -> Result<&'static str, GapKind> {
        let mut case = Case::new();
        case.user("ana");
        change(&mut case);
        let outcome = case.judge_role(&CHECK, ROLE, &Expect::Required);
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    #[test]
    fn the_test_is_skipped_without_its_licences() {
        for (plan, expected) in [
            (None, Ok("fail")),
            (Some(INTUNE_PLAN), Ok("not-applicable")),
            (Some(P2_PLAN), Ok("not-applicable")),
            (Some(P1_PLAN), Ok("fail")),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.active("ana", ROLE);
            plan.into_iter().for_each(|plan| case.without_plan(plan));
            let named = |expect| {
                let outcome = case.judge_role(&CHECK, ROLE, &expect);
                outcome.map(|it| it.name()).map_err(|gap| gap.kind)
            };
            assert_eq!(named(Expect::Variant(ZERO_TRUST)), expected, "{plan:?}");
            assert_eq!(named(Expect::Required), Ok("fail"), "{plan:?}");
        }
    }

    #[test]
    fn only_enabled_members_who_are_assigned_for_good_count() {
        let cases: [(&str, Change, &str); 12] = [
            ("nobody", |_| {}, "pass"),
            (
                "a member",
                |case| {
                    case.active("ana", ROLE);
                },
                "fail",
            ),
            (
                "a member, in a unit",
                |case| {
                    case.active("ana", ROLE).within = Scope::AdministrativeUnit("unit".into());
                },
                "fail",
            ),
            (
                "a declared break-glass account",
                |case| {
                    case.organisation.break_glass.push("ana".to_owned());
                    case.active("ana", ROLE);
                },
                "fail",
            ),
            (
                "with an end",
                |case| {
                    case.active("ana", ROLE).end = Some("2027-01-01T00:00:00Z".parse().unwrap());
                },
                "pass",
            ),
            (
                "activated",
                |case| {
                    case.active("ana", ROLE).hold = Hold::Activated;
                },
                "pass",
            ),
            (
                "eligible",
                |case| {
                    case.eligible("ana", ROLE);
                },
                "pass",
            ),
            (
                "disabled",
                |case| {
                    case.user("ana").enabled = Some(false);
                    case.active("ana", ROLE);
                },
                "pass",
            ),
            (
                "a guest",
                |case| {
                    case.user("ana").user_type = Some("Guest".into());
                    case.active("ana", ROLE);
                },
                "pass",
            ),
            (
                "a group",
                |case| {
                    case.group("g", &["ana"]);
                    case.active("g", ROLE);
                },
                "pass",
            ),
            (
                "a service principal",
                |case| {
                    case.service("robot");
                    case.active("robot", ROLE);
                },
                "pass",
            ),
            (
                "another role",
                |case| {
                    case.active("ana", OTHER);
                },
                "pass",
            ),
        ];
        for (what, change, expected) in cases {
            assert_eq!(judged(change), Ok(expected), "{what}");
        }
    }

    #[test]
    fn what_is_found_is_proof_and_what_was_not_read_leaves_it_open() {
        let cases: [(&str, Change, Result<&str, GapKind>); 6] = [
            (
                "who is active",
                |case| case.missing(Dataset::RoleAssignments),
                Err(GapKind::PermissionDenied),
            ),
            (
                "a holder",
                |case| {
                    case.hidden("shadow");
                    case.active("shadow", ROLE);
                },
                Err(GapKind::PermissionDenied),
            ),
            (
                "a holder, beside one that is known",
                |case| {
                    case.hidden("shadow");
                    case.active("shadow", ROLE);
                    case.active("ana", ROLE);
                },
                Ok("fail"),
            ),
            (
                "the type of an assignment",
                |case| case.active("ana", ROLE).hold = Hold::ActiveOfUnknownType,
                Err(GapKind::Incomplete),
            ),
            (
                "the rest of the list",
                |case| {
                    case.active("ana", ROLE);
                    let known = case.tenant.active.at_least().unwrap().clone();
                    let gap = Gap::of(Dataset::RoleAssignments, GapKind::Failed, "page 2");
                    case.tenant.active = Collected::Partial(known, gap);
                },
                Ok("fail"),
            ),
            (
                "without a licence",
                |case| {
                    case.active("ana", ROLE);
                    let dataset = Dataset::RoleAssignmentScheduleInstances;
                    let gap = Gap::of(dataset, GapKind::LicenceMissing, "no P2");
                    case.tenant.instances_gap = Some(gap);
                },
                Err(GapKind::LicenceMissing),
            ),
        ];
        for (what, change, expected) in cases {
            assert_eq!(judged(change), expected, "{what}");
        }
    }
}
