//! PIM alerts of the directory roles.

use super::{PrincipalId, RoleId};
use jiff::Timestamp;
use std::fmt;
use std::sync::Arc;

/// The seven alerts that PIM has for directory roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertKind {
    /// Roles are assigned outside PIM.
    RolesAssignedOutsidePim,
    /// Accounts in privileged roles did not sign in for long.
    StaleSignIn,
    /// Administrators are not using their roles.
    RedundantAssignment,
    /// Roles do not ask for MFA on activation.
    NoMfaOnRoleActivation,
    /// The tenant has no licence for PIM.
    InvalidLicense,
    /// There are too many Global Administrators.
    TooManyGlobalAdministrators,
    /// Roles are activated too often in succession.
    SequentialActivationRenewals,
}

impl AlertKind {
    /// All seven.
    pub const ALL: [Self; 7] = [
        Self::RolesAssignedOutsidePim,
        Self::StaleSignIn,
        Self::RedundantAssignment,
        Self::NoMfaOnRoleActivation,
        Self::InvalidLicense,
        Self::TooManyGlobalAdministrators,
        Self::SequentialActivationRenewals,
    ];

    /// Graph's name: the end of the alert's id.
    pub const fn graph_name(self) -> &'static str {
        match self {
            Self::RolesAssignedOutsidePim => "RolesAssignedOutsidePimAlert",
            Self::StaleSignIn => "StaleSignInAlert",
            Self::RedundantAssignment => "RedundantAssignmentAlert",
            Self::NoMfaOnRoleActivation => "NoMfaOnRoleActivationAlert",
            Self::InvalidLicense => "InvalidLicenseAlert",
            Self::TooManyGlobalAdministrators => "TooManyGlobalAdminsAssignedToTenantAlert",
            Self::SequentialActivationRenewals => "SequentialActivationRenewalsAlert",
        }
    }

    /// How Graph names its types: before `AlertConfiguration` and `AlertIncident`.
    pub const fn type_stem(self) -> &'static str {
        match self {
            Self::RolesAssignedOutsidePim => "rolesAssignedOutsidePrivilegedIdentityManagement",
            Self::StaleSignIn => "staleSignIn",
            Self::RedundantAssignment => "redundantAssignment",
            Self::NoMfaOnRoleActivation => "noMfaOnRoleActivation",
            Self::InvalidLicense => "invalidLicense",
            Self::TooManyGlobalAdministrators => "tooManyGlobalAdminsAssignedToTenant",
            Self::SequentialActivationRenewals => "sequentialActivationRenewals",
        }
    }

    /// Name in baselines and subject keys: `alert:<name>`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RolesAssignedOutsidePim => "roles-assigned-outside-pim",
            Self::StaleSignIn => "stale-sign-in",
            Self::RedundantAssignment => "redundant-assignment",
            Self::NoMfaOnRoleActivation => "no-mfa-on-role-activation",
            Self::InvalidLicense => "invalid-license",
            Self::TooManyGlobalAdministrators => "too-many-global-administrators",
            Self::SequentialActivationRenewals => "sequential-activation-renewals",
        }
    }

    /// What it says, in words for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::RolesAssignedOutsidePim => "Roles are assigned outside PIM",
            Self::StaleSignIn => "Stale accounts hold privileged roles",
            Self::RedundantAssignment => "Administrators are not using their roles",
            Self::NoMfaOnRoleActivation => "Roles do not ask for MFA on activation",
            Self::InvalidLicense => "The tenant has no licence for PIM",
            Self::TooManyGlobalAdministrators => "There are too many Global Administrators",
            Self::SequentialActivationRenewals => "Roles are activated too often",
        }
    }

    /// The alert of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for AlertKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// One alert with its configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Which of the seven.
    pub kind: AlertKind,
    /// The row's id.
    pub id: Arc<str>,
    /// `alertConfiguration.isEnabled`; `None` when the configuration did not come.
    pub enabled: Option<bool>,
    /// `isActive`.
    pub active: Option<bool>,
    /// `incidentCount`.
    pub incident_count: Option<u32>,
    /// The incidents, where they came; `None` when they did not.
    pub incidents: Option<Vec<Incident>>,
    /// `lastScannedDateTime`; `None` for never.
    pub scanned: Option<Timestamp>,
    /// When it speaks up.
    pub thresholds: Thresholds,
}

/// One thing an alert found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Incident {
    /// Whom it is about (`assigneeId`).
    pub assignee: Option<PrincipalId>,
    /// Which role (`roleTemplateId`, else `roleDefinitionId`).
    pub role: Option<RoleId>,
}

/// The numbers of an alert's configuration; each is set for the alerts that have it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Thresholds {
    /// `globalAdminCountThreshold`.
    pub global_administrators: Option<u32>,
    /// `percentageOfGlobalAdminsOutOfRolesThreshold`.
    pub global_administrator_percent: Option<u32>,
    /// `duration` of the stale and the redundant alert, in days.
    pub days: Option<u32>,
    /// `sequentialActivationCounterThreshold`.
    pub activations: Option<u32>,
    /// `timeIntervalBetweenActivations`, in seconds.
    pub interval_seconds: Option<u64>,
}
