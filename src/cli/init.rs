//! `init`: a `pimaudit.yaml` to start from. Nothing is excused that is not declared, so candidates
//! stand there commented out, with the reason.

use super::arguments::InitOptions;
use super::exit::{Exit, Failure};
use super::load;
use super::output::{OutputFile, note};
use crate::assemble::candidates;
use crate::facts::World;
use crate::model::{Dataset, Organisation, Tenant};
use crate::report::escape;
use crate::resolve::resolve;

const DATASETS: [Dataset; 5] = [
    Dataset::RoleAssignments,
    Dataset::RoleAssignmentScheduleInstances,
    Dataset::RoleEligibilityScheduleInstances,
    Dataset::Principals,
    Dataset::GroupMembers,
];

pub(super) fn run(options: InitOptions) -> Result<Exit, Failure> {
    if options.output.exists() && !options.force {
        return Err(Failure::usage(format!("{} is there already", options.output.display()))
            .hint("give another path with -o, or --force to replace it"));
    }
    let file = OutputFile::open(&options.output)?;
    let source = load::source(&options.source, DATASETS.into_iter().collect(), options.loudness)?;
    let snapshot = source.snapshot()?;
    let tenant = resolve(&snapshot);
    let text = text(&tenant);
    file.finish(|out| out.write_all(text.as_bytes()))?;
    if !options.loudness.quiet {
        note(&format!("wrote {}: read it, and declare what is true", options.output.display()));
    }
    Ok(Exit::Done)
}

fn text(tenant: &Tenant) -> String {
    let nothing = Organisation::default();
    let world = World::new(tenant, &nothing, None, tenant.collected_at);
    let name = if tenant.name.is_empty() { "this tenant" } else { &tenant.name };
    let mut text = format!(
        "# What only the organisation knows about {}. Part of every report's digest.\n\
         format: 1\n\
         tenant: {}\n\
         baseline: recommended        # or ./own.yaml\n\n\
         # Two emergency accounts, cloud only, permanent Global Administrator. What is not declared\n\
         # here is judged like everybody else.\n\
         break_glass: []\n",
        comment(name),
        tenant.id
    );
    let found = candidates(&world);
    for candidate in &found {
        text.push_str(&format!("#  - {}    # {}\n", comment(&candidate.name), candidate.reason));
    }
    if found.is_empty() {
        text.push_str("# No account looks like one: cloud only, .onmicrosoft.com, permanent Global Administrator.\n");
    }
    text.push_str(
        "\n# Mailboxes of the security team, for the notification checks.\n\
         security_mailboxes: []\n\n\
         # Accepted findings: check and subject as the report shows them, at most 365 days.\n\
         waivers: []\n\
         #  - check: synced-privileged-account\n\
         #    subject: principal:00000000-0000-0000-0000-000000000000\n\
         #    reason: why this is accepted\n\
         #    owner: who answers for it\n\
         #    expires: 2027-02-01\n",
    );
    text
}

/// Names come from strangers: inside a YAML comment only a line break could do harm.
fn comment(name: &str) -> String {
    escape::terminal(name).replace(['#', '\n'], " ")
}
