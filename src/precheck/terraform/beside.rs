//! What a plan holds beside its resources: what is put off to a later one, and actions.

use crate::precheck::detect::Reader;
use crate::precheck::graph_body::not_assessed;
use crate::precheck::object::Node;

/// Actions that Terraform runs beside the resources (from version 1.14): each may send anything.
pub(super) fn actions(reader: &mut Reader, root: &Node<'_>) {
    for (name, inner) in
        [("action_invocations", None), ("deferred_action_invocations", Some("action_invocation"))]
    {
        let Some(list) = root.get(name) else { continue };
        let items = match list.list() {
            Ok(items) => items,
            Err(bad) => {
                reader.fault(bad);
                continue;
            }
        };
        for node in &items {
            let action = match inner {
                Some(inner) => node.get(inner),
                None => Some(node.clone()),
            };
            let address = action.as_ref().and_then(|it| it.value.get("address")?.as_str());
            let why = match inner {
                Some(_) => "Terraform puts this action off to a later plan",
                None => "what an action of Terraform sends is not worked out",
            };
            let item = address.unwrap_or("an action").to_owned();
            reader.take(node, item, Ok(vec![not_assessed(why)].into()));
        }
    }
}

/// What Terraform puts off to a later plan is no change of this one; it must not look like nothing.
pub(super) fn deferred(reader: &mut Reader, root: &Node<'_>) {
    let Some(list) = root.get("deferred_changes") else { return };
    let items = match list.list() {
        Ok(items) => items,
        Err(bad) => return reader.fault(bad),
    };
    for node in &items {
        let change = node.get("resource_change");
        let text = |name: &str| change.as_ref().and_then(|it| it.value.get(name)?.as_str());
        if !text("type").is_none_or(is_of_interest) {
            continue;
        }
        let address = text("address").unwrap_or("a resource").to_owned();
        let edits = vec![not_assessed("Terraform puts it off to a later plan")];
        reader.take(node, address, Ok(edits.into()));
    }
}

/// True for a kind of resource that may be about access.
fn is_of_interest(kind: &str) -> bool {
    ["azuread_", "msgraph_", "azapi_", "azurerm_pim_", "azurerm_role_"]
        .iter()
        .any(|prefix| kind.starts_with(prefix))
        || may_send(kind)
}

/// True for resources of other providers that send whatever request somebody wrote, or run it.
pub(super) fn may_send(kind: &str) -> bool {
    ["restapi_", "restful_", "terracurl_", "shell_", "microsoft365_"]
        .iter()
        .any(|prefix| kind.starts_with(prefix))
        || ["terraform_data", "null_resource"].contains(&kind)
}
