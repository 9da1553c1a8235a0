//! `approval-without-reason`: whether an approver has to say why.

use super::{Check, Expect, ExpectShape, Fix, Subjects};
use crate::facts::Facts;
use crate::model::{Approval, Dataset, Evidence, Gap, Outcome, Stage};

const RULE: &str = "Approval_EndUser_Assignment";
const EXPECTED: &str = "a reason from every approver";

/// The check.
pub static CHECK: Check = Check {
    id: "approval-without-reason",
    title: "Approval without a reason",
    what: "Reads whether every approval stage of each role's policy asks the approver for a reason. Roles \
        without approval are left out.",
    why: "Approvals are read again when something went wrong. An approval without a word cannot be told \
        from a reflex.",
    fix: Fix {
        portal: "Use the Graph call; the role settings show no switch for the approver's reason. It \
            replaces the whole rule: put in every approver that is named now",
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
    references: &["Microsoft Entra security operations for PIM: approvals and denials"],
    subjects: Subjects::Policies,
    needs: &[Dataset::RolePolicies, Dataset::GroupPolicies],
    variants: &[],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let access = facts.judged_access()?;
    let policy = facts.policy()?;
    let stages = match facts.approval_of(access)? {
        Approval::NotRequired => {
            return Ok(Outcome::not_applicable("activation needs no approval"));
        }
        Approval::Required { stages, .. } => stages,
    };
    let (outcome, value) = if every_stage_asks(stages)? {
        (Outcome::pass("a reason is asked for", EXPECTED), "true")
    } else {
        (Outcome::fail("no reason is asked for", EXPECTED), "false")
    };
    Ok(outcome.evidence(Evidence::new(
        policy.dataset,
        &policy.id,
        format!("{RULE}.setting.approvalStages.isApproverJustificationRequired"),
        value,
    )))
}

/// One stage that does not ask proves the failure; what Graph did not say proves nothing.
fn every_stage_asks(stages: &[Stage]) -> Result<bool, Gap> {
    let unknown = |detail: &'static str| Err(Gap::unreadable(Dataset::RolePolicies, detail));
    if stages.is_empty() {
        return unknown("approval is asked for, but the rule holds no stage");
    }
    if stages.iter().any(|stage| stage.reason_required == Some(false)) {
        return Ok(false);
    }
    if stages.iter().any(|stage| stage.reason_required.is_none()) {
        return unknown("isApproverJustificationRequired is missing from an approval stage");
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::GapKind;

    fn judged(reasons: &[Option<bool>]) -> Result<Outcome, Gap> {
        let mut case = Case::new();
        let stage = |&reason_required: &Option<bool>| Stage { reason_required, ..Stage::default() };
        case.policy(GLOBAL_ADMINISTRATOR).approval = Ok(Approval::Required {
            mode: "SingleStage".into(),
            stages: reasons.iter().map(stage).collect(),
        });
        case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required)
    }

    #[test]
    fn what_was_not_said_is_not_assessed() {
        let cases: [&[Option<bool>]; 3] = [&[], &[None], &[Some(true), None]];
        for reasons in cases {
            let gap = judged(reasons).unwrap_err();
            assert_eq!(gap.kind, GapKind::Unreadable, "{reasons:?}");
        }
        let mut case = Case::new();
        let gap = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap_err();
        assert_eq!(gap.kind, GapKind::ImpossiblyEmpty);
        let unreadable = Gap::unreadable(Dataset::RolePolicies, "the rule is missing");
        case.policy(GLOBAL_ADMINISTRATOR).approval = Err(unreadable.clone());
        let gap = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap_err();
        assert_eq!(gap, unreadable);
    }

    #[test]
    fn every_stage_must_ask() {
        let cases: [(&[Option<bool>], &str); 5] = [
            (&[Some(false)], "fail"),
            (&[None, Some(false)], "fail"),
            (&[Some(true), Some(false)], "fail"),
            (&[Some(true), Some(true)], "pass"),
            (&[Some(true)], "pass"),
        ];
        for (reasons, expected) in cases {
            assert_eq!(judged(reasons).unwrap().name(), expected, "{reasons:?}");
        }
    }

    #[test]
    fn without_approval_the_question_does_not_arise() {
        let mut case = Case::new();
        case.policy(GLOBAL_ADMINISTRATOR).approval = Ok(Approval::NotRequired);
        let outcome = case.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &Expect::Required).unwrap();
        assert_eq!(outcome.name(), "not-applicable");
    }
}
