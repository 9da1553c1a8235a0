//! One rule as Graph and ARM write it, to what changes in it.

use super::edit::{Asking, Lasting, RuleChange};
use super::object::{Node, Read, maybe, shown};
use crate::baseline::nearest;
use crate::model::{Approver, NotificationRule, PrincipalId, Stage};
use std::sync::Arc;

/// The ids of all rules that are known.
const IDS: [&str; 8] = [
    "Expiration_EndUser_Assignment",
    "Expiration_Admin_Assignment",
    "Expiration_Admin_Eligibility",
    "Enablement_EndUser_Assignment",
    "Enablement_Admin_Assignment",
    "Enablement_Admin_Eligibility",
    "AuthenticationContext_EndUser_Assignment",
    "Approval_EndUser_Assignment",
];

/// Properties that every rule may carry and that say nothing here.
const COMMON: [&str; 3] = ["id", "target", "ruleType"];

/// What the body of the rule `id` changes. `None`: the rule is known, and nothing that is judged
/// depends on it.
pub(super) fn rule(id: &str, body: &Node<'_>) -> Read<Option<RuleChange>> {
    if let Some(own) = body.get("id")
        && !own.text()?.eq_ignore_ascii_case(id)
    {
        return Err(own.bad(format!("the body is of rule {}, not of {id}", shown(own.text()?))));
    }
    let is = |known: &str| known.eq_ignore_ascii_case(id);
    let known = IDS.into_iter().find(|known| is(known));
    if let Some(known) = known {
        kind_of_rule(known, body)?;
    }
    let change = match known {
        Some("Expiration_EndUser_Assignment") => expiration(Lasting::Activation, body)?,
        Some("Expiration_Admin_Assignment") => expiration(Lasting::Assignment, body)?,
        Some("Expiration_Admin_Eligibility") => expiration(Lasting::Eligibility, body)?,
        Some("Enablement_EndUser_Assignment") => enablement(Asking::Activation, body)?,
        Some("Enablement_Admin_Assignment") => enablement(Asking::Assignment, body)?,
        Some("AuthenticationContext_EndUser_Assignment") => context(body)?,
        Some("Approval_EndUser_Assignment") => approval(body)?,
        // Present in every policy, always empty and shown nowhere.
        Some(_) => {
            enablement(Asking::Assignment, body)?;
            return Ok(None);
        }
        None => match NotificationRule::all().find(|rule| is(&rule.id())) {
            Some(rule) => notification(rule, body)?,
            None => {
                let notifications: Vec<String> =
                    NotificationRule::all().map(NotificationRule::id).collect();
                let all = IDS.into_iter().chain(notifications.iter().map(String::as_str));
                let bad = body.bad(format!("there is no rule {}", shown(id)));
                return Err(match nearest(id, all) {
                    Some(near) => bad.hint(format!("did you mean {near}?")),
                    None => bad,
                });
            }
        },
    };
    Ok(Some(change))
}

/// The type, where it is said, is that of the id.
fn kind_of_rule(id: &str, body: &Node<'_>) -> Read<()> {
    let Some(kind) = body.get("@odata.type").or_else(|| body.get("ruleType")) else {
        return Ok(());
    };
    let family = id.split('_').next().unwrap_or_default();
    let expected = format!("{family}Rule");
    if kind.text()?.ends_with(&expected) {
        return Ok(());
    }
    Err(kind.bad(format!("rule {id} is of type …{expected}, not {}", shown(kind.text()?))))
}

fn with_common(own: &[&'static str]) -> Vec<&'static str> {
    own.iter().copied().chain(COMMON).collect()
}

fn expiration(of: Lasting, body: &Node<'_>) -> Read<RuleChange> {
    body.only(&with_common(&["isExpirationRequired", "maximumDuration"]))?;
    Ok(RuleChange::Expiration {
        of,
        required: maybe(body.get("isExpirationRequired"), Node::flag)?,
        maximum: maybe(body.get("maximumDuration"), Node::duration)?,
    })
}

fn enablement(of: Asking, body: &Node<'_>) -> Read<RuleChange> {
    body.only(&with_common(&["enabledRules"]))?;
    // A list that is null is an empty one; one that is absent stays as it is.
    let is_there = body.object()?.contains_key("enabledRules");
    let words = match body.get("enabledRules") {
        Some(list) => list.list()?,
        None => Vec::new(),
    };
    let (mut mfa, mut justification, mut ticket) = (false, false, false);
    for word in &words {
        match word.text()?.to_ascii_lowercase().as_str() {
            "multifactorauthentication" => mfa = true,
            "justification" => justification = true,
            "ticketing" => ticket = true,
            other => {
                let known = ["MultiFactorAuthentication", "Justification", "Ticketing"];
                let bad = word.bad(format!("{} is nothing that can be asked for", shown(other)));
                return Err(match nearest(other, known) {
                    Some(near) => bad.hint(format!("did you mean {near}?")),
                    None => bad,
                });
            }
        }
    }
    Ok(RuleChange::Enablement {
        of,
        mfa: is_there.then_some(mfa),
        justification: is_there.then_some(justification),
        ticket: is_there.then_some(ticket),
    })
}

fn context(body: &Node<'_>) -> Read<RuleChange> {
    body.only(&with_common(&["isEnabled", "claimValue"]))?;
    let is_null = body.object()?.get("claimValue").is_some_and(serde_json::Value::is_null);
    let claim = maybe(body.get("claimValue"), |node| Ok(node.text()?.trim().to_ascii_lowercase()))?;
    Ok(RuleChange::Context {
        enabled: maybe(body.get("isEnabled"), Node::flag)?,
        claim: claim.or_else(|| is_null.then(String::new)),
    })
}

/// Properties of `setting`.
const SETTING: [&str; 5] = [
    "isApprovalRequired",
    "isApprovalRequiredForExtension",
    "isRequestorJustificationRequired",
    "approvalMode",
    "approvalStages",
];

fn approval(body: &Node<'_>) -> Read<RuleChange> {
    body.only(&with_common(&["setting"]))?;
    let Some(setting) = body.get("setting") else {
        return Ok(RuleChange::Approval { required: None, mode: None, stages: None });
    };
    setting.only(&SETTING)?;
    Ok(RuleChange::Approval {
        required: maybe(setting.get("isApprovalRequired"), Node::flag)?,
        mode: maybe(setting.get("approvalMode"), |node| node.text().map(str::to_owned))?,
        stages: maybe(setting.get("approvalStages"), |node| {
            node.list()?.iter().map(stage).collect()
        })?,
    })
}

const STAGE: [&str; 6] = [
    "approvalStageTimeOutInDays",
    "isApproverJustificationRequired",
    "escalationTimeInMinutes",
    "isEscalationEnabled",
    "primaryApprovers",
    "escalationApprovers",
];

fn stage(node: &Node<'_>) -> Read<Stage> {
    node.only(&STAGE)?;
    let approvers = |name: &str| -> Read<Vec<Approver>> {
        match node.get(name) {
            Some(list) => list.list()?.iter().map(approver).collect(),
            None => Ok(Vec::new()),
        }
    };
    let mut all = approvers("primaryApprovers")?;
    let mut escalated = approvers("escalationApprovers")?;
    if maybe(node.get("isEscalationEnabled"), Node::flag)? != Some(true) {
        escalated.clear();
    }
    let escalation = escalated.len();
    all.extend(escalated);
    let reason_required = maybe(node.get("isApproverJustificationRequired"), Node::flag)?;
    Ok(Stage { approvers: all, escalation, reason_required })
}

/// v1.0 names the id `userId` or `groupId`, beta `id`, ARM `id` with a `userType`.
fn approver(node: &Node<'_>) -> Read<Approver> {
    node.only(&["userId", "groupId", "id", "userType", "description", "isBackup", "managerLevel"])?;
    let kind = match node.get("@odata.type").or_else(|| node.get("userType")) {
        Some(kind) => kind.text()?,
        None => "",
    };
    let kind = kind.rsplit(['.', '#']).next().unwrap_or(kind).to_ascii_lowercase();
    let id = |own: &str| -> Read<PrincipalId> {
        let id = node.get(own).or_else(|| node.get("id"));
        let id = id.ok_or_else(|| node.bad(format!("the approver has no {own}")))?;
        id.id().map(|id| PrincipalId::new(&id))
    };
    match kind.as_str() {
        "singleuser" | "user" => id("userId").map(Approver::User),
        "groupmembers" | "group" => id("groupId").map(Approver::Group),
        "requestormanager" => Ok(Approver::Unknown("requestorManager".into())),
        "" if node.get("groupId").is_some() => id("groupId").map(Approver::Group),
        "" if node.get("userId").is_some() => id("userId").map(Approver::User),
        other => Err(node.bad(format!("{} is no kind of approver that is known", shown(other)))),
    }
}

fn notification(rule: NotificationRule, body: &Node<'_>) -> Read<RuleChange> {
    body.only(&with_common(&[
        "notificationType",
        "recipientType",
        "notificationLevel",
        "isDefaultRecipientsEnabled",
        "notificationRecipients",
    ]))?;
    let is_null =
        body.object()?.get("notificationRecipients").is_some_and(serde_json::Value::is_null);
    let recipients = maybe(body.get("notificationRecipients"), recipients)?;
    Ok(RuleChange::Notification {
        rule,
        all: maybe(body.get("notificationLevel"), level)?,
        defaults: maybe(body.get("isDefaultRecipientsEnabled"), Node::flag)?,
        recipients: recipients.or_else(|| is_null.then(Vec::new)),
    })
}

/// True for all mails, false for critical ones only.
pub(super) fn level(node: &Node<'_>) -> Read<bool> {
    match node.text()? {
        text if text.eq_ignore_ascii_case("All") => Ok(true),
        text if text.eq_ignore_ascii_case("Critical") => Ok(false),
        text => Err(node.bad(format!("{} is neither All nor Critical", shown(text)))),
    }
}

/// Addresses; blank ones are none.
pub(super) fn recipients(node: &Node<'_>) -> Read<Vec<Arc<str>>> {
    let mut all = Vec::new();
    for item in node.list()? {
        let text = item.text()?.trim();
        if !text.is_empty() {
            all.push(text.into());
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(id: &str, body: &Value) -> Read<Option<RuleChange>> {
        rule(id, &Node::new(body, ""))
    }

    #[test]
    fn what_is_absent_is_not_stated() {
        for (id, body, expected) in [
            ("Expiration_EndUser_Assignment", json!({"maximumDuration": "PT480M"}), "at most 8 h"),
            ("expiration_enduser_assignment", json!({}), "nothing"),
            (
                "Enablement_EndUser_Assignment",
                json!({"enabledRules": ["justification"]}),
                "MFA false, justification true, ticket false",
            ),
            (
                "Enablement_EndUser_Assignment",
                json!({"enabledRules": null}),
                "MFA false, justification false, ticket false",
            ),
            (
                "Enablement_EndUser_Assignment",
                json!({"id": "Enablement_EndUser_Assignment"}),
                "nothing",
            ),
            (
                "AuthenticationContext_EndUser_Assignment",
                json!({"isEnabled": true, "claimValue": "C1"}),
                "enabled true, claim \"c1\"",
            ),
            (
                "Approval_EndUser_Assignment",
                json!({"setting": {"isApprovalRequired": false}}),
                "approval required false",
            ),
            (
                "Notification_Admin_EndUser_Assignment",
                json!({"notificationLevel": "critical", "notificationRecipients": [" ", "a@b.example"]}),
                "all mails false, 1 further recipients",
            ),
        ] {
            let change = read(id, &body).unwrap().unwrap();
            assert_eq!(change.in_words(), expected, "{id} {body}");
        }
        let none = read("Enablement_Admin_Eligibility", &json!({"enabledRules": []})).unwrap();
        assert_eq!(none, None);
    }

    #[test]
    fn approvers_are_read_in_every_version() {
        let stages = json!({"setting": {"approvalStages": [{"isEscalationEnabled": true,
            "primaryApprovers": [
                {"@odata.type": "#microsoft.graph.singleUser", "userId": "U1"},
                {"@odata.type": "#microsoft.graph.groupMembers", "id": "G1", "isBackup": false},
                {"id": "G2", "userType": "Group", "description": "x"}],
            "escalationApprovers": [{"userId": "U2"}]}]}});
        let change = read("Approval_EndUser_Assignment", &stages).unwrap().unwrap();
        let RuleChange::Approval { stages: Some(stages), .. } = change else { panic!("no stages") };
        let expected = [
            Approver::User(PrincipalId::new("u1")),
            Approver::Group(PrincipalId::new("g1")),
            Approver::Group(PrincipalId::new("g2")),
            Approver::User(PrincipalId::new("u2")),
        ];
        assert_eq!(stages[0].approvers, expected);
        assert_eq!(stages[0].primary(), &expected[..3]);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (id, body, expected) in [
            ("Expiration_EndUser", json!({}), "there is no rule"),
            (
                "Expiration_EndUser_Assignment",
                json!({"maximumDuration": "8h"}),
                "is not a duration",
            ),
            ("Expiration_EndUser_Assignment", json!({"maximumduration": "PT8H"}), "no property"),
            ("Expiration_EndUser_Assignment", json!({"id": "x"}), "the body is of rule"),
            (
                "Expiration_EndUser_Assignment",
                json!({"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyEnablementRule"}),
                "is of type",
            ),
            ("Expiration_EndUser_Assignment", json!([]), "it is no object"),
            ("Enablement_EndUser_Assignment", json!({"enabledRules": ["MFA"]}), "nothing that can"),
            ("Enablement_EndUser_Assignment", json!({"enabledRules": "MFA"}), "it is no list"),
            (
                "Approval_EndUser_Assignment",
                json!({"setting": {"approvalStages": [{"primaryApprovers": [
                    {"@odata.type": "#microsoft.graph.groupMembers",
                     "groupId": "<id of the approver group>"}]}]}}),
                "placeholder",
            ),
            (
                "Notification_Admin_EndUser_Assignment",
                json!({"notificationLevel": "Some"}),
                "neither All",
            ),
        ] {
            let bad = read(id, &body).unwrap_err();
            assert!(bad.message.contains(expected), "{id} {body}: {}", bad.message);
        }
    }
}
