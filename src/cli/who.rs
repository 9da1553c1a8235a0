//! `who`: everyone who holds or can reach an access, by path; or everything one principal can reach.

use super::arguments::{WhoFormat, WhoOptions};
use super::exit::{Exit, Failure, nearest};
use super::load;
use super::output::{self, note};
use crate::assemble::who::{Question, access_named, who as answer};
use crate::facts::{World, window::WAYS};
use crate::model::{Dataset, Gap, GapKind, roles};
use crate::report::who;
use crate::resolve::resolve;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// More names than this help nobody.
const NAMES_SHOWN: usize = 5;

pub(super) fn run(mut options: WhoOptions) -> Result<Exit, Failure> {
    // No way is told by the audit log.
    options.source.connection.audit_log = None;
    if options.access.is_none() && options.principal.is_none() {
        return Err(nothing_asked());
    }
    let mut configured = load::configuration(options.config.as_deref())?;
    let outputs = output::outputs(&options.output)?;
    for output in outputs.iter().filter_map(|output| output.file.as_ref()) {
        let input = options.source.snapshot.as_deref();
        output.must_not_replace("-o", input, "the snapshot that is read")?;
    }
    let mut datasets: BTreeSet<Dataset> = WAYS.iter().copied().collect();
    datasets.extend(WAYS.iter().flat_map(|dataset| dataset.with()));
    datasets.insert(Dataset::RoleDefinitions);
    let groups = load::declared_groups(&configured.organisation);
    let source = load::source(&options.source, datasets, groups, options.loudness)?;
    configured.redact(&source);
    let snapshot = source.snapshot()?;
    let tenant = resolve(&snapshot, snapshot.collected_at);
    load::same_tenant(&configured, &source, &options.source, &tenant)?;
    let world = World::new(&tenant, &configured.organisation, None, snapshot.collected_at);
    let asked = |text: &String| source.called_access(text);
    let (access, principal) =
        (options.access.as_ref().map(asked), options.principal.as_ref().map(asked));
    let question = question(&world, access.as_deref(), principal.as_deref())?;
    let found = answer(&world, &question);
    for output in outputs {
        let format = output.format;
        let colour = output.file.is_none() && output::colour();
        output.write(|out: &mut dyn Write| -> io::Result<()> {
            match format {
                WhoFormat::Table => who::write_table(&found, output::width(), colour, out),
                WhoFormat::Json => who::write_json(&found, out),
                WhoFormat::Mermaid => who::write_mermaid(&found, out),
            }
        })?;
    }
    if !options.loudness.quiet {
        for gap in incomplete(&found.gaps) {
            note(&format!("not complete: {gap}"));
        }
    }
    if source.live && load::nothing_read(&snapshot) {
        return Err(Failure::unreachable(load::NOTHING_READ));
    }
    Ok(Exit::Done)
}

/// What was not read: of a group that PIM does not manage there is nothing to be read yet.
fn incomplete(gaps: &[Gap]) -> impl Iterator<Item = &Gap> {
    gaps.iter().filter(|gap| gap.kind != GapKind::NotManaged)
}

fn nothing_asked() -> Failure {
    Failure::usage("who can reach what is not said")
        .hint("give a role or a group, such as \"Global Administrator\", or --principal WHO")
}

fn question(
    world: &World<'_>,
    access: Option<&str>,
    principal: Option<&str>,
) -> Result<Question, Failure> {
    if let Some(name) = principal {
        return match world.principals_meant(name).as_slice() {
            [one] if world.principal(one).is_some_and(|it| it.group().is_some()) => {
                let group = world.name_of(one);
                Err(Failure::usage(format!(
                    "{group} is a group, and nobody signs in as a group"
                ))
                .hint(format!(
                    "ask `pimaudit who \"group:{one}\"` for who is in it, or --principal for one of its members"
                )))
            }
            [one] => Ok(Question::Principal(one.clone())),
            [] => {
                let known =
                    world.principals().filter_map(|it| it.user()?.principal_name.as_deref());
                let failure = Failure::usage(match world.tenant().principals.gap() {
                    Some(gap) => {
                        format!("no principal \"{name}\" is known, and not all were read: {gap}")
                    }
                    None => format!("no principal \"{name}\" is among what was read"),
                });
                Err(match nearest(name, known) {
                    Some(near) => failure.hint(format!("did you mean {near}?")),
                    None => failure.hint("give a sign-in name, a display name or an object id"),
                })
            }
            several => {
                let count = several.len();
                let names: Vec<String> = several
                    .iter()
                    .take(NAMES_SHOWN)
                    .map(|id| format!("{} ({id})", world.name_of(id)))
                    .collect();
                let failure = Failure::usage(format!("{count} principals are called {name}"));
                Err(failure
                    .hint(format!("give a sign-in name or an object id: {}", names.join(", "))))
            }
        };
    }
    let Some(name) = access else { return Err(nothing_asked()) };
    access_named(world, name).map(Question::Access).map_err(|error| {
        let built_in = roles::built_in().iter().map(|role| role.display_name.as_str());
        let groups = world.principals().filter(|it| it.group().is_some()).map(|it| &*it.name);
        let failure = Failure::usage(error);
        match nearest(name, built_in.chain(groups)).filter(|near| !near.eq_ignore_ascii_case(name))
        {
            Some(near) => failure.hint(format!("did you mean {near}?")),
            None => {
                failure.hint("give a role or a group by its name or id, see `pimaudit inventory`")
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_pim_does_not_manage_makes_nothing_incomplete() {
        for (kind, expected) in [(GapKind::NotManaged, 0), (GapKind::PermissionDenied, 1)] {
            let gaps = [Gap::of(Dataset::GroupPolicies, kind, "why")];
            assert_eq!(incomplete(&gaps).count(), expected, "{kind}");
        }
    }
}
