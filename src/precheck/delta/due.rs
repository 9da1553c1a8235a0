//! To which changes it is due what got worse: with one change only, and with all but one.

use super::{Alone, Direction, Harm, Judged, Shift, Touched, alone, gained, is_touched};
use crate::baseline::Baseline;
use crate::evaluate::{Evaluation, evaluate};
use crate::model::{Organisation, Tenant};
use crate::precheck::apply::apply;
use crate::precheck::edit::Change;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is judged, again and again.
pub(super) struct Plan<'p> {
    pub(super) tenant: &'p Tenant,
    pub(super) organisation: &'p Organisation,
    pub(super) baselines: &'p [Baseline],
    pub(super) changes: &'p [Change],
    pub(super) now: Timestamp,
}

impl Plan<'_> {
    /// What each change does by itself, and the harms that it does.
    pub(super) fn each_alone(&self, judged: &mut [(Judged, Evaluation)], found: &mut [Harm]) {
        for (place, change) in self.changes.iter().enumerate() {
            let mut one = self.tenant.clone();
            let Ok(applied) = apply(&mut one, std::slice::from_ref(change), self.now) else {
                // It needs what another change makes.
                for (judged, _) in judged.iter_mut() {
                    judged.alone.push(Alone {
                        direction: Direction::Unknown,
                        points: None,
                        touches: Vec::new(),
                    });
                }
                continue;
            };
            let effects = self.effects(&one, &applied, std::slice::from_ref(change));
            for ((judged, was), baseline) in judged.iter_mut().zip(self.baselines) {
                let is = evaluate(&one, self.organisation, baseline, self.now);
                let shifts = self.shifts(baseline, was, (&one, &is), &effects);
                judged.alone.push(alone(&shifts, gained(&was.score, &is.score)));
            }
            if !found.is_empty() {
                let own = self.harms(&one, &effects);
                for harm in found.iter_mut().filter(|harm| own.contains(&harm.text)) {
                    harm.changes.push(place);
                }
            }
        }
    }

    /// Whatever no change does by itself is due to those without which it would not be, or not so.
    pub(super) fn each_left_out(&self, judged: &mut [(Judged, Evaluation)], found: &mut [Harm]) {
        let owed: Vec<Vec<Owed>> = judged.iter().map(|(it, _)| nobody_alone(it)).collect();
        let is_owed = owed.iter().any(|it| !it.is_empty());
        if !is_owed && found.iter().all(|harm| !harm.changes.is_empty()) {
            return;
        }
        for place in 0..self.changes.len() {
            let mut rest = self.changes.to_vec();
            rest.remove(place);
            let mut without = self.tenant.clone();
            // Where others need what it makes, nobody can tell what they would do without it.
            let Ok(applied) = apply(&mut without, &rest, self.now) else { continue };
            let effects = self.effects(&without, &applied, &rest);
            let each = judged.iter_mut().zip(self.baselines).zip(&owed);
            for (((judged, was), baseline), owed) in each.filter(|(_, owed)| !owed.is_empty()) {
                let is = evaluate(&without, self.organisation, baseline, self.now);
                let shifts = self.shifts(baseline, was, (&without, &is), &effects);
                let still: BTreeSet<Owed> = shifts.iter().filter_map(owed_by).collect();
                for it in owed.iter().filter(|it| !still.contains(*it)) {
                    judged.joint.entry(it.0.clone()).or_default().push(place);
                }
            }
            if found.iter().any(|harm| harm.changes.is_empty()) {
                let still = self.harms(&without, &effects);
                let own = found.iter_mut().filter(|harm| harm.changes.is_empty());
                for harm in own.filter(|harm| !still.contains(&harm.text)) {
                    harm.joint.push(place);
                }
            }
        }
    }
}

/// A finding that got worse or is not known, and what came of it: without a change it may be met in
/// part, and fail with it.
type Owed = (Touched, &'static str);

fn owed_by(shift: &Shift) -> Option<Owed> {
    let key = (shift.check, Arc::clone(&shift.subject));
    is_touched(shift).then_some((key, shift.after.outcome))
}

/// What got worse or is not known, and is due to no change alone.
fn nobody_alone(judged: &Judged) -> Vec<Owed> {
    let shifts = judged.shifts.iter().filter(|it| judged.due_to(it).is_empty());
    shifts.filter_map(owed_by).collect()
}
