//! Keeps a run: everything of it in one transaction.

use super::content::digest_of;
use super::open::{self, Connection};
use super::run::text_of;
use super::{CheckScore, Findings, Gate, Packed, RoleScore, Score, Store, StoreError, blob};
use jiff::Timestamp;
use sqlx::Row as _;
use std::collections::BTreeMap;

/// A run to be kept.
#[derive(Debug)]
pub struct NewRun<'a> {
    /// What was read.
    pub snapshot: &'a Packed,
    /// Name of the tenant; empty when it could not be read.
    pub tenant_name: &'a str,
    /// The time of judgement.
    pub judged_at: Timestamp,
    /// Version of the program.
    pub program: &'a str,
    /// Where the data came from, in words.
    pub source: &'a str,
    /// Digest of the organisation file, where one was used.
    pub configuration: Option<&'a str>,
    /// Whether it met its limits.
    pub gate: Gate,
    /// What each baseline made of it.
    pub scores: Vec<NewScore>,
}

/// What one baseline made of a run.
#[derive(Debug)]
pub struct NewScore {
    /// The score.
    pub score: Score,
    /// By check and kind of subject.
    pub checks: Vec<CheckScore>,
    /// By role.
    pub roles: Vec<RoleScore>,
    /// What was found.
    pub findings: Findings,
}

/// What became of a run that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is kept under this number.
    New(i64),
    /// The same data, judged at the same time by the same rules and organisation file, with the same
    /// findings, is kept already.
    Already(i64),
}

impl Store {
    /// Keeps a run, whole or not at all.
    pub async fn save(&mut self, new: &NewRun<'_>) -> Result<Saved, StoreError> {
        let mut work = open::begin(&mut self.connection).await?;
        let saved = write(&mut work, new).await?;
        work.commit().await?;
        Ok(saved)
    }
}

/// The work of `save` inside its transaction.
pub(super) async fn write(
    connection: &mut Connection,
    new: &NewRun<'_>,
) -> Result<Saved, StoreError> {
    let identity = identity_of(new);
    if let Some(run) = same(connection, &identity, new.gate).await? {
        // What is damaged of it is written anew.
        blob::put(connection, &new.snapshot.manifest, None).await?;
        for part in &new.snapshot.parts {
            blob::put(connection, &part.rows, None).await?;
        }
        for score in &new.scores {
            blob::put(connection, &score.findings.0, None).await?;
        }
        return Ok(Saved::Already(run));
    }
    let before = Before::of(connection, new.snapshot.tenant()).await?;
    sqlx::query("UPDATE store SET last_run = last_run + 1").execute(&mut *connection).await?;
    let row = sqlx::query("SELECT last_run FROM store").fetch_one(&mut *connection).await?;
    let run: i64 = row.try_get(0)?;
    write_run(connection, new, run, &identity, before.manifest.as_deref()).await?;
    for part in &new.snapshot.parts {
        let name = part.dataset.name();
        let like = before.rows.get(name).map(String::as_str);
        blob::put(connection, &part.rows, like).await?;
        sqlx::query(
            "INSERT INTO run_dataset (run, dataset, state, digest) VALUES ($1, $2, $3, $4)",
        )
        .bind(run)
        .bind(name)
        .bind(part.state)
        .bind(&part.rows.digest)
        .execute(&mut *connection)
        .await?;
    }
    for score in &new.scores {
        let like =
            findings_before(connection, new.snapshot.tenant(), &score.score.baseline).await?;
        blob::put(connection, &score.findings.0, like.as_deref()).await?;
        write_score(connection, run, score).await?;
    }
    Ok(Saved::New(run))
}

/// One digest of all that a run says: the data, the time, the rules, the organisation, what was found.
/// An earlier snapshot, or another version of the program, may find something else in the same data.
fn identity_of(new: &NewRun<'_>) -> String {
    let said = |it: &NewScore| {
        let (score, findings) = (&it.score, &it.findings.0.digest);
        format!("{}\n{}\n{findings}\n{:?}", score.baseline, score.rules, score.raw)
    };
    let mut scores: Vec<String> = new.scores.iter().map(said).collect();
    scores.sort();
    digest_of(&format!(
        "{}\n{}\n{}\n{}\n",
        new.snapshot.manifest.digest,
        text_of(new.judged_at),
        new.configuration.unwrap_or_default(),
        scores.join("\n")
    ))
}

/// The run that is the same, where there is one. A limit that was set only now is remembered, and one
/// that was missed stays so, whatever milder one is met later.
async fn same(
    connection: &mut Connection,
    identity: &str,
    gate: Gate,
) -> Result<Option<i64>, StoreError> {
    let row = sqlx::query("SELECT id FROM run WHERE identity = $1")
        .bind(identity)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let run: i64 = row.try_get(0)?;
    if gate != Gate::Unset {
        sqlx::query("UPDATE run SET gate = $1 WHERE id = $2 AND (gate = $3 OR $1 = $4)")
            .bind(gate.name())
            .bind(run)
            .bind(Gate::Unset.name())
            .bind(Gate::Missed.name())
            .execute(&mut *connection)
            .await?;
    }
    Ok(Some(run))
}

/// Digests of the run before: what is read now is likely to differ little from it.
struct Before {
    manifest: Option<String>,
    rows: BTreeMap<String, String>,
}

impl Before {
    async fn of(connection: &mut Connection, tenant: &str) -> Result<Self, StoreError> {
        let row =
            sqlx::query("SELECT id, manifest FROM run WHERE tenant = $1 ORDER BY id DESC LIMIT 1")
                .bind(tenant)
                .fetch_optional(&mut *connection)
                .await?;
        let Some(row) = row else { return Ok(Self { manifest: None, rows: BTreeMap::new() }) };
        let run: i64 = row.try_get(0)?;
        let kept = sqlx::query("SELECT dataset, digest FROM run_dataset WHERE run = $1")
            .bind(run)
            .fetch_all(&mut *connection)
            .await?;
        let mut rows: BTreeMap<String, String> = BTreeMap::new();
        for part in &kept {
            rows.insert(part.try_get(0)?, part.try_get(1)?);
        }
        Ok(Self { manifest: Some(row.try_get(1)?), rows })
    }
}

async fn findings_before(
    connection: &mut Connection,
    tenant: &str,
    baseline: &str,
) -> Result<Option<String>, StoreError> {
    let row = sqlx::query(
        "SELECT score.findings FROM run JOIN score ON score.run = run.id \
         WHERE run.tenant = $1 AND score.baseline = $2 ORDER BY run.id DESC LIMIT 1",
    )
    .bind(tenant)
    .bind(baseline)
    .fetch_optional(&mut *connection)
    .await?;
    Ok(match row {
        Some(row) => Some(row.try_get(0)?),
        None => None,
    })
}

async fn write_run(
    connection: &mut Connection,
    new: &NewRun<'_>,
    run: i64,
    identity: &str,
    like: Option<&str>,
) -> Result<(), StoreError> {
    let snapshot = new.snapshot;
    blob::put(connection, &snapshot.manifest, like).await?;
    sqlx::query(
        "INSERT INTO run (id, identity, tenant, tenant_name, cloud, collected_at, judged_at, \
         program, source, gate, manifest, configuration) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(run)
    .bind(identity)
    .bind(&snapshot.tenant)
    .bind(new.tenant_name)
    .bind(snapshot.cloud.name())
    .bind(text_of(snapshot.collected_at))
    .bind(text_of(new.judged_at))
    .bind(new.program)
    .bind(new.source)
    .bind(new.gate.name())
    .bind(&snapshot.manifest.digest)
    .bind(new.configuration)
    .execute(&mut *connection)
    .await?;
    Ok(())
}

async fn write_score(
    connection: &mut Connection,
    run: i64,
    new: &NewScore,
) -> Result<(), StoreError> {
    let score = &new.score;
    sqlx::query(
        "INSERT INTO score (run, baseline, title, rules, posture, raw, low, high, coverage, \
         coverage_percent, waived_share, grade, passed, partial, failed, not_assessed, waived, \
         findings) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
         $17, $18)",
    )
    .bind(run)
    .bind(&score.baseline)
    .bind(&score.title)
    .bind(&score.rules)
    .bind(score.posture)
    .bind(score.raw)
    .bind(score.low)
    .bind(score.high)
    .bind(score.coverage)
    .bind(score.coverage_percent)
    .bind(score.waived_share)
    .bind(score.grade.as_deref())
    .bind(number(score.counts.passed))
    .bind(number(score.counts.partial))
    .bind(number(score.counts.failed))
    .bind(number(score.counts.not_assessed))
    .bind(number(score.counts.waived))
    .bind(&new.findings.0.digest)
    .execute(&mut *connection)
    .await?;
    for check in &new.checks {
        write_check(connection, run, &score.baseline, check).await?;
    }
    for role in &new.roles {
        write_role(connection, run, &score.baseline, role).await?;
    }
    Ok(())
}

async fn write_check(
    connection: &mut Connection,
    run: i64,
    baseline: &str,
    check: &CheckScore,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO check_score (run, baseline, check_id, kind, weight, effective, unread, \
         credit, cost, passed, partial, failed, not_assessed, waived) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(run)
    .bind(baseline)
    .bind(&check.check)
    .bind(&check.kind)
    .bind(check.weight)
    .bind(check.effective)
    .bind(check.unread)
    .bind(check.credit)
    .bind(check.cost)
    .bind(number(check.counts.passed))
    .bind(number(check.counts.partial))
    .bind(number(check.counts.failed))
    .bind(number(check.counts.not_assessed))
    .bind(number(check.counts.waived))
    .execute(&mut *connection)
    .await?;
    Ok(())
}

async fn write_role(
    connection: &mut Connection,
    run: i64,
    baseline: &str,
    role: &RoleScore,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO role_score (run, baseline, role, name, passed, partial, failed, \
         not_assessed, waived, worst) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(run)
    .bind(baseline)
    .bind(&role.role)
    .bind(&role.name)
    .bind(number(role.counts.passed))
    .bind(number(role.counts.partial))
    .bind(number(role.counts.failed))
    .bind(number(role.counts.not_assessed))
    .bind(number(role.counts.waived))
    .bind(role.worst.as_deref())
    .execute(&mut *connection)
    .await?;
    Ok(())
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
