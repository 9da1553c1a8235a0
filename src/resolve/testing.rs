//! Snapshots out of a few lines, for the tests of the readers.

use crate::model::Dataset;
use crate::snapshot::{Snapshot, load_bytes};
use jiff::Timestamp;
use std::path::Path;

/// When every snapshot of a test is judged.
pub(super) fn now() -> Timestamp {
    "2026-11-02T09:00:00Z".parse().unwrap()
}

/// A collection, or its part under this key, that was read whole; `rows` stands in the array.
pub(super) fn whole(dataset: Dataset, key: Option<&str>, rows: &str) -> String {
    entry(dataset, key, r#""status":"complete""#, rows)
}

/// One whose reading broke off.
pub(super) fn cut(dataset: Dataset, key: Option<&str>, rows: &str) -> String {
    let gap = format!(r#"{{"kind":"incomplete","dataset":"{dataset}","detail":"it broke off"}}"#);
    entry(dataset, key, &format!(r#""status":"partial","gap":{gap}"#), rows)
}

/// One that could not be read at all.
pub(super) fn denied(dataset: Dataset, key: Option<&str>) -> String {
    let gap = format!(r#"{{"kind":"permission-denied","dataset":"{dataset}","detail":"denied"}}"#);
    entry(dataset, key, &format!(r#""status":"missing","gap":{gap}"#), "")
}

fn entry(dataset: Dataset, key: Option<&str>, status: &str, rows: &str) -> String {
    let key = key.map_or_else(String::new, |key| format!(r#""key":"{key}","#));
    format!(r#"{{"dataset":"{dataset}",{key}"request":"/",{status},"rows":[{rows}]}}"#)
}

/// The text of a snapshot of tenant `t-1` with these collections.
pub(super) fn text(collections: &[String]) -> String {
    format!(
        r#"{{"format":"pimaudit.snapshot/1","tenant":"T-1","cloud":"global",
            "collected_at":"2026-11-02T09:00:00Z","collections":[{}]}}"#,
        collections.join(",")
    )
}

/// The snapshot of a text.
pub(super) fn load(text: &str) -> Snapshot<'_> {
    load_bytes(text.as_bytes(), Path::new("test.json")).unwrap()
}
