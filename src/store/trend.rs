//! Scores over time: of a baseline, of a check, of a role. No packed text is opened for them.

use super::open::Record;
use super::run::time;
use super::{Store, StoreError};
use jiff::Timestamp;
use sqlx::Row as _;

/// How many findings came out how, of those that are scored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Met.
    pub passed: u64,
    /// Met in part, and not waived.
    pub partial: u64,
    /// Not met, and not waived.
    pub failed: u64,
    /// Could not be judged.
    pub not_assessed: u64,
    /// Not met or met in part, and accepted by a waiver.
    pub waived: u64,
}

/// How a run scored by one baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Id of the baseline.
    pub baseline: String,
    /// Its title.
    pub title: String,
    /// Digest of its rules.
    pub rules: String,
    /// 0 to 100 with one decimal; `None` where nothing was scored.
    pub posture: Option<f64>,
    /// Posture before rounding.
    pub raw: Option<f64>,
    /// Posture if everything unread failed.
    pub low: f64,
    /// Posture if everything unread passed.
    pub high: f64,
    /// Share that could be judged, 0 to 1.
    pub coverage: f64,
    /// The same in percent, as it is printed.
    pub coverage_percent: f64,
    /// Share that is waived, 0 to 1.
    pub waived_share: f64,
    /// The letter with its mark; `None` where not graded.
    pub grade: Option<String>,
    /// The findings.
    pub counts: Counts,
}

/// How a run scored by one check, on subjects of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckScore {
    /// Id of the check.
    pub check: String,
    /// Kind of subject.
    pub kind: String,
    /// W of the score.
    pub weight: f64,
    /// E of the score.
    pub effective: f64,
    /// Share of E that could not be judged, 0 to 1.
    pub unread: f64,
    /// G of the score, 0 to 1; `None` where nothing was judged.
    pub credit: Option<f64>,
    /// Points of posture it costs.
    pub cost: f64,
    /// The findings.
    pub counts: Counts,
}

/// What was found on one role and on its grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleScore {
    /// Id of the role.
    pub role: String,
    /// Its name.
    pub name: String,
    /// The findings.
    pub counts: Counts,
    /// The highest severity of an open failure; `None` without one.
    pub worst: Option<String>,
}

/// A score in time.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreAt {
    /// The run.
    pub run: i64,
    /// When its reading began.
    pub at: Timestamp,
    /// The time of judgement.
    pub judged_at: Timestamp,
    /// Digest of the organisation file; `None` where none was used.
    pub configuration: Option<String>,
    /// The score.
    pub score: Score,
}

/// A check in time, all its kinds of subject together.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckAt {
    /// The run.
    pub run: i64,
    /// When its reading began.
    pub at: Timestamp,
    /// The time of judgement.
    pub judged_at: Timestamp,
    /// Digest of the organisation file; `None` where none was used.
    pub configuration: Option<String>,
    /// Digest of the rules of the baseline.
    pub rules: String,
    /// Share of the check that is met, in percent with one decimal; `None` where nothing was judged.
    pub posture: Option<f64>,
    /// The same if everything unread failed.
    pub low: f64,
    /// The same if everything unread passed.
    pub high: f64,
    /// Percent that could be judged, with one decimal.
    pub coverage: f64,
    /// The findings.
    pub counts: Counts,
}

/// A role in time.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleAt {
    /// The run.
    pub run: i64,
    /// When its reading began.
    pub at: Timestamp,
    /// The time of judgement.
    pub judged_at: Timestamp,
    /// Digest of the organisation file; `None` where none was used.
    pub configuration: Option<String>,
    /// Digest of the rules of the baseline.
    pub rules: String,
    /// The findings.
    pub counts: Counts,
    /// The highest severity of an open failure; `None` without one.
    pub worst: Option<String>,
}

impl Store {
    /// The scores of every run of a tenant, by the time of reading and by baseline.
    pub async fn scores(&mut self, tenant: &str) -> Result<Vec<ScoreAt>, StoreError> {
        let rows = sqlx::query(
            "SELECT run.id, run.collected_at, score.passed, score.partial, score.failed, \
             score.not_assessed, score.waived, score.baseline, score.title, score.rules, \
             score.posture, score.raw, score.low, score.high, score.coverage, \
             score.coverage_percent, score.waived_share, score.grade, run.judged_at, \
             run.configuration \
             FROM run JOIN score ON score.run = run.id WHERE run.tenant = $1 \
             ORDER BY run.collected_at, run.id, score.baseline",
        )
        .bind(tenant)
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter().map(score_at).collect()
    }

    /// One check under one baseline, in every run of a tenant that it was judged in.
    pub async fn check_trend(
        &mut self,
        tenant: &str,
        baseline: &str,
        check: &str,
    ) -> Result<Vec<CheckAt>, StoreError> {
        let rows = sqlx::query(
            "SELECT run.id, run.collected_at, check_score.passed, check_score.partial, \
             check_score.failed, check_score.not_assessed, check_score.waived, score.rules, \
             check_score.effective, check_score.unread, check_score.credit, run.judged_at, \
             run.configuration \
             FROM run JOIN score ON score.run = run.id \
             JOIN check_score ON check_score.run = run.id \
             AND check_score.baseline = score.baseline \
             WHERE run.tenant = $1 AND score.baseline = $2 AND check_score.check_id = $3 \
             ORDER BY run.collected_at, run.id, check_score.kind",
        )
        .bind(tenant)
        .bind(baseline)
        .bind(check)
        .fetch_all(&mut self.connection)
        .await?;
        let mut found: Vec<(CheckAt, Sums)> = Vec::new();
        for row in &rows {
            let run: i64 = row.try_get(0)?;
            let sums = Sums::of(row.try_get(8)?, row.try_get(9)?, row.try_get(10)?);
            // Another kind of subject of the same run.
            if let Some((last, before)) = found.last_mut()
                && last.run == run
            {
                last.counts = last.counts.with(counts(row)?);
                before.add(&sums);
                continue;
            }
            let point = CheckAt {
                run,
                at: time(row, 1)?,
                judged_at: time(row, 11)?,
                configuration: row.try_get(12)?,
                rules: row.try_get(7)?,
                posture: None,
                low: 0.0,
                high: 100.0,
                coverage: 0.0,
                counts: counts(row)?,
            };
            found.push((point, sums));
        }
        Ok(found.into_iter().map(|(point, sums)| sums.scored(point)).collect())
    }

    /// One role under one baseline, in every run of a tenant that has findings on it.
    pub async fn role_trend(
        &mut self,
        tenant: &str,
        baseline: &str,
        role: &str,
    ) -> Result<Vec<RoleAt>, StoreError> {
        let rows = sqlx::query(
            "SELECT run.id, run.collected_at, role_score.passed, role_score.partial, \
             role_score.failed, role_score.not_assessed, role_score.waived, score.rules, \
             role_score.worst, run.judged_at, run.configuration \
             FROM run JOIN score ON score.run = run.id \
             JOIN role_score ON role_score.run = run.id AND role_score.baseline = score.baseline \
             WHERE run.tenant = $1 AND score.baseline = $2 AND role_score.role = $3 \
             ORDER BY run.collected_at, run.id",
        )
        .bind(tenant)
        .bind(baseline)
        .bind(role)
        .fetch_all(&mut self.connection)
        .await?;
        let point = |row: &Record| -> Result<RoleAt, StoreError> {
            Ok(RoleAt {
                run: row.try_get(0)?,
                at: time(row, 1)?,
                judged_at: time(row, 9)?,
                configuration: row.try_get(10)?,
                rules: row.try_get(7)?,
                counts: counts(row)?,
                worst: row.try_get(8)?,
            })
        };
        rows.iter().map(point).collect()
    }

    /// The roles that there are findings on under a baseline, by id, each with every name it had, the
    /// newest last.
    pub async fn roles(
        &mut self,
        tenant: &str,
        baseline: &str,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let rows = sqlx::query(
            "SELECT role_score.role, role_score.name \
             FROM run JOIN role_score ON role_score.run = run.id \
             WHERE run.tenant = $1 AND role_score.baseline = $2 \
             GROUP BY role_score.role, role_score.name \
             ORDER BY role_score.role, MAX(run.collected_at)",
        )
        .bind(tenant)
        .bind(baseline)
        .fetch_all(&mut self.connection)
        .await?;
        let named = |row: &Record| -> Result<(String, String), StoreError> {
            Ok((row.try_get(0)?, row.try_get(1)?))
        };
        rows.iter().map(named).collect()
    }

    /// The checks that were judged under a baseline.
    pub async fn checks(
        &mut self,
        tenant: &str,
        baseline: &str,
    ) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query(
            "SELECT DISTINCT check_score.check_id \
             FROM run JOIN check_score ON check_score.run = run.id \
             WHERE run.tenant = $1 AND check_score.baseline = $2 ORDER BY check_score.check_id",
        )
        .bind(tenant)
        .bind(baseline)
        .fetch_all(&mut self.connection)
        .await?;
        let id = |row: &Record| -> Result<String, StoreError> { Ok(row.try_get(0)?) };
        rows.iter().map(id).collect()
    }
}

fn score_at(row: &Record) -> Result<ScoreAt, StoreError> {
    Ok(ScoreAt {
        run: row.try_get(0)?,
        at: time(row, 1)?,
        judged_at: time(row, 18)?,
        configuration: row.try_get(19)?,
        score: Score {
            baseline: row.try_get(7)?,
            title: row.try_get(8)?,
            rules: row.try_get(9)?,
            posture: row.try_get(10)?,
            raw: row.try_get(11)?,
            low: row.try_get(12)?,
            high: row.try_get(13)?,
            coverage: row.try_get(14)?,
            coverage_percent: row.try_get(15)?,
            waived_share: row.try_get(16)?,
            grade: row.try_get(17)?,
            counts: counts(row)?,
        },
    })
}

/// The counts, which stand in the third to the seventh column of every answer.
fn counts(row: &Record) -> Result<Counts, StoreError> {
    let count = |column: usize| -> Result<u64, StoreError> {
        let value: i64 = row.try_get(column)?;
        Ok(u64::try_from(value).unwrap_or_default())
    };
    Ok(Counts {
        passed: count(2)?,
        partial: count(3)?,
        failed: count(4)?,
        not_assessed: count(5)?,
        waived: count(6)?,
    })
}

impl Counts {
    const fn with(self, other: Self) -> Self {
        Self {
            passed: self.passed.saturating_add(other.passed),
            partial: self.partial.saturating_add(other.partial),
            failed: self.failed.saturating_add(other.failed),
            not_assessed: self.not_assessed.saturating_add(other.not_assessed),
            waived: self.waived.saturating_add(other.waived),
        }
    }
}

/// The sums of a score (see `docs/score.md`) over the kinds of subject of one check.
struct Sums {
    total: f64,
    read: f64,
    met: f64,
}

impl Sums {
    fn of(effective: f64, unread: f64, credit: Option<f64>) -> Self {
        let read = effective * (1.0 - unread);
        Self { total: effective, read, met: read * credit.unwrap_or(0.0) }
    }

    fn add(&mut self, other: &Self) {
        self.total += other.total;
        self.read += other.read;
        self.met += other.met;
    }

    fn scored(&self, point: CheckAt) -> CheckAt {
        if self.total <= 0.0 {
            // Everything is waived.
            return point;
        }
        CheckAt {
            posture: (self.read > 0.0).then(|| percent(self.met, self.read)),
            low: percent(self.met, self.total),
            high: percent(self.met + self.total - self.read, self.total),
            coverage: percent(self.read, self.total),
            ..point
        }
    }
}

/// Sums of fractions err by far less.
const TOLERANCE: f64 = 1e-9;
/// The most that is printed of what is not all.
const NOT_ALL: f64 = 99.9;

/// A share in percent; never rounded up to all where something is missing.
fn percent(part: f64, whole: f64) -> f64 {
    let percent = one_decimal(100.0 * part / whole);
    if part < whole * (1.0 - TOLERANCE) { percent.min(NOT_ALL) } else { percent }
}

fn one_decimal(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_subject_weigh_what_they_weigh_in_the_score() {
        let point = || CheckAt {
            run: 1,
            at: Timestamp::UNIX_EPOCH,
            judged_at: Timestamp::UNIX_EPOCH,
            configuration: None,
            rules: String::new(),
            posture: None,
            low: 0.0,
            high: 100.0,
            coverage: 0.0,
            counts: Counts::default(),
        };
        // E, the share that was not read, G; and posture, low, high, coverage.
        for (kinds, expected) in [
            (vec![(6.0, 0.0, Some(0.5))], (Some(50.0), 50.0, 50.0, 100.0)),
            (vec![(6.0, 1.0, None)], (None, 0.0, 100.0, 0.0)),
            (vec![(6.0, 0.25, Some(1.0))], (Some(100.0), 75.0, 100.0, 75.0)),
            (
                vec![(6.0, 0.0, Some(1.0)), (3.0, 0.0, Some(0.0)), (1.0, 1.0, None)],
                (Some(66.7), 60.0, 70.0, 90.0),
            ),
            (vec![(0.0, 0.0, None)], (None, 0.0, 100.0, 0.0)),
            // One of many thousands: not all.
            (vec![(6.0, 0.0004, Some(1.0))], (Some(100.0), 99.9, 100.0, 99.9)),
            (vec![(6.0, 0.0, Some(0.9999))], (Some(99.9), 99.9, 99.9, 100.0)),
            (vec![(6.0, 0.0, Some(0.1)), (6.0, 0.0, Some(0.2))], (Some(15.0), 15.0, 15.0, 100.0)),
            (
                vec![(0.1, 0.0, Some(1.0)), (0.2, 0.0, Some(1.0))],
                (Some(100.0), 100.0, 100.0, 100.0),
            ),
        ] {
            let mut sums = Sums::of(0.0, 0.0, None);
            for (effective, unread, credit) in &kinds {
                sums.add(&Sums::of(*effective, *unread, *credit));
            }
            let found = sums.scored(point());
            let found = (found.posture, found.low, found.high, found.coverage);
            assert_eq!(found, expected, "{kinds:?}");
        }
    }
}
