//! The report and the inventory as workbooks: which sheets there are and what stands in them.
//!
//! How a sheet is filled stands in `sheet`. The library builds the file in memory: a workbook is
//! the one format that is not streamed.

mod inventory;
mod sheet;

pub use inventory::write as write_inventory;

use super::controls::controls;
use super::escape;
use super::flat;
use super::model::{DatasetState, Judged, Reach, Report, Status};
use super::open::points;
use super::unread::remedy;
use super::words;
use crate::model::{Finding, Gap};
use jiff::Timestamp;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};
use sheet::{Column, Kind, Looks, Sheet};
use std::borrow::Cow;
use std::io::{self, Write};

/// The columns of the first sheet; its later rows are one a baseline.
const SUMMARY: &[Column] = &[
    Column("what", 24.0, Kind::Text),
    Column("value", 70.0, Kind::Text),
    Column("posture", 9.0, Kind::Number),
    Column("grade", 7.0, Kind::Text),
    Column("drift", 7.0, Kind::Number),
    Column("coverage %", 10.0, Kind::Number),
    Column("lowest", 8.0, Kind::Number),
    Column("highest", 8.0, Kind::Number),
    Column("pass", 8.0, Kind::Number),
    Column("partial", 8.0, Kind::Number),
    Column("fail", 8.0, Kind::Number),
    Column("waived", 8.0, Kind::Number),
    Column("info", 8.0, Kind::Number),
    Column("not assessed", 8.0, Kind::Number),
    Column("not applicable", 9.0, Kind::Number),
];

const CONTROLS: &[Column] = &[
    Column("baseline", 18.0, Kind::Text),
    Column("control", 16.0, Kind::Text),
    Column("level", 10.0, Kind::Text),
    Column("checks", 40.0, Kind::Text),
    Column("population", 11.0, Kind::Number),
    Column("population exact", 11.0, Kind::Text),
    Column("tested", 9.0, Kind::Number),
    Column("passed", 9.0, Kind::Number),
    Column("in part", 9.0, Kind::Number),
    Column("exceptions", 11.0, Kind::Number),
    Column("waived", 9.0, Kind::Number),
    Column("not assessed", 10.0, Kind::Number),
    Column("complete", 10.0, Kind::Text),
    Column("requests", 90.0, Kind::Line),
];

const SCORES: &[Column] = &[
    Column("baseline", 18.0, Kind::Text),
    Column("check", 36.0, Kind::Text),
    Column("title", 50.0, Kind::Text),
    Column("kind", 11.0, Kind::Text),
    Column("weight", 9.0, Kind::Number),
    Column("without waived", 10.0, Kind::Number),
    Column("read %", 9.0, Kind::Number),
    Column("costs", 9.0, Kind::Number),
    Column("subjects that cost", 10.0, Kind::Number),
];

const WHO: &[Column] = &[
    Column("baseline", 18.0, Kind::Text),
    Column("principal", 38.0, Kind::Text),
    Column("kind", 17.0, Kind::Text),
    Column("state", 14.0, Kind::Text),
    Column("strongest gate", 18.0, Kind::Text),
    Column("asked for", 40.0, Kind::Text),
    Column("through", 40.0, Kind::Text),
    Column("way", 90.0, Kind::Text),
    Column("break-glass", 11.0, Kind::Text),
    Column("switched off", 11.0, Kind::Text),
];

const GAPS: &[Column] = &[
    Column("collection", 34.0, Kind::Text),
    Column("what it is", 44.0, Kind::Text),
    Column("status", 11.0, Kind::Word),
    Column("rows", 9.0, Kind::Number),
    Column("read at", 22.0, Kind::Text),
    Column("request", 80.0, Kind::Line),
    Column("declined", 10.0, Kind::Text),
    Column("why", 60.0, Kind::Text),
    Column("what to do", 50.0, Kind::Text),
    Column("permission", 36.0, Kind::Text),
];

/// Writes the report as a workbook. The same report gives the same bytes.
///
/// # Errors
/// Those of `out`, and what the library refuses to write.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let bytes = book(report).map_err(io_error)?;
    out.write_all(&bytes)?;
    out.flush()
}

fn book(report: &Report) -> Result<Vec<u8>, XlsxError> {
    let mut book = new_book("pimaudit report", report.now)?;
    let looks = Looks::new();
    summary(report, Sheet::new(&mut book, "Summary", SUMMARY, &looks)?)?;
    findings(report, Sheet::new(&mut book, "Findings", &finding_columns(), &looks)?)?;
    control_rows(report, Sheet::new(&mut book, "Controls", CONTROLS, &looks)?)?;
    scores(report, Sheet::new(&mut book, "Scores", SCORES, &looks)?)?;
    who(report, Sheet::new(&mut book, "Who", WHO, &looks)?)?;
    if let Some(held) = &report.inventory {
        inventory::fill(held, &mut book, &looks)?;
    }
    gaps(report, Sheet::new(&mut book, "Gaps", GAPS, &looks)?)?;
    book.save_to_buffer()
}

/// A workbook that says when its data was judged, not when it was written.
fn new_book(title: &str, at: Timestamp) -> Result<Workbook, XlsxError> {
    // Excel's time begins in 1900.
    const FIRST_SECOND: i64 = -2_208_988_800;
    let created = ExcelDateTime::from_timestamp(at.as_second().max(FIRST_SECOND))?;
    let properties = DocProperties::new()
        .set_title(title)
        .set_author("pimaudit")
        .set_creation_datetime(&created);
    let mut book = Workbook::new();
    book.set_properties(&properties);
    Ok(book)
}

fn io_error(error: XlsxError) -> io::Error {
    io::Error::other(error.to_string())
}

fn summary(report: &Report, mut sheet: Sheet<'_>) -> Result<(), XlsxError> {
    let collected = &report.collected;
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "not known".to_owned());
    let permissions = match collected.permissions.as_slice() {
        [] => "not known".to_owned(),
        known => known.join(" "),
    };
    let configuration = match &report.configuration {
        Some(it) => format!("{} ({})", it.file, it.digest),
        None => "none".to_owned(),
    };
    for (what, value) in [
        ("Tenant", report.tenant_name.to_string()),
        ("Tenant id", report.tenant.to_string()),
        ("Cloud", report.cloud.to_string()),
        ("Collected by", text(&collected.by)),
        ("Application", text(&collected.application)),
        (
            "Inventory",
            match &report.inventory {
                Some(it) => format!("{} lines", it.lines.len()),
                None => "not in this report: audit -o FILE.xlsx gathers it".to_owned(),
            },
        ),
        ("Way of sign-in", text(&collected.auth)),
        ("Permissions", permissions),
        ("Read", window(report)),
        ("Judged as of", report.now.to_string()),
        ("Configuration", configuration),
        ("pimaudit", report.version.to_owned()),
        ("Not covered", report.not_covered.join("; ")),
    ] {
        sheet.row(&[Cow::Borrowed(what), Cow::Owned(value)])?;
    }
    for judged in &report.baselines {
        sheet.row(&baseline(judged))?;
    }
    sheet.finish()
}

fn window(report: &Report) -> String {
    match report.collected.window() {
        Some((first, last)) => format!("{first} to {last}"),
        None => format!("nothing, begun at {}", report.collected.at),
    }
}

fn baseline(judged: &Judged) -> [Cow<'_, str>; SUMMARY.len()] {
    let score = &judged.score;
    let count = |wanted: &str| {
        let named = |it: &&Finding| it.waiver.is_none() && it.outcome.name() == wanted;
        Cow::Owned(judged.findings.iter().filter(named).count().to_string())
    };
    let waived = judged.findings.iter().filter(|it| it.waiver.is_some()).count();
    [
        Cow::Owned(format!("Baseline {}", judged.id)),
        Cow::Owned(format!("{} ({}): {}", judged.title, judged.digest, score.headline())),
        number(score.posture.filter(|_| score.grade.is_some())),
        Cow::Owned(score.letter().unwrap_or_else(|| "none".to_owned())),
        number(score.drift.filter(|_| score.grade.is_some())),
        number(Some(score.coverage_percent())),
        number(Some(score.low)),
        number(Some(score.high)),
        count("pass"),
        count("partial"),
        count("fail"),
        Cow::Owned(waived.to_string()),
        count("info"),
        count("not-assessed"),
        count("not-applicable"),
    ]
}

/// The columns of CSV without the tenant, which stands in the summary.
fn finding_columns() -> Vec<Column> {
    let column = |title: &&'static str| {
        let (width, kind) = match *title {
            "credit" | "points" => (8.0, Kind::Number),
            "severity" => (10.0, Kind::Word),
            "outcome" => (14.0, Kind::Word),
            "subject_kind" | "tier" | "waiver_expires" => (11.0, Kind::Text),
            "baseline" | "controls" | "labels" | "waiver_owner" | "waiver_ticket" => {
                (18.0, Kind::Text)
            }
            "observed" | "expected" | "notes" | "gap" | "title" => (44.0, Kind::Text),
            "subject" => (36.0, Kind::Text),
            _ => (36.0, Kind::Line),
        };
        Column(title, width, kind)
    };
    flat::COLUMNS[1..].iter().map(column).collect()
}

fn findings(report: &Report, mut sheet: Sheet<'_>) -> Result<(), XlsxError> {
    for judged in &report.baselines {
        for (finding, points) in judged.findings.iter().zip(points(judged)) {
            sheet.row(&flat::cells(report, judged, finding, points)[1..])?;
        }
    }
    sheet.finish()
}

fn control_rows(report: &Report, mut sheet: Sheet<'_>) -> Result<(), XlsxError> {
    for judged in &report.baselines {
        for row in controls(report, judged) {
            let count = |count: usize| Cow::Owned(count.to_string());
            sheet.row(&[
                Cow::Borrowed(judged.id.as_str()),
                Cow::Borrowed(row.control.as_str()),
                Cow::Borrowed(row.level.as_deref().unwrap_or_default()),
                Cow::Owned(row.checks.join(flat::BETWEEN)),
                count(row.population),
                yes(row.population_exact),
                count(row.tested),
                count(row.passed),
                count(row.partial),
                count(row.exceptions),
                count(row.waived),
                count(row.not_assessed),
                yes(row.complete),
                Cow::Owned(row.requests.join(flat::BETWEEN)),
            ])?;
        }
    }
    sheet.finish()
}

fn scores(report: &Report, mut sheet: Sheet<'_>) -> Result<(), XlsxError> {
    for judged in &report.baselines {
        for check in &judged.score.checks {
            let title = report.check(check.check).map_or("", |it| it.title);
            sheet.row(&[
                Cow::Borrowed(judged.id.as_str()),
                Cow::Borrowed(check.check),
                Cow::Borrowed(title),
                Cow::Borrowed(check.kind),
                number(Some(check.weight)),
                number(Some(check.effective)),
                number(Some(100.0 * (1.0 - check.unread))),
                number(Some(check.cost)),
                Cow::Owned(check.subjects.len().to_string()),
            ])?;
        }
    }
    sheet.finish()
}

/// The ways to Global Administrator. Baselines that agree on them share their rows.
fn who(report: &Report, mut sheet: Sheet<'_>) -> Result<(), XlsxError> {
    let all_equal = report
        .baselines
        .windows(2)
        .all(|pair| pair[0].global_administrators == pair[1].global_administrators);
    let shown = if all_equal { 1 } else { report.baselines.len() };
    for judged in report.baselines.iter().take(shown) {
        let of = if all_equal { "every baseline" } else { judged.id.as_str() };
        ways(of, &judged.global_administrators, &mut sheet)?;
    }
    sheet.finish()
}

fn ways(of: &str, reach: &Reach, sheet: &mut Sheet<'_>) -> Result<(), XlsxError> {
    for way in &reach.ways {
        sheet.row(&[
            Cow::Borrowed(of),
            Cow::Borrowed(&*way.principal),
            Cow::Borrowed(way.kind),
            Cow::Borrowed(way.state),
            Cow::Borrowed(way.strength.unwrap_or("not read")),
            Cow::Borrowed(way.gate.as_str()),
            Cow::Owned(way.through.join(" > ")),
            Cow::Borrowed(way.words.as_str()),
            yes(way.break_glass),
            yes(way.disabled),
        ])?;
    }
    let mut remark = |text: String| {
        let mut row = vec![Cow::Borrowed(""); WHO.len()];
        row[0] = Cow::Borrowed(of);
        row[7] = Cow::Owned(text);
        sheet.row(&row)
    };
    if reach.further_ways > 0 {
        remark(format!("{} further known ways are not listed.", reach.further_ways))?;
    }
    for gap in &reach.more_ways_because {
        remark(format!("There may be more: {}.", words::gap(gap)))?;
    }
    if reach.ways.is_empty() && reach.more_ways_because.is_empty() {
        remark("There is no way.".to_owned())?;
    }
    Ok(())
}

fn gaps(report: &Report, mut sheet: Sheet<'_>) -> Result<(), XlsxError> {
    for state in &report.collected.datasets {
        sheet.row(&collection(state))?;
    }
    sheet.finish()
}

fn collection(state: &DatasetState) -> [Cow<'_, str>; GAPS.len()] {
    let facts = state.dataset.facts();
    [
        Cow::Borrowed(facts.name),
        Cow::Borrowed(facts.title),
        Cow::Borrowed(status(state.status)),
        Cow::Owned(state.rows.to_string()),
        Cow::Owned(state.read_at.map_or_else(String::new, |at| at.to_string())),
        Cow::Borrowed(state.request.as_str()),
        yes(state.declined),
        Cow::Owned(state.gap.as_ref().map_or_else(String::new, Gap::to_string)),
        Cow::Owned(state.gap.as_ref().filter(|_| !state.declined).map_or_else(String::new, mend)),
        Cow::Borrowed(facts.permission),
    ]
}

fn mend(gap: &Gap) -> String {
    remedy(gap.kind, gap.dataset, &[&*gap.detail])
}

const fn status(status: Status) -> &'static str {
    match status {
        Status::Complete => "complete",
        Status::Partial => "partial",
        Status::Missing => "missing",
    }
}

const fn yes(yes: bool) -> Cow<'static, str> {
    Cow::Borrowed(if yes { "yes" } else { "no" })
}

/// A number to three decimals, as nobody reads more.
fn number(number: Option<f64>) -> Cow<'static, str> {
    number.map_or(Cow::Borrowed(""), |it| Cow::Owned(((it * 1000.0).round() / 1000.0).to_string()))
}

/// A text as it stands in a cell.
fn safe(text: &str) -> Cow<'_, str> {
    flat::fitting(escape::terminal(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Outcome, Severity};
    use crate::report::testing::{self, denied, finding, person};

    fn hostile() -> Report {
        testing::report(vec![
            finding("a-check", Severity::High, person("=1+1"), Outcome::fail("x", "y")),
            finding("a-check", Severity::High, person(&"x".repeat(40_000)), Outcome::pass("", "")),
            finding("b-check", Severity::Low, person("\u{1b}[31m"), denied(Dataset::Principals)),
        ])
    }

    #[test]
    fn the_same_report_gives_the_same_bytes() {
        let mut files = [Vec::new(), Vec::new()];
        for file in &mut files {
            write(&hostile(), file).unwrap();
        }
        let [one, other] = files;
        assert!(one.starts_with(b"PK"), "no zip");
        assert!(one == other, "two files of one report differ");
    }

    #[test]
    fn rows_have_a_cell_for_every_column() {
        let report = hostile();
        assert_eq!(finding_columns().len(), flat::COLUMNS.len() - 1);
        assert_eq!(baseline(&report.baselines[0]).len(), SUMMARY.len());
        assert_eq!(collection(&report.collected.datasets[0]).len(), GAPS.len());
    }

    #[test]
    fn numbers_are_short_and_absent_ones_are_no_zero() {
        for (value, expected) in
            [(None, ""), (Some(0.0), "0"), (Some(1.0 / 3.0), "0.333"), (Some(100.0), "100")]
        {
            assert_eq!(number(value), expected);
        }
    }
}
