//! The answer for a terminal.

use super::{ChangeLine, Verify};
use crate::report::page::{Fit, Grid, Ink, Page, Tone};
use crate::report::precheck::write_disarmed;
use crate::report::words;
use std::io::{self, Write};

/// Writes the answer for a terminal: each change, and of it what is not as planned.
///
/// # Errors
/// Only those of `out`.
pub fn write(verify: &Verify, width: usize, colour: bool, out: &mut dyn Write) -> io::Result<()> {
    write_disarmed(out, |out| draw(verify, &mut Page::new(width, colour, out)))
}

fn draw(verify: &Verify, page: &mut Page<'_>) -> io::Result<()> {
    let tenant = match &*verify.tenant_name {
        "" => verify.tenant.to_string(),
        name => format!("{name} ({})", verify.tenant),
    };
    let verdict = Ink::toned(tone(verify.verdict), verify.verdict);
    page.pairs(vec![
        ("Tenant", tenant.into()),
        ("Read", words::minute(verify.at).into()),
        ("Verdict", verdict.then(format!(", {}", verify.counted()))),
    ])?;
    page.title("CHANGES")?;
    if verify.changes.is_empty() {
        return page.paragraph("No change was found in the files.");
    }
    let mut grid = Grid::new(&[("", Fit::Content), ("", Fit::Flow)]).headless();
    for change in &verify.changes {
        one(&mut grid, change);
    }
    page.grid(&grid)
}

/// The change beside its word, and below what of it is not as planned.
fn one(grid: &mut Grid, change: &ChangeLine) {
    let share = change.share().map(|share| format!(" ({share})")).unwrap_or_default();
    let place = format!("{} {}", change.place(), change.item);
    grid.row(vec![Ink::toned(tone(change.word), change.word).then(share), place.into()]);
    let mut below = |text: String| grid.row(vec!["".into(), text.into()]);
    for part in change.others() {
        below(format!("{}: {}", part.word, part.in_words()));
    }
    for note in &change.notes {
        below(format!("{}: {}", note.kind, note.text));
    }
}

fn tone(word: &str) -> Tone {
    match word {
        "not done" | "not as planned" => Tone::Critical,
        "partly done" | "cannot be told" => Tone::Medium,
        "done" | "as planned" => Tone::Good,
        _ => Tone::Low,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::verify;
    use super::*;
    use crate::report::escape;

    fn text(name: &str, width: usize) -> String {
        let mut text = Vec::new();
        write(&verify(name), width, false, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn what_is_not_as_planned_is_told_beside_what_was_planned() {
        for width in [80, 120] {
            let text = text("Contoso", width);
            assert!(text.lines().all(|line| escape::width(line) <= width), "{text}");
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for part in [
                "not as planned, 2 changes: 1 partly done, 1 cannot be told",
                "partly done (1 of 2) plan.json:3 at /0 PATCH Contoso",
                "not done: longest of Contoso: planned at most 8 h; is at most 24 h",
                "remark: EasyPIM skips Contoso",
                "cannot be told: the change: planned not worked out; is not read",
            ] {
                assert!(flat.contains(part), "{part} in {flat}");
            }
            // What is as planned needs no line of its own.
            assert!(!flat.contains("MFA of Contoso"), "{flat}");
        }
    }

    #[test]
    fn no_name_is_a_command_of_a_build_service() {
        // Wherever a line is wrapped.
        for blanks in 0..60 {
            let text = text(&format!("{}::stop-commands::x ##vso[z]", "a ".repeat(blanks)), 60);
            assert!(text.contains("stop-commands") && !text.contains("##"), "{text}");
            assert!(text.lines().all(|line| !line.trim_start().starts_with("::")), "{text}");
        }
    }

    #[test]
    fn hostile_names_do_not_steer_the_terminal() {
        let text = text("a\u{1b}[31mb\u{202e}\nc", 100);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    }
}
