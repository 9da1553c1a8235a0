//! Two readings of one tenant, compared.

use super::history::KeptOptions;
use super::output::OutputOptions;
use super::values::or_severity;
use crate::model::Severity;
use clap::builder::TypedValueParser;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

pub(super) const DIFF: &str = "\
Examples:
  pimaudit diff monday.json.gz friday.json.gz
  pimaudit diff old.json new.json --baseline scuba-aad -o diff.md
  pimaudit diff old.json new.json --fail-on regression      for a pipeline
  pimaudit diff --since 7d --store contoso.db -o week.html";

#[derive(Debug, Args)]
pub(in crate::cli) struct DiffOptions {
    /// The older snapshot, `-` is stdin, .gz is unpacked; or a run of the history: its number, last,
    /// last-good, an age such as 7d, a day
    #[arg(value_name = "OLD", required_unless_present = "since")]
    pub(in crate::cli) old: Option<PathBuf>,
    /// The newer one of the same tenant
    #[arg(value_name = "NEW", required_unless_present = "since")]
    pub(in crate::cli) new: Option<PathBuf>,
    /// Compare with this run of the history; without a file, the newest run with it
    #[arg(long, value_name = "RUN", conflicts_with = "new")]
    pub(in crate::cli) since: Option<String>,
    /// Built-in baseline or YAML file (repeatable), or all [default: recommended]
    #[arg(long, value_name = "NAME|FILE|all")]
    pub(in crate::cli) baseline: Vec<String>,
    /// Organisation file [default: ./pimaudit.yaml when it is there]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) output: OutputOptions<DiffFormat>,
    /// End with 1 when something got worse, when anything changed, or when what got worse fails with
    /// this severity or a higher one
    #[arg(long, value_name = "regression|any|SEVERITY", value_parser = fail_on_parser())]
    pub(in crate::cli) fail_on: Option<DiffFailOn>,
    #[command(flatten)]
    pub(in crate::cli) kept: KeptOptions,
    /// Say nothing on stderr but errors and why the run ends with 1
    #[arg(long, short)]
    pub(in crate::cli) quiet: bool,
}

/// Formats of `diff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum DiffFormat {
    /// For people at a terminal
    Table,
    /// For programs
    Json,
    /// For a chat message or a pull request, short
    Markdown,
    /// A page for the browser: everything, long lists folded
    Html,
}

/// When `diff` ends with 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum DiffFailOn {
    /// A regression, or a new subject that fails.
    Regression,
    /// Anything changed or is judged otherwise.
    Any,
    /// One of these fails now, of this severity or above.
    Severity(Severity),
}

fn fail_on_parser() -> impl TypedValueParser<Value = DiffFailOn> {
    const WORDS: [(&str, DiffFailOn); 2] =
        [("regression", DiffFailOn::Regression), ("any", DiffFailOn::Any)];
    or_severity(&WORDS, DiffFailOn::Severity)
}
