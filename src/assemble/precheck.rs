//! From two judgements to the answer of `precheck`: names, words, numbers. Decides nothing.

use crate::model::{Organisation, Tenant};
use crate::precheck::{Answer, Change, Direction, Judged, Shift, Side};
use crate::report::precheck::{
    BaselineLine, ChangeLine, NoteLine, Precheck, ScoreLine, ShiftLine, SideLine,
};
use crate::score::Score;
use std::sync::Arc;

/// The answer in words.
pub fn precheck(
    tenant: &Tenant,
    changes: &[Change],
    answer: &Answer,
    ignored_waivers: Vec<String>,
) -> Precheck {
    Precheck {
        version: env!("CARGO_PKG_VERSION"),
        tenant: Arc::clone(&tenant.id),
        tenant_name: Arc::clone(&tenant.name),
        at: tenant.collected_at,
        direction: together(answer).name(),
        regressions: answer.regressions(),
        harms: answer.harms.clone(),
        ignored_waivers,
        together_only: answer.together_only,
        changes: changes
            .iter()
            .enumerate()
            .map(|(place, change)| change_line(place, change, answer))
            .collect(),
        baselines: answer.baselines.iter().map(baseline_line).collect(),
    }
}

/// Where all changes together lead.
fn together(answer: &Answer) -> Direction {
    if answer.regressions() > 0 || !answer.harms.is_empty() {
        Direction::Weakened
    } else if answer.has_unknown() {
        Direction::Unknown
    } else {
        let shifts = answer.baselines.iter().flat_map(|it| &it.shifts);
        let better = shifts.filter(|it| !it.waived).map(|it| it.direction).max();
        better.unwrap_or(Direction::Neutral)
    }
}

fn change_line(place: usize, change: &Change, answer: &Answer) -> ChangeLine {
    let alone = answer.baselines.iter().filter_map(|judged| judged.alone.get(place));
    let notes = answer.notes.iter().filter(|note| note.change == place);
    ChangeLine {
        file: Arc::clone(&change.place.file),
        pointer: change.place.pointer.clone(),
        line: change.place.line,
        item: change.item.clone(),
        meaning: change.edits.iter().map(ToString::to_string).collect(),
        direction: (!answer.together_only).then(|| answer.direction(place).name()),
        points: alone.map(|it| it.points).collect(),
        notes: notes
            .map(|note| NoteLine { kind: note.kind.name(), text: note.text.clone() })
            .collect(),
    }
}

fn baseline_line(judged: &Judged) -> BaselineLine {
    BaselineLine {
        id: judged.id.clone(),
        title: judged.title.clone(),
        digest: judged.digest.clone(),
        before: score_line(&judged.before),
        after: score_line(&judged.after),
        points: judged.after.raw.zip(judged.before.raw).map(|(after, before)| after - before),
        findings: judged.shifts.iter().map(shift_line).collect(),
    }
}

fn score_line(score: &Score) -> ScoreLine {
    ScoreLine { posture: score.posture, grade: score.letter(), coverage: score.coverage_percent() }
}

fn shift_line(shift: &Shift) -> ShiftLine {
    ShiftLine {
        direction: shift.direction.name(),
        check: shift.check,
        title: shift.title,
        severity: shift.severity,
        subject: Arc::clone(&shift.subject),
        name: Arc::clone(&shift.name),
        before: side_line(&shift.before),
        after: side_line(&shift.after),
        expected: shift.expected.clone(),
        points: shift.points,
        new_failure: shift.new_failure,
        waived: shift.waived,
    }
}

fn side_line(side: &Side) -> SideLine {
    SideLine { outcome: side.outcome, observed: side.observed.clone() }
}

/// Waivers of the change's own configuration that the target branch does not have, in words.
pub fn new_waivers(base: &Organisation, own: &Organisation) -> Vec<String> {
    let is_known = |check: &str, subject: &str| {
        base.waivers.iter().any(|it| it.check == check && it.subject == subject)
    };
    own.waivers
        .iter()
        .filter(|it| !is_known(&it.check, &it.subject))
        .map(|it| format!("{} on {} (line {})", it.check, it.subject, it.line))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Waiver;

    #[test]
    fn only_waivers_that_the_target_lacks_are_new() {
        let waiver = |check: &str, line| Waiver {
            check: check.to_owned(),
            subject: "role:x".to_owned(),
            reason: None,
            owner: None,
            expires: None,
            ticket: None,
            approved_by: None,
            line,
        };
        let of = |waivers| Organisation { waivers, ..Organisation::default() };
        let base = of(vec![waiver("a-check", 3)]);
        let own = of(vec![waiver("a-check", 4), waiver("b-check", 5)]);
        assert_eq!(new_waivers(&base, &own), ["b-check on role:x (line 5)"]);
    }
}
