//! Where the lines, bands, points and marks of a picture stand. What they look like is the page's.
//!
//! Time runs to the right in proportion, whatever the number of runs. Two panels share it: the
//! value above, and below how much stands behind it.

use super::Point;
use super::said::{Measure, NEW_RULES};
use crate::report::words;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

/// Left and right edge of both panels.
const LEFT: f64 = 48.0;
const RIGHT: f64 = 1044.0;
const UPPER: Panel = Panel { top: 34.0, bottom: 254.0 };
const LOWER: Panel = Panel { top: 306.0, bottom: 366.0 };
/// Levels of a panel at most, beside its floor.
const LEVELS: u64 = 5;
const LOWER_LEVELS: u64 = 2;
/// Times under the picture at most, beside the first.
const TIMES: i64 = 7;
/// Room that the words of a mark, and half a time, take.
const WORDS: f64 = 110.0;
const HALF_TIME: f64 = 54.0;
/// Points from which they are drawn small.
const MANY: usize = 150;
/// Half the width of a band that is of one run.
const STRIP: f64 = 2.5;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// From one time to the next, where days are all the same.
const STEPS: [i64; 12] = [
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    4 * DAY,
    7 * DAY,
    14 * DAY,
];
/// The same in months.
const MONTHS: [i64; 9] = [1, 2, 3, 6, 12, 36, 120, 1_200, 12_000];
/// The same for ages.
const AGES: i64 = 60_000;

/// A picture, with its coordinates as text.
#[derive(Debug, Serialize)]
pub(super) struct Picture {
    upper: &'static str,
    lower: &'static str,
    levels: Vec<Level>,
    lower_levels: Vec<Level>,
    times: Vec<Time>,
    /// Areas between the least and the most the value can be.
    bands: Vec<String>,
    lines: Vec<String>,
    points: Vec<Mark>,
    radius: &'static str,
    /// Class of a picture with many points.
    density: &'static str,
    /// Runs without a value.
    unscored: Vec<Mark>,
    lower_lines: Vec<String>,
    /// Where rules changed.
    breaks: Vec<Break>,
}

/// A line across, with its value.
#[derive(Debug, Serialize)]
struct Level {
    y: String,
    text: String,
}

/// A time under the picture.
#[derive(Debug, Serialize)]
struct Time {
    x: String,
    anchor: &'static str,
    text: String,
}

/// Something at one run.
#[derive(Debug, Serialize)]
struct Mark {
    x: String,
    y: String,
    title: String,
}

/// A line down, between two runs that cannot be compared.
#[derive(Debug, Serialize)]
struct Break {
    x: String,
    /// Where its words stand; empty where there is no room for them.
    words_at: String,
    anchor: &'static str,
    title: String,
}

/// A stripe of the picture.
struct Panel {
    top: f64,
    bottom: f64,
}

impl Panel {
    fn y(&self, value: f64, most: f64) -> f64 {
        let share = if value.is_finite() { (value / most).clamp(0.0, 1.0) } else { 0.0 };
        self.bottom - share * (self.bottom - self.top)
    }
}

/// The first and the last time.
struct Axis {
    first: Timestamp,
    last: Timestamp,
}

impl Axis {
    fn x(&self, at: Timestamp) -> f64 {
        let span = self.last.as_second() - self.first.as_second();
        if span <= 0 {
            // Where there is room for a part of the picture only, it is the newest one.
            return RIGHT;
        }
        let share = (at.as_second() - self.first.as_second()) as f64 / span as f64;
        LEFT + share * (RIGHT - LEFT)
    }
}

impl Picture {
    /// The picture of runs in the order of time; `None` without any.
    pub(super) fn of(points: &[&Point], measure: Measure) -> Option<Self> {
        let axis = Axis { first: points.first()?.at, last: points.last()?.at };
        let (upper, lower, levels, lower_levels) = scales(points, measure);
        let (most, lower_most) = (levels.0, lower_levels.0);
        let value = |point: &Point| point.value(measure).unwrap_or_default();
        let scored = joined(points, |point| point.value(measure).is_some());
        let mut picture = Self {
            upper,
            lower,
            levels: level_lines(&UPPER, levels),
            lower_levels: level_lines(&LOWER, lower_levels),
            times: times(&axis),
            bands: Vec::new(),
            lines: Vec::new(),
            points: Vec::new(),
            radius: if points.len() > MANY { "1.6" } else { "3.4" },
            density: if points.len() > MANY { " dense" } else { "" },
            unscored: Vec::new(),
            lower_lines: Vec::new(),
            breaks: breaks(points, &axis),
        };
        for run in &scored {
            picture.lines.push(line(run, &axis, |point| UPPER.y(value(point), most)));
            if measure == Measure::Posture && run.iter().any(|point| point.range().is_some()) {
                picture.bands.push(band(run, &axis, most));
            }
        }
        // The share of what was read is known of every run.
        for run in joined(points, |_| true) {
            let y = |point: &Point| LOWER.y(behind(point, measure), lower_most);
            picture.lower_lines.push(line(&run, &axis, y));
        }
        for point in points {
            let (x, at) = (axis.x(point.at), words::minute(point.at));
            let title = format!("run {}, {at}: {}", point.run, point.in_words(measure));
            let mark = |y| Mark { x: text(x), y: text(y), title };
            match point.value(measure) {
                Some(value) => picture.points.push(mark(UPPER.y(value, most))),
                None => picture.unscored.push(mark(UPPER.bottom)),
            }
        }
        Some(picture)
    }
}

/// What the panels show, and their scales: the value of the top, and from level to level.
type Scales = (&'static str, &'static str, (f64, f64), (f64, f64));

fn scales(points: &[&Point], measure: Measure) -> Scales {
    let largest = |count: fn(&Point) -> u64| points.iter().map(|it| count(it)).max().unwrap_or(0);
    match measure {
        Measure::Posture => (
            "Posture, 0 to 100",
            "Coverage, percent that could be judged",
            (100.0, 20.0),
            (100.0, 50.0),
        ),
        Measure::Failures => (
            "Open failures",
            "Not assessed: there may be more failures among them",
            scale(largest(|point| point.failed), LEVELS),
            scale(largest(|point| point.not_assessed), LOWER_LEVELS),
        ),
    }
}

/// What stands behind the value: how much could be judged, or could not.
fn behind(point: &Point, measure: Measure) -> f64 {
    match measure {
        Measure::Posture => point.coverage,
        Measure::Failures => point.not_assessed as f64,
    }
}

/// A round number no count is above, and the round step to it.
fn scale(largest: u64, levels: u64) -> (f64, f64) {
    let mut steps = (0..18).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)));
    let step = steps.find(|step| largest.div_ceil(*step) <= levels).unwrap_or(u64::MAX);
    let most = largest.div_ceil(step).max(1) as f64;
    (most * step as f64, step as f64)
}

fn level_lines(panel: &Panel, (most, step): (f64, f64)) -> Vec<Level> {
    let count = (most / step).round() as u32;
    let level = |number: u32| {
        let value = f64::from(number) * step;
        Level { y: text(panel.y(value, most)), text: format!("{value:.0}") }
    };
    (0..=count).map(level).collect()
}

/// Runs that may be joined by a line: one after the other, by the same rules, each with a value.
fn joined<'p>(points: &[&'p Point], has_value: impl Fn(&Point) -> bool) -> Vec<Vec<&'p Point>> {
    let mut joined: Vec<Vec<&Point>> = Vec::new();
    let mut before: Option<&Point> = None;
    for &point in points {
        if !has_value(point) {
            before = None;
            continue;
        }
        if before.is_none_or(|before| before.rules != point.rules) {
            joined.push(Vec::new());
        }
        if let Some(run) = joined.last_mut() {
            run.push(point);
        }
        before = Some(point);
    }
    joined
}

/// A path through the runs; one run alone is a dot, as its caps are round.
fn line(run: &[&Point], axis: &Axis, y: impl Fn(&Point) -> f64) -> String {
    let mut path = String::new();
    for (place, point) in run.iter().enumerate() {
        path.push(if place == 0 { 'M' } else { 'L' });
        path.push_str(&format!("{:.1} {:.1}", axis.x(point.at), y(point)));
    }
    if run.len() == 1 {
        path.push_str("h.1");
    }
    path
}

/// The area from the most each run can be, to the right, and back along the least.
fn band(run: &[&Point], axis: &Axis, most: f64) -> String {
    let bounds = |point: &Point| {
        let value = point.value(Measure::Posture).unwrap_or_default();
        let (low, high) = point.range().unwrap_or((value, value));
        (UPPER.y(low, most), UPPER.y(high, most))
    };
    if let [point] = run {
        let (x, (low, high)) = (axis.x(point.at), bounds(point));
        let (left, right) = (x - STRIP, x + STRIP);
        return format!("M{left:.1} {high:.1}H{right:.1}V{low:.1}H{left:.1}z");
    }
    let mut path = line(run, axis, |point| bounds(point).1);
    for point in run.iter().rev() {
        path.push_str(&format!("L{:.1} {:.1}", axis.x(point.at), bounds(point).0));
    }
    path.push('z');
    path
}

/// Half way between two runs by different rules, as nobody knows when they changed. Words stand
/// where there is room for them.
fn breaks(points: &[&Point], axis: &Axis) -> Vec<Break> {
    let mut breaks = Vec::new();
    let mut free = LEFT;
    for pair in points.windows(2).filter(|pair| pair[0].rules != pair[1].rules) {
        let x = f64::midpoint(axis.x(pair[0].at), axis.x(pair[1].at));
        let before = x > RIGHT - WORDS;
        let begin = if before { x - WORDS } else { x };
        let has_room = begin >= free;
        if has_room {
            free = begin + WORDS;
        }
        let words_at = if before { x - 5.0 } else { x + 5.0 };
        breaks.push(Break {
            x: text(x),
            words_at: if has_room { text(words_at) } else { String::new() },
            anchor: if before { "end" } else { "start" },
            title: format!("before run {}: {NEW_RULES}", pair[1].run),
        });
    }
    breaks
}

/// The times to print: round ones, or the ends where no two round ones are between them.
fn times(axis: &Axis) -> Vec<Time> {
    let mut found = round_times(axis);
    if found.len() < 2 {
        found = vec![(axis.first, words::minute(axis.first))];
        if axis.last > axis.first {
            found.push((axis.last, words::minute(axis.last)));
        }
    }
    let time = |(at, words): (Timestamp, String)| {
        let x = axis.x(at);
        let anchor = if x < LEFT + HALF_TIME {
            "start"
        } else if x > RIGHT - HALF_TIME {
            "end"
        } else {
            "middle"
        };
        Time { x: text(x), anchor, text: words }
    };
    found.into_iter().map(time).collect()
}

/// Every so many minutes, hours or days, or on the first of every so many months.
fn round_times(axis: &Axis) -> Vec<(Timestamp, String)> {
    let (first, last) = (axis.first.as_second(), axis.last.as_second());
    let span = last - first;
    let (times, format): (Vec<Timestamp>, &str) =
        if let Some(step) = STEPS.into_iter().find(|step| span / step < TIMES) {
            let start = first.div_euclid(step) * step;
            let times = (0..=TIMES).filter_map(|it| Timestamp::from_second(start + it * step).ok());
            (times.collect(), if step < DAY { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d" })
        } else {
            let months = MONTHS.into_iter().find(|months| span / (months * 28 * DAY) < TIMES);
            (firsts_of_months(axis.first, months.unwrap_or(AGES)), "%Y-%m")
        };
    let between = |at: &Timestamp| (axis.first..=axis.last).contains(at);
    times.into_iter().filter(between).map(|at| (at, at.strftime(format).to_string())).collect()
}

fn firsts_of_months(first: Timestamp, step: i64) -> Vec<Timestamp> {
    let date = first.to_zoned(TimeZone::UTC).date();
    // Months since the year 0.
    let start = (i64::from(date.year()) * 12 + i64::from(date.month()) - 1).div_euclid(step) * step;
    let first_of = |months: i64| {
        let year = i16::try_from(months.div_euclid(12)).ok()?;
        let month = i8::try_from(months.rem_euclid(12) + 1).ok()?;
        let date = Date::new(year, month, 1).ok()?;
        date.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp())
    };
    (0..=TIMES).filter_map(|it| first_of(start + it * step)).collect()
}

/// A coordinate.
fn text(coordinate: f64) -> String {
    format!("{coordinate:.1}")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{by_rules, point, role, trend, uncertain};
    use super::*;

    fn picture(points: &[Point], measure: Measure) -> Picture {
        let points: Vec<&Point> = points.iter().collect();
        Picture::of(&points, measure).unwrap()
    }

    fn number(text: &str) -> f64 {
        text.parse().unwrap()
    }

    #[test]
    fn time_is_drawn_in_proportion_and_not_run_by_run() {
        // Three runs in two days, and one after eight more.
        let points: Vec<Point> =
            [0, 1, 2, 10].map(|days| point(days, days, Some(50.0))).into_iter().collect();
        let drawn = picture(&points, Measure::Posture);
        let across = RIGHT - LEFT;
        for (mark, share) in drawn.points.iter().zip([0.0, 0.1, 0.2, 1.0]) {
            assert!((number(&mark.x) - (LEFT + share * across)).abs() < 0.06, "{mark:?}");
        }
    }

    #[test]
    fn the_height_is_the_value() {
        let points = [0.0, 50.0, 100.0, 250.0].map(|it| point(1, 0, Some(it)));
        let drawn = picture(&points, Measure::Posture);
        let heights: Vec<f64> = drawn.points.iter().map(|it| number(&it.y)).collect();
        assert_eq!(heights, [254.0, 144.0, 34.0, 34.0]);
    }

    #[test]
    fn a_line_breaks_where_rules_changed_and_where_nothing_was_scored() {
        let found = trend("Contoso");
        let drawn = picture(&found.series[0].points, Measure::Posture);
        // Runs 1 and 2; 4 alone; 5 and 6.
        let lengths: Vec<usize> =
            drawn.lines.iter().map(|it| it.matches(['M', 'L']).count()).collect();
        assert_eq!(lengths, [2, 1, 2]);
        assert_eq!(drawn.unscored.len(), 1);
        assert!(drawn.unscored[0].title.contains("run 3,"), "{:?}", drawn.unscored);
        assert_eq!(drawn.points.len(), 5);
        // Coverage is known of run 3 too.
        assert_eq!(drawn.lower_lines.len(), 2);
        // Run 2 alone has a range, and run 1 is joined with it.
        assert_eq!(drawn.bands.len(), 1);
        assert_eq!(drawn.breaks.len(), 1);
        assert!(drawn.breaks[0].title.starts_with("before run 5: rules changed"));
    }

    #[test]
    fn the_band_goes_from_the_most_to_the_least() {
        let at = |run, days| uncertain(point(run, days, Some(50.0)), 25.0, 75.0, 80.0);
        let two = picture(&[at(1, 0), at(2, 10)], Measure::Posture);
        assert_eq!(two.bands, ["M48.0 89.0L1044.0 89.0L1044.0 199.0L48.0 199.0z"]);
        let one = picture(&[at(1, 0)], Measure::Posture);
        assert_eq!(one.bands, ["M1041.5 89.0H1046.5V199.0H1041.5z"]);
    }

    #[test]
    fn a_role_shows_its_failures_on_a_scale_of_its_own() {
        let drawn = picture(&role("Reader").points, Measure::Failures);
        assert_eq!(drawn.upper, "Open failures");
        let levels: Vec<&str> = drawn.levels.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(levels, ["0", "2", "4", "6", "8"]);
        assert!(drawn.bands.is_empty());
    }

    #[test]
    fn a_scale_is_round_and_holds_every_count() {
        for (largest, levels, expected) in [
            (0, 5, (1.0, 1.0)),
            (1, 5, (1.0, 1.0)),
            (5, 5, (5.0, 1.0)),
            (7, 5, (8.0, 2.0)),
            (23, 5, (25.0, 5.0)),
            (51, 5, (60.0, 20.0)),
            (3, 2, (4.0, 2.0)),
        ] {
            assert_eq!(scale(largest, levels), expected, "{largest}");
        }
        let (most, step) = scale(u64::MAX, 5);
        assert!(most >= u64::MAX as f64 && most / step <= 5.0, "{most} {step}");
    }

    #[test]
    fn times_are_round_and_few() {
        let texts = |first: &str, last: &str| -> Vec<String> {
            let axis = Axis { first: first.parse().unwrap(), last: last.parse().unwrap() };
            times(&axis).into_iter().map(|it| it.text).collect()
        };
        for (first, last, expected) in [
            (
                "2026-01-01T09:00:00Z",
                "2026-01-04T09:00:00Z",
                vec!["2026-01-01 12:00", "2026-01-02 00:00", "2026-01-02 12:00"],
            ),
            (
                "2026-01-01T09:00:00Z",
                "2026-12-31T09:00:00Z",
                vec!["2026-03", "2026-05", "2026-07", "2026-09", "2026-11"],
            ),
            ("2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z", vec!["2026-01-01 00:00"]),
        ] {
            let found = texts(first, last);
            assert!(found.len() <= 8, "{found:?}");
            for time in expected {
                assert!(found.iter().any(|it| it == time), "{time} is not in {found:?}");
            }
        }
        // Within a minute, and one run alone.
        let (one, other) = ("2026-01-01T09:00:10Z", "2026-01-01T09:00:40Z");
        assert_eq!(texts(one, other), ["2026-01-01 09:00 UTC"; 2]);
        assert_eq!(texts(one, one), ["2026-01-01 09:00 UTC"]);
        // As far as time goes.
        let ages = Axis { first: Timestamp::MIN, last: Timestamp::MAX };
        assert!((2..=8).contains(&times(&ages).len()));
    }

    #[test]
    fn odd_numbers_stay_inside_the_picture() {
        let odd = |value: f64| Point {
            posture: Some(value),
            low: Some(f64::NEG_INFINITY),
            high: Some(f64::NAN),
            coverage: f64::NAN,
            failed: u64::MAX,
            not_assessed: u64::MAX,
            ..point(i64::MIN, 0, None)
        };
        let points = [f64::NAN, f64::INFINITY, -1e300, 1e300, -0.0].map(odd);
        for measure in [Measure::Posture, Measure::Failures] {
            let text = serde_json::to_string(&picture(&points, measure)).unwrap();
            assert!(!text.contains("NaN") && !text.contains("inf,"), "{text}");
        }
        assert!(Picture::of(&[], Measure::Posture).is_none());
    }

    #[test]
    fn words_of_a_break_never_cover_each_other() {
        // New rules with every run.
        let points: Vec<Point> =
            (0..100).map(|run| by_rules(point(run, run, Some(50.0)), &run.to_string())).collect();
        let drawn = picture(&points, Measure::Posture);
        assert_eq!(drawn.breaks.len(), 99);
        let with_words = drawn.breaks.iter().filter(|it| !it.words_at.is_empty());
        let places: Vec<f64> = with_words.map(|it| number(&it.x)).collect();
        assert!((5..=10).contains(&places.len()), "{places:?}");
    }
}
