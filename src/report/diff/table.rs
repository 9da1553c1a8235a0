//! The differences as tables for a terminal: what changed and what was not read first, then what it
//! means for each baseline.

use super::{
    ActivationLine, ChangeLine, Compared, DiffReport, MoveLine, Reading, Standing, signed, whose,
};
use crate::report::escape;
use crate::report::page::{Fit, Grid, Ink, Page, Tone};
use crate::report::words;
use std::collections::HashMap;
use std::io::{self, Write};

/// Columns of a name at most.
const NAME: usize = 60;
/// Rows of one table; the JSON has them all.
const ROWS: usize = 100;
/// Lines one row may take.
const LINES: usize = 6;
/// Names in a list of names.
const NAMES: usize = 3;

/// Writes the differences for a terminal.
///
/// # Errors
/// Only those of `out`.
pub fn write(diff: &DiffReport, width: usize, colour: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(width, colour, out);
    head(&mut page, diff)?;
    if let Some(warning) = diff.warning() {
        page.blank()?;
        page.paragraph(Ink::toned(Tone::High, "WARNING").then(format!(": {warning}.")))?;
    }
    if let Some(nothing) = diff.nothing() {
        page.blank()?;
        page.paragraph(nothing)?;
    }
    changes(&mut page, diff)?;
    activations(&mut page, &diff.activations)?;
    unreadable(&mut page, diff)?;
    for compared in &diff.baselines {
        baseline(&mut page, compared)?;
    }
    if !diff.not_compared.is_empty() {
        page.title("NOT COMPARED")?;
        page.paragraph(diff.not_compared.join("; "))?;
    }
    Ok(())
}

fn head(page: &mut Page<'_>, diff: &DiffReport) -> io::Result<()> {
    let tenant = match &*diff.tenant_name {
        "" => diff.tenant.to_string(),
        name => format!("{name} ({})", diff.tenant),
    };
    let mut pairs: Vec<(&str, Ink)> = vec![
        ("Tenant", tenant.into()),
        ("Older", reading(&diff.old).into()),
        ("Newer", reading(&diff.new).into()),
    ];
    for it in &diff.baselines {
        let text = format!("{}: {} ({})", it.id, it.title, words::digest(&it.digest));
        pairs.push(("Baseline", text.into()));
    }
    let configuration = match &diff.configuration {
        Some(file) => format!("{} ({})", file.file, words::digest(&file.digest)),
        None => "none".to_owned(),
    };
    pairs.push(("Configuration", configuration.into()));
    pairs.push(("Audit log", diff.log.in_words().into()));
    page.pairs(pairs)
}

fn reading(reading: &Reading) -> String {
    match &reading.by {
        Some(by) => format!("{} by {by}", words::minute(reading.at)),
        None => words::minute(reading.at),
    }
}

fn baseline(page: &mut Page<'_>, compared: &Compared) -> io::Result<()> {
    page.title(&format!("POSTURE BY {}", compared.id.to_uppercase()))?;
    page.pairs(vec![
        ("Older", compared.old.headline.as_str().into()),
        ("Newer", compared.new.headline.as_str().into()),
        ("Change", change_of(compared)),
    ])?;
    parts(page, compared)?;
    for (title, lines) in [
        ("REGRESSIONS", &compared.regressions),
        ("FIXES", &compared.fixes),
        ("NEW SUBJECTS", &compared.new_subjects),
        ("VANISHED SUBJECTS", &compared.vanished_subjects),
    ] {
        moves(page, title, lines)?;
    }
    unjudged(page, &compared.became_unreadable)?;
    moves(page, "CAN BE JUDGED NOW, OR IS GONE (no change)", &compared.became_readable)
}

/// By check and reason: one list that was not read costs many findings.
fn unjudged(page: &mut Page<'_>, lines: &[MoveLine]) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    page.title(&format!("COULD NOT BE JUDGED NOW (no change): {}", lines.len()))?;
    let mut grid = Grid::new(&[
        ("number", Fit::Number),
        ("what", Fit::Flow),
        ("on", Fit::Flow),
        ("why", Fit::Flow),
    ])
    .at_most_lines(LINES);
    let groups = by_reason(lines);
    for (why, group) in groups.iter().take(ROWS) {
        let Some(first) = group.first() else { continue };
        grid.row(vec![
            group.len().to_string().into(),
            first.title.into(),
            words::few(group.iter().map(|line| line.name.as_str()), NAMES).into(),
            (*why).into(),
        ]);
    }
    page.grid(&grid)?;
    more(page, groups.len())
}

/// The findings of each check and reason, in the order in which these come first.
fn by_reason(lines: &[MoveLine]) -> Vec<(&str, Vec<&MoveLine>)> {
    let mut groups: Vec<(&str, Vec<&MoveLine>)> = Vec::new();
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    for line in lines {
        let why = line.after.as_ref().map_or("", |word| word.observed.as_str());
        let place = *places.entry((line.check, why)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, group)) => group.push(line),
            None => groups.push((why, vec![line])),
        }
    }
    groups
}

/// `70.6 C? -> 71.5 F, +0.9: -4.8 of what was judged in both, +5.7 of what was read, came or went`.
fn change_of(compared: &Compared) -> Ink {
    let split = &compared.split;
    let standing = |standing: &Standing| match (standing.posture, &standing.grade) {
        (Some(posture), Some(grade)) => format!("{posture:.1} {grade}"),
        (Some(posture), None) => format!("{posture:.1}, not graded"),
        (None, _) => "nothing judged".to_owned(),
    };
    let sides = format!("{} -> {}", standing(&compared.old), standing(&compared.new));
    let common = Ink::toned(tone_of(split.common), &signed(split.common));
    let head = match split.difference {
        Some(difference) => format!("{sides}, {}: ", signed(difference)),
        None => format!("{sides}: "),
    };
    let ink = Ink::from(head).then(common).then(" of what was judged in both");
    match split.scope {
        Some(scope) => {
            ink.then(format!(", {} of what was read, came, went or was waived", signed(scope)))
        }
        None => ink,
    }
}

fn tone_of(points: f64) -> Tone {
    if points <= -0.05 {
        Tone::Critical
    } else if points >= 0.05 {
        Tone::Good
    } else {
        Tone::Low
    }
}

fn parts(page: &mut Page<'_>, compared: &Compared) -> io::Result<()> {
    if compared.split.checks.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let mut grid = Grid::new(&[
        ("points", Fit::Number),
        ("check, judged in both", Fit::Flow),
        ("of", Fit::Content),
    ]);
    for part in compared.split.checks.iter().take(ROWS) {
        grid.row(vec![
            Ink::toned(tone_of(part.points), &signed(part.points)),
            part.check.as_str().into(),
            part.kind.as_str().into(),
        ]);
    }
    page.grid(&grid)?;
    more(page, compared.split.checks.len())
}

fn moves(page: &mut Page<'_>, title: &str, lines: &[MoveLine]) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    page.title(&format!("{title}: {}", lines.len()))?;
    let mut grid = Grid::new(&[
        ("severity", Fit::Content),
        ("what", Fit::Flow),
        ("on", Fit::Flow),
        ("then -> now", Fit::Flow),
    ])
    .at_most_lines(LINES);
    for line in lines.iter().take(ROWS) {
        grid.row(vec![
            Ink::toned(words::severity(line.severity), line.severity.name()),
            line.title.into(),
            escape::name(&line.name, NAME).into(),
            line.happened().into(),
        ]);
    }
    page.grid(&grid)?;
    more(page, lines.len())
}

fn changes(page: &mut Page<'_>, diff: &DiffReport) -> io::Result<()> {
    let lines = diff.changes.as_slice();
    if lines.is_empty() {
        return Ok(());
    }
    page.title(&format!("WHAT CHANGED: {}", lines.len()))?;
    let mut grid =
        Grid::new(&[("direction", Fit::Content), ("where", Fit::Flow), ("what", Fit::Flow)])
            .at_most_lines(LINES);
    for line in weakest_first(lines).into_iter().take(ROWS) {
        let tone = match line.direction {
            "weaker" => Tone::High,
            "stricter" => Tone::Good,
            _ => Tone::Low,
        };
        grid.row(vec![
            Ink::toned(tone, line.direction),
            line.place(NAME).into(),
            line.happened().into(),
        ]);
        // The head says it of all of them where nothing was read.
        if let Some(who) = line.who_words().filter(|_| !diff.log.is_unread()) {
            let who = match line.is_unattributed() {
                true => Ink::toned(Tone::High, &who),
                false => who.into(),
            };
            grid.row(vec!["".into(), "".into(), who]);
        }
    }
    page.grid(&grid)?;
    more(page, lines.len())
}

/// What lets more happen first, else in the order of the document.
pub(super) fn weakest_first(lines: &[ChangeLine]) -> Vec<&ChangeLine> {
    let mut sorted: Vec<&ChangeLine> = lines.iter().collect();
    sorted.sort_by_key(|line| match line.direction {
        "weaker" => 0,
        "different" => 1,
        _ => 2,
    });
    sorted
}

fn activations(page: &mut Page<'_>, lines: &[ActivationLine]) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    page.title(&format!("ACTIVATIONS (no change): {}", lines.len()))?;
    let mut grid = Grid::new(&[
        ("", Fit::Content),
        ("who", Fit::Name),
        ("what", Fit::Flow),
        ("when", Fit::Flow),
    ])
    .at_most_lines(LINES);
    for line in lines.iter().take(ROWS) {
        grid.row(vec![
            if line.started { "started" } else { "ended" }.into(),
            escape::name(&line.holder, NAME).into(),
            escape::name(&line.name, NAME).into(),
            line.when().into(),
        ]);
    }
    page.grid(&grid)?;
    more(page, lines.len())
}

fn unreadable(page: &mut Page<'_>, diff: &DiffReport) -> io::Result<()> {
    if diff.unreadable.is_empty() {
        return Ok(());
    }
    page.title("NOT READ, SO NOT COMPARED")?;
    let mut grid = Grid::new(&[("in", Fit::Content), ("what", Fit::Flow), ("why", Fit::Flow)])
        .at_most_lines(LINES);
    for line in diff.unreadable.iter().take(ROWS) {
        grid.row(vec![line.side().into(), whose(line, NAMES).into(), line.why().into()]);
    }
    page.grid(&grid)?;
    more(page, diff.unreadable.len())
}

/// Says how many more there are, where there are more.
fn more(page: &mut Page<'_>, number: usize) -> io::Result<()> {
    match number.saturating_sub(ROWS) {
        0 => Ok(()),
        rest => page.paragraph(format!("{rest} more: see --format json")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{change, empty, full, who};
    use super::*;

    fn written(diff: &DiffReport, width: usize) -> String {
        let mut out = Vec::new();
        write(diff, width, false, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_section_is_there_and_fits() {
        let diff = full("ana@contoso.example");
        for width in [60, 80, 120] {
            let text = written(&diff, width);
            for line in text.lines() {
                assert!(escape::width(line) <= width, "{width}: {line}");
                assert_eq!(line, line.trim_end());
            }
        }
        let text = written(&diff, 120);
        for expected in [
            "POSTURE BY RECOMMENDED",
            "70.6 C? -> 71.5 F, +0.9: -4.8 of what was judged in both",
            "REGRESSIONS: 1",
            "FIXES: 1",
            "NEW SUBJECTS: 1",
            "VANISHED SUBJECTS: 1",
            "COULD NOT BE JUDGED NOW (no change): 1",
            "CAN BE JUDGED NOW, OR IS GONE (no change): 1",
            "WHAT CHANGED: 1",
            "8 h -> 10 h",
            "Audit log",
            "ACTIVATIONS (no change): 1",
            "NOT READ, SO NOT COMPARED",
            "NOT COMPARED",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
        assert!(!text.contains("Nothing changed"), "{text}");
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let by = "by ana@contoso.example, 2026-11-02 20:00 UTC, ticket INC-1, \
            correlation c-1: patch window";
        assert!(flat.contains(by), "{text}");
        let text = written(&diff, 160);
        assert!(text.contains("2026-11-03 08:00 UTC to 2026-11-03 12:00 UTC"), "{text}");
    }

    #[test]
    fn nothing_is_said_to_be_nothing_of_what_was_read() {
        let mut diff = empty();
        assert!(written(&diff, 80).contains("\nNothing changed.\n"));
        diff.unreadable = full("ana").unreadable;
        assert!(written(&diff, 80).contains("Nothing changed in what was read in both."));
        diff.activations = full("ana").activations;
        assert!(written(&diff, 80).contains("Nothing changed in what was read in both."));
    }

    #[test]
    fn a_change_nobody_made_is_told_on_top_and_an_unread_log_once() {
        let mut diff = full("ana");
        diff.changes[0].who = Some(who("nobody"));
        let text = written(&diff, 120);
        let warning = "WARNING: 1 change has no line in the audit log";
        assert!(text.contains(warning), "{text}");
        assert!(text.find(warning) < text.find("POSTURE BY"), "{text}");
        assert!(text.contains("no line in the log, which covers the time"), "{text}");
        let mut diff = DiffReport { log: empty().log, ..full("ana") };
        diff.changes = vec![diff.changes[0].clone(); 3];
        for change in &mut diff.changes {
            change.who = Some(who("not-covered"));
        }
        let text = written(&diff, 120);
        assert_eq!(text.matches("not read, so it is not known who").count(), 1, "{text}");
        assert!(!text.contains("who is not known: because"), "{text}");
        assert!(!text.contains("WARNING"), "{text}");
    }

    #[test]
    fn what_changed_comes_first_and_what_was_not_read_is_told_once_a_reason() {
        let mut diff = full("ana");
        let unread = |name: &str, why: &str| {
            let mut line = super::super::testing::moved(name, Some("pass"), Some("not-assessed"));
            if let Some(word) = &mut line.after {
                word.observed = why.to_owned();
            }
            line
        };
        let lines = (0..300).map(|place| unread(&format!("p{place}"), "denied: sign-ins"));
        diff.baselines[0].became_unreadable =
            lines.chain([unread("q", "denied: members")]).collect();
        let text = written(&diff, 160);
        let places = ["WHAT CHANGED: 1", "NOT READ, SO NOT COMPARED", "POSTURE BY RECOMMENDED"]
            .map(|title| text.find(title).unwrap());
        assert!(places.is_sorted(), "{text}");
        assert!(text.contains("COULD NOT BE JUDGED NOW (no change): 301"), "{text}");
        for (why, number) in [("denied: sign-ins", "300"), ("denied: members", "1")] {
            let rows: Vec<&str> = text.lines().filter(|line| line.contains(why)).collect();
            let [row] = rows.as_slice() else { panic!("{why}: {text}") };
            assert!(row.trim_start().starts_with(number), "{row}");
        }
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        let text = written(&full("ana\u{1b}[2J\u{202e}"), 80);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let mut diff = empty();
        diff.changes = (0..150).map(|_| change("R", Some("8 h"), Some("10 h"))).collect();
        assert!(written(&diff, 80).contains("50 more: see --format json"));
    }
}
