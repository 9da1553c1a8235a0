//! `remediate`: files to review that change what is in the finding, and nothing else.

use crate::support::program::program;
use serde_json::Value;
use std::path::Path;

fn written(folder: &Path, arguments: &[&str]) -> Vec<(String, String)> {
    let target = folder.join("mend").display().to_string();
    let run = program(&[&["remediate", "--sample", "-o", &target], arguments].concat()).run();
    assert_eq!(run.code, 0, "{}", run.shown());
    assert!(run.stderr.contains("nothing was sent"), "{}", run.stderr);
    let mut files: Vec<(String, String)> = std::fs::read_dir(&target)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_rule_is_merged_with_what_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let files = written(folder.path(), &["--check", "activation-too-long"]);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"README.md") && names.contains(&"remediate.ps1"), "{names:?}");
    let steps: Vec<Value> = files
        .iter()
        .filter(|(name, _)| name.ends_with(".json"))
        .map(|(_, text)| serde_json::from_str(text).unwrap())
        .collect();
    assert!(!steps.is_empty());
    for step in &steps {
        assert_eq!(step["method"], "PATCH");
        let (live, body) = (&step["live"], &step["body"]);
        for (name, value) in live.as_object().unwrap() {
            if name != "maximumDuration" {
                assert_eq!(&body[name], value, "{name} changes too");
            }
        }
        let changes = step["changes"].as_array().unwrap();
        assert_eq!(changes.len(), 1, "{changes:?}");
        assert_eq!(changes[0]["property"], "maximumDuration");
    }
}

#[test]
fn an_authentication_context_goes_before_mfa_comes() {
    let folder = tempfile::tempdir().unwrap();
    let files = written(folder.path(), &[]);
    let steps: Vec<Value> = files
        .iter()
        .filter(|(name, _)| name.ends_with(".json"))
        .map(|(_, text)| serde_json::from_str(text).unwrap())
        .collect();
    assert!(steps.len() > 100);
    let url = |step: &Value| step["url"].as_str().unwrap().to_owned();
    for (place, step) in steps.iter().enumerate() {
        let body = step["body"].to_string();
        if !url(step).ends_with("/rules/Enablement_EndUser_Assignment")
            || !body.contains("MultiFactorAuthentication")
        {
            continue;
        }
        let context = url(step).replace("/Enablement_EndUser_", "/AuthenticationContext_EndUser_");
        let later = steps[place + 1..].iter().any(|step| url(step) == context);
        assert!(!later, "{} is switched off after MFA is asked for", context);
    }
    // One rule is one step: two bodies of it would undo each other.
    let mut patched: Vec<String> =
        steps.iter().filter(|step| step["method"] == "PATCH").map(url).collect();
    let count = patched.len();
    patched.sort();
    patched.dedup();
    assert_eq!(patched.len(), count);
    let script = &files.iter().find(|(name, _)| name == "remediate.ps1").unwrap().1;
    assert!(script.contains("$Apply") && !script.contains("Bearer"));
}

#[test]
fn what_cannot_be_mended_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::create_dir(folder.path().join("full")).unwrap();
    std::fs::write(folder.path().join("full/file"), "").unwrap();
    let (target, full) = (at("new"), at("full"));
    for (arguments, expected) in [
        (vec!["-o", &full], "is not empty"),
        (vec!["-o", &target, "--check", "activation-to-long"], "did you mean activation-too-long?"),
        (vec!["-o", &target, "--subject", "role:none"], "no open finding is chosen"),
        (vec!["-o", &target, "--baseline", "all"], "give one --baseline"),
    ] {
        let run = program(&[&["remediate", "--sample"], arguments.as_slice()].concat()).run();
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.shown());
        assert!(run.stderr.contains(expected), "{arguments:?}: {}", run.stderr);
    }
}
