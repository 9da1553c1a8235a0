//! The request of each collection, path and query, exactly as it is sent; and whose request one is.

use crate::model::Dataset;

/// Properties of users, groups and service principals that checks use.
pub(super) const OBJECT_PROPERTIES: &str = "id,displayName,userPrincipalName,userType,accountEnabled,\
onPremisesSyncEnabled,onPremisesImmutableId,creationType,createdDateTime,appId,servicePrincipalType,\
appOwnerOrganizationId,isAssignableToRole,groupTypes";

/// Object types that can hold or approve a role.
pub(super) const OBJECT_TYPES: [&str; 3] = ["user", "group", "servicePrincipal"];

/// Stands for an id in the path of a collection that is read once for each of several objects.
const ID: &str = "{id}";

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
        Dataset::GroupMembers => format!("/v1.0{}", members_of(ID)),
        Dataset::SubscribedSkus => "/v1.0/subscribedSkus\
            ?$select=skuId,skuPartNumber,capabilityStatus,prepaidUnits,consumedUnits,servicePlans"
            .to_owned(),
    }
}

/// The collection a request belongs to, whichever page of it: the way back from `request_of`.
///
/// Works for what is read in a batch, such as `/v1.0/groups/{id}/members`, but not for `$batch`
/// itself, which can hold anything.
pub fn dataset_of(path_and_query: &str) -> Option<Dataset> {
    Dataset::ALL.into_iter().find(|&dataset| {
        has_form(without_query(path_and_query), without_query(&request_of(dataset)))
    })
}

fn without_query(path: &str) -> &str {
    path.split_once('?').map_or(path, |(before, _)| before)
}

fn has_form(path: &str, form: &str) -> bool {
    let (mut steps, mut wanted) = (path.split('/'), form.split('/'));
    loop {
        match (steps.next(), wanted.next()) {
            (None, None) => return true,
            (Some(step), Some(ID)) if !step.is_empty() => {}
            (Some(step), Some(want)) if step.eq_ignore_ascii_case(want) => {}
            (Some(_) | None, Some(_) | None) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_leads_back_to_its_collection() {
        for dataset in Dataset::ALL {
            let request = request_of(dataset);
            let id = "0a000000-0000-4000-8000-000000000001";
            let (path, _) = request.split_once('?').unwrap_or((&request, ""));
            for asked in [
                request.clone(),
                path.to_owned(),
                request.replace(ID, id),
                format!("{}?$skiptoken=a%2Fb", path.replace(ID, id)),
            ] {
                assert_eq!(dataset_of(&asked), Some(dataset), "{asked}");
            }
        }
        let read_in_a_batch =
            format!("/v1.0{}", members_of("00000000-0000-4000-8000-00000000000A"));
        assert_eq!(dataset_of(&read_in_a_batch), Some(Dataset::GroupMembers));
    }

    #[test]
    fn what_is_no_collection_has_no_name() {
        for path in [
            "",
            "/",
            "/v1.0/$batch",
            "/v1.0/groups/members",
            "/v1.0/groups//members",
            "/v1.0/groups/a/members/b",
            "/beta/roleManagement/directory/roleAssignments",
            "/v1.0/users?$filter=x eq '/v1.0/organization'",
        ] {
            assert_eq!(dataset_of(path), None, "{path}");
        }
    }
}
