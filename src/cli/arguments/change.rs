//! Planned changes: what they would do, and whether they arrived.

use super::judge::JudgeOptions;
use super::output::OutputOptions;
use super::sign_in::{Loudness, SourceOptions};
use super::values::{age, or_severity, time};
use crate::model::{IsoDuration, Severity};
use clap::builder::TypedValueParser;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use std::fmt;
use std::path::PathBuf;

pub(super) const PRECHECK: &str = "\
Examples:
  pimaudit precheck change.json --sample
  pimaudit precheck plan.json --snapshot now.json.gz --max-age 24h
  pimaudit precheck - --sample --config-base base.yaml -o precheck.md
  pimaudit precheck change.json --sample -o github=- -o precheck.sarif";

pub(super) const VERIFY: &str = "\
Ends with 1 where something is not as planned; with --strict, with 3 where
something cannot be told, or there is no change at all.

Examples:
  pimaudit verify plan.json --auth device-code   after somebody applied it
  pimaudit verify change.json --snapshot after.json.gz --strict -o verify.md";

#[derive(Debug, Args)]
pub(in crate::cli) struct PrecheckOptions {
    /// Planned changes: Graph requests, terraform show -json, EasyPIM, ARM (repeatable); `-` is stdin
    #[arg(value_name = "CHANGE", required = true)]
    pub(in crate::cli) changes: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) judge: JudgeOptions,
    /// Take the organisation file from the target branch: waivers the change brings do not count
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) config_base: Option<PathBuf>,
    /// End with 3, and judge nothing, when the data is older than this, such as 24h, P7D
    #[arg(long, value_name = "DURATION", value_parser = age)]
    pub(in crate::cli) max_age: Option<IsoDuration>,
    /// End with 1 on this: regression, any, unknown, or new failures of a severity or above
    #[arg(long, value_name = "WHAT", default_value = "regression", value_parser = fail_on_parser())]
    pub(in crate::cli) fail_on: FailOn,
    /// Print what each item was understood to mean
    #[arg(long)]
    pub(in crate::cli) explain_change: bool,
    #[command(flatten)]
    pub(in crate::cli) output: OutputOptions<PrecheckFormat>,
    #[command(flatten)]
    pub(in crate::cli) loudness: Loudness,
}

/// Formats of `precheck`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum PrecheckFormat {
    /// For people at a terminal
    Table,
    /// For programs
    Json,
    /// For a comment on a pull request
    Markdown,
    /// Results with the file and line of the change, for code scanning
    Sarif,
    /// Test cases, for a pipeline
    Junit,
    /// Annotations and a summary of GitHub Actions
    Github,
}

/// What ends a precheck with 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum FailOn {
    /// Something got worse.
    Regression,
    /// Anything is not neutral.
    Any,
    /// Something got worse or is not known.
    Unknown,
    /// Something new fails with this severity or a higher one.
    Severity(Severity),
}

impl fmt::Display for FailOn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Regression => "regression",
            Self::Any => "any",
            Self::Unknown => "unknown",
            Self::Severity(severity) => severity.name(),
        })
    }
}

fn fail_on_parser() -> impl TypedValueParser<Value = FailOn> {
    const WORDS: [(&str, FailOn); 3] =
        [("regression", FailOn::Regression), ("any", FailOn::Any), ("unknown", FailOn::Unknown)];
    or_severity(&WORDS, FailOn::Severity)
}

#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyOptions {
    /// The changes that were applied: Graph requests, terraform show -json, EasyPIM, ARM; `-` is
    /// stdin
    #[arg(value_name = "CHANGE", required = true)]
    pub(in crate::cli) changes: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) source: SourceOptions,
    /// Look as of this time [default: when the data was read]
    #[arg(long, value_name = "RFC3339", value_parser = time)]
    pub(in crate::cli) now: Option<Timestamp>,
    /// End with 3, and compare nothing, when the data is older than this, such as 24h, P7D
    #[arg(long, value_name = "DURATION", value_parser = age)]
    pub(in crate::cli) max_age: Option<IsoDuration>,
    /// End with 3 when something cannot be told, or there is no change at all
    #[arg(long)]
    pub(in crate::cli) strict: bool,
    #[command(flatten)]
    pub(in crate::cli) output: OutputOptions<VerifyFormat>,
    #[command(flatten)]
    pub(in crate::cli) loudness: Loudness,
}

/// Formats of `verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum VerifyFormat {
    /// For people at a terminal
    Table,
    /// For programs
    Json,
    /// For a comment on a pull request
    Markdown,
}
