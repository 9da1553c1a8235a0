//! The rounds of the access reviews that concern roles and groups, and what was decided in the last one
//! that ended.

use super::requests::{read_of, request_of};
use super::walk::batches;
use super::{Order, collection, declined, is_wanted, not_asked};
use crate::graph::Client;
use crate::model::{Dataset, Gap};
use crate::snapshot::{Collection, Rows};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

const OF_A_REVIEW: [Dataset; 2] = [Dataset::AccessReviewInstances, Dataset::AccessReviewDecisions];

#[derive(Deserialize)]
struct Definition<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    scope: Option<&'a RawValue>,
    #[serde(rename = "instanceEnumerationScope", borrow, default)]
    instances: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Instance<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    end_date_time: Option<Cow<'a, str>>,
}

/// States of a round that is not over.
const RUNNING: [&str; 4] = ["Initializing", "NotStarted", "Starting", "InProgress"];

impl Instance<'_> {
    /// True for a round that is over: by its own word, and without one by its end.
    fn is_over(&self, now: &str) -> bool {
        match self.status.as_deref() {
            Some(status) if RUNNING.iter().any(|word| status.eq_ignore_ascii_case(word)) => false,
            Some("Completed" | "Applied") => true,
            Some(_) | None => self.end_date_time.as_deref().is_some_and(|end| end <= now),
        }
    }
}

/// Reads the rounds of the reviews among these collections, and the decisions of each last one.
pub(super) async fn rounds(
    client: &Client,
    order: &Order<'_>,
    collections: &[Collection<'_>],
) -> Vec<Collection<'static>> {
    let mut found = Vec::new();
    if !OF_A_REVIEW.iter().any(|dataset| is_wanted(order, *dataset)) {
        return found;
    }
    let reviews = collections.iter().find(|it| it.dataset == Dataset::AccessReviews);
    let refused = OF_A_REVIEW.iter().find_map(|dataset| declined(order, *dataset));
    if let Some(gap) = refused {
        let gap_of = |dataset| not_asked(dataset, Gap { dataset: Some(dataset), ..gap.clone() });
        return OF_A_REVIEW.map(gap_of).into();
    }
    let ids: Vec<String> = reviews
        .iter()
        .flat_map(|it| it.rows.iter())
        .filter_map(|row| serde_json::from_str::<Definition<'_>>(row.get()).ok())
        .filter(concerns_us)
        .map(|it| it.id.to_ascii_lowercase())
        .collect();
    let asked = BTreeMap::from([(Dataset::AccessReviewInstances, ids)]);
    let mut decisions = Vec::new();
    let instances = batches(client, &asked).await;
    let now = (order.clock)().to_string();
    for (_, review, listing) in &instances {
        let ended = listing.rows.iter().filter_map(|row| {
            let instance = serde_json::from_str::<Instance<'_>>(row.get()).ok()?;
            let over = instance.is_over(&now);
            let end = instance.end_date_time?.into_owned();
            over.then(|| (end, instance.id.to_ascii_lowercase()))
        });
        decisions.extend(ended.max().map(|(_, instance)| format!("{review}/{instance}")));
    }
    let asked = BTreeMap::from([(Dataset::AccessReviewDecisions, decisions)]);
    let decided = batches(client, &asked).await;
    let unread = reviews.and_then(|it| it.gap.clone());
    for (dataset, parts) in OF_A_REVIEW.into_iter().zip([instances, decided]) {
        if parts.is_empty() || unread.is_some() {
            found.push(Collection {
                dataset,
                key: None,
                request: request_of(dataset),
                read_at: Some((order.clock)()),
                missing: unread.is_some() && parts.is_empty(),
                gap: unread.clone().map(|gap| Gap { dataset: Some(dataset), ..gap }),
                declined: false,
                asked: Vec::new(),
                rows: Rows::Owned(Vec::new()),
            });
        }
        for (dataset, key, listing) in parts {
            let request = format!("/v1.0{}", read_of(dataset, &key));
            found.push(collection(order, dataset, Some(key), request, listing));
        }
    }
    found
}

/// Reviews of applications, of packages and of guests elsewhere say nothing of roles.
fn concerns_us(definition: &Definition<'_>) -> bool {
    [definition.scope, definition.instances].into_iter().flatten().any(|scope| {
        let text = scope.get().to_ascii_lowercase();
        text.contains("roledefinition") || text.contains("/groups")
    })
}
