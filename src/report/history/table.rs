//! Runs over time as tables for a terminal: one line a run, the newest last.

use super::said::{Measure, NOT_SCORED, sentences};
use super::{Point, Series, Trend, tenant_text};
use crate::report::page::{Fit, Grid, Ink, Page, Tone};
use crate::report::words;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Runs of one table; the JSON has them all.
const ROWS: usize = 40;
/// Columns of a page from which there is room for bars, and for everything.
const WITH_BARS: usize = 80;
const WIDE: usize = 118;
/// What the other columns of a table take, without its bars.
const BESIDE_BARS: usize = 67;
const BESIDE_BARS_WIDE: usize = 106;
const SHORTEST_BAR: usize = 10;
const LONGEST_BAR: usize = 40;
/// The end of a bar, in eighths of a column.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const WHOLE: &str = "█";

/// Writes the runs for a terminal.
///
/// # Errors
/// Only those of `out`.
pub fn write(trend: &Trend, width: usize, colour: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(width, colour, out);
    let tenant = tenant_text(&trend.tenant_name, &trend.tenant);
    let mut head: Vec<(&str, Ink)> = vec![("Tenant", tenant.into())];
    if let Some((first, last)) = trend.window() {
        let (first, last) = (words::minute(first), words::minute(last));
        head.push(("Runs", format!("{}, {first} to {last}", trend.runs()).into()));
    }
    page.pairs(head)?;
    if trend.series.is_empty() {
        page.blank()?;
        page.paragraph("The history has no run of it.")?;
    }
    let last = trend.window().map(|(_, last)| last);
    for series in &trend.series {
        table(&mut page, series, last)?;
    }
    Ok(())
}

fn table(page: &mut Page<'_>, series: &Series, last: Option<Timestamp>) -> io::Result<()> {
    let (points, measure) = (series.in_time(), series.measure());
    let by = series.baseline.to_uppercase();
    let what = measure.title().to_uppercase();
    page.title(&match &series.of {
        Some(part) => format!("{what} BY {by}: {part}"),
        None => format!("{what} BY {by}"),
    })?;
    for sentence in sentences(&points, measure, last) {
        page.paragraph(sentence)?;
    }
    if points.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let shown: Vec<&Point> =
        thinned(&points, measure, ROWS).into_iter().map(|place| points[place]).collect();
    let (grid, headings) = rows(&points, &shown, measure, page.width());
    page.grouped(grid, &headings)?;
    if shown.len() < points.len() {
        let (rows, all) = (shown.len(), words::count(points.len(), "run"));
        page.paragraph(format!(
            "{rows} of {all}: the first, the last, the lowest, the highest, and others spread \
             evenly; a change is to the line above. All of them: --format json"
        ))?;
    }
    Ok(())
}

/// The rows, and what stands between them.
fn rows(
    points: &[&Point],
    shown: &[&Point],
    measure: Measure,
    width: usize,
) -> (Grid, Vec<(usize, Ink)>) {
    let graded = points.iter().any(|point| point.grade.is_some());
    let columns = columns(width, measure, graded);
    let names: Vec<(&str, Fit)> = columns.iter().map(|column| column.head(measure)).collect();
    let most = match measure {
        Measure::Posture => 100.0,
        Measure::Failures => {
            points.iter().map(|point| point.failed).max().unwrap_or(0).max(1) as f64
        }
    };
    let mut grid = Grid::new(&names);
    let mut headings = Vec::new();
    let mut above: Option<&Point> = None;
    for (place, &point) in shown.iter().enumerate() {
        if let Some(mark) = above.and_then(|above| point.mark_since(above)) {
            headings.push((place, Ink::from(mark)));
        }
        let row = Row { point, above, measure, most };
        grid.row(columns.iter().map(|column| row.cell(*column)).collect());
        above = Some(point);
    }
    (grid, headings)
}

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Run,
    Read,
    Value,
    /// So many columns wide.
    Bar(usize),
    Range,
    Change,
    Grade,
    Coverage,
    Failed,
    Partial,
    NotAssessed,
}

/// What there is room for; how much could be judged stands beside the value at any width.
fn columns(width: usize, measure: Measure, graded: bool) -> Vec<Column> {
    let (has_bars, is_wide) = (width >= WITH_BARS, width >= WIDE);
    let beside = if is_wide { BESIDE_BARS_WIDE } else { BESIDE_BARS };
    let bar = Column::Bar(width.saturating_sub(beside).clamp(SHORTEST_BAR, LONGEST_BAR));
    let is_posture = measure == Measure::Posture;
    [
        (Column::Run, true),
        (Column::Read, true),
        (Column::Value, true),
        (bar, has_bars),
        (Column::Range, is_posture && is_wide),
        (Column::Change, true),
        (Column::Grade, is_posture && has_bars && graded),
        (Column::Coverage, is_posture),
        (Column::Failed, is_posture),
        (Column::Partial, is_wide || (has_bars && !is_posture)),
        (Column::NotAssessed, is_wide || !is_posture),
    ]
    .into_iter()
    .filter_map(|(column, is_shown)| is_shown.then_some(column))
    .collect()
}

impl Column {
    fn head(self, measure: Measure) -> (&'static str, Fit) {
        match self {
            Self::Run => ("run", Fit::Number),
            Self::Read => ("read (UTC)", Fit::Content),
            Self::Value => match measure {
                Measure::Posture => ("posture", Fit::Number),
                Measure::Failures => ("failed", Fit::Number),
            },
            Self::Bar(room) => ("", Fit::Columns(room)),
            Self::Range => ("between", Fit::Content),
            Self::Change => ("change", Fit::Number),
            Self::Grade => ("grade", Fit::Content),
            Self::Coverage => ("coverage", Fit::Number),
            Self::Failed => ("failed", Fit::Number),
            Self::Partial => ("in part", Fit::Number),
            Self::NotAssessed => ("not assessed", Fit::Number),
        }
    }
}

/// One run, and the one on the line above.
struct Row<'a> {
    point: &'a Point,
    above: Option<&'a Point>,
    measure: Measure,
    /// What fills a bar.
    most: f64,
}

impl Row<'_> {
    fn cell(&self, column: Column) -> Ink {
        let point = self.point;
        match column {
            Column::Run => point.run.to_string().into(),
            Column::Read => point.at.strftime("%Y-%m-%d %H:%M").to_string().into(),
            Column::Value => match point.value(self.measure) {
                Some(value) => self.measure.number(value).into(),
                None => "none".into(),
            },
            Column::Bar(room) => match point.value(self.measure) {
                Some(value) => bar(value / self.most, room).into(),
                None => NOT_SCORED.into(),
            },
            Column::Range => point.range_text().into(),
            Column::Change => self.change(),
            Column::Grade => match &point.grade {
                Some(grade) => Ink::toned(tone(grade), grade),
                None => "none".into(),
            },
            Column::Coverage => point.coverage_text().into(),
            Column::Failed => point.failed.to_string().into(),
            Column::Partial => point.partial.to_string().into(),
            Column::NotAssessed => point.not_assessed.to_string().into(),
        }
    }

    fn change(&self) -> Ink {
        let before = self.above;
        match before.and_then(|before| self.point.change_since(before, self.measure)) {
            None => "".into(),
            Some(change) => {
                let text = self.measure.signed(change);
                if change == 0.0 {
                    text.into()
                } else if self.measure.is_worse(change) {
                    Ink::toned(Tone::Critical, &text)
                } else {
                    Ink::toned(Tone::Good, &text)
                }
            }
        }
    }
}

/// The tone of a letter that was kept as text.
pub(super) fn tone(grade: &str) -> Tone {
    match grade.chars().next() {
        Some('A' | 'B') => Tone::Good,
        Some('C') => Tone::Medium,
        Some('D') => Tone::High,
        Some(_) | None => Tone::Critical,
    }
}

/// A bar that fills its share of the room; what is not nothing shows.
fn bar(share: f64, room: usize) -> String {
    let full = room * EIGHTHS.len();
    let eighths = (share.clamp(0.0, 1.0) * full as f64).round() as usize;
    let eighths = if share > 0.0 { eighths.max(1) } else { 0 };
    let mut bar = WHOLE.repeat(eighths / EIGHTHS.len());
    bar.push_str(EIGHTHS[eighths % EIGHTHS.len()]);
    bar
}

/// Places of the runs that are shown: all, where there is room. Else the first, the last, the
/// lowest and the highest, those with new rules in half of the room at most, and others spread
/// evenly.
fn thinned(points: &[&Point], measure: Measure, room: usize) -> Vec<usize> {
    if points.len() <= room {
        return (0..points.len()).collect();
    }
    let last = points.len() - 1;
    let values: Vec<(usize, f64)> = points
        .iter()
        .enumerate()
        .filter_map(|(place, point)| Some((place, point.value(measure)?)))
        .collect();
    let lowest = values.iter().min_by(|one, other| one.1.total_cmp(&other.1));
    let highest = values.iter().max_by(|one, other| one.1.total_cmp(&other.1));
    let mut places = BTreeSet::from([0, last]);
    places.extend(lowest.into_iter().chain(highest).map(|(place, _)| *place));
    for (place, pair) in points.windows(2).enumerate() {
        if pair[0].rules != pair[1].rules && places.len() < room / 2 {
            places.insert(place + 1);
        }
    }
    let left = room.saturating_sub(places.len());
    places.extend((1..=left).map(|number| number * last / (left + 1)));
    places.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::said::NEW_RULES;
    use super::super::testing::{by_rules, point, trend, uncertain};
    use super::*;
    use crate::report::escape;

    fn written(trend: &Trend, width: usize) -> String {
        let mut out = Vec::new();
        write(trend, width, false, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn only(points: Vec<Point>) -> Trend {
        let mut found = trend("Contoso");
        found.series.truncate(1);
        found.series[0].points = points;
        found
    }

    fn line<'t>(text: &'t str, start: &str) -> &'t str {
        let is_it = |line: &&str| line.trim_start().starts_with(start);
        text.lines().find(is_it).unwrap_or_else(|| panic!("no line {start} in\n{text}"))
    }

    #[test]
    fn every_line_fits_and_says_its_numbers() {
        let found = trend("Contoso");
        for width in [60, 80, 117, 118, 160] {
            let text = written(&found, width);
            for line in text.lines() {
                assert!(escape::width(line) <= width, "{width}: {line}");
                assert_eq!(line, line.trim_end());
            }
            for expected in [
                "6, 2026-01-01 09:00 UTC to 2026-03-01 09:00 UTC",
                "POSTURE BY RECOMMENDED\n",
                "POSTURE BY RECOMMENDED: activation-without-mfa\n",
                "OPEN FAILURES BY RECOMMENDED: Contoso\n",
                "rules changed: not comparable before\n",
            ] {
                assert!(text.contains(expected), "{width}: {expected}\n{text}");
            }
            let second = line(&text, "2  2026-01-11 09:00");
            for number in ["55.0", "+5.7", "78.5 %", "12"] {
                assert!(second.contains(number), "{width}: {number} in {second}");
            }
        }
        let wide = written(&found, 118);
        let second = line(&wide, "2  2026-01-11 09:00");
        assert!(second.contains("40.0 to 61.5"), "{second}");
    }

    #[test]
    fn a_run_that_nothing_was_scored_in_is_a_gap_and_no_zero() {
        let found = trend("Contoso");
        for (width, expected) in [(60, "none"), (80, "not scored")] {
            let text = written(&found, width);
            let third = line(&text, "3  2026-01-21 09:00");
            assert!(third.contains(expected), "{third}");
            assert!(!third.contains('█') && !third.contains("0.0"), "{third}");
            // Nor is there a change from it.
            let fourth = line(&text, "4  2026-02-10 09:00");
            assert!(!fourth.contains('+') && !fourth.contains(" -"), "{fourth}");
        }
    }

    #[test]
    fn no_change_is_told_across_new_rules() {
        let text = written(&trend("Contoso"), 80);
        let lines: Vec<&str> = text.lines().collect();
        let place = lines.iter().position(|line| *line == NEW_RULES).unwrap();
        assert!(lines[place + 1].contains(" 64.0 "), "{}", lines[place + 1]);
        assert!(!lines[place + 1].contains("-6.6"), "{}", lines[place + 1]);
        assert!(lines[place + 2].contains("+7.5"), "{}", lines[place + 2]);
    }

    #[test]
    fn another_organisation_file_stands_between_the_rows() {
        let mut found = trend("Contoso");
        found.series[0].points[3].configuration = Some("sha256:1".to_owned());
        let text = written(&found, 80);
        let lines: Vec<&str> = text.lines().collect();
        let place = lines.iter().position(|line| *line == "organisation file changed").unwrap();
        assert!(lines[place + 1].trim_start().starts_with("4  2026-02-10"), "{text}");
    }

    #[test]
    fn a_bar_fills_its_share() {
        for (share, room, expected) in [
            (0.0, 10, ""),
            (0.001, 10, "▏"),
            (0.5, 10, "█████"),
            (0.55, 10, "█████▌"),
            (1.0, 10, "██████████"),
            (1.2, 2, "██"),
            (-1.0, 2, ""),
            (f64::NAN, 2, ""),
        ] {
            assert_eq!(bar(share, room), expected, "{share}");
        }
    }

    #[test]
    fn what_has_no_room_is_thinned_evenly_and_counted() {
        let posture = |run: i64| match run {
            17 => 3.0,
            301 => 99.0,
            _ => 50.0,
        };
        let all: Vec<Point> = (0..365).map(|run| point(run, run, Some(posture(run)))).collect();
        let points: Vec<&Point> = all.iter().collect();
        let places = thinned(&points, Measure::Posture, 40);
        assert_eq!(places.len(), 40);
        for place in [0, 17, 301, 364] {
            assert!(places.contains(&place), "{place} is not in {places:?}");
        }
        let widest = places.windows(2).map(|pair| pair[1] - pair[0]).max();
        assert!(widest <= Some(12), "{places:?}");
        let text = written(&only(all.clone()), 80);
        assert!(text.contains("40 of 365 runs: the first, the last, the lowest"), "{text}");
        assert_eq!(thinned(&points[..40], Measure::Posture, 40), (0..40).collect::<Vec<_>>());
    }

    #[test]
    fn new_rules_are_shown_among_many_runs() {
        let rules = |run: i64| if run < 200 { "aa" } else { "bb" };
        let all: Vec<Point> =
            (0..365).map(|run| by_rules(point(run, run, Some(50.0)), rules(run))).collect();
        let points: Vec<&Point> = all.iter().collect();
        assert!(thinned(&points, Measure::Posture, 40).contains(&200));
        // With new rules in every run half of the room is for others.
        let all: Vec<Point> =
            (0..365).map(|run| by_rules(point(run, run, Some(50.0)), &run.to_string())).collect();
        let points: Vec<&Point> = all.iter().collect();
        let places = thinned(&points, Measure::Posture, 40);
        assert!(places.iter().filter(|place| **place > 182).count() > 5, "{places:?}");
    }

    #[test]
    fn an_empty_history_says_so() {
        let mut found = only(Vec::new());
        assert!(written(&found, 80).contains("No run was judged by it."));
        found.series.clear();
        let text = written(&found, 80);
        assert!(text.contains("The history has no run of it.") && !text.contains("Runs"));
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        let mut found = trend("ana\u{1b}[2J\u{202e}\nx");
        let first = uncertain(point(1, 0, Some(50.0)), 40.0, 60.0, 90.0);
        found.series[0].points[0] =
            Point { grade: Some("\u{1b}[31mA".to_owned()), rules: "\u{202e}".to_owned(), ..first };
        found.series[0].baseline = "\u{7}b".to_owned();
        let text = written(&found, 80);
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{text}");
    }

    #[test]
    fn it_can_be_read_without_colour_and_has_some() {
        let mut out = Vec::new();
        write(&trend("Contoso"), 80, true, &mut out).unwrap();
        let coloured = String::from_utf8(out).unwrap();
        assert!(coloured.contains("\u{1b}["));
        assert!(!written(&trend("Contoso"), 80).contains('\u{1b}'));
    }
}
