//! What the page says once: whose data it is, how it was read, the way around, the checks, the
//! sources.

use super::block::Block;
use crate::report::escape;
use crate::report::model::{CheckText, DatasetState, Report, Status};
use crate::report::words;
use serde::Serialize;

/// Columns of the name of the tenant wherever it stands but among the facts.
const NAME: usize = 120;

/// The head of the page.
#[derive(Serialize)]
pub(super) struct Cover<'a> {
    policy: String,
    style: &'static str,
    version: &'static str,
    tenant: &'a str,
    /// What the tenant is called, cut to its room.
    name: String,
    /// The same uncut; empty where nothing was cut.
    full_name: &'a str,
    cloud: String,
    by: Option<&'a str>,
    application: Option<&'a str>,
    auth: Option<&'a str>,
    permissions: &'a [String],
    read: String,
    judged: String,
    configuration: Option<Configuration<'a>>,
    baselines: Vec<Line<'a>>,
    /// The sections of the only baseline.
    sections: Vec<Link>,
}

#[derive(Serialize)]
struct Configuration<'a> {
    file: &'a str,
    digest: &'a str,
}

/// One baseline among several.
#[derive(Serialize)]
struct Line<'a> {
    anchor: &'a str,
    id: &'a str,
    title: &'a str,
    letter: &'a str,
    tone: &'static str,
    posture: String,
    coverage: String,
    failed: usize,
    partial: usize,
    unread: usize,
}

#[derive(Serialize)]
struct Link {
    anchor: String,
    title: &'static str,
}

impl<'a> Cover<'a> {
    pub(super) fn of(
        report: &'a Report,
        blocks: &'a [Block<'a>],
        policy: String,
        style: &'static str,
    ) -> Self {
        let collected = &report.collected;
        let configuration = report.configuration.as_ref();
        let (name, full_name) = called(report);
        Self {
            policy,
            style,
            version: report.version,
            tenant: &report.tenant,
            name,
            full_name,
            cloud: report.cloud.to_string(),
            by: collected.by.as_deref(),
            application: collected.application.as_deref(),
            auth: collected.auth.as_deref(),
            permissions: &collected.permissions,
            read: window(report),
            judged: words::minute(report.now),
            configuration: configuration
                .map(|it| Configuration { file: &it.file, digest: words::digest(&it.digest) }),
            baselines: blocks.iter().map(Line::of).collect(),
            sections: blocks.first().map(sections).unwrap_or_default(),
        }
    }
}

/// What the tenant is called, cut, and the whole of it where something was cut.
fn called(report: &Report) -> (String, &str) {
    let whole: &str =
        if report.tenant_name.is_empty() { &report.tenant } else { &report.tenant_name };
    let cut = escape::name(whole, NAME);
    let full = if cut == escape::terminal(whole) { "" } else { whole };
    (cut, full)
}

impl<'a> Line<'a> {
    fn of(block: &'a Block<'a>) -> Self {
        let score = &block.score;
        let posture = match score.letter.is_empty() {
            true => format!("{} – {}", score.low, score.high),
            false => score.posture.clone(),
        };
        Self {
            anchor: &block.anchor,
            id: block.id,
            title: block.title,
            letter: &score.letter,
            tone: score.tone,
            posture,
            coverage: score.coverage_text.clone(),
            failed: block.number_of("fail"),
            partial: block.number_of("partial"),
            unread: block.number_of("not-assessed"),
        }
    }
}

fn sections(block: &Block<'_>) -> Vec<Link> {
    let has = [
        ("fix", "Fix first", true),
        ("map", "Map", block.heat.is_some()),
        ("ways", "Global Administrator", true),
        ("controls", "Controls", !block.controls.is_empty()),
        ("unread", "Not read", true),
        ("glass", "Break glass", !block.candidates.is_empty()),
        ("findings", "Findings", true),
    ];
    let link = |part: &str| format!("{}-{part}", block.anchor);
    has.into_iter()
        .filter(|(_, _, is_there)| *is_there)
        .map(|(part, title, _)| Link { anchor: link(part), title })
        .collect()
}

/// From the first to the last collection that was read.
fn window(report: &Report) -> String {
    let read = || report.collected.datasets.iter().filter_map(|state| state.read_at);
    let first = words::minute(read().min().unwrap_or(report.collected.at));
    let last = words::minute(read().max().unwrap_or(report.collected.at));
    if first == last { first } else { format!("{first} to {last}") }
}

/// The end of the page.
#[derive(Serialize)]
pub(super) struct Foot<'a> {
    version: &'static str,
    script: &'static str,
    checks: Vec<Check<'a>>,
    read: String,
    datasets: Vec<Source<'a>>,
    digests: Vec<(&'a str, &'a str)>,
    not_covered: String,
}

#[derive(Serialize)]
struct Check<'a> {
    id: &'a str,
    title: &'a str,
    what: &'a str,
    why: &'a str,
    reads: Vec<&'static str>,
    references: &'a [String],
}

/// One collection.
#[derive(Serialize)]
struct Source<'a> {
    name: &'static str,
    title: &'static str,
    status: &'static str,
    tone: &'static str,
    gap: Option<String>,
    rows: usize,
    read_at: String,
    request: &'a str,
}

impl<'a> Foot<'a> {
    pub(super) fn of(report: &'a Report, script: &'static str) -> Self {
        let baselines = report.baselines.iter().map(|it| (it.id.as_str(), it.digest.as_str()));
        let file = report.configuration.iter().map(|it| (it.file.as_str(), it.digest.as_str()));
        Self {
            version: report.version,
            script,
            checks: report.checks.iter().map(Check::of).collect(),
            read: format!("Read: {}.", window(report)),
            datasets: report.collected.datasets.iter().map(Source::of).collect(),
            digests: baselines.chain(file).collect(),
            not_covered: report.not_covered.join("; "),
        }
    }
}

impl<'a> Check<'a> {
    fn of(check: &'a CheckText) -> Self {
        Self {
            id: check.id,
            title: check.title,
            what: &check.what,
            why: &check.why,
            reads: check.reads.iter().map(|dataset| dataset.name()).collect(),
            references: &check.references,
        }
    }
}

impl<'a> Source<'a> {
    fn of(state: &'a DatasetState) -> Self {
        let (status, tone) = match state.status {
            Status::Complete => ("complete", "complete"),
            Status::Partial => ("partial", "partial"),
            Status::Missing if state.declined => ("not asked for", "dim"),
            Status::Missing => ("missing", "missing"),
        };
        Self {
            name: state.dataset.name(),
            title: words::title(state.dataset),
            status,
            tone,
            gap: state.gap.as_ref().map(ToString::to_string),
            rows: state.rows,
            read_at: state.read_at.map_or_else(String::new, words::minute),
            request: &state.request,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing;

    #[test]
    fn the_window_of_reading_spans_all_that_was_read() {
        let mut report = testing::report(Vec::new());
        assert_eq!(window(&report), "2026-11-02 09:00 UTC");
        report.collected.datasets[3].read_at = Some("2026-11-02T09:04:30Z".parse().unwrap());
        assert_eq!(window(&report), "2026-11-02 09:00 UTC to 2026-11-02 09:04 UTC");
        for state in &mut report.collected.datasets {
            state.read_at = None;
        }
        assert_eq!(window(&report), "2026-11-02 09:00 UTC");
    }

    #[test]
    fn a_long_name_is_cut_and_stands_once_in_full() {
        let mut report = testing::report(Vec::new());
        let long = "A".repeat(500);
        let cut = format!("{}…", "A".repeat(NAME - 1));
        for (name, expected, full) in [
            ("Contoso", "Contoso", ""),
            ("bell\u{7}", "bell", ""),
            (long.as_str(), cut.as_str(), long.as_str()),
        ] {
            report.tenant_name = name.into();
            assert_eq!(called(&report), (expected.to_owned(), full));
        }
        report.tenant_name = "".into();
        assert_eq!(called(&report).0, &*report.tenant);
    }

    #[test]
    fn what_was_declined_is_not_called_missing() {
        let mut report = testing::report(Vec::new());
        let state = &mut report.collected.datasets[0];
        for (status, declined, expected) in [
            (Status::Complete, false, "complete"),
            (Status::Partial, false, "partial"),
            (Status::Missing, false, "missing"),
            (Status::Missing, true, "not asked for"),
        ] {
            (state.status, state.declined) = (status, declined);
            assert_eq!(Source::of(state).status, expected);
        }
    }
}
