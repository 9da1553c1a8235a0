//! Names come from strangers: they are made harmless here for wherever they are shown.
//!
//! One function a format, one table of cases each. What a text says is decided elsewhere.

mod html;
mod markdown;
mod sarif;
mod workflow;
mod xml;

pub(super) use html::html;
pub use markdown::markdown;
pub(super) use markdown::{brief, brief_code};
pub(super) use sarif::sarif_message;
pub(super) use workflow::{workflow_data, workflow_property};
pub(super) use xml::xml;

use comfy_table::Table;
use std::borrow::Cow;

/// Marks a text that was cut.
const ELLIPSIS: char = '…';

/// Text that is safe to print in a terminal, on one line.
///
/// Control characters (C0, escape, delete, C1), marks that turn the writing direction and other
/// invisible characters are left out; line ends and tabs become a blank. The two joiners that emoji
/// and several scripts need stay.
pub fn terminal(text: &str) -> Cow<'_, str> {
    if text.chars().all(|character| fate(character) == Fate::Keep) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match fate(character) {
            Fate::Keep => safe.push(character),
            Fate::Blank => safe.push(' '),
            Fate::Drop => {}
        }
    }
    Cow::Owned(safe)
}

/// True for a character that could steer a terminal or hide there.
pub(super) fn steers(character: char) -> bool {
    fate(character) != Fate::Keep
}

/// What happens to a character on its way to a terminal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Keep,
    Blank,
    Drop,
}

const fn fate(character: char) -> Fate {
    match character {
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::Blank,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Fate::Drop,
        // Soft hyphen, zero-width blank and byte order mark.
        '\u{ad}' | '\u{200b}' | '\u{feff}' => Fate::Drop,
        // Direction: marks, embeddings, overrides and isolates.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' => Fate::Drop,
        // Invisible operators, isolates and retired format characters. Some of them are free for our
        // own use because of this: see `page`.
        '\u{2060}'..='\u{206f}' => Fate::Drop,
        // Interlinear marks and tags.
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => Fate::Drop,
        _ => Fate::Keep,
    }
}

/// Columns a text takes in a terminal, by the ruler of the library that draws the tables.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    let mut ruler = Table::new();
    ruler.add_row([text]);
    ruler.column_max_content_widths().first().map_or(0, |&columns| usize::from(columns))
}

/// The text cut to at most `limit` columns, with an ellipsis where something is missing.
///
/// Cuts between characters only, and never leaves a blank before the ellipsis.
pub fn shorten(text: &str, limit: usize) -> Cow<'_, str> {
    if width(text) <= limit {
        return Cow::Borrowed(text);
    }
    let room = limit.saturating_sub(1);
    let mut end = 0;
    // A mark without width costs a character but no column: bound both.
    for (start, character) in text.char_indices().take(limit.saturating_mul(8)) {
        let next = start + character.len_utf8();
        if width(&text[..next]) > room {
            break;
        }
        end = next;
    }
    let mut short = text[..end].trim_end().to_owned();
    if limit > 0 {
        short.push(ELLIPSIS);
    }
    Cow::Owned(short)
}

/// A name from the directory, safe for a terminal and at most `limit` columns wide.
pub fn name(text: &str, limit: usize) -> String {
    shorten(&terminal(text), limit).into_owned()
}

/// A CSV cell that is safe to print, and that no spreadsheet takes for a formula.
///
/// One whose first character that is not blank is `=`, `+`, `-` or `@`, full-width ones too, and
/// one that starts with a tab or a carriage return, gets a leading apostrophe. Quoting belongs to
/// the CSV writer.
pub fn csv_cell(text: &str) -> Cow<'_, str> {
    let safe = terminal(text);
    // Judged as it is printed: what was left out in front may have hidden the sign.
    let signs = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    if safe.trim_start().starts_with(signs) || text.starts_with(['\t', '\r']) {
        Cow::Owned(format!("'{safe}"))
    } else {
        safe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_stranger_wrote_steers_the_terminal() {
        for (text, expected) in [
            ("Alma Lind", "Alma Lind"),
            ("", ""),
            ("Zoë 山田 Ω", "Zoë 山田 Ω"),
            ("red \u{1b}[31malert\u{1b}[0m", "red [31malert[0m"),
            ("bell\u{7}null\0delete\u{7f}", "bellnulldelete"),
            ("c1 \u{9b}31m \u{9d}title\u{9c}", "c1 31m title"),
            ("two\nlines\r\nand\ttabs", "two lines  and tabs"),
            ("next\u{85}line\u{2028}paragraph\u{2029}end", "next line paragraph end"),
            ("abc\u{202e}fdp.exe", "abcfdp.exe"),
            ("\u{202a}\u{202b}\u{202c}\u{202d}a", "a"),
            ("\u{2066}\u{2067}\u{2068}\u{2069}a", "a"),
            ("\u{200e}\u{200f}\u{61c}a", "a"),
            ("zero\u{200b}width\u{feff}\u{2060}\u{2061}\u{ad}", "zerowidth"),
            ("tag\u{e0041}", "tag"),
            ("family 👩\u{200d}👧", "family 👩\u{200d}👧"),
        ] {
            assert_eq!(terminal(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_shortened_text_fits_and_says_so() {
        for (text, limit, expected) in [
            ("short", 5, "short"),
            ("longer", 5, "long…"),
            ("blank here", 7, "blank…"),
            ("山田太郎", 8, "山田太郎"),
            ("山田太郎", 7, "山田太…"),
            ("山田太郎", 6, "山田…"),
            ("a山", 2, "a…"),
            ("Zoë Ångström", 4, "Zoë…"),
            ("anything", 1, "…"),
            ("anything", 0, ""),
        ] {
            let short = shorten(text, limit);
            assert_eq!(short, expected, "{text} in {limit}");
            assert!(width(&short) <= limit, "{short} is wider than {limit}");
        }
    }

    #[test]
    fn many_marks_on_one_letter_are_cut_too() {
        let tall = format!("a{}", "\u{301}".repeat(5000)) + "bcdefgh";
        let short = shorten(&tall, 4);
        assert!(width(&short) <= 4);
        assert!(short.chars().count() <= 33, "{} characters", short.chars().count());
    }

    #[test]
    fn wide_characters_take_two_columns() {
        for (text, expected) in [("", 0), ("abc", 3), ("é", 1), ("山", 2), ("a山b", 4)] {
            assert_eq!(width(text), expected, "{text}");
        }
    }

    #[test]
    fn no_csv_cell_starts_a_formula() {
        for (text, expected) in [
            ("Alma Lind", "Alma Lind"),
            ("", ""),
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1+1", "'＝1+1"),
            ("＋49 30", "'＋49 30"),
            ("－2", "'－2"),
            ("＠SUM(A1)", "'＠SUM(A1)"),
            ("\u{3000}＝1", "'\u{3000}＝1"),
            ("\u{200b}＋1", "'＋1"),
            ("a＝b", "a＝b"),
            ("\t=1", "' =1"),
            ("\r=1", "' =1"),
            ("\n=1", "' =1"),
            ("\ttext", "' text"),
            ("\rtext", "' text"),
            ("  =1", "'  =1"),
            ("\u{a0}@SUM(A1)", "'\u{a0}@SUM(A1)"),
            ("\0=1", "'=1"),
            ("\u{1b}=1", "'=1"),
            ("\u{200b}+1", "'+1"),
            ("\u{202e}-1", "'-1"),
            ("\u{9b}=1", "'=1"),
            ("red \u{1b}[31m\0\u{9b}\u{202e}", "red [31m"),
            ("two\nlines", "two lines"),
            ("alma@contoso.example", "alma@contoso.example"),
            ("a=b", "a=b"),
            ("'quoted", "'quoted"),
        ] {
            assert_eq!(csv_cell(text), expected, "{text:?}");
        }
    }
}
