//! `checks` and `explain`: what the checks are, from their own words.

use super::exit::{Exit, Failure, nearest};
use super::output::{to_stdout, width};
use crate::checks::{self, CHECKS, Check};
use std::io::{self, Write};

pub(super) fn list() -> Result<Exit, Failure> {
    let widest = CHECKS.iter().map(|check| check.id.len()).max().unwrap_or_default();
    to_stdout(|out| {
        let (check, judges) = ("check", "judges");
        writeln!(out, "{check:widest$}  {judges:9}  title")?;
        CHECKS.iter().try_for_each(|check| {
            writeln!(out, "{:widest$}  {:9}  {}", check.id, check.subjects.kind(), check.title)
        })
    })?;
    Ok(Exit::Done)
}

pub(super) fn explain(id: &str) -> Result<Exit, Failure> {
    let Some(check) = checks::by_id(id) else {
        let failure = Failure::usage(format!("there is no check {id}"));
        return Err(match nearest(id, CHECKS.iter().map(|check| check.id)) {
            Some(near) => failure.hint(format!("did you mean {near}?")),
            None => failure.hint("see `pimaudit checks`"),
        });
    };
    to_stdout(|out| write_check(check, width().min(100), out))?;
    Ok(Exit::Done)
}

fn write_check(check: &Check, width: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", check.id)?;
    writeln!(out, "{}", check.title)?;
    paragraph("WHAT", check.what, width, out)?;
    paragraph("JUDGES", &format!("{}.", check.subjects.in_words()), width, out)?;
    paragraph("WHY IT IS BAD", check.why, width, out)?;
    paragraph("HOW TO MEND IT", check.fix.portal, width, out)?;
    if !check.fix.graph.is_empty() {
        writeln!(out, "\nGRAPH")?;
        for call in check.fix.graph {
            match call.split_once(" {") {
                Some((request, body)) => writeln!(out, "  {request}\n    {{{body}")?,
                None => writeln!(out, "  {call}")?,
            }
        }
    }
    writeln!(out, "\nREADS")?;
    let datasets = check.reads();
    for dataset in &datasets {
        writeln!(out, "  {} ({})", dataset, dataset.facts().permission)?;
    }
    if datasets.is_empty() {
        writeln!(out, "  nothing from Graph")?;
    }
    writeln!(out, "\nWHERE IT COMES FROM")?;
    for reference in check.references {
        writeln!(out, "  {reference}")?;
    }
    writeln!(out, "\nEXPECTATION")?;
    if let Some(meaning) = check.expect.default_meaning() {
        writeln!(out, "  expect: required")?;
        indented("    ", meaning, width, out)?;
    }
    writeln!(out, "  expect: {}", check.expect.example())?;
    for variant in check.variants {
        writeln!(out, "  expect: {}", variant.name)?;
        indented("    ", variant.meaning, width, out)?;
    }
    let waivable = if check.waivable { "can be waived" } else { "cannot be waived" };
    writeln!(out, "  {waivable}")
}

fn paragraph(title: &str, text: &str, width: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{title}")?;
    indented("  ", text, width, out)
}

fn indented(margin: &str, text: &str, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && margin.len() + line.len() + word.len() + 1 > width {
            writeln!(out, "{margin}{line}")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(out, "{margin}{line}")
}
