//! Lanes: some of Graph's services stand far less than the rest, so their requests go slower.
//!
//! Which paths those are is told from outside; here they are only kept to their pace.

use super::call::Call;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
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
    /// At most so many requests reach the service ...
    pub most: Option<usize>,
    /// ... within any stretch of this length.
    pub within: Duration,
}

/// A lane in use.
pub(super) struct Paced {
    lane: Lane,
    places: Semaphore,
    counted: Mutex<Counted>,
}

/// What the service may count within the stretch that ends now.
///
/// Nobody here knows when a request reaches the service: before that it waits for its turn and for
/// a connection. When its answer is there it has, so it counts for a stretch from then on.
#[derive(Default)]
struct Counted {
    /// Requests begun whose answer is not there.
    under_way: usize,
    /// When the latest answers came, the oldest first.
    over: VecDeque<Instant>,
}

/// A place in a lane, until it is dropped.
pub(super) struct Place<'l> {
    paced: &'l Paced,
    begun: bool,
    /// Given back after the request is counted as over, since fields are dropped last.
    _permit: SemaphorePermit<'l>,
}

impl Paced {
    pub(super) fn new(lane: Lane) -> Self {
        // With more places than the stretch allows all could be under way, and none be waited for.
        let places = lane.most.map_or(lane.at_once, |most| most.min(lane.at_once));
        Self { lane, places: Semaphore::new(places.max(1)), counted: Mutex::default() }
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
    pub(super) async fn place(&self) -> Place<'_> {
        let permit = self.places.acquire().await.expect("the semaphore is never closed");
        Place { paced: self, begun: false, _permit: permit }
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin_at(&self, now: Instant) -> Duration {
        let Some(most) = self.lane.most else { return Duration::ZERO };
        let mut counted = self.counted();
        let within = self.lane.within;
        while counted.over.front().is_some_and(|first| now.duration_since(*first) >= within) {
            counted.over.pop_front();
        }
        match counted.over.front() {
            Some(first) if counted.under_way + counted.over.len() >= most => {
                within - now.duration_since(*first)
            }
            Some(_) | None => {
                counted.under_way += 1;
                Duration::ZERO
            }
        }
    }

    fn end_at(&self, now: Instant) {
        if self.lane.most.is_some() {
            let mut counted = self.counted();
            counted.under_way = counted.under_way.saturating_sub(1);
            counted.over.push_back(now);
        }
    }
}

impl Place<'_> {
    /// How long to wait until the request may begin; nothing when it may begin now, and then it
    /// counts as under way until the place is given back.
    pub(super) fn wait(&mut self) -> Duration {
        let wait = self.paced.begin_at(Instant::now());
        self.begun = wait.is_zero();
        wait
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.begun {
            self.paced.end_at(Instant::now());
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
    fn a_request_counts_until_a_stretch_after_its_answer() {
        let paced = Paced::new(LANE);
        let start = Instant::now();
        // Seconds; the wait of a request that would begin then, or nothing where an answer came.
        for (seconds, expected) in [
            (0, Some(0)),
            (3, None),
            (4, Some(0)),
            // The first one was over at 3 and the second one is under way.
            (5, Some(8)),
            (8, None),
            (12, Some(1)),
            (13, Some(0)),
            (13, Some(5)),
            // Two are under way, and the answer of 8 no longer counts.
            (18, Some(0)),
            (19, None),
            (20, None),
            (28, Some(1)),
            (29, Some(0)),
            (29, Some(1)),
        ] {
            let now = start + Duration::from_secs(seconds);
            match expected {
                Some(wait) => {
                    assert_eq!(paced.begin_at(now), Duration::from_secs(wait), "at {seconds} s");
                }
                None => paced.end_at(now),
            }
        }
    }

    /// Requests under way, and those over that still count.
    fn counted(paced: &Paced) -> (usize, usize) {
        let counted = paced.counted();
        (counted.under_way, counted.over.len())
    }

    #[tokio::test]
    async fn a_place_counts_when_its_request_began_and_goes_on_counting_when_given_back() {
        let paced = Paced::new(Lane { at_once: 1, most: Some(1), ..LANE });
        let mut first = paced.place().await;
        assert_eq!(first.wait(), Duration::ZERO);
        assert_eq!(counted(&paced), (1, 0));
        drop(first);
        assert_eq!(counted(&paced), (0, 1));
        let mut second = paced.place().await;
        assert!(!second.wait().is_zero(), "the stretch of the first one is not over");
        drop(second);
        assert_eq!(counted(&paced), (0, 1));
    }

    #[test]
    fn there_are_no_more_places_than_the_stretch_allows_and_at_least_one() {
        for (at_once, most, expected) in
            [(5, Some(2), 2), (2, Some(5), 2), (4, None, 4), (0, None, 1), (3, Some(0), 1)]
        {
            let paced = Paced::new(Lane { at_once, most, ..LANE });
            assert_eq!(paced.places.available_permits(), expected, "{at_once} {most:?}");
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

    #[tokio::test]
    async fn a_lane_without_a_stretch_only_bounds_what_is_in_flight() {
        let paced = Paced::new(Lane { most: None, ..LANE });
        for _ in 0..5 {
            assert_eq!(paced.place().await.wait(), Duration::ZERO);
        }
        assert_eq!(counted(&paced), (0, 0));
    }
}
