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
    /// A user.
    User(User),
    /// A group.
    Group(Group),
    /// A service principal or managed identity.
    ServicePrincipal(ServicePrincipal),
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
    /// The tenant that owns the application.
    pub owner_organization: Option<Arc<str>>,
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
