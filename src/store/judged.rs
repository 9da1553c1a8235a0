//! What one baseline made of a run, as it is kept: the score, its checks, its roles, the findings.
//!
//! Counts and names only. What a finding weighs and what of a check is met is told by `score`.

use super::{CheckScore, Counts, Findings, Kept, NewScore, RoleScore, Score};
use crate::model::{Finding, RoleId, Severity, SubjectKind, Verdict, roles};
use crate::score::{self, Row};
use std::collections::BTreeMap;
use std::io;

/// What one baseline made of a run, before it is kept.
#[derive(Clone, Copy, Debug)]
pub struct Judgement<'a> {
    /// Id of the baseline.
    pub baseline: &'a str,
    /// Its title.
    pub title: &'a str,
    /// Digest of its rules.
    pub rules: &'a str,
    /// How the findings score.
    pub score: &'a score::Score,
    /// What was found, in the order of the report.
    pub findings: &'a [Finding],
}

impl NewScore {
    /// A judgement as it is kept.
    ///
    /// # Errors
    /// Only those of packing the findings.
    pub fn of(judged: &Judgement<'_>) -> io::Result<Self> {
        let score = judged.score;
        let scored: Vec<(&Finding, Row)> =
            judged.findings.iter().filter_map(|it| Some((it, Row::of(it)?))).collect();
        let mut counts = Counts::default();
        let mut of_checks: BTreeMap<(&str, &str), Counts> = BTreeMap::new();
        for (_, row) in &scored {
            counts.add(row);
            of_checks.entry((row.check, row.kind)).or_default().add(row);
        }
        let checks = score.checks.iter().map(|it| CheckScore {
            check: it.check.to_owned(),
            kind: it.kind.to_owned(),
            weight: it.weight,
            effective: it.effective,
            unread: it.unread,
            credit: it.met,
            cost: it.cost,
            counts: of_checks.get(&(it.check, it.kind)).copied().unwrap_or_default(),
        });
        Ok(Self {
            score: Score {
                baseline: judged.baseline.to_owned(),
                title: judged.title.to_owned(),
                rules: judged.rules.to_owned(),
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
            roles: role_scores(&scored),
            findings: Findings::of(judged.findings.iter().map(kept))?,
        })
    }
}

impl Counts {
    /// One more finding that is scored.
    fn add(&mut self, row: &Row) {
        let place = match row.credit() {
            None => &mut self.not_assessed,
            Some(_) if row.is_waived() => &mut self.waived,
            Some(_) if row.fails() => &mut self.failed,
            Some(credit) if credit < 1.0 => &mut self.partial,
            Some(_) => &mut self.passed,
        };
        *place += 1;
    }
}

/// What was found on each role and on its grants. Findings on people and groups are of no single
/// role.
fn role_scores(scored: &[(&Finding, Row)]) -> Vec<RoleScore> {
    #[derive(Default)]
    struct Found<'f> {
        name: Option<&'f str>,
        counts: Counts,
        worst: Option<Severity>,
    }
    let mut roles: BTreeMap<&str, Found<'_>> = BTreeMap::new();
    for (finding, row) in scored {
        let subject = &*finding.subject;
        let Some(role) = role_of(&subject.key) else { continue };
        let found = roles.entry(role).or_default();
        found.counts.add(row);
        if subject.kind == SubjectKind::Role {
            found.name = Some(&subject.name);
        }
        if row.fails() && !row.is_waived() {
            found.worst = found.worst.max(Some(row.shown));
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

/// What is kept of a finding: names and values only of what failed or was met in part. Only that
/// can be accepted by a waiver, also where it is not scored.
fn kept(finding: &Finding) -> Kept {
    let short = match finding.outcome.verdict() {
        Some(Verdict::Partial | Verdict::Fail) => finding.outcome.details(),
        Some(Verdict::Pass) | None => None,
    };
    Kept {
        check: finding.check.to_owned(),
        subject: finding.subject.key.to_string(),
        outcome: finding.outcome.name().to_owned(),
        credit: Row::of(finding).and_then(|row| row.credit()),
        severity: finding.severity.name().to_owned(),
        waived: short.is_some() && finding.waiver.is_some(),
        name: short.map(|_| finding.subject.name.to_string()),
        observed: short.map(|details| details.observed.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Outcome, Tier};
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
            on("g", testing::denied(Dataset::RolePolicies)),
            finding("b-check", Severity::Low, testing::tenant(), Outcome::fail("x", "y")),
            finding(
                "c-check",
                Severity::Low,
                testing::tenant(),
                testing::denied(Dataset::PimAlerts),
            ),
        ]);
        let new = NewScore::of(&Judgement {
            baseline: &judged.id,
            title: &judged.title,
            rules: &judged.digest,
            score: &judged.score,
            findings: &judged.findings,
        })
        .unwrap();
        let expected = Counts { passed: 2, partial: 1, failed: 2, not_assessed: 2, waived: 1 };
        assert_eq!(new.score.counts, expected);
        assert_eq!(new.score.posture, judged.score.posture);
        assert_eq!(new.checks.len(), judged.score.checks.len());
        // One and one half and one quarter and one, of four of equal weight.
        let credit = new.checks[0].credit.unwrap();
        assert!((credit - 2.75 / 4.0).abs() < 1e-9, "{credit}");
        assert_eq!(new.checks[0].counts.failed, 1);
        // Nothing met is not the same as nothing judged.
        assert_eq!((new.checks[1].credit, new.checks[2].credit), (Some(0.0), None));
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
            finding("a-check", Severity::High, role("Ana", Tier::Critical, 1.0), outcome)
        };
        let failed = kept(&on(Outcome::fail("10 h", "8 h")));
        assert_eq!(failed.name.as_deref(), Some("Ana"));
        assert_eq!(failed.observed.as_deref(), Some("10 h"));
        assert_eq!((failed.credit, failed.severity.as_str()), (Some(0.0), "high"));
        // A waiver accepts what only informs too, and nothing that is met.
        for (outcome, info, expected) in [
            (Outcome::fail("10 h", "8 h"), false, true),
            (Outcome::fail("10 h", "8 h"), true, true),
            (Outcome::pass("8 h", "8 h"), false, false),
        ] {
            let mut waived = on(outcome);
            (waived.info, waived.waiver) = (info, Some(testing::waiver()));
            assert_eq!(kept(&waived).waived, expected, "{:?}", waived.outcome);
        }
        for outcome in [
            Outcome::pass("8 h", "8 h"),
            Outcome::info("8 h", "8 h"),
            Outcome::not_applicable("no"),
            testing::denied(Dataset::RolePolicies),
        ] {
            let found = kept(&on(outcome));
            assert_eq!((found.name, found.observed), (None, None), "{}", found.outcome);
        }
    }
}
