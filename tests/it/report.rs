//! `report`: a saved report in any format says what the run said that saved it.

use crate::support::program::program;
use std::path::Path;

fn saved(folder: &Path, arguments: &[&str]) -> String {
    let path = folder.join("saved.json").display().to_string();
    let all = [&["audit", "--quiet", "-o", &path], arguments].concat();
    let run = program(&all).run();
    assert_eq!(run.code, 0, "{}", run.shown());
    path
}

#[test]
fn a_saved_report_is_written_again_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["--sample"] as &[&str],
        &["--sample", "--baseline", "all", "--controls", "nist-800-53"],
        &["--sample", "--without", "PrivilegedAccess.Read.AzureADGroup"],
    ] {
        let path = saved(folder.path(), arguments);
        let again = program(&["report", &path, "-o", "json=-"]).run();
        assert_eq!(again.code, 0, "{}", again.shown());
        assert!(again.stdout == std::fs::read_to_string(&path).unwrap(), "{arguments:?}");
    }
}

#[test]
fn the_table_of_a_saved_report_is_that_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, options) in [
        (&["--sample"] as &[&str], &[] as &[&str]),
        (&["--sample"], &["--show", "all", "--explain-score"]),
        (&["--sample", "--baseline", "scuba-aad", "--baseline", "cis-m365"], &["--show", "failed"]),
    ] {
        let path = saved(folder.path(), arguments);
        let run = program(&[&["audit"], arguments, options].concat()).run();
        let again = program(&[&["report", &path], options].concat()).run();
        assert_eq!(again.stdout, run.stdout, "{arguments:?} {options:?}");
        assert_eq!((again.code, again.stderr.as_str()), (0, ""));
    }
    let path = saved(folder.path(), &["--sample", "--baseline", "all"]);
    let run = program(&["audit", "--sample", "--baseline", "all"]).run();
    assert_eq!(program(&["report", &path, "--matrix"]).run().stdout, run.stdout);
}

#[test]
fn what_is_no_report_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    for (path, expected) in [
        (folder.path().join("absent.json").display().to_string(), "cannot read"),
        (path("text.json", "hello"), "it is no pimaudit report"),
        (path("foreign.json", "{\"schema\":\"x/1\"}"), "this version reads \"pimaudit.report/1\""),
        (path("cut.json", "{\"schema\":\"pimaudit.report/1\"}"), "missing field"),
    ] {
        let run = program(&["report", &path]).run();
        assert_eq!(run.code, 2, "{}", run.shown());
        assert!(run.stderr.contains(expected), "{}", run.stderr);
        assert!(run.stdout.is_empty());
    }
    let own = saved(folder.path(), &["--sample"]);
    let run = program(&["report", &own, "-o", &own]).run();
    assert_eq!(run.code, 2, "{}", run.shown());
    assert!(run.stderr.contains("the report that is read"), "{}", run.stderr);
}

/// Findings of one check by the outcome, and the posture, of a changed sample.
fn judged_after(
    change: impl Fn(&mut serde_json::Value),
    arguments: &[&str],
    check: &str,
) -> (Vec<String>, f64) {
    use std::io::Read as _;
    let mut text = String::new();
    let packed = include_bytes!("../../src/cli/sample.json.gz");
    flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
    let mut sample: serde_json::Value = serde_json::from_str(&text).unwrap();
    change(&mut sample);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("s.json"), sample.to_string()).unwrap();
    std::fs::write(
        folder.path().join("bg.yaml"),
        "format: 1\nbreak_glass: [bg1@contoso.onmicrosoft.com, bg2@contoso.onmicrosoft.com]\n",
    )
    .unwrap();
    let all = [&["audit", "--snapshot", "s.json", "--format", "json"], arguments].concat();
    let run = program(&all).within(folder.path()).run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let baseline = &report["baselines"][0];
    let findings = baseline["findings"].as_array().unwrap().iter();
    let of_check = findings.filter(|it| it["check"] == check);
    let outcomes = of_check.map(|it| it["outcome"].as_str().unwrap().to_owned()).collect();
    (outcomes, baseline["score"]["posture"].as_f64().unwrap())
}

fn rows<'s>(sample: &'s mut serde_json::Value, dataset: &str) -> &'s mut serde_json::Value {
    let collections = sample["collections"].as_array_mut().unwrap();
    collections.iter_mut().find(|it| it["dataset"] == dataset).unwrap()
}

#[test]
fn a_break_glass_account_that_was_not_read_does_not_vanish() {
    let arguments = ["--baseline", "cis-m365", "--config", "bg.yaml"];
    let check = "weak-break-glass";
    let (whole, _) = judged_after(|_| {}, &arguments, check);
    assert_eq!(whole, ["fail", "fail"]);
    let hidden = |sample: &mut serde_json::Value| {
        let principals = rows(sample, "principals");
        principals["status"] = "partial".into();
        principals["gap"] = serde_json::json!({
            "kind": "incomplete", "dataset": "principals", "detail": "it broke off"
        });
        let kept: Vec<serde_json::Value> = principals["rows"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| !row["userPrincipalName"].as_str().unwrap_or("").starts_with("bg"))
            .cloned()
            .collect();
        principals["count"] = kept.len().into();
        principals["rows"] = kept.into();
    };
    let (unread, _) = judged_after(hidden, &arguments, check);
    assert!(!unread.is_empty() && unread.iter().all(|it| it == "not-assessed"), "{unread:?}");
}

#[test]
fn a_label_that_cannot_be_understood_takes_no_role_out_of_a_benchmark() {
    let arguments = ["--baseline", "stig-entra"];
    let check = "permanent-active-assignment";
    let (whole, posture) = judged_after(|_| {}, &arguments, check);
    let odd = |sample: &mut serde_json::Value| {
        let labels = rows(sample, "privileged-roles")["rows"].as_array_mut().unwrap();
        for row in labels {
            if row["id"] == "62e90394-69f5-4237-9190-012177145e10" {
                row["isPrivileged"] = "yes".into();
            }
        }
    };
    let (found, after) = judged_after(odd, &arguments, check);
    assert_eq!(whole.len(), found.len());
    assert!(after <= posture, "{posture} became {after}");
}
