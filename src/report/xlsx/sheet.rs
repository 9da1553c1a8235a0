//! One sheet, filled row by row: strings only as strings, numbers as numbers, a header that stays.
//!
//! What stands in the cells is decided elsewhere.

use super::safe;
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};
use std::borrow::Cow;

/// Rows of a sheet, by the file format.
const ROWS: u32 = 1_048_576;
/// The last row is kept for the number of those that had no room.
const LAST: u32 = ROWS - 1;

/// Title, width in characters, and what stands below.
#[derive(Clone, Copy)]
pub(super) struct Column(pub &'static str, pub f64, pub Kind);

/// What stands in a column.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Text, wrapped.
    Text,
    /// Text on one line, however long.
    Line,
    /// A number, or nothing.
    Number,
    /// One of a few words, with a shade of its own.
    Word,
    /// Empty, to be filled with a day by a person.
    Day,
}

/// How cells look, made once for a workbook.
pub(super) struct Looks {
    head: Format,
    text: Format,
    plain: Format,
    day: Format,
    /// Keeps a text that looks like a formula a text, also when somebody edits the cell.
    quoted: Format,
    words: Vec<(&'static str, Format)>,
}

/// The words that have a shade.
const SHADES: [(&str, u32); 9] = [
    ("critical", 0x00F8_D0D0),
    ("high", 0x00FB_E0CC),
    ("medium", 0x00FD_F0CC),
    ("fail", 0x00F8_D0D0),
    ("partial", 0x00FD_F0CC),
    ("pass", 0x00DD_F0DD),
    ("not-assessed", 0x00E0_E0E8),
    ("missing", 0x00F8_D0D0),
    ("complete", 0x00DD_F0DD),
];

impl Looks {
    pub(super) fn new() -> Self {
        let top = || Format::new().set_align(FormatAlign::Top);
        let text = || top().set_text_wrap();
        let word = |(word, shade): (&'static str, u32)| (word, top().set_background_color(shade));
        Self {
            head: text()
                .set_bold()
                .set_background_color(0x00E6_EAF0_u32)
                .set_border_bottom(FormatBorder::Thin),
            text: text(),
            plain: top(),
            day: top().set_num_format("yyyy-mm-dd"),
            quoted: text().set_quote_prefix(),
            words: SHADES.into_iter().map(word).collect(),
        }
    }
}

/// A sheet that is being filled.
pub(super) struct Sheet<'b> {
    sheet: &'b mut Worksheet,
    looks: &'b Looks,
    columns: Vec<Column>,
    /// The next row.
    row: u32,
    /// Rows that had no room.
    beyond: usize,
}

impl<'b> Sheet<'b> {
    /// A new sheet at the end of the workbook, with its header.
    pub(super) fn new(
        book: &'b mut Workbook,
        name: &str,
        columns: &[Column],
        looks: &'b Looks,
    ) -> Result<Self, XlsxError> {
        let sheet = book.add_worksheet();
        sheet.set_name(name)?;
        for (place, Column(title, width, kind)) in (0_u16..).zip(columns) {
            let look = match kind {
                Kind::Text => &looks.text,
                Kind::Line | Kind::Number | Kind::Word => &looks.plain,
                Kind::Day => &looks.day,
            };
            sheet.set_column_width(place, *width)?;
            // A look for the column is looked up once, one for each cell would be every time.
            sheet.set_column_format(place, look)?;
            sheet.write_string_with_format(0, place, *title, &looks.head)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_repeat_rows(0, 0)?;
        sheet.set_landscape();
        sheet.set_print_fit_to_pages(1, 0);
        Ok(Self { sheet, looks, columns: columns.to_vec(), row: 1, beyond: 0 })
    }

    /// Writes the next row. Cells beyond those given stay empty.
    pub(super) fn row(&mut self, cells: &[Cow<'_, str>]) -> Result<(), XlsxError> {
        if self.row >= LAST {
            self.beyond += 1;
            return Ok(());
        }
        for (place, cell) in (0_u16..).zip(cells) {
            let Some(&Column(_, _, kind)) = self.columns.get(usize::from(place)) else { break };
            let text = safe(cell);
            if text.is_empty() {
                continue;
            }
            match kind {
                Kind::Text | Kind::Line | Kind::Day => self.text(place, &text)?,
                Kind::Word => self.word(place, &text)?,
                Kind::Number => self.number(place, &text)?,
            }
        }
        self.row += 1;
        Ok(())
    }

    fn text(&mut self, place: u16, text: &str) -> Result<(), XlsxError> {
        if text.trim_start().starts_with(['=', '+', '-', '@']) {
            self.sheet.write_string_with_format(self.row, place, text, &self.looks.quoted)?;
        } else {
            self.sheet.write_string(self.row, place, text)?;
        }
        Ok(())
    }

    fn number(&mut self, place: u16, text: &str) -> Result<(), XlsxError> {
        match text.parse::<f64>() {
            Ok(number) => self.sheet.write_number(self.row, place, number).map(|_| ()),
            Err(_) => self.text(place, text),
        }
    }

    fn word(&mut self, place: u16, text: &str) -> Result<(), XlsxError> {
        let looks = self.looks;
        match looks.words.iter().find(|(word, _)| *word == text) {
            Some((_, look)) => {
                self.sheet.write_string_with_format(self.row, place, text, look).map(|_| ())
            }
            None => self.text(place, text),
        }
    }

    /// The rows that hold something, the first and the last; `None` when there is none.
    pub(super) const fn filled(&self) -> Option<(u32, u32)> {
        if self.row > 1 { Some((1, self.row - 1)) } else { None }
    }

    /// The sheet itself, for what only one sheet has.
    pub(super) fn inner(&mut self) -> &mut Worksheet {
        self.sheet
    }

    /// Sets the filter, and says how many rows had no room.
    pub(super) fn finish(self) -> Result<(), XlsxError> {
        let last_column = (0_u16..).zip(&self.columns).map(|(place, _)| place).last().unwrap_or(0);
        self.sheet.autofilter(0, 0, self.row - 1, last_column)?;
        if self.beyond > 0 {
            let text = format!("{} more rows have no room in this sheet", self.beyond);
            self.sheet.write_string(LAST, 0, text)?;
        }
        Ok(())
    }
}
