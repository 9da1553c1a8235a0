//! What looks worse only because a rule asks for more now: the mirror of a gain by asking for less.

use super::certain::{add_losses, only_certain};
use super::due::Plan;
use super::{Direction, Effects, Shift, found, plain, shifts, sort};
use crate::baseline::Baseline;
use crate::evaluate::{Evaluation, evaluate};
use crate::model::Tenant;
use crate::precheck::worse::put_back;

impl Plan<'_> {
    /// Every finding whose word changes, the worst first. What would not be worse if each rule that
    /// only asks for more had stayed as it was, is neutral.
    pub(super) fn shifts(
        &self,
        baseline: &Baseline,
        was: &Evaluation,
        (after, is): (&Tenant, &Evaluation),
        effects: &Effects<'_>,
    ) -> Vec<Shift> {
        let mut found = shifts(was, is, effects);
        let certain = self.certain(baseline, effects);
        if let Some((_, certain)) = &certain {
            only_certain(&mut found, was, certain, effects);
        }
        self.take_back_the_mirrored(&mut found, baseline, was, after, effects);
        if let Some((tenant, certain)) = &certain {
            let mut without = shifts(was, certain, effects);
            self.take_back_the_mirrored(&mut without, baseline, was, tenant, effects);
            add_losses(&mut found, without);
        }
        sort(&mut found);
        found
    }

    fn take_back_the_mirrored(
        &self,
        shifts: &mut [Shift],
        baseline: &Baseline,
        was: &Evaluation,
        after: &Tenant,
        effects: &Effects<'_>,
    ) {
        if !shifts.iter().any(may_be_mirrored) {
            return;
        }
        let Some(lenient) = self.lenient(after, effects) else { return };
        let lenient = evaluate(&lenient, self.organisation, baseline, self.now);
        for shift in shifts.iter_mut().filter(|it| may_be_mirrored(it)) {
            let (before, after) = (found(was, shift), found(&lenient, shift));
            if plain(before, after, &effects.worse) != Some(Direction::Weakened) {
                shift.direction = Direction::Neutral;
                shift.new_failure = false;
            }
        }
    }

    /// The tenant with the settings of before wherever they only ask for more; `None` where they do
    /// so nowhere.
    fn lenient(&self, after: &Tenant, effects: &Effects<'_>) -> Option<Tenant> {
        let stricter = effects.applied.stricter.iter();
        let only_more: Vec<&String> = stricter.filter(|key| !effects.worse.is_of(key)).collect();
        if only_more.is_empty() {
            return None;
        }
        let mut lenient = after.clone();
        for key in only_more {
            put_back(&mut lenient, self.tenant, key);
        }
        Some(lenient)
    }
}

/// A way is measured by what its role asks for; approvers are counted only while approval is on.
fn may_be_mirrored(shift: &Shift) -> bool {
    let was_silent = ["absent", "not-applicable", "info"].contains(&shift.before.outcome);
    shift.direction == Direction::Weakened
        && (shift.check == "weakest-path" || (was_silent && shift.after.outcome == "partial"))
}
