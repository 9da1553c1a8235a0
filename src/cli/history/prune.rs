//! `history prune`: deletes old runs.

use super::{failure, minute, opened, path_of, tenant};
use crate::cli::arguments::HistoryPruneOptions;
use crate::cli::connect;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::to_stdout;
use crate::report::escape;
use crate::store::{Keep, Pruning, StoreError};

pub(super) fn run(options: &HistoryPruneOptions) -> Result<Exit, Failure> {
    let path = path_of(&options.kept)?;
    let keep = match (options.keep, options.keep_runs) {
        (Some(age), None) => Keep::Since(connect::since(age)),
        (None, Some(runs)) => Keep::Newest(runs),
        (None, None) | (Some(_), Some(_)) => {
            return Err(Failure::usage("what is to be kept?")
                .hint("give either --keep, such as --keep 365d, or --keep-runs"));
        }
    };
    let pruning = Pruning { keep, even_the_last: options.all, dry_run: options.dry_run };
    let (pruned, left) = connect::run(async {
        let failed = |error: StoreError| failure(path, &error);
        let mut store = opened(path).await?;
        let of = match options.kept.tenant.as_deref() {
            Some(asked) => Some(tenant(&mut store, path, Some(asked)).await?.id),
            None => None,
        };
        let all = store.runs(of.as_deref()).await.map_err(failed)?.len();
        let pruned = store.prune(of.as_deref(), &pruning).await.map_err(failed)?;
        store.close().await.map_err(failed)?;
        let left = all.saturating_sub(pruned.runs.len());
        Ok((pruned, left))
    })?;
    let verb = if options.dry_run { "would delete" } else { "deleted" };
    to_stdout(|out| {
        for run in &pruned.runs {
            let tenant = super::tenant_words(&run.tenant_name, &run.tenant);
            let line = format!("{verb} run {} of {}, {tenant}", run.id, minute(run.collected_at));
            writeln!(out, "{}", escape::terminal(&line))?;
        }
        writeln!(out, "{verb} {}, kept {left}", words(pruned.runs.len()))
    })?;
    Ok(Exit::Done)
}

fn words(runs: usize) -> String {
    if runs == 1 { "1 run".to_owned() } else { format!("{runs} runs") }
}
