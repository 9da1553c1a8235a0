//! Role definitions with what they allow, and what Microsoft labels PRIVILEGED: roles and actions.

use super::{Text, collected, collection, typed};
use crate::model::{
    Collected, Dataset, Gap, GapKind, Role, RoleAction, RoleId, Tier, definitions, roles,
};
use crate::snapshot::Snapshot;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
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
    #[serde(default)]
    is_enabled: Option<bool>,
    /// As it was sent: in a shape nobody knows it must not cost the rest of its row.
    #[serde(borrow, default)]
    role_permissions: Option<&'a RawValue>,
}

/// One entry of what a role allows.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Permission<'a> {
    #[serde(borrow)]
    allowed_resource_actions: Vec<Text<'a>>,
    #[serde(borrow, default)]
    excluded_resource_actions: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    condition: Option<Text<'a>>,
}

/// An action of the namespace `microsoft.directory`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceAction<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(default)]
    is_privileged: Option<bool>,
}

/// From definition ids, as rows of assignments and policies carry them, to roles.
pub(super) struct RoleIds {
    roles: HashMap<RoleId, RoleId>,
    /// The roles of each name, lower case.
    names: HashMap<String, Vec<RoleId>>,
}

impl RoleIds {
    /// Reads the definitions; an id that none of them has stands for itself.
    pub(super) fn new(snapshot: &Snapshot<'_>) -> Self {
        let rows = collection(snapshot, Dataset::RoleDefinitions)
            .map(|it| typed::<Definition<'_>>(it).rows)
            .unwrap_or_default();
        let mut names: HashMap<String, Vec<RoleId>> = HashMap::new();
        for row in &rows {
            if let Some(name) = &row.display_name {
                names.entry(name.trim().to_lowercase()).or_default().push(role_id(row));
            }
        }
        let roles = rows.iter().map(|row| (RoleId::new(&row.id), role_id(row))).collect();
        Self { roles, names }
    }

    /// The role of a definition id.
    pub(super) fn role(&self, definition: &str) -> RoleId {
        let id = RoleId::new(definition);
        self.roles.get(&id).cloned().unwrap_or(id)
    }

    /// Whether the tenant has a definition of this id.
    pub(super) fn knows(&self, definition: &RoleId) -> bool {
        self.roles.contains_key(definition)
    }

    /// The roles that the tenant calls so.
    pub(super) fn named(&self, name: &str) -> &[RoleId] {
        self.names.get(&name.trim().to_lowercase()).map(Vec::as_slice).unwrap_or_default()
    }
}

fn role_id(row: &Definition<'_>) -> RoleId {
    match (&row.template_id, row.is_built_in) {
        (Some(template), Some(true)) if !template.is_empty() => RoleId::new(template),
        _ => RoleId::new(&row.id),
    }
}

/// All role definitions with tier and label, and why the labels were not read whole.
pub(super) fn roles(snapshot: &Snapshot<'_>) -> (Collected<BTreeMap<RoleId, Role>>, Option<Gap>) {
    let label = labelled(snapshot);
    let roles = definitions_with(snapshot, &label);
    (roles, label.err())
}

fn definitions_with(
    snapshot: &Snapshot<'_>,
    label: &Result<BTreeSet<RoleId>, Gap>,
) -> Collected<BTreeMap<RoleId, Role>> {
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
    let mut words = Words::default();
    let roles = rows
        .rows
        .iter()
        .map(|row| role(row, label, &mut words))
        .map(|role| (role.id.clone(), role));
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

fn role(row: &Definition<'_>, label: &Result<BTreeSet<RoleId>, Gap>, words: &mut Words) -> Role {
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
        enabled: row.is_enabled,
        actions: actions(row, words),
        id,
    }
}

/// Words that come back with many roles, each kept once.
#[derive(Default)]
struct Words(HashSet<Arc<str>>);

impl Words {
    fn kept(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.0.get(word) {
            return Arc::clone(known);
        }
        let word: Arc<str> = word.into();
        self.0.insert(Arc::clone(&word));
        word
    }
}

/// What a role allows. That nothing of it came is not that it allows nothing.
fn actions(row: &Definition<'_>, words: &mut Words) -> Result<Arc<[RoleAction]>, Gap> {
    let Some(sent) = row.role_permissions else {
        return Err(Gap::of(
            Dataset::RoleDefinitions,
            GapKind::Incomplete,
            "what the role allows (rolePermissions) did not come back",
        ));
    };
    let strange = |cause: &str| {
        let detail = format!("what the role allows (rolePermissions) does not fit: {cause}");
        Gap::unreadable(Dataset::RoleDefinitions, detail)
    };
    let entries: Vec<Permission<'_>> =
        serde_json::from_str(sent.get()).map_err(|error| strange(&error.to_string()))?;
    let mut all = Vec::new();
    for entry in &entries {
        let condition = entry.condition.as_deref().map(str::trim).filter(|it| !it.is_empty());
        let condition = condition.map(|it| words.kept(it));
        let excluded = entry.excluded_resource_actions.as_deref().unwrap_or_default();
        let allowed = entry.allowed_resource_actions.iter().map(|name| (name, false));
        for (name, excluded) in allowed.chain(excluded.iter().map(|name| (name, true))) {
            let name = name.trim();
            if name.is_empty() {
                return Err(strange("an action without a name"));
            }
            let condition = condition.clone();
            all.push(RoleAction { name: words.kept(name), excluded, condition });
        }
    }
    Ok(definitions::actions(all))
}

/// Names, lower case, of the actions that Microsoft labels PRIVILEGED. Only the directory's own
/// namespace has the label.
pub(super) fn privileged_actions(snapshot: &Snapshot<'_>) -> Collected<BTreeSet<Arc<str>>> {
    let found = match collection(snapshot, Dataset::PrivilegedActions) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<ResourceAction<'_>>(found);
    let unnamed = rows.rows.iter().any(|row| row.name.trim().is_empty()).then(|| {
        Gap::unreadable(Dataset::PrivilegedActions, "a privileged action came without its name")
    });
    // Where the filter was not heeded, plain actions came as well.
    let names: BTreeSet<Arc<str>> = rows
        .rows
        .iter()
        .filter(|row| row.is_privileged != Some(false))
        .map(|row| row.name.trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty())
        .map(Into::into)
        .collect();
    let strange = rows.strange.or(unnamed);
    if names.is_empty() && strange.is_none() && found.gap.is_none() {
        return Collected::Missing(Gap::of(
            Dataset::PrivilegedActions,
            GapKind::ImpossiblyEmpty,
            "Graph labels no action PRIVILEGED",
        ));
    }
    collected(names, [found.gap.clone(), strange])
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cut, denied, load, text, whole};
    use super::*;

    const OWN: &str = "aaaaaaaa-0001-4000-8000-000000000001";

    /// The custom role `OWN` with these further properties.
    fn own(properties: &str) -> String {
        let row = format!(r#"{{"id":"{OWN}","displayName":"Own","isBuiltIn":false{properties}}}"#);
        whole(Dataset::RoleDefinitions, None, &row)
    }

    fn role_of(properties: &str) -> Role {
        let text = text(&[own(properties)]);
        let (roles, _) = roles(&load(&text));
        roles.complete().unwrap()[&RoleId::new(OWN)].clone()
    }

    #[test]
    fn what_a_role_allows_is_read_as_a_set() {
        for (sent, expected) in [
            ("[]", vec![]),
            (r#"[{"allowedResourceActions":[]}]"#, vec![]),
            (
                r#"[{"allowedResourceActions":["x/b","x/a","X/A"],"condition":null}]"#,
                vec!["X/A", "x/b"],
            ),
            (
                r#"[{"allowedResourceActions":["x/a"]},
                    {"allowedResourceActions":[" x/a ","x/b"],"condition":" $SubjectIsOwner "}]"#,
                vec!["x/a", "x/a where $SubjectIsOwner", "x/b where $SubjectIsOwner"],
            ),
            (
                r#"[{"allowedResourceActions":["x/a"],"excludedResourceActions":["x/b"]}]"#,
                vec!["x/a", "not x/b"],
            ),
            (
                r#"[{"allowedResourceActions":["x/\u0061"],"excludedResourceActions":null}]"#,
                vec!["x/a"],
            ),
        ] {
            let role = role_of(&format!(r#","rolePermissions":{sent}"#));
            let found: Vec<String> =
                role.actions.unwrap().iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{sent}");
        }
    }

    #[test]
    fn what_did_not_come_is_no_empty_list_and_costs_the_role_alone() {
        for (properties, expected) in [
            ("", GapKind::Incomplete),
            (r#","rolePermissions":null"#, GapKind::Incomplete),
            (r#","rolePermissions":{}"#, GapKind::Unreadable),
            (r#","rolePermissions":"all""#, GapKind::Unreadable),
            (r#","rolePermissions":[null]"#, GapKind::Unreadable),
            (r#","rolePermissions":[{}]"#, GapKind::Unreadable),
            (r#","rolePermissions":[{"allowedResourceActions":null}]"#, GapKind::Unreadable),
            (r#","rolePermissions":[{"allowedResourceActions":[7]}]"#, GapKind::Unreadable),
            (r#","rolePermissions":[{"allowedResourceActions":[" "]}]"#, GapKind::Unreadable),
        ] {
            // `role_of` takes a whole list only.
            let gap = role_of(properties).actions.unwrap_err();
            assert_eq!(gap.kind, expected, "{properties}");
            assert_eq!(gap.dataset, Some(Dataset::RoleDefinitions), "{properties}");
        }
    }

    #[test]
    fn whether_a_role_is_enabled_is_what_graph_said() {
        for (properties, expected) in [
            (r#","isEnabled":true"#, Some(true)),
            (r#","isEnabled":false"#, Some(false)),
            (r#","isEnabled":null"#, None),
            ("", None),
        ] {
            assert_eq!(role_of(properties).enabled, expected, "{properties}");
        }
    }

    #[test]
    fn labels_that_were_not_read_whole_say_why() {
        let labels = Dataset::PrivilegedRoles;
        let row = format!(r#"{{"id":"{OWN}","isPrivileged":true}}"#);
        for (collection, expected) in [
            (Some(whole(labels, None, &row)), None),
            (Some(cut(labels, None, &row)), Some(GapKind::Incomplete)),
            (Some(denied(labels, None)), Some(GapKind::PermissionDenied)),
            (Some(whole(labels, None, "")), Some(GapKind::ImpossiblyEmpty)),
            (None, Some(GapKind::NotRequested)),
        ] {
            let all: Vec<String> = [Some(own("")), collection].into_iter().flatten().collect();
            let text = text(&all);
            let (roles, gap) = roles(&load(&text));
            assert_eq!(gap.map(|gap| gap.kind), expected, "{all:?}");
            let label = roles.complete().unwrap()[&RoleId::new(OWN)].privileged.clone();
            assert_eq!(label.is_ok(), expected.is_none(), "{all:?}");
        }
    }

    #[test]
    fn the_privileged_actions_are_named_in_lower_case() {
        let list = Dataset::PrivilegedActions;
        let privileged =
            r#"{"name":"microsoft.directory/users/password/update","isPrivileged":true}"#;
        let capitals = r#"{"name":"microsoft.directory/Applications/CREATE"}"#;
        let plain = r#"{"name":"microsoft.directory/users/basic/read","isPrivileged":false}"#;
        let (password, create) = (
            "microsoft.directory/users/password/update",
            "microsoft.directory/applications/create",
        );
        let all = format!("{privileged},{capitals},{plain}");
        for (collection, names, gap) in [
            (Some(whole(list, None, &all)), vec![create, password], None),
            (Some(cut(list, None, privileged)), vec![password], Some(GapKind::Incomplete)),
            (
                Some(whole(list, None, &format!("{privileged},{{\"name\":7}}"))),
                vec![password],
                Some(GapKind::Unreadable),
            ),
            (
                Some(whole(list, None, &format!("{privileged},{{\"name\":\"\"}}"))),
                vec![password],
                Some(GapKind::Unreadable),
            ),
            (Some(whole(list, None, plain)), vec![], Some(GapKind::ImpossiblyEmpty)),
            (Some(whole(list, None, "")), vec![], Some(GapKind::ImpossiblyEmpty)),
            (Some(denied(list, None)), vec![], Some(GapKind::PermissionDenied)),
            (None, vec![], Some(GapKind::NotRequested)),
        ] {
            let text = text(&collection.clone().into_iter().collect::<Vec<_>>());
            let found = privileged_actions(&load(&text));
            assert_eq!(found.gap().map(|gap| gap.kind), gap, "{collection:?}");
            let known: Vec<&str> =
                found.at_least().into_iter().flatten().map(|name| &**name).collect();
            assert_eq!(known, names, "{collection:?}");
        }
    }
}
