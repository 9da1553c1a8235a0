//! The differences as GitHub-flavoured Markdown for a chat message or a pull request: short.
//!
//! Bounded in bytes; what has no room is counted, never left out in silence.

use super::table::weakest_first;
use super::{ChangeLine, Compared, DiffReport, MoveLine, Standing, signed, whose};
use crate::report::escape::{brief, brief_code};
use crate::report::words;
use std::io::{self, Write};

/// Bytes of the whole, but for the lines that say what had no room. A comment holds 65,536 characters.
const LIMIT: usize = 40_000;
/// Bytes that are kept for what comes after the tables of baselines.
const KEPT: usize = 12_000;
/// Characters of a name at most.
const NAME: usize = 60;
/// Characters of a text at most.
const TEXT: usize = 200;
/// Characters of what is never compared.
const BEYOND: usize = 2_000;
/// Rows of one table.
const ROWS: usize = 20;
/// Names in a list of names.
const NAMES: usize = 3;
/// Baselines that are shown.
const BASELINES: usize = 8;

/// Writes the differences. The same ones give the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write(diff: &DiffReport, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { text: String::new(), limit: LIMIT - KEPT };
    head(&mut page, diff);
    for compared in diff.baselines.iter().take(BASELINES) {
        baseline(&mut page, compared);
    }
    page.more(diff.baselines.len().saturating_sub(BASELINES), "baseline");
    page.limit = LIMIT;
    changes(&mut page, diff);
    activations(&mut page, diff);
    unreadable(&mut page, diff);
    if !diff.not_compared.is_empty() {
        let words = brief(&diff.not_compared.join("; "), BEYOND);
        page.line(&format!("Never compared: {words}."));
    }
    out.write_all(page.text.trim_end().as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

/// The text as it grows: lines are always written, rows only where there is room.
struct Page {
    text: String,
    limit: usize,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push_str("\n\n");
    }

    /// Cells hold Markdown.
    fn table<const CELLS: usize>(
        &mut self,
        head: [&str; CELLS],
        number: usize,
        noun: &str,
        rows: impl Iterator<Item = [String; CELLS]>,
    ) {
        let top = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(CELLS));
        let mut shown = 0;
        for row in rows.take(ROWS) {
            let row = format!("| {} |\n", row.join(" | "));
            let needed = row.len() + if shown == 0 { top.len() } else { 0 };
            if self.text.len() + needed > self.limit {
                break;
            }
            if shown == 0 {
                self.text.push_str(&top);
            }
            self.text.push_str(&row);
            shown += 1;
        }
        if shown > 0 {
            self.text.push('\n');
        }
        self.more(number.saturating_sub(shown), noun);
    }

    /// Says how many more there are, where there are more.
    fn more(&mut self, number: usize, noun: &str) {
        if number > 0 {
            self.line(&format!("{} more: see `--format json`.", words::count(number, noun)));
        }
    }
}

fn head(page: &mut Page, diff: &DiffReport) {
    let tenant = match &*diff.tenant_name {
        "" => brief_code(&diff.tenant, NAME),
        name => brief(name, NAME),
    };
    page.line(&format!("## PIM changes in {tenant}"));
    let (old, new) = (words::minute(diff.old.at), words::minute(diff.new.at));
    page.line(&format!("From {old} to {new}."));
    if let Some(warning) = diff.warning() {
        page.line(&format!("**{warning}.**"));
    }
    if !diff.changes.is_empty() {
        page.line(&format!("Audit log: {}.", brief(&diff.log.in_words(), 2 * TEXT)));
    }
    if let Some(nothing) = diff.nothing() {
        page.line(&format!("**{nothing}**"));
    }
}

fn standing(standing: &Standing) -> String {
    match (standing.posture, &standing.grade) {
        (Some(posture), Some(grade)) => format!("{posture:.1} {grade}"),
        (Some(posture), None) => format!("{posture:.1}, not graded"),
        (None, _) => "nothing judged".to_owned(),
    }
}

fn baseline(page: &mut Page, compared: &Compared) {
    let split = &compared.split;
    let (old, new) = (standing(&compared.old), standing(&compared.new));
    let difference = split.difference.map_or_else(String::new, |it| format!(" ({})", signed(it)));
    let scope = split.scope.map_or_else(String::new, |scope| {
        format!(", {} of what was read, came, went or was waived", signed(scope))
    });
    page.line(&format!("### {}", brief_code(&compared.id, NAME)));
    page.line(&format!(
        "**{old} -> {new}{difference}**: {} of what was judged in both{scope}.",
        signed(split.common)
    ));
    let rows = split
        .checks
        .iter()
        .map(|part| [signed(part.points), brief_code(&part.check, NAME), brief(&part.kind, NAME)]);
    page.table(["points", "check", "of"], split.checks.len(), "check", rows);
    for (title, lines) in [
        ("Regressions", &compared.regressions),
        ("New subjects", &compared.new_subjects),
        ("Fixes", &compared.fixes),
        ("Vanished subjects", &compared.vanished_subjects),
    ] {
        moves(page, title, lines);
    }
    let (unreadable, readable) = (compared.became_unreadable.len(), compared.became_readable.len());
    if unreadable + readable > 0 {
        page.line(&format!(
            "{unreadable} could not be judged now, and {readable} can be or are gone: no change."
        ));
    }
}

fn moves(page: &mut Page, title: &str, lines: &[MoveLine]) {
    if lines.is_empty() {
        return;
    }
    page.line(&format!("**{title}: {}**", lines.len()));
    let rows = lines.iter().map(|line| {
        [
            line.severity.name().to_owned(),
            brief(line.title, NAME),
            brief_code(&line.name, NAME),
            brief(&line.happened(), TEXT),
        ]
    });
    page.table(["severity", "what", "on", "then -> now"], lines.len(), "finding", rows);
}

fn changes(page: &mut Page, diff: &DiffReport) {
    if diff.changes.is_empty() {
        return;
    }
    page.line(&format!("### What changed: {}", diff.changes.len()));
    let cells = |line: &ChangeLine| {
        [
            line.direction.to_owned(),
            line.holder.as_deref().map_or_else(String::new, |holder| brief_code(holder, NAME)),
            brief(&line.name, NAME),
            brief(&line.happened(), TEXT),
        ]
    };
    let (lines, number) = (weakest_first(&diff.changes).into_iter(), diff.changes.len());
    if diff.log.is_unread() {
        let head = ["direction", "who", "where", "what"];
        page.table(head, number, "change", lines.map(cells));
    } else {
        let head = ["direction", "who", "where", "what", "made by"];
        let rows = lines.map(|line| {
            let [direction, who, place, what] = cells(line);
            let made = line.who_words().map_or_else(String::new, |made| brief(&made, TEXT));
            [direction, who, place, what, made]
        });
        page.table(head, number, "change", rows);
    }
}

fn activations(page: &mut Page, diff: &DiffReport) {
    let started = diff.activations.iter().filter(|line| line.started).count();
    let ended = diff.activations.len() - started;
    if started + ended > 0 {
        page.line(&format!(
            "{} started and {ended} ended: the use of an eligibility, no change.",
            words::count(started, "activation")
        ));
    }
    let rows = diff.activations.iter().map(|line| {
        [
            if line.started { "started" } else { "ended" }.to_owned(),
            brief_code(&line.holder, NAME),
            brief(&line.name, NAME),
            line.when(),
        ]
    });
    page.table(["", "who", "what", "when"], diff.activations.len(), "activation", rows);
}

fn unreadable(page: &mut Page, diff: &DiffReport) {
    if diff.unreadable.is_empty() {
        return;
    }
    page.line("### Not read, so not compared");
    let rows = diff.unreadable.iter().map(|line| {
        [line.side().to_owned(), brief(&whose(line, NAMES), TEXT), brief(&line.why(), TEXT)]
    });
    page.table(["in", "what", "why"], diff.unreadable.len(), "reason", rows);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{change, empty, full, moved, who};
    use super::*;

    fn written(diff: &DiffReport) -> String {
        let mut out = Vec::new();
        write(diff, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_message_holds_it_whatever_changed() {
        for name in ["ana@contoso.example", "山田太郎@#[]<>|", "@a @b @c @d @e @f @g"] {
            let mut diff = full(&name.repeat(30));
            for baseline in &mut diff.baselines {
                let line = || moved(&name.repeat(30), Some("pass"), Some("fail"));
                baseline.regressions = (0..500).map(|_| line()).collect();
                baseline.fixes = (0..500).map(|_| line()).collect();
            }
            diff.changes = (0..500)
                .map(|_| change(&name.repeat(30), Some(&name.repeat(90)), Some("10 h")))
                .collect();
            for copies in [1, 3, 40] {
                diff.baselines = vec![diff.baselines[0].clone(); copies];
                let text = written(&diff);
                assert!(text.len() < 60_000, "{} bytes, {copies} baselines", text.len());
                assert!(text.contains(" more: see"), "something was left out in silence");
            }
        }
    }

    #[test]
    fn hostile_names_stay_names() {
        for name in
            ["<script>alert(1)</script>", "![x](https://evil.example/x.png)", "a | b\n\n# c"]
        {
            let text = written(&full(name));
            assert!(!text.contains("\n# c"), "{text}");
            // Within code nothing means anything.
            let outside: String = text.split('`').step_by(2).collect();
            assert!(!outside.contains("<script>") && !outside.contains("![x]"), "{text}");
            for line in text.lines().filter(|line| line.starts_with("| high")) {
                assert_eq!(line.matches(" | ").count(), 3, "{line}");
            }
        }
    }

    #[test]
    fn it_says_what_counts_and_what_does_not() {
        let text = written(&full("ana@contoso.example"));
        for expected in [
            "## PIM changes in Contoso",
            "**70.6 C? -> 71.5 F (+0.9)**: -4.8 of what was judged in both, +5.7 of what",
            "**Regressions: 1**",
            "### What changed: 1",
            "| direction | who | where | what | made by |",
            "by ana@&#8203;contoso.example, 2026-11-02 20:00 UTC, ticket INC-1, correlation c-1: \
             patch window |",
            "1 activation started and 0 ended: the use of an eligibility, no change.",
            "| Global Administrator | 2026-11-03 08:00 UTC to 2026-11-03 12:00 UTC |",
            "### Not read, so not compared",
            "1 could not be judged now, and 1 can be or are gone: no change.",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
        assert!(written(&empty()).contains("**Nothing changed.**"));
        let mut diff = full("ana");
        diff.changes[0].who = Some(who("nobody"));
        assert!(written(&diff).contains("**1 change has no line in the audit log, which covers"));
        diff.log = empty().log;
        assert!(written(&diff).contains("| direction | who | where | what |\n"));
    }
}
