//! `collect`: only read, into a snapshot file.

use super::arguments::CollectOptions;
use super::connect;
use super::exit::{Exit, Failure};
use super::load::{self, Source};
use super::output::{OutputFile, note};
use crate::baseline::{self, builtin};
use crate::model::Dataset;
use crate::resolve::resolve;
use std::borrow::Cow;

pub(super) fn run(options: CollectOptions) -> Result<Exit, Failure> {
    let names = if options.baseline.is_empty() {
        builtin::names().map(str::to_owned).collect()
    } else {
        options.baseline
    };
    let configured = load::configuration(options.config.as_deref())?;
    let baselines = load::baselines(&names, Some(&configured))?;
    let file = OutputFile::open(&options.output)?;
    let datasets = baseline::datasets(&baselines);
    let groups = load::declared_groups(&configured.organisation);
    let redactor = load::redactor(&options.redaction)?;
    let hushed = load::hushed(options.loudness, redactor.as_ref());
    let source = load::live(&options.connection, datasets, groups, hushed)?;
    let source = load::redacted(source, redactor)?;
    if let Some(asked) = &options.connection.tenant {
        of_tenant(&source, asked)?;
    }
    let snapshot = source.snapshot()?;
    load::keep(&snapshot, file)?;
    if load::nothing_read(&snapshot) {
        return Err(Failure::unreachable(format!(
            "{}; the snapshot holds the reasons",
            load::NOTHING_READ
        )));
    }
    if !options.loudness.quiet {
        note(&format!("wrote {}", options.output.display()));
    }
    Ok(Exit::Done)
}

/// Nothing is kept of another tenant than the one that is asked for. Who it is takes one list.
fn of_tenant(source: &Source, asked: &str) -> Result<(), Failure> {
    let mut snapshot = source.snapshot()?;
    snapshot.collections.retain(|it| it.dataset == Dataset::Organization);
    let tenant = resolve(&snapshot, snapshot.collected_at);
    let called = match source.called(asked) {
        Cow::Owned(called) => Some(called),
        // Nothing is replaced.
        Cow::Borrowed(_) => None,
    };
    connect::must_be_of(asked, called.as_deref(), &tenant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Redactor;

    #[test]
    fn a_refusal_of_redacted_data_names_no_pseudonym() {
        let redactor = Redactor::from_key(b"an example of a key that is long enough").unwrap();
        let source = load::redacted(load::sample().unwrap(), Some(redactor)).unwrap();
        let pseudonym = source.snapshot().unwrap().tenant;
        assert!(of_tenant(&source, "contoso.example").is_ok());
        let failure = of_tenant(&source, "fabrikam.example").unwrap_err();
        assert_eq!(
            failure.message(),
            "the sign-in is for another tenant, not for fabrikam.example"
        );
        assert!(!failure.message().contains(&pseudonym));
    }

    #[test]
    fn what_was_read_of_another_tenant_is_not_kept() {
        let source = load::sample().unwrap();
        let own = source.snapshot().unwrap().tenant;
        for (asked, expected) in [
            (own.as_str(), true),
            ("contoso.example", true),
            ("fabrikam.example", false),
            ("99999999-0000-4000-8000-000000000001", false),
        ] {
            assert_eq!(of_tenant(&source, asked).is_ok(), expected, "{asked}");
        }
    }
}
