//! Assignments and eligibilities of the configuration.

use super::{is_comment, need, only};
use crate::model::Scope;
use crate::precheck::azure;
use crate::precheck::detect::{Item, Reader};
use crate::precheck::edit::{AccessName, Edit, End, GrantChange, Held, Over};
use crate::precheck::graph_body::group_access;
use crate::precheck::object::{Node, Read, maybe, shown};

/// What stands beside `roleName` and `assignments` in a block.
const OF_AZURE: [&str; 3] = ["roleName", "scope", "assignments"];
const OF_GROUP: [&str; 4] = ["roleName", "groupId", "groupName", "assignments"];
const OF_ROLE: [&str; 2] = ["roleName", "assignments"];

/// What an assignment may state.
const ASSIGNMENT: [&str; 8] = [
    "principalId",
    "principalType",
    "assignmentType",
    "duration",
    "permanent",
    "justification",
    "condition",
    "conditionVersion",
];

/// What the assignments of a block lead to.
enum To {
    Access(AccessName),
    Azure { role: String, scope: String },
}

#[derive(Clone, Copy)]
enum Kind {
    Role,
    Azure,
    Group,
}

/// Reads `Assignments`.
pub(super) fn read(reader: &mut Reader, section: &Node<'_>) {
    let members = match section.members() {
        Ok(members) => members,
        Err(bad) => return reader.fault(bad),
    };
    for (name, list) in members {
        let kind = match name.to_ascii_lowercase().as_str() {
            "entraroles" => Kind::Role,
            "azureroles" => Kind::Azure,
            "groups" | "grouproles" => Kind::Group,
            _ if is_comment(name) || list.value.is_null() => continue,
            _ => {
                reader.fault(list.bad(format!("{} is no kind of assignments", shown(name))));
                continue;
            }
        };
        let items = match list.list() {
            Ok(items) => items,
            Err(bad) => {
                reader.fault(bad);
                continue;
            }
        };
        for item in items {
            block(reader, &item, kind);
        }
    }
}

/// One role or group with everybody who gets it.
fn block(reader: &mut Reader, item: &Node<'_>, kind: Kind) {
    let list = to(item, kind).and_then(|to| Ok((to, need(item, "assignments")?.list()?)));
    match list {
        Ok((to, list)) => {
            for node in list {
                let (name, read) = match &to {
                    To::Access(access) => (
                        format!("assignment of {access}"),
                        assignment(&node, access).map(|edit| Item::from(vec![edit])),
                    ),
                    To::Azure { role, scope } => {
                        (format!("assignment of Azure role {role}"), of_azure(&node, role, scope))
                    }
                };
                reader.take(&node, name, read);
            }
        }
        Err(bad) => reader.fault(bad),
    }
}

fn to(item: &Node<'_>, kind: Kind) -> Read<To> {
    let known: &[&str] = match kind {
        Kind::Role => &OF_ROLE,
        Kind::Azure => &OF_AZURE,
        Kind::Group => &OF_GROUP,
    };
    only(item, known)?;
    let role = need(item, "roleName")?;
    Ok(match kind {
        Kind::Role => To::Access(AccessName::Role(role.id()?)),
        Kind::Group => {
            let group = need(item, "groupId")?.id()?;
            To::Access(AccessName::Group(group, group_access(&role)?))
        }
        Kind::Azure => To::Azure { role: role.id()?, scope: need(item, "scope")?.id()? },
    })
}

fn held(node: &Node<'_>) -> Read<Held> {
    let kind = need(node, "assignmentType")?;
    match kind.text()?.to_ascii_lowercase().as_str() {
        "eligible" => Ok(Held::Eligible),
        "active" => Ok(Held::Active),
        other => Err(kind.bad(format!("{} is neither Eligible nor Active", shown(other)))),
    }
}

fn end(node: &Node<'_>) -> Read<End> {
    if maybe(node.find("permanent"), Node::loose_flag)? == Some(true) {
        return Ok(End::Never);
    }
    match node.find("duration").filter(|length| length.value != "") {
        Some(length) => Ok(End::After(length.duration()?)),
        // EasyPIM asks for the longest that the settings allow.
        None => Ok(End::Unstated),
    }
}

fn assignment(node: &Node<'_>, access: &AccessName) -> Read<Edit> {
    only(node, &ASSIGNMENT)?;
    Ok(Edit::Grant(GrantChange {
        access: access.clone(),
        principal: need(node, "principalId")?.id()?,
        within: Scope::Tenant,
        held: held(node)?,
        present: true,
        start: None,
        end: end(node)?,
        over: Over::Skipped,
    }))
}

fn of_azure(node: &Node<'_>, role: &str, scope: &str) -> Read<Item> {
    only(node, &ASSIGNMENT)?;
    let principal = need(node, "principalId")?.id()?;
    let how = match held(node)? {
        Held::Eligible => "eligible for",
        Held::Active | Held::OutsidePim => "active in",
    };
    let end = end(node)?.to_string();
    let words = azure::grant(Some(&principal), how, Some(role), Some(scope), &end);
    Ok(azure::other(&words))
}
