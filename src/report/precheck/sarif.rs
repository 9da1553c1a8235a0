//! The answer as SARIF 2.1.0 for code scanning: what the changes worsen or cannot tell, in the
//! files of the changes.
//!
//! A finding that got worse is a failure, its level by its severity; what is not known is open.
//! What got better, stayed or is only remarked is no result. The first run also holds what no
//! baseline asks for.

use super::due::{Due, due, harmful};
use super::{BaselineLine, ChangeLine, Precheck, WEAKENED};
use crate::model::Severity;
use crate::report::escape;
use crate::report::json::lay_out;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// The schema of what is written.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Log, runs, run, results: each result stands on one line.
const LAID_OUT: usize = 4;
/// Code scanning refuses a file that has more results in one run.
const RESULTS: usize = 25_000;
/// Characters of a message at most.
const MESSAGE: usize = 1_000;
/// The rule of what must not be, whatever the baseline.
const HARM: &str = "precheck-harm";
/// The rule of what a change does not tell.
const NOT_KNOWN: &str = "precheck-unknown";

/// Writes the answer. The same one gives the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write(precheck: &Precheck, out: &mut dyn Write) -> io::Result<()> {
    let runs: Vec<Run<'_>> = precheck
        .baselines
        .iter()
        .enumerate()
        .map(|(place, baseline)| run(precheck, baseline, place == 0))
        .collect();
    lay_out(&Log { schema: SCHEMA, version: "2.1.0", runs }, LAID_OUT, out)
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: Vec<Run<'a>>,
}

/// What changes by one baseline.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    automation_details: Id,
    invocations: [Invocation; 1],
    results: Vec<Found<'a>>,
    properties: RunProperties<'a>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    version: &'a str,
    semantic_version: &'a str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    short_description: Text,
    full_description: Text,
    help: Text,
    properties: Tags,
}

#[derive(Serialize)]
struct Tags {
    tags: [&'static str; 3],
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Id {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    descriptor: Id,
    level: &'static str,
    message: Text,
}

/// One result.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found<'a> {
    rule_id: &'a str,
    rule_index: usize,
    kind: &'static str,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    partial_fingerprints: Fingerprints,
    // The standard wants the list on every result of a run or on none.
    suppressions: Vec<Suppression>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<FoundProperties<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    logical_locations: [LogicalLocation; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
}

/// The item of the file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    fully_qualified_name: String,
}

/// What the next run is compared by.
#[derive(Serialize)]
struct Fingerprints {
    /// The only one that GitHub reads.
    #[serde(rename = "primaryLocationLineHash")]
    primary: String,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: &'static str,
}

#[derive(Serialize)]
struct FoundProperties<'a> {
    direction: &'static str,
    severity: &'static str,
    points: f64,
    subject: &'a str,
    before: &'static str,
    after: &'static str,
    new_failure: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunProperties<'a> {
    tenant: &'a str,
    baseline: &'a str,
    baseline_digest: &'a str,
    direction: &'static str,
    regressions: usize,
    changes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    posture_before: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    posture_after: Option<f64>,
    left_out: usize,
}

/// One run; the first also tells what no baseline asks for.
fn run<'a>(precheck: &'a Precheck, baseline: &'a BaselineLine, is_first: bool) -> Run<'a> {
    let due = due(precheck, baseline);
    let mut ids: BTreeSet<&str> = due.iter().map(|it| it.finding.check).collect();
    let unknown = || {
        let changes = precheck.changes.iter();
        changes.flat_map(|change| change.unknown().map(move |text| (change, text)))
    };
    if is_first && !precheck.harms.is_empty() {
        ids.insert(HARM);
    }
    if is_first && unknown().next().is_some() {
        ids.insert(NOT_KNOWN);
    }
    let ids: Vec<&str> = ids.into_iter().collect();
    let index = |id: &str| ids.binary_search(&id).unwrap_or_default();
    let mut results: Vec<Found<'a>> = Vec::new();
    if is_first {
        for harm in &precheck.harms {
            let at = harmful(precheck, harm);
            let words = format!("{harm}. That is stopped whatever a baseline asks for");
            results.push(stated(precheck, HARM, index(HARM), ("fail", "error"), &words, at, harm));
        }
    }
    results.extend(due.iter().map(|it| finding(precheck, baseline, it, index(it.finding.check))));
    if is_first {
        for (change, text) in unknown() {
            let words = format!("{text}. What comes of it cannot be judged before the change");
            let kind = ("open", "none");
            let place = index(NOT_KNOWN);
            results.push(stated(precheck, NOT_KNOWN, place, kind, &words, Some(change), text));
        }
    }
    let left_out = results.len().saturating_sub(RESULTS);
    results.truncate(RESULTS);
    Run {
        tool: Tool {
            driver: Driver {
                name: "pimaudit",
                version: precheck.version,
                semantic_version: precheck.version,
                rules: ids.iter().map(|id| rule(precheck, id)).collect(),
            },
        },
        // An upload replaces only what an earlier one said of the same tenant and baseline.
        automation_details: Id {
            id: format!("pimaudit-precheck/{}/{}/", precheck.tenant, baseline.id),
        },
        invocations: [Invocation {
            execution_successful: true,
            tool_execution_notifications: notifications(precheck, left_out),
        }],
        results,
        properties: RunProperties {
            tenant: &precheck.tenant,
            baseline: &baseline.id,
            baseline_digest: &baseline.digest,
            direction: precheck.direction,
            regressions: precheck.regressions,
            changes: precheck.changes.len(),
            posture_before: baseline.before.posture,
            posture_after: baseline.after.posture,
            left_out,
        },
    }
}

fn notifications(precheck: &Precheck, left_out: usize) -> Vec<Notification> {
    let mut all = Vec::new();
    let mut note = |id: &str, level, text: &str| {
        let message = Text { text: message(text) };
        all.push(Notification { descriptor: Id { id: id.to_owned() }, level, message });
    };
    for waiver in &precheck.ignored_waivers {
        note("ignored-waiver", "warning", &format!("This waiver does not count yet: {waiver}"));
    }
    if left_out > 0 {
        let text =
            format!("{left_out} further results are not in this file. The JSON has them all.");
        note("left-out", "error", &text);
    }
    all
}

fn rule(precheck: &Precheck, id: &str) -> Rule {
    let known = precheck.checks.iter().find(|check| check.id == id);
    let (title, why) = match (known, id) {
        (Some(check), _) => (check.title, check.why.as_str()),
        (None, HARM) => (
            "A change that must not be",
            "It locks approval out, or takes the last account for emergencies.",
        ),
        (None, NOT_KNOWN) => (
            "A change that cannot be judged before it is made",
            "What it does not tell may weaken the tenant without anybody having seen it.",
        ),
        (None, _) => (id_title(precheck, id), "The baseline asks for it."),
    };
    let text = |text: &str| Text { text: escape::sarif_message(text) };
    Rule {
        id: id.to_owned(),
        short_description: text(title),
        full_description: text(why),
        help: text(known.map_or(why, |check| check.what.as_str())),
        properties: Tags { tags: ["security", "entra-id", "pim"] },
    }
}

/// The title of a check by its findings.
fn id_title(precheck: &Precheck, id: &str) -> &'static str {
    let mut findings = precheck.baselines.iter().flat_map(|it| &it.findings);
    findings.find(|it| it.check == id).map_or("A bad state", |it| it.title)
}

fn finding<'a>(
    precheck: &'a Precheck,
    baseline: &'a BaselineLine,
    due: &Due<'a>,
    rule_index: usize,
) -> Found<'a> {
    let finding = due.finding;
    let (kind, level) = match finding.direction {
        WEAKENED => ("fail", level(finding.severity, finding.after.outcome)),
        _ => ("open", "none"),
    };
    let suppressions = if finding.waived {
        vec![Suppression {
            kind: "external",
            status: "accepted",
            justification: "a waiver of the organisation file accepts it",
        }]
    } else {
        Vec::new()
    };
    Found {
        rule_id: finding.check,
        rule_index,
        kind,
        level,
        message: Text { text: message(&due.in_words()) },
        locations: [location(due.at)],
        partial_fingerprints: fingerprint(
            precheck,
            &[&baseline.id, finding.check, &finding.subject],
        ),
        suppressions,
        properties: Some(FoundProperties {
            direction: finding.direction,
            severity: finding.severity.name(),
            points: (finding.points * 10_000.0).round() / 10_000.0,
            subject: &finding.subject,
            before: finding.before.outcome,
            after: finding.after.outcome,
            new_failure: finding.new_failure,
        }),
    }
}

/// A result that is about no finding.
fn stated<'a>(
    precheck: &Precheck,
    rule_id: &'a str,
    rule_index: usize,
    (kind, level): (&'static str, &'static str),
    words: &str,
    at: Option<&ChangeLine>,
    of: &str,
) -> Found<'a> {
    let (file, item) = at.map_or(("", ""), |change| (&*change.file, change.item.as_str()));
    Found {
        rule_id,
        rule_index,
        kind,
        level,
        message: Text { text: message(words) },
        locations: [location(at)],
        partial_fingerprints: fingerprint(precheck, &[rule_id, file, item, of]),
        suppressions: Vec::new(),
        properties: None,
    }
}

/// What is met in part after the change is one level lower than what fails.
fn level(severity: Severity, outcome: &str) -> &'static str {
    let fails = outcome == "fail";
    match severity {
        Severity::Critical | Severity::High if fails => "error",
        Severity::Critical | Severity::High => "warning",
        Severity::Medium if fails => "warning",
        Severity::Medium | Severity::Low => "note",
    }
}

fn message(text: &str) -> String {
    let short: String = text.chars().take(MESSAGE).collect();
    let end = match short.len() < text.len() {
        true => "…",
        false if text.ends_with('.') => "",
        false => ".",
    };
    escape::sarif_message(&format!("{short}{end}"))
}

/// Where a change stands; a file of one line has all in its first.
fn location(change: Option<&ChangeLine>) -> Location {
    let (file, line, item, pointer) = match change {
        Some(it) => (&*it.file, it.line.unwrap_or(1), it.item.as_str(), it.pointer.as_str()),
        None => ("stdin", 1, "the changes", ""),
    };
    Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: uri(file) },
            region: Region { start_line: line.max(1) },
        },
        logical_locations: [LogicalLocation {
            name: escape::terminal(item).into_owned(),
            fully_qualified_name: escape::terminal(pointer).into_owned(),
        }],
    }
}

/// A path as a URI: relative stays relative, and whatever else may stand in a name is encoded.
fn uri(file: &str) -> String {
    let file = file.replace('\\', "/");
    let file = file.strip_prefix("./").unwrap_or(&file);
    let is_drive = file.as_bytes().get(1) == Some(&b':');
    let mut uri = match (file.starts_with('/'), is_drive) {
        (true, _) => "file://".to_owned(),
        (false, true) => "file:///".to_owned(),
        (false, false) => String::new(),
    };
    for (place, byte) in file.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
        if plain || (is_drive && place == 1) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// The same whatever stands before it in the file; another in every tenant.
fn fingerprint(precheck: &Precheck, parts: &[&str]) -> Fingerprints {
    let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in parts {
        hash.update(part.as_bytes());
        hash.update(b"\n");
    }
    let digest = hash.finish();
    let short: String = digest.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Fingerprints { primary: format!("{short}:{}", precheck.tenant) }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{precheck, unknown_change};
    use super::*;
    use serde_json::Value;

    fn value(precheck: &Precheck) -> Value {
        let mut out = Vec::new();
        write(precheck, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    fn rules(run: &Value) -> Vec<&str> {
        let results = run["results"].as_array().unwrap();
        results.iter().map(|it| it["ruleId"].as_str().unwrap()).collect()
    }

    #[test]
    fn a_result_stands_where_the_change_stands() {
        let mut answer = precheck("Contoso");
        answer.changes.push(unknown_change());
        let log = value(&answer);
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        assert_eq!(rules(run), [HARM, "activation-too-long", NOT_KNOWN]);
        let place = |result: usize| {
            let location = &run["results"][result]["locations"][0]["physicalLocation"];
            let uri = location["artifactLocation"]["uri"].as_str().unwrap().to_owned();
            (uri, location["region"]["startLine"].as_u64().unwrap())
        };
        assert_eq!(place(0), ("plan.json".to_owned(), 3));
        assert_eq!(place(1), ("plan.json".to_owned(), 3));
        // A file of one line has no line to tell.
        assert_eq!(place(2), ("other.json".to_owned(), 1));
        for (result, kind, level) in
            [(0, "fail", "error"), (1, "fail", "error"), (2, "open", "none")]
        {
            assert_eq!(run["results"][result]["kind"], kind, "{result}");
            assert_eq!(run["results"][result]["level"], level, "{result}");
            let rule = run["results"][result]["ruleIndex"].as_u64().unwrap();
            let id = &run["tool"]["driver"]["rules"][rule as usize]["id"];
            assert_eq!(*id, run["results"][result]["ruleId"]);
        }
        assert_eq!(run["results"][1]["properties"]["new_failure"], true);
    }

    #[test]
    fn only_what_is_worse_or_not_known_is_a_result() {
        for (direction, count) in
            [("weakened", 1), ("unknown", 1), ("strengthened", 0), ("neutral", 0)]
        {
            let mut answer = precheck("Contoso");
            answer.harms.clear();
            answer.baselines[0].findings[0].direction = direction;
            let log = value(&answer);
            assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), count, "{direction}");
        }
        let mut answer = precheck("Contoso");
        answer.baselines[0].findings[0].waived = true;
        let suppressed = &value(&answer)["runs"][0]["results"][1]["suppressions"];
        assert_eq!(suppressed[0]["status"], "accepted");
    }

    #[test]
    fn a_fingerprint_stays_when_lines_move_and_differs_by_finding() {
        let primary = |answer: &Precheck, result: usize| {
            let result = &value(answer)["runs"][0]["results"][result];
            result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap().to_owned()
        };
        let mut moved = precheck("Contoso");
        moved.changes[0].line = Some(99);
        moved.changes[0].pointer = "/7".to_owned();
        let answer = precheck("Contoso");
        for result in [0, 1] {
            assert_eq!(primary(&answer, result), primary(&moved, result));
        }
        assert_ne!(primary(&answer, 0), primary(&answer, 1));
        moved.baselines[0].findings[0].subject = "role:y".into();
        assert_ne!(primary(&answer, 1), primary(&moved, 1));
        moved.tenant = "t-2".into();
        assert!(primary(&moved, 1).ends_with(":t-2"));
    }

    #[test]
    fn a_run_is_one_baseline_and_the_first_tells_the_rest() {
        let mut answer = precheck("Contoso");
        answer.changes.push(unknown_change());
        let mut second = answer.baselines[0].clone();
        second.id = "own".to_owned();
        answer.baselines.push(second);
        let log = value(&answer);
        assert_eq!(rules(&log["runs"][1]), ["activation-too-long"]);
        assert_eq!(log["runs"][1]["automationDetails"]["id"], "pimaudit-precheck/t-1/own/");
    }

    #[test]
    fn levels_follow_severity_and_outcome() {
        for (severity, outcome, expected) in [
            (Severity::Critical, "fail", "error"),
            (Severity::High, "partial", "warning"),
            (Severity::Medium, "fail", "warning"),
            (Severity::Medium, "partial", "note"),
            (Severity::Low, "fail", "note"),
        ] {
            assert_eq!(level(severity, outcome), expected, "{severity} {outcome}");
        }
    }

    #[test]
    fn a_path_becomes_a_uri() {
        for (file, expected) in [
            ("plan.json", "plan.json"),
            ("./pim/a b.json", "pim/a%20b.json"),
            ("pim\\plan.json", "pim/plan.json"),
            ("/tmp/plan.json", "file:///tmp/plan.json"),
            ("C:\\pim\\plan.json", "file:///C:/pim/plan.json"),
            ("é#?%.json", "%C3%A9%23%3F%25.json"),
            ("stdin", "stdin"),
        ] {
            assert_eq!(uri(file), expected, "{file}");
        }
    }

    #[test]
    fn no_name_becomes_a_link_or_a_placeholder() {
        let answer = precheck("[x](http://a) {0}\u{1b}[2J\n");
        let log = value(&answer);
        for result in log["runs"][0]["results"].as_array().unwrap() {
            let text = result["message"]["text"].as_str().unwrap();
            assert!(!text.contains("](http") && text.contains("{{0}}"), "{text}");
        }
        assert!(!log.to_string().contains("\\u001b"), "{log}");
    }
}
