//! `activation-without-justification`: whether an activation asks for a reason.

use super::licensed::{INTUNE_WITH_PIM, skipped};
use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant};
use crate::facts::Facts;
use crate::facts::enablement::{asked_in_words, enabled_rules};
use crate::model::{Dataset, Evidence, Gap, Outcome, Tier};

const RULE: &str = "Enablement_EndUser_Assignment";
/// Zero Trust Assessment 51016.
const ZERO_TRUST: &str = "zero-trust";
const EXPECTED: &str = "a justification at every activation";

/// The check.
pub static CHECK: Check = Check {
    id: "activation-without-justification",
    title: "Activation without justification",
    what: "Reads whether each role's policy asks for a justification at activation. A role that the \
        organisation file declares in `roles.daily_read` passes without one, but only in the tiers \
        elevated and standard.",
    why: "The reason is what an approver decides on and what an investigator reads afterwards. Without it \
        the log tells who and when, never what for.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Roles > (the role) > Role settings > Edit > Activation > Require justification on \
            activation. The Graph call replaces the whole list: leave MFA out where an authentication \
            context is on, add Ticketing where it is asked",
        graph: &[
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
        "PIM concept and setup: roles configuration",
        "PIM with Defender for Office 365",
        "PIM training unit: activation",
    ],
    subjects: Subjects::Gates,
    needs: &[Dataset::RolePolicies, Dataset::GroupPolicies, Dataset::SubscribedSkus],
    variants: &[Variant {
        name: ZERO_TRUST,
        meaning: "no declaration as a role for daily reading excuses it; without licences of Intune and \
            Entra ID P2 nothing is said",
    }],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let zero_trust = expect.is_variant(ZERO_TRUST);
    if zero_trust && let Some(skipped) = skipped(facts, &INTUNE_WITH_PIM)? {
        return Ok(skipped);
    }
    let role = facts.role();
    let policy = facts.policy()?;
    let asked = *policy.activation_enablement.as_ref().map_err(Clone::clone)?;
    let daily_read = !zero_trust
        && role.as_ref().is_some_and(|role| facts.organisation().daily_read.contains(&role.id));
    let outcome = if asked.justification {
        Outcome::pass(asked_in_words(asked), EXPECTED)
    } else if daily_read && role.is_some_and(|role| may_be_daily_read(role.tier)) {
        Outcome::pass("no justification", EXPECTED)
            .note("declared as a role for daily reading, which needs none")
    } else {
        Outcome::fail("no justification", EXPECTED).maybe_note(daily_read.then_some(
            "declared as a role for daily reading, which excuses only the tiers elevated and standard",
        ))
    };
    Ok(outcome.evidence(Evidence::new(
        policy.dataset,
        &policy.id,
        format!("{RULE}.enabledRules"),
        enabled_rules(asked),
    )))
}

const fn may_be_daily_read(tier: Tier) -> bool {
    match tier {
        Tier::Elevated | Tier::Standard => true,
        Tier::Critical | Tier::High => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::licensed::INTUNE_PLAN;
    use crate::checks::testing::{
        Case, EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, GLOBAL_READER, HELPDESK,
    };
    use crate::model::GapKind;
    use crate::model::licence::P2_PLAN;
    use crate::model::{Enablement, RoleId};

    fn case_of(role: &str, justification: bool) -> Case {
        let mut case = Case::new();
        case.policy(role).activation_enablement =
            Ok(Enablement { mfa: true, justification, ticket: true });
        case
    }

    #[test]
    fn the_test_is_skipped_without_its_licences_and_excuses_no_daily_reading() {
        for (plan, expected) in [
            (None, Ok("fail")),
            (Some(INTUNE_PLAN), Ok("not-applicable")),
            (Some(P2_PLAN), Ok("not-applicable")),
        ] {
            let mut case = case_of(HELPDESK, false);
            case.organisation.daily_read.insert(RoleId::new(HELPDESK));
            plan.into_iter().for_each(|plan| case.without_plan(plan));
            let outcome = case.judge_role(&CHECK, HELPDESK, &Expect::Variant(ZERO_TRUST));
            let found = outcome.map(|it| it.name()).map_err(|gap| gap.kind);
            assert_eq!(found, expected, "{plan:?}");
        }
    }

    #[test]
    fn a_missing_rule_or_policy_is_not_assessed() {
        let mut case = Case::new();
        let gap = case.judge_role(&CHECK, GLOBAL_READER, &Expect::Required).unwrap_err();
        assert_eq!(gap.kind, GapKind::ImpossiblyEmpty);
        let unreadable = Gap::unreadable(Dataset::RolePolicies, "the rule is missing");
        case.policy(GLOBAL_READER).activation_enablement = Err(unreadable.clone());
        // Daily reading excuses what is known, not what was not read.
        case.organisation.daily_read.insert(RoleId::new(GLOBAL_READER));
        let gap = case.judge_role(&CHECK, GLOBAL_READER, &Expect::Required).unwrap_err();
        assert_eq!(gap, unreadable);
    }

    #[test]
    fn daily_reading_excuses_only_the_lower_tiers() {
        for (role, justification, daily_read, expected, notes) in [
            (GLOBAL_ADMINISTRATOR, false, true, "fail", 1),
            (EXCHANGE_ADMINISTRATOR, false, true, "fail", 1),
            (GLOBAL_READER, false, false, "fail", 0),
            (GLOBAL_READER, false, true, "pass", 1),
            (GLOBAL_READER, true, true, "pass", 0),
            (GLOBAL_ADMINISTRATOR, true, false, "pass", 0),
        ] {
            let mut case = case_of(role, justification);
            if daily_read {
                case.organisation.daily_read.insert(RoleId::new(role));
            }
            let outcome = case.judge_role(&CHECK, role, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{role} {justification} {daily_read}");
            assert_eq!(outcome.details().unwrap().notes.len(), notes, "{role} {daily_read}");
        }
    }

    #[test]
    fn a_raised_tier_ends_the_excuse() {
        let mut case = case_of(GLOBAL_READER, false);
        case.organisation.daily_read.insert(RoleId::new(GLOBAL_READER));
        case.organisation.raise_tier.insert(RoleId::new(GLOBAL_READER), Tier::High);
        let outcome = case.judge_role(&CHECK, GLOBAL_READER, &Expect::Required).unwrap();
        assert_eq!(outcome.name(), "fail");
    }
}
