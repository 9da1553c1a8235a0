//! `activations`: who activated what, by which path, when and how long, and what became of the
//! rest.

use super::arguments::{ActivationsFormat, ActivationsOptions};
use super::exit::{Exit, Failure, nearest};
use super::load::{self, Source};
use super::output::{self, note};
use crate::assemble::activations::{Question, Refused, activations as answer};
use crate::facts::World;
use crate::model::{AuditPart, AuditSource, Dataset, Gap, GapKind, IsoDuration, Tenant, roles};
use crate::report::activations::{self, Activations};
use crate::resolve::resolve;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// The log, and what it takes to say by which eligibility somebody can have activated something and
/// where a group leads; no settings.
const DATASETS: [Dataset; 9] = [
    Dataset::DirectoryAudits,
    Dataset::RoleAssignments,
    Dataset::RoleAssignmentScheduleInstances,
    Dataset::RoleEligibilityScheduleInstances,
    Dataset::Principals,
    Dataset::GroupMembers,
    Dataset::OnboardedGroups,
    Dataset::GroupAssignmentScheduleInstances,
    Dataset::GroupEligibilityScheduleInstances,
];

pub(super) fn run(mut options: ActivationsOptions) -> Result<Exit, Failure> {
    let mut configured = load::configuration(options.config.as_deref())?;
    let outputs = output::outputs(&options.output)?;
    for output in outputs.iter().filter_map(|output| output.file.as_ref()) {
        let input = options.source.snapshot.as_deref();
        output.must_not_replace("-o", input, "the snapshot that is read")?;
    }
    // A live tenant is asked for as much of the log as is to be shown.
    options.source.connection.audit_log = Some(options.since);
    let groups = load::declared_groups(&configured.organisation);
    let datasets = DATASETS.into_iter().collect();
    let source = load::source(&options.source, datasets, groups, options.loudness)?;
    configured.redact(&source);
    let snapshot = source.snapshot()?;
    let tenant = resolve(&snapshot, snapshot.collected_at);
    load::same_tenant(&configured, &source, &options.source, &tenant)?;
    let part = log_of(&tenant).map_err(|gap| no_log(&gap, &source))?;
    let world = World::new(&tenant, &configured.organisation, None, snapshot.collected_at);
    let called = |text: &String| source.called_access(text);
    let question = Question {
        from: begin(part.until, options.since),
        access: options.role.as_ref().map(called),
        person: options.principal.as_ref().map(called),
    };
    let found =
        answer(&world, part, &question).map_err(|refused| unknown(&refused, &question, &world))?;
    for output in outputs {
        let format = output.format;
        let colour = output.file.is_none() && output::colour();
        output.write(|out: &mut dyn Write| -> io::Result<()> {
            match format {
                ActivationsFormat::Table => {
                    activations::write_table(&found, output::width(), colour, out)
                }
                ActivationsFormat::Json => activations::write_json(&found, out),
                ActivationsFormat::Csv => activations::write_csv(&found, out),
            }
        })?;
    }
    if !options.loudness.quiet {
        warnings(&found).iter().for_each(|warning| note(warning));
    }
    Ok(Exit::Done)
}

/// So long before the log was read.
fn begin(until: Timestamp, since: IsoDuration) -> Timestamp {
    let seconds = i64::try_from(since.seconds()).unwrap_or(i64::MAX);
    until.checked_sub(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// PIM's part of the log, as far as it was read; else why there is nothing of it.
fn log_of(tenant: &Tenant) -> Result<&AuditPart, Gap> {
    let parts = tenant.audit_log.at_least()?;
    let Some(part) = parts.iter().find(|part| part.source == AuditSource::Pim) else {
        let gap = tenant.audit_log.gap().cloned();
        return Err(gap.unwrap_or_else(|| {
            let detail = "PIM's part of the audit log was not read";
            Gap::of(Dataset::DirectoryAudits, GapKind::NotRequested, detail)
        }));
    };
    part.events.at_least()?;
    Ok(part)
}

/// Without the log there is no answer, not even an empty one.
fn no_log(gap: &Gap, source: &Source) -> Failure {
    if source.live {
        let permission = Dataset::DirectoryAudits.facts().permission;
        let hint = match gap.kind {
            GapKind::PermissionDenied | GapKind::NotRequested => {
                format!("grant {permission}; a person needs a role too, such as Reports Reader")
            }
            GapKind::CloudLacksIt => "this cloud does not offer the log through Graph".to_owned(),
            GapKind::LicenceMissing
            | GapKind::Failed
            | GapKind::Incomplete
            | GapKind::Unreadable
            | GapKind::ImpossiblyEmpty
            | GapKind::TooOld
            | GapKind::SwitchedOff
            | GapKind::OutsideRetention
            | GapKind::NotDeclared
            | GapKind::Planned
            | GapKind::NotManaged => "try again, or with a shorter --since".to_owned(),
        };
        return Failure::unreachable(format!("PIM's audit log could not be read: {gap}"))
            .hint(hint);
    }
    Failure::usage(format!("the snapshot has nothing of PIM's audit log: {gap}")).hint(
        "collect one with the log: pimaudit collect --audit-log 30d -o FILE; or ask a live tenant",
    )
}

/// With the nearest name that is known, of the one that was not found.
fn unknown(refused: &Refused, question: &Question, world: &World<'_>) -> Failure {
    let failure = Failure::usage(refused.words());
    match meant(refused, question, world) {
        Some(near) => failure.hint(format!("did you mean {near}?")),
        None => failure.hint("without --role and --principal all requests are shown"),
    }
}

fn meant(refused: &Refused, question: &Question, world: &World<'_>) -> Option<String> {
    let near = match refused {
        Refused::Principal(_) => {
            let users = world.principals().filter_map(|it| it.user()?.principal_name.as_deref());
            // In order: of two that are as near it is always the same one.
            nearest(question.person.as_deref()?, users.collect::<BTreeSet<&str>>())
        }
        Refused::Access(_) => {
            let built_in = roles::built_in().iter().map(|role| role.display_name.as_str());
            let groups = world.principals().filter(|it| it.group().is_some()).map(|it| &*it.name);
            nearest(question.access.as_deref()?, built_in.chain(groups).collect::<BTreeSet<&str>>())
        }
        // The name was right.
        Refused::AskedNothing(_) => None,
    };
    near.map(str::to_owned)
}

/// What keeps the answer from being whole, for stderr: CSV has no place for it.
fn warnings(found: &Activations) -> Vec<String> {
    let mut warnings: Vec<String> =
        found.window.shortness().map(|why| format!("not covered: {why}")).into_iter().collect();
    warnings.extend(found.gaps.iter().map(|gap| format!("not complete: {gap}")));
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Case;
    use crate::model::Collected;

    fn part(source: AuditSource, missing: bool) -> AuditPart {
        let gap = Gap::of(Dataset::DirectoryAudits, GapKind::PermissionDenied, "403");
        AuditPart {
            source,
            since: "2026-10-03T09:00:00Z".parse().unwrap(),
            until: "2026-11-02T09:00:00Z".parse().unwrap(),
            lists_until: "2026-11-02T09:00:00Z".parse().unwrap(),
            events: if missing { Collected::Missing(gap) } else { Collected::Complete(Vec::new()) },
        }
    }

    #[test]
    fn only_pims_part_is_the_log() {
        let gap = Gap::of(Dataset::DirectoryAudits, GapKind::NotRequested, "no");
        for (log, expected) in [
            (Collected::Complete(vec![part(AuditSource::Pim, false)]), None),
            (
                Collected::Complete(vec![part(AuditSource::Pim, true)]),
                Some(GapKind::PermissionDenied),
            ),
            (
                Collected::Complete(vec![part(AuditSource::ConditionalAccess, false)]),
                Some(GapKind::NotRequested),
            ),
            (Collected::Missing(gap), Some(GapKind::NotRequested)),
        ] {
            let mut case = Case::new();
            case.tenant.audit_log = log;
            let found = log_of(&case.tenant);
            assert_eq!(found.err().map(|gap| gap.kind), expected);
        }
    }

    #[test]
    fn a_name_is_proposed_for_one_that_is_not_known_alone() {
        let mut case = Case::new();
        case.user("ana");
        case.group("IT-Ops", &[]);
        let question = |person: Option<&str>, access: Option<&str>| Question {
            from: "2026-11-01T09:00:00Z".parse().unwrap(),
            access: access.map(str::to_owned),
            person: person.map(str::to_owned),
        };
        let person = || question(Some("anna@contoso.example"), None);
        let access = |name: &str| question(None, Some(name));
        let words = || "no such name".to_owned();
        for (refused, question, expected) in [
            (Refused::Principal(words()), person(), Some("ana@contoso.example")),
            // Who only decided is known by the right name.
            (Refused::AskedNothing(words()), person(), None),
            (
                Refused::Access(words()),
                access("Global Administrater"),
                Some("Global Administrator"),
            ),
            (Refused::Access(words()), access("IT-Opps"), Some("it-ops")),
            (Refused::Access(words()), access("something else"), None),
            // The role is what was not found, whoever is asked for beside it.
            (
                Refused::Access(words()),
                question(Some("anna@contoso.example"), Some("IT-Opps")),
                Some("it-ops"),
            ),
        ] {
            let found = meant(&refused, &question, &case.world());
            assert_eq!(found.as_deref(), expected, "{refused:?} {question:?}");
        }
    }

    #[test]
    fn the_time_asked_for_ends_where_the_log_does() {
        let until: Timestamp = "2026-11-02T09:00:00Z".parse().unwrap();
        for (since, expected) in [
            ("PT24H", "2026-11-01T09:00:00Z"),
            ("P30D", "2026-10-03T09:00:00Z"),
            ("P99999Y", "1970-01-01T00:00:00Z"),
        ] {
            let since = IsoDuration::parse(since).unwrap();
            assert_eq!(begin(until, since).to_string(), expected);
        }
    }
}
