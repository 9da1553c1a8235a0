//! `history`: what was kept of earlier runs.
//!
//! Here: which store, which tenant, which run. One file a command beneath.

mod document;
mod export;
mod list;
mod named;
mod prune;
mod record;
mod show;
mod trend;

pub(super) use named::{age_of, earlier_definitions, is_name, stored};
pub(super) use record::{prepare, record};

use super::arguments::{HistoryAction, KeptOptions};
use super::exit::{Exit, Failure};
use super::output::{Output, OutputFile, note};
use crate::store::{self, Store, StoreError, TenantRuns};
use std::path::Path;

pub(super) fn run(action: HistoryAction) -> Result<Exit, Failure> {
    match action {
        HistoryAction::List(options) => list::run(&options),
        HistoryAction::Show(options) => show::run(&options),
        HistoryAction::Trend(options) => trend::run(&options),
        HistoryAction::Prune(options) => prune::run(&options),
        HistoryAction::Export(options) => export::run(&options),
    }
}

/// The store that was named.
fn path_of(options: &KeptOptions) -> Result<&Path, Failure> {
    let path = options.store.store.as_deref().ok_or_else(|| {
        Failure::usage("no store is named").hint(
            "give --store FILE or set PIMAUDIT_STORE; `pimaudit audit --store FILE` makes one",
        )
    })?;
    is_file(path)?;
    Ok(path)
}

/// Elsewhere this means stdin or stdout, and a store is neither.
fn is_file(path: &Path) -> Result<(), Failure> {
    if path.as_os_str() == "-" {
        return Err(Failure::usage("- is no store").hint("give the path of a file"));
    }
    Ok(())
}

/// Opens a store that is there to read it, and says where others can read it.
async fn opened(path: &Path) -> Result<Store, Failure> {
    let store = quietly_opened(path).await?;
    if let Some(text) = exposure(&store, path) {
        note(&text);
    }
    Ok(store)
}

/// Opens a store that is there to read it. All that is read of it is of one moment: another process may
/// delete runs meanwhile.
async fn quietly_opened(path: &Path) -> Result<Store, Failure> {
    let failed = |error: StoreError| failure(path, &error);
    let mut store = Store::open(path, false).await.map_err(failed)?;
    store.hold().await.map_err(failed)?;
    Ok(store)
}

/// The store holds names of people, and all that is wrong with a tenant.
fn exposure(store: &Store, path: &Path) -> Option<String> {
    store.open_to_others().then(|| {
        let path = path.display();
        format!("{path} can be read by others than its owner: chmod 600 {path}")
    })
}

/// The runs of the tenant that is meant.
async fn tenant(
    store: &mut Store,
    path: &Path,
    asked: Option<&str>,
) -> Result<TenantRuns, Failure> {
    let tenants = store.tenants().await.map_err(|error| failure(path, &error))?;
    store::choose(&tenants, asked).cloned().map_err(|error| failure(path, &error.into()))
}

/// What is wrong with a store, or with the name of a run in it.
fn failure(path: &Path, error: &StoreError) -> Failure {
    let told = if let StoreError::Name(name) = error {
        Failure::usage(one_line(&name.to_string()))
    } else {
        Failure::usage(one_line(&format!("cannot use the store {}: {error}", path.display())))
    };
    match error.hint() {
        Some(hint) => told.hint(hint),
        None => told,
    }
}

/// A message is one line, whatever the name of a tenant is: more of them would read as ours.
fn one_line(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}

/// No output may silently replace the history.
fn spare<F>(outputs: &[Output<F>], path: &Path) -> Result<(), Failure> {
    for output in outputs.iter().filter_map(|output| output.file.as_ref()) {
        spare_store(output, "-o", Some(path))?;
    }
    Ok(())
}

/// A file that is written must be neither the store nor one of the log files beside it.
pub(super) fn spare_store(
    file: &OutputFile,
    option: &str,
    store: Option<&Path>,
) -> Result<(), Failure> {
    let Some(store) = store else { return Ok(()) };
    file.must_not_replace(option, Some(store), "the store")?;
    for log in ["-wal", "-shm"] {
        let mut beside = store.as_os_str().to_owned();
        beside.push(log);
        file.must_not_replace(option, Some(Path::new(&beside)), "a log file of the store")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::NameError;

    #[test]
    fn a_failure_names_the_store_or_the_run() {
        for (error, message) in [
            (StoreError::Absent, "cannot use the store h.db: there is no such file"),
            (NameError::NoRun(3).into(), "there is no run 3 of this tenant"),
            // A name that looks like lines of ours.
            (
                NameError::SeveralTenants("Evil\r\nerror: x\u{1b}[2J (t-1)".to_owned()).into(),
                "there are runs of several tenants: Evil  error: x [2J (t-1)",
            ),
        ] {
            assert_eq!(failure(Path::new("h.db"), &error).message(), message);
        }
    }
}
