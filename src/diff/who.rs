//! Who made a change: the lines of the audit log that speak of it, or why there is none.
//!
//! The log is that of the newer snapshot; of activations that of the older one tells too. A line
//! makes a change only by what it did and by the ids of what it did it to. "Nobody" is said only
//! where the log was read whole and reaches back to the older snapshot; everything else is a reason
//! why that cannot be said.

mod about;
mod beside;
mod lines;
mod search;
#[cfg(test)]
mod tests;
mod words;

use super::facts::{Change, Kind};
use crate::model::{
    AuditActor, AuditEvent, AuditPart, AuditResult, AuditSource, Gap, Grant, PrincipalId, Tenant,
    minute,
};
use jiff::{SignedDuration, Timestamp};
use lines::{Fates, Row};
use search::Found;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use words::{OUTSIDE, Topic};

/// How long a change may take to show in the lists, and its line in the log.
///
/// Microsoft once named two minutes for 95 of 100 lines of the log and five for 99; changes of PIM
/// take seconds to minutes. So a line shortly before the older snapshot, or after the newer was
/// begun, may still be of what the two tell apart, and of what happened right before the log was
/// read there may be no line yet.
const LAG: SignedDuration = SignedDuration::from_mins(15);
/// Lines that are told of one change, whoever they are by; of everybody else one more.
const MOST: usize = 5;

/// Who made one change.
#[derive(Clone, Debug)]
pub enum Attribution {
    /// These lines speak of it.
    By {
        /// Those that say most first, and of these the newest: five, and one of everybody else.
        lines: Vec<Line>,
        /// How many others there are, all by somebody who is named.
        more: usize,
    },
    /// No line speaks of it, in a log that covers all the time it can have happened in.
    Nobody {
        /// When the older snapshot was read.
        from: Timestamp,
        /// When the newer was.
        until: Timestamp,
        /// Where it may have been made after this, and its line be on its way. `None` where the
        /// tenant says that it is older.
        unless_after: Option<Timestamp>,
    },
    /// No line speaks of it, and there may be one that was not read.
    NotCovered {
        /// Why, in words.
        why: String,
    },
    /// Changes of this kind are in none of the lists of the log that are read.
    NotLogged {
        /// Why, in words.
        why: &'static str,
    },
    /// It ended by its own end: nobody did anything.
    ByItself,
    /// No line speaks of it, and an activation of it began or ended right then, or was to run on,
    /// which one list shows before the other does: it need not be a change at all.
    Activation,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: AuditActor,
    /// What was done, as the log says it.
    pub activity: Arc<str>,
    /// Correlation id.
    pub correlation: Arc<str>,
    /// Number of a ticket.
    pub ticket_number: Option<Arc<str>>,
    /// System the ticket is in.
    pub ticket_system: Option<Arc<str>>,
    /// Why it was done, in the words of who did it; of settings, what was set.
    pub justification: Option<Arc<str>>,
}

impl Line {
    fn of(event: &AuditEvent) -> Self {
        Self {
            at: event.at,
            actor: event.actor.clone(),
            activity: Arc::clone(&event.activity),
            correlation: Arc::clone(&event.correlation),
            ticket_number: event.ticket_number.clone(),
            ticket_system: event.ticket_system.clone(),
            justification: event.justification.clone(),
        }
    }
}

/// What was read of the log, for the time between the two snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogState {
    /// When the older snapshot was read.
    pub from: Timestamp,
    /// When the newer was.
    pub until: Timestamp,
    /// Whether any list was read.
    pub is_read: bool,
    /// Since when everything that was read is covered; `None` where nothing was read, or a list
    /// broke off.
    pub covered_from: Option<Timestamp>,
    /// What was not read, or does not reach back far enough, in words.
    pub missing: Vec<String>,
}

/// Who made each of the changes, in their order.
pub fn attribute(changes: &[Change], old: &Tenant, new: &Tenant) -> Vec<Attribution> {
    if old.collected_at > new.collected_at {
        let log = Log::new(new, old);
        return changes.iter().map(|change| log.of_reversed(change)).collect();
    }
    let log = Log::new(old, new);
    changes.iter().map(|change| log.of(change)).collect()
}

/// What was read of the log of the newer snapshot.
pub fn log_state(old: &Tenant, new: &Tenant) -> LogState {
    let log = Log::new(old, new);
    let parts = parts_of(new);
    let read = || parts.iter().filter(|part| !part.events.is_missing());
    let mut missing: Vec<String> = log.short.iter().filter_map(|(_, why)| why.clone()).collect();
    missing.dedup();
    if log.from > log.until {
        missing.insert(0, BACKWARDS.to_owned());
    }
    let whole = read().all(|part| part.events.gap().is_none());
    let covered = read().map(|part| part.covered_from(kept_days(old, new))).max();
    LogState {
        from: log.from,
        until: log.until,
        is_read: read().next().is_some(),
        covered_from: covered.filter(|_| whole),
        missing,
    }
}

const BACKWARDS: &str = "OLD was read after NEW, and the log is asked in the order of time only";
const TOO_CLOSE: &str =
    "less than 15 minutes lie between the two, and a line may take as long to get into the log";
const OVER: &str = "its time was over; whether somebody ended it before is not known";
const JUST_NOW: &str =
    "it was made less than 15 minutes before the log was read, and its line may take as long";

fn parts_of(tenant: &Tenant) -> &[AuditPart] {
    tenant.audit_log.at_least().map(Vec::as_slice).unwrap_or_default()
}

/// When the last list was read that a change can come from.
fn lists_until(tenant: &Tenant) -> Timestamp {
    let parts = parts_of(tenant).iter();
    parts.map(|part| part.lists_until).fold(tenant.collected_at, Timestamp::max)
}

/// A licence brings nothing back that was not kept before it: the lesser of the two counts.
fn kept_days(old: &Tenant, new: &Tenant) -> u32 {
    old.log_days().min(new.log_days())
}

/// The log between two snapshots, by what its lines are about.
struct Log<'t> {
    old: &'t Tenant,
    new: &'t Tenant,
    from: Timestamp,
    until: Timestamp,
    /// When the last list was read that a change can come from.
    lists_until: Timestamp,
    /// Why no line of each list can be missing, or why one can.
    short: Vec<(AuditSource, Option<String>)>,
    grants: Vec<Row<'t>>,
    /// Places in `grants`, by the ids of their targets.
    by_target: HashMap<&'t str, Vec<usize>>,
    /// Places in `grants` of those that name no holder by an id.
    of_nobody: Vec<usize>,
    others: Vec<(Topic, Row<'t>)>,
    /// What PIM did by the logs of both, activations among it, by the ids of the targets; the
    /// oldest first.
    of_pim: HashMap<&'t str, Vec<&'t AuditEvent>>,
    /// Who holds what by the newer snapshot.
    held_by: HashMap<&'t PrincipalId, Vec<&'t Grant>>,
}

impl<'t> Log<'t> {
    fn new(old: &'t Tenant, new: &'t Tenant) -> Self {
        let (from, until) = (old.collected_at, new.collected_at);
        let parts = parts_of(new);
        let lists_until = lists_until(new);
        let earliest = from.saturating_sub(LAG).unwrap_or(from);
        let fates = Fates::new(parts);
        let mut rows: Vec<(Topic, Row<'t>)> = Vec::new();
        for part in parts {
            let latest = lists_until.max(part.until).saturating_add(LAG).unwrap_or(until);
            for event in part.events.at_least().map(Vec::as_slice).unwrap_or_default() {
                let was_tried = event.result != AuditResult::Failure;
                if was_tried && (earliest..=latest).contains(&event.at) {
                    rows.extend(lines::row(part.source, event, &fates, &(from..=lists_until)));
                }
            }
        }
        rows.sort_by(|(_, one), (_, other)| {
            let (one, other) = (one.event, other.event);
            other.at.cmp(&one.at).then_with(|| one.id.cmp(&other.id))
        });
        let (grants, others): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|(topic, _)| *topic == Topic::Grants);
        let grants: Vec<Row<'t>> = grants.into_iter().map(|(_, row)| row).collect();
        let mut by_target: HashMap<&'t str, Vec<usize>> = HashMap::new();
        for (place, row) in grants.iter().enumerate() {
            for target in &row.event.targets {
                let places = by_target.entry(&*target.id).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
        let named = |(_, row): &(usize, &Row<'t>)| about::names_holder(row.event);
        let of_nobody = grants.iter().enumerate().filter(|it| !named(it)).map(|(place, _)| place);
        let of_nobody = of_nobody.collect();
        let days = kept_days(old, new);
        let short = AuditSource::ALL
            .map(|source| (source, shortness(new, source, from, lists_until, days)));
        let mut held_by: HashMap<&'t PrincipalId, Vec<&'t Grant>> = HashMap::new();
        let lists = [&new.active, &new.eligible].into_iter().filter_map(|it| it.at_least().ok());
        for grant in lists.flatten() {
            held_by.entry(&grant.principal).or_default().push(grant);
        }
        Self {
            old,
            new,
            from,
            until,
            lists_until,
            short: short.into(),
            grants,
            by_target,
            of_nobody,
            others,
            of_pim: lines::by_target(parts_of(old).iter().chain(parts)),
            held_by,
        }
    }

    fn shortness(&self, source: AuditSource) -> Option<&str> {
        let of = self.short.iter().find(|(known, _)| *known == source);
        of.and_then(|(_, why)| why.as_deref())
    }

    /// From when on a line of these lists may not have been there yet when they were read.
    fn lacks_from(&self, sources: &[AuditSource]) -> Option<Timestamp> {
        let parts = parts_of(self.new).iter().filter(|part| sources.contains(&part.source));
        let read = parts.map(|part| part.until).min()?;
        read.saturating_sub(LAG).ok()
    }

    fn is_recent(&self, at: Timestamp, sources: &[AuditSource]) -> bool {
        self.lacks_from(sources).is_some_and(|from| at > from)
    }

    /// Of two that were given the wrong way round: nobody is named, but what may be an activation
    /// is one from either side.
    fn of_reversed(&self, change: &Change) -> Attribution {
        let kind = change.kind.reversed();
        match self.of(&Change { kind, ..change.clone() }) {
            Attribution::Activation => Attribution::Activation,
            Attribution::By { .. }
            | Attribution::Nobody { .. }
            | Attribution::NotCovered { .. }
            | Attribution::NotLogged { .. }
            | Attribution::ByItself => Attribution::NotCovered { why: BACKWARDS.to_owned() },
        }
    }

    fn of(&self, change: &Change) -> Attribution {
        let found = self.search(change);
        let told = distinct(&found.rows);
        if !told.is_empty() {
            let (lines, more) = chosen(&told);
            return Attribution::By { lines, more };
        }
        if change.kind == Kind::Ended {
            return self.ended(&found);
        }
        if found.is_activation {
            return Attribution::Activation;
        }
        if let Some(why) = found.unlogged {
            return Attribution::NotLogged { why };
        }
        let not_covered = |why: &str| Attribution::NotCovered { why: why.to_owned() };
        if let Some(why) = found.sources.iter().find_map(|source| self.shortness(*source)) {
            return not_covered(why);
        }
        if let Some(why) = found.doubt.as_deref().or(found.unsure) {
            return not_covered(why);
        }
        if found.made.is_some_and(|at| self.is_recent(at, found.sources)) {
            return not_covered(JUST_NOW);
        }
        if self.until.duration_since(self.from) < LAG {
            return not_covered(TOO_CLOSE);
        }
        // What does not say itself when it was made may have been made at the last moment.
        let lacks = self.lacks_from(found.sources).filter(|from| *from < self.lists_until);
        let unless_after = lacks.filter(|_| found.made.is_none());
        Attribution::Nobody { from: self.from, until: self.until, unless_after }
    }
}

impl Log<'_> {
    /// What had an end that is over, and of which no line says that somebody ended it before.
    fn ended(&self, found: &Found<'_>) -> Attribution {
        let short = found.sources.iter().find_map(|source| self.shortness(*source));
        let why = short.or(found.doubt.as_deref()).or(found.unsure).or(found.unlogged);
        match why {
            Some(why) => Attribution::NotCovered { why: format!("{OVER}: {why}") },
            None => Attribution::ByItself,
        }
    }
}

/// What is told of one change once: no request beside its completion, and the oldest only of what
/// PIM repeats as long as it lasts.
fn distinct<'l>(rows: &[&'l Row<'l>]) -> Vec<&'l Row<'l>> {
    let mut newest: HashMap<&str, Timestamp> = HashMap::new();
    for row in rows {
        let at = newest.entry(row.base.as_str()).or_insert(row.event.at);
        *at = row.event.at.max(*at);
    }
    let oldest_outside = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.base == OUTSIDE)
        .min_by_key(|(_, row)| row.event.at)
        .map(|(place, _)| place);
    let is_told = |place: usize, row: &Row<'_>| {
        if row.base == OUTSIDE {
            return Some(place) == oldest_outside;
        }
        let completed = row.base.replace(" requested", " completed");
        completed == row.base || newest.get(completed.as_str()).is_none_or(|at| *at < row.event.at)
    };
    rows.iter()
        .enumerate()
        .filter(|(place, row)| is_told(*place, row))
        .map(|(_, row)| *row)
        .collect()
}

/// The first lines, and one of everybody whom these do not name; and how many there are beside.
fn chosen(rows: &[&Row<'_>]) -> (Vec<Line>, usize) {
    let mut named: HashSet<(&str, &str)> = HashSet::new();
    let mut lines = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let actor = &row.event.actor;
        let is_new = named.insert((&*actor.id, &*actor.name));
        if is_new || place < MOST {
            lines.push(Line::of(row.event));
        }
    }
    let more = rows.len() - lines.len();
    (lines, more)
}

/// Why a line of this list may be missing; `None` where it is whole and reaches back far enough.
fn shortness(
    new: &Tenant,
    source: AuditSource,
    from: Timestamp,
    until: Timestamp,
    days: u32,
) -> Option<String> {
    let title = source.title();
    let in_words = |gap: &Gap| format!("{}: {}", gap.kind, gap.reason());
    let parts = match new.audit_log.at_least() {
        Ok(parts) => parts,
        Err(gap) => return Some(in_words(&gap)),
    };
    let Some(part) = parts.iter().find(|part| part.source == source) else {
        return Some(format!("the log of {title} was not read"));
    };
    if let Some(gap) = part.events.gap() {
        return Some(format!("the log of {title}: {}", in_words(gap)));
    }
    let begins = part.covered_from(days);
    if begins > from {
        let begins = minute(begins);
        return Some(if part.since > from {
            format!(
                "the log of {title} was read from {begins} on, after the older snapshot: ask for \
                 more with --audit-log, as far as the {days} days go that it is kept"
            )
        } else {
            format!(
                "the log of {title} reaches back to {begins}, not to the older snapshot: it is \
                 kept for {days} days"
            )
        });
    }
    (part.until < until).then(|| format!("the log of {title} was read before the newer snapshot"))
}
