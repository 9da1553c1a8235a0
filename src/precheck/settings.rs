//! A rule as it is and what a change states, to the rule as it becomes.
//!
//! Only what the live rule does not tell stays unknown; nothing is guessed.

use super::edit::{Asking, Lasting, RuleChange};
use crate::model::{
    ActivationPolicy, Approval, AuthenticationContext, Dataset, Enablement, Expiration, Gap,
    GapKind, IsoDuration, Notification,
};
use std::sync::Arc;

/// How a setting compares with what it was, by itself and whatever a baseline asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stance {
    /// As it was.
    Same,
    /// It asks for more.
    Stricter,
    /// It asks for something else, or nobody knows what it asked for.
    Different,
    /// It asks for less.
    Weaker,
}

/// What came of setting a rule.
pub(super) struct Effect {
    pub(super) stance: Stance,
    /// Why the rule is not known after the change, where it is not.
    pub(super) unknown: Option<Gap>,
}

fn planned(policy: Dataset, rule: &RuleChange, what: &str) -> Gap {
    let detail = format!("{} states no {what}, and the live rule does not tell it", rule.id());
    Gap::of(policy, GapKind::Planned, detail)
}

/// Sets a rule of a policy.
pub(super) fn set(policy: &mut ActivationPolicy, change: &RuleChange) -> Effect {
    let dataset = policy.dataset;
    let missing = |what: &str| planned(dataset, change, what);
    match change {
        RuleChange::Expiration { of, required, maximum } => {
            let place = match of {
                Lasting::Activation => &mut policy.activation_expiration,
                Lasting::Assignment => &mut policy.assignment_expiration,
                Lasting::Eligibility => &mut policy.eligibility_expiration,
            };
            let next = expiration(place, *required, *maximum, missing);
            replace(place, next, |was, is| by_order(&length(*is), &length(*was)))
        }
        RuleChange::Enablement { of, mfa, justification, ticket } => {
            let place = match of {
                Asking::Activation => &mut policy.activation_enablement,
                Asking::Assignment => &mut policy.assignment_enablement,
            };
            let next = enablement(place, [*mfa, *justification, *ticket]);
            replace(place, next, |was, is| by_parts(&parts(*was), &parts(*is)))
        }
        RuleChange::Context { enabled, claim } => {
            let next = context(&policy.authentication_context, *enabled, claim.as_deref(), missing);
            replace(&mut policy.authentication_context, next, |was, is| {
                match (is_on(was), is_on(is)) {
                    (false, true) => Stance::Stricter,
                    (true, false) => Stance::Weaker,
                    (true, true) | (false, false) => Stance::Different,
                }
            })
        }
        RuleChange::Approval { required, mode, stages } => {
            let live = &policy.approval;
            let next = match (required, stages, live) {
                (Some(true), _, _) if mode.as_deref().is_some_and(is_no_approval) => {
                    let detail = "approval is asked for in mode NoApproval";
                    Err(Gap::unreadable(dataset, detail))
                }
                (Some(false), _, _) | (None, _, Ok(Approval::NotRequired)) => {
                    Ok(Approval::NotRequired)
                }
                (Some(true), Some(stages), live) => Ok(Approval::Required {
                    mode: mode_of(mode.as_deref(), live),
                    stages: stages.clone(),
                }),
                (Some(true), None, Ok(Approval::NotRequired)) => Err(missing("approvers")),
                (_, stated, Ok(Approval::Required { stages, .. })) => Ok(Approval::Required {
                    mode: mode_of(mode.as_deref(), live),
                    stages: stated.as_ref().unwrap_or(stages).clone(),
                }),
                (_, _, Err(gap)) => Err(gap.clone()),
            };
            replace(&mut policy.approval, next, |was, is| match (was, is) {
                (Approval::NotRequired, Approval::Required { .. }) => Stance::Stricter,
                (Approval::Required { .. }, Approval::NotRequired) => Stance::Weaker,
                (Approval::NotRequired, Approval::NotRequired)
                | (Approval::Required { .. }, Approval::Required { .. }) => Stance::Different,
            })
        }
        RuleChange::Notification { rule, all, defaults, recipients } => {
            let place = policy.notifications.entry(*rule).or_insert_with(|| {
                Err(Gap::unreadable(dataset, format!("rule {} is absent", rule.id())))
            });
            let next = notification(place, *all, *defaults, recipients.as_deref());
            replace(place, next, |was, is| {
                let lost = was.recipients.iter().any(|it| !is.recipients.contains(it));
                let won = is.recipients.iter().any(|it| !was.recipients.contains(it));
                let before = [was.all, was.default_recipients, lost];
                let after = [is.all, is.default_recipients, won];
                by_parts(&before, &after)
            })
        }
    }
}

/// Leaves open what a rule becomes.
pub(super) fn forget(policy: &mut ActivationPolicy, change: &RuleChange, gap: Gap) {
    match change {
        RuleChange::Expiration { of: Lasting::Activation, .. } => {
            policy.activation_expiration = Err(gap);
        }
        RuleChange::Expiration { of: Lasting::Assignment, .. } => {
            policy.assignment_expiration = Err(gap);
        }
        RuleChange::Expiration { of: Lasting::Eligibility, .. } => {
            policy.eligibility_expiration = Err(gap);
        }
        RuleChange::Enablement { of: Asking::Activation, .. } => {
            policy.activation_enablement = Err(gap);
        }
        RuleChange::Enablement { of: Asking::Assignment, .. } => {
            policy.assignment_enablement = Err(gap);
        }
        RuleChange::Context { .. } => policy.authentication_context = Err(gap),
        RuleChange::Approval { .. } => policy.approval = Err(gap),
        RuleChange::Notification { rule, .. } => {
            policy.notifications.insert(*rule, Err(gap));
        }
    }
}

/// Puts the rule in its place and tells how it compares.
fn replace<T: PartialEq>(
    place: &mut Result<T, Gap>,
    next: Result<T, Gap>,
    compare: impl Fn(&T, &T) -> Stance,
) -> Effect {
    let stance = match (&*place, &next) {
        (Ok(was), Ok(is)) if was == is => Stance::Same,
        (Ok(was), Ok(is)) => compare(was, is),
        (Err(was), Err(is)) if was == is => Stance::Same,
        (Err(_), Ok(_) | Err(_)) | (Ok(_), Err(_)) => Stance::Different,
    };
    let unknown = next.as_ref().err().cloned();
    *place = next;
    Effect { stance, unknown }
}

fn by_order<T: Ord>(is: &T, was: &T) -> Stance {
    match is.cmp(was) {
        std::cmp::Ordering::Less => Stance::Stricter,
        std::cmp::Ordering::Equal => Stance::Same,
        std::cmp::Ordering::Greater => Stance::Weaker,
    }
}

/// Each part asks for something: some more and none less is stricter.
fn by_parts(was: &[bool], is: &[bool]) -> Stance {
    let lost = was.iter().zip(is).any(|(was, is)| *was && !is);
    let won = was.iter().zip(is).any(|(was, is)| !was && *is);
    match (lost, won) {
        (false, false) => Stance::Different,
        (false, true) => Stance::Stricter,
        (true, false) => Stance::Weaker,
        (true, true) => Stance::Different,
    }
}

const fn length(expiration: Expiration) -> u64 {
    match expiration {
        Expiration::NotRequired => u64::MAX,
        Expiration::AtMost(length) => length.seconds(),
    }
}

const fn parts(asked: Enablement) -> [bool; 3] {
    [asked.mfa, asked.justification, asked.ticket]
}

const fn is_on(context: &AuthenticationContext) -> bool {
    matches!(context, AuthenticationContext::On(_))
}

fn expiration(
    live: &Result<Expiration, Gap>,
    required: Option<bool>,
    maximum: Option<IsoDuration>,
    missing: impl Fn(&str) -> Gap,
) -> Result<Expiration, Gap> {
    match (required, maximum, live) {
        (Some(false), _, _) | (None, _, Ok(Expiration::NotRequired)) => Ok(Expiration::NotRequired),
        (Some(true), Some(maximum), _) | (None, Some(maximum), Ok(Expiration::AtMost(_))) => {
            Ok(Expiration::AtMost(maximum))
        }
        (Some(true), None, Ok(Expiration::NotRequired)) => Err(missing("maximumDuration")),
        (Some(true) | None, None, Ok(Expiration::AtMost(live))) => Ok(Expiration::AtMost(*live)),
        (Some(true), None, Err(gap)) | (None, _, Err(gap)) => Err(gap.clone()),
    }
}

fn enablement(
    live: &Result<Enablement, Gap>,
    stated: [Option<bool>; 3],
) -> Result<Enablement, Gap> {
    match (stated, live) {
        ([Some(mfa), Some(justification), Some(ticket)], _) => {
            Ok(Enablement { mfa, justification, ticket })
        }
        ([mfa, justification, ticket], Ok(live)) => Ok(Enablement {
            mfa: mfa.unwrap_or(live.mfa),
            justification: justification.unwrap_or(live.justification),
            ticket: ticket.unwrap_or(live.ticket),
        }),
        (_, Err(gap)) => Err(gap.clone()),
    }
}

fn context(
    live: &Result<AuthenticationContext, Gap>,
    enabled: Option<bool>,
    claim: Option<&str>,
    missing: impl Fn(&str) -> Gap,
) -> Result<AuthenticationContext, Gap> {
    match (enabled, claim, live) {
        (Some(false), _, _) | (None, _, Ok(AuthenticationContext::Off)) => {
            Ok(AuthenticationContext::Off)
        }
        (Some(true), Some(claim), _)
        | (
            None,
            Some(claim),
            Ok(AuthenticationContext::On(_) | AuthenticationContext::OnWithoutClaim),
        ) => Ok(match is_claim(claim) {
            true => AuthenticationContext::On(claim.into()),
            false => AuthenticationContext::OnWithoutClaim,
        }),
        (Some(true), None, Ok(AuthenticationContext::Off)) => Err(missing("claimValue")),
        (
            Some(true) | None,
            None,
            Ok(live @ (AuthenticationContext::On(_) | AuthenticationContext::OnWithoutClaim)),
        ) => Ok(live.clone()),
        (Some(true), None, Err(gap)) | (None, _, Err(gap)) => Err(gap.clone()),
    }
}

/// `c1` to `c99`.
pub(super) fn is_claim(claim: &str) -> bool {
    claim.strip_prefix('c').is_some_and(|number| {
        (1..=2).contains(&number.len())
            && !number.starts_with('0')
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_no_approval(mode: &str) -> bool {
    mode.eq_ignore_ascii_case("NoApproval")
}

fn mode_of(stated: Option<&str>, live: &Result<Approval, Gap>) -> Arc<str> {
    match (stated, live) {
        (Some(mode), _) => mode.into(),
        (None, Ok(Approval::Required { mode, .. })) => Arc::clone(mode),
        (None, Ok(Approval::NotRequired) | Err(_)) => "SingleStage".into(),
    }
}

fn notification(
    live: &Result<Notification, Gap>,
    all: Option<bool>,
    defaults: Option<bool>,
    recipients: Option<&[Arc<str>]>,
) -> Result<Notification, Gap> {
    match (all, defaults, recipients, live) {
        (Some(all), Some(default_recipients), Some(recipients), _) => {
            Ok(Notification { all, default_recipients, recipients: recipients.to_vec() })
        }
        (_, _, _, Ok(live)) => Ok(Notification {
            all: all.unwrap_or(live.all),
            default_recipients: defaults.unwrap_or(live.default_recipients),
            recipients: recipients.map_or_else(|| live.recipients.clone(), <[_]>::to_vec),
        }),
        (_, _, _, Err(gap)) => Err(gap.clone()),
    }
}

/// A policy of which nothing is known, for one reason.
pub(super) fn unread(id: &str, dataset: Dataset, gap: &Gap) -> ActivationPolicy {
    ActivationPolicy {
        id: id.into(),
        dataset,
        modified: None,
        activation_expiration: Err(gap.clone()),
        activation_enablement: Err(gap.clone()),
        authentication_context: Err(gap.clone()),
        approval: Err(gap.clone()),
        eligibility_expiration: Err(gap.clone()),
        assignment_expiration: Err(gap.clone()),
        assignment_enablement: Err(gap.clone()),
        notifications: crate::model::NotificationRule::all()
            .map(|rule| (rule, Err(gap.clone())))
            .collect(),
        unknown_rules: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Stage;

    fn hours(hours: u64) -> IsoDuration {
        IsoDuration::from_seconds(hours * 3600)
    }

    fn empty() -> ActivationPolicy {
        let gap = Gap::new(GapKind::Failed, "x");
        unread("p", Dataset::RolePolicies, &gap)
    }

    #[test]
    fn a_length_is_kept_set_or_not_known() {
        let at_most = |length| Ok(Expiration::AtMost(hours(length)));
        let unread = || Err(Gap::new(GapKind::Failed, "x"));
        for (live, required, maximum, expected, stance) in [
            (at_most(8), None, Some(4), Some(Expiration::AtMost(hours(4))), Stance::Stricter),
            (at_most(8), None, Some(8), Some(Expiration::AtMost(hours(8))), Stance::Same),
            (at_most(8), None, None, Some(Expiration::AtMost(hours(8))), Stance::Same),
            (at_most(8), Some(true), Some(9), Some(Expiration::AtMost(hours(9))), Stance::Weaker),
            (at_most(8), Some(false), None, Some(Expiration::NotRequired), Stance::Weaker),
            (
                Ok(Expiration::NotRequired),
                None,
                Some(4),
                Some(Expiration::NotRequired),
                Stance::Same,
            ),
            (Ok(Expiration::NotRequired), Some(true), None, None, Stance::Different),
            (unread(), Some(true), Some(4), Some(Expiration::AtMost(hours(4))), Stance::Different),
            (unread(), None, Some(4), None, Stance::Same),
        ] {
            let mut policy = empty();
            policy.activation_expiration = live.clone();
            let maximum = maximum.map(hours);
            let of = Lasting::Activation;
            let effect = set(&mut policy, &RuleChange::Expiration { of, required, maximum });
            assert_eq!(policy.activation_expiration.ok(), expected, "{live:?} {required:?}");
            assert_eq!(effect.stance, stance, "{live:?} {required:?} {maximum:?}");
        }
    }

    #[test]
    fn approval_that_is_switched_on_needs_its_approvers_stated() {
        let stages = vec![Stage::default()];
        let required =
            || Ok(Approval::Required { mode: "SingleStage".into(), stages: stages.clone() });
        for (live, wanted, stated, expected) in [
            (Ok(Approval::NotRequired), Some(true), None, None),
            (Ok(Approval::NotRequired), Some(true), Some(stages.clone()), required().ok()),
            (Ok(Approval::NotRequired), None, Some(stages.clone()), Some(Approval::NotRequired)),
            (required(), None, None, required().ok()),
            (required(), Some(false), None, Some(Approval::NotRequired)),
            (required(), Some(true), None, required().ok()),
        ] {
            let mut policy = empty();
            policy.approval = live;
            let change = RuleChange::Approval { required: wanted, mode: None, stages: stated };
            let effect = set(&mut policy, &change);
            assert_eq!(effect.unknown.is_some(), expected.is_none());
            if let Some(gap) = effect.unknown {
                assert_eq!(gap.kind, GapKind::Planned);
            }
            assert_eq!(policy.approval.ok(), expected, "{wanted:?}");
        }
    }

    #[test]
    fn a_context_that_is_switched_on_needs_a_claim() {
        let on = || AuthenticationContext::On("c1".into());
        for (live, enabled, claim, expected) in [
            (AuthenticationContext::Off, Some(true), None, None),
            (AuthenticationContext::Off, Some(true), Some("c1"), Some(on())),
            (AuthenticationContext::Off, None, Some("c1"), Some(AuthenticationContext::Off)),
            (on(), Some(true), None, Some(on())),
            (on(), None, Some("x"), Some(AuthenticationContext::OnWithoutClaim)),
            (on(), Some(false), None, Some(AuthenticationContext::Off)),
        ] {
            let mut policy = empty();
            policy.authentication_context = Ok(live);
            let claim = claim.map(str::to_owned);
            set(&mut policy, &RuleChange::Context { enabled, claim });
            assert_eq!(policy.authentication_context.ok(), expected, "{enabled:?}");
        }
    }

    #[test]
    fn a_claim_is_one_of_ninety_nine() {
        for (claim, expected) in [
            ("c1", true),
            ("c99", true),
            ("c0", false),
            ("c01", false),
            ("c100", false),
            ("c+1", false),
            ("c", false),
            ("1", false),
            ("", false),
        ] {
            assert_eq!(is_claim(claim), expected, "{claim}");
        }
    }

    #[test]
    fn what_is_asked_for_is_compared_part_by_part() {
        for (was, is, expected) in [
            ([true, false], [true, true], Stance::Stricter),
            ([true, true], [true, false], Stance::Weaker),
            ([true, false], [false, true], Stance::Different),
        ] {
            assert_eq!(by_parts(&was, &is), expected, "{was:?} {is:?}");
        }
    }
}
