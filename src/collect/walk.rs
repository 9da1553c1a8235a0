//! Principals and group members, level by level: direct members only, so that the hops stay visible.

use super::ids::{Seeds, object};
use super::requests::{OBJECT_PROPERTIES, OBJECT_TYPES, members_of, request_of};
use super::{Order, collection, declined, gap_of, is_wanted, not_asked};
use crate::graph::{BatchRead, Client, Listing};
use crate::model::{Dataset, Gap, GapKind};
use crate::snapshot::{Collection, Rows};
use serde_json::value::RawValue;
use std::collections::BTreeSet;

/// What the walk has gathered so far.
#[derive(Default)]
struct Gathered {
    rows: Vec<Box<RawValue>>,
    asked: BTreeSet<String>,
    principals_gap: Option<Gap>,
    pages: u32,
    members: Vec<Collection<'static>>,
    visited: BTreeSet<String>,
}

/// Reads everyone the seeds name, and the members of every group among them, to any depth.
pub(super) async fn walk(
    client: &Client,
    order: &Order<'_>,
    seeds: Seeds,
) -> Vec<Collection<'static>> {
    let mut collections = Vec::new();
    let mut readable = |dataset| {
        if !is_wanted(order, dataset) {
            return false;
        }
        match declined(order, dataset) {
            Some(gap) => {
                collections.push(not_asked(dataset, gap));
                false
            }
            None => true,
        }
    };
    let with_members = readable(Dataset::GroupMembers);
    let with_principals = readable(Dataset::Principals);
    let mut gathered = Gathered::default();
    let mut ids = seeds.principals;
    let mut groups = seeds.groups;
    // Every level asks for the objects that are new and for the members of the groups that are new,
    // side by side; the answers of both name the next level.
    while !ids.is_empty() || !groups.is_empty() {
        let new_ids: Vec<String> = if with_principals {
            ids.iter().filter(|id| !gathered.asked.contains(*id)).cloned().collect()
        } else {
            Vec::new()
        };
        let new_groups: Vec<String> = if with_members {
            groups.iter().filter(|id| !gathered.visited.contains(*id)).cloned().collect()
        } else {
            Vec::new()
        };
        gathered.asked.extend(new_ids.iter().cloned());
        gathered.visited.extend(new_groups.iter().cloned());
        let reads: Vec<BatchRead> = new_groups
            .iter()
            .map(|id| BatchRead { id: id.clone(), path: members_of(id) })
            .collect();
        let (objects, members) = futures::join!(objects(client, &new_ids), async {
            if reads.is_empty() { Vec::new() } else { client.batch("v1.0", &reads).await }
        });
        (ids, groups) = gathered.add(order, objects, members);
    }
    collections.extend(gathered.finish(order, with_principals, with_members));
    collections
}

async fn objects(client: &Client, ids: &[String]) -> Option<Listing> {
    if ids.is_empty() {
        return None;
    }
    Some(client.by_ids(ids, &OBJECT_TYPES, OBJECT_PROPERTIES).await)
}

impl Gathered {
    /// Keeps what was read, and tells the ids and groups of the next level.
    fn add(
        &mut self,
        order: &Order<'_>,
        objects: Option<Listing>,
        members: Vec<(String, Listing)>,
    ) -> (BTreeSet<String>, BTreeSet<String>) {
        let (mut ids, mut groups) = (BTreeSet::new(), BTreeSet::new());
        if let Some(listing) = objects {
            self.pages += listing.pages;
            if let Err(error) = &listing.end {
                let partial = self.pages > 0;
                self.principals_gap
                    .get_or_insert_with(|| gap_of(order, Dataset::Principals, error, partial));
            }
            for row in &listing.rows {
                if let Some(found) = object(row)
                    && found.is_group()
                {
                    groups.insert(found.id.to_ascii_lowercase());
                }
            }
            self.rows.extend(listing.rows);
        }
        for (group, listing) in members {
            for member in listing.rows.iter().filter_map(|row| object(row)) {
                let id = member.id.to_ascii_lowercase();
                if member.is_group() {
                    groups.insert(id.clone());
                }
                if member.can_hold_a_role() {
                    ids.insert(id);
                }
            }
            let request = format!("/v1.0{}", members_of(&group));
            self.members.push(collection(
                order,
                Dataset::GroupMembers,
                Some(group),
                request,
                listing,
            ));
        }
        ids.retain(|id| !self.asked.contains(id));
        groups.retain(|id| !self.visited.contains(id));
        (ids, groups)
    }

    fn finish(
        mut self,
        order: &Order<'_>,
        with_principals: bool,
        with_members: bool,
    ) -> Vec<Collection<'static>> {
        let mut collections = Vec::new();
        if with_principals {
            let missing = self.principals_gap.is_some() && self.pages == 0;
            collections.push(Collection {
                dataset: Dataset::Principals,
                key: None,
                request: request_of(Dataset::Principals),
                read_at: Some((order.clock)()),
                gap: self.principals_gap.clone(),
                declined: false,
                missing,
                asked: self.asked.into_iter().collect(),
                rows: Rows::Owned(self.rows),
            });
        }
        if with_members {
            // Which principals are groups is told by reading them; without that nothing is known.
            let gap = self.principals_gap.or_else(|| {
                (!with_principals).then(|| {
                    Gap::of(
                        Dataset::GroupMembers,
                        GapKind::NotRequested,
                        "without the principals nobody knows which of them are groups",
                    )
                })
            });
            self.members.sort_by(|a, b| a.key.cmp(&b.key));
            if self.members.is_empty() || gap.is_some() {
                collections.push(Collection {
                    dataset: Dataset::GroupMembers,
                    key: None,
                    request: request_of(Dataset::GroupMembers),
                    read_at: Some((order.clock)()),
                    missing: gap.is_some() && self.members.is_empty(),
                    gap: gap.map(|gap| Gap { dataset: Some(Dataset::GroupMembers), ..gap }),
                    declined: false,
                    asked: Vec::new(),
                    rows: Rows::Owned(Vec::new()),
                });
            }
            collections.append(&mut self.members);
        }
        collections
    }
}
