//! What the report is made of: collections, baselines, configuration, and what no check looks at.

use super::page::Page;
use super::summary::more;
use crate::report::escape::{brief, brief_code};
use crate::report::model::{DatasetState, Report, Status};
use crate::report::words;

/// Columns of a name at most.
const NAME: usize = 60;
/// Columns of a text at most.
const TEXT: usize = 160;

/// The folded section at the end.
pub(super) fn write(page: &mut Page, report: &Report) {
    if !report.not_covered.is_empty() {
        let areas = report.not_covered.join("; ");
        page.line(&format!("No check of this version looks at: {}.", brief(&areas, 2 * TEXT)));
    }
    page.fold("Sources");
    let rows = report.baselines.iter().map(|judged| {
        let digest = format!("`{}`", words::digest(&judged.digest));
        ["baseline".to_owned(), brief_code(&judged.id, NAME), digest]
    });
    let configuration = report.configuration.iter().map(|it| {
        let digest = format!("`{}`", words::digest(&it.digest));
        ["configuration".to_owned(), brief_code(&it.file, NAME), digest]
    });
    let number = report.baselines.len() + report.configuration.iter().len();
    let shown = page.table(["source", "name", "digest"], configuration.chain(rows));
    more(page, number - shown, "source");
    let read: Vec<&DatasetState> =
        report.collected.datasets.iter().filter(|state| state.read_at.is_some()).collect();
    let row = |state: &&DatasetState| {
        [
            words::title(state.dataset).to_owned(),
            status(state.status).to_owned(),
            state.rows.to_string(),
            state.read_at.map_or_else(String::new, words::minute),
        ]
    };
    let shown = page.table(["collection", "status", "rows", "read"], read.iter().map(row));
    more(page, read.len() - shown, "collection");
    if !report.collected.permissions.is_empty() {
        let permissions = report.collected.permissions.join(", ");
        page.line(&format!("Permissions: {}.", brief(&permissions, 4 * TEXT)));
    }
    page.line(&format!(
        "Tenant {}, {} cloud, judged by pimaudit {}.",
        brief_code(&report.tenant, NAME),
        report.cloud,
        report.version
    ));
    page.unfold();
}

const fn status(status: Status) -> &'static str {
    match status {
        Status::Complete => "complete",
        Status::Partial => "partial",
        Status::Missing => "missing",
    }
}
