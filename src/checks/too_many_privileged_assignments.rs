//! `too-many-privileged-assignments`: how many assignments of PRIVILEGED roles there are.

use super::bounds::{in_words, verdict};
use super::{Check, Expect, ExpectShape, Fix, Subjects, counted};
use crate::facts::Facts;
use crate::model::{Class, Dataset, Evidence, Gap, GapKind, Grant, Label, Outcome, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The check.
pub static CHECK: Check = Check {
    id: "too-many-privileged-assignments",
    title: "Too many assignments of privileged roles",
    what: "Counts the assignments, not the people, of roles that Microsoft labels PRIVILEGED: permanent, \
        time-bound and eligible ones, each role, principal and scope once. A group counts as one; an \
        activation is the use of an eligibility and does not count.",
    why: "Every privileged assignment is a way in. What nobody can survey, nobody reviews.",
    fix: Fix {
        portal: "Privileged Identity Management > Microsoft Entra roles > Assignments > Remove what is not \
            needed",
        graph: &[
            "POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\"}",
            "POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\"}",
        ],
    },
    references: &["Microsoft best practices for Entra roles: limit privileged role assignments"],
    subjects: Subjects::Tenant,
    needs: &[
        Dataset::RoleDefinitions,
        Dataset::PrivilegedRoles,
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
    ],
    variants: &[],
    expect: ExpectShape::Count,
    waivable: true,
    judge,
};

/// More rows than this help nobody; the inventory has them all.
const SHOWN: usize = 10;

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let Expect::Count { pass, partial, .. } = expect else {
        return Err(Gap::new(GapKind::Unreadable, "the rule gives no bounds"));
    };
    let tally = Tally::of(facts)?;
    let count = u32::try_from(tally.grants.len()).unwrap_or(u32::MAX);
    let most = pass.1.max(partial.map_or(0, |(_, high)| high));
    let nouns = ("assignment", "assignments");
    let expected = in_words(*pass, *partial, nouns);
    let observed = counted(tally.grants.len(), nouns.0, nouns.1);
    let outcome = match tally.gaps.first() {
        None if count == 0 => {
            return Err(Gap::of(
                Dataset::RoleAssignments,
                GapKind::ImpossiblyEmpty,
                "no privileged role is assigned, but every tenant has a Global Administrator",
            ));
        }
        None => match verdict(count, *pass, *partial) {
            Verdict::Pass => Outcome::pass(observed, expected),
            Verdict::Partial => Outcome::partial(0.5, observed, expected),
            Verdict::Fail => Outcome::fail(observed, expected),
        },
        Some(gap) if count > most => Outcome::fail(format!("at least {observed}"), expected)
            .note(format!("there may be more: {gap}")),
        Some(gap) => return Err(gap.clone()),
    };
    Ok(tally.describe(outcome))
}

/// The assignments that count, and why there may be more.
struct Tally<'a> {
    grants: Vec<&'a Grant>,
    by_role: BTreeMap<Arc<str>, usize>,
    gaps: Vec<Gap>,
}

impl<'a> Tally<'a> {
    fn of(facts: &Facts<'_, 'a>) -> Result<Self, Gap> {
        let lists = [facts.active().err(), facts.eligible().err()];
        let mut tally = Self {
            grants: Vec::new(),
            by_role: BTreeMap::new(),
            gaps: lists.into_iter().flatten().collect(),
        };
        let mut seen = BTreeSet::new();
        for grant in facts.active_at_least()?.iter().chain(facts.eligible_at_least()?) {
            let role = facts.role_by_id(&grant.role);
            // The label of such a role was not read: its assignments may count or not.
            if role.label() == Label::Unread {
                let detail = format!("whether {} is labelled PRIVILEGED is not known", role.name);
                tally.gaps.push(Gap::of(Dataset::PrivilegedRoles, GapKind::Incomplete, detail));
            }
            if role.label() != Label::Privileged {
                continue;
            }
            match grant.class() {
                Class::Permanent
                | Class::TimeBound
                | Class::EligiblePermanent
                | Class::EligibleTimeBound => {
                    if seen.insert((&grant.principal, &grant.role, &grant.within, grant.class())) {
                        tally.grants.push(grant);
                        *tally.by_role.entry(role.name).or_insert(0) += 1;
                    }
                }
                Class::Activated => {}
                // It may be an activation, which is already counted as an eligibility.
                Class::Unknown => tally.gaps.push(Gap::of(
                    Dataset::RoleAssignmentScheduleInstances,
                    GapKind::Incomplete,
                    format!("whether {} is assigned or activated is not known", role.name),
                )),
            }
        }
        Ok(tally)
    }

    fn describe(&self, outcome: Outcome) -> Outcome {
        let eligible = self.grants.iter().filter(|grant| grant.is_eligible()).count();
        let by_role: Vec<_> =
            self.by_role.iter().map(|(role, count)| format!("{role} {count}")).collect();
        let mut outcome = outcome
            .measure("assignments", self.grants.len() as f64)
            .measure("active", (self.grants.len() - eligible) as f64)
            .measure("eligible", eligible as f64)
            .note(format!("by role: {}", by_role.join(", ")))
            .note("how the portal counts is not documented; its number may differ");
        for grant in self.grants.iter().take(SHOWN) {
            let row = &grant.provenance;
            let role = grant.role.to_string();
            outcome =
                outcome.evidence(Evidence::new(row.dataset, &row.id, "roleDefinitionId", role));
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::Who;
    use crate::checks::testing::{
        Case, EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, SECURITY_ADMINISTRATOR,
    };
    use crate::model::{Collected, Hold, Scope};

    /// Fewer than ten, as Microsoft advises.
    const EXPECT: Expect =
        Expect::Count { pass: (0, 9), partial: Some((10, 20)), who: Who::Enabled };

    fn with_assignments(count: usize) -> Case {
        let mut case = Case::new();
        for number in 0..count {
            case.eligible(&format!("user{number}"), GLOBAL_ADMINISTRATOR);
        }
        case
    }

    #[test]
    fn fewer_than_ten_pass() {
        for (count, expected) in
            [(1, "pass"), (9, "pass"), (10, "partial"), (20, "partial"), (21, "fail")]
        {
            let outcome = with_assignments(count).judge_tenant(&CHECK, &EXPECT).unwrap();
            assert_eq!(outcome.name(), expected, "{count} assignments");
        }
        let outcome = with_assignments(1).judge_tenant(&CHECK, &EXPECT).unwrap();
        assert_eq!(outcome.details().unwrap().observed, "1 assignment");
    }

    #[test]
    fn none_at_all_cannot_be() {
        let gap = Case::new().judge_tenant(&CHECK, &EXPECT).unwrap_err();
        assert_eq!(gap.kind, GapKind::ImpossiblyEmpty);
    }

    #[test]
    fn a_list_in_part_proves_only_too_many() {
        for (count, fails) in [(9, false), (20, false), (21, true)] {
            let mut case = with_assignments(count);
            let known = case.tenant.eligible.at_least().unwrap().clone();
            let dataset = Dataset::RoleEligibilityScheduleInstances;
            let gap = Gap::of(dataset, GapKind::Incomplete, "page 2");
            case.tenant.eligible = Collected::Partial(known, gap);
            let outcome = case.judge_tenant(&CHECK, &EXPECT);
            assert_eq!(outcome.is_ok_and(|it| it.name() == "fail"), fails, "{count}");
        }
        let mut case = with_assignments(21);
        let gap = Gap::of(Dataset::RoleAssignments, GapKind::PermissionDenied, "403");
        case.tenant.active = Collected::Missing(gap);
        assert!(case.judge_tenant(&CHECK, &EXPECT).is_err());
    }

    #[test]
    fn an_unknown_type_or_an_unknown_label_leaves_the_count_open() {
        let mut case = with_assignments(3);
        case.active("ana", SECURITY_ADMINISTRATOR).hold = Hold::ActiveOfUnknownType;
        let gap = case.judge_tenant(&CHECK, &EXPECT).unwrap_err();
        assert_eq!(gap.dataset, Some(Dataset::RoleAssignmentScheduleInstances));
        let mut case = with_assignments(3);
        case.active("ana", "c0000000-0000-4000-8000-000000000001");
        let gap = case.judge_tenant(&CHECK, &EXPECT).unwrap_err();
        assert_eq!(gap.dataset, Some(Dataset::PrivilegedRoles));
    }

    #[test]
    fn each_class_and_scope_counts_once_and_activations_never() {
        let mut case = Case::new();
        case.group("admins", &["ana", "ben", "eve"]);
        case.eligible("admins", SECURITY_ADMINISTRATOR);
        case.active("ana", SECURITY_ADMINISTRATOR);
        case.active("ana", SECURITY_ADMINISTRATOR);
        case.active("ana", SECURITY_ADMINISTRATOR).within = Scope::AdministrativeUnit("au".into());
        case.eligible("ana", SECURITY_ADMINISTRATOR);
        let grant = case.active("ben", SECURITY_ADMINISTRATOR);
        grant.hold = Hold::Activated;
        grant.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
        // Highly privileged by CISA's list, but without Microsoft's label.
        case.active("ana", EXCHANGE_ADMINISTRATOR);
        let outcome = case.judge_tenant(&CHECK, &EXPECT).unwrap();
        let details = outcome.details().unwrap();
        assert_eq!(details.measures, [("assignments", 4.0), ("active", 2.0), ("eligible", 2.0)]);
        assert_eq!(details.notes[0], "by role: Security Administrator 4");
    }
}
