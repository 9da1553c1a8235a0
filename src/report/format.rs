//! The formats of a report: one closed list, one writer each.

use super::json;
use super::model::Report;
use super::table::{self, Look};
use std::io::{self, Write};

/// A format of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people at a terminal.
    Table,
    /// For programs: the whole report.
    Json,
}

impl Format {
    /// All of them, as the help lists them.
    pub const ALL: [Self; 2] = [Self::Table, Self::Json];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
        }
    }

    /// Whom it is for, in a few words.
    pub const fn audience(self) -> &'static str {
        match self {
            Self::Table => "For people at a terminal",
            Self::Json => "For programs; see docs/report.schema.json",
        }
    }

    /// The one of this name, in any casing.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(name))
    }

    /// Whether it is no text, so that a terminal has no use for it.
    pub const fn is_binary(self) -> bool {
        match self {
            Self::Table | Self::Json => false,
        }
    }
}

/// Writes the report. Only the table looks at `look`.
///
/// # Errors
/// Only those of `out`.
pub fn write(format: Format, report: &Report, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Table => table::write(report, look, out),
        Format::Json => json::write(report, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_name() {
        for format in Format::ALL {
            assert_eq!(Format::named(format.name()), Some(format));
            assert_eq!(Format::named(&format.name().to_uppercase()), Some(format));
        }
        assert_eq!(Format::named("pdf"), None);
    }
}
