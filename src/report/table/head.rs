//! Whose data this is, when and by whom it was read, and what it is judged by.

use crate::report::model::{Collection, Judged, Report};
use crate::report::page::{Ink, Page};
use crate::report::words;
use std::io;

/// The head of the whole report.
pub(super) fn write(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let mut pairs: Vec<(&str, Ink)> =
        vec![("Tenant", tenant(report).into()), ("Read", read(&report.collected).into())];
    if !report.collected.permissions.is_empty() {
        pairs.push(("With", report.collected.permissions.join(", ").into()));
    }
    if report.now != report.collected.at {
        pairs.push(("Judged as of", words::minute(report.now).into()));
    }
    for judged in &report.baselines {
        pairs.push(("Baseline", baseline(judged).into()));
    }
    pairs.push(("Configuration", configuration(report).into()));
    page.pairs(pairs)
}

/// The line that parts the blocks where several baselines are judged.
pub(super) fn block(page: &mut Page<'_>, judged: &Judged) -> io::Result<()> {
    page.title(&format!("BASELINE {}", judged.id.to_uppercase()))
}

fn tenant(report: &Report) -> String {
    if report.tenant_name.is_empty() {
        format!("{}, {} cloud", report.tenant, report.cloud)
    } else {
        format!("{} ({}), {} cloud", report.tenant_name, report.tenant, report.cloud)
    }
}

fn read(collected: &Collection) -> String {
    let (window, reader) = (words::window(collected), words::reader(collected));
    if reader.is_empty() { window } else { format!("{window} {reader}") }
}

fn baseline(judged: &Judged) -> String {
    format!("{}: {} ({})", judged.id, judged.title, words::digest(&judged.digest))
}

fn configuration(report: &Report) -> String {
    match &report.configuration {
        Some(file) => format!("{} ({})", file.file, words::digest(&file.digest)),
        None => "none".to_owned(),
    }
}
