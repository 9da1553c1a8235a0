//! What the attributes of a plan refer to: resources whose ids are known only after the change.

use crate::precheck::names::PLANNED;
use crate::precheck::object::Node;

/// Stands for the id of what is made by the resource at an address.
pub(super) fn planned(address: &str) -> String {
    format!("{PLANNED}{}", without_index(address))
}

/// The address without `[0]` and `["key"]`.
fn without_index(address: &str) -> String {
    let mut plain = String::new();
    let (mut depth, mut quoted) = (0_usize, false);
    for character in address.chars() {
        match character {
            '"' if depth > 0 => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            other if depth == 0 => plain.push(other),
            _ => {}
        }
    }
    plain
}

/// The resource that an attribute refers to, by the configuration in the plan.
pub(super) fn reference(root: &Node<'_>, address: &str, attribute: &str) -> Option<String> {
    let plain = without_index(address);
    let mut module = root.get("configuration")?.get("root_module")?;
    let mut prefix = String::new();
    let mut rest = plain.as_str();
    while let Some(inner) = rest.strip_prefix("module.") {
        let (name, after) = inner.split_once('.')?;
        module = module.get("module_calls")?.get(name)?.get("module")?;
        prefix.push_str(&format!("module.{name}."));
        rest = after;
    }
    let resources = module.get("resources")?.list().ok()?;
    let own = resources.iter().find(|it| it.value.get("address").is_some_and(|it| it == rest))?;
    let references = own.get("expressions")?.get(attribute)?.get("references")?.list().ok()?;
    let names = references.iter().filter_map(|it| it.value.as_str());
    let mut names = names.filter(|name| {
        let outside = ["data.", "var.", "local.", "module.", "each.", "count."];
        !outside.iter().any(|it| name.starts_with(it)) && name.split('.').count() >= 2
    });
    let name = without_index(names.next()?);
    let mut parts = name.split('.');
    Some(format!("{prefix}{}.{}", parts.next()?, parts.next()?))
}

/// The template of the role with this object id, by what the plan read or plans.
pub(super) fn template_of(root: &Node<'_>, object: &str) -> Option<String> {
    let mut modules = Vec::new();
    modules.extend(root.get("prior_state").and_then(|it| it.get("values")?.get("root_module")));
    modules.extend(root.get("planned_values").and_then(|it| it.get("root_module")));
    while let Some(module) = modules.pop() {
        for resource in module.get("resources").and_then(|it| it.list().ok()).unwrap_or_default() {
            let text = |name: &str| resource.get("values")?.value.get(name)?.as_str();
            let is_it = |name: &str| text(name).is_some_and(|it| it.eq_ignore_ascii_case(object));
            if (is_it("object_id") || is_it("id"))
                && let Some(template) = text("template_id")
            {
                return Some(template.to_owned());
            }
        }
        let children = module.get("child_modules").and_then(|it| it.list().ok());
        modules.extend(children.unwrap_or_default());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_its_indexes() {
        for (address, expected) in [
            ("azuread_group.x", "azuread_group.x"),
            ("azuread_group.x[0]", "azuread_group.x"),
            ("module.a[\"b]c\"].azuread_group.x[\"k\"]", "module.a.azuread_group.x"),
            ("", ""),
        ] {
            assert_eq!(without_index(address), expected);
        }
    }
}
