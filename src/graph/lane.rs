//! Lanes: some of Graph's services stand far less than the rest, so their requests go slower.
//!
//! Which paths those are is told from outside; here they are only kept to their pace.

use super::call::Call;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// The pace of the requests whose path below the version begins so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Beginnings of paths below the version, such as `/reports/`.
    pub prefixes: &'static [&'static str],
    /// Requests in flight at once.
    pub at_once: usize,
    /// At most so many requests begin ...
    pub most: Option<usize>,
    /// ... within any stretch of this length.
    pub within: Duration,
}

/// A lane in use.
pub(super) struct Paced {
    lane: Lane,
    places: Semaphore,
    /// When the latest requests began, the oldest first.
    begun: Mutex<VecDeque<Instant>>,
}

impl Paced {
    pub(super) fn new(lane: Lane) -> Self {
        Self { lane, places: Semaphore::new(lane.at_once.max(1)), begun: Mutex::default() }
    }

    /// True when the call is kept to this pace; a batch goes by its first read.
    pub(super) fn is_for(&self, call: &Call<'_>) -> bool {
        let below_version = |path: &str| {
            let path = path.trim_start_matches('/');
            path.find('/').map_or(String::new(), |place| path[place..].to_owned())
        };
        let path = match call {
            Call::Page { list, .. } => below_version(list),
            Call::Batch { parts, .. } => {
                parts.first().map_or(String::new(), |part| part.url.to_owned())
            }
            Call::ByIds { .. } => return false,
        };
        self.lane.prefixes.iter().any(|prefix| path.starts_with(prefix))
    }

    /// A place in the lane.
    pub(super) async fn place(&self) -> SemaphorePermit<'_> {
        self.places.acquire().await.expect("the semaphore is never closed")
    }

    /// How long to wait until the next request may begin; nothing when it may begin now, and then it
    /// counts as begun.
    pub(super) fn wait(&self) -> Duration {
        self.wait_at(Instant::now())
    }

    fn wait_at(&self, now: Instant) -> Duration {
        let Some(most) = self.lane.most else { return Duration::ZERO };
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        while begun.front().is_some_and(|first| now.duration_since(*first) >= self.lane.within) {
            begun.pop_front();
        }
        match begun.front() {
            Some(first) if begun.len() >= most => self.lane.within - now.duration_since(*first),
            Some(_) | None => {
                begun.push_back(now);
                Duration::ZERO
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::call::Part;

    const LANE: Lane = Lane {
        prefixes: &["/reports/", "/users?"],
        at_once: 2,
        most: Some(2),
        within: Duration::from_secs(10),
    };

    #[test]
    fn only_so_many_begin_within_the_stretch() {
        let paced = Paced::new(LANE);
        let start = Instant::now();
        let wait = |seconds| paced.wait_at(start + Duration::from_secs(seconds)).as_secs();
        for (at, expected) in [(0, 0), (4, 0), (4, 6), (10, 0), (10, 4), (13, 1), (14, 0)] {
            assert_eq!(wait(at), expected, "at {at} s");
        }
    }

    #[test]
    fn a_batch_goes_by_its_first_read_and_objects_by_id_are_free() {
        let paced = Paced::new(LANE);
        for (url, expected) in
            [("/reports/a", true), ("/users?$select=id", true), ("/users/1", false), ("", false)]
        {
            let parts = [Part { id: "1", url }];
            assert_eq!(
                paced.is_for(&Call::Batch { version: "v1.0", parts: &parts }),
                expected,
                "{url}"
            );
        }
        assert!(!paced.is_for(&Call::Batch { version: "v1.0", parts: &[] }));
        assert!(!paced.is_for(&Call::ByIds { ids: &[], types: &[], select: "" }));
    }

    #[test]
    fn a_lane_without_a_stretch_only_bounds_what_is_in_flight() {
        let paced = Paced::new(Lane { most: None, ..LANE });
        for _ in 0..5 {
            assert_eq!(paced.wait(), Duration::ZERO);
        }
    }
}
