//! Plans of Terraform (`terraform show -json`), to what they change.
//!
//! Resources that change nothing and those of other providers are no items; the latter are counted.

mod azure;
mod grants;
mod groups;
mod policy;
mod reference;
mod request;
#[cfg(test)]
mod tests;

use super::detect::{Item, Reader};
use super::edit::{Edit, GrantChange, Held};
use super::graph_body::{not_assessed, nothing};
use super::object::{Bad, Node, Read, maybe, shown};
use crate::model::Scope;
use reference::{planned, reference};
use serde_json::Value;
use std::cell::RefCell;

/// What the plan does with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Create,
    Update,
    Delete,
    Replace,
    Forget,
}

/// One resource of the plan.
struct Resource<'p, 'v> {
    root: &'p Node<'v>,
    /// The whole item, for what is wrong with it as a whole.
    node: &'p Node<'v>,
    address: &'v str,
    turn: Turn,
    before: Option<Node<'v>>,
    after: Option<Node<'v>>,
    unmade: Option<Node<'v>>,
    /// What is known only after the change.
    unknown: RefCell<Vec<String>>,
    /// What the provider leaves as it is.
    kept: RefCell<Vec<String>>,
}

/// Reads a plan.
pub(super) fn read(reader: &mut Reader, root: &Node<'_>) {
    let version = root.value.get("format_version").and_then(Value::as_str).unwrap_or_default();
    if !(version.starts_with("1.") || version.starts_with("0.")) {
        reader.fault(root.bad(format!("{} is no format version of a plan", shown(version))));
        return;
    }
    if root.value.get("errored") == Some(&Value::Bool(true)) {
        reader.fault(root.bad("the plan failed, so it is not whole"));
    }
    let Some(changes) = root.get("resource_changes") else {
        if root.get("planned_values").is_none() {
            let bad = root.bad("it is a state, not a plan");
            reader.fault(bad.hint("terraform plan -out=plan, then terraform show -json plan"));
        }
        deferred(reader, root);
        return;
    };
    let items = match changes.list() {
        Ok(items) => items,
        Err(bad) => {
            reader.fault(bad);
            return;
        }
    };
    let mut others = 0_usize;
    for node in &items {
        match one(root, node) {
            Ok(Some((address, item))) => reader.take(node, address, Ok(item)),
            Ok(None) => {}
            Err(Other::Provider) => others += 1,
            Err(Other::Bad(bad)) => reader.fault(bad),
        }
    }
    if others > 0 {
        let edits = vec![nothing("resources of other providers do not touch PIM")];
        reader.take(&changes, format!("{others} resources of other kinds"), Ok(edits.into()));
    }
    deferred(reader, root);
}

/// What Terraform puts off to a later plan is no change of this one; it must not look like nothing.
fn deferred(reader: &mut Reader, root: &Node<'_>) {
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
}

enum Other {
    Provider,
    Bad(Bad),
}

impl From<Bad> for Other {
    fn from(bad: Bad) -> Self {
        Self::Bad(bad)
    }
}

fn one<'v>(root: &Node<'v>, node: &Node<'v>) -> Result<Option<(&'v str, Item)>, Other> {
    if node.get("mode").is_some_and(|mode| mode.value == "data") {
        return Ok(None);
    }
    let kind = node.need("type")?.text()?;
    let address = node.need("address")?.text()?;
    let change = node.need("change")?;
    let Some(turn) = turn(&change.need("actions")?)? else { return Ok(None) };
    let resource = Resource {
        root,
        node,
        address,
        turn,
        before: change.get("before"),
        after: change.get("after"),
        unmade: change.get("after_unknown"),
        unknown: RefCell::default(),
        kept: RefCell::default(),
    };
    if turn == Turn::Forget {
        let edits = vec![nothing("Terraform only forgets it: it stays as it is")];
        return Ok(Some((address, edits.into())));
    }
    let mut item = understood(&resource, kind)?;
    item.unknown.extend(resource.unknown.into_inner());
    item.kept.extend(resource.kept.into_inner());
    Ok(Some((address, item)))
}

/// What a resource does, by its type.
fn understood(resource: &Resource<'_, '_>, kind: &str) -> Result<Item, Other> {
    let edits = match kind {
        "azuread_directory_role_assignment" => resource.grants(grants::role_assignment)?,
        "azuread_directory_role_member" => resource.grants(grants::role_member)?,
        "azuread_directory_role_eligibility_schedule_request" => {
            resource.grants(grants::eligibility)?
        }
        "azuread_privileged_access_group_eligibility_schedule" => {
            resource.grants(|side| grants::group_schedule(side, Held::Eligible))?
        }
        "azuread_privileged_access_group_assignment_schedule" => {
            resource.grants(|side| grants::group_schedule(side, Held::Active))?
        }
        "azuread_group_role_management_policy" => policy::of_group(resource)?,
        "azuread_group" | "azuread_group_without_members" => groups::group(resource)?,
        "azuread_group_member" => groups::group_member(resource)?,
        "azuread_custom_directory_role" => groups::custom_role(resource)?,
        "azuread_directory_role" => {
            vec![nothing("it only makes the directory list the role as an object")]
        }
        "msgraph_update_resource" => request::update(resource)?,
        "msgraph_resource" => request::object(resource)?,
        "msgraph_resource_action" => request::action(resource)?,
        "msgraph_resource_collection" => request::collection(resource)?,
        _ if kind.starts_with("azurerm_") => {
            return azure::azurerm(resource, kind)?.ok_or(Other::Provider);
        }
        _ if kind.starts_with("azapi_") => return azure::azapi(resource)?.ok_or(Other::Provider),
        _ if kind.starts_with("azuread_") || kind.starts_with("msgraph_") => {
            vec![not_assessed("what this resource does is not worked out")]
        }
        _ => return Err(Other::Provider),
    };
    Ok(edits.into())
}

fn turn(actions: &Node<'_>) -> Read<Option<Turn>> {
    let mut words = Vec::new();
    for action in actions.list()? {
        words.push(action.text()?);
    }
    match words.as_slice() {
        ["no-op" | "read"] => Ok(None),
        // The other way of the second is to forget what was there and make a new one beside it.
        ["create"] | ["create", "forget"] => Ok(Some(Turn::Create)),
        ["update"] => Ok(Some(Turn::Update)),
        ["delete"] => Ok(Some(Turn::Delete)),
        ["delete", "create"] | ["create", "delete"] => Ok(Some(Turn::Replace)),
        ["forget"] => Ok(Some(Turn::Forget)),
        other => Err(actions.bad(format!("{} is no action of a plan", shown(&other.join(", "))))),
    }
}

/// The values before or after, and what an unknown one refers to.
struct Side<'r, 'p, 'v> {
    resource: &'r Resource<'p, 'v>,
    node: &'r Node<'v>,
    /// False for the values before: they are all known.
    is_after: bool,
}

impl<'v> Side<'_, '_, 'v> {
    fn get(&self, name: &str) -> Option<Node<'v>> {
        // An empty text is how the provider writes what is not set.
        self.node.get(name).filter(|node| node.value != "")
    }

    fn is_unknown(&self, name: &str) -> bool {
        let unmade = self.resource.unmade.as_ref().filter(|_| self.is_after);
        unmade.is_some_and(|unmade| unmade.value.get(name) == Some(&Value::Bool(true)))
    }

    /// An id, its last part where it is a path; or what stands for one that is known later.
    fn id(&self, name: &str) -> Read<String> {
        if let Some(node) = self.get(name) {
            let id = node.id()?;
            return Ok(id.rsplit('/').next().unwrap_or_default().to_owned());
        }
        if !self.is_unknown(name) {
            return Err(self.node.bad(format!("{name} is missing")));
        }
        let address = self.resource.address;
        let referred = reference(self.resource.root, address, name);
        self.resource.unknown.borrow_mut().push(match &referred {
            Some(referred) => format!("{name} is the id of {referred}, known after the change"),
            None => format!("{name} is known only after the change"),
        });
        Ok(planned(&referred.unwrap_or_else(|| format!("{address}.{name}"))))
    }

    fn scope(&self, directory: &[&str], app: &[&str]) -> Read<Scope> {
        let first = |names: &[&str]| -> Read<Option<String>> {
            let found = names.iter().find_map(|name| self.get(name));
            maybe(found, Node::id)
        };
        let (directory, app) = (first(directory)?, first(app)?);
        Ok(Scope::parse(directory.as_deref(), app.as_deref()))
    }
}

impl<'v> Resource<'_, 'v> {
    fn side<'r>(&'r self, after: bool) -> Read<Side<'r, 'r, 'v>> {
        let node = if after { &self.after } else { &self.before };
        let node = node.as_ref().ok_or_else(|| {
            let when = if after { "after" } else { "before" };
            self.node.bad(format!("the values {when} are missing"))
        })?;
        Ok(Side { resource: self, node, is_after: after })
    }

    /// An assignment or eligibility that comes, changes or goes.
    fn grants(&self, read: impl Fn(&Side<'_, '_, 'v>) -> Read<GrantChange>) -> Read<Vec<Edit>> {
        let (goes, comes) = match self.turn {
            Turn::Create | Turn::Update => (false, true),
            Turn::Delete => (true, false),
            Turn::Replace => (true, true),
            Turn::Forget => (false, false),
        };
        let mut edits = Vec::new();
        if goes {
            let grant = read(&self.side(false)?)?;
            edits.push(Edit::Grant(GrantChange { present: false, ..grant }));
        }
        if comes {
            edits.push(Edit::Grant(read(&self.side(true)?)?));
        }
        Ok(edits)
    }
}
