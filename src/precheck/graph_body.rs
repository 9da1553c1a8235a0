//! Requests to Microsoft Graph, to what they do.

use super::edit::{AccessName, DefinitionChange, Edit, End, GrantChange, Held, Over, PolicyOf};
use super::names::{PLANNED, is_guid};
use super::object::{Bad, Node, Read, maybe, shown};
use super::rule::rule;
use crate::model::{GroupAccess, PrincipalId, RoleId, Scope};

/// A request as somebody wrote it.
pub(super) struct Request<'n, 'v> {
    /// Its method, in any casing.
    pub(super) method: &'n str,
    /// Its URL: whole, from the version on, or from behind it.
    pub(super) url: &'n str,
    /// Its body.
    pub(super) body: Option<Node<'v>>,
    /// Where it stands, for what is wrong with it as a whole.
    pub(super) node: &'n Node<'v>,
}

/// The path behind host and version, without query; a key in parentheses is a part of its own.
pub(super) fn path_of(url: &str) -> String {
    let parts: Vec<String> = behind_version(url).split('/').map(without_key_form).collect();
    parts.join("/")
}

/// `rules('id')` as `rules/id`.
fn without_key_form(part: &str) -> String {
    match part.strip_suffix("')").and_then(|part| part.split_once("('")) {
        Some((list, key)) if !list.is_empty() => format!("{list}/{key}"),
        Some(_) | None => part.to_owned(),
    }
}

fn behind_version(url: &str) -> &str {
    let rest = url
        .trim()
        .split_once("://")
        .map_or(url.trim(), |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let rest = rest.split(['?', '#']).next().unwrap_or_default().trim_matches('/');
    match rest.split_once('/') {
        Some((version, path))
            if ["v1.0", "beta"].iter().any(|it| version.eq_ignore_ascii_case(it)) =>
        {
            path
        }
        Some(_) | None => rest,
    }
}

/// Parts of Graph whose requests are understood as such; what they do is not worked out.
const BESIDE: [&str; 10] = [
    "identity/conditionalaccess",
    "identitygovernance/accessreviews",
    "identitygovernance/rolemanagementalerts",
    "identitygovernance/entitlementmanagement",
    "users",
    "serviceprincipals",
    "applications",
    "oauth2permissiongrants",
    "directory",
    "policies",
];

/// What a request does.
pub(super) fn request(request: &Request<'_, '_>) -> Read<Vec<Edit>> {
    let path = path_of(request.url);
    if path.contains(['<', '>', '{', '}']) {
        return Err(request.node.bad(format!("{} still has a placeholder", shown(request.url))));
    }
    let parts: Vec<&str> = path.split('/').collect();
    let lower: Vec<String> = parts.iter().map(|part| part.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let method = request.method.to_ascii_uppercase();
    match (method.as_str(), lower.as_slice()) {
        ("GET", _) => Ok(vec![nothing("it only reads")]),
        ("PATCH", ["policies", "rolemanagementpolicies", _, "rules", _]) => {
            set_rule(&PolicyOf::Id(parts[2].to_owned()), parts[4], &body_of(request)?)
        }
        ("PATCH", ["policies", "rolemanagementpolicies", _]) => {
            let body = body_of(request)?;
            body.only(&["id", "rules", "displayName", "description"])?;
            rules(&PolicyOf::Id(parts[2].to_owned()), &body.need("rules")?)
        }
        ("POST", ["rolemanagement", "directory", "roleassignmentschedulerequests"]) => {
            role_schedule(&body_of(request)?, Held::Active)
        }
        ("POST", ["rolemanagement", "directory", "roleeligibilityschedulerequests"]) => {
            role_schedule(&body_of(request)?, Held::Eligible)
        }
        ("POST", ["rolemanagement", "directory", "roleassignments"]) => {
            role_assignment(&body_of(request)?)
        }
        ("DELETE", ["rolemanagement", "directory", "roleassignments", _]) => {
            Ok(vec![Edit::RevokeRow(parts[3].to_owned())])
        }
        (
            "POST",
            ["identitygovernance", "privilegedaccess", "group", "assignmentschedulerequests"],
        ) => group_schedule(&body_of(request)?, Held::Active),
        (
            "POST",
            ["identitygovernance", "privilegedaccess", "group", "eligibilityschedulerequests"],
        ) => group_schedule(&body_of(request)?, Held::Eligible),
        ("POST", ["groups", _, list @ ("members" | "owners"), "$ref"]) => {
            let principal = reference(&body_of(request)?)?;
            let (group, by) = (parts[1].to_owned(), entry_of(list));
            Ok(vec![Edit::Entry { group, principal, by, present: true }])
        }
        ("DELETE", ["groups", _, list @ ("members" | "owners"), _, "$ref"]) => {
            let (group, principal, by) = (parts[1].to_owned(), parts[3].to_owned(), entry_of(list));
            Ok(vec![Edit::Entry { group, principal, by, present: false }])
        }
        ("POST", ["groups"]) => new_group(&body_of(request)?, &request.node.pointer),
        ("PATCH", ["groups", _]) => group(parts[1], &body_of(request)?),
        ("DELETE", ["groups", _]) => {
            Ok(vec![not_assessed("whatever the group holds ends with it: see pimaudit who")])
        }
        ("POST", ["rolemanagement", "directory", "roledefinitions"]) => {
            let body = body_of(request)?;
            let name = body.need("displayName")?.text()?.to_owned();
            let role = match body.get("templateId") {
                Some(id) => RoleId::new(&id.id()?),
                None => RoleId::new(&format!("planned:{name}")),
            };
            let change = DefinitionChange::Made;
            Ok(vec![Edit::RoleDefinition { role, name: Some(name), change }])
        }
        ("PATCH", ["rolemanagement", "directory", "roledefinitions", _]) => {
            let body = body_of(request)?;
            let name = maybe(body.get("displayName"), |node| node.text().map(str::to_owned))?;
            let changes = body.get("rolePermissions").is_some();
            let change = DefinitionChange::Changed;
            let edit = Edit::RoleDefinition { role: RoleId::new(parts[3]), name, change };
            Ok(vec![if changes { edit } else { nothing("no action of the role changes") }])
        }
        ("DELETE", ["rolemanagement", "directory", "roledefinitions", _]) => {
            let (role, change) = (RoleId::new(parts[3]), DefinitionChange::Deleted);
            Ok(vec![Edit::RoleDefinition { role, name: None, change }])
        }
        ("POST" | "PATCH" | "PUT" | "DELETE", _) if is_beside(&path) => {
            Ok(vec![not_assessed("what this request does is not worked out")])
        }
        ("POST" | "PATCH" | "PUT" | "DELETE", _) => Err(request
            .node
            .bad(format!("{method} {} is no request that is known", shown(&path)))
            .hint("see docs/precheck.md for the requests that are understood")),
        _ => Err(request.node.bad(format!("{} is no method", shown(request.method)))),
    }
}

fn is_beside(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    // A policy of PIM that was not understood above is a fault, not something beside.
    !path.starts_with("policies/rolemanagement")
        && BESIDE.iter().any(|part| {
            path.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

pub(super) fn nothing(why: &str) -> Edit {
    Edit::Nothing { why: why.to_owned() }
}

pub(super) fn not_assessed(why: &str) -> Edit {
    Edit::NotAssessed { why: why.to_owned() }
}

fn body_of<'v>(request: &Request<'_, 'v>) -> Read<Node<'v>> {
    let body = request.body.clone();
    let body = body.ok_or_else(|| request.node.bad("the request has no body"))?;
    body.object()?;
    Ok(body)
}

pub(super) fn entry_of(list: &str) -> GroupAccess {
    if list == "owners" { GroupAccess::Owner } else { GroupAccess::Member }
}

/// One rule of a policy.
pub(super) fn set_rule(policy: &PolicyOf, id: &str, body: &Node<'_>) -> Read<Vec<Edit>> {
    Ok(vec![match rule(id, body)? {
        Some(change) => Edit::SetRule(policy.clone(), change),
        None => nothing("nothing that is judged depends on this rule"),
    }])
}

/// The rules of a policy, each with its id.
pub(super) fn rules(policy: &PolicyOf, list: &Node<'_>) -> Read<Vec<Edit>> {
    let mut edits = Vec::new();
    for item in list.list()? {
        let id = item.need("id")?.text()?;
        edits.extend(set_rule(policy, id, &item)?);
    }
    Ok(edits)
}

/// What an `action` of a schedule request means.
enum Action {
    Sets(Over),
    Takes,
    Edit(Edit),
}

fn action(body: &Node<'_>) -> Read<Action> {
    if maybe(body.get("isValidationOnly"), Node::flag)? == Some(true) {
        return Ok(Action::Edit(nothing("Graph only validates it")));
    }
    let node = body.need("action")?;
    Ok(match node.text()?.to_ascii_lowercase().as_str() {
        "adminassign" => Action::Sets(Over::Refused),
        "adminupdate" | "adminextend" | "adminrenew" => Action::Sets(Over::Replaces),
        "adminremove" => Action::Takes,
        "selfactivate" | "selfdeactivate" => {
            Action::Edit(nothing("an activation uses what is there already"))
        }
        "selfextend" | "selfrenew" => {
            Action::Edit(not_assessed("it asks for something that an administrator decides"))
        }
        other => return Err(node.bad(format!("{} is no action that is known", shown(other)))),
    })
}

const REQUEST: [&str; 10] = [
    "action",
    "principalId",
    "justification",
    "scheduleInfo",
    "ticketInfo",
    "isValidationOnly",
    "targetScheduleId",
    "customData",
    "id",
    "status",
];

fn role_schedule(body: &Node<'_>, held: Held) -> Read<Vec<Edit>> {
    let own = ["roleDefinitionId", "directoryScopeId", "appScopeId"];
    body.only(&[REQUEST.as_slice(), own.as_slice()].concat())?;
    let (present, over) = match action(body)? {
        Action::Edit(edit) => return Ok(vec![edit]),
        Action::Sets(over) => (true, over),
        Action::Takes => (false, Over::Replaces),
    };
    let (start, end) = schedule(body)?;
    Ok(vec![Edit::Grant(GrantChange {
        access: AccessName::Role(body.need("roleDefinitionId")?.id()?),
        principal: body.need("principalId")?.id()?,
        within: scope(body)?,
        held,
        present,
        start,
        end,
        over,
    })])
}

fn group_schedule(body: &Node<'_>, held: Held) -> Read<Vec<Edit>> {
    body.only(&[REQUEST.as_slice(), ["groupId", "accessId"].as_slice()].concat())?;
    let (present, over) = match action(body)? {
        Action::Edit(edit) => return Ok(vec![edit]),
        Action::Sets(over) => (true, over),
        Action::Takes => (false, Over::Replaces),
    };
    let (start, end) = schedule(body)?;
    let access = group_access(&body.need("accessId")?)?;
    Ok(vec![Edit::Grant(GrantChange {
        access: AccessName::Group(body.need("groupId")?.id()?, access),
        principal: body.need("principalId")?.id()?,
        within: Scope::Tenant,
        held,
        present,
        start,
        end,
        over,
    })])
}

/// `member` or `owner`, in any casing.
pub(super) fn group_access(node: &Node<'_>) -> Read<GroupAccess> {
    match node.text()?.to_ascii_lowercase().as_str() {
        "member" => Ok(GroupAccess::Member),
        "owner" => Ok(GroupAccess::Owner),
        other => Err(node.bad(format!("{} is neither member nor owner", shown(other)))),
    }
}

fn role_assignment(body: &Node<'_>) -> Read<Vec<Edit>> {
    let known =
        ["id", "principalId", "roleDefinitionId", "directoryScopeId", "appScopeId", "condition"];
    body.only(&known)?;
    Ok(vec![Edit::Grant(GrantChange {
        access: AccessName::Role(body.need("roleDefinitionId")?.id()?),
        principal: body.need("principalId")?.id()?,
        within: scope(body)?,
        held: Held::OutsidePim,
        present: true,
        start: None,
        end: End::Never,
        over: Over::Replaces,
    })])
}

fn scope(body: &Node<'_>) -> Read<Scope> {
    let directory = maybe(body.get("directoryScopeId"), Node::id)?;
    let app = maybe(body.get("appScopeId"), Node::id)?;
    if directory.is_none() && app.is_none() {
        return Err(body.bad("neither directoryScopeId nor appScopeId is there"));
    }
    scope_of(body, directory.as_deref(), app.as_deref())
}

/// A scope that the directory knows. A text of any other form would be taken for some object.
pub(super) fn scope_of(node: &Node<'_>, directory: Option<&str>, app: Option<&str>) -> Read<Scope> {
    let scope = Scope::parse(directory, app);
    let fits = match &scope {
        Scope::Tenant | Scope::Application(_) => true,
        Scope::AdministrativeUnit(unit) => !unit.is_empty() && !unit.contains('/'),
        Scope::Object(object) => is_guid(object) || object.starts_with(PLANNED),
    };
    if fits { Ok(scope) } else { Err(no_scope(node, directory.unwrap_or_default())) }
}

fn no_scope(node: &Node<'_>, scope: &str) -> Bad {
    let bad = node.bad(format!("{} is no scope of a directory role", shown(scope)));
    bad.hint("known are /, /administrativeUnits/ID and /ID of a directory object")
}

fn schedule(body: &Node<'_>) -> Read<(Option<jiff::Timestamp>, End)> {
    let Some(info) = body.get("scheduleInfo") else { return Ok((None, End::Unstated)) };
    info.only(&["startDateTime", "expiration", "recurrence"])?;
    let start = maybe(info.get("startDateTime"), Node::time)?;
    let Some(expiration) = info.get("expiration") else { return Ok((start, End::Unstated)) };
    expiration.only(&["type", "endDateTime", "duration"])?;
    let kind = match expiration.get("type") {
        Some(kind) => kind.text()?.to_ascii_lowercase(),
        None if expiration.get("endDateTime").is_some() => "afterdatetime".to_owned(),
        None if expiration.get("duration").is_some() => "afterduration".to_owned(),
        None => "notspecified".to_owned(),
    };
    let end = match kind.as_str() {
        "noexpiration" => End::Never,
        "afterdatetime" => expiration.need("endDateTime")?.end()?,
        "afterduration" => End::After(expiration.need("duration")?.duration()?),
        "notspecified" => End::Unstated,
        other => {
            return Err(expiration.bad(format!("{} is no type of expiration", shown(other))));
        }
    };
    Ok((start, end))
}

/// The object that `@odata.id` names.
fn reference(body: &Node<'_>) -> Read<String> {
    let node = body.need("@odata.id")?;
    let text = node.id()?;
    let id = object_of(&text);
    if id.is_empty() { Err(node.bad("it names no object")) } else { Ok(id.to_owned()) }
}

fn references(body: &Node<'_>, name: &str) -> Read<Vec<String>> {
    let Some(list) = body.get(name) else { return Ok(Vec::new()) };
    let mut ids = Vec::new();
    for item in list.list()? {
        let text = item.id()?;
        ids.push(object_of(&text).to_owned());
    }
    Ok(ids)
}

/// The id that a reference ends with: `…/directoryObjects/ID` or `…/directoryObjects('ID')`.
fn object_of(text: &str) -> &str {
    let last = text.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    last.split_once("('").map_or(last, |(_, id)| id.trim_end_matches("')"))
}

fn entries(body: &Node<'_>, group: &str) -> Read<Vec<Edit>> {
    let mut edits = Vec::new();
    let lists =
        [("members@odata.bind", GroupAccess::Member), ("owners@odata.bind", GroupAccess::Owner)];
    for (name, by) in lists {
        for principal in references(body, name)? {
            edits.push(Edit::Entry { group: group.to_owned(), principal, by, present: true });
        }
    }
    Ok(edits)
}

/// Properties of a group that a request may set.
const GROUP: [&str; 27] = [
    "id",
    "displayName",
    "description",
    "mailEnabled",
    "mailNickname",
    "securityEnabled",
    "visibility",
    "classification",
    "uniqueName",
    "preferredDataLocation",
    "preferredLanguage",
    "theme",
    "accessType",
    "allowExternalSenders",
    "autoSubscribeNewMembers",
    "hideFromAddressLists",
    "hideFromOutlookClients",
    "isSubscribedByMail",
    "unseenCount",
    "assignedLabels",
    "resourceBehaviorOptions",
    "resourceProvisioningOptions",
    "isManagementRestricted",
    "isAssignableToRole",
    "groupTypes",
    "members@odata.bind",
    "owners@odata.bind",
];

/// What makes the members of a group follow a rule, or changes many of them at once.
const BY_RULE: [&str; 4] =
    ["membershipRule", "membershipRuleProcessingState", "members@delta", "owners@delta"];

/// Why nobody knows who is in a group afterwards.
pub(super) const RULED: &str = "who is in the group changes by more than what is worked out";

/// Refuses what no group has, and says where members come and go by more than the entries tell.
fn ruled(body: &Node<'_>, is_new: bool) -> Read<Option<Edit>> {
    body.only(&[GROUP.as_slice(), BY_RULE.as_slice()].concat())?;
    let by_rule = BY_RULE.iter().any(|name| body.get(name).is_some());
    // A list of types on a group that is there may make it dynamic, or take that away.
    let types = match body.get("groupTypes") {
        Some(list) => {
            let mut dynamic = !is_new;
            for kind in list.list()? {
                dynamic |= kind.text()?.eq_ignore_ascii_case("DynamicMembership");
            }
            dynamic
        }
        None => false,
    };
    Ok((by_rule || types).then(|| not_assessed(RULED)))
}

fn new_group(body: &Node<'_>, pointer: &str) -> Read<Vec<Edit>> {
    let ruled = ruled(body, true)?;
    let name = body.need("displayName")?.text()?.to_owned();
    let role_assignable = maybe(body.get("isAssignableToRole"), Node::flag)?.unwrap_or_default();
    let id = PrincipalId::new(&format!("planned:{name}{pointer}"));
    let mut edits = vec![Edit::NewGroup { id: id.clone(), name, role_assignable }];
    edits.extend(entries(body, &id.text())?);
    edits.extend(ruled);
    Ok(edits)
}

fn group(group: &str, body: &Node<'_>) -> Read<Vec<Edit>> {
    let ruled = ruled(body, false)?;
    let mut edits = entries(body, group)?;
    if let Some(value) = maybe(body.get("isAssignableToRole"), Node::flag)? {
        edits.push(Edit::RoleAssignable { group: group.to_owned(), value });
    }
    edits.extend(ruled);
    if edits.is_empty() {
        edits.push(nothing("neither members nor roles of the group change"));
    }
    Ok(edits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(method: &str, url: &str, body: &Value) -> Read<Vec<Edit>> {
        let node = Node::new(body, "/0");
        let body = (!body.is_null()).then(|| node.clone());
        request(&Request { method, url, body, node: &node })
    }

    #[test]
    fn a_path_stands_behind_host_and_version() {
        for (url, expected) in [
            ("https://graph.microsoft.com/v1.0/groups/x?$top=1", "groups/x"),
            ("/beta/groups/x/", "groups/x"),
            ("groups/x", "groups/x"),
            ("https://host", ""),
            ("", ""),
            (
                "/v1.0/policies/roleManagementPolicies('p')/rules('r')",
                "policies/roleManagementPolicies/p/rules/r",
            ),
            ("/beta/groups('g')/members/$ref?x='y'", "groups/g/members/$ref"),
            ("/x/filterByCurrentUser(on='principal')", "x/filterByCurrentUser(on='principal')"),
            ("('x')", "('x')"),
        ] {
            assert_eq!(path_of(url), expected, "{url}");
        }
    }

    #[test]
    fn every_request_of_pim_is_understood() {
        let role = json!({"action": "adminAssign", "principalId": "p", "roleDefinitionId": "r",
            "directoryScopeId": "/", "scheduleInfo": {"expiration": {"type": "noExpiration"}}});
        let timed = json!({"action": "AdminUpdate", "principalId": "p", "roleDefinitionId": "r",
            "directoryScopeId": "/administrativeUnits/A", "justification": "x", "scheduleInfo":
            {"startDateTime": "2026-11-02T09:00:00Z",
             "expiration": {"type": "afterDuration", "duration": "PT8H"}}});
        let group = json!({"action": "adminRemove", "principalId": "p", "groupId": "g",
            "accessId": "Owner"});
        let activation = json!({"action": "selfActivate", "principalId": "p",
            "roleDefinitionId": "r", "directoryScopeId": "/"});
        for (method, url, body, expected) in [
            (
                "patch",
                "/v1.0/policies/roleManagementPolicies/DirectoryRole_T_P/rules/Expiration_EndUser_Assignment",
                json!({"maximumDuration": "PT4H"}),
                "sets Expiration_EndUser_Assignment (at most 4 h) of policy DirectoryRole_T_P",
            ),
            (
                "PATCH",
                "/beta/policies/roleManagementPolicies('P')/rules('Expiration_EndUser_Assignment')",
                json!({"maximumDuration": "PT4H"}),
                "sets Expiration_EndUser_Assignment (at most 4 h) of policy P",
            ),
            (
                "POST",
                "/v1.0/roleManagement/directory/roleAssignmentScheduleRequests",
                role.clone(),
                "makes p active in role r without an end",
            ),
            (
                "POST",
                "https://graph.microsoft.com/v1.0/roleManagement/directory/roleEligibilityScheduleRequests",
                timed,
                "makes p eligible for role r within /administrativeUnits/a for 8 h",
            ),
            (
                "POST",
                "identityGovernance/privilegedAccess/group/eligibilityScheduleRequests",
                group,
                "makes p no longer eligible for owners of group g",
            ),
            (
                "POST",
                "/roleManagement/directory/roleAssignments",
                json!({"principalId": "p", "roleDefinitionId": "r", "directoryScopeId": "/"}),
                "makes p active, past PIM, in role r without an end",
            ),
            (
                "DELETE",
                "/v1.0/roleManagement/directory/roleAssignments/aBc-1",
                json!(null),
                "removes the role assignment aBc-1",
            ),
            (
                "POST",
                "/roleManagement/directory/roleAssignmentScheduleRequests",
                activation,
                "changes nothing that is judged: an activation uses what is there already",
            ),
            (
                "POST",
                "/v1.0/groups/g/members/$ref",
                json!({"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/p"}),
                "makes p a plain member of group g",
            ),
            (
                "DELETE",
                "/v1.0/groups/g/owners/p/$ref",
                json!(null),
                "makes p no longer a plain owner of group g",
            ),
            (
                "PATCH",
                "/groups/g",
                json!({"isAssignableToRole": true}),
                "makes roles assignable to group g",
            ),
            (
                "PATCH",
                "/groups/g",
                json!({"description": "x", "displayName": "y"}),
                "changes nothing that is judged: neither members nor roles of the group change",
            ),
            (
                "PATCH",
                "/groups/g",
                json!({"membershipRule": "user.department -eq \"IT\""}),
                "is not assessed: who is in the group changes by more than what is worked out",
            ),
            (
                "PATCH",
                "/groups/g",
                json!({"membershipRuleProcessingState": "On"}),
                "is not assessed: who is in the group changes by more than what is worked out",
            ),
            (
                "PATCH",
                "/groups/g",
                json!({"groupTypes": []}),
                "is not assessed: who is in the group changes by more than what is worked out",
            ),
            (
                "PATCH",
                "/groups/g",
                json!({"members@delta": [{"@removed": {"reason": "deleted"}, "id": "p"}]}),
                "is not assessed: who is in the group changes by more than what is worked out",
            ),
            (
                "PATCH",
                "/groups/g",
                json!({"members@odata.bind": ["https://graph.microsoft.com/v1.0/users/p"]}),
                "makes p a plain member of group g",
            ),
            ("GET", "/v1.0/anything", json!(null), "changes nothing that is judged: it only reads"),
            (
                "PATCH",
                "/v1.0/identity/conditionalAccess/policies/x",
                json!({}),
                "is not assessed: what this request does is not worked out",
            ),
        ] {
            let edits = read(method, url, &body).unwrap();
            let words: Vec<String> = edits.iter().map(Edit::to_string).collect();
            assert_eq!(words, [expected], "{method} {url}");
        }
    }

    #[test]
    fn a_group_that_is_made_may_follow_a_rule() {
        let made = |types: Value| json!({"displayName": "D", "groupTypes": types});
        for (body, expected) in [
            (made(json!(["Unified"])), 1),
            (made(json!(["dynamicMembership"])), 2),
            (json!({"displayName": "D", "membershipRule": "x"}), 2),
            (json!({"displayName": "D", "owners@odata.bind": ["/users/o"]}), 2),
        ] {
            let edits = read("POST", "/groups", &body).unwrap();
            assert_eq!(edits.len(), expected, "{body}");
            assert!(matches!(edits[0], Edit::NewGroup { .. }), "{body}");
        }
    }

    #[test]
    fn only_scopes_that_the_directory_knows_are_taken() {
        let id = "aaaaaaaa-0001-4000-8000-000000000001";
        let assignment = "/roleManagement/directory/roleAssignments";
        for (scope, expected) in [
            ("/".to_owned(), true),
            (format!("/administrativeUnits/{id}"), true),
            (format!("/{id}"), true),
            ("/administrativeUnits/".to_owned(), false),
            (format!("/administrativeUnits/{id}/members"), false),
            (format!("/subscriptions/{id}"), false),
            ("subscriptions/x".to_owned(), false),
            ("everything".to_owned(), false),
        ] {
            let body = json!({"principalId": "p", "roleDefinitionId": "r",
                "directoryScopeId": scope});
            assert_eq!(read("POST", assignment, &body).is_ok(), expected, "{scope}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let schedule = "/roleManagement/directory/roleAssignmentScheduleRequests";
        let with = |name: &str, value: Value| {
            let mut body = json!({"action": "adminAssign", "principalId": "p",
                "roleDefinitionId": "r", "directoryScopeId": "/"});
            body[name] = value;
            body
        };
        for (method, url, body, expected) in [
            ("PATCH", "/policies/roleManagementPolicies/p/rules/x", json!({}), "no rule"),
            (
                "PATCH",
                "/policies/roleManagementPolicies/{policy}/rules/x",
                json!({}),
                "placeholder",
            ),
            ("PATCH", "/policies/roleManagementPolicies/p/rules/x", json!(null), "no body"),
            ("PUT", "/policies/roleManagementPolicies/p", json!({}), "no request that is known"),
            ("POST", "/elsewhere", json!({}), "no request that is known"),
            ("PATCH", "/groups/g", json!({"isAssignabletoRole": true}), "no property"),
            ("PATCH", "/groups/g", json!({"member@odata.bind": ["/users/p"]}), "no property"),
            ("POST", "/groups", json!({"displayName": "D", "membershiprule": "x"}), "no property"),
            (
                "PATCH",
                "/policies/roleManagementPolicies/p/rules/Expiration_EndUser_Assignment",
                json!({"maximumDuration@x": "PT24H"}),
                "no property",
            ),
            ("FETCH", "/groups", json!({}), "no method"),
            ("POST", schedule, json!({}), "action is missing"),
            ("POST", schedule, with("action", json!("adminGrant")), "no action"),
            ("POST", schedule, with("principalId", json!("<id>")), "placeholder"),
            ("POST", schedule, with("directoryScopeId", json!(null)), "neither directoryScopeId"),
            ("POST", schedule, with("rolDefinitionId", json!("x")), "no property"),
            (
                "POST",
                schedule,
                with("scheduleInfo", json!({"expiration": {"type": "afterDateTime"}})),
                "endDateTime is missing",
            ),
        ] {
            let bad = read(method, url, &body).unwrap_err();
            assert!(bad.message.contains(expected), "{method} {url}: {}", bad.message);
        }
    }
}
