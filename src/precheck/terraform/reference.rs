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

/// A module in the configuration of the plan, by the names of the modules it stands in.
fn module<'v>(root: &Node<'v>, names: &[&str]) -> Option<Node<'v>> {
    let mut module = root.get("configuration")?.get("root_module")?;
    for name in names {
        module = module.get("module_calls")?.get(name)?.get("module")?;
    }
    Some(module)
}

/// The expressions of a resource in the configuration of the plan.
fn expressions<'v>(root: &Node<'v>, at: &Standing<'_>) -> Option<Node<'v>> {
    let module = module(root, &at.modules)?;
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

/// Types of resources that are somebody, who has an id of an own.
const PERSONS: [&str; 4] = [
    "azuread_user",
    "azuread_invitation",
    "azuread_service_principal",
    "azurerm_user_assigned_identity",
];

/// True for what stands for the id of somebody whom the plan makes: no group, and not just anybody.
pub(in crate::precheck) fn is_of_a_person(id: &str) -> bool {
    let at = id.strip_prefix(PLANNED).and_then(standing);
    at.is_some_and(|at| PERSONS.contains(&at.kind))
}

/// What references lead to: a resource with its module, and the index that the expression states.
#[derive(PartialEq, Eq)]
struct Led {
    plain: String,
    index: String,
}

/// More modules within each other are not followed.
const DEEPEST: usize = 16;
/// More references than this are not followed.
const MOST_FOLLOWED: usize = 1000;

/// The resource that an attribute refers to, by the configuration in the plan; through outputs and
/// inputs of modules where it refers to those alone.
pub(super) fn reference(root: &Node<'_>, address: &str, attribute: &str) -> Referred {
    let Some(at) = standing(address) else { return Referred::Unknown };
    let stated = expressions(root, &at).and_then(|it| it.get(attribute)?.get("references"));
    let Some(references) = texts(stated) else { return Referred::Unknown };
    let Direct { found: own, by_own_key, is_open } = direct(at.prefix, &references);
    if !own.is_empty() && is_open {
        return Referred::Unknown;
    }
    let (found, key) = if own.is_empty() {
        let mut left = MOST_FOLLOWED;
        (through_modules(root, at.prefix, &references, DEEPEST, &mut left), None)
    } else {
        (own, Some(at.index).filter(|index| by_own_key && !index.is_empty()))
    };
    match found.as_slice() {
        [] => Referred::Unknown,
        [led] if !led.index.is_empty() => Referred::To(format!("{}{}", led.plain, led.index)),
        [led] => one_of(root, &led.plain, key),
        several => {
            let all: Vec<String> =
                several.iter().map(|led| format!("{}{}", led.plain, led.index)).collect();
            Referred::ToOneOf(all.join(", "))
        }
    }
}

/// The texts of a list of references.
fn texts<'v>(references: Option<Node<'v>>) -> Option<Vec<&'v str>> {
    let list = references?.list().ok()?;
    Some(list.iter().filter_map(|it| it.value.as_str()).collect())
}

/// What references name in their own module.
struct Direct {
    /// The resources.
    found: Vec<Led>,
    /// The key of the resource itself tells which.
    by_own_key: bool,
    /// It may be something else: what was read, or what another module gives.
    is_open: bool,
}

/// True for a resource with an attribute behind it, such as `azuread_group.g.object_id`.
fn is_attribute(parts: &[&str]) -> bool {
    match parts {
        [
            "data" | "module" | "each" | "count" | "var" | "local" | "path" | "self" | "terraform",
            ..,
        ] => false,
        [_, _, _, ..] => true,
        _ => false,
    }
}

fn direct(prefix: &str, references: &[&str]) -> Direct {
    // A reference comes with each of its beginnings; of one resource the longest tells which.
    let mut found: Vec<Led> = Vec::new();
    let (mut by_own_key, mut beside, mut is_open) = (false, false, false);
    let has_attribute = references.iter().any(|text| is_attribute(&parts(text)));
    for text in references {
        let parts = parts(text);
        match parts.as_slice() {
            ["each", "key"] | ["count", "index"] => by_own_key = true,
            ["data" | "module", ..] => (beside, is_open) = (true, true),
            // Beside a whole attribute they are another answer, else only the index of the resource.
            ["local", ..] | ["each", "value", ..] => {
                (beside, is_open) = (true, is_open || has_attribute)
            }
            ["var", ..] if !prefix.is_empty() => {
                (beside, is_open) = (true, is_open || has_attribute);
            }
            ["each" | "count" | "var" | "path" | "self" | "terraform", ..] => {
                beside = true;
            }
            [kind, own, ..] => {
                let (name, index) = split_index(own);
                let plain = format!("{prefix}{kind}.{name}");
                let known = found.iter_mut().find(|it| {
                    it.plain == plain
                        && (it.index.is_empty() || index.is_empty() || it.index == index)
                });
                match known {
                    Some(led) if led.index.is_empty() => led.index = index.to_owned(),
                    Some(_) => {}
                    None => found.push(Led { plain, index: index.to_owned() }),
                }
            }
            _ => beside = true,
        }
    }
    Direct { found, by_own_key: by_own_key && !beside, is_open }
}

/// The resources behind outputs of modules within this one, and behind what its caller gives it.
/// Where one of them cannot be followed, nobody can tell what comes of all.
fn through_modules(
    root: &Node<'_>,
    prefix: &str,
    references: &[&str],
    deepest: usize,
    left: &mut usize,
) -> Vec<Led> {
    let mut found: Vec<Led> = Vec::new();
    for text in references {
        let Some(rest) = left.checked_sub(1) else { return Vec::new() };
        *left = rest;
        let parts = parts(text);
        let next = match parts.as_slice() {
            ["module", call, output, ..] => output_of(root, prefix, call, output),
            ["var", name, ..] if !prefix.is_empty() => given(root, prefix, name),
            // The beginnings of a reference come beside it, and say no more.
            ["module", _] | ["each" | "count", ..] => continue,
            _ => None,
        };
        let Some((prefix, references)) = next.filter(|_| deepest > 0) else { return Vec::new() };
        let Direct { found: direct, is_open, .. } = direct(&prefix, &references);
        let behind = match (direct.is_empty(), is_open) {
            (true, _) => through_modules(root, &prefix, &references, deepest - 1, left),
            (false, true) => return Vec::new(),
            (false, false) => direct,
        };
        if behind.is_empty() {
            return behind;
        }
        for led in behind {
            if !found.contains(&led) {
                found.push(led);
            }
        }
    }
    found
}

/// Where references are written, and the references.
type Written<'v> = (String, Vec<&'v str>);

/// What an output of a module refers to, from within it.
fn output_of<'v>(root: &Node<'v>, prefix: &str, call: &str, output: &str) -> Option<Written<'v>> {
    let mut names = modules_of(prefix);
    names.push(split_index(call).0);
    let outputs = module(root, &names)?.get("outputs")?;
    let expression = outputs.get(split_index(output).0)?.get("expression")?;
    Some((format!("{prefix}module.{call}."), texts(expression.get("references"))?))
}

/// What the caller of a module gives it under a name, from where it is called.
fn given<'v>(root: &Node<'v>, prefix: &str, name: &str) -> Option<Written<'v>> {
    let names = modules_of(prefix);
    let (own, above) = names.split_last()?;
    let call = module(root, above)?.get("module_calls")?.get(own)?;
    let expression = call.get("expressions")?.get(split_index(name).0)?;
    let all = parts(prefix.trim_end_matches('.'));
    let above_it = all.get(..all.len().checked_sub(2)?)?;
    let of_caller: String = above_it.iter().map(|part| format!("{part}.")).collect();
    Some((of_caller, texts(expression.get("references"))?))
}

/// The names of the modules in a prefix, from the root on.
fn modules_of(prefix: &str) -> Vec<&str> {
    let parts = parts(prefix.trim_end_matches('.'));
    parts.chunks(2).filter_map(|pair| Some(split_index(pair.get(1)?).0)).collect()
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
            // One of the two, and nobody can tell which.
            (
                own,
                vec![a],
                json!(["var.x", "azuread_group.g.id", "data.azuread_user.x.id"]),
                Referred::Unknown,
            ),
            (own, vec![a], json!(["azuread_group.g.id", "module.n.id"]), Referred::Unknown),
            // Another module instance has other groups.
            (
                in_module,
                vec!["module.m[\"a\"].azuread_group.g[0]", "module.m[\"b\"].azuread_group.g[0]"],
                json!(["azuread_group.g"]),
                to("module.m[\"a\"].azuread_group.g[0]"),
            ),
            (own, vec![a], json!(["data.azuread_group.g.id", "module.n.id"]), Referred::Unknown),
            // One of two answers, of which only the group stands in the plan.
            (
                own,
                vec![a],
                json!(["azuread_group.g.id", "azuread_group.g", "local.x"]),
                Referred::Unknown,
            ),
            (
                own,
                vec![a],
                json!(["azuread_group.g.id", "azuread_group.g", "each.value"]),
                Referred::Unknown,
            ),
            // The index of the group.
            (own, vec![a], json!(["azuread_group.g", "local.x"]), to(a)),
            (own, vec![a], json!([]), Referred::Unknown),
            (own, vec![a], json!("azuread_group.g"), Referred::Unknown),
        ] {
            let plan = plan(address, &groups, &references);
            let found = reference(&Node::new(&plan, ""), address, "principal_object_id");
            assert_eq!(found, expected, "{address} {groups:?} {references}");
        }
    }

    #[test]
    fn a_reference_is_followed_through_outputs_and_inputs_of_modules() {
        let own = "azuread_directory_role_assignment.x";
        let within = "module.assign.azuread_directory_role_assignment.x";
        let made = "module.admins.azuread_group.this[0]";
        let to = |address: &str| Referred::To(address.to_owned());
        let by_output = json!(["module.admins.id", "module.admins"]);
        let of_group = json!([
            "azuread_group.this[0].object_id",
            "azuread_group.this[0]",
            "azuread_group.this"
        ]);
        let deeper = json!(["module.inner.id", "module.inner"]);
        for (address, references, given, output, groups, expected) in [
            (own, by_output.clone(), json!([]), of_group.clone(), vec![made], to(made)),
            (
                own,
                by_output.clone(),
                json!([]),
                json!(["azuread_group.this"]),
                vec![made],
                to(made),
            ),
            (
                own,
                by_output.clone(),
                json!([]),
                json!(["azuread_group.this"]),
                vec![made, "module.admins.azuread_group.this[1]"],
                Referred::ToOneOf("module.admins.azuread_group.this".to_owned()),
            ),
            // The module of the assignment is given the output of another one.
            (within, json!(["var.who"]), by_output.clone(), of_group.clone(), vec![made], to(made)),
            // A module within the module.
            (
                own,
                by_output.clone(),
                json!([]),
                deeper,
                vec![],
                to("module.admins.module.inner.azuread_group.g"),
            ),
            // Which instance of a module it is, or what stands in a local, is not told.
            (own, json!(["module.admins", "each.key"]), json!([]), of_group, vec![made], {
                Referred::Unknown
            }),
            (own, by_output.clone(), json!([]), json!(["local.id"]), vec![made], Referred::Unknown),
            (own, json!(["module.admins.other"]), json!([]), json!([]), vec![], Referred::Unknown),
            (own, json!(["var.who"]), json!([]), json!([]), vec![made], Referred::Unknown),
            (
                own,
                by_output.clone(),
                json!([]),
                json!(["azuread_group.this", "data.azuread_user.x.id"]),
                vec![made],
                Referred::Unknown,
            ),
            // Part of what it depends on cannot be followed.
            (
                own,
                json!(["module.admins.id", "module.admins", "local.other"]),
                json!([]),
                json!(["azuread_group.this"]),
                vec![made],
                Referred::Unknown,
            ),
        ] {
            let assignment = json!([{"address": own,
                "expressions": {"principal_object_id": {"references": references.clone()}}}]);
            let inner = json!({"module": {"outputs": {"id": {"expression":
                {"references": ["azuread_group.g"]}}}}});
            let root = json!({"resources": assignment.clone(), "module_calls": {
                "assign": {"module": {"resources": assignment},
                    "expressions": {"who": {"references": given}}},
                "admins": {"module": {"module_calls": {"inner": inner},
                    "outputs": {"id": {"expression": {"references": output}}}}}}});
            let made: Vec<Value> = groups
                .iter()
                .map(|it| json!({"address": it, "change": {"actions": ["create"]}}))
                .collect();
            let plan = json!({"resource_changes": made, "configuration": {"root_module": root}});
            let found = reference(&Node::new(&plan, ""), address, "principal_object_id");
            assert_eq!(found, expected, "{address} {references} {groups:?}");
        }
    }

    #[test]
    fn modules_that_refer_to_each_other_come_to_an_end() {
        let output = |of: &str| json!({"id": {"expression": {"references": [of]}}});
        let mut module = json!({"outputs": output("azuread_group.g")});
        for _ in 0..40 {
            module = json!({"outputs": output("module.m.id"),
                "module_calls": {"m": {"module": module}}});
        }
        let plan = json!({"configuration": {"root_module": {
            "resources": [{"address": "a.x", "expressions": {"id":
                {"references": ["module.m.id"]}}}],
            "module_calls": {"m": {"module": module}}}}});
        assert_eq!(reference(&Node::new(&plan, ""), "a.x", "id"), Referred::Unknown);
    }

    #[test]
    fn modules_that_refer_to_each_other_many_times_come_to_an_end() {
        // Each of ten inputs is the output of the module before, eight modules deep.
        let names: Vec<String> = (0..10).map(|it| format!("v{it}")).collect();
        let inputs: Vec<String> = names.iter().map(|it| format!("var.{it}")).collect();
        for (depth, expected) in
            [(2, Referred::To("azuread_group.g".to_owned())), (8, Referred::Unknown)]
        {
            let output = |of: usize| format!("module.m{of}.o");
            let calls = (0..depth).map(|place| {
                let from = match place {
                    0 => "azuread_group.g".to_owned(),
                    place => output(place - 1),
                };
                let given = names.iter().map(|it| (it.clone(), json!({"references": [from]})));
                let outputs = json!({"o": {"expression": {"references": inputs}}});
                let call = json!({"expressions": given.collect::<Value>(),
                    "module": {"outputs": outputs}});
                (format!("m{place}"), call)
            });
            let plan = json!({"configuration": {"root_module": {
                "resources": [{"address": "a.x", "expressions": {"id":
                    {"references": [output(depth - 1)]}}}],
                "module_calls": calls.collect::<Value>()}}});
            assert_eq!(reference(&Node::new(&plan, ""), "a.x", "id"), expected, "{depth}");
        }
    }

    #[test]
    fn only_what_stands_for_somebody_is_a_person() {
        for (id, expected) in [
            ("planned:azuread_user.x", true),
            ("planned:module.m[\"a\"].azuread_service_principal.x[0]", true),
            ("planned:azuread_group.x", false),
            ("planned:azuread_user.x.principal_object_id", false),
            ("planned:azuread_directory_role_assignment.x.principal_object_id", false),
            ("azuread_user.x", false),
        ] {
            assert_eq!(is_of_a_person(id), expected, "{id}");
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
