//! The blocks of a role management policy, which the resources for groups and for Azure share.
//!
//! What a block does not state is computed and comes later, so the live value is kept. At the first
//! apply the providers write some rules whole, though, and take what comes later for nothing: where
//! that can lose something, it is said.

use super::{Resource, Side, Turn};
use crate::model::{
    Approver, NotificationEvent, NotificationRecipient, NotificationRule, PrincipalId, Stage,
};
use crate::precheck::edit::{AccessName, Asking, Edit, Lasting, PolicyOf, RuleChange};
use crate::precheck::graph_body::{group_access, nothing};
use crate::precheck::object::{Node, Read, maybe, shown};
use crate::precheck::rule::{level, recipients};
use serde_json::Value;

/// Longest list of properties that is told.
const MOST_UNKNOWN: usize = 50;

/// Paths of everything that is known only after the change.
pub(super) fn unknown_paths(unmade: Option<&Node<'_>>) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(unmade) = unmade {
        gather(unmade.value, &mut String::new(), &mut found);
    }
    found.sort();
    found
}

/// One path grows and shrinks on the way: a copy for each value could be far more than the plan.
fn gather(value: &Value, path: &mut String, found: &mut Vec<String>) {
    if found.len() == MOST_UNKNOWN {
        return;
    }
    let end = path.len();
    match value {
        Value::Bool(true) => found.push(path.clone()),
        Value::Object(members) => {
            for (name, inner) in members {
                lengthen(path, name);
                gather(inner, path, found);
                path.truncate(end);
            }
        }
        Value::Array(items) => {
            for (place, inner) in items.iter().enumerate() {
                // Blocks come as lists of one.
                if items.len() > 1 {
                    lengthen(path, &place.to_string());
                }
                gather(inner, path, found);
                path.truncate(end);
            }
        }
        Value::Null | Value::Bool(false) | Value::Number(_) | Value::String(_) => {}
    }
}

fn lengthen(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

/// Properties that every resource has and that say nothing, or that say whose policy it is.
const BESIDE: [&str; 9] = [
    "id",
    "name",
    "display_name",
    "description",
    "object_id",
    "group_id",
    "role_id",
    "scope",
    "role_definition_id",
];

/// `azuread_group_role_management_policy`.
pub(super) fn of_group(resource: &Resource<'_, '_>) -> Read<Vec<Edit>> {
    if resource.turn == Turn::Delete {
        return Ok(vec![nothing(KEPT)]);
    }
    let side = resource.side(true)?;
    let access = group_access(&side.node.need("role_id")?)?;
    let policy = PolicyOf::Access(AccessName::Group(side.id("group_id")?, access));
    let mut rules = rules(&side)?;
    // The provider sends only what differs from its state.
    if resource.turn == Turn::Update
        && let Some(before) = &resource.before
    {
        let was = stated(before)?;
        rules.retain(|rule| !was.contains(rule));
    }
    if rules.is_empty() {
        return Ok(vec![nothing("it states no setting, so all keep their live value")]);
    }
    Ok(rules.into_iter().map(|rule| Edit::SetRule(policy.clone(), rule)).collect())
}

/// Why deleting a policy changes nothing.
pub(super) const KEPT: &str = "deleting it restores nothing: the settings stay as they are";

/// The two blocks about assignments.
const ASSIGNMENTS: [(&str, Lasting, Option<Asking>); 2] = [
    ("active_assignment_rules", Lasting::Assignment, Some(Asking::Assignment)),
    ("eligible_assignment_rules", Lasting::Eligibility, None),
];

/// What the blocks state; what they do not is kept, or may be lost, and is said.
pub(super) fn rules(side: &Side<'_, '_, '_>) -> Read<Vec<RuleChange>> {
    let resource = side.resource;
    let doubtful = first_apply(side)?;
    let own = unknown_paths(resource.unmade.as_ref());
    let own =
        own.into_iter().filter(|path| !BESIDE.contains(&path.as_str()) && !doubtful.contains(path));
    resource.kept.borrow_mut().extend(own);
    stated(side.node)
}

fn stated(node: &Node<'_>) -> Read<Vec<RuleChange>> {
    let mut rules: Vec<RuleChange> = Vec::new();
    if let Some(block) = block(node, "activation_rules")? {
        activation(&block, &mut rules)?;
    }
    for (name, of, asking) in ASSIGNMENTS {
        let Some(block) = block(node, name)? else { continue };
        rules.push(RuleChange::Expiration {
            of,
            required: maybe(block.get("expiration_required"), Node::flag)?,
            maximum: maybe(filled(&block, "expire_after"), Node::duration)?,
        });
        if let Some(of) = asking {
            rules.push(enablement(of, &block)?);
        }
    }
    if let Some(block) = block(node, "notification_rules")? {
        notifications(&block, &mut rules)?;
    }
    rules.retain(|rule| !rule.is_empty());
    Ok(rules)
}

/// What each of the two blocks with such a list may ask for.
const ASKED: [&str; 3] =
    ["require_multifactor_authentication", "require_justification", "require_ticket_info"];

/// What may be lost at the first apply, where the providers take what comes later for false. It is
/// said, and its paths are given back.
fn first_apply(side: &Side<'_, '_, '_>) -> Read<Vec<String>> {
    let resource = side.resource;
    let mut doubtful = Vec::new();
    if resource.turn == Turn::Update {
        return Ok(doubtful);
    }
    let comes_later = |block: &str, name: &str| {
        let unmade = resource.unmade.as_ref().and_then(|it| it.value.get(block));
        let first = unmade.and_then(|it| it.get(0).or(Some(it)));
        first.and_then(|it| it.get(name)) == Some(&Value::Bool(true))
    };
    for name in ["activation_rules", "active_assignment_rules"] {
        let Some(block) = block(side.node, name)? else { continue };
        let stated = ASKED.iter().any(|asked| block.get(asked).is_some());
        let open: Vec<&str> = ASKED.into_iter().filter(|asked| comes_later(name, asked)).collect();
        if stated && !open.is_empty() {
            doubtful.extend(open.iter().map(|asked| format!("{name}.{asked}")));
            let open = open.join(", ");
            resource.unknown.borrow_mut().push(format!(
                "{name} does not state {open}: the provider writes the list of what is asked for \
                 whole and may leave it out at the first apply"
            ));
        }
    }
    for (name, ..) in ASSIGNMENTS {
        let Some(block) = block(side.node, name)? else { continue };
        if filled(&block, "expire_after").is_some() && comes_later(name, "expiration_required") {
            doubtful.push(format!("{name}.expiration_required"));
            resource.unknown.borrow_mut().push(format!(
                "{name} does not state expiration_required: the provider may send false at the \
                 first apply, which allows what never ends"
            ));
        }
    }
    Ok(doubtful)
}

/// The only item of a block.
pub(super) fn block<'v>(node: &Node<'v>, name: &str) -> Read<Option<Node<'v>>> {
    let Some(found) = node.get(name) else { return Ok(None) };
    if found.value.is_object() {
        return Ok(Some(found));
    }
    let mut list = found.list()?;
    if list.len() > 1 {
        return Err(found.bad("the block is there more than once"));
    }
    Ok(list.pop().filter(|item| !item.value.is_null()))
}

fn filled<'v>(node: &Node<'v>, name: &str) -> Option<Node<'v>> {
    node.get(name).filter(|node| node.value != "")
}

fn enablement(of: Asking, block: &Node<'_>) -> Read<RuleChange> {
    let flag = |name: &str| maybe(block.get(name), Node::flag);
    Ok(RuleChange::Enablement {
        of,
        mfa: flag("require_multifactor_authentication")?,
        justification: flag("require_justification")?,
        ticket: flag("require_ticket_info")?,
    })
}

fn activation(block: &Node<'_>, rules: &mut Vec<RuleChange>) -> Read<()> {
    rules.push(RuleChange::Expiration {
        of: Lasting::Activation,
        required: None,
        maximum: maybe(filled(block, "maximum_duration"), Node::duration)?,
    });
    rules.push(enablement(Asking::Activation, block)?);
    let claim = maybe(block.get("required_conditional_access_authentication_context"), |node| {
        Ok(node.text()?.trim().to_ascii_lowercase())
    })?;
    rules.push(RuleChange::Context {
        enabled: claim.as_ref().map(|claim| !claim.is_empty()),
        claim: claim.filter(|claim| !claim.is_empty()),
    });
    let stages = match self::block(block, "approval_stage")? {
        Some(stage) => Some(vec![approval_stage(&stage)?]),
        None => None,
    };
    rules.push(RuleChange::Approval {
        required: maybe(block.get("require_approval"), Node::flag)?,
        mode: None,
        stages,
    });
    Ok(())
}

/// An approver without a type is in no request that the provider sends.
const UNTYPED: &str = "without a type, so the provider leaves it out";

fn approval_stage(stage: &Node<'_>) -> Read<Stage> {
    let mut approvers = Vec::new();
    if let Some(list) = stage.get("primary_approver") {
        for item in list.list()? {
            let Some(kind) = filled(&item, "type") else {
                approvers.push(Approver::Unknown(UNTYPED.into()));
                continue;
            };
            let Some(id) = item.get("object_id") else {
                approvers.push(Approver::Unknown("known after the change".into()));
                continue;
            };
            let id = PrincipalId::new(&id.id()?);
            approvers.push(match kind.text()?.to_ascii_lowercase().as_str() {
                "singleuser" | "user" => Approver::User(id),
                "groupmembers" | "group" => Approver::Group(id),
                other => {
                    return Err(item.bad(format!("{} is no type of approver", shown(other))));
                }
            });
        }
    }
    Ok(Stage { approvers, ..Stage::default() })
}

fn notifications(rules: &Node<'_>, found: &mut Vec<RuleChange>) -> Read<()> {
    for (event_name, event) in [
        ("eligible_assignments", NotificationEvent::MadeEligible),
        ("active_assignments", NotificationEvent::MadeActive),
        ("eligible_activations", NotificationEvent::Activated),
    ] {
        let Some(of_event) = block(rules, event_name)? else { continue };
        for (name, recipient) in [
            ("admin_notifications", NotificationRecipient::Admin),
            ("approver_notifications", NotificationRecipient::Approver),
            ("assignee_notifications", NotificationRecipient::Requestor),
        ] {
            let Some(block) = block(&of_event, name)? else { continue };
            found.push(RuleChange::Notification {
                rule: NotificationRule { event, recipient },
                all: maybe(filled(&block, "notification_level"), level)?,
                defaults: maybe(block.get("default_recipients"), Node::flag)?,
                recipients: maybe(block.get("additional_recipients"), recipients)?,
            });
        }
    }
    Ok(())
}
