//! Keeps a run: what was read, what was found and how it scored.

use super::{exposure, failure};
use crate::cli::connect;
use crate::cli::exit::Failure;
use crate::report::Report;
use crate::store::{Gate, Judgement, NewRun, NewScore, Packed, Saved, Store, StoreError};
use std::path::Path;

/// Makes the store where there is none, so that a bad path fails before the tenant is read.
pub(in crate::cli) fn prepare(path: &Path) -> Result<(), Failure> {
    super::is_file(path)?;
    connect::run(async {
        let failed = |error: StoreError| failure(path, &error);
        Store::open(path, true).await.map_err(failed)?.close().await.map_err(failed)
    })
}

/// Keeps a run, and says so in lines for stderr. `source` is where the data came from, in words.
pub(in crate::cli) fn record(
    path: &Path,
    snapshot: &Packed,
    report: &Report,
    gate: Gate,
    source: &str,
) -> Result<Vec<String>, Failure> {
    let mut scores = Vec::with_capacity(report.baselines.len());
    for judged in &report.baselines {
        scores.push(NewScore::of(&Judgement {
            baseline: &judged.id,
            title: &judged.title,
            rules: &judged.digest,
            score: &judged.score,
            findings: &judged.findings,
        })?);
    }
    let new = NewRun {
        snapshot,
        tenant_name: &report.tenant_name,
        judged_at: report.now,
        program: report.version,
        source,
        configuration: report.configuration.as_ref().map(|file| file.digest.as_str()),
        gate,
        scores,
    };
    connect::run(async {
        let failed = |error: StoreError| failure(path, &error);
        let mut store = Store::open(path, true).await.map_err(failed)?;
        let saved = store.save(&new).await.map_err(failed)?;
        let mut notes = vec![match saved {
            Saved::New(run) => format!("kept as run {run} in {}", path.display()),
            Saved::Already(run) => {
                format!("kept already in {}: run {run} says the same", path.display())
            }
        }];
        notes.extend(exposure(&store, path));
        store.close().await.map_err(failed)?;
        Ok(notes)
    })
}
