//! The request of each collection, path and query, exactly as it is sent; and whose request one is.

use crate::graph::Lane;
use crate::model::{AuditSource, Dataset};
use jiff::Timestamp;
use std::time::Duration;

/// Services that stand little. Reports, audit log and sign-in activity: five requests in ten
/// seconds. Conditional Access: one a second, and a refusal names no wait. PIM publishes no number;
/// four at once is gentle.
pub const LANES: &[Lane] = &[
    Lane {
        prefixes: &["/reports/", "/auditLogs/", "/users?"],
        at_once: 5,
        most: Some(5),
        within: Duration::from_secs(10),
    },
    Lane {
        prefixes: &["/identity/conditionalAccess/"],
        at_once: 1,
        most: Some(1),
        within: Duration::from_secs(1),
    },
    Lane {
        prefixes: &[
            "/roleManagement/directory/roleAssignmentScheduleInstances",
            "/roleManagement/directory/roleEligibilityScheduleInstances",
            "/policies/roleManagementPolicyAssignments",
            "/identityGovernance/privilegedAccess/",
            "/identityGovernance/roleManagementAlerts/",
        ],
        at_once: 4,
        most: None,
        within: Duration::ZERO,
    },
];

/// Ids in one filter; Graph takes no more than fifteen.
pub(super) const IDS_PER_FILTER: usize = 15;

/// Properties of users, groups and service principals that checks use.
pub(super) const OBJECT_PROPERTIES: &str = "id,displayName,userPrincipalName,userType,accountEnabled,\
onPremisesSyncEnabled,onPremisesImmutableId,creationType,createdDateTime,appId,servicePrincipalType,\
appOwnerOrganizationId,isAssignableToRole,groupTypes,mail,assignedPlans,isManagementRestricted,\
passwordCredentials,keyCredentials";

/// Object types that can hold or approve a role.
pub(super) const OBJECT_TYPES: [&str; 3] = ["user", "group", "servicePrincipal"];

/// Stands for an id in the path of a collection that is read once for each of several objects.
const ID: &str = "{id}";

/// The request of a collection that is read one object at a time, below the version. `key` is the id
/// of the group or other object; for decisions, definition and instance with a slash between.
///
/// Members and owners come in Graph's largest page, ids and types only.
pub(super) fn read_of(dataset: Dataset, key: &str) -> String {
    let groups = "/identityGovernance/privilegedAccess/group";
    let reviews = "/identityGovernance/accessReviews/definitions";
    match dataset {
        Dataset::GroupMembers => format!("/groups/{key}/members?$select=id&$top=999"),
        Dataset::GroupOwners => format!("/groups/{key}/owners?$select=id&$top=999"),
        Dataset::GroupAssignmentScheduleInstances => {
            format!("{groups}/assignmentScheduleInstances?$filter=groupId eq '{key}'")
        }
        Dataset::GroupEligibilityScheduleInstances => {
            format!("{groups}/eligibilityScheduleInstances?$filter=groupId eq '{key}'")
        }
        Dataset::GroupPolicies => format!(
            "/policies/roleManagementPolicyAssignments?$filter=scopeId eq '{key}' and \
            scopeType eq 'Group'&$expand=policy($expand=rules)"
        ),
        Dataset::ServicePrincipalOwners => {
            format!("/servicePrincipals/{key}/owners?$select=id&$top=999")
        }
        Dataset::ApplicationOwners => format!("/applications/{key}/owners?$select=id&$top=999"),
        Dataset::AccessReviewInstances => format!("{reviews}/{key}/instances"),
        Dataset::AccessReviewDecisions => {
            let (definition, instance) = key.split_once('/').unwrap_or((key, ""));
            format!("{reviews}/{definition}/instances/{instance}/decisions")
        }
        Dataset::Organization
        | Dataset::RoleDefinitions
        | Dataset::PrivilegedRoles
        | Dataset::RoleAssignments
        | Dataset::RoleAssignmentScheduleInstances
        | Dataset::RoleEligibilityScheduleInstances
        | Dataset::RolePolicies
        | Dataset::Principals
        | Dataset::OnboardedGroups
        | Dataset::SubscribedSkus
        | Dataset::SignInActivity
        | Dataset::RegistrationDetails
        | Dataset::ConditionalAccessPolicies
        | Dataset::AuthenticationContexts
        | Dataset::AuthenticationStrengths
        | Dataset::SecurityDefaults
        | Dataset::PimAlerts
        | Dataset::AccessReviews
        | Dataset::AccessPackages
        | Dataset::AdministrativeUnits
        | Dataset::Applications
        | Dataset::ApplicationGrants
        | Dataset::DelegatedGrants
        | Dataset::DirectoryAudits
        | Dataset::PrivilegedActions => String::new(),
    }
}

/// The request for one list of the audit log since a time.
///
/// By service and not by category alone: PIM writes of roles, groups and Azure in several
/// categories.
pub(super) fn audit_request(source: AuditSource, since: Timestamp) -> String {
    let list = match source {
        AuditSource::Pim => "loggedByService eq 'PIM'",
        AuditSource::RoleManagement => {
            "loggedByService eq 'Core Directory' and category eq 'RoleManagement'"
        }
        AuditSource::ConditionalAccess => "loggedByService eq 'Conditional Access'",
    };
    // Whole seconds, the earlier ones: the clock here is finer than the times of the log.
    let since = Timestamp::from_second(since.as_second()).unwrap_or(since);
    audit_request_of(list, &since.to_string())
}

/// The same in words; the largest page that was seen to be given is a thousand.
fn audit_request_of(list: &str, since: &str) -> String {
    format!(
        "/v1.0/auditLogs/directoryAudits?$filter={list} and activityDateTime ge {since}&$top=999"
    )
}

/// The request for some objects by a filter on their ids.
pub(super) fn filtered(dataset: Dataset, ids: &[String]) -> String {
    let listed: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
    request_of(dataset).replace("{ids}", &listed.join(","))
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
        Dataset::GroupMembers
        | Dataset::GroupOwners
        | Dataset::GroupAssignmentScheduleInstances
        | Dataset::GroupEligibilityScheduleInstances
        | Dataset::GroupPolicies
        | Dataset::ServicePrincipalOwners
        | Dataset::ApplicationOwners
        | Dataset::AccessReviewInstances => format!("/v1.0{}", read_of(dataset, ID)),
        Dataset::AccessReviewDecisions => {
            format!("/v1.0{}", read_of(dataset, "{id}/{instance}"))
        }
        Dataset::OnboardedGroups => {
            "/beta/identityGovernance/privilegedAccess/group/resources".to_owned()
        }
        // Sign-in activity comes in pages of 120 at most.
        Dataset::SignInActivity => {
            "/v1.0/users?$filter=id in ({ids})&$select=id,signInActivity&$top=120".to_owned()
        }
        Dataset::RegistrationDetails => {
            "/v1.0/reports/authenticationMethods/userRegistrationDetails".to_owned()
        }
        Dataset::ConditionalAccessPolicies => {
            "/v1.0/identity/conditionalAccess/policies".to_owned()
        }
        Dataset::AuthenticationContexts => {
            "/v1.0/identity/conditionalAccess/authenticationContextClassReferences".to_owned()
        }
        Dataset::AuthenticationStrengths => {
            "/v1.0/policies/authenticationStrengthPolicies".to_owned()
        }
        Dataset::SecurityDefaults => {
            "/v1.0/policies/identitySecurityDefaultsEnforcementPolicy".to_owned()
        }
        Dataset::PimAlerts => "/beta/identityGovernance/roleManagementAlerts/alerts\
            ?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole'\
            &$expand=alertDefinition,alertConfiguration,alertIncidents"
            .to_owned(),
        Dataset::AccessReviews => {
            "/v1.0/identityGovernance/accessReviews/definitions?$top=100".to_owned()
        }
        Dataset::AccessPackages => "/v1.0/identityGovernance/entitlementManagement/accessPackages\
            ?$expand=resourceRoleScopes($expand=role,scope),assignmentPolicies"
            .to_owned(),
        Dataset::AdministrativeUnits => "/v1.0/directory/administrativeUnits\
            ?$select=id,displayName,visibility,isMemberManagementRestricted"
            .to_owned(),
        Dataset::Applications => "/v1.0/applications?$filter=appId in ({ids})\
            &$select=id,appId,displayName,passwordCredentials,keyCredentials"
            .to_owned(),
        Dataset::ApplicationGrants => "/v1.0/servicePrincipals\
            (appId='00000003-0000-0000-c000-000000000000')/appRoleAssignedTo?$top=999"
            .to_owned(),
        Dataset::DelegatedGrants => {
            "/v1.0/oauth2PermissionGrants?$filter=consentType eq 'AllPrincipals'".to_owned()
        }
        Dataset::SubscribedSkus => "/v1.0/subscribedSkus\
            ?$select=skuId,skuPartNumber,capabilityStatus,prepaidUnits,consumedUnits,servicePlans"
            .to_owned(),
        Dataset::DirectoryAudits => audit_request_of("loggedByService eq '{service}'", "{since}"),
        // Graph's page has a hundred actions; a `$top` would be allowed, and is not needed.
        Dataset::PrivilegedActions => "/beta/roleManagement/directory/resourceNamespaces/\
            microsoft.directory/resourceActions?$filter=isPrivileged eq true\
            &$select=id,name,isPrivileged"
            .to_owned(),
    }
}

/// The collection a request belongs to, whichever page of it: the way back from `request_of`.
///
/// Works for what is read in a batch, such as `/v1.0/groups/{id}/members`, but not for `$batch`
/// itself, which can hold anything.
pub fn dataset_of(path_and_query: &str) -> Option<Dataset> {
    // Settings of groups that v1.0 does not give are read by beta.
    if let Some(rest) = path_and_query.strip_prefix("/beta/policies/") {
        return dataset_of(&format!("/v1.0/policies/{rest}"));
    }
    let found = Dataset::ALL.into_iter().find(|&dataset| {
        has_form(without_query(path_and_query), without_query(&request_of(dataset)))
    });
    // Both kinds of policies come from one list; only the filter tells them apart.
    match found {
        Some(Dataset::RolePolicies) if path_and_query.contains("'Group'") => {
            Some(Dataset::GroupPolicies)
        }
        _ => found,
    }
}

fn without_query(path: &str) -> &str {
    path.split_once('?').map_or(path, |(before, _)| before)
}

fn has_form(path: &str, form: &str) -> bool {
    let (mut steps, mut wanted) = (path.split('/'), form.split('/'));
    loop {
        match (steps.next(), wanted.next()) {
            (None, None) => return true,
            (Some(step), Some(want)) if want.starts_with('{') && !step.is_empty() => {}
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
            let plain = |text: &str| text.replace(ID, id).replace("{instance}", id);
            for asked in [request.clone(), plain(&request)] {
                assert_eq!(dataset_of(&asked), Some(dataset), "{asked}");
            }
            // Without its filter one list of policies looks like the other.
            if dataset != Dataset::GroupPolicies {
                for asked in [path.to_owned(), format!("{}?$skiptoken=a%2Fb", plain(path))] {
                    assert_eq!(dataset_of(&asked), Some(dataset), "{asked}");
                }
            }
        }
        let read_in_a_batch =
            read_of(Dataset::GroupMembers, "00000000-0000-4000-8000-00000000000A");
        assert_eq!(dataset_of(&format!("/v1.0{read_in_a_batch}")), Some(Dataset::GroupMembers));
        let by_beta = format!("/beta{}", read_of(Dataset::GroupPolicies, "g"));
        assert_eq!(dataset_of(&by_beta), Some(Dataset::GroupPolicies));
    }

    #[test]
    fn each_list_of_the_audit_log_has_its_filter_and_its_window() {
        for (source, since, expected) in [
            (
                AuditSource::Pim,
                "2026-10-03T09:00:00Z",
                "loggedByService eq 'PIM' and activityDateTime ge 2026-10-03T09:00:00Z",
            ),
            (
                AuditSource::RoleManagement,
                "2026-10-03T09:00:00.123456789Z",
                "loggedByService eq 'Core Directory' and category eq 'RoleManagement' and \
                 activityDateTime ge 2026-10-03T09:00:00Z",
            ),
            (
                AuditSource::ConditionalAccess,
                "2026-10-03T11:00:00+02:00",
                "loggedByService eq 'Conditional Access' and activityDateTime ge \
                 2026-10-03T09:00:00Z",
            ),
        ] {
            let request = audit_request(source, since.parse().unwrap());
            let path = "/v1.0/auditLogs/directoryAudits?$filter=";
            assert_eq!(request, format!("{path}{expected}&$top=999"));
            assert_eq!(dataset_of(&request), Some(Dataset::DirectoryAudits));
        }
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
            "/v1.0/me?$filter=x eq '/v1.0/organization'",
        ] {
            assert_eq!(dataset_of(path), None, "{path}");
        }
    }
}
