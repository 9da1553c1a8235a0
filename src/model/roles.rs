//! The built-in directory roles, by template id.
//!
//! From `roles.json`; names are for people and for baselines, never for matching data.

use super::{RoleId, Tier};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Global Administrator.
pub const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
/// Privileged Role Administrator.
pub const PRIVILEGED_ROLE_ADMINISTRATOR: &str = "e8611ab8-c189-46e8-94e1-60213ab1f814";

/// One built-in role.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuiltInRole {
    /// Template id, lower case.
    pub template_id: String,
    /// Name in the documentation.
    pub display_name: String,
    /// Name Graph answers with, where it differs.
    #[serde(default)]
    pub graph_display_name: Option<String>,
    /// Other names people use.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Microsoft's PRIVILEGED label.
    pub is_privileged: bool,
    /// False for roles that cannot be assigned.
    pub assignable: bool,
    /// One of CISA SCuBA's eight highly privileged roles.
    pub scuba_highly_privileged: bool,
    /// Tier by weight.
    pub tier: Tier,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[expect(dead_code, reason = "read so that an unknown layout is refused")]
    format: u32,
    #[expect(dead_code, reason = "for the reader of the file")]
    source: String,
    roles: Vec<BuiltInRole>,
}

static ROLES: LazyLock<Vec<BuiltInRole>> = LazyLock::new(|| {
    let file: File = serde_json::from_str(include_str!("roles.json"))
        .expect("roles.json is part of the program and read by a test");
    file.roles
});

static BY_ID: LazyLock<HashMap<RoleId, &'static BuiltInRole>> =
    LazyLock::new(|| ROLES.iter().map(|role| (RoleId::new(&role.template_id), role)).collect());

/// Every built-in role this version knows.
pub fn built_in() -> &'static [BuiltInRole] {
    &ROLES
}

/// The built-in role with this template id.
pub fn by_id(id: &RoleId) -> Option<&'static BuiltInRole> {
    BY_ID.get(id).copied()
}

/// The built-in role of this name, alias or template id, without regard to casing.
pub fn by_name(name: &str) -> Option<&'static BuiltInRole> {
    let name = name.trim();
    let is = |other: &str| other.eq_ignore_ascii_case(name);
    ROLES.iter().find(|role| is(&role.template_id) || is(&role.display_name)).or_else(|| {
        ROLES.iter().find(|role| {
            role.graph_display_name.as_deref().is_some_and(is)
                || role.aliases.iter().any(|alias| is(alias))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_is_found_by_its_name_and_its_id() {
        assert!(built_in().len() > 140);
        for role in built_in() {
            let id = RoleId::new(&role.template_id);
            assert_eq!(id.to_string(), role.template_id, "template ids are lower case");
            assert_eq!(by_id(&id).map(|found| &found.display_name), Some(&role.display_name));
            assert_eq!(
                by_name(&role.display_name.to_uppercase()).map(|r| &r.template_id),
                Some(&role.template_id)
            );
        }
    }

    #[test]
    fn the_named_constants_are_what_they_say() {
        let name = |id: &str| by_id(&RoleId::new(id)).map(|role| role.display_name.as_str());
        assert_eq!(name(GLOBAL_ADMINISTRATOR), Some("Global Administrator"));
        assert_eq!(name(PRIVILEGED_ROLE_ADMINISTRATOR), Some("Privileged Role Administrator"));
    }
}
