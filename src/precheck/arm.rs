//! ARM templates with role management policies. Azure is not read, so they are listed and no more.

use super::detect::Reader;
use super::graph_body::not_assessed;
use super::object::{Node, Read};
use super::rule::rule;
use serde_json::Value;

const POLICIES: &str = "microsoft.authorization/rolemanagementpolicies";
/// Other types of the same provider that give or shape access.
const PROVIDER: &str = "microsoft.authorization/";

/// True for a template, or for one such resource.
pub(super) fn is_it(root: &Node<'_>) -> bool {
    let schema = root.value.get("$schema").and_then(Value::as_str).unwrap_or_default();
    schema.to_ascii_lowercase().contains("deploymenttemplate.json") || is_policy(root)
}

fn kind_of<'v>(node: &Node<'v>) -> &'v str {
    node.value.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn is_policy(node: &Node<'_>) -> bool {
    kind_of(node).to_ascii_lowercase().starts_with(POLICIES)
}

/// Reads a template.
pub(super) fn read(reader: &mut Reader, root: &Node<'_>) {
    if is_policy(root) {
        return resource(reader, root);
    }
    let mut found = false;
    let list = match root.need("resources") {
        // Newer templates name their resources.
        Ok(resources) if resources.value.is_object() => {
            resources.members().map(|all| all.into_iter().map(|(_, node)| node).collect())
        }
        Ok(resources) => resources.list(),
        Err(bad) => Err(bad),
    };
    let list: Vec<Node<'_>> = match list {
        Ok(list) => list,
        Err(bad) => return reader.fault(bad),
    };
    for node in &list {
        if kind_of(node).to_ascii_lowercase().starts_with(PROVIDER) {
            found = true;
            resource(reader, node);
        }
    }
    if !found {
        reader.fault(root.bad("no resource of the template is about roles"));
    }
}

fn resource(reader: &mut Reader, node: &Node<'_>) {
    let name = node.value.get("name").and_then(Value::as_str).unwrap_or_default();
    let item = format!("{} {name}", kind_of(node));
    match rules(node) {
        Ok(rules) => {
            let stated = if rules.is_empty() {
                String::new()
            } else {
                format!("; stated: {}", rules.join("; "))
            };
            let why = format!(
                "settings and assignments of Azure resources are not read, so only what is stated \
                 is known{stated}"
            );
            reader.take(node, item, Ok(vec![not_assessed(&why)].into()));
        }
        Err(bad) => reader.fault(bad),
    }
}

/// What the rules of a policy state, each in words. A rule with expressions in it is named only.
fn rules(node: &Node<'_>) -> Read<Vec<String>> {
    let mut stated = Vec::new();
    let Some(list) = node.get("properties").and_then(|it| it.get("rules")) else {
        return Ok(stated);
    };
    if list.value.is_string() {
        return Ok(stated);
    }
    for item in list.list()? {
        let id = item.need("id")?.text()?;
        if item.value.to_string().contains("\"[") {
            stated.push(format!("{id} by parameters"));
        } else if let Some(change) = rule(id, &item)? {
            stated.push(format!("{id}: {}", change.in_words()));
        }
    }
    Ok(stated)
}

#[cfg(test)]
mod tests {
    use crate::precheck::detect::read;
    use serde_json::json;

    #[test]
    fn policies_of_a_template_are_listed_with_what_they_state() {
        let policy = json!({"type": "Microsoft.Authorization/roleManagementPolicies",
            "apiVersion": "2020-10-01", "name": "p", "properties": {"rules": [
                {"id": "Expiration_EndUser_Assignment", "maximumDuration": "PT8H",
                 "isExpirationRequired": true, "ruleType": "RoleManagementPolicyExpirationRule"},
                {"id": "Enablement_EndUser_Assignment", "enabledRules": "[parameters('x')]",
                 "ruleType": "RoleManagementPolicyEnablementRule"}]}});
        let schema =
            "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
        for file in [
            policy.clone(),
            json!({"$schema": schema, "resources": [policy.clone(), {"type": "Other/x"}]}),
            json!({"$schema": schema, "resources": {"one": policy.clone()}}),
        ] {
            let changes = read("a.json", file.to_string().as_bytes()).unwrap();
            assert_eq!(changes.len(), 1, "{file}");
            let words = changes[0].edits[0].to_string();
            let stated = "Expiration_EndUser_Assignment: an end required true, at most 8 h; \
                Enablement_EndUser_Assignment by parameters";
            assert!(words.contains(stated), "{words}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let schema = "https://x/deploymentTemplate.json#";
        let policy = |rules: serde_json::Value| {
            json!({"$schema": schema, "resources": [{"properties": {"rules": rules},
                "type": "Microsoft.Authorization/roleManagementPolicies"}]})
        };
        for (file, expected) in [
            (json!({"$schema": schema}), "resources is missing"),
            (json!({"$schema": schema, "resources": []}), "no resource of the template"),
            (policy(json!([{"id": "Nothing"}])), "there is no rule"),
            (policy(json!({})), "it is no list"),
        ] {
            let faults = read("a.json", file.to_string().as_bytes()).unwrap_err();
            assert!(faults[0].to_string().contains(expected), "{file}: {}", faults[0]);
        }
    }
}
