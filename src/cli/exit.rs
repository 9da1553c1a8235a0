//! How the program ends: the exit codes, and errors with their hints.

use super::output;
use crate::baseline::Faults;
pub(super) use crate::baseline::nearest;
use crate::graph;
use std::io;
use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: `--fail-on` was met, or `verify` or `evidence verify` found something otherwise than it says.
    Findings,
    /// 2: usage, configuration or input fault.
    Usage,
    /// 3: `--min-coverage`, `--max-age` or `--strict` was missed.
    Stale,
    /// 4: sign-in or Graph failed, nothing judged.
    Unreachable,
    /// 130: interrupted.
    Interrupted,
}

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Stale => 3,
            Self::Unreachable => 4,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(super) struct Failure {
    exit: Exit,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// Something the user gave is wrong.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into(), hint: None }
    }

    /// Sign-in or Graph failed.
    pub(super) fn unreachable(message: impl Into<String>) -> Self {
        Self { exit: Exit::Unreachable, message: message.into(), hint: None }
    }

    /// Adds the next step.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What is wrong.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Says it on stderr and gives the code.
    pub(super) fn report(self) -> Exit {
        output::note(&format!("error: {}", cut(&self.message)));
        if let Some(hint) = &self.hint {
            output::note(&format!("  hint: {hint}"));
        }
        self.exit
    }
}

/// A longer line of an error is the text of a file rather than a message.
const LONGEST_LINE: usize = 2000;

fn cut(message: &str) -> String {
    let lines = message.lines().map(|line| match line.char_indices().nth(LONGEST_LINE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::usage(format!("cannot write: {error}"))
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        Self::usage(faults.to_string())
    }
}

impl From<crate::snapshot::SnapshotError> for Failure {
    fn from(error: crate::snapshot::SnapshotError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<graph::EndpointError> for Failure {
    fn from(error: graph::EndpointError) -> Self {
        Self::usage(error.to_string())
    }
}
