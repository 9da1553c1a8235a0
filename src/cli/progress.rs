//! Progress and the closing summary on stderr: a bar on a terminal, plain lines elsewhere, nothing
//! with `--quiet`.

use super::arguments::Loudness;
use super::output::note;
use crate::graph::{Event, Observer, Statistics};
use crate::snapshot::Snapshot;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Shows what the client does.
pub(super) struct Progress {
    loudness: Loudness,
    bar: Option<ProgressBar>,
    pages: AtomicU64,
    rows: AtomicU64,
    /// Rows by the kind of list, for plain lines.
    lists: Mutex<BTreeMap<String, u64>>,
}

const REDRAW: Duration = Duration::from_millis(120);

impl Progress {
    pub(super) fn new(loudness: Loudness) -> Self {
        let bar = (!loudness.quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(REDRAW);
            bar
        });
        Self {
            loudness,
            bar,
            pages: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            lists: Mutex::default(),
        }
    }

    fn say(&self, text: String) {
        match &self.bar {
            Some(bar) => bar.set_message(text),
            None if !self.loudness.quiet => note(&text),
            None => {}
        }
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
        let mut gaps: BTreeMap<String, usize> = BTreeMap::new();
        for collection in snapshot.collections.iter().filter(|it| !it.declined) {
            if let Some(gap) = &collection.gap {
                *gaps.entry(format!("not read: {}: {gap}", collection.dataset)).or_default() += 1;
            }
        }
        for (gap, count) in gaps {
            note(&if count > 1 { format!("{gap} ({count} times)") } else { gap });
        }
    }
}

fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

impl Observer for Progress {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Request { method, path } => {
                if self.loudness.verbose {
                    self.line(&format!("{method} {path}"));
                }
            }
            Event::Page { path, rows } => {
                let pages = self.pages.fetch_add(1, Ordering::Relaxed) + 1;
                let total = self.rows.fetch_add(*rows as u64, Ordering::Relaxed) + *rows as u64;
                if self.bar.is_some() {
                    self.say(format!("{pages} pages, {total} rows"));
                } else if let Ok(mut lists) = self.lists.lock() {
                    // One plain line a list is enough for a log.
                    let name = path.split('?').next().unwrap_or(path).to_owned();
                    let is_group = name.contains("/groups/");
                    let count = lists.entry(name.clone()).or_default();
                    *count += 1;
                    if *count == 1 && !is_group {
                        self.say(format!("reading {name}"));
                    }
                }
            }
            Event::Waiting { seconds, reason } => {
                self.say(format!("waiting {seconds} s: {reason}"));
            }
            Event::Retry { path, reason } => {
                if self.loudness.verbose {
                    self.line(&format!("again {path}: {reason}"));
                }
            }
            Event::Bytes(_) => {}
        }
    }
}
