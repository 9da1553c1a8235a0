//! One baseline: its score, what to fix first, the two pictures, its controls, and what was not
//! read.

use super::finding::{Print, outcome, rank};
use super::heat_map::HeatMap;
use super::ways::Ways;
use crate::report::controls::{ControlRow, controls};
use crate::report::model::{Candidate, Judged, Report};
use crate::report::open::{Fold, folds, points_text};
use crate::report::table::{fix_first, headline};
use crate::report::unread::gather;
use crate::report::words;
use crate::score::{self, Grade};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Rows of what to fix first.
const FIX_FIRST: usize = 20;
/// Units of the scale that one point of posture takes.
const UNITS: f64 = 6.0;
/// Outcomes in the order of the page, with their words behind a number.
const OUTCOMES: [(&str, &str); 7] = [
    ("fail", "failed"),
    ("partial", "met in part"),
    ("not-assessed", "not assessed"),
    ("waived", "waived"),
    ("info", "information"),
    ("pass", "passed"),
    ("not-applicable", "not applicable"),
];

/// The block of one baseline, without its findings.
#[derive(Serialize)]
pub(super) struct Block<'a> {
    pub anchor: String,
    pub id: &'a str,
    pub title: &'a str,
    digest: &'a str,
    pub score: Score,
    counts: Vec<Count>,
    fix: Vec<Fix>,
    fix_more: String,
    fix_none: String,
    pub heat: Option<HeatMap<'a>>,
    ways: Ways<'a>,
    pub controls: Vec<Control>,
    unread: Vec<[String; 3]>,
    declined: String,
    unmatched: &'a [String],
    pub candidates: Vec<BreakGlass<'a>>,
    with_break_glass: String,
    checks: BTreeSet<&'static str>,
    total: usize,
    printed: String,
}

/// The headline; `letter` is empty where there is no grade.
#[derive(Serialize)]
pub(super) struct Score {
    pub tone: &'static str,
    pub letter: String,
    cap: String,
    /// The bounds that do not decide, as a sentence.
    others: String,
    pub posture: String,
    drift: String,
    pub low: String,
    pub high: String,
    coverage: String,
    pub coverage_text: String,
    /// The picture of the scale in words.
    words: String,
    x_low: f64,
    x_width: f64,
    x_posture: f64,
}

#[derive(Serialize)]
struct Count {
    outcome: &'static str,
    words: &'static str,
    number: usize,
}

#[derive(Serialize)]
struct Fix {
    points: String,
    /// Length of its bar in percent of the longest.
    bar: f64,
    rank: u8,
    severity: &'static str,
    check: &'static str,
    what: String,
    place: String,
}

/// One control of a benchmark.
#[derive(Serialize)]
pub(super) struct Control {
    control: String,
    level: Option<String>,
    checks: Vec<&'static str>,
    population: String,
    tested: usize,
    passed: usize,
    partial: usize,
    exceptions: usize,
    waived: usize,
    not_assessed: usize,
    complete: bool,
    requests: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct BreakGlass<'a> {
    name: &'a str,
    reason: &'a str,
    declared: Arc<str>,
}

impl<'a> Block<'a> {
    /// The block at a place among the baselines, with the points of its findings.
    pub(super) fn of(report: &'a Report, judged: &'a Judged, points: &[f64], place: usize) -> Self {
        let folds = folds(judged);
        let most = folds.iter().map(|fold| fold.points).fold(0.0, f64::max);
        let more: usize = folds.iter().skip(FIX_FIRST).map(|fold| fold.subjects.len()).sum();
        let (declined, unread) = gather(std::slice::from_ref(judged), &report.collected.datasets);
        let with_break_glass = judged.posture_with_break_glass;
        Self {
            anchor: format!("b{}", place + 1),
            id: &judged.id,
            title: &judged.title,
            digest: words::digest(&judged.digest),
            score: Score::of(&judged.score),
            counts: counts(judged),
            fix: folds.iter().take(FIX_FIRST).map(|fold| Fix::of(fold, most)).collect(),
            fix_more: match more {
                0 => String::new(),
                more => format!("{} in the list below.", words::count(more, "more finding")),
            },
            fix_none: fix_first::nothing(judged),
            heat: HeatMap::of(judged, points),
            ways: Ways::of(&judged.global_administrators),
            controls: controls(report, judged).into_iter().map(Control::of).collect(),
            unread: unread
                .iter()
                .map(|gap| [gap.what(), gap.lost.in_words(), gap.remedy()])
                .collect(),
            declined: match declined.datasets.is_empty() {
                true => String::new(),
                false => declined.in_words(),
            },
            unmatched: &judged.unmatched_rules,
            candidates: judged.break_glass.iter().map(BreakGlass::of).collect(),
            with_break_glass: with_break_glass.map_or_else(String::new, one_decimal),
            checks: judged.findings.iter().map(|finding| finding.check).collect(),
            total: judged.findings.len(),
            printed: Print::of(judged, report.baselines.len()).words(),
        }
    }

    /// How many findings came to an outcome.
    pub(super) fn number_of(&self, outcome: &str) -> usize {
        self.counts.iter().filter(|it| it.outcome == outcome).map(|it| it.number).sum()
    }
}

/// How many findings of each outcome, in one pass.
fn counts(judged: &Judged) -> Vec<Count> {
    let mut counts: Vec<Count> =
        OUTCOMES.into_iter().map(|(outcome, words)| Count { outcome, words, number: 0 }).collect();
    for finding in &judged.findings {
        let word = outcome(finding);
        if let Some(count) = counts.iter_mut().find(|count| count.outcome == word) {
            count.number += 1;
        }
    }
    counts
}

impl Score {
    fn of(score: &score::Score) -> Self {
        let letter = score.letter().unwrap_or_default();
        let posture = score.posture.unwrap_or_default();
        Self {
            tone: tone(score.grade),
            words: scale_in_words(score),
            cap: cap(score),
            others: others(score),
            posture: one_decimal(posture),
            drift: score.drift.map_or_else(String::new, one_decimal),
            low: one_decimal(score.low),
            high: one_decimal(score.high),
            coverage: headline::coverage(score),
            coverage_text: score.coverage_text(),
            x_low: units(score.low),
            x_width: units(score.high - score.low),
            x_posture: units(posture),
            letter,
        }
    }
}

fn one_decimal(value: f64) -> String {
    format!("{value:.1}")
}

/// A place on the scale, to a tenth, so that no sum of fractions shows.
fn units(points: f64) -> f64 {
    (points * UNITS * 10.0).round() / 10.0
}

const fn tone(grade: Option<Grade>) -> &'static str {
    match grade {
        Some(Grade::A | Grade::B) => "good",
        Some(Grade::C) => "fair",
        Some(Grade::D) => "poor",
        Some(Grade::F) => "failing",
        None => "",
    }
}

/// The bound that decides, or that none does.
fn cap(score: &score::Score) -> String {
    let biting = score.biting_cap().map(|cap| cap.reason.as_str());
    let mut text = match (score.grade, score.grade_uncapped, biting) {
        (None, _, reason) => format!("Reason: {}.", reason.unwrap_or("nothing to score")),
        (Some(_), Some(uncapped), Some(reason)) => {
            format!("{uncapped} without its cap: {reason}.")
        }
        (Some(grade), _, _) if !score.caps.is_empty() => format!("Posture alone gives {grade}."),
        (Some(_), _, _) => "No cap lowers it.".to_owned(),
    };
    if score.uncertain && score.grade.is_some() {
        text.push_str(" The ? says: too much, or something critical, could not be judged.");
    }
    text
}

/// The bounds that hold but do not decide; empty where there is none.
fn others(score: &score::Score) -> String {
    let decided = usize::from(score.biting_cap().is_some());
    let others: Vec<String> = score.caps.iter().skip(decided).map(headline::bound).collect();
    let begin = match (decided, others.len()) {
        (_, 0) => return String::new(),
        (0, 1) => "This would bound it too",
        (0, _) => "These would bound it too",
        (_, _) => "Also bounds the grade",
    };
    format!("{begin}: {}.", others.join("; "))
}

fn scale_in_words(score: &score::Score) -> String {
    let range = format!("between {:.1} and {:.1}", score.low, score.high);
    match (score.posture, score.grade) {
        (Some(posture), Some(_)) => {
            format!("Posture {posture:.1} on a scale of 100; with what was not read, {range}")
        }
        (_, None) | (None, _) => format!("Not graded: on a scale of 100, posture lies {range}"),
    }
}

impl Fix {
    fn of(fold: &Fold<'_>, most: f64) -> Self {
        let share = if most > 0.0 { fold.points / most } else { 0.0 };
        Self {
            points: points_text(fold.points),
            bar: (share * 1000.0).round() / 10.0,
            rank: rank(fold.severity),
            severity: fold.severity.name(),
            check: fold.check,
            what: fold.what(),
            place: fold.place(),
        }
    }
}

impl Control {
    fn of(row: ControlRow) -> Self {
        let at_least = if row.population_exact { "" } else { "at least " };
        Self {
            population: format!("{at_least}{}", row.population),
            control: row.control,
            level: row.level,
            checks: row.checks,
            tested: row.tested,
            passed: row.passed,
            partial: row.partial,
            exceptions: row.exceptions,
            waived: row.waived,
            not_assessed: row.not_assessed,
            complete: row.complete,
            requests: row.requests,
        }
    }
}

impl<'a> BreakGlass<'a> {
    fn of(candidate: &'a Candidate) -> Self {
        Self { name: &candidate.name, reason: &candidate.reason, declared: candidate.declared() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Finding, Outcome, Severity};
    use crate::report::testing::{self, denied, finding};

    fn of(check: &'static str, outcome: Outcome) -> Finding {
        finding(check, Severity::Critical, testing::tenant(), outcome)
    }

    #[test]
    fn the_cap_that_bites_is_said() {
        for (findings, expected) in [
            (vec![of("a-check", Outcome::pass("x", "y"))], "No cap lowers it."),
            (
                vec![of("a-check", denied(Dataset::RolePolicies))],
                "Reason: coverage 0 % is below 60 %.",
            ),
            (Vec::new(), "Reason: nothing to score."),
        ] {
            assert_eq!(cap(&testing::judged(findings).score), expected);
        }
    }

    #[test]
    fn caps_that_do_not_lower_the_grade_are_not_said_to_be_none() {
        let failed = testing::judged(vec![of("a-check", Outcome::fail("x", "y"))]).score;
        assert!(failed.biting_cap().is_none() && !failed.caps.is_empty(), "{failed:?}");
        assert_eq!(cap(&failed), "Posture alone gives F.");
        let said = others(&failed);
        assert!(said.starts_with("This would bound it too: at most F ("), "{said}");
        let passed = testing::judged(vec![of("a-check", Outcome::pass("x", "y"))]).score;
        assert_eq!(others(&passed), "");
    }

    #[test]
    fn what_is_waived_is_counted_once_and_every_outcome_has_a_place() {
        let mut waived = of("a-check", Outcome::fail("x", "y"));
        waived.waiver = Some(testing::waiver());
        let findings = vec![
            waived,
            of("b-check", Outcome::fail("x", "y")),
            of("c-check", Outcome::partial(0.5, "x", "y")),
            of("d-check", Outcome::pass("x", "y")),
            of("e-check", Outcome::info("x", "y")),
            of("f-check", Outcome::not_applicable("no")),
            of("g-check", denied(Dataset::RolePolicies)),
        ];
        let counts = counts(&testing::judged(findings));
        assert!(counts.iter().all(|count| count.number == 1), "every outcome once");
    }

    #[test]
    fn the_headline_shows_posture_only_with_a_grade() {
        let unread = testing::judged(vec![of("a-check", denied(Dataset::RolePolicies))]);
        let score = Score::of(&unread.score);
        assert_eq!((score.letter.as_str(), score.tone), ("", ""));
        assert_eq!((score.low.as_str(), score.high.as_str()), ("0.0", "100.0"));
        assert!(score.words.starts_with("Not graded"), "{}", score.words);
    }

    #[test]
    fn a_population_that_is_not_exact_is_said_to_be_the_least() {
        let row = |exact| ControlRow {
            control: "C.1".to_owned(),
            level: None,
            checks: Vec::new(),
            population: 3,
            population_exact: exact,
            tested: 3,
            passed: 3,
            partial: 0,
            exceptions: 0,
            waived: 0,
            not_assessed: 0,
            requests: Vec::new(),
            complete: exact,
        };
        assert_eq!(Control::of(row(true)).population, "3");
        assert_eq!(Control::of(row(false)).population, "at least 3");
    }
}
