//! What changed, by area, the activations, and what was not read.

use super::{OPEN, PRINTED};
use crate::report::diff::table::weakest_first;
use crate::report::diff::{ChangeLine, DiffReport, UnreadableLine, WhoLine};
use crate::report::words;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// Names up to which a list of names is not folded.
const FEW: usize = 3;
/// The areas in the order they are told in.
const AREAS: [(&str, &str); 7] = [
    ("settings", "Settings of roles and groups"),
    ("assignments", "Assignments, members and owners"),
    ("eligibilities", "Eligibilities"),
    ("groups", "Groups under PIM"),
    ("roles", "Role definitions"),
    ("alerts", "PIM alerts"),
    ("conditional-access", "Conditional Access of authentication contexts"),
];

/// The facts, and what was not read.
#[derive(Serialize)]
pub(super) struct Facts<'a> {
    version: &'static str,
    number: usize,
    /// True where the log was asked who made the changes.
    has_makers: bool,
    areas: Vec<Area<'a>>,
    activations: Vec<Activation<'a>>,
    started: usize,
    ended: usize,
    activations_open: bool,
    activations_printed: bool,
    unread: Vec<Unread<'a>>,
    not_compared: String,
}

/// The changes of one area.
#[derive(Serialize)]
struct Area<'a> {
    title: &'a str,
    number: usize,
    is_open: bool,
    is_printed: bool,
    rows: Vec<Change<'a>>,
}

/// One change.
#[derive(Serialize)]
struct Change<'a> {
    direction: &'static str,
    tone: &'static str,
    holder: Option<&'a str>,
    name: &'a str,
    what: &'a str,
    field: &'a str,
    kind: String,
    before: &'a str,
    after: &'a str,
    maker: Option<Maker<'a>>,
}

/// Who made a change.
#[derive(Serialize)]
struct Maker<'a> {
    words: String,
    /// Class of one that a log should have and does not.
    tone: &'static str,
    number: usize,
    /// Where not all of them are here: `5 of 9 lines`.
    count: String,
    lines: Vec<Said<'a>>,
}

/// One line of the audit log.
#[derive(Serialize)]
struct Said<'a> {
    words: String,
    activity: &'a str,
}

/// One activation.
#[derive(Serialize)]
struct Activation<'a> {
    happened: &'static str,
    holder: &'a str,
    name: &'a str,
    start: String,
    end: String,
}

/// Something that could not be compared.
#[derive(Serialize)]
struct Unread<'a> {
    side: &'static str,
    what: &'a str,
    /// Of whom; empty when it is the whole list.
    subjects: String,
    number: usize,
    is_folded: bool,
    why: String,
}

impl<'a> Unread<'a> {
    fn of(line: &'a UnreadableLine) -> Self {
        Self {
            side: line.side(),
            what: &line.what,
            subjects: line.subjects.join("; "),
            number: line.subjects.len(),
            is_folded: line.subjects.len() > FEW,
            why: line.why(),
        }
    }
}

impl<'a> Facts<'a> {
    pub(super) fn of(diff: &'a DiffReport) -> Self {
        let known =
            |at: Option<Timestamp>| at.map_or_else(|| "not known".to_owned(), words::minute);
        let number = diff.activations.len();
        let started = diff.activations.iter().filter(|line| line.started).count();
        Self {
            version: diff.version,
            number: diff.changes.len(),
            // The head says it of all of them where nothing was read.
            has_makers: !diff.log.is_unread(),
            areas: areas(&diff.changes),
            activations: diff
                .activations
                .iter()
                .map(|line| Activation {
                    happened: if line.started { "started" } else { "ended" },
                    holder: &line.holder,
                    name: &line.name,
                    start: known(line.start),
                    end: known(line.end),
                })
                .collect(),
            started,
            ended: number - started,
            activations_open: number <= OPEN,
            activations_printed: number <= PRINTED,
            unread: diff.unreadable.iter().map(Unread::of).collect(),
            not_compared: diff.not_compared.join("; "),
        }
    }
}

/// The changes by area, and in each what lets more happen first.
fn areas(changes: &[ChangeLine]) -> Vec<Area<'_>> {
    let mut by_area: BTreeMap<(usize, &str), Vec<Change<'_>>> = BTreeMap::new();
    for line in weakest_first(changes) {
        let known = AREAS.iter().position(|(area, _)| *area == line.area);
        // An area that is not listed comes last, by its own word.
        let key = (known.unwrap_or(AREAS.len()), line.area);
        by_area.entry(key).or_default().push(Change::of(line));
    }
    by_area
        .into_iter()
        .map(|((place, word), rows)| Area {
            title: AREAS.get(place).map_or(word, |(_, title)| *title),
            number: rows.len(),
            is_open: rows.len() <= OPEN,
            is_printed: rows.len() <= PRINTED,
            rows,
        })
        .collect()
}

impl<'a> Change<'a> {
    fn of(line: &'a ChangeLine) -> Self {
        Self {
            direction: line.direction,
            tone: match line.direction {
                "weaker" => "loss",
                "stricter" => "gain",
                _ => "same",
            },
            holder: line.holder.as_deref(),
            name: &line.name,
            what: &line.what,
            field: &line.field,
            kind: line.kind.replace('-', " "),
            before: line.before.as_deref().unwrap_or_default(),
            after: line.after.as_deref().unwrap_or_default(),
            maker: Maker::of(line),
        }
    }
}

impl<'a> Maker<'a> {
    fn of(line: &'a ChangeLine) -> Option<Self> {
        let lines = line.who.as_ref().map(|who| who.lines.as_slice()).unwrap_or_default();
        let all = line.who.as_ref().map_or(0, WhoLine::number);
        let count = match all > lines.len() {
            true => format!("{} of {all} lines", lines.len()),
            false => words::count(all, "line"),
        };
        Some(Self {
            words: line.who_words()?,
            tone: if line.is_unattributed() { "loss" } else { "" },
            number: all,
            count,
            lines: lines
                .iter()
                .map(|it| Said { words: it.in_words(), activity: &it.activity })
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::diff::testing::change;

    #[test]
    fn changes_stand_by_area_the_weaker_first() {
        let line = |area, direction, name: &str| ChangeLine {
            area,
            direction,
            ..change(name, Some("a"), Some("b"))
        };
        let changes = [
            line("roles", "different", "one"),
            line("newer-area", "weaker", "two"),
            line("settings", "stricter", "three"),
            line("settings", "weaker", "four"),
            line("assignments", "weaker", "five"),
        ];
        let found: Vec<(&str, Vec<&str>)> = areas(&changes)
            .iter()
            .map(|area| (area.title, area.rows.iter().map(|row| row.name).collect()))
            .collect();
        assert_eq!(
            found,
            [
                ("Settings of roles and groups", vec!["four", "three"]),
                ("Assignments, members and owners", vec!["five"]),
                ("Role definitions", vec!["one"]),
                ("newer-area", vec!["two"]),
            ]
        );
    }
}
