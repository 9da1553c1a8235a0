//! Settings: rules of policies, and what PIM will refuse of them.

use super::{NoteKind, Touch, Work, known, planned};
use crate::model::{
    Access, ActivationPolicy, Approval, Approver, AuthenticationContext, Collected, Dataset,
    Expiration, Gap, GapKind, GroupAccess, GroupPim, Principal, PrincipalId, PrincipalKindFacts,
};
use crate::precheck::edit::{Asking, Change, Edit, Lasting, PolicyOf, RuleChange};
use crate::precheck::names::{self, PLANNED, PolicyAt, Wrong};
use crate::precheck::settings::{Stance, forget, set, unread};
use std::sync::Arc;

/// PIM takes 30 minutes to 24 hours, in steps of 30 minutes.
const STEP: u64 = 30 * 60;
const LONGEST_ACTIVATION: u64 = 24 * 3600;
/// A year, by the longest reckoning.
const LONGEST_GRANT: u64 = 366 * 24 * 3600;

impl Work<'_> {
    /// The policy of an access, made of what is unknown where it was not read.
    fn policy_mut(&mut self, access: &Access) -> Option<&mut ActivationPolicy> {
        let found = match access {
            Access::DirectoryRole(role) => {
                let gap = self.tenant.policies.gap().cloned();
                known(&mut self.tenant.policies)?.entry(role.clone()).or_insert_with(|| {
                    Err(gap.unwrap_or_else(|| planned("no policy of the role was read")))
                })
            }
            Access::Group(group, access) => {
                let pim = self.pim_mut(group)?;
                match access {
                    GroupAccess::Member => &mut pim.member_policy,
                    GroupAccess::Owner => &mut pim.owner_policy,
                }
            }
        };
        if let Err(gap) = found {
            let dataset = match access {
                Access::DirectoryRole(_) => Dataset::RolePolicies,
                Access::Group(..) => Dataset::GroupPolicies,
            };
            *found = Ok(unread("", dataset, &gap.clone()));
        }
        found.as_mut().ok()
    }

    /// What PIM says of a group. One that it does not manage yet is managed from then on.
    pub(super) fn pim_mut(&mut self, group: &PrincipalId) -> Option<&mut GroupPim> {
        if !self.tenant.group_pim.contains_key(group) {
            let unmanaged = self.tenant.onboarded.complete().is_ok_and(|all| !all.contains(group));
            let gap = if unmanaged {
                planned("PIM takes the group over with the change: its settings are made then")
            } else {
                planned("what PIM says of the group was not read")
            };
            let list = || match unmanaged {
                true => Collected::Complete(Vec::new()),
                false => Collected::Partial(Vec::new(), gap.clone()),
            };
            let pim = GroupPim {
                active: list(),
                eligible: list(),
                member_policy: Err(gap.clone()),
                owner_policy: Err(gap.clone()),
            };
            self.note(NoteKind::Unknown, gap.detail.to_string());
            self.tenant.group_pim.insert(group.clone(), pim);
            if let Some(all) = known(&mut self.tenant.onboarded) {
                all.insert(group.clone());
            }
        }
        self.tenant.group_pim.get_mut(group)
    }

    pub(super) fn set_rule(&mut self, policy: &PolicyOf, rule: &RuleChange) -> Result<(), Wrong> {
        let access = match names::policy_at(self.tenant, policy)? {
            PolicyAt::Of(access) => access,
            PolicyAt::NotRead(text) => {
                self.note(NoteKind::Unknown, text);
                return Ok(());
            }
        };
        if !self.before.contains_key(&access.key()) {
            let before = self.policy(&access).cloned();
            self.before.insert(access.key(), before);
        }
        let whole = self.whole(&access, rule);
        if let Some(RuleChange::Approval { stages: Some(_), .. }) = &whole {
            self.note(NoteKind::Remark, "the approvers are those that another change states");
        } else if whole.is_some() {
            let text = "its value is the one that another change states: by itself, what the rule \
                becomes is not known";
            self.note(NoteKind::Remark, text);
        }
        let is_carried = self.is_carried(&access, rule);
        let rule = whole.as_ref().unwrap_or(rule);
        let values = self.warn_of_values(rule);
        let (rule, is_absent_named) = self.with_nobody(rule);
        let (rule, was, effect, dormant) = match self.policy_mut(&access) {
            Some(policy) => {
                let without_ticket = without_ticket(&rule, policy);
                let rule = without_ticket.clone().unwrap_or(rule);
                let was = may_contradict(&rule).then(|| policy.clone());
                let effect = set(policy, &rule);
                let dormant = dormant(&rule, policy);
                if without_ticket.is_some() {
                    self.note(NoteKind::Remark, TICKET);
                }
                (rule, was, effect, dormant)
            }
            None => return Ok(()),
        };
        // What PIM refuses never allows anything.
        if let Some(now) = self.policy(&access).filter(|_| values.is_none()).cloned() {
            self.between.entry(access.key()).or_default().push(now);
        }
        if effect.stance == Stance::Same && is_carried {
            let text = format!(
                "what {} states ({}) comes into force by another change, which switches it on",
                rule.id(),
                rule.in_words()
            );
            self.note(NoteKind::Remark, text);
        } else if let Some(gap) = effect.unknown {
            self.note(NoteKind::Unknown, gap.detail.to_string());
        } else if let (Stance::Same, Some(why)) = (effect.stance, dormant) {
            let text =
                format!("what {} states ({}) has no effect {why}", rule.id(), rule.in_words());
            self.note(NoteKind::Remark, text);
        } else if effect.stance == Stance::Same && !self.was_so(&access, &rule) {
            let text = format!("another change sets the same: {} ({})", rule.id(), rule.in_words());
            self.note(NoteKind::Remark, text);
        } else if effect.stance == Stance::Same {
            let text = format!("{} already states this: {}", rule.id(), rule.in_words());
            self.note(NoteKind::AlreadyTrue, text);
        }
        match effect.stance {
            Stance::Weaker => self.done.weaker.insert(access.key()),
            Stance::Stricter => self.done.stricter.insert(access.key()),
            Stance::Same | Stance::Different => false,
        };
        match (effect.stance, self.left_out.clone().or(values)) {
            (Stance::Same | Stance::Weaker, _) | (Stance::Stricter | Stance::Different, None) => {}
            (Stance::Stricter, Some(why)) => self.leave_open(&access, &rule, &why),
            // Part of it may be worse than before, which must not be lost.
            (Stance::Different, Some(_)) => {
                self.done.refused.insert(access.key());
            }
        }
        // It is applied as it stands, as it may leave nobody who could approve.
        if is_absent_named && matches!(effect.stance, Stance::Stricter | Stance::Different) {
            self.done.refused.insert(access.key());
        }
        if effect.stance != Stance::Same {
            self.touched.push(Touch { access, rule, stance: effect.stance, was });
        }
        Ok(())
    }

    /// True where the settings before all changes state a rule already.
    fn was_so(&self, access: &Access, rule: &RuleChange) -> bool {
        let before = self.before.get(&access.key()).and_then(Option::as_ref);
        before.is_some_and(|it| set(&mut it.clone(), rule).stance == Stance::Same)
    }

    /// What a rule becomes is not known: it would ask for more, if that came about.
    fn leave_open(&mut self, access: &Access, rule: &RuleChange, why: &str) {
        let text = format!("{why}; so what {} becomes is not known", rule.id());
        if let Some(policy) = self.policy_mut(access) {
            let gap = Gap::of(policy.dataset, GapKind::Planned, text.clone());
            forget(policy, rule, gap);
        }
        self.note(NoteKind::Unknown, text);
    }

    /// The rule with nobody in the place of each approver who is not there or is of the other kind,
    /// and whether there is one: PIM asks only whom it finds under the kind that is stated.
    fn with_nobody(&mut self, rule: &RuleChange) -> (RuleChange, bool) {
        let mut rule = rule.clone();
        let mut found = false;
        if let RuleChange::Approval { stages: Some(stages), .. } = &mut rule {
            for approver in stages.iter_mut().flat_map(|stage| &mut stage.approvers) {
                let (id, is_group) = match approver {
                    Approver::User(id) => (id.clone(), false),
                    Approver::Group(id) => (id.clone(), true),
                    Approver::Unknown(_) => continue,
                };
                let Some(known) = names::known_principal(self.tenant, &id) else { continue };
                if matches!(known.kind, PrincipalKindFacts::Absent) {
                    found = true;
                } else if (!is_group && known.group().is_some())
                    || (is_group && known.user().is_some())
                {
                    found = true;
                    *approver = Approver::User(self.nobody(&id));
                }
            }
        }
        (rule, found)
    }

    /// Somebody who does not exist, in the place of somebody who does.
    fn nobody(&mut self, id: &PrincipalId) -> PrincipalId {
        let nobody = PrincipalId::new(&format!("{PLANNED}nobody instead of {id}"));
        let name = names::known_principal(self.tenant, id)
            .map_or_else(|| id.text(), |it| Arc::from(it.sign_in_name()));
        let kind = PrincipalKindFacts::Absent;
        if let Some(all) = known(&mut self.tenant.principals) {
            all.insert(nobody.clone(), Principal { id: nobody.clone(), name, kind });
        }
        nobody
    }

    /// Says what PIM refuses, and gives back why where it refuses the whole rule.
    fn warn_of_values(&mut self, rule: &RuleChange) -> Option<String> {
        let mut refused = None;
        match rule {
            RuleChange::Expiration { of: Lasting::Activation, required, maximum } => {
                if *required == Some(false) {
                    self.note(NoteKind::Warning, "PIM refuses activations without an end");
                }
                if let Some(length) = maximum {
                    let seconds = length.seconds();
                    let fits = (STEP..=LONGEST_ACTIVATION).contains(&seconds);
                    if !fits || !seconds.is_multiple_of(STEP) {
                        let text = format!(
                            "PIM refuses an activation of {length}: it takes 30 min to 24 h in \
                             steps of 30 min"
                        );
                        self.note(NoteKind::Warning, text);
                        refused = Some(format!("PIM refuses an activation of {length}"));
                    }
                }
            }
            RuleChange::Expiration { maximum: Some(length), .. } => {
                if !(1..=LONGEST_GRANT).contains(&length.seconds()) {
                    let text = format!("PIM refuses {length} here: it takes at most a year");
                    self.note(NoteKind::Warning, text);
                    refused = Some(format!("PIM refuses {length}"));
                }
            }
            RuleChange::Approval { stages: Some(stages), .. } => {
                for approver in stages.iter().flat_map(|stage| &stage.approvers) {
                    self.warn_of_approver(approver);
                }
            }
            RuleChange::Expiration { maximum: None, .. }
            | RuleChange::Enablement { .. }
            | RuleChange::Context { .. }
            | RuleChange::Approval { stages: None, .. }
            | RuleChange::Notification { .. } => {}
        }
        refused
    }

    fn warn_of_approver(&mut self, approver: &Approver) {
        let (id, is_group) = match approver {
            Approver::User(id) => (id, false),
            Approver::Group(id) => (id, true),
            Approver::Unknown(kind) => {
                self.note(NoteKind::Unknown, format!("an approver is {kind}"));
                return;
            }
        };
        let (kind, text) = match names::known_principal(self.tenant, id) {
            None => (NoteKind::Unknown, format!("whether approver {id} exists could not be read")),
            Some(it) if matches!(it.kind, PrincipalKindFacts::Absent) => {
                (NoteKind::Warning, format!("approver {id} does not exist"))
            }
            Some(it) if it.is_disabled() => {
                (NoteKind::Warning, format!("approver {} is switched off", it.sign_in_name()))
            }
            Some(it) if !is_group && it.group().is_some() => {
                (NoteKind::Warning, format!("approver {} is a group, not a user", it.name))
            }
            Some(it) if is_group && it.user().is_some() => {
                let name = it.sign_in_name();
                (NoteKind::Warning, format!("approver {name} is a user, not a group"))
            }
            Some(_) => return,
        };
        self.note(kind, text);
    }

    /// What Graph refuses of the settings as they become.
    pub(super) fn contradictions(&mut self) {
        let touched = std::mem::take(&mut self.touched);
        let mut seen: Vec<&Access> = Vec::new();
        for Touch { access, .. } in &touched {
            if seen.contains(&access) {
                continue;
            }
            seen.push(access);
            let Some(policy) = self.policy_mut(access) else { continue };
            let mfa = policy.activation_enablement.as_ref().is_ok_and(|it| it.mfa);
            let context = matches!(policy.authentication_context, Ok(AuthenticationContext::On(_)));
            let endless = policy.activation_expiration == Ok(Expiration::NotRequired);
            if mfa && context {
                let text = format!(
                    "{} asks for MFA while an authentication context is on: Graph refuses both",
                    access.key()
                );
                self.note(NoteKind::Warning, text);
                self.leave_open_both(access, &touched);
            }
            if endless {
                let text = format!("activations of {} have no end", access.key());
                self.note(NoteKind::Remark, text);
            }
        }
    }

    /// Of MFA and a context beside each other, what this change brings in does not come about.
    /// Where the other one was there before, it is certain which of the two that is.
    fn leave_open_both(&mut self, access: &Access, touched: &[Touch]) {
        let why = "Graph refuses MFA beside an authentication context";
        let own = || touched.iter().filter(|it| it.access == *access);
        let is_certain = own().filter(|it| may_contradict(&it.rule)).count() == 1;
        for Touch { access: of, rule, stance, was } in own() {
            let brings = match rule {
                RuleChange::Enablement { of: Asking::Activation, mfa, .. } => *mfa == Some(true),
                RuleChange::Context { .. } => true,
                RuleChange::Enablement { of: Asking::Assignment, .. }
                | RuleChange::Expiration { .. }
                | RuleChange::Approval { .. }
                | RuleChange::Notification { .. } => false,
            };
            match (stance, was) {
                (Stance::Stricter, Some(was)) if brings && is_certain => {
                    if let Some(policy) = self.policy_mut(of) {
                        put_back(policy, rule, was);
                    }
                    self.note(NoteKind::Remark, format!("{why}: {} stays as it is", rule.id()));
                }
                (Stance::Stricter, _) if brings => self.leave_open(of, rule, why),
                (Stance::Different, _) if brings => {
                    self.done.refused.insert(of.key());
                }
                (Stance::Same | Stance::Stricter | Stance::Different | Stance::Weaker, _) => {}
            }
        }
    }
}

/// Graph takes the word in this rule, and no tool or portal is known to ask for it.
const TICKET: &str = "a ticket is not known to be asked for when somebody is assigned: Ticketing \
    is no gain in Enablement_Admin_Assignment";

/// The rule without a ticket that it would bring in where PIM asks for none.
fn without_ticket(rule: &RuleChange, live: &ActivationPolicy) -> Option<RuleChange> {
    let RuleChange::Enablement { of: of @ Asking::Assignment, mfa, justification, ticket } = rule
    else {
        return None;
    };
    let is_there = live.assignment_enablement.as_ref().is_ok_and(|it| it.ticket);
    (*ticket == Some(true) && !is_there).then_some(RuleChange::Enablement {
        of: *of,
        mfa: *mfa,
        justification: *justification,
        ticket: Some(false),
    })
}

/// True for a change that brings in MFA or a context, and takes neither away.
pub(super) fn only_brings(change: &Change) -> bool {
    let rules = || change.edits.iter().filter_map(Edit::rule).filter(|rule| may_contradict(rule));
    rules().any(|rule| brings(rule) == Some(true)) && rules().all(|it| brings(it) != Some(false))
}

/// Whether a rule brings in MFA or a context, or takes it away.
const fn brings(rule: &RuleChange) -> Option<bool> {
    match rule {
        RuleChange::Enablement { of: Asking::Activation, mfa, .. } => *mfa,
        RuleChange::Context { enabled, .. } => *enabled,
        RuleChange::Enablement { of: Asking::Assignment, .. }
        | RuleChange::Expiration { .. }
        | RuleChange::Approval { .. }
        | RuleChange::Notification { .. } => None,
    }
}

/// True for the two rules that may stand against each other.
const fn may_contradict(rule: &RuleChange) -> bool {
    match rule {
        RuleChange::Enablement { of: Asking::Activation, .. } | RuleChange::Context { .. } => true,
        RuleChange::Enablement { of: Asking::Assignment, .. }
        | RuleChange::Expiration { .. }
        | RuleChange::Approval { .. }
        | RuleChange::Notification { .. } => false,
    }
}

/// One of those two as it was.
fn put_back(policy: &mut ActivationPolicy, rule: &RuleChange, was: &ActivationPolicy) {
    match rule {
        RuleChange::Enablement { of: Asking::Activation, .. } => {
            policy.activation_enablement.clone_from(&was.activation_enablement);
        }
        RuleChange::Context { .. } => {
            policy.authentication_context.clone_from(&was.authentication_context);
        }
        RuleChange::Enablement { of: Asking::Assignment, .. }
        | RuleChange::Expiration { .. }
        | RuleChange::Approval { .. }
        | RuleChange::Notification { .. } => {}
    }
}

/// Why what a rule states is not in force, where it leaves a switch as it is that is off.
pub(in crate::precheck) fn dormant(
    rule: &RuleChange,
    live: &ActivationPolicy,
) -> Option<&'static str> {
    match rule {
        RuleChange::Expiration { of, required: None, maximum: Some(_) } => {
            let live = match of {
                Lasting::Activation => &live.activation_expiration,
                Lasting::Assignment => &live.assignment_expiration,
                Lasting::Eligibility => &live.eligibility_expiration,
            };
            (*live == Ok(Expiration::NotRequired)).then_some("while no end is required")
        }
        RuleChange::Approval { required: None, mode, stages }
            if mode.is_some() || stages.is_some() =>
        {
            (live.approval == Ok(Approval::NotRequired)).then_some("while approval is off")
        }
        RuleChange::Context { enabled: None, claim: Some(_) } => {
            let is_off = live.authentication_context == Ok(AuthenticationContext::Off);
            is_off.then_some("while the context is off")
        }
        RuleChange::Expiration { .. }
        | RuleChange::Approval { .. }
        | RuleChange::Context { .. }
        | RuleChange::Enablement { .. }
        | RuleChange::Notification { .. } => None,
    }
}
