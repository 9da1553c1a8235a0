//! Who holds a role as the lists of members show it: whoever has a grant of their own, and of the
//! groups that have one those who are in them directly and without an activation.
//!
//! A running activation shows nobody here: the eligibility it comes from does.

use super::groups::{Chain, Hop, How, Step};
use super::holders::{Holders, Path};
use super::window::Facts;
use super::world::World;
use crate::model::{Class, Dataset, Gap, GapKind, Grant, GroupAccess, PrincipalId, RoleId};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Everyone and everything in a group directly and without an activation, other groups too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectMembers {
    /// Those that are known, and how they are in it.
    pub known: BTreeMap<PrincipalId, How>,
    /// Those in it now of whom nobody knows whether by an assignment or by an activation.
    pub untold: BTreeSet<PrincipalId>,
    /// True when others can activate a membership, or did.
    pub gated: bool,
    /// Why there may be more.
    pub gaps: Vec<Gap>,
}

impl DirectMembers {
    /// Why there may be more, whichever the reason.
    pub fn gap(&self, facts: &Facts) -> Option<Gap> {
        let untold = self.untold.first().map(|id| not_told(&facts.name_of(id)));
        self.gaps.first().cloned().or(untold)
    }
}

fn not_told(name: &str) -> Gap {
    Gap::of(
        Dataset::GroupAssignmentScheduleInstances,
        GapKind::Incomplete,
        format!("whether {name} is assigned to a group or activated is not known"),
    )
}

impl<'a> World<'a> {
    /// Everyone and everything in a group directly and without an activation.
    pub fn direct_members(&self, group: &PrincipalId) -> DirectMembers {
        let entries = self.entries(group);
        // Who is only eligible for the group is in no list of its members.
        let of_eligible = Some(Dataset::GroupEligibilityScheduleInstances);
        let gaps = entries.member_gaps.iter().filter(|gap| gap.dataset != of_eligible);
        let gaps = gaps.cloned().collect();
        let mut members = DirectMembers { gaps, ..DirectMembers::default() };
        for entry in entries.list.iter().filter(|it| it.access == GroupAccess::Member) {
            match entry.how {
                How::Plain | How::Assigned { .. } => {
                    members.known.entry(entry.principal.clone()).or_insert(entry.how);
                }
                How::Unknown => {
                    members.untold.insert(entry.principal.clone());
                }
                How::Eligible { .. } | How::Activated => members.gated = true,
            }
        }
        let known = &members.known;
        members.untold.retain(|id| !known.contains_key(id));
        members
    }

    /// Everyone who holds a role by a grant of their own, or directly in a group that has one. With
    /// `tenant_wide`, grants within an administrative unit or a single object are left out.
    pub fn direct_holders(&self, role: &RoleId, tenant_wide: bool) -> Rc<Holders<'a>> {
        let key = (role.clone(), tenant_wide);
        if let Some(known) = self.direct.borrow().get(&key) {
            return Rc::clone(known);
        }
        let holders = Rc::new(self.gather_direct(role, tenant_wide));
        self.direct.borrow_mut().insert(key, Rc::clone(&holders));
        holders
    }

    fn gather_direct(&self, role: &RoleId, tenant_wide: bool) -> Holders<'a> {
        let mut holders = Holders::default();
        for gap in [self.tenant.active.gap(), self.tenant.eligible.gap()].into_iter().flatten() {
            holders.gaps.push(gap.clone());
        }
        for grant in self.grants_of(role) {
            if tenant_wide && !grant.within.is_tenant() {
                continue;
            }
            if grant.class() == Class::Activated {
                holders.unlisted = true;
            } else if self.is_group(&grant.principal) {
                self.add_direct_members(&mut holders, grant);
            } else {
                let path = Path { grant, hops: Chain::default() };
                self.add_holder(&mut holders, &grant.principal, path);
            }
        }
        holders.gaps.sort();
        holders.gaps.dedup();
        let shown: BTreeSet<PrincipalId> =
            holders.people.keys().chain(holders.services.keys()).cloned().collect();
        holders.untold.retain(|id| !shown.contains(id));
        let further = holders.untold.iter().map(|id| not_told(&self.name_of(id)));
        let further: Vec<Gap> = further.collect();
        holders.gaps.extend(further);
        holders
    }

    fn add_direct_members(&self, holders: &mut Holders<'a>, grant: &'a Grant) {
        let group = &grant.principal;
        let members = self.direct_members(group);
        holders.gaps.extend(members.gaps);
        holders.unlisted |= members.gated;
        for (id, how) in &members.known {
            if self.is_group(id) {
                holders.unlisted = true;
                continue;
            }
            let hop = Hop { into: group.clone(), step: Step::Member, how: *how };
            self.add_holder(holders, id, Path { grant, hops: Chain::default().with(hop) });
        }
        holders.untold.extend(members.untold.into_iter().filter(|id| !self.is_group(id)));
    }
}

impl<'a> Facts<'_, 'a> {
    /// Everyone and everything in a group directly and without an activation.
    pub fn direct_members(&self, group: &PrincipalId) -> DirectMembers {
        self.declared(&[Dataset::GroupMembers]);
        self.world.direct_members(group)
    }

    /// Everyone who holds a role by a grant of their own, or directly in a group that has one, in
    /// whatever scope.
    pub fn direct_holders(&self, role: &RoleId) -> Rc<Holders<'a>> {
        self.declared(&[
            Dataset::RoleAssignments,
            Dataset::RoleAssignmentScheduleInstances,
            Dataset::RoleEligibilityScheduleInstances,
            Dataset::Principals,
            Dataset::GroupMembers,
        ]);
        self.world.direct_holders(role, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_READER};
    use crate::model::{Hold, Scope};

    const MEMBER: GroupAccess = GroupAccess::Member;

    type Change = fn(&mut Case);

    #[test]
    fn a_role_is_held_as_its_lists_of_members_show() {
        // Who is shown; whether somebody holds it whom they do not show.
        let cases: [(&str, Change, &[&str], bool); 12] = [
            (
                "active",
                |case| {
                    case.active("ana", GLOBAL_READER);
                },
                &["ana"],
                false,
            ),
            (
                "eligible",
                |case| {
                    case.eligible("ana", GLOBAL_READER);
                },
                &["ana"],
                false,
            ),
            (
                "activated",
                |case| {
                    let grant = case.active("ana", GLOBAL_READER);
                    grant.hold = Hold::Activated;
                    grant.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
                },
                &[],
                true,
            ),
            (
                "within a unit",
                |case| {
                    case.active("ana", GLOBAL_READER).within =
                        Scope::AdministrativeUnit("unit".into());
                },
                &["ana"],
                false,
            ),
            (
                "a member of a group",
                |case| {
                    case.group("g", &["ana"]);
                    case.active("g", GLOBAL_READER);
                },
                &["ana"],
                false,
            ),
            (
                "a member of a group that is eligible",
                |case| {
                    case.group("g", &["ana"]);
                    case.eligible("g", GLOBAL_READER);
                },
                &["ana"],
                false,
            ),
            (
                "a member two groups deep",
                |case| {
                    case.group("inner", &["ana"]);
                    case.group("outer", &["inner", "ben"]);
                    case.active("outer", GLOBAL_READER);
                },
                &["ben"],
                true,
            ),
            (
                "an eligible member beside an assigned one",
                |case| {
                    case.group("g", &[]);
                    case.onboard("g");
                    case.group_eligible("ana", "g", MEMBER);
                    case.group_active("ben", "g", MEMBER);
                    case.active("g", GLOBAL_READER);
                },
                &["ben"],
                true,
            ),
            (
                "a member who activated",
                |case| {
                    case.group("g", &[]);
                    case.onboard("g");
                    case.group_eligible("ana", "g", MEMBER);
                    let grant = case.group_active("ana", "g", MEMBER);
                    grant.hold = Hold::Activated;
                    grant.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
                    case.active("g", GLOBAL_READER);
                },
                &[],
                true,
            ),
            (
                "a service principal",
                |case| {
                    case.service("robot");
                    case.group("g", &["robot", "ana"]);
                    case.active("g", GLOBAL_READER);
                },
                &["ana", "robot"],
                false,
            ),
            (
                "an owner",
                |case| {
                    case.group("g", &[]);
                    case.owner("ana", "g");
                    case.active("g", GLOBAL_READER);
                },
                &[],
                false,
            ),
            (
                "by two ways",
                |case| {
                    case.group("g", &["ana"]);
                    case.active("g", GLOBAL_READER);
                    case.eligible("ana", GLOBAL_READER);
                },
                &["ana"],
                false,
            ),
        ];
        for (what, change, expected, unlisted) in cases {
            let mut case = Case::new();
            case.user("ana");
            case.user("ben");
            change(&mut case);
            let world = case.world();
            let holders = world.direct_holders(&RoleId::new(GLOBAL_READER), false);
            let shown = holders.people.keys().chain(holders.services.keys());
            let mut shown: Vec<String> = shown.map(PrincipalId::to_string).collect();
            shown.sort();
            assert_eq!(shown, expected, "{what}");
            assert_eq!(holders.unlisted, unlisted, "{what}");
            assert!(holders.gaps.is_empty(), "{what}: {:?}", holders.gaps);
        }
    }

    #[test]
    fn what_was_not_read_leaves_it_open_only_where_a_list_would_show_it() {
        let cases: [(&str, Change, &[GapKind]); 4] = [
            (
                "who is in it",
                |case| case.partial_group("g", &["ana"]),
                &[GapKind::PermissionDenied],
            ),
            (
                "who is eligible for it",
                |case| {
                    case.group("g", &["ana"]);
                    case.onboard("g");
                    case.missing(Dataset::GroupEligibilityScheduleInstances);
                },
                &[],
            ),
            (
                "who is in a group within it",
                |case| {
                    case.unreadable_group("inner");
                    case.group("g", &["ana", "inner"]);
                },
                &[],
            ),
            (
                "who is assigned to it",
                |case| {
                    case.group("g", &["ana"]);
                    case.onboard("g");
                    case.missing(Dataset::GroupAssignmentScheduleInstances);
                },
                &[GapKind::PermissionDenied, GapKind::Incomplete],
            ),
        ];
        for (what, change, expected) in cases {
            let mut case = Case::new();
            case.user("ana");
            change(&mut case);
            case.active("g", GLOBAL_READER);
            let world = case.world();
            let holders = world.direct_holders(&RoleId::new(GLOBAL_READER), false);
            let kinds: Vec<GapKind> = holders.gaps.iter().map(|gap| gap.kind).collect();
            assert_eq!(kinds, expected, "{what}");
        }
    }
}
