//! `activation-without-approval`: whether somebody else has to agree to an activation.

use super::{Check, Expect, ExpectShape, Fix, Subjects};
use crate::facts::Facts;
use crate::model::{Approval, Dataset, Evidence, Gap, Outcome};

const RULE: &str = "Approval_EndUser_Assignment";
const EXPECTED: &str = "approval before every activation";

/// The check.
pub static CHECK: Check = Check {
    id: "activation-without-approval",
    title: "Activation without approval",
    what: "Reads whether the policy of each role the baseline names asks for approval. Approval without a \
        named approver counts, as the default approvers then decide; approvers named while approval is \
        off do not.",
    why: "Approval is the only gate that a person who took over the account and its second factor still \
        cannot pass alone.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Roles > (the role) > Role settings > Edit > Activation > Require approval to activate \
            > Select approvers",
        graph: &[
            "PATCH /v1.0/policies/roleManagementPolicies/{policy}/rules/Approval_EndUser_Assignment \
            {\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyApprovalRule\",\
            \"id\":\"Approval_EndUser_Assignment\",\"setting\":{\"isApprovalRequired\":true,\
            \"isApprovalRequiredForExtension\":false,\"isRequestorJustificationRequired\":true,\
            \"approvalMode\":\"SingleStage\",\"approvalStages\":[{\"approvalStageTimeOutInDays\":1,\
            \"isApproverJustificationRequired\":true,\"escalationTimeInMinutes\":0,\
            \"isEscalationEnabled\":false,\"escalationApprovers\":[],\"primaryApprovers\":[\
            {\"@odata.type\":\"#microsoft.graph.groupMembers\",\"groupId\":\"<id of the approver group>\"}]}]},\
            \"target\":{\"caller\":\"EndUser\",\"operations\":[\"all\"],\"level\":\"Assignment\",\
            \"inheritableSettings\":[],\"enforcedSettings\":[]}}",
        ],
    },
    references: &[
        "Microsoft Entra security operations for PIM: baselines",
        "CISA SCuBA MS.AAD.7.6v1",
        "CIS Microsoft 365 Foundations 7.0.0: 5.3.4",
        "CIS Microsoft 365 Foundations 7.0.0: 5.3.5",
        "Zero Trust Assessment 21817",
        "PIM training unit: approval",
    ],
    subjects: Subjects::Gates,
    needs: &[Dataset::RolePolicies, Dataset::GroupPolicies],
    variants: &[],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let access = facts.judged_access()?;
    let policy = facts.policy()?;
    let (outcome, required) = match facts.approval_of(access)? {
        Approval::NotRequired => (Outcome::fail("no approval", EXPECTED), "false"),
        Approval::Required { stages, .. } => {
            let named = stages.iter().map(|stage| stage.approvers.len()).sum::<usize>();
            let outcome = if named == 0 {
                Outcome::pass("approval by the default approvers", EXPECTED)
                    .note("nobody is named: Global and Privileged Role Administrators decide")
            } else {
                Outcome::pass(format!("approval, named users and groups: {named}"), EXPECTED)
            };
            (outcome, "true")
        }
    };
    Ok(outcome.evidence(Evidence::new(
        policy.dataset,
        &policy.id,
        format!("{RULE}.setting.isApprovalRequired"),
        required,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::GapKind;
    use crate::model::Stage;

    fn judged(approval: Result<Approval, Gap>) -> Result<Outcome, Gap> {
        let mut case = Case::new();
        case.policy(GLOBAL_ADMINISTRATOR).approval = approval;
        case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required)
    }

    fn required(mode: &str, stages: Vec<Stage>) -> Result<Approval, Gap> {
        Ok(Approval::Required { mode: mode.into(), stages })
    }

    #[test]
    fn a_missing_rule_or_policy_is_not_assessed() {
        let case = Case::new();
        let gap = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap_err();
        assert_eq!(gap.kind, GapKind::ImpossiblyEmpty);
        let unreadable = Gap::unreadable(Dataset::RolePolicies, "the rule is missing");
        assert_eq!(judged(Err(unreadable.clone())).unwrap_err(), unreadable);
    }

    #[test]
    fn approval_in_mode_no_approval_contradicts_itself() {
        for mode in ["NoApproval", "noapproval"] {
            let gap = judged(required(mode, vec![Stage::default()])).unwrap_err();
            assert_eq!(gap.kind, GapKind::Unreadable, "{mode}");
        }
    }

    #[test]
    fn no_named_approver_means_the_default_approvers() {
        for stages in [Vec::new(), vec![Stage::default()]] {
            let outcome = judged(required("SingleStage", stages)).unwrap();
            assert_eq!(outcome.name(), "pass");
            assert_eq!(outcome.details().unwrap().notes.len(), 1);
        }
    }

    #[test]
    fn only_the_switch_decides() {
        assert_eq!(judged(Ok(Approval::NotRequired)).unwrap().name(), "fail");
        let mut case = Case::new();
        case.approvers(GLOBAL_ADMINISTRATOR, &["ana"]);
        // Whether the approver can be used is another check's question.
        let outcome = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap();
        assert_eq!(outcome.name(), "pass");
        assert!(outcome.details().unwrap().notes.is_empty());
    }
}
