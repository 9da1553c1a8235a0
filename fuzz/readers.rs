//! What a fuzz target does with some bytes: one function a reader, true where the bytes are taken.
//!
//! The tests use this file as well, so the kept corpus is read where there is no fuzzer. What is
//! asserted here holds for every input; anything else that panics is a fault of the program.

use pimaudit::baseline::{self, Baseline, builtin, organisation};
use pimaudit::evaluate::evaluate;
use pimaudit::evidence::{self, Again, Entry, SNAPSHOT};
use pimaudit::model::{Dataset, Organisation, Tenant};
use pimaudit::precheck::{self, Change};
use pimaudit::report::format::{self, Format};
use pimaudit::report::table::{Look, Show};
use pimaudit::report::{self, Report};
use pimaudit::resolve::resolve;
use pimaudit::snapshot::{self, Redactor, Snapshot};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::LazyLock;

/// Reads bytes; true where they are taken.
type Reader = fn(&[u8]) -> bool;

/// Every target with its reader. A target has a program in `fuzz_targets`, a folder in `corpus` and
/// a dictionary in `dict` of the same name.
pub(crate) static READERS: [(&str, Reader); 11] = [
    ("graph_body", graph_body),
    ("terraform", terraform),
    ("easypim", easypim),
    ("arm", arm),
    ("precheck", precheck_and_judge),
    ("snapshot", snapshot_and_judge),
    ("redact", redact),
    ("baseline", baseline_and_judge),
    ("organisation", organisation_and_judge),
    ("report", report_in_every_format),
    ("evidence", evidence_package),
];

/// Gives bytes to the reader of a target.
pub(crate) fn feed(target: &str, bytes: &[u8]) -> bool {
    let found = READERS.iter().find(|(name, _)| *name == target);
    let (_, reader) = found.expect("every target has a reader");
    reader(bytes)
}

/// A tenant of a few roles, people and groups, on which everything is judged.
static TENANT: LazyLock<Tenant> = LazyLock::new(|| {
    let text = include_bytes!("tenant.json");
    let snapshot = snapshot::load_bytes(text, Path::new("tenant.json"));
    let snapshot = snapshot.expect("the small tenant is a snapshot");
    resolve(&snapshot, snapshot.collected_at)
});

static RECOMMENDED: LazyLock<[Baseline; 1]> =
    LazyLock::new(|| [builtin::load("recommended").expect("it is part of the program")]);

/// Judges, and holds the score against what is said of every score.
fn judged(tenant: &Tenant, organisation: &Organisation, baseline: &Baseline) {
    let score = evaluate(tenant, organisation, baseline, tenant.collected_at).score;
    let percent = 0.0..=100.0;
    assert!(score.posture.is_none_or(|posture| percent.contains(&posture)), "{:?}", score.posture);
    assert!(percent.contains(&score.low) && percent.contains(&score.high), "{score:?}");
    assert!(score.low <= score.high, "{} above {}", score.low, score.high);
    assert!((-1e-9..=1.0 + 1e-9).contains(&score.coverage), "{}", score.coverage);
}

// -- files of planned changes

/// A rule of a policy that the small tenant has.
const RULE: &str = "/v1.0/policies/roleManagementPolicies/DirectoryRole_7f3a0000-0000-4000-8000-\
    000000000001_991837ff-1c16-5d74-b665-ba736837c508/rules/Expiration_EndUser_Assignment";
const TEMPLATE: &str =
    "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
const POLICY: &str = "Microsoft.Authorization/roleManagementPolicies";
/// More changes than this take the fuzzer's time and show nothing new.
const MOST_JUDGED: usize = 8;
/// What is said of a file grows no faster than the file: a fault takes a line, an item two bytes.
const SAID_A_BYTE: usize = 128;
const SAID_AT_LEAST: usize = 4096;

/// Reads changes; what is refused is refused with reasons.
fn changes_of(bytes: &[u8]) -> Option<Vec<Change>> {
    match precheck::read("change.json", bytes) {
        Ok(changes) => {
            let edits = changes.iter().flat_map(|change| &change.edits);
            assert!(edits.map(ToString::to_string).all(|words| !words.is_empty()));
            Some(changes)
        }
        Err(faults) => {
            assert!(!faults.is_empty(), "refused without a reason");
            let said: usize = faults.iter().map(|fault| fault.to_string().len()).sum();
            assert!(said <= SAID_A_BYTE * bytes.len() + SAID_AT_LEAST, "{said} bytes are said");
            None
        }
    }
}

/// The bytes with their head mended where they are JSON, so that whatever a mutation did to the
/// rest reaches the reader of this format.
fn mended(bytes: &[u8], mend: fn(Value) -> Value) -> Vec<u8> {
    match serde_json::from_slice(bytes) {
        Ok(value) => mend(value).to_string().into_bytes(),
        Err(_) => bytes.to_vec(),
    }
}

fn graph_body(bytes: &[u8]) -> bool {
    changes_of(&mended(bytes, as_requests)).is_some()
}

/// A list of requests, a batch of them, or one.
fn as_requests(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(as_request).collect(),
        Value::Object(members) if members.contains_key("requests") => Value::Object(members),
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Object(_)) => as_request(other),
    }
}

fn as_request(value: Value) -> Value {
    match value {
        Value::Object(mut request) => {
            request.remove("format_version");
            request.remove("resource_changes");
            request.entry("method").or_insert_with(|| json!("PATCH"));
            request.entry("url").or_insert_with(|| json!(RULE));
            Value::Object(request)
        }
        body @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)) => json!({"method": "PATCH", "url": RULE, "body": body}),
    }
}

fn terraform(bytes: &[u8]) -> bool {
    changes_of(&mended(bytes, as_plan)).is_some()
}

fn as_plan(value: Value) -> Value {
    match value {
        Value::Object(mut plan) => {
            plan.remove("schema");
            plan.entry("format_version").or_insert_with(|| json!("1.2"));
            Value::Object(plan)
        }
        changes @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)) => json!({"format_version": "1.2", "resource_changes": changes}),
    }
}

/// Members by which a file is taken for another format.
const OTHERS: [&str; 6] =
    ["schema", "format_version", "resource_changes", "method", "url", "requests"];

fn easypim(bytes: &[u8]) -> bool {
    changes_of(&mended(bytes, as_easypim)).is_some()
}

fn as_easypim(value: Value) -> Value {
    match value {
        Value::Object(mut members) => {
            members.retain(|name, _| !OTHERS.contains(&name.as_str()) && name != "type");
            members.entry("EntraRoles").or_insert_with(|| json!({}));
            Value::Object(members)
        }
        policies @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)) => json!({"EntraRoles": {"Policies": policies}}),
    }
}

fn arm(bytes: &[u8]) -> bool {
    changes_of(&mended(bytes, as_template)).is_some()
}

fn as_template(value: Value) -> Value {
    match value {
        Value::Object(mut members) => {
            members.retain(|name, _| !OTHERS.contains(&name.as_str()));
            let kind = members.get("type").and_then(Value::as_str).unwrap_or_default();
            if kind.eq_ignore_ascii_case(POLICY) || members.contains_key("$schema") {
                Value::Object(members)
            } else if members.contains_key("resources") {
                members.insert("$schema".to_owned(), json!(TEMPLATE));
                Value::Object(members)
            } else {
                json!({"$schema": TEMPLATE, "resources": [members]})
            }
        }
        resources @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)) => json!({"$schema": TEMPLATE, "resources": resources}),
    }
}

/// A file of any format as it comes, applied to the small tenant and judged.
fn precheck_and_judge(bytes: &[u8]) -> bool {
    let Some(mut changes) = changes_of(bytes) else { return false };
    changes.truncate(MOST_JUDGED);
    let organisation = Organisation::default();
    let now = TENANT.collected_at;
    match precheck::precheck(&TENANT, &organisation, RECOMMENDED.as_slice(), &changes, now) {
        Ok(answer) => {
            assert_eq!(answer.baselines.len(), 1);
            let shifts = answer.baselines.iter().flat_map(|judged| &judged.shifts);
            assert!(shifts.map(|shift| shift.points).all(f64::is_finite));
            true
        }
        Err(faults) => {
            assert!(!faults.is_empty(), "refused without a reason");
            false
        }
    }
}

// -- snapshots

fn snapshot_of(bytes: &[u8]) -> Option<Snapshot<'_>> {
    match snapshot::load_bytes(bytes, Path::new("snapshot.json")) {
        Ok(snapshot) => Some(snapshot),
        Err(error) => {
            assert!(!error.to_string().is_empty(), "refused without a reason");
            None
        }
    }
}

fn snapshot_and_judge(bytes: &[u8]) -> bool {
    let Some(snapshot) = snapshot_of(bytes) else { return false };
    let tenant = resolve(&snapshot, snapshot.collected_at);
    judged(&tenant, &Organisation::default(), &RECOMMENDED[0]);
    true
}

const KEY: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

fn redactor() -> Redactor {
    Redactor::from_key(KEY).expect("the key is long enough, and no byte comes twice")
}

/// What a redacted snapshot must have in common with the one it was made of.
fn shape(snapshot: &Snapshot<'_>) -> Vec<(Dataset, usize, bool, bool)> {
    let collections = snapshot.collections.iter();
    collections.map(|it| (it.dataset, it.rows.len(), it.gap.is_some(), it.missing)).collect()
}

/// Whatever is a snapshot is one without its names, too.
fn redact(bytes: &[u8]) -> bool {
    let Some(snapshot) = snapshot_of(bytes) else { return false };
    let redacted = redactor().snapshot(&snapshot).expect("every row can be redacted");
    let mut text = Vec::new();
    snapshot::write_bytes(&redacted, &mut text).expect("memory takes all that is written");
    let again = snapshot_of(&text).expect("a redacted snapshot is a snapshot");
    assert_eq!(shape(&again), shape(&snapshot));
    true
}

// -- files that people write

fn baseline_and_judge(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    match baseline::load(text, "own.yaml", &|_| None) {
        Ok(own) => {
            judged(&TENANT, &Organisation::default(), &own);
            true
        }
        Err(faults) => {
            assert!(!faults.faults.is_empty(), "refused without a reason");
            false
        }
    }
}

fn organisation_and_judge(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    match organisation::load(text, "pimaudit.yaml") {
        Ok(file) => {
            let mut organisation = file.organisation;
            judged(&TENANT, &organisation, &RECOMMENDED[0]);
            redactor().organisation(&mut organisation);
            true
        }
        Err(faults) => {
            assert!(!faults.faults.is_empty(), "refused without a reason");
            false
        }
    }
}

// -- what the program wrote before

fn report_in_every_format(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let report = match report::json::read(text) {
        Ok(report) => report,
        Err(error) => {
            assert!(!error.to_string().is_empty(), "refused without a reason");
            return false;
        }
    };
    for format in Format::ALL {
        let written = written(format, &report);
        assert!(!written.is_empty() || format == Format::Github, "{} is empty", format.name());
    }
    true
}

fn written(format: Format, report: &Report) -> Vec<u8> {
    let look =
        Look { width: 80, colour: false, show: Show::All, explain_score: true, matrix: false };
    let mut out = Vec::new();
    format::write(format, report, &look, &mut out).expect("memory takes all that is written");
    out
}

/// What the strict reader takes is written again with the same bytes.
fn evidence_package(bytes: &[u8]) -> bool {
    let faults = evidence::verify(bytes, &again);
    let Ok(opened) = evidence::open(bytes) else {
        assert!(!faults.is_empty(), "refused without a reason");
        return false;
    };
    if opened.unsound.is_empty() {
        let mut packed = Vec::new();
        evidence::pack(&opened.entries, &mut packed).expect("what was read can be written");
        assert!(packed == bytes, "the writer would have written other bytes");
    }
    true
}

/// Unpacks the snapshot and reads it; the reports are of no interest here.
fn again(entries: &[Entry]) -> Result<Again, String> {
    let packed = entries.iter().find(|entry| entry.name == SNAPSHOT);
    let packed = packed.ok_or("the snapshot is missing")?;
    let text = evidence::unpacked(&packed.bytes).map_err(|error| error.to_string())?;
    snapshot::load_bytes(&text, Path::new(SNAPSHOT)).map_err(|error| error.to_string())?;
    let reports = vec![("report.json".to_owned(), b"{\"baselines\":[]}".to_vec())];
    Ok(Again { reports, ..Again::default() })
}
