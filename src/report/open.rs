//! What failed or was met in part, what it costs, which roles nobody holds, and equal failures folded.

use super::model::Judged;
use super::words;
use crate::model::{Finding, Severity, SubjectKind, Verdict};
use std::collections::BTreeMap;

/// Exposure of a role that nobody holds (see `docs/score.md`).
const UNUSED: f64 = 0.25;
/// Subjects named where failures are folded.
const NAMES: usize = 3;

/// The verdict of a finding somebody has to deal with: failed or met in part, and not waived.
pub(super) fn open(finding: &Finding) -> Option<Verdict> {
    match finding.outcome.verdict() {
        Some(verdict @ (Verdict::Partial | Verdict::Fail)) if finding.waiver.is_none() => {
            Some(verdict)
        }
        Some(Verdict::Pass | Verdict::Partial | Verdict::Fail) | None => None,
    }
}

/// The findings the score has rows for: all but what is only information or does not apply.
pub(super) fn scored(judged: &Judged) -> Vec<usize> {
    (0..judged.findings.len()).filter(|&place| judged.findings[place].is_scored()).collect()
}

/// Points of posture that come back with each finding, in the order of the findings.
pub(super) fn points(judged: &Judged) -> Vec<f64> {
    let scored = scored(judged);
    let mut points = vec![0.0; judged.findings.len()];
    for cost in judged.score.checks.iter().flat_map(|check| &check.subjects) {
        if let Some(&place) = scored.get(cost.row) {
            points[place] += cost.points;
        }
    }
    points
}

/// `4.1`; what is too small for a decimal but not nothing is said to be so.
pub(super) fn points_text(points: f64) -> String {
    if points > 0.0 && points < 0.05 { "<0.1".to_owned() } else { format!("{points:.1}") }
}

/// True for the finding of a role that nobody holds or is eligible for.
pub(super) fn held_by_nobody(finding: &Finding) -> bool {
    let subject = &finding.subject;
    subject.kind == SubjectKind::Role
        && subject.tier.is_some_and(|tier| (subject.weight - tier.weight() * UNUSED).abs() < 1e-9)
}

/// Equal failures: one check, one severity, one verdict.
pub(super) struct Fold<'j> {
    pub severity: Severity,
    pub verdict: Verdict,
    pub kind: SubjectKind,
    pub check: &'static str,
    pub title: &'static str,
    pub points: f64,
    /// With what each gives back, most first; roles nobody holds come last.
    pub subjects: Vec<(f64, &'j Finding)>,
}

impl Fold<'_> {
    /// What is wrong, with the number of subjects.
    pub(super) fn what(&self) -> String {
        let many = match self.subjects.len() {
            1 => String::new(),
            number => format!("{}: ", words::count(number, self.kind.name())),
        };
        let part = match self.verdict {
            Verdict::Partial => " (met in part)",
            Verdict::Pass | Verdict::Fail => "",
        };
        format!("{many}{}{part}", self.title)
    }

    /// Where: the first subjects by name, or what was seen of the tenant.
    pub(super) fn place(&self) -> String {
        if self.kind == SubjectKind::Tenant {
            let details = self.subjects.first().and_then(|(_, finding)| finding.outcome.details());
            return details.map_or_else(|| "tenant".to_owned(), |it| it.observed.to_string());
        }
        let unheld = self.subjects.iter().filter(|(_, finding)| held_by_nobody(finding)).count();
        let names = self.subjects.iter().map(|(_, finding)| &*finding.subject.name);
        let names = words::few(names, NAMES);
        match unheld {
            0 => names,
            all if all == self.subjects.len() => format!("{names} (held by nobody)"),
            some => format!("{names} ({some} held by nobody)"),
        }
    }

    /// Points as printed, so that what looks equal is ordered by severity.
    fn tenths(&self) -> i64 {
        (self.points * 10.0).round() as i64
    }
}

/// What to fix first: open failures folded, those that give most points back before the others.
pub(super) fn folds(judged: &Judged) -> Vec<Fold<'_>> {
    let mut folds: BTreeMap<(&str, SubjectKind, Severity, Verdict), Fold<'_>> = BTreeMap::new();
    for (finding, points) in judged.findings.iter().zip(points(judged)) {
        let Some(verdict) = open(finding) else { continue };
        let key = (finding.check, finding.subject.kind, finding.severity, verdict);
        let fold = folds.entry(key).or_insert_with(|| Fold {
            severity: finding.severity,
            verdict,
            kind: finding.subject.kind,
            check: finding.check,
            title: finding.title,
            points: 0.0,
            subjects: Vec::new(),
        });
        fold.points += points;
        fold.subjects.push((points, finding));
    }
    let mut folds: Vec<Fold<'_>> = folds.into_values().collect();
    for fold in &mut folds {
        fold.subjects.sort_by(|(one_points, one), (other_points, other)| {
            held_by_nobody(one)
                .cmp(&held_by_nobody(other))
                .then(other_points.total_cmp(one_points))
                .then_with(|| one.subject.name.cmp(&other.subject.name))
        });
    }
    folds.sort_by(|one, other| {
        (other.tenths(), other.severity, other.verdict)
            .cmp(&(one.tenths(), one.severity, one.verdict))
            .then_with(|| one.check.cmp(other.check))
    });
    folds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Outcome;
    use crate::model::{Severity, Tier};
    use crate::report::testing::{self, finding, role};

    #[test]
    fn points_belong_to_the_finding_that_lost_them() {
        // What is only information stands first and must not shift the others.
        let judged = testing::judged(vec![
            finding(
                "a-check",
                Severity::High,
                role("Reader", Tier::Standard, 1.0),
                Outcome::info("x", "y"),
            ),
            finding(
                "b-check",
                Severity::High,
                role("One", Tier::High, 1.0),
                Outcome::pass("x", "y"),
            ),
            finding(
                "b-check",
                Severity::High,
                role("Two", Tier::High, 1.0),
                Outcome::fail("x", "y"),
            ),
        ]);
        let points = points(&judged);
        assert_eq!(points[..2], [0.0, 0.0]);
        assert!((points[2] - 50.0).abs() < 1e-9, "{points:?}");
    }

    #[test]
    fn a_waived_failure_is_nothing_to_fix() {
        let mut failed =
            finding("a-check", Severity::High, testing::tenant(), Outcome::fail("x", "y"));
        assert_eq!(open(&failed), Some(Verdict::Fail));
        failed.waiver = Some(testing::waiver());
        assert_eq!(open(&failed), None);
        let passed = finding("a-check", Severity::High, testing::tenant(), Outcome::pass("x", "y"));
        assert_eq!(open(&passed), None);
    }

    #[test]
    fn unheld_roles_are_told_from_held_ones() {
        for tier in Tier::ALL {
            for (exposure, expected) in [(0.25, true), (0.5, false), (1.0, false)] {
                let finding = finding(
                    "a-check",
                    Severity::High,
                    role("R", tier, exposure),
                    Outcome::fail("x", "y"),
                );
                assert_eq!(held_by_nobody(&finding), expected, "{tier} {exposure}");
            }
        }
    }

    #[test]
    fn a_small_loss_is_not_shown_as_none() {
        for (points, expected) in [(0.0, "0.0"), (0.01, "<0.1"), (0.05, "0.1"), (4.14, "4.1")] {
            assert_eq!(points_text(points), expected);
        }
    }
}
