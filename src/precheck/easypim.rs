//! The configuration of the EasyPIM orchestrator, to what it sets.
//!
//! PowerShell reads it, so names of properties are taken in any casing. What EasyPIM itself leaves
//! out, refuses or reads otherwise than it is written is said.

mod assignments;
mod policy;
#[cfg(test)]
mod tests;

use super::detect::Reader;
use super::edit::AccessName;
use super::graph_body::{group_access, not_assessed};
use super::object::{Bad, Node, Read, shown};
use crate::baseline::nearest;
use crate::model::GroupAccess;
use policy::{Of, policy};
use std::collections::BTreeMap;

/// Members of the whole file. Groups and lists of policies have had two names.
const SECTIONS: [&str; 15] = [
    "PolicyTemplates",
    "EntraRoles",
    "AzureRoles",
    "Groups",
    "GroupRoles",
    "EntraRolePolicies",
    "AzureRolePolicies",
    "GroupPolicies",
    "Assignments",
    "ProtectedUsers",
    "TelemetrySettings",
    "EntraIDRoles",
    "EntraIDRolesActive",
    "AzureRolesActive",
    "GroupRolesActive",
];

/// Assignments as older versions listed them.
const FLAT: &str = "assignments in the flat form of older versions are not worked out: newer \
    ones make only what stands under Assignments";

/// True for a configuration of EasyPIM.
pub(super) fn is_it(root: &Node<'_>) -> bool {
    SECTIONS.iter().any(|name| root.find(name).is_some_and(|it| !it.value.is_string()))
}

/// True for a member that only comments.
fn is_comment(name: &str) -> bool {
    name.starts_with(['$', '_'])
}

/// Names under which people write what a part is for.
const REMARKS: [&str; 3] = ["Comment", "Comments", "Description"];

/// Refuses members that nobody knows, in any casing: a misspelt one would say nothing in silence.
fn only(node: &Node<'_>, known: &[&str]) -> Read<()> {
    let is_one_of =
        |known: &[&str], name: &str| known.iter().any(|it| it.eq_ignore_ascii_case(name));
    for (name, inner) in node.members()? {
        if is_comment(name) || is_one_of(&REMARKS, name) || is_one_of(known, name) {
            continue;
        }
        let bad = inner.bad(format!("{} is no property that is known here", shown(name)));
        return Err(near(bad, name, known));
    }
    Ok(())
}

/// Reads a configuration.
pub(super) fn read(reader: &mut Reader, root: &Node<'_>) {
    if let Err(bad) = no_twins(root) {
        return reader.fault(bad);
    }
    let members = match root.members() {
        Ok(members) => members,
        Err(bad) => return reader.fault(bad),
    };
    for (name, node) in members {
        match name.to_ascii_lowercase().as_str() {
            _ if is_comment(name) || node.value.is_null() => {}
            "policytemplates" | "protectedusers" | "telemetrysettings" => {}
            "entraroles" => section(reader, root, &node, Kind::Role),
            "azureroles" | "groups" | "grouproles" if node.value.is_array() => {
                flat(reader, name, &node);
            }
            "azureroles" => section(reader, root, &node, Kind::Azure),
            "groups" | "grouproles" => section(reader, root, &node, Kind::Group),
            "entrarolepolicies" => policies(reader, root, &node, Kind::Role),
            "azurerolepolicies" => policies(reader, root, &node, Kind::Azure),
            "grouppolicies" => policies(reader, root, &node, Kind::Group),
            "assignments" => assignments::read(reader, &node),
            "entraidroles" | "entraidrolesactive" | "azurerolesactive" | "grouprolesactive" => {
                flat(reader, name, &node);
            }
            _ => {
                let bad = node.bad(format!("{} is no section that is known", shown(name)));
                reader.fault(near(bad, name, &SECTIONS));
            }
        }
    }
}

/// Refuses names that differ in casing only: PowerShell would take but one of them.
fn no_twins(node: &Node<'_>) -> Read<()> {
    if node.value.is_object() {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for (name, inner) in node.members()? {
            if let Some(other) = seen.insert(name.to_lowercase(), name) {
                let message = format!("{} and {} differ in casing only", shown(other), shown(name));
                return Err(inner.bad(message).hint("PowerShell reads them as one: take one out"));
            }
            no_twins(&inner)?;
        }
    } else if node.value.is_array() {
        for item in node.list()? {
            no_twins(&item)?;
        }
    }
    Ok(())
}

/// With the name that was perhaps meant.
fn near(bad: Bad, name: &str, known: &[&str]) -> Bad {
    match nearest(name, known.iter().copied()) {
        Some(near) => bad.hint(format!("did you mean {near}?")),
        None => bad,
    }
}

/// A member that must be there, in any casing.
fn need<'v>(node: &Node<'v>, name: &str) -> Read<Node<'v>> {
    node.object()?;
    node.find(name).ok_or_else(|| node.bad(format!("{name} is missing")))
}

fn flat(reader: &mut Reader, name: &str, node: &Node<'_>) {
    match node.list() {
        Ok(list) if list.is_empty() => {}
        Ok(_) => reader.take(node, name, Ok(vec![not_assessed(FLAT)].into())),
        Err(bad) => reader.fault(bad),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Role,
    Azure,
    Group,
}

fn section(reader: &mut Reader, root: &Node<'_>, section: &Node<'_>, kind: Kind) {
    if let Err(bad) = only(section, &["Policies"]) {
        return reader.fault(bad);
    }
    if let Some(found) = section.find("Policies") {
        policies(reader, root, &found, kind);
    }
}

/// An object by name, or a list of objects that say their name.
fn policies(reader: &mut Reader, root: &Node<'_>, found: &Node<'_>, kind: Kind) {
    if found.value.is_array() {
        match found.list() {
            Ok(list) => list.iter().for_each(|item| listed(reader, root, item, kind)),
            Err(bad) => reader.fault(bad),
        }
        return;
    }
    match found.members() {
        Ok(members) => {
            for (name, node) in members {
                if is_comment(name) {
                    continue;
                }
                match kind {
                    Kind::Role | Kind::Azure => one(reader, root, name, &node, kind, false),
                    Kind::Group => of_group(reader, root, name, &node),
                }
            }
        }
        Err(bad) => reader.fault(bad),
    }
}

/// The policies of one group: one for its members, one for its owners.
fn of_group(reader: &mut Reader, root: &Node<'_>, group: &str, node: &Node<'_>) {
    let members = match node.members() {
        Ok(members) => members,
        Err(bad) => return reader.fault(bad),
    };
    let mut found = false;
    for (name, inner) in members {
        let by = match name.to_ascii_lowercase().as_str() {
            "member" => GroupAccess::Member,
            "owner" => GroupAccess::Owner,
            _ if is_comment(name) => continue,
            _ => {
                let bad = inner.bad(format!("{} is neither Member nor Owner", shown(name)));
                reader.fault(bad.hint("the settings of a group stand under Member or Owner"));
                found = true;
                continue;
            }
        };
        found = true;
        let of = Of::Group(AccessName::Group(group.to_owned(), by));
        let read = policy(root, &inner, &of, false);
        reader.take(&inner, format!("policy of group {group}, {}", by.name()), read);
    }
    if !found {
        reader.fault(node.bad("neither Member nor Owner is there"));
    }
}

/// One entry of a list, which says whose policy it is.
fn listed(reader: &mut Reader, root: &Node<'_>, item: &Node<'_>, kind: Kind) {
    if kind != Kind::Group {
        match need(item, "RoleName").and_then(|name| name.id()) {
            Ok(name) => one(reader, root, &name, item, kind, true),
            Err(bad) => reader.fault(bad),
        }
        return;
    }
    let group = item.find("GroupId").or_else(|| item.find("GroupName"));
    let read = group
        .ok_or_else(|| item.bad("GroupId is missing"))
        .and_then(|group| group.id())
        .and_then(|group| Ok((group, group_access(&need(item, "RoleName")?)?)));
    match read {
        Ok((group, by)) => {
            let name = format!("policy of group {group}, {}", by.name());
            let of = Of::Group(AccessName::Group(group, by));
            reader.take(item, name, policy(root, item, &of, true));
        }
        Err(bad) => reader.fault(bad),
    }
}

/// The policy of a role, of Entra or of Azure.
fn one(
    reader: &mut Reader,
    root: &Node<'_>,
    name: &str,
    node: &Node<'_>,
    kind: Kind,
    listed: bool,
) {
    if kind == Kind::Role {
        let of = Of::Role(name.to_owned());
        reader.take(node, format!("policy of {name}"), policy(root, node, &of, listed));
        return;
    }
    let scope = node.find("Scope").and_then(|it| it.value.as_str()).unwrap_or_default();
    let of = match scope {
        "" => format!("role {name}"),
        scope => format!("role {name} at {scope}"),
    };
    let read = policy(root, node, &Of::Azure { name: name.to_owned(), of }, listed);
    reader.take(node, format!("policy of Azure role {name}"), read);
}
