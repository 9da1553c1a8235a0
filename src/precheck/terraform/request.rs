//! Resources that carry a request to Graph, or the whole of a list of references.

use super::groups::{ids, is_open};
use super::policy::unknown_paths;
use super::reference::planned;
use super::{Resource, Side, Turn};
use crate::precheck::edit::Edit;
use crate::precheck::graph_body::{Request, entry_of, not_assessed, nothing, path_of, request};
use crate::precheck::object::{Bad, Node, Read, maybe, parse};
use serde_json::{Map, Value, json};

const STAYS: &str = "removing it from the plan restores nothing: what was set stays";
const UNSENT: &str = "some versions of the provider make this resource and send no request: verify \
    tells whether it came about";
const LATER: &str = "what the request says is not known yet";
const RULE_LATER: &str = "what this rule says is not known yet";

/// `msgraph_update_resource`: one PATCH, and nothing when it goes.
pub(super) fn update(resource: &Resource<'_, '_>) -> Read<Vec<Edit>> {
    if resource.turn == Turn::Delete {
        return Ok(vec![nothing(STAYS)]);
    }
    let side = resource.side(true)?;
    let Some(url) = url_of(&side, "url")? else { return Ok(vec![not_assessed(LATER)]) };
    if matches!(resource.turn, Turn::Create | Turn::Replace) {
        resource.remarks.borrow_mut().push(UNSENT.to_owned());
    }
    send(&side, "PATCH", &url)
}

/// `msgraph_resource_action`: a request when it comes or changes, or only when it goes.
pub(super) fn action(resource: &Resource<'_, '_>) -> Read<Vec<Edit>> {
    let goes = resource.turn == Turn::Delete;
    let side = resource.side(!goes)?;
    let when = maybe(side.get("when"), |node| node.text().map(str::to_owned))?;
    let on_destroy = when.is_some_and(|when| when.eq_ignore_ascii_case("destroy"));
    match (goes, on_destroy) {
        (true, false) => return Ok(vec![nothing(STAYS)]),
        (false, true) => return Ok(vec![nothing("it is sent only when it is destroyed")]),
        (true, true) | (false, false) => {}
    }
    let Some(url) = url_of(&side, "resource_url")? else {
        return Ok(vec![not_assessed(LATER)]);
    };
    let url = match side.get("action") {
        Some(action) => format!("{url}/{}", action.text()?),
        None => url,
    };
    let method = maybe(side.get("method"), |node| node.text().map(str::to_owned))?;
    send(&side, method.as_deref().unwrap_or("POST"), &url)
}

/// `msgraph_resource`: an object that is made, changed and deleted.
pub(super) fn object(resource: &Resource<'_, '_>) -> Read<Vec<Edit>> {
    let mut edits = Vec::new();
    if matches!(resource.turn, Turn::Delete | Turn::Replace) {
        edits.extend(gone(&resource.side(false)?)?);
    }
    match resource.turn {
        Turn::Create | Turn::Replace => edits.extend(made(&resource.side(true)?)?),
        Turn::Update => edits.extend(changed(resource)?),
        Turn::Delete | Turn::Forget => {}
    }
    Ok(edits)
}

fn made(side: &Side<'_, '_, '_>) -> Read<Vec<Edit>> {
    let Some(url) = url_of(side, "url")? else { return Ok(vec![not_assessed(LATER)]) };
    let method = maybe(side.get("create_method"), |node| node.text().map(str::to_owned))?;
    send(side, method.as_deref().unwrap_or("POST"), &url)
}

fn changed(resource: &Resource<'_, '_>) -> Read<Vec<Edit>> {
    let side = resource.side(true)?;
    let Some(url) = url_of(&side, "url")? else { return Ok(vec![not_assessed(LATER)]) };
    if collection_of(&url).is_some() {
        return Ok(vec![nothing("a reference is never changed where it stands")]);
    }
    let method = maybe(side.get("update_method"), |node| node.text().map(str::to_owned))?;
    let id = resource.side(false)?.node.need("id")?.id()?;
    send(&side, method.as_deref().unwrap_or("PATCH"), &format!("{url}/{}", last_part(&id)))
}

fn gone(side: &Side<'_, '_, '_>) -> Read<Vec<Edit>> {
    let Some(url) = url_of(side, "url")? else { return Ok(vec![not_assessed(LATER)]) };
    if url.to_ascii_lowercase().ends_with("requests") {
        return Ok(vec![not_assessed("deleting a request does not take back what it gave")]);
    }
    let id = side.node.need("id")?.id()?;
    let url = match collection_of(&url) {
        Some(collection) => format!("{collection}/{}/$ref", last_part(&id)),
        None => format!("{url}/{}", last_part(&id)),
    };
    // What is deleted has a body that says how it was made.
    request(&Request { method: "DELETE", url: &url, body: None, node: side.node })
}

/// The list that a reference is put into: `groups/x/members/$ref`.
fn collection_of(url: &str) -> Option<&str> {
    url.strip_suffix("/$ref")
}

/// `msgraph_resource_collection`: members or owners of a group that the plan looks after. What it
/// did not know when it was made stays.
pub(super) fn collection(resource: &Resource<'_, '_>) -> Read<Vec<Edit>> {
    let side = resource.side(resource.turn != Turn::Delete)?;
    let Some(url) = url_of(&side, "url")? else { return Ok(vec![not_assessed(LATER)]) };
    let path = path_of(&url).trim_end_matches("/$ref").to_owned();
    let parts: Vec<&str> = path.split('/').collect();
    let lower = path.to_ascii_lowercase();
    let lower: Vec<&str> = lower.split('/').collect();
    let ["groups", _, list @ ("members" | "owners")] = lower.as_slice() else {
        return Ok(vec![not_assessed("what this list of references does is not worked out")]);
    };
    if side.is_unknown("reference_ids") {
        let said = format!("who is in {path} is known only after the change");
        resource.unknown.borrow_mut().push(said);
        return Ok(vec![not_assessed(LATER)]);
    }
    if resource.turn == Turn::Delete && maybe(side.get("skip_destroy"), Node::flag)? == Some(true) {
        return Ok(vec![nothing(STAYS)]);
    }
    let of = |after: bool| -> Read<Vec<String>> {
        match (after, resource.turn) {
            (false, Turn::Create) | (true, Turn::Delete) | (_, Turn::Forget) => Ok(Vec::new()),
            (_, Turn::Create | Turn::Update | Turn::Delete | Turn::Replace) => {
                ids(&resource.side(after)?, "reference_ids")
            }
        }
    };
    let (was, is) = (of(false)?, of(true)?);
    let entry = |principal: &String, present| Edit::Entry {
        group: parts.get(1).copied().unwrap_or_default().to_owned(),
        principal: principal.clone(),
        by: entry_of(list),
        present,
    };
    let is_open = resource.turn != Turn::Delete && is_open(&side, "reference_ids");
    let gone = was.iter().filter(|id| !is_open && !is.contains(id));
    let mut edits: Vec<Edit> = gone.map(|id| entry(id, false)).collect();
    edits.extend(is.iter().filter(|id| !was.contains(id)).map(|id| entry(id, true)));
    if edits.is_empty() {
        edits.push(nothing("nobody comes into the list or leaves it"));
    }
    Ok(edits)
}

/// A URL; `None` where it is known only after the change, which is said.
fn url_of(side: &Side<'_, '_, '_>, name: &str) -> Read<Option<String>> {
    if let Some(url) = side.get(name) {
        return Ok(Some(url.text()?.trim().to_owned()));
    }
    if side.is_unknown(name) {
        let said = format!("{name} is known only after the change");
        side.resource.unknown.borrow_mut().push(said);
        return Ok(None);
    }
    Err(side.node.bad(format!("{name} is missing")))
}

/// A request with the body of the resource, which may be text.
fn send(side: &Side<'_, '_, '_>, method: &str, url: &str) -> Read<Vec<Edit>> {
    let resource = side.resource;
    if side.is_unknown("body") {
        resource.unknown.borrow_mut().push("body is known only after the change".to_owned());
        return Ok(vec![not_assessed(LATER)]);
    }
    let unmade = resource.unmade.as_ref().filter(|_| side.is_after);
    let open = unknown_paths(unmade.and_then(|it| it.get("body")).as_ref());
    let has_unknown = !open.is_empty();
    let said = open.into_iter().map(|it| format!("body.{it} is known after the change"));
    resource.unknown.borrow_mut().extend(said);
    let body = side.get("body");
    let parsed = body.as_ref().map(parsed).transpose()?.flatten();
    let body = match (&parsed, &body) {
        (Some(parsed), Some(body)) => Some(Node::new(parsed, body.pointer.clone())),
        (None, Some(body)) => Some(body.clone()),
        (_, None) => None,
    };
    let body = match body {
        Some(body) if has_unknown => body,
        body => return ask(side, method, url, body),
    };
    let unmade = unmade.and_then(|it| it.value.get("body"));
    // What is open in one rule, or a whole rule that is, hides no other.
    if body.value.get("rules").is_some_and(Value::is_array) {
        return each_rule(side, method, url, &body, unmade.and_then(|it| it.get("rules")));
    }
    let mut path = format!("{}.body", resource.address);
    let Some(known) = known_part(body.value, unmade, &mut path) else {
        return Ok(vec![not_assessed(LATER)]);
    };
    let read = ask(side, method, url, Some(Node::new(&known, body.pointer.clone())));
    Ok(read.unwrap_or_else(|_| vec![not_assessed(LATER)]))
}

/// The rules of a body of which something is open, one by one.
fn each_rule(
    side: &Side<'_, '_, '_>,
    method: &str,
    url: &str,
    body: &Node<'_>,
    unmade: Option<&Value>,
) -> Read<Vec<Edit>> {
    let list = |of: Option<&Value>| of.and_then(Value::as_array).cloned().unwrap_or_default();
    let (rules, open) = (list(body.value.get("rules")), list(unmade));
    let mut edits = Vec::new();
    // A rule that comes later as a whole may be one that the list does not hold yet.
    for place in 0..rules.len().max(open.len()) {
        let open = open.get(place);
        let rule = rules.get(place).unwrap_or(&Value::Null);
        let mut path = format!("{}.body.rules.{place}", side.resource.address);
        let Some(known) = known_part(rule, open, &mut path) else {
            edits.push(not_assessed(RULE_LATER));
            continue;
        };
        let one = json!({"rules": [known]});
        match ask(side, method, url, Some(Node::new(&one, body.pointer.clone()))) {
            Ok(of_rule) => edits.extend(of_rule),
            Err(_) if open.is_some_and(is_open_somewhere) => edits.push(not_assessed(RULE_LATER)),
            Err(bad) => {
                let pointer = format!("{}/rules/{place}", body.pointer);
                return Err(Bad { pointer, ..bad });
            }
        }
    }
    Ok(edits)
}

fn ask(
    side: &Side<'_, '_, '_>,
    method: &str,
    url: &str,
    body: Option<Node<'_>>,
) -> Read<Vec<Edit>> {
    request(&Request { method, url, body, node: side.node })
}

fn is_open_somewhere(unmade: &Value) -> bool {
    match unmade {
        Value::Bool(open) => *open,
        Value::Object(members) => members.values().any(is_open_somewhere),
        Value::Array(items) => items.iter().any(is_open_somewhere),
        Value::Null | Value::Number(_) | Value::String(_) => false,
    }
}

/// A value without what is known only after the change. In the place of an id stands one of nobody
/// that is known; a list of which an item is open is open as a whole. `None` where nothing is left.
///
/// One path grows and shrinks on the way: a copy for each value could be far more than the plan.
fn known_part(value: &Value, unmade: Option<&Value>, path: &mut String) -> Option<Value> {
    let end = path.len();
    match (value, unmade) {
        (_, None) => Some(value.clone()),
        (_, Some(Value::Bool(true))) => None,
        (Value::Object(members), Some(Value::Object(open))) => {
            let mut known = Map::new();
            for (name, inner) in members {
                path.extend([".", name.as_str()]);
                if let Some(inner) = known_part(inner, open.get(name), path) {
                    known.insert(name.clone(), inner);
                }
                path.truncate(end);
            }
            // What comes later is no member yet, or one that is null.
            for (name, _) in open.iter().filter(|(_, open)| **open == Value::Bool(true)) {
                if let Some(id) = id_of_nobody(name, path) {
                    known.insert(name.clone(), Value::String(id));
                }
            }
            Some(Value::Object(known))
        }
        (Value::Array(items), Some(Value::Array(open))) => {
            let mut known = Vec::new();
            for (place, inner) in items.iter().enumerate() {
                path.push_str(&format!(".{place}"));
                let inner = known_part(inner, open.get(place), path);
                path.truncate(end);
                known.push(inner?);
            }
            Some(Value::Array(known))
        }
        // Of what is closed it says false, or nothing.
        (_, Some(_)) => Some(value.clone()),
    }
}

/// A path of more letters names nobody more clearly.
const LONGEST_PATH: usize = 256;

/// What stands for an id that comes later, by the name of its property and the path of what it
/// stands in; a scope is judged as the whole tenant.
fn id_of_nobody(name: &str, path: &str) -> Option<String> {
    if name == "directoryScopeId" {
        return Some("/".to_owned());
    }
    let is_id = name.eq_ignore_ascii_case("id") || name.ends_with("Id") || name == "@odata.id";
    // Of a reference the last part counts, and a placeholder is no id.
    is_id.then(|| {
        let short: String = path.chars().take(LONGEST_PATH).collect();
        planned(&format!("{short}.{name}").replace(['/', '<', '>', '{', '}'], "_"))
    })
}

/// The body that a text holds; `None` where it is no text.
pub(super) fn parsed(body: &Node<'_>) -> Read<Option<Value>> {
    if !body.value.is_string() {
        return Ok(None);
    }
    let text = body.text()?;
    parse(text).map(Some).map_err(|error| body.bad(format!("it is no JSON: {error}")))
}

fn last_part(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}
