//! A snapshot taken apart: the rows of each collection as one text, and a manifest of everything else.
//!
//! What changes every day stands apart from what seldom does, so that little has to be kept of a day.

use super::content::Content;
use crate::model::{Cloud, Dataset, Gap};
use crate::snapshot::{CollectedBy, Collection, Snapshot};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;

/// A snapshot, taken apart and packed: a tenth of its text or less.
#[derive(Clone, Debug)]
pub struct Packed {
    pub(super) tenant: String,
    pub(super) cloud: Cloud,
    pub(super) collected_at: Timestamp,
    pub(super) manifest: Content,
    pub(super) parts: Vec<Part>,
}

/// The rows of one collection.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) dataset: Dataset,
    pub(super) state: &'static str,
    pub(super) rows: Content,
}

/// All its pages were read.
pub(super) const COMPLETE: &str = "complete";
const PARTIAL: &str = "partial";
const MISSING: &str = "missing";

/// The first line of a manifest.
#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) tenant: String,
    pub(super) cloud: Cloud,
    pub(super) collected_at: Timestamp,
    pub(super) collected_by: Option<CollectedBy>,
    /// When each of the entries was read.
    pub(super) read_at: Vec<Option<Timestamp>>,
    /// Digests of the rows, so that the digest of the manifest stands for the whole snapshot.
    pub(super) rows: Vec<(Dataset, String)>,
}

/// Every other line, with as many lines behind it as ids were asked for, each an id.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) dataset: Dataset,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    pub(super) request: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) gap: Option<Gap>,
    pub(super) declined: bool,
    pub(super) missing: bool,
    pub(super) rows: usize,
    pub(super) asked: usize,
}

impl Packed {
    /// Takes a snapshot apart.
    pub fn of(snapshot: &Snapshot<'_>) -> io::Result<Self> {
        let datasets: BTreeSet<Dataset> =
            snapshot.collections.iter().map(|part| part.dataset).collect();
        let mut parts = Vec::with_capacity(datasets.len());
        for dataset in datasets {
            let rows = Content::of(&rows_of(snapshot, dataset)?)?;
            parts.push(Part { dataset, state: state_of(snapshot, dataset), rows });
        }
        let manifest = Content::of(&manifest_of(snapshot, &parts)?)?;
        Ok(Self {
            tenant: snapshot.tenant.clone(),
            cloud: snapshot.cloud,
            collected_at: snapshot.collected_at,
            manifest,
            parts,
        })
    }

    /// Id of the tenant.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }
}

fn rows_of(snapshot: &Snapshot<'_>, dataset: Dataset) -> io::Result<String> {
    let mut text = String::new();
    for part in snapshot.parts(dataset) {
        let before = before_row(part.key.as_deref())?;
        for row in part.rows.iter() {
            text.push_str(&before);
            text.push_str(&one_line(row.get()));
            text.push('\n');
        }
    }
    Ok(text)
}

/// What stands before a row. With the group it belongs to, two equal members of two groups are two
/// different lines, so that a difference finds the right one.
pub(super) fn before_row(key: Option<&str>) -> io::Result<String> {
    match key {
        Some(key) => Ok(serde_json::to_string(key)?),
        None => Ok(String::new()),
    }
}

/// A row on one line. A line break in JSON stands between two of its words, where a blank says the same.
fn one_line(row: &str) -> Cow<'_, str> {
    if row.contains(['\n', '\r']) {
        Cow::Owned(row.replace(['\n', '\r'], " "))
    } else {
        Cow::Borrowed(row)
    }
}

fn state_of(snapshot: &Snapshot<'_>, dataset: Dataset) -> &'static str {
    let all = |is: fn(&Collection<'_>) -> bool| snapshot.parts(dataset).all(is);
    if all(|part| part.gap.is_none()) {
        COMPLETE
    } else if all(|part| part.missing) {
        MISSING
    } else {
        PARTIAL
    }
}

fn manifest_of(snapshot: &Snapshot<'_>, parts: &[Part]) -> io::Result<String> {
    let header = Header {
        tenant: snapshot.tenant.clone(),
        cloud: snapshot.cloud,
        collected_at: snapshot.collected_at,
        collected_by: snapshot.collected_by.clone(),
        read_at: snapshot.collections.iter().map(|part| part.read_at).collect(),
        rows: parts.iter().map(|part| (part.dataset, part.rows.digest.clone())).collect(),
    };
    let mut text = serde_json::to_string(&header)?;
    text.push('\n');
    for part in &snapshot.collections {
        let entry = Entry {
            dataset: part.dataset,
            key: part.key.clone(),
            request: part.request.clone(),
            gap: part.gap.clone(),
            declined: part.declined,
            missing: part.missing,
            rows: part.rows.len(),
            asked: part.asked.len(),
        };
        text.push_str(&serde_json::to_string(&entry)?);
        text.push('\n');
        for id in &part.asked {
            text.push_str(&serde_json::to_string(id)?);
            text.push('\n');
        }
    }
    Ok(text)
}
