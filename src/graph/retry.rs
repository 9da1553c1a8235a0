//! When a read is sent again: patience, the waits Graph asks for, and the pause all reads share.
//!
//! Nothing is sent here. What failed is described in `error`; who waits is decided in `client` for
//! requests and in `batch` for the parts of one.

use super::error::ReadError;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep_until};

/// How long one page is tried before its list is given up.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Requests for one page, the first one included.
    pub tries: u32,
    /// First wait where Graph does not say how long; each further one is twice as long. The wait
    /// taken is a random part, at least half, so that reads that failed together do not meet again.
    pub first_delay: Duration,
    /// Longest single wait where Graph does not say how long.
    pub longest_delay: Duration,
    /// Longest time one page waits in all. When Graph asks for more, the read ends as throttled.
    pub total: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 6,
            first_delay: Duration::from_millis(500),
            longest_delay: Duration::from_secs(60),
            total: Duration::from_secs(300),
        }
    }
}

/// What may help after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Nothing: the same request would fail again.
    Nothing,
    /// A new token.
    SignIn,
    /// Time; as much as Graph asked for, where it did.
    Time(Option<Duration>),
}

impl Remedy {
    /// What may help after this status, other than one of success.
    pub(super) const fn after(status: u16, told: Option<Duration>) -> Self {
        match status {
            401 => Self::SignIn,
            429 | 500 | 502 | 503 | 504 => Self::Time(told),
            _ => Self::Nothing,
        }
    }
}

/// A read that failed, and what may help.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Box<ReadError>,
    pub(super) remedy: Remedy,
}

impl Failure {
    pub(super) fn new(error: ReadError, remedy: Remedy) -> Self {
        Self { error: Box::new(error), remedy }
    }
}

/// How long to wait before the next try; no time at all after a new sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) length: Duration,
    /// True when Graph asked for it.
    pub(super) told: bool,
}

/// What is left of the patience with one page.
#[derive(Debug)]
pub(super) struct Budget {
    patience: Patience,
    retries: u32,
    waited: Duration,
    signed_in_again: bool,
}

impl Budget {
    pub(super) const fn new(patience: Patience) -> Self {
        Self { patience, retries: 0, waited: Duration::ZERO, signed_in_again: false }
    }

    /// The wait before the next try, or the error when there is no use in one.
    pub(super) fn after(&mut self, failure: Failure) -> Result<Wait, ReadError> {
        match failure.remedy {
            Remedy::Nothing => Err(*failure.error),
            Remedy::SignIn if self.signed_in_again => Err(*failure.error),
            Remedy::SignIn => {
                self.signed_in_again = true;
                Ok(Wait { length: Duration::ZERO, told: false })
            }
            Remedy::Time(told) => self.wait(told, *failure.error),
        }
    }

    fn wait(&mut self, told: Option<Duration>, error: ReadError) -> Result<Wait, ReadError> {
        // "Wait no time" would mean a storm of requests: then our own delay is taken.
        let told = told.filter(|wait| !wait.is_zero());
        let length = told.unwrap_or_else(|| self.back_off());
        let waited = self.waited.saturating_add(length);
        if waited > self.patience.total {
            return Err(match told {
                Some(wait) => error.told_to_wait(whole_seconds(wait)),
                None => error,
            });
        }
        if self.retries.saturating_add(1) >= self.patience.tries {
            return Err(error);
        }
        self.retries += 1;
        self.waited = waited;
        Ok(Wait { length, told: told.is_some() })
    }

    fn back_off(&self) -> Duration {
        let doubled = 2_u32.saturating_pow(self.retries);
        let delay = self.patience.first_delay.saturating_mul(doubled);
        delay.min(self.patience.longest_delay).mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

/// Seconds for people: rounded up, so that a wait is never shown as none.
pub(super) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0))
}

/// The wait of a `Retry-After` value, which is seconds or an HTTP date.
///
/// A date is measured from the `Date` of the same answer, since the two clocks may differ, and from
/// our own clock only where the answer has none.
#[expect(
    clippy::disallowed_methods,
    reason = "what is measured is a wait from now, and nothing of it reaches a report"
)]
pub(super) fn told_wait(retry_after: &str, date: Option<&str>) -> Option<Duration> {
    let retry_after = retry_after.trim();
    if let Ok(seconds) = retry_after.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = httpdate::parse_http_date(retry_after).ok()?;
    let now =
        date.and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or_else(SystemTime::now);
    Some(until.duration_since(now).unwrap_or_default())
}

/// The pause all reads of a client share: while it is closed, none is sent.
#[derive(Debug, Default)]
pub(super) struct Gate(Mutex<Option<Instant>>);

impl Gate {
    /// Closes for so long from now; returns by how much that made the pause longer.
    pub(super) fn close_for(&self, wait: Duration) -> Duration {
        let now = Instant::now();
        let opens = now + wait;
        let mut closed_until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = closed_until.map_or(now, |until| until.max(now));
        *closed_until = Some(opens.max(before));
        opens.saturating_duration_since(before)
    }

    /// When it opens; `None` when it is open.
    fn closed_until(&self) -> Option<Instant> {
        let closed_until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        closed_until.filter(|until| *until > Instant::now())
    }

    /// True when nothing has to wait.
    pub(super) fn is_open(&self) -> bool {
        self.closed_until().is_none()
    }

    /// Waits until it is open; again, when it was closed for longer meanwhile.
    pub(super) async fn opened(&self) {
        while let Some(until) = self.closed_until() {
            sleep_until(until).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::ErrorKind;

    const SECOND: Duration = Duration::from_secs(1);

    fn failure(remedy: Remedy) -> Failure {
        Failure::new(ReadError::new(ErrorKind::Server, "/v1.0/things", "trouble"), remedy)
    }

    fn patience(tries: u32) -> Patience {
        Patience { tries, first_delay: SECOND, longest_delay: SECOND * 4, total: SECOND * 60 }
    }

    #[test]
    fn a_told_wait_is_seconds_or_a_date() {
        let date = Some("Fri, 20 Nov 2026 10:00:00 GMT");
        for (value, expected) in [
            ("7", Some(Duration::from_secs(7))),
            (" 7 ", Some(Duration::from_secs(7))),
            ("0", Some(Duration::ZERO)),
            ("1.5", Some(Duration::from_millis(1500))),
            ("Fri, 20 Nov 2026 10:01:30 GMT", Some(Duration::from_secs(90))),
            ("Fri, 20 Nov 2026 09:00:00 GMT", Some(Duration::ZERO)),
            ("-1", None),
            ("inf", None),
            ("NaN", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(told_wait(value, date), expected, "{value}");
        }
    }

    #[test]
    fn a_date_without_a_date_of_the_answer_is_measured_from_now() {
        assert_eq!(told_wait("Fri, 20 Nov 1970 10:00:00 GMT", None), Some(Duration::ZERO));
        assert!(told_wait("Fri, 31 Dec 9999 10:00:00 GMT", Some("no date")) > Some(SECOND));
    }

    #[test]
    fn only_trouble_that_passes_is_tried_again() {
        for (status, expected) in [
            (401, Remedy::SignIn),
            (429, Remedy::Time(Some(SECOND))),
            (500, Remedy::Time(Some(SECOND))),
            (501, Remedy::Nothing),
            (502, Remedy::Time(Some(SECOND))),
            (503, Remedy::Time(Some(SECOND))),
            (504, Remedy::Time(Some(SECOND))),
            (302, Remedy::Nothing),
            (400, Remedy::Nothing),
            (403, Remedy::Nothing),
            (404, Remedy::Nothing),
        ] {
            assert_eq!(Remedy::after(status, Some(SECOND)), expected, "{status}");
        }
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        let mut budget = Budget::new(patience(6));
        for expected in [1_u32, 2, 4, 4, 4] {
            let wait = budget.after(failure(Remedy::Time(None))).unwrap();
            let longest = SECOND * expected;
            assert!(!wait.told);
            assert!(wait.length >= longest / 2 && wait.length <= longest, "{wait:?} {longest:?}");
        }
        assert!(budget.after(failure(Remedy::Time(None))).is_err(), "six tries are five retries");
    }

    #[test]
    fn a_told_wait_is_kept_even_beyond_the_longest_delay() {
        let wait =
            Budget::new(patience(2)).after(failure(Remedy::Time(Some(SECOND * 30)))).unwrap();
        assert_eq!(wait, Wait { length: SECOND * 30, told: true });
    }

    #[test]
    fn a_told_wait_of_nothing_becomes_a_delay() {
        let wait =
            Budget::new(patience(2)).after(failure(Remedy::Time(Some(Duration::ZERO)))).unwrap();
        assert!(wait.length >= SECOND / 2 && !wait.told, "{wait:?}");
    }

    #[test]
    fn waits_beyond_the_total_end_the_read_as_throttled() {
        let mut budget = Budget::new(patience(6));
        budget.after(failure(Remedy::Time(Some(SECOND * 40)))).unwrap();
        let error = budget.after(failure(Remedy::Time(Some(SECOND * 21)))).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Throttled);
        assert!(error.message.contains("asked to wait 21 s"), "{error}");
    }

    #[test]
    fn a_new_token_is_asked_for_once() {
        let mut budget = Budget::new(patience(1));
        assert!(budget.after(failure(Remedy::SignIn)).unwrap().length.is_zero());
        assert!(budget.after(failure(Remedy::SignIn)).is_err());
    }

    #[tokio::test]
    async fn the_gate_stays_closed_for_the_longest_wait() {
        let gate = Gate::default();
        assert!(gate.is_open());
        let started = Instant::now();
        assert!(gate.close_for(Duration::from_millis(300)) >= Duration::from_millis(300));
        assert!(gate.close_for(Duration::from_millis(1)).is_zero(), "a shorter wait adds nothing");
        assert!(!gate.is_open());
        gate.opened().await;
        assert!(started.elapsed() >= Duration::from_millis(300));
        assert!(gate.is_open());
    }
}
