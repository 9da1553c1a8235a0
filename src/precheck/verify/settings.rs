//! Settings: each value that a rule states beside the one that is in force.

use super::{Arrival, Look, Seen, Slotted};
use crate::model::{
    Access, ActivationPolicy, Approval, Approver, AuthenticationContext, Enablement, Expiration,
    Gap, GroupAccess, IsoDuration, Notification, Stage,
};
use crate::precheck::apply::dormant;
use crate::precheck::edit::{Asking, Lasting, PolicyOf, RuleChange};
use crate::precheck::names::Wrong;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Approvers or addresses that are named.
const NAMED: usize = 5;

/// A value with its name.
type Value = (&'static str, Seen);

impl Look<'_> {
    pub(super) fn rule(
        &self,
        policy: &PolicyOf,
        rule: &RuleChange,
        in_doubt: bool,
    ) -> Result<Vec<Slotted>, Wrong> {
        let access = match self.policy_at(policy)? {
            Ok(access) => access,
            Err(why) => return Ok(vec![whole(policy, rule, Seen::cannot(rule.in_words(), why))]),
        };
        let live = match self.policy(&access) {
            Ok(live) => live,
            Err((is, word)) => {
                let seen = Seen { planned: rule.in_words(), is, word };
                return Ok(vec![whole(policy, rule, seen)]);
            }
        };
        let id = rule.id();
        let off = dormant(rule, live).filter(|_| !in_doubt);
        let slotted = self.values(live, rule).into_iter().map(|(name, seen)| {
            let seen = match off {
                Some(why) => Seen::cannot(seen.planned, format!("it has no effect {why}")),
                None => seen,
            };
            let slot = format!("{} {id} {name}", access.key());
            Slotted::of(format!("{id} of {policy}: {name}"), seen).at(slot)
        });
        Ok(slotted.collect())
    }

    /// The policy of an access, or what is there instead.
    fn policy(&self, access: &Access) -> Result<&ActivationPolicy, (String, Arrival)> {
        let unread = |gap: &Gap| (gap.to_string(), Arrival::CannotTell);
        let found = match access {
            Access::DirectoryRole(role) => {
                let all = self.tenant.policies.at_least().map_err(|gap| unread(&gap))?;
                all.get(role)
            }
            Access::Group(group, by) => match self.tenant.group_pim.get(group) {
                Some(pim) => Some(match by {
                    GroupAccess::Member => &pim.member_policy,
                    GroupAccess::Owner => &pim.owner_policy,
                }),
                None if self.tenant.onboarded.complete().is_ok_and(|all| !all.contains(group)) => {
                    return Err(("PIM does not manage the group".to_owned(), Arrival::NotDone));
                }
                None => None,
            },
        };
        match found {
            Some(Ok(policy)) => Ok(policy),
            Some(Err(gap)) => Err(unread(gap)),
            None => Err(("its settings were not read".to_owned(), Arrival::CannotTell)),
        }
    }

    fn values(&self, live: &ActivationPolicy, rule: &RuleChange) -> Vec<Value> {
        match rule {
            RuleChange::Expiration { of, required, maximum } => {
                let live = match of {
                    Lasting::Activation => &live.activation_expiration,
                    Lasting::Assignment => &live.assignment_expiration,
                    Lasting::Eligibility => &live.eligibility_expiration,
                };
                expiration(live, *required, *maximum)
            }
            RuleChange::Enablement { of, mfa, justification, ticket } => {
                let live = match of {
                    Asking::Activation => &live.activation_enablement,
                    Asking::Assignment => &live.assignment_enablement,
                };
                let one = |name, wanted: &Option<bool>, part: fn(&Enablement) -> bool| {
                    let wanted = (*wanted)?;
                    Some((
                        name,
                        seen(live, asked(wanted), |it| {
                            (asked(part(it)).into(), part(it) == wanted)
                        }),
                    ))
                };
                [
                    one("MFA", mfa, |it| it.mfa),
                    one("justification", justification, |it| it.justification),
                    one("ticket information", ticket, |it| it.ticket),
                ]
                .into_iter()
                .flatten()
                .collect()
            }
            RuleChange::Context { enabled, claim } => {
                context(&live.authentication_context, *enabled, claim.as_deref())
            }
            RuleChange::Approval { required, mode, stages } => {
                self.approval(&live.approval, *required, mode.as_deref(), stages.as_deref())
            }
            RuleChange::Notification { rule, all, defaults, recipients } => {
                match live.notifications.get(rule) {
                    Some(live) => notification(live, *all, *defaults, recipients.as_deref()),
                    None => {
                        let gap = Gap::unreadable(live.dataset, format!("rule {rule} is absent"));
                        notification(&Err(gap), *all, *defaults, recipients.as_deref())
                    }
                }
            }
        }
    }

    fn approval(
        &self,
        live: &Result<Approval, Gap>,
        required: Option<bool>,
        mode: Option<&str>,
        stages: Option<&[Stage]>,
    ) -> Vec<Value> {
        let mut values = Vec::new();
        if let Some(wanted) = required {
            let is_required = |it: &Approval| matches!(it, Approval::Required { .. });
            values.push((
                "approval",
                seen(live, asked(wanted), |it| {
                    (asked(is_required(it)).into(), is_required(it) == wanted)
                }),
            ));
        }
        // Where no approval is wanted, nobody needs to be there to give one.
        if required == Some(false) {
            return values;
        }
        let none = || ("no approval is asked for".to_owned(), false);
        if let Some(wanted) = mode {
            values.push((
                "mode",
                seen(live, wanted, |it| match it {
                    Approval::Required { mode, .. } => {
                        (mode.to_string(), mode.eq_ignore_ascii_case(wanted))
                    }
                    Approval::NotRequired => none(),
                }),
            ));
        }
        let Some(wanted) = stages else { return values };
        let planned = self.approvers(wanted);
        let unknown = wanted.iter().flat_map(|stage| &stage.approvers).find_map(|it| match it {
            Approver::Unknown(kind) => Some(format!("an approver is {kind}")),
            Approver::User(_) | Approver::Group(_) => None,
        });
        values.push((
            "approvers",
            match unknown {
                Some(why) => Seen::cannot(planned, why),
                None => seen(live, planned, |it| match it {
                    Approval::Required { stages, .. } => {
                        (self.approvers(stages), people(stages) == people(wanted))
                    }
                    Approval::NotRequired => none(),
                }),
            },
        ));
        let reasons = |stages: &[Stage]| stages.iter().find_map(|stage| stage.reason_required);
        if let Some(reason) = reasons(wanted) {
            values.push((
                "reason of the approver",
                seen(live, asked(reason), |it| match it {
                    Approval::Required { stages, .. } => match reasons(stages) {
                        Some(is) => (asked(is).into(), is == reason),
                        None => ("not said".to_owned(), false),
                    },
                    Approval::NotRequired => none(),
                }),
            ));
        }
        values
    }

    fn approvers(&self, stages: &[Stage]) -> String {
        let names = people(stages).into_iter().map(|it| match it {
            Approver::User(id) => format!("user {}", self.called(id)),
            Approver::Group(id) => format!("group {}", self.called(id)),
            Approver::Unknown(kind) => kind.to_string(),
        });
        few(names.collect())
    }
}

/// A rule of which nothing can be compared.
fn whole(policy: &PolicyOf, rule: &RuleChange, seen: Seen) -> Slotted {
    Slotted::of(format!("{} of {policy}", rule.id()), seen)
}

/// A value beside the live rule, where that was read.
fn seen<T>(
    live: &Result<T, Gap>,
    planned: impl Into<String>,
    compare: impl FnOnce(&T) -> (String, bool),
) -> Seen {
    match live {
        Ok(live) => {
            let (is, same) = compare(live);
            Seen::compared(planned, is, same)
        }
        Err(gap) => Seen::cannot(planned, gap.to_string()),
    }
}

const fn asked(it: bool) -> &'static str {
    if it { "asked for" } else { "not asked for" }
}

fn people(stages: &[Stage]) -> BTreeSet<&Approver> {
    stages.iter().flat_map(|stage| &stage.approvers).collect()
}

/// The first few, and how many more there are.
fn few(names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let mut text = names.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(", {more} more"));
    }
    if text.is_empty() { "nobody by name".to_owned() } else { text }
}

fn expiration(
    live: &Result<Expiration, Gap>,
    required: Option<bool>,
    maximum: Option<IsoDuration>,
) -> Vec<Value> {
    let must = |it: bool| if it { "an end is required" } else { "no end is required" };
    let mut values = Vec::new();
    if let Some(wanted) = required {
        let is_required = |it: &Expiration| matches!(it, Expiration::AtMost(_));
        values.push((
            "end",
            seen(live, must(wanted), |it| {
                (must(is_required(it)).to_owned(), is_required(it) == wanted)
            }),
        ));
    }
    // A longest duration is in force only where an end is required.
    if let Some(wanted) = maximum
        && required != Some(false)
    {
        values.push((
            "longest",
            seen(live, format!("at most {wanted}"), |it| match it {
                Expiration::AtMost(longest) => (format!("at most {longest}"), *longest == wanted),
                Expiration::NotRequired => (must(false).to_owned(), false),
            }),
        ));
    }
    values
}

fn context(
    live: &Result<AuthenticationContext, Gap>,
    enabled: Option<bool>,
    claim: Option<&str>,
) -> Vec<Value> {
    let switched = |it: bool| if it { "on" } else { "off" };
    let mut values = Vec::new();
    if let Some(wanted) = enabled {
        let is_on = |it: &AuthenticationContext| !matches!(it, AuthenticationContext::Off);
        values.push((
            "authentication context",
            seen(live, switched(wanted), |it| {
                (switched(is_on(it)).to_owned(), is_on(it) == wanted)
            }),
        ));
    }
    if let Some(wanted) = claim
        && enabled != Some(false)
    {
        let planned = if wanted.is_empty() { "none" } else { wanted };
        values.push((
            "claim",
            seen(live, planned, |it| match it {
                AuthenticationContext::On(claim) => (claim.to_string(), &**claim == wanted),
                AuthenticationContext::OnWithoutClaim => ("none".to_owned(), wanted.is_empty()),
                AuthenticationContext::Off => ("the context is off".to_owned(), false),
            }),
        ));
    }
    values
}

fn notification(
    live: &Result<Notification, Gap>,
    all: Option<bool>,
    defaults: Option<bool>,
    recipients: Option<&[Arc<str>]>,
) -> Vec<Value> {
    let level = |all: bool| if all { "all" } else { "critical ones only" };
    let switched = |it: bool| if it { "on" } else { "off" };
    let addresses = |list: &[Arc<str>]| -> BTreeSet<String> {
        list.iter().map(|it| it.to_ascii_lowercase()).collect()
    };
    let mut values = Vec::new();
    if let Some(wanted) = all {
        values.push((
            "mails",
            seen(live, level(wanted), |it| (level(it.all).to_owned(), it.all == wanted)),
        ));
    }
    if let Some(wanted) = defaults {
        values.push((
            "default recipients",
            seen(live, switched(wanted), |it| {
                (switched(it.default_recipients).to_owned(), it.default_recipients == wanted)
            }),
        ));
    }
    if let Some(wanted) = recipients {
        let wanted = addresses(wanted);
        let planned = few(wanted.iter().cloned().collect());
        values.push((
            "further recipients",
            seen(live, planned, |it| {
                let is = addresses(&it.recipients);
                let same = is == wanted;
                (few(is.into_iter().collect()), same)
            }),
        ));
    }
    values
}
