//! `verify`: whether planned changes arrived in the tenant, after somebody applied them.

use super::age;
use super::arguments::{VerifyFormat, VerifyOptions};
use super::exit::{Exit, Failure};
use super::load;
use super::output::{self, note};
use super::precheck::{changes_of, datasets_of_changes, distinct, refused, tell_of_none};
use crate::assemble::verify as assemble;
use crate::precheck;
use crate::report::verify as report;
use crate::resolve::resolve;
use std::io::{self, Write};

pub(super) fn run(options: VerifyOptions) -> Result<Exit, Failure> {
    if options.source.redaction.redact {
        return Err(Failure::usage("changes name real ids: --redact cannot be used here"));
    }
    let outputs = output::outputs(&options.output)?;
    distinct(&options.changes, &[options.source.snapshot.as_deref()], &outputs)?;
    let changes = changes_of(&options.changes)?;
    tell_of_none(&changes, options.loudness.quiet);
    let groups = precheck::named_ids(&changes);
    let source = load::source(&options.source, datasets_of_changes(), groups, options.loudness)?;
    let (tenant, nothing_read) = {
        let snapshot = source.snapshot()?;
        let now = options.now.unwrap_or(snapshot.collected_at);
        (resolve(&snapshot, now), source.live && load::nothing_read(&snapshot))
    };
    load::of_tenant_asked_for(&source, &options.source, &tenant)?;
    if nothing_read {
        return Err(Failure::unreachable(load::NOTHING_READ));
    }
    if let Some(reason) = age::missed(options.max_age, options.now, tenant.collected_at) {
        note(&format!("{reason}; nothing was compared"));
        return Ok(Exit::Stale);
    }
    let now = options.now.unwrap_or(tenant.collected_at);
    let checked = precheck::verify(&tenant, &changes, now).map_err(|faults| refused(&faults))?;
    let shown = assemble::verify(&tenant, &changes, &checked);
    for output in outputs {
        let format = output.format;
        let colour = output.file.is_none() && output::colour();
        output.write(|out: &mut dyn Write| -> io::Result<()> {
            match format {
                VerifyFormat::Table => report::write_table(&shown, output::width(), colour, out),
                VerifyFormat::Json => report::write_json(&shown, out),
                VerifyFormat::Markdown => report::write_markdown(&shown, out),
            }
        })?;
    }
    let (exit, reason) = ending(&shown.counts, options.strict);
    if let Some(reason) = reason {
        note(&reason);
    }
    Ok(exit)
}

/// How the run ends, and why. What is not as planned goes before what nobody knows.
fn ending(counts: &report::Counts, strict: bool) -> (Exit, Option<String>) {
    let of = |count: usize| match count {
        1 => "1 change".to_owned(),
        many => format!("{many} changes"),
    };
    let right = counts.done + counts.nothing_to_verify;
    match (counts.not_done + counts.partly_done, counts.cannot_be_told) {
        (0, 0) if strict && right == 0 => {
            (Exit::Stale, Some("--strict was missed: there is no change to verify".to_owned()))
        }
        (0, 0) => (Exit::Done, None),
        (0, unknown) if strict => {
            (Exit::Stale, Some(format!("--strict was missed: {} cannot be told", of(unknown))))
        }
        (0, _) => (Exit::Done, None),
        (wrong, _) => (Exit::Findings, Some(format!("{} not as planned", of(wrong)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_as_planned_goes_before_what_nobody_knows() {
        for (done, not_done, partly_done, cannot_be_told, strict, expected) in [
            (2, 0, 0, 0, true, Exit::Done),
            (2, 0, 0, 1, false, Exit::Done),
            (2, 0, 0, 1, true, Exit::Stale),
            (2, 1, 0, 1, true, Exit::Findings),
            (2, 0, 1, 0, false, Exit::Findings),
            (0, 0, 0, 1, true, Exit::Stale),
            (0, 1, 0, 0, true, Exit::Findings),
            // No change at all is nothing that was verified.
            (0, 0, 0, 0, true, Exit::Stale),
            (0, 0, 0, 0, false, Exit::Done),
        ] {
            let counts = report::Counts {
                done,
                partly_done,
                not_done,
                cannot_be_told,
                nothing_to_verify: 0,
            };
            let (exit, reason) = ending(&counts, strict);
            assert_eq!(exit, expected, "{counts:?} {strict}");
            assert_eq!(reason.is_some(), exit != Exit::Done, "{counts:?} {strict}");
        }
    }

    #[test]
    fn a_change_without_anything_to_look_for_is_a_change() {
        let counts = report::Counts {
            done: 0,
            partly_done: 0,
            not_done: 0,
            cannot_be_told: 0,
            nothing_to_verify: 1,
        };
        assert_eq!(ending(&counts, true), (Exit::Done, None));
    }
}
