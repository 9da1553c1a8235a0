//! `unusable-approvers`: whether every activation finds enough people who can approve it.

use super::{Check, Expect, ExpectShape, Fix, Subjects};
use crate::facts::Facts;
use crate::facts::approvers::FewestApprovers;
use crate::model::{Dataset, Evidence, Gap, GapKind, Outcome, RoleId, roles};

const RULE: &str = "Approval_EndUser_Assignment";
const EXPECTED: &str = "at least two usable approvers for every requester";
/// Microsoft advises two: with one, a day off stops every activation.
const ENOUGH: usize = 2;
/// More reasons than this help nobody.
const GAPS_SHOWN: usize = 5;

/// The check.
pub static CHECK: Check = Check {
    id: "unusable-approvers",
    title: "Too few usable approvers",
    what: "Counts for every user eligible for a role who of its approvers can approve: enabled member \
        users other than the requester, with approver groups expanded to their standing members. None \
        fails, one or only the default approvers is met in part. Roles without approval are left out.",
    why: "A request nobody can answer dies after a day, and people then ask for standing access instead. \
        Nobody can approve an own request, so one approver is none for that person.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Roles > (the role) > Role settings > Edit > Activation > Select approvers: best a \
            role-assignable group of three or more people. The Graph call replaces the whole rule: put in \
            every approver that is named now",
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
        "Microsoft Entra documentation: approve requests in PIM",
        "CIS Microsoft 365 Foundations 7.0.0: 5.3.4",
        "Zero Trust Assessment 21817",
    ],
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

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let role =
        facts.role().ok_or_else(|| Gap::new(GapKind::Unreadable, "the subject is not a role"))?;
    let policy = facts.policy()?;
    let Some(found) = facts.fewest_usable_approvers(&role.id)? else {
        return Ok(Outcome::not_applicable("activation needs no approval"));
    };
    if let Some(gap) = deciding_gap(facts, &found) {
        return Err(gap);
    }
    let usable = found.approvers.usable.len();
    let who = if found.approvers.default { "default approvers" } else { "usable approvers" };
    let observed = format!("{who}: {usable}, fewest for any requester: {}", found.fewest);
    let credit = credit(&found);
    let outcome = if found.fewest == 0 {
        Outcome::fail(observed, EXPECTED)
    } else if credit < 1.0 {
        Outcome::partial(credit, observed, EXPECTED)
    } else {
        Outcome::pass(observed, EXPECTED)
    };
    let named = format!("[{}]", facts.names_of(&found.named));
    let outcome = outcome.measure("usable approvers", usable as f64).evidence(Evidence::new(
        Dataset::RolePolicies,
        &policy.id,
        format!("{RULE}.setting.approvalStages.primaryApprovers"),
        named,
    ));
    Ok(notes(facts, &found).into_iter().fold(outcome, Outcome::note))
}

fn credit(found: &FewestApprovers) -> f64 {
    let approvers = &found.approvers;
    if approvers.default || found.fewest < ENOUGH {
        0.5
    } else if !approvers.guests.is_empty() || !approvers.dead.is_empty() {
        0.75
    } else {
        1.0
    }
}

/// What is not known and would change the verdict.
fn deciding_gap(facts: &Facts, found: &FewestApprovers) -> Option<Gap> {
    let enough = if found.approvers.default { 1 } else { ENOUGH };
    if found.fewest.min(enough) != found.fewest_at_worst().min(enough) {
        return found.gaps.first().cloned();
    }
    if found.approvers.default && found.fewest == 0 {
        return [roles::GLOBAL_ADMINISTRATOR, roles::PRIVILEGED_ROLE_ADMINISTRATOR]
            .into_iter()
            .find_map(|role| facts.standing_gap(&RoleId::new(role)));
    }
    None
}

fn notes(facts: &Facts, found: &FewestApprovers) -> Vec<String> {
    let approvers = &found.approvers;
    let mut notes = Vec::new();
    if approvers.default {
        notes.push(
            "nobody is named: standing Global and Privileged Role Administrators decide by default"
                .to_owned(),
        );
    }
    for (ids, what) in [
        (&approvers.guests, "guests among the approvers do not count"),
        (&approvers.dead, "approvers that no longer exist"),
        (&approvers.groups, "eligible members of approver groups must elevate first, not counted"),
    ] {
        if !ids.is_empty() {
            notes.push(format!("{what}: {}", facts.names_of(ids)));
        }
    }
    if found.ring {
        notes.push("approval ring: every usable approver is eligible for the same role".to_owned());
    }
    let shown = found.gaps.iter().take(GAPS_SHOWN);
    notes.extend(shown.map(|gap| format!("not every requester is known: {gap}")));
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, SECURITY_ADMINISTRATOR};
    use crate::model::{Approval, Approver, Collected, PrincipalId, Stage};

    const ROLE: &str = SECURITY_ADMINISTRATOR;
    type People = &'static [&'static str];

    fn judged(case: &Case) -> Result<Outcome, Gap> {
        case.judge_role(&CHECK, ROLE, &Expect::Required)
    }

    fn approved_by(case: &mut Case, approvers: Vec<Approver>) {
        case.policy(ROLE).approval = Ok(Approval::Required {
            mode: "SingleStage".into(),
            stages: vec![Stage { approvers, reason_required: Some(true) }],
        });
    }

    fn group(id: &str) -> Approver {
        Approver::Group(PrincipalId::new(id))
    }

    fn credit_of(outcome: &Outcome) -> f64 {
        let Outcome::Judged { credit, .. } = outcome else { panic!("not judged: {outcome:?}") };
        *credit
    }

    fn has_note(outcome: &Outcome, words: &str) -> bool {
        outcome.details().unwrap().notes.iter().any(|note| note.contains(words))
    }

    /// Three users, of whom `approvers` approve.
    fn case_of(approvers: &[&str]) -> Case {
        let mut case = Case::new();
        for user in ["ana", "ben", "cem"] {
            case.user(user);
        }
        case.approvers(ROLE, approvers);
        case
    }

    #[test]
    fn a_missing_rule_an_unknown_approver_or_a_closed_group_is_not_assessed() {
        let mut case = Case::new();
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::ImpossiblyEmpty);
        case.policy(ROLE).approval = Err(Gap::unreadable(Dataset::RolePolicies, "missing"));
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::Unreadable);
        approved_by(&mut case, vec![Approver::Unknown("requestorManager".into())]);
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::Unreadable);
        case.unreadable_group("closed");
        approved_by(&mut case, vec![group("closed")]);
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::PermissionDenied);
    }

    #[test]
    fn no_approval_is_not_applicable() {
        let mut case = Case::new();
        case.policy(ROLE).approval = Ok(Approval::NotRequired);
        assert_eq!(judged(&case).unwrap().name(), "not-applicable");
    }

    #[test]
    fn the_requester_never_counts_as_own_approver() {
        let cases: [(People, People, &str); 7] = [
            (&["ana"], &["ana"], "fail"),
            (&["ana"], &["ben"], "partial"),
            (&["ana", "ben"], &["ben", "cem"], "partial"),
            (&["ana", "ben"], &["cem"], "pass"),
            (&["ana", "ben", "cem"], &["ana", "ben", "cem"], "pass"),
            (&["ana"], &[], "partial"),
            (&["ana", "ben"], &[], "pass"),
        ];
        for (approvers, requesters, expected) in cases {
            let mut case = case_of(approvers);
            for requester in requesters {
                case.eligible(requester, ROLE);
            }
            let outcome = judged(&case).unwrap();
            assert_eq!(outcome.name(), expected, "{approvers:?} for {requesters:?}");
        }
    }

    #[test]
    fn requesters_are_found_through_groups_and_a_ring_is_told() {
        let mut case = case_of(&["ana", "ben"]);
        case.group("team", &["ana", "ben"]);
        case.eligible("team", ROLE);
        let outcome = judged(&case).unwrap();
        assert_eq!((outcome.name(), credit_of(&outcome)), ("partial", 0.5));
        assert!(has_note(&outcome, "approval ring"));
        assert!(has_note(&outcome, "group team may have eligible members"));
    }

    #[test]
    fn an_eligible_group_passes_only_whoever_else_may_ask() {
        let cases: [(People, People, Result<&str, GapKind>); 5] = [
            (&["ana", "ben", "cem"], &[], Ok("pass")),
            (&["ana", "ben", "cem"], &["cem"], Ok("pass")),
            (&["ana", "ben"], &["cem"], Err(GapKind::NotRequested)),
            (&["ana", "ben"], &["ana"], Ok("partial")),
            (&["ana"], &["ben"], Err(GapKind::NotRequested)),
        ];
        for (approvers, members, expected) in cases {
            let mut case = case_of(approvers);
            case.group("team", members);
            case.eligible("team", ROLE);
            let outcome = judged(&case).map(|it| it.name()).map_err(|gap| gap.kind);
            assert_eq!(outcome, expected, "{approvers:?} for {members:?}");
        }
    }

    #[test]
    fn disabled_users_services_and_empty_groups_approve_nothing() {
        let mut case = Case::new();
        case.user("off").enabled = Some(false);
        case.service("robot");
        case.group("empty", &["robot"]);
        let user = Approver::User(PrincipalId::new("off"));
        approved_by(&mut case, vec![user, group("empty")]);
        let outcome = judged(&case).unwrap();
        assert_eq!(outcome.name(), "fail");
        assert!(has_note(&outcome, "must elevate first, not counted: empty"));
    }

    #[test]
    fn guests_and_dead_approvers_cost_a_quarter_but_never_add() {
        let cases: [(&str, People, f64); 4] = [
            ("guest", &["ana", "ben"], 0.75),
            ("gone", &["ana", "ben"], 0.75),
            ("guest", &["ana"], 0.5),
            ("gone", &[], 0.0),
        ];
        for (odd, others, expected) in cases {
            let approvers: Vec<&str> = others.iter().copied().chain([odd]).collect();
            let mut case = case_of(&approvers);
            case.user("guest").user_type = Some("Guest".into());
            case.absent("gone");
            let outcome = judged(&case).unwrap();
            assert_eq!(credit_of(&outcome), expected, "{odd} with {others:?}");
        }
    }

    #[test]
    fn default_approvers_are_met_in_part_while_somebody_stands_behind_them() {
        let mut case = Case::new();
        approved_by(&mut case, Vec::new());
        assert_eq!(judged(&case).unwrap().name(), "fail");
        for user in ["ana", "ben", "bg1"] {
            case.user(user);
        }
        case.organisation.break_glass.push("bg1".to_owned());
        case.active("bg1", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&case).unwrap().name(), "fail");
        case.active("ana", GLOBAL_ADMINISTRATOR);
        case.active("ben", GLOBAL_ADMINISTRATOR);
        let outcome = judged(&case).unwrap();
        assert_eq!((outcome.name(), credit_of(&outcome)), ("partial", 0.5));
        assert!(has_note(&outcome, "by default"));
    }

    #[test]
    fn default_approvers_in_an_unread_group_are_not_assessed() {
        let mut case = Case::new();
        approved_by(&mut case, Vec::new());
        case.unreadable_group("admins");
        case.active("admins", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::PermissionDenied);
    }

    #[test]
    fn unread_requesters_matter_only_where_one_could_change_the_verdict() {
        let unread = Gap::of(Dataset::RoleEligibilityScheduleInstances, GapKind::Failed, "503");
        let cases: [(People, People, Option<&str>); 5] = [
            (&["ana", "ben", "cem"], &[], Some("pass")),
            (&["ana", "ben"], &[], None),
            (&["ana", "ben"], &["ana"], Some("partial")),
            (&["ana"], &[], None),
            (&["ana"], &["ana"], Some("fail")),
        ];
        for (approvers, known, expected) in cases {
            let mut case = case_of(approvers);
            for requester in known {
                case.eligible(requester, ROLE);
            }
            let Collected::Complete(rows) = case.tenant.eligible else { panic!("not complete") };
            case.tenant.eligible = Collected::Partial(rows, unread.clone());
            let outcome = judged(&case);
            assert_eq!(
                outcome.as_ref().ok().map(Outcome::name),
                expected,
                "{approvers:?} {known:?}"
            );
        }
    }
}
