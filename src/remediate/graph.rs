//! Graph requests out of the calls that findings carry: told apart, merged, put in order.

use super::merge::{self, Wanted};
use super::{Choice, RuleKey, Step};
use crate::model::{Dataset, Finding, Severity};
use crate::report::model::{Candidate, Judged};
use crate::snapshot::Snapshot;
use serde::Deserialize;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

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

    /// What makes it the same request; the reason given for it does not count.
    fn whole(&self) -> String {
        let mut body = self.body.clone();
        if let Some(object) = body.as_mut().and_then(Value::as_object_mut) {
            object.remove("justification");
        }
        let body = body.as_ref().map(Value::to_string).unwrap_or_default();
        format!("{} {} {body}", self.method, self.path)
    }

    /// A Conditional Access policy that is made anew begins in report-only mode.
    fn only_reporting(mut self) -> Self {
        if makes_policy(&self.method, &self.path)
            && let Some(state) = self.body.as_mut().and_then(|body| body.get_mut("state"))
            && *state == "enabled"
        {
            *state = Value::from(REPORT_ONLY);
        }
        self
    }

    /// True where it gives something to a principal that is not there.
    fn gives_to(&self, gone: &BTreeSet<&str>) -> bool {
        let text = |name: &str| self.body.as_ref()?.get(name)?.as_str();
        text("action") == Some("adminAssign")
            && text("principalId").is_some_and(|id| gone.contains(id.to_ascii_lowercase().as_str()))
    }
}

const REPORT_ONLY: &str = "enabledForReportingButNotEnforced";

fn makes_policy(method: &str, path: &str) -> bool {
    method == "POST" && path.ends_with("/conditionalAccess/policies")
}

/// Blanks that stand for one role, principal or row of each finding: the same request of two findings
/// becomes two once they are filled in.
const OF_ONE: [&str; 12] = [
    "{role}",
    "{principal}",
    "<id of the holder>",
    "<id of the person>",
    "<id of the member>",
    "<id of the owner>",
    "<id of the nested group>",
    "<id of the group>",
    "<id of the grant>",
    "<id of the delegated grant>",
    "<id of the alert>",
    "<id of the weak review>",
];

/// The principal that a key of a subject names.
fn principal_of(key: &str) -> Option<&str> {
    let rest = key.strip_prefix("principal:").or_else(|| key.strip_prefix("grant:"))?;
    rest.split(':').next().filter(|id| !id.is_empty())
}

/// Ids of principals that are deleted or belong to another tenant.
fn gone(judged: &Judged) -> BTreeSet<&str> {
    let mut gone: BTreeSet<&str> = BTreeSet::new();
    let mut spared: BTreeSet<&str> = BTreeSet::new();
    for finding in &judged.findings {
        let Some(id) = principal_of(&finding.subject.key) else { continue };
        if finding.check == "defunct-principal" {
            let is_absent = finding.outcome.details().is_some_and(|details| {
                details.evidence.iter().any(|it| it.field == "id" && it.value == "not returned")
            });
            if is_absent {
                gone.insert(id);
            } else {
                // It is there, or nobody knows.
                spared.insert(id);
            }
        } else {
            // Who was read has a name.
            let rest = finding.subject.name.strip_prefix(id);
            if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(" as ")) {
                gone.insert(id);
            }
        }
    }
    gone.retain(|id| !spared.contains(id));
    gone
}

/// True where the path or the body of a step that changes no rule names this id.
fn touches(step: &Step<'_>, id: &str) -> bool {
    let body = step.body.as_ref().map(Value::to_string).unwrap_or_default();
    let is_part = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    let names =
        |text: &str| text.split(|it: char| !is_part(it)).any(|part| part.eq_ignore_ascii_case(id));
    !id.is_empty() && step.rule.is_none() && (names(&step.path) || names(&body))
}

/// Why a step waits that touches an account which looks like an undeclared break-glass account.
fn held_back(step: &Step<'_>, candidates: &[Candidate]) -> Vec<String> {
    let touched = candidates.iter().filter(|it| touches(step, &it.principal.text()));
    let said = touched.map(|candidate| {
        format!(
            "<{} looks like an undeclared break-glass account: declare it in pimaudit.yaml>",
            candidate.declared()
        )
    });
    said.collect()
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

/// The steps of the chosen findings in the order in which they should be taken.
pub(super) fn steps<'r>(
    judged: &'r Judged,
    choice: &Choice,
    rules: &LiveRules,
    mailboxes: &[String],
) -> Vec<Step<'r>> {
    let gone = gone(judged);
    let mut chosen: Vec<&'r Finding> =
        judged.findings.iter().filter(|finding| choice.takes(finding)).collect();
    // Stable: findings of one severity stay in their order.
    chosen.sort_by_key(|finding| Reverse(finding.severity));
    let mut of_rules: BTreeMap<(String, u8, String), Step<'r>> = BTreeMap::new();
    let mut others = Others::default();
    for finding in chosen {
        let calls = finding.remediation.iter().flat_map(|mend| &mend.graph);
        for call in calls.filter_map(|text| Call::read(text)) {
            if call.gives_to(&gone) {
                continue;
            }
            match call.rule() {
                Some(key) => {
                    let place = (key.policy.clone(), rank(&key.rule), key.rule.clone());
                    let step =
                        of_rules.entry(place).or_insert_with(|| of_rule(&call, key.clone(), rules));
                    add(step, &call, finding, mailboxes);
                }
                None => others.add(call.only_reporting(), finding),
            }
        }
    }
    // What the rule already asks for is no step.
    let of_rules = of_rules.into_values().filter(|step| step.body != step.live).collect();
    let mut steps = critical_first(of_rules);
    steps.extend(others.steps);
    for step in &mut steps {
        step.held_back = held_back(step, &judged.break_glass);
    }
    let together = together(&steps);
    for place in 0..steps.len() {
        let mut said = preconditions(&steps, place, rules, &gone);
        if let Some(step) = steps.get_mut(place) {
            if step.rule.is_none() {
                said.extend(beside(step, &together));
            }
            step.preconditions = said;
        }
    }
    steps
}

/// The most severe first; what belongs together (a context and the MFA that follows) stays so.
fn critical_first(steps: Vec<Step<'_>>) -> Vec<Step<'_>> {
    let mut units: Vec<(Option<Severity>, Vec<Step<'_>>)> = Vec::new();
    for step in steps {
        let severity = step.severity();
        let follows = |unit: &[Step<'_>]| {
            unit.last().and_then(|last| last.rule.as_ref()).zip(step.rule.as_ref()).is_some_and(
                |(before, key)| {
                    before.policy == key.policy && before.rule == CONTEXT && key.rule == ENABLEMENT
                },
            )
        };
        match units.last_mut() {
            Some((most, unit)) if follows(unit) => {
                *most = severity.max(*most);
                unit.push(step);
            }
            Some(_) | None => units.push((severity, vec![step])),
        }
    }
    units.sort_by_key(|(severity, _)| Reverse(*severity));
    units.into_iter().flat_map(|(_, unit)| unit).collect()
}

/// An authentication context goes right before MFA: Graph refuses a policy that asks for both, and in
/// between it asks for neither.
fn rank(rule: &str) -> u8 {
    match rule {
        CONTEXT => 0,
        ENABLEMENT => 1,
        _ => 2,
    }
}

/// What a request does with access.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Gives,
    Takes,
    Other,
}

fn deed(step: &Step<'_>) -> Deed {
    let body = |name: &str| step.body.as_ref().and_then(|body| body.get(name));
    let action = body("action").and_then(Value::as_str);
    let licences = body("removeLicenses").and_then(Value::as_array);
    if action == Some("adminAssign") || step.path.ends_with("/appRoleAssignments") {
        Deed::Gives
    } else if step.method == "DELETE"
        || action == Some("adminRemove")
        || body("accountEnabled") == Some(&Value::Bool(false))
        || licences.is_some_and(|licences| !licences.is_empty())
    {
        Deed::Takes
    } else {
        Deed::Other
    }
}

type Together<'r> = BTreeMap<(&'r str, &'r str), Vec<(usize, Deed)>>;

/// The numbers of the steps of each finding that change something other than a rule.
fn together<'r>(steps: &[Step<'r>]) -> Together<'r> {
    let mut together = Together::new();
    for (place, step) in steps.iter().enumerate() {
        if step.rule.is_some() || step.method == "GET" {
            continue;
        }
        for &finding in &step.findings {
            let key = (finding.check, &*finding.subject.key);
            together.entry(key).or_default().push((place + 1, deed(step)));
        }
    }
    together
}

/// Findings of a step whose other steps are told.
const TOLD: usize = 3;

/// How the steps of one finding go together: as alternatives, one after the other, or unknown.
fn beside(step: &Step<'_>, together: &Together<'_>) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    if step.method == "GET" {
        return said;
    }
    for finding in step.findings.iter().take(TOLD) {
        let Some(steps) = together.get(&(finding.check, &*finding.subject.key)) else { continue };
        if steps.len() < 2 {
            continue;
        }
        let numbers = |wanted: &[Deed]| {
            let fitting = steps.iter().filter(|(_, deed)| wanted.contains(deed));
            fitting.map(|(number, _)| number.to_string()).collect::<Vec<_>>()
        };
        let gives = numbers(&[Deed::Gives]);
        let takes = numbers(&[Deed::Takes]);
        let all = numbers(&[Deed::Gives, Deed::Takes, Deed::Other]).join(", ");
        let text = if takes.len() == steps.len() {
            format!("alternatives: take one of the steps {all}")
        } else if gives.len() + takes.len() < steps.len() || takes.is_empty() {
            format!("the steps {all} are of one finding: read them all before you take one")
        } else {
            let then = if takes.len() == 1 { "step" } else { "one of the steps" };
            format!("first step {}, then {then} {}", gives.join(" or "), takes.join(", "))
        };
        if !said.contains(&text) {
            said.push(text);
        }
    }
    said
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
        held_back: Vec::new(),
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
    mends(step, finding);
}

/// The finding is one of those that the step mends; calls of one finding come one after the other.
fn mends<'r>(step: &mut Step<'r>, finding: &'r Finding) {
    if !is_last(step, finding) {
        step.findings.push(finding);
    }
}

fn is_last(step: &Step<'_>, finding: &Finding) -> bool {
    step.findings.last().is_some_and(|last| std::ptr::eq(*last, finding))
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
        let whole = call.whole();
        let same = self.known.get(&whole).copied().and_then(|place| self.steps.get_mut(place));
        let is_of_one = call.fill_in.iter().any(|blank| OF_ONE.contains(&blank.as_str()));
        if let Some(step) = same
            && (!is_of_one || is_last(step, finding))
        {
            mends(step, finding);
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
            held_back: Vec::new(),
            findings: vec![finding],
        });
    }
}

/// What must be so before a step, in sentences without a full stop.
fn preconditions(
    steps: &[Step<'_>],
    place: usize,
    rules: &LiveRules,
    gone: &BTreeSet<&str>,
) -> Vec<String> {
    let Some(step) = steps.get(place) else { return Vec::new() };
    let mut said: Vec<String> = Vec::new();
    if let Some(hindrance) = step.hindrance() {
        said.push(hindrance);
    }
    match &step.rule {
        Some(key) => said.extend(before_rule(steps, place, key, rules)),
        None => said.extend(before_request(step, gone)),
    }
    said
}

/// The rule that asks for an authentication context at activation.
pub(super) const CONTEXT: &str = "AuthenticationContext_EndUser_Assignment";
/// The rule that asks for MFA, a justification and a ticket at activation.
pub(super) const ENABLEMENT: &str = "Enablement_EndUser_Assignment";

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

fn before_request(step: &Step<'_>, gone: &BTreeSet<&str>) -> Vec<String> {
    let body = |name: &str| step.body.as_ref().and_then(|body| body.get(name));
    let action = body("action").and_then(Value::as_str);
    let principal = body("principalId").and_then(Value::as_str).map(str::to_ascii_lowercase);
    let is_gone = principal.is_some_and(|id| gone.contains(id.as_str()));
    let said: &[&str] = match (step.method.as_str(), action) {
        ("GET", _) => &["nothing: it only reads"],
        ("DELETE", _) => {
            &["somebody looked whether it is in use: there is no way back but to make it anew"]
        }
        (_, Some("adminRemove")) if is_gone => &[
            "the account was deleted or belongs to another tenant, so that only this is left to do",
        ],
        (_, Some("adminRemove")) => &[
            "it is no break-glass account, declared or not",
            "whoever needs the role is eligible for it, an application has what it needs in its place, \
             and somebody else still holds it",
        ],
        (_, Some("adminAssign" | "adminUpdate")) => {
            &["the settings of the role allow this length; they are mended first"]
        }
        (_, Some(_) | None) if makes_policy(&step.method, &step.path) => &[
            "the break-glass accounts are left out",
            "it only reports (\"state\": \"enabledForReportingButNotEnforced\"), whatever the advice says: \
             a person switches it on once its reports show that nobody is shut out",
        ],
        (_, Some(_) | None) if body("accountEnabled") == Some(&Value::Bool(false)) => &[
            "it is no break-glass account, declared or not",
            "somebody who knows the account agreed",
        ],
        (_, Some(_) | None) if step.path.ends_with("/temporaryAccessPassMethods") => &[
            "somebody who knows the account agreed",
            "the pass is shown once, in the answer: have a safe way to hand it over",
        ],
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
