//! `precheck`: planned changes on the sample tenant.

use crate::support::program::{Run, program};
use serde_json::{Value, json};

const POLICY: &str = "DirectoryRole_7f3a0000-0000-4000-8000-000000000001_\
    991837ff-1c16-5d74-b665-ba736837c508";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

fn precheck(change: &Value, arguments: &[&str]) -> Run {
    let all = [&["precheck", "-", "--sample"], arguments].concat();
    program(&all).stdin(change.to_string().as_bytes()).run()
}

fn patch(rule: &str, body: &Value) -> Value {
    let url = format!("/v1.0/policies/roleManagementPolicies/{POLICY}/rules/{rule}");
    json!({"method": "PATCH", "url": url, "body": body})
}

fn activation(length: &str) -> Value {
    patch("Expiration_EndUser_Assignment", &json!({"maximumDuration": length}))
}

fn shown(run: &Run) -> Value {
    serde_json::from_str::<Value>(&run.stdout).unwrap()["precheck"].clone()
}

#[test]
fn a_change_that_weakens_blocks_and_says_what() {
    let run = precheck(&activation("PT24H"), &["--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.shown());
    assert!(run.stderr.contains("--fail-on regression was met"), "{}", run.stderr);
    let shown = shown(&run);
    assert_eq!(shown["direction"], "weakened");
    let findings = shown["baselines"][0]["findings"].as_array().unwrap();
    let worst = &findings[0];
    assert_eq!(worst["check"], "activation-too-long");
    assert_eq!(worst["subject"], format!("role:{GLOBAL_ADMINISTRATOR}"));
    assert_eq!(worst["new_failure"], true);
    assert!(worst["points"].as_f64().unwrap() < 0.0);
    assert_eq!(worst["before"]["outcome"], "pass");
    assert_eq!(worst["after"]["outcome"], "fail");
}

#[test]
fn the_live_value_is_neutral_however_it_is_written() {
    for change in [
        activation("PT4H"),
        activation("PT240M"),
        patch(
            "Enablement_EndUser_Assignment",
            &json!({"enabledRules": ["Justification", "MultiFactorAuthentication"]}),
        ),
        patch("AuthenticationContext_EndUser_Assignment", &json!({"isEnabled": false})),
    ] {
        let run = precheck(&change, &["--format", "json", "--fail-on", "any"]);
        assert_eq!(run.code, 0, "{change}: {}", run.shown());
        let shown = shown(&run);
        assert_eq!(shown["direction"], "neutral");
        assert_eq!(shown["changes"][0]["notes"][0]["kind"], "already true");
    }
}

#[test]
fn a_plan_is_judged_and_explained() {
    let plan = json!({"format_version": "1.2", "resource_changes": [{
        "address": "azuread_directory_role_assignment.ada", "mode": "managed",
        "type": "azuread_directory_role_assignment", "name": "ada",
        "change": {"actions": ["create"], "before": null, "after_unknown": {"id": true},
            "after": {"role_id": GLOBAL_ADMINISTRATOR, "directory_scope_id": "/",
                "principal_object_id": "aaaaaaaa-0001-4000-8000-000000000003"}}}]});
    let run = precheck(&plan, &["--explain-change"]);
    assert_eq!(run.code, 1, "{}", run.shown());
    for part in ["azuread_directory_role_assignment.ada", "past PIM", "weakened"] {
        assert!(run.stdout.contains(part), "{part} in {}", run.shown());
    }
    let run = precheck(&plan, &["--format", "markdown"]);
    assert!(run.stdout.starts_with("## "), "{}", run.shown());
}

#[test]
fn removing_both_break_glass_accounts_is_stopped() {
    let remove = |number: u8| {
        json!({"method": "POST", "url": "/v1.0/roleManagement/directory/roleAssignmentScheduleRequests",
            "body": {"action": "adminRemove", "directoryScopeId": "/",
                "principalId": format!("aaaaaaaa-0001-4000-8000-00000000000{number}"),
                "roleDefinitionId": GLOBAL_ADMINISTRATOR}})
    };
    let run = precheck(&json!([remove(1), remove(2)]), &["--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.shown());
    let harms = shown(&run)["harms"].to_string();
    assert!(harms.contains("last standing break-glass"), "{harms}");
    let one = precheck(&remove(1), &["--format", "json"]);
    assert_eq!(shown(&one)["harms"], json!([]), "{}", one.shown());
}

#[test]
fn what_is_not_known_blocks_only_where_that_is_asked_for() {
    let change = json!({"method": "PATCH", "url": "/v1.0/identity/conditionalAccess/policies/x",
        "body": {}});
    assert_eq!(precheck(&change, &[]).code, 0);
    let run = precheck(&change, &["--fail-on", "unknown"]);
    assert_eq!(run.code, 1, "{}", run.shown());
}

#[test]
fn what_is_not_understood_is_an_error_with_its_place() {
    let other = POLICY.replace("7f3a", "11aa");
    for (change, expected) in [
        (json!({"a": 1}), "stdin: it is no format"),
        (patch("Expiration_EndUser", &json!({})), "did you mean Expiration_EndUser_Assignment?"),
        (json!([activation("8h")]), "stdin at /0/body/maximumDuration"),
        (
            json!({"method": "PATCH", "body": {"maximumDuration": "PT1H"}, "url": format!(
                "/policies/roleManagementPolicies/{other}/rules/Expiration_EndUser_Assignment")}),
            "is of tenant 11aa0000",
        ),
        (
            json!({"EntraRoles": {"Policies": {"Global Administratr": {
                "ActivationDuration": "PT1H"}}}}),
            "did you mean Global Administrator?",
        ),
    ] {
        let run = precheck(&change, &[]);
        assert_eq!(run.code, 2, "{change}: {}", run.shown());
        assert!(run.stderr.contains(expected), "{expected} in {}", run.shown());
        assert!(run.stdout.is_empty(), "{}", run.stdout);
    }
}

#[test]
fn an_old_snapshot_is_refused() {
    let run = precheck(&activation("PT1H"), &["--max-age", "24h", "--now", "2026-11-04T09:00:00Z"]);
    assert_eq!(run.code, 3, "{}", run.shown());
    assert!(run.stdout.is_empty() && run.stderr.contains("--max-age"), "{}", run.shown());
}

#[test]
fn a_waiver_of_the_change_itself_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let waiver = format!(
        "format: 1\nwaivers:\n  - check: activation-too-long\n    subject: role:{GLOBAL_ADMINISTRATOR}\n    \
         reason: x\n    owner: me\n    expires: 2027-01-01\n"
    );
    std::fs::write(folder.path().join("own.yaml"), waiver).unwrap();
    std::fs::write(folder.path().join("base.yaml"), "format: 1\n").unwrap();
    let change = activation("PT24H").to_string();
    let run = |arguments: &[&str]| {
        let all = [&["precheck", "-", "--sample", "--format", "json"], arguments].concat();
        program(&all).within(folder.path()).stdin(change.as_bytes()).run()
    };
    let excused = run(&["--config", "own.yaml"]);
    let finding = |run: &Run| {
        let findings = shown(run)["baselines"][0]["findings"].as_array().unwrap().clone();
        findings.into_iter().find(|it| it["check"] == "activation-too-long").unwrap()
    };
    assert_eq!(finding(&excused)["waived"], true, "{}", excused.shown());
    let held = run(&["--config", "own.yaml", "--config-base", "base.yaml"]);
    assert_eq!(held.code, 1, "{}", held.shown());
    assert_eq!(finding(&held)["waived"], false);
    assert!(shown(&held)["ignored_waivers"][0].as_str().unwrap().contains("activation-too-long"));
}

#[test]
fn files_of_remediate_strengthen() {
    let folder = tempfile::tempdir().unwrap();
    let mend = folder.path().join("mend").display().to_string();
    let run =
        program(&["remediate", "--sample", "--check", "activation-too-long", "-o", &mend]).run();
    assert_eq!(run.code, 0, "{}", run.shown());
    let mut files: Vec<String> = std::fs::read_dir(&mend)
        .unwrap()
        .map(|entry| entry.unwrap().path().display().to_string())
        .filter(|path| path.ends_with(".json"))
        .collect();
    files.sort();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let run =
        program(&[&["precheck"], files.as_slice(), &["--sample", "--format", "json"]].concat())
            .run();
    let shown = shown(&run);
    let baseline = &shown["baselines"][0];
    assert!(baseline["points"].as_f64().unwrap() > 0.0, "{}", run.shown());
    // A running activation may now be longer than its policy allows, which is another check.
    let findings = baseline["findings"].as_array().unwrap();
    let mut mended = findings.iter().filter(|it| it["check"] == "activation-too-long").peekable();
    assert!(mended.peek().is_some());
    assert!(mended.all(|it| it["direction"] == "strengthened"));
}
