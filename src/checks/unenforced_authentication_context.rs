//! `unenforced-authentication-context`: whether the context that is asked for is worth anything.

use super::{Check, Expect, ExpectShape, Fix, Subjects};
use crate::facts::{EnforcementState, Facts};
use crate::model::{
    ActivationPolicy, AuthenticationContext, Dataset, Enablement, Evidence, Gap, Outcome,
};

const RULE: &str = "AuthenticationContext_EndUser_Assignment";
const EXPECTED: &str =
    "a Conditional Access policy in force asks everybody eligible for MFA or more";

/// The check.
pub static CHECK: Check = Check {
    id: "unenforced-authentication-context",
    title: "Authentication context is not enforced",
    what: "Where an activation asks for an authentication context, looks for a Conditional Access policy \
        in force that names it, demands MFA or an authentication strength, and covers everybody eligible. \
        No policy at all is met in part, as PIM then asks for MFA. A policy that is off, only reports or \
        leaves somebody out fails.",
    why: "PIM hands the question over to Conditional Access and believes the answer. A policy in report \
        only mode answers that nothing is needed, and the role is activated without MFA.",
    fix: Fix {
        portal: "Entra admin center > Protection > Conditional Access > Policies > (the policy): Users: all \
            users, or the group of those eligible; Target resources: the authentication context; Grant: \
            require authentication strength; Enable policy: On. Policies for directory roles do not match, \
            as the role is not active yet",
        graph: &[
            "GET /v1.0/identity/conditionalAccess/policies",
            "PATCH /v1.0/identity/conditionalAccess/policies/<id of the Conditional Access policy> \
            {\"state\":\"enabled\"}",
            "POST /v1.0/identity/conditionalAccess/policies \
            {\"displayName\":\"PIM activation asks for phishing-resistant MFA\",\"state\":\"enabled\",\
            \"conditions\":{\"users\":{\"includeUsers\":[\"All\"]},\"applications\":\
            {\"includeAuthenticationContextClassReferences\":[\"<claim value, such as c1>\"]}},\
            \"grantControls\":{\"operator\":\"OR\",\"authenticationStrength\":\
            {\"id\":\"00000000-0000-0000-0000-000000000004\"}}}",
        ],
    },
    references: &[
        "Microsoft Entra security operations for PIM: baselines",
        "Microsoft Entra documentation: role settings in PIM",
    ],
    subjects: Subjects::Policies,
    needs: &[
        Dataset::RolePolicies,
        Dataset::GroupPolicies,
        Dataset::ConditionalAccessPolicies,
        Dataset::AuthenticationContexts,
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

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let access = facts.judged_access()?;
    let policy = facts.policy()?;
    let (outcome, claim) = match policy.authentication_context.as_ref().map_err(Clone::clone)? {
        AuthenticationContext::Off => {
            return Ok(Outcome::not_applicable("activation asks for no authentication context"));
        }
        AuthenticationContext::OnWithoutClaim => {
            let observed = "authentication context on without a claim value from c1 to c99: it asks for nothing";
            (Outcome::fail(observed, EXPECTED), "null")
        }
        AuthenticationContext::On(claim) => {
            let found = facts.enforcement_of(access, claim)?;
            (outcome(claim, found.state, asks_for_mfa(policy)).note(found.why), &**claim)
        }
    };
    let evidence = |field: &str, value: &str| {
        Evidence::new(policy.dataset, &policy.id, format!("{RULE}.{field}"), value.to_owned())
    };
    Ok(outcome
        .maybe_note(asks_for_mfa(policy).then_some("MFA is asked for beside the context"))
        .evidence(evidence("isEnabled", "true"))
        .evidence(evidence("claimValue", claim)))
}

fn asks_for_mfa(policy: &ActivationPolicy) -> bool {
    matches!(policy.activation_enablement, Ok(Enablement { mfa: true, .. }))
}

fn outcome(claim: &str, state: EnforcementState, mfa: bool) -> Outcome {
    match state {
        EnforcementState::Enforced => Outcome::pass(format!("{claim} is enforced"), EXPECTED),
        EnforcementState::FallsBackToMfa => {
            Outcome::partial(0.5, format!("{claim} falls back to MFA"), EXPECTED)
        }
        EnforcementState::Partly => {
            Outcome::partial(0.5, format!("{claim} is enforced in part"), EXPECTED)
        }
        EnforcementState::NotEnforced if mfa => {
            Outcome::fail(format!("{claim} is not enforced"), EXPECTED)
        }
        EnforcementState::NotEnforced => {
            Outcome::fail(format!("{claim} is not enforced: activation without MFA"), EXPECTED)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::Access;
    use crate::model::{
        AuthenticationContextClass, Collected, ConditionalAccessPolicy, GapKind, GrantControls,
        GroupAccess, PolicyState, PrincipalId, RoleId, UserConditions,
    };
    use std::collections::BTreeSet;

    const ROLE: &str = GLOBAL_ADMINISTRATOR;
    const STRENGTH: &str = "00000000-0000-0000-0000-000000000004";

    fn mfa() -> GrantControls {
        GrantControls { mfa: true, ..GrantControls::default() }
    }

    /// A policy in force that asks everybody for MFA at `c1`.
    fn enforcing() -> ConditionalAccessPolicy {
        ConditionalAccessPolicy {
            id: "p1".into(),
            name: "PIM activation".into(),
            state: PolicyState::Enabled,
            users: UserConditions { all: true, ..UserConditions::default() },
            contexts: ["c1".into()].into(),
            grant: Some(mfa()),
            ..ConditionalAccessPolicy::default()
        }
    }

    /// A role with the context on, of which ana is eligible; without a Conditional Access policy.
    fn role_case(claim: &str) -> Case {
        let mut case = Case::new();
        case.user("ana");
        case.eligible("ana", ROLE);
        case.context("c1");
        let policy = case.policy(ROLE);
        policy.authentication_context = Ok(AuthenticationContext::On(claim.into()));
        policy.activation_enablement = Ok(Enablement { mfa: false, ..Enablement::default() });
        case
    }

    fn outcome(case: &Case) -> Result<Outcome, Gap> {
        case.judge_access(&CHECK, Access::DirectoryRole(RoleId::new(ROLE)), &Expect::Required)
    }

    fn judged(case: &Case) -> Result<&'static str, GapKind> {
        outcome(case).map(|it| it.name()).map_err(|gap| gap.kind)
    }

    #[test]
    fn only_a_context_that_is_on_is_judged() {
        for (context, expected) in [
            (Ok(AuthenticationContext::Off), Ok("not-applicable")),
            (Ok(AuthenticationContext::OnWithoutClaim), Ok("fail")),
            (Ok(AuthenticationContext::On("c1".into())), Ok("pass")),
            (
                Err(Gap::unreadable(Dataset::RolePolicies, "the rule is missing")),
                Err(GapKind::Unreadable),
            ),
        ] {
            let mut case = role_case("c1");
            case.conditional_access(enforcing());
            case.policy(ROLE).authentication_context = context.clone();
            assert_eq!(judged(&case), expected, "{context:?}");
        }
        let mut case = Case::new();
        assert_eq!(judged(&case), Err(GapKind::ImpossiblyEmpty), "no policy");
        case.missing(Dataset::RolePolicies);
        assert_eq!(judged(&case), Err(GapKind::PermissionDenied));
    }

    #[test]
    fn a_policy_in_force_enforces_and_none_at_all_falls_back() {
        for (claim, state, expected) in [
            ("c1", Some(PolicyState::Enabled), "pass"),
            ("C1", Some(PolicyState::Enabled), "pass"),
            ("c1", Some(PolicyState::Disabled), "fail"),
            ("c1", Some(PolicyState::ReportOnly), "fail"),
            ("c1", None, "partial"),
            // The policy names another context.
            ("c2", Some(PolicyState::Enabled), "partial"),
            ("c2", Some(PolicyState::ReportOnly), "partial"),
        ] {
            let mut case = role_case(claim);
            if let Some(state) = state.clone() {
                case.conditional_access(ConditionalAccessPolicy { state, ..enforcing() });
            }
            let outcome = outcome(&case).unwrap();
            assert_eq!(outcome.name(), expected, "{claim} {state:?}");
            let details = outcome.details().unwrap();
            assert_eq!((details.notes.len(), details.evidence.len()), (1, 2), "{claim} {state:?}");
        }
    }

    #[test]
    fn what_the_policy_asks_for_decides() {
        let strength = Some(STRENGTH.into());
        let device = || vec!["compliantDevice".into()];
        for (grant, expected) in [
            (Some(mfa()), "pass"),
            (Some(GrantControls { strength, ..GrantControls::default() }), "pass"),
            (Some(GrantControls { others: device(), ..mfa() }), "fail"),
            (Some(GrantControls { all: true, others: device(), ..mfa() }), "pass"),
            (Some(GrantControls { others: device(), ..GrantControls::default() }), "fail"),
            (None, "fail"),
        ] {
            let mut case = role_case("c1");
            let policy = ConditionalAccessPolicy { grant: grant.clone(), ..enforcing() };
            case.conditional_access(policy);
            assert_eq!(judged(&case), Ok(expected), "{grant:?}");
        }
    }

    #[test]
    fn everybody_eligible_must_be_covered_but_break_glass() {
        let ana = || -> BTreeSet<PrincipalId> { [PrincipalId::new("ana")].into() };
        let team = || -> BTreeSet<PrincipalId> { [PrincipalId::new("team")].into() };
        let all = || UserConditions { all: true, ..UserConditions::default() };
        for (users, break_glass, expected) in [
            (UserConditions { include_users: ana(), ..UserConditions::default() }, false, "pass"),
            (UserConditions { include_groups: team(), ..UserConditions::default() }, false, "pass"),
            (UserConditions { exclude_users: ana(), ..all() }, false, "fail"),
            (UserConditions { exclude_groups: team(), ..all() }, false, "fail"),
            (UserConditions::default(), false, "fail"),
            (UserConditions { exclude_users: ana(), ..all() }, true, "pass"),
            // The role is not active yet, so it does not match.
            (
                UserConditions {
                    include_roles: [RoleId::new(ROLE)].into(),
                    ..UserConditions::default()
                },
                false,
                "partial",
            ),
        ] {
            let mut case = role_case("c1");
            case.group("team", &["ana"]);
            if break_glass {
                case.organisation.break_glass.push("ana".to_owned());
            }
            case.conditional_access(ConditionalAccessPolicy {
                users: users.clone(),
                ..enforcing()
            });
            assert_eq!(judged(&case), Ok(expected), "{users:?} {break_glass}");
        }
    }

    #[test]
    fn a_context_that_is_not_published_is_met_in_part_and_a_narrowed_policy_not_at_all() {
        let mut hidden = role_case("c1");
        hidden.conditional_access(enforcing());
        hidden.tenant.contexts = Collected::Complete(vec![AuthenticationContextClass {
            claim: "c1".into(),
            name: "PIM".into(),
            available: Some(false),
        }]);
        assert_eq!(judged(&hidden), Ok("partial"));
        let mut narrowed = role_case("c1");
        narrowed.conditional_access(ConditionalAccessPolicy { narrowed: true, ..enforcing() });
        assert_eq!(judged(&narrowed), Ok("fail"));
    }

    #[test]
    fn who_is_only_eligible_for_an_included_group_is_not_in_it() {
        let team = || -> BTreeSet<PrincipalId> { [PrincipalId::new("team")].into() };
        for (members, eligible, expected) in
            [(&["ana"][..], false, "pass"), (&[], true, "fail"), (&["ana"], true, "pass")]
        {
            let mut case = role_case("c1");
            case.group("team", members);
            case.onboard("team");
            if eligible {
                case.group_eligible("ana", "team", crate::model::GroupAccess::Member);
            }
            let users = UserConditions { include_groups: team(), ..UserConditions::default() };
            case.conditional_access(ConditionalAccessPolicy { users, ..enforcing() });
            assert_eq!(judged(&case), Ok(expected), "{members:?} {eligible}");
        }
    }

    #[test]
    fn who_is_excluded_for_certain_fails_whatever_is_not_known_of_others() {
        let mut case = role_case("c1");
        case.user("ben");
        case.eligible("ben", ROLE);
        case.unreadable_group("closed");
        let users = UserConditions {
            all: true,
            exclude_users: [PrincipalId::new("ana")].into(),
            exclude_groups: [PrincipalId::new("closed")].into(),
            ..UserConditions::default()
        };
        case.conditional_access(ConditionalAccessPolicy { users, ..enforcing() });
        assert_eq!(judged(&case), Ok("fail"));
    }

    #[test]
    fn an_exclusion_counts_beside_roles_as_well() {
        for (excluded, expected) in [(true, "fail"), (false, "partial")] {
            let mut case = role_case("c1");
            let exclude_users =
                if excluded { [PrincipalId::new("ana")].into() } else { BTreeSet::new() };
            let users = UserConditions {
                include_roles: [RoleId::new(ROLE)].into(),
                exclude_users,
                ..UserConditions::default()
            };
            case.conditional_access(ConditionalAccessPolicy { users, ..enforcing() });
            assert_eq!(judged(&case), Ok(expected), "{excluded}");
        }
    }

    #[test]
    fn mfa_beside_the_context_is_only_noted() {
        let mut case = role_case("c1");
        case.policy(ROLE).activation_enablement =
            Ok(Enablement { mfa: true, ..Enablement::default() });
        case.conditional_access(ConditionalAccessPolicy {
            state: PolicyState::ReportOnly,
            ..enforcing()
        });
        let outcome = outcome(&case).unwrap();
        assert_eq!(outcome.name(), "fail");
        assert_eq!(outcome.details().unwrap().notes.len(), 2);
    }

    #[test]
    fn group_accesses_are_judged_by_their_own_policy_and_people() {
        for (access, state, expected) in [
            (GroupAccess::Member, PolicyState::Enabled, "pass"),
            (GroupAccess::Member, PolicyState::ReportOnly, "fail"),
            (GroupAccess::Owner, PolicyState::Enabled, "fail"),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.user("ben");
            case.context("c1");
            case.group("team", &[]);
            case.onboard("team");
            case.group_eligible("ana", "team", GroupAccess::Member);
            case.group_eligible("ben", "team", GroupAccess::Owner);
            case.active("team", ROLE);
            case.policy(ROLE);
            case.group_policy("team", access).authentication_context =
                Ok(AuthenticationContext::On("c1".into()));
            let users = UserConditions {
                include_users: [PrincipalId::new("ana")].into(),
                ..UserConditions::default()
            };
            case.conditional_access(ConditionalAccessPolicy {
                state: state.clone(),
                users,
                ..enforcing()
            });
            let judge = |access| {
                let access = Access::Group(PrincipalId::new("team"), access);
                case.judge_access(&CHECK, access, &Expect::Required).unwrap()
            };
            let outcome = judge(access);
            assert_eq!(outcome.name(), expected, "{access:?} {state:?}");
            let evidence = &outcome.details().unwrap().evidence;
            assert!(evidence.iter().all(|it| it.dataset == Dataset::GroupPolicies));
            let other = match access {
                GroupAccess::Member => GroupAccess::Owner,
                GroupAccess::Owner => GroupAccess::Member,
            };
            assert_eq!(judge(other).name(), "not-applicable", "{other:?}");
            let keys = case.subjects(&CHECK);
            for key in ["group:team:member", "group:team:owner"] {
                assert!(keys.iter().any(|it| it == key), "{key}");
            }
        }
    }

    #[test]
    fn unread_people_matter_only_under_a_policy_in_force() {
        let unread = Gap::of(Dataset::RoleEligibilityScheduleInstances, GapKind::Failed, "503");
        for (state, expected) in [
            (Some(PolicyState::Enabled), Err(GapKind::Failed)),
            (Some(PolicyState::ReportOnly), Ok("fail")),
            (None, Ok("partial")),
        ] {
            let mut case = role_case("c1");
            let known = case.tenant.eligible.at_least().unwrap().clone();
            case.tenant.eligible = Collected::Partial(known, unread.clone());
            if let Some(state) = state.clone() {
                case.conditional_access(ConditionalAccessPolicy { state, ..enforcing() });
            }
            assert_eq!(judged(&case), expected, "{state:?}");
        }
    }

    #[test]
    fn what_was_not_read_of_conditional_access_is_not_assessed() {
        type Change = fn(&mut Case);
        let changes: [(&str, Change, GapKind); 3] = [
            (
                "policies",
                |case| case.missing(Dataset::ConditionalAccessPolicies),
                GapKind::PermissionDenied,
            ),
            (
                "an excluded group",
                |case| {
                    let mut policy = enforcing();
                    policy.users.exclude_groups.insert(PrincipalId::new("closed"));
                    case.unreadable_group("closed");
                    case.conditional_access(policy);
                },
                GapKind::Incomplete,
            ),
            (
                "the state of the policy",
                |case| {
                    let state = PolicyState::Unknown("paused".into());
                    case.conditional_access(ConditionalAccessPolicy { state, ..enforcing() });
                },
                GapKind::Unreadable,
            ),
        ];
        for (name, change, expected) in changes {
            let mut case = role_case("c1");
            change(&mut case);
            assert_eq!(judged(&case), Err(expected), "{name}");
        }
        let mut without_contexts = role_case("c1");
        without_contexts.conditional_access(enforcing());
        without_contexts.missing(Dataset::AuthenticationContexts);
        assert_eq!(judged(&without_contexts), Ok("pass"), "the policy itself is proof");
    }
}
