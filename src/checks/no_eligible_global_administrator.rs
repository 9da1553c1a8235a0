//! `no-eligible-global-administrator`: nobody has to activate the role everything is about.

use super::{Check, Expect, ExpectShape, Fix, Subjects, counted};
use crate::facts::{Facts, Path};
use crate::model::{Class, Dataset, Evidence, Gap, Outcome, RoleId, roles};

/// The check.
pub static CHECK: Check = Check {
    id: "no-eligible-global-administrator",
    title: "Nobody is eligible for Global Administrator",
    what: "Counts the people who are eligible for Global Administrator, directly or through a group that \
        is. Without any it fails: either PIM is not used, or everybody who has the role has it all the time.",
    why: "Where nobody is eligible nobody activates. The strongest role is then held all the time, or by \
        emergency accounts alone, which are not for daily work.",
    fix: Fix {
        portal: "Privileged Identity Management > Microsoft Entra roles > Roles > Global Administrator > \
            Add assignments > Eligible",
        graph: &["POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
            {\"action\":\"adminAssign\",\"principalId\":\"<id of the person>\",\
            \"roleDefinitionId\":\"62e90394-69f5-4237-9190-012177145e10\",\"directoryScopeId\":\"/\",\
            \"justification\":\"eligible instead of permanent\",\
            \"scheduleInfo\":{\"expiration\":{\"type\":\"afterDuration\",\"duration\":\"P365D\"}}}"],
    },
    references: &["Zero Trust Assessment 21816"],
    subjects: Subjects::Tenant,
    needs: &[
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::Principals,
        Dataset::GroupMembers,
    ],
    variants: &[],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "at least one person eligible for Global Administrator";
/// More rows than this help nobody; the inventory has them all.
const SHOWN: usize = 10;

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let holders = facts.holders(&RoleId::new(roles::GLOBAL_ADMINISTRATOR));
    let eligible: Vec<&Path<'_>> = holders
        .people
        .values()
        .filter_map(|paths| paths.iter().find(|it| is_eligible(it)))
        .collect();
    let observed = format!("{} eligible", counted(eligible.len(), "person", "people"));
    if eligible.is_empty() {
        // One may stand in what was not read.
        return match holders.gaps.first() {
            Some(gap) => Err(gap.clone()),
            None => Ok(Outcome::fail(observed, EXPECTED).measure("eligible", 0.0)),
        };
    }
    let outcome = Outcome::pass(observed, EXPECTED).measure("eligible", eligible.len() as f64);
    Ok(eligible.into_iter().take(SHOWN).fold(outcome, |outcome, path| {
        let row = &path.grant.provenance;
        let holder = path.grant.principal.to_string();
        outcome.evidence(Evidence::new(row.dataset, &row.id, "principalId", holder))
    }))
}

/// An activation proves the eligibility it comes from.
fn is_eligible(path: &Path<'_>) -> bool {
    matches!(
        path.grant.class(),
        Class::EligiblePermanent | Class::EligibleTimeBound | Class::Activated
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, USER_ADMINISTRATOR};
    use crate::model::{GapKind, Hold, Scope};

    fn judged(case: &Case) -> Result<&'static str, GapKind> {
        let outcome = case.judge_tenant(&CHECK, &Expect::Required);
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    #[test]
    fn one_eligible_person_is_enough_and_a_standing_one_is_none() {
        type Change = fn(&mut Case);
        let cases: [(&str, Change, &str); 8] = [
            ("nobody", |_| {}, "fail"),
            (
                "standing",
                |case| {
                    case.active("ana", GLOBAL_ADMINISTRATOR);
                },
                "fail",
            ),
            (
                "eligible",
                |case| {
                    case.eligible("ana", GLOBAL_ADMINISTRATOR);
                },
                "pass",
            ),
            (
                "another role",
                |case| {
                    case.eligible("ana", USER_ADMINISTRATOR);
                },
                "fail",
            ),
            (
                "activated",
                |case| {
                    let grant = case.active("ana", GLOBAL_ADMINISTRATOR);
                    grant.hold = Hold::Activated;
                    grant.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
                },
                "pass",
            ),
            (
                "in a unit",
                |case| {
                    let unit = Scope::AdministrativeUnit("unit".into());
                    case.eligible("ana", GLOBAL_ADMINISTRATOR).within = unit;
                },
                "fail",
            ),
            (
                "a group with a member",
                |case| {
                    case.group("g", &["ana"]);
                    case.eligible("g", GLOBAL_ADMINISTRATOR);
                },
                "pass",
            ),
            (
                "an empty group",
                |case| {
                    case.group("g", &[]);
                    case.eligible("g", GLOBAL_ADMINISTRATOR);
                },
                "fail",
            ),
        ];
        for (what, change, expected) in cases {
            let mut case = Case::new();
            case.user("ana");
            change(&mut case);
            assert_eq!(judged(&case), Ok(expected), "{what}");
        }
    }

    #[test]
    fn what_was_not_read_may_hold_an_eligible_person() {
        for dataset in [Dataset::RoleEligibilityScheduleInstances, Dataset::RoleAssignments] {
            let mut case = Case::new();
            case.missing(dataset);
            assert_eq!(judged(&case), Err(GapKind::PermissionDenied), "{dataset}");
        }
        let mut case = Case::new();
        case.unreadable_group("g");
        case.eligible("g", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&case), Err(GapKind::PermissionDenied));
    }
}
