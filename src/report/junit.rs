//! The report as JUnit XML, streamed: one suite a baseline, one test case a finding.
//!
//! A test asks whether the expectation is met. Failed, and met in part, is a failure; what is
//! waived, could not be judged or only informs is skipped with its reason, so that it never looks
//! like a pass. Where the question does not arise no test ran: these findings are no cases, and
//! their number is a property of the suite, lest they hide what was not judged.

use super::model::{Judged, Report};
use super::{escape, words};
use crate::model::{Finding, Outcome, Verdict};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};

/// Bytes gathered before they are written.
const BUFFER: usize = 64 * 1024;

/// Writes the report. The same report gives the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut text = Vec::with_capacity(2 * BUFFER);
    let counts: Vec<Counts> = report.baselines.iter().map(Counts::of).collect();
    let all = counts.iter().fold(Counts::default(), Counts::with);
    writeln!(text, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(text, r#"<testsuites name="pimaudit" {}>"#, all.attributes())?;
    for (judged, counts) in report.baselines.iter().zip(&counts) {
        write_suite(report, judged, counts, &mut text, out)?;
    }
    writeln!(text, "</testsuites>")?;
    out.write_all(&text)?;
    out.flush()
}

/// How the cases of a suite ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    tests: usize,
    failures: usize,
    skipped: usize,
    /// Findings that are no cases.
    not_applicable: usize,
}

/// How one case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// As it was asked for.
    Passed,
    /// Only shown.
    Told,
    /// Not met, or met in part.
    Failed(Verdict),
    /// Accepted by a waiver.
    Waived,
    /// Not known.
    NotAssessed,
    /// No case at all.
    NoCase,
}

const fn ending(finding: &Finding) -> Ending {
    match &finding.outcome {
        Outcome::Judged { verdict: Verdict::Pass, .. } => Ending::Passed,
        Outcome::Judged { verdict: Verdict::Partial | Verdict::Fail, .. }
            if finding.waiver.is_some() =>
        {
            Ending::Waived
        }
        Outcome::Judged { verdict, .. } => Ending::Failed(*verdict),
        Outcome::Info(_) => Ending::Told,
        Outcome::NotApplicable { .. } => Ending::NoCase,
        Outcome::NotAssessed(_) => Ending::NotAssessed,
    }
}

impl Counts {
    fn of(judged: &Judged) -> Self {
        let mut counts = Self::default();
        for finding in &judged.findings {
            counts.tests += 1;
            match ending(finding) {
                Ending::Passed => {}
                Ending::Failed(_) => counts.failures += 1,
                Ending::Told | Ending::Waived | Ending::NotAssessed => counts.skipped += 1,
                Ending::NoCase => {
                    counts.tests -= 1;
                    counts.not_applicable += 1;
                }
            }
        }
        counts
    }

    const fn with(self, other: &Self) -> Self {
        Self {
            tests: self.tests + other.tests,
            failures: self.failures + other.failures,
            skipped: self.skipped + other.skipped,
            not_applicable: self.not_applicable + other.not_applicable,
        }
    }

    /// Nothing was timed: the same report gives the same bytes.
    fn attributes(&self) -> String {
        format!(
            r#"tests="{}" failures="{}" errors="0" skipped="{}" time="0""#,
            self.tests, self.failures, self.skipped
        )
    }
}

fn write_suite(
    report: &Report,
    judged: &Judged,
    counts: &Counts,
    text: &mut Vec<u8>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(
        text,
        r#"  <testsuite name="{}" {} timestamp="{}">"#,
        escape::xml(&judged.id),
        counts.attributes(),
        report.now.strftime("%Y-%m-%dT%H:%M:%S"),
    )?;
    writeln!(text, "    <properties>")?;
    for (name, value) in properties(report, judged, counts) {
        writeln!(text, r#"      <property name="{name}" value="{}"/>"#, escape::xml(&value))?;
    }
    writeln!(text, "    </properties>")?;
    // The findings are sorted by check.
    for findings in judged.findings.chunk_by(|one, other| one.check == other.check) {
        let mut times: HashMap<Cow<'_, str>, usize> = HashMap::new();
        for finding in findings {
            *times.entry(escape::xml(&finding.subject.name)).or_default() += 1;
        }
        for finding in findings {
            let mut name = escape::xml(&finding.subject.name);
            // Two subjects of one name are told apart by their keys.
            if times.get(&name).is_some_and(|&times| times > 1) {
                name = format!("{name} ({})", escape::xml(&finding.subject.key)).into();
            }
            write_case(report, &judged.id, finding, &name, text)?;
            if text.len() >= BUFFER {
                out.write_all(text)?;
                text.clear();
            }
        }
    }
    writeln!(text, "  </testsuite>")
}

fn properties(report: &Report, judged: &Judged, counts: &Counts) -> Vec<(&'static str, String)> {
    let collected = &report.collected;
    let mut properties = vec![
        ("tenant", report.tenant.to_string()),
        ("tenant-name", report.tenant_name.to_string()),
        ("collected-at", collected.at.to_string()),
        ("judged-as-of", report.now.to_string()),
        ("tool-version", report.version.to_owned()),
        ("baseline-title", judged.title.clone()),
        ("baseline-digest", judged.digest.clone()),
        ("score", judged.score.headline()),
        ("coverage", judged.score.coverage_text()),
        ("not-applicable", counts.not_applicable.to_string()),
    ];
    let reader = [
        ("collected-by", &collected.by),
        ("application", &collected.application),
        ("sign-in", &collected.auth),
    ];
    properties.extend(reader.into_iter().filter_map(|(name, it)| Some((name, it.clone()?))));
    if !collected.permissions.is_empty() {
        properties.push(("permissions", collected.permissions.join(", ")));
    }
    if let Some((first, last)) = collected.window() {
        properties.push(("read-from", first.to_string()));
        properties.push(("read-to", last.to_string()));
    }
    for state in &collected.datasets {
        if let Some(gap) = &state.gap {
            properties.push(("not-read", format!("{}: {gap}", words::title(state.dataset))));
        }
    }
    properties.extend(judged.unmatched_rules.iter().map(|it| ("unmatched-rule", it.clone())));
    properties
}

/// One case; its name is made ready for XML already.
fn write_case(
    report: &Report,
    baseline: &str,
    finding: &Finding,
    name: &str,
    text: &mut Vec<u8>,
) -> io::Result<()> {
    let ending = ending(finding);
    if ending == Ending::NoCase {
        return Ok(());
    }
    write!(
        text,
        r#"    <testcase classname="{}.{}" name="{name}" time="0""#,
        escape::xml(baseline),
        finding.check
    )?;
    match ending {
        Ending::Passed | Ending::NoCase => return writeln!(text, "/>"),
        Ending::Failed(verdict) => {
            let part = if verdict == Verdict::Partial { "met in part: " } else { "" };
            let message = format!("{part}{}", sides(finding));
            writeln!(text, ">")?;
            write!(
                text,
                r#"      <failure message="{}" type="{}">"#,
                escape::xml(&message),
                finding.severity.name()
            )?;
            writeln!(text, "{}</failure>", body(report, finding))?;
        }
        Ending::Told | Ending::Waived | Ending::NotAssessed => {
            writeln!(text, ">")?;
            writeln!(text, r#"      <skipped message="{}"/>"#, escape::xml(&reason(finding)))?;
            if ending == Ending::Told {
                writeln!(text, "      <system-out>{}</system-out>", body(report, finding))?;
            }
        }
    }
    writeln!(text, "    </testcase>")
}

/// Why the case is skipped.
fn reason(finding: &Finding) -> String {
    if let Outcome::NotAssessed(gap) = &finding.outcome {
        return format!("not assessed: {}", words::gap(gap));
    }
    if let Outcome::Info(details) = &finding.outcome {
        return format!("information: {}", details.observed);
    }
    let mut text = format!("waived: {}", sides(finding));
    if let Some(waiver) = &finding.waiver {
        text.push_str(&format!(
            ". {} (owner {}, until {}",
            waiver.reason, waiver.owner, waiver.expires
        ));
        if let Some(ticket) = &waiver.ticket {
            text.push_str(&format!(", ticket {ticket}"));
        }
        text.push(')');
    }
    text
}

fn sides(finding: &Finding) -> String {
    let details = finding.outcome.details();
    details.map_or_else(String::new, |it| format!("{}; expected: {}", it.observed, it.expected))
}

/// Everything to know of a case, a line each, ready for XML.
fn body(report: &Report, finding: &Finding) -> String {
    let fingerprint = finding.fingerprint.to_string();
    let mut lines: Vec<(&str, &str)> = vec![
        ("check", finding.title),
        ("severity", finding.severity.name()),
        ("subject", &*finding.subject.key),
    ];
    if let Some(details) = finding.outcome.details() {
        lines.push(("observed", &*details.observed));
        lines.push(("expected", &*details.expected));
        lines.extend(details.notes.iter().map(|it| ("note", &**it)));
    }
    if let Some(check) = report.check(finding.check) {
        lines.push(("why it is bad", &*check.why));
    }
    lines.push(("asked for by", &*finding.rule.title));
    lines.push(("because", &*finding.rule.because));
    lines.extend(finding.rule.controls.iter().map(|it| ("control", it.as_str())));
    if let Some(remediation) = &finding.remediation {
        lines.push(("mend", &*remediation.portal));
        lines.extend(remediation.graph.iter().map(|it| ("call", it.as_str())));
    }
    lines.push(("fingerprint", &*fingerprint));
    lines.iter().map(|(what, text)| format!("{what}: {}\n", escape::xml(text))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Severity, Subject, Tier};
    use crate::report::testing::{
        denied, finding, missing_list, person, report, role, tenant, waiver,
    };

    fn text(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// One finding of each outcome.
    fn full() -> Report {
        let mut waived = finding("f-waived", Severity::Low, tenant(), Outcome::fail("off", "on"));
        waived.waiver = Some(waiver());
        report(vec![
            finding(
                "a-fail",
                Severity::Critical,
                role("Global Administrator", Tier::Critical, 1.0),
                Outcome::fail("600 min", "at most 480 min"),
            ),
            finding("b-pass", Severity::High, tenant(), Outcome::pass("on", "on")),
            finding("c-partial", Severity::High, tenant(), Outcome::partial(0.5, "half", "whole")),
            finding("d-info", Severity::High, tenant(), Outcome::info("seen", "nothing")),
            finding("e-apply", Severity::High, tenant(), Outcome::not_applicable("no groups")),
            waived,
            finding(
                "g-unread",
                Severity::High,
                missing_list(Dataset::Principals),
                denied(Dataset::Principals),
            ),
        ])
    }

    #[test]
    fn the_counts_are_those_of_the_cases() {
        let text = text(&full());
        let counts = r#"tests="6" failures="2" errors="0" skipped="3" time="0""#;
        assert!(text.contains(&format!(r#"<testsuites name="pimaudit" {counts}>"#)), "{text}");
        assert!(
            text.contains(&format!(
                r#"<testsuite name="recommended" {counts} timestamp="2026-11-02T09:00:00">"#
            )),
            "{text}"
        );
        for (element, number) in
            [("<testcase ", 6), ("<failure ", 2), ("<skipped ", 3), ("<system-out>", 1)]
        {
            assert_eq!(text.matches(element).count(), number, "{element}");
        }
        assert!(text.contains(r#"<property name="not-applicable" value="1"/>"#), "{text}");
    }

    #[test]
    fn each_outcome_is_told() {
        let text = text(&full());
        for expected in [
            "<testcase classname=\"recommended.a-fail\" name=\"Global Administrator\" time=\"0\">\n      \
             <failure message=\"600 min; expected: at most 480 min\" type=\"critical\">check: A bad \
             state\n",
            "<testcase classname=\"recommended.b-pass\" name=\"tenant\" time=\"0\"/>",
            "<failure message=\"met in part: half; expected: whole\" type=\"high\">",
            "<skipped message=\"information: seen\"/>\n      <system-out>check: A bad state\n",
            "observed: seen\nexpected: nothing\n",
            "<skipped message=\"waived: off; expected: on. Moves in January (owner \
             soc@contoso.example, until 2027-02-01, ticket CHG-7)\"/>",
            "<skipped message=\"not assessed: users, groups and service principals: permission denied: \
             Graph answered 403\"/>",
            "mend: Entra admin center &gt; Role settings\n",
            "call: PATCH https://graph.microsoft.com/v1.0/policies {}\n",
        ] {
            assert!(text.contains(expected), "{expected}\nis not in\n{text}");
        }
        assert!(!text.contains("e-apply"), "{text}");
    }

    #[test]
    fn a_suite_says_who_read_when_and_how_as_far_as_known() {
        let known = full();
        let mut unknown = full();
        let collected = &mut unknown.collected;
        (collected.by, collected.auth, collected.application) = (None, None, None);
        collected.permissions.clear();
        for state in &mut collected.datasets {
            state.read_at = None;
        }
        let (known, unknown) = (text(&known), text(&unknown));
        for (name, value) in [
            ("collected-by", "auditor@contoso.example"),
            ("application", "aaaaaaaa-0000-4000-8000-0000000000a1"),
            ("sign-in", "device-code"),
            ("permissions", "RoleManagement.Read.Directory"),
            ("read-from", "2026-11-02T09:00:00Z"),
            ("read-to", "2026-11-02T09:00:00Z"),
        ] {
            let property = format!(r#"<property name="{name}" "#);
            let expected = format!(r#"{property}value="{value}"/>"#);
            assert!(known.contains(&expected), "{expected}\nis not in\n{known}");
            assert!(!unknown.contains(&property), "{property}\nis in\n{unknown}");
        }
    }

    #[test]
    fn subjects_of_one_name_are_told_apart() {
        let named = |key: &str| Subject { key: key.into(), ..person("Alma Lind") };
        let one =
            |key: &str| finding("a-fail", Severity::Low, named(key), Outcome::pass("on", "on"));
        let text = text(&report(vec![
            one("principal:1"),
            one("principal:2"),
            finding("b-pass", Severity::Low, named("principal:1"), Outcome::pass("on", "on")),
        ]));
        for expected in [
            r#"a-fail" name="Alma Lind (principal:1)""#,
            r#"a-fail" name="Alma Lind (principal:2)""#,
            r#"b-pass" name="Alma Lind""#,
        ] {
            assert!(text.contains(expected), "{expected}\nis not in\n{text}");
        }
    }

    #[test]
    fn a_large_report_is_written_in_pieces() {
        struct Largest(usize);
        impl Write for Largest {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0 = self.0.max(bytes.len());
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let findings = (0..3000)
            .map(|number| {
                let subject = person(&format!("person{number}@contoso.example"));
                finding("a-fail", Severity::Low, subject, Outcome::fail("off", "on"))
            })
            .collect();
        let mut largest = Largest(0);
        write(&report(findings), &mut largest).unwrap();
        assert!(largest.0 <= 2 * BUFFER, "{} bytes at once", largest.0);
    }

    #[test]
    fn the_same_report_gives_the_same_bytes() {
        assert_eq!(text(&full()), text(&full()));
    }
}
