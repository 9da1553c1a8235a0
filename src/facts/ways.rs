//! Every way to a role, each with its gate, weakest first.
//!
//! Beside the grants there are implied edges, a closed list: a group holds the role; an owner of a
//! group can add members; an owner of an application can add credentials; a permission on Microsoft
//! Graph can assign roles.

mod words;

use super::bypass::Bypass;
use super::gate::{Gate, Strength};
use super::groups::{Chain, Hop, How, Step};
use super::holders::{Path, PathState, state_of};
use super::world::World;
use crate::model::permission::Power;
use crate::model::{Access, Class, Dataset, Gap, GapKind, Grant, GroupAccess, PrincipalId, RoleId};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// Every way to one role.
#[derive(Clone, Debug, Default)]
pub struct Ways<'a> {
    /// The ways, weakest gate first; ways whose gate could not be read come last.
    pub list: Vec<Way<'a>>,
    /// Why there may be more.
    pub gaps: Vec<Gap>,
}

/// One way to a role.
#[derive(Clone, Debug)]
pub struct Way<'a> {
    /// Who can go it: a user or a service principal.
    pub principal: PrincipalId,
    /// The hops, the one next to the role first.
    pub hops: Chain,
    /// What the way ends in.
    pub end: WayEnd<'a>,
    /// Where the way ends in a permission on groups: the group it lets in.
    pub entered: Option<Entered<'a>>,
    /// Everything asked for on the way. A gap also where nothing is known to be asked for and nobody
    /// knows whether it is held all the time or was activated.
    pub gate: Result<Gate, Gap>,
}

/// Why nobody can go a way as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Whose way it is, is switched off.
    Off,
    /// An application that is passed is switched off.
    ApplicationOff,
    /// Something is to be activated on it, which no application can.
    CannotActivate,
    /// An approval is asked for, and nobody who is named can give it to whose way it is.
    NobodyApproves,
}

impl Closed {
    /// The reason in words.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Off => "it is switched off",
            Self::ApplicationOff => "an application on the way is switched off",
            Self::CannotActivate => "an application cannot activate",
            Self::NobodyApproves => "nobody who is named can approve",
        }
    }
}

/// A group that a permission can make anybody a member of.
#[derive(Clone, Debug, PartialEq)]
pub struct Entered<'a> {
    /// The group.
    pub group: PrincipalId,
    /// How the group holds the role; `None` where ways into the group itself are asked for.
    pub grant: Option<&'a Grant>,
}

/// What a way ends in.
#[derive(Clone, Debug, PartialEq)]
pub enum WayEnd<'a> {
    /// A grant of the role.
    Grant(&'a Grant),
    /// A permission that can give the role.
    Permission(Bypass),
    /// The group itself, when ways into a group are asked for.
    Group(PrincipalId),
}

impl Way<'_> {
    /// How the way is held, as far as a holding goes; a way that is only possible is no holding.
    pub fn state(&self) -> PathState {
        match &self.end {
            WayEnd::Grant(grant) => Path { grant, hops: self.hops.clone() }.state(),
            WayEnd::Permission(_) => PathState::Standing,
            WayEnd::Group(_) => state_of(&self.hops),
        }
    }

    /// True when the role is held all the time by this way.
    pub fn is_standing(&self) -> bool {
        !self.is_potential() && self.state() == PathState::Standing
    }

    /// True when the role is not held by this way, but its holder can take it: as owner of a group,
    /// as owner of an application, or by a permission.
    pub fn is_potential(&self) -> bool {
        matches!(self.end, WayEnd::Permission(_)) || self.hops.any(|hop| hop.step != Step::Member)
    }
}

impl<'a> World<'a> {
    /// Every way into a group, as a member, weakest first.
    pub fn ways_into(&self, group: &PrincipalId) -> Ways<'a> {
        let expansion = self.expand(group);
        let mut ways = Ways { list: Vec::new(), gaps: expansion.gaps.clone() };
        ways.gaps.extend(expansion.owner_gaps.iter().cloned());
        for (principal, chains) in expansion.members.iter().chain(&expansion.potential) {
            ways.gaps.extend(self.readable_principal(principal).err());
            for hops in chains {
                let way = Way {
                    principal: principal.clone(),
                    hops: hops.clone(),
                    end: WayEnd::Group(group.clone()),
                    entered: None,
                    gate: self.gate_of(hops, None, principal),
                };
                self.add_with_owners(&mut ways, way);
            }
        }
        if self.can_be_managed(group) {
            let entered = Entered { group: group.clone(), grant: None };
            ways.gaps.extend(self.tenant.application_grants.gap().cloned());
            for (service, bypass) in self.rewriting() {
                if matches!(bypass.power, Power::EnterGroups | Power::MakeEligibleForGroups) {
                    self.add_permission(&mut ways, &service, &bypass, None, Some(&entered));
                }
            }
        }
        self.sort(ways)
    }

    /// Every way to a role, also to less than the whole tenant, weakest first.
    pub fn ways(&self, role: &RoleId) -> Rc<Ways<'a>> {
        if let Some(known) = self.ways.borrow().get(role) {
            return Rc::clone(known);
        }
        let ways = Rc::new(self.gather_ways(role));
        self.ways.borrow_mut().insert(role.clone(), Rc::clone(&ways));
        ways
    }

    fn gather_ways(&self, role: &RoleId) -> Ways<'a> {
        let holders = self.holders(role, false);
        let mut ways = Ways { list: Vec::new(), gaps: holders.gaps.clone() };
        ways.gaps.extend(holders.potential_gaps.iter().cloned());
        for (person, paths) in &holders.people {
            let has_more = paths.iter().any(|path| path.grant.class() != Class::Activated);
            for path in paths {
                // A running activation is the use of a way that stands here by itself.
                if !(has_more && path.is_direct() && path.grant.class() == Class::Activated) {
                    self.add_way(&mut ways, person, path);
                }
            }
        }
        // Who was not read has a way as well, and who is of another tenant; who was deleted has none.
        let unread = holders.unresolved.iter().flat_map(|(id, paths)| {
            let is_there =
                move |path: &&Path<'a>| !self.is_absent(id) || self.is_foreign_holder(id, path);
            paths.iter().filter(is_there).map(move |path| (id, path))
        });
        let potential = holders.potential.iter();
        let potential = potential.flat_map(|(id, paths)| paths.iter().map(move |path| (id, path)));
        for (principal, path) in potential.chain(unread) {
            ways.gaps.extend(self.readable_principal(principal).err());
            self.add_way(&mut ways, principal, path);
        }
        // A service principal cannot activate: a way on which it would have to is a closed one.
        for (service, paths) in &holders.services {
            for path in paths {
                self.add_way(&mut ways, service, path);
            }
        }
        self.add_permissions(&mut ways, role);
        self.sort(ways)
    }

    fn way_by(&self, principal: &PrincipalId, path: &Path<'a>) -> Way<'a> {
        Way {
            principal: principal.clone(),
            hops: path.hops.clone(),
            end: WayEnd::Grant(path.grant),
            entered: None,
            gate: self.gate_of(&path.hops, Some(path.grant), principal),
        }
    }

    fn add_way(&self, ways: &mut Ways<'a>, principal: &PrincipalId, path: &Path<'a>) {
        self.add_with_owners(ways, self.way_by(principal, path));
    }

    /// Who owns an application can go its way as well, where it can go it itself.
    fn add_with_owners(&self, ways: &mut Ways<'a>, way: Way<'a>) {
        let is_service = self.principal(&way.principal).is_some_and(|it| it.is_service());
        if is_service && !self.must_activate(&way) {
            self.add_owners(ways, &way);
        }
        ways.list.push(way);
    }

    /// Owners of the service principal that goes this way or of its application, and their owners where
    /// they are service principals themselves. To give it a password nothing is activated.
    fn add_owners(&self, ways: &mut Ways<'a>, way: &Way<'a>) {
        let mut visited = BTreeSet::from([way.principal.clone()]);
        let mut open = vec![(way.principal.clone(), way.hops.clone())];
        while let Some((service, hops)) = open.pop() {
            let (owners, gap) = self.known_owners_of_service(&service);
            ways.gaps.extend(gap);
            for owner in owners {
                if !visited.insert(owner.clone()) {
                    continue;
                }
                let hop = Hop { into: service.clone(), step: Step::Credentials, how: How::Plain };
                let hops = hops.with(hop);
                if self.principal(&owner).is_some_and(|it| it.is_service()) {
                    open.push((owner.clone(), hops.clone()));
                }
                ways.list.push(Way { principal: owner, hops, ..way.clone() });
            }
        }
    }

    /// Applications that can rewrite PIM or roles by themselves, each with every such permission. What
    /// is delegated acts with the rights of the user who is signed in.
    fn rewriting(&self) -> Vec<(PrincipalId, Bypass)> {
        let services = self.bypassing_applications().into_iter();
        let each = services.flat_map(|service| {
            let own = self.bypasses(&service).into_iter().filter(|it| !it.delegated);
            own.map(move |bypass| (service.clone(), bypass))
        });
        each.collect()
    }

    /// PIM manages no group whose members a rule names, and none that comes from on-premises.
    fn can_be_managed(&self, group: &PrincipalId) -> bool {
        let properties = self.principal(group).and_then(|it| it.group());
        !properties.is_some_and(|it| it.dynamic || it.synced == Some(true))
    }

    fn add_permissions(&self, ways: &mut Ways<'a>, role: &RoleId) {
        ways.gaps.extend(self.tenant.application_grants.gap().cloned());
        let entered: Vec<Entered<'a>> = self
            .grants_of(role)
            .filter(|grant| self.is_group(&grant.principal))
            .filter(|grant| self.can_be_managed(&grant.principal))
            .map(|grant| Entered { group: grant.principal.clone(), grant: Some(grant) })
            .collect();
        for (service, bypass) in self.rewriting() {
            match bypass.power {
                Power::AssignRoles | Power::MakeEligible => {
                    self.add_permission(ways, &service, &bypass, Some(role), None);
                }
                Power::EnterGroups | Power::MakeEligibleForGroups => {
                    for group in &entered {
                        self.add_permission(ways, &service, &bypass, Some(role), Some(group));
                    }
                }
                Power::ChangePolicies => {}
            }
        }
    }

    fn add_permission(
        &self,
        ways: &mut Ways<'a>,
        service: &PrincipalId,
        bypass: &Bypass,
        role: Option<&RoleId>,
        entered: Option<&Entered<'a>>,
    ) {
        let way = Way {
            principal: service.clone(),
            hops: Chain::default(),
            gate: self.gate_past(bypass.power, role, entered),
            end: WayEnd::Permission(bypass.clone()),
            entered: entered.cloned(),
        };
        self.add_with_owners(ways, way);
    }

    /// What is still asked for of whoever gets a role by a permission.
    fn gate_past(
        &self,
        power: Power,
        role: Option<&RoleId>,
        entered: Option<&Entered<'a>>,
    ) -> Result<Gate, Gap> {
        let mut gate = match (power, role, entered) {
            (Power::MakeEligible, Some(role), _) => {
                self.gate(&Access::DirectoryRole(role.clone()))?
            }
            (Power::MakeEligibleForGroups, _, Some(entered)) => {
                self.gate(&Access::Group(entered.group.clone(), GroupAccess::Member))?
            }
            (
                Power::AssignRoles
                | Power::MakeEligible
                | Power::EnterGroups
                | Power::MakeEligibleForGroups
                | Power::ChangePolicies,
                _,
                _,
            ) => Gate::default(),
        };
        if let Some(grant) = entered.and_then(|it| it.grant)
            && grant.is_eligible()
        {
            gate = gate.union(&self.gate(&grant.held())?);
        }
        Ok(gate)
    }

    /// The union of the gates of a way. Whether a holding of an unknown type was activated is not
    /// known: that nothing is asked for is no answer then.
    fn gate_of(
        &self,
        hops: &Chain,
        grant: Option<&Grant>,
        principal: &PrincipalId,
    ) -> Result<Gate, Gap> {
        let mut gate = Gate::default();
        for access in hops.iter().filter_map(Hop::gated_by) {
            gate = gate.union(&self.gate(&access)?);
        }
        if let Some(grant) = grant
            && (grant.is_eligible() || grant.class() == Class::Activated)
        {
            gate = gate.union(&self.gate(&grant.held())?);
        }
        match self.untyped(hops, grant, principal) {
            Some(gap) if gate.strength() == Strength::Nothing => Err(gap),
            Some(_) | None => Ok(gate),
        }
    }

    /// Why nobody knows whether some part of a way is held all the time or was activated.
    fn untyped(&self, hops: &Chain, grant: Option<&Grant>, principal: &PrincipalId) -> Option<Gap> {
        if let Some(grant) = grant
            && grant.class() == Class::Unknown
            && self.can_activate(&grant.principal)
        {
            let read = self.tenant.instances_gap.clone();
            return Some(read.or_else(|| self.tenant.active.gap().cloned()).unwrap_or_else(|| {
                let detail = format!(
                    "whether {} is assigned or activated is not known",
                    self.name_of(&grant.principal)
                );
                Gap::of(Dataset::RoleAssignmentScheduleInstances, GapKind::Incomplete, detail)
            }));
        }
        let all: Vec<&Hop> = hops.iter().collect();
        let unknown = |(place, hop): &(usize, &&Hop)| {
            // Who takes this hop comes next on the way, away from the role.
            let who = all.get(place + 1).map_or(principal, |next| &next.into);
            hop.how == How::Unknown && self.can_activate(who)
        };
        let (_, hop) = all.iter().enumerate().find(unknown)?;
        let pim = self.tenant.group_pim.get(&hop.into).and_then(|pim| pim.active.gap().cloned());
        Some(pim.or_else(|| self.is_onboarded(&hop.into).err()).unwrap_or_else(|| {
            let detail = format!(
                "whether those in group {} are assigned or activated is not known",
                self.name_of(&hop.into)
            );
            Gap::of(Dataset::GroupAssignmentScheduleInstances, GapKind::Incomplete, detail)
        }))
    }

    /// False for groups and service principals: what they hold now they were assigned.
    fn can_activate(&self, id: &PrincipalId) -> bool {
        !self.is_group(id) && !self.principal(id).is_some_and(|it| it.is_service())
    }

    /// True where nobody knows whether some part of the way is held all the time or was activated.
    pub fn is_untyped(&self, way: &Way<'_>) -> bool {
        let grant = match &way.end {
            WayEnd::Grant(grant) => Some(*grant),
            WayEnd::Permission(_) | WayEnd::Group(_) => None,
        };
        self.untyped(&way.hops, grant, &way.principal).is_some()
    }

    /// True where nobody can go the way as it is, whatever is approved: the principal, or an application
    /// that is passed, is switched off, or an application would have to activate something.
    pub fn is_shut(&self, way: &Way<'_>) -> bool {
        self.shut_by(way).is_some()
    }

    /// Why nobody can go the way as it is.
    pub fn closed(&self, way: &Way<'_>) -> Option<Closed> {
        let unapproved = || {
            // Who owns something on the way can let somebody else ask, and approve that; and who has
            // activated it holds it now.
            let eligible = way.state() == PathState::Eligible
                && !way.is_potential()
                && !self.is_activated(way);
            let gate = way.gate.as_ref().ok().filter(|_| eligible)?;
            gate.is_refused_to(&way.principal).then_some(Closed::NobodyApproves)
        };
        self.shut_by(way).or_else(unapproved)
    }

    /// True where the role at the end of a way is active now for whose way it is, out of an activation.
    fn is_activated(&self, way: &Way<'_>) -> bool {
        match &way.end {
            WayEnd::Grant(grant) => self.grants_held_by(&way.principal).any(|it| {
                it.class() == Class::Activated && it.role == grant.role && it.within == grant.within
            }),
            WayEnd::Permission(_) | WayEnd::Group(_) => false,
        }
    }

    fn shut_by(&self, way: &Way<'_>) -> Option<Closed> {
        let off = |id: &PrincipalId| self.principal(id).is_some_and(|it| it.is_disabled());
        if off(&way.principal) {
            Some(Closed::Off)
        } else if way.hops.any(|hop| hop.step == Step::Credentials && off(&hop.into)) {
            Some(Closed::ApplicationOff)
        } else if self.must_activate(way) {
            Some(Closed::CannotActivate)
        } else {
            None
        }
    }

    /// True for the way of a service principal that would have to activate something itself. Who owns a
    /// group can make somebody else its member, who then activates what comes after.
    fn must_activate(&self, way: &Way<'_>) -> bool {
        if !self.principal(&way.principal).is_some_and(|it| it.is_service()) {
            return false;
        }
        for hop in way.hops.iter().rev() {
            match (hop.how, hop.step) {
                (How::Eligible { .. }, _) => return true,
                (
                    How::Plain | How::Assigned { .. } | How::Activated | How::Unknown,
                    Step::Owner | Step::Credentials,
                ) => return false,
                (
                    How::Plain | How::Assigned { .. } | How::Activated | How::Unknown,
                    Step::Member,
                ) => {}
            }
        }
        match &way.end {
            WayEnd::Grant(grant) => grant.is_eligible(),
            WayEnd::Permission(_) | WayEnd::Group(_) => false,
        }
    }

    fn sort(&self, mut ways: Ways<'a>) -> Ways<'a> {
        ways.gaps.sort();
        ways.gaps.dedup();
        let mut names: HashMap<PrincipalId, std::sync::Arc<str>> = HashMap::new();
        for way in &ways.list {
            names.entry(way.principal.clone()).or_insert_with(|| self.name_of(&way.principal));
        }
        ways.list.sort_by_cached_key(|way| {
            let (strength, count) = match &way.gate {
                Ok(gate) => (Some(gate.strength()), gate.count()),
                Err(_) => (None, 0),
            };
            (
                strength.is_none(),
                strength,
                count,
                way.hops.len() + usize::from(way.entered.is_some()),
                names.get(&way.principal).cloned(),
                way.principal.clone(),
                way.state(),
            )
        });
        ways
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_READER};
    use crate::model::{Enablement, Hold};

    /// Of each way: who, how it is held, its gate.
    fn ways(case: &Case) -> Vec<(String, PathState, bool, Option<Strength>)> {
        let world = case.world();
        let ways = world.ways(&RoleId::new(GLOBAL_READER));
        ways.list
            .iter()
            .map(|way| {
                let strength = way.gate.as_ref().ok().map(Gate::strength);
                (way.principal.to_string(), way.state(), way.is_potential(), strength)
            })
            .collect()
    }

    fn way(
        who: &str,
        state: PathState,
        potential: bool,
        gate: Option<Strength>,
    ) -> (String, PathState, bool, Option<Strength>) {
        (who.to_owned(), state, potential, gate)
    }

    #[test]
    fn the_weakest_way_comes_first_and_one_of_an_unread_gate_last() {
        let mut case = Case::new();
        for name in ["direct", "standing", "member", "owner", "dark"] {
            case.user(name);
        }
        case.approvers(GLOBAL_READER, &["direct"]);
        case.eligible("direct", GLOBAL_READER);
        case.active("standing", GLOBAL_READER);
        case.group("g", &[]);
        case.onboard("g");
        case.group_policy("g", GroupAccess::Member).activation_enablement =
            Ok(Enablement { justification: true, ..Enablement::default() });
        case.group_eligible("member", "g", GroupAccess::Member);
        case.owner("owner", "g");
        case.active("g", GLOBAL_READER);
        case.group("h", &[]);
        case.onboard("h");
        case.group_policy("h", GroupAccess::Member).approval =
            Err(Gap::new(GapKind::Unreadable, "odd"));
        case.group_eligible("dark", "h", GroupAccess::Member);
        case.active("h", GLOBAL_READER);
        assert_eq!(
            ways(&case),
            [
                way("standing", PathState::Standing, false, Some(Strength::Nothing)),
                way("owner", PathState::Standing, true, Some(Strength::Nothing)),
                way("member", PathState::Eligible, false, Some(Strength::Words)),
                way("direct", PathState::Eligible, false, Some(Strength::Approval)),
                way("dark", PathState::Eligible, false, None),
            ]
        );
    }

    #[test]
    fn a_way_asks_for_everything_on_it() {
        for (role_eligible, expected) in [(false, Strength::Mfa), (true, Strength::Approval)] {
            let mut case = Case::new();
            case.user("ana");
            case.user("bo");
            case.group("g", &[]);
            case.onboard("g");
            case.group_eligible("ana", "g", GroupAccess::Member);
            case.approvers(GLOBAL_READER, &["bo"]);
            if role_eligible {
                case.eligible("g", GLOBAL_READER);
            } else {
                case.active("g", GLOBAL_READER);
            }
            let expected = [way("ana", PathState::Eligible, false, Some(expected))];
            assert_eq!(ways(&case), expected, "{role_eligible}");
        }
    }

    #[test]
    fn who_owns_an_application_can_go_its_way_and_a_service_cannot_activate() {
        let mut case = Case::new();
        case.user("owner");
        for service in ["standing", "eligible"] {
            case.service(service);
            case.service_owner("owner", service);
        }
        case.policy(GLOBAL_READER);
        case.active("standing", GLOBAL_READER);
        case.eligible("eligible", GLOBAL_READER);
        assert_eq!(
            ways(&case),
            [
                way("standing", PathState::Standing, false, Some(Strength::Nothing)),
                way("owner", PathState::Standing, true, Some(Strength::Nothing)),
                way("eligible", PathState::Eligible, false, Some(Strength::Mfa)),
            ]
        );
        let world = case.world();
        let closed = world.ways(&RoleId::new(GLOBAL_READER));
        let closed: Vec<_> = closed.list.iter().map(|way| world.closed(way)).collect();
        assert_eq!(closed, [None, None, Some(Closed::CannotActivate)]);
    }

    #[test]
    fn a_way_is_closed_only_while_nobody_can_go_it() {
        type Change = fn(&mut Case);
        let cases: [(&str, Change, Option<Closed>); 4] = [
            (
                "nobody else approves",
                |case| {
                    case.eligible("ana", GLOBAL_READER);
                },
                Some(Closed::NobodyApproves),
            ),
            (
                "activated already",
                |case| {
                    case.eligible("ana", GLOBAL_READER);
                    let active = case.active("ana", GLOBAL_READER);
                    active.hold = Hold::Activated;
                    active.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
                },
                None,
            ),
            (
                "activated already for something else",
                |case| {
                    case.eligible("ana", GLOBAL_READER);
                    let active = case.active("ana", GLOBAL_READER);
                    active.hold = Hold::Activated;
                    active.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
                    active.within = crate::model::Scope::AdministrativeUnit("u".into());
                },
                Some(Closed::NobodyApproves),
            ),
            // Whom she makes a member can ask her.
            (
                "an owner of a group that is eligible",
                |case| {
                    case.group("g", &[]);
                    case.owner("ana", "g");
                    case.eligible("g", GLOBAL_READER);
                },
                None,
            ),
        ];
        for (what, change, expected) in cases {
            let mut case = Case::new();
            case.user("ana");
            case.approvers(GLOBAL_READER, &["ana"]);
            change(&mut case);
            let world = case.world();
            let ways = world.ways(&RoleId::new(GLOBAL_READER));
            let eligible = ways.list.iter().find(|way| way.state() == PathState::Eligible).unwrap();
            assert_eq!(world.closed(eligible), expected, "{what}");
        }
    }

    #[test]
    fn a_running_activation_is_no_way_beside_its_eligibility() {
        let mut case = Case::new();
        case.user("ana");
        case.policy(GLOBAL_READER);
        let grant = case.active("ana", GLOBAL_READER);
        grant.hold = Hold::Activated;
        grant.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
        let alone = [way("ana", PathState::Activated, false, Some(Strength::Mfa))];
        assert_eq!(ways(&case), alone, "it is all that is known");
        case.eligible("ana", GLOBAL_READER);
        let eligible = [way("ana", PathState::Eligible, false, Some(Strength::Mfa))];
        assert_eq!(ways(&case), eligible);
    }

    #[test]
    fn a_permission_leads_as_far_as_it_reaches_and_past_no_gate_that_stays() {
        const ASSIGNS: &str = "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8";
        const MAKES_ELIGIBLE: &str = "fee28b28-e1f3-4841-818e-2704dc62245f";
        const ENTERS: &str = "41202f2c-f7ab-45be-b001-85c9728b9d69";
        const MAKES_ELIGIBLE_FOR_GROUPS: &str = "618b6020-bca8-4de6-99f6-ef445fa4d857";
        // The permission; PIM manages the group; the group is only eligible.
        for (permission, onboarded, eligible, expected) in [
            (ASSIGNS, false, false, Some(Strength::Nothing)),
            (MAKES_ELIGIBLE, false, false, Some(Strength::Mfa)),
            (ENTERS, true, false, Some(Strength::Nothing)),
            // The first request has PIM manage it.
            (ENTERS, false, false, Some(Strength::Nothing)),
            (ENTERS, false, true, Some(Strength::Mfa)),
            (MAKES_ELIGIBLE_FOR_GROUPS, true, false, Some(Strength::Words)),
            (MAKES_ELIGIBLE_FOR_GROUPS, true, true, Some(Strength::Mfa)),
            (MAKES_ELIGIBLE_FOR_GROUPS, false, false, None),
        ] {
            let mut case = Case::new();
            case.policy(GLOBAL_READER);
            case.service("robot");
            case.application_grant("robot", permission);
            case.group("g", &[]);
            if onboarded {
                case.onboard("g");
                case.group_policy("g", GroupAccess::Member).activation_enablement =
                    Ok(Enablement { justification: true, ..Enablement::default() });
            }
            if eligible {
                case.eligible("g", GLOBAL_READER);
            } else {
                case.active("g", GLOBAL_READER);
            }
            let expected = [way("robot", PathState::Standing, true, expected)];
            assert_eq!(ways(&case), expected, "{permission} {onboarded} {eligible}");
        }
    }

    #[test]
    fn a_permission_on_groups_names_the_group_and_is_a_way_into_it() {
        let mut case = Case::new();
        case.user("olga");
        case.service("robot");
        case.service_owner("olga", "robot");
        case.application_grant("robot", "41202f2c-f7ab-45be-b001-85c9728b9d69");
        case.group("g", &[]);
        case.active("g", GLOBAL_READER);
        let into = |case: &Case| {
            let world = case.world();
            let ways = world.ways_into(&PrincipalId::new("g"));
            ways.list.iter().map(|it| it.principal.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(into(&case), ["robot", "olga"]);
        {
            let world = case.world();
            let role = RoleId::new(GLOBAL_READER);
            let words = world.way_in_words(&world.ways(&role).list[0], &role);
            assert_eq!(
                words,
                "has PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup, which can make anybody a \
                 member of g -> the group holds Global Reader"
            );
        }
        // PIM manages no group whose members a rule names.
        case.group_facts("g").dynamic = true;
        assert_eq!(into(&case), Vec::<String>::new());
        assert!(ways(&case).is_empty());
    }

    #[test]
    fn what_may_have_been_activated_is_not_told_as_asking_for_nothing() {
        let mut case = Case::new();
        case.policy(GLOBAL_READER);
        for user in ["tess", "ben"] {
            case.user(user);
        }
        case.service("robot");
        case.active("tess", GLOBAL_READER).hold = Hold::ActiveOfUnknownType;
        // A service principal cannot activate.
        case.active("robot", GLOBAL_READER).hold = Hold::ActiveOfUnknownType;
        case.group("open", &["ben"]);
        case.active("open", GLOBAL_READER);
        case.missing(Dataset::OnboardedGroups);
        assert_eq!(
            ways(&case),
            [
                way("robot", PathState::Unknown, false, Some(Strength::Nothing)),
                way("tess", PathState::Unknown, false, None),
                way("ben", PathState::Unknown, false, None),
            ]
        );
    }

    #[test]
    fn circles_end_and_add_no_way() {
        type Change = fn(&mut Case);
        /// Who, and whether that is only possible.
        type Told = (String, bool);
        let standing = |who: &str| -> Told { (who.to_owned(), false) };
        let possible = |who: &str| -> Told { (who.to_owned(), true) };
        let cases: [(&str, Change, Vec<Told>); 6] = [
            ("a group that owns itself", |case| case.owner("g", "g"), vec![standing("ana")]),
            (
                "a group that is in itself",
                |case| case.group("g", &["ana", "g"]),
                vec![standing("ana")],
            ),
            (
                "two that are in each other, and own each other",
                |case| {
                    case.group("g", &["ana", "h"]);
                    case.group("h", &["ben", "g"]);
                    case.owner("g", "h");
                    case.owner("h", "g");
                },
                // Who is in h is in g already; that h owns g adds that they could be.
                vec![standing("ana"), standing("ben"), possible("ben")],
            ),
            (
                "the owner of a group that owns a group",
                |case| {
                    case.group("h", &[]);
                    case.owner("ben", "h");
                    case.owner("h", "g");
                },
                vec![standing("ana"), possible("ben")],
            ),
            (
                "the owner of a plain group in a group of PIM",
                |case| {
                    case.group("h", &["ben"]);
                    case.group_facts("h").role_assignable = Some(false);
                    case.group("g", &["h"]);
                    case.owner("ana", "h");
                    case.onboard("g");
                },
                vec![possible("ana"), standing("ben")],
            ),
            (
                "owners that own each other",
                |case| {
                    case.group("h", &["ben"]);
                    case.owner("h", "g");
                    case.owner("g", "h");
                },
                vec![standing("ana"), possible("ben")],
            ),
        ];
        for (what, change, expected) in cases {
            let mut case = Case::new();
            case.user("ana");
            case.user("ben");
            case.group("g", &["ana"]);
            case.active("g", GLOBAL_READER);
            change(&mut case);
            let found: Vec<_> = ways(&case).into_iter().map(|it| (it.0, it.2)).collect();
            assert_eq!(found, expected, "{what}");
        }
    }

    #[test]
    fn who_cannot_activate_holds_all_the_time_what_has_no_type() {
        let mut case = Case::new();
        case.user("ana");
        case.service("robot");
        case.group("g", &["ana", "robot"]);
        case.onboard("g");
        case.active("g", GLOBAL_READER);
        case.missing(Dataset::GroupAssignmentScheduleInstances);
        let found: Vec<_> = ways(&case).into_iter().map(|it| (it.0, it.3)).collect();
        let expected = [("robot".to_owned(), Some(Strength::Nothing)), ("ana".to_owned(), None)];
        for it in &expected {
            assert!(found.contains(it), "{found:?}");
        }
        let world = case.world();
        for way in &world.ways(&RoleId::new(GLOBAL_READER)).list {
            assert_eq!(world.is_untyped(way), way.principal.to_string() == "ana");
        }
    }
}
