//! Small reports for the tests of the formats: findings as said, scored as in life.

use super::model::{
    Candidate, CheckText, Collection, Configuration, ControlText, DatasetState, Judged, Reach,
    Report, Status,
};
use crate::model::{
    Access, Cloud, Dataset, Finding, Fingerprint, Gap, GapKind, Outcome, PrincipalId, Remediation,
    RoleId, RuleOrigin, Severity, Subject, SubjectKind, Target, Tier, Verdict, WaiverMark,
};
use crate::score::{Row, Score, score};
use std::sync::Arc;

const READ_AT: &str = "2026-11-02T09:00:00Z";

/// The tenant as a subject.
pub(crate) fn tenant() -> Subject {
    Subject {
        key: "tenant".into(),
        kind: SubjectKind::Tenant,
        name: "tenant".into(),
        tier: None,
        weight: 1.0,
        least: 1.0,
        target: Target::Tenant,
    }
}

/// A role; its key is made of its name.
pub(crate) fn role(name: &str, tier: Tier, exposure: f64) -> Subject {
    let access = Access::DirectoryRole(RoleId::new(name));
    Subject {
        key: access.key().into(),
        kind: SubjectKind::Role,
        name: name.into(),
        tier: Some(tier),
        weight: tier.weight() * exposure,
        least: tier.weight() * exposure,
        target: Target::Access(access),
    }
}

/// Someone with a role of the high tier; the key is made of the name.
pub(crate) fn person(name: &str) -> Subject {
    let id = PrincipalId::new(name);
    Subject {
        key: format!("principal:{id}").into(),
        kind: SubjectKind::Principal,
        name: name.into(),
        tier: Some(Tier::High),
        weight: Tier::High.weight(),
        least: Tier::High.weight(),
        target: Target::Principal(id),
    }
}

/// A list of principals of which nothing is known.
pub(crate) fn missing_list(dataset: Dataset) -> Subject {
    Subject {
        key: format!("dataset:{dataset}").into(),
        kind: SubjectKind::Principal,
        name: dataset.facts().title.into(),
        tier: None,
        weight: 1.0,
        least: 1.0,
        target: Target::Dataset { dataset, missing: true },
    }
}

/// A finding of a rule of this severity.
pub(crate) fn finding(
    check: &'static str,
    base: Severity,
    subject: Subject,
    outcome: Outcome,
) -> Finding {
    let mendable = match outcome.verdict() {
        Some(Verdict::Partial | Verdict::Fail) => true,
        Some(Verdict::Pass) | None => false,
    };
    let remediation = Remediation {
        portal: "Entra admin center > Role settings".into(),
        graph: vec!["PATCH https://graph.microsoft.com/v1.0/policies {}".to_owned()],
    };
    Finding {
        check,
        title: match check {
            "activation-without-mfa" => "Activation without MFA",
            "activation-too-long" => "Activation too long",
            _ => "A bad state",
        },
        base,
        severity: base.for_tier(subject.tier),
        outcome,
        rule: Arc::new(RuleOrigin {
            source: "secops".to_owned(),
            title: "Security operations".to_owned(),
            controls: Vec::new(),
            level: None,
            because: "It is so.".to_owned(),
        }),
        labels: None,
        waiver: None,
        remediation: mendable.then(|| Arc::new(remediation)),
        info: false,
        fingerprint: Fingerprint([subject.key.len() as u8; 16]),
        subject: subject.into(),
    }
}

/// Not assessed, because a permission is missing.
pub(crate) fn denied(dataset: Dataset) -> Outcome {
    Outcome::NotAssessed(Gap::of(dataset, GapKind::PermissionDenied, "Graph answered 403"))
}

/// A waiver until the first of February 2027.
pub(crate) fn waiver() -> Arc<WaiverMark> {
    Arc::new(WaiverMark {
        reason: "Moves in January".to_owned(),
        owner: "soc@contoso.example".to_owned(),
        expires: jiff::civil::date(2027, 2, 1),
        ticket: Some("CHG-7".to_owned()),
        approved_by: None,
    })
}

/// Nobody can become Global Administrator.
pub(crate) fn nobody() -> Reach {
    Reach {
        people: 0,
        at_least_because: Vec::new(),
        standing: Vec::new(),
        type_not_read: Vec::new(),
        activated: Vec::new(),
        eligible: Vec::new(),
        through_groups: Vec::new(),
        services: Vec::new(),
        gate: Ok("MFA, justification; at most 8 h".to_owned()),
        possible: Vec::new(),
        possible_services: Vec::new(),
        unresolved: 0,
        disabled: 0,
        weakest: None,
        more_ways_because: Vec::new(),
        ways: Vec::new(),
        further_ways: 0,
    }
}

/// Someone who looks like a break-glass account.
pub(crate) fn candidate(name: &str) -> Candidate {
    Candidate {
        principal: PrincipalId::new("7f3a0000-0000-4000-8000-00000000000b"),
        name: name.into(),
        reason: "cloud only, permanent Global Administrator".to_owned(),
    }
}

/// These findings under one baseline, scored.
pub(crate) fn judged(mut findings: Vec<Finding>) -> Judged {
    findings.sort_by(|one, other| {
        (one.check, &one.subject.key).cmp(&(other.check, &other.subject.key))
    });
    let score = scored(&findings);
    Judged {
        controls: named(&findings),
        id: "recommended".to_owned(),
        title: "Recommended PIM baseline".to_owned(),
        digest: "sha256:0123456789abcdef".to_owned(),
        findings,
        score,
        global_administrators: nobody(),
        break_glass: Vec::new(),
        posture_with_break_glass: None,
        unmatched_rules: Vec::new(),
    }
}

/// These findings in a report on a tenant that was read whole.
pub(crate) fn report(findings: Vec<Finding>) -> Report {
    let judged = judged(findings);
    let mut checks: Vec<CheckText> = judged.findings.iter().map(check_text).collect();
    checks.dedup_by_key(|check| check.id);
    Report {
        inventory: None,
        checks,
        version: "0.1.0",
        tenant: "7f3a0000-0000-4000-8000-000000000001".into(),
        tenant_name: "Contoso".into(),
        cloud: Cloud::Global,
        collected: Collection {
            at: READ_AT.parse().unwrap(),
            by: Some("auditor@contoso.example".to_owned()),
            application: Some("aaaaaaaa-0000-4000-8000-0000000000a1".to_owned()),
            auth: Some("device-code".to_owned()),
            permissions: vec!["RoleManagement.Read.Directory".to_owned()],
            datasets: Dataset::ALL.into_iter().map(read_whole).collect(),
        },
        now: READ_AT.parse().unwrap(),
        configuration: Some(Configuration {
            file: "pimaudit.yaml".to_owned(),
            digest: "sha256:fedcba9876543210".to_owned(),
        }),
        baselines: vec![judged],
        not_covered: vec!["Azure resource roles", "Intune roles"],
    }
}

/// The controls the rules of these findings name.
fn named(findings: &[Finding]) -> Vec<ControlText> {
    let mut controls: Vec<ControlText> = Vec::new();
    for finding in findings {
        for control in &finding.rule.controls {
            match controls.iter_mut().find(|known| known.control == *control) {
                Some(known) if known.checks.contains(&finding.check) => {}
                Some(known) => known.checks.push(finding.check),
                None => controls.push(ControlText {
                    control: control.clone(),
                    level: finding.rule.level.clone(),
                    checks: vec![finding.check],
                }),
            }
        }
    }
    controls.sort_by(|one, other| one.control.cmp(&other.control));
    controls
}

fn check_text(finding: &Finding) -> CheckText {
    CheckText {
        id: finding.check,
        title: finding.title,
        what: "Looks at one thing.".to_owned(),
        why: "It lets people in.".to_owned(),
        reads: vec![Dataset::RolePolicies],
        references: vec!["Security operations".to_owned()],
    }
}

fn read_whole(dataset: Dataset) -> DatasetState {
    DatasetState {
        dataset,
        status: Status::Complete,
        gap: None,
        rows: 3,
        request: format!("/v1.0/{dataset}"),
        read_at: Some(READ_AT.parse().unwrap()),
        declined: false,
    }
}

fn scored(findings: &[Finding]) -> Score {
    let rows: Vec<Row> = findings.iter().filter_map(Row::of).collect();
    score(&rows)
}
