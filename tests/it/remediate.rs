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

/// The requests of every step of the sample.
fn all_steps(files: &[(String, String)]) -> Vec<Value> {
    let requests = files.iter().filter(|(name, _)| name.ends_with(".json"));
    requests.map(|(_, text)| serde_json::from_str(text).unwrap()).collect()
}

#[test]
fn the_requests_of_the_sample_harm_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let files = written(folder.path(), &[]);
    let steps = all_steps(&files);
    let sent = |step: &Value| format!("{} {} {}", step["method"], step["url"], step["body"]);
    // Accounts that look like break-glass accounts, deleted and foreign ones.
    for (id, is_held) in [
        ("aaaaaaaa-0001-4000-8000-000000000001", true),
        ("aaaaaaaa-0001-4000-8000-000000000002", true),
        ("aaaaaaaa-0001-4000-8000-000000000006", false),
    ] {
        let touching: Vec<&Value> =
            steps.iter().filter(|step| step["live"].is_null() && sent(step).contains(id)).collect();
        assert!(!touching.is_empty(), "{id}");
        for step in touching {
            let held = step["held_back"].as_array().unwrap();
            assert_eq!(!held.is_empty(), is_held, "{step}");
        }
    }
    for id in ["aaaaaaaa-0001-4000-8000-000000000063", "aaaaaaaa-0001-4000-8000-000000000066"] {
        let touching: Vec<String> = steps.iter().map(sent).filter(|it| it.contains(id)).collect();
        assert!(!touching.is_empty(), "{id}");
        assert!(touching.iter().all(|it| it.contains("adminRemove")), "{touching:?}");
    }
    let made = "/v1.0/identity/conditionalAccess/policies";
    for step in steps.iter().filter(|step| step["method"] == "POST" && step["url"] == made) {
        assert_eq!(step["body"]["state"], "enabledForReportingButNotEnforced");
    }
    // No request comes twice, unless what is filled in makes it another one.
    let mut whole: Vec<String> = steps
        .iter()
        .filter(|step| step["fill_in"].as_array().unwrap().is_empty())
        .map(sent)
        .collect();
    let count = whole.len();
    whole.sort();
    whole.dedup();
    assert_eq!(whole.len(), count);
}

#[test]
fn mfa_follows_its_context_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let files = written(folder.path(), &[]);
    let steps = all_steps(&files);
    let url = |step: &Value| step["url"].as_str().unwrap().to_owned();
    let text = &files.iter().find(|(name, _)| name == "main.tf").unwrap().1;
    let mut found = 0;
    for (place, step) in steps.iter().enumerate() {
        let mfa = url(step).replace("/AuthenticationContext_EndUser_", "/Enablement_EndUser_");
        if mfa == url(step) || !steps.iter().any(|step| url(step) == mfa) {
            continue;
        }
        assert_eq!(url(&steps[place + 1]), mfa);
        let after = format!("depends_on = [msgraph_update_resource.step_{}]", place + 1);
        assert!(text.contains(&after), "{after}");
        found += 1;
    }
    assert!(found > 0);
}

#[test]
fn the_readme_begins_with_what_is_mended_and_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let files = written(folder.path(), &[]);
    let readme = &files.iter().find(|(name, _)| name == "README.md").unwrap().1;
    let top = readme.split("\n## ").next().unwrap();
    for expected in [
        "| critical |",
        "; nothing here mends them.",
        "look like undeclared break-glass accounts",
        "bg1",
        "-Apply -Step",
    ] {
        assert!(top.contains(expected), "{expected}: {top}");
    }
    assert!(readme.contains("(critical)") && readme.contains("alternatives: take one"));
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
