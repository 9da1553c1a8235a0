//! What would be a gain by something that may not come about: it is not known, and hides neither a
//! gain nor a loss that is there without it.

use super::due::Plan;
use super::{Direction, Effects, Shift, found, plain};
use crate::baseline::Baseline;
use crate::evaluate::{Evaluation, evaluate};
use crate::model::Tenant;
use crate::precheck::apply::{Applied, apply_certain};
use crate::precheck::edit::Change;
use crate::precheck::harm::harms;
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

    /// What is judged without what may not come about, where there is any of it.
    pub(super) fn certain<'e>(
        &self,
        baseline: &Baseline,
        effects: &'e Effects<'_>,
    ) -> Option<(&'e Tenant, Evaluation)> {
        let tenant = effects.certain.as_ref()?;
        Some((tenant, evaluate(tenant, self.organisation, baseline, self.now)))
    }

    /// What is wrong after the changes, with what may not come about or without it.
    pub(super) fn harms(&self, after: &Tenant, effects: &Effects<'_>) -> Vec<String> {
        let mut found = harms(self.tenant, after, self.organisation, self.now);
        if let Some(certain) = &effects.certain {
            let without = harms(self.tenant, certain, self.organisation, self.now);
            found.extend(without.into_iter().filter(|it| !found.contains(it)).collect::<Vec<_>>());
        }
        found
    }
}

/// Takes the gains away that are none without what may not come about.
pub(super) fn only_certain(
    shifts: &mut [Shift],
    was: &Evaluation,
    certain: &Evaluation,
    effects: &Effects<'_>,
) {
    for shift in shifts.iter_mut().filter(|it| it.direction == Direction::Strengthened) {
        let (before, after) = (found(was, shift), found(certain, shift));
        if plain(before, after, &effects.worse) != Some(Direction::Strengthened) {
            shift.direction = Direction::Unknown;
            shift.points = 0.0;
        }
    }
}

/// Adds the losses that are there without what may not come about: it may hide them.
pub(super) fn add_losses(shifts: &mut Vec<Shift>, without: Vec<Shift>) {
    for loss in without.into_iter().filter(|it| it.direction == Direction::Weakened) {
        let is_it = |it: &&mut Shift| it.check == loss.check && it.subject == loss.subject;
        match shifts.iter_mut().find(is_it) {
            Some(own) if own.direction == Direction::Weakened => {}
            Some(own) => *own = loss,
            None => shifts.push(loss),
        }
    }
}
