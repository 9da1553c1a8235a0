//! `inventory`: who holds what.

use super::arguments::{InventoryFormat, InventoryOptions};
use super::exit::{Exit, Failure};
use super::load;
use super::output::{self, note};
use crate::assemble;
use crate::model::{Dataset, Organisation};
use crate::report::inventory;
use crate::resolve::resolve;
use std::io::{self, Write};

const FORMATS: [&str; 3] = ["table", "json", "csv"];
/// What it takes to say who holds what; no settings.
const DATASETS: [Dataset; 5] = [
    Dataset::RoleAssignments,
    Dataset::RoleAssignmentScheduleInstances,
    Dataset::RoleEligibilityScheduleInstances,
    Dataset::Principals,
    Dataset::GroupMembers,
];

pub(super) fn run(options: InventoryOptions) -> Result<Exit, Failure> {
    let outputs = output::outputs(&options.output, &FORMATS)?;
    for output in outputs.iter().filter_map(|output| output.file.as_ref()) {
        let input = options.source.snapshot.as_deref();
        output.must_not_replace("-o", input, "the snapshot that is read")?;
    }
    let datasets = DATASETS.into_iter().collect();
    let source = load::source(&options.source, datasets, Vec::new(), options.loudness)?;
    let snapshot = source.snapshot()?;
    let tenant = resolve(&snapshot, snapshot.collected_at);
    load::of_tenant_asked_for(&options.source, &tenant)?;
    let found = assemble::inventory(&tenant, &Organisation::default(), snapshot.collected_at);
    for output in outputs {
        let format = match output.format {
            Some("json") => InventoryFormat::Json,
            Some("csv") => InventoryFormat::Csv,
            Some(_) => InventoryFormat::Table,
            None => options.format,
        };
        output.write(|out: &mut dyn Write| -> io::Result<()> {
            match format {
                InventoryFormat::Table => inventory::write_table(&found, output::width(), out),
                InventoryFormat::Json => inventory::write_json(&found, out),
                InventoryFormat::Csv => inventory::write_csv(&found, out),
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
