//! The few things that give most points back, equal failures folded into one row.

use super::Show;
use crate::model::Outcome;
use crate::report::model::Judged;
use crate::report::open::{folds, points_text};
use crate::report::page::{Fit, Grid, Ink, Page};
use crate::report::words;
use std::io;

/// Rows at most.
const ROWS: usize = 20;
/// Lines one row may take.
const LINES: usize = 5;

/// The section on what to fix first.
pub(super) fn write(page: &mut Page<'_>, judged: &Judged, show: Show) -> io::Result<()> {
    page.title("FIX FIRST")?;
    let folds = folds(judged);
    if folds.is_empty() {
        return page.paragraph(nothing(judged));
    }
    let mut grid = Grid::new(&[
        ("#", Fit::Number),
        ("points", Fit::Number),
        ("severity", Fit::Content),
        ("what", Fit::Flow),
        ("where", Fit::Flow),
    ])
    .at_most_lines(LINES);
    for (place, fold) in folds.iter().take(ROWS).enumerate() {
        grid.row(vec![
            (place + 1).to_string().into(),
            points_text(fold.points).into(),
            Ink::toned(words::severity(fold.severity), fold.severity.name()),
            fold.what().into(),
            fold.place().into(),
        ]);
    }
    page.grid(&grid)?;
    let more: usize = folds.iter().skip(ROWS).map(|fold| fold.subjects.len()).sum();
    match show {
        Show::Summary | Show::NotAssessed if more > 0 => {
            page.paragraph(format!("{more} more: --show failed"))
        }
        Show::Summary | Show::Failed | Show::All | Show::NotAssessed => Ok(()),
    }
}

/// Nothing failed: said with no more certainty than there is.
pub(in crate::report) fn nothing(judged: &Judged) -> String {
    let outcomes = || judged.findings.iter().map(|finding| &finding.outcome);
    if !outcomes().any(|outcome| outcome.verdict().is_some()) {
        return "Nothing could be judged, so nothing is known to be wrong or right.".to_owned();
    }
    let unread = outcomes().any(|outcome| matches!(outcome, Outcome::NotAssessed(_)));
    let waived = judged.findings.iter().any(|finding| finding.waiver.is_some());
    format!(
        "Nothing failed{}{}.",
        if unread { " of what could be judged" } else { "" },
        if waived { ", apart from what is waived" } else { "" },
    )
}
