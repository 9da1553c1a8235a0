//! `admins-without-mfa`: whether Conditional Access demands MFA of everybody who holds a privileged role.

use super::{
    Check, Expect, ExpectShape, Fix, Subjects, Variant, counted, sign_in_demands,
    sign_in_shortfall, with_policies,
};
use crate::facts::emergency::unknown_state;
use crate::facts::{EnforcementState, Facts, Hop, Level, Path, PathState, Wanted};
use crate::model::{
    Access, AuthenticationContext, ConditionalAccessPolicy, Dataset, Evidence, Gap, GapKind,
    Outcome, PolicyState, PrincipalId, RoleId, User,
};
use std::collections::{BTreeMap, BTreeSet};

/// The check.
pub static CHECK: Check = Check {
    id: "admins-without-mfa",
    title: "Administrators sign in without MFA",
    what: "Looks for Conditional Access policies in force, for all applications, that cover every role of \
        tier critical or high in use, or those the rule names, or all users, and demand MFA or any \
        authentication strength. A policy with exceptions other than break-glass accounts is met in part, \
        and so are the security defaults. Without such a policy for each of these roles it fails.",
    why: "An administrator's password alone must open nothing, and most passwords are known to somebody \
        else sooner or later.",
    fix: Fix {
        portal: "Entra admin center > Protection > Conditional Access > Policies > New policy: Users: the \
            privileged roles, or all users, without the break-glass accounts where the baseline leaves \
            them out; Target resources: all \
            resources; Grant: require multifactor authentication; Enable policy: On. Try it in \
            report-only mode first",
        graph: &[
            LIST,
            "POST /v1.0/identity/conditionalAccess/policies \
            {\"displayName\":\"MFA for administrators\",\"state\":\"enabled\",\
            \"conditions\":{\"users\":{\"includeRoles\":[\"<template id of each privileged role>\"],\
            \"excludeUsers\":[\"<id of each break-glass account>\"]},\
            \"applications\":{\"includeApplications\":[\"All\"]},\"clientAppTypes\":[\"all\"]},\
            \"grantControls\":{\"operator\":\"OR\",\"builtInControls\":[\"mfa\"]}}",
        ],
    },
    references: &[
        "CIS Microsoft 365 Foundations 7.0.0: 5.2.2.1",
        "Microsoft best practices for Entra roles: MFA for all administrators",
        "PIM concept and setup: MFA and Conditional Access",
    ],
    subjects: Subjects::Tenant,
    needs: &[
        Dataset::ConditionalAccessPolicies,
        Dataset::AuthenticationContexts,
        Dataset::AuthenticationStrengths,
        Dataset::SecurityDefaults,
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::RoleDefinitions,
        Dataset::RolePolicies,
        Dataset::GroupPolicies,
        Dataset::Principals,
        Dataset::GroupMembers,
    ],
    variants: &[Variant {
        name: EITHER_METHOD,
        meaning: "every enabled user with a role of whatever tier counts, break-glass accounts too: \
            who has it all the time is reached by Conditional Access, who activates it by that or by \
            MFA at the activation",
    }],
    expect: ExpectShape::Roles,
    waivable: true,
    judge,
};

const EXPECTED: &str = "MFA demanded of every administrator, for all applications";
const EXPECTED_NAMED: &str = "MFA demanded of every role the rule names, for all applications";
const EXPECTED_ONE_POLICY: &str =
    "MFA demanded by one policy that names every role of the rule, for all applications";
/// Microsoft's best practices for Entra roles, MS-3.
const EITHER_METHOD: &str = "either-method";
const EXPECTED_EITHER: &str =
    "MFA for every administrator, by Conditional Access or at the activation";
const LIST: &str = "GET /v1.0/identity/conditionalAccess/policies";
const EITHER_CALL: &str = "POST /v1.0/identity/conditionalAccess/policies \
    {\"displayName\":\"MFA for administrators\",\"state\":\"enabled\",\
    \"conditions\":{\"users\":{\"includeUsers\":[\"<id of each administrator named>\"]},\
    \"applications\":{\"includeApplications\":[\"All\"]},\"clientAppTypes\":[\"all\"]},\
    \"grantControls\":{\"operator\":\"OR\",\"builtInControls\":[\"mfa\"]}}";
/// More rows than this help nobody.
const SHOWN: usize = 10;

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    if expect.is_variant(EITHER_METHOD) {
        return by_either_method(facts);
    }
    let expected = expect.by_roles(EXPECTED, EXPECTED_NAMED, EXPECTED_ONE_POLICY);
    let demands = sign_in_demands(facts, expect, Wanted::Mfa)?;
    let outcome = match demands.level {
        Level::Full | Level::Mfa if demands.narrowed => {
            Outcome::pass("MFA demanded, under further conditions only", expected)
        }
        Level::Full | Level::Mfa => Outcome::pass("MFA demanded", expected),
        Level::WithExceptions | Level::Nothing => sign_in_shortfall(&demands, expected),
    };
    Ok(with_policies(demands, outcome))
}

/// How well somebody is reached, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Nothing,
    /// By a policy that leaves applications out, or holds under further conditions only.
    InPart,
    Whole,
}

/// Who meets MFA, and who does not.
#[derive(Default)]
struct Found {
    people: BTreeSet<PrincipalId>,
    open: BTreeSet<PrincipalId>,
    in_part: BTreeSet<PrincipalId>,
    unread: Option<Gap>,
}

fn by_either_method(facts: &Facts) -> Result<Outcome, Gap> {
    let asking: Vec<&ConditionalAccessPolicy> =
        facts.conditional_access()?.iter().filter(|policy| asks(policy)).collect();
    let found = everybody(facts, &asking)?;
    if found.people.is_empty() {
        return Err(found.unread.unwrap_or_else(|| {
            Gap::of(
                Dataset::RoleAssignments,
                GapKind::ImpossiblyEmpty,
                "no enabled user holds a role, which no working tenant is without",
            )
        }));
    }
    let outcome = if !found.open.is_empty() {
        let open = format!(
            "{} without MFA by either: {}",
            counted(found.open.len(), "administrator", "administrators"),
            facts.names_of(&found.open)
        );
        if facts.security_defaults()? {
            Outcome::partial(
                0.5,
                "MFA for administrators by the security defaults",
                EXPECTED_EITHER,
            )
            .note(open)
        } else {
            Outcome::fail(open, EXPECTED_EITHER)
        }
    } else if let Some(gap) = found.unread {
        return Err(gap);
    } else if !found.in_part.is_empty() {
        Outcome::partial(0.5, "demanded, with exceptions", EXPECTED_EITHER)
            .note(format!("not everywhere: {}", facts.names_of(&found.in_part)))
    } else {
        let people = counted(found.people.len(), "administrator", "administrators");
        Outcome::pass(format!("{people}, MFA for each"), EXPECTED_EITHER)
    };
    let outcome = outcome
        .measure("people", found.people.len() as f64)
        .measure("policies", asking.len() as f64)
        .calls(vec![LIST.to_owned(), EITHER_CALL.to_owned()]);
    Ok(asking.into_iter().take(SHOWN).fold(outcome, |outcome, policy| {
        let dataset = Dataset::ConditionalAccessPolicies;
        outcome.evidence(Evidence::new(dataset, &policy.id, "displayName", policy.name.to_string()))
    }))
}

/// Every user with a role, by every way to it: of several the worst counts.
fn everybody(facts: &Facts, asking: &[&ConditionalAccessPolicy]) -> Result<Found, Gap> {
    let grants = facts.active_at_least()?.iter().chain(facts.eligible_at_least()?);
    let roles: BTreeSet<&RoleId> = grants.map(|grant| &grant.role).collect();
    let mut found = Found {
        unread: [facts.active().err(), facts.eligible().err()].into_iter().flatten().next(),
        ..Found::default()
    };
    // A policy for roles reaches whoever has one of them over the whole tenant.
    let mut standing: BTreeMap<PrincipalId, BTreeSet<&RoleId>> = BTreeMap::new();
    for &role in &roles {
        for (person, paths) in &facts.holders(role).people {
            if paths.iter().any(Path::is_standing) {
                standing.entry(person.clone()).or_default().insert(role);
            }
        }
    }
    for &role in &roles {
        let holders = facts.holders_anywhere(role);
        if found.unread.is_none() {
            found.unread = holders.gaps.first().cloned();
        }
        for (person, paths) in &holders.people {
            let user = facts.principal_by_id(person)?.user();
            // Nobody signs in with a disabled account.
            if user.is_some_and(|user| user.enabled == Some(false)) {
                continue;
            }
            found.people.insert(person.clone());
            for path in paths {
                let mut held = standing.get(person).cloned().unwrap_or_default();
                if path.grant.within.is_tenant() {
                    held.insert(role);
                }
                let administrator = Administrator { id: person, user, roles: held };
                match by_way(facts, asking, &administrator, path) {
                    Ok(Reach::Whole) => {}
                    Ok(Reach::InPart) => {
                        found.in_part.insert(person.clone());
                    }
                    Ok(Reach::Nothing) => {
                        found.open.insert(person.clone());
                    }
                    Err(gap) => {
                        found.unread.get_or_insert(gap);
                    }
                }
            }
        }
    }
    Ok(found)
}

/// Somebody with the roles in force whenever one of them is used.
struct Administrator<'a> {
    id: &'a PrincipalId,
    user: Option<&'a User>,
    roles: BTreeSet<&'a RoleId>,
}

fn by_way(
    facts: &Facts,
    asking: &[&ConditionalAccessPolicy],
    administrator: &Administrator<'_>,
    path: &Path<'_>,
) -> Result<Reach, Gap> {
    let by_policies = by_policies(facts, asking, administrator);
    match (path.state(), by_policies) {
        (_, Ok(Reach::Whole)) => Ok(Reach::Whole),
        (PathState::Standing, reach) => reach,
        // One who activates would be asked, and one who is assigned would not.
        (PathState::Unknown, _) => Err(Gap::of(
            Dataset::RoleAssignmentScheduleInstances,
            GapKind::Incomplete,
            format!(
                "whether {} holds a role for good is not known",
                facts.name_of(administrator.id)
            ),
        )),
        (PathState::Activated | PathState::Eligible, reach) => {
            if is_asked(facts, path)? {
                Ok(Reach::Whole)
            } else {
                reach
            }
        }
    }
}

/// Whether MFA is asked for at an activation on the way.
fn is_asked(facts: &Facts, path: &Path<'_>) -> Result<bool, Gap> {
    let role = (!path.grant.is_standing()).then(|| path.grant.held());
    let mut unread = None;
    for access in path.hops.iter().filter_map(Hop::gated_by).chain(role) {
        match asks_at_activation(facts, &access) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(gap) => unread = unread.or(Some(gap)),
        }
    }
    unread.map_or(Ok(false), Err)
}

fn asks_at_activation(facts: &Facts, access: &Access) -> Result<bool, Gap> {
    let policy = facts.policy_of(access)?;
    if policy.activation_enablement.as_ref().map_err(Clone::clone)?.mfa {
        return Ok(true);
    }
    match policy.authentication_context.as_ref().map_err(Clone::clone)? {
        AuthenticationContext::Off | AuthenticationContext::OnWithoutClaim => Ok(false),
        AuthenticationContext::On(claim) => {
            let enforcement = facts.enforcement_of(access, claim)?;
            // What is enforced in part cannot be relied on.
            Ok(match enforcement.state {
                EnforcementState::Enforced | EnforcementState::FallsBackToMfa => true,
                EnforcementState::Partly | EnforcementState::NotEnforced => false,
            })
        }
    }
}

/// Whether a policy that may be in force asks for MFA at every sign-in it is for.
fn asks(policy: &ConditionalAccessPolicy) -> bool {
    let in_force = match policy.state {
        PolicyState::Enabled | PolicyState::Unknown(_) => true,
        PolicyState::Disabled | PolicyState::ReportOnly => false,
    };
    // One control among several can be chosen.
    let asks = policy.grant.as_ref().is_some_and(|grant| {
        !grant.block
            && (grant.mfa || grant.strength.is_some())
            && (grant.all || grant.others.is_empty())
    });
    in_force && policy.all_applications && asks
}

fn by_policies(
    facts: &Facts,
    asking: &[&ConditionalAccessPolicy],
    administrator: &Administrator<'_>,
) -> Result<Reach, Gap> {
    let (mut best, mut unread) = (Reach::Nothing, None);
    for &policy in asking {
        let in_part = policy.excludes_applications || policy.narrowed;
        let worth = if in_part { Reach::InPart } else { Reach::Whole };
        let reached = reaches(facts, policy, administrator)
            .and_then(|it| Ok(it && is_multifactor(facts, policy)?));
        match (reached, &policy.state) {
            (Ok(true), PolicyState::Unknown(state)) => {
                unread.get_or_insert_with(|| unknown_state(policy, state));
            }
            (Ok(true), _) => best = best.max(worth),
            (Ok(false), _) => {}
            (Err(gap), _) => {
                unread.get_or_insert(gap);
            }
        }
    }
    match unread {
        Some(gap) if best < Reach::Whole => Err(gap),
        Some(_) | None => Ok(best),
    }
}

/// A strength of the tenant's own may be a password alone.
fn is_multifactor(facts: &Facts, policy: &ConditionalAccessPolicy) -> Result<bool, Gap> {
    let Some(grant) = &policy.grant else { return Ok(false) };
    match grant.strength.as_deref() {
        None => Ok(grant.mfa),
        Some(_) if grant.mfa && grant.all => Ok(true),
        Some(id) => Ok(facts.strength(&id.to_ascii_lowercase())?.is_multifactor()),
    }
}

/// Whether a policy is for this account, and leaves it not out.
fn reaches(
    facts: &Facts,
    policy: &ConditionalAccessPolicy,
    administrator: &Administrator<'_>,
) -> Result<bool, Gap> {
    let Administrator { id, user, roles } = administrator;
    let users = &policy.users;
    let guest = user.is_some_and(User::is_guest);
    if (guest && users.excludes_guests) || roles.iter().any(|it| users.exclude_roles.contains(*it))
    {
        return Ok(false);
    }
    let mut included = users.all
        || users.include_users.contains(*id)
        || roles.iter().any(|it| users.include_roles.contains(*it));
    let mut unread = None;
    if !included {
        for group in &users.include_groups {
            let expansion = facts.members_of(group);
            let chains = expansion.members.get(*id).map(Vec::as_slice).unwrap_or_default();
            included |= chains.iter().any(|chain| chain.all(|hop| hop.how.is_standing()));
            unread = unread.or_else(|| expansion.gaps.first().cloned());
        }
    }
    // Which kinds of guests it is for is not read.
    if !included && guest && users.includes_guests {
        let detail = format!("whether {} is for this kind of guest is not known", policy.name);
        unread = unread.or_else(|| {
            Some(Gap::of(Dataset::ConditionalAccessPolicies, GapKind::Unreadable, detail))
        });
    }
    match unread {
        Some(gap) if !included => Err(gap),
        Some(_) | None => Ok(included && !facts.is_excluded(policy, id)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, USER_ADMINISTRATOR};
    use crate::model::{Collected, Enablement, GrantControls, GroupAccess, UserConditions};

    /// Neither of tier high nor labelled PRIVILEGED.
    const TEAMS_ADMINISTRATOR: &str = "69091246-20e8-4a56-aa4d-066075b2a7a8";

    type Change = fn(&mut Case);

    fn policy_for(users: UserConditions) -> ConditionalAccessPolicy {
        ConditionalAccessPolicy {
            name: "asks".into(),
            state: PolicyState::Enabled,
            users,
            all_applications: true,
            grant: Some(GrantControls { mfa: true, ..GrantControls::default() }),
            ..ConditionalAccessPolicy::default()
        }
    }

    fn for_all(change: impl Fn(&mut ConditionalAccessPolicy)) -> ConditionalAccessPolicy {
        let mut policy = policy_for(UserConditions { all: true, ..UserConditions::default() });
        change(&mut policy);
        policy
    }

    fn people(ids: &[&str]) -> BTreeSet<PrincipalId> {
        ids.iter().map(|id| PrincipalId::new(id)).collect()
    }

    fn by_settings(case: &mut Case, mfa: bool) {
        for role in [GLOBAL_ADMINISTRATOR, USER_ADMINISTRATOR, TEAMS_ADMINISTRATOR] {
            let asked = Enablement { mfa, justification: true, ticket: false };
            case.policy(role).activation_enablement = Ok(asked);
        }
    }

    /// Two standing break-glass accounts, and two people who activate.
    fn tenant() -> Case {
        let mut case = Case::new();
        for person in ["bg1", "bg2"] {
            case.user(person);
            case.active(person, GLOBAL_ADMINISTRATOR);
            case.organisation.break_glass.push(person.to_owned());
        }
        case.user("ana");
        case.eligible("ana", USER_ADMINISTRATOR);
        case.user("tom");
        case.eligible("tom", TEAMS_ADMINISTRATOR);
        by_settings(&mut case, false);
        case
    }

    fn judged(case: &Case) -> Result<&'static str, GapKind> {
        let outcome = case.judge_tenant(&CHECK, &Expect::Variant(EITHER_METHOD));
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    #[test]
    fn either_of_two_methods_is_enough_for_each_administrator() {
        let cases: [(&str, Change, Result<&str, GapKind>); 20] = [
            ("nothing", |_| {}, Ok("fail")),
            ("a policy for all", |case| case.conditional_access(for_all(|_| {})), Ok("pass")),
            // Who is active already passes no activation.
            ("the settings alone", |case| by_settings(case, true), Ok("fail")),
            (
                "the settings, and a policy for those who stand",
                |case| {
                    by_settings(case, true);
                    let include_users = people(&["bg1", "bg2"]);
                    let users = UserConditions { include_users, ..UserConditions::default() };
                    case.conditional_access(policy_for(users));
                },
                Ok("pass"),
            ),
            (
                "the settings, and a policy for a group of one of them",
                |case| {
                    by_settings(case, true);
                    case.group("g", &["bg1"]);
                    let include_groups = people(&["g"]);
                    let users = UserConditions { include_groups, ..UserConditions::default() };
                    case.conditional_access(policy_for(users));
                },
                Ok("fail"),
            ),
            (
                "the settings, and a policy for the role",
                |case| {
                    by_settings(case, true);
                    let include_roles = [RoleId::new(GLOBAL_ADMINISTRATOR)].into();
                    let users = UserConditions { include_roles, ..UserConditions::default() };
                    case.conditional_access(policy_for(users));
                },
                Ok("pass"),
            ),
            (
                "break-glass accounts left out",
                |case| {
                    case.conditional_access(for_all(|policy| {
                        policy.users.exclude_users = people(&["bg1", "bg2"]);
                    }));
                },
                Ok("fail"),
            ),
            (
                "an administrator left out who must activate with MFA",
                |case| {
                    by_settings(case, true);
                    case.conditional_access(for_all(|policy| {
                        policy.users.exclude_users = people(&["tom"]);
                    }));
                },
                Ok("pass"),
            ),
            // A role of whatever tier.
            (
                "a policy for two of three roles",
                |case| {
                    let include_roles = [GLOBAL_ADMINISTRATOR, USER_ADMINISTRATOR];
                    let include_roles = include_roles.map(RoleId::new).into();
                    let users = UserConditions { include_roles, ..UserConditions::default() };
                    case.conditional_access(policy_for(users));
                },
                Ok("fail"),
            ),
            (
                "one role within a unit",
                |case| {
                    let include_roles =
                        [GLOBAL_ADMINISTRATOR, USER_ADMINISTRATOR, TEAMS_ADMINISTRATOR];
                    let include_roles = include_roles.map(RoleId::new).into();
                    let users = UserConditions { include_roles, ..UserConditions::default() };
                    case.conditional_access(policy_for(users));
                    case.eligible("ana", TEAMS_ADMINISTRATOR).within =
                        crate::model::Scope::AdministrativeUnit("au".into());
                    case.eligible("eve", TEAMS_ADMINISTRATOR).within =
                        crate::model::Scope::AdministrativeUnit("au".into());
                    case.user("eve");
                },
                Ok("fail"),
            ),
            (
                "reports only",
                |case| {
                    case.conditional_access(for_all(|it| it.state = PolicyState::ReportOnly));
                },
                Ok("fail"),
            ),
            (
                "or a compliant device",
                |case| {
                    case.conditional_access(for_all(|it| {
                        it.grant.as_mut().unwrap().others = vec!["compliantDevice".into()];
                    }));
                },
                Ok("fail"),
            ),
            (
                "an application left out",
                |case| case.conditional_access(for_all(|it| it.excludes_applications = true)),
                Ok("partial"),
            ),
            (
                "the security defaults",
                |case| case.tenant.security_defaults = Collected::Complete(true),
                Ok("partial"),
            ),
            (
                "a disabled account left out",
                |case| {
                    case.user("off").enabled = Some(false);
                    case.active("off", GLOBAL_ADMINISTRATOR);
                    case.conditional_access(for_all(|policy| {
                        policy.users.exclude_users = people(&["off"]);
                    }));
                },
                Ok("pass"),
            ),
            (
                "a policy in a state that is not known",
                |case| {
                    let state = PolicyState::Unknown("paused".into());
                    case.conditional_access(for_all(|it| it.state = state.clone()));
                },
                Err(GapKind::Unreadable),
            ),
            (
                "the settings not read",
                |case| {
                    let users = people(&["bg1", "bg2"]);
                    let users =
                        UserConditions { include_users: users, ..UserConditions::default() };
                    case.conditional_access(policy_for(users));
                    case.missing(Dataset::RolePolicies);
                },
                Err(GapKind::PermissionDenied),
            ),
            (
                "the settings not read, a policy for all",
                |case| {
                    case.conditional_access(for_all(|_| {}));
                    case.missing(Dataset::RolePolicies);
                },
                Ok("pass"),
            ),
            (
                "assignments in part",
                |case| {
                    case.conditional_access(for_all(|_| {}));
                    let known = case.tenant.active.at_least().unwrap().clone();
                    let gap = Gap::of(Dataset::RoleAssignments, GapKind::Failed, "503");
                    case.tenant.active = Collected::Partial(known, gap);
                },
                Err(GapKind::Failed),
            ),
            (
                "policies not read",
                |case| case.missing(Dataset::ConditionalAccessPolicies),
                Err(GapKind::PermissionDenied),
            ),
        ];
        for (what, change, expected) in cases {
            let mut case = tenant();
            change(&mut case);
            assert_eq!(judged(&case), expected, "{what}");
        }
    }

    #[test]
    fn of_a_way_through_a_group_one_activation_with_mfa_is_enough() {
        for (role_asks, group_asks, expected) in
            [(false, false, "fail"), (true, false, "pass"), (false, true, "pass")]
        {
            let mut case = Case::new();
            case.user("ana");
            case.group("g", &[]);
            case.onboard("g");
            case.group_eligible("ana", "g", GroupAccess::Member);
            case.eligible("g", TEAMS_ADMINISTRATOR);
            by_settings(&mut case, role_asks);
            let asked = Enablement { mfa: group_asks, justification: true, ticket: false };
            case.group_policy("g", GroupAccess::Member).activation_enablement = Ok(asked);
            assert_eq!(judged(&case), Ok(expected), "{role_asks} {group_asks}");
        }
    }

    #[test]
    fn an_authentication_context_is_worth_what_conditional_access_makes_of_it() {
        let for_context = |state: PolicyState| {
            for_all(|policy| {
                policy.state = state.clone();
                policy.all_applications = false;
                policy.contexts = ["c7".into()].into();
            })
        };
        for (policies, expected) in [
            // No policy knows it, so PIM falls back to MFA.
            (vec![], "pass"),
            (vec![for_context(PolicyState::Enabled)], "pass"),
            (vec![for_context(PolicyState::ReportOnly)], "fail"),
            // Nobody holds the role before the activation, so it asks for nothing.
            (
                vec![ConditionalAccessPolicy {
                    users: UserConditions {
                        include_roles: [RoleId::new(USER_ADMINISTRATOR)].into(),
                        ..UserConditions::default()
                    },
                    ..for_context(PolicyState::Enabled)
                }],
                "fail",
            ),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.eligible("ana", USER_ADMINISTRATOR);
            by_settings(&mut case, false);
            case.policy(USER_ADMINISTRATOR).authentication_context =
                Ok(AuthenticationContext::On("c7".into()));
            for policy in policies.clone() {
                case.conditional_access(policy);
            }
            assert_eq!(judged(&case), Ok(expected), "{policies:?}");
        }
    }

    #[test]
    fn nobody_is_no_pass() {
        assert_eq!(judged(&Case::new()), Err(GapKind::ImpossiblyEmpty));
    }

    #[test]
    fn the_expectation_says_whom_the_rule_is_about() {
        let roles = || BTreeSet::from([RoleId::new(GLOBAL_ADMINISTRATOR)]);
        for (expect, expected) in [
            (Expect::Required, EXPECTED),
            (Expect::Roles(roles()), EXPECTED_NAMED),
            (Expect::OnePolicy(roles()), EXPECTED_ONE_POLICY),
            (Expect::Variant(EITHER_METHOD), EXPECTED_EITHER),
        ] {
            let outcome = tenant().judge_tenant(&CHECK, &expect).unwrap();
            assert_eq!(outcome.details().unwrap().expected, expected, "{expect:?}");
        }
    }
}
