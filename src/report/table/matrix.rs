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
    let checks: BTreeSet<&str> = report
        .baselines
        .iter()
        .flat_map(|judged| judged.findings.iter().map(|finding| finding.check))
        .collect();
    let numbers: Vec<String> = (1..=report.baselines.len()).map(|it| it.to_string()).collect();
    let name = checks.iter().map(|check| check.len()).max().unwrap_or_default();
    // As many columns side by side as leave the names whole.
    let fitting = (page.width().saturating_sub(name) / CELL).max(1);
    for (baselines, numbers) in report.baselines.chunks(fitting).zip(numbers.chunks(fitting)) {
        let mut columns = vec![("check", Fit::Content)];
        columns.extend(numbers.iter().map(|number| (number.as_str(), Fit::Content)));
        let mut grid = Grid::new(&columns);
        for check in &checks {
            let cells: Vec<Option<Ink>> =
                baselines.iter().map(|judged| cell(judged, check)).collect();
            if cells.iter().any(Option::is_some) {
                let mut row: Vec<Ink> = vec![(*check).into()];
                row.extend(cells.into_iter().map(Option::unwrap_or_default));
                grid.row(row);
            }
        }
        page.grid(&grid)?;
        page.blank()?;
    }
    Ok(())
}

/// Columns that a cell takes with the gap before it: `146/147?`.
const CELL: usize = 10;

/// What a baseline makes of a check; `None` where it does not ask.
fn cell(judged: &Judged, check: &str) -> Option<Ink> {
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
    Some(match (short(Verdict::Fail), short(Verdict::Partial), verdicts.len()) {
        (0, 0, 0) if unread => Ink::toned(Tone::Medium, "?"),
        (0, 0, 0) if of_check.is_empty() => return None,
        (0, 0, 0) => "info".into(),
        (0, 0, _) => Ink::toned(Tone::Good, &format!("ok{mark}")),
        (0, partial, all) => Ink::toned(Tone::Medium, &format!("{partial}/{all}{mark}")),
        (fail, partial, all) => Ink::toned(Tone::High, &format!("{}/{all}{mark}", fail + partial)),
    })
}
