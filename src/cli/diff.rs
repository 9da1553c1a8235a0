//! `diff`: what changed between two snapshots of one tenant, and what that means.

use super::arguments::{DiffFailOn, DiffFormat, DiffOptions};
use super::exit::{Exit, Failure};
use super::history;
use super::load::{self, Configured};
use super::output::{self, is_stream, note};
use crate::assemble::diff::{Side, diff as compare, left_out, of_posture};
use crate::assemble::{self, Labels, Material};
use crate::baseline::Baseline;
use crate::diff::doubt::to_judge;
use crate::diff::waivers;
use crate::model::{Organisation, Tenant};
use crate::report::Report;
use crate::report::diff::{self, Compared, DiffReport};
use crate::report::model::Collection;
use crate::resolve::resolve;
use crate::snapshot;
use jiff::Timestamp;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub(super) fn run(options: DiffOptions) -> Result<Exit, Failure> {
    let is_stdin = |path: &Option<PathBuf>| path.as_ref().is_some_and(|it| is_stream(it));
    if is_stdin(&options.old) && is_stdin(&options.new) {
        return Err(Failure::usage("both snapshots are read from stdin")
            .hint("give a file for one of them"));
    }
    let configured = load::configuration(options.config.as_deref())?;
    let baselines = load::baselines(&options.baseline, Some(&configured))?;
    let outputs = output::outputs(&options.output)?;
    for output in outputs.iter().filter_map(|output| output.file.as_ref()) {
        output.must_not_replace("-o", options.old.as_deref(), "the older snapshot")?;
        output.must_not_replace("-o", options.new.as_deref(), "the newer snapshot")?;
        history::spare_store(output, "-o", options.kept.store.store.as_deref())?;
    }
    let (old, new) = sides(&options)?;
    same_tenant(&old, &new)?;
    load::of_organisation(&configured, &new.tenant)?;
    if old.called == new.called && !options.quiet {
        note(&format!("OLD and NEW are the same: {}", old.called));
    } else if old.collected.at == new.collected.at
        && options.kept.store.store.is_some()
        && !options.quiet
    {
        // The newest run may be of the file that it is compared with.
        note(&format!("OLD and NEW were read at one time: {} and {}", old.called, new.called));
    }
    if old.collected.at > new.collected.at && !options.quiet {
        note("OLD was read after NEW: what is told as added was there before");
    }
    // Both with the waivers as they hold at the newer.
    let organisation = &configured.organisation;
    let earlier = waivers::as_of(organisation, old.collected.at, new.collected.at);
    let left_out = left_out(&baselines, &old.tenant, &new.tenant);
    let baselines = of_posture(baselines);
    let mut found = {
        let [as_old, as_new] = to_judge(&old.tenant, &new.tenant);
        let old_report = judge(&as_old, &old.collected, &earlier, &configured, &baselines);
        let new_report = judge(&as_new, &new.collected, organisation, &configured, &baselines);
        compare(
            Side { tenant: &old.tenant, report: &old_report },
            Side { tenant: &new.tenant, report: &new_report },
        )
    };
    found.not_compared.extend(left_out);
    let reasons = reasons(&found, options.fail_on);
    for output in outputs {
        let format = output.format;
        let colour = output.file.is_none() && output::colour();
        output.write(|out: &mut dyn Write| -> io::Result<()> {
            match format {
                DiffFormat::Table => diff::write_table(&found, output::width(), colour, out),
                DiffFormat::Json => diff::write_json(&found, out),
                DiffFormat::Markdown => diff::write_markdown(&found, out),
                DiffFormat::Html => diff::write_html(&found, out),
            }
        })?;
    }
    for reason in &reasons {
        note(reason);
    }
    Ok(if reasons.is_empty() { Exit::Done } else { Exit::Findings })
}

/// A snapshot, resolved as of the time it was read.
struct Read {
    tenant: Tenant,
    collected: Collection,
    /// The file or the run, for messages.
    called: String,
}

/// Both sides: two files or runs of the history, or one of them and a run before it.
fn sides(options: &DiffOptions) -> Result<(Read, Read), Failure> {
    let (store, of) = (options.kept.store.store.as_deref(), options.kept.tenant.as_deref());
    match (&options.since, &options.old, &options.new) {
        // A file tells the tenant, whichever side it is on.
        (None, Some(old), Some(new)) if !history::is_name(old) => {
            let old = side(old, store, of)?;
            let new = side(new, store, of.or(Some(&old.tenant.id)))?;
            Ok((old, new))
        }
        (None, Some(old), Some(new)) => {
            let new = side(new, store, of)?;
            let whose = of.or(Some(&new.tenant.id));
            let old = match (store, history::age_of(old)) {
                // An age counts back from NEW: counted from today, it could be NEW itself.
                (Some(store), Some(age)) => named(store, whose, age, Some(new.collected.at))?,
                (Some(_) | None, _) => side(old, store, whose)?,
            };
            Ok((old, new))
        }
        (Some(name), new, None) => {
            let store = store.ok_or_else(|| {
                Failure::usage("--since needs a history")
                    .hint("give --store FILE or set PIMAUDIT_STORE")
            })?;
            let new = match new {
                Some(path) => side(path, Some(store), of)?,
                None => named(store, of, "last", None)?,
            };
            let whose = of.unwrap_or(&new.tenant.id);
            let old = named(store, Some(whose), name, Some(new.collected.at))?;
            Ok((old, new))
        }
        (Some(_), _, Some(_)) | (None, _, _) => {
            Err(Failure::usage("give OLD and NEW, or --since and at most one of them"))
        }
    }
}

/// A file, or a run of the history where no file is called so.
fn side(path: &Path, store: Option<&Path>, of: Option<&str>) -> Result<Read, Failure> {
    match store {
        Some(store) if history::is_name(path) => named(store, of, &path.to_string_lossy(), None),
        None if history::is_name(path) => {
            Err(Failure::usage(format!("there is no file {}", path.display()))
                .hint("give a snapshot that is there; a run of the history needs --store FILE"))
        }
        Some(_) | None => read(path.display().to_string(), &load::snapshot_bytes(path)?),
    }
}

fn named(
    store: &Path,
    of: Option<&str>,
    name: &str,
    before: Option<Timestamp>,
) -> Result<Read, Failure> {
    let stored = history::stored(store, of, name, before)?;
    read(stored.called, &stored.bytes)
}

fn read(called: String, bytes: &[u8]) -> Result<Read, Failure> {
    let snapshot = snapshot::load_bytes(bytes, Path::new(&called))?;
    let tenant = resolve(&snapshot, snapshot.collected_at);
    Ok(Read { tenant, collected: assemble::collection(&snapshot), called })
}

fn same_tenant(old: &Read, new: &Read) -> Result<(), Failure> {
    if old.tenant.id == new.tenant.id && old.tenant.cloud == new.tenant.cloud {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "two tenants cannot be compared: {} is of {} ({} cloud), {} of {} ({} cloud)",
        old.called, old.tenant.id, old.tenant.cloud, new.called, new.tenant.id, new.tenant.cloud
    ))
    .hint("give two snapshots of one tenant; a redacted one has another id than the original"))
}

fn judge(
    tenant: &Tenant,
    collected: &Collection,
    organisation: &Organisation,
    configured: &Configured,
    baselines: &[Baseline],
) -> Report {
    assemble::report(&Material {
        tenant,
        organisation,
        configuration: configured.configuration.clone(),
        baselines,
        now: collected.at,
        labels: &Labels::new(),
        collected: collected.clone(),
    })
}

/// Why the run ends with 1, for stderr.
fn reasons(found: &DiffReport, fail_on: Option<DiffFailOn>) -> Vec<String> {
    let Some(fail_on) = fail_on else { return Vec::new() };
    let by_baseline = |asked: &str, count: &dyn Fn(&Compared) -> usize| -> Vec<String> {
        found
            .baselines
            .iter()
            .filter_map(|compared| match count(compared) {
                0 => None,
                1 => Some(format!("--fail-on {asked} was met: 1 finding of {}", compared.id)),
                many => {
                    Some(format!("--fail-on {asked} was met: {many} findings of {}", compared.id))
                }
            })
            .collect()
    };
    match fail_on {
        DiffFailOn::Any if found.is_empty() => Vec::new(),
        DiffFailOn::Any => vec!["--fail-on any was met: something changed".to_owned()],
        DiffFailOn::Regression => {
            by_baseline("regression", &|compared: &Compared| compared.worse().count())
        }
        DiffFailOn::Severity(severity) => by_baseline(severity.name(), &|compared: &Compared| {
            compared.worse().filter(|line| line.fails() && line.severity >= severity).count()
        }),
    }
}
