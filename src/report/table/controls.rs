//! Per control of a benchmark: how many subjects, how many tested, what was found.

use crate::report::controls::{ControlRow, controls};
use crate::report::model::{Judged, Report};
use crate::report::page::{Fit, Grid, Ink, Page, Tone};
use std::io;

/// The section on controls; none where the baseline is no benchmark.
pub(super) fn write(page: &mut Page<'_>, report: &Report, judged: &Judged) -> io::Result<()> {
    let rows = controls(report, judged);
    if rows.is_empty() {
        return Ok(());
    }
    page.title("CONTROLS")?;
    let mut grid = Grid::new(&[
        ("control", Fit::Content),
        ("level", Fit::Content),
        ("subjects", Fit::Number),
        ("tested", Fit::Number),
        ("met", Fit::Number),
        ("in part", Fit::Number),
        ("exceptions", Fit::Number),
        ("waived", Fit::Number),
        ("read", Fit::Content),
    ]);
    for row in &rows {
        grid.row(vec![
            row.control.as_str().into(),
            row.level.as_deref().unwrap_or_default().into(),
            population(row).into(),
            row.tested.to_string().into(),
            row.passed.to_string().into(),
            row.partial.to_string().into(),
            row.exceptions.to_string().into(),
            row.waived.to_string().into(),
            if row.complete { "whole".into() } else { Ink::toned(Tone::High, "not whole") },
        ]);
    }
    page.grid(&grid)
}

/// `31`, or `31+` where a list of subjects was not read whole.
fn population(row: &ControlRow) -> String {
    let more = if row.population_exact { "" } else { "+" };
    format!("{}{more}", row.population)
}
