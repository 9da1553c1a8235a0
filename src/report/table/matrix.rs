//! Checks by baselines: what each baseline makes of the same tenant, and each score.

use crate::model::{Finding, Verdict};
use crate::report::model::{Judged, Report};
use crate::report::page::{Fit, Grid, Ink, Page, Tone};
use std::collections::BTreeSet;
use std::io;

/// One table of the scores, one of the checks; the columns of the second are numbered by the first, as
/// no terminal is wide enough for the names.
pub(super) fn write(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    page.title("SCORES")?;
    let mut scores =
        Grid::new(&[("#", Fit::Number), ("baseline", Fit::Content), ("score", Fit::Flow)]);
    for (place, judged) in report.baselines.iter().enumerate() {
        scores.row(vec![
            (place + 1).to_string().into(),
            judged.id.as_str().into(),
            judged.score.headline().into(),
        ]);
    }
    page.grid(&scores)?;
    page.title("CHECKS BY BASELINES")?;
    page.paragraph(
        "A cell counts what failed or was met in part of all that was judged; ok: all passed; ?: not \
         assessed; blank: the baseline does not ask.",
    )?;
    page.blank()?;
    let mut columns = vec![("check", Fit::Flow)];
    columns.extend(COLUMNS.iter().take(report.baselines.len()).map(|name| (*name, Fit::Content)));
    let mut grid = Grid::new(&columns);
    let checks: BTreeSet<&str> = report
        .baselines
        .iter()
        .flat_map(|judged| judged.findings.iter().map(|finding| finding.check))
        .collect();
    for check in checks {
        let mut row: Vec<Ink> = vec![check.into()];
        let shown = report.baselines.iter().take(COLUMNS.len());
        row.extend(shown.map(|judged| cell(judged, check)));
        grid.row(row);
    }
    page.grid(&grid)
}

/// Numbers of the columns.
const COLUMNS: [&str; 16] =
    ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16"];

fn cell(judged: &Judged, check: &str) -> Ink {
    let of_check: Vec<&Finding> =
        judged.findings.iter().filter(|finding| finding.check == check).collect();
    let verdicts: Vec<Verdict> = of_check
        .iter()
        .filter(|finding| finding.waiver.is_none())
        .filter_map(|finding| finding.outcome.verdict())
        .collect();
    let short = |wanted: Verdict| verdicts.iter().filter(|verdict| **verdict == wanted).count();
    let unread = of_check.iter().any(|finding| finding.outcome.name() == "not-assessed");
    let mark = if unread { "?" } else { "" };
    match (short(Verdict::Fail), short(Verdict::Partial), verdicts.len()) {
        (0, 0, 0) if unread => Ink::toned(Tone::Medium, "?"),
        (0, 0, 0) if of_check.is_empty() => Ink::default(),
        (0, 0, 0) => "info".into(),
        (0, 0, _) => Ink::toned(Tone::Good, &format!("ok{mark}")),
        (0, partial, all) => Ink::toned(Tone::Medium, &format!("{partial}/{all}{mark}")),
        (fail, partial, all) => Ink::toned(Tone::High, &format!("{}/{all}{mark}", fail + partial)),
    }
}
