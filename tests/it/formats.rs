//! Every format of a report, as files and on stdout, with names that attack each of them.

use crate::support::program::program;
use pimaudit::report::format::Format;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

fn in_folder(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

#[test]
fn every_format_goes_to_a_file_in_one_run_and_is_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let names = [
        "r.txt",
        "r.json",
        "r.html",
        "r.md",
        "r.csv",
        "r.xlsx",
        "r.oscal.json",
        "r.ndjson",
        "r.sarif",
        "r.junit.xml",
    ];
    let files: Vec<String> = names.iter().map(|name| in_folder(folder.path(), name)).collect();
    let mut arguments = vec!["audit", "--sample"];
    for file in &files {
        arguments.extend(["-o", file]);
    }
    let run = program(&arguments).run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    for (name, start) in names.iter().zip([
        "Tenant ",
        "{\n  \"schema\": \"pimaudit.report/1\"",
        "<!doctype html>",
        "",
        "tenant,baseline,check",
        "PK",
        "{\n  \"assessment-results\"",
        "{\"schema\":\"pimaudit.finding/1\"",
        "{\n  \"$schema\": \"https://docs.oasis-open.org/sarif",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
    ]) {
        let path = folder.path().join(name);
        let bytes = std::fs::read(&path).unwrap();
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).to_lowercase();
        assert!(bytes.starts_with(start.as_bytes()) || shown.starts_with(start), "{name}: {shown}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}

#[test]
fn a_saved_report_gives_the_same_bytes_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| in_folder(folder.path(), name);
    let saved = at("saved.json");
    let mut audit = vec!["audit".to_owned(), "--sample".to_owned(), "-o".to_owned(), saved.clone()];
    let mut again = vec!["report".to_owned(), saved];
    for format in Format::ALL {
        audit.extend(["-o".to_owned(), format!("{}={}", format.name(), at(format.name()))]);
        let name = format!("{}={}.again", format.name(), at(format.name()));
        again.extend(["-o".to_owned(), name]);
    }
    for arguments in [&audit, &again] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let run = program(&arguments).run();
        assert_eq!(run.code, 0, "{}", run.stderr);
    }
    for format in Format::ALL {
        let read = |name: String| std::fs::read(folder.path().join(name)).unwrap();
        let (first, again) = (read(format.name().into()), read(format!("{}.again", format.name())));
        assert!(first == again, "{} differs", format.name());
    }
}

/// What strangers could be called.
const HOSTILE: [&str; 7] = [
    "<script>alert(1)</script>",
    "\"><img onerror=alert(1) src=x>",
    "=cmd|' /C calc'!A0",
    "+1",
    "@SUM(1)\n::error::own\r\n# heading",
    "\u{202e}gpj.exe \u{1b}[31m",
    "]]> --> `|` {{x}} {% y %} [a](javascript:alert(1))",
];

/// The sample with hostile names everywhere, and one of ten thousand characters.
pub(crate) fn hostile(folder: &Path) -> String {
    let path = in_folder(folder, "hostile.json");
    let run = program(&["audit", "--sample", "--format", "json"]).run();
    let mut report: Value = serde_json::from_str(&run.stdout).unwrap();
    let long = "x".repeat(10_000);
    let names: Vec<&str> = HOSTILE.iter().copied().chain([long.as_str()]).collect();
    report["tenant"]["name"] = HOSTILE[0].into();
    let baseline = &mut report["baselines"][0];
    for (place, finding) in baseline["findings"].as_array_mut().unwrap().iter_mut().enumerate() {
        let name = names[place % names.len()];
        finding["subject"]["name"] = name.into();
        if finding.get("observed").is_some() {
            finding["observed"] = name.into();
        }
        for evidence in finding["evidence"].as_array_mut().unwrap() {
            evidence["value"] = name.into();
        }
    }
    let reach = &mut baseline["global_administrators"];
    for (place, way) in reach["ways"].as_array_mut().unwrap().iter_mut().enumerate() {
        way["principal"] = names[place % names.len()].into();
    }
    for candidate in baseline["break_glass_candidates"].as_array_mut().unwrap() {
        candidate["name"] = HOSTILE[1].into();
    }
    std::fs::write(&path, report.to_string()).unwrap();
    path
}

#[test]
fn names_are_text_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let saved = hostile(folder.path());
    let written = |format: &str| -> String {
        let run = program(&["report", &saved, "--format", format, "--show", "all"]).run();
        assert_eq!(run.code, 0, "{format}: {}", run.stderr);
        run.stdout
    };
    for format in ["table", "html", "markdown", "csv", "junit", "sarif", "github", "ndjson"] {
        let text = written(format);
        let steers = |it: char| matches!(it, '\u{1b}' | '\u{202e}' | '\r');
        assert!(!text.contains(steers), "{format} holds what steers a terminal");
    }
    let html = written("html");
    assert!(html.contains("&lt;script&gt;alert(1)"), "the name is shown");
    assert_eq!(html.matches("<script").count(), 1, "its own script alone");
    assert_eq!(html.matches("<img").count(), 0);
    // In a span of code nothing means anything.
    let markdown = written("markdown");
    let markdown = regex::Regex::new("`[^`\n]*`").unwrap().replace_all(&markdown, "");
    let markdown = markdown.replace("\\]", "");
    for bad in ["<script", "<img", "\n# heading", "](javascript"] {
        assert!(!markdown.contains(bad), "{bad}");
    }
    let csv = written("csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let mut cells = 0;
    for record in reader.records() {
        for cell in &record.unwrap() {
            assert!(!cell.starts_with(['=', '+', '@']), "{cell}");
            cells += 1;
        }
    }
    assert!(cells > 50_000, "{cells}");
    let annotations = written("github");
    assert!(annotations.lines().all(|line| line.starts_with("::")), "{annotations}");
    assert!(!annotations.lines().any(|line| line.starts_with("::error::own")));
    let junit = written("junit");
    assert!(!junit.contains("<script") && !junit.contains("<img"));
    for format in ["sarif", "oscal", "json"] {
        let _: Value = serde_json::from_str(&written(format)).unwrap();
    }
    let lines = written("ndjson");
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
}

#[test]
fn a_workbook_holds_names_as_text_only() {
    let folder = tempfile::tempdir().unwrap();
    let saved = hostile(folder.path());
    let path = in_folder(folder.path(), "hostile.xlsx");
    let run = program(&["report", &saved, "-o", &path, "--show", "all"]).run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    // The saved report was written without a workbook beside it, so it has no inventory.
    let file = std::fs::File::open(&path).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut sheets = 0;
    for place in 0..archive.len() {
        use std::io::Read as _;
        let mut entry = archive.by_index(place).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        if name.starts_with("xl/worksheets/sheet") {
            sheets += 1;
            assert!(!text.contains("<f>") && !text.contains("<f "), "{name} holds a formula");
            assert!(!text.contains("<hyperlink"), "{name} holds a link");
        }
    }
    assert_eq!(sheets, 6);
}

#[test]
fn a_workflow_is_given_its_annotations_and_its_summary() {
    let folder = tempfile::tempdir().unwrap();
    let summary = folder.path().join("summary.md");
    std::fs::write(&summary, "of the step before\n").unwrap();
    let run = program(&["audit", "--sample", "--format", "github"])
        .env("GITHUB_STEP_SUMMARY", &summary.display().to_string())
        .run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    let kinds: Vec<&str> =
        run.stdout.lines().map(|line| line[2..].split([' ', ':']).next().unwrap()).collect();
    let count = |kind: &str| kinds.iter().filter(|it| **it == kind).count();
    assert!(count("error") <= 10 && count("warning") <= 10 && count("notice") == 1, "{kinds:?}");
    let text = std::fs::read_to_string(&summary).unwrap();
    assert!(text.starts_with("of the step before\n") && text.contains("### Fix first"), "{text}");
    let nowhere = folder.path().join("none").join("summary.md").display().to_string();
    let run = program(&["audit", "--sample", "--format", "github"])
        .env("GITHUB_STEP_SUMMARY", &nowhere)
        .run();
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("cannot write the step summary"), "{}", run.stderr);
}

/// Not assessed is never a pass, whatever a format calls it.
#[test]
fn what_was_not_assessed_looks_like_no_pass() {
    let without = ["audit", "--sample", "--without", "RoleManagement.Read.Directory"];
    let run = program(&[&without, ["--format", "json"].as_slice()].concat()).run();
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let findings = report["baselines"][0]["findings"].as_array().unwrap();
    let of = |outcome: &str| findings.iter().filter(|it| it["outcome"] == outcome).count();
    assert!(of("not-assessed") > 0);
    let written =
        |format: &str| program(&[&without, ["--format", format].as_slice()].concat()).run().stdout;
    let junit = written("junit");
    assert_eq!(junit.matches("<skipped message=\"not assessed").count(), of("not-assessed"));
    let sarif: Value = serde_json::from_str(&written("sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let open = results.iter().filter(|it| it["kind"] == "open").count();
    assert_eq!(open, of("not-assessed"));
    assert!(results.iter().all(|it| it["kind"] != "pass"));
    let oscal: Value = serde_json::from_str(&written("oscal")).unwrap();
    let result = &oscal["assessment-results"]["results"][0];
    let unread: BTreeSet<&str> = findings
        .iter()
        .filter(|it| it["outcome"] == "not-assessed")
        .map(|it| it["check"].as_str().unwrap())
        .collect();
    let satisfied: Vec<String> = result["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["target"]["status"]["state"] == "satisfied")
        .map(|it| it["target"]["target-id"].as_str().unwrap().to_owned())
        .collect();
    for check in unread {
        assert!(!satisfied.iter().any(|it| it == check), "{check} is satisfied by silence");
    }
}
