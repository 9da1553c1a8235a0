//! The request of each collection: path and query, exactly as it is sent.

use crate::model::Dataset;

/// Properties of users, groups and service principals that checks use.
pub(super) const OBJECT_PROPERTIES: &str = "id,displayName,userPrincipalName,userType,accountEnabled,\
onPremisesSyncEnabled,onPremisesImmutableId,creationType,createdDateTime,appId,servicePrincipalType,\
appOwnerOrganizationId,isAssignableToRole,groupTypes";

/// Object types that can hold or approve a role.
pub(super) const OBJECT_TYPES: [&str; 3] = ["user", "group", "servicePrincipal"];

/// Direct members of one group, below the version: Graph's largest page, ids and types only.
pub(super) fn members_of(group: &str) -> String {
    format!("/groups/{group}/members?$select=id&$top=999")
}

/// The request that reads a collection.
///
/// The PIM lists document no `$top`, `$count` or `$orderby`, so none is sent; the policies refuse to
/// be listed without their filter.
pub fn request_of(dataset: Dataset) -> String {
    match dataset {
        Dataset::Organization => {
            "/v1.0/organization?$select=id,displayName,verifiedDomains,onPremisesSyncEnabled"
                .to_owned()
        }
        Dataset::RoleDefinitions => "/v1.0/roleManagement/directory/roleDefinitions\
            ?$select=id,templateId,displayName,isBuiltIn,isEnabled,rolePermissions"
            .to_owned(),
        Dataset::PrivilegedRoles => "/beta/roleManagement/directory/roleDefinitions\
            ?$filter=isPrivileged eq true&$select=id,templateId,isPrivileged"
            .to_owned(),
        Dataset::RoleAssignments => "/v1.0/roleManagement/directory/roleAssignments".to_owned(),
        Dataset::RoleAssignmentScheduleInstances => {
            "/v1.0/roleManagement/directory/roleAssignmentScheduleInstances".to_owned()
        }
        Dataset::RoleEligibilityScheduleInstances => {
            "/v1.0/roleManagement/directory/roleEligibilityScheduleInstances".to_owned()
        }
        Dataset::RolePolicies => "/v1.0/policies/roleManagementPolicyAssignments\
            ?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole'&$expand=policy($expand=rules)"
            .to_owned(),
        Dataset::Principals => {
            format!("/v1.0/directoryObjects/getByIds?$select={OBJECT_PROPERTIES}")
        }
        Dataset::GroupMembers => format!("/v1.0{}", members_of("{id}")),
        Dataset::SubscribedSkus => "/v1.0/subscribedSkus\
            ?$select=skuId,skuPartNumber,capabilityStatus,prepaidUnits,consumedUnits,servicePlans"
            .to_owned(),
    }
}
