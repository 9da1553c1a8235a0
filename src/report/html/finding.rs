//! One row of the list of findings, in which order the rows stand, and how each is printed.

use crate::model::{self, Finding, Outcome, Severity, Text, Verdict};
use crate::report::model::Judged;
use crate::report::open::{open, points_text};
use crate::report::words;
use jiff::civil::Date;
use serde::Serialize;
use std::borrow::Cow;

/// Open findings that are printed in full, over all baselines.
const IN_FULL: usize = 200;
/// Findings that are printed as one line, over all baselines.
const AS_LINES: usize = 1_000;

/// One finding.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    /// Class that says how it is printed.
    print: &'static str,
    fingerprint: String,
    outcome: &'static str,
    rank: u8,
    severity: &'static str,
    check: &'static str,
    title: &'static str,
    subject: &'a str,
    key: &'a str,
    observed: &'a str,
    /// Why it does not apply or could not be assessed.
    reason: Cow<'a, str>,
    expected: &'a str,
    /// Empty where nothing comes back.
    points: String,
    /// The same for sorting.
    weight: String,
    notes: &'a [Text],
    measures: String,
    waiver: Option<Waiver<'a>>,
    because: &'a str,
    portal: &'a str,
    calls: &'a [String],
    evidence: Vec<Evidence<'a>>,
    source: &'a str,
    controls: String,
}

#[derive(Serialize)]
struct Waiver<'a> {
    reason: &'a str,
    owner: &'a str,
    expires: Date,
    ticket: Option<&'a str>,
    approved_by: Option<&'a str>,
}

/// One value in one row of a collection; the request stands with the collection.
#[derive(Serialize)]
struct Evidence<'a> {
    dataset: &'static str,
    id: String,
    field: &'a str,
    value: &'a str,
}

impl<'a> Row<'a> {
    pub(super) fn of(finding: &'a Finding, points: f64, print: &'static str) -> Self {
        let details = finding.outcome.details();
        let remediation = finding.remediation.as_deref();
        let rule = &finding.rule;
        let points = if open(finding).is_some() { points } else { 0.0 };
        Self {
            print,
            fingerprint: finding.fingerprint.to_string(),
            outcome: outcome(finding),
            rank: rank(finding.severity),
            severity: finding.severity.name(),
            check: finding.check,
            title: finding.title,
            subject: &finding.subject.name,
            key: &finding.subject.key,
            observed: details.map_or("", |it| &*it.observed),
            reason: reason(finding),
            expected: details.map_or("", |it| &*it.expected),
            points: if points > 0.0 { points_text(points) } else { String::new() },
            weight: format!("{points:.4}"),
            notes: details.map(|it| it.notes.as_slice()).unwrap_or_default(),
            measures: details.map(|it| counted(&it.measures)).unwrap_or_default(),
            waiver: finding.waiver.as_deref().map(Waiver::of),
            because: because(finding),
            portal: remediation.map_or("", |it| &*it.portal),
            calls: remediation.map(|it| it.graph.as_slice()).unwrap_or_default(),
            evidence: details
                .map(|it| it.evidence.iter().map(Evidence::of).collect())
                .unwrap_or_default(),
            source: &rule.title,
            controls: controls(finding),
        }
    }
}

impl<'a> Waiver<'a> {
    fn of(waiver: &'a model::WaiverMark) -> Self {
        Self {
            reason: &waiver.reason,
            owner: &waiver.owner,
            expires: waiver.expires,
            ticket: waiver.ticket.as_deref(),
            approved_by: waiver.approved_by.as_deref(),
        }
    }
}

impl<'a> Evidence<'a> {
    fn of(evidence: &'a model::Evidence) -> Self {
        Self {
            dataset: evidence.dataset.name(),
            id: evidence.id.to_string(),
            field: &evidence.field,
            value: &evidence.value,
        }
    }
}

/// The outcome in one word; what is waived is neither passed nor failed.
pub(super) fn outcome(finding: &Finding) -> &'static str {
    if finding.waiver.is_some() { "waived" } else { finding.outcome.name() }
}

/// 1, low, to 4, critical.
pub(super) const fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}

fn reason(finding: &Finding) -> Cow<'_, str> {
    match &finding.outcome {
        Outcome::NotApplicable { why } => Cow::Borrowed(&**why),
        Outcome::NotAssessed(gap) => Cow::Owned(words::gap(gap)),
        Outcome::Judged { .. } | Outcome::Info(_) => Cow::Borrowed(""),
    }
}

/// Why the baseline asks for it, where that is not met or not known; else the rows would be twice
/// as long.
fn because(finding: &Finding) -> &str {
    match finding.outcome.name() {
        "pass" | "not-applicable" => "",
        _ => &finding.rule.because,
    }
}

fn counted(measures: &[(&'static str, f64)]) -> String {
    measures.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

fn controls(finding: &Finding) -> String {
    let labels = finding.labels.as_deref().unwrap_or_default();
    finding.rule.controls.iter().chain(labels).map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The places of the findings: what failed and was met in part first, then what is not known.
pub(super) fn worst_first(judged: &Judged, points: &[f64]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..judged.findings.len()).collect();
    places.sort_by(|&one, &other| {
        let (first, second) = (&judged.findings[one], &judged.findings[other]);
        let weight = |place: usize| points.get(place).copied().unwrap_or_default();
        group(first)
            .cmp(&group(second))
            .then(second.severity.cmp(&first.severity))
            .then(weight(other).total_cmp(&weight(one)))
            .then(one.cmp(&other))
    });
    places
}

fn group(finding: &Finding) -> u8 {
    match (open(finding), outcome(finding)) {
        (Some(Verdict::Fail), _) => 0,
        (Some(Verdict::Partial | Verdict::Pass), _) => 1,
        (None, "not-assessed") => 2,
        (None, "waived") => 3,
        (None, "info") => 4,
        (None, "pass") => 5,
        (None, _) => 6,
    }
}

/// Hands out how findings are printed: the first open ones in full, others as a line, and not so
/// many that nobody reads them.
pub(super) struct Print {
    in_full: usize,
    as_lines: usize,
    open: usize,
    others: usize,
}

impl Print {
    /// The share of one baseline.
    pub(super) fn of(judged: &Judged, baselines: usize) -> Self {
        let open = judged.findings.iter().filter(|finding| open(finding).is_some()).count();
        let in_full = (IN_FULL / baselines.max(1)).min(open);
        let others = judged.findings.len() - in_full;
        let as_lines = (AS_LINES / baselines.max(1)).min(others);
        Self { in_full, as_lines, open, others }
    }

    /// The class of the next finding, worst first.
    pub(super) fn next(&mut self, finding: &Finding) -> &'static str {
        let (left, class) = if open(finding).is_some() && self.in_full > 0 {
            (&mut self.in_full, " pf")
        } else {
            (&mut self.as_lines, "")
        };
        if *left == 0 {
            return " pn";
        }
        *left -= 1;
        class
    }

    /// What is printed, in words.
    pub(super) fn words(&self) -> String {
        let mut text = match self.open {
            0 => "Nothing failed or was met in part".to_owned(),
            open if open == self.in_full => {
                "Everything that failed or was met in part stands here in full".to_owned()
            }
            open => format!(
                "The first {} of {open} findings that failed or were met in part stand here in \
                 full",
                self.in_full
            ),
        };
        if self.as_lines > 0 {
            text.push_str(&format!("; {} as one line each", others(self.as_lines)));
        }
        match self.others - self.as_lines {
            0 => text.push('.'),
            rest => text.push_str(&format!(
                "; {} are not printed and stand in the file itself.",
                others(rest)
            )),
        }
        text
    }
}

fn others(number: usize) -> String {
    if number == 1 { "1 other".to_owned() } else { format!("{number} others") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Tier};
    use crate::report::open::points;
    use crate::report::testing::{self, denied, finding, role};

    fn of(check: &'static str, base: Severity, outcome: Outcome) -> Finding {
        finding(check, base, role("R", Tier::Critical, 1.0), outcome)
    }

    #[test]
    fn what_failed_stands_before_what_is_not_known_and_what_passed_comes_last() {
        let mut waived = of("f-check", Severity::Critical, Outcome::fail("x", "y"));
        waived.waiver = Some(testing::waiver());
        let judged = testing::judged(vec![
            of("a-check", Severity::Critical, Outcome::pass("x", "y")),
            of("b-check", Severity::Critical, denied(Dataset::RolePolicies)),
            of("c-check", Severity::Critical, Outcome::partial(0.5, "x", "y")),
            of("d-check", Severity::Low, Outcome::fail("x", "y")),
            of("e-check", Severity::High, Outcome::fail("x", "y")),
            waived,
            of("g-check", Severity::Critical, Outcome::info("x", "y")),
            of("h-check", Severity::Critical, Outcome::not_applicable("no")),
        ]);
        let order: Vec<&str> = worst_first(&judged, &points(&judged))
            .into_iter()
            .map(|place| &judged.findings[place].check[..1])
            .collect();
        assert_eq!(order.concat(), "edcbfgah");
    }

    #[test]
    fn a_printed_page_has_a_bound_and_says_what_it_leaves_out() {
        let many = |number, outcome| vec![of("a-check", Severity::High, outcome); number];
        for (failed, passed, baselines, full, lines, expected) in [
            (0, 0, 1, 0, 0, "Nothing failed or was met in part."),
            (0, 1, 1, 0, 1, "Nothing failed or was met in part; 1 other as one line each."),
            (
                2,
                3,
                1,
                2,
                3,
                "Everything that failed or was met in part stands here in full; 3 others as one \
                 line each.",
            ),
            (
                250,
                1_500,
                1,
                200,
                1_000,
                "The first 200 of 250 findings that failed or were met in part stand here in full; \
                 1000 others as one line each; 550 others are not printed and stand in the file \
                 itself.",
            ),
            (
                30,
                0,
                10,
                20,
                10,
                "The first 20 of 30 findings that failed or were met in part stand here in full; \
                 10 others as one line each.",
            ),
        ] {
            let mut findings = many(failed, Outcome::fail("x", "y"));
            findings.extend(many(passed, Outcome::pass("x", "y")));
            let judged = testing::judged(findings);
            let mut print = Print::of(&judged, baselines);
            assert_eq!(print.words(), expected);
            let order = worst_first(&judged, &points(&judged));
            let classes: Vec<&str> =
                order.into_iter().map(|place| print.next(&judged.findings[place])).collect();
            let number = |class: &str| classes.iter().filter(|it| **it == class).count();
            assert_eq!((number(" pf"), number("")), (full, lines), "{failed} {passed}");
        }
    }

    #[test]
    fn only_what_is_open_has_points() {
        let failed = of("a-check", Severity::High, Outcome::fail("x", "y"));
        let mut waived = failed.clone();
        waived.waiver = Some(testing::waiver());
        for (finding, points, expected) in [
            (&failed, 2.34, "2.3"),
            (&failed, 0.01, "<0.1"),
            (&failed, 0.0, ""),
            (&waived, 2.34, ""),
        ] {
            assert_eq!(Row::of(finding, points, "").points, expected);
        }
    }
}
