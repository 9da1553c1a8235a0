//! The tenant as the checks see it: typed, indexed, with its gaps.
//!
//! Made by `resolve` from a snapshot, and by tests by hand. Holds no judgement.

use super::{
    AccessPackage, ActivationPolicy, AdministrativeUnit, Alert, Application, ApplicationGrant,
    AuditPart, AuthenticationContextClass, AuthenticationStrength, Cloud, Collected,
    ConditionalAccessPolicy, DelegatedGrant, Earlier, Gap, Grant, GroupAccess, GroupGrant,
    Principal, PrincipalId, Registration, Review, RoleAction, RoleId, SignIns, Sku, Tier, audit,
    licence,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
    /// Direct owners of each group that was asked for.
    pub owners: Collected<HashMap<PrincipalId, Members>>,
    /// Groups that PIM for Groups manages.
    pub onboarded: Collected<BTreeSet<PrincipalId>>,
    /// What PIM for Groups says of each group that was asked for.
    pub group_pim: HashMap<PrincipalId, GroupPim>,
    /// Licences.
    pub licences: Collected<Vec<Sku>>,
    /// When each user last signed in; a user who is absent never did.
    pub sign_ins: Collected<HashMap<PrincipalId, SignIns>>,
    /// What each user can prove who they are with.
    pub registrations: Collected<HashMap<PrincipalId, Registration>>,
    /// Conditional Access policies.
    pub conditional_access: Collected<Vec<ConditionalAccessPolicy>>,
    /// Authentication contexts.
    pub contexts: Collected<Vec<AuthenticationContextClass>>,
    /// Authentication strengths by id.
    pub strengths: Collected<HashMap<Arc<str>, AuthenticationStrength>>,
    /// Whether the security defaults are on.
    pub security_defaults: Collected<bool>,
    /// PIM alerts of the directory roles.
    pub alerts: Collected<Vec<Alert>>,
    /// Access reviews.
    pub reviews: Collected<Vec<Review>>,
    /// Access packages that carry directory roles or groups.
    pub packages: Collected<Vec<AccessPackage>>,
    /// Administrative units.
    pub units: Collected<Vec<AdministrativeUnit>>,
    /// Applications of this tenant behind the service principals, by application id, lower case.
    pub applications: Collected<HashMap<Arc<str>, Application>>,
    /// Direct owners of each service principal that was asked for.
    pub service_owners: Collected<HashMap<PrincipalId, Members>>,
    /// Application permissions on Microsoft Graph that somebody granted.
    pub application_grants: Collected<Vec<ApplicationGrant>>,
    /// Delegated permissions granted for every user of the tenant.
    pub delegated_grants: Collected<Vec<DelegatedGrant>>,
    /// Why the PRIVILEGED labels of roles were not read whole; built-in roles then have those of
    /// `roles.json`.
    pub labels_gap: Option<Gap>,
    /// Names, lower case, of the actions of roles that Microsoft calls privileged.
    pub privileged_actions: Collected<BTreeSet<Arc<str>>>,
    /// Role definitions of an older reading, where somebody gave one. No snapshot holds them.
    pub earlier: Option<Earlier>,
    /// The lists of the audit log, each with its window and its gap.
    pub audit_log: Collected<Vec<AuditPart>>,
}

/// Service plan of Microsoft Entra ID P1.
const P1_PLAN: &str = "41781fb2-bc02-4b7c-bd55-b576c07bb09d";

impl Tenant {
    /// Days that the service keeps the audit log: 30 with Entra ID P1 or P2, else 7. Where the
    /// licences are not known it may be the lesser.
    pub fn log_days(&self) -> u32 {
        let skus = self.licences.at_least().map(Vec::as_slice).unwrap_or_default();
        let has_premium = skus.iter().any(|sku| {
            let mut plans = sku.plans.iter();
            sku.usable && plans.any(|plan| matches!(&**plan, P1_PLAN | licence::P2_PLAN))
        });
        if has_premium { audit::KEPT_WITH_PREMIUM } else { audit::KEPT_WITHOUT }
    }
}

/// What PIM for Groups says of one group.
#[derive(Clone, Debug)]
pub struct GroupPim {
    /// Active grants, assigned and activated, of members and owners.
    pub active: Collected<Vec<GroupGrant>>,
    /// Eligible grants.
    pub eligible: Collected<Vec<GroupGrant>>,
    /// The policy of its members.
    pub member_policy: Result<ActivationPolicy, Gap>,
    /// The policy of its owners.
    pub owner_policy: Result<ActivationPolicy, Gap>,
}

impl GroupPim {
    /// The policy of one of the two accesses.
    pub const fn policy(&self, access: GroupAccess) -> &Result<ActivationPolicy, Gap> {
        match access {
            GroupAccess::Member => &self.member_policy,
            GroupAccess::Owner => &self.owner_policy,
        }
    }
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
    /// Microsoft's PRIVILEGED label, from Graph where readable, else the built-in list; of a custom
    /// role, why it is not known.
    pub privileged: Result<bool, Gap>,
    /// False for roles that cannot be assigned (Guest User and the like).
    pub assignable: bool,
    /// Whether new assignments of it are possible; `None` where Graph did not say.
    pub enabled: Option<bool>,
    /// What it allows, sorted, each once; a gap where that did not come or does not fit.
    pub actions: Result<Arc<[RoleAction]>, Gap>,
}

impl Role {
    /// Its label, without the reason why it is not known.
    pub const fn label(&self) -> Label {
        match self.privileged {
            Ok(true) => Label::Privileged,
            Ok(false) => Label::Plain,
            Err(_) => Label::Unread,
        }
    }
}

/// Whether a role is labelled PRIVILEGED.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Microsoft labels it so.
    Privileged,
    /// It has no label.
    Plain,
    /// A custom role whose label could not be read: it may have it.
    Unread,
}
