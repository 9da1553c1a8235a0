//! The tenant as the checks see it: typed, indexed, with its gaps.
//!
//! Made by `resolve` from a snapshot, and by tests by hand. Holds no judgement.

use super::{
    ActivationPolicy, Cloud, Collected, Gap, Grant, Principal, PrincipalId, RoleId, Sku, Tier,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// One tenant at one time.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Tenant id, lower case.
    pub id: Arc<str>,
    /// Display name; empty when the organisation could not be read.
    pub name: Arc<str>,
    /// The cloud it lives in.
    pub cloud: Cloud,
    /// When it was read.
    pub collected_at: Timestamp,
    /// Verified domains, lower case.
    pub domains: Collected<Vec<Arc<str>>>,
    /// Role definitions by role.
    pub roles: Collected<BTreeMap<RoleId, Role>>,
    /// One activation policy a role; a role whose policy cannot be told is a gap of that role.
    pub policies: Collected<HashMap<RoleId, Result<ActivationPolicy, Gap>>>,
    /// Active grants, reconciled from both lists.
    pub active: Collected<Vec<Grant>>,
    /// True when nothing of the role assignments is known, whatever the schedule instances say.
    pub assignments_missing: bool,
    /// Why the schedule instances, which tell assigned from activated, are not complete.
    pub instances_gap: Option<Gap>,
    /// Eligible grants.
    pub eligible: Collected<Vec<Grant>>,
    /// Everyone who was asked for by id.
    pub principals: Collected<HashMap<PrincipalId, Principal>>,
    /// Direct members of each group that was asked for.
    pub members: Collected<HashMap<PrincipalId, Members>>,
    /// Licences.
    pub licences: Collected<Vec<Sku>>,
}

/// Direct members of one group, as far as they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// Those that are known.
    pub known: Vec<PrincipalId>,
    /// Why there may be more.
    pub gap: Option<Gap>,
}

/// One role definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Template id of a built-in role, definition id of a custom one.
    pub id: RoleId,
    /// Name to show, as the tenant has it; never a key.
    pub name: Arc<str>,
    /// False for a custom role.
    pub built_in: bool,
    /// Tier before the organisation raises it.
    pub tier: Tier,
    /// Why the tier is what it is, where that is not plain (custom role, label not read).
    pub tier_note: Option<Arc<str>>,
    /// Microsoft's PRIVILEGED label, from Graph where readable, else the built-in list.
    pub privileged: bool,
    /// False for roles that cannot be assigned (Guest User and the like).
    pub assignable: bool,
}
