//! The readers of what others wrote: on the kept corpus, on what mutations make of it, and on what
//! is deeper or longer than anything real. `.ci/fuzz` goes on from here where there is a fuzzer.

#[path = "../../fuzz/readers.rs"]
mod readers;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use readers::{READERS, feed};
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Entries whose names begin so are refused, all others are taken.
const REFUSED: &str = "refused-";

/// Names and bytes of the entries of a target, sorted.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = std::fs::read_dir(format!("fuzz/corpus/{target}")).unwrap();
    let mut entries: Vec<(String, Vec<u8>)> = folder
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(&path).unwrap())
        })
        .collect();
    entries.sort();
    entries
}

#[test]
fn every_entry_of_the_corpus_is_taken_or_refused_as_its_name_says() {
    let mut faults = Vec::new();
    for (target, _) in &READERS {
        let entries = corpus(target);
        let refused = entries.iter().filter(|(name, _)| name.starts_with(REFUSED)).count();
        assert!(refused >= 2 && entries.len() - refused >= 8, "{target} has too few entries");
        for (name, bytes) in &entries {
            if feed(target, bytes) == name.starts_with(REFUSED) {
                faults.push(format!("{target}/{name}"));
            }
        }
    }
    assert!(faults.is_empty(), "otherwise than their names say:\n{}", faults.join("\n"));
}

#[test]
fn every_target_has_its_program_its_corpus_and_its_dictionary() {
    let names: BTreeSet<String> = READERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    for folder in ["fuzz/corpus", "fuzz/dict", "fuzz/fuzz_targets"] {
        let found: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(found, names, "{folder}");
    }
    let manifest = std::fs::read_to_string("fuzz/Cargo.toml").unwrap();
    let word = regex::Regex::new(r#"^"([^"\\]|\\["\\]|\\x[0-9A-Fa-f]{2})+"$"#).unwrap();
    for name in &names {
        let program = format!("fuzz_targets/{name}.rs");
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"{program}\"")), "{name}");
        let text = std::fs::read_to_string(format!("fuzz/{program}")).unwrap();
        assert!(text.contains(&format!("feed(\"{name}\", bytes)")), "{name}");
        let words = std::fs::read_to_string(format!("fuzz/dict/{name}.dict")).unwrap();
        for line in words.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            assert!(word.is_match(line), "{name}.dict: {line}");
        }
    }
}

// -- mutations

/// What is done to the bytes of an entry. Places are taken of what there is at that time.
#[derive(Clone, Debug)]
enum Mutation {
    /// A bit is turned.
    Flip(Index, u8),
    /// The rest is gone.
    Cut(Index),
    /// From a place on it is another entry, from a place of that on.
    Splice(Index, Index, Index),
    /// A part comes so many times more.
    Repeat(Index, Index, usize),
    /// A part stands in so many brackets.
    Nest(Index, Index, usize),
    /// A line is one of another entry.
    Line(Index, Index, Index),
    /// A value of the JSON is one of another entry.
    Graft(Index, Index, Index),
    /// A value of the JSON is this one.
    Value(Index, Value),
    /// A value of the JSON stands in so many lists.
    Wrap(Index, usize),
}

/// Values at the ends of what readers take.
fn edges() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1e308),
        json!(""),
        json!("\u{202e}\u{0}\u{1b}[31m"),
        json!("x".repeat(1000)),
        json!("planned:x"),
        json!("/"),
        json!("-009999-01-02T01:59:59Z"),
        json!("9999-12-30T22:00:00.999999999Z"),
        json!("PT0S"),
        json!("P999999999999Y"),
        json!([]),
        json!({}),
    ]
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let place = any::<Index>;
    let three = || (any::<Index>(), any::<Index>(), any::<Index>());
    prop_oneof![
        (place(), 0..8_u8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        place().prop_map(Mutation::Cut),
        three().prop_map(|(of, head, tail)| Mutation::Splice(of, head, tail)),
        (place(), place(), 1..5_usize).prop_map(|(from, to, n)| Mutation::Repeat(from, to, n)),
        (place(), place(), 1..200_usize).prop_map(|(from, to, n)| Mutation::Nest(from, to, n)),
        three().prop_map(|(of, from, at)| Mutation::Line(of, from, at)),
        three().prop_map(|(of, from, at)| Mutation::Graft(of, from, at)),
        (place(), prop::sample::select(edges())).prop_map(|(at, it)| Mutation::Value(at, it)),
        (place(), 1..200_usize).prop_map(|(at, depth)| Mutation::Wrap(at, depth)),
    ]
}

/// Repeated repetitions end here.
const LONGEST: usize = 64 << 10;

fn mutated(mut bytes: Vec<u8>, mutation: &Mutation, entries: &[Vec<u8>]) -> Vec<u8> {
    let part = |bytes: &[u8], from: &Index, to: &Index| {
        let (from, to) = (from.index(bytes.len() + 1), to.index(bytes.len() + 1));
        (from.min(to), from.max(to))
    };
    match mutation {
        Mutation::Flip(at, bit) => {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] ^= 1_u8 << bit;
            }
        }
        Mutation::Cut(at) => bytes.truncate(at.index(bytes.len() + 1)),
        Mutation::Splice(of, head, tail) => {
            let other = of.get::<Vec<u8>>(entries);
            bytes.truncate(head.index(bytes.len() + 1));
            bytes.extend_from_slice(&other[tail.index(other.len() + 1)..]);
        }
        Mutation::Repeat(from, to, times) => {
            let (from, to) = part(&bytes, from, to);
            let more = bytes[from..to].repeat(*times);
            bytes.splice(to..to, more);
        }
        Mutation::Nest(from, to, depth) => {
            let (from, to) = part(&bytes, from, to);
            bytes.splice(to..to, vec![b']'; *depth]);
            bytes.splice(from..from, vec![b'['; *depth]);
        }
        Mutation::Line(of, from, at) => {
            bytes = with_line(&bytes, of.get::<Vec<u8>>(entries), from, at)
        }
        Mutation::Graft(of, from, at) => {
            if let Ok(other) = serde_json::from_slice::<Value>(of.get::<Vec<u8>>(entries)) {
                let places = places(&other);
                let graft = other.pointer(from.get::<String>(&places)).cloned().unwrap_or_default();
                bytes = with_value(&bytes, at, |place| *place = graft);
            }
        }
        Mutation::Value(at, value) => {
            bytes = with_value(&bytes, at, |place| *place = value.clone());
        }
        Mutation::Wrap(at, depth) => {
            bytes = with_value(&bytes, at, |place| {
                for _ in 0..*depth {
                    *place = Value::Array(vec![place.take()]);
                }
            });
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

fn with_line(bytes: &[u8], other: &[u8], from: &Index, at: &Index) -> Vec<u8> {
    let lines = |bytes: &[u8]| -> Vec<Vec<u8>> {
        bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    };
    let (mut lines, others) = (lines(bytes), lines(other));
    let at = at.index(lines.len());
    lines[at].clone_from(from.get(&others));
    lines.join(&b'\n')
}

/// The JSON with one value changed; what is no JSON stays.
fn with_value(bytes: &[u8], at: &Index, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(bytes) else { return bytes.to_vec() };
    let places = places(&value);
    if let Some(place) = value.pointer_mut(at.get::<String>(&places)) {
        change(place);
    }
    value.to_string().into_bytes()
}

/// Pointers to every value of a document, itself included.
fn places(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), value)];
    while let Some((pointer, value)) = open.pop() {
        match value {
            Value::Array(items) => {
                let items = items.iter().enumerate();
                open.extend(items.map(|(place, item)| (format!("{pointer}/{place}"), item)));
            }
            Value::Object(members) => open.extend(members.iter().map(|(name, member)| {
                let name = name.replace('~', "~0").replace('/', "~1");
                (format!("{pointer}/{name}"), member)
            })),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        found.push(pointer);
    }
    found
}

/// Mutated entries of each target: enough to be of use each time, few enough not to be waited for.
const CASES: u32 = 96;

/// Gives mutated entries to a reader: whatever it answers, it answers.
fn survives(target: &str) {
    let entries: Vec<Vec<u8>> = corpus(target).into_iter().map(|(_, bytes)| bytes).collect();
    let refused = Cell::new(0_usize);
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let input = (any::<Index>(), prop::collection::vec(mutation(), 1..6));
    let outcome = TestRunner::new(config).run(&input, |(start, mutations)| {
        let start = start.get(&entries).clone();
        let bytes =
            mutations.iter().fold(start, |bytes, mutation| mutated(bytes, mutation, &entries));
        match std::panic::catch_unwind(|| feed(target, &bytes)) {
            Ok(taken) => {
                refused.set(refused.get() + usize::from(!taken));
                Ok(())
            }
            Err(_) => {
                let bytes = bytes.escape_ascii().to_string();
                Err(TestCaseError::fail(format!("a panic on b\"{bytes}\"")))
            }
        }
    });
    if let Err(error) = outcome {
        panic!("{target}: {error}");
    }
    assert!(refused.get() > 0, "{target} noticed no mutation");
}

#[test]
fn no_mutation_makes_a_reader_panic() {
    std::thread::scope(|scope| {
        for (target, _) in &READERS {
            scope.spawn(move || survives(target));
        }
    });
}

// -- too deep, too long

const DEEP: usize = 100_000;

#[test]
fn what_is_nested_too_deep_is_refused_and_overflows_no_stack() {
    let (opened, closed) = ("[".repeat(DEEP), "]".repeat(DEEP));
    let closed = format!("{opened}{closed}");
    let texts = [
        opened,
        closed.clone(),
        "{\"a\":".repeat(DEEP),
        "{a: ".repeat(DEEP),
        "- ".repeat(DEEP),
        "? ".repeat(DEEP),
        format!("{{\"method\":\"PATCH\",\"url\":\"/groups/g\",\"body\":{closed}}}"),
        format!("{{\"schema\":\"pimaudit.report/1\",\"later\":{closed}}}"),
        format!("{{\"format\":\"pimaudit.snapshot/1\",\"collections\":{closed}}}"),
        format!("format: 1\nid: own\nrules: {closed}\n"),
    ];
    for (target, _) in &READERS {
        for text in &texts {
            assert!(!feed(target, text.as_bytes()), "{target} takes {}…", &text[..24]);
        }
    }
}

/// A snapshot with one row of the principals.
fn snapshot_with(row: &str) -> String {
    format!(
        "{{\"format\":\"pimaudit.snapshot/1\",\"tenant\":\"t\",\"cloud\":\"global\",\
         \"collected_at\":\"2026-11-02T09:00:00Z\",\"collections\":[{{\"dataset\":\"principals\",\
         \"request\":\"/v1.0/x\",\"status\":\"complete\",\"rows\":[{row}]}}]}}"
    )
}

#[test]
fn a_row_may_be_as_deep_or_long_as_it_likes_and_costs_itself_alone() {
    let nested = format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP));
    let long = "x".repeat(LONG);
    for row in [
        nested.clone(),
        format!("{{\"id\":\"a\",\"later\":{nested}}}"),
        format!("{{\"id\":{nested}}}"),
        format!(
            "{{\"id\":\"a\",\"@odata.type\":\"#microsoft.graph.user\",\"displayName\":\"{long}\"}}"
        ),
        format!("\"{long}\""),
    ] {
        let text = snapshot_with(&row);
        for target in ["snapshot", "redact"] {
            assert!(feed(target, text.as_bytes()), "{target} refuses {}…", &row[..24]);
        }
    }
}

const LONG: usize = 10 << 20;
/// Address space of a run, in KiB: several times what ten megabytes need, and a fraction of what a
/// name of one megabyte takes that is kept for each of thousands of members.
const ROOM: &str = "2000000";
/// A run that takes longer does not end in any time that matters.
const PATIENCE: Duration = Duration::from_secs(300);
/// Nobody reads more of an error.
const MOST_SAID: usize = 64 << 10;

/// Runs the program in little room: exit code and what it said on stderr.
fn within_room(folder: &Path, arguments: &[&str]) -> (Option<i32>, Vec<u8>) {
    let file = |name: &str| std::fs::File::create(folder.join(name)).unwrap();
    let mut child = Command::new("/bin/sh")
        .args(["-c", "ulimit -v \"$1\"; shift; exec \"$@\"", "sh", ROOM])
        .arg(env!("CARGO_BIN_EXE_pimaudit"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("COLUMNS", "80")
        .stdin(Stdio::null())
        .stdout(file("stdout"))
        .stderr(file("stderr"))
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            break child.wait().unwrap();
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    (status.code(), std::fs::read(folder.join("stderr")).unwrap())
}

#[test]
fn a_text_of_ten_megabytes_is_refused_in_little_room_and_few_words() {
    if !cfg!(unix) {
        return;
    }
    let long = "x".repeat(LONG);
    let assignment = |role: &str, principal: &str| {
        json!({"method": "POST", "url": "/v1.0/roleManagement/directory/roleAssignments",
            "body": {"roleDefinitionId": role, "principalId": principal, "directoryScopeId": "/"}})
    };
    let activation = |length: &str| {
        json!({"method": "PATCH", "body": {"maximumDuration": length},
            "url": "/policies/roleManagementPolicies/p/rules/Expiration_EndUser_Assignment"})
    };
    let policies = |policies: Value| json!({"EntraRoles": {"Policies": policies}}).to_string();
    let global_administrator = "62e90394-69f5-4237-9190-012177145e10";
    let precheck: &[&str] = &["precheck", "in.json", "--sample"];
    let baseline: &[&str] = &["audit", "--sample", "--baseline", "./in.yaml"];
    let config: &[&str] = &["audit", "--sample", "--config", "in.yaml"];
    let audit: &[&str] = &["audit", "--snapshot", "in.json"];
    let report: &[&str] = &["report", "in.json"];
    for (what, arguments, text) in [
        ("a duration", precheck, activation(&long).to_string()),
        ("a role by id", precheck, assignment(&long, "p").to_string()),
        ("a role by name", precheck, policies(json!({&long: {"ActivationDuration": "PT1H"}}))),
        ("a principal", precheck, assignment(global_administrator, &long).to_string()),
        ("a property", precheck, policies(json!({"Global Reader": {&long: true}}))),
        (
            "what is to be filled in",
            precheck,
            json!({"schema": "pimaudit.remediation/1", "method": "GET", "url": "x",
                "fill_in": [&long]})
            .to_string(),
        ),
        ("a check", baseline, format!("format: 1\nid: a\nrules:\n  - {{ check: {long} }}\n")),
        ("a daily role", config, format!("format: 1\nroles: {{ daily_read: [{long}] }}\n")),
        (
            "a collection",
            audit,
            snapshot_with("").replace("\"principals\"", &format!("\"{long}\"")),
        ),
        ("a schema", report, json!({"schema": &long}).to_string()),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let name = if text.starts_with('{') { "in.json" } else { "in.yaml" };
        std::fs::write(folder.path().join(name), text).unwrap();
        let (code, said) = within_room(folder.path(), arguments);
        let shown = String::from_utf8_lossy(&said[..said.len().min(500)]).into_owned();
        assert_eq!(code, Some(2), "{what}: {shown}");
        assert!(said.len() <= MOST_SAID, "{what}: {} bytes are said", said.len());
    }
}

#[test]
fn a_long_name_is_not_kept_for_whatever_stands_below_it() {
    if !cfg!(unix) {
        return;
    }
    let name = "k".repeat(1 << 20);
    let members = |value: Value| -> Value {
        let members = (0..5000).map(|place| (format!("m{place}"), value.clone()));
        Value::Object(members.collect())
    };
    let rules = Value::Array(vec![json!({}); 5000]);
    let policy = json!({"type": "Microsoft.Authorization/roleManagementPolicies",
        "properties": {"rules": rules}});
    let plan = json!({"format_version": "1.2", "resource_changes": [{
        "address": "azuread_group_role_management_policy.x", "mode": "managed",
        "type": "azuread_group_role_management_policy",
        "change": {"actions": ["create"], "before": null,
            "after": {"group_id": "bbbbbbbb-0001-4000-8000-000000000003", "role_id": "member"},
            "after_unknown": {&name: members(json!(false))}}}]});
    let easypim = json!({"EntraRoles": {"Policies": {&name: members(json!(1))}}});
    let template =
        json!({"$schema": "https://x/deploymentTemplate.json#", "resources": {&name: policy}});
    let nested = format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP));
    let row = snapshot_with(&format!("{{\"{}\":{nested}}}", &name[..DEEP]));
    let precheck: &[&str] = &["precheck", "in.json", "--sample"];
    let redact: &[&str] = &["audit", "--snapshot", "in.json", "--redact", "--key", "key"];
    for (what, arguments, text, code) in [
        ("EasyPIM", precheck, easypim.to_string(), 2),
        ("ARM", precheck, template.to_string(), 2),
        ("Terraform", precheck, plan.to_string(), 0),
        ("a redacted row", redact, row, 0),
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("in.json"), text).unwrap();
        std::fs::write(folder.path().join("key"), "0123456789abcdefghijklmnopqrstuvwxyz").unwrap();
        let (found, said) = within_room(folder.path(), arguments);
        let shown = String::from_utf8_lossy(&said[..said.len().min(500)]).into_owned();
        assert_eq!(found, Some(code), "{what}: {shown}");
    }
}
