//! One thing wrong at a time over a tenant that follows the baseline to the letter: what each trap
//! must say, that it says nothing else, what it asks Graph for beyond the rest, and which ways there are
//! then to the role it is about.

use crate::support::MockGraph;
use crate::support::asked::Asked;
use crate::support::tenant::{collected, declared, findings, judge, only, outcome};
use pimaudit::assemble::who::{Question, access_named, who};
use pimaudit::facts::World;
use pimaudit::model::{GapKind, Organisation, Outcome};
use pimaudit::report::model::Report;
use pimaudit::report::who::write_table;
use pimaudit::resolve::resolve;
use pimaudit::snapshot::Snapshot;
use std::collections::BTreeMap;

const GLOBAL: &str = "role:62e90394-69f5-4237-9190-012177145e10";
const EXCHANGE: &str = "role:29232cdf-9323-42fd-ade2-1d097af3e4de";
/// The members of the group that a trap adds, and its owners.
const MEMBERS: &str = "group:bbbbbbbb-0002-4000-8000-000000000005:member";
const OWNERS: &str = "group:bbbbbbbb-0002-4000-8000-000000000005:owner";

/// What one scenario asked for, the bodies included, and what it was judged to be.
struct Run {
    asked: Vec<String>,
    snapshot: Snapshot<'static>,
    organisation: Organisation,
    report: Report,
}

async fn run(scenarios: &[&str]) -> Run {
    let mock = MockGraph::start(scenarios).await;
    let snapshot = collected(&mock).await;
    mock.assert_all_planned();
    let received = mock.received().await;
    let mut asked: Vec<String> =
        received.iter().flat_map(|request| Asked::from(request).lines()).collect();
    asked.sort();
    let organisation = declared(&["bg1@contoso.onmicrosoft.com", "bg2@contoso.onmicrosoft.com"]);
    let report = judge(&snapshot, &organisation);
    Run { asked, snapshot, organisation, report }
}

/// What `who` says of a role, and what the report says of the weakest way to Global Administrator.
fn reached(run: &Run, role: &str) -> String {
    let at = run.snapshot.collected_at;
    let tenant = resolve(&run.snapshot, at);
    let world = World::new(&tenant, &run.organisation, None, at);
    let access = access_named(&world, role).unwrap();
    let mut text = Vec::new();
    write_table(&who(&world, &Question::Access(access)), 100, false, &mut text).unwrap();
    let reach = &only(&run.report).global_administrators;
    let weakest = match &reach.weakest {
        Some(it) => format!("{}, {}; asks for {}", it.principal, it.way, it.gate),
        None => "not known".to_owned(),
    };
    format!(
        "{}\nin the report\n{} people can be Global Administrator\nweakest way: {weakest}\n\
         there may be more: {}",
        String::from_utf8(text).unwrap(),
        reach.people,
        !reach.more_ways_because.is_empty(),
    )
}

/// A text whose lines were broken to the width of a terminal.
fn unbroken(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The role a trap is about.
fn role_of(trap: &str) -> &'static str {
    match trap {
        "group-nested" => "Intune Administrator",
        "group-lax-owner" | "group-denied" => "Exchange Administrator",
        "group-phantom" => "Authentication Administrator",
        "partner-principals" => "Cloud Device Administrator",
        _ => "Global Administrator",
    }
}

fn verdicts(report: &Report) -> BTreeMap<String, String> {
    let verdict = |outcome: &Outcome| match outcome {
        Outcome::NotAssessed(gap) => format!("not-assessed: {}", gap.kind),
        Outcome::Judged { .. } | Outcome::Info(_) | Outcome::NotApplicable { .. } => {
            outcome.name().to_owned()
        }
    };
    let findings = only(report).findings.iter();
    findings.map(|it| (format!("{} {}", it.check, it.subject.key), verdict(&it.outcome))).collect()
}

/// What was asked for and judged otherwise than in the tenant without the trap. Verdicts of what
/// is only in one of them and right there are left out.
fn differences(before: &Run, after: &Run) -> String {
    let mut lines = vec!["asked".to_owned()];
    let mut left = before.asked.clone();
    let mut more = Vec::new();
    for request in &after.asked {
        match left.iter().position(|it| it == request) {
            Some(place) => drop(left.remove(place)),
            None => more.push(format!("+ {request}")),
        }
    }
    lines.extend(left.iter().map(|request| format!("- {request}")));
    lines.extend(more);
    lines.push("judged".to_owned());
    let (was, is) = (verdicts(&before.report), verdicts(&after.report));
    let subjects: std::collections::BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    for subject in subjects {
        let right = |verdict: &&String| !matches!(verdict.as_str(), "pass" | "not-applicable");
        match (was.get(subject), is.get(subject)) {
            (Some(was), Some(is)) if was != is => lines.push(format!("{subject}: {was} -> {is}")),
            (None, Some(is)) if right(&is) => lines.push(format!("{subject}: {is}")),
            (_, _) => {}
        }
    }
    lines.join("\n")
}

/// A check, the key of its subject, and the name of the outcome.
type Expected = (&'static str, &'static str, &'static str);

/// The outcome of each check on each subject.
fn expect(trap: &str, report: &Report, expected: &[Expected]) {
    for (check, subject, verdict) in expected {
        let found = outcome(report, check, subject);
        assert_eq!(found.name(), *verdict, "{trap}: {check} {subject}: {found:?}");
    }
}

#[tokio::test]
async fn each_trap_is_caught_and_nothing_else_is_touched() {
    let before = run(&["exemplary"]).await;
    let traps: Vec<(&str, Vec<Expected>)> = vec![
        (
            "localised",
            vec![
                ("activation-without-mfa", GLOBAL, "pass"),
                ("activation-without-approval", GLOBAL, "pass"),
                ("global-administrator-count", "tenant", "pass"),
            ],
        ),
        (
            "group-eligible-member",
            vec![
                ("weakest-path", GLOBAL, "fail"),
                ("activation-without-mfa", MEMBERS, "fail"),
                ("activation-without-approval", MEMBERS, "fail"),
                ("activation-too-long", MEMBERS, "fail"),
                ("standing-group-member", MEMBERS, "pass"),
                ("unmanaged-role-group", MEMBERS, "pass"),
                ("global-administrator-count", "tenant", "pass"),
            ],
        ),
        (
            "group-nested",
            vec![
                (
                    "nested-group-path",
                    "group:bbbbbbbb-0002-4000-8000-000000000005:member",
                    "partial",
                ),
                (
                    "nested-group-path",
                    "group:bbbbbbbb-0002-4000-8000-000000000006:member",
                    "partial",
                ),
                ("nested-group-path", "group:bbbbbbbb-0002-4000-8000-000000000007:member", "fail"),
            ],
        ),
        (
            "group-lax-owner",
            vec![
                ("activation-without-mfa", OWNERS, "fail"),
                ("activation-without-justification", OWNERS, "fail"),
                ("activation-too-long", OWNERS, "fail"),
                ("activation-without-mfa", MEMBERS, "pass"),
                ("activation-without-justification", MEMBERS, "pass"),
                ("activation-too-long", MEMBERS, "pass"),
                ("weakest-path", EXCHANGE, "fail"),
                ("standing-group-owner", OWNERS, "pass"),
            ],
        ),
        (
            "context-without-policy",
            vec![
                ("activation-without-mfa", GLOBAL, "pass"),
                ("unenforced-authentication-context", GLOBAL, "partial"),
            ],
        ),
        (
            "context-report-only",
            vec![
                ("activation-without-mfa", GLOBAL, "fail"),
                ("unenforced-authentication-context", GLOBAL, "fail"),
            ],
        ),
        (
            "context-excludes-admins",
            vec![
                ("activation-without-mfa", GLOBAL, "fail"),
                ("unenforced-authentication-context", GLOBAL, "fail"),
            ],
        ),
        (
            "approver-group-empty",
            vec![
                ("unusable-approvers", GLOBAL, "fail"),
                ("unprotected-approver-group", MEMBERS, "pass"),
            ],
        ),
        (
            "approver-group-requester-only",
            vec![
                ("unusable-approvers", GLOBAL, "fail"),
                ("unprotected-approver-group", MEMBERS, "pass"),
            ],
        ),
        (
            "group-phantom",
            vec![
                ("defunct-principal", "principal:bbbbbbbb-0002-4000-8000-000000000099", "fail"),
                ("unusable-approvers", GLOBAL, "partial"),
            ],
        ),
        (
            "group-denied",
            vec![("weakest-path", EXCHANGE, "not-assessed"), ("weakest-path", GLOBAL, "pass")],
        ),
        ("alerts-not-in-cloud", vec![]),
        (
            "application-bypass",
            vec![
                (
                    "pim-bypassing-application",
                    "principal:cccccccc-0002-4000-8000-000000000002",
                    "fail",
                ),
                ("weakest-path", GLOBAL, "fail"),
            ],
        ),
        ("two-of-one-name", vec![("global-administrator-count", "tenant", "partial")]),
        (
            "partner-principals",
            vec![
                ("defunct-principal", "principal:aaaaaaaa-0002-4000-8000-000000000030", "info"),
                ("defunct-principal", "principal:aaaaaaaa-0002-4000-8000-000000000031", "info"),
            ],
        ),
    ];
    for (trap, expected) in traps {
        let after = run(&["exemplary", trap]).await;
        insta::assert_snapshot!(format!("trap_{trap}"), differences(&before, &after));
        insta::assert_snapshot!(format!("trap_{trap}_who"), reached(&after, role_of(trap)));
        expect(trap, &after.report, &expected);
    }
}

#[tokio::test]
async fn who_holds_a_role_from_another_tenant_is_named_among_its_holders() {
    let after = run(&["exemplary", "partner-principals"]).await;
    let text = unbroken(&reached(&after, role_of("partner-principals")));
    assert!(!text.contains("Nobody holds it"), "{text}");
    for part in ["aaaaaaaa-0002-4000-8000-000000000030", "(foreign)", "belongs to another tenant"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[tokio::test]
async fn a_group_that_is_denied_is_named_and_no_permission_is_asked_for() {
    let after = run(&["exemplary", "group-denied"]).await;
    let text = unbroken(&reached(&after, role_of("group-denied")));
    let named = "members of group Exchange Operators (bbbbbbbb-0002-4000-8000-000000000002)";
    assert!(text.contains(named), "{text}");
    assert!(text.contains("others were read") && !text.contains("; grant "), "{text}");
}

#[tokio::test]
async fn one_group_that_is_denied_makes_one_row_of_each_rule() {
    let after = run(&["exemplary", "group-denied"]).await;
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &only(&after.report).findings {
        if finding.subject.key.starts_with("dataset:") {
            *rows.entry(finding.check).or_default() += 1;
        }
    }
    assert!(!rows.is_empty() && rows.values().all(|count| *count == 1), "{rows:?}");
}

#[tokio::test]
async fn alerts_that_the_cloud_lacks_are_never_quiet() {
    let after = run(&["exemplary", "alerts-not-in-cloud"]).await;
    for check in ["active-alert", "alert-switched-off"] {
        let found = findings(&after.report, check);
        assert!(!found.is_empty(), "{check} says nothing");
        for finding in found {
            let Outcome::NotAssessed(gap) = &finding.outcome else {
                panic!("{check} of {} was judged: {:?}", finding.subject.key, finding.outcome)
            };
            assert_eq!(gap.kind, GapKind::CloudLacksIt, "{gap}");
        }
    }
}

#[tokio::test]
async fn a_group_that_cannot_be_read_is_a_gap_of_that_group() {
    let after = run(&["exemplary", "group-denied"]).await;
    let denied: Vec<&str> = only(&after.report)
        .findings
        .iter()
        .filter(|it| matches!(&it.outcome, Outcome::NotAssessed(gap) if gap.kind == GapKind::PermissionDenied))
        .map(|it| &*it.subject.key)
        .collect();
    assert!(denied.contains(&"group:bbbbbbbb-0002-4000-8000-000000000002:member"), "{denied:?}");
    assert!(!denied.contains(&"group:bbbbbbbb-0002-4000-8000-000000000003:member"), "{denied:?}");
}
