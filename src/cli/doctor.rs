//! `doctor`: signs in and says who, where, what can be read and what could then not be assessed.

use super::arguments::DoctorOptions;
use super::connect::{self, Live, all_datasets, wall_clock};
use super::exit::{Exit, Failure};
use super::load;
use super::output::to_stdout;
use crate::auth::{Identity, IdentityKind};
use crate::baseline::{self, Baseline, bind};
use crate::collect::request_of;
use crate::graph::{ErrorKind, ReadError};
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
        let read: BTreeSet<Dataset> = datasets
            .iter()
            .copied()
            .filter(|it| it.declined(&options.connection.without, true).is_none())
            .collect();
        permissions(&live.session.identity, &read, &baselines, &mut lines);
        for permission in &options.connection.without {
            lines.push(format!("info     declined with --without: {permission}"));
        }
        // What was found out is told, however it ends.
        let well = tenant(&live, &options, &baselines, &mut lines).await;
        Ok((lines, well))
    })?;
    to_stdout(|out: &mut dyn Write| {
        lines.iter().try_for_each(|line| writeln!(out, "{}", escape::terminal(line)))
    })?;
    Ok(if well? { Exit::Done } else { Exit::Unreachable })
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
            "missing  {permission}: without it {} are not read, and up to {}",
            datasets.iter().map(|it| it.facts().title).collect::<Vec<_>>().join(", "),
            counted(&checks)
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

fn checks_reading(baselines: &[Baseline], datasets: &[Dataset]) -> BTreeSet<&'static str> {
    let mut checks = BTreeSet::new();
    for baseline in baselines {
        for bound in bind(baseline).checks {
            if bound.check.reads().iter().any(|dataset| datasets.contains(dataset)) {
                checks.insert(bound.check.id);
            }
        }
    }
    checks
}

/// Checks named in one line.
const NAMED: usize = 5;

fn counted(checks: &BTreeSet<&str>) -> String {
    let names: Vec<&str> = checks.iter().copied().take(NAMED).collect();
    let noun = if checks.len() == 1 { "check" } else { "checks" };
    let more = match checks.len() - names.len() {
        0 => String::new(),
        more => format!(", +{more} more: see pimaudit permissions"),
    };
    format!("{} {noun} not assessed ({}{more})", checks.len(), names.join(", "))
}

/// Read once to see whether Graph lets us: one short list for each permission that needs no other
/// list first.
const PROBES: [Dataset; 9] = [
    Dataset::RoleAssignments,
    Dataset::RoleAssignmentScheduleInstances,
    Dataset::RoleEligibilityScheduleInstances,
    Dataset::RolePolicies,
    Dataset::OnboardedGroups,
    Dataset::ConditionalAccessPolicies,
    Dataset::PimAlerts,
    Dataset::AccessReviews,
    Dataset::ApplicationGrants,
];

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
            Vec::new(),
        )
        .await?;
    let tenant = resolve(&snapshot, snapshot.collected_at);
    let cloud = options.connection.cloud;
    lines.push(match tenant.domains.gap() {
        None => format!("ok       tenant {} ({}), cloud {cloud}", tenant.name, tenant.id),
        Some(gap) => format!("missing  tenant {}, cloud {cloud}: {gap}", tenant.id),
    });
    if let Some(asked) = &options.connection.tenant {
        connect::must_be_of(asked, None, &tenant)?;
    }
    lines.push(licences(&tenant.licences));
    let mut answered = false;
    let wanted = baseline::datasets(baselines);
    let beta = !options.connection.no_beta;
    let is_tried = |it: &Dataset| wanted.contains(it) && (beta || !it.facts().beta);
    let probes: Vec<Dataset> = PROBES.into_iter().filter(is_tried).collect();
    for dataset in probes.iter().copied() {
        let title = dataset.facts().title;
        let listing = live.client.list(&request_of(dataset)).await;
        lines.push(match listing.end {
            Ok(()) => {
                answered = true;
                format!("ok       Graph answers for {title}: {} rows", listing.rows.len())
            }
            Err(error) => format!(
                "missing  {title}: {error}; {}; up to {}",
                advice(&error, dataset, &live.session.identity.permissions),
                counted(&checks_reading(baselines, &[dataset]))
            ),
        });
    }
    let known = [Dataset::Organization, Dataset::SubscribedSkus];
    let rest = wanted.iter().filter(|it| !probes.contains(it) && !known.contains(it));
    let rest: Vec<&str> = rest.map(|dataset| dataset.facts().title).collect();
    if !rest.is_empty() {
        lines.push(format!("info     not tried here, read during an audit: {}", rest.join(", ")));
    }
    lines.push(clock_skew(live));
    Ok(answered)
}

/// What helps against a refusal, by what the token's own list of permissions says.
fn advice(error: &ReadError, dataset: Dataset, permissions: &[String]) -> String {
    match error.kind {
        ErrorKind::Licence => "the tenant has neither Entra ID P2 nor ID Governance".to_owned(),
        ErrorKind::Permission
            if error.missing_scopes.is_empty() && dataset.readable_with(permissions) =>
        {
            "the token has the permission: the account may lack a directory role such as Global \
             Reader"
                .to_owned()
        }
        ErrorKind::Permission => format!("grant {}", dataset.facts().permission),
        ErrorKind::SignIn => "sign in again".to_owned(),
        ErrorKind::NotFound
        | ErrorKind::Throttled
        | ErrorKind::Server
        | ErrorKind::Transport
        | ErrorKind::BadBody
        | ErrorKind::Paging
        | ErrorKind::Other => "run again; if it stays, run with -v".to_owned(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_to_grant_what_the_token_has() {
        let refused = |kind| ReadError {
            kind,
            path: String::new(),
            status: Some(403),
            code: None,
            message: String::new(),
            request_id: None,
            missing_scopes: Vec::new(),
        };
        let held = ["RoleManagement.Read.Directory".to_owned()];
        for (kind, permissions, expected) in [
            (ErrorKind::Permission, &held[..], "Global Reader"),
            (ErrorKind::Permission, &[], "grant RoleManagementPolicy.Read.Directory"),
            (ErrorKind::Licence, &held[..], "Entra ID P2"),
            (ErrorKind::Transport, &[], "run again"),
        ] {
            let advice = advice(&refused(kind), Dataset::RolePolicies, permissions);
            assert!(advice.contains(expected), "{kind:?}: {advice}");
        }
    }
}
