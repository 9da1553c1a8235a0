//! Every way to a role, each with its gate, weakest first.
//!
//! Beside the grants there are implied edges, a closed list: a group holds the role; an owner of a
//! group can add members; an owner of an application can add credentials; a permission on Microsoft
//! Graph can assign roles.

use super::bypass::Bypass;
use super::gate::Gate;
use super::groups::{Chain, Hop, How, Step};
use super::holders::{Path, PathState, state_of};
use super::world::World;
use crate::model::permission::Power;
use crate::model::{Class, Gap, Grant, Hold, PrincipalId, RoleId, Scope};
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
    /// Everything asked for on the way.
    pub gate: Result<Gate, Gap>,
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
                ways.list.push(Way {
                    principal: principal.clone(),
                    hops: hops.clone(),
                    end: WayEnd::Group(group.clone()),
                    gate: self.gate_of(hops, None),
                });
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
        // Who was not read has a way as well; who was deleted has none.
        let unread = holders.unresolved.iter().filter(|(id, _)| !self.is_absent(id));
        for (principal, paths) in holders.potential.iter().chain(unread) {
            ways.gaps.extend(self.readable_principal(principal).err());
            for path in paths {
                self.add_way(&mut ways, principal, path);
            }
        }
        // A service principal cannot activate: only what it holds all the time is a way.
        let standing =
            |path: &&Path<'_>| matches!(path.state(), PathState::Standing | PathState::Unknown);
        for (service, paths) in &holders.services {
            for path in paths.iter().filter(standing) {
                self.add_way(&mut ways, service, path);
                self.add_owners(&mut ways, service, &path.hops, &WayEnd::Grant(path.grant));
            }
        }
        self.add_permissions(&mut ways, role);
        self.sort(ways)
    }

    fn add_way(&self, ways: &mut Ways<'a>, principal: &PrincipalId, path: &Path<'a>) {
        ways.list.push(Way {
            principal: principal.clone(),
            hops: path.hops.clone(),
            end: WayEnd::Grant(path.grant),
            gate: self.gate_of(&path.hops, Some(path.grant)),
        });
    }

    /// Owners of a service principal or of its application, and their owners where they are service
    /// principals themselves.
    fn add_owners(
        &self,
        ways: &mut Ways<'a>,
        service: &PrincipalId,
        hops: &Chain,
        end: &WayEnd<'a>,
    ) {
        let mut visited = BTreeSet::from([service.clone()]);
        let mut open = vec![(service.clone(), hops.clone())];
        while let Some((service, hops)) = open.pop() {
            let (owners, gap) = self.known_owners_of_service(&service);
            ways.gaps.extend(gap);
            for owner in owners {
                let hop = Hop { into: service.clone(), step: Step::Credentials, how: How::Plain };
                let hops = hops.with(hop);
                let grant = match end {
                    WayEnd::Grant(grant) => Some(*grant),
                    WayEnd::Permission(_) | WayEnd::Group(_) => None,
                };
                if !visited.insert(owner.clone()) {
                    continue;
                }
                if self.principal(&owner).is_some_and(|it| it.is_service()) {
                    open.push((owner.clone(), hops.clone()));
                }
                ways.list.push(Way {
                    gate: self.gate_of(&hops, grant),
                    principal: owner,
                    hops,
                    end: end.clone(),
                });
            }
        }
    }

    fn add_permissions(&self, ways: &mut Ways<'a>, role: &RoleId) {
        ways.gaps.extend(self.tenant.application_grants.gap().cloned());
        let by_group = self.grants_of(role).any(|grant| {
            grant.hold != Hold::Eligible
                && self.is_group(&grant.principal)
                && self.is_onboarded(&grant.principal) != Ok(false)
        });
        for service in self.bypassing_applications() {
            for bypass in self.bypasses(&service) {
                let leads_here = match bypass.power {
                    Power::AssignRoles => true,
                    Power::EnterGroups => by_group,
                    Power::ChangePolicies => false,
                };
                // What is delegated acts with the rights of the user who is signed in.
                if bypass.delegated || !leads_here {
                    continue;
                }
                let end = WayEnd::Permission(bypass);
                self.add_owners(ways, &service, &Chain::default(), &end);
                ways.list.push(Way {
                    principal: service.clone(),
                    hops: Chain::default(),
                    end,
                    gate: Ok(Gate::default()),
                });
            }
        }
    }

    /// The union of the gates of a way.
    fn gate_of(&self, hops: &Chain, grant: Option<&Grant>) -> Result<Gate, Gap> {
        let mut gate = Gate::default();
        for access in hops.iter().filter_map(Hop::gated_by) {
            gate = gate.union(&self.gate(&access)?);
        }
        if let Some(grant) = grant
            && (grant.is_eligible() || grant.class() == Class::Activated)
        {
            gate = gate.union(&self.gate(&grant.held())?);
        }
        Ok(gate)
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
                way.hops.len(),
                names.get(&way.principal).cloned(),
                way.principal.clone(),
                way.state(),
            )
        });
        ways
    }

    /// A way in words: `eligible member of IT-Ops: justification; at most 10 h -> the group holds
    /// Global Administrator`.
    pub fn way_in_words(&self, way: &Way<'_>, role: &RoleId) -> String {
        let role_name = self.role_name(role);
        let mut steps: Vec<String> = Vec::new();
        let hops: Vec<&Hop> = way.hops.iter().collect();
        for hop in hops.iter().rev() {
            steps.push(self.hop_in_words(hop));
        }
        let subject = match (hops.first().map(|hop| hop.step), hops.is_empty()) {
            (_, true) => "",
            (Some(Step::Credentials), _) => "the application ",
            (Some(Step::Member | Step::Owner), _) | (None, _) => "the group ",
        };
        steps.extend(match &way.end {
            WayEnd::Group(_) => None,
            WayEnd::Permission(bypass) => {
                Some(format!("{subject}has {}, which can give {role_name}", bypass.permission))
            }
            WayEnd::Grant(grant) => {
                let verb = match grant.class() {
                    Class::Permanent if subject.is_empty() => "holds permanently".to_owned(),
                    Class::Permanent => "holds".to_owned(),
                    Class::TimeBound => "holds for a time".to_owned(),
                    Class::Unknown => "holds (type not read)".to_owned(),
                    Class::Activated | Class::EligiblePermanent | Class::EligibleTimeBound => {
                        "is eligible for".to_owned()
                    }
                };
                let gated = grant.is_eligible() || grant.class() == Class::Activated;
                let gate = if gated { self.gate_note(&grant.held()) } else { String::new() };
                let within = match grant.within {
                    Scope::Tenant => String::new(),
                    Scope::AdministrativeUnit(_) | Scope::Object(_) | Scope::Application(_) => {
                        format!(" within {}", grant.within)
                    }
                };
                Some(format!("{subject}{verb} {role_name}{within}{gate}"))
            }
        });
        steps.join(" -> ")
    }

    /// One hop in words: `eligible member of IT-Ops: justification; at most 10 h`.
    pub fn hop_in_words(&self, hop: &Hop) -> String {
        let into = match self.principal(&hop.into) {
            Some(principal) => std::sync::Arc::clone(&principal.name),
            None => hop.into.text(),
        };
        let how = match hop.how {
            How::Plain | How::Assigned { until: None } => "",
            How::Assigned { until: Some(_) } => "time-bound ",
            How::Eligible { .. } => "eligible ",
            How::Activated => "activated ",
            How::Unknown => "current ",
        };
        match hop.step {
            Step::Credentials => format!("owner of {into} -> can give it a password"),
            Step::Member | Step::Owner => {
                let noun = if hop.step == Step::Member { "member" } else { "owner" };
                let gate = hop.gated_by().map(|access| self.gate_note(&access));
                let then = if hop.step == Step::Owner { " -> can add members" } else { "" };
                format!("{how}{noun} of {into}{}{then}", gate.unwrap_or_default())
            }
        }
    }

    fn gate_note(&self, access: &crate::model::Access) -> String {
        match self.gate(access) {
            Ok(gate) => format!(": {}", gate.in_words()),
            Err(gap) => format!(": gate not read ({gap})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_READER};
    use crate::facts::Strength;
    use crate::model::{Enablement, GapKind, GroupAccess};

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
            ]
        );
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
}
