//! The findings of every baseline as CSV, one a line under the names of the columns.
//!
//! UTF-8 without a mark, lines that end with a line feed, as the inventory has them. No cell starts
//! a formula and none is longer than a spreadsheet keeps.

use super::escape::csv_cell;
use super::flat::{COLUMNS, cells, fitting};
use super::model::Report;
use super::open::points;
use std::io::{self, Write};

/// Bytes gathered before they are written.
const BUFFER: usize = 64 * 1024;

/// Writes the findings. The same report gives the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = ::csv::WriterBuilder::new().buffer_capacity(BUFFER).from_writer(out);
    csv.write_record(COLUMNS).map_err(io_error)?;
    for judged in &report.baselines {
        for (finding, points) in judged.findings.iter().zip(points(judged)) {
            let cells = cells(report, judged, finding, points);
            let safe = cells.each_ref().map(|cell| fitting(csv_cell(cell)));
            csv.write_record(safe.iter().map(|cell| cell.as_bytes())).map_err(io_error)?;
        }
    }
    csv.flush()
}

/// The cause as it was, so that a closed pipe stays one.
pub(super) fn io_error(error: ::csv::Error) -> io::Error {
    let text = error.to_string();
    if let ::csv::ErrorKind::Io(cause) = error.into_kind() { cause } else { io::Error::other(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Finding, Outcome, Severity};
    use crate::report::testing::{self, denied, finding, person};

    fn written(findings: Vec<Finding>) -> Vec<Vec<String>> {
        let mut out = Vec::new();
        write(&testing::report(findings), &mut out).unwrap();
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(&out[..]);
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn every_finding_is_a_line_of_all_columns() {
        let lines = written(vec![
            finding("a-check", Severity::High, person("alma"), Outcome::fail("x", "y")),
            finding("a-check", Severity::High, person("bo"), Outcome::pass("x", "y")),
            finding("b-check", Severity::Low, person("alma"), denied(Dataset::Principals)),
        ]);
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[0], COLUMNS);
        let outcomes: Vec<&str> = lines[1..].iter().map(|line| line[5].as_str()).collect();
        assert_eq!(outcomes, ["fail", "pass", "not-assessed"]);
        assert!(lines.iter().all(|line| line.len() == COLUMNS.len()), "{lines:?}");
    }

    #[test]
    fn hostile_names_stay_text_in_one_cell() {
        let long = "x".repeat(40_000);
        let cut = "x".repeat(32_766) + "…";
        for (name, expected) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("two\r\nlines", "two  lines"),
            ("a \"quoted\", name", "a \"quoted\", name"),
            ("abc\u{202e}fdp.exe", "abcfdp.exe"),
            ("\u{202e}=1", "'=1"),
            (long.as_str(), cut.as_str()),
        ] {
            let outcome = Outcome::fail("x", "y");
            let lines = written(vec![finding("a-check", Severity::High, person(name), outcome)]);
            assert_eq!(lines.len(), 2, "{name:?}");
            assert!(lines[1][10] == expected, "{name:?}");
        }
    }
}
