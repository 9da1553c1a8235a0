//! `standing-group-owner`: who can add members to a privileged group without an activation.

use super::{Check, Expect, ExpectShape, Fix, Subjects, counted};
use crate::facts::{Entry, Facts, How};
use crate::model::{
    Dataset, Evidence, Gap, GapKind, GroupAccess, Outcome, PrincipalId, RoleId, RowId, Tier,
};
use std::collections::BTreeSet;

/// The check.
pub static CHECK: Check = Check {
    id: "standing-group-owner",
    title: "Standing owner of a privileged group",
    what: "Judges the owners of every group that leads to a role of tier critical or high, active or \
        eligible, or that is declared as sensitive. An owner without an activation fails, whether by the \
        directory alone or assigned through PIM, with an end or without. Eligible owners pass: their \
        settings are judged apart.",
    why: "An owner of the group can make anybody a member, past every setting of the role. It is a quiet \
        way to become an administrator, and to stay one.",
    fix: Fix {
        portal: "Entra admin center > Groups > (the group) > Owners > Remove. Where an owner is needed: \
            Privileged Identity Management > Groups > (the group) > Assignments > Add assignments > \
            Owner > Eligible",
        graph: &[
            "POST /v1.0/identityGovernance/privilegedAccess/group/eligibilityScheduleRequests \
            {\"accessId\":\"owner\",\"principalId\":\"<id of the owner>\",\"groupId\":\"{group}\",\
            \"action\":\"adminAssign\",\"justification\":\"eligible instead of permanent\",\
            \"scheduleInfo\":{\"expiration\":{\"type\":\"afterDuration\",\"duration\":\"P365D\"}}}",
            "DELETE /v1.0/groups/{group}/owners/<id of the owner>/$ref",
            "POST /v1.0/identityGovernance/privilegedAccess/group/assignmentScheduleRequests \
            {\"accessId\":\"owner\",\"principalId\":\"<id of the owner>\",\"groupId\":\"{group}\",\
            \"action\":\"adminRemove\"}",
        ],
    },
    references: &["PIM with Defender for Office 365", "MITRE ATT&CK T1098"],
    subjects: Subjects::RoleGroupOwners,
    needs: &[
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::Principals,
        Dataset::GroupMembers,
        Dataset::GroupOwners,
    ],
    variants: &[],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "no owner without an activation";
/// More rows than this help nobody; the inventory has them all.
const SHOWN: usize = 10;

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let group = facts.group()?;
    if group.group().is_none() {
        return Ok(Outcome::not_applicable(
            "the group was not found; defunct-principal judges that",
        ));
    }
    let access = facts.judged_access()?;
    let reached = facts.roles_reached_by(access);
    let highest = reached.iter().max_by_key(|it| it.tier).filter(|it| it.tier >= Tier::High);
    if highest.is_none() && !facts.is_sensitive(&group.id) {
        // A higher role may stand in the part of the lists that was not read, or further on.
        facts.active()?;
        facts.eligible()?;
        if let Some(gap) = facts.reach_gap(access) {
            return Err(gap);
        }
        return Ok(Outcome::not_applicable("it leads to no role of tier critical or high"));
    }
    let entries = facts.entries(&group.id);
    let owners: Vec<&Entry> =
        entries.list.iter().filter(|it| it.access == GroupAccess::Owner).collect();
    let standing: Vec<&Entry> =
        owners.iter().copied().filter(|owner| owner.how.is_standing()).collect();
    if !standing.is_empty() {
        return Ok(failed(facts, &group.id, highest.map(|it| &it.role), &standing));
    }
    if let Some(gap) = entries.owner_gaps.first() {
        return Err(gap.clone());
    }
    if let Some(owner) = owners.iter().find(|owner| owner.how == How::Unknown) {
        return Err(Gap::of(
            Dataset::GroupAssignmentScheduleInstances,
            GapKind::Incomplete,
            format!(
                "whether owner {} is assigned or activated is not known",
                facts.name_of(&owner.principal)
            ),
        ));
    }
    let gated: BTreeSet<&PrincipalId> = owners.iter().map(|owner| &owner.principal).collect();
    let observed = match gated.len() {
        0 => "no owner".to_owned(),
        count => format!("{}, none standing", counted(count, "eligible owner", "eligible owners")),
    };
    Ok(Outcome::pass(observed, EXPECTED)
        .measure("standing owners", 0.0)
        .measure("eligible owners", gated.len() as f64))
}

fn failed(
    facts: &Facts,
    group: &PrincipalId,
    role: Option<&RoleId>,
    standing: &[&Entry],
) -> Outcome {
    let people: BTreeSet<PrincipalId> = standing.iter().map(|it| it.principal.clone()).collect();
    let owners = counted(people.len(), "standing owner", "standing owners");
    let observed = format!("{owners}: {}", facts.names_of(&people));
    let leads_to = match role {
        Some(role) => format!("the group leads to {}", facts.role_by_id(role).name),
        None => "the group is declared as sensitive".to_owned(),
    };
    let outcome = Outcome::fail(observed, EXPECTED)
        .note(leads_to)
        .measure("standing owners", people.len() as f64);
    let row = RowId::from(group);
    standing.iter().take(SHOWN).fold(outcome, |outcome, owner| {
        let (dataset, field) = if owner.how == How::Plain {
            (Dataset::GroupOwners, "owners")
        } else {
            (Dataset::GroupAssignmentScheduleInstances, "principalId")
        };
        let value = owner.principal.to_string();
        outcome.evidence(Evidence::new(dataset, &row, field, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, DIRECTORY_READERS, GLOBAL_ADMINISTRATOR, HELPDESK};
    use crate::model::{Access, Collected, Hold};

    const OWNER: GroupAccess = GroupAccess::Owner;

    fn outcome_of(case: &Case, group: &str) -> Result<Outcome, Gap> {
        let access = Access::Group(PrincipalId::new(group), OWNER);
        case.judge_access(&CHECK, access, &Expect::Required)
    }

    fn judged(case: &Case, group: &str) -> Result<&'static str, GapKind> {
        outcome_of(case, group).map(|it| it.name()).map_err(|gap| gap.kind)
    }

    /// Group `g` in PIM, without members and owners, active Global Administrator.
    fn managed() -> Case {
        let mut case = Case::new();
        case.user("ana");
        case.group("g", &[]);
        case.onboard("g");
        case.active("g", GLOBAL_ADMINISTRATOR);
        case
    }

    #[test]
    fn an_owner_without_an_activation_fails() {
        let later = Some("2026-12-01T00:00:00Z");
        for (hold, end, expected, dataset) in [
            // An activation without an end is an anomaly, and standing.
            (Hold::Activated, None, "fail", Some(Dataset::GroupAssignmentScheduleInstances)),
            (Hold::Assigned, None, "fail", Some(Dataset::GroupAssignmentScheduleInstances)),
            (Hold::Assigned, later, "fail", Some(Dataset::GroupAssignmentScheduleInstances)),
            (Hold::Activated, later, "pass", None),
        ] {
            let mut case = managed();
            let grant = case.group_active("ana", "g", OWNER);
            grant.hold = hold;
            grant.end = end.map(|end| end.parse().unwrap());
            let outcome = outcome_of(&case, "g").unwrap();
            assert_eq!(outcome.name(), expected, "{hold:?} {end:?}");
            let evidence = outcome.details().unwrap().evidence.first().map(|it| it.dataset);
            assert_eq!(evidence, dataset, "{hold:?} {end:?}");
        }
        let mut plain = managed();
        plain.owner("ana", "g");
        let outcome = outcome_of(&plain, "g").unwrap();
        assert_eq!(outcome.name(), "fail");
        let details = outcome.details().unwrap();
        assert_eq!(details.observed, "1 standing owner: ana@contoso.example");
        assert_eq!(details.evidence[0].dataset, Dataset::GroupOwners);
    }

    #[test]
    fn no_owner_or_an_eligible_one_passes() {
        let mut case = managed();
        let outcome = outcome_of(&case, "g").unwrap();
        assert_eq!(outcome.details().unwrap().observed, "no owner");
        assert_eq!(outcome.name(), "pass");
        case.group_eligible("ana", "g", OWNER);
        let outcome = outcome_of(&case, "g").unwrap();
        assert_eq!(outcome.details().unwrap().observed, "1 eligible owner, none standing");
        assert_eq!(outcome.name(), "pass");
        // A standing member is no owner.
        case.group_active("ana", "g", GroupAccess::Member);
        assert_eq!(judged(&case, "g"), Ok("pass"));
    }

    #[test]
    fn service_principals_and_break_glass_accounts_are_owners_like_any_other() {
        let mut service = managed();
        service.service("robot");
        service.owner("robot", "g");
        assert_eq!(judged(&service, "g"), Ok("fail"));
        let mut break_glass = managed();
        break_glass.organisation.break_glass.push("ana".to_owned());
        break_glass.owner("ana", "g");
        assert_eq!(judged(&break_glass, "g"), Ok("fail"));
    }

    #[test]
    fn a_group_outside_pim_is_judged_by_its_owners_alone() {
        for (owned, expected) in [(false, "pass"), (true, "fail")] {
            let mut case = Case::new();
            case.user("ana");
            case.group("g", &[]);
            case.active("g", GLOBAL_ADMINISTRATOR);
            if owned {
                case.owner("ana", "g");
            }
            assert_eq!(judged(&case, "g"), Ok(expected), "owned: {owned}");
        }
    }

    #[test]
    fn only_groups_that_lead_to_a_high_role_are_judged() {
        for (active, eligible, raised, expected) in [
            (Some(DIRECTORY_READERS), None, false, "not-applicable"),
            (Some(DIRECTORY_READERS), None, true, "fail"),
            (Some(HELPDESK), None, false, "fail"),
            (None, Some(GLOBAL_ADMINISTRATOR), false, "fail"),
            (Some(DIRECTORY_READERS), Some(GLOBAL_ADMINISTRATOR), false, "fail"),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.group("g", &[]);
            case.owner("ana", "g");
            if let Some(role) = active {
                case.active("g", role);
            }
            if let Some(role) = eligible {
                case.eligible("g", role);
            }
            if raised {
                let role = RoleId::new(DIRECTORY_READERS);
                case.organisation.raise_tier.insert(role, Tier::High);
            }
            assert_eq!(judged(&case, "g"), Ok(expected), "{active:?} {eligible:?} {raised}");
        }
    }

    #[test]
    fn an_owner_of_a_group_within_the_role_group_counts() {
        let mut case = Case::new();
        case.user("ana");
        case.group("inner", &[]);
        case.owner("ana", "inner");
        case.group("outer", &["inner"]);
        case.active("outer", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&case, "inner"), Ok("fail"));
        assert_eq!(judged(&case, "outer"), Ok("pass"));
        assert_eq!(case.subjects(&CHECK), ["group:inner:owner", "group:outer:owner"]);
    }

    #[test]
    fn a_low_role_proves_nothing_while_others_are_unread() {
        let mut case = Case::new();
        case.group("g", &[]);
        case.active("g", DIRECTORY_READERS);
        let Collected::Complete(rows) = case.tenant.active else { panic!("not complete") };
        let gap = Gap::of(Dataset::RoleAssignments, GapKind::Failed, "503");
        case.tenant.active = Collected::Partial(rows.clone(), gap);
        assert_eq!(judged(&case, "g"), Err(GapKind::Failed));
        case.tenant.active = Collected::Complete(rows);
        let gap = Gap::of(Dataset::RoleEligibilityScheduleInstances, GapKind::Incomplete, "502");
        case.tenant.eligible = Collected::Missing(gap);
        assert_eq!(judged(&case, "g"), Err(GapKind::Incomplete));
    }

    #[test]
    fn unread_owners_are_no_pass_and_known_ones_still_fail() {
        let mut denied = managed();
        denied.missing(Dataset::GroupOwners);
        assert_eq!(judged(&denied, "g"), Err(GapKind::PermissionDenied));

        // Without the instances a plain owner may be one who activated.
        let id = PrincipalId::new("g");
        let gap = Gap::of(Dataset::GroupAssignmentScheduleInstances, GapKind::Failed, "503");
        let mut untold = managed();
        untold.owner("ana", "g");
        untold.tenant.group_pim.get_mut(&id).unwrap().active = Collected::Missing(gap.clone());
        assert_eq!(judged(&untold, "g"), Err(GapKind::Failed));

        let mut known = managed();
        known.group_active("ana", "g", OWNER);
        known.tenant.group_pim.get_mut(&id).unwrap().eligible = Collected::Missing(gap);
        assert_eq!(judged(&known, "g"), Ok("fail"));

        let mut untyped = managed();
        untyped.group_active("ana", "g", OWNER).hold = Hold::ActiveOfUnknownType;
        assert_eq!(judged(&untyped, "g"), Err(GapKind::Incomplete));
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
    fn a_group_declared_as_sensitive_needs_no_role_to_be_judged() {
        for (declared, expected) in [(true, Ok("fail")), (false, Ok("not-applicable"))] {
            let mut case = Case::new();
            case.user("ana");
            case.group("g", &[]);
            case.owner("ana", "g");
            if declared {
                let groups = &mut case.organisation.sensitive_groups;
                groups.insert("search and purge".to_owned(), "group:g".to_owned());
            }
            assert_eq!(judged(&case, "g"), expected, "{declared}");
        }
    }

    #[test]
    fn beyond_the_longest_walk_there_may_be_a_role() {
        for (length, expected) in [(100, Ok("not-applicable")), (5000, Err(GapKind::Incomplete))] {
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
