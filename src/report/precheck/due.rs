//! What somebody has to look at, each with the change it is due to: shared by the formats for
//! machines.

use super::{BaselineLine, ChangeLine, Precheck, ShiftLine, UNKNOWN, WEAKENED};

/// A finding that got worse or is not known, beside the change that does it.
pub(super) struct Due<'p> {
    /// The finding.
    pub(super) finding: &'p ShiftLine,
    /// The first change that does it by itself; else the first of those that it takes, or of all.
    pub(super) at: Option<&'p ChangeLine>,
    /// True when no single change does it.
    pub(super) together: bool,
    /// Those that it takes then; none where nobody can tell them from the others.
    pub(super) takes: Vec<&'p ChangeLine>,
    /// True when there were too many changes to judge each alone.
    not_judged: bool,
}

/// More changes than these are counted only.
const NAMED: usize = 3;

/// What got worse or is not known by a baseline, in the order of the findings.
pub(super) fn due<'p>(precheck: &'p Precheck, baseline: &'p BaselineLine) -> Vec<Due<'p>> {
    let of_interest = |it: &&ShiftLine| it.direction == WEAKENED || it.direction == UNKNOWN;
    let findings = baseline.findings.iter().filter(of_interest);
    findings
        .map(|finding| {
            let of = |place: &usize| precheck.changes.get(*place);
            let own = finding.changes.iter().find_map(of);
            let together = own.is_none() && precheck.changes.len() > 1;
            let takes: Vec<&ChangeLine> = match together {
                true => finding.together.iter().filter_map(of).collect(),
                false => Vec::new(),
            };
            let at = own.or(takes.first().copied()).or(precheck.changes.first());
            Due { finding, at, together, takes, not_judged: precheck.together_only }
        })
        .collect()
}

/// The change that does a harm by itself; else the first of those that it takes, or of all.
pub(super) fn harmful<'p>(precheck: &'p Precheck, harm: &str) -> Option<&'p ChangeLine> {
    let alone = |change: &&ChangeLine| change.harms.iter().any(|it| it == harm);
    let joint = |change: &&ChangeLine| change.harms_together.iter().any(|it| it == harm);
    let changes = || precheck.changes.iter();
    changes().find(alone).or_else(|| changes().find(joint)).or(precheck.changes.first())
}

/// The first finding that got worse by this change together with others, and is not waived. Where
/// nobody can tell which it takes, it may be any.
pub(super) fn joint(precheck: &Precheck, place: usize) -> Option<&ShiftLine> {
    if precheck.changes.len() < 2 {
        return None;
    }
    let mut findings = precheck.baselines.iter().flat_map(|it| &it.findings);
    findings.find(|it| {
        it.direction == WEAKENED
            && !it.waived
            && it.changes.is_empty()
            && (it.together.is_empty() || it.together.contains(&place))
    })
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
        match (self.together, self.takes.as_slice()) {
            (false, _) => {}
            (true, []) if self.not_judged => {
                text.push_str(". Which change does it was not judged: there are too many");
            }
            (true, []) => text.push_str(". No single change does it: all of them together do"),
            (true, takes) => {
                let named = takes.iter().take(NAMED);
                let named: Vec<String> =
                    named.map(|it| format!("{} ({})", it.item, it.place())).collect();
                let more = match takes.len().saturating_sub(NAMED) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let named = named.join(", ");
                text.push_str(&format!(". No single change does it: it takes {named}{more}"));
            }
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
    fn nothing_is_said_of_all_changes_where_none_was_judged_alone() {
        for (together_only, said) in [
            (true, "Which change does it was not judged: there are too many"),
            (false, "No single change does it: all of them together do"),
        ] {
            let mut answer = precheck("Contoso");
            answer.together_only = together_only;
            answer.baselines[0].findings[0].changes.clear();
            answer.changes.push(unknown_change());
            let words = due(&answer, &answer.baselines[0])[0].in_words();
            assert!(words.ends_with(said), "{words}");
        }
    }

    #[test]
    fn what_takes_several_changes_names_them_and_no_other() {
        for (takes, place, said) in [
            (vec![1, 2], "b.json", "it takes of b (b.json), of c (c.json)"),
            (vec![2], "c.json", "it takes of c (c.json)"),
            (vec![0, 1, 2, 3, 4], "a.json", "of c (c.json) and 2 more"),
            (vec![9], "a.json", "all of them together do"),
        ] {
            let mut answer = precheck("Contoso");
            answer.changes = ["a", "b", "c", "d", "e"]
                .into_iter()
                .map(|name| {
                    let mut change = unknown_change();
                    change.file = format!("{name}.json").into();
                    change.pointer.clear();
                    change.item = format!("of {name}");
                    change
                })
                .collect();
            answer.baselines[0].findings[0].changes.clear();
            answer.baselines[0].findings[0].together = takes.clone();
            let due = due(&answer, &answer.baselines[0]);
            assert_eq!(&*due[0].at.unwrap().file, place, "{takes:?}");
            assert!(due[0].in_words().ends_with(said), "{}", due[0].in_words());
            let own: Vec<bool> = (0..5).map(|place| joint(&answer, place).is_some()).collect();
            let expected: Vec<bool> = (0..5).map(|place| takes.contains(&place)).collect();
            assert_eq!(own, expected, "{takes:?}");
            // A harm stands at the first of those that it takes.
            answer.changes[3].harms_together = vec!["it harms".to_owned()];
            assert_eq!(&*harmful(&answer, "it harms").unwrap().file, "d.json");
            answer.changes[4].harms = vec!["it harms".to_owned()];
            assert_eq!(&*harmful(&answer, "it harms").unwrap().file, "e.json");
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
