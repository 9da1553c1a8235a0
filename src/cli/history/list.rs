//! `history list`: every run, the newest last.

use super::document::kept_run;
use super::{failure, opened, path_of, spare};
use crate::cli::arguments::{HistoryFormat, HistoryListOptions};
use crate::cli::connect;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::report::history::runs::{self, OfTenant};
use crate::store::{self, Run, ScoreAt, StoreError, TenantRuns};
use std::io::{self, Write};

/// The runs of one tenant with their scores, both by the time of reading.
struct Kept {
    tenant: TenantRuns,
    runs: Vec<Run>,
    scores: Vec<ScoreAt>,
}

pub(super) fn run(options: &HistoryListOptions) -> Result<Exit, Failure> {
    let path = path_of(&options.kept)?;
    let outputs = output::outputs(&options.output)?;
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
    let tenants: Vec<OfTenant<'_>> = kept.iter().map(of_tenant).collect();
    for output in outputs {
        let format = output.format;
        let colour = output.file.is_none() && output::colour();
        output.write(|out: &mut dyn Write| -> io::Result<()> {
            match format {
                HistoryFormat::Table => runs::write_table(&tenants, output::width(), colour, out),
                HistoryFormat::Json => runs::write_json(&tenants, out),
            }
        })?;
    }
    Ok(Exit::Done)
}

fn of_tenant(kept: &Kept) -> OfTenant<'_> {
    let runs = kept.runs.iter().map(|run| {
        let scores = kept.scores.iter().filter(|it| it.run == run.id);
        kept_run(run, scores.map(|it| &it.score))
    });
    OfTenant { tenant: &kept.tenant.id, tenant_name: &kept.tenant.name, runs: runs.collect() }
}
