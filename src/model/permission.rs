//! Permissions on Microsoft Graph by which an application can rewrite PIM or roles.

/// What such a permission allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Power {
    /// Gives any role to anybody, itself included.
    AssignRoles,
    /// Makes anybody eligible for any role. What the role asks for at an activation stays asked for,
    /// and an application cannot activate.
    MakeEligible,
    /// Makes anybody a member or an owner of any group that PIM can manage. That PIM manages it already
    /// is not needed: the first request brings it in.
    EnterGroups,
    /// Makes anybody eligible for such a group. What the group asks for stays asked for.
    MakeEligibleForGroups,
    /// Changes what an activation asks for.
    ChangePolicies,
}

/// One such permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bypassing {
    /// Its name.
    pub name: &'static str,
    /// Id of the application permission.
    pub app_role: &'static str,
    /// What it allows.
    pub power: Power,
}

const fn permission(name: &'static str, app_role: &'static str, power: Power) -> Bypassing {
    Bypassing { name, app_role, power }
}

/// Every permission that rewrites PIM or roles. Ids of the application permissions are Microsoft's.
pub const BYPASS: &[Bypassing] = &[
    permission(
        "RoleManagement.ReadWrite.Directory",
        "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8",
        Power::AssignRoles,
    ),
    permission(
        "RoleAssignmentSchedule.ReadWrite.Directory",
        "dd199f4a-f148-40a4-a2ec-f0069cc799ec",
        Power::AssignRoles,
    ),
    permission(
        "RoleEligibilitySchedule.ReadWrite.Directory",
        "fee28b28-e1f3-4841-818e-2704dc62245f",
        Power::MakeEligible,
    ),
    permission(
        "AppRoleAssignment.ReadWrite.All",
        "06b708a9-e830-4db3-a914-8e69da51d44f",
        Power::AssignRoles,
    ),
    permission(
        "PrivilegedAccess.ReadWrite.AzureAD",
        "854d9ab1-6657-4ec8-be45-823027bcd009",
        Power::AssignRoles,
    ),
    permission(
        "PrivilegedAccess.ReadWrite.AzureADGroup",
        "2f6817f8-7b12-4f0f-bc18-eeaf60705a9e",
        Power::EnterGroups,
    ),
    permission(
        "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
        "41202f2c-f7ab-45be-b001-85c9728b9d69",
        Power::EnterGroups,
    ),
    permission(
        "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
        "618b6020-bca8-4de6-99f6-ef445fa4d857",
        Power::MakeEligibleForGroups,
    ),
    permission(
        "RoleManagementPolicy.ReadWrite.Directory",
        "31e08e0a-d3f7-4ca2-ac39-7343fb83e8ad",
        Power::ChangePolicies,
    ),
    permission(
        "RoleManagementPolicy.ReadWrite.AzureADGroup",
        "b38dcc4d-a239-4ed6-aa84-6c65b284f97c",
        Power::ChangePolicies,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_on_eligibilities_gives_no_more_than_these() {
        for permission in BYPASS {
            let eligible =
                matches!(permission.power, Power::MakeEligible | Power::MakeEligibleForGroups);
            let named = permission.name.contains("EligibilitySchedule");
            assert_eq!(eligible, named, "{}", permission.name);
        }
    }

    #[test]
    fn every_permission_can_write_and_stands_here_once() {
        for (place, permission) in BYPASS.iter().enumerate() {
            assert!(permission.name.contains(".ReadWrite."), "{}", permission.name);
            assert_eq!(permission.app_role.len(), 36, "{}", permission.name);
            for other in &BYPASS[place + 1..] {
                assert_ne!(permission.name, other.name);
                assert_ne!(permission.app_role, other.app_role);
            }
        }
    }
}
