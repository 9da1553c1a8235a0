//! What failed or was met in part, what it costs, and which roles nobody holds.

use crate::model::{Finding, SubjectKind, Verdict};
use crate::report::model::Judged;

/// Exposure of a role that nobody holds (see `docs/score.md`).
const UNUSED: f64 = 0.25;

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
