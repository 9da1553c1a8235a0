//! `missing-licence`: whether the tenant may use PIM, for as many people as do.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant, counted, only_basic_properties};
use crate::facts::{Facts, How};
use crate::model::{
    Access, Approval, Approver, Class, Dataset, Evidence, Gap, GapKind, Grant, Outcome,
    PrincipalId, PrincipalKindFacts, RoleId, Sku, roles,
};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// The check.
pub static CHECK: Check = Check {
    id: "missing-licence",
    title: "Not enough licences for PIM",
    what: "Compares the people who use PIM with the enabled units of licences that bring it: Entra ID P2 or \
        Entra ID Governance. Counted are enabled people with an eligible or time-bound assignment, direct \
        or through a group, and the named approvers of eligible roles. Break-glass accounts need none, \
        guests are licensed at home. Reviewers are not counted by this version.",
    why: "Without the licence PIM stops: eligible administrators cannot activate, role settings no longer \
        hold, and nobody is told of changes.",
    fix: Fix {
        portal: "Billing > Licenses > All products: Microsoft Entra ID P2 or Microsoft Entra ID Governance \
            for everyone who uses PIM",
        graph: &[
            "GET /v1.0/subscribedSkus?$select=id,skuPartNumber,capabilityStatus,prepaidUnits,servicePlans",
        ],
    },
    references: &[
        "Microsoft Entra security operations for PIM: alerts",
        "PIM concept and setup: licences",
        "Microsoft Entra ID Governance licensing fundamentals",
    ],
    subjects: Subjects::Tenant,
    needs: &[
        Dataset::SubscribedSkus,
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::RolePolicies,
        Dataset::Principals,
        Dataset::GroupMembers,
    ],
    variants: &[Variant {
        name: ANY_LICENCE,
        meaning: "one usable licence with PIM passes, for however many people use it",
    }],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "a licence with PIM for everyone who uses it";
/// Microsoft Entra security operations for PIM: the organisation has one, or has none.
const ANY_LICENCE: &str = "any-licence";
const EXPECTED_ANY: &str = "a usable licence with PIM";
/// At most one in so many people without a licence is met in part: 10 %.
const TOLERATED_ONE_IN: u64 = 10;
/// More rows than this help nobody.
const SHOWN: usize = 10;

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let any = expect.is_variant(ANY_LICENCE);
    let expected = if any { EXPECTED_ANY } else { EXPECTED };
    let skus = match facts.licences() {
        Ok(skus) => skus,
        Err(gap) => return refused(facts, expected).ok_or(gap),
    };
    let licences: Vec<&Sku> = skus.iter().filter(|sku| sku.brings_pim()).collect();
    if licences.is_empty() {
        let outcome = Outcome::fail("no usable licence with PIM", expected);
        return Ok(skus.iter().take(SHOWN).fold(outcome, |outcome, sku| {
            let usable = if sku.usable { "usable" } else { "not usable" };
            let plans = counted(sku.plans.len(), "service plan", "service plans");
            let value = format!("{}: {usable}, {plans}", sku.name);
            outcome.evidence(Evidence::new(Dataset::SubscribedSkus, &sku.id, "servicePlans", value))
        }));
    }
    let units: u64 = licences.iter().map(|sku| u64::from(sku.units)).sum();
    if any && units > 0 {
        let licence = counted(usize::try_from(units).unwrap_or(usize::MAX), "licence", "licences");
        let outcome = Outcome::pass(format!("{licence} with PIM"), expected);
        return Ok(with_units(outcome.measure("units", units as f64), &licences));
    }
    if any {
        let outcome = Outcome::fail("no enabled unit of a licence with PIM", expected);
        return Ok(with_units(outcome.measure("units", 0.0), &licences));
    }
    let users = Users::of(facts)?;
    let persons = users.people.len() as u64;
    let unlicensed = persons.saturating_sub(units);
    let failed = unlicensed * TOLERATED_ONE_IN > persons;
    // More people can only leave more of them without a licence.
    let unknown = users.gaps.first();
    if let Some(gap) = unknown
        && !failed
    {
        return Err(gap.clone());
    }
    let at_least = if unknown.is_some() { "at least " } else { "" };
    let who = counted(users.people.len(), "person uses PIM", "people use PIM");
    let licence = if units == 1 { "licence" } else { "licences" };
    let observed = format!("{at_least}{who}, {units} {licence}");
    let outcome = if failed {
        Outcome::fail(observed, EXPECTED)
    } else if unlicensed > 0 {
        Outcome::partial(0.5, observed, format!("{EXPECTED}; up to 10 % without is met in part"))
    } else {
        Outcome::pass(observed, EXPECTED)
    };
    let guests = match users.guests.len() {
        0 => None,
        1 => Some("1 guest needs a licence in the home tenant".to_owned()),
        several => Some(format!("{several} guests need a licence in their home tenants")),
    };
    let outcome = outcome
        .measure("persons", persons as f64)
        .measure("units", units as f64)
        .maybe_note(unknown.map(|gap| format!("there may be more people: {gap}")))
        .maybe_note(guests);
    Ok(with_units(outcome, &licences))
}

fn with_units(outcome: Outcome, licences: &[&Sku]) -> Outcome {
    licences.iter().take(SHOWN).fold(outcome, |outcome, sku| {
        let value = format!("{} ({})", sku.units, sku.name);
        let field = "prepaidUnits.enabled";
        outcome.evidence(Evidence::new(Dataset::SubscribedSkus, &sku.id, field, value))
    })
}

/// The licences cannot be read, but another read of PIM was refused for want of one.
fn refused(facts: &Facts, expected: &'static str) -> Option<Outcome> {
    let global = Access::DirectoryRole(RoleId::new(roles::GLOBAL_ADMINISTRATOR));
    let gaps =
        [facts.instances_gap().cloned(), facts.eligible().err(), facts.policy_of(&global).err()];
    let gap = gaps.into_iter().flatten().find(|gap| gap.kind == GapKind::LicenceMissing)?;
    let dataset = gap.dataset.unwrap_or(Dataset::RoleAssignmentScheduleInstances);
    let list: Arc<str> = dataset.name().into();
    Some(
        Outcome::fail("no licence with PIM: Graph itself says so", expected)
            .note(gap.to_string())
            .evidence(Evidence::new(dataset, &list, "error", gap.detail.to_string())),
    )
}

/// The people who use PIM.
#[derive(Default)]
struct Users {
    /// Who was looked at: a group can hold many roles.
    seen: HashSet<PrincipalId>,
    /// Groups whose activating members were looked at.
    activating: HashSet<PrincipalId>,
    people: HashSet<PrincipalId>,
    guests: HashSet<PrincipalId>,
    gaps: Vec<Gap>,
}

impl Users {
    fn of(facts: &Facts) -> Result<Self, Gap> {
        let mut users = Self::default();
        users.gaps.extend([facts.active().err(), facts.eligible().err()].into_iter().flatten());
        let eligible = facts.eligible_at_least()?;
        for grant in facts.active_at_least()?.iter().chain(eligible) {
            users.add_grant(facts, grant);
        }
        let eligible_roles: BTreeSet<&RoleId> = eligible.iter().map(|grant| &grant.role).collect();
        for role in eligible_roles {
            if let Err(gap) = users.add_approvers(facts, role) {
                users.gaps.push(gap);
            }
        }
        Ok(users)
    }

    fn add_grant(&mut self, facts: &Facts, grant: &Grant) {
        match grant.class() {
            // Of a group that holds a role for good, who activates the membership uses PIM.
            Class::Permanent => return self.add_activating_members(facts, &grant.principal),
            Class::Unknown => {
                self.gaps.push(Gap::of(
                    Dataset::RoleAssignmentScheduleInstances,
                    GapKind::Incomplete,
                    format!("whether {} is time-bound is not known", grant.provenance.id),
                ));
                return;
            }
            Class::TimeBound
            | Class::Activated
            | Class::EligiblePermanent
            | Class::EligibleTimeBound => {}
        }
        self.add(facts, &grant.principal);
    }

    fn add_activating_members(&mut self, facts: &Facts, group: &PrincipalId) {
        if !facts.principal_by_id(group).is_ok_and(|it| it.group().is_some())
            || !self.activating.insert(group.clone())
        {
            return;
        }
        let expansion = facts.members_of(group);
        self.gaps.extend(expansion.gaps.iter().cloned());
        let by_pim = |how: How| !matches!(how, How::Plain | How::Assigned { until: None });
        for (member, chains) in &expansion.members {
            if chains.iter().any(|chain| chain.any(|hop| by_pim(hop.how))) {
                self.add(facts, member);
            }
        }
    }

    fn add_approvers(&mut self, facts: &Facts, role: &RoleId) -> Result<(), Gap> {
        let policy = facts.policy_of(&Access::DirectoryRole(role.clone()))?;
        let stages = match policy.approval.as_ref().map_err(Clone::clone)? {
            Approval::NotRequired => return Ok(()),
            Approval::Required { stages, .. } => stages,
        };
        for approver in stages.iter().flat_map(|stage| &stage.approvers) {
            match approver {
                Approver::User(id) | Approver::Group(id) => self.add(facts, id),
                Approver::Unknown(kind) => self.gaps.push(Gap::unreadable(
                    Dataset::RolePolicies,
                    format!("an approver of type {kind} names nobody"),
                )),
            }
        }
        Ok(())
    }

    /// Adds a person, or everyone in a group.
    fn add(&mut self, facts: &Facts, id: &PrincipalId) {
        if !self.seen.insert(id.clone()) {
            return;
        }
        let principal = match facts.principal_by_id(id) {
            Ok(principal) => principal,
            Err(gap) => {
                self.gaps.push(gap);
                return;
            }
        };
        match &principal.kind {
            PrincipalKindFacts::User(user) => {
                if facts.is_break_glass(id) {
                    return;
                }
                match (user.enabled, user.is_guest()) {
                    (Some(false), _) => {}
                    (Some(true) | None, true) => {
                        self.guests.insert(id.clone());
                    }
                    (Some(true), false) => {
                        self.people.insert(id.clone());
                    }
                    (None, false) => self.gaps.push(only_basic_properties(principal)),
                }
            }
            PrincipalKindFacts::Group(_) => {
                let expansion = facts.members_of(id);
                self.gaps.extend(expansion.gaps.iter().cloned());
                for member in expansion.members.keys() {
                    self.add(facts, member);
                }
            }
            PrincipalKindFacts::ServicePrincipal(_)
            | PrincipalKindFacts::Other(_)
            | PrincipalKindFacts::Absent
            | PrincipalKindFacts::Hidden => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR};
    use crate::model::{Collected, Hold, Scope};

    fn units(case: &mut Case, units: u32) {
        let mut skus = case.tenant.licences.at_least().unwrap().clone();
        skus[0].units = units;
        case.tenant.licences = Collected::Complete(skus);
    }

    fn with(persons: usize, licences: u32) -> Case {
        let mut case = Case::new();
        case.policy(EXCHANGE_ADMINISTRATOR);
        for number in 0..persons {
            let name = format!("user{number}");
            case.user(&name);
            case.eligible(&name, EXCHANGE_ADMINISTRATOR);
        }
        units(&mut case, licences);
        case
    }

    fn judged(case: &Case) -> Result<&'static str, GapKind> {
        let outcome = case.judge_tenant(&CHECK, &Expect::Required);
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    fn persons(case: &Case) -> f64 {
        let outcome = case.judge_tenant(&CHECK, &Expect::Required).unwrap();
        outcome.details().unwrap().measures[0].1
    }

    #[test]
    fn one_in_ten_without_a_licence_is_met_in_part() {
        for (persons, licences, expected) in [
            (20, 20, "pass"),
            (20, 19, "partial"),
            (20, 18, "partial"),
            (20, 17, "fail"),
            (9, 8, "fail"),
            (1, 0, "fail"),
            (0, 0, "pass"),
        ] {
            let case = with(persons, licences);
            assert_eq!(judged(&case), Ok(expected), "{persons} people, {licences} licences");
        }
    }

    #[test]
    fn a_source_may_ask_for_any_licence() {
        let any = Expect::Variant(ANY_LICENCE);
        for (persons, licences, expected) in
            [(43, 2, "pass"), (1, 1, "pass"), (0, 1, "pass"), (1, 0, "fail"), (0, 0, "fail")]
        {
            let case = with(persons, licences);
            let outcome = case.judge_tenant(&CHECK, &any).unwrap();
            assert_eq!(outcome.name(), expected, "{persons} people, {licences} licences");
            assert_eq!(outcome.details().unwrap().evidence.len(), 1);
        }
        let mut none = with(1, 10);
        none.tenant.licences = Collected::Complete(Vec::new());
        assert_eq!(none.judge_tenant(&CHECK, &any).unwrap().name(), "fail");
        // Who uses it need not be known.
        let mut unread = with(1, 10);
        unread.missing(Dataset::Principals);
        assert_eq!(unread.judge_tenant(&CHECK, &any).unwrap().name(), "pass");
        let mut denied = with(1, 10);
        denied.missing(Dataset::SubscribedSkus);
        let gap = denied.judge_tenant(&CHECK, &any).unwrap_err();
        assert_eq!(gap.kind, GapKind::PermissionDenied);
    }

    #[test]
    fn a_product_must_be_usable_and_bring_the_plan() {
        for (usable, plan, expected) in [
            (true, crate::model::licence::P2_PLAN, "pass"),
            (true, crate::model::licence::GOVERNANCE_PLAN, "pass"),
            (false, crate::model::licence::P2_PLAN, "fail"),
            // Entra ID P1.
            (true, "41781fb2-bc02-4b7c-bd55-b576c07bb09d", "fail"),
        ] {
            let mut case = with(1, 10);
            let mut skus = case.tenant.licences.at_least().unwrap().clone();
            skus[0].usable = usable;
            skus[0].plans = vec![plan.into()];
            case.tenant.licences = Collected::Complete(skus);
            let outcome = case.judge_tenant(&CHECK, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{usable} {plan}");
            assert_eq!(outcome.details().unwrap().evidence.len(), 1);
        }
        let mut none = with(1, 10);
        none.tenant.licences = Collected::Complete(Vec::new());
        assert_eq!(judged(&none), Ok("fail"));
    }

    #[test]
    fn unreadable_licences_fail_only_where_graph_names_the_licence() {
        let missing = |kind| Gap::of(Dataset::SubscribedSkus, kind, "no");
        for (kind, expected) in [
            (GapKind::LicenceMissing, Ok("fail")),
            (GapKind::PermissionDenied, Err(GapKind::NotRequested)),
        ] {
            for list in ["instances", "eligible", "policies"] {
                let mut case = with(1, 10);
                case.policy(GLOBAL_ADMINISTRATOR);
                case.tenant.licences = Collected::Missing(missing(GapKind::NotRequested));
                let gap = Gap::of(Dataset::RolePolicies, kind, list);
                match list {
                    "instances" => case.tenant.instances_gap = Some(gap),
                    "eligible" => case.tenant.eligible = Collected::Missing(gap),
                    _ => case.tenant.policies = Collected::Missing(gap),
                }
                assert_eq!(judged(&case), expected, "{list} {kind}");
            }
        }
    }

    #[test]
    fn people_who_were_not_read_prove_a_failure_and_nothing_else() {
        type Change = fn(&mut Case);
        let unread: [(&str, Change); 7] = [
            ("eligible", |case| {
                let known = case.tenant.eligible.at_least().unwrap().clone();
                let dataset = Dataset::RoleEligibilityScheduleInstances;
                let gap = Gap::of(dataset, GapKind::Incomplete, "page 2");
                case.tenant.eligible = Collected::Partial(known, gap);
            }),
            ("group", |case| {
                case.unreadable_group("closed");
                case.eligible("closed", EXCHANGE_ADMINISTRATOR);
            }),
            ("eligible members of a group", |case| {
                case.group("empty", &[]);
                case.onboard("empty");
                case.missing(Dataset::GroupEligibilityScheduleInstances);
                case.eligible("empty", EXCHANGE_ADMINISTRATOR);
            }),
            ("hidden", |case| {
                case.hidden("shadow");
                case.eligible("shadow", EXCHANGE_ADMINISTRATOR);
            }),
            ("enabled not said", |case| {
                case.user("dim").enabled = None;
                case.eligible("dim", EXCHANGE_ADMINISTRATOR);
            }),
            ("type", |case| {
                case.user("odd");
                case.active("odd", EXCHANGE_ADMINISTRATOR).hold = Hold::ActiveOfUnknownType;
            }),
            ("approvers", |case| {
                let gap = Gap::of(Dataset::RolePolicies, GapKind::PermissionDenied, "403");
                case.tenant.policies = Collected::Missing(gap);
            }),
        ];
        for (name, change) in unread {
            for (licences, fails) in [(5, true), (100, false)] {
                let mut case = with(10, licences);
                change(&mut case);
                let outcome = judged(&case);
                assert_eq!(outcome == Ok("fail"), fails, "{name}, {licences} licences");
                assert_eq!(outcome.is_err(), !fails, "{name}, {licences} licences");
            }
        }
        let mut missing = with(1, 10);
        let gap = Gap::of(Dataset::RoleEligibilityScheduleInstances, GapKind::Failed, "503");
        missing.tenant.eligible = Collected::Missing(gap);
        assert_eq!(judged(&missing), Err(GapKind::Failed));
    }

    #[test]
    fn only_people_who_use_pim_count_and_each_once() {
        let mut case = with(2, 10);
        // The same person eligible, activated and time-bound.
        for hold in [Hold::Activated, Hold::Assigned] {
            let grant = case.active("user0", EXCHANGE_ADMINISTRATOR);
            grant.hold = hold;
            grant.end = Some("2026-12-01T00:00:00Z".parse().unwrap());
            grant.within = Scope::AdministrativeUnit("au".into());
        }
        case.user("standing");
        case.active("standing", EXCHANGE_ADMINISTRATOR);
        case.user("guest").user_type = Some("Guest".into());
        case.user("off").enabled = Some(false);
        case.user("bg1");
        case.organisation.break_glass.push("bg1@contoso.example".to_owned());
        case.service("robot");
        case.absent("gone");
        for holder in ["guest", "off", "bg1", "robot", "gone"] {
            case.eligible(holder, EXCHANGE_ADMINISTRATOR);
        }
        assert_eq!(persons(&case), 2.0);
        let outcome = case.judge_tenant(&CHECK, &Expect::Required).unwrap();
        assert_eq!(
            outcome.details().unwrap().notes,
            ["1 guest needs a licence in the home tenant"]
        );
    }

    #[test]
    fn one_person_and_one_licence_are_said_in_the_singular() {
        for (persons, licences, expected) in
            [(1, 1, "1 person uses PIM, 1 licence"), (2, 10, "2 people use PIM, 10 licences")]
        {
            let case = with(persons, licences);
            let outcome = case.judge_tenant(&CHECK, &Expect::Required).unwrap();
            assert_eq!(outcome.details().unwrap().observed, expected);
        }
    }

    #[test]
    fn named_approvers_of_eligible_roles_count() {
        let mut case = with(2, 10);
        case.user("boss");
        case.user("chief");
        case.approvers(EXCHANGE_ADMINISTRATOR, &["boss", "user0"]);
        // Nobody is eligible for this one, so nobody approves.
        case.approvers(GLOBAL_ADMINISTRATOR, &["chief"]);
        assert_eq!(persons(&case), 3.0);
        case.group("inner", &["chief", "user1"]);
        case.group("outer", &["inner"]);
        case.approvers(EXCHANGE_ADMINISTRATOR, &["boss", "outer"]);
        assert_eq!(persons(&case), 4.0);
    }
}
