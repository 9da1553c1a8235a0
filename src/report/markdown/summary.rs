//! Scores and counts, what was not read, controls, what is waived: the short sections.

use super::page::Page;
use crate::report::controls;
use crate::report::escape::{brief, brief_code, markdown};
use crate::report::model::{DatasetState, Judged, Report};
use crate::report::unread::gather;
use crate::report::words;
use crate::score::Score;

/// Columns of a name at most.
const NAME: usize = 60;
/// Columns of a text at most.
const TEXT: usize = 160;
/// Rows of a short section.
const ROWS: usize = 10;
/// Rows of a folded section.
const FOLDED: usize = 200;

/// Whose report it is, and every score.
pub(super) fn head(page: &mut Page, report: &Report) {
    let tenant = match &*report.tenant_name {
        "" => brief_code(&report.tenant, NAME),
        name => brief(name, NAME),
    };
    page.line(&format!("## PIM audit of {tenant}"));
    match report.baselines.as_slice() {
        [judged] => {
            let by = brief_code(&judged.id, NAME);
            page.line(&format!("**{}** by {by}", score(&judged.score)));
        }
        several => {
            let row = |judged: &Judged| [brief_code(&judged.id, NAME), score(&judged.score)];
            let shown = page.table(["baseline", "score"], several.iter().map(row));
            more(page, several.len() - shown, "baseline");
        }
    }
    page.line(&read(report));
}

/// The one line that says it all, parted by commas.
fn score(score: &Score) -> String {
    markdown(&score.headline().replace(" | ", ", ")).into_owned()
}

fn read(report: &Report) -> String {
    let reader = match words::reader(&report.collected) {
        nobody if nobody.is_empty() => nobody,
        reader => format!(" {}", brief(&reader, 2 * TEXT)),
    };
    let judged = match report.now == report.collected.at {
        true => String::new(),
        false => format!("; judged as of {}", words::minute(report.now)),
    };
    format!("Read {}{reader}{judged}.", words::window(&report.collected))
}

/// The line that parts the baselines where there are several.
pub(super) fn block(page: &mut Page, judged: &Judged) {
    let (id, title) = (brief_code(&judged.id, NAME), brief(&judged.title, NAME));
    page.line(&format!("## {id}: {title}"));
    page.line(&format!("**{}**", score(&judged.score)));
}

/// How many findings of each outcome; a waived one counts as waived alone.
pub(super) fn counts(page: &mut Page, judged: &Judged) {
    let count = |wanted: &str| {
        let outcomes = judged.findings.iter().filter(|finding| finding.waiver.is_none());
        outcomes.filter(|finding| finding.outcome.name() == wanted).count()
    };
    let waived = judged.findings.iter().filter(|finding| finding.waiver.is_some()).count();
    page.line(&format!(
        "{} fail, {} partial, {} pass, {waived} waived, {} not assessed, {} info, \
         {} not applicable.",
        count("fail"),
        count("partial"),
        count("pass"),
        count("not-assessed"),
        count("info"),
        count("not-applicable"),
    ));
}

/// What was not read, what is not assessed for it, and what to do.
pub(super) fn unread(page: &mut Page, judged: &Judged, states: &[DatasetState]) {
    let (declined, gaps) = gather(std::slice::from_ref(judged), states);
    if gaps.is_empty() && declined.datasets.is_empty() {
        return;
    }
    page.line("### Not read");
    let rows = gaps.iter().take(ROWS).map(|gap| {
        [brief(&gap.what(), TEXT), brief(&gap.lost.in_words(), TEXT), brief(&gap.remedy(), TEXT)]
    });
    let shown = page.table(["not read", "so not assessed", "what to do"], rows);
    more(page, gaps.len() - shown, "reason");
    if !declined.datasets.is_empty() {
        page.line(&brief(&declined.in_words(), 4 * TEXT));
    }
}

/// Each control of the benchmark.
pub(super) fn controls(page: &mut Page, report: &Report, judged: &Judged) {
    let controls = controls::controls(report, judged);
    if controls.is_empty() {
        return;
    }
    let title = words::count(controls.len(), "control");
    if !page.has_room_to_fold() {
        return page.line(&format!("{title} of the benchmark have no room here."));
    }
    page.fold(&title);
    let rows = controls.iter().take(FOLDED).map(|row| {
        let at_least = if row.population_exact { "" } else { "at least " };
        [
            brief_code(&row.control, NAME),
            brief(row.level.as_deref().unwrap_or_default(), NAME),
            format!("{at_least}{}", row.population),
            row.tested.to_string(),
            row.exceptions.to_string(),
            row.partial.to_string(),
            row.waived.to_string(),
            row.not_assessed.to_string(),
            if row.complete { "yes" } else { "no" }.to_owned(),
        ]
    });
    let head = [
        "control",
        "level",
        "population",
        "tested",
        "exceptions",
        "in part",
        "waived",
        "not assessed",
        "complete",
    ];
    let shown = page.table(head, rows);
    more(page, controls.len() - shown, "control");
    page.unfold();
}

/// What a waiver accepts.
pub(super) fn waived(page: &mut Page, judged: &Judged) {
    let all = || judged.findings.iter().filter_map(|it| it.waiver.as_ref().map(|by| (it, by)));
    let number = all().count();
    if number == 0 {
        return;
    }
    if !page.has_room_to_fold() {
        return page.line(&format!("{number} waived, for which there is no room here."));
    }
    page.fold(&format!("{number} waived"));
    let rows = all().take(FOLDED).map(|(finding, waiver)| {
        let reason = match &waiver.ticket {
            Some(ticket) => format!("{} ({ticket})", waiver.reason),
            None => waiver.reason.clone(),
        };
        [
            brief(finding.title, NAME),
            brief_code(&finding.subject.name, NAME),
            brief_code(&waiver.owner, NAME),
            waiver.expires.to_string(),
            brief(&reason, TEXT),
        ]
    });
    let shown = page.table(["check", "subject", "owner", "until", "reason"], rows);
    more(page, number - shown, "waived finding");
    page.unfold();
}

/// Rules that judged nothing, and accounts that look like undeclared break-glass accounts.
pub(super) fn loose_ends(page: &mut Page, judged: &Judged) {
    if let [first, rest @ ..] = judged.unmatched_rules.as_slice() {
        let rules = words::count(rest.len() + 1, "rule");
        page.line(&format!("{rules} matched nothing, the first of them: {}.", brief(first, TEXT)));
    }
    if !judged.break_glass.is_empty() {
        let names: Vec<String> =
            judged.break_glass.iter().take(3).map(|it| brief_code(&it.name, NAME)).collect();
        let beyond = judged.break_glass.len() - names.len();
        let beyond = if beyond > 0 { format!(", {beyond} more") } else { String::new() };
        page.line(&format!(
            "If they are break-glass accounts, declare them in `pimaudit.yaml`: {}{beyond}.",
            names.join(", ")
        ));
    }
}

/// Says how many more there are, where there are more.
pub(super) fn more(page: &mut Page, number: usize, what: &str) {
    if number > 0 {
        page.line(&format!(
            "{} more: see the JSON, CSV or HTML report.",
            words::count(number, what)
        ));
    }
}
