//! Progress and the closing summary on stderr: a bar on a terminal, plain lines elsewhere, nothing
//! with `--quiet`. What they say of the reading is in `reading`.

use super::arguments::Loudness;
use super::output::note;
use super::reading::{Reading, counted};
use crate::graph::{Event, Observer, Statistics};
use crate::model::{Dataset, GapKind};
use crate::snapshot::Snapshot;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use std::borrow::Cow;
use std::collections::BTreeMap;
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
        // One line a collection and kind: a tenant without P2 refuses every group by itself.
        let mut gaps: BTreeMap<(Dataset, GapKind), (Cow<'_, str>, usize)> = BTreeMap::new();
        for collection in snapshot.collections.iter().filter(|it| !it.declined) {
            if let Some(gap) = &collection.gap {
                let known = gaps.entry((collection.dataset, gap.kind));
                known.or_insert_with(|| (gap.reason(), 0)).1 += 1;
            }
        }
        for ((dataset, kind), (reason, count)) in gaps {
            let more = if count > 1 { format!(" ({count} times)") } else { String::new() };
            note(&format!("not read: {dataset}: {kind}: {reason}{more}"));
        }
    }
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
