//! The report as NIST OSCAL assessment results 1.1.3: one result a baseline, one observation a
//! finding, one OSCAL finding a control of the benchmark, or a check where no control asks for it.
//!
//! Lists are made while they are written. Every UUID follows from what it names, so the same report
//! gives the same bytes.

mod document;
mod objective;
mod observation;
mod text;
mod uuid;

use super::json::lay_out;
use super::model::{Judged, Report};
use document::Document;
use std::io::{self, Write};
use uuid::Uuid;

/// The version of OSCAL that is written.
const OSCAL: &str = "1.1.3";
/// The namespace of our own properties. It names them and leads nowhere.
const NAMESPACE: &str = "https://pimaudit.example/ns/oscal";
/// The document is laid out down to the lists of a result: document, assessment results, results,
/// result, list.
const LAID_OUT: usize = 5;

/// Writes the report. The same report gives the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    lay_out(&Document::of(report), LAID_OUT, out)
}

/// One baseline of a report: what every part of its result is made of.
#[derive(Clone, Copy)]
struct Run<'a> {
    report: &'a Report,
    judged: &'a Judged,
}

impl Run<'_> {
    /// Names something in this tenant that lasts from one run to the next.
    fn lasting(&self, kind: &str, name: &str) -> Uuid {
        Uuid::of(&[kind, &*self.report.tenant, self.judged.id.as_str(), name])
    }

    /// Names something that belongs to this reading of the tenant and this time of judgement.
    fn passing(&self, kind: &str, names: &[&str]) -> Uuid {
        let (at, now) = (self.report.collected.at.to_string(), self.report.now.to_string());
        let mut parts =
            vec![kind, &*self.report.tenant, at.as_str(), now.as_str(), self.judged.id.as_str()];
        parts.extend(names);
        Uuid::of(&parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Finding, Outcome, RuleOrigin, Severity};
    use crate::report::testing::{self, denied, finding, person, tenant, waiver};
    use serde_json::Value;
    use std::sync::Arc;

    fn of(control: &str, check: &'static str, name: &str, outcome: Outcome) -> Finding {
        let subject = if name == "tenant" { tenant() } else { person(name) };
        let mut finding = finding(check, Severity::High, subject, outcome);
        let controls = if control.is_empty() { vec![] } else { vec![control.to_owned()] };
        finding.rule = Arc::new(RuleOrigin { controls, ..(*finding.rule).clone() });
        finding
    }

    fn written(report: &Report) -> Value {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    fn states(report: &Report) -> Vec<(String, String, String)> {
        let document = written(report);
        let findings = &document["assessment-results"]["results"][0]["findings"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let state = |finding: &Value| {
            let target = &finding["target"];
            (
                text(&target["target-id"]),
                text(&target["status"]["state"]),
                text(&target["status"]["reason"]),
            )
        };
        findings.as_array().unwrap().iter().map(state).collect()
    }

    #[test]
    fn a_control_is_satisfied_only_by_what_passed() {
        let mut waived = of("C-4", "d-check", "ana", Outcome::fail("x", "y"));
        waived.waiver = Some(waiver());
        let report = testing::report(vec![
            of("1.1", "a-check", "ana", Outcome::pass("x", "y")),
            of("1.1", "a-check", "bea", Outcome::not_applicable("no mailbox")),
            of("C-2", "b-check", "ana", Outcome::pass("x", "y")),
            of("C-2", "b-check", "bea", denied(Dataset::Principals)),
            of("C-3", "c-check", "ana", Outcome::partial(0.5, "x", "y")),
            of("C-3", "c-check", "bea", denied(Dataset::Principals)),
            waived,
            of("C-5", "e-check", "ana", Outcome::not_applicable("no mailbox")),
            of("", "f-check", "tenant", Outcome::pass("x", "y")),
        ]);
        let expected = [
            ("_1.1", "satisfied", "pass"),
            ("C-2", "not-satisfied", "other"),
            ("C-3", "not-satisfied", "fail"),
            ("C-4", "not-satisfied", "other"),
            ("C-5", "not-satisfied", "other"),
            ("f-check", "satisfied", "pass"),
        ];
        let expected = expected
            .map(|(id, state, reason)| (id.to_owned(), state.to_owned(), reason.to_owned()));
        assert_eq!(states(&report), expected);
    }

    #[test]
    fn every_finding_is_an_observation_and_refers_to_what_is_there() {
        let report = testing::report(vec![
            of("C-1", "a-check", "ana", Outcome::fail("x", "y")),
            of("C-1", "a-check", "bea", denied(Dataset::Principals)),
            of("C-1", "b-check", "ana", Outcome::pass("x", "y")),
            of("", "f-check", "tenant", Outcome::info("x", "y")),
        ]);
        let document = written(&report);
        let result = &document["assessment-results"]["results"][0];
        let observations = result["observations"].as_array().unwrap();
        assert_eq!(observations.len(), 4);
        let local = &result["local-definitions"];
        let subjects: Vec<&Value> = ["inventory-items", "components"]
            .into_iter()
            .flat_map(|list| local[list].as_array().unwrap())
            .map(|subject| &subject["uuid"])
            .collect();
        for observation in observations {
            let subject = &observation["subjects"][0]["subject-uuid"];
            assert!(subjects.contains(&subject), "{subject}");
        }
        let related = result["findings"][0]["related-observations"].as_array().unwrap();
        assert_eq!(related.len(), 3);
        assert_eq!(result["findings"][0]["related-risks"].as_array().unwrap().len(), 1);
        assert_eq!(result["risks"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn the_same_report_gives_the_same_bytes() {
        let report =
            testing::report(vec![of("C-1", "a-check", "<b>*x*", Outcome::fail("x\n", " y"))]);
        let mut files = [Vec::new(), Vec::new()];
        for file in &mut files {
            write(&report, file).unwrap();
        }
        assert_eq!(files[0], files[1]);
    }
}
