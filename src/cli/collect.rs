//! `collect`: only read, into a snapshot file.

use super::arguments::CollectOptions;
use super::exit::{Exit, Failure};
use super::load;
use super::output::{OutputFile, note};
use crate::baseline::{self, builtin};

pub(super) fn run(options: CollectOptions) -> Result<Exit, Failure> {
    let names = if options.baseline.is_empty() {
        builtin::names().map(str::to_owned).collect()
    } else {
        options.baseline
    };
    let configured = load::configuration(options.config.as_deref())?;
    let baselines = load::baselines(&names, Some(&configured))?;
    let file = OutputFile::open(&options.output)?;
    let datasets = baseline::datasets(&baselines);
    let groups = load::declared_groups(&configured.organisation);
    let redactor = load::redactor(&options.redaction)?;
    let hushed = load::hushed(options.loudness, redactor.as_ref());
    let source = load::live(&options.connection, datasets, groups, hushed)?;
    let source = load::redacted(source, redactor)?;
    let snapshot = source.snapshot()?;
    load::keep(&snapshot, file)?;
    if load::nothing_read(&snapshot) {
        return Err(Failure::unreachable(format!(
            "{}; the snapshot holds the reasons",
            load::NOTHING_READ
        )));
    }
    if !options.loudness.quiet {
        note(&format!("wrote {}", options.output.display()));
    }
    Ok(Exit::Done)
}
