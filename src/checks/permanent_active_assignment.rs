//! `permanent-active-assignment`: who holds a privileged role all the time, without an end.

use super::privileged_workload_identity::SYNC_ROLES;
use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant, counted};
use crate::facts::Facts;
use crate::model::{
    Class, Dataset, Evidence, Gap, GapKind, Grant, Outcome, PrincipalId, PrincipalKindFacts,
    RoleId, TableRow, roles,
};
use std::collections::BTreeSet;

/// The check.
pub static CHECK: Check = Check {
    id: "permanent-active-assignment",
    title: "Permanent active assignment of a privileged role",
    what: "Judges every active grant of a role of tier critical or high, or one labelled PRIVILEGED: a \
        permanent assignment fails, an activation never counts as standing. At most two declared \
        break-glass accounts may be permanent Global Administrators. By a variant every other role is \
        judged as well, but for those of the directory synchronisation.",
    why: "A standing administrator is one stolen session away from being used by somebody else, at any \
        hour and without a second look.",
    fix: Fix {
        portal: "Privileged Identity Management > Microsoft Entra roles > Roles > (the role) > Active \
            assignments > Update > Eligible",
        graph: &[
            "POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
            {\"action\":\"adminAssign\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\",\"justification\":\"eligible instead of permanent\",\
            \"scheduleInfo\":{\"expiration\":{\"type\":\"afterDuration\",\"duration\":\"P365D\"}}}",
            "POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\"}",
        ],
    },
    references: &[
        "CISA SCuBA MS.AAD.7.4v1",
        "CIS Microsoft 365 Foundations 7.0.0: 5.3.1",
        "Zero Trust Assessment 21815",
        "PIM with Defender for Office 365",
    ],
    subjects: Subjects::ActiveGrants,
    needs: &[
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::Principals,
        Dataset::GroupMembers,
    ],
    variants: &[
        Variant {
            name: ACTIVATED_ONLY,
            meaning: "users and groups must be activated or eligible: neither an end nor the roles \
                table excuses an active assignment, nor that nobody is a standing member of a group; of \
                declared break-glass accounts only those count that hold Global Administrator",
        },
        Variant {
            name: EVERY_ROLE,
            meaning: "roles of whatever tier and label count; declared break-glass accounts may be Global \
                Administrators, however many they are",
        },
        Variant {
            name: USERS_AND_GROUPS,
            meaning: "a declared break-glass account is excepted in every role, and of groups those that \
                PIM manages, whoever is in them; another group fails, with or without members",
        },
        Variant {
            name: WITHOUT_EXCEPTION,
            meaning: "service principals, groups and declared break-glass accounts are judged like other \
                users: they fail without an end",
        },
        Variant {
            name: ASSIGNED_FAILS,
            meaning: "whoever is neither activated nor eligible fails, also with an end; declared \
                break-glass accounts are excepted in every role, however many they are; without PIM \
                nothing is said",
        },
    ],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "no permanent active assignment";
const EXPECTED_ACTIVATED: &str = "no active assignment, with an end or without";
const NO_DEMAND: &str = "no demand: the role is not privileged";
/// CIS 5.3.1.
const ACTIVATED_ONLY: &str = "activated-only";
/// Microsoft's best practices for Entra roles, MS-2.
const EVERY_ROLE: &str = "every-role";
/// SCuBA 7.4: no users and no groups.
const USERS_AND_GROUPS: &str = "users-and-groups";
/// Entra ID STIG V-270335.
const WITHOUT_EXCEPTION: &str = "without-exception";
/// Zero Trust Assessment 21815.
const ASSIGNED_FAILS: &str = "assigned-fails";
/// Two break-glass accounts are what Microsoft and CIS ask for; a third is more than is needed.
const BREAK_GLASS_ACCOUNTS: usize = 2;

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let grant = facts.grant()?;
    // The test is skipped where the tenant has no PIM, although what is active is known there.
    if expect.is_variant(ASSIGNED_FAILS)
        && let Some(gap) = facts.instances_gap().filter(|gap| gap.kind == GapKind::LicenceMissing)
    {
        return Err(gap.clone());
    }
    let outcome = match facts.grant_class()? {
        Class::TimeBound
            if ![ACTIVATED_ONLY, ASSIGNED_FAILS].iter().any(|it| expect.is_variant(it)) =>
        {
            if facts.matters(&grant.role) || expect.is_variant(EVERY_ROLE) {
                Outcome::pass("active until its end", EXPECTED)
            } else {
                Outcome::info("active until its end", NO_DEMAND)
            }
        }
        // The use of an eligibility: starting or ending one may move no score.
        Class::Activated => return Ok(Outcome::not_applicable("activated, ends by itself")),
        Class::Permanent | Class::TimeBound => standing(facts, grant, expect)?,
        Class::EligiblePermanent | Class::EligibleTimeBound | Class::Unknown => {
            return Err(Gap::new(GapKind::Unreadable, "the subject is not an active grant"));
        }
    };
    Ok(outcome.evidence(Evidence::new(
        grant.provenance.dataset,
        &grant.provenance.id,
        "endDateTime",
        grant.end.map_or_else(|| "null".to_owned(), |end| end.to_string()),
    )))
}

fn standing(facts: &Facts, grant: &Grant, expect: &Expect) -> Result<Outcome, Gap> {
    let role = &grant.role;
    let held = if grant.class() == Class::TimeBound { "assigned with an end" } else { "permanent" };
    let activated_only = expect.is_variant(ACTIVATED_ONLY);
    let is_variant = |names: &[&str]| names.iter().any(|it| expect.is_variant(it));
    let ends_count = is_variant(&[ACTIVATED_ONLY, ASSIGNED_FAILS]);
    let expected = if ends_count { EXPECTED_ACTIVATED } else { EXPECTED };
    let excepted = is_variant(&[USERS_AND_GROUPS, ASSIGNED_FAILS]);
    if excepted && facts.is_break_glass(&grant.principal) {
        return Ok(Outcome::pass(format!("{held}, a declared break-glass account"), expected));
    }
    if facts.is_break_glass(&grant.principal)
        && role.is(roles::GLOBAL_ADMINISTRATOR)
        && !expect.is_variant(WITHOUT_EXCEPTION)
    {
        let observed = format!("{held}, a declared break-glass account");
        let (count, note) = if activated_only {
            let count = holding(facts, role)?;
            (count, format!("{count} declared break-glass accounts hold it"))
        } else {
            let count = declared(facts).len();
            (count, format!("{count} break-glass accounts are declared"))
        };
        return Ok(if count <= BREAK_GLASS_ACCOUNTS || expect.is_variant(EVERY_ROLE) {
            Outcome::pass(observed, expected)
        } else {
            Outcome::partial(0.5, observed, "at most two break-glass accounts").note(note)
        });
    }
    if !facts.matters(role) && !expect.is_variant(EVERY_ROLE) {
        return Ok(Outcome::info(held, NO_DEMAND));
    }
    // The account that synchronises the directory signs in by itself, day and night.
    if expect.is_variant(EVERY_ROLE) && SYNC_ROLES.iter().any(|id| role.is(id)) {
        return Ok(Outcome::info(held, "nothing: it is the role of the directory synchronisation"));
    }
    let by_table = !is_variant(&[ACTIVATED_ONLY, WITHOUT_EXCEPTION, ASSIGNED_FAILS]);
    match facts.table_row(role).filter(|_| by_table) {
        Some(TableRow::Active) => {
            return Ok(Outcome::pass("permanent, static by the roles table", EXPECTED));
        }
        Some(TableRow::Tolerated) => {
            return Ok(Outcome::partial(0.5, "permanent", "eligible, static is tolerated")
                .note("the role is PRIVILEGED and reads sensitive data; eligible is better"));
        }
        Some(TableRow::Eligible) | None => {}
    }
    let principal = facts.principal()?;
    Ok(match &principal.kind {
        PrincipalKindFacts::ServicePrincipal(_) | PrincipalKindFacts::Group(_)
            if is_variant(&[WITHOUT_EXCEPTION, ASSIGNED_FAILS]) =>
        {
            Outcome::fail(format!("{held}, held by a {}", principal.kind_name()), expected)
        }
        PrincipalKindFacts::Group(_) if activated_only => {
            Outcome::fail(format!("{held}, held by a group"), expected)
        }
        PrincipalKindFacts::Group(_) if expect.is_variant(USERS_AND_GROUPS) => {
            held_by_group(facts, &grant.principal)?
        }
        PrincipalKindFacts::ServicePrincipal(_) => Outcome::not_applicable(
            "a service principal cannot activate; workload identities are judged apart",
        ),
        PrincipalKindFacts::Group(_) => {
            // Who is only eligible for the group does not hold the role all the time.
            let members = facts.members_of(&grant.principal);
            let gaps = &members.gaps;
            let standing = members.standing_members().len();
            match (standing, gaps.first()) {
                (0, Some(gap)) => return Err(gap.clone()),
                (0, None) if members.members.is_empty() => {
                    Outcome::pass("permanent, held by a group without members", EXPECTED)
                        .note("whoever becomes a member holds the role at once")
                }
                (0, None) => Outcome::pass(
                    "permanent, held by a group that nobody is a standing member of",
                    EXPECTED,
                )
                .note("its eligible members activate the membership"),
                (count, _) => {
                    let at_least = if gaps.is_empty() { "" } else { "at least " };
                    let members = counted(count, "standing member", "standing members");
                    Outcome::fail(
                        format!("permanent, held by a group with {at_least}{members}"),
                        EXPECTED,
                    )
                    .measure("members", count as f64)
                }
            }
        }
        PrincipalKindFacts::User(_)
        | PrincipalKindFacts::Other(_)
        | PrincipalKindFacts::Absent
        | PrincipalKindFacts::Hidden => Outcome::fail(held, expected),
    })
}

/// The declared break-glass accounts that were found. One that is declared twice, by name and by id, is
/// one.
fn declared<'w>(facts: &Facts<'w, '_>) -> BTreeSet<&'w PrincipalId> {
    facts.break_glass().iter().filter_map(|it| it.principal.as_ref()).collect()
}

/// How many of them are assigned the role, with an end or without. One that is not known to be matters
/// only where it would be one too many.
fn holding(facts: &Facts, role: &RoleId) -> Result<usize, Gap> {
    let (mut known, mut maybe) = (0, 0);
    let grants = facts.active_of(role);
    for account in declared(facts) {
        let mut own = grants.iter().filter(|it| it.principal == *account).map(|it| it.class());
        if own.clone().any(|class| matches!(class, Class::Permanent | Class::TimeBound)) {
            known += 1;
        } else if facts.active().is_err() || own.any(|class| class == Class::Unknown) {
            maybe += 1;
        }
    }
    if known <= BREAK_GLASS_ACCOUNTS && known + maybe > BREAK_GLASS_ACCOUNTS {
        facts.active()?;
        return Err(Gap::of(
            Dataset::RoleAssignmentScheduleInstances,
            GapKind::Incomplete,
            "whether another break-glass account is assigned or activated is not known",
        ));
    }
    Ok(known)
}

/// SCuBA leaves groups that PIM manages to PIM, whoever is in them. Who does not have to activate a
/// membership is told nevertheless.
fn held_by_group(facts: &Facts, group: &PrincipalId) -> Result<Outcome, Gap> {
    if !facts.is_onboarded(group)? {
        let observed = "permanent, held by a group that PIM does not manage";
        return Ok(Outcome::fail(observed, EXPECTED));
    }
    let outcome = Outcome::pass("permanent, held by a group that PIM manages", EXPECTED);
    let members = facts.members_of(group);
    let standing = members.standing_members().len();
    if standing == 0 {
        return Ok(outcome);
    }
    let at_least = if members.gaps.is_empty() { "" } else { "at least " };
    let hold = counted(standing, "standing member holds", "standing members hold");
    Ok(outcome
        .note(format!("{at_least}{hold} the role all the time"))
        .measure("members", standing as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outcomes by default and by each variant, in the order of `CHECK.variants`.
    fn by_variant(case: &Case) -> Vec<&'static str> {
        let variants = CHECK.variants.iter().map(|it| Expect::Variant(it.name));
        let all = [Expect::Required].into_iter().chain(variants);
        let judged = |expect| case.judge_grant(&CHECK, 0, &expect).map_or("gap", |it| it.name());
        all.map(judged).collect()
    }

    #[test]
    fn each_variant_has_exceptions_of_its_own() {
        type Change = fn(&mut Case);
        let changes: [(&str, Change, [&str; 6]); 16] = [
            // By default; activated-only; every-role; users-and-groups; without-exception; assigned-fails.
            ("user", |case| case.active("ana", ROLE).start = None, ["fail"; 6]),
            (
                "the account of the directory synchronisation",
                |case| {
                    case.active("ana", SYNC_ROLES[0]);
                },
                ["info"; 6],
            ),
            (
                "user with an end",
                |case| case.active("ana", ROLE).end = Some("2027-01-01T00:00:00Z".parse().unwrap()),
                ["pass", "fail", "pass", "pass", "pass", "fail"],
            ),
            (
                "service principal",
                |case| {
                    case.service("robot");
                    case.active("robot", ROLE);
                },
                [
                    "not-applicable",
                    "not-applicable",
                    "not-applicable",
                    "not-applicable",
                    "fail",
                    "fail",
                ],
            ),
            (
                "group that PIM does not manage, without members",
                |case| {
                    case.group("g", &[]);
                    case.active("g", ROLE);
                },
                ["pass", "fail", "pass", "fail", "fail", "fail"],
            ),
            (
                "group that PIM manages, with a standing member",
                |case| {
                    case.group("g", &["ana"]);
                    case.onboard("g");
                    case.active("g", ROLE);
                },
                ["fail", "fail", "fail", "pass", "fail", "fail"],
            ),
            (
                "group that PIM manages, with an eligible member",
                |case| {
                    case.group("g", &[]);
                    case.onboard("g");
                    case.group_eligible("ana", "g", crate::model::GroupAccess::Member);
                    case.active("g", ROLE);
                },
                ["pass", "fail", "pass", "pass", "fail", "fail"],
            ),
            (
                "group of which nobody knows whether PIM manages it",
                |case| {
                    case.group("g", &["ana"]);
                    case.missing(Dataset::OnboardedGroups);
                    case.active("g", ROLE);
                },
                ["gap", "fail", "gap", "gap", "fail", "fail"],
            ),
            (
                "break-glass account as Global Administrator",
                |case| {
                    case.organisation.break_glass.push("ana".to_owned());
                    case.active("ana", GLOBAL_ADMINISTRATOR);
                },
                ["pass", "pass", "pass", "pass", "fail", "pass"],
            ),
            (
                "break-glass account in another role",
                |case| {
                    case.organisation.break_glass.push("ana".to_owned());
                    case.active("ana", ROLE);
                },
                ["fail", "fail", "fail", "pass", "fail", "pass"],
            ),
            (
                "break-glass account in another role, with an end",
                |case| {
                    case.organisation.break_glass.push("ana".to_owned());
                    case.active("ana", ROLE).end = Some("2027-01-01T00:00:00Z".parse().unwrap());
                },
                ["pass", "fail", "pass", "pass", "pass", "pass"],
            ),
            (
                "one of three break-glass accounts as Global Administrator, the others not",
                |case| {
                    for name in ["bg2", "bg3"] {
                        case.user(name);
                        case.organisation.break_glass.push(name.to_owned());
                    }
                    case.organisation.break_glass.push("ana".to_owned());
                    case.active("ana", GLOBAL_ADMINISTRATOR);
                },
                ["partial", "pass", "pass", "pass", "fail", "pass"],
            ),
            (
                "one of three break-glass accounts as Global Administrator, and the others too",
                |case| {
                    case.organisation.break_glass.push("ana".to_owned());
                    case.active("ana", GLOBAL_ADMINISTRATOR);
                    for name in ["bg2", "bg3"] {
                        case.user(name);
                        case.organisation.break_glass.push(name.to_owned());
                        case.active(name, GLOBAL_ADMINISTRATOR);
                    }
                },
                ["partial", "partial", "pass", "pass", "fail", "pass"],
            ),
            (
                "static by the roles table",
                |case| {
                    case.table(ROLE, Some(TableRow::Active));
                    case.active("ana", ROLE);
                },
                ["pass", "fail", "pass", "pass", "fail", "fail"],
            ),
            (
                "role that is not privileged, with an end",
                |case| {
                    let end = Some("2027-01-01T00:00:00Z".parse().unwrap());
                    case.active("ana", DIRECTORY_READERS).end = end;
                },
                ["info", "info", "pass", "info", "info", "info"],
            ),
            (
                "role that is not privileged",
                |case| {
                    case.active("ana", DIRECTORY_READERS);
                },
                ["info", "info", "fail", "info", "info", "info"],
            ),
        ];
        for (name, change, expected) in changes {
            let mut case = Case::new();
            case.user("ana");
            change(&mut case);
            assert_eq!(by_variant(&case), expected, "{name}");
        }
    }
    use crate::checks::testing::{
        Case, DIRECTORY_READERS, EXCHANGE_ADMINISTRATOR as ROLE, GLOBAL_ADMINISTRATOR,
        GLOBAL_READER, HELPDESK,
    };
    use crate::model::Hold;

    #[test]
    fn only_standing_grants_without_an_end_fail() {
        for (hold, end, role, expected) in [
            (Hold::Assigned, None, GLOBAL_ADMINISTRATOR, "fail"),
            (Hold::Assigned, Some("2026-12-01T00:00:00Z"), GLOBAL_ADMINISTRATOR, "pass"),
            (Hold::Activated, Some("2026-11-02T12:00:00Z"), GLOBAL_ADMINISTRATOR, "not-applicable"),
            // An activation without an end is an anomaly, and standing.
            (Hold::Activated, None, GLOBAL_ADMINISTRATOR, "fail"),
            (Hold::Assigned, None, HELPDESK, "fail"),
            (Hold::Assigned, None, DIRECTORY_READERS, "info"),
        ] {
            let mut case = Case::new();
            case.user("ana");
            let grant = case.active("ana", role);
            grant.hold = hold;
            grant.end = end.map(|end| end.parse().unwrap());
            let outcome = case.judge_grant(&CHECK, 0, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{hold:?} {end:?} {role}");
        }
    }

    #[test]
    fn two_declared_break_glass_accounts_pass_and_a_third_is_too_many() {
        for (declared, expected) in [(1, "pass"), (2, "pass"), (3, "partial")] {
            let mut case = Case::new();
            for number in 1..=declared {
                let name = format!("bg{number}");
                case.user(&name);
                case.organisation.break_glass.push(name);
            }
            case.active("bg1", GLOBAL_ADMINISTRATOR);
            let outcome = case.judge_grant(&CHECK, 0, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{declared} declared");
        }
    }

    #[test]
    fn a_break_glass_account_declared_twice_or_never_found_is_no_third_one() {
        for (more, expected) in [
            (&["BG1@contoso.example", "bg2"][..], "pass"),
            (&["bg2", "typo@contoso.example"][..], "pass"),
            (&["bg2", "bg3"][..], "partial"),
        ] {
            let mut case = Case::new();
            for name in ["bg1", "bg2", "bg3"] {
                case.user(name);
            }
            case.organisation.break_glass.push("bg1".to_owned());
            case.organisation.break_glass.extend(more.iter().map(|&name| name.to_owned()));
            case.active("bg1", GLOBAL_ADMINISTRATOR);
            let outcome = case.judge_grant(&CHECK, 0, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{more:?}");
        }
    }

    #[test]
    fn members_of_a_group_are_counted_as_far_as_they_are_known() {
        for (members, whole, expected) in [
            (&["ana"][..], true, "permanent, held by a group with 1 standing member"),
            (&["ana", "ben"][..], true, "permanent, held by a group with 2 standing members"),
            (&["ana"][..], false, "permanent, held by a group with at least 1 standing member"),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.user("ben");
            if whole {
                case.group("admins", members);
            } else {
                case.partial_group("admins", members);
            }
            case.active("admins", GLOBAL_ADMINISTRATOR);
            let outcome = case.judge_grant(&CHECK, 0, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), "fail", "{members:?}");
            assert_eq!(outcome.details().unwrap().observed, expected);
        }
    }

    #[test]
    fn the_roles_table_may_call_a_role_static() {
        for (row, expected) in [
            (Some(TableRow::Active), "pass"),
            (Some(TableRow::Tolerated), "partial"),
            (Some(TableRow::Eligible), "fail"),
            (None, "fail"),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.active("ana", GLOBAL_READER);
            case.table(GLOBAL_READER, row);
            let outcome = case.judge_grant(&CHECK, 0, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{row:?}");
        }
    }

    #[test]
    fn a_group_is_judged_by_its_members_and_a_service_principal_elsewhere() {
        let mut case = Case::new();
        case.user("ana");
        case.group("full", &["ana"]);
        case.group("empty", &[]);
        case.service("robot");
        for holder in ["full", "empty", "robot", "gone"] {
            case.active(holder, GLOBAL_ADMINISTRATOR);
        }
        case.absent("gone");
        for (place, expected) in [(0, "fail"), (1, "pass"), (2, "not-applicable"), (3, "fail")] {
            let outcome = case.judge_grant(&CHECK, place, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "grant {place}");
        }
    }

    #[test]
    fn an_unknown_type_or_an_unreadable_empty_group_is_not_assessed() {
        let mut case = Case::new();
        case.user("ana");
        case.active("ana", GLOBAL_ADMINISTRATOR).hold = Hold::ActiveOfUnknownType;
        assert!(case.judge_grant(&CHECK, 0, &Expect::Required).is_err());
        let mut case = Case::new();
        case.unreadable_group("closed");
        case.active("closed", GLOBAL_ADMINISTRATOR);
        assert!(case.judge_grant(&CHECK, 0, &Expect::Required).is_err());
    }

    #[test]
    fn cis_accepts_nothing_that_is_not_activated() {
        for (end, role, expected) in [
            (Some("2026-12-01T00:00:00Z"), GLOBAL_ADMINISTRATOR, "fail"),
            (None, GLOBAL_ADMINISTRATOR, "fail"),
            (None, GLOBAL_READER, "fail"),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.active("ana", role).end = end.map(|end| end.parse().unwrap());
            case.table(GLOBAL_READER, Some(TableRow::Active));
            let outcome = case.judge_grant(&CHECK, 0, &Expect::Variant(ACTIVATED_ONLY)).unwrap();
            assert_eq!(outcome.name(), expected, "{end:?} {role}");
        }
        let mut case = Case::new();
        case.user("bg1");
        case.organisation.break_glass.push("bg1".to_owned());
        case.active("bg1", GLOBAL_ADMINISTRATOR);
        let outcome = case.judge_grant(&CHECK, 0, &Expect::Variant(ACTIVATED_ONLY)).unwrap();
        assert_eq!(outcome.name(), "pass");
    }

    #[test]
    fn cis_counts_the_break_glass_accounts_that_hold_the_role() {
        type Change = fn(&mut Case);
        // bg1 and bg2 hold it; bg3 is declared as well.
        let changes: [(&str, Change, &str); 7] = [
            ("does not hold it", |_| {}, "pass"),
            (
                "is eligible",
                |case| {
                    case.eligible("bg3", GLOBAL_ADMINISTRATOR);
                },
                "pass",
            ),
            (
                "activated it",
                |case| {
                    let grant = case.active("bg3", GLOBAL_ADMINISTRATOR);
                    grant.hold = Hold::Activated;
                    grant.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
                },
                "pass",
            ),
            (
                "holds another role",
                |case| {
                    case.active("bg3", ROLE);
                },
                "pass",
            ),
            (
                "holds it",
                |case| {
                    case.active("bg3", GLOBAL_ADMINISTRATOR);
                },
                "partial",
            ),
            (
                "holds it until a day",
                |case| {
                    case.active("bg3", GLOBAL_ADMINISTRATOR).end =
                        Some("2027-01-01T00:00:00Z".parse().unwrap());
                },
                "partial",
            ),
            (
                "may hold it",
                |case| {
                    case.active("bg3", GLOBAL_ADMINISTRATOR).hold = Hold::ActiveOfUnknownType;
                },
                "gap",
            ),
        ];
        for (what, change, expected) in changes {
            let mut case = Case::new();
            for name in ["bg1", "bg2", "bg3"] {
                case.user(name);
                case.organisation.break_glass.push(name.to_owned());
            }
            case.active("bg1", GLOBAL_ADMINISTRATOR);
            case.active("bg2", GLOBAL_ADMINISTRATOR);
            change(&mut case);
            let expect = Expect::Variant(ACTIVATED_ONLY);
            for place in [0, 1] {
                let outcome = case.judge_grant(&CHECK, place, &expect);
                assert_eq!(outcome.map_or("gap", |it| it.name()), expected, "{what}");
            }
        }
    }

    #[test]
    fn without_the_licence_the_test_says_nothing_and_the_benchmark_fails() {
        let mut case = Case::new();
        case.user("ana");
        case.active("ana", ROLE);
        let dataset = Dataset::RoleAssignmentScheduleInstances;
        case.tenant.instances_gap = Some(Gap::of(dataset, GapKind::LicenceMissing, "no P2"));
        for (variant, expected) in [(ASSIGNED_FAILS, "gap"), (ACTIVATED_ONLY, "fail")] {
            let outcome = case.judge_grant(&CHECK, 0, &Expect::Variant(variant));
            assert_eq!(outcome.map_or("gap", |it| it.name()), expected, "{variant}");
        }
    }

    #[test]
    fn what_is_expected_is_that_of_the_variant() {
        for (variant, expected) in [
            (ACTIVATED_ONLY, EXPECTED_ACTIVATED),
            (ASSIGNED_FAILS, EXPECTED_ACTIVATED),
            (USERS_AND_GROUPS, EXPECTED),
            (WITHOUT_EXCEPTION, EXPECTED),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.active("ana", ROLE);
            let outcome = case.judge_grant(&CHECK, 0, &Expect::Variant(variant)).unwrap();
            assert_eq!(outcome.details().unwrap().expected, expected, "{variant}");
        }
    }

    #[test]
    fn eligible_members_of_a_group_are_no_standing_ones() {
        let mut case = Case::new();
        case.user("ana");
        case.group("admins", &[]);
        case.onboard("admins");
        case.group_eligible("ana", "admins", crate::model::GroupAccess::Member);
        case.active("admins", GLOBAL_ADMINISTRATOR);
        let outcome = case.judge_grant(&CHECK, 0, &Expect::Required).unwrap();
        assert_eq!(outcome.name(), "pass");
        case.group_active("ana", "admins", crate::model::GroupAccess::Member);
        let outcome = case.judge_grant(&CHECK, 0, &Expect::Required).unwrap();
        assert_eq!(outcome.name(), "fail");
    }

    #[test]
    fn where_pim_manages_a_group_its_standing_members_are_told_and_not_held_against_it() {
        for (members, whole, note) in [
            (&["ana"][..], true, Some("1 standing member holds the role all the time")),
            (&["ana", "ben"], true, Some("2 standing members hold the role all the time")),
            (&["ana"], false, Some("at least 1 standing member holds the role all the time")),
            (&[], true, None),
            (&[], false, None),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.user("ben");
            if whole {
                case.group("g", members);
            } else {
                case.partial_group("g", members);
            }
            case.onboard("g");
            case.active("g", GLOBAL_ADMINISTRATOR);
            let expect = Expect::Variant(USERS_AND_GROUPS);
            let outcome = case.judge_grant(&CHECK, 0, &expect).unwrap();
            assert_eq!(outcome.name(), "pass", "{members:?} {whole}");
            let notes = &outcome.details().unwrap().notes;
            assert_eq!(notes.first().map(|it| &**it), note, "{members:?} {whole}");
        }
    }
}
