//! Both snapshots are judged with the waivers as they hold at the time of the newer one.

use crate::model::{Organisation, Waiver};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The organisation for the snapshot judged at `judged`, with its waivers as they hold at `newer`.
///
/// A waiver holds by its expiry and the day of judgement alone. So each expiry is moved by the days
/// between the two: on the day of the older snapshot exactly those hold that hold at the newer.
#[must_use]
pub fn as_of(organisation: &Organisation, judged: Timestamp, newer: Timestamp) -> Organisation {
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let between = day(judged).duration_until(day(newer));
    // A date that leaves the calendar is one that nobody waits for; it stays.
    let moved = |waiver: &Waiver| Waiver {
        expires: waiver.expires.map(|expires| expires.checked_sub(between).unwrap_or(expires)),
        ..waiver.clone()
    };
    Organisation {
        waivers: organisation.waivers.iter().map(moved).collect(),
        ..organisation.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiver_holds_in_the_older_when_it_holds_in_the_newer() {
        for (judged, newer, expires, expected) in [
            ("2026-11-02T09:00:00Z", "2026-11-02T23:00:00Z", "2026-12-01", "2026-12-01"),
            ("2026-11-02T23:59:00Z", "2026-11-03T00:01:00Z", "2026-12-01", "2026-11-30"),
            ("2026-11-02T09:00:00Z", "2027-11-02T09:00:00Z", "2027-11-02", "2026-11-02"),
            // The older one may be given as the newer.
            ("2026-11-12T09:00:00Z", "2026-11-02T09:00:00Z", "2026-11-02", "2026-11-12"),
        ] {
            let waiver = Waiver {
                check: "a-check".to_owned(),
                subject: "tenant".to_owned(),
                reason: None,
                owner: None,
                expires: Some(expires.parse().unwrap()),
                ticket: None,
                approved_by: None,
                line: 1,
            };
            let organisation = Organisation { waivers: vec![waiver], ..Organisation::default() };
            let moved = as_of(&organisation, judged.parse().unwrap(), newer.parse().unwrap());
            let found = moved.waivers[0].expires.map(|it| it.to_string());
            assert_eq!(found.as_deref(), Some(expected), "{judged} {newer}");
        }
    }
}
