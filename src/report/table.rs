//! The report as text for a terminal, section by section.
//!
//! The order of the sections stands here; each section is a file beside, what a page looks like is in
//! `page`.

mod break_glass;
mod controls;
mod costs;
mod exceptions;
pub(super) mod fix_first;
mod head;
pub(super) mod headline;
mod matrix;
pub(super) mod reach;
mod rows;
#[cfg(test)]
mod tests;
mod unread;

use super::model::{Judged, Report};
use super::page::Page;
use std::io::{self, Write};

/// What the report looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Columns of a line; below 60 it is taken as 60.
    pub width: usize,
    /// Escape codes for colours are written only where this is true.
    pub colour: bool,
    /// Which findings are listed one by one.
    pub show: Show,
    /// Whether to show what each check weighs and costs.
    pub explain_score: bool,
    /// Several baselines side by side, checks by baselines, in place of each one's summary.
    pub matrix: bool,
}

/// Which findings are listed one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// None.
    #[default]
    Summary,
    /// Those that failed or were met in part, unless waived; roles nobody holds in one row a check.
    Failed,
    /// Every one.
    All,
    /// Those that could not be judged.
    NotAssessed,
}

/// Writes the report as text.
///
/// # Errors
/// Only those of `out`.
pub fn write(report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(look.width, look.colour, out);
    head::write(&mut page, report)?;
    if look.matrix {
        matrix::write(&mut page, report)?;
        // The matrix is the summary; who asks for more gets each baseline's report as well.
        if look.show == Show::Summary && !look.explain_score {
            unread::write(&mut page, &report.baselines, &report.collected.datasets)?;
            not_covered(&mut page, &report.not_covered)?;
            return match report.baselines.first() {
                Some(judged) => break_glass::accounts(&mut page, judged),
                None => Ok(()),
            };
        }
    }
    let several = report.baselines.len() > 1;
    for (place, judged) in report.baselines.iter().enumerate() {
        if several {
            head::block(&mut page, judged)?;
        }
        block(&mut page, report, judged, look, place == 0)?;
    }
    Ok(())
}

/// One baseline. What no check looks at is the same for all of them and is said once.
fn block(
    page: &mut Page<'_>,
    report: &Report,
    judged: &Judged,
    look: &Look,
    first: bool,
) -> io::Result<()> {
    headline::write(page, &judged.score)?;
    headline::weakest_way(page, &judged.global_administrators)?;
    let states = &report.collected.datasets;
    let anything_judged = judged.findings.iter().any(|finding| finding.outcome.verdict().is_some());
    if !anything_judged {
        unread::write(page, std::slice::from_ref(judged), states)?;
    }
    reach::write(page, &judged.global_administrators, look.show)?;
    fix_first::write(page, judged, look.show)?;
    page.blank()?;
    page.paragraph(counts(judged))?;
    rows::write(page, judged, look.show)?;
    if look.show != Show::Summary {
        controls::write(page, report, judged)?;
    }
    if look.explain_score {
        costs::write(page, judged)?;
    }
    if anything_judged {
        unread::write(page, std::slice::from_ref(judged), states)?;
    }
    if first {
        not_covered(page, &report.not_covered)?;
    }
    break_glass::write(page, judged)?;
    exceptions::waived(page, judged)?;
    exceptions::unmatched(page, judged)
}

/// How many findings of each outcome; a waived one counts as waived alone.
fn counts(judged: &Judged) -> String {
    let count = |wanted: &str| {
        let outcomes = judged.findings.iter().filter(|finding| finding.waiver.is_none());
        outcomes.filter(|finding| finding.outcome.name() == wanted).count()
    };
    let waived = judged.findings.iter().filter(|finding| finding.waiver.is_some()).count();
    format!(
        "Findings: {} pass, {} partial, {} fail, {waived} waived, {} info, {} not assessed, {} not applicable.",
        count("pass"),
        count("partial"),
        count("fail"),
        count("info"),
        count("not-assessed"),
        count("not-applicable"),
    )
}

fn not_covered(page: &mut Page<'_>, not_covered: &[&str]) -> io::Result<()> {
    if not_covered.is_empty() {
        return Ok(());
    }
    page.title("NOT COVERED")?;
    page.paragraph(format!("No check of this version looks at: {}.", not_covered.join("; ")))
}
