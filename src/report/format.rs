//! The formats of a report: one closed list, one writer each.

use super::model::Report;
use super::table::{self, Look};
use super::{csv, github, html, json, junit, markdown, ndjson, oscal, sarif, xlsx};
use std::io::{self, Write};

/// A format of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people at a terminal.
    Table,
    /// For programs: the whole report.
    Json,
    /// For people who look rather than read: one page, nothing beside it.
    Html,
    /// For pull requests and wikis.
    Markdown,
    /// For spreadsheets: one finding a line.
    Csv,
    /// For spreadsheets: a workbook.
    Xlsx,
    /// For auditors' tools: OSCAL assessment results.
    Oscal,
    /// For a SIEM: one finding a line.
    Ndjson,
    /// For code scanning.
    Sarif,
    /// For the test view of a pipeline.
    Junit,
    /// For a GitHub workflow: annotations.
    Github,
}

impl Format {
    /// All of them, as the help lists them.
    pub const ALL: [Self; 11] = [
        Self::Table,
        Self::Json,
        Self::Html,
        Self::Markdown,
        Self::Csv,
        Self::Xlsx,
        Self::Oscal,
        Self::Ndjson,
        Self::Sarif,
        Self::Junit,
        Self::Github,
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Oscal => "oscal",
            Self::Ndjson => "ndjson",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
        }
    }

    /// Whom it is for, in a few words.
    pub const fn audience(self) -> &'static str {
        match self {
            Self::Table => "For people at a terminal",
            Self::Json => "For programs; see docs/report.schema.json",
            Self::Html => "For people who look rather than read: one page with pictures",
            Self::Markdown => "For pull requests and wikis, short",
            Self::Csv => "For spreadsheets: one finding a line",
            Self::Xlsx => "For spreadsheets: a workbook with findings, scores, controls and gaps",
            Self::Oscal => "For auditors: NIST OSCAL assessment results, JSON",
            Self::Ndjson => "For a SIEM: one finding a line",
            Self::Sarif => "For code scanning: SARIF 2.1.0",
            Self::Junit => "For the test view of a pipeline: JUnit XML",
            Self::Github => "For a GitHub workflow: annotations, and the summary of the step",
        }
    }

    /// Whether it has a place for who holds what, which is gathered only then.
    pub const fn shows_inventory(self) -> bool {
        self.is_binary()
    }

    /// Whether it is no text, so that a terminal has no use for it.
    pub const fn is_binary(self) -> bool {
        match self {
            Self::Xlsx => true,
            Self::Table
            | Self::Json
            | Self::Html
            | Self::Markdown
            | Self::Csv
            | Self::Oscal
            | Self::Ndjson
            | Self::Sarif
            | Self::Junit
            | Self::Github => false,
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
        Format::Html => html::write(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Csv => csv::write(report, out),
        Format::Xlsx => xlsx::write(report, out),
        Format::Oscal => oscal::write(report, out),
        Format::Ndjson => ndjson::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Github => github::write_annotations(report, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_them_are_listed_in_order() {
        for (place, format) in Format::ALL.into_iter().enumerate() {
            assert_eq!(format as usize, place);
        }
        // The last one of the enum.
        assert_eq!(Format::ALL.last(), Some(&Format::Github));
    }
}
