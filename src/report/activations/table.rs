//! Activations as a table for a terminal: the latest first.

use super::{Activations, RequestLine, counts, minute};
use crate::report::escape;
use crate::report::page::{Fit, Grid, Ink, Page, Tone};
use crate::report::words;
use std::io::{self, Write};

/// Columns of a name at most.
const NAME: usize = 60;
/// Requests that are shown; the other formats have them all.
const ROWS: usize = 200;
/// Lines one row may take.
const LINES: usize = 6;
/// From here on what is known of a request has columns of its own.
const WIDE: usize = 160;
/// Roles a group leads to that are named.
const ROLES: usize = 3;

/// Writes the requests for a terminal.
///
/// # Errors
/// Only those of `out`.
pub fn write(
    found: &Activations,
    width: usize,
    colour: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page::new(width, colour, out);
    head(&mut page, found)?;
    if let Some(nothing) = found.nothing_of_these() {
        page.blank()?;
        page.paragraph(nothing)?;
    } else if found.lines.is_empty() {
        page.blank()?;
        let whole = found.gaps.is_empty() && found.window.shortness().is_none();
        page.paragraph(match whole {
            true => "Nobody asked to activate a role or a group in that time.",
            false => "No request is known of that time.",
        })?;
    } else {
        page.title("REQUESTS, THE LATEST FIRST (times in UTC)")?;
        if page.width() >= WIDE {
            wide(&mut page, &found.lines)?;
        } else {
            narrow(&mut page, &found.lines)?;
        }
        let rest = found.lines.len().saturating_sub(ROWS);
        if rest > 0 {
            page.paragraph(format!("{rest} more: see --format csv or json"))?;
        }
    }
    if found.gaps.is_empty() {
        return Ok(());
    }
    page.title("NOT READ, SO SOMETHING MAY BE MISSING")?;
    for gap in &found.gaps {
        page.paragraph(words::gap(gap))?;
    }
    Ok(())
}

fn head(page: &mut Page<'_>, found: &Activations) -> io::Result<()> {
    let tenant = match &*found.tenant_name {
        "" => found.tenant.to_string(),
        name => format!("{name} ({})", found.tenant),
    };
    let window = &found.window;
    let (from, until) = (words::minute(window.from), words::minute(window.until));
    let asked = format!("{from} to {until}, and what still ran or waits");
    let covered: Ink = match window.shortness() {
        Some(why) => Ink::toned(Tone::Medium, "not all of it").then(format!(": {why}")),
        None => format!("all of it; the log is kept for {} days", window.kept_days).into(),
    };
    let oldest = window.oldest.map_or_else(|| "none".to_owned(), words::minute);
    let mut pairs: Vec<(&str, Ink)> = vec![
        ("Tenant", tenant.into()),
        ("Asked for", asked.into()),
        ("Covered", covered),
        ("Oldest line", oldest.into()),
    ];
    if let Some(access) = &found.access {
        pairs.push(("Access", escape::name(access, NAME).into()));
    }
    if let Some(person) = &found.person {
        pairs.push(("Principal", escape::name(person, NAME).into()));
    }
    let numbers: Vec<String> = counts(&found.lines)
        .into_iter()
        .map(|(outcome, number)| format!("{number} {}", outcome.replace('-', " ")))
        .collect();
    let number = words::count(found.lines.len(), "request");
    let requests = match numbers.is_empty() {
        true => number,
        false => format!("{number}: {}", numbers.join(", ")),
    };
    pairs.push(("Requests", requests.into()));
    if found.azure_lines > 0 {
        let lines = words::count(found.azure_lines, "line");
        pairs.push(("Left out", format!("{lines} of the log about Azure resources").into()));
    }
    page.pairs(pairs)
}

/// Two rows a request: the bare facts, and what else is known of it.
fn narrow(page: &mut Page<'_>, lines: &[RequestLine]) -> io::Result<()> {
    let mut grid = Grid::new(&[
        ("requested", Fit::Content),
        ("who: what", Fit::Flow),
        ("outcome", Fit::Content),
    ])
    .at_most_lines(LINES);
    for line in lines.iter().take(ROWS) {
        grid.row(vec![requested(line), who(line).then(": ").then(what(line)), outcome(line)]);
        grid.row(vec!["".into(), details(line).into(), "".into()]);
    }
    page.grid(&grid)
}

fn wide(page: &mut Page<'_>, lines: &[RequestLine]) -> io::Result<()> {
    let mut grid = Grid::new(&[
        ("requested", Fit::Content),
        ("who", Fit::Flow),
        ("what", Fit::Flow),
        ("path", Fit::Flow),
        ("outcome", Fit::Content),
        ("active", Fit::Flow),
        ("decided by", Fit::Flow),
        ("why", Fit::Flow),
    ])
    .at_most_lines(LINES);
    for line in lines.iter().take(ROWS) {
        grid.row(vec![
            requested(line),
            who(line),
            what(line),
            line.path().into(),
            outcome(line),
            active(line).unwrap_or_default().into(),
            decided(line).unwrap_or_default().into(),
            why(line).unwrap_or_default().into(),
        ]);
    }
    page.grid(&grid)
}

fn requested(line: &RequestLine) -> Ink {
    match (line.requested, line.asked_before) {
        (Some(at), _) => minute(at).into(),
        (None, true) => "before".into(),
        (None, false) => "not known".into(),
    }
}

/// The name; of somebody who is gone the id too.
fn who(line: &RequestLine) -> Ink {
    let name = match line.who.as_str() {
        "" => "not known".to_owned(),
        name => escape::name(name, NAME),
    };
    let remark = match (line.break_glass, line.kind) {
        (true, _) => " (break-glass)".to_owned(),
        (false, "user") => String::new(),
        (false, _) if line.who_id.is_empty() => String::new(),
        (false, kind @ ("not found" | "not readable" | "not read")) if line.who_id != line.who => {
            format!(" ({}, {kind})", escape::name(&line.who_id, NAME))
        }
        (false, kind) => format!(" ({kind})"),
    };
    let ink = Ink::from(name);
    match line.break_glass {
        true => ink.then(Ink::toned(Tone::High, &remark)),
        false => ink.then(remark),
    }
}

fn what(line: &RequestLine) -> Ink {
    let name = match line.what.as_str() {
        "" => "not known".to_owned(),
        name => escape::name(name, NAME),
    };
    match line.leads_to.is_empty() {
        true => name.into(),
        false => {
            let roles = words::few(line.leads_to.iter().map(String::as_str), ROLES);
            format!("{name} -> {roles}").into()
        }
    }
}

fn outcome(line: &RequestLine) -> Ink {
    let tone = match line.outcome {
        "denied" | "failed" => Tone::High,
        "expired" | "waiting" | "not-known" => Tone::Medium,
        _ => Tone::Low,
    };
    Ink::toned(tone, &line.outcome.replace('-', " "))
}

/// `from 2026-11-03 08:00 until 12:00`, of what waits for its start.
fn to_begin(line: &RequestLine) -> Option<String> {
    let started = line.started.filter(|_| line.outcome == "waiting")?;
    let from = minute(started);
    let Some(until) = line.until.map(minute) else { return Some(format!("from {from}")) };
    // The day is not said twice.
    let until = match (from.split_once(' '), until.split_once(' ')) {
        (Some((day, _)), Some((other, hour))) if day == other => hour.to_owned(),
        (_, _) => until,
    };
    Some(format!("from {from} until {until}"))
}

/// `4 h from 2026-11-01 08:05, expired`.
fn active(line: &RequestLine) -> Option<String> {
    let Some(end) = line.end else { return to_begin(line) };
    let mut text = line.lasted();
    if let Some(started) = line.started {
        let since = if end == "running" { ", since" } else { " from" };
        text.push_str(&format!("{since} {}", minute(started)));
    }
    if matches!(end, "expired" | "deactivated") {
        text.push_str(&format!(", {end}"));
    }
    if let Some(by) = &line.ended_by {
        text.push_str(&format!(" by {}", escape::name(by, NAME)));
    }
    Some(text)
}

/// `approved by eve@contoso.example: fine`.
fn decided(line: &RequestLine) -> Option<String> {
    let one = |approver: &super::ApproverLine| {
        let word = if approver.approved { "approved" } else { "denied" };
        let reason = approver.reason.as_ref().map_or_else(String::new, |it| format!(": {it}"));
        format!("{word} by {}{reason}", escape::name(&approver.who, NAME))
    };
    let all: Vec<String> = line.approvers.iter().map(one).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// Justification and ticket, or why PIM refused it.
fn why(line: &RequestLine) -> Option<String> {
    let ticket = line.ticket().map(|ticket| format!("ticket {ticket}"));
    let refusal = line.refusal.as_ref().map(|refusal| format!("refused: {refusal}"));
    let parts: Vec<String> =
        [refusal, ticket, line.justification.clone()].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// All that the bare facts leave out.
fn details(line: &RequestLine) -> String {
    let path = format!("path: {}", line.path());
    let order =
        line.joined_by_order.then(|| "its lines share no id, put together by time".to_owned());
    let parts = [Some(path), active(line), decided(line), why(line), order];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{activations, line};
    use super::*;
    use crate::model::{Dataset, Gap, GapKind};

    fn written(found: &Activations, width: usize) -> String {
        let mut out = Vec::new();
        write(found, width, false, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The words of a text, whatever its lines.
    fn flat(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn everything_known_is_told_and_fits() {
        let mut denied = line("ben@contoso.example");
        denied.outcome = "denied";
        (denied.end, denied.started, denied.minutes) = (None, None, None);
        denied.approvers[0].approved = false;
        denied.leads_to = vec!["Global Administrator".to_owned()];
        denied.what = "IT-Ops (members)".to_owned();
        let found = activations(vec![line("ana@contoso.example"), denied]);
        for width in [60, 80, 130, 200] {
            let text = written(&found, width);
            for line in text.lines() {
                assert!(escape::width(line) <= width, "{width}: {line}");
                assert_eq!(line, line.trim_end());
            }
            for word in ["ana@contoso.example", "completed", "denied", "2026-11-01 07:58"] {
                assert!(text.contains(word), "{width}: {word}\n{text}");
            }
        }
        let text = flat(&written(&found, 400));
        for expected in [
            "Asked for 2026-10-03 09:00 UTC to 2026-11-02 09:00 UTC",
            "Covered all of it; the log is kept for 30 days",
            "Oldest line 2026-10-04 00:00 UTC",
            "Requests 2 requests: 1 completed, 1 denied",
            "4 h from 2026-11-01 08:05, expired",
            "approved by eve@contoso.example: fine",
            "denied by eve@contoso.example: fine",
            "ticket INC-1 (Desk); patch window",
            "IT-Ops (members) -> Global Administrator",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }

    #[test]
    fn who_is_gone_has_an_id_and_break_glass_is_told() {
        for (kind, break_glass, expected) in [
            ("user", false, "ana completed"),
            ("guest", false, "ana (guest)"),
            ("not found", false, "ana (id-ana, not found)"),
            ("not read", false, "ana (id-ana, not read)"),
            ("user", true, "ana (break-glass)"),
        ] {
            let mut line = line("ana");
            (line.kind, line.break_glass) = (kind, break_glass);
            line.what.clear();
            let text =
                flat(&written(&activations(vec![line]), 400)).replace("not known direct ", "");
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }

    #[test]
    fn nothing_is_nobody_of_a_covered_time_only() {
        let mut found = activations(Vec::new());
        let nobody = "Nobody asked to activate a role or a group in that time.";
        assert!(written(&found, 80).contains(nobody));
        // Of Azure nothing is said.
        found.azure_lines = 3;
        let text = written(&found, 80);
        assert!(text.contains(nobody) && text.contains("3 lines of the log about Azure"), "{text}");
        found.window.covered_from = Some("2026-10-20T00:00:00Z".parse().unwrap());
        let text = written(&found, 80);
        assert!(text.contains("No request is known of that time."), "{text}");
        assert!(flat(&text).contains("not all of it: the log reaches back to"), "{text}");
        let mut found = activations(Vec::new());
        found.gaps = vec![Gap::of(Dataset::DirectoryAudits, GapKind::Incomplete, "page 2: 503")];
        found.window.covered_from = None;
        let text = written(&found, 80);
        assert!(text.contains("No request is known of that time."), "{text}");
        assert!(text.contains("page 2: 503"), "{text}");
        assert!(text.contains("not all of it: reading broke off"), "{text}");
    }

    #[test]
    fn what_began_before_the_log_and_who_ended_it_is_told() {
        for (requested, asked_before, expected) in [
            (Some("2026-11-01T07:58:00Z"), false, "2026-11-01 07:58 ana"),
            (None, true, "before ana"),
            (None, false, "not known ana"),
        ] {
            let mut line = line("ana");
            line.requested = requested.map(|at| at.parse().unwrap());
            line.asked_before = asked_before;
            (line.end, line.ended_by) = (Some("deactivated"), Some("eve\u{1b}[2J".to_owned()));
            let text = flat(&written(&activations(vec![line]), 400));
            assert!(text.contains(expected), "{expected}\n{text}");
            assert!(text.contains("deactivated by eve[2J"), "{text}");
        }
    }

    #[test]
    fn what_waits_for_its_start_says_when_that_is() {
        for (outcome, until, expected) in [
            ("waiting", Some("2026-11-03T12:00:00Z"), Some("from 2026-11-03 08:00 until 12:00")),
            (
                "waiting",
                Some("2026-11-04T02:00:00Z"),
                Some("from 2026-11-03 08:00 until 2026-11-04 02:00"),
            ),
            ("waiting", None, Some("from 2026-11-03 08:00")),
            ("denied", Some("2026-11-03T12:00:00Z"), None),
        ] {
            let mut line = line("ana");
            line.outcome = outcome;
            line.started = Some("2026-11-03T08:00:00Z".parse().unwrap());
            line.until = until.map(|until| until.parse().unwrap());
            (line.ended, line.end, line.minutes) = (None, None, None);
            assert_eq!(active(&line).as_deref(), expected, "{outcome} {until:?}");
            for width in [80, 400] {
                let text = flat(&written(&activations(vec![line.clone()]), width));
                let words: Vec<&str> = expected.into_iter().collect();
                assert!(words.iter().all(|it| text.contains(it)), "{width}: {text}");
            }
        }
    }

    #[test]
    fn hostile_words_do_not_steer_the_terminal() {
        let mut hostile = line("ana\u{1b}[2J\u{202e}");
        hostile.justification = Some("why\u{1b}[31m\nnew line".to_owned());
        hostile.approvers[0].reason = Some("x\u{9b}2J".to_owned());
        for width in [80, 200] {
            let text = written(&activations(vec![hostile.clone()]), width);
            assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{text}");
        }
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let found = activations((0..250).map(|_| line("ana")).collect());
        assert!(written(&found, 80).contains("50 more: see --format csv or json"));
    }
}
