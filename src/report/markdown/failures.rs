//! What to fix first, and what failed, folded by check.

use super::page::Page;
use super::summary::more;
use crate::model::{Finding, Outcome, SubjectKind};
use crate::report::escape::{brief, brief_code};
use crate::report::model::{Judged, Report};
use crate::report::open::{Fold, folds, open, points, points_text};
use crate::report::words;

/// Columns of a name at most.
const NAME: usize = 60;
/// Columns of a text at most.
const TEXT: usize = 160;
/// Rows of what to fix first.
const FIRST: usize = 10;
/// Subjects named in one row.
const NAMES: usize = 3;
/// Findings of one check at most.
const OF_CHECK: usize = 20;

/// The few things that give most points back.
pub(super) fn fix_first(page: &mut Page, judged: &Judged) {
    page.line("### Fix first");
    let folds = folds(judged);
    if folds.is_empty() {
        return page.line(nothing(judged));
    }
    let rows = folds.iter().take(FIRST).map(|fold| {
        [
            points_text(fold.points),
            fold.severity.name().to_owned(),
            brief(&fold.what(), TEXT),
            place(fold),
        ]
    });
    let shown = page.table(["points", "severity", "what", "where"], rows);
    let rest: usize = folds.iter().skip(shown).map(|fold| fold.subjects.len()).sum();
    if rest > 0 {
        page.line(&format!("{} more below.", words::count(rest, "finding")));
    }
}

/// Nothing failed: said with no more certainty than there is.
fn nothing(judged: &Judged) -> &'static str {
    let outcomes = || judged.findings.iter().map(|finding| &finding.outcome);
    let unread = outcomes().any(|outcome| matches!(outcome, Outcome::NotAssessed(_)));
    let waived = judged.findings.iter().any(|finding| finding.waiver.is_some());
    match (outcomes().any(|outcome| outcome.verdict().is_some()), unread, waived) {
        (false, _, _) => "Nothing could be judged, so nothing is known to be wrong or right.",
        (true, false, false) => "Nothing failed.",
        (true, true, false) => "Nothing failed of what could be judged.",
        (true, false, true) => "Nothing failed, apart from what is waived.",
        (true, true, true) => "Nothing failed of what could be judged, apart from what is waived.",
    }
}

fn place(fold: &Fold<'_>) -> String {
    if fold.kind == SubjectKind::Tenant {
        return brief(&fold.place(), TEXT);
    }
    let subjects = fold.subjects.iter().take(NAMES);
    let names: Vec<String> =
        subjects.map(|(_, finding)| brief_code(&finding.subject.name, NAME)).collect();
    match fold.subjects.len() - names.len() {
        0 => names.join(", "),
        rest => format!("{}, +{rest} more", names.join(", ")),
    }
}

/// The open findings of one check.
struct OfCheck<'j> {
    check: &'static str,
    title: &'static str,
    points: f64,
    /// With the points each gives back.
    findings: Vec<(f64, &'j Finding)>,
}

/// What failed or was met in part, one folded section a check, those that cost most first.
pub(super) fn by_check(page: &mut Page, report: &Report, judged: &Judged) {
    let checks = grouped(judged);
    if checks.is_empty() {
        return;
    }
    page.line("### Failed or met in part");
    let (mut without_room, mut findings) = (0, 0);
    for check in &checks {
        if page.has_room_to_fold() {
            section(page, report, check);
        } else {
            without_room += 1;
            findings += check.findings.len();
        }
    }
    if without_room > 0 {
        more(page, findings, "finding");
        page.line(&format!("They are of {}.", words::count(without_room, "check")));
    }
}

fn grouped(judged: &Judged) -> Vec<OfCheck<'_>> {
    let mut checks: Vec<OfCheck<'_>> = Vec::new();
    // The findings are sorted by check.
    for (finding, points) in judged.findings.iter().zip(points(judged)) {
        if open(finding).is_none() {
            continue;
        }
        match checks.last_mut() {
            Some(last) if last.check == finding.check => {
                last.points += points;
                last.findings.push((points, finding));
            }
            Some(_) | None => checks.push(OfCheck {
                check: finding.check,
                title: finding.title,
                points,
                findings: vec![(points, finding)],
            }),
        }
    }
    for check in &mut checks {
        check.findings.sort_by(|(one_points, one), (other_points, other)| {
            (other.severity, open(other))
                .cmp(&(one.severity, open(one)))
                .then(other_points.total_cmp(one_points))
                .then_with(|| one.subject.key.cmp(&other.subject.key))
        });
    }
    checks.sort_by(|one, other| {
        other.points.total_cmp(&one.points).then_with(|| one.check.cmp(other.check))
    });
    checks
}

fn section(page: &mut Page, report: &Report, check: &OfCheck<'_>) {
    let points = points_text(check.points);
    let number = words::count(check.findings.len(), "finding");
    page.fold(&format!("{} ({}): {number}, {points} points", check.title, check.check));
    if let Some(text) = report.check(check.check) {
        page.line(&brief(&text.why, 2 * TEXT));
    }
    let rows = check.findings.iter().take(OF_CHECK).map(|(_, finding)| {
        let details = finding.outcome.details();
        [
            finding.severity.name().to_owned(),
            finding.outcome.name().to_owned(),
            brief_code(&finding.subject.name, NAME),
            brief(details.map_or("", |it| &*it.observed), TEXT),
            brief(details.map_or("", |it| &*it.expected), TEXT),
        ]
    });
    let head = ["severity", "outcome", "subject", "observed", "expected"];
    let shown = page.table(head, rows);
    more(page, check.findings.len() - shown, "finding");
    let first = check.findings.first().and_then(|(_, finding)| finding.remediation.as_deref());
    if let Some(remediation) = first {
        page.line(&format!("To mend it: {}.", brief(&remediation.portal, 2 * TEXT)));
    }
    page.unfold();
}
