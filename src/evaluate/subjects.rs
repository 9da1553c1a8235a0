//! What the checks judge: every subject of a kind, with its tier, its weight and the roles it stands
//! for, and why there may be more of them.

use crate::checks::Subjects;
use crate::facts::{How, World};
use crate::model::{
    Access, AlertKind, Class, Dataset, Gap, GapKind, Grant, GroupAccess, Hold, PrincipalId, Role,
    RoleId, Subject, SubjectKind, Target, Tier,
};
use std::collections::{BTreeMap, BTreeSet};

/// Exposure of a policy whose access nobody holds (see `docs/score.md`).
const UNUSED: f64 = 0.25;
/// Exposure of what is held within administrative units or single objects only.
const NARROW: f64 = 0.5;

/// A subject with the roles it stands for, which the selectors of the rules ask for.
pub struct Listed {
    /// The subject.
    pub subject: Subject,
    /// Every role it is, is a grant of, or reaches by any way; none for the tenant.
    pub roles: Vec<(RoleId, Tier)>,
}

/// Why there may be more subjects of a kind.
#[derive(Clone, Debug)]
pub struct ListGap {
    /// The collection that is not whole.
    pub dataset: Dataset,
    /// Why.
    pub gap: Gap,
    /// True when nothing of it is known.
    pub missing: bool,
    /// The kind of subject it should have listed.
    pub kind: SubjectKind,
}

/// The subjects that the rules of a check ask for.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// Their kind.
    pub kind: Subjects,
    /// Roles that count as privileged beside those that are.
    pub named: BTreeSet<RoleId>,
    /// Roles whose access is to be reviewed although nobody may hold them.
    pub unused: BTreeSet<RoleId>,
}

impl Wanted {
    /// All of a kind.
    pub const fn all(kind: Subjects) -> Self {
        Self { kind, named: BTreeSet::new(), unused: BTreeSet::new() }
    }
}

/// Every subject that is wanted and known.
pub fn subjects_of(world: &World<'_>, wanted: &Wanted) -> Vec<Listed> {
    let named = &wanted.named;
    match wanted.kind {
        Subjects::Tenant => {
            vec![Listed { subject: crate::facts::tenant_subject(), roles: Vec::new() }]
        }
        Subjects::Roles => role_subjects(world),
        Subjects::Definitions => definitions(world),
        Subjects::Policies | Subjects::Gates => {
            let mut all = role_subjects(world);
            all.extend(group_policies(world));
            all
        }
        Subjects::ActiveGrants => grant_subjects(world, &ACTIVE),
        Subjects::Grants => grant_subjects(world, &NOT_ACTIVATED),
        Subjects::PrivilegedPrincipals => privileged_principals(world, true, named),
        Subjects::PrivilegedServicePrincipals => privileged_principals(world, false, named),
        Subjects::GrantedPrincipals => granted_principals(world),
        Subjects::RoleGroups => groups(world, &world.guarded_groups(), GroupAccess::Member),
        Subjects::RoleGroupOwners => groups(world, &world.guarded_groups(), GroupAccess::Owner),
        Subjects::ApproverGroups => approver_groups(world),
        Subjects::SensitiveGroups => groups(world, world.sensitive_groups(), GroupAccess::Member),
        Subjects::Alerts => alerts(world),
        Subjects::ReviewedAccesses => {
            let mut all = role_subjects(world);
            let used = privileged_roles(world, named);
            let is_wanted = |role: &RoleId| used.contains(role) || wanted.unused.contains(role);
            all.retain(|listed| listed.roles.iter().any(|(role, _)| is_wanted(role)));
            all.extend(groups(world, world.role_groups(), GroupAccess::Member));
            all
        }
        Subjects::BypassingApplications => applications(world),
        Subjects::BreakGlassAccounts => break_glass(world),
    }
}

fn role_subjects(world: &World<'_>) -> Vec<Listed> {
    let Ok(roles) = world.tenant().roles.at_least() else { return Vec::new() };
    // A role that somebody holds is one, also where no definition of it came.
    let held = held_roles(world).into_iter().filter(|role| !roles.contains_key(role));
    let undefined: Vec<Role> = held.map(|role| world.role(&role)).collect();
    let assignable = roles.values().filter(|role| role.assignable);
    assignable.chain(&undefined).map(|role| role_subject(world, role)).collect()
}

/// Every definition, also of the roles that cannot be assigned.
fn definitions(world: &World<'_>) -> Vec<Listed> {
    let Ok(roles) = world.tenant().roles.at_least() else { return Vec::new() };
    roles.values().map(|role| role_subject(world, role)).collect()
}

fn role_subject(world: &World<'_>, role: &Role) -> Listed {
    let tenant = world.tenant();
    let holders_known = tenant.active.gap().is_none() && tenant.eligible.gap().is_none();
    let tier = world.tier(&role.id);
    let mut narrow = true;
    let mut held = false;
    for grant in world.grants_of(&role.id) {
        held = true;
        narrow &= !grant.within.is_tenant();
    }
    let least = match (held, narrow) {
        // Users and guests have it by being there; no list says so.
        (false, _) if !role.assignable => 1.0,
        (false, _) => UNUSED,
        (true, true) => NARROW,
        (true, false) => 1.0,
    };
    // Somebody may hold it in what was not read.
    let exposure = if holders_known { least } else { 1.0 };
    let access = Access::DirectoryRole(role.id.clone());
    let subject = Subject {
        key: access.key().into(),
        kind: SubjectKind::Role,
        name: role.name.clone(),
        tier: Some(tier),
        weight: tier.weight() * exposure,
        least: tier.weight() * least,
        target: Target::Access(access),
    };
    Listed { subject, roles: vec![(role.id.clone(), tier)] }
}

/// The accesses of every PIM group that leads to a role or is declared as sensitive.
fn group_policies(world: &World<'_>) -> Vec<Listed> {
    let mut all = world.guarded_groups();
    // Of one that PIM may manage it is known that it is there; what it asks for is not assessed.
    all.retain(|group| world.is_onboarded(group) != Ok(false));
    let mut listed = groups(world, &all, GroupAccess::Member);
    listed.extend(groups(world, &all, GroupAccess::Owner));
    for it in &mut listed {
        // A policy that nobody can use, because nobody is eligible or active, matters less.
        let Target::Access(access) = &it.subject.target else { continue };
        match world.is_used(access) {
            Ok(true) => {}
            Ok(false) => {
                it.subject.weight *= UNUSED;
                it.subject.least *= UNUSED;
            }
            Err(_) => it.subject.least *= UNUSED,
        }
        if let Access::Group(group, _) = access
            && world.is_onboarded(group).is_err()
        {
            it.subject.least = 0.0;
        }
    }
    listed
}

fn approver_groups(world: &World<'_>) -> Vec<Listed> {
    let uses = world.approved_by_groups();
    let mut listed = groups(world, &uses.keys().cloned().collect(), GroupAccess::Member);
    for it in &mut listed {
        let Target::Access(Access::Group(group, _)) = &it.subject.target else { continue };
        // It is as sensitive as what it approves.
        let mut roles: BTreeMap<RoleId, Tier> = it.roles.drain(..).collect();
        for access in uses.get(group).into_iter().flatten() {
            for reached in &*world.roles_reached_by(access) {
                roles.insert(reached.role.clone(), reached.tier);
            }
        }
        let tier = roles.values().max().copied().unwrap_or(Tier::Standard);
        it.subject.tier = Some(tier);
        it.subject.weight = tier.weight();
        it.subject.least = tier.weight();
        it.roles = roles.into_iter().collect();
    }
    listed
}

/// Groups as subjects, by one of their accesses.
fn groups(world: &World<'_>, groups: &BTreeSet<PrincipalId>, access: GroupAccess) -> Vec<Listed> {
    let sensitive = world.sensitive_groups();
    groups
        .iter()
        .filter(|group| !world.is_deleted(group))
        .map(|group| {
            let target = Access::Group(group.clone(), access);
            let mut roles: BTreeMap<RoleId, Tier> = BTreeMap::new();
            let mut tenant_wide = false;
            for reached in &*world.roles_reached_by(&target) {
                tenant_wide |= reached.tenant_wide;
                roles.insert(reached.role.clone(), reached.tier);
            }
            let least = if sensitive.contains(group) { Tier::High } else { Tier::Standard };
            let tier = roles.values().max().copied().unwrap_or(least).max(least);
            let exposure = if tenant_wide || roles.is_empty() { 1.0 } else { NARROW };
            let subject = Subject {
                key: target.key().into(),
                kind: SubjectKind::Group,
                name: world.access_name(&target),
                tier: Some(tier),
                weight: tier.weight() * exposure,
                least: tier.weight() * exposure,
                target: Target::Access(target),
            };
            Listed { subject, roles: roles.into_iter().collect() }
        })
        .collect()
}

const ACTIVE: [Class; 4] = [Class::Permanent, Class::TimeBound, Class::Activated, Class::Unknown];
const NOT_ACTIVATED: [Class; 5] = [
    Class::Permanent,
    Class::TimeBound,
    Class::Unknown,
    Class::EligiblePermanent,
    Class::EligibleTimeBound,
];

fn grant_subjects(world: &World<'_>, classes: &[Class]) -> Vec<Listed> {
    let active = world.tenant().active.at_least().map(Vec::as_slice).unwrap_or_default();
    let eligible = world.tenant().eligible.at_least().map(Vec::as_slice).unwrap_or_default();
    let active = active.iter().enumerate().map(|(place, it)| (it, Target::ActiveGrant(place)));
    let eligible =
        eligible.iter().enumerate().map(|(place, it)| (it, Target::EligibleGrant(place)));
    let mut listed: Vec<Listed> = active
        .chain(eligible)
        .filter(|(grant, _)| classes.contains(&grant.class()))
        .map(|(grant, target)| {
            let role = &grant.role;
            let tier = world.tier(role);
            let exposure = if grant.within.is_tenant() { 1.0 } else { NARROW };
            let scope = world.within(&grant.within);
            let name = world.name_of(&grant.principal);
            let subject = Subject {
                key: grant.key().into(),
                kind: SubjectKind::Grant,
                name: format!("{name} as {}{scope}", world.role_name(role)).into(),
                tier: Some(tier),
                weight: tier.weight() * exposure,
                least: tier.weight() * exposure,
                target,
            };
            Listed { subject, roles: vec![(role.clone(), tier)] }
        })
        .collect();
    number_equal_keys(&mut listed);
    listed
}

/// Several activations of one role can run at once; each is a subject of its own.
fn number_equal_keys(listed: &mut [Listed]) {
    listed.sort_by(|a, b| a.subject.key.cmp(&b.subject.key));
    for same in listed.chunk_by_mut(|a, b| a.subject.key == b.subject.key) {
        for (place, it) in same.iter_mut().enumerate().skip(1) {
            it.subject.key = format!("{}:{}", it.subject.key, place + 1).into();
        }
    }
}

/// The word for how a grant is held.
pub const fn hold_name(grant: &Grant) -> &'static str {
    match grant.hold {
        Hold::Eligible => "eligible",
        Hold::Assigned => "active",
        Hold::Activated => "activated",
        Hold::ActiveOfUnknownType => "active (type not read)",
    }
}

/// The word for how a hop is held.
pub const fn how_name(how: How) -> &'static str {
    match how {
        How::Plain | How::Assigned { .. } => "active",
        How::Eligible { .. } => "eligible",
        How::Activated => "activated",
        How::Unknown => "active (type not read)",
    }
}

/// What a principal reaches.
#[derive(Default)]
struct Reached {
    roles: BTreeMap<RoleId, Tier>,
    tenant_wide: bool,
}

impl Reached {
    fn add(&mut self, role: &RoleId, tier: Tier, grant: &Grant) {
        if !self.roles.contains_key(role) {
            self.roles.insert(role.clone(), tier);
        }
        self.tenant_wide |= grant.within.is_tenant();
    }
}

/// Holders of privileged roles, with or without the users; who could not be resolved may be of any
/// kind and is always there.
fn privileged_principals(world: &World<'_>, users: bool, named: &BTreeSet<RoleId>) -> Vec<Listed> {
    let mut people: BTreeMap<PrincipalId, Reached> = BTreeMap::new();
    for role in privileged_roles(world, named) {
        let tier = world.tier(&role);
        let holders = world.holders(&role, false);
        let persons = holders.people.iter().filter(|_| users);
        for (person, paths) in persons.chain(&holders.services) {
            for path in paths {
                people.entry(person.clone()).or_default().add(&role, tier, path.grant);
            }
        }
        for grant in world.grants_of(&role) {
            if holders.unresolved.contains_key(&grant.principal) {
                people.entry(grant.principal.clone()).or_default().add(&role, tier, grant);
            }
        }
    }
    principal_subjects(world, people)
}

fn granted_principals(world: &World<'_>) -> Vec<Listed> {
    let mut holders: BTreeMap<PrincipalId, Reached> = BTreeMap::new();
    for role in held_roles(world) {
        let tier = world.tier(&role);
        for grant in world.grants_of(&role) {
            // Who only activated, out of a group's eligibility, has no grant to tidy up; and starting
            // or ending an activation may move no score.
            if grant.class() != Class::Activated {
                holders.entry(grant.principal.clone()).or_default().add(&role, tier, grant);
            }
        }
    }
    principal_subjects(world, holders)
}

/// Roles in use that are privileged or named.
fn privileged_roles(world: &World<'_>, named: &BTreeSet<RoleId>) -> BTreeSet<RoleId> {
    let mut roles = held_roles(world);
    roles.retain(|role| world.matters(role) || named.contains(role));
    roles
}

fn held_roles(world: &World<'_>) -> BTreeSet<RoleId> {
    world.all_grants().map(|grant| grant.role.clone()).collect()
}

fn principal_subjects(
    world: &World<'_>,
    principals: BTreeMap<PrincipalId, Reached>,
) -> Vec<Listed> {
    principals
        .into_iter()
        .map(|(id, reached)| {
            let exposure = if reached.tenant_wide { 1.0 } else { NARROW };
            let tier = reached.roles.values().max().copied();
            let weight = tier.map_or(1.0, Tier::weight) * exposure;
            let roles = reached.roles.into_iter().collect();
            Listed { subject: principal_subject(world, id, tier, weight), roles }
        })
        .collect()
}

fn principal_subject(
    world: &World<'_>,
    id: PrincipalId,
    tier: Option<Tier>,
    weight: f64,
) -> Subject {
    Subject {
        key: format!("principal:{id}").into(),
        kind: SubjectKind::Principal,
        name: world.name_of(&id),
        tier,
        weight,
        least: weight,
        target: Target::Principal(id),
    }
}

/// Applications that can rewrite PIM or roles reach every role, and so have no tier of their own.
fn applications(world: &World<'_>) -> Vec<Listed> {
    let all = world.bypassing_applications().into_iter();
    all.map(|id| Listed { subject: principal_subject(world, id, None, 1.0), roles: Vec::new() })
        .collect()
}

fn break_glass(world: &World<'_>) -> Vec<Listed> {
    let declared: BTreeSet<PrincipalId> =
        world.break_glass().iter().filter_map(|account| account.principal.clone()).collect();
    let global = RoleId::new(crate::model::roles::GLOBAL_ADMINISTRATOR);
    declared
        .into_iter()
        .map(|id| Listed {
            subject: principal_subject(world, id, None, 1.0),
            roles: vec![(global.clone(), Tier::Critical)],
        })
        .collect()
}

/// All seven: one that Graph did not return is judged as absent, not passed over.
fn alerts(world: &World<'_>) -> Vec<Listed> {
    if world.tenant().alerts.is_missing() {
        return Vec::new();
    }
    AlertKind::ALL
        .into_iter()
        .map(|kind| Listed {
            subject: Subject {
                key: format!("alert:{kind}").into(),
                kind: SubjectKind::Alert,
                name: kind.title().into(),
                tier: None,
                weight: 1.0,
                least: 1.0,
                target: Target::Alert(kind),
            },
            roles: Vec::new(),
        })
        .collect()
}

/// The lists of these subjects that are not complete.
pub fn list_gaps(world: &World<'_>, wanted: &Wanted) -> Vec<ListGap> {
    let tenant = world.tenant();
    let named = &wanted.named;
    let mut gaps = Gaps { list: Vec::new(), kind: wanted.kind.kind() };
    match wanted.kind {
        Subjects::Tenant => {}
        // A declared account is no subject until it is found, so nothing would be said of it.
        Subjects::BreakGlassAccounts => {
            if world.break_glass().iter().any(|account| account.principal.is_none()) {
                let principals = &tenant.principals;
                gaps.add(Dataset::Principals, principals.gap(), principals.is_missing());
            }
        }
        Subjects::Roles | Subjects::Definitions => {
            gaps.add(Dataset::RoleDefinitions, tenant.roles.gap(), tenant.roles.is_missing());
        }
        Subjects::Policies | Subjects::Gates => {
            gaps.add(Dataset::RoleDefinitions, tenant.roles.gap(), tenant.roles.is_missing());
            gaps.kind = SubjectKind::Group;
            grant_gaps(world, &mut gaps);
            nesting_gaps(world, &mut gaps);
        }
        Subjects::ActiveGrants => active_gap(world, &mut gaps),
        Subjects::Grants | Subjects::GrantedPrincipals => grant_gaps(world, &mut gaps),
        Subjects::PrivilegedPrincipals | Subjects::PrivilegedServicePrincipals => {
            grant_gaps(world, &mut gaps);
            holder_gaps(world, named, &mut gaps);
        }
        Subjects::RoleGroups | Subjects::RoleGroupOwners => {
            grant_gaps(world, &mut gaps);
            nesting_gaps(world, &mut gaps);
        }
        Subjects::ReviewedAccesses => {
            gaps.add(Dataset::RoleDefinitions, tenant.roles.gap(), tenant.roles.is_missing());
            grant_gaps(world, &mut gaps);
            gaps.kind = SubjectKind::Group;
            nesting_gaps(world, &mut gaps);
        }
        Subjects::ApproverGroups => {
            let policies = &tenant.policies;
            gaps.add(Dataset::RolePolicies, policies.gap(), policies.is_missing());
            nesting_gaps(world, &mut gaps);
            // Groups approve what other groups' policies ask for, where PIM manages those.
            for group in world.role_groups() {
                if let Err(gap) = world.is_onboarded(group) {
                    let missing = world.tenant().onboarded.is_missing();
                    gaps.add(Dataset::OnboardedGroups, Some(&gap), missing);
                }
            }
        }
        Subjects::SensitiveGroups => {
            let declared = &world.organisation().sensitive_groups;
            if declared.is_empty() {
                let detail = "no group is declared under sensitive_groups in pimaudit.yaml";
                let gap = Gap::new(GapKind::NotDeclared, detail);
                gaps.add(Dataset::Principals, Some(&gap), true);
            }
            let unknown: Vec<String> = declared
                .iter()
                .filter(|(_, group)| world.group_named(group).is_none())
                .map(|(name, group)| format!("{name} ({group})"))
                .collect();
            if !unknown.is_empty() {
                let gap = tenant.principals.gap().cloned().unwrap_or_else(|| {
                    let detail = format!(
                        "not found, or of a name that several groups have: {}; give object ids under \
                         sensitive_groups",
                        unknown.join(", ")
                    );
                    Gap::new(GapKind::NotDeclared, detail)
                });
                gaps.add(Dataset::Principals, Some(&gap), tenant.principals.is_missing());
            }
        }
        Subjects::Alerts => {
            gaps.add(Dataset::PimAlerts, tenant.alerts.gap(), tenant.alerts.is_missing());
        }
        Subjects::BypassingApplications => {
            let grants = &tenant.application_grants;
            gaps.add(Dataset::ApplicationGrants, grants.gap(), grants.is_missing());
            let grants = &tenant.delegated_grants;
            gaps.add(Dataset::DelegatedGrants, grants.gap(), grants.is_missing());
        }
    }
    gaps.list
}

struct Gaps {
    list: Vec<ListGap>,
    kind: SubjectKind,
}

impl Gaps {
    /// One a collection and kind is enough.
    fn add(&mut self, fallback: Dataset, gap: Option<&Gap>, missing: bool) {
        let Some(gap) = gap else { return };
        let dataset = gap.dataset.unwrap_or(fallback);
        if !self.list.iter().any(|known| known.dataset == dataset) {
            self.list.push(ListGap { dataset, gap: gap.clone(), missing, kind: self.kind });
        }
    }
}

fn active_gap(world: &World<'_>, gaps: &mut Gaps) {
    let tenant = world.tenant();
    let missing = tenant.active.is_missing() || tenant.assignments_missing;
    gaps.add(Dataset::RoleAssignments, tenant.active.gap(), missing);
}

fn grant_gaps(world: &World<'_>, gaps: &mut Gaps) {
    active_gap(world, gaps);
    let eligible = &world.tenant().eligible;
    gaps.add(Dataset::RoleEligibilityScheduleInstances, eligible.gap(), eligible.is_missing());
}

/// Whether principals and members are missing altogether, for gaps in them.
fn is_missing(world: &World<'_>, gap: &Gap) -> bool {
    let tenant = world.tenant();
    match gap.dataset {
        Some(Dataset::GroupMembers) => tenant.members.is_missing(),
        Some(Dataset::GroupOwners) => tenant.owners.is_missing(),
        Some(Dataset::Principals) => tenant.principals.is_missing(),
        Some(_) | None => false,
    }
}

fn holder_gaps(world: &World<'_>, named: &BTreeSet<RoleId>, gaps: &mut Gaps) {
    let mut further: Vec<Gap> = world.tenant().principals.gap().cloned().into_iter().collect();
    for role in privileged_roles(world, named) {
        let holders = world.holders(&role, false);
        further.extend(holders.gaps.iter().cloned());
    }
    further.sort();
    for gap in &further {
        // Without any members, or any principals, nobody knows how many people are hidden.
        gaps.add(Dataset::GroupMembers, Some(gap), is_missing(world, gap));
    }
}

/// Why there may be more groups: principals of which nobody knows whether they are groups, groups
/// whose members could not be read, and ways onward that were not followed to their end.
fn nesting_gaps(world: &World<'_>, gaps: &mut Gaps) {
    let mut further: Vec<Gap> = world.tenant().principals.gap().cloned().into_iter().collect();
    for group in world.role_groups() {
        further.extend(world.entries(group).member_gaps.iter().cloned());
        further.extend(world.reach_gap(&Access::Group(group.clone(), GroupAccess::Member)));
    }
    further.sort();
    for gap in &further {
        gaps.add(Dataset::GroupMembers, Some(gap), is_missing(world, gap));
    }
}
