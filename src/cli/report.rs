//! `report`: a saved report in any format, without judging again.

use super::arguments::SavedReportOptions;
use super::exit::{Exit, Failure};
use super::formats;
use super::load;
use crate::report::{Report, json};
use std::path::Path;

/// The path that means stdin.
const STDIN: &str = "-";

pub(super) fn run(options: &SavedReportOptions) -> Result<Exit, Failure> {
    let outputs = formats::outputs(&options.report)?;
    for output in outputs.iter().filter_map(|output| output.file.as_ref()) {
        let input = Some(options.saved.as_path()).filter(|path| path.as_os_str() != STDIN);
        output.must_not_replace("-o", input, "the report that is read")?;
    }
    let report = saved(&options.saved)?;
    let matrix = options.matrix && report.baselines.len() > 1;
    formats::write(&report, &options.report, matrix, outputs)?;
    Ok(Exit::Done)
}

/// Reads a saved report.
pub(super) fn saved(path: &Path) -> Result<Report, Failure> {
    let text = load::report_text(path)?;
    json::read(&text).map_err(|error| {
        Failure::usage(format!("cannot read {}: {error}", path.display()))
            .hint("give a file that pimaudit audit -o report.json wrote")
    })
}
