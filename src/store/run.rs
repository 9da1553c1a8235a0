//! The runs of a store, and what was read in them.

use super::error::damaged;
use super::name::{self, Name, NameError, TenantRuns};
use super::open::{Connection, Record};
use super::packed::COMPLETE;
use super::restore::{self, Manifest, Wanted};
use super::{Kept, Store, StoreError, blob};
use crate::model::{Cloud, Dataset};
use crate::snapshot::CollectedBy;
use jiff::Timestamp;
use sqlx::Row as _;
use std::collections::BTreeMap;

/// Whether a run met the limits that were set for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// None was set.
    Unset,
    /// All were met.
    Passed,
    /// One was missed.
    Missed,
}

impl Gate {
    const ALL: [Self; 3] = [Self::Unset, Self::Passed, Self::Missed];

    /// The word in the store and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unset => "none",
            Self::Passed => "passed",
            Self::Missed => "missed",
        }
    }
}

/// One reading of one tenant, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its number in the store, from 1.
    pub id: i64,
    /// Tenant id.
    pub tenant: String,
    /// Tenant name; empty when it could not be read.
    pub tenant_name: String,
    /// The cloud.
    pub cloud: Cloud,
    /// When reading began.
    pub collected_at: Timestamp,
    /// The time of judgement.
    pub judged_at: Timestamp,
    /// Version of the program that kept it.
    pub program: String,
    /// Where the data came from, in words.
    pub source: String,
    /// Whether it met its limits.
    pub gate: Gate,
    /// Digest of the organisation file; `None` where none was used.
    pub configuration: Option<String>,
}

/// What is looked for when role definitions are asked for.
const DEFINITIONS: Dataset = Dataset::RoleDefinitions;
/// What tells which roles are labelled as privileged.
const LABELS: Dataset = Dataset::PrivilegedRoles;
/// Collections that say what a role can do, and how much that is.
const OF_DEFINITIONS: [Dataset; 2] = [DEFINITIONS, Dataset::PrivilegedActions];
const OF_LABELS: [Dataset; 1] = [LABELS];

impl Store {
    /// Every run of a tenant, or of all tenants, by the time of reading.
    pub async fn runs(&mut self, tenant: Option<&str>) -> Result<Vec<Run>, StoreError> {
        runs_of(&mut self.connection, tenant).await
    }

    /// The tenants that there are runs of, by id.
    pub async fn tenants(&mut self) -> Result<Vec<TenantRuns>, StoreError> {
        let mut tenants: BTreeMap<String, TenantRuns> = BTreeMap::new();
        for run in self.runs(None).await? {
            let tenant = tenants.entry(run.tenant.clone()).or_insert_with(|| TenantRuns {
                id: run.tenant,
                name: String::new(),
                runs: 0,
            });
            tenant.runs += 1;
            // The newest name that was read.
            if !run.tenant_name.is_empty() {
                tenant.name = run.tenant_name;
            }
        }
        Ok(tenants.into_values().collect())
    }

    /// The run of this name. With `before`, only the runs that were read before that time are looked at.
    pub async fn run_named(
        &mut self,
        tenant: &str,
        text: &str,
        before: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Run, StoreError> {
        let name = Name::parse(text).ok_or_else(|| NameError::NoName(text.to_owned()))?;
        let runs = self.runs(Some(tenant)).await?;
        let found = match before {
            Some(before) => name::find_before(&runs, &name, before, now)?,
            None => name::find(&runs, &name, now)?,
        };
        Ok(found.clone())
    }

    /// What was read in a run, as the text of a snapshot file.
    pub async fn snapshot(&mut self, run: i64) -> Result<Vec<u8>, StoreError> {
        let (manifest, rows) = parts(&mut self.connection, run, None).await?;
        restore::restore(vec![Wanted { manifest, rows: &rows }])
    }

    /// Who read the data of a run, where the snapshot says so.
    pub async fn collected_by(&mut self, run: i64) -> Result<Option<CollectedBy>, StoreError> {
        Ok(manifest(&mut self.connection, run).await?.header.collected_by)
    }

    /// The findings of a run by one baseline, in the order of its report.
    pub async fn findings(&mut self, run: i64, baseline: &str) -> Result<Vec<Kept>, StoreError> {
        let row = sqlx::query("SELECT findings FROM score WHERE run = $1 AND baseline = $2")
            .bind(run)
            .bind(baseline)
            .fetch_optional(&mut self.connection)
            .await?
            .ok_or(NameError::NoRun(run))?;
        let digest: String = row.try_get(0)?;
        let text = blob::get(&mut self.connection, &digest).await?;
        let finding = |line: &str| {
            serde_json::from_str(line).map_err(|cause| damaged(format!("a finding says: {cause}")))
        };
        text.split_terminator('\n').map(finding).collect()
    }

    /// When role definitions were last read whole before a time, and a snapshot of these and of what is
    /// known of their actions, with the labels as they were last read whole; `None` where the
    /// definitions never were.
    pub async fn earlier_definitions(
        &mut self,
        tenant: &str,
        before: Timestamp,
    ) -> Result<Option<(Timestamp, Vec<u8>)>, StoreError> {
        let connection = &mut self.connection;
        let Some((run, at)) = last_whole(connection, tenant, DEFINITIONS, before).await? else {
            return Ok(None);
        };
        // A run that could not read the labels must not hide that one changed meanwhile.
        let labelled = last_whole(connection, tenant, LABELS, before).await?;
        let (manifest, rows) = parts(connection, run, Some(&OF_DEFINITIONS)).await?;
        // Where they never were, why not is told by the run itself.
        let of_labels = labelled.map_or(run, |(run, _)| run);
        let (other, labels) = parts(connection, of_labels, Some(&OF_LABELS)).await?;
        let text = restore::restore(vec![
            Wanted { manifest, rows: &rows },
            Wanted { manifest: other, rows: &labels },
        ])?;
        Ok(Some((at, text)))
    }
}

/// The work of `runs`, inside a transaction too.
pub(super) async fn runs_of(
    connection: &mut Connection,
    tenant: Option<&str>,
) -> Result<Vec<Run>, StoreError> {
    // Without a tenant every run is of the one that it is of. A store has few runs, so it costs
    // nothing that no index helps.
    let rows = sqlx::query(
        "SELECT id, tenant, tenant_name, cloud, collected_at, judged_at, program, source, gate, \
         configuration FROM run WHERE tenant = COALESCE($1, tenant) ORDER BY collected_at, id",
    )
    .bind(tenant)
    .fetch_all(&mut *connection)
    .await?;
    rows.iter().map(run_of).collect()
}

/// The newest run of a tenant before a time in which a collection was read whole, and its time.
async fn last_whole(
    connection: &mut Connection,
    tenant: &str,
    dataset: Dataset,
    before: Timestamp,
) -> Result<Option<(i64, Timestamp)>, StoreError> {
    let row = sqlx::query(
        "SELECT run.id, run.collected_at FROM run \
         JOIN run_dataset ON run_dataset.run = run.id \
         WHERE run.tenant = $1 AND run.collected_at < $2 \
         AND run_dataset.dataset = $3 AND run_dataset.state = $4 \
         ORDER BY run.collected_at DESC, run.id DESC LIMIT 1",
    )
    .bind(tenant)
    .bind(text_of(before))
    .bind(dataset.name())
    .bind(COMPLETE)
    .fetch_optional(&mut *connection)
    .await?;
    Ok(match row {
        Some(row) => Some((row.try_get(0)?, time(&row, 1)?)),
        None => None,
    })
}

/// The manifest of a run, and the rows of its collections, or of some of them only. Which these are is
/// told by the manifest, whose digest is proven, and not by a table that may have lost some.
async fn parts(
    connection: &mut Connection,
    run: i64,
    only: Option<&[Dataset]>,
) -> Result<(Manifest, BTreeMap<Dataset, String>), StoreError> {
    let mut manifest = manifest(connection, run).await?;
    manifest.retain(|dataset| only.is_none_or(|only| only.contains(&dataset)));
    let mut rows = BTreeMap::new();
    for (dataset, digest) in &manifest.header.rows {
        rows.insert(*dataset, blob::get(connection, digest).await?);
    }
    Ok((manifest, rows))
}

async fn manifest(connection: &mut Connection, run: i64) -> Result<Manifest, StoreError> {
    let row = sqlx::query("SELECT manifest, tenant, collected_at FROM run WHERE id = $1")
        .bind(run)
        .fetch_optional(&mut *connection)
        .await?
        .ok_or(NameError::NoRun(run))?;
    let digest: String = row.try_get(0)?;
    let manifest = Manifest::of(&blob::get(connection, &digest).await?)?;
    let tenant: String = row.try_get(1)?;
    if manifest.header.tenant != tenant || manifest.header.collected_at != time(&row, 2)? {
        return Err(damaged("a run leads to what was read in another one"));
    }
    Ok(manifest)
}

/// A time as the store writes it: in the order of the text.
pub(super) fn text_of(time: Timestamp) -> String {
    format!("{time:.9}")
}

/// The time in this column.
pub(super) fn time(row: &Record, column: usize) -> Result<Timestamp, StoreError> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|_| damaged(format!("{text:?} is no time")))
}

fn run_of(row: &Record) -> Result<Run, StoreError> {
    let cloud: String = row.try_get(3)?;
    let gate: String = row.try_get(8)?;
    Ok(Run {
        id: row.try_get(0)?,
        tenant: row.try_get(1)?,
        tenant_name: row.try_get(2)?,
        cloud: cloud.parse().map_err(|_| damaged(format!("{cloud:?} is no cloud")))?,
        collected_at: time(row, 4)?,
        judged_at: time(row, 5)?,
        program: row.try_get(6)?,
        source: row.try_get(7)?,
        gate: Gate::ALL
            .into_iter()
            .find(|it| it.name() == gate)
            .ok_or_else(|| damaged(format!("{gate:?} is no state of a gate")))?,
        configuration: row.try_get(9)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_order_of_their_texts() {
        let times = [
            "2026-11-02T09:00:00Z",
            "2026-11-02T09:00:00.000000001Z",
            "2026-11-02T09:00:00.1Z",
            "2026-11-02T10:00:00+00:30",
            "2026-11-12T00:00:00Z",
        ];
        let times: Vec<Timestamp> = times.iter().map(|text| text.parse().unwrap()).collect();
        for pair in times.windows(2) {
            assert!(pair[0] < pair[1]);
            assert!(text_of(pair[0]) < text_of(pair[1]), "{pair:?}");
            assert_eq!(text_of(pair[0]).parse::<Timestamp>().unwrap(), pair[0]);
        }
        assert_eq!(text_of(times[3]), "2026-11-02T09:30:00.000000000Z");
    }
}
