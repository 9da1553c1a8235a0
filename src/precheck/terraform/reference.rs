//! What the attributes of a plan refer to: resources whose ids are known only after the change.

use crate::precheck::names::PLANNED;
use crate::precheck::object::Node;
use serde_json::Value;

/// Stands for the id of what is made by the resource at an address. Each instance has its own: the
/// groups of one `for_each` are as different as any others.
pub(super) fn planned(address: &str) -> String {
    format!("{PLANNED}{address}")
}

/// What an attribute refers to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Referred {
    /// To the resource at this address.
    To(String),
    /// To one of several: their address without what tells them apart, or all their addresses.
    ToOneOf(String),
    /// Nobody can tell.
    Unknown,
}

/// The parts of an address between dots: `module`, `a["b.c"]`.
fn parts(address: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut depth, mut quoted, mut escaped, mut start) = (0_usize, false, false, 0);
    for (place, character) in address.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match character {
            '\\' if quoted => escaped = true,
            '"' if depth > 0 => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            '.' if depth == 0 => {
                found.push(&address[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    found.push(&address[start..]);
    found
}

/// A part of an address and its index: `x["k"]` is `x` and `["k"]`.
fn split_index(part: &str) -> (&str, &str) {
    part.find('[').map_or((part, ""), |place| part.split_at(place))
}

/// Where a resource stands.
struct Standing<'a> {
    /// Its module with the indexes, ending with a dot; empty for the root.
    prefix: &'a str,
    /// Names of the modules it stands in, from the root on.
    modules: Vec<&'a str>,
    /// Its type and name.
    kind: &'a str,
    name: &'a str,
    /// Which of several it is: `["k"]`.
    index: &'a str,
}

fn standing(address: &str) -> Option<Standing<'_>> {
    let parts = parts(address);
    let mut modules = Vec::new();
    let (mut length, mut rest) = (0, parts.as_slice());
    while let ["module", name, inner @ ..] = rest {
        modules.push(split_index(name).0);
        length += "module.".len() + name.len() + 1;
        rest = inner;
    }
    let &[kind, own] = rest else { return None };
    let (name, index) = split_index(own);
    Some(Standing { prefix: &address[..length], modules, kind, name, index })
}

/// The expressions of a resource in the configuration of the plan.
fn expressions<'v>(root: &Node<'v>, at: &Standing<'_>) -> Option<Node<'v>> {
    let mut module = root.get("configuration")?.get("root_module")?;
    for name in &at.modules {
        module = module.get("module_calls")?.get(name)?.get("module")?;
    }
    let address = format!("{}.{}", at.kind, at.name);
    let resources = module.get("resources")?.list().ok()?;
    let own = resources.iter().find(|it| it.value.get("address").is_some_and(|it| *it == *address));
    own?.get("expressions")
}

/// Whether the configuration states an attribute; `None` where the plan holds no configuration.
pub(super) fn is_stated(root: &Node<'_>, address: &str, attribute: &str) -> Option<bool> {
    let expressions = expressions(root, &standing(address)?)?;
    Some(expressions.get(attribute).is_some())
}

/// The resource that an attribute refers to, by the configuration in the plan.
pub(super) fn reference(root: &Node<'_>, address: &str, attribute: &str) -> Referred {
    let Some(at) = standing(address) else { return Referred::Unknown };
    let stated = expressions(root, &at).and_then(|it| it.get(attribute)?.get("references"));
    let Some(references) = stated.and_then(|it| it.list().ok()) else {
        return Referred::Unknown;
    };
    // A reference comes with each of its beginnings; of one resource the longest tells which.
    let mut found: Vec<(String, &str)> = Vec::new();
    let (mut by_own_key, mut beside) = (false, false);
    for text in references.iter().filter_map(|it| it.value.as_str()) {
        let parts = parts(text);
        match parts.as_slice() {
            ["each", "key"] | ["count", "index"] => by_own_key = true,
            [
                "each" | "count" | "data" | "var" | "local" | "module" | "path" | "self"
                | "terraform",
                ..,
            ] => {
                beside = true;
            }
            [kind, own, ..] => {
                let (name, index) = split_index(own);
                let plain = format!("{kind}.{name}");
                let known = found.iter_mut().find(|(it, of)| {
                    *it == plain && (of.is_empty() || index.is_empty() || *of == index)
                });
                match known {
                    Some((_, of)) if of.is_empty() => *of = index,
                    Some(_) => {}
                    None => found.push((plain, index)),
                }
            }
            _ => beside = true,
        }
    }
    let prefix = at.prefix;
    match found.as_slice() {
        [] => Referred::Unknown,
        [(plain, index)] if !index.is_empty() => Referred::To(format!("{prefix}{plain}{index}")),
        [(plain, _)] => {
            let own_key = at.index;
            let key = (by_own_key && !beside && !own_key.is_empty()).then_some(own_key);
            one_of(root, &format!("{prefix}{plain}"), key)
        }
        several => {
            let all: Vec<String> =
                several.iter().map(|(plain, index)| format!("{prefix}{plain}{index}")).collect();
            Referred::ToOneOf(all.join(", "))
        }
    }
}

/// Which of the instances that the plan makes a reference without an index means: the only one, or
/// the one with the key that the resource itself has.
fn one_of(root: &Node<'_>, plain: &str, key: Option<&str>) -> Referred {
    let made = instances(root, plain);
    let same = key.map(|key| format!("{plain}{key}"));
    if let Some(same) = same.filter(|same| made.contains(same)) {
        return Referred::To(same);
    }
    match made.as_slice() {
        [] => Referred::To(plain.to_owned()),
        [one] => Referred::To(one.clone()),
        _ => Referred::ToOneOf(plain.to_owned()),
    }
}

/// Addresses of what the plan makes of one resource.
fn instances(root: &Node<'_>, plain: &str) -> Vec<String> {
    let changes = root.value.get("resource_changes").and_then(Value::as_array);
    let mut found: Vec<String> = Vec::new();
    for change in changes.into_iter().flatten() {
        let Some(address) = change.get("address").and_then(Value::as_str) else { continue };
        let index = address.strip_prefix(plain);
        if index.is_some_and(|it| it.is_empty() || it.starts_with('[')) && is_made(change) {
            found.push(address.to_owned());
        }
    }
    found
}

fn is_made(change: &Value) -> bool {
    let actions = change.get("change").and_then(|it| it.get("actions")?.as_array());
    actions.is_some_and(|all| all.iter().any(|it| it == "create"))
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
    use serde_json::json;

    #[test]
    fn an_address_is_taken_apart_at_its_dots_only() {
        for (address, prefix, kind, name, index) in [
            ("azuread_group.x", "", "azuread_group", "x", ""),
            ("azuread_group.x[0]", "", "azuread_group", "x", "[0]"),
            (
                "module.a[\"b].c\"].module.d.azuread_group.x[\"k.\\\"l\"]",
                "module.a[\"b].c\"].module.d.",
                "azuread_group",
                "x",
                "[\"k.\\\"l\"]",
            ),
        ] {
            let found = standing(address).unwrap();
            assert_eq!(
                (found.prefix, found.kind, found.name, found.index),
                (prefix, kind, name, index)
            );
        }
        for odd in ["", "x", "module.a", "module.a.b", "a.b.c"] {
            assert!(standing(odd).is_none(), "{odd}");
        }
    }

    /// A plan that makes groups and one assignment, which refers to what is given.
    fn plan(address: &str, groups: &[&str], references: &Value) -> Value {
        let made =
            groups.iter().map(|group| json!({"address": group, "change": {"actions": ["create"]}}));
        let changes: Vec<Value> = made.collect();
        let resources = json!([{"address": "azuread_directory_role_assignment.x",
            "expressions": {"principal_object_id": {"references": references}}}]);
        let module = json!({"resources": resources, "module_calls": {}});
        let root = if address.starts_with("module.") {
            json!({"module_calls": {"m": {"module": module}}})
        } else {
            module
        };
        json!({"resource_changes": changes, "configuration": {"root_module": root}})
    }

    #[test]
    fn a_reference_leads_to_one_instance_or_is_said_to_be_open() {
        let own = "azuread_directory_role_assignment.x";
        let keyed = "azuread_directory_role_assignment.x[\"a\"]";
        let in_module = "module.m[\"a\"].azuread_directory_role_assignment.x";
        let (a, b) = ("azuread_group.g[\"a\"]", "azuread_group.g[\"b\"]");
        let to = |address: &str| Referred::To(address.to_owned());
        let one_of = |address: &str| Referred::ToOneOf(address.to_owned());
        for (address, groups, references, expected) in [
            // The index that the expression states.
            (
                own,
                vec![a, b],
                json!(["azuread_group.g[\"b\"].object_id", b, "azuread_group.g"]),
                to(b),
            ),
            (own, vec![a, b], json!(["azuread_group.g", b, "azuread_group.g[\"b\"].id"]), to(b)),
            // None, and one instance or several.
            (own, vec!["azuread_group.g[0]"], json!(["azuread_group.g"]), to("azuread_group.g[0]")),
            (own, vec!["azuread_group.g"], json!(["azuread_group.g.id"]), to("azuread_group.g")),
            (own, vec![], json!(["azuread_group.g"]), to("azuread_group.g")),
            (own, vec![a, b], json!(["azuread_group.g"]), one_of("azuread_group.g")),
            (own, vec![a, "azuread_group.gg[\"b\"]"], json!(["azuread_group.g", "var.key"]), to(a)),
            // The key of the resource itself, and nothing beside it.
            (keyed, vec![a, b], json!(["azuread_group.g", "each.key"]), to(a)),
            (
                keyed,
                vec![a, b],
                json!(["azuread_group.g", "each.key", "local.map"]),
                one_of("azuread_group.g"),
            ),
            (
                keyed,
                vec![a, b],
                json!(["azuread_group.g", "each.value"]),
                one_of("azuread_group.g"),
            ),
            (
                keyed,
                vec![b, "azuread_group.g[\"c\"]"],
                json!(["azuread_group.g", "each.key"]),
                one_of("azuread_group.g"),
            ),
            // Several resources, or several instances of one.
            (
                own,
                vec!["azuread_group.g", "azuread_group.h"],
                json!(["var.x", "azuread_group.g.id", "azuread_group.g", "azuread_group.h"]),
                one_of("azuread_group.g, azuread_group.h"),
            ),
            (
                own,
                vec![a, b],
                json!([a, b, "azuread_group.g"]),
                one_of("azuread_group.g[\"a\"], azuread_group.g[\"b\"]"),
            ),
            // Another module instance has other groups.
            (
                in_module,
                vec!["module.m[\"a\"].azuread_group.g[0]", "module.m[\"b\"].azuread_group.g[0]"],
                json!(["azuread_group.g"]),
                to("module.m[\"a\"].azuread_group.g[0]"),
            ),
            (own, vec![a], json!(["data.azuread_group.g.id", "module.n.id"]), Referred::Unknown),
            (own, vec![a], json!([]), Referred::Unknown),
            (own, vec![a], json!("azuread_group.g"), Referred::Unknown),
        ] {
            let plan = plan(address, &groups, &references);
            let found = reference(&Node::new(&plan, ""), address, "principal_object_id");
            assert_eq!(found, expected, "{address} {groups:?} {references}");
        }
    }

    #[test]
    fn what_the_configuration_does_not_state_is_told_from_what_is_not_there() {
        let address = "azuread_directory_role_assignment.x";
        let plan = plan(address, &[], &json!([]));
        let root = Node::new(&plan, "");
        assert_eq!(is_stated(&root, address, "principal_object_id"), Some(true));
        assert_eq!(is_stated(&root, address, "directory_scope_id"), Some(false));
        assert_eq!(is_stated(&root, "azuread_group.y", "directory_scope_id"), None);
        assert_eq!(is_stated(&Node::new(&json!({}), ""), address, "directory_scope_id"), None);
    }
}
