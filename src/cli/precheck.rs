//! `precheck`: what planned changes would do, before anybody applies them.

use super::age;
use super::arguments::{FailOn, PrecheckFormat, PrecheckOptions};
use super::exit::{Exit, Failure};
use super::load;
use super::output::{self, Output, is_stream, note};
use crate::assemble::precheck as assemble;
use crate::baseline;
use crate::facts::window::WAYS;
use crate::model::{Dataset, Severity};
use crate::precheck::{self, Answer, Change, Fault};
use crate::report::escape;
use crate::report::precheck as report;
use crate::resolve::resolve;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// More faults than this help nobody.
const FAULTS_SHOWN: usize = 20;

pub(super) fn run(options: PrecheckOptions) -> Result<Exit, Failure> {
    let judge = &options.judge;
    if judge.source.redaction.redact {
        return Err(Failure::usage("changes name real ids: --redact cannot be used here"));
    }
    let outputs = output::outputs(&options.output)?;
    let read_too = [judge.source.snapshot.as_deref(), judge.earlier.as_deref()];
    distinct(&options.changes, &read_too, &outputs)?;
    // The target branch decides what is excused: a change cannot bring its own excuse along.
    let own = load::configuration(judge.config.as_deref())?;
    let (configured, ignored) = match &options.config_base {
        Some(path) => {
            let base = load::configuration(Some(path))?;
            let ignored = assemble::new_waivers(&base.organisation, &own.organisation);
            (base, ignored)
        }
        None => (own, Vec::new()),
    };
    let baselines = load::baselines(&judge.baseline, Some(&configured))?;
    let changes = changes_of(&options.changes)?;
    tell_of_none(&changes, options.loudness.quiet);
    let mut datasets = baseline::datasets(&baselines);
    datasets.extend(datasets_of_changes());
    let mut groups = load::declared_groups(&configured.organisation);
    groups.extend(precheck::named_ids(&changes));
    let mut source = load::source(&judge.source, datasets, groups, options.loudness)?;
    let older = match &judge.earlier {
        Some(path) => Some(load::older(path, &mut source)?),
        None => None,
    };
    let (mut tenant, nothing_read) = {
        let snapshot = source.snapshot()?;
        let now = judge.now.unwrap_or(snapshot.collected_at);
        (resolve(&snapshot, now), source.live && load::nothing_read(&snapshot))
    };
    load::same_tenant(&configured, &source, &judge.source, &tenant)?;
    if nothing_read {
        return Err(Failure::unreachable(load::NOTHING_READ));
    }
    if let Some(reason) = age::missed(options.max_age, judge.now, tenant.collected_at) {
        note(&format!("{reason}; nothing was judged"));
        return Ok(Exit::Stale);
    }
    if let Some(older) = older {
        tenant.earlier = Some(older.of(&tenant)?);
    }
    let now = judge.now.unwrap_or(tenant.collected_at);
    let organisation = &configured.organisation;
    let answer = precheck::precheck(&tenant, organisation, &baselines, &changes, now)
        .map_err(|faults| refused(&faults))?;
    let shown = assemble::precheck(&tenant, &changes, &answer, ignored);
    for output in outputs {
        write(&shown, &options, output)?;
    }
    match met(&answer, options.fail_on) {
        Some(reason) => {
            note(&report::disarmed(&reason));
            Ok(Exit::Findings)
        }
        None => Ok(Exit::Done),
    }
}

/// What has to be read beside what a baseline needs: all that a change may name.
pub(super) fn datasets_of_changes() -> BTreeSet<Dataset> {
    let ways = WAYS.iter().copied();
    let with = WAYS.iter().flat_map(|dataset| dataset.with().iter().copied());
    let named = [Dataset::RoleDefinitions, Dataset::RolePolicies, Dataset::GroupPolicies];
    ways.chain(with).chain(named).collect()
}

/// Stdin is read once, and no output replaces what is read: the changes, and the snapshots.
pub(super) fn distinct<F>(
    changes: &[PathBuf],
    snapshots: &[Option<&Path>],
    outputs: &[Output<F>],
) -> Result<(), Failure> {
    let snapshots = || snapshots.iter().copied().flatten();
    load::stdin_once(changes.iter().map(PathBuf::as_path).chain(snapshots()))?;
    for output in outputs.iter().filter_map(|output| output.file.as_ref()) {
        for snapshot in snapshots() {
            output.must_not_replace("-o", Some(snapshot), "a snapshot that is read")?;
        }
        for change in changes.iter().filter(|path| !is_stream(path)) {
            output.must_not_replace("-o", Some(change), "a change that is read")?;
        }
    }
    Ok(())
}

/// The changes of all files, in order; every fault of all of them at once.
pub(super) fn changes_of(paths: &[PathBuf]) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    let mut faults = Vec::new();
    for path in paths {
        let name = match is_stream(path) {
            true => "stdin".to_owned(),
            false => path.display().to_string(),
        };
        match precheck::read(&name, &bytes_of(path)?) {
            Ok(found) => changes.extend(found),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok(changes) } else { Err(refused(&faults)) }
}

/// An empty list and a file of templates only end like a change that is neutral: that is said.
pub(super) fn tell_of_none(changes: &[Change], quiet: bool) {
    if changes.is_empty() && !quiet {
        note("no change was found in what was given");
    }
}

/// A little more than is taken, so that a file which is too large is told from one that is not.
fn bytes_of(path: &Path) -> Result<Vec<u8>, Failure> {
    let most = precheck::LARGEST as u64 + 1;
    let mut bytes = Vec::new();
    let read = if is_stream(path) {
        io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Failure::usage(format!("cannot read {}: {error}", path.display()))
            .hint("give a file with planned changes, or - for stdin")),
    }
}

/// Everything that was not understood, or does not fit the tenant. One line each, whatever line
/// ends a name has.
pub(super) fn refused(faults: &[Fault]) -> Failure {
    let mut lines: Vec<String> = vec!["the changes were not understood as a whole:".to_owned()];
    let shown = faults.iter().take(FAULTS_SHOWN);
    lines.extend(shown.map(|fault| format!("  {}", escape::terminal(&fault.to_string()))));
    if let Some(rest) = faults.len().checked_sub(FAULTS_SHOWN).filter(|rest| *rest > 0) {
        lines.push(format!("  and {rest} more"));
    }
    let text = report::disarmed(&lines.join("\n"));
    Failure::usage(text).hint("nothing is judged while a part is not understood")
}

fn write(
    shown: &report::Precheck,
    options: &PrecheckOptions,
    output: Output<PrecheckFormat>,
) -> Result<(), Failure> {
    let format = output.format;
    let colour = output.file.is_none() && output::colour();
    output.write(|out: &mut dyn Write| -> io::Result<()> {
        match format {
            PrecheckFormat::Table => {
                report::write_table(shown, options.explain_change, output::width(), colour, out)
            }
            PrecheckFormat::Json => report::write_json(shown, out),
            PrecheckFormat::Markdown => report::write_markdown(shown, out),
            PrecheckFormat::Sarif => report::write_sarif(shown, out),
            PrecheckFormat::Junit => report::write_junit(shown, out),
            PrecheckFormat::Github => report::write_github(shown, out),
        }
    })?;
    if format == PrecheckFormat::Github {
        output::step_summary(|out| report::write_summary(shown, out))
    } else {
        Ok(())
    }
}

/// Why the run ends with 1, where it does.
fn met(answer: &Answer, fail_on: FailOn) -> Option<String> {
    let worse = answer.regressions();
    let noun = if worse == 1 { "finding got" } else { "findings got" };
    let regression = (worse > 0 || !answer.harms.is_empty()).then(|| match answer.harms.first() {
        Some(harm) => harm.text.clone(),
        None => format!("{worse} {noun} worse"),
    });
    let reason = match fail_on {
        FailOn::Regression => regression?,
        FailOn::Unknown => match regression {
            Some(reason) => reason,
            None if answer.has_unknown() => "something that matters is not known".to_owned(),
            None => return None,
        },
        FailOn::Any if answer.is_neutral() => return None,
        FailOn::Any => "the change is not neutral".to_owned(),
        FailOn::Severity(severity) => match (failures(answer, severity), answer.harms.first()) {
            (0, None) => return None,
            (0, Some(harm)) => harm.text.clone(),
            (1, _) => format!("1 new failure of {severity} or above"),
            (count, _) => format!("{count} new failures of {severity} or above"),
        },
    };
    Some(format!("--fail-on {fail_on} was met: {reason}"))
}

/// New failures of this severity or above that no waiver accepts.
fn failures(answer: &Answer, severity: Severity) -> usize {
    let shifts = answer.baselines.iter().flat_map(|judged| &judged.shifts);
    shifts.filter(|it| it.new_failure && !it.waived && it.severity >= severity).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_counted_where_there_are_many() {
        let place = precheck::Place { file: "a".into(), pointer: String::new(), line: None };
        let fault = Fault { place, message: "wrong".to_owned(), hint: None };
        let failure = refused(&vec![fault; FAULTS_SHOWN + 2]);
        assert!(failure.message().ends_with("and 2 more"), "{}", failure.message());
    }

    #[test]
    fn a_fault_is_one_line_and_no_command() {
        let place = precheck::Place {
            file: "a\n::error::b.json".into(),
            pointer: "/x\n::error::c".to_owned(),
            line: None,
        };
        let message = "there is no role x\n::error file=a::d\u{2028}##vso[e]".to_owned();
        let fault = Fault { place, message, hint: Some("did you mean y\n::error::f?".to_owned()) };
        let failure = refused(&[fault]);
        let lines: Vec<&str> = failure.message().lines().collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(!lines[1].trim_start().starts_with("::") && !lines[1].contains("##"), "{lines:?}");
    }

    #[test]
    fn a_harm_is_told_where_no_failure_is_new() {
        let harm = precheck::Harm { text: "it harms".to_owned(), changes: vec![0], joint: vec![] };
        let answer = |harms| Answer {
            baselines: Vec::new(),
            notes: Vec::new(),
            harms,
            stated: Vec::new(),
            together_only: false,
        };
        let critical = FailOn::Severity(Severity::Critical);
        for (fail_on, expected) in [
            (critical, "--fail-on critical was met: it harms"),
            (FailOn::Regression, "--fail-on regression was met: it harms"),
            (FailOn::Any, "--fail-on any was met: the change is not neutral"),
        ] {
            assert_eq!(met(&answer(vec![harm.clone()]), fail_on).as_deref(), Some(expected));
            assert_eq!(met(&answer(Vec::new()), fail_on), None);
        }
    }
}
