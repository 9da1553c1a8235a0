//! `doctor`: signs in and says who, where, what can be read and what could then not be assessed.

use super::arguments::DoctorOptions;
use super::connect::{self, Live, all_datasets, wall_clock};
use super::exit::{Exit, Failure};
use super::load;
use super::output::to_stdout;
use crate::auth::{Identity, IdentityKind};
use crate::baseline::{self, Baseline, bind};
use crate::collect::request_of;
use crate::graph::ErrorKind;
use crate::model::{Collected, Dataset, Sku, licence};
use crate::report::escape;
use crate::resolve::resolve;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

pub(super) fn run(options: DoctorOptions) -> Result<Exit, Failure> {
    let baselines = load::baselines(&options.baseline, None)?;
    let datasets = all_datasets(&baseline::datasets(&baselines));
    let (lines, well) = connect::run(async {
        let live = Live::connect(&options.connection, &datasets, options.loudness).await?;
        let mut lines = Vec::new();
        who(&live, &mut lines);
        tried(&live, &mut lines);
        permissions(&live.session.identity, &datasets, &baselines, &mut lines);
        let well = tenant(&live, &options, &baselines, &mut lines).await?;
        Ok((lines, well))
    })?;
    to_stdout(|out: &mut dyn Write| {
        lines.iter().try_for_each(|line| writeln!(out, "{}", escape::terminal(line)))
    })?;
    Ok(if well { Exit::Done } else { Exit::Unreachable })
}

fn who(live: &Live, lines: &mut Vec<String>) {
    let identity = &live.session.identity;
    let unnamed = "unnamed".to_owned();
    let name = identity.name.as_ref().or(identity.object_id.as_ref()).unwrap_or(&unnamed);
    lines.push(match identity.kind {
        IdentityKind::User => format!("ok       signed in as {name}"),
        IdentityKind::Application => format!("ok       signed in as the application {name}"),
    });
    let application = match (&identity.application_name, &identity.application_id) {
        (Some(name), Some(id)) => format!("{name} ({id})"),
        (Some(name), None) => name.clone(),
        (None, Some(id)) => id.clone(),
        (None, None) => "not named in the token".to_owned(),
    };
    lines.push(format!("ok       by the application {application}, with {}", live.session.method));
    lines.push(if identity.opaque {
        "info     the token cannot be read here; only Graph can tell what it allows".to_owned()
    } else {
        format!("ok       token valid until {}", identity.expires_at)
    });
    if identity.known_without_pim() {
        lines.push(
            "missing  this application may not read Entra PIM; use --auth browser, --auth device-code \
             or an app registration"
                .to_owned(),
        );
    }
}

fn tried(live: &Live, lines: &mut Vec<String>) {
    let set_up = |attempt: &&crate::auth::Attempt| attempt.reason.was_set_up();
    for attempt in live.session.tried.iter().filter(set_up) {
        lines.push(format!("info     {} did not work: {}", attempt.method, attempt.reason));
    }
}

/// What the token's own list of permissions allows, before any request.
fn permissions(
    identity: &Identity,
    datasets: &BTreeSet<Dataset>,
    baselines: &[Baseline],
    lines: &mut Vec<String>,
) {
    if identity.opaque {
        return;
    }
    lines.push(if identity.permissions.is_empty() {
        "missing  the token has no permission for Microsoft Graph".to_owned()
    } else {
        format!("ok       permissions in the token: {}", identity.permissions.join(", "))
    });
    let mut missing: BTreeMap<&str, Vec<Dataset>> = BTreeMap::new();
    for dataset in datasets {
        if !dataset.readable_with(&identity.permissions) {
            missing.entry(dataset.facts().permission).or_default().push(*dataset);
        }
    }
    for (permission, datasets) in missing {
        let checks = checks_reading(baselines, &datasets);
        lines.push(format!(
            "missing  {permission}: without it {} are not read, and {} checks not assessed",
            datasets.iter().map(|it| it.facts().title).collect::<Vec<_>>().join(", "),
            checks
        ));
    }
    let writing: Vec<&str> = identity
        .permissions
        .iter()
        .map(String::as_str)
        .filter(|permission| permission.contains("Write"))
        .collect();
    if !writing.is_empty() {
        lines.push(format!(
            "warning  the token can write ({}); pimaudit never does, a read-only one is safer",
            writing.join(", ")
        ));
    }
}

fn checks_reading(baselines: &[Baseline], datasets: &[Dataset]) -> usize {
    let mut checks = BTreeSet::new();
    for baseline in baselines {
        for bound in bind(baseline).checks {
            let mut reads = bound.check.needs.iter().chain(bound.check.subjects.listed_by());
            if reads.any(|dataset| datasets.contains(dataset)) {
                checks.insert(bound.check.id);
            }
        }
    }
    checks.len()
}

/// Read once to see whether Graph lets us: one collection for each kind of refusal.
const PROBES: [Dataset; 3] =
    [Dataset::RoleAssignments, Dataset::RoleAssignmentScheduleInstances, Dataset::RolePolicies];

/// What Graph itself answers: the tenant, the licence, and whether PIM can be read.
async fn tenant(
    live: &Live,
    options: &DoctorOptions,
    baselines: &[Baseline],
    lines: &mut Vec<String>,
) -> Result<bool, Failure> {
    let snapshot = live
        .collect(
            &options.connection,
            BTreeSet::from([Dataset::Organization, Dataset::SubscribedSkus]),
        )
        .await?;
    let tenant = resolve(&snapshot);
    let cloud = options.connection.cloud;
    let reachable = match tenant.domains.gap() {
        None => {
            lines.push(format!("ok       tenant {} ({}), cloud {cloud}", tenant.name, tenant.id));
            true
        }
        Some(gap) => {
            lines.push(format!("missing  tenant {}, cloud {cloud}: {gap}", tenant.id));
            snapshot.collections.iter().any(|it| !it.missing)
        }
    };
    lines.push(licences(&tenant.licences));
    for dataset in PROBES {
        let facts = dataset.facts();
        let listing = live.client.list(&request_of(dataset)).await;
        let checks = checks_reading(baselines, &[dataset]);
        lines.push(match listing.end {
            Ok(()) => format!("ok       Graph answers for {}: {} rows", facts.title, listing.rows.len()),
            Err(error) if error.kind == ErrorKind::Licence => format!(
                "missing  {}: the tenant has neither Entra ID P2 nor ID Governance; {checks} checks not \
                 assessed",
                facts.title
            ),
            Err(error) => format!(
                "missing  {}: {error}; grant {}; without it {checks} checks are not assessed",
                facts.title, facts.permission
            ),
        });
    }
    lines.push(clock_skew(live));
    Ok(reachable)
}

fn licences(licences: &Collected<Vec<Sku>>) -> String {
    match licences.complete() {
        Err(gap) => format!("missing  licences: {gap}"),
        Ok(skus) => {
            let has = |plan: &str| {
                skus.iter().any(|sku| sku.usable && sku.plans.iter().any(|it| &**it == plan))
            };
            match (has(licence::P2_PLAN), has(licence::GOVERNANCE_PLAN)) {
                (true, true) => "ok       licensed: Entra ID P2 and ID Governance".to_owned(),
                (true, false) => "ok       licensed: Entra ID P2".to_owned(),
                (false, true) => "ok       licensed: ID Governance".to_owned(),
                (false, false) => {
                    "missing  neither Entra ID P2 nor ID Governance: PIM cannot be used".to_owned()
                }
            }
        }
    }
}

/// A clock that is off breaks sign-ins and windows of time.
fn clock_skew(live: &Live) -> String {
    /// Tokens are accepted within five minutes.
    const TOLERATED_SECONDS: i64 = 300;
    let Some(theirs) = live.client.statistics().server_time else {
        return "info     Graph did not tell its time".to_owned();
    };
    let Ok(theirs) = Timestamp::try_from(theirs) else {
        return "info     Graph told a time out of range".to_owned();
    };
    let seconds = wall_clock().duration_since(theirs).as_secs();
    if seconds.abs() > TOLERATED_SECONDS {
        format!("warning  this machine's clock is {seconds} s off Graph's: set it right")
    } else {
        format!("ok       clock within {} s of Graph's", seconds.abs().max(1))
    }
}
