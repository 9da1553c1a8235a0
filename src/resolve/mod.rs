//! Rows to a typed tenant. The wire structs live here, one file per family, and nowhere else.
//!
//! One strange row makes its own subject not assessed, or its collection partial when the subject
//! cannot be named: never a crash, never dropped in silence.

mod alerts;
mod applications;
mod assignments;
mod audit;
mod conditional_access;
mod definitions;
mod directory;
mod group_pim;
mod parts;
mod people;
mod policies;
mod review_scope;
mod reviews;
#[cfg(test)]
mod testing;

use crate::model::{Collected, Dataset, Earlier, Gap, GapKind, Sku, Tenant};
use crate::snapshot::{Collection, Snapshot};
use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// Makes the typed tenant out of a snapshot, as of `now`: what has ended by then is left out.
pub fn resolve(snapshot: &Snapshot<'_>, now: Timestamp) -> Tenant {
    let licences = directory::licences(snapshot);
    // Half of the rows are people and members; they know nothing of roles, so they go side by side.
    let ((roles, labels_gap), policies, lists, audit_log, people) = std::thread::scope(|scope| {
        let people = scope.spawn(|| {
            let principals = directory::principals(snapshot);
            let gone = directory::absent(&principals);
            (directory::members(snapshot, Dataset::GroupMembers, &gone), principals, gone)
        });
        let ids = definitions::RoleIds::new(snapshot);
        let roles = definitions::roles(snapshot);
        let policies = policies::policies(snapshot, &ids);
        let lists = assignments::grants(snapshot, &ids, without_pim(&licences), now);
        let audit_log = audit::audit_log(snapshot, &ids);
        let people = people.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (roles, policies, lists, audit_log, people)
    });
    let (members, principals, gone) = people;
    let organization = directory::organization(snapshot);
    let (mut onboarded, mut groups) =
        (group_pim::onboarded(snapshot, &gone), group_pim::group_pim(snapshot, now, &gone));
    let no_licence = |gap: &Gap| gap.kind == GapKind::LicenceMissing;
    // Without PIM no group is managed by it; `missing-licence` fails.
    if without_pim(&licences) && onboarded.gap().is_some_and(no_licence) {
        onboarded = Collected::Complete(BTreeSet::new());
        groups.clear();
    }
    Tenant {
        id: snapshot.tenant.as_str().into(),
        name: organization.as_ref().map_or_else(|_| "".into(), |it| it.name.clone()),
        cloud: snapshot.cloud,
        collected_at: snapshot.collected_at,
        domains: match organization {
            Ok(organization) => Collected::Complete(organization.domains),
            Err(gap) => Collected::Missing(gap),
        },
        roles,
        policies,
        active: lists.active,
        eligible: lists.eligible,
        instances_gap: lists.instances_gap,
        assignments_missing: lists.assignments_missing,
        principals,
        members,
        owners: group_pim::owners(snapshot, &gone),
        onboarded,
        group_pim: groups,
        licences,
        sign_ins: people::sign_ins(snapshot),
        registrations: people::registrations(snapshot),
        conditional_access: conditional_access::policies(snapshot),
        contexts: conditional_access::contexts(snapshot),
        strengths: conditional_access::strengths(snapshot),
        security_defaults: conditional_access::security_defaults(snapshot),
        alerts: alerts::alerts(snapshot),
        reviews: reviews::reviews(snapshot, now),
        packages: applications::packages(snapshot),
        units: applications::units(snapshot),
        applications: applications::applications(snapshot),
        service_owners: applications::service_owners(snapshot, &gone),
        application_grants: applications::application_grants(snapshot),
        delegated_grants: applications::delegated_grants(snapshot),
        labels_gap,
        privileged_actions: definitions::privileged_actions(snapshot),
        earlier: None,
        audit_log,
    }
}

/// The role definitions of an older snapshot, for those of a newer one to be compared with.
pub fn earlier(snapshot: &Snapshot<'_>) -> Earlier {
    let (roles, labels_gap) = definitions::roles(snapshot);
    Earlier { at: snapshot.collected_at, roles, labels_gap }
}

/// True when the tenant is known to have no licence for PIM, so that a licence gap in its lists says
/// the same. A refusal beside a good licence says nothing about the tenant.
fn without_pim(licences: &Collected<Vec<Sku>>) -> bool {
    licences.complete().is_ok_and(|skus| !skus.iter().any(Sku::brings_pim))
}

/// A collection of the snapshot, or the gap of one that nobody asked for.
fn collection<'s, 'a>(
    snapshot: &'s Snapshot<'a>,
    dataset: Dataset,
) -> Result<&'s Collection<'a>, Gap> {
    match snapshot.collection(dataset) {
        Some(found) if found.missing => Err(found.gap.clone().unwrap_or_else(|| not_read(dataset))),
        Some(found) => Ok(found),
        None => Err(not_read(dataset)),
    }
}

fn not_read(dataset: Dataset) -> Gap {
    Gap::of(dataset, GapKind::NotRequested, format!("{} were not read", dataset.facts().title))
}

/// Rows of one type, and the gap of those that could not be understood.
struct Typed<T> {
    rows: Vec<T>,
    strange: Option<Gap>,
}

/// Parses each row of a collection once; a row that does not fit makes the collection partial.
fn typed<'s, T: Deserialize<'s>>(collection: &'s Collection<'_>) -> Typed<T> {
    let mut rows = Vec::with_capacity(collection.rows.len());
    let strange = each(collection, |row| rows.push(row));
    Typed { rows, strange }
}

/// The same row by row, for the largest collection: a list of all of them would be as large as what is
/// made of it.
fn each<'s, T: Deserialize<'s>>(
    collection: &'s Collection<'_>,
    mut take: impl FnMut(T),
) -> Option<Gap> {
    let mut strange = None;
    for (place, row) in collection.rows.iter().enumerate() {
        match parse(row) {
            Ok(row) => take(row),
            Err(cause) => {
                strange.get_or_insert_with(|| {
                    Gap::unreadable(
                        collection.dataset,
                        format!(
                            "row {} of {} does not fit: {cause}",
                            place + 1,
                            collection.dataset
                        ),
                    )
                });
            }
        }
    }
    strange
}

/// A text of a row: borrowed from the file unless it holds escapes.
///
/// serde borrows a plain `Cow`, but not one inside an `Option`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Text<'a>(Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Cow<'de, str>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }
        deserializer.deserialize_str(Visit).map(Self)
    }
}

/// More of what is said of a row is the row itself.
const LONGEST_CAUSE: usize = 300;

fn parse<'s, T: Deserialize<'s>>(row: &'s RawValue) -> Result<T, String> {
    serde_json::from_str(row.get())
        .map_err(|error| error.to_string().chars().take(LONGEST_CAUSE).collect())
}

/// Complete, or partial with the first of these gaps.
fn collected<T>(value: T, gaps: [Option<Gap>; 2]) -> Collected<T> {
    match gaps.into_iter().flatten().next() {
        None => Collected::Complete(value),
        Some(gap) => Collected::Partial(value, gap),
    }
}

/// A point in time; Graph writes "never" as the year 1 and "for ever" as the year 9999.
fn time(text: Option<&str>) -> Result<Option<Timestamp>, String> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.starts_with("9999-") || text.starts_with("0001-") {
        return Ok(None);
    }
    let with_zone =
        if text.ends_with(['Z', 'z']) || text.get(10..).is_some_and(|it| it.contains(['+', '-'])) {
            text.parse()
        } else {
            format!("{text}Z").parse()
        };
    with_zone.map(Some).map_err(|_| format!("{text:?} is no time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_graph_writes_them() {
        let instant = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        for (text, expected) in [
            (None, Ok(None)),
            (Some(""), Ok(None)),
            (Some("9999-12-31T23:59:59.9999999Z"), Ok(None)),
            (Some("0001-01-01T08:00:00Z"), Ok(None)),
            (Some("2026-11-03T07:58:11.223Z"), Ok(instant("2026-11-03T07:58:11.223Z"))),
            (Some("2026-11-03T07:58:11"), Ok(instant("2026-11-03T07:58:11Z"))),
            (Some("2026-11-03T07:58:11.1234567Z"), Ok(instant("2026-11-03T07:58:11.1234567Z"))),
            (Some("soon"), Err("\"soon\" is no time".to_owned())),
        ] {
            assert_eq!(time(text), expected, "{text:?}");
        }
    }
}
