//! Accounts that look like undeclared break-glass accounts, and the lines that declare them.

use crate::report::escape;
use crate::report::model::Judged;
use crate::report::page::{Fit, Grid, Page};
use std::io;

/// Columns of a name at most.
const NAME: usize = 60;

/// The section on break-glass candidates.
pub(super) fn write(page: &mut Page<'_>, judged: &Judged) -> io::Result<()> {
    accounts(page, judged)?;
    match judged.posture_with_break_glass {
        Some(posture) => page.paragraph(format!(
            "Declared, posture would be {posture:.1} (declaring takes these grants out of what is \
             judged as standing)."
        )),
        None => Ok(()),
    }
}

/// The candidates alone: they are the same for every baseline, unlike what declaring them would do.
pub(super) fn accounts(page: &mut Page<'_>, judged: &Judged) -> io::Result<()> {
    if judged.break_glass.is_empty() {
        return Ok(());
    }
    page.title("BREAK-GLASS CANDIDATES")?;
    let mut grid = Grid::new(&[("account", Fit::Flow), ("looks like one because", Fit::Flow)]);
    for candidate in &judged.break_glass {
        let name = escape::name(&candidate.name, NAME);
        grid.row(vec![name.into(), candidate.reason.as_str().into()]);
    }
    page.grid(&grid)?;
    page.paragraph("If they are, declare them in pimaudit.yaml:")?;
    page.verbatim("  break_glass:")?;
    for candidate in &judged.break_glass {
        page.verbatim(&format!("    - {}", candidate.declared()))?;
    }
    if judged.break_glass.len() == 1 {
        page.paragraph("This is one account; two emergency accounts are advised.")?;
    }
    Ok(())
}
