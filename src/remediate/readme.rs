//! What to know of the steps: the order, what each changes, what stays, how to see that it worked.

use super::{Choice, Step, graph};
use crate::model::{Finding, Outcome, Severity};
use crate::report::Report;
use crate::report::escape;
use crate::report::model::Judged;
use std::collections::BTreeSet;

/// The whole file.
pub(super) fn text(
    report: &Report,
    judged: &Judged,
    names: &[String],
    steps: &[Step<'_>],
) -> String {
    let mut out = format!(
        "# Steps to review\n\nFor tenant {}, as read {}, judged by {}.\nNothing here was sent. Each \
         step is a `.json` file; `remediate.ps1` shows them. With `-Apply` it sends\nthe changes of \
         policy rules, and nothing else: every other request only where its number is named\n\
         (`-Apply -Step 391,402`). `main.tf`, where it is there, holds the same changes of rules: take \
         one of the two.\n\n",
        escape::markdown(&report.tenant),
        report.collected.at,
        escape::markdown(&judged.title),
    );
    counts(&mut out, judged, steps);
    let permissions: BTreeSet<&str> =
        steps.iter().filter_map(|step| graph::permission(&step.path)).collect();
    out.push_str("Permissions that sending takes:\n\n");
    for permission in permissions {
        out.push_str(&format!("- `{permission}`\n"));
    }
    let hindered = steps.iter().filter(|step| step.hindrance().is_some()).count();
    if hindered > 0 {
        out.push_str(&format!(
            "\n{hindered} of {} steps wait for somebody to fill something in or to declare an \
             account; until then the script does\nnot send them.\n",
            steps.len()
        ));
    }
    out.push_str(
        "\nSteps stand in the order in which they are taken: changes of rules first, and the most severe \
         first.\n",
    );
    for (place, (name, step)) in names.iter().zip(steps).enumerate() {
        section(&mut out, place + 1, name, step);
    }
    out.push_str(
        "\n## Afterwards\n\nCollect and audit again: `pimaudit audit`. A finding that is mended is gone; \
         what became worse is there.\n",
    );
    out
}

/// How many findings there are by severity, how many nobody could judge, and whom not to touch.
fn counts(out: &mut String, judged: &Judged, steps: &[Step<'_>]) {
    let all = Choice::default();
    let open: Vec<&Finding> = judged.findings.iter().filter(|it| all.takes(it)).collect();
    let mended: BTreeSet<(&str, &str)> = steps
        .iter()
        .flat_map(|step| step.findings.iter())
        .map(|finding| (finding.check, &*finding.subject.key))
        .collect();
    out.push_str("| Severity | Open findings | With a step here |\n| --- | ---: | ---: |\n");
    for severity in Severity::ALL.into_iter().rev() {
        let mut of_it: Vec<&Finding> = open.clone();
        of_it.retain(|finding| finding.severity == severity);
        let count = of_it.len();
        of_it.retain(|it| mended.contains(&(it.check, &*it.subject.key)));
        out.push_str(&format!("| {severity} | {count} | {} |\n", of_it.len()));
    }
    let is_unread = |finding: &&Finding| match finding.outcome {
        Outcome::NotAssessed(_) => true,
        Outcome::Judged { .. } | Outcome::Info(_) | Outcome::NotApplicable { .. } => false,
    };
    let unread = judged.findings.iter().filter(is_unread).count();
    out.push_str(&format!("\nNot assessed: {unread}"));
    out.push_str(if unread == 0 { ".\n" } else { "; nothing here mends them.\n" });
    if !judged.break_glass.is_empty() {
        out.push_str(
            "\nThese look like undeclared break-glass accounts. Steps that touch them are held back: \
             declare them in\n`pimaudit.yaml` (`break_glass`) and remediate again.\n\n",
        );
        for candidate in &judged.break_glass {
            out.push_str(&format!(
                "- {} ({}): {}\n",
                escape::markdown(&candidate.name),
                escape::markdown(&candidate.principal.text()),
                escape::markdown(&candidate.reason)
            ));
        }
    }
    out.push('\n');
}

fn section(out: &mut String, number: usize, name: &str, step: &Step<'_>) {
    let title = step.findings.first().map_or("", |finding| finding.title);
    out.push_str(&format!(
        "\n## {number}. {} ({})\n\n`{name}`: {}\n\n",
        escape::markdown(title),
        step.severity().map_or("", Severity::name),
        step.method
    ));
    for finding in &step.findings {
        let details = finding.outcome.details();
        out.push_str(&format!(
            "- {} ({}): found {}, expected {}\n",
            escape::markdown(&finding.subject.name),
            escape::markdown(&finding.subject.key),
            escape::markdown(details.map(|it| &*it.observed).unwrap_or_default()),
            escape::markdown(details.map(|it| &*it.expected).unwrap_or_default()),
        ));
    }
    out.push_str("\nBefore:\n\n");
    for said in &step.preconditions {
        out.push_str(&format!("- {}\n", escape::markdown(said)));
    }
    let changes = step.changes();
    if !changes.is_empty() {
        out.push_str("\nChanges:\n\n");
        for change in changes {
            out.push_str(&format!(
                "- {}: {} becomes {}\n",
                escape::markdown(&change.property),
                escape::markdown(&change.from.to_string()),
                escape::markdown(&change.to.to_string())
            ));
        }
        out.push_str("\nEverything else of the rule stays as it was read.\n");
    }
}
