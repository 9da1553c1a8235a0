//! Whether planned changes arrived in the tenant: as a table, as JSON, as Markdown.

mod json;
mod markdown;
mod table;
#[cfg(test)]
mod testing;

pub use json::{schema, write as write_json};
pub use markdown::write as write_markdown;
pub use table::write as write_table;

use super::precheck::{NoteLine, place};
use super::words;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;

/// The answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Verify {
    /// Version of the program.
    pub version: &'static str,
    /// Tenant id.
    pub tenant: Arc<str>,
    /// Tenant name; empty when it could not be read.
    pub tenant_name: Arc<str>,
    /// When the data was read.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// not as planned, cannot be told, as planned, nothing to verify.
    pub verdict: &'static str,
    /// How many changes there are of each word.
    pub counts: Counts,
    /// The changes, in order.
    pub changes: Vec<ChangeLine>,
}

/// How many changes there are of each word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    /// All of it is as planned.
    pub done: usize,
    /// Some of it is.
    pub partly_done: usize,
    /// Nothing of it is.
    pub not_done: usize,
    /// Nobody knows.
    pub cannot_be_told: usize,
    /// There is nothing to look for.
    pub nothing_to_verify: usize,
}

/// One change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChangeLine {
    /// The file.
    pub file: Arc<str>,
    /// JSON pointer into it.
    pub pointer: String,
    /// Its line, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// How its format calls it.
    pub item: String,
    /// done, partly done, not done, cannot be told, nothing to verify.
    pub word: &'static str,
    /// Each thing it states.
    pub parts: Vec<PartLine>,
    /// What is to be said of it.
    pub notes: Vec<NoteLine>,
}

/// One thing that a change states.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PartLine {
    /// done, not done, cannot be told, nothing to verify.
    pub word: &'static str,
    /// What it is about.
    pub what: String,
    /// What was planned.
    pub planned: String,
    /// What is there, or why nobody knows.
    pub is: String,
}

/// The word of what is as planned.
const DONE: &str = "done";

impl ChangeLine {
    fn place(&self) -> String {
        place(&self.file, self.line, &self.pointer)
    }

    /// What is not as planned, or of which nobody knows.
    fn others(&self) -> impl Iterator<Item = &PartLine> {
        self.parts.iter().filter(|part| part.word != DONE)
    }

    /// `2 of 3`, where some of several things are as planned.
    fn share(&self) -> Option<String> {
        let done = self.parts.iter().filter(|part| part.word == DONE).count();
        let all = self.parts.len();
        (done > 0 && done < all).then(|| format!("{done} of {all}"))
    }
}

impl PartLine {
    /// What was planned, and what is there.
    fn in_words(&self) -> String {
        format!("{}: planned {}; is {}", self.what, self.planned, self.is)
    }
}

impl Verify {
    /// `3 changes: 1 done, 2 not done`.
    fn counted(&self) -> String {
        let Counts { done, partly_done, not_done, cannot_be_told, nothing_to_verify } = self.counts;
        let words: Vec<String> = [
            (not_done, "not done"),
            (partly_done, "partly done"),
            (cannot_be_told, "cannot be told"),
            (done, DONE),
            (nothing_to_verify, "nothing to verify"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
        let all = words::count(self.changes.len(), "change");
        if words.is_empty() { all } else { format!("{all}: {}", words.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::verify;

    #[test]
    fn changes_are_counted_and_so_are_their_parts() {
        let mut answer = verify("Contoso");
        assert_eq!(answer.counted(), "2 changes: 1 partly done, 1 cannot be told");
        assert_eq!(answer.changes[0].share().as_deref(), Some("1 of 2"));
        assert_eq!(answer.changes[1].share(), None);
        assert_eq!(answer.changes[0].others().count(), 1);
        answer.changes.clear();
        answer.counts = super::Counts::default();
        assert_eq!(answer.counted(), "0 changes");
    }
}
