//! `weakest-path`: ways to a role that ask for less than the role itself.

use super::{Check, Expect, ExpectShape, Fix, Subjects, counted};
use crate::facts::window::WAYS;
use crate::facts::{Facts, Gate, Hop, PathState, Step, Way, WayEnd};
use crate::model::{
    Access, AuthenticationContext, Dataset, Evidence, Gap, GapKind, Outcome, PrincipalKindFacts,
    RoleId, Scope, Tier,
};

/// The check.
pub static CHECK: Check = Check {
    id: "weakest-path",
    title: "A way to the role asks for less than the role",
    what: "Compares every way to a role of tier critical or high with what the role's own settings ask: \
        MFA or an enforced authentication context, approval, justification. A way that misses one of \
        them fails, and the weakest is named with its hops. Everything asked on any hop counts. Owners \
        of groups and applications and permissions that give roles are ways too. Standing assignments \
        and memberships are judged elsewhere; declared break-glass accounts are left out.",
    why: "A role is only as safe as the weakest way to it. Whoever wants in does not take the guarded \
        door when another one is open.",
    fix: Fix {
        portal: "Privileged Identity Management > Groups > (the group) > Settings > Member or Owner > \
            Edit: ask for all that the role asks for. Or make the group only eligible for the role: \
            Microsoft Entra roles > Roles > (the role) > Active assignments > Update > Eligible. Remove \
            owners and permissions nobody needs. The first Graph call replaces the whole list",
        graph: &[
            "PATCH /v1.0/policies/roleManagementPolicies/<id of the group's policy>/rules/Enablement_EndUser_Assignment \
            {\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyEnablementRule\",\
            \"id\":\"Enablement_EndUser_Assignment\",\
            \"enabledRules\":[\"MultiFactorAuthentication\",\"Justification\"],\
            \"target\":{\"caller\":\"EndUser\",\"operations\":[\"all\"],\"level\":\"Assignment\",\
            \"inheritableSettings\":[],\"enforcedSettings\":[]}}",
            "POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
            {\"action\":\"adminAssign\",\"principalId\":\"<id of the group>\",\
            \"roleDefinitionId\":\"{role}\",\"directoryScopeId\":\"/\",\
            \"justification\":\"eligible, so that the role's own settings apply\",\
            \"scheduleInfo\":{\"expiration\":{\"type\":\"afterDuration\",\"duration\":\"P365D\"}}}",
            "POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"<id of the group>\",\
            \"roleDefinitionId\":\"{role}\",\"directoryScopeId\":\"/\"}",
            "DELETE /v1.0/groups/<id of the group>/owners/<id of the owner>/$ref",
        ],
    },
    references: &[
        "PIM with Defender for Office 365",
        "PIM concept and setup: PIM for groups",
        "CISA SCuBA MS.AAD.7.6v1",
        "MITRE ATT&CK T1098",
    ],
    subjects: Subjects::Roles,
    needs: WAYS,
    variants: &[],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

/// Weaker ways in the notes before the rest is only counted.
const SHOWN: usize = 5;

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let Some(role) = facts.role() else {
        return Err(Gap::new(GapKind::Unreadable, "the subject is no role"));
    };
    if role.tier < Tier::High {
        return Ok(Outcome::not_applicable("its tier is below high"));
    }
    let own = facts.gate(&Access::DirectoryRole(role.id.clone()))?;
    let policy = facts.policy()?;
    let expected = format!("no way asks for less than {}", asked_in_words(&own));
    let asked = Evidence::new(
        Dataset::RolePolicies,
        &policy.id,
        "EndUser_Assignment rules",
        own.in_words(),
    );
    if missing(&own, &Gate::default()).is_empty() {
        return Ok(Outcome::pass("nothing is weaker than its own gate", expected)
            .note("the gate itself is empty: no MFA, no approval and no justification is asked for")
            .evidence(asked));
    }
    let ways = facts.ways(&role.id);
    let mut doubt = ways.gaps.first().cloned();
    let mut weaker = Vec::new();
    for way in &ways.list {
        match missed_by(facts, &own, way) {
            Ok(missed) if missed.is_empty() => {}
            Ok(missed) => weaker.push((way, missed)),
            Err(gap) => {
                doubt.get_or_insert(gap);
            }
        }
    }
    let counted_ways = |outcome: Outcome| {
        outcome.measure("ways", ways.list.len() as f64).measure("weaker ways", weaker.len() as f64)
    };
    // The ways come weakest first.
    let Some(((weakest, missed), others)) = weaker.split_first() else {
        return match doubt {
            Some(gap) => Err(unread(&gap)),
            None => Ok(counted_ways(
                Outcome::pass("every way asks for as much as the role", expected).evidence(asked),
            )),
        };
    };
    let in_words = |way: &Way<'_>, missed: &[&str]| {
        format!(
            "{}: {}; missing: {}",
            facts.name_of(&way.principal),
            facts.way_in_words(way, &role.id),
            missed.join(", ")
        )
    };
    let mut outcome = Outcome::fail(in_words(weakest, missed), expected)
        .calls(calls(facts, weakest, &own, &role.id))
        .evidence(asked)
        .evidence(end_of(&weakest.end, &role.id));
    for (way, missed) in others.iter().take(SHOWN) {
        outcome = outcome.note(format!("also {}", in_words(way, missed)));
    }
    let more = others.len().saturating_sub(SHOWN);
    if more > 0 {
        outcome = outcome.note(format!("and {}", counted(more, "weaker way", "weaker ways")));
    }
    let note = doubt.map(|gap| format!("there may be more: {gap}"));
    Ok(counted_ways(outcome.maybe_note(note)))
}

/// What mends this way: whatever on it asks for too little asks for more, or is taken away.
fn calls(facts: &Facts, way: &Way<'_>, own: &Gate, role: &RoleId) -> Vec<String> {
    let mut calls = Vec::new();
    let hops: Vec<&Hop> = way.hops.iter().collect();
    for (place, hop) in hops.iter().enumerate() {
        // Who takes this hop: who comes next on the way, away from the role.
        let who = hops.get(place + 1).map_or(&way.principal, |next| &next.into);
        let into = &hop.into;
        match (hop.step, hop.gated_by()) {
            (_, Some(access)) => calls.extend(ask_for_more(facts, &access, own)),
            (Step::Owner, None) => {
                calls.push(format!("DELETE /v1.0/groups/{into}/owners/{who}/$ref"))
            }
            (Step::Credentials, None) => {
                let (direct, application) = facts.owns_service(who, into);
                if direct {
                    calls.push(format!("DELETE /v1.0/servicePrincipals/{into}/owners/{who}/$ref"));
                }
                if let Some(id) = application {
                    calls.push(format!("DELETE /v1.0/applications/{id}/owners/{who}/$ref"));
                }
            }
            (Step::Member, None) => {}
        }
    }
    match &way.end {
        WayEnd::Permission(bypass) if bypass.delegated => {
            calls.push(format!("DELETE /v1.0/oauth2PermissionGrants/{}", bypass.row));
        }
        WayEnd::Permission(bypass) => {
            let holder = hops.first().map_or(&way.principal, |hop| &hop.into);
            calls.push(format!(
                "DELETE /v1.0/servicePrincipals/{holder}/appRoleAssignments/{}",
                bypass.row
            ));
        }
        // A group that is only eligible makes everybody activate the role itself.
        WayEnd::Grant(grant)
            if hops.first().is_some_and(|hop| hop.step != Step::Credentials)
                && !grant.is_eligible() =>
        {
            let requests = "/v1.0/roleManagement/directory";
            let group = &grant.principal;
            let (scope, within) = match &grant.within {
                Scope::Application(within) => ("appScopeId", within.to_string()),
                Scope::Tenant | Scope::AdministrativeUnit(_) | Scope::Object(_) => {
                    ("directoryScopeId", grant.within.to_string())
                }
            };
            calls.push(format!(
                "POST {requests}/roleEligibilityScheduleRequests {{\"action\":\"adminAssign\",\
                 \"principalId\":\"{group}\",\"roleDefinitionId\":\"{role}\",\
                 \"{scope}\":\"{within}\",\
                 \"justification\":\"eligible, so that the role's own settings apply\",\
                 \"scheduleInfo\":{{\"expiration\":{{\"type\":\"afterDuration\",\"duration\":\"P365D\"}}}}}}"
            ));
            calls.push(format!(
                "POST {requests}/roleAssignmentScheduleRequests {{\"action\":\"adminRemove\",\
                 \"principalId\":\"{group}\",\"roleDefinitionId\":\"{role}\",\
                 \"{scope}\":\"{within}\"}}"
            ));
        }
        WayEnd::Grant(_) | WayEnd::Group(_) => {}
    }
    calls
}

/// The rule of an access with what the role asks for added to what it asks for already. Approval takes
/// approvers, whom nobody but the organisation knows.
fn ask_for_more(facts: &Facts, access: &Access, own: &Gate) -> Option<String> {
    let policy = facts.policy_of(access).ok()?;
    let asked = policy.activation_enablement.as_ref().ok()?;
    // Beside an authentication context PIM refuses MFA.
    let context = matches!(policy.authentication_context, Ok(AuthenticationContext::On(_)));
    let mfa = own.has_mfa() && !asked.mfa && !context;
    let justification = own.justification && !asked.justification;
    if !mfa && !justification {
        return None;
    }
    let rules: Vec<&str> = [
        ("MultiFactorAuthentication", asked.mfa || mfa),
        ("Justification", asked.justification || justification),
        ("Ticketing", asked.ticket),
    ]
    .into_iter()
    .filter_map(|(name, on)| on.then_some(name))
    .collect();
    Some(format!(
        "PATCH /v1.0/policies/roleManagementPolicies/{}/rules/Enablement_EndUser_Assignment \
         {{\"@odata.type\":\"#microsoft.graph.unifiedRoleManagementPolicyEnablementRule\",\
         \"id\":\"Enablement_EndUser_Assignment\",\"enabledRules\":[\"{}\"],\
         \"target\":{{\"caller\":\"EndUser\",\"operations\":[\"all\"],\"level\":\"Assignment\",\
         \"inheritableSettings\":[],\"enforcedSettings\":[]}}}}",
        policy.id,
        rules.join("\",\"")
    ))
}

/// What a way does not ask for although the role does.
fn missed_by(facts: &Facts, own: &Gate, way: &Way<'_>) -> Result<Vec<&'static str>, Gap> {
    if way.is_standing() || facts.is_break_glass(&way.principal) || facts.is_shut(way) {
        return Ok(Vec::new());
    }
    let missed = missing(own, way.gate.as_ref().map_err(Clone::clone)?);
    if missed.is_empty() {
        return Ok(missed);
    }
    // It may be a standing way, which is judged elsewhere.
    if way.state() == PathState::Unknown {
        if !facts.is_untyped(way) {
            return Ok(Vec::new());
        }
        let detail = format!(
            "whether {} stands on its way or activated it is not known",
            facts.name_of(&way.principal)
        );
        return Err(Gap::of(
            Dataset::GroupAssignmentScheduleInstances,
            GapKind::Incomplete,
            detail,
        ));
    }
    // A declared break-glass account is only recognised, and a deleted one known, once it was read.
    let principal = facts.principal_by_id(&way.principal)?;
    match principal.kind {
        PrincipalKindFacts::Absent => Ok(Vec::new()),
        PrincipalKindFacts::User(_)
        | PrincipalKindFacts::Group(_)
        | PrincipalKindFacts::ServicePrincipal(_)
        | PrincipalKindFacts::Other(_)
        | PrincipalKindFacts::Hidden => Ok(missed),
    }
}

/// What one gate asks for and the other does not.
fn missing(own: &Gate, other: &Gate) -> Vec<&'static str> {
    [
        ("MFA", own.has_mfa() && !other.has_mfa()),
        ("approval", own.approvals > 0 && other.approvals == 0),
        ("justification", own.justification && !other.justification),
    ]
    .into_iter()
    .filter_map(|(what, missed)| missed.then_some(what))
    .collect()
}

fn asked_in_words(own: &Gate) -> String {
    let asked = missing(own, &Gate::default());
    if asked.is_empty() { "nothing".to_owned() } else { asked.join(", ") }
}

fn unread(gap: &Gap) -> Gap {
    let detail = format!("a way cannot be read to its end: {}", gap.detail);
    Gap { kind: gap.kind, dataset: gap.dataset, detail: detail.into() }
}

fn end_of(end: &WayEnd<'_>, role: &RoleId) -> Evidence {
    match end {
        WayEnd::Grant(grant) => Evidence::new(
            grant.provenance.dataset,
            &grant.provenance.id,
            "roleDefinitionId",
            role.to_string(),
        ),
        WayEnd::Group(group) => {
            Evidence::new(Dataset::Principals, &group.text(), "id", group.to_string())
        }
        WayEnd::Permission(bypass) => {
            let (dataset, field) = if bypass.delegated {
                (Dataset::DelegatedGrants, "scope")
            } else {
                (Dataset::ApplicationGrants, "appRoleId")
            };
            Evidence::new(dataset, &bypass.row, field, bypass.permission)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, DIRECTORY_READERS, GLOBAL_ADMINISTRATOR, HELPDESK};
    use crate::facts::Bypass;
    use crate::model::permission::Power;
    use crate::model::{
        ActivationPolicy, Approval, Approver, AuthenticationContext, ConditionalAccessPolicy,
        Enablement, GrantControls, GroupAccess, PolicyState, PrincipalId, Stage, UserConditions,
    };
    use std::collections::BTreeSet;

    const ROLE: &str = GLOBAL_ADMINISTRATOR;
    const MEMBER: GroupAccess = GroupAccess::Member;
    const OWNER: GroupAccess = GroupAccess::Owner;
    /// `RoleManagement.ReadWrite.Directory`.
    const MANAGES_ROLES: &str = "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8";
    /// MFA, justification, approval.
    type Asked = [bool; 3];

    fn outcome_of(case: &Case) -> Result<Outcome, Gap> {
        case.judge_role(&CHECK, ROLE, &Expect::Required)
    }

    fn judged(case: &Case) -> Result<&'static str, GapKind> {
        outcome_of(case).map(|it| it.name()).map_err(|gap| gap.kind)
    }

    fn ask(policy: &mut ActivationPolicy, [mfa, justification, approval]: Asked) {
        policy.activation_enablement = Ok(Enablement { mfa, justification, ticket: false });
        policy.approval = Ok(if approval {
            Approval::Required {
                mode: "SingleStage".into(),
                stages: vec![Stage {
                    approvers: vec![Approver::User(PrincipalId::new("boss"))],
                    reason_required: Some(true),
                    escalation: 0,
                }],
            }
        } else {
            Approval::NotRequired
        });
    }

    /// The role asks this; group `g`, in PIM and without anybody, holds it.
    fn case_of(asked: Asked) -> Case {
        let mut case = Case::new();
        for user in ["ana", "ben", "boss"] {
            case.user(user);
        }
        ask(case.policy(ROLE), asked);
        case.group("g", &[]);
        case.onboard("g");
        case.active("g", ROLE);
        case
    }

    #[test]
    fn a_group_must_ask_for_all_that_the_role_asks() {
        for (role, group, missing) in [
            ([true, true, false], [true, true, false], None),
            ([true, true, false], [true, true, true], None),
            ([true, true, false], [false, true, false], Some("MFA")),
            ([true, true, false], [true, false, false], Some("justification")),
            ([true, true, true], [true, true, false], Some("approval")),
            // Approval is stronger than MFA, and still no MFA.
            ([true, false, false], [false, false, true], Some("MFA")),
            ([true, true, true], [false, false, false], Some("MFA, approval, justification")),
            ([false, true, false], [true, false, false], Some("justification")),
            ([false, true, false], [false, true, false], None),
        ] {
            let mut case = case_of(role);
            ask(case.group_policy("g", MEMBER), group);
            case.group_eligible("ana", "g", MEMBER);
            let outcome = outcome_of(&case).unwrap();
            let expected = if missing.is_some() { "fail" } else { "pass" };
            assert_eq!(outcome.name(), expected, "{role:?} {group:?}");
            if let Some(missing) = missing {
                let observed = &outcome.details().unwrap().observed;
                assert!(observed.starts_with("ana@contoso.example: eligible member of g"));
                assert!(observed.ends_with(&format!("; missing: {missing}")), "{observed}");
            }
        }
    }

    #[test]
    fn a_group_that_is_only_eligible_adds_to_the_gate_of_the_role() {
        for eligible_member in [true, false] {
            let mut case = case_of([true, true, true]);
            case.group("h", if eligible_member { &[] } else { &["ana"] });
            if eligible_member {
                case.onboard("h");
                ask(case.group_policy("h", MEMBER), [false, false, false]);
                case.group_eligible("ana", "h", MEMBER);
            }
            case.eligible("h", ROLE);
            assert_eq!(judged(&case), Ok("pass"), "eligible: {eligible_member}");
        }
    }

    #[test]
    fn the_gates_of_all_hops_count_together() {
        // The outer group asks for MFA, the inner one for the justification.
        for (inner, expected) in [([false, true, false], "pass"), ([false, false, false], "fail")] {
            let mut case = case_of([true, true, false]);
            case.group("inner", &[]);
            case.onboard("inner");
            case.group_eligible("inner", "g", MEMBER);
            case.group_eligible("ana", "inner", MEMBER);
            ask(case.group_policy("g", MEMBER), [true, false, false]);
            ask(case.group_policy("inner", MEMBER), inner);
            assert_eq!(judged(&case), Ok(expected), "{inner:?}");
        }
    }

    #[test]
    fn direct_and_standing_ways_are_not_judged_here() {
        let mut case = case_of([true, true, true]);
        case.eligible("ana", ROLE);
        case.active("ben", ROLE);
        case.group("plain", &["ben"]);
        case.active("plain", ROLE);
        let outcome = outcome_of(&case).unwrap();
        assert_eq!(outcome.name(), "pass");
        assert_eq!(outcome.details().unwrap().measures[1], ("weaker ways", 0.0));
    }

    #[test]
    fn who_can_take_the_role_is_a_way_with_the_gates_of_its_hops() {
        type Change = fn(&mut Case);
        let changes: [(&str, Change, &str); 8] = [
            (
                "owner",
                |case| {
                    case.owner("ana", "g");
                },
                "fail",
            ),
            (
                "deleted owner",
                |case| {
                    case.absent("gone");
                    case.owner("gone", "g");
                },
                "pass",
            ),
            (
                "eligible owner",
                |case| {
                    case.group_eligible("ana", "g", OWNER);
                },
                "pass",
            ),
            (
                "eligible owner, nothing asked",
                |case| {
                    case.group_eligible("ana", "g", OWNER);
                    ask(case.group_policy("g", OWNER), [false, false, false]);
                },
                "fail",
            ),
            (
                "owner of an eligible group",
                |case| {
                    case.group("h", &[]);
                    case.owner("ana", "h");
                    case.eligible("h", ROLE);
                },
                "pass",
            ),
            (
                "owner of an application that holds it",
                |case| {
                    case.service("robot");
                    case.service_owner("ana", "robot");
                    case.active("robot", ROLE);
                },
                "fail",
            ),
            (
                "application that gives roles",
                |case| {
                    case.service("robot");
                    case.application_grant("robot", MANAGES_ROLES);
                },
                "fail",
            ),
            (
                "owner of such an application",
                |case| {
                    case.service("robot");
                    case.service_owner("ana", "robot");
                    case.application_grant("robot", MANAGES_ROLES);
                },
                "fail",
            ),
        ];
        for (name, change, expected) in changes {
            let mut case = case_of([true, true, false]);
            change(&mut case);
            assert_eq!(judged(&case), Ok(expected), "{name}");
        }
    }

    #[test]
    fn declared_break_glass_accounts_are_left_out_once_they_are_known() {
        for (declared, expected) in [
            (None, "fail"),
            (Some("ben@contoso.example"), "fail"),
            (Some("ana"), "pass"),
            (Some("ANA@contoso.example"), "pass"),
        ] {
            let mut case = case_of([true, true, false]);
            case.owner("ana", "g");
            case.organisation.break_glass.extend(declared.map(str::to_owned));
            assert_eq!(judged(&case), Ok(expected), "{declared:?}");
        }
        let mut hidden = case_of([true, true, false]);
        hidden.hidden("shadow");
        hidden.owner("shadow", "g");
        hidden.organisation.break_glass.push("bg1@contoso.example".to_owned());
        assert_eq!(judged(&hidden), Err(GapKind::PermissionDenied));
    }

    #[test]
    fn an_enforced_context_is_as_good_as_mfa() {
        for (state, expected) in [
            (PolicyState::Enabled, Ok("pass")),
            (PolicyState::Disabled, Ok("fail")),
            (PolicyState::ReportOnly, Ok("fail")),
            (PolicyState::Unknown("new".into()), Err(GapKind::Unreadable)),
        ] {
            let mut case = case_of([true, true, false]);
            case.group_eligible("ana", "g", MEMBER);
            let policy = case.group_policy("g", MEMBER);
            ask(policy, [false, true, false]);
            policy.authentication_context = Ok(AuthenticationContext::On("c1".into()));
            case.context("c1");
            case.conditional_access(ConditionalAccessPolicy {
                id: "ca".into(),
                name: "Activation".into(),
                state: state.clone(),
                users: UserConditions { all: true, ..UserConditions::default() },
                contexts: BTreeSet::from(["c1".into()]),
                grant: Some(GrantControls { mfa: true, ..GrantControls::default() }),
                ..ConditionalAccessPolicy::default()
            });
            assert_eq!(judged(&case), expected, "{state:?}");
        }
    }

    #[test]
    fn nothing_is_weaker_than_an_empty_gate() {
        let mut case = case_of([false, false, false]);
        case.owner("ana", "g");
        let outcome = outcome_of(&case).unwrap();
        assert_eq!(outcome.name(), "pass");
        assert!(outcome.details().unwrap().notes[0].contains("the gate itself is empty"));
        // A ticket is none of the three, and is not asked of other ways.
        case.policy(ROLE).activation_enablement =
            Ok(Enablement { mfa: false, justification: false, ticket: true });
        assert_eq!(judged(&case), Ok("pass"));
    }

    #[test]
    fn the_weakest_way_is_named_first_and_many_are_counted() {
        let mut case = case_of([true, true, true]);
        ask(case.group_policy("g", MEMBER), [true, true, false]);
        for number in 0..=SHOWN {
            let name = format!("user{number}");
            case.user(&name);
            case.group_eligible(&name, "g", MEMBER);
        }
        case.owner("ben", "g");
        let outcome = outcome_of(&case).unwrap();
        let details = outcome.details().unwrap();
        assert!(details.observed.starts_with("ben@contoso.example: owner of g"));
        assert!(details.observed.ends_with("; missing: MFA, approval, justification"));
        assert_eq!(details.measures[1], ("weaker ways", 7.0));
        assert_eq!(details.notes.len(), SHOWN + 1);
        assert!(details.notes[0].starts_with("also user0@contoso.example"), "{details:?}");
        assert_eq!(details.notes[SHOWN], "and 1 weaker way");
        assert_eq!(details.evidence[1].id, "row-g".into());
    }

    #[test]
    fn roles_below_tier_high_are_left_out_unless_they_are_raised() {
        for (role, raised, expected) in [
            (DIRECTORY_READERS, false, "not-applicable"),
            (DIRECTORY_READERS, true, "fail"),
            (HELPDESK, false, "fail"),
        ] {
            let mut case = Case::new();
            case.user("ana");
            ask(case.policy(role), [true, true, false]);
            case.group("g", &[]);
            case.owner("ana", "g");
            case.active("g", role);
            if raised {
                case.organisation.raise_tier.insert(RoleId::new(role), Tier::High);
            }
            let outcome = case.judge_role(&CHECK, role, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{role} {raised}");
        }
    }

    #[test]
    fn a_way_that_cannot_be_read_is_no_pass_and_takes_no_failure_away() {
        type Change = fn(&mut Case);
        let changes: [(&str, Change); 4] = [
            ("gate", |case| {
                case.group_eligible("ana", "g", MEMBER);
                let gap = Gap::unreadable(Dataset::GroupPolicies, "missing");
                case.group_policy("g", MEMBER).approval = Err(gap);
            }),
            ("members", |case| {
                case.unreadable_group("closed");
                case.active("closed", ROLE);
            }),
            ("eligibilities", |case| {
                case.missing(Dataset::RoleEligibilityScheduleInstances);
            }),
            ("permissions", |case| {
                case.missing(Dataset::ApplicationGrants);
            }),
        ];
        for (name, change) in changes {
            let mut case = case_of([true, true, false]);
            change(&mut case);
            let gap = outcome_of(&case).unwrap_err();
            assert!(gap.detail.starts_with("a way cannot be read to its end"), "{name}: {gap}");
            assert!(gap.dataset.is_some(), "{name}");
            case.owner("ben", "g");
            let outcome = outcome_of(&case).unwrap();
            assert_eq!(outcome.name(), "fail", "{name}");
            let told = &outcome.details().unwrap().notes;
            assert!(told.iter().any(|it| it.starts_with("there may be more")), "{name}");
        }
    }

    #[test]
    fn what_the_role_itself_asks_must_be_known() {
        let none = Case::new();
        assert_eq!(judged(&none), Err(GapKind::ImpossiblyEmpty));
        let mut unread = case_of([true, true, false]);
        unread.owner("ana", "g");
        unread.policy(ROLE).approval = Err(Gap::unreadable(Dataset::RolePolicies, "missing"));
        assert_eq!(judged(&unread), Err(GapKind::Unreadable));
        // How long an activation lasts has nothing to do with it.
        let mut length = case_of([true, true, false]);
        length.owner("ana", "g");
        let gap = Gap::unreadable(Dataset::RolePolicies, "8 hours");
        length.policy(ROLE).activation_expiration = Err(gap);
        assert_eq!(judged(&length), Ok("fail"));
        let mut denied = case_of([true, true, false]);
        denied.missing(Dataset::RolePolicies);
        assert_eq!(judged(&denied), Err(GapKind::PermissionDenied));
    }

    #[test]
    fn every_kind_of_way_is_mended_by_calls_of_its_own() {
        type Change = fn(&mut Case);
        let changes: [(&str, Change, &[&str]); 6] = [
            (
                "owner of the group",
                |case| case.owner("ben", "g"),
                &["DELETE /v1.0/groups/g/owners/ben/$ref", "adminAssign", "adminRemove"],
            ),
            (
                "lax policy of the group",
                |case| {
                    case.group_eligible("ben", "g", MEMBER);
                    ask(case.group_policy("g", MEMBER), [false, true, false]);
                },
                &[
                    "\"enabledRules\":[\"MultiFactorAuthentication\",\"Justification\"]",
                    "adminAssign",
                    "adminRemove",
                ],
            ),
            (
                "an authentication context, beside which PIM takes no MFA",
                |case| {
                    case.group_eligible("ben", "g", MEMBER);
                    let policy = case.group_policy("g", MEMBER);
                    ask(policy, [false, false, false]);
                    policy.authentication_context = Ok(AuthenticationContext::On("c1".into()));
                },
                &["\"enabledRules\":[\"Justification\"]", "adminAssign", "adminRemove"],
            ),
            (
                "permission",
                |case| {
                    case.service("robot");
                    case.application_grant("robot", MANAGES_ROLES);
                },
                &["DELETE /v1.0/servicePrincipals/robot/appRoleAssignments/"],
            ),
            (
                "owner of an application that holds the role",
                |case| {
                    case.service("robot");
                    case.service_owner("ben", "robot");
                    case.active("robot", ROLE);
                },
                &["DELETE /v1.0/servicePrincipals/robot/owners/ben/$ref"],
            ),
            (
                "owner of the application alone",
                |case| {
                    case.service("robot");
                    let owners = &mut case.application("robot").owners;
                    owners.known.push(PrincipalId::new("ben"));
                    case.active("robot", ROLE);
                },
                &["DELETE /v1.0/applications/object-robot/owners/ben/$ref"],
            ),
        ];
        for (name, change, expected) in changes {
            let mut case = case_of([true, true, false]);
            change(&mut case);
            let outcome = outcome_of(&case).unwrap();
            let calls = outcome.details().unwrap().calls.as_deref().unwrap_or_default();
            assert_eq!(calls.len(), expected.len(), "{name}: {calls:#?}");
            for (call, part) in calls.iter().zip(expected) {
                assert!(call.contains(part), "{name}: {call}");
                // The body is JSON.
                if let Some((_, body)) = call.split_once(" {") {
                    serde_json::from_str::<serde_json::Value>(&format!("{{{body}")).unwrap();
                }
            }
        }
    }

    #[test]
    fn the_row_of_a_permission_is_shown() {
        for (delegated, dataset) in
            [(false, Dataset::ApplicationGrants), (true, Dataset::DelegatedGrants)]
        {
            let permission = "RoleManagement.ReadWrite.Directory";
            let end = WayEnd::Permission(Bypass {
                permission,
                power: Power::AssignRoles,
                delegated,
                row: "row".into(),
            });
            let evidence = end_of(&end, &RoleId::new(ROLE));
            assert_eq!(evidence.dataset, dataset, "{delegated}");
            assert_eq!(evidence.id, "row".into(), "{delegated}");
            assert_eq!(evidence.value, permission, "{delegated}");
        }
    }

    #[test]
    fn a_disabled_account_goes_no_way() {
        for (enabled, expected) in [(Some(true), "fail"), (Some(false), "pass"), (None, "fail")] {
            let mut case = case_of([true, true, false]);
            case.user("otto").enabled = enabled;
            case.owner("otto", "g");
            assert_eq!(judged(&case), Ok(expected), "{enabled:?}");
        }
    }

    #[test]
    fn a_way_to_an_administrative_unit_counts_too() {
        let mut case = case_of([true, true, false]);
        case.group("lax", &[]);
        case.onboard("lax");
        case.user("ben");
        case.group_eligible("ben", "lax", MEMBER);
        ask(case.group_policy("lax", MEMBER), [false, false, false]);
        case.active("lax", ROLE).within = crate::model::Scope::AdministrativeUnit("au".into());
        let outcome = outcome_of(&case).unwrap();
        assert_eq!(outcome.name(), "fail");
        assert!(outcome.details().unwrap().observed.contains("within"), "{outcome:?}");
    }

    #[test]
    fn a_member_of_whom_nobody_knows_whether_he_stands_is_not_assessed() {
        let mut case = case_of([true, true, false]);
        case.group("open", &["ben"]);
        case.active("open", ROLE);
        case.missing(Dataset::OnboardedGroups);
        assert_eq!(judged(&case), Err(GapKind::PermissionDenied));
    }
}
