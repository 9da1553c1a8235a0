//! The tenant at one time, with its indexes: everything is looked up here, nothing is judged.

use super::gate::Gate;
use super::groups::{Answers, Entries, Expansion, Parents};
use super::holders::{Holders, Reached};
use super::ways::Ways;
use super::window::Facts;
use crate::model::{
    Access, ActivationPolicy, AdministrativeUnit, Class, Dataset, Gap, GapKind, Grant, Label,
    Members, Organisation, Principal, PrincipalId, PrincipalKindFacts, Role, RoleId, RolesTable,
    Scope, Subject, Tenant, Tier, roles,
};
use jiff::Timestamp;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

/// The tenant at one time, under one organisation file, with its indexes.
pub struct World<'a> {
    pub(super) tenant: &'a Tenant,
    organisation: &'a Organisation,
    table: Option<&'a RolesTable>,
    now: Timestamp,
    roles: HashMap<RoleId, Role>,
    active_by_role: HashMap<&'a RoleId, Vec<usize>>,
    eligible_by_role: HashMap<&'a RoleId, Vec<usize>>,
    active_by_principal: HashMap<&'a PrincipalId, Vec<usize>>,
    eligible_by_principal: HashMap<&'a PrincipalId, Vec<usize>>,
    break_glass: Vec<BreakGlass>,
    pub(super) entries: RefCell<HashMap<PrincipalId, Rc<Entries>>>,
    pub(super) expansions: RefCell<HashMap<PrincipalId, Rc<Expansion>>>,
    pub(super) holders: RefCell<HashMap<(RoleId, bool), Rc<Holders<'a>>>>,
    /// Holders as lists of members show them.
    pub(super) direct: RefCell<HashMap<(RoleId, bool), Rc<Holders<'a>>>>,
    pub(super) ways: RefCell<HashMap<RoleId, Rc<Ways<'a>>>>,
    pub(super) gates: RefCell<HashMap<Access, Result<Gate, Gap>>>,
    pub(super) reached: RefCell<HashMap<PrincipalId, Reached>>,
    pub(super) parents: OnceCell<Parents>,
    pub(super) answers: OnceCell<Answers>,
    pub(super) role_groups: OnceCell<BTreeSet<PrincipalId>>,
    sensitive_groups: OnceCell<BTreeSet<PrincipalId>>,
    waiver_faults: OnceCell<Vec<String>>,
    units: OnceCell<HashMap<&'a str, &'a AdministrativeUnit>>,
}

/// A declared break-glass account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakGlass {
    /// As declared.
    pub declared: String,
    /// The user it names, when that is among the principals that were read. A group or a service
    /// principal is no emergency account: it excuses nothing.
    pub principal: Option<PrincipalId>,
}

impl<'a> World<'a> {
    /// Indexes a tenant. `table` is the roles table of the baseline, where it has one.
    pub fn new(
        tenant: &'a Tenant,
        organisation: &'a Organisation,
        table: Option<&'a RolesTable>,
        now: Timestamp,
    ) -> Self {
        let active = tenant.active.at_least().map(Vec::as_slice).unwrap_or_default();
        let eligible = tenant.eligible.at_least().map(Vec::as_slice).unwrap_or_default();
        let mut world = Self {
            tenant,
            organisation,
            table,
            now,
            roles: HashMap::new(),
            active_by_role: index(active, |grant| &grant.role),
            eligible_by_role: index(eligible, |grant| &grant.role),
            active_by_principal: index(active, |grant| &grant.principal),
            eligible_by_principal: index(eligible, |grant| &grant.principal),
            break_glass: Vec::new(),
            entries: RefCell::default(),
            expansions: RefCell::default(),
            holders: RefCell::default(),
            direct: RefCell::default(),
            ways: RefCell::default(),
            gates: RefCell::default(),
            reached: RefCell::default(),
            parents: OnceCell::new(),
            answers: OnceCell::new(),
            role_groups: OnceCell::new(),
            sensitive_groups: OnceCell::new(),
            waiver_faults: OnceCell::new(),
            units: OnceCell::new(),
        };
        world.roles = world.known_roles();
        world.break_glass = organisation
            .break_glass
            .iter()
            .map(|declared| BreakGlass {
                declared: declared.clone(),
                principal: world
                    .principal_named(declared)
                    .filter(|id| world.principal(id).is_some_and(|it| it.user().is_some())),
            })
            .collect();
        world
    }

    /// The tenant itself.
    pub const fn tenant(&self) -> &'a Tenant {
        self.tenant
    }

    /// The organisation file.
    pub const fn organisation(&self) -> &'a Organisation {
        self.organisation
    }

    /// The time of judgement.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Tells the faults of the waivers, once all other findings are known.
    pub fn set_waiver_faults(&self, faults: Vec<String>) {
        // A second call would mean two evaluations over one world; the first one stands.
        let _ = self.waiver_faults.set(faults);
    }

    /// Faults of the waivers, once every other finding is known.
    pub fn waiver_faults(&self) -> &[String] {
        self.waiver_faults.get().map(Vec::as_slice).unwrap_or_default()
    }

    /// Definitions, completed from the built-in list for roles that are only seen in grants, with
    /// the organisation's raised tiers.
    fn known_roles(&self) -> HashMap<RoleId, Role> {
        let mut known: HashMap<RoleId, Role> = match self.tenant.roles.at_least() {
            Ok(roles) => roles.iter().map(|(id, role)| (id.clone(), role.clone())).collect(),
            Err(_) => HashMap::new(),
        };
        let policies = self.tenant.policies.at_least().ok();
        let seen = self
            .active_by_role
            .keys()
            .chain(self.eligible_by_role.keys())
            .copied()
            .chain(policies.into_iter().flat_map(HashMap::keys));
        for id in seen {
            if !known.contains_key(id) {
                known.insert(id.clone(), undefined_role(id));
            }
        }
        for (id, tier) in &self.organisation.raise_tier {
            if let Some(role) = known.get_mut(id) {
                role.tier = role.tier.max(*tier);
            }
        }
        known
    }

    /// A role; for one that no list defines, what the built-in list says.
    pub fn role(&self, id: &RoleId) -> Role {
        self.roles.get(id).cloned().unwrap_or_else(|| undefined_role(id))
    }

    /// Its name.
    pub fn role_name(&self, id: &RoleId) -> Arc<str> {
        self.roles.get(id).map_or_else(|| undefined_role(id).name, |role| Arc::clone(&role.name))
    }

    /// The tier of a role, raised by the organisation where it says so.
    pub fn tier(&self, id: &RoleId) -> Tier {
        self.roles.get(id).map_or_else(|| undefined_role(id).tier, |role| role.tier)
    }

    /// Whether Microsoft labels the role PRIVILEGED, or why that is not known.
    pub fn is_privileged(&self, id: &RoleId) -> Result<bool, Gap> {
        match self.roles.get(id) {
            Some(role) => role.privileged.clone(),
            None => undefined_role(id).privileged,
        }
    }

    /// The same without the reason.
    pub fn label(&self, id: &RoleId) -> Label {
        self.roles.get(id).map_or_else(|| undefined_role(id).label(), Role::label)
    }

    /// Tier critical or high, or labelled PRIVILEGED.
    pub fn matters(&self, id: &RoleId) -> bool {
        self.tier(id) >= Tier::High || self.label(id) == Label::Privileged
    }

    /// Active grants of a role, by place.
    pub fn active_of(&self, role: &RoleId) -> &[usize] {
        self.active_by_role.get(role).map(Vec::as_slice).unwrap_or_default()
    }

    /// Eligible grants of a role, by place.
    pub fn eligible_of(&self, role: &RoleId) -> &[usize] {
        self.eligible_by_role.get(role).map(Vec::as_slice).unwrap_or_default()
    }

    /// The active grant at this place.
    pub fn active_grant(&self, place: usize) -> &'a Grant {
        &self.tenant.active.at_least().map(Vec::as_slice).unwrap_or_default()[place]
    }

    /// The eligible grant at this place.
    pub fn eligible_grant(&self, place: usize) -> &'a Grant {
        &self.tenant.eligible.at_least().map(Vec::as_slice).unwrap_or_default()[place]
    }

    /// Every role grant, active ones first.
    pub fn all_grants(&self) -> impl Iterator<Item = &'a Grant> + use<'a> {
        let active = self.tenant.active.at_least().map(Vec::as_slice).unwrap_or_default();
        let eligible = self.tenant.eligible.at_least().map(Vec::as_slice).unwrap_or_default();
        active.iter().chain(eligible)
    }

    /// The roles table of the baseline, where it has one.
    pub const fn table(&self) -> Option<&'a RolesTable> {
        self.table
    }

    /// Every grant of a role, active ones first.
    pub fn grants_of(&self, role: &RoleId) -> impl Iterator<Item = &'a Grant> {
        let active = self.tenant.active.at_least().map(Vec::as_slice).unwrap_or_default();
        let eligible = self.tenant.eligible.at_least().map(Vec::as_slice).unwrap_or_default();
        let first = self.active_of(role).iter().map(|&place| &active[place]);
        first.chain(self.eligible_of(role).iter().map(|&place| &eligible[place]))
    }

    /// Every grant of a principal itself (not through groups), active ones first.
    pub fn grants_held_by(&self, principal: &PrincipalId) -> impl Iterator<Item = &'a Grant> {
        let active = self.tenant.active.at_least().map(Vec::as_slice).unwrap_or_default();
        let eligible = self.tenant.eligible.at_least().map(Vec::as_slice).unwrap_or_default();
        let first = self.active_by_principal.get(principal).into_iter().flatten();
        let second = self.eligible_by_principal.get(principal).into_iter().flatten();
        first.map(|&place| &active[place]).chain(second.map(|&place| &eligible[place]))
    }

    /// What is known of a principal, whether or not the whole list was read.
    pub fn principal(&self, id: &PrincipalId) -> Option<&'a Principal> {
        self.tenant.principals.at_least().ok().and_then(|principals| principals.get(id))
    }

    /// A principal, or why nothing can be said of it.
    pub fn readable_principal(&self, id: &PrincipalId) -> Result<&'a Principal, Gap> {
        let principals = self.tenant.principals.at_least()?;
        let Some(principal) = principals.get(id) else {
            return Err(self.tenant.principals.gap().cloned().unwrap_or_else(|| {
                Gap::of(Dataset::Principals, GapKind::Incomplete, format!("{id} was not asked for"))
            }));
        };
        if matches!(principal.kind, PrincipalKindFacts::Hidden) {
            return Err(Gap::of(
                Dataset::Principals,
                GapKind::PermissionDenied,
                format!("Graph returned only the id of {id}; grant Directory.Read.All"),
            ));
        }
        if let PrincipalKindFacts::Other(kind) = &principal.kind {
            let what = if kind.is_empty() { "without a type" } else { "of an unknown type" };
            let detail = format!("{} is an object {what} {kind}", principal.name);
            return Err(Gap::unreadable(Dataset::Principals, detail.trim_end()));
        }
        Ok(principal)
    }

    /// The name to show for a principal: sign-in name, else display name, else the id.
    pub fn name_of(&self, id: &PrincipalId) -> Arc<str> {
        match self.principal(id) {
            Some(principal) => principal.sign_in_name().into(),
            None => id.text(),
        }
    }

    /// The name of an access for people: the role's, or `Helpdesk Operators (members)`.
    pub fn access_name(&self, access: &Access) -> Arc<str> {
        match access {
            Access::DirectoryRole(role) => self.role_name(role),
            Access::Group(group, access) => {
                let name = match self.principal(group) {
                    Some(principal) => Arc::clone(&principal.name),
                    None => group.text(),
                };
                format!("{name} ({}s)", access.name()).into()
            }
        }
    }

    /// Where something is held, for people: ` within Berlin (/administrativeUnits/...)`, and nothing
    /// for the whole tenant.
    pub fn within(&self, scope: &Scope) -> String {
        match self.unit_name(scope) {
            None if scope.is_tenant() => String::new(),
            Some(name) => format!(" within {name} ({scope})"),
            None => format!(" within {scope}"),
        }
    }

    /// The name of the administrative unit a scope is, where it was read.
    pub fn unit_name(&self, scope: &Scope) -> Option<&'a Arc<str>> {
        match scope {
            Scope::AdministrativeUnit(id) => self.unit(id).map(|unit| &unit.name),
            Scope::Tenant | Scope::Object(_) | Scope::Application(_) => None,
        }
    }

    fn unit(&self, id: &str) -> Option<&'a AdministrativeUnit> {
        let units = self.units.get_or_init(|| {
            let units = self.tenant.units.at_least().map(Vec::as_slice).unwrap_or_default();
            units.iter().map(|unit| (&*unit.id, unit)).collect()
        });
        units.get(id).copied().filter(|unit| !unit.name.is_empty())
    }

    /// True for a principal that was asked for by id and is not there.
    pub fn is_deleted(&self, id: &PrincipalId) -> bool {
        self.is_absent(id)
    }

    /// The group of this name or object id, with or without `group:` in front.
    pub fn group_named(&self, name: &str) -> Option<PrincipalId> {
        let name = name.trim();
        let name = name.strip_prefix("group:").unwrap_or(name).trim();
        let principals = self.tenant.principals.at_least().ok()?;
        let id = PrincipalId::new(name);
        if principals.get(&id).is_some_and(|it| it.group().is_some()) {
            return Some(id);
        }
        match self.groups_named(name).as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        }
    }

    /// The groups of this name, sorted by id.
    pub fn groups_named(&self, name: &str) -> Vec<PrincipalId> {
        let is_meant = |it: &&Principal| it.group().is_some() && it.name.eq_ignore_ascii_case(name);
        let mut named: Vec<PrincipalId> =
            self.principals().filter(is_meant).map(|it| it.id.clone()).collect();
        named.sort();
        named
    }

    /// The groups that the organisation declares as sensitive, as far as they are known.
    pub fn sensitive_groups(&self) -> &BTreeSet<PrincipalId> {
        self.sensitive_groups.get_or_init(|| {
            let declared = self.organisation.sensitive_groups.values();
            declared.filter_map(|name| self.group_named(name)).collect()
        })
    }

    /// Groups that lead to a role or are declared as sensitive.
    pub fn guarded_groups(&self) -> BTreeSet<PrincipalId> {
        let mut all = self.role_groups().clone();
        all.extend(self.sensitive_groups().iter().cloned());
        all
    }

    /// Every principal that is known.
    pub fn principals(&self) -> impl Iterator<Item = &'a Principal> + use<'a> {
        self.tenant.principals.at_least().into_iter().flat_map(HashMap::values)
    }

    /// The principal of this sign-in name or object id.
    pub fn principal_named(&self, name: &str) -> Option<PrincipalId> {
        let principals = self.tenant.principals.at_least().ok()?;
        let id = PrincipalId::new(name);
        if principals.contains_key(&id) {
            return Some(id);
        }
        principals
            .values()
            .find(|principal| {
                principal
                    .user()
                    .and_then(|user| user.principal_name.as_deref())
                    .is_some_and(|upn| upn.eq_ignore_ascii_case(name))
            })
            .map(|principal| principal.id.clone())
    }

    /// The principals of this sign-in name or object id, else of this display name.
    pub fn principals_meant(&self, name: &str) -> Vec<PrincipalId> {
        if let Some(id) = self.principal_named(name) {
            return vec![id];
        }
        let shown = self.principals().filter(|it| it.name.eq_ignore_ascii_case(name));
        let mut all: Vec<PrincipalId> = shown.map(|it| it.id.clone()).collect();
        all.sort();
        all
    }

    /// The declared break-glass accounts.
    pub fn break_glass(&self) -> &[BreakGlass] {
        &self.break_glass
    }

    /// True for a declared break-glass account.
    pub fn is_break_glass(&self, id: &PrincipalId) -> bool {
        self.break_glass.iter().any(|account| account.principal.as_ref() == Some(id))
    }

    /// The activation policy of an access.
    pub fn policy(&self, access: &Access) -> Result<&'a ActivationPolicy, Gap> {
        match access {
            Access::DirectoryRole(role) => match self.tenant.policies.at_least()?.get(role) {
                Some(Ok(policy)) => Ok(policy),
                Some(Err(gap)) => Err(gap.clone()),
                None => Err(self.tenant.policies.gap().cloned().unwrap_or_else(|| {
                    Gap::of(
                        Dataset::RolePolicies,
                        GapKind::ImpossiblyEmpty,
                        format!(
                            "no role management policy is assigned to {}",
                            self.role_name(role)
                        ),
                    )
                })),
            },
            Access::Group(group, access) => match self.tenant.group_pim.get(group) {
                Some(pim) => pim.policy(*access).as_ref().map_err(Clone::clone),
                None => Err(self.no_settings_of(group)),
            },
        }
    }

    /// Why there are no settings of a group. One that PIM does not manage has none to be read: the first
    /// request makes PIM manage it, by the settings it then begins with.
    fn no_settings_of(&self, group: &PrincipalId) -> Gap {
        let name = self.name_of(group);
        match self.is_onboarded(group) {
            Ok(false) => {
                let detail = format!(
                    "PIM for Groups has no settings for group {name} until it manages the group; its \
                     default settings then apply"
                );
                Gap::of(Dataset::GroupPolicies, GapKind::NotManaged, detail)
            }
            Ok(true) => {
                let detail = format!("the settings of group {name} were not read");
                Gap::of(Dataset::GroupPolicies, GapKind::NotRequested, detail)
            }
            Err(gap) => gap,
        }
    }

    /// Direct owners of a service principal and of its application, as far as known, and why there
    /// may be more.
    pub(super) fn known_owners_of_service(
        &self,
        service: &PrincipalId,
    ) -> (BTreeSet<PrincipalId>, Option<Gap>) {
        let mut owners = BTreeSet::new();
        let mut first_gap = None;
        let mut add = |members: Option<&Members>, missing: Option<Gap>| match members {
            Some(members) => {
                owners.extend(members.known.iter().cloned());
                if first_gap.is_none() {
                    first_gap.clone_from(&members.gap);
                }
            }
            None => first_gap = first_gap.take().or(missing),
        };
        let unread = |dataset| {
            let detail = format!("the owners of {} were not read", self.name_of(service));
            Gap::of(dataset, GapKind::NotRequested, detail)
        };
        let direct = &self.tenant.service_owners;
        let gap = direct.gap().cloned().unwrap_or_else(|| unread(Dataset::ServicePrincipalOwners));
        add(direct.at_least().ok().and_then(|known| known.get(service)), Some(gap));
        // Only an application of this tenant has owners here.
        if let Some(app_id) = self.own_application_of(service) {
            let applications = &self.tenant.applications;
            let gap =
                applications.gap().cloned().unwrap_or_else(|| unread(Dataset::ApplicationOwners));
            let known = applications.at_least().ok().and_then(|known| known.get(&app_id));
            add(known.map(|application| &application.owners), Some(gap));
        }
        (owners, first_gap)
    }

    /// Whether somebody is known to own the service principal itself, and the object id of its
    /// application where they own that.
    pub(super) fn owns_service(
        &self,
        owner: &PrincipalId,
        service: &PrincipalId,
    ) -> (bool, Option<Arc<str>>) {
        let direct = self.tenant.service_owners.at_least().ok();
        let direct = direct.and_then(|known| known.get(service));
        let application = self.own_application_of(service).and_then(|app_id| {
            self.tenant.applications.at_least().ok().and_then(|known| known.get(&app_id))
        });
        (
            direct.is_some_and(|owners| owners.known.contains(owner)),
            application.filter(|it| it.owners.known.contains(owner)).map(|it| Arc::clone(&it.id)),
        )
    }

    /// The application id of a service principal whose application is registered in this tenant.
    pub(super) fn own_application_of(&self, service: &PrincipalId) -> Option<Arc<str>> {
        let Some(PrincipalKindFacts::ServicePrincipal(facts)) =
            self.principal(service).map(|it| &it.kind)
        else {
            return None;
        };
        let own = facts.owner_organization.as_deref();
        own.is_some_and(|owner| owner.eq_ignore_ascii_case(&self.tenant.id))
            .then(|| facts.app_id.as_deref().map(|id| id.to_ascii_lowercase().into()))?
    }

    /// Accounts that look like break-glass accounts but are not declared, each with the reason.
    ///
    /// Cloud only, `.onmicrosoft.com`, enabled, permanent Global Administrator of the whole tenant.
    /// They are proposed, and excuse nothing.
    pub fn break_glass_candidates(&self) -> Vec<(PrincipalId, String)> {
        let global = RoleId::new(roles::GLOBAL_ADMINISTRATOR);
        let mut candidates = BTreeMap::new();
        // The only administrator of a tenant is in daily use, whatever the account looks like.
        if self.holders(&global, true).people.len() < 2 {
            return Vec::new();
        }
        for grant in self.grants_of(&global) {
            let permanent = grant.class() == Class::Permanent && grant.within.is_tenant();
            let Some(user) = self.principal(&grant.principal).and_then(Principal::user) else {
                continue;
            };
            let in_cloud_domain = user.principal_name.as_deref().is_some_and(|name| {
                let name = name.to_ascii_lowercase();
                name.rsplit('@').next().is_some_and(|domain| domain.contains(".onmicrosoft."))
            });
            let cloud_only = user.synced.is_none() && !user.has_immutable_id;
            if permanent
                && in_cloud_domain
                && cloud_only
                && user.enabled != Some(false)
                && !user.is_guest()
                && !self.is_break_glass(&grant.principal)
            {
                let looks =
                    "cloud only, on the .onmicrosoft.com domain, permanent Global Administrator";
                let reason = match self.left_alone_by_policies(&grant.principal) {
                    // An account that policies reach like any other is no emergency account.
                    Some(false) => continue,
                    Some(true) => format!("{looks}, reached by no Conditional Access policy"),
                    None => looks.to_owned(),
                };
                candidates.insert(grant.principal.clone(), reason);
            }
        }
        candidates.into_iter().collect()
    }

    /// The window of one check on one subject.
    pub const fn facts<'w>(
        &'w self,
        subject: &'w Subject,
        needs: &'static [Dataset],
    ) -> Facts<'w, 'a> {
        Facts { world: self, subject, needs, labelled: false, direct: false }
    }
}

fn index<'a, Key: std::hash::Hash + Eq + ?Sized>(
    grants: &'a [Grant],
    key: impl Fn(&'a Grant) -> &'a Key,
) -> HashMap<&'a Key, Vec<usize>> {
    let mut by_key: HashMap<&Key, Vec<usize>> = HashMap::new();
    for (place, grant) in grants.iter().enumerate() {
        by_key.entry(key(grant)).or_default().push(place);
    }
    by_key
}

/// A role that no definition was read of.
fn undefined_role(id: &RoleId) -> Role {
    let unread = |what: &str| {
        let detail = format!("role {id} has no definition, so {what} is not known");
        Gap::of(Dataset::RoleDefinitions, GapKind::Incomplete, detail)
    };
    match roles::by_id(id) {
        Some(known) => Role {
            id: id.clone(),
            name: known.display_name.as_str().into(),
            built_in: true,
            tier: known.tier,
            tier_note: None,
            privileged: Ok(known.is_privileged),
            assignable: known.assignable,
            enabled: None,
            actions: Err(unread("what it allows")),
        },
        None => Role {
            id: id.clone(),
            name: id.text(),
            built_in: false,
            tier: Tier::High,
            tier_note: Some("its definition could not be read, so it counts as high".into()),
            privileged: Err(unread("its label")),
            assignable: true,
            enabled: None,
            actions: Err(unread("what it allows")),
        },
    }
}
