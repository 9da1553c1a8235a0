//! One page: titles, paragraphs and grids at one width, with colour or without.
//!
//! Knows nothing of what it shows. All text passes `escape` on its way in, so nothing a stranger wrote can
//! steer the terminal, and every line ends without blanks.

use super::escape;
use anstyle::{AnsiColor, Style};
use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Row, Table, TableStyle, Width,
};
use std::io::{self, Write};

/// Narrower than this no table can be read; a narrower terminal wraps the lines itself.
const NARROWEST: usize = 60;
/// Blanks between two columns.
const GAP: u16 = 2;
/// Only a line under the column names.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));

/// What a word stands for; a colour on terminals that want one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Title,
    Critical,
    High,
    Medium,
    Low,
    Good,
}

/// Ends a toned word.
const END: char = '\u{2060}';

impl Tone {
    const ALL: [Self; 6] =
        [Self::Title, Self::Critical, Self::High, Self::Medium, Self::Low, Self::Good];

    /// Begins a toned word: a character without width that `escape::terminal` never lets through, so
    /// it can only be ours. The table library aligns plain text alone; colours come after it.
    const fn mark(self) -> char {
        match self {
            Self::Title => '\u{2061}',
            Self::Critical => '\u{2062}',
            Self::High => '\u{2063}',
            Self::Medium => '\u{2064}',
            Self::Low => '\u{206a}',
            Self::Good => '\u{206b}',
        }
    }

    const fn style(self) -> Style {
        match self {
            Self::Title => Style::new().bold(),
            Self::Critical => AnsiColor::Red.on_default().bold(),
            Self::High => AnsiColor::Red.on_default(),
            Self::Medium => AnsiColor::Yellow.on_default(),
            Self::Low => AnsiColor::Cyan.on_default(),
            Self::Good => AnsiColor::Green.on_default(),
        }
    }

    fn begun_by(character: char) -> Option<Self> {
        Self::ALL.into_iter().find(|tone| tone.mark() == character)
    }
}

/// Harmless text, with marks where a tone begins and ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Ink(String);

impl Ink {
    /// One word in a tone.
    pub(super) fn toned(tone: Tone, word: &str) -> Self {
        Self(format!("{}{}{END}", tone.mark(), escape::terminal(word)))
    }

    /// More text behind it.
    #[must_use]
    pub(super) fn then(mut self, more: impl Into<Self>) -> Self {
        self.0.push_str(&more.into().0);
        self
    }
}

impl From<&str> for Ink {
    fn from(text: &str) -> Self {
        Self(escape::terminal(text).into_owned())
    }
}

impl From<String> for Ink {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

/// How wide a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// As wide as its longest cell; for short words only.
    Content,
    /// The same, to the right.
    Number,
    /// Takes what is left, and wraps.
    Flow,
    /// The same, but not narrower than its longest word: what is to be copied is not broken in two.
    Name,
    /// This many columns, and wraps.
    Columns(usize),
}

/// Rows under column names.
pub(super) struct Grid {
    columns: Vec<(String, Fit)>,
    rows: Vec<Vec<Ink>>,
    headed: bool,
    tallest: Option<usize>,
}

impl Grid {
    /// No rows yet.
    pub(super) fn new(columns: &[(&str, Fit)]) -> Self {
        let columns = columns.iter().map(|(name, fit)| ((*name).to_owned(), *fit)).collect();
        Self { columns, rows: Vec::new(), headed: true, tallest: None }
    }

    /// Leaves the column names out.
    #[must_use]
    pub(super) const fn headless(mut self) -> Self {
        self.headed = false;
        self
    }

    /// Cuts rows that would take more lines than this, with an ellipsis.
    #[must_use]
    pub(super) const fn at_most_lines(mut self, lines: usize) -> Self {
        self.tallest = Some(lines);
        self
    }

    /// One more row.
    pub(super) fn row(&mut self, cells: Vec<Ink>) {
        self.rows.push(cells);
    }

    /// True without rows.
    pub(super) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn draw(&self, width: usize) -> Table {
        let mut table = Table::new();
        table
            .force_no_tty()
            .load_style(STYLE)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(columns(width));
        if self.headed {
            table.set_header(self.columns.iter().map(|(name, _)| name.as_str()));
        }
        for cells in &self.rows {
            let mut row = Row::from(cells.iter().map(|ink| ink.0.as_str()));
            if let Some(lines) = self.tallest {
                row.max_height(lines);
            }
            table.add_row(row);
        }
        let last = self.columns.len().saturating_sub(1);
        for (column, (_, fit)) in table.column_iter_mut().zip(&self.columns) {
            let gap = if column.index == last { 0 } else { GAP };
            column.set_padding((0, gap));
            match fit {
                Fit::Content => {
                    column.set_constraint(ColumnConstraint::ContentWidth);
                }
                Fit::Number => {
                    column.set_constraint(ColumnConstraint::ContentWidth);
                    column.set_cell_alignment(CellAlignment::Right);
                }
                Fit::Flow => {}
                Fit::Name => {
                    let words = self.rows.iter().filter_map(|cells| cells.get(column.index));
                    let words = words.flat_map(|ink| ink.0.split_whitespace());
                    let longest = words.max_by_key(|word| word.chars().count());
                    // Two of these leave room for a third column.
                    let content = longest.map_or(0, escape::width).min(width * 2 / 5);
                    let least = Width::Fixed(columns(content).saturating_add(gap));
                    column.set_constraint(ColumnConstraint::LowerBoundary(least));
                }
                Fit::Columns(content) => {
                    let absolute = Width::Fixed(columns(*content).saturating_add(gap));
                    column.set_constraint(ColumnConstraint::Absolute(absolute));
                }
            }
        }
        table
    }
}

fn columns(width: usize) -> u16 {
    u16::try_from(width).unwrap_or(u16::MAX)
}

/// Where the report is written.
pub(super) struct Page<'a> {
    out: &'a mut dyn Write,
    width: usize,
    colour: bool,
    blank: bool,
}

impl<'a> Page<'a> {
    /// An empty page.
    pub(super) fn new(width: usize, colour: bool, out: &'a mut dyn Write) -> Self {
        Self { out, width: width.max(NARROWEST), colour, blank: true }
    }

    /// Columns of a line.
    pub(super) const fn width(&self) -> usize {
        self.width
    }

    /// A blank line, unless there is one already.
    pub(super) fn blank(&mut self) -> io::Result<()> {
        if self.blank {
            return Ok(());
        }
        self.blank = true;
        self.out.write_all(b"\n")
    }

    /// A section begins.
    pub(super) fn title(&mut self, title: &str) -> io::Result<()> {
        self.blank()?;
        self.paragraph(Ink::toned(Tone::Title, title))
    }

    /// Text, wrapped at blanks.
    pub(super) fn paragraph(&mut self, text: impl Into<Ink>) -> io::Result<()> {
        let mut grid = Grid::new(&[("", Fit::Flow)]).headless();
        grid.row(vec![text.into()]);
        self.grid(&grid)
    }

    /// Labels with a text each.
    pub(super) fn pairs(&mut self, pairs: Vec<(&str, Ink)>) -> io::Result<()> {
        let mut grid = Grid::new(&[("", Fit::Content), ("", Fit::Flow)]).headless();
        for (label, text) in pairs {
            grid.row(vec![label.into(), text]);
        }
        self.grid(&grid)
    }

    /// Rows under column names.
    pub(super) fn grid(&mut self, grid: &Grid) -> io::Result<()> {
        for line in grid.draw(self.width).lines() {
            self.print(&line)?;
        }
        Ok(())
    }

    /// Rows of one line each, some with a heading before them; the places count from 0.
    pub(super) fn grouped(&mut self, grid: Grid, headings: &[(usize, Ink)]) -> io::Result<()> {
        let rows = grid.rows.len();
        let lines: Vec<String> = grid.at_most_lines(1).draw(self.width).lines().collect();
        let head = lines.len().saturating_sub(rows);
        let mut headings = headings.iter().peekable();
        for (place, line) in lines.iter().enumerate() {
            while let Some((_, heading)) = headings.next_if(|(row, _)| row + head == place) {
                if place > head {
                    self.blank()?;
                }
                self.paragraph(heading.clone())?;
            }
            self.print(line)?;
        }
        Ok(())
    }

    /// Lines to copy: never wrapped.
    pub(super) fn verbatim(&mut self, line: &str) -> io::Result<()> {
        let line = escape::terminal(line);
        self.print(&line)
    }

    fn print(&mut self, line: &str) -> io::Result<()> {
        self.blank = false;
        let line = line.trim_end();
        if line.is_ascii() {
            return writeln!(self.out, "{line}");
        }
        let mut text = String::with_capacity(line.len());
        let mut open: Option<Style> = None;
        for character in line.chars() {
            if character == END {
                close(&mut text, &mut open);
            } else if let Some(tone) = Tone::begun_by(character) {
                if self.colour {
                    let style = tone.style();
                    text.push_str(&style.render().to_string());
                    open = Some(style);
                }
            } else {
                text.push(character);
            }
        }
        // A toned text that was wrapped or cut must not colour what comes after.
        close(&mut text, &mut open);
        writeln!(self.out, "{text}")
    }
}

fn close(text: &mut String, open: &mut Option<Style>) {
    if let Some(style) = open.take() {
        text.push_str(&style.render_reset().to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(colour: bool, draw: impl FnOnce(&mut Page<'_>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        draw(&mut Page::new(80, colour, &mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_tone_is_an_escape_code_only_where_colour_is_wanted() {
        let draw = |page: &mut Page<'_>| {
            page.paragraph(
                Ink::from("it is ").then(Ink::toned(Tone::Critical, "bad")).then(", really"),
            )
        };
        assert_eq!(printed(false, draw), "it is bad, really\n");
        assert_eq!(printed(true, draw), "it is \u{1b}[1m\u{1b}[31mbad\u{1b}[0m, really\n");
    }

    #[test]
    fn a_stranger_cannot_bring_a_tone_of_its_own() {
        let mark = Tone::Good.mark();
        let text =
            printed(true, |page| page.paragraph(format!("{mark}green{END} \u{1b}[32mgreen")));
        assert_eq!(text, "green [32mgreen\n");
    }

    #[test]
    fn toned_words_do_not_shift_the_columns() {
        let text = printed(false, |page| {
            let mut grid = Grid::new(&[("severity", Fit::Content), ("what", Fit::Flow)]);
            grid.row(vec![Ink::toned(Tone::Critical, "critical"), "one".into()]);
            grid.row(vec![Ink::toned(Tone::Low, "low"), "two".into()]);
            page.grid(&grid)
        });
        assert_eq!(text, "severity  what\n──────────────\ncritical  one\nlow       two\n");
    }

    #[test]
    fn a_row_is_cut_where_it_would_grow_too_tall() {
        let text = printed(false, |page| {
            let mut grid = Grid::new(&[("", Fit::Flow)]).headless().at_most_lines(2);
            grid.row(vec!["word ".repeat(100).into()]);
            page.grid(&grid)
        });
        assert_eq!(text.lines().count(), 2);
        assert!(text.ends_with("…\n"), "{text}");
    }

    #[test]
    fn headings_stand_before_their_rows() {
        let text = printed(false, |page| {
            let mut grid = Grid::new(&[("what", Fit::Flow)]);
            for row in ["one", "two", "three"] {
                grid.row(vec![row.into()]);
            }
            page.grouped(grid, &[(0, "FIRST".into()), (2, "SECOND".into())])
        });
        assert_eq!(text, "what\n─────\nFIRST\none\ntwo\n\nSECOND\nthree\n");
    }

    #[test]
    fn a_narrow_terminal_gets_the_narrowest_page() {
        let mut out = Vec::new();
        let mut page = Page::new(10, false, &mut out);
        assert_eq!(page.width(), NARROWEST);
        page.paragraph("word ".repeat(40)).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().all(|line| escape::width(line) <= NARROWEST), "{text}");
    }

    #[test]
    fn two_blank_lines_never_follow_each_other() {
        let text = printed(false, |page| {
            page.title("ONE")?;
            page.blank()?;
            page.title("TWO")
        });
        assert_eq!(text, "ONE\n\nTWO\n");
    }
}
