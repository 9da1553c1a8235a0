//! `report`: a saved report in any format, without judging again.

use super::arguments::SavedReportOptions;
use super::exit::{Exit, Failure};
use super::formats;
use super::load;
use super::output::is_stream;
use crate::report::{Report, json};
use crate::snapshot;
use std::path::Path;

pub(super) fn run(options: &SavedReportOptions) -> Result<Exit, Failure> {
    let read_too = [Some(options.saved.as_path()), options.snapshot.as_deref()];
    load::stdin_once(read_too.into_iter().flatten())?;
    let outputs = formats::outputs(&options.report)?;
    for output in outputs.iter().filter_map(|output| output.file.as_ref()) {
        let input = Some(options.saved.as_path()).filter(|path| !is_stream(path));
        output.must_not_replace("-o", input, "the report that is read")?;
    }
    let mut text = load::report_text(&options.saved)?;
    if let (Some(key), Some(snapshot)) = (&options.key, &options.snapshot) {
        text = unredacted(&text, key, snapshot, options.config.as_deref())?;
    }
    let report = read(&text, &options.saved)?;
    if let (true, [only]) = (options.matrix, report.baselines.as_slice()) {
        return Err(Failure::usage(format!(
            "--matrix sets baselines side by side, and this report has {} alone",
            only.id
        ))
        .hint("leave --matrix out, or give a report of `pimaudit audit --baseline all`"));
    }
    formats::write(&report, &options.report, options.matrix, outputs)?;
    Ok(Exit::Done)
}

fn read(text: &str, path: &Path) -> Result<Report, Failure> {
    json::read(text).map_err(|error| {
        Failure::usage(format!("cannot read {}: {error}", path.display())).hint(load::NO_REPORT)
    })
}

/// The text with the names back that the snapshot knows.
fn unredacted(
    text: &str,
    key: &Path,
    original: &Path,
    configuration: Option<&Path>,
) -> Result<String, Failure> {
    let mut redactor = load::key(key)?;
    let configured = load::configuration(configuration)?;
    let bytes = load::snapshot_bytes(original)?;
    let original = snapshot::load_bytes(&bytes, original)?;
    let names = redactor.names_of(&original, Some(&configured.organisation))?;
    let found = snapshot::unredact(text, &names);
    if found == text {
        return Err(Failure::usage("no pseudonym of this key and snapshot is in the report")
            .hint("give the key and the snapshot that the redacted report was made with"));
    }
    Ok(found)
}
