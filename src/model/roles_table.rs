//! The roles table of a baseline: how each role should be held.

use super::RoleId;
use std::collections::BTreeMap;

/// How a role should be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableRow {
    /// Eligible, activated through PIM.
    Eligible,
    /// Static: permanently active is as it should be.
    Active,
    /// Static is tolerated with half the credit; eligible is better.
    Tolerated,
}

/// What a role in use without a row counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlisted {
    /// The table speaks of its own roles only.
    Ignored,
    /// A role in use of tier elevated or above without a row is met in part.
    Partial,
}

/// The rows of the table, by role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolesTable {
    /// One row a role.
    pub rows: BTreeMap<RoleId, TableRow>,
    /// Roles in use that have no row.
    pub unlisted: Unlisted,
}
