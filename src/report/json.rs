//! The report as JSON, streamed: readable above, one finding a line below.
//!
//! The shape is frozen in `document` and `finding`; here stands how it is laid out.

mod document;
mod finding;
mod read;
mod saved;

pub use read::{ReadError, read};

use super::escape;
use super::model::{DatasetState, Judged, Report};
use super::open::points;
use document::{Document, NO_FINDINGS};
use finding::Finding;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, BufWriter, Write};
use std::sync::mpsc::sync_channel;

/// Bytes gathered before they are written.
const BUFFER: usize = 64 * 1024;
/// The report is laid out down to the list of findings: document, baselines, baseline, findings.
const LAID_OUT: usize = 4;
/// Findings that are made into text at a time.
const PORTION: usize = 1024;
/// Portions that may wait to be written.
const AHEAD: usize = 2;

/// Writes the report. The same report gives the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut frame = Vec::new();
    lay_out(&Document::of(report), LAID_OUT, &mut frame)?;
    // The frame has a place for the findings of each baseline, in order. No text of a tenant looks
    // like one: in a string its quotation marks would be escaped.
    let mut rest = frame.as_slice();
    for judged in &report.baselines {
        let Some(place) = rest.windows(NO_FINDINGS.len()).position(|it| it == NO_FINDINGS) else {
            return Err(io::Error::other("the report has no place for its findings"));
        };
        out.write_all(&rest[..place])?;
        rest = &rest[place + NO_FINDINGS.len()..];
        write_findings(judged, &report.collected.datasets, out)?;
    }
    out.write_all(rest)?;
    out.flush()
}

/// Writes the member `findings`. There can be a hundred thousand: every second portion is made by a
/// thread beside this one.
fn write_findings(
    judged: &Judged,
    datasets: &[DatasetState],
    out: &mut dyn Write,
) -> io::Result<()> {
    if judged.findings.is_empty() {
        return out.write_all(NO_FINDINGS);
    }
    out.write_all(b"\"findings\": [\n        ")?;
    let portions: Vec<_> = judged.findings.chunks(PORTION).collect();
    let points = points(judged);
    let text = |place: usize| {
        let mut text = Vec::with_capacity(PORTION * 1024);
        let costs = &points[place * PORTION..];
        for (count, (finding, points)) in portions[place].iter().zip(costs).enumerate() {
            if place + count > 0 {
                text.extend_from_slice(b",\n        ");
            }
            let finding = Finding::of(finding, *points, datasets);
            finding.serialize(&mut Serializer::with_formatter(&mut text, Layout::down_to(0)))?;
        }
        io::Result::Ok(text)
    };
    let (text, portions) = (&text, portions.len());
    std::thread::scope(|scope| {
        let (sender, beside) = sync_channel(AHEAD);
        if portions > 1 {
            scope.spawn(move || {
                for place in (1..portions).step_by(2) {
                    // Nobody listens any more when writing failed.
                    if sender.send(text(place)).is_err() {
                        break;
                    }
                }
            });
        }
        for place in 0..portions {
            let text = match place % 2 {
                0 => text(place)?,
                _ => beside.recv().map_err(io::Error::other)??,
            };
            out.write_all(&text)?;
        }
        out.write_all(b"\n      ]")
    })
}

/// JSON Schema of the report.
pub fn schema() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.into_root_schema_for::<Document<'static>>().to_value()
}

/// Writes a value, laid out down to `depth`, with a line end behind it.
pub(super) fn lay_out(value: &impl Serialize, depth: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, out);
    value.serialize(&mut Serializer::with_formatter(&mut out, Layout::down_to(depth)))?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Adds a value as one line.
pub(super) fn line(value: &impl Serialize, lines: &mut Vec<u8>) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *lines, Layout::down_to(0)))?;
    lines.push(b'\n');
    Ok(())
}

/// Lays out lists and objects down to a depth; what is deeper stands on one line.
struct Layout {
    /// Lists and objects deeper than this stand on one line.
    down_to: usize,
    /// Lists and objects that are open.
    depth: usize,
    /// Whether the innermost of them has something in it.
    filled: bool,
}

impl Layout {
    const fn down_to(down_to: usize) -> Self {
        Self { down_to, depth: 0, filled: false }
    }

    const fn begin(&mut self) {
        self.depth += 1;
        self.filled = false;
    }

    fn end<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let laid_out = self.depth <= self.down_to;
        self.depth -= 1;
        if laid_out && self.filled { self.line(writer) } else { Ok(()) }
    }

    fn entry<W: ?Sized + Write>(&self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        if self.depth <= self.down_to { self.line(writer) } else { Ok(()) }
    }

    fn line<W: ?Sized + Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        for _ in 0..self.depth {
            writer.write_all(b"  ")?;
        }
        Ok(())
    }
}

impl Formatter for Layout {
    /// JSON may be printed to a terminal: what could steer it there is written as an escape with its
    /// number, which means the same to every reader.
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // What is below a blank serde_json escapes by itself. Looking at all bytes is many times as
        // fast as ending at the first that could steer, and there is hardly ever one.
        if fragment.bytes().fold(0, |all, byte| all | byte.wrapping_add(1)) < 0x80 {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((place, steering)) =
            rest.char_indices().find(|(_, character)| escape::steers(*character))
        {
            writer.write_all(&rest.as_bytes()[..place])?;
            for unit in steering.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[place + steering.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin();
        writer.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer)?;
        writer.write_all(b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.entry(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _writer: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin();
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer)?;
        writer.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.entry(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(if self.depth <= self.down_to { b": ".as_slice() } else { b":" })
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _writer: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Evidence, Finding, Outcome, Severity, Tier};
    use crate::report::model::{Reach, Status};
    use crate::report::testing::{
        candidate, denied, finding, missing_list, nobody, person, report, role, tenant, waiver,
    };
    use serde_json::{Value, json};

    fn bytes(report: &Report) -> Vec<u8> {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        out
    }

    fn value(report: &Report) -> Value {
        serde_json::from_slice(&bytes(report)).unwrap()
    }

    /// One finding of each outcome, names that need escaping, and every optional part.
    pub(super) fn full() -> Report {
        let evidence = Evidence::new(Dataset::RolePolicies, "row-1", "maximumDuration", "PT10H");
        let failed = Outcome::fail("600 min", "at most 480 min")
            .note("seen \"once\"")
            .measure("minutes", 600.0)
            .evidence(evidence);
        let mut waived = finding("f-waived", Severity::Low, tenant(), Outcome::fail("off", "on"));
        waived.waiver = Some(waiver());
        let mut report = report(vec![
            finding(
                "a-fail",
                Severity::High,
                role("Global Administrator", Tier::Critical, 1.0),
                failed,
            ),
            finding(
                "b-pass",
                Severity::High,
                person("\u{1b}[31m\"山\\\n@contoso.example"),
                Outcome::pass("on", "on"),
            ),
            finding("c-partial", Severity::High, tenant(), Outcome::partial(0.5, "half", "whole")),
            finding("d-info", Severity::High, tenant(), Outcome::info("seen", "nothing")),
            finding("e-apply", Severity::High, tenant(), Outcome::not_applicable("no groups")),
            waived,
            finding(
                "g-unread",
                Severity::High,
                missing_list(Dataset::Principals),
                denied(Dataset::Principals),
            ),
        ]);
        let state = &mut report.collected.datasets[0];
        state.status = Status::Missing;
        state.read_at = None;
        if let Outcome::NotAssessed(gap) = denied(Dataset::Organization) {
            report.baselines[0].global_administrators =
                Reach { at_least_because: vec![gap.clone()], gate: Err(gap.clone()), ..nobody() };
            report.collected.datasets[0].gap = Some(gap);
        }
        report.baselines[0].break_glass = vec![candidate("bg1@contoso.example")];
        report.baselines[0].posture_with_break_glass = Some(71.5);
        report.baselines[0].unmatched_rules = vec!["a-fail roles: Nobody".to_owned()];
        report
    }

    #[test]
    fn every_outcome_has_its_parts() {
        let report = value(&full());
        let findings = report["baselines"][0]["findings"].as_array().unwrap();
        let one = |check: &str| findings.iter().find(|it| it["check"] == check).unwrap().clone();
        assert_eq!(
            one("a-fail"),
            json!({
                "check": "a-fail",
                "subject": {"key": "role:global administrator", "kind": "role", "name": "Global Administrator", "tier": "critical", "weight": 1.0},
                "severity": "high",
                "outcome": "fail",
                "credit": 0.0,
                // One check of three that could be judged and are not waived: 1, 0.7 and 1 by tier.
                "points": 100.0 / 2.7,
                "gap": null,
                "observed": "600 min",
                "expected": "at most 480 min",
                "notes": ["seen \"once\""],
                "measures": {"minutes": 600.0},
                "evidence": [
                    {"request": "/v1.0/role-policies", "id": "row-1", "field": "maximumDuration", "value": "PT10H"}
                ],
                "remediation": {
                    "portal": "Entra admin center > Role settings",
                    "graph": ["PATCH https://graph.microsoft.com/v1.0/policies {}"],
                },
                "sources": [{"id": "secops", "title": "Security operations", "because": "It is so."}],
                "waiver": null,
                "fingerprint": "19".repeat(16),
            })
        );
        for (check, outcome, credit) in [
            ("b-pass", "pass", json!(1.0)),
            ("c-partial", "partial", json!(0.5)),
            ("d-info", "info", json!(null)),
            ("e-apply", "not-applicable", json!(null)),
            ("f-waived", "fail", json!(0.0)),
            ("g-unread", "not-assessed", json!(null)),
        ] {
            let finding = one(check);
            assert_eq!(
                (&finding["outcome"], &finding["credit"]),
                (&json!(outcome), &credit),
                "{check}"
            );
        }
        // Null, not absent: a reader need not ask whether the key is there.
        for (check, mendable, waived) in [
            ("a-fail", true, false),
            ("b-pass", false, false),
            ("c-partial", true, false),
            ("d-info", false, false),
            ("e-apply", false, false),
            ("f-waived", true, true),
            ("g-unread", false, false),
        ] {
            let finding = one(check);
            let null = |key: &str| finding.get(key).map(Value::is_null);
            assert_eq!(null("remediation"), Some(!mendable), "{check}");
            assert_eq!(null("waiver"), Some(!waived), "{check}");
        }
        assert_eq!(one("e-apply")["notes"], json!(["no groups"]));
        assert_eq!(
            one("f-waived")["waiver"],
            json!({
                "reason": "Moves in January",
                "owner": "soc@contoso.example",
                "expires": "2027-02-01",
                "ticket": "CHG-7",
            })
        );
        assert_eq!(
            one("g-unread")["gap"],
            json!({"kind": "permission-denied", "dataset": "principals", "detail": "Graph answered 403"})
        );
        assert_eq!(one("b-pass")["subject"]["name"], "\u{1b}[31m\"山\\\n@contoso.example");
    }

    #[test]
    fn the_head_says_whose_data_it_is_and_how_it_was_read() {
        let report = value(&full());
        for (pointer, expected) in [
            ("/schema", json!("pimaudit.report/1")),
            ("/tool", json!({"name": "pimaudit", "version": "0.1.0"})),
            ("/tenant/name", json!("Contoso")),
            ("/tenant/cloud", json!("global")),
            ("/collected/by", json!("auditor@contoso.example")),
            ("/collected/auth", json!("device-code")),
            ("/collected/datasets/0/status", json!("missing")),
            (
                "/collected/datasets/0/gap",
                json!({"kind": "permission-denied", "detail": "Graph answered 403"}),
            ),
            ("/collected/datasets/1/read_at", json!("2026-11-02T09:00:00Z")),
            ("/now", json!("2026-11-02T09:00:00Z")),
            ("/configuration/file", json!("pimaudit.yaml")),
            ("/baselines/0/break_glass_candidates/0/name", json!("bg1@contoso.example")),
            ("/baselines/0/unmatched_rules", json!(["a-fail roles: Nobody"])),
            ("/baselines/0/global_administrators/gate_gap/kind", json!("permission-denied")),
            ("/not_covered/0", json!("Azure resource roles")),
        ] {
            assert_eq!(report.pointer(pointer), Some(&expected), "{pointer}");
        }
        assert_eq!(report.pointer("/collected/datasets/0/read_at"), None);
        assert_eq!(report.pointer("/collected/datasets/1/gap"), None);
        let mut without = full();
        without.configuration = None;
        assert_eq!(value(&without).pointer("/configuration"), Some(&Value::Null));
    }

    #[test]
    fn the_score_is_that_of_the_report() {
        let report = full();
        let score = &report.baselines[0].score;
        let written = value(&report)["baselines"][0]["score"].clone();
        assert_eq!(written["posture"], json!(score.posture.unwrap()));
        assert_eq!(written["coverage"], json!(score.coverage));
        assert_eq!(written["caps"].as_array().unwrap().len(), score.caps.len());
        assert!(!score.caps.is_empty(), "nothing bounds the grade, so nothing is tested");
    }

    #[test]
    fn each_finding_stands_on_a_line_of_its_own() {
        let report = full();
        let text = String::from_utf8(bytes(&report)).unwrap();
        let lines = text.lines().filter(|line| line.starts_with("        {\"check\":"));
        let parsed: Vec<Value> = lines
            .map(|line| serde_json::from_str(line.trim().trim_end_matches(',')).unwrap())
            .collect();
        assert_eq!(Value::Array(parsed), value(&report)["baselines"][0]["findings"]);
        assert!(text.starts_with("{\n  \"schema\": \"pimaudit.report/1\",\n"), "{text}");
        assert!(text.ends_with("\n}\n"), "{text}");
    }

    #[test]
    fn the_same_report_gives_the_same_bytes() {
        assert_eq!(bytes(&full()), bytes(&full()));
    }

    #[test]
    fn an_empty_report_is_valid_too() {
        let mut report = report(Vec::new());
        report.collected.by = None;
        report.collected.auth = None;
        report.tenant_name = "".into();
        report.not_covered.clear();
        let written = value(&report);
        assert_eq!(written["baselines"][0]["findings"], json!([]));
        assert_eq!(written.pointer("/tenant/name"), None);
        assert_eq!(written["baselines"][0]["score"].get("posture"), None);
        assert_valid(&written);
    }

    #[test]
    fn the_report_is_what_its_schema_says() {
        assert_valid(&value(&full()));
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let mut wrong = value(&full());
        wrong["baselines"][0]["findings"][0]["outcome"] = json!("passed");
        assert!(!validator.is_valid(&wrong), "the schema lets anything through");
        for key in ["remediation", "waiver"] {
            let mut without = value(&full());
            let finding = without["baselines"][0]["findings"][0].as_object_mut().unwrap();
            finding.remove(key);
            assert!(!validator.is_valid(&without), "the schema lets {key} be absent");
        }
    }

    fn assert_valid(report: &Value) {
        let schema = schema();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }

    /// Run with `PIMAUDIT_UPDATE=1` to write the schema anew.
    #[test]
    fn the_shipped_schema_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json");
        let mut current = serde_json::to_string_pretty(&schema()).unwrap();
        current.push('\n');
        if std::env::var_os("PIMAUDIT_UPDATE").is_some() {
            std::fs::write(path, &current).unwrap();
        }
        let shipped = std::fs::read_to_string(path).unwrap_or_default();
        assert!(shipped == current, "not current: run the tests with PIMAUDIT_UPDATE=1");
    }

    #[test]
    fn many_findings_are_written_in_portions() {
        struct Largest(usize);
        impl Write for Largest {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0 = self.0.max(bytes.len());
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let findings: Vec<Finding> = (0..PORTION * 3)
            .map(|number| {
                let subject = person(&format!("person{number}@contoso.example"));
                finding("a-fail", Severity::Low, subject, Outcome::fail("off", "on"))
            })
            .collect();
        let mut largest = Largest(0);
        write(&report(findings), &mut largest).unwrap();
        assert!(largest.0 <= PORTION * 1024, "{} bytes at once", largest.0);
    }

    #[test]
    fn portions_keep_the_order_and_leave_no_seam() {
        let count = PORTION * 5 / 2;
        let name = |number| format!("person{number:04}@contoso.example");
        let findings = (0..count)
            .map(|it| {
                finding("a-fail", Severity::Low, person(&name(it)), Outcome::fail("off", "on"))
            })
            .collect();
        let bytes = bytes(&report(findings));
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let read = value["baselines"][0]["findings"].as_array().unwrap();
        let names: Vec<_> =
            read.iter().map(|it| it["subject"]["name"].as_str().unwrap().to_owned()).collect();
        assert!(names == (0..count).map(name).collect::<Vec<_>>(), "another order");
        let lines = String::from_utf8(bytes).unwrap();
        assert_eq!(lines.lines().filter(|it| it.starts_with("        {\"check\":")).count(), count);
    }

    #[test]
    fn nothing_in_json_steers_a_terminal_and_every_text_stays_the_same() {
        let name = "\u{1b}[31m\u{7f}\u{9b}2J\u{202e}\u{2066}\u{2028}\u{e0041}é山\\\"\u{1f600}";
        let one = finding("a-fail", Severity::Low, person(name), Outcome::fail("off", "on"));
        let bytes = bytes(&report(vec![one]));
        let text = std::str::from_utf8(&bytes).unwrap();
        let steering = text.chars().find(|it| *it != '\n' && escape::steers(*it));
        assert_eq!(steering, None);
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["baselines"][0]["findings"][0]["subject"]["name"], name);
    }

    #[test]
    fn a_closed_pipe_stays_a_closed_pipe() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let error = write(&full(), &mut Closed).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
