//! `activation-without-mfa`: whether an activation asks for multifactor authentication.

use super::licensed::{INTUNE_WITH_PIM, skipped};
use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant};
use crate::facts::Facts;
use crate::facts::enablement::{asked_in_words, enabled_rules};
use crate::facts::{Enforcement, EnforcementState};
use crate::model::{AuthenticationContext, Dataset, Evidence, Gap, Outcome};

const RULE: &str = "Enablement_EndUser_Assignment";
const CONTEXT_RULE: &str = "AuthenticationContext_EndUser_Assignment";
const EXPECTED: &str = "MFA at every activation";
/// Zero Trust Assessment 51016.
const ZERO_TRUST: &str = "zero-trust";

/// The check.
pub static CHECK: Check = Check {
    id: "activation-without-mfa",
    title: "Activation without MFA",
    what: "Reads whether each role's policy asks for MFA at activation. An authentication context \
        enforced by Conditional Access is an alternative; one that is on without a claim value asks for \
        nothing. Either way the session may have done its MFA earlier: PIM does not always prompt again. \
        Of a group it is enough that it is asked further on, on every way to the role.",
    why: "Without MFA at activation a stolen password can be enough to become an administrator: one \
        setting stands between the thief and the role.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Roles > (the role) > Role settings > Edit > Activation > On activation, require > \
            Azure MFA. Switch an authentication context off first: Graph refuses MFA beside one with \
            MfaAndAcrsConflict. The Graph call replaces the whole list: add Ticketing where it is asked",
        graph: &[
            "PATCH /v1.0/policies/roleManagementPolicies/{policy}/rules/AuthenticationContext_EndUser_Assignment \
            {\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyAuthenticationContextRule\",\
            \"id\":\"AuthenticationContext_EndUser_Assignment\",\"isEnabled\":false,\"claimValue\":\"\",\
            \"target\":{\"caller\":\"EndUser\",\"operations\":[\"all\"],\"level\":\"Assignment\",\
            \"inheritableSettings\":[],\"enforcedSettings\":[]}}",
            "PATCH /v1.0/policies/roleManagementPolicies/{policy}/rules/Enablement_EndUser_Assignment \
            {\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyEnablementRule\",\
            \"id\":\"Enablement_EndUser_Assignment\",\
            \"enabledRules\":[\"MultiFactorAuthentication\",\"Justification\"],\
            \"target\":{\"caller\":\"EndUser\",\"operations\":[\"all\"],\"level\":\"Assignment\",\
            \"inheritableSettings\":[],\"enforcedSettings\":[]}}",
        ],
    },
    references: &[
        "Microsoft Entra security operations for PIM: baselines",
        "Microsoft best practices for Entra roles: MFA for all administrators",
        "Entra ID STIG V-270233",
        "PIM with Defender for Office 365",
        "Entra ID PIM and roles for investigators",
    ],
    subjects: Subjects::Gates,
    needs: &[
        Dataset::RolePolicies,
        Dataset::GroupPolicies,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::Principals,
        Dataset::GroupMembers,
        Dataset::GroupOwners,
        Dataset::ConditionalAccessPolicies,
        Dataset::AuthenticationContexts,
        Dataset::SubscribedSkus,
    ],
    variants: &[Variant {
        name: ZERO_TRUST,
        meaning: "the setting itself must be on, an authentication context is no alternative; without \
            licences of Intune and Entra ID P2 nothing is said",
    }],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    if expect.is_variant(ZERO_TRUST)
        && let Some(skipped) = skipped(facts, &INTUNE_WITH_PIM)?
    {
        return Ok(skipped);
    }
    let policy = facts.policy()?;
    let asked = *policy.activation_enablement.as_ref().map_err(Clone::clone)?;
    let evidence =
        |field: String, value: String| Evidence::new(policy.dataset, &policy.id, field, value);
    let enabled = evidence(format!("{RULE}.enabledRules"), enabled_rules(asked));
    if asked.mfa {
        let both = matches!(policy.authentication_context, Ok(AuthenticationContext::On(_)));
        return Ok(Outcome::pass(asked_in_words(asked), EXPECTED).evidence(enabled).maybe_note(
            both.then_some("an authentication context is on as well; either of the two is enough"),
        ));
    }
    if expect.is_variant(ZERO_TRUST) {
        return Ok(Outcome::fail("no MFA", EXPECTED).evidence(enabled));
    }
    let (observed, is_on) = match policy.authentication_context.as_ref().map_err(Clone::clone)? {
        AuthenticationContext::Off => ("no MFA", "false"),
        AuthenticationContext::OnWithoutClaim => {
            ("no MFA, authentication context on without a claim value from c1 to c99", "true")
        }
        AuthenticationContext::On(claim) => {
            let enforcement = facts.enforcement_of(facts.judged_access()?, claim)?;
            let outcome = by_context(claim, &enforcement);
            return Ok(outcome
                .evidence(enabled)
                .evidence(evidence(format!("{CONTEXT_RULE}.claimValue"), claim.to_string())));
        }
    };
    Ok(Outcome::fail(observed, EXPECTED)
        .evidence(enabled)
        .evidence(evidence(format!("{CONTEXT_RULE}.isEnabled"), is_on.to_owned())))
}

/// Only Conditional Access says whether a context is worth anything: a policy that is off or
/// report-only lets people activate without MFA.
fn by_context(claim: &str, enforcement: &Enforcement) -> Outcome {
    let why = enforcement.why.clone();
    match enforcement.state {
        EnforcementState::Enforced => {
            Outcome::pass(format!("authentication context {claim}, enforced"), EXPECTED).note(why)
        }
        EnforcementState::FallsBackToMfa => Outcome::pass(
            format!("authentication context {claim}, which falls back to MFA"),
            EXPECTED,
        )
        .note(why),
        EnforcementState::Partly => {
            Outcome::pass(format!("authentication context {claim}, enforced in part"), EXPECTED)
                .note(why)
        }
        EnforcementState::NotEnforced => {
            Outcome::fail(format!("authentication context {claim}, not enforced: {why}"), EXPECTED)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::licensed::INTUNE_PLAN;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::licence::P2_PLAN;
    use crate::model::{
        Collected, ConditionalAccessPolicy, Enablement, GapKind, GrantControls, PolicyState,
        UserConditions,
    };

    #[test]
    fn a_role_that_somebody_holds_is_judged_without_its_definition() {
        let mut case = Case::new();
        case.user("ana");
        case.eligible("ana", GLOBAL_ADMINISTRATOR);
        let mut roles = case.tenant.roles.at_least().unwrap().clone();
        roles.retain(|id, _| !id.is(GLOBAL_ADMINISTRATOR));
        case.tenant.roles = Collected::Complete(roles);
        let key = format!("role:{GLOBAL_ADMINISTRATOR}");
        assert!(case.subjects(&CHECK).contains(&key), "{:?}", case.subjects(&CHECK));
    }

    fn judged(mfa: bool, context: Result<AuthenticationContext, Gap>) -> Result<Outcome, Gap> {
        let mut case = Case::new();
        let policy = case.policy(GLOBAL_ADMINISTRATOR);
        policy.activation_enablement = Ok(Enablement { mfa, justification: true, ticket: false });
        policy.authentication_context = context;
        case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required)
    }

    fn unreadable() -> Gap {
        Gap::unreadable(Dataset::RolePolicies, "the rule is missing")
    }

    #[test]
    fn an_unread_rule_is_a_gap_only_where_it_decides() {
        assert_eq!(judged(false, Err(unreadable())).unwrap_err(), unreadable());
        assert_eq!(judged(true, Err(unreadable())).unwrap().name(), "pass");
        let mut case = Case::new();
        let policy = case.policy(GLOBAL_ADMINISTRATOR);
        policy.activation_enablement = Err(unreadable());
        policy.authentication_context = Ok(AuthenticationContext::Off);
        let gap = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap_err();
        assert_eq!(gap, unreadable());
    }

    #[test]
    fn an_absent_policy_or_list_is_not_assessed() {
        let mut case = Case::new();
        let gap = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap_err();
        assert_eq!(gap.kind, GapKind::ImpossiblyEmpty);
        let missing = Gap::of(Dataset::RolePolicies, GapKind::LicenceMissing, "no P2");
        case.tenant.policies = Collected::Missing(missing.clone());
        let gap = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap_err();
        assert_eq!(gap, missing);
    }

    #[test]
    fn mfa_and_context_are_alternatives_and_may_both_be_on() {
        for (mfa, context, expected, notes) in [
            (false, AuthenticationContext::Off, "fail", 0),
            (false, AuthenticationContext::OnWithoutClaim, "fail", 0),
            (true, AuthenticationContext::OnWithoutClaim, "pass", 0),
            (true, AuthenticationContext::On("c1".into()), "pass", 1),
            (true, AuthenticationContext::Off, "pass", 0),
        ] {
            let outcome = judged(mfa, Ok(context.clone())).unwrap();
            assert_eq!(outcome.name(), expected, "{mfa} {context:?}");
            assert_eq!(outcome.details().unwrap().notes.len(), notes, "{mfa} {context:?}");
        }
    }

    #[test]
    fn the_test_is_skipped_without_its_licences() {
        for (plan, expected) in [
            (None, Ok("pass")),
            (Some(INTUNE_PLAN), Ok("not-applicable")),
            (Some(P2_PLAN), Ok("not-applicable")),
        ] {
            let mut case = Case::new();
            case.policy(GLOBAL_ADMINISTRATOR);
            plan.into_iter().for_each(|plan| case.without_plan(plan));
            let named = |expect| {
                let outcome = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &expect);
                outcome.map(|it| it.name()).map_err(|gap| gap.kind)
            };
            assert_eq!(named(Expect::Variant(ZERO_TRUST)), expected, "{plan:?}");
            assert_eq!(named(Expect::Required), Ok("pass"), "{plan:?}");
        }
    }

    #[test]
    fn by_the_setting_alone_a_context_makes_no_difference() {
        for (mfa, context, expected) in [
            (true, Ok(AuthenticationContext::Off), "pass"),
            (true, Ok(AuthenticationContext::On("c1".into())), "pass"),
            (false, Ok(AuthenticationContext::Off), "fail"),
            // No policy knows it, so PIM falls back to MFA: a pass by default.
            (false, Ok(AuthenticationContext::On("c1".into())), "fail"),
            (false, Err(unreadable()), "fail"),
        ] {
            let mut case = Case::new();
            let policy = case.policy(GLOBAL_ADMINISTRATOR);
            policy.activation_enablement =
                Ok(Enablement { mfa, justification: true, ticket: false });
            policy.authentication_context = context.clone();
            let expect = Expect::Variant(ZERO_TRUST);
            let outcome = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &expect).unwrap();
            assert_eq!(outcome.name(), expected, "{mfa} {context:?}");
        }
    }

    #[test]
    fn a_context_alone_is_worth_what_conditional_access_makes_of_it() {
        let policy = |state: PolicyState| ConditionalAccessPolicy {
            name: "PIM".into(),
            state,
            users: UserConditions { all: true, ..UserConditions::default() },
            contexts: ["c7".into()].into(),
            grant: Some(GrantControls { mfa: true, ..GrantControls::default() }),
            ..ConditionalAccessPolicy::default()
        };
        for (policies, expected) in [
            (vec![], "pass"),
            (vec![policy(PolicyState::Enabled)], "pass"),
            (vec![policy(PolicyState::ReportOnly)], "fail"),
            (vec![policy(PolicyState::Disabled)], "fail"),
            (vec![policy(PolicyState::Disabled), policy(PolicyState::Enabled)], "pass"),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.eligible("ana", GLOBAL_ADMINISTRATOR);
            let rules = case.policy(GLOBAL_ADMINISTRATOR);
            rules.activation_enablement = Ok(Enablement::default());
            rules.authentication_context = Ok(AuthenticationContext::On("c7".into()));
            for policy in policies.clone() {
                case.conditional_access(policy);
            }
            let outcome = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{policies:?}");
        }
    }

    #[test]
    fn a_context_is_not_assessed_without_conditional_access() {
        let mut case = Case::new();
        let rules = case.policy(GLOBAL_ADMINISTRATOR);
        rules.activation_enablement = Ok(Enablement::default());
        rules.authentication_context = Ok(AuthenticationContext::On("c7".into()));
        case.missing(Dataset::ConditionalAccessPolicies);
        let gap = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap_err();
        assert_eq!(gap.kind, GapKind::PermissionDenied);
    }
}
