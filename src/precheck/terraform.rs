//! Plans of Terraform (`terraform show -json`), to what they change.
//!
//! Resources that change nothing and those of other providers are no items; the latter are counted.

use super::detect::{Item, Reader};
use super::edit::{
    AccessName, Asking, DefinitionChange, Edit, End, GrantChange, Held, Lasting, PolicyOf,
    RuleChange,
};
use super::graph_body::{Request, group_access, not_assessed, nothing, request};
use super::object::{Node, Read, maybe, shown};
use super::rule::{level, recipients};
use crate::model::{
    Approver, GroupAccess, NotificationEvent, NotificationRecipient, NotificationRule, PrincipalId,
    RoleId, Scope, Stage,
};
use serde_json::Value;
use std::cell::RefCell;

/// What the plan does with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Create,
    Update,
    Delete,
    Replace,
    Forget,
}

/// One resource of the plan.
struct Resource<'p, 'v> {
    root: &'p Node<'v>,
    /// The whole item, for what is wrong with it as a whole.
    node: &'p Node<'v>,
    address: &'v str,
    turn: Turn,
    before: Option<Node<'v>>,
    after: Option<Node<'v>>,
    unmade: Option<Node<'v>>,
    /// What is known only after the change.
    unknown: RefCell<Vec<String>>,
    /// What the provider leaves as it is.
    kept: RefCell<Vec<String>>,
}

const AZURE: &str = "settings and assignments of Azure resources are not read, so only what is \
    stated is known";

/// Reads a plan.
pub(super) fn read(reader: &mut Reader, root: &Node<'_>) {
    let version = root.value.get("format_version").and_then(Value::as_str).unwrap_or_default();
    if !(version.starts_with("1.") || version.starts_with("0.")) {
        reader.fault(root.bad(format!("{} is no format version of a plan", shown(version))));
        return;
    }
    if root.value.get("errored") == Some(&Value::Bool(true)) {
        reader.fault(root.bad("the plan failed, so it is not whole"));
    }
    let Some(changes) = root.get("resource_changes") else {
        if root.get("planned_values").is_none() {
            let bad = root.bad("it is a state, not a plan");
            reader.fault(bad.hint("terraform plan -out=plan, then terraform show -json plan"));
        }
        return;
    };
    let items = match changes.list() {
        Ok(items) => items,
        Err(bad) => {
            reader.fault(bad);
            return;
        }
    };
    let mut others = 0_usize;
    for node in &items {
        match one(root, node) {
            Ok(Some((address, item))) => reader.take(node, address, Ok(item)),
            Ok(None) => {}
            Err(Other::Provider) => others += 1,
            Err(Other::Bad(bad)) => reader.fault(bad),
        }
    }
    if others > 0 {
        let edits = vec![nothing("resources of other providers do not touch PIM")];
        reader.take(&changes, format!("{others} resources of other kinds"), Ok(edits.into()));
    }
}

enum Other {
    Provider,
    Bad(super::object::Bad),
}

impl From<super::object::Bad> for Other {
    fn from(bad: super::object::Bad) -> Self {
        Self::Bad(bad)
    }
}

fn one<'v>(root: &Node<'v>, node: &Node<'v>) -> Result<Option<(&'v str, Item)>, Other> {
    if node.get("mode").is_some_and(|mode| mode.value == "data") {
        return Ok(None);
    }
    let kind = node.need("type")?.text()?;
    let address = node.need("address")?.text()?;
    let change = node.need("change")?;
    let Some(turn) = turn(&change.need("actions")?)? else { return Ok(None) };
    let resource = Resource {
        root,
        node,
        address,
        turn,
        before: change.get("before"),
        after: change.get("after"),
        unmade: change.get("after_unknown"),
        unknown: RefCell::default(),
        kept: RefCell::default(),
    };
    if turn == Turn::Forget {
        let edits = vec![nothing("Terraform only forgets it: it stays as it is")];
        return Ok(Some((address, edits.into())));
    }
    let edits = match kind {
        "azuread_directory_role_assignment" => resource.grants(role_assignment)?,
        "azuread_directory_role_member" => resource.grants(role_member)?,
        "azuread_directory_role_eligibility_schedule_request" => resource.grants(eligibility)?,
        "azuread_privileged_access_group_eligibility_schedule" => {
            resource.grants(|side| group_schedule(side, Held::Eligible))?
        }
        "azuread_privileged_access_group_assignment_schedule" => {
            resource.grants(|side| group_schedule(side, Held::Active))?
        }
        "azuread_group_role_management_policy" => group_policy(&resource)?,
        "azuread_group" => group(&resource)?,
        "azuread_group_member" => group_member(&resource)?,
        "azuread_custom_directory_role" => custom_role(&resource)?,
        "msgraph_update_resource" | "msgraph_resource" | "msgraph_resource_action" => {
            graph_resource(&resource, kind)?
        }
        _ if kind.starts_with("azurerm_pim_")
            || kind == "azurerm_role_management_policy"
            || kind == "azurerm_role_assignment" =>
        {
            vec![not_assessed(AZURE)]
        }
        _ if kind.starts_with("azapi_") => {
            let of = resource.after.as_ref().or(resource.before.as_ref());
            let of = of.and_then(|side| side.value.get("type")?.as_str()).unwrap_or_default();
            if !of.to_ascii_lowercase().starts_with("microsoft.authorization/") {
                return Err(Other::Provider);
            }
            vec![not_assessed(AZURE)]
        }
        _ if kind.starts_with("azuread_") || kind.starts_with("msgraph_") => {
            vec![not_assessed("what this resource does is not worked out")]
        }
        _ => return Err(Other::Provider),
    };
    let (unknown, kept) = (resource.unknown.into_inner(), resource.kept.into_inner());
    Ok(Some((address, Item { edits, unknown, kept })))
}

fn turn(actions: &Node<'_>) -> Read<Option<Turn>> {
    let mut words = Vec::new();
    for action in actions.list()? {
        words.push(action.text()?);
    }
    match words.as_slice() {
        ["no-op" | "read"] => Ok(None),
        ["create"] => Ok(Some(Turn::Create)),
        ["update"] => Ok(Some(Turn::Update)),
        ["delete"] => Ok(Some(Turn::Delete)),
        ["delete", "create"] | ["create", "delete"] => Ok(Some(Turn::Replace)),
        ["forget"] => Ok(Some(Turn::Forget)),
        other => Err(actions.bad(format!("{} is no action of a plan", shown(&other.join(", "))))),
    }
}

/// Stands for the id of what is made by the resource at an address.
fn planned(address: &str) -> String {
    format!("planned:{}", without_index(address))
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

/// The values before or after, and what an unknown one refers to.
struct Side<'r, 'p, 'v> {
    resource: &'r Resource<'p, 'v>,
    node: &'r Node<'v>,
    /// False for the values before: they are all known.
    is_after: bool,
}

impl<'v> Side<'_, '_, 'v> {
    fn get(&self, name: &str) -> Option<Node<'v>> {
        // An empty text is how the provider writes what is not set.
        self.node.get(name).filter(|node| node.value != "")
    }

    fn is_unknown(&self, name: &str) -> bool {
        let unmade = self.resource.unmade.as_ref().filter(|_| self.is_after);
        unmade.is_some_and(|unmade| unmade.value.get(name) == Some(&Value::Bool(true)))
    }

    /// An id, its last part where it is a path; or what stands for one that is known later.
    fn id(&self, name: &str) -> Read<String> {
        if let Some(node) = self.get(name) {
            let id = node.id()?;
            return Ok(id.rsplit('/').next().unwrap_or_default().to_owned());
        }
        if !self.is_unknown(name) {
            return Err(self.node.bad(format!("{name} is missing")));
        }
        let address = self.resource.address;
        let referred = reference(self.resource.root, address, name);
        self.resource.unknown.borrow_mut().push(match &referred {
            Some(referred) => format!("{name} is the id of {referred}, known after the change"),
            None => format!("{name} is known only after the change"),
        });
        Ok(planned(&referred.unwrap_or_else(|| format!("{address}.{name}"))))
    }

    fn scope(&self, directory: &[&str], app: &[&str]) -> Read<Scope> {
        let first = |names: &[&str]| -> Read<Option<String>> {
            let found = names.iter().find_map(|name| self.get(name));
            maybe(found, Node::id)
        };
        let (directory, app) = (first(directory)?, first(app)?);
        Ok(Scope::parse(directory.as_deref(), app.as_deref()))
    }
}

/// The resource that an attribute refers to, by the configuration in the plan.
fn reference(root: &Node<'_>, address: &str, attribute: &str) -> Option<String> {
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

impl<'v> Resource<'_, 'v> {
    fn side<'r>(&'r self, after: bool) -> Read<Side<'r, 'r, 'v>> {
        let node = if after { &self.after } else { &self.before };
        let node = node.as_ref().ok_or_else(|| {
            let when = if after { "after" } else { "before" };
            self.node.bad(format!("the values {when} are missing"))
        })?;
        Ok(Side { resource: self, node, is_after: after })
    }

    /// An assignment or eligibility that comes, changes or goes.
    fn grants(&self, read: impl Fn(&Side<'_, '_, 'v>) -> Read<GrantChange>) -> Read<Vec<Edit>> {
        let (goes, comes) = match self.turn {
            Turn::Create | Turn::Update => (false, true),
            Turn::Delete => (true, false),
            Turn::Replace => (true, true),
            Turn::Forget => (false, false),
        };
        let mut edits = Vec::new();
        if goes {
            let grant = read(&self.side(false)?)?;
            edits.push(Edit::Grant(GrantChange { present: false, ..grant }));
        }
        if comes {
            edits.push(Edit::Grant(read(&self.side(true)?)?));
        }
        Ok(edits)
    }
}

fn role_grant(role: String, principal: String, within: Scope, held: Held) -> GrantChange {
    GrantChange {
        access: AccessName::Role(role),
        principal,
        within,
        held,
        present: true,
        start: None,
        end: End::Never,
    }
}

fn role_assignment(side: &Side<'_, '_, '_>) -> Read<GrantChange> {
    let within = side.scope(
        &["directory_scope_id", "directory_scope_object_id"],
        &["app_scope_id", "app_scope_object_id"],
    )?;
    let principal = side.id("principal_object_id")?;
    Ok(role_grant(side.id("role_id")?, principal, within, Held::OutsidePim))
}

/// It names the directory's own object of the role, whose template the plan tells if it read it.
fn role_member(side: &Side<'_, '_, '_>) -> Read<GrantChange> {
    let object = side.id("role_object_id")?;
    let role = template_of(side.resource.root, &object).unwrap_or_else(|| {
        let said = format!("which role has the object id {object} is not in the plan");
        side.resource.unknown.borrow_mut().push(said);
        planned(&object)
    });
    let principal = side.id("member_object_id")?;
    Ok(role_grant(role, principal, Scope::Tenant, Held::OutsidePim))
}

/// The template of the role with this object id, by what the plan read or plans.
fn template_of(root: &Node<'_>, object: &str) -> Option<String> {
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

/// The provider always asks for one without an end.
fn eligibility(side: &Side<'_, '_, '_>) -> Read<GrantChange> {
    let within = side.scope(&["directory_scope_id"], &[])?;
    let principal = side.id("principal_id")?;
    Ok(role_grant(side.id("role_definition_id")?, principal, within, Held::Eligible))
}

fn group_schedule(side: &Side<'_, '_, '_>, held: Held) -> Read<GrantChange> {
    let kind = side.node.need("assignment_type")?;
    let end = if maybe(side.get("permanent_assignment"), Node::flag)? == Some(true) {
        End::Never
    } else if let Some(end) = side.get("expiration_date") {
        end.end()?
    } else if let Some(length) = side.get("duration") {
        End::After(length.duration()?)
    } else {
        End::Unstated
    };
    Ok(GrantChange {
        access: AccessName::Group(side.id("group_id")?, group_access(&kind)?),
        principal: side.id("principal_id")?,
        within: Scope::Tenant,
        held,
        present: true,
        start: maybe(side.get("start_date"), Node::time)?,
        end,
    })
}

/// Longest list of properties that is told.
const MOST_UNKNOWN: usize = 50;

/// Paths of everything that is known only after the change.
fn unknown_paths(unmade: Option<&Node<'_>>) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<(String, &Value)> =
        unmade.map(|it| (String::new(), it.value)).into_iter().collect();
    while let Some((path, value)) = open.pop() {
        if found.len() == MOST_UNKNOWN {
            break;
        }
        let join = |name: &str| match path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        if value == &Value::Bool(true) {
            found.push(path);
        } else if let Some(members) = value.as_object() {
            open.extend(members.iter().map(|(name, value)| (join(name), value)));
        } else if let Some(items) = value.as_array() {
            // Blocks come as lists of one.
            let item = |(place, value)| match place {
                0 => (path.clone(), value),
                _ => (join(&usize::to_string(&place)), value),
            };
            open.extend(items.iter().enumerate().map(item));
        }
    }
    found.sort();
    found
}

/// Properties that every resource has and that say nothing.
const COMPUTED: [&str; 4] = ["id", "display_name", "description", "object_id"];

fn group_policy(resource: &Resource<'_, '_>) -> Read<Vec<Edit>> {
    if resource.turn == Turn::Delete {
        return Ok(vec![nothing("deleting it restores nothing: the settings stay as they are")]);
    }
    let side = resource.side(true)?;
    let access = group_access(&side.node.need("role_id")?)?;
    let policy = PolicyOf::Access(AccessName::Group(side.id("group_id")?, access));
    let mut rules: Vec<RuleChange> = Vec::new();
    if let Some(block) = block(side.node, "activation_rules")? {
        activation(&block, &mut rules)?;
    }
    for (name, of, asking) in [
        ("active_assignment_rules", Lasting::Assignment, Some(Asking::Assignment)),
        ("eligible_assignment_rules", Lasting::Eligibility, None),
    ] {
        let Some(block) = block(side.node, name)? else { continue };
        rules.push(RuleChange::Expiration {
            of,
            required: maybe(block.get("expiration_required"), Node::flag)?,
            maximum: maybe(filled(&block, "expire_after"), Node::duration)?,
        });
        if let Some(of) = asking {
            rules.push(enablement(of, &block)?);
        }
    }
    if let Some(block) = block(side.node, "notification_rules")? {
        notifications(&block, &mut rules)?;
    }
    let own = unknown_paths(resource.unmade.as_ref());
    let own = own.into_iter().filter(|path| !COMPUTED.contains(&path.as_str()));
    let is_kept = |path: &String| path != "group_id" && path != "role_id";
    resource.kept.borrow_mut().extend(own.filter(is_kept));
    rules.retain(|rule| !rule.is_empty());
    if rules.is_empty() {
        return Ok(vec![nothing("it states no setting, so all keep their live value")]);
    }
    Ok(rules.into_iter().map(|rule| Edit::SetRule(policy.clone(), rule)).collect())
}

/// The only item of a block.
fn block<'v>(node: &Node<'v>, name: &str) -> Read<Option<Node<'v>>> {
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

fn approval_stage(stage: &Node<'_>) -> Read<Stage> {
    let mut approvers = Vec::new();
    if let Some(list) = stage.get("primary_approver") {
        for item in list.list()? {
            let kind = match item.get("type") {
                Some(kind) => kind.text()?.to_ascii_lowercase(),
                None => "singleuser".to_owned(),
            };
            let Some(id) = item.get("object_id") else {
                approvers.push(Approver::Unknown("known after the change".into()));
                continue;
            };
            let id = PrincipalId::new(&id.id()?);
            approvers.push(match kind.as_str() {
                "singleuser" | "user" => Approver::User(id),
                "groupmembers" | "group" => Approver::Group(id),
                other => {
                    return Err(item.bad(format!("{} is no type of approver", shown(other))));
                }
            });
        }
    }
    Ok(Stage { approvers, reason_required: None })
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

fn group(resource: &Resource<'_, '_>) -> Read<Vec<Edit>> {
    let ends = "whatever the group holds ends with it: see pimaudit who";
    match resource.turn {
        Turn::Delete | Turn::Replace => Ok(vec![not_assessed(ends)]),
        Turn::Create => {
            let side = resource.side(true)?;
            let id = PrincipalId::new(&planned(resource.address));
            let name = match side.get("display_name") {
                Some(name) => name.text()?.to_owned(),
                None => resource.address.to_owned(),
            };
            let role_assignable =
                maybe(side.get("assignable_to_role"), Node::flag)?.unwrap_or_default();
            let mut edits = vec![Edit::NewGroup { id: id.clone(), name, role_assignable }];
            entries(resource, None, &side, &id.text(), &mut edits)?;
            Ok(edits)
        }
        Turn::Update => {
            let (before, after) = (resource.side(false)?, resource.side(true)?);
            let group =
                before.id(if before.get("object_id").is_some() { "object_id" } else { "id" })?;
            let mut edits = Vec::new();
            let flag = |side: &Side<'_, '_, '_>| maybe(side.get("assignable_to_role"), Node::flag);
            if let Some(value) = flag(&after)?
                && flag(&before)? != Some(value)
            {
                edits.push(Edit::RoleAssignable { group: group.clone(), value });
            }
            entries(resource, Some(&before), &after, &group, &mut edits)?;
            if edits.is_empty() {
                edits.push(nothing("neither members nor roles of the group change"));
            }
            Ok(edits)
        }
        Turn::Forget => Ok(Vec::new()),
    }
}

/// Members and owners that come and go.
fn entries(
    resource: &Resource<'_, '_>,
    before: Option<&Side<'_, '_, '_>>,
    after: &Side<'_, '_, '_>,
    group: &str,
    edits: &mut Vec<Edit>,
) -> Read<()> {
    for (name, by) in [("members", GroupAccess::Member), ("owners", GroupAccess::Owner)] {
        if after.is_unknown(name) {
            // Both are computed where the configuration does not state them.
            let said = format!("{name} of {group} are known only after the change");
            resource.unknown.borrow_mut().push(said);
            continue;
        }
        let was = match before {
            Some(side) => ids(side, name)?,
            None => Vec::new(),
        };
        let is = ids(after, name)?;
        if after.get(name).is_none() && before.is_some() {
            continue;
        }
        let entry = |principal: &String, present| Edit::Entry {
            group: group.to_owned(),
            principal: principal.clone(),
            by,
            present,
        };
        edits.extend(was.iter().filter(|id| !is.contains(id)).map(|id| entry(id, false)));
        edits.extend(is.iter().filter(|id| !was.contains(id)).map(|id| entry(id, true)));
    }
    Ok(())
}

fn ids(side: &Side<'_, '_, '_>, name: &str) -> Read<Vec<String>> {
    let Some(list) = side.get(name) else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for item in list.list()? {
        if item.value.is_null() {
            let said = format!("an entry of {name} is known only after the change");
            side.resource.unknown.borrow_mut().push(said);
        } else {
            all.push(item.id()?.to_ascii_lowercase());
        }
    }
    Ok(all)
}

fn group_member(resource: &Resource<'_, '_>) -> Read<Vec<Edit>> {
    let entry = |after: bool| -> Read<Edit> {
        let side = resource.side(after)?;
        Ok(Edit::Entry {
            group: side.id("group_object_id")?,
            principal: side.id("member_object_id")?,
            by: GroupAccess::Member,
            present: after,
        })
    };
    match resource.turn {
        Turn::Create | Turn::Update => Ok(vec![entry(true)?]),
        Turn::Delete => Ok(vec![entry(false)?]),
        Turn::Replace => Ok(vec![entry(false)?, entry(true)?]),
        Turn::Forget => Ok(Vec::new()),
    }
}

fn custom_role(resource: &Resource<'_, '_>) -> Read<Vec<Edit>> {
    let change = match resource.turn {
        Turn::Create | Turn::Replace => DefinitionChange::Made,
        Turn::Update => DefinitionChange::Changed,
        Turn::Delete => DefinitionChange::Deleted,
        Turn::Forget => return Ok(Vec::new()),
    };
    let side = resource.side(change != DefinitionChange::Deleted)?;
    let name = maybe(side.get("display_name"), |node| node.text().map(str::to_owned))?;
    let id = ["object_id", "template_id", "id"].into_iter().find(|name| side.get(name).is_some());
    let role = match id {
        Some(id) => RoleId::new(&side.id(id)?),
        None => RoleId::new(&planned(resource.address)),
    };
    if change == DefinitionChange::Changed {
        let permissions = |side: &Option<Node<'_>>| {
            side.as_ref().and_then(|it| it.value.get("permissions")).cloned()
        };
        if permissions(&resource.before) == permissions(&resource.after) {
            return Ok(vec![nothing("no action of the role changes")]);
        }
    }
    Ok(vec![Edit::RoleDefinition { role, name, change }])
}

/// A resource that carries a request to Graph.
fn graph_resource(resource: &Resource<'_, '_>, kind: &str) -> Read<Vec<Edit>> {
    let stays = "removing it from the plan restores nothing: what was set stays";
    if resource.turn == Turn::Delete && kind != "msgraph_resource" {
        return Ok(vec![nothing(stays)]);
    }
    let side = resource.side(resource.turn != Turn::Delete)?;
    let url = if kind == "msgraph_resource_action" { "resource_url" } else { "url" };
    let Some(url) = side.get(url) else {
        if side.is_unknown(url) {
            let said = format!("{url} is known only after the change");
            resource.unknown.borrow_mut().push(said);
            return Ok(vec![not_assessed("where the request goes is not known yet")]);
        }
        return Err(side.node.bad(format!("{url} is missing")));
    };
    let url = url.text()?;
    let own_id = || -> Read<String> {
        let before = resource.side(false)?;
        before.node.need("id")?.id()
    };
    let method = |name: &str, default: &str| -> Read<String> {
        maybe(side.get(name), |node| node.text().map(str::to_owned))
            .map(|found| found.unwrap_or_else(|| default.to_owned()))
    };
    let (method, url) = match (kind, resource.turn) {
        ("msgraph_update_resource", _) => (method("update_method", "PATCH")?, url.to_owned()),
        ("msgraph_resource_action", _) => {
            let url = match side.get("action") {
                Some(action) => format!("{url}/{}", action.text()?),
                None => url.to_owned(),
            };
            (method("method", "POST")?, url)
        }
        (_, Turn::Update) => {
            (method("update_method", "PATCH")?, format!("{url}/{}", last_part(&own_id()?)))
        }
        (_, Turn::Delete) if url.to_ascii_lowercase().ends_with("requests") => {
            return Ok(vec![not_assessed("deleting a request does not take back what it gave")]);
        }
        (_, Turn::Delete) => ("DELETE".to_owned(), format!("{url}/{}", last_part(&own_id()?))),
        (_, Turn::Create | Turn::Replace | Turn::Forget) => ("POST".to_owned(), url.to_owned()),
    };
    let unmade = resource.unmade.as_ref().filter(|_| side.is_after);
    let body_unknown = unknown_paths(unmade.and_then(|it| it.get("body")).as_ref());
    if side.is_unknown("body") {
        resource.unknown.borrow_mut().push("body is known only after the change".to_owned());
        return Ok(vec![not_assessed("what the request says is not known yet")]);
    }
    let has_unknown = !body_unknown.is_empty();
    let said = body_unknown.into_iter().map(|it| format!("body.{it} is known after the change"));
    resource.unknown.borrow_mut().extend(said);
    let body = side.get("body");
    let parsed: Option<Value> = match &body {
        Some(body) if body.value.is_string() => Some(
            serde_json::from_str(body.text()?)
                .map_err(|error| body.bad(format!("it is no JSON: {error}")))?,
        ),
        Some(_) | None => None,
    };
    let body = match (&parsed, &body) {
        (Some(parsed), Some(body)) => Some(Node::new(parsed, body.pointer.clone())),
        (None, Some(body)) => Some(body.clone()),
        (_, None) => None,
    };
    let known = request(&Request { method: &method, url: &url, body, node: side.node });
    match known {
        Err(_) if has_unknown => Ok(vec![not_assessed("what the request says is not known yet")]),
        known => known,
    }
}

fn last_part(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use crate::precheck::detect::read;
    use serde_json::{Value, json};

    fn plan(changes: Value) -> Value {
        json!({"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes})
    }

    fn change(kind: &str, actions: Value, before: Value, after: Value, unknown: Value) -> Value {
        json!({"address": format!("{kind}.x"), "mode": "managed", "type": kind, "name": "x",
            "provider_name": "hashicorp/azuread",
            "change": {"actions": actions, "before": before, "after": after,
                "after_unknown": unknown}})
    }

    /// What the plan was understood to do, item by item.
    fn words(plan: &Value) -> Vec<Vec<String>> {
        let changes = read("plan.json", plan.to_string().as_bytes()).unwrap();
        changes.iter().map(|it| it.edits.iter().map(ToString::to_string).collect()).collect()
    }

    #[test]
    fn every_resource_is_understood_for_each_action() {
        let member = json!({"principal_object_id": "p", "role_id": "r", "directory_scope_id": "/",
            "app_scope_id": ""});
        let other = json!({"principal_object_id": "q", "role_id": "r"});
        let eligible = json!({"principal_id": "p", "role_definition_id": "r",
            "directory_scope_id": "/administrativeUnits/A", "justification": "x"});
        let schedule = json!({"group_id": "g", "principal_id": "p", "assignment_type": "member",
            "permanent_assignment": null, "duration": "P30D", "expiration_date": ""});
        for (kind, actions, before, after, expected) in [
            (
                "azuread_directory_role_assignment",
                json!(["create"]),
                json!(null),
                member.clone(),
                vec!["makes p active, past PIM, in role r without an end"],
            ),
            (
                "azuread_directory_role_assignment",
                json!(["delete", "create"]),
                member.clone(),
                other,
                vec![
                    "makes p no longer active, past PIM, in role r",
                    "makes q active, past PIM, in role r without an end",
                ],
            ),
            (
                "azuread_directory_role_member",
                json!(["delete"]),
                json!({"role_object_id": "r", "member_object_id": "p"}),
                json!(null),
                vec!["makes p no longer active, past PIM, in role planned:r"],
            ),
            (
                "azuread_directory_role_eligibility_schedule_request",
                json!(["create"]),
                json!(null),
                eligible,
                vec!["makes p eligible for role r within /administrativeUnits/a without an end"],
            ),
            (
                "azuread_privileged_access_group_eligibility_schedule",
                json!(["create"]),
                json!(null),
                schedule.clone(),
                vec!["makes p eligible for members of group g for 30 d"],
            ),
            (
                "azuread_privileged_access_group_assignment_schedule",
                json!(["update"]),
                schedule.clone(),
                schedule,
                vec!["makes p active in members of group g for 30 d"],
            ),
            (
                "azuread_group",
                json!(["update"]),
                json!({"object_id": "G", "members": ["a", "b"], "owners": ["o"]}),
                json!({"object_id": "G", "members": ["B", "c"], "owners": ["o"],
                    "assignable_to_role": true}),
                vec![
                    "makes roles assignable to group G",
                    "makes a no longer a plain member of group G",
                    "makes c a plain member of group G",
                ],
            ),
            (
                "azuread_group",
                json!(["create"]),
                json!(null),
                json!({"display_name": "New", "assignable_to_role": true, "members": ["a"]}),
                vec![
                    "makes the group New that can be given roles",
                    "makes a a plain member of group planned:azuread_group.x",
                ],
            ),
            (
                "azuread_custom_directory_role",
                json!(["create"]),
                json!(null),
                json!({"display_name": "Own"}),
                vec!["makes the custom role Own"],
            ),
            (
                "azuread_group_role_management_policy",
                json!(["delete"]),
                json!({}),
                json!(null),
                vec![
                    "changes nothing that is judged: deleting it restores nothing: the settings \
                     stay as they are",
                ],
            ),
            (
                "msgraph_update_resource",
                json!(["create"]),
                json!(null),
                json!({"url": "policies/roleManagementPolicies/P/rules/Expiration_EndUser_Assignment",
                    "body": {"maximumDuration": "PT24H"}}),
                vec!["sets Expiration_EndUser_Assignment of policy P: at most 24 h"],
            ),
            (
                "msgraph_resource",
                json!(["delete"]),
                json!({"url": "roleManagement/directory/roleAssignments", "id": "aB-1", "body": {}}),
                json!(null),
                vec!["removes the role assignment aB-1"],
            ),
            (
                "msgraph_resource",
                json!(["create"]),
                json!(null),
                json!({"url": "roleManagement/directory/roleAssignments",
                    "body": "{\"principalId\":\"p\",\"roleDefinitionId\":\"r\",\"directoryScopeId\":\"/\"}"}),
                vec!["makes p active, past PIM, in role r without an end"],
            ),
            (
                "azuread_directory_role_assignment",
                json!(["forget"]),
                member.clone(),
                json!(null),
                vec![
                    "changes nothing that is judged: Terraform only forgets it: it stays as it is",
                ],
            ),
        ] {
            let plan = plan(json!([change(kind, actions, before, after, json!({}))]));
            assert_eq!(words(&plan), [expected], "{kind}");
        }
        for (kind, after, expected) in [
            (
                "azurerm_pim_eligible_role_assignment",
                json!({}),
                "settings and assignments of Azure",
            ),
            (
                "azapi_resource",
                json!({"type": "Microsoft.Authorization/roleManagementPolicies@2020-10-01"}),
                "settings and assignments of Azure",
            ),
            ("azuread_user", json!({}), "is not worked out"),
            ("aws_instance", json!({}), "resources of other providers"),
        ] {
            let plan =
                plan(json!([change(kind, json!(["create"]), json!(null), after, json!({}))]));
            assert!(words(&plan)[0][0].contains(expected), "{kind}");
        }
    }

    #[test]
    fn what_changes_nothing_is_no_item() {
        let kind = "azuread_directory_role_assignment";
        let same = json!({"principal_object_id": "p", "role_id": "r"});
        let still = change(kind, json!(["no-op"]), same.clone(), same, json!({}));
        let mut data = still.clone();
        data["mode"] = json!("data");
        data["change"]["actions"] = json!(["read"]);
        assert!(words(&plan(json!([still, data]))).is_empty());
        assert!(words(&json!({"format_version": "1.0", "planned_values": {}})).is_empty());
    }

    #[test]
    fn a_policy_states_only_what_is_known() {
        let after = json!({"group_id": "g", "role_id": "member",
            "activation_rules": [{"maximum_duration": "PT8H", "require_approval": true,
                "require_multifactor_authentication": false,
                "required_conditional_access_authentication_context": "C1",
                "approval_stage": [{"primary_approver": [{"object_id": "u", "type": "singleUser"}]}]}],
            "active_assignment_rules": [{"expiration_required": false}],
            "notification_rules": [{"eligible_activations": [{"admin_notifications": [{
                "default_recipients": false, "notification_level": "Critical",
                "additional_recipients": ["a@contoso.example"]}]}]}]});
        let unknown = json!({"id": true, "eligible_assignment_rules": true,
            "active_assignment_rules": [{"expire_after": true}]});
        let kind = "azuread_group_role_management_policy";
        let plan = plan(json!([change(kind, json!(["create"]), json!(null), after, unknown)]));
        let changes = read("plan.json", plan.to_string().as_bytes()).unwrap();
        let of = "of the policy of members of group g";
        let words: Vec<String> = changes[0].edits.iter().map(ToString::to_string).collect();
        assert_eq!(
            words,
            [
                format!("sets Expiration_EndUser_Assignment {of}: at most 8 h"),
                format!("sets Enablement_EndUser_Assignment {of}: MFA false"),
                format!(
                    "sets AuthenticationContext_EndUser_Assignment {of}: enabled true, claim \"c1\""
                ),
                format!(
                    "sets Approval_EndUser_Assignment {of}: approval required true, 1 approvers"
                ),
                format!("sets Expiration_Admin_Assignment {of}: an end required false"),
                format!(
                    "sets Notification_Admin_EndUser_Assignment {of}: all mails false, default \
                     recipients false, 1 further recipients"
                ),
            ]
        );
        let kept = ["active_assignment_rules.expire_after", "eligible_assignment_rules"];
        assert_eq!(changes[0].kept, kept);
        assert!(changes[0].unknown.is_empty());
    }

    #[test]
    fn an_id_that_comes_later_is_that_of_what_is_referred_to() {
        let after = json!({"role_id": "r"});
        let unknown = json!({"principal_object_id": true});
        let kind = "azuread_directory_role_assignment";
        let mut plan = plan(json!([change(kind, json!(["create"]), json!(null), after, unknown)]));
        plan["configuration"] = json!({"root_module": {"resources": [{
            "address": "azuread_directory_role_assignment.x",
            "expressions": {"principal_object_id": {"references":
                ["azuread_group.tier0[0].object_id", "azuread_group.tier0[0]", "azuread_group.tier0"]}}}]}});
        let changes = read("plan.json", plan.to_string().as_bytes()).unwrap();
        assert_eq!(
            changes[0].edits[0].to_string(),
            "makes planned:azuread_group.tier0 active, past PIM, in role r without an end"
        );
        assert_eq!(changes[0].unknown.len(), 1);
    }

    #[test]
    fn odd_plans_are_refused_with_their_place() {
        let kind = "azuread_directory_role_assignment";
        for (plan, expected) in [
            (json!({"format_version": "9"}), "no format version"),
            (json!({"format_version": "1.0", "values": {}}), "it is a state"),
            (
                json!({"format_version": "1.0", "resource_changes": {}}),
                "/resource_changes: it is no",
            ),
            (
                json!({"format_version": "1.0", "errored": true, "resource_changes": []}),
                "the plan failed",
            ),
            (plan(json!([{}])), "/resource_changes/0: type is missing"),
            (
                plan(json!([change(kind, json!(["sing"]), json!(null), json!({}), json!({}))])),
                "no action of a plan",
            ),
            (
                plan(json!([change(kind, json!(["create"]), json!(null), json!({}), json!({}))])),
                "principal_object_id is missing",
            ),
            (
                plan(json!([change(kind, json!(["delete"]), json!(null), json!(null), json!({}))])),
                "values before are missing",
            ),
        ] {
            let faults = read("plan.json", plan.to_string().as_bytes()).unwrap_err();
            let text: Vec<String> = faults.iter().map(ToString::to_string).collect();
            assert!(text.join("\n").contains(expected), "{plan}: {text:?}");
        }
    }
}
