//! Where output goes and in which formats; the command that only writes a report anew.

use crate::report::format::Format;
use clap::builder::{EnumValueParser, PossibleValue};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

pub(super) const REPORT: &str = "\
Examples:
  pimaudit report report.json --show failed
  pimaudit report report.json -o report.md -o report.sarif
  pimaudit report redacted.json --unredact --key key --snapshot now.json.gz";

/// Where a document goes, and in which of its formats.
#[derive(Debug, Args)]
pub(in crate::cli) struct OutputOptions<F: ValueEnum + Clone + Send + Sync + 'static> {
    /// Format on stdout
    #[arg(long, default_value = "table", value_parser = EnumValueParser::<F>::new())]
    pub(in crate::cli) format: F,
    /// Write to a file, or to stdout with - (repeatable). FORMAT= or the extension tells its
    /// format. With a path that tells no format, --format is used and nothing goes to stdout
    #[arg(long, short, value_name = "[FORMAT=]FILE")]
    pub(in crate::cli) output: Vec<String>,
}

/// The formats of a report know their names themselves.
impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.audience()))
    }
}

/// Where a report goes, and what its table shows.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReportOptions {
    #[command(flatten)]
    pub(in crate::cli) output: OutputOptions<Format>,
    /// Which findings to list (table)
    #[arg(long, value_enum)]
    pub(in crate::cli) show: Option<ShowFindings>,
    /// List what each check cost and what would come back (table)
    #[arg(long)]
    pub(in crate::cli) explain_score: bool,
}

/// Which findings the table lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ShowFindings {
    /// Every failure and every partial
    Failed,
    /// Everything
    All,
    /// What could not be assessed
    NotAssessed,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SavedReportOptions {
    /// A report that `audit -o report.json` wrote; `-` is stdin, .gz is unpacked
    #[arg(value_name = "REPORT.json")]
    pub(in crate::cli) saved: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) report: ReportOptions,
    /// Print several baselines as a matrix of checks by baselines (table)
    #[arg(long)]
    pub(in crate::cli) matrix: bool,
    /// Give the names back in a redacted report
    #[arg(long, requires = "key", requires = "snapshot", help_heading = "Redaction")]
    pub(in crate::cli) unredact: bool,
    /// The key of the redaction
    #[arg(long, value_name = "FILE", requires = "unredact", help_heading = "Redaction")]
    pub(in crate::cli) key: Option<PathBuf>,
    /// The snapshot before redaction, which knows the names
    #[arg(long, value_name = "FILE", requires = "unredact", help_heading = "Redaction")]
    pub(in crate::cli) snapshot: Option<PathBuf>,
    /// The organisation file of the run, for the names it declares
    #[arg(long, value_name = "FILE", requires = "unredact", help_heading = "Redaction")]
    pub(in crate::cli) config: Option<PathBuf>,
}
