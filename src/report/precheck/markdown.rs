//! The answer as GitHub-flavoured Markdown: a comment on a pull request, or the summary of a step.

use super::room::{COMMENT, ROWS, Room};
use super::{BaselineLine, ChangeLine, Precheck, signed};
use crate::report::escape::{brief, brief_code, markdown};
use crate::report::words;
use std::io::{self, Write};

/// Characters of one text at most.
const TEXT: usize = 160;
/// GitHub refuses a summary above 1 MiB altogether; the step may have written some of it before.
const SUMMARY: usize = 900_000;

/// Writes the answer for a comment.
///
/// # Errors
/// Only those of `out`.
pub fn write(precheck: &Precheck, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(text(precheck, COMMENT).as_bytes())?;
    out.flush()
}

/// Writes the answer for the summary of a step, which takes more.
///
/// # Errors
/// Only those of `out`.
pub fn write_summary(precheck: &Precheck, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(text(precheck, SUMMARY).as_bytes())?;
    out.flush()
}

fn text(precheck: &Precheck, most: usize) -> String {
    let sign = match precheck.direction {
        "weakened" => "❌",
        "unknown" => "❔",
        // Files of another kind, or an empty list, are no approval.
        _ if precheck.changes.is_empty() => "➖",
        _ => "✅",
    };
    let verdict = match precheck.direction {
        "neutral" if precheck.changes.is_empty() => "no change found",
        direction => direction,
    };
    let changes = words::count(precheck.changes.len(), "change");
    let worse = words::count(precheck.regressions, "finding");
    let at = words::minute(precheck.at);
    let mut room = Room {
        text: format!(
            "## {sign} PIM precheck: {verdict}\n\n{changes}, {worse} worse. Data of {at}.\n\n"
        ),
        most,
    };
    let harms = precheck.harms.iter();
    room.add_all(harms.map(|harm| format!("> **Stop:** {}\n\n", brief(harm, TEXT))));
    for (place, baseline) in precheck.baselines.iter().enumerate() {
        one(baseline, precheck.together_in_words(place), &mut room);
    }
    changes_of(precheck, &mut room);
    if !precheck.ignored_waivers.is_empty() {
        room.add("Waivers that this change brings along do not count:\n\n");
        let waivers = precheck.ignored_waivers.iter();
        room.add_all(waivers.map(|waiver| format!("- {}\n", brief(waiver, TEXT))));
        room.add("\n");
    }
    room.text
}

fn one(baseline: &BaselineLine, together: Option<String>, room: &mut Room) {
    let points = baseline.points.map(|it| format!(" ({})", signed(it))).unwrap_or_default();
    let (before, after) = (baseline.before.in_words(), baseline.after.in_words());
    let together = together.map(|it| format!("; {it}")).unwrap_or_default();
    let id = markdown(&baseline.id);
    room.add(&format!("**{id}**: posture {before} → {after}{points}{together}\n\n"));
    if baseline.findings.is_empty() {
        room.add("No verdict changes.\n\n");
        return;
    }
    room.add(
        "| | points | severity | what | subject | before | after |\n\
         | --- | ---: | --- | --- | --- | --- | --- |\n",
    );
    room.add_all(baseline.findings.iter().map(|it| {
        let waived = if it.waived { ", waived" } else { "" };
        format!(
            "| {}{waived} | {} | {} | {} | {} | {} | {} |\n",
            it.direction,
            it.points_in_words(),
            it.severity.name(),
            markdown(it.title),
            brief_code(&it.name, TEXT),
            brief(&it.before.in_words(), TEXT),
            brief(&it.after.in_words(), TEXT),
        )
    }));
    room.add("\n");
}

fn changes_of(precheck: &Precheck, room: &mut Room) {
    if precheck.changes.is_empty() {
        room.add("No change was found in the files.\n\n");
        return;
    }
    if precheck.together_only {
        room.add("These are too many to judge each alone: all are judged together.\n\n");
    }
    // The end must fit as well, or what follows would be hidden with it.
    let end = "\n</details>\n\n";
    room.most = room.most.saturating_sub(end.len());
    let begun = room.add("<details><summary>What each change does</summary>\n\n");
    if begun {
        room.add_all(precheck.changes.iter().map(change));
    }
    room.most += end.len();
    if begun {
        room.text.push_str(end);
    }
}

fn change(change: &ChangeLine) -> String {
    let word = change.direction.unwrap_or("judged together");
    let place = match change.line {
        Some(line) => format!("{}:{line}", change.file),
        None => change.file.to_string(),
    };
    let (item, points) = (brief_code(&change.item, TEXT), change.points_in_words());
    let mut text = format!("- {word}{points}: {item} ({})\n", brief(&place, TEXT));
    for meaning in change.meaning.iter().take(ROWS) {
        text.push_str(&format!("  - it {}\n", brief(meaning, TEXT)));
    }
    for note in change.notes.iter().take(ROWS) {
        text.push_str(&format!("  - **{}**: {}\n", note.kind, brief(&note.text, TEXT)));
    }
    for stated in change.stated.iter().filter(|it| !it.stated.is_empty()).take(ROWS) {
        text.push_str(&format!("  - as stated: {}\n", brief(&stated.in_words(), TEXT)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::testing::precheck;
    use super::*;

    fn text(precheck: &Precheck) -> String {
        let mut out = Vec::new();
        write(precheck, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_comment_says_what_got_worse() {
        let text = text(&precheck("Contoso"));
        for part in [
            "❌ PIM precheck: weakened",
            "71.5 F → 70.2 F (-1.3)\n",
            "| weakened | -1.3 |",
            "- weakened -1.3: ",
            "as stated: at most 8 h meets",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn the_title_tells_nothing_found_from_nothing_worse() {
        for (direction, is_empty, expected) in [
            ("neutral", true, "## ➖ PIM precheck: no change found\n"),
            ("neutral", false, "## ✅ PIM precheck: neutral\n"),
            ("strengthened", false, "## ✅ PIM precheck: strengthened\n"),
            ("unknown", false, "## ❔ PIM precheck: unknown\n"),
        ] {
            let mut answer = precheck("Contoso");
            answer.direction = direction;
            if is_empty {
                answer.changes.clear();
            }
            let text = text(&answer);
            assert!(text.starts_with(expected), "{text}");
        }
    }

    #[test]
    fn what_the_changes_do_only_together_is_said() {
        let mut answer = precheck("Contoso");
        answer.baselines[0].together = Some(2.5);
        answer.changes[0].points = vec![Some(-3.75)];
        let text = text(&answer);
        let expected = "70.2 F (-1.3); of these, +2.5 only by the changes together\n";
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn nothing_a_stranger_wrote_is_markup() {
        let text = text(&precheck("<img src=x> @octocat | [x](y)\n# z"));
        for part in ["<img", "@octocat", "[x](y)", "\n# z"] {
            assert!(!text.contains(part) || text.contains(&format!("`{part}")), "{part} in {text}");
        }
    }

    #[test]
    fn a_comment_holds_it_whatever_the_answer() {
        for name in ["alma@contoso.example", "山田太郎@#[]<>|", "@a @b @c @d @e @f @g"] {
            let long = format!("{name} ").repeat(40);
            let mut answer = precheck(&long);
            let (finding, change) =
                (answer.baselines[0].findings[0].clone(), answer.changes[0].clone());
            answer.baselines[0].findings = vec![finding; 100];
            answer.changes = vec![change; 100];
            for (copies, most) in [(1, 65_536), (10, 65_536)] {
                answer.baselines = vec![answer.baselines[0].clone(); copies];
                let text = text(&answer);
                assert!(text.len() < most, "{} bytes, {copies} baselines", text.len());
                assert!(text.contains(" more have no room here."), "left out in silence");
                assert_eq!(
                    text.matches("<details>").count(),
                    text.matches("</details>").count(),
                    "{copies} baselines"
                );
            }
        }
    }
}
