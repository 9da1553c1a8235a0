//! The configuration of the EasyPIM orchestrator, to what it sets.
//!
//! PowerShell reads it, so names of properties are taken in any casing.

use super::detect::{Item, Reader};
use super::edit::{
    AccessName, Asking, Edit, End, GrantChange, Held, Lasting, PolicyOf, RuleChange,
};
use super::graph_body::{group_access, not_assessed};
use super::object::{Bad, Node, Read, maybe, shown};
use super::rule::{level, recipients};
use crate::baseline::nearest;
use crate::model::{
    Approver, NotificationEvent, NotificationRecipient, NotificationRule, PrincipalId, Scope, Stage,
};

/// Members of the whole file. Groups have had two names.
const SECTIONS: [&str; 7] = [
    "PolicyTemplates",
    "EntraRoles",
    "AzureRoles",
    "Groups",
    "GroupRoles",
    "Assignments",
    "ProtectedUsers",
];

const AZURE: &str = "settings and assignments of Azure resources are not read, so only what is \
    stated is known";

/// True for a configuration of EasyPIM.
pub(super) fn is_it(root: &Node<'_>) -> bool {
    SECTIONS.iter().any(|name| root.find(name).is_some_and(|it| !it.value.is_string()))
}

/// Reads a configuration.
pub(super) fn read(reader: &mut Reader, root: &Node<'_>) {
    let members = match root.members() {
        Ok(members) => members,
        Err(bad) => return reader.fault(bad),
    };
    for (name, node) in members {
        let is = |known: &str| known.eq_ignore_ascii_case(name);
        if is("PolicyTemplates") || is("ProtectedUsers") || name.starts_with(['$', '_']) {
            continue;
        }
        if is("EntraRoles") {
            policies(reader, root, &node, Kind::Role);
        } else if is("AzureRoles") {
            policies(reader, root, &node, Kind::Azure);
        } else if is("Groups") || is("GroupRoles") {
            policies(reader, root, &node, Kind::Group);
        } else if is("Assignments") {
            assignments(reader, &node);
        } else {
            let bad = node.bad(format!("{} is no section that is known", shown(name)));
            reader.fault(match nearest(name, SECTIONS) {
                Some(near) => bad.hint(format!("did you mean {near}?")),
                None => bad,
            });
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Role,
    Azure,
    Group,
}

/// `Policies`: an object by name, or a list of objects that say their name.
fn policies(reader: &mut Reader, root: &Node<'_>, section: &Node<'_>, kind: Kind) {
    let Some(found) = section.find("Policies") else { return };
    let own = if kind == Kind::Group { "GroupId" } else { "RoleName" };
    let named: Read<Vec<(String, Node<'_>)>> = if found.value.is_array() {
        found.list().and_then(|list| {
            list.into_iter()
                .map(|item| {
                    let name = item.find(own);
                    let name = name.ok_or_else(|| item.bad(format!("{own} is missing")))?.id()?;
                    Ok((name, item))
                })
                .collect()
        })
    } else {
        let members = found.members();
        members.map(|all| all.into_iter().map(|(name, node)| (name.to_owned(), node)).collect())
    };
    match named {
        Ok(named) => {
            for (name, node) in named {
                one_policy(reader, root, &name, &node, kind);
            }
        }
        Err(bad) => reader.fault(bad),
    }
}

fn one_policy(reader: &mut Reader, root: &Node<'_>, name: &str, node: &Node<'_>, kind: Kind) {
    match kind {
        Kind::Azure => {
            let edits = vec![not_assessed(AZURE)];
            reader.take(node, format!("Azure role {name}"), Ok(edits.into()));
        }
        Kind::Role => {
            let access = AccessName::Role(name.to_owned());
            reader.take(node, format!("policy of {name}"), policy(root, node, access));
        }
        Kind::Group => {
            // One policy with its access, or one for members and one for owners.
            let both: Vec<(&str, Node<'_>)> = ["Member", "Owner"]
                .into_iter()
                .filter_map(|word| Some((word, node.find(word)?)))
                .collect();
            if both.is_empty() {
                let read = node
                    .find("RoleName")
                    .ok_or_else(|| node.bad("RoleName is missing: Member or Owner"))
                    .and_then(|word| group_access(&word))
                    .and_then(|by| policy(root, node, AccessName::Group(name.to_owned(), by)));
                reader.take(node, format!("policy of group {name}"), read);
            }
            for (word, inner) in both {
                let by = if word == "Owner" {
                    crate::model::GroupAccess::Owner
                } else {
                    crate::model::GroupAccess::Member
                };
                let read = policy(root, &inner, AccessName::Group(name.to_owned(), by));
                reader.take(&inner, format!("policy of group {name}, {word}"), read);
            }
        }
    }
}

/// Properties of a policy, beside the nine notifications.
const PROPERTIES: [&str; 21] = [
    "Template",
    "RoleName",
    "GroupId",
    "GroupName",
    "Scope",
    "ActivationDuration",
    "ActivationRequirement",
    "ActiveAssignmentRequirement",
    "AuthenticationContext_Enabled",
    "AuthenticationContext_Value",
    "ApprovalRequired",
    "Approvers",
    "AllowPermanentEligibility",
    "MaximumEligibilityDuration",
    "AllowPermanentEligibleAssignment",
    "MaximumEligibleAssignmentDuration",
    "AllowPermanentActiveAssignment",
    "MaximumActiveAssignmentDuration",
    "Description",
    "Comment",
    "EligibleAssignmentRequirement",
];

const EVENTS: [(&str, NotificationEvent); 3] = [
    ("EligibleAssignment", NotificationEvent::MadeEligible),
    ("ActiveAssignment", NotificationEvent::MadeActive),
    ("Activation", NotificationEvent::Activated),
];

const RECIPIENTS: [(&str, NotificationRecipient); 3] = [
    ("Alert", NotificationRecipient::Admin),
    ("Assignee", NotificationRecipient::Requestor),
    ("Approver", NotificationRecipient::Approver),
];

/// A notification by its name here.
fn notification_named(name: &str) -> Option<NotificationRule> {
    EVENTS.iter().find_map(|(event_name, event)| {
        RECIPIENTS.iter().find_map(|(recipient_name, recipient)| {
            let full = format!("Notification_{event_name}_{recipient_name}");
            full.eq_ignore_ascii_case(name)
                .then_some(NotificationRule { event: *event, recipient: *recipient })
        })
    })
}

fn policy(root: &Node<'_>, node: &Node<'_>, access: AccessName) -> Read<Item> {
    // What stands inline goes before the template.
    let mut sources = vec![node.clone()];
    if let Some(wanted) = node.find("Template") {
        let templates = root.find("PolicyTemplates");
        let found = templates.as_ref().and_then(|all| all.find(wanted.text().ok()?));
        sources.push(found.ok_or_else(|| missing_template(&wanted, templates.as_ref()))?);
    }
    for source in &sources {
        known_properties(source)?;
    }
    let get = |name: &str| sources.iter().find_map(|source| source.find(name));
    let either = |one: &str, other: &str| get(one).or_else(|| get(other));
    let duration = |node: Option<Node<'_>>| maybe(node, Node::duration);
    let forbids = |node: Option<Node<'_>>| -> Read<Option<bool>> {
        Ok(maybe(node, Node::loose_flag)?.map(|allowed| !allowed))
    };
    let mut rules = vec![
        RuleChange::Expiration {
            of: Lasting::Activation,
            required: None,
            maximum: duration(get("ActivationDuration"))?,
        },
        RuleChange::Expiration {
            of: Lasting::Eligibility,
            required: forbids(either(
                "AllowPermanentEligibility",
                "AllowPermanentEligibleAssignment",
            ))?,
            maximum: duration(either(
                "MaximumEligibilityDuration",
                "MaximumEligibleAssignmentDuration",
            ))?,
        },
        RuleChange::Expiration {
            of: Lasting::Assignment,
            required: forbids(get("AllowPermanentActiveAssignment"))?,
            maximum: duration(get("MaximumActiveAssignmentDuration"))?,
        },
        enablement(Asking::Activation, get("ActivationRequirement"))?,
        enablement(Asking::Assignment, get("ActiveAssignmentRequirement"))?,
        RuleChange::Context {
            enabled: maybe(get("AuthenticationContext_Enabled"), Node::loose_flag)?,
            claim: maybe(get("AuthenticationContext_Value"), |node| {
                Ok(node.text()?.trim().to_ascii_lowercase())
            })?,
        },
        RuleChange::Approval {
            required: maybe(get("ApprovalRequired"), Node::loose_flag)?,
            mode: None,
            stages: maybe(get("Approvers"), |node| approvers(node).map(|stage| vec![stage]))?,
        },
    ];
    for rule in NotificationRule::all() {
        let found = sources.iter().find_map(|source| {
            let members = source.members().ok()?;
            members.into_iter().find(|(name, _)| notification_named(name) == Some(rule))
        });
        if let Some((_, node)) = found {
            rules.push(notification(rule, &node)?);
        }
    }
    rules.retain(|rule| !rule.is_empty());
    if rules.is_empty() {
        return Err(node.bad("it states no setting"));
    }
    let policy = PolicyOf::Access(access);
    let edits: Vec<Edit> =
        rules.into_iter().map(|rule| Edit::SetRule(policy.clone(), rule)).collect();
    Ok(edits.into())
}

fn missing_template(wanted: &Node<'_>, templates: Option<&Node<'_>>) -> Bad {
    let name = wanted.value.as_str().unwrap_or_default();
    let bad = wanted.bad(format!("there is no template {}", shown(name)));
    let known = templates.and_then(|all| all.members().ok()).unwrap_or_default();
    match nearest(name, known.iter().map(|(name, _)| *name)) {
        Some(near) => bad.hint(format!("did you mean {near}?")),
        None => bad,
    }
}

fn known_properties(node: &Node<'_>) -> Read<()> {
    for (name, inner) in node.members()? {
        let is_known = PROPERTIES.iter().any(|known| known.eq_ignore_ascii_case(name))
            || notification_named(name).is_some()
            || name.starts_with(['$', '_']);
        if !is_known {
            let bad = inner.bad(format!("{} is no property of a policy", shown(name)));
            return Err(match nearest(name, PROPERTIES) {
                Some(near) => bad.hint(format!("did you mean {near}?")),
                None => bad,
            });
        }
    }
    Ok(())
}

/// `"MultiFactorAuthentication,Justification"`, `"None"`, or a list. The names mind their casing.
fn enablement(of: Asking, node: Option<Node<'_>>) -> Read<RuleChange> {
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
            "Ticketing" => ticket = true,
            other => {
                let known = ["None", "MultiFactorAuthentication", "Justification", "Ticketing"];
                let bad = node.bad(format!("{} is nothing that can be asked for", shown(other)));
                return Err(match nearest(other, known) {
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

/// Approvers have an id, and do not always say whether it is of a user or a group.
fn approvers(node: &Node<'_>) -> Read<Stage> {
    let mut approvers = Vec::new();
    for item in node.list()? {
        let id = item.find("id").ok_or_else(|| item.bad("the approver has no id"))?;
        let id = PrincipalId::new(&id.id()?);
        let kind = item.find("userType").or_else(|| item.find("type"));
        let is_user = match &kind {
            Some(kind) => kind.text()?.to_ascii_lowercase().contains("user"),
            None => false,
        };
        // `apply` makes a user of it where the directory knows it as one.
        approvers.push(if is_user { Approver::User(id) } else { Approver::Group(id) });
    }
    Ok(Stage { approvers, reason_required: None })
}

fn notification(rule: NotificationRule, node: &Node<'_>) -> Read<RuleChange> {
    let defaults =
        node.find("isDefaultRecipientEnabled").or_else(|| node.find("isDefaultRecipientsEnabled"));
    Ok(RuleChange::Notification {
        rule,
        all: maybe(node.find("notificationLevel"), level)?,
        defaults: maybe(defaults, Node::loose_flag)?,
        recipients: maybe(node.find("Recipients"), recipients)?,
    })
}

fn assignments(reader: &mut Reader, section: &Node<'_>) {
    let members = match section.members() {
        Ok(members) => members,
        Err(bad) => return reader.fault(bad),
    };
    for (name, list) in members {
        let kind = match name.to_ascii_lowercase().as_str() {
            "entraroles" => Kind::Role,
            "azureroles" => Kind::Azure,
            "groups" | "grouproles" => Kind::Group,
            _ if name.starts_with(['$', '_']) => continue,
            _ => {
                reader.fault(list.bad(format!("{} is no kind of assignments", shown(name))));
                continue;
            }
        };
        let items = match list.list() {
            Ok(items) => items,
            Err(bad) => {
                reader.fault(bad);
                continue;
            }
        };
        for item in items {
            assignments_of(reader, &item, kind);
        }
    }
}

fn assignments_of(reader: &mut Reader, item: &Node<'_>, kind: Kind) {
    let name = |name: &str| item.find(name).ok_or_else(|| item.bad(format!("{name} is missing")));
    if kind == Kind::Azure {
        reader.take(item, "assignments of an Azure role", Ok(vec![not_assessed(AZURE)].into()));
        return;
    }
    let access = if kind == Kind::Role {
        name("roleName").and_then(|role| role.id()).map(AccessName::Role)
    } else {
        name("groupId").and_then(|group| group.id()).and_then(|group| {
            name("roleName")
                .and_then(|word| group_access(&word))
                .map(|by| AccessName::Group(group, by))
        })
    };
    let list = access.and_then(|access| Ok((access, name("assignments")?.list()?)));
    match list {
        Ok((access, list)) => {
            for node in list {
                let read = assignment(&node, &access).map(|edit| Item::from(vec![edit]));
                reader.take(&node, format!("assignment of {access}"), read);
            }
        }
        Err(bad) => reader.fault(bad),
    }
}

fn assignment(node: &Node<'_>, access: &AccessName) -> Read<Edit> {
    let need = |name: &str| node.find(name).ok_or_else(|| node.bad(format!("{name} is missing")));
    let kind = need("assignmentType")?;
    let held = match kind.text()?.to_ascii_lowercase().as_str() {
        "eligible" => Held::Eligible,
        "active" => Held::Active,
        other => {
            return Err(kind.bad(format!("{} is neither Eligible nor Active", shown(other))));
        }
    };
    let end = if maybe(node.find("permanent"), Node::loose_flag)? == Some(true) {
        End::Never
    } else if let Some(length) = node.find("duration") {
        End::After(length.duration()?)
    } else {
        End::Unstated
    };
    Ok(Edit::Grant(GrantChange {
        access: access.clone(),
        principal: need("principalId")?.id()?,
        within: Scope::Tenant,
        held,
        present: true,
        start: None,
        end,
    }))
}

#[cfg(test)]
mod tests {
    use crate::precheck::detect::read;
    use crate::precheck::edit::Fault;
    use serde_json::{Value, json};

    fn words(value: &Value) -> Result<Vec<String>, String> {
        match read("e.json", value.to_string().as_bytes()) {
            Ok(changes) => {
                Ok(changes.iter().flat_map(|it| &it.edits).map(ToString::to_string).collect())
            }
            Err(faults) => Err(faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")),
        }
    }

    #[test]
    fn policies_are_read_inline_and_by_template() {
        let template = json!({"ActivationDuration": "PT4H", "ApprovalRequired": "false",
            "ActivationRequirement": "MultiFactorAuthentication,Justification",
            "AllowPermanentActiveAssignment": true});
        let of = "of the policy of role User Administrator";
        let expected = vec![
            format!("sets Expiration_EndUser_Assignment {of}: at most 2 h"),
            format!("sets Expiration_Admin_Assignment {of}: an end required false"),
            format!(
                "sets Enablement_EndUser_Assignment {of}: MFA true, justification true, ticket false"
            ),
            format!("sets Approval_EndUser_Assignment {of}: approval required false"),
        ];
        let inline = json!({"Template": "T", "ActivationDuration": "PT2H"});
        let mut listed = inline.clone();
        listed["RoleName"] = json!("User Administrator");
        for policies in [json!({"User Administrator": inline}), json!([listed])] {
            let file = json!({"PolicyTemplates": {"T": template.clone()},
                "EntraRoles": {"Policies": policies}});
            assert_eq!(words(&file), Ok(expected.clone()), "{file}");
        }
    }

    #[test]
    fn groups_and_assignments_are_read() {
        let file = json!({
            "Groups": {"Policies": {"G": {"RoleName": "Member", "Notification_Activation_Alert":
                {"isDefaultRecipientEnabled": "true", "notificationLevel": "All",
                 "Recipients": ["a@contoso.example"]}}}},
            "Assignments": {
                "EntraRoles": [{"roleName": "Security Reader", "assignments": [
                    {"principalId": "p", "principalType": "User", "assignmentType": "Active",
                     "duration": "P1D"}]}],
                "Groups": [{"groupId": "G", "roleName": "Owner", "assignments": [
                    {"principalId": "p", "principalType": "User", "assignmentType": "Eligible"}]}]}});
        let mut found = words(&file).unwrap();
        found.sort();
        assert_eq!(
            found,
            [
                "makes p active in role Security Reader for 24 h",
                "makes p eligible for owners of group G with an end that is not stated",
                "sets Notification_Admin_EndUser_Assignment of the policy of members of group G: \
                 all mails true, default recipients true, 1 further recipients",
            ]
        );
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let policy = |body: Value| json!({"EntraRoles": {"Policies": {"R": body}}});
        for (file, expected) in [
            (policy(json!({"ActivationDuraton": "PT2H"})), "did you mean ActivationDuration?"),
            (policy(json!({"Template": "none"})), "there is no template"),
            (policy(json!({})), "it states no setting"),
            (policy(json!({"ActivationRequirement": "mfa"})), "nothing that can be asked for"),
            (policy(json!({"ActivationRequirement": "justification"})), "write Justification"),
            (policy(json!([])), "it is no object"),
            (json!({"EntraRoles": {}, "Asignments": {}}), "did you mean Assignments?"),
            (json!({"Assignments": {"EntraRoles": [{"assignments": []}]}}), "roleName is missing"),
            (json!({"Assignments": {"Others": []}}), "no kind of assignments"),
            (
                json!({"Groups": {"Policies": {"G": {"ActivationDuration": "PT2H"}}}}),
                "RoleName is missing",
            ),
        ] {
            let faults = words(&file).unwrap_err();
            assert!(faults.contains(expected), "{file}: {faults}");
        }
    }
}
