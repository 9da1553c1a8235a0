//! Who holds a role, by any way, and what a group access leads to.

use super::groups::{Chain, Hop, How, Step};
use super::window::Facts;
use super::world::World;
use crate::model::{
    Access, Class, Dataset, Gap, GapKind, Grant, GroupAccess, PrincipalId, PrincipalKindFacts,
    RoleId, Tier,
};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

/// One way to hold a role.
#[derive(Clone, Debug)]
pub struct Path<'a> {
    /// The grant the way ends in.
    pub grant: &'a Grant,
    /// The hops, the one next to the role first; none when held directly.
    pub hops: Chain,
}

/// How a way is held, over all its hops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathState {
    /// All the time.
    Standing,
    /// Now; whether for good could not be read.
    Unknown,
    /// Now, out of an eligibility.
    Activated,
    /// After an activation.
    Eligible,
}

/// How the hops of a way are held together.
pub(super) fn state_of(hops: &Chain) -> PathState {
    let state = |how: How| match how {
        How::Plain | How::Assigned { .. } => PathState::Standing,
        How::Eligible { .. } => PathState::Eligible,
        How::Activated => PathState::Activated,
        How::Unknown => PathState::Unknown,
    };
    hops.iter().map(|hop| state(hop.how)).fold(PathState::Standing, std::cmp::max)
}

impl Holders<'_> {
    /// Why there may be more people; empty when the count is exact.
    pub fn uncounted(&self) -> impl Iterator<Item = &Gap> {
        self.gaps.iter().chain(&self.foreign)
    }
}

impl Path<'_> {
    /// True when the holder has the grant itself.
    pub const fn is_direct(&self) -> bool {
        self.hops.is_empty()
    }

    /// How the way is held: one eligible hop makes the whole way eligible.
    pub fn state(&self) -> PathState {
        let grant = match self.grant.class() {
            Class::Permanent | Class::TimeBound => PathState::Standing,
            Class::Activated => PathState::Activated,
            Class::EligiblePermanent | Class::EligibleTimeBound => PathState::Eligible,
            Class::Unknown => PathState::Unknown,
        };
        grant.max(state_of(&self.hops))
    }

    /// True when the role is there all the time by this way.
    pub fn is_standing(&self) -> bool {
        self.state() == PathState::Standing
    }

    /// The groups passed, the one that holds the role first.
    pub fn groups(&self) -> impl Iterator<Item = &PrincipalId> {
        self.hops.iter().map(|hop| &hop.into)
    }
}

/// Everyone who holds a role, by any way.
#[derive(Clone, Debug, Default)]
pub struct Holders<'a> {
    /// Users by object id, each with every way.
    pub people: BTreeMap<PrincipalId, Vec<Path<'a>>>,
    /// Service principals.
    pub services: BTreeMap<PrincipalId, Vec<Path<'a>>>,
    /// Users and service principals who can make themselves holders, as owners of a group.
    pub potential: BTreeMap<PrincipalId, Vec<Path<'a>>>,
    /// Holders that are deleted, foreign or could not be read.
    pub unresolved: BTreeMap<PrincipalId, Vec<Path<'a>>>,
    /// Why there may be more of this tenant.
    pub gaps: Vec<Gap>,
    /// Holders of another tenant: each known by its id, and by nothing else. Nobody of this tenant can
    /// be behind one.
    pub foreign: Vec<Gap>,
    /// Why there may be more owners.
    pub potential_gaps: Vec<Gap>,
    /// Of those whom lists of members show: true when others hold it whom no list shows.
    pub unlisted: bool,
    /// Of those whom lists of members show: members of a group of whom nobody knows whether by an
    /// assignment or by an activation.
    pub untold: BTreeSet<PrincipalId>,
}

impl Holders<'_> {
    /// Whether this principal is among those who hold the role.
    pub fn has(&self, id: &PrincipalId) -> bool {
        [&self.people, &self.services, &self.unresolved].iter().any(|it| it.contains_key(id))
    }
}

/// A role that a group access leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReachedRole {
    /// The role.
    pub role: RoleId,
    /// Its tier.
    pub tier: Tier,
    /// Nothing more is to be activated on this way.
    pub standing: bool,
    /// What is still to be activated on this way: further groups, and the role itself.
    pub gates: Vec<Access>,
    /// False when the role is held within an administrative unit or a single object only.
    pub tenant_wide: bool,
}

/// What a group leads to.
#[derive(Clone)]
pub(super) struct Reached {
    /// The roles, as far as known.
    roles: Rc<Vec<ReachedRole>>,
    /// Why there may be more.
    gap: Option<Gap>,
}

/// The gates of a way so far, in order. Ways share their beginnings, so that one gate more costs as
/// much on a long way as on a short one.
#[derive(Clone, Default)]
struct Gates(Option<Rc<LastGate>>);

struct LastGate {
    gate: Access,
    before: Gates,
    /// Of this gate and all before it.
    hash: u64,
}

impl Gates {
    fn with(&self, gate: Access) -> Self {
        let mut hasher = DefaultHasher::new();
        (self.hash(), &gate).hash(&mut hasher);
        let hash = hasher.finish();
        Self(Some(Rc::new(LastGate { gate, before: self.clone(), hash })))
    }

    const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    fn hash(&self) -> u64 {
        self.0.as_ref().map_or(0, |last| last.hash)
    }

    /// The last one first.
    fn iter(&self) -> impl Iterator<Item = &Access> {
        let mut next = self.0.as_ref();
        std::iter::from_fn(move || {
            count_work();
            let last = next?;
            next = last.before.0.as_ref();
            Some(&last.gate)
        })
    }

    fn contains(&self, gate: &Access) -> bool {
        self.iter().any(|known| known == gate)
    }

    fn to_vec(&self) -> Vec<Access> {
        let mut gates: Vec<Access> = self.iter().cloned().collect();
        gates.reverse();
        gates
    }
}

#[cfg(test)]
thread_local! {
    /// Steps onward, and gates looked at.
    static WORK: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// For the test that long rows of groups cost no more than the square of their length.
fn count_work() {
    #[cfg(test)]
    WORK.with(|work| work.set(work.get() + 1));
}

impl Hash for Gates {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(Self::hash(self));
    }
}

impl PartialEq for Gates {
    fn eq(&self, other: &Self) -> bool {
        Self::hash(self) == Self::hash(other) && self.iter().eq(other.iter())
    }
}

impl Eq for Gates {}

// A long row of groups makes a way too long to drop by recursion.
impl Drop for LastGate {
    fn drop(&mut self) {
        let mut next = self.before.0.take();
        while let Some(last) = next {
            next = Rc::into_inner(last).and_then(|mut last| last.before.0.take());
        }
    }
}

fn of_another_tenant(id: &PrincipalId) -> Gap {
    let detail = format!(
        "{id} belongs to another tenant; whether it is a person, a group or an application is not to be \
         read here"
    );
    Gap::of(Dataset::Principals, GapKind::Unreadable, detail)
}

/// Steps onward from one group to its roles beyond which none is taken; a wiring denser than that is
/// nothing anybody could mend one by one. What lies beyond is told as unknown.
const MOST_ONWARD: usize = 4096;

impl<'a> World<'a> {
    /// Everyone who holds a role by any way, counted by object id. With `tenant_wide`, grants within
    /// an administrative unit or a single object are left out.
    pub fn holders(&self, role: &RoleId, tenant_wide: bool) -> Rc<Holders<'a>> {
        // Most roles are held over the whole tenant only: then both questions have one answer.
        let narrower = || self.grants_of(role).any(|grant| !grant.within.is_tenant());
        let key = (role.clone(), tenant_wide && narrower());
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
        for grant in self.grants_of(role) {
            if tenant_wide && !grant.within.is_tenant() {
                continue;
            }
            self.add_grant(&mut holders, grant);
        }
        for gaps in [&mut holders.gaps, &mut holders.foreign, &mut holders.potential_gaps] {
            gaps.sort();
            gaps.dedup();
        }
        holders
    }

    fn add_grant(&self, holders: &mut Holders<'a>, grant: &'a Grant) {
        let id = &grant.principal;
        if !self.is_group(id) {
            self.add_holder(holders, id, Path { grant, hops: Chain::default() });
            return;
        }
        let expansion = self.expand(id);
        holders.gaps.extend(expansion.gaps.iter().cloned());
        holders.potential_gaps.extend(expansion.owner_gaps.iter().cloned());
        for (member, chains) in &expansion.members {
            for hops in chains {
                self.add_holder(holders, member, Path { grant, hops: hops.clone() });
            }
        }
        for (owner, chains) in &expansion.potential {
            let paths = chains.iter().map(|hops| Path { grant, hops: hops.clone() });
            holders.potential.entry(owner.clone()).or_default().extend(paths);
        }
    }

    pub(super) fn add_holder(&self, holders: &mut Holders<'a>, id: &PrincipalId, path: Path<'a>) {
        let kind = self.principal(id).map(|principal| &principal.kind);
        let list = match kind {
            Some(PrincipalKindFacts::User(_)) => &mut holders.people,
            Some(PrincipalKindFacts::ServicePrincipal(_)) => &mut holders.services,
            Some(
                PrincipalKindFacts::Group(_)
                | PrincipalKindFacts::Other(_)
                | PrincipalKindFacts::Absent
                | PrincipalKindFacts::Hidden,
            )
            | None => &mut holders.unresolved,
        };
        let foreign = self.is_foreign_holder(id, &path);
        list.entry(id.clone()).or_default().push(path);
        // Whoever was not read may be anybody.
        holders.gaps.extend(self.readable_principal(id).err());
        if foreign {
            holders.foreign.push(of_another_tenant(id));
        }
    }

    /// True for a grant to somebody of another tenant, of whom nothing but the id is to be read here.
    /// Not every list names the tenant: one that does tells it of all grants of this id.
    pub fn is_foreign_grant(&self, grant: &Grant) -> bool {
        let names_another = |it: &Grant| {
            it.principal_organization
                .as_deref()
                .is_some_and(|it| !it.eq_ignore_ascii_case(&self.tenant.id))
        };
        self.is_absent(&grant.principal) && self.grants_held_by(&grant.principal).any(names_another)
    }

    /// The same of a holder by a path: what a group was granted says nothing of its members.
    pub(super) fn is_foreign_holder(&self, id: &PrincipalId, path: &Path<'_>) -> bool {
        path.is_direct() && path.grant.principal == *id && self.is_foreign_grant(path.grant)
    }

    /// People who hold a role all the time, directly or through a group.
    pub fn standing_people(&self, role: &RoleId) -> Result<BTreeSet<PrincipalId>, Gap> {
        self.tenant.active.complete()?;
        let holders = self.holders(role, true);
        let standing =
            holders.people.iter().filter(|(_, paths)| paths.iter().any(Path::is_standing));
        Ok(standing.map(|(person, _)| person.clone()).collect())
    }

    /// People who could activate an access, by the policy of that access.
    pub fn eligible_holders_of(&self, access: &Access) -> Result<BTreeSet<PrincipalId>, Gap> {
        let mut people = BTreeSet::new();
        let mut add = |id: &PrincipalId| -> Result<(), Gap> {
            if self.is_group(id) {
                let expansion = self.expand(id);
                if let Some(gap) = expansion.gaps.first() {
                    return Err(gap.clone());
                }
                for member in expansion.members.keys() {
                    if self.readable_principal(member)?.user().is_some() {
                        people.insert(member.clone());
                    }
                }
            } else if self.readable_principal(id)?.user().is_some() {
                people.insert(id.clone());
            }
            Ok(())
        };
        match access {
            Access::DirectoryRole(role) => {
                self.tenant.eligible.complete()?;
                for grant in self.grants_of(role) {
                    if matches!(
                        grant.class(),
                        Class::Activated | Class::EligiblePermanent | Class::EligibleTimeBound
                    ) {
                        add(&grant.principal)?;
                    }
                }
            }
            Access::Group(group, wanted) => {
                let entries = self.entries(group);
                let gaps = match wanted {
                    GroupAccess::Member => &entries.member_gaps,
                    GroupAccess::Owner => &entries.owner_gaps,
                };
                if let Some(gap) = gaps.first() {
                    return Err(gap.clone());
                }
                for entry in &entries.list {
                    if entry.access == *wanted && entry.how.is_gated() {
                        add(&entry.principal)?;
                    }
                }
            }
        }
        Ok(people)
    }

    /// Whether somebody holds an access, or could activate it; unknown where nobody is known to and more
    /// was not read.
    pub fn is_used(&self, access: &Access) -> Result<bool, Gap> {
        let (used, gap) = match access {
            Access::DirectoryRole(role) => {
                let unread = self.tenant.active.gap().or(self.tenant.eligible.gap());
                (self.grants_of(role).next().is_some(), unread.cloned())
            }
            Access::Group(group, access) => {
                let entries = self.entries(group);
                let gaps = match access {
                    GroupAccess::Member => &entries.member_gaps,
                    GroupAccess::Owner => &entries.owner_gaps,
                };
                let used = entries.list.iter().any(|entry| entry.access == *access);
                (used, gaps.first().cloned())
            }
        };
        match gap {
            Some(gap) if !used => Err(gap),
            Some(_) | None => Ok(used),
        }
    }

    /// The roles an access leads to: itself for a role; for a group what it holds, and what the
    /// groups hold that it is in. As far as known.
    pub fn roles_reached_by(&self, access: &Access) -> Rc<Vec<ReachedRole>> {
        let group = match access {
            Access::DirectoryRole(role) => {
                return Rc::new(vec![ReachedRole {
                    role: role.clone(),
                    tier: self.tier(role),
                    standing: true,
                    gates: Vec::new(),
                    tenant_wide: true,
                }]);
            }
            Access::Group(group, _) => group,
        };
        self.reached_by(group).roles
    }

    /// Why an access may lead to more roles than are known: from a group there are more ways onward than
    /// are followed.
    pub fn reach_gap(&self, access: &Access) -> Option<Gap> {
        match access {
            Access::DirectoryRole(_) => None,
            Access::Group(group, _) => self.reached_by(group).gap,
        }
    }

    fn reached_by(&self, group: &PrincipalId) -> Reached {
        if let Some(known) = self.reached.borrow().get(group) {
            return known.clone();
        }
        let reached = self.gather_reached(group);
        self.reached.borrow_mut().insert(group.clone(), reached.clone());
        reached
    }

    fn gather_reached(&self, start: &PrincipalId) -> Reached {
        let mut gap = None;
        let mut reached: Vec<ReachedRole> = Vec::new();
        let mut visited: HashSet<(PrincipalId, Gates)> = HashSet::new();
        // A gate can stand on a way already only where its group was entered before.
        let mut entered: HashSet<&PrincipalId> = HashSet::new();
        let mut open: Vec<(PrincipalId, Gates)> = vec![(start.clone(), Gates::default())];
        while let Some((group, gates)) = open.pop() {
            count_work();
            if !visited.insert((group.clone(), gates.clone())) {
                continue;
            }
            if visited.len() > MOST_ONWARD {
                gap = Some(self.not_followed(start));
                break;
            }
            for grant in self.grants_held_by(&group) {
                let gated = grant.is_eligible() || grant.class() == Class::Activated;
                let gates = if gated { gates.with(grant.held()) } else { gates.clone() };
                let role = ReachedRole {
                    role: grant.role.clone(),
                    tier: self.tier(&grant.role),
                    standing: gates.is_empty(),
                    gates: gates.to_vec(),
                    tenant_wide: grant.within.is_tenant(),
                };
                if !reached.contains(&role) {
                    reached.push(role);
                }
            }
            for (parent, entered_as, how) in self.parents().get(&group).into_iter().flatten() {
                let step = match entered_as {
                    GroupAccess::Member => Step::Member,
                    GroupAccess::Owner => Step::Owner,
                };
                let is_new = entered.insert(parent);
                let hop = Hop { into: parent.clone(), step, how: *how };
                let gates = match hop.gated_by() {
                    Some(gate) if is_new || !gates.contains(&gate) => gates.with(gate),
                    Some(_) | None => gates.clone(),
                };
                open.push((parent.clone(), gates));
            }
        }
        reached.sort_by(|a, b| (&a.role, &a.gates).cmp(&(&b.role, &b.gates)));
        Reached { roles: Rc::new(reached), gap }
    }

    fn not_followed(&self, group: &PrincipalId) -> Gap {
        let detail = format!(
            "from group {} there are more than {MOST_ONWARD} steps onward, through groups that are in \
            one another; what lies beyond was not looked at",
            self.name_of(group)
        );
        Gap::of(Dataset::GroupMembers, GapKind::Incomplete, detail)
    }

    /// Groups that hold a role, are eligible for one, or lead to such a group; as far as known.
    pub fn role_groups(&self) -> &BTreeSet<PrincipalId> {
        self.role_groups.get_or_init(|| self.gather_role_groups())
    }

    fn gather_role_groups(&self) -> BTreeSet<PrincipalId> {
        let mut groups = BTreeSet::new();
        let mut open: Vec<PrincipalId> = self
            .all_grants()
            .map(|grant| &grant.principal)
            .filter(|id| self.is_group(id))
            .cloned()
            .collect();
        while let Some(group) = open.pop() {
            if !groups.insert(group.clone()) {
                continue;
            }
            for entry in &self.entries(&group).list {
                if self.is_group(&entry.principal) {
                    open.push(entry.principal.clone());
                }
            }
        }
        groups
    }
}

impl Facts<'_, '_> {
    /// Why an access may lead to more roles than `roles_reached_by` tells.
    pub fn reach_gap(&self, access: &Access) -> Option<Gap> {
        self.declared(&[
            Dataset::RoleAssignments,
            Dataset::RoleAssignmentScheduleInstances,
            Dataset::RoleEligibilityScheduleInstances,
            Dataset::GroupMembers,
        ]);
        self.world.reach_gap(access)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, GLOBAL_READER};
    use crate::model::{Hold, Scope};

    fn role(id: &str) -> RoleId {
        RoleId::new(id)
    }

    #[test]
    fn one_eligible_hop_makes_the_whole_way_eligible() {
        // The group's grant; how ana is in the group.
        for (grant, member, expected) in [
            (Hold::Assigned, Hold::Assigned, PathState::Standing),
            (Hold::Assigned, Hold::Eligible, PathState::Eligible),
            (Hold::Eligible, Hold::Assigned, PathState::Eligible),
            (Hold::Activated, Hold::Assigned, PathState::Activated),
            (Hold::Activated, Hold::Eligible, PathState::Eligible),
            (Hold::ActiveOfUnknownType, Hold::Assigned, PathState::Unknown),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.group("g", &[]);
            case.onboard("g");
            if member == Hold::Eligible {
                case.group_eligible("ana", "g", GroupAccess::Member);
            } else {
                case.group_active("ana", "g", GroupAccess::Member);
            }
            let held = if grant == Hold::Eligible {
                case.eligible("g", GLOBAL_READER)
            } else {
                case.active("g", GLOBAL_READER)
            };
            held.hold = grant;
            if grant == Hold::Activated {
                held.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
            }
            let world = case.world();
            let holders = world.holders(&role(GLOBAL_READER), false);
            let states: Vec<PathState> =
                holders.people[&PrincipalId::new("ana")].iter().map(Path::state).collect();
            assert_eq!(states, [expected], "{grant:?} {member:?}");
        }
    }

    #[test]
    fn a_row_of_groups_costs_at_most_the_square_of_its_length() {
        let work_of = |length: usize| {
            let mut case = Case::new();
            for place in 0..length {
                let name = format!("g{place}");
                case.group(&name, &[]);
                case.onboard(&name);
                if place > 0 {
                    let outer = format!("g{}", place - 1);
                    case.group_eligible(&name, &outer, GroupAccess::Member);
                }
            }
            case.active("g0", GLOBAL_READER);
            let world = case.world();
            WORK.with(|work| work.set(0));
            for place in 0..length {
                let access =
                    Access::Group(PrincipalId::new(&format!("g{place}")), GroupAccess::Member);
                let reached = world.roles_reached_by(&access);
                assert_eq!(reached[0].gates.len(), place, "each hop but the last is a gate");
                // Asked again it is not walked again.
                assert!(Rc::ptr_eq(&reached, &world.roles_reached_by(&access)));
            }
            WORK.with(std::cell::Cell::get)
        };
        let (short, long) = (work_of(50), work_of(200));
        assert!(long <= 17 * short, "{short} and {long}: four times as long, more than 17 times");
    }

    #[test]
    fn what_lies_beyond_the_longest_walk_onward_is_told_as_unknown() {
        for (length, roles, gap) in
            [(1, 1, None), (MOST_ONWARD, 1, None), (MOST_ONWARD + 1, 0, Some(GapKind::Incomplete))]
        {
            let mut case = Case::new();
            for place in 1..length {
                let inner = format!("g{place}");
                case.group(&format!("g{}", place - 1), &[inner.as_str()]);
            }
            let last = format!("g{}", length - 1);
            case.group(&last, &[]);
            case.active("g0", GLOBAL_READER);
            let world = case.world();
            let access = Access::Group(PrincipalId::new(&last), GroupAccess::Member);
            assert_eq!(world.roles_reached_by(&access).len(), roles, "{length}");
            assert_eq!(world.reach_gap(&access).map(|gap| gap.kind), gap, "{length}");
            let nearest = Access::Group(PrincipalId::new("g0"), GroupAccess::Member);
            assert_eq!(world.reach_gap(&nearest), None, "{length}");
        }
    }

    #[test]
    fn groups_that_are_all_in_one_another_end_with_a_gap() {
        let mut case = Case::new();
        let names: Vec<String> = (0..9).map(|place| format!("g{place}")).collect();
        for name in &names {
            case.group(name, &[]);
            case.onboard(name);
        }
        for outer in &names {
            for inner in names.iter().filter(|it| *it != outer) {
                case.group_eligible(inner, outer, GroupAccess::Member);
            }
        }
        case.active("g0", GLOBAL_READER);
        let world = case.world();
        for name in ["g0", "g8"] {
            let access = Access::Group(PrincipalId::new(name), GroupAccess::Member);
            let gap = world.reach_gap(&access).map(|gap| gap.kind);
            assert_eq!(gap, Some(GapKind::Incomplete), "{name}");
        }
    }

    #[test]
    fn a_ring_of_gates_asks_for_each_of_them_once() {
        let mut case = Case::new();
        for name in ["a", "b", "c"] {
            case.group(name, &[]);
            case.onboard(name);
        }
        for (inner, outer) in [("a", "b"), ("b", "c"), ("c", "a")] {
            case.group_eligible(inner, outer, GroupAccess::Member);
        }
        case.active("c", GLOBAL_READER);
        let world = case.world();
        let reached =
            world.roles_reached_by(&Access::Group(PrincipalId::new("a"), GroupAccess::Member));
        let gates: Vec<Vec<String>> =
            reached.iter().map(|it| it.gates.iter().map(Access::key).collect()).collect();
        // Once around the ring and to the role again is a way of its own.
        let around = ["group:b:member", "group:c:member", "group:a:member"];
        assert_eq!(gates, [around[..2].to_vec(), around.to_vec()]);
    }

    #[test]
    fn holders_are_told_apart_by_what_they_are() {
        let mut case = Case::new();
        case.user("ana");
        case.user("owner");
        case.service("app");
        case.absent("gone");
        case.hidden("dark");
        case.group("g", &["ana"]);
        case.owner("owner", "g");
        for holder in ["g", "app", "gone", "dark"] {
            case.active(holder, GLOBAL_READER);
        }
        case.active("ana", GLOBAL_ADMINISTRATOR).within = Scope::AdministrativeUnit("u".into());
        let world = case.world();
        let holders = world.holders(&role(GLOBAL_READER), true);
        for (what, list, expected) in [
            ("people", &holders.people, &["ana"][..]),
            ("services", &holders.services, &["app"]),
            ("potential", &holders.potential, &["owner"]),
            ("unresolved", &holders.unresolved, &["dark", "gone"]),
        ] {
            let found: Vec<String> = list.keys().map(PrincipalId::to_string).collect();
            assert_eq!(found, expected, "{what}");
        }
        // Whoever was not read may be anybody; who is gone is nobody.
        let kinds: Vec<GapKind> = holders.gaps.iter().map(|gap| gap.kind).collect();
        assert_eq!(kinds, [GapKind::PermissionDenied]);
        for (tenant_wide, expected) in [(true, 0), (false, 1)] {
            let found = world.holders(&role(GLOBAL_ADMINISTRATOR), tenant_wide);
            assert_eq!(found.people.len(), expected, "{tenant_wide}");
        }
    }

    #[test]
    fn who_is_of_another_tenant_is_no_nobody() {
        for (organisation, expected) in [
            (None, vec![]),
            (Some("7F3A0000-0000-4000-8000-000000000001"), vec![]),
            (Some("7f3a0000-0000-4000-8000-000000000002"), vec![GapKind::Unreadable]),
        ] {
            let mut case = Case::new();
            case.absent("partner");
            case.active("partner", GLOBAL_READER).principal_organization =
                organisation.map(Into::into);
            let world = case.world();
            let holders = world.holders(&role(GLOBAL_READER), true);
            let kinds: Vec<GapKind> = holders.uncounted().map(|gap| gap.kind).collect();
            assert_eq!(kinds, expected, "{organisation:?}");
            assert!(holders.gaps.is_empty(), "{organisation:?}");
            let ways = world.ways(&role(GLOBAL_READER));
            assert_eq!(ways.list.len(), expected.len(), "{organisation:?}");
        }
    }

    #[test]
    fn whether_an_access_is_used_is_open_only_while_nobody_is_known_to_use_it() {
        for (held, read, expected) in [
            (false, true, Ok(false)),
            (true, true, Ok(true)),
            (true, false, Ok(true)),
            (false, false, Err(GapKind::PermissionDenied)),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.group("g", &[]);
            if held {
                case.active("ana", GLOBAL_READER);
                case.owner("ana", "g");
            }
            if !read {
                case.missing(Dataset::RoleEligibilityScheduleInstances);
                if !held {
                    case.missing(Dataset::GroupOwners);
                }
            }
            let world = case.world();
            for access in [
                Access::DirectoryRole(role(GLOBAL_READER)),
                Access::Group(PrincipalId::new("g"), GroupAccess::Owner),
            ] {
                let found = world.is_used(&access).map_err(|gap| gap.kind);
                assert_eq!(found, expected, "{access:?} {held} {read}");
            }
        }
    }
}
