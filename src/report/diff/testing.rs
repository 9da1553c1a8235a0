//! Small differences for the tests of the formats.

use super::{
    ActivationLine, ChangeLine, Compared, DiffReport, LogLine, LogReading, MoveLine, PartLine,
    Reading, SplitLine, Standing, UnreadableLine, WhoLine, WordLine,
};
use crate::model::{Dataset, Gap, GapKind, Severity};

pub(super) fn change(name: &str, before: Option<&str>, after: Option<&str>) -> ChangeLine {
    ChangeLine {
        area: "settings",
        kind: "changed",
        direction: "weaker",
        subject: "role:ga".to_owned(),
        name: name.to_owned(),
        holder: None,
        what: "longest activation".to_owned(),
        field: "Expiration_EndUser_Assignment.maximumDuration".to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
        who: None,
    }
}

/// Made by nobody in particular.
pub(super) fn who(status: &'static str) -> WhoLine {
    WhoLine { status, lines: Vec::new(), more: None, why: Some("because".to_owned()) }
}

pub(super) fn log_line(actor: &str) -> LogLine {
    LogLine {
        at: "2026-11-02T20:00:00Z".parse().unwrap(),
        actor: actor.to_owned(),
        actor_id: format!("id-{actor}"),
        actor_kind: "user",
        activity: "Update role setting in PIM".to_owned(),
        correlation: "c-1".to_owned(),
        ticket: Some("INC-1".to_owned()),
        ticket_system: None,
        justification: Some("patch window".to_owned()),
    }
}

pub(super) fn moved(
    name: &str,
    before: Option<&'static str>,
    after: Option<&'static str>,
) -> MoveLine {
    let word = |outcome: &'static str| WordLine {
        outcome,
        credit: None,
        observed: format!("seen {outcome}"),
    };
    MoveLine {
        check: "activation-too-long",
        title: "Activation too long",
        subject: format!("principal:{name}"),
        name: name.to_owned(),
        severity: Severity::High,
        before: before.map(word),
        after: after.map(word),
        points: Some(-4.8),
        exact: Some(-4.8),
        waived: false,
        worse: after == Some("fail"),
    }
}

pub(super) fn unreadable(old: bool, new: bool) -> UnreadableLine {
    let gap = Gap::of(Dataset::PimAlerts, GapKind::PermissionDenied, "Graph answered 403");
    UnreadableLine {
        what: "PIM alerts".to_owned(),
        old: old.then(|| gap.clone()),
        new: new.then_some(gap),
        subjects: Vec::new(),
    }
}

fn standing(posture: f64, grade: &str) -> Standing {
    Standing {
        posture: Some(posture),
        grade: Some(grade.to_owned()),
        coverage: 100.0,
        headline: format!("posture {posture:.1} {grade} | coverage 100 %"),
    }
}

/// One of everything, about somebody of this name.
pub(super) fn full(name: &str) -> DiffReport {
    let part = |check: &str, points: f64| PartLine {
        check: check.to_owned(),
        kind: "role".to_owned(),
        points,
        exact: points,
    };
    DiffReport {
        baselines: vec![Compared {
            id: "recommended".to_owned(),
            title: "Recommended PIM baseline".to_owned(),
            digest: "sha256:0123456789abcdef".to_owned(),
            old: standing(70.6, "C?"),
            new: standing(71.5, "F"),
            split: SplitLine {
                difference: Some(0.9),
                common: -4.8,
                common_exact: -4.8,
                scope: Some(5.7),
                checks: vec![part("activation-without-mfa", -4.8)],
            },
            regressions: vec![moved(name, Some("pass"), Some("fail"))],
            fixes: vec![moved(name, Some("fail"), Some("pass"))],
            new_subjects: vec![moved(name, None, Some("fail"))],
            vanished_subjects: vec![moved(name, Some("fail"), None)],
            became_unreadable: vec![moved(name, Some("pass"), Some("not-assessed"))],
            became_readable: vec![moved(name, Some("not-assessed"), Some("pass"))],
        }],
        changes: vec![ChangeLine {
            who: Some(WhoLine { lines: vec![log_line(name)], why: None, ..who("by") }),
            ..change(name, Some("8 h"), Some("10 h"))
        }],
        log: LogReading {
            status: "read",
            covered_from: Some("2026-10-20T00:00:00Z".parse().unwrap()),
            missing: Vec::new(),
            ..empty().log
        },
        activations: vec![ActivationLine {
            started: true,
            subject: "grant:ana:role:ga".to_owned(),
            name: "Global Administrator".to_owned(),
            holder: name.to_owned(),
            start: Some("2026-11-03T08:00:00Z".parse().unwrap()),
            end: Some("2026-11-03T12:00:00Z".parse().unwrap()),
        }],
        unreadable: vec![unreadable(false, true)],
        ..empty()
    }
}

/// Nothing changed.
pub(super) fn empty() -> DiffReport {
    DiffReport {
        version: "0.1.0",
        tenant: "7f3a0000-0000-4000-8000-000000000001".into(),
        tenant_name: "Contoso".into(),
        old: Reading { at: "2026-11-02T09:00:00Z".parse().unwrap(), by: None },
        new: Reading {
            at: "2026-11-03T09:00:00Z".parse().unwrap(),
            by: Some("auditor@contoso.example".to_owned()),
        },
        configuration: None,
        baselines: Vec::new(),
        changes: Vec::new(),
        log: LogReading {
            status: "not-read",
            from: "2026-11-02T09:00:00Z".parse().unwrap(),
            until: "2026-11-03T09:00:00Z".parse().unwrap(),
            covered_from: None,
            missing: vec!["not requested: the audit log was not asked for".to_owned()],
        },
        activations: Vec::new(),
        unreadable: Vec::new(),
        not_compared: vec!["the actions of role definitions"],
    }
}
