//! What planned changes would do: as a table, as JSON, as Markdown for a pull request, and for code
//! scanning, for a test view and for a GitHub workflow.

mod commands;
mod due;
mod github;
mod json;
mod junit;
mod markdown;
pub(super) mod room;
mod sarif;
mod table;
#[cfg(test)]
mod testing;

pub use commands::disarmed;
pub(super) use commands::write_disarmed;
pub use github::write as write_github;
pub use json::{schema, write as write_json};
pub use junit::write as write_junit;
pub use markdown::{write as write_markdown, write_summary};
pub use sarif::write as write_sarif;
pub use table::write as write_table;

use super::model::CheckText;
use crate::model::Severity;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// The answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Precheck {
    /// Version of the program.
    pub version: &'static str,
    /// Tenant id.
    pub tenant: Arc<str>,
    /// Tenant name; empty when it could not be read.
    pub tenant_name: Arc<str>,
    /// When the data was read.
    #[schemars(with = "String", extend("format" = "date-time"))]
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
    /// What is said once of the checks of the findings; sorted by id.
    #[serde(skip)]
    pub checks: Vec<CheckText>,
}

/// One change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
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
    /// Where it leads; `None` where it was not judged alone, and is not known to be unknown.
    pub direction: Option<&'static str>,
    /// Points of posture it gains alone, by baseline.
    pub points: Vec<Option<f64>>,
    /// What is to be said of it.
    pub notes: Vec<NoteLine>,
    /// What must not be and this change does by itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub harms: Vec<String>,
    /// What must not be and this change does together with others only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub harms_together: Vec<String>,
    /// What it states of an Azure role beside what a baseline asks of directory roles. It is no
    /// verdict on the tenant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stated: Vec<StatedLine>,
}

/// One expectation of a baseline, and what a change states about it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StatedLine {
    /// Id of the baseline.
    pub baseline: String,
    /// Id of the check.
    pub check: &'static str,
    /// meets, meets in part, falls short of, does not state.
    pub word: &'static str,
    /// What is stated; absent where nothing is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stated: String,
    /// What the baseline asks for.
    pub asked: String,
    /// Of which roles of the directory it asks that.
    pub on: String,
}

/// What is to be said of a change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NoteLine {
    /// warning, unknown, already true, remark.
    pub kind: &'static str,
    /// In a sentence without a full stop.
    pub text: String,
}

/// One baseline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
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
    /// What the changes gain together beyond what each gains alone, so that the parts add up to
    /// `points`; absent where not every change was judged alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub together: Option<f64>,
    /// Findings whose word changes, the worst first.
    pub findings: Vec<ShiftLine>,
}

/// A score in short.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ScoreLine {
    /// 0 to 100.
    pub posture: Option<f64>,
    /// The letter.
    pub grade: Option<String>,
    /// Share that could be judged, in percent.
    pub coverage: f64,
}

/// A finding whose word changes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
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
    /// Points of posture gained; 0 where it is not known.
    pub points: f64,
    /// It fails now, and did not before.
    pub new_failure: bool,
    /// A waiver accepts it.
    pub waived: bool,
    /// Places of the changes that weaken it, or make it unknown, by themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<usize>,
    /// Where none does it by itself: places of the changes without which it would not be so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<usize>,
}

/// One side of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SideLine {
    /// Name of the outcome.
    pub outcome: &'static str,
    /// What was found.
    pub observed: String,
}

impl ChangeLine {
    fn place(&self) -> String {
        place(&self.file, self.line, &self.pointer)
    }

    /// Points alone, by each baseline that has some: ` -1.3, 0`. What is not judged costs nothing,
    /// which is no gain.
    fn points_in_words(&self) -> String {
        if self.is_unknown() {
            return String::new();
        }
        let points: Vec<String> = self.points.iter().flatten().map(|it| signed(*it)).collect();
        if points.is_empty() { String::new() } else { format!(" {}", points.join(", ")) }
    }

    /// True where nobody knows where it leads.
    fn is_unknown(&self) -> bool {
        self.direction == Some(UNKNOWN)
    }

    /// Texts of the notes that say that something is not known.
    fn unknown(&self) -> impl Iterator<Item = &str> {
        self.notes.iter().filter(|note| note.kind == UNKNOWN).map(|note| note.text.as_str())
    }
}

/// `plan.json:3 at /0`.
pub(super) fn place(file: &str, line: Option<usize>, pointer: &str) -> String {
    let line = line.map(|line| format!(":{line}")).unwrap_or_default();
    let pointer = match pointer {
        "" => String::new(),
        pointer => format!(" at {pointer}"),
    };
    format!("{file}{line}{pointer}")
}

/// The word of a note, of a change and of a finding about which nobody knows.
const UNKNOWN: &str = "unknown";
/// The word of what got worse.
const WEAKENED: &str = "weakened";

impl StatedLine {
    /// What a baseline asks, and what is made of what is stated.
    fn in_words(&self) -> String {
        let Self { baseline, word, stated, asked, on, .. } = self;
        let on = if on == "all" { String::new() } else { format!(" of {on}") };
        match stated.as_str() {
            "" => format!("{word} what {baseline} asks{on}: {asked}"),
            stated => format!("{stated} {word} what {baseline} asks{on}: {asked}"),
        }
    }
}

impl Precheck {
    /// What is left between the points of a baseline and those of each change, as they are printed.
    fn together_in_words(&self, place: usize) -> Option<String> {
        let baseline = self.baselines.get(place)?;
        let together = baseline.together?;
        let mut rest = tenths(baseline.points?);
        // Beside a change that is not known stand no points.
        let mut hides = false;
        for change in &self.changes {
            let points = tenths((*change.points.get(place)?)?);
            if change.is_unknown() {
                hides |= points != 0.0;
            } else {
                rest -= points;
            }
        }
        let rest = Some(signed(rest / 10.0)).filter(|it| it != "0")?;
        let how = match (hides, signed(together).as_str()) {
            (true, "0") => "by changes of which not all is known",
            (true, _) => "by changes of which not all is known, and by all together",
            (false, "0") => "by rounding",
            (false, _) => "only by the changes together",
        };
        Some(format!("of these, {rest} {how}"))
    }
}

impl ShiftLine {
    /// What is not judged costs nothing, which is no gain.
    fn points_in_words(&self) -> String {
        if self.direction == UNKNOWN { String::new() } else { signed(self.points) }
    }
}

impl ScoreLine {
    /// `71.5 F`, `71.5 F, coverage 91.7 %`, or `not graded`.
    fn in_words(&self) -> String {
        let mut text = match (self.posture, &self.grade) {
            (Some(posture), Some(grade)) => format!("{posture:.1} {grade}"),
            (Some(posture), None) => format!("{posture:.1}, not graded"),
            (None, Some(_) | None) => "not graded".to_owned(),
        };
        // A posture that rises while less is judged is no gain.
        if self.coverage < 99.95 {
            text.push_str(&format!(", coverage {:.1} %", self.coverage));
        }
        text
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
    let rounded = tenths(points) / 10.0;
    if rounded == 0.0 { "0".to_owned() } else { format!("{rounded:+.1}") }
}

/// Points as they are printed, in tenths.
fn tenths(points: f64) -> f64 {
    (points * 10.0).round()
}

#[cfg(test)]
mod tests {
    use super::testing::{precheck, unknown_change};
    use super::{place, signed};

    #[test]
    fn printed_points_add_up_to_the_printed_whole() {
        let joint = "only by the changes together";
        for (each, whole, expected) in [
            (vec![-1.25], -1.25, None),
            (vec![-0.14, -0.26], -0.4, None),
            // -0.1 and -0.3, and -0.3 in all.
            (vec![-0.06, -0.25], -0.31, Some("of these, +0.1 by rounding".to_owned())),
            (vec![-0.04, -0.04], -0.08, Some("of these, -0.1 by rounding".to_owned())),
            (vec![-1.0, -1.0], -1.0, Some(format!("of these, +1.0 {joint}"))),
            (vec![0.0, 0.0], -2.5, Some(format!("of these, -2.5 {joint}"))),
        ] {
            let mut answer = precheck("Contoso");
            let sum: f64 = each.iter().sum();
            answer.baselines[0].points = Some(whole);
            answer.baselines[0].together = Some(whole - sum);
            let change = answer.changes[0].clone();
            answer.changes = each
                .iter()
                .map(|points| {
                    let mut change = change.clone();
                    change.points = vec![Some(*points)];
                    change
                })
                .collect();
            assert_eq!(answer.together_in_words(0), expected, "{each:?} {whole}");
        }
        let mut answer = precheck("Contoso");
        answer.baselines[0].together = None;
        assert_eq!(answer.together_in_words(0), None);
        assert_eq!(answer.together_in_words(7), None);
    }

    #[test]
    fn no_points_stand_beside_what_is_not_known() {
        let mut finding = precheck("Contoso").baselines[0].findings[0].clone();
        assert_eq!(finding.points_in_words(), "-1.3");
        finding.direction = "unknown";
        assert_eq!(finding.points_in_words(), "");
        let mut change = precheck("Contoso").changes[0].clone();
        assert_eq!(change.points_in_words(), " -1.3");
        change.direction = Some("unknown");
        assert_eq!(change.points_in_words(), "");
    }

    #[test]
    fn points_that_stand_beside_no_change_are_told_as_such() {
        for (alone, whole, together, expected) in [
            (0.0, -1.0, 0.0, None),
            (1.9, 0.9, 0.0, Some("of these, +1.9 by changes of which not all is known")),
            (
                1.9,
                1.9,
                1.0,
                Some("of these, +2.9 by changes of which not all is known, and by all together"),
            ),
        ] {
            let mut answer = precheck("Contoso");
            let mut unknown = unknown_change();
            unknown.points = vec![Some(alone)];
            answer.changes[0].points = vec![Some(-1.0)];
            answer.changes.push(unknown);
            answer.baselines[0].points = Some(whole);
            answer.baselines[0].together = Some(together);
            let found = answer.together_in_words(0);
            assert_eq!(found.as_deref(), expected, "{alone} {whole} {together}");
        }
    }

    #[test]
    fn a_posture_says_how_much_of_it_was_judged() {
        for (coverage, expected) in
            [(99.96, "71.5 F"), (91.66, "71.5 F, coverage 91.7 %"), (0.0, "71.5 F, coverage 0.0 %")]
        {
            let mut score = precheck("Contoso").baselines[0].before.clone();
            score.coverage = coverage;
            assert_eq!(score.in_words(), expected);
        }
    }

    #[test]
    fn a_place_is_a_file_and_what_is_known_beyond() {
        for (line, pointer, expected) in [
            (Some(3), "/0", "a.json:3 at /0"),
            (None, "/0", "a.json at /0"),
            (Some(1), "", "a.json:1"),
            (None, "", "a.json"),
        ] {
            assert_eq!(place("a.json", line, pointer), expected);
        }
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
