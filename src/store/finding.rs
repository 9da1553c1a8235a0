//! Findings as the store keeps them: one line each, in the order of the report.

use super::content::Content;
use crate::model::Severity;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::io;

/// One finding, as far as it is kept. It is written as a list, in the order of its parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Line", into = "Line")]
pub struct Kept {
    /// Id of the check.
    pub check: String,
    /// Key of the subject.
    pub subject: String,
    /// pass, partial, fail, info, not-applicable, not-assessed.
    pub outcome: String,
    /// Between 0 and 1, where it was judged.
    pub credit: Option<f64>,
    /// Severity as shown.
    pub severity: String,
    /// Whether a waiver accepts it.
    pub waived: bool,
    /// Name of the subject; only where it failed or was met in part.
    pub name: Option<String>,
    /// What was seen; only where it failed or was met in part.
    pub observed: Option<String>,
}

type Line = (String, String, String, Option<f64>, String, bool, Option<String>, Option<String>);

impl From<Line> for Kept {
    fn from(line: Line) -> Self {
        let (check, subject, outcome, credit, severity, waived, name, observed) = line;
        Self { check, subject, outcome, credit, severity, waived, name, observed }
    }
}

impl From<Kept> for Line {
    fn from(it: Kept) -> Self {
        (it.check, it.subject, it.outcome, it.credit, it.severity, it.waived, it.name, it.observed)
    }
}

impl Kept {
    /// The worst of what failed or was met in part and is not waived, so many at most, and how many
    /// are open altogether.
    pub fn worst(findings: Vec<Self>, most: usize) -> (Vec<Self>, usize) {
        let is_open = |it: &Self| !it.waived && matches!(it.outcome.as_str(), "fail" | "partial");
        let mut open: Vec<Self> = findings.into_iter().filter(is_open).collect();
        let count = open.len();
        // Stable: what is equally bad stays in the order of the report.
        open.sort_by_key(|it| {
            let severity = it.severity.parse::<Severity>().ok();
            (Reverse(severity), it.outcome != "fail")
        });
        open.truncate(most);
        (open, count)
    }
}

/// The findings of one baseline, packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings(pub(super) Content);

impl Findings {
    /// Packs them in the order given.
    pub fn of(findings: impl Iterator<Item = Kept>) -> io::Result<Self> {
        let mut text = String::new();
        for finding in findings {
            text.push_str(&serde_json::to_string(&finding)?);
            text.push('\n');
        }
        Ok(Self(Content::of(&text)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::content::unpack;

    #[test]
    fn a_finding_is_a_line_and_comes_back() {
        let kept = Kept {
            check: "activation-too-long".to_owned(),
            subject: "role:1".to_owned(),
            outcome: "fail".to_owned(),
            credit: Some(0.5),
            severity: "high".to_owned(),
            waived: false,
            name: Some("Line\nbreak".to_owned()),
            observed: None,
        };
        let packed = Findings::of([kept.clone(), kept.clone()].into_iter()).unwrap();
        let text = unpack(&packed.0.packed).unwrap();
        let line = r#"["activation-too-long","role:1","fail",0.5,"high",false,"Line\nbreak",null]"#;
        assert_eq!(text, format!("{line}\n{line}\n"));
        assert_eq!(serde_json::from_str::<Kept>(line).unwrap(), kept);
        assert!(serde_json::from_str::<Kept>("[1]").is_err());
    }

    fn kept(severity: &str, outcome: &str, subject: &str, waived: bool) -> Kept {
        Kept {
            check: "a-check".to_owned(),
            subject: subject.to_owned(),
            outcome: outcome.to_owned(),
            credit: None,
            severity: severity.to_owned(),
            waived,
            name: None,
            observed: None,
        }
    }

    #[test]
    fn the_worst_come_first_and_only_what_is_open() {
        let findings = vec![
            kept("low", "fail", "1", false),
            kept("critical", "pass", "2", false),
            kept("high", "partial", "3", false),
            kept("high", "fail", "4", false),
            kept("critical", "fail", "5", true),
            kept("critical", "not-assessed", "6", false),
            kept("strange", "fail", "7", false),
            kept("high", "fail", "8", false),
        ];
        let (found, open) = Kept::worst(findings, 10);
        let found: Vec<&str> = found.iter().map(|it| it.subject.as_str()).collect();
        assert_eq!((found, open), (vec!["4", "8", "3", "1", "7"], 5));
        let many: Vec<Kept> = (0..25).map(|_| kept("low", "fail", "x", false)).collect();
        let (found, open) = Kept::worst(many, 10);
        assert_eq!((found.len(), open), (10, 25));
    }
}
