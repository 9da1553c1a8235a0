//! The few things that give most points back, equal failures folded into one row.

use super::Show;
use super::failures::{held_by_nobody, open, points, points_text};
use crate::model::{Finding, Outcome, Severity, SubjectKind, Verdict};
use crate::report::model::Judged;
use crate::report::page::{Fit, Grid, Ink, Page};
use crate::report::words;
use std::collections::BTreeMap;
use std::io;

/// Rows at most.
const ROWS: usize = 20;
/// Subjects named in one row.
const NAMES: usize = 3;
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
fn nothing(judged: &Judged) -> String {
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

/// Equal failures: one check, one severity, one verdict.
struct Fold<'j> {
    severity: Severity,
    verdict: Verdict,
    kind: SubjectKind,
    check: &'static str,
    title: &'static str,
    points: f64,
    /// With what each gives back, most first; roles nobody holds come last.
    subjects: Vec<(f64, &'j Finding)>,
}

impl Fold<'_> {
    fn what(&self) -> String {
        let many = match self.subjects.len() {
            1 => String::new(),
            number => format!("{}: ", words::count(number, self.kind.name())),
        };
        let part = match self.verdict {
            Verdict::Partial => " (met in part)",
            Verdict::Pass | Verdict::Fail => "",
        };
        format!("{many}{}{part}", self.title)
    }

    fn place(&self) -> String {
        if self.kind == SubjectKind::Tenant {
            let details = self.subjects.first().and_then(|(_, finding)| finding.outcome.details());
            return details.map_or_else(|| "tenant".to_owned(), |it| it.observed.to_string());
        }
        let unheld = self.subjects.iter().filter(|(_, finding)| held_by_nobody(finding)).count();
        let names = self.subjects.iter().map(|(_, finding)| &*finding.subject.name);
        let names = words::few(names, NAMES);
        match unheld {
            0 => names,
            all if all == self.subjects.len() => format!("{names} (held by nobody)"),
            some => format!("{names} ({some} held by nobody)"),
        }
    }

    /// Points as printed, so that what looks equal is ordered by severity.
    fn tenths(&self) -> i64 {
        (self.points * 10.0).round() as i64
    }
}

fn folds(judged: &Judged) -> Vec<Fold<'_>> {
    let mut folds: BTreeMap<(&str, SubjectKind, Severity, Verdict), Fold<'_>> = BTreeMap::new();
    for (finding, points) in judged.findings.iter().zip(points(judged)) {
        let Some(verdict) = open(finding) else { continue };
        let key = (finding.check, finding.subject.kind, finding.severity, verdict);
        let fold = folds.entry(key).or_insert_with(|| Fold {
            severity: finding.severity,
            verdict,
            kind: finding.subject.kind,
            check: finding.check,
            title: finding.title,
            points: 0.0,
            subjects: Vec::new(),
        });
        fold.points += points;
        fold.subjects.push((points, finding));
    }
    let mut folds: Vec<Fold<'_>> = folds.into_values().collect();
    for fold in &mut folds {
        fold.subjects.sort_by(|(one_points, one), (other_points, other)| {
            held_by_nobody(one)
                .cmp(&held_by_nobody(other))
                .then(other_points.total_cmp(one_points))
                .then_with(|| one.subject.name.cmp(&other.subject.name))
        });
    }
    folds.sort_by(|one, other| {
        (other.tenths(), other.severity, other.verdict)
            .cmp(&(one.tenths(), one.severity, one.verdict))
            .then_with(|| one.check.cmp(other.check))
    });
    folds
}
