//! `history list`: every run, the newest last.

use super::grid::{self, Side};
use super::json::{self, RunPart, SCHEMA};
use super::{failure, opened, path_of, percent_words, spare, tenant_words};
use crate::cli::arguments::{HistoryFormat, HistoryListOptions};
use crate::cli::connect;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::report::escape;
use crate::store::{self, Gate, Run, Score, ScoreAt, StoreError, TenantRuns};
use serde::Serialize;
use std::io::{self, Write};

const FORMATS: [&str; 2] = ["table", "json"];
/// Columns of the id of a baseline at most and at least, and what the other columns take.
const BASELINE: usize = 30;
const NARROWEST: usize = 8;
const BESIDE: usize = 66;

/// The runs of one tenant with their scores, both by the time of reading.
struct Kept {
    tenant: TenantRuns,
    runs: Vec<Run>,
    scores: Vec<ScoreAt>,
}

pub(super) fn run(options: &HistoryListOptions) -> Result<Exit, Failure> {
    let path = path_of(&options.kept)?;
    let outputs = output::outputs(&options.output, &FORMATS)?;
    spare(&outputs, path)?;
    let kept = connect::run(async {
        let failed = |error: StoreError| failure(path, &error);
        let mut store = opened(path).await?;
        let mut tenants = store.tenants().await.map_err(failed)?;
        if let Some(asked) = options.kept.tenant.as_deref() {
            let one = store::choose(&tenants, Some(asked)).cloned();
            tenants = vec![one.map_err(|error| failed(error.into()))?];
        }
        let mut kept = Vec::new();
        for tenant in tenants {
            let runs = store.runs(Some(&tenant.id)).await.map_err(failed)?;
            let scores = store.scores(&tenant.id).await.map_err(failed)?;
            kept.push(Kept { tenant, runs, scores });
        }
        store.close().await.map_err(failed)?;
        Ok(kept)
    })?;
    for output in outputs {
        let format = match output.format {
            Some("json") => HistoryFormat::Json,
            Some(_) => HistoryFormat::Table,
            None => options.format,
        };
        output.write(|out: &mut dyn Write| -> io::Result<()> {
            match format {
                HistoryFormat::Table => write_table(&kept, output::width(), out),
                HistoryFormat::Json => write_json(&kept, out),
            }
        })?;
    }
    Ok(Exit::Done)
}

impl Kept {
    fn scores_of(&self, run: i64) -> impl Iterator<Item = &Score> {
        self.scores.iter().filter(move |it| it.run == run).map(|it| &it.score)
    }
}

fn write_table(kept: &[Kept], width: usize, out: &mut dyn Write) -> io::Result<()> {
    const COLUMNS: [(&str, Side); 8] = [
        ("run", Side::Right),
        ("read (UTC)", Side::Left),
        ("limits", Side::Left),
        ("baseline", Side::Left),
        ("posture", Side::Right),
        ("grade", Side::Left),
        ("coverage", Side::Right),
        ("failed", Side::Right),
    ];
    if kept.is_empty() {
        return writeln!(out, "There is no run yet.");
    }
    let room = width.saturating_sub(BESIDE).clamp(NARROWEST, BASELINE);
    for (place, of_tenant) in kept.iter().enumerate() {
        if place > 0 {
            writeln!(out)?;
        }
        let tenant = tenant_words(&of_tenant.tenant.name, &of_tenant.tenant.id);
        writeln!(out, "{}", escape::shorten(&escape::terminal(&tenant), width))?;
        let mut rows = Vec::new();
        for run in &of_tenant.runs {
            rows.extend(lines_of(run, of_tenant.scores_of(run.id), room));
        }
        grid::write(&COLUMNS, &rows, width, out)?;
    }
    Ok(())
}

/// One line a baseline; what is said of the run stands on the first.
fn lines_of<'s>(
    run: &Run,
    scores: impl Iterator<Item = &'s Score>,
    room: usize,
) -> Vec<Vec<String>> {
    let limits = match run.gate {
        Gate::Unset => "",
        Gate::Passed => "met",
        Gate::Missed => "missed",
    };
    let read_at = run.collected_at.strftime("%Y-%m-%d %H:%M").to_string();
    let mut lines = Vec::new();
    for score in scores {
        let head = match lines.is_empty() {
            true => [run.id.to_string(), read_at.clone(), limits.to_owned()],
            false => Default::default(),
        };
        let mut line = Vec::from(head);
        line.extend([
            escape::name(&score.baseline, room),
            score.posture.map_or_else(|| "-".to_owned(), |posture| format!("{posture:.1}")),
            score.grade.clone().unwrap_or_else(|| "-".to_owned()),
            percent_words(score.coverage_percent),
            score.counts.failed.to_string(),
        ]);
        lines.push(line);
    }
    if run.judged_at != run.collected_at {
        let as_of = run.judged_at.strftime("as of %Y-%m-%d").to_string();
        // On the line below, which is there where several baselines judged.
        match lines.get_mut(1).and_then(|line| line.get_mut(1)) {
            Some(cell) => *cell = as_of,
            None => lines.push(vec![String::new(), as_of]),
        }
    }
    lines
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    runs: Vec<RunPart<'a>>,
}

fn write_json(kept: &[Kept], out: &mut dyn Write) -> io::Result<()> {
    let runs = kept.iter().flat_map(|of_tenant| {
        of_tenant.runs.iter().map(move |run| RunPart::of(run, of_tenant.scores_of(run.id)))
    });
    json::write(&Document { schema: SCHEMA, runs: runs.collect() }, out)
}
