//! Runs and scores as JSON, `pimaudit.history/1`. It grows by optional members only.

use crate::report::history::write_document;
use crate::store::{Run, Score};
use serde::Serialize;
use std::io::{self, Write};

/// Laid out down to the scores of a run: document, runs, one of them, scores, one of them.
const LAID_OUT: usize = 5;

/// Name and version of the shape.
pub(super) const SCHEMA: &str = "pimaudit.history/1";

/// One run.
#[derive(Serialize)]
pub(super) struct RunPart<'a> {
    id: i64,
    tenant: &'a str,
    tenant_name: &'a str,
    cloud: &'static str,
    collected_at: String,
    judged_at: String,
    version: &'a str,
    source: &'a str,
    /// Digest of the organisation file; null where none was used.
    configuration: Option<&'a str>,
    gate: &'static str,
    scores: Vec<ScorePart<'a>>,
}

/// How it scored by one baseline.
#[derive(Serialize)]
struct ScorePart<'a> {
    baseline: &'a str,
    title: &'a str,
    /// Digest of the rules.
    digest: &'a str,
    posture: Option<f64>,
    low: f64,
    high: f64,
    grade: Option<&'a str>,
    /// A share from 0 to 1, as in a report.
    coverage: f64,
    waived_share: f64,
    passed: u64,
    partial: u64,
    failed: u64,
    not_assessed: u64,
    waived: u64,
}

impl<'a> RunPart<'a> {
    pub(super) fn of(run: &'a Run, scores: impl Iterator<Item = &'a Score>) -> Self {
        Self {
            id: run.id,
            tenant: &run.tenant,
            tenant_name: &run.tenant_name,
            cloud: run.cloud.name(),
            collected_at: run.collected_at.to_string(),
            judged_at: run.judged_at.to_string(),
            version: &run.program,
            source: &run.source,
            configuration: run.configuration.as_deref(),
            gate: run.gate.name(),
            scores: scores.map(part).collect(),
        }
    }
}

fn part(score: &Score) -> ScorePart<'_> {
    ScorePart {
        baseline: &score.baseline,
        title: &score.title,
        digest: &score.rules,
        posture: score.posture,
        low: score.low,
        high: score.high,
        grade: score.grade.as_deref(),
        coverage: score.coverage,
        waived_share: score.waived_share,
        passed: score.counts.passed,
        partial: score.counts.partial,
        failed: score.counts.failed,
        not_assessed: score.counts.not_assessed,
        waived: score.counts.waived,
    }
}

/// Writes a document, indented, and so that nothing in it can steer a terminal.
pub(super) fn write(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    write_document(document, LAID_OUT, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_written_as_its_number() {
        let mut out = Vec::new();
        write(&serde_json::json!({"tenant_name": "a\u{202e}b\u{9b}c\u{1b}d"}), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "{\n  \"tenant_name\": \"a\\u202eb\\u009bc\\u001bd\"\n}\n");
    }
}
