//! `report`: a saved report in any format, without judging again.

use super::arguments::SavedReportOptions;
use super::exit::{Exit, Failure};
use super::formats;
use super::load;
use crate::report::{Report, json};
use crate::snapshot;
use std::path::Path;

/// The path that means stdin.
const STDIN: &str = "-";

pub(super) fn run(options: &SavedReportOptions) -> Result<Exit, Failure> {
    let outputs = formats::outputs(&options.report)?;
    for output in outputs.iter().filter_map(|output| output.file.as_ref()) {
        let input = Some(options.saved.as_path()).filter(|path| path.as_os_str() != STDIN);
        output.must_not_replace("-o", input, "the report that is read")?;
    }
    let mut text = load::report_text(&options.saved)?;
    if let (Some(key), Some(snapshot)) = (&options.key, &options.snapshot) {
        text = unredacted(&text, key, snapshot, options.config.as_deref())?;
    }
    let report = read(&text, &options.saved)?;
    let matrix = options.matrix && report.baselines.len() > 1;
    formats::write(&report, &options.report, matrix, outputs)?;
    Ok(Exit::Done)
}

fn read(text: &str, path: &Path) -> Result<Report, Failure> {
    json::read(text).map_err(|error| {
        Failure::usage(format!("cannot read {}: {error}", path.display()))
            .hint("give a file that pimaudit audit -o report.json wrote")
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
    let bytes = snapshot::read_file(original).map_err(|it| Failure::usage(it.to_string()))?;
    let original = snapshot::load_bytes(&bytes, original)?;
    let names = redactor.names_of(&original, Some(&configured.organisation))?;
    let found = snapshot::unredact(text, &names);
    if found == text {
        return Err(Failure::usage("no pseudonym of this key and snapshot is in the report")
            .hint("give the key and the snapshot that the redacted report was made with"));
    }
    Ok(found)
}
