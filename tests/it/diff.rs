//! `diff`: the sample against itself with one thing changed at a time.

use crate::support::program::{Run, program};
use crate::support::tenant::{GLOBAL, TENANT};
use serde_json::{Value, json};
use std::io::Read as _;
use std::path::Path;

const ELIGIBLE: &str = "role-eligibility-schedule-instances";
/// Has no role in the sample's list of eligibilities for Global Administrator.
const NEWCOMER: &str = "aaaaaaaa-0001-4000-8000-000000000010";
/// Eligible for Global Administrator until February.
const ELIGIBLE_PERSON: &str = "aaaaaaaa-0001-4000-8000-000000000004";

fn sample() -> Value {
    let packed = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/sample.json.gz");
    let mut text = String::new();
    let file = std::fs::File::open(packed).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The sample, and the same with a longer activation and one more eligibility, as files.
pub(crate) fn two_samples(folder: &Path) -> [String; 2] {
    let old = sample();
    let mut new = old.clone();
    longest(&mut new, "PT10H");
    push(&mut new, ELIGIBLE, grant(NEWCOMER, Value::Null));
    [("old.json", &old), ("new.json", &new)].map(|(name, snapshot)| {
        let path = folder.join(name);
        std::fs::write(&path, snapshot.to_string()).unwrap();
        path.display().to_string()
    })
}

/// The collection of the whole tenant.
fn collection<'s>(snapshot: &'s mut Value, dataset: &str) -> &'s mut Value {
    let collections = snapshot["collections"].as_array_mut().unwrap();
    collections.iter_mut().find(|it| it["dataset"] == dataset).unwrap()
}

fn rows<'s>(snapshot: &'s mut Value, dataset: &str) -> &'s mut Vec<Value> {
    collection(snapshot, dataset)["rows"].as_array_mut().unwrap()
}

fn push(snapshot: &mut Value, dataset: &str, row: Value) {
    let rows = rows(snapshot, dataset);
    rows.push(row);
    let count = rows.len();
    collection(snapshot, dataset)["count"] = json!(count);
}

/// A rule of the settings of Global Administrator.
fn rule<'s>(snapshot: &'s mut Value, id: &str) -> &'s mut Value {
    let policies = rows(snapshot, "role-policies");
    let policy = policies.iter_mut().find(|it| it["roleDefinitionId"] == GLOBAL).unwrap();
    let rules = policy["policy"]["rules"].as_array_mut().unwrap();
    rules.iter_mut().find(|it| it["id"] == id).unwrap()
}

fn longest(snapshot: &mut Value, duration: &str) {
    rule(snapshot, "Expiration_EndUser_Assignment")["maximumDuration"] = json!(duration);
}

fn eligibility<'s>(snapshot: &'s mut Value, person: &str) -> &'s mut Value {
    let rows = rows(snapshot, ELIGIBLE);
    let is_it =
        |row: &&mut Value| row["principalId"] == person && row["roleDefinitionId"] == GLOBAL;
    rows.iter_mut().find(is_it).unwrap()
}

fn grant(person: &str, end: Value) -> Value {
    json!({
        "id": format!("row-{person}"), "principalId": person, "roleDefinitionId": GLOBAL,
        "directoryScopeId": "/", "appScopeId": null, "memberType": "Direct",
        "startDateTime": "2026-11-01T08:00:00Z", "endDateTime": end
    })
}

/// The snapshot without the last row of a list.
fn without_last(snapshot: &mut Value, dataset: &str) {
    rows(snapshot, dataset).pop();
    let count = rows(snapshot, dataset).len();
    collection(snapshot, dataset)["count"] = json!(count);
}

fn activate(snapshot: &mut Value) {
    let mut instance = grant(ELIGIBLE_PERSON, json!("2026-11-02T12:00:00Z"));
    instance["assignmentType"] = json!("Activated");
    // Within the four hours of the policy.
    instance["startDateTime"] = json!("2026-11-02T08:30:00Z");
    instance["roleAssignmentOriginId"] = json!("activation");
    push(snapshot, "role-assignment-schedule-instances", instance);
    let assignment = json!({
        "id": "activation", "principalId": ELIGIBLE_PERSON, "roleDefinitionId": GLOBAL,
        "directoryScopeId": "/", "principalOrganizationId": TENANT
    });
    push(snapshot, "role-assignments", assignment);
}

fn hide(snapshot: &mut Value, dataset: &str) {
    let hidden = collection(snapshot, dataset);
    hidden["status"] = json!("missing");
    hidden["gap"] = json!({
        "kind": "permission-denied", "dataset": dataset, "detail": "Graph answered 403"
    });
    hidden["count"] = json!(0);
    hidden["rows"] = json!([]);
}

fn compared(folder: &Path, old: &Value, new: &Value, arguments: &[&str]) -> Run {
    for (name, snapshot) in [("old.json", old), ("new.json", new)] {
        std::fs::write(folder.join(name), snapshot.to_string()).unwrap();
    }
    program(&[&["diff", "old.json", "new.json"], arguments].concat()).within(folder).run()
}

fn as_json(folder: &Path, old: &Value, new: &Value) -> Value {
    let run = compared(folder, old, new, &["--format", "json"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.shown());
    serde_json::from_str(&run.stdout).unwrap()
}

/// Kind, direction, subject, before and after of every change.
fn changes(diff: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |it: &Value| {
        ["kind", "direction", "subject", "before", "after"].map(|name| text(&it[name])).join(" ")
    };
    diff["changes"].as_array().unwrap().iter().map(line).collect()
}

fn length(list: &Value) -> usize {
    list.as_array().unwrap().len()
}

#[test]
fn each_change_is_told_once_and_nothing_beside_it() {
    type Edit = fn(&mut Value);
    let cases: [(&str, Edit, Vec<String>); 8] = [
        ("nothing", |_| {}, vec![]),
        (
            "a longer activation",
            |it| longest(it, "PT10H"),
            vec![format!("changed weaker role:{GLOBAL} 4 h 10 h")],
        ),
        ("another spelling", |it| longest(it, "PT240M"), vec![]),
        (
            "one more eligibility",
            |it| push(it, ELIGIBLE, grant(NEWCOMER, Value::Null)),
            vec![format!("added weaker grant:{NEWCOMER}:role:{GLOBAL} - permanent")],
        ),
        (
            "an eligibility made permanent",
            |it| eligibility(it, ELIGIBLE_PERSON)["endDateTime"] = Value::Null,
            vec![format!(
                "made-permanent weaker grant:{ELIGIBLE_PERSON}:role:{GLOBAL} \
                 until 2027-02-26T08:00:00Z permanent"
            )],
        ),
        ("an activation", activate, vec![]),
        (
            "other places",
            |it| {
                for part in it["collections"].as_array_mut().unwrap() {
                    part["rows"].as_array_mut().unwrap().reverse();
                }
            },
            vec![],
        ),
        (
            "another casing",
            |it| {
                for row in rows(it, ELIGIBLE) {
                    for id in ["principalId", "roleDefinitionId"] {
                        row[id] = json!(row[id].as_str().unwrap().to_uppercase());
                    }
                }
            },
            vec![],
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    let old = sample();
    for (what, edit, expected) in cases {
        let mut new = old.clone();
        edit(&mut new);
        let diff = as_json(folder.path(), &old, &new);
        assert_eq!(changes(&diff), expected, "{what}");
        // What neither of the two has is told too.
        let one_sided = |it: &&Value| it.get("old").is_some() != it.get("new").is_some();
        let unreadable = diff["unreadable"].as_array().unwrap();
        assert_eq!(unreadable.iter().filter(one_sided).count(), 0, "{what}: {unreadable:?}");
        if expected.is_empty() {
            let baseline = &diff["baselines"][0];
            let lists = [
                "regressions",
                "fixes",
                "new_subjects",
                "vanished_subjects",
                "became_unreadable",
                "became_readable",
            ];
            for list in lists {
                assert_eq!(length(&baseline[list]), 0, "{what}: {list} {}", baseline[list]);
            }
            let split = &baseline["split"];
            for part in ["difference", "common", "scope"] {
                assert_eq!(split[part].as_f64(), Some(0.0), "{what}: {split}");
            }
        }
    }
}

#[test]
fn an_activation_stands_apart() {
    let folder = tempfile::tempdir().unwrap();
    let old = sample();
    let mut new = old.clone();
    activate(&mut new);
    for (from, to, started) in [(&old, &new, true), (&new, &old, false)] {
        let diff = as_json(folder.path(), from, to);
        assert_eq!(length(&diff["activations"]), 1, "{}", diff["activations"]);
        assert_eq!(diff["activations"][0]["started"], started);
    }
}

#[test]
fn what_may_be_an_activation_turns_no_check() {
    const INSTANCES: &str = "role-assignment-schedule-instances";
    let folder = tempfile::tempdir().unwrap();
    let mut both = sample();
    activate(&mut both);
    // It ends while the snapshots are read, and one of them has it in the role assignments alone.
    let instance = rows(&mut both, INSTANCES).last_mut().unwrap();
    instance["endDateTime"] = json!("2026-11-02T09:05:00Z");
    let mut alone = both.clone();
    without_last(&mut alone, INSTANCES);
    for (from, to) in [(&both, &alone), (&alone, &both)] {
        let run = compared(folder.path(), from, to, &["--fail-on", "regression", "-q"]);
        assert_eq!(run.code, 0, "{}", run.shown());
        let diff = as_json(folder.path(), from, to);
        assert_eq!(changes(&diff), Vec::<String>::new());
        let unreadable = diff["unreadable"].as_array().unwrap();
        let told = |it: &Value| it["what"] == "whether an active assignment stands";
        assert!(unreadable.iter().any(told), "{unreadable:?}");
        let baseline = &diff["baselines"][0];
        for list in ["regressions", "fixes", "new_subjects", "vanished_subjects"] {
            assert_eq!(length(&baseline[list]), 0, "{list} {}", baseline[list]);
        }
        assert_eq!(baseline["split"]["common"].as_f64(), Some(0.0));
    }
}

#[test]
fn the_wrong_way_round_an_activation_turns_no_check_either() {
    const INSTANCES: &str = "role-assignment-schedule-instances";
    let folder = tempfile::tempdir().unwrap();
    let mut earlier = sample();
    activate(&mut earlier);
    // Four hours later it is there in the role assignments alone, right when it was to end.
    let mut later = earlier.clone();
    later["collected_at"] = json!("2026-11-02T12:05:00Z");
    without_last(&mut later, INSTANCES);
    for (from, to) in [(&earlier, &later), (&later, &earlier)] {
        let run = compared(folder.path(), from, to, &["--format", "json", "-q"]);
        assert_eq!(run.code, 0, "{}", run.shown());
        let diff: Value = serde_json::from_str(&run.stdout).unwrap();
        let of_person = |it: &String| it.contains(ELIGIBLE_PERSON);
        assert!(!changes(&diff).iter().any(of_person), "{:?}", changes(&diff));
        let unreadable = diff["unreadable"].as_array().unwrap();
        let told = |it: &Value| it["what"] == "whether an active assignment stands";
        assert!(unreadable.iter().any(told), "{unreadable:?}");
        let baseline = &diff["baselines"][0];
        for list in ["regressions", "fixes", "new_subjects", "vanished_subjects"] {
            let all = baseline[list].as_array().unwrap();
            let of_person = |it: &Value| it["subject"].as_str().unwrap().contains(ELIGIBLE_PERSON);
            assert!(!all.iter().any(of_person), "{list}: {all:?}");
        }
    }
}

#[test]
fn how_long_an_activation_runs_turns_no_check() {
    const BEYOND: &str = "activation-beyond-policy";
    let folder = tempfile::tempdir().unwrap();
    let idle = sample();
    // Four hours are allowed.
    let mut long = sample();
    activate(&mut long);
    let instance = rows(&mut long, "role-assignment-schedule-instances").last_mut().unwrap();
    instance["endDateTime"] = json!("2026-11-02T20:30:00Z");
    let mut tightened = long.clone();
    longest(&mut tightened, "PT2H");
    for (from, to) in [(&idle, &long), (&long, &idle), (&long, &tightened)] {
        let run = compared(folder.path(), from, to, &["--fail-on", "regression", "-q"]);
        assert_eq!(run.code, 0, "{}", run.shown());
        let diff = as_json(folder.path(), from, to);
        let baseline = &diff["baselines"][0];
        for list in [
            "regressions",
            "fixes",
            "new_subjects",
            "vanished_subjects",
            "became_unreadable",
            "became_readable",
        ] {
            let all = baseline[list].as_array().unwrap();
            assert!(!all.iter().any(|it| it["check"] == BEYOND), "{list}: {all:?}");
        }
        assert!(baseline["split"]["common"].as_f64().unwrap() >= 0.0, "{}", baseline["split"]);
    }
    // It is told once, and only where a baseline asks for it.
    for (arguments, expected) in [(&[] as &[&str], 1), (&["--baseline", "scuba-aad"], 0)] {
        for format in ["table", "json", "markdown", "html"] {
            let arguments = [arguments, &["--format", format]].concat();
            let run = compared(folder.path(), &idle, &long, &arguments);
            let text = run.stdout.split_whitespace().collect::<Vec<_>>().concat();
            assert_eq!(text.matches(BEYOND).count(), expected, "{format}: {}", run.shown());
        }
    }
}

#[test]
fn a_list_that_was_not_read_is_no_change() {
    let folder = tempfile::tempdir().unwrap();
    let old = sample();
    for dataset in [ELIGIBLE, "role-assignments", "role-policies", "pim-alerts", "role-definitions"]
    {
        let mut new = old.clone();
        hide(&mut new, dataset);
        for (from, to, side) in [(&old, &new, "new"), (&new, &old, "old")] {
            let diff = as_json(folder.path(), from, to);
            assert_eq!(changes(&diff), Vec::<String>::new(), "{dataset}");
            let unreadable = diff["unreadable"].as_array().unwrap();
            let told = |it: &Value| it[side]["dataset"] == dataset;
            assert!(unreadable.iter().any(told), "{dataset}: {unreadable:?}");
        }
    }
}

#[test]
fn settings_that_one_of_the_two_lost_are_not_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let old = sample();
    let mut new = old.clone();
    let policies = rows(&mut new, "role-policies");
    policies.retain(|it| it["roleDefinitionId"] != GLOBAL);
    let count = policies.len();
    collection(&mut new, "role-policies")["count"] = json!(count);
    for (from, to, side) in [(&old, &new, "new"), (&new, &old, "old")] {
        let diff = as_json(folder.path(), from, to);
        assert_eq!(changes(&diff), Vec::<String>::new(), "{side}");
        let unreadable = diff["unreadable"].as_array().unwrap();
        let told = |it: &Value| {
            it["what"] == "settings"
                && it[side]["kind"] == "impossibly-empty"
                && it["subjects"] == json!(["Global Administrator"])
        };
        assert!(unreadable.iter().any(told), "{side}: {unreadable:?}");
        let run = compared(folder.path(), from, to, &["--format", "table"]);
        assert!(!run.stdout.contains("Nothing changed."), "{}", run.stdout);
    }
}

#[test]
fn the_parts_of_the_posture_add_up_as_printed() {
    let folder = tempfile::tempdir().unwrap();
    let old = sample();
    let mut new = old.clone();
    longest(&mut new, "PT24H");
    rule(&mut new, "Enablement_EndUser_Assignment")["enabledRules"] = json!([]);
    push(&mut new, ELIGIBLE, grant(NEWCOMER, Value::Null));
    hide(&mut new, "pim-alerts");
    let diff = as_json(folder.path(), &old, &new);
    let tenths = |value: &Value| (value.as_f64().unwrap() * 10.0).round() as i64;
    let baseline = &diff["baselines"][0];
    let split = &baseline["split"];
    let checks = split["checks"].as_array().unwrap();
    assert!(tenths(&split["common"]) < 0, "{split}");
    assert_eq!(
        checks.iter().map(|it| tenths(&it["points"])).sum::<i64>(),
        tenths(&split["common"])
    );
    let difference = tenths(&split["difference"]);
    assert_eq!(tenths(&split["common"]) + tenths(&split["scope"]), difference);
    let postures = tenths(&baseline["new"]["posture"]) - tenths(&baseline["old"]["posture"]);
    assert_eq!(postures, difference);
    assert!(length(&baseline["became_unreadable"]) > 0);
    let lost = baseline["regressions"].as_array().unwrap();
    assert!(lost.iter().any(|it| it["check"] == "activation-without-mfa"), "{lost:?}");
}

#[test]
fn what_got_worse_ends_with_one_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let old = sample();
    let mut worse = old.clone();
    rule(&mut worse, "Enablement_EndUser_Assignment")["enabledRules"] = json!([]);
    let mut active = old.clone();
    activate(&mut active);
    for (new, fail_on, code) in [
        (&old, "any", 0),
        (&active, "any", 0),
        (&worse, "any", 1),
        (&worse, "regression", 1),
        (&worse, "high", 1),
        (&active, "regression", 0),
    ] {
        let run = compared(folder.path(), &old, new, &["--fail-on", fail_on]);
        assert_eq!(run.code, code, "{fail_on}: {}", run.shown());
        assert_eq!(run.stderr.contains("was met"), code == 1, "{}", run.stderr);
    }
    let run = compared(folder.path(), &worse, &old, &["--fail-on", "regression"]);
    assert_eq!(run.code, 0, "{}", run.shown());
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let old = sample();
    let mut other = old.clone();
    other["tenant"] = json!("7f3a0000-0000-4000-8000-000000000009");
    let run = compared(folder.path(), &old, &other, &[]);
    assert_eq!(run.code, 2, "{}", run.shown());
    assert!(run.stderr.contains("two tenants cannot be compared"), "{}", run.stderr);
    for (arguments, expected) in [
        (&["diff", "-", "-"] as &[&str], "both snapshots are read from stdin"),
        (&["diff", "old.json", "absent.json"], "cannot read absent.json"),
        (&["diff", "old.json", "old.json", "-o", "json=old.json"], "the older snapshot"),
        (&["diff", "old.json", "old.json", "--fail-on", "hihg"], "invalid value"),
    ] {
        let run = program(arguments).within(folder.path()).run();
        assert_eq!(run.code, 2, "{}", run.shown());
        assert!(run.stderr.contains(expected), "{}", run.stderr);
    }
}

#[test]
fn every_format_says_it() {
    let folder = tempfile::tempdir().unwrap();
    let old = sample();
    let mut new = old.clone();
    longest(&mut new, "PT10H");
    for (format, expected) in [
        ("table", "WHAT CHANGED: 1"),
        ("json", "\"schema\": \"pimaudit.diff/1\""),
        ("markdown", "## PIM changes in Contoso"),
    ] {
        let run = compared(folder.path(), &old, &new, &["--format", format]);
        assert_eq!(run.code, 0, "{}", run.shown());
        assert!(run.stdout.contains(expected), "{}", run.stdout);
        let again = program(&["drift", "old.json", "new.json", "-o", "diff.md", "-o", "diff.json"])
            .within(folder.path())
            .run();
        assert_eq!(again.code, 0, "{}", again.shown());
    }
    let file = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(file("diff.md").contains("longest activation: 4 h -&gt; 10 h"), "{}", file("diff.md"));
    assert!(file("diff.json").starts_with("{\n  \"schema\": \"pimaudit.diff/1\""));
}

#[test]
fn the_differences_at_80_columns() {
    let folder = tempfile::tempdir().unwrap();
    let old = sample();
    let mut new = old.clone();
    new["collected_at"] = json!("2026-11-02T10:00:00Z");
    longest(&mut new, "PT24H");
    rule(&mut new, "Enablement_EndUser_Assignment")["enabledRules"] = json!(["Justification"]);
    push(&mut new, ELIGIBLE, grant(NEWCOMER, Value::Null));
    activate(&mut new);
    hide(&mut new, "pim-alerts");
    insta::assert_snapshot!(compared(folder.path(), &old, &new, &[]).shown());
}
