//! Runs as snapshots for other commands: by name, and the role definitions of an earlier one.

use super::{exposure, failure, quietly_opened, tenant};
use crate::cli::connect::{self, wall_clock};
use crate::cli::exit::Failure;
use crate::model::minute;
use crate::store::{Name, StoreError};
use jiff::Timestamp;
use std::path::Path;

/// What was read in a run that was kept.
pub(in crate::cli) struct Stored {
    /// What it is called in messages: `run 12 of 2026-11-02 09:00 UTC`.
    pub(in crate::cli) called: String,
    /// The text of a snapshot file.
    pub(in crate::cli) bytes: Vec<u8>,
    /// What is to be said where others can read the store.
    pub(super) exposure: Option<String>,
}

/// True where no file lies at a path, and it reads as the name of a run.
pub(in crate::cli) fn is_name(given: &Path) -> bool {
    !given.exists() && given.to_str().is_some_and(|text| Name::parse(text).is_some())
}

/// The age that a path reads as, where no file lies there.
pub(in crate::cli) fn age_of(given: &Path) -> Option<&str> {
    let text = given.to_str().filter(|_| !given.exists())?;
    matches!(Name::parse(text), Some(Name::Old(_))).then_some(text)
}

/// The run of this name of a tenant, which need not be said where the store has one only. With
/// `before`, only the runs that were read before that time are looked at, and an age counts back from it.
pub(in crate::cli) fn stored(
    path: &Path,
    of: Option<&str>,
    name: &str,
    before: Option<Timestamp>,
) -> Result<Stored, Failure> {
    super::is_file(path)?;
    connect::run(async {
        let failed = |error: StoreError| failure(path, &error);
        let mut store = quietly_opened(path).await?;
        let exposure = exposure(&store, path);
        let tenant = tenant(&mut store, path, of).await?;
        let now = before.unwrap_or_else(wall_clock);
        let run = store.run_named(&tenant.id, name, before, now).await.map_err(failed)?;
        let bytes = store.snapshot(run.id).await.map_err(failed)?;
        store.close().await.map_err(failed)?;
        let called = format!("run {} of {}", run.id, minute(run.collected_at));
        Ok(Stored { called, bytes, exposure })
    })
}

/// When the role definitions of a tenant were last read whole before a time, and a snapshot of them.
pub(in crate::cli) fn earlier_definitions(
    path: &Path,
    of: &str,
    before: Timestamp,
) -> Result<Option<(Timestamp, Vec<u8>)>, Failure> {
    connect::run(async {
        let failed = |error: StoreError| failure(path, &error);
        let mut store = quietly_opened(path).await?;
        let found = store.earlier_definitions(of, before).await.map_err(failed)?;
        store.close().await.map_err(failed)?;
        Ok(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_file_also_where_it_is_called_like_a_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("last");
        // A path with a folder is no name.
        assert!(!is_name(&path));
        for (name, expected) in
            [("last-good", true), ("7d", true), ("old.json", false), ("-", false)]
        {
            assert_eq!(is_name(Path::new(name)), expected, "{name}");
        }
        // The tests run in the folder of the project, which has a file of this name and no such run.
        assert!(!is_name(Path::new("Cargo.toml")));
    }
}
