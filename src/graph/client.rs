//! Sending: with a token, within the limit of requests in flight, again where that may help.
//!
//! What can be sent is listed in `call`. Pages and batches are put together in `page` and `batch`.

use super::blot::Blotter;
use super::call::{Call, Endpoint, EndpointError, Outgoing, PREFER};
use super::error::{ErrorKind, ReadError};
use super::lane::{Lane, Paced, Place};
use super::retry::{Budget, Failure, Gate, Patience, Remedy, Wait, told_wait, whole_seconds};
use super::statistics::{Counters, Statistics};
use super::{Event, Observer, Silent};
use azure_core::credentials::{Secret, TokenCredential};
use http::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER, USER_AGENT};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

/// Requests in flight at once unless told otherwise: enough to hide the latency of independent
/// lists, few enough to stay far below Graph's limits.
pub const IN_FLIGHT: usize = 8;

/// Longest time for one request with its answer: the default of .NET's HTTP client, so of most
/// programs that read Graph. Graph itself gives up on a slow list and answers 504 before.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(100);

/// Longest answer, after decompression: the largest page, 999 rows or a batch of twenty, stays far
/// below. A few kilobytes can unpack to more than a machine has.
const LONGEST_BODY: usize = 256 << 20;

/// A shorter wait for a slow lane is no news.
const WORTH_SAYING: Duration = Duration::from_secs(3);

const OUR_NAME: &str = concat!("pimaudit/", env!("CARGO_PKG_VERSION"));

/// How a client reads, and as whom.
#[derive(Clone)]
pub struct Options {
    /// Sends; must not follow redirects.
    pub http: reqwest::Client,
    /// Where Graph is, such as `https://graph.microsoft.com`.
    pub endpoint: Url,
    /// What tokens are asked for, such as `https://graph.microsoft.com/.default`.
    pub scope: String,
    /// Gives the tokens; asked before each request, so it should keep them.
    pub credential: Arc<dyn TokenCredential>,
    /// Requests in flight at once, at least one.
    pub in_flight: usize,
    /// Paths that are read more slowly than the rest.
    pub lanes: &'static [Lane],
    /// How long one page is tried.
    pub patience: Patience,
    /// Is told what happens.
    pub observer: Arc<dyn Observer>,
}

impl Options {
    /// The usual way to read an endpoint: its own scope, the usual limits, nobody told.
    pub fn new(http: reqwest::Client, endpoint: Url, credential: Arc<dyn TokenCredential>) -> Self {
        let scope = format!("{}/.default", endpoint.as_str().trim_end_matches('/'));
        Self {
            http,
            endpoint,
            scope,
            credential,
            in_flight: IN_FLIGHT,
            lanes: &[],
            patience: Patience::default(),
            observer: Arc::new(Silent),
        }
    }
}

/// Reads Microsoft Graph, politely: bounded, patient, and never writing.
pub struct Client {
    http: reqwest::Client,
    endpoint: Endpoint,
    scope: String,
    credential: Arc<dyn TokenCredential>,
    patience: Patience,
    observer: Arc<dyn Observer>,
    turns: Semaphore,
    /// Who of those outside the lanes may stand in the queue for a turn.
    door: Semaphore,
    lanes: Vec<Paced>,
    gate: Gate,
    counters: Counters,
    blotter: Blotter,
}

/// One answer, whatever its status.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
    /// False when the body is longer than what was read of it.
    whole: bool,
}

impl Client {
    /// A client of one endpoint, which must be https, or http on this machine.
    pub fn new(options: Options) -> Result<Self, EndpointError> {
        Ok(Self {
            http: options.http,
            endpoint: Endpoint::new(options.endpoint)?,
            scope: options.scope,
            credential: options.credential,
            patience: options.patience,
            observer: options.observer,
            turns: Semaphore::new(options.in_flight.clamp(1, Semaphore::MAX_PERMITS)),
            door: Semaphore::new(1),
            lanes: options.lanes.iter().copied().map(Paced::new).collect(),
            gate: Gate::default(),
            counters: Counters::default(),
            blotter: Blotter::default(),
        })
    }

    /// What was done so far.
    pub fn statistics(&self) -> Statistics {
        self.counters.so_far()
    }

    pub(super) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Knows every token that was sent.
    pub(super) const fn blotter(&self) -> &Blotter {
        &self.blotter
    }

    /// A whole patience, for one page.
    pub(super) const fn budget(&self) -> Budget {
        Budget::new(self.patience)
    }

    /// Tells of an event, without a token in its texts.
    pub(super) fn observe(&self, event: Event<'_>) {
        let clean = |text| self.blotter.clean(text);
        match event {
            Event::Request { method, path } => {
                self.observer.event(&Event::Request { method, path: &clean(path) });
            }
            Event::Begun { path } => self.observer.event(&Event::Begun { path: &clean(path) }),
            Event::Ended { path, whole } => {
                self.observer.event(&Event::Ended { path: &clean(path), whole });
            }
            Event::Page { path, rows } => {
                self.observer.event(&Event::Page { path: &clean(path), rows });
            }
            Event::Waiting { seconds, reason } => {
                self.observer.event(&Event::Waiting { seconds, reason: &clean(reason) });
            }
            Event::Retry { path, reason } => {
                let (path, reason) = (clean(path), clean(reason));
                self.observer.event(&Event::Retry { path: &path, reason: &reason });
            }
            Event::Bytes(_) => self.observer.event(&event),
        }
    }

    /// Sends a call until it succeeds or patience runs out, and reads the body of its answer.
    pub(super) async fn send<T>(
        &self,
        call: &Call<'_>,
        read: impl Fn(&[u8]) -> Result<T, serde_json::Error>,
    ) -> Result<T, ReadError> {
        let outgoing = call.outgoing(&self.endpoint)?;
        let lane = self.lanes.iter().find(|lane| lane.is_for(call));
        let mut budget = self.budget();
        loop {
            let failure = match self.attempt(&outgoing, lane, &read).await {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            let reason = failure.error.to_string();
            let wait = budget.after(failure)?;
            self.note_retry(&outgoing.list, &reason);
            if wait.told {
                // The next attempt waits at the gate, and so does everyone else.
                self.note_wait(self.gate.close_for(wait.length), &reason);
            } else {
                self.pause(wait, &reason).await;
            }
        }
    }

    /// Waits without holding up others.
    pub(super) async fn pause(&self, wait: Wait, reason: &str) {
        if !wait.length.is_zero() {
            self.note_wait(wait.length, reason);
            tokio::time::sleep(wait.length).await;
        }
    }

    pub(super) fn note_retry(&self, list: &str, reason: &str) {
        self.counters.retry();
        self.observe(Event::Retry { path: list, reason });
    }

    fn note_wait(&self, length: Duration, reason: &str) {
        if !length.is_zero() {
            self.counters.waited(length);
            self.observe(Event::Waiting { seconds: whole_seconds(length), reason });
        }
    }

    /// Takes note of an announced end, from the headers of an answer or of a part of one.
    pub(super) fn note_end(&self, list: &str, deprecation: Option<&str>, sunset: Option<&str>) {
        let clean = |text| self.blotter.clean(text).into_owned();
        let (deprecation, sunset) = (deprecation.map(clean), sunset.map(clean));
        self.counters.end_of(&clean(list), deprecation.as_deref(), sunset.as_deref());
    }

    async fn attempt<T>(
        &self,
        outgoing: &Outgoing,
        lane: Option<&Paced>,
        read: impl Fn(&[u8]) -> Result<T, serde_json::Error>,
    ) -> Result<T, Failure> {
        self.gate.opened().await;
        let _place = match lane {
            Some(lane) => Some(self.paced(lane).await),
            None => None,
        };
        let token = self.token(outgoing).await?;
        self.blotter.learn(token.secret());
        let answer = {
            let _turn = self.turn(lane.is_some()).await;
            self.exchange(outgoing, &token).await
        };
        let answer = answer.map_err(|cause| {
            let lasting = cause.is_builder() || cause.is_redirect();
            let remedy = if lasting { Remedy::Nothing } else { Remedy::Time(None) };
            let what = "Graph could not be reached";
            let cause = cause.without_url();
            let (kind, blotter) = (ErrorKind::Transport, &self.blotter);
            let error = ReadError::caused(kind, &outgoing.list, what, &cause, blotter);
            Failure::new(error, remedy)
        })?;
        self.counters.date(header(&answer.headers, "date"));
        let deprecation = header(&answer.headers, "deprecation");
        self.note_end(&outgoing.list, deprecation, header(&answer.headers, "sunset"));
        judge(outgoing, &self.blotter, &answer, read)
    }

    /// A place in a lane, when its pace allows another request.
    async fn paced<'l>(&self, lane: &'l Paced) -> Place<'l> {
        let mut place = lane.place().await;
        loop {
            let wait = place.wait();
            if wait.is_zero() {
                return place;
            }
            if wait >= WORTH_SAYING {
                let reason = "this service allows few requests";
                self.pause(Wait { length: wait, told: false }, reason).await;
            } else {
                tokio::time::sleep(wait).await;
            }
        }
    }

    async fn token(&self, outgoing: &Outgoing) -> Result<Secret, Failure> {
        let scopes = [self.scope.as_str()];
        let answer = self.credential.get_token(&scopes, None).await;
        answer.map(|access| access.token).map_err(|cause| {
            let what = "no token was given";
            let (kind, blotter) = (ErrorKind::SignIn, &self.blotter);
            let error = ReadError::caused(kind, &outgoing.list, what, &cause, blotter);
            Failure::new(error, Remedy::Nothing)
        })
    }

    /// A permit to send, given only while nobody was told to wait.
    ///
    /// A request in a lane has waited for its place already, and others of the lane wait for it: of the
    /// requests outside the lanes only one at a time stands before it in the queue, however many there
    /// are.
    async fn turn(&self, in_lane: bool) -> SemaphorePermit<'_> {
        loop {
            self.gate.opened().await;
            let _door = if in_lane {
                None
            } else {
                Some(self.door.acquire().await.expect("the semaphore is never closed"))
            };
            let turn = self.turns.acquire().await.expect("the semaphore is never closed");
            // The gate may have been closed while others had their turn.
            if self.gate.is_open() {
                return turn;
            }
        }
    }

    async fn exchange(
        &self,
        outgoing: &Outgoing,
        token: &Secret,
    ) -> Result<Answer, reqwest::Error> {
        self.counters.request();
        let path = outgoing.address.path_and_query();
        self.observe(Event::Request { method: outgoing.method_name(), path });
        let mut request = self
            .http
            .request(outgoing.method.clone(), outgoing.address.url().clone())
            .timeout(REQUEST_TIMEOUT)
            .bearer_auth(token.secret())
            .header(ACCEPT, "application/json")
            .header("prefer", PREFER)
            .header(USER_AGENT, OUR_NAME)
            .header("client-request-id", new_request_id());
        if let Some(body) = &outgoing.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let arrived = |bytes| {
            self.counters.bytes(bytes);
            self.observe(Event::Bytes(bytes));
        };
        let (body, whole) = read_body(response, LONGEST_BODY, arrived).await?;
        Ok(Answer { status, headers, body, whole })
    }
}

/// Reads a body up to so many bytes; false when there is more.
async fn read_body(
    mut response: reqwest::Response,
    longest: usize,
    arrived: impl Fn(u64),
) -> Result<(Vec<u8>, bool), reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        arrived(chunk.len() as u64);
        let room = longest - body.len();
        if chunk.len() > room {
            body.extend_from_slice(&chunk[..room]);
            return Ok((body, false));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((body, true))
}

/// Reads an answer, or says what went wrong and what may help.
fn judge<T>(
    outgoing: &Outgoing,
    blotter: &Blotter,
    answer: &Answer,
    read: impl Fn(&[u8]) -> Result<T, serde_json::Error>,
) -> Result<T, Failure> {
    if (200..300).contains(&answer.status) {
        if !answer.whole {
            let error = ReadError::too_long(&outgoing.list, answer.status, LONGEST_BODY);
            return Err(Failure::new(error, Remedy::Nothing));
        }
        return read(&answer.body).map_err(|cause| {
            // Broken text is an answer that was cut off; another shape will not change.
            let remedy = if cause.is_data() { Remedy::Nothing } else { Remedy::Time(None) };
            Failure::new(ReadError::unreadable(&outgoing.list, answer.status, &cause), remedy)
        });
    }
    let told = header(&answer.headers, RETRY_AFTER.as_str())
        .and_then(|value| told_wait(value, header(&answer.headers, DATE.as_str())));
    let request_id = header(&answer.headers, "request-id");
    let error =
        ReadError::answered(&outgoing.list, answer.status, request_id, &answer.body, blotter);
    Err(Failure::new(error, Remedy::after(answer.status, told)))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// A random id in the form of a UUID, by which Graph's support finds a request.
fn new_request_id() -> String {
    let random = format!("{:032x}", fastrand::u128(..));
    let (a, b, c, d, e) =
        (&random[..8], &random[8..12], &random[12..16], &random[16..20], &random[20..]);
    format!("{a}-{b}-{c}-{d}-{e}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::page::read_page;

    #[test]
    fn a_request_id_has_the_form_of_a_uuid() {
        let id = new_request_id();
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_ne!(id, new_request_id());
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_a_limit() {
        for (text, expected, whole) in
            [("", "", true), ("abc", "abc", true), ("abcd", "abcd", true), ("abcde", "abcd", false)]
        {
            let response = reqwest::Response::from(http::Response::new(text));
            let (body, all) = read_body(response, 4, |_| {}).await.unwrap();
            assert_eq!((body.as_slice(), all), (expected.as_bytes(), whole), "{text}");
        }
    }

    #[test]
    fn an_answer_that_is_too_long_is_no_list() {
        let endpoint = Endpoint::new("https://graph.microsoft.com".parse().unwrap()).unwrap();
        let address = endpoint.address("/v1.0/things").unwrap();
        let outgoing =
            Call::Page { list: "/v1.0/things", address: &address }.outgoing(&endpoint).unwrap();
        for (status, kind) in [(200, ErrorKind::BadBody), (403, ErrorKind::Permission)] {
            let body = br#"{"value":[]}"#.to_vec();
            let answer = Answer { status, headers: HeaderMap::new(), body, whole: false };
            let failure =
                judge(&outgoing, &Blotter::default(), &answer, read_page).map(drop).unwrap_err();
            assert_eq!((failure.error.kind, failure.remedy), (kind, Remedy::Nothing));
        }
    }
}
