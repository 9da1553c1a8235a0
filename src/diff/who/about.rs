//! Whether a line of the audit log is about something: by ids, never by names alone.

use crate::model::{AuditEvent, AuditTarget, GroupAccess, RoleId};

/// What somebody holds, as the key of a change has it.
#[derive(Clone, Copy)]
pub(super) enum Held<'k> {
    Role(&'k str),
    Group(&'k str, GroupAccess),
}

impl<'k> Held<'k> {
    /// Of `role:<id>`, `group:<id>:member`; a scope behind a role does not matter.
    pub(super) fn of(key: &'k str) -> Option<Self> {
        let (kind, rest) = key.split_once(':')?;
        let (id, rest) = rest.split_once(':').unwrap_or((rest, ""));
        match (kind, rest) {
            ("role", _) => Some(Self::Role(id)),
            ("group", "member") => Some(Self::Group(id, GroupAccess::Member)),
            ("group", "owner") => Some(Self::Group(id, GroupAccess::Owner)),
            _ => None,
        }
    }
}

/// Whether a line is about something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    It,
    Other,
    /// It does not say what it is about.
    Untold,
}

impl About {
    /// About a role or group that somebody holds; `is_role` tells ids of roles from PIM's own.
    pub(super) fn held(
        event: &AuditEvent,
        held: Held<'_>,
        is_role: impl Fn(&RoleId) -> bool,
    ) -> Self {
        let of_group = is_of_group(event);
        match held {
            Held::Role(_) if of_group => Self::Other,
            Held::Role(role) => {
                let mut roles = event.targets.iter().filter(|it| it.is("Role"));
                let named = roles.any(|it| *it.id == *role);
                match &event.role {
                    Some(own) if own.is(role) => Self::It,
                    _ if named => Self::It,
                    Some(own) if is_role(own) => Self::Other,
                    Some(_) | None => Self::Untold,
                }
            }
            Held::Group(group, access) => {
                if !of_group {
                    return Self::Other;
                }
                let groups: Vec<&AuditTarget> =
                    event.targets.iter().filter(|it| it.is("Group")).collect();
                let is_it = groups.iter().any(|it| *it.id == *group);
                let may_be = groups.is_empty() || groups.iter().any(|it| it.id.is_empty());
                match (is_it, may_be, access_of(event)) {
                    (false, false, _) => Self::Other,
                    (_, _, Some(other)) if other != access => Self::Other,
                    (true, _, Some(_)) => Self::It,
                    // Another language, a name that was taken out, or a group without an id.
                    (true, _, None) | (false, true, _) => Self::Untold,
                }
            }
        }
    }

    /// About the object of this id. One without ids, or with the name alone, is not told apart; an
    /// id that is another says so whatever the name is.
    pub(super) fn object(event: &AuditEvent, id: &str, name: &str) -> Self {
        let mut targets = event.targets.iter();
        if targets.any(|it| *it.id == *id) || event.role.as_ref().is_some_and(|it| it.is(id)) {
            return Self::It;
        }
        let named = |it: &AuditTarget| it.id.is_empty() && it.name.eq_ignore_ascii_case(name);
        let without_ids = event.targets.iter().all(|it| it.id.is_empty());
        if without_ids || event.targets.iter().any(named) { Self::Untold } else { Self::Other }
    }
}

/// Whether a line of a grant names by an id who holds it.
pub(super) fn names_holder(event: &AuditEvent) -> bool {
    let with_id =
        |kind: &str| event.targets.iter().filter(|it| it.is(kind) && !it.id.is_empty()).count();
    // In a line of a group one of them is the group that is entered.
    let entered = usize::from(is_of_group(event));
    with_id("User") + with_id("ServicePrincipal") > 0 || with_id("Group") > entered
}

/// PIM for Groups calls both its roles so. Any other word tells nothing.
fn access_of(event: &AuditEvent) -> Option<GroupAccess> {
    let role = event.targets.iter().find(|it| it.is("Role"))?;
    match role.name.to_ascii_lowercase().as_str() {
        "member" => Some(GroupAccess::Member),
        "owner" => Some(GroupAccess::Owner),
        _ => None,
    }
}

fn is_of_group(event: &AuditEvent) -> bool {
    let is = |category: &str| event.category.eq_ignore_ascii_case(category);
    let has_group = || event.targets.iter().any(|it| it.is("Group"));
    is("GroupManagement") || (!is("RoleManagement") && access_of(event).is_some() && has_group())
}
