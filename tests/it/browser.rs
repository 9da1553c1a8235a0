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
    let output = Command::new("node")
        .current_dir(FOLDER)
        .arg("check.mjs")
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
