//! `approval-lockout`: whether approval can lock everybody out of the tenant.

use super::{Check, Expect, ExpectShape, Fix, Subjects, only_basic_properties};
use crate::facts::Facts;
use crate::model::{Access, Approval, Dataset, Evidence, Gap, Outcome, PrincipalId, RoleId, roles};
use std::collections::BTreeSet;

const RULE: &str = "Approval_EndUser_Assignment";
const EXPECTED: &str = "somebody can approve, or stands behind, the two roles that change roles";

/// The check.
pub static CHECK: Check = Check {
    id: "approval-lockout",
    title: "Approval can lock the tenant",
    what: "Looks at Global Administrator and Privileged Role Administrator together: when both ask for \
        approval, neither names an approver who can be used, and nobody holds either all the time, nobody \
        can become administrator any more.",
    why: "The default approvers are active administrators. Where all of them are only eligible, each waits \
        for another to be active first, and nobody inside the tenant can open it again.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Roles > Global Administrator > Role settings > Edit > Activation > Select approvers: \
            name at least two; the same for Privileged Role Administrator. Keep two break-glass accounts \
            permanently active. The PATCH replaces the whole rule: put in every approver that is named now",
        graph: &[
            "GET /v1.0/policies/roleManagementPolicyAssignments?$filter=scopeId eq '/' and scopeType eq \
            'DirectoryRole' and roleDefinitionId eq '62e90394-69f5-4237-9190-012177145e10'",
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
        "Microsoft Entra documentation: emergency access accounts",
        "Microsoft Entra documentation: role settings in PIM",
    ],
    subjects: Subjects::Tenant,
    needs: &[
        Dataset::RolePolicies,
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::Principals,
        Dataset::GroupMembers,
    ],
    variants: &[],
    expect: ExpectShape::Required,
    waivable: false,
    judge,
};

/// What stands before an activation of one of the two roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    /// No approval.
    Open,
    /// This many named approvers can be used.
    Approvers(usize),
    /// Only people who are eligible for an approver group: somebody must elevate first.
    ElevateFirst,
    /// Nobody is named who can approve.
    Nobody,
}

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let global = RoleId::new(roles::GLOBAL_ADMINISTRATOR);
    let privileged = RoleId::new(roles::PRIVILEGED_ROLE_ADMINISTRATOR);
    let global_gate = gate(facts, &global)?;
    let passed = match global_gate {
        Gate::Open => Some("Global Administrator needs no approval".to_owned()),
        Gate::Approvers(count) => {
            Some(format!("usable approvers of Global Administrator: {count}"))
        }
        Gate::ElevateFirst | Gate::Nobody => None,
    };
    if let Some(observed) = passed {
        return Ok(Outcome::pass(observed, EXPECTED).evidence(evidence(facts, &global)?));
    }
    let outcome = match gate(facts, &privileged)? {
        Gate::Open | Gate::Approvers(_) => open_way(
            global_gate,
            "Global Administrator names no usable approver, Privileged Role Administrator can be activated"
                .to_owned(),
        ),
        privileged_gate @ (Gate::ElevateFirst | Gate::Nobody) => {
            both_locked(facts, global_gate, privileged_gate, &global, &privileged)?
        }
    };
    Ok(outcome.evidence(evidence(facts, &global)?).evidence(evidence(facts, &privileged)?))
}

/// Neither role can be activated with an approver in place: who stands behind them?
fn both_locked(
    facts: &Facts,
    global_gate: Gate,
    privileged_gate: Gate,
    global: &RoleId,
    privileged: &RoleId,
) -> Result<Outcome, Gap> {
    let mut standing = Standing::default();
    standing.add(facts, global)?;
    standing.add(facts, privileged)?;
    if !standing.others.is_empty() {
        let names = facts.names_of(&standing.others);
        return Ok(open_way(global_gate, format!("no usable approver, but standing: {names}")));
    }
    if let Some(gap) = facts.standing_gap(global).or_else(|| facts.standing_gap(privileged)) {
        return Err(gap);
    }
    if let Some(gap) = standing.others_gap {
        return Err(gap);
    }
    if !standing.break_glass.is_empty() {
        let observed = "only declared break-glass accounts could approve or repair it";
        return Ok(Outcome::partial(0.5, observed, EXPECTED)
            .note(format!("standing: {}", facts.names_of(&standing.break_glass))));
    }
    if let Some(gap) = standing.break_glass_gap {
        return Err(gap);
    }
    if [global_gate, privileged_gate].contains(&Gate::ElevateFirst) {
        return Ok(open_way(
            Gate::ElevateFirst,
            "only people who are eligible for an approver group could approve".to_owned(),
        ));
    }
    Ok(Outcome::fail("nobody can approve either role and nobody holds one all the time", EXPECTED))
}

/// There is a way in; it is met in part where the approvers of Global Administrator must elevate.
fn open_way(global_gate: Gate, observed: String) -> Outcome {
    if global_gate == Gate::ElevateFirst {
        Outcome::partial(0.5, observed, EXPECTED).note(
            "every approver is in an approver group as an eligible member only: somebody must first \
            elevate to approve",
        )
    } else {
        Outcome::pass(observed, EXPECTED)
    }
}

fn gate(facts: &Facts, role: &RoleId) -> Result<Gate, Gap> {
    let Approval::Required { stages, .. } =
        facts.approval_of(&Access::DirectoryRole(role.clone()))?
    else {
        return Ok(Gate::Open);
    };
    // Default approvers are standing administrators, who are asked for apart.
    if stages.iter().all(|stage| stage.approvers.is_empty()) {
        return Ok(Gate::Nobody);
    }
    let approvers = facts.approvers_for(&Access::DirectoryRole(role.clone()))?.unwrap_or_default();
    Ok(if !approvers.usable.is_empty() {
        Gate::Approvers(approvers.usable.len())
    } else if approvers.eligible.is_empty() {
        Gate::Nobody
    } else {
        Gate::ElevateFirst
    })
}

/// People who hold one of the roles all the time and can sign in.
#[derive(Default)]
struct Standing {
    break_glass: BTreeSet<PrincipalId>,
    others: BTreeSet<PrincipalId>,
    /// Why there may be more break-glass accounts that can sign in.
    break_glass_gap: Option<Gap>,
    /// Why there may be more others who can.
    others_gap: Option<Gap>,
}

impl Standing {
    fn add(&mut self, facts: &Facts, role: &RoleId) -> Result<(), Gap> {
        for person in facts.standing_people(role)? {
            let principal = facts.principal_by_id(&person)?;
            let (people, gap) = if facts.is_break_glass(&person) {
                (&mut self.break_glass, &mut self.break_glass_gap)
            } else {
                (&mut self.others, &mut self.others_gap)
            };
            match principal.user().map(|user| user.enabled) {
                Some(Some(true)) => {
                    people.insert(person);
                }
                Some(None) => {
                    gap.get_or_insert_with(|| only_basic_properties(principal));
                }
                Some(Some(false)) | None => {}
            }
        }
        Ok(())
    }
}

fn evidence(facts: &Facts, role: &RoleId) -> Result<Evidence, Gap> {
    let policy = facts.policy_of(&Access::DirectoryRole(role.clone()))?;
    let required = matches!(policy.approval, Ok(Approval::Required { .. }));
    Ok(Evidence::new(
        Dataset::RolePolicies,
        &policy.id,
        format!("{RULE}.setting.isApprovalRequired"),
        required.to_string(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR};
    use crate::model::GapKind;
    use crate::model::{Approver, Collected, Hold, Stage};

    const BOTH: [&str; 2] = [GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR];

    fn judged(case: &Case) -> Result<Outcome, Gap> {
        case.judge_tenant(&CHECK, &Expect::Required)
    }

    /// Both roles ask for approval and name nobody.
    fn nobody_named() -> Case {
        let mut case = Case::new();
        for role in BOTH {
            case.approvers(role, &[]);
        }
        case
    }

    fn approver_group(case: &mut Case, role: &str, group: &str) {
        let approvers = vec![Approver::Group(PrincipalId::new(group))];
        case.policy(role).approval = Ok(Approval::Required {
            mode: "SingleStage".into(),
            stages: vec![Stage { approvers, ..Stage::default() }],
        });
    }

    #[test]
    fn a_missing_policy_is_not_assessed_unless_the_other_decides() {
        let mut case = Case::new();
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::ImpossiblyEmpty);
        case.policy(GLOBAL_ADMINISTRATOR).approval = Ok(Approval::NotRequired);
        assert_eq!(judged(&case).unwrap().name(), "pass");
        case.approvers(GLOBAL_ADMINISTRATOR, &[]);
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::ImpossiblyEmpty);
    }

    #[test]
    fn nobody_named_and_nobody_standing_is_a_lockout() {
        let mut case = nobody_named();
        assert_eq!(judged(&case).unwrap().name(), "fail");
        // An eligible or activated administrator, a disabled one and a dead approver open nothing.
        case.user("ana");
        case.eligible("ana", GLOBAL_ADMINISTRATOR);
        let activated = case.active("ana", GLOBAL_ADMINISTRATOR);
        activated.hold = Hold::Activated;
        activated.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
        case.user("off").enabled = Some(false);
        case.active("off", PRIVILEGED_ROLE_ADMINISTRATOR);
        case.absent("gone");
        case.approvers(GLOBAL_ADMINISTRATOR, &["gone"]);
        assert_eq!(judged(&case).unwrap().name(), "fail");
    }

    #[test]
    fn one_way_in_is_enough_and_break_glass_alone_is_met_in_part() {
        for (standing, declared, approver, expected) in [
            (Some("ana"), false, None, "pass"),
            (Some("ana"), true, None, "partial"),
            (None, false, Some(GLOBAL_ADMINISTRATOR), "pass"),
            (None, false, Some(PRIVILEGED_ROLE_ADMINISTRATOR), "pass"),
        ] {
            let mut case = nobody_named();
            case.user("ana");
            if let Some(user) = standing {
                case.active(user, PRIVILEGED_ROLE_ADMINISTRATOR);
            }
            if declared {
                case.organisation.break_glass.push("ana".to_owned());
            }
            if let Some(role) = approver {
                case.approvers(role, &["ana"]);
            }
            let outcome = judged(&case).unwrap();
            assert_eq!(outcome.name(), expected, "{standing:?} {declared} {approver:?}");
        }
    }

    #[test]
    fn a_group_of_which_people_are_only_eligible_is_met_in_part() {
        let mut case = nobody_named();
        case.group("empty", &[]);
        approver_group(&mut case, GLOBAL_ADMINISTRATOR, "empty");
        assert_eq!(judged(&case).unwrap().name(), "fail");
        case.onboard("empty");
        case.missing(Dataset::GroupEligibilityScheduleInstances);
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::PermissionDenied);
        case.onboard("empty");
        case.user("eva");
        case.group_eligible("eva", "empty", crate::model::GroupAccess::Member);
        assert_eq!(judged(&case).unwrap().name(), "partial");
        case.user("ana");
        case.active("ana", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&case).unwrap().name(), "partial");
        case.absent("deleted");
        approver_group(&mut case, GLOBAL_ADMINISTRATOR, "deleted");
        assert_eq!(judged(&case).unwrap().name(), "pass");
    }

    #[test]
    fn an_account_that_may_be_disabled_opens_nothing_and_locks_nothing() {
        for (dim, other, expected) in [
            ("dim", None, Err(GapKind::PermissionDenied)),
            ("dim", Some("bg1"), Err(GapKind::PermissionDenied)),
            ("dim", Some("ana"), Ok("pass")),
            // One more break-glass account changes nothing where one is proven.
            ("bg2", None, Err(GapKind::PermissionDenied)),
            ("bg2", Some("bg1"), Ok("partial")),
        ] {
            let mut case = nobody_named();
            for user in ["ana", "bg1"] {
                case.user(user);
            }
            case.user(dim).enabled = None;
            case.organisation.break_glass.extend(["bg1".to_owned(), "bg2".to_owned()]);
            case.active(dim, GLOBAL_ADMINISTRATOR);
            if let Some(other) = other {
                case.active(other, PRIVILEGED_ROLE_ADMINISTRATOR);
            }
            let outcome = judged(&case).map(|it| it.name()).map_err(|gap| gap.kind);
            assert_eq!(outcome, expected, "{dim} {other:?}");
        }
    }

    #[test]
    fn a_failure_is_never_told_from_what_was_not_read() {
        let mut case = nobody_named();
        case.unreadable_group("admins");
        case.active("admins", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&case).unwrap_err().kind, GapKind::PermissionDenied);
        let mut case = nobody_named();
        case.user("ana");
        case.active("ana", GLOBAL_ADMINISTRATOR).hold = Hold::ActiveOfUnknownType;
        assert!(judged(&case).is_err());
        let gap = Gap::of(Dataset::RoleAssignments, GapKind::Failed, "503");
        case.tenant.active = Collected::Missing(gap.clone());
        assert_eq!(judged(&case).unwrap_err(), gap);
    }
}
