//! Binds the rules of a baseline to their checks: which rule judges a subject, and what must be read.

use super::{Baseline, Itself, Rule, Selector, StandsFor};
use crate::checks::{CHECKS, Check};
use crate::model::{Dataset, Severity, Tier};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Every check a baseline has rules for, by id.
#[derive(Clone)]
pub struct Plan<'a> {
    /// The checks with their rules.
    pub checks: Vec<BoundCheck<'a>>,
}

/// A check with its rules.
#[derive(Clone)]
pub struct BoundCheck<'a> {
    /// The check.
    pub check: &'static Check,
    /// Its rules, the most specific first; never empty.
    pub rules: Vec<&'a Rule>,
    /// The highest severity among those that are scored: the weight of the check in the score.
    pub base: Severity,
}

/// Binds the rules of a baseline.
pub fn bind(baseline: &Baseline) -> Plan<'_> {
    let checks = CHECKS.iter().copied().filter_map(|check| {
        let mut rules: Vec<&Rule> =
            baseline.rules.iter().filter(|rule| rule.check.id == check.id).collect();
        // A person may hold roles of two rules that are equally specific; then the worse one counts.
        rules.sort_by_key(|rule| Reverse((rule.on.specificity(), tier_of(rule), rule.severity)));
        // What only informs is never scored, so it may not make the check heavier either.
        let scored = rules.iter().filter(|rule| !rule.info).map(|rule| rule.severity).max();
        let base = scored.or_else(|| rules.iter().map(|rule| rule.severity).max())?;
        Some(BoundCheck { check, rules, base })
    });
    Plan { checks: checks.collect() }
}

fn tier_of(rule: &Rule) -> Option<Tier> {
    match &rule.on {
        Selector::Tier(tier) => Some(*tier),
        Selector::All
        | Selector::Holders
        | Selector::Privileged
        | Selector::Set { .. }
        | Selector::Role(_)
        | Selector::Groups
        | Selector::Sensitive
        | Selector::Alert(_) => None,
    }
}

impl<'a> BoundCheck<'a> {
    /// The rule that judges a subject with these roles, which is this itself.
    pub fn rule_for(&self, roles: &[StandsFor<'_>], itself: Itself) -> Option<&'a Rule> {
        self.rules.iter().copied().find(|rule| rule.is_for(roles, itself))
    }
}

/// The collections these baselines need, with those that tell what to ask for.
///
/// Principals are asked for by the ids in the grants, members by the groups among the principals.
/// The organisation and the licences are always read and need not be here.
pub fn datasets(baselines: &[Baseline]) -> BTreeSet<Dataset> {
    let mut found: BTreeSet<Dataset> =
        baselines.iter().flat_map(|baseline| &baseline.rules).flat_map(rule_reads).collect();
    // Whom to ask for is told by what names them.
    for (needed, told_by) in [
        (Dataset::ServicePrincipalOwners, Dataset::ApplicationGrants),
        (Dataset::ApplicationOwners, Dataset::Applications),
        (Dataset::Applications, Dataset::Principals),
        (Dataset::GroupOwners, Dataset::GroupMembers),
        (Dataset::GroupMembers, Dataset::Principals),
        (Dataset::SignInActivity, Dataset::Principals),
    ] {
        if found.contains(&needed) {
            found.insert(told_by);
        }
    }
    if found.contains(&Dataset::Principals) {
        found.extend([
            Dataset::RoleAssignments,
            Dataset::RoleAssignmentScheduleInstances,
            Dataset::RoleEligibilityScheduleInstances,
        ]);
    }
    found
}

/// What a rule needs: its check, and what tells its subjects.
fn rule_reads(rule: &Rule) -> BTreeSet<Dataset> {
    let mut reads = rule.check.reads();
    if rule.on == Selector::Privileged {
        reads.extend([Dataset::RoleDefinitions, Dataset::PrivilegedRoles]);
    }
    reads
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::{builtin, load};
    use crate::model::roles::{GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR};
    use crate::model::{Label, RoleId};

    const HEAD: &str = "format: 1\nid: own\nsources: { s: { title: Own }}\nroles:\n  \
        guarded: [Global Administrator, User Administrator]\n  readers: [Global Reader]\nrules:\n";

    fn baseline(rules: &[(&str, &str, &str)]) -> Baseline {
        let rules: String = rules
            .iter()
            .map(|(on, at_most, severity)| {
                format!(
                    "  - {{ check: activation-too-long, on: {on}, expect: {{ at_most: {at_most} }}, \
                     severity: {severity}, source: s, because: so }}\n"
                )
            })
            .collect();
        load(&format!("{HEAD}{rules}"), "own.yaml", &|_| None).unwrap()
    }

    fn lines(baseline: &Baseline, roles: &[(&RoleId, Tier)]) -> Option<usize> {
        let labelled: Vec<StandsFor<'_>> = roles
            .iter()
            .map(|&(role, tier)| StandsFor { role, tier, label: Label::Plain, own: true })
            .collect();
        bind(baseline).checks[0].rule_for(&labelled, Itself::Other).map(|rule| rule.line)
    }

    #[test]
    fn the_most_specific_rule_judges_wherever_it_stands() {
        let global = RoleId::new(GLOBAL_ADMINISTRATOR);
        let other = RoleId::new(PRIVILEGED_ROLE_ADMINISTRATOR);
        let user = RoleId::new("fe930be7-5e62-47db-91af-98c3a49a38b1");
        let baseline = baseline(&[
            ("all", "PT10H", "low"),
            ("{ role: Global Administrator }", "PT1H", "low"),
            ("{ tier: critical }", "PT4H", "critical"),
            ("{ roles: guarded }", "PT2H", "high"),
        ]);
        for (roles, line) in [
            (vec![(&global, Tier::Critical)], 9),
            (vec![(&user, Tier::High)], 11),
            (vec![(&other, Tier::Critical)], 10),
            (vec![(&other, Tier::High)], 8),
            (vec![(&other, Tier::Critical), (&user, Tier::High)], 11),
            (vec![], 8),
        ] {
            assert_eq!(lines(&baseline, &roles), Some(line), "{roles:?}");
        }
        assert_eq!(bind(&baseline).checks[0].base, Severity::Critical);
    }

    #[test]
    fn of_equally_specific_rules_the_worse_one_judges_whoever_is_in_both() {
        let global = RoleId::new(GLOBAL_ADMINISTRATOR);
        let reader = RoleId::new("f2ef992c-3afb-46b9-b7cf-a126ee74c451");
        let both = [(&reader, Tier::Elevated), (&global, Tier::Critical)];
        let sets = baseline(&[
            ("{ roles: readers }", "PT8H", "medium"),
            ("{ roles: guarded }", "PT1H", "high"),
        ]);
        assert_eq!(lines(&sets, &both), Some(9));
        let tiers = baseline(&[
            ("{ tier: elevated }", "PT8H", "high"),
            ("{ tier: critical }", "PT1H", "medium"),
        ]);
        assert_eq!(lines(&tiers, &both), Some(9));
    }

    #[test]
    fn a_subject_no_rule_is_for_has_none() {
        let reader = RoleId::new("f2ef992c-3afb-46b9-b7cf-a126ee74c451");
        let baseline = baseline(&[("{ roles: guarded }", "PT1H", "high")]);
        assert_eq!(lines(&baseline, &[(&reader, Tier::Elevated)]), None);
        assert_eq!(lines(&baseline, &[]), None);
    }

    #[test]
    fn every_rule_is_bound_once_and_checks_are_in_order() {
        for name in builtin::names() {
            let baseline = builtin::load(name).unwrap();
            let plan = bind(&baseline);
            let bound: usize = plan.checks.iter().map(|check| check.rules.len()).sum();
            assert_eq!(bound, baseline.rules.len(), "{name}");
            assert!(plan.checks.windows(2).all(|pair| pair[0].check.id < pair[1].check.id));
        }
    }

    #[test]
    fn what_tells_the_ids_to_ask_for_is_read_as_well() {
        let policies_alone = datasets(&[baseline(&[("all", "PT8H", "high")])]);
        // Which groups have a policy that matters is told by who holds what, and by who is in them.
        let expected = [
            Dataset::RoleDefinitions,
            Dataset::RoleAssignments,
            Dataset::RoleAssignmentScheduleInstances,
            Dataset::RoleEligibilityScheduleInstances,
            Dataset::RolePolicies,
            Dataset::Principals,
            Dataset::GroupMembers,
            Dataset::GroupOwners,
            Dataset::OnboardedGroups,
            Dataset::GroupAssignmentScheduleInstances,
            Dataset::GroupEligibilityScheduleInstances,
            Dataset::GroupPolicies,
            Dataset::SubscribedSkus,
        ];
        assert_eq!(policies_alone, BTreeSet::from(expected));
        let recommended = datasets(&[builtin::load("recommended").unwrap()]);
        for dataset in [
            Dataset::RoleAssignments,
            Dataset::RoleAssignmentScheduleInstances,
            Dataset::RoleEligibilityScheduleInstances,
            Dataset::RolePolicies,
            Dataset::Principals,
            Dataset::GroupMembers,
        ] {
            assert!(recommended.contains(&dataset), "{dataset}");
        }
        assert!(datasets(&[]).is_empty());
        assert!(!policies_alone.contains(&Dataset::PrivilegedRoles));
        let labelled = datasets(&[baseline(&[("privileged", "PT8H", "high")])]);
        assert!(labelled.contains(&Dataset::PrivilegedRoles));
    }
}
