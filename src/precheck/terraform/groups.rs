//! Groups, their members and owners, and custom roles.

use super::reference::planned;
use super::{Resource, Side, Turn};
use crate::model::{GroupAccess, PrincipalId, RoleId};
use crate::precheck::edit::{DefinitionChange, Edit};
use crate::precheck::graph_body::{RULED, not_assessed, nothing};
use crate::precheck::object::{Node, Read, maybe};
use serde_json::Value;

pub(super) fn group(resource: &Resource<'_, '_>) -> Read<Vec<Edit>> {
    let ends = "whatever the group holds ends with it: see pimaudit who";
    match resource.turn {
        Turn::Delete => Ok(vec![not_assessed(ends)]),
        Turn::Create | Turn::Replace => {
            let side = resource.side(true)?;
            let id = PrincipalId::new(&planned(resource.address));
            let name = match side.get("display_name") {
                Some(name) => name.text()?.to_owned(),
                None => resource.address.to_owned(),
            };
            let role_assignable =
                maybe(side.get("assignable_to_role"), Node::flag)?.unwrap_or_default();
            let mut edits = Vec::new();
            if resource.turn == Turn::Replace {
                edits.push(not_assessed(ends));
            }
            edits.push(Edit::NewGroup { id: id.clone(), name, role_assignable });
            entries(resource, None, &side, &id.text(), &mut edits)?;
            if follows_rule(&side) {
                edits.push(not_assessed(RULED));
            }
            Ok(edits)
        }
        Turn::Update => {
            let (before, after) = (resource.side(false)?, resource.side(true)?);
            let group =
                before.id(if before.get("object_id").is_some() { "object_id" } else { "id" })?;
            let mut edits = Vec::new();
            let flag = |side: &Side<'_, '_, '_>| maybe(side.get("assignable_to_role"), Node::flag);
            if let Some(value) = flag(&after)?
                && flag(&before)? != Some(value)
            {
                edits.push(Edit::RoleAssignable { group: group.clone(), value });
            }
            entries(resource, Some(&before), &after, &group, &mut edits)?;
            if ["dynamic_membership", "types"].iter().any(|name| differs(&before, &after, name)) {
                edits.push(not_assessed(RULED));
            }
            if edits.is_empty() {
                edits.push(nothing("neither members nor roles of the group change"));
            }
            Ok(edits)
        }
        Turn::Forget => Ok(Vec::new()),
    }
}

/// True for a group whose members are found by a rule.
fn follows_rule(side: &Side<'_, '_, '_>) -> bool {
    let is_dynamic = |kind: &Value| kind.as_str() == Some("DynamicMembership");
    side.is_unknown("types")
        || filled(side, "dynamic_membership")
        || side
            .get("types")
            .is_some_and(|it| it.value.as_array().is_some_and(|all| all.iter().any(is_dynamic)))
}

/// True where a block or a list is there and not empty.
fn filled(side: &Side<'_, '_, '_>, name: &str) -> bool {
    side.get(name).is_some_and(|it| it.value.as_array().is_none_or(|all| !all.is_empty()))
}

/// True where the values differ; an empty list is as good as none.
fn differs(before: &Side<'_, '_, '_>, after: &Side<'_, '_, '_>, name: &str) -> bool {
    let value = |side: &Side<'_, '_, '_>| {
        side.get(name).filter(|_| filled(side, name)).map(|it| it.value.clone())
    };
    after.is_unknown(name) || value(before) != value(after)
}

/// Members and owners that come and go.
fn entries(
    resource: &Resource<'_, '_>,
    before: Option<&Side<'_, '_, '_>>,
    after: &Side<'_, '_, '_>,
    group: &str,
    edits: &mut Vec<Edit>,
) -> Read<()> {
    for (name, by) in [("members", GroupAccess::Member), ("owners", GroupAccess::Owner)] {
        if after.is_unknown(name) {
            // Both are computed where the configuration does not state them.
            let said = format!("{name} of {group} are known only after the change");
            resource.unknown.borrow_mut().push(said);
            continue;
        }
        let was = match before {
            Some(side) => ids(side, name)?,
            None => Vec::new(),
        };
        let is = ids(after, name)?;
        if after.get(name).is_none() && before.is_some() {
            continue;
        }
        let entry = |principal: &String, present| Edit::Entry {
            group: group.to_owned(),
            principal: principal.clone(),
            by,
            present,
        };
        // Whoever is missing may be the entry that is not known yet, which `ids` said.
        if !is_open(after, name) {
            edits.extend(was.iter().filter(|id| !is.contains(id)).map(|id| entry(id, false)));
        }
        edits.extend(is.iter().filter(|id| !was.contains(id)).map(|id| entry(id, true)));
    }
    Ok(())
}

/// True where an entry of a list is known only after the change.
pub(super) fn is_open(side: &Side<'_, '_, '_>, name: &str) -> bool {
    side.get(name)
        .is_some_and(|it| it.value.as_array().is_some_and(|all| all.iter().any(Value::is_null)))
}

pub(super) fn ids(side: &Side<'_, '_, '_>, name: &str) -> Read<Vec<String>> {
    let Some(list) = side.get(name) else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for item in list.list()? {
        if item.value.is_null() {
            let said = format!("an entry of {name} is known only after the change");
            side.resource.unknown.borrow_mut().push(said);
        } else {
            all.push(item.id()?.to_ascii_lowercase());
        }
    }
    Ok(all)
}

pub(super) fn group_member(resource: &Resource<'_, '_>) -> Read<Vec<Edit>> {
    let entry = |after: bool| -> Read<Edit> {
        let side = resource.side(after)?;
        Ok(Edit::Entry {
            group: side.id("group_object_id")?,
            principal: side.id("member_object_id")?,
            by: GroupAccess::Member,
            present: after,
        })
    };
    match resource.turn {
        Turn::Create | Turn::Update => Ok(vec![entry(true)?]),
        Turn::Delete => Ok(vec![entry(false)?]),
        Turn::Replace => Ok(vec![entry(false)?, entry(true)?]),
        Turn::Forget => Ok(Vec::new()),
    }
}

pub(super) fn custom_role(resource: &Resource<'_, '_>) -> Read<Vec<Edit>> {
    let change = match resource.turn {
        Turn::Create | Turn::Replace => DefinitionChange::Made,
        Turn::Update => DefinitionChange::Changed,
        Turn::Delete => DefinitionChange::Deleted,
        Turn::Forget => return Ok(Vec::new()),
    };
    let mut edits = Vec::new();
    if resource.turn == Turn::Replace {
        edits.push(definition(&resource.side(false)?, DefinitionChange::Deleted)?);
    }
    if change == DefinitionChange::Changed {
        let permissions = |side: &Option<Node<'_>>| {
            side.as_ref().and_then(|it| it.value.get("permissions")).cloned()
        };
        if permissions(&resource.before) == permissions(&resource.after) {
            return Ok(vec![nothing("no action of the role changes")]);
        }
    }
    edits.push(definition(&resource.side(change != DefinitionChange::Deleted)?, change)?);
    Ok(edits)
}

fn definition(side: &Side<'_, '_, '_>, change: DefinitionChange) -> Read<Edit> {
    let name = maybe(side.get("display_name"), |node| node.text().map(str::to_owned))?;
    let id = ["object_id", "template_id", "id"].into_iter().find(|name| side.get(name).is_some());
    let role = match id {
        Some(id) => RoleId::new(&side.id(id)?),
        None => RoleId::new(&planned(side.resource.address)),
    };
    Ok(Edit::RoleDefinition { role, name, change })
}
