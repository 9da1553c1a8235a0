//! `inventory`: who holds what.

use super::arguments::{InventoryFormat, InventoryOptions};
use super::exit::{Exit, Failure};
use super::load;
use super::output::{self, note};
use crate::assemble;
use crate::model::{Dataset, Organisation};
use crate::report::{inventory, xlsx};
use crate::resolve::resolve;
use std::io::{self, IsTerminal, Write};

/// What it takes to say who holds what; no settings.
const DATASETS: [Dataset; 5] = [
    Dataset::RoleAssignments,
    Dataset::RoleAssignmentScheduleInstances,
    Dataset::RoleEligibilityScheduleInstances,
    Dataset::Principals,
    Dataset::GroupMembers,
];

pub(super) fn run(options: InventoryOptions) -> Result<Exit, Failure> {
    let outputs = output::outputs(&options.output)?;
    let mut reviewable = false;
    for output in &outputs {
        match output.format {
            InventoryFormat::Csv => reviewable = true,
            InventoryFormat::Xlsx if output.file.is_none() && io::stdout().is_terminal() => {
                return Err(Failure::usage("xlsx is no text, and stdout is a terminal")
                    .hint("write it to a file: -o inventory.xlsx"));
            }
            InventoryFormat::Xlsx => reviewable = true,
            InventoryFormat::Table | InventoryFormat::Json => {}
        }
    }
    if options.review && !reviewable {
        return Err(Failure::usage(
            "--review adds columns to fill in, which only spreadsheets have",
        )
        .hint("write one: -o review.xlsx or -o review.csv"));
    }
    for output in outputs.iter().filter_map(|output| output.file.as_ref()) {
        let input = options.source.snapshot.as_deref();
        output.must_not_replace("-o", input, "the snapshot that is read")?;
    }
    let datasets = DATASETS.into_iter().collect();
    let source = load::source(&options.source, datasets, Vec::new(), options.loudness)?;
    let snapshot = source.snapshot()?;
    let tenant = resolve(&snapshot, snapshot.collected_at);
    load::of_tenant_asked_for(&source, &options.source, &tenant)?;
    let found = assemble::inventory(&tenant, &Organisation::default(), snapshot.collected_at);
    for output in outputs {
        let format = output.format;
        output.write(|out: &mut dyn Write| -> io::Result<()> {
            match format {
                InventoryFormat::Table => inventory::write_table(&found, output::width(), out),
                InventoryFormat::Json => inventory::write_json(&found, out),
                InventoryFormat::Csv => inventory::write_csv(&found, options.review, out),
                InventoryFormat::Xlsx => xlsx::write_inventory(&found, options.review, out),
            }
        })?;
    }
    if !options.loudness.quiet {
        for gap in &found.gaps {
            note(&format!("not complete: {gap}"));
        }
    }
    if source.live && found.lines.is_empty() {
        return Err(Failure::unreachable("no grant could be read"));
    }
    Ok(Exit::Done)
}
