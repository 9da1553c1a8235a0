//! A planned change, typed: what it does to the tenant, where it stands, and what it does not tell.
//!
//! Names and ids stay as they were written; `apply` finds what they mean.

use crate::model::{GroupAccess, IsoDuration, NotificationRule, PrincipalId, RoleId, Scope, Stage};
use jiff::Timestamp;
use std::fmt;
use std::sync::Arc;

/// Ends what is said of a part that two items of one file set differently; before it stand what the
/// part is, a colon, and the other item.
pub(super) const CONTESTED: &str = "states otherwise, and which of the two comes last is not known";

/// Where something stands in a file of planned changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as it was given.
    pub file: Arc<str>,
    /// JSON pointer into it; empty for the whole file.
    pub pointer: String,
    /// Its line, where the file has several.
    pub line: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(formatter, ":{line}")?;
        }
        if !self.pointer.is_empty() {
            // A name in it comes from the file, and may hold a line end.
            formatter.write_str(" at ")?;
            for character in self.pointer.chars() {
                match character.is_control() {
                    true => write!(formatter, "{}", character.escape_default())?,
                    false => write!(formatter, "{character}")?,
                }
            }
        }
        Ok(())
    }
}

/// Why an item could not be understood, or does not fit the tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Where it stands.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)?;
        match &self.hint {
            Some(hint) => write!(formatter, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// One item of a file of planned changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it stands.
    pub place: Place,
    /// How its format calls it: a request, or the address of a resource.
    pub item: String,
    /// What it does, in order.
    pub edits: Vec<Edit>,
    /// What is known only after the change and could alter a verdict.
    pub unknown: Vec<String>,
    /// Properties that the change leaves to the service: the live value stays.
    pub kept: Vec<String>,
    /// What is worth knowing of the way the change gets there.
    pub remarks: Vec<String>,
    /// What it states about an Azure role, which no reading of the tenant can be held against.
    pub stated: Option<Stated>,
    /// Why its tool never applies it, where that is known; a remark says so as well.
    pub left_out: Option<String>,
    /// Its place in the file is no order: which of two such changes comes last is not known.
    pub unordered: bool,
}

impl Change {
    /// A change of which nothing else is to be said.
    pub fn of(place: Place, item: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self {
            place,
            item: item.into(),
            edits,
            unknown: Vec::new(),
            kept: Vec::new(),
            remarks: Vec::new(),
            stated: None,
            left_out: None,
            unordered: false,
        }
    }
}

/// The settings of an Azure role, as far as a change states them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The role and where, as the change calls them.
    pub of: String,
    /// The rules.
    pub rules: Vec<RuleChange>,
}

/// One thing that a change does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Sets a rule of a policy; what is absent keeps the live value.
    SetRule(PolicyOf, RuleChange),
    /// Gives, changes or takes an assignment or an eligibility.
    Grant(GrantChange),
    /// Takes the role assignment with this row id.
    RevokeRow(String),
    /// Makes somebody a plain member or owner of a group, or ends that.
    Entry {
        /// The group.
        group: String,
        /// Who.
        principal: String,
        /// As what.
        by: GroupAccess,
        /// False takes it away.
        present: bool,
    },
    /// Makes a group; its id is known only after the change.
    NewGroup {
        /// Stands for the id.
        id: PrincipalId,
        /// Its name.
        name: String,
        /// Whether roles can be assigned to it.
        role_assignable: bool,
    },
    /// Makes roles assignable to a group, or not.
    RoleAssignable {
        /// The group.
        group: String,
        /// Whether they are.
        value: bool,
    },
    /// Makes, changes or deletes a custom role.
    RoleDefinition {
        /// The role; what stands for the id of a new one.
        role: RoleId,
        /// Its name, where it is stated.
        name: Option<String>,
        /// What happens to it.
        change: DefinitionChange,
    },
    /// Understood, and changes nothing that is judged.
    Nothing {
        /// Why not.
        why: String,
    },
    /// Understood, but what it does is not worked out.
    NotAssessed {
        /// Why not.
        why: String,
    },
}

/// What happens to a custom role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefinitionChange {
    /// It is made.
    Made,
    /// Its actions change.
    Changed,
    /// It is deleted.
    Deleted,
}

/// The policy that a rule belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyOf {
    /// By its id.
    Id(String),
    /// By the access it is assigned to.
    Access(AccessName),
}

/// An access by what somebody wrote: ids or names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessName {
    /// A directory role.
    Role(String),
    /// Membership or ownership of a group.
    Group(String, GroupAccess),
}

/// The three rules about how long something may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// `Expiration_EndUser_Assignment`.
    Activation,
    /// `Expiration_Admin_Assignment`.
    Assignment,
    /// `Expiration_Admin_Eligibility`.
    Eligibility,
}

/// The two rules about what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// `Enablement_EndUser_Assignment`.
    Activation,
    /// `Enablement_Admin_Assignment`.
    Assignment,
}

/// What changes in one rule; `None` keeps the live value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleChange {
    /// How long something may last.
    Expiration {
        /// Which rule.
        of: Lasting,
        /// `isExpirationRequired`.
        required: Option<bool>,
        /// `maximumDuration`.
        maximum: Option<IsoDuration>,
    },
    /// What is asked for.
    Enablement {
        /// Which rule.
        of: Asking,
        /// MFA.
        mfa: Option<bool>,
        /// A justification.
        justification: Option<bool>,
        /// A ticket.
        ticket: Option<bool>,
    },
    /// The authentication context.
    Context {
        /// `isEnabled`.
        enabled: Option<bool>,
        /// `claimValue`, lower case; empty for none.
        claim: Option<String>,
    },
    /// Approval.
    Approval {
        /// `isApprovalRequired`.
        required: Option<bool>,
        /// `approvalMode`.
        mode: Option<String>,
        /// `approvalStages`.
        stages: Option<Vec<Stage>>,
    },
    /// A notification.
    Notification {
        /// Which rule.
        rule: NotificationRule,
        /// `notificationLevel` is `All`.
        all: Option<bool>,
        /// `isDefaultRecipientsEnabled`.
        defaults: Option<bool>,
        /// `notificationRecipients`.
        recipients: Option<Vec<Arc<str>>>,
    },
}

impl RuleChange {
    /// The id of the rule in Graph.
    pub fn id(&self) -> String {
        match self {
            Self::Expiration { of: Lasting::Activation, .. } => "Expiration_EndUser_Assignment",
            Self::Expiration { of: Lasting::Assignment, .. } => "Expiration_Admin_Assignment",
            Self::Expiration { of: Lasting::Eligibility, .. } => "Expiration_Admin_Eligibility",
            Self::Enablement { of: Asking::Activation, .. } => "Enablement_EndUser_Assignment",
            Self::Enablement { of: Asking::Assignment, .. } => "Enablement_Admin_Assignment",
            Self::Context { .. } => "AuthenticationContext_EndUser_Assignment",
            Self::Approval { .. } => "Approval_EndUser_Assignment",
            Self::Notification { rule, .. } => return rule.id(),
        }
        .to_owned()
    }

    /// True when it states nothing at all.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Expiration { required, maximum, .. } => required.is_none() && maximum.is_none(),
            Self::Enablement { mfa, justification, ticket, .. } => {
                [mfa, justification, ticket].into_iter().all(Option::is_none)
            }
            Self::Context { enabled, claim } => enabled.is_none() && claim.is_none(),
            Self::Approval { required, mode, stages } => {
                required.is_none() && mode.is_none() && stages.is_none()
            }
            Self::Notification { all, defaults, recipients, .. } => {
                all.is_none() && defaults.is_none() && recipients.is_none()
            }
        }
    }

    /// What it states, in words.
    pub fn in_words(&self) -> String {
        let yes = |name: &str, value: &Option<bool>| value.map(|it| format!("{name} {it}"));
        let parts: Vec<String> = match self {
            Self::Expiration { required, maximum, .. } => {
                vec![yes("an end required", required), maximum.map(|it| format!("at most {it}"))]
            }
            Self::Enablement { mfa, justification, ticket, .. } => {
                vec![yes("MFA", mfa), yes("justification", justification), yes("ticket", ticket)]
            }
            Self::Context { enabled, claim } => {
                vec![yes("enabled", enabled), claim.as_ref().map(|it| format!("claim \"{it}\""))]
            }
            Self::Approval { required, mode, stages } => vec![
                yes("approval required", required),
                mode.as_ref().map(|it| format!("mode {it}")),
                stages.as_ref().map(|it| {
                    let approvers: usize = it.iter().map(|stage| stage.approvers.len()).sum();
                    format!("{approvers} approvers")
                }),
            ],
            Self::Notification { all, defaults, recipients, .. } => vec![
                yes("all mails", all),
                yes("default recipients", defaults),
                recipients.as_ref().map(|it| format!("{} further recipients", it.len())),
            ],
        }
        .into_iter()
        .flatten()
        .collect();
        if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
    }
}

/// How an access is to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Eligible.
    Eligible,
    /// Active, by PIM.
    Active,
    /// Active, past PIM.
    OutsidePim,
}

/// When it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Never.
    Never,
    /// At this time.
    At(Timestamp),
    /// So long after its start.
    After(IsoDuration),
    /// It is not said.
    Unstated,
}

/// What comes of a grant where the principal holds the access already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// It takes the place of what is there.
    Replaces,
    /// Graph refuses a second one of the same kind (`RoleAssignmentExists`).
    Refused,
    /// EasyPIM leaves out whoever holds it, eligible or active.
    Skipped,
}

/// An assignment or an eligibility that is given, changed or taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantChange {
    /// What is held.
    pub access: AccessName,
    /// By whom.
    pub principal: String,
    /// Where; of a group always the tenant.
    pub within: Scope,
    /// How.
    pub held: Held,
    /// False takes it away.
    pub present: bool,
    /// When it begins; `None` is at once.
    pub start: Option<Timestamp>,
    /// When it ends.
    pub end: End,
    /// What comes of it where it is there already.
    pub over: Over,
}

impl fmt::Display for AccessName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => write!(formatter, "role {role}"),
            Self::Group(group, access) => write!(formatter, "{}s of group {group}", access.name()),
        }
    }
}

impl fmt::Display for PolicyOf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(formatter, "policy {id}"),
            Self::Access(access) => write!(formatter, "the policy of {access}"),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => formatter.write_str("without an end"),
            Self::At(end) => write!(formatter, "until {end}"),
            Self::After(length) => write!(formatter, "for {length}"),
            Self::Unstated => formatter.write_str("with an end that is not stated"),
        }
    }
}

impl Edit {
    /// The rule that it sets.
    pub(super) const fn rule(&self) -> Option<&RuleChange> {
        match self {
            Self::SetRule(_, rule) => Some(rule),
            Self::Grant(_)
            | Self::RevokeRow(_)
            | Self::Entry { .. }
            | Self::NewGroup { .. }
            | Self::RoleAssignable { .. }
            | Self::RoleDefinition { .. }
            | Self::Nothing { .. }
            | Self::NotAssessed { .. } => None,
        }
    }

    /// True where it takes something away from somebody.
    pub(super) const fn takes(&self) -> bool {
        match self {
            Self::Grant(GrantChange { present, .. }) | Self::Entry { present, .. } => !*present,
            Self::RevokeRow(_) => true,
            Self::SetRule(..)
            | Self::NewGroup { .. }
            | Self::RoleAssignable { .. }
            | Self::RoleDefinition { .. }
            | Self::Nothing { .. }
            | Self::NotAssessed { .. } => false,
        }
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetRule(policy, rule) => {
                write!(formatter, "sets {} ({}) of {policy}", rule.id(), rule.in_words())
            }
            Self::Grant(grant) => {
                let how = match grant.held {
                    Held::Eligible => "eligible for",
                    Held::Active => "active in",
                    Held::OutsidePim => "active, past PIM, in",
                };
                let GrantChange { access, principal, within, .. } = grant;
                let within =
                    if within.is_tenant() { String::new() } else { format!(" within {within}") };
                if grant.present {
                    write!(formatter, "makes {principal} {how} {access}{within} {}", grant.end)
                } else {
                    write!(formatter, "makes {principal} no longer {how} {access}{within}")
                }
            }
            Self::RevokeRow(id) => write!(formatter, "removes the role assignment {id}"),
            Self::Entry { group, principal, by, present } => {
                let longer = if *present { "a" } else { "no longer a" };
                write!(formatter, "makes {principal} {longer} plain {} of group {group}", by.name())
            }
            Self::NewGroup { name, role_assignable, .. } => {
                let roles = if *role_assignable { "that can" } else { "that cannot" };
                write!(formatter, "makes the group {name} {roles} be given roles")
            }
            Self::RoleAssignable { group, value } => {
                let can = if *value { "assignable" } else { "not assignable" };
                write!(formatter, "makes roles {can} to group {group}")
            }
            Self::RoleDefinition { role, name, change } => {
                let does = match change {
                    DefinitionChange::Made => "makes",
                    DefinitionChange::Changed => "changes",
                    DefinitionChange::Deleted => "deletes",
                };
                let name = name.clone().unwrap_or_else(|| role.to_string());
                write!(formatter, "{does} the custom role {name}")
            }
            Self::Nothing { why } => write!(formatter, "changes nothing that is judged: {why}"),
            Self::NotAssessed { why } => write!(formatter, "is not assessed: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_edits_read_as_sentences() {
        let place =
            |pointer: &str, line| Place { file: "a.json".into(), pointer: pointer.into(), line };
        for (place, expected) in [
            (place("", None), "a.json"),
            (place("/0/body", None), "a.json at /0/body"),
            (place("/0", Some(7)), "a.json:7 at /0"),
            (place("/a\n::error::b", None), "a.json at /a\\n::error::b"),
        ] {
            assert_eq!(place.to_string(), expected);
        }
        let rule = RuleChange::Expiration {
            of: Lasting::Activation,
            required: None,
            maximum: IsoDuration::parse("PT480M").ok(),
        };
        let policy = PolicyOf::Access(AccessName::Role("Global Administrator".to_owned()));
        assert_eq!(
            Edit::SetRule(policy, rule).to_string(),
            "sets Expiration_EndUser_Assignment (at most 8 h) of the policy of role Global \
             Administrator"
        );
    }
}
