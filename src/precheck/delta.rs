//! Two judgements of one tenant, before and after a change: what got worse, better or unknown.

mod certain;
mod due;
mod mirror;
mod strangers;
#[cfg(test)]
mod tests;

use self::due::Plan;
use self::strangers::{is_held_by_a_stranger, unread_accounts};
use super::apply::{Applied, Note, NoteKind, apply};
use super::edit::{Change, Fault};
use super::stated::{AsStated, as_stated};
use super::terraform::settled;
use super::worse::{Worse, counts_more};
use crate::baseline::Baseline;
use crate::evaluate::{Evaluation, evaluate};
use crate::model::{Finding, Organisation, Outcome, Severity, Tenant, Verdict};
use crate::score::Score;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// More changes than this are judged together only.
pub const MOST_ALONE: usize = 200;
/// Differences of credit below this are none.
const TOLERANCE: f64 = 1e-9;

/// Where a change leads, from harmless to harmful.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// No verdict changes.
    Neutral,
    /// A baseline is met better.
    Strengthened,
    /// Something can no longer be judged, or is known only after the change.
    Unknown,
    /// A baseline is met worse.
    Weakened,
}

impl Direction {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Strengthened => "strengthened",
            Self::Unknown => "unknown",
            Self::Weakened => "weakened",
        }
    }
}

/// One side of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Name of the outcome; `absent` where there is no such subject.
    pub outcome: &'static str,
    /// What was found, or why nothing was.
    pub observed: String,
}

/// A finding whose word changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// Id of the check.
    pub check: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Shown severity; of two the higher.
    pub severity: Severity,
    /// Key of the subject.
    pub subject: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Before.
    pub before: Side,
    /// After.
    pub after: Side,
    /// What the baseline asks for.
    pub expected: String,
    /// Where it leads.
    pub direction: Direction,
    /// Points of posture that it gains; negative where it loses some, none where nobody knows.
    pub points: f64,
    /// It fails now, and did not before.
    pub new_failure: bool,
    /// A waiver accepts what comes of it.
    pub waived: bool,
}

impl Shift {
    /// True when it is worse than before and nobody accepted that.
    pub fn blocks(&self) -> bool {
        self.direction == Direction::Weakened && !self.waived
    }
}

/// What changes by one baseline.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Digest of what it demands.
    pub digest: String,
    /// The score before.
    pub before: Score,
    /// The score after.
    pub after: Score,
    /// Every finding whose word changes, the worst first.
    pub shifts: Vec<Shift>,
    /// What each change does alone; empty where there are too many.
    pub alone: Vec<Alone>,
    /// The changes without which a finding would not be worse, where none of them does it alone;
    /// by check and key of the subject.
    pub joint: BTreeMap<Touched, Vec<usize>>,
}

/// Check and key of the subject of a finding.
pub type Touched = (&'static str, Arc<str>);

/// What one change does alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Alone {
    /// Where it leads.
    pub direction: Direction,
    /// Points of posture it gains; `None` where a side has no posture.
    pub points: Option<f64>,
    /// What it weakens or makes unknown: check and key of the subject, sorted.
    pub touches: Vec<Touched>,
}

impl Judged {
    /// Points of posture that all changes gain; `None` where a side has no posture.
    pub fn points(&self) -> Option<f64> {
        gained(&self.before, &self.after)
    }

    /// What the changes gain together beyond what each gains alone: the parts add up to all. `None`
    /// where not every change was judged alone.
    pub fn together(&self) -> Option<f64> {
        if self.alone.is_empty() {
            return None;
        }
        let parts: Option<f64> = self.alone.iter().map(|it| it.points).sum();
        Some(self.points()? - parts?)
    }

    /// The changes that weaken this finding, or make it unknown, by themselves.
    pub fn due_to(&self, shift: &Shift) -> Vec<usize> {
        let is_it = |it: &Touched| it.0 == shift.check && it.1 == shift.subject;
        let touches = self.alone.iter().enumerate();
        touches.filter(|(_, it)| it.touches.iter().any(is_it)).map(|(place, _)| place).collect()
    }

    /// The changes that weaken this finding together, where none does it by itself.
    pub fn due_together(&self, shift: &Shift) -> &[usize] {
        let key = (shift.check, Arc::clone(&shift.subject));
        self.joint.get(&key).map_or(&[][..], Vec::as_slice)
    }
}

/// What must not be, whatever the baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Harm {
    /// In a sentence without a full stop.
    pub text: String,
    /// The changes that do it by themselves; none where only several do.
    pub changes: Vec<usize>,
    /// The changes without which it would not be, where none does it by itself.
    pub joint: Vec<usize>,
}

/// The answer of a precheck.
#[derive(Clone, Debug)]
pub struct Answer {
    /// By each baseline.
    pub baselines: Vec<Judged>,
    /// Notes, by change.
    pub notes: Vec<Note>,
    /// What must not be, whatever the baseline.
    pub harms: Vec<Harm>,
    /// What the changes state about Azure roles, which is no verdict on the tenant.
    pub stated: Vec<AsStated>,
    /// True when there were too many changes to judge each alone.
    pub together_only: bool,
}

/// Judges planned changes by each baseline, before and after.
///
/// # Errors
/// Every id and name that the tenant does not know.
pub fn precheck(
    tenant: &Tenant,
    organisation: &Organisation,
    baselines: &[Baseline],
    changes: &[Change],
    now: Timestamp,
) -> Result<Answer, Vec<Fault>> {
    let settled = settled(tenant, changes);
    let changes = &*settled;
    let mut after = tenant.clone();
    let applied = apply(&mut after, changes, now)?;
    let together_only = changes.len() > MOST_ALONE;
    let plan = Plan { tenant, organisation, baselines, changes, now };
    let effects = plan.effects(&after, &applied, changes);
    let mut judged: Vec<(Judged, Evaluation)> = baselines
        .iter()
        .map(|baseline| {
            let was = evaluate(tenant, organisation, baseline, now);
            let is = evaluate(&after, organisation, baseline, now);
            let shifts = plan.shifts(baseline, &was, (&after, &is), &effects);
            let judged = Judged {
                id: baseline.id.clone(),
                title: baseline.title.clone(),
                digest: baseline.digest.clone(),
                before: was.score.clone(),
                after: is.score,
                shifts,
                alone: Vec::new(),
                joint: BTreeMap::new(),
            };
            (judged, was)
        })
        .collect();
    let mut harms: Vec<Harm> = plan
        .harms(&after, &effects)
        .into_iter()
        .map(|text| Harm { text, changes: Vec::new(), joint: Vec::new() })
        .collect();
    if let [_] = changes {
        // What one change does alone is what all of them do.
        for (judged, _) in &mut judged {
            let alone = alone(&judged.shifts, gained(&judged.before, &judged.after));
            judged.alone = vec![alone];
        }
        harms.iter_mut().for_each(|harm| harm.changes.push(0));
    } else if !together_only {
        plan.each_alone(&mut judged, &mut harms);
        plan.each_left_out(&mut judged, &mut harms);
    }
    let stated = as_stated(changes, baselines);
    let baselines = judged.into_iter().map(|(judged, _)| judged).collect();
    let mut notes = applied.notes;
    notes.extend(unread_accounts(tenant, organisation, changes));
    notes.sort();
    notes.dedup();
    Ok(Answer { baselines, notes, harms, stated, together_only })
}

/// What applying changes tells beside the findings.
struct Effects<'a> {
    worse: Worse,
    applied: &'a Applied,
    organisation: &'a Organisation,
    /// The tenant without what may not come about, where there is any of it.
    certain: Option<Tenant>,
}

const fn is_touched(shift: &Shift) -> bool {
    match shift.direction {
        Direction::Weakened | Direction::Unknown => true,
        Direction::Neutral | Direction::Strengthened => false,
    }
}

/// What one change does alone.
fn alone(shifts: &[Shift], points: Option<f64>) -> Alone {
    let touched = shifts.iter().filter(|it| is_touched(it));
    let mut touches: Vec<Touched> = touched.map(|it| (it.check, Arc::clone(&it.subject))).collect();
    touches.sort();
    Alone { direction: worst(shifts), points, touches }
}

impl Answer {
    /// Where a change leads by all baselines, with what is not known of it.
    pub fn direction(&self, change: usize) -> Direction {
        let alone = self.baselines.iter().filter_map(|judged| judged.alone.get(change));
        let judged = alone.map(|it| it.direction).max().unwrap_or(Direction::Neutral);
        let unknown =
            self.notes.iter().any(|it| it.change == change && it.kind == NoteKind::Unknown);
        if unknown { judged.max(Direction::Unknown) } else { judged }
    }

    /// How many findings got worse without a waiver, by all baselines.
    pub fn regressions(&self) -> usize {
        self.baselines.iter().flat_map(|it| &it.shifts).filter(|it| it.blocks()).count()
    }

    /// True when something that matters is not known.
    pub fn has_unknown(&self) -> bool {
        self.notes.iter().any(|it| it.kind == NoteKind::Unknown)
            || self
                .baselines
                .iter()
                .flat_map(|it| &it.shifts)
                .any(|it| it.direction == Direction::Unknown)
    }

    /// True when no verdict changes and nothing is unknown.
    pub fn is_neutral(&self) -> bool {
        self.harms.is_empty()
            && !self.has_unknown()
            && self
                .baselines
                .iter()
                .flat_map(|it| &it.shifts)
                .all(|it| it.direction == Direction::Neutral)
    }
}

fn worst(shifts: &[Shift]) -> Direction {
    shifts.iter().map(|it| it.direction).max().unwrap_or(Direction::Neutral)
}

fn gained(before: &Score, after: &Score) -> Option<f64> {
    Some(after.raw? - before.raw?)
}

/// What each finding costs, in the order of the findings.
fn costs(evaluation: &Evaluation) -> Vec<f64> {
    let findings = &evaluation.findings;
    let scored: Vec<usize> =
        (0..findings.len()).filter(|place| findings[*place].is_scored()).collect();
    let mut costs = vec![0.0; findings.len()];
    for subject in evaluation.score.checks.iter().flat_map(|check| &check.subjects) {
        if let Some(cost) = scored.get(subject.row).and_then(|place| costs.get_mut(*place)) {
            *cost += subject.points;
        }
    }
    costs
}

type Key<'f> = (&'static str, &'f str);

/// Every finding whose word changes, the worst first.
fn shifts(before: &Evaluation, after: &Evaluation, effects: &Effects<'_>) -> Vec<Shift> {
    let (costs_before, costs_after) = (costs(before), costs(after));
    let mut pairs: BTreeMap<Key<'_>, [Option<(&Finding, f64)>; 2]> = BTreeMap::new();
    for (place, (evaluation, costs)) in
        [(before, &costs_before), (after, &costs_after)].into_iter().enumerate()
    {
        for (finding, cost) in evaluation.findings.iter().zip(costs) {
            let key = (finding.check, &*finding.subject.key);
            pairs.entry(key).or_default()[place] = Some((finding, *cost));
        }
    }
    let mut shifts: Vec<Shift> =
        pairs.into_values().filter_map(|pair| shift(pair, effects)).collect();
    sort(&mut shifts);
    shifts
}

fn sort(shifts: &mut [Shift]) {
    shifts.sort_by(|a, b| {
        (b.direction, b.severity)
            .cmp(&(a.direction, a.severity))
            .then_with(|| a.points.total_cmp(&b.points))
            .then_with(|| (a.check, &a.subject).cmp(&(b.check, &b.subject)))
    });
}

fn shift(pair: [Option<(&Finding, f64)>; 2], effects: &Effects<'_>) -> Option<Shift> {
    let [before, after] = pair;
    let (finding, _) = after.or(before)?;
    let (was, is) = (before.map(|(it, _)| it), after.map(|(it, _)| it));
    let direction = direction(was, is, effects)?;
    let fails = |it: Option<&Finding>| {
        it.is_some_and(|it| it.outcome.verdict() == Some(Verdict::Fail) && !it.info)
    };
    let cost = |side: Option<(&Finding, f64)>| side.map_or(0.0, |(_, cost)| cost);
    let expected = finding.outcome.details().map(|it| it.expected.to_string());
    // What is not judged costs nothing, which is no gain.
    let points = match direction {
        Direction::Unknown => 0.0,
        Direction::Neutral | Direction::Strengthened | Direction::Weakened => {
            cost(before) - cost(after)
        }
    };
    Some(Shift {
        check: finding.check,
        title: finding.title,
        severity: was.into_iter().chain(is).map(|it| it.severity).max()?,
        subject: Arc::clone(&finding.subject.key),
        name: Arc::clone(&finding.subject.name),
        before: side(was),
        after: side(is),
        expected: expected.unwrap_or_default(),
        direction,
        points,
        // What was not assessed before may have failed as well.
        new_failure: direction == Direction::Weakened
            && !fails(was)
            // One that is worse and not judged is held by a stranger.
            && (fails(is) || (was.is_none() && word(is) == Word::Unread)),
        waived: is.is_some_and(|it| it.waiver.is_some()),
    })
}

/// What was found of the check and the subject of a shift.
fn found<'e>(evaluation: &'e Evaluation, shift: &Shift) -> Option<&'e Finding> {
    let mut findings = evaluation.findings.iter();
    findings.find(|it| it.check == shift.check && it.subject.key == shift.subject)
}

fn side(finding: Option<&Finding>) -> Side {
    let Some(finding) = finding else {
        return Side { outcome: "absent", observed: String::new() };
    };
    let observed = match &finding.outcome {
        Outcome::Judged { details, .. } | Outcome::Info(details) => details.observed.to_string(),
        Outcome::NotApplicable { why } => why.to_string(),
        Outcome::NotAssessed(gap) => gap.to_string(),
    };
    Side { outcome: finding.outcome.name(), observed }
}

/// What a finding says, as far as it can be worse or better.
#[derive(Clone, Copy, PartialEq)]
enum Word {
    /// Nothing is asked.
    Silent,
    Judged(f64),
    Unread,
}

fn word(finding: Option<&Finding>) -> Word {
    match finding {
        None => Word::Silent,
        Some(finding) if finding.info => Word::Silent,
        Some(finding) => match &finding.outcome {
            Outcome::Judged { credit, .. } => Word::Judged(*credit),
            Outcome::Info(_) | Outcome::NotApplicable { .. } => Word::Silent,
            Outcome::NotAssessed(_) => Word::Unread,
        },
    }
}

/// Where a pair leads; `None` where its word stays.
fn direction(
    was: Option<&Finding>,
    is: Option<&Finding>,
    effects: &Effects<'_>,
) -> Option<Direction> {
    if was.is_none() && is.is_some_and(|it| is_held_by_a_stranger(it, effects.organisation)) {
        return Some(Direction::Weakened);
    }
    let direction = plain(was, is, &effects.worse)?;
    // No planned change starts an activation: one that runs is beyond a rule that became stricter.
    let is_beyond = is.is_some_and(|it| it.check == "activation-beyond-policy");
    if is_beyond && direction == Direction::Weakened {
        return Some(Direction::Neutral);
    }
    let Some(was) = was.filter(|_| direction == Direction::Strengthened) else {
        return Some(direction);
    };
    if effects.worse.lost_its_end(was) {
        return Some(Direction::Weakened);
    }
    // A part of what is stated there will not come about, and may be the part that counts.
    if effects.applied.refused.contains(&*was.subject.key) {
        return Some(Direction::Unknown);
    }
    Some(if effects.worse.is_hollow(was, is) { Direction::Neutral } else { direction })
}

/// The same by the two findings alone, and by what got worse beside them.
fn plain(was: Option<&Finding>, is: Option<&Finding>, worse: &Worse) -> Option<Direction> {
    let met = |credit: f64| credit >= 1.0 - TOLERANCE;
    let shorter = || was.zip(is).is_some_and(|(was, is)| worse.falls_shorter(was, is));
    let more = || was.zip(is).is_some_and(|(was, is)| counts_more(was, is));
    Some(match (word(was), word(is)) {
        (Word::Judged(was_credit), Word::Judged(credit)) => {
            if credit < was_credit - TOLERANCE {
                Direction::Weakened
            } else if credit > was_credit + TOLERANCE {
                Direction::Strengthened
            } else if !met(credit) && (more() || (side(was) != side(is) && shorter())) {
                // It fell short and now falls shorter, for which no credit is left to lose. What
                // is shown of a long list may stay as it was.
                Direction::Weakened
            } else if side(was) == side(is) {
                return None;
            } else {
                Direction::Neutral
            }
        }
        (Word::Silent, Word::Judged(credit)) if met(credit) => Direction::Neutral,
        (Word::Silent, Word::Judged(_)) => Direction::Weakened,
        (Word::Judged(credit), Word::Silent) if met(credit) => Direction::Neutral,
        (Word::Judged(_), Word::Silent) => Direction::Strengthened,
        // Nobody knows what it was: neither a gain nor a loss is proven.
        (Word::Unread, Word::Judged(credit)) if met(credit) => Direction::Neutral,
        (Word::Unread, Word::Judged(_)) | (Word::Judged(_) | Word::Silent, Word::Unread) => {
            Direction::Unknown
        }
        (Word::Unread, Word::Silent) => Direction::Neutral,
        (Word::Unread, Word::Unread) | (Word::Silent, Word::Silent) => return None,
    })
}
