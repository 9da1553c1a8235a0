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
         assessed; waived: all of it; info: only told; n/a: the question does not arise; blank: the \
         baseline does not ask.",
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
                baselines.iter().map(|judged| cell(judged, check).map(ink)).collect();
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
fn cell(judged: &Judged, check: &str) -> Option<(Option<Tone>, String)> {
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
        (0, 0, 0) if unread => (Some(Tone::Medium), "?".to_owned()),
        (0, 0, 0) if of_check.is_empty() => return None,
        (0, 0, 0) => (None, beside(&of_check).to_owned()),
        (0, 0, _) => (Some(Tone::Good), format!("ok{mark}")),
        (0, partial, all) => (Some(Tone::Medium), format!("{partial}/{all}{mark}")),
        (fail, partial, all) => (Some(Tone::High), format!("{}/{all}{mark}", fail + partial)),
    })
}

fn ink(cell: (Option<Tone>, String)) -> Ink {
    match cell {
        (Some(tone), text) => Ink::toned(tone, &text),
        (None, text) => text.into(),
    }
}

/// What is said where nothing counts.
fn beside(of_check: &[&Finding]) -> &'static str {
    if of_check.iter().any(|finding| finding.waiver.is_some()) {
        "waived"
    } else if of_check.iter().any(|finding| finding.outcome.name() == "info") {
        "info"
    } else {
        "n/a"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Outcome, Severity};
    use crate::report::testing;

    #[test]
    fn a_cell_never_calls_ok_what_was_not_judged() {
        let pass = || (Outcome::pass("a", "b"), false);
        let fail = || (Outcome::fail("a", "b"), false);
        let unread = || (testing::denied(Dataset::RolePolicies), false);
        let info = || (Outcome::info("a", "b"), false);
        let beside = || (Outcome::not_applicable("no licence"), false);
        let waived = || (Outcome::fail("a", "b"), true);
        for (outcomes, expected) in [
            (vec![], None),
            (vec![pass(), beside()], Some("ok")),
            (vec![pass(), fail(), waived()], Some("1/2")),
            (vec![pass(), unread()], Some("ok?")),
            (vec![unread(), info(), beside()], Some("?")),
            (vec![beside(), beside()], Some("n/a")),
            (vec![beside(), info()], Some("info")),
            (vec![waived(), info()], Some("waived")),
        ] {
            let findings = outcomes.into_iter().map(|(outcome, is_waived)| {
                let subject = testing::tenant();
                let waiver = is_waived.then(testing::waiver);
                let finding = testing::finding("a-check", Severity::High, subject, outcome);
                Finding { waiver, ..finding }
            });
            let judged = testing::judged(findings.collect());
            let cell = cell(&judged, "a-check").map(|(_, text)| text);
            assert_eq!(cell.as_deref(), expected);
        }
    }
}
