//! Durations as Graph and baselines write them: ISO 8601, compared by seconds.
//!
//! Months count 31 days, and twelve of them a year of 366, so nobody passes by rounding. Only lengths of
//! time; points in time are `jiff::Timestamp`.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const MONTH: u64 = 31 * DAY;
const YEAR: u64 = 366 * DAY;

/// Units before the `T`, in the order they must have, with their seconds.
const DATE_UNITS: [(u8, u64); 4] = [(b'Y', YEAR), (b'M', MONTH), (b'W', 7 * DAY), (b'D', DAY)];
/// Units after the `T`.
const TIME_UNITS: [(u8, u64); 3] = [(b'H', HOUR), (b'M', MINUTE), (b'S', 1)];

/// Decimals that are read exactly; more of them round up.
const EXACT_DECIMALS: usize = 18;
const SCALE: u128 = 10_u128.pow(EXACT_DECIMALS as u32);

const TOO_LONG: &str = "it is too long";
const BAD_NUMBER: &str = "a number is missing or malformed";

/// What an editor should accept; `parse` is stricter about lone `P` and `T` and about fractions.
const PATTERN: &str = "^[Pp]([0-9]+([.,][0-9]+)?[YyMmWwDd])*([Tt]([0-9]+([.,][0-9]+)?[HhMmSs])+)?$";

/// A length of time in whole seconds; a fraction of a second was rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IsoDuration {
    seconds: u64,
}

/// Text that is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a duration such as PT8H or P30D: {reason}")]
pub struct DurationError {
    text: String,
    reason: &'static str,
}

impl IsoDuration {
    /// A duration of whole seconds.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self { seconds }
    }

    /// So many months.
    pub fn from_months(months: u64) -> Self {
        Self { seconds: in_unit(months, MONTH).unwrap_or(u64::MAX) }
    }

    /// Reads `P[nY][nM][nW][nD][T[nH][nM][nS]]`, without regard to casing.
    ///
    /// The last unit may have a fraction, with dot or comma. `PT8H`, `PT480M` and `PT28800S` are the
    /// same. Negative and empty ones are errors.
    pub fn parse(text: &str) -> Result<Self, DurationError> {
        match seconds_of(text) {
            Ok(seconds) => Ok(Self { seconds }),
            Err(reason) => Err(DurationError { text: text.to_owned(), reason }),
        }
    }

    /// Reads an age as people type it: `90m`, `24h`, `7d`, or ISO 8601; blanks around it do not count.
    pub fn parse_age(text: &str) -> Result<Self, DurationError> {
        let text = text.trim();
        let short =
            text.split_at_checked(text.len().saturating_sub(1)).and_then(|(number, unit)| {
                let number = digits(number).ok()?;
                match unit {
                    "m" => Some(format!("PT{number}M")),
                    "h" => Some(format!("PT{number}H")),
                    "d" => Some(format!("P{number}D")),
                    _ => None,
                }
            });
        Self::parse(short.as_deref().unwrap_or(text))
    }

    /// Whole seconds.
    pub const fn seconds(self) -> u64 {
        self.seconds
    }

    /// Canonical ISO 8601 text: equal durations give equal text, such as `PT8H` for `PT480M`.
    pub fn to_iso(self) -> String {
        let [days, hours, minutes, seconds] = self.parts();
        let mut text = String::from("P");
        push_unit(&mut text, days, 'D');
        if [hours, minutes, seconds] != [0; 3] {
            text.push('T');
            push_unit(&mut text, hours, 'H');
            push_unit(&mut text, minutes, 'M');
            push_unit(&mut text, seconds, 'S');
        }
        if text == "P" { "PT0S".to_owned() } else { text }
    }

    /// Days, hours, minutes, seconds. Days begin at 48 h, because limits of a day or less are said,
    /// and set in the portal, in hours.
    const fn parts(self) -> [u64; 4] {
        let days = if self.seconds < 2 * DAY { 0 } else { self.seconds / DAY };
        let rest = self.seconds - days * DAY;
        [days, rest / HOUR, rest % HOUR / MINUTE, rest % MINUTE]
    }
}

fn push_unit(text: &mut String, count: u64, unit: char) {
    if count > 0 {
        text.push_str(&count.to_string());
        text.push(unit);
    }
}

fn seconds_of(text: &str) -> Result<u64, &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    if text.starts_with('-') {
        return Err("it is negative");
    }
    let body = text.strip_prefix(['P', 'p']).ok_or("it does not begin with P")?;
    let (date, time) = match body.split_once(['T', 't']) {
        Some((_, "")) => return Err("nothing follows the T"),
        Some((date, time)) => (date, time),
        None if body.is_empty() => return Err("nothing follows the P"),
        None => (body, ""),
    };
    let days = sum_of_units(date, &DATE_UNITS, time.is_empty())?;
    let hours = sum_of_units(time, &TIME_UNITS, true)?;
    days.checked_add(hours).ok_or(TOO_LONG)
}

/// Seconds of `nXnY…`, each unit at most once and in the order of `units`.
fn sum_of_units(
    mut rest: &str,
    units: &[(u8, u64)],
    may_end_in_fraction: bool,
) -> Result<u64, &'static str> {
    let mut units = units.iter();
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).ok_or("a number has no unit")?;
        let (number, tail) = rest.split_at(end);
        let letter = tail.as_bytes()[0].to_ascii_uppercase();
        rest = &tail[1..];
        // `find` moves the iterator on, so a unit that came before is not found again.
        let (_, unit) = units
            .find(|(known, _)| *known == letter)
            .ok_or("a unit is unknown, repeated or out of order")?;
        let seconds = seconds_of_unit(number, *unit, may_end_in_fraction && rest.is_empty())?;
        total = total.checked_add(seconds).ok_or(TOO_LONG)?;
    }
    Ok(total)
}

fn seconds_of_unit(number: &str, unit: u64, may_be_fraction: bool) -> Result<u64, &'static str> {
    let (whole, fraction) = match number.split_once(['.', ',']) {
        Some(_) if !may_be_fraction => return Err("only the last unit may have a fraction"),
        Some((whole, fraction)) => (whole, seconds_of_fraction(fraction, unit)?),
        None => (number, 0),
    };
    let whole: u64 = digits(whole)?.parse().map_err(|_| TOO_LONG)?;
    in_unit(whole, unit).and_then(|seconds| seconds.checked_add(fraction)).ok_or(TOO_LONG)
}

/// Seconds of so many of a unit; `None` where there are too many. Twelve months are a year.
fn in_unit(number: u64, unit: u64) -> Option<u64> {
    if unit == MONTH {
        (number / 12).checked_mul(YEAR)?.checked_add(number % 12 * MONTH)
    } else {
        number.checked_mul(unit)
    }
}

/// Seconds of the decimals of a unit, rounded up.
fn seconds_of_fraction(decimals: &str, unit: u64) -> Result<u64, &'static str> {
    let decimals = digits(decimals)?;
    let exact = decimals
        .bytes()
        .chain(std::iter::repeat(b'0'))
        .take(EXACT_DECIMALS)
        .fold(0, |sum: u128, digit| sum * 10 + u128::from(digit - b'0'));
    let more = decimals.bytes().skip(EXACT_DECIMALS).any(|digit| digit != b'0');
    let seconds = ((exact + u128::from(more)) * u128::from(unit)).div_ceil(SCALE);
    u64::try_from(seconds).map_err(|_| TOO_LONG)
}

fn digits(text: &str) -> Result<&str, &'static str> {
    let good = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if good { Ok(text) } else { Err(BAD_NUMBER) }
}

/// For people: `8 h`, `8 h 30 min`, `183 d`, `45 min`.
impl fmt::Display for IsoDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts().into_iter().zip(["d", "h", "min", "s"]);
        let words: Vec<String> = parts
            .filter(|(count, _)| *count > 0)
            .map(|(count, unit)| format!("{count} {unit}"))
            .collect();
        if words.is_empty() { formatter.pad("0 min") } else { formatter.pad(&words.join(" ")) }
    }
}

impl Serialize for IsoDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_iso())
    }
}

impl<'de> Deserialize<'de> for IsoDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl schemars::JsonSchema for IsoDuration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A length of time in ISO 8601: PT8H is eight hours, P30D thirty days.",
            "type": "string",
            "pattern": PATTERN
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(text: &str) -> u64 {
        IsoDuration::parse(text).unwrap().seconds()
    }

    #[test]
    fn every_unit_counts_its_seconds() {
        for (text, expected) in [
            ("PT8H", 28_800),
            ("PT480M", 28_800),
            ("PT28800S", 28_800),
            ("pt8h", 28_800),
            ("PT5H30M", 19_800),
            ("PT1H1M1S", 3_661),
            ("P1D", 86_400),
            ("PT24H", 86_400),
            ("PT1440M", 86_400),
            ("P1W", 604_800),
            ("P1M", 2_678_400),
            ("P1Y", 31_622_400),
            ("P1Y2M3W4DT5H6M7S", 31_622_400 + 5_356_800 + 1_814_400 + 345_600 + 18_367),
            ("P1M1DT1M", 2_678_400 + 86_400 + 60),
            ("PT0S", 0),
            ("P0D", 0),
            ("P0008D", 691_200),
            ("PT18446744073709551615S", u64::MAX),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn a_fraction_of_the_last_unit_counts_and_rounds_up() {
        for (text, expected) in [
            ("PT0.5H", 1_800),
            ("PT0,5H", 1_800),
            ("PT1.5M", 90),
            ("PT8H0.5M", 28_830),
            ("P0.5D", 43_200),
            ("P1DT0.25H", 87_300),
            ("P0.5Y", 15_811_200),
            ("PT8.0H", 28_800),
            ("PT0.1S", 1),
            ("PT1.0S", 1),
            ("PT1.000000000000000000000000S", 1),
            ("PT1.000000000000000000000001S", 2),
            ("PT8.0000000001H", 28_801),
            ("PT7.999999999999999999999999H", 28_800),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_duration_is_refused_and_named() {
        for (text, reason) in [
            ("", "it is empty"),
            ("P", "nothing follows the P"),
            ("PT", "nothing follows the T"),
            ("P1DT", "nothing follows the T"),
            ("-PT8H", "it is negative"),
            ("PT-8H", BAD_NUMBER),
            ("P-1D", BAD_NUMBER),
            ("+PT8H", "it does not begin with P"),
            ("8 hours", "it does not begin with P"),
            ("T8H", "it does not begin with P"),
            (" PT8H", "it does not begin with P"),
            ("PT8H ", "a number has no unit"),
            ("PT8", "a number has no unit"),
            ("P8", "a number has no unit"),
            ("PTH", BAD_NUMBER),
            ("PT.5H", BAD_NUMBER),
            ("PT5.H", BAD_NUMBER),
            ("PT1.2.3H", BAD_NUMBER),
            ("PT1e3H", "a unit is unknown, repeated or out of order"),
            ("PT٨H", BAD_NUMBER),
            ("PT1D", "a unit is unknown, repeated or out of order"),
            ("P1H", "a unit is unknown, repeated or out of order"),
            ("PT5M1H", "a unit is unknown, repeated or out of order"),
            ("PT1H1H", "a unit is unknown, repeated or out of order"),
            ("P1D1W", "a unit is unknown, repeated or out of order"),
            ("PT1H2T3M", "a unit is unknown, repeated or out of order"),
            ("PT0.5H30M", "only the last unit may have a fraction"),
            ("P0.5DT1H", "only the last unit may have a fraction"),
            ("PT18446744073709551616S", TOO_LONG),
            ("PT18446744073709551615H", TOO_LONG),
            ("PT18446744073709551615.5S", TOO_LONG),
            ("P1DT18446744073709551615S", TOO_LONG),
        ] {
            assert_eq!(
                IsoDuration::parse(text).unwrap_err().to_string(),
                format!("{text:?} is not a duration such as PT8H or P30D: {reason}"),
            );
        }
    }

    #[test]
    fn ages_are_short_or_iso() {
        for (text, expected) in [
            ("90m", 90 * MINUTE),
            ("24h", DAY),
            ("7d", 7 * DAY),
            (" 7d ", 7 * DAY),
            ("0d", 0),
            ("PT36H", 36 * HOUR),
            ("P1D", DAY),
        ] {
            assert_eq!(IsoDuration::parse_age(text).unwrap().seconds(), expected, "{text}");
        }
        for text in ["", "h", "7", "soon", "-3h", "+3h", "1.5h", "7D", "é", "99999999999999999999d"]
        {
            assert!(IsoDuration::parse_age(text).is_err(), "{text}");
        }
    }

    #[test]
    fn people_and_files_see_one_text_for_equal_durations() {
        for (text, people, canonical) in [
            ("PT8H", "8 h", "PT8H"),
            ("PT480M", "8 h", "PT8H"),
            ("PT510M", "8 h 30 min", "PT8H30M"),
            ("PT45M", "45 min", "PT45M"),
            ("PT90S", "1 min 30 s", "PT1M30S"),
            ("P1D", "24 h", "PT24H"),
            ("PT36H", "36 h", "PT36H"),
            ("PT48H", "2 d", "P2D"),
            ("P183D", "183 d", "P183D"),
            ("P1Y", "366 d", "P366D"),
            ("P12M", "366 d", "P366D"),
            ("P18M", "552 d", "P552D"),
            ("P1Y6M", "552 d", "P552D"),
            ("P24M", "732 d", "P732D"),
            ("P2DT12H", "2 d 12 h", "P2DT12H"),
            ("P0D", "0 min", "PT0S"),
        ] {
            let duration = IsoDuration::parse(text).unwrap();
            assert_eq!(duration.to_string(), people, "{text}");
            assert_eq!(duration.to_iso(), canonical, "{text}");
            assert_eq!(serde_json::to_value(duration).unwrap(), canonical, "{text}");
        }
    }

    #[test]
    fn a_file_with_a_bad_duration_names_it() {
        assert_eq!(
            serde_json::from_str::<IsoDuration>("\"PT8H\"").unwrap(),
            IsoDuration::from_seconds(28_800)
        );
        let error = serde_json::from_str::<IsoDuration>("\"8h\"").unwrap_err().to_string();
        assert!(error.contains("\"8h\" is not a duration"), "{error}");
        assert!(serde_json::from_str::<IsoDuration>("8").is_err());
    }

    #[test]
    fn longer_is_greater_however_it_is_written() {
        for (shorter, longer) in
            [("PT480M", "PT8H1S"), ("P27D", "P1M"), ("P11M", "P365D"), ("P365D", "P12M")]
        {
            assert!(seconds(shorter) < seconds(longer), "{shorter} and {longer}");
        }
    }

    proptest! {
        #[test]
        fn canonical_text_is_read_back(seconds in any::<u64>()) {
            let duration = IsoDuration::from_seconds(seconds);
            prop_assert_eq!(IsoDuration::parse(&duration.to_iso()), Ok(duration));
        }

        #[test]
        fn hours_are_sixty_minutes(hours in 0_u64..1_000_000) {
            let minutes = hours * 60;
            prop_assert_eq!(
                IsoDuration::parse(&format!("PT{hours}H")),
                IsoDuration::parse(&format!("PT{minutes}M"))
            );
        }

        #[test]
        fn a_fraction_never_makes_it_shorter(hours in 0_u64..1_000, decimals in "[0-9]{1,40}") {
            let exact = seconds(&format!("PT{hours}H"));
            let read = seconds(&format!("PT{hours}.{decimals}H"));
            prop_assert!((exact..=exact + HOUR).contains(&read));
            let something = decimals.bytes().any(|digit| digit != b'0');
            prop_assert_eq!(read > exact, something);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            let _ = IsoDuration::parse(&text);
        }

        #[test]
        fn text_that_is_nearly_a_duration_is_read_or_named(text in prop_oneof![
            "[Pp]?[0-9YMWDTHS.,+-]{0,24}",
            "[Pp]([0-9]{1,3}[YMWDymwd]){0,2}([Tt]([0-9]{1,3}([.,][0-9]{1,3})?[HMShms]){1,2})?",
        ]) {
            match IsoDuration::parse(&text) {
                Ok(duration) => {
                    let pattern = regex::Regex::new(PATTERN).unwrap();
                    prop_assert!(pattern.is_match(&text), "the schema refuses {}", text);
                    prop_assert_eq!(IsoDuration::parse(&duration.to_iso()), Ok(duration));
                }
                Err(error) => {
                    let named = format!("{text:?}");
                    prop_assert!(error.to_string().starts_with(&named), "{}", error);
                }
            }
        }
    }
}
