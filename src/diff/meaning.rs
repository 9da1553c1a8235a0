//! What a change means for a baseline: which findings got worse or better, came or went.
//!
//! Both lists are of one baseline, each judged at its own time, with the waivers of the newer. What was
//! not read in one of the two became unreadable or readable; it neither came nor went.

use crate::model::{Finding, Gap, Outcome, Severity, Subject, SubjectKind, Target, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Sums of fractions err by far less.
const TOLERANCE: f64 = 1e-9;

/// What became of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Turn {
    /// Judged in both, and worse now: a worse verdict, or less credit.
    Regression,
    /// Judged in both, and better now.
    Fix,
    /// A subject that was not there, or that the rule did not speak of.
    New,
    /// A subject that is not there any more, or that the rule does not speak of.
    Vanished,
    /// It was judged, or not there, and could not be judged now. Says nothing of the tenant.
    BecameUnreadable,
    /// It could not be judged and is judged now, or not there. Says nothing of a change.
    BecameReadable,
}

/// What was said of a subject at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// The word in reports: pass, partial, fail, not-assessed, not-applicable.
    pub outcome: &'static str,
    /// The verdict, where it was judged.
    pub verdict: Option<Verdict>,
    /// Between 0 and 1, where it was judged.
    pub credit: Option<f64>,
    /// What was observed, or why it could not be judged.
    pub observed: String,
    /// True where a waiver accepts it.
    pub waived: bool,
}

/// One finding that is not what it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// What became of it.
    pub turn: Turn,
    /// Id of the check.
    pub check: &'static str,
    /// Title of the check.
    pub title: &'static str,
    /// What it is about; as in the newer, where it is there.
    pub subject: Arc<Subject>,
    /// Severity as shown; that of the newer, where it is there.
    pub severity: Severity,
    /// What was said; `None` where the subject was not there, or its list was not read.
    pub before: Option<Word>,
    /// What is said now.
    pub after: Option<Word>,
}

impl Move {
    /// True when a waiver accepts what it is now.
    pub fn is_waived(&self) -> bool {
        self.after.as_ref().is_some_and(|word| word.waived)
    }

    /// True when the tenant got worse and nobody accepted it: a regression, or a new subject that fails.
    pub fn is_worse(&self) -> bool {
        !self.is_waived()
            && match self.turn {
                Turn::Regression => true,
                Turn::New => self.fails(),
                Turn::Fix | Turn::Vanished | Turn::BecameUnreadable | Turn::BecameReadable => false,
            }
    }

    /// True when it fails now.
    pub fn fails(&self) -> bool {
        self.after.as_ref().is_some_and(|word| word.verdict == Some(Verdict::Fail))
    }
}

/// Everything that is not what it was, by turn, the most severe first.
pub fn moves(old: &[Finding], new: &[Finding]) -> Vec<Move> {
    let (old, new) = (Side::of(old), Side::of(new));
    let keys: BTreeSet<&Key<'_>> = old.findings.keys().chain(new.findings.keys()).collect();
    let mut moves: Vec<Move> = keys.into_iter().filter_map(|key| moved(key, &old, &new)).collect();
    moves.sort_by(|one, other| {
        (one.turn, other.severity, one.check)
            .cmp(&(other.turn, one.severity, other.check))
            .then_with(|| one.subject.key.cmp(&other.subject.key))
    });
    moves
}

/// Check and subject key.
type Key<'f> = (&'static str, &'f str);

/// The findings of one time.
struct Side<'f> {
    findings: BTreeMap<Key<'f>, &'f Finding>,
    /// Why subjects of a check and kind may be missing.
    gaps: BTreeMap<(&'static str, SubjectKind), &'f Gap>,
}

/// How the key of a grant ends of which nobody knows whether it stands.
const UNCLEAR: &str = ":unknown";
/// How it ends where that is known; nothing is permanent.
const CLASSES: [&str; 3] = ["", ":timebound", ":activated"];

/// The key of a grant without its class.
fn without_class(key: &str) -> &str {
    let mut ends = CLASSES.into_iter().chain([UNCLEAR]).filter(|end| !end.is_empty());
    ends.find_map(|end| key.strip_suffix(end)).unwrap_or(key)
}

impl<'f> Side<'f> {
    fn of(findings: &'f [Finding]) -> Self {
        let mut side = Self { findings: BTreeMap::new(), gaps: BTreeMap::new() };
        // What only informs was never judged.
        for finding in findings.iter().filter(|finding| !finding.info) {
            if let (Target::Dataset { .. }, Outcome::NotAssessed(gap)) =
                (&finding.subject.target, &finding.outcome)
            {
                side.gaps.entry((finding.check, finding.subject.kind)).or_insert(gap);
            }
            // Several findings of one subject are merged to the worst, as in the score.
            side.findings
                .entry((finding.check, &*finding.subject.key))
                .and_modify(|known| {
                    if credit(finding) < credit(known) {
                        *known = finding;
                    }
                })
                .or_insert(finding);
        }
        side
    }

    fn gap_of(&self, other: &Finding) -> Option<&'f Gap> {
        let of = |kind| self.gaps.get(&(other.check, kind)).copied();
        of(other.subject.kind).or_else(|| match other.subject.kind {
            // A list of what roles are held by hides groups as well as roles.
            SubjectKind::Group => of(SubjectKind::Role),
            SubjectKind::Tenant
            | SubjectKind::Role
            | SubjectKind::Grant
            | SubjectKind::Principal
            | SubjectKind::Alert => None,
        })
    }

    /// The finding of this key; of a grant whose class is not known here, what is said of that.
    fn get(&self, key: &Key<'_>) -> Option<&'f Finding> {
        self.findings.get(key).copied().or_else(|| {
            let unclear = format!("{}{UNCLEAR}", without_class(key.1));
            self.findings.get(&(key.0, unclear.as_str())).copied()
        })
    }

    /// Whether the other side knows the class of this grant, and this side does not: then it is told
    /// under the key that says it.
    fn is_told_of(&self, key: &Key<'_>, other: &Side<'_>) -> bool {
        let Some(grant) = key.1.strip_suffix(UNCLEAR) else { return false };
        self.findings.contains_key(key)
            && !other.findings.contains_key(key)
            && CLASSES.into_iter().any(|class| {
                let known = format!("{grant}{class}");
                let known = (key.0, known.as_str());
                other.findings.contains_key(&known) && !self.findings.contains_key(&known)
            })
    }
}

/// For the order from worst to best alone: a gap is between a failure and a pass.
fn credit(finding: &Finding) -> f64 {
    match &finding.outcome {
        Outcome::Judged { verdict: Verdict::Fail, credit, .. } => credit - 1.0,
        Outcome::Judged { credit, .. } => *credit,
        Outcome::NotAssessed(_) => 0.0,
        Outcome::Info(_) | Outcome::NotApplicable { .. } => 2.0,
    }
}

/// How a finding stands to the others.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Judged(Verdict, f64),
    Unread,
    /// The list that would have it was not read whole.
    Hidden,
    /// Not there, or the rule does not speak of it.
    Beside,
}

fn state(finding: Option<&Finding>, hidden: bool) -> State {
    let Some(finding) = finding else {
        return if hidden { State::Hidden } else { State::Beside };
    };
    match &finding.outcome {
        Outcome::Judged { verdict, credit, .. } => State::Judged(*verdict, *credit),
        Outcome::NotAssessed(_) => State::Unread,
        Outcome::Info(_) | Outcome::NotApplicable { .. } => State::Beside,
    }
}

fn moved(key: &Key<'_>, old: &Side<'_>, new: &Side<'_>) -> Option<Move> {
    if old.is_told_of(key, new) || new.is_told_of(key, old) {
        return None;
    }
    let (before, after) = (old.get(key), new.get(key));
    let shown = after.or(before)?;
    let is_list = matches!(shown.subject.target, Target::Dataset { .. });
    // The row of a list that broke off comes and goes with the reading.
    let (hidden_before, hidden_after) = match is_list {
        true => (false, false),
        false => (old.gap_of(shown).is_some(), new.gap_of(shown).is_some()),
    };
    let (was, is) = (state(before, hidden_before), state(after, hidden_after));
    let turn =
        match (was, is) {
            (State::Judged(was, had), State::Judged(is, has)) => {
                if is > was || (is == was && has < had - TOLERANCE) {
                    Turn::Regression
                } else if is < was || has > had + TOLERANCE {
                    Turn::Fix
                } else {
                    return None;
                }
            }
            // What could not be judged says nothing, also of what was not there before.
            (State::Judged(..) | State::Beside, State::Unread)
            | (State::Judged(..), State::Hidden) => Turn::BecameUnreadable,
            (State::Unread, State::Judged(..) | State::Beside)
            | (State::Hidden, State::Judged(..)) => Turn::BecameReadable,
            (State::Beside, State::Judged(..)) => Turn::New,
            (State::Judged(..), State::Beside) => Turn::Vanished,
            (State::Unread | State::Hidden, State::Unread | State::Hidden)
            | (State::Hidden, State::Beside)
            | (State::Beside, State::Hidden | State::Beside) => return None,
        };
    let unread = |gap: Option<&Gap>| gap.map(hidden_word);
    let gap_before = if was == State::Hidden { unread(old.gap_of(shown)) } else { None };
    let gap_after = if is == State::Hidden { unread(new.gap_of(shown)) } else { None };
    Some(Move {
        turn,
        check: shown.check,
        title: shown.title,
        subject: Arc::clone(&shown.subject),
        severity: shown.severity,
        before: before.map(word).or(gap_before),
        after: after.map(word).or(gap_after),
    })
}

fn word(finding: &Finding) -> Word {
    let (verdict, credit, observed) = match &finding.outcome {
        Outcome::Judged { verdict, credit, details } => {
            (Some(*verdict), Some(*credit), details.observed.to_string())
        }
        Outcome::Info(details) => (None, None, details.observed.to_string()),
        Outcome::NotApplicable { why } => (None, None, why.to_string()),
        Outcome::NotAssessed(gap) => (None, None, in_words(gap)),
    };
    Word {
        outcome: finding.outcome.name(),
        verdict,
        credit,
        observed,
        waived: finding.waiver.is_some(),
    }
}

/// What is said of a subject whose list was not read.
fn hidden_word(gap: &Gap) -> Word {
    Word {
        outcome: "not-assessed",
        verdict: None,
        credit: None,
        observed: in_words(gap),
        waived: false,
    }
}

fn in_words(gap: &Gap) -> String {
    format!("{}: {}", gap.kind, gap.reason())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Tier};
    use crate::report::testing::{denied, finding, missing_list, person, role, waiver};

    const CHECK: &str = "a-check";

    fn on(name: &str, outcome: Outcome) -> Finding {
        finding(CHECK, Severity::High, person(name), outcome)
    }

    fn turns(old: &[Finding], new: &[Finding]) -> Vec<Turn> {
        moves(old, new).into_iter().map(|it| it.turn).collect()
    }

    fn pass() -> Outcome {
        Outcome::pass("on", "on")
    }

    fn fail() -> Outcome {
        Outcome::fail("off", "on")
    }

    #[test]
    fn a_finding_turns_as_its_two_outcomes_say() {
        let part = |credit| Outcome::partial(credit, "half", "whole");
        let lists = || denied(Dataset::Principals);
        let beside = || Outcome::not_applicable("no");
        use Turn::{BecameReadable, BecameUnreadable, Fix, New, Regression, Vanished};
        for (old, new, forth, back) in [
            (Some(pass()), Some(pass()), None, None),
            (Some(pass()), Some(fail()), Some(Regression), Some(Fix)),
            (Some(pass()), Some(part(0.9)), Some(Regression), Some(Fix)),
            (Some(part(0.5)), Some(part(0.4)), Some(Regression), Some(Fix)),
            (Some(part(0.5)), Some(part(0.5)), None, None),
            // A worse verdict is worse whatever its credit.
            (
                Some(part(0.1)),
                Some(Outcome::fail_with_credit(0.5, "x", "y")),
                Some(Regression),
                Some(Fix),
            ),
            (Some(pass()), Some(lists()), Some(BecameUnreadable), Some(BecameReadable)),
            (Some(fail()), Some(lists()), Some(BecameUnreadable), Some(BecameReadable)),
            (Some(lists()), Some(lists()), None, None),
            (None, Some(pass()), Some(New), Some(Vanished)),
            // Who was not there and cannot be judged is no change that anybody saw.
            (None, Some(lists()), Some(BecameUnreadable), Some(BecameReadable)),
            (None, Some(beside()), None, None),
            (Some(beside()), Some(fail()), Some(New), Some(Vanished)),
            (Some(beside()), Some(lists()), Some(BecameUnreadable), Some(BecameReadable)),
        ] {
            let side = |outcome: &Option<Outcome>| -> Vec<Finding> {
                outcome.iter().map(|it| on("ana", it.clone())).collect()
            };
            let (one, other) = (side(&old), side(&new));
            let expected = |turn: Option<Turn>| turn.into_iter().collect::<Vec<_>>();
            assert_eq!(turns(&one, &other), expected(forth), "{old:?} {new:?}");
            assert_eq!(turns(&other, &one), expected(back), "{new:?} {old:?}");
        }
    }

    #[test]
    fn a_subject_of_a_list_that_was_not_read_did_not_vanish() {
        let list = || {
            finding(
                CHECK,
                Severity::High,
                missing_list(Dataset::Principals),
                denied(Dataset::Principals),
            )
        };
        let old = [on("ana", fail()), on("ben", denied(Dataset::Principals))];
        let new = [list()];
        assert_eq!(turns(&old, &new), [Turn::BecameUnreadable; 2]);
        assert_eq!(turns(&new, &old), [Turn::BecameReadable; 2]);
        assert!(turns(&new, &[list()]).is_empty());
        // What roles are held by tells groups too.
        let roles = || {
            let mut list = list();
            list.subject = Arc::new(Subject { kind: SubjectKind::Role, ..(*list.subject).clone() });
            list
        };
        let mut group = on("g", fail());
        group.subject = Arc::new(Subject { kind: SubjectKind::Group, ..(*group.subject).clone() });
        assert_eq!(turns(&[group], &[roles()]), [Turn::BecameUnreadable; 2]);
        // Of another kind the list says nothing.
        let other = [finding(CHECK, Severity::High, role("R", Tier::High, 1.0), fail())];
        assert_eq!(turns(&other, &new), [Turn::Vanished, Turn::BecameUnreadable]);
    }

    #[test]
    fn a_grant_whose_class_was_not_read_is_the_one_whose_class_was() {
        const UNREAD: &str = "grant:ana:role:ga:unknown";
        let held = |key: &str, outcome: Outcome| {
            let mut finding = on("ana", outcome);
            finding.subject = Arc::new(Subject { key: key.into(), ..(*finding.subject).clone() });
            finding
        };
        let lists = || denied(Dataset::RoleAssignments);
        use Turn::{BecameReadable, BecameUnreadable, New, Vanished};
        for (key, unread, forth, back) in [
            (
                "grant:ana:role:ga",
                lists(),
                vec![(UNREAD, BecameUnreadable)],
                vec![("grant:ana:role:ga", BecameReadable)],
            ),
            (
                "grant:ana:role:ga:timebound",
                lists(),
                vec![(UNREAD, BecameUnreadable)],
                vec![("grant:ana:role:ga:timebound", BecameReadable)],
            ),
            // What does not depend on the class is judged all the same.
            ("grant:ana:role:ga", fail(), vec![], vec![]),
            // Another grant went, and one whose class is not known came.
            (
                "grant:ben:role:ga",
                lists(),
                vec![("grant:ben:role:ga", Vanished), (UNREAD, BecameUnreadable)],
                vec![("grant:ben:role:ga", New), (UNREAD, BecameReadable)],
            ),
            // An eligibility is never unclear.
            (
                "grant:ana:role:ga:eligible",
                lists(),
                vec![("grant:ana:role:ga:eligible", Vanished), (UNREAD, BecameUnreadable)],
                vec![("grant:ana:role:ga:eligible", New), (UNREAD, BecameReadable)],
            ),
        ] {
            let (known, unread) = ([held(key, fail())], [held(UNREAD, unread)]);
            for (old, new, expected) in [(&known, &unread, forth), (&unread, &known, back)] {
                let told: Vec<(String, Turn)> = moves(old, new)
                    .into_iter()
                    .map(|it| (it.subject.key.to_string(), it.turn))
                    .collect();
                let expected: Vec<(String, Turn)> =
                    expected.into_iter().map(|(key, turn)| (key.to_owned(), turn)).collect();
                assert_eq!(told, expected, "{key}");
            }
        }
    }

    #[test]
    fn what_only_informs_never_turns() {
        let informing = |outcome| Finding { info: true, ..on("ana", outcome) };
        assert!(turns(&[informing(pass())], &[informing(fail())]).is_empty());
        assert!(turns(&[], &[informing(denied(Dataset::Principals))]).is_empty());
    }

    #[test]
    fn what_is_worse_and_not_waived_counts() {
        for (old, new, waived, expected) in [
            (Some(pass()), fail(), false, true),
            (Some(pass()), fail(), true, false),
            (None, fail(), false, true),
            (None, fail(), true, false),
            (None, pass(), false, false),
            (None, Outcome::partial(0.5, "half", "whole"), false, false),
            (Some(pass()), Outcome::partial(0.5, "half", "whole"), false, true),
            (Some(fail()), pass(), false, false),
        ] {
            let old: Vec<Finding> = old.map(|it| on("ana", it)).into_iter().collect();
            let mut new = on("ana", new);
            new.waiver = waived.then(waiver);
            let moves = moves(&old, &[new]);
            assert_eq!(moves.len(), 1);
            assert_eq!(moves[0].is_worse(), expected, "{moves:?}");
        }
    }

    #[test]
    fn the_most_severe_comes_first() {
        let of = |severity, name: &str, outcome| finding(CHECK, severity, person(name), outcome);
        let old = [
            of(Severity::Low, "ana", pass()),
            of(Severity::Critical, "ben", pass()),
            of(Severity::Low, "cem", fail()),
        ];
        let new = [
            of(Severity::Low, "ana", fail()),
            of(Severity::Critical, "ben", fail()),
            of(Severity::Low, "cem", pass()),
        ];
        let names: Vec<_> =
            moves(&old, &new).iter().map(|it| it.subject.name.to_string()).collect();
        assert_eq!(names, ["ben", "ana", "cem"]);
    }
}
