//! `no-eligible-global-administrator`: nobody has to activate the role everything is about.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant, counted};
use crate::facts::{Facts, Path};
use crate::model::{
    Class, Dataset, Evidence, Gap, GapKind, Grant, Outcome, PrincipalId, PrincipalKindFacts,
    RoleId, roles,
};
use std::collections::{BTreeMap, BTreeSet};

/// The check.
pub static CHECK: Check = Check {
    id: "no-eligible-global-administrator",
    title: "Global Administrator not held through PIM",
    what: "Counts the people who are eligible for Global Administrator, directly or through a group that \
        is. Without any it fails: either PIM is not used, or everybody who has the role has it all the time. \
        A rule may look at those who hold it for good as well.",
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
    variants: &[Variant {
        name: ZERO_TRUST,
        meaning: "of groups only direct members count, of one that is eligible whatever they are; more \
            than two accounts that hold the role for good, themselves or in a group without an \
            activation, are met in part, one with several ways counting once for each, and a service \
            principal in such a group fails; declared break-glass accounts count like others; without PIM \
            nothing is said",
    }],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "at least one person eligible for Global Administrator";
/// Zero Trust Assessment 21816.
const ZERO_TRUST: &str = "zero-trust";
const EXPECTED_LISTED: &str = "an eligible account, at most two that hold it for good, and no service \
    principal in a group";
/// As many emergency accounts as Microsoft asks for.
const FOR_GOOD: usize = 2;
/// More rows than this help nobody; the inventory has them all.
const SHOWN: usize = 10;

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    if expect.is_variant(ZERO_TRUST) {
        return by_lists(facts);
    }
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

/// By the lists of the role's holders and of the members of its groups.
fn by_lists(facts: &Facts) -> Result<Outcome, Gap> {
    // The test is skipped where the tenant has no PIM, although what is active is known there.
    if let Some(gap) = facts.instances_gap().filter(|gap| gap.kind == GapKind::LicenceMissing) {
        return Err(gap.clone());
    }
    let listed = Listed::of(facts);
    let observed = format!(
        "{}, {}",
        counted(listed.eligible.len(), "eligible account", "eligible accounts"),
        counted(listed.for_good.len(), "account that holds it for good", "that hold it for good")
    );
    let outcome = if !listed.services.is_empty() {
        let services = counted(listed.services.len(), "service principal", "service principals");
        Outcome::fail(format!("{observed}, {services} in a group"), EXPECTED_LISTED)
    } else if listed.eligible.is_empty() {
        if let Some(gap) = listed.eligible_gap {
            return Err(gap);
        }
        Outcome::fail(observed, EXPECTED_LISTED)
    } else if let Some(gap) = listed.for_good_gap {
        return Err(gap);
    } else if listed.for_good.len() > FOR_GOOD {
        Outcome::partial(0.5, observed, EXPECTED_LISTED)
            .note("whether these are emergency accounts is to be investigated")
    } else {
        Outcome::pass(observed, EXPECTED_LISTED)
    };
    let named = |what: &str, ids: BTreeSet<PrincipalId>| {
        (!ids.is_empty()).then(|| format!("{what}: {}", facts.names_of(&ids)))
    };
    let for_good: BTreeSet<PrincipalId> =
        listed.for_good.keys().map(|(id, _)| id.clone()).collect();
    let several = for_good.len() < listed.for_good.len();
    let outcome = outcome
        .measure("eligible", listed.eligible.len() as f64)
        .measure("for_good", listed.for_good.len() as f64)
        .maybe_note(named("hold it for good", for_good))
        .maybe_note(several.then_some("who holds it for good in several ways counts once for each"))
        .maybe_note(named(
            "service principals in a group",
            listed.services.keys().cloned().collect(),
        ));
    let all = listed.services.values().chain(listed.for_good.values());
    let all = all.chain(listed.eligible.values());
    Ok(all.take(SHOWN).fold(outcome, |outcome, grant| {
        let row = &grant.provenance;
        let holder = grant.principal.to_string();
        outcome.evidence(Evidence::new(row.dataset, &row.id, "principalId", holder))
    }))
}

/// Who has Global Administrator, each with the grant that proves it.
#[derive(Default)]
struct Listed<'a> {
    /// Users who are eligible, and direct members of groups that are, groups too.
    eligible: BTreeMap<PrincipalId, &'a Grant>,
    /// Why there may be more of them.
    eligible_gap: Option<Gap>,
    /// Users who hold it without an end, themselves or in a group without an activation; once for each
    /// holder of the role through whom they do.
    for_good: BTreeMap<(PrincipalId, PrincipalId), &'a Grant>,
    /// Service principals in such a group. One with a grant of its own is judged by that grant.
    services: BTreeMap<PrincipalId, &'a Grant>,
    /// Why there may be more of either.
    for_good_gap: Option<Gap>,
}

impl<'a> Listed<'a> {
    fn of(facts: &Facts<'_, 'a>) -> Self {
        let role = RoleId::new(roles::GLOBAL_ADMINISTRATOR);
        let mut listed = Self {
            eligible_gap: facts.eligible().err(),
            for_good_gap: facts.active().err(),
            ..Self::default()
        };
        let grants = facts.active_of(&role).into_iter().chain(facts.eligible_of(&role));
        for grant in grants.filter(|grant| grant.within.is_tenant()) {
            match grant.class() {
                Class::EligiblePermanent | Class::EligibleTimeBound | Class::Activated => {
                    listed.add_eligible(facts, grant);
                }
                Class::Permanent => listed.add_for_good(facts, grant),
                Class::TimeBound => {}
                Class::Unknown => {
                    listed.for_good_gap.get_or_insert_with(|| untold(facts, &grant.principal));
                }
            }
        }
        listed
    }

    fn add_eligible(&mut self, facts: &Facts<'_, 'a>, grant: &'a Grant) {
        match facts.principal_by_id(&grant.principal).map(|it| &it.kind) {
            Ok(PrincipalKindFacts::User(_)) => {
                self.eligible.insert(grant.principal.clone(), grant);
            }
            Ok(PrincipalKindFacts::Group(_)) => {
                let members = facts.direct_members(&grant.principal);
                self.eligible_gap = self.eligible_gap.take().or_else(|| members.gap(facts));
                self.eligible.extend(members.known.into_keys().map(|id| (id, grant)));
            }
            Ok(
                PrincipalKindFacts::ServicePrincipal(_)
                | PrincipalKindFacts::Other(_)
                | PrincipalKindFacts::Absent
                | PrincipalKindFacts::Hidden,
            ) => {}
            Err(gap) => self.eligible_gap = self.eligible_gap.take().or(Some(gap)),
        }
    }

    fn add_for_good(&mut self, facts: &Facts<'_, 'a>, grant: &'a Grant) {
        match facts.principal_by_id(&grant.principal).map(|it| &it.kind) {
            Ok(PrincipalKindFacts::User(_)) => {
                self.for_good.insert((grant.principal.clone(), grant.principal.clone()), grant);
            }
            Ok(PrincipalKindFacts::Group(_)) => self.add_group(facts, grant),
            Ok(
                PrincipalKindFacts::ServicePrincipal(_)
                | PrincipalKindFacts::Other(_)
                | PrincipalKindFacts::Absent
                | PrincipalKindFacts::Hidden,
            ) => {}
            Err(gap) => self.for_good_gap = self.for_good_gap.take().or(Some(gap)),
        }
    }

    fn add_group(&mut self, facts: &Facts<'_, 'a>, grant: &'a Grant) {
        match facts.pim_members(&grant.principal) {
            Ok(members) if members.must_activate() => return,
            Ok(_) => {}
            Err(gap) => {
                self.for_good_gap = self.for_good_gap.take().or(Some(gap));
                return;
            }
        }
        let members = facts.direct_members(&grant.principal);
        let mut gap = members.gap(facts);
        for member in members.known.into_keys() {
            match facts.principal_by_id(&member).map(|it| &it.kind) {
                Ok(PrincipalKindFacts::User(_)) => {
                    self.for_good.insert((member, grant.principal.clone()), grant);
                }
                Ok(PrincipalKindFacts::ServicePrincipal(_)) => {
                    self.services.insert(member, grant);
                }
                Ok(
                    PrincipalKindFacts::Group(_)
                    | PrincipalKindFacts::Other(_)
                    | PrincipalKindFacts::Absent
                    | PrincipalKindFacts::Hidden,
                ) => {}
                Err(unread) => gap = gap.or(Some(unread)),
            }
        }
        self.for_good_gap = self.for_good_gap.take().or(gap);
    }
}

fn untold(facts: &Facts, holder: &PrincipalId) -> Gap {
    Gap::of(
        Dataset::RoleAssignmentScheduleInstances,
        GapKind::Incomplete,
        format!("whether {} is assigned or activated is not known", facts.name_of(holder)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, USER_ADMINISTRATOR};
    use crate::model::{Collected, GroupAccess, Hold, Scope};

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

    const MEMBER: GroupAccess = GroupAccess::Member;

    /// ana to dee are there; ana is eligible.
    fn with_eligible(change: fn(&mut Case)) -> Result<Outcome, Gap> {
        let mut case = Case::new();
        for name in ["ana", "bo", "cy", "dee"] {
            case.user(name);
        }
        case.eligible("ana", GLOBAL_ADMINISTRATOR);
        change(&mut case);
        case.judge_tenant(&CHECK, &Expect::Variant(ZERO_TRUST))
    }

    fn for_good(outcome: &Outcome) -> f64 {
        let measures = &outcome.details().unwrap().measures;
        measures.iter().find(|(name, _)| *name == "for_good").unwrap().1
    }

    /// Group `g` has the role for good, and bo, cy and dee are in it.
    fn group_of_three(case: &mut Case) {
        case.group("g", &["bo", "cy", "dee"]);
        case.active("g", GLOBAL_ADMINISTRATOR);
    }

    #[test]
    fn two_may_hold_it_for_good_and_more_are_met_in_part() {
        type Change = fn(&mut Case);
        let cases: [(&str, Change, f64, &str); 15] = [
            ("nobody", |_| {}, 0.0, "pass"),
            (
                "two",
                |case| {
                    for name in ["bo", "cy"] {
                        case.active(name, GLOBAL_ADMINISTRATOR);
                    }
                },
                2.0,
                "pass",
            ),
            (
                "three, declared as break-glass accounts",
                |case| {
                    for name in ["bo", "cy", "dee"] {
                        case.organisation.break_glass.push(name.to_owned());
                        case.active(name, GLOBAL_ADMINISTRATOR);
                    }
                },
                3.0,
                "partial",
            ),
            (
                "three, one of them disabled",
                |case| {
                    case.user("dee").enabled = Some(false);
                    for name in ["bo", "cy", "dee"] {
                        case.active(name, GLOBAL_ADMINISTRATOR);
                    }
                },
                3.0,
                "partial",
            ),
            (
                "three, one of them until a day",
                |case| {
                    for name in ["bo", "cy"] {
                        case.active(name, GLOBAL_ADMINISTRATOR);
                    }
                    case.active("dee", GLOBAL_ADMINISTRATOR).end =
                        Some("2026-12-01T00:00:00Z".parse().unwrap());
                },
                2.0,
                "pass",
            ),
            (
                "three, one of them by an activation",
                |case| {
                    for name in ["bo", "cy"] {
                        case.active(name, GLOBAL_ADMINISTRATOR);
                    }
                    let grant = case.active("ana", GLOBAL_ADMINISTRATOR);
                    grant.hold = Hold::Activated;
                    grant.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
                },
                2.0,
                "pass",
            ),
            ("members of a group", group_of_three, 3.0, "partial"),
            (
                "one by two ways",
                |case| {
                    case.group("g", &["bo"]);
                    case.active("g", GLOBAL_ADMINISTRATOR);
                    case.active("bo", GLOBAL_ADMINISTRATOR);
                },
                2.0,
                "pass",
            ),
            (
                "two, one of them by two ways",
                |case| {
                    case.group("g", &["bo", "cy"]);
                    case.active("g", GLOBAL_ADMINISTRATOR);
                    case.active("bo", GLOBAL_ADMINISTRATOR);
                },
                3.0,
                "partial",
            ),
            (
                "two, one of them in two groups",
                |case| {
                    case.group("g", &["bo", "cy"]);
                    case.group("h", &["bo"]);
                    case.active("g", GLOBAL_ADMINISTRATOR);
                    case.active("h", GLOBAL_ADMINISTRATOR);
                },
                3.0,
                "partial",
            ),
            (
                "a group that PIM guards",
                |case| {
                    group_of_three(case);
                    case.onboard("g");
                    case.group_eligible("ana", "g", MEMBER);
                },
                0.0,
                "pass",
            ),
            (
                "a group with an assigned member beside an eligible one",
                |case| {
                    case.group("g", &["bo", "cy"]);
                    case.onboard("g");
                    case.group_eligible("ana", "g", MEMBER);
                    case.group_active("dee", "g", MEMBER);
                    case.active("g", GLOBAL_ADMINISTRATOR);
                },
                3.0,
                "partial",
            ),
            (
                "members of a group within the group",
                |case| {
                    case.group("inner", &["bo", "cy", "dee"]);
                    case.group("outer", &["inner"]);
                    case.active("outer", GLOBAL_ADMINISTRATOR);
                },
                0.0,
                "pass",
            ),
            (
                "a service principal of its own",
                |case| {
                    case.service("robot");
                    case.active("robot", GLOBAL_ADMINISTRATOR);
                },
                0.0,
                "pass",
            ),
            (
                "a service principal in a group",
                |case| {
                    case.service("robot");
                    case.group("g", &["robot"]);
                    case.active("g", GLOBAL_ADMINISTRATOR);
                },
                0.0,
                "fail",
            ),
        ];
        for (what, change, count, expected) in cases {
            let outcome = with_eligible(change).unwrap();
            assert_eq!(outcome.name(), expected, "{what}");
            assert_eq!(for_good(&outcome), count, "{what}");
        }
    }

    #[test]
    fn of_an_eligible_group_its_direct_members_count() {
        type Change = fn(&mut Case);
        let cases: [(&str, Change, &str); 6] = [
            ("nobody", |_| {}, "fail"),
            ("a member", |case| case.group("g", &["ana"]), "pass"),
            (
                "a service principal",
                |case| {
                    case.service("robot");
                    case.group("g", &["robot"]);
                },
                "pass",
            ),
            (
                "a member of a group within it",
                |case| {
                    case.group("inner", &["ana"]);
                    case.group("g", &["inner"]);
                },
                // The group in it is a member of it.
                "pass",
            ),
            (
                "an eligible member",
                |case| {
                    case.onboard("g");
                    case.group_eligible("ana", "g", MEMBER);
                },
                "fail",
            ),
            (
                "an eligible user beside it",
                |case| {
                    case.eligible("ana", GLOBAL_ADMINISTRATOR);
                },
                "pass",
            ),
        ];
        for (what, change, expected) in cases {
            let mut case = Case::new();
            case.user("ana");
            case.group("g", &[]);
            case.eligible("g", GLOBAL_ADMINISTRATOR);
            change(&mut case);
            let outcome = case.judge_tenant(&CHECK, &Expect::Variant(ZERO_TRUST)).unwrap();
            assert_eq!(outcome.name(), expected, "{what}");
        }
    }

    #[test]
    fn without_the_licence_nothing_is_said() {
        let mut case = Case::new();
        case.user("ana");
        case.active("ana", GLOBAL_ADMINISTRATOR);
        let dataset = Dataset::RoleAssignmentScheduleInstances;
        case.tenant.instances_gap = Some(Gap::of(dataset, GapKind::LicenceMissing, "no P2"));
        assert_eq!(judged(&case), Ok("fail"), "by default nobody is eligible");
        let gap = case.judge_tenant(&CHECK, &Expect::Variant(ZERO_TRUST)).unwrap_err();
        assert_eq!(gap.kind, GapKind::LicenceMissing);
    }

    #[test]
    fn what_was_not_read_of_the_lists_leaves_it_open() {
        type Change = fn(&mut Case);
        let cases: [(&str, Change, GapKind); 6] = [
            (
                "who is active",
                |case| case.missing(Dataset::RoleAssignments),
                GapKind::PermissionDenied,
            ),
            (
                "a holder",
                |case| {
                    case.hidden("shadow");
                    case.active("shadow", GLOBAL_ADMINISTRATOR);
                },
                GapKind::PermissionDenied,
            ),
            (
                "the type of an assignment",
                |case| {
                    case.active("bo", GLOBAL_ADMINISTRATOR).hold = Hold::ActiveOfUnknownType;
                },
                GapKind::Incomplete,
            ),
            (
                "the members of a group",
                |case| {
                    case.partial_group("g", &["bo", "cy", "dee"]);
                    case.active("g", GLOBAL_ADMINISTRATOR);
                },
                GapKind::PermissionDenied,
            ),
            (
                "who is assigned to a group",
                |case| {
                    group_of_three(case);
                    case.onboard("g");
                    case.group_eligible("ana", "g", MEMBER);
                    case.missing(Dataset::GroupAssignmentScheduleInstances);
                },
                GapKind::PermissionDenied,
            ),
            (
                "who is eligible, when nobody is known to be",
                |case| {
                    let gap = Gap::of(Dataset::RoleAssignments, GapKind::Failed, "503");
                    case.tenant.eligible = Collected::Partial(Vec::new(), gap);
                },
                GapKind::Failed,
            ),
        ];
        for (what, change, expected) in cases {
            assert_eq!(with_eligible(change).unwrap_err().kind, expected, "{what}");
        }
        // One is enough, and one who must not be there is proof.
        let gap = || Gap::of(Dataset::RoleAssignments, GapKind::Failed, "503");
        let known: fn(&mut Case) = |case| {
            let Collected::Complete(rows) =
                std::mem::replace(&mut case.tenant.eligible, Collected::Complete(Vec::new()))
            else {
                panic!("not complete")
            };
            let gap = Gap::of(Dataset::RoleAssignments, GapKind::Failed, "503");
            case.tenant.eligible = Collected::Partial(rows, gap);
        };
        assert_eq!(with_eligible(known).unwrap().name(), "pass");
        let mut case = Case::new();
        case.service("robot");
        case.group("g", &["robot"]);
        case.active("g", GLOBAL_ADMINISTRATOR);
        case.tenant.eligible = Collected::Missing(gap());
        let outcome = case.judge_tenant(&CHECK, &Expect::Variant(ZERO_TRUST)).unwrap();
        assert_eq!(outcome.name(), "fail");
    }
}
