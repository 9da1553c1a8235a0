//! The answer for a GitHub workflow: annotations at the lines of the changes.
//!
//! A step shows ten errors, ten warnings and ten notices, and says nothing of what is beyond. So
//! equal findings of one change share an annotation, and a notice tells how many follow.

use super::due::{Due, due, harmful};
use super::{ChangeLine, Precheck, WEAKENED, signed};
use crate::model::Severity;
use crate::report::{escape, words};
use std::collections::HashMap;
use std::io::{self, Write};

/// Annotations of one kind that GitHub shows of a step.
const ANNOTATIONS: usize = 10;
/// Columns of a message at most.
const MESSAGE: usize = 400;
/// The file name that stands for what came by a pipe.
const STDIN: &str = "stdin";

/// One annotation.
struct Annotation<'p> {
    command: &'static str,
    at: Option<&'p ChangeLine>,
    title: String,
    message: String,
}

/// Writes the annotations, one workflow command a line. The same answer gives the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write(precheck: &Precheck, out: &mut dyn Write) -> io::Result<()> {
    let mut room = [("error", ANNOTATIONS), ("warning", ANNOTATIONS)];
    let mut further = 0;
    for mut annotation in annotations(precheck) {
        // An error beyond those that are shown is a warning: no lesser one takes its place.
        if annotation.command == "error" && room[0].1 == 0 {
            annotation.command = "warning";
        }
        let left =
            room.iter_mut().find(|(command, left)| *command == annotation.command && *left > 0);
        match left {
            Some((_, left)) => {
                *left -= 1;
                writeln!(out, "{}", command(&annotation))?;
            }
            None => further += 1,
        }
    }
    writeln!(out, "{}", notice(precheck, further))?;
    out.flush()
}

/// All of them: what must not be, what got worse, what is not known, what PIM will refuse.
fn annotations(precheck: &Precheck) -> Vec<Annotation<'_>> {
    let mut all: Vec<Annotation<'_>> = precheck
        .harms
        .iter()
        .map(|harm| Annotation {
            command: "error",
            at: harmful(precheck, harm),
            title: "Stopped, whatever a baseline asks for".to_owned(),
            message: format!("{harm}."),
        })
        .collect();
    let several = precheck.baselines.len() > 1;
    let mut of_findings: Vec<(bool, Annotation<'_>)> = Vec::new();
    for baseline in &precheck.baselines {
        let id = if several { format!("{}: ", baseline.id) } else { String::new() };
        for (due, count) in groups(due(precheck, baseline)) {
            let finding = due.finding;
            let worse = finding.direction == WEAKENED && !finding.waived;
            let grave = match finding.severity {
                Severity::Critical | Severity::High => true,
                Severity::Medium | Severity::Low => false,
            };
            let what = match (worse, finding.waived) {
                (true, _) => "",
                (false, true) => ", waived",
                (false, false) => ", not known",
            };
            let more = match count - 1 {
                0 => String::new(),
                more => format!(". The same for {more} more"),
            };
            let title = format!("{id}{} ({}{what})", finding.title, finding.severity);
            let command = if worse && grave { "error" } else { "warning" };
            let message = format!("{}{more}.", due.in_words());
            of_findings.push((worse, Annotation { command, at: due.at, title, message }));
        }
    }
    // What got worse goes before what is not known, whichever baseline says so.
    of_findings.sort_by_key(|(worse, annotation)| (!worse, annotation.command != "error"));
    all.extend(of_findings.into_iter().map(|(_, annotation)| annotation));
    for change in &precheck.changes {
        for note in &change.notes {
            let title = match note.kind {
                "unknown" => "Not known before the change",
                "warning" => "Warning",
                _ => continue,
            };
            all.push(Annotation {
                command: "warning",
                at: Some(change),
                title: title.to_owned(),
                message: format!("{}.", note.text),
            });
        }
    }
    all
}

/// Equal ones of one change stand together, by the first of them, and with their number.
fn groups(all: Vec<Due<'_>>) -> Vec<(Due<'_>, usize)> {
    let mut groups: Vec<(Due<'_>, usize)> = Vec::new();
    let mut places: HashMap<_, usize> = HashMap::new();
    for due in all {
        let it = due.finding;
        let key = (it.check, it.direction, it.waived, due.at.map(std::ptr::from_ref));
        match places.get(&key).and_then(|place| groups.get_mut(*place)) {
            Some((_, count)) => *count += 1,
            None => {
                places.insert(key, groups.len());
                groups.push((due, 1));
            }
        }
    }
    groups
}

/// One workflow command, at the line of the change.
fn command(annotation: &Annotation<'_>) -> String {
    let Annotation { command, at, title, message } = annotation;
    let mut place = String::new();
    if let Some(change) = at.filter(|change| &*change.file != STDIN) {
        let file = escape::workflow_property(&change.file);
        place = format!("file={file},line={},", change.line.unwrap_or(1));
    }
    let title = escape::workflow_property(&escape::name(title, MESSAGE));
    let message = escape::name(message, MESSAGE);
    format!("::{command} {place}title={title}::{}", escape::workflow_data(&message))
}

/// Where all changes lead, and what is beyond the annotations.
fn notice(precheck: &Precheck, further: usize) -> String {
    let changes = words::count(precheck.changes.len(), "change");
    let worse = words::count(precheck.regressions, "finding");
    let mut lines = vec![format!("{}: {changes}, {worse} worse", precheck.direction)];
    for baseline in &precheck.baselines {
        let points = baseline.points.map(|it| format!(" ({})", signed(it))).unwrap_or_default();
        let (before, after) = (baseline.before.in_words(), baseline.after.in_words());
        lines.push(format!("{}: posture {before} to {after}{points}", baseline.id));
    }
    if further > 0 {
        let more = words::count(further, "annotation");
        lines.push(format!("{more} more have no room here, see the summary and the JSON"));
    }
    let lines: Vec<String> =
        lines.iter().map(|line| escape::workflow_data(line).into_owned()).collect();
    format!("::notice title=pimaudit precheck::{}", lines.join("%0A"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{precheck, unknown_change};
    use super::*;

    fn lines(precheck: &Precheck) -> Vec<String> {
        let mut out = Vec::new();
        write(precheck, &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn an_annotation_stands_at_the_line_of_its_change() {
        let mut answer = precheck("Contoso");
        answer.changes.push(unknown_change());
        let lines = lines(&answer);
        for (line, start) in [
            (0, "::error file=plan.json,line=3,title=Stopped%2C whatever"),
            (
                1,
                "::error file=plan.json,line=3,title=Activation too long (high)::Contoso: Activation",
            ),
            (2, "::warning file=plan.json,line=3,title=Warning::Contoso is odd."),
            (3, "::warning file=other.json,line=1,title=Not known before the change::it is known"),
            (4, "::notice title=pimaudit precheck::weakened: 2 changes, 1 finding worse%0A"),
        ] {
            assert!(lines[line].starts_with(start), "{line}: {lines:?}");
        }
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn what_came_by_a_pipe_has_no_file() {
        let mut answer = precheck("Contoso");
        answer.changes[0].file = "stdin".into();
        assert!(lines(&answer)[0].starts_with("::error title="), "{:?}", lines(&answer));
    }

    #[test]
    fn equal_findings_of_one_change_share_an_annotation_and_no_more_are_written_than_are_shown() {
        let mut answer = precheck("Contoso");
        let finding = answer.baselines[0].findings[0].clone();
        answer.harms.clear();
        answer.changes[0].notes.clear();
        answer.baselines[0].findings = vec![finding.clone(); 30];
        let folded = lines(&answer);
        assert_eq!(folded.len(), 2, "{folded:?}");
        assert!(folded[0].ends_with("The same for 29 more."), "{folded:?}");
        // Each of another change.
        let change = answer.changes[0].clone();
        answer.changes = vec![change; 30];
        for (place, finding) in answer.baselines[0].findings.iter_mut().enumerate() {
            finding.changes = vec![place];
        }
        let lines = lines(&answer);
        let count = |start: &str| lines.iter().filter(|it| it.starts_with(start)).count();
        assert_eq!((count("::error "), count("::warning "), count("::notice ")), (10, 10, 1));
        assert!(lines[20].contains("%0A10 annotations more"), "{}", lines[20]);
    }

    #[test]
    fn only_what_got_gravely_worse_is_an_error() {
        for (direction, severity, waived, expected) in [
            ("weakened", Severity::Critical, false, "::error "),
            ("weakened", Severity::Medium, false, "::warning "),
            ("weakened", Severity::High, true, "::warning "),
            ("unknown", Severity::Critical, false, "::warning "),
            ("neutral", Severity::Critical, false, "::notice "),
        ] {
            let mut answer = precheck("Contoso");
            answer.harms.clear();
            answer.changes[0].notes.clear();
            let finding = &mut answer.baselines[0].findings[0];
            (finding.direction, finding.severity, finding.waived) = (direction, severity, waived);
            let lines = lines(&answer);
            assert!(lines[0].starts_with(expected), "{direction} {severity}: {lines:?}");
        }
    }

    #[test]
    fn a_hostile_name_stays_in_its_annotation() {
        let answer = precheck("x\n::stop-commands::y%0A::warning::w");
        let mut named = answer.clone();
        named.changes[0].file = "a,b:c\n.json".into();
        for answer in [answer, named] {
            let lines = lines(&answer);
            assert!(lines.iter().all(|it| it.starts_with("::")), "{lines:?}");
            assert!(lines.iter().all(|it| !it.contains("y%0A")), "{lines:?}");
            assert_eq!(lines.len(), 4, "{lines:?}");
        }
    }
}
