//! Deletes old runs, and every text that nothing refers to any more.

use super::{Run, Store, StoreError, open, run};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Which runs are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Those that were read at this time or later.
    Since(Timestamp),
    /// So many of each tenant, the newest.
    Newest(usize),
}

/// What is to be deleted.
#[derive(Clone, Copy, Debug)]
pub struct Pruning {
    /// What is kept.
    pub keep: Keep,
    /// True to delete the newest run of a tenant too, where it is not kept.
    pub even_the_last: bool,
    /// True to tell what would be deleted, and delete nothing.
    pub dry_run: bool,
}

/// What was deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The runs, by tenant and the time of reading.
    pub runs: Vec<Run>,
    /// How many texts went with them.
    pub texts: u64,
    /// How many runs are left of those that were looked at.
    pub left: usize,
    /// Why the space could not be given back to the system; the runs are deleted all the same.
    pub space: Option<String>,
}

impl Store {
    /// Deletes the runs of a tenant, or of all tenants, that are not to be kept.
    pub async fn prune(
        &mut self,
        tenant: Option<&str>,
        pruning: &Pruning,
    ) -> Result<Pruned, StoreError> {
        let mut work = open::begin(&mut self.connection).await?;
        let all = run::runs_of(&mut work, tenant).await?;
        let runs: Vec<Run> = doomed(&all, pruning).into_iter().cloned().collect();
        let left = all.len() - runs.len();
        if runs.is_empty() {
            work.rollback().await?;
            return Ok(Pruned { left, ..Pruned::default() });
        }
        for run in &runs {
            sqlx::query("DELETE FROM run WHERE id = $1").bind(run.id).execute(&mut *work).await?;
        }
        let deleted = sqlx::query(UNUSED).execute(&mut *work).await?;
        let texts = deleted.rows_affected();
        let mut space = None;
        if pruning.dry_run {
            work.rollback().await?;
        } else {
            work.commit().await?;
            let given_back = open::give_space_back(&mut self.connection).await;
            space = given_back.err().map(|error| error.to_string());
        }
        Ok(Pruned { runs, texts, left, space })
    }
}

/// A text stays while a run refers to it, or another text that stays is kept as what differs from it.
const UNUSED: &str = "WITH RECURSIVE used (digest) AS (\
    SELECT manifest FROM run \
    UNION SELECT digest FROM run_dataset \
    UNION SELECT findings FROM score \
    UNION SELECT blob.base FROM blob JOIN used ON used.digest = blob.digest \
    WHERE blob.base IS NOT NULL\
    ) DELETE FROM blob WHERE digest NOT IN (SELECT digest FROM used)";

/// The runs that go, out of all that stand by the time of reading.
fn doomed<'r>(runs: &'r [Run], pruning: &Pruning) -> Vec<&'r Run> {
    let mut tenants: BTreeMap<&str, Vec<&Run>> = BTreeMap::new();
    for run in runs {
        tenants.entry(&run.tenant).or_default().push(run);
    }
    let mut doomed = Vec::new();
    for runs in tenants.into_values() {
        let count = runs.len();
        for (place, run) in runs.into_iter().enumerate() {
            let newer = count - 1 - place;
            let kept = match pruning.keep {
                Keep::Since(time) => run.collected_at >= time,
                Keep::Newest(number) => newer < number,
            };
            if !kept && (newer > 0 || pruning.even_the_last) {
                doomed.push(run);
            }
        }
    }
    doomed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Cloud;
    use crate::store::Gate;

    fn run(id: i64, tenant: &str, at: &str) -> Run {
        Run {
            id,
            tenant: tenant.to_owned(),
            tenant_name: String::new(),
            cloud: Cloud::Global,
            collected_at: at.parse().unwrap(),
            judged_at: at.parse().unwrap(),
            program: "0.1.0".to_owned(),
            source: "a file".to_owned(),
            gate: Gate::Unset,
            configuration: None,
        }
    }

    #[test]
    fn the_last_run_of_a_tenant_goes_only_when_asked_for() {
        let runs = [
            run(1, "a", "2026-01-01T00:00:00Z"),
            run(4, "b", "2026-01-15T00:00:00Z"),
            run(2, "a", "2026-02-01T00:00:00Z"),
            run(3, "a", "2026-03-01T00:00:00Z"),
        ];
        let since = |text: &str| Keep::Since(text.parse().unwrap());
        for (keep, even_the_last, expected) in [
            (since("2026-02-01T00:00:00Z"), false, vec![1]),
            (since("2026-02-01T00:00:00Z"), true, vec![1, 4]),
            (since("2027-01-01T00:00:00Z"), false, vec![1, 2]),
            (since("2027-01-01T00:00:00Z"), true, vec![1, 2, 3, 4]),
            (since("2020-01-01T00:00:00Z"), true, vec![]),
            (Keep::Newest(2), false, vec![1]),
            (Keep::Newest(0), false, vec![1, 2]),
            (Keep::Newest(0), true, vec![1, 2, 3, 4]),
            (Keep::Newest(9), true, vec![]),
        ] {
            let pruning = Pruning { keep, even_the_last, dry_run: false };
            let found: Vec<i64> = doomed(&runs, &pruning).iter().map(|run| run.id).collect();
            assert_eq!(found, expected, "{keep:?} {even_the_last}");
        }
    }
}
