//! Two judgements of one tenant, before and after a change: what got worse, better or unknown.

use super::apply::{Applied, Note, NoteKind, apply};
use super::edit::{Change, Fault};
use super::harm::harms;
use super::stated::{AsStated, as_stated};
use crate::baseline::Baseline;
use crate::evaluate::{Evaluation, evaluate};
use crate::model::{Finding, Organisation, Outcome, Severity, Tenant, Verdict};
use crate::score::Score;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// More changes than this are judged together only.
pub const MOST_ALONE: usize = 50;
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
    /// Points of posture that it gains; negative where it loses some.
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
}

/// What one change does alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Alone {
    /// Where it leads.
    pub direction: Direction,
    /// Points of posture it gains; `None` where a side has no posture.
    pub points: Option<f64>,
    /// What it weakens or makes unknown: check and key of the subject, sorted.
    pub touches: Vec<(&'static str, Arc<str>)>,
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
        let is_it = |it: &(&'static str, Arc<str>)| it.0 == shift.check && it.1 == shift.subject;
        let touches = self.alone.iter().enumerate();
        touches.filter(|(_, it)| it.touches.iter().any(is_it)).map(|(place, _)| place).collect()
    }
}

/// What must not be, whatever the baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Harm {
    /// In a sentence without a full stop.
    pub text: String,
    /// The changes that do it by themselves; none where only several do.
    pub changes: Vec<usize>,
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
    let mut after = tenant.clone();
    let applied = apply(&mut after, changes, now)?;
    let together_only = changes.len() > MOST_ALONE;
    let mut judged: Vec<(Judged, Evaluation)> = baselines
        .iter()
        .map(|baseline| {
            let was = evaluate(tenant, organisation, baseline, now);
            let is = evaluate(&after, organisation, baseline, now);
            let shifts = shifts(&was, &is, &applied);
            let judged = Judged {
                id: baseline.id.clone(),
                title: baseline.title.clone(),
                digest: baseline.digest.clone(),
                before: was.score.clone(),
                after: is.score,
                shifts,
                alone: Vec::new(),
            };
            (judged, was)
        })
        .collect();
    let mut harms: Vec<Harm> = harms(tenant, &after, organisation, now)
        .into_iter()
        .map(|text| Harm { text, changes: Vec::new() })
        .collect();
    if let [_] = changes {
        // What one change does alone is what all of them do.
        for (judged, _) in &mut judged {
            let alone = alone(&judged.shifts, gained(&judged.before, &judged.after));
            judged.alone = vec![alone];
        }
        harms.iter_mut().for_each(|harm| harm.changes.push(0));
    } else if !together_only {
        for (place, change) in changes.iter().enumerate() {
            let mut one = tenant.clone();
            let Ok(applied) = apply(&mut one, std::slice::from_ref(change), now) else {
                // It needs what another change makes.
                for (judged, _) in &mut judged {
                    judged.alone.push(Alone {
                        direction: Direction::Unknown,
                        points: None,
                        touches: Vec::new(),
                    });
                }
                continue;
            };
            for ((judged, was), baseline) in judged.iter_mut().zip(baselines) {
                let is = evaluate(&one, organisation, baseline, now);
                let shifts = shifts(was, &is, &applied);
                judged.alone.push(alone(&shifts, gained(&was.score, &is.score)));
            }
            if !harms.is_empty() {
                let own = self::harms(tenant, &one, organisation, now);
                for harm in harms.iter_mut().filter(|harm| own.contains(&harm.text)) {
                    harm.changes.push(place);
                }
            }
        }
    }
    let stated = as_stated(changes, baselines);
    let baselines = judged.into_iter().map(|(judged, _)| judged).collect();
    Ok(Answer { baselines, notes: applied.notes, harms, stated, together_only })
}

/// What one change does alone.
fn alone(shifts: &[Shift], points: Option<f64>) -> Alone {
    let touches = |it: &&Shift| match it.direction {
        Direction::Weakened | Direction::Unknown => true,
        Direction::Neutral | Direction::Strengthened => false,
    };
    let mut touches: Vec<(&'static str, Arc<str>)> =
        shifts.iter().filter(touches).map(|it| (it.check, Arc::clone(&it.subject))).collect();
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
fn shifts(before: &Evaluation, after: &Evaluation, applied: &Applied) -> Vec<Shift> {
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
        pairs.into_values().filter_map(|pair| shift(pair, applied)).collect();
    shifts.sort_by(|a, b| {
        (b.direction, b.severity)
            .cmp(&(a.direction, a.severity))
            .then_with(|| a.points.total_cmp(&b.points))
            .then_with(|| (a.check, &a.subject).cmp(&(b.check, &b.subject)))
    });
    shifts
}

fn shift(pair: [Option<(&Finding, f64)>; 2], applied: &Applied) -> Option<Shift> {
    let [before, after] = pair;
    let (finding, _) = after.or(before)?;
    let (was, is) = (before.map(|(it, _)| it), after.map(|(it, _)| it));
    let is_weaker = applied.weaker.contains(&*finding.subject.key);
    // What is stated will not come about as it is stated.
    let is_refused = applied.refused.contains(&*finding.subject.key);
    let direction = match direction(was, is, is_weaker)? {
        Direction::Strengthened if is_refused => Direction::Unknown,
        certain @ (Direction::Strengthened
        | Direction::Weakened
        | Direction::Unknown
        | Direction::Neutral) => certain,
    };
    let fails = |it: Option<&Finding>| {
        it.is_some_and(|it| it.outcome.verdict() == Some(Verdict::Fail) && !it.info)
    };
    let cost = |side: Option<(&Finding, f64)>| side.map_or(0.0, |(_, cost)| cost);
    let expected = finding.outcome.details().map(|it| it.expected.to_string());
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
        // What is not known afterwards has gained nothing.
        points: match direction {
            Direction::Unknown => 0.0,
            Direction::Weakened | Direction::Strengthened | Direction::Neutral => {
                cost(before) - cost(after)
            }
        },
        new_failure: fails(is) && !fails(was),
        waived: is.is_some_and(|it| it.waiver.is_some()),
    })
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
fn direction(was: Option<&Finding>, is: Option<&Finding>, weaker: bool) -> Option<Direction> {
    let met = |credit: f64| credit >= 1.0 - TOLERANCE;
    Some(match (word(was), word(is)) {
        (Word::Judged(was_credit), Word::Judged(credit)) => {
            if credit < was_credit - TOLERANCE {
                Direction::Weakened
            } else if credit > was_credit + TOLERANCE {
                Direction::Strengthened
            } else if side(was) == side(is) {
                return None;
            } else if weaker && !met(credit) {
                // It fell short and now falls shorter, for which no credit is left to lose.
                Direction::Weakened
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::builtin;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, NOW};
    use crate::model::Scope;
    use crate::model::{Expiration, Gap, GapKind, IsoDuration};
    use crate::precheck::edit::{
        AccessName, Asking, Edit, End, GrantChange, Held, Lasting, Place, PolicyOf, RuleChange,
    };
    use crate::precheck::read;
    use crate::report::testing as texts;
    use proptest::prelude::*;

    fn change(edit: Edit) -> Change {
        let place = Place { file: "a.json".into(), pointer: String::new(), line: None };
        Change::of(place, "x", vec![edit])
    }

    fn answer(case: &Case, changes: &[Change]) -> Answer {
        let baseline = builtin::load("recommended").unwrap();
        let now = NOW.parse().unwrap();
        precheck(&case.tenant, &case.organisation, &[baseline], changes, now).unwrap()
    }

    fn held() -> Case {
        let mut case = Case::new();
        case.user("ana");
        case.policy(GLOBAL_ADMINISTRATOR);
        case
    }

    fn activation(length: &str) -> Change {
        let rule = RuleChange::Expiration {
            of: Lasting::Activation,
            required: None,
            maximum: Some(IsoDuration::parse(length).unwrap()),
        };
        let role = AccessName::Role("Global Administrator".to_owned());
        change(Edit::SetRule(PolicyOf::Access(role), rule))
    }

    #[test]
    fn a_longer_activation_weakens_and_a_shorter_one_strengthens() {
        for (live, next, expected) in [
            ("PT1H", "PT24H", Direction::Weakened),
            ("PT24H", "PT1H", Direction::Strengthened),
            ("PT480M", "PT8H", Direction::Neutral),
            // Both fail: there is no credit left to lose.
            ("PT20H", "PT24H", Direction::Weakened),
        ] {
            let mut case = held();
            let length = IsoDuration::parse(live).unwrap();
            case.policy(GLOBAL_ADMINISTRATOR).activation_expiration =
                Ok(Expiration::AtMost(length));
            let answer = answer(&case, &[activation(next)]);
            assert_eq!(answer.direction(0), expected, "{live} to {next}");
            let points = answer.baselines[0].alone[0].points.unwrap();
            match expected {
                Direction::Weakened => assert!(points <= 0.0, "{points}"),
                Direction::Strengthened => assert!(points > 0.0, "{points}"),
                Direction::Neutral | Direction::Unknown => assert!(points.abs() < 1e-9, "{points}"),
            }
        }
    }

    #[test]
    fn a_new_permanent_assignment_is_a_new_failure() {
        let grant = GrantChange {
            access: AccessName::Role("Global Administrator".to_owned()),
            principal: "ana".to_owned(),
            within: Scope::Tenant,
            held: Held::Active,
            present: true,
            start: None,
            end: End::Never,
        };
        let answer = answer(&held(), &[change(Edit::Grant(grant))]);
        let shifts = &answer.baselines[0].shifts;
        let new = shifts.iter().find(|it| it.check == "permanent-active-assignment").unwrap();
        assert!(new.new_failure && new.blocks(), "{new:?}");
        assert_eq!(new.before.outcome, "absent");
        assert!(answer.regressions() > 0);
    }

    #[test]
    fn each_change_is_judged_alone_and_all_together() {
        let mut case = held();
        case.policy(GLOBAL_ADMINISTRATOR).activation_expiration =
            Ok(Expiration::AtMost(IsoDuration::from_seconds(3600)));
        let answer = answer(&case, &[activation("PT24H"), activation("PT1H")]);
        assert_eq!(answer.direction(0), Direction::Weakened);
        assert_eq!(answer.direction(1), Direction::Neutral);
        assert_eq!(answer.regressions(), 0, "the second takes the first back");
        assert!(answer.baselines[0].alone[1].touches.is_empty());
        let weakened: Vec<&str> =
            answer.baselines[0].alone[0].touches.iter().map(|(check, _)| *check).collect();
        assert!(weakened.contains(&"activation-too-long"), "{weakened:?}");
        let many: Vec<Change> = (0..=MOST_ALONE).map(|_| activation("PT1H")).collect();
        let answer = self::answer(&case, &many);
        assert!(answer.together_only && answer.baselines[0].alone.is_empty());
    }

    #[test]
    fn what_is_gained_alone_and_together_adds_up_to_all() {
        let longer = || activation("PT24H");
        let without_mfa = || {
            let rule = RuleChange::Enablement {
                of: Asking::Activation,
                mfa: Some(false),
                justification: Some(true),
                ticket: None,
            };
            let role = AccessName::Role("Global Administrator".to_owned());
            change(Edit::SetRule(PolicyOf::Access(role), rule))
        };
        for changes in [
            vec![longer()],
            vec![longer(), without_mfa()],
            // Either does the whole harm, so that together they do less than the sum.
            vec![longer(), longer(), without_mfa()],
            vec![longer(), activation("PT1H")],
        ] {
            let answer = answer(&held(), &changes);
            let judged = &answer.baselines[0];
            let parts: f64 = judged.alone.iter().map(|it| it.points.unwrap()).sum();
            let together = judged.together().unwrap();
            let all = judged.points().unwrap();
            assert!((parts + together - all).abs() < 1e-9, "{parts} {together} {all}");
        }
        let twice = answer(&held(), &[longer(), longer()]);
        assert!(twice.baselines[0].together().unwrap() > 0.0);
        let many: Vec<Change> = (0..=MOST_ALONE).map(|_| longer()).collect();
        assert_eq!(answer(&held(), &many).baselines[0].together(), None);
    }

    #[test]
    fn a_finding_is_due_to_the_changes_that_weaken_it_alone() {
        let answer = answer(&held(), &[activation("PT1H"), activation("PT24H")]);
        let judged = &answer.baselines[0];
        let shift = judged.shifts.iter().find(|it| it.check == "activation-too-long").unwrap();
        assert_eq!(judged.due_to(shift), [1]);
    }

    #[test]
    fn a_harm_names_the_change_that_does_it() {
        let mut case = held();
        case.organisation.break_glass = vec!["ana@contoso.example".to_owned()];
        case.active("ana", GLOBAL_ADMINISTRATOR);
        let grant = GrantChange {
            access: AccessName::Role("Global Administrator".to_owned()),
            principal: "ana".to_owned(),
            within: Scope::Tenant,
            held: Held::Active,
            present: false,
            start: None,
            end: End::Unstated,
        };
        let take = || change(Edit::Grant(grant.clone()));
        for (changes, expected) in
            [(vec![take()], vec![0]), (vec![activation("PT1H"), take()], vec![1])]
        {
            let harms = answer(&case, &changes).harms;
            let harm = harms.iter().find(|it| it.text.contains("break-glass")).unwrap();
            assert_eq!(harm.changes, expected);
        }
    }

    #[test]
    fn a_pair_leads_where_its_credit_goes() {
        let finding =
            |outcome: Outcome| texts::finding("a-check", Severity::High, texts::tenant(), outcome);
        let unread = || Outcome::NotAssessed(Gap::new(GapKind::Planned, "later"));
        let pass = || Outcome::pass("a", "b");
        let fail = || Outcome::fail("c", "b");
        for (was, is, expected) in [
            (Some(pass()), Some(pass()), None),
            (Some(pass()), Some(fail()), Some(Direction::Weakened)),
            (Some(fail()), Some(pass()), Some(Direction::Strengthened)),
            (Some(Outcome::partial(0.5, "a", "b")), Some(fail()), Some(Direction::Weakened)),
            (Some(fail()), Some(Outcome::fail("d", "b")), Some(Direction::Neutral)),
            (None, Some(fail()), Some(Direction::Weakened)),
            (None, Some(pass()), Some(Direction::Neutral)),
            (Some(fail()), None, Some(Direction::Strengthened)),
            (Some(pass()), Some(unread()), Some(Direction::Unknown)),
            (Some(fail()), Some(unread()), Some(Direction::Unknown)),
            (Some(unread()), Some(fail()), Some(Direction::Unknown)),
            (Some(unread()), Some(unread()), None),
            (Some(Outcome::not_applicable("x")), Some(fail()), Some(Direction::Weakened)),
        ] {
            let (was, is) = (was.map(finding), is.map(finding));
            let found = direction(was.as_ref(), is.as_ref(), false);
            assert_eq!(found, expected, "{was:?} {is:?}");
        }
        let (was, is) = (finding(fail()), finding(Outcome::fail("d", "b")));
        assert_eq!(direction(Some(&was), Some(&is), true), Some(Direction::Weakened));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// A body that states the live value changes nothing, however it is spelt.
        #[test]
        fn the_current_value_is_neutral(
            halves in 1_u64..=48,
            mfa in any::<bool>(),
            justification in any::<bool>(),
        ) {
            let mut case = held();
            let policy = case.policy(GLOBAL_ADMINISTRATOR);
            let id = policy.id.to_string();
            let length = IsoDuration::from_seconds(halves * 1800);
            policy.activation_expiration = Ok(Expiration::AtMost(length));
            policy.activation_enablement =
                Ok(crate::model::Enablement { mfa, justification, ticket: false });
            let mut words = Vec::new();
            if mfa {
                words.push("MultiFactorAuthentication");
            }
            if justification {
                words.push("Justification");
            }
            let url = format!("/v1.0/policies/roleManagementPolicies/{id}/rules");
            let body = serde_json::json!([
                {"method": "PATCH", "url": format!("{url}/Expiration_EndUser_Assignment"),
                 "body": {"maximumDuration": format!("PT{}M", halves * 30)}},
                {"method": "PATCH", "url": format!("{url}/Enablement_EndUser_Assignment"),
                 "body": {"enabledRules": words}},
            ]);
            let changes = read("a.json", body.to_string().as_bytes()).unwrap();
            let answer = answer(&case, &changes);
            prop_assert!(answer.baselines[0].shifts.is_empty(), "{:?}", answer.baselines[0].shifts);
            prop_assert!(answer.is_neutral());
            prop_assert!(answer.notes.iter().all(|it| it.kind == NoteKind::AlreadyTrue));
        }
    }
}
