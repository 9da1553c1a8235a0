//! The ways as a table for a terminal.

use super::{Counts, Line, State, Who};
use crate::model::{Gap, GapKind};
use crate::report::escape;
use crate::report::page::{Fit, Grid, Ink, Page, Tone};
use crate::report::words;
use std::io::{self, Write};

/// Columns of a name at most.
const NAME: usize = 40;

/// Writes the answer for a terminal.
///
/// # Errors
/// Only those of `out`.
pub fn write(who: &Who, width: usize, colour: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(width, colour, out);
    let tenant = match &*who.tenant_name {
        "" => who.tenant.to_string(),
        name => format!("{name} ({})", who.tenant),
    };
    let mut head: Vec<(&str, Ink)> =
        vec![("Tenant", tenant.into()), ("Read", words::minute(who.at).into())];
    if who.about_principal {
        let is_foreign = who.lines.first().is_some_and(|line| line.kind == "foreign");
        let foreign = if is_foreign { " (foreign)" } else { "" };
        head.push(("Principal", format!("{}{foreign}", who.question).into()));
    } else {
        head.push(("Access", who.question.as_str().into()));
        if let Some(gate) = &who.own_gate {
            head.push(("Asks for", gate.as_str().into()));
        }
        let open = who.gaps.iter().any(words::hides_people);
        head.push(("Who", in_words(who.counts, open).into()));
    }
    page.pairs(head)?;
    if who.lines.is_empty() {
        page.blank()?;
        page.paragraph(match (who.about_principal, who.gaps.is_empty(), who.counts.unresolved) {
            (true, true, _) => "It reaches no role and no group that leads to one.",
            (true, false, _) => "No way to a role, or to a group that leads to one, is known.",
            (false, true, 0) => "Nobody holds it and nobody can reach it.",
            (false, true, 1..) => {
                "Whoever holds it could not be resolved; nobody else can reach it."
            }
            (false, false, _) => "No way is known.",
        })?;
    } else {
        page.title("WAYS, WEAKEST FIRST")?;
        ways(&mut page, who)?;
    }
    // Nothing was left unread where there is nothing to be read yet, and no way is missing for it.
    let (later, unread): (Vec<&Gap>, Vec<&Gap>) =
        who.gaps.iter().partition(|gap| gap.kind == GapKind::NotManaged);
    for (title, gaps) in [("NOT READ, SO THERE MAY BE MORE WAYS", unread), ("NOT KNOWN YET", later)]
    {
        if !gaps.is_empty() {
            page.title(title)?;
        }
        for gap in gaps {
            page.paragraph(words::gap(gap))?;
        }
    }
    Ok(())
}

fn ways(page: &mut Page<'_>, who: &Who) -> io::Result<()> {
    let first = if who.about_principal { "access" } else { "principal" };
    let mut grid = Grid::new(&[
        (first, Fit::Name),
        ("held", Fit::Content),
        ("asked on the way", Fit::Flow),
        ("way", Fit::Flow),
    ]);
    for line in &who.lines {
        let name = if who.about_principal {
            escape::name(&line.access_name, NAME).to_string().into()
        } else {
            named(&line.principal, line)
        };
        grid.row(vec![
            name,
            Ink::toned(tone(line), line.state.name()),
            asked(line).into(),
            told(who, line).into(),
        ]);
    }
    page.grid(&grid)
}

fn named(name: &str, line: &Line) -> Ink {
    let name = escape::name(name, NAME);
    match mark(line) {
        Some(mark) => format!("{name} ({mark})").into(),
        None => name.to_string().into(),
    }
}

/// What stands behind a name: everything but a person of this tenant in daily use is told.
pub(super) fn mark(line: &Line) -> Option<&'static str> {
    match (line.disabled, line.break_glass) {
        (true, _) => Some("disabled"),
        (false, true) => Some("break-glass"),
        (false, false) if line.kind == "user" => None,
        (false, false) => Some(line.kind),
    }
}

/// The way in words, and that it is closed where neither the name nor the words say so.
fn told(who: &Who, line: &Line) -> String {
    let is_told = line.disabled && !who.about_principal
        || line.shut && line.steps.iter().any(|step| step.by == "credentials");
    match line.closed.filter(|_| !is_told) {
        Some(why) => format!("{}; closed: {why}", line.words),
        None => line.words.clone(),
    }
}

fn asked(line: &Line) -> String {
    match &line.gap {
        // Nothing was there to be read, and why is what there is to say.
        Some(gap) if gap.kind == GapKind::NotManaged => line.gate.clone(),
        Some(gap) => format!("not read: {}", gap.kind),
        None => line.gate.clone(),
    }
}

const fn tone(line: &Line) -> Tone {
    match (line.state, line.rank) {
        (State::Standing | State::Unknown, _) => Tone::Medium,
        (State::Possible, _) | (_, 0) => Tone::Critical,
        (_, 1) => Tone::High,
        (_, _) => Tone::Good,
    }
}

/// The counts in words: `at least 7 people: 6 direct, 1 through groups, 4 eligible; 2 more could take
/// it`. `open` where not everybody who could take it is known.
fn in_words(counts: Counts, open: bool) -> String {
    let least = |is_least: bool| if is_least { "at least " } else { "" };
    let people = if counts.people == 1 { "person" } else { "people" };
    let at_least = least(counts.at_least);
    let mut text = match (counts.people, counts.at_least) {
        (0, false) => "nobody".to_owned(),
        (0, true) => "nobody is known".to_owned(),
        (_, _) => format!(
            "{at_least}{} {people}: {} direct, {} through groups only, {} eligible",
            counts.people, counts.direct, counts.through_groups, counts.eligible
        ),
    };
    if counts.type_not_read > 0 {
        text.push_str(&format!(", {} of a type that was not read", counts.type_not_read));
    }
    match counts.possible {
        0 if open => text.push_str("; who else could take it was not read"),
        0 => {}
        possible => text.push_str(&format!("; {}{possible} more could take it", least(open))),
    }
    let services = if counts.services == 1 { "application" } else { "applications" };
    let not_here = if counts.foreign == counts.unresolved {
        "of another tenant, who could not be resolved".to_owned()
    } else {
        match counts.foreign {
            0 => "could not be resolved".to_owned(),
            foreign => format!("could not be resolved, {foreign} of them of another tenant"),
        }
    };
    for (number, what) in
        [(counts.services, format!("{services} among the ways")), (counts.unresolved, not_here)]
    {
        if number > 0 {
            text.push_str(&format!("; {number} {what}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::testing::{line, who};
    use super::*;
    use crate::model::Dataset;

    fn text(who: &Who, width: usize) -> String {
        let mut text = Vec::new();
        write(who, width, false, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn every_line_fits_and_names_the_way() {
        let found = who(vec![
            line(
                "ana@contoso.example",
                State::Eligible,
                "justification; at most 10 h",
                &["IT-Ops"],
            ),
            line("ben@contoso.example", State::Possible, "nothing", &[]),
        ]);
        for width in [80, 120] {
            let text = text(&found, width);
            assert!(text.lines().all(|line| escape::width(line) <= width), "{text}");
            for part in ["ana@contoso.example", "eligible", "possible", "IT-Ops"] {
                assert!(text.contains(part), "{part} in {text}");
            }
        }
    }

    #[test]
    fn hostile_names_do_not_steer_the_terminal() {
        let found = who(vec![line("a\u{1b}[31mb\u{202e}", State::Eligible, "MFA", &["x\ny"])]);
        let text = text(&found, 100);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    }

    #[test]
    fn counts_say_at_least_when_something_is_missing() {
        const TWO: &str = "2 people: 1 direct, 1 through groups only, 0 eligible";
        let counts = |people, possible, at_least| {
            let direct = people / 2;
            let through_groups = people - direct;
            Counts { people, direct, through_groups, possible, at_least, ..Counts::default() }
        };
        for (counts, open, expected) in [
            (counts(0, 0, false), false, "nobody".to_owned()),
            (
                counts(0, 0, true),
                true,
                "nobody is known; who else could take it was not read".to_owned(),
            ),
            (counts(2, 3, false), false, format!("{TWO}; 3 more could take it")),
            // The owners of an application hide nobody who holds the role.
            (counts(2, 3, false), true, format!("{TWO}; at least 3 more could take it")),
            (counts(2, 0, false), true, format!("{TWO}; who else could take it was not read")),
            (counts(2, 3, true), true, format!("at least {TWO}; at least 3 more could take it")),
        ] {
            assert_eq!(in_words(counts, open), expected);
        }
        let untyped = Counts { type_not_read: 1, ..counts(2, 0, false) };
        assert_eq!(in_words(untyped, false), format!("{TWO}, 1 of a type that was not read"));
    }

    #[test]
    fn what_is_not_known_yet_is_told_from_what_was_not_read() {
        let later = Gap::of(Dataset::GroupPolicies, GapKind::NotManaged, "no settings yet");
        let unread = Gap::of(Dataset::GroupMembers, GapKind::PermissionDenied, "403");
        for (gaps, not_read, not_yet) in [
            (vec![], false, false),
            (vec![unread.clone()], true, false),
            (vec![later.clone()], false, true),
            (vec![later, unread], true, true),
        ] {
            let text =
                text(&Who { gaps, ..who(vec![line("ana", State::Eligible, "MFA", &[])]) }, 100);
            assert_eq!(text.contains("NOT READ, SO"), not_read, "{text}");
            assert_eq!(text.contains("NOT KNOWN YET"), not_yet, "{text}");
            assert_eq!(text.contains("no settings yet"), not_yet, "{text}");
        }
    }

    #[test]
    fn a_principal_of_another_tenant_is_said_to_be_one() {
        for (kind, expected) in [("user", "Principal"), ("foreign", "(foreign)")] {
            let line = Line { kind, ..line("p-1", State::Eligible, "MFA", &[]) };
            let found = Who { about_principal: true, question: "p-1".into(), ..who(vec![line]) };
            let text = text(&found, 100);
            assert!(text.contains(expected), "{text}");
            assert_eq!(text.contains("p-1 (foreign)"), kind == "foreign", "{text}");
        }
    }

    #[test]
    fn a_closed_way_is_told_once() {
        let closed = |disabled, why| Line {
            disabled,
            shut: disabled,
            closed: Some(why),
            ..line("dirk", State::Eligible, "MFA", &[])
        };
        for (about_principal, line, expected) in [
            (false, closed(true, "it is switched off"), "dirk (disabled)"),
            (true, closed(true, "it is switched off"), "closed: it is switched off"),
            (false, closed(false, "nobody who is named can approve"), "closed: nobody who is"),
            (true, closed(false, "nobody who is named can approve"), "closed: nobody who is"),
        ] {
            let text = text(&Who { about_principal, ..who(vec![line]) }, 200);
            assert!(text.contains(expected), "{expected} in {text}");
            assert!(!(text.contains("(disabled)") && text.contains("closed:")), "{text}");
        }
    }

    #[test]
    fn who_is_of_another_tenant_is_told_from_who_was_not_read() {
        for (unresolved, foreign, expected) in [
            (0, 0, "nobody"),
            (2, 0, "nobody; 2 could not be resolved"),
            (1, 1, "nobody; 1 of another tenant, who could not be resolved"),
            (3, 1, "nobody; 3 could not be resolved, 1 of them of another tenant"),
        ] {
            let counts = Counts { unresolved, foreign, ..Counts::default() };
            assert_eq!(in_words(counts, false), expected);
        }
    }

    #[test]
    fn nobody_is_only_said_where_everybody_was_resolved() {
        for (unresolved, expected) in [(0, "Nobody holds it"), (2, "could not be resolved; nobody")]
        {
            let counts = Counts { unresolved, ..Counts::default() };
            let text = text(&Who { counts, ..who(Vec::new()) }, 100);
            assert!(text.contains(expected), "{unresolved}: {text}");
            assert_eq!(text.contains("Nobody holds it"), unresolved == 0, "{text}");
        }
    }
}
