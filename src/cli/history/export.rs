//! `history export`: what was read in a run, as a snapshot file.

use super::path_of;
use crate::cli::arguments::HistoryExportOptions;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{OutputFile, note};
use crate::snapshot;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;

pub(super) fn run(options: &HistoryExportOptions) -> Result<Exit, Failure> {
    let path = path_of(&options.kept)?;
    let file = OutputFile::open(&options.output)?;
    super::spare_store(&file, "-o", Some(path))?;
    let stored = super::stored(path, options.kept.tenant.as_deref(), &options.run, None)?;
    if let Some(text) = &stored.exposure {
        note(text);
    }
    let packed = snapshot::is_packed(file.path());
    let name = file.path().display().to_string();
    file.finish(|out| {
        if packed {
            let mut encoder = GzEncoder::new(out, Compression::default());
            encoder.write_all(&stored.bytes)?;
            encoder.finish().map(drop)
        } else {
            out.write_all(&stored.bytes)
        }
    })?;
    note(&format!("{} is in {name}", stored.called));
    Ok(Exit::Done)
}
