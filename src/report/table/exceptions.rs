//! What was excused, and rules that judged nothing: both may hide something.

use crate::report::escape;
use crate::report::model::Judged;
use crate::report::page::{Fit, Grid, Page};
use std::io;

/// Columns of a subject's name at most.
const NAME: usize = 60;
/// Lines one row may take.
const LINES: usize = 8;

/// The findings a waiver accepts.
pub(super) fn waived(page: &mut Page<'_>, judged: &Judged) -> io::Result<()> {
    let mut grid = Grid::new(&[
        ("check", Fit::Name),
        ("subject", Fit::Flow),
        ("owner", Fit::Flow),
        ("until", Fit::Content),
        ("reason", Fit::Flow),
    ])
    .at_most_lines(LINES);
    for finding in &judged.findings {
        let Some(waiver) = &finding.waiver else { continue };
        let reason = match &waiver.ticket {
            Some(ticket) => format!("{} ({ticket})", waiver.reason),
            None => waiver.reason.clone(),
        };
        grid.row(vec![
            finding.title.into(),
            escape::name(&finding.subject.name, NAME).into(),
            waiver.owner.as_str().into(),
            waiver.expires.to_string().into(),
            reason.into(),
        ]);
    }
    if grid.is_empty() {
        return Ok(());
    }
    page.title("WAIVED")?;
    page.grid(&grid)
}

/// The rules that matched no subject.
pub(super) fn unmatched(page: &mut Page<'_>, judged: &Judged) -> io::Result<()> {
    if judged.unmatched_rules.is_empty() {
        return Ok(());
    }
    page.title("RULES THAT MATCHED NOTHING")?;
    for rule in &judged.unmatched_rules {
        page.paragraph(rule.as_str())?;
    }
    Ok(())
}
