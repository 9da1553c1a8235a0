//! A principal: a user, a group or a service principal, as far as it could be read.

use super::PrincipalId;
use jiff::Timestamp;
use std::sync::Arc;

/// What is known of one object id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Its object id.
    pub id: PrincipalId,
    /// Name to show; never a key. The id where there is no name.
    pub name: Arc<str>,
    /// What it is.
    pub kind: PrincipalKindFacts,
}

/// What a principal is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalKindFacts {
    /// A user. Nearly every principal is one, and the index of them keeps room for as many again.
    User(Box<User>),
    /// A group.
    Group(Group),
    /// A service principal or managed identity, apart for the same reason.
    ServicePrincipal(Box<ServicePrincipal>),
    /// Another type of directory object, with Graph's name of it.
    Other(Arc<str>),
    /// Asked for by id and not returned although the list is complete: deleted, or of another tenant.
    Absent,
    /// Returned with its type and id only: the token may not read it.
    Hidden,
}

/// A user's properties that checks need. `None`: Graph said null, or the property was not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Sign-in name.
    pub principal_name: Option<Arc<str>>,
    /// `userType`; null for some old accounts.
    pub user_type: Option<Arc<str>>,
    /// `accountEnabled`; `None` when Graph did not say.
    pub enabled: Option<bool>,
    /// `onPremisesSyncEnabled`: true is synchronised, null is cloud only, false was once synchronised.
    pub synced: Option<bool>,
    /// `onPremisesImmutableId` is set: the account was synchronised at some time.
    pub has_immutable_id: bool,
    /// `creationType`, `Invitation` for guests invited by mail.
    pub creation_type: Option<Arc<str>>,
    /// When the account was made.
    pub created: Option<Timestamp>,
    /// `mail`: the address of a mailbox, where it has one.
    pub mail: Option<Arc<str>>,
    /// Enabled service plans (`assignedPlans`), by service and plan id; `None` when not read.
    pub plans: Option<Vec<AssignedPlan>>,
}

/// One service plan that is switched on for a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignedPlan {
    /// `service`, such as `exchange`, lower case.
    pub service: Arc<str>,
    /// `servicePlanId`, lower case.
    pub plan: Arc<str>,
}

/// Exchange Online plans that come with a mailbox, by `servicePlanId`: Plan 1 and 2, Kiosk,
/// Essentials, POP, small business and midsize, and both plans for Government.
///
/// From Microsoft's service plan reference. The service alone tells nothing: Entra ID P2 brings
/// Exchange Foundation, and Defender for Office 365 is an `exchange` plan too.
const MAILBOX_PLANS: [&str; 9] = [
    "9aaf7827-d63c-4b61-89c3-182f06f82e5c",
    "efb87545-963c-4e0d-99df-69c6916d9eb0",
    "4a82b400-a79f-41a4-b4e2-e94f5787b113",
    "1126bef5-da20-4f07-b45e-ad25d2581aa8",
    "90927877-dcff-4af6-b346-2332c0b15bb7",
    "d42bdbd6-c335-4231-ab3d-c8f348d5aff5",
    "fc52cc4b-ed7d-472d-bbe7-b081c23ecc56",
    "e9b4930a-925f-45e2-ac2a-3f7788ca6fdd",
    "8c3069c0-ccdb-44be-ab77-986203a67df2",
];

impl AssignedPlan {
    /// True for an Exchange Online plan that comes with a mailbox.
    pub fn gives_mailbox(&self) -> bool {
        MAILBOX_PLANS.iter().any(|plan| self.plan.eq_ignore_ascii_case(plan))
    }

    /// True for a plan of Teams or of the Office applications: the tools of daily work.
    pub fn gives_daily_tools(&self) -> bool {
        ["teamspaceapi", "microsoftoffice"].iter().any(|it| self.service.eq_ignore_ascii_case(it))
    }
}

/// When a user last signed in (`signInActivity`); all `None` for one who never did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignIns {
    /// `lastSuccessfulSignInDateTime`.
    pub successful: Option<Timestamp>,
    /// `lastSignInDateTime`: interactive attempts, also those that failed.
    pub interactive: Option<Timestamp>,
    /// `lastNonInteractiveSignInDateTime`.
    pub non_interactive: Option<Timestamp>,
}

impl SignIns {
    /// The latest of all.
    pub fn latest(&self) -> Option<Timestamp> {
        [self.successful, self.interactive, self.non_interactive].into_iter().flatten().max()
    }
}

/// What a user can prove who they are with (`userRegistrationDetails`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registration {
    /// `isMfaRegistered`; `None` when Graph did not say.
    pub mfa: Option<bool>,
    /// `methodsRegistered`, as Graph writes them.
    pub methods: Vec<Arc<str>>,
    /// When the report was made (`lastUpdatedDateTime`).
    pub updated: Option<Timestamp>,
}

impl User {
    /// True for a guest by type, by sign-in name or by the way it was made.
    pub fn is_guest(&self) -> bool {
        let is = |value: &Option<Arc<str>>, word: &str| {
            value.as_deref().is_some_and(|value| value.eq_ignore_ascii_case(word))
        };
        is(&self.user_type, "Guest")
            || is(&self.creation_type, "Invitation")
            || self
                .principal_name
                .as_deref()
                .is_some_and(|name| name.to_ascii_uppercase().contains("#EXT#"))
    }
}

/// A group's properties that checks need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// `isAssignableToRole`.
    pub role_assignable: Option<bool>,
    /// `groupTypes` holds `DynamicMembership`.
    pub dynamic: bool,
    /// `isManagementRestricted`: it is in a restricted-management administrative unit. `None` when
    /// Graph did not say.
    pub restricted: Option<bool>,
    /// `onPremisesSyncEnabled`: true is kept by the on-premises directory, null is cloud only.
    pub synced: Option<bool>,
}

/// A service principal's properties that checks need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServicePrincipal {
    /// Application id.
    pub app_id: Option<Arc<str>>,
    /// `servicePrincipalType`: Application, ManagedIdentity, ...
    pub kind: Option<Arc<str>>,
    /// `accountEnabled`.
    pub enabled: Option<bool>,
    /// The tenant that owns the application, lower case.
    pub owner_organization: Option<Arc<str>>,
    /// Passwords and certificates of the service principal itself; `None` when not read.
    pub credentials: Option<Vec<Credential>>,
}

/// A password or a certificate that signs an application in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Which of the two.
    pub kind: CredentialKind,
    /// `endDateTime`: from then on it is of no use.
    pub ends: Option<Timestamp>,
}

/// The kind of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// A client secret.
    Password,
    /// A certificate.
    Certificate,
}

impl Principal {
    /// The word for its kind in reports.
    pub fn kind_name(&self) -> &'static str {
        match &self.kind {
            PrincipalKindFacts::User(user) if user.is_guest() => "guest",
            PrincipalKindFacts::User(_) => "user",
            PrincipalKindFacts::Group(_) => "group",
            PrincipalKindFacts::ServicePrincipal(service) => match service.kind.as_deref() {
                Some(kind) if kind.eq_ignore_ascii_case("ManagedIdentity") => "managed identity",
                Some(_) | None => "service principal",
            },
            PrincipalKindFacts::Other(_) => "other",
            PrincipalKindFacts::Absent => "not found",
            PrincipalKindFacts::Hidden => "not readable",
        }
    }

    /// True for an account that is known to be switched off: it can reach nothing as it is.
    pub const fn is_disabled(&self) -> bool {
        match &self.kind {
            PrincipalKindFacts::User(user) => matches!(user.enabled, Some(false)),
            PrincipalKindFacts::ServicePrincipal(service) => {
                matches!(service.enabled, Some(false))
            }
            PrincipalKindFacts::Group(_)
            | PrincipalKindFacts::Other(_)
            | PrincipalKindFacts::Absent
            | PrincipalKindFacts::Hidden => false,
        }
    }

    /// The user's properties, where it is a user.
    pub const fn user(&self) -> Option<&User> {
        match &self.kind {
            PrincipalKindFacts::User(user) => Some(user),
            PrincipalKindFacts::Group(_)
            | PrincipalKindFacts::ServicePrincipal(_)
            | PrincipalKindFacts::Other(_)
            | PrincipalKindFacts::Absent
            | PrincipalKindFacts::Hidden => None,
        }
    }

    /// The group's properties, where it is a group.
    pub const fn group(&self) -> Option<&Group> {
        match &self.kind {
            PrincipalKindFacts::Group(group) => Some(group),
            PrincipalKindFacts::User(_)
            | PrincipalKindFacts::ServicePrincipal(_)
            | PrincipalKindFacts::Other(_)
            | PrincipalKindFacts::Absent
            | PrincipalKindFacts::Hidden => None,
        }
    }

    /// True for a service principal or managed identity.
    pub const fn is_service(&self) -> bool {
        matches!(self.kind, PrincipalKindFacts::ServicePrincipal(_))
    }

    /// The sign-in name, else the display name.
    pub fn sign_in_name(&self) -> &str {
        self.user().and_then(|user| user.principal_name.as_deref()).unwrap_or(&self.name)
    }
}
