//! How single values are read: ages, times, percentages, severities, clouds.

use crate::model::{Cloud, IsoDuration, Severity};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;

const SEVERITIES: [&str; 4] = ["low", "medium", "high", "critical"];

pub(super) fn cloud_parser() -> impl TypedValueParser<Value = Cloud> {
    PossibleValuesParser::new(Cloud::ALL.iter().map(|cloud| cloud.name()))
        .try_map(|name| name.parse::<Cloud>())
}

pub(super) fn severity_parser() -> impl TypedValueParser<Value = Severity> {
    or_severity(&[], std::convert::identity)
}

/// One of these words, or a severity.
pub(super) fn or_severity<T: Clone + Send + Sync + 'static>(
    words: &'static [(&'static str, T)],
    severity: fn(Severity) -> T,
) -> impl TypedValueParser<Value = T> {
    let names = words.iter().map(|(word, _)| *word).chain(SEVERITIES);
    let meaning = move |name: String| match words.iter().find(|(word, _)| *word == name) {
        Some((_, meaning)) => Ok(meaning.clone()),
        None => name.parse::<Severity>().map(severity),
    };
    PossibleValuesParser::new(names).try_map(meaning)
}

pub(super) fn percent(text: &str) -> Result<f64, String> {
    let number =
        text.trim_end_matches('%').parse::<f64>().map_err(|_| "not a number".to_owned())?;
    if (0.0..=100.0).contains(&number) { Ok(number) } else { Err("between 0 and 100".to_owned()) }
}

pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "not a time such as 2026-11-02T09:00:00Z".to_owned())
}

/// ISO 8601, or the short forms `24h`, `7d`, `90m`.
pub(super) fn age(text: &str) -> Result<IsoDuration, String> {
    IsoDuration::parse_age(text).map_err(|error| format!("{error}; write it like 24h, 7d or PT36H"))
}

/// The same where nothing would be left of a time without a length.
pub(super) fn some_age(text: &str) -> Result<IsoDuration, String> {
    let age = age(text)?;
    if age.seconds() == 0 {
        return Err("no time is so short; write it like 24h, 7d or PT36H".to_owned());
    }
    Ok(age)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_of_nothing_is_none_where_something_is_asked_for() {
        for text in ["0d", "0h", "PT0S"] {
            assert!(age(text).is_ok() && some_age(text).is_err(), "{text}");
        }
        assert_eq!(some_age("24h").unwrap().seconds(), 24 * 3600);
        for text in ["", "soon", "-3h"] {
            assert!(age(text).unwrap_err().contains("write it like 24h"), "{text}");
        }
    }
}
