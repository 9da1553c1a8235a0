//! Whether data is too old for `--max-age`, or younger than it can be.

use super::connect;
use crate::model::IsoDuration;
use jiff::{SignedDuration, Timestamp};

/// Clocks differ by so much; data that is read later than that was not read yet.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Why data that was read at `at` misses `--max-age`, and what to do then; nothing where it does not.
/// Without a time to judge by, the wall clock counts.
pub(super) fn missed(
    oldest: Option<IsoDuration>,
    now: Option<Timestamp>,
    at: Timestamp,
) -> Option<String> {
    let oldest = oldest?;
    let now = now.unwrap_or_else(connect::wall_clock);
    let age = now.duration_since(at);
    let most = SignedDuration::from_secs(i64::try_from(oldest.seconds()).unwrap_or(i64::MAX));
    let why = if age > most {
        format!("the data was read at {at}")
    } else if age < -AHEAD {
        format!("the data says it was read at {at}, which is after {now}")
    } else {
        return None;
    };
    Some(format!("--max-age {oldest} was missed: {why}; collect again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_is_compared_exactly() {
        let at: Timestamp = "2026-11-02T09:00:00Z".parse().unwrap();
        let day = IsoDuration::parse("P1D").ok();
        for (now, oldest, expected) in [
            ("2026-11-03T09:00:00Z", day, false),
            ("2026-11-03T09:00:00.5Z", day, true),
            ("2026-11-03T09:00:01Z", day, true),
            // Clocks differ a little; data of tomorrow is not young.
            ("2026-11-02T08:55:00Z", day, false),
            ("2026-11-02T08:54:59Z", day, true),
            ("2026-11-02T08:00:00Z", day, true),
            ("2020-11-02T09:00:00Z", None, false),
            ("2027-11-03T09:00:01Z", None, false),
        ] {
            let now: Timestamp = now.parse().unwrap();
            assert_eq!(missed(oldest, Some(now), at).is_some(), expected, "{now}");
        }
    }

    #[test]
    fn it_is_said_what_is_wrong_and_what_to_do() {
        let at: Timestamp = "2026-11-02T09:00:00Z".parse().unwrap();
        let day = IsoDuration::parse("P1D").ok();
        for (now, why) in [
            ("2026-11-04T09:00:00Z", "was read at 2026-11-02T09:00:00Z; collect again"),
            ("2026-01-01T00:00:00Z", "which is after 2026-01-01T00:00:00Z; collect again"),
        ] {
            let said = missed(day, now.parse().ok(), at).unwrap();
            assert!(
                said.starts_with("--max-age 24 h was missed: ") && said.ends_with(why),
                "{said}"
            );
        }
    }
}
