//! `redundant-grant`: grants that make each other pointless, and power piled up on one principal.

use super::{Check, Expect, ExpectShape, Fix, Subjects, counted};
use crate::facts::Facts;
use crate::model::{
    Class, Dataset, Evidence, Gap, GapKind, Grant, Hold, Outcome, RoleId, Scope, Target, Tier,
    roles,
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The check.
pub static CHECK: Check = Check {
    id: "redundant-grant",
    title: "Redundant grants or piled-up power",
    what: "Judges what each principal is granted itself. The same role permanent and eligible at one \
        scope, or eligible within what it is permanent for, fails: the eligibility is decoration. \
        Activations are left out. Global Administrator with three or more other permanent \
        roles, or five or more roles of tier high or above, is met in part. Break-glass accounts are \
        judged by the first rule only.",
    why: "An eligibility beside a permanent assignment looks like control and is none. Many strong roles \
        on one account mean that stealing one account is enough.",
    fix: Fix {
        portal: "Privileged Identity Management > Microsoft Entra roles > Assignments > (the principal) > \
            Active assignments > Remove",
        graph: &["POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\"}"],
    },
    references: &[
        "Microsoft best practices for Entra roles: least privilege",
        "NIST SP 800-53 AC-5",
    ],
    subjects: Subjects::GrantedPrincipals,
    needs: &[
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::Principals,
    ],
    variants: &[],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "no role both permanent and eligible, and no pile of strong roles";
/// Global Administrator includes nearly every other role; a few beside it are habit, more are a pile.
const OTHER_PERMANENT_ROLES: usize = 3;
/// So many roles of tier high or above are more than one job.
const STRONG_ROLES: usize = 5;
/// More rows than this help nobody; the inventory has them all.
const SHOWN: usize = 10;

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let Target::Principal(id) = &facts.subject().target else {
        return Err(Gap::new(GapKind::Unreadable, "the subject is no principal"));
    };
    let mut grants = facts.grants_held_by(id);
    // The use of an eligibility: starting or ending one may move no score.
    grants.retain(|grant| grant.class() != Class::Activated);
    let doubled = doubled(&grants);
    if !doubled.is_empty() {
        let roles = names(facts, doubled.iter().map(|grant| &grant.role).collect());
        let outcome = Outcome::fail(format!("permanent and eligible at once: {roles}"), EXPECTED);
        return Ok(shown(outcome, &doubled));
    }
    facts.active()?;
    facts.eligible()?;
    if let Some(grant) = grants.iter().find(|grant| grant.class() == Class::Unknown) {
        return Err(Gap::of(
            Dataset::RoleAssignmentScheduleInstances,
            GapKind::Incomplete,
            format!("whether {} is assigned or activated is not known", grant.provenance.id),
        ));
    }
    if grants.is_empty() {
        return Ok(Outcome::not_applicable("nothing but an activation, which ends by itself"));
    }
    if facts.is_break_glass(id) {
        let outcome = Outcome::pass("no role twice, a declared break-glass account", EXPECTED);
        return Ok(shown(outcome, &grants));
    }
    let power = Power::of(facts, &grants);
    let piles = power.piles();
    let outcome = if piles.is_empty() {
        let roles = counted(power.roles.len(), "role", "roles");
        Outcome::pass(format!("{roles}, none twice"), EXPECTED)
    } else {
        // A declared break-glass account is only recognised once its principal was read.
        if !facts.break_glass().is_empty() {
            facts.principal()?;
        }
        Outcome::partial(0.5, piles.join("; "), EXPECTED)
    };
    let critical = (power.critical.len() > 1)
        .then(|| format!("several roles of tier critical: {}", names(facts, power.critical)));
    let outcome = outcome
        .measure("roles", power.roles.len() as f64)
        .measure("strong_roles", power.strong.len() as f64)
        .maybe_note(critical);
    Ok(shown(outcome, &grants))
}

/// Eligibilities for a role that is permanent at the same scope or for the whole tenant, each behind
/// the permanent grant.
fn doubled<'a>(grants: &[&'a Grant]) -> Vec<&'a Grant> {
    let tenant = Scope::Tenant;
    let permanent: HashMap<(&RoleId, &Scope), &'a Grant> = grants
        .iter()
        .filter(|grant| is_permanent(grant))
        .map(|&grant| ((&grant.role, &grant.within), grant))
        .collect();
    let mut told: HashSet<(&RoleId, &Scope)> = HashSet::new();
    let mut found = Vec::new();
    for &eligible in grants.iter().filter(|grant| grant.is_eligible()) {
        let same = permanent.get(&(&eligible.role, &eligible.within));
        let Some(&cover) = same.or_else(|| permanent.get(&(&eligible.role, &tenant))) else {
            continue;
        };
        if told.insert((&cover.role, &cover.within)) {
            found.push(cover);
        }
        found.push(eligible);
    }
    found
}

/// Assigned for good; an activation without an end is an anomaly of its own.
fn is_permanent(grant: &Grant) -> bool {
    grant.class() == Class::Permanent && grant.hold == Hold::Assigned
}

/// What a principal holds, by role.
#[derive(Default)]
struct Power<'a> {
    roles: BTreeSet<&'a RoleId>,
    other_permanent: BTreeSet<&'a RoleId>,
    strong: BTreeSet<&'a RoleId>,
    critical: BTreeSet<&'a RoleId>,
}

impl<'a> Power<'a> {
    fn of(facts: &Facts, grants: &[&'a Grant]) -> Self {
        let mut power = Self::default();
        for &grant in grants {
            let role = &grant.role;
            let tier = facts.role_by_id(role).tier;
            power.roles.insert(role);
            if is_permanent(grant) && !role.is(roles::GLOBAL_ADMINISTRATOR) {
                power.other_permanent.insert(role);
            }
            if tier >= Tier::High && (grant.is_standing() || grant.is_eligible()) {
                power.strong.insert(role);
            }
            if tier == Tier::Critical {
                power.critical.insert(role);
            }
        }
        power
    }

    fn piles(&self) -> Vec<String> {
        let global = self.roles.iter().any(|role| role.is(roles::GLOBAL_ADMINISTRATOR));
        let (others, strong) = (self.other_permanent.len(), self.strong.len());
        let mut piles = Vec::new();
        if global && others >= OTHER_PERMANENT_ROLES {
            piles.push(format!("Global Administrator and {others} other permanent roles"));
        }
        if strong >= STRONG_ROLES {
            piles.push(format!("{strong} roles of tier high or above"));
        }
        piles
    }
}

fn names(facts: &Facts, roles: BTreeSet<&RoleId>) -> String {
    let names: Vec<_> = roles.into_iter().map(|role| facts.role_by_id(role).name).collect();
    names.join(", ")
}

fn shown(mut outcome: Outcome, grants: &[&Grant]) -> Outcome {
    for grant in grants.iter().take(SHOWN) {
        let row = &grant.provenance;
        let role = grant.role.to_string();
        outcome = outcome.evidence(Evidence::new(row.dataset, &row.id, "roleDefinitionId", role));
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{
        Case, DIRECTORY_READERS, EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, HELPDESK,
        PRIVILEGED_ROLE_ADMINISTRATOR, SECURITY_ADMINISTRATOR, USER_ADMINISTRATOR,
    };
    use crate::model::Collected;

    const STRONG: [&str; 5] = [
        EXCHANGE_ADMINISTRATOR,
        HELPDESK,
        SECURITY_ADMINISTRATOR,
        USER_ADMINISTRATOR,
        PRIVILEGED_ROLE_ADMINISTRATOR,
    ];

    fn judged(case: &Case, id: &str) -> Result<&'static str, GapKind> {
        let outcome = case.judge_principal(&CHECK, id, &Expect::Required);
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    fn partial<T: Clone>(list: &mut Collected<T>, dataset: Dataset) {
        let known = list.at_least().unwrap().clone();
        let gap = Gap::of(dataset, GapKind::Incomplete, "page 2");
        *list = Collected::Partial(known, gap);
    }

    #[test]
    fn permanent_and_eligible_fail_for_the_same_role_and_scope_only() {
        let unit = Scope::AdministrativeUnit("au".into());
        for (hold, role, within, expected) in [
            (Hold::Assigned, HELPDESK, Scope::Tenant, "fail"),
            (Hold::Assigned, HELPDESK, unit, "pass"),
            (Hold::Assigned, DIRECTORY_READERS, Scope::Tenant, "pass"),
            // The anomaly of an activation without an end is judged elsewhere.
            (Hold::Activated, HELPDESK, Scope::Tenant, "pass"),
        ] {
            let mut case = Case::new();
            case.eligible("ana", HELPDESK);
            let grant = case.active("ana", role);
            grant.hold = hold;
            grant.within = within.clone();
            assert_eq!(judged(&case, "ana"), Ok(expected), "{hold:?} {role} {within}");
        }
        let mut time_bound = Case::new();
        time_bound.eligible("ana", HELPDESK);
        time_bound.active("ana", HELPDESK).end = Some("2026-12-01T00:00:00Z".parse().unwrap());
        assert_eq!(judged(&time_bound, "ana"), Ok("pass"));
    }

    #[test]
    fn an_eligibility_within_a_permanent_grant_fails_and_one_beside_it_does_not() {
        let unit = |id: &str| Scope::AdministrativeUnit(id.into());
        for (permanent, eligible, expected) in [
            (Scope::Tenant, unit("one"), "fail"),
            (unit("one"), unit("one"), "fail"),
            (unit("one"), unit("two"), "pass"),
            (unit("one"), Scope::Tenant, "pass"),
        ] {
            let mut case = Case::new();
            case.eligible("ana", HELPDESK).within = eligible.clone();
            case.active("ana", HELPDESK).within = permanent.clone();
            assert_eq!(judged(&case, "ana"), Ok(expected), "{eligible} within {permanent}");
        }
    }

    #[test]
    fn each_of_several_doubled_grants_is_shown_once() {
        let mut case = Case::new();
        case.active("ana", HELPDESK);
        case.eligible("ana", HELPDESK);
        case.eligible("ana", HELPDESK).within = Scope::AdministrativeUnit("au".into());
        let outcome = case.judge_principal(&CHECK, "ana", &Expect::Required).unwrap();
        assert_eq!(outcome.details().unwrap().evidence.len(), 3);
    }

    #[test]
    fn three_permanent_roles_beside_global_administrator_are_a_pile() {
        for (global, others, expected) in
            [(true, 2, "pass"), (true, 3, "partial"), (false, 3, "pass")]
        {
            let mut case = Case::new();
            if global {
                case.eligible("ana", GLOBAL_ADMINISTRATOR);
            }
            for role in &STRONG[..others] {
                case.active("ana", role);
            }
            assert_eq!(judged(&case, "ana"), Ok(expected), "{global} {others}");
        }
    }

    #[test]
    fn five_strong_roles_standing_or_eligible_are_a_pile() {
        for (count, expected) in [(4, "pass"), (5, "partial")] {
            let mut case = Case::new();
            case.active("ana", DIRECTORY_READERS);
            for (place, role) in STRONG[..count].iter().enumerate() {
                if place % 2 == 0 {
                    case.eligible("ana", role);
                } else {
                    case.active("ana", role);
                }
            }
            assert_eq!(judged(&case, "ana"), Ok(expected), "{count} roles");
        }
    }

    #[test]
    fn an_activation_changes_nothing() {
        let mut case = Case::new();
        for role in STRONG {
            case.eligible("ana", role);
        }
        let before = judged(&case, "ana");
        for role in STRONG {
            let grant = case.active("ana", role);
            grant.hold = Hold::Activated;
            grant.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
        }
        assert_eq!(judged(&case, "ana"), before);
    }

    #[test]
    fn activations_alone_pile_up_nothing() {
        let mut case = Case::new();
        for role in STRONG.into_iter().chain([GLOBAL_ADMINISTRATOR]) {
            let grant = case.active("ana", role);
            grant.hold = Hold::Activated;
            grant.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
        }
        assert_eq!(judged(&case, "ana"), Ok("not-applicable"));
        // One more role held is all that counts, and it is said in the singular.
        case.eligible("ana", HELPDESK);
        let outcome = case.judge_principal(&CHECK, "ana", &Expect::Required).unwrap();
        let details = outcome.details().unwrap();
        assert_eq!(details.observed, "1 role, none twice");
        assert_eq!(details.measures, [("roles", 1.0), ("strong_roles", 1.0)]);
        assert!(details.notes.is_empty());
    }

    #[test]
    fn two_critical_roles_are_noted() {
        for (roles, notes) in [
            (&[GLOBAL_ADMINISTRATOR][..], 0),
            (&[GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR][..], 1),
        ] {
            let mut case = Case::new();
            for role in roles {
                case.eligible("ana", role);
            }
            let outcome = case.judge_principal(&CHECK, "ana", &Expect::Required).unwrap();
            assert_eq!(outcome.name(), "pass");
            let details = outcome.details().unwrap();
            assert_eq!(details.notes.len(), notes, "{roles:?}");
            assert_eq!(details.evidence.len(), roles.len());
        }
    }

    #[test]
    fn a_break_glass_account_may_hold_much_but_nothing_twice() {
        for (twice, expected) in [(false, "pass"), (true, "fail")] {
            let mut case = Case::new();
            case.user("bg1");
            case.organisation.break_glass.push("bg1@contoso.example".to_owned());
            case.active("bg1", GLOBAL_ADMINISTRATOR);
            for role in STRONG {
                case.active("bg1", role);
            }
            if twice {
                case.eligible("bg1", HELPDESK);
            }
            assert_eq!(judged(&case, "bg1"), Ok(expected), "{twice}");
        }
    }

    #[test]
    fn who_may_be_a_break_glass_account_is_not_assessed_before_it_is_read() {
        let mut case = Case::new();
        case.hidden("shadow");
        for role in STRONG {
            case.active("shadow", role);
        }
        assert_eq!(judged(&case, "shadow"), Ok("partial"));
        case.organisation.break_glass.push("bg1@contoso.example".to_owned());
        assert_eq!(judged(&case, "shadow"), Err(GapKind::PermissionDenied));
    }

    #[test]
    fn a_list_in_part_proves_a_failure_and_nothing_else() {
        for (twice, expected) in [(true, Ok("fail")), (false, Err(GapKind::Incomplete))] {
            let mut case = Case::new();
            case.group("admins", &[]);
            case.active("admins", HELPDESK);
            if twice {
                case.eligible("admins", HELPDESK);
            }
            partial(&mut case.tenant.active, Dataset::RoleAssignments);
            assert_eq!(judged(&case, "admins"), expected, "active, {twice}");
            let known = case.tenant.active.at_least().unwrap().clone();
            case.tenant.active = Collected::Complete(known);
            partial(&mut case.tenant.eligible, Dataset::RoleEligibilityScheduleInstances);
            assert_eq!(judged(&case, "admins"), expected, "eligible, {twice}");
        }
        let mut case = Case::new();
        case.active("ana", HELPDESK).hold = Hold::ActiveOfUnknownType;
        assert_eq!(judged(&case, "ana"), Err(GapKind::Incomplete));
    }
}
