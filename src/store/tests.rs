//! The store as a whole: what is kept comes back, and what is not whole is not there.

use super::blob::LONGEST_CHAIN;
use super::*;
use crate::snapshot::{load_bytes, write_bytes};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

const TENANT: &str = "7f3a0000-0000-4000-8000-000000000001";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn store_in(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("history.db")
}

async fn opened(folder: &tempfile::TempDir) -> Store {
    Store::open(&store_in(folder), true).await.unwrap()
}

fn day(day: usize) -> String {
    let start: Timestamp = "2026-01-01T09:00:00Z".parse().unwrap();
    Timestamp::from_second(start.as_second() + day as i64 * 86_400).unwrap().to_string()
}

/// A snapshot of a tenant with these holders of a role.
fn snapshot(tenant: &str, at: &str, holders: &[String]) -> String {
    let rows: Vec<String> = holders
        .iter()
        .map(|id| {
            format!(r#"{{"id":"assignment-{id}","principalId":"{id}","roleDefinitionId":"r"}}"#)
        })
        .collect();
    format!(
        r#"{{"format":"pimaudit.snapshot/1","tenant":"{tenant}","cloud":"global","collected_at":"{at}",
"collected_by":{{"name":"auditor@contoso.example"}},"collections":[
{{"dataset":"role-definitions","request":"/v1.0/d","read_at":"{at}","status":"complete","rows":[{{"id":"r"}}]}},
{{"dataset":"role-assignments","request":"/v1.0/a","read_at":"{at}","status":"complete","rows":[{}]}}]}}"#,
        rows.join(",\n")
    )
}

fn holders(count: usize) -> Vec<String> {
    // Digits that look random, so that packing alone does not make a row small.
    (0..count).map(|place| content::digest_of(&place.to_string())).collect()
}

fn packed(text: &str) -> Packed {
    Packed::of(&load_bytes(text.as_bytes(), Path::new("test")).unwrap()).unwrap()
}

/// The text as a snapshot file has it.
fn written(text: &str) -> String {
    let mut out = Vec::new();
    write_bytes(&load_bytes(text.as_bytes(), Path::new("test")).unwrap(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn finding(subject: &str, outcome: &str) -> Kept {
    Kept {
        check: "a-check".to_owned(),
        subject: subject.to_owned(),
        outcome: outcome.to_owned(),
        credit: None,
        severity: "high".to_owned(),
        waived: false,
        name: None,
        observed: None,
    }
}

fn judged(baseline: &str, posture: f64) -> NewScore {
    let counts = Counts { passed: 3, partial: 1, failed: 2, not_assessed: 4, waived: 5 };
    let check = |kind: &str, effective: f64, credit: f64| CheckScore {
        check: "a-check".to_owned(),
        kind: kind.to_owned(),
        weight: 10.0,
        effective,
        unread: 0.0,
        credit: Some(credit),
        cost: 1.5,
        counts,
    };
    NewScore {
        score: Score {
            baseline: baseline.to_owned(),
            title: "A baseline".to_owned(),
            rules: format!("sha256:{baseline}"),
            posture: Some(posture),
            raw: Some(posture + 0.01),
            low: 10.0,
            high: 90.0,
            coverage: 0.805,
            coverage_percent: 80.5,
            waived_share: 0.25,
            grade: Some("B?".to_owned()),
            counts,
        },
        checks: vec![check("role", 6.0, 1.0), check("grant", 3.0, 0.0)],
        roles: vec![RoleScore {
            role: "r".to_owned(),
            name: "Reader".to_owned(),
            counts,
            worst: Some("high".to_owned()),
        }],
        findings: Findings::of([finding("role:r", "fail"), finding("tenant", "pass")].into_iter())
            .unwrap(),
    }
}

fn new_run(snapshot: &Packed, gate: Gate, scores: Vec<NewScore>) -> NewRun<'_> {
    NewRun {
        snapshot,
        tenant_name: "Contoso",
        judged_at: snapshot.collected_at,
        program: "0.1.0",
        source: "the tenant",
        configuration: None,
        gate,
        scores,
    }
}

async fn keep(store: &mut Store, text: &str) -> Saved {
    let packed = packed(text);
    let scores = vec![judged("recommended", 71.5)];
    store.save(&new_run(&packed, Gate::Unset, scores)).await.unwrap()
}

async fn number(store: &mut Store, query: &'static str) -> i64 {
    use sqlx::Row as _;
    let row = sqlx::query(query).fetch_one(&mut store.connection).await.unwrap();
    row.try_get(0).unwrap()
}

const BLOBS: &str = "SELECT COUNT(*) FROM blob";
const BYTES: &str = "SELECT COALESCE(SUM(LENGTH(body)), 0) FROM blob";

#[tokio::test]
async fn a_run_comes_back_as_it_was_kept() {
    let folder = folder();
    let text = snapshot(TENANT, &day(0), &holders(3));
    {
        let mut store = opened(&folder).await;
        assert_eq!(keep(&mut store, &text).await, Saved::New(1));
        store.close().await.unwrap();
    }
    let mut store = Store::open(&store_in(&folder), false).await.unwrap();
    let runs = store.runs(None).await.unwrap();
    let at: Timestamp = day(0).parse().unwrap();
    let expected = Run {
        id: 1,
        tenant: TENANT.to_owned(),
        tenant_name: "Contoso".to_owned(),
        cloud: crate::model::Cloud::Global,
        collected_at: at,
        judged_at: at,
        program: "0.1.0".to_owned(),
        source: "the tenant".to_owned(),
        gate: Gate::Unset,
        configuration: None,
    };
    assert_eq!(runs, [expected]);
    let found = String::from_utf8(store.snapshot(1).await.unwrap()).unwrap();
    assert_eq!(found, written(&text));
    let by = store.collected_by(1).await.unwrap().unwrap();
    assert_eq!(by.name.as_deref(), Some("auditor@contoso.example"));
    let findings = store.findings(1, "recommended").await.unwrap();
    assert_eq!(findings, [finding("role:r", "fail"), finding("tenant", "pass")]);
    let scores = store.scores(TENANT).await.unwrap();
    let score = judged("recommended", 71.5).score;
    let expected = ScoreAt { run: 1, at, judged_at: at, configuration: None, score };
    assert_eq!(scores, [expected]);
}

#[tokio::test]
async fn checks_and_roles_come_back_in_time() {
    let folder = folder();
    let mut store = opened(&folder).await;
    // The later one is kept first.
    for number in [1, 0] {
        keep(&mut store, &snapshot(TENANT, &day(number), &holders(1))).await;
    }
    let checks = store.check_trend(TENANT, "recommended", "a-check").await.unwrap();
    let runs: Vec<i64> = checks.iter().map(|it| it.run).collect();
    assert_eq!(runs, [2, 1]);
    // E of 6 met, E of 3 not met; the counts of both kinds of subject.
    assert_eq!(checks[0].posture, Some(66.7));
    assert_eq!((checks[0].counts.failed, checks[0].counts.waived), (4, 10));
    let roles = store.role_trend(TENANT, "recommended", "r").await.unwrap();
    assert_eq!(roles.iter().map(|it| it.counts.failed).collect::<Vec<_>>(), [2, 2]);
    assert_eq!(roles[1].worst.as_deref(), Some("high"));
    let names = store.roles(TENANT, "recommended").await.unwrap();
    assert_eq!(names, [("r".to_owned(), "Reader".to_owned())]);
    assert_eq!(store.checks(TENANT, "recommended").await.unwrap(), ["a-check"]);
    for (baseline, check, role) in
        [("other", "a-check", "r"), ("recommended", "b-check", "s"), ("recommended", "", "R")]
    {
        assert!(store.check_trend(TENANT, baseline, check).await.unwrap().is_empty());
        assert!(store.role_trend(TENANT, baseline, role).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_did_not_change_is_kept_once() {
    let folder = folder();
    let mut store = opened(&folder).await;
    keep(&mut store, &snapshot(TENANT, &day(0), &holders(500))).await;
    // A manifest, two collections, findings.
    assert_eq!(number(&mut store, BLOBS).await, 4);
    let first = number(&mut store, BYTES).await;
    keep(&mut store, &snapshot(TENANT, &day(1), &holders(500))).await;
    assert_eq!(number(&mut store, BLOBS).await, 5);
    // One holder more.
    keep(&mut store, &snapshot(TENANT, &day(2), &holders(501))).await;
    assert_eq!(number(&mut store, BLOBS).await, 7);
    let all = number(&mut store, BYTES).await;
    assert!(all < first + 2_000, "{all} bytes after {first}");
}

#[tokio::test]
async fn the_same_run_is_kept_once() {
    let folder = folder();
    let mut store = opened(&folder).await;
    let text = snapshot(TENANT, &day(0), &holders(1));
    let other_rows = snapshot(TENANT, &day(0), &holders(2));
    let (first, changed) = (packed(&text), packed(&other_rows));
    let recommended = || vec![judged("recommended", 71.5)];
    let both = || vec![judged("recommended", 71.5), judged("scuba-aad", 50.0)];
    let other_rules = || {
        let mut scores = recommended();
        scores[0].score.rules = "sha256:other".to_owned();
        scores
    };
    let other_findings = || {
        let mut scores = recommended();
        scores[0].findings = Findings::of([finding("role:r", "pass")].into_iter()).unwrap();
        scores
    };
    let later = NewRun {
        judged_at: "2027-01-01T00:00:00Z".parse().unwrap(),
        ..new_run(&first, Gate::Unset, recommended())
    };
    let configured =
        NewRun { configuration: Some("sha256:1"), ..new_run(&first, Gate::Unset, recommended()) };
    for (new, expected) in [
        (new_run(&first, Gate::Unset, recommended()), Saved::New(1)),
        (new_run(&first, Gate::Unset, recommended()), Saved::Already(1)),
        (new_run(&first, Gate::Passed, recommended()), Saved::Already(1)),
        (new_run(&first, Gate::Unset, recommended()), Saved::Already(1)),
        // A milder limit that is met later makes nothing good.
        (new_run(&first, Gate::Missed, recommended()), Saved::Already(1)),
        (new_run(&first, Gate::Passed, recommended()), Saved::Already(1)),
        (new_run(&first, Gate::Unset, both()), Saved::New(2)),
        (new_run(&first, Gate::Unset, both().into_iter().rev().collect()), Saved::Already(2)),
        (new_run(&first, Gate::Unset, other_rules()), Saved::New(3)),
        (later, Saved::New(4)),
        (configured, Saved::New(5)),
        (new_run(&changed, Gate::Unset, recommended()), Saved::New(6)),
        // The same data and rules, but another snapshot to compare with, or another program.
        (new_run(&first, Gate::Passed, other_findings()), Saved::New(7)),
        (new_run(&first, Gate::Unset, vec![judged("recommended", 71.6)]), Saved::New(8)),
    ] {
        assert_eq!(store.save(&new).await.unwrap(), expected);
    }
    // A limit that was set only later is remembered.
    let mut runs = store.runs(None).await.unwrap();
    runs.sort_by_key(|run| run.id);
    let gates: Vec<Gate> = runs.iter().map(|run| run.gate).collect();
    let mut expected = [Gate::Unset; 8];
    (expected[0], expected[6]) = (Gate::Missed, Gate::Passed);
    assert_eq!(gates, expected);
    assert_eq!(runs[4].configuration.as_deref(), Some("sha256:1"));
}

#[tokio::test]
async fn a_run_that_breaks_off_leaves_nothing() {
    let folder = folder();
    let mut store = opened(&folder).await;
    let text = snapshot(TENANT, &day(0), &holders(3));
    let packed = packed(&text);
    let scores = vec![judged("recommended", 71.5)];
    {
        let mut work = open::begin(&mut store.connection).await.unwrap();
        let saved = save::write(&mut work, &new_run(&packed, Gate::Unset, scores)).await.unwrap();
        assert_eq!(saved, Saved::New(1));
        // Dropped, not committed.
    }
    drop(store);
    let mut store = opened(&folder).await;
    assert!(store.runs(None).await.unwrap().is_empty());
    for table in [
        BLOBS,
        "SELECT COUNT(*) FROM score",
        "SELECT COUNT(*) FROM run_dataset",
        "SELECT last_run FROM store",
    ] {
        assert_eq!(number(&mut store, table).await, 0, "{table}");
    }
    assert_eq!(keep(&mut store, &text).await, Saved::New(1));
}

#[tokio::test]
async fn every_run_of_a_long_chain_comes_back() {
    let folder = folder();
    let mut store = opened(&folder).await;
    let texts: Vec<String> = (0..LONGEST_CHAIN as usize + 10)
        .map(|number| snapshot(TENANT, &day(number), &holders(200 + number)))
        .collect();
    for text in &texts {
        keep(&mut store, text).await;
    }
    for (number, text) in (1..).zip(&texts) {
        let found = String::from_utf8(store.snapshot(number).await.unwrap()).unwrap();
        assert_eq!(found, written(text), "run {number}");
    }
    assert_eq!(number(&mut store, "SELECT MAX(depth) FROM blob").await, LONGEST_CHAIN);
    // Each row of the digits of a digest: a tenth of keeping every run whole.
    let whole: usize = texts.iter().map(|text| packed(text).parts[1].rows.packed.len()).sum();
    let all = number(&mut store, BYTES).await as usize;
    assert!(all < whole / 5, "{all} of {whole}");
}

#[tokio::test]
async fn pruning_takes_what_nothing_refers_to_and_no_more() {
    let folder = folder();
    let mut store = opened(&folder).await;
    let texts: Vec<String> =
        (0..6).map(|number| snapshot(TENANT, &day(number), &holders(300 + number))).collect();
    for text in &texts {
        keep(&mut store, text).await;
    }
    keep(&mut store, &snapshot("t-2", &day(0), &holders(1))).await;
    let pruning = |dry_run| Pruning { keep: Keep::Newest(2), even_the_last: false, dry_run };
    let before = number(&mut store, BLOBS).await;
    let told = store.prune(Some(TENANT), &pruning(true)).await.unwrap();
    assert_eq!(number(&mut store, BLOBS).await, before);
    assert_eq!(store.runs(None).await.unwrap().len(), 7);
    let done = store.prune(Some(TENANT), &pruning(false)).await.unwrap();
    assert_eq!(told, done);
    assert_eq!(done.runs.iter().map(|run| run.id).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!((done.left, &done.space), (2, &None));
    assert_eq!(number(&mut store, BLOBS).await, before - done.texts as i64);
    // The rows and the manifest of the older ones are still what the newer ones differ from.
    for number in [5, 6] {
        let found = String::from_utf8(store.snapshot(number).await.unwrap()).unwrap();
        assert_eq!(found, written(&texts[number as usize - 1]));
    }
    assert_eq!(store.findings(6, "recommended").await.unwrap().len(), 2);
    let all = Pruning { keep: Keep::Newest(0), even_the_last: true, dry_run: false };
    assert_eq!(store.prune(None, &all).await.unwrap().runs.len(), 3);
    for table in [BLOBS, "SELECT COUNT(*) FROM check_score", "SELECT COUNT(*) FROM role_score"] {
        assert_eq!(number(&mut store, table).await, 0, "{table}");
    }
    // A number is never used twice.
    assert_eq!(keep(&mut store, &texts[0]).await, Saved::New(8));
    assert_eq!(store.prune(Some("t-9"), &all).await.unwrap(), Pruned::default());
}

#[tokio::test]
async fn names_are_within_one_tenant() {
    let folder = folder();
    let mut store = opened(&folder).await;
    for (tenant, number) in [(TENANT, 0), ("t-2", 9), (TENANT, 1), (TENANT, 2)] {
        keep(&mut store, &snapshot(tenant, &day(number), &holders(1))).await;
    }
    let now: Timestamp = day(3).parse().unwrap();
    for (tenant, name, before, expected) in [
        (TENANT, "last", None, Ok(4)),
        ("t-2", "last", None, Ok(2)),
        (TENANT, "last", Some(2), Ok(3)),
        (TENANT, "2d", None, Ok(3)),
        (TENANT, "2d", Some(1), Ok(1)),
        (TENANT, "2", None, Err("there is no run 2 of this tenant")),
        (
            TENANT,
            "last",
            Some(0),
            Err("no run of this tenant was read before 2026-01-01 09:00 UTC"),
        ),
        // It is there, and it is what is compared with.
        (
            TENANT,
            "4",
            Some(2),
            Err("run 4 of 2026-01-03 09:00 UTC was not read before what it is compared with"),
        ),
        (TENANT, "2", Some(2), Err("there is no run 2 of this tenant")),
        ("t-3", "last", None, Err("there is no run yet")),
        (TENANT, "first", None, Err("\"first\" is no name of a run")),
    ] {
        let before = before.map(|number| day(number).parse().unwrap());
        let found = store.run_named(tenant, name, before, now).await;
        let found = found.map(|run| run.id).map_err(|error| error.to_string());
        assert_eq!(found, expected.map_err(str::to_owned), "{tenant} {name} {before:?}");
    }
    let tenants = store.tenants().await.unwrap();
    let found: Vec<_> = tenants.iter().map(|it| (it.id.as_str(), it.runs)).collect();
    assert_eq!(found, [(TENANT, 3), ("t-2", 1)]);
}

#[tokio::test]
async fn the_last_definitions_that_were_read_whole_are_found() {
    let folder = folder();
    let mut store = opened(&folder).await;
    let missing = |at: &str| {
        snapshot(TENANT, at, &holders(1)).replacen(
            r#""status":"complete","rows":[{"id":"r"}]"#,
            r#""status":"missing","gap":{"kind":"permission-denied","detail":"no"},"rows":[]"#,
            1,
        )
    };
    keep(&mut store, &snapshot(TENANT, &day(0), &holders(1))).await;
    keep(&mut store, &missing(&day(1))).await;
    keep(&mut store, &snapshot("t-2", &day(1), &holders(1))).await;
    for (before, expected) in [(0, None), (1, Some(0)), (2, Some(0))] {
        let before: Timestamp = day(before).parse().unwrap();
        let found = store.earlier_definitions(TENANT, before).await.unwrap();
        let at = found.as_ref().map(|(at, _)| at.to_string());
        assert_eq!(at, expected.map(day), "{before}");
        let Some((_, text)) = found else { continue };
        let found = load_bytes(&text, Path::new("found")).unwrap();
        let datasets: Vec<&str> =
            found.collections.iter().map(|part| part.dataset.facts().name).collect();
        assert_eq!(datasets, ["role-definitions"]);
        assert_eq!(found.collections[0].rows.len(), 1);
    }
}

#[tokio::test]
async fn a_foreign_file_is_refused_and_stays_as_it_is() {
    use sqlx::{ConnectOptions as _, Connection as _};
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("text"), "this is a text of somebody else's, long enough to be one").unwrap();
    std::fs::write(at("empty"), "").unwrap();
    std::fs::create_dir(at("folder")).unwrap();
    for (name, tables) in [
        ("other", "CREATE TABLE a (b TEXT); CREATE TABLE c (d TEXT)"),
        ("namesake", "CREATE TABLE store (name TEXT); INSERT INTO store VALUES ('shop')"),
        ("namesake-2", "CREATE TABLE store (id TEXT)"),
        ("view", "CREATE VIEW v AS SELECT 1"),
        ("emptied", "PRAGMA user_version = 5"),
    ] {
        let options =
            sqlx::sqlite::SqliteConnectOptions::new().filename(at(name)).create_if_missing(true);
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql(tables).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
    for (name, create, expected) in [
        ("text", true, "it is no store of pimaudit: it is no SQLite file"),
        ("other", true, "it is no store of pimaudit: it is a database with the tables a, c"),
        ("namesake", true, "it is no store of pimaudit: it is a database with the tables store"),
        ("namesake-2", true, "it is no store of pimaudit: it is a database with the tables store"),
        ("view", true, "it is no store of pimaudit: it is a database with the tables v"),
        ("emptied", true, "it is no store of pimaudit: it is an empty database of another program"),
        ("empty", false, "it is empty"),
        ("folder", true, "it is a folder"),
        ("absent", false, "there is no such file"),
    ] {
        let before = std::fs::read(at(name)).ok();
        let error = Store::open(&at(name), create).await.unwrap_err();
        assert_eq!(error.to_string(), expected, "{name}");
        assert!(error.hint().is_some(), "{name}");
        assert!(std::fs::read(at(name)).ok() == before, "{name}");
    }
    let error = Store::open(&at("none").join("history.db"), true).await.unwrap_err();
    assert!(error.to_string().starts_with("there is no folder "), "{error}");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(at("nowhere"), at("link")).unwrap();
        let error = Store::open(&at("link"), true).await.unwrap_err();
        assert_eq!(error.to_string(), "it is a link to a file that is not there");
        assert!(!at("nowhere").exists());
    }
    // An empty file is nobody's.
    Store::open(&at("empty"), true).await.unwrap().close().await.unwrap();
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_refused() {
    let folder = folder();
    let mut store = opened(&folder).await;
    sqlx::raw_sql("INSERT INTO migration (version, program) VALUES (7, '9.9.9')")
        .execute(&mut store.connection)
        .await
        .unwrap();
    store.close().await.unwrap();
    let error = Store::open(&store_in(&folder), true).await.unwrap_err();
    assert_eq!(error.to_string(), "it has format 7, and this version knows 1");
    assert_eq!(error.hint(), Some("use a newer pimaudit"));
}

#[tokio::test]
async fn damage_is_told_and_does_not_spread() {
    let folder = folder();
    let mut store = opened(&folder).await;
    let text = |number: usize| snapshot(TENANT, &day(number), &holders(300 + number));
    keep(&mut store, &text(0)).await;
    keep(&mut store, &text(1)).await;
    for damage in [
        "UPDATE blob SET body = X'00' WHERE base IS NULL",
        "UPDATE blob SET base = digest, depth = 1 WHERE base IS NOT NULL",
    ] {
        sqlx::raw_sql(damage).execute(&mut store.connection).await.unwrap();
        for number in [1, 2] {
            let error = store.snapshot(number).await.unwrap_err();
            assert!(error.is_damage(), "{damage}: {error}");
        }
    }
    let third = text(2);
    let Saved::New(run) = keep(&mut store, &third).await else { panic!("it is new") };
    // What it shares with the damaged runs was read again, and is whole.
    let found = String::from_utf8(store.snapshot(run).await.unwrap()).unwrap();
    assert_eq!(found, written(&third));
    let found = store.earlier_definitions(TENANT, Timestamp::MAX).await;
    assert!(found.unwrap().is_some());
    // What only they had stays damaged.
    for number in [1, 2] {
        assert!(store.snapshot(number).await.unwrap_err().is_damage());
    }
}

#[tokio::test]
async fn a_run_that_lost_a_part_is_damaged_and_no_smaller_one() {
    let folder = folder();
    let mut store = opened(&folder).await;
    let texts = [0, 1].map(|number| snapshot(TENANT, &day(number), &holders(300 + number)));
    for text in &texts {
        keep(&mut store, text).await;
    }
    // What a run is made of is told by its manifest, so that this table can hide nothing.
    let lost = "DELETE FROM run_dataset WHERE run = 2 AND dataset = 'role-assignments'";
    sqlx::raw_sql(lost).execute(&mut store.connection).await.unwrap();
    let found = String::from_utf8(store.snapshot(2).await.unwrap()).unwrap();
    assert_eq!(found, written(&texts[1]));
    let swapped = "UPDATE run SET manifest = (SELECT manifest FROM run WHERE id = 1) WHERE id = 2";
    sqlx::raw_sql(swapped).execute(&mut store.connection).await.unwrap();
    let error = store.snapshot(2).await.unwrap_err();
    let expected = "it is damaged: a run leads to what was read in another one";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn what_is_read_is_of_one_moment_whatever_is_deleted_meanwhile() {
    let folder = folder();
    let mut store = opened(&folder).await;
    let texts = [0, 1].map(|number| snapshot(TENANT, &day(number), &holders(3 + number)));
    for text in &texts {
        keep(&mut store, text).await;
    }
    store.close().await.unwrap();
    let mut reader = Store::open(&store_in(&folder), false).await.unwrap();
    reader.hold().await.unwrap();
    assert_eq!(reader.runs(None).await.unwrap().len(), 2);
    // What is deleted is gone for others; its space is in use until the reader has ended.
    let mut other = Store::open(&store_in(&folder), false).await.unwrap();
    let mut work = open::begin(&mut other.connection).await.unwrap();
    for deletion in ["DELETE FROM run", "DELETE FROM blob"] {
        sqlx::raw_sql(deletion).execute(&mut *work).await.unwrap();
    }
    work.commit().await.unwrap();
    let found = String::from_utf8(reader.snapshot(1).await.unwrap()).unwrap();
    assert_eq!(found, written(&texts[0]));
    assert_eq!(reader.findings(1, "recommended").await.unwrap().len(), 2);
    reader.close().await.unwrap();
    assert!(other.runs(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn labels_are_those_that_were_last_read_whole() {
    let folder = folder();
    let mut store = opened(&folder).await;
    let with = |at: &str, labels: &str| {
        let text = snapshot(TENANT, at, &holders(1));
        let part =
            format!(r#""collections":[{{"dataset":"privileged-roles","request":"/l",{labels}}},"#);
        text.replacen(r#""collections":["#, &part, 1)
    };
    let denied = r#""status":"missing","gap":{"kind":"permission-denied","detail":"no"},"rows":[]"#;
    let whole = r#""status":"complete","rows":[{"id":"r"}]"#;
    keep(&mut store, &with(&day(0), denied)).await;
    keep(&mut store, &with(&day(2), whole)).await;
    keep(&mut store, &with(&day(4), denied)).await;
    for (before, at, has_labels) in [(1, 0, false), (3, 2, true), (5, 4, true)] {
        let before: Timestamp = day(before).parse().unwrap();
        let (found, text) = store.earlier_definitions(TENANT, before).await.unwrap().unwrap();
        assert_eq!(found.to_string(), day(at));
        let found = load_bytes(&text, Path::new("found")).unwrap();
        assert_eq!(found.collected_at.to_string(), day(at));
        let labels: Vec<_> =
            found.parts(crate::model::Dataset::PrivilegedRoles).map(|it| it.missing).collect();
        assert_eq!(labels, [!has_labels], "{before}");
    }
}

#[tokio::test]
async fn many_can_begin_and_keep_at_once() {
    let folder = folder();
    let path = store_in(&folder);
    let one = |number: usize| {
        let (path, text) = (path.clone(), snapshot(TENANT, &day(number), &holders(50 + number)));
        async move {
            let mut store = Store::open(&path, true).await.unwrap();
            let saved = keep(&mut store, &text).await;
            store.close().await.unwrap();
            saved
        }
    };
    let saved = futures::future::join_all((0..8).map(one)).await;
    let mut numbers: Vec<i64> = saved
        .into_iter()
        .map(|saved| match saved {
            Saved::New(run) => run,
            Saved::Already(run) => panic!("{run} was kept before"),
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
    let mut store = opened(&folder).await;
    for run in store.runs(None).await.unwrap() {
        let found = store.snapshot(run.id).await.unwrap();
        let found = load_bytes(&found, Path::new("found")).unwrap();
        assert_eq!(found.collected_at, run.collected_at);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_and_its_logs_are_for_the_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let mut store = opened(&folder).await;
    keep(&mut store, &snapshot(TENANT, &day(0), &holders(1))).await;
    assert!(!store.open_to_others());
    let mut seen = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
        seen += 1;
    }
    // The file, its log, and the index of the log.
    assert_eq!(seen, 3);
    store.close().await.unwrap();
    let path = store_in(&folder);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(Store::open(&path, false).await.unwrap().open_to_others());
}

#[cfg(unix)]
#[tokio::test]
async fn a_path_is_a_path_whatever_sqlite_makes_of_it() {
    // Both would be something else to SQLite; neither leads anywhere here.
    for name in [":memory:", "file:x?mode=memory"] {
        let folder = folder();
        let path = folder.path().join(name);
        let mut store = Store::open(&path, true).await.unwrap();
        keep(&mut store, &snapshot(TENANT, &day(0), &holders(1))).await;
        store.close().await.unwrap();
        assert!(path.is_file(), "{name}");
        assert_eq!(Store::open(&path, false).await.unwrap().runs(None).await.unwrap().len(), 1);
    }
}
