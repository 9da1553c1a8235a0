//! The organisation, principals, group members and licences.

use super::{Text, collected, collection, not_read, time, typed};
use crate::model::{
    Collected, Dataset, Gap, Group, Members, Principal, PrincipalId, PrincipalKindFacts,
    ServicePrincipal, Sku, User,
};
use crate::snapshot::Snapshot;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;

/// The tenant's own words about itself.
pub(super) struct Organization {
    pub(super) name: Arc<str>,
    pub(super) domains: Vec<Arc<str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrganizationRow<'a> {
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    verified_domains: Option<Vec<Domain<'a>>>,
}

#[derive(Deserialize)]
struct Domain<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
}

/// Name and verified domains.
pub(super) fn organization(snapshot: &Snapshot<'_>) -> Result<Organization, Gap> {
    let found = collection(snapshot, Dataset::Organization)?;
    let typed = typed::<OrganizationRow<'_>>(found);
    let Some(row) = typed.rows.first() else {
        return Err(typed.strange.unwrap_or_else(|| not_read(Dataset::Organization)));
    };
    let domains = row.verified_domains.iter().flatten().filter_map(|it| it.name.as_deref());
    Ok(Organization {
        name: row.display_name.as_deref().unwrap_or_default().into(),
        domains: domains.map(|it| it.to_ascii_lowercase().into()).collect(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ObjectRow<'a> {
    #[serde(rename = "@odata.type", borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    user_principal_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    user_type: Option<Text<'a>>,
    #[serde(default)]
    account_enabled: Option<bool>,
    #[serde(default)]
    on_premises_sync_enabled: Option<bool>,
    #[serde(borrow, default)]
    on_premises_immutable_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    creation_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    created_date_time: Option<Text<'a>>,
    #[serde(borrow, default)]
    app_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    service_principal_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    app_owner_organization_id: Option<Text<'a>>,
    #[serde(default)]
    is_assignable_to_role: Option<bool>,
    #[serde(borrow, default)]
    group_types: Option<Vec<Text<'a>>>,
}

/// Everyone who was asked for by id; an id asked for and not returned is absent.
pub(super) fn principals(snapshot: &Snapshot<'_>) -> Collected<HashMap<PrincipalId, Principal>> {
    let found = match collection(snapshot, Dataset::Principals) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<ObjectRow<'_>>(found);
    let mut principals: HashMap<PrincipalId, Principal> =
        rows.rows.iter().map(principal).map(|it| (it.id.clone(), it)).collect();
    if found.gap.is_none() && rows.strange.is_none() {
        for id in &found.asked {
            let id = PrincipalId::new(id);
            principals.entry(id.clone()).or_insert_with(|| Principal {
                name: id.as_str().into(),
                id,
                kind: PrincipalKindFacts::Absent,
            });
        }
    }
    collected(principals, [found.gap.clone(), rows.strange])
}

fn principal(row: &ObjectRow<'_>) -> Principal {
    let text = |value: &Option<Text<'_>>| value.as_deref().map(Arc::<str>::from);
    let id = PrincipalId::new(&row.id);
    let hidden = row.display_name.is_none()
        && row.user_principal_name.is_none()
        && row.app_id.is_none()
        && row.account_enabled.is_none()
        && row.is_assignable_to_role.is_none();
    let kind = row.kind.as_deref().unwrap_or_default();
    let kind = kind.rsplit('.').next().unwrap_or(kind);
    let facts = match kind {
        _ if hidden => PrincipalKindFacts::Hidden,
        "user" => PrincipalKindFacts::User(User {
            principal_name: text(&row.user_principal_name),
            user_type: text(&row.user_type),
            enabled: row.account_enabled,
            synced: row.on_premises_sync_enabled,
            has_immutable_id: row
                .on_premises_immutable_id
                .as_deref()
                .is_some_and(|it| !it.is_empty()),
            creation_type: text(&row.creation_type),
            created: time(row.created_date_time.as_deref()).unwrap_or_default(),
        }),
        "group" => PrincipalKindFacts::Group(Group {
            role_assignable: row.is_assignable_to_role,
            dynamic: row
                .group_types
                .iter()
                .flatten()
                .any(|kind| kind.eq_ignore_ascii_case("DynamicMembership")),
        }),
        // Agent identities and the like are service principals by another name.
        _ if row.app_id.is_some() || kind == "servicePrincipal" => {
            PrincipalKindFacts::ServicePrincipal(ServicePrincipal {
                app_id: text(&row.app_id),
                kind: text(&row.service_principal_type),
                enabled: row.account_enabled,
                owner_organization: text(&row.app_owner_organization_id),
            })
        }
        other => PrincipalKindFacts::Other(other.into()),
    };
    Principal {
        name: text(&row.display_name).unwrap_or_else(|| id.as_str().into()),
        id,
        kind: facts,
    }
}

#[derive(Deserialize)]
struct MemberRow<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(rename = "@odata.type", borrow, default)]
    kind: Option<Text<'a>>,
}

impl MemberRow<'_> {
    /// Devices and contacts can be members too; they hold no role and are never asked for by id.
    fn can_hold_a_role(&self) -> bool {
        self.kind.as_deref().is_none_or(|kind| {
            [".user", ".group", ".servicePrincipal"].iter().any(|it| kind.ends_with(it))
        })
    }
}

type ByGroup = HashMap<PrincipalId, Members>;

/// Direct members, group by group.
pub(super) fn members(snapshot: &Snapshot<'_>) -> Collected<ByGroup> {
    let mut members = ByGroup::new();
    let mut first_gap = None;
    let mut read = false;
    for part in snapshot.parts(Dataset::GroupMembers) {
        let Some(group) = &part.key else {
            // An entry without a group says that the collection as a whole is empty, or was not read.
            match (&part.gap, part.missing) {
                (Some(gap), true) => return Collected::Missing(gap.clone()),
                (gap, _) => first_gap = first_gap.or_else(|| gap.clone()),
            }
            read = true;
            continue;
        };
        read = true;
        let rows = typed::<MemberRow<'_>>(part);
        let gap = part.gap.clone().or(rows.strange);
        let known = rows.rows.iter().filter(|row| row.can_hold_a_role());
        let known = known.map(|row| PrincipalId::new(&row.id)).collect();
        first_gap = first_gap.or_else(|| gap.clone());
        members.insert(PrincipalId::new(group), Members { known, gap });
    }
    if !read {
        return Collected::Missing(not_read(Dataset::GroupMembers));
    }
    collected(members, [first_gap, None])
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SkuRow<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    sku_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    sku_part_number: Option<Text<'a>>,
    #[serde(borrow, default)]
    capability_status: Option<Text<'a>>,
    #[serde(default)]
    prepaid_units: Option<Units>,
    #[serde(borrow, default)]
    service_plans: Option<Vec<Plan<'a>>>,
}

#[derive(Deserialize)]
struct Units {
    #[serde(default)]
    enabled: Option<i64>,
    /// Units of a subscription in its grace period; they still work.
    #[serde(default)]
    warning: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plan<'a> {
    #[serde(borrow, default)]
    service_plan_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    provisioning_status: Option<Text<'a>>,
}

/// Subscribed products.
pub(super) fn licences(snapshot: &Snapshot<'_>) -> Collected<Vec<Sku>> {
    let found = match collection(snapshot, Dataset::SubscribedSkus) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<SkuRow<'_>>(found);
    let is = |value: &Option<Text<'_>>, word: &str| {
        value.as_deref().is_some_and(|value| value.eq_ignore_ascii_case(word))
    };
    let skus = rows.rows.iter().map(|row| Sku {
        name: row.sku_part_number.as_deref().unwrap_or_default().into(),
        id: row.id.as_deref().or(row.sku_id.as_deref()).unwrap_or_default().into(),
        usable: is(&row.capability_status, "Enabled") || is(&row.capability_status, "Warning"),
        units: row.prepaid_units.as_ref().map_or(0, |units| {
            let all = [units.enabled, units.warning].into_iter().flatten().map(|it| it.max(0));
            u32::try_from(all.fold(0_i64, i64::saturating_add)).unwrap_or(u32::MAX)
        }),
        plans: row
            .service_plans
            .iter()
            .flatten()
            .filter(|plan| is(&plan.provisioning_status, "Success"))
            .filter_map(|plan| plan.service_plan_id.as_deref())
            .map(|plan| plan.to_ascii_lowercase().into())
            .collect(),
    });
    collected(skus.collect(), [found.gap.clone(), rows.strange])
}
