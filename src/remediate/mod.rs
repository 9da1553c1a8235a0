//! What mends chosen findings, as files to review: Graph requests, PowerShell, Terraform.
//!
//! Nothing here is ever sent; what touches an account that may be a break-glass account is not even
//! ready to be sent. A change of a rule is merged with the rule as it was read, and all
//! changes of one rule are one step: two bodies of one rule would undo each other.

mod graph;
mod merge;
mod powershell;
mod readme;
mod terraform;

pub use graph::{LiveRules, live_rules};

use crate::model::{Access, Finding, Severity, Target, Verdict};
use crate::report::Report;
use crate::report::model::Judged;
use serde_json::{Value, json};

/// Schema of the files with requests.
pub const SCHEMA: &str = "pimaudit.remediation/1";

/// Which open findings to mend; what is empty chooses all.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Ids of checks.
    pub checks: Vec<String>,
    /// Keys of subjects.
    pub subjects: Vec<String>,
    /// This shown severity or above.
    pub severity: Option<Severity>,
}

impl Choice {
    /// True for an open finding that is chosen.
    pub fn takes(&self, finding: &Finding) -> bool {
        let any = |list: &[String], text: &str| {
            list.is_empty() || list.iter().any(|it| it.eq_ignore_ascii_case(text))
        };
        let is_open = match finding.outcome.verdict() {
            Some(Verdict::Fail | Verdict::Partial) => finding.waiver.is_none() && !finding.info,
            Some(Verdict::Pass) | None => false,
        };
        is_open
            && any(&self.checks, finding.check)
            && any(&self.subjects, &finding.subject.key)
            && self.severity.is_none_or(|least| finding.severity >= least)
    }
}

/// A rule of a role management policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleKey {
    /// Id of the policy.
    pub policy: String,
    /// Id of the rule, such as `Enablement_EndUser_Assignment`.
    pub rule: String,
}

/// One property of a rule before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its path, such as `setting.isApprovalRequired`.
    pub property: String,
    /// As it was read; null where it was not there.
    pub from: Value,
    /// As it becomes.
    pub to: Value,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Step<'r> {
    /// GET, POST, PATCH or DELETE.
    pub method: String,
    /// Path and query, from the version on.
    pub path: String,
    /// The body, whole.
    pub body: Option<Value>,
    /// The rule it changes.
    pub rule: Option<RuleKey>,
    /// That rule as it was read; `None` where it was not.
    pub live: Option<Value>,
    /// What must be so before.
    pub preconditions: Vec<String>,
    /// What a person must put in, as it stands in path or body.
    pub fill_in: Vec<String>,
    /// Why nobody should send it although it is whole: it touches what may be a break-glass account.
    pub held_back: Vec<String>,
    /// The findings it mends.
    pub findings: Vec<&'r Finding>,
}

impl Step<'_> {
    /// What the body changes of the rule.
    pub fn changes(&self) -> Vec<Change> {
        match (&self.live, &self.body) {
            (Some(live), Some(body)) => merge::changes(live, body),
            (None, Some(_) | None) | (Some(_), None) => Vec::new(),
        }
    }

    /// Why nobody should send it as it is, where there is a reason.
    pub fn hindrance(&self) -> Option<String> {
        let mut reasons = self.held_back.clone();
        if !self.fill_in.is_empty() {
            reasons.push(format!("fill in {}", self.fill_in.join(", ")));
        }
        if !reasons.is_empty() {
            return Some(reasons.join("; "));
        }
        if self.rule.is_some() && self.live.is_none() {
            return Some("the rule was not read: read it and merge by hand".to_owned());
        }
        None
    }

    /// The highest severity among its findings.
    pub fn severity(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// The role, or the members or owners of a group, whose settings it changes.
    pub fn access(&self) -> Option<&Access> {
        self.findings.iter().find_map(|finding| match &finding.subject.target {
            Target::Access(access) => Some(access),
            Target::Tenant
            | Target::ActiveGrant(_)
            | Target::EligibleGrant(_)
            | Target::Principal(_)
            | Target::Alert(_)
            | Target::Dataset { .. } => None,
        })
    }

    /// Name of its file: number, check, subject.
    fn file_name(&self, number: usize, digits: usize) -> String {
        let (check, subject) = match self.findings.first() {
            Some(finding) => (finding.check, file_part(&finding.subject.key)),
            None => ("nothing", String::new()),
        };
        format!("{number:0digits$}-{check}-{subject}.json")
    }
}

/// The steps that mend what is chosen, in the order in which they should be taken. `mailboxes` are
/// those of the security team, where the organisation declares some.
pub fn steps<'r>(
    judged: &'r Judged,
    choice: &Choice,
    rules: &LiveRules,
    mailboxes: &[String],
) -> Vec<Step<'r>> {
    graph::steps(judged, choice, rules, mailboxes)
}

/// Every file by name, sorted: the requests, the script, the Terraform and what to know of them.
pub fn files(report: &Report, judged: &Judged, steps: &[Step<'_>]) -> Vec<(String, String)> {
    let names = names(steps);
    let mut files: Vec<(String, String)> = Vec::with_capacity(steps.len() + 3);
    for (place, (name, step)) in names.iter().zip(steps).enumerate() {
        files.push((name.clone(), request_file(report, step, place + 1, steps.len())));
    }
    files.push(("README.md".to_owned(), readme::text(report, judged, &names, steps)));
    if let Some(text) = terraform::text(steps) {
        files.push(("main.tf".to_owned(), text));
    }
    files.push(("remediate.ps1".to_owned(), powershell::text(report, &names, steps)));
    files.sort();
    files
}

fn names(steps: &[Step<'_>]) -> Vec<String> {
    let digits = steps.len().to_string().len().max(3);
    let numbered = steps.iter().enumerate();
    numbered.map(|(place, step)| step.file_name(place + 1, digits)).collect()
}

/// Longest part of a key in a file name.
const LONGEST_PART: usize = 60;

/// A key as part of a file name: letters, digits, hyphens.
fn file_part(key: &str) -> String {
    let plain = key.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '-' });
    plain.take(LONGEST_PART).collect::<String>().trim_matches('-').to_ascii_lowercase()
}

fn request_file(report: &Report, step: &Step<'_>, number: usize, of: usize) -> String {
    let findings: Vec<Value> = step
        .findings
        .iter()
        .map(|finding| {
            let details = finding.outcome.details();
            json!({
                "check": finding.check,
                "subject": &*finding.subject.key,
                "name": &*finding.subject.name,
                "severity": finding.severity.to_string(),
                "observed": details.map(|it| &*it.observed),
                "expected": details.map(|it| &*it.expected),
                "fingerprint": finding.fingerprint.to_string(),
            })
        })
        .collect();
    let changes: Vec<Value> = step
        .changes()
        .into_iter()
        .map(|change| json!({"property": change.property, "from": change.from, "to": change.to}))
        .collect();
    let file = json!({
        "schema": SCHEMA,
        "step": number,
        "of": of,
        "severity": step.severity().map(Severity::name),
        "tenant": &*report.tenant,
        "cloud": report.cloud.name(),
        "read_at": report.collected.at.to_string(),
        "findings": findings,
        "method": step.method,
        "url": step.path,
        "permission": graph::permission(&step.path),
        "preconditions": step.preconditions,
        "live": step.live,
        "changes": changes,
        "body": step.body,
        "fill_in": step.fill_in,
        "held_back": step.held_back,
    });
    format!("{file:#}\n")
}

#[cfg(test)]
mod tests;
