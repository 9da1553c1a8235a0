//! The report as SARIF 2.1.0 for code scanning: one run a baseline, streamed.
//!
//! A result is what somebody has to look at: failed (`fail`, level by the shown severity), met in
//! part (`fail`, one level lower), waived (the same, with a suppression) or not assessed (`open`:
//! there was not enough to decide). GitHub shows every result as an alert, whatever its kind, and
//! takes one that is missing for fixed. So what passed, informs or does not apply is only counted,
//! and what could not be judged is a result: a lost permission must not close an alert.

mod document;
mod rules;

use super::model::{Judged, Report};
use super::{escape, json, open, words};
use crate::model::{Finding, Outcome, Severity, Verdict};
use document::{
    ArtifactLocation, AutomationDetails, Component, Descriptor, Driver, FindingProperties,
    Fingerprints, Invocation, Location, LogicalLocation, Notification, PhysicalLocation, Region,
    RunProperties, Suppression, SuppressionProperties, Taxed, Taxon, Taxonomy, Text, Tool,
};
use rules::rules;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// The schema of what is written.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Log, runs, run, results: each result stands on one line.
const LAID_OUT: usize = 4;
/// GitHub refuses a file that has more results in one run. It shows the worst 5,000 of them.
const RESULTS: usize = 25_000;
/// Bytes of a message: GitHub takes ten megabytes, compressed, and 25,000 of them must fit.
const MESSAGE: usize = 1500;
/// Where everything is said to be, without an organisation file.
const ARTIFACT: &str = "pimaudit.yaml";

/// Writes the report. The same report gives the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    json::lay_out(&Log { schema: SCHEMA, version: "2.1.0", runs: report }, LAID_OUT, out)
}

/// The file.
#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    #[serde(serialize_with = "runs")]
    runs: &'a Report,
}

/// One baseline.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    automation_details: AutomationDetails,
    invocations: [Invocation; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    taxonomies: Vec<Taxonomy<'a>>,
    #[serde(serialize_with = "results")]
    results: Chosen<'a>,
    properties: RunProperties<'a>,
}

/// The findings that are results; each is made into one while it is written.
struct Chosen<'a> {
    report: &'a Report,
    judged: &'a Judged,
    /// Ids of the checks, sorted, in the order of the rules.
    checks: Vec<&'static str>,
    points: Vec<f64>,
    places: Vec<usize>,
    /// Results beyond the limit.
    left_out: usize,
}

fn runs<S: Serializer>(report: &&Report, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(report.baselines.iter().map(|judged| Run::of(report, judged)))
}

fn results<S: Serializer>(chosen: &Chosen<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(chosen.places.iter().map(|&place| chosen.result(place)))
}

impl<'a> Run<'a> {
    fn of(report: &'a Report, judged: &'a Judged) -> Self {
        let results = Chosen::of(report, judged, RESULTS);
        let mut controls: BTreeSet<&str> =
            judged.controls.iter().map(|it| it.control.as_str()).collect();
        controls
            .extend(judged.findings.iter().flat_map(|it| &it.rule.controls).map(String::as_str));
        let mut taxonomies = Vec::new();
        let mut supported_taxonomies = Vec::new();
        if !controls.is_empty() {
            let taxa = controls.into_iter().map(|id| Taxon { id }).collect();
            taxonomies.push(Taxonomy { name: &judged.id, full_name: &judged.title, taxa });
            supported_taxonomies.push(Component { name: &judged.id });
        }
        let collected = &report.collected;
        let window = collected.window();
        Self {
            tool: Tool {
                driver: Driver {
                    name: "pimaudit",
                    version: report.version,
                    semantic_version: report.version,
                    supported_taxonomies,
                    rules: rules(report, judged),
                },
            },
            // Everything up to the last slash is the category: an upload replaces only what an
            // earlier one said of the same tenant and baseline.
            automation_details: AutomationDetails {
                id: format!("pimaudit/{}/{}/", report.tenant, judged.id),
            },
            invocations: [Invocation {
                execution_successful: true,
                end_time_utc: report.now,
                tool_execution_notifications: execution(report, results.left_out),
                tool_configuration_notifications: configuration(judged),
            }],
            taxonomies,
            properties: RunProperties {
                tenant: &report.tenant,
                collected_by: collected.by.as_deref(),
                application: collected.application.as_deref(),
                sign_in: collected.auth.as_deref(),
                permissions: &collected.permissions,
                read_from: window.map(|(first, _)| first),
                read_to: window.map(|(_, last)| last),
                baseline: &judged.id,
                baseline_digest: &judged.digest,
                headline: judged.score.headline(),
                coverage: judged.score.coverage,
                findings: counts(judged),
                left_out: results.left_out,
            },
            results,
        }
    }
}

/// Findings by outcome, waived ones by themselves.
fn counts(judged: &Judged) -> BTreeMap<&'static str, usize> {
    let names = ["pass", "partial", "fail", "waived", "info", "not-applicable", "not-assessed"];
    let mut counts = BTreeMap::from(names.map(|name| (name, 0)));
    for finding in &judged.findings {
        let name = if finding.waiver.is_some() { "waived" } else { finding.outcome.name() };
        *counts.entry(name).or_default() += 1;
    }
    counts
}

/// What was not read, and what found no room.
fn execution(report: &Report, left_out: usize) -> Vec<Notification> {
    let mut notifications = Vec::new();
    for state in &report.collected.datasets {
        let Some(gap) = &state.gap else { continue };
        let level = if state.declined { "note" } else { "warning" };
        let text = format!("Not read whole: {}: {gap}", words::title(state.dataset));
        notifications.push(notification("not-read", level, &text));
    }
    if left_out > 0 {
        let text = format!(
            "{left_out} further results are not in this file, which holds the {RESULTS} worst: \
             code scanning refuses more. The JSON report has them all."
        );
        notifications.push(notification("left-out", "error", &text));
    }
    notifications
}

/// Rules that judged nothing.
fn configuration(judged: &Judged) -> Vec<Notification> {
    let text = |rule: &String| format!("This rule matched nothing: {rule}");
    let rules = judged.unmatched_rules.iter();
    rules.map(|rule| notification("unmatched-rule", "warning", &text(rule))).collect()
}

fn notification(id: &'static str, level: &'static str, text: &str) -> Notification {
    let text = escape::sarif_message(&cut(text, MESSAGE)).into();
    Notification { descriptor: Descriptor { id }, level, message: Text { text } }
}

impl<'a> Chosen<'a> {
    fn of(report: &'a Report, judged: &'a Judged, limit: usize) -> Self {
        let mut checks: Vec<&'static str> = judged.findings.iter().map(|it| it.check).collect();
        checks.dedup();
        let points = open::points(judged);
        let (places, left_out) = worst(&judged.findings, &points, limit);
        Self { report, judged, checks, points, places, left_out }
    }

    fn result(&self, place: usize) -> document::Finding<'a> {
        let finding = &self.judged.findings[place];
        let (kind, level) = match finding.outcome.verdict() {
            Some(verdict) => ("fail", level(finding.severity, verdict)),
            // The standard wants no level on what is not a failure.
            None => ("open", "none"),
        };
        let subject = &finding.subject;
        let tax =
            |id: &'a String| Taxed { id, tool_component: Component { name: &self.judged.id } };
        document::Finding {
            rule_id: finding.check,
            rule_index: self.checks.binary_search(&finding.check).unwrap_or_default(),
            kind,
            level,
            message: Text { text: message(finding).into() },
            locations: [Location {
                physical_location: PhysicalLocation {
                    artifact_location: ArtifactLocation { uri: artifact(self.report) },
                    region: Region { start_line: 1 },
                },
                logical_locations: [LogicalLocation {
                    name: escape::terminal(&subject.name),
                    fully_qualified_name: format!("{}/{}", self.report.tenant, subject.key),
                    kind: subject.kind.name(),
                }],
            }],
            partial_fingerprints: Fingerprints {
                // The fingerprint is the same in every tenant, an alert is not.
                primary: format!("{}:{}", finding.fingerprint, self.report.tenant),
                own: finding.fingerprint.to_string(),
            },
            // The standard wants the list on every result of a run or on none.
            suppressions: finding.waiver.iter().map(|it| suppression(it)).collect(),
            taxa: finding.rule.controls.iter().map(tax).collect(),
            properties: FindingProperties {
                outcome: finding.outcome.name(),
                severity: finding.severity.name(),
                points: (self.points[place] * 10_000.0).round() / 10_000.0,
                subject: &subject.key,
            },
        }
    }
}

/// Places of the results, at most so many: open ones first, then what could not be judged, then what
/// is waived; each by severity and points. And how many found no room.
fn worst(findings: &[Finding], points: &[f64], limit: usize) -> (Vec<usize>, usize) {
    let places = 0..findings.len();
    let mut places: Vec<usize> = places.filter(|&place| is_result(&findings[place])).collect();
    let left_out = places.len().saturating_sub(limit);
    if left_out > 0 {
        let rank = |place: usize| {
            let finding = &findings[place];
            let open = open::open(finding).is_some();
            (!open, finding.waiver.is_some(), Reverse(finding.severity))
        };
        places.sort_by(|&one, &other| {
            rank(one).cmp(&rank(other)).then(points[other].total_cmp(&points[one]))
        });
        places.truncate(limit);
        places.sort_unstable();
    }
    (places, left_out)
}

const fn is_result(finding: &Finding) -> bool {
    match finding.outcome {
        Outcome::Judged { verdict: Verdict::Partial | Verdict::Fail, .. }
        | Outcome::NotAssessed(_) => true,
        Outcome::Judged { verdict: Verdict::Pass, .. }
        | Outcome::Info(_)
        | Outcome::NotApplicable { .. } => false,
    }
}

/// What is met in part is one level lower than what failed.
const fn level(severity: Severity, verdict: Verdict) -> &'static str {
    match (severity, verdict) {
        (Severity::Critical | Severity::High, Verdict::Fail | Verdict::Pass) => "error",
        (Severity::Critical | Severity::High, Verdict::Partial)
        | (Severity::Medium, Verdict::Fail | Verdict::Pass) => "warning",
        (Severity::Medium, Verdict::Partial) | (Severity::Low, _) => "note",
    }
}

/// What is wrong, in one paragraph. A waiver is named, as GitHub does not read suppressions.
fn message(finding: &Finding) -> String {
    let name = &finding.subject.name;
    let mut text = format!("{name}: {} ({}", finding.title, finding.severity);
    match &finding.outcome {
        Outcome::Judged { verdict: Verdict::Partial, .. } => text.push_str(", met in part)."),
        Outcome::Judged { .. } | Outcome::Info(_) | Outcome::NotApplicable { .. } => {
            text.push_str(").");
        }
        Outcome::NotAssessed(gap) => {
            text.push_str(&format!(", not assessed). Could not be judged: {}.", words::gap(gap)));
        }
    }
    if let Some(details) = finding.outcome.details() {
        let (observed, expected) = (&details.observed, &details.expected);
        text.push_str(&format!(" Observed: {observed}. Expected: {expected}."));
        for note in &details.notes {
            text.push_str(&format!(" Note: {note}."));
        }
    }
    if let Some(waiver) = &finding.waiver {
        text.push_str(&format!(" Waived by {} until {}.", waiver.owner, waiver.expires));
    }
    if let Some(remediation) = &finding.remediation {
        text.push_str(&format!(" Mend: {}.", remediation.portal));
    }
    escape::sarif_message(&cut(&text, MESSAGE))
}

fn suppression(waiver: &crate::model::WaiverMark) -> Suppression<'_> {
    let mut justification =
        format!("{} (owner {}, until {}", waiver.reason, waiver.owner, waiver.expires);
    if let Some(ticket) = &waiver.ticket {
        justification.push_str(&format!(", ticket {ticket}"));
    }
    if let Some(approved_by) = &waiver.approved_by {
        justification.push_str(&format!(", approved by {approved_by}"));
    }
    justification.push(')');
    Suppression {
        kind: "external",
        status: "accepted",
        justification: escape::terminal(&justification).into_owned(),
        properties: SuppressionProperties {
            owner: &waiver.owner,
            expires: waiver.expires,
            ticket: waiver.ticket.as_deref(),
            approved_by: waiver.approved_by.as_deref(),
        },
    }
}

/// The file that everything is said to be in: code scanning shows nothing without one. The
/// organisation file is the one that names this tenant; a path that is not plain and relative is not
/// told.
fn artifact(report: &Report) -> &str {
    let Some(configuration) = &report.configuration else { return ARTIFACT };
    let file = configuration.file.strip_prefix("./").unwrap_or(&configuration.file);
    let plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    let segment = |it: &str| it.starts_with(|first: char| first != '.') && it.chars().all(plain);
    if file.split('/').all(segment) { file } else { ARTIFACT }
}

/// At most so many bytes, with an ellipsis where something is missing.
fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    let end = text.char_indices().map(|(place, _)| place).take_while(|&it| it <= limit).last();
    Cow::Owned(format!("{}…", &text[..end.unwrap_or_default()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Tier};
    use crate::report::testing::{
        denied, finding, missing_list, person, report, role, tenant, waiver,
    };
    use serde_json::{Value, json};

    fn bytes(report: &Report) -> Vec<u8> {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        out
    }

    fn value(report: &Report) -> Value {
        serde_json::from_slice(&bytes(report)).unwrap()
    }

    /// One finding of each outcome.
    fn full() -> Report {
        let failed = Outcome::fail("600 min", "at most 480 min").note("seen once");
        let mut waived = finding("f-waived", Severity::Low, tenant(), Outcome::fail("off", "on"));
        waived.waiver = Some(waiver());
        report(vec![
            finding(
                "a-fail",
                Severity::Critical,
                role("Global Administrator", Tier::Critical, 1.0),
                failed,
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
    fn what_somebody_has_to_look_at_is_a_result() {
        let log = value(&full());
        let results = log["runs"][0]["results"].as_array().unwrap();
        let told: Vec<_> = results
            .iter()
            .map(|it| {
                let part = |name: &str| it[name].as_str().unwrap();
                let waived = it["suppressions"].as_array().unwrap().len();
                (part("ruleId"), part("kind"), part("level"), waived)
            })
            .collect();
        assert_eq!(
            told,
            [
                ("a-fail", "fail", "error", 0),
                ("c-partial", "fail", "warning", 0),
                ("f-waived", "fail", "note", 1),
                ("g-unread", "open", "none", 0),
            ]
        );
        assert_eq!(
            log["runs"][0]["properties"]["findings"],
            json!({"pass": 1, "partial": 1, "fail": 1, "waived": 1, "info": 1, "not-applicable": 1,
                "not-assessed": 1})
        );
        for result in results {
            let rule = &log["runs"][0]["tool"]["driver"]["rules"]
                [result["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], result["ruleId"]);
        }
    }

    #[test]
    fn a_result_says_what_and_where() {
        let log = value(&full());
        let result = &log["runs"][0]["results"][0];
        let message = result["message"]["text"].as_str().unwrap();
        assert!(
            message.starts_with(
                "Global Administrator: A bad state (critical). Observed: 600 min. Expected: at most \
                 480 min. Note: seen once. Mend: "
            ),
            "{message}"
        );
        for (pointer, expected) in [
            ("/locations/0/physicalLocation/artifactLocation/uri", json!("pimaudit.yaml")),
            ("/locations/0/logicalLocations/0/kind", json!("role")),
            ("/locations/0/logicalLocations/0/name", json!("Global Administrator")),
            ("/partialFingerprints/pimaudit~1v1", json!("19".repeat(16))),
            ("/properties/severity", json!("critical")),
        ] {
            assert_eq!(result.pointer(pointer), Some(&expected), "{pointer}");
        }
        let id = log.pointer("/runs/0/automationDetails/id").unwrap();
        assert_eq!(id, "pimaudit/7f3a0000-0000-4000-8000-000000000001/recommended/");
        let waived = log.pointer("/runs/0/results/2/suppressions/0/justification").unwrap();
        assert_eq!(
            waived,
            "Moves in January (owner soc@contoso.example, until 2027-02-01, ticket CHG-7)"
        );
    }

    #[test]
    fn the_worst_are_kept_and_the_rest_is_counted() {
        let report = full();
        let judged = &report.baselines[0];
        for (limit, kept, left_out) in [
            (9, vec!["a-fail", "c-partial", "f-waived", "g-unread"], 0),
            (4, vec!["a-fail", "c-partial", "f-waived", "g-unread"], 0),
            (3, vec!["a-fail", "c-partial", "g-unread"], 1),
            (1, vec!["a-fail"], 3),
            (0, vec![], 4),
        ] {
            let chosen = Chosen::of(&report, judged, limit);
            let checks: Vec<_> =
                chosen.places.iter().map(|&place| judged.findings[place].check).collect();
            assert_eq!((checks, chosen.left_out), (kept, left_out), "{limit}");
        }
        let told = execution(&report, 7);
        assert_eq!((told.len(), told[0].level), (1, "error"));
        assert!(told[0].message.text.starts_with("7 further results"));
    }

    #[test]
    fn what_was_not_read_is_a_notification() {
        let mut report = full();
        if let Outcome::NotAssessed(gap) = denied(Dataset::Principals) {
            report.collected.datasets[0].gap = Some(gap);
        }
        report.baselines[0].unmatched_rules = vec!["a-fail roles: Nobody".to_owned()];
        let log = value(&report);
        let invocation = &log["runs"][0]["invocations"][0];
        let told = &invocation["toolExecutionNotifications"][0];
        assert_eq!(
            (&told["level"], &told["descriptor"]["id"]),
            (&json!("warning"), &json!("not-read"))
        );
        let rule = &invocation["toolConfigurationNotifications"][0]["message"]["text"];
        assert_eq!(rule, "This rule matched nothing: a-fail roles: Nobody");
    }

    #[test]
    fn a_run_says_who_read_when_and_how_as_far_as_known() {
        let known = full();
        let mut unknown = full();
        let collected = &mut unknown.collected;
        (collected.by, collected.auth, collected.application) = (None, None, None);
        collected.permissions.clear();
        for state in &mut collected.datasets {
            state.read_at = None;
        }
        let (known, unknown) = (value(&known), value(&unknown));
        for (name, expected) in [
            ("collectedBy", json!("auditor@contoso.example")),
            ("application", json!("aaaaaaaa-0000-4000-8000-0000000000a1")),
            ("signIn", json!("device-code")),
            ("permissions", json!(["RoleManagement.Read.Directory"])),
            ("readFrom", json!("2026-11-02T09:00:00Z")),
            ("readTo", json!("2026-11-02T09:00:00Z")),
        ] {
            assert_eq!(known["runs"][0]["properties"].get(name), Some(&expected), "{name}");
            assert_eq!(unknown["runs"][0]["properties"].get(name), None, "{name}");
        }
    }

    #[test]
    fn controls_are_taxa() {
        let mut one = finding("a-fail", Severity::Low, tenant(), Outcome::fail("off", "on"));
        let mut origin = (*one.rule).clone();
        origin.controls = vec!["MS.AAD.7.2".to_owned(), "MS.AAD.7.1".to_owned()];
        one.rule = origin.into();
        let log = value(&report(vec![one]));
        let run = &log["runs"][0];
        assert_eq!(
            run["taxonomies"][0]["taxa"],
            json!([{"id": "MS.AAD.7.1"}, {"id": "MS.AAD.7.2"}])
        );
        assert_eq!(
            run["results"][0]["taxa"][0],
            json!({"id": "MS.AAD.7.2", "toolComponent": {"name": "recommended"}})
        );
    }

    #[test]
    fn levels_follow_the_severity() {
        for (severity, failed, in_part) in [
            (Severity::Critical, "error", "warning"),
            (Severity::High, "error", "warning"),
            (Severity::Medium, "warning", "note"),
            (Severity::Low, "note", "note"),
        ] {
            assert_eq!(level(severity, Verdict::Fail), failed, "{severity}");
            assert_eq!(level(severity, Verdict::Partial), in_part, "{severity}");
        }
    }

    #[test]
    fn only_a_plain_relative_path_is_told() {
        for (file, expected) in [
            ("pimaudit.yaml", "pimaudit.yaml"),
            ("./pimaudit.yaml", "pimaudit.yaml"),
            ("tenants/contoso.yaml", "tenants/contoso.yaml"),
            ("/home/someone/pimaudit.yaml", ARTIFACT),
            ("../pimaudit.yaml", ARTIFACT),
            ("C:\\pimaudit.yaml", ARTIFACT),
            ("a b.yaml", ARTIFACT),
            ("", ARTIFACT),
        ] {
            let mut report = report(Vec::new());
            report.configuration.as_mut().unwrap().file = file.to_owned();
            assert_eq!(artifact(&report), expected, "{file}");
        }
        let mut without = report(Vec::new());
        without.configuration = None;
        assert_eq!(artifact(&without), ARTIFACT);
    }

    #[test]
    fn the_same_report_gives_the_same_bytes() {
        assert_eq!(bytes(&full()), bytes(&full()));
        let empty = value(&report(Vec::new()));
        assert_eq!(empty["runs"][0]["results"], json!([]));
        assert_eq!(empty["runs"][0]["tool"]["driver"]["rules"], json!([]));
    }

    #[test]
    fn a_message_is_cut_between_characters() {
        let long = format!("é{}", "a".repeat(3 * MESSAGE));
        let one = finding("a-fail", Severity::Low, person(&long), Outcome::fail("off", "on"));
        assert!(message(&one).len() <= MESSAGE + '…'.len_utf8());
        for (text, limit, expected) in [("ab", 2, "ab"), ("abc", 2, "ab…"), ("éé", 3, "é…")]
        {
            assert_eq!(cut(text, limit), expected, "{text} in {limit}");
        }
    }
}
