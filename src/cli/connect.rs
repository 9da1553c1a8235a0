//! From options and environment to a signed-in Graph client.

use super::arguments::{ConnectionOptions, Loudness};
use super::exit::Failure;
use super::interrupt;
use super::output::note;
use super::progress::Progress;
use crate::auth::{self, Environment, Method, Prompt, Secret, Session};
use crate::collect::{self, Order};
use crate::graph::{Client, IN_FLIGHT, Options, Patience};
use crate::model::gap::WRONG_APPLICATION;
use crate::model::{Dataset, Endpoints, IsoDuration, Tenant};
use crate::snapshot::{CollectedBy, Snapshot};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{IsTerminal, Read};
use std::sync::Arc;

/// Variables that sign-in looks at, beside `PIMAUDIT_*`, which clap reads.
const VARIABLES: [&str; 15] = [
    "PIMAUDIT_ACCESS_TOKEN",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "AZURESUBSCRIPTION_CLIENT_ID",
    "AZURESUBSCRIPTION_TENANT_ID",
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
    "SYSTEM_ACCESSTOKEN",
    "SYSTEM_OIDCREQUESTURI",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "IMDS_ENDPOINT",
];

/// One environment variable; blanks alone count as not set.
#[expect(clippy::disallowed_methods, reason = "the command line is where the environment is read")]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// True for an environment variable that is there but says nothing.
pub(super) fn is_empty(name: &OsStr) -> bool {
    let value = std::env::var_os(name);
    value.is_some_and(|value| value.to_str().is_some_and(|text| text.trim().is_empty()))
}

/// The time of the wall clock; the command line's only place that asks for it.
#[expect(clippy::disallowed_methods, reason = "the command line is where the clock is read")]
pub(super) fn wall_clock() -> Timestamp {
    Timestamp::now()
}

/// Runs asynchronous work to its end; a signal ends the program before.
pub(super) fn run<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    interrupt::watch();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::unreachable(format!("cannot start: {error}")))?
        .block_on(work)
}

/// A signed-in client with its progress.
pub(super) struct Live {
    pub(super) client: Client,
    pub(super) session: Session,
    progress: Arc<Progress>,
}

struct Terminal;

impl Prompt for Terminal {
    fn device_code(&self, url: &str, code: &str, minutes: u64, application: &str) {
        note(&format!(
            "To sign in to {application}, open {url} and enter the code {code} (valid {minutes} minutes)."
        ));
    }

    fn browser(&self, url: &str, application: &str) {
        note(&format!(
            "Sign in to {application} in your browser. If none opens, open this address:\n{url}"
        ));
        open_browser(url);
    }
}

/// Asks the desktop to open an address. Without a desktop the printed address is enough.
fn open_browser(url: &str) {
    let (program, before): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(target_os = "windows") {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let quiet = std::process::Stdio::null;
    let _ = std::process::Command::new(program)
        .args(before)
        .arg(url)
        .stdin(quiet())
        .stdout(quiet())
        .stderr(quiet())
        .spawn();
}

/// The endpoints of the chosen cloud with what overrides them.
pub(super) fn endpoints(options: &ConnectionOptions) -> Result<Endpoints, Failure> {
    let mut endpoints = Endpoints::of(options.cloud);
    if let Some(url) = &options.graph_endpoint {
        endpoints =
            endpoints.with_graph(url.clone()).map_err(|error| Failure::usage(error.to_string()))?;
    }
    if let Some(url) = &options.login_endpoint {
        endpoints =
            endpoints.with_login(url.clone()).map_err(|error| Failure::usage(error.to_string()))?;
    }
    Ok(endpoints)
}

/// The permissions an interactive sign-in asks for: exactly what `permissions` lists.
pub(super) fn permissions_for(datasets: &BTreeSet<Dataset>, without: &[String]) -> Vec<String> {
    let wanted: BTreeSet<&str> =
        datasets.iter().map(|dataset| dataset.facts().permission).collect();
    wanted
        .into_iter()
        .filter(|it| !without.iter().any(|declined| declined.eq_ignore_ascii_case(it)))
        .map(str::to_owned)
        .collect()
}

/// Every collection a run reads: what the plan needs and what every snapshot has.
pub(super) fn all_datasets(datasets: &BTreeSet<Dataset>) -> BTreeSet<Dataset> {
    datasets.iter().copied().chain(collect::ALWAYS).collect()
}

impl Live {
    /// Signs in and makes the client.
    pub(super) async fn connect(
        options: &ConnectionOptions,
        datasets: &BTreeSet<Dataset>,
        loudness: Loudness,
    ) -> Result<Self, Failure> {
        let endpoints = endpoints(options)?;
        check_without(&options.without)?;
        let ca = match &options.ca_file {
            Some(path) => Some(std::fs::read(path).map_err(|error| {
                Failure::usage(format!("cannot read {}: {error}", path.display()))
            })?),
            None => None,
        };
        let http =
            auth::http_client(ca.as_deref()).map_err(|error| Failure::usage(error.to_string()))?;
        let request = auth::Request {
            method: options.auth,
            endpoints: endpoints.clone(),
            tenant: options.tenant.clone(),
            client_id: options.client_id.clone(),
            environment: Environment::new(
                VARIABLES.iter().filter_map(|&name| Some((name.to_owned(), variable(name)?))),
            ),
            http: http.clone(),
            delegated_permissions: permissions_for(&all_datasets(datasets), &options.without),
            token_input: token_input(options.auth)?,
            prompt: Arc::new(Terminal),
        };
        let session = auth::sign_in(request).await.map_err(|error| {
            let failure = Failure::unreachable(format!("cannot sign in: {error}"));
            match error.hint() {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        })?;
        let progress = Arc::new(Progress::new(loudness));
        let client = Client::new(Options {
            http,
            endpoint: endpoints.graph.clone(),
            scope: endpoints.graph_scope(),
            credential: Arc::clone(&session.credential),
            in_flight: IN_FLIGHT,
            lanes: collect::LANES,
            patience: Patience::default(),
            observer: Arc::clone(&progress) as _,
        })
        .map_err(|error| Failure::usage(error.to_string()))?;
        if !loudness.quiet {
            let identity = &session.identity;
            let who = identity.name.as_deref().or(identity.application_name.as_deref());
            note(&format!(
                "signed in by {} as {}",
                session.method,
                who.unwrap_or("an unnamed identity")
            ));
            // What somebody set up and what then failed must not hide behind the one that worked.
            for attempt in session.tried.iter().filter(|attempt| attempt.reason.was_set_up()) {
                note(&format!("{} did not work: {}", attempt.method, attempt.reason));
            }
            if identity.known_without_pim() {
                note(WRONG_APPLICATION);
            }
        }
        Ok(Self { client, session, progress })
    }

    /// Reads the collections.
    pub(super) async fn collect(
        &self,
        options: &ConnectionOptions,
        datasets: BTreeSet<Dataset>,
        groups: Vec<String>,
    ) -> Result<Snapshot<'static>, Failure> {
        let identity = &self.session.identity;
        let order = Order {
            tenant: identity.tenant.clone(),
            cloud: options.cloud,
            by: Some(CollectedBy {
                name: identity.name.clone().or_else(|| identity.application_name.clone()),
                application: identity.application_id.clone(),
                auth: Some(self.session.method.to_string()),
                permissions: identity.permissions.clone(),
            }),
            datasets,
            groups,
            without: options.without.clone(),
            without_pim: identity.known_without_pim(),
            beta: !options.no_beta,
            audit_since: options.audit_log.map(since),
            clock: &wall_clock,
        };
        let snapshot = collect::collect(&self.client, &order).await;
        self.progress.finish(&self.client.statistics(), &snapshot);
        Ok(snapshot)
    }
}

/// What may stand in place of a tenant when signing in.
const ANY_TENANT: [&str; 3] = ["organizations", "common", "consumers"];

/// What was signed in to must be of the tenant that --tenant names: a token is of its own tenant,
/// whatever is asked for, and of one that cannot be read only Graph tells which. `called` is the name as
/// the data calls it, where names are replaced.
pub(super) fn must_be_of(
    asked: &str,
    called: Option<&str>,
    tenant: &Tenant,
) -> Result<(), Failure> {
    if may_be_called(tenant, asked, called.unwrap_or(asked)) {
        return Ok(());
    }
    let of = whose(tenant, called.is_some());
    Err(Failure::usage(format!("the sign-in is for {of}, not for {asked}")).hint(
        "give a token of the tenant that --tenant (or PIMAUDIT_TENANT) names, or name its own",
    ))
}

/// Whose the data is, in a refusal. Where names are replaced its own one for the tenant tells nobody
/// anything.
pub(super) fn whose(tenant: &Tenant, replaced: bool) -> String {
    if replaced { "another tenant".to_owned() } else { format!("tenant {}", tenant.id) }
}

/// True where this may be the tenant that is asked for: by its id, one of its domains, or any tenant.
pub(super) fn may_be_called(tenant: &Tenant, asked: &str, called: &str) -> bool {
    let domains = tenant.domains.at_least().map(Vec::as_slice).unwrap_or_default();
    called.eq_ignore_ascii_case(&tenant.id)
        || domains.iter().any(|domain| domain.eq_ignore_ascii_case(called))
        || ANY_TENANT.iter().any(|any| asked.eq_ignore_ascii_case(any))
        // Of a domain nobody knows while the domains were not read.
        || (tenant.domains.gap().is_some() && asked.contains('.'))
}

/// So long before now; the beginning of time where that is longer ago.
pub(super) fn since(age: IsoDuration) -> Timestamp {
    let seconds = i64::try_from(age.seconds()).unwrap_or(i64::MAX);
    let age = SignedDuration::from_secs(seconds);
    wall_clock().checked_sub(age).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A declined permission must be one that something needs, or a typo would decline nothing.
pub(super) fn check_without(without: &[String]) -> Result<(), Failure> {
    let known: BTreeSet<&str> =
        Dataset::ALL.iter().map(|dataset| dataset.facts().permission).collect();
    for name in without {
        if !known.iter().any(|it| it.eq_ignore_ascii_case(name)) {
            let failure =
                Failure::usage(format!("--without {name}: nothing is read with this permission"));
            return Err(match super::exit::nearest(name, known.iter().copied()) {
                Some(near) => failure.hint(format!("did you mean {near}?")),
                None => failure.hint("see `pimaudit permissions`"),
            });
        }
    }
    Ok(())
}

/// An access token from stdin, for `--auth token` when the variable is not set.
fn token_input(method: Method) -> Result<Option<Secret>, Failure> {
    if method != Method::Token || variable("PIMAUDIT_ACCESS_TOKEN").is_some() {
        return Ok(None);
    }
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Err(Failure::usage(
            "--auth token wants the token in PIMAUDIT_ACCESS_TOKEN or on stdin",
        ));
    }
    let mut text = String::new();
    stdin.lock().read_to_string(&mut text)?;
    Ok(Some(Secret::new(text.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Case;
    use crate::model::{Collected, Gap, GapKind};

    #[test]
    fn a_refusal_names_no_pseudonym() {
        let tenant = Case::new().tenant;
        let asked = "fabrikam.example";
        for (called, expected) in [
            (None, format!("the sign-in is for tenant {}, not for {asked}", tenant.id)),
            (Some(asked), format!("the sign-in is for another tenant, not for {asked}")),
            (Some("x.example"), format!("the sign-in is for another tenant, not for {asked}")),
        ] {
            let failure = must_be_of(asked, called, &tenant).unwrap_err();
            assert_eq!(failure.message(), expected, "{called:?}");
        }
    }

    #[test]
    fn what_was_signed_in_to_is_of_the_tenant_asked_for() {
        let case = Case::new();
        let own = case.tenant.id.to_string();
        let other = "7f3a0000-0000-4000-8000-000000000002";
        for (asked, domains_read, expected) in [
            (own.as_str(), true, true),
            (&*own.to_ascii_uppercase(), true, true),
            ("Contoso.example", true, true),
            ("organizations", true, true),
            (other, true, false),
            ("fabrikam.example", true, false),
            ("fabrikam.example", false, true),
            (other, false, false),
        ] {
            let mut case = Case::new();
            if !domains_read {
                let gap = Gap::of(Dataset::Organization, GapKind::PermissionDenied, "403");
                case.tenant.domains = Collected::Missing(gap);
            }
            let found = must_be_of(asked, None, &case.tenant);
            assert_eq!(found.is_ok(), expected, "{asked} {domains_read}");
            if let Err(failure) = found {
                assert!(failure.message().contains(&own) && failure.message().contains(asked));
            }
        }
    }
}
