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
use crate::report::model::Candidate;
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
    file.must_not_replace("-o", options.source.snapshot.as_deref(), "the snapshot that is read")?;
    let datasets = DATASETS.into_iter().collect();
    let source = load::source(&options.source, datasets, Vec::new(), options.loudness)?;
    let snapshot = source.snapshot()?;
    let tenant = resolve(&snapshot, snapshot.collected_at);
    load::of_tenant_asked_for(&source, &options.source, &tenant)?;
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
        "# What only the organisation knows about {}; every report names this file and its digest.\n\
         format: 1\n\
         tenant: {}\n\
         baseline: recommended        # or ./own.yaml\n\n\
         # Two emergency accounts, cloud only, permanent Global Administrator. What is not declared\n\
         # here is judged like everybody else.\n\
         break_glass:\n",
        comment(name),
        scalar(&tenant.id)
    );
    let found = candidates(&world);
    for candidate in &found {
        text.push_str(&entry(candidate));
    }
    if found.is_empty() {
        text.push_str("# No account looks like one: cloud only, .onmicrosoft.com, permanent Global Administrator.\n");
    }
    text.push_str(
        "\n# Mailboxes of the security team, for the notification checks.\n\
         security_mailboxes:\n\
         #  - soc@contoso.example\n\n\
         # Groups that give more than a role, such as one for search and purge: name or object id.\n\
         sensitive_groups:\n\
         #  search-and-purge: \"group:Search and Purge\"\n\n\
         # Who should hold a role: sign-in names, object ids or groups.\n\
         audiences:\n\
         #  Helpdesk Administrator: [\"group:Helpdesk\"]\n\n\
         # Accepted findings, at most 365 days. Check and subject key stand in the JSON report (`check`,\n\
         # `subject.key`); `role:Role Name` and `principal:sign-in name` work as subjects too.\n\
         waivers:\n\
         #  - check: synced-privileged-account\n\
         #    subject: principal:00000000-0000-0000-0000-000000000000\n\
         #    reason: why this is accepted\n\
         #    owner: who answers for it\n\
         #    expires: 2027-02-01\n",
    );
    text
}

/// A line that declares a candidate once its `#` is taken away.
fn entry(candidate: &Candidate) -> String {
    let declared = candidate.declared();
    let name = if declared == candidate.name { "" } else { &*candidate.name };
    let separator = if name.is_empty() { "" } else { ": " };
    format!("#  - {declared}    # {}{separator}{}\n", comment(name), candidate.reason)
}

/// Names come from strangers: inside a YAML comment only a line break could do harm.
fn scalar(id: &str) -> String {
    let plain = id.bytes().all(|it| it.is_ascii_hexdigit() || it == b'-');
    // A JSON text is a YAML text, whatever it holds.
    if plain { id.to_owned() } else { serde_json::Value::from(id).to_string() }
}

fn comment(name: &str) -> String {
    escape::terminal(name).replace(['#', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::organisation;
    use crate::model::PrincipalId;

    #[test]
    fn what_is_uncommented_is_read() {
        let source = load::sample().unwrap();
        let snapshot = source.snapshot().unwrap();
        let text = text(&resolve(&snapshot, snapshot.collected_at));
        let untouched = organisation::load(&text, "pimaudit.yaml").unwrap().organisation;
        assert_eq!(untouched, Organisation::default());
        let uncommented: String = text
            .lines()
            .map(|line| match line.strip_prefix("#  ") {
                Some(entry) => format!("  {entry}\n"),
                None => format!("{line}\n"),
            })
            .collect();
        let declared = organisation::load(&uncommented, "pimaudit.yaml").unwrap().organisation;
        assert_eq!(declared.break_glass.len(), 2, "{uncommented}");
        assert_eq!(declared.security_mailboxes, ["soc@contoso.example"], "{uncommented}");
        assert_eq!(declared.waivers.len(), 1, "{uncommented}");
    }

    #[test]
    fn a_name_that_would_break_the_file_stands_in_the_comment_alone() {
        let candidate = |name: &str| Candidate {
            principal: PrincipalId::new("id-1"),
            name: name.into(),
            reason: "why".to_owned(),
        };
        for (name, expected) in [
            ("bg1@contoso.example", "#  - bg1@contoso.example    # why\n"),
            ("x: [y\n# z", "#  - id-1    # x: [y   z: why\n"),
        ] {
            assert_eq!(entry(&candidate(name)), expected);
        }
    }
}
