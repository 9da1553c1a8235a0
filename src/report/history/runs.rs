//! Every run of a store: one line a baseline for a terminal, and as JSON, `pimaudit.history/1`.
//!
//! What is told of a run is told of it alone too (see `run`). It grows by optional members only.

use super::said::percent_text;
use super::table::tone;
use super::tenant_text;
use crate::report::escape;
use crate::report::json::lay_out;
use crate::report::page::{Fit, Grid, Ink, Page, Tone};
use jiff::Timestamp;
use serde::Serialize;
use std::io::{self, Write};

/// Name and version of the shape.
pub(super) const SCHEMA: &str = "pimaudit.history/1";
/// Laid out down to the scores of a run: document, runs, one of them, scores, one of them.
pub(super) const LAID_OUT: usize = 5;
/// Blanks between two columns.
const GAP: usize = 2;
/// Columns of the id of a baseline that others make room for.
const LONGEST: usize = 30;

/// The runs of one tenant, by the time of reading.
#[derive(Clone, Debug, PartialEq)]
pub struct OfTenant<'a> {
    /// Tenant id.
    pub tenant: &'a str,
    /// Tenant name; empty when no run read it.
    pub tenant_name: &'a str,
    /// Its runs.
    pub runs: Vec<KeptRun<'a>>,
}

/// One run that was kept, in the order of its JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeptRun<'a> {
    /// Its number.
    pub id: i64,
    /// Tenant id.
    pub tenant: &'a str,
    /// Tenant name; empty when it could not be read.
    pub tenant_name: &'a str,
    /// The cloud.
    pub cloud: &'a str,
    /// When reading began.
    pub collected_at: Timestamp,
    /// The time of judgement.
    pub judged_at: Timestamp,
    /// Version of the program that kept it.
    pub version: &'a str,
    /// Where the data came from, in words.
    pub source: &'a str,
    /// Digest of the organisation file; `None` where none was used.
    pub configuration: Option<&'a str>,
    /// Whether it met its limits.
    #[serde(rename = "gate")]
    pub limits: Limits,
    /// How it scored, by baseline.
    pub scores: Vec<KeptScore<'a>>,
}

/// Whether a run met the limits that were set for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Limits {
    /// None was set.
    #[serde(rename = "none")]
    Unset,
    /// All were met.
    #[serde(rename = "passed")]
    Met,
    /// One was missed.
    #[serde(rename = "missed")]
    Missed,
}

/// How a run scored by one baseline, in the order of its JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeptScore<'a> {
    /// Id of the baseline.
    pub baseline: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Digest of its rules.
    pub digest: &'a str,
    /// 0 to 100; `None` where nothing was scored.
    pub posture: Option<f64>,
    /// Posture if everything unread failed.
    pub low: f64,
    /// Posture if everything unread passed.
    pub high: f64,
    /// The letter with its `?`; `None` where not graded.
    pub grade: Option<&'a str>,
    /// Share that could be judged, 0 to 1, as in a report.
    pub coverage: f64,
    /// The same in percent, as it is printed.
    #[serde(skip)]
    pub coverage_percent: f64,
    /// Share that is waived, 0 to 1.
    pub waived_share: f64,
    /// Met.
    pub passed: u64,
    /// Met in part, and not waived.
    pub partial: u64,
    /// Not met, and not waived.
    pub failed: u64,
    /// Could not be judged.
    pub not_assessed: u64,
    /// Not met or met in part, and accepted by a waiver.
    pub waived: u64,
}

/// Writes the runs for a terminal.
///
/// # Errors
/// Only those of `out`.
pub fn write_table(
    tenants: &[OfTenant<'_>],
    width: usize,
    colour: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page::new(width, colour, out);
    if tenants.is_empty() {
        return page.paragraph("There is no run yet.");
    }
    for of_tenant in tenants {
        page.title(&tenant_text(of_tenant.tenant_name, of_tenant.tenant))?;
        let columns = columns(page.width(), &of_tenant.runs);
        let heads: Vec<(&str, Fit)> = columns.iter().map(|column| column.head()).collect();
        let mut grid = Grid::new(&heads).at_most_lines(1);
        for run in &of_tenant.runs {
            for line in lines_of(run) {
                grid.row(columns.iter().map(|column| line.cell(*column)).collect());
            }
        }
        page.grid(&grid)?;
    }
    Ok(())
}

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Run,
    Read,
    Limits,
    Baseline,
    Posture,
    Grade,
    Coverage,
    Failed,
}

/// What there is room for beside the longest id of a baseline; what a run is called by, posture and
/// how much could be judged always. Limits have a column only where a run has some.
fn columns(width: usize, runs: &[KeptRun<'_>]) -> Vec<Column> {
    let mut columns = Column::ALL.to_vec();
    if runs.iter().all(|run| run.limits == Limits::Unset) {
        columns.retain(|column| *column != Column::Limits);
    }
    let number = runs.iter().map(|run| run.id.to_string().len()).max().unwrap_or_default();
    let ids = runs.iter().flat_map(|run| &run.scores).map(|score| escape::width(score.baseline));
    let id = ids.max().unwrap_or_default().min(LONGEST);
    for spared in [Column::Failed, Column::Grade, Column::Limits] {
        let taken: usize = columns.iter().map(|column| column.room(number, id) + GAP).sum();
        // The last one has no gap.
        if taken > width + GAP {
            columns.retain(|column| *column != spared);
        }
    }
    columns
}

impl Column {
    const ALL: [Self; 8] = [
        Self::Run,
        Self::Read,
        Self::Limits,
        Self::Baseline,
        Self::Posture,
        Self::Grade,
        Self::Coverage,
        Self::Failed,
    ];

    /// Columns of the page that it takes, where numbers of runs and ids of baselines take so many.
    fn room(self, number: usize, id: usize) -> usize {
        let content = match self {
            Self::Run => number,
            Self::Read => "2026-11-02 09:00".len(),
            Self::Baseline => id,
            Self::Limits | Self::Posture | Self::Grade | Self::Coverage | Self::Failed => 0,
        };
        content.max(self.head().0.len())
    }

    const fn head(self) -> (&'static str, Fit) {
        match self {
            Self::Run => ("run", Fit::Number),
            Self::Read => ("read (UTC)", Fit::Content),
            Self::Limits => ("limits", Fit::Content),
            Self::Baseline => ("baseline", Fit::Flow),
            Self::Posture => ("posture", Fit::Number),
            Self::Grade => ("grade", Fit::Content),
            Self::Coverage => ("coverage", Fit::Number),
            Self::Failed => ("failed", Fit::Number),
        }
    }
}

/// One line of the table: what is said of the run stands on its first.
struct Line<'a> {
    run: Option<&'a KeptRun<'a>>,
    /// The time of judgement, where it is not that of reading.
    as_of: Option<Timestamp>,
    score: Option<&'a KeptScore<'a>>,
}

/// One line a baseline, and one more where there is no other for the time of judgement.
fn lines_of<'a>(run: &'a KeptRun<'a>) -> Vec<Line<'a>> {
    let score = |(place, score): (usize, &'a KeptScore<'a>)| Line {
        run: (place == 0).then_some(run),
        as_of: None,
        score: Some(score),
    };
    let mut lines: Vec<Line<'a>> = run.scores.iter().enumerate().map(score).collect();
    if lines.is_empty() {
        lines.push(Line { run: Some(run), as_of: None, score: None });
    }
    if run.judged_at != run.collected_at {
        match lines.get_mut(1) {
            Some(line) => line.as_of = Some(run.judged_at),
            None => lines.push(Line { run: None, as_of: Some(run.judged_at), score: None }),
        }
    }
    lines
}

impl Line<'_> {
    fn cell(&self, column: Column) -> Ink {
        match column {
            Column::Run => self.run.map_or_else(String::new, |run| run.id.to_string()).into(),
            Column::Read => match (self.run, self.as_of) {
                (Some(run), _) => run.collected_at.strftime("%Y-%m-%d %H:%M").to_string().into(),
                (None, Some(at)) => at.strftime("as of %Y-%m-%d").to_string().into(),
                (None, None) => "".into(),
            },
            Column::Limits => match self.run.map(|run| run.limits) {
                Some(Limits::Met) => Ink::toned(Tone::Good, "met"),
                Some(Limits::Missed) => Ink::toned(Tone::Critical, "missed"),
                Some(Limits::Unset) | None => "".into(),
            },
            Column::Baseline => self.of_score(|score| score.baseline.into()),
            Column::Posture => self.of_score(|score| match score.posture {
                Some(posture) => format!("{posture:.1}").into(),
                None => "none".into(),
            }),
            Column::Grade => self.of_score(|score| match score.grade {
                Some(grade) => Ink::toned(tone(grade), grade),
                None => "none".into(),
            }),
            Column::Coverage => self.of_score(|score| percent_text(score.coverage_percent).into()),
            Column::Failed => self.of_score(|score| score.failed.to_string().into()),
        }
    }

    fn of_score(&self, text: impl FnOnce(&KeptScore<'_>) -> Ink) -> Ink {
        self.score.map_or_else(Ink::default, text)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    runs: Vec<&'a KeptRun<'a>>,
}

/// Writes the runs as JSON. The same ones give the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write_json(tenants: &[OfTenant<'_>], out: &mut dyn Write) -> io::Result<()> {
    let runs = tenants.iter().flat_map(|of_tenant| &of_tenant.runs).collect();
    lay_out(&Document { schema: SCHEMA, runs }, LAID_OUT, out)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{kept_run, kept_score};
    use super::*;
    use serde_json::{Value, json};

    fn one(runs: Vec<KeptRun<'_>>) -> Vec<OfTenant<'_>> {
        vec![OfTenant { tenant: "t-1", tenant_name: "Contoso", runs }]
    }

    fn written(tenants: &[OfTenant<'_>], width: usize) -> String {
        let mut out = Vec::new();
        write_table(tenants, width, false, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_said_of_a_run_stands_on_its_first_line() {
        let mut later = kept_run(12, &["recommended"]);
        later.judged_at = "2027-11-03T00:00:00Z".parse().unwrap();
        later.scores[0].posture = None;
        later.scores[0].grade = None;
        let tenants = one(vec![kept_run(1, &["recommended", "zero-trust-assessment"]), later]);
        assert_eq!(
            written(&tenants, 80),
            "\
Contoso (t-1)
run  read (UTC)        baseline               posture  grade  coverage  failed
──────────────────────────────────────────────────────────────────────────────
  1  2026-11-02 09:00  recommended               56.4  F?       96.5 %     259
                       zero-trust-assessment     56.4  F?       96.5 %     259
 12  2026-11-02 09:00  recommended               none  none     96.5 %     259
     as of 2027-11-03
"
        );
    }

    #[test]
    fn every_line_fits_and_nothing_that_counts_is_cut() {
        let mut missed = kept_run(2, &["recommended", "defender-office365"]);
        missed.limits = Limits::Missed;
        let tenants = one(vec![kept_run(1, &["recommended"]), missed]);
        for (width, has, has_not) in [
            (
                60,
                &["posture  coverage\n", "56.4    96.5 %\n"][..],
                &["limits", "grade", "failed"][..],
            ),
            (
                80,
                &["limits", "missed", "grade  coverage\n", "defender-office365 "][..],
                &["failed"][..],
            ),
            (160, &["limits", "missed", "grade", "failed\n", "96.5 %     259\n"][..], &[][..]),
        ] {
            let text = written(&tenants, width);
            for line in text.lines() {
                assert!(escape::width(line) <= width, "{width}: {line}");
                assert_eq!(line, line.trim_end());
            }
            assert!(!text.contains('…'), "{width}:\n{text}");
            for word in has {
                assert!(text.contains(word), "{width}: {word:?} in\n{text}");
            }
            for word in has_not {
                assert!(!text.contains(word), "{width}: {word:?} in\n{text}");
            }
        }
    }

    #[test]
    fn a_run_that_no_baseline_judged_is_listed_too() {
        let text = written(&one(vec![kept_run(7, &[])]), 80);
        assert!(text.ends_with("\n  7  2026-11-02 09:00\n"), "{text}");
    }

    #[test]
    fn tenants_stand_apart_and_none_is_told() {
        let of = |tenant| OfTenant { tenant, tenant_name: "", runs: vec![kept_run(1, &["b"])] };
        let text = written(&[of("t-1"), of("t-2")], 80);
        assert!(text.starts_with("t-1\nrun  read"), "{text}");
        assert!(text.contains("\n\nt-2\nrun  read"), "{text}");
        assert_eq!(written(&[], 80), "There is no run yet.\n");
    }

    #[test]
    fn the_json_has_the_runs_of_all_tenants() {
        let mut tenants = one(vec![kept_run(1, &["recommended"])]);
        tenants.extend(one(vec![kept_run(2, &[])]));
        let mut out = Vec::new();
        write_json(&tenants, &mut out).unwrap();
        let found: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(found["schema"], SCHEMA);
        assert_eq!(found["runs"][1]["id"], 2);
        assert_eq!(
            found["runs"][0],
            json!({
                "id": 1, "tenant": "t-1", "tenant_name": "Contoso", "cloud": "global",
                "collected_at": "2026-11-02T09:00:00Z", "judged_at": "2026-11-02T09:00:00Z",
                "version": "0.1.0", "source": "the sample tenant", "configuration": null,
                "gate": "none", "scores": [{
                    "baseline": "recommended", "title": "A baseline", "digest": "sha256:01",
                    "posture": 56.4, "low": 54.1, "high": 57.6, "grade": "F?", "coverage": 0.9653,
                    "waived_share": 0.25, "passed": 1023, "partial": 242, "failed": 259,
                    "not_assessed": 21, "waived": 3
                }]
            })
        );
    }

    #[test]
    fn names_steer_no_terminal() {
        let name = "a\u{202e}b\u{9b}c\u{1b}d";
        let mut run = kept_run(1, &[]);
        (run.tenant_name, run.source) = (name, name);
        run.scores = vec![kept_score(name)];
        let tenants = vec![OfTenant { tenant: name, tenant_name: name, runs: vec![run] }];
        let text = written(&tenants, 80);
        assert!(!text.contains(['\u{202e}', '\u{9b}', '\u{1b}']), "{text:?}");
        let mut out = Vec::new();
        write_json(&tenants, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("\"tenant_name\": \"a\\u202eb\\u009bc\\u001bd\""), "{text}");
    }
}
