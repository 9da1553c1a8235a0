//! The answer as GitHub-flavoured Markdown: a comment on a pull request after it was merged.

use super::{ChangeLine, Verify};
use crate::report::escape::{brief, brief_code};
use crate::report::precheck::room::{COMMENT, Room};
use crate::report::words;
use std::io::{self, Write};

/// Characters of one text at most.
const TEXT: usize = 160;

/// Writes the answer for a comment.
///
/// # Errors
/// Only those of `out`.
pub fn write(verify: &Verify, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(text(verify).as_bytes())?;
    out.flush()
}

fn text(verify: &Verify) -> String {
    let sign = match verify.verdict {
        "not as planned" => "❌",
        "cannot be told" => "❔",
        _ => "✅",
    };
    let at = words::minute(verify.at);
    let mut room = Room {
        text: format!(
            "## {sign} PIM verify: {}\n\n{}. Data of {at}.\n\n",
            verify.verdict,
            verify.counted()
        ),
        most: COMMENT,
    };
    // What is not as planned stands first, whatever the order of the changes.
    let (rest, wrong): (Vec<&ChangeLine>, Vec<&ChangeLine>) =
        verify.changes.iter().partition(|change| change.others().next().is_none());
    if !wrong.is_empty() {
        room.add(
            "| change | | what | planned | is |\n\
             | --- | --- | --- | --- | --- |\n",
        );
        let rows: Vec<String> = wrong.iter().flat_map(|change| rows(change)).collect();
        room.add_all(rows.into_iter());
        room.add("\n");
    }
    room.add_all(rest.iter().map(|change| format!("- {}: {}\n", change.word, item(change))));
    let notes: Vec<String> = verify.changes.iter().flat_map(notes).collect();
    if !notes.is_empty() {
        room.add("\n");
        room.add_all(notes.into_iter());
    }
    room.text
}

/// Each thing that is not as planned.
fn rows(change: &ChangeLine) -> Vec<String> {
    let others = change.others().map(|part| {
        format!(
            "| {} | {} | {} | {} | {} |\n",
            item(change),
            part.word,
            brief(&part.what, TEXT),
            brief(&part.planned, TEXT),
            brief(&part.is, TEXT),
        )
    });
    others.collect()
}

fn notes(change: &ChangeLine) -> Vec<String> {
    let notes = change.notes.iter();
    notes
        .map(|note| format!("- **{}**, {}: {}\n", note.kind, item(change), brief(&note.text, TEXT)))
        .collect()
}

fn item(change: &ChangeLine) -> String {
    let place = match change.line {
        Some(line) => format!("{}:{line}", change.file),
        None => change.file.to_string(),
    };
    format!("{} ({})", brief_code(&change.item, TEXT), brief(&place, TEXT))
}

#[cfg(test)]
mod tests {
    use super::super::testing::verify;
    use super::*;

    #[test]
    fn what_is_not_as_planned_is_a_row() {
        let mut answer = verify("Contoso");
        let mut done = answer.changes[0].clone();
        done.parts.truncate(1);
        done.word = "done";
        done.notes.clear();
        answer.changes.push(done);
        let text = text(&answer);
        for part in [
            "## ❌ PIM verify: not as planned\n\n3 changes",
            "| not done | longest of Contoso | at most 8 h | at most 24 h |\n",
            "| cannot be told | the change | not worked out | not read |\n",
            "\n- done: `PATCH Contoso` (plan.json:3)\n",
            "- **remark**, `PATCH Contoso` (plan.json:3): EasyPIM skips Contoso\n",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("MFA of"), "{text}");
    }

    #[test]
    fn nothing_a_stranger_wrote_is_markup() {
        let text = text(&verify("<img src=x> @octocat | [x](y)\n# z"));
        for part in ["<img", "@octocat", "[x](y)", "\n# z"] {
            assert!(!text.contains(part) || text.contains(&format!("`{part}")), "{part} in {text}");
        }
    }

    #[test]
    fn a_comment_holds_it_whatever_the_answer() {
        for name in ["alma@contoso.example", "山田太郎@#[]<>|"] {
            let mut answer = verify(&format!("{name} ").repeat(40));
            answer.changes = vec![answer.changes[0].clone(); 500];
            let text = text(&answer);
            assert!(text.len() < 65_536, "{} bytes", text.len());
            assert!(text.contains(" more have no room here."), "left out in silence");
        }
    }
}
