//! Role management policies: the 17 rules, looked up by id.
//!
//! A rule that is absent or does not fit is a gap of that rule; unknown rules are kept by id.

use super::definitions::RoleIds;
use super::{Text, collected, collection, time, typed};
use crate::model::{
    ActivationPolicy, Approval, Approver, AuthenticationContext, Collected, Dataset, Enablement,
    Expiration, Gap, GapKind, IsoDuration, Notification, NotificationRule, PrincipalId, RoleId,
    Stage,
};
use crate::snapshot::{Collection, Snapshot};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assignment<'a> {
    #[serde(borrow)]
    role_definition_id: Text<'a>,
    #[serde(borrow, default)]
    policy_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    policy: Option<Policy<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Policy<'a> {
    #[serde(borrow, default)]
    last_modified_date_time: Option<Text<'a>>,
    #[serde(borrow, default)]
    rules: Option<Vec<&'a RawValue>>,
}

/// A rule's id alone: what comes in a shape nobody knows yet must not cost the rules beside it.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
}

/// Every property of every rule type; which of them count is decided by the rule's id.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(rename = "@odata.type", borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(default)]
    is_expiration_required: Option<bool>,
    #[serde(borrow, default)]
    maximum_duration: Option<Text<'a>>,
    #[serde(borrow, default)]
    enabled_rules: Option<Vec<Text<'a>>>,
    #[serde(default)]
    is_enabled: Option<bool>,
    #[serde(borrow, default)]
    claim_value: Option<Text<'a>>,
    #[serde(borrow, default)]
    setting: Option<Setting<'a>>,
    #[serde(borrow, default)]
    notification_level: Option<Text<'a>>,
    #[serde(default)]
    is_default_recipients_enabled: Option<bool>,
    #[serde(borrow, default)]
    notification_recipients: Option<Vec<Text<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Setting<'a> {
    #[serde(default)]
    is_approval_required: Option<bool>,
    #[serde(borrow, default)]
    approval_mode: Option<Text<'a>>,
    #[serde(borrow, default)]
    approval_stages: Option<Vec<StageRow<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StageRow<'a> {
    #[serde(default)]
    is_approver_justification_required: Option<bool>,
    #[serde(default)]
    is_escalation_enabled: Option<bool>,
    #[serde(borrow, default)]
    primary_approvers: Option<Vec<ApproverRow<'a>>>,
    #[serde(borrow, default)]
    escalation_approvers: Option<Vec<ApproverRow<'a>>>,
}

/// v1.0 names the id `userId` or `groupId`, beta `id`, ARM `id` with a `userType`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApproverRow<'a> {
    #[serde(rename = "@odata.type", borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    user_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    user_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    group_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
}

type PoliciesBy<Key> = HashMap<Key, Result<ActivationPolicy, Gap>>;

/// One policy a role.
pub(super) fn policies(snapshot: &Snapshot<'_>, ids: &RoleIds) -> Collected<PoliciesBy<RoleId>> {
    let found = match collection(snapshot, Dataset::RolePolicies) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let (policies, strange) = assigned(found, |definition| ids.role(definition));
    if policies.is_empty() && strange.is_none() && found.gap.is_none() {
        return Collected::Missing(Gap::of(
            Dataset::RolePolicies,
            GapKind::ImpossiblyEmpty,
            "Graph returned no role management policy, but every role has one",
        ));
    }
    collected(policies, [found.gap.clone(), strange])
}

/// The policies of a list by what `key` makes of the id they are assigned to, and the gap of rows
/// that do not fit. Groups have the same rules as roles, under `member` and `owner`.
pub(super) fn assigned<Key: Eq + Hash>(
    found: &Collection<'_>,
    key: impl Fn(&str) -> Key,
) -> (PoliciesBy<Key>, Option<Gap>) {
    let rows = typed::<Assignment<'_>>(found);
    let mut policies = PoliciesBy::<Key>::new();
    for row in &rows.rows {
        let key = key(&row.role_definition_id);
        let id: Arc<str> = row.policy_id.as_deref().unwrap_or_default().into();
        match policies.get(&key) {
            // Both spellings of the scope type give the same set; the same policy twice is one.
            Some(Ok(earlier)) if earlier.id == id => continue,
            Some(_) => {
                let gap = gap("more than one role management policy is assigned to this access");
                policies.insert(key, moved(Err(gap), found.dataset));
                continue;
            }
            None => {}
        }
        let policy = match &row.policy {
            Some(policy) => Ok(activation_policy(id, policy)),
            None => Err(gap("the policy came without its rules")),
        };
        policies.insert(key, moved(policy, found.dataset).map(|it| within(it, found.dataset)));
    }
    (policies, rows.strange)
}

/// The same with its gap in this collection.
fn moved<T>(read: Result<T, Gap>, dataset: Dataset) -> Result<T, Gap> {
    read.map_err(|gap| Gap { dataset: Some(dataset), ..gap })
}

/// The same policy with the gaps of its rules in the collection it comes from.
fn within(policy: ActivationPolicy, dataset: Dataset) -> ActivationPolicy {
    ActivationPolicy {
        activation_expiration: moved(policy.activation_expiration, dataset),
        activation_enablement: moved(policy.activation_enablement, dataset),
        authentication_context: moved(policy.authentication_context, dataset),
        approval: moved(policy.approval, dataset),
        eligibility_expiration: moved(policy.eligibility_expiration, dataset),
        assignment_expiration: moved(policy.assignment_expiration, dataset),
        assignment_enablement: moved(policy.assignment_enablement, dataset),
        notifications: policy
            .notifications
            .into_iter()
            .map(|(rule, read)| (rule, moved(read, dataset)))
            .collect(),
        dataset,
        ..policy
    }
}

fn gap(detail: impl Into<Arc<str>>) -> Gap {
    Gap::unreadable(Dataset::RolePolicies, detail)
}

type Rules<'a> = HashMap<String, Result<Rule<'a>, Gap>>;

/// The rules by id; one that does not fit, or comes twice, is a gap of that rule.
fn rules<'a>(policy: &Policy<'a>) -> Rules<'a> {
    let mut rules = Rules::new();
    for raw in policy.rules.iter().flatten() {
        let Ok(named) = serde_json::from_str::<Named<'_>>(raw.get()) else { continue };
        let id = named.id.to_string();
        let rule = serde_json::from_str::<Rule<'a>>(raw.get())
            .map_err(|cause| gap(format!("rule {id} does not fit: {cause}")));
        if rules.insert(id.clone(), rule).is_some() {
            let twice = gap(format!("rule {id} is there twice"));
            rules.insert(id, Err(twice));
        }
    }
    rules
}

fn activation_policy(id: Arc<str>, policy: &Policy<'_>) -> ActivationPolicy {
    let rules = rules(policy);
    let notifications: BTreeMap<NotificationRule, Result<Notification, Gap>> =
        NotificationRule::all()
            .filter_map(|rule| match rules.get(&rule.id())? {
                Ok(found) => Some((rule, notification(found))),
                Err(gap) => Some((rule, Err(gap.clone()))),
            })
            .collect();
    let expiration = |id: &str| find(&rules, id, "ExpirationRule").and_then(expiration);
    let enablement = |id: &str| find(&rules, id, "EnablementRule").and_then(enablement);
    let known =
        |id: &str| KNOWN_RULES.contains(&id) || NotificationRule::all().any(|rule| rule.id() == id);
    let mut unknown_rules: Vec<Arc<str>> =
        rules.keys().filter(|id| !known(id)).map(|id| id.as_str().into()).collect();
    unknown_rules.sort();
    ActivationPolicy {
        modified: time(policy.last_modified_date_time.as_deref()).unwrap_or_default(),
        activation_expiration: expiration("Expiration_EndUser_Assignment"),
        activation_enablement: enablement("Enablement_EndUser_Assignment"),
        authentication_context: find(
            &rules,
            "AuthenticationContext_EndUser_Assignment",
            "AuthenticationContextRule",
        )
        .and_then(authentication_context),
        approval: find(&rules, "Approval_EndUser_Assignment", "ApprovalRule").and_then(approval),
        eligibility_expiration: expiration("Expiration_Admin_Eligibility"),
        assignment_expiration: expiration("Expiration_Admin_Assignment"),
        assignment_enablement: enablement("Enablement_Admin_Assignment"),
        notifications,
        unknown_rules,
        dataset: Dataset::RolePolicies,
        id,
    }
}

const KNOWN_RULES: [&str; 8] = [
    "Expiration_EndUser_Assignment",
    "Enablement_EndUser_Assignment",
    "AuthenticationContext_EndUser_Assignment",
    "Approval_EndUser_Assignment",
    "Expiration_Admin_Eligibility",
    "Expiration_Admin_Assignment",
    "Enablement_Admin_Assignment",
    "Enablement_Admin_Eligibility",
];

/// The rule of this id, if it is there and of the type its id promises.
fn find<'r, 'a>(rules: &'r Rules<'a>, id: &str, kind: &str) -> Result<&'r Rule<'a>, Gap> {
    let found = rules.get(id).ok_or_else(|| gap(format!("rule {id} is absent")))?;
    let rule = found.as_ref().map_err(Clone::clone)?;
    match rule.kind.as_deref() {
        Some(found) if !found.ends_with(kind) => Err(gap(format!("rule {id} is of type {found}"))),
        Some(_) | None => Ok(rule),
    }
}

fn expiration(rule: &Rule<'_>) -> Result<Expiration, Gap> {
    match (rule.is_expiration_required, rule.maximum_duration.as_deref()) {
        (Some(false), _) => Ok(Expiration::NotRequired),
        (Some(true), Some(text)) => IsoDuration::parse(text)
            .map(Expiration::AtMost)
            .map_err(|error| gap(format!("rule {}: {error}", rule.id))),
        (Some(true), None) => Err(gap(format!("rule {} gives no maximumDuration", rule.id))),
        (None, _) => Err(gap(format!("rule {} does not say isExpirationRequired", rule.id))),
    }
}

fn enablement(rule: &Rule<'_>) -> Result<Enablement, Gap> {
    const KNOWN: [&str; 3] = ["MultiFactorAuthentication", "Justification", "Ticketing"];
    let mut all = rule.enabled_rules.iter().flatten();
    if let Some(word) = all.find(|it| !KNOWN.iter().any(|known| it.eq_ignore_ascii_case(known))) {
        return Err(gap(format!("rule {}: enabledRules has the unknown word {word}", rule.id)));
    }
    // A null list is an empty one: nothing is asked for.
    let has = |word: &str| {
        rule.enabled_rules.iter().flatten().any(|enabled| enabled.eq_ignore_ascii_case(word))
    };
    Ok(Enablement {
        mfa: has("MultiFactorAuthentication"),
        justification: has("Justification"),
        ticket: has("Ticketing"),
    })
}

fn authentication_context(rule: &Rule<'_>) -> Result<AuthenticationContext, Gap> {
    match rule.is_enabled {
        Some(false) => Ok(AuthenticationContext::Off),
        Some(true) => {
            let claim = rule.claim_value.as_deref().unwrap_or_default().trim().to_ascii_lowercase();
            Ok(if is_claim(&claim) {
                AuthenticationContext::On(claim.into())
            } else {
                AuthenticationContext::OnWithoutClaim
            })
        }
        None => Err(gap(format!("rule {} does not say isEnabled", rule.id))),
    }
}

/// `c1` to `c99`.
fn is_claim(claim: &str) -> bool {
    claim.strip_prefix('c').is_some_and(|number| {
        !number.starts_with('0') && number.len() <= 2 && number.parse::<u8>().is_ok()
    })
}

fn approval(rule: &Rule<'_>) -> Result<Approval, Gap> {
    let Some(setting) = &rule.setting else {
        return Err(gap(format!("rule {} has no setting", rule.id)));
    };
    let mode = setting.approval_mode.as_deref().unwrap_or_default();
    match setting.is_approval_required {
        None => Err(gap(format!("rule {} does not say isApprovalRequired", rule.id))),
        Some(false) => Ok(Approval::NotRequired),
        Some(true) if mode.eq_ignore_ascii_case("NoApproval") => {
            Err(gap(format!("rule {} asks for approval in mode NoApproval", rule.id)))
        }
        Some(true) => Ok(Approval::Required {
            mode: mode.into(),
            stages: setting.approval_stages.iter().flatten().map(stage).collect(),
        }),
    }
}

fn stage(row: &StageRow<'_>) -> Stage {
    let escalation = row.is_escalation_enabled == Some(true);
    let mut approvers: Vec<Approver> =
        row.primary_approvers.iter().flatten().map(approver).collect();
    let primary = approvers.len();
    let escalated = row.escalation_approvers.iter().flatten().filter(|_| escalation);
    approvers.extend(escalated.map(approver));
    Stage {
        escalation: approvers.len() - primary,
        approvers,
        reason_required: row.is_approver_justification_required,
    }
}

fn approver(row: &ApproverRow<'_>) -> Approver {
    let kind = row.kind.as_deref().or(row.user_type.as_deref()).unwrap_or_default();
    let kind = kind.rsplit(['.', '#']).next().unwrap_or(kind);
    let user = row.user_id.as_deref().or(row.id.as_deref());
    let group = row.group_id.as_deref().or(row.id.as_deref());
    match (kind, user, group) {
        ("singleUser" | "User" | "user", Some(id), _) => Approver::User(PrincipalId::new(id)),
        ("groupMembers" | "Group" | "group", _, Some(id)) => Approver::Group(PrincipalId::new(id)),
        (kind, _, _) => {
            Approver::Unknown(if kind.is_empty() { "unknown".into() } else { kind.into() })
        }
    }
}

fn notification(rule: &Rule<'_>) -> Result<Notification, Gap> {
    let all = match rule.notification_level.as_deref() {
        Some(level) if level.eq_ignore_ascii_case("All") => true,
        Some(level) if level.eq_ignore_ascii_case("Critical") => false,
        other => {
            return Err(gap(format!("rule {} has the level {}", rule.id, other.unwrap_or("null"))));
        }
    };
    let Some(default_recipients) = rule.is_default_recipients_enabled else {
        return Err(gap(format!("rule {} does not say isDefaultRecipientsEnabled", rule.id)));
    };
    let recipients = rule.notification_recipients.iter().flatten();
    Ok(Notification {
        all,
        default_recipients,
        recipients: recipients
            .map(|it| it.trim())
            .filter(|it| !it.is_empty())
            .map(Into::into)
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy_of(text: &str) -> ActivationPolicy {
        let policy: Policy<'_> = serde_json::from_str(text).unwrap();
        activation_policy("p".into(), &policy)
    }

    #[test]
    fn an_absent_rule_is_a_gap_of_that_rule_alone() {
        let policy = policy_of(
            r##"{"rules":[{"id":"Enablement_EndUser_Assignment","enabledRules":null},
                {"id":"Something_New","@odata.type":"#microsoft.graph.new"}]}"##,
        );
        assert_eq!(policy.activation_enablement, Ok(Enablement::default()));
        assert!(policy.activation_expiration.is_err());
        assert_eq!(policy.unknown_rules, ["Something_New".into()]);
    }

    #[test]
    fn an_unknown_word_of_an_enablement_is_no_proof_of_anything() {
        for (words, expected) in [
            (r#"["MULTIFACTORAUTHENTICATION"]"#, Some(true)),
            (r#"["Justification"]"#, Some(false)),
            (r#"["unknownFutureValue"]"#, None),
            (r#"["Justification","Passkey"]"#, None),
        ] {
            let rule =
                format!(r#"{{"id":"Enablement_EndUser_Assignment","enabledRules":{words}}}"#);
            let policy = policy_of(&format!(r#"{{"rules":[{rule}]}}"#));
            let mfa = policy.activation_enablement.as_ref().ok().map(|asked| asked.mfa);
            assert_eq!(mfa, expected, "{words}");
        }
    }

    #[test]
    fn a_shape_nobody_knows_costs_its_own_rule_alone_and_a_double_one_is_unreadable() {
        let policy = policy_of(
            r##"{"rules":[{"id":"Something_New","setting":"x"},
                {"id":"Approval_EndUser_Assignment","setting":"x"},
                {"id":"Expiration_EndUser_Assignment","isExpirationRequired":true,"maximumDuration":"PT4H"},
                {"id":"Enablement_EndUser_Assignment","enabledRules":[]},
                {"id":"Enablement_EndUser_Assignment","enabledRules":["Justification"]}]}"##,
        );
        assert!(policy.activation_expiration.is_ok());
        assert!(policy.approval.is_err());
        assert!(policy.activation_enablement.is_err());
        assert_eq!(policy.unknown_rules, ["Something_New".into()]);
    }

    #[test]
    fn gaps_of_a_rule_belong_to_the_list_its_policy_came_from() {
        let policy = within(policy_of(r#"{"rules":null}"#), Dataset::GroupPolicies);
        let gap = policy.approval.unwrap_err();
        assert_eq!(gap.dataset, Some(Dataset::GroupPolicies));
        assert_eq!(&*gap.detail, "rule Approval_EndUser_Assignment is absent");
    }

    #[test]
    fn a_rule_of_the_wrong_type_is_unreadable() {
        let policy = policy_of(
            r##"{"rules":[{"id":"Expiration_EndUser_Assignment","isExpirationRequired":true,
                "@odata.type":"#microsoft.graph.unifiedRoleManagementPolicyEnablementRule",
                "maximumDuration":"PT8H"}]}"##,
        );
        assert!(policy.activation_expiration.is_err());
    }

    #[test]
    fn a_required_end_beats_its_duration_only_when_required() {
        for (required, duration, expected) in [
            ("true", "\"PT480M\"", Some(Expiration::AtMost(IsoDuration::parse("PT8H").unwrap()))),
            ("false", "\"PT8H\"", Some(Expiration::NotRequired)),
            ("true", "\"8 hours\"", None),
            ("true", "null", None),
            ("null", "\"PT8H\"", None),
        ] {
            let policy = policy_of(&format!(
                r##"{{"rules":[{{"id":"Expiration_EndUser_Assignment",
                    "isExpirationRequired":{required},"maximumDuration":{duration}}}]}}"##
            ));
            assert_eq!(policy.activation_expiration.ok(), expected, "{required} {duration}");
        }
    }

    #[test]
    fn only_the_boolean_decides_about_approval() {
        let stages = r##"[{"isApproverJustificationRequired":true,"isEscalationEnabled":false,
            "primaryApprovers":[{"@odata.type":"#microsoft.graph.singleUser","userId":"U1"},
              {"@odata.type":"#microsoft.graph.groupMembers","id":"G1"},
              {"@odata.type":"#microsoft.graph.requestorManager"}],
            "escalationApprovers":[{"@odata.type":"#microsoft.graph.singleUser","userId":"U2"}]}]"##;
        for (required, mode, expected) in [
            ("false", "\"SingleStage\"", Some(Approval::NotRequired)),
            ("true", "\"NoApproval\"", None),
            ("null", "\"SingleStage\"", None),
        ] {
            let policy = policy_of(&format!(
                r##"{{"rules":[{{"id":"Approval_EndUser_Assignment","setting":{{
                    "isApprovalRequired":{required},"approvalMode":{mode},"approvalStages":{stages}}}}}]}}"##
            ));
            assert_eq!(policy.approval.ok(), expected, "{required} {mode}");
        }
        let policy = policy_of(&format!(
            r##"{{"rules":[{{"id":"Approval_EndUser_Assignment","setting":{{
                "isApprovalRequired":true,"approvalMode":"SingleStage","approvalStages":{stages}}}}}]}}"##
        ));
        let Ok(Approval::Required { stages, .. }) = policy.approval else { panic!("no approval") };
        assert_eq!(
            stages[0].approvers,
            [
                Approver::User(PrincipalId::new("u1")),
                Approver::Group(PrincipalId::new("g1")),
                Approver::Unknown("requestorManager".into())
            ]
        );
    }

    #[test]
    fn who_is_asked_first_and_who_after_an_escalation_are_told_apart() {
        type Ids = &'static [&'static str];
        let cases: [(&str, Ids, Ids, (usize, usize)); 5] = [
            ("true", &["u1"], &["u2", "u3"], (1, 2)),
            ("false", &["u1"], &["u2"], (1, 0)),
            ("null", &["u1"], &["u2"], (1, 0)),
            ("true", &[], &["u2"], (0, 1)),
            ("true", &["u1"], &[], (1, 0)),
        ];
        for (enabled, primary, escalation, expected) in cases {
            let users = |ids: &[&str]| {
                let ids: Vec<String> = ids
                    .iter()
                    .map(|id| format!(r#"{{"userId":"{id}","userType":"User"}}"#))
                    .collect();
                ids.join(",")
            };
            let (first, later) = (users(primary), users(escalation));
            let policy = policy_of(&format!(
                r##"{{"rules":[{{"id":"Approval_EndUser_Assignment","setting":{{
                    "isApprovalRequired":true,"approvalMode":"SingleStage","approvalStages":[{{
                    "isEscalationEnabled":{enabled},"primaryApprovers":[{first}],
                    "escalationApprovers":[{later}]}}]}}}}]}}"##
            ));
            let Ok(Approval::Required { stages, .. }) = policy.approval else {
                panic!("no approval")
            };
            let all = stages[0].approvers.len();
            assert_eq!((stages[0].primary().len(), all - stages[0].primary().len()), expected);
            let names: Vec<Approver> =
                primary.iter().map(|id| Approver::User(PrincipalId::new(id))).collect();
            assert_eq!(stages[0].primary(), names, "{enabled} {primary:?} {escalation:?}");
        }
    }

    #[test]
    fn claim_values_run_from_c1_to_c99() {
        for (claim, expected) in [
            ("c1", true),
            ("c25", true),
            ("c99", true),
            ("c0", false),
            ("c100", false),
            ("", false),
            ("x1", false),
        ] {
            assert_eq!(is_claim(claim), expected, "{claim}");
        }
    }

    #[test]
    fn unclear_notifications_are_unreadable_not_met() {
        for (level, default, readable) in [
            ("\"All\"", "true", true),
            ("\"critical\"", "false", true),
            ("\"Some\"", "true", false),
            ("\"All\"", "null", false),
        ] {
            let policy = policy_of(&format!(
                r##"{{"rules":[{{"id":"Notification_Admin_EndUser_Assignment","notificationLevel":{level},
                    "isDefaultRecipientsEnabled":{default},"notificationRecipients":null}}]}}"##
            ));
            let only = policy.notifications.values().next().unwrap();
            assert_eq!(only.is_ok(), readable, "{level} {default}");
        }
    }
}
