//! Runs of one tenant over time: as a table, as JSON, as a page with pictures. In `runs` every run
//! of a store, in `run` one of them.
//!
//! The documents are plain data, made out of the history; nothing here reads a store or judges.

mod html;
mod json;
pub mod run;
pub mod runs;
mod said;
mod svg;
mod table;
#[cfg(test)]
mod testing;

pub use html::write as write_html;
pub use json::{schema, write as write_json};
pub use table::write as write_table;

use jiff::Timestamp;
use said::Measure;
use std::collections::BTreeSet;

/// Runs of one tenant over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// Version of the program.
    pub version: &'static str,
    /// Tenant id.
    pub tenant: String,
    /// Tenant name; empty when no run read it.
    pub tenant_name: String,
    /// One line over time each.
    pub series: Vec<Series>,
}

/// One line over time: a baseline, or a check or a role under it.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Id of the baseline.
    pub baseline: String,
    /// Id of the check or name of the role; `None` for the whole baseline.
    pub of: Option<String>,
    /// What each run found, in any order.
    pub points: Vec<Point>,
}

/// What one run found.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Number of the run.
    pub run: i64,
    /// When reading began.
    pub at: Timestamp,
    /// The time of judgement, which is that of reading unless another one was asked for.
    pub judged_at: Timestamp,
    /// 0 to 100; `None` where nothing was scored, and for a role.
    pub posture: Option<f64>,
    /// The least it can be, if everything that was not read fails.
    pub low: Option<f64>,
    /// The most it can be, if everything that was not read passes.
    pub high: Option<f64>,
    /// Percent that could be judged.
    pub coverage: f64,
    /// The letter with its `?`; `None` when not graded, and for checks and roles.
    pub grade: Option<String>,
    /// Digest of the rules of the baseline: where it changes, points are not comparable.
    pub rules: String,
    /// Digest of the organisation file; `None` where none was used. Where it changes, other accounts
    /// may be declared and other failures accepted.
    pub configuration: Option<String>,
    /// Open failures.
    pub failed: u64,
    /// Met in part.
    pub partial: u64,
    /// Could not be judged.
    pub not_assessed: u64,
}

/// `Contoso (7f3a…)`, or the id alone where no name was read.
pub fn tenant_text(name: &str, id: &str) -> String {
    if name.is_empty() { id.to_owned() } else { format!("{name} ({id})") }
}

impl Trend {
    /// Runs of all series, each counted once.
    fn runs(&self) -> usize {
        let runs: BTreeSet<i64> = self.points().map(|point| point.run).collect();
        runs.len()
    }

    /// When the first and the last of them were read.
    fn window(&self) -> Option<(Timestamp, Timestamp)> {
        let times = || self.points().map(|point| point.at);
        times().min().zip(times().max())
    }

    fn points(&self) -> impl Iterator<Item = &Point> {
        self.series.iter().flat_map(|series| &series.points)
    }
}

impl Series {
    /// `recommended`, or `recommended: activation-without-mfa`.
    fn name(&self) -> String {
        match &self.of {
            Some(part) => format!("{}: {part}", self.baseline),
            None => self.baseline.clone(),
        }
    }

    /// What is drawn. A role has no posture: its open failures are.
    fn measure(&self) -> Measure {
        let scored = self.points.iter().any(|point| point.posture.is_some());
        if self.of.is_some() && !scored { Measure::Failures } else { Measure::Posture }
    }

    /// By the time of reading, which need not be the order in which the runs were kept.
    fn in_time(&self) -> Vec<&Point> {
        let mut points: Vec<&Point> = self.points.iter().collect();
        points.sort_by_key(|point| (point.at, point.run));
        points
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{point, role, trend};
    use super::*;

    #[test]
    fn a_tenant_is_told_by_name_and_id() {
        assert_eq!(tenant_text("Contoso", "t-1"), "Contoso (t-1)");
        assert_eq!(tenant_text("", "t-1"), "t-1");
    }

    #[test]
    fn runs_are_counted_once_and_span_their_times() {
        let mut found = trend("Contoso");
        assert_eq!(found.runs(), 6);
        let (first, last) = found.window().unwrap();
        assert_eq!(first.to_string(), "2026-01-01T09:00:00Z");
        assert_eq!(last.to_string(), "2026-03-01T09:00:00Z");
        found.series.clear();
        assert_eq!((found.runs(), found.window()), (0, None));
    }

    #[test]
    fn only_a_part_that_never_has_a_posture_shows_its_failures() {
        let never = || vec![point(1, 0, None), point(2, 1, None)];
        let once = || vec![point(1, 0, None), point(2, 1, Some(50.0))];
        for (of, points, expected) in [
            (None, never(), Measure::Posture),
            (None, once(), Measure::Posture),
            (Some("a-check"), once(), Measure::Posture),
            (Some("Global Administrator"), never(), Measure::Failures),
        ] {
            let of = of.map(str::to_owned);
            let series = Series { baseline: "recommended".to_owned(), of, points };
            assert_eq!(series.measure(), expected, "{series:?}");
        }
        assert_eq!(role("Global Administrator").name(), "recommended: Global Administrator");
    }

    #[test]
    fn runs_stand_in_the_order_they_were_read_in() {
        let series = Series {
            baseline: "recommended".to_owned(),
            of: None,
            // Of an old snapshot that was judged late, and two of one time.
            points: vec![point(3, 0, None), point(2, 9, None), point(1, 9, None)],
        };
        let runs: Vec<i64> = series.in_time().iter().map(|point| point.run).collect();
        assert_eq!(runs, [3, 1, 2]);
    }
}
