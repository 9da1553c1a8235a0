//! What differs between two readings of one tenant, whatever any baseline says of it.
//!
//! Values are compared by what they mean: spelling, order and casing are no change. A list that was
//! not read whole in both is told as such, and never as something added or removed.

mod alerts;
mod conditional_access;
mod gather;
mod grants;
mod groups;
mod names;
mod roles;
mod settings;
#[cfg(test)]
mod tests;

use crate::model::{Dataset, Gap, GapKind, Tenant};
use gather::Gather;
pub(super) use grants::subject;
use jiff::Timestamp;
use names::Names;
use std::collections::{BTreeMap, BTreeSet};

/// What is not compared, because a tenant as it is resolved does not hold it.
pub const NOT_COMPARED: &[&str] = &[
    "members of a group that led to no role, and approved none, in one of the two",
    "access reviews, access packages and the owners and permissions of applications, but for what \
     checks say of them",
    "of settings: what making somebody eligible asks for (Enablement_Admin_Eligibility), how long \
     approvers have, who stands in for them, the level of a manager, the reason of who asks, \
     approval of an extension, and what a rule holds that this version does not know",
    "of Conditional Access: which kinds of guests, session controls, such as how often to sign in again, and other \
     conditions of a policy that is narrowed already",
    "of alerts: kinds that this version does not know, and other incidents of the same number",
];

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// A setting of a role or of a group.
    Settings,
    /// Who holds an access all the time: roles, and members and owners of groups.
    Assignments,
    /// Who may activate an access.
    Eligibilities,
    /// Which groups PIM manages.
    Groups,
    /// Role definitions.
    Roles,
    /// PIM alerts.
    Alerts,
    /// Conditional Access of the authentication contexts.
    ConditionalAccess,
}

impl Area {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Assignments => "assignments",
            Self::Eligibilities => "eligibilities",
            Self::Groups => "groups",
            Self::Roles => "roles",
            Self::Alerts => "alerts",
            Self::ConditionalAccess => "conditional-access",
        }
    }
}

/// What happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is gone because its time was over.
    Ended,
    /// It ends later.
    Extended,
    /// It ends sooner.
    Shortened,
    /// It had an end and has none any more.
    MadePermanent,
    /// It had no end and has one now.
    GivenEnd,
    /// It has another value.
    Changed,
}

impl Kind {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Ended => "ended",
            Self::Extended => "extended",
            Self::Shortened => "shortened",
            Self::MadePermanent => "made-permanent",
            Self::GivenEnd => "given-an-end",
            Self::Changed => "changed",
        }
    }

    /// The same seen from the other side.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Added => Self::Removed,
            Self::Removed | Self::Ended => Self::Added,
            Self::Extended => Self::Shortened,
            Self::Shortened => Self::Extended,
            Self::MadePermanent => Self::GivenEnd,
            Self::GivenEnd => Self::MadePermanent,
            Self::Changed => Self::Changed,
        }
    }
}

/// Whether a change lets more happen than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// More is let happen, or less is asked for.
    Weaker,
    /// Less is let happen, or more is asked for.
    Stricter,
    /// Neither of the two can be said.
    Different,
}

impl Direction {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Weaker => "weaker",
            Self::Stricter => "stricter",
            Self::Different => "different",
        }
    }

    /// The same seen from the other side.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Weaker => Self::Stricter,
            Self::Stricter => Self::Weaker,
            Self::Different => Self::Different,
        }
    }

    /// Stricter where `after` asks for it and `before` did not.
    const fn of_demand(before: bool, after: bool) -> Self {
        match (before, after) {
            (false, true) => Self::Stricter,
            (true, false) => Self::Weaker,
            (true, true) | (false, false) => Self::Different,
        }
    }

    /// Weaker where the limit rose.
    fn of_limit<Limit: Ord>(before: &Limit, after: &Limit) -> Self {
        match before.cmp(after) {
            std::cmp::Ordering::Less => Self::Weaker,
            std::cmp::Ordering::Greater => Self::Stricter,
            std::cmp::Ordering::Equal => Self::Different,
        }
    }

    /// Stricter where something was only added to what is asked for, weaker where only lost.
    const fn of_set(gained: bool, lost: bool) -> Self {
        match (gained, lost) {
            (true, false) => Self::Stricter,
            (false, true) => Self::Weaker,
            (true, true) | (false, false) => Self::Different,
        }
    }
}

/// One thing that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What it is about.
    pub area: Area,
    /// Stable key, lower case: `role:…`, `group:…:member`, `grant:<principal>:<access>`, `alert:…`,
    /// `policy:…`, `context:…`, `strength:…`.
    pub subject: String,
    /// What changed there, in words.
    pub what: String,
    /// Graph's name of it, such as `Expiration_EndUser_Assignment.maximumDuration`; may be empty.
    pub field: String,
    /// What happened.
    pub kind: Kind,
    /// Its value in the older one, for people; `None` when it was not there.
    pub before: Option<String>,
    /// Its value in the newer one; `None` when it is not there.
    pub after: Option<String>,
    /// Whether that is stricter or weaker.
    pub direction: Direction,
    /// Name of the role, group, alert or policy.
    pub name: String,
    /// Who holds it, for assignments and eligibilities.
    pub holder: Option<String>,
}

/// An activation that runs in one of the two only. It is the use of an eligibility, no change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActivationChange {
    /// Stable key: `grant:<principal>:<access>`.
    pub subject: String,
    /// Since when it runs, where that is known.
    pub start: Option<Timestamp>,
    /// Until when.
    pub end: Option<Timestamp>,
    /// True when it runs in the newer one, false when in the older.
    pub started: bool,
    /// Name of the role or group.
    pub name: String,
    /// Who activated it.
    pub holder: String,
}

/// Something that could not be compared, because it was not read in one of the two or in both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// What, in words: the list, or the part of each of its subjects.
    pub what: String,
    /// Why the older one does not have it.
    pub old: Option<Gap>,
    /// Why the newer one does not have it.
    pub new: Option<Gap>,
    /// Names of the subjects; empty when it is the whole list.
    pub subjects: Vec<String>,
}

/// Everything that differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Sorted by area, subject and what changed.
    pub changes: Vec<Change>,
    /// Activations that started or ended, apart from the changes.
    pub activations: Vec<ActivationChange>,
    /// What could not be compared.
    pub unreadable: Vec<Unreadable>,
}

/// Why something active may be no assignment.
const MAY_BE_ACTIVATION: &str = "an activation of it began or ended right then, or was to run on, \
    and the list that tells activations from assignments does not show it";

/// What is lost where that is in the newer one.
const NOT_TOLD_LATER: &str = "compare the older snapshot with a later one, as a comparison that \
    begins with this one does not tell that it is new";

/// Compares two readings of one tenant.
pub fn changes(old: &Tenant, new: &Tenant) -> Facts {
    let names = Names::new(old, new);
    let mut found = Gather::default();
    settings::compare_roles(&names, &mut found);
    grants::compare(&names, &mut found);
    groups::compare(&names, &mut found);
    roles::compare(&names, &mut found);
    alerts::compare(&names, &mut found);
    conditional_access::compare(&names, &mut found);
    found.into_facts()
}

/// Grants of roles that stand in both, and that the role assignments alone show in the one that was
/// read first, each as if it were only there. Whether it stood there is for the log to tell.
pub fn kept(old: &Tenant, new: &Tenant) -> Vec<Change> {
    grants::kept(&Names::new(old, new))
}

impl Facts {
    /// Takes out the changes that may be activations which one list shows and the other does not
    /// yet: whether they stand is not known.
    ///
    /// `are` says it of each change, in their order.
    pub fn set_aside(&mut self, are: &[bool]) {
        let mut places = are.iter();
        let changes = std::mem::take(&mut self.changes).into_iter();
        let (aside, changes): (Vec<Change>, Vec<Change>) =
            changes.partition(|_| places.next() == Some(&true));
        self.changes = changes;
        self.not_known(&aside);
    }

    /// The same of grants that stand in both, of which `kept` has those that may have been
    /// activations when they were first read: what else is told of them is told of nothing known.
    pub fn set_aside_kept(&mut self, kept: &[Change]) {
        let subjects: BTreeSet<&str> = kept.iter().map(|it| it.subject.as_str()).collect();
        let is_kept = |change: &Change| {
            change.area == Area::Assignments && subjects.contains(change.subject.as_str())
        };
        self.changes.retain(|change| !is_kept(change));
        self.not_known(kept);
    }

    /// Tells that nobody knows whether these stand.
    fn not_known(&mut self, grants: &[Change]) {
        let mut told: BTreeMap<Unreadable, Vec<String>> = BTreeMap::new();
        for change in grants {
            let dataset = match change.subject.contains(":group:") {
                true => Dataset::GroupAssignmentScheduleInstances,
                false => Dataset::RoleAssignmentScheduleInstances,
            };
            let is_in_new = change.kind == Kind::Added;
            let detail = match is_in_new {
                true => format!("{MAY_BE_ACTIVATION}; {NOT_TOLD_LATER}"),
                false => MAY_BE_ACTIVATION.to_owned(),
            };
            let gap = Gap::of(dataset, GapKind::Incomplete, detail);
            let unreadable = Unreadable {
                what: grants::STANDS.to_owned(),
                old: (!is_in_new).then(|| gap.clone()),
                new: is_in_new.then_some(gap),
                subjects: Vec::new(),
            };
            let holder = change.holder.as_deref().unwrap_or_default();
            told.entry(unreadable).or_default().push(format!("{holder}: {}", change.name));
        }
        self.unreadable
            .extend(told.into_iter().map(|(it, subjects)| Unreadable { subjects, ..it }));
        self.unreadable.sort();
    }

    /// Takes back what was said of the PRIVILEGED label, where one of the two did not read it.
    ///
    /// Without it a built-in role has the label that this version knows of, so a difference would say
    /// nothing of the tenant. Whether it was read is told by the collections, not by the tenant.
    pub fn without_labels(&mut self, old: Option<&Gap>, new: Option<&Gap>) {
        if old.is_none() && new.is_none() {
            return;
        }
        self.changes.retain(|change| change.what != roles::LABEL);
        self.unreadable.retain(|it| it.what != roles::LABEL);
        self.unreadable.push(Unreadable {
            what: roles::LABEL.to_owned(),
            old: old.map(gather::plain),
            new: new.map(gather::plain),
            subjects: Vec::new(),
        });
        self.unreadable.sort();
    }
}
