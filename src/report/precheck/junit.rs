//! The answer as JUnit XML: one test case a change, and one a finding that got worse or is unknown.
//!
//! A test asks whether the change leaves the tenant as good as it is. What is not known, what a
//! waiver accepts and what gets worse only by several changes is skipped: it never looks like a
//! pass.

use super::due::{due, joint};
use super::{BaselineLine, ChangeLine, Precheck, ShiftLine, UNKNOWN, WEAKENED};
use crate::report::escape;
use std::collections::HashMap;
use std::io::{self, Write};

/// One case.
struct Case {
    class: String,
    name: String,
    ending: Ending,
    /// Everything to know of it, a line each.
    body: Vec<String>,
}

/// How it ended.
enum Ending {
    Passed,
    Failed { message: String, kind: &'static str },
    Skipped(String),
}

/// One suite.
struct Suite {
    name: String,
    properties: Vec<(&'static str, String)>,
    cases: Vec<Case>,
}

/// Writes the answer. The same one gives the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write(precheck: &Precheck, out: &mut dyn Write) -> io::Result<()> {
    let mut suites = vec![changes(precheck)];
    suites.extend(precheck.baselines.iter().map(|it| findings(precheck, it)));
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = suites.iter().flat_map(|suite| &suite.cases);
    text.push_str(&format!("<testsuites name=\"pimaudit precheck\" {}>\n", counts(all)));
    let at = precheck.at.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    for suite in &suites {
        text.push_str(&format!(
            "  <testsuite name=\"{}\" {} timestamp=\"{at}\">\n    <properties>\n",
            escape::xml(&suite.name),
            counts(suite.cases.iter()),
        ));
        for (name, value) in &suite.properties {
            let value = escape::xml(value);
            text.push_str(&format!("      <property name=\"{name}\" value=\"{value}\"/>\n"));
        }
        text.push_str("    </properties>\n");
        suite.cases.iter().for_each(|case| text.push_str(&in_xml(case)));
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Nothing was timed: the same answer gives the same bytes.
fn counts<'c>(cases: impl Iterator<Item = &'c Case>) -> String {
    let (mut tests, mut failures, mut skipped) = (0, 0, 0);
    for case in cases {
        tests += 1;
        match case.ending {
            Ending::Passed => {}
            Ending::Failed { .. } => failures += 1,
            Ending::Skipped(_) => skipped += 1,
        }
    }
    format!(
        "tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"0\""
    )
}

fn in_xml(case: &Case) -> String {
    let head = format!(
        "    <testcase classname=\"{}\" name=\"{}\" time=\"0\"",
        escape::xml(&case.class),
        escape::xml(&case.name)
    );
    let lines: String = case.body.iter().map(|line| format!("{}\n", escape::xml(line))).collect();
    match &case.ending {
        Ending::Passed => format!("{head}/>\n"),
        Ending::Skipped(why) => {
            format!("{head}>\n      <skipped message=\"{}\"/>\n    </testcase>\n", escape::xml(why))
        }
        Ending::Failed { message, kind } => format!(
            "{head}>\n      <failure message=\"{}\" type=\"{kind}\">{lines}</failure>\n    \
             </testcase>\n",
            escape::xml(message)
        ),
    }
}

fn changes(precheck: &Precheck) -> Suite {
    let cases = precheck.changes.iter().enumerate();
    Suite {
        name: "changes".to_owned(),
        properties: vec![
            ("tenant", precheck.tenant.to_string()),
            ("tenant-name", precheck.tenant_name.to_string()),
            ("collected-at", precheck.at.to_string()),
            ("tool-version", precheck.version.to_owned()),
            ("direction", precheck.direction.to_owned()),
            ("regressions", precheck.regressions.to_string()),
        ],
        cases: cases.map(|(place, change)| of_change(precheck, place, change)).collect(),
    }
}

fn of_change(precheck: &Precheck, place: usize, change: &ChangeLine) -> Case {
    let findings: Vec<&ShiftLine> = precheck
        .baselines
        .iter()
        .flat_map(|it| &it.findings)
        .filter(|it| it.direction == WEAKENED && it.changes.contains(&place))
        .collect();
    let worse: Vec<&ShiftLine> = findings.iter().copied().filter(|it| !it.waived).collect();
    let harm = change.harms.first().or(change.harms_together.first());
    let ending = if let Some(harm) = harm {
        Ending::Failed { message: harm.clone(), kind: "harm" }
    } else if let Some(first) = worse.first() {
        let more = match worse.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let message = format!("{}: {}{more}", first.title, first.name);
        Ending::Failed { message, kind: first.severity.name() }
    } else if let Some(finding) = joint(precheck, place).filter(|_| change.direction.is_some()) {
        Ending::Skipped(format!(
            "no single change does it, and this may be one of those that do: {}: {}",
            finding.title, finding.name
        ))
    } else {
        of_direction(change, !findings.is_empty())
    };
    let mut body = vec![format!("place: {}", change.place())];
    body.extend(change.meaning.iter().map(|it| format!("it {it}")));
    body.extend(worse.iter().map(|it| in_words(it)));
    body.extend(change.notes.iter().map(|it| format!("{}: {}", it.kind, it.text)));
    let name = format!("{} ({})", change.item, change.place());
    Case { class: "precheck.changes".to_owned(), name, ending, body }
}

/// How a change ends that nothing worse is due to.
fn of_direction(change: &ChangeLine, waived: bool) -> Ending {
    match change.direction {
        None => Ending::Skipped("judged together with the other changes only".to_owned()),
        Some(UNKNOWN) => {
            let why: Vec<&str> = change.unknown().collect();
            let why =
                if why.is_empty() { "a verdict gets lost".to_owned() } else { why.join("; ") };
            Ending::Skipped(format!("not known: {why}"))
        }
        Some(WEAKENED) if waived => Ending::Skipped("a waiver accepts what gets worse".to_owned()),
        Some(WEAKENED) => {
            Ending::Skipped("it weakens by itself, and another change takes that back".to_owned())
        }
        Some(_) => Ending::Passed,
    }
}

fn findings(precheck: &Precheck, baseline: &BaselineLine) -> Suite {
    let due = due(precheck, baseline);
    let mut times: HashMap<(&str, &str), usize> = HashMap::new();
    for it in &due {
        *times.entry((it.finding.check, &*it.finding.name)).or_default() += 1;
    }
    let cases = due.iter().map(|it| {
        let finding = it.finding;
        let ending = if finding.direction == UNKNOWN {
            Ending::Skipped(format!("not known: {}", finding.after.in_words()))
        } else if finding.waived {
            Ending::Skipped(format!("a waiver accepts it: {}", finding.after.in_words()))
        } else {
            let new = if finding.new_failure { "new failure: " } else { "" };
            Ending::Failed {
                message: format!("{new}{}", in_words(finding)),
                kind: finding.severity.name(),
            }
        };
        // Two subjects of one name are told apart by their keys.
        let same = times.get(&(finding.check, &*finding.name)).is_some_and(|&times| times > 1);
        let name = match same {
            true => format!("{} ({})", finding.name, finding.subject),
            false => finding.name.to_string(),
        };
        let mut body = vec![it.in_words(), format!("subject: {}", finding.subject)];
        body.extend(it.at.map(|change| format!("due to: {} ({})", change.item, change.place())));
        Case { class: format!("{}.{}", baseline.id, finding.check), name, ending, body }
    });
    Suite {
        name: baseline.id.clone(),
        properties: vec![
            ("baseline-title", baseline.title.clone()),
            ("baseline-digest", baseline.digest.clone()),
            ("posture-before", baseline.before.in_words()),
            ("posture-after", baseline.after.in_words()),
        ],
        cases: cases.collect(),
    }
}

fn in_words(finding: &ShiftLine) -> String {
    let (before, after) = (finding.before.in_words(), finding.after.in_words());
    format!("{}: {}: before {before}; after {after}", finding.title, finding.name)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{precheck, unknown_change};
    use super::*;

    fn text(precheck: &Precheck) -> String {
        let mut out = Vec::new();
        write(precheck, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_change_and_every_finding_that_got_worse_is_a_case() {
        let mut answer = precheck("Contoso");
        answer.changes[0].harms.clear();
        answer.changes.push(unknown_change());
        let text = text(&answer);
        for part in [
            "<testsuites name=\"pimaudit precheck\" tests=\"3\" failures=\"2\" errors=\"0\" skipped=\"1\"",
            "<testsuite name=\"changes\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\"",
            "name=\"Contoso (plan.json:3 at /0)\"",
            "<failure message=\"Activation too long: Contoso\" type=\"high\">",
            "<skipped message=\"not known: it is known later\"/>",
            "classname=\"recommended.activation-too-long\" name=\"Contoso\"",
            "message=\"new failure: Activation too long: Contoso: before pass: 8 h; after fail: 24 h\"",
            "due to: Contoso (plan.json:3 at /0)",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn a_change_ends_as_it_leads() {
        for (direction, waived, due, expected) in [
            (Some("weakened"), false, vec![0], "<failure "),
            (Some("weakened"), true, vec![0], "a waiver accepts what gets worse"),
            (Some("weakened"), false, vec![], "another change takes that back"),
            (Some("unknown"), false, vec![], "not known: a verdict gets lost"),
            (None, false, vec![], "judged together with the other changes only"),
            (Some("neutral"), false, vec![], "time=\"0\"/>"),
            (Some("strengthened"), false, vec![], "time=\"0\"/>"),
        ] {
            let mut answer = precheck("Contoso");
            answer.changes[0].harms.clear();
            answer.changes[0].direction = direction;
            answer.baselines[0].findings[0].waived = waived;
            answer.baselines[0].findings[0].changes = due;
            let all = text(&answer);
            let of_changes = all.split("</testsuite>").next().unwrap();
            assert!(of_changes.contains(expected), "{direction:?} {waived}: {of_changes}");
        }
        let harmful = text(&precheck("Contoso"));
        assert!(harmful.contains("type=\"harm\""), "{harmful}");
    }

    #[test]
    fn a_change_that_is_part_of_what_got_worse_never_passes() {
        for (together, waived, expected) in [
            (vec![0, 2], false, [true, false, true]),
            // Nobody can tell which of them do it.
            (vec![], false, [true, true, true]),
            (vec![0, 2], true, [false, false, false]),
        ] {
            let mut answer = precheck("Contoso");
            answer.harms.clear();
            let mut change = answer.changes[0].clone();
            change.harms.clear();
            change.direction = Some("neutral");
            answer.changes = vec![change; 3];
            let finding = &mut answer.baselines[0].findings[0];
            finding.changes.clear();
            finding.together = together.clone();
            finding.waived = waived;
            let text = text(&answer);
            let of_changes = text.split("</testsuite>").next().unwrap();
            let skipped: Vec<bool> =
                of_changes.split("<testcase ").skip(1).map(|it| it.contains("<skipped ")).collect();
            assert_eq!(skipped, expected, "{together:?} {waived}");
        }
        let mut answer = precheck("Contoso");
        answer.changes[0].harms_together = std::mem::take(&mut answer.changes[0].harms);
        assert!(text(&answer).contains("type=\"harm\""), "{}", text(&answer));
    }

    #[test]
    fn nothing_a_stranger_wrote_leaves_its_place() {
        let text = text(&precheck("</failure><x a='1'>\u{1b}&\n"));
        assert!(!text.contains("<x") && !text.contains('\u{1b}'), "{text}");
        assert_eq!(text.matches("<testcase ").count(), 2, "{text}");
    }
}
