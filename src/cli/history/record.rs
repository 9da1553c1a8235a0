//! Keeps a run: what was read, what was found and how it scored.

use super::{exposure, failure};
use crate::cli::connect;
use crate::cli::exit::Failure;
use crate::model::{Finding, RoleId, Severity, SubjectKind, Verdict, roles};
use crate::report::Report;
use crate::report::model::Judged;
use crate::score::{Row, RowOutcome};
use crate::store::{
    CheckScore, Counts, Findings, Gate, Kept, NewRun, NewScore, Packed, RoleScore, Saved, Score,
    Store, StoreError,
};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// Makes the store where there is none, so that a bad path fails before the tenant is read.
pub(in crate::cli) fn prepare(path: &Path) -> Result<(), Failure> {
    super::is_file(path)?;
    connect::run(async {
        let failed = |error: StoreError| failure(path, &error);
        Store::open(path, true).await.map_err(failed)?.close().await.map_err(failed)
    })
}

/// Keeps a run, and says so in lines for stderr. `source` is where the data came from, in words.
pub(in crate::cli) fn record(
    path: &Path,
    snapshot: &Packed,
    report: &Report,
    gate: Gate,
    source: &str,
) -> Result<Vec<String>, Failure> {
    let mut scores = Vec::with_capacity(report.baselines.len());
    for judged in &report.baselines {
        scores.push(new_score(judged)?);
    }
    let new = NewRun {
        snapshot,
        tenant_name: &report.tenant_name,
        judged_at: report.now,
        program: report.version,
        source,
        configuration: report.configuration.as_ref().map(|file| file.digest.as_str()),
        gate,
        scores,
    };
    connect::run(async {
        let failed = |error: StoreError| failure(path, &error);
        let mut store = Store::open(path, true).await.map_err(failed)?;
        let saved = store.save(&new).await.map_err(failed)?;
        let mut notes = vec![match saved {
            Saved::New(run) => format!("kept as run {run} in {}", path.display()),
            Saved::Already(run) => {
                format!("kept already in {}: run {run} says the same", path.display())
            }
        }];
        notes.extend(exposure(&store, path));
        store.close().await.map_err(failed)?;
        Ok(notes)
    })
}

fn new_score(judged: &Judged) -> io::Result<NewScore> {
    let score = &judged.score;
    let mut counts = Counts::default();
    let mut checks: BTreeMap<(&str, &str), Tally> = BTreeMap::new();
    for (finding, row) in judged.findings.iter().filter_map(|it| Some((it, Row::of(it)?))) {
        count(&mut counts, finding);
        checks.entry((row.check, row.kind)).or_default().add(finding, &row);
    }
    let checks = score.checks.iter().map(|it| {
        let tally = checks.get(&(it.check, it.kind)).copied().unwrap_or_default();
        CheckScore {
            check: it.check.to_owned(),
            kind: it.kind.to_owned(),
            weight: it.weight,
            effective: it.effective,
            unread: it.unread,
            credit: tally.credit(),
            cost: it.cost,
            counts: tally.counts,
        }
    });
    Ok(NewScore {
        score: Score {
            baseline: judged.id.clone(),
            title: judged.title.clone(),
            rules: judged.digest.clone(),
            posture: score.posture,
            raw: score.raw,
            low: score.low,
            high: score.high,
            coverage: score.coverage,
            coverage_percent: score.coverage_percent(),
            waived_share: score.waived,
            grade: score.letter(),
            counts,
        },
        checks: checks.collect(),
        roles: role_scores(&judged.findings),
        findings: Findings::of(judged.findings.iter().map(kept))?,
    })
}

/// Findings of one check on one kind of subject.
#[derive(Clone, Copy, Default)]
struct Tally {
    counts: Counts,
    /// Sums of u * g and of u over what was judged and is not waived (see `docs/score.md`).
    met: f64,
    judged: f64,
}

impl Tally {
    fn add(&mut self, finding: &Finding, row: &Row) {
        count(&mut self.counts, finding);
        match row.outcome {
            RowOutcome::Judged { credit, .. } if !is_waived(finding) => {
                let weight = if row.weight > 0.0 && row.weight <= 1.0 { row.weight } else { 1.0 };
                self.met += weight * if credit.is_nan() { 0.0 } else { credit.clamp(0.0, 1.0) };
                self.judged += weight;
            }
            RowOutcome::Judged { .. } | RowOutcome::NotAssessed | RowOutcome::ListMissing => {}
        }
    }

    fn credit(&self) -> Option<f64> {
        (self.judged > 0.0).then(|| self.met / self.judged)
    }
}

/// A waiver on what passed, or could not be judged, accepts nothing.
fn is_waived(finding: &Finding) -> bool {
    let open = matches!(finding.outcome.verdict(), Some(Verdict::Partial | Verdict::Fail));
    open && finding.waiver.is_some()
}

/// Counts a finding that is scored.
fn count(counts: &mut Counts, finding: &Finding) {
    let place = match finding.outcome.verdict() {
        Some(_) if is_waived(finding) => &mut counts.waived,
        Some(Verdict::Pass) => &mut counts.passed,
        Some(Verdict::Partial) => &mut counts.partial,
        Some(Verdict::Fail) => &mut counts.failed,
        None => &mut counts.not_assessed,
    };
    *place += 1;
}

/// What was found on each role and on its grants. Findings on people and groups are of no single role.
fn role_scores(findings: &[Finding]) -> Vec<RoleScore> {
    struct Found<'f> {
        name: Option<&'f str>,
        counts: Counts,
        worst: Option<Severity>,
    }
    let mut roles: BTreeMap<&str, Found<'_>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.is_scored()) {
        let subject = &*finding.subject;
        let Some(role) = role_of(&subject.key) else { continue };
        let found = roles.entry(role).or_insert_with(|| Found {
            name: None,
            counts: Counts::default(),
            worst: None,
        });
        count(&mut found.counts, finding);
        if subject.kind == SubjectKind::Role {
            found.name = Some(&subject.name);
        }
        if finding.outcome.verdict() == Some(Verdict::Fail) && !is_waived(finding) {
            found.worst = found.worst.max(Some(finding.severity));
        }
    }
    let scores = roles.into_iter().map(|(role, found)| RoleScore {
        role: role.to_owned(),
        name: found.name.map_or_else(|| built_in_name(role), str::to_owned),
        counts: found.counts,
        worst: found.worst.map(|severity| severity.name().to_owned()),
    });
    scores.collect()
}

/// The role of `role:ID` or of `grant:PRINCIPAL:role:ID`, whatever follows.
fn role_of(key: &str) -> Option<&str> {
    let role = match key.strip_prefix("role:") {
        Some(role) => role,
        None => key.strip_prefix("grant:")?.split_once(":role:")?.1,
    };
    role.split(':').next()
}

fn built_in_name(role: &str) -> String {
    let known = roles::by_id(&RoleId::new(role));
    known.map_or_else(|| role.to_owned(), |known| known.display_name.clone())
}

/// What is kept of a finding: names and values only of what failed or was met in part.
fn kept(finding: &Finding) -> Kept {
    let credit = match Row::of(finding).map(|row| row.outcome) {
        Some(RowOutcome::Judged { credit, .. }) => Some(credit),
        Some(RowOutcome::NotAssessed | RowOutcome::ListMissing) | None => None,
    };
    let short = match finding.outcome.verdict() {
        Some(Verdict::Partial | Verdict::Fail) => finding.outcome.details(),
        Some(Verdict::Pass) | None => None,
    };
    Kept {
        check: finding.check.to_owned(),
        subject: finding.subject.key.to_string(),
        outcome: finding.outcome.name().to_owned(),
        credit,
        severity: finding.severity.name().to_owned(),
        waived: is_waived(finding),
        name: short.map(|_| finding.subject.name.to_string()),
        observed: short.map(|details| details.observed.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Outcome, Tier};
    use crate::report::testing::{self, finding, role};

    #[test]
    fn a_role_is_read_out_of_the_key_of_a_subject() {
        for (key, expected) in [
            ("role:62e90394", Some("62e90394")),
            ("grant:0a00:role:62e90394", Some("62e90394")),
            ("grant:0a00:role:62e90394:/administrativeunits/1:timebound", Some("62e90394")),
            ("principal:0a00", None),
            ("group:0b00:member", None),
            ("tenant", None),
            ("dataset:role-assignments", None),
        ] {
            assert_eq!(role_of(key), expected, "{key}");
        }
    }

    #[test]
    fn counts_credits_and_names_are_those_of_the_findings() {
        let waived = |mut it: Finding| {
            it.waiver = Some(testing::waiver());
            it
        };
        let on = |name: &str, outcome: Outcome| {
            finding("a-check", Severity::Critical, role(name, Tier::High, 1.0), outcome)
        };
        let judged = testing::judged(vec![
            on("a", Outcome::pass("8 h", "8 h")),
            on("b", Outcome::fail_with_credit(0.5, "9 h", "8 h")),
            on("c", Outcome::partial(0.25, "9 h", "8 h")),
            waived(on("d", Outcome::fail("10 h", "8 h"))),
            waived(on("e", Outcome::pass("1 h", "8 h"))),
            on("f", Outcome::info("1 h", "8 h")),
            on("g", testing::denied(crate::model::Dataset::RolePolicies)),
            finding("b-check", Severity::Low, testing::tenant(), Outcome::fail("x", "y")),
        ]);
        let new = new_score(&judged).unwrap();
        let expected = Counts { passed: 2, partial: 1, failed: 2, not_assessed: 1, waived: 1 };
        assert_eq!(new.score.counts, expected);
        assert_eq!(new.score.posture, judged.score.posture);
        assert_eq!(new.checks.len(), judged.score.checks.len());
        // One and one half and one quarter and one, of four of equal weight.
        let credit = new.checks[0].credit.unwrap();
        assert!((credit - 2.75 / 4.0).abs() < 1e-9, "{credit}");
        assert_eq!(new.checks[0].counts.failed, 1);
        let of = |id: &str| new.roles.iter().find(|it| it.role == id);
        assert_eq!(of("b").unwrap().worst.as_deref(), Some("high"));
        assert_eq!(of("b").unwrap().name, "b");
        // Neither a waived failure nor one in part is an open failure; information has no row.
        for id in ["c", "d"] {
            assert_eq!(of(id).unwrap().worst, None, "{id}");
        }
        assert!(of("f").is_none());
        assert_eq!(new.roles.len(), 6);
    }

    #[test]
    fn names_are_kept_of_what_is_wrong_only() {
        let on = |outcome: Outcome| {
            kept(&finding("a-check", Severity::High, role("Ana", Tier::Critical, 1.0), outcome))
        };
        let failed = on(Outcome::fail("10 h", "8 h"));
        assert_eq!(failed.name.as_deref(), Some("Ana"));
        assert_eq!(failed.observed.as_deref(), Some("10 h"));
        assert_eq!((failed.credit, failed.severity.as_str()), (Some(0.0), "high"));
        for outcome in [
            Outcome::pass("8 h", "8 h"),
            Outcome::info("8 h", "8 h"),
            Outcome::not_applicable("no"),
            testing::denied(crate::model::Dataset::RolePolicies),
        ] {
            let found = on(outcome);
            assert_eq!((found.name, found.observed), (None, None), "{}", found.outcome);
        }
    }
}
