//! The sums behind a score: rows by check, kind and subject, merged and added in sorted order.
//!
//! What a sum means for the reader stands in the parent module.

use super::{CheckScore, Row, RowOutcome, SubjectCost, ratio};
use crate::model::severity::Severity;

/// A check and a kind of subject: what the sums run over.
pub(super) type Group = (&'static str, &'static str);

/// All rows of one check on one subject, with their places.
pub(super) struct Subject<'s, 'r> {
    pub(super) rows: &'s [(usize, &'r Row)],
}

/// What the rows of one subject come to.
enum State {
    Waived,
    Unread,
    Judged { row: usize, credit: f64 },
}

/// The subjects of sorted rows of one group.
pub(super) fn subjects_of<'s, 'r>(rows: &'s [(usize, &'r Row)]) -> Vec<Subject<'s, 'r>> {
    let same = |(_, a): &(usize, &Row), (_, b): &(usize, &Row)| a.subject == b.subject;
    rows.chunk_by(same).map(|rows| Subject { rows }).collect()
}

/// Subjects that bound the grade.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) critical_failures: usize,
    pub(super) top_high_failures: usize,
    pub(super) waived_critical_failures: usize,
    pub(super) critical_unread: usize,
}

impl Counts {
    pub(super) fn add(&mut self, subjects: &[Subject<'_, '_>]) {
        for subject in subjects {
            let has = |wanted: fn(&Row) -> bool| {
                usize::from(subject.rows.iter().any(|(_, row)| wanted(row)))
            };
            self.critical_failures +=
                has(|row| row.shown == Severity::Critical && row.fails() && !row.is_waived());
            self.top_high_failures += has(|row| {
                let top = row.shown == Severity::High && row.subject_is_top;
                top && row.fails() && !row.is_waived()
            });
            self.waived_critical_failures +=
                has(|row| row.shown == Severity::Critical && row.fails() && row.is_waived());
            self.critical_unread += has(|row| row.shown == Severity::Critical && row.is_unread());
        }
    }
}

impl Subject<'_, '_> {
    fn weight(&self) -> f64 {
        self.rows.iter().map(|(_, row)| row.bounded_weight()).fold(0.0, f64::max)
    }

    fn least(&self) -> f64 {
        self.rows.iter().map(|(_, row)| row.bounded_least()).fold(0.0, f64::max)
    }

    /// The worst of its rows. A proven failure stands beside a gap; a pass or a part does not.
    fn state(&self) -> State {
        let open = || self.rows.iter().filter(|(_, row)| !row.is_waived());
        if open().any(|(_, row)| row.is_unread()) && !open().any(|(_, row)| row.fails()) {
            return State::Unread;
        }
        let judged = open().filter_map(|(place, row)| Some((*place, row.credit()?)));
        match judged.min_by(|(_, one), (_, other)| one.total_cmp(other)) {
            // A pass beside a waived failure must not count as a pass.
            Some((_, credit)) if credit >= 1.0 && open().count() < self.rows.len() => State::Waived,
            Some((row, credit)) => State::Judged { row, credit },
            None => State::Waived,
        }
    }
}

/// The sums of one group, named as in the formulas.
pub(super) struct Tally {
    /// W.
    pub(super) weight: f64,
    /// E.
    pub(super) effective: f64,
    /// a: the share of E that was judged.
    assessed: f64,
    /// G: the share of the judged that is met; `None` where nothing was judged.
    pub(super) met: Option<f64>,
    /// Uw / U.
    pub(super) waived: f64,
    /// The most that E can be, whatever the subjects weigh whose use is not known.
    pub(super) most: f64,
    /// The least that E * a * G can be.
    pub(super) surely_met: f64,
    /// The least that E * a * (1 - G) can be.
    pub(super) surely_lost: f64,
    /// Rows of subjects below full credit, with u * (1 - g) / Ua, in the order of their subjects.
    lost: Vec<(usize, f64)>,
}

impl Tally {
    pub(super) fn of(base: Severity, subjects: &[Subject<'_, '_>]) -> Self {
        let (mut all, mut waived, mut open, mut read, mut met) = (0.0, 0.0, 0.0, 0.0, 0.0);
        // By the least that each may weigh.
        let (mut weightiest_least, mut sure, mut lost_surely) = (0.0_f64, 0.0, 0.0);
        let mut waived_least = 0.0;
        let mut lost = Vec::new();
        for subject in subjects {
            let (weight, least) = (subject.weight(), subject.least());
            all += weight;
            weightiest_least = weightiest_least.max(least);
            match subject.state() {
                State::Waived => {
                    waived += weight;
                    waived_least += least;
                }
                State::Unread => open += weight,
                State::Judged { row, credit } => {
                    open += weight;
                    read += weight;
                    met += weight * credit;
                    sure += least * credit;
                    lost_surely += least * (1.0 - credit);
                    if credit < 1.0 {
                        lost.push((row, weight * (1.0 - credit)));
                    }
                }
            }
        }
        let mut rows = subjects.iter().flat_map(|subject| subject.rows);
        let list_missing = rows.any(|(_, row)| row.outcome == RowOutcome::ListMissing);
        let weightiest = subjects.iter().map(Subject::weight).fold(0.0, f64::max);
        let weight = base.weight() * weightiest;
        let least = if list_missing { 0.0 } else { base.weight() * weightiest_least };
        Self {
            weight,
            most: if list_missing {
                base.weight()
            } else {
                weight * ratio(open, open + waived_least)
            },
            surely_met: least * ratio(sure, all),
            surely_lost: least * ratio(lost_surely, all),
            effective: if list_missing { base.weight() } else { weight * ratio(open, all) },
            assessed: if list_missing { 0.0 } else { ratio(read, open) },
            met: (read > 0.0).then(|| met / read),
            waived: ratio(waived, all),
            lost: lost.into_iter().map(|(row, part)| (row, ratio(part, read))).collect(),
        }
    }

    /// E * a.
    pub(super) fn read(&self) -> f64 {
        self.effective * self.assessed
    }

    /// As shown, where `all_read` is the sum of E * a over all groups.
    pub(super) fn as_check(&self, (check, kind): Group, all_read: f64) -> CheckScore {
        let points = |share: f64| 100.0 * ratio(self.read() * share, all_read);
        let mut subjects: Vec<SubjectCost> = self
            .lost
            .iter()
            .map(|&(row, share)| SubjectCost { row, points: points(share) })
            .collect();
        // A stable sort: equal ones stay in the order of their subjects.
        subjects.sort_by(|one, other| other.points.total_cmp(&one.points));
        CheckScore {
            check,
            kind,
            weight: self.weight,
            effective: self.effective,
            unread: if self.effective > 0.0 { 1.0 - self.assessed } else { 0.0 },
            met: self.met,
            cost: points(1.0 - self.met.unwrap_or(0.0)),
            subjects,
        }
    }
}
