//! Loads what a command works on: one file a kind beneath.

mod baselines;
mod earlier;
mod organisation;
mod source;

pub(super) use baselines::{
    BUILT_IN, EVERY_BASELINE, baseline_texts, baselines, built_in_of, packed_name,
};
pub(super) use earlier::{older, older_of};
pub(super) use organisation::{
    Configured, configuration, declared_groups, of_organisation, of_tenant_asked_for, same_tenant,
};
pub(super) use source::{
    NOTHING_READ, Source, hushed, keep, key, live, nothing_read, redacted, redactor,
    snapshot_bytes, source, stdin_once,
};

#[cfg(test)]
pub(super) use source::sample;

use super::exit::Failure;
use crate::snapshot;
use std::io::{self, Read};
use std::path::Path;

/// Far more than any baseline or organisation file.
const LARGEST_TEXT: u64 = 16 << 20;
/// The next step where there is no saved report.
pub(super) const NO_REPORT: &str = "give a file that `pimaudit audit -o report.json` wrote";

/// The text of a YAML file; `hint` says what to give where it cannot be read.
fn text_file(path: &Path, hint: &str) -> Result<String, Failure> {
    let failed = |error: io::Error| {
        Failure::usage(format!("cannot read {}: {error}", path.display())).hint(hint)
    };
    // A device without an end would be read for ever.
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST_TEXT).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 == LARGEST_TEXT {
        return Err(Failure::usage(format!("{} is too large for YAML", path.display())));
    }
    // Checked here because a file that is no text has no line to point at.
    String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("{} is not UTF-8 text", path.display())))
}

/// The text of a saved report: from stdin too, and unpacked.
pub(super) fn report_text(path: &Path) -> Result<String, Failure> {
    let bytes = snapshot::read_file(path)
        .map_err(|error| Failure::usage(error.to_string()).hint(NO_REPORT))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Failure::usage(format!("{} is not UTF-8 text", path.display())).hint(NO_REPORT)
    })?;
    // Editors and PowerShell like to put a byte order mark in front; it says nothing.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
