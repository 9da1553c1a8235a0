//! Plans of Terraform (`terraform show -json`), to what they change.
//!
//! Resources that change nothing are no items. Those of other providers are one, with their types.

mod azure;
mod beside;
mod grants;
mod groups;
mod policy;
mod reference;
mod request;
#[cfg(test)]
mod tests;
mod twice;

use super::detect::{Item, Reader};
use super::edit::{Edit, GrantChange, Held, Over};
use super::graph_body::{not_assessed, nothing, scope_of};
use super::object::{Bad, Node, Read, maybe, shown};
use crate::model::Scope;
pub(super) use reference::is_of_a_person;
use reference::{Referred, is_stated, planned, reference};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeSet;
pub(super) use twice::settled;

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
    /// What is known of the way the provider gets there.
    remarks: RefCell<Vec<String>>,
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
    if let Some(changes) = root.get("resource_changes") {
        resources(reader, root, &changes);
    } else if root.get("planned_values").is_none() {
        let bad = root.bad("it is a state, not a plan");
        reader.fault(bad.hint("terraform plan -out=plan, then terraform show -json plan"));
    }
    twice::tell(reader.changes_mut());
    beside::deferred(reader, root);
    beside::actions(reader, root);
    reader.changes_mut().iter_mut().for_each(|change| change.unordered = true);
}

fn resources(reader: &mut Reader, root: &Node<'_>, changes: &Node<'_>) {
    let items = match changes.list() {
        Ok(items) => items,
        Err(bad) => {
            reader.fault(bad);
            return;
        }
    };
    let mut others = 0_usize;
    let mut kinds: BTreeSet<String> = BTreeSet::new();
    for node in &items {
        match one(root, node) {
            Ok(Some((address, item))) => reader.take(node, address, Ok(item)),
            Ok(None) => {}
            Err(Other::Provider(kind)) => {
                others += 1;
                kinds.insert(kind);
            }
            Err(Other::Bad(bad)) => reader.fault(bad),
        }
    }
    if others > 0 {
        let why = format!("resources of other providers are not looked at: {}", listed(&kinds));
        let edits = vec![nothing(&why)];
        reader.take(changes, format!("{others} resources of other kinds"), Ok(edits.into()));
    }
}

/// More types than this are counted.
const MOST_NAMED: usize = 20;
const LONGEST_NAMED: usize = 100;

fn listed(kinds: &BTreeSet<String>) -> String {
    // Nobody needs to read a type to its end that has a thousand letters.
    let short = |kind: &String| kind.chars().take(LONGEST_NAMED).collect::<String>();
    let named: Vec<String> = kinds.iter().take(MOST_NAMED).map(short).collect();
    let more = kinds.len() - named.len();
    if more == 0 {
        named.join(", ")
    } else {
        format!("{} and {more} further types", named.join(", "))
    }
}

enum Other {
    /// Of another provider, with its type.
    Provider(String),
    Bad(Bad),
}

impl From<Bad> for Other {
    fn from(bad: Bad) -> Self {
        Self::Bad(bad)
    }
}

fn one<'v>(root: &Node<'v>, node: &Node<'v>) -> Result<Option<(String, Item)>, Other> {
    if node.get("mode").is_some_and(|mode| mode.value == "data") {
        return Ok(None);
    }
    let kind = node.need("type")?.text()?;
    let address = node.need("address")?.text()?;
    // What an earlier apply left behind has the address of what is in its place now.
    let item_of = |item: Item| {
        let deposed = node.value.get("deposed").and_then(Value::as_str);
        let name = match deposed {
            Some(key) => format!("{address} (deposed object {key})"),
            None => address.to_owned(),
        };
        Ok(Some((name, item)))
    };
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
        remarks: RefCell::default(),
    };
    if turn == Turn::Forget {
        let edits = vec![nothing("Terraform only forgets it: it stays as it is")];
        return item_of(edits.into());
    }
    let mut item = understood(&resource, kind)?;
    item.unknown.extend(resource.unknown.into_inner());
    item.kept.extend(resource.kept.into_inner());
    item.remarks.extend(resource.remarks.into_inner());
    item_of(item)
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
            return azure::azurerm(resource, kind)?.ok_or_else(|| Other::Provider(kind.to_owned()));
        }
        _ if kind.starts_with("azapi_") => {
            return azure::azapi(resource, kind)?
                .ok_or_else(|| Other::Provider(azure::named(resource, kind)));
        }
        _ if kind.starts_with("azuread_") || kind.starts_with("msgraph_") => {
            vec![not_assessed("what this resource does is not worked out")]
        }
        _ if beside::may_send(kind) => {
            vec![not_assessed("what this resource sends or runs is not worked out")]
        }
        _ => return Err(Other::Provider(kind.to_owned())),
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
        let (text, id) = match reference(self.resource.root, address, name) {
            Referred::To(referred) => {
                (format!("{name} is the id of {referred}, known after the change"), referred)
            }
            Referred::ToOneOf(several) => (
                format!("{name} is the id of one of several: {several}, known after the change"),
                format!("{address}.{name}"),
            ),
            Referred::Unknown => {
                (format!("{name} is known only after the change"), format!("{address}.{name}"))
            }
        };
        self.resource.unknown.borrow_mut().push(text);
        Ok(planned(&id))
    }

    fn scope(&self, directory: &[&str], app: &[&str]) -> Read<Scope> {
        let first = |names: &[&str]| -> Read<Option<String>> {
            let found = names.iter().find_map(|name| self.get(name));
            maybe(found, Node::id)
        };
        let (in_directory, in_app) = (first(directory)?, first(app)?);
        if in_directory.is_none() && in_app.is_none() {
            for name in directory.iter().chain(app).filter(|name| self.is_unknown(name)) {
                if let Some(scope) = self.later(name) {
                    return Ok(scope);
                }
            }
        }
        scope_of(self.node, in_directory.as_deref(), in_app.as_deref())
    }

    /// A scope that is known only after the change; `None` where the provider fills in the tenant.
    fn later(&self, name: &str) -> Option<Scope> {
        let Resource { root, address, .. } = self.resource;
        // What the configuration does not state is computed, and unknown until then.
        if is_stated(root, address, name) == Some(false) {
            return None;
        }
        let (text, scope) = match reference(root, address, name) {
            Referred::To(unit) if is_unit(&unit) => (
                format!("{name} is that of {unit}, known after the change"),
                Scope::AdministrativeUnit(planned(&unit).into()),
            ),
            Referred::To(_) | Referred::ToOneOf(_) | Referred::Unknown => (
                format!("{name} is known only after the change: judged as the whole tenant"),
                Scope::Tenant,
            ),
        };
        self.resource.unknown.borrow_mut().push(text);
        Some(scope)
    }
}

/// True for the address of an administrative unit, in whatever module.
fn is_unit(address: &str) -> bool {
    address.split('.').any(|part| part == "azuread_administrative_unit")
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
            let grant = read(&self.side(true)?)?;
            // What is made is asked for as a new one; what is changed is asked for as a change.
            let over = match (self.turn, grant.held) {
                (Turn::Create | Turn::Replace, Held::Eligible | Held::Active) => Over::Refused,
                (Turn::Create | Turn::Replace, Held::OutsidePim)
                | (Turn::Update | Turn::Delete | Turn::Forget, _) => Over::Replaces,
            };
            edits.push(Edit::Grant(GrantChange { over, ..grant }));
        }
        Ok(edits)
    }
}
