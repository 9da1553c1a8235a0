//! One finding as a row of cells: what CSV and workbooks have in common.
//!
//! The cells hold the text as it is; each format makes it safe in its own way.

use super::model::{DatasetState, Judged, Report};
use super::words;
use crate::model::{Evidence, Finding, Outcome, Verdict};
use std::borrow::Cow;

/// What stands between the entries of a list in one cell.
pub(super) const BETWEEN: &str = "; ";
/// UTF-16 units a spreadsheet keeps of one cell; it refuses or cuts what is longer.
const CELL: usize = 32_767;
/// Marks a text that was cut.
const ELLIPSIS: char = '…';

/// Names of the columns.
pub(super) const COLUMNS: [&str; 26] = [
    "tenant",
    "baseline",
    "check",
    "title",
    "severity",
    "outcome",
    "credit",
    "points",
    "subject_key",
    "subject_kind",
    "subject",
    "tier",
    "observed",
    "expected",
    "notes",
    "gap",
    "evidence",
    "controls",
    "labels",
    "portal",
    "graph",
    "waiver_owner",
    "waiver_reason",
    "waiver_expires",
    "waiver_ticket",
    "fingerprint",
];

/// The cells of a finding, in the order of the columns; empty where there is nothing to say.
pub(super) fn cells<'a>(
    report: &'a Report,
    judged: &'a Judged,
    finding: &'a Finding,
    points: f64,
) -> [Cow<'a, str>; COLUMNS.len()] {
    let subject = &finding.subject;
    let details = finding.outcome.details();
    let remediation = finding.remediation.as_deref();
    let waiver = finding.waiver.as_deref();
    [
        Cow::Borrowed(&*report.tenant),
        Cow::Borrowed(judged.id.as_str()),
        Cow::Borrowed(finding.check),
        Cow::Borrowed(finding.title),
        Cow::Borrowed(finding.severity.name()),
        Cow::Borrowed(finding.outcome.name()),
        credit(finding),
        points_of(finding, points),
        Cow::Borrowed(&*subject.key),
        Cow::Borrowed(subject.kind.name()),
        Cow::Borrowed(&*subject.name),
        Cow::Borrowed(subject.tier.map_or("", |tier| tier.name())),
        Cow::Borrowed(details.map_or("", |it| &*it.observed)),
        Cow::Borrowed(details.map_or("", |it| &*it.expected)),
        notes(finding),
        gap(finding),
        Cow::Owned(evidence(finding, &report.collected.datasets)),
        Cow::Owned(finding.rule.controls.join(BETWEEN)),
        Cow::Owned(finding.labels.as_deref().map_or_else(String::new, |it| it.join(BETWEEN))),
        Cow::Borrowed(remediation.map_or("", |it| &*it.portal)),
        Cow::Owned(remediation.map_or_else(String::new, |it| it.graph.join(BETWEEN))),
        Cow::Borrowed(waiver.map_or("", |it| it.owner.as_str())),
        Cow::Borrowed(waiver.map_or("", |it| it.reason.as_str())),
        Cow::Owned(waiver.map_or_else(String::new, |it| it.expires.to_string())),
        Cow::Borrowed(waiver.and_then(|it| it.ticket.as_deref()).unwrap_or_default()),
        Cow::Owned(finding.fingerprint.to_string()),
    ]
}

/// A text cut to what a spreadsheet keeps of a cell, with an ellipsis where something is missing.
pub(super) fn fitting(text: Cow<'_, str>) -> Cow<'_, str> {
    // A character takes no more UTF-16 units than bytes.
    if text.len() <= CELL || text.encode_utf16().count() <= CELL {
        return text;
    }
    let mut units = ELLIPSIS.len_utf16();
    let mut end = 0;
    for character in text.chars() {
        units += character.len_utf16();
        if units > CELL {
            break;
        }
        end += character.len_utf8();
    }
    Cow::Owned(format!("{}{ELLIPSIS}", &text[..end]))
}

/// What a finding says beside its two sides; why the question does not arise, where it does not.
pub(super) fn notes(finding: &Finding) -> Cow<'_, str> {
    match &finding.outcome {
        Outcome::Judged { details, .. } | Outcome::Info(details) => {
            Cow::Owned(details.notes.join(BETWEEN))
        }
        Outcome::NotApplicable { why } => Cow::Borrowed(&**why),
        Outcome::NotAssessed(_) => Cow::Borrowed(""),
    }
}

/// The request by which a value was read; empty where the collection is not in the report.
pub(super) fn request<'a>(evidence: &Evidence, datasets: &'a [DatasetState]) -> &'a str {
    let state = datasets.iter().find(|state| state.dataset == evidence.dataset);
    state.map_or("", |state| state.request.as_str())
}

fn credit(finding: &Finding) -> Cow<'static, str> {
    match &finding.outcome {
        Outcome::Judged { credit, .. } => Cow::Owned(credit.to_string()),
        Outcome::Info(_) | Outcome::NotApplicable { .. } | Outcome::NotAssessed(_) => {
            Cow::Borrowed("")
        }
    }
}

/// Points are said of what failed or was met in part: a waived one gives none back.
fn points_of(finding: &Finding, points: f64) -> Cow<'static, str> {
    match finding.outcome.verdict() {
        Some(Verdict::Partial | Verdict::Fail) => Cow::Owned(format!("{points:.3}")),
        Some(Verdict::Pass) | None => Cow::Borrowed(""),
    }
}

fn gap(finding: &Finding) -> Cow<'_, str> {
    match &finding.outcome {
        Outcome::NotAssessed(gap) => Cow::Owned(words::gap(gap)),
        Outcome::Judged { .. } | Outcome::Info(_) | Outcome::NotApplicable { .. } => {
            Cow::Borrowed("")
        }
    }
}

fn evidence(finding: &Finding, datasets: &[DatasetState]) -> String {
    let mut text = String::new();
    let Some(details) = finding.outcome.details() else { return text };
    for evidence in &details.evidence {
        if !text.is_empty() {
            text.push_str(BETWEEN);
        }
        let request = request(evidence, datasets);
        text.push_str(&format!(
            "{request} row {}: {} = {}",
            evidence.id, evidence.field, evidence.value
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Severity};
    use crate::report::testing::{self, denied, finding, person, waiver};

    fn row(finding: Finding, points: f64) -> Vec<(&'static str, String)> {
        let report = testing::report(vec![finding]);
        let judged = &report.baselines[0];
        let cells = cells(&report, judged, &judged.findings[0], points);
        COLUMNS.into_iter().zip(cells.map(Cow::into_owned)).collect()
    }

    fn cell(row: &[(&'static str, String)], column: &str) -> String {
        row.iter().find(|(name, _)| *name == column).unwrap().1.clone()
    }

    #[test]
    fn a_failure_says_both_sides_and_where_it_was_read() {
        let outcome = Outcome::fail("no MFA", "MFA")
            .note("one")
            .note("two")
            .evidence(Evidence::new(Dataset::RolePolicies, "row-1", "rule", "off"));
        let mut failed = finding("a-check", Severity::High, person("alma"), outcome);
        failed.waiver = Some(waiver());
        let row = row(failed, 1.25);
        for (column, expected) in [
            ("tenant", "7f3a0000-0000-4000-8000-000000000001"),
            ("baseline", "recommended"),
            ("outcome", "fail"),
            ("credit", "0"),
            ("points", "1.250"),
            ("subject", "alma"),
            ("tier", "high"),
            ("observed", "no MFA"),
            ("expected", "MFA"),
            ("notes", "one; two"),
            ("gap", ""),
            ("evidence", "/v1.0/role-policies row row-1: rule = off"),
            ("waiver_owner", "soc@contoso.example"),
            ("waiver_expires", "2027-02-01"),
            ("waiver_ticket", "CHG-7"),
        ] {
            assert_eq!(cell(&row, column), expected, "{column}");
        }
    }

    #[test]
    fn what_was_not_assessed_has_a_reason_and_no_numbers() {
        let unread = denied(Dataset::RolePolicies);
        let row = row(finding("a-check", Severity::High, person("alma"), unread), 0.0);
        for (column, expected) in [
            ("outcome", "not-assessed"),
            ("credit", ""),
            ("points", ""),
            ("observed", ""),
            ("gap", "role settings: permission denied: Graph answered 403"),
        ] {
            assert_eq!(cell(&row, column), expected, "{column}");
        }
    }

    #[test]
    fn only_what_a_spreadsheet_would_not_keep_is_cut() {
        for (text, expected) in [
            ("x".repeat(CELL), "x".repeat(CELL)),
            ("x".repeat(CELL + 1), "x".repeat(CELL - 1) + "…"),
            ("山".repeat(CELL), "山".repeat(CELL)),
            ("👩".repeat(CELL / 2), "👩".repeat(CELL / 2)),
            ("👩".repeat(CELL), "👩".repeat((CELL - 1) / 2) + "…"),
        ] {
            assert!(fitting(Cow::Borrowed(&text)) == expected, "{} bytes", text.len());
        }
    }
}
