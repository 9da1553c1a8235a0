//! Small histories for the tests of the formats.

use super::runs::{KeptRun, KeptScore, Limits};
use super::{Point, Series, Trend};
use jiff::Timestamp;

/// The first day.
const START: &str = "2026-01-01T09:00:00Z";
const DAY: i64 = 86_400;

/// So many days after the first one.
pub(super) fn day(days: i64) -> Timestamp {
    let start: Timestamp = START.parse().unwrap();
    Timestamp::from_second(start.as_second() + days * DAY).unwrap()
}

/// A run in which everything was read.
pub(super) fn point(run: i64, days: i64, posture: Option<f64>) -> Point {
    Point {
        run,
        at: day(days),
        judged_at: day(days),
        posture,
        low: posture,
        high: posture,
        coverage: 100.0,
        grade: posture.map(|posture| if posture < 60.0 { "F" } else { "C?" }.to_owned()),
        rules: "sha256:0123456789abcdef".to_owned(),
        configuration: None,
        failed: 12,
        partial: 1,
        not_assessed: 0,
    }
}

/// The same in which something was not read.
pub(super) fn uncertain(point: Point, low: f64, high: f64, coverage: f64) -> Point {
    Point { low: Some(low), high: Some(high), coverage, not_assessed: 3, ..point }
}

pub(super) fn by_rules(point: Point, rules: &str) -> Point {
    Point { rules: format!("sha256:{rules}"), ..point }
}

/// A role: no posture, and fewer failures with every run.
pub(super) fn role(name: &str) -> Series {
    let failed = |run: i64, failed| Point { failed, ..point(run, 10 * (run - 1), None) };
    Series {
        baseline: "recommended".to_owned(),
        of: Some(name.to_owned()),
        points: vec![failed(1, 7), failed(2, 4), failed(3, 2)],
    }
}

/// Of everything one: a rise by reading less, a run without a score, new rules, a check, a role;
/// tenant and role are called so.
pub(super) fn trend(name: &str) -> Trend {
    let points = vec![
        point(1, 0, Some(49.3)),
        uncertain(point(2, 10, Some(55.0)), 40.0, 61.5, 78.5),
        uncertain(point(3, 20, None), 0.0, 100.0, 0.0),
        point(4, 40, Some(70.6)),
        by_rules(point(5, 50, Some(64.0)), "fedcba9876543210"),
        by_rules(point(6, 59, Some(71.5)), "fedcba9876543210"),
    ];
    let check = Series {
        baseline: "recommended".to_owned(),
        of: Some("activation-without-mfa".to_owned()),
        points: points.iter().cloned().map(|it| Point { grade: None, ..it }).collect(),
    };
    Trend {
        version: "0.1.0",
        tenant: "7f3a0000-0000-4000-8000-000000000001".to_owned(),
        tenant_name: name.to_owned(),
        series: vec![
            Series { baseline: "recommended".to_owned(), of: None, points },
            check,
            role(name),
        ],
    }
}

/// A run as it was kept, judged by these baselines.
pub(super) fn kept_run<'a>(id: i64, baselines: &[&'a str]) -> KeptRun<'a> {
    let at: Timestamp = "2026-11-02T09:00:00Z".parse().unwrap();
    KeptRun {
        id,
        tenant: "t-1",
        tenant_name: "Contoso",
        cloud: "global",
        collected_at: at,
        judged_at: at,
        version: "0.1.0",
        source: "the sample tenant",
        configuration: None,
        limits: Limits::Unset,
        scores: baselines.iter().map(|baseline| kept_score(baseline)).collect(),
    }
}

/// How it scored by one of them.
pub(super) fn kept_score(baseline: &str) -> KeptScore<'_> {
    KeptScore {
        baseline,
        title: "A baseline",
        digest: "sha256:01",
        posture: Some(56.4),
        low: 54.1,
        high: 57.6,
        grade: Some("F?"),
        coverage: 0.9653,
        coverage_percent: 96.5,
        waived_share: 0.25,
        passed: 1023,
        partial: 242,
        failed: 259,
        not_assessed: 21,
        waived: 3,
    }
}
