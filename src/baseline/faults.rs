//! What is wrong with a file people wrote: every fault with its place, and the next step as a hint.
//!
//! How faults are found belongs to the readers; this only keeps, sorts and prints them.

use std::fmt;

/// A name is close enough to be meant from this likeness on (Jaro-Winkler).
const LIKE_ENOUGH: f64 = 0.75;
/// Text from a file is shown up to this many characters.
const LONGEST_SHOWN: usize = 60;

/// A place in a file. Line and column count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Line, from 1; 0 where the fault has no place.
    pub line: usize,
    /// Column in characters, from 1; 0 where the fault has no place.
    pub column: usize,
    /// What is wrong: lower case, one sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Everything that is wrong with a file, by place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    /// Name of the file, as it was given.
    pub file: String,
    /// The faults; never empty.
    pub faults: Vec<Fault>,
}

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(formatter, "{line_break}{}", self.file)?;
            if fault.line > 0 {
                write!(formatter, ":{}:{}", fault.line, fault.column)?;
            }
            write!(formatter, ": {}", fault.message)?;
            if let Some(hint) = &fault.hint {
                write!(formatter, "\n  hint: {hint}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// Gathers faults while a file is read to its end.
#[derive(Debug, Default)]
pub(super) struct Collector {
    faults: Vec<Fault>,
}

impl Collector {
    /// Keeps a fault that speaks for itself.
    pub(super) fn plain(&mut self, place: Place, message: impl Into<String>) {
        self.keep(place, message.into(), None);
    }

    /// Keeps a fault with the next step.
    pub(super) fn hinted(
        &mut self,
        place: Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.keep(place, message.into(), Some(hint.into()));
    }

    /// Keeps a fault about a name: the hint is the nearest known one, else all of them.
    pub(super) fn unknown<'a>(
        &mut self,
        place: Place,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let hint = match nearest(name, known.iter().copied()) {
            Some(near) => Some(format!("did you mean {near}?")),
            None if known.is_empty() => None,
            None => Some(format!("known are {}", known.join(", "))),
        };
        self.keep(place, format!("unknown {what} {}", shown(name)), hint);
    }

    /// Keeps a fault that is whole already.
    pub(super) fn add(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    fn keep(&mut self, place: Place, message: String, hint: Option<String>) {
        self.add(Fault { line: place.line, column: place.column, message, hint });
    }

    /// The value, when it was read without a fault.
    pub(super) fn result<T>(mut self, file: &str, value: Option<T>) -> Result<T, Faults> {
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            Some(_) | None => {
                self.faults.sort();
                // What is anchored once and used twice is wrong once.
                self.faults.dedup();
                Err(Faults { file: file.to_owned(), faults: self.faults })
            }
        }
    }
}

/// No name that is known is as long, and comparing takes the product of both lengths.
const LONGEST_MEANT: usize = 300;

/// The nearest of the known names, where one is near enough to be meant.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.trim();
    if name.len() > LONGEST_MEANT {
        return None;
    }
    let name = name.to_lowercase();
    // Of those that are like enough the one with the fewest slips, and of several the first by name,
    // whatever the order they are known in.
    known
        .into_iter()
        .map(|other| (other.to_lowercase(), other))
        .filter(|(lower, _)| strsim::jaro_winkler(&name, lower) > LIKE_ENOUGH)
        .min_by_key(|(lower, other)| (strsim::osa_distance(&name, lower), *other))
        .map(|(_, other)| other)
}

/// Text of a file as a message may show it: short, and without control characters.
pub(super) fn shown(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || " -_./@:+()&'".contains(c);
    let short: String = text.chars().take(LONGEST_SHOWN).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    if !text.trim().is_empty() && text.chars().all(plain) {
        format!("{short}{dots}")
    } else {
        format!("{short:?}{dots}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_printed_by_place_with_their_hints_below() {
        let mut collector = Collector::default();
        collector.plain(Place { line: 20, column: 3 }, "rule has no source");
        collector.unknown(
            Place { line: 12, column: 5 },
            "check",
            "activation-to-long",
            ["activation-too-long", "missing-licence"],
        );
        let faults = collector.result("own.yaml", Some(())).unwrap_err();
        assert_eq!(
            faults.to_string(),
            "own.yaml:12:5: unknown check activation-to-long\n  hint: did you mean \
             activation-too-long?\nown.yaml:20:3: rule has no source"
        );
    }

    #[test]
    fn a_fault_without_a_place_names_the_file_alone() {
        let fault = Fault { line: 0, column: 0, message: "unknown baseline".into(), hint: None };
        let faults = Faults { file: "recomended".into(), faults: vec![fault] };
        assert_eq!(faults.to_string(), "recomended: unknown baseline");
    }

    #[test]
    fn the_same_fault_at_the_same_place_is_said_once() {
        let mut collector = Collector::default();
        for _ in 0..2 {
            collector.plain(Place { line: 1, column: 1 }, "rule has no source");
        }
        assert_eq!(collector.result("own.yaml", Some(())).unwrap_err().faults.len(), 1);
    }

    #[test]
    fn only_a_near_name_is_offered() {
        let known = ["critical", "high", "medium", "low"];
        for (name, expected) in [
            ("hihg", Some("high")),
            ("Critcal", Some("critical")),
            ("MEDIUM", Some("medium")),
            ("urgent", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), expected, "{name:?}");
        }
        // A long beginning in common is no reason to pass over the one letter that differs.
        let people = ["adm-emil@contoso.example", "adm-ben@contoso.example"];
        for known in [people, [people[1], people[0]]] {
            assert_eq!(nearest("adm-bem@contoso.example", known), Some(people[1]));
        }
        for known in [["admd", "admb"], ["admb", "admd"]] {
            assert_eq!(nearest("admc", known), Some("admb"), "the first by name of two as near");
        }
    }

    #[test]
    fn text_of_strangers_is_shown_short_and_harmless() {
        for (text, expected) in [
            ("Global Reader", "Global Reader".to_owned()),
            ("", "\"\"".to_owned()),
            ("a\u{1b}[31m", "\"a\\u{1b}[31m\"".to_owned()),
            ("line\nbreak", "\"line\\nbreak\"".to_owned()),
            ("x".repeat(61).as_str(), format!("{}…", "x".repeat(60))),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }
}
