//! `collect`: only read, into a snapshot file.

use super::arguments::CollectOptions;
use super::exit::{Exit, Failure};
use super::load;
use super::output::{OutputFile, note};
use crate::baseline::{self, builtin};
use crate::snapshot;

pub(super) fn run(options: CollectOptions) -> Result<Exit, Failure> {
    let names = if options.baseline.is_empty() {
        builtin::names().map(str::to_owned).collect()
    } else {
        options.baseline
    };
    let baselines = load::baselines(&names, None)?;
    drop(OutputFile::open(&options.output)?);
    let source = load::live(&options.connection, baseline::datasets(&baselines), options.loudness)?;
    let snapshot = source.snapshot()?;
    snapshot::write_file(&snapshot, &options.output)?;
    let nothing = snapshot.collections.iter().all(|it| it.missing || it.rows.is_empty());
    if nothing {
        return Err(Failure::unreachable("nothing could be read; the snapshot holds the reasons"));
    }
    if !options.loudness.quiet {
        note(&format!("wrote {}", options.output.display()));
    }
    Ok(Exit::Done)
}
