//! One rule with what a finding asks for, and nothing else changed.

use super::Change;
use crate::model::IsoDuration;
use serde_json::{Map, Value, json};

/// What one finding asks of one rule.
pub(super) struct Wanted<'a> {
    /// The check that asks.
    pub(super) check: &'a str,
    /// The rule as the check's advice writes it.
    pub(super) template: &'a Value,
    /// Mailboxes of the security team.
    pub(super) mailboxes: &'a [String],
}

/// The rule with what is asked for.
pub(super) fn merged(rule: &Value, wanted: &Wanted<'_>) -> Value {
    let (Some(mut rule), Some(template)) = (rule.as_object().cloned(), wanted.template.as_object())
    else {
        return rule.clone();
    };
    let id = template.get("id").and_then(Value::as_str).unwrap_or_default();
    match id.split('_').next().unwrap_or_default() {
        "Expiration" => expiration(&mut rule, template),
        "Enablement" => enablement(&mut rule, template, wanted.check),
        "AuthenticationContext" => context(&mut rule, template),
        "Approval" => approval(&mut rule, template, wanted.check),
        "Notification" => notification(&mut rule, template, wanted),
        // A kind that this version does not know is not touched.
        _ => {}
    }
    // Graph tells the kinds of rules apart by it.
    if let Some(kind) = template.get("@odata.type") {
        rule.entry("@odata.type").or_insert_with(|| kind.clone());
    }
    Value::Object(rule)
}

fn text<'v>(object: &'v Map<String, Value>, property: &str) -> Option<&'v str> {
    object.get(property).and_then(Value::as_str)
}

fn duration(object: &Map<String, Value>) -> Option<IsoDuration> {
    IsoDuration::parse(text(object, "maximumDuration")?).ok()
}

/// A length that is short enough stays; a longer one becomes the longest that is allowed.
fn expiration(rule: &mut Map<String, Value>, template: &Map<String, Value>) {
    rule.insert("isExpirationRequired".to_owned(), Value::Bool(true));
    let Some(longest) = duration(template) else { return };
    if duration(rule).is_none_or(|now| now.seconds() > longest.seconds()) {
        rule.insert("maximumDuration".to_owned(), Value::from(longest.to_iso()));
    }
}

/// The words that the check asks for are added; those that are there stay.
fn enablement(rule: &mut Map<String, Value>, template: &Map<String, Value>, check: &str) {
    let asked: Vec<Value> = match check {
        "activation-without-justification" => vec!["Justification".into()],
        "activation-without-ticket" => vec!["Ticketing".into()],
        "activation-without-mfa" => vec!["MultiFactorAuthentication".into()],
        _ => list(template, "enabledRules"),
    };
    let enabled = list(rule, "enabledRules");
    rule.insert("enabledRules".to_owned(), united(enabled, asked));
}

fn list(object: &Map<String, Value>, property: &str) -> Vec<Value> {
    object.get(property).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Both lists, without regard to casing.
fn united(mut list: Vec<Value>, more: Vec<Value>) -> Value {
    for value in more {
        let is_same = |other: &Value| match (other.as_str(), value.as_str()) {
            (Some(one), Some(two)) => one.eq_ignore_ascii_case(two),
            (None, Some(_) | None) | (Some(_), None) => *other == value,
        };
        if !list.iter().any(is_same) {
            list.push(value);
        }
    }
    Value::Array(list)
}

/// Off, as Graph writes it; one that is off stays as it is.
fn context(rule: &mut Map<String, Value>, template: &Map<String, Value>) {
    if rule.get("isEnabled") == Some(&Value::Bool(false)) {
        return;
    }
    for property in ["isEnabled", "claimValue"] {
        if let Some(value) = template.get(property) {
            rule.insert(property.to_owned(), value.clone());
        }
    }
}

/// Approval is switched on; stages and approvers that are there stay.
fn approval(rule: &mut Map<String, Value>, template: &Map<String, Value>, check: &str) {
    let Some(advised) = template.get("setting").and_then(Value::as_object) else { return };
    let mut setting = match rule.get("setting").and_then(Value::as_object) {
        Some(setting) => setting.clone(),
        None => advised.clone(),
    };
    setting.insert("isApprovalRequired".to_owned(), Value::Bool(true));
    let has_mode = text(&setting, "approvalMode").is_some_and(|mode| mode != "NoApproval");
    if !has_mode {
        setting.insert("approvalMode".to_owned(), json!("SingleStage"));
    }
    let mut stages = list(&setting, "approvalStages");
    let advised_stages = list(advised, "approvalStages");
    if stages.is_empty() {
        stages.clone_from(&advised_stages);
    }
    let more_approvers = advised_stages.first().and_then(Value::as_object);
    for stage in stages.iter_mut().filter_map(Value::as_object_mut) {
        if check == "approval-without-reason" {
            stage.insert("isApproverJustificationRequired".to_owned(), Value::Bool(true));
        }
        // Who approves is for a person to say; those who do now stay.
        let needs_people = matches!(check, "unusable-approvers" | "single-level-approval")
            || (check != "approval-without-reason" && list(stage, "primaryApprovers").is_empty());
        if needs_people && let Some(more) = more_approvers {
            let approvers = list(stage, "primaryApprovers");
            let approvers = united(approvers, list(more, "primaryApprovers"));
            stage.insert("primaryApprovers".to_owned(), approvers);
        }
    }
    setting.insert("approvalStages".to_owned(), Value::Array(stages));
    rule.insert("setting".to_owned(), Value::Object(setting));
}

/// What stands for the mailboxes of the security team.
const MAILBOX: &str = "<security mailbox>";

fn notification(rule: &mut Map<String, Value>, template: &Map<String, Value>, wanted: &Wanted<'_>) {
    // Somebody is told, whoever it is, where nobody was.
    if wanted.check == "muted-notification" {
        rule.insert("isDefaultRecipientsEnabled".to_owned(), Value::Bool(true));
        return;
    }
    if let Some(level) = template.get("notificationLevel") {
        rule.insert("notificationLevel".to_owned(), level.clone());
    }
    let declared = || wanted.mailboxes.iter().map(|mailbox| Value::from(mailbox.as_str()));
    let more = list(template, "notificationRecipients").into_iter().flat_map(|recipient| {
        if recipient == MAILBOX && !wanted.mailboxes.is_empty() {
            declared().collect()
        } else {
            vec![recipient]
        }
    });
    let recipients = united(list(rule, "notificationRecipients"), more.collect());
    rule.insert("notificationRecipients".to_owned(), recipients);
}

/// What differs, property by property; a list is one property.
pub(super) fn changes(from: &Value, to: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare("", from, to, &mut found);
    found
}

fn compare(path: &str, from: &Value, to: &Value, found: &mut Vec<Change>) {
    let (Some(before), Some(after)) = (from.as_object(), to.as_object()) else {
        if from != to {
            let property = path.trim_start_matches('.').to_owned();
            found.push(Change { property, from: from.clone(), to: to.clone() });
        }
        return;
    };
    let mut properties: Vec<&String> = before.keys().chain(after.keys()).collect();
    properties.sort();
    properties.dedup();
    for property in properties {
        let value = |object: &Map<String, Value>| object.get(property).cloned().unwrap_or_default();
        compare(&format!("{path}.{property}"), &value(before), &value(after), found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    /// The changes of a rule by one check.
    fn changed(check: &str, live: &str, template: &str) -> Vec<String> {
        let template = rule(template);
        let wanted = Wanted { check, template: &template, mailboxes: &[] };
        let live = rule(live);
        changes(&live, &merged(&live, &wanted))
            .iter()
            .map(|it| format!("{}: {} -> {}", it.property, it.from, it.to))
            .collect()
    }

    #[test]
    fn only_what_is_asked_for_is_added() {
        let template = r#"{"@odata.type":"t","id":"Enablement_EndUser_Assignment",
            "enabledRules":["MultiFactorAuthentication","Justification"]}"#;
        let live = |list: &str| {
            format!(
                r#"{{"@odata.type":"t","id":"Enablement_EndUser_Assignment","enabledRules":{list},"own":1}}"#
            )
        };
        for (check, list, expected) in [
            (
                "activation-without-justification",
                r#"["Ticketing"]"#,
                r#"enabledRules: ["Ticketing"] -> ["Ticketing","Justification"]"#,
            ),
            (
                "activation-without-mfa",
                "null",
                r#"enabledRules: null -> ["MultiFactorAuthentication"]"#,
            ),
            (
                "activation-without-ticket",
                r#"["Justification"]"#,
                r#"enabledRules: ["Justification"] -> ["Justification","Ticketing"]"#,
            ),
            (
                "unguarded-active-assignment",
                r#"["justification"]"#,
                r#"enabledRules: ["justification"] -> ["justification","MultiFactorAuthentication"]"#,
            ),
            ("activation-without-mfa", r#"["MultiFactorAuthentication"]"#, ""),
        ] {
            let found = changed(check, &live(list), template).join("; ");
            assert_eq!(found, expected, "{check} on {list}");
        }
    }

    #[test]
    fn a_length_that_is_short_enough_stays() {
        for (live, advised, found) in [
            (r#"true,"maximumDuration":"PT10H""#, "PT4H", r#"maximumDuration: "PT10H" -> "PT4H""#),
            (r#"true,"maximumDuration":"PT240M""#, "PT4H", ""),
            (r#"true,"maximumDuration":"PT1H""#, "PT4H", ""),
            (
                r#"false,"maximumDuration":"P365D""#,
                "P183D",
                r#"isExpirationRequired: false -> true; maximumDuration: "P365D" -> "P183D""#,
            ),
            (r#"false,"maximumDuration":"P183D""#, "P183D", "isExpirationRequired: false -> true"),
            (r#"true,"maximumDuration":"soon""#, "PT8H", r#"maximumDuration: "soon" -> "PT8H""#),
        ] {
            let rule = |rest: &str| {
                format!(
                    r#"{{"@odata.type":"t","id":"Expiration_x","isExpirationRequired":{rest}}}"#
                )
            };
            let template = rule(&format!(r#"true,"maximumDuration":"{advised}""#));
            let changed = changed("activation-too-long", &rule(live), &template);
            assert_eq!(changed.join("; "), found, "{live}");
        }
    }

    #[test]
    fn approvers_that_are_there_stay() {
        let template = r#"{"@odata.type":"t","id":"Approval_x","setting":{"isApprovalRequired":true,
            "approvalMode":"SingleStage","approvalStages":[{"isApproverJustificationRequired":true,
            "primaryApprovers":["<id of the approver group>"]}]}}"#;
        let live = |setting: &str| {
            format!(r#"{{"@odata.type":"t","id":"Approval_x","setting":{setting}}}"#)
        };
        let one = r#"{"isApprovalRequired":true,"approvalMode":"SingleStage","approvalStages":[
            {"isApproverJustificationRequired":false,"primaryApprovers":["oda"]}]}"#;
        let found = changed("approval-without-reason", &live(one), template).join("; ");
        assert!(found.contains(r#""primaryApprovers":["oda"]}]"#), "{found}");
        assert!(found.contains(r#"-> [{"isApproverJustificationRequired":true"#), "{found}");
        let found = changed("unusable-approvers", &live(one), template).join("; ");
        assert!(found.contains(r#"["oda","<id of the approver group>"]"#), "{found}");
        let off = r#"{"isApprovalRequired":false,"approvalMode":"NoApproval","approvalStages":[]}"#;
        let found = changed("activation-without-approval", &live(off), template);
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn recipients_that_are_there_stay() {
        let template = rule(
            r#"{"@odata.type":"t","id":"Notification_x","notificationLevel":"All",
            "isDefaultRecipientsEnabled":true,"notificationRecipients":["<security mailbox>"]}"#,
        );
        let live = rule(
            r#"{"@odata.type":"t","id":"Notification_x","notificationLevel":"Critical",
            "isDefaultRecipientsEnabled":false,"notificationRecipients":["ana@contoso.example"]}"#,
        );
        let soc = ["soc@contoso.example".to_owned()];
        for (check, mailboxes, recipients, defaults) in [
            (
                "unannounced-activation",
                &soc[..],
                json!(["ana@contoso.example", "soc@contoso.example"]),
                false,
            ),
            (
                "unannounced-activation",
                &[][..],
                json!(["ana@contoso.example", "<security mailbox>"]),
                false,
            ),
            ("muted-notification", &soc[..], json!(["ana@contoso.example"]), true),
        ] {
            let wanted = Wanted { check, template: &template, mailboxes };
            let found = merged(&live, &wanted);
            assert_eq!(found["notificationRecipients"], recipients, "{check}");
            assert_eq!(found["isDefaultRecipientsEnabled"], json!(defaults), "{check}");
        }
    }
}
