//! What planned changes would do: as a table, as JSON, as Markdown for a pull request.

mod markdown;
mod table;

pub use markdown::write as write_markdown;
pub use table::write as write_table;

use super::json::lay_out;
use crate::model::Severity;
use jiff::Timestamp;
use serde::Serialize;
use std::io::{self, Write};
use std::sync::Arc;

/// Name and version of the JSON shape.
const SCHEMA: &str = "pimaudit.precheck/1";
/// The JSON is laid out down to the lists of changes and of findings.
const LAID_OUT: usize = 4;

/// The answer.
#[derive(Clone, Debug, Serialize)]
pub struct Precheck {
    /// Version of the program.
    pub version: &'static str,
    /// Tenant id.
    pub tenant: Arc<str>,
    /// Tenant name; empty when it could not be read.
    pub tenant_name: Arc<str>,
    /// When the data was read.
    pub at: Timestamp,
    /// Where all changes together lead.
    pub direction: &'static str,
    /// Findings that got worse without a waiver.
    pub regressions: usize,
    /// What must not be, whatever the baseline.
    pub harms: Vec<String>,
    /// Waivers that the change brings along; they do not count.
    pub ignored_waivers: Vec<String>,
    /// True when there were too many changes to judge each alone.
    pub together_only: bool,
    /// The changes, in order.
    pub changes: Vec<ChangeLine>,
    /// By each baseline.
    pub baselines: Vec<BaselineLine>,
}

/// One change.
#[derive(Clone, Debug, Serialize)]
pub struct ChangeLine {
    /// The file.
    pub file: Arc<str>,
    /// JSON pointer into it.
    pub pointer: String,
    /// Its line, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// How its format calls it.
    pub item: String,
    /// What it was understood to do.
    pub meaning: Vec<String>,
    /// Where it leads; `None` where it was not judged alone.
    pub direction: Option<&'static str>,
    /// Points of posture it gains alone, by baseline.
    pub points: Vec<Option<f64>>,
    /// What is to be said of it.
    pub notes: Vec<NoteLine>,
}

/// What is to be said of a change.
#[derive(Clone, Debug, Serialize)]
pub struct NoteLine {
    /// warning, unknown, already true, remark.
    pub kind: &'static str,
    /// In a sentence without a full stop.
    pub text: String,
}

/// One baseline.
#[derive(Clone, Debug, Serialize)]
pub struct BaselineLine {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Digest of what it demands.
    pub digest: String,
    /// The score before.
    pub before: ScoreLine,
    /// The score after.
    pub after: ScoreLine,
    /// Points of posture gained; `None` where a side has no posture.
    pub points: Option<f64>,
    /// Findings whose word changes, the worst first.
    pub findings: Vec<ShiftLine>,
}

/// A score in short.
#[derive(Clone, Debug, Serialize)]
pub struct ScoreLine {
    /// 0 to 100.
    pub posture: Option<f64>,
    /// The letter.
    pub grade: Option<String>,
    /// Share that could be judged, in percent.
    pub coverage: f64,
}

/// A finding whose word changes.
#[derive(Clone, Debug, Serialize)]
pub struct ShiftLine {
    /// weakened, strengthened, unknown, neutral.
    pub direction: &'static str,
    /// Id of the check.
    pub check: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Shown severity.
    pub severity: Severity,
    /// Key of the subject.
    pub subject: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Before.
    pub before: SideLine,
    /// After.
    pub after: SideLine,
    /// What the baseline asks for.
    pub expected: String,
    /// Points of posture gained.
    pub points: f64,
    /// It fails now, and did not before.
    pub new_failure: bool,
    /// A waiver accepts it.
    pub waived: bool,
}

/// One side of it.
#[derive(Clone, Debug, Serialize)]
pub struct SideLine {
    /// Name of the outcome.
    pub outcome: &'static str,
    /// What was found.
    pub observed: String,
}

impl ScoreLine {
    /// `71.5 F`, or `not graded`.
    fn in_words(&self) -> String {
        match (self.posture, &self.grade) {
            (Some(posture), Some(grade)) => format!("{posture:.1} {grade}"),
            (Some(posture), None) => format!("{posture:.1}, not graded"),
            (None, Some(_) | None) => "not graded".to_owned(),
        }
    }
}

impl SideLine {
    fn in_words(&self) -> String {
        if self.observed.is_empty() {
            self.outcome.to_owned()
        } else {
            format!("{}: {}", self.outcome, self.observed)
        }
    }
}

/// `+1.2`, `-0.4`, `0`; less than a twentieth is none.
fn signed(points: f64) -> String {
    let rounded = (points * 10.0).round() / 10.0;
    if rounded == 0.0 { "0".to_owned() } else { format!("{rounded:+.1}") }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    precheck: &'a Precheck,
}

/// Writes the answer as JSON.
///
/// # Errors
/// Only those of `out`.
pub fn write_json(precheck: &Precheck, out: &mut dyn Write) -> io::Result<()> {
    lay_out(&Document { schema: SCHEMA, precheck }, LAID_OUT, out)
}

#[cfg(test)]
mod testing {
    use super::{
        BaselineLine, ChangeLine, NoteLine, Precheck, ScoreLine, Severity, ShiftLine, SideLine,
    };

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
            }],
            baselines: vec![BaselineLine {
                id: "recommended".to_owned(),
                title: "Recommended".to_owned(),
                digest: "sha256:01".to_owned(),
                before: score(71.5, "F"),
                after: score(70.2, "F"),
                points: Some(-1.25),
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
                }],
            }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::precheck;
    use super::*;

    #[test]
    fn json_names_its_schema_and_every_change() {
        let mut out = Vec::new();
        write_json(&precheck("Contoso"), &mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(json["schema"], SCHEMA);
        assert_eq!(json["precheck"]["changes"][0]["line"], 3);
        assert_eq!(json["precheck"]["baselines"][0]["findings"][0]["new_failure"], true);
    }

    #[test]
    fn points_have_a_sign() {
        for (points, expected) in
            [(1.25, "+1.3"), (-0.04, "0"), (0.0, "0"), (-1.0, "-1.0"), (12.0, "+12.0")]
        {
            assert_eq!(signed(points), expected);
        }
    }
}
