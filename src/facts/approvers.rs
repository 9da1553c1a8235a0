//! Shared judgement: how many people can approve an activation of a role, whoever asks for it.
//!
//! Who can approve at all is `Facts::approvers_for`; here the requesters are set against them, as
//! nobody approves an own request. How many are enough is for the checks to say.

use super::{Approvers, Facts, eligible_members_gap};
use crate::model::{
    Access, Approval, Approver, Class, Dataset, Gap, GapKind, PrincipalId, PrincipalKindFacts,
    RoleId, Stage,
};
use std::collections::BTreeSet;
use std::sync::Arc;

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
    /// Users who are eligible for the role, directly or through a group.
    pub requesters: BTreeSet<PrincipalId>,
    /// The least number of approvers any known requester has; all of them when nobody is eligible.
    pub fewest: usize,
    /// Every usable approver is eligible for the same role.
    pub ring: bool,
    /// Why there may be more requesters than are known; empty when all are. Every group that is
    /// eligible is one, as its own eligible members are not read.
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
    /// The approval rule of a role; one that asks for approval in mode `NoApproval` contradicts
    /// itself. Needs the role policies.
    pub fn approval_of(&self, role: &RoleId) -> Result<&'a Approval, Gap> {
        let policy = self.policy_of(&Access::DirectoryRole(role.clone()))?;
        let approval = policy.approval.as_ref().map_err(Clone::clone)?;
        match approval {
            Approval::Required { mode, .. } if mode.eq_ignore_ascii_case("NoApproval") => {
                Err(Gap::unreadable(
                    Dataset::RolePolicies,
                    "isApprovalRequired is true, but approvalMode is NoApproval",
                ))
            }
            Approval::Required { .. } | Approval::NotRequired => Ok(approval),
        }
    }

    /// Shared judgement: the approvers every requester of this role has; `None` without approval.
    ///
    /// Needs what `approvers_for` needs, and the eligibilities. Requesters that could not be read are
    /// gaps of the answer: unknown requesters take at most one approver away.
    pub fn fewest_usable_approvers(&self, role: &RoleId) -> Result<Option<FewestApprovers>, Gap> {
        let Approval::Required { mode, stages } = self.approval_of(role)? else {
            return Ok(None);
        };
        let Some(approvers) = self.approvers_for(role)? else {
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
        self.add_requesters(&mut found, role);
        found.count();
        Ok(Some(found))
    }

    fn usable_of(&self, stage: &Stage, approvers: &Approvers) -> BTreeSet<PrincipalId> {
        let mut people = BTreeSet::new();
        for id in stage.approvers.iter().filter_map(named_id) {
            if approvers.groups.contains(id) {
                people.extend(self.members_of(id).members.keys().cloned());
            } else {
                people.insert(id.clone());
            }
        }
        people.retain(|person| approvers.usable.contains(person));
        people
    }

    fn add_requesters(&self, found: &mut FewestApprovers, role: &RoleId) {
        found.gaps.extend(self.eligible().err());
        for grant in self.eligible_of(role) {
            let principal = match self.principal_by_id(&grant.principal) {
                Ok(principal) => principal,
                Err(gap) => {
                    found.gaps.push(gap);
                    continue;
                }
            };
            match principal.kind {
                PrincipalKindFacts::User(_) => {
                    found.requesters.insert(grant.principal.clone());
                }
                PrincipalKindFacts::Group(_) => {
                    let expansion = self.members_of(&grant.principal);
                    found.requesters.extend(expansion.members.keys().cloned());
                    found.gaps.extend(expansion.gaps.iter().cloned());
                    found.gaps.push(eligible_members_gap(&principal.name));
                }
                // Services cannot activate; what is deleted cannot ask.
                PrincipalKindFacts::ServicePrincipal(_)
                | PrincipalKindFacts::Other(_)
                | PrincipalKindFacts::Absent
                | PrincipalKindFacts::Hidden => {}
            }
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

const fn named_id(approver: &Approver) -> Option<&PrincipalId> {
    match approver {
        Approver::User(id) | Approver::Group(id) => Some(id),
        Approver::Unknown(_) => None,
    }
}
