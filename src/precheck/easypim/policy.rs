//! One policy of the configuration, inline or by template, to the rules that EasyPIM sends.

use super::{is_comment, near};
use crate::baseline::nearest;
use crate::model::{
    Approver, IsoDuration, NotificationEvent, NotificationRecipient, NotificationRule, PrincipalId,
    Stage,
};
use crate::precheck::azure;
use crate::precheck::detect::Item;
use crate::precheck::edit::{AccessName, Asking, Edit, Lasting, PolicyOf, RuleChange};
use crate::precheck::object::{Node, Read, maybe, shown};
use crate::precheck::rule::{level, recipients};
use crate::precheck::settings::is_claim;
use std::sync::Arc;

/// Whose policy it is.
pub(super) enum Of {
    /// Of a directory role, by its name.
    Role(String),
    /// Of an Azure role.
    Azure {
        /// Its name.
        name: String,
        /// The same with its scope.
        of: String,
    },
    /// Of members or owners of a group.
    Group(AccessName),
}

/// What says whose policy it is and where its settings are.
const FRAME: [&str; 10] = [
    "Template",
    "PolicyTemplate",
    "PolicySource",
    "Policy",
    "RoleName",
    "GroupId",
    "GroupName",
    "Scope",
    "Description",
    "Comment",
];

/// Settings that EasyPIM reads, beside the nine notifications.
const SETTINGS: [&str; 12] = [
    "ActivationDuration",
    "ActivationRequirement",
    "ActiveAssignmentRequirement",
    "AuthenticationContext_Enabled",
    "AuthenticationContext_Value",
    "ApprovalRequired",
    "Approvers",
    "AllowPermanentEligibility",
    "MaximumEligibilityDuration",
    "AllowPermanentActiveAssignment",
    "MaximumActiveAssignmentDuration",
    "Notifications",
];

/// Names of its exports and of examples that it does not read here.
const NOT_READ: [&str; 4] = [
    "AllowPermanentEligibleAssignment",
    "MaximumEligibleAssignmentDuration",
    "EligibleAssignmentRequirement",
    "AuthenticationContext",
];

/// Other names of two settings, which it takes of groups alone.
const REQUIREMENT_OF_GROUP: &str = "EnablementRules";
const DURATION_OF_GROUP: &str = "Duration";

/// Roles whose policies EasyPIM changes only where that is asked for on its command line.
const PROTECTED: [&str; 3] =
    ["Privileged Role Administrator", "Security Administrator", "User Access Administrator"];
const PROTECTED_OF_AZURE: [&str; 2] = ["Owner", "User Access Administrator"];

const EVENTS: [(&str, &str, NotificationEvent); 3] = [
    ("EligibleAssignment", "Eligibility", NotificationEvent::MadeEligible),
    ("ActiveAssignment", "Active", NotificationEvent::MadeActive),
    ("Activation", "Activation", NotificationEvent::Activated),
];

const RECIPIENTS: [(&str, &str, NotificationRecipient); 3] = [
    ("Alert", "Alert", NotificationRecipient::Admin),
    ("Assignee", "Assignee", NotificationRecipient::Requestor),
    ("Approver", "Approvers", NotificationRecipient::Approver),
];

/// A notification by its name here.
fn notification_named(name: &str) -> Option<NotificationRule> {
    EVENTS.iter().find_map(|(event_name, _, event)| {
        RECIPIENTS.iter().find_map(|(recipient_name, _, recipient)| {
            let full = format!("Notification_{event_name}_{recipient_name}");
            full.eq_ignore_ascii_case(name)
                .then_some(NotificationRule { event: *event, recipient: *recipient })
        })
    })
}

/// What is gathered of a policy.
#[derive(Default)]
struct Found {
    rules: Vec<RuleChange>,
    unknown: Vec<String>,
    remarks: Vec<String>,
}

/// Reads a policy; an entry of a list must say where its settings are.
pub(super) fn policy(root: &Node<'_>, node: &Node<'_>, of: &Of, listed: bool) -> Read<Item> {
    let sources = sources(root, node, listed)?;
    let mut found = Found::default();
    for source in &sources {
        known_properties(source, of, &mut found)?;
    }
    let settings = Settings { sources: &sources };
    lengths(&settings, of, &mut found)?;
    asked(&settings, of, &mut found)?;
    approval(&settings, &mut found)?;
    notifications(&settings, &mut found)?;
    let Found { mut rules, unknown, mut remarks } = found;
    rules.retain(|rule| !rule.is_empty());
    if rules.is_empty() {
        return Err(node.bad("it states no setting"));
    }
    let left_out = never_set(of);
    remarks.extend(left_out.clone().or_else(|| only_on_demand(of)));
    let item = match of {
        Of::Azure { of, .. } => azure::settings(of.clone(), rules),
        Of::Role(name) => edits(AccessName::Role(name.clone()), rules),
        Of::Group(access) => edits(access.clone(), rules),
    };
    Ok(Item { unknown, remarks, left_out, ..item })
}

fn edits(access: AccessName, rules: Vec<RuleChange>) -> Item {
    let policy = PolicyOf::Access(access);
    let edits: Vec<Edit> =
        rules.into_iter().map(|rule| Edit::SetRule(policy.clone(), rule)).collect();
    edits.into()
}

/// What EasyPIM does not touch, whatever the configuration says.
fn never_set(of: &Of) -> Option<String> {
    match of {
        Of::Role(name) if is_one_of(&["Global Administrator"], name) => {
            Some(format!("EasyPIM never changes the policy of {name}: it is set by hand"))
        }
        Of::Role(_) | Of::Azure { .. } | Of::Group(_) => None,
    }
}

/// What EasyPIM touches only where its command line says so.
fn only_on_demand(of: &Of) -> Option<String> {
    match of {
        Of::Role(name) if is_one_of(&PROTECTED, name) => Some(only_asked(name)),
        Of::Azure { name, .. } if is_one_of(&PROTECTED_OF_AZURE, name) => Some(only_asked(name)),
        Of::Role(_) | Of::Azure { .. } | Of::Group(_) => None,
    }
}

fn is_one_of(known: &[&str], name: &str) -> bool {
    known.iter().any(|it| it.eq_ignore_ascii_case(name))
}

fn only_asked(name: &str) -> String {
    format!("EasyPIM changes the policy of {name} with -AllowProtectedRoles only")
}

/// Where the settings are, in the order in which they are asked: what stands inline goes first.
fn sources<'v>(root: &Node<'v>, node: &Node<'v>, listed: bool) -> Read<Vec<Node<'v>>> {
    node.object()?;
    let template = node.find("Template").or_else(|| node.find("PolicyTemplate"));
    let inline = node.find("Policy");
    match (template, inline) {
        (Some(wanted), Some(_)) => {
            Err(wanted
                .bad("a template and Policy are both there: EasyPIM takes the template alone"))
        }
        (Some(wanted), None) => {
            let name = wanted.text()?.trim();
            let templates = root.find("PolicyTemplates");
            let found = templates.as_ref().and_then(|all| all.find(name));
            let template = found.ok_or_else(|| {
                let bad = wanted.bad(format!("there is no template {}", shown(name)));
                let all = templates.as_ref().and_then(|all| all.members().ok()).unwrap_or_default();
                let known: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
                near(bad, name, &known)
            })?;
            Ok(vec![node.clone(), template])
        }
        (None, Some(inline)) => {
            inline.object()?;
            Ok(vec![inline])
        }
        (None, None) => {
            let source = maybe(node.find("PolicySource"), Node::text)?;
            if listed && !source.is_some_and(|it| it.eq_ignore_ascii_case("inline")) {
                let bad = node.bad("neither Template nor Policy is there");
                return Err(bad.hint("write PolicySource inline where the settings stand here"));
            }
            Ok(vec![node.clone()])
        }
    }
}

fn known_properties(node: &Node<'_>, of: &Of, found: &mut Found) -> Read<()> {
    for (name, inner) in node.members()? {
        if is_comment(name)
            || is_one_of(&FRAME, name)
            || is_one_of(&SETTINGS, name)
            || notification_named(name).is_some()
        {
            continue;
        }
        let of_group = is_one_of(&[REQUIREMENT_OF_GROUP, DURATION_OF_GROUP], name);
        if of_group && matches!(of, Of::Group(_)) {
            continue;
        }
        if of_group || is_one_of(&NOT_READ, name) {
            found.remarks.push(format!("EasyPIM does not read {name} here: it sets nothing"));
            continue;
        }
        let bad = inner.bad(format!("{} is no property of a policy", shown(name)));
        return Err(near(bad, name, &SETTINGS));
    }
    Ok(())
}

/// The settings by name, from the first source that has one.
struct Settings<'s, 'v> {
    sources: &'s [Node<'v>],
}

impl<'v> Settings<'_, 'v> {
    fn get(&self, name: &str) -> Option<Node<'v>> {
        self.sources.iter().find_map(|source| source.find(name))
    }

    /// The same; of a group also by its other name.
    fn get_or(&self, name: &str, of: &Of, other: &str) -> Option<Node<'v>> {
        match of {
            Of::Group(_) => self.get(name).or_else(|| self.get(other)),
            Of::Role(_) | Of::Azure { .. } => self.get(name),
        }
    }

    /// A flag; an empty text is as good as none.
    fn flag(&self, name: &str) -> Read<Option<bool>> {
        maybe(self.get(name).filter(|node| node.value != ""), Node::loose_flag)
    }
}

/// A length; an empty one, or one of no length, is not sent.
fn length(node: Option<Node<'_>>) -> Read<Option<IsoDuration>> {
    let length = maybe(node.filter(|node| node.value != ""), Node::duration)?;
    Ok(length.filter(|length| length.seconds() > 0))
}

fn lengths(settings: &Settings<'_, '_>, of: &Of, found: &mut Found) -> Read<()> {
    found.rules.push(RuleChange::Expiration {
        of: Lasting::Activation,
        required: None,
        maximum: length(settings.get_or("ActivationDuration", of, DURATION_OF_GROUP))?,
    });
    for (of, allowed, longest) in [
        (Lasting::Eligibility, "AllowPermanentEligibility", "MaximumEligibilityDuration"),
        (Lasting::Assignment, "AllowPermanentActiveAssignment", "MaximumActiveAssignmentDuration"),
    ] {
        let maximum = length(settings.get(longest))?;
        // A longest duration alone forbids what never ends: EasyPIM adds that by itself.
        let required = match settings.flag(allowed)? {
            Some(allowed) => Some(!allowed),
            None => maximum.is_some().then_some(true),
        };
        found.rules.push(RuleChange::Expiration { of, required, maximum });
    }
    Ok(())
}

/// MFA, justification, tickets, and the authentication context that stands in for MFA.
fn asked(settings: &Settings<'_, '_>, of: &Of, found: &mut Found) -> Read<()> {
    let context = context(settings, of, found)?;
    let is_on = matches!(context, Some(RuleChange::Context { enabled: Some(true), .. }));
    let words = settings.get_or("ActivationRequirement", of, REQUIREMENT_OF_GROUP);
    let mut activation = enablement(Asking::Activation, words.as_ref())?;
    if let RuleChange::Enablement { mfa, .. } = &mut activation
        && is_on
    {
        if *mfa == Some(true) {
            let text = "EasyPIM takes MFA out where an authentication context is switched on";
            found.remarks.push(text.to_owned());
        }
        // Of a directory role it takes it out of the live rule as well.
        let takes_out = mfa.is_some() || matches!(of, Of::Role(_));
        *mfa = takes_out.then_some(false);
    }
    found.rules.push(activation);
    let words = settings.get("ActiveAssignmentRequirement");
    found.rules.push(enablement(Asking::Assignment, words.as_ref())?);
    found.rules.extend(context);
    Ok(())
}

fn context(settings: &Settings<'_, '_>, of: &Of, found: &mut Found) -> Read<Option<RuleChange>> {
    let value = settings.get("AuthenticationContext_Value");
    let Some(enabled) = settings.flag("AuthenticationContext_Enabled")? else {
        if value.is_some_and(|it| it.value != "") {
            let text = "AuthenticationContext_Value alone sets nothing: it goes with _Enabled";
            found.remarks.push(text.to_owned());
        }
        return Ok(None);
    };
    if matches!(of, Of::Group(_)) {
        found.remarks.push("EasyPIM sets no authentication context for groups".to_owned());
        return Ok(None);
    }
    if !enabled {
        return Ok(Some(RuleChange::Context { enabled: Some(false), claim: Some(String::new()) }));
    }
    let Some(value) = value else {
        return match settings.get("AuthenticationContext_Enabled") {
            Some(node) => {
                Err(node.bad("AuthenticationContext_Value is missing: EasyPIM refuses it"))
            }
            None => Ok(None),
        };
    };
    // A label may stand behind the value: `c1:HighRisk`.
    let text = value.text()?.split(':').next().unwrap_or_default().trim().to_owned();
    if !is_claim(&text) {
        return Err(value.bad(format!("{} is none of c1 to c99", shown(&text))));
    }
    Ok(Some(RuleChange::Context { enabled: Some(true), claim: Some(text) }))
}

/// `"MultiFactorAuthentication,Justification"`, `"None"`, or a list. The names mind their casing.
fn enablement(of: Asking, node: Option<&Node<'_>>) -> Read<RuleChange> {
    let Some(node) = node else {
        return Ok(RuleChange::Enablement { of, mfa: None, justification: None, ticket: None });
    };
    let mut words: Vec<String> = Vec::new();
    if node.value.is_array() {
        for item in node.list()? {
            words.push(item.text()?.to_owned());
        }
    } else {
        words.extend(node.text()?.split(',').map(str::to_owned));
    }
    let (mut mfa, mut justification, mut ticket) = (false, false, false);
    for word in words {
        match word.trim() {
            "" | "None" => {}
            "MultiFactorAuthentication" => mfa = true,
            "Justification" => justification = true,
            "Ticketing" if of == Asking::Activation => ticket = true,
            other => {
                let known: &[&str] = match of {
                    Asking::Activation => {
                        &["None", "MultiFactorAuthentication", "Justification", "Ticketing"]
                    }
                    Asking::Assignment => &["None", "MultiFactorAuthentication", "Justification"],
                };
                let bad = node.bad(format!("{} is nothing that can be asked for", shown(other)));
                let near = if other.eq_ignore_ascii_case("MFA") {
                    Some("MultiFactorAuthentication")
                } else {
                    nearest(other, known.iter().copied())
                };
                return Err(match near {
                    Some(near) => bad.hint(format!("write {near}, in this casing")),
                    None => bad,
                });
            }
        }
    }
    Ok(RuleChange::Enablement {
        of,
        mfa: Some(mfa),
        justification: Some(justification),
        ticket: Some(ticket),
    })
}

fn approval(settings: &Settings<'_, '_>, found: &mut Found) -> Read<()> {
    let required = settings.flag("ApprovalRequired")?;
    let list = settings.get("Approvers");
    if required == Some(true)
        && list.is_none()
        && let Some(node) = settings.get("ApprovalRequired")
    {
        return Err(node.bad("approval is required and Approvers is missing: EasyPIM refuses it"));
    }
    // Without approval the approvers are left out.
    let list = list.filter(|_| required != Some(false));
    let stages = maybe(list, |node| approvers(node).map(|stage| vec![stage]))?;
    found.rules.push(RuleChange::Approval { required, mode: None, stages });
    Ok(())
}

/// An approver who is not said to be a group is sent as a user.
fn approvers(node: &Node<'_>) -> Read<Stage> {
    let mut approvers = Vec::new();
    for item in node.list()? {
        let id = item.find("id").ok_or_else(|| item.bad("the approver has no id"))?;
        let id = PrincipalId::new(&id.id()?);
        let kind = item.find("type").or_else(|| item.find("userType"));
        let kind = maybe(kind, Node::text)?.unwrap_or_default().trim();
        let is_group = ["group", "groupmembers"].iter().any(|it| kind.eq_ignore_ascii_case(it));
        approvers.push(if is_group { Approver::Group(id) } else { Approver::User(id) });
    }
    Ok(Stage { approvers, ..Stage::default() })
}

/// The nine notifications, each by its name or in its place under `Notifications`.
fn notifications(settings: &Settings<'_, '_>, found: &mut Found) -> Read<()> {
    let nested = settings.get("Notifications");
    for rule in NotificationRule::all() {
        let by_place = nested.as_ref().and_then(|all| in_its_place(all, rule));
        let by_name = || {
            settings.sources.iter().find_map(|source| {
                let members = source.members().ok()?;
                members.into_iter().find(|(name, node)| {
                    notification_named(name) == Some(rule) && !node.value.is_null()
                })
            })
        };
        let node = match by_place {
            Some(node) => node,
            None => match by_name() {
                Some((_, node)) => node,
                None => continue,
            },
        };
        let change = notification(rule, &node, found)?;
        found.rules.push(change);
    }
    Ok(())
}

fn in_its_place<'v>(all: &Node<'v>, rule: NotificationRule) -> Option<Node<'v>> {
    let event = EVENTS.iter().find(|(_, _, event)| *event == rule.event)?;
    let recipient = RECIPIENTS.iter().find(|(_, _, recipient)| *recipient == rule.recipient)?;
    all.find(event.1)?.find(recipient.1)
}

fn notification(rule: NotificationRule, node: &Node<'_>, found: &mut Found) -> Read<RuleChange> {
    let defaults =
        node.find("isDefaultRecipientEnabled").or_else(|| node.find("isDefaultRecipientsEnabled"));
    let (level_of, addresses) = (node.find("notificationLevel"), node.find("Recipients"));
    if defaults.is_none() || level_of.is_none() || addresses.is_none() {
        found.unknown.push(format!(
            "{} is stated in part: what EasyPIM sends for the rest is not certain",
            rule.id()
        ));
    }
    let addresses = maybe(addresses, |node| -> Read<Vec<Arc<str>>> {
        match node.value.as_str() {
            Some(text) => {
                let parts = text.split(',').map(str::trim).filter(|it| !it.is_empty());
                Ok(parts.map(Arc::from).collect())
            }
            None => recipients(node),
        }
    })?;
    Ok(RuleChange::Notification {
        rule,
        all: maybe(level_of, level)?,
        defaults: maybe(defaults, Node::loose_flag)?,
        recipients: addresses,
    })
}
