//! `--redact`: no original string survives in any format, and every verdict stays.

use crate::support::MockGraph;
use crate::support::program::{PERMISSIONS, program, token};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

const KEY: &[u8] = b"0123456789abcdefghijklmnopqrstuv-a key of the tests";
const SAMPLE: &[u8] = include_bytes!("../../src/cli/sample.json.gz");
/// What people wrote or are called, by property.
const NAMES: [&str; 18] = [
    "displayName",
    "userDisplayName",
    "assigneeDisplayName",
    "principalDisplayName",
    "userPrincipalName",
    "assigneeUserPrincipalName",
    "mail",
    "justification",
    "descriptionForAdmins",
    "descriptionForReviewers",
    "notificationRecipients",
    "onPremisesImmutableId",
    "customKeyIdentifier",
    "roleAssignmentOriginId",
    "principalLink",
    "name",
    "reason",
    "ticketNumber",
];
/// An organisation file that names people, a group and a ticket.
const ORGANISATION: &str = "\
format: 1
tenant: 7f3a0000-0000-4000-8000-000000000001
break_glass: [bg1@contoso.onmicrosoft.com, bg2@contoso.onmicrosoft.com]
security_mailboxes: [soc@contoso.example]
audiences: { User Administrator: [\"group:Helpdesk Operators\"] }
sensitive_groups: { search-and-purge: \"group:Identity Operations\" }
waivers:
  - check: activation-too-long
    subject: \"group:bbbbbbbb-0001-4000-8000-000000000005:member\"
    reason: moves to the Ravenna tenant in January
    owner: ivo@contoso.example
    expires: 2027-02-01
    ticket: CHG-4711
";

fn unpacked() -> Value {
    let mut text = String::new();
    flate2::read::GzDecoder::new(SAMPLE).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Names and ids of the sample that are nobody else's.
struct Secrets {
    texts: BTreeSet<String>,
    guids: BTreeSet<String>,
}

/// What Microsoft names or numbers is the same in every tenant and no secret.
fn is_public(row: &Value) -> bool {
    row["isBuiltIn"] == true || row["policyType"] == "builtIn" || row.get("skuId").is_some()
}

fn secrets() -> Secrets {
    let sample = unpacked();
    let mut found = Secrets { texts: BTreeSet::new(), guids: BTreeSet::new() };
    let mut public = BTreeSet::new();
    for collection in sample["collections"].as_array().unwrap() {
        for row in collection["rows"].as_array().unwrap() {
            if is_public(row) {
                gather("", row, &mut BTreeSet::new(), &mut public);
            }
        }
    }
    for collection in sample["collections"].as_array().unwrap() {
        for row in collection["rows"].as_array().unwrap() {
            if !is_public(row) {
                let mut row = row.clone();
                // What an alert is called are Microsoft's words.
                if let Some(definition) = row.get_mut("alertDefinition") {
                    definition["displayName"] = Value::Null;
                }
                gather("", &row, &mut found.texts, &mut found.guids);
            }
        }
    }
    found.guids.insert("7f3a0000-0000-4000-8000-000000000001".to_owned());
    found.texts.insert("auditor@contoso.example".to_owned());
    found.texts.extend(["contoso.example".to_owned(), "contoso.onmicrosoft".to_owned()]);
    found.guids.retain(|guid| !public.contains(guid));
    // Ids of Microsoft's own, and nobody's.
    found.guids.retain(|guid| !guid.starts_with("00000000-0000-0000-0000-"));
    // Microsoft's words: they stand in every tenant.
    let known = [
        "Microsoft Graph",
        "Root Scope",
        "Eligible Member",
        "Group",
        "DirectoryRole",
        "Security Defaults",
        "Phishing-resistant MFA",
        // The audit log's names of itself, of both roles of a group, and of properties.
        "MS-PIM",
        "Azure AD PIM",
        "Member",
        "Owner",
        "Description",
        "Administrators aren't using their privileged roles",
        "TemplateId",
        "RoleDefinitionOriginId",
        "RoleDefinitionOriginType",
        "Role.DisplayName",
        "Role.ObjectID",
        "Role.TemplateId",
        // Part of an activity of the log: PIM activation request expired.
        "On request",
        // Words that a baseline uses too.
        "Exchange administrators",
    ];
    found.texts.retain(|text| text.len() > 4 && !known.contains(&text.as_str()));
    let roles: BTreeSet<String> = role_names(&sample);
    found.texts.retain(|text| !roles.contains(text));
    found
}

fn role_names(sample: &Value) -> BTreeSet<String> {
    let collections = sample["collections"].as_array().unwrap().iter();
    let rows = collections
        .filter(|collection| collection["dataset"] == "role-definitions")
        .flat_map(|collection| collection["rows"].as_array().unwrap());
    rows.filter(|row| row["isBuiltIn"] == true)
        .map(|row| row["displayName"].as_str().unwrap().to_owned())
        .collect()
}

fn gather(
    property: &str,
    value: &Value,
    texts: &mut BTreeSet<String>,
    guids: &mut BTreeSet<String>,
) {
    match value {
        Value::Object(members) => {
            // Ids that Microsoft publishes stay: plans, permissions, applications of its own.
            let kept = ["servicePlanId", "appRoleId", "roleDefinitionId", "roleTemplateId"];
            for (name, value) in members.iter().filter(|(name, _)| !kept.contains(&name.as_str())) {
                gather(name, value, texts, guids);
            }
        }
        Value::Array(values) => values.iter().for_each(|it| gather(property, it, texts, guids)),
        Value::String(text) => {
            if NAMES.contains(&property) {
                texts.insert(text.clone());
            }
            let guid = regex::Regex::new("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
            let found = guid.unwrap();
            guids.extend(found.find_iter(text).map(|it| it.as_str().to_lowercase()));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Every text in a file: a workbook is a zip of XML.
fn text_of(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    if !bytes.starts_with(b"PK") {
        return String::from_utf8(bytes).unwrap();
    }
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut all = String::new();
    for place in 0..archive.len() {
        archive.by_index(place).unwrap().read_to_string(&mut all).unwrap();
    }
    all
}

fn assert_clean(secrets: &Secrets, name: &str, text: &str) {
    let lower = text.to_lowercase();
    for secret in &secrets.texts {
        assert!(!lower.contains(&secret.to_lowercase()), "{name} holds {secret:?}");
    }
    // Ids of roles come as rows of their own; what is left is somebody's.
    for guid in &secrets.guids {
        assert!(!lower.contains(guid.as_str()), "{name} holds {guid}");
    }
}

fn key_in(folder: &Path) -> String {
    let path = folder.join("key");
    std::fs::write(&path, KEY).unwrap();
    path.display().to_string()
}

#[test]
fn no_original_string_survives_in_any_format() {
    let folder = tempfile::tempdir().unwrap();
    let key = key_in(folder.path());
    let configuration = folder.path().join("pimaudit.yaml");
    std::fs::write(&configuration, ORGANISATION).unwrap();
    let configuration = configuration.display().to_string();
    let mut secrets = secrets();
    assert!(secrets.texts.len() > 200 && secrets.guids.len() > 300);
    for word in ["Ravenna", "CHG-4711", "search-and-purge"] {
        secrets.texts.insert(word.to_owned());
    }
    let formats: Vec<&str> =
        pimaudit::report::format::Format::ALL.into_iter().map(|format| format.name()).collect();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let outputs: Vec<String> =
        formats.iter().map(|format| format!("{format}={}", at(&format!("r.{format}")))).collect();
    let kept = at("kept.json");
    let mut arguments = vec!["audit", "--sample", "--redact", "--key", &key, "--baseline", "all"];
    arguments.extend(["--config", &configuration, "--save-snapshot", &kept]);
    arguments.extend(["--show", "all", "--explain-score", "--quiet"]);
    for output in &outputs {
        arguments.extend(["-o", output]);
    }
    let run = program(&arguments).run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    for format in &formats {
        let name = format!("r.{format}");
        assert_clean(&secrets, &name, &text_of(&folder.path().join(&name)));
    }
    assert_clean(&secrets, "the snapshot", &text_of(&folder.path().join("kept.json")));
    assert_clean(&secrets, "stderr", &run.stderr);
    let redact = ["--sample", "--redact", "--key", &key];
    for (command, formats) in [
        (&["inventory"] as &[&str], &["table", "json", "csv", "xlsx"] as &[&str]),
        (&["who", "Global Administrator"], &["table", "json", "mermaid"]),
    ] {
        for format in formats {
            let name = format!("{}.{format}", command[0]);
            let output = format!("{format}={}", at(&name));
            let run = program(&[command, &redact, &["-o", &output]].concat()).run();
            assert_eq!(run.code, 0, "{}", run.stderr);
            assert_clean(&secrets, &name, &text_of(&folder.path().join(&name)));
            assert_clean(&secrets, &name, &run.stderr);
        }
    }
}

/// What was decided, without names.
fn verdicts(report: &Value) -> Vec<(String, BTreeMap<String, usize>)> {
    let baselines = report["baselines"].as_array().unwrap().iter();
    baselines
        .map(|baseline| {
            let mut counts = BTreeMap::new();
            for finding in baseline["findings"].as_array().unwrap() {
                let key = format!(
                    "{} {} {} {} {} {} {} {}",
                    finding["check"],
                    finding["subject"]["kind"],
                    finding["subject"]["tier"],
                    finding["severity"],
                    finding["outcome"],
                    finding["credit"],
                    finding["gap"]["kind"],
                    finding["waiver"].is_null(),
                );
                *counts.entry(key).or_default() += 1;
            }
            let score = &baseline["score"];
            let rounded = |name: &str| (score[name].as_f64().unwrap() * 1e6).round();
            let head = format!(
                "{} {} {} {} {} {}",
                score["posture"],
                score["grade"],
                rounded("coverage"),
                rounded("low"),
                rounded("high"),
                baseline["global_administrators"]["people"],
            );
            (head, counts)
        })
        .collect()
}

fn judged(arguments: &[&str]) -> Value {
    let run = program(&[&["audit", "--format", "json"], arguments].concat()).run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn verdicts_and_scores_stay_and_names_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let key = key_in(folder.path());
    let configuration = folder.path().join("pimaudit.yaml");
    std::fs::write(&configuration, ORGANISATION).unwrap();
    let configuration = configuration.display().to_string();
    let open = ["--sample", "--baseline", "all", "--config", &configuration];
    let original = judged(&open);
    let redact = ["--redact", "--key", &key];
    let redacted = judged(&[&open, redact.as_slice()].concat());
    assert_eq!(verdicts(&original), verdicts(&redacted));
    assert!(original["baselines"][0]["findings"].to_string().contains("Ravenna"));

    // The same key gives the same pseudonyms in another file, another key others.
    assert_eq!(redacted, judged(&[&open, redact.as_slice()].concat()));
    let other = folder.path().join("other");
    std::fs::write(&other, KEY.iter().rev().copied().collect::<Vec<u8>>()).unwrap();
    let other = other.display().to_string();
    let otherwise = judged(&[&open, ["--redact", "--key", &other].as_slice()].concat());
    assert_ne!(redacted["tenant"], otherwise["tenant"]);

    let snapshot = folder.path().join("sample.json.gz");
    std::fs::write(&snapshot, SAMPLE).unwrap();
    let snapshot = snapshot.display().to_string();
    let saved = folder.path().join("redacted.json");
    std::fs::write(&saved, redacted.to_string()).unwrap();
    let saved = saved.display().to_string();
    let back = ["report", &saved, "--unredact", "--key", &key, "--snapshot", &snapshot];
    let run =
        program(&[&back, ["--config", &configuration, "--format", "json"].as_slice()].concat())
            .run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    let back: Value = serde_json::from_str(&run.stdout).unwrap();
    // Casing is not part of a pseudonym's name: names are compared without it.
    let subjects = |report: &Value| -> BTreeSet<String> {
        let findings = report["baselines"][0]["findings"].as_array().unwrap();
        findings.iter().map(|it| it["subject"]["name"].to_string().to_lowercase()).collect()
    };
    assert_eq!(subjects(&original), subjects(&back));
    assert_eq!(original["tenant"], back["tenant"]);

    let run = program(&["report", &saved, "--unredact", "--key", &other, "--snapshot", &snapshot]);
    let run = run.run();
    assert_eq!(run.code, 2, "{}", run.shown());
    assert!(run.stderr.contains("no pseudonym of this key"), "{}", run.stderr);
}

/// A refusal names people and groups; nothing of a live reading is told by its name.
#[tokio::test(flavor = "multi_thread")]
async fn a_live_reading_tells_no_name_either() {
    let mock = MockGraph::start(&["contoso", "denied-policies"]).await;
    let secrets = secrets();
    for loudness in ["--verbose", "--quiet"] {
        let folder = tempfile::tempdir().unwrap();
        let key = key_in(folder.path());
        let arguments = ["collect", "--redact", "--key", &key, "-o", "red.json", loudness];
        let run = tokio::task::block_in_place(|| {
            program(&arguments)
                .env("PIMAUDIT_AUTH", "token")
                .env("PIMAUDIT_ACCESS_TOKEN", &token(PERMISSIONS))
                .env("PIMAUDIT_GRAPH_ENDPOINT", &mock.uri())
                .within(folder.path())
                .run()
        });
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert_clean(&secrets, "the output", &format!("{}{}", run.stdout, run.stderr));
        assert_clean(&secrets, "the snapshot", &text_of(&folder.path().join("red.json")));
    }
}

#[test]
fn a_bad_key_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        folder.path().join(name).display().to_string()
    };
    let absent = folder.path().join("absent").display().to_string();
    let (short, zeros) = (at("short", b"secret"), at("zeros", &[0; 64]));
    for (arguments, expected) in [
        (&["--redact"] as &[&str], "--key <FILE>"),
        (&["--redact", "--key", &absent], "head -c 32 /dev/urandom"),
        (&["--redact", "--key", &short], "at least 32 random bytes, this one has 6"),
        (&["--redact", "--key", &zeros], "not random"),
        (&["--key", &zeros], "nothing is to be redacted"),
        (&["--redact", "--key", &zeros, "--baseline", "./own.yaml"], "own.yaml"),
    ] {
        let run = program(&[&["audit", "--sample"], arguments].concat()).run();
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.shown());
        assert!(run.stderr.contains(expected), "{arguments:?}: {}", run.stderr);
        assert!(run.stdout.is_empty());
    }
}
