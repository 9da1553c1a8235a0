//! What changed between two snapshots: as a table, as JSON, as Markdown, as HTML.
//!
//! The document is plain data, made by `assemble`; nothing here compares or judges.

mod html;
mod json;
mod markdown;
mod table;
#[cfg(test)]
mod testing;

pub use html::write as write_html;
pub use json::{schema, write as write_json};
pub use markdown::write as write_markdown;
pub use table::write as write_table;

use super::escape;
use super::model::Configuration;
use crate::model::{Gap, Severity};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::HashSet;
use std::sync::Arc;

/// The differences between two snapshots of one tenant.
#[derive(Clone, Debug)]
pub struct DiffReport {
    /// Version of the program.
    pub version: &'static str,
    /// Tenant id.
    pub tenant: Arc<str>,
    /// Tenant name; empty when neither read it.
    pub tenant_name: Arc<str>,
    /// The older one.
    pub old: Reading,
    /// The newer one.
    pub new: Reading,
    /// The organisation file, where one was used.
    pub configuration: Option<Configuration>,
    /// Each baseline by itself.
    pub baselines: Vec<Compared>,
    /// What changed.
    pub changes: Vec<ChangeLine>,
    /// Whether the audit log tells who made the changes.
    pub log: LogReading,
    /// Activations that started or ended: no change.
    pub activations: Vec<ActivationLine>,
    /// What could not be compared, because it was not read in one of the two or in both.
    pub unreadable: Vec<UnreadableLine>,
    /// What this version never compares.
    pub not_compared: Vec<&'static str>,
}

impl DiffReport {
    /// True when nothing changed and nothing is judged otherwise; what was read does not count.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.baselines.iter().all(Compared::is_empty)
    }

    /// What is said where nothing changed: of everything only where everything could be compared.
    fn nothing(&self) -> Option<&'static str> {
        let is_whole = self.unreadable.is_empty()
            && self.baselines.iter().all(|compared| {
                compared.became_unreadable.is_empty() && compared.became_readable.is_empty()
            });
        match (self.is_empty(), is_whole) {
            (true, true) => Some("Nothing changed."),
            (true, false) => Some("Nothing changed in what was read in both."),
            (false, _) => None,
        }
    }

    /// Changes without a line in a log that covers the time they were made in.
    pub fn unattributed(&self) -> usize {
        let lines = self.changes.iter().filter_map(|line| line.who.as_ref());
        lines.filter(|who| who.status == NOBODY).count()
    }

    /// The warning about these, where there are any.
    fn warning(&self) -> Option<String> {
        let (what, whose) = match self.unattributed() {
            0 => return None,
            1 => ("1 change has no line".to_owned(), "it was"),
            many => (format!("{many} changes have no line"), "they were"),
        };
        let mut whos = self.changes.iter().filter_map(|line| line.who.as_ref());
        // What was done right before the log was read may have a line that came later.
        let but = match whos.any(|who| who.status == NOBODY && who.why.is_some()) {
            true => ", but for the last 15 minutes",
            false => "",
        };
        Some(format!("{what} in the audit log, which covers the time {whose} made in{but}"))
    }
}

/// What was read of the audit log, for the time between the two snapshots.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LogReading {
    /// `read`: all of it; `partly`: some lists, or not back to the older snapshot; `not-read`.
    pub status: &'static str,
    /// When the older snapshot was read.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub from: Timestamp,
    /// When the newer was.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub until: Timestamp,
    /// Since when all that was read is covered; absent where nothing was read, or a list broke off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub covered_from: Option<Timestamp>,
    /// What was not read, or does not reach back far enough.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

impl LogReading {
    /// True when there was nothing to ask.
    fn is_unread(&self) -> bool {
        self.status == "not-read"
    }

    /// What was read, in words.
    fn in_words(&self) -> String {
        let missing = self.missing.join("; ");
        let from = self.covered_from.map(super::words::minute).unwrap_or_default();
        match self.status {
            "read" => format!("read from {from} on, so it covers the time between the two"),
            "partly" => format!("read, but it does not cover all: {missing}"),
            _ => format!("not read, so it is not known who made the changes: {missing}"),
        }
    }
}

/// How one of the two was read.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Reading {
    /// When reading began, which is the time of judgement.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// Who read, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// One baseline's view of the difference.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Compared {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Digest of its rules.
    pub digest: String,
    /// The score of the older one, with the waivers of the newer.
    pub old: Standing,
    /// The score of the newer one.
    pub new: Standing,
    /// The difference of the two postures.
    pub split: SplitLine,
    /// Judged in both, and worse now.
    pub regressions: Vec<MoveLine>,
    /// Judged in both, and better now.
    pub fixes: Vec<MoveLine>,
    /// Subjects that were not there.
    pub new_subjects: Vec<MoveLine>,
    /// Subjects that are not there any more.
    pub vanished_subjects: Vec<MoveLine>,
    /// Could be judged, and cannot be any more. Says nothing of the tenant.
    pub became_unreadable: Vec<MoveLine>,
    /// Could not be judged, and is now. Says nothing of a change.
    pub became_readable: Vec<MoveLine>,
}

impl Compared {
    /// True when nothing is judged otherwise; what became readable or unreadable does not count.
    pub fn is_empty(&self) -> bool {
        let lists = [&self.regressions, &self.fixes, &self.new_subjects, &self.vanished_subjects];
        lists.into_iter().all(Vec::is_empty)
    }

    /// What got worse and nobody accepted: regressions, and new subjects that fail.
    pub fn worse(&self) -> impl Iterator<Item = &MoveLine> {
        self.regressions.iter().chain(&self.new_subjects).filter(|line| line.worse)
    }
}

/// A score in short.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Standing {
    /// 0 to 100 with one decimal; null when nothing could be scored.
    pub posture: Option<f64>,
    /// The letter with its `?`; null when not graded.
    pub grade: Option<String>,
    /// Percent that could be judged.
    pub coverage: f64,
    /// The one line that says it all.
    pub headline: String,
}

/// The difference of two postures and what it comes from. As printed, all of it adds up.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SplitLine {
    /// Newer posture less the older one, of the two as printed; null when one of them has none.
    pub difference: Option<f64>,
    /// Of it, what was judged in both: the number to alarm on. The sum of the checks.
    pub common: f64,
    /// The same before rounding.
    pub common_exact: f64,
    /// The rest: newly read or unread, appeared, vanished, waived; null as the difference.
    pub scope: Option<f64>,
    /// What each check did, the biggest loss first.
    pub checks: Vec<PartLine>,
}

/// What one check did to the posture.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PartLine {
    /// Id of the check.
    pub check: String,
    /// Kind of subject.
    pub kind: String,
    /// Points with one decimal, negative for a loss.
    pub points: f64,
    /// The same before rounding.
    pub exact: f64,
}

/// One thing that changed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChangeLine {
    /// settings, assignments, eligibilities, groups, roles, alerts or conditional-access.
    pub area: &'static str,
    /// added, removed, ended, extended, shortened, made-permanent, given-an-end or changed.
    pub kind: &'static str,
    /// weaker, stricter or different.
    pub direction: &'static str,
    /// Stable key.
    pub subject: String,
    /// Name of the role, group, alert or policy.
    pub name: String,
    /// Who holds it, for assignments and eligibilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// What changed there, in words.
    pub what: String,
    /// Graph's name of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// Its value in the older one; absent when it was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Its value in the newer one; absent when it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Who made it, as far as the audit log tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<WhoLine>,
}

/// A change of which a covered log has no line.
const NOBODY: &str = "nobody";
/// Columns of an actor at most.
const ACTOR: usize = 60;

/// Who made a change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WhoLine {
    /// `by`: these lines of the log speak of it; `nobody`: a log that covers the time has none;
    /// `not-covered`: there may be one that was not read; `not-logged`: changes of this kind are in
    /// none of the lists that are read; `by-itself`: it ended by its own end.
    pub status: &'static str,
    /// The lines: those that say most first, and of these the newest. Five, and one of everybody
    /// else who has any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LogLine>,
    /// How many others there are, all of somebody who is named; absent without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<usize>,
    /// Why nobody can be named; of `nobody`, where its line may have come after the log was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// One line of the audit log. Only what was done is told, nothing that was tried.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LogLine {
    /// When.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// Sign-in name, else display name, of who did it; empty where the log has none.
    pub actor: String,
    /// Object id of who did it; empty where the log has none.
    pub actor_id: String,
    /// user, application or unknown.
    pub actor_kind: &'static str,
    /// What was done, as the log says it.
    pub activity: String,
    /// Correlation id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub correlation: String,
    /// Number of a ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// System the ticket is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_system: Option<String>,
    /// Why, in the words of who did it; of settings, what was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
}

impl LogLine {
    /// Name, else id; of an application both, as anybody can call one as they like.
    fn actor(&self) -> String {
        match (self.actor.trim(), self.actor_id.as_str()) {
            ("", "") => "somebody the log does not name".to_owned(),
            ("", id) => escape::name(id, ACTOR),
            (name, "") => escape::name(name, ACTOR),
            (name, id) if self.actor_kind == "application" => {
                format!("{} (application, {})", escape::name(name, ACTOR), escape::name(id, ACTOR))
            }
            (name, _) => escape::name(name, ACTOR),
        }
    }

    /// `by ana@contoso.example, 2026-11-02 09:00 UTC, ticket INC-1, correlation c-1: patch window`.
    fn in_words(&self) -> String {
        self.words(&self.actor(), "")
    }

    /// The same of several actors, with a remark that no long reason hides.
    fn words(&self, actors: &str, remark: &str) -> String {
        let mut text = format!("by {actors}, {}{remark}", super::words::minute(self.at));
        match (&self.ticket, &self.ticket_system) {
            (Some(ticket), Some(system)) => text.push_str(&format!(", ticket {ticket} ({system})")),
            (Some(only), None) | (None, Some(only)) => text.push_str(&format!(", ticket {only}")),
            (None, None) => {}
        }
        // Before the reason, which may be so long that it is cut.
        if !self.correlation.is_empty() {
            text.push_str(&format!(", correlation {}", self.correlation));
        }
        if let Some(why) = &self.justification {
            text.push_str(&format!(": {why}"));
        }
        text
    }
}

impl WhoLine {
    /// How many lines there are, told or not.
    fn number(&self) -> usize {
        self.lines.len() + self.more.unwrap_or_default()
    }

    /// A line of each of those who are named, in their order.
    fn actors(&self) -> Vec<&LogLine> {
        let mut known = HashSet::new();
        self.lines.iter().filter(|line| known.insert((&line.actor_id, &line.actor))).collect()
    }

    /// The same in words, on one line.
    fn in_words(&self) -> String {
        let why = self.why.as_deref().unwrap_or_default();
        match (self.status, self.lines.as_slice()) {
            ("by", [only]) if self.more.is_none() => only.in_words(),
            ("by", [first, ..]) => {
                let actors = self.actors();
                let all = match actors.as_slice() {
                    [] | [_] => first.actor(),
                    [one, other] => format!("{} or {}", one.actor(), other.actor()),
                    [one, other, others @ ..] => {
                        format!("{}, {} or {} more", one.actor(), other.actor(), others.len())
                    }
                };
                let whose = match actors.len() {
                    0 | 1 => String::new(),
                    many => format!(" by {many}"),
                };
                first.words(&all, &format!(" (one of {} lines{whose})", self.number()))
            }
            (NOBODY, _) => {
                let but = self.why.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
                format!("no line in the log, which covers the time: ask who did it{but}")
            }
            ("not-covered", _) => format!("who is not known: {why}"),
            ("not-logged", _) => format!("who is not in the log: {why}"),
            ("by-itself", _) => "ended by its own end".to_owned(),
            (_, _) => String::new(),
        }
    }
}

impl ChangeLine {
    /// Who made it, in words; `None` where nothing is said of it.
    fn who_words(&self) -> Option<String> {
        let words = self.who.as_ref()?.in_words();
        (!words.is_empty()).then_some(words)
    }

    /// True for a change without a line in a covered log.
    fn is_unattributed(&self) -> bool {
        self.who.as_ref().is_some_and(|who| who.status == NOBODY)
    }

    /// The role or group and its holder.
    fn place(&self, limit: usize) -> String {
        match &self.holder {
            Some(holder) => {
                format!("{}: {}", escape::name(holder, limit), escape::name(&self.name, limit))
            }
            None => escape::name(&self.name, limit),
        }
    }

    /// What happened, in words: `longest activation: 8 h -> 10 h`.
    fn happened(&self) -> String {
        let kind = self.kind.replace('-', " ");
        match (&self.before, &self.after) {
            (Some(before), Some(after)) if self.kind == "changed" => {
                format!("{}: {before} -> {after}", self.what)
            }
            (Some(before), Some(after)) => format!("{} {kind}: {before} -> {after}", self.what),
            (Some(value), None) | (None, Some(value)) => format!("{} {kind}: {value}", self.what),
            (None, None) => format!("{} {kind}", self.what),
        }
    }
}

/// An activation that runs in one of the two only.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ActivationLine {
    /// True when it runs in the newer one.
    pub started: bool,
    /// Stable key.
    pub subject: String,
    /// Name of the role or group.
    pub name: String,
    /// Who activated it.
    pub holder: String,
    /// Since when; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub start: Option<Timestamp>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub end: Option<Timestamp>,
}

impl ActivationLine {
    /// From when to when it runs, as far as that is known.
    fn when(&self) -> String {
        let known =
            |at: Option<Timestamp>| at.map_or_else(|| "not known".to_owned(), super::words::minute);
        format!("{} to {}", known(self.start), known(self.end))
    }
}

/// Something that could not be compared.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UnreadableLine {
    /// What, in words.
    pub what: String,
    /// Why the older one does not have it; absent where it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Gap>,
    /// Why the newer one does not have it; absent where it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Gap>,
    /// Whose; empty when it is the whole list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<String>,
}

impl UnreadableLine {
    /// older, newer or both.
    const fn side(&self) -> &'static str {
        match (&self.old, &self.new) {
            (Some(_), Some(_)) => "both",
            (Some(_), None) => "older",
            (None, _) => "newer",
        }
    }

    /// Why, of one side or of both.
    fn why(&self) -> String {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) if old != new => format!("{old}; newer: {new}"),
            (Some(gap), _) | (None, Some(gap)) => gap.to_string(),
            (None, None) => String::new(),
        }
    }
}

/// One finding that is not what it was.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MoveLine {
    /// Id of the check.
    pub check: &'static str,
    /// Title of the check.
    pub title: &'static str,
    /// Key of the subject.
    pub subject: String,
    /// Its name.
    pub name: String,
    /// Severity as shown.
    pub severity: Severity,
    /// What was said of it; absent where it was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<WordLine>,
    /// What is said of it now; absent where it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<WordLine>,
    /// Points of posture it gave or took, where it was judged in both, with one decimal. Those of a
    /// check on one kind of subject add up to its points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<f64>,
    /// The same before rounding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact: Option<f64>,
    /// True when a waiver accepts what it is now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub waived: bool,
    /// True when the tenant got worse by it and nobody accepted that: counts for --fail-on.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub worse: bool,
}

impl MoveLine {
    /// True when it fails now.
    pub fn fails(&self) -> bool {
        self.after.as_ref().is_some_and(|word| word.outcome == "fail")
    }

    /// `pass -> fail`, with what was observed.
    fn happened(&self) -> String {
        let waived = if self.waived { " (waived)" } else { "" };
        match (&self.before, &self.after) {
            (Some(before), Some(after)) if before.outcome == after.outcome => {
                format!("{}{waived}: {} -> {}", after.outcome, before.observed, after.observed)
            }
            (Some(before), Some(after)) => format!(
                "{} -> {}{waived}: {} -> {}",
                before.outcome, after.outcome, before.observed, after.observed
            ),
            (Some(word), None) | (None, Some(word)) => {
                format!("{}{waived}: {}", word.outcome, word.observed)
            }
            (None, None) => String::new(),
        }
    }
}

/// What was said of a subject at one time.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct WordLine {
    /// pass, partial, fail, not-assessed, not-applicable.
    pub outcome: &'static str,
    /// Between 0 and 1; absent where it was not judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit: Option<f64>,
    /// What was observed, or why it could not be judged.
    pub observed: String,
}

/// `+3.7`, `-4.8`, `0.0`.
fn signed(points: f64) -> String {
    let tenths = (points * 10.0).round();
    // Zero has no sign, also where it is a negative one.
    if tenths.abs() < 0.5 { "0.0".to_owned() } else { format!("{:+.1}", tenths / 10.0) }
}

/// What could not be compared, in words: the list, and of whom where it is a part.
fn whose(line: &UnreadableLine, shown: usize) -> String {
    match line.subjects.len() {
        0 => line.what.clone(),
        _ => {
            let names = super::words::few(line.subjects.iter().map(String::as_str), shown);
            format!("{} of {names}", line.what)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{change, empty, full, log_line, moved, unreadable, who};
    use super::*;

    #[test]
    fn points_have_a_sign_and_nothing_has_none() {
        for (points, expected) in [
            (3.7, "+3.7"),
            (-4.8, "-4.8"),
            (0.0, "0.0"),
            (-0.0, "0.0"),
            (0.04, "0.0"),
            (-0.04, "0.0"),
            (12.0, "+12.0"),
        ] {
            assert_eq!(signed(points), expected, "{points}");
        }
    }

    #[test]
    fn a_change_reads_as_said() {
        for (kind, before, after, expected) in [
            ("changed", Some("8 h"), Some("10 h"), "longest activation: 8 h -> 10 h"),
            ("added", None, Some("permanent"), "longest activation added: permanent"),
            ("removed", Some("permanent"), None, "longest activation removed: permanent"),
            ("made-permanent", Some("a"), Some("b"), "longest activation made permanent: a -> b"),
        ] {
            let mut line = change("Global Administrator", before, after);
            line.kind = kind;
            assert_eq!(line.happened(), expected);
        }
        let mut line = change("Global Administrator", None, None);
        assert_eq!(line.place(60), "Global Administrator");
        line.holder = Some("ana\u{1b}[2J".to_owned());
        assert_eq!(line.place(60), "ana[2J: Global Administrator");
    }

    #[test]
    fn who_made_it_reads_as_said() {
        let by = "by eve@contoso.example, 2026-11-02 20:00 UTC, ticket INC-1, correlation c-1: \
            patch window";
        let of = |remark: &str| by.replace(" UTC", &format!(" UTC ({remark})"));
        let (two, four) = (of("one of 2 lines"), of("one of 4 lines"));
        let nobody = "no line in the log, which covers the time: ask who did it (because)";
        for (status, lines, more, expected) in [
            ("by", 1, None, by),
            ("by", 2, None, two.as_str()),
            ("by", 2, Some(2), four.as_str()),
            (NOBODY, 0, None, nobody),
            ("not-covered", 0, None, "who is not known: because"),
            ("not-logged", 0, None, "who is not in the log: because"),
            ("by-itself", 0, None, "ended by its own end"),
        ] {
            let mut who = who(status);
            who.lines = vec![log_line("eve@contoso.example"); lines];
            who.more = more;
            let line = ChangeLine { who: Some(who), ..change("GA", None, None) };
            assert_eq!(line.who_words().as_deref(), Some(expected));
        }
        assert_eq!(change("GA", None, None).who_words(), None);
        let by = |names: &[&str], more| {
            let lines = names.iter().map(|name| log_line(name)).collect();
            WhoLine { lines, more, ..who("by") }.in_words()
        };
        let rest = ", ticket INC-1, correlation c-1: patch window";
        for (names, more, expected) in [
            (vec!["eve", "bob"], None, "eve or bob, 2026-11-02 20:00 UTC (one of 2 lines by 2)"),
            (
                vec!["eve", "bob", "eve"],
                Some(6),
                "eve or bob, 2026-11-02 20:00 UTC (one of 9 lines by 2)",
            ),
            (
                vec!["eve", "bob", "cem", "dan"],
                None,
                "eve, bob or 2 more, 2026-11-02 20:00 UTC (one of 4 lines by 4)",
            ),
        ] {
            assert_eq!(by(&names, more), format!("by {expected}{rest}"));
        }
        let mut line = log_line("MS-PIM");
        line.actor_kind = "application";
        assert!(line.in_words().starts_with("by MS-PIM (application, id-MS-PIM), 2026"));
        let mut line = log_line("");
        assert!(line.in_words().starts_with("by id-, 2026"), "{}", line.in_words());
        line.actor_id.clear();
        assert!(line.in_words().starts_with("by somebody the log does not name,"));
    }

    #[test]
    fn a_line_says_what_it_can_be_looked_up_by() {
        let start = "by eve, 2026-11-02 20:00 UTC";
        for (ticket, system, correlation, expected) in [
            (Some("INC-1"), Some("Desk"), "c-1", ", ticket INC-1 (Desk), correlation c-1: patch"),
            (Some("INC-1"), None, "c-1", ", ticket INC-1, correlation c-1: patch window"),
            (None, Some("Desk"), "", ", ticket Desk: patch window"),
            (None, None, "c-1", ", correlation c-1: patch window"),
            (None, None, "", ": patch window"),
        ] {
            let mut line = log_line("eve");
            line.ticket = ticket.map(str::to_owned);
            line.ticket_system = system.map(str::to_owned);
            line.correlation = correlation.to_owned();
            let text = line.in_words();
            assert!(text.starts_with(&format!("{start}{expected}")), "{text}");
        }
    }

    #[test]
    fn only_changes_that_a_covered_log_does_not_have_are_counted() {
        let mut diff = full("ana");
        assert_eq!((diff.unattributed(), diff.warning()), (0, None));
        let words = ["by", NOBODY, "not-covered", "not-logged", "by-itself"];
        diff.changes = words
            .iter()
            .map(|status| ChangeLine { who: Some(who(status)), ..change("GA", None, None) })
            .collect();
        assert_eq!(diff.unattributed(), 1);
        let warning = "1 change has no line in the audit log, which covers the time it was made in";
        let unless = format!("{warning}, but for the last 15 minutes");
        assert_eq!(diff.warning(), Some(unless));
        for who in diff.changes.iter_mut().filter_map(|line| line.who.as_mut()) {
            who.why = None;
        }
        assert_eq!(diff.warning().as_deref(), Some(warning));
        assert_eq!(empty().unattributed(), 0);
    }

    #[test]
    fn nothing_changed_is_said_of_everything_only_where_everything_was_read() {
        let all = Some("Nothing changed.");
        let part = Some("Nothing changed in what was read in both.");
        type Edit = fn(&mut DiffReport);
        let cases: [(Edit, Option<&str>); 7] = [
            (|_| {}, all),
            (|it| it.activations = full("ana").activations, all),
            (|it| it.unreadable = full("ana").unreadable, part),
            (|it| it.baselines = with(|it| &mut it.became_unreadable), part),
            (|it| it.baselines = with(|it| &mut it.became_readable), part),
            (|it| it.baselines = with(|it| &mut it.fixes), None),
            (|it| it.changes = full("ana").changes, None),
        ];
        for (place, (edit, expected)) in cases.into_iter().enumerate() {
            let mut diff = empty();
            edit(&mut diff);
            assert_eq!(diff.nothing(), expected, "case {place}");
        }
    }

    /// A baseline with a finding in this list alone.
    fn with(list: fn(&mut Compared) -> &mut Vec<MoveLine>) -> Vec<Compared> {
        let mut compared = full("ana").baselines.remove(0);
        for list in [
            &mut compared.regressions,
            &mut compared.fixes,
            &mut compared.new_subjects,
            &mut compared.vanished_subjects,
            &mut compared.became_unreadable,
            &mut compared.became_readable,
        ] {
            list.clear();
        }
        list(&mut compared).push(moved("ana", Some("pass"), Some("fail")));
        vec![compared]
    }

    #[test]
    fn a_finding_reads_as_said() {
        let mut line = moved("ana", Some("pass"), Some("fail"));
        assert_eq!(line.happened(), "pass -> fail: seen pass -> seen fail");
        line.waived = true;
        assert_eq!(line.happened(), "pass -> fail (waived): seen pass -> seen fail");
        let line = moved("ana", None, Some("fail"));
        assert_eq!(line.happened(), "fail: seen fail");
        let line = moved("ana", Some("fail"), Some("fail"));
        assert_eq!(line.happened(), "fail: seen fail -> seen fail");
    }

    #[test]
    fn an_activation_says_from_when_to_when() {
        let mut line = full("ana").activations.remove(0);
        assert_eq!(line.when(), "2026-11-03 08:00 UTC to 2026-11-03 12:00 UTC");
        (line.start, line.end) = (None, None);
        assert_eq!(line.when(), "not known to not known");
    }

    #[test]
    fn a_side_that_was_not_read_is_named() {
        for (old, new, side) in
            [(true, false, "older"), (false, true, "newer"), (true, true, "both")]
        {
            let line = unreadable(old, new);
            assert_eq!(line.side(), side);
            assert_eq!(line.why(), "permission denied: Graph answered 403");
        }
    }
}
