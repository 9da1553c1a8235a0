//! Scenarios of the fixtures, collected through the real client and judged.

use super::{MockGraph, client};
use pimaudit::assemble::{self, Material};
use pimaudit::baseline::{self, Baseline, builtin, organisation};
use pimaudit::collect::{Order, collect};
use pimaudit::model::{Cloud, Dataset, Finding, Organisation, Outcome};
use pimaudit::report::model::{Judged, Report};
use pimaudit::resolve::resolve;
use pimaudit::snapshot::{CollectedBy, Snapshot, write_bytes};
use std::collections::BTreeSet;

pub(crate) const TENANT: &str = "7f3a0000-0000-4000-8000-000000000001";
pub(crate) const AT: &str = "2026-11-02T09:00:00Z";

pub(crate) fn baselines() -> Vec<Baseline> {
    builtin::names().map(|name| builtin::load(name).unwrap()).collect()
}

pub(crate) fn all_datasets() -> BTreeSet<Dataset> {
    baseline::datasets(&baselines())
}

/// Collects a scenario through the real client, at the fixtures' own time.
pub(crate) async fn collected(mock: &MockGraph) -> Snapshot<'static> {
    collected_with(mock, &[], true).await
}

/// The same with the audit log of the thirty days before.
pub(crate) async fn collected_with_log(mock: &MockGraph) -> Snapshot<'static> {
    collected_since(mock, &[], true, Some("2026-10-03T09:00:00Z")).await
}

pub(crate) async fn collected_with(
    mock: &MockGraph,
    without: &[&str],
    beta: bool,
) -> Snapshot<'static> {
    collected_since(mock, without, beta, None).await
}

async fn collected_since(
    mock: &MockGraph,
    without: &[&str],
    beta: bool,
    since: Option<&str>,
) -> Snapshot<'static> {
    let at = AT.parse().unwrap();
    let order = Order {
        tenant: TENANT.to_owned(),
        cloud: Cloud::Global,
        by: Some(CollectedBy {
            name: Some("auditor@contoso.example".to_owned()),
            application: Some("14d82eec-204b-4c2f-b7e8-296a70dab67e".to_owned()),
            auth: Some("device-code".to_owned()),
            permissions: permissions(),
        }),
        datasets: all_datasets(),
        groups: Vec::new(),
        without: without.iter().map(|&it| it.to_owned()).collect(),
        without_pim: false,
        beta,
        audit_since: since.map(|it| it.parse().unwrap()),
        clock: &move || at,
    };
    collect(&client(mock), &order).await
}

/// Every permission the collections ask for.
fn permissions() -> Vec<String> {
    let asked: BTreeSet<&str> = all_datasets().iter().map(|it| it.facts().permission).collect();
    asked.into_iter().map(str::to_owned).collect()
}

pub(crate) fn text_of(snapshot: &Snapshot<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    write_bytes(snapshot, &mut text).unwrap();
    text
}

/// A scenario judged by the recommended baseline.
pub(crate) async fn report_of(scenarios: &[&str], organisation: &Organisation) -> Report {
    let mock = MockGraph::start(scenarios).await;
    let snapshot = collected(&mock).await;
    mock.assert_all_planned();
    judge(&snapshot, organisation)
}

pub(crate) fn judge(snapshot: &Snapshot<'_>, organisation: &Organisation) -> Report {
    judge_by(&[builtin::load("recommended").unwrap()], snapshot, organisation)
}

pub(crate) fn judge_by(
    baselines: &[Baseline],
    snapshot: &Snapshot<'_>,
    organisation: &Organisation,
) -> Report {
    let tenant = resolve(snapshot, snapshot.collected_at);
    assemble::report(&Material {
        collected: assemble::collection(snapshot),
        tenant: &tenant,
        organisation,
        configuration: None,
        baselines,
        now: snapshot.collected_at,
        labels: &assemble::Labels::new(),
    })
}

pub(crate) fn nobody() -> Organisation {
    Organisation::default()
}

pub(crate) fn declared(accounts: &[&str]) -> Organisation {
    let list = accounts.join(", ");
    let text = format!(
        "format: 1\ntenant: {TENANT}\nbreak_glass: [{list}]\n\
         sensitive_groups: {{ mail: \"group:Exchange Operators\" }}\n"
    );
    organisation::load(&text, "pimaudit.yaml").unwrap().organisation
}

pub(crate) fn only(report: &Report) -> &Judged {
    &report.baselines[0]
}

pub(crate) fn findings<'r>(report: &'r Report, check: &str) -> Vec<&'r Finding> {
    only(report).findings.iter().filter(|finding| finding.check == check).collect()
}

pub(crate) fn outcome<'r>(report: &'r Report, check: &str, subject: &str) -> &'r Outcome {
    let found = findings(report, check);
    let names: Vec<&str> = found.iter().map(|finding| &*finding.subject.key).collect();
    let finding = found.iter().find(|finding| &*finding.subject.key == subject);
    &finding.unwrap_or_else(|| panic!("no {check} on {subject}, but on {names:?}")).outcome
}

pub(crate) fn role(id: &str) -> String {
    format!("role:{id}")
}

pub(crate) const GLOBAL: &str = "62e90394-69f5-4237-9190-012177145e10";
