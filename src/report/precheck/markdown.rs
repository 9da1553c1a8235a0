//! The answer as GitHub-flavoured Markdown, made for a comment on a pull request.

use super::{BaselineLine, Precheck, signed};
use crate::report::escape::{brief, brief_code, markdown};
use crate::report::words;
use std::io::{self, Write};

/// Rows of one table at most; GitHub takes 65,536 characters of a comment.
const ROWS: usize = 40;
/// Characters of one text at most.
const TEXT: usize = 160;

/// Writes the answer.
///
/// # Errors
/// Only those of `out`.
pub fn write(precheck: &Precheck, out: &mut dyn Write) -> io::Result<()> {
    let sign = match precheck.direction {
        "weakened" => "❌",
        "unknown" => "❔",
        _ => "✅",
    };
    writeln!(out, "## {sign} PIM precheck: {}\n", precheck.direction)?;
    let changes = words::count(precheck.changes.len(), "change");
    let worse = words::count(precheck.regressions, "finding");
    let at = words::minute(precheck.at);
    writeln!(out, "{changes}, {worse} worse. Data of {at}.\n")?;
    for harm in &precheck.harms {
        writeln!(out, "> **Stop:** {}\n", brief(harm, TEXT))?;
    }
    for baseline in &precheck.baselines {
        one(baseline, out)?;
    }
    changes_of(precheck, out)?;
    if !precheck.ignored_waivers.is_empty() {
        writeln!(out, "Waivers that this change brings along do not count:\n")?;
        for waiver in precheck.ignored_waivers.iter().take(ROWS) {
            writeln!(out, "- {}", brief(waiver, TEXT))?;
        }
        more(precheck.ignored_waivers.len(), out)?;
        writeln!(out)?;
    }
    out.flush()
}

fn more(count: usize, out: &mut dyn Write) -> io::Result<()> {
    match count.saturating_sub(ROWS) {
        0 => Ok(()),
        rest => writeln!(out, "\n{rest} more have no room here."),
    }
}

fn one(baseline: &BaselineLine, out: &mut dyn Write) -> io::Result<()> {
    let points = baseline.points.map(|it| format!(" ({})", signed(it))).unwrap_or_default();
    let (before, after) = (baseline.before.in_words(), baseline.after.in_words());
    writeln!(out, "**{}**: posture {before} → {after}{points}\n", markdown(&baseline.id))?;
    if baseline.findings.is_empty() {
        return writeln!(out, "No verdict changes.\n");
    }
    writeln!(out, "| | points | severity | what | subject | before | after |")?;
    writeln!(out, "| --- | ---: | --- | --- | --- | --- | --- |")?;
    for it in baseline.findings.iter().take(ROWS) {
        let waived = if it.waived { ", waived" } else { "" };
        writeln!(
            out,
            "| {}{waived} | {} | {} | {} | {} | {} | {} |",
            it.direction,
            signed(it.points),
            it.severity.name(),
            markdown(it.title),
            brief_code(&it.name, TEXT),
            brief(&it.before.in_words(), TEXT),
            brief(&it.after.in_words(), TEXT),
        )?;
    }
    more(baseline.findings.len(), out)?;
    writeln!(out)
}

fn changes_of(precheck: &Precheck, out: &mut dyn Write) -> io::Result<()> {
    if precheck.changes.is_empty() {
        return writeln!(out, "Nothing in the files changes PIM.\n");
    }
    writeln!(out, "<details><summary>What each change does</summary>\n")?;
    for change in precheck.changes.iter().take(ROWS) {
        let word = change.direction.unwrap_or("judged together");
        let place = match change.line {
            Some(line) => format!("{}:{line}", change.file),
            None => change.file.to_string(),
        };
        let item = brief_code(&change.item, TEXT);
        writeln!(out, "- {word}: {item} ({})", brief(&place, TEXT))?;
        for meaning in change.meaning.iter().take(ROWS) {
            writeln!(out, "  - it {}", brief(meaning, TEXT))?;
        }
        for note in change.notes.iter().take(ROWS) {
            writeln!(out, "  - **{}**: {}", note.kind, brief(&note.text, TEXT))?;
        }
    }
    more(precheck.changes.len(), out)?;
    writeln!(out, "\n</details>\n")
}

#[cfg(test)]
mod tests {
    use super::super::testing::precheck;
    use super::*;

    fn text(name: &str) -> String {
        let mut out = Vec::new();
        write(&precheck(name), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_comment_says_what_got_worse() {
        let text = text("Contoso");
        for part in ["❌ PIM precheck: weakened", "71.5 F → 70.2 F (-1.3)", "| weakened | -1.3 |"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn nothing_a_stranger_wrote_is_markup() {
        let text = text("<img src=x> @octocat | [x](y)\n# z");
        for part in ["<img", "@octocat", "[x](y)", "\n# z"] {
            assert!(!text.contains(part) || text.contains(&format!("`{part}")), "{part} in {text}");
        }
    }
}
