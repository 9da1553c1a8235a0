//! The ids in rows: who holds a role, who approves one, who is in a group. Nothing else of a row.

use super::requests::OBJECT_TYPES;
use crate::model::{Dataset, permission};
use crate::snapshot::{Collection, Rows};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Where the walk through the directory begins.
#[derive(Debug, Default)]
pub(super) struct Seeds {
    /// Object ids of unknown type, lower case.
    pub(super) principals: BTreeSet<String>,
    /// Ids known to be groups, lower case.
    pub(super) groups: BTreeSet<String>,
    /// Ids known to be service principals, lower case.
    pub(super) services: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GrantRow<'a> {
    #[serde(borrow)]
    principal_id: Cow<'a, str>,
}

#[derive(Deserialize)]
struct PolicyRow<'a> {
    #[serde(borrow, default)]
    policy: Option<Policy<'a>>,
}

#[derive(Deserialize)]
struct Policy<'a> {
    #[serde(borrow, default)]
    rules: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Rule<'a> {
    #[serde(borrow, default)]
    setting: Option<Setting<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Setting<'a> {
    #[serde(default)]
    is_approval_required: Option<bool>,
    #[serde(borrow, default)]
    approval_stages: Option<Vec<Stage<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stage<'a> {
    #[serde(borrow, default)]
    primary_approvers: Option<Vec<Approver<'a>>>,
    #[serde(borrow, default)]
    escalation_approvers: Option<Vec<Approver<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Approver<'a> {
    #[serde(borrow, default)]
    user_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    group_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
}

/// Everyone whom grants and policies name. A row that does not fit names nobody here; `resolve`
/// reports it.
pub(super) fn seeds(collections: &[Collection<'_>]) -> Seeds {
    let mut seeds = Seeds::default();
    for collection in collections {
        let Some(read) = reader(collection.dataset) else { continue };
        for row in collection.rows.iter() {
            read(row, &mut seeds);
        }
    }
    seeds
}

/// Takes whom one row names.
type Reader = fn(&RawValue, &mut Seeds);

/// How the rows of a collection name somebody; `None` for those that name nobody to ask for.
fn reader(dataset: Dataset) -> Option<Reader> {
    const READERS: [(Dataset, Reader); 7] = [
        (Dataset::RoleAssignments, grantee),
        (Dataset::RoleAssignmentScheduleInstances, grantee),
        (Dataset::RoleEligibilityScheduleInstances, grantee),
        (Dataset::RolePolicies, approvers),
        (Dataset::ConditionalAccessPolicies, policy_groups),
        (Dataset::ApplicationGrants, powerful_application),
        (Dataset::DelegatedGrants, powerful_client),
    ];
    READERS.iter().find(|(of, _)| *of == dataset).map(|(_, read)| *read)
}

fn grantee(row: &RawValue, seeds: &mut Seeds) {
    seeds.principals.extend(holder(row));
}

/// Whom one row of a policy names as approvers.
pub(super) fn approvers(row: &RawValue, seeds: &mut Seeds) {
    let Ok(row) = serde_json::from_str::<PolicyRow<'_>>(row.get()) else { return };
    let rules = row.policy.into_iter().flat_map(|policy| policy.rules.unwrap_or_default());
    // A rule in a shape nobody knows names nobody; those beside it still do.
    let known = rules.filter_map(|rule| serde_json::from_str::<Rule<'_>>(rule.get()).ok());
    for setting in known.filter_map(|rule| rule.setting) {
        if setting.is_approval_required != Some(true) {
            continue;
        }
        for stage in setting.approval_stages.into_iter().flatten() {
            let named = [stage.primary_approvers, stage.escalation_approvers];
            for approver in named.into_iter().flatten().flatten() {
                if let Some(group) = approver.group_id {
                    seeds.principals.insert(group.to_ascii_lowercase());
                    seeds.groups.insert(group.to_ascii_lowercase());
                }
                for id in [approver.user_id, approver.id].into_iter().flatten() {
                    seeds.principals.insert(id.to_ascii_lowercase());
                }
            }
        }
    }
}

#[derive(Deserialize)]
struct AccessPolicy<'a> {
    #[serde(borrow, default)]
    conditions: Option<Conditions<'a>>,
}

#[derive(Deserialize)]
struct Conditions<'a> {
    #[serde(borrow, default)]
    users: Option<Users<'a>>,
    #[serde(borrow, default)]
    applications: Option<Applications<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Users<'a> {
    #[serde(borrow, default)]
    include_groups: Option<Vec<Cow<'a, str>>>,
    #[serde(borrow, default)]
    exclude_groups: Option<Vec<Cow<'a, str>>>,
    #[serde(borrow, default)]
    exclude_users: Option<Vec<Cow<'a, str>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Applications<'a> {
    #[serde(borrow, default)]
    include_applications: Option<Vec<Cow<'a, str>>>,
    #[serde(borrow, default)]
    include_authentication_context_class_references: Option<Vec<Cow<'a, str>>>,
}

/// Groups that decide for whom a policy is: of policies for an authentication context all of them; of
/// policies for all applications those that are left out, as the others may be whole workforces.
fn policy_groups(row: &RawValue, seeds: &mut Seeds) {
    let Ok(policy) = serde_json::from_str::<AccessPolicy<'_>>(row.get()) else { return };
    let Some(conditions) = policy.conditions else { return };
    let (Some(users), Some(applications)) = (conditions.users, conditions.applications) else {
        return;
    };
    let by_context = applications
        .include_authentication_context_class_references
        .is_some_and(|contexts| !contexts.is_empty());
    let everywhere = applications
        .include_applications
        .is_some_and(|all| all.iter().any(|it| it.eq_ignore_ascii_case("All")));
    let mut groups = Vec::new();
    if by_context {
        groups.extend(users.include_groups.into_iter().flatten());
    }
    if by_context || everywhere {
        groups.extend(users.exclude_groups.into_iter().flatten());
        let left_out = users.exclude_users.into_iter().flatten().filter(|id| id.contains('-'));
        seeds.principals.extend(left_out.map(|id| id.to_ascii_lowercase()));
    }
    for group in groups {
        seeds.principals.insert(group.to_ascii_lowercase());
        seeds.groups.insert(group.to_ascii_lowercase());
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApplicationGrantRow<'a> {
    #[serde(borrow)]
    principal_id: Cow<'a, str>,
    #[serde(borrow)]
    app_role_id: Cow<'a, str>,
}

/// A service principal that was granted a permission to rewrite PIM or roles.
fn powerful_application(row: &RawValue, seeds: &mut Seeds) {
    let Ok(row) = serde_json::from_str::<ApplicationGrantRow<'_>>(row.get()) else { return };
    if permission::BYPASS.iter().any(|it| it.app_role.eq_ignore_ascii_case(&row.app_role_id)) {
        seeds.principals.insert(row.principal_id.to_ascii_lowercase());
        seeds.services.insert(row.principal_id.to_ascii_lowercase());
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DelegatedGrantRow<'a> {
    #[serde(borrow)]
    client_id: Cow<'a, str>,
    #[serde(borrow, default)]
    scope: Cow<'a, str>,
}

/// The same by delegation, for everybody.
fn powerful_client(row: &RawValue, seeds: &mut Seeds) {
    let Ok(row) = serde_json::from_str::<DelegatedGrantRow<'_>>(row.get()) else { return };
    let mut scopes = row.scope.split_whitespace();
    if scopes.any(|scope| permission::BYPASS.iter().any(|it| it.name.eq_ignore_ascii_case(scope))) {
        seeds.principals.insert(row.client_id.to_ascii_lowercase());
    }
}

/// Whom one row of PIM for Groups names.
pub(super) fn holder(row: &RawValue) -> Option<String> {
    let row = serde_json::from_str::<GrantRow<'_>>(row.get()).ok()?;
    Some(row.principal_id.to_ascii_lowercase())
}

/// An object with its type: a member of a group, or an answer of getByIds.
#[derive(Deserialize)]
pub(super) struct Object<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(rename = "@odata.type", borrow, default)]
    kind: Option<Cow<'a, str>>,
    #[serde(rename = "appId", borrow, default)]
    app_id: Option<Cow<'a, str>>,
    #[serde(rename = "appOwnerOrganizationId", borrow, default)]
    owner: Option<Cow<'a, str>>,
}

impl Object<'_> {
    pub(super) fn is_service(&self) -> bool {
        self.kind.as_deref().is_some_and(|kind| kind.ends_with(".servicePrincipal"))
    }

    /// The application behind a service principal, when it is registered in this tenant.
    pub(super) fn own_application(&self, tenant: &str) -> Option<String> {
        let own = self.owner.as_deref().is_some_and(|owner| owner.eq_ignore_ascii_case(tenant));
        self.app_id.as_deref().filter(|_| own).map(str::to_ascii_lowercase)
    }

    pub(super) fn is_group(&self) -> bool {
        self.kind.as_deref().is_some_and(|kind| kind.ends_with(".group"))
    }

    /// False for devices, contacts and the like, which can be in a group but hold no role.
    pub(super) fn can_hold_a_role(&self) -> bool {
        self.kind.as_deref().is_none_or(|kind| {
            OBJECT_TYPES
                .iter()
                .any(|it| kind.strip_suffix(it).is_some_and(|rest| rest.ends_with('.')))
        })
    }
}

/// Ids of all rows, lower case.
pub(super) fn ids_of(rows: &Rows<'_>) -> BTreeSet<String> {
    rows.iter().filter_map(object).map(|it| it.id.to_ascii_lowercase()).collect()
}

/// Ids of the users among objects, lower case.
pub(super) fn users(rows: &Rows<'_>) -> BTreeSet<String> {
    let users = rows
        .iter()
        .filter_map(object)
        .filter(|it| it.kind.as_deref().is_some_and(|kind| kind.ends_with(".user")));
    users.map(|it| it.id.to_ascii_lowercase()).collect()
}

/// The tenant's id in its own words; a token may name a domain, or nothing.
pub(super) fn tenant(collections: &[Collection<'_>]) -> Option<String> {
    let organization = collections.iter().find(|it| it.dataset == Dataset::Organization)?;
    let row = organization.rows.iter().next()?;
    object(row).map(|found| found.id.to_ascii_lowercase())
}

/// The object a row is.
pub(super) fn object(row: &RawValue) -> Option<Object<'_>> {
    serde_json::from_str(row.get()).ok()
}
