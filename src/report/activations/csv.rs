//! Activations as CSV, one request a line under the names of the columns.
//!
//! No cell starts a formula and none is longer than a spreadsheet keeps.

use super::{Activations, RequestLine};
use crate::report::csv::io_error;
use crate::report::escape::csv_cell;
use crate::report::flat::{BETWEEN, fitting};
use jiff::Timestamp;
use std::borrow::Cow;
use std::io::{self, Write};

/// Names of the columns.
const COLUMNS: [&str; 24] = [
    "requested",
    "who",
    "who_id",
    "kind",
    "break_glass",
    "what",
    "access",
    "leads_to",
    "path",
    "outcome",
    "decided",
    "approvers",
    "started",
    "until",
    "ended",
    "end",
    "minutes",
    "justification",
    "ticket",
    "ticket_system",
    "refusal",
    "correlations",
    "joined_by_order",
    "ended_by",
];

/// Writes the requests. What the log does not cover has no place here; whoever calls this says it
/// elsewhere.
///
/// # Errors
/// Only those of `out`.
pub fn write(found: &Activations, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = ::csv::Writer::from_writer(out);
    csv.write_record(COLUMNS).map_err(io_error)?;
    for line in &found.lines {
        let cells = cells(line);
        let safe = cells.each_ref().map(|cell| fitting(csv_cell(cell)));
        csv.write_record(safe.iter().map(|cell| cell.as_bytes())).map_err(io_error)?;
    }
    csv.flush()
}

fn cells(line: &RequestLine) -> [Cow<'_, str>; COLUMNS.len()] {
    let approvers = line.approvers.iter().map(|approver| {
        let word = if approver.approved { "approved" } else { "denied" };
        let reason = approver.reason.as_ref().map_or_else(String::new, |it| format!(": {it}"));
        format!("{}: {word} {}{reason}", approver.who, approver.at)
    });
    let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
    [
        time(line.requested).into(),
        line.who.as_str().into(),
        line.who_id.as_str().into(),
        line.kind.into(),
        yes(line.break_glass).into(),
        line.what.as_str().into(),
        line.access.as_str().into(),
        line.leads_to.join(BETWEEN).into(),
        line.path().into(),
        line.outcome.into(),
        time(line.decided()).into(),
        approvers.collect::<Vec<_>>().join(BETWEEN).into(),
        time(line.started).into(),
        time(line.until).into(),
        time(line.ended).into(),
        line.end.unwrap_or_default().into(),
        line.minutes.map_or_else(String::new, |minutes| minutes.to_string()).into(),
        text(&line.justification).into(),
        text(&line.ticket).into(),
        text(&line.ticket_system).into(),
        text(&line.refusal).into(),
        line.correlations.join(BETWEEN).into(),
        yes(line.joined_by_order).into(),
        text(&line.ended_by).into(),
    ]
}

fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| at.to_string())
}

const fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{activations, line};
    use super::*;

    fn written(lines: Vec<RequestLine>) -> Vec<Vec<String>> {
        let mut out = Vec::new();
        write(&activations(lines), &mut out).unwrap();
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(&out[..]);
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn every_request_is_a_line_of_all_columns() {
        let mut other = line("ben");
        other.approvers[0].approved = false;
        other.ended_by = Some("eve@contoso.example".to_owned());
        (other.minutes, other.end, other.requested) = (None, None, None);
        let lines = written(vec![line("ana"), other]);
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0], COLUMNS);
        assert!(lines.iter().all(|line| line.len() == COLUMNS.len()), "{lines:?}");
        let cell = |line: usize, name: &str| {
            let place = COLUMNS.iter().position(|column| *column == name).unwrap();
            lines[line][place].clone()
        };
        for (name, expected) in [
            ("requested", "2026-11-01T07:58:00Z"),
            ("who", "ana"),
            ("path", "direct"),
            ("decided", "2026-11-01T08:05:00Z"),
            ("approvers", "eve@contoso.example: approved 2026-11-01T08:05:00Z: fine"),
            ("minutes", "240"),
            ("ticket", "INC-1"),
            ("correlations", "c-1; c-2"),
            ("break_glass", ""),
        ] {
            assert_eq!(cell(1, name), expected, "{name}");
        }
        let denied = "eve@contoso.example: denied 2026-11-01T08:05:00Z: fine";
        assert_eq!(cell(2, "approvers"), denied);
        assert_eq!(cell(1, "ended_by"), "");
        assert_eq!(cell(2, "ended_by"), "eve@contoso.example");
        assert_eq!((cell(2, "requested"), cell(2, "minutes")), (String::new(), String::new()));
    }

    #[test]
    fn hostile_words_stay_text_in_one_cell() {
        for (text, expected) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+1", "'+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("two\r\nlines", "two  lines"),
            ("a \"quoted\", name", "a \"quoted\", name"),
            ("abc\u{202e}fdp.exe", "abcfdp.exe"),
        ] {
            let mut hostile = line(text);
            hostile.justification = Some(text.to_owned());
            let lines = written(vec![hostile]);
            assert_eq!(lines.len(), 2, "{text:?}");
            let place = COLUMNS.iter().position(|column| *column == "justification").unwrap();
            assert_eq!((&*lines[1][1], &*lines[1][place]), (expected, expected));
        }
    }
}
