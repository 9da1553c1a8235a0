//! The same changes of rules as Terraform, where a resource exists.
//!
//! Settings of a group are a resource of `hashicorp/azuread`, which leaves alone what is not written.
//! Settings of a role have none there; `Microsoft/msgraph` sends the merged rule.

use super::graph::{CONTEXT, ENABLEMENT};
use super::{RuleKey, Step};
use crate::model::Access;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A text between double quotes as HCL reads it.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // `${` and `%{` begin code; doubled they are text.
            '$' | '%' if characters.peek() == Some(&'{') => {
                quoted.push(character);
                quoted.push(character);
            }
            _ if steers(character) => {
                // A String takes whatever is written.
                let _ = write!(quoted, "\\u{:04x}", u32::from(character).min(0xffff));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// Control characters, and those that turn the direction of what a reviewer sees.
const fn steers(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
    )
}

/// One argument a line; `=` stands in one column where lines follow each other, as `terraform fmt`
/// has it: a value of several lines parts them.
fn lines(arguments: &[(String, String)], space: &str) -> String {
    let is_long = |argument: &&(String, String)| argument.1.contains('\n');
    let mut out = String::new();
    let mut rest = arguments;
    while let Some((name, value)) = rest.first() {
        let run = rest.iter().take_while(|it| !is_long(it)).count();
        if run == 0 {
            out.push_str(&format!("{space}{name} = {value}\n"));
        }
        let (now, later) = rest.split_at(run);
        let widest = now.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        for (name, value) in now {
            out.push_str(&format!("{space}{name:widest$} = {value}\n"));
        }
        rest = if run == 0 { later.get(1..).unwrap_or_default() } else { later };
    }
    out
}

/// A JSON value as HCL.
fn value(json: &Value, indent: usize) -> String {
    let inner = "  ".repeat(indent + 1);
    let outer = "  ".repeat(indent);
    match json {
        Value::Null => "null".to_owned(),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => it.to_string(),
        Value::String(it) => quoted(it),
        Value::Array(list) if list.is_empty() => "[]".to_owned(),
        Value::Object(object) if object.is_empty() => "{}".to_owned(),
        Value::Array(list) => {
            let lines: String =
                list.iter().map(|it| format!("{inner}{},\n", value(it, indent + 1))).collect();
            format!("[\n{lines}{outer}]")
        }
        Value::Object(object) => {
            let argument = |(name, it): (&String, &Value)| (quoted(name), value(it, indent + 1));
            let arguments: Vec<(String, String)> = object.iter().map(argument).collect();
            format!("{{\n{}{outer}}}", lines(&arguments, &inner))
        }
    }
}

/// Arguments and blocks within a block.
#[derive(Default)]
struct Block {
    arguments: BTreeMap<&'static str, String>,
    blocks: BTreeMap<&'static str, Self>,
}

impl Block {
    fn at(&mut self, path: &[&'static str]) -> &mut Self {
        match path.split_first() {
            Some((name, rest)) => self.blocks.entry(*name).or_default().at(rest),
            None => self,
        }
    }

    fn set(&mut self, path: &[&'static str], argument: &'static str, value: String) {
        self.at(path).arguments.insert(argument, value);
    }

    fn write(&self, indent: usize, out: &mut String) {
        let space = "  ".repeat(indent);
        let arguments =
            self.arguments.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        out.push_str(&lines(&arguments.collect::<Vec<_>>(), &space));
        for (place, (name, block)) in self.blocks.iter().enumerate() {
            if place > 0 || !self.arguments.is_empty() {
                out.push('\n');
            }
            out.push_str(&format!("{space}{name} {{\n"));
            block.write(indent + 1, out);
            out.push_str(&format!("{space}}}\n"));
        }
    }
}

/// The lengths that the provider takes for assignments.
const LENGTHS: [&str; 5] = ["P15D", "P30D", "P90D", "P180D", "P365D"];

/// Writes what one step changes into the resource of a group; `None` where it has no words for it.
fn into_group(step: &Step<'_>, key: &RuleKey, resource: &mut Block) -> Option<()> {
    let body = step.body.as_ref()?;
    let parts: Vec<&str> = key.rule.split('_').collect();
    match parts.as_slice() {
        ["Expiration", "EndUser", "Assignment"] => {
            let length = body["maximumDuration"].as_str()?;
            resource.set(&["activation_rules"], "maximum_duration", quoted(length));
        }
        ["Expiration", "Admin", level] => {
            let length = body["maximumDuration"].as_str().filter(|it| LENGTHS.contains(it))?;
            let block = match *level {
                "Assignment" => "active_assignment_rules",
                "Eligibility" => "eligible_assignment_rules",
                _ => return None,
            };
            resource.set(&[block], "expiration_required", "true".to_owned());
            resource.set(&[block], "expire_after", quoted(length));
        }
        ["Enablement", "EndUser", "Assignment"] => enablement(body, "activation_rules", resource)?,
        ["Enablement", "Admin", "Assignment"] => {
            enablement(body, "active_assignment_rules", resource)?;
        }
        ["Notification", recipient, caller, level] => {
            let event = match (*caller, *level) {
                ("Admin", "Eligibility") => "eligible_assignments",
                ("Admin", "Assignment") => "active_assignments",
                ("EndUser", "Assignment") => "eligible_activations",
                _ => return None,
            };
            let whom = match *recipient {
                "Admin" => "admin_notifications",
                "Approver" => "approver_notifications",
                "Requestor" => "assignee_notifications",
                _ => return None,
            };
            let path = ["notification_rules", event, whom];
            let level = body["notificationLevel"].as_str()?;
            let recipients = value(&body["notificationRecipients"], 4);
            resource.set(&path, "notification_level", quoted(level));
            let defaults = body["isDefaultRecipientsEnabled"].as_bool()?;
            resource.set(&path, "default_recipients", defaults.to_string());
            resource.set(&path, "additional_recipients", recipients);
        }
        // A context cannot be switched off by what is not written; approvers are better seen whole.
        _ => return None,
    }
    Some(())
}

fn enablement(body: &Value, block: &'static str, resource: &mut Block) -> Option<()> {
    for word in body["enabledRules"].as_array()? {
        let argument = match word.as_str()? {
            "MultiFactorAuthentication" => "require_multifactor_authentication",
            "Justification" => "require_justification",
            "Ticketing" => "require_ticket_info",
            _ => return None,
        };
        resource.set(&[block], argument, "true".to_owned());
    }
    Some(())
}

/// The whole file; `None` where no step has a resource.
pub(super) fn text(steps: &[Step<'_>]) -> Option<String> {
    let mut of_policies: BTreeMap<&str, Vec<(usize, &Step<'_>, &RuleKey)>> = BTreeMap::new();
    for (place, step) in steps.iter().enumerate() {
        if let Some(key) = &step.rule
            && step.body.is_some()
        {
            of_policies.entry(&key.policy).or_default().push((place + 1, step, key));
        }
    }
    if of_policies.is_empty() {
        return None;
    }
    let mut resources = String::new();
    let (mut of_groups, mut of_rules) = (false, false);
    for of_policy in of_policies.values() {
        if group(of_policy, &mut resources) {
            of_groups = true;
            continue;
        }
        of_rules = true;
        for (number, step, key) in of_policy {
            let before = follows(of_policy, key);
            rule(*number, step, key, before, &mut resources);
        }
    }
    let mut out = HEAD.to_owned();
    for (is_used, name, source) in
        [(of_groups, "azuread", "hashicorp/azuread"), (of_rules, "msgraph", "Microsoft/msgraph")]
    {
        if is_used {
            out.push_str(&format!("    {name} = {{\n      source = \"{source}\"\n    }}\n"));
        }
    }
    out.push_str("  }\n}\n");
    // Terraform refuses a condition that looks at nothing, so what is filled in is named.
    if steps.iter().any(|step| step.rule.is_some() && step.hindrance().is_some()) {
        out.push_str(FILLED_IN);
    }
    out.push_str(&resources);
    Some(out)
}

/// The step that switches off the authentication context before MFA comes, where this is that MFA.
fn follows(of_policy: &[(usize, &Step<'_>, &RuleKey)], key: &RuleKey) -> Option<usize> {
    let context = of_policy.iter().find(|(_, _, other)| other.rule == CONTEXT);
    context.filter(|_| key.rule == ENABLEMENT).map(|(number, ..)| *number)
}

const HEAD: &str = r#"# To be reviewed. The same changes of rules as the .json files beside it; a step stands in both, take it
# once. What a person must fill in stops the plan until it is there.
terraform {
  required_providers {
"#;

const FILLED_IN: &str = r#"
variable "filled_in" {
  description = "Steps whose blanks a person filled in, such as [\"step_3\"]"
  type        = set(string)
  default     = []
}
"#;

/// All steps of the settings of a group as one resource; false where one of them has no words there.
fn group(of_policy: &[(usize, &Step<'_>, &RuleKey)], out: &mut String) -> bool {
    let access = of_policy.iter().find_map(|(_, step, _)| step.access());
    let Some(Access::Group(group, access)) = access else { return false };
    let mut resource = Block::default();
    for (_, step, key) in of_policy {
        // A blank to fill in is seen better in the whole rule.
        if step.hindrance().is_some() || into_group(step, key, &mut resource).is_none() {
            return false;
        }
    }
    resource.set(&[], "group_id", quoted(&group.text()));
    resource.set(&[], "role_id", quoted(access.name()));
    let numbers: Vec<String> = of_policy.iter().map(|(number, ..)| number.to_string()).collect();
    let (name, listed) = (numbers.join("_"), numbers.join(", "));
    out.push_str(&format!("\n# Steps {listed}\n"));
    out.push_str(&format!(
        "resource \"azuread_group_role_management_policy\" \"step_{name}\" {{\n"
    ));
    resource.write(1, out);
    out.push_str("}\n");
    true
}

/// One rule, sent whole, after the step that must come before.
fn rule(number: usize, step: &Step<'_>, key: &RuleKey, before: Option<usize>, out: &mut String) {
    let url = format!("policies/roleManagementPolicies/{}/rules/{}", key.policy, key.rule);
    let body = step.body.as_ref().map(|body| value(body, 1)).unwrap_or_default();
    out.push_str(&format!("\n# Step {number}\n"));
    out.push_str(&format!("resource \"msgraph_update_resource\" \"step_{number}\" {{\n"));
    out.push_str(&lines(&[("url".to_owned(), quoted(&url)), ("body".to_owned(), body)], "  "));
    if let Some(before) = before {
        out.push_str(&format!("\n  depends_on = [msgraph_update_resource.step_{before}]\n"));
    }
    if let Some(hindrance) = step.hindrance() {
        let message = format!("Step {number}: {hindrance}, then name step_{number} in filled_in.");
        out.push_str(&format!(
            "\n  lifecycle {{\n    precondition {{\n      condition     = \
            contains(var.filled_in, \"step_{number}\")\n      error_message = {}\n    }}\n  }}\n",
            quoted(&message)
        ));
    }
    out.push_str("}\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_text_leaves_its_quotes() {
        for (text, expected) in [
            ("", r#""""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("${file(\"/etc/passwd\")}", r#""$${file(\"/etc/passwd\")}""#),
            ("%{ if true }", r#""%%{ if true }""#),
            ("$5 and 10 %", r#""$5 and 10 %""#),
            ("$${x}", r#""$$${x}""#),
            ("two\nlines\u{7}", r#""two\nlines\u0007""#),
            ("\u{202e}evil", "\"\\u202eevil\""),
        ] {
            assert_eq!(quoted(text), expected, "{text:?}");
        }
    }

    #[test]
    fn values_keep_their_form() {
        let json = json!({"@odata.type": "#t", "list": ["a", 1, true, null], "none": [], "o": {}});
        assert_eq!(
            value(&json, 0),
            "{\n  \"@odata.type\" = \"#t\"\n  \"list\" = [\n    \"a\",\n    1,\n    true,\n    null,\n  \
             ]\n  \"none\" = []\n  \"o\"    = {}\n}"
        );
    }

    #[test]
    fn lines_that_follow_each_other_are_aligned() {
        let arguments = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        for (list, expected) in [
            (&[][..], ""),
            (&[("a", "1")][..], " a = 1\n"),
            (&[("a", "1"), ("long", "2")][..], " a    = 1\n long = 2\n"),
            (
                &[("url", "1"), ("body", "{\n }"), ("c", "2")][..],
                " url = 1\n body = {\n }\n c = 2\n",
            ),
            (&[("a", "[\n ]"), ("b", "[\n ]")][..], " a = [\n ]\n b = [\n ]\n"),
        ] {
            assert_eq!(lines(&arguments(list), " "), expected, "{list:?}");
        }
    }
}
