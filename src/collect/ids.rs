//! The ids in rows: who holds a role, who approves one, who is in a group. Nothing else of a row.

use super::requests::OBJECT_TYPES;
use crate::model::Dataset;
use crate::snapshot::Collection;
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
        match collection.dataset {
            Dataset::RoleAssignments
            | Dataset::RoleAssignmentScheduleInstances
            | Dataset::RoleEligibilityScheduleInstances => {
                for row in collection.rows.iter() {
                    if let Ok(row) = serde_json::from_str::<GrantRow<'_>>(row.get()) {
                        seeds.principals.insert(row.principal_id.to_ascii_lowercase());
                    }
                }
            }
            Dataset::RolePolicies => {
                for row in collection.rows.iter() {
                    approvers(row, &mut seeds);
                }
            }
            Dataset::Organization
            | Dataset::RoleDefinitions
            | Dataset::PrivilegedRoles
            | Dataset::Principals
            | Dataset::GroupMembers
            | Dataset::SubscribedSkus => {}
        }
    }
    seeds
}

fn approvers(row: &RawValue, seeds: &mut Seeds) {
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

/// An object with its type: a member of a group, or an answer of getByIds.
#[derive(Deserialize)]
pub(super) struct Object<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(rename = "@odata.type", borrow, default)]
    kind: Option<Cow<'a, str>>,
}

impl Object<'_> {
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
