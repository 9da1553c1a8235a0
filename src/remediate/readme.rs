//! What to know of the steps: the order, what each changes, what stays, how to see that it worked.

use super::{Step, graph};
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
         step is a `.json` file; `remediate.ps1` shows them, and sends them with `-Apply`\nonly. \
         `main.tf`, where it is there, holds the same changes of rules: take one of the two.\n\n",
        escape::markdown(&report.tenant),
        report.collected.at,
        escape::markdown(&judged.title),
    );
    let permissions: BTreeSet<&str> =
        steps.iter().filter_map(|step| graph::permission(&step.path)).collect();
    out.push_str("Permissions that sending takes:\n\n");
    for permission in permissions {
        out.push_str(&format!("- `{permission}`\n"));
    }
    let hindered = steps.iter().filter(|step| step.hindrance().is_some()).count();
    if hindered > 0 {
        out.push_str(&format!(
            "\n{hindered} of {} steps wait for somebody to fill something in; until then the script \
             sends nothing.\n",
            steps.len()
        ));
    }
    out.push_str("\nSteps stand in the order in which they are taken.\n");
    for (place, (name, step)) in names.iter().zip(steps).enumerate() {
        section(&mut out, place + 1, name, step);
    }
    out.push_str(
        "\n## Afterwards\n\nCollect and audit again: `pimaudit audit`. A finding that is mended is gone; \
         what became worse is there.\n",
    );
    out
}

fn section(out: &mut String, number: usize, name: &str, step: &Step<'_>) {
    let title = step.findings.first().map_or("", |finding| finding.title);
    out.push_str(&format!(
        "\n## {number}. {}\n\n`{name}`: {}\n\n",
        escape::markdown(title),
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
