//! Resources about Azure roles, by what they state: Azure itself is not read.

use super::request::parsed;
use super::{Resource, Side, Turn, policy};
use crate::precheck::detect::Item;
use crate::precheck::graph_body::{not_assessed, nothing};
use crate::precheck::object::{Node, Read, maybe};
use crate::precheck::{arm, azure};
use serde_json::Value;

/// A resource of azurerm; `None` for one that gives no access.
pub(super) fn azurerm(resource: &Resource<'_, '_>, kind: &str) -> Read<Option<Item>> {
    Ok(Some(match kind {
        "azurerm_role_management_policy" => settings(resource)?,
        "azurerm_pim_eligible_role_assignment" => assignment(resource, "eligible for")?,
        "azurerm_pim_active_role_assignment" => assignment(resource, "active in")?,
        "azurerm_role_assignment" => assignment(resource, "active, past PIM, in")?,
        _ if kind.starts_with("azurerm_pim_") || kind.starts_with("azurerm_role_") => {
            azure::other("")
        }
        _ if kind.ends_with("_template_deployment") => vec![not_assessed(TEMPLATE)].into(),
        _ => return Ok(None),
    }))
}

fn settings(resource: &Resource<'_, '_>) -> Read<Item> {
    if resource.turn == Turn::Delete {
        return Ok(vec![nothing(policy::KEPT)].into());
    }
    let side = resource.side(true)?;
    let (role, scope) = (text(&side, "role_definition_id"), text(&side, "scope"));
    let of = match (role, scope) {
        (Some(role), Some(scope)) => format!("role {role} at {scope}"),
        (Some(role), None) => format!("role {role}"),
        (None, Some(scope)) => format!("a role at {scope}"),
        (None, None) => "an Azure role".to_owned(),
    };
    Ok(azure::settings(of, policy::rules(&side)?))
}

fn text<'v>(side: &Side<'_, '_, 'v>, name: &str) -> Option<&'v str> {
    side.get(name)?.value.as_str()
}

fn assignment(resource: &Resource<'_, '_>, how: &str) -> Read<Item> {
    let goes = resource.turn == Turn::Delete;
    let side = resource.side(!goes)?;
    let how = if goes { format!("no longer {how}") } else { how.to_owned() };
    let role = text(&side, "role_definition_id").or_else(|| text(&side, "role_definition_name"));
    let end = if goes { String::new() } else { end_of(&side)? };
    let words = azure::grant(text(&side, "principal_id"), &how, role, text(&side, "scope"), &end);
    Ok(azure::other(words.trim_end()))
}

/// When it ends, by the block that says so.
fn end_of(side: &Side<'_, '_, '_>) -> Read<String> {
    let schedule = policy::block(side.node, "schedule")?;
    let expiration = match &schedule {
        Some(schedule) => policy::block(schedule, "expiration")?,
        None => None,
    };
    let Some(expiration) = expiration else { return Ok("without an end".to_owned()) };
    let number = |name: &str| expiration.value.get(name).and_then(Value::as_u64);
    let end = maybe(expiration.get("end_date_time"), Node::text)?.filter(|it| !it.is_empty());
    Ok(match (number("duration_days"), number("duration_hours"), end) {
        (Some(days), _, _) if days > 0 => format!("for {days} d"),
        (_, Some(hours), _) if hours > 0 => format!("for {hours} h"),
        (_, _, Some(end)) => format!("until {end}"),
        (_, _, None) => "without an end".to_owned(),
    })
}

/// Why a deployment is not judged.
const TEMPLATE: &str = "the template within may give access, which is not worked out";

/// Types of Azure that are about access, or may carry it, beside those that are worked out.
const ABOUT_ACCESS: [&str; 4] = [
    "microsoft.authorization",
    "microsoft.graph",
    "microsoft.aadiam",
    "microsoft.resources/deployment",
];
/// Types of the same names that give nobody access to Entra or to a role of Azure.
const BESIDE_ACCESS: [&str; 2] =
    ["microsoft.authorization/locks", "microsoft.authorization/policy"];

/// The type of the resource of Azure that a resource of azapi looks after.
fn type_of<'v>(resource: &Resource<'_, 'v>) -> Option<&'v str> {
    let side = resource.after.as_ref().or(resource.before.as_ref())?;
    side.value.get("type")?.as_str()
}

/// A resource of azapi by its own type and that of what it looks after.
pub(super) fn named(resource: &Resource<'_, '_>, kind: &str) -> String {
    match type_of(resource) {
        Some(of) => format!("{kind} of {}", of.split('@').next().unwrap_or(of)),
        None => kind.to_owned(),
    }
}

/// A resource of azapi; `None` for one that gives no access.
pub(super) fn azapi(resource: &Resource<'_, '_>, named: &str) -> Read<Option<Item>> {
    let Some(kind) = type_of(resource) else {
        return Ok(Some(vec![not_assessed("its type is not told, so it may give access")].into()));
    };
    let lower = kind.to_ascii_lowercase();
    let is_one_of = |all: &[&str]| all.iter().any(|it| lower.starts_with(it));
    if !is_one_of(&ABOUT_ACCESS) || is_one_of(&BESIDE_ACCESS) {
        return Ok(None);
    }
    // What an action or the data plane is asked for has its body elsewhere.
    if !arm::is_about_roles(kind) || !["azapi_resource", "azapi_update_resource"].contains(&named) {
        let why = "what it does with access to Azure or Graph is not worked out";
        return Ok(Some(vec![not_assessed(why)].into()));
    }
    let goes = resource.turn == Turn::Delete;
    let side = resource.side(!goes)?;
    if goes {
        return Ok(Some(if arm::is_policy(kind) {
            vec![nothing(policy::KEPT)].into()
        } else {
            azure::other("it is taken away")
        }));
    }
    let named = text(&side, "resource_id").or_else(|| text(&side, "name"));
    let of = match (named, text(&side, "parent_id")) {
        (Some(name), Some(parent)) => format!("policy {name} at {parent}"),
        (Some(name), None) => format!("policy {name}"),
        (None, Some(parent)) => format!("a policy at {parent}"),
        (None, None) => "a policy of an Azure role".to_owned(),
    };
    if side.is_unknown("body") {
        resource.unknown.borrow_mut().push("body is known only after the change".to_owned());
        return Ok(Some(azure::settings(of, Vec::new())));
    }
    let unmade = resource.unmade.as_ref().and_then(|it| it.get("body"));
    let unmade_rules =
        unmade.as_ref().and_then(|it| it.value.get("properties")?.get("rules")?.as_array());
    let open = policy::unknown_paths(unmade.as_ref());
    let said = open.into_iter().map(|it| format!("body.{it} is known after the change"));
    resource.unknown.borrow_mut().extend(said);
    let body = side.get("body");
    let parsed = body.as_ref().map(parsed).transpose()?.flatten();
    let body = match (&parsed, &body) {
        (Some(parsed), Some(body)) => Some(Node::new(parsed, body.pointer.clone())),
        (None, Some(body)) => Some(body.clone()),
        (_, None) => None,
    };
    let properties = body.as_ref().and_then(|it| it.get("properties"));
    let is_open =
        |place: usize| unmade_rules.is_some_and(|all| all.get(place) == Some(&Value::Bool(true)));
    arm::about_roles(kind, &of, properties.as_ref(), &is_open).map(Some)
}
