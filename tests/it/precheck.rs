//! `precheck` and `verify`: planned changes on the sample tenant.

use crate::support::MockGraph;
use crate::support::program::{PERMISSIONS, Run, program, token};
use serde_json::{Value, json};

const POLICY: &str = "DirectoryRole_7f3a0000-0000-4000-8000-000000000001_\
    991837ff-1c16-5d74-b665-ba736837c508";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const PRIVILEGED_ROLE_ADMINISTRATOR: &str = "e8611ab8-c189-46e8-94e1-60213ab1f814";
/// The policy of Privileged Role Administrator.
const PRIVILEGED_POLICY: &str = "DirectoryRole_7f3a0000-0000-4000-8000-000000000001_\
    db555c9f-9a7c-5ba7-b267-494d41d3ad68";

fn precheck(change: &Value, arguments: &[&str]) -> Run {
    let all = [&["precheck", "-", "--sample"], arguments].concat();
    program(&all).stdin(change.to_string().as_bytes()).run()
}

fn patch(rule: &str, body: &Value) -> Value {
    let url = format!("/v1.0/policies/roleManagementPolicies/{POLICY}/rules/{rule}");
    json!({"method": "PATCH", "url": url, "body": body})
}

/// Ends an active assignment of a user of the sample.
fn removal(number: u8, role: &str) -> Value {
    json!({"method": "POST", "url": "/v1.0/roleManagement/directory/roleAssignmentScheduleRequests",
        "body": {"action": "adminRemove", "directoryScopeId": "/", "roleDefinitionId": role,
            "principalId": format!("aaaaaaaa-0001-4000-8000-{number:012}")}})
}

fn activation(length: &str) -> Value {
    patch("Expiration_EndUser_Assignment", &json!({"maximumDuration": length}))
}

fn shown(run: &Run) -> Value {
    serde_json::from_str::<Value>(&run.stdout).unwrap()["precheck"].clone()
}

fn verify(change: &Value, arguments: &[&str]) -> Run {
    let all = [&["verify", "-", "--sample"], arguments].concat();
    program(&all).stdin(change.to_string().as_bytes()).run()
}

/// A request about which nothing can be known.
fn elsewhere() -> Value {
    json!({"method": "PATCH", "url": "/v1.0/identity/conditionalAccess/policies/x", "body": {}})
}

/// Words of a text whatever its lines.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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
    let remove = |number| removal(number, GLOBAL_ADMINISTRATOR);
    let run = precheck(&json!([remove(1), remove(2)]), &["--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.shown());
    let harms = shown(&run)["harms"].to_string();
    assert!(harms.contains("last standing break-glass"), "{harms}");
    let one = precheck(&remove(1), &["--format", "json"]);
    assert_eq!(shown(&one)["harms"], json!([]), "{}", one.shown());
    // It blocks whatever else is asked for, and says why.
    let run = precheck(&json!([remove(1), remove(2)]), &["--fail-on", "critical"]);
    assert_eq!(run.code, 1, "{}", run.shown());
    let reason = "--fail-on critical was met: it removes the last standing break-glass account";
    assert!(run.stderr.contains(reason), "{}", run.stderr);
}

#[test]
fn approval_that_nobody_can_give_any_more_is_stopped() {
    // The only approver is an account that is switched off, and nobody who stands is left.
    let approval = |policy: &str| {
        let rule = format!(
            "/v1.0/policies/roleManagementPolicies/{policy}/rules/Approval_EndUser_Assignment"
        );
        json!({"method": "PATCH", "url": rule, "body": {"setting": {
            "isApprovalRequired": true,
            "approvalStages": [{
                "isApproverJustificationRequired": true,
                "primaryApprovers": [{"@odata.type": "#microsoft.graph.singleUser",
                    "userId": "aaaaaaaa-0001-4000-8000-000000000038"}]}]}}})
    };
    let mut changes = vec![
        approval(POLICY),
        approval(PRIVILEGED_POLICY),
        removal(1, GLOBAL_ADMINISTRATOR),
        removal(2, GLOBAL_ADMINISTRATOR),
        removal(6, GLOBAL_ADMINISTRATOR),
        removal(9, PRIVILEGED_ROLE_ADMINISTRATOR),
        activation("PT4H"),
    ];
    let run = precheck(&json!(changes), &["--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.shown());
    assert!(run.stderr.contains("it locks approval out"), "{}", run.stderr);
    let all = shown(&run);
    assert!(all["harms"].to_string().contains("it locks approval out"), "{}", all["harms"]);
    // No change does it alone, and the last has no part in it.
    let findings = all["baselines"][0]["findings"].as_array().unwrap();
    let lockout = findings.iter().find(|it| it["check"] == "approval-lockout").unwrap();
    assert_eq!((&lockout["severity"], &lockout["new_failure"]), (&json!("critical"), &json!(true)));
    assert!(lockout.get("changes").is_none(), "{lockout}");
    assert_eq!(lockout["together"], json!([0, 1, 2, 3, 4, 5]));
    for (place, change) in all["changes"].as_array().unwrap().iter().enumerate() {
        let part = change.get("harms_together").is_some_and(|it| it.to_string().contains("locks"));
        assert_eq!(part, place < 6, "{change}");
    }
    // What makes it fails in a test view, and what has no part in it passes.
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["precheck", "-", "--sample", "-o", "p.junit.xml", "-o", "github=-"];
    let text = json!(changes).to_string();
    let run = program(&arguments).within(folder.path()).stdin(text.as_bytes()).run();
    let junit = std::fs::read_to_string(folder.path().join("p.junit.xml")).unwrap();
    assert!(junit.contains("<testsuite name=\"changes\" tests=\"7\" failures=\"6\""), "{junit}");
    assert!(run.stdout.starts_with("::error title="), "{}", run.stdout);
    // With one account left that stands, it is no lockout.
    changes.remove(2);
    let run = precheck(&json!(changes), &["--format", "json"]);
    assert!(!shown(&run)["harms"].to_string().contains("locks"), "{}", run.shown());
}

#[test]
fn a_severity_blocks_on_new_failures_of_it_or_above() {
    for (severity, code, said) in [
        ("critical", 0, ""),
        ("high", 1, "--fail-on high was met: 1 new failure of high or above"),
        ("medium", 1, "--fail-on medium was met: 1 new failure of medium or above"),
    ] {
        let run = precheck(&activation("PT24H"), &["--fail-on", severity]);
        assert_eq!((run.code, run.stderr.trim()), (code, said), "{severity}: {}", run.shown());
    }
    let run = precheck(&activation("PT4H"), &["--fail-on", "low"]);
    assert_eq!(run.code, 0, "{}", run.shown());
}

#[test]
fn files_without_a_change_say_so() {
    for file in [
        json!([]),
        json!({"requests": []}),
        json!({"PolicyTemplates": {"t": {"ActivationDuration": "PT8H"}}}),
    ] {
        for command in [precheck, verify] {
            let run = command(&file, &[]);
            assert_eq!(run.code, 0, "{file}: {}", run.shown());
            assert!(run.stderr.contains("no change was found"), "{file}: {}", run.shown());
            assert!(run.stdout.contains("No change was found"), "{file}: {}", run.shown());
            assert_eq!(command(&file, &["--quiet"]).stderr, "", "{file}");
        }
    }
}

#[test]
fn nothing_that_a_change_names_is_a_command_of_the_build_service() {
    let name = "x\n::error file=a::pwned\n##vso[task.complete]";
    let mut misspelt = serde_json::Map::new();
    misspelt.insert(name.to_owned(), json!({"ActivationDuration": "PT1H"}));
    let url = format!("/roleManagement/directory/roleAssignments/{name}");
    for file in [
        json!({"EntraRoles": {"Policies": misspelt}}),
        json!({"method": "DELETE", "url": url}),
        patch(name, &json!({})),
    ] {
        for command in [precheck, verify] {
            let run = command(&file, &[]);
            let lines = run.stdout.lines().chain(run.stderr.lines());
            for line in lines {
                assert!(!line.trim_start().starts_with("::"), "{file}: {}", run.shown());
                assert!(!line.contains("##vso["), "{file}: {}", run.shown());
            }
        }
    }
}

/// Runs on a live tenant, with the change in a file.
fn live(mock: &MockGraph, change: &Value, arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("change.json"), change.to_string()).unwrap();
    let endpoint = mock.uri();
    let mut all = arguments.to_vec();
    all.extend(["change.json", "--format", "json", "--auth", "token"]);
    all.extend(["--graph-endpoint", &endpoint]);
    program(&all).within(folder.path()).env("PIMAUDIT_ACCESS_TOKEN", &token(PERMISSIONS)).run()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_tenant_is_judged_as_its_snapshot_is() {
    let mock = MockGraph::start(&["contoso"]).await;
    let now = ["--now", "2026-11-02T09:00:00Z"];
    let arguments = [&["precheck"], now.as_slice()].concat();
    let run = tokio::task::block_in_place(|| live(&mock, &activation("PT24H"), &arguments));
    assert_eq!(run.code, 1, "{}", run.shown());
    mock.assert_all_planned();
    assert!(!run.stderr.contains("signature"), "no token reaches stderr");
    let (live, saved) =
        (shown(&run), shown(&precheck(&activation("PT24H"), &["--format", "json"])));
    let told = |shown: &Value| -> Vec<Value> {
        let findings = shown["baselines"][0]["findings"].as_array().unwrap();
        let told = |it: &Value| json!([it["check"], it["subject"], it["direction"], it["after"]]);
        findings.iter().map(told).collect()
    };
    assert_eq!(told(&live), told(&saved));
    assert_eq!((&live["direction"], &live["regressions"]), (&json!("weakened"), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrived_in_a_live_tenant_is_told() {
    let mock = MockGraph::start(&["contoso"]).await;
    for (length, code, verdict) in [("PT4H", 0, "as planned"), ("PT24H", 1, "not as planned")] {
        // What is read now is not old.
        let arguments = ["verify", "--max-age", "1h"];
        let run = tokio::task::block_in_place(|| live(&mock, &activation(length), &arguments));
        assert_eq!(run.code, code, "{}", run.shown());
        let document: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(document["verify"]["verdict"], verdict, "{}", run.shown());
    }
    mock.assert_all_planned();
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
    // Nor is one young that was not read yet.
    let run = precheck(&activation("PT1H"), &["--max-age", "24h", "--now", "2026-11-02T08:00:00Z"]);
    assert_eq!(run.code, 3, "{}", run.shown());
    assert!(run.stderr.contains("which is after 2026-11-02T08:00:00Z"), "{}", run.stderr);
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
    // One that is renewed does not count either.
    let own = std::fs::read_to_string(folder.path().join("own.yaml")).unwrap();
    std::fs::write(folder.path().join("base.yaml"), own.replace("2027-01-01", "2026-10-01"))
        .unwrap();
    let held = run(&["--config", "own.yaml", "--config-base", "base.yaml"]);
    assert_eq!(held.code, 1, "{}", held.shown());
    let ignored = shown(&held)["ignored_waivers"][0].as_str().unwrap().to_owned();
    assert!(ignored.contains("activation-too-long") && ignored.contains("changed"), "{ignored}");
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

/// The files of one run in a folder of its own: SARIF, JUnit, annotations, summary.
fn for_pipelines(file: &str, code: i32) -> [String; 4] {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("change.json"), file).unwrap();
    let summary = folder.path().join("summary.md").display().to_string();
    let outputs = ["-o", "p.sarif", "-o", "p.junit.xml", "-o", "github=-"];
    let all = [["precheck", "change.json", "--sample"].as_slice(), &outputs].concat();
    let run = program(&all).within(folder.path()).env("GITHUB_STEP_SUMMARY", &summary).run();
    assert_eq!(run.code, code, "{}", run.shown());
    let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    [text("p.sarif"), text("p.junit.xml"), run.stdout, text("summary.md")]
}

#[test]
fn the_formats_of_pipelines_point_at_the_line_of_the_change() {
    let several = format!("[\n  {},\n  {}\n]\n", activation("PT4H"), activation("PT24H"));
    for (file, line) in [(several, 3), (activation("PT24H").to_string(), 1)] {
        let [sarif, junit, annotations, summary] = for_pipelines(&file, 1);
        let log: Value = serde_json::from_str(&sarif).unwrap();
        let run = &log["runs"][0];
        let result = &run["results"][0];
        assert_eq!(result["ruleId"], "activation-too-long");
        assert_eq!((&result["kind"], &result["level"]), (&json!("fail"), &json!("error")));
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "change.json");
        assert_eq!(place["region"]["startLine"], line);
        let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], "activation-too-long");
        let start = format!("::error file=change.json,line={line},title=");
        assert!(annotations.starts_with(&start), "{annotations}");
        assert!(summary.starts_with("## ❌ PIM precheck: weakened"), "{summary}");
        let count = if line == 3 { 2 } else { 1 };
        let suite = format!("<testsuite name=\"changes\" tests=\"{count}\" failures=\"1\"");
        assert!(junit.contains(&suite), "{junit}");
        assert!(junit.contains("new failure: "), "{junit}");
        // The same change gives the same bytes.
        assert_eq!(for_pipelines(&file, 1), [sarif, junit, annotations, summary]);
    }
}

#[test]
fn what_is_not_known_never_looks_like_a_pass_in_a_pipeline() {
    let [sarif, junit, annotations, _] = for_pipelines(&elsewhere().to_string(), 0);
    let log: Value = serde_json::from_str(&sarif).unwrap();
    let result = &log["runs"][0]["results"][0];
    assert_eq!((&result["ruleId"], &result["kind"]), (&json!("precheck-unknown"), &json!("open")));
    assert!(junit.contains("skipped=\"1\"") && junit.contains("<skipped "), "{junit}");
    assert!(annotations.starts_with("::warning file=change.json,line=1,"), "{annotations}");
    let [sarif, junit, annotations, _] = for_pipelines(&activation("PT4H").to_string(), 0);
    let log: Value = serde_json::from_str(&sarif).unwrap();
    assert_eq!(log["runs"][0]["results"], json!([]));
    assert!(!junit.contains("<skipped ") && !junit.contains("<failure "), "{junit}");
    assert!(annotations.starts_with("::notice "), "{annotations}");
}

#[test]
fn points_of_each_change_and_of_all_together_add_up() {
    let without_mfa =
        patch("Enablement_EndUser_Assignment", &json!({"enabledRules": ["Justification"]}));
    for changes in [
        json!([activation("PT24H")]),
        json!([activation("PT24H"), without_mfa.clone()]),
        json!([activation("PT24H"), activation("PT24H"), without_mfa]),
    ] {
        let run = precheck(&changes, &["--format", "json"]);
        let shown = shown(&run);
        let alone = shown["changes"].as_array().unwrap().iter();
        let alone: f64 = alone.map(|it| it["points"][0].as_f64().unwrap()).sum();
        let baseline = &shown["baselines"][0];
        let (together, all) = (&baseline["together"], &baseline["points"]);
        let (together, all) = (together.as_f64().unwrap(), all.as_f64().unwrap());
        assert!((alone + together - all).abs() < 1e-6, "{alone} {together} {all}");
    }
    let twice = json!([activation("PT24H"), activation("PT24H")]);
    let run = precheck(&twice, &[]);
    assert!(flat(&run.stdout).contains("only by the changes together"), "{}", run.stdout);
    let once = precheck(&activation("PT24H"), &[]);
    assert!(!flat(&once.stdout).contains("only by the changes together"), "{}", once.stdout);
}

#[test]
fn azure_is_judged_as_stated_and_never_counted() {
    let arm = json!({"type": "Microsoft.Authorization/roleManagementPolicies", "name": "p",
        "properties": {"rules": [
            {"id": "Expiration_EndUser_Assignment", "isExpirationRequired": true,
             "maximumDuration": "PT24H", "ruleType": "RoleManagementPolicyExpirationRule"}]}});
    let plan = |kind: &str, after: Value| {
        json!({"format_version": "1.2", "resource_changes": [{
            "address": format!("{kind}.x"), "mode": "managed", "type": kind, "name": "x",
            "change": {"actions": ["create"], "before": null, "after": after,
                "after_unknown": {"id": true}}}]})
    };
    let azurerm = plan(
        "azurerm_role_management_policy",
        json!({"role_definition_id": "/r", "scope": "/subscriptions/s",
            "activation_rules": [{"maximum_duration": "PT24H"}]}),
    );
    let azapi = plan(
        "azapi_update_resource",
        json!({"type": "Microsoft.Authorization/roleManagementPolicies@2020-10-01",
            "resource_id": "/x/p", "body": {"properties": arm["properties"].clone()}}),
    );
    let easypim = json!({"AzureRoles": {"Policies": [{"RoleName": "Reader",
        "Scope": "/subscriptions/s", "Policy": {"ActivationDuration": "PT24H"}}]}});
    for file in [arm, azurerm, azapi, easypim] {
        let run = precheck(&file, &["--format", "json"]);
        assert_eq!(run.code, 0, "{file}: {}", run.shown());
        let shown = shown(&run);
        assert_eq!((&shown["direction"], &shown["regressions"]), (&json!("unknown"), &json!(0)));
        assert_eq!(shown["baselines"][0]["findings"], json!([]), "{file}");
        assert_eq!(shown["baselines"][0]["points"], 0.0, "{file}");
        let stated = shown["changes"][0]["stated"].as_array().unwrap();
        let of = |check: &str| stated.iter().find(|it| it["check"] == check).unwrap();
        let longest = of("activation-too-long");
        assert_eq!(longest["word"], "falls short of", "{file}");
        assert_eq!(longest["stated"], "at most 24 h", "{file}");
        assert_eq!(of("activation-without-approval")["word"], "does not state", "{file}");
        let run = precheck(&file, &[]);
        let said = "as stated: at most 24 h falls short of what recommended asks";
        assert!(flat(&run.stdout).contains(said), "{file}: {}", run.stdout);
        assert_eq!(precheck(&file, &["--fail-on", "unknown"]).code, 1, "{file}");
    }
}

#[test]
fn json_fits_the_schemas_of_the_library() {
    let changes = json!([activation("PT24H"), elsewhere()]);
    for (run, schema) in [
        (precheck(&changes, &["--format", "json"]), pimaudit::report::precheck::schema()),
        (verify(&changes, &["--format", "json"]), pimaudit::report::verify::schema()),
    ] {
        let validator = jsonschema::validator_for(&schema).unwrap();
        let document: Value = serde_json::from_str(&run.stdout).unwrap();
        let faults: Vec<String> =
            validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(faults.is_empty(), "{faults:?}");
    }
}

#[test]
fn what_was_applied_is_as_planned_and_what_was_not_is_told() {
    // Four hours are in force, MFA and a justification are asked for.
    let both = json!({"enabledRules": ["Justification", "MultiFactorAuthentication", "Ticketing"]});
    for (change, code, verdict, said) in [
        (activation("PT4H"), 0, "as planned", "done stdin PATCH"),
        (activation("PT24H"), 1, "not as planned", "planned at most 24 h; is at most 4 h"),
        (
            patch("Enablement_EndUser_Assignment", &both),
            1,
            "not as planned",
            "partly done (2 of 3) stdin PATCH",
        ),
        (elsewhere(), 0, "cannot be told", "cannot be told stdin PATCH"),
        (
            json!([activation("PT24H"), activation("PT4H")]),
            0,
            "as planned",
            "is a later change says otherwise: at most 4 h",
        ),
    ] {
        let run = verify(&change, &[]);
        assert_eq!(run.code, code, "{change}: {}", run.shown());
        assert!(flat(&run.stdout).contains(said), "{said} in {}", run.shown());
        let run = verify(&change, &["--format", "json"]);
        let document: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(document["schema"], "pimaudit.verify/1");
        assert_eq!(document["verify"]["verdict"], verdict, "{change}");
        let markdown = verify(&change, &["--format", "markdown"]).stdout;
        assert!(markdown.contains(&format!("PIM verify: {verdict}")), "{markdown}");
        let stderr = if code == 1 { "1 change not as planned" } else { "" };
        assert_eq!(run.stderr.trim(), stderr, "{change}");
    }
}

#[test]
fn verify_ends_with_what_it_found() {
    let role = json!({"EntraRoles": {"Policies": {"Global Administratr": {
        "ActivationDuration": "PT1H"}}}});
    let late = ["--max-age", "24h", "--now", "2026-11-04T09:00:00Z"];
    let cases: [(Value, &[&str], i32, &str); 8] = [
        (elsewhere(), &["--strict"], 3, "--strict was missed: 1 change cannot be told"),
        (activation("PT4H"), &["--strict"], 0, ""),
        (json!([activation("PT24H"), elsewhere()]), &["--strict"], 1, "1 change not as planned"),
        (activation("PT4H"), &late, 3, "--max-age"),
        (role, &[], 2, "did you mean Global Administrator?"),
        (activation("PT4H"), &["--redact", "--key", "k"], 2, "--redact cannot be used here"),
        (activation("PT4H"), &["-"], 2, "stdin is read twice"),
        (activation("PT4H"), &["--tenant", "x", "--snapshot", "y"], 2, "cannot be used with"),
    ];
    for (change, arguments, code, said) in cases {
        let run = verify(&change, arguments);
        assert_eq!(run.code, code, "{arguments:?}: {}", run.shown());
        assert!(run.stderr.contains(said), "{said} in {}", run.shown());
    }
}

#[test]
fn what_remediate_wrote_is_not_there_before_it_is_applied() {
    let folder = tempfile::tempdir().unwrap();
    let mend = folder.path().join("mend").display().to_string();
    let run =
        program(&["remediate", "--sample", "--check", "activation-too-long", "-o", &mend]).run();
    assert_eq!(run.code, 0, "{}", run.shown());
    let files = std::fs::read_dir(&mend).unwrap();
    let files: Vec<String> = files
        .map(|entry| entry.unwrap().path().display().to_string())
        .filter(|path| path.ends_with(".json"))
        .collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let all = [&["verify"], files.as_slice(), &["--sample", "--format", "json"]].concat();
    let run = program(&all).run();
    assert_eq!(run.code, 1, "{}", run.shown());
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let changes = document["verify"]["changes"].as_array().unwrap();
    assert!(!changes.is_empty());
    assert!(changes.iter().all(|it| it["word"] != "done"), "{}", run.stdout);
}
