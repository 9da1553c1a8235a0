//! `history show`: one run with its scores, and what was worst.

use super::grid;
use super::json::{self, RunPart, SCHEMA};
use super::{failure, minute, opened, path_of, percent_words, spare, tenant, tenant_words};
use crate::cli::arguments::{HistoryFormat, HistoryShowOptions};
use crate::cli::connect::{self, wall_clock};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::model::Severity;
use crate::report::escape;
use crate::snapshot::CollectedBy;
use crate::store::{Gate, Kept, Run, Score, StoreError};
use serde::Serialize;
use std::cmp::Reverse;
use std::io::{self, Write};

const FORMATS: [&str; 2] = ["table", "json"];
/// Findings named of each baseline.
const WORST: usize = 10;
/// Columns of a name.
const NAME: usize = 40;

/// A run, looked at closely.
struct Shown {
    run: Run,
    by: Option<CollectedBy>,
    /// Each with its worst open findings and how many are open.
    scores: Vec<(Score, Vec<Kept>, usize)>,
}

pub(super) fn run(options: &HistoryShowOptions) -> Result<Exit, Failure> {
    let path = path_of(&options.kept)?;
    let outputs = output::outputs(&options.output, &FORMATS)?;
    spare(&outputs, path)?;
    let shown = connect::run(async {
        let failed = |error: StoreError| failure(path, &error);
        let mut store = opened(path).await?;
        let tenant = tenant(&mut store, path, options.kept.tenant.as_deref()).await?;
        let named = store.run_named(&tenant.id, &options.run, None, wall_clock()).await;
        let run = named.map_err(failed)?;
        let by = store.collected_by(run.id).await.map_err(failed)?;
        let mut scores = Vec::new();
        for at in store.scores(&tenant.id).await.map_err(failed)? {
            if at.run == run.id {
                let findings = store.findings(run.id, &at.score.baseline).await.map_err(failed)?;
                let (worst, open) = worst(findings);
                scores.push((at.score, worst, open));
            }
        }
        store.close().await.map_err(failed)?;
        Ok(Shown { run, by, scores })
    })?;
    for output in outputs {
        let format = match output.format {
            Some("json") => HistoryFormat::Json,
            Some(_) => HistoryFormat::Table,
            None => options.format,
        };
        output.write(|out: &mut dyn Write| -> io::Result<()> {
            match format {
                HistoryFormat::Table => write_table(&shown, output::width(), out),
                HistoryFormat::Json => write_json(&shown, out),
            }
        })?;
    }
    Ok(Exit::Done)
}

/// The worst of what failed or was met in part and is not waived, and how many these are.
fn worst(findings: Vec<Kept>) -> (Vec<Kept>, usize) {
    let is_open = |it: &Kept| !it.waived && matches!(it.outcome.as_str(), "fail" | "partial");
    let mut open: Vec<Kept> = findings.into_iter().filter(is_open).collect();
    let count = open.len();
    // Stable: what is equally bad stays in the order of the report.
    open.sort_by_key(|it| {
        let severity = it.severity.parse::<Severity>().ok();
        (Reverse(severity), it.outcome != "fail")
    });
    open.truncate(WORST);
    (open, count)
}

fn write_table(shown: &Shown, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let run = &shown.run;
    let tenant = tenant_words(&run.tenant_name, &run.tenant);
    let limits = match run.gate {
        Gate::Unset => "none was set",
        Gate::Passed => "met",
        Gate::Missed => "missed",
    };
    let mut pairs = vec![
        ("Run", run.id.to_string()),
        ("Tenant", format!("{tenant}, cloud {}", run.cloud)),
        ("Read", minute(run.collected_at) + &reader(shown.by.as_ref())),
    ];
    if run.judged_at != run.collected_at {
        pairs.push(("Judged as of", minute(run.judged_at)));
    }
    pairs.push(("Came from", run.source.clone()));
    if let Some(digest) = &run.configuration {
        pairs.push(("Organisation", format!("a file of digest {digest}")));
    }
    pairs.push(("Kept by", format!("pimaudit {}", run.program)));
    pairs.push(("Limits", limits.to_owned()));
    grid::pairs(&pairs, width, out)?;
    for (score, worst, open) in &shown.scores {
        write_score(score, width, out)?;
        write_worst(worst, *open, width, out)?;
    }
    Ok(())
}

/// ` by ana@contoso.example, signed in with browser`.
fn reader(by: Option<&CollectedBy>) -> String {
    let Some(by) = by else { return String::new() };
    let name = by.name.as_ref().or(by.application.as_ref());
    let name = name.map(|name| format!(" by {name}")).unwrap_or_default();
    let auth = by.auth.as_ref().map(|auth| format!(", signed in with {auth}")).unwrap_or_default();
    name + &auth
}

fn write_score(score: &Score, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let range = format!("{:.1}-{:.1}", score.low, score.high);
    let posture = match (score.posture, &score.grade) {
        (Some(posture), Some(grade)) => format!("posture {posture:.1} {grade}"),
        (Some(posture), None) => format!("posture {posture:.1}, not graded"),
        (None, _) => "nothing scored".to_owned(),
    };
    let coverage = percent_words(score.coverage_percent);
    let counts = &score.counts;
    writeln!(out)?;
    write_line(&score.baseline.to_uppercase(), width, out)?;
    write_line(&format!("{posture} | coverage {coverage} | range {range}"), width, out)?;
    let counts = format!(
        "{} failed, {} met in part, {} passed, {} not assessed, {} waived",
        counts.failed, counts.partial, counts.passed, counts.not_assessed, counts.waived
    );
    write_line(&counts, width, out)
}

fn write_line(text: &str, width: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", escape::shorten(&escape::terminal(text), width))
}

fn write_worst(worst: &[Kept], open: usize, width: usize, out: &mut dyn Write) -> io::Result<()> {
    // As wide as the longest severity, and two blanks.
    const INDENT: usize = 10;
    if worst.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    for it in worst {
        let name = escape::name(it.name.as_deref().unwrap_or(&it.subject), NAME);
        let severity = escape::terminal(&it.severity);
        write_line(&format!("{severity:INDENT$}{} on {name}", it.check), width, out)?;
        if let Some(observed) = it.observed.as_deref().filter(|it| !it.is_empty()) {
            write_line(&format!("{:INDENT$}{observed}", ""), width, out)?;
        }
    }
    if open > worst.len() {
        let more = format!("{} more: export the run and audit it again", open - worst.len());
        write_line(&more, width, out)?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    run: RunPart<'a>,
    collected_by: Option<&'a CollectedBy>,
    worst: Vec<WorstPart<'a>>,
}

/// What is worst by one baseline.
#[derive(Serialize)]
struct WorstPart<'a> {
    baseline: &'a str,
    open: usize,
    findings: Vec<FindingPart<'a>>,
}

#[derive(Serialize)]
struct FindingPart<'a> {
    check: &'a str,
    subject: &'a str,
    name: Option<&'a str>,
    severity: &'a str,
    outcome: &'a str,
    credit: Option<f64>,
    observed: Option<&'a str>,
}

fn write_json(shown: &Shown, out: &mut dyn Write) -> io::Result<()> {
    let worst = shown.scores.iter().map(|(score, worst, open)| WorstPart {
        baseline: &score.baseline,
        open: *open,
        findings: worst.iter().map(finding_part).collect(),
    });
    let document = Document {
        schema: SCHEMA,
        run: RunPart::of(&shown.run, shown.scores.iter().map(|(score, _, _)| score)),
        collected_by: shown.by.as_ref(),
        worst: worst.collect(),
    };
    json::write(&document, out)
}

fn finding_part(kept: &Kept) -> FindingPart<'_> {
    FindingPart {
        check: &kept.check,
        subject: &kept.subject,
        name: kept.name.as_deref(),
        severity: &kept.severity,
        outcome: &kept.outcome,
        credit: kept.credit,
        observed: kept.observed.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(severity: &str, outcome: &str, subject: &str, waived: bool) -> Kept {
        Kept {
            check: "a-check".to_owned(),
            subject: subject.to_owned(),
            outcome: outcome.to_owned(),
            credit: None,
            severity: severity.to_owned(),
            waived,
            name: None,
            observed: None,
        }
    }

    #[test]
    fn the_worst_come_first_and_only_what_is_open() {
        let (found, open) = worst(vec![
            kept("low", "fail", "1", false),
            kept("critical", "pass", "2", false),
            kept("high", "partial", "3", false),
            kept("high", "fail", "4", false),
            kept("critical", "fail", "5", true),
            kept("critical", "not-assessed", "6", false),
            kept("strange", "fail", "7", false),
            kept("high", "fail", "8", false),
        ]);
        let found: Vec<&str> = found.iter().map(|it| it.subject.as_str()).collect();
        assert_eq!((found, open), (vec!["4", "8", "3", "1", "7"], 5));
        let many: Vec<Kept> = (0..25).map(|_| kept("low", "fail", "x", false)).collect();
        let (found, open) = worst(many);
        assert_eq!((found.len(), open), (10, 25));
    }

    #[test]
    fn the_reader_is_told_as_far_as_known() {
        let by = |name: Option<&str>, application: Option<&str>, auth: Option<&str>| CollectedBy {
            name: name.map(str::to_owned),
            application: application.map(str::to_owned),
            auth: auth.map(str::to_owned),
            permissions: Vec::new(),
        };
        for (by, expected) in [
            (by(Some("ana"), Some("app"), Some("browser")), " by ana, signed in with browser"),
            (by(None, Some("app"), None), " by app"),
            (by(None, None, None), ""),
        ] {
            assert_eq!(reader(Some(&by)), expected);
        }
        assert_eq!(reader(None), "");
    }
}
