//! An answer with something in every place, for the tests of the writers.

use super::{
    BaselineLine, ChangeLine, NoteLine, Precheck, ScoreLine, ShiftLine, SideLine, StatedLine,
};
use crate::model::{Dataset, Severity};
use crate::report::model::CheckText;

pub(super) fn precheck(name: &str) -> Precheck {
    let score = |posture, grade: &str| ScoreLine {
        posture: Some(posture),
        grade: Some(grade.to_owned()),
        coverage: 100.0,
    };
    let side = |outcome, observed: &str| SideLine { outcome, observed: observed.to_owned() };
    Precheck {
        version: "0.1.0",
        tenant: "t-1".into(),
        tenant_name: name.into(),
        at: "2026-11-02T09:00:00Z".parse().unwrap(),
        direction: "weakened",
        regressions: 1,
        harms: vec![format!("it removes the last break-glass account: {name}")],
        ignored_waivers: vec![format!("activation-too-long on {name}")],
        together_only: false,
        changes: vec![ChangeLine {
            file: "plan.json".into(),
            pointer: "/0".to_owned(),
            line: Some(3),
            item: name.to_owned(),
            meaning: vec![format!("sets a rule of {name}")],
            direction: Some("weakened"),
            points: vec![Some(-1.25)],
            notes: vec![NoteLine { kind: "warning", text: format!("{name} is odd") }],
            harms: vec![format!("it removes the last break-glass account: {name}")],
            harms_together: Vec::new(),
            stated: vec![StatedLine {
                baseline: "recommended".to_owned(),
                check: "activation-too-long",
                word: "meets",
                stated: "at most 8 h".to_owned(),
                asked: "activations of at most 8 h".to_owned(),
                on: "all".to_owned(),
            }],
        }],
        baselines: vec![BaselineLine {
            id: "recommended".to_owned(),
            title: "Recommended".to_owned(),
            digest: "sha256:01".to_owned(),
            before: score(71.5, "F"),
            after: score(70.2, "F"),
            points: Some(-1.25),
            together: Some(0.0),
            findings: vec![ShiftLine {
                direction: "weakened",
                check: "activation-too-long",
                title: "Activation too long",
                severity: Severity::High,
                subject: "role:x".into(),
                name: name.into(),
                before: side("pass", "8 h"),
                after: side("fail", "24 h"),
                expected: "at most 8 h".to_owned(),
                points: -1.25,
                new_failure: true,
                waived: false,
                changes: vec![0],
                together: Vec::new(),
            }],
        }],
        checks: vec![CheckText {
            id: "activation-too-long",
            title: "Activation too long",
            what: "Looks at the longest activation.".to_owned(),
            why: "A stolen session keeps the role.".to_owned(),
            reads: vec![Dataset::RolePolicies],
            references: Vec::new(),
        }],
    }
}

/// A change about which something is not known, in another file.
pub(super) fn unknown_change() -> ChangeLine {
    ChangeLine {
        file: "other.json".into(),
        pointer: "/1".to_owned(),
        line: None,
        item: "PATCH x".to_owned(),
        meaning: vec!["is not assessed: later".to_owned()],
        direction: Some("unknown"),
        points: vec![Some(0.0)],
        notes: vec![NoteLine { kind: "unknown", text: "it is known later".to_owned() }],
        harms: Vec::new(),
        harms_together: Vec::new(),
        stated: Vec::new(),
    }
}
