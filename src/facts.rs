//! What one check may see of one subject, and the judgements several checks share.
//!
//! `World` is the tenant with its indexes; `Facts` is the window of one check on it. A check that
//! reads a collection it has not declared fails in every debug build, and so in the tests.

pub mod announcement;
pub mod approvers;
pub mod enablement;

use crate::model::{
    Access, ActivationPolicy, Approval, Approver, Class, Collected, Dataset, Gap, GapKind, Grant,
    Organisation, Principal, PrincipalId, PrincipalKindFacts, Role, RoleId, RolesTable, Sku,
    Subject, SubjectKind, TableRow, Target, Tenant, Tier, roles,
};
use jiff::Timestamp;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

/// The tenant at one time, under one organisation file, with its indexes.
pub struct World<'a> {
    tenant: &'a Tenant,
    organisation: &'a Organisation,
    table: Option<&'a RolesTable>,
    now: Timestamp,
    roles: HashMap<RoleId, Role>,
    active_by_role: HashMap<&'a RoleId, Vec<usize>>,
    eligible_by_role: HashMap<&'a RoleId, Vec<usize>>,
    active_by_principal: HashMap<&'a PrincipalId, Vec<usize>>,
    eligible_by_principal: HashMap<&'a PrincipalId, Vec<usize>>,
    break_glass: Vec<BreakGlass>,
    expansions: RefCell<HashMap<PrincipalId, Rc<Expansion>>>,
    holders: RefCell<HashMap<(RoleId, bool), Rc<Holders<'a>>>>,
    waiver_faults: OnceCell<Vec<String>>,
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

/// Everyone in a group, by plain membership to any depth.
#[derive(Clone, Debug, Default)]
pub struct Expansion {
    /// Users and service principals with the chain of groups from the outermost to theirs.
    pub members: BTreeMap<PrincipalId, Rc<[PrincipalId]>>,
    /// Groups that could not be read.
    pub gaps: Vec<Gap>,
}

/// One way to hold a role.
#[derive(Clone, Debug)]
pub struct Path<'a> {
    /// The grant the way ends in.
    pub grant: &'a Grant,
    /// The groups passed, outermost first; empty when held directly.
    pub groups: Rc<[PrincipalId]>,
}

/// Everyone who holds a role, by any way.
#[derive(Clone, Debug, Default)]
pub struct Holders<'a> {
    /// Users by object id, each with every way.
    pub people: BTreeMap<PrincipalId, Vec<Path<'a>>>,
    /// Service principals.
    pub services: BTreeMap<PrincipalId, Vec<Path<'a>>>,
    /// Holders that are deleted, foreign or could not be read.
    pub unresolved: BTreeSet<PrincipalId>,
    /// Why there may be more; empty when the count is exact.
    pub gaps: Vec<Gap>,
}

/// Who can approve an activation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approvers {
    /// Nobody is named: the default approvers decide.
    pub default: bool,
    /// Enabled member users who can approve now.
    pub usable: BTreeSet<PrincipalId>,
    /// Guests among those named; they never count.
    pub guests: BTreeSet<PrincipalId>,
    /// Named but deleted or not found.
    pub dead: BTreeSet<PrincipalId>,
    /// Groups among those named.
    pub groups: BTreeSet<PrincipalId>,
}

/// Nobody reads a longer way through groups, and a ring of thousands must not cost its square.
const LONGEST_CHAIN: usize = 16;

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
            active_by_role: index(active, |grant| grant.access.role()),
            eligible_by_role: index(eligible, |grant| grant.access.role()),
            active_by_principal: index(active, |grant| &grant.principal),
            eligible_by_principal: index(eligible, |grant| &grant.principal),
            break_glass: Vec::new(),
            expansions: RefCell::default(),
            holders: RefCell::default(),
            waiver_faults: OnceCell::new(),
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

    /// The tier of a role, raised by the organisation where it says so.
    pub fn tier(&self, id: &RoleId) -> Tier {
        self.roles.get(id).map_or_else(|| undefined_role(id).tier, |role| role.tier)
    }

    /// Whether Microsoft labels the role PRIVILEGED.
    pub fn is_privileged(&self, id: &RoleId) -> bool {
        self.roles.get(id).map_or_else(|| undefined_role(id).privileged, |role| role.privileged)
    }

    /// Tier critical or high, or labelled PRIVILEGED.
    pub fn matters(&self, id: &RoleId) -> bool {
        self.tier(id) >= Tier::High || self.is_privileged(id)
    }

    /// Active grants of a role, by place.
    pub fn active_of(&self, role: &RoleId) -> &[usize] {
        self.active_by_role.get(role).map(Vec::as_slice).unwrap_or_default()
    }

    /// Eligible grants of a role, by place.
    pub fn eligible_of(&self, role: &RoleId) -> &[usize] {
        self.eligible_by_role.get(role).map(Vec::as_slice).unwrap_or_default()
    }

    fn active_grant(&self, place: usize) -> &'a Grant {
        &self.tenant.active.at_least().map(Vec::as_slice).unwrap_or_default()[place]
    }

    /// Every grant of a role, active ones first.
    pub fn grants_of(&self, role: &RoleId) -> impl Iterator<Item = &'a Grant> {
        let active = self.tenant.active.at_least().map(Vec::as_slice).unwrap_or_default();
        let eligible = self.tenant.eligible.at_least().map(Vec::as_slice).unwrap_or_default();
        let first: Vec<&Grant> = self.active_of(role).iter().map(|&place| &active[place]).collect();
        let second: Vec<&Grant> =
            self.eligible_of(role).iter().map(|&place| &eligible[place]).collect();
        first.into_iter().chain(second)
    }

    /// Every grant of a principal itself (not through groups), active ones first.
    pub fn grants_held_by(&self, principal: &PrincipalId) -> impl Iterator<Item = &'a Grant> {
        let active = self.tenant.active.at_least().map(Vec::as_slice).unwrap_or_default();
        let eligible = self.tenant.eligible.at_least().map(Vec::as_slice).unwrap_or_default();
        let places = |index: &HashMap<&'a PrincipalId, Vec<usize>>| {
            index.get(principal).cloned().unwrap_or_default()
        };
        let first = places(&self.active_by_principal).into_iter().map(move |place| &active[place]);
        let second =
            places(&self.eligible_by_principal).into_iter().map(move |place| &eligible[place]);
        first.chain(second)
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
        Ok(principal)
    }

    /// The name to show for a principal: sign-in name, else display name, else the id.
    pub fn name_of(&self, id: &PrincipalId) -> Arc<str> {
        match self.principal(id) {
            Some(principal) => principal.sign_in_name().into(),
            None => id.as_str().into(),
        }
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

    /// The declared break-glass accounts.
    pub fn break_glass(&self) -> &[BreakGlass] {
        &self.break_glass
    }

    /// True for a declared break-glass account.
    pub fn is_break_glass(&self, id: &PrincipalId) -> bool {
        self.break_glass.iter().any(|account| account.principal.as_ref() == Some(id))
    }

    /// Everyone in a group by plain membership to any depth, by one walk with a visited set.
    pub fn expand(&self, group: &PrincipalId) -> Rc<Expansion> {
        if let Some(known) = self.expansions.borrow().get(group) {
            return Rc::clone(known);
        }
        let expansion = Rc::new(self.walk(group));
        self.expansions.borrow_mut().insert(group.clone(), Rc::clone(&expansion));
        expansion
    }

    fn walk(&self, group: &PrincipalId) -> Expansion {
        let mut expansion = Expansion::default();
        let members = match self.tenant.members.at_least() {
            Ok(members) => members,
            Err(gap) => {
                expansion.gaps.push(gap);
                return expansion;
            }
        };
        let mut visited = BTreeSet::from([group.clone()]);
        let first: Rc<[PrincipalId]> = Rc::from([group.clone()]);
        let mut queue = std::collections::VecDeque::from([(group.clone(), first)]);
        while let Some((current, chain)) = queue.pop_front() {
            let Some(direct) = members.get(&current) else {
                expansion.gaps.push(self.tenant.members.gap().cloned().unwrap_or_else(|| {
                    Gap::of(
                        Dataset::GroupMembers,
                        GapKind::Incomplete,
                        format!("the members of group {} were not read", self.name_of(&current)),
                    )
                }));
                continue;
            };
            expansion.gaps.extend(direct.gap.clone());
            for member in &direct.known {
                let is_group = members.contains_key(member)
                    || self.principal(member).is_some_and(|found| found.group().is_some());
                if is_group {
                    if visited.insert(member.clone()) {
                        let next = if chain.len() < LONGEST_CHAIN {
                            chain.iter().cloned().chain([member.clone()]).collect()
                        } else {
                            Rc::clone(&chain)
                        };
                        queue.push_back((member.clone(), next));
                    }
                } else {
                    expansion.members.entry(member.clone()).or_insert_with(|| Rc::clone(&chain));
                }
            }
        }
        expansion
    }

    /// Everyone who holds a role by any way, counted by object id. With `tenant_wide`, grants within
    /// an administrative unit or a single object are left out.
    pub fn holders(&self, role: &RoleId, tenant_wide: bool) -> Rc<Holders<'a>> {
        let key = (role.clone(), tenant_wide);
        if let Some(known) = self.holders.borrow().get(&key) {
            return Rc::clone(known);
        }
        let holders = Rc::new(self.gather_holders(role, tenant_wide));
        self.holders.borrow_mut().insert(key, Rc::clone(&holders));
        holders
    }

    fn gather_holders(&self, role: &RoleId, tenant_wide: bool) -> Holders<'a> {
        let mut holders = Holders::default();
        for gap in [self.tenant.active.gap(), self.tenant.eligible.gap()].into_iter().flatten() {
            holders.gaps.push(gap.clone());
        }
        let none: Rc<[PrincipalId]> = Rc::from([]);
        for grant in self.grants_of(role) {
            if tenant_wide && !grant.within.is_tenant() {
                continue;
            }
            self.add_holder(&mut holders, &grant.principal, grant, &none);
        }
        holders.gaps.sort();
        holders.gaps.dedup();
        holders
    }

    fn add_holder(
        &self,
        holders: &mut Holders<'a>,
        id: &PrincipalId,
        grant: &'a Grant,
        groups: &Rc<[PrincipalId]>,
    ) {
        let path = Path { grant, groups: Rc::clone(groups) };
        let Some(principal) = self.principal(id) else {
            holders.unresolved.insert(id.clone());
            if let Some(gap) = self.tenant.principals.gap() {
                holders.gaps.push(gap.clone());
            }
            return;
        };
        match &principal.kind {
            PrincipalKindFacts::User(_) => {
                holders.people.entry(id.clone()).or_default().push(path);
            }
            PrincipalKindFacts::ServicePrincipal(_) => {
                holders.services.entry(id.clone()).or_default().push(path);
            }
            PrincipalKindFacts::Group(_) if groups.is_empty() => {
                let expansion = self.expand(id);
                holders.gaps.extend(expansion.gaps.iter().cloned());
                holders.gaps.push(eligible_members_gap(&principal.name));
                for (member, chain) in &expansion.members {
                    self.add_holder(holders, member, grant, chain);
                }
            }
            PrincipalKindFacts::Hidden => {
                holders.unresolved.insert(id.clone());
                holders.gaps.push(Gap::of(
                    Dataset::Principals,
                    GapKind::PermissionDenied,
                    "Graph returned holders by id only; grant Directory.Read.All",
                ));
            }
            PrincipalKindFacts::Group(_)
            | PrincipalKindFacts::Other(_)
            | PrincipalKindFacts::Absent => {
                holders.unresolved.insert(id.clone());
            }
        }
    }

    /// Shared judgement: who can approve an activation of the role, or `None` where no approval is
    /// asked for.
    pub fn approvers_for(&self, role: &RoleId) -> Result<Option<Approvers>, Gap> {
        let policy = self.policy(role)?;
        let stages = match policy.approval.as_ref().map_err(Clone::clone)? {
            Approval::NotRequired => return Ok(None),
            Approval::Required { stages, .. } => stages,
        };
        let mut found = Approvers::default();
        for approver in stages.iter().flat_map(|stage| &stage.approvers) {
            match approver {
                Approver::User(user) => self.add_approver(&mut found, user)?,
                Approver::Group(group) => self.add_approver_group(&mut found, group)?,
                Approver::Unknown(kind) => {
                    return Err(Gap::unreadable(
                        Dataset::RolePolicies,
                        format!("an approver of type {kind} names nobody"),
                    ));
                }
            }
        }
        if stages.iter().all(|stage| stage.approvers.is_empty()) {
            found.default = true;
            for id in [roles::GLOBAL_ADMINISTRATOR, roles::PRIVILEGED_ROLE_ADMINISTRATOR] {
                for person in self.standing_people(&RoleId::new(id))? {
                    if !self.is_break_glass(&person) {
                        self.add_approver(&mut found, &person)?;
                    }
                }
            }
        }
        Ok(Some(found))
    }

    fn add_approver(&self, found: &mut Approvers, id: &PrincipalId) -> Result<(), Gap> {
        let principal = self.readable_principal(id)?;
        match &principal.kind {
            PrincipalKindFacts::User(user) if user.is_guest() => {
                found.guests.insert(id.clone());
            }
            PrincipalKindFacts::User(user) if user.enabled == Some(true) => {
                found.usable.insert(id.clone());
            }
            PrincipalKindFacts::User(user) if user.enabled.is_none() => {
                return Err(Gap::of(
                    Dataset::Principals,
                    GapKind::PermissionDenied,
                    format!(
                        "whether approver {} is enabled did not come back; grant Directory.Read.All",
                        principal.name
                    ),
                ));
            }
            PrincipalKindFacts::Group(_) => self.add_approver_group(found, id)?,
            PrincipalKindFacts::Absent => {
                found.dead.insert(id.clone());
            }
            // Disabled users cannot sign in to approve; service principals cannot approve at all.
            PrincipalKindFacts::User(_)
            | PrincipalKindFacts::ServicePrincipal(_)
            | PrincipalKindFacts::Other(_)
            | PrincipalKindFacts::Hidden => {}
        }
        Ok(())
    }

    fn add_approver_group(&self, found: &mut Approvers, group: &PrincipalId) -> Result<(), Gap> {
        found.groups.insert(group.clone());
        if self.principal(group).is_some_and(|it| matches!(it.kind, PrincipalKindFacts::Absent)) {
            found.dead.insert(group.clone());
            return Ok(());
        }
        let expansion = self.expand(group);
        if let Some(gap) = expansion.gaps.first() {
            return Err(gap.clone());
        }
        for member in expansion.members.keys() {
            // Groups were followed by the walk; what is left are people and services.
            if self.principal(member).is_none_or(|it| it.group().is_none()) {
                self.add_approver(found, member)?;
            }
        }
        Ok(())
    }

    /// People who hold a role all the time, directly or through a group.
    pub fn standing_people(&self, role: &RoleId) -> Result<BTreeSet<PrincipalId>, Gap> {
        self.tenant.active.complete()?;
        let holders = self.holders(role, true);
        let standing = holders
            .people
            .iter()
            .filter(|(_, paths)| paths.iter().any(|it| it.grant.is_standing()));
        Ok(standing.map(|(person, _)| person.clone()).collect())
    }

    fn policy(&self, role: &RoleId) -> Result<&'a ActivationPolicy, Gap> {
        match self.tenant.policies.at_least()?.get(role) {
            Some(Ok(policy)) => Ok(policy),
            Some(Err(gap)) => Err(gap.clone()),
            None => Err(self.tenant.policies.gap().cloned().unwrap_or_else(|| {
                Gap::of(
                    Dataset::RolePolicies,
                    GapKind::ImpossiblyEmpty,
                    "no role management policy is assigned to this role",
                )
            })),
        }
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
                candidates.insert(
                    grant.principal.clone(),
                    "cloud only, on the .onmicrosoft.com domain, permanent Global Administrator"
                        .to_owned(),
                );
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
        Facts { world: self, subject, needs }
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
    match roles::by_id(id) {
        Some(known) => Role {
            id: id.clone(),
            name: known.display_name.as_str().into(),
            built_in: true,
            tier: known.tier,
            tier_note: None,
            privileged: known.is_privileged,
            assignable: known.assignable,
        },
        None => Role {
            id: id.clone(),
            name: id.as_str().into(),
            built_in: false,
            tier: Tier::High,
            tier_note: Some("its definition could not be read, so it counts as high".into()),
            privileged: false,
            assignable: true,
        },
    }
}

/// A group that holds a role may have eligible members, which stand in no directory list.
fn eligible_members_gap(group: &str) -> Gap {
    Gap::of(
        Dataset::GroupMembers,
        GapKind::NotRequested,
        format!(
            "group {group} may have eligible members in PIM for Groups, which this version does not read"
        ),
    )
}

/// The window of one check on one subject.
#[derive(Clone, Copy)]
pub struct Facts<'w, 'a> {
    world: &'w World<'a>,
    subject: &'w Subject,
    needs: &'static [Dataset],
}

impl<'w, 'a> Facts<'w, 'a> {
    fn declared(&self, datasets: &[Dataset]) {
        for dataset in datasets {
            debug_assert!(
                self.needs.contains(dataset),
                "a check reads {dataset} without declaring it in `needs`"
            );
        }
    }

    /// The time of judgement.
    pub const fn now(&self) -> Timestamp {
        self.world.now
    }

    /// What is judged.
    pub const fn subject(&self) -> &'w Subject {
        self.subject
    }

    /// The organisation file.
    pub const fn organisation(&self) -> &'a Organisation {
        self.world.organisation
    }

    /// The role of the subject: of its access or of its grant. `None` for tenant and principals.
    pub fn role(&self) -> Option<Role> {
        match &self.subject.target {
            Target::Access(access) => Some(self.world.role(access.role())),
            Target::ActiveGrant(place) => {
                Some(self.world.role(self.world.active_grant(*place).access.role()))
            }
            Target::Tenant | Target::Principal(_) | Target::Dataset { .. } => None,
        }
    }

    /// A role by id: name, tier and label. The definitions are optional here, the built-in list
    /// stands in for them.
    pub fn role_by_id(&self, id: &RoleId) -> Role {
        self.world.role(id)
    }

    /// Tier critical or high, or labelled PRIVILEGED.
    pub fn matters(&self, id: &RoleId) -> bool {
        self.world.matters(id)
    }

    /// The roles table's row of a role, where the baseline has a table with such a row.
    pub fn table_row(&self, role: &RoleId) -> Option<TableRow> {
        self.world.table.and_then(|table| table.rows.get(role)).copied()
    }

    /// The activation policy of the subject's access. Needs the role policies.
    pub fn policy(&self) -> Result<&'a ActivationPolicy, Gap> {
        match &self.subject.target {
            Target::Access(access) => self.policy_of(access),
            Target::ActiveGrant(place) => self.policy_of(&self.world.active_grant(*place).access),
            Target::Tenant | Target::Principal(_) | Target::Dataset { .. } => {
                Err(Gap::new(GapKind::Unreadable, "the subject has no activation policy"))
            }
        }
    }

    /// The activation policy of any access. Needs the role policies.
    pub fn policy_of(&self, access: &Access) -> Result<&'a ActivationPolicy, Gap> {
        self.declared(&[Dataset::RolePolicies]);
        self.world.policy(access.role())
    }

    /// The active grant that is the subject.
    pub fn grant(&self) -> Result<&'a Grant, Gap> {
        self.declared(&[Dataset::RoleAssignments]);
        match &self.subject.target {
            Target::ActiveGrant(place) => Ok(self.world.active_grant(*place)),
            Target::Tenant | Target::Access(_) | Target::Principal(_) | Target::Dataset { .. } => {
                Err(Gap::new(GapKind::Unreadable, "the subject is not an active grant"))
            }
        }
    }

    /// The class of the subject's grant; a gap when the list that tells assigned from activated was
    /// not read.
    pub fn grant_class(&self) -> Result<Class, Gap> {
        self.declared(&[Dataset::RoleAssignmentScheduleInstances]);
        let class = self.grant()?.class();
        if class == Class::Unknown { Err(self.active_gap()) } else { Ok(class) }
    }

    fn active_gap(&self) -> Gap {
        self.world.tenant.active.gap().cloned().unwrap_or_else(|| {
            Gap::of(
                Dataset::RoleAssignmentScheduleInstances,
                GapKind::Incomplete,
                "whether it is assigned or activated is not known",
            )
        })
    }

    /// Why the schedule instances are not complete, where they are not: then nothing can be said of
    /// who made an assignment.
    pub fn instances_gap(&self) -> Option<&'a Gap> {
        self.declared(&[Dataset::RoleAssignmentScheduleInstances]);
        self.world.tenant.instances_gap.as_ref()
    }

    /// All active grants, or why the list is not whole.
    pub fn active(&self) -> Result<&'a [Grant], Gap> {
        self.declared(&[Dataset::RoleAssignments, Dataset::RoleAssignmentScheduleInstances]);
        self.world.tenant.active.complete().map(Vec::as_slice)
    }

    /// Whatever is known of the active grants; may only prove a failure.
    pub fn active_at_least(&self) -> Result<&'a [Grant], Gap> {
        self.declared(&[Dataset::RoleAssignments, Dataset::RoleAssignmentScheduleInstances]);
        self.world.tenant.active.at_least().map(Vec::as_slice)
    }

    /// All eligible grants, or why the list is not whole.
    pub fn eligible(&self) -> Result<&'a [Grant], Gap> {
        self.declared(&[Dataset::RoleEligibilityScheduleInstances]);
        self.world.tenant.eligible.complete().map(Vec::as_slice)
    }

    /// Whatever is known of the eligible grants; may only prove a failure.
    pub fn eligible_at_least(&self) -> Result<&'a [Grant], Gap> {
        self.declared(&[Dataset::RoleEligibilityScheduleInstances]);
        self.world.tenant.eligible.at_least().map(Vec::as_slice)
    }

    /// Active grants of one role, as far as known.
    pub fn active_of(&self, role: &RoleId) -> Vec<&'a Grant> {
        self.declared(&[Dataset::RoleAssignments, Dataset::RoleAssignmentScheduleInstances]);
        self.world.active_of(role).iter().map(|&place| self.world.active_grant(place)).collect()
    }

    /// Eligible grants of one role, as far as known.
    pub fn eligible_of(&self, role: &RoleId) -> Vec<&'a Grant> {
        self.declared(&[Dataset::RoleEligibilityScheduleInstances]);
        let eligible = self.world.tenant.eligible.at_least().map(Vec::as_slice).unwrap_or_default();
        self.world.eligible_of(role).iter().map(|&place| &eligible[place]).collect()
    }

    /// Every grant of a principal itself, active and eligible, as far as known.
    pub fn grants_held_by(&self, principal: &PrincipalId) -> Vec<&'a Grant> {
        self.declared(&[
            Dataset::RoleAssignments,
            Dataset::RoleAssignmentScheduleInstances,
            Dataset::RoleEligibilityScheduleInstances,
        ]);
        self.world.grants_held_by(principal).collect()
    }

    /// Everyone who holds a role tenant-wide, by any way. Needs assignments, eligibilities, principals
    /// and group members.
    pub fn holders(&self, role: &RoleId) -> Rc<Holders<'a>> {
        self.holders_within(role, true)
    }

    /// The same, with those who hold it in an administrative unit or on a single object only.
    pub fn holders_anywhere(&self, role: &RoleId) -> Rc<Holders<'a>> {
        self.holders_within(role, false)
    }

    fn holders_within(&self, role: &RoleId, tenant_wide: bool) -> Rc<Holders<'a>> {
        self.declared(&[
            Dataset::RoleAssignments,
            Dataset::RoleAssignmentScheduleInstances,
            Dataset::RoleEligibilityScheduleInstances,
            Dataset::Principals,
            Dataset::GroupMembers,
        ]);
        self.world.holders(role, tenant_wide)
    }

    /// The principal that is the subject, or that holds the subject's grant.
    pub fn principal(&self) -> Result<&'a Principal, Gap> {
        self.declared(&[Dataset::Principals]);
        let id = match &self.subject.target {
            Target::Principal(id) => id,
            Target::ActiveGrant(place) => &self.world.active_grant(*place).principal,
            Target::Tenant | Target::Access(_) | Target::Dataset { .. } => {
                return Err(Gap::new(GapKind::Unreadable, "the subject is no principal"));
            }
        };
        self.world.readable_principal(id)
    }

    /// Any principal, or why nothing can be said of it.
    pub fn principal_by_id(&self, id: &PrincipalId) -> Result<&'a Principal, Gap> {
        self.declared(&[Dataset::Principals]);
        self.world.readable_principal(id)
    }

    /// The name to show for a principal.
    pub fn name_of(&self, id: &PrincipalId) -> Arc<str> {
        self.world.name_of(id)
    }

    /// Everyone in a group by plain membership.
    pub fn members_of(&self, group: &PrincipalId) -> Rc<Expansion> {
        self.declared(&[Dataset::GroupMembers]);
        self.world.expand(group)
    }

    /// The declared break-glass accounts.
    pub fn break_glass(&self) -> &'w [BreakGlass] {
        &self.world.break_glass
    }

    /// True for a declared break-glass account.
    pub fn is_break_glass(&self, id: &PrincipalId) -> bool {
        self.world.is_break_glass(id)
    }

    /// Accounts that look like undeclared break-glass accounts.
    pub fn break_glass_candidates(&self) -> Vec<(PrincipalId, String)> {
        self.declared(&[Dataset::RoleAssignments, Dataset::Principals]);
        self.world.break_glass_candidates()
    }

    /// Shared judgement: who can approve an activation of this role; `None` without approval.
    pub fn approvers_for(&self, role: &RoleId) -> Result<Option<Approvers>, Gap> {
        self.declared(&[
            Dataset::RolePolicies,
            Dataset::RoleAssignments,
            Dataset::RoleAssignmentScheduleInstances,
            Dataset::Principals,
            Dataset::GroupMembers,
        ]);
        self.world.approvers_for(role)
    }

    /// People who hold a role all the time.
    pub fn standing_people(&self, role: &RoleId) -> Result<BTreeSet<PrincipalId>, Gap> {
        self.declared(&[
            Dataset::RoleAssignments,
            Dataset::RoleAssignmentScheduleInstances,
            Dataset::Principals,
            Dataset::GroupMembers,
        ]);
        self.world.standing_people(role)
    }

    /// The licences, or why they are not known.
    pub fn licences(&self) -> Result<&'a [Sku], Gap> {
        self.declared(&[Dataset::SubscribedSkus]);
        self.world.tenant.licences.complete().map(Vec::as_slice)
    }

    /// Verified domains of the tenant, lower case.
    pub fn domains(&self) -> Result<&'a [Arc<str>], Gap> {
        self.declared(&[Dataset::Organization]);
        self.world.tenant.domains.complete().map(Vec::as_slice)
    }

    /// All role definitions, or why they are not known.
    pub fn roles(&self) -> Result<&'a BTreeMap<RoleId, Role>, Gap> {
        self.declared(&[Dataset::RoleDefinitions]);
        self.world.tenant.roles.complete()
    }

    /// Faults of the waivers, once every other finding is known.
    pub fn waiver_faults(&self) -> &'w [String] {
        self.world.waiver_faults.get().map(Vec::as_slice).unwrap_or_default()
    }
}

/// Whether a list of subjects is whole, for the extra finding `dataset:<name>`.
pub fn list_state<T>(collected: &Collected<T>) -> Option<(&Gap, bool)> {
    collected.gap().map(|gap| (gap, collected.is_missing()))
}

/// The subject of tenant-wide checks.
pub fn tenant_subject() -> Subject {
    Subject {
        key: "tenant".into(),
        kind: SubjectKind::Tenant,
        name: "tenant".into(),
        tier: None,
        weight: 1.0,
        target: Target::Tenant,
    }
}
