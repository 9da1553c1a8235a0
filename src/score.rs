//! The score of one baseline: posture, range, coverage, grade, and what each check costs.
//!
//! Pure arithmetic over plain rows, one a finding: no tenant, no baseline, no clock. Comparing two
//! scores belongs to the change between snapshots.

mod grade;
mod sums;

pub use grade::{Cap, CapKind, Grade};

use crate::model::{Finding, Outcome, Severity, Target, Tier, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use sums::{Counts, Group, Tally, subjects_of};

/// Below this coverage there is no grade.
const GRADED_FROM: f64 = 0.60;
/// Below this coverage the grade is uncertain.
const CERTAIN_FROM: f64 = 0.85;
/// A larger waived share bounds the grade.
const WAIVED_UP_TO: f64 = 0.15;
/// Sums of fractions err by far less. A bound that is met exactly must not be missed by that.
const TOLERANCE: f64 = 1e-9;

/// One finding, as far as the score needs it. Info and not applicable findings never become rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Id of the check.
    pub check: &'static str,
    /// Kind of subject; for a `dataset:` subject the kind it should have listed.
    pub kind: &'static str,
    /// Key of the subject.
    pub subject: Arc<str>,
    /// Severity of the rule as written.
    pub base: Severity,
    /// Severity as shown, lowered by the subject's tier.
    pub shown: Severity,
    /// Weight u, tier times exposure, above 0 and up to 1. Anything else counts as 1.
    pub weight: f64,
    /// The least that it may weigh, where nobody knows whether the subject is used, or counts at all.
    pub least: f64,
    /// Whether the subject is of the critical tier, or the tenant.
    pub subject_is_top: bool,
    /// What was found.
    pub outcome: RowOutcome,
    /// Whether a waiver accepts it. Means nothing on a pass or on what was not assessed.
    pub waived: bool,
}

/// What was found, as far as the score needs it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RowOutcome {
    /// Passed, met in part, or failed.
    Judged {
        /// Between 0 and 1.
        credit: f64,
        /// True for a fail; a part-met rule never bounds the grade.
        failed: bool,
    },
    /// Could not be judged.
    NotAssessed,
    /// The list of subjects is missing altogether, so nobody knows how many it hides.
    ListMissing,
}

/// What one check on one kind of subject weighs and costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckScore {
    /// Id of the check.
    pub check: &'static str,
    /// Kind of subject.
    pub kind: &'static str,
    /// W: weight of its severity times that of its weightiest subject.
    pub weight: f64,
    /// E: what is left of the weight without the waived subjects.
    pub effective: f64,
    /// Share of E that could not be judged, between 0 and 1.
    pub unread: f64,
    /// G: share of what was judged that is met, between 0 and 1. `None` where nothing was judged, and
    /// in a score that was read back from a saved report, which does not say it.
    pub met: Option<f64>,
    /// Points of posture it costs. Over all checks they add up to 100 minus the exact posture.
    pub cost: f64,
    /// What each failed or part-met subject costs, most first. They add up to `cost`.
    pub subjects: Vec<SubjectCost>,
}

/// What one subject costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SubjectCost {
    /// Place of its row among the rows given.
    pub row: usize,
    /// Points of posture that would come back if it passed.
    pub points: f64,
}

/// How much of one baseline a tenant meets.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// 0 to 100 with one decimal, higher is better; `None` when nothing could be scored.
    pub posture: Option<f64>,
    /// 100 minus the posture as printed.
    pub drift: Option<f64>,
    /// Posture before rounding.
    pub raw: Option<f64>,
    /// The letter, with all bounds; `None` when not graded.
    pub grade: Option<Grade>,
    /// The letter without the bounds; `None` when not graded.
    pub grade_uncapped: Option<Grade>,
    /// A `?` stands after the letter: too much, or something critical, could not be judged.
    pub uncertain: bool,
    /// Every bound that holds, the lowest first.
    pub caps: Vec<Cap>,
    /// Share that could be judged, 0 to 1, not rounded.
    pub coverage: f64,
    /// Posture if everything unread failed, and what passes weighed no more than is known; one decimal.
    pub low: f64,
    /// Posture if everything unread passed, and what fails weighed no more than is known; one decimal.
    pub high: f64,
    /// `low` before rounding.
    pub raw_low: f64,
    /// `high` before rounding.
    pub raw_high: f64,
    /// Share that is waived, 0 to 1, not rounded.
    pub waived: f64,
    /// Every check and kind of subject, sorted by both.
    pub checks: Vec<CheckScore>,
}

/// Scores the findings of one baseline. The order of the rows makes no difference.
pub fn score(rows: &[Row]) -> Score {
    let mut checks: BTreeMap<&str, Vec<(usize, &Row)>> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        checks.entry(row.check).or_default().push((place, row));
    }
    let mut sums = Sums::default();
    for rows in checks.into_values() {
        sums.add_sorted(rows);
    }
    sums.score()
}

/// The sums of a score, one check at a time: the rows of a large tenant need not all be there at once.
#[derive(Default)]
pub struct Sums {
    tallies: Vec<(Group, Tally)>,
    counts: Counts,
    rows: usize,
}

impl Sums {
    /// Adds every row of one check. Checks come in order, each of them once; the rows are counted on.
    pub fn add_check(&mut self, rows: &[Row]) {
        let first = self.rows;
        self.rows += rows.len();
        self.add_sorted(rows.iter().enumerate().map(|(place, row)| (first + place, row)).collect());
    }

    /// Rows of one check with their places.
    fn add_sorted(&mut self, mut rows: Vec<(usize, &Row)>) {
        let Some(base) = rows.iter().map(|(_, row)| row.base).max() else { return };
        // Those of an evaluation come sorted, which costs next to nothing.
        rows.sort_by(|(_, a), (_, b)| (a.kind, &*a.subject).cmp(&(b.kind, &*b.subject)));
        for of_kind in rows.chunk_by(|(_, a), (_, b)| a.kind == b.kind) {
            let subjects = subjects_of(of_kind);
            self.counts.add(&subjects);
            let (_, first) = of_kind[0];
            self.tallies.push(((first.check, first.kind), Tally::of(base, &subjects)));
        }
    }

    /// The score of what was added.
    pub fn score(self) -> Score {
        score_of(&self.tallies, &self.counts)
    }
}

fn score_of(tallies: &[(Group, Tally)], counts: &Counts) -> Score {
    let sum = |part: fn(&Tally) -> f64| tallies.iter().map(|(_, tally)| part(tally)).sum::<f64>();
    let total = sum(|tally| tally.effective);
    let read = sum(Tally::read);
    let met = sum(|tally| tally.read() * tally.met.unwrap_or(0.0));
    let waived = sum(|tally| tally.weight * tally.waived);
    let raw = (read > 0.0).then(|| 100.0 * ratio(met, read));
    let coverage = ratio(read, total);
    let most = sum(|tally| tally.most);
    // The clamps take off no more than the error of the sums.
    let raw_low = (100.0 * ratio(sum(|tally| tally.surely_met), most)).min(raw.unwrap_or(100.0));
    let lost = ratio(sum(|tally| tally.surely_lost), most);
    let raw_high = (100.0 * (1.0 - lost)).clamp(raw.unwrap_or(raw_low), 100.0);
    let posture = raw.map(one_decimal);
    let mut score = Score {
        posture,
        drift: posture.map(|posture| one_decimal(100.0 - posture)),
        raw,
        grade: None,
        grade_uncapped: None,
        uncertain: false,
        caps: Vec::new(),
        coverage,
        low: one_decimal(raw_low),
        high: one_decimal(raw_high),
        raw_low,
        raw_high,
        waived: ratio(waived, sum(|tally| tally.weight)),
        checks: tallies.iter().map(|(group, tally)| tally.as_check(*group, read)).collect(),
    };
    score.bound_grade(counts);
    score
}

impl Score {
    /// The one line that says it all.
    ///
    /// `posture 71.5 F (C without its cap: 1 critical failure) | drift 28.5 | coverage 100 %`, and
    /// the range where not everything could be judged.
    pub fn headline(&self) -> String {
        let range = format!("{:.1}-{:.1}", self.low, self.high);
        let coverage = self.coverage_text();
        let cap = self.biting_cap();
        let (Some(posture), Some(drift), Some(letter)) = (self.posture, self.drift, self.letter())
        else {
            let reason = cap.map_or("nothing to score", |cap| cap.reason.as_str());
            return format!("posture {range}, not graded ({reason}) | coverage {coverage}");
        };
        let because = self
            .grade_uncapped
            .zip(cap)
            .map(|(grade, cap)| format!(" ({grade} without its cap: {})", cap.reason))
            .unwrap_or_default();
        let mut text = format!(
            "posture {posture:.1} {letter}{because} | drift {drift:.1} | coverage {coverage}"
        );
        if is_below(self.coverage, 1.0) || self.low < self.high {
            text.push_str(" | range ");
            text.push_str(&range);
        }
        text
    }

    /// The grade with its `?`, where there is a grade.
    pub fn letter(&self) -> Option<String> {
        let mark = if self.uncertain { "?" } else { "" };
        self.grade.map(|grade| format!("{grade}{mark}"))
    }

    /// The bound that lowers the letter, or takes it away.
    pub fn biting_cap(&self) -> Option<&Cap> {
        self.caps.first().filter(|_| self.grade.is_none() || self.grade < self.grade_uncapped)
    }

    /// Coverage in percent with one decimal.
    ///
    /// Never rounded up to a bound that is missed (60, 85, 100), nor down to 0 when something was
    /// judged.
    pub fn coverage_percent(&self) -> f64 {
        let percent = one_decimal(100.0 * self.coverage);
        let missed = [GRADED_FROM, CERTAIN_FROM, 1.0]
            .into_iter()
            .find(|bound| is_below(self.coverage, *bound) && percent >= 100.0 * bound);
        match missed {
            Some(bound) => one_decimal(100.0 * bound - 0.1),
            None if self.coverage > 0.0 => percent.max(0.1),
            None => 0.0,
        }
    }

    /// Coverage for people: `83.8 %`, and `100 %` only when everything was judged.
    pub fn coverage_text(&self) -> String {
        let percent = self.coverage_percent();
        if percent > 0.0 && percent < 100.0 {
            format!("{percent:.1} %")
        } else {
            format!("{percent:.0} %")
        }
    }
}

impl Row {
    /// The row of a finding; what only informs and what does not apply has none.
    pub fn of(finding: &Finding) -> Option<Self> {
        if !finding.is_scored() {
            return None;
        }
        let outcome = match (&finding.outcome, &finding.subject.target) {
            (Outcome::Judged { verdict, credit, .. }, _) => {
                RowOutcome::Judged { credit: *credit, failed: *verdict == Verdict::Fail }
            }
            (Outcome::NotAssessed(_), Target::Dataset { missing: true, .. }) => {
                RowOutcome::ListMissing
            }
            (Outcome::NotAssessed(_), _) => RowOutcome::NotAssessed,
            (Outcome::Info(_) | Outcome::NotApplicable { .. }, _) => return None,
        };
        Some(Self {
            check: finding.check,
            kind: finding.subject.kind.name(),
            subject: Arc::clone(&finding.subject.key),
            base: finding.base,
            shown: finding.severity,
            weight: finding.subject.weight,
            least: finding.subject.least,
            subject_is_top: finding.subject.tier == Some(Tier::Critical)
                || matches!(finding.subject.target, Target::Tenant),
            outcome,
            waived: finding.waiver.is_some(),
        })
    }

    /// The weight u as it counts: above 0 and up to 1.
    pub(crate) fn bounded_weight(&self) -> f64 {
        if self.weight > 0.0 && self.weight <= 1.0 { self.weight } else { 1.0 }
    }

    fn bounded_least(&self) -> f64 {
        let weight = self.bounded_weight();
        if self.least >= 0.0 && self.least <= weight { self.least } else { weight }
    }

    /// The credit as it counts; `None` where nothing was judged.
    pub(crate) fn credit(&self) -> Option<f64> {
        match self.outcome {
            RowOutcome::Judged { credit, .. } if credit.is_nan() => Some(0.0),
            RowOutcome::Judged { credit, .. } => Some(credit.clamp(0.0, 1.0)),
            RowOutcome::NotAssessed | RowOutcome::ListMissing => None,
        }
    }

    /// True for a failure, waived or not.
    pub(crate) const fn fails(&self) -> bool {
        matches!(self.outcome, RowOutcome::Judged { failed: true, .. })
    }

    const fn is_unread(&self) -> bool {
        matches!(self.outcome, RowOutcome::NotAssessed | RowOutcome::ListMissing)
    }

    /// A waiver takes only a failed or part-met row out of the sums.
    pub(crate) fn is_waived(&self) -> bool {
        self.waived && (self.fails() || self.credit().is_some_and(|credit| credit < 1.0))
    }
}

/// `part / whole`, 0 of nothing.
fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// One decimal, half up.
fn one_decimal(value: f64) -> f64 {
    (value * 10.0 + 0.5 + TOLERANCE).floor() / 10.0
}

fn is_below(value: f64, bound: f64) -> bool {
    value < bound - TOLERANCE
}

#[cfg(test)]
mod tests;
