//! Steps out of findings: merged, ordered, and marked where a person must fill something in.

use super::*;
use crate::model::{Outcome, Remediation, Tier};
use crate::report::testing;
use std::sync::Arc;

const POLICY: &str = "DirectoryRole_t_p";

fn call(rule: &str, properties: &str) -> String {
    format!(
        "PATCH /v1.0/policies/roleManagementPolicies/{POLICY}/rules/{rule} \
         {{\"@odata.type\":\"#t\",\"id\":\"{rule}\",{properties}}}"
    )
}

fn failed(check: &'static str, calls: Vec<String>) -> Finding {
    let subject = testing::role("Role", Tier::Critical, 1.0);
    let mut finding =
        testing::finding(check, Severity::High, subject, Outcome::fail("no MFA", "at most 4 h"));
    finding.remediation =
        Some(Arc::new(Remediation { portal: "Role settings".into(), graph: calls }));
    finding.fingerprint = crate::model::Fingerprint([check.len() as u8; 16]);
    finding
}

fn live(rules: &[&str]) -> LiveRules {
    let key = |rule: &Value| RuleKey {
        policy: POLICY.to_owned(),
        rule: rule["id"].as_str().unwrap().to_owned(),
    };
    rules
        .iter()
        .map(|text| serde_json::from_str::<Value>(text).unwrap())
        .map(|rule| (key(&rule), rule))
        .collect()
}

/// Method, end of the path, changes and hindrance of each step.
fn told(findings: Vec<Finding>, rules: &LiveRules) -> Vec<String> {
    let judged = testing::judged(findings);
    steps(&judged, &Choice::default(), rules, &[])
        .iter()
        .map(|step| {
            let end = step.path.rsplit('/').next().unwrap();
            let changes: Vec<String> =
                step.changes().iter().map(|it| format!("{}={}", it.property, it.to)).collect();
            let hindrance = step.hindrance().unwrap_or_default();
            format!("{} {end} [{}] {hindrance}", step.method, changes.join(", "))
                .trim_end()
                .to_owned()
        })
        .collect()
}

const CONTEXT_CALL: &str = r#""isEnabled":false,"claimValue":"""#;
const MFA_CALL: &str = r#""enabledRules":["MultiFactorAuthentication","Justification"]"#;
const CONTEXT_ON: &str = r##"{"@odata.type":"#t","id":"AuthenticationContext_EndUser_Assignment","isEnabled":true,"claimValue":"c1"}"##;
const TICKET: &str =
    r##"{"@odata.type":"#t","id":"Enablement_EndUser_Assignment","enabledRules":["Ticketing"]}"##;

#[test]
fn changes_of_one_rule_are_one_step_and_the_context_goes_first() {
    let enablement = call("Enablement_EndUser_Assignment", MFA_CALL);
    let context = call("AuthenticationContext_EndUser_Assignment", CONTEXT_CALL);
    let justification = failed("activation-without-justification", vec![enablement.clone()]);
    let mfa = failed("activation-without-mfa", vec![enablement, context]);
    assert_eq!(
        told(vec![justification, mfa], &live(&[CONTEXT_ON, TICKET])),
        [
            "PATCH AuthenticationContext_EndUser_Assignment [claimValue=\"\", isEnabled=false]",
            "PATCH Enablement_EndUser_Assignment \
             [enabledRules=[\"Ticketing\",\"Justification\",\"MultiFactorAuthentication\"]]",
        ]
    );
}

#[test]
fn the_steps_name_what_must_be_so_before() {
    let calls = vec![
        call("AuthenticationContext_EndUser_Assignment", CONTEXT_CALL),
        call("Enablement_EndUser_Assignment", MFA_CALL),
    ];
    let judged = testing::judged(vec![failed("activation-without-mfa", calls)]);
    let steps = steps(&judged, &Choice::default(), &live(&[CONTEXT_ON, TICKET]), &[]);
    assert!(steps[0].preconditions.iter().any(|it| it.starts_with("step 2 follows at once")));
    assert!(steps[1].preconditions.iter().any(|it| it.starts_with("step 1 is done")));
}

#[test]
fn what_cannot_be_merged_or_filled_in_is_marked() {
    let rule = "Enablement_EndUser_Assignment";
    for (findings, rules, expected) in [
        (
            vec![failed("activation-without-mfa", vec![call(rule, MFA_CALL)])],
            live(&[]),
            vec![
                "PATCH Enablement_EndUser_Assignment [] the rule was not read: read it and merge by hand",
            ],
        ),
        (
            vec![failed(
                "weak",
                vec!["DELETE /v1.0/groups/g/owners/<id of the owner>/$ref".to_owned()],
            )],
            live(&[]),
            vec!["DELETE $ref [] fill in <id of the owner>"],
        ),
        (
            vec![failed("weak", vec![r#"POST /v1.0/x {"roleDefinitionId":"{role}"}"#.to_owned()])],
            live(&[]),
            vec!["POST x [] fill in {role}"],
        ),
        // Already as asked for.
        (
            vec![failed(
                "activation-without-ticket",
                vec![call(rule, r#""enabledRules":["Ticketing"]"#)],
            )],
            live(&[TICKET]),
            vec![],
        ),
    ] {
        assert_eq!(told(findings, &rules), expected);
    }
}

#[test]
fn a_choice_takes_open_findings_alone() {
    let waived = || {
        let mut finding = failed("a-check", vec![]);
        finding.waiver = Some(testing::waiver());
        finding
    };
    let by = |checks: &[&str], subjects: &[&str], severity| Choice {
        checks: checks.iter().map(|&it| it.to_owned()).collect(),
        subjects: subjects.iter().map(|&it| it.to_owned()).collect(),
        severity,
    };
    for (choice, finding, expected) in [
        (by(&[], &[], None), failed("a-check", vec![]), true),
        (by(&["A-Check"], &[], None), failed("a-check", vec![]), true),
        (by(&["b-check"], &[], None), failed("a-check", vec![]), false),
        (by(&[], &["role:role"], None), failed("a-check", vec![]), true),
        (by(&[], &["role:other"], None), failed("a-check", vec![]), false),
        (by(&[], &[], Some(Severity::Low)), failed("a-check", vec![]), true),
        (by(&[], &[], None), waived(), false),
    ] {
        assert_eq!(choice.takes(&finding), expected, "{choice:?}");
    }
}

#[test]
fn files_have_plain_names_and_every_text_is_data() {
    let mut finding =
        failed("activation-without-mfa", vec![call("Enablement_EndUser_Assignment", MFA_CALL)]);
    let mut subject = testing::role("x'; Remove-Item / #\u{2019}", Tier::Critical, 1.0);
    subject.key = "role:../../etc/${x}".into();
    finding.subject = subject.into();
    let report = testing::report(vec![finding]);
    let judged = &report.baselines[0];
    let steps = steps(judged, &Choice::default(), &live(&[TICKET]), &[]);
    let files = files(&report, judged, &steps);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "001-activation-without-mfa-role-------etc---x.json",
            "README.md",
            "main.tf",
            "remediate.ps1"
        ]
    );
    let script = &files[3].1;
    assert!(
        script.contains("What = 'x''; Remove-Item / #\u{2019}\u{2019}: Activation without MFA'")
    );
    assert!(script.contains("if (-not $Apply)"));
    let request: Value = serde_json::from_str(&files[0].1).unwrap();
    assert_eq!(request["schema"], SCHEMA);
    assert_eq!(request["body"]["enabledRules"], json!(["Ticketing", "MultiFactorAuthentication"]));
    assert_eq!(request["live"]["enabledRules"], json!(["Ticketing"]));
}
