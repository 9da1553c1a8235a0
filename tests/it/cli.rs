//! What users see: every command, good input and bad, as exit code, stdout and stderr.

use crate::support::MockGraph;
use crate::support::program::{PERMISSIONS, program, token, token_of};
use std::collections::BTreeSet;
use std::path::PathBuf;

fn shown(arguments: &[&str]) -> String {
    program(arguments).run().shown()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// The sample as a snapshot file in a folder.
fn sample_in(folder: &tempfile::TempDir) -> PathBuf {
    let path = folder.path().join("sample.json.gz");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/sample.json.gz"), &path).unwrap();
    path
}

#[test]
fn the_sample_report_at_80_columns() {
    insta::assert_snapshot!(shown(&["audit", "--sample"]));
}

#[test]
fn the_sample_report_wide() {
    insta::assert_snapshot!(program(&["audit", "--sample"]).env("COLUMNS", "160").run().shown());
}

#[test]
fn the_sample_report_explained() {
    insta::assert_snapshot!(shown(&["audit", "--sample", "--explain-score"]));
}

#[test]
fn the_failures_of_the_sample() {
    insta::assert_snapshot!(shown(&["audit", "--sample", "--show", "failed"]));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for columns in ["60", "80", "120", "200"] {
        for show in ["failed", "all", "not-assessed"] {
            let run = program(&["audit", "--sample", "--show", show, "--explain-score"])
                .env("COLUMNS", columns)
                .run();
            let width: usize = columns.parse().unwrap();
            for line in run.stdout.lines() {
                assert!(line.chars().count() <= width, "{columns}: {line}");
                assert_eq!(line, line.trim_end(), "trailing blanks: {line:?}");
            }
        }
    }
}

#[test]
fn who_can_become_global_administrator_is_three_lines_and_whole_elsewhere() {
    let run = |columns: &str, arguments: &[&str]| {
        let all = [&["audit", "--sample"], arguments].concat();
        program(&all).env("COLUMNS", columns).run().stdout
    };
    let section = |text: &str| -> Vec<String> {
        let lines = text.lines().skip_while(|line| !line.starts_with("GLOBAL ADMINISTRATOR"));
        lines.skip(1).take_while(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    for columns in ["60", "80", "100", "160", "240"] {
        let lines = section(&run(columns, &[]));
        let labels: Vec<&str> = lines.iter().map(|it| it.split("  ").next().unwrap()).collect();
        assert_eq!(labels, ["Who", "How", "Activation"], "{columns}: {lines:#?}");
    }
    let json: serde_json::Value = serde_json::from_str(&run("80", &["--format", "json"])).unwrap();
    let reach = &json["baselines"][0]["global_administrators"];
    let names = ["standing", "activated", "eligible"].map(|way| reach[way].as_array().unwrap());
    let names: Vec<&str> = names.into_iter().flatten().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(names.len(), 7);
    let whole = section(&run("80", &["--show", "all"])).join("\n");
    for name in names {
        assert!(whole.contains(name), "{name} is missing in\n{whole}");
    }
}

#[test]
fn who_reaches_what_in_the_sample() {
    let all: Vec<String> = [
        &["who", "Global Administrator", "--sample"][..],
        &["who", "User Administrator", "--sample"],
        &["who", "Helpdesk Operators", "--sample"],
        &["who", "--principal", "adm-otis@contoso.example", "--sample"],
        &["who", "Global Administrator", "--sample", "--format", "mermaid"],
        &["who", "group:Tier 0 Operators", "--sample", "--format", "json"],
        &["who", "Globl Administrator", "--sample"],
        &["who", "--principal", "nobody@contoso.example", "--sample"],
    ]
    .iter()
    .map(|arguments| format!("$ pimaudit {}\n{}", arguments.join(" "), shown(arguments)))
    .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn who_says_at_least_where_a_list_is_missing() {
    let folder = folder();
    let saved = folder.path().join("whole.json");
    let saved = saved.to_str().unwrap();
    assert_eq!(program(&["audit", "--sample", "--quiet", "--save-snapshot", saved]).run().code, 0);
    let mut snapshot: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(saved).unwrap()).unwrap();
    let count = |snapshot: &serde_json::Value| {
        let path = folder.path().join("less.json");
        std::fs::write(&path, snapshot.to_string()).unwrap();
        let path = path.to_str().unwrap();
        let run = program(&["who", "Global Administrator", "--snapshot", path]).run();
        assert_eq!(run.code, 0, "{}", run.stderr);
        let (_, from) = run.stdout.split_once("Who ").unwrap();
        let (who, _) = from.split_once("\n\n").unwrap_or((from, ""));
        who.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(!count(&snapshot).contains("at least"), "{}", count(&snapshot));
    // Owners and applications hold nothing yet: they only could take the role.
    for (dataset, expected) in [
        ("group-owners", "who else could take it was not read"),
        ("application-grants", "who else could take it was not read"),
        ("role-eligibility-schedule-instances", "at least"),
    ] {
        let whole = snapshot.clone();
        let lists = snapshot["collections"].as_array_mut().unwrap();
        lists.retain(|list| list["dataset"] != dataset);
        let line = count(&snapshot);
        assert!(line.contains(expected), "{dataset}: {line}");
        snapshot = whole;
    }
}

#[test]
fn every_baseline_side_by_side() {
    insta::assert_snapshot!(shown(&["audit", "--sample", "--baseline", "all"]));
    let more = program(&["audit", "--sample", "--baseline", "all", "--explain-score"]).run();
    assert!(more.stdout.contains("SCuBA") && more.stdout.contains("POSTURE"), "{}", more.stdout);
}

#[test]
fn a_rule_may_know_only_met_and_not_met_leave_groups_out_and_name_roles_of_any_tier() {
    let folder = tempfile::tempdir().unwrap();
    let verdicts = |rule: &str| {
        let file = folder.path().join("own.yaml");
        let text = format!(
            "format: 1\nid: own\nsources: {{ s: {{ title: Own }} }}\nrules:\n  \
             - {{ {rule}, severity: high, source: s, because: so }}\n"
        );
        std::fs::write(&file, text).unwrap();
        let baseline = file.to_str().unwrap();
        let run = program(&["audit", "--sample", "--baseline", baseline, "--format", "json"]).run();
        let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let mut counts = std::collections::BTreeMap::new();
        for finding in report["baselines"][0]["findings"].as_array().unwrap() {
            let kind = finding["subject"]["kind"].as_str().unwrap();
            let outcome = finding["outcome"].as_str().unwrap();
            *counts.entry(format!("{kind} {outcome}")).or_insert(0) += 1;
        }
        counts.into_iter().map(|(it, count)| format!("{count} {it}")).collect::<Vec<_>>().join(", ")
    };
    let teams = "on: { role: Teams Administrator }";
    let cases = [
        "check: unannounced-activation",
        "check: unannounced-activation, met_in_part: fail",
        "check: unannounced-activation, met_in_part: pass",
        "check: unannounced-activation, met_in_part: fail, groups: false",
        &format!("check: unreviewed-access, {teams}, expect: {{ at_most: P31D }}, groups: false"),
        &format!("check: synced-privileged-account, {teams}"),
    ];
    let table: Vec<String> =
        cases.into_iter().map(|rule| format!("{rule}\n    {}", verdicts(rule))).collect();
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn a_waiver_is_told_its_faults() {
    let folder = folder();
    let one = |check: &str, subject: &str| {
        format!(
            "  - {{ check: {check}, subject: \"{subject}\", reason: known, owner: ana, \
             expires: 2026-12-31 }}\n"
        )
    };
    let text = format!(
        "format: 1\ntenant: 7f3a0000-0000-4000-8000-000000000001\nwaivers:\n{}{}{}",
        one("unannounced-activation", "role:Global Administrator"),
        one("unannounced-activation", "role:62E90394-69F5-4237-9190-012177145E10"),
        one("unanounced-activation", "tenant"),
    );
    std::fs::write(folder.path().join("pimaudit.yaml"), text).unwrap();
    let run = program(&["audit", "--sample", "-o", "report.json"]).within(folder.path()).run();
    insta::assert_snapshot!(run.stderr);
}

#[test]
fn controls_label_findings_and_change_no_verdict() {
    let findings = |arguments: &[&str]| -> Vec<serde_json::Value> {
        let all = [&["audit", "--sample", "--format", "json"], arguments].concat();
        let report: serde_json::Value = serde_json::from_str(&program(&all).run().stdout).unwrap();
        let baseline = &report["baselines"][0];
        let mut all = baseline["findings"].as_array().unwrap().clone();
        all.push(baseline["score"].clone());
        all
    };
    let plain = findings(&[]);
    for framework in ["nist-800-53", "iso-27001", "mcsb"] {
        let mut labelled = findings(&["--controls", framework]);
        let mut count = 0;
        for finding in &mut labelled {
            count += usize::from(finding.as_object_mut().unwrap().remove("labels").is_some());
        }
        assert!(count > 100, "{framework}: {count} labels");
        assert_eq!(labelled, plain, "{framework}");
    }
}

#[test]
fn the_inventory_of_the_sample() {
    insta::assert_snapshot!(shown(&["inventory", "--sample"]));
}

#[test]
fn the_inventory_as_csv_names_every_column() {
    let run = program(&["inventory", "--sample", "--format", "csv"]).run();
    assert_eq!(run.code, 0);
    let mut lines = run.stdout.lines();
    assert_eq!(lines.next(), Some("role,access,principal,principal_id,kind,hold,until,scope,path"));
    assert!(lines.count() > 50);
}

#[test]
fn short_commands() {
    let all: Vec<String> = [
        &["--help"][..],
        &["audit", "--help"],
        &["baseline", "list"],
        &["checks"],
        &["explain", "activation-without-mfa"],
        &["permissions"],
        &["permissions", "--format", "json"],
        &["permissions", "--format", "consent-url", "--tenant", "contoso.example"],
        &["permissions", "--format", "az"],
    ]
    .iter()
    .map(|arguments| format!("$ pimaudit {}\n{}", arguments.join(" "), shown(arguments)))
    .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn bad_input_names_the_thing_and_the_next_step() {
    let folder = folder();
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
    };
    std::fs::rename(sample_in(&folder), folder.path().join("sample.json")).unwrap();
    write("empty.json", "");
    write("null.json", " null");
    write("foreign.json", "{\"a\": 1}");
    write("newer.json", "{\"format\":\"pimaudit.snapshot/2\",\"x\":1}");
    write("report.json", "{\"schema\":\"pimaudit.report/1\"}");
    write("cut.json", "{\"format\":\"pimaudit.snapshot/1\",\"tenant\":\"t\",\n\"cloud\":\"glo");
    write("other.yaml", "format: 1\ntenant: 00000000-0000-4000-8000-000000000009\n");
    write("typo.yaml", "format: 1\nbaseline: recomended\nbreak_glas: [a]\n");
    write(
        "bad.yaml",
        "format: 1\nid: bad\ntitle: Bad\nsources: {s: {title: S}}\nrules:\n\
         - {check: activation-to-long, severity: high, source: s, because: b}\n\
         - {check: activation-too-long, expect: {at_most: 8 hours}, severity: hihg, source: s, because: b}\n\
         - {check: activation-too-long, on: {role: Global Admim}, expect: {at_most: PT8H}, severity: high, source: x, because: b}\n",
    );
    let all: Vec<String> = [
        &["audit", "--sample", "--baseline", "recomended"][..],
        &["audit", "--sample", "--format", "pdf"],
        &["inventory", "--sample", "--format", "cvs"],
        &["audit", "--sample", "-o", "json"],
        &["audit", "--sample", "-o", "pdf=x"],
        &["audit", "--sample", "-o", "csv"],
        &["audit", "--sample", "-o", "a.json", "-o", "a.json"],
        &["audit", "--sample", "-o", "a.json", "--save-snapshot", "./a.json"],
        &["audit", "--snapshot", "cut.json", "--save-snapshot", "cut.json"],
        &["audit", "--sample", "-o", "r.bogus"],
        &["man", "audi"],
        &["audit", "--sample", "-o", "no/such/folder/r.json"],
        &["audit", "--sample", "--fail-on", "hihg"],
        &["audit", "--sample", "--max-age", "soon"],
        &["audit", "--sample", "--min-coverage", "120"],
        &["audit", "--sample", "--now", "yesterday"],
        &["audit", "--sample", "--config", "other.yaml"],
        &["audit", "--sample", "--config", "typo.yaml"],
        &["audit", "--sample", "--config", "absent.yaml"],
        &["audit", "--snapshot", "sample.json", "--tenant", "fabrikam.example"],
        &["audit", "--snapshot", "absent.json"],
        &["audit", "--snapshot", "empty.json"],
        &["audit", "--snapshot", "null.json"],
        &["audit", "--snapshot", "foreign.json"],
        &["audit", "--snapshot", "newer.json"],
        &["audit", "--snapshot", "report.json"],
        &["audit", "--snapshot", "cut.json"],
        &["audit", "--auth", "devicecode"],
        &["audit", "--cloud", "mars"],
        &["audit", "--auth", "token", "--graph-endpoint", "http://graph.contoso.example"],
        &["audit", "--auth", "token", "--without", "Directory.Read.Al"],
        &["explain", "activation-without-mfaa"],
        &["baseline", "show", "recomended"],
        &["baseline", "check", "bad.yaml"],
        &["baseline", "check", "absent.yaml"],
    ]
    .iter()
    .map(|arguments| {
        let run = program(arguments).within(folder.path()).run();
        format!("$ pimaudit {}\n{}", arguments.join(" "), run.shown())
    })
    .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn exit_codes_are_what_the_help_says() {
    let folder = folder();
    for (arguments, code) in [
        (&["audit", "--sample"][..], 0),
        (&["audit", "--sample", "--fail-on", "critical"], 1),
        (&["audit", "--sample", "--fail-on", "high", "--min-coverage", "100"], 1),
        (&["audit", "--sample", "--min-coverage", "100"], 3),
        (&["audit", "--sample", "--min-coverage", "1"], 0),
        (&["audit", "--sample", "--max-age", "1h", "--now", "2026-11-02T11:00:00Z"], 3),
        (&["audit", "--sample", "--max-age", "3h", "--now", "2026-11-02T11:00:00Z"], 0),
        (&["audit", "--nonsense"], 2),
        (&["nonsense"], 2),
        (&["--version"], 0),
        (&["man"], 0),
        (&["completions", "bash"], 0),
    ] {
        let run = program(arguments).within(folder.path()).run();
        assert_eq!(run.code, code, "{arguments:?}\n{}", run.stderr);
    }
}

#[test]
fn when_two_limits_are_missed_both_are_named() {
    let run = program(&["audit", "--sample", "--fail-on", "high", "--min-coverage", "100"]).run();
    assert!(run.stderr.contains("--fail-on high was met"), "{}", run.stderr);
    assert!(run.stderr.contains("--min-coverage 100 was missed"), "{}", run.stderr);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let arguments = ["audit", "--sample", "--format", "json"];
    let first = program(&arguments).run();
    assert_eq!(first.code, 0);
    assert_eq!(first.stdout, program(&arguments).run().stdout);
    let folder = folder();
    let path = sample_in(&folder);
    let replay = ["audit", "--snapshot", path.to_str().unwrap(), "--format", "json"];
    assert_eq!(first.stdout, program(&replay).run().stdout);
}

#[test]
fn the_json_report_fits_its_published_schema() {
    let run = program(&[
        "audit",
        "--sample",
        "--baseline",
        "recommended",
        "--baseline",
        "roles-table",
        "--format",
        "json",
    ])
    .run();
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let schema = std::fs::read_to_string("docs/report.schema.json").unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> =
        validator.iter_errors(&report).map(|it| format!("{}: {it}", it.instance_path())).collect();
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(report["schema"], "pimaudit.report/1");
    assert_eq!(report["baselines"].as_array().unwrap().len(), 2);
}

#[test]
fn a_snapshot_comes_from_stdin_too() {
    let folder = folder();
    let bytes = std::fs::read(sample_in(&folder)).unwrap();
    let run = program(&["audit", "--snapshot", "-"]).stdin(&bytes).run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stdout, program(&["audit", "--sample"]).run().stdout);
}

#[test]
fn files_take_their_format_from_the_name_and_are_for_their_owner_only() {
    let folder = folder();
    let run = program(&[
        "audit",
        "--sample",
        "-o",
        "r.json",
        "-o",
        "table=r.txt",
        "--save-snapshot",
        "s.json",
    ])
    .within(folder.path())
    .run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    let json = std::fs::read_to_string(folder.path().join("r.json")).unwrap();
    assert!(json.starts_with('{'), "{json:.40}");
    let text = std::fs::read_to_string(folder.path().join("r.txt")).unwrap();
    assert_eq!(text, run.stdout);
    #[cfg(unix)]
    for name in ["r.json", "r.txt", "s.json"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn no_output_replaces_the_snapshot_it_is_made_of_or_another_output() {
    let folder = folder();
    sample_in(&folder);
    let before = std::fs::read(folder.path().join("sample.json.gz")).unwrap();
    let (input, again) = ("sample.json.gz", "./sample.json.gz");
    for arguments in [
        &["audit", "--snapshot", input, "--save-snapshot", again][..],
        &["audit", "--snapshot", input, "-o", "json=./sample.json.gz"],
        &["inventory", "--snapshot", input, "-o", "csv=./sample.json.gz"],
        &["init", "--snapshot", input, "--force", "-o", again],
        &["audit", "--sample", "-o", "r.json", "-o", "./r.json"],
        &["audit", "--sample", "-o", "r.json", "--save-snapshot", "./r.json"],
    ] {
        let run = program(arguments).within(folder.path()).run();
        assert_eq!(run.code, 2, "{arguments:?}\n{}", run.shown());
        assert_eq!(run.stdout, "", "{arguments:?}");
        let after = std::fs::read(folder.path().join(input)).unwrap();
        assert_eq!(after, before, "{arguments:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "{arguments:?}");
    }
    // Beside each other they are what people want, and a device takes everything.
    for arguments in [
        &["audit", "--snapshot", input, "--save-snapshot", "s.json", "-o", "r.json"][..],
        #[cfg(unix)]
        &["audit", "--sample", "--save-snapshot", "/dev/null", "-o", "json=/dev/null"],
    ] {
        let run = program(arguments).within(folder.path()).run();
        assert_eq!(run.code, 0, "{arguments:?}\n{}", run.shown());
    }
}

#[test]
fn colour_is_for_terminals_only() {
    let run = program(&["audit", "--sample"]).run();
    assert!(!run.stdout.contains('\u{1b}'), "escape codes in a pipe");
    let run = program(&["audit", "--sample"]).env("CLICOLOR_FORCE", "1").run();
    assert!(run.stdout.contains('\u{1b}'), "colour can be forced");
    let run = program(&["audit", "--sample"]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").run();
    assert!(!run.stdout.contains('\u{1b}'), "NO_COLOR is obeyed");
}

#[test]
fn init_proposes_and_excuses_nothing() {
    let folder = folder();
    let run = program(&["init", "--sample"]).within(folder.path()).run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    let text = std::fs::read_to_string(folder.path().join("pimaudit.yaml")).unwrap();
    insta::assert_snapshot!(text);
    // The file it wrote is valid and names the tenant, and a second run does not replace it.
    let audit = program(&["audit", "--sample"]).within(folder.path()).run();
    assert_eq!(audit.code, 0, "{}", audit.stderr);
    assert!(audit.stdout.contains("pimaudit.yaml"), "the configuration is named in the report");
    let again = program(&["init", "--sample"]).within(folder.path()).run();
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("--force"), "{}", again.stderr);
}

#[test]
fn declared_break_glass_accounts_and_waivers_change_the_verdict_and_stay_visible() {
    let folder = folder();
    let plain = program(&["audit", "--sample", "--format", "json"]).within(folder.path()).run();
    let report: serde_json::Value = serde_json::from_str(&plain.stdout).unwrap();
    let failing = report["baselines"][0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["check"] == "guest-privileged-account" && it["outcome"] == "fail")
        .expect("the sample has a guest");
    let subject = failing["subject"]["key"].as_str().unwrap();
    let text = format!(
        "format: 1\ntenant: 7f3a0000-0000-4000-8000-000000000001\n\
         break_glass: [bg1@contoso.onmicrosoft.com, bg2@contoso.onmicrosoft.com]\n\
         waivers:\n\
         - {{check: guest-privileged-account, subject: \"{subject}\", reason: contract, owner: soc@contoso.example, expires: 2027-02-01}}\n\
         - {{check: guest-privileged-account, subject: \"principal:none\", reason: typo, owner: soc@contoso.example, expires: 2027-02-01}}\n"
    );
    std::fs::write(folder.path().join("pimaudit.yaml"), text).unwrap();
    let run = program(&["audit", "--sample", "--format", "json"]).within(folder.path()).run();
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let findings = report["baselines"][0]["findings"].as_array().unwrap();
    let of = |check: &str| findings.iter().filter(|it| it["check"] == check).collect::<Vec<_>>();
    assert_eq!(of("missing-break-glass")[0]["outcome"], "pass");
    assert_eq!(of("invalid-waiver")[0]["outcome"], "fail", "one waiver matches nothing");
    let waived = of("guest-privileged-account");
    let waived = waived.iter().find(|it| it["subject"]["key"] == subject).unwrap();
    assert_eq!(waived["outcome"], "fail", "a waived failure stays a failure");
    assert_eq!(waived["waiver"]["owner"], "soc@contoso.example");
}

fn live(
    mock: &MockGraph,
    folder: &tempfile::TempDir,
    arguments: &[&str],
    permissions: &str,
) -> crate::support::program::Run {
    let endpoint = mock.uri();
    let mut all = arguments.to_vec();
    all.extend(["--auth", "token", "--graph-endpoint", &endpoint]);
    program(&all).within(folder.path()).env("PIMAUDIT_ACCESS_TOKEN", &token(permissions)).run()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_audit_and_its_replay_are_the_same_bytes() {
    let mock = MockGraph::start(&["contoso"]).await;
    let folder = folder();
    let arguments = ["audit", "--format", "json", "--save-snapshot", "s.json.gz"];
    let run = tokio::task::block_in_place(|| live(&mock, &folder, &arguments, PERMISSIONS));
    assert_eq!(run.code, 0, "{}", run.stderr);
    mock.assert_all_planned();
    let replay = ["audit", "--snapshot", "s.json.gz", "--format", "json"];
    let replay = program(&replay).within(folder.path()).run();
    assert_eq!(run.stdout, replay.stdout);
    assert!(!run.stdout.contains("127.0.0.1"), "no host name enters a report");
    assert!(!run.stderr.contains("signature"), "no token reaches stderr");
    let kept = pimaudit::snapshot::read_file(&folder.path().join("s.json.gz")).unwrap();
    let kept = String::from_utf8(kept).unwrap();
    assert!(!kept.contains("signature") && !kept.contains("Bearer"), "no token in a snapshot");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_says_who_and_what_is_missing() {
    let mock = MockGraph::start(&["contoso", "denied-policies"]).await;
    let folder = folder();
    let run = tokio::task::block_in_place(|| {
        live(&mock, &folder, &["doctor"], "Directory.Read.All RoleManagement.ReadWrite.Directory")
    });
    insta::with_settings!({filters => vec![
        (r"clock within \d+ s|clock is -?\d+ s off", "clock [...]"),
    ]}, {
        // What is read side by side is told on stderr in any order.
        insta::assert_snapshot!(run.stdout);
    });
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_cannot_be_granted_pim_is_told_the_way_out() {
    let mock = MockGraph::start(&["contoso", "denied-policies"]).await;
    let azure_cli = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
    let token = token_of(azure_cli, "Directory.AccessAsUser.All");
    let run = tokio::task::block_in_place(|| {
        let folder = folder();
        let run =
            program(&["audit", "--quiet", "--auth", "token", "-o", "json=r.json", "-o", "table=-"])
                .env("PIMAUDIT_ACCESS_TOKEN", &token)
                .env("PIMAUDIT_GRAPH_ENDPOINT", &mock.uri())
                .within(folder.path())
                .run();
        (run, std::fs::read_to_string(folder.path().join("r.json")).unwrap())
    });
    let (run, report) = run;
    assert!(run.stdout.contains("sign in otherwise: --auth"), "{}", run.shown());
    assert!(!run.stdout.contains("grant RoleManagementPolicy."), "{}", run.shown());
    assert!(report.contains("; this application may not read Entra PIM: use --auth browser"));
}

#[test]
fn what_is_declined_is_not_judged_from_a_snapshot_either() {
    let report = |arguments: &[&str]| -> serde_json::Value {
        let all = [&["audit", "--sample", "--format", "json"], arguments].concat();
        serde_json::from_str(&program(&all).run().stdout).unwrap()
    };
    let declined = report(&["--without", "RoleManagementPolicy.Read.Directory", "--no-beta"]);
    let findings = declined["baselines"][0]["findings"].as_array().unwrap();
    for check in ["activation-too-long", "active-alert"] {
        // Settings of groups have a permission of their own.
        let of_group = |it: &&serde_json::Value| it["subject"]["kind"] == "group";
        let of_check = findings.iter().filter(|it| it["check"] == check && !of_group(it));
        let mut of_check = of_check.peekable();
        assert!(of_check.peek().is_some(), "{check}");
        assert!(of_check.all(|it| it["outcome"] == "not-assessed"), "{check}");
    }
    let score = |report: &serde_json::Value| report["baselines"][0]["score"]["coverage"].as_f64();
    assert!(score(&declined) < score(&report(&[])), "declining raises no coverage");
    let run =
        program(&["audit", "--sample", "--without", "RoleManagementPolicy.Read.Directory"]).run();
    assert!(run.stdout.contains("Not asked for: "), "{}", run.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_readable_is_exit_4() {
    let mock = MockGraph::start(&["contoso", "denied-all"]).await;
    let folder = folder();
    let run =
        tokio::task::block_in_place(|| live(&mock, &folder, &["inventory"], "Directory.Read.All"));
    assert_eq!(run.code, 4, "{}", run.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn collecting_nothing_is_exit_4_and_a_device_stays_a_device() {
    let mock = MockGraph::start(&["contoso", "denied-all"]).await;
    let folder = folder();
    for arguments in [&["audit"][..], &["collect", "-o", "s.json"]] {
        let run =
            tokio::task::block_in_place(|| live(&mock, &folder, arguments, "Directory.Read.All"));
        assert_eq!(run.code, 4, "{arguments:?}\n{}", run.shown());
    }
    assert!(folder.path().join("s.json").exists(), "the reasons are kept");
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let mock = MockGraph::start(&["exemplary"]).await;
        let arguments = ["collect", "-o", "/dev/null"];
        let run = tokio::task::block_in_place(|| live(&mock, &folder, &arguments, PERMISSIONS));
        assert_eq!(run.code, 0, "{}", run.shown());
        assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_with_130_and_leaves_nothing_half_written() {
    use std::process::{Command, Stdio};
    let mock = MockGraph::start(&["contoso"]).await;
    mock.set_latency(std::time::Duration::from_secs(2));
    let folder = folder();
    let endpoint = mock.uri();
    let child = Command::new(env!("CARGO_BIN_EXE_pimaudit"))
        .args(["audit", "-o", "r.json", "--save-snapshot", "s.json", "--auth", "token"])
        .args(["--graph-endpoint", &endpoint])
        .env_clear()
        .env("PIMAUDIT_ACCESS_TOKEN", token(PERMISSIONS))
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while mock.requests().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = tokio::task::block_in_place(|| child.wait_with_output().unwrap());
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[test]
fn a_closed_pipe_keeps_the_exit_code() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_pimaudit"))
        .args(["audit", "--sample", "--format", "json", "--fail-on", "critical"])
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--fail-on critical was met"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_says_what_it_took_and_quiet_says_nothing() {
    let mock = MockGraph::start(&["contoso", "denied-policies"]).await;
    let folder = folder();
    let run = tokio::task::block_in_place(|| live(&mock, &folder, &["audit"], PERMISSIONS));
    assert!(run.stderr.contains("requests"), "{}", run.stderr);
    assert!(run.stderr.contains("not read: role-policies"), "{}", run.stderr);
    for line in [
        "read role-assignments: 3 pages, 30 rows",
        "read role-eligibility-schedule-instances: 3 pages, 39 rows",
        "read group-members: 5 of 5 lists, 6 pages, 18 rows",
    ] {
        assert!(run.stderr.lines().any(|it| it == line), "{line} is missing\n{}", run.stderr);
    }
    // A URL path says little to a reader of a log.
    assert!(!run.stderr.contains("/v1.0/") && !run.stderr.contains("/beta/"), "{}", run.stderr);
    let run =
        tokio::task::block_in_place(|| live(&mock, &folder, &["audit", "--quiet"], PERMISSIONS));
    assert_eq!(run.stderr, "");
    let run = tokio::task::block_in_place(|| live(&mock, &folder, &["audit", "-v"], PERMISSIONS));
    assert!(run.stderr.contains("POST /v1.0/$batch"), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_throttled_tenant_is_told() {
    let mock = MockGraph::start(&["contoso", "throttled"]).await;
    let folder = folder();
    let run = tokio::task::block_in_place(|| live(&mock, &folder, &["audit"], PERMISSIONS));
    let line = "waiting 1 s: Graph answered 429 Too Many Requests";
    assert!(run.stderr.lines().any(|told| told.starts_with(line)), "{}", run.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_reach_no_terminal() {
    let mock = MockGraph::start(&["contoso", "odd"]).await;
    let folder = folder();
    for arguments in [&["audit", "--show", "all"][..], &["inventory"]] {
        let run = tokio::task::block_in_place(|| live(&mock, &folder, arguments, PERMISSIONS));
        assert_eq!(run.code, 0, "{}", run.stderr);
        for text in [&run.stdout, &run.stderr] {
            let bad = text
                .chars()
                .find(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c));
            assert_eq!(bad, None, "a control character reached the terminal");
        }
    }
    let run = tokio::task::block_in_place(|| {
        live(&mock, &folder, &["inventory", "--format", "csv"], PERMISSIONS)
    });
    let mut reader = csv::Reader::from_reader(run.stdout.as_bytes());
    for record in reader.records() {
        for cell in &record.unwrap() {
            assert!(!cell.starts_with(['=', '+', '-', '@']), "a formula in a cell: {cell}");
        }
    }
}

/// Every environment variable that stands for an option of some command.
fn variables(command: &clap::Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(clap::Arg::get_env);
    let own = own.map(|name| name.to_str().unwrap().to_owned());
    own.chain(command.get_subcommands().flat_map(variables)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_variable_counts_as_not_set() {
    let variables = variables(&pimaudit::cli::command());
    assert!(variables.len() >= 9, "{variables:?}");
    let with = |value: &str, arguments: &[&str]| {
        let all = variables.iter().fold(program(arguments), |run, name| run.env(name, value));
        all.run().shown()
    };
    for arguments in [
        &["audit", "--sample"][..],
        &["permissions", "--format", "consent-url"],
        &["audit", "--auth", "client-secret"],
        &["audit", "--auth", "token"],
    ] {
        for empty in ["", " \t"] {
            assert_eq!(with(empty, arguments), shown(arguments), "{arguments:?}");
        }
    }
    // A variable that says something still counts, and a wrong one is still refused.
    let mock = MockGraph::start(&["exemplary"]).await;
    let signed_in = tokio::task::block_in_place(|| {
        variables
            .iter()
            .fold(program(&["doctor", "--quiet"]), |run, name| run.env(name, ""))
            .env("PIMAUDIT_AUTH", "token")
            .env("PIMAUDIT_ACCESS_TOKEN", &token(PERMISSIONS))
            .env("PIMAUDIT_GRAPH_ENDPOINT", &mock.uri())
            .run()
    });
    assert_eq!(signed_in.code, 0, "{}", signed_in.shown());
    let refused = program(&["audit"]).env("PIMAUDIT_CLOUD", "mars").run();
    assert_eq!(refused.code, 2, "{}", refused.shown());
}

#[test]
fn a_sign_in_that_fails_is_exit_4_and_names_what_was_tried() {
    let run = program(&["audit", "--auth", "token"]).run();
    assert_eq!(run.code, 4, "{}", run.shown());
    let run = program(&["audit", "--auth", "client-secret", "--tenant", "contoso.example"]).run();
    assert_eq!(run.code, 4, "{}", run.shown());
    assert!(run.stderr.contains("AZURE_CLIENT_SECRET"), "{}", run.stderr);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    use std::io::Read as _;
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_pimaudit"))
        .args(["audit", "--sample", "--format", "json"])
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut first = [0_u8; 10];
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
