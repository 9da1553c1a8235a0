//! What applications can rewrite of PIM and roles, past every gate, by their permissions.

use super::world::World;
use crate::model::PrincipalId;
use crate::model::permission::{BYPASS, Power};
use std::collections::BTreeSet;
use std::sync::Arc;

/// One such permission that a service principal has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bypass {
    /// Its name.
    pub permission: &'static str,
    /// What it allows.
    pub power: Power,
    /// Granted for every user to act through, rather than to the application itself.
    pub delegated: bool,
    /// Id of the row it was read in.
    pub row: Arc<str>,
}

impl World<'_> {
    /// What a service principal can rewrite, as far as known.
    pub fn bypasses(&self, service: &PrincipalId) -> Vec<Bypass> {
        let mut found = Vec::new();
        for grant in self.tenant.application_grants.at_least().into_iter().flatten() {
            let known = BYPASS.iter().find(|it| *it.app_role == *grant.app_role);
            if let Some(known) = known.filter(|_| grant.principal == *service) {
                found.push(Bypass {
                    permission: known.name,
                    power: known.power,
                    delegated: false,
                    row: Arc::clone(&grant.id),
                });
            }
        }
        for grant in self.tenant.delegated_grants.at_least().into_iter().flatten() {
            if grant.client != *service {
                continue;
            }
            for known in BYPASS {
                if grant.scopes.iter().any(|scope| scope.eq_ignore_ascii_case(known.name)) {
                    found.push(Bypass {
                        permission: known.name,
                        power: known.power,
                        delegated: true,
                        row: Arc::clone(&grant.id),
                    });
                }
            }
        }
        found.sort_by(|a, b| (a.permission, a.delegated).cmp(&(b.permission, b.delegated)));
        found.dedup_by(|a, b| (a.permission, a.delegated) == (b.permission, b.delegated));
        found
    }

    /// Service principals with such a permission, as far as known.
    pub fn bypassing_applications(&self) -> BTreeSet<PrincipalId> {
        let granted = self.tenant.application_grants.at_least().into_iter().flatten();
        let granted =
            granted.filter(|grant| BYPASS.iter().any(|known| *known.app_role == *grant.app_role));
        let delegated = self.tenant.delegated_grants.at_least().into_iter().flatten();
        let delegated = delegated.filter(|grant| {
            grant
                .scopes
                .iter()
                .any(|scope| BYPASS.iter().any(|known| scope.eq_ignore_ascii_case(known.name)))
        });
        granted
            .map(|grant| grant.principal.clone())
            .chain(delegated.map(|grant| grant.client.clone()))
            .collect()
    }
}
