//! The checks as SARIF rules: what code scanning shows beside each result.

use super::document::{Configuration, Help, Rule, RuleProperties, Text};
use super::level;
use crate::model::{Finding, Severity, Verdict};
use crate::report::model::{Judged, Report};
use crate::report::{escape, words};
use std::collections::BTreeSet;

/// GitHub shows no more tags of a rule, and refuses more than twenty.
const TAGS: usize = 10;

/// The checks of a baseline, sorted by id as the findings are.
pub(super) fn rules<'a>(report: &'a Report, judged: &'a Judged) -> Vec<Rule<'a>> {
    let checks = judged.findings.chunk_by(|one, other| one.check == other.check);
    checks.map(|findings| rule(report, findings)).collect()
}

/// One check; its findings are never none.
fn rule<'a>(report: &'a Report, findings: &'a [Finding]) -> Rule<'a> {
    let first = &findings[0];
    let worst = findings.iter().map(|it| it.base).max().unwrap_or(first.base);
    let controls: BTreeSet<&str> =
        findings.iter().flat_map(|it| &it.rule.controls).map(String::as_str).collect();
    let tags = ["security", "entra-id", "pim"].into_iter().chain(controls).take(TAGS).collect();
    let text = report.check(first.check);
    let why = text.map_or(first.title, |it| &it.why);
    let what = text.map_or(first.title, |it| &it.what);
    let mut help = Help {
        text: format!(
            "{}\n\nWhy it is bad: {}",
            escape::sarif_message(what),
            escape::sarif_message(why)
        ),
        markdown: format!(
            "{}\n\n**Why it is bad.** {}",
            escape::markdown(what),
            escape::markdown(why)
        ),
    };
    if let Some(check) = text {
        let reads: Vec<&str> = check.reads.iter().map(|it| words::title(*it)).collect();
        let references: Vec<&str> = check.references.iter().map(String::as_str).collect();
        help.list("Reads", &reads);
        help.list("Asked for by", &references);
    }
    Rule {
        id: first.check,
        name: pascal(first.check),
        short_description: Text { text: escape::sarif_message(first.title).into() },
        full_description: Text { text: escape::sarif_message(why).into() },
        help,
        default_configuration: Configuration { level: level(worst, Verdict::Fail) },
        properties: RuleProperties {
            tags,
            precision: "high",
            security_severity: security_severity(worst),
        },
    }
}

impl Help {
    fn list(&mut self, title: &str, entries: &[&str]) {
        if entries.is_empty() {
            return;
        }
        self.text
            .push_str(&format!("\n\n{title}: {}.", escape::sarif_message(&entries.join("; "))));
        self.markdown.push_str(&format!("\n\n**{title}**\n"));
        for entry in entries {
            self.markdown.push_str(&format!("\n- {}", escape::markdown(entry)));
        }
    }
}

/// GitHub's bands: critical above 9.0, high from 7.0, medium from 4.0. They belong to the check, as
/// its rules are written; a lower severity of one result stands in its level and its message.
const fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

/// `activation-without-mfa` as `ActivationWithoutMfa`.
fn pascal(id: &str) -> String {
    let mut name = String::with_capacity(id.len());
    for word in id.split('-') {
        let mut characters = word.chars();
        name.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(characters.as_str());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Outcome, Tier};
    use crate::report::model::CheckText;
    use crate::report::testing::{finding, report, role};

    #[test]
    fn a_rule_tells_what_the_check_says_and_how_bad_it_is_at_its_worst() {
        let one = |name: &str, tier| {
            finding("a-fail", Severity::High, role(name, tier, 1.0), Outcome::fail("off", "on"))
        };
        let mut report = report(vec![one("One", Tier::Standard), one("Two", Tier::Critical)]);
        report.checks = vec![CheckText {
            id: "a-fail",
            title: "A bad state",
            what: "Looks at {this}.".to_owned(),
            why: "It is bad.".to_owned(),
            reads: vec![Dataset::RolePolicies],
            references: vec!["A guide".to_owned()],
        }];
        let rules = rules(&report, &report.baselines[0]);
        assert_eq!(rules.len(), 1);
        let rule = &rules[0];
        assert_eq!((rule.id, &*rule.name), ("a-fail", "AFail"));
        assert_eq!(rule.default_configuration.level, "error");
        assert_eq!(rule.properties.security_severity, "8.0");
        assert_eq!(rule.full_description.text, "It is bad.");
        assert_eq!(
            rule.help.text,
            "Looks at {{this}}.\n\nWhy it is bad: It is bad.\n\nReads: role settings.\n\nAsked for \
             by: A guide."
        );
        assert!(rule.help.markdown.contains("**Reads**\n\n- role settings"));
    }

    #[test]
    fn severities_are_in_the_bands_of_github() {
        for (severity, expected) in [
            (Severity::Critical, "9.5"),
            (Severity::High, "8.0"),
            (Severity::Medium, "5.5"),
            (Severity::Low, "2.0"),
        ] {
            assert_eq!(security_severity(severity), expected, "{severity}");
        }
    }

    #[test]
    fn names_of_rules_are_made_of_their_ids() {
        for (id, expected) in [("activation-without-mfa", "ActivationWithoutMfa"), ("", "")] {
            assert_eq!(pascal(id), expected);
        }
    }
}
