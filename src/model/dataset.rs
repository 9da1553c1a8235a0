//! The collections `pimaudit` can read: the request, the least permission and the licence of each.
//!
//! How a collection is read whole belongs to `collect`; what its rows mean belongs to `resolve`.

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
    /// Licences of the tenant.
    SubscribedSkus,
}

/// The licence a collection asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Licence {
    /// None beyond Entra ID Free.
    None,
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

const ROLE_MANAGEMENT: &str = "RoleManagement.Read.Directory";
const DIRECTORY: &str = "Directory.Read.All";

impl Dataset {
    /// Every collection, in the order of reports.
    pub const ALL: [Self; 10] = [
        Self::Organization,
        Self::RoleDefinitions,
        Self::PrivilegedRoles,
        Self::RoleAssignments,
        Self::RoleAssignmentScheduleInstances,
        Self::RoleEligibilityScheduleInstances,
        Self::RolePolicies,
        Self::Principals,
        Self::GroupMembers,
        Self::SubscribedSkus,
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
            Self::SubscribedSkus => plain(
                "subscribed-skus",
                "licences",
                DIRECTORY,
                &["LicenseAssignment.Read.All", "Organization.Read.All"],
            ),
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
