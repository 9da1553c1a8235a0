//! `activation-without-ticket`: whether an activation asks for a ticket number.

use super::{Check, Expect, ExpectShape, Fix, Subjects};
use crate::facts::Facts;
use crate::facts::enablement::{asked_in_words, enabled_rules};
use crate::model::{Dataset, Evidence, Gap, Outcome};

const RULE: &str = "Enablement_EndUser_Assignment";
const EXPECTED: &str = "ticket information at every activation";

/// The check.
pub static CHECK: Check = Check {
    id: "activation-without-ticket",
    title: "Activation without ticket information",
    what: "Reads whether each role's policy asks for ticket information at activation. Only baselines \
        that name roles for it have findings.",
    why: "A ticket ties the activation to work somebody ordered. PIM takes any text and never verifies it, \
        so it helps the honest to be found again and stops nobody else.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Roles > (the role) > Role settings > Edit > Activation > Require ticket information on \
            activation. The Graph call replaces the whole list: leave MFA out where an authentication \
            context is on",
        graph: &[
            "PATCH /v1.0/policies/roleManagementPolicies/{policy}/rules/Enablement_EndUser_Assignment \
            {\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyEnablementRule\",\
            \"id\":\"Enablement_EndUser_Assignment\",\
            \"enabledRules\":[\"MultiFactorAuthentication\",\"Justification\",\"Ticketing\"],\
            \"target\":{\"caller\":\"EndUser\",\"operations\":[\"all\"],\"level\":\"Assignment\",\
            \"inheritableSettings\":[],\"enforcedSettings\":[]}}",
        ],
    },
    references: &["PIM with Defender for Office 365"],
    subjects: Subjects::Gates,
    needs: &[Dataset::RolePolicies, Dataset::GroupPolicies],
    variants: &[],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let policy = facts.policy()?;
    let asked = *policy.activation_enablement.as_ref().map_err(Clone::clone)?;
    let outcome = if asked.ticket {
        Outcome::pass(asked_in_words(asked), EXPECTED)
    } else {
        Outcome::fail("no ticket information", EXPECTED)
    };
    Ok(outcome.evidence(Evidence::new(
        policy.dataset,
        &policy.id,
        format!("{RULE}.enabledRules"),
        enabled_rules(asked),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::{Enablement, GapKind};

    #[test]
    fn a_missing_rule_or_policy_is_not_assessed() {
        let mut case = Case::new();
        let gap = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap_err();
        assert_eq!(gap.kind, GapKind::ImpossiblyEmpty);
        case.policy(GLOBAL_ADMINISTRATOR).activation_enablement =
            Err(Gap::unreadable(Dataset::RolePolicies, "the rule is missing"));
        let gap = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap_err();
        assert_eq!(gap.kind, GapKind::Unreadable);
    }

    #[test]
    fn nothing_stands_in_for_the_ticket() {
        for (mfa, justification, ticket, expected) in [
            (false, false, false, "fail"),
            (true, true, false, "fail"),
            (false, false, true, "pass"),
            (true, true, true, "pass"),
        ] {
            let mut case = Case::new();
            case.policy(GLOBAL_ADMINISTRATOR).activation_enablement =
                Ok(Enablement { mfa, justification, ticket });
            let outcome = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{mfa} {justification} {ticket}");
        }
    }

    #[test]
    fn the_evidence_names_the_policy_and_the_whole_list() {
        let mut case = Case::new();
        let id = case.policy(GLOBAL_ADMINISTRATOR).id.clone();
        let outcome = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap();
        let evidence = &outcome.details().unwrap().evidence[0];
        assert_eq!(evidence.id, (&id).into());
        assert_eq!(evidence.field, "Enablement_EndUser_Assignment.enabledRules");
        assert_eq!(evidence.value, "[MultiFactorAuthentication, Justification]");
    }
}
