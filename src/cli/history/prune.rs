//! `history prune`: deletes old runs.

use super::{exposure, failure, path_of, tenant};
use crate::cli::arguments::HistoryPruneOptions;
use crate::cli::connect;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{note, to_stdout};
use crate::model::minute;
use crate::report::escape;
use crate::report::history::tenant_text;
use crate::store::{Keep, Pruning, Store, StoreError};

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
    let pruned = connect::run(async {
        let failed = |error: StoreError| failure(path, &error);
        let mut store = Store::open(path, false).await.map_err(failed)?;
        if let Some(text) = exposure(&store, path) {
            note(&text);
        }
        let of = match options.kept.tenant.as_deref() {
            Some(asked) => Some(tenant(&mut store, path, Some(asked)).await?.id),
            None => None,
        };
        let pruned = store.prune(of.as_deref(), &pruning).await.map_err(failed)?;
        store.close().await.map_err(failed)?;
        Ok(pruned)
    })?;
    let verb = if options.dry_run { "would delete" } else { "deleted" };
    to_stdout(|out| {
        for run in &pruned.runs {
            let tenant = tenant_text(&run.tenant_name, &run.tenant);
            let line = format!("{verb} run {} of {}, {tenant}", run.id, minute(run.collected_at));
            writeln!(out, "{}", escape::terminal(&line))?;
        }
        writeln!(out, "{verb} {}, kept {}", words(pruned.runs.len()), pruned.left)
    })?;
    if let Some(why) = &pruned.space {
        let path = path.display();
        note(&format!("the space of what was deleted stays part of {path} for now: {why}"));
    }
    Ok(Exit::Done)
}

fn words(runs: usize) -> String {
    if runs == 1 { "1 run".to_owned() } else { format!("{runs} runs") }
}
