//! The audit log of a window: three lists, each with its gap of its own.

use super::requests::audit_request;
use super::{Order, collection, declined, not_asked};
use crate::graph::{Client, Listing, ReadError};
use crate::model::audit::{KEPT_WITH_PREMIUM, KEPT_WITHOUT};
use crate::model::{AuditSource, Dataset};
use crate::snapshot::Collection;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

/// In the answer to a window that begins before what is kept: it is 400, not fewer rows.
const TOO_EARLY: &str = "Minimum allowed time for activityDateTime";

/// Reads the log since the time of the order; nothing where the order has none.
pub(super) async fn log(client: &Client, order: &Order<'_>) -> Vec<Collection<'static>> {
    let dataset = Dataset::DirectoryAudits;
    let Some(since) = order.audit_since else { return Vec::new() };
    if let Some(gap) = declined(order, dataset) {
        return vec![not_asked(dataset, gap)];
    }
    join_all(AuditSource::ALL.map(|source| part(client, order, source, since))).await
}

/// One list, as of the time its reading began. A window that begins too early is asked for again, as
/// far back as the service keeps the log with a licence, and then without. The request of the part
/// tells which window its rows are of.
async fn part(
    client: &Client,
    order: &Order<'_>,
    source: AuditSource,
    since: Timestamp,
) -> Collection<'static> {
    let now = (order.clock)();
    let kept = [KEPT_WITH_PREMIUM, KEPT_WITHOUT].into_iter().filter_map(|days| {
        let kept = SignedDuration::from_hours(24 * i64::from(days));
        now.checked_sub(kept).ok().filter(|from| *from > since)
    });
    let mut request = audit_request(source, since);
    let mut listing = client.list(&request).await;
    for from in kept {
        if !began_too_early(&listing) {
            break;
        }
        request = audit_request(source, from);
        listing = client.list(&request).await;
    }
    let key = Some(source.key().to_owned());
    let found = collection(order, Dataset::DirectoryAudits, key, request, listing);
    // The newest lines come first: what happened while the others came is in none of them.
    Collection { read_at: Some(now), ..found }
}

fn began_too_early(listing: &Listing) -> bool {
    listing.pages == 0 && listing.end.as_ref().is_err_and(is_too_early)
}

/// True for the refusal of a window that begins before what the service keeps.
pub(super) fn is_too_early(error: &ReadError) -> bool {
    error.message.contains(TOO_EARLY)
}
