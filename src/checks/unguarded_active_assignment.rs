//! `unguarded-active-assignment`: whether making somebody active directly asks for MFA and a reason.

use super::{Check, Expect, ExpectShape, Fix, Subjects};
use crate::facts::Facts;
use crate::facts::enablement::{asked_in_words, enabled_rules};
use crate::model::{Dataset, Evidence, Gap, Outcome};

const RULE: &str = "Enablement_Admin_Assignment";
const EXPECTED: &str = "MFA and justification at every active assignment";

/// The check.
pub static CHECK: Check = Check {
    id: "unguarded-active-assignment",
    title: "Active assignment without MFA or justification",
    what: "Reads what each role's policy asks of an administrator who makes somebody active directly: MFA \
        and justification pass, one of the two is met in part.",
    why: "An active assignment goes round every gate of the activation. Whoever hijacks an administrator's \
        session should at least have to prove themselves and leave a reason behind.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Roles > (the role) > Role settings > Edit > Assignment > Require Azure Multi-Factor \
            Authentication on active assignment, Require justification on active assignment",
        graph: &[
            "PATCH /v1.0/policies/roleManagementPolicies/{policy}/rules/Enablement_Admin_Assignment \
            {\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyEnablementRule\",\
            \"id\":\"Enablement_Admin_Assignment\",\
            \"enabledRules\":[\"MultiFactorAuthentication\",\"Justification\"],\
            \"target\":{\"caller\":\"Admin\",\"operations\":[\"all\"],\"level\":\"Assignment\",\
            \"inheritableSettings\":[],\"enforcedSettings\":[]}}",
        ],
    },
    references: &[
        "Microsoft Entra documentation: role settings in PIM",
        "Microsoft Entra security operations for PIM: role setting changes",
    ],
    subjects: Subjects::Policies,
    needs: &[Dataset::RolePolicies, Dataset::GroupPolicies],
    variants: &[],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let policy = facts.policy()?;
    let asked = *policy.assignment_enablement.as_ref().map_err(Clone::clone)?;
    let observed = asked_in_words(asked);
    let outcome = match (asked.mfa, asked.justification) {
        (true, true) => Outcome::pass(observed, EXPECTED),
        (true, false) => Outcome::partial(0.5, format!("{observed}, no justification"), EXPECTED),
        (false, true) => Outcome::partial(0.5, format!("{observed}, no MFA"), EXPECTED),
        (false, false) => Outcome::fail("neither MFA nor justification", EXPECTED),
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
        case.policy(GLOBAL_ADMINISTRATOR).assignment_enablement =
            Err(Gap::unreadable(Dataset::RolePolicies, "the rule is missing"));
        let gap = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap_err();
        assert_eq!(gap.kind, GapKind::Unreadable);
    }

    #[test]
    fn one_of_the_two_is_met_in_part() {
        for (mfa, justification, ticket, expected) in [
            (false, false, true, "fail"),
            (false, false, false, "fail"),
            (true, false, false, "partial"),
            (false, true, true, "partial"),
            (true, true, false, "pass"),
        ] {
            let mut case = Case::new();
            case.policy(GLOBAL_ADMINISTRATOR).assignment_enablement =
                Ok(Enablement { mfa, justification, ticket });
            let outcome = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{mfa} {justification} {ticket}");
        }
    }

    #[test]
    fn the_rules_of_activation_do_not_count_here() {
        let mut case = Case::new();
        let policy = case.policy(GLOBAL_ADMINISTRATOR);
        policy.activation_enablement =
            Ok(Enablement { mfa: true, justification: true, ticket: true });
        policy.assignment_enablement = Ok(Enablement::default());
        let outcome = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap();
        assert_eq!(outcome.name(), "fail");
    }
}
