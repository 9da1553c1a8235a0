//! `history`: runs are kept whole, once, by several processes at once, and come back as they were.

use crate::support::program::{Run, program};
use serde_json::{Value, json};
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const STORE: &str = "history.db";
const TENANT: &str = "7f3a0000-0000-4000-8000-000000000001";
const OTHER_TENANT: &str = "7f3a0000-0000-4000-8000-000000000002";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// The sample as it was read then.
fn sample_of(tenant: &str, at: &str) -> Value {
    let packed = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/sample.json.gz");
    let mut text = String::new();
    let file = std::fs::File::open(packed).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut snapshot: Value = serde_json::from_str(&text).unwrap();
    snapshot["tenant"] = json!(tenant);
    snapshot["collected_at"] = json!(at);
    snapshot
}

fn written(folder: &Path, name: &str, snapshot: &Value) {
    std::fs::write(folder.join(name), snapshot.to_string()).unwrap();
}

/// The program in the folder, with its store in the environment.
fn run(folder: &Path, arguments: &[&str]) -> Run {
    program(arguments).env("PIMAUDIT_STORE", STORE).within(folder).run()
}

fn done(folder: &Path, arguments: &[&str]) -> Run {
    let run = run(folder, arguments);
    assert_eq!(run.code, 0, "{arguments:?}: {}", run.shown());
    run
}

fn as_json(folder: &Path, arguments: &[&str]) -> Value {
    let run = done(folder, &[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&run.stdout).unwrap()
}

/// Keeps the sample of these times, each as a run of its own.
fn kept(folder: &Path, times: &[&str]) {
    for at in times {
        written(folder, "then.json", &sample_of(TENANT, at));
        done(folder, &["audit", "--snapshot", "then.json"]);
    }
}

/// Changes a store behind the back of the program.
fn altered(store: &Path, change: &'static str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use sqlx::{ConnectOptions as _, Connection as _};
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(store);
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql(change).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

fn collection<'s>(snapshot: &'s mut Value, dataset: &str) -> &'s mut Value {
    let all = snapshot["collections"].as_array_mut().unwrap();
    all.iter_mut().find(|it| it["dataset"] == dataset).unwrap()
}

fn numbers(folder: &Path) -> Vec<i64> {
    let list = as_json(folder, &["history", "list"]);
    list["runs"].as_array().unwrap().iter().map(|run| run["id"].as_i64().unwrap()).collect()
}

#[test]
fn a_run_is_kept_once_and_listed() {
    let folder = folder();
    let folder = folder.path();
    let first = done(folder, &["audit", "--sample"]);
    assert!(first.stderr.contains("kept as run 1 in history.db"), "{}", first.stderr);
    let second = done(folder, &["audit", "--sample"]);
    let told = "kept already in history.db: run 1 says the same";
    assert!(second.stderr.contains(told), "{}", second.stderr);
    assert_eq!(first.stdout, second.stdout);
    let quiet = done(folder, &["audit", "--sample", "--quiet", "--baseline", "scuba-aad"]);
    assert_eq!(quiet.stderr, "");
    let table = done(folder, &["history", "list"]).stdout;
    let words: Vec<Vec<&str>> =
        table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(words[0], ["Contoso", "(7f3a0000-0000-4000-8000-000000000001)"], "{table}");
    assert!(words[2][0].starts_with("───"), "{table}");
    assert_eq!(words[3][..4], ["1", "2026-11-02", "09:00", "recommended"], "{table}");
    assert_eq!((words[4][0], words[4][3]), ("2", "scuba-aad"), "{table}");
    for line in table.lines() {
        assert!(line.chars().count() <= 80 && line == line.trim_end(), "{line:?}");
    }
    // The numbers are those of the report.
    let list = as_json(folder, &["history", "list"]);
    assert_eq!(list["schema"], "pimaudit.history/1");
    let report = program(&["audit", "--sample", "--format", "json"]).run();
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    let (kept, score) = (&list["runs"][0]["scores"][0], &report["baselines"][0]["score"]);
    for name in ["posture", "low", "high", "coverage"] {
        assert!(kept[name].is_number(), "{kept}");
        assert_eq!(kept[name], score[name], "{name}");
    }
    assert_eq!(kept["digest"], report["baselines"][0]["digest"]);
    let findings = report["baselines"][0]["findings"].as_array().unwrap();
    let failed = findings.iter().filter(|it| it["outcome"] == "fail" && it["waiver"].is_null());
    assert_eq!(kept["failed"].as_u64().unwrap() as usize, failed.count());
}

#[test]
fn a_run_that_is_exported_is_judged_as_before() {
    let folder = folder();
    let folder = folder.path();
    let judge = ["--baseline", "all", "--format", "json"];
    let before = done(folder, &[&["audit", "--sample"], &judge[..]].concat());
    for name in ["back.json", "back.json.gz"] {
        let export = done(folder, &["history", "export", "last", "-o", name]);
        assert_eq!(export.stdout, "");
        let told = format!("run 1 of 2026-11-02 09:00 UTC is in {name}\n");
        assert_eq!(export.stderr, told);
        let after = program(&[&["audit", "--snapshot", name], &judge[..]].concat());
        assert!(after.within(folder).run().stdout == before.stdout, "{name}");
    }
    // As lossless as a snapshot file.
    program(&["audit", "--sample", "--quiet", "--save-snapshot", "saved.json"])
        .within(folder)
        .run();
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert!(read("saved.json") == read("back.json"));
    let over = run(folder, &["history", "export", "1", "-o", STORE]);
    assert_eq!(over.code, 2);
    assert!(over.stderr.contains("the store"), "{}", over.stderr);
    let over = run(folder, &["history", "export", "1", "-o", "history.db-wal"]);
    assert_eq!(over.code, 2);
    assert!(over.stderr.contains("a log file of the store"), "{}", over.stderr);
}

#[test]
fn a_run_is_shown_with_what_was_worst() {
    let folder = folder();
    let folder = folder.path();
    done(folder, &["audit", "--sample"]);
    let text = done(folder, &["history", "show"]).stdout;
    for line in text.lines() {
        assert!(line.chars().count() <= 80 && line == line.trim_end(), "{line:?}");
    }
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        "Run 1 Tenant Contoso (7f3a0000-0000-4000-8000-000000000001), cloud global Read 2026-11-02 \
         09:00 UTC by auditor@contoso.example, signed in with device-code",
        "Limits none was set RECOMMENDED posture ",
        "critical activation-without-mfa on Tier 0 Operators (members) ",
        "more: export the run and audit it again",
    ] {
        assert!(words.contains(expected), "{expected}\n{text}");
    }
    let shown = as_json(folder, &["history", "show", "1"]);
    let worst = shown["worst"][0]["findings"].as_array().unwrap();
    assert_eq!(worst.len(), 10);
    let rank = |it: &Value| {
        let steps = ["critical", "high", "medium", "low"];
        steps.iter().position(|step| it["severity"] == *step).unwrap()
    };
    assert!(worst.windows(2).all(|pair| rank(&pair[0]) <= rank(&pair[1])), "{worst:?}");
    assert!(worst.iter().all(|it| it["outcome"] == "fail" || it["outcome"] == "partial"));
    assert_eq!(shown["run"]["scores"][0]["baseline"], "recommended");
}

#[test]
fn a_trend_is_drawn_by_the_time_of_reading() {
    let folder = folder();
    let folder = folder.path();
    // The middle one is kept last.
    kept(folder, &["2026-10-01T09:00:00Z", "2026-11-02T09:00:00Z", "2026-10-15T09:00:00Z"]);
    let runs = |trend: &Value| -> Vec<i64> {
        let points = trend["series"][0]["points"].as_array().unwrap();
        points.iter().map(|point| point["run"].as_i64().unwrap()).collect()
    };
    let whole = as_json(folder, &["history", "trend"]);
    assert_eq!(whole["schema"], "pimaudit.trend/1");
    assert_eq!(runs(&whole), [1, 3, 2]);
    let one = ["history", "trend", "--check", "activation-without-mfa"];
    assert_eq!(runs(&as_json(folder, &one)), [1, 3, 2]);
    let role = ["history", "trend", "--role", "global administrator"];
    let role = as_json(folder, &role);
    assert_eq!(
        (runs(&role), role["series"][0]["of"].as_str()),
        (vec![1, 3, 2], Some("Global Administrator"))
    );
    let table = done(folder, &["history", "trend", "-o", "trend.html", "-o", "-"]).stdout;
    assert!(table.contains("2026-10-15"), "{table}");
    let page = std::fs::read_to_string(folder.join("trend.html")).unwrap();
    assert!(page.contains("<svg") && !page.contains("<script"), "{page}");
    for (arguments, message, hint) in [
        (
            &["--baseline", "recomended"][..],
            "no run was judged by the baseline recomended",
            "did you mean recommended?",
        ),
        (
            &["--check", "activation-without-mf"][..],
            "no run has findings of the check activation-without-mf",
            "did you mean activation-without-mfa?",
        ),
        (
            &["--role", "Global Administratr"][..],
            "no run has findings of the role Global Administratr",
            "did you mean Global Administrator?",
        ),
    ] {
        let run = run(folder, &[&["history", "trend"], arguments].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.shown());
        assert!(run.stderr.contains(message) && run.stderr.contains(hint), "{}", run.stderr);
    }
}

#[test]
fn old_runs_are_deleted_when_asked_for() {
    let folder = folder();
    let folder = folder.path();
    let times: Vec<String> = (1..=4).map(|day| format!("2025-11-0{day}T09:00:00Z")).collect();
    kept(folder, &times.iter().map(String::as_str).collect::<Vec<_>>());
    let told = done(folder, &["history", "prune", "--keep-runs", "2", "--dry-run"]).stdout;
    assert!(told.ends_with("would delete 2 runs, kept 2\n"), "{told}");
    assert_eq!(numbers(folder), [1, 2, 3, 4]);
    let told = done(folder, &["history", "prune", "--keep-runs", "2"]).stdout;
    assert!(told.starts_with("deleted run 1 of 2025-11-01 09:00 UTC, Contoso ("), "{told}");
    assert_eq!(numbers(folder), [3, 4]);
    // What is left is whole.
    for run in ["3", "4"] {
        done(folder, &["history", "export", run, "-o", "back.json"]);
        done(folder, &["history", "show", run]);
    }
    // All are older than a second; the last stays.
    done(folder, &["history", "prune", "--keep", "PT1S"]);
    assert_eq!(numbers(folder), [4]);
    done(folder, &["history", "prune", "--keep-runs", "0", "--all"]);
    assert_eq!(numbers(folder), Vec::<i64>::new());
    let list = done(folder, &["history", "list"]).stdout;
    assert_eq!(list, "There is no run yet.\n");
    for arguments in
        [&["history", "prune"][..], &["history", "prune", "--keep", "1d", "--keep-runs", "1"]]
    {
        assert_eq!(run(folder, arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn runs_are_called_by_number_age_day_and_whether_they_were_good() {
    let folder = folder();
    let folder = folder.path();
    let missed = run(folder, &["audit", "--sample", "--fail-on", "low"]);
    assert_eq!(missed.code, 1);
    let none = run(folder, &["history", "show", "last-good"]);
    assert_eq!(none.code, 2);
    assert!(none.stderr.contains("no run has met its limits"), "{}", none.stderr);
    written(folder, "then.json", &sample_of(TENANT, "2026-10-01T09:00:00Z"));
    done(folder, &["audit", "--snapshot", "then.json", "--min-coverage", "1"]);
    for (name, expected) in
        [("last-good", 2), ("last", 1), ("1", 1), ("2026-10-31", 2), ("2026-11-02", 1)]
    {
        let shown = as_json(folder, &["history", "show", name]);
        assert_eq!(shown["run"]["id"], expected, "{name}");
    }
    let list = as_json(folder, &["history", "list"]);
    let gates: Vec<&str> =
        list["runs"].as_array().unwrap().iter().map(|it| it["gate"].as_str().unwrap()).collect();
    assert_eq!(gates, ["passed", "missed"]);
    for (name, message) in [
        ("first", "\"first\" is no name of a run"),
        ("9", "there is no run 9 of this tenant"),
        (
            "2026-09-30",
            "no run was read up to 2026-09-30 23:59 UTC; the oldest is 2 of 2026-10-01 09:00 UTC",
        ),
    ] {
        let run = run(folder, &["history", "show", name]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{name}");
        assert!(run.stderr.contains(message) && run.stderr.contains("hint: "), "{}", run.stderr);
    }
}

#[test]
fn two_runs_are_compared_by_their_names() {
    let folder = folder();
    let folder = folder.path();
    let (old, mut new) =
        (sample_of(TENANT, "2026-10-01T09:00:00Z"), sample_of(TENANT, "2026-11-02T09:00:00Z"));
    let eligible = collection(&mut new, "role-eligibility-schedule-instances");
    eligible["rows"].as_array_mut().unwrap().remove(0);
    eligible["count"] = json!(eligible["rows"].as_array().unwrap().len());
    for (name, snapshot) in [("old.json", &old), ("new.json", &new)] {
        written(folder, name, snapshot);
        done(folder, &["audit", "--snapshot", name]);
    }
    let by_files = as_json(folder, &["diff", "old.json", "new.json"]);
    assert!(!by_files["changes"].as_array().unwrap().is_empty());
    for arguments in [
        &["diff", "1", "2"][..],
        &["diff", "1", "last"],
        &["diff", "2026-10-01", "new.json"],
        &["diff", "--since", "last"],
        &["diff", "--since", "last", "new.json"],
        &["diff", "--since", "1"],
    ] {
        assert_eq!(as_json(folder, arguments), by_files, "{arguments:?}");
    }
    // A file is a file, also where it is called like a run.
    written(folder, "2", &old);
    let same = as_json(folder, &["diff", "1", "2"]);
    assert_eq!(same["changes"], json!([]));
    for arguments in [
        &["diff", "--since", "last-good"][..],
        &["diff", "1"],
        &["diff", "--since", "1", "old.json", "new.json"],
        &["diff", "absent.json", "new.json"],
    ] {
        let run = run(folder, arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}: {}", run.shown());
    }
}

#[test]
fn a_run_that_is_there_and_not_earlier_is_told_as_that() {
    let folder = folder();
    let folder = folder.path();
    kept(folder, &["2026-11-04T09:00:00Z"]);
    let told = |arguments: &[&str], message: &str, hint: &str| {
        let run = run(folder, arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}: {}", run.shown());
        assert!(run.stderr.contains(message), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(hint), "{arguments:?}: {}", run.stderr);
    };
    let earlier = "hint: give an earlier run, see `pimaudit history list`";
    let only = "run 1 of 2026-11-04 09:00 UTC was not read before what it is compared with";
    told(&["diff", "--since", "1"], only, earlier);
    let none = "no run of this tenant was read before 2026-11-04 09:00 UTC";
    told(&["diff", "--since", "last"], none, "`pimaudit audit --store FILE` keeps one each time");
    kept(folder, &["2026-11-05T09:00:00Z"]);
    let newer = "run 2 of 2026-11-05 09:00 UTC was not read before what it is compared with";
    told(&["diff", "--since", "2"], newer, earlier);
    told(&["diff", "--since", "2", "1"], newer, earlier);
    told(&["diff", "--since", "9"], "there is no run 9 of this tenant", "`pimaudit history list`");
    done(folder, &["diff", "--since", "1"]);
}

#[test]
fn an_age_counts_back_from_the_newer_side() {
    let folder = folder();
    let folder = folder.path();
    kept(folder, &["2026-08-01T09:00:00Z", "2026-08-19T09:00:00Z", "2026-08-20T09:00:00Z"]);
    let found = as_json(folder, &["diff", "--since", "7d", "3"]);
    let first = as_json(folder, &["diff", "1", "3"]);
    assert_eq!(found, first);
    assert_ne!(found, as_json(folder, &["diff", "2", "3"]));
    // Counted from today every one of the runs is that old, the newest too.
    assert_eq!(as_json(folder, &["diff", "7d", "last"]), first);
    let same = run(folder, &["diff", "3", "last"]);
    let told = "OLD and NEW are the same: run 3 of 2026-08-20 09:00 UTC";
    assert!(same.code == 0 && same.stderr.contains(told), "{}", same.shown());
}

#[test]
fn a_file_on_either_side_tells_the_tenant() {
    let folder = folder();
    let folder = folder.path();
    for tenant in [TENANT, OTHER_TENANT] {
        written(folder, "then.json", &sample_of(tenant, "2026-10-01T09:00:00Z"));
        done(folder, &["audit", "--snapshot", "then.json"]);
    }
    written(folder, "old.json", &sample_of(TENANT, "2026-09-01T09:00:00Z"));
    written(folder, "new.json", &sample_of(TENANT, "2026-11-01T09:00:00Z"));
    for arguments in [["diff", "old.json", "last"], ["diff", "last", "new.json"]] {
        done(folder, &arguments);
    }
}

#[test]
fn a_damaged_run_does_not_cost_the_report_of_a_new_one() {
    let folder = folder();
    let folder = folder.path();
    kept(folder, &["2026-10-01T09:00:00Z"]);
    let damage = "UPDATE blob SET body = X'00' WHERE digest IN \
                  (SELECT digest FROM run_dataset WHERE dataset = 'role-definitions')";
    altered(&folder.join(STORE), damage);
    let judge = ["audit", "--sample", "--baseline", "roles-table", "--format", "json"];
    let run = done(folder, &judge);
    let told =
        "role definitions could not be compared: cannot use the store history.db: it is damaged";
    assert!(run.stderr.contains(told), "{}", run.stderr);
    // As if there were no earlier run.
    let alone = program(&judge).within(folder).run();
    assert!(run.stdout == alone.stdout, "{}", run.stdout);
}

#[test]
fn what_tells_nothing_about_roles_is_not_kept() {
    let folder = folder();
    let folder = folder.path();
    kept(folder, &["2026-10-01T09:00:00Z"]);
    let mut nothing = sample_of(TENANT, "2026-11-02T09:00:00Z");
    for part in nothing["collections"].as_array_mut().unwrap() {
        part["status"] = json!("missing");
        part["gap"] = json!({"kind": "permission-denied", "detail": "Graph answered 403"});
        part["rows"] = json!([]);
        part["count"] = json!(0);
        part.as_object_mut().unwrap().remove("asked");
    }
    written(folder, "nothing.json", &nothing);
    let told = done(folder, &["audit", "--snapshot", "nothing.json"]).stderr;
    assert!(told.contains("not kept: nothing about roles could be read"), "{told}");
    assert_eq!(numbers(folder), [1]);
}

#[test]
fn a_reading_that_is_judged_again_later_is_no_change() {
    let folder = folder();
    let folder = folder.path();
    done(folder, &["audit", "--sample"]);
    done(folder, &["audit", "--sample", "--now", "2027-11-03T00:00:00Z"]);
    let trend = as_json(folder, &["history", "trend"]);
    let points = trend["series"][0]["points"].as_array().unwrap();
    assert_eq!((points.len(), &points[0]["run"]), (1, &json!(1)));
    let table = done(folder, &["history", "list"]).stdout;
    assert!(table.contains("as of 2027-11-03"), "{table}");
}

#[test]
fn another_organisation_file_is_marked_in_the_trend() {
    let folder = folder();
    let folder = folder.path();
    kept(folder, &["2026-10-01T09:00:00Z"]);
    std::fs::write(
        folder.join("own.yaml"),
        format!("format: 1\ntenant: {TENANT}\nbreak_glass:\n  - bg1@contoso.example\n"),
    )
    .unwrap();
    written(folder, "then.json", &sample_of(TENANT, "2026-11-02T09:00:00Z"));
    done(folder, &["audit", "--snapshot", "then.json", "--config", "own.yaml"]);
    let trend = as_json(folder, &["history", "trend"]);
    let points = trend["series"][0]["points"].as_array().unwrap();
    assert_eq!(points[0]["configuration"], Value::Null);
    assert!(points[1]["configuration"].is_string());
    assert_eq!(points[1]["configuration_changed"], true);
    let table = done(folder, &["history", "trend"]).stdout;
    assert!(table.contains("\norganisation file changed\n"), "{table}");
}

#[test]
fn the_name_of_a_tenant_makes_no_lines_of_ours() {
    let folder = folder();
    let folder = folder.path();
    kept(folder, &["2026-10-01T09:00:00Z"]);
    let mut evil = sample_of(OTHER_TENANT, "2026-10-01T09:00:00Z");
    let name = "Evil\nerror: disk on fire\n  hint: delete everything";
    collection(&mut evil, "organization")["rows"][0]["displayName"] = json!(name);
    written(folder, "evil.json", &evil);
    done(folder, &["audit", "--snapshot", "evil.json"]);
    let run = run(folder, &["history", "show", "last"]);
    assert_eq!(run.code, 2);
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{}", run.stderr);
    assert!(lines[0].contains("Evil error: disk on fire"), "{}", run.stderr);
}

#[test]
fn names_are_within_a_tenant_and_it_must_be_said_which() {
    let folder = folder();
    let folder = folder.path();
    for tenant in [TENANT, OTHER_TENANT] {
        written(folder, "then.json", &sample_of(tenant, "2026-10-01T09:00:00Z"));
        done(folder, &["audit", "--snapshot", "then.json"]);
    }
    let list = done(folder, &["history", "list"]).stdout;
    assert!(list.contains(TENANT) && list.contains(OTHER_TENANT), "{list}");
    for arguments in
        [&["history", "show", "last"][..], &["history", "trend"], &["history", "show", "1"]]
    {
        let run = run(folder, arguments);
        assert_eq!(run.code, 2, "{}", run.shown());
        assert!(run.stderr.contains("there are runs of several tenants: "), "{}", run.stderr);
        assert!(run.stderr.contains("--tenant ID"), "{}", run.stderr);
    }
    let of = |tenant: &str| as_json(folder, &["history", "show", "last", "--tenant", tenant]);
    assert_eq!(of(TENANT)["run"]["id"], 1);
    assert_eq!(of(&OTHER_TENANT.to_uppercase())["run"]["id"], 2);
    let none = run(folder, &["history", "show", "last", "--tenant", "Fabrikam"]);
    assert!(none.stderr.contains("there is no run of tenant Fabrikam"), "{}", none.stderr);
}

#[test]
fn without_a_store_there_is_no_history() {
    let folder = folder();
    for command in ["list", "show", "trend"] {
        let run = program(&["history", command]).within(folder.path()).run();
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{command}");
        assert!(run.stderr.contains("no store is named"), "{}", run.stderr);
        assert!(run.stderr.contains("--store FILE or set PIMAUDIT_STORE"), "{}", run.stderr);
    }
    let absent = run(folder.path(), &["history", "list"]);
    assert_eq!(absent.code, 2);
    assert!(absent.stderr.contains("there is no such file"), "{}", absent.stderr);
    // Asking for one makes none, and neither does an audit without one.
    program(&["audit", "--sample"]).within(folder.path()).run();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_is_no_store_of_this_version_is_refused_before_anything_is_read() {
    let folder = folder();
    let folder = folder.path();
    std::fs::write(folder.join("notes.txt"), "Notes of the meeting of Monday, and more.\n")
        .unwrap();
    done(folder, &["audit", "--sample", "--store", "newer.db"]);
    let newer = "INSERT INTO migration (version, program) VALUES (99, '9.9.9')";
    altered(&folder.join("newer.db"), newer);
    std::fs::write(folder.join("empty.db"), "").unwrap();
    for (store, message, hint) in [
        ("notes.txt", "it is no store of pimaudit: it is no SQLite file", "or a new path for one"),
        ("newer.db", "it has format 99, and this version knows", "use a newer pimaudit"),
        (".", "it is a folder", "give the path of a file"),
        ("none/history.db", "there is no folder none", "make the folder first"),
    ] {
        let run = run(folder, &["audit", "--sample", "--store", store]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{store}: {}", run.shown());
        assert!(
            run.stderr.contains(&format!("cannot use the store {store}: {message}")),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains(hint), "{}", run.stderr);
    }
    let empty = run(folder, &["history", "list", "--store", "empty.db"]);
    assert!(empty.stderr.contains("empty.db: it is empty"), "{}", empty.stderr);
    assert!(empty.stderr.contains("`pimaudit audit --store FILE` fills it"), "{}", empty.stderr);
    for arguments in [&["audit", "--sample"][..], &["history", "list"]] {
        let run = run(folder, &[arguments, &["--store", "-"]].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.shown());
        assert!(run.stderr.contains("- is no store"), "{}", run.stderr);
    }
    let notes = std::fs::read_to_string(folder.join("notes.txt")).unwrap();
    assert_eq!(notes, "Notes of the meeting of Monday, and more.\n");
}

#[cfg(unix)]
#[test]
fn the_store_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let folder = folder.path();
    let first = done(folder, &["audit", "--sample"]);
    assert!(!first.stderr.contains("chmod"), "{}", first.stderr);
    let store = folder.join(STORE);
    assert_eq!(store.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    // Nothing else is left beside it.
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
    std::fs::set_permissions(&store, std::fs::Permissions::from_mode(0o644)).unwrap();
    let quiet = done(folder, &["audit", "--sample", "--quiet"]);
    assert_eq!(quiet.stderr, "");
    for arguments in [&["history", "list"][..], &["audit", "--sample"]] {
        let told = done(folder, arguments).stderr;
        assert_eq!(told.matches("chmod").count(), 1, "{told}");
        let expected = "history.db can be read by others than its owner: chmod 600 history.db";
        assert!(told.contains(expected), "{told}");
    }
}

/// The program, not waited for.
fn begun(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_pimaudit"))
        .args(arguments)
        .env_clear()
        .env("PIMAUDIT_STORE", STORE)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Every run that is listed is whole.
fn whole(folder: &Path) -> usize {
    let numbers = numbers(folder);
    for number in &numbers {
        let number = number.to_string();
        done(folder, &["history", "export", &number, "-o", "back.json"]);
        done(folder, &["history", "show", &number]);
    }
    numbers.len()
}

#[test]
fn two_processes_can_begin_and_keep_at_once() {
    let folder = folder();
    let folder = folder.path();
    let names: Vec<String> = (1..=4).map(|day| format!("day{day}.json")).collect();
    for (name, day) in names.iter().zip(1..) {
        written(folder, name, &sample_of(TENANT, &format!("2026-11-0{day}T09:00:00Z")));
    }
    let begun = names.iter().map(|name| begun(folder, &["audit", "--snapshot", name]));
    for mut child in begun.collect::<Vec<_>>() {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(whole(folder), 4);
}

#[test]
fn a_run_that_is_killed_leaves_nothing_or_everything() {
    let folder = folder();
    let folder = folder.path();
    for step in 0..12 {
        let at = format!("2026-11-02T09:00:{step:02}Z");
        written(folder, "then.json", &sample_of(TENANT, &at));
        let mut child = begun(folder, &["audit", "--snapshot", "then.json"]);
        std::thread::sleep(Duration::from_millis(15 * step));
        // It may have ended by itself.
        let _ = child.kill();
        child.wait().unwrap();
    }
    // Whatever came of these, the next one is kept, and every one that is there is whole.
    written(folder, "then.json", &sample_of(TENANT, "2026-11-03T09:00:00Z"));
    done(folder, &["audit", "--snapshot", "then.json"]);
    assert!(whole(folder) >= 1);
}
