//! From options to a report: what `audit`, `evidence` and `remediate` have in common.

use super::arguments::{JudgeOptions, Loudness};
use super::exit::Failure;
use super::history;
use super::load::{self, Configured, Source};
use crate::assemble::{self, Labels, Material};
use crate::baseline::{self, Baseline, controls};
use crate::model::{Earlier, Tenant};
use crate::report::Report;
use crate::resolve::resolve;
use crate::snapshot::Snapshot;
use std::path::Path;

/// Everything a judgement needs beside the data; ready before anything is read.
pub(super) struct Prepared {
    pub(super) configured: Configured,
    pub(super) baselines: Vec<Baseline>,
    labels: Labels,
}

/// A tenant, judged.
pub(super) struct Judgement {
    pub(super) report: Report,
    pub(super) tenant: Tenant,
    /// True when a live tenant told nothing about roles.
    pub(super) nothing_read: bool,
    /// True when the data, wherever it comes from, tells nothing about roles.
    pub(super) is_empty: bool,
    /// What could not be done, for stderr.
    pub(super) notes: Vec<String>,
}

/// The check that compares role definitions with those of an earlier reading.
const COMPARING: &str = "role-definition-changed";

/// Reads the organisation file and the baselines.
pub(super) fn prepare(options: &JudgeOptions) -> Result<Prepared, Failure> {
    let read = [options.source.snapshot.as_deref(), options.earlier.as_deref()];
    load::stdin_once(read.into_iter().flatten())?;
    let configured = load::configuration(options.config.as_deref())?;
    let baselines = load::baselines(&options.baseline, Some(&configured))?;
    if options.source.redaction.redact
        && let Some(own) = baselines.iter().find(|baseline| !baseline.is_built_in())
    {
        return Err(Failure::usage(format!(
            "--redact cannot replace the words of your own baseline {}",
            own.origin
        ))
        .hint("judge by a built-in baseline (see pimaudit baseline list)"));
    }
    let labels = match options.controls {
        None => Labels::new(),
        Some(framework) => controls::labels(framework.into()).map_err(Failure::usage)?,
    };
    Ok(Prepared { configured, baselines, labels })
}

impl Prepared {
    /// Brings the data; what the organisation declares is called as the data calls it.
    pub(super) fn read(
        &mut self,
        options: &JudgeOptions,
        loudness: Loudness,
    ) -> Result<Source, Failure> {
        let datasets = baseline::datasets(&self.baselines);
        let groups = load::declared_groups(&self.configured.organisation);
        let source = load::source(&options.source, datasets, groups, loudness)?;
        self.configured.redact(&source);
        Ok(source)
    }

    /// Judges the data. `seen` is handed the snapshot before its text is freed. Role definitions are
    /// compared with the earlier snapshot, else with the last run in `store`.
    pub(super) fn judge(
        &self,
        mut source: Source,
        options: &JudgeOptions,
        store: Option<&Path>,
        seen: impl FnOnce(&Snapshot<'_>) -> Result<(), Failure>,
    ) -> Result<Judgement, Failure> {
        let older = match &options.earlier {
            Some(path) => Some(load::older(path, &mut source)?),
            None => None,
        };
        let (mut tenant, collected, is_empty) = {
            let snapshot = source.snapshot()?;
            seen(&snapshot)?;
            let now = options.now.unwrap_or(snapshot.collected_at);
            let is_empty = load::nothing_read(&snapshot);
            (resolve(&snapshot, now), assemble::collection(&snapshot), is_empty)
        };
        let nothing_read = source.live && is_empty;
        load::same_tenant(&self.configured, &source, &options.source, &tenant)?;
        let mut notes = Vec::new();
        tenant.earlier = match (older, store) {
            (Some(older), _) => Some(older.of(&tenant)?),
            (None, Some(store)) if self.compares_definitions() => {
                // An old run that is damaged must not cost the report of a new one.
                kept_definitions(store, &tenant).unwrap_or_else(|failure| {
                    let why = failure.message();
                    notes.push(format!("role definitions could not be compared: {why}"));
                    None
                })
            }
            (None, Some(_) | None) => None,
        };
        // The text is not needed any more: half the memory of a large run.
        source.release();
        let report = assemble::report(&Material {
            tenant: &tenant,
            organisation: &self.configured.organisation,
            configuration: self.configured.configuration.clone(),
            baselines: &self.baselines,
            now: options.now.unwrap_or(collected.at),
            labels: &self.labels,
            collected,
        });
        Ok(Judgement { report, tenant, nothing_read, is_empty, notes })
    }

    fn compares_definitions(&self) -> bool {
        let mut rules = self.baselines.iter().flat_map(|baseline| &baseline.rules);
        rules.any(|rule| rule.check.id == COMPARING)
    }
}

/// The role definitions of the last run of the tenant before this one, where there is one.
fn kept_definitions(store: &Path, tenant: &Tenant) -> Result<Option<Earlier>, Failure> {
    match history::earlier_definitions(store, &tenant.id, tenant.collected_at)? {
        Some((at, bytes)) => {
            let older = load::older_of(&bytes, &format!("the run of {at}"))?;
            Ok(Some(older.of(tenant)?))
        }
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_that_compares_is_known() {
        assert!(crate::checks::CHECKS.iter().any(|check| check.id == COMPARING));
    }
}
