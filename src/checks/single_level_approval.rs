//! `single-level-approval`: how close an activation's approval comes to two levels.

use super::{Check, Expect, ExpectShape, Fix, Subjects};
use crate::facts::Facts;
use crate::facts::approvers::FewestApprovers;
use crate::model::{Dataset, Evidence, Gap, GapKind, Outcome, PrincipalId};
use std::collections::BTreeSet;

const RULE: &str = "Approval_EndUser_Assignment";
const EXPECTED: &str = "two people approve every activation";
const TWO_PEOPLE: usize = 2;
const TWO_STAGES: usize = 2;

/// The check.
pub static CHECK: Check = Check {
    id: "single-level-approval",
    title: "Approval by one person alone",
    what: "Grades the approval of each role's policy: two stored stages, or one stage with two independent \
        approvers for every requester, are met in part; one usable approver or only the default ones \
        fails with a quarter of the credit, no approval with none.",
    why: "Guidance asks for two levels, so that one careless or hijacked approver is not enough. PIM itself \
        settles a request with the first answer and documents no second stage, which is why nothing that \
        can be seen in a policy alone is a full pass.",
    fix: Fix {
        portal: "Make people eligible members of a role-assignable group, onboard it to PIM for Groups \
            with approval by one set of people, and make the group eligible for the role with approval by \
            another set. Short of that: Entra admin center > ID Governance > Privileged Identity \
            Management > Microsoft Entra roles > Roles > (the role) > Role settings > Edit > Activation > \
            Select approvers: at least three people. The Graph call replaces the whole rule: put in every \
            approver that is named now",
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
    references: &["Microsoft Entra security operations for PIM: baselines"],
    subjects: Subjects::Roles,
    needs: &[
        Dataset::RolePolicies,
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::Principals,
        Dataset::GroupMembers,
    ],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

/// The rungs that a policy shows. Chained gates need PIM for Groups and access packages, which are
/// not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rung {
    /// Two stored stages, each with an approver, by two people.
    TwoStages,
    /// One decision, but two independent people who could make it.
    FourEyes,
    /// One usable approver, or only the default ones.
    OnePerson,
}

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let role =
        facts.role().ok_or_else(|| Gap::new(GapKind::Unreadable, "the subject is not a role"))?;
    let policy = facts.policy()?;
    let evidence = |field: &str, value: String| {
        Evidence::new(Dataset::RolePolicies, &policy.id, format!("{RULE}.setting.{field}"), value)
    };
    let Some(found) = facts.fewest_usable_approvers(&role.id)? else {
        return Ok(Outcome::fail("no approval", EXPECTED)
            .evidence(evidence("isApprovalRequired", "false".to_owned())));
    };
    let staged = staged(&found)?;
    let rung = rung(&found, staged, &found.requesters, found.fewest);
    let at_worst = rung_at_worst(&found, staged);
    if let Some(gap) = found.gaps.first()
        && (rung == Rung::OnePerson) != (at_worst == Rung::OnePerson)
    {
        return Err(gap.clone());
    }
    Ok(outcome(&found, rung, staged)
        .maybe_note(
            found
                .ring
                .then_some("approval ring: every usable approver is eligible for the same role"),
        )
        .evidence(evidence("approvalMode", found.mode.to_string()))
        .evidence(evidence("approvalStages", format!("stages: {}", found.stages.len()))))
}

fn outcome(found: &FewestApprovers, rung: Rung, staged: bool) -> Outcome {
    let (stages, fewest) = (found.stages.len(), found.fewest);
    let outcome = match rung {
        Rung::TwoStages => {
            let outcome = Outcome::partial(0.5, "two stored approval stages", EXPECTED)
                .note("stored, but PIM documents multi-step approval as not supported")
                .note(
                    "could be Pass: the audit log may show two approvers, not read by this version",
                );
            let parallel = found.mode.eq_ignore_ascii_case("Parallel");
            outcome.maybe_note(parallel.then_some("parallel stages: unknown semantics"))
        }
        Rung::FourEyes => Outcome::partial(
            0.5,
            format!("stages: {stages}, fewest approvers for any requester: {fewest}"),
            EXPECTED,
        )
        .note("one approval decides"),
        Rung::OnePerson if found.approvers.default => {
            Outcome::fail_with_credit(0.25, "one approval by the default approvers", EXPECTED)
        }
        Rung::OnePerson => Outcome::fail_with_credit(
            0.25,
            format!("stages: {stages}, fewest approvers for any requester: {fewest}"),
            EXPECTED,
        ),
    };
    if rung == Rung::TwoStages {
        return outcome;
    }
    let half_stored = stages >= TWO_STAGES && !staged;
    outcome
        .maybe_note(half_stored.then_some("two stages are stored, but the mode is SingleStage"))
        .note(
            "could be Pass: approval chained through PIM for Groups, or an access package before it, is \
            not read by this version",
        )
}

/// Whether two stages are stored and their mode uses both.
fn staged(found: &FewestApprovers) -> Result<bool, Gap> {
    if found.stages.len() < TWO_STAGES || found.mode.eq_ignore_ascii_case("SingleStage") {
        return Ok(false);
    }
    if ["Serial", "Parallel"].iter().any(|mode| found.mode.eq_ignore_ascii_case(mode)) {
        return Ok(true);
    }
    let detail = format!("approvalMode {:?} with several stages is unknown", found.mode);
    Err(Gap::unreadable(Dataset::RolePolicies, detail))
}

fn rung_at_worst(found: &FewestApprovers, staged: bool) -> Rung {
    rung(found, staged, &found.requesters_at_worst(), found.fewest_at_worst())
}

fn rung(
    found: &FewestApprovers,
    staged: bool,
    requesters: &BTreeSet<PrincipalId>,
    fewest: usize,
) -> Rung {
    let passes = |requester: Option<&PrincipalId>| passes_two_stages(&found.stages, requester);
    if staged && passes(None) && requesters.iter().all(|requester| passes(Some(requester))) {
        Rung::TwoStages
    } else if !found.approvers.default && fewest >= TWO_PEOPLE {
        Rung::FourEyes
    } else {
        Rung::OnePerson
    }
}

/// Every stage has an approver other than the requester, and one person alone cannot pass them all.
fn passes_two_stages(stages: &[BTreeSet<PrincipalId>], requester: Option<&PrincipalId>) -> bool {
    let others = |stage: &BTreeSet<PrincipalId>| {
        stage.iter().filter(|person| Some(*person) != requester).cloned().collect::<BTreeSet<_>>()
    };
    let stages: Vec<_> = stages.iter().map(others).collect();
    let people: BTreeSet<_> = stages.iter().flatten().collect();
    stages.iter().all(|stage| !stage.is_empty()) && people.len() >= TWO_PEOPLE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::{Approval, Approver, Collected, Stage};

    const ROLE: &str = GLOBAL_ADMINISTRATOR;
    type Stages = &'static [&'static [&'static str]];

    fn judged(case: &Case) -> Result<Outcome, Gap> {
        case.judge_role(&CHECK, ROLE, &Expect::Required)
    }

    fn credit_of(outcome: &Outcome) -> f64 {
        let Outcome::Judged { credit, .. } = outcome else { panic!("not judged: {outcome:?}") };
        *credit
    }

    fn has_note(outcome: &Outcome, words: &str) -> bool {
        outcome.details().unwrap().notes.iter().any(|note| note.contains(words))
    }

    fn case_of(mode: &str, stages: &[&[&str]]) -> Case {
        let mut case = Case::new();
        for user in ["ana", "ben", "cem"] {
            case.user(user);
        }
        let stage = |people: &&[&str]| Stage {
            approvers: people.iter().map(|id| Approver::User(PrincipalId::new(id))).collect(),
            reason_required: Some(true),
        };
        let stages = stages.iter().map(stage).collect();
        case.policy(ROLE).approval = Ok(Approval::Required { mode: mode.into(), stages });
        case
    }

    #[test]
    fn an_unreadable_policy_mode_or_approver_group_is_not_assessed() {
        let mut case = Case::new();
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::ImpossiblyEmpty);
        case.policy(ROLE).approval = Err(Gap::unreadable(Dataset::RolePolicies, "missing"));
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::Unreadable);
        let case = case_of("RoundRobin", &[&["ana"], &["ben"]]);
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::Unreadable);
        let mut case = Case::new();
        case.unreadable_group("closed");
        let approvers = vec![Approver::Group(PrincipalId::new("closed"))];
        case.policy(ROLE).approval = Ok(Approval::Required {
            mode: "SingleStage".into(),
            stages: vec![Stage { approvers, reason_required: None }],
        });
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::PermissionDenied);
    }

    #[test]
    fn no_approval_has_no_credit() {
        let mut case = Case::new();
        case.policy(ROLE).approval = Ok(Approval::NotRequired);
        let outcome = judged(&case).unwrap();
        assert_eq!((outcome.name(), credit_of(&outcome)), ("fail", 0.0));
    }

    #[test]
    fn the_ladder_counts_people_not_stages() {
        let cases: [(&str, Stages, &str, f64, &str); 10] = [
            ("SingleStage", &[&[]], "fail", 0.25, "could be Pass"),
            ("SingleStage", &[&["ana"]], "fail", 0.25, "could be Pass"),
            ("SingleStage", &[&["ana", "ana"]], "fail", 0.25, "could be Pass"),
            ("SingleStage", &[&["ana", "ben"]], "partial", 0.5, "one approval decides"),
            ("SingleStage", &[&["ana"], &["ben"]], "partial", 0.5, "the mode is SingleStage"),
            ("Serial", &[&["ana"], &["ana"]], "fail", 0.25, "could be Pass"),
            ("Serial", &[&["ana"], &[]], "fail", 0.25, "could be Pass"),
            ("Serial", &[&["ana", "ben"]], "partial", 0.5, "one approval decides"),
            ("serial", &[&["ana"], &["ben"]], "partial", 0.5, "not supported"),
            ("Parallel", &[&["ana"], &["ana", "ben"]], "partial", 0.5, "unknown semantics"),
        ];
        for (mode, stages, name, credit, note) in cases {
            let outcome = judged(&case_of(mode, stages)).unwrap();
            assert_eq!((outcome.name(), credit_of(&outcome)), (name, credit), "{mode} {stages:?}");
            assert!(has_note(&outcome, note), "{mode} {stages:?}: {outcome:?}");
        }
    }

    #[test]
    fn a_requester_takes_the_own_approval_away() {
        let cases: [(&str, Stages, f64); 4] = [
            ("SingleStage", &[&["ana", "ben"]], 0.25),
            ("SingleStage", &[&["ana", "ben", "cem"]], 0.5),
            ("Serial", &[&["ana"], &["ben"]], 0.25),
            ("Serial", &[&["ana", "ben"], &["ben", "cem"]], 0.5),
        ];
        for (mode, stages, credit) in cases {
            let mut case = case_of(mode, stages);
            case.eligible("ana", ROLE);
            assert_eq!(credit_of(&judged(&case).unwrap()), credit, "{mode} {stages:?}");
        }
    }

    #[test]
    fn default_approvers_are_no_second_level_however_many() {
        let mut case = case_of("SingleStage", &[&[]]);
        for user in ["ana", "ben", "cem"] {
            case.active(user, ROLE);
        }
        let outcome = judged(&case).unwrap();
        assert_eq!((outcome.name(), credit_of(&outcome)), ("fail", 0.25));
    }

    #[test]
    fn unread_requesters_matter_only_where_one_could_change_the_rung() {
        let unread = Gap::of(Dataset::RoleEligibilityScheduleInstances, GapKind::Failed, "503");
        let cases: [(&str, Stages, Option<f64>); 4] = [
            ("SingleStage", &[&["ana"]], Some(0.25)),
            ("SingleStage", &[&["ana", "ben"]], None),
            ("SingleStage", &[&["ana", "ben", "cem"]], Some(0.5)),
            ("Serial", &[&["ana"], &["ben"]], None),
        ];
        for (mode, stages, credit) in cases {
            let mut case = case_of(mode, stages);
            case.tenant.eligible = Collected::Missing(unread.clone());
            let outcome = judged(&case);
            assert_eq!(outcome.as_ref().ok().map(credit_of), credit, "{mode} {stages:?}");
        }
    }
}
