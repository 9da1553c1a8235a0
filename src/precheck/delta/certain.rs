//! What would be a gain by something that may not come about: it is not known, and hides no gain
//! that is there without it.

use super::due::Plan;
use super::{Direction, Effects, Shift, found, plain};
use crate::baseline::Baseline;
use crate::evaluate::{Evaluation, evaluate};
use crate::model::Tenant;
use crate::precheck::apply::{Applied, apply_certain};
use crate::precheck::edit::Change;
use crate::precheck::worse::Worse;

impl<'p> Plan<'p> {
    /// What comes of some of the changes beside the findings.
    pub(super) fn effects<'a>(
        &self,
        after: &Tenant,
        applied: &'a Applied,
        changes: &[Change],
    ) -> Effects<'a>
    where
        'p: 'a,
    {
        let certain = applied.doubtful.then(|| {
            let mut certain = self.tenant.clone();
            apply_certain(&mut certain, changes, self.now).is_ok().then_some(certain)
        });
        let worse = Worse::of(self.tenant, after, &applied.weaker);
        Effects { worse, applied, organisation: self.organisation, certain: certain.flatten() }
    }

    /// Takes the gains away that are none without what may not come about.
    pub(super) fn only_certain(
        &self,
        shifts: &mut [Shift],
        baseline: &Baseline,
        was: &Evaluation,
        effects: &Effects<'_>,
    ) {
        let is_gain = |shift: &Shift| shift.direction == Direction::Strengthened;
        let Some(certain) = &effects.certain else { return };
        if !shifts.iter().any(is_gain) {
            return;
        }
        let certain = evaluate(certain, self.organisation, baseline, self.now);
        for shift in shifts.iter_mut().filter(|it| is_gain(it)) {
            let (before, after) = (found(was, shift), found(&certain, shift));
            if plain(before, after, &effects.worse) != Some(Direction::Strengthened) {
                shift.direction = Direction::Unknown;
                shift.points = 0.0;
            }
        }
    }
}
