//! Many reads in one request: objects by their ids, and `$batch` with up to 20 GETs.
//!
//! Each part of a batch has a status, a wait and pages of its own, so it is tried again by itself.

use super::Event;
use super::blot::Blotter;
use super::call::{Address, Call, Part, by_ids_path};
use super::client::Client;
use super::error::{ErrorKind, ReadError};
use super::page::{Listing, Page, read_page};
use super::retry::{Budget, Failure, Remedy, Wait, told_wait};
use futures::future::{join, join_all};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// The most that `getByIds` takes.
const IDS_PER_REQUEST: usize = 1000;

/// The most that `$batch` takes.
const READS_PER_BATCH: usize = 20;

/// One list to read in a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRead {
    /// Names the result; no two in one call may be alike, whatever their case.
    pub id: String,
    /// Path and query below the version, such as `/groups/{id}/members`.
    pub path: String,
}

impl Client {
    /// Reads directory objects by their ids, in thousands side by side; rows come in the order of
    /// the thousands. Objects that do not exist are left out by Graph without a word.
    pub async fn by_ids(&self, ids: &[String], types: &[&str], select: &str) -> Listing {
        if ids.is_empty() {
            return Listing::empty();
        }
        let list = by_ids_path(select);
        self.observe(Event::Begun { path: &list });
        let chunks: Vec<_> =
            ids.chunks(IDS_PER_REQUEST).map(|chunk| self.objects(chunk, types, select)).collect();
        let mut whole = Listing::empty();
        for part in join_all(chunks).await {
            whole.append(part);
        }
        self.note_over(&list, &whole);
        whole.clean(self.blotter())
    }

    async fn objects(&self, ids: &[String], types: &[&str], select: &str) -> Listing {
        match self.send(&Call::ByIds { ids, types, select }, read_page).await {
            Ok(page) => self.follow(&by_ids_path(select), HashSet::new(), page).await,
            Err(error) => Listing::failed(error),
        }
    }

    /// Reads many lists of one version (`v1.0` or `beta`), twenty to a request, with all their
    /// pages. One result for each read, in the same order.
    pub async fn batch(&self, version: &str, reads: &[BatchRead]) -> Vec<(String, Listing)> {
        let mut ids = HashSet::new();
        let mut items = Vec::with_capacity(reads.len());
        let mut results = Vec::with_capacity(reads.len());
        for (place, read) in reads.iter().enumerate() {
            match self.item(version, place, read, &mut ids) {
                Ok(item) => {
                    self.observe(Event::Begun { path: &item.list });
                    items.push(item);
                }
                Err(error) => results.push((place, Listing::failed(error))),
            }
        }
        let mut chunks = Vec::with_capacity(items.len().div_ceil(READS_PER_BATCH));
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            let chunk: Vec<Item> = items.by_ref().take(READS_PER_BATCH).collect();
            chunks.push(self.read_chunk(version, chunk));
        }
        results.extend(join_all(chunks).await.into_iter().flatten());
        results.sort_by_key(|(place, _)| *place);
        let named = |(place, listing): (usize, Listing)| {
            (reads[place].id.clone(), listing.clean(self.blotter()))
        };
        results.into_iter().map(named).collect()
    }

    fn item(
        &self,
        version: &str,
        place: usize,
        read: &BatchRead,
        ids: &mut HashSet<String>,
    ) -> Result<Item, ReadError> {
        let root = format!("/{version}");
        let list = format!("{root}{}", read.path);
        let refuse = |message: &str| Err(ReadError::new(ErrorKind::Other, &list, message));
        let key = read.id.to_ascii_lowercase();
        if !ids.insert(key.clone()) {
            return refuse("two reads of one batch have the same id");
        }
        let address = self.endpoint().address(&list)?;
        // Checked after `..` is resolved: one batch cannot mix versions.
        let url =
            address.path_and_query().strip_prefix(root.as_str()).filter(|url| url.starts_with('/'));
        let Some(url) = url.map(str::to_owned) else {
            return refuse("no path below the version");
        };
        let budget = self.budget();
        Ok(Item { place, key, id: read.id.clone(), list, address, url, budget })
    }

    /// Reads up to twenty lists: what was throttled is sent again by itself, and meanwhile the
    /// further pages of the others are read.
    async fn read_chunk(&self, version: &str, items: Vec<Item>) -> Vec<(usize, Listing)> {
        let mut done = Vec::with_capacity(items.len());
        let mut open = items;
        while !open.is_empty() {
            let mut round = match self.ask(version, &open).await {
                Ok(replies) => self.sort(open, replies),
                Err(error) => {
                    done.extend(open.into_iter().map(|item| self.give_up(item, error.clone())));
                    return done;
                }
            };
            done.append(&mut round.failed);
            let walks: Vec<_> =
                round.pages.into_iter().map(|(item, page)| self.finish(item, page)).collect();
            let pause = self.pause(round.wait, "parts of a batch are sent again");
            let (finished, ()) = join(join_all(walks), pause).await;
            done.extend(finished);
            open = round.again;
        }
        done
    }

    async fn ask(
        &self,
        version: &str,
        items: &[Item],
    ) -> Result<HashMap<String, Reply>, ReadError> {
        let parts: Vec<Part<'_>> =
            items.iter().map(|item| Part { id: &item.id, url: &item.url }).collect();
        let replies = self
            .send(&Call::Batch { version, parts: &parts }, |body| {
                read_replies(body, self.blotter())
            })
            .await?;
        let mut by_key = HashMap::with_capacity(replies.len());
        for reply in replies {
            by_key.entry(reply.id.to_ascii_lowercase()).or_insert(reply);
        }
        Ok(by_key)
    }

    /// What becomes of each item after one round.
    fn sort(&self, items: Vec<Item>, mut replies: HashMap<String, Reply>) -> Round {
        let mut round = Round::default();
        for mut item in items {
            let Some(reply) = replies.remove(&item.key) else {
                let message = "the answer to the batch lacks this read";
                let error = ReadError::new(ErrorKind::BadBody, &item.list, message);
                round.failed.push(self.give_up(item, error));
                continue;
            };
            self.note_end(&item.list, reply.deprecation.as_deref(), reply.sunset.as_deref());
            let failure = match reply.result {
                Ok(page) => {
                    round.pages.push((item, page));
                    continue;
                }
                Err(failure) => failure,
            };
            let reason = failure.error.to_string();
            match item.budget.after(failure) {
                Ok(wait) => {
                    self.note_retry(&item.list, &reason);
                    // One request for all that failed, when the last of them may be asked again.
                    round.wait.length = round.wait.length.max(wait.length);
                    round.again.push(item);
                }
                Err(error) => round.failed.push(self.give_up(item, error)),
            }
        }
        round
    }

    async fn finish(&self, item: Item, first: Page) -> (usize, Listing) {
        let seen = HashSet::from([item.address.url().to_string()]);
        let listing = self.follow(&item.list, seen, first).await;
        self.note_over(&item.list, &listing);
        (item.place, listing)
    }

    fn give_up(&self, item: Item, error: ReadError) -> (usize, Listing) {
        let listing = Listing::failed(error.at(&item.list));
        self.note_over(&item.list, &listing);
        (item.place, listing)
    }
}

/// One read on its way.
struct Item {
    /// Where its result belongs.
    place: usize,
    /// The id as Graph compares it.
    key: String,
    id: String,
    /// Path and query with the version, for errors.
    list: String,
    address: Address,
    /// Path and query below the version, encoded.
    url: String,
    budget: Budget,
}

/// What came of sending some items once.
struct Round {
    pages: Vec<(Item, Page)>,
    failed: Vec<(usize, Listing)>,
    again: Vec<Item>,
    wait: Wait,
}

impl Default for Round {
    fn default() -> Self {
        Self {
            pages: Vec::new(),
            failed: Vec::new(),
            again: Vec::new(),
            // Each part is throttled by itself, so its wait is no reason to hold up others.
            wait: Wait { length: Duration::ZERO, told: false },
        }
    }
}

/// What Graph answered to one item.
struct Reply {
    id: String,
    deprecation: Option<String>,
    sunset: Option<String>,
    result: Result<Page, Failure>,
}

#[derive(Deserialize)]
struct WireAnswer<'a> {
    #[serde(borrow)]
    responses: Vec<WireReply<'a>>,
}

#[derive(Deserialize)]
struct WireReply<'a> {
    id: String,
    status: u16,
    #[serde(default)]
    headers: Option<HashMap<String, Value>>,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
}

fn read_replies(body: &[u8], blotter: &Blotter) -> Result<Vec<Reply>, serde_json::Error> {
    let answer: WireAnswer<'_> = serde_json::from_slice(body)?;
    Ok(answer.responses.into_iter().map(|wire| Reply::new(wire, blotter)).collect())
}

impl Reply {
    fn new(wire: WireReply<'_>, blotter: &Blotter) -> Self {
        let body = wire.body.map_or("", RawValue::get);
        let result = if (200..300).contains(&wire.status) {
            read_page(body.as_bytes()).map_err(|cause| {
                Failure::new(ReadError::unreadable("", wire.status, &cause), Remedy::Nothing)
            })
        } else {
            let told = wire
                .header("retry-after")
                .and_then(|value| told_wait(&value, wire.header("date").as_deref()));
            // A body that is not JSON comes as a string.
            let body = serde_json::from_str::<String>(body).unwrap_or_else(|_| body.to_owned());
            let request_id = wire.header("request-id");
            let request_id = request_id.as_deref();
            let error = ReadError::answered("", wire.status, request_id, body.as_bytes(), blotter);
            Err(Failure::new(error, Remedy::after(wire.status, told)))
        };
        Self {
            deprecation: wire.header("deprecation"),
            sunset: wire.header("sunset"),
            id: wire.id,
            result,
        }
    }
}

impl WireReply<'_> {
    fn header(&self, name: &str) -> Option<String> {
        let headers = self.headers.as_ref()?;
        let (_, value) = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        match value.as_str() {
            Some(text) => Some(text.to_owned()),
            None => value.as_u64().map(|number| number.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reply(answer: &Value) -> Reply {
        let body = json!({"responses": [answer]}).to_string();
        read_replies(body.as_bytes(), &Blotter::default()).unwrap().remove(0)
    }

    #[test]
    fn the_wait_of_a_part_is_read_whatever_its_spelling() {
        for headers in [
            json!({"Retry-After": "7"}),
            json!({"retry-after": "7"}),
            json!({"RETRY-AFTER": 7}),
            json!({"Retry-After": "Fri, 20 Nov 2026 10:00:07 GMT", "Date": "Fri, 20 Nov 2026 10:00:00 GMT"}),
        ] {
            let failure =
                reply(&json!({"id": "1", "status": 429, "headers": headers, "body": null}))
                    .result
                    .unwrap_err();
            assert_eq!(failure.remedy, Remedy::Time(Some(Duration::from_secs(7))), "{headers}");
        }
    }

    #[test]
    fn the_body_of_a_part_may_be_absent_or_a_string() {
        for (answer, expected) in [
            (json!({"id": "1", "status": 502}), ""),
            (json!({"id": "1", "status": 502, "headers": null, "body": null}), ""),
            (json!({"id": "1", "status": 502, "body": "Bad Gateway"}), "Bad Gateway"),
            (
                json!({"id": "1", "status": 502, "body": {"error": {"code": "x", "message": "y"}}}),
                "y",
            ),
        ] {
            let failure = reply(&answer).result.unwrap_err();
            assert_eq!(failure.error.message, expected, "{answer}");
        }
    }

    #[test]
    fn a_part_of_success_without_rows_is_unreadable() {
        let failure = reply(&json!({"id": "1", "status": 200, "body": {}})).result.unwrap_err();
        assert_eq!(failure.error.kind, ErrorKind::BadBody);
        assert_eq!(failure.remedy, Remedy::Nothing);
    }
}
