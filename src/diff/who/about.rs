//! Whether a line of the audit log is about something: by ids, never by names alone.

use crate::model::{AuditEvent, AuditTarget, GroupAccess};

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
    pub(super) fn held(event: &AuditEvent, held: Held<'_>) -> Self {
        let of_group = is_of_group(event);
        match held {
            Held::Role(_) if of_group => Self::Other,
            Held::Role(role) => {
                let mut roles = event.targets.iter().filter(|it| it.is("Role"));
                let named = roles.any(|it| *it.id == *role);
                match &event.role {
                    Some(own) if own.is(role) => Self::It,
                    _ if named => Self::It,
                    Some(_) => Self::Other,
                    None => Self::Untold,
                }
            }
            Held::Group(group, access) => {
                if !of_group {
                    return Self::Other;
                }
                let mut groups = event.targets.iter().filter(|it| it.is("Group")).peekable();
                if groups.peek().is_none() {
                    Self::Untold
                } else if !groups.any(|it| *it.id == *group) {
                    Self::Other
                } else {
                    match access_of(event) {
                        Some(other) if other == access => Self::It,
                        Some(_) => Self::Other,
                        // Another language, or a name that was taken out.
                        None => Self::Untold,
                    }
                }
            }
        }
    }

    /// About the object of this id. One without ids, or with the name alone, is not told apart.
    pub(super) fn object(event: &AuditEvent, id: &str, name: &str) -> Self {
        let mut targets = event.targets.iter();
        if targets.any(|it| *it.id == *id) || event.role.as_ref().is_some_and(|it| it.is(id)) {
            return Self::It;
        }
        let named = |it: &AuditTarget| it.name.eq_ignore_ascii_case(name);
        let without_ids = event.targets.iter().all(|it| it.id.is_empty());
        if without_ids || event.targets.iter().any(named) { Self::Untold } else { Self::Other }
    }
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
