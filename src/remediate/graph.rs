//! Graph requests out of the calls that findings carry: told apart, merged, put in order.

use super::merge::{self, Wanted};
use super::{RuleKey, Step};
use crate::model::{Dataset, Finding};
use crate::snapshot::Snapshot;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Rules as they were read, by policy and rule.
pub type LiveRules = BTreeMap<RuleKey, Value>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assignment {
    policy_id: String,
    policy: Policy,
}

#[derive(Deserialize)]
struct Policy {
    rules: Vec<Value>,
}

/// The rules of every policy of a snapshot; a row that does not fit has none.
pub fn live_rules(snapshot: &Snapshot<'_>) -> LiveRules {
    let mut rules = LiveRules::new();
    for dataset in [Dataset::RolePolicies, Dataset::GroupPolicies] {
        let rows = snapshot.parts(dataset).flat_map(|part| part.rows.iter());
        for row in rows {
            let Ok(row) = serde_json::from_str::<Assignment>(row.get()) else { continue };
            for rule in row.policy.rules {
                if let Some(id) = rule.get("id").and_then(Value::as_str) {
                    let key = RuleKey { policy: row.policy_id.clone(), rule: id.to_owned() };
                    rules.insert(key, rule);
                }
            }
        }
    }
    rules
}

/// One call as a finding carries it: `METHOD URL {body}`.
struct Call {
    method: String,
    path: String,
    body: Option<Value>,
    /// What a person must put in.
    fill_in: Vec<String>,
}

impl Call {
    fn read(text: &str) -> Option<Self> {
        let (method, rest) = text.split_once(' ')?;
        let (path, body) = match rest.split_once(" {\"") {
            Some((path, body)) => {
                let body = serde_json::from_str(&format!("{{\"{body}")).ok()?;
                (path, Some(body))
            }
            None => (rest, None),
        };
        Some(Self {
            method: method.to_owned(),
            path: path.trim().to_owned(),
            body,
            fill_in: placeholders(text),
        })
    }

    fn rule(&self) -> Option<RuleKey> {
        let rest = self.path.strip_prefix("/v1.0/policies/roleManagementPolicies/")?;
        let (policy, rule) = rest.split_once("/rules/")?;
        (self.method == "PATCH")
            .then(|| RuleKey { policy: policy.to_owned(), rule: rule.to_owned() })
    }
}

/// Names that stand for an id that a finding has not.
const NAMES: [&str; 4] = ["{role}", "{principal}", "{group}", "{policy}"];

/// What stands for something that only a person knows: `<id of the holder>`, `{role}`.
fn placeholders(call: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = call;
    while let Some((_, from)) = rest.split_once('<') {
        let Some((inside, after)) = from.split_once('>') else { break };
        found.push(format!("<{inside}>"));
        rest = after;
    }
    found.extend(NAMES.iter().filter(|name| call.contains(**name)).map(|&name| name.to_owned()));
    found.sort();
    found.dedup();
    found
}

/// The steps of these findings in the order in which they should be taken.
pub(super) fn steps<'r>(
    findings: impl Iterator<Item = &'r Finding>,
    rules: &LiveRules,
    mailboxes: &[String],
) -> Vec<Step<'r>> {
    let mut of_rules: BTreeMap<(String, u8, String), Step<'r>> = BTreeMap::new();
    let mut others = Others::default();
    for finding in findings {
        let calls = finding.remediation.iter().flat_map(|mend| &mend.graph);
        for call in calls.filter_map(|text| Call::read(text)) {
            match call.rule() {
                Some(key) => {
                    let place = (key.policy.clone(), rank(&key.rule), key.rule.clone());
                    let step =
                        of_rules.entry(place).or_insert_with(|| of_rule(&call, key.clone(), rules));
                    add(step, &call, finding, mailboxes);
                }
                None => others.add(call, finding),
            }
        }
    }
    // What the rule already asks for is no step.
    let of_rules = of_rules.into_values().filter(|step| step.body != step.live);
    let mut steps: Vec<Step<'r>> = of_rules.chain(others.steps).collect();
    for place in 0..steps.len() {
        let said = preconditions(&steps, place, rules);
        if let Some(step) = steps.get_mut(place) {
            step.preconditions = said;
        }
    }
    steps
}

/// Authentication contexts go before MFA: Graph refuses a policy that asks for both.
fn rank(rule: &str) -> u8 {
    match rule.split('_').next().unwrap_or_default() {
        "AuthenticationContext" => 0,
        "Enablement" => 1,
        _ => 2,
    }
}

fn of_rule<'r>(call: &Call, key: RuleKey, rules: &LiveRules) -> Step<'r> {
    let live = rules.get(&key).cloned();
    Step {
        method: call.method.clone(),
        path: call.path.clone(),
        body: live.clone(),
        live,
        rule: Some(key),
        preconditions: Vec::new(),
        fill_in: Vec::new(),
        findings: Vec::new(),
    }
}

fn add<'r>(step: &mut Step<'r>, call: &Call, finding: &'r Finding, mailboxes: &[String]) {
    if let Some(template) = &call.body {
        let wanted = Wanted { check: finding.check, template, mailboxes };
        step.body = Some(match &step.body {
            Some(body) => merge::merged(body, &wanted),
            None => template.clone(),
        });
    }
    let body = step.body.as_ref().map(Value::to_string).unwrap_or_default();
    let text = format!("{} {body}", step.path);
    step.fill_in.extend(call.fill_in.iter().cloned());
    step.fill_in.retain(|it| text.contains(it.as_str()));
    step.fill_in.sort();
    step.fill_in.dedup();
    if !step.findings.iter().any(|known| known.fingerprint == finding.fingerprint) {
        step.findings.push(finding);
    }
}

/// Requests that change no rule; the same one for several findings is one step.
#[derive(Default)]
struct Others<'r> {
    steps: Vec<Step<'r>>,
    /// Places by the whole request.
    known: BTreeMap<String, usize>,
}

impl<'r> Others<'r> {
    fn add(&mut self, call: Call, finding: &'r Finding) {
        // What waits for an id may become another request for each finding.
        let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
        let whole = format!("{} {} {body}", call.method, call.path);
        let place = self.known.get(&whole).copied().filter(|_| call.fill_in.is_empty());
        if let Some(place) = place
            && let Some(step) = self.steps.get_mut(place)
        {
            step.findings.push(finding);
            return;
        }
        self.known.insert(whole, self.steps.len());
        self.steps.push(Step {
            method: call.method,
            path: call.path,
            body: call.body,
            rule: None,
            live: None,
            preconditions: Vec::new(),
            fill_in: call.fill_in,
            findings: vec![finding],
        });
    }
}

/// What must be so before a step, in sentences without a full stop.
fn preconditions(steps: &[Step<'_>], place: usize, rules: &LiveRules) -> Vec<String> {
    let Some(step) = steps.get(place) else { return Vec::new() };
    let mut said: Vec<String> = Vec::new();
    if let Some(hindrance) = step.hindrance() {
        said.push(hindrance);
    }
    match &step.rule {
        Some(key) => said.extend(before_rule(steps, place, key, rules)),
        None => said.extend(before_request(step)),
    }
    said
}

const CONTEXT: &str = "AuthenticationContext_EndUser_Assignment";
const ENABLEMENT: &str = "Enablement_EndUser_Assignment";

fn before_rule(steps: &[Step<'_>], place: usize, key: &RuleKey, rules: &LiveRules) -> Vec<String> {
    let mut said = vec!["the live rule is still as it was read (`live`)".to_owned()];
    let number_of = |rule: &str| {
        let is_it = |it: &RuleKey| it.policy == key.policy && it.rule == rule;
        steps.iter().position(|it| it.rule.as_ref().is_some_and(is_it)).map(|place| place + 1)
    };
    let adds_mfa = || {
        steps.get(place).is_some_and(|step| {
            step.changes().iter().any(|change| {
                change.property == "enabledRules"
                    && change.to.to_string().contains("MultiFactorAuthentication")
                    && !change.from.to_string().contains("MultiFactorAuthentication")
            })
        })
    };
    if key.rule == ENABLEMENT && adds_mfa() {
        let context = RuleKey { policy: key.policy.clone(), rule: CONTEXT.to_owned() };
        let is_on = rules.get(&context).is_some_and(|it| it["isEnabled"] == Value::Bool(true));
        match (number_of(CONTEXT), is_on) {
            (Some(number), _) => said.push(format!(
                "step {number} is done: a policy asks for a context or for MFA, never for both"
            )),
            (None, true) => said.push(
                "the authentication context of this policy is off: Graph refuses MFA beside it"
                    .to_owned(),
            ),
            (None, false) => {}
        }
        said.push("everybody who is eligible has registered a method for MFA".to_owned());
    }
    if key.rule == CONTEXT
        && let Some(number) = number_of(ENABLEMENT)
    {
        said.push(format!("step {number} follows at once: in between neither is asked for"));
    }
    if key.rule.starts_with("Approval") {
        said.push("at least two approvers can sign in without the role they approve".to_owned());
    }
    said
}

fn before_request(step: &Step<'_>) -> Vec<String> {
    let action = step.body.as_ref().and_then(|body| body.get("action")).and_then(Value::as_str);
    let said: &[&str] = match (step.method.as_str(), action) {
        ("GET", _) => &["nothing: it only reads"],
        ("DELETE", _) => {
            &["somebody looked whether it is in use: there is no way back but to make it anew"]
        }
        (_, Some("adminRemove")) => &[
            "it is no declared break-glass account",
            "whoever needs the role is eligible for it, and somebody else still holds it",
        ],
        (_, Some("adminAssign" | "adminUpdate")) => {
            &["the settings of the role allow this length; they are mended first"]
        }
        (_, Some(_) | None) if step.path.contains("/conditionalAccess/") => &[
            "the break-glass accounts are left out",
            "it was tried in report-only mode (\"state\": \"enabledForReportingButNotEnforced\")",
        ],
        (_, Some(_) | None) => &["somebody who knows the account or the application agreed"],
    };
    said.iter().map(|&text| text.to_owned()).collect()
}

/// Permissions by what stands in a path; the first that fits.
const PERMISSIONS: [(&str, &str); 18] = [
    ("/roleManagementPolicies/Group_", "RoleManagementPolicy.ReadWrite.AzureADGroup"),
    ("/roleManagementPolicies/", "RoleManagementPolicy.ReadWrite.Directory"),
    ("/roleAssignmentScheduleRequests", "RoleAssignmentSchedule.ReadWrite.Directory"),
    ("/roleEligibilityScheduleRequests", "RoleEligibilitySchedule.ReadWrite.Directory"),
    ("/group/eligibilityScheduleRequests", "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup"),
    ("/group/assignmentScheduleRequests", "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup"),
    ("/conditionalAccess/", "Policy.ReadWrite.ConditionalAccess"),
    ("/accessReviews/", "AccessReview.ReadWrite.All"),
    ("/roleManagementAlerts/", "RoleManagementAlert.ReadWrite.Directory"),
    ("/appRoleAssignments/", "AppRoleAssignment.ReadWrite.All"),
    ("/oauth2PermissionGrants/", "DelegatedPermissionGrant.ReadWrite.All"),
    ("/servicePrincipals/", "Application.ReadWrite.All"),
    ("/authenticationMethodsPolicy/", "Policy.ReadWrite.AuthenticationMethod"),
    ("/authentication/", "UserAuthenticationMethod.ReadWrite.All"),
    ("/assignLicense", "LicenseAssignment.ReadWrite.All"),
    ("/administrativeUnits", "AdministrativeUnit.ReadWrite.All"),
    ("/groups", "Group.ReadWrite.All"),
    ("/users/", "User.ReadWrite.All"),
];

/// The permission that a request takes; `None` where this version does not know.
pub(super) fn permission(path: &str) -> Option<&'static str> {
    PERMISSIONS.iter().find(|(part, _)| path.contains(part)).map(|(_, permission)| *permission)
}
