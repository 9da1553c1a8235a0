//! What is judged, by what, and the commands that judge.

use super::history::StoreOptions;
use super::output::ReportOptions;
use super::sign_in::{Loudness, SourceOptions};
use super::values::{age, percent, severity_parser, time};
use crate::baseline::controls::Framework;
use crate::model::{IsoDuration, Severity};
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use std::path::PathBuf;

pub(super) const AUDIT: &str = "\
Examples:
  pimaudit audit --sample
  pimaudit audit --auth device-code --save-snapshot now.json.gz -o report.json
  pimaudit audit --snapshot contoso.json.gz --baseline scuba-aad --show failed
  pimaudit audit --snapshot contoso.json.gz --baseline all
  pimaudit audit --fail-on high --min-coverage 90      for a pipeline";

pub(super) const EVIDENCE: &str = "\
Examples:
  pimaudit evidence --snapshot now.json.gz --baseline cis-m365 -o contoso.zip
  Ends with 1 where anything does not agree:
  pimaudit evidence verify contoso.zip";

pub(super) const REMEDIATE: &str = "\
Nothing is sent: the files are for people to review and apply.

Examples:
  pimaudit remediate --snapshot contoso.json.gz -o mend
  pimaudit remediate --sample --check activation-too-long -o mend";

/// What is judged, and by what.
#[derive(Debug, Args)]
pub(in crate::cli) struct JudgeOptions {
    #[command(flatten)]
    pub(in crate::cli) source: SourceOptions,
    /// Built-in baseline or YAML file (repeatable, each judged by itself), or all for a matrix of
    /// checks by baselines [default: recommended]
    #[arg(long, value_name = "NAME|FILE|all")]
    pub(in crate::cli) baseline: Vec<String>,
    /// Label findings with the controls of a wider framework; verdicts stay the same
    #[arg(long, value_enum, value_name = "FRAMEWORK")]
    pub(in crate::cli) controls: Option<Controls>,
    /// Organisation file [default: ./pimaudit.yaml when it is there]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Judge as of this time [default: when the data was read]
    #[arg(long, value_name = "RFC3339", value_parser = time)]
    pub(in crate::cli) now: Option<Timestamp>,
    /// Compare role definitions with those of this older snapshot of the tenant
    #[arg(long, value_name = "SNAPSHOT")]
    pub(in crate::cli) earlier: Option<PathBuf>,
}

/// Frameworks whose controls findings can be labelled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Controls {
    /// NIST SP 800-53
    #[value(name = "nist-800-53")]
    Nist,
    /// ISO/IEC 27001, annex A
    #[value(name = "iso-27001")]
    Iso,
    /// Microsoft cloud security benchmark
    Mcsb,
}

impl From<Controls> for Framework {
    fn from(controls: Controls) -> Self {
        match controls {
            Controls::Nist => Self::Nist,
            Controls::Iso => Self::Iso,
            Controls::Mcsb => Self::Mcsb,
        }
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AuditOptions {
    #[command(flatten)]
    pub(in crate::cli) judge: JudgeOptions,
    #[command(flatten)]
    pub(in crate::cli) report: ReportOptions,
    /// Keep what was read
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) save_snapshot: Option<PathBuf>,
    /// End with 1 when an unwaived failure has this severity or a higher one
    #[arg(long, value_name = "SEVERITY", value_parser = severity_parser())]
    pub(in crate::cli) fail_on: Option<Severity>,
    /// End with 3 when less than this was assessed
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub(in crate::cli) min_coverage: Option<f64>,
    /// End with 3 when the data is older than this, such as 24h, P7D
    #[arg(long, value_name = "DURATION", value_parser = age)]
    pub(in crate::cli) max_age: Option<IsoDuration>,
    #[command(flatten)]
    pub(in crate::cli) store: StoreOptions,
    #[command(flatten)]
    pub(in crate::cli) loudness: Loudness,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(in crate::cli) struct EvidenceOptions {
    #[command(subcommand)]
    pub(in crate::cli) action: Option<EvidenceAction>,
    /// The package to write
    #[arg(long, short, value_name = "FILE.zip", required = true)]
    pub(in crate::cli) output: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) judge: JudgeOptions,
    #[command(flatten)]
    pub(in crate::cli) loudness: Loudness,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum EvidenceAction {
    /// Prove that nothing in a package was changed, and that its findings follow from its snapshot
    Verify {
        /// The package
        #[arg(value_name = "FILE.zip")]
        package: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RemediateOptions {
    /// The folder to write into; it is made, or is empty
    #[arg(long, short, value_name = "DIR")]
    pub(in crate::cli) output: PathBuf,
    /// Only findings of this check (repeatable)
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) check: Vec<String>,
    /// Only findings on this subject, by its key (repeatable)
    #[arg(long, value_name = "KEY")]
    pub(in crate::cli) subject: Vec<String>,
    /// Only findings of this severity or a higher one
    #[arg(long, value_name = "SEVERITY", value_parser = severity_parser())]
    pub(in crate::cli) severity: Option<Severity>,
    #[command(flatten)]
    pub(in crate::cli) judge: JudgeOptions,
    #[command(flatten)]
    pub(in crate::cli) loudness: Loudness,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BaselineAction {
    /// List the built-in baselines
    List,
    /// Print a built-in baseline as YAML
    Show {
        /// Its name
        name: String,
    },
    /// Check your own baseline: every fault at once, with line and hint
    Check {
        /// The YAML file
        file: PathBuf,
    },
}
