//! `history show`: one run with its scores, and what was worst.

use super::document::{kept_run, read_by, worst};
use super::{failure, opened, path_of, spare, tenant};
use crate::cli::arguments::{HistoryFormat, HistoryShowOptions};
use crate::cli::connect::{self, wall_clock};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::report::history::run::{self, RunShown};
use crate::snapshot::CollectedBy;
use crate::store::{Kept, Run, Score, StoreError};
use std::io::{self, Write};

/// Findings named of each baseline.
const WORST: usize = 10;

/// A run, looked at closely.
struct Found {
    run: Run,
    by: Option<CollectedBy>,
    /// Each with its worst open findings and how many are open.
    scores: Vec<(Score, Vec<Kept>, usize)>,
}

pub(super) fn run(options: &HistoryShowOptions) -> Result<Exit, Failure> {
    let path = path_of(&options.kept)?;
    let outputs = output::outputs(&options.output)?;
    spare(&outputs, path)?;
    let found = connect::run(async {
        let failed = |error: StoreError| failure(path, &error);
        let mut store = opened(path).await?;
        let tenant = tenant(&mut store, path, options.kept.tenant.as_deref()).await?;
        let named = store.run_named(&tenant.id, &options.run, None, wall_clock()).await;
        let run = named.map_err(failed)?;
        let by = store.collected_by(run.id).await.map_err(failed)?;
        let mut scores = Vec::new();
        for at in store.scores(&tenant.id).await.map_err(failed)? {
            if at.run == run.id {
                let findings = store.findings(run.id, &at.score.baseline).await.map_err(failed)?;
                let (worst, open) = Kept::worst(findings, WORST);
                scores.push((at.score, worst, open));
            }
        }
        store.close().await.map_err(failed)?;
        Ok(Found { run, by, scores })
    })?;
    let shown = shown(&found);
    for output in outputs {
        let format = output.format;
        let colour = output.file.is_none() && output::colour();
        output.write(|out: &mut dyn Write| -> io::Result<()> {
            match format {
                HistoryFormat::Table => run::write_table(&shown, output::width(), colour, out),
                HistoryFormat::Json => run::write_json(&shown, out),
            }
        })?;
    }
    Ok(Exit::Done)
}

fn shown(found: &Found) -> RunShown<'_> {
    let scores = found.scores.iter();
    RunShown {
        run: kept_run(&found.run, scores.clone().map(|(score, _, _)| score)),
        collected_by: found.by.as_ref().map(read_by),
        worst: scores.map(|(score, kept, open)| worst(&score.baseline, kept, *open)).collect(),
    }
}
