//! What an activation asks for, and how strong that is.
//!
//! The gate of a way is the union of the gates on it: everything asked on any hop must be passed, and
//! a standing hop adds nothing.

use super::approvers::Approvers;
use super::enforcement::EnforcementState;
use super::world::World;
use crate::model::{
    Access, Approval, AuthenticationContext, Expiration, Gap, IsoDuration, PrincipalId,
};
use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;

/// Everything that is asked for on a way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    /// MFA by a setting, or because no policy names the context. A policy that cannot be relied on for
    /// everybody at every time, such as one for holders of roles only, is no MFA at an activation.
    pub mfa: bool,
    /// An authentication context that Conditional Access enforces.
    pub context: bool,
    /// A justification.
    pub justification: bool,
    /// A ticket.
    pub ticket: bool,
    /// Approvals by sets of people of which two different people can be taken.
    pub approvals: u8,
    /// True where two of these sets have nobody in common, so that nobody can give both approvals.
    pub independent: bool,
    /// The shortest of the longest activations on the way; `None` without an end or an activation.
    pub longest: Option<IsoDuration>,
    /// How long an activation lasts could not be read somewhere on the way.
    pub length_unread: bool,
    /// Activations needed.
    pub activations: u8,
    sets: Vec<Rc<BTreeSet<PrincipalId>>>,
    /// More people than those in the sets could come to approve: some are eligible to, nobody is named, or
    /// who can was not read.
    more_approvers: bool,
}

/// How strong a gate is, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// Nothing is asked for.
    Nothing,
    /// A justification or a ticket, which anybody can write.
    Words,
    /// MFA, maybe that of the session.
    Mfa,
    /// An enforced authentication context.
    Context,
    /// Somebody else must say yes.
    Approval,
    /// Two independent sets of people must.
    TwoApprovals,
}

impl Strength {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Words => "justification or ticket",
            Self::Mfa => "MFA",
            Self::Context => "authentication context",
            Self::Approval => "approval",
            Self::TwoApprovals => "two approvals",
        }
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Gate {
    /// How strong it is.
    pub const fn strength(&self) -> Strength {
        match self.approvals {
            2.. if self.independent => Strength::TwoApprovals,
            1.. => Strength::Approval,
            0 if self.context => Strength::Context,
            0 if self.mfa => Strength::Mfa,
            0 if self.justification || self.ticket => Strength::Words,
            0 => Strength::Nothing,
        }
    }

    /// True when a second factor is asked for, by a setting or by an enforced context.
    pub const fn has_mfa(&self) -> bool {
        self.mfa || self.context
    }

    /// True where an approval is asked for that nobody can give to this person: nobody approves an own
    /// request.
    pub fn is_refused_to(&self, person: &PrincipalId) -> bool {
        !self.more_approvers && self.sets.iter().any(|set| set.iter().all(|it| it == person))
    }

    /// How many different things are asked for.
    pub fn count(&self) -> usize {
        [self.mfa, self.context, self.justification, self.ticket].iter().filter(|on| **on).count()
            + usize::from(self.approvals)
    }

    /// Both gates, one after the other.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut sets = self.sets.clone();
        for set in &other.sets {
            if !sets.contains(set) {
                sets.push(Rc::clone(set));
            }
        }
        Self {
            mfa: self.mfa || other.mfa,
            context: self.context || other.context,
            justification: self.justification || other.justification,
            ticket: self.ticket || other.ticket,
            approvals: approvals(&sets),
            independent: are_independent(&sets),
            longest: match (self.longest, other.longest) {
                (Some(one), Some(two)) => Some(one.min(two)),
                (one, two) => one.or(two),
            },
            length_unread: self.length_unread || other.length_unread,
            activations: self.activations.saturating_add(other.activations),
            sets,
            more_approvers: self.more_approvers || other.more_approvers,
        }
    }

    /// In words for people: `MFA, justification, approval; at most 8 h`, or `nothing`.
    pub fn in_words(&self) -> String {
        let approval = match self.approvals {
            0 => None,
            1 => Some("approval"),
            2.. if self.independent => Some("two approvals"),
            2.. => Some("two approvals that one person can give"),
        };
        let asked: Vec<&str> = [
            self.mfa.then_some("MFA"),
            self.context.then_some("authentication context"),
            self.justification.then_some("justification"),
            self.ticket.then_some("ticket"),
            approval,
        ]
        .into_iter()
        .flatten()
        .collect();
        let asked = if asked.is_empty() { "nothing".to_owned() } else { asked.join(", ") };
        match self.longest {
            None if self.length_unread => format!("{asked}; for how long is not known"),
            Some(longest) => format!("{asked}; at most {longest}"),
            None if self.activations > 0 => format!("{asked}; without an end"),
            None => asked,
        }
    }
}

/// How many of these approvals two different people must give: two sets count twice only when two
/// people can be taken from them.
fn approvals(sets: &[Rc<BTreeSet<PrincipalId>>]) -> u8 {
    let people: BTreeSet<&PrincipalId> = sets.iter().flat_map(|set| set.iter()).collect();
    match (sets.len(), people.len()) {
        (0, _) => 0,
        (1, _) | (2.., 0 | 1) => 1,
        (2.., 2..) => 2,
    }
}

/// Whether two of these sets have nobody in common; a set of nobody is no second one.
fn are_independent(sets: &[Rc<BTreeSet<PrincipalId>>]) -> bool {
    sets.iter().enumerate().any(|(place, one)| {
        let mut others = sets.iter().skip(place + 1).filter(|other| !other.is_empty());
        !one.is_empty() && others.any(|other| one.is_disjoint(other))
    })
}

impl World<'_> {
    /// What an activation of this access asks for.
    pub fn gate(&self, access: &Access) -> Result<Gate, Gap> {
        if let Some(known) = self.gates.borrow().get(access) {
            return known.clone();
        }
        let gate = self.gather_gate(access);
        self.gates.borrow_mut().insert(access.clone(), gate.clone());
        gate
    }

    fn gather_gate(&self, access: &Access) -> Result<Gate, Gap> {
        let policy = self.policy(access)?;
        let asked = policy.activation_enablement.as_ref().map_err(Clone::clone)?;
        let mut gate = Gate {
            mfa: asked.mfa,
            justification: asked.justification,
            ticket: asked.ticket,
            activations: 1,
            ..Gate::default()
        };
        match policy.authentication_context.as_ref().map_err(Clone::clone)? {
            AuthenticationContext::Off | AuthenticationContext::OnWithoutClaim => {}
            // MFA by the setting is proven already; the context can only add to it.
            AuthenticationContext::On(claim) => {
                match self.enforcement_of(access, claim).map(|it| it.state) {
                    Ok(EnforcementState::Enforced) => gate.context = true,
                    Ok(EnforcementState::FallsBackToMfa) => gate.mfa = true,
                    // What cannot be relied on is not asked for.
                    Ok(EnforcementState::Partly | EnforcementState::NotEnforced) => {}
                    Err(_) if gate.mfa => {}
                    Err(gap) => return Err(gap),
                }
            }
        }
        if let Approval::Required { .. } = policy.approval.as_ref().map_err(Clone::clone)? {
            // An approval is asked for whoever gives it; who does only tells one from two.
            let found = self.approvers_for(access).ok().flatten();
            // Whoever holds one of the roles of the default approvers by then decides.
            let is_open = |it: &Approvers| it.default || !it.eligible.is_empty();
            gate.more_approvers = found.as_ref().is_none_or(is_open);
            gate.sets.push(Rc::new(found.unwrap_or_default().usable));
            gate.approvals = approvals(&gate.sets);
        }
        match &policy.activation_expiration {
            Ok(Expiration::AtMost(longest)) => gate.longest = Some(*longest),
            Ok(Expiration::NotRequired) => {}
            // What is asked for stays known.
            Err(_) => gate.length_unread = true,
        }
        Ok(gate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_READER};
    use crate::model::{Dataset, Enablement, GapKind, RoleId};

    fn gate(flags: [bool; 4], sets: &[&[&str]]) -> Gate {
        let sets: Vec<_> = sets
            .iter()
            .map(|set| Rc::new(set.iter().map(|id| PrincipalId::new(id)).collect()))
            .collect();
        Gate {
            mfa: flags[0],
            context: flags[1],
            justification: flags[2],
            ticket: flags[3],
            approvals: approvals(&sets),
            independent: are_independent(&sets),
            longest: None,
            length_unread: false,
            activations: 1,
            sets,
            more_approvers: false,
        }
    }

    #[test]
    fn strength_is_that_of_the_strongest_thing_asked() {
        for (flags, sets, expected) in [
            ([false; 4], &[][..], Strength::Nothing),
            ([false, false, true, false], &[], Strength::Words),
            ([false, false, false, true], &[], Strength::Words),
            ([true, false, true, false], &[], Strength::Mfa),
            ([true, true, true, false], &[], Strength::Context),
            ([false; 4], &[&["a"][..]], Strength::Approval),
            // An approver set of which nobody is usable still stops the request.
            ([false; 4], &[&[][..]], Strength::Approval),
            ([false; 4], &[&["a"][..], &["b"]], Strength::TwoApprovals),
            // The same single person twice is one.
            ([false; 4], &[&["a"][..], &["a"]], Strength::Approval),
            // Whoever is in both can give both.
            ([false; 4], &[&["a", "b"][..], &["a", "c"]], Strength::Approval),
            ([false; 4], &[&["a", "b"][..], &["a"]], Strength::Approval),
            ([false; 4], &[&["a", "b"][..], &["a", "c"], &["c"]], Strength::TwoApprovals),
            ([false; 4], &[&["a", "b"][..], &[]], Strength::Approval),
        ] {
            assert_eq!(gate(flags, sets).strength(), expected, "{flags:?} {sets:?}");
        }
    }

    #[test]
    fn a_union_asks_for_everything_once() {
        let member = gate([true, false, false, false], &[&["a", "b"]]);
        let role = gate([false, false, true, false], &[&["a", "b"]]);
        let both = member.union(&role);
        assert_eq!((both.mfa, both.justification, both.approvals), (true, true, 1));
        let independent = member.union(&gate([false; 4], &[&["c"]]));
        assert_eq!(independent.strength(), Strength::TwoApprovals);
        assert_eq!(Gate::default().union(&role).strength(), role.strength());
    }

    #[test]
    fn words_name_all_that_is_asked() {
        let mut all = gate([true, true, true, true], &[&["a"], &["b"]]);
        all.longest = Some(IsoDuration::parse("PT8H").unwrap());
        assert_eq!(
            all.in_words(),
            "MFA, authentication context, justification, ticket, two approvals; at most 8 h"
        );
        assert_eq!(
            gate([false; 4], &[&["a", "b"], &["a", "c"]]).in_words(),
            "two approvals that one person can give; without an end"
        );
        assert_eq!(gate([false; 4], &[]).in_words(), "nothing; without an end");
        assert_eq!(Gate::default().in_words(), "nothing");
    }

    #[test]
    fn a_gate_is_what_its_policy_asks_for_as_far_as_it_is_enforced() {
        type Change = fn(&mut Case);
        let context = |case: &mut Case| {
            let policy = case.policy(GLOBAL_READER);
            policy.authentication_context = Ok(AuthenticationContext::On("c1".into()));
            policy.activation_enablement = Ok(Enablement::default());
        };
        let cases: [(&str, Change, Result<Strength, GapKind>); 6] = [
            ("MFA", |_| {}, Ok(Strength::Mfa)),
            (
                "nothing",
                |case| {
                    let policy = case.policy(GLOBAL_READER);
                    policy.activation_enablement = Ok(Enablement::default());
                },
                Ok(Strength::Nothing),
            ),
            ("approval", |case| case.approvers(GLOBAL_READER, &["bo"]), Ok(Strength::Approval)),
            // Whom nobody can reach still stops the request.
            (
                "a deleted approver",
                |case| case.approvers(GLOBAL_READER, &["gone"]),
                Ok(Strength::Approval),
            ),
            (
                "a length that was not read asks for no less",
                |case| {
                    case.policy(GLOBAL_READER).activation_expiration =
                        Err(Gap::new(GapKind::Unreadable, "odd"));
                },
                Ok(Strength::Mfa),
            ),
            (
                "no policy",
                |case| case.missing(Dataset::RolePolicies),
                Err(GapKind::PermissionDenied),
            ),
        ];
        for (what, change, expected) in cases {
            let mut case = Case::new();
            case.user("bo");
            case.absent("gone");
            case.policy(GLOBAL_READER);
            change(&mut case);
            let gate = case.world().gate(&role());
            assert_eq!(gate.map(|it| it.strength()).map_err(|gap| gap.kind), expected, "{what}");
        }
        // Without a policy that names it PIM asks for MFA; whether there is one may not be known, which
        // takes nothing away from MFA by the setting.
        for (readable, by_setting, expected) in [
            (true, false, Ok(Strength::Mfa)),
            (false, false, Err(GapKind::PermissionDenied)),
            (false, true, Ok(Strength::Mfa)),
        ] {
            let mut case = Case::new();
            context(&mut case);
            if by_setting {
                case.policy(GLOBAL_READER).activation_enablement =
                    Ok(Enablement { mfa: true, ..Enablement::default() });
            }
            if !readable {
                case.missing(Dataset::ConditionalAccessPolicies);
            }
            let gate = case.world().gate(&role()).map(|it| it.strength());
            assert_eq!(gate.map_err(|gap| gap.kind), expected, "{readable} {by_setting}");
        }
    }

    #[test]
    fn an_approval_is_refused_only_where_all_who_could_give_it_are_named() {
        type Change = fn(&mut Case);
        let cases: [(&str, Change, bool); 5] = [
            ("ana alone", |case| case.approvers(GLOBAL_READER, &["ana"]), true),
            ("somebody else", |case| case.approvers(GLOBAL_READER, &["ana", "bo"]), false),
            ("a deleted one", |case| case.approvers(GLOBAL_READER, &["gone"]), true),
            // The default approvers: whoever then holds one of two roles.
            ("nobody is named", |case| case.approvers(GLOBAL_READER, &[]), false),
            (
                "nobody is named, and ana is the one who holds the role",
                |case| {
                    case.approvers(GLOBAL_READER, &[]);
                    case.active("ana", crate::model::roles::GLOBAL_ADMINISTRATOR);
                },
                false,
            ),
        ];
        for (what, change, expected) in cases {
            let mut case = Case::new();
            case.user("ana");
            case.user("bo");
            case.absent("gone");
            change(&mut case);
            let gate = case.world().gate(&role()).unwrap();
            assert_eq!(gate.is_refused_to(&PrincipalId::new("ana")), expected, "{what}");
        }
    }

    fn role() -> Access {
        Access::DirectoryRole(RoleId::new(GLOBAL_READER))
    }
}
