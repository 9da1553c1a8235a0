//! The activation policy of an access: the rules of its role management policy, typed.
//!
//! A rule that is absent or could not be understood is a gap of that rule alone.

use super::{Dataset, Gap, IsoDuration, PrincipalId};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The rules of one role management policy. Look-ups are by rule id, never by position.
#[derive(Clone, Debug)]
pub struct ActivationPolicy {
    /// Id of the policy, for evidence and for the PATCH of the remediation.
    pub id: Arc<str>,
    /// The collection it was read in.
    pub dataset: Dataset,
    /// When somebody last changed it; `None` for a policy nobody ever touched.
    pub modified: Option<Timestamp>,
    /// `Expiration_EndUser_Assignment`: the longest activation.
    pub activation_expiration: Result<Expiration, Gap>,
    /// `Enablement_EndUser_Assignment`: what an activation asks for.
    pub activation_enablement: Result<Enablement, Gap>,
    /// `AuthenticationContext_EndUser_Assignment`.
    pub authentication_context: Result<AuthenticationContext, Gap>,
    /// `Approval_EndUser_Assignment`.
    pub approval: Result<Approval, Gap>,
    /// `Expiration_Admin_Eligibility`.
    pub eligibility_expiration: Result<Expiration, Gap>,
    /// `Expiration_Admin_Assignment`.
    pub assignment_expiration: Result<Expiration, Gap>,
    /// `Enablement_Admin_Assignment`.
    pub assignment_enablement: Result<Enablement, Gap>,
    /// The nine notification rules that were present and could be read.
    pub notifications: BTreeMap<NotificationRule, Result<Notification, Gap>>,
    /// Ids of rules this version does not know; kept so that nothing vanishes in silence.
    pub unknown_rules: Vec<Arc<str>>,
}

/// How long something may last. Both fields as Graph says them; `required == false` is unlimited,
/// whatever the duration says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiration {
    /// No end is asked for.
    NotRequired,
    /// At most this long.
    AtMost(IsoDuration),
}

/// What is asked for (`enabledRules`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Enablement {
    /// `MultiFactorAuthentication`.
    pub mfa: bool,
    /// `Justification`.
    pub justification: bool,
    /// `Ticketing`.
    pub ticket: bool,
}

/// The authentication context of an activation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthenticationContext {
    /// Off.
    Off,
    /// On, with a claim value `c1` to `c99`.
    On(Arc<str>),
    /// Switched on without a usable claim value: asks for nothing.
    OnWithoutClaim,
}

/// Whether an activation needs approval. Only `isApprovalRequired` decides; approvers named while it
/// is off mean off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approval {
    /// No approval.
    NotRequired,
    /// Approval by the stages' approvers; no named approver at all means the default approvers.
    Required {
        /// `approvalMode`, as Graph says it.
        mode: Arc<str>,
        /// One stage in all that has been seen; the schema allows two.
        stages: Vec<Stage>,
    },
}

/// One approval stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// Named approvers, and after them the escalation approvers where escalation is on.
    pub approvers: Vec<Approver>,
    /// How many of these, the last ones, are escalation approvers.
    pub escalation: usize,
    /// `isApproverJustificationRequired`.
    pub reason_required: Option<bool>,
}

impl Stage {
    /// Who is asked first; an escalation asks others as well.
    pub fn primary(&self) -> &[Approver] {
        let primary = self.approvers.len().saturating_sub(self.escalation);
        self.approvers.get(..primary).unwrap_or_default()
    }
}

/// Who may approve.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Approver {
    /// One user.
    User(PrincipalId),
    /// The members of a group.
    Group(PrincipalId),
    /// A kind of approver whose people cannot be named (requestor's manager and the like).
    Unknown(Arc<str>),
}

/// When a notification is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotificationEvent {
    /// Somebody is made eligible: `Admin_Eligibility`.
    MadeEligible,
    /// Somebody is made active: `Admin_Assignment`.
    MadeActive,
    /// Somebody activates: `EndUser_Assignment`.
    Activated,
}

/// To whom a notification is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotificationRecipient {
    /// Administrators.
    Admin,
    /// The person concerned.
    Requestor,
    /// The approvers.
    Approver,
}

/// One of the nine notification rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NotificationRule {
    /// When.
    pub event: NotificationEvent,
    /// To whom.
    pub recipient: NotificationRecipient,
}

impl NotificationRule {
    /// All nine.
    pub fn all() -> impl Iterator<Item = Self> {
        [
            NotificationEvent::MadeEligible,
            NotificationEvent::MadeActive,
            NotificationEvent::Activated,
        ]
        .into_iter()
        .flat_map(|event| {
            [
                NotificationRecipient::Admin,
                NotificationRecipient::Requestor,
                NotificationRecipient::Approver,
            ]
            .into_iter()
            .map(move |recipient| Self { event, recipient })
        })
    }

    /// The rule's id in Graph, such as `Notification_Admin_EndUser_Assignment`.
    pub fn id(self) -> String {
        let recipient = match self.recipient {
            NotificationRecipient::Admin => "Admin",
            NotificationRecipient::Requestor => "Requestor",
            NotificationRecipient::Approver => "Approver",
        };
        let event = match self.event {
            NotificationEvent::MadeEligible => "Admin_Eligibility",
            NotificationEvent::MadeActive => "Admin_Assignment",
            NotificationEvent::Activated => "EndUser_Assignment",
        };
        format!("Notification_{recipient}_{event}")
    }
}

impl fmt::Display for NotificationRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.id())
    }
}

/// What one notification rule says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// `notificationLevel` is `All`; false is critical only.
    pub all: bool,
    /// `isDefaultRecipientsEnabled`.
    pub default_recipients: bool,
    /// `notificationRecipients`: further addresses.
    pub recipients: Vec<Arc<str>>,
}

impl Notification {
    /// Nobody gets it: no default recipients and no named ones.
    pub const fn is_muted(&self) -> bool {
        !self.default_recipients && self.recipients.is_empty()
    }
}
