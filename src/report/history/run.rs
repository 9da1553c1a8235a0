//! One run of a store: where it came from, its scores and what was worst, as text and as JSON.

use super::runs::{KeptRun, KeptScore, LAID_OUT, Limits, SCHEMA};
use super::said::percent_text;
use super::table::tone;
use super::tenant_text;
use crate::model::{Severity, minute};
use crate::report::escape;
use crate::report::json::lay_out;
use crate::report::page::{Fit, Grid, Ink, Page};
use crate::report::words;
use serde::Serialize;
use std::io::{self, Write};

/// Columns of a name.
const NAME: usize = 120;
/// Lines one finding, or what was seen, may take.
const LINES: usize = 4;

/// A run, looked at closely.
#[derive(Clone, Debug, PartialEq)]
pub struct RunShown<'a> {
    /// The run with its scores.
    pub run: KeptRun<'a>,
    /// Who read the data, where the snapshot says so.
    pub collected_by: Option<ReadBy<'a>>,
    /// What was worst, one for each of the scores.
    pub worst: Vec<Worst<'a>>,
}

/// Who read the data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReadBy<'a> {
    /// Sign-in name of a user, or name of an application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    /// Application id that signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<&'a str>,
    /// The way of sign-in, such as `device-code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<&'a str>,
    /// Permissions the token had.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub permissions: &'a [String],
}

/// What is worst by one baseline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Worst<'a> {
    /// Id of the baseline.
    pub baseline: &'a str,
    /// Findings that are open, told or not.
    pub open: usize,
    /// The worst of them.
    pub findings: Vec<WorstFinding<'a>>,
}

/// An open finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorstFinding<'a> {
    /// Id of the check.
    pub check: &'a str,
    /// Key of the subject.
    pub subject: &'a str,
    /// Name of the subject.
    pub name: Option<&'a str>,
    /// Severity as shown.
    pub severity: &'a str,
    /// `fail` or `partial`.
    pub outcome: &'a str,
    /// Between 0 and 1, where it is scored.
    pub credit: Option<f64>,
    /// What was seen.
    pub observed: Option<&'a str>,
}

/// Writes the run for a terminal.
///
/// # Errors
/// Only those of `out`.
pub fn write_table(
    shown: &RunShown<'_>,
    width: usize,
    colour: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page::new(width, colour, out);
    page.pairs(head(shown))?;
    for score in &shown.run.scores {
        page.title(&score.baseline.to_uppercase())?;
        page.paragraph(score_line(score))?;
        page.paragraph(format!(
            "{} failed, {} met in part, {} passed, {} not assessed, {} waived",
            score.failed, score.partial, score.passed, score.not_assessed, score.waived
        ))?;
        for worst in shown.worst.iter().filter(|it| it.baseline == score.baseline) {
            write_worst(&mut page, worst)?;
        }
    }
    Ok(())
}

fn head(shown: &RunShown<'_>) -> Vec<(&'static str, Ink)> {
    let run = &shown.run;
    let tenant = tenant_text(run.tenant_name, run.tenant);
    let mut head: Vec<(&str, Ink)> = vec![
        ("Run", run.id.to_string().into()),
        ("Tenant", format!("{tenant}, cloud {}", run.cloud).into()),
        ("Read", (minute(run.collected_at) + &reader(shown.collected_by.as_ref())).into()),
    ];
    if run.judged_at != run.collected_at {
        head.push(("Judged as of", minute(run.judged_at).into()));
    }
    head.push(("Came from", run.source.into()));
    if let Some(digest) = run.configuration {
        head.push(("Organisation", format!("a file of digest {digest}").into()));
    }
    head.push(("Kept by", format!("pimaudit {}", run.version).into()));
    let limits = match run.limits {
        Limits::Unset => "none was set",
        Limits::Met => "met",
        Limits::Missed => "missed",
    };
    head.push(("Limits", limits.into()));
    head
}

/// ` by ana@contoso.example, signed in with browser`.
fn reader(by: Option<&ReadBy<'_>>) -> String {
    let Some(by) = by else { return String::new() };
    let name = by.name.or(by.application).map(|name| format!(" by {name}")).unwrap_or_default();
    let auth = by.auth.map(|auth| format!(", signed in with {auth}")).unwrap_or_default();
    name + &auth
}

/// `posture 57.8 F | coverage 92.1 % | range 53.2-61.1`.
fn score_line(score: &KeptScore<'_>) -> Ink {
    let posture = match (score.posture, score.grade) {
        (Some(posture), Some(grade)) => {
            Ink::from(format!("posture {posture:.1} ")).then(Ink::toned(tone(grade), grade))
        }
        (Some(posture), None) => format!("posture {posture:.1}, not graded").into(),
        (None, _) => "nothing scored".into(),
    };
    let coverage = percent_text(score.coverage_percent);
    let (low, high) = (score.low, score.high);
    posture.then(format!(" | coverage {coverage} | range {low:.1}-{high:.1}"))
}

fn write_worst(page: &mut Page<'_>, worst: &Worst<'_>) -> io::Result<()> {
    if worst.findings.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let columns = [("", Fit::Content), ("", Fit::Flow)];
    let mut grid = Grid::new(&columns).headless().at_most_lines(LINES);
    for it in &worst.findings {
        let name = escape::name(it.name.unwrap_or(it.subject), NAME);
        grid.row(vec![severity(it.severity), format!("{} on {name}", it.check).into()]);
        if let Some(observed) = it.observed.filter(|it| !it.is_empty()) {
            grid.row(vec!["".into(), observed.into()]);
        }
    }
    page.grid(&grid)?;
    let more = worst.open.saturating_sub(worst.findings.len());
    if more > 0 {
        page.paragraph(format!("{more} more: export the run and audit it again"))?;
    }
    Ok(())
}

/// A severity that was kept as text.
fn severity(text: &str) -> Ink {
    match text.parse::<Severity>() {
        Ok(severity) => Ink::toned(words::severity(severity), text),
        Err(_) => text.into(),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    run: &'a KeptRun<'a>,
    collected_by: Option<&'a ReadBy<'a>>,
    worst: &'a [Worst<'a>],
}

/// Writes the run as JSON. The same one gives the same bytes.
///
/// # Errors
/// Only those of `out`.
pub fn write_json(shown: &RunShown<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        run: &shown.run,
        collected_by: shown.collected_by.as_ref(),
        worst: &shown.worst,
    };
    lay_out(&document, LAID_OUT, out)
}

#[cfg(test)]
mod tests {
    use super::super::testing::kept_run;
    use super::*;
    use serde_json::{Value, json};

    fn finding<'a>(severity: &'a str, name: &'a str, observed: &'a str) -> WorstFinding<'a> {
        WorstFinding {
            check: "activation-without-mfa",
            subject: "role:1",
            name: Some(name),
            severity,
            outcome: "fail",
            credit: Some(0.0),
            observed: Some(observed),
        }
    }

    fn shown(findings: Vec<WorstFinding<'_>>, open: usize) -> RunShown<'_> {
        RunShown {
            run: kept_run(2, &["recommended"]),
            collected_by: Some(ReadBy {
                name: Some("auditor@contoso.example"),
                application: Some("app"),
                auth: Some("browser"),
                permissions: &[],
            }),
            worst: vec![Worst { baseline: "recommended", open, findings }],
        }
    }

    fn written(shown: &RunShown<'_>, width: usize) -> String {
        let mut out = Vec::new();
        write_table(shown, width, false, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_run_is_told_from_where_it_came_to_what_was_worst() {
        let findings =
            vec![finding("critical", "Tier 0 Operators", "no MFA"), finding("low", "Reader", "")];
        assert_eq!(
            written(&shown(findings, 5), 80),
            "\
Run        2
Tenant     Contoso (t-1), cloud global
Read       2026-11-02 09:00 UTC by auditor@contoso.example, signed in with
           browser
Came from  the sample tenant
Kept by    pimaudit 0.1.0
Limits     none was set

RECOMMENDED
posture 56.4 F? | coverage 96.5 % | range 54.1-57.6
259 failed, 242 met in part, 1023 passed, 21 not assessed, 3 waived

critical  activation-without-mfa on Tier 0 Operators
          no MFA
low       activation-without-mfa on Reader
3 more: export the run and audit it again
"
        );
    }

    #[test]
    fn no_count_is_cut_where_there_is_little_room() {
        let mut found = shown(Vec::new(), 0);
        found.run.scores[0].posture = None;
        found.run.configuration = Some("sha256:01");
        found.run.judged_at = "2027-11-03T00:00:00Z".parse().unwrap();
        let text = written(&found, 60);
        assert!(text.lines().all(|line| escape::width(line) <= 60), "{text}");
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for expected in [
            "Judged as of 2027-11-03 00:00 UTC",
            "Organisation a file of digest sha256:01",
            "nothing scored | coverage",
            "259 failed, 242 met in part, 1023 passed, 21 not assessed, 3 waived",
        ] {
            assert!(words.contains(expected), "{expected}\n{text}");
        }
    }

    #[test]
    fn what_was_seen_takes_four_lines_and_steers_no_terminal() {
        let long = format!("\u{1b}[2J{}", "word ".repeat(100));
        let text = written(&shown(vec![finding("strange\u{202e}", "Ana", &long)], 1), 80);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
        assert_eq!(text.lines().filter(|line| line.contains("word")).count(), 4, "{text}");
        assert!(text.ends_with("…\n"), "{text}");
    }

    #[test]
    fn the_reader_is_told_as_far_as_known() {
        let by = |name, application, auth| ReadBy { name, application, auth, ..ReadBy::default() };
        for (by, expected) in [
            (by(Some("ana"), Some("app"), Some("browser")), " by ana, signed in with browser"),
            (by(None, Some("app"), None), " by app"),
            (by(None, None, None), ""),
        ] {
            assert_eq!(reader(Some(&by)), expected);
        }
        assert_eq!(reader(None), "");
    }

    #[test]
    fn the_json_says_who_read_it_and_what_was_worst() {
        let mut out = Vec::new();
        write_json(&shown(vec![finding("high", "Ana", "10 h")], 7), &mut out).unwrap();
        let found: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!((&found["schema"], &found["run"]["id"]), (&json!(SCHEMA), &json!(2)));
        assert_eq!(
            found["collected_by"],
            json!({"name": "auditor@contoso.example", "application": "app", "auth": "browser"})
        );
        assert_eq!(
            found["worst"],
            json!([{"baseline": "recommended", "open": 7, "findings": [{
                "check": "activation-without-mfa", "subject": "role:1", "name": "Ana",
                "severity": "high", "outcome": "fail", "credit": 0.0, "observed": "10 h"
            }]}])
        );
        let permissions = ["Directory.Read.All".to_owned()];
        let allowed = ReadBy { permissions: &permissions, ..ReadBy::default() };
        for (by, expected) in
            [(None, Value::Null), (Some(allowed), json!({"permissions": ["Directory.Read.All"]}))]
        {
            let found = RunShown { collected_by: by, ..shown(Vec::new(), 0) };
            let mut out = Vec::new();
            write_json(&found, &mut out).unwrap();
            let found: Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(found["collected_by"], expected);
        }
    }
}
