//! Whether the tenant ended up as planned: every thing that a change states, looked for.
//!
//! Nothing is applied and nothing judged. What was not read is neither done nor left undone.

mod grants;
mod groups;
mod settings;
#[cfg(test)]
mod tests;

use super::edit::{AccessName, CONTESTED, Change, Edit, Fault, PolicyOf, RuleChange};
use super::names::{self, PLANNED, PolicyAt, Wrong, is_guid};
use super::terraform::settled;
use crate::model::{Access, Approver, PrincipalId, Tenant};
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};

/// How what was planned and what is there compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arrival {
    /// There is nothing to look for.
    Nothing,
    /// It is as planned.
    Done,
    /// Nobody knows.
    CannotTell,
    /// Some of it is as planned, some is not.
    Partly,
    /// It is not as planned.
    NotDone,
}

impl Arrival {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing to verify",
            Self::Done => "done",
            Self::CannotTell => "cannot be told",
            Self::Partly => "partly done",
            Self::NotDone => "not done",
        }
    }
}

/// One thing that a change states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is about.
    pub what: String,
    /// What was planned.
    pub planned: String,
    /// What is there, or why nobody knows.
    pub is: String,
    /// How the two compare; never partly.
    pub word: Arrival,
}

/// One change, looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What came of it as a whole.
    pub word: Arrival,
    /// Each thing it states.
    pub parts: Vec<Part>,
}

/// Looks for planned changes in a tenant that was read after they were applied.
///
/// # Errors
/// Every id and name that the tenant does not know.
pub fn verify(
    tenant: &Tenant,
    changes: &[Change],
    now: Timestamp,
) -> Result<Vec<Checked>, Vec<Fault>> {
    let settled = settled(tenant, changes);
    let changes = &*settled;
    let look = Look { tenant, now, made: made(changes) };
    let mut found: Vec<Vec<Slotted>> = Vec::new();
    let mut faults = Vec::new();
    for change in changes {
        let mut parts = Vec::new();
        for edit in &change.edits {
            match look.edit(edit, !change.unknown.is_empty()) {
                Ok(of_edit) => parts.extend(of_edit),
                Err(Wrong { message, hint }) => {
                    faults.push(Fault { place: change.place.clone(), message, hint });
                }
            }
        }
        contest(&mut parts, change);
        let open: Vec<&String> = match parts.is_empty() {
            true => change.unknown.iter().collect(),
            // An id that came later was looked for by now, or its part says why it was not.
            false => change.unknown.iter().filter(|text| !names_an_id(text)).collect(),
        };
        for text in open {
            if parts.iter().any(|it| it.part.is == *text) {
                continue;
            }
            parts.push(Slotted::of("the change", Seen::cannot("known later", text)));
        }
        found.push(parts);
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    overtaken(&mut found);
    Ok(found.into_iter().map(checked).collect())
}

/// What another item sets otherwise is not left undone where that one came last.
fn contest(parts: &mut [Slotted], change: &Change) {
    for text in change.unknown.iter().filter(|text| text.ends_with(CONTESTED)) {
        let of = text.split(':').next().unwrap_or_default();
        let is_of = |part: &Part| of == "what it gives" || part.what.starts_with(of);
        for slotted in parts.iter_mut().filter(|it| is_of(&it.part)) {
            slotted.slot.clear();
            if slotted.part.word == Arrival::NotDone {
                slotted.part.word = Arrival::CannotTell;
            }
        }
    }
}

/// True for what a reader says of an attribute that is the id of another resource.
fn names_an_id(text: &str) -> bool {
    text.contains(" is the id of ") || text.contains(" is that of ")
}

/// Ids of the groups that changes name, of whoever is to hold something, and of approvers: a live
/// reading asks for them too.
pub fn named_ids(changes: &[Change]) -> Vec<String> {
    let of_access = |access: &AccessName| match access {
        AccessName::Group(group, _) => Some(group.clone()),
        AccessName::Role(_) => None,
    };
    let edits = changes.iter().flat_map(|change| &change.edits);
    let named = edits.flat_map(|edit| match edit {
        Edit::SetRule(policy, rule) => {
            let group = match policy {
                PolicyOf::Access(access) => of_access(access),
                PolicyOf::Id(id) => group_of_policy(id),
            };
            let mut ids = approver_ids(rule);
            ids.extend(group);
            ids
        }
        Edit::Grant(grant) => {
            let group = of_access(&grant.access);
            group.into_iter().chain([grant.principal.clone()]).collect()
        }
        Edit::Entry { group, principal, .. } => vec![group.clone(), principal.clone()],
        Edit::RoleAssignable { group, .. } => vec![group.clone()],
        Edit::RevokeRow(_)
        | Edit::NewGroup { .. }
        | Edit::RoleDefinition { .. }
        | Edit::Nothing { .. }
        | Edit::NotAssessed { .. } => Vec::new(),
    });
    let ids: BTreeSet<String> =
        named.filter(|it| is_guid(it)).map(|it| it.to_ascii_lowercase()).collect();
    ids.into_iter().collect()
}

/// The group in the id of its policy.
fn group_of_policy(id: &str) -> Option<String> {
    let mut parts = id.split('_');
    let is_of_group = parts.next().is_some_and(|it| it.eq_ignore_ascii_case("Group"));
    parts.next().filter(|_| is_of_group).map(str::to_owned)
}

/// The approvers that a rule names.
fn approver_ids(rule: &RuleChange) -> Vec<String> {
    let RuleChange::Approval { stages: Some(stages), .. } = rule else { return Vec::new() };
    let approvers = stages.iter().flat_map(|stage| &stage.approvers);
    let ids = approvers.filter_map(|it| match it {
        Approver::User(id) | Approver::Group(id) => Some(id.to_string()),
        Approver::Unknown(_) => None,
    });
    ids.collect()
}

/// What is seen of one thing.
struct Seen {
    planned: String,
    is: String,
    word: Arrival,
}

impl Seen {
    /// Planned and there, or not.
    fn compared(planned: impl Into<String>, is: impl Into<String>, same: bool) -> Self {
        let word = if same { Arrival::Done } else { Arrival::NotDone };
        Self { planned: planned.into(), is: is.into(), word }
    }

    fn cannot(planned: impl Into<String>, why: impl Into<String>) -> Self {
        Self { planned: planned.into(), is: why.into(), word: Arrival::CannotTell }
    }
}

/// A part, and what it is about in one text for all changes alike.
struct Slotted {
    /// Empty where no other part can be about the same.
    slot: String,
    part: Part,
}

impl Slotted {
    fn of(what: impl Into<String>, seen: Seen) -> Self {
        let Seen { planned, is, word } = seen;
        Self { slot: String::new(), part: Part { what: what.into(), planned, is, word } }
    }

    fn at(mut self, slot: String) -> Self {
        self.slot = slot;
        self
    }
}

/// What is said twice and differently is as it was said last.
fn overtaken(found: &mut [Vec<Slotted>]) {
    let mut last: HashMap<String, String> = HashMap::new();
    for slotted in found.iter().flatten().filter(|it| !it.slot.is_empty()) {
        last.insert(slotted.slot.clone(), slotted.part.planned.clone());
    }
    for slotted in found.iter_mut().flatten() {
        let Some(planned) = last.get(&slotted.slot) else { continue };
        if *planned != slotted.part.planned {
            slotted.part.is = format!("a later change says otherwise: {planned}");
            slotted.part.word = Arrival::Nothing;
        }
    }
}

fn checked(parts: Vec<Slotted>) -> Checked {
    let parts: Vec<Part> = parts.into_iter().map(|it| it.part).collect();
    let has = |word: Arrival| parts.iter().any(|part| part.word == word);
    let word = match (has(Arrival::NotDone), has(Arrival::Done), has(Arrival::CannotTell)) {
        (true, true, _) => Arrival::Partly,
        (true, false, _) => Arrival::NotDone,
        (false, _, true) => Arrival::CannotTell,
        (false, true, false) => Arrival::Done,
        (false, false, false) => Arrival::Nothing,
    };
    Checked { word, parts }
}

/// Names of the groups that changes make, by what stands for their ids in the plan.
fn made(changes: &[Change]) -> HashMap<String, Vec<String>> {
    let mut made: HashMap<String, Vec<String>> = HashMap::new();
    for edit in changes.iter().flat_map(|change| &change.edits) {
        if let Edit::NewGroup { id, name, .. } = edit {
            made.entry(id.to_string()).or_default().push(name.clone());
        }
    }
    made
}

/// A tenant that is looked into.
struct Look<'t> {
    tenant: &'t Tenant,
    now: Timestamp,
    made: HashMap<String, Vec<String>>,
}

impl Look<'_> {
    /// What is there of an edit. In doubt, the tool may have sent more than the change states.
    fn edit(&self, edit: &Edit, in_doubt: bool) -> Result<Vec<Slotted>, Wrong> {
        Ok(match edit {
            Edit::SetRule(policy, rule) => self.rule(policy, rule, in_doubt)?,
            Edit::Grant(grant) => self.grant(grant)?,
            Edit::RevokeRow(id) => vec![self.row(id)],
            Edit::Entry { group, principal, by, present } => {
                vec![self.entry(group, principal, *by, *present)?]
            }
            Edit::NewGroup { name, role_assignable, .. } => self.new_group(name, *role_assignable),
            Edit::RoleAssignable { group, value } => vec![self.assignable(group, *value)?],
            Edit::RoleDefinition { role, name, change } => {
                vec![self.definition(role, name.as_deref(), *change)]
            }
            Edit::Nothing { why } => vec![Slotted::of(
                "the change",
                Seen { planned: "nothing".to_owned(), is: why.clone(), word: Arrival::Nothing },
            )],
            Edit::NotAssessed { why } => {
                vec![Slotted::of("the change", Seen::cannot("not worked out", why))]
            }
        })
    }

    /// What was planned for something that has no id yet, to what has one now.
    fn real(&self, name: &str) -> Result<String, String> {
        let lower = name.to_ascii_lowercase();
        if !lower.starts_with(PLANNED) {
            return Ok(name.to_owned());
        }
        let Some(names) = self.made.get(&lower) else {
            return Err("the plan does not tell its id".to_owned());
        };
        let found: Vec<PrincipalId> =
            names.iter().flat_map(|name| names::groups_called(self.tenant, name)).collect();
        match found.as_slice() {
            [one] => Ok(one.to_string()),
            [] => Err(format!("no group {} is among those that were read", names.join(", "))),
            several => Err(format!("{} groups are called {}", several.len(), names.join(", "))),
        }
    }

    /// A group by what the plan calls it; the inner error is why it cannot be told.
    fn group(&self, name: &str) -> Result<Result<PrincipalId, String>, Wrong> {
        match self.real(name) {
            Ok(name) => names::group(self.tenant, &name).map(Ok),
            Err(why) => Ok(Err(why)),
        }
    }

    /// An access, likewise.
    fn access(&self, access: &AccessName) -> Result<Result<Access, String>, Wrong> {
        Ok(match access {
            AccessName::Role(role) if role.starts_with(PLANNED) => {
                Err("the plan does not tell the id of the role".to_owned())
            }
            AccessName::Role(_) => Ok(names::access(self.tenant, access)?),
            AccessName::Group(group, by) => self.group(group)?.map(|it| Access::Group(it, *by)),
        })
    }

    fn policy_at(&self, policy: &PolicyOf) -> Result<Result<Access, String>, Wrong> {
        match policy {
            PolicyOf::Access(access) => self.access(access),
            PolicyOf::Id(_) => Ok(match names::policy_at(self.tenant, policy)? {
                PolicyAt::Of(access) => Ok(access),
                // Its id changes when it is changed for the first time.
                PolicyAt::NotRead(text) => Err(format!("{text}; it may have another id by now")),
            }),
        }
    }

    /// A name to show for an id.
    fn called(&self, id: &PrincipalId) -> String {
        let known = names::known_principal(self.tenant, id);
        known.map_or_else(|| id.to_string(), |it| it.sign_in_name().to_owned())
    }
}
