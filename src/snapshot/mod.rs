//! The snapshot: raw rows as Graph sent them, in one replayable file.
//!
//! It knows what was read, when and by which request, and what could not be read. What a row means
//! belongs to `resolve`.

mod io;
mod redact;

pub use io::{SnapshotError, is_packed, load_bytes, read_file, write_bytes, write_packed};
pub use redact::{KeyError, Redactor, unredact};

use crate::model::{Cloud, Dataset, Gap};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeSet;

/// Format of the file; a newer one is refused.
pub const FORMAT: &str = "pimaudit.snapshot/1";

/// Everything that was read of one tenant.
#[derive(Debug)]
pub struct Snapshot<'a> {
    /// Tenant id, lower case.
    pub tenant: String,
    /// The cloud it lives in.
    pub cloud: Cloud,
    /// When reading began.
    pub collected_at: Timestamp,
    /// Who read it, and how.
    pub collected_by: Option<CollectedBy>,
    /// One entry a collection; group members have one entry a group.
    pub collections: Vec<Collection<'a>>,
}

/// Who read a snapshot. Never a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectedBy {
    /// Sign-in name of a user, or name of an application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Application id that signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// The way of sign-in, such as `device-code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// Permissions the token had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
}

/// One collection as it was read.
#[derive(Debug)]
pub struct Collection<'a> {
    /// Which one.
    pub dataset: Dataset,
    /// The group, for collections read group by group; `None` for the whole tenant.
    pub key: Option<String>,
    /// Path and query of the request.
    pub request: String,
    /// When it was read.
    pub read_at: Option<Timestamp>,
    /// Why it is not complete, and then `rows` holds what is known.
    pub gap: Option<Gap>,
    /// True when the operator declined it.
    pub declined: bool,
    /// True when not even one page was read.
    pub missing: bool,
    /// Ids that were asked for, where a read is by id; an id asked for and absent is deleted.
    pub asked: Vec<String>,
    /// The rows, as sent.
    pub rows: Rows<'a>,
}

/// Rows of a collection: borrowed from the file, or owned when read live.
#[derive(Debug)]
pub enum Rows<'a> {
    /// Parts of the file's text.
    Borrowed(Vec<&'a RawValue>),
    /// Read just now.
    Owned(Vec<Box<RawValue>>),
}

impl Rows<'_> {
    /// How many.
    pub const fn len(&self) -> usize {
        match self {
            Self::Borrowed(rows) => rows.len(),
            Self::Owned(rows) => rows.len(),
        }
    }

    /// True when there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text of each row.
    pub fn iter(&self) -> impl Iterator<Item = &RawValue> {
        let (borrowed, owned) = match self {
            Self::Borrowed(rows) => (rows.as_slice(), [].as_slice()),
            Self::Owned(rows) => ([].as_slice(), rows.as_slice()),
        };
        borrowed.iter().copied().chain(owned.iter().map(AsRef::as_ref))
    }
}

impl Collection<'_> {
    /// One that nobody asked Graph for, because the operator declined it.
    pub const fn declined(dataset: Dataset, request: String, gap: Gap) -> Self {
        Self {
            dataset,
            key: None,
            request,
            read_at: None,
            gap: Some(gap),
            declined: true,
            missing: true,
            asked: Vec::new(),
            rows: Rows::Owned(Vec::new()),
        }
    }
}

impl<'a> Snapshot<'a> {
    /// Takes away what is declined, as if it had not been read.
    pub fn decline(&mut self, declined: impl Fn(Dataset) -> Option<Gap>) {
        let mut seen = BTreeSet::new();
        self.collections.retain_mut(|collection| {
            let Some(gap) = declined(collection.dataset) else { return true };
            let request = std::mem::take(&mut collection.request);
            *collection = Collection::declined(collection.dataset, request, gap);
            seen.insert(collection.dataset)
        });
    }

    /// The collection that speaks of the whole tenant.
    pub fn collection(&self, dataset: Dataset) -> Option<&Collection<'a>> {
        self.collections.iter().find(|it| it.dataset == dataset && it.key.is_none())
    }

    /// Every part of a collection: one a group for group members.
    pub fn parts(&self, dataset: Dataset) -> impl Iterator<Item = &Collection<'a>> {
        self.collections.iter().filter(move |it| it.dataset == dataset)
    }
}
