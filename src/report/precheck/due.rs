//! What somebody has to look at, each with the change it is due to: shared by the formats for
//! machines.

use super::{BaselineLine, ChangeLine, Precheck, ShiftLine, UNKNOWN, WEAKENED};

/// A finding that got worse or is not known, beside the change that does it.
pub(super) struct Due<'p> {
    /// The finding.
    pub(super) finding: &'p ShiftLine,
    /// The first change that does it by itself; else the first of all.
    pub(super) at: Option<&'p ChangeLine>,
    /// True when no single change does it: all of them together do.
    pub(super) together: bool,
}

/// What got worse or is not known by a baseline, in the order of the findings.
pub(super) fn due<'p>(precheck: &'p Precheck, baseline: &'p BaselineLine) -> Vec<Due<'p>> {
    let of_interest = |it: &&ShiftLine| it.direction == WEAKENED || it.direction == UNKNOWN;
    let findings = baseline.findings.iter().filter(of_interest);
    findings
        .map(|finding| {
            let own = finding.changes.iter().find_map(|place| precheck.changes.get(*place));
            Due {
                finding,
                at: own.or(precheck.changes.first()),
                together: own.is_none() && precheck.changes.len() > 1,
            }
        })
        .collect()
}

/// The change that does a harm by itself; else the first of all.
pub(super) fn harmful<'p>(precheck: &'p Precheck, harm: &str) -> Option<&'p ChangeLine> {
    let own = precheck.changes.iter().find(|change| change.harms.iter().any(|it| it == harm));
    own.or(precheck.changes.first())
}

impl Due<'_> {
    /// What is wrong, in one paragraph without a full stop at its end.
    pub(super) fn in_words(&self) -> String {
        let ShiftLine { title, name, severity, before, after, expected, .. } = self.finding;
        let (before, after) = (before.in_words(), after.in_words());
        let mut text = format!("{name}: {title} ({severity}). Before: {before}. After: {after}");
        if !expected.is_empty() {
            text.push_str(&format!(". Expected: {expected}"));
        }
        if self.together {
            text.push_str(". No single change does it: all of them together do");
        }
        if self.finding.waived {
            text.push_str(". A waiver accepts it");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{precheck, unknown_change};
    use super::*;

    #[test]
    fn what_is_due_to_no_single_change_is_said_to_be_due_to_all() {
        for (changes, count, place, together) in [
            (vec![0], 1, "plan.json", false),
            (vec![1], 2, "other.json", false),
            (Vec::new(), 1, "plan.json", false),
            (Vec::new(), 2, "plan.json", true),
            (vec![9], 2, "plan.json", true),
        ] {
            let mut answer = precheck("Contoso");
            answer.baselines[0].findings[0].changes = changes.clone();
            if count == 2 {
                answer.changes.push(unknown_change());
            }
            let due = due(&answer, &answer.baselines[0]);
            assert_eq!(due.len(), 1);
            assert_eq!(&*due[0].at.unwrap().file, place, "{changes:?}");
            assert_eq!(due[0].together, together, "{changes:?}");
            assert_eq!(due[0].in_words().contains("all of them together"), together);
        }
    }

    #[test]
    fn what_got_better_is_not_due() {
        for (direction, count) in
            [("weakened", 1), ("unknown", 1), ("strengthened", 0), ("neutral", 0)]
        {
            let mut answer = precheck("Contoso");
            answer.baselines[0].findings[0].direction = direction;
            assert_eq!(due(&answer, &answer.baselines[0]).len(), count, "{direction}");
        }
    }
}
