//! What a principal can hold, and where.

use super::{PrincipalId, RoleId};
use std::fmt;
use std::sync::Arc;

/// Something a principal can hold, with at most one activation policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// A directory role.
    DirectoryRole(RoleId),
    /// Membership or ownership of a group.
    Group(PrincipalId, GroupAccess),
}

/// What a group can be entered as (`accessId` of PIM for Groups).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupAccess {
    /// A member has whatever the group has.
    Member,
    /// An owner can make anybody a member.
    Owner,
}

impl GroupAccess {
    /// Graph's word, lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Owner => "owner",
        }
    }
}

impl Access {
    /// The stable key of reports and waivers: `role:<id>`, `group:<id>:member`.
    pub fn key(&self) -> String {
        match self {
            Self::DirectoryRole(role) => format!("role:{role}"),
            Self::Group(group, access) => format!("group:{group}:{}", access.name()),
        }
    }

    /// The directory role, where this is one.
    pub const fn role(&self) -> Option<&RoleId> {
        match self {
            Self::DirectoryRole(role) => Some(role),
            Self::Group(..) => None,
        }
    }
}

/// Where a directory role is held (`directoryScopeId` and `appScopeId` of Graph).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The whole tenant: `/`.
    Tenant,
    /// One administrative unit, by its id.
    AdministrativeUnit(Arc<str>),
    /// One directory object, such as a single application.
    Object(Arc<str>),
    /// A scope of another service, such as an access package catalogue.
    Application(Arc<str>),
}

impl Scope {
    /// Reads Graph's two scope properties; exactly one of them is normally set.
    pub fn parse(directory_scope: Option<&str>, app_scope: Option<&str>) -> Self {
        let directory = directory_scope.map(str::trim).filter(|scope| !scope.is_empty());
        let Some(directory) = directory else {
            return match app_scope.map(str::trim).filter(|scope| !scope.is_empty()) {
                None | Some("/") => Self::Tenant,
                Some(scope) => Self::Application(scope.to_ascii_lowercase().into()),
            };
        };
        if directory == "/" {
            return Self::Tenant;
        }
        let lower = directory.to_ascii_lowercase();
        match lower.strip_prefix("/administrativeunits/") {
            Some(unit) => Self::AdministrativeUnit(unit.into()),
            None => Self::Object(lower.trim_start_matches('/').into()),
        }
    }

    /// True for the whole tenant.
    pub const fn is_tenant(&self) -> bool {
        matches!(self, Self::Tenant)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant => formatter.write_str("/"),
            Self::AdministrativeUnit(unit) => write!(formatter, "/administrativeUnits/{unit}"),
            Self::Object(object) => write!(formatter, "/{object}"),
            Self::Application(scope) => write!(formatter, "app:{scope}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_without_regard_to_casing() {
        for (directory, app, expected) in [
            (Some("/"), None, Scope::Tenant),
            (None, None, Scope::Tenant),
            (None, Some("/"), Scope::Tenant),
            (Some("/AdministrativeUnits/AB-1"), None, Scope::AdministrativeUnit("ab-1".into())),
            (
                Some("/administrativeUnits/ab-1"),
                Some("/"),
                Scope::AdministrativeUnit("ab-1".into()),
            ),
            (Some("/CD-2"), None, Scope::Object("cd-2".into())),
            (
                None,
                Some("/AccessPackageCatalog/E"),
                Scope::Application("/accesspackagecatalog/e".into()),
            ),
        ] {
            assert_eq!(Scope::parse(directory, app), expected, "{directory:?} {app:?}");
        }
    }
}
