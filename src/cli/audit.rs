//! `audit`: judge a tenant and print the report.

use super::age;
use super::arguments::AuditOptions;
use super::exit::{Exit, Failure};
use super::formats;
use super::history;
use super::judge::{self, Judgement};
use super::load;
use super::output::{Output, OutputFile, note};
use crate::assemble;
use crate::model::{Severity, Verdict};
use crate::report::Report;
use crate::report::format::Format;
use crate::report::model::Judged;
use crate::store::{Gate, Packed};

/// The check whose notes name the faults of waivers.
const INVALID_WAIVER: &str = "invalid-waiver";

pub(super) fn run(options: AuditOptions) -> Result<Exit, Failure> {
    let mut prepared = judge::prepare(&options.judge)?;
    let outputs = formats::outputs(&options.report)?;
    // Opened before the tenant is read, so that a bad path fails early.
    let kept = options.save_snapshot.as_deref().map(OutputFile::open).transpose()?;
    distinct(&options, &outputs, kept.as_ref())?;
    let store = options.store.store.as_deref();
    if let Some(store) = store {
        history::prepare(store)?;
    }
    let source = prepared.read(&options.judge, options.loudness)?;
    let origin = source.origin();
    let mut packed = None;
    let Judgement { mut report, tenant, nothing_read, is_empty, notes } =
        prepared.judge(source, &options.judge, store, |snapshot| {
            if store.is_some() {
                packed = Some(Packed::of(snapshot)?);
            }
            match kept {
                Some(file) => load::keep(snapshot, file),
                None => Ok(()),
            }
        })?;
    if formats::need_inventory(&outputs) {
        let organisation = &prepared.configured.organisation;
        report.inventory = Some(assemble::inventory(&tenant, organisation, report.now));
    }
    let ending = Ending::of(&report, &options, nothing_read);
    let silent = !outputs.iter().any(|output| output.file.is_none());
    let matrix = options.judge.baseline.iter().any(|name| name == load::EVERY_BASELINE);
    formats::write(&report, &options.report, matrix, outputs)?;
    if silent && !options.loudness.quiet {
        for judged in &report.baselines {
            note(&format!("{}: {}", judged.id, judged.score.headline()));
        }
    }
    if !options.loudness.quiet {
        for fault in waiver_faults(&report) {
            note(&format!("waiver without effect: {fault}"));
        }
    }
    for reason in &ending.reasons {
        note(reason);
    }
    if !options.loudness.quiet {
        for line in &notes {
            note(line);
        }
        // A live run says that by its ending.
        if store.is_some() && is_empty && !nothing_read {
            note(&format!("not kept: {}", load::NOTHING_READ));
        }
    }
    if let (Some(store), Some(packed), false) = (store, &packed, is_empty) {
        let gate = gate_of(&options, &ending);
        for line in history::record(store, packed, &report, gate, &origin)? {
            if !options.loudness.quiet {
                note(&line);
            }
        }
    }
    // The process ends here; freeing a million small pieces first would only take time.
    std::mem::forget((report, tenant));
    Ok(ending.exit)
}

/// What the run's own limits made of it, for `last-good` of the history.
fn gate_of(options: &AuditOptions, ending: &Ending) -> Gate {
    let limited =
        options.fail_on.is_some() || options.min_coverage.is_some() || options.max_age.is_some();
    match (limited, ending.exit == Exit::Done) {
        (false, _) => Gate::Unset,
        (true, true) => Gate::Passed,
        (true, false) => Gate::Missed,
    }
}

/// No file is written twice, nor over the snapshot it is made of.
fn distinct(
    options: &AuditOptions,
    outputs: &[Output<Format>],
    kept: Option<&OutputFile>,
) -> Result<(), Failure> {
    let input = options.judge.source.snapshot.as_deref();
    let earlier = options.judge.earlier.as_deref();
    let store = options.store.store.as_deref();
    for output in outputs.iter().filter_map(|output| output.file.as_ref()) {
        output.must_not_replace("-o", input, "the snapshot that is read")?;
        output.must_not_replace("-o", earlier, "the earlier snapshot")?;
        history::spare_store(output, "-o", store)?;
        if let Some(kept) = kept {
            kept.must_not_replace("--save-snapshot", Some(output.path()), "and so does -o")?;
        }
    }
    match kept {
        Some(kept) => {
            kept.must_not_replace("--save-snapshot", input, "the snapshot that is read")?;
            kept.must_not_replace("--save-snapshot", earlier, "the earlier snapshot")?;
            history::spare_store(kept, "--save-snapshot", store)
        }
        None => Ok(()),
    }
}

/// How the run ends, known before anything is written: a closed pipe must not change it.
struct Ending {
    exit: Exit,
    /// Said on stderr once the report is out.
    reasons: Vec<String>,
}

impl Ending {
    fn of(report: &Report, options: &AuditOptions, nothing_read: bool) -> Self {
        if nothing_read {
            let reason = format!("error: {}; see NOT READ", load::NOTHING_READ);
            return Self { exit: Exit::Unreachable, reasons: vec![reason] };
        }
        let too_old = age::missed(options.max_age, options.judge.now, report.collected.at);
        let stale: Vec<String> = missed_coverage(report, options).chain(too_old).collect();
        let failed: Vec<String> = met_severity(report, options).collect();
        let exit = match (failed.is_empty(), stale.is_empty()) {
            (false, _) => Exit::Findings,
            (true, false) => Exit::Stale,
            (true, true) => Exit::Done,
        };
        Self { exit, reasons: stale.into_iter().chain(failed).collect() }
    }
}

fn missed_coverage(report: &Report, options: &AuditOptions) -> impl Iterator<Item = String> {
    let least = options.min_coverage.unwrap_or(0.0);
    let missed = report.baselines.iter().filter(move |it| it.score.coverage * 100.0 < least);
    missed.map(move |judged| {
        let coverage = judged.score.coverage_text();
        format!("--min-coverage {least} was missed: {coverage} of {} was assessed", judged.id)
    })
}

fn met_severity(report: &Report, options: &AuditOptions) -> impl Iterator<Item = String> {
    let severity = options.fail_on;
    report.baselines.iter().filter_map(move |judged| {
        let severity = severity?;
        let count = failures(judged, severity);
        let noun = if count == 1 { "failure" } else { "failures" };
        (count > 0).then(|| {
            format!(
                "--fail-on {severity} was met: {count} {noun} of {severity} or above in {}",
                judged.id
            )
        })
    })
}

/// Every fault of a waiver, once; the table has no room for all of them.
fn waiver_faults(report: &Report) -> Vec<&str> {
    let mut faults: Vec<&str> = Vec::new();
    for finding in report.baselines.iter().flat_map(|judged| &judged.findings) {
        if finding.check != INVALID_WAIVER || finding.outcome.verdict() != Some(Verdict::Fail) {
            continue;
        }
        for fault in finding.outcome.details().into_iter().flat_map(|details| &details.notes) {
            if !faults.contains(&&**fault) {
                faults.push(fault);
            }
        }
    }
    faults
}

/// Unwaived failures of this shown severity or above; a partial never counts.
fn failures(judged: &Judged, severity: Severity) -> usize {
    judged
        .findings
        .iter()
        .filter(|finding| finding.outcome.verdict() == Some(Verdict::Fail))
        .filter(|finding| finding.waiver.is_none() && finding.severity >= severity)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Outcome;
    use crate::report::testing;

    #[test]
    fn every_fault_of_a_waiver_is_named_once() {
        let invalid = || {
            let outcome =
                Outcome::fail("2 of 3", "all").note("line 4: expired").note("line 9: no end");
            testing::finding(INVALID_WAIVER, Severity::Medium, testing::tenant(), outcome)
        };
        let other = Outcome::fail("x", "y").note("of another check");
        let other = testing::finding("a-check", Severity::Low, testing::tenant(), other);
        let mut report = testing::report(vec![invalid(), other]);
        report.baselines.push(testing::judged(vec![invalid()]));
        assert_eq!(waiver_faults(&report), ["line 4: expired", "line 9: no end"]);
        assert!(crate::checks::CHECKS.iter().any(|check| check.id == INVALID_WAIVER));
    }
}
