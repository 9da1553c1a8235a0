//! `assigned-outside-pim`: active assignments that were not made through PIM.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant};
use crate::facts::Facts;
use crate::model::{
    Class, Dataset, Evidence, Gap, GapKind, Grant, Hold, Listed, Outcome, Principal,
    PrincipalKindFacts, roles,
};
use jiff::Timestamp;

/// The check.
pub static CHECK: Check = Check {
    id: "assigned-outside-pim",
    title: "Role assigned outside PIM",
    what: "Judges where every active assignment comes from. One without a schedule instance in PIM, or \
        whose instance has no start, was made past PIM. An activation is PIM's own work. Declared \
        break-glass accounts may be Global Administrator from before PIM was set up.",
    why: "Whoever assigns past PIM passes its approval, its justification and its alerts. It is also how \
        an intruder stays.",
    fix: Fix {
        portal: "Privileged Identity Management > Microsoft Entra roles > Roles > (the role) > Active \
            assignments > Remove, then Add assignments > Eligible",
        graph: &[
            "POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
            {\"action\":\"adminAssign\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\",\"justification\":\"through PIM instead of past it\",\
            \"scheduleInfo\":{\"expiration\":{\"type\":\"afterDuration\",\"duration\":\"P365D\"}}}",
            "POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\"}",
        ],
    },
    references: &[
        "Microsoft Entra security operations for PIM: alerts",
        "CISA SCuBA MS.AAD.7.5v1",
        "Zero Trust Assessment 21816",
        "Maester MT.1031",
    ],
    subjects: Subjects::ActiveGrants,
    needs: &[
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::Principals,
    ],
    variants: &[
        Variant {
            name: WITHOUT_EXCEPTION,
            meaning: "a declared break-glass account is judged like any other",
        },
        Variant {
            name: USERS_AND_GROUPS,
            meaning: "a declared break-glass account is judged like any other, and of service principals \
                nothing is said",
        },
        Variant {
            name: ZERO_TRUST,
            meaning: "of built-in roles over the whole tenant, an assignment without an end fails too, \
                and one with an end passes; groups, and users who are Global Administrators, are left \
                to the variants of other checks",
        },
    ],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "made through PIM";

/// Where an active assignment comes from.
enum Origin {
    Pim,
    /// Past PIM, with the sign of it.
    Outside(&'static str),
    Unknown,
}

/// Microsoft Entra security operations for PIM.
const WITHOUT_EXCEPTION: &str = "without-exception";
/// CISA SCuBA MS.AAD.7.5: each user or group.
const USERS_AND_GROUPS: &str = "users-and-groups";
/// Zero Trust Assessment 21816.
const ZERO_TRUST: &str = "zero-trust";
const EXPECTED_ENDING: &str = "made through PIM, and with an end";

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let grant = facts.grant()?;
    let users_and_groups = expect.is_variant(USERS_AND_GROUPS);
    let without_exception = users_and_groups || expect.is_variant(WITHOUT_EXCEPTION);
    let global = grant.role.is(roles::GLOBAL_ADMINISTRATOR) && !without_exception;
    let break_glass = global && facts.is_break_glass(&grant.principal);
    // An activation is the use of an eligibility, not an assignment: it may move no score.
    if grant.hold == Hold::Activated {
        return Ok(Outcome::not_applicable("activated out of an eligibility, not assigned"));
    }
    if expect.is_variant(ZERO_TRUST) {
        return of_the_whole_tenant(facts, grant);
    }
    let is_service = |it: &Principal| matches!(it.kind, PrincipalKindFacts::ServicePrincipal(_));
    // Who was not read may be one: then neither a pass nor a failure is proven.
    if users_and_groups && is_service(facts.principal()?) {
        return Ok(Outcome::not_applicable("a service principal is neither a user nor a group"));
    }
    let outcome = match origin(grant) {
        Origin::Pim => Outcome::pass(EXPECTED, EXPECTED),
        Origin::Outside(sign) if break_glass => {
            Outcome::pass(sign, EXPECTED).note("accepted for a declared break-glass account")
        }
        Origin::Outside(sign) => {
            // A declared account is only recognised once it was read.
            if global && !facts.break_glass().is_empty() {
                facts.principal()?;
            }
            Outcome::fail(sign, EXPECTED)
        }
        Origin::Unknown => return Err(gap(facts)),
    };
    Ok(outcome.evidence(evidence(grant, "startDateTime", grant.start)))
}

/// The property that decided, and its value.
fn evidence(grant: &Grant, field: &'static str, time: Option<Timestamp>) -> Evidence {
    let (field, value) = match grant.provenance.listed {
        Listed::OnlyRoleAssignments => ("id", "in no schedule instance".to_owned()),
        Listed::Both | Listed::OnlyScheduleInstances | Listed::Unknown => {
            (field, time.map_or_else(|| "null".to_owned(), |time| time.to_string()))
        }
    };
    let row = &grant.provenance;
    Evidence::new(row.dataset, &row.id, field, value)
}

/// Whether an assignment of a built-in role is managed with PIM: known to it, and with an end.
///
/// The list of a role's members has no custom role and nobody of an administrative unit.
fn of_the_whole_tenant(facts: &Facts, grant: &Grant) -> Result<Outcome, Gap> {
    let role = facts.role_by_id(&grant.role);
    if !role.built_in {
        // One that nobody defined may be built in and newer than what is known here.
        role.privileged?;
        return Ok(Outcome::not_applicable("a custom role: it has no list of members"));
    }
    if !grant.within.is_tenant() {
        return Ok(Outcome::not_applicable("held within less than the whole tenant"));
    }
    match &facts.principal()?.kind {
        PrincipalKindFacts::Group(_) => {
            return Ok(Outcome::not_applicable(
                "held by a group; unmanaged-role-group judges that",
            ));
        }
        PrincipalKindFacts::User(_) if grant.role.is(roles::GLOBAL_ADMINISTRATOR) => {
            return Ok(Outcome::not_applicable(
                "no-eligible-global-administrator counts the users who hold it for good",
            ));
        }
        PrincipalKindFacts::Absent => {
            return Ok(Outcome::not_applicable("the holder was not found"));
        }
        PrincipalKindFacts::User(_)
        | PrincipalKindFacts::ServicePrincipal(_)
        | PrincipalKindFacts::Other(_)
        | PrincipalKindFacts::Hidden => {}
    }
    let row = &grant.provenance;
    // Rows of the role assignments alone tell nothing of an end.
    let told =
        row.dataset == Dataset::RoleAssignmentScheduleInstances || row.listed != Listed::Unknown;
    let unknown_to_pim = row.listed == Listed::OnlyRoleAssignments;
    let outcome = match grant.class() {
        Class::Permanent if unknown_to_pim => {
            Outcome::fail("active without a schedule instance in PIM", EXPECTED_ENDING)
        }
        Class::Permanent if told => Outcome::fail("permanent", EXPECTED_ENDING),
        Class::TimeBound => Outcome::pass("active until its end", EXPECTED_ENDING),
        Class::Permanent
        | Class::Unknown
        | Class::Activated
        | Class::EligiblePermanent
        | Class::EligibleTimeBound => return Err(gap(facts)),
    };
    Ok(outcome.evidence(evidence(grant, "endDateTime", grant.end)))
}

fn origin(grant: &Grant) -> Origin {
    let row = &grant.provenance;
    if row.listed == Listed::OnlyRoleAssignments {
        return Origin::Outside("active without a schedule instance in PIM");
    }
    // Rows of the role assignments never have a start; there its absence says nothing.
    let could_have_start =
        row.dataset == Dataset::RoleAssignmentScheduleInstances || row.listed != Listed::Unknown;
    match grant.hold {
        Hold::Assigned if grant.start.is_none() && could_have_start => {
            Origin::Outside("its schedule instance has no start")
        }
        Hold::Assigned if row.listed != Listed::Unknown => Origin::Pim,
        Hold::Assigned | Hold::Activated | Hold::ActiveOfUnknownType | Hold::Eligible => {
            Origin::Unknown
        }
    }
}

fn gap(facts: &Facts) -> Gap {
    let known = facts.instances_gap().cloned().or_else(|| facts.active().err());
    known.unwrap_or_else(|| {
        Gap::of(
            Dataset::RoleAssignmentScheduleInstances,
            GapKind::Incomplete,
            "whether it was made through PIM is not known",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{
        Case, DIRECTORY_READERS, GLOBAL_ADMINISTRATOR, USER_ADMINISTRATOR,
    };
    use crate::model::{Collected, Label, Scope};

    fn case(hold: Hold, listed: Listed, started: bool, role: &str) -> Case {
        let mut case = Case::new();
        case.user("ana");
        let grant = case.active("ana", role);
        grant.hold = hold;
        grant.provenance.listed = listed;
        if !started {
            grant.start = None;
        }
        case
    }

    fn judged(case: &Case) -> Result<&'static str, GapKind> {
        let outcome = case.judge_grant(&CHECK, 0, &Expect::Required);
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    #[test]
    fn what_pim_does_not_know_or_did_not_start_was_made_past_it() {
        for (hold, listed, started, expected) in [
            (Hold::Assigned, Listed::OnlyRoleAssignments, false, Ok("fail")),
            (Hold::Assigned, Listed::Both, false, Ok("fail")),
            (Hold::Assigned, Listed::OnlyScheduleInstances, false, Ok("fail")),
            // Its own row proves it, although the other list was not read.
            (Hold::Assigned, Listed::Unknown, false, Ok("fail")),
            (Hold::Assigned, Listed::Both, true, Ok("pass")),
            (Hold::Assigned, Listed::OnlyScheduleInstances, true, Ok("pass")),
            (Hold::Activated, Listed::Both, true, Ok("not-applicable")),
            (Hold::Activated, Listed::Unknown, true, Ok("not-applicable")),
            (Hold::Assigned, Listed::Unknown, true, Err(GapKind::Incomplete)),
            (Hold::ActiveOfUnknownType, Listed::Unknown, false, Err(GapKind::Incomplete)),
            (Hold::ActiveOfUnknownType, Listed::Both, true, Err(GapKind::Incomplete)),
        ] {
            for role in [GLOBAL_ADMINISTRATOR, DIRECTORY_READERS] {
                let case = case(hold, listed, started, role);
                assert_eq!(judged(&case), expected, "{hold:?} {listed:?} {started} {role}");
            }
        }
    }

    #[test]
    fn without_the_licence_nothing_is_said() {
        let mut case = case(Hold::Assigned, Listed::Unknown, false, GLOBAL_ADMINISTRATOR);
        let mut grants = case.tenant.active.at_least().unwrap().clone();
        grants[0].provenance.dataset = Dataset::RoleAssignments;
        case.tenant.active = Collected::Complete(grants);
        let dataset = Dataset::RoleAssignmentScheduleInstances;
        case.tenant.instances_gap = Some(Gap::of(dataset, GapKind::LicenceMissing, "no P2"));
        assert_eq!(judged(&case), Err(GapKind::LicenceMissing));
        // Not of a break-glass account either.
        case.organisation.break_glass.push("ana".to_owned());
        assert_eq!(judged(&case), Err(GapKind::LicenceMissing));
    }

    #[test]
    fn a_declared_break_glass_account_may_be_older_than_pim() {
        for (declared, role, expected) in [
            ("ana", GLOBAL_ADMINISTRATOR, "pass"),
            ("ana@contoso.example", GLOBAL_ADMINISTRATOR, "pass"),
            ("ben@contoso.example", GLOBAL_ADMINISTRATOR, "fail"),
            ("ana", DIRECTORY_READERS, "fail"),
        ] {
            let mut case = case(Hold::Assigned, Listed::Both, false, role);
            case.organisation.break_glass.push(declared.to_owned());
            let outcome = case.judge_grant(&CHECK, 0, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{declared} {role}");
            let details = outcome.details().unwrap();
            assert_eq!(details.notes.len(), usize::from(expected == "pass"), "{declared}");
            assert_eq!(details.evidence[0].value, "null");
        }
    }

    #[test]
    fn who_may_be_a_break_glass_account_is_not_assessed_before_it_is_read() {
        let mut case = case(Hold::Assigned, Listed::Both, false, GLOBAL_ADMINISTRATOR);
        case.hidden("ana");
        assert_eq!(judged(&case), Ok("fail"));
        case.organisation.break_glass.push("bg1@contoso.example".to_owned());
        assert_eq!(judged(&case), Err(GapKind::PermissionDenied));
        let gap = Gap::of(Dataset::Principals, GapKind::Failed, "503");
        case.tenant.principals = Collected::Missing(gap);
        assert_eq!(judged(&case), Err(GapKind::Failed));
    }

    #[test]
    fn groups_and_service_principals_are_judged_alike() {
        let mut case = Case::new();
        case.service("robot");
        case.group("admins", &[]);
        for holder in ["robot", "admins"] {
            case.active(holder, GLOBAL_ADMINISTRATOR).start = None;
        }
        for place in [0, 1] {
            let outcome = case.judge_grant(&CHECK, place, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), "fail", "grant {place}");
        }
    }

    #[test]
    fn a_source_may_except_nobody_or_speak_of_users_and_groups_alone() {
        type Change = fn(&mut Case);
        type Row = (&'static str, &'static str, Change, [Result<&'static str, GapKind>; 3]);
        let outside = |case: &mut Case, holder: &str| {
            case.active(holder, GLOBAL_ADMINISTRATOR).start = None;
        };
        let cases: [Row; 5] = [
            // By default; without-exception; users-and-groups.
            ("a user", "ana", |_| {}, [Ok("fail"); 3]),
            (
                "a declared break-glass account",
                "ana",
                |case| case.organisation.break_glass.push("ana".to_owned()),
                [Ok("pass"), Ok("fail"), Ok("fail")],
            ),
            ("a group", "g", |case| case.group("g", &[]), [Ok("fail"); 3]),
            (
                "a service principal",
                "robot",
                |case| {
                    case.service("robot");
                },
                [Ok("fail"), Ok("fail"), Ok("not-applicable")],
            ),
            (
                "a holder who was not read",
                "shadow",
                |case| case.hidden("shadow"),
                [Ok("fail"), Ok("fail"), Err(GapKind::PermissionDenied)],
            ),
        ];
        for (what, holder, change, expected) in cases {
            let mut case = Case::new();
            case.user("ana");
            change(&mut case);
            outside(&mut case, holder);
            let found = [
                Expect::Required,
                Expect::Variant(WITHOUT_EXCEPTION),
                Expect::Variant(USERS_AND_GROUPS),
            ]
            .map(|expect| {
                let outcome = case.judge_grant(&CHECK, 0, &expect);
                outcome.map(|it| it.name()).map_err(|gap| gap.kind)
            });
            assert_eq!(found, expected, "{what}");
        }
        // Made through PIM.
        for (holder, expect, expected) in [
            ("ana", WITHOUT_EXCEPTION, Ok("pass")),
            ("ana", USERS_AND_GROUPS, Ok("pass")),
            ("shadow", WITHOUT_EXCEPTION, Ok("pass")),
            ("shadow", USERS_AND_GROUPS, Err(GapKind::PermissionDenied)),
            ("robot", USERS_AND_GROUPS, Ok("not-applicable")),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.hidden("shadow");
            case.service("robot");
            case.active(holder, GLOBAL_ADMINISTRATOR);
            let outcome = case.judge_grant(&CHECK, 0, &Expect::Variant(expect));
            let name = outcome.map(|it| it.name()).map_err(|gap| gap.kind);
            assert_eq!(name, expected, "{holder} {expect}");
        }
    }

    const CUSTOM: &str = "c0000000-0000-4000-8000-000000000001";

    fn by_zero_trust(case: &Case) -> Result<&'static str, GapKind> {
        let outcome = case.judge_grant(&CHECK, 0, &Expect::Variant(ZERO_TRUST));
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    #[test]
    fn a_source_may_ask_for_an_end_and_not_for_a_start() {
        let end = Some("2026-12-01T00:00:00Z");
        let now = Some("2026-11-02T12:00:00Z");
        for (hold, listed, end, expected) in [
            (Hold::Assigned, Listed::Both, None, Ok("fail")),
            (Hold::Assigned, Listed::Both, end, Ok("pass")),
            (Hold::Assigned, Listed::OnlyScheduleInstances, None, Ok("fail")),
            (Hold::Assigned, Listed::OnlyScheduleInstances, end, Ok("pass")),
            (Hold::Assigned, Listed::OnlyRoleAssignments, None, Ok("fail")),
            (Hold::Activated, Listed::Both, now, Ok("not-applicable")),
            (Hold::Activated, Listed::Both, None, Ok("not-applicable")),
            // Its own row proves it, although the other list was not read.
            (Hold::Assigned, Listed::Unknown, None, Ok("fail")),
            (Hold::Assigned, Listed::Unknown, end, Ok("pass")),
            (Hold::ActiveOfUnknownType, Listed::Both, None, Err(GapKind::Incomplete)),
        ] {
            for started in [true, false] {
                let mut case = Case::new();
                case.user("ana");
                let grant = case.active("ana", USER_ADMINISTRATOR);
                grant.hold = hold;
                grant.provenance.listed = listed;
                grant.end = end.map(|end| end.parse().unwrap());
                if !started {
                    grant.start = None;
                }
                let found = by_zero_trust(&case);
                assert_eq!(found, expected, "{hold:?} {listed:?} {end:?} {started}");
            }
        }
        let mut case = Case::new();
        case.user("ana");
        let grant = case.active("ana", USER_ADMINISTRATOR);
        grant.provenance.dataset = Dataset::RoleAssignments;
        grant.provenance.listed = Listed::Unknown;
        assert_eq!(by_zero_trust(&case), Err(GapKind::Incomplete), "without the licence");
    }

    #[test]
    fn a_source_may_read_the_members_of_built_in_roles_alone() {
        type Change = fn(&mut Case);
        let cases: [(&str, Change, Result<&str, GapKind>); 11] = [
            (
                "a declared break-glass account",
                |case| {
                    case.organisation.break_glass.push("ana".to_owned());
                    case.active("ana", USER_ADMINISTRATOR);
                },
                Ok("fail"),
            ),
            (
                "a disabled user",
                |case| {
                    case.user("ana").enabled = Some(false);
                    case.active("ana", USER_ADMINISTRATOR);
                },
                Ok("fail"),
            ),
            (
                "a service principal",
                |case| {
                    case.service("robot");
                    case.active("robot", USER_ADMINISTRATOR);
                },
                Ok("fail"),
            ),
            (
                "a service principal as Global Administrator",
                |case| {
                    case.service("robot");
                    case.active("robot", GLOBAL_ADMINISTRATOR);
                },
                Ok("fail"),
            ),
            (
                "a user as Global Administrator",
                |case| {
                    case.active("ana", GLOBAL_ADMINISTRATOR);
                },
                Ok("not-applicable"),
            ),
            (
                "a group",
                |case| {
                    case.group("g", &["ana"]);
                    case.active("g", USER_ADMINISTRATOR);
                },
                Ok("not-applicable"),
            ),
            (
                "nobody any more",
                |case| {
                    case.absent("gone");
                    case.active("gone", USER_ADMINISTRATOR);
                },
                Ok("not-applicable"),
            ),
            (
                "within a unit",
                |case| {
                    case.active("ana", USER_ADMINISTRATOR).within =
                        Scope::AdministrativeUnit("au".into());
                },
                Ok("not-applicable"),
            ),
            (
                "a custom role with the label",
                |case| {
                    case.custom_role(CUSTOM, Label::Privileged);
                    case.active("ana", CUSTOM);
                },
                Ok("not-applicable"),
            ),
            (
                "a role that nothing defines",
                |case| {
                    case.active("ana", CUSTOM);
                },
                Err(GapKind::Incomplete),
            ),
            (
                "a holder who was not read",
                |case| {
                    case.hidden("shadow");
                    case.active("shadow", USER_ADMINISTRATOR);
                },
                Err(GapKind::PermissionDenied),
            ),
        ];
        for (what, change, expected) in cases {
            let mut case = Case::new();
            case.user("ana");
            change(&mut case);
            assert_eq!(by_zero_trust(&case), expected, "{what}");
        }
    }
}
