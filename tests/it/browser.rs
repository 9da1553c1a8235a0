//! The HTML report in a real browser: `tests/browser/check.mjs` drives Chromium. Without a browser,
//! Node.js or the packages of `tests/browser` it says that it skipped.

use crate::support::program::program;
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser");

/// Why the page cannot be looked at here.
fn missing() -> Option<&'static str> {
    if !Path::new(FOLDER).join("node_modules").is_dir() {
        return Some("the packages of tests/browser are not installed (npm ci)");
    }
    let node = Command::new("node").arg("--version").output();
    if !node.is_ok_and(|it| it.status.success()) {
        return Some("there is no Node.js");
    }
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    let browsers = named.into_iter().chain(usual.map(PathBuf::from));
    match browsers.into_iter().any(|path| path.is_file()) {
        true => None,
        false => Some("there is no Chromium"),
    }
}

#[expect(clippy::print_stderr, reason = "a test that skips says so")]
fn skipped() -> bool {
    match missing() {
        None => false,
        // What must not be skipped in a pipeline is said by its variable.
        Some(reason) if std::env::var_os("PIMAUDIT_BROWSER").is_some() => panic!("{reason}"),
        Some(reason) => {
            eprintln!("skipped: {reason}");
            true
        }
    }
}

fn check(page: &Path, options: &[&str]) {
    drive("check.mjs", page, options);
}

fn drive(script: &str, page: &Path, options: &[&str]) {
    let output = Command::new("node")
        .current_dir(FOLDER)
        .arg(script)
        .arg(page)
        .args(options)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_page_works_prints_and_asks_nothing_of_the_network() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    let path = page.display().to_string();
    let json = program(&["audit", "--sample", "--format", "json"]).run().stdout;
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let count = report["baselines"][0]["findings"].as_array().unwrap().len().to_string();
    let run = program(&["audit", "--sample", "-q", "-o", &path]).run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    check(&page, &["--findings", &count, "--pdf-pages", "20-120"]);
}

#[test]
fn hostile_names_stay_text_on_the_page() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let saved = crate::formats::hostile(folder.path());
    let page = folder.path().join("report.html");
    let run = program(&["report", &saved, "-o", &page.display().to_string()]).run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    check(&page, &["--hostile"]);
}

#[test]
fn the_page_of_differences_works_without_script() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = crate::diff::two_samples(folder.path());
    let page = folder.path().join("diff.html");
    let run = program(&["diff", &old, &new, "-q", "-o", &page.display().to_string()]).run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    drive("still.mjs", &page, &["--pdf-pages", "1-20"]);
}

#[test]
fn a_thousand_runs_of_a_hostile_tenant_are_a_page_that_works() {
    use pimaudit::report::history::{Point, Series, Trend, write_html};
    if skipped() {
        return;
    }
    let name = "\"><img onerror=alert(1) src=x><script>alert(1)</script>\u{202e}";
    let point = |run: i64| {
        let posture = (run % 50 != 0).then_some(40.0 + (run % 30) as f64);
        let at = jiff::Timestamp::from_second(1_770_000_000 + run * 86_400).unwrap();
        Point {
            run,
            at,
            judged_at: at,
            configuration: None,
            posture,
            low: posture.map(|it| it - 5.0),
            high: posture.map(|it| it + 5.0),
            coverage: 90.0,
            grade: None,
            rules: format!("sha256:{}", run / 400),
            failed: 3,
            partial: 0,
            not_assessed: 1,
        }
    };
    let points = (1..=1_000).map(point).collect();
    let series = Series { baseline: "recommended".to_owned(), of: Some(name.to_owned()), points };
    let trend = Trend {
        version: "0.1.0",
        tenant: "t-1".to_owned(),
        tenant_name: name.to_owned(),
        series: vec![series],
    };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("trend.html");
    write_html(&trend, &mut std::fs::File::create(&page).unwrap()).unwrap();
    // Nothing was scored in every fiftieth of them.
    drive("still.mjs", &page, &["--hostile", "--rows", "1000", "--points", "980"]);
}
