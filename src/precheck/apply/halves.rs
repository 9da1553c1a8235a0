//! Rules with a switch of which one change states the switch and another one the value.
//!
//! Graph keeps the value while the switch is off, so what comes of the two must not depend on which
//! is applied first.

use super::Work;
use crate::model::{Access, ActivationPolicy, Approval, AuthenticationContext, Expiration, Tenant};
use crate::precheck::edit::{Change, Edit, Lasting, RuleChange};
use crate::precheck::names::{self, PolicyAt};

/// Place of a change, and of an edit in it.
pub(super) type At = (usize, usize);

/// A rule of which only the switch is stated, or only the value.
pub(super) struct Half {
    at: At,
    access: Access,
    rule: RuleChange,
}

/// All of them, by what they are of.
pub(super) fn halves(tenant: &Tenant, changes: &[Change]) -> Vec<Half> {
    let mut found = Vec::new();
    for (place, change) in changes.iter().enumerate() {
        for (of_edit, edit) in change.edits.iter().enumerate() {
            let Edit::SetRule(policy, rule) = edit else { continue };
            if !(only_switched_on(rule) || only_valued(rule)) {
                continue;
            }
            // What is wrong with it is said where it is applied.
            if let Ok(PolicyAt::Of(access)) = names::policy_at(tenant, policy) {
                found.push(Half { at: (place, of_edit), access, rule: rule.clone() });
            }
        }
    }
    found
}

/// True for a rule that switches something on and leaves its value as it is.
fn only_switched_on(rule: &RuleChange) -> bool {
    match rule {
        RuleChange::Expiration { required, maximum, .. } => {
            *required == Some(true) && maximum.is_none()
        }
        RuleChange::Approval { required, stages, .. } => {
            *required == Some(true) && stages.is_none()
        }
        RuleChange::Context { enabled, claim } => *enabled == Some(true) && claim.is_none(),
        RuleChange::Enablement { .. } | RuleChange::Notification { .. } => false,
    }
}

/// True for a rule that states a value and leaves its switch as it is.
fn only_valued(rule: &RuleChange) -> bool {
    match rule {
        RuleChange::Expiration { required, maximum, .. } => required.is_none() && maximum.is_some(),
        RuleChange::Approval { required, stages, .. } => required.is_none() && stages.is_some(),
        RuleChange::Context { enabled, claim } => enabled.is_none() && claim.is_some(),
        RuleChange::Enablement { .. } | RuleChange::Notification { .. } => false,
    }
}

/// True where the live rule is switched on, so that it has a value.
fn is_in_force(rule: &RuleChange, live: &ActivationPolicy) -> bool {
    match rule {
        RuleChange::Expiration { of, .. } => {
            let live = match of {
                Lasting::Activation => &live.activation_expiration,
                Lasting::Assignment => &live.assignment_expiration,
                Lasting::Eligibility => &live.eligibility_expiration,
            };
            matches!(live, Ok(Expiration::AtMost(_)))
        }
        RuleChange::Approval { .. } => matches!(live.approval, Ok(Approval::Required { .. })),
        RuleChange::Context { .. } => matches!(
            live.authentication_context,
            Ok(AuthenticationContext::On(_) | AuthenticationContext::OnWithoutClaim)
        ),
        RuleChange::Enablement { .. } | RuleChange::Notification { .. } => false,
    }
}

/// A rule that is switched on, with the value that another change states.
fn with_value(rule: &RuleChange, value: &RuleChange) -> RuleChange {
    match (rule, value) {
        (RuleChange::Expiration { of, required, .. }, RuleChange::Expiration { maximum, .. }) => {
            RuleChange::Expiration { of: *of, required: *required, maximum: *maximum }
        }
        (
            RuleChange::Approval { required, mode, .. },
            RuleChange::Approval { mode: of_value, stages, .. },
        ) => RuleChange::Approval {
            required: *required,
            mode: mode.clone().or_else(|| of_value.clone()),
            stages: stages.clone(),
        },
        (RuleChange::Context { enabled, .. }, RuleChange::Context { claim, .. }) => {
            RuleChange::Context { enabled: *enabled, claim: claim.clone() }
        }
        (other, _) => other.clone(),
    }
}

impl Work<'_> {
    /// The same rule of the same access in other changes; the last one first.
    fn other_halves<'w>(
        &'w self,
        access: &'w Access,
        rule: &'w RuleChange,
    ) -> impl Iterator<Item = &'w RuleChange> {
        let is_other =
            move |it: &&Half| it.at != self.at && it.access == *access && it.rule.id() == rule.id();
        self.halves.iter().rev().filter(is_other).map(|it| &it.rule)
    }

    /// A rule that switches something on which the live rule has no value for, with the value that
    /// another change states.
    pub(super) fn whole(&self, access: &Access, rule: &RuleChange) -> Option<RuleChange> {
        if !only_switched_on(rule) || self.policy(access).is_some_and(|it| is_in_force(rule, it)) {
            return None;
        }
        let value = self.other_halves(access, rule).find(|it| only_valued(it))?;
        Some(with_value(rule, value))
    }

    /// True for a value that comes into force by another change, and was not in force before.
    pub(super) fn is_carried(&self, access: &Access, rule: &RuleChange) -> bool {
        let before = self.before.get(&access.key()).and_then(Option::as_ref);
        only_valued(rule)
            && !before.is_some_and(|it| is_in_force(rule, it))
            && self.other_halves(access, rule).any(only_switched_on)
    }
}
