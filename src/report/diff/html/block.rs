//! What the difference means for one baseline: the two postures, what each check did, the findings
//! that are not what they were.

use super::{OPEN, PRINTED, anchor};
use crate::model::Severity;
use crate::report::diff::{Compared, MoveLine, PartLine, Standing, WordLine, signed};
use crate::report::words;
use serde::Serialize;

/// Half of the picture of what a check gave or took.
const BAR: f64 = 50.0;

/// One baseline's view of the difference.
#[derive(Serialize)]
pub(super) struct Block<'a> {
    anchor: String,
    id: &'a str,
    title: &'a str,
    digest: &'a str,
    /// Class that colours the letter.
    tone: &'static str,
    old: Side<'a>,
    new: Side<'a>,
    /// The difference of the two postures; empty where one of them has none.
    difference: String,
    common: String,
    /// Class of a loss or a gain.
    common_tone: &'static str,
    scope: Option<String>,
    checks: Vec<Part<'a>>,
    lists: Vec<List<'a>>,
}

/// A score in short.
#[derive(Serialize)]
struct Side<'a> {
    letter: &'a str,
    posture: String,
    headline: &'a str,
}

/// What one check did to the posture.
#[derive(Serialize)]
struct Part<'a> {
    points: String,
    tone: &'static str,
    check: &'a str,
    kind: &'a str,
    /// Left edge and width of its bar.
    left: String,
    width: String,
}

/// Findings of one turn.
#[derive(Serialize)]
struct List<'a> {
    title: &'static str,
    /// What it says of the tenant.
    remark: &'static str,
    number: usize,
    is_open: bool,
    is_printed: bool,
    rows: Vec<Move<'a>>,
}

/// One finding that is not what it was.
#[derive(Serialize)]
struct Move<'a> {
    severity: &'static str,
    rank: u8,
    title: &'static str,
    check: &'static str,
    name: &'a str,
    before: Option<Word<'a>>,
    after: Option<Word<'a>>,
    points: String,
    waived: bool,
}

/// What was said of it at one time.
#[derive(Serialize)]
struct Word<'a> {
    outcome: &'static str,
    observed: &'a str,
}

impl<'a> Block<'a> {
    pub(super) fn of(compared: &'a Compared, place: usize) -> Self {
        let split = &compared.split;
        let largest = split.checks.iter().map(|part| part.points.abs()).fold(0.0, f64::max);
        let part = |part: &'a PartLine| {
            let share = if largest > 0.0 { part.points.abs() / largest } else { 0.0 };
            let width = share * BAR;
            let left = if part.points < 0.0 { BAR - width } else { BAR };
            Part {
                points: signed(part.points),
                tone: tone_of(part.points),
                check: &part.check,
                kind: &part.kind,
                left: format!("{left:.1}"),
                width: format!("{width:.1}"),
            }
        };
        let lists = [
            ("Regressions", "Judged in both, and worse now.", &compared.regressions),
            ("New subjects", "Not there before, or no rule spoke of them.", &compared.new_subjects),
            ("Fixes", "Judged in both, and better now.", &compared.fixes),
            (
                "Vanished subjects",
                "Not there any more, or no rule speaks of them.",
                &compared.vanished_subjects,
            ),
            (
                "Could not be judged now",
                "This says nothing of the tenant and is no change.",
                &compared.became_unreadable,
            ),
            (
                "Can be judged now, or is gone",
                "This says nothing of a change.",
                &compared.became_readable,
            ),
        ];
        Self {
            anchor: anchor(place),
            id: &compared.id,
            title: &compared.title,
            digest: words::digest(&compared.digest),
            tone: letter_tone(&compared.new),
            old: Side::of(&compared.old),
            new: Side::of(&compared.new),
            difference: split.difference.map_or_else(String::new, signed),
            common: signed(split.common),
            common_tone: tone_of(split.common),
            scope: split.scope.map(signed),
            checks: split.checks.iter().map(part).collect(),
            lists: lists
                .into_iter()
                .filter(|(_, _, lines)| !lines.is_empty())
                .map(|(title, remark, lines)| List::of(title, remark, lines))
                .collect(),
        }
    }
}

impl<'a> Side<'a> {
    fn of(standing: &'a Standing) -> Self {
        Self {
            letter: standing.grade.as_deref().unwrap_or_default(),
            posture: standing.posture.map_or_else(String::new, |it| format!("{it:.1}")),
            headline: &standing.headline,
        }
    }
}

impl<'a> List<'a> {
    fn of(title: &'static str, remark: &'static str, lines: &'a [MoveLine]) -> Self {
        Self {
            title,
            remark,
            number: lines.len(),
            is_open: lines.len() <= OPEN,
            is_printed: lines.len() <= PRINTED,
            rows: lines.iter().map(Move::of).collect(),
        }
    }
}

impl<'a> Move<'a> {
    fn of(line: &'a MoveLine) -> Self {
        let word = |word: &'a WordLine| Word { outcome: word.outcome, observed: &word.observed };
        Self {
            severity: line.severity.name(),
            rank: rank(line.severity),
            title: line.title,
            check: line.check,
            name: &line.name,
            before: line.before.as_ref().map(word),
            after: line.after.as_ref().map(word),
            points: line.points.map_or_else(String::new, signed),
            waived: line.waived,
        }
    }
}

/// 1, low, to 4, critical.
const fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}

/// The class of a loss or a gain that shows in the decimal that is printed.
fn tone_of(points: f64) -> &'static str {
    if points <= -0.05 {
        "loss"
    } else if points >= 0.05 {
        "gain"
    } else {
        "same"
    }
}

/// The class of a letter that comes as text.
fn letter_tone(standing: &Standing) -> &'static str {
    match standing.grade.as_deref().and_then(|it| it.chars().next()) {
        Some('A' | 'B') => "good",
        Some('C') => "fair",
        Some('D') => "poor",
        Some(_) => "failing",
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::diff::testing::full;

    #[test]
    fn the_largest_part_fills_its_half_of_the_bar() {
        let mut diff = full("ana");
        let mut gain = diff.baselines[0].split.checks[0].clone();
        gain.points = 2.4;
        diff.baselines[0].split.checks.push(gain);
        let block = Block::of(&diff.baselines[0], 0);
        let bars: Vec<(&str, &str, &str)> =
            block.checks.iter().map(|it| (it.tone, it.left.as_str(), it.width.as_str())).collect();
        assert_eq!(bars, [("loss", "0.0", "50.0"), ("gain", "50.0", "25.0")]);
    }
}
