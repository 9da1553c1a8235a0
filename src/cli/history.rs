//! `history`: what was kept of earlier runs.
//!
//! Here: which store, which tenant, which run. One file a command beneath.

mod export;
mod grid;
mod json;
mod list;
mod named;
mod prune;
mod record;
mod show;
mod trend;

pub(super) use named::{earlier_definitions, is_name, stored};
pub(super) use record::{prepare, record};

use super::arguments::{HistoryAction, KeptOptions};
use super::exit::{Exit, Failure};
use super::output::{Output, note};
use crate::store::{self, Store, StoreError, TenantRuns};
use jiff::Timestamp;
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
    options.store.store.as_deref().ok_or_else(|| {
        Failure::usage("no store is named").hint(
            "give --store FILE or set PIMAUDIT_STORE; `pimaudit audit --store FILE` makes one",
        )
    })
}

/// Opens a store that is there, and says where others can read it.
async fn opened(path: &Path) -> Result<Store, Failure> {
    let store = Store::open(path, false).await.map_err(|error| failure(path, &error))?;
    if let Some(text) = exposure(&store, path) {
        note(&text);
    }
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
        Failure::usage(name.to_string())
    } else {
        Failure::usage(format!("cannot use the store {}: {error}", path.display()))
    };
    match error.hint() {
        Some(hint) => told.hint(hint),
        None => told,
    }
}

/// No output may silently replace the history.
fn spare(outputs: &[Output], path: &Path) -> Result<(), Failure> {
    for output in outputs.iter().filter_map(|output| output.file.as_ref()) {
        output.must_not_replace("-o", Some(path), "the store")?;
    }
    Ok(())
}

/// `2026-11-02 09:00 UTC`.
fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `Contoso (7f3a…)`, or the id alone.
fn tenant_words(name: &str, id: &str) -> String {
    if name.is_empty() { id.to_owned() } else { format!("{name} ({id})") }
}

/// A share in percent: `100 %` only where everything was judged.
fn percent_words(percent: f64) -> String {
    if percent > 0.0 && percent < 100.0 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
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
        ] {
            assert_eq!(failure(Path::new("h.db"), &error).message(), message);
        }
    }

    #[test]
    fn nothing_is_rounded_up_to_everything() {
        for (percent, expected) in
            [(0.0, "0 %"), (0.1, "0.1 %"), (83.8, "83.8 %"), (99.9, "99.9 %"), (100.0, "100 %")]
        {
            assert_eq!(percent_words(percent), expected);
        }
    }
}
