//! `audit`: judge a tenant and print the report.

use super::arguments::{AuditOptions, ReportFormat, ShowFindings};
use super::exit::{Exit, Failure};
use super::load::{self, Configured};
use super::output::{self, OutputFile, note};
use crate::assemble::{self, Material};
use crate::baseline;
use crate::model::{Severity, Verdict};
use crate::report::model::Judged;
use crate::report::table::{Look, Show};
use crate::report::{Report, json, table};
use crate::resolve::resolve;
use crate::snapshot;
use jiff::SignedDuration;
use std::io::{self, Write};
use std::path::Path;

const FORMATS: [&str; 2] = ["table", "json"];

pub(super) fn run(options: AuditOptions) -> Result<Exit, Failure> {
    let configured = load::configuration(options.config.as_deref())?;
    let baselines = load::baselines(&options.baseline, Some(&configured))?;
    let outputs = outputs(&options)?;
    let kept = match &options.save_snapshot {
        Some(path) => {
            // Opened and dropped: a bad path fails before the tenant is read.
            drop(OutputFile::open(path)?);
            Some(path)
        }
        None => None,
    };
    let source = load::source(&options.source, baseline::datasets(&baselines), options.loudness)?;
    let live = source.live;
    let (tenant, collected, nothing_read) = {
        let snapshot = source.snapshot()?;
        if let Some(path) = kept {
            snapshot::write_file(&snapshot, path)?;
        }
        let nothing = snapshot.collections.iter().all(|it| it.missing || it.rows.is_empty());
        (resolve(&snapshot), assemble::collection(&snapshot), nothing)
    };
    // The text is not needed any more: half the memory of a large run.
    drop(source);
    same_tenant(&configured, &tenant)?;
    let report = assemble::report(&Material {
        tenant: &tenant,
        organisation: &configured.organisation,
        configuration: configured.configuration,
        baselines: &baselines,
        now: options.now.unwrap_or(collected.at),
        collected,
    });
    let silent = !outputs.iter().any(|output| output.file.is_none());
    write(&report, &options, outputs)?;
    if silent && !options.loudness.quiet {
        for judged in &report.baselines {
            note(&format!("{}: {}", judged.id, judged.score.headline()));
        }
    }
    Ok(ending(&report, &options, live && nothing_read))
}

/// The organisation file must be of the tenant that was read, or its waivers would excuse another.
fn same_tenant(configured: &Configured, tenant: &crate::model::Tenant) -> Result<(), Failure> {
    let (Some(wanted), Some(file)) = (&configured.tenant, &configured.configuration) else {
        return Ok(());
    };
    let domains = tenant.domains.at_least().map(Vec::as_slice).unwrap_or_default();
    let same = wanted.eq_ignore_ascii_case(&tenant.id)
        || domains.iter().any(|domain| domain.eq_ignore_ascii_case(wanted));
    if same {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{} is for tenant {wanted}, but the data is of tenant {}",
        file.file, tenant.id
    ))
    .hint("give the organisation file of this tenant with --config"))
}

struct Output {
    format: ReportFormat,
    file: Option<OutputFile>,
}

/// Every output, opened; stdout is one of them unless a file takes over its format.
fn outputs(options: &AuditOptions) -> Result<Vec<Output>, Failure> {
    let mut outputs = Vec::new();
    let mut to_stdout = true;
    for text in &options.output {
        let (format, path): (_, &Path) = output::split_output(text, &FORMATS)?;
        to_stdout &= format.is_some();
        let format = match format {
            Some("json") => ReportFormat::Json,
            Some(_) => ReportFormat::Table,
            None => options.format,
        };
        outputs.push(Output { format, file: Some(OutputFile::open(path)?) });
    }
    if to_stdout {
        outputs.push(Output { format: options.format, file: None });
    }
    Ok(outputs)
}

fn write(report: &Report, options: &AuditOptions, outputs: Vec<Output>) -> Result<(), Failure> {
    let look = |to_file: bool| Look {
        width: output::width(),
        colour: !to_file && output::colour(),
        show: match options.show {
            None => Show::Summary,
            Some(ShowFindings::Failed) => Show::Failed,
            Some(ShowFindings::All) => Show::All,
            Some(ShowFindings::NotAssessed) => Show::NotAssessed,
        },
        explain_score: options.explain_score,
    };
    for Output { format, file } in outputs {
        let look = look(file.is_some());
        let content = |out: &mut dyn Write| -> io::Result<()> {
            match format {
                ReportFormat::Table => table::write(report, &look, out),
                ReportFormat::Json => json::write(report, out),
            }
        };
        match file {
            Some(file) => file.finish(content)?,
            None => output::to_stdout(content)?,
        }
    }
    Ok(())
}

/// The exit code, with every reason named on stderr.
fn ending(report: &Report, options: &AuditOptions, nothing_read: bool) -> Exit {
    if nothing_read {
        note("error: nothing could be read, so nothing was judged; see NOT READ");
        return Exit::Unreachable;
    }
    let mut exit = Exit::Done;
    for judged in &report.baselines {
        if let Some(least) = options.min_coverage
            && judged.score.coverage * 100.0 < least
        {
            note(&format!(
                "--min-coverage {least} was missed: {:.1} % of {} was assessed",
                floored(judged.score.coverage * 100.0),
                judged.id
            ));
            exit = Exit::Stale;
        }
    }
    if let Some(oldest) = options.max_age {
        let now = options.now.unwrap_or_else(super::connect::wall_clock);
        let age = now.duration_since(report.collected.at);
        if is_older(age, oldest.seconds()) {
            note(&format!(
                "--max-age {oldest} was missed: the data was read at {}",
                report.collected.at
            ));
            exit = Exit::Stale;
        }
    }
    if let Some(severity) = options.fail_on {
        for judged in &report.baselines {
            let count = failures(judged, severity);
            if count > 0 {
                note(&format!(
                    "--fail-on {severity} was met: {count} failures of {} or above in {}",
                    severity, judged.id
                ));
                exit = Exit::Findings;
            }
        }
    }
    exit
}

/// A share just below the limit must not be printed as the limit.
fn floored(percent: f64) -> f64 {
    (percent * 10.0).floor() / 10.0
}

fn is_older(age: SignedDuration, seconds: u64) -> bool {
    i64::try_from(seconds).is_ok_and(|seconds| age > SignedDuration::from_secs(seconds))
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
    use jiff::Timestamp;

    #[test]
    fn age_is_compared_exactly() {
        let at: Timestamp = "2026-11-02T09:00:00Z".parse().unwrap();
        for (now, expected) in [
            ("2026-11-03T09:00:00Z", false),
            ("2026-11-03T09:00:01Z", true),
            ("2026-11-02T08:00:00Z", false),
        ] {
            let now: Timestamp = now.parse().unwrap();
            assert_eq!(is_older(now.duration_since(at), 24 * 3600), expected, "{now}");
        }
    }

    #[test]
    fn coverage_is_never_rounded_up_in_words() {
        assert_eq!(floored(84.99).to_string(), "84.9");
    }
}
