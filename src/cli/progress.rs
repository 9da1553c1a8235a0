//! Progress and the closing summary on stderr: a bar on a terminal, plain lines elsewhere, nothing
//! with `--quiet`. What they say of the reading is in `reading`.

use super::arguments::Loudness;
use super::output::note;
use super::reading::{Reading, counted};
use crate::graph::{Event, Observer, Statistics};
use crate::model::{Dataset, Gap, GapKind};
use crate::report::escape;
use crate::snapshot::{Collection, Snapshot};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use serde::Deserialize;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Shows what the client does.
pub(super) struct Progress {
    loudness: Loudness,
    bar: Option<ProgressBar>,
    reading: Mutex<Reading>,
}

const REDRAW: Duration = Duration::from_millis(120);
/// Columns the spinner takes, with the blank behind it.
const SPINNER: usize = 2;
/// Columns where the terminal does not say.
const USUAL: usize = 80;

impl Progress {
    pub(super) fn new(loudness: Loudness) -> Self {
        let bar = (!loudness.quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(REDRAW);
            bar
        });
        Self { loudness, bar, reading: Mutex::default() }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| note(text)),
            None => note(text),
        }
    }

    /// Clears the bar and says what the run took and what could not be read.
    pub(super) fn finish(&self, statistics: &Statistics, snapshot: &Snapshot<'_>) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if self.loudness.quiet {
            return;
        }
        note(&format!(
            "read {}, {}, {}, waited {:.1} s",
            counted(statistics.requests, "request", "requests"),
            HumanBytes(statistics.bytes),
            counted(statistics.retries, "retry", "retries"),
            statistics.waited.as_secs_f64()
        ));
        for warning in &statistics.deprecations {
            note(&format!("Graph announces: {warning}"));
        }
        unread(snapshot).iter().for_each(|line| note(line));
    }
}

/// Groups and the like that are named in one line.
const NAMED: usize = 3;
/// Columns of one name at most.
const NAME: usize = 40;

/// What could not be read, one line a collection and kind: a tenant without P2 refuses every group by
/// itself. Where others of the collection were read, those refused are named.
fn unread(snapshot: &Snapshot<'_>) -> Vec<String> {
    let mut gaps: BTreeMap<(Dataset, GapKind), Vec<&Collection<'_>>> = BTreeMap::new();
    for collection in snapshot.collections.iter().filter(|it| !it.declined) {
        if let Some(gap) = &collection.gap {
            gaps.entry((collection.dataset, gap.kind)).or_default().push(collection);
        }
    }
    // The rows of all principals are read only where one is to be named.
    let names = OnceCell::new();
    let line = |((dataset, kind), refused): (&(Dataset, GapKind), &Vec<&Collection<'_>>)| {
        let reason = refused.iter().find_map(|it| it.gap.as_ref()).map(Gap::reason);
        let count = refused.len();
        let more = if count > 1 { format!(" ({count} times)") } else { String::new() };
        let others = snapshot.parts(*dataset).any(|it| it.gap.is_none() && it.key.is_some());
        let which = if others || count == 1 {
            which(refused, names.get_or_init(|| names_of(snapshot)))
        } else {
            String::new()
        };
        format!("not read: {dataset}: {kind}: {}{more}{which}", reason.unwrap_or_default())
    };
    gaps.iter().map(line).collect()
}

/// The names of what was refused, by their ids where no name is known: `; of Helpdesk (0a..), and 2 more`.
fn which(refused: &[&Collection<'_>], names: &HashMap<String, String>) -> String {
    let keys: BTreeSet<&str> = refused.iter().filter_map(|it| it.key.as_deref()).collect();
    let of = |key: &&str| match names.get(&key.to_ascii_lowercase()) {
        Some(name) => format!("{} ({key})", escape::name(name, NAME)),
        None => escape::name(key, NAME),
    };
    let mut shown: Vec<String> = keys.iter().take(NAMED).map(of).collect();
    let more = keys.len().saturating_sub(NAMED);
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    if shown.is_empty() { String::new() } else { format!("; of {}", shown.join(", ")) }
}

/// Display names of the principals that were read, by id.
fn names_of(snapshot: &Snapshot<'_>) -> HashMap<String, String> {
    let rows = snapshot.parts(Dataset::Principals).flat_map(|part| part.rows.iter());
    let named = rows.filter_map(|row| serde_json::from_str::<Named>(row.get()).ok());
    named
        .filter_map(|it| Some((it.id?.to_ascii_lowercase(), it.display_name?)))
        .filter(|(_, name)| !name.trim().is_empty())
        .collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    id: Option<String>,
    display_name: Option<String>,
}

/// Columns for the text of the bar. One is left free: a full line wraps on some terminals.
fn columns() -> usize {
    let terminal = terminal_size::terminal_size_of(std::io::stderr());
    let columns = terminal.map_or(USUAL, |(width, _)| usize::from(width.0));
    columns.saturating_sub(SPINNER + 1)
}

impl Observer for Progress {
    fn event(&self, event: &Event<'_>) {
        if self.loudness.quiet {
            return;
        }
        if self.loudness.verbose {
            match event {
                Event::Request { method, path } => self.line(&format!("{method} {path}")),
                Event::Retry { path, reason } => self.line(&format!("again {path}: {reason}")),
                Event::Begun { .. }
                | Event::Page { .. }
                | Event::Ended { .. }
                | Event::Waiting { .. }
                | Event::Bytes(_) => {}
            }
        }
        if matches!(event, Event::Bytes(_)) {
            return;
        }
        let (line, text) = {
            let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
            let line = reading.note(event);
            (line, self.bar.is_some().then(|| reading.bar(columns())))
        };
        match (&self.bar, line, text) {
            (Some(bar), _, Some(text)) => bar.set_message(text),
            (None, Some(line), _) => note(&line),
            (Some(_), _, None) | (None, None, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Rows;
    use serde_json::value::RawValue;

    fn part(
        dataset: Dataset,
        key: Option<&str>,
        refused: bool,
        rows: &[&str],
    ) -> Collection<'static> {
        let gap = Gap::of(dataset, GapKind::PermissionDenied, "Graph answered 403");
        let row = |row: &&str| RawValue::from_string((*row).to_owned()).unwrap();
        Collection {
            dataset,
            key: key.map(str::to_owned),
            request: String::new(),
            read_at: None,
            gap: refused.then_some(gap),
            declined: false,
            missing: refused,
            asked: Vec::new(),
            rows: Rows::Owned(rows.iter().map(row).collect()),
        }
    }

    fn told(refused: &[&str], read: &[&str]) -> Vec<String> {
        let of = Dataset::GroupMembers;
        let mut collections: Vec<Collection<'static>> = vec![part(
            Dataset::Principals,
            None,
            false,
            &[
                r#"{"id":"A1","displayName":"IT-Ops"}"#,
                r#"{"id":"a2"}"#,
                r#"{"id":"a3","displayName":"x\ny\u001b[31m"}"#,
            ],
        )];
        collections.extend(refused.iter().map(|key| part(of, Some(key), true, &[])));
        collections.extend(read.iter().map(|key| part(of, Some(key), false, &[])));
        let snapshot = Snapshot {
            tenant: "t".into(),
            cloud: crate::model::Cloud::Global,
            collected_at: "2026-11-02T09:00:00Z".parse().unwrap(),
            collected_by: None,
            collections,
        };
        unread(&snapshot)
    }

    #[test]
    fn what_was_refused_alone_is_named() {
        const LINE: &str = "not read: group-members: permission denied: Graph answered 403";
        for (refused, read, expected) in [
            (&["a1"][..], &["b"][..], "; of IT-Ops (a1)"),
            (&["a2"], &["b"], "; of a2"),
            (&["a1"], &[], "; of IT-Ops (a1)"),
            (&["a2", "a1"], &["b"], " (2 times); of IT-Ops (a1), a2"),
            (
                &["c4", "c3", "c2", "c1", "a1"],
                &["b"],
                " (5 times); of IT-Ops (a1), c1, c2, and 2 more",
            ),
            // Where all are refused it is no matter of one group.
            (&["a1", "a2"], &[], " (2 times)"),
        ] {
            assert_eq!(told(refused, read), [format!("{LINE}{expected}")], "{refused:?}");
        }
        let hostile = told(&["a3"], &["b"]).join("\n");
        assert!(!hostile.contains(['\n', '\u{1b}']), "{hostile}");
        assert!(told(&[], &["a1"]).is_empty());
    }
}
