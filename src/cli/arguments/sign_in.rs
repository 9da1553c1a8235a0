//! Where data comes from and how to sign in; the commands that only do that.

use super::values::{age, cloud_parser};
use crate::auth::Method;
use crate::model::{Cloud, IsoDuration};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use url::Url;

pub(super) const COLLECT: &str = "\
Examples:
  pimaudit collect -o contoso.json.gz
  pimaudit collect --no-beta --without AuditLog.Read.All -o contoso.json.gz";

pub(super) const PERMISSIONS: &str = "\
Examples:
  pimaudit permissions
  pimaudit permissions --baseline scuba-aad --format json
  A script that registers a read-only application:
  pimaudit permissions --format az > register.sh";

pub(super) const DOCTOR: &str = "\
Examples:
  pimaudit doctor --auth browser
  pimaudit doctor --auth workload-identity --baseline cis-m365";

/// Where the data comes from and how to sign in.
#[derive(Debug, Args)]
pub(in crate::cli) struct ConnectionOptions {
    /// Tenant id or domain
    #[arg(long, value_name = "ID|DOMAIN", env = "PIMAUDIT_TENANT", help_heading = "Sign-in")]
    pub(in crate::cli) tenant: Option<String>,
    /// Application (client) id to sign in with
    #[arg(long, value_name = "ID", env = "PIMAUDIT_CLIENT_ID", help_heading = "Sign-in")]
    pub(in crate::cli) client_id: Option<String>,
    /// How to sign in
    #[arg(long, value_name = "METHOD", env = "PIMAUDIT_AUTH", default_value = "auto",
          value_parser = method_parser(), help_heading = "Sign-in")]
    pub(in crate::cli) auth: Method,
    /// Which cloud
    #[arg(long, env = "PIMAUDIT_CLOUD", default_value = "global",
          value_parser = cloud_parser(), help_heading = "Sign-in")]
    pub(in crate::cli) cloud: Cloud,
    /// Another Graph endpoint: https, or http for loopback alone
    #[arg(long, value_name = "URL", env = "PIMAUDIT_GRAPH_ENDPOINT", help_heading = "Sign-in")]
    pub(in crate::cli) graph_endpoint: Option<Url>,
    /// Another login endpoint: https, or http for loopback alone
    #[arg(long, value_name = "URL", env = "PIMAUDIT_LOGIN_ENDPOINT", help_heading = "Sign-in")]
    pub(in crate::cli) login_endpoint: Option<Url>,
    /// Further root certificates to trust, PEM
    #[arg(long, value_name = "PEM", env = "PIMAUDIT_CA_FILE", help_heading = "Sign-in")]
    pub(in crate::cli) ca_file: Option<PathBuf>,
    /// Read no beta endpoints
    #[arg(long, env = "PIMAUDIT_NO_BETA", value_parser = clap::builder::FalseyValueParser::new(),
          help_heading = "Sign-in")]
    pub(in crate::cli) no_beta: bool,
    /// Read the audit log of this long before now too, such as 30d: who changed what
    #[arg(long, value_name = "DURATION", env = "PIMAUDIT_AUDIT_LOG", value_parser = age,
          help_heading = "Sign-in")]
    pub(in crate::cli) audit_log: Option<IsoDuration>,
    /// Decline a permission: what needs it is not assessed (repeatable)
    #[arg(
        long,
        value_name = "PERMISSION",
        env = "PIMAUDIT_WITHOUT",
        value_delimiter = ',',
        help_heading = "Sign-in"
    )]
    pub(in crate::cli) without: Vec<String>,
}

fn method_parser() -> impl TypedValueParser<Value = Method> {
    PossibleValuesParser::new(Method::ALL.iter().map(|method| method.name()))
        .try_map(|name| name.parse::<Method>())
}

/// Where the data comes from.
#[derive(Debug, Args)]
pub(in crate::cli) struct SourceOptions {
    /// Take a snapshot instead of a live tenant; `-` is stdin, .gz is unpacked
    #[arg(long, value_name = "FILE", conflicts_with = "sample")]
    pub(in crate::cli) snapshot: Option<PathBuf>,
    /// Judge the bundled sample tenant (Contoso)
    #[arg(long)]
    pub(in crate::cli) sample: bool,
    #[command(flatten)]
    pub(in crate::cli) redaction: RedactionOptions,
    #[command(flatten)]
    pub(in crate::cli) connection: ConnectionOptions,
}

/// Whether names are replaced.
#[derive(Debug, Args)]
pub(in crate::cli) struct RedactionOptions {
    /// Replace names, ids and free text by pseudonyms that follow from a key; verdicts and score stay
    #[arg(long, requires = "key", help_heading = "Redaction")]
    pub(in crate::cli) redact: bool,
    /// The key: a file of at least 32 random bytes. Who has it can undo the redaction
    #[arg(long, value_name = "FILE", help_heading = "Redaction")]
    pub(in crate::cli) key: Option<PathBuf>,
}

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, Args)]
pub(in crate::cli) struct Loudness {
    /// Say nothing on stderr but errors and why the run ends with 1 or 3
    #[arg(long, short)]
    pub(in crate::cli) quiet: bool,
    /// Say more on stderr: every request
    #[arg(long, short, conflicts_with = "quiet")]
    pub(in crate::cli) verbose: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CollectOptions {
    /// The snapshot to write; .gz packs it
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) output: PathBuf,
    /// Read only what these baselines need [default: all built-in ones]
    #[arg(long, value_name = "NAME|FILE")]
    pub(in crate::cli) baseline: Vec<String>,
    /// Organisation file, for the groups it declares [default: ./pimaudit.yaml when it is there]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) redaction: RedactionOptions,
    #[command(flatten)]
    pub(in crate::cli) connection: ConnectionOptions,
    #[command(flatten)]
    pub(in crate::cli) loudness: Loudness,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PermissionsOptions {
    /// For these baselines [default: recommended]
    #[arg(long, value_name = "NAME|FILE")]
    pub(in crate::cli) baseline: Vec<String>,
    /// How to print them
    #[arg(long, value_enum, default_value = "text")]
    pub(in crate::cli) format: PermissionsFormat,
    /// Tenant for the consent URL
    #[arg(long, value_name = "ID|DOMAIN", env = "PIMAUDIT_TENANT")]
    pub(in crate::cli) tenant: Option<String>,
    /// Application for the consent URL
    #[arg(long, value_name = "ID", env = "PIMAUDIT_CLIENT_ID")]
    pub(in crate::cli) client_id: Option<String>,
    /// Which cloud
    #[arg(long, env = "PIMAUDIT_CLOUD", default_value = "global", value_parser = cloud_parser())]
    pub(in crate::cli) cloud: Cloud,
}

/// Formats of the permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum PermissionsFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// The URL an administrator opens to consent
    ConsentUrl,
    /// A script for the Azure CLI that creates a read-only app registration
    Az,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct DoctorOptions {
    #[command(flatten)]
    pub(in crate::cli) connection: ConnectionOptions,
    /// For these baselines [default: recommended]
    #[arg(long, value_name = "NAME|FILE")]
    pub(in crate::cli) baseline: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) loudness: Loudness,
}
