//! The command line as typed. What it means is worked out by the commands.

use crate::auth::Method;
use crate::baseline::controls::Framework;
use crate::model::{Cloud, IsoDuration, Severity};
use crate::report::format::Format;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use std::path::PathBuf;
use url::Url;

const EXAMPLES: &str = "\
Examples:
  pimaudit audit --sample                          a bundled sample tenant, no sign-in
  pimaudit doctor --auth browser                   who am I, and what may I read
  pimaudit audit --auth device-code                audit the tenant I sign in to
  pimaudit audit -o report.json --fail-on high     for a pipeline
  pimaudit collect -o contoso.json.gz              read now, judge later
  pimaudit audit --snapshot contoso.json.gz --baseline microsoft-secops
  pimaudit who \"Global Administrator\" --sample     every way to a role, weakest first

Exit codes: 0 done, 1 --fail-on was met or verify found something not as planned, 2 usage or input
fault, 3 --min-coverage, --max-age or --strict was missed, 4 sign-in or Graph failed, 130 interrupted.";

const AUDIT: &str = "\
Examples:
  pimaudit audit --sample
  pimaudit audit --auth device-code --save-snapshot contoso.json.gz -o report.json
  pimaudit audit --snapshot contoso.json.gz --baseline scuba-aad --show failed
  pimaudit audit --snapshot contoso.json.gz --baseline all
  pimaudit audit --fail-on high --min-coverage 90      for a pipeline";

const DIFF: &str = "\
Examples:
  pimaudit diff monday.json.gz friday.json.gz
  pimaudit diff old.json new.json --baseline scuba-aad -o diff.md
  pimaudit diff old.json new.json --fail-on regression      for a pipeline
  pimaudit diff --since 7d --store contoso.db -o week.html";

const ACTIVATIONS: &str = "\
Examples:
  pimaudit activations --auth device-code
  pimaudit activations --since 7d --role \"Global Administrator\"
  pimaudit activations --snapshot contoso.json.gz -o activations.csv";

const HISTORY: &str = "\
Examples:
  pimaudit audit --store contoso.db                    keeps the run
  pimaudit history list --store contoso.db
  pimaudit history show last --store contoso.db
  pimaudit history trend --since 90d --store contoso.db -o trend.html
  pimaudit history trend --check activation-without-mfa --store contoso.db
  pimaudit history prune --keep 365d --dry-run --store contoso.db
  pimaudit history export 12 --store contoso.db -o run12.json.gz";

const PRECHECK: &str = "\
Examples:
  pimaudit precheck change.json --sample
  pimaudit precheck plan.json --snapshot contoso.json.gz --max-age 24h --explain-change
  pimaudit precheck - --snapshot contoso.json.gz --config-base base.yaml -o precheck.md
  pimaudit precheck change.json --sample -o github=- -o precheck.sarif -o precheck.junit.xml";

const VERIFY: &str = "\
Ends with 1 where something is not as planned; with --strict, with 3 where something cannot be told.

Examples:
  pimaudit verify plan.json --auth device-code         after somebody applied it
  pimaudit verify change.json --snapshot after.json.gz --strict -o verify.md";

const EVIDENCE: &str = "\
Examples:
  pimaudit evidence --snapshot contoso.json.gz --baseline cis-m365 -o contoso.zip
  pimaudit evidence verify contoso.zip                 ends with 1 where anything does not agree";

const REMEDIATE: &str = "\
Nothing is sent: the files are for people to review and apply.

Examples:
  pimaudit remediate --snapshot contoso.json.gz -o mend
  pimaudit remediate --snapshot contoso.json.gz --check activation-too-long --severity high -o mend";

const REPORT: &str = "\
Examples:
  pimaudit report report.json --show failed
  pimaudit report report.json -o report.md -o report.sarif
  pimaudit report redacted.json --unredact --key key --snapshot contoso.json.gz";

const COLLECT: &str = "\
Examples:
  pimaudit collect -o contoso.json.gz
  pimaudit collect --no-beta --without AuditLog.Read.All -o contoso.json.gz";

const INVENTORY: &str = "\
Examples:
  pimaudit inventory --sample
  pimaudit inventory --snapshot contoso.json.gz -o holders.csv
  pimaudit inventory --snapshot contoso.json.gz --review -o review.xlsx";

const WHO: &str = "\
Examples:
  pimaudit who \"Global Administrator\" --sample
  pimaudit who \"User Administrator\" --snapshot contoso.json.gz --format mermaid
  pimaudit who --principal ada@contoso.example --snapshot contoso.json.gz";

const INIT: &str = "\
Examples:
  pimaudit init --snapshot contoso.json.gz             writes pimaudit.yaml
  pimaudit init --auth browser -o contoso.yaml";

const PERMISSIONS: &str = "\
Examples:
  pimaudit permissions
  pimaudit permissions --baseline scuba-aad --format json
  pimaudit permissions --format az > register.sh       a script that registers a read-only app";

const DOCTOR: &str = "\
Examples:
  pimaudit doctor --auth browser
  pimaudit doctor --auth workload-identity --baseline cis-m365";

/// Audits Microsoft Entra Privileged Identity Management against recommended baselines. Only reads.
#[derive(Debug, Parser)]
#[command(name = "pimaudit", version, after_help = EXAMPLES, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Judge a tenant, live or from a snapshot, and print the report
    #[command(after_help = AUDIT)]
    Audit(Box<AuditOptions>),
    /// Only read a tenant into a snapshot file
    #[command(after_help = COLLECT)]
    Collect(Box<CollectOptions>),
    /// Who holds what: one line a grant
    #[command(after_help = INVENTORY)]
    Inventory(Box<InventoryOptions>),
    /// Who holds a role or can reach it, by path and weakest first; or all that one principal reaches
    #[command(after_help = WHO)]
    Who(Box<WhoOptions>),
    /// Who activated what, when, how long and why, by the audit log; denied and expired requests too
    #[command(after_help = ACTIVATIONS, mut_arg("audit_log", |it| it.hide(true)))]
    Activations(Box<ActivationsOptions>),
    /// What changed between two snapshots, and what that means
    #[command(visible_alias = "drift", after_help = DIFF)]
    Diff(Box<DiffOptions>),
    /// What was kept of earlier runs: list, show, draw over time, delete, export
    #[command(after_help = HISTORY)]
    History {
        #[command(subcommand)]
        action: HistoryAction,
    },
    /// Judge a planned change before anybody applies it: Graph requests, Terraform plans, EasyPIM
    #[command(after_help = PRECHECK, mut_arg("redact", |it| it.hide(true)), mut_arg("key", |it| it.hide(true)))]
    Precheck(Box<PrecheckOptions>),
    /// Tell whether planned changes arrived in the tenant, after somebody applied them
    #[command(after_help = VERIFY, mut_arg("redact", |it| it.hide(true)), mut_arg("key", |it| it.hide(true)))]
    Verify(Box<VerifyOptions>),
    /// Pack what was read, what was judged and by what, so that it can be proven later
    #[command(after_help = EVIDENCE, mut_arg("redact", |it| it.hide(true)), mut_arg("key", |it| it.hide(true)))]
    Evidence(Box<EvidenceOptions>),
    /// Write what mends findings as files to review: Graph requests, PowerShell, Terraform
    #[command(after_help = REMEDIATE, mut_arg("redact", |it| it.hide(true)), mut_arg("key", |it| it.hide(true)))]
    Remediate(Box<RemediateOptions>),
    /// Make any format of a saved report, without judging again
    #[command(after_help = REPORT)]
    Report(Box<SavedReportOptions>),
    /// Write a pimaudit.yaml to start from, with break-glass candidates commented out
    #[command(after_help = INIT)]
    Init(Box<InitOptions>),
    /// The baselines: list them, show one, check your own
    Baseline {
        #[command(subcommand)]
        action: BaselineAction,
    },
    /// List every check
    Checks,
    /// What a check looks at, why the bad state is bad, and how to mend it
    Explain {
        /// Id of the check, as `pimaudit checks` lists it
        check: String,
    },
    /// The least Graph permissions the chosen baselines need
    #[command(after_help = PERMISSIONS)]
    Permissions(PermissionsOptions),
    /// Sign in and say who, where, and what could not be assessed with this token
    #[command(after_help = DOCTOR)]
    Doctor(Box<DoctorOptions>),
    /// Print a completion script for your shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program or of one command
    Man {
        /// The command [default: the program]
        command: Option<String>,
    },
}

/// Where the data comes from and how to sign in.
#[derive(Debug, Args)]
pub(super) struct ConnectionOptions {
    /// Tenant id or domain
    #[arg(long, value_name = "ID|DOMAIN", env = "PIMAUDIT_TENANT", help_heading = "Sign-in")]
    pub(super) tenant: Option<String>,
    /// Application (client) id to sign in with
    #[arg(long, value_name = "ID", env = "PIMAUDIT_CLIENT_ID", help_heading = "Sign-in")]
    pub(super) client_id: Option<String>,
    /// How to sign in
    #[arg(long, value_name = "METHOD", env = "PIMAUDIT_AUTH", default_value = "auto",
          value_parser = method_parser(), help_heading = "Sign-in")]
    pub(super) auth: Method,
    /// Which cloud
    #[arg(long, env = "PIMAUDIT_CLOUD", default_value = "global",
          value_parser = cloud_parser(), help_heading = "Sign-in")]
    pub(super) cloud: Cloud,
    /// Another Graph endpoint: https, or http for loopback alone
    #[arg(long, value_name = "URL", env = "PIMAUDIT_GRAPH_ENDPOINT", help_heading = "Sign-in")]
    pub(super) graph_endpoint: Option<Url>,
    /// Another login endpoint: https, or http for loopback alone
    #[arg(long, value_name = "URL", env = "PIMAUDIT_LOGIN_ENDPOINT", help_heading = "Sign-in")]
    pub(super) login_endpoint: Option<Url>,
    /// Further root certificates to trust, PEM
    #[arg(long, value_name = "PEM", env = "PIMAUDIT_CA_FILE", help_heading = "Sign-in")]
    pub(super) ca_file: Option<PathBuf>,
    /// Read no beta endpoints
    #[arg(long, env = "PIMAUDIT_NO_BETA", value_parser = clap::builder::FalseyValueParser::new(),
          help_heading = "Sign-in")]
    pub(super) no_beta: bool,
    /// Read the audit log of this long before now too, such as 30d: who changed what
    #[arg(long, value_name = "DURATION", env = "PIMAUDIT_AUDIT_LOG", value_parser = age,
          help_heading = "Sign-in")]
    pub(super) audit_log: Option<IsoDuration>,
    /// Decline a permission: what needs it is not assessed (repeatable)
    #[arg(
        long,
        value_name = "PERMISSION",
        env = "PIMAUDIT_WITHOUT",
        value_delimiter = ',',
        help_heading = "Sign-in"
    )]
    pub(super) without: Vec<String>,
}

fn method_parser() -> impl TypedValueParser<Value = Method> {
    PossibleValuesParser::new(Method::ALL.iter().map(|method| method.name()))
        .try_map(|name| name.parse::<Method>())
}

fn cloud_parser() -> impl TypedValueParser<Value = Cloud> {
    PossibleValuesParser::new(Cloud::ALL.iter().map(|cloud| cloud.name()))
        .try_map(|name| name.parse::<Cloud>())
}

fn format_parser() -> impl TypedValueParser<Value = Format> {
    let value = |format: Format| PossibleValue::new(format.name()).help(format.audience());
    PossibleValuesParser::new(Format::ALL.map(value))
        .try_map(|name| Format::named(&name).ok_or("no format of a report"))
}

fn severity_parser() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(["low", "medium", "high", "critical"])
        .try_map(|name| name.parse::<Severity>())
}

/// Where the data comes from.
#[derive(Debug, Args)]
pub(super) struct SourceOptions {
    /// Take a snapshot instead of a live tenant; `-` is stdin, .gz is unpacked
    #[arg(long, value_name = "FILE", conflicts_with = "sample")]
    pub(super) snapshot: Option<PathBuf>,
    /// Judge the bundled sample tenant (Contoso)
    #[arg(long)]
    pub(super) sample: bool,
    #[command(flatten)]
    pub(super) redaction: RedactionOptions,
    #[command(flatten)]
    pub(super) connection: ConnectionOptions,
}

/// Whether names are replaced.
#[derive(Debug, Args)]
pub(super) struct RedactionOptions {
    /// Replace names, ids and free text by pseudonyms that follow from a key; verdicts and score stay
    #[arg(long, requires = "key", help_heading = "Redaction")]
    pub(super) redact: bool,
    /// The key: a file of at least 32 random bytes. Who has it can undo the redaction
    #[arg(long, value_name = "FILE", help_heading = "Redaction")]
    pub(super) key: Option<PathBuf>,
}

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Loudness {
    /// Say nothing on stderr but errors
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// Say more on stderr: every request
    #[arg(long, short, conflicts_with = "quiet")]
    pub(super) verbose: bool,
}

/// What is judged, and by what.
#[derive(Debug, Args)]
pub(super) struct JudgeOptions {
    #[command(flatten)]
    pub(super) source: SourceOptions,
    /// Built-in baseline or YAML file (repeatable, each judged by itself), or all for a matrix of
    /// checks by baselines [default: recommended]
    #[arg(long, value_name = "NAME|FILE|all")]
    pub(super) baseline: Vec<String>,
    /// Label findings with the controls of a wider framework; verdicts stay the same
    #[arg(long, value_enum, value_name = "FRAMEWORK")]
    pub(super) controls: Option<Controls>,
    /// Organisation file [default: ./pimaudit.yaml when it is there]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Judge as of this time [default: when the data was read]
    #[arg(long, value_name = "RFC3339", value_parser = time)]
    pub(super) now: Option<Timestamp>,
    /// Compare role definitions with those of this older snapshot of the tenant
    #[arg(long, value_name = "SNAPSHOT")]
    pub(super) earlier: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct AuditOptions {
    #[command(flatten)]
    pub(super) judge: JudgeOptions,
    #[command(flatten)]
    pub(super) report: ReportOptions,
    /// Keep what was read
    #[arg(long, value_name = "FILE")]
    pub(super) save_snapshot: Option<PathBuf>,
    /// End with 1 when an unwaived failure has this severity or a higher one
    #[arg(long, value_name = "SEVERITY", value_parser = severity_parser())]
    pub(super) fail_on: Option<Severity>,
    /// End with 3 when less than this was assessed
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub(super) min_coverage: Option<f64>,
    /// End with 3 when the data is older than this, such as 24h, P7D
    #[arg(long, value_name = "DURATION", value_parser = age)]
    pub(super) max_age: Option<IsoDuration>,
    #[command(flatten)]
    pub(super) store: StoreOptions,
    #[command(flatten)]
    pub(super) loudness: Loudness,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct EvidenceOptions {
    #[command(subcommand)]
    pub(super) action: Option<EvidenceAction>,
    /// The package to write
    #[arg(long, short, value_name = "FILE.zip", required = true)]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) judge: JudgeOptions,
    #[command(flatten)]
    pub(super) loudness: Loudness,
}

#[derive(Debug, Subcommand)]
pub(super) enum EvidenceAction {
    /// Prove that nothing in a package was changed, and that its findings follow from its snapshot
    Verify {
        /// The package
        #[arg(value_name = "FILE.zip")]
        package: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(super) struct RemediateOptions {
    /// The folder to write into; it is made, or is empty
    #[arg(long, short, value_name = "DIR")]
    pub(super) output: PathBuf,
    /// Only findings of this check (repeatable)
    #[arg(long, value_name = "ID")]
    pub(super) check: Vec<String>,
    /// Only findings on this subject, by its key (repeatable)
    #[arg(long, value_name = "KEY")]
    pub(super) subject: Vec<String>,
    /// Only findings of this severity or a higher one
    #[arg(long, value_name = "SEVERITY", value_parser = severity_parser())]
    pub(super) severity: Option<Severity>,
    #[command(flatten)]
    pub(super) judge: JudgeOptions,
    #[command(flatten)]
    pub(super) loudness: Loudness,
}

/// Where a report goes, and what its table shows.
#[derive(Debug, Args)]
pub(super) struct ReportOptions {
    /// Format of the report on stdout
    #[arg(long, default_value = "table", value_parser = format_parser())]
    pub(super) format: Format,
    /// Write a report to a file, or to stdout with - (repeatable). FORMAT= or the extension tells
    /// its format. With a path that tells no format, --format is used and nothing goes to stdout
    #[arg(long, short, value_name = "[FORMAT=]FILE")]
    pub(super) output: Vec<String>,
    /// Which findings the table lists
    #[arg(long, value_enum)]
    pub(super) show: Option<ShowFindings>,
    /// List what each check cost and what would come back
    #[arg(long)]
    pub(super) explain_score: bool,
}

#[derive(Debug, Args)]
pub(super) struct SavedReportOptions {
    /// A report that `audit -o report.json` wrote; `-` is stdin, .gz is unpacked
    #[arg(value_name = "REPORT.json")]
    pub(super) saved: PathBuf,
    #[command(flatten)]
    pub(super) report: ReportOptions,
    /// Print several baselines as a matrix of checks by baselines
    #[arg(long)]
    pub(super) matrix: bool,
    /// Give the names back in a redacted report
    #[arg(long, requires = "key", requires = "snapshot", help_heading = "Redaction")]
    pub(super) unredact: bool,
    /// The key of the redaction
    #[arg(long, value_name = "FILE", requires = "unredact", help_heading = "Redaction")]
    pub(super) key: Option<PathBuf>,
    /// The snapshot before redaction, which knows the names
    #[arg(long, value_name = "FILE", requires = "unredact", help_heading = "Redaction")]
    pub(super) snapshot: Option<PathBuf>,
    /// The organisation file of the run, for the names it declares
    #[arg(long, value_name = "FILE", requires = "unredact", help_heading = "Redaction")]
    pub(super) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct CollectOptions {
    /// The snapshot to write; .gz packs it
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: PathBuf,
    /// Read only what these baselines need [default: all built-in ones]
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) baseline: Vec<String>,
    /// Organisation file, for the groups it declares [default: ./pimaudit.yaml when it is there]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    #[command(flatten)]
    pub(super) redaction: RedactionOptions,
    #[command(flatten)]
    pub(super) connection: ConnectionOptions,
    #[command(flatten)]
    pub(super) loudness: Loudness,
}

#[derive(Debug, Args)]
pub(super) struct InventoryOptions {
    #[command(flatten)]
    pub(super) source: SourceOptions,
    /// Format on stdout
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: InventoryFormat,
    /// Write to a file, or to stdout with - (repeatable). FORMAT= or the extension tells its
    /// format. With a path that tells no format, --format is used and nothing goes to stdout
    #[arg(long, short, value_name = "[FORMAT=]FILE")]
    pub(super) output: Vec<String>,
    /// Add empty columns to review the access in: keep/remove, reason, reviewer, date (csv, xlsx)
    #[arg(long)]
    pub(super) review: bool,
    #[command(flatten)]
    pub(super) loudness: Loudness,
}

#[derive(Debug, Args)]
pub(super) struct WhoOptions {
    /// Role or group, by name or id, such as "Global Administrator" or group:IT-Ops
    #[arg(conflicts_with = "principal")]
    pub(super) access: Option<String>,
    /// Turned round: everything this principal can reach, by sign-in name, display name or object id
    #[arg(long, value_name = "WHO")]
    pub(super) principal: Option<String>,
    #[command(flatten)]
    pub(super) source: SourceOptions,
    /// Organisation file [default: ./pimaudit.yaml when it is there]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Format on stdout
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: WhoFormat,
    /// Write to a file, or to stdout with - (repeatable). FORMAT= or the extension tells its
    /// format. With a path that tells no format, --format is used and nothing goes to stdout
    #[arg(long, short, value_name = "[FORMAT=]FILE")]
    pub(super) output: Vec<String>,
    #[command(flatten)]
    pub(super) loudness: Loudness,
}

/// The store of the history.
#[derive(Debug, Args)]
pub(super) struct StoreOptions {
    /// The store of the history, an SQLite file [default: none]
    #[arg(long, value_name = "FILE", env = "PIMAUDIT_STORE", help_heading = "History")]
    pub(super) store: Option<PathBuf>,
}

/// Whose runs, in which store.
#[derive(Debug, Args)]
pub(super) struct KeptOptions {
    #[command(flatten)]
    pub(super) store: StoreOptions,
    /// Whose runs, by tenant id or name, where the store has several tenants
    #[arg(long, value_name = "ID|NAME", help_heading = "History")]
    pub(super) tenant: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum HistoryAction {
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
pub(super) struct HistoryListOptions {
    #[command(flatten)]
    pub(super) kept: KeptOptions,
    /// Format on stdout
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: HistoryFormat,
    /// Write to a file, or to stdout with - (repeatable). FORMAT= or the extension tells its format
    #[arg(long, short, value_name = "[FORMAT=]FILE")]
    pub(super) output: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct HistoryShowOptions {
    /// Number, last, last-good, an age such as 7d, or a day such as 2026-11-01
    #[arg(value_name = "RUN", default_value = "last")]
    pub(super) run: String,
    #[command(flatten)]
    pub(super) kept: KeptOptions,
    /// Format on stdout
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: HistoryFormat,
    /// Write to a file, or to stdout with - (repeatable). FORMAT= or the extension tells its format
    #[arg(long, short, value_name = "[FORMAT=]FILE")]
    pub(super) output: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct HistoryTrendOptions {
    #[command(flatten)]
    pub(super) kept: KeptOptions,
    /// Baseline by id (repeatable) [default: each that a run was judged by]
    #[arg(long, value_name = "ID")]
    pub(super) baseline: Vec<String>,
    /// One check only
    #[arg(long, value_name = "ID", conflicts_with = "role")]
    pub(super) check: Option<String>,
    /// One role only, by id or name: its open failures
    #[arg(long, value_name = "ROLE")]
    pub(super) role: Option<String>,
    /// Leave out runs that are older, such as 90d
    #[arg(long, value_name = "DURATION", value_parser = age)]
    pub(super) since: Option<IsoDuration>,
    /// Format on stdout
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: TrendFormat,
    /// Write to a file, or to stdout with - (repeatable). FORMAT= or the extension tells its format
    #[arg(long, short, value_name = "[FORMAT=]FILE")]
    pub(super) output: Vec<String>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("kept_runs").required(true).args(["keep", "keep_runs"]))]
pub(super) struct HistoryPruneOptions {
    #[command(flatten)]
    pub(super) kept: KeptOptions,
    /// Keep runs that are not older, such as 365d
    #[arg(long, value_name = "DURATION", value_parser = age)]
    pub(super) keep: Option<IsoDuration>,
    /// Keep so many runs of each tenant, the newest
    #[arg(long, value_name = "N")]
    pub(super) keep_runs: Option<usize>,
    /// Delete the newest run of a tenant too, where it is not to be kept
    #[arg(long)]
    pub(super) all: bool,
    /// Say what would be deleted, and delete nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct HistoryExportOptions {
    /// Number, last, last-good, an age such as 7d, or a day such as 2026-11-01
    #[arg(value_name = "RUN")]
    pub(super) run: String,
    /// The snapshot to write; .gz packs it
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: PathBuf,
    #[command(flatten)]
    pub(super) kept: KeptOptions,
}

#[derive(Debug, Args)]
pub(super) struct ActivationsOptions {
    /// How far back, such as 30d or 24h; the log is kept for 30 days, without Entra ID P1 for 7
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = age)]
    pub(super) since: IsoDuration,
    /// Only this role or group, by name or id; of a role also the groups that lead to it
    #[arg(long, value_name = "ROLE")]
    pub(super) role: Option<String>,
    /// Only this principal, by sign-in name, display name or object id
    #[arg(long, value_name = "WHO")]
    pub(super) principal: Option<String>,
    #[command(flatten)]
    pub(super) source: SourceOptions,
    /// Organisation file, for its break-glass accounts [default: ./pimaudit.yaml when it is there]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Format on stdout
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: ActivationsFormat,
    /// Write to a file, or to stdout with - (repeatable). FORMAT= or the extension tells its
    /// format. With a path that tells no format, --format is used and nothing goes to stdout
    #[arg(long, short, value_name = "[FORMAT=]FILE")]
    pub(super) output: Vec<String>,
    #[command(flatten)]
    pub(super) loudness: Loudness,
}

#[derive(Debug, Args)]
pub(super) struct InitOptions {
    #[command(flatten)]
    pub(super) source: SourceOptions,
    /// The file to write
    #[arg(long, short, value_name = "FILE", default_value = "pimaudit.yaml")]
    pub(super) output: PathBuf,
    /// Replace an existing file
    #[arg(long)]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) loudness: Loudness,
}

#[derive(Debug, Subcommand)]
pub(super) enum BaselineAction {
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

#[derive(Debug, Args)]
pub(super) struct PermissionsOptions {
    /// For these baselines [default: recommended]
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) baseline: Vec<String>,
    /// How to print them
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: PermissionsFormat,
    /// Tenant for the consent URL
    #[arg(long, value_name = "ID|DOMAIN", env = "PIMAUDIT_TENANT")]
    pub(super) tenant: Option<String>,
    /// Application for the consent URL
    #[arg(long, value_name = "ID", env = "PIMAUDIT_CLIENT_ID")]
    pub(super) client_id: Option<String>,
    /// Which cloud
    #[arg(long, env = "PIMAUDIT_CLOUD", default_value = "global", value_parser = cloud_parser())]
    pub(super) cloud: Cloud,
}

#[derive(Debug, Args)]
pub(super) struct DoctorOptions {
    #[command(flatten)]
    pub(super) connection: ConnectionOptions,
    /// For these baselines [default: recommended]
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) baseline: Vec<String>,
    #[command(flatten)]
    pub(super) loudness: Loudness,
}

/// Frameworks whose controls findings can be labelled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Controls {
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

/// Formats of the inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum InventoryFormat {
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
pub(super) struct DiffOptions {
    /// The older snapshot, `-` is stdin, .gz is unpacked; or a run of the history: its number, last,
    /// last-good, an age such as 7d, a day
    #[arg(value_name = "OLD", required_unless_present = "since")]
    pub(super) old: Option<PathBuf>,
    /// The newer one of the same tenant
    #[arg(value_name = "NEW", required_unless_present = "since")]
    pub(super) new: Option<PathBuf>,
    /// Compare with this run of the history; without a file, the newest run with it
    #[arg(long, value_name = "RUN", conflicts_with = "new")]
    pub(super) since: Option<String>,
    /// Built-in baseline or YAML file (repeatable), or all [default: recommended]
    #[arg(long, value_name = "NAME|FILE|all")]
    pub(super) baseline: Vec<String>,
    /// Organisation file [default: ./pimaudit.yaml when it is there]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Format on stdout
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: DiffFormat,
    /// Write to a file, or to stdout with - (repeatable). FORMAT= or the extension tells its
    /// format. With a path that tells no format, --format is used and nothing goes to stdout
    #[arg(long, short, value_name = "[FORMAT=]FILE")]
    pub(super) output: Vec<String>,
    /// End with 1 when something got worse, when anything changed, or when what got worse fails with
    /// this severity or a higher one
    #[arg(long, value_name = "regression|any|SEVERITY", value_parser = diff_fail_on_parser())]
    pub(super) fail_on: Option<DiffFailOn>,
    #[command(flatten)]
    pub(super) kept: KeptOptions,
    /// Say nothing on stderr but errors and why the run ends with 1
    #[arg(long, short)]
    pub(super) quiet: bool,
}

/// Formats of `activations`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ActivationsFormat {
    /// For people at a terminal
    Table,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
}

/// Formats of `history list` and `history show`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum HistoryFormat {
    /// For people at a terminal
    Table,
    /// For programs
    Json,
}

/// Formats of `history trend`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TrendFormat {
    /// For people at a terminal
    Table,
    /// For programs
    Json,
    /// A page with pictures
    Html,
}

/// Formats of `diff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
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
pub(super) enum DiffFailOn {
    /// A regression, or a new subject that fails.
    Regression,
    /// Anything changed or is judged otherwise.
    Any,
    /// One of these fails now, of this severity or above.
    Severity(Severity),
}

fn diff_fail_on_parser() -> impl TypedValueParser<Value = DiffFailOn> {
    PossibleValuesParser::new(["regression", "any", "low", "medium", "high", "critical"]).try_map(
        |name| match name.as_str() {
            "regression" => Ok(DiffFailOn::Regression),
            "any" => Ok(DiffFailOn::Any),
            severity => severity.parse::<Severity>().map(DiffFailOn::Severity),
        },
    )
}

#[derive(Debug, Args)]
pub(super) struct PrecheckOptions {
    /// Planned changes: Graph requests, terraform show -json, EasyPIM, ARM (repeatable); `-` is stdin
    #[arg(value_name = "CHANGE", required = true)]
    pub(super) changes: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) judge: JudgeOptions,
    /// Take the organisation file from the target branch: waivers the change brings do not count
    #[arg(long, value_name = "FILE")]
    pub(super) config_base: Option<PathBuf>,
    /// End with 3, and judge nothing, when the data is older than this, such as 24h, P7D
    #[arg(long, value_name = "DURATION", value_parser = age)]
    pub(super) max_age: Option<IsoDuration>,
    /// End with 1 on this: regression, any, unknown, or new failures of a severity or above
    #[arg(long, value_name = "WHAT", default_value = "regression", value_parser = fail_on_parser())]
    pub(super) fail_on: FailOn,
    /// Print what each item was understood to mean
    #[arg(long)]
    pub(super) explain_change: bool,
    /// Format on stdout
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: PrecheckFormat,
    /// Write to a file, or to stdout with - (repeatable). FORMAT= or the extension tells its
    /// format. With a path that tells no format, --format is used and nothing goes to stdout
    #[arg(long, short, value_name = "[FORMAT=]FILE")]
    pub(super) output: Vec<String>,
    #[command(flatten)]
    pub(super) loudness: Loudness,
}

/// Formats of `precheck`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PrecheckFormat {
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

#[derive(Debug, Args)]
pub(super) struct VerifyOptions {
    /// The changes that were applied: Graph requests, terraform show -json, EasyPIM; `-` is stdin
    #[arg(value_name = "CHANGE", required = true)]
    pub(super) changes: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) source: SourceOptions,
    /// Look as of this time [default: when the data was read]
    #[arg(long, value_name = "RFC3339", value_parser = time)]
    pub(super) now: Option<Timestamp>,
    /// End with 3, and compare nothing, when the data is older than this, such as 24h, P7D
    #[arg(long, value_name = "DURATION", value_parser = age)]
    pub(super) max_age: Option<IsoDuration>,
    /// End with 3 when something cannot be told
    #[arg(long)]
    pub(super) strict: bool,
    /// Format on stdout
    #[arg(long, value_enum, default_value = "table")]
    pub(super) format: VerifyFormat,
    /// Write to a file, or to stdout with - (repeatable). FORMAT= or the extension tells its
    /// format. With a path that tells no format, --format is used and nothing goes to stdout
    #[arg(long, short, value_name = "[FORMAT=]FILE")]
    pub(super) output: Vec<String>,
    #[command(flatten)]
    pub(super) loudness: Loudness,
}

/// Formats of `verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum VerifyFormat {
    /// For people at a terminal
    Table,
    /// For programs
    Json,
    /// For a comment on a pull request
    Markdown,
}

/// What ends a precheck with 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailOn {
    /// Something got worse.
    Regression,
    /// Anything is not neutral.
    Any,
    /// Something got worse or is not known.
    Unknown,
    /// Something new fails with this severity or a higher one.
    Severity(Severity),
}

impl std::fmt::Display for FailOn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Regression => "regression",
            Self::Any => "any",
            Self::Unknown => "unknown",
            Self::Severity(severity) => severity.name(),
        })
    }
}

fn fail_on_parser() -> impl TypedValueParser<Value = FailOn> {
    let names = ["regression", "any", "unknown", "low", "medium", "high", "critical"];
    PossibleValuesParser::new(names).try_map(|name| match name.as_str() {
        "regression" => Ok(FailOn::Regression),
        "any" => Ok(FailOn::Any),
        "unknown" => Ok(FailOn::Unknown),
        name => name.parse::<Severity>().map(FailOn::Severity),
    })
}

/// Formats of `who`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum WhoFormat {
    /// For people at a terminal
    Table,
    /// For programs
    Json,
    /// A flowchart for wikis and pull requests
    Mermaid,
}

/// Which findings the table lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ShowFindings {
    /// Every failure and every partial
    Failed,
    /// Everything
    All,
    /// What could not be assessed
    NotAssessed,
}

/// Formats of the permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PermissionsFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// The URL an administrator opens to consent
    ConsentUrl,
    /// A script for the Azure CLI that creates a read-only app registration
    Az,
}

fn percent(text: &str) -> Result<f64, String> {
    let number =
        text.trim_end_matches('%').parse::<f64>().map_err(|_| "not a number".to_owned())?;
    if (0.0..=100.0).contains(&number) { Ok(number) } else { Err("between 0 and 100".to_owned()) }
}

fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "not a time such as 2026-11-02T09:00:00Z".to_owned())
}

/// ISO 8601, or the short forms `24h`, `7d`, `90m`.
fn age(text: &str) -> Result<IsoDuration, String> {
    let text = text.trim();
    let short = text.split_at_checked(text.len().saturating_sub(1)).and_then(|(number, unit)| {
        let number: u64 = number.parse().ok()?;
        match unit {
            "h" => Some(format!("PT{number}H")),
            "m" => Some(format!("PT{number}M")),
            "d" => Some(format!("P{number}D")),
            _ => None,
        }
    });
    IsoDuration::parse(short.as_deref().unwrap_or(text))
        .map_err(|error| format!("{error}; write it like 24h, 7d or PT36H"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        super::super::command().debug_assert();
    }

    /// Every example of the help is a command line that is understood.
    #[test]
    fn the_examples_are_understood() {
        use clap::Parser;
        let mut count = 0;
        for text in [
            EXAMPLES,
            AUDIT,
            DIFF,
            ACTIVATIONS,
            HISTORY,
            PRECHECK,
            VERIFY,
            EVIDENCE,
            REMEDIATE,
            REPORT,
            COLLECT,
            INVENTORY,
            WHO,
            INIT,
            PERMISSIONS,
            DOCTOR,
        ] {
            for line in text.lines().filter_map(|line| line.strip_prefix("  pimaudit ")) {
                // What it does stands apart, behind several blanks.
                let line = line.split("   ").next().unwrap().split(" > ").next().unwrap();
                let mut words = vec!["pimaudit".to_owned()];
                for (place, part) in line.split('"').enumerate() {
                    if place % 2 == 1 {
                        words.push(part.to_owned());
                    } else {
                        words.extend(part.split_whitespace().map(str::to_owned));
                    }
                }
                let parsed = Arguments::try_parse_from(&words);
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
                count += 1;
            }
        }
        assert!(count > 20, "{count} examples");
    }

    #[test]
    fn ages_are_iso_or_short() {
        for (text, hours) in [("24h", 24), ("7d", 168), ("PT36H", 36), ("P1D", 24)] {
            assert_eq!(age(text).unwrap().seconds(), hours * 3600, "{text}");
        }
        for text in ["", "h", "soon", "-3h", "é"] {
            assert!(age(text).is_err(), "{text}");
        }
    }
}
