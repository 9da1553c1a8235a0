//! Who made a change: the lines of the audit log that speak of it, or why there is none.
//!
//! The log is that of the newer snapshot. A line makes a change only by what it did and by the ids
//! of what it did it to. "Nobody" is said only where the log was read whole and reaches back to the
//! older snapshot; everything else is a reason why that cannot be said.

mod about;
mod search;
#[cfg(test)]
mod tests;
mod words;

use super::facts::{Change, Kind};
use crate::model::{AuditActor, AuditEvent, AuditPart, AuditResult, AuditSource, Gap, Tenant};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use words::{OUTSIDE, Topic, is_pim, split, topic_of};

/// How long a change may take to show in the lists, and its line in the log.
///
/// Microsoft once named two minutes for 95 of 100 lines of the log and five for 99; changes of PIM
/// take seconds to minutes. So a line shortly before the older snapshot, or after the newer was
/// begun, may still be of what the two tell apart, and of what happened right before the log was
/// read there may be no line yet.
const LAG: SignedDuration = SignedDuration::from_mins(15);
/// Lines that are told of one change.
const MOST: usize = 5;

/// Who made one change.
#[derive(Clone, Debug)]
pub enum Attribution {
    /// These lines speak of it.
    By {
        /// The newest first, at most five.
        lines: Vec<Line>,
        /// How many older ones there are.
        more: usize,
    },
    /// No line speaks of it, in a log that covers all the time it can have happened in.
    Nobody {
        /// When the older snapshot was read.
        from: Timestamp,
        /// When the newer was.
        until: Timestamp,
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
    /// Since when everything that was read is covered; `None` where nothing was read.
    pub covered_from: Option<Timestamp>,
    /// What was not read, or does not reach back far enough, in words.
    pub missing: Vec<String>,
}

/// Who made each of the changes, in their order.
pub fn attribute(changes: &[Change], old: &Tenant, new: &Tenant) -> Vec<Attribution> {
    let log = Log::new(old, new);
    changes.iter().map(|change| log.of(change)).collect()
}

/// What was read of the log of the newer snapshot.
pub fn log_state(old: &Tenant, new: &Tenant) -> LogState {
    let log = Log::new(old, new);
    let parts = new.audit_log.at_least().map(Vec::as_slice).unwrap_or_default();
    let read = parts.iter().filter(|part| !part.events.is_missing());
    let mut missing: Vec<String> = log.short.iter().filter_map(|(_, why)| why.clone()).collect();
    missing.dedup();
    LogState {
        from: log.from,
        until: log.until,
        covered_from: read.map(|part| part.covered_from(new.log_days())).max(),
        missing,
    }
}

const BACKWARDS: &str = "OLD was read after NEW, and the log is asked in the order of time only";
const UNTOLD: &str = "a line of this kind is in the log that does not tell what it is about";
const TOO_CLOSE: &str =
    "less than 15 minutes lie between the two, and a line may take as long to get into the log";

/// One line that can have made a change.
struct Row<'t> {
    source: AuditSource,
    event: &'t AuditEvent,
    /// The activity without what stands in brackets at its end.
    base: String,
}

impl Row<'_> {
    /// The directory's own line of what PIM did; who asked for it stands in PIM's.
    fn is_twin(&self) -> bool {
        self.source != AuditSource::Pim && is_pim(&self.event.actor)
    }
}

/// The log between two snapshots, by what its lines are about.
struct Log<'t> {
    new: &'t Tenant,
    from: Timestamp,
    until: Timestamp,
    /// Why no line of each list can be missing, or why one can.
    short: Vec<(AuditSource, Option<String>)>,
    grants: Vec<Row<'t>>,
    /// Places in `grants`, by the ids of their targets.
    by_target: HashMap<&'t str, Vec<usize>>,
    others: Vec<(Topic, Row<'t>)>,
}

impl<'t> Log<'t> {
    fn new(old: &Tenant, new: &'t Tenant) -> Self {
        let (from, until) = (old.collected_at, new.collected_at);
        let earliest = from.saturating_sub(LAG).unwrap_or(from);
        let mut rows: Vec<(Topic, Row<'t>)> = Vec::new();
        for part in new.audit_log.at_least().map(Vec::as_slice).unwrap_or_default() {
            let latest = until.max(part.until).saturating_add(LAG).unwrap_or(until);
            for event in part.events.at_least().map(Vec::as_slice).unwrap_or_default() {
                if event.result == AuditResult::Success && (earliest..=latest).contains(&event.at) {
                    rows.extend(row(part, event));
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
        let short = AuditSource::ALL.map(|source| (source, shortness(new, source, from, until)));
        Self { new, from, until, short: short.into(), grants, by_target, others }
    }

    fn shortness(&self, source: AuditSource) -> Option<&str> {
        let of = self.short.iter().find(|(known, _)| *known == source);
        of.and_then(|(_, why)| why.as_deref())
    }

    fn of(&self, change: &Change) -> Attribution {
        if self.from > self.until {
            return Attribution::NotCovered { why: BACKWARDS.to_owned() };
        }
        let mut found = self.search(change);
        if change.kind == Kind::Ended {
            // PIM writes a line of what it ends.
            found.rows.retain(|row| !is_pim(&row.event.actor));
            if found.rows.is_empty() {
                return Attribution::ByItself;
            }
        }
        let lines = distinct(&found.rows);
        if !lines.is_empty() {
            let more = lines.len().saturating_sub(MOST);
            let lines = lines.into_iter().take(MOST).map(|row| Line::of(row.event)).collect();
            return Attribution::By { lines, more };
        }
        if let Some(why) = found.unlogged {
            return Attribution::NotLogged { why };
        }
        let not_covered = |why: &str| Attribution::NotCovered { why: why.to_owned() };
        if let Some(why) = found.sources.iter().find_map(|source| self.shortness(*source)) {
            return not_covered(why);
        }
        if found.doubtful {
            return not_covered(UNTOLD);
        }
        if let Some(why) = found.unsure {
            return not_covered(why);
        }
        if self.until.duration_since(self.from) < LAG {
            return not_covered(TOO_CLOSE);
        }
        Attribution::Nobody { from: self.from, until: self.until }
    }
}

/// The line, where it can have made a change. Activations and their ends make none, and neither do
/// lines of Azure resources.
fn row<'t>(part: &'t AuditPart, event: &'t AuditEvent) -> Option<(Topic, Row<'t>)> {
    if event.category.eq_ignore_ascii_case("ResourceManagement") {
        return None;
    }
    let activity = event.normal();
    let (base, bracket) = split(&activity);
    if bracket.starts_with("pim activation") || bracket.starts_with("pim deactivat") {
        return None;
    }
    let topic = topic_of(part.source, base)?;
    Some((topic, Row { source: part.source, event, base: base.to_owned() }))
}

/// What is told of one change once: no request beside its completion, and the oldest only of what
/// PIM repeats as long as it lasts.
fn distinct<'l>(rows: &[&'l Row<'l>]) -> Vec<&'l Row<'l>> {
    let oldest_outside = rows.iter().rposition(|row| row.base == OUTSIDE);
    let is_told = |place: usize, row: &Row<'_>| {
        if row.base == OUTSIDE {
            return Some(place) == oldest_outside;
        }
        let completed = row.base.replace(" requested", " completed");
        completed == row.base
            || !rows.iter().any(|it| it.base == completed && it.event.at >= row.event.at)
    };
    rows.iter()
        .enumerate()
        .filter(|(place, row)| is_told(*place, row))
        .map(|(_, row)| *row)
        .collect()
}

/// Why a line of this list may be missing; `None` where it is whole and reaches back far enough.
fn shortness(
    new: &Tenant,
    source: AuditSource,
    from: Timestamp,
    until: Timestamp,
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
    let minute = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let days = new.log_days();
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
