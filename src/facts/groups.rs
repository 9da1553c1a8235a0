//! Who is in a group: the direct entries, plain and by PIM for Groups, reconciled; and everybody
//! behind them, to any depth, each with the ways there.
//!
//! One walk a group, remembered. What may be missing stands beside what is known.

use super::window::Facts;
use super::world::World;
use crate::model::{
    Access, Approval, Approver, AuthenticationContext, Class, Collected, Dataset, Gap, GapKind,
    GroupAccess, GroupGrant, GroupPim, Hold, Members, PrincipalId, PrincipalKindFacts,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

/// How somebody is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// By the directory alone, without an end: PIM has no instance for it.
    Plain,
    /// Made active through PIM.
    Assigned {
        /// When it ends; `None` is permanent.
        until: Option<Timestamp>,
    },
    /// Can be activated.
    Eligible {
        /// When it ends; `None` is permanent.
        until: Option<Timestamp>,
    },
    /// Active for a while, out of an eligibility.
    Activated,
    /// In the group; whether for good or for a while could not be read.
    Unknown,
}

impl How {
    /// True when it is there all the time, without an activation.
    pub const fn is_standing(self) -> bool {
        matches!(self, Self::Plain | Self::Assigned { .. })
    }

    /// True when an activation leads there, one that runs or one that could.
    pub const fn is_gated(self) -> bool {
        matches!(self, Self::Eligible { .. } | Self::Activated)
    }

    fn of(grant: &GroupGrant) -> Self {
        match grant.class() {
            Class::Permanent => Self::Assigned { until: None },
            Class::TimeBound => Self::Assigned { until: grant.end },
            Class::EligiblePermanent | Class::EligibleTimeBound => {
                Self::Eligible { until: grant.end }
            }
            Class::Activated => Self::Activated,
            Class::Unknown => Self::Unknown,
        }
    }
}

/// One direct member or owner of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub principal: PrincipalId,
    /// As what.
    pub access: GroupAccess,
    /// How.
    pub how: How,
}

/// Direct members and owners of a group.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    /// Those that are known, members first.
    pub list: Vec<Entry>,
    /// Why there may be more members.
    pub member_gaps: Vec<Gap>,
    /// Why there may be more owners.
    pub owner_gaps: Vec<Gap>,
}

/// Of which lists by group at least one was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answers {
    members: bool,
    owners: bool,
    pim: bool,
}

/// What a hop does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Is a member of the group.
    Member,
    /// Owns the group, and so can make anybody a member.
    Owner,
    /// Owns the service principal or its application, and so can give it a password.
    Credentials,
}

/// One hop of a way: how one gets into a group, or at a service principal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hop {
    /// The group or service principal that is entered.
    pub into: PrincipalId,
    /// What the hop does.
    pub step: Step,
    /// How it is held.
    pub how: How,
}

impl Hop {
    /// The access whose policy stands before this hop, where an activation is needed.
    pub fn gated_by(&self) -> Option<Access> {
        if !self.how.is_gated() {
            return None;
        }
        match self.step {
            Step::Member => Some(Access::Group(self.into.clone(), GroupAccess::Member)),
            Step::Owner => Some(Access::Group(self.into.clone(), GroupAccess::Owner)),
            Step::Credentials => None,
        }
    }
}

/// The hops of a way, from the group that holds the role down to the holder. Cheap to lengthen, as
/// ways share their beginnings.
#[derive(Clone, Default)]
pub struct Chain(Option<Rc<Link>>);

struct Link {
    hop: Hop,
    before: Chain,
    length: usize,
}

impl Chain {
    /// The same way with one hop more, further away from the role.
    #[must_use]
    pub fn with(&self, hop: Hop) -> Self {
        Self(Some(Rc::new(Link { hop, before: self.clone(), length: self.len() + 1 })))
    }

    /// Number of hops.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |link| link.length)
    }

    /// True for who holds it directly.
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The hops, the one next to the role first.
    pub fn iter(&self) -> std::vec::IntoIter<&Hop> {
        let mut hops = Vec::with_capacity(self.len());
        let mut link = self.0.as_ref();
        while let Some(current) = link {
            hops.push(&current.hop);
            link = current.before.0.as_ref();
        }
        hops.reverse();
        hops.into_iter()
    }

    /// True when every hop is as told.
    pub fn all(&self, is: impl Fn(&Hop) -> bool) -> bool {
        let mut link = self.0.as_ref();
        while let Some(current) = link {
            if !is(&current.hop) {
                return false;
            }
            link = current.before.0.as_ref();
        }
        true
    }

    /// True when some hop is as told.
    pub fn any(&self, is: impl Fn(&Hop) -> bool) -> bool {
        !self.all(|hop| !is(hop))
    }
}

// A ring of thousands of groups makes a chain too long to drop by recursion.
impl Drop for Link {
    fn drop(&mut self) {
        let mut next = self.before.0.take();
        while let Some(link) = next {
            next = Rc::into_inner(link).and_then(|mut link| link.before.0.take());
        }
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for Chain {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Chain {}

/// Everyone in a group, to any depth.
#[derive(Clone, Debug, Default)]
pub struct Expansion {
    /// Users and service principals, each with the ways into the group that differ in what they ask
    /// for; the shortest of each.
    pub members: BTreeMap<PrincipalId, Vec<Chain>>,
    /// Users and service principals who can make themselves members, as owners somewhere on the way.
    pub potential: BTreeMap<PrincipalId, Vec<Chain>>,
    /// Why there may be more members.
    pub gaps: Vec<Gap>,
    /// Why there may be more owners.
    pub owner_gaps: Vec<Gap>,
}

impl Expansion {
    /// Members who are there all the time.
    pub fn standing_members(&self) -> BTreeSet<PrincipalId> {
        let standing =
            |chains: &[Chain]| chains.iter().any(|chain| chain.all(|hop| hop.how.is_standing()));
        let members = self.members.iter().filter(|(_, chains)| standing(chains));
        members.map(|(id, _)| id.clone()).collect()
    }

    /// Members who must activate a membership on every way, and did not.
    pub fn eligible_only(&self) -> BTreeSet<PrincipalId> {
        let eligible = |chain: &Chain| chain.any(|hop| matches!(hop.how, How::Eligible { .. }));
        let members = self.members.iter().filter(|(_, chains)| chains.iter().all(eligible));
        members.map(|(id, _)| id.clone()).collect()
    }
}

/// How many are in a group as members by the lists of PIM for Groups, people and groups alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PimMembers {
    /// Who can activate a membership.
    pub eligible: usize,
    /// Who is assigned one, with an end or without.
    pub assigned: usize,
}

impl PimMembers {
    /// True where PIM guards the group: some can activate a membership, and nobody is assigned one.
    pub const fn must_activate(self) -> bool {
        self.eligible > 0 && self.assigned == 0
    }
}

/// What makes two ways to one principal differ: what the activations on them ask for, and of whom.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Signature {
    bits: u16,
    approvals: u8,
    /// Sum over the sets of approvers that are named, so that two sets differ from one set twice.
    approvers: u64,
    contexts: u8,
    /// Sum over the accesses that ask for an authentication context, and over its claims: whether one
    /// is enforced differs by both.
    claims: u64,
}

impl Signature {
    const MFA: u16 = 1;
    const CONTEXT: u16 = 1 << 1;
    const JUSTIFICATION: u16 = 1 << 2;
    const TICKET: u16 = 1 << 3;
    const UNREADABLE: u16 = 1 << 4;
    const POTENTIAL: u16 = 1 << 5;
    const ACTIVATED: u16 = 1 << 6;
    const ELIGIBLE: u16 = 1 << 7;
    const UNKNOWN: u16 = 1 << 8;
    const TIME_BOUND: u16 = 1 << 9;

    /// Ways that ask for more than two approvals, or contexts, need not be told apart.
    const MOST: u8 = 2;

    fn with(self, hop: Self) -> Self {
        let sum = |count: u8, sum: u64, more: u64| {
            if count >= Self::MOST { sum } else { sum.wrapping_add(more) }
        };
        Self {
            bits: self.bits | hop.bits,
            approvals: (self.approvals + hop.approvals).min(Self::MOST),
            approvers: sum(self.approvals, self.approvers, hop.approvers),
            contexts: (self.contexts + hop.contexts).min(Self::MOST),
            claims: sum(self.contexts, self.claims, hop.claims),
        }
    }

    const fn is_potential(self) -> bool {
        self.bits & Self::POTENTIAL != 0
    }
}

/// The direct edges between groups, from the inner one outwards.
pub(super) type Parents = HashMap<PrincipalId, Vec<(PrincipalId, GroupAccess, How)>>;

/// Whether somebody is known to be eligible for the group, or to have activated that.
fn has_eligibility(pim: &GroupPim) -> bool {
    let grants = [&pim.active, &pim.eligible].into_iter().filter_map(|it| it.at_least().ok());
    grants.flatten().any(|grant| matches!(grant.hold, Hold::Eligible | Hold::Activated))
}

impl World<'_> {
    /// Whether PIM for Groups manages the group. Without the list of those groups an eligibility, or an
    /// activation out of one, is the proof; a policy is none, as groups have one before, too.
    pub fn is_onboarded(&self, group: &PrincipalId) -> Result<bool, Gap> {
        match self.tenant.onboarded.at_least() {
            Ok(known) if known.contains(group) => Ok(true),
            Ok(_) | Err(_) => match self.tenant.onboarded.complete() {
                Ok(_) => Ok(false),
                Err(gap) => match self.tenant.group_pim.get(group) {
                    Some(pim) if has_eligibility(pim) => Ok(true),
                    Some(_) | None => Err(gap),
                },
            },
        }
    }

    /// What PIM for Groups lists of the members of a group. Where some are assigned, the others are
    /// counted as far as known; else the numbers are whole.
    pub fn pim_members(&self, group: &PrincipalId) -> Result<PimMembers, Gap> {
        let Some(pim) = self.tenant.group_pim.get(group) else {
            return match self.is_onboarded(group)? {
                false => Ok(PimMembers::default()),
                true => Err(self.not_read_of_pim(group)),
            };
        };
        let with = |list: &Collected<Vec<GroupGrant>>, hold: Hold| {
            let known = list.at_least().map(Vec::as_slice).unwrap_or_default();
            let found =
                known.iter().filter(|it| it.access == GroupAccess::Member && it.hold == hold);
            found.map(|it| &it.principal).collect::<BTreeSet<_>>().len()
        };
        let members = PimMembers {
            eligible: with(&pim.eligible, Hold::Eligible),
            assigned: with(&pim.active, Hold::Assigned),
        };
        if members.assigned > 0 {
            return Ok(members);
        }
        if let Some(gap) = pim.eligible.gap().or(pim.active.gap()) {
            return Err(gap.clone());
        }
        if with(&pim.active, Hold::ActiveOfUnknownType) > 0 {
            return Err(Gap::of(
                Dataset::GroupAssignmentScheduleInstances,
                GapKind::Incomplete,
                format!(
                    "whether a member of group {} is assigned or activated is not known",
                    self.name_of(group)
                ),
            ));
        }
        Ok(members)
    }

    /// Why nothing is known of a group that PIM manages.
    fn not_read_of_pim(&self, group: &PrincipalId) -> Gap {
        let detail =
            format!("what PIM for Groups says of group {} was not read", self.name_of(group));
        Gap::of(Dataset::GroupEligibilityScheduleInstances, GapKind::NotRequested, detail)
    }

    /// Direct members and owners of a group.
    pub fn entries(&self, group: &PrincipalId) -> Rc<Entries> {
        if let Some(known) = self.entries.borrow().get(group) {
            return Rc::clone(known);
        }
        let entries = Rc::new(self.gather_entries(group));
        self.entries.borrow_mut().insert(group.clone(), Rc::clone(&entries));
        entries
    }

    fn gather_entries(&self, group: &PrincipalId) -> Entries {
        let mut entries = Entries::default();
        let pim = self.tenant.group_pim.get(group);
        let onboarded = self.is_onboarded(group);
        let managed = !matches!(onboarded, Ok(false));
        let mut listed: HashSet<(PrincipalId, GroupAccess)> = HashSet::new();
        let mut pim_gaps: Vec<Gap> = Vec::new();
        let mut by_pim: Vec<Entry> = Vec::new();
        if managed {
            match pim {
                Some(pim) => {
                    let known = self.answers().pim;
                    for gap in [pim.active.gap(), pim.eligible.gap()].into_iter().flatten() {
                        pim_gaps.push(self.gap_of_group(group, "", gap, known));
                    }
                    let grants = [&pim.active, &pim.eligible];
                    for grant in grants.into_iter().filter_map(|it| it.at_least().ok()).flatten() {
                        if !matches!(grant.hold, Hold::Eligible) {
                            listed.insert((grant.principal.clone(), grant.access));
                        }
                        by_pim.push(Entry {
                            principal: grant.principal.clone(),
                            access: grant.access,
                            how: How::of(grant),
                        });
                    }
                }
                None => {
                    pim_gaps.push(onboarded.err().unwrap_or_else(|| self.not_read_of_pim(group)));
                }
            }
        }
        // With the instances known, a member without one stands for ever; without them nobody knows.
        let active_known = !managed || pim.is_some_and(|pim| pim.active.gap().is_none());
        let plain = if active_known { How::Plain } else { How::Unknown };
        let lists = [
            (&self.tenant.members, GroupAccess::Member, Dataset::GroupMembers),
            (&self.tenant.owners, GroupAccess::Owner, Dataset::GroupOwners),
        ];
        for (list, access, dataset) in lists {
            let gaps = match access {
                GroupAccess::Member => &mut entries.member_gaps,
                GroupAccess::Owner => &mut entries.owner_gaps,
            };
            gaps.extend(pim_gaps.iter().cloned());
            let known = match list.at_least() {
                Ok(known) => known.get(group),
                Err(gap) => {
                    gaps.push(gap);
                    continue;
                }
            };
            let Some(direct) = known else {
                gaps.push(list.gap().cloned().unwrap_or_else(|| {
                    let what = if access == GroupAccess::Member { "members" } else { "owners" };
                    let detail =
                        format!("the {what} of group {} were not read", self.name_of(group));
                    Gap::of(dataset, GapKind::Incomplete, detail)
                }));
                continue;
            };
            if let Some(gap) = &direct.gap {
                let (what, known) = match access {
                    GroupAccess::Member => ("members of ", self.answers().members),
                    GroupAccess::Owner => ("owners of ", self.answers().owners),
                };
                gaps.push(self.gap_of_group(group, what, gap, known));
            }
            entries.list.reserve_exact(direct.known.len());
            for principal in &direct.known {
                if !listed.contains(&(principal.clone(), access)) {
                    entries.list.push(Entry { principal: principal.clone(), access, how: plain });
                }
            }
        }
        entries.list.extend(by_pim);
        entries.list.sort_by(|a, b| a.access.cmp(&b.access).then(a.principal.cmp(&b.principal)));
        entries
    }

    /// Why a list of one group is not known. Where the same was read of other groups the group is named:
    /// one among many is to be looked at. Else all of them miss the same, which is told once.
    fn gap_of_group(&self, group: &PrincipalId, what: &str, gap: &Gap, of_others: bool) -> Gap {
        if !of_others {
            return gap.clone();
        }
        let name = self.name_of(group);
        let id = if *name == *group.text() { String::new() } else { format!(" ({group})") };
        let detail = format!("{what}group {name}{id}: {}", gap.detail);
        Gap { detail: detail.into(), ..gap.clone() }
    }

    /// Of which lists by group some were read.
    fn answers(&self) -> Answers {
        *self.answers.get_or_init(|| {
            let some = |list: &Collected<HashMap<PrincipalId, Members>>| {
                list.at_least().is_ok_and(|known| known.values().any(|it| it.gap.is_none()))
            };
            let read = |pim: &GroupPim| pim.active.gap().or(pim.eligible.gap()).is_none();
            Answers {
                members: some(&self.tenant.members),
                owners: some(&self.tenant.owners),
                pim: self.tenant.group_pim.values().any(read),
            }
        })
    }

    /// Everyone in a group to any depth.
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
        let mut visited = HashSet::from([(group.clone(), Signature::default())]);
        let mut queue = VecDeque::from([(group.clone(), Chain::default(), Signature::default())]);
        let mut looked_at = HashSet::new();
        while let Some((current, chain, signature)) = queue.pop_front() {
            if self.is_absent(&current) {
                // Deleted: nobody is in it.
                continue;
            }
            let entries = self.entries(&current);
            if looked_at.insert(current.clone()) {
                expansion.gaps.extend(entries.member_gaps.iter().cloned());
                expansion.owner_gaps.extend(entries.owner_gaps.iter().cloned());
            }
            // Most are in it in the same manner, and share the way.
            let mut latest: Option<((GroupAccess, How), Signature, Chain)> = None;
            for entry in &entries.list {
                let manner = (entry.access, entry.how);
                let (signature, chain) = match &latest {
                    Some((known, signature, chain)) if *known == manner => (*signature, chain),
                    _ => {
                        let step = match entry.access {
                            GroupAccess::Member => Step::Member,
                            GroupAccess::Owner => Step::Owner,
                        };
                        let hop = Hop { into: current.clone(), step, how: entry.how };
                        let signature = signature.with(self.signature_of(&hop));
                        let (_, signature, chain) =
                            latest.insert((manner, signature, chain.with(hop)));
                        (*signature, &*chain)
                    }
                };
                if !visited.insert((entry.principal.clone(), signature)) {
                    continue;
                }
                let chain = chain.clone();
                if self.is_group(&entry.principal) {
                    // Who comes through a group a second time, as where one owns itself, was there
                    // already by less.
                    if looked_at.contains(&entry.principal)
                        && chain.any(|hop| hop.into == entry.principal)
                    {
                        continue;
                    }
                    queue.push_back((entry.principal.clone(), chain, signature));
                } else {
                    let list = if signature.is_potential() {
                        &mut expansion.potential
                    } else {
                        &mut expansion.members
                    };
                    // Nearly all have one way in.
                    let ways = list.entry(entry.principal.clone());
                    ways.or_insert_with(|| Vec::with_capacity(1)).push(chain);
                }
            }
        }
        for gaps in [&mut expansion.gaps, &mut expansion.owner_gaps] {
            gaps.sort();
            gaps.dedup();
        }
        expansion
    }

    fn signature_of(&self, hop: &Hop) -> Signature {
        let mut signature = Signature::default();
        let bits = &mut signature.bits;
        *bits = match hop.how {
            How::Plain | How::Assigned { until: None } => 0,
            How::Assigned { until: Some(_) } => Signature::TIME_BOUND,
            How::Eligible { .. } => Signature::ELIGIBLE,
            How::Activated => Signature::ACTIVATED,
            How::Unknown => Signature::UNKNOWN,
        };
        if hop.step == Step::Owner {
            *bits |= Signature::POTENTIAL;
        }
        let Some(access) = hop.gated_by() else { return signature };
        let Ok(policy) = self.policy(&access) else {
            *bits |= Signature::UNREADABLE;
            return signature;
        };
        match &policy.activation_enablement {
            Ok(asked) => {
                for (on, bit) in [
                    (asked.mfa, Signature::MFA),
                    (asked.justification, Signature::JUSTIFICATION),
                    (asked.ticket, Signature::TICKET),
                ] {
                    if on {
                        *bits |= bit;
                    }
                }
            }
            Err(_) => *bits |= Signature::UNREADABLE,
        }
        match &policy.authentication_context {
            Ok(AuthenticationContext::On(claim)) => {
                *bits |= Signature::CONTEXT;
                let mut hasher = DefaultHasher::new();
                (claim, &access).hash(&mut hasher);
                signature.contexts = 1;
                signature.claims = hasher.finish();
            }
            Ok(AuthenticationContext::Off | AuthenticationContext::OnWithoutClaim) => {}
            Err(_) => *bits |= Signature::UNREADABLE,
        }
        match &policy.approval {
            Ok(Approval::Required { stages, .. }) => {
                let named: BTreeSet<&Approver> =
                    stages.iter().flat_map(|stage| &stage.approvers).collect();
                let mut hasher = DefaultHasher::new();
                named.hash(&mut hasher);
                signature.approvals = 1;
                signature.approvers = hasher.finish();
            }
            Ok(Approval::NotRequired) => {}
            Err(_) => *bits |= Signature::UNREADABLE,
        }
        signature
    }

    /// True for a group, by its properties or because its members were asked for.
    pub(super) fn is_group(&self, id: &PrincipalId) -> bool {
        self.principal(id).is_some_and(|found| found.group().is_some())
            || self.tenant.members.at_least().is_ok_and(|members| members.contains_key(id))
    }

    pub(super) fn is_absent(&self, id: &PrincipalId) -> bool {
        self.principal(id).is_some_and(|it| matches!(it.kind, PrincipalKindFacts::Absent))
    }

    /// The groups each group is directly in, as a member or as an owner.
    pub(super) fn parents(&self) -> &Parents {
        self.parents.get_or_init(|| {
            let mut parents = Parents::new();
            let mut groups: BTreeSet<&PrincipalId> = self.tenant.group_pim.keys().collect();
            for list in [&self.tenant.members, &self.tenant.owners] {
                groups.extend(list.at_least().into_iter().flat_map(HashMap::keys));
            }
            for group in groups {
                for entry in &self.entries(group).list {
                    if self.is_group(&entry.principal) {
                        let edge = (group.clone(), entry.access, entry.how);
                        parents.entry(entry.principal.clone()).or_default().push(edge);
                    }
                }
            }
            parents
        })
    }
}

impl Facts<'_, '_> {
    /// What PIM for Groups lists of the members of a group.
    pub fn pim_members(&self, group: &PrincipalId) -> Result<PimMembers, Gap> {
        self.declared(&[Dataset::GroupMembers]);
        self.world.pim_members(group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Case;

    fn id(name: &str) -> PrincipalId {
        PrincipalId::new(name)
    }

    #[test]
    fn a_member_stands_for_ever_only_where_pim_has_nothing_else_to_say() {
        type Change = fn(&mut Case);
        let until = "2026-12-31T00:00:00Z".parse().ok();
        let cases: [(&str, Change, How); 5] = [
            ("not managed", |_| {}, How::Plain),
            ("managed, without an instance", |case| case.onboard("g"), How::Plain),
            (
                "assigned through PIM",
                |case| {
                    case.group("g", &[]);
                    case.onboard("g");
                    case.group_active("ana", "g", GroupAccess::Member);
                },
                How::Assigned { until: None },
            ),
            (
                "eligible",
                |case| {
                    case.group("g", &[]);
                    case.onboard("g");
                    case.group_eligible("ana", "g", GroupAccess::Member);
                },
                How::Eligible { until },
            ),
            (
                "managed, instances not read",
                |case| {
                    case.onboard("g");
                    case.missing(Dataset::GroupAssignmentScheduleInstances);
                },
                How::Unknown,
            ),
        ];
        for (what, change, expected) in cases {
            let mut case = Case::new();
            case.user("ana");
            case.group("g", &["ana"]);
            change(&mut case);
            let found: Vec<How> =
                case.world().entries(&id("g")).list.iter().map(|it| it.how).collect();
            assert_eq!(found, [expected], "{what}");
        }
    }

    #[test]
    fn whether_pim_manages_a_group_is_told_by_the_list_and_without_it_by_an_eligibility() {
        // In the list; with a policy; with an eligibility; the list was read.
        for (listed, policy, eligible, read, expected) in [
            (true, true, false, true, Ok(true)),
            (false, false, false, true, Ok(false)),
            (false, true, true, false, Ok(true)),
            // A group has a policy before PIM manages it.
            (false, true, false, false, Err(GapKind::PermissionDenied)),
            (false, false, false, false, Err(GapKind::PermissionDenied)),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.group("g", &[]);
            if listed || policy {
                case.onboard("g");
            }
            if eligible {
                case.group_eligible("ana", "g", GroupAccess::Owner);
            }
            if !read {
                case.missing(Dataset::OnboardedGroups);
            }
            let found = case.world().is_onboarded(&id("g")).map_err(|gap| gap.kind);
            assert_eq!(found, expected, "{listed} {policy} {eligible} {read}");
        }
    }

    #[test]
    fn pim_guards_a_group_with_eligible_members_and_no_assigned_ones() {
        const MEMBER: GroupAccess = GroupAccess::Member;
        type Change = fn(&mut Case);
        let some = |eligible, assigned| Ok(PimMembers { eligible, assigned });
        let cases: [(&str, Change, Result<PimMembers, GapKind>); 10] = [
            ("managed by nobody", |_| {}, some(0, 0)),
            ("managed, nobody eligible", |case| case.onboard("g"), some(0, 0)),
            (
                "eligible twice",
                |case| {
                    case.onboard("g");
                    case.group_eligible("ana", "g", MEMBER);
                    case.group_eligible("ana", "g", MEMBER);
                },
                some(1, 0),
            ),
            (
                "owners",
                |case| {
                    case.onboard("g");
                    case.group_eligible("ana", "g", GroupAccess::Owner);
                    case.group_active("bo", "g", GroupAccess::Owner);
                },
                some(0, 0),
            ),
            (
                "assigned too",
                |case| {
                    case.onboard("g");
                    case.group_eligible("ana", "g", MEMBER);
                    case.group_active("bo", "g", MEMBER);
                },
                some(1, 1),
            ),
            (
                "activated",
                |case| {
                    case.onboard("g");
                    case.group_eligible("ana", "g", MEMBER);
                    case.group_active("ana", "g", MEMBER).hold = Hold::Activated;
                },
                some(1, 0),
            ),
            (
                "of unknown type",
                |case| {
                    case.onboard("g");
                    case.group_eligible("ana", "g", MEMBER);
                    case.group_active("bo", "g", MEMBER).hold = Hold::ActiveOfUnknownType;
                },
                Err(GapKind::Incomplete),
            ),
            (
                "assigned not read",
                |case| {
                    case.onboard("g");
                    case.group_eligible("ana", "g", MEMBER);
                    case.missing(Dataset::GroupAssignmentScheduleInstances);
                },
                Err(GapKind::PermissionDenied),
            ),
            (
                "eligible not read",
                |case| {
                    case.onboard("g");
                    case.group_active("bo", "g", MEMBER);
                    case.missing(Dataset::GroupEligibilityScheduleInstances);
                },
                some(0, 1),
            ),
            (
                "listed and not read",
                |case| {
                    case.onboard("g");
                    case.tenant.group_pim.clear();
                },
                Err(GapKind::NotRequested),
            ),
        ];
        for (what, change, expected) in cases {
            let mut case = Case::new();
            for name in ["ana", "bo"] {
                case.user(name);
            }
            case.group("g", &[]);
            change(&mut case);
            let found = case.world().pim_members(&id("g")).map_err(|gap| gap.kind);
            assert_eq!(found, expected, "{what}");
        }
        for (eligible, assigned, expected) in [(0, 0, false), (1, 0, true), (1, 1, false)] {
            let members = PimMembers { eligible, assigned };
            assert_eq!(members.must_activate(), expected, "{members:?}");
        }
    }

    #[test]
    fn everybody_behind_a_group_is_told_apart_by_what_must_be_activated() {
        let mut case = Case::new();
        for name in ["plain", "deep", "eligible", "owner"] {
            case.user(name);
        }
        case.group("inner", &["deep"]);
        case.group("outer", &["plain", "inner"]);
        case.onboard("outer");
        case.group_eligible("eligible", "outer", GroupAccess::Member);
        // Held both ways it needs no activation.
        case.group_eligible("plain", "outer", GroupAccess::Member);
        case.owner("owner", "inner");
        let world = case.world();
        let expansion = world.expand(&id("outer"));
        let names =
            |ids: BTreeSet<PrincipalId>| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(expansion.standing_members()), ["deep", "plain"]);
        assert_eq!(names(expansion.eligible_only()), ["eligible"]);
        assert_eq!(names(expansion.potential.keys().cloned().collect()), ["owner"]);
        let hops: Vec<String> =
            expansion.members[&id("deep")][0].iter().map(|hop| hop.into.to_string()).collect();
        assert_eq!(hops, ["outer", "inner"]);
    }

    #[test]
    fn a_ring_ends_and_what_was_not_read_leaves_a_gap() {
        let mut case = Case::new();
        case.user("ana");
        case.group("a", &["b"]);
        case.group("b", &["a", "ana", "gone", "dark"]);
        case.absent("gone");
        case.partial_group("dark", &["ana"]);
        let world = case.world();
        let expansion = world.expand(&id("a"));
        let members: Vec<String> = expansion.members.keys().map(ToString::to_string).collect();
        assert_eq!(members, ["ana", "gone"]);
        let gaps: Vec<GapKind> = expansion.gaps.iter().map(|gap| gap.kind).collect();
        assert_eq!(gaps, [GapKind::PermissionDenied]);
    }
}
