//! Principals, groups and applications, level by level: direct members only, so that the hops
//! stay visible. Up to twenty groups a level the number of levels decides how long it takes; with
//! more of them the three reads of PIM for each do, twenty to a request, four requests at once.

mod beta;

use super::ids::{self, Seeds, object};
use super::requests::{
    IDS_PER_FILTER, OBJECT_PROPERTIES, OBJECT_TYPES, filtered, read_of, request_of,
};
use super::{Order, collection, declined, gap_of, is_wanted, not_asked};
use crate::graph::{BatchRead, Client, Listing};
use crate::model::gap::{LACKS_ROLE, READ_OF_OTHERS, WRONG_APPLICATION};
use crate::model::{Dataset, Gap, GapKind};
use crate::snapshot::{Collection, Rows};
use futures::future::join_all;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// What is read of each group.
const OF_A_GROUP: [Dataset; 5] = [
    Dataset::GroupMembers,
    Dataset::GroupOwners,
    Dataset::GroupAssignmentScheduleInstances,
    Dataset::GroupEligibilityScheduleInstances,
    Dataset::GroupPolicies,
];

/// Which groups PIM manages, as far as that is known before they are asked.
pub(super) enum Onboarded {
    /// Only these.
    Known(BTreeSet<String>),
    /// Nobody knows: every group is asked.
    Unknown,
}

impl Onboarded {
    fn may_be(&self, group: &str) -> bool {
        match self {
            Self::Known(groups) => groups.contains(group),
            Self::Unknown => true,
        }
    }
}

/// What the walk has gathered so far.
struct Gathered<'o> {
    order: &'o Order<'o>,
    /// The tenant's own id.
    tenant: &'o str,
    readable: BTreeSet<Dataset>,
    onboarded: Onboarded,
    rows: Vec<Box<RawValue>>,
    asked: BTreeSet<String>,
    principals_gap: Option<Gap>,
    pages: u32,
    parts: BTreeMap<Dataset, Vec<Collection<'static>>>,
    groups_visited: BTreeSet<String>,
    services_visited: BTreeSet<String>,
    app_ids_visited: BTreeSet<String>,
    applications: Vec<Box<RawValue>>,
    applications_gap: Option<Gap>,
    applications_read: bool,
}

/// What the next level asks for.
#[derive(Default)]
struct Level {
    ids: BTreeSet<String>,
    groups: BTreeSet<String>,
    services: BTreeSet<String>,
    app_ids: BTreeSet<String>,
    /// Object ids of applications, whose owners are asked for.
    applications: BTreeSet<String>,
}

impl Level {
    fn is_empty(&self) -> bool {
        self.ids.is_empty()
            && self.groups.is_empty()
            && self.services.is_empty()
            && self.app_ids.is_empty()
            && self.applications.is_empty()
    }
}

/// Reads everyone the seeds name, the members and owners of every group among them, to any depth, and
/// the applications behind the service principals.
pub(super) async fn walk(
    client: &Client,
    order: &Order<'_>,
    seeds: Seeds,
    onboarded: Onboarded,
    tenant: &str,
) -> Vec<Collection<'static>> {
    let mut collections = Vec::new();
    let mut readable = BTreeSet::new();
    let walked = OF_A_GROUP.into_iter().chain([
        Dataset::Principals,
        Dataset::ServicePrincipalOwners,
        Dataset::Applications,
        Dataset::ApplicationOwners,
    ]);
    for dataset in walked.filter(|dataset| is_wanted(order, *dataset)) {
        match declined(order, dataset) {
            Some(gap) => collections.push(not_asked(dataset, gap)),
            None => {
                readable.insert(dataset);
            }
        }
    }
    let mut gathered = Gathered::new(order, readable, onboarded, tenant);
    let mut level = Level {
        ids: seeds.principals,
        groups: seeds.groups,
        services: seeds.services,
        ..Level::default()
    };
    // Every level asks for the objects that are new and for what is in the groups that are new,
    // side by side; the answers of both name the next level. It ends before the next one begins:
    // what shares a request would else depend on which answer came first, and many reads of PIM
    // would wait for each other all the same.
    while !level.is_empty() {
        let asked = gathered.narrowed(level);
        let ids: Vec<String> = asked.ids.into_iter().collect();
        let reads = gathered.reads(&asked.groups, &asked.services, &asked.applications);
        let app_ids: Vec<String> = asked.app_ids.into_iter().collect();
        let (objects, mut parts, applications) = futures::join!(
            objects(client, &ids),
            batches(client, &reads),
            by_filter(client, Dataset::Applications, &app_ids),
        );
        let by_beta =
            if order.beta { beta::policies(client, &mut parts).await } else { BTreeSet::new() };
        level = gathered.add(objects, parts, applications, &by_beta);
    }
    collections.extend(gathered.finish());
    collections
}

async fn objects(client: &Client, ids: &[String]) -> Option<Listing> {
    if ids.is_empty() {
        return None;
    }
    Some(client.by_ids(ids, &OBJECT_TYPES, OBJECT_PROPERTIES).await)
}

type Reads = BTreeMap<Dataset, Vec<String>>;
/// What was read of one object.
type Part = (Dataset, String, Listing);

/// Reads a collection object by object, twenty to a request; the collections side by side.
pub(super) async fn batches(client: &Client, reads: &Reads) -> Vec<Part> {
    let wanted = reads.iter().filter(|(_, keys)| !keys.is_empty());
    join_all(wanted.map(|(dataset, keys)| batch(client, "v1.0", *dataset, keys)))
        .await
        .into_iter()
        .flatten()
        .collect()
}

async fn batch(client: &Client, version: &str, dataset: Dataset, keys: &[String]) -> Vec<Part> {
    let reads: Vec<BatchRead> =
        keys.iter().map(|key| BatchRead { id: key.clone(), path: read_of(dataset, key) }).collect();
    let listings = client.batch(version, &reads).await;
    listings.into_iter().map(|(key, listing)| (dataset, key, listing)).collect()
}

/// Reads objects by a filter on their ids, a few to a request.
pub(super) async fn by_filter(
    client: &Client,
    dataset: Dataset,
    ids: &[String],
) -> Option<Listing> {
    if ids.is_empty() {
        return None;
    }
    let requests: Vec<String> =
        ids.chunks(IDS_PER_FILTER).map(|chunk| filtered(dataset, chunk)).collect();
    let listings = join_all(requests.iter().map(|request| client.list(request))).await;
    let mut whole: Option<Listing> = None;
    for listing in listings {
        match &mut whole {
            None => whole = Some(listing),
            Some(whole) => whole.append(listing),
        }
    }
    whole
}

impl<'o> Gathered<'o> {
    fn new(
        order: &'o Order<'o>,
        readable: BTreeSet<Dataset>,
        onboarded: Onboarded,
        tenant: &'o str,
    ) -> Self {
        Self {
            order,
            tenant,
            readable,
            onboarded,
            rows: Vec::new(),
            asked: BTreeSet::new(),
            principals_gap: None,
            pages: 0,
            parts: BTreeMap::new(),
            groups_visited: BTreeSet::new(),
            services_visited: BTreeSet::new(),
            app_ids_visited: BTreeSet::new(),
            applications: Vec::new(),
            applications_gap: None,
            applications_read: false,
        }
    }

    fn reads_any(&self, datasets: &[Dataset]) -> bool {
        datasets.iter().any(|dataset| self.readable.contains(dataset))
    }

    /// What of a level was not asked before, and takes note of it as asked.
    fn narrowed(&mut self, level: Level) -> Level {
        let mut level = level;
        if self.readable.contains(&Dataset::Principals) {
            level.ids.retain(|id| self.asked.insert(id.clone()));
        } else {
            level.ids.clear();
        }
        if self.reads_any(&OF_A_GROUP) {
            level.groups.retain(|id| self.groups_visited.insert(id.clone()));
        } else {
            level.groups.clear();
        }
        if self.readable.contains(&Dataset::ServicePrincipalOwners) {
            level.services.retain(|id| self.services_visited.insert(id.clone()));
        } else {
            level.services.clear();
        }
        if self.readable.contains(&Dataset::Applications) {
            level.app_ids.retain(|id| self.app_ids_visited.insert(id.clone()));
        } else {
            level.app_ids.clear();
        }
        if !self.readable.contains(&Dataset::ApplicationOwners) {
            level.applications.clear();
        }
        level
    }

    fn reads(
        &self,
        groups: &BTreeSet<String>,
        services: &BTreeSet<String>,
        applications: &BTreeSet<String>,
    ) -> Reads {
        let mut reads = Reads::new();
        for dataset in OF_A_GROUP.into_iter().filter(|dataset| self.readable.contains(dataset)) {
            let of_pim = !matches!(dataset, Dataset::GroupMembers | Dataset::GroupOwners);
            let keys = groups.iter().filter(|group| !of_pim || self.onboarded.may_be(group));
            reads.insert(dataset, keys.cloned().collect());
        }
        reads.insert(Dataset::ServicePrincipalOwners, services.iter().cloned().collect());
        reads.insert(Dataset::ApplicationOwners, applications.iter().cloned().collect());
        reads
    }

    /// Keeps what was read, and tells what the next level asks for.
    fn add(
        &mut self,
        objects: Option<Listing>,
        parts: Vec<Part>,
        applications: Option<Listing>,
        by_beta: &BTreeSet<String>,
    ) -> Level {
        let mut next = Level::default();
        if let Some(listing) = objects {
            self.add_objects(listing, &mut next);
        }
        for (dataset, key, listing) in parts {
            let beta = dataset == Dataset::GroupPolicies && by_beta.contains(&key);
            self.add_part(if beta { "beta" } else { "v1.0" }, (dataset, key, listing), &mut next);
        }
        if let Some(listing) = applications {
            self.applications_read |= listing.pages > 0;
            if let Err(error) = &listing.end {
                let partial = self.applications_read;
                self.applications_gap.get_or_insert_with(|| {
                    gap_of(self.order, Dataset::Applications, error, partial)
                });
            }
            let found = listing.rows.iter().filter_map(|row| object(row));
            next.applications.extend(found.map(|it| it.id.to_ascii_lowercase()));
            self.applications.extend(listing.rows);
        }
        next
    }

    fn add_objects(&mut self, listing: Listing, next: &mut Level) {
        self.pages += listing.pages;
        if let Err(error) = &listing.end {
            let partial = self.pages > 0;
            self.principals_gap
                .get_or_insert_with(|| gap_of(self.order, Dataset::Principals, error, partial));
        }
        for found in listing.rows.iter().filter_map(|row| object(row)) {
            let id = found.id.to_ascii_lowercase();
            if found.is_group() {
                next.groups.insert(id);
            } else if found.is_service() {
                next.services.insert(id);
                next.app_ids.extend(found.own_application(self.tenant));
            }
        }
        self.rows.extend(listing.rows);
    }

    fn add_part(&mut self, version: &str, part: Part, next: &mut Level) {
        let (dataset, key, listing) = part;
        let instances = matches!(
            dataset,
            Dataset::GroupAssignmentScheduleInstances | Dataset::GroupEligibilityScheduleInstances
        );
        if instances {
            next.ids.extend(listing.rows.iter().filter_map(|row| ids::holder(row)));
        } else if dataset == Dataset::GroupPolicies {
            let mut seeds = Seeds::default();
            for row in &listing.rows {
                ids::approvers(row, &mut seeds);
            }
            next.ids.extend(seeds.principals);
            next.groups.extend(seeds.groups);
        } else {
            for member in listing.rows.iter().filter_map(|row| object(row)) {
                let id = member.id.to_ascii_lowercase();
                if member.is_group() {
                    next.groups.insert(id.clone());
                }
                if member.can_hold_a_role() {
                    next.ids.insert(id);
                }
            }
        }
        let request = format!("/{version}{}", read_of(dataset, &key));
        let part = collection(self.order, dataset, Some(key), request, listing);
        self.parts.entry(dataset).or_default().push(part);
    }

    fn finish(mut self) -> Vec<Collection<'static>> {
        let at = (self.order.clock)();
        let whole = |dataset: Dataset, gap: Option<Gap>, missing: bool| Collection {
            dataset,
            key: None,
            request: request_of(dataset),
            read_at: Some(at),
            missing,
            gap: gap.map(|gap| Gap { dataset: Some(dataset), ..gap }),
            declined: false,
            asked: Vec::new(),
            rows: Rows::Owned(Vec::new()),
        };
        let mut collections = Vec::new();
        let with_principals = self.readable.contains(&Dataset::Principals);
        if with_principals {
            let missing = self.principals_gap.is_some() && self.pages == 0;
            collections.push(Collection {
                asked: std::mem::take(&mut self.asked).into_iter().collect(),
                rows: Rows::Owned(std::mem::take(&mut self.rows)),
                ..whole(Dataset::Principals, self.principals_gap.clone(), missing)
            });
        }
        if self.readable.contains(&Dataset::Applications) {
            let missing = self.applications_gap.is_some() && !self.applications_read;
            let unknown = self.unknown_principals(Dataset::Applications, with_principals);
            let gap = self.applications_gap.take().or(unknown);
            collections.push(Collection {
                asked: std::mem::take(&mut self.app_ids_visited).into_iter().collect(),
                rows: Rows::Owned(std::mem::take(&mut self.applications)),
                ..whole(Dataset::Applications, gap, missing)
            });
        }
        let by_object = OF_A_GROUP
            .into_iter()
            .chain([Dataset::ServicePrincipalOwners, Dataset::ApplicationOwners]);
        for dataset in by_object.filter(|dataset| self.readable.contains(dataset)) {
            // Which principals are groups is told by reading them; without that nothing is known.
            let gap = self.unknown_principals(dataset, with_principals);
            let mut parts = self.parts.remove(&dataset).unwrap_or_default();
            parts.sort_by(|a, b| a.key.cmp(&b.key));
            refused_alone(dataset, &mut parts);
            if parts.is_empty() || gap.is_some() {
                let missing = gap.is_some() && parts.is_empty();
                collections.push(whole(dataset, gap, missing));
            }
            collections.append(&mut parts);
        }
        collections
    }

    fn unknown_principals(&self, dataset: Dataset, with_principals: bool) -> Option<Gap> {
        self.principals_gap.clone().or_else(|| {
            (!with_principals).then(|| {
                Gap::of(
                    dataset,
                    GapKind::NotRequested,
                    "without the principals nobody knows which of them are groups",
                )
            })
        })
    }
}

/// Where the same was read of other objects no permission is missing, and granting one is no advice for
/// those that were refused.
fn refused_alone(dataset: Dataset, parts: &mut [Collection<'static>]) {
    if parts.iter().all(|part| part.gap.is_some()) {
        return;
    }
    let grant = format!("grant {}", dataset.facts().permission);
    let of_members = matches!(dataset, Dataset::GroupMembers | Dataset::GroupOwners);
    let look = if of_members { "whether its membership is hidden" } else { "what guards it" };
    for gap in parts.iter_mut().filter_map(|part| part.gap.as_mut()) {
        if gap.kind != GapKind::PermissionDenied {
            continue;
        }
        let said = [grant.as_str(), LACKS_ROLE, WRONG_APPLICATION]
            .into_iter()
            .find_map(|advice| gap.detail.strip_suffix(advice)?.strip_suffix("; "));
        if let Some(said) = said {
            gap.detail = format!("{said}; {READ_OF_OTHERS}: look {look}").into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_alone_is_refused_is_not_told_to_grant_what_others_were_read_with() {
        let part = |key: &str, detail: Option<&str>| Collection {
            dataset: Dataset::GroupMembers,
            key: Some(key.to_owned()),
            request: String::new(),
            read_at: None,
            missing: detail.is_some(),
            gap: detail.map(|it| Gap::of(Dataset::GroupMembers, GapKind::PermissionDenied, it)),
            declined: false,
            asked: Vec::new(),
            rows: Rows::Owned(Vec::new()),
        };
        let permission = Dataset::GroupMembers.facts().permission;
        let granting = format!("Graph answered 403; grant {permission}");
        let role = format!("Graph answered 403; {LACKS_ROLE}");
        let alone = "Graph answered 403; this one only, others were read: look whether its \
                     membership is hidden";
        for (parts, expected) in [
            (vec![part("a", Some(&granting)), part("b", None)], alone),
            (vec![part("a", Some(&role)), part("b", None)], alone),
            (vec![part("a", Some("odd")), part("b", None)], "odd"),
            // All of them: it is the permission.
            (vec![part("a", Some(&granting)), part("b", Some(&granting))], granting.as_str()),
        ] {
            let mut parts = parts;
            refused_alone(Dataset::GroupMembers, &mut parts);
            assert_eq!(&*parts[0].gap.as_ref().unwrap().detail, expected);
        }
    }
}
