//! Controls and checks as objectives of the assessment: whether each is satisfied; and the risks.
//!
//! OSCAL knows two states. Satisfied is only what passed, with nothing failed, waived or not
//! assessed beside it; the reason says which of these it was.

use super::Run;
use super::document::{Origin, Prop, props};
use super::observation::observation;
use super::text::{markup, token};
use super::uuid::Uuid;
use crate::model::{Finding, Outcome, Severity, Verdict};
use crate::report::controls::{ControlRow, controls};
use crate::report::model::Judged;
use crate::report::open::open;
use crate::report::words;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// A control of the benchmark, or a check that no control asks for, with its findings.
pub(super) struct Objective<'a> {
    pub(super) name: &'a str,
    /// True for a check without a control.
    pub(super) is_check: bool,
    findings: Vec<&'a Finding>,
}

/// Controls by their ids, then checks without one. A control without any finding is there too.
pub(super) fn objectives(judged: &Judged) -> Vec<Objective<'_>> {
    let mut found: BTreeMap<(bool, &str), Vec<&Finding>> = BTreeMap::new();
    for control in &judged.controls {
        found.entry((false, control.control.as_str())).or_default();
    }
    for finding in &judged.findings {
        for control in &finding.rule.controls {
            found.entry((false, control.as_str())).or_default().push(finding);
        }
        if finding.rule.controls.is_empty() {
            found.entry((true, finding.check)).or_default().push(finding);
        }
    }
    let objective = |((is_check, name), findings)| Objective { name, is_check, findings };
    found.into_iter().map(objective).collect()
}

/// The OSCAL findings of a result, made while they are written.
pub(super) struct Findings<'a> {
    run: Run<'a>,
    objectives: &'a [Objective<'a>],
    rows: BTreeMap<String, ControlRow>,
}

impl<'a> Findings<'a> {
    pub(super) fn of(run: Run<'a>, objectives: &'a [Objective<'a>]) -> Self {
        let rows = controls(run.report, run.judged).into_iter();
        Self { run, objectives, rows: rows.map(|row| (row.control.clone(), row)).collect() }
    }
}

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let of = |objective: &Objective<'_>| {
            OscalFinding::of(self.run, objective, self.rows.get(objective.name))
        };
        serializer.collect_seq(self.objectives.iter().map(of))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct OscalFinding {
    uuid: Uuid,
    title: String,
    description: String,
    props: Vec<Prop>,
    origins: [Origin; 1],
    target: Target,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_observations: Vec<RelatedObservation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_risks: Vec<RelatedRisk>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Target {
    #[serde(rename = "type")]
    kind: &'static str,
    target_id: String,
    title: String,
    status: Status,
}

#[derive(Serialize)]
struct Status {
    state: &'static str,
    reason: &'static str,
    remarks: String,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct RelatedObservation {
    observation_uuid: Uuid,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct RelatedRisk {
    risk_uuid: Uuid,
}

impl OscalFinding {
    fn of(run: Run<'_>, objective: &Objective<'_>, row: Option<&ControlRow>) -> Self {
        let row = row.filter(|_| !objective.is_check);
        let what = if objective.is_check { "check" } else { "control" };
        let tally = Tally::of(&objective.findings);
        let title = match objective.findings.first() {
            Some(finding) if objective.is_check => finding.title,
            Some(_) | None => objective.name,
        };
        let failing = objective.findings.iter().filter(|finding| is_exception(finding));
        let risks: BTreeSet<&str> = failing.map(|finding| finding.check).collect();
        let complete = row.map_or("", |row| if row.complete { "yes" } else { "no" });
        let related =
            |finding: &&Finding| RelatedObservation { observation_uuid: observation(run, finding) };
        Self {
            uuid: run.passing("finding", &[what, objective.name]),
            title: markup(title).into_owned(),
            description: markup(&format!("The {what} {}: {}.", objective.name, tally.in_words()))
                .into_owned(),
            props: props(&[
                (what, objective.name),
                ("level", row.and_then(|row| row.level.as_deref()).unwrap_or_default()),
                ("complete", complete),
            ]),
            origins: [Origin::of(run)],
            target: Target {
                kind: "objective-id",
                target_id: token(objective.name),
                title: markup(objective.name).into_owned(),
                status: tally.status(),
            },
            related_observations: objective.findings.iter().map(related).collect(),
            related_risks: risks
                .into_iter()
                .map(|check| RelatedRisk { risk_uuid: risk(run, check) })
                .collect(),
        }
    }
}

/// How the findings of an objective came out.
#[derive(Default)]
struct Tally {
    passed: usize,
    open: usize,
    waived: usize,
    not_assessed: usize,
    others: usize,
}

impl Tally {
    fn of(findings: &[&Finding]) -> Self {
        let mut tally = Self::default();
        for finding in findings {
            let number = match &finding.outcome {
                Outcome::Judged { verdict: Verdict::Pass, .. } => &mut tally.passed,
                Outcome::Judged { verdict: Verdict::Partial | Verdict::Fail, .. } => {
                    if open(finding).is_some() { &mut tally.open } else { &mut tally.waived }
                }
                Outcome::NotAssessed(_) => &mut tally.not_assessed,
                Outcome::Info(_) | Outcome::NotApplicable { .. } => &mut tally.others,
            };
            *number += 1;
        }
        tally
    }

    fn in_words(&self) -> String {
        format!(
            "{} passed, {} failed or met in part, {} waived, {} not assessed, {} not applicable or \
             information only",
            self.passed, self.open, self.waived, self.not_assessed, self.others
        )
    }

    fn status(&self) -> Status {
        let (state, reason, remarks) = if self.open > 0 {
            ("not-satisfied", "fail", words::count(self.open, "exception"))
        } else if self.not_assessed > 0 {
            let number = words::count(self.not_assessed, "finding");
            ("not-satisfied", "other", format!("not known: {number} could not be assessed"))
        } else if self.waived > 0 {
            let number = words::count(self.waived, "exception");
            ("not-satisfied", "other", format!("{number}, each accepted by a waiver"))
        } else if self.passed > 0 {
            ("satisfied", "pass", format!("{} passed", words::count(self.passed, "subject")))
        } else {
            ("not-satisfied", "other", "not known: nothing was tested".to_owned())
        };
        Status { state, reason, remarks }
    }
}

/// Failed or met in part, waived or not.
fn is_exception(finding: &Finding) -> bool {
    match finding.outcome.verdict() {
        Some(Verdict::Partial | Verdict::Fail) => true,
        Some(Verdict::Pass) | None => false,
    }
}

/// The UUID of a risk, the same in every run as long as its check fails.
fn risk(run: Run<'_>, check: &str) -> Uuid {
    run.lasting("risk", check)
}

/// One risk for every check that failed somewhere.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Risk {
    uuid: Uuid,
    title: String,
    description: String,
    statement: String,
    props: Vec<Prop>,
    status: &'static str,
    origins: [Origin; 1],
    related_observations: Vec<RelatedObservation>,
}

/// The risks of a result. A check whose failures are all waived is an approved deviation.
pub(super) fn risks(run: Run<'_>) -> Vec<Risk> {
    // The findings are sorted by check.
    let checks = run.judged.findings.chunk_by(|one, next| one.check == next.check);
    checks.filter_map(|findings| Risk::of(run, findings)).collect()
}

impl Risk {
    fn of(run: Run<'_>, findings: &[Finding]) -> Option<Self> {
        let failed: Vec<&Finding> = findings.iter().filter(|it| is_exception(it)).collect();
        let first = *failed.first()?;
        let is_open = failed.iter().any(|finding| open(finding).is_some());
        let severity = failed.iter().map(|finding| finding.severity).max();
        let why = run.report.check(first.check).map_or("", |text| text.why.as_str());
        let why = if why.is_empty() { first.rule.because.as_str() } else { why };
        let related =
            |finding: &&Finding| RelatedObservation { observation_uuid: observation(run, finding) };
        Some(Self {
            uuid: risk(run, first.check),
            title: markup(first.title).into_owned(),
            description: markup(&format!(
                "{} in {}.",
                first.title,
                words::count(failed.len(), first.subject.kind.name())
            ))
            .into_owned(),
            statement: markup(why).into_owned(),
            props: props(&[
                ("check", first.check),
                ("severity", severity.map_or("", Severity::name)),
            ]),
            status: if is_open { "open" } else { "deviation-approved" },
            origins: [Origin::of(run)],
            related_observations: failed.iter().map(related).collect(),
        })
    }
}
