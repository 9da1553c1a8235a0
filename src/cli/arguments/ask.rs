//! Questions to one reading: who holds what, who can reach it, who activated it, and whom to declare.

use super::output::OutputOptions;
use super::sign_in::{Loudness, SourceOptions};
use super::values::some_age;
use crate::model::IsoDuration;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

pub(super) const INVENTORY: &str = "\
Examples:
  pimaudit inventory --sample
  pimaudit inventory --snapshot contoso.json.gz -o holders.csv
  pimaudit inventory --snapshot contoso.json.gz --review -o review.xlsx";

pub(super) const WHO: &str = "\
Examples:
  pimaudit who \"Global Administrator\" --sample
  pimaudit who \"User Administrator\" --snapshot now.json.gz --format mermaid
  pimaudit who --principal ada@contoso.example --snapshot now.json.gz";

pub(super) const ACTIVATIONS: &str = "\
Examples:
  pimaudit activations --auth device-code
  pimaudit activations --since 7d --role \"Global Administrator\"
  pimaudit activations --snapshot contoso.json.gz -o activations.csv";

pub(super) const INIT: &str = "\
Examples:
  pimaudit init --snapshot contoso.json.gz             writes pimaudit.yaml
  pimaudit init --auth browser -o contoso.yaml";

#[derive(Debug, Args)]
pub(in crate::cli) struct InventoryOptions {
    #[command(flatten)]
    pub(in crate::cli) source: SourceOptions,
    #[command(flatten)]
    pub(in crate::cli) output: OutputOptions<InventoryFormat>,
    /// Add empty columns to review the access in: keep/remove, reason, reviewer, date (csv, xlsx)
    #[arg(long)]
    pub(in crate::cli) review: bool,
    #[command(flatten)]
    pub(in crate::cli) loudness: Loudness,
}

/// Formats of the inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum InventoryFormat {
    /// For people at a terminal
    Table,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
    /// For spreadsheets: a workbook
    Xlsx,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct WhoOptions {
    /// Role or group, by name or id, such as "Global Administrator" or group:IT-Ops
    #[arg(conflicts_with = "principal")]
    pub(in crate::cli) access: Option<String>,
    /// Turned round: everything this principal can reach, by sign-in name, display name or object id
    #[arg(long, value_name = "WHO")]
    pub(in crate::cli) principal: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) source: SourceOptions,
    /// Organisation file [default: ./pimaudit.yaml when it is there]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) output: OutputOptions<WhoFormat>,
    #[command(flatten)]
    pub(in crate::cli) loudness: Loudness,
}

/// Formats of `who`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum WhoFormat {
    /// For people at a terminal
    Table,
    /// For programs
    Json,
    /// A flowchart for wikis and pull requests
    Mermaid,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ActivationsOptions {
    /// How far back, such as 30d or 24h; the log is kept for 30 days, without Entra ID P1 for 7
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = some_age)]
    pub(in crate::cli) since: IsoDuration,
    /// Only this role or group, by name or id; of a role also the groups that lead to it
    #[arg(long, value_name = "ROLE")]
    pub(in crate::cli) role: Option<String>,
    /// Only this principal, by sign-in name, display name or object id
    #[arg(long, value_name = "WHO")]
    pub(in crate::cli) principal: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) source: SourceOptions,
    /// Organisation file, for its break-glass accounts [default: ./pimaudit.yaml when it is there]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) output: OutputOptions<ActivationsFormat>,
    #[command(flatten)]
    pub(in crate::cli) loudness: Loudness,
}

/// Formats of `activations`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ActivationsFormat {
    /// For people at a terminal
    Table,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct InitOptions {
    #[command(flatten)]
    pub(in crate::cli) source: SourceOptions,
    /// The file to write
    #[arg(long, short, value_name = "FILE", default_value = "pimaudit.yaml")]
    pub(in crate::cli) output: PathBuf,
    /// Replace an existing file
    #[arg(long)]
    pub(in crate::cli) force: bool,
    #[command(flatten)]
    pub(in crate::cli) loudness: Loudness,
}
