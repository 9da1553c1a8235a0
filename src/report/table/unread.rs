//! What could not be read, what could not be judged for it, and what to do about it.

use crate::report::model::{DatasetState, Judged};
use crate::report::page::{Fit, Grid, Page};
use crate::report::unread::gather;
use std::io;

/// The section on what was not read.
pub(super) fn write(
    page: &mut Page<'_>,
    baselines: &[Judged],
    states: &[DatasetState],
) -> io::Result<()> {
    let (declined, gaps) = gather(baselines, states);
    if gaps.is_empty() && declined.datasets.is_empty() {
        return Ok(());
    }
    page.title("NOT READ")?;
    let mut grid = Grid::new(&[
        ("not read", Fit::Flow),
        ("so not assessed", Fit::Flow),
        ("what to do", Fit::Flow),
    ]);
    for gap in &gaps {
        grid.row(vec![gap.what().into(), gap.lost.in_words().into(), gap.remedy().into()]);
    }
    if !grid.is_empty() {
        page.grid(&grid)?;
    }
    if declined.datasets.is_empty() {
        return Ok(());
    }
    page.paragraph(declined.in_words())
}
