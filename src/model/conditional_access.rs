//! Conditional Access, as far as an activation or an administrator's sign-in meets it.

use super::{PrincipalId, RoleId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// One Conditional Access policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConditionalAccessPolicy {
    /// Its id.
    pub id: Arc<str>,
    /// Name to show.
    pub name: Arc<str>,
    /// Whether it is in force.
    pub state: PolicyState,
    /// Whom it is for.
    pub users: UserConditions,
    /// True for all applications (`includeApplications` holds `All`).
    pub all_applications: bool,
    /// True when applications are excluded.
    pub excludes_applications: bool,
    /// Authentication contexts it is for, lower case: `c1`.
    pub contexts: BTreeSet<Arc<str>>,
    /// True when conditions narrow it further: platforms, locations, client types, devices, risks.
    pub narrowed: bool,
    /// What it asks for; `None` when it only sets the session.
    pub grant: Option<GrantControls>,
}

/// Whether a policy is in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PolicyState {
    /// `enabled`.
    Enabled,
    /// `disabled`.
    #[default]
    Disabled,
    /// `enabledForReportingButNotEnforced`.
    ReportOnly,
    /// A state this version does not know.
    Unknown(Arc<str>),
}

/// Whom a policy is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserConditions {
    /// `includeUsers` holds `All`.
    pub all: bool,
    /// `includeUsers`, the object ids in it.
    pub include_users: BTreeSet<PrincipalId>,
    /// `includeGroups`.
    pub include_groups: BTreeSet<PrincipalId>,
    /// `includeRoles`: template ids.
    pub include_roles: BTreeSet<RoleId>,
    /// Guests or external users are included, in whole or in part.
    pub includes_guests: bool,
    /// `excludeUsers`.
    pub exclude_users: BTreeSet<PrincipalId>,
    /// `excludeGroups`.
    pub exclude_groups: BTreeSet<PrincipalId>,
    /// `excludeRoles`: template ids.
    pub exclude_roles: BTreeSet<RoleId>,
    /// Guests or external users are excluded, in whole or in part.
    pub excludes_guests: bool,
}

/// What a policy asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantControls {
    /// `operator` is AND: all of it. Otherwise any one is enough.
    pub all: bool,
    /// `builtInControls` holds `mfa`.
    pub mfa: bool,
    /// `builtInControls` holds `block`.
    pub block: bool,
    /// Further controls: compliant device, terms of use and the like, by name.
    pub others: Vec<Arc<str>>,
    /// `authenticationStrength`, by its id.
    pub strength: Option<Arc<str>>,
}

/// One authentication context (`authenticationContextClassReference`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationContextClass {
    /// Its claim value, lower case: `c1`.
    pub claim: Arc<str>,
    /// Name to show.
    pub name: Arc<str>,
    /// `isAvailable`: published for use.
    pub available: Option<bool>,
}

/// One authentication strength.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationStrength {
    /// Its id, lower case.
    pub id: Arc<str>,
    /// Name to show.
    pub name: Arc<str>,
    /// `allowedCombinations`, as Graph writes them.
    pub combinations: Vec<Arc<str>>,
}

/// Single methods that count as MFA, lower case; any other needs a second one beside it.
const MULTIFACTOR: [&str; 7] = [
    "windowshelloforbusiness",
    "fido2",
    "x509certificatemultifactor",
    "devicebasedpush",
    "temporaryaccesspassonetime",
    "temporaryaccesspassmultiuse",
    "federatedmultifactor",
];

impl AuthenticationStrength {
    /// True when every way it allows is made of two factors. An empty list allows nothing that is known.
    pub fn is_multifactor(&self) -> bool {
        let two_factors = |combination: &Arc<str>| {
            combination.contains(',')
                || MULTIFACTOR.iter().any(|method| combination.eq_ignore_ascii_case(method))
        };
        !self.combinations.is_empty() && self.combinations.iter().all(two_factors)
    }

    /// True when every way it allows resists phishing: Windows Hello for Business, FIDO2, or a
    /// certificate with several factors. An empty list allows nothing that is known.
    pub fn resists_phishing(&self) -> bool {
        const RESISTANT: [&str; 3] =
            ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"];
        !self.combinations.is_empty()
            && self
                .combinations
                .iter()
                .all(|it| RESISTANT.iter().any(|good| it.eq_ignore_ascii_case(good)))
    }
}
