//! The report as NDJSON for a SIEM: one flat record a line, each of them complete by itself.
//!
//! The findings of a baseline stand first, `pimaudit.finding/1`; one line about the whole of it
//! closes them, `pimaudit.run/1`, and says how many there are, so that a file that was cut is seen
//! to be.
//! Fields are never renamed or left out, only added; what is not known is null.

use super::model::{DatasetState, Judged, Report};
use super::{json, open};
use crate::model::{Dataset, Finding, Gap, GapKind, Outcome, Text};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use std::io::{self, Write};

/// Name and version of the record of a finding.
const FINDING: &str = "pimaudit.finding/1";
/// Name and version of the record of a baseline.
const RUN: &str = "pimaudit.run/1";
/// Bytes gathered before they are written.
const BUFFER: usize = 256 * 1024;

/// Writes the report. The same report gives the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = Vec::with_capacity(BUFFER + BUFFER / 4);
    for judged in &report.baselines {
        let head = Head::of(report, judged);
        for (finding, points) in judged.findings.iter().zip(open::points(judged)) {
            json::line(&Record::of(&head, finding, points), &mut lines)?;
            if lines.len() >= BUFFER {
                out.write_all(&lines)?;
                lines.clear();
            }
        }
        json::line(&Run::of(&head, report, judged), &mut lines)?;
    }
    out.write_all(&lines)?;
    out.flush()
}

/// What every record says of the run.
#[derive(Clone, Copy)]
struct Head<'a> {
    time: Timestamp,
    tenant_id: &'a str,
    tenant_name: Option<&'a str>,
    cloud: &'static str,
    tool_version: &'a str,
    collected_at: Timestamp,
    baseline: &'a str,
    baseline_digest: &'a str,
}

/// One finding.
#[derive(Serialize)]
struct Record<'a> {
    schema: &'static str,
    time: Timestamp,
    tenant_id: &'a str,
    tenant_name: Option<&'a str>,
    cloud: &'static str,
    tool_version: &'a str,
    collected_at: Timestamp,
    baseline: &'a str,
    baseline_digest: &'a str,
    check: &'static str,
    title: &'static str,
    subject_key: &'a str,
    subject_kind: &'static str,
    subject_name: &'a str,
    tier: Option<&'static str>,
    severity: &'static str,
    outcome: &'static str,
    /// Failed or met in part, and not waived.
    open: bool,
    credit: Option<f64>,
    points: f64,
    observed: Option<&'a str>,
    expected: Option<&'a str>,
    notes: &'a [Text],
    gap_kind: Option<GapKind>,
    gap_dataset: Option<Dataset>,
    gap_detail: Option<&'a str>,
    source: &'a str,
    controls: &'a [String],
    control_level: Option<&'a str>,
    labels: &'a [String],
    waived: bool,
    waiver_reason: Option<&'a str>,
    waiver_owner: Option<&'a str>,
    waiver_expires: Option<Date>,
    waiver_ticket: Option<&'a str>,
    waiver_approved_by: Option<&'a str>,
    remediation: Option<&'a str>,
    fingerprint: String,
}

/// One baseline as a whole.
#[derive(Serialize)]
struct Run<'a> {
    schema: &'static str,
    time: Timestamp,
    tenant_id: &'a str,
    tenant_name: Option<&'a str>,
    cloud: &'static str,
    tool_version: &'a str,
    collected_at: Timestamp,
    collected_by: Option<&'a str>,
    application: Option<&'a str>,
    /// The way of sign-in.
    auth: Option<&'a str>,
    /// Null where they are not known.
    permissions: Option<&'a [String]>,
    /// When the first and the last collection were read.
    read_from: Option<Timestamp>,
    read_to: Option<Timestamp>,
    baseline: &'a str,
    baseline_digest: &'a str,
    baseline_title: &'a str,
    configuration_digest: Option<&'a str>,
    /// Null where it was not graded.
    posture: Option<f64>,
    posture_low: f64,
    posture_high: f64,
    grade: Option<String>,
    grade_reason: Option<&'a str>,
    coverage: f64,
    waived_share: f64,
    /// Records of findings that stand before this one.
    findings: usize,
    pass: usize,
    partial: usize,
    fail: usize,
    info: usize,
    not_applicable: usize,
    not_assessed: usize,
    /// Of the failed and the part-met ones.
    waived: usize,
    /// Collections that were not read whole.
    not_read: Vec<&'static str>,
    unmatched_rules: &'a [String],
}

impl<'a> Head<'a> {
    fn of(report: &'a Report, judged: &'a Judged) -> Self {
        Self {
            time: report.now,
            tenant_id: &report.tenant,
            tenant_name: Some(&*report.tenant_name).filter(|name| !name.is_empty()),
            cloud: report.cloud.name(),
            tool_version: report.version,
            collected_at: report.collected.at,
            baseline: &judged.id,
            baseline_digest: &judged.digest,
        }
    }
}

impl<'a> Record<'a> {
    fn of(head: &Head<'a>, finding: &'a Finding, points: f64) -> Self {
        let details = finding.outcome.details();
        let (credit, gap): (Option<f64>, Option<&Gap>) = match &finding.outcome {
            Outcome::Judged { credit, .. } => (Some(*credit), None),
            Outcome::Info(_) | Outcome::NotApplicable { .. } => (None, None),
            Outcome::NotAssessed(gap) => (None, Some(gap)),
        };
        let notes: &[Text] = match &finding.outcome {
            Outcome::Judged { details, .. } | Outcome::Info(details) => &details.notes,
            Outcome::NotApplicable { why } => std::slice::from_ref(why),
            Outcome::NotAssessed(_) => &[],
        };
        let waiver = finding.waiver.as_deref();
        Self {
            schema: FINDING,
            time: head.time,
            tenant_id: head.tenant_id,
            tenant_name: head.tenant_name,
            cloud: head.cloud,
            tool_version: head.tool_version,
            collected_at: head.collected_at,
            baseline: head.baseline,
            baseline_digest: head.baseline_digest,
            check: finding.check,
            title: finding.title,
            subject_key: &finding.subject.key,
            subject_kind: finding.subject.kind.name(),
            subject_name: &finding.subject.name,
            tier: finding.subject.tier.map(|tier| tier.name()),
            severity: finding.severity.name(),
            outcome: finding.outcome.name(),
            open: open::open(finding).is_some(),
            credit,
            points,
            observed: details.map(|it| &*it.observed),
            expected: details.map(|it| &*it.expected),
            notes,
            gap_kind: gap.map(|it| it.kind),
            gap_dataset: gap.and_then(|it| it.dataset),
            gap_detail: gap.map(|it| &*it.detail),
            source: &finding.rule.title,
            controls: &finding.rule.controls,
            control_level: finding.rule.level.as_deref(),
            labels: finding.labels.as_deref().unwrap_or_default(),
            waived: waiver.is_some(),
            waiver_reason: waiver.map(|it| &*it.reason),
            waiver_owner: waiver.map(|it| &*it.owner),
            waiver_expires: waiver.map(|it| it.expires),
            waiver_ticket: waiver.and_then(|it| it.ticket.as_deref()),
            waiver_approved_by: waiver.and_then(|it| it.approved_by.as_deref()),
            remediation: finding.remediation.as_deref().map(|it| &*it.portal),
            fingerprint: finding.fingerprint.to_string(),
        }
    }
}

impl<'a> Run<'a> {
    fn of(head: &Head<'a>, report: &'a Report, judged: &'a Judged) -> Self {
        let score = &judged.score;
        let count = |wanted: &str| {
            judged.findings.iter().filter(|finding| finding.outcome.name() == wanted).count()
        };
        let broken = |it: &&DatasetState| it.gap.is_some();
        let not_read = report.collected.datasets.iter().filter(broken);
        let collected = &report.collected;
        let window = collected.window();
        Self {
            schema: RUN,
            time: head.time,
            tenant_id: head.tenant_id,
            tenant_name: head.tenant_name,
            cloud: head.cloud,
            tool_version: head.tool_version,
            collected_at: head.collected_at,
            collected_by: collected.by.as_deref(),
            application: collected.application.as_deref(),
            auth: collected.auth.as_deref(),
            permissions: Some(&*collected.permissions).filter(|it| !it.is_empty()),
            read_from: window.map(|(first, _)| first),
            read_to: window.map(|(_, last)| last),
            baseline: head.baseline,
            baseline_digest: head.baseline_digest,
            baseline_title: &judged.title,
            configuration_digest: report.configuration.as_ref().map(|it| it.digest.as_str()),
            posture: score.posture.filter(|_| score.grade.is_some()),
            posture_low: score.low,
            posture_high: score.high,
            grade: score.letter(),
            grade_reason: score.biting_cap().map(|cap| cap.reason.as_str()),
            coverage: score.coverage,
            waived_share: score.waived,
            findings: judged.findings.len(),
            pass: count("pass"),
            partial: count("partial"),
            fail: count("fail"),
            info: count("info"),
            not_applicable: count("not-applicable"),
            not_assessed: count("not-assessed"),
            waived: judged.findings.iter().filter(|finding| finding.waiver.is_some()).count(),
            not_read: not_read.map(|it| it.dataset.name()).collect(),
            unmatched_rules: &judged.unmatched_rules,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Severity, Tier};
    use crate::report::testing::{
        denied, finding, missing_list, person, report, role, tenant, waiver,
    };
    use serde_json::{Value, json};
    use std::collections::BTreeSet;

    fn lines(report: &Report) -> Vec<Value> {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.ends_with('\n'), "{text}");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Findings of several outcomes.
    fn full() -> Report {
        let mut waived = finding("f-waived", Severity::Low, tenant(), Outcome::fail("off", "on"));
        waived.waiver = Some(waiver());
        report(vec![
            finding(
                "a-fail",
                Severity::Critical,
                role("Global Administrator", Tier::Critical, 1.0),
                Outcome::fail("600 min", "at most 480 min").note("seen once"),
            ),
            finding("b-pass", Severity::High, person("a\n\u{1b}[2J\"b"), Outcome::pass("on", "on")),
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
    fn each_finding_is_a_line_and_one_line_closes_them() {
        let lines = lines(&full());
        let told: Vec<_> = lines
            .iter()
            .map(|it| (it["schema"].as_str().unwrap(), it["check"].as_str().unwrap_or_default()))
            .collect();
        assert_eq!(
            told,
            [
                (FINDING, "a-fail"),
                (FINDING, "b-pass"),
                (FINDING, "e-apply"),
                (FINDING, "f-waived"),
                (FINDING, "g-unread"),
                (RUN, ""),
            ]
        );
        let run = &lines[5];
        for (field, expected) in [
            ("findings", json!(5)),
            ("pass", json!(1)),
            ("fail", json!(2)),
            ("waived", json!(1)),
            ("not_applicable", json!(1)),
            ("not_assessed", json!(1)),
            ("baseline", json!("recommended")),
        ] {
            assert_eq!(run[field], expected, "{field}");
        }
    }

    #[test]
    fn the_run_says_who_read_when_and_how_and_null_where_that_is_not_known() {
        let known = full();
        let mut unknown = full();
        let collected = &mut unknown.collected;
        (collected.by, collected.auth, collected.application) = (None, None, None);
        collected.permissions.clear();
        for state in &mut collected.datasets {
            state.read_at = None;
        }
        let (known, unknown) = (lines(&known), lines(&unknown));
        for (field, expected) in [
            ("collected_by", json!("auditor@contoso.example")),
            ("application", json!("aaaaaaaa-0000-4000-8000-0000000000a1")),
            ("auth", json!("device-code")),
            ("permissions", json!(["RoleManagement.Read.Directory"])),
            ("read_from", json!("2026-11-02T09:00:00Z")),
            ("read_to", json!("2026-11-02T09:00:00Z")),
        ] {
            assert_eq!(known[5][field], expected, "{field}");
            assert_eq!(unknown[5].get(field), Some(&json!(null)), "{field}");
        }
    }

    #[test]
    fn a_record_is_complete_by_itself() {
        let lines = lines(&full());
        for (place, field, expected) in [
            (0, "time", json!("2026-11-02T09:00:00Z")),
            (0, "tenant_id", json!("7f3a0000-0000-4000-8000-000000000001")),
            (0, "tenant_name", json!("Contoso")),
            (0, "subject_key", json!("role:global administrator")),
            (0, "tier", json!("critical")),
            (0, "severity", json!("critical")),
            (0, "outcome", json!("fail")),
            (0, "open", json!(true)),
            (0, "observed", json!("600 min")),
            (0, "notes", json!(["seen once"])),
            (0, "gap_kind", json!(null)),
            (0, "fingerprint", json!("19".repeat(16))),
            (1, "subject_name", json!("a\n\u{1b}[2J\"b")),
            (1, "open", json!(false)),
            (2, "notes", json!(["no groups"])),
            (2, "credit", json!(null)),
            (3, "open", json!(false)),
            (3, "waived", json!(true)),
            (3, "waiver_expires", json!("2027-02-01")),
            (4, "outcome", json!("not-assessed")),
            (4, "gap_kind", json!("permission-denied")),
            (4, "gap_dataset", json!("principals")),
        ] {
            assert_eq!(lines[place][field], expected, "{place} {field}");
        }
    }

    #[test]
    fn every_record_has_the_same_fields_and_none_is_nested() {
        let lines = lines(&full());
        let fields =
            |it: &Value| -> BTreeSet<String> { it.as_object().unwrap().keys().cloned().collect() };
        for line in &lines[..5] {
            assert_eq!(fields(line), fields(&lines[0]));
            assert!(!line.as_object().unwrap().values().any(Value::is_object), "{line}");
        }
    }

    #[test]
    fn several_baselines_are_closed_one_by_one() {
        let mut report = full();
        let mut second = report.baselines[0].clone();
        second.id = "own".to_owned();
        second.findings.truncate(1);
        report.baselines.push(second);
        let lines = lines(&report);
        let places: Vec<usize> =
            (0..lines.len()).filter(|&place| lines[place]["schema"] == RUN).collect();
        assert_eq!(places, [5, 7]);
        assert_eq!(lines[7]["baseline"], "own");
        assert_eq!(lines[7]["findings"], 1);
    }
}
