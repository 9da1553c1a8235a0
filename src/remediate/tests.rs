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

/// A failed finding on this subject, with these calls.
fn on(subject: crate::model::Subject, check: &'static str, calls: &[&str]) -> Finding {
    let mut finding = failed(check, calls.iter().map(|&call| call.to_owned()).collect());
    finding.subject = subject.into();
    finding
}

/// Someone whose name was read.
fn known(id: &str) -> crate::model::Subject {
    let mut subject = testing::person(id);
    subject.name = format!("{id}@contoso.example").into();
    subject
}

/// Method, path and body of each step.
fn requests(judged: &Judged) -> Vec<String> {
    steps(judged, &Choice::default(), &live(&[CONTEXT_ON, TICKET]), &[])
        .iter()
        .map(|step| {
            let body = step.body.as_ref().map(Value::to_string).unwrap_or_default();
            format!("{} {} {body}", step.method, step.path).trim_end().to_owned()
        })
        .collect()
}

#[test]
fn nothing_stands_between_the_context_and_mfa_and_the_most_severe_goes_first() {
    let mut admin =
        failed("unguarded-active-assignment", vec![call("Enablement_Admin_Assignment", MFA_CALL)]);
    let calls = || {
        vec![
            call("Enablement_EndUser_Assignment", MFA_CALL),
            call("AuthenticationContext_EndUser_Assignment", CONTEXT_CALL),
        ]
    };
    let admin_rule =
        r##"{"@odata.type":"#t","id":"Enablement_Admin_Assignment","enabledRules":[]}"##;
    let rules = live(&[CONTEXT_ON, TICKET, admin_rule]);
    let order = |findings: Vec<Finding>| -> Vec<String> {
        let judged = testing::judged(findings);
        let steps = steps(&judged, &Choice::default(), &rules, &[]);
        steps.iter().map(|step| step.rule.as_ref().unwrap().rule.clone()).collect()
    };
    let (context, mfa) =
        ("AuthenticationContext_EndUser_Assignment", "Enablement_EndUser_Assignment");
    let other = "Enablement_Admin_Assignment";
    for (severity, expected) in [
        (Severity::High, [context, mfa, other]),
        (Severity::Low, [context, mfa, other]),
        (Severity::Critical, [other, context, mfa]),
    ] {
        admin.severity = severity;
        let findings = vec![admin.clone(), failed("activation-without-mfa", calls())];
        assert_eq!(order(findings), expected, "{severity}");
    }
    let judged = testing::judged(vec![admin, failed("activation-without-mfa", calls())]);
    let steps = steps(&judged, &Choice::default(), &rules, &[]);
    let text = terraform::text(&steps).unwrap();
    assert!(text.contains("depends_on = [msgraph_update_resource.step_2]"), "{text}");
    assert!(text.contains("Microsoft/msgraph") && !text.contains("hashicorp/azuread"), "{text}");
}

#[test]
fn a_request_comes_once_unless_a_blank_makes_it_another() {
    let policy = r#"PATCH /v1.0/identity/conditionalAccess/policies/<id of the Conditional Access policy> {"state":"enabled"}"#;
    let assign = |why: &str| {
        format!(
            r#"POST /v1.0/r {{"action":"adminAssign","justification":"{why}","principalId":"ana"}}"#
        )
    };
    for (one, other, expected) in [
        ("GET /v1.0/x".to_owned(), "GET /v1.0/x".to_owned(), 1),
        (policy.to_owned(), policy.to_owned(), 1),
        (assign("one"), assign("other"), 1),
        ("POST /v1.0/{role}".to_owned(), "POST /v1.0/{role}".to_owned(), 2),
        (
            "DELETE /v1.0/<id of the owner>".to_owned(),
            "DELETE /v1.0/<id of the owner>".to_owned(),
            2,
        ),
        ("GET /v1.0/x".to_owned(), "DELETE /v1.0/x".to_owned(), 2),
    ] {
        let findings = vec![
            on(known("ana"), "a-check", &[one.as_str()]),
            on(known("ben"), "b-check", &[other.as_str()]),
        ];
        assert_eq!(requests(&testing::judged(findings)).len(), expected, "{one} {other}");
    }
    let twice = on(known("ana"), "a-check", &["POST /v1.0/{role}", "POST /v1.0/{role}"]);
    assert_eq!(requests(&testing::judged(vec![twice])).len(), 1);
}

#[test]
fn what_touches_a_break_glass_candidate_is_held_back() {
    let id = "7f3a0000-0000-4000-8000-00000000000b";
    let longer = format!("{id}c");
    for (call, is_held) in [
        (format!(r#"PATCH /v1.0/users/{id} {{"accountEnabled":false}}"#), true),
        (format!("DELETE /v1.0/groups/g/owners/{}/$ref", id.to_uppercase()), true),
        (format!(r#"POST /v1.0/r {{"action":"adminRemove","principalId":"{id}"}}"#), true),
        (format!(r#"POST /v1.0/r {{"@odata.id":"x/users/{id}"}}"#), true),
        (format!("DELETE /v1.0/users/{longer}"), false),
        ("DELETE /v1.0/users/ana".to_owned(), false),
    ] {
        let mut report = testing::report(vec![on(known("ana"), "a-check", &[call.as_str()])]);
        report.baselines[0].break_glass.push(testing::candidate("bg1@contoso.example"));
        let judged = &report.baselines[0];
        let steps = steps(judged, &Choice::default(), &live(&[]), &[]);
        assert_eq!(steps[0].hindrance().is_some(), is_held, "{call}");
        let files = files(&report, judged, &steps);
        let request: Value = serde_json::from_str(&files[0].1).unwrap();
        let said = "bg1@contoso.example looks like an undeclared break-glass account";
        assert_eq!(request["held_back"].to_string().contains(said), is_held, "{call}");
        assert_eq!(request["preconditions"].to_string().contains(said), is_held, "{call}");
    }
}

#[test]
fn a_policy_that_is_made_only_reports() {
    for (call, expected) in [
        (r#"POST /v1.0/identity/conditionalAccess/policies {"state":"enabled"}"#, true),
        (r#"POST /v1.0/identity/conditionalAccess/policies {"state":"disabled"}"#, false),
        (r#"POST /v1.0/other {"state":"enabled"}"#, false),
    ] {
        let judged = testing::judged(vec![on(testing::tenant(), "a-check", &[call])]);
        let found = requests(&judged).join("");
        assert_eq!(found.contains("enabledForReportingButNotEnforced"), expected, "{found}");
    }
}

#[test]
fn who_is_not_there_gets_nothing() {
    let calls = [
        r#"POST /v1.0/e {"action":"adminAssign","principalId":"ana"}"#,
        r#"POST /v1.0/a {"action":"adminRemove","principalId":"ana"}"#,
    ];
    let defunct = |subject, outcome: Outcome| {
        testing::finding("defunct-principal", Severity::Medium, subject, outcome)
    };
    let absent = |outcome: Outcome| {
        let row = crate::model::PrincipalId::new("ana");
        let dataset = crate::model::Dataset::Principals;
        outcome.evidence(crate::model::Evidence::new(dataset, &row, "id", "not returned"))
    };
    let denied = || testing::denied(crate::model::Dataset::Principals);
    let nameless = || testing::person("ana");
    for (subject, other, expected) in [
        (known("ana"), None, 2),
        (nameless(), None, 1),
        (nameless(), Some(denied()), 2),
        (nameless(), Some(absent(Outcome::info("belongs to tenant t", "exists"))), 1),
        (known("ana"), Some(absent(Outcome::info("belongs to tenant t", "exists"))), 1),
        (known("ana"), Some(Outcome::info("disabled", "enabled")), 2),
    ] {
        let mut findings = vec![on(subject.clone(), "a-check", &calls)];
        findings.extend(other.clone().map(|outcome| defunct(subject, outcome)));
        let found = requests(&testing::judged(findings));
        assert_eq!(found.len(), expected, "{found:?} {other:?}");
        assert!(found.last().unwrap().contains("adminRemove"), "{found:?}");
    }
}

#[test]
fn steps_of_one_finding_say_how_they_go_together() {
    let assign = r#"POST /v1.0/e {"action":"adminAssign","principalId":"ana"}"#;
    let remove = r#"POST /v1.0/a {"action":"adminRemove","principalId":"ana"}"#;
    let disable = r#"PATCH /v1.0/users/ana {"accountEnabled":false}"#;
    let other = "POST /v1.0/x";
    for (calls, expected) in [
        (vec![remove, disable], "alternatives: take one of the steps 1, 2"),
        (vec![assign, remove], "first step 1, then step 2"),
        (vec![assign, remove, disable], "first step 1, then one of the steps 2, 3"),
        (vec![remove, other], "the steps 1, 2 are of one finding: read them all"),
    ] {
        let judged = testing::judged(vec![on(known("ana"), "a-check", &calls)]);
        for step in steps(&judged, &Choice::default(), &live(&[]), &[]) {
            let said = step.preconditions.join("; ");
            assert!(said.contains(expected), "{said}");
        }
    }
    let judged = testing::judged(vec![on(known("ana"), "a-check", &[remove, "GET /v1.0/x"])]);
    for step in steps(&judged, &Choice::default(), &live(&[]), &[]) {
        assert!(!step.preconditions.join("; ").contains("steps"), "{:?}", step.preconditions);
    }
}

#[test]
fn the_readme_counts_what_is_mended_and_what_is_not() {
    let unread = testing::finding(
        "defunct-principal",
        Severity::Medium,
        known("ana"),
        testing::denied(crate::model::Dataset::Principals),
    );
    let findings = vec![on(known("ben"), "a-check", &["POST /v1.0/x"]), unread];
    let mut report = testing::report(findings);
    report.baselines[0].break_glass.push(testing::candidate("bg1@contoso.example"));
    let judged = &report.baselines[0];
    let steps = steps(judged, &Choice::default(), &live(&[]), &[]);
    let files = files(&report, judged, &steps);
    let readme = &files.iter().find(|(name, _)| name == "README.md").unwrap().1;
    for expected in [
        "| high | 1 | 1 |",
        "| critical | 0 | 0 |",
        "Not assessed: 1; nothing here mends them.",
        "undeclared break-glass accounts",
        "## 1. A bad state (high)",
    ] {
        assert!(readme.contains(expected), "{expected}: {readme}");
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
    for expected in
        ["if (-not $Apply)", "not sent: name it with -Step", "ShouldContinue", "$answer", "-From"]
    {
        assert!(script.contains(expected), "{expected}");
    }
    let request: Value = serde_json::from_str(&files[0].1).unwrap();
    assert_eq!(request["schema"], SCHEMA);
    assert_eq!(request["body"]["enabledRules"], json!(["Ticketing", "MultiFactorAuthentication"]));
    assert_eq!(request["live"]["enabledRules"], json!(["Ticketing"]));
}
