//! How things are called: as in the newer of the two, else as in the older, else by their id.

use crate::model::{Access, PrincipalId, PrincipalKindFacts, RoleId, Scope, Tenant, roles};

/// The two tenants that are compared.
pub(super) struct Names<'t> {
    pub(super) old: &'t Tenant,
    pub(super) new: &'t Tenant,
}

impl<'t> Names<'t> {
    pub(super) const fn new(old: &'t Tenant, new: &'t Tenant) -> Self {
        Self { old, new }
    }

    fn both(&self) -> [&'t Tenant; 2] {
        [self.new, self.old]
    }

    /// Sign-in name, else display name, else the id.
    pub(super) fn principal(&self, id: &PrincipalId) -> String {
        let named = self.both().into_iter().find_map(|tenant| {
            let principal = tenant.principals.at_least().ok()?.get(id)?;
            match &principal.kind {
                PrincipalKindFacts::Absent | PrincipalKindFacts::Hidden => None,
                PrincipalKindFacts::User(_)
                | PrincipalKindFacts::Group(_)
                | PrincipalKindFacts::ServicePrincipal(_)
                | PrincipalKindFacts::Other(_) => Some(principal.sign_in_name().to_owned()),
            }
        });
        named.unwrap_or_else(|| id.to_string())
    }

    pub(super) fn role(&self, id: &RoleId) -> String {
        let named = self.both().into_iter().find_map(|tenant| {
            let role = tenant.roles.at_least().ok()?.get(id)?;
            Some(role.name.to_string())
        });
        named
            .or_else(|| roles::by_id(id).map(|role| role.display_name.clone()))
            .unwrap_or_else(|| id.to_string())
    }

    /// The role, or `IT-Ops (members)`.
    pub(super) fn access(&self, access: &Access) -> String {
        match access {
            Access::DirectoryRole(role) => self.role(role),
            Access::Group(group, as_what) => {
                format!("{} ({}s)", self.principal(group), as_what.name())
            }
        }
    }

    /// The access with its scope, where that is not the tenant.
    pub(super) fn access_within(&self, access: &Access, within: &Scope) -> String {
        let name = self.access(access);
        match within {
            Scope::Tenant => name,
            Scope::AdministrativeUnit(id) => match self.unit(id) {
                Some(unit) => format!("{name} within {unit}"),
                None => format!("{name} within {within}"),
            },
            Scope::Object(_) | Scope::Application(_) => format!("{name} within {within}"),
        }
    }

    fn unit(&self, id: &str) -> Option<String> {
        self.both().into_iter().find_map(|tenant| {
            let units = tenant.units.at_least().ok()?;
            let unit = units.iter().find(|unit| unit.id.eq_ignore_ascii_case(id))?;
            Some(unit.name.to_string())
        })
    }
}
