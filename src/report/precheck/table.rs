//! The answer for a terminal.

use super::{BaselineLine, ChangeLine, Precheck, signed, write_disarmed};
use crate::report::escape;
use crate::report::page::{Fit, Grid, Ink, Page, Tone};
use crate::report::words;
use std::io::{self, Write};

/// Columns of a name at most.
const NAME: usize = 40;

/// Writes the answer for a terminal; with `explain` also what each change was understood to mean.
///
/// # Errors
/// Only those of `out`.
pub fn write(
    precheck: &Precheck,
    explain: bool,
    width: usize,
    colour: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_disarmed(out, |out| draw(precheck, explain, &mut Page::new(width, colour, out)))
}

fn draw(precheck: &Precheck, explain: bool, page: &mut Page<'_>) -> io::Result<()> {
    let tenant = match &*precheck.tenant_name {
        "" => precheck.tenant.to_string(),
        name => format!("{name} ({})", precheck.tenant),
    };
    let verdict = Ink::toned(tone(precheck.direction), precheck.direction);
    let changes = words::count(precheck.changes.len(), "change");
    page.pairs(vec![
        ("Tenant", tenant.into()),
        ("Read", words::minute(precheck.at).into()),
        ("Verdict", verdict.then(format!(", {changes}, {} worse", precheck.regressions))),
    ])?;
    for harm in &precheck.harms {
        page.blank()?;
        page.paragraph(Ink::toned(Tone::Critical, "stop").then(format!(": {harm}")))?;
    }
    changes_of(page, precheck, explain)?;
    for (place, baseline) in precheck.baselines.iter().enumerate() {
        findings(page, baseline, precheck.together_in_words(place))?;
    }
    if !precheck.ignored_waivers.is_empty() {
        page.title("WAIVERS OF THIS CHANGE, WHICH DO NOT COUNT")?;
        for waiver in &precheck.ignored_waivers {
            page.paragraph(waiver.as_str())?;
        }
    }
    Ok(())
}

fn changes_of(page: &mut Page<'_>, precheck: &Precheck, explain: bool) -> io::Result<()> {
    page.title("CHANGES")?;
    if precheck.changes.is_empty() {
        return page.paragraph("No change was found in the files.");
    }
    if precheck.together_only {
        page.paragraph("These are too many to judge each alone: all are judged together.")?;
    }
    let mut grid = Grid::new(&[("", Fit::Content), ("", Fit::Flow)]).headless();
    for change in &precheck.changes {
        one(&mut grid, change, explain);
    }
    page.grid(&grid)
}

/// The change beside its word, and what is to be said of it below.
fn one(grid: &mut Grid, change: &ChangeLine, explain: bool) {
    let word = change.direction.unwrap_or("judged together");
    let points = change.points_in_words();
    let place = format!("{} {}", change.place(), change.item);
    grid.row(vec![Ink::toned(tone(word), word).then(points), place.into()]);
    let mut below = |text: String| grid.row(vec!["".into(), text.into()]);
    if explain {
        for meaning in &change.meaning {
            below(format!("means: it {meaning}"));
        }
    }
    for note in &change.notes {
        below(format!("{}: {}", note.kind, note.text));
    }
    // What is not stated is of interest only to who asks what was understood.
    for stated in change.stated.iter().filter(|it| explain || !it.stated.is_empty()) {
        below(format!("as stated: {}", stated.in_words()));
    }
}

fn findings(
    page: &mut Page<'_>,
    baseline: &BaselineLine,
    together: Option<String>,
) -> io::Result<()> {
    page.title(&format!("BY {}", baseline.id.to_uppercase()))?;
    let points = baseline.points.map(|it| format!(" ({})", signed(it))).unwrap_or_default();
    let (before, after) = (baseline.before.in_words(), baseline.after.in_words());
    let together = together.map(|it| format!("; {it}")).unwrap_or_default();
    page.paragraph(format!("Posture {before} to {after}{points}{together}"))?;
    if baseline.findings.is_empty() {
        return page.paragraph("No verdict changes.");
    }
    let mut grid = Grid::new(&[
        ("", Fit::Content),
        ("points", Fit::Number),
        ("severity", Fit::Content),
        ("what", Fit::Flow),
        ("before", Fit::Flow),
        ("after", Fit::Flow),
    ]);
    for it in &baseline.findings {
        let waived = if it.waived { " (waived)" } else { "" };
        grid.row(vec![
            Ink::toned(tone(it.direction), it.direction),
            it.points_in_words().into(),
            Ink::toned(words::severity(it.severity), it.severity.name()),
            format!("{}: {}{waived}", it.title, escape::name(&it.name, NAME)).into(),
            it.before.in_words().into(),
            it.after.in_words().into(),
        ]);
    }
    page.grid(&grid)
}

fn tone(direction: &str) -> Tone {
    match direction {
        "weakened" => Tone::Critical,
        "unknown" => Tone::Medium,
        "strengthened" => Tone::Good,
        _ => Tone::Low,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::precheck;
    use super::*;

    fn text(name: &str, width: usize) -> String {
        let mut text = Vec::new();
        write(&precheck(name), true, width, false, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn every_line_fits_and_says_what_got_worse() {
        for width in [80, 120] {
            let text = text("Contoso", width);
            assert!(text.lines().all(|line| escape::width(line) <= width), "{text}");
            for part in [
                "weakened",
                "-1.3",
                "fail: 24 h",
                "stop",
                "means: it sets",
                "as stated: at most 8 h meets",
                "do not count",
            ] {
                let flat = text.to_lowercase();
                assert!(flat.contains(&part.to_lowercase()), "{part} in {text}");
            }
        }
    }

    #[test]
    fn what_only_the_changes_together_do_is_said_where_it_is_something() {
        for (alone, together, expected) in [
            (-1.25, None, None),
            (-1.25, Some(0.01), None),
            (-3.75, Some(2.5), Some("(-1.3); of these, +2.5 only by the changes together")),
        ] {
            let mut answer = precheck("Contoso");
            answer.baselines[0].together = together;
            answer.changes[0].points = vec![Some(alone)];
            let mut text = Vec::new();
            write(&answer, false, 120, false, &mut text).unwrap();
            let text = String::from_utf8(text).unwrap();
            assert_eq!(text.contains("by the changes together"), expected.is_some(), "{text}");
            assert!(expected.is_none_or(|it| text.contains(it)), "{text}");
        }
    }

    #[test]
    fn no_name_is_a_command_of_a_build_service() {
        // Wherever a line is wrapped.
        for blanks in 0..60 {
            let name = format!("{}::stop-commands::x ###[y] ##vso[z]", "a ".repeat(blanks));
            let text = text(&name, 60);
            assert!(text.contains("stop-commands"), "{text}");
            assert!(!text.contains("##"), "{text}");
            assert!(text.lines().all(|line| !line.trim_start().starts_with("::")), "{text}");
        }
    }

    #[test]
    fn hostile_names_do_not_steer_the_terminal() {
        let text = text("a\u{1b}[31mb\u{202e}\nc", 100);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    }
}
