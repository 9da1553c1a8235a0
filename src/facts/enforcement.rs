//! Shared judgement: whether Conditional Access really enforces an authentication context.
//!
//! PIM falls back to plain MFA only when no policy at all names the context. A policy that is switched
//! off, only reports, or leaves the person out enforces nothing, and the fallback does not apply.

use super::groups::{Chain, How, Step};
use super::holders::{Path, PathState};
use super::world::World;
use crate::model::{
    Access, ConditionalAccessPolicy, Dataset, Gap, GapKind, GrantControls, PolicyState,
    PrincipalId, RoleId, roles,
};
use std::collections::BTreeSet;
use std::sync::Arc;

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
    /// Whether Conditional Access enforces the context of this claim for these people, who activate this
    /// role where it is one.
    pub fn context_enforcement(
        &self,
        claim: &str,
        who: &BTreeSet<PrincipalId>,
        activated: Option<&RoleId>,
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
        let (mut open, mut could, mut by_role, mut unread) = (Vec::new(), Vec::new(), false, None);
        let mut left = BTreeSet::new();
        for person in who.iter().filter(|person| !self.is_break_glass(person)) {
            match self.coverage(person, &live, activated) {
                Ok(Coverage::Always) => {}
                Ok(Coverage::ByRole) => by_role = true,
                Ok(Coverage::CouldLeave { how, policies }) => {
                    could.push(format!("{} ({how})", self.name_of(person)));
                    left.extend(policies);
                }
                Ok(Coverage::Never) => open.push(self.name_of(person).to_string()),
                Err(gap) => unread = unread.or(Some(gap)),
            }
        }
        let first_names = |of: &dyn Fn(&str) -> bool| {
            let names = live.iter().map(|policy| &*policy.name).filter(|name| of(name));
            names.take(SHOWN).collect::<Vec<_>>().join(", ")
        };
        let names = || first_names(&|_| true);
        // Who is left out for certain is left out, whatever is not known of others; and who can see to
        // that is as good as left out.
        let mut why = Vec::new();
        if !open.is_empty() {
            let how = if live.iter().all(|policy| policy.narrowed) {
                "holds under further conditions only, which leaves out"
            } else {
                "leaves out"
            };
            why.push(format!("{} {how} {}", names(), first_of(&open)));
        }
        if !could.is_empty() {
            // Another one may leave them out already, or be for others.
            let of = first_names(&|name| left.contains(name));
            why.push(format!("{} could be left out of {of}", first_of(&could)));
        }
        if !why.is_empty() {
            return found(EnforcementState::NotEnforced, why.join("; "));
        }
        if let Some(gap) = unread {
            return Err(gap);
        }
        if by_role {
            let why = format!(
                "{} is for holders of roles, which nobody is before the activation",
                names()
            );
            return found(EnforcementState::Partly, why);
        }
        // With nobody known, a policy that holds under further conditions only proves nothing.
        if live.iter().all(|policy| policy.narrowed) {
            let why = format!("{} holds under further conditions only", names());
            return found(EnforcementState::NotEnforced, why);
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

    /// What an access asks for by a context, whoever is eligible for it. Without a policy in force that
    /// is the same for everybody, also for those who could not be read.
    pub fn enforcement_of(&self, access: &Access, claim: &str) -> Result<Enforcement, Gap> {
        let gap = match self.eligible_holders_of(access) {
            Ok(people) => return self.context_enforcement(claim, &people, access.role()),
            Err(gap) => gap,
        };
        let found = self.context_enforcement(claim, &BTreeSet::new(), access.role())?;
        match found.state {
            EnforcementState::FallsBackToMfa | EnforcementState::NotEnforced => Ok(found),
            EnforcementState::Enforced | EnforcementState::Partly => Err(gap),
        }
    }

    fn coverage(
        &self,
        person: &PrincipalId,
        live: &[&ConditionalAccessPolicy],
        activated: Option<&RoleId>,
    ) -> Result<Coverage, Gap> {
        let mut best = Coverage::Never;
        let mut unread = None;
        // A policy under further conditions asks nothing where they are not given. One for holders of roles
        // counts in part where there is no other: beside another one it hides nobody whom that leaves out.
        let asking = live.iter().filter(|policy| !policy.narrowed);
        let by_roles_alone = asking.clone().all(|policy| is_by_roles_alone(policy));
        for policy in asking {
            match self.policy_covers(policy, person, activated) {
                Ok(Coverage::Always) => return Ok(Coverage::Always),
                Ok(Coverage::ByRole) if !by_roles_alone => {}
                Ok(coverage) => best = best.or(coverage),
                Err(gap) => unread = unread.or(Some(gap)),
            }
        }
        unread.map_or(Ok(best), Err)
    }

    /// Whether a policy is for this person: included and not excluded. The role that is activated
    /// includes nobody, as it is not active yet; another one that is held all the time does.
    fn policy_covers(
        &self,
        policy: &ConditionalAccessPolicy,
        person: &PrincipalId,
        activated: Option<&RoleId>,
    ) -> Result<Coverage, Gap> {
        let users = &policy.users;
        let guest = self
            .principal(person)
            .and_then(|principal| principal.user())
            .is_some_and(crate::model::User::is_guest);
        if users.exclude_users.contains(person) || (guest && users.excludes_guests) {
            return Ok(Coverage::Never);
        }
        // Whoever could enter an excluded group, as its owner too, or take an excluded role is as good as
        // excluded; one must be in an included group already, though.
        let left = self.left_out(policy, person, activated);
        if left == Ok(Some(LeftOut::Now)) {
            return Ok(Coverage::Never);
        }
        let standing = |chain: &Chain| chain.all(|hop| hop.how.is_standing());
        let included = if users.all || users.include_users.contains(person) {
            Ok(true)
        } else {
            self.in_any(person, &users.include_groups, standing)
        };
        let covers = match included {
            Ok(true) => Ok(Coverage::Always),
            Ok(false) => match self.holds_any(person, &users.include_roles, activated) {
                Ok(true) => Ok(Coverage::Always),
                _ if is_by_roles_alone(policy) => Ok(Coverage::ByRole),
                // What it leaves out is no matter to whom it is not for.
                Ok(false) => return Ok(Coverage::Never),
                Err(gap) => Err(gap),
            },
            Err(gap) => Err(gap),
        };
        match left? {
            Some(LeftOut::Could(how)) => {
                Ok(Coverage::CouldLeave { how, policies: vec![Arc::clone(&policy.name)] })
            }
            Some(LeftOut::Now) => Ok(Coverage::Never),
            None => covers,
        }
    }

    /// Whether a person holds one of these roles all the time, other than the one that is activated.
    fn holds_any(
        &self,
        person: &PrincipalId,
        roles: &BTreeSet<RoleId>,
        activated: Option<&RoleId>,
    ) -> Result<bool, Gap> {
        let mut unread = None;
        for role in roles.iter().filter(|role| Some(*role) != activated) {
            let holders = self.holders(role, true);
            if holders.people.get(person).is_some_and(|paths| paths.iter().any(Path::is_standing)) {
                return Ok(true);
            }
            unread = unread.or_else(|| holders.gaps.first().cloned());
        }
        unread.map_or(Ok(false), Err)
    }

    /// Whether a policy leaves this person out by a group or a role, now or by what the person can do.
    /// The role that is activated is not active yet.
    fn left_out(
        &self,
        policy: &ConditionalAccessPolicy,
        person: &PrincipalId,
        activated: Option<&RoleId>,
    ) -> Result<Option<LeftOut>, Gap> {
        let users = &policy.users;
        let (mut could, mut unread) = (None, None);
        for group in &users.exclude_groups {
            let expansion = self.expand(group);
            let is_to_come =
                |chain: &Chain| chain.any(|hop| matches!(hop.how, How::Eligible { .. }));
            match expansion.members.get(person) {
                Some(chains) if !chains.iter().all(is_to_come) => return Ok(Some(LeftOut::Now)),
                Some(_) => {
                    let how = || format!("by activating a membership of {}", self.name_of(group));
                    could.get_or_insert_with(how);
                }
                None => {}
            }
            if let Some(chain) = expansion.potential.get(person).and_then(|it| it.first()) {
                could.get_or_insert_with(|| self.as_owner(chain, group));
            }
            let gap = expansion.gaps.first().or_else(|| expansion.owner_gaps.first());
            unread = unread.or_else(|| gap.map(of_policy));
        }
        for role in users.exclude_roles.iter().filter(|role| Some(*role) != activated) {
            let holders = self.holders(role, true);
            match holders.people.get(person) {
                Some(paths) if paths.iter().any(|it| it.state() != PathState::Eligible) => {
                    return Ok(Some(LeftOut::Now));
                }
                Some(_) => {
                    could.get_or_insert_with(|| format!("by activating {}", self.role_name(role)));
                }
                None => {}
            }
            if holders.potential.contains_key(person) {
                let name = self.role_name(role);
                could.get_or_insert_with(|| format!("as an owner of a group that holds {name}"));
            }
            let gap = holders.gaps.first().or_else(|| holders.potential_gaps.first());
            unread = unread.or_else(|| gap.cloned());
        }
        match (could, unread) {
            (Some(how), _) => Ok(Some(LeftOut::Could(how))),
            (None, Some(gap)) => Err(gap),
            (None, None) => Ok(None),
        }
    }

    /// How an owner gets into a group: by the group itself, or by one that leads into it.
    fn as_owner(&self, chain: &Chain, group: &PrincipalId) -> String {
        let owned = chain.iter().find(|hop| hop.step == Step::Owner).map(|hop| &hop.into);
        match owned {
            Some(owned) if owned != group => {
                format!(
                    "as an owner of {}, which is in {}",
                    self.name_of(owned),
                    self.name_of(group)
                )
            }
            Some(_) | None => format!("as an owner of {}", self.name_of(group)),
        }
    }

    /// Whether a policy leaves this person out for good, by name, by a group or by a role.
    pub fn is_excluded(
        &self,
        policy: &ConditionalAccessPolicy,
        person: &PrincipalId,
    ) -> Result<bool, Gap> {
        let users = &policy.users;
        if users.exclude_users.contains(person) {
            return Ok(true);
        }
        let mut unread = None;
        for group in &users.exclude_groups {
            let expansion = self.expand(group);
            // A membership that is still to be activated excludes nobody.
            let chains = expansion.members.get(person).map(Vec::as_slice).unwrap_or_default();
            if chains.iter().any(|chain| chain.all(|hop| hop.how.is_standing())) {
                return Ok(true);
            }
            unread = unread.or_else(|| expansion.gaps.first().cloned());
        }
        for role in &users.exclude_roles {
            let holders = self.holders(role, true);
            if holders.people.get(person).is_some_and(|paths| paths.iter().any(Path::is_standing)) {
                return Ok(true);
            }
            unread = unread.or_else(|| holders.gaps.first().cloned());
        }
        unread.map_or(Ok(false), Err)
    }

    /// Whether no policy in force for signing in reaches this Global Administrator; `None` where that
    /// is not known, and where there is no such policy to be left out of.
    pub(super) fn left_alone_by_policies(&self, person: &PrincipalId) -> Option<bool> {
        let policies = self.tenant.conditional_access.complete().ok()?;
        let mut live = policies
            .iter()
            .filter(|it| it.state == PolicyState::Enabled && it.contexts.is_empty())
            .peekable();
        live.peek()?;
        for policy in live {
            if self.reaches_administrator(policy, person).ok()? {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Whether a policy reaches this Global Administrator: includes the account and leaves it not out.
    pub fn reaches_administrator(
        &self,
        policy: &ConditionalAccessPolicy,
        person: &PrincipalId,
    ) -> Result<bool, Gap> {
        let users = &policy.users;
        let mut included = users.all
            || users.include_users.contains(person)
            || users.include_roles.contains(&RoleId::new(roles::GLOBAL_ADMINISTRATOR));
        let mut unread = None;
        for role in &users.include_roles {
            let holders = self.holders(role, true);
            included |= holders.people.contains_key(person);
            unread = unread.or_else(|| holders.gaps.first().cloned());
        }
        if !included {
            included = self.in_any(person, &users.include_groups, |_| true)?;
        }
        match unread {
            Some(gap) if !included => Err(gap),
            Some(_) | None => Ok(included && !self.is_excluded(policy, person)?),
        }
    }

    fn in_any(
        &self,
        person: &PrincipalId,
        groups: &BTreeSet<PrincipalId>,
        counts: fn(&Chain) -> bool,
    ) -> Result<bool, Gap> {
        let mut unread = None;
        for group in groups {
            let expansion = self.expand(group);
            if expansion.members.get(person).is_some_and(|chains| chains.iter().any(counts)) {
                return Ok(true);
            }
            unread = unread.or_else(|| expansion.gaps.first().cloned());
        }
        match unread {
            None => Ok(false),
            Some(gap) => Err(of_policy(&gap)),
        }
    }
}

fn of_policy(gap: &Gap) -> Gap {
    Gap::of(
        gap.dataset.unwrap_or(Dataset::GroupMembers),
        GapKind::Incomplete,
        format!("who is in a group of a Conditional Access policy is not known: {gap}"),
    )
}

/// The first few in words, and how many more there are.
fn first_of(all: &[String]) -> String {
    let more = all.len().saturating_sub(SHOWN);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", all[..all.len().min(SHOWN)].join(", "))
}

/// How a policy leaves a person out.
#[derive(PartialEq, Eq)]
enum LeftOut {
    Now,
    /// Once the person does something: what, in words.
    Could(String),
}

/// Whom a policy asks, from nobody to everybody at every time.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Coverage {
    Never,
    /// Unless the person gets excluded, which takes nobody else.
    CouldLeave {
        /// How, in words.
        how: String,
        /// From which policies.
        policies: Vec<Arc<str>>,
    },
    /// Only once a role is active.
    ByRole,
    Always,
}

impl Coverage {
    /// That of two policies together.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::CouldLeave { how, mut policies }, Self::CouldLeave { policies: more, .. }) => {
                policies.extend(more);
                Self::CouldLeave { how, policies }
            }
            (one, two) => one.max(two),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_READER};
    use crate::model::UserConditions;

    fn ids(names: &[&str]) -> BTreeSet<PrincipalId> {
        names.iter().map(|name| PrincipalId::new(name)).collect()
    }

    fn mfa() -> GrantControls {
        GrantControls { mfa: true, ..GrantControls::default() }
    }

    fn enforcing() -> ConditionalAccessPolicy {
        ConditionalAccessPolicy {
            name: "asks".into(),
            state: PolicyState::Enabled,
            users: UserConditions { all: true, ..UserConditions::default() },
            contexts: ["c1".into()].into(),
            grant: Some(mfa()),
            ..ConditionalAccessPolicy::default()
        }
    }

    fn judged(case: &Case, who: &[&str]) -> Result<EnforcementState, GapKind> {
        let activated = RoleId::new(roles::GLOBAL_ADMINISTRATOR);
        let found = case.world().context_enforcement("C1", &ids(who), Some(&activated));
        found.map(|it| it.state).map_err(|gap| gap.kind)
    }

    #[test]
    fn only_where_no_policy_names_the_context_is_there_a_fallback() {
        use EnforcementState::{Enforced, FallsBackToMfa, NotEnforced};
        let with = |change: fn(&mut ConditionalAccessPolicy)| {
            let mut policy = enforcing();
            change(&mut policy);
            policy
        };
        for (what, policy, expected) in [
            ("none", None, Ok(FallsBackToMfa)),
            (
                "of another context",
                Some(with(|it| it.contexts = ["c2".into()].into())),
                Ok(FallsBackToMfa),
            ),
            ("in force", Some(enforcing()), Ok(Enforced)),
            ("off", Some(with(|it| it.state = PolicyState::Disabled)), Ok(NotEnforced)),
            ("reports", Some(with(|it| it.state = PolicyState::ReportOnly)), Ok(NotEnforced)),
            (
                "unknown",
                Some(with(|it| it.state = PolicyState::Unknown("new".into()))),
                Err(GapKind::Unreadable),
            ),
            ("asks for nothing", Some(with(|it| it.grant = None)), Ok(NotEnforced)),
            ("only at times", Some(with(|it| it.narrowed = true)), Ok(NotEnforced)),
        ] {
            let mut case = Case::new();
            case.user("ana");
            policy.into_iter().for_each(|policy| case.conditional_access(policy));
            assert_eq!(judged(&case, &["ana"]), expected, "{what}");
        }
    }

    #[test]
    fn one_person_who_is_left_out_is_enough_unless_declared() {
        use EnforcementState::{Enforced, NotEnforced, Partly};
        type Change = fn(&mut UserConditions);
        let cases: [(&str, Change, bool, Result<EnforcementState, GapKind>); 10] = [
            ("excluded", |it| it.exclude_users = ids(&["bo"]), false, Ok(NotEnforced)),
            ("excluded, break-glass", |it| it.exclude_users = ids(&["bo"]), true, Ok(Enforced)),
            // Whoever could enter an excluded group is as good as in it.
            ("excluded by a group", |it| it.exclude_groups = ids(&["g"]), false, Ok(NotEnforced)),
            (
                "owner of an excluded group",
                |it| it.exclude_groups = ids(&["owned"]),
                false,
                Ok(NotEnforced),
            ),
            ("a group of others", |it| it.exclude_groups = ids(&["other"]), false, Ok(Enforced)),
            (
                "eligible for an excluded role",
                |it| it.exclude_roles = [RoleId::new(GLOBAL_READER)].into(),
                false,
                Ok(NotEnforced),
            ),
            // What is not active yet excludes nobody.
            (
                "the role that is activated",
                |it| it.exclude_roles = [RoleId::new(roles::GLOBAL_ADMINISTRATOR)].into(),
                false,
                Ok(Enforced),
            ),
            (
                "included by a group",
                |it| {
                    it.all = false;
                    it.include_groups = ids(&["all"]);
                },
                false,
                Ok(Enforced),
            ),
            (
                "a group that was not read",
                |it| it.exclude_groups = ids(&["dark"]),
                false,
                Err(GapKind::Incomplete),
            ),
            (
                "by role",
                |it| {
                    it.all = false;
                    it.include_roles = [RoleId::new(roles::GLOBAL_ADMINISTRATOR)].into();
                },
                false,
                Ok(Partly),
            ),
        ];
        for (what, change, declared, expected) in cases {
            let mut case = Case::new();
            case.user("ana");
            case.user("bo");
            case.group("g", &["bo"]);
            case.group("all", &["ana", "bo"]);
            case.unreadable_group("dark");
            case.group("owned", &[]);
            case.owner("bo", "owned");
            case.group("other", &[]);
            for role in [GLOBAL_READER, roles::GLOBAL_ADMINISTRATOR] {
                case.eligible("bo", role);
            }
            let mut policy = enforcing();
            change(&mut policy.users);
            case.conditional_access(policy);
            if declared {
                case.organisation.break_glass = vec!["bo".into()];
            }
            assert_eq!(judged(&case, &["ana", "bo"]), expected, "{what}");
        }
    }

    #[test]
    fn a_policy_for_holders_of_a_role_hides_nobody_whom_another_one_leaves_out() {
        use EnforcementState::{Enforced, NotEnforced, Partly};
        type Change = fn(&mut Case, &mut UserConditions);
        let cases: [(&str, Change, EnforcementState); 5] = [
            ("for all but one", |_, it| it.exclude_users = ids(&["bo"]), NotEnforced),
            (
                "for all, of whom one can leave it",
                |case, it| {
                    case.group("g", &[]);
                    case.owner("bo", "g");
                    it.exclude_groups = ids(&["g"]);
                },
                NotEnforced,
            ),
            (
                "for one of them",
                |_, it| {
                    it.all = false;
                    it.include_users = ids(&["ana"]);
                },
                NotEnforced,
            ),
            (
                "for all but one, who holds the other role all the time",
                |case, it| {
                    it.exclude_users = ids(&["bo"]);
                    case.active("bo", GLOBAL_READER);
                },
                Enforced,
            ),
            (
                "for holders of a role as well",
                |_, it| {
                    it.all = false;
                    it.include_roles = [RoleId::new(roles::GLOBAL_ADMINISTRATOR)].into();
                },
                Partly,
            ),
        ];
        for (what, change, expected) in cases {
            let mut case = Case::new();
            case.user("ana");
            case.user("bo");
            let mut first = enforcing();
            change(&mut case, &mut first.users);
            let mut second = enforcing();
            second.users.all = false;
            second.users.include_roles = [RoleId::new(GLOBAL_READER)].into();
            case.conditional_access(first);
            case.conditional_access(second);
            assert_eq!(judged(&case, &["ana", "bo"]), Ok(expected), "{what}");
        }
    }

    #[test]
    fn who_could_get_excluded_is_told_from_who_is() {
        type Change = fn(&mut Case, &mut UserConditions);
        let cases: [(&str, Change, &str); 8] = [
            (
                "by name",
                |_, it| it.exclude_users = ids(&["bo"]),
                "asks leaves out bo@contoso.example",
            ),
            (
                "a member",
                |case, it| {
                    case.group("g", &["bo"]);
                    it.exclude_groups = ids(&["g"]);
                },
                "asks leaves out bo@contoso.example",
            ),
            (
                "eligible",
                |case, it| {
                    case.onboard("g");
                    case.group_eligible("bo", "g", crate::model::GroupAccess::Member);
                    it.exclude_groups = ids(&["g"]);
                },
                "bo@contoso.example (by activating a membership of g) could be left out of asks",
            ),
            (
                "an owner",
                |case, it| {
                    case.owner("bo", "g");
                    it.exclude_groups = ids(&["g"]);
                },
                "bo@contoso.example (as an owner of g) could be left out of asks",
            ),
            (
                "an owner of a nested group",
                |case, it| {
                    case.group("g", &["inner"]);
                    case.group("inner", &["g"]);
                    case.owner("bo", "inner");
                    it.exclude_groups = ids(&["g"]);
                },
                "bo@contoso.example (as an owner of inner, which is in g) could be left out of asks",
            ),
            (
                "eligible for a role",
                |case, it| {
                    case.eligible("bo", GLOBAL_READER);
                    it.exclude_roles = [RoleId::new(GLOBAL_READER)].into();
                },
                "bo@contoso.example (by activating Global Reader) could be left out of asks",
            ),
            (
                "holder of a role",
                |case, it| {
                    case.active("bo", GLOBAL_READER);
                    it.exclude_roles = [RoleId::new(GLOBAL_READER)].into();
                },
                "asks leaves out bo@contoso.example",
            ),
            // Whom it is not for it asks nothing now already.
            (
                "an owner, not included",
                |case, it| {
                    case.owner("bo", "g");
                    it.exclude_groups = ids(&["g"]);
                    (it.all, it.include_users) = (false, ids(&["ana"]));
                },
                "asks leaves out bo@contoso.example",
            ),
        ];
        for (what, change, expected) in cases {
            let mut case = Case::new();
            case.user("ana");
            case.user("bo");
            case.group("g", &[]);
            let mut policy = enforcing();
            change(&mut case, &mut policy.users);
            case.conditional_access(policy);
            let found = case.world().context_enforcement("c1", &ids(&["ana", "bo"]), None).unwrap();
            assert_eq!(found.state, EnforcementState::NotEnforced, "{what}");
            assert_eq!(found.why, expected, "{what}");
        }
    }

    #[test]
    fn only_the_policies_that_somebody_could_leave_are_named() {
        type Change = fn(&mut UserConditions);
        let cases: [(&str, Change, Option<&str>); 4] = [
            (
                "the other leaves him out by name",
                |it| it.exclude_users = ids(&["bo"]),
                Some("bo@contoso.example (as an owner of g) could be left out of asks"),
            ),
            (
                "the other is for somebody else",
                |it| {
                    it.all = false;
                    it.include_users = ids(&["ana"]);
                },
                Some("bo@contoso.example (as an owner of g) could be left out of asks"),
            ),
            (
                "he can leave both",
                |it| it.exclude_groups = ids(&["g"]),
                Some("bo@contoso.example (as an owner of g) could be left out of asks, asks too"),
            ),
            ("the other asks all", |_| {}, None),
        ];
        for (what, change, expected) in cases {
            let mut case = Case::new();
            case.user("ana");
            case.user("bo");
            case.group("g", &[]);
            case.owner("bo", "g");
            let (mut first, mut second) = (enforcing(), enforcing());
            first.users.exclude_groups = ids(&["g"]);
            second.name = "asks too".into();
            change(&mut second.users);
            case.conditional_access(first);
            case.conditional_access(second);
            let found = case.world().context_enforcement("c1", &ids(&["ana", "bo"]), None).unwrap();
            let state = match expected {
                Some(_) => EnforcementState::NotEnforced,
                None => EnforcementState::Enforced,
            };
            assert_eq!(found.state, state, "{what}");
            assert!(expected.is_none_or(|why| found.why == why), "{what}: {}", found.why);
        }
    }

    #[test]
    fn what_can_be_chosen_in_place_of_a_factor_makes_a_policy_ask_for_none() {
        let device = || vec!["compliantDevice".into()];
        for (grant, expected) in [
            (mfa(), true),
            (GrantControls { strength: Some("s".into()), ..GrantControls::default() }, true),
            (GrantControls { others: device(), ..mfa() }, false),
            (GrantControls { others: device(), all: true, ..mfa() }, true),
            (GrantControls { block: true, ..mfa() }, false),
            (GrantControls { others: device(), ..GrantControls::default() }, false),
        ] {
            assert_eq!(demands_factor(&grant), expected, "{grant:?}");
        }
    }
}
