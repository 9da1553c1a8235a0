//! Resources that give a role or a way into a group.

use super::Side;
use super::reference::{planned, template_of};
use crate::model::Scope;
use crate::precheck::edit::{AccessName, End, GrantChange, Held, Over};
use crate::precheck::graph_body::group_access;
use crate::precheck::object::{Node, Read, maybe};

fn role_grant(role: String, principal: String, within: Scope, held: Held) -> GrantChange {
    GrantChange {
        access: AccessName::Role(role),
        principal,
        within,
        held,
        present: true,
        start: None,
        end: End::Never,
        over: Over::Replaces,
    }
}

pub(super) fn role_assignment(side: &Side<'_, '_, '_>) -> Read<GrantChange> {
    let within = side.scope(
        &["directory_scope_id", "directory_scope_object_id"],
        &["app_scope_id", "app_scope_object_id"],
    )?;
    let principal = side.id("principal_object_id")?;
    Ok(role_grant(side.id("role_id")?, principal, within, Held::OutsidePim))
}

/// It names the directory's own object of the role, whose template the plan tells if it read it.
pub(super) fn role_member(side: &Side<'_, '_, '_>) -> Read<GrantChange> {
    let object = side.id("role_object_id")?;
    let role = template_of(side.resource.root, &object).unwrap_or_else(|| {
        let said = format!("which role has the object id {object} is not in the plan");
        side.resource.unknown.borrow_mut().push(said);
        planned(&object)
    });
    let principal = side.id("member_object_id")?;
    Ok(role_grant(role, principal, Scope::Tenant, Held::OutsidePim))
}

/// The provider always asks for one without an end.
pub(super) fn eligibility(side: &Side<'_, '_, '_>) -> Read<GrantChange> {
    let within = side.scope(&["directory_scope_id"], &[])?;
    let principal = side.id("principal_id")?;
    Ok(role_grant(side.id("role_definition_id")?, principal, within, Held::Eligible))
}

pub(super) fn group_schedule(side: &Side<'_, '_, '_>, held: Held) -> Read<GrantChange> {
    let kind = side.node.need("assignment_type")?;
    // In the order in which the provider looks at them.
    let end = if let Some(end) = side.get("expiration_date") {
        end.end()?
    } else if let Some(length) = side.get("duration") {
        End::After(length.duration()?)
    } else if maybe(side.get("permanent_assignment"), Node::flag)? == Some(true) {
        End::Never
    } else {
        End::Unstated
    };
    Ok(GrantChange {
        access: AccessName::Group(side.id("group_id")?, group_access(&kind)?),
        principal: side.id("principal_id")?,
        within: Scope::Tenant,
        held,
        present: true,
        start: maybe(side.get("start_date"), Node::time)?,
        end,
        over: Over::Replaces,
    })
}
