//! The count of what a client did.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// What a client has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Requests sent, each try counted.
    pub requests: u64,
    /// Bytes of the answers, after decompression.
    pub bytes: u64,
    /// Reads sent again, parts of a batch counted one by one.
    pub retries: u64,
    /// Time spent waiting: a pause of the whole client counts once, waits side by side each.
    pub waited: Duration,
    /// Paths that Graph announced the end of, each with the dates it gave.
    pub deprecations: Vec<String>,
    /// Graph's own time, from the `Date` of its latest answer.
    pub server_time: Option<SystemTime>,
}

/// The counters behind the statistics.
#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicU64,
    bytes: AtomicU64,
    retries: AtomicU64,
    waited_microseconds: AtomicU64,
    deprecations: Mutex<BTreeSet<String>>,
    server_time: Mutex<Option<SystemTime>>,
}

impl Counters {
    pub(super) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn bytes(&self, arrived: u64) {
        self.bytes.fetch_add(arrived, Ordering::Relaxed);
    }

    pub(super) fn retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn waited(&self, length: Duration) {
        let microseconds = u64::try_from(length.as_micros()).unwrap_or(u64::MAX);
        self.waited_microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }

    /// Takes note of an announced end, from the headers `Deprecation` and `Sunset`.
    pub(super) fn end_of(&self, list: &str, deprecation: Option<&str>, sunset: Option<&str>) {
        if deprecation.is_none() && sunset.is_none() {
            return;
        }
        let (path, _) = list.split_once('?').unwrap_or((list, ""));
        let mut note = path.to_owned();
        for (name, date) in [("deprecated", deprecation), ("ends", sunset)] {
            if let Some(date) = date {
                note = format!("{note}; {name}: {date}");
            }
        }
        self.deprecations.lock().unwrap_or_else(PoisonError::into_inner).insert(note);
    }

    /// Takes note of the answer's `Date`.
    pub(super) fn date(&self, date: Option<&str>) {
        if let Some(time) = date.and_then(|date| httpdate::parse_http_date(date).ok()) {
            *self.server_time.lock().unwrap_or_else(PoisonError::into_inner) = Some(time);
        }
    }

    pub(super) fn so_far(&self) -> Statistics {
        let deprecations = self.deprecations.lock().unwrap_or_else(PoisonError::into_inner);
        Statistics {
            requests: self.requests.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            waited: Duration::from_micros(self.waited_microseconds.load(Ordering::Relaxed)),
            deprecations: deprecations.iter().cloned().collect(),
            server_time: *self.server_time.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}
