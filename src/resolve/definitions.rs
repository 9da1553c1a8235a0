//! Role definitions and Microsoft's PRIVILEGED label.

use super::{Text, collected, collection, typed};
use crate::model::{Collected, Dataset, Gap, GapKind, Role, RoleId, Tier, roles};
use crate::snapshot::Snapshot;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, default)]
    template_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(default)]
    is_built_in: Option<bool>,
    #[serde(default)]
    is_privileged: Option<bool>,
}

/// From definition ids, as rows of assignments and policies carry them, to roles.
pub(super) struct RoleIds(HashMap<RoleId, RoleId>);

impl RoleIds {
    /// Reads the definitions; an id that none of them has stands for itself.
    pub(super) fn new(snapshot: &Snapshot<'_>) -> Self {
        let rows = collection(snapshot, Dataset::RoleDefinitions)
            .map(|it| typed::<Definition<'_>>(it).rows)
            .unwrap_or_default();
        Self(rows.iter().map(|row| (RoleId::new(&row.id), role_id(row))).collect())
    }

    /// The role of a definition id.
    pub(super) fn role(&self, definition: &str) -> RoleId {
        let id = RoleId::new(definition);
        self.0.get(&id).cloned().unwrap_or(id)
    }
}

fn role_id(row: &Definition<'_>) -> RoleId {
    match (&row.template_id, row.is_built_in) {
        (Some(template), Some(true)) if !template.is_empty() => RoleId::new(template),
        _ => RoleId::new(&row.id),
    }
}

/// All role definitions with tier and label.
pub(super) fn roles(snapshot: &Snapshot<'_>) -> Collected<BTreeMap<RoleId, Role>> {
    let found = match collection(snapshot, Dataset::RoleDefinitions) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<Definition<'_>>(found);
    if rows.rows.is_empty() && rows.strange.is_none() && found.gap.is_none() {
        return Collected::Missing(Gap::of(
            Dataset::RoleDefinitions,
            GapKind::ImpossiblyEmpty,
            "Graph returned no role definition, which no tenant is without",
        ));
    }
    let label = labelled(snapshot);
    let roles = rows.rows.iter().map(|row| role(row, &label)).map(|role| (role.id.clone(), role));
    collected(roles.collect(), [found.gap.clone(), rows.strange])
}

/// Roles with the PRIVILEGED label, or why the label is not known.
fn labelled(snapshot: &Snapshot<'_>) -> Result<BTreeSet<RoleId>, Gap> {
    let found = collection(snapshot, Dataset::PrivilegedRoles)?;
    if let Some(gap) = &found.gap {
        return Err(gap.clone());
    }
    let rows = typed::<Definition<'_>>(found);
    // A row that cannot be understood is of a role with the label: without it that role looks plain.
    if let Some(strange) = rows.strange {
        return Err(strange);
    }
    if rows.rows.is_empty() {
        return Err(Gap::of(
            Dataset::PrivilegedRoles,
            GapKind::ImpossiblyEmpty,
            "Graph labels no role PRIVILEGED",
        ));
    }
    Ok(rows
        .rows
        .iter()
        .filter(|row| row.is_privileged != Some(false))
        .flat_map(|row| {
            let template = row.template_id.as_deref().map(RoleId::new);
            [Some(RoleId::new(&row.id)), template].into_iter().flatten()
        })
        .collect())
}

fn role(row: &Definition<'_>, label: &Result<BTreeSet<RoleId>, Gap>) -> Role {
    let id = role_id(row);
    let known = roles::by_id(&id);
    let privileged = match (label, known) {
        (Ok(label), _) => Ok(label.contains(&id)),
        (Err(_), Some(known)) => Ok(known.is_privileged),
        (Err(gap), None) => Err(gap.clone()),
    };
    let (tier, tier_note): (Tier, Option<Arc<str>>) = match (known, label) {
        (Some(known), _) => (known.tier, None),
        (None, Ok(_)) if privileged == Ok(true) => (Tier::High, Some("labelled PRIVILEGED".into())),
        (None, Ok(_)) => (Tier::Standard, None),
        (None, Err(_)) => (
            Tier::High,
            Some("whether it is PRIVILEGED could not be read, so it counts as high".into()),
        ),
    };
    Role {
        name: match row.display_name.as_ref().filter(|name| !name.trim().is_empty()) {
            Some(name) => (**name).into(),
            None => known.map_or_else(|| id.text(), |it| it.display_name.as_str().into()),
        },
        built_in: row.is_built_in.unwrap_or(known.is_some()),
        tier,
        tier_note,
        privileged,
        assignable: known.is_none_or(|known| known.assignable),
        id,
    }
}
