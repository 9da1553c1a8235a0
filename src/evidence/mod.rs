//! The evidence of one audit in one file: what was read, what was judged by, and what came of it.
//!
//! Whoever has the file can compute every hash with other tools and the findings with this one.
//! Evaluating again belongs to the caller; this names what does not agree.

mod pack;
mod verify;

pub use pack::{Entry, Opened, PackError, open, pack};
pub use verify::{Again, differences, unpacked, verify};

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

/// Schema of `run.json`.
pub const SCHEMA: &str = "pimaudit.evidence/1";
/// The snapshot, packed, as it was collected.
pub const SNAPSHOT: &str = "snapshot.json.gz";
/// Everything that an evaluation depends on beside the files.
pub const RUN: &str = "run.json";
/// The command as it was given.
pub const COMMAND: &str = "COMMAND.txt";
/// Digests of all other files, for `sha256sum -c`.
pub const SUMS: &str = "SHA256SUMS";
/// Folder of the baselines.
pub const BASELINES: &str = "baseline/";
/// Folder of the organisation file.
pub const CONFIGURATION: &str = "configuration/";
/// Folder of the reports.
pub const REPORTS: &str = "report/";

/// What an evaluation depends on beside the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// `pimaudit.evidence/1`.
    pub schema: String,
    /// Version of the program that packed it.
    pub version: String,
    /// The time of judgement.
    pub now: jiff::Timestamp,
    /// Names of the baselines in the order of the report, each a file of `baseline/`.
    pub baselines: Vec<String>,
    /// Name of the organisation file, as the report has it; its file is the one of `configuration/`.
    #[serde(default)]
    pub configuration: Option<String>,
    /// Wider framework whose controls findings are labelled with.
    #[serde(default)]
    pub controls: Option<String>,
}

/// Everything that goes into the file.
#[derive(Debug)]
pub struct Material {
    /// The snapshot, packed.
    pub snapshot: Vec<u8>,
    /// Reports by file name; `report.json` must be one of them.
    pub reports: Vec<(String, Vec<u8>)>,
    /// Texts of the baselines by file name, with those that they extend.
    pub baselines: Vec<(String, Vec<u8>)>,
    /// The organisation file by its file name, byte for byte.
    pub configuration: Option<(String, Vec<u8>)>,
    /// Arguments as they were given; the first is the name of the program, without its folder.
    pub command: Vec<String>,
    /// What the evaluation depends on beside these.
    pub run: Run,
}

/// The files of the package, sorted by name, with their sums.
pub fn entries(material: Material) -> Result<Vec<Entry>, PackError> {
    let run = serde_json::to_string_pretty(&material.run)
        .map_err(|error| PackError::Broken(format!("run.json: {error}")))?;
    let mut entries = vec![
        Entry::new(SNAPSHOT, material.snapshot),
        Entry::new(RUN, format!("{run}\n").into_bytes()),
        Entry::new(COMMAND, command_line(&material.command).into_bytes()),
    ];
    for (folder, files) in [
        (REPORTS, material.reports),
        (BASELINES, material.baselines),
        (CONFIGURATION, material.configuration.into_iter().collect()),
    ] {
        let files = files.into_iter();
        entries.extend(files.map(|(name, bytes)| Entry::new(format!("{folder}{name}"), bytes)));
    }
    entries.sort_by(|one, two| one.name.cmp(&two.name));
    let sums = sums(&entries);
    entries.push(Entry::new(SUMS, sums.into_bytes()));
    entries.sort_by(|one, two| one.name.cmp(&two.name));
    Ok(entries)
}

/// The digest of some bytes, in hexadecimal digits.
fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One line a file, as `sha256sum` writes it.
fn sums<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> String {
    let lines = entries.into_iter().filter(|entry| entry.name != SUMS);
    lines.map(|entry| format!("{}  {}\n", sha256(&entry.bytes), entry.name)).collect()
}

/// Arguments as a shell takes them, on one line.
///
/// No argument of this program is a secret: tokens and passwords come from the environment or a file.
pub fn command_line(arguments: &[String]) -> String {
    let quoted = arguments.iter().map(|argument| {
        let plain = |it: char| it.is_ascii_alphanumeric() || "-_./=:,@%+".contains(it);
        if !argument.is_empty() && argument.chars().all(plain) {
            return argument.clone();
        }
        let blank = |it: char| if it.is_control() { ' ' } else { it };
        let safe: String = argument.chars().map(blank).collect();
        format!("'{}'", safe.replace('\'', "'\\''"))
    });
    format!("{}\n", quoted.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests;
