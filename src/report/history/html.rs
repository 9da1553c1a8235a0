//! Runs over time as one HTML page that needs nothing beside it, and no script.
//!
//! One section a line: what it comes to, its picture, and the same numbers as a table.

use super::said::{Measure, NOT_SCORED, sentences};
use super::svg::Picture;
use super::{Point, Series, Trend};
use crate::report::escape;
use crate::report::html::{STILL, environment, policy_of_style, put};
use crate::report::words;
use jiff::Timestamp;
use serde::Serialize;
use std::io::{self, BufWriter, Write};

/// Bytes gathered before they are written.
const BUFFER: usize = 64 * 1024;
/// The look of the report, and of pictures.
const STYLE: &str = concat!(include_str!("../html/style.css"), include_str!("html/style.css"));
/// The parts of the page, in their order. The ending in `.html` makes every value escaped.
const PAGE: (&str, &str) = ("page.html", include_str!("html/page.html"));
const SERIES: (&str, &str) = ("series.html", include_str!("html/series.html"));
const FOOT: (&str, &str) = ("foot.html", include_str!("html/foot.html"));
/// Columns of a name in a heading, and of one in the row of links.
const NAME: usize = 120;
const LINK: usize = 40;
/// Rows up to which a table is open from the start.
const OPEN: usize = 30;
/// Rows up to which a table is printed.
const PRINTED: usize = 500;

/// Writes the runs as a page. The same ones give the same bytes.
///
/// # Errors
/// Those of `out`.
pub fn write(trend: &Trend, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, out);
    let environment = environment(&[STILL, PAGE, SERIES, FOOT]).map_err(io::Error::other)?;
    let part = |name| environment.get_template(name).map_err(io::Error::other);
    put(&part(PAGE.0)?, &Cover::of(trend), &mut out)?;
    let section = part(SERIES.0)?;
    let last = trend.window().map(|(_, last)| last);
    for (place, series) in trend.series.iter().enumerate() {
        put(&section, &Section::of(series, place, last), &mut out)?;
    }
    put(&part(FOOT.0)?, &Foot { version: trend.version }, &mut out)?;
    out.flush()
}

/// The head of the page.
#[derive(Serialize)]
struct Cover<'a> {
    policy: String,
    style: &'static str,
    version: &'static str,
    tenant: &'a str,
    /// What the tenant is called, cut to its room.
    name: String,
    /// The same uncut; empty where nothing was cut.
    full_name: &'a str,
    runs: usize,
    first: String,
    last: String,
    links: Vec<Link>,
}

/// The way to a section.
#[derive(Serialize)]
struct Link {
    anchor: String,
    name: String,
}

impl<'a> Cover<'a> {
    fn of(trend: &'a Trend) -> Self {
        let whole: &str =
            if trend.tenant_name.is_empty() { &trend.tenant } else { &trend.tenant_name };
        let name = escape::name(whole, NAME);
        let is_cut = name != escape::terminal(whole);
        let (first, last) = match trend.window() {
            Some((first, last)) => (words::minute(first), words::minute(last)),
            None => (String::new(), String::new()),
        };
        let link = |(place, series): (usize, &Series)| Link {
            anchor: anchor(place),
            name: escape::name(&series.name(), LINK),
        };
        Self {
            policy: policy_of_style(STYLE),
            style: STYLE,
            version: trend.version,
            tenant: &trend.tenant,
            name,
            full_name: if is_cut { whole } else { "" },
            runs: trend.runs(),
            first,
            last,
            links: trend.series.iter().enumerate().map(link).collect(),
        }
    }
}

/// The end of the page.
#[derive(Serialize)]
struct Foot {
    version: &'static str,
}

/// One line over time.
#[derive(Serialize)]
struct Section<'a> {
    anchor: String,
    name: String,
    /// What is drawn.
    what: &'static str,
    has_posture: bool,
    has_grades: bool,
    sentences: Vec<String>,
    /// The same in one, for whoever cannot see the picture.
    description: String,
    picture: Option<Picture>,
    is_open: bool,
    is_printed: bool,
    rows: Vec<Row<'a>>,
}

/// One run.
#[derive(Serialize)]
struct Row<'a> {
    run: i64,
    read: String,
    value: String,
    range: String,
    change: String,
    /// What stands between it and the run before.
    mark: &'static str,
    grade: &'a str,
    coverage: String,
    failed: u64,
    partial: u64,
    not_assessed: u64,
    rules: &'a str,
}

impl<'a> Section<'a> {
    fn of(series: &'a Series, place: usize, last: Option<Timestamp>) -> Self {
        let (points, measure) = (series.in_time(), series.measure());
        let mut rows = Vec::with_capacity(points.len());
        let mut before: Option<&Point> = None;
        for &point in &points {
            rows.push(Row::of(point, before, measure));
            before = Some(point);
        }
        let sentences = sentences(&points, measure, last);
        Self {
            anchor: anchor(place),
            name: escape::name(&series.name(), NAME),
            what: measure.title(),
            has_posture: measure == Measure::Posture,
            has_grades: points.iter().any(|point| point.grade.is_some()),
            description: sentences.join(" "),
            sentences,
            picture: Picture::of(&points, measure),
            is_open: rows.len() <= OPEN,
            is_printed: rows.len() <= PRINTED,
            rows,
        }
    }
}

impl<'a> Row<'a> {
    fn of(point: &'a Point, before: Option<&Point>, measure: Measure) -> Self {
        let change = before.and_then(|before| point.change_since(before, measure));
        let number = |value| measure.number(value);
        Self {
            run: point.run,
            read: words::minute(point.at),
            value: point.value(measure).map_or_else(|| NOT_SCORED.to_owned(), number),
            range: point.range_text(),
            change: change.map_or_else(String::new, |change| measure.signed(change)),
            mark: before.and_then(|before| point.mark_since(before)).unwrap_or_default(),
            grade: point.grade.as_deref().unwrap_or("none"),
            coverage: point.coverage_text(),
            failed: point.failed,
            partial: point.partial,
            not_assessed: point.not_assessed,
            rules: words::digest(&point.rules),
        }
    }
}

fn anchor(place: usize) -> String {
    format!("s{}", place + 1)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{point, trend};
    use super::*;

    fn page(trend: &Trend) -> String {
        let mut out = Vec::new();
        write(trend, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_page_is_whole_and_has_a_picture_and_a_table_of_every_line() {
        let text = page(&trend("Contoso"));
        assert!(text.starts_with("<!doctype html>\n<html lang=\"en\">"), "{}", &text[..200]);
        assert!(text.ends_with("</footer>\n</body>\n</html>\n"), "{}", &text[text.len() - 200..]);
        for tag in ["section", "svg", "details", "table", "title", "desc", "div", "ul", "tr"] {
            let (opened, closed) = (format!("<{tag}"), format!("</{tag}>"));
            assert_eq!(text.matches(&opened).count(), text.matches(&closed).count(), "{tag}");
        }
        assert_eq!(text.matches("<svg class=\"trend\"").count(), 3);
        // A row a run, and the heading of each table.
        assert_eq!(text.matches("<tr>").count(), 6 + 6 + 3 + 3);
        for said in [
            "<title>Contoso: posture over time</title>",
            "Posture rose while less could be judged, in run 2.",
            "Nothing was scored in 1 of 6 runs.",
            "rules changed: not comparable before",
            "not scored",
            "78.5 %",
            "40.0 to 61.5",
            "Open failures",
        ] {
            assert!(text.contains(said), "{said} is missing");
        }
    }

    #[test]
    fn nothing_runs_and_one_style_applies() {
        let text = page(&trend("Contoso"));
        let style = text.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        let (head, body) = text.split_once("<body>").unwrap();
        let policy = policy_of_style(style);
        assert!(head.contains(&format!("content=\"{policy}\"")), "{}", &head[..600]);
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("script-src"));
        for inline in [" style=", " onclick=", " onload=", "javascript:", "<img", "<script"] {
            assert!(!body.contains(inline), "{inline}");
        }
        for load in ["@import", "url(", "src=", "http:", "https:"] {
            assert!(!text.contains(load), "{load}");
        }
    }

    #[test]
    fn what_a_stranger_wrote_stays_text() {
        let long = "A".repeat(10_000);
        for name in [
            "<script>alert(1)</script>",
            "\"><img onerror=alert(1) src=x>",
            "</title></svg><script>alert(1)</script>",
            "{{ 7 * 7 }}{% raw %}",
            "abc\u{202e}fdp.exe",
            "bell\u{7}\u{1b}[31m",
            long.as_str(),
        ] {
            let mut found = trend(name);
            found.tenant = name.to_owned();
            for series in &mut found.series {
                series.baseline = name.to_owned();
                for point in &mut series.points {
                    point.grade = point.grade.as_ref().map(|_| name.to_owned());
                    point.rules = format!("{name}{}", point.rules);
                }
            }
            let text = page(&found);
            assert!(!text.contains("<script") && !text.contains("<img"), "{name:.40}");
            let titles = text.matches("</title>").count();
            assert_eq!(titles, text.matches("<title").count(), "{name:.40}");
            assert_eq!(text.matches("<svg").count(), text.matches("</svg>").count());
            assert!(!text.contains(['\u{202e}', '\u{7}', '\u{1b}']), "{name:.40}");
            assert!(!text.contains(">49<"), "a name was taken for a template");
        }
    }

    #[test]
    fn a_thousand_runs_are_drawn_and_the_table_is_folded() {
        let mut found = trend("Contoso");
        found.series.truncate(1);
        found.series[0].points = (0..1_000).map(|run| point(run, run, Some(50.0))).collect();
        let text = page(&found);
        // One more is in the legend.
        assert_eq!(text.matches("<circle class=\"tp\"").count(), 1_001);
        assert_eq!(text.matches("<tr>").count(), 1_001);
        assert!(text.contains("<details class=\"more\"><summary>"), "{text}");
        assert!(text.contains("The table of 1000 runs is not printed."));
        assert!(text.len() < 1_000_000, "{} bytes", text.len());
    }

    #[test]
    fn short_tables_are_open_and_printed() {
        let text = page(&trend("Contoso"));
        assert_eq!(text.matches("<details class=\"more pr\" open><summary>").count(), 3);
        assert!(!text.contains("is not printed"));
    }

    #[test]
    fn an_empty_history_says_so() {
        let mut found = trend("Contoso");
        found.series.truncate(1);
        found.series[0].points.clear();
        let text = page(&found);
        assert!(text.contains("No run was judged by it.") && !text.contains("<svg"), "{text}");
        found.series.clear();
        assert!(page(&found).contains("The history has no run of this tenant."));
    }

    #[test]
    fn the_same_runs_give_the_same_bytes() {
        assert!(page(&trend("Contoso")) == page(&trend("Contoso")));
    }
}
