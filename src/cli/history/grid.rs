//! Cells under column names, for a terminal. What a cell says is made harmless here.

use crate::report::escape;
use std::io::{self, Write};

/// On which side of its column a cell stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// Blanks between two columns.
const GAP: usize = 2;

/// Writes rows, each as many cells as there are columns; a line that is wider than the terminal is cut.
pub(super) fn write(
    columns: &[(&str, Side)],
    rows: &[Vec<String>],
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let heading: Vec<String> = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    let lines: Vec<Vec<String>> = std::iter::once(&heading)
        .chain(rows)
        .map(|row| row.iter().map(|cell| escape::terminal(cell).into_owned()).collect())
        .collect();
    let widths: Vec<usize> = (0..columns.len())
        .map(|column| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells.map(|cell| escape::width(cell)).max().unwrap_or_default()
        })
        .collect();
    for line in &lines {
        let mut text = String::new();
        for ((cell, widest), (_, side)) in line.iter().zip(&widths).zip(columns) {
            let missing = " ".repeat(widest.saturating_sub(escape::width(cell)));
            match side {
                Side::Left => text.extend([cell.as_str(), missing.as_str()]),
                Side::Right => text.extend([missing.as_str(), cell.as_str()]),
            }
            text.push_str(&" ".repeat(GAP));
        }
        writeln!(out, "{}", escape::shorten(text.trim_end(), width))?;
    }
    Ok(())
}

/// Writes labels with a text each, which is wrapped at blanks where it is too wide.
pub(super) fn pairs(pairs: &[(&str, String)], width: usize, out: &mut dyn Write) -> io::Result<()> {
    let widest = pairs.iter().map(|(label, _)| label.len()).max().unwrap_or_default();
    for (label, text) in pairs {
        let mut line = format!("{label:widest$}");
        let mut room = 0;
        for word in escape::terminal(text).split_whitespace() {
            let columns = escape::width(word) + 1;
            if room < columns && line.len() > widest {
                writeln!(out, "{line}")?;
                line = " ".repeat(widest);
            }
            if line.len() == widest {
                room = width.saturating_sub(widest + 1);
                line.push(' ');
            }
            line.push(' ');
            line.push_str(word);
            room = room.saturating_sub(columns);
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(columns: &[(&str, Side)], rows: &[&[&str]], width: usize) -> String {
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|&cell| cell.to_owned()).collect()).collect();
        let mut out = Vec::new();
        write(columns, &rows, width, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cells_stand_under_their_names() {
        let columns = [("run", Side::Right), ("baseline", Side::Left), ("x", Side::Left)];
        let rows: [&[&str]; 2] = [&["1", "recommended", ""], &["12", "ß", "y\u{1b}[2J"]];
        assert_eq!(
            written(&columns, &rows, 80),
            "run  baseline     x\n  1  recommended\n 12  ß            y[2J\n"
        );
        assert_eq!(written(&columns[..2], &[], 80), "run  baseline\n");
    }

    #[test]
    fn a_long_line_is_cut() {
        let columns = [("a", Side::Left), ("b", Side::Left)];
        let text = written(&columns, &[&["one", "two three four"]], 10);
        assert_eq!(text, "a    b\none  two…\n");
    }

    #[test]
    fn a_long_text_is_wrapped_beside_its_label() {
        let pairs = [
            ("Run", "1".to_owned()),
            ("Tenant", "one two three\u{202e} four five".to_owned()),
            ("None", String::new()),
            ("Long", "0123456789012345678901 x".to_owned()),
        ];
        let mut out = Vec::new();
        super::pairs(&pairs, 20, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "Run     1\nTenant  one two\n        three four\n        five\nNone\n\
             Long    0123456789012345678901\n        x\n"
        );
    }
}
