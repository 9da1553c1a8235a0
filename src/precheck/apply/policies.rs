//! Settings: rules of policies, and what PIM will refuse of them.

use super::{NoteKind, Work, known, planned};
use crate::model::{
    Access, ActivationPolicy, Approver, AuthenticationContext, Collected, Dataset, Expiration,
    GroupAccess, GroupPim, PrincipalId, PrincipalKindFacts,
};
use crate::precheck::edit::{Lasting, PolicyOf, RuleChange};
use crate::precheck::names::{self, PolicyAt, Wrong};
use crate::precheck::settings::{Stance, set, unread};

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
        self.warn_of_values(rule);
        let effect = match self.policy_mut(&access) {
            Some(policy) => set(policy, rule),
            None => return Ok(()),
        };
        if let Some(gap) = effect.unknown {
            self.note(NoteKind::Unknown, gap.detail.to_string());
        } else if effect.stance == Stance::Same {
            let text = format!("{} already states this: {}", rule.id(), rule.in_words());
            self.note(NoteKind::AlreadyTrue, text);
        }
        if effect.stance == Stance::Weaker {
            self.done.weaker.insert(access.key());
        }
        if effect.stance != Stance::Same && !self.touched.contains(&access) {
            self.touched.push(access);
        }
        Ok(())
    }

    fn warn_of_values(&mut self, rule: &RuleChange) {
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
                    }
                }
            }
            RuleChange::Expiration { maximum: Some(length), .. } => {
                if !(1..=LONGEST_GRANT).contains(&length.seconds()) {
                    let text = format!("PIM refuses {length} here: it takes at most a year");
                    self.note(NoteKind::Warning, text);
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
        for access in std::mem::take(&mut self.touched) {
            let Some(policy) = self.policy_mut(&access) else { continue };
            let mfa = policy.activation_enablement.as_ref().is_ok_and(|it| it.mfa);
            let context = matches!(policy.authentication_context, Ok(AuthenticationContext::On(_)));
            let endless = policy.activation_expiration == Ok(Expiration::NotRequired);
            if mfa && context {
                let text = format!(
                    "{} asks for MFA while an authentication context is on: Graph refuses both",
                    access.key()
                );
                self.note(NoteKind::Warning, text);
            }
            if endless {
                let text = format!("activations of {} have no end", access.key());
                self.note(NoteKind::Remark, text);
            }
        }
    }
}
