//! Findings one by one, under the check they belong to.

use super::Show;
use crate::model::{Finding, Outcome, Severity};
use crate::report::escape;
use crate::report::model::Judged;
use crate::report::open::{held_by_nobody, open, points};
use crate::report::page::{Fit, Grid, Ink, Page};
use crate::report::words;
use std::io;

/// Columns of the severity.
const SEVERITY: usize = 8;
/// Blanks between the five columns.
const GAPS: usize = 8;
/// Columns of a subject's name at most.
const NAME: usize = 80;
/// Lines one finding may take.
const LINES: usize = 10;

/// The list the operator asked for; nothing in the summary.
pub(super) fn write(page: &mut Page<'_>, judged: &Judged, show: Show) -> io::Result<()> {
    let title = match show {
        Show::Summary => return Ok(()),
        Show::Failed => "FAILED OR MET IN PART",
        Show::All => "ALL FINDINGS",
        Show::NotAssessed => "NOT ASSESSED",
    };
    page.title(title)?;
    let checks = by_check(judged, show);
    let outcomes = checks.iter().flat_map(|check| &check.findings).map(|(_, it)| word(it).len());
    let Some(longest) = outcomes.max() else {
        return page.paragraph("None.");
    };
    let grid = columns(page.width(), longest.max("outcome".len()));
    page.grid(&Grid::new(&grid))?;
    for check in &checks {
        page.paragraph(check.heading())?;
        let mut rows = Grid::new(&grid).headless().at_most_lines(LINES);
        let (folded, single) = check.unheld(show);
        for finding in single {
            rows.row(row(finding));
        }
        if let Some(folded) = fold(&folded) {
            rows.row(folded);
        }
        page.grid(&rows)?;
        page.blank()?;
    }
    Ok(())
}

/// The same columns for every check, so that they stand below each other.
fn columns(width: usize, outcome: usize) -> [(&'static str, Fit); 5] {
    let rest = width.saturating_sub(SEVERITY + outcome + GAPS);
    let subject = rest * 30 / 100;
    let observed = rest * 35 / 100;
    [
        ("severity", Fit::Columns(SEVERITY)),
        ("outcome", Fit::Columns(outcome)),
        ("subject", Fit::Columns(subject)),
        ("observed", Fit::Columns(observed)),
        ("expected", Fit::Columns(rest - subject - observed)),
    ]
}

/// The wanted findings of one check.
struct OfCheck<'j> {
    check: &'static str,
    title: &'static str,
    /// With the points each gives back.
    findings: Vec<(f64, &'j Finding)>,
}

impl<'j> OfCheck<'j> {
    fn heading(&self) -> Ink {
        let mut text = format!("{}: {} ({})", self.check, self.title, self.findings.len());
        let findings = || self.findings.iter().map(|(_, finding)| *finding);
        let controls = findings().flat_map(|finding| &finding.rule.controls);
        let labels = findings().filter_map(|finding| finding.labels.as_deref()).flatten();
        // Rules of several controls can stand behind one check.
        let mut all: Vec<&str> = Vec::new();
        for name in controls.chain(labels) {
            if !all.contains(&name.as_str()) {
                all.push(name);
            }
        }
        if !all.is_empty() {
            text.push_str(&format!(" [{}]", all.join(", ")));
        }
        Ink::from(text)
    }

    fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|(_, finding)| finding.severity).max()
    }

    fn points(&self) -> f64 {
        self.findings.iter().map(|(points, _)| points).sum()
    }

    /// Roles nobody holds, where several failed, apart from all other findings.
    fn unheld(&self, show: Show) -> (Vec<&'j Finding>, Vec<&'j Finding>) {
        let all = self.findings.iter().map(|(_, finding)| *finding);
        let folds = match show {
            Show::Failed => true,
            Show::Summary | Show::All | Show::NotAssessed => false,
        };
        let (unheld, mut held): (Vec<_>, Vec<_>) =
            all.partition(|finding| folds && held_by_nobody(finding));
        if unheld.len() > 1 {
            return (unheld, held);
        }
        held.extend(unheld);
        (Vec::new(), held)
    }
}

fn is_wanted(finding: &Finding, show: Show) -> bool {
    match show {
        Show::Summary => false,
        Show::Failed => open(finding).is_some(),
        Show::All => true,
        Show::NotAssessed => matches!(finding.outcome, Outcome::NotAssessed(_)),
    }
}

fn by_check(judged: &Judged, show: Show) -> Vec<OfCheck<'_>> {
    let mut checks: Vec<OfCheck<'_>> = Vec::new();
    // The findings are sorted by check.
    for (finding, points) in judged.findings.iter().zip(points(judged)) {
        if !is_wanted(finding, show) {
            continue;
        }
        match checks.last_mut() {
            Some(last) if last.check == finding.check => last.findings.push((points, finding)),
            Some(_) | None => checks.push(OfCheck {
                check: finding.check,
                title: finding.title,
                findings: vec![(points, finding)],
            }),
        }
    }
    for check in &mut checks {
        check.findings.sort_by(|(one_points, one), (other_points, other)| {
            (open(other).is_some(), other.severity, open(other))
                .cmp(&(open(one).is_some(), one.severity, open(one)))
                .then(other_points.total_cmp(one_points))
                .then_with(|| one.subject.name.cmp(&other.subject.name))
        });
    }
    if show == Show::Failed {
        checks.sort_by(|one, other| {
            let severity = other.worst().cmp(&one.worst());
            severity.then(other.points().total_cmp(&one.points()))
        });
    }
    checks
}

fn row(finding: &Finding) -> Vec<Ink> {
    let (observed, expected) = sides(finding);
    vec![
        Ink::toned(words::severity(finding.severity), finding.severity.name()),
        word(finding).into(),
        escape::name(&finding.subject.name, NAME).into(),
        observed.into(),
        expected.into(),
    ]
}

/// One row for all roles nobody holds.
fn fold(findings: &[&Finding]) -> Option<Vec<Ink>> {
    let worst = findings.iter().max_by_key(|finding| finding.severity)?;
    let same = |of: fn(&Finding) -> String| {
        let first = of(worst);
        if findings.iter().all(|finding| of(finding) == first) {
            first
        } else {
            "differs".to_owned()
        }
    };
    Some(vec![
        Ink::toned(words::severity(worst.severity), worst.severity.name()),
        same(|finding| word(finding).to_owned()).into(),
        format!("+ {} roles nobody holds", findings.len()).into(),
        same(|finding| sides(finding).0).into(),
        same(|finding| sides(finding).1).into(),
    ])
}

/// The outcome in one word; what is waived is neither passed nor failed.
fn word(finding: &Finding) -> &'static str {
    if finding.waiver.is_some() { "waived" } else { finding.outcome.name() }
}

fn sides(finding: &Finding) -> (String, String) {
    match &finding.outcome {
        Outcome::Judged { details, .. } | Outcome::Info(details) => {
            let mut observed = details.observed.to_string();
            for note in &details.notes {
                observed.push_str(&format!(" (note: {note})"));
            }
            (observed, details.expected.to_string())
        }
        Outcome::NotApplicable { why } => (why.to_string(), String::new()),
        Outcome::NotAssessed(gap) => (words::gap(gap), String::new()),
    }
}
