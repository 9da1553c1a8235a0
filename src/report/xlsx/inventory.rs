//! The inventory as a workbook, with empty columns to review it in where they are asked for.

use super::sheet::{Column, Kind, Looks, Sheet};
use super::{io_error, mend, new_book};
use crate::report::model::{Inventory, InventoryLine};
use crate::report::words;
use rust_xlsxwriter::{DataValidation, Workbook, XlsxError};
use std::borrow::Cow;
use std::io::{self, Write};

const LINES: [Column; 9] = [
    Column("role", 34.0, Kind::Text),
    Column("access", 44.0, Kind::Line),
    Column("principal", 38.0, Kind::Text),
    Column("principal_id", 38.0, Kind::Line),
    Column("kind", 18.0, Kind::Text),
    Column("hold", 20.0, Kind::Text),
    Column("until", 22.0, Kind::Text),
    Column("scope", 24.0, Kind::Text),
    Column("path", 44.0, Kind::Text),
];
/// Filled by whoever reviews the access. The first one takes one of `DECISIONS`.
const REVIEW: [Column; 4] = [
    Column("keep/remove", 14.0, Kind::Text),
    Column("reason", 50.0, Kind::Text),
    Column("reviewer", 30.0, Kind::Text),
    Column("date", 13.0, Kind::Day),
];
const DECISIONS: [&str; 2] = ["keep", "remove"];
/// What stands between the groups of a path.
const STEP: &str = " > ";
/// The place of the first review column.
const DECISION: u16 = 9;

const GAPS: &[Column] =
    &[Column("not read", 90.0, Kind::Text), Column("what to do", 60.0, Kind::Text)];

/// The sheet of a report: one line a grant and path.
pub(super) fn fill(
    inventory: &Inventory,
    book: &mut Workbook,
    looks: &Looks,
) -> Result<(), XlsxError> {
    let mut sheet = Sheet::new(book, "Inventory", &LINES, looks)?;
    for line in &inventory.lines {
        sheet.row(&cells(line))?;
    }
    sheet.finish()
}

/// Writes the inventory as a workbook. The same inventory gives the same bytes.
///
/// # Errors
/// Those of `out`, and what the library refuses to write.
pub fn write(inventory: &Inventory, review: bool, out: &mut dyn Write) -> io::Result<()> {
    let bytes = book(inventory, review).map_err(io_error)?;
    out.write_all(&bytes)?;
    out.flush()
}

fn book(inventory: &Inventory, review: bool) -> Result<Vec<u8>, XlsxError> {
    let mut book = new_book("pimaudit inventory", inventory.at)?;
    let looks = Looks::new();
    let mut columns = LINES.to_vec();
    if review {
        columns.extend(REVIEW);
    }
    let mut sheet = Sheet::new(&mut book, "Inventory", &columns, &looks)?;
    for line in &inventory.lines {
        sheet.row(&cells(line))?;
    }
    if let (true, Some((first, last))) = (review, sheet.filled()) {
        let decisions = DataValidation::new().allow_list_strings(&DECISIONS)?;
        sheet.inner().add_data_validation(first, DECISION, last, DECISION, &decisions)?;
    }
    sheet.finish()?;
    // What could not be read is said in the same file: a reviewer sees no warning elsewhere.
    let mut sheet = Sheet::new(&mut book, "Gaps", GAPS, &looks)?;
    for gap in &inventory.gaps {
        sheet.row(&[Cow::Owned(words::gap(gap)), Cow::Owned(mend(gap))])?;
    }
    if inventory.gaps.is_empty() {
        sheet.row(&[Cow::Borrowed("nothing: every line is here")])?;
    }
    sheet.finish()?;
    book.save_to_buffer()
}

fn cells(line: &InventoryLine) -> [Cow<'_, str>; LINES.len()] {
    let until = line.until.map_or_else(|| "permanent".to_owned(), |end| end.to_string());
    [
        Cow::Borrowed(&*line.role),
        Cow::Borrowed(line.access.as_str()),
        Cow::Borrowed(&*line.principal),
        Cow::Borrowed(line.principal_id.as_str()),
        Cow::Borrowed(line.kind),
        Cow::Borrowed(line.hold),
        Cow::Owned(until),
        Cow::Borrowed(line.scope.as_str()),
        Cow::Owned(line.path.join(STEP)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_review_columns_stand_behind_all_others() {
        assert_eq!(LINES.len(), usize::from(DECISION));
        assert_eq!(REVIEW[0].0, "keep/remove");
    }

    #[test]
    fn an_empty_inventory_is_a_workbook_too() {
        let inventory = Inventory {
            tenant: "7f3a0000-0000-4000-8000-000000000001".into(),
            tenant_name: "Contoso".into(),
            at: "2026-11-02T09:00:00Z".parse().unwrap(),
            lines: Vec::new(),
            gaps: Vec::new(),
        };
        for review in [false, true] {
            let mut out = Vec::new();
            write(&inventory, review, &mut out).unwrap();
            assert!(out.starts_with(b"PK"), "no zip");
        }
    }
}
