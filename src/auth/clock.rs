//! The one place where sign-in asks for the time: tokens expire, assertions are dated.

use azure_core::time::OffsetDateTime;
use jiff::Timestamp;
use std::time::SystemTime;

/// Seconds before its end at which a token is renewed: a request must not outlive it.
const RENEW_BEFORE: u64 = 5 * 60;

#[expect(clippy::disallowed_methods, reason = "tokens are dated by the wall clock")]
pub(super) fn now() -> Timestamp {
    // A clock outside the years jiff knows makes every token look fresh; the service then refuses it.
    Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The same moment for `azure_core`, in whole seconds.
pub(super) fn offset(moment: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(moment.as_second()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// The same moment for the rest of this program, in whole seconds.
pub(super) fn timestamp(moment: OffsetDateTime) -> Timestamp {
    Timestamp::from_second(moment.unix_timestamp()).unwrap_or(Timestamp::MAX)
}

/// `seconds` from now; a lifetime beyond all calendars counts as none.
pub(super) fn after(seconds: u64) -> OffsetDateTime {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    let moment = now().as_second().saturating_add(seconds);
    OffsetDateTime::from_unix_timestamp(moment).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// True when a token need not be renewed yet: it lives for more than five minutes.
pub(super) fn is_fresh(expires_on: OffsetDateTime) -> bool {
    expires_on > after(RENEW_BEFORE)
}

/// True when a token is of no use any more.
pub(super) fn is_over(expires_on: OffsetDateTime) -> bool {
    expires_on <= offset(now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_agree_to_the_second() {
        let moment: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        assert_eq!(timestamp(offset(moment)), moment);
        assert_eq!(timestamp(offset(Timestamp::MAX)).as_second(), Timestamp::MAX.as_second());
    }

    #[test]
    fn an_absurd_lifetime_is_not_believed() {
        assert_eq!(after(u64::MAX), OffsetDateTime::UNIX_EPOCH);
        assert!(after(3600) > offset(now()));
    }

    #[test]
    fn a_token_is_renewed_before_it_is_over() {
        for (seconds, fresh, over) in [(3600, true, false), (60, false, false), (0, false, true)] {
            assert_eq!(
                (is_fresh(after(seconds)), is_over(after(seconds))),
                (fresh, over),
                "{seconds}"
            );
        }
    }
}
