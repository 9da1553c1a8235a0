//! The report for a GitHub workflow: annotations on the run, and the summary of the step.
//!
//! A step shows ten errors, ten warnings and ten notices, and says nothing of what is beyond. So
//! equal failures share an annotation, the worst stand first, and a notice tells how many follow.
//! What could not be judged always has its warning: silence would look like a pass.

use super::model::{Judged, Report};
use super::open::{self, Fold};
use super::{escape, words};
use crate::model::{Dataset, GapKind, Outcome, Severity, Verdict};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Annotations of one kind that GitHub shows of a step.
const ANNOTATIONS: usize = 10;
/// Columns of a message at most.
const MESSAGE: usize = 400;
/// Reasons named in one message.
const REASONS: usize = 4;
/// Baselines named in the notice.
const NAMED: usize = 12;
/// GitHub refuses a summary above 1 MiB altogether; the step may have written some of it before.
const SUMMARY: usize = 900_000;
/// Rows of a table of the summary.
const ROWS: usize = 20;
/// Columns of a cell at most.
const CELL: usize = 200;
/// Columns of the permissions at most.
const PERMISSIONS: usize = 1000;

/// Writes the annotations, one workflow command a line. The same report gives the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write_annotations(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let several = report.baselines.len() > 1;
    let mut rows: Vec<(&Judged, Fold<'_>)> = Vec::new();
    for judged in &report.baselines {
        rows.extend(open::folds(judged).into_iter().map(|fold| (judged, fold)));
    }
    // The worst first, whichever baseline asks for it, then the dearest. Those of one baseline are
    // in order already, and stay so where they are equal.
    rows.sort_by(|(_, one), (_, other)| {
        other.severity.cmp(&one.severity).then(other.points.total_cmp(&one.points))
    });
    let not_judged = not_judged(report);
    let mut errors = ANNOTATIONS;
    let mut warnings = ANNOTATIONS - usize::from(not_judged.is_some());
    let mut further = 0;
    for (judged, fold) in &rows {
        // An error beyond those that are shown is a warning: no lesser one takes its place.
        let (command, room) = match is_error(fold) && errors > 0 {
            true => ("error", &mut errors),
            false => ("warning", &mut warnings),
        };
        if *room == 0 {
            further += fold.subjects.len();
            continue;
        }
        *room -= 1;
        let baseline = if several { format!("{}: ", judged.id) } else { String::new() };
        let title = format!("{baseline}{} ({})", fold.what(), fold.severity);
        writeln!(out, "{}", annotation(command, &title, &where_and_how(fold)))?;
    }
    if let Some(text) = not_judged {
        writeln!(out, "{}", annotation("warning", "Not everything could be judged", &text))?;
    }
    writeln!(out, "{}", notice(report, further))?;
    out.flush()
}

/// What is met in part never stops a pipeline, and is no error here either.
fn is_error(fold: &Fold<'_>) -> bool {
    fold.verdict == Verdict::Fail
        && match fold.severity {
            Severity::Critical | Severity::High => true,
            Severity::Medium | Severity::Low => false,
        }
}

fn where_and_how(fold: &Fold<'_>) -> String {
    let mut text =
        format!("{}. Gives back {} points.", fold.place(), open::points_text(fold.points));
    if let Some(expected) = expected(fold) {
        text.push_str(&format!(" Expected: {expected}."));
    }
    let Some((_, finding)) = fold.subjects.first() else { return text };
    if let Some(remediation) = &finding.remediation {
        text.push_str(&format!(" Mend: {}.", remediation.portal));
    }
    text
}

/// What they expect: several rules of one check may ask several things.
fn expected<'f>(fold: &'f Fold<'_>) -> Option<&'f str> {
    let details = fold.subjects.iter().filter_map(|(_, finding)| finding.outcome.details());
    let mut all = details.map(|it| &*it.expected);
    let first = all.next()?;
    Some(if all.all(|it| it == first) { first } else { "differs by subject" })
}

/// One line for all that could not be judged.
fn not_judged(report: &Report) -> Option<String> {
    let mut number = 0;
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for judged in &report.baselines {
        for (reason, findings) in gaps(judged) {
            number += findings;
            *reasons.entry(reason).or_default() += findings;
        }
    }
    if number == 0 {
        return None;
    }
    let reasons = most_first(reasons);
    let mut named: Vec<&str> =
        reasons.iter().take(REASONS).map(|(reason, _)| reason.as_str()).collect();
    let more = format!("{} more", reasons.len().saturating_sub(REASONS));
    if reasons.len() > REASONS {
        named.push(&more);
    }
    let findings = words::count(number, "finding");
    Some(format!("{findings} not assessed, neither right nor wrong. {}.", named.join("; ")))
}

/// Why findings of a baseline are not assessed, with their number.
fn gaps(judged: &Judged) -> BTreeMap<String, usize> {
    let mut gaps: BTreeMap<(Option<Dataset>, GapKind), usize> = BTreeMap::new();
    for finding in &judged.findings {
        if let Outcome::NotAssessed(gap) = &finding.outcome {
            *gaps.entry((gap.dataset, gap.kind)).or_default() += 1;
        }
    }
    let reason = |(dataset, kind): (Option<Dataset>, GapKind)| match dataset {
        Some(dataset) => format!("{}: {kind}", words::title(dataset)),
        None => kind.to_string(),
    };
    gaps.into_iter().map(|(gap, findings)| (reason(gap), findings)).collect()
}

fn most_first(reasons: BTreeMap<String, usize>) -> Vec<(String, usize)> {
    let mut reasons: Vec<(String, usize)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, findings)| std::cmp::Reverse(*findings));
    reasons
}

/// The scores, and how much is not annotated.
fn notice(report: &Report, further: usize) -> String {
    let scores = report.baselines.iter().take(NAMED);
    let mut lines: Vec<String> =
        scores.map(|it| format!("{}: {}", it.id, it.score.headline())).collect();
    let unnamed = report.baselines.len().saturating_sub(NAMED);
    if unnamed > 0 {
        lines.push(format!("{} more", words::count(unnamed, "baseline")));
    }
    if further > 0 {
        lines.push(format!(
            "{} to mend beyond these annotations, see the summary and the report",
            words::count(further, "finding")
        ));
    }
    let lines: Vec<Cow<'_, str>> = lines.iter().map(|line| escape::workflow_data(line)).collect();
    format!("::notice title=pimaudit::{}", lines.join("%0A"))
}

/// One workflow command.
fn annotation(command: &str, title: &str, message: &str) -> String {
    let title = escape::workflow_property(&escape::name(title, MESSAGE));
    format!("::{command} title={title}::{}", escape::workflow_data(&escape::name(message, MESSAGE)))
}

/// Writes the summary of the step as Markdown, below what GitHub takes at most. The same report
/// gives the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write_summary(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut text = head(report);
    let mut left_out = 0;
    for judged in &report.baselines {
        // What stands behind one that found no room is left out too: no order with holes in it.
        let block = if left_out == 0 { block(report, judged) } else { String::new() };
        if left_out > 0 || text.len() + block.len() > SUMMARY {
            left_out += 1;
        } else {
            text.push_str(&block);
        }
    }
    if left_out > 0 {
        let baselines = words::count(left_out, "baseline");
        text.push_str(&format!("\n{baselines} found no room here: see the report.\n"));
    }
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn head(report: &Report) -> String {
    let tenant = match &*report.tenant_name {
        "" => cell(&report.tenant),
        name => format!("{} ({})", cell(name), cell(&report.tenant)),
    };
    let mut read = format!("read {}", words::window(&report.collected));
    let reader = words::reader(&report.collected);
    if !reader.is_empty() {
        read.push_str(&format!(" {}", cell(&reader)));
    }
    let mut text = format!("# Entra PIM audit\n\n{tenant}, {read}, pimaudit {}\n", report.version);
    if !report.collected.permissions.is_empty() {
        let permissions = escape::name(&report.collected.permissions.join(", "), PERMISSIONS);
        text.push_str(&format!("\nPermissions: {}.\n", escape::markdown(&permissions)));
    }
    text
}

/// One baseline: score, what to fix first, what was not read, and counts.
fn block(report: &Report, judged: &Judged) -> String {
    let mut text = format!(
        "\n## {}\n\n{}\n\n**{}**\n",
        cell(&judged.id),
        cell(&judged.title),
        cell(&judged.score.headline())
    );
    text.push_str(&fix_first(judged));
    text.push_str(&not_read(report, judged));
    text.push_str(&counts(judged));
    text
}

fn fix_first(judged: &Judged) -> String {
    let folds = open::folds(judged);
    let rows = folds.iter().take(ROWS).map(|fold| {
        vec![
            open::points_text(fold.points),
            fold.severity.name().to_owned(),
            cell(&fold.what()),
            cell(&fold.place()),
        ]
    });
    let mut text = table("Fix first", &["points", "severity", "what", "where"], rows.collect());
    let more: usize = folds.iter().skip(ROWS).map(|fold| fold.subjects.len()).sum();
    if more > 0 {
        text.push_str(&format!("\n{} more in the report.\n", words::count(more, "finding")));
    }
    text
}

/// Collections that were not read whole, and what is not assessed for whatever reason.
fn not_read(report: &Report, judged: &Judged) -> String {
    let states = report.collected.datasets.iter();
    let unread = states.filter_map(|state| Some((state, state.gap.as_ref()?)));
    let collections: Vec<Vec<String>> = unread
        .map(|(state, gap)| {
            let detail = if state.declined { Cow::Borrowed("declined") } else { gap.reason() };
            vec![cell(words::title(state.dataset)), cell(gap.kind.title()), cell(&detail)]
        })
        .collect();
    let mut text = table("Not read", &["collection", "why", "detail"], collections);
    let reasons = most_first(gaps(judged));
    let more = reasons.len().saturating_sub(ROWS);
    let rows = reasons
        .iter()
        .take(ROWS)
        .map(|(reason, findings)| vec![findings.to_string(), cell(reason)]);
    text.push_str(&table("Not assessed", &["findings", "why"], rows.collect()));
    if more > 0 {
        text.push_str(&format!("\n{} more in the report.\n", words::count(more, "reason")));
    }
    text
}

/// Findings by outcome; a waived one counts as waived alone.
fn counts(judged: &Judged) -> String {
    let count = |wanted: &str| {
        let findings = judged.findings.iter().filter(|finding| finding.waiver.is_none());
        findings.filter(|finding| finding.outcome.name() == wanted).count().to_string()
    };
    let waived = judged.findings.iter().filter(|finding| finding.waiver.is_some()).count();
    let outcomes = ["pass", "partial", "fail", "info", "not-assessed", "not-applicable"];
    let mut row: Vec<String> = outcomes.into_iter().map(count).collect();
    row.push(waived.to_string());
    let header = ["pass", "partial", "fail", "info", "not assessed", "not applicable", "waived"];
    table("Findings", &header, vec![row])
}

/// A table with its title; nothing without rows. The cells are Markdown already.
fn table(title: &str, header: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = format!("\n### {title}\n\n| {} |\n", header.join(" | "));
    text.push_str(&format!("|{}\n", " --- |".repeat(header.len())));
    for row in rows {
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    text
}

/// Text of a cell, cut to a length that many of them may have.
fn cell(text: &str) -> String {
    escape::markdown(&escape::name(text, CELL)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Finding, Tier};
    use crate::report::testing::{
        denied, finding, judged, missing_list, person, report, role, tenant, waiver,
    };

    fn annotations(report: &Report) -> Vec<String> {
        let mut out = Vec::new();
        write_annotations(report, &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    fn summary(report: &Report) -> String {
        let mut out = Vec::new();
        write_summary(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// So many checks that failed, each on the tenant.
    fn failures(number: usize, severity: Severity) -> Vec<Finding> {
        let checks = [
            "c-01", "c-02", "c-03", "c-04", "c-05", "c-06", "c-07", "c-08", "c-09", "c-10", "c-11",
            "c-12",
        ];
        let checks = checks.into_iter().take(number);
        checks.map(|it| finding(it, severity, tenant(), Outcome::fail("off", "on"))).collect()
    }

    fn unread() -> Finding {
        let list = missing_list(Dataset::Principals);
        finding("g-unread", Severity::High, list, denied(Dataset::Principals))
    }

    #[test]
    fn an_annotation_says_what_where_and_how() {
        let subject = role("Global Administrator", Tier::Critical, 1.0);
        let lines = annotations(&report(vec![finding(
            "activation-without-mfa",
            Severity::Critical,
            subject,
            Outcome::fail("off", "on"),
        )]));
        assert_eq!(
            lines[0],
            "::error title=Activation without MFA (critical)::Global Administrator. Gives back 100.0 \
             points. Expected: on. Mend: Entra admin center > Role settings."
        );
        assert!(lines[1].starts_with("::notice title=pimaudit::recommended: posture 0.0 F"));
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn only_a_grave_failure_is_an_error() {
        for (severity, outcome, expected) in [
            (Severity::Critical, Outcome::fail("a", "b"), "::error "),
            (Severity::High, Outcome::fail("a", "b"), "::error "),
            (Severity::Medium, Outcome::fail("a", "b"), "::warning "),
            (Severity::Low, Outcome::fail("a", "b"), "::warning "),
            (Severity::Critical, Outcome::partial(0.5, "a", "b"), "::warning "),
            (Severity::Critical, Outcome::pass("a", "b"), "::notice "),
        ] {
            let lines = annotations(&report(vec![finding("a", severity, tenant(), outcome)]));
            assert!(lines[0].starts_with(expected), "{severity}: {lines:?}");
        }
        let mut waived = finding("a", Severity::High, tenant(), Outcome::fail("a", "b"));
        waived.waiver = Some(waiver());
        assert_eq!(annotations(&report(vec![waived])).len(), 1);
    }

    #[test]
    fn there_are_no_more_annotations_than_are_shown() {
        for (number, severity, with_unread, shown, further) in [
            (12, Severity::High, false, (10, 2), None),
            (12, Severity::High, true, (10, 3), None),
            (10, Severity::High, false, (10, 0), None),
            (11, Severity::Low, false, (0, 10), Some("1 finding")),
            (12, Severity::Low, false, (0, 10), Some("2 findings")),
            (12, Severity::Low, true, (0, 10), Some("3 findings")),
            (0, Severity::Low, true, (0, 1), None),
            (0, Severity::Low, false, (0, 0), None),
        ] {
            let mut findings = failures(number, severity);
            if with_unread {
                findings.push(unread());
            }
            let lines = annotations(&report(findings));
            let count = |start: &str| lines.iter().filter(|it| it.starts_with(start)).count();
            assert_eq!((count("::error "), count("::warning ")), shown, "{number} {severity}");
            assert_eq!(count("::notice "), 1);
            let last = lines.last().unwrap();
            let told = further.is_none_or(|it| last.contains(&format!("%0A{it} to mend beyond")));
            assert!(told && last.contains("to mend") == further.is_some(), "{last}");
        }
    }

    #[test]
    fn no_failure_gives_way_to_a_lower_one() {
        for ([critical, high, low], shown) in [
            ([12, 12, 12], [12, 8, 0]),
            ([12, 0, 12], [12, 0, 8]),
            ([12, 1, 1], [12, 1, 1]),
            ([2, 12, 12], [2, 12, 6]),
            ([0, 0, 12], [0, 0, 10]),
        ] {
            // The lower ones are in the first baselines, and the fewer they are, the dearer.
            let mut report = report(failures(low, Severity::Low));
            report.baselines.push(judged(failures(high, Severity::High)));
            report.baselines.push(judged(failures(critical, Severity::Critical)));
            let lines = annotations(&report);
            let told: Vec<&str> = lines
                .iter()
                .filter_map(|line| Some(line.split_once(")::")?.0.rsplit_once('(')?.1))
                .collect();
            let [criticals, highs, lows] = shown;
            let expected =
                [vec!["critical"; criticals], vec!["high"; highs], vec!["low"; lows]].concat();
            assert_eq!(told, expected, "{lines:?}");
        }
    }

    #[test]
    fn what_is_expected_is_told_where_a_fold_expects_one_thing() {
        for (one, other, expected) in [
            ("on", "on", " Expected: on. "),
            ("at most 8 h", "at most 4 h", " Expected: differs by subject. "),
        ] {
            let failed = |name: &str, asked: &'static str| {
                let subject = role(name, Tier::Critical, 1.0);
                finding("a", Severity::High, subject, Outcome::fail("off", asked))
            };
            let lines = annotations(&report(vec![failed("One", one), failed("Two", other)]));
            assert_eq!(lines.len(), 2, "{lines:?}");
            assert!(lines[0].contains(expected), "{lines:?}");
        }
    }

    #[test]
    fn what_could_not_be_judged_has_its_warning() {
        let lines = annotations(&report(vec![unread()]));
        assert_eq!(
            lines[0],
            "::warning title=Not everything could be judged::1 finding not assessed, neither right \
             nor wrong. users, groups and service principals: permission denied."
        );
    }

    #[test]
    fn several_baselines_are_named_and_the_dearest_stands_first() {
        let mut report = report(vec![
            finding("a", Severity::High, role("One", Tier::Critical, 1.0), Outcome::fail("a", "b")),
            finding("a", Severity::High, role("Two", Tier::Critical, 1.0), Outcome::pass("a", "b")),
        ]);
        let mut second = judged(failures(1, Severity::High));
        second.id = "own".to_owned();
        report.baselines.push(second);
        let lines = annotations(&report);
        assert!(lines[0].starts_with("::error title=own%3A A bad state"), "{lines:?}");
        assert!(lines[1].starts_with("::error title=recommended%3A A bad state"), "{lines:?}");
    }

    #[test]
    fn the_summary_has_its_parts() {
        let mut findings = failures(2, Severity::High);
        findings.push(unread());
        let mut report = report(findings);
        if let Outcome::NotAssessed(gap) = denied(Dataset::Principals) {
            report.collected.datasets[0].gap = Some(gap);
        }
        let text = summary(&report);
        for expected in [
            "# Entra PIM audit\n",
            "\n## recommended\n",
            "### Fix first\n\n| points | severity | what | where |\n| --- | --- | --- | --- |\n",
            "### Not read\n\n| collection | why | detail |\n",
            "### Not assessed\n\n| findings | why |\n| --- | --- |\n| 1 | ",
            "\n| 0 | 0 | 2 | 0 | 1 | 0 | 0 |\n",
        ] {
            assert!(text.contains(expected), "{expected}\nis not in\n{text}");
        }
    }

    #[test]
    fn the_summary_says_who_read_when_and_how_as_far_as_known() {
        let mut known = report(Vec::new());
        known.collected.datasets[0].read_at = Some("2026-11-02T09:04:00Z".parse().unwrap());
        let mut unknown = report(Vec::new());
        let collected = &mut unknown.collected;
        (collected.by, collected.auth, collected.application) = (None, None, None);
        collected.permissions.clear();
        for (report, expected) in [
            (
                known,
                ", read 2026-11-02 09:00 to 09:04 UTC by auditor@&#8203;contoso.example, signed in \
                 with device-code, application aaaaaaaa-0000-4000-8000-0000000000a1, pimaudit \
                 0.1.0\n\nPermissions: RoleManagement.Read.Directory.\n\n## ",
            ),
            (unknown, ", read 2026-11-02 09:00 UTC, pimaudit 0.1.0\n\n## "),
        ] {
            let text = summary(&report);
            assert!(text.contains(expected), "{expected}\nis not in\n{text}");
        }
    }

    #[test]
    fn the_summary_stays_below_what_is_taken() {
        let long = "a".repeat(300);
        let mut findings = failures(12, Severity::High);
        for finding in &mut findings {
            finding.outcome = Outcome::fail(long.clone(), "on");
        }
        let mut report = report(findings);
        let first = report.baselines[0].clone();
        report.baselines.resize(400, first);
        let text = summary(&report);
        assert!(text.len() <= SUMMARY + 100, "{} bytes", text.len());
        assert!(text.contains("found no room here: see the report."), "{}", text.len());
    }

    #[test]
    fn the_same_report_gives_the_same_bytes() {
        let report = report(failures(12, Severity::High));
        assert_eq!(annotations(&report), annotations(&report));
        assert_eq!(summary(&report), summary(&report));
    }

    #[test]
    fn a_hostile_name_stays_in_its_annotation() {
        let hostile = person("x\n::stop-commands::y\n##[error]z%0A::warning::w");
        let one = finding("a", Severity::High, hostile, Outcome::fail("off", "on"));
        let lines = annotations(&report(vec![one]));
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].contains("z%250A"), "{lines:?}");
    }
}
