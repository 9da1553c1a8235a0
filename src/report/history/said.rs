//! What every format says of a run and of a row of runs: values, changes, sentences.
//!
//! Runs come in the order of time.

use super::Point;
use crate::report::words;
use jiff::Timestamp;

/// Sums of fractions err by far less.
const TOLERANCE: f64 = 1e-9;
/// Runs named in a sentence.
const NAMED: usize = 5;
/// Stands where there is no value.
pub(super) const NOT_SCORED: &str = "not scored";
/// Stands between two runs that were judged by different rules.
pub(super) const NEW_RULES: &str = "rules changed: not comparable before";
/// Stands between two runs that were judged with different organisation files.
pub(super) const NEW_CONFIGURATION: &str = "organisation file changed";
/// Stands between two runs where both is so.
const BOTH_NEW: &str = "rules and organisation file changed: not comparable before";

/// What is drawn of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// Posture, higher is better.
    Posture,
    /// Open failures, fewer is better.
    Failures,
}

impl Measure {
    /// The value as printed.
    pub(super) fn number(self, value: f64) -> String {
        match self {
            Self::Posture => format!("{value:.1}"),
            Self::Failures => format!("{value:.0}"),
        }
    }

    /// `+0.9`, `-2`; nothing has no sign.
    pub(super) fn signed(self, change: f64) -> String {
        let plus = if change > 0.0 { "+" } else { "" };
        // Zero has no sign, also where it is a negative one.
        let change = if change == 0.0 { 0.0 } else { change };
        format!("{plus}{}", self.number(change))
    }

    /// True for a change to the worse.
    pub(super) fn is_worse(self, change: f64) -> bool {
        match self {
            Self::Posture => change < 0.0,
            Self::Failures => change > 0.0,
        }
    }

    /// What it is called.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Posture => "Posture",
            Self::Failures => "Open failures",
        }
    }
}

/// `83.8 %`; `100 %` and `0 %` only where it is all and nothing.
pub(super) fn percent_text(percent: f64) -> String {
    if percent >= 100.0 - TOLERANCE {
        "100 %".to_owned()
    } else if percent > 0.0 {
        format!("{:.1} %", one_decimal(percent).clamp(0.1, 99.9))
    } else {
        "0 %".to_owned()
    }
}

impl Point {
    /// What is drawn of it, rounded as it is printed; `None` where nothing was scored.
    pub(super) fn value(&self, measure: Measure) -> Option<f64> {
        match measure {
            Measure::Posture => self.posture.filter(|it| it.is_finite()).map(one_decimal),
            // No failure among nothing that was judged is no good news.
            Measure::Failures => self.is_judged().then_some(self.failed as f64),
        }
    }

    fn is_judged(&self) -> bool {
        self.coverage > 0.0 || self.failed > 0 || self.partial > 0 || self.not_assessed == 0
    }

    /// What it gained since another run, of the values as printed; `None` where the two cannot be
    /// compared.
    pub(super) fn change_since(&self, before: &Self, measure: Measure) -> Option<f64> {
        if self.rules != before.rules {
            return None;
        }
        Some(one_decimal(self.value(measure)? - before.value(measure)?))
    }

    /// What stands between another run and this one, where they were judged otherwise.
    pub(super) fn mark_since(&self, before: &Self) -> Option<&'static str> {
        let new_rules = self.rules != before.rules;
        match (new_rules, self.configuration != before.configuration) {
            (true, true) => Some(BOTH_NEW),
            (true, false) => Some(NEW_RULES),
            (false, true) => Some(NEW_CONFIGURATION),
            (false, false) => None,
        }
    }

    /// Least and most it can be; `None` where the value is all that can be said.
    pub(super) fn range(&self) -> Option<(f64, f64)> {
        let finite = |value: Option<f64>| value.filter(|it| it.is_finite()).map(one_decimal);
        finite(self.low).zip(finite(self.high)).filter(|(low, high)| low < high)
    }

    /// `56.8 to 73.0`, or nothing.
    pub(super) fn range_text(&self) -> String {
        self.range().map_or_else(String::new, |(low, high)| format!("{low:.1} to {high:.1}"))
    }

    /// How much of it could be judged.
    pub(super) fn coverage_text(&self) -> String {
        percent_text(self.coverage)
    }

    /// Everything of it in one line.
    pub(super) fn in_words(&self, measure: Measure) -> String {
        let counts = format!("{} in part, {} not assessed", self.partial, self.not_assessed);
        match (measure, self.value(measure)) {
            (Measure::Posture, Some(posture)) => {
                let grade = self.grade.as_ref().map_or_else(String::new, |it| format!(" {it}"));
                let range = match self.range() {
                    Some((low, high)) => format!(" (between {low:.1} and {high:.1})"),
                    None => String::new(),
                };
                format!(
                    "posture {posture:.1}{grade}{range}, coverage {}, {} failed, {counts}",
                    self.coverage_text(),
                    self.failed
                )
            }
            (Measure::Posture, None) => format!("nothing was scored, {counts}"),
            (Measure::Failures, Some(failed)) => format!("{failed:.0} failed, {counts}"),
            (Measure::Failures, None) => format!("nothing was judged, {counts}"),
        }
    }
}

fn one_decimal(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// What the runs come to: the newest, whether all of them can be compared, the lowest and the
/// highest, and where a number looks better because less was read. `last` is the newest run of all that
/// are told of, which need not be one of these.
pub(super) fn sentences(
    points: &[&Point],
    measure: Measure,
    last: Option<Timestamp>,
) -> Vec<String> {
    let Some(newest) = points.last() else {
        return vec!["No run was judged by it.".to_owned()];
    };
    let at = words::minute(newest.at);
    let mut sentences = vec![format!("Newest ({at}): {}.", newest.in_words(measure))];
    if last.is_some_and(|last| last > newest.at) {
        sentences.push("Later runs do not have it.".to_owned());
    }
    let changes = points.windows(2).filter(|pair| pair[0].rules != pair[1].rules).count();
    let by_these = points.iter().rev().take_while(|point| point.rules == newest.rules).count();
    let current = &points[points.len() - by_these..];
    if let (1.., Some(first)) = (changes, current.first()) {
        sentences.push(format!(
            "The rules changed {}, last before the run of {}: what was before is not comparable.",
            words::count(changes, "time"),
            words::minute(first.at)
        ));
    }
    let other_files =
        points.windows(2).filter(|pair| pair[0].configuration != pair[1].configuration).count();
    if other_files > 0 {
        sentences.push(format!(
            "The organisation file changed {}: other accounts may be declared and other failures \
             accepted.",
            words::count(other_files, "time")
        ));
    }
    sentences.extend(bounds(current, measure));
    let unscored = points.iter().filter(|point| point.value(measure).is_none()).count();
    if unscored > 0 {
        let all = words::count(points.len(), "run");
        sentences.push(format!("Nothing was scored in {unscored} of {all}."));
    }
    sentences.extend(flattered(points, measure));
    sentences
}

/// The lowest and the highest of runs that can be compared, where they differ.
fn bounds(points: &[&Point], measure: Measure) -> Option<String> {
    let values = || points.iter().filter_map(move |point| Some((point.value(measure)?, point.at)));
    let (low, low_at) = values().min_by(|one, other| one.0.total_cmp(&other.0))?;
    let (high, high_at) = values().max_by(|one, other| one.0.total_cmp(&other.0))?;
    let of =
        |value: f64, at: Timestamp| format!("{} ({})", measure.number(value), words::minute(at));
    let (lowest, highest) = match measure {
        Measure::Posture => ("Lowest", "highest"),
        Measure::Failures => ("Fewest", "most"),
    };
    (low < high).then(|| format!("{lowest} {}, {highest} {}.", of(low, low_at), of(high, high_at)))
}

/// Runs that look better than the one before, of which less could be judged.
fn flattered(points: &[&Point], measure: Measure) -> Option<String> {
    let is_flattered = |pair: &&[&Point]| {
        let (before, after) = (pair[0], pair[1]);
        let change = after.change_since(before, measure);
        match measure {
            Measure::Posture => {
                change.is_some_and(|it| it > 0.0)
                    && one_decimal(after.coverage) < one_decimal(before.coverage)
            }
            Measure::Failures => {
                change.is_some_and(|it| it < 0.0) && after.not_assessed > before.not_assessed
            }
        }
    };
    let runs: Vec<String> =
        points.windows(2).filter(is_flattered).map(|pair| pair[1].run.to_string()).collect();
    if runs.is_empty() {
        return None;
    }
    let number = if runs.len() == 1 { "run" } else { "runs" };
    let named = words::few(runs.iter().map(String::as_str), NAMED);
    Some(match measure {
        Measure::Posture => {
            format!("Posture rose while less could be judged, in {number} {named}.")
        }
        Measure::Failures => {
            format!("Failures became fewer while less could be judged, in {number} {named}.")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{by_rules, day, point, role, trend, uncertain};
    use super::*;

    #[test]
    fn a_change_is_of_what_is_printed_and_has_a_sign() {
        for (before, after, expected) in [
            (Some(70.64), Some(71.46), Some("+0.9")),
            (Some(71.5), Some(70.6), Some("-0.9")),
            (Some(70.61), Some(70.64), Some("0.0")),
            (Some(70.6), None, None),
            (None, Some(70.6), None),
            (Some(f64::NAN), Some(70.6), None),
        ] {
            let (before, after) = (point(1, 0, before), point(2, 1, after));
            let change = after.change_since(&before, Measure::Posture);
            let text = change.map(|it| Measure::Posture.signed(it));
            assert_eq!(text.as_deref(), expected, "{before:?} {after:?}");
        }
        let (before, after) = (point(1, 0, Some(70.6)), point(2, 1, Some(71.5)));
        let after = by_rules(after, "other");
        assert_eq!(after.change_since(&before, Measure::Posture), None);
    }

    #[test]
    fn fewer_failures_are_better_and_more_posture_is() {
        for (measure, change, text, worse) in [
            (Measure::Posture, -0.5, "-0.5", true),
            (Measure::Posture, 0.5, "+0.5", false),
            (Measure::Posture, -0.0, "0.0", false),
            (Measure::Failures, 2.0, "+2", true),
            (Measure::Failures, -2.0, "-2", false),
            (Measure::Failures, -0.0, "0", false),
        ] {
            assert_eq!(measure.signed(change), text);
            assert_eq!(measure.is_worse(change), worse, "{text}");
        }
    }

    #[test]
    fn no_failure_among_nothing_judged_is_no_value() {
        for (coverage, failed, partial, not_assessed, expected) in [
            (100.0, 0, 0, 0, Some(0.0)),
            (50.0, 0, 0, 3, Some(0.0)),
            (0.0, 0, 0, 0, Some(0.0)),
            (0.0, 2, 0, 3, Some(2.0)),
            (0.0, 0, 1, 3, Some(0.0)),
            (0.0, 0, 0, 3, None),
        ] {
            let point = Point { coverage, failed, partial, not_assessed, ..point(1, 0, None) };
            assert_eq!(point.value(Measure::Failures), expected, "{point:?}");
        }
    }

    #[test]
    fn coverage_is_whole_only_where_it_is() {
        for (coverage, expected) in [
            (100.0, "100 %"),
            (99.999_999_999_9, "100 %"),
            (99.99, "99.9 %"),
            (83.78, "83.8 %"),
            (0.01, "0.1 %"),
            (0.0, "0 %"),
        ] {
            assert_eq!(Point { coverage, ..point(1, 0, None) }.coverage_text(), expected);
        }
    }

    #[test]
    fn a_range_is_told_where_there_is_one() {
        let all = point(1, 0, Some(71.5));
        assert_eq!(all.range_text(), "");
        assert_eq!(uncertain(all, 56.76, 72.98, 83.8).range_text(), "56.8 to 73.0");
        let unknown = Point { low: None, high: Some(f64::INFINITY), ..point(1, 0, None) };
        assert_eq!(unknown.range_text(), "");
    }

    #[test]
    fn a_run_reads_as_said() {
        let run = uncertain(point(1, 0, Some(67.75)), 56.76, 72.98, 83.8);
        assert_eq!(
            run.in_words(Measure::Posture),
            "posture 67.8 C? (between 56.8 and 73.0), coverage 83.8 %, 12 failed, 1 in part, \
             3 not assessed"
        );
        assert_eq!(
            point(1, 0, None).in_words(Measure::Posture),
            "nothing was scored, 1 in part, 0 not assessed"
        );
        assert_eq!(
            point(1, 0, None).in_words(Measure::Failures),
            "12 failed, 1 in part, 0 not assessed"
        );
    }

    #[test]
    fn what_cannot_be_compared_is_said_and_left_out_of_lowest_and_highest() {
        let found = trend("Contoso");
        let last = Some(day(59));
        let said = sentences(&found.series[0].in_time(), Measure::Posture, last);
        assert_eq!(
            said,
            [
                "Newest (2026-03-01 09:00 UTC): posture 71.5 C?, coverage 100 %, 12 failed, \
                 1 in part, 0 not assessed.",
                "The rules changed 1 time, last before the run of 2026-02-20 09:00 UTC: what was \
                 before is not comparable.",
                "Lowest 64.0 (2026-02-20 09:00 UTC), highest 71.5 (2026-03-01 09:00 UTC).",
                "Nothing was scored in 1 of 6 runs.",
                "Posture rose while less could be judged, in run 2.",
            ]
        );
        assert_eq!(sentences(&[], Measure::Posture, last), ["No run was judged by it."]);
        let said = sentences(&found.series[0].in_time(), Measure::Posture, Some(day(60)));
        assert_eq!(said[1], "Later runs do not have it.");
    }

    #[test]
    fn another_organisation_file_is_told() {
        let with = |point: Point, file: Option<&str>| Point {
            configuration: file.map(str::to_owned),
            ..point
        };
        let first = with(point(1, 0, Some(50.0)), None);
        let second = with(point(2, 1, Some(50.0)), Some("sha256:1"));
        let third = by_rules(with(point(3, 2, Some(50.0)), Some("sha256:2")), "other");
        let fourth = by_rules(point(4, 3, Some(50.0)), "other");
        for (before, after, expected) in [
            (&first, &first, None),
            (&first, &second, Some("organisation file changed")),
            (&second, &third, Some("rules and organisation file changed: not comparable before")),
            (&first, &fourth, Some("rules changed: not comparable before")),
        ] {
            assert_eq!(after.mark_since(before), expected);
        }
        let said = sentences(&[&first, &second], Measure::Posture, None);
        let expected = "The organisation file changed 1 time: other accounts may be declared and \
                        other failures accepted.";
        assert_eq!(said[1..], [expected]);
    }

    #[test]
    fn fewer_failures_by_reading_less_are_named() {
        let mut series = role("Global Administrator");
        assert_eq!(
            sentences(&series.in_time(), Measure::Failures, None),
            [
                "Newest (2026-01-21 09:00 UTC): 2 failed, 1 in part, 0 not assessed.",
                "Fewest 2 (2026-01-21 09:00 UTC), most 7 (2026-01-01 09:00 UTC).",
            ]
        );
        series.points[2].not_assessed = 4;
        let said = sentences(&series.in_time(), Measure::Failures, None);
        let last = said.last().map(String::as_str);
        assert_eq!(last, Some("Failures became fewer while less could be judged, in run 3."));
    }
}
