//! Observations: what one check saw of one subject, and where it was read; and the subjects.

use super::document::{Origin, Prop, props};
use super::text::{markup, string};
use super::uuid::Uuid;
use super::{NAMESPACE, Run};
use crate::model::{Dataset, Evidence, Finding, Outcome, Subject};
use crate::report::flat;
use crate::report::model::Report;
use crate::report::words;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// The key of the tenant as a subject.
const TENANT: &str = "tenant";

/// Every observation of a result, made while it is written.
pub(super) struct Observations<'a>(pub(super) Run<'a>);

impl Serialize for Observations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let run = self.0;
        serializer.collect_seq(run.judged.findings.iter().map(|it| Observation::of(run, it)))
    }
}

/// Every subject of a result but the tenant, each once.
pub(super) struct Subjects<'a>(Run<'a>, BTreeMap<&'a str, &'a Subject>);

impl<'a> Subjects<'a> {
    pub(super) fn of(run: Run<'a>) -> Self {
        let subjects = run.judged.findings.iter().map(|finding| &*finding.subject);
        let others = subjects.filter(|subject| &*subject.key != TENANT);
        Self(run, others.map(|subject| (&*subject.key, subject)).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.1.is_empty()
    }
}

impl Serialize for Subjects<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.1.values().map(|it| InventoryItem::of(self.0, it)))
    }
}

/// The UUID of an observation.
pub(super) fn observation(run: Run<'_>, finding: &Finding) -> Uuid {
    run.passing("observation", &[finding.check, &*finding.subject.key])
}

/// The UUID of a subject, the same in every run on this tenant. Each result describes its subjects
/// itself, and one document must not use a UUID twice.
pub(super) fn subject(run: Run<'_>, key: &str) -> Uuid {
    run.lasting("subject", key)
}

/// The UUID of the tenant as a component.
pub(super) fn tenant(run: Run<'_>) -> Uuid {
    subject(run, TENANT)
}

/// The UUID of the collection that a resource of the back matter describes.
pub(super) fn collection(report: &Report, dataset: &str) -> Uuid {
    Uuid::of(&["collection", &*report.tenant, report.collected.at.to_string().as_str(), dataset])
}

#[derive(Serialize)]
struct InventoryItem {
    uuid: Uuid,
    description: String,
    props: Vec<Prop>,
}

impl InventoryItem {
    fn of(run: Run<'_>, subject: &Subject) -> Self {
        let what = format!("{} {}", subject.kind, subject.name);
        Self {
            uuid: self::subject(run, &subject.key),
            description: markup(&what).into_owned(),
            props: props(&[
                ("subject-key", &*subject.key),
                ("subject-kind", subject.kind.name()),
                ("tier", subject.tier.map_or("", |tier| tier.name())),
            ]),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Observation {
    uuid: Uuid,
    title: String,
    description: String,
    props: Vec<Prop>,
    methods: [&'static str; 1],
    types: [&'static str; 1],
    origins: [Origin; 1],
    subjects: [SubjectReference; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relevant_evidence: Vec<RelevantEvidence>,
    collected: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    remarks: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct SubjectReference {
    subject_uuid: Uuid,
    #[serde(rename = "type")]
    kind: &'static str,
    title: String,
}

#[derive(Serialize)]
struct RelevantEvidence {
    href: String,
    description: String,
}

impl Observation {
    fn of(run: Run<'_>, finding: &Finding) -> Self {
        let subject = &finding.subject;
        let title = format!("{}: {}", finding.title, subject.name);
        let details = finding.outcome.details();
        let evidence = details.map(|it| it.evidence.as_slice()).unwrap_or_default();
        Self {
            uuid: observation(run, finding),
            title: markup(&title).into_owned(),
            description: markup(&said(finding)).into_owned(),
            props: facts(finding),
            methods: ["TEST"],
            types: ["control-objective"],
            origins: [Origin::of(run)],
            subjects: [SubjectReference {
                subject_uuid: self::subject(run, &subject.key),
                kind: if &*subject.key == TENANT { "component" } else { "inventory-item" },
                title: markup(&subject.name).into_owned(),
            }],
            relevant_evidence: evidence.iter().map(|it| shown(run.report, it)).collect(),
            collected: collected(run.report, finding),
            remarks: finding.waiver.as_ref().map(|waiver| {
                let until = waiver.expires;
                markup(&format!("Accepted by {} until {until}: {}", waiver.owner, waiver.reason))
                    .into_owned()
            }),
        }
    }
}

/// What was found, in words. What was not assessed says so first.
fn said(finding: &Finding) -> String {
    match &finding.outcome {
        Outcome::Judged { details, .. } | Outcome::Info(details) => {
            let mut text =
                format!("Observed: {}. Expected: {}.", details.observed, details.expected);
            if !details.notes.is_empty() {
                text.push_str(&format!(" Notes: {}.", details.notes.join(flat::BETWEEN)));
            }
            text
        }
        Outcome::NotApplicable { why } => format!("Not applicable: {why}."),
        Outcome::NotAssessed(gap) => format!("Not assessed: {}.", words::gap(gap)),
    }
}

fn facts(finding: &Finding) -> Vec<Prop> {
    let waiver = finding.waiver.as_deref();
    let mut list = props(&[
        ("check", finding.check),
        ("outcome", finding.outcome.name()),
        ("severity", finding.severity.name()),
        ("fingerprint", finding.fingerprint.to_string().as_str()),
        ("waiver-owner", waiver.map_or("", |it| it.owner.as_str())),
        ("waiver-expires", waiver.map_or_else(String::new, |it| it.expires.to_string()).as_str()),
        ("waiver-ticket", waiver.and_then(|it| it.ticket.as_deref()).unwrap_or_default()),
    ]);
    // A control whose id is no token is another word in the target of its finding.
    let labels = finding.labels.as_deref().unwrap_or_default();
    for control in finding.rule.controls.iter().chain(labels) {
        if let Some(value) = string(control) {
            list.push(Prop { name: "control", ns: NAMESPACE, value });
        }
    }
    list
}

fn shown(report: &Report, evidence: &Evidence) -> RelevantEvidence {
    let request = flat::request(evidence, &report.collected.datasets);
    let text = format!("{request} row {}: {} = {}", evidence.id, evidence.field, evidence.value);
    RelevantEvidence {
        href: format!("#{}", collection(report, evidence.dataset.name())),
        description: markup(&text).into_owned(),
    }
}

/// When the last collection that it rests on was read; when reading began, where that is not known.
fn collected(report: &Report, finding: &Finding) -> Timestamp {
    let evidence = finding.outcome.details().map(|it| it.evidence.as_slice()).unwrap_or_default();
    let read = |dataset: Dataset| {
        let state = report.collected.datasets.iter().find(|state| state.dataset == dataset);
        state.and_then(|state| state.read_at)
    };
    let seen = evidence.iter().filter_map(|it| read(it.dataset)).max();
    let asked = || report.check(finding.check)?.reads.iter().filter_map(|it| read(*it)).max();
    seen.or_else(asked).unwrap_or(report.collected.at)
}
