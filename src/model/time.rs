//! Points in time as people read them.

use jiff::Timestamp;

/// `2026-11-02 09:00 UTC`.
pub fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_to_the_minute_and_never_rounded_up() {
        for (at, expected) in [
            ("2026-11-02T09:00:00Z", "2026-11-02 09:00 UTC"),
            ("2026-11-02T09:00:59.5Z", "2026-11-02 09:00 UTC"),
            ("2026-11-02T09:00:00+02:00", "2026-11-02 07:00 UTC"),
        ] {
            assert_eq!(minute(at.parse().unwrap()), expected, "{at}");
        }
    }
}
