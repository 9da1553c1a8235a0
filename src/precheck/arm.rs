//! ARM templates with role management policies and assignments of Azure roles.
//!
//! Azure is not read: what they state is told, and held against what a baseline asks for as stated.

use super::azure;
use super::detect::{Item, Reader};
use super::edit::RuleChange;
use super::graph_body::not_assessed;
use super::object::{Node, Read};
use super::rule::rule;
use serde_json::Value;

const POLICIES: &str = "microsoft.authorization/rolemanagementpolicies";
/// Every type of the provider that gives or shapes access by roles.
const ROLES: &str = "microsoft.authorization/role";
/// Properties of a policy.
const POLICY: [&str; 10] = [
    "scope",
    "displayName",
    "description",
    "isOrganizationDefault",
    "lastModifiedBy",
    "lastModifiedDateTime",
    "policyProperties",
    "effectiveRules",
    "rules",
    // A loop that makes the rules: read as an expression.
    "copy",
];
/// A template within a template.
const DEPLOYMENTS: &str = "microsoft.resources/deployments";

/// True for a template, or for one such resource.
pub(super) fn is_it(root: &Node<'_>) -> bool {
    let schema = root.value.get("$schema").and_then(Value::as_str).unwrap_or_default();
    schema.to_ascii_lowercase().contains("deploymenttemplate.json") || is_policy(kind_of(root))
}

fn kind_of<'v>(node: &Node<'v>) -> &'v str {
    node.value.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// True for the type of a policy itself, with or without a version behind it.
pub(super) fn is_policy(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    kind.split('@').next() == Some(POLICIES)
}

/// True for a type that gives or shapes access.
pub(super) fn is_about_roles(kind: &str) -> bool {
    kind.to_ascii_lowercase().starts_with(ROLES)
}

/// Reads a template.
pub(super) fn read(reader: &mut Reader, root: &Node<'_>) {
    let found = if is_policy(kind_of(root)) {
        resource(reader, root, &[]);
        true
    } else {
        template(reader, root, &[])
    };
    if !found {
        reader.fault(root.bad("no resource of the template is about roles"));
    }
}

/// True when something in it was about roles, or could not be read.
fn template(reader: &mut Reader, node: &Node<'_>, above: &[String]) -> bool {
    let list = match node.need("resources") {
        // Newer templates name their resources.
        Ok(resources) if resources.value.is_object() => {
            resources.members().map(|all| all.into_iter().map(|(_, node)| node).collect())
        }
        Ok(resources) => resources.list(),
        Err(bad) => Err(bad),
    };
    let list: Vec<Node<'_>> = match list {
        Ok(list) => list,
        Err(bad) => {
            reader.fault(bad);
            return true;
        }
    };
    let mut found = false;
    for node in &list {
        found |= within(reader, node, above);
    }
    found
}

/// Why it is open whether a resource is made, and how often.
fn doubts(node: &Node<'_>) -> Vec<String> {
    let mut doubts = Vec::new();
    if node.get("condition").is_some_and(|it| it.value.as_bool() != Some(true)) {
        doubts.push("whether it is made depends on a condition".to_owned());
    }
    if node.get("copy").is_some() {
        doubts.push("it is made as often as copy says, each time with other values".to_owned());
    }
    doubts
}

/// One resource, and those that stand in it. What is open about it is open about them.
fn within(reader: &mut Reader, node: &Node<'_>, above: &[String]) -> bool {
    let mut found = false;
    let mut open = above.to_vec();
    open.extend(doubts(node));
    open.dedup();
    if is_about_roles(kind_of(node)) {
        resource(reader, node, &open);
        found = true;
    } else if let Some(why) = not_worked_out(node) {
        let name = node.value.get("name").and_then(Value::as_str).unwrap_or_default();
        let item = format!("{} {name}", kind_of(node));
        reader.take(node, item.trim_end(), Ok(vec![not_assessed(why)].into()));
        found = true;
    }
    if kind_of(node).eq_ignore_ascii_case(DEPLOYMENTS)
        && let Some(inner) = node.get("properties").and_then(|it| it.get("template"))
    {
        found |= template(reader, &inner, &open);
    }
    // What belongs to a resource may stand in it.
    if let Some(children) = node.get("resources").and_then(|it| it.list().ok()) {
        for child in &children {
            found |= within(reader, child, &open);
        }
    }
    found
}

/// Why a resource that may give access is not worked out; `None` for all others.
fn not_worked_out(node: &Node<'_>) -> Option<&'static str> {
    let kind = kind_of(node).to_ascii_lowercase();
    let properties = node.get("properties");
    let links = properties.is_some_and(|it| it.get("templateLink").is_some());
    if kind.starts_with("microsoft.graph/") {
        Some("what this resource does in the directory is not worked out")
    } else if kind == DEPLOYMENTS && links {
        Some("the template that it links to is not in this file")
    } else if kind == "microsoft.resources/deploymentscripts" {
        Some("what the script does is not worked out")
    } else {
        None
    }
}

fn resource(reader: &mut Reader, node: &Node<'_>, open: &[String]) {
    let kind = kind_of(node);
    let text = |name: &str| node.value.get(name).and_then(Value::as_str);
    let name = text("name").unwrap_or_default();
    let item = format!("{kind} {name}");
    let of = match text("scope") {
        Some(scope) => format!("policy {name} at {scope}"),
        None => format!("policy {name}"),
    };
    let read = about_roles(kind, of.trim_end(), node.get("properties").as_ref(), &|_| false);
    let read = read.map(|mut read| {
        read.unknown.extend(open.iter().cloned());
        read
    });
    reader.take(node, item.trim_end(), read);
}

/// What a resource about roles states, by its type and its properties. Of its rules those are left
/// out that come later as a whole, by their places: the caller names them.
pub(super) fn about_roles(
    kind: &str,
    of: &str,
    properties: Option<&Node<'_>>,
    is_open: &dyn Fn(usize) -> bool,
) -> Read<Item> {
    if is_policy(kind) {
        if let Some(properties) = properties.filter(|it| it.value.is_object()) {
            properties.only(&POLICY)?;
        }
        let Some(list) = properties.and_then(|it| it.get("rules")) else {
            return Ok(azure::settings(of, Vec::new()));
        };
        let (rules, unknown) = rules(&list, is_open)?;
        return Ok(Item { unknown, ..azure::settings(of, rules) });
    }
    Ok(azure::other(&properties.map(|it| request(kind, it)).unwrap_or_default()))
}

/// What the rules of a policy state, and which of them are known only by parameters.
fn rules(list: &Node<'_>, is_open: &dyn Fn(usize) -> bool) -> Read<(Vec<RuleChange>, Vec<String>)> {
    let (mut stated, mut unknown) = (Vec::new(), Vec::new());
    if list.value.is_string() {
        unknown.push("its rules are given by an expression".to_owned());
        return Ok((stated, unknown));
    }
    for (place, item) in list.list()?.iter().enumerate() {
        if is_open(place) {
            continue;
        }
        if item.value.as_str().is_some_and(|text| text.starts_with('[')) {
            unknown.push(format!("rules.{place} is given by an expression"));
            continue;
        }
        let id = item.need("id")?.text()?;
        if item.value.to_string().contains("\"[") {
            unknown.push(format!("{id} is given by an expression"));
        } else if let Some(change) = rule(id, item)? {
            stated.push(change);
        }
    }
    stated.retain(|rule| !rule.is_empty());
    Ok((stated, unknown))
}

/// What an assignment or a request for one states, in words.
fn request(kind: &str, properties: &Node<'_>) -> String {
    let text = |name: &str| properties.value.get(name).and_then(Value::as_str);
    let kind = kind.to_ascii_lowercase();
    let how = if kind.contains("roleeligibility") {
        "eligible for"
    } else if kind.contains("roleassignmentschedule") {
        "active in"
    } else if kind.contains("roleassignments") {
        "active, past PIM, in"
    } else {
        return String::new();
    };
    let how = match text("requestType").map(str::to_ascii_lowercase) {
        Some(asks) if asks.ends_with("remove") || asks.ends_with("deactivate") => {
            return azure::grant(
                text("principalId"),
                &format!("no longer {how}"),
                text("roleDefinitionId"),
                text("scope").or(Some("its scope")),
                "",
            )
            .trim_end()
            .to_owned();
        }
        Some(asks) if asks.starts_with("self") => format!("asks for itself to be {how}"),
        Some(asks) if asks.starts_with('[') => format!("by an expression {how}"),
        Some(_) | None => how.to_owned(),
    };
    let expiration = properties.get("scheduleInfo").and_then(|it| it.get("expiration"));
    let expires = |name: &str| expiration.as_ref()?.value.get(name)?.as_str();
    let end = match (expires("duration"), expires("endDateTime")) {
        (Some(length), _) => format!("for {length}"),
        (None, Some(end)) => format!("until {end}"),
        (None, None) => "without an end".to_owned(),
    };
    azure::grant(
        text("principalId"),
        &how,
        text("roleDefinitionId"),
        text("scope").or(Some("its scope")),
        &end,
    )
}

#[cfg(test)]
mod tests {
    use crate::precheck::detect::read;
    use crate::precheck::edit::Change;
    use serde_json::{Value, json};

    const SCHEMA: &str =
        "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";

    fn changes(file: &Value) -> Vec<Change> {
        read("a.json", file.to_string().as_bytes()).unwrap()
    }

    fn policy() -> Value {
        json!({"type": "Microsoft.Authorization/roleManagementPolicies",
            "apiVersion": "2020-10-01", "name": "p", "properties": {"rules": [
                {"id": "Expiration_EndUser_Assignment", "maximumDuration": "PT8H",
                 "isExpirationRequired": true, "ruleType": "RoleManagementPolicyExpirationRule"},
                {"id": "Enablement_EndUser_Assignment", "enabledRules": "[parameters('x')]",
                 "ruleType": "RoleManagementPolicyEnablementRule"}]}})
    }

    #[test]
    fn what_may_give_access_and_is_not_worked_out_is_named() {
        let deployment = |properties: Value| {
            json!({"type": "Microsoft.Resources/deployments", "name": "d",
                "properties": properties})
        };
        for (resource, expected) in [
            (json!({"type": "Microsoft.Graph/groups@v1.0", "name": "g"}), "in the directory"),
            (deployment(json!({"templateLink": {"uri": "x"}})), "links to is not in this file"),
            (json!({"type": "microsoft.resources/deploymentScripts"}), "what the script does"),
        ] {
            let file = json!({"$schema": SCHEMA, "resources": [resource.clone(), policy()]});
            let words: Vec<String> =
                changes(&file).iter().map(|it| it.edits[0].to_string()).collect();
            assert_eq!(words.len(), 2, "{resource}: {words:?}");
            assert!(words[0].contains(expected), "{resource}: {words:?}");
        }
        let mut misspelt = policy();
        misspelt["properties"] = json!({"rule": []});
        let faults = read("a.json", misspelt.to_string().as_bytes()).unwrap_err();
        assert!(faults[0].to_string().contains("did you mean rules?"), "{}", faults[0]);
    }

    #[test]
    fn policies_of_a_template_are_found_wherever_they_stand_and_told() {
        let nested = json!({"type": "Microsoft.Resources/deployments", "name": "inner",
            "properties": {"mode": "Incremental", "template":
                {"$schema": SCHEMA, "resources": [policy()]}}});
        let child = json!({"type": "Other/x", "resources": [policy()]});
        for (file, pointer) in [
            (policy(), ""),
            (
                json!({"$schema": SCHEMA, "resources": [policy(), {"type": "Other/x"}]}),
                "/resources/0",
            ),
            (json!({"$schema": SCHEMA, "resources": {"one": policy()}}), "/resources/one"),
            (
                json!({"$schema": SCHEMA, "resources": [nested]}),
                "/resources/0/properties/template/resources/0",
            ),
            (json!({"$schema": SCHEMA, "resources": [child]}), "/resources/0/resources/0"),
        ] {
            let changes = changes(&file);
            assert_eq!(changes.len(), 1, "{file}");
            assert_eq!(changes[0].place.pointer, pointer);
            let words = changes[0].edits[0].to_string();
            let stated = "stated: Expiration_EndUser_Assignment: an end required true, at most 8 h";
            assert!(words.ends_with(stated), "{words}");
            assert_eq!(
                changes[0].unknown,
                ["Enablement_EndUser_Assignment is given by an expression"]
            );
            assert_eq!(changes[0].stated.as_ref().unwrap().rules.len(), 1);
        }
    }

    #[test]
    fn a_rule_that_is_an_expression_as_a_whole_hides_no_other() {
        for place in [0, 1] {
            let mut policy = policy();
            policy["properties"]["rules"].as_array_mut().unwrap().remove(1);
            let rules = policy["properties"]["rules"].as_array_mut().unwrap();
            rules.insert(place, json!("[parameters('rule')]"));
            let changes = changes(&policy);
            let words = changes[0].edits[0].to_string();
            assert!(words.ends_with("an end required true, at most 8 h"), "{words}");
            assert_eq!(changes[0].unknown, [format!("rules.{place} is given by an expression")]);
        }
    }

    #[test]
    fn approvers_and_mails_are_read_as_arm_writes_them() {
        let file = json!({"type": "Microsoft.Authorization/roleManagementPolicies", "name": "p",
            "properties": {"scope": "/subscriptions/s", "rules": [
                {"id": "Approval_EndUser_Assignment",
                 "ruleType": "RoleManagementPolicyApprovalRule",
                 "target": {"caller": "EndUser", "operations": ["All"], "level": "Assignment"},
                 "setting": {"isApprovalRequired": true, "approvalMode": "SingleStage",
                    "isApprovalRequiredForExtension": false, "approvalStages": [{
                        "approvalStageTimeOutInDays": 1, "isEscalationEnabled": false,
                        "primaryApprovers": [{"id": "g", "description": "x", "isBackup": false,
                            "userType": "Group"}]}]}},
                {"id": "Notification_Admin_Admin_Eligibility", "notificationType": "Email",
                 "ruleType": "RoleManagementPolicyNotificationRule", "recipientType": "Admin",
                 "isDefaultRecipientsEnabled": false, "notificationLevel": "Critical",
                 "notificationRecipients": ["a@contoso.example"]},
                {"id": "AuthenticationContext_EndUser_Assignment", "isEnabled": false,
                 "ruleType": "RoleManagementPolicyAuthenticationContextRule", "claimValue": ""}]}});
        let changes = changes(&file);
        let stated = changes[0].stated.as_ref().unwrap();
        assert_eq!(stated.of, "policy p");
        let words: Vec<String> = stated.rules.iter().map(|it| it.in_words()).collect();
        assert_eq!(
            words,
            [
                "approval required true, mode SingleStage, 1 approvers",
                "all mails false, default recipients false, 1 further recipients",
                "enabled false, claim \"\"",
            ]
        );
    }

    #[test]
    fn assignments_are_told_in_words() {
        let of = |kind: &str, properties: Value| {
            let kind = format!("Microsoft.Authorization/{kind}");
            let file = json!({"$schema": SCHEMA, "resources": [
                {"type": kind, "name": "n", "properties": properties}]});
            changes(&file)[0].edits[0].to_string()
        };
        let expiration = |kind: &str, name: &str, value: &str| {
            json!({"principalId": "p", "roleDefinitionId": "r",
                "scheduleInfo": {"expiration": {"type": kind, name: value}}})
        };
        for (kind, properties, expected) in [
            (
                "roleAssignments",
                json!({"principalId": "p", "roleDefinitionId": "r"}),
                "p active, past PIM, in r at its scope without an end",
            ),
            (
                "roleEligibilityScheduleRequests",
                expiration("AfterDuration", "duration", "P30D"),
                "p eligible for r at its scope for P30D",
            ),
            (
                "roleAssignmentScheduleRequests",
                expiration("AfterDateTime", "endDateTime", "2027-01-01T00:00:00Z"),
                "p active in r at its scope until 2027-01-01T00:00:00Z",
            ),
            (
                "roleAssignmentScheduleRequests",
                json!({"principalId": "p", "roleDefinitionId": "r", "requestType": "AdminRemove"}),
                "p no longer active in r at its scope",
            ),
            (
                "roleEligibilityScheduleRequests",
                json!({"principalId": "p", "roleDefinitionId": "r", "requestType": "adminRemove"}),
                "p no longer eligible for r at its scope",
            ),
            (
                "roleAssignmentScheduleRequests",
                json!({"principalId": "p", "roleDefinitionId": "r",
                    "requestType": "SelfDeactivate"}),
                "p no longer active in r at its scope",
            ),
            (
                "roleAssignmentScheduleRequests",
                json!({"principalId": "p", "roleDefinitionId": "r", "requestType": "SelfActivate",
                    "scheduleInfo": {"expiration": {"duration": "PT8H"}}}),
                "p asks for itself to be active in r at its scope for PT8H",
            ),
            (
                "roleAssignmentScheduleRequests",
                json!({"principalId": "p", "roleDefinitionId": "r", "requestType": "AdminUpdate"}),
                "p active in r at its scope without an end",
            ),
            (
                "roleAssignmentScheduleRequests",
                json!({"principalId": "p", "roleDefinitionId": "r",
                    "requestType": "[parameters('type')]"}),
                "p by an expression active in r at its scope without an end",
            ),
        ] {
            let words = of(kind, properties);
            assert!(words.ends_with(&format!("stated: {expected}")), "{words}");
        }
        let words = of("roleDefinitions", json!({"roleName": "x"}));
        assert!(words.ends_with("only what is stated is known"), "{words}");
    }

    #[test]
    fn whether_and_how_often_a_resource_is_made_may_be_open() {
        const WHETHER: &str = "whether it is made depends on a condition";
        const OFTEN: &str = "it is made as often as copy says, each time with other values";
        let copy = || json!({"name": "c", "count": 3});
        let given = |name: &str, value: Value| {
            let mut resource = json!({"type": "Microsoft.Authorization/roleAssignments",
                "name": "n", "properties": {"principalId": "p", "roleDefinitionId": "r"}});
            resource[name] = value;
            resource
        };
        let nested = |resource: Value| {
            json!({"type": "Microsoft.Resources/deployments", "name": "inner",
                "condition": "[parameters('x')]",
                "properties": {"template": {"$schema": SCHEMA, "resources": [resource]}}})
        };
        for (resource, expected) in [
            (given("condition", json!("[equals(1, 2)]")), vec![WHETHER]),
            (given("condition", json!(false)), vec![WHETHER]),
            (given("condition", json!(true)), vec![]),
            (given("copy", copy()), vec![OFTEN]),
            (nested(given("copy", copy())), vec![WHETHER, OFTEN]),
            (nested(given("condition", json!("[x]"))), vec![WHETHER]),
        ] {
            let file = json!({"$schema": SCHEMA, "resources": [resource]});
            assert_eq!(changes(&file)[0].unknown, expected, "{file}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let policy = |rules: Value| {
            json!({"$schema": SCHEMA, "resources": [{"properties": {"rules": rules},
                "type": "Microsoft.Authorization/roleManagementPolicies"}]})
        };
        for (file, expected) in [
            (json!({"$schema": SCHEMA}), "resources is missing"),
            (json!({"$schema": SCHEMA, "resources": []}), "no resource of the template"),
            (
                json!({"$schema": SCHEMA,
                    "resources": [{"type": "Microsoft.Authorization/locks"}]}),
                "no resource of the template",
            ),
            (policy(json!([{"id": "Nothing"}])), "there is no rule"),
            (policy(json!({})), "it is no list"),
        ] {
            let faults = read("a.json", file.to_string().as_bytes()).unwrap_err();
            assert!(faults[0].to_string().contains(expected), "{file}: {}", faults[0]);
        }
    }
}
