//! Whole tenants from the fixtures, through the real client, judged: what each scenario must say.

use crate::support::MockGraph;
use crate::support::asked::Asked;
use crate::support::tenant::{
    GLOBAL, baselines, collected, collected_with, collected_with_log, declared, findings, judge,
    judge_by, nobody, only, outcome, report_of, role, text_of,
};
use pimaudit::model::{Dataset, Gap, GapKind, Outcome};
use pimaudit::report::model::Report;
use pimaudit::resolve::resolve;
use pimaudit::score::Grade;
use pimaudit::snapshot::{Rows, load_bytes};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[tokio::test]
async fn the_bundled_sample_is_what_the_client_collects_from_the_fixtures() {
    let mock = MockGraph::start(&["contoso", "audit-log"]).await;
    let snapshot = collected_with_log(&mock).await;
    mock.assert_all_planned();
    let collected = text_of(&snapshot);
    // The mock's address changes from run to run; nothing of it may be in a snapshot.
    let collected = String::from_utf8(collected).unwrap();
    assert!(!collected.contains("127.0.0.1"), "a host name in the snapshot");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/sample.json.gz");
    if std::env::var_os("PIMAUDIT_UPDATE").is_some() {
        use std::io::Write;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(collected.as_bytes()).unwrap();
        std::fs::write(&path, packed.finish().unwrap()).unwrap();
    }
    let bundled = pimaudit::snapshot::read_file(&path).unwrap();
    let bundled = String::from_utf8(bundled).unwrap();
    let differs = collected.lines().zip(bundled.lines()).find(|(a, b)| a != b);
    assert!(
        collected == bundled,
        "the sample is not current, run `just update`; first difference: {differs:?}"
    );
}

#[tokio::test]
async fn only_what_is_needed_is_asked_for() {
    let mock = MockGraph::start(&["exemplary"]).await;
    collected(&mock).await;
    // Each request with what stands in its body: whose objects, and which reads share a batch.
    let received = mock.received().await;
    let mut asked: Vec<String> =
        received.iter().map(|request| Asked::from(request).lines().join("\n  ")).collect();
    asked.sort();
    insta::assert_snapshot!(asked.join("\n"));
}

#[tokio::test]
async fn a_tenant_that_follows_the_baseline_to_the_letter_scores_100() {
    let organisation = declared(&["bg1@contoso.onmicrosoft.com", "bg2@contoso.onmicrosoft.com"]);
    let report = report_of(&["exemplary"], &organisation).await;
    let judged = only(&report);
    let wrong: Vec<String> = judged
        .findings
        .iter()
        .filter(|finding| matches!(finding.outcome.name(), "partial" | "fail" | "not-assessed"))
        .map(|finding| format!("{} {} {:?}", finding.check, finding.subject.name, finding.outcome))
        .collect();
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(judged.score.posture, Some(100.0));
    assert_eq!(judged.score.grade, Some(Grade::A));
    assert!((judged.score.coverage - 1.0).abs() < 1e-12);
}

#[tokio::test]
async fn a_renamed_role_in_capitals_is_still_itself() {
    let organisation = declared(&["bg1@contoso.onmicrosoft.com", "bg2@contoso.onmicrosoft.com"]);
    let plain = report_of(&["exemplary"], &organisation).await;
    let localised = report_of(&["exemplary", "localised"], &organisation).await;
    assert_eq!(only(&localised).score.posture, only(&plain).score.posture);
    let key = |report: &Report| -> Vec<String> {
        only(report).findings.iter().map(|it| format!("{} {}", it.check, it.subject.key)).collect()
    };
    assert_eq!(key(&localised), key(&plain));
}

/// The sample's snapshot without the activations that run within the 8 hours of their policies.
fn without_activations(text: &str) -> (String, usize) {
    let mut snapshot: serde_json::Value = serde_json::from_str(text).unwrap();
    let mut ended = Vec::new();
    for (dataset, is_over) in
        [("role-assignment-schedule-instances", true), ("role-assignments", false)]
    {
        let collections = snapshot["collections"].as_array_mut().unwrap();
        let rows = collections.iter_mut().find(|it| it["dataset"] == dataset).unwrap();
        rows["count"] = serde_json::Value::Null;
        rows["rows"].as_array_mut().unwrap().retain(|row| {
            if !is_over {
                return !ended.contains(&row["id"]);
            }
            let time =
                |name: &str| row[name].as_str().and_then(|it| it.parse::<jiff::Timestamp>().ok());
            let within = match (time("startDateTime"), time("endDateTime")) {
                (Some(start), Some(end)) => {
                    end.duration_since(start) <= jiff::SignedDuration::from_hours(8)
                }
                _ => false,
            };
            let ends = row["assignmentType"] == "Activated" && within;
            if ends {
                ended.push(row["roleAssignmentOriginId"].clone());
            }
            !ends
        });
    }
    (snapshot.to_string(), ended.len())
}

#[tokio::test]
async fn ending_an_activation_changes_no_score() {
    let mock = MockGraph::start(&["contoso"]).await;
    let running = String::from_utf8(text_of(&collected(&mock).await)).unwrap();
    let (ended, count) = without_activations(&running);
    assert!(count >= 2, "the fixture has activations within their policy");
    let before = judge(&load_bytes(running.as_bytes(), Path::new("before")).unwrap(), &nobody());
    let after = judge(&load_bytes(ended.as_bytes(), Path::new("after")).unwrap(), &nobody());
    let (before, after) = (&only(&before).score, &only(&after).score);
    assert_eq!(after.raw, before.raw);
    assert!((after.coverage - before.coverage).abs() < 1e-12);
    assert_eq!(after.grade, before.grade);
}

#[tokio::test]
async fn without_p2_assignments_are_judged_and_the_rest_is_a_licence_gap() {
    let report = report_of(&["contoso", "no-p2"], &nobody()).await;
    let Outcome::NotAssessed(gap) = outcome(&report, "activation-without-mfa", &role(GLOBAL))
    else {
        panic!("role settings were judged without a licence")
    };
    assert_eq!(gap.kind, GapKind::LicenceMissing);
    assert_eq!(outcome(&report, "missing-licence", "tenant").name(), "fail");
    let permanent = findings(&report, "permanent-active-assignment");
    assert!(permanent.iter().any(|finding| finding.outcome.name() == "fail"));
    let outside = findings(&report, "assigned-outside-pim");
    assert!(outside.iter().all(|finding| {
        matches!(&finding.outcome, Outcome::NotAssessed(gap) if gap.kind == GapKind::LicenceMissing)
    }));
}

#[tokio::test]
async fn one_denied_permission_costs_only_its_checks_and_is_named() {
    let report = report_of(&["contoso", "denied-policies"], &nobody()).await;
    let Outcome::NotAssessed(gap) = outcome(&report, "activation-too-long", &role(GLOBAL)) else {
        panic!("denied role settings were judged")
    };
    assert_eq!(gap.kind, GapKind::PermissionDenied);
    assert!(gap.detail.contains("RoleManagementPolicy.Read.Directory"), "{gap}");
    let whole = report_of(&["contoso"], &nobody()).await;
    for check in ["assigned-outside-pim", "guest-privileged-account", "redundant-grant"] {
        let names = |report: &Report| -> Vec<String> {
            findings(report, check)
                .iter()
                .map(|it| format!("{} {}", it.subject.key, it.outcome.name()))
                .collect()
        };
        assert_eq!(names(&report), names(&whole), "{check}");
    }
    assert!(only(&report).score.coverage < only(&whole).score.coverage);
    assert!(only(&report).score.low <= only(&whole).score.low);
}

#[tokio::test]
async fn when_everything_is_denied_nothing_passes() {
    let report = report_of(&["contoso", "denied-all"], &nobody()).await;
    let passed: Vec<&str> = only(&report)
        .findings
        .iter()
        .filter(|finding| finding.outcome.name() == "pass" && finding.check != "invalid-waiver")
        .map(|finding| finding.check)
        .collect();
    assert_eq!(passed, Vec::<&str>::new());
    assert_eq!(only(&report).score.grade, None);
}

#[tokio::test]
async fn a_page_that_fails_for_good_makes_a_list_partial_never_short() {
    let report = report_of(&["contoso", "partial"], &nobody()).await;
    let found = findings(&report, "guest-privileged-account");
    assert!(
        found.iter().any(|it| it.subject.key.starts_with("dataset:") && it.outcome.name() == "not-assessed"),
        "a list that broke off says so"
    );
    // Nobody can be shown to be within bounds when the list broke off.
    let count = outcome(&report, "global-administrator-count", "tenant").name();
    assert!(matches!(count, "fail" | "not-assessed"), "{count}");
}

#[tokio::test]
async fn throttling_changes_nothing_but_the_time() {
    let calm = MockGraph::start(&["contoso"]).await;
    let throttled = MockGraph::start(&["contoso", "throttled"]).await;
    let (calm, slow) = (collected(&calm).await, collected(&throttled).await);
    throttled.assert_all_planned();
    assert_eq!(String::from_utf8(text_of(&slow)), String::from_utf8(text_of(&calm)));
}

#[tokio::test]
async fn odd_data_is_not_assessed_and_never_a_crash() {
    let report = report_of(&["contoso", "odd"], &nobody()).await;
    let unreadable = only(&report).findings.iter().filter(|finding| {
        matches!(&finding.outcome, Outcome::NotAssessed(gap) if gap.kind == GapKind::Unreadable)
    });
    assert!(unreadable.count() > 3, "odd rules are unreadable, not met");
}

#[tokio::test]
async fn a_declined_permission_is_not_assessed_without_a_request() {
    let mock = MockGraph::start(&["exemplary"]).await;
    let without = ["RoleManagementPolicy.Read.Directory"];
    let snapshot = collected_with(&mock, &without, true).await;
    let of_roles = |it: &&String| it.contains("scopeType eq 'DirectoryRole'&$expand=policy");
    assert_eq!(mock.requests().iter().find(of_roles), None);
    let report = judge(&snapshot, &nobody());
    let Outcome::NotAssessed(gap) = outcome(&report, "activation-without-mfa", &role(GLOBAL))
    else {
        panic!("declined role settings were judged")
    };
    assert_eq!(gap.kind, GapKind::NotRequested);
}

#[tokio::test]
async fn without_beta_the_built_in_list_stands_in_for_the_label() {
    let mock = MockGraph::start(&["exemplary"]).await;
    let snapshot = collected_with(&mock, &[], false).await;
    assert!(!mock.requests().iter().any(|it| it.contains("/beta/")));
    let tenant = resolve(&snapshot, snapshot.collected_at);
    let roles = tenant.roles.complete().unwrap();
    let global = roles.values().find(|role| role.id.is(GLOBAL)).unwrap();
    assert_eq!(global.privileged, Ok(true));
}

#[tokio::test]
async fn a_refusal_beside_a_good_licence_never_gives_more() {
    let mock = MockGraph::start(&["contoso"]).await;
    let text = String::from_utf8(text_of(&collected(&mock).await)).unwrap();
    let whole = load_bytes(text.as_bytes(), Path::new("whole")).unwrap();
    let best = judge(&whole, &nobody());
    for dataset in Dataset::ALL {
        let mut snapshot = load_bytes(text.as_bytes(), Path::new("less")).unwrap();
        for collection in snapshot.collections.iter_mut().filter(|it| it.dataset == dataset) {
            collection.gap = Some(Gap::of(dataset, GapKind::LicenceMissing, "refused"));
            collection.missing = true;
            collection.rows = Rows::Owned(Vec::new());
        }
        let report = judge(&snapshot, &nobody());
        let (less, more) = (&only(&report).score, &only(&best).score);
        assert!(less.coverage <= more.coverage + 1e-9, "{dataset}: coverage rose");
        assert!(less.raw_low <= more.raw_low + 1e-9, "{dataset}: low rose");
    }
}

#[tokio::test]
async fn reading_less_never_gives_more() {
    let mock = MockGraph::start(&["contoso"]).await;
    let text = String::from_utf8(text_of(&collected(&mock).await)).unwrap();
    let whole = load_bytes(text.as_bytes(), Path::new("whole")).unwrap();
    let best = judge(&whole, &nobody());
    for dataset in Dataset::ALL {
        let mut snapshot = load_bytes(text.as_bytes(), Path::new("less")).unwrap();
        snapshot.collections.retain(|collection| collection.dataset != dataset);
        let report = judge(&snapshot, &nobody());
        let (less, more) = (&only(&report).score, &only(&best).score);
        assert!(less.coverage <= more.coverage + 1e-9, "{dataset}: coverage rose");
        assert!(
            less.low <= more.low + 0.1,
            "{dataset}: low rose from {} to {}",
            more.low,
            less.low
        );
        let critical_hidden =
            only(&report).findings.iter().any(|it| it.outcome.name() == "not-assessed");
        assert!(critical_hidden, "{dataset}: nothing is not assessed");
    }
}

/// Every outcome by baseline, check and subject.
fn outcomes(report: &Report) -> BTreeMap<(String, &'static str, String), &'static str> {
    let all = report.baselines.iter().flat_map(|judged| {
        judged.findings.iter().map(|it| {
            ((judged.id.clone(), it.check, it.subject.key.to_string()), it.outcome.name())
        })
    });
    all.collect()
}

/// Under no baseline does a finding pass that did not, or the floor of the score rise, because a
/// collection is gone or broke off.
#[test]
fn nothing_passes_because_it_was_not_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/sample.json.gz");
    let bytes = pimaudit::snapshot::read_file(&path).unwrap();
    let baselines = baselines();
    let read = || load_bytes(&bytes, &path).unwrap();
    let whole = judge_by(&baselines, &read(), &nobody());
    let lows: Vec<f64> = whole.baselines.iter().map(|it| it.score.raw_low).collect();
    let whole = outcomes(&whole);
    let mut risen = Vec::new();
    let wanted: BTreeSet<Dataset> = read().collections.iter().map(|it| it.dataset).collect();
    assert!(wanted.len() > 30, "{} collections", wanted.len());
    for dataset in wanted {
        for cut in [false, true] {
            let mut snapshot = read();
            if cut {
                for collection in snapshot.collections.iter_mut().filter(|it| it.dataset == dataset)
                {
                    let Rows::Borrowed(rows) = &mut collection.rows else {
                        panic!("read from a file")
                    };
                    rows.truncate(rows.len() / 2);
                    collection.gap = Some(Gap::of(dataset, GapKind::Incomplete, "cut"));
                }
            } else {
                snapshot.collections.retain(|it| it.dataset != dataset);
            }
            let less = judge_by(&baselines, &snapshot, &nobody());
            let turned: Vec<_> = outcomes(&less)
                .into_iter()
                .filter(|(key, outcome)| {
                    let was = whole.get(key);
                    *outcome == "pass"
                        && was
                            .is_some_and(|was| matches!(*was, "fail" | "partial" | "not-assessed"))
                })
                .map(|(key, _)| key)
                .collect();
            assert!(turned.is_empty(), "{dataset}, cut: {cut}: {turned:#?}");
            for (judged, low) in less.baselines.iter().zip(&lows) {
                if judged.score.raw_low > low + 1e-9 {
                    risen.push(format!(
                        "{dataset} {cut} {}: {low} to {}",
                        judged.id, judged.score.raw_low
                    ));
                }
            }
        }
    }
    assert!(risen.is_empty(), "{risen:#?}");
}
