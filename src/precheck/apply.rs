//! Planned changes on a typed tenant: names are found, rules merged, grants given and taken.
//!
//! The tenant is a copy. What does not fit it is a fault, what it cannot tell is a note.

mod grants;
mod groups;
mod halves;
mod policies;
#[cfg(test)]
mod tests;

pub(super) use policies::dormant;

use self::halves::{At, Half, halves};
use super::edit::{Change, Edit, Fault, Over, RuleChange};
use super::names::{self, Wrong};
use super::settings::Stance;
use crate::model::{
    Access, ActivationPolicy, Collected, Gap, GapKind, GroupAccess, PrincipalId,
    PrincipalKindFacts, Tenant,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is to be said of a change, whatever the baseline.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// Place of the change among the changes given.
    pub change: usize,
    /// What kind of note.
    pub kind: NoteKind,
    /// In a sentence without a full stop.
    pub text: String,
}

/// What kind of note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteKind {
    /// It harms, or the service will refuse it.
    Warning,
    /// Something that matters is not known.
    Unknown,
    /// It is so already.
    AlreadyTrue,
    /// Worth knowing.
    Remark,
}

impl NoteKind {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::AlreadyTrue => "already true",
            Self::Remark => "remark",
        }
    }
}

/// What came of applying changes.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// Notes, by change.
    pub notes: Vec<Note>,
    /// Accesses whose settings ask for less than before.
    pub weaker: BTreeSet<String>,
    /// Accesses whose settings ask for more than before.
    pub stricter: BTreeSet<String>,
    /// Accesses of which a change states something that will not come about as it is stated: no
    /// gain there is certain.
    pub refused: BTreeSet<String>,
    /// True where something was given that may not come about: no gain by it is certain.
    pub doubtful: bool,
}

/// Applies changes to a tenant as of `now`: groups that are made, then settings, then what is taken,
/// then all else, each in order. What somebody is given is held against the settings as they are
/// before, between and after all changes of them.
///
/// # Errors
/// Every id and name that the tenant does not know.
pub fn apply(
    tenant: &mut Tenant,
    changes: &[Change],
    now: Timestamp,
) -> Result<Applied, Vec<Fault>> {
    apply_some(tenant, changes, now, true)
}

/// The same without what may not come about.
pub(super) fn apply_certain(
    tenant: &mut Tenant,
    changes: &[Change],
    now: Timestamp,
) -> Result<Applied, Vec<Fault>> {
    apply_some(tenant, changes, now, false)
}

fn apply_some(
    tenant: &mut Tenant,
    changes: &[Change],
    now: Timestamp,
    with_doubtful: bool,
) -> Result<Applied, Vec<Fault>> {
    let edits = changes.iter().flat_map(|change| &change.edits);
    let rows =
        edits.filter_map(|edit| if let Edit::RevokeRow(id) = edit { Some(&**id) } else { None });
    let named: BTreeSet<&str> = rows.collect();
    let rows = tenant.active.at_least().into_iter().flatten().map(|it| &*it.provenance.id);
    let rows_before = rows.filter(|id| named.contains(id)).map(str::to_owned).collect();
    let mut work = Work {
        tenant,
        now,
        done: Applied::default(),
        at: (0, 0),
        touched: Vec::new(),
        left_out: None,
        before: BTreeMap::new(),
        between: BTreeMap::new(),
        rows_before,
        taken: BTreeMap::new(),
        given: BTreeMap::new(),
        done_once: BTreeSet::new(),
        halves: Vec::new(),
        with_doubtful,
    };
    let mut faults: Vec<(usize, Fault)> = Vec::new();
    for (place, change) in changes.iter().enumerate() {
        work.at = (place, 0);
        work.tell(change);
    }
    let in_order: Vec<usize> = (0..changes.len()).collect();
    for turn in [Turn::NewGroups, Turn::Settings, Turn::Takes, Turn::Updates, Turn::Rest] {
        if turn == Turn::Settings {
            work.halves = halves(work.tenant, changes);
        }
        let places = match turn {
            Turn::Settings => settings_in_order(changes),
            Turn::NewGroups | Turn::Takes | Turn::Updates | Turn::Rest => in_order.clone(),
        };
        for place in places {
            let change = &changes[place];
            work.left_out.clone_from(&change.left_out);
            work.touched.clear();
            let edits = change.edits.iter().enumerate();
            for (of_edit, edit) in edits.filter(|(_, edit)| Turn::of(edit) == turn) {
                work.at = (place, of_edit);
                if let Err(Wrong { message, hint }) = work.edit(edit) {
                    faults.push((place, Fault { place: change.place.clone(), message, hint }));
                }
            }
            work.contradictions();
        }
    }
    let Work { mut done, .. } = work;
    done.notes.sort();
    done.notes.dedup();
    if faults.is_empty() {
        return Ok(done);
    }
    faults.sort_by_key(|(place, _)| *place);
    Err(faults.into_iter().map(|(_, fault)| fault).collect())
}

/// The changes in the order in which their settings are applied: files as they are given. The places in
/// one plan are no order: whoever brings in MFA or a context there may come before the other of the two
/// goes, and Graph refuses it then. So it is judged, wherever it stands.
fn settings_in_order(changes: &[Change]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..changes.len()).collect();
    let are_of_one_plan = |one: &usize, other: &usize| {
        let (one, other) = (&changes[*one], &changes[*other]);
        one.unordered && other.unordered && one.place.file == other.place.file
    };
    for own in places.chunk_by_mut(are_of_one_plan) {
        own.sort_by_key(|place| !policies::only_brings(&changes[*place]));
    }
    places
}

/// When an edit is applied: what others need comes first, wherever it stands. What is taken comes
/// before what is given, and what is there already is changed before it: were it the other way round, the
/// first could hide the second.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    NewGroups,
    Settings,
    Takes,
    Updates,
    Rest,
}

impl Turn {
    const fn of(edit: &Edit) -> Self {
        match edit {
            Edit::NewGroup { .. } => Self::NewGroups,
            Edit::SetRule(..) => Self::Settings,
            edit if edit.takes() => Self::Takes,
            Edit::Grant(grant) if matches!(grant.over, Over::Replaces) => Self::Updates,
            Edit::Grant(_)
            | Edit::RevokeRow(_)
            | Edit::Entry { .. }
            | Edit::RoleAssignable { .. }
            | Edit::RoleDefinition { .. }
            | Edit::Nothing { .. }
            | Edit::NotAssessed { .. } => Self::Rest,
        }
    }
}

struct Work<'t> {
    tenant: &'t mut Tenant,
    now: Timestamp,
    done: Applied,
    /// The change that is applied, and the edit in it.
    at: At,
    /// The rules that this change sets to something else.
    touched: Vec<Touch>,
    /// Why the tool never applies this change.
    left_out: Option<String>,
    /// The settings before all changes, of each access whose settings a change states; none where
    /// they were not read.
    before: BTreeMap<String, Option<ActivationPolicy>>,
    /// The same after each of those changes.
    between: BTreeMap<String, Vec<ActivationPolicy>>,
    /// The role assignments that a change takes by their id and that were there before all changes.
    rows_before: BTreeSet<String>,
    /// The changes that took something away, by what it is.
    taken: BTreeMap<String, BTreeSet<usize>>,
    /// The changes that gave something, by what it is.
    given: BTreeMap<String, BTreeSet<usize>>,
    /// What was given (true) or taken so that something changed.
    done_once: BTreeSet<(String, bool)>,
    /// Rules of which a change states the switch or the value alone.
    halves: Vec<Half>,
    /// False leaves out what may not come about.
    with_doubtful: bool,
}

/// A rule that a change sets to something else.
struct Touch {
    access: Access,
    rule: RuleChange,
    /// How it compares with what it was.
    stance: Stance,
    /// The settings before, of a rule that may stand against another one.
    was: Option<ActivationPolicy>,
}

/// What came of giving or taking something.
enum Said {
    Changed,
    Same,
    NotRead,
}

fn planned(detail: impl Into<Arc<str>>) -> Gap {
    Gap::new(GapKind::Planned, detail)
}

/// What is known of a list, to add to. Where nothing was known, a part is from then on.
fn known<T: Default>(collected: &mut Collected<T>) -> Option<&mut T> {
    if let Collected::Missing(gap) = collected {
        let gap = gap.clone();
        *collected = Collected::Partial(T::default(), gap);
    }
    match collected {
        Collected::Complete(value) | Collected::Partial(value, _) => Some(value),
        Collected::Missing(_) => None,
    }
}

/// Why it is not known whether something is held in the end.
const TAKEN_ELSEWHERE: &str =
    "another change takes it away, and which of the two comes last is not known";

/// What is said of the second of two changes that come to the same.
const SAID_ELSEWHERE: &str = "another change does the same";

/// A place in a group without PIM, in one text for all that mean the same.
fn entry_slot(group: &PrincipalId, principal: &PrincipalId, by: GroupAccess) -> String {
    format!("entry {principal} in {}s of {group}", by.name())
}

impl Work<'_> {
    /// True where another change than the one that is applied is among those of a slot.
    fn is_by_another(&self, of: &BTreeMap<String, BTreeSet<usize>>, slot: &str) -> bool {
        of.get(slot).is_some_and(|by| by.iter().any(|it| *it != self.at.0))
    }

    /// Keeps in mind that this change gives or takes something.
    fn record(&mut self, slot: String, present: bool) {
        let of = if present { &mut self.given } else { &mut self.taken };
        of.entry(slot).or_default().insert(self.at.0);
    }

    /// True for somebody who was looked for and is not there.
    fn is_absent(&self, principal: &PrincipalId) -> bool {
        names::known_principal(self.tenant, principal)
            .is_some_and(|it| matches!(it.kind, PrincipalKindFacts::Absent))
    }

    fn note(&mut self, kind: NoteKind, text: impl Into<String>) {
        self.done.notes.push(Note { change: self.at.0, kind, text: text.into() });
    }

    /// Says what the reader said of a change.
    fn tell(&mut self, change: &Change) {
        for text in &change.unknown {
            self.note(NoteKind::Unknown, text.clone());
        }
        for text in &change.remarks {
            // That the tool leaves all of it out is more than a remark.
            let is_left_out = change.left_out.as_ref() == Some(text);
            let kind = if is_left_out { NoteKind::Unknown } else { NoteKind::Remark };
            self.note(kind, text.clone());
        }
        if !change.kept.is_empty() {
            let kept = change.kept.join(", ");
            let text = format!("the live value stays where it is not stated: {kept}");
            self.note(NoteKind::Remark, text);
        }
    }

    fn edit(&mut self, edit: &Edit) -> Result<(), Wrong> {
        match edit {
            Edit::SetRule(policy, rule) => self.set_rule(policy, rule),
            Edit::Grant(grant) => self.grant(grant),
            Edit::RevokeRow(id) => self.revoke_row(id),
            Edit::Entry { group, principal, by, present } => {
                let group = names::group(self.tenant, group)?;
                let principal = self.principal(principal)?;
                if *present && self.is_absent(&principal) {
                    let text = "Graph refuses this: whoever is to be in the group does not exist";
                    self.note(NoteKind::Warning, text);
                    return Ok(());
                }
                let slot = entry_slot(&group, &principal, *by);
                if *present && self.is_by_another(&self.taken, &slot) {
                    self.note(NoteKind::Unknown, TAKEN_ELSEWHERE);
                    if !self.with_doubtful {
                        return Ok(());
                    }
                    self.done.doubtful = true;
                }
                self.record(slot.clone(), *present);
                if self.entry(&group, &principal, *by, *present) {
                    self.done_once.insert((slot, *present));
                } else if self.done_once.contains(&(slot, *present)) {
                    self.note(NoteKind::Remark, SAID_ELSEWHERE);
                } else {
                    self.note(NoteKind::AlreadyTrue, format!("already so: {edit}"));
                }
                Ok(())
            }
            Edit::NewGroup { id, name, role_assignable } => {
                self.new_group(id, name, *role_assignable)
            }
            Edit::RoleAssignable { group, value } => {
                let group = names::group(self.tenant, group)?;
                self.role_assignable(&group, *value);
                Ok(())
            }
            Edit::RoleDefinition { role, name, change } => {
                self.definition(role, name.as_deref(), *change)
            }
            Edit::Nothing { .. } => Ok(()),
            Edit::NotAssessed { why } => {
                self.note(NoteKind::Unknown, why.clone());
                Ok(())
            }
        }
    }

    fn principal(&mut self, name: &str) -> Result<PrincipalId, Wrong> {
        let (id, said) = names::principal(self.tenant, name)?;
        if let Some((kind, text)) = said {
            self.note(kind, text);
        }
        Ok(id)
    }
}
