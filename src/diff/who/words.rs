//! The words of the audit log: which activities make which changes.
//!
//! All of them lower case, without what stands in brackets at the end.

use crate::diff::facts::{Area, Kind};
use crate::model::{AlertKind, AuditActor, AuditEvent, AuditSource};

/// What a line is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Grants,
    Settings,
    Groups,
    Roles,
    Alerts,
    ConditionalAccess,
}

/// What a line about a grant did.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Did {
    Gave,
    Took,
    /// Extended or renewed.
    Moved,
    /// A request was worked on; which, the line does not say. Or PIM did something that this
    /// version does not know.
    Unclear,
}

const GAVE: [&str; 15] = [
    "add eligible member to role in pim completed",
    "add eligible member to role in pim requested",
    "add member to role in pim completed",
    "add member to role in pim requested",
    OUTSIDE,
    "restore eligible member from role in pim completed",
    // So it is published.
    "restore eligible member from role in pim comleted",
    "restore member from role in pim completed",
    "restore member from role",
    "restore permanent eligible role assignment",
    "restore permanent direct role assignment",
    "approve request - direct role assignment",
    "add member to role",
    "add eligible member to role",
    "add scoped member to role",
];
const GAVE_IN_DIRECTORY: [&str; 3] = [
    "add role assignment to role definition",
    "add eligibleroleassignment to roledefinition",
    "add member to role scoped over restricted management administrative unit",
];
const TOOK: [&str; 9] = [
    "remove eligible member from role in pim completed",
    "remove eligible member from role in pim requested",
    "remove member from role in pim completed",
    "remove member from role in pim requested",
    "remove permanent eligible role assignment",
    "remove permanent direct role assignment",
    "remove member from role",
    "remove eligible member from role",
    "remove scoped member from role",
];
const TOOK_IN_DIRECTORY: [&str; 3] = [
    "remove role assignment from role definition",
    "remove eligibleroleassignment from roledefinition",
    "remove member from role scoped over restricted management administrative unit",
];
const MOVED: [&str; 3] = [
    "update eligible member in pim requested",
    "update member in pim requested",
    APPROVED_BY_ADMIN,
];
const UNCLEAR: [&str; 4] = [
    "process request",
    "process role removal request",
    "process role update request",
    "remove request",
];
/// PIM writes this again about every two hours, as long as it holds, in the name of who gave it.
pub(super) const OUTSIDE: &str = "add member to role outside of pim";
/// Of an eligibility and of an assignment alike.
const APPROVED_BY_ADMIN: &str = "update member in pim approved by admin";
const SETTINGS: [&str; 2] = ["update role setting in pim", "pim policy removed"];
pub(super) const ONBOARDED: [&str; 2] =
    ["onboarded resource to pim", "onboarded resource from pim"];
pub(super) const OFFBOARDED: [&str; 2] = ["offboarded resource from pim", TENANT_OFFBOARDED];
/// Of every role and group at once.
pub(super) const TENANT_OFFBOARDED: &str = "tenant offboarded from pim";
pub(super) const DEFINITIONS: [&str; 3] =
    ["add role definition", "update role definition", "delete role definition"];
const ALERTS: [&str; 6] = [
    "disable pim alert",
    "enable pim alert",
    "update pim alert setting",
    "deactivate pim alert",
    "resolve pim alert",
    "triggered pim alert",
];
pub(super) const POLICIES: [&str; 3] = [
    "add conditional access policy",
    "update conditional access policy",
    "delete conditional access policy",
];
pub(super) const CONTEXTS: [&str; 3] = [
    "add authenticationcontextclassreference",
    "update authenticationcontextclassreference",
    "delete authenticationcontextclassreference",
];

/// In activities of PIM that give and take nothing.
const OF_NO_GRANT: [&str; 11] = [
    "activation",
    "deactivat",
    "alert",
    "setting",
    "policy removed",
    "cancel",
    "denied",
    "deny",
    "onboarded",
    "offboarded",
    "approval requested",
];

impl Did {
    pub(super) fn of(source: AuditSource, base: &str) -> Option<Self> {
        if GAVE.contains(&base) || GAVE_IN_DIRECTORY.contains(&base) {
            Some(Self::Gave)
        } else if TOOK.contains(&base) || TOOK_IN_DIRECTORY.contains(&base) {
            Some(Self::Took)
        } else if MOVED.contains(&base) {
            Some(Self::Moved)
        } else if UNCLEAR.contains(&base) || is_unknown(source, base) {
            Some(Self::Unclear)
        } else {
            None
        }
    }

    /// Whether it can have made a change of this kind.
    pub(super) const fn makes(self, kind: Kind) -> bool {
        match (self, kind) {
            (Self::Unclear, _) => true,
            (Self::Gave | Self::Moved, Kind::Added) => true,
            (Self::Took, Kind::Added) => false,
            (Self::Took, Kind::Removed | Kind::Ended) => true,
            (Self::Gave | Self::Moved, Kind::Removed | Kind::Ended) => false,
            // Another end may be written as one that goes and one that comes.
            (
                Self::Gave | Self::Took | Self::Moved,
                Kind::Extended
                | Kind::Shortened
                | Kind::MadePermanent
                | Kind::GivenEnd
                | Kind::Changed,
            ) => true,
        }
    }
}

/// Whether PIM may have given or taken something by it, for all that is known.
fn is_unknown(source: AuditSource, base: &str) -> bool {
    source == AuditSource::Pim && !OF_NO_GRANT.iter().any(|word| base.contains(word))
}

/// Whether the line says that what was asked for was done.
pub(super) fn is_done(base: &str) -> bool {
    base.contains(" completed") || base.contains(" comleted") || base == APPROVED_BY_ADMIN
}

/// Whether it says that it was taken back or refused.
pub(super) fn is_undone(base: &str) -> bool {
    ["cancel", "denied", "deny"].iter().any(|word| base.contains(word))
}

/// How the two services call PIM itself, also in the cloud of the US government.
const ITSELF: [&str; 3] = ["MS-PIM", "MS-PIM-Fairfax", "Azure AD PIM"];

/// PIM itself.
pub(super) fn is_pim(actor: &AuditActor) -> bool {
    ITSELF.iter().any(|name| actor.name.eq_ignore_ascii_case(name))
}

/// The activity, and what stands in brackets behind it.
pub(super) fn split(activity: &str) -> (&str, &str) {
    match activity.rsplit_once(" (") {
        Some((base, rest)) => (base, rest.trim_end_matches(')')),
        None => (activity, ""),
    }
}

pub(super) fn topic_of(source: AuditSource, base: &str) -> Option<Topic> {
    match source {
        AuditSource::ConditionalAccess => Some(Topic::ConditionalAccess),
        AuditSource::RoleManagement if DEFINITIONS.contains(&base) => Some(Topic::Roles),
        AuditSource::Pim if SETTINGS.contains(&base) => Some(Topic::Settings),
        AuditSource::Pim if ALERTS.contains(&base) => Some(Topic::Alerts),
        AuditSource::Pim if ONBOARDED.contains(&base) || OFFBOARDED.contains(&base) => {
            Some(Topic::Groups)
        }
        AuditSource::Pim | AuditSource::RoleManagement => {
            Did::of(source, base).map(|_| Topic::Grants)
        }
    }
}

/// The activity that adds, changes or deletes.
pub(super) const fn verb(kind: Kind, [add, update, delete]: [&'static str; 3]) -> &'static str {
    match kind {
        Kind::Added => add,
        Kind::Removed | Kind::Ended => delete,
        Kind::Extended | Kind::Shortened | Kind::MadePermanent | Kind::GivenEnd | Kind::Changed => {
            update
        }
    }
}

/// Whether a line that says "eligible", or does not, can be of this area.
pub(super) fn may_speak_of(base: &str, area: Area) -> bool {
    let unclear = Did::of(AuditSource::Pim, base) == Some(Did::Unclear);
    let either = base == APPROVED_BY_ADMIN || (unclear && !base.contains("eligible"));
    either || base.contains("eligible") == (area == Area::Eligibilities)
}

/// The alert a line is about. The log may name it by its id or by its title in the portal.
pub(super) fn alert_of(event: &AuditEvent) -> Option<AlertKind> {
    AlertKind::ALL.into_iter().find(|kind| {
        let graph_name = kind.graph_name().to_ascii_lowercase();
        event.targets.iter().any(|target| {
            let name = target.name.to_lowercase();
            target.id.ends_with(&graph_name)
                || name.ends_with(&graph_name)
                || titles(*kind).contains(&name.as_str())
        })
    })
}

/// How the portal calls an alert, and called it before.
const fn titles(kind: AlertKind) -> &'static [&'static str] {
    match kind {
        AlertKind::RolesAssignedOutsidePim => &[
            "roles are being assigned outside of privileged identity management",
            "roles are being assigned outside of pim",
            "role assigned outside of pim",
        ],
        AlertKind::StaleSignIn => &["potential stale accounts in a privileged role"],
        AlertKind::RedundantAssignment => &[
            "administrators aren't using their privileged roles",
            "eligible administrators aren't activating their privileged role",
        ],
        AlertKind::NoMfaOnRoleActivation => &[
            "roles don't require multifactor authentication for activation",
            "roles don't require multi-factor authentication for activation",
            "roles don't require mfa for activation",
        ],
        AlertKind::InvalidLicense => &[
            "the organization doesn't have microsoft entra id p2 or microsoft entra id governance",
        ],
        AlertKind::TooManyGlobalAdministrators => &["there are too many global administrators"],
        AlertKind::SequentialActivationRenewals => &["roles are being activated too frequently"],
    }
}
