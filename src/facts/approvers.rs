//! Shared judgement: who can approve an activation, and how many of them whoever asks has.
//!
//! Nobody approves an own request, so the requesters are set against the approvers. How many are
//! enough is for the checks to say.

use super::window::Facts;
use super::world::World;
use crate::model::{
    Access, Approval, Approver, Class, Dataset, Gap, GapKind, GroupAccess, PrincipalId,
    PrincipalKindFacts, RoleId, Stage, roles,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Who can approve an activation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approvers {
    /// Nobody is named: the default approvers decide.
    pub default: bool,
    /// Enabled member users who can approve now.
    pub usable: BTreeSet<PrincipalId>,
    /// People who are only eligible for an approver group: they must elevate before they can approve.
    pub eligible: BTreeSet<PrincipalId>,
    /// Guests among those named; they never count.
    pub guests: BTreeSet<PrincipalId>,
    /// Named but deleted or not found.
    pub dead: BTreeSet<PrincipalId>,
    /// Groups among those named.
    pub groups: BTreeSet<PrincipalId>,
}

/// Names shown in one text before the rest is only counted.
const NAMES_SHOWN: usize = 5;

/// The approvers of a role, set against those who may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FewestApprovers {
    /// Everyone who can approve, over all stages.
    pub approvers: Approvers,
    /// `approvalMode`, as Graph says it.
    pub mode: Arc<str>,
    /// Users and groups as named by the policy.
    pub named: BTreeSet<PrincipalId>,
    /// Usable approvers of each stage, in order.
    pub stages: Vec<BTreeSet<PrincipalId>>,
    /// Users who are eligible for the access, directly or through a group.
    pub requesters: BTreeSet<PrincipalId>,
    /// The least number of approvers any known requester has; all of them when nobody is eligible.
    pub fewest: usize,
    /// Every usable approver is eligible for the same role.
    pub ring: bool,
    /// Why there may be more requesters than are known; empty when all are.
    pub gaps: Vec<Gap>,
}

impl FewestApprovers {
    /// The least number of approvers a requester could have, were every unread one an approver.
    pub fn fewest_at_worst(&self) -> usize {
        if self.gaps.is_empty() {
            self.fewest
        } else {
            self.fewest.min(self.approvers.usable.len().saturating_sub(1))
        }
    }

    /// The requesters, with every approver among them while some requesters are unread.
    pub fn requesters_at_worst(&self) -> BTreeSet<PrincipalId> {
        let mut requesters = self.requesters.clone();
        if !self.gaps.is_empty() {
            requesters.extend(self.approvers.usable.iter().cloned());
        }
        requesters
    }

    fn count(&mut self) {
        let usable = &self.approvers.usable;
        self.fewest = self
            .requesters
            .iter()
            .map(|requester| usable.len() - usize::from(usable.contains(requester)))
            .min()
            .unwrap_or(usable.len());
        self.ring = !usable.is_empty() && usable.is_subset(&self.requesters);
        self.gaps.sort();
        self.gaps.dedup();
    }
}

impl<'a> Facts<'_, 'a> {
    /// The approval rule of an access; one that asks for approval in mode `NoApproval` contradicts
    /// itself. Needs the policies.
    pub fn approval_of(&self, access: &Access) -> Result<&'a Approval, Gap> {
        let policy = self.policy_of(access)?;
        let approval = policy.approval.as_ref().map_err(Clone::clone)?;
        match approval {
            Approval::Required { mode, .. } if mode.eq_ignore_ascii_case("NoApproval") => {
                Err(Gap::unreadable(
                    dataset_of(access),
                    "isApprovalRequired is true, but approvalMode is NoApproval",
                ))
            }
            Approval::Required { .. } | Approval::NotRequired => Ok(approval),
        }
    }

    /// Shared judgement: the approvers every requester of this access has; `None` without approval.
    ///
    /// Needs what `approvers_for` needs, and for a role the eligibilities. Requesters that could not
    /// be read are gaps of the answer: unknown requesters take at most one approver away.
    pub fn fewest_usable_approvers(&self, access: &Access) -> Result<Option<FewestApprovers>, Gap> {
        let Approval::Required { mode, stages } = self.approval_of(access)? else {
            return Ok(None);
        };
        let Some(approvers) = self.approvers_for(access)? else {
            return Ok(None);
        };
        let named = stages.iter().flat_map(|stage| &stage.approvers).filter_map(named_id);
        let mut found = FewestApprovers {
            mode: Arc::clone(mode),
            named: named.cloned().collect(),
            stages: stages.iter().map(|stage| self.usable_of(stage, &approvers)).collect(),
            approvers,
            requesters: BTreeSet::new(),
            fewest: 0,
            ring: false,
            gaps: Vec::new(),
        };
        self.add_requesters(&mut found, access);
        found.count();
        Ok(Some(found))
    }

    fn usable_of(&self, stage: &Stage, approvers: &Approvers) -> BTreeSet<PrincipalId> {
        let mut people = BTreeSet::new();
        for id in stage.approvers.iter().filter_map(named_id) {
            if approvers.groups.contains(id) {
                people.extend(self.members_of(id).standing_members());
            } else {
                people.insert(id.clone());
            }
        }
        people.retain(|person| approvers.usable.contains(person));
        people
    }

    fn add_requesters(&self, found: &mut FewestApprovers, access: &Access) {
        match access {
            Access::DirectoryRole(role) => {
                found.gaps.extend(self.eligible().err());
                for grant in self.eligible_of(role) {
                    self.add_requester(found, &grant.principal);
                }
            }
            Access::Group(group, wanted) => {
                let entries = self.world.entries(group);
                found.gaps.extend(match wanted {
                    GroupAccess::Member => entries.member_gaps.iter().cloned(),
                    GroupAccess::Owner => entries.owner_gaps.iter().cloned(),
                });
                for entry in &entries.list {
                    if entry.access == *wanted && entry.how.is_gated() {
                        self.add_requester(found, &entry.principal);
                    }
                }
            }
        }
    }

    fn add_requester(&self, found: &mut FewestApprovers, id: &PrincipalId) {
        let principal = match self.principal_by_id(id) {
            Ok(principal) => principal,
            Err(gap) => {
                found.gaps.push(gap);
                return;
            }
        };
        match principal.kind {
            PrincipalKindFacts::User(_) => {
                found.requesters.insert(id.clone());
            }
            PrincipalKindFacts::Group(_) => {
                let expansion = self.members_of(id);
                found.requesters.extend(expansion.members.keys().cloned());
                found.gaps.extend(expansion.gaps.iter().cloned());
            }
            // Services cannot activate; what is deleted cannot ask.
            PrincipalKindFacts::ServicePrincipal(_)
            | PrincipalKindFacts::Other(_)
            | PrincipalKindFacts::Absent
            | PrincipalKindFacts::Hidden => {}
        }
    }

    /// Why more people than `standing_people` names may hold a role all the time; `None` when these
    /// are all. Needs what `standing_people` needs.
    pub fn standing_gap(&self, role: &RoleId) -> Option<Gap> {
        if let Err(gap) = self.active() {
            return Some(gap);
        }
        self.active_of(role).into_iter().filter(|grant| grant.within.is_tenant()).find_map(
            |grant| match grant.class() {
                Class::Permanent | Class::TimeBound => self.people_gap(&grant.principal),
                Class::Unknown => Some(self.instances_gap().cloned().unwrap_or_else(|| {
                    Gap::of(
                        Dataset::RoleAssignmentScheduleInstances,
                        GapKind::Incomplete,
                        "whether a role is assigned or activated is not known",
                    )
                })),
                Class::Activated | Class::EligiblePermanent | Class::EligibleTimeBound => None,
            },
        )
    }

    fn people_gap(&self, holder: &PrincipalId) -> Option<Gap> {
        match self.principal_by_id(holder) {
            Err(gap) => Some(gap),
            Ok(principal) if principal.group().is_some() => {
                let expansion = self.members_of(holder);
                let unread = || {
                    let mut members = expansion.members.keys();
                    members.find_map(|member| self.principal_by_id(member).err())
                };
                expansion.gaps.first().cloned().or_else(unread)
            }
            Ok(_) => None,
        }
    }

    /// Names of some principals for a text; of many only the first are named.
    pub fn names_of(&self, ids: &BTreeSet<PrincipalId>) -> String {
        let names: Vec<_> = ids.iter().take(NAMES_SHOWN).map(|id| self.name_of(id)).collect();
        let more = ids.len().saturating_sub(NAMES_SHOWN);
        if more == 0 { names.join(", ") } else { format!("{} and {more} more", names.join(", ")) }
    }
}

impl World<'_> {
    /// Shared judgement: who can approve an activation of the access, or `None` where no approval is
    /// asked for.
    pub fn approvers_for(&self, access: &Access) -> Result<Option<Approvers>, Gap> {
        let policy = self.policy(access)?;
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
                        dataset_of(access),
                        format!("an approver of type {kind} names nobody"),
                    ));
                }
            }
        }
        // A group has no default approvers: its policy must name one.
        let nobody_named = stages.iter().all(|stage| stage.approvers.is_empty());
        if nobody_named && matches!(access, Access::DirectoryRole(_)) {
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
        if self.is_absent(group) {
            found.dead.insert(group.clone());
            return Ok(());
        }
        let expansion = self.expand(group);
        if let Some(gap) = expansion.gaps.first() {
            return Err(gap.clone());
        }
        for member in expansion.standing_members() {
            self.add_approver(found, &member)?;
        }
        found.eligible.extend(expansion.eligible_only());
        Ok(())
    }

    /// Groups named as approvers, each with the accesses they approve; as far as known.
    pub fn approved_by_groups(&self) -> BTreeMap<PrincipalId, Vec<Access>> {
        let mut found: BTreeMap<PrincipalId, Vec<Access>> = BTreeMap::new();
        let roles = self.tenant.policies.at_least().into_iter().flatten();
        let roles = roles.map(|(role, policy)| (Access::DirectoryRole(role.clone()), policy));
        let groups = self.tenant.group_pim.iter().flat_map(|(group, pim)| {
            [GroupAccess::Member, GroupAccess::Owner]
                .map(|access| (Access::Group(group.clone(), access), pim.policy(access)))
        });
        for (access, policy) in roles.chain(groups) {
            let Ok(policy) = policy else { continue };
            let Ok(Approval::Required { stages, .. }) = &policy.approval else { continue };
            for approver in stages.iter().flat_map(|stage| &stage.approvers) {
                if let Approver::Group(group) = approver {
                    let uses = found.entry(group.clone()).or_default();
                    if !uses.contains(&access) {
                        uses.push(access.clone());
                    }
                }
            }
        }
        found.values_mut().for_each(|uses| uses.sort());
        found
    }
}

const fn dataset_of(access: &Access) -> Dataset {
    match access {
        Access::DirectoryRole(_) => Dataset::RolePolicies,
        Access::Group(..) => Dataset::GroupPolicies,
    }
}

const fn named_id(approver: &Approver) -> Option<&PrincipalId> {
    match approver {
        Approver::User(id) | Approver::Group(id) => Some(id),
        Approver::Unknown(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, GLOBAL_READER};

    fn found(case: &Case) -> Result<Option<Approvers>, GapKind> {
        let access = Access::DirectoryRole(RoleId::new(GLOBAL_READER));
        case.world().approvers_for(&access).map_err(|gap| gap.kind)
    }

    fn names(ids: &BTreeSet<PrincipalId>) -> Vec<String> {
        ids.iter().map(PrincipalId::to_string).collect()
    }

    #[test]
    fn those_who_can_approve_now_are_enabled_members_of_the_tenant() {
        let mut case = Case::new();
        for name in ["ana", "bo", "cy", "dan"] {
            case.user(name);
        }
        case.user("off").enabled = Some(false);
        case.user("guest").user_type = Some("Guest".into());
        case.service("app");
        case.absent("gone");
        case.group("team", &["bo"]);
        case.onboard("team");
        case.group_eligible("cy", "team", GroupAccess::Member);
        case.policy(GLOBAL_READER);
        assert_eq!(found(&case), Ok(None), "no approval is asked for");
        let user = |name: &str| Approver::User(PrincipalId::new(name));
        let mut stage: Vec<Approver> =
            ["ana", "off", "guest", "app", "gone"].map(user).into_iter().collect();
        stage.push(Approver::Group(PrincipalId::new("team")));
        case.approvers(GLOBAL_READER, &[]);
        if let Ok(Approval::Required { stages, .. }) = &mut case.policy(GLOBAL_READER).approval {
            stages[0].approvers = stage;
        }
        let approvers = found(&case).unwrap().unwrap();
        for (what, ids, expected) in [
            ("usable", &approvers.usable, &["ana", "bo"][..]),
            ("eligible", &approvers.eligible, &["cy"]),
            ("guests", &approvers.guests, &["guest"]),
            ("dead", &approvers.dead, &["gone"]),
            ("groups", &approvers.groups, &["team"]),
        ] {
            assert_eq!(names(ids), expected, "{what}");
        }
        assert!(!approvers.default);
    }

    #[test]
    fn without_a_name_the_standing_administrators_decide_and_no_break_glass_account() {
        let mut case = Case::new();
        for name in ["ana", "bo", "bg"] {
            case.user(name);
        }
        case.active("ana", GLOBAL_ADMINISTRATOR);
        case.eligible("bo", GLOBAL_ADMINISTRATOR);
        case.active("bg", GLOBAL_ADMINISTRATOR);
        case.organisation.break_glass = vec!["bg".into()];
        case.approvers(GLOBAL_READER, &[]);
        let approvers = found(&case).unwrap().unwrap();
        assert!(approvers.default);
        assert_eq!(names(&approvers.usable), ["ana"]);
        case.missing(Dataset::RoleAssignments);
        assert_eq!(found(&case), Err(GapKind::PermissionDenied));
    }

    #[test]
    fn what_was_not_read_of_an_approver_leaves_it_open() {
        type Change = fn(&mut Case);
        let cases: [(&str, Change, GapKind); 3] = [
            ("hidden", |case| case.hidden("ana"), GapKind::PermissionDenied),
            ("enabled or not", |case| case.user("ana").enabled = None, GapKind::PermissionDenied),
            ("a group", |case| case.unreadable_group("ana"), GapKind::PermissionDenied),
        ];
        for (what, change, expected) in cases {
            let mut case = Case::new();
            change(&mut case);
            case.approvers(GLOBAL_READER, &["ana"]);
            assert_eq!(found(&case), Err(expected), "{what}");
        }
    }
}
