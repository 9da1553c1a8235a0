//! The store of the history, whose runs in it, and the commands that work on it.

use super::output::OutputOptions;
use super::values::age;
use crate::model::IsoDuration;
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use std::path::PathBuf;

pub(super) const HISTORY: &str = "\
Examples:
  pimaudit audit --store contoso.db                    keeps the run
  pimaudit history list --store contoso.db
  pimaudit history show last --store contoso.db
  pimaudit history trend --since 90d --store contoso.db -o trend.html
  pimaudit history trend --check activation-without-mfa --store contoso.db
  pimaudit history prune --keep 365d --dry-run --store contoso.db
  pimaudit history export 12 --store contoso.db -o run12.json.gz";

/// The store of the history.
#[derive(Debug, Args)]
pub(in crate::cli) struct StoreOptions {
    /// The store of the history, an SQLite file [default: none]
    #[arg(long, value_name = "FILE", env = "PIMAUDIT_STORE", help_heading = "History")]
    pub(in crate::cli) store: Option<PathBuf>,
}

/// Whose runs, in which store.
#[derive(Debug, Args)]
pub(in crate::cli) struct KeptOptions {
    #[command(flatten)]
    pub(in crate::cli) store: StoreOptions,
    /// Whose runs, by tenant id or name, where the store has several tenants
    #[arg(long, value_name = "ID|NAME", help_heading = "History")]
    pub(in crate::cli) tenant: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum HistoryAction {
    /// List every run, the newest last
    List(HistoryListOptions),
    /// One run: where it came from, its scores, its worst findings
    Show(HistoryShowOptions),
    /// Posture, coverage and failures over time
    Trend(HistoryTrendOptions),
    /// Delete old runs
    Prune(HistoryPruneOptions),
    /// Write what was read in a run as a snapshot file
    Export(HistoryExportOptions),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct HistoryListOptions {
    #[command(flatten)]
    pub(in crate::cli) kept: KeptOptions,
    #[command(flatten)]
    pub(in crate::cli) output: OutputOptions<HistoryFormat>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct HistoryShowOptions {
    /// Number, last, last-good, an age such as 7d, or a day such as 2026-11-01
    #[arg(value_name = "RUN", default_value = "last")]
    pub(in crate::cli) run: String,
    #[command(flatten)]
    pub(in crate::cli) kept: KeptOptions,
    #[command(flatten)]
    pub(in crate::cli) output: OutputOptions<HistoryFormat>,
}

/// Formats of `history list` and `history show`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum HistoryFormat {
    /// For people at a terminal
    Table,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct HistoryTrendOptions {
    #[command(flatten)]
    pub(in crate::cli) kept: KeptOptions,
    /// Baseline by id (repeatable) [default: each that a run was judged by]
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) baseline: Vec<String>,
    /// One check only
    #[arg(long, value_name = "ID", conflicts_with = "role")]
    pub(in crate::cli) check: Option<String>,
    /// One role only, by id or name: its open failures
    #[arg(long, value_name = "ROLE")]
    pub(in crate::cli) role: Option<String>,
    /// Leave out runs that are older, such as 90d
    #[arg(long, value_name = "DURATION", value_parser = age)]
    pub(in crate::cli) since: Option<IsoDuration>,
    #[command(flatten)]
    pub(in crate::cli) output: OutputOptions<TrendFormat>,
}

/// Formats of `history trend`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum TrendFormat {
    /// For people at a terminal
    Table,
    /// For programs
    Json,
    /// A page with pictures
    Html,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("kept_runs").required(true).args(["keep", "keep_runs"]))]
pub(in crate::cli) struct HistoryPruneOptions {
    #[command(flatten)]
    pub(in crate::cli) kept: KeptOptions,
    /// Keep runs that are not older, such as 365d
    #[arg(long, value_name = "DURATION", value_parser = age)]
    pub(in crate::cli) keep: Option<IsoDuration>,
    /// Keep so many runs of each tenant, the newest
    #[arg(long, value_name = "N")]
    pub(in crate::cli) keep_runs: Option<usize>,
    /// Delete the newest run of a tenant too, where it is not to be kept
    #[arg(long)]
    pub(in crate::cli) all: bool,
    /// Say what would be deleted, and delete nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct HistoryExportOptions {
    /// Number, last, last-good, an age such as 7d, or a day such as 2026-11-01
    #[arg(value_name = "RUN")]
    pub(in crate::cli) run: String,
    /// The snapshot to write; .gz packs it
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) output: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) kept: KeptOptions,
}
