//! `global-administrator-count`: how many people are, or can become, Global Administrator.

use super::bounds::{in_words, verdict};
use super::{Check, Expect, ExpectShape, Fix, Subjects, Who, counted};
use crate::facts::{Facts, Path, PathState};
use crate::model::{Dataset, Evidence, Gap, GapKind, Outcome, PrincipalId, RoleId, Verdict, roles};
use std::collections::BTreeMap;

/// The check.
pub static CHECK: Check = Check {
    id: "global-administrator-count",
    title: "Too many or too few Global Administrators",
    what: "Counts the enabled people who hold Global Administrator for the whole tenant in any way: \
        active, eligible or activated, directly or through groups, break-glass accounts included. One \
        person counts once, whatever the ways. Disabled accounts and service principals are named apart. \
        A rule may count these as well, or only the users who are assigned.",
    why: "Each Global Administrator can take over the whole tenant, so each is one more account to \
        steal. With a single one, a lost account locks everybody out.",
    fix: Fix {
        portal: "Privileged Identity Management > Microsoft Entra roles > Roles > Global Administrator > \
            Assignments > Remove",
        graph: &[
            "POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\
            \"roleDefinitionId\":\"62e90394-69f5-4237-9190-012177145e10\",\"directoryScopeId\":\"/\"}",
            "POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\
            \"roleDefinitionId\":\"62e90394-69f5-4237-9190-012177145e10\",\"directoryScopeId\":\"/\"}",
        ],
    },
    references: &[
        "CISA SCuBA MS.AAD.7.1v1",
        "CIS Microsoft 365 Foundations 7.0.0: 1.1.3",
        "Microsoft best practices for Entra roles: limit Global Administrators",
        "Zero Trust Assessment 21812",
        "Microsoft Entra security operations for PIM: alerts",
        "NIST SP 800-53 AC-6(5)",
    ],
    subjects: Subjects::Tenant,
    needs: &[
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::Principals,
        Dataset::GroupMembers,
    ],
    variants: &[],
    expect: ExpectShape::Count,
    waivable: true,
    judge,
};

/// More names and rows than this help nobody; the inventory has them all.
const SHOWN: usize = 10;

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let Expect::Count { pass, partial, who } = expect else {
        return Err(Gap::new(GapKind::Unreadable, "the rule gives no bounds"));
    };
    let tally = Tally::of(facts, *who);
    let holders = match who {
        Who::Enabled => tally.people.len(),
        Who::Users | Who::Assigned => tally.people.len() + tally.disabled.len(),
        Who::Holders => tally.people.len() + tally.disabled.len() + tally.services.len(),
    };
    let count = u32::try_from(holders).unwrap_or(u32::MAX);
    let most = pass.1.max(partial.map_or(0, |(_, high)| high));
    let nouns = match who {
        Who::Enabled => ("person", "people"),
        Who::Users => ("account", "accounts"),
        Who::Assigned => ("assigned account", "assigned accounts"),
        Who::Holders => ("holder", "holders"),
    };
    let expected = in_words(*pass, *partial, nouns);
    let observed = counted(holders, nouns.0, nouns.1);
    let outcome = match tally.gaps.first() {
        None if count == 0 && tally.unassigned.is_empty() && !tally.unlisted => {
            return Err(Gap::of(
                Dataset::RoleAssignments,
                GapKind::ImpossiblyEmpty,
                "no enabled person holds Global Administrator, which no working tenant is without",
            ));
        }
        None => match verdict(count, *pass, *partial) {
            Verdict::Pass => Outcome::pass(observed, expected),
            Verdict::Partial => Outcome::partial(0.5, observed, expected),
            Verdict::Fail => Outcome::fail(observed, expected),
        },
        // More people can only be further beyond the bounds.
        Some(gap) if count > most => Outcome::fail(format!("at least {observed}"), expected)
            .note(format!("there may be more: {gap}")),
        Some(gap) => return Err(gap.clone()),
    };
    Ok(tally.describe(facts, outcome, *who))
}

/// What tells who is eligible. Who is assigned stands elsewhere.
const ELIGIBILITIES: [Dataset; 2] =
    [Dataset::RoleEligibilityScheduleInstances, Dataset::GroupEligibilityScheduleInstances];

/// Whether one of the ways is an assignment that needs no activation; `None` where that was not read.
fn is_assigned(paths: &[Path<'_>]) -> Option<bool> {
    if paths.iter().any(Path::is_standing) {
        return Some(true);
    }
    let unknown = paths.iter().any(|path| path.state() == PathState::Unknown);
    (!unknown).then_some(false)
}

/// Everyone who holds the role, by what they count for.
struct Tally<'a> {
    people: BTreeMap<PrincipalId, Vec<Path<'a>>>,
    disabled: Vec<PrincipalId>,
    services: Vec<PrincipalId>,
    /// Users who have to activate the role, where only assigned ones count.
    unassigned: Vec<PrincipalId>,
    /// Others hold it whom no list of members shows.
    unlisted: bool,
    unresolved: Vec<PrincipalId>,
    gaps: Vec<Gap>,
}

impl<'a> Tally<'a> {
    fn of(facts: &Facts<'_, 'a>, who: Who) -> Self {
        let holders = facts.holders(&RoleId::new(roles::GLOBAL_ADMINISTRATOR));
        let mut tally = Self {
            people: BTreeMap::new(),
            disabled: Vec::new(),
            services: holders.services.keys().cloned().collect(),
            unassigned: Vec::new(),
            unlisted: holders.unlisted,
            unresolved: Vec::new(),
            gaps: holders.uncounted().cloned().collect(),
        };
        if who == Who::Assigned {
            tally.gaps.retain(|gap| gap.dataset.is_none_or(|it| !ELIGIBILITIES.contains(&it)));
        }
        for (id, paths) in &holders.people {
            match is_assigned(paths) {
                Some(true) => {}
                Some(false) if who == Who::Assigned => {
                    tally.unassigned.push(id.clone());
                    continue;
                }
                None if who == Who::Assigned => {
                    tally.gaps.push(Gap::of(
                        Dataset::RoleAssignmentScheduleInstances,
                        GapKind::Incomplete,
                        format!(
                            "whether {} is assigned or activated is not known",
                            facts.name_of(id)
                        ),
                    ));
                    continue;
                }
                Some(false) | None => {}
            }
            let enabled = facts
                .principal_by_id(id)
                .map(|principal| principal.user().and_then(|user| user.enabled));
            match enabled {
                Ok(Some(true)) => {
                    tally.people.insert(id.clone(), paths.clone());
                }
                Ok(Some(false)) => tally.disabled.push(id.clone()),
                // Where disabled accounts count as well, it makes no difference.
                Ok(None) if who != Who::Enabled => {
                    tally.people.insert(id.clone(), paths.clone());
                }
                Ok(None) => tally.gaps.push(Gap::of(
                    Dataset::Principals,
                    GapKind::Incomplete,
                    format!("whether {} is enabled is not known", facts.name_of(id)),
                )),
                Err(gap) => tally.gaps.push(gap),
            }
        }
        for id in holders.unresolved.keys() {
            match facts.principal_by_id(id) {
                // Deleted, or of another tenant: known to be no person of this one.
                Ok(_) => tally.unresolved.push(id.clone()),
                Err(gap) => tally.gaps.push(gap),
            }
        }
        tally
    }

    fn count(&self, counts: impl Fn(&Path<'a>) -> bool) -> f64 {
        self.people.values().filter(|paths| paths.iter().any(&counts)).count() as f64
    }

    fn describe(&self, facts: &Facts, outcome: Outcome, who: Who) -> Outcome {
        const NO_SERVICES: &str = "service principals, not counted";
        let (disabled, services) = match who {
            Who::Enabled => ("disabled, not counted", NO_SERVICES),
            Who::Users | Who::Assigned => ("disabled, counted", NO_SERVICES),
            Who::Holders => ("disabled, counted", "service principals, counted"),
        };
        let mut outcome = outcome
            .measure("people", self.people.len() as f64)
            .measure("direct", self.count(|path| path.is_direct()))
            .measure("through_groups", self.count(|path| !path.is_direct()))
            .measure("eligible", self.count(|path| path.state() == PathState::Eligible))
            .measure("standing", self.count(Path::is_standing))
            .measure("activated_now", self.count(|path| path.state() == PathState::Activated))
            .measure("service_principals", self.services.len() as f64)
            .maybe_note(named(facts, "holders", self.people.keys()))
            .maybe_note(named(facts, disabled, &self.disabled))
            .maybe_note(named(facts, "eligible or activated, not counted", &self.unassigned))
            .maybe_note(named(facts, services, &self.services))
            .maybe_note(named(facts, "could not be resolved", &self.unresolved));
        for path in self.people.values().filter_map(|paths| paths.first()).take(SHOWN) {
            let row = &path.grant.provenance;
            let holder = path.grant.principal.to_string();
            outcome = outcome.evidence(Evidence::new(row.dataset, &row.id, "principalId", holder));
        }
        outcome
    }
}

fn named<'i>(
    facts: &Facts,
    what: &str,
    ids: impl IntoIterator<Item = &'i PrincipalId>,
) -> Option<String> {
    let mut names: Vec<_> = ids.into_iter().map(|id| facts.name_of(id)).collect();
    names.sort();
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    names.truncate(SHOWN);
    (!names.is_empty()).then(|| format!("{what}: {}{more}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::{Collected, GroupAccess, Hold, Scope};

    const EXPECT: Expect = Expect::Count { pass: (2, 4), partial: Some((5, 8)), who: Who::Enabled };
    const ASSIGNED: Expect = Expect::Count { pass: (2, 4), partial: None, who: Who::Assigned };

    fn with_people(count: usize) -> Case {
        let mut case = Case::new();
        for number in 0..count {
            let name = format!("user{number}");
            case.user(&name);
            case.eligible(&name, GLOBAL_ADMINISTRATOR);
        }
        case
    }

    fn measure(outcome: &Outcome, name: &str) -> f64 {
        let measures = &outcome.details().unwrap().measures;
        measures.iter().find(|(known, _)| *known == name).unwrap().1
    }

    #[test]
    fn a_source_may_count_disabled_accounts_and_service_principals() {
        let mut case = Case::new();
        for number in 0..3 {
            let name = format!("ga{number}");
            case.user(&name);
            case.active(&name, GLOBAL_ADMINISTRATOR);
        }
        case.user("off").enabled = Some(false);
        case.active("off", GLOBAL_ADMINISTRATOR);
        case.service("robot");
        case.active("robot", GLOBAL_ADMINISTRATOR);
        for (who, observed, expected) in [
            (Who::Enabled, "3 people", "pass"),
            (Who::Users, "4 accounts", "pass"),
            (Who::Holders, "5 holders", "fail"),
        ] {
            let expect = Expect::Count { pass: (2, 4), partial: None, who };
            let outcome = case.judge_tenant(&CHECK, &expect).unwrap();
            assert_eq!(outcome.name(), expected, "{who:?}");
            assert_eq!(outcome.details().unwrap().observed, observed);
        }
    }

    /// Three people who are assigned; ana, bo and cy may get the role in some way.
    fn with_assigned(change: fn(&mut Case)) -> Case {
        let mut case = Case::new();
        for number in 0..3 {
            let name = format!("ga{number}");
            case.user(&name);
            case.active(&name, GLOBAL_ADMINISTRATOR);
        }
        for name in ["ana", "bo", "cy"] {
            case.user(name);
        }
        change(&mut case);
        case
    }

    #[test]
    fn a_source_may_count_the_assigned_users_alone() {
        type Change = fn(&mut Case);
        const MEMBER: GroupAccess = GroupAccess::Member;
        let cases: [(&str, Change, &str, &str); 11] = [
            ("three assigned", |_| {}, "3 assigned accounts", "pass"),
            (
                "eligible",
                |case| {
                    for name in ["ana", "bo", "cy"] {
                        case.eligible(name, GLOBAL_ADMINISTRATOR);
                    }
                },
                "3 assigned accounts",
                "pass",
            ),
            (
                "activated",
                |case| {
                    case.eligible("ana", GLOBAL_ADMINISTRATOR);
                    let grant = case.active("ana", GLOBAL_ADMINISTRATOR);
                    grant.hold = Hold::Activated;
                    grant.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
                },
                "3 assigned accounts",
                "pass",
            ),
            (
                "assigned and eligible",
                |case| {
                    case.eligible("ga0", GLOBAL_ADMINISTRATOR);
                },
                "3 assigned accounts",
                "pass",
            ),
            (
                "assigned until a day",
                |case| {
                    case.active("ana", GLOBAL_ADMINISTRATOR).end =
                        Some("2026-12-01T00:00:00Z".parse().unwrap());
                },
                "4 assigned accounts",
                "pass",
            ),
            (
                "disabled",
                |case| {
                    case.user("ana").enabled = Some(false);
                    case.active("ana", GLOBAL_ADMINISTRATOR);
                },
                "4 assigned accounts",
                "pass",
            ),
            (
                "enabled not said",
                |case| {
                    case.user("ana").enabled = None;
                    case.active("ana", GLOBAL_ADMINISTRATOR);
                },
                "4 assigned accounts",
                "pass",
            ),
            (
                "members of a group",
                |case| {
                    case.group("g", &["ana", "bo"]);
                    case.active("g", GLOBAL_ADMINISTRATOR);
                },
                "5 assigned accounts",
                "fail",
            ),
            (
                "eligible members of a group",
                |case| {
                    case.group("g", &[]);
                    case.onboard("g");
                    for name in ["ana", "bo"] {
                        case.group_eligible(name, "g", MEMBER);
                    }
                    case.active("g", GLOBAL_ADMINISTRATOR);
                },
                "3 assigned accounts",
                "pass",
            ),
            (
                "members of an eligible group",
                |case| {
                    case.group("g", &["ana", "bo"]);
                    case.eligible("g", GLOBAL_ADMINISTRATOR);
                },
                "3 assigned accounts",
                "pass",
            ),
            (
                "service principals",
                |case| {
                    for name in ["robot", "other"] {
                        case.service(name);
                        case.active(name, GLOBAL_ADMINISTRATOR);
                    }
                },
                "3 assigned accounts",
                "pass",
            ),
        ];
        for (what, change, observed, expected) in cases {
            let outcome = with_assigned(change).judge_tenant(&CHECK, &ASSIGNED).unwrap();
            assert_eq!(outcome.name(), expected, "{what}");
            assert_eq!(outcome.details().unwrap().observed, observed, "{what}");
        }
    }

    #[test]
    fn with_eligible_people_alone_nobody_is_assigned_and_that_is_too_few() {
        let outcome = with_people(3).judge_tenant(&CHECK, &ASSIGNED).unwrap();
        assert_eq!(outcome.name(), "fail");
        let details = outcome.details().unwrap();
        assert_eq!(details.observed, "0 assigned accounts");
        assert_eq!(
            details.notes,
            ["eligible or activated, not counted: user0@contoso.example, user1@contoso.example, \
              user2@contoso.example"]
        );
        let gap = Case::new().judge_tenant(&CHECK, &ASSIGNED).unwrap_err();
        assert_eq!(gap.kind, GapKind::ImpossiblyEmpty);
    }

    #[test]
    fn who_is_assigned_is_known_without_the_eligibilities_and_not_without_the_type() {
        let unread = |case: &mut Case| case.missing(Dataset::RoleEligibilityScheduleInstances);
        let outcome = with_assigned(unread).judge_tenant(&CHECK, &ASSIGNED).unwrap();
        assert_eq!(outcome.details().unwrap().observed, "3 assigned accounts");

        let untyped = |case: &mut Case| {
            case.active("ana", GLOBAL_ADMINISTRATOR).hold = Hold::ActiveOfUnknownType;
        };
        let gap = with_assigned(untyped).judge_tenant(&CHECK, &ASSIGNED).unwrap_err();
        assert_eq!(gap.kind, GapKind::Incomplete);

        let members = |case: &mut Case| {
            case.group("g", &["ana"]);
            case.onboard("g");
            case.missing(Dataset::GroupAssignmentScheduleInstances);
            case.active("g", GLOBAL_ADMINISTRATOR);
        };
        let gap = with_assigned(members).judge_tenant(&CHECK, &ASSIGNED).unwrap_err();
        assert_eq!(gap.kind, GapKind::PermissionDenied);

        // Enough are known to be too many.
        let many = |case: &mut Case| {
            for name in ["bo", "cy"] {
                case.active(name, GLOBAL_ADMINISTRATOR);
            }
            case.active("ana", GLOBAL_ADMINISTRATOR).hold = Hold::ActiveOfUnknownType;
        };
        let outcome = with_assigned(many).judge_tenant(&CHECK, &ASSIGNED).unwrap();
        assert_eq!(outcome.name(), "fail");
        assert_eq!(outcome.details().unwrap().observed, "at least 5 assigned accounts");
    }

    #[test]
    fn both_bounds_are_inclusive() {
        for (count, expected) in
            [(1, "fail"), (2, "pass"), (4, "pass"), (5, "partial"), (8, "partial"), (9, "fail")]
        {
            let outcome = with_people(count).judge_tenant(&CHECK, &EXPECT).unwrap();
            assert_eq!(outcome.name(), expected, "{count} people");
            assert_eq!(measure(&outcome, "people"), count as f64);
        }
        let outcome = with_people(1).judge_tenant(&CHECK, &EXPECT).unwrap();
        assert_eq!(outcome.details().unwrap().observed, "1 person");
    }

    #[test]
    fn nobody_at_all_cannot_be() {
        let mut only_disabled = Case::new();
        only_disabled.user("ana").enabled = Some(false);
        only_disabled.active("ana", GLOBAL_ADMINISTRATOR);
        for case in [Case::new(), only_disabled] {
            let gap = case.judge_tenant(&CHECK, &EXPECT).unwrap_err();
            assert_eq!(gap.kind, GapKind::ImpossiblyEmpty);
        }
    }

    #[test]
    fn what_is_not_known_proves_only_too_many() {
        type Change = fn(&mut Case);
        let unread: [(&str, Change); 6] = [
            ("active partial", |case| {
                let known = case.tenant.active.at_least().unwrap().clone();
                let gap = Gap::of(Dataset::RoleAssignments, GapKind::Incomplete, "page 2");
                case.tenant.active = Collected::Partial(known, gap);
            }),
            ("active missing", |case| {
                let gap = Gap::of(Dataset::RoleAssignments, GapKind::PermissionDenied, "403");
                case.tenant.active = Collected::Missing(gap);
            }),
            ("hidden holder", |case| {
                case.hidden("shadow");
                case.active("shadow", GLOBAL_ADMINISTRATOR);
            }),
            ("holder nobody asked for", |case| {
                case.active("stranger", GLOBAL_ADMINISTRATOR);
            }),
            ("enabled not said", |case| {
                case.user("odd").enabled = None;
                case.active("odd", GLOBAL_ADMINISTRATOR);
            }),
            ("unreadable group", |case| {
                case.unreadable_group("closed");
                case.active("closed", GLOBAL_ADMINISTRATOR);
            }),
        ];
        for (name, change) in unread {
            let mut few = with_people(3);
            change(&mut few);
            assert!(few.judge_tenant(&CHECK, &EXPECT).is_err(), "{name}");
            let mut many = with_people(9);
            change(&mut many);
            let outcome = many.judge_tenant(&CHECK, &EXPECT).unwrap();
            assert_eq!(outcome.name(), "fail", "{name}");
            assert_eq!(outcome.details().unwrap().observed, "at least 9 people", "{name}");
        }
    }

    #[test]
    fn principals_that_were_not_read_leave_the_count_open() {
        let mut case = with_people(3);
        let gap = Gap::of(Dataset::Principals, GapKind::PermissionDenied, "403");
        case.tenant.principals = Collected::Missing(gap);
        let gap = case.judge_tenant(&CHECK, &EXPECT).unwrap_err();
        assert_eq!(gap.kind, GapKind::PermissionDenied);
    }

    #[test]
    fn one_person_on_several_ways_counts_once() {
        let mut case = with_people(2);
        let grant = case.active("user0", GLOBAL_ADMINISTRATOR);
        grant.hold = Hold::Activated;
        grant.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
        case.active("user1", GLOBAL_ADMINISTRATOR);
        let outcome = case.judge_tenant(&CHECK, &EXPECT).unwrap();
        for (name, expected) in [
            ("people", 2.0),
            ("direct", 2.0),
            ("through_groups", 0.0),
            ("eligible", 2.0),
            ("standing", 1.0),
            ("activated_now", 1.0),
        ] {
            assert_eq!(measure(&outcome, name), expected, "{name}");
        }
    }

    #[test]
    fn nested_groups_are_followed_and_unread_ones_leave_the_count_open() {
        let mut case = with_people(8);
        case.user("ana");
        case.group("inner", &["ana", "user0", "outer"]);
        case.group("outer", &["inner"]);
        case.active("outer", GLOBAL_ADMINISTRATOR);
        let outcome = case.judge_tenant(&CHECK, &EXPECT).unwrap();
        assert_eq!(outcome.name(), "fail");
        assert_eq!(measure(&outcome, "people"), 9.0);
        assert_eq!(measure(&outcome, "through_groups"), 2.0);
        let mut few = with_people(2);
        few.group("empty", &[]);
        few.active("empty", GLOBAL_ADMINISTRATOR);
        assert_eq!(few.judge_tenant(&CHECK, &EXPECT).unwrap().name(), "pass");
        // Its eligible members in PIM for Groups count as well, and nobody knows whether there are any.
        few.onboard("empty");
        few.missing(Dataset::GroupEligibilityScheduleInstances);
        assert_eq!(few.judge_tenant(&CHECK, &EXPECT).unwrap_err().kind, GapKind::PermissionDenied);
    }

    #[test]
    fn only_enabled_people_with_the_whole_tenant_count_and_the_others_are_named() {
        let mut case = with_people(2);
        case.organisation.break_glass.push("user0".to_owned());
        case.user("off").enabled = Some(false);
        case.user("narrow");
        case.service("robot");
        case.absent("gone");
        for holder in ["off", "robot", "gone"] {
            case.active(holder, GLOBAL_ADMINISTRATOR);
        }
        case.active("narrow", GLOBAL_ADMINISTRATOR).within = Scope::AdministrativeUnit("au".into());
        let outcome = case.judge_tenant(&CHECK, &EXPECT).unwrap();
        assert_eq!(outcome.name(), "pass");
        assert_eq!(measure(&outcome, "people"), 2.0);
        assert_eq!(measure(&outcome, "service_principals"), 1.0);
        let details = outcome.details().unwrap();
        assert_eq!(
            details.notes,
            [
                "holders: user0@contoso.example, user1@contoso.example",
                "disabled, not counted: off@contoso.example",
                "service principals, not counted: robot",
                "could not be resolved: gone",
            ]
        );
        assert_eq!(details.evidence.len(), 2);
    }

    #[test]
    fn a_long_list_of_names_is_cut_and_says_so() {
        let outcome = with_people(13).judge_tenant(&CHECK, &EXPECT).unwrap();
        let details = outcome.details().unwrap();
        assert!(details.notes[0].ends_with(" and 3 more"), "{}", details.notes[0]);
        assert_eq!(details.evidence.len(), SHOWN);
    }
}
