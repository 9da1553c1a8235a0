//! The collections `pimaudit` can read: the request, the least permission and the licence of each.
//!
//! How a collection is read whole belongs to `collect`; what its rows mean belongs to `resolve`.

use super::{Gap, GapKind};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One collection of the directory.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Dataset {
    /// The tenant itself: name and verified domains.
    Organization,
    /// Directory role definitions, built-in and custom.
    RoleDefinitions,
    /// Microsoft's PRIVILEGED label of each role (beta only).
    PrivilegedRoles,
    /// What is active now, without type or end; the only list of a tenant without PIM.
    RoleAssignments,
    /// What is active now, with type and window.
    RoleAssignmentScheduleInstances,
    /// What is eligible now, with its window.
    RoleEligibilityScheduleInstances,
    /// Role settings: one role management policy with its rules for each role.
    RolePolicies,
    /// Users, groups and service principals that hold a role, approve one, or sit in such a group.
    Principals,
    /// Direct members of the groups that hold or approve a role, and of the groups in them.
    GroupMembers,
    /// Direct owners of these groups.
    GroupOwners,
    /// Groups that PIM for Groups manages (beta only).
    OnboardedGroups,
    /// Who is active in such a group, with type and window.
    GroupAssignmentScheduleInstances,
    /// Who is eligible for such a group, with its window.
    GroupEligibilityScheduleInstances,
    /// Settings of such a group: one role management policy for its members and one for its owners.
    GroupPolicies,
    /// Licences of the tenant.
    SubscribedSkus,
    /// When people last signed in.
    SignInActivity,
    /// Authentication methods that people registered.
    RegistrationDetails,
    /// Conditional Access policies.
    ConditionalAccessPolicies,
    /// Authentication contexts.
    AuthenticationContexts,
    /// Authentication strengths.
    AuthenticationStrengths,
    /// Security defaults.
    SecurityDefaults,
    /// PIM alerts with configuration and incidents (beta only).
    PimAlerts,
    /// Access review definitions.
    AccessReviews,
    /// Instances of the access reviews of roles and groups.
    AccessReviewInstances,
    /// Decisions of the last instance that ended.
    AccessReviewDecisions,
    /// Access packages that carry roles or groups, with their policies.
    AccessPackages,
    /// Administrative units.
    AdministrativeUnits,
    /// Applications of this tenant behind the service principals that hold a role.
    Applications,
    /// Direct owners of these applications.
    ApplicationOwners,
    /// Direct owners of the service principals that hold a role or a powerful permission.
    ServicePrincipalOwners,
    /// Application permissions on Microsoft Graph that were granted.
    ApplicationGrants,
    /// Delegated permissions that were granted for everybody.
    DelegatedGrants,
    /// The audit log of a window: what PIM did, what happened to roles, Conditional Access.
    DirectoryAudits,
    /// Actions of roles that Microsoft labels PRIVILEGED (beta only).
    PrivilegedActions,
}

/// The licence a collection asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Licence {
    /// None beyond Entra ID Free.
    None,
    /// Microsoft Entra ID P1 or better.
    Premium,
    /// Microsoft Entra ID P2 or Microsoft Entra ID Governance.
    PrivilegedIdentityManagement,
}

/// What reading a collection takes.
#[derive(Clone, Copy, Debug)]
pub struct DatasetFacts {
    /// Name in reports and on the command line.
    pub name: &'static str,
    /// What it is, in words for people.
    pub title: &'static str,
    /// The permission `pimaudit permissions` asks for.
    pub permission: &'static str,
    /// Every read permission that is enough as well, by Graph's permissions reference.
    pub also_enough: &'static [&'static str],
    /// The licence without which Graph refuses.
    pub licence: Licence,
    /// True where only the beta version of Graph has it.
    pub beta: bool,
}

/// A v1.0 collection that needs no licence.
const fn plain(
    name: &'static str,
    title: &'static str,
    permission: &'static str,
    also_enough: &'static [&'static str],
) -> DatasetFacts {
    DatasetFacts { name, title, permission, also_enough, licence: Licence::None, beta: false }
}

/// A v1.0 collection that needs the PIM licence.
const fn pim(
    name: &'static str,
    title: &'static str,
    permission: &'static str,
    also_enough: &'static [&'static str],
) -> DatasetFacts {
    let licence = Licence::PrivilegedIdentityManagement;
    DatasetFacts { name, title, permission, also_enough, licence, beta: false }
}

/// A v1.0 collection that needs Entra ID P1.
const fn premium(
    name: &'static str,
    title: &'static str,
    permission: &'static str,
    also_enough: &'static [&'static str],
) -> DatasetFacts {
    let licence = Licence::Premium;
    DatasetFacts { name, title, permission, also_enough, licence, beta: false }
}

const ROLE_MANAGEMENT: &str = "RoleManagement.Read.Directory";
const DIRECTORY: &str = "Directory.Read.All";
const AUDIT_LOG: &str = "AuditLog.Read.All";
const POLICY: &str = "Policy.Read.All";
const ACCESS_REVIEW: &str = "AccessReview.Read.All";

impl Dataset {
    /// Every collection, in the order of reports.
    pub const ALL: [Self; 34] = [
        Self::Organization,
        Self::RoleDefinitions,
        Self::PrivilegedRoles,
        Self::RoleAssignments,
        Self::RoleAssignmentScheduleInstances,
        Self::RoleEligibilityScheduleInstances,
        Self::RolePolicies,
        Self::Principals,
        Self::GroupMembers,
        Self::GroupOwners,
        Self::OnboardedGroups,
        Self::GroupAssignmentScheduleInstances,
        Self::GroupEligibilityScheduleInstances,
        Self::GroupPolicies,
        Self::SubscribedSkus,
        Self::SignInActivity,
        Self::RegistrationDetails,
        Self::ConditionalAccessPolicies,
        Self::AuthenticationContexts,
        Self::AuthenticationStrengths,
        Self::SecurityDefaults,
        Self::PimAlerts,
        Self::AccessReviews,
        Self::AccessReviewInstances,
        Self::AccessReviewDecisions,
        Self::AccessPackages,
        Self::AdministrativeUnits,
        Self::Applications,
        Self::ApplicationOwners,
        Self::ServicePrincipalOwners,
        Self::ApplicationGrants,
        Self::DelegatedGrants,
        Self::DirectoryAudits,
        Self::PrivilegedActions,
    ];

    /// Name, permission and licence of this collection.
    pub const fn facts(self) -> DatasetFacts {
        match self {
            Self::Organization => {
                plain("organization", "the organisation", DIRECTORY, &["Organization.Read.All"])
            }
            Self::RoleDefinitions => plain(
                "role-definitions",
                "role definitions",
                ROLE_MANAGEMENT,
                &["RoleManagement.Read.All", DIRECTORY],
            ),
            Self::PrivilegedRoles => DatasetFacts {
                name: "privileged-roles",
                title: "the PRIVILEGED label of roles",
                permission: ROLE_MANAGEMENT,
                also_enough: &["RoleManagement.Read.All", DIRECTORY],
                licence: Licence::None,
                beta: true,
            },
            Self::RoleAssignments => plain(
                "role-assignments",
                "role assignments",
                ROLE_MANAGEMENT,
                &["RoleManagement.Read.All", DIRECTORY],
            ),
            Self::RoleAssignmentScheduleInstances => pim(
                "role-assignment-schedule-instances",
                "active assignments with their type and window",
                ROLE_MANAGEMENT,
                &["RoleAssignmentSchedule.Read.Directory", "RoleManagement.Read.All"],
            ),
            Self::RoleEligibilityScheduleInstances => pim(
                "role-eligibility-schedule-instances",
                "eligible assignments",
                ROLE_MANAGEMENT,
                &["RoleEligibilitySchedule.Read.Directory", "RoleManagement.Read.All"],
            ),
            Self::RolePolicies => pim(
                "role-policies",
                "role settings",
                "RoleManagementPolicy.Read.Directory",
                &[ROLE_MANAGEMENT, "RoleManagement.Read.All"],
            ),
            Self::Principals => {
                plain("principals", "users, groups and service principals", DIRECTORY, &[])
            }
            Self::GroupMembers => plain(
                "group-members",
                "members of groups that hold or approve a role",
                DIRECTORY,
                &["GroupMember.Read.All", "Group.Read.All"],
            ),
            Self::GroupOwners => plain(
                "group-owners",
                "owners of these groups",
                DIRECTORY,
                &["GroupMember.Read.All", "Group.Read.All"],
            ),
            Self::OnboardedGroups => DatasetFacts {
                name: "onboarded-groups",
                title: "groups managed by PIM for Groups",
                permission: "PrivilegedAccess.Read.AzureADGroup",
                also_enough: &[],
                licence: Licence::PrivilegedIdentityManagement,
                beta: true,
            },
            Self::GroupAssignmentScheduleInstances => pim(
                "group-assignment-schedule-instances",
                "active members and owners of PIM groups, with their type and window",
                "PrivilegedAssignmentSchedule.Read.AzureADGroup",
                &["PrivilegedAccess.Read.AzureADGroup"],
            ),
            Self::GroupEligibilityScheduleInstances => pim(
                "group-eligibility-schedule-instances",
                "eligible members and owners of PIM groups",
                "PrivilegedEligibilitySchedule.Read.AzureADGroup",
                &["PrivilegedAccess.Read.AzureADGroup"],
            ),
            Self::GroupPolicies => pim(
                "group-policies",
                "settings of PIM groups",
                "RoleManagementPolicy.Read.AzureADGroup",
                &[],
            ),
            Self::SubscribedSkus => plain(
                "subscribed-skus",
                "licences",
                DIRECTORY,
                &["LicenseAssignment.Read.All", "Organization.Read.All"],
            ),
            Self::SignInActivity => {
                premium("sign-in-activity", "last sign-ins of people", AUDIT_LOG, &[])
            }
            Self::RegistrationDetails => premium(
                "registration-details",
                "authentication methods that people registered",
                AUDIT_LOG,
                &["UserAuthenticationMethod.Read.All"],
            ),
            Self::ConditionalAccessPolicies => {
                plain("conditional-access-policies", "Conditional Access policies", POLICY, &[])
            }
            Self::AuthenticationContexts => plain(
                "authentication-contexts",
                "authentication contexts",
                "AuthenticationContext.Read.All",
                &[],
            ),
            Self::AuthenticationStrengths => plain(
                "authentication-strengths",
                "authentication strengths",
                POLICY,
                &["Policy.Read.AuthenticationMethod"],
            ),
            Self::SecurityDefaults => plain("security-defaults", "security defaults", POLICY, &[]),
            Self::PimAlerts => DatasetFacts {
                name: "pim-alerts",
                title: "PIM alerts",
                permission: "RoleManagementAlert.Read.Directory",
                also_enough: &[],
                licence: Licence::PrivilegedIdentityManagement,
                beta: true,
            },
            Self::AccessReviews => pim("access-reviews", "access reviews", ACCESS_REVIEW, &[]),
            Self::AccessReviewInstances => {
                pim("access-review-instances", "rounds of access reviews", ACCESS_REVIEW, &[])
            }
            Self::AccessReviewDecisions => {
                pim("access-review-decisions", "decisions of access reviews", ACCESS_REVIEW, &[])
            }
            Self::AccessPackages => pim(
                "access-packages",
                "access packages that carry roles or groups",
                "EntitlementManagement.Read.All",
                &[],
            ),
            Self::AdministrativeUnits => plain(
                "administrative-units",
                "administrative units",
                DIRECTORY,
                &["AdministrativeUnit.Read.All"],
            ),
            Self::Applications => plain(
                "applications",
                "applications behind privileged service principals",
                DIRECTORY,
                &["Application.Read.All"],
            ),
            Self::ApplicationOwners => plain(
                "application-owners",
                "owners of these applications",
                DIRECTORY,
                &["Application.Read.All"],
            ),
            Self::ServicePrincipalOwners => plain(
                "service-principal-owners",
                "owners of privileged service principals",
                DIRECTORY,
                &["Application.Read.All"],
            ),
            Self::ApplicationGrants => plain(
                "application-grants",
                "application permissions on Microsoft Graph",
                DIRECTORY,
                &["Application.Read.All"],
            ),
            Self::DelegatedGrants => plain(
                "delegated-grants",
                "delegated permissions granted for everybody",
                DIRECTORY,
                &["DelegatedPermissionGrant.Read.All"],
            ),
            // The documentation asks for Directory.Read.All beside it, which is not enough alone.
            Self::DirectoryAudits => plain("directory-audits", "the audit log", AUDIT_LOG, &[]),
            Self::PrivilegedActions => DatasetFacts {
                name: "privileged-actions",
                title: "actions of roles that Microsoft calls privileged",
                permission: ROLE_MANAGEMENT,
                also_enough: &["RoleManagement.Read.All"],
                licence: Licence::None,
                beta: true,
            },
        }
    }

    /// Collections without which this one says little: who is in a group is told by its members and
    /// by PIM for Groups together. A check that needs this one needs them too.
    pub const fn with(self) -> &'static [Self] {
        if matches!(self, Self::GroupMembers | Self::GroupOwners) {
            &[
                Self::OnboardedGroups,
                Self::GroupAssignmentScheduleInstances,
                Self::GroupEligibilityScheduleInstances,
                Self::GroupPolicies,
            ]
        } else if matches!(self, Self::AccessReviews) {
            &[Self::AccessReviewInstances, Self::AccessReviewDecisions]
        } else {
            &[]
        }
    }

    /// Name in reports and on the command line.
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// The collection of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dataset| dataset.name() == name)
    }

    /// Why it is left out on purpose: its permission is declined, or it is beta and beta is off.
    pub fn declined(self, without: &[String], beta: bool) -> Option<Gap> {
        let facts = self.facts();
        if without.iter().any(|permission| permission.eq_ignore_ascii_case(facts.permission)) {
            let detail = format!("declined with --without {}", facts.permission);
            return Some(Gap::of(self, GapKind::NotRequested, detail));
        }
        if facts.beta && !beta {
            let detail = "beta endpoints are switched off with --no-beta";
            return Some(Gap::of(self, GapKind::NotRequested, detail));
        }
        None
    }

    /// True when one of these permissions of a token is enough to read the collection.
    pub fn readable_with(self, permissions: &[String]) -> bool {
        let facts = self.facts();
        permissions.iter().any(|granted| {
            // A write permission reads as well; `doctor` warns about it.
            let read = granted.replace(".ReadWrite.", ".Read.");
            read.eq_ignore_ascii_case(facts.permission)
                || facts.also_enough.iter().any(|enough| read.eq_ignore_ascii_case(enough))
        })
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_dataset_asks_for_a_write_permission() {
        for dataset in Dataset::ALL {
            let facts = dataset.facts();
            for permission in facts.also_enough.iter().chain([&facts.permission]) {
                assert!(permission.contains(".Read."), "{dataset}: {permission}");
                assert!(!permission.contains("Write"), "{dataset}: {permission}");
            }
        }
    }

    #[test]
    fn names_are_unique_and_found_again() {
        for dataset in Dataset::ALL {
            assert_eq!(Dataset::named(dataset.name()), Some(dataset));
            let json = serde_json::to_string(&dataset).unwrap();
            assert_eq!(json, format!("\"{}\"", dataset.name()));
        }
    }
}
