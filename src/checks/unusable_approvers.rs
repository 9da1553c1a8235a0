//! `unusable-approvers`: whether every activation finds enough people who can approve it.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant};
use crate::facts::Facts;
use crate::facts::approvers::FewestApprovers;
use crate::model::{
    Access, Approval, Approver, Dataset, Evidence, Gap, GapKind, Outcome, PrincipalId, RoleId,
    Stage, roles,
};
use std::collections::BTreeSet;

const RULE: &str = "Approval_EndUser_Assignment";
const EXPECTED: &str = "at least two usable approvers for every requester";
const EXPECTED_ONE: &str = "at least one approver is named";
const EXPECTED_VALID: &str = "at least one enabled user is among the approvers";
const EXPECTED_TWO: &str = "at least two approvers are named";
/// Microsoft advises two: with one, a day off stops every activation.
const ENOUGH: usize = 2;
/// More reasons than this help nobody.
const GAPS_SHOWN: usize = 5;
/// Zero Trust Assessment counts names and no more.
const ONE_NAMED: &str = "one-named";
/// CIS asks for valid users.
const ONE_VALID: &str = "one-valid";
/// Microsoft's page on role settings advises to select two.
const TWO_NAMED: &str = "two-named";

/// The check.
pub static CHECK: Check = Check {
    id: "unusable-approvers",
    title: "Too few usable approvers",
    what: "Counts for everybody who is eligible for a role, or for a group that PIM manages, who of its \
        approvers can approve: enabled member users other than the requester, with approver groups expanded \
        to their standing members. None fails, one or only the default approvers is met in part. A group \
        has no default approvers. Where activation needs no approval there is nothing to judge.",
    why: "A request nobody can answer dies after a day, and people then ask for standing access instead. \
        Nobody can approve an own request, so one approver is none for that person.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Roles > (the role) > Role settings > Edit > Activation > Select approvers; for a group: \
            Groups > (the group) > Settings > Member or Owner. Best a role-assignable group of three or \
            more people. The Graph call replaces the whole rule: put in every approver that is named now",
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
        "Microsoft Entra documentation: settings of PIM for Groups",
        "CIS Microsoft 365 Foundations 7.0.0: 5.3.4",
        "Zero Trust Assessment 21817",
    ],
    subjects: Subjects::Policies,
    needs: &[
        Dataset::RolePolicies,
        Dataset::GroupPolicies,
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::Principals,
        Dataset::GroupMembers,
    ],
    variants: &[
        Variant {
            name: ONE_NAMED,
            meaning: "one named approver passes, whoever asks and whoever it is; who is asked only after \
                an escalation counts for nothing",
        },
        Variant {
            name: ONE_VALID,
            meaning: "one enabled user among the named approvers passes, also as a standing member of a \
                group, whoever asks; who is asked only after an escalation counts for nothing",
        },
        Variant {
            name: TWO_NAMED,
            meaning: "two named approvers pass and fewer fail, whoever asks and whoever they are; a group \
                counts for its standing members, and who is asked only after an escalation for nothing",
        },
    ],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let access = facts.judged_access()?;
    if expect.is_variant(ONE_NAMED) {
        return one_named(facts, access);
    }
    if expect.is_variant(ONE_VALID) {
        return one_valid(facts, access);
    }
    if expect.is_variant(TWO_NAMED) {
        return two_named(facts, access);
    }
    let Some(found) = facts.fewest_usable_approvers(access)? else {
        return Ok(Outcome::not_applicable("activation needs no approval"));
    };
    let outcome = if found.named.is_empty() && matches!(access, Access::Group(..)) {
        Outcome::fail("nobody is named, and a group has no default approvers", EXPECTED)
            .measure("usable approvers", 0.0)
    } else {
        enough(facts, &found)?
    };
    Ok(outcome.evidence(evidence(facts, &found.named)?))
}

fn evidence(facts: &Facts, named: &BTreeSet<PrincipalId>) -> Result<Evidence, Gap> {
    let policy = facts.policy()?;
    Ok(Evidence::new(
        policy.dataset,
        &policy.id,
        format!("{RULE}.setting.approvalStages.primaryApprovers"),
        format!("[{}]", facts.names_of(named)),
    ))
}

/// How many are named, and nothing about them.
fn one_named(facts: &Facts, access: &Access) -> Result<Outcome, Gap> {
    let Approval::Required { stages, .. } = facts.approval_of(access)? else {
        return Ok(Outcome::not_applicable("activation needs no approval"));
    };
    let named: Vec<&Approver> = stages.iter().flat_map(Stage::primary).collect();
    let ids = named.iter().filter_map(|approver| match approver {
        Approver::User(id) | Approver::Group(id) => Some(id.clone()),
        Approver::Unknown(_) => None,
    });
    let observed = format!("named approvers: {}", named.len());
    Ok(Outcome::pass_if(!named.is_empty(), observed, EXPECTED_ONE)
        .measure("named approvers", named.len() as f64)
        .evidence(evidence(facts, &ids.collect())?))
}

/// How many are named, of a group those who stand in it, and nothing more about them.
fn two_named(facts: &Facts, access: &Access) -> Result<Outcome, Gap> {
    let Approval::Required { stages, .. } = facts.approval_of(access)? else {
        return Ok(Outcome::not_applicable("activation needs no approval"));
    };
    let (mut named, mut people) = (BTreeSet::new(), BTreeSet::new());
    let mut unknown = None;
    for approver in stages.iter().flat_map(Stage::primary) {
        match approver {
            Approver::User(id) => {
                named.insert(id.clone());
                people.insert(id.clone());
            }
            Approver::Group(id) => {
                named.insert(id.clone());
                let members = facts.members_of(id);
                people.extend(members.standing_members());
                unknown = unknown.or_else(|| members.gaps.first().cloned());
            }
            Approver::Unknown(kind) => {
                let detail = format!("an approver of type {kind} names nobody");
                unknown.get_or_insert(Gap::new(GapKind::Unreadable, detail));
            }
        }
    }
    let observed = format!("named approvers: {}", people.len());
    let outcome = match unknown {
        _ if people.len() >= ENOUGH => Outcome::pass(observed, EXPECTED_TWO),
        Some(gap) => return Err(gap),
        None => Outcome::fail(observed, EXPECTED_TWO),
    };
    Ok(outcome.measure("named approvers", people.len() as f64).evidence(evidence(facts, &named)?))
}

/// One enabled user among those named, or standing in a group among them.
fn one_valid(facts: &Facts, access: &Access) -> Result<Outcome, Gap> {
    let Approval::Required { stages, .. } = facts.approval_of(access)? else {
        return Ok(Outcome::not_applicable("activation needs no approval"));
    };
    let (mut named, mut people) = (BTreeSet::new(), BTreeSet::new());
    let mut unknown = None;
    for approver in stages.iter().flat_map(Stage::primary) {
        let id = match approver {
            Approver::User(id) | Approver::Group(id) => id,
            Approver::Unknown(kind) => {
                let detail = format!("an approver of type {kind} names nobody");
                unknown.get_or_insert(Gap::new(GapKind::Unreadable, detail));
                continue;
            }
        };
        named.insert(id.clone());
        match facts.principal_by_id(id) {
            Ok(found) if found.group().is_some() => {
                let members = facts.members_of(id);
                people.extend(members.standing_members());
                unknown = unknown.or_else(|| members.gaps.first().cloned());
            }
            Ok(_) => {
                people.insert(id.clone());
            }
            Err(gap) => {
                unknown.get_or_insert(gap);
            }
        }
    }
    let mut valid = BTreeSet::new();
    for id in people {
        match is_valid(facts, &id) {
            Ok(true) => {
                valid.insert(id);
            }
            Ok(false) => {}
            Err(gap) => {
                unknown.get_or_insert(gap);
            }
        }
    }
    let observed = format!("valid approvers: {}", valid.len());
    let outcome = match (valid.is_empty(), unknown) {
        (false, _) => Outcome::pass(observed, EXPECTED_VALID),
        (true, Some(gap)) => return Err(gap),
        (true, None) => Outcome::fail(observed, EXPECTED_VALID),
    };
    Ok(outcome.measure("valid approvers", valid.len() as f64).evidence(evidence(facts, &named)?))
}

/// An enabled user of the tenant; what is no user, or is gone, can say yes to nothing.
fn is_valid(facts: &Facts, id: &PrincipalId) -> Result<bool, Gap> {
    let principal = facts.principal_by_id(id)?;
    match principal.user().map(|user| user.enabled) {
        Some(Some(enabled)) => Ok(enabled),
        Some(None) => Err(Gap::of(
            Dataset::Principals,
            GapKind::PermissionDenied,
            format!(
                "whether approver {} is enabled did not come back; grant Directory.Read.All",
                principal.name
            ),
        )),
        None => Ok(false),
    }
}

/// Enough people for whoever asks.
fn enough(facts: &Facts, found: &FewestApprovers) -> Result<Outcome, Gap> {
    if let Some(gap) = deciding_gap(facts, found) {
        return Err(gap);
    }
    let usable = found.approvers.usable.len();
    let who = if found.approvers.default { "default approvers" } else { "usable approvers" };
    let observed = format!("{who}: {usable}, fewest for any requester: {}", found.fewest);
    let credit = credit(found);
    let outcome = if found.fewest == 0 {
        Outcome::fail(observed, EXPECTED)
    } else if credit < 1.0 {
        Outcome::partial(credit, observed, EXPECTED)
    } else {
        Outcome::pass(observed, EXPECTED)
    };
    let outcome = outcome.measure("usable approvers", usable as f64);
    Ok(notes(facts, found).into_iter().fold(outcome, Outcome::note))
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
        (
            &approvers.eligible,
            "eligible members of approver groups must elevate first, not counted",
        ),
    ] {
        if !ids.is_empty() {
            notes.push(format!("{what}: {}", facts.names_of(ids)));
        }
    }
    if found.ring {
        notes.push(
            "approval ring: every usable approver is eligible for the same access".to_owned(),
        );
    }
    let shown = found.gaps.iter().take(GAPS_SHOWN);
    notes.extend(shown.map(|gap| format!("not every requester is known: {gap}")));
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, SECURITY_ADMINISTRATOR};
    use crate::model::{Collected, GroupAccess};

    const ROLE: &str = SECURITY_ADMINISTRATOR;
    type People = &'static [&'static str];

    fn role() -> Access {
        Access::DirectoryRole(RoleId::new(ROLE))
    }

    fn judged(case: &Case) -> Result<Outcome, Gap> {
        case.judge_access(&CHECK, role(), &Expect::Required)
    }

    fn approval(approvers: Vec<Approver>) -> Result<Approval, Gap> {
        Ok(Approval::Required {
            mode: "SingleStage".into(),
            stages: vec![Stage { approvers, reason_required: Some(true), escalation: 0 }],
        })
    }

    fn approved_by(case: &mut Case, approvers: Vec<Approver>) {
        case.policy(ROLE).approval = approval(approvers);
    }

    fn user(id: &str) -> Approver {
        Approver::User(PrincipalId::new(id))
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
        let variants = [ONE_NAMED, ONE_VALID, TWO_NAMED].map(Expect::Variant);
        for expect in variants.into_iter().chain([Expect::Required]) {
            let outcome = case.judge_access(&CHECK, role(), &expect).unwrap();
            assert_eq!(outcome.name(), "not-applicable", "{expect:?}");
        }
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
        let mut case = case_of(&["ana", "ben", "cem"]);
        case.group("team", &["ana", "ben"]);
        case.eligible("team", ROLE);
        assert!(!has_note(&judged(&case).unwrap(), "approval ring"));
    }

    #[test]
    fn members_and_eligible_members_of_an_eligible_group_may_ask() {
        let cases: [(People, People, People, &str); 8] = [
            (&["ana", "ben", "cem"], &[], &[], "pass"),
            (&["ana", "ben", "cem"], &["cem"], &["ana"], "pass"),
            (&["ana", "ben"], &["cem"], &[], "pass"),
            (&["ana", "ben"], &["ana"], &[], "partial"),
            (&["ana", "ben"], &["cem"], &["ana"], "partial"),
            (&["ana"], &["ben"], &[], "partial"),
            (&["ana"], &["ana"], &[], "fail"),
            (&["ana"], &[], &["ana"], "fail"),
        ];
        for (approvers, members, eligible, expected) in cases {
            let mut case = case_of(approvers);
            case.group("team", members);
            case.onboard("team");
            for person in eligible {
                case.group_eligible(person, "team", GroupAccess::Member);
            }
            case.eligible("team", ROLE);
            let outcome = judged(&case).unwrap();
            assert_eq!(outcome.name(), expected, "{approvers:?} for {members:?} {eligible:?}");
        }
    }

    #[test]
    fn unread_eligible_members_matter_only_where_one_could_change_the_verdict() {
        let cases: [(People, People, Result<&str, GapKind>); 6] = [
            (&["ana", "ben", "cem"], &[], Ok("pass")),
            (&["ana", "ben", "cem"], &["cem"], Ok("pass")),
            (&["ana", "ben"], &["cem"], Err(GapKind::PermissionDenied)),
            (&["ana", "ben"], &["ana"], Ok("partial")),
            (&["ana"], &["ben"], Err(GapKind::PermissionDenied)),
            (&["ana"], &["ana"], Ok("fail")),
        ];
        for (approvers, members, expected) in cases {
            let mut case = case_of(approvers);
            case.group("team", members);
            case.onboard("team");
            case.eligible("team", ROLE);
            case.missing(Dataset::GroupEligibilityScheduleInstances);
            let outcome = judged(&case);
            let name = outcome.as_ref().map(Outcome::name).map_err(|gap| gap.kind);
            assert_eq!(name, expected, "{approvers:?} for {members:?}");
            if let Ok(outcome) = outcome {
                assert!(has_note(&outcome, "not every requester is known"), "{outcome:?}");
            }
        }
    }

    #[test]
    fn disabled_users_services_and_members_who_must_elevate_approve_nothing() {
        let mut case = Case::new();
        case.user("off").enabled = Some(false);
        case.user("dan");
        case.service("robot");
        case.group("empty", &["robot"]);
        case.onboard("empty");
        case.group_eligible("dan", "empty", GroupAccess::Member);
        approved_by(&mut case, vec![user("off"), group("empty")]);
        let outcome = judged(&case).unwrap();
        assert_eq!(outcome.name(), "fail");
        assert!(has_note(&outcome, "must elevate first, not counted: dan@contoso.example"));
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

    /// A group in PIM that leads to the role, one of whose accesses these users approve.
    fn group_case(access: GroupAccess, approvers: &[&str]) -> Case {
        let mut case = case_of(&[]);
        case.group("team", &[]);
        case.onboard("team");
        case.eligible("team", ROLE);
        let approvers = approvers.iter().map(|id| user(id)).collect();
        case.group_policy("team", access).approval = approval(approvers);
        case
    }

    #[test]
    fn a_group_access_is_judged_by_its_own_approvers_and_requesters() {
        let cases: [(People, People, &str); 4] = [
            (&["ana", "ben"], &["cem"], "pass"),
            (&["ana", "ben"], &["ana"], "partial"),
            (&["ana"], &["ana"], "fail"),
            (&["ana", "ben"], &[], "pass"),
        ];
        for access in [GroupAccess::Member, GroupAccess::Owner] {
            for (approvers, requesters, expected) in cases {
                let mut case = group_case(access, approvers);
                for requester in requesters {
                    case.group_eligible(requester, "team", access);
                }
                let subject = Access::Group(PrincipalId::new("team"), access);
                let outcome = case.judge_access(&CHECK, subject, &Expect::Required).unwrap();
                assert_eq!(outcome.name(), expected, "{access:?} {approvers:?} {requesters:?}");
                let evidence = &outcome.details().unwrap().evidence;
                assert_eq!(evidence.last().unwrap().dataset, Dataset::GroupPolicies);
            }
        }
    }

    #[test]
    fn who_may_become_a_member_does_not_matter_for_the_owners() {
        let mut case = group_case(GroupAccess::Owner, &["ana"]);
        case.group_eligible("ana", "team", GroupAccess::Member);
        let subject = Access::Group(PrincipalId::new("team"), GroupAccess::Owner);
        let outcome = case.judge_access(&CHECK, subject, &Expect::Required).unwrap();
        assert_eq!(outcome.name(), "partial");
    }

    #[test]
    fn a_group_has_no_default_approvers() {
        let mut case = group_case(GroupAccess::Member, &[]);
        case.active("ana", GLOBAL_ADMINISTRATOR);
        case.active("ben", GLOBAL_ADMINISTRATOR);
        let subject = Access::Group(PrincipalId::new("team"), GroupAccess::Member);
        let outcome = case.judge_access(&CHECK, subject, &Expect::Required).unwrap();
        assert_eq!((outcome.name(), credit_of(&outcome)), ("fail", 0.0));
        assert!(outcome.details().unwrap().observed.contains("nobody is named"));
    }

    #[test]
    fn an_unread_group_policy_or_its_rule_is_not_assessed() {
        let subject = || Access::Group(PrincipalId::new("team"), GroupAccess::Member);
        let mut case = group_case(GroupAccess::Member, &["ana", "ben"]);
        case.group_policy("team", GroupAccess::Member).approval =
            Err(Gap::unreadable(Dataset::GroupPolicies, "missing"));
        let gap = case.judge_access(&CHECK, subject(), &Expect::Required).unwrap_err();
        assert_eq!(gap.kind, GapKind::Unreadable);
        let mut unmanaged = case_of(&[]);
        unmanaged.group("team", &[]);
        assert!(unmanaged.judge_access(&CHECK, subject(), &Expect::Required).is_err());
    }

    #[test]
    fn one_approver_is_named_or_a_valid_user_as_the_benchmarks_have_it() {
        let odd = || Approver::Unknown("requestorManager".into());
        // By name; valid.
        type Word = Result<&'static str, GapKind>;
        let cases: [(Vec<Approver>, Word, Word); 14] = [
            (vec![], Ok("fail"), Ok("fail")),
            (vec![user("ana")], Ok("pass"), Ok("pass")),
            (vec![user("guest")], Ok("pass"), Ok("pass")),
            (vec![user("off")], Ok("pass"), Ok("fail")),
            (vec![user("off"), user("ana")], Ok("pass"), Ok("pass")),
            (vec![user("robot")], Ok("pass"), Ok("fail")),
            (vec![group("empty")], Ok("pass"), Ok("fail")),
            (vec![group("team")], Ok("pass"), Ok("pass")),
            (vec![group("closed")], Ok("pass"), Err(GapKind::PermissionDenied)),
            (vec![user("gone")], Ok("pass"), Ok("fail")),
            (vec![user("stranger")], Ok("pass"), Err(GapKind::Incomplete)),
            (vec![user("untold")], Ok("pass"), Err(GapKind::PermissionDenied)),
            (vec![odd()], Ok("pass"), Err(GapKind::Unreadable)),
            (vec![odd(), user("ana")], Ok("pass"), Ok("pass")),
        ];
        for (approvers, by_name, valid) in cases {
            let mut case = case_of(&[]);
            case.user("off").enabled = Some(false);
            case.user("untold").enabled = None;
            case.user("guest").user_type = Some("Guest".into());
            case.service("robot");
            case.group("empty", &[]);
            case.group("team", &["off", "ben"]);
            case.unreadable_group("closed");
            case.absent("gone");
            // The default approvers are not named.
            case.active("ben", GLOBAL_ADMINISTRATOR);
            case.eligible("ana", ROLE);
            let words = format!("{approvers:?}");
            approved_by(&mut case, approvers);
            for (variant, expected) in [(ONE_NAMED, by_name), (ONE_VALID, valid)] {
                let outcome = case.judge_access(&CHECK, role(), &Expect::Variant(variant));
                let name = outcome.map(|it| it.name()).map_err(|gap| gap.kind);
                assert_eq!(name, expected, "{variant} {words}");
            }
        }
        for variant in [ONE_NAMED, ONE_VALID] {
            let case = group_case(GroupAccess::Member, &[]);
            let subject = Access::Group(PrincipalId::new("team"), GroupAccess::Member);
            let outcome = case.judge_access(&CHECK, subject, &Expect::Variant(variant)).unwrap();
            assert_eq!(outcome.name(), "fail", "{variant}");
        }
    }

    #[test]
    fn two_approvers_are_named_as_microsoft_advises() {
        let odd = || Approver::Unknown("requestorManager".into());
        for (approvers, expected) in [
            (vec![], Ok("fail")),
            (vec![user("ana")], Ok("fail")),
            (vec![user("ana"), user("ana")], Ok("fail")),
            // Who asks, and who they are, does not matter.
            (vec![user("ana"), user("ben")], Ok("pass")),
            (vec![user("ana"), user("off")], Ok("pass")),
            (vec![group("team")], Ok("pass")),
            (vec![group("one")], Ok("fail")),
            (vec![group("one"), user("ana")], Ok("fail")),
            (vec![group("one"), user("ben")], Ok("pass")),
            (vec![group("empty")], Ok("fail")),
            (vec![group("closed")], Err(GapKind::PermissionDenied)),
            (vec![group("closed"), user("ana"), user("ben")], Ok("pass")),
            (vec![odd(), user("ana")], Err(GapKind::Unreadable)),
        ] {
            let mut case = case_of(&[]);
            case.user("off").enabled = Some(false);
            case.group("team", &["ana", "ben"]);
            case.group("one", &["ana"]);
            case.group("empty", &[]);
            case.onboard("empty");
            case.group_eligible("cem", "empty", GroupAccess::Member);
            case.unreadable_group("closed");
            for person in ["ana", "ben"] {
                case.eligible(person, ROLE);
            }
            let words = format!("{approvers:?}");
            approved_by(&mut case, approvers);
            let outcome = case.judge_access(&CHECK, role(), &Expect::Variant(TWO_NAMED));
            let name = outcome.map(|it| it.name()).map_err(|gap| gap.kind);
            assert_eq!(name, expected, "{words}");
        }
    }

    #[test]
    fn who_is_asked_only_after_an_escalation_is_no_primary_approver() {
        for (escalation, by_default, by_variant, two_named) in
            [(0, "pass", "pass", "pass"), (1, "pass", "pass", "fail"), (2, "pass", "fail", "fail")]
        {
            let mut case = case_of(&[]);
            case.eligible("cem", ROLE);
            let approvers = vec![user("ana"), user("ben")];
            case.policy(ROLE).approval = Ok(Approval::Required {
                mode: "SingleStage".into(),
                stages: vec![Stage { approvers, escalation, reason_required: Some(true) }],
            });
            for (expect, expected) in [
                (Expect::Required, by_default),
                (Expect::Variant(ONE_NAMED), by_variant),
                (Expect::Variant(ONE_VALID), by_variant),
                (Expect::Variant(TWO_NAMED), two_named),
            ] {
                let outcome = case.judge_access(&CHECK, role(), &expect).unwrap();
                assert_eq!(outcome.name(), expected, "{escalation} {expect:?}");
            }
        }
    }

    #[test]
    fn without_the_principals_approvers_are_named_and_none_is_known_to_be_valid() {
        let mut case = case_of(&["ana"]);
        case.missing(Dataset::Principals);
        let named = case.judge_access(&CHECK, role(), &Expect::Variant(ONE_NAMED));
        assert_eq!(named.unwrap().name(), "pass");
        let valid = case.judge_access(&CHECK, role(), &Expect::Variant(ONE_VALID));
        assert_eq!(valid.unwrap_err().kind, GapKind::PermissionDenied);
    }
}
