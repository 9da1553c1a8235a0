//! Reads a set of collections from Graph into a snapshot.
//!
//! Judges nothing and reads no more of a row than ids. What could not be read becomes a gap, never an
//! empty list.

mod audit;
mod ids;
mod requests;
mod reviews;
mod walk;

pub use requests::{LANES, dataset_of, request_of};

use crate::graph::{Client, ErrorKind, Listing, ReadError};
use crate::model::gap::{LACKS_ROLE, WRONG_APPLICATION};
use crate::model::{Cloud, Dataset, Gap, GapKind, Licence};
use crate::snapshot::{CollectedBy, Collection, Rows, Snapshot};
use futures::future::join_all;
use jiff::Timestamp;
use std::collections::BTreeSet;
use walk::Onboarded;

/// What to read, and what is known of the reader.
pub struct Order<'a> {
    /// Tenant id as the token has it; the organisation's own id stands above it.
    pub tenant: String,
    /// The cloud.
    pub cloud: Cloud,
    /// Who reads, for the header of the snapshot.
    pub by: Option<CollectedBy>,
    /// The collections the plan needs.
    pub datasets: BTreeSet<Dataset>,
    /// Object ids of further groups to look at, such as those the organisation declares as sensitive.
    pub groups: Vec<String>,
    /// Permissions the operator declined: what needs them is not read.
    pub without: Vec<String>,
    /// True for an application of Microsoft's that no permission for PIM can be granted to.
    pub without_pim: bool,
    /// True when beta endpoints may be read.
    pub beta: bool,
    /// Since when the audit log is read; `None` leaves it out.
    pub audit_since: Option<Timestamp>,
    /// The clock, for the times of reading.
    pub clock: &'a (dyn Fn() -> Timestamp + Sync),
}

/// Collections that every snapshot has: who the tenant is, and what it is licensed for.
pub const ALWAYS: [Dataset; 3] =
    [Dataset::Organization, Dataset::RoleDefinitions, Dataset::SubscribedSkus];

/// Collections that are one list of the whole tenant.
const LISTS: [Dataset; 20] = [
    Dataset::Organization,
    Dataset::RoleDefinitions,
    Dataset::PrivilegedRoles,
    Dataset::RoleAssignments,
    Dataset::RoleAssignmentScheduleInstances,
    Dataset::RoleEligibilityScheduleInstances,
    Dataset::RolePolicies,
    Dataset::SubscribedSkus,
    Dataset::OnboardedGroups,
    Dataset::ConditionalAccessPolicies,
    Dataset::AuthenticationContexts,
    Dataset::AuthenticationStrengths,
    Dataset::SecurityDefaults,
    Dataset::PimAlerts,
    Dataset::AccessReviews,
    Dataset::AccessPackages,
    Dataset::AdministrativeUnits,
    Dataset::ApplicationGrants,
    Dataset::DelegatedGrants,
    Dataset::PrivilegedActions,
];

/// Reads what was ordered. Collections are read side by side, the pages of one after the other; the
/// report of registrations beside everything, as it is read slowly.
pub async fn collect(client: &Client, order: &Order<'_>) -> Snapshot<'static> {
    let collected_at = (order.clock)();
    let (mut collections, registrations) =
        futures::join!(with_log(client, order), list(client, order, Dataset::RegistrationDetails));
    collections.extend(registrations);
    collections.sort_by_key(|it| it.dataset);
    Snapshot {
        tenant: ids::tenant(&collections).unwrap_or_else(|| order.tenant.to_ascii_lowercase()),
        cloud: order.cloud,
        collected_at,
        collected_by: order.by.clone(),
        collections,
    }
}

/// The audit log after all that it tells of: a change that a list shows and that was made after the
/// log was read would look like one of nobody's.
async fn with_log(client: &Client, order: &Order<'_>) -> Vec<Collection<'static>> {
    let mut collections = in_order(client, order).await;
    collections.extend(audit::log(client, order).await);
    collections
}

/// The lists, then the people and groups they name, then what is known of these people.
async fn in_order(client: &Client, order: &Order<'_>) -> Vec<Collection<'static>> {
    let lists = join_all(LISTS.map(|dataset| list(client, order, dataset))).await;
    let mut collections: Vec<Collection<'static>> = lists.into_iter().flatten().collect();
    let mut seeds = ids::seeds(&collections);
    seeds.principals.extend(order.groups.iter().map(|id| id.to_ascii_lowercase()));
    let tenant = ids::tenant(&collections).unwrap_or_else(|| order.tenant.to_ascii_lowercase());
    let onboarded = collections.iter().find(|it| it.dataset == Dataset::OnboardedGroups);
    let onboarded = match onboarded {
        Some(found) if found.gap.is_none() => Onboarded::Known(ids::ids_of(&found.rows)),
        Some(_) | None => Onboarded::Unknown,
    };
    let (walked, reviews) = futures::join!(
        walk::walk(client, order, seeds, onboarded, &tenant),
        reviews::rounds(client, order, &collections)
    );
    collections.extend(walked);
    collections.extend(reviews);
    collections.extend(sign_ins(client, order, &collections).await);
    collections
}

/// When the people among the principals last signed in, a few to a request.
async fn sign_ins(
    client: &Client,
    order: &Order<'_>,
    collections: &[Collection<'_>],
) -> Option<Collection<'static>> {
    let dataset = Dataset::SignInActivity;
    if !is_wanted(order, dataset) {
        return None;
    }
    if let Some(gap) = declined(order, dataset) {
        return Some(not_asked(dataset, gap));
    }
    let principals = collections.iter().find(|it| it.dataset == Dataset::Principals);
    let users: Vec<String> =
        principals.map(|it| ids::users(&it.rows)).unwrap_or_default().into_iter().collect();
    let request = request_of(dataset);
    let read = walk::by_filter(client, dataset, &users).await;
    let mut found = match read {
        Some(listing) => collection(order, dataset, None, request, listing),
        None => Collection {
            read_at: Some((order.clock)()),
            missing: false,
            declined: false,
            gap: None,
            ..not_asked(dataset, Gap::new(GapKind::NotRequested, ""))
        },
    };
    // Of people who are not known nothing can be known.
    if found.gap.is_none() {
        found.gap = match principals {
            Some(it) => it.gap.clone().map(|gap| Gap { dataset: Some(dataset), ..gap }),
            None => Some(Gap::of(dataset, GapKind::NotRequested, "the people were not read")),
        };
        found.missing = principals.is_none_or(|it| it.missing);
    }
    found.asked = users;
    Some(found)
}

/// True when the collection is to be read at all.
fn is_wanted(order: &Order<'_>, dataset: Dataset) -> bool {
    order.datasets.contains(&dataset)
        || ALWAYS.contains(&dataset)
        // The label only sharpens the tiers of the definitions.
        || dataset == Dataset::PrivilegedRoles
}

/// Why a wanted collection is not read: declined, or beta where beta is off.
fn declined(order: &Order<'_>, dataset: Dataset) -> Option<Gap> {
    dataset.declined(&order.without, order.beta)
}

/// A collection that nobody asked Graph for.
fn not_asked(dataset: Dataset, gap: Gap) -> Collection<'static> {
    Collection::declined(dataset, request_of(dataset), gap)
}

async fn list(client: &Client, order: &Order<'_>, dataset: Dataset) -> Option<Collection<'static>> {
    if !is_wanted(order, dataset) {
        return None;
    }
    if let Some(gap) = declined(order, dataset) {
        return Some(not_asked(dataset, gap));
    }
    let request = request_of(dataset);
    let listing = if dataset == Dataset::SecurityDefaults {
        client.object(&request).await
    } else {
        client.list(&request).await
    };
    Some(collection(order, dataset, None, request, listing))
}

/// A listing as a collection: whole, partial, or missing.
fn collection(
    order: &Order<'_>,
    dataset: Dataset,
    key: Option<String>,
    request: String,
    listing: Listing,
) -> Collection<'static> {
    let missing = listing.end.is_err() && listing.pages == 0;
    let partial = !missing && listing.end.is_err();
    Collection {
        dataset,
        key,
        request,
        read_at: Some((order.clock)()),
        gap: listing.end.err().map(|error| gap_of(order, dataset, &error, partial)),
        declined: false,
        missing,
        asked: Vec::new(),
        rows: Rows::Owned(listing.rows),
    }
}

/// True when the token itself says that it may read the collection.
fn has_permission(order: &Order<'_>, dataset: Dataset) -> bool {
    order.by.as_ref().is_some_and(|by| dataset.readable_with(&by.permissions))
}

/// Why a read failed, in the closed list's words, with what to grant where that helps.
fn gap_of(order: &Order<'_>, dataset: Dataset, error: &ReadError, partial: bool) -> Gap {
    let facts = dataset.facts();
    let kind = match error.kind {
        ErrorKind::Licence => GapKind::LicenceMissing,
        ErrorKind::Permission | ErrorKind::SignIn => GapKind::PermissionDenied,
        // A beta list that is not there is one this cloud does not have. The log is v1.0, and the
        // cloud in China is documented to lack it.
        ErrorKind::NotFound if (facts.beta || dataset == Dataset::DirectoryAudits) && !partial => {
            GapKind::CloudLacksIt
        }
        ErrorKind::Other if audit::is_too_early(error) => GapKind::OutsideRetention,
        ErrorKind::NotFound
        | ErrorKind::Throttled
        | ErrorKind::Server
        | ErrorKind::Transport
        | ErrorKind::BadBody
        | ErrorKind::Paging
        | ErrorKind::Other => {
            if partial {
                GapKind::Incomplete
            } else {
                GapKind::Failed
            }
        }
    };
    let detail = match kind {
        GapKind::PermissionDenied
            if error.missing_scopes.is_empty() && has_permission(order, dataset) =>
        {
            format!("{error}; {LACKS_ROLE}")
        }
        GapKind::PermissionDenied if order.without_pim => format!("{error}; {WRONG_APPLICATION}"),
        GapKind::PermissionDenied => format!("{error}; grant {}", facts.permission),
        GapKind::LicenceMissing => match facts.licence {
            Licence::Premium => format!("{error}; it needs Microsoft Entra ID P1"),
            Licence::None | Licence::PrivilegedIdentityManagement => {
                format!("{error}; it needs Microsoft Entra ID P2 or Microsoft Entra ID Governance")
            }
        },
        GapKind::Incomplete => format!("reading broke off: {error}"),
        GapKind::NotRequested
        | GapKind::CloudLacksIt
        | GapKind::Failed
        | GapKind::Unreadable
        | GapKind::ImpossiblyEmpty
        | GapKind::TooOld
        | GapKind::SwitchedOff
        | GapKind::OutsideRetention
        | GapKind::NotDeclared
        | GapKind::Planned
        | GapKind::NotManaged => error.to_string(),
    };
    Gap::of(dataset, kind, detail)
}
