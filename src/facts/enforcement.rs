//! Shared judgement: whether Conditional Access really enforces an authentication context.
//!
//! PIM falls back to plain MFA only when no policy at all names the context. A policy that is switched
//! off, only reports, or leaves the person out enforces nothing, and the fallback does not apply.

use super::world::World;
use crate::model::{
    ConditionalAccessPolicy, Dataset, Gap, GapKind, GrantControls, PolicyState, PrincipalId,
};
use std::collections::BTreeSet;

/// How an authentication context is enforced, and why that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enforcement {
    /// The judgement.
    pub state: EnforcementState,
    /// The reason, in words without a full stop.
    pub why: String,
}

/// Whether a context is enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnforcementState {
    /// A live policy asks everybody concerned for MFA or an authentication strength.
    Enforced,
    /// No policy names the context: PIM asks for plain MFA.
    FallsBackToMfa,
    /// A live policy exists, but cannot be relied on for everybody at every time.
    Partly,
    /// Nothing is asked for.
    NotEnforced,
}

/// Names shown in one text.
const SHOWN: usize = 3;

impl World<'_> {
    /// Whether Conditional Access enforces the context of this claim for these people.
    pub fn context_enforcement(
        &self,
        claim: &str,
        who: &BTreeSet<PrincipalId>,
    ) -> Result<Enforcement, Gap> {
        let policies = self.tenant.conditional_access.complete()?;
        let naming: Vec<&ConditionalAccessPolicy> = policies
            .iter()
            .filter(|policy| policy.contexts.iter().any(|it| it.eq_ignore_ascii_case(claim)))
            .collect();
        let found = |state, why: String| Ok(Enforcement { state, why });
        if naming.is_empty() {
            let why = format!("no Conditional Access policy names {claim}, so PIM asks for MFA");
            return found(EnforcementState::FallsBackToMfa, why);
        }
        if let Some(policy) = naming.iter().find(|it| matches!(it.state, PolicyState::Unknown(_))) {
            let detail =
                format!("the state of Conditional Access policy {} is unknown", policy.name);
            return Err(Gap::unreadable(Dataset::ConditionalAccessPolicies, detail));
        }
        let live: Vec<&ConditionalAccessPolicy> =
            naming.iter().copied().filter(|policy| is_live(policy)).collect();
        if live.is_empty() {
            let reasons: Vec<String> =
                naming.iter().take(SHOWN).map(|policy| why_not_live(policy)).collect();
            return found(EnforcementState::NotEnforced, reasons.join("; "));
        }
        let (mut open, mut narrowed) = (Vec::new(), false);
        for person in who.iter().filter(|person| !self.is_break_glass(person)) {
            match self.coverage(person, &live)? {
                Coverage::Always => {}
                Coverage::Sometimes => narrowed = true,
                Coverage::Never => open.push(self.name_of(person)),
            }
        }
        let names = || {
            let names: Vec<&str> = live.iter().take(SHOWN).map(|policy| &*policy.name).collect();
            names.join(", ")
        };
        if !open.is_empty() {
            let only_roles = live.iter().all(|policy| is_by_roles_alone(policy));
            if only_roles {
                let why = format!(
                    "{} is for holders of roles, which nobody is before the activation",
                    names()
                );
                return found(EnforcementState::Partly, why);
            }
            let more = open.len().saturating_sub(SHOWN);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            open.truncate(SHOWN);
            let why = format!("{} leaves out {}{more}", names(), open.join(", "));
            return found(EnforcementState::NotEnforced, why);
        }
        if narrowed {
            let why = format!("{} holds under further conditions only", names());
            return found(EnforcementState::Partly, why);
        }
        // The catalogue of contexts only sharpens the answer; without it a live policy still enforces.
        let hidden = self.tenant.contexts.complete().is_ok_and(|contexts| {
            contexts
                .iter()
                .any(|it| it.claim.eq_ignore_ascii_case(claim) && it.available == Some(false))
        });
        if hidden {
            let why = format!("{claim} is not published for use by applications");
            return found(EnforcementState::Partly, why);
        }
        found(EnforcementState::Enforced, format!("{} asks for it", names()))
    }

    fn coverage(
        &self,
        person: &PrincipalId,
        live: &[&ConditionalAccessPolicy],
    ) -> Result<Coverage, Gap> {
        let mut best = Coverage::Never;
        let mut unread = None;
        for policy in live {
            match self.policy_covers(policy, person) {
                Ok(false) => {}
                Ok(true) if policy.narrowed => best = best.max(Coverage::Sometimes),
                Ok(true) => return Ok(Coverage::Always),
                Err(gap) => unread = unread.or(Some(gap)),
            }
        }
        unread.map_or(Ok(best), Err)
    }

    /// Whether a policy is for this person: included and not excluded. Roles do not include anybody
    /// here, as the role is not active yet.
    pub fn policy_covers(
        &self,
        policy: &ConditionalAccessPolicy,
        person: &PrincipalId,
    ) -> Result<bool, Gap> {
        let users = &policy.users;
        let guest = self
            .principal(person)
            .and_then(|principal| principal.user())
            .is_some_and(crate::model::User::is_guest);
        if users.exclude_users.contains(person) || (guest && users.excludes_guests) {
            return Ok(false);
        }
        if self.in_any(person, &users.exclude_groups)? {
            return Ok(false);
        }
        for role in &users.exclude_roles {
            if self.standing_people(role)?.contains(person) {
                return Ok(false);
            }
        }
        if users.all || users.include_users.contains(person) {
            return Ok(true);
        }
        self.in_any(person, &users.include_groups)
    }

    fn in_any(&self, person: &PrincipalId, groups: &BTreeSet<PrincipalId>) -> Result<bool, Gap> {
        let mut unread = None;
        for group in groups {
            let expansion = self.expand(group);
            if expansion.members.contains_key(person) {
                return Ok(true);
            }
            unread = unread.or_else(|| expansion.gaps.first().cloned());
        }
        match unread {
            None => Ok(false),
            Some(gap) => Err(Gap::of(
                gap.dataset.unwrap_or(Dataset::GroupMembers),
                GapKind::Incomplete,
                format!("who is in a group of a Conditional Access policy is not known: {gap}"),
            )),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Coverage {
    Never,
    Sometimes,
    Always,
}

/// True when a policy is in force and asks for a second factor whatever else it offers.
pub fn is_live(policy: &ConditionalAccessPolicy) -> bool {
    policy.state == PolicyState::Enabled && policy.grant.as_ref().is_some_and(demands_factor)
}

fn demands_factor(grant: &GrantControls) -> bool {
    let factors = usize::from(grant.mfa) + usize::from(grant.strength.is_some());
    let others = grant.others.len() + usize::from(grant.block);
    factors > 0 && (grant.all || others == 0)
}

fn is_by_roles_alone(policy: &ConditionalAccessPolicy) -> bool {
    let users = &policy.users;
    !users.all
        && users.include_users.is_empty()
        && users.include_groups.is_empty()
        && !users.include_roles.is_empty()
}

fn why_not_live(policy: &ConditionalAccessPolicy) -> String {
    let name = &policy.name;
    match &policy.state {
        PolicyState::Disabled => format!("{name} is switched off"),
        PolicyState::ReportOnly => format!("{name} only reports"),
        PolicyState::Unknown(state) => format!("{name} is in the unknown state {state}"),
        PolicyState::Enabled => match &policy.grant {
            None => format!("{name} asks for nothing"),
            Some(grant) if grant.mfa || grant.strength.is_some() => {
                format!("{name} accepts something else in place of MFA")
            }
            Some(grant) if grant.others.is_empty() => format!("{name} asks for no MFA"),
            Some(grant) => format!("{name} asks for {} only", grant.others.join(", ")),
        },
    }
}
