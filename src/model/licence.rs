//! The licences of the tenant, as far as Privileged Identity Management needs them.

use std::sync::Arc;

/// Service plan of Microsoft Entra ID P2.
pub const P2_PLAN: &str = "eec0eb4f-6444-4f95-aba0-50c24d67f998";
/// Service plan of Microsoft Entra ID Governance.
pub const GOVERNANCE_PLAN: &str = "e866a266-3cff-43a3-acca-0c90a7e00c8b";

/// One subscribed product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sku {
    /// Its part number, such as `AAD_PREMIUM_P2`.
    pub name: Arc<str>,
    /// The row's id.
    pub id: Arc<str>,
    /// `capabilityStatus` is Enabled or Warning.
    pub usable: bool,
    /// Units bought and enabled (`prepaidUnits.enabled`).
    pub units: u32,
    /// Ids of the service plans that are provisioned.
    pub plans: Vec<Arc<str>>,
    /// Ids of those that are not, or not yet.
    pub other_plans: Vec<Arc<str>>,
    /// `capabilityStatus` is Deleted.
    pub deleted: bool,
}

impl Sku {
    /// True when the product brings PIM: Entra ID P2 or ID Governance, usable.
    pub fn brings_pim(&self) -> bool {
        self.usable && self.plans.iter().any(|plan| matches!(&**plan, P2_PLAN | GOVERNANCE_PLAN))
    }
}
