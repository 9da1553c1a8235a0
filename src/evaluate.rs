//! One tenant under one baseline: subjects, rules, judgements, waivers. Pure: no I/O, no clock.
//!
//! One rule and one subject make exactly one finding; a list of subjects that is not complete makes
//! one more, not assessed.

use crate::baseline::{Baseline, BoundCheck, Rule, bind};
use crate::checks::{self, Check, Subjects};
use crate::facts::{World, tenant_subject};
use crate::model::{
    Access, Approval, Class, Dataset, Expiration, Finding, Fingerprint, Gap, Grant, Organisation,
    Outcome, PrincipalId, Remediation, RoleId, Scope, Subject, Target, Tenant, Tier, Verdict,
    Waiver, WaiverMark, roles,
};
use crate::score::{Row, RowOutcome, Score, score};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What came of judging a tenant by one baseline.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Sorted by check and subject key.
    pub findings: Vec<Finding>,
    /// The score of the findings.
    pub score: Score,
    /// Rules that matched no subject although the lists are complete.
    pub unmatched_rules: Vec<String>,
}

/// Exposure of a policy whose access nobody holds (see `docs/score.md`).
const UNUSED: f64 = 0.25;
/// Exposure of what is held within administrative units or single objects only.
const NARROW: f64 = 0.5;
/// A waiver may run at most this many days from now.
const LONGEST_WAIVER_DAYS: i64 = 365;
/// The check that judges the waivers themselves; it runs last.
const INVALID_WAIVER: &str = "invalid-waiver";

/// Judges the tenant by the baseline as of `now`.
pub fn evaluate(
    tenant: &Tenant,
    organisation: &Organisation,
    baseline: &Baseline,
    now: Timestamp,
) -> Evaluation {
    evaluate_in(&World::new(tenant, organisation, baseline.table.as_ref(), now), baseline)
}

/// The same over a world that was made with the baseline's table. A world takes one evaluation.
pub fn evaluate_in(world: &World<'_>, baseline: &Baseline) -> Evaluation {
    let plan = bind(baseline);
    let mut judge = Judge { world, baseline: &baseline.id, lists: HashMap::new() };
    let mut findings = Vec::new();
    let mut unmatched_rules = Vec::new();
    let (last, first): (Vec<_>, Vec<_>) =
        plan.checks.iter().partition(|bound| bound.check.id == INVALID_WAIVER);
    for bound in first {
        judge.check(bound, &mut findings, &mut unmatched_rules);
    }
    let today = world.now().to_zoned(TimeZone::UTC).date();
    let known: Vec<&str> = plan.checks.iter().map(|bound| bound.check.id).collect();
    world.set_waiver_faults(apply_waivers(world, &known, &mut findings, today));
    for bound in last {
        judge.check(bound, &mut findings, &mut unmatched_rules);
    }
    // Checks and subjects come sorted; a stable sort makes use of that.
    findings.sort_by(|a, b| (a.check, &a.subject.key).cmp(&(b.check, &b.subject.key)));
    let score = score(&score_rows(&findings));
    Evaluation { findings, score, unmatched_rules }
}

struct Judge<'w, 'a> {
    world: &'w World<'a>,
    baseline: &'w str,
    lists: HashMap<Subjects, Arc<List>>,
}

/// The subjects of one kind, and why there may be more.
struct List {
    subjects: Vec<Listed>,
    gaps: Vec<(Dataset, Gap, bool)>,
}

/// A subject with the roles it stands for, which the selectors of the rules ask for.
pub struct Listed {
    /// The subject.
    pub subject: Subject,
    /// Every role it is, is a grant of, or reaches by any way; none for the tenant.
    pub roles: Vec<(RoleId, Tier)>,
}

impl Judge<'_, '_> {
    fn check(
        &mut self,
        bound: &BoundCheck<'_>,
        findings: &mut Vec<Finding>,
        unmatched: &mut Vec<String>,
    ) {
        let kind = bound.check.subjects;
        let world = self.world;
        let list = Arc::clone(self.lists.entry(kind).or_insert_with(|| {
            let mut subjects = subjects_of(world, kind);
            subjects.sort_by(|a, b| a.subject.key.cmp(&b.subject.key));
            Arc::new(List { subjects, gaps: list_gaps(world, kind) })
        }));
        let mut matched = vec![false; bound.rules.len()];
        let mut borrowed: Vec<(&RoleId, Tier)> = Vec::new();
        for Listed { subject, roles } in &list.subjects {
            borrowed.clear();
            borrowed.extend(roles.iter().map(|(id, tier)| (id, *tier)));
            let Some(rule) = bound.rule_for(&borrowed) else { continue };
            if let Some(place) = bound.rules.iter().position(|it| std::ptr::eq(*it, rule)) {
                matched[place] = true;
            }
            findings.push(self.finding(bound, rule, subject.clone()));
        }
        if list.gaps.is_empty() {
            let silent = bound.rules.iter().zip(&matched).filter(|(_, matched)| !**matched);
            // An empty list of grants or people is no typo: only a role that does not exist is.
            if matches!(kind, Subjects::Roles) {
                unmatched.extend(silent.map(|(rule, _)| format!("{} {}", bound.check.id, rule.on)));
            }
        }
        let Some(rule) = bound.rules.first() else { return };
        for (dataset, gap, missing) in &list.gaps {
            findings.push(self.unlisted(bound, rule, *dataset, gap.clone(), *missing));
        }
    }

    fn finding(&self, bound: &BoundCheck<'_>, rule: &Rule, subject: Subject) -> Finding {
        let facts = self.world.facts(&subject, bound.check.needs);
        let judged = (bound.check.judge)(&facts, &rule.expect);
        let outcome = match judged {
            Ok(outcome) if rule.info => outcome.into_info(),
            Ok(outcome) => outcome,
            Err(gap) => Outcome::NotAssessed(gap),
        };
        let remediation = match outcome.verdict() {
            Some(Verdict::Partial | Verdict::Fail) => Some(self.remediation(bound.check, &subject)),
            Some(Verdict::Pass) | None => None,
        };
        Finding {
            check: bound.check.id,
            title: bound.check.title,
            base: bound.base,
            severity: rule.severity.for_tier(subject.tier),
            outcome,
            rule: Arc::clone(&rule.origin),
            waiver: None,
            info: rule.info,
            remediation,
            fingerprint: self.fingerprint(bound.check, &subject),
            subject,
        }
    }

    /// The extra finding of a list that is not complete.
    fn unlisted(
        &self,
        bound: &BoundCheck<'_>,
        rule: &Rule,
        dataset: Dataset,
        gap: Gap,
        missing: bool,
    ) -> Finding {
        let subject = Subject {
            key: format!("dataset:{dataset}").into(),
            kind: bound.check.subjects.kind(),
            name: dataset.facts().title.into(),
            tier: None,
            weight: 1.0,
            target: Target::Dataset { dataset, missing },
        };
        Finding {
            check: bound.check.id,
            title: bound.check.title,
            base: bound.base,
            severity: bound.base,
            outcome: Outcome::NotAssessed(gap),
            rule: Arc::clone(&rule.origin),
            waiver: None,
            // Only a check that merely informs throughout leaves its list out of the score.
            info: bound.rules.iter().all(|rule| rule.info),
            remediation: None,
            fingerprint: self.fingerprint(bound.check, &subject),
            subject,
        }
    }

    fn fingerprint(&self, check: &Check, subject: &Subject) -> Fingerprint {
        let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        for part in [self.baseline, "\n", check.id, "\n", &subject.key] {
            hash.update(part.as_bytes());
        }
        let mut short = [0; 16];
        for (place, byte) in short.iter_mut().zip(hash.finish().as_ref()) {
            *place = *byte;
        }
        Fingerprint(short)
    }

    fn remediation(&self, check: &Check, subject: &Subject) -> Arc<Remediation> {
        let (role, principal) = match &subject.target {
            Target::Access(access) => (Some(access.role().clone()), None),
            Target::ActiveGrant(place) => {
                let grant = active_grant(self.world, *place);
                (Some(grant.access.role().clone()), Some(grant.principal.clone()))
            }
            Target::Principal(principal) => (None, Some(principal.clone())),
            Target::Tenant | Target::Dataset { .. } => (None, None),
        };
        let policy = role.as_ref().and_then(|role| {
            let policies = self.world.tenant().policies.at_least().ok()?;
            policies.get(role)?.as_ref().ok().map(|policy| Arc::clone(&policy.id))
        });
        let fill = |call: &&str| {
            let mut call = (*call).to_owned();
            let values = [
                ("{role}", role.as_ref().map(RoleId::as_str)),
                ("{principal}", principal.as_ref().map(PrincipalId::as_str)),
                ("{policy}", policy.as_deref()),
            ];
            for (place, value) in values {
                if let Some(value) = value {
                    call = call.replace(place, value);
                }
            }
            call
        };
        Arc::new(Remediation {
            portal: check.fix.portal,
            graph: check.fix.graph.iter().map(fill).collect(),
        })
    }
}

fn active_grant<'a>(world: &World<'a>, place: usize) -> &'a Grant {
    &world.tenant().active.at_least().map(Vec::as_slice).unwrap_or_default()[place]
}

/// Every subject of this kind that is known.
pub fn subjects_of(world: &World<'_>, subjects: Subjects) -> Vec<Listed> {
    match subjects {
        Subjects::Tenant => vec![Listed { subject: tenant_subject(), roles: Vec::new() }],
        Subjects::Roles => role_subjects(world),
        Subjects::ActiveGrants => grant_subjects(world),
        Subjects::PrivilegedPrincipals => privileged_principals(world),
        Subjects::GrantedPrincipals => granted_principals(world),
    }
}

fn role_subjects(world: &World<'_>) -> Vec<Listed> {
    let tenant = world.tenant();
    let Ok(roles) = tenant.roles.at_least() else { return Vec::new() };
    let holders_known = tenant.active.gap().is_none() && tenant.eligible.gap().is_none();
    roles
        .values()
        .filter(|role| role.assignable)
        .map(|role| {
            let tier = world.tier(&role.id);
            let mut narrow = true;
            let mut held = false;
            for grant in world.grants_of(&role.id) {
                held = true;
                narrow &= !grant.within.is_tenant();
            }
            let exposure = match (held, narrow) {
                (_, _) if !holders_known => 1.0,
                (false, _) => UNUSED,
                (true, true) => NARROW,
                (true, false) => 1.0,
            };
            let access = Access::DirectoryRole(role.id.clone());
            let subject = Subject {
                key: access.key().into(),
                kind: Subjects::Roles.kind(),
                name: role.name.clone(),
                tier: Some(tier),
                weight: tier.weight() * exposure,
                target: Target::Access(access),
            };
            Listed { subject, roles: vec![(role.id.clone(), tier)] }
        })
        .collect()
}

fn grant_subjects(world: &World<'_>) -> Vec<Listed> {
    let grants = world.tenant().active.at_least().map(Vec::as_slice).unwrap_or_default();
    let mut seen: HashMap<String, usize> = HashMap::new();
    grants
        .iter()
        .enumerate()
        .map(|(place, grant)| {
            let role = grant.access.role();
            let tier = world.tier(role);
            let exposure = if grant.within.is_tenant() { 1.0 } else { NARROW };
            let mut key = grant.key();
            // Several activations of one role can run at once.
            let count = seen.entry(key.clone()).or_insert(0);
            *count += 1;
            if *count > 1 {
                key = format!("{key}:{count}");
            }
            let scope = match &grant.within {
                Scope::Tenant => String::new(),
                Scope::AdministrativeUnit(_) | Scope::Object(_) | Scope::Application(_) => {
                    format!(" within {}", grant.within)
                }
            };
            let subject = Subject {
                key: key.into(),
                kind: Subjects::ActiveGrants.kind(),
                name: format!(
                    "{} as {}{scope}",
                    world.name_of(&grant.principal),
                    world.role(role).name
                )
                .into(),
                tier: Some(tier),
                weight: tier.weight() * exposure,
                target: Target::ActiveGrant(place),
            };
            Listed { subject, roles: vec![(role.clone(), tier)] }
        })
        .collect()
}

/// The word for how a grant is held.
pub const fn hold_name(grant: &Grant) -> &'static str {
    match grant.hold {
        crate::model::Hold::Eligible => "eligible",
        crate::model::Hold::Assigned => "active",
        crate::model::Hold::Activated => "activated",
        crate::model::Hold::ActiveOfUnknownType => "active (type not read)",
    }
}

/// What a principal reaches.
#[derive(Default)]
struct Reached {
    roles: BTreeMap<RoleId, Tier>,
    tenant_wide: bool,
}

impl Reached {
    fn add(&mut self, role: &RoleId, tier: Tier, grant: &Grant) {
        if !self.roles.contains_key(role) {
            self.roles.insert(role.clone(), tier);
        }
        self.tenant_wide |= grant.within.is_tenant();
    }
}

fn privileged_principals(world: &World<'_>) -> Vec<Listed> {
    let mut people: BTreeMap<PrincipalId, Reached> = BTreeMap::new();
    for role in held_roles(world) {
        if !world.matters(&role) {
            continue;
        }
        let tier = world.tier(&role);
        let holders = world.holders(&role, false);
        for (person, paths) in holders.people.iter().chain(&holders.services) {
            for path in paths {
                people.entry(person.clone()).or_default().add(&role, tier, path.grant);
            }
        }
        for grant in world.grants_of(&role) {
            if holders.unresolved.contains(&grant.principal) {
                people.entry(grant.principal.clone()).or_default().add(&role, tier, grant);
            }
        }
    }
    principal_subjects(world, people)
}

fn granted_principals(world: &World<'_>) -> Vec<Listed> {
    let mut holders: BTreeMap<PrincipalId, Reached> = BTreeMap::new();
    for role in held_roles(world) {
        let tier = world.tier(&role);
        for grant in world.grants_of(&role) {
            // Who only activated, out of a group's eligibility, has no grant to tidy up; and starting
            // or ending an activation may move no score.
            if grant.class() != Class::Activated {
                holders.entry(grant.principal.clone()).or_default().add(&role, tier, grant);
            }
        }
    }
    principal_subjects(world, holders)
}

fn held_roles(world: &World<'_>) -> std::collections::BTreeSet<RoleId> {
    let tenant = world.tenant();
    let active = tenant.active.at_least().map(Vec::as_slice).unwrap_or_default();
    let eligible = tenant.eligible.at_least().map(Vec::as_slice).unwrap_or_default();
    active.iter().chain(eligible).map(|grant| grant.access.role().clone()).collect()
}

fn principal_subjects(
    world: &World<'_>,
    principals: BTreeMap<PrincipalId, Reached>,
) -> Vec<Listed> {
    principals
        .into_iter()
        .map(|(id, reached)| {
            let exposure = if reached.tenant_wide { 1.0 } else { NARROW };
            let tier = reached.roles.values().max().copied();
            let subject = Subject {
                key: format!("principal:{id}").into(),
                kind: Subjects::GrantedPrincipals.kind(),
                name: world.name_of(&id),
                tier,
                weight: tier.map_or(1.0, Tier::weight) * exposure,
                target: Target::Principal(id),
            };
            Listed { subject, roles: reached.roles.into_iter().collect() }
        })
        .collect()
}

/// The lists of these subjects that are not complete: which, why, and whether nothing is known.
pub fn list_gaps(world: &World<'_>, subjects: Subjects) -> Vec<(Dataset, Gap, bool)> {
    let tenant = world.tenant();
    let mut gaps: Vec<(Dataset, Gap, bool)> = Vec::new();
    let mut add = |fallback: Dataset, gap: Option<&Gap>, missing: bool| {
        if let Some(gap) = gap {
            let dataset = gap.dataset.unwrap_or(fallback);
            if !gaps.iter().any(|(known, ..)| *known == dataset) {
                gaps.push((dataset, gap.clone(), missing));
            }
        }
    };
    match subjects {
        Subjects::Tenant => {}
        Subjects::Roles => {
            add(Dataset::RoleDefinitions, tenant.roles.gap(), tenant.roles.is_missing());
        }
        Subjects::ActiveGrants => {
            let missing = tenant.active.is_missing() || tenant.assignments_missing;
            add(Dataset::RoleAssignments, tenant.active.gap(), missing);
        }
        Subjects::PrivilegedPrincipals | Subjects::GrantedPrincipals => {
            let missing = tenant.active.is_missing() || tenant.assignments_missing;
            add(Dataset::RoleAssignments, tenant.active.gap(), missing);
            let missing = tenant.eligible.is_missing();
            add(Dataset::RoleEligibilityScheduleInstances, tenant.eligible.gap(), missing);
        }
    }
    if matches!(subjects, Subjects::PrivilegedPrincipals) {
        let mut further: Vec<Gap> = tenant.principals.gap().cloned().into_iter().collect();
        for role in held_roles(world) {
            if world.matters(&role) {
                further.extend(world.holders(&role, false).gaps.iter().cloned());
            }
        }
        further.sort();
        for gap in &further {
            // Without any members, or any principals, nobody knows how many people are hidden.
            let missing = match gap.dataset {
                Some(Dataset::GroupMembers) => tenant.members.is_missing(),
                Some(Dataset::Principals) => tenant.principals.is_missing(),
                _ => false,
            };
            add(Dataset::GroupMembers, Some(gap), missing);
        }
    }
    gaps
}

/// Marks what the waivers accept, and tells their faults.
fn apply_waivers(
    world: &World<'_>,
    checks_of_baseline: &[&str],
    findings: &mut [Finding],
    today: Date,
) -> Vec<String> {
    let mut faults = Vec::new();
    for waiver in &world.organisation().waivers {
        let subject = subject_key(world, &waiver.subject);
        let name = format!("{} on {} (line {})", waiver.check, waiver.subject, waiver.line);
        let mark = match valid_mark(waiver, today) {
            Ok(mark) => mark,
            Err(cause) => {
                faults.push(format!("{name}: {cause}"));
                continue;
            }
        };
        // A waiver for a check of another baseline says nothing about this one.
        if !checks_of_baseline.contains(&waiver.check.as_str()) {
            continue;
        }
        let mut matched = false;
        for finding in findings.iter_mut() {
            if finding.check == waiver.check && *finding.subject.key == *subject {
                matched = true;
                if matches!(finding.outcome.verdict(), Some(Verdict::Partial | Verdict::Fail)) {
                    finding.waiver = Some(Arc::clone(&mark));
                }
            }
        }
        if !matched {
            faults.push(format!("{name}: it matches no finding"));
        }
    }
    faults
}

/// The key a waiver means: people may write a role's or a person's name where the key has an id.
fn subject_key(world: &World<'_>, written: &str) -> String {
    let written = written.trim().to_ascii_lowercase();
    if let Some(name) = written.strip_prefix("role:") {
        return match roles::by_name(name) {
            Some(role) => format!("role:{}", role.template_id),
            None => written,
        };
    }
    match written.strip_prefix("principal:").and_then(|name| world.principal_named(name)) {
        Some(id) => format!("principal:{id}"),
        None => written,
    }
}

fn valid_mark(waiver: &Waiver, today: Date) -> Result<Arc<WaiverMark>, String> {
    let Some(check) = checks::by_id(&waiver.check) else {
        return Err("there is no such check".to_owned());
    };
    if !check.waivable {
        return Err("this check cannot be waived".to_owned());
    }
    let said = |value: &Option<String>, what: &str| match value.as_deref().map(str::trim) {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        Some(_) | None => Err(format!("it has no {what}")),
    };
    let reason = said(&waiver.reason, "reason")?;
    let owner = said(&waiver.owner, "owner")?;
    let Some(expires) = waiver.expires else {
        return Err("it has no expiry".to_owned());
    };
    if expires < today {
        return Err(format!("it expired on {expires}"));
    }
    if today.checked_add(LONGEST_WAIVER_DAYS.days()).is_ok_and(|longest| expires > longest) {
        return Err(format!("it runs until {expires}, more than {LONGEST_WAIVER_DAYS} days"));
    }
    Ok(Arc::new(WaiverMark {
        reason,
        owner,
        expires,
        ticket: waiver.ticket.clone(),
        approved_by: waiver.approved_by.clone(),
    }))
}

/// The rows of the score; information and what does not apply are none.
fn score_rows(findings: &[Finding]) -> Vec<Row> {
    findings
        .iter()
        .filter(|finding| finding.is_scored())
        .filter_map(|finding| {
            let outcome = match (&finding.outcome, &finding.subject.target) {
                (Outcome::Judged { verdict, credit, .. }, _) => {
                    RowOutcome::Judged { credit: *credit, failed: *verdict == Verdict::Fail }
                }
                (Outcome::NotAssessed(_), Target::Dataset { missing: true, .. }) => {
                    RowOutcome::ListMissing
                }
                (Outcome::NotAssessed(_), _) => RowOutcome::NotAssessed,
                (Outcome::Info(_) | Outcome::NotApplicable { .. }, _) => return None,
            };
            let top = finding.subject.tier == Some(Tier::Critical)
                || matches!(finding.subject.target, Target::Tenant);
            Some(Row {
                check: finding.check,
                kind: finding.subject.kind.name(),
                subject: Arc::clone(&finding.subject.key),
                base: finding.base,
                shown: finding.severity,
                weight: finding.subject.weight,
                subject_is_top: top,
                outcome,
                waived: finding.waiver.is_some(),
            })
        })
        .collect()
}

/// What an activation of a role asks for, in words: "MFA, justification, approval; at most 8 h".
pub fn gate_in_words(world: &World<'_>, role: &RoleId) -> Result<String, Gap> {
    let policies = world.tenant().policies.at_least()?;
    let policy = match policies.get(role) {
        Some(Ok(policy)) => policy,
        Some(Err(gap)) => return Err(gap.clone()),
        None => {
            return Err(Gap::of(
                Dataset::RolePolicies,
                crate::model::GapKind::ImpossiblyEmpty,
                "no role management policy is assigned to this role",
            ));
        }
    };
    let enablement = policy.activation_enablement.as_ref().map_err(Clone::clone)?;
    let mut asked: Vec<&str> = Vec::new();
    if enablement.mfa {
        asked.push("MFA");
    }
    if let Ok(crate::model::AuthenticationContext::On(_)) = policy.authentication_context {
        asked.push("authentication context");
    }
    if enablement.justification {
        asked.push("justification");
    }
    if enablement.ticket {
        asked.push("ticket");
    }
    match policy.approval.as_ref().map_err(Clone::clone)? {
        Approval::Required { .. } => asked.push("approval"),
        Approval::NotRequired => {}
    }
    let asked = if asked.is_empty() { "nothing".to_owned() } else { asked.join(", ") };
    Ok(match policy.activation_expiration.as_ref().map_err(Clone::clone)? {
        Expiration::NotRequired => format!("{asked}; without an end"),
        Expiration::AtMost(longest) => format!("{asked}; at most {longest}"),
    })
}

/// The role everything is about.
pub fn global_administrator() -> RoleId {
    RoleId::new(roles::GLOBAL_ADMINISTRATOR)
}
