//! Sending: with a token, within the limit of requests in flight, again where that may help.
//!
//! What can be sent is listed in `call`. Pages and batches are put together in `page` and `batch`.

use super::call::{Call, Endpoint, EndpointError, Outgoing, PREFER};
use super::error::{ErrorKind, ReadError};
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
    gate: Gate,
    counters: Counters,
}

/// One answer, whatever its status.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
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
            gate: Gate::default(),
            counters: Counters::default(),
        })
    }

    /// What was done so far.
    pub fn statistics(&self) -> Statistics {
        self.counters.so_far()
    }

    pub(super) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// A whole patience, for one page.
    pub(super) const fn budget(&self) -> Budget {
        Budget::new(self.patience)
    }

    pub(super) fn observe(&self, event: Event<'_>) {
        self.observer.event(&event);
    }

    /// Sends a call until it succeeds or patience runs out, and reads the body of its answer.
    pub(super) async fn send<T>(
        &self,
        call: &Call<'_>,
        read: fn(&[u8]) -> Result<T, serde_json::Error>,
    ) -> Result<T, ReadError> {
        let outgoing = call.outgoing(&self.endpoint)?;
        let mut budget = self.budget();
        loop {
            let failure = match self.attempt(&outgoing, read).await {
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
        self.counters.end_of(list, deprecation, sunset);
    }

    async fn attempt<T>(
        &self,
        outgoing: &Outgoing,
        read: fn(&[u8]) -> Result<T, serde_json::Error>,
    ) -> Result<T, Failure> {
        self.gate.opened().await;
        let token = self.token(outgoing).await?;
        let answer = {
            let _turn = self.turn().await;
            self.exchange(outgoing, &token).await
        };
        let answer = answer.map_err(|cause| {
            let lasting = cause.is_builder() || cause.is_redirect();
            let remedy = if lasting { Remedy::Nothing } else { Remedy::Time(None) };
            let what = "Graph could not be reached";
            let cause = cause.without_url();
            let error = ReadError::caused(ErrorKind::Transport, &outgoing.list, what, &cause);
            Failure::new(error, remedy)
        })?;
        self.counters.date(header(&answer.headers, "date"));
        let deprecation = header(&answer.headers, "deprecation");
        self.note_end(&outgoing.list, deprecation, header(&answer.headers, "sunset"));
        judge(outgoing, &token, &answer, read)
    }

    async fn token(&self, outgoing: &Outgoing) -> Result<Secret, Failure> {
        let scopes = [self.scope.as_str()];
        let answer = self.credential.get_token(&scopes, None).await;
        answer.map(|access| access.token).map_err(|cause| {
            let what = "no token was given";
            let error = ReadError::caused(ErrorKind::SignIn, &outgoing.list, what, &cause);
            Failure::new(error, Remedy::Nothing)
        })
    }

    /// A permit to send, given only while nobody was told to wait.
    async fn turn(&self) -> SemaphorePermit<'_> {
        loop {
            self.gate.opened().await;
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
        self.observe(Event::Request { path: outgoing.address.path_and_query() });
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
        let mut response = request.send().await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            let arrived = chunk.len() as u64;
            self.counters.bytes(arrived);
            self.observe(Event::Bytes(arrived));
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }
}

/// Reads an answer, or says what went wrong and what may help.
fn judge<T>(
    outgoing: &Outgoing,
    token: &Secret,
    answer: &Answer,
    read: fn(&[u8]) -> Result<T, serde_json::Error>,
) -> Result<T, Failure> {
    if (200..300).contains(&answer.status) {
        return read(&answer.body).map_err(|cause| {
            // Broken text is an answer that was cut off; another shape will not change.
            let remedy = if cause.is_data() { Remedy::Nothing } else { Remedy::Time(None) };
            Failure::new(ReadError::unreadable(&outgoing.list, answer.status, &cause), remedy)
        });
    }
    let told = header(&answer.headers, RETRY_AFTER.as_str())
        .and_then(|value| told_wait(value, header(&answer.headers, DATE.as_str())));
    let body = without_token(&answer.body, token);
    let request_id = header(&answer.headers, "request-id");
    let error = ReadError::answered(&outgoing.list, answer.status, request_id, body.as_bytes());
    Err(Failure::new(error, Remedy::after(answer.status, told)))
}

/// The body as text. Some proxies repeat the request, and with it the token, in their error page.
fn without_token(body: &[u8], token: &Secret) -> String {
    let body = String::from_utf8_lossy(body);
    if token.secret().is_empty() { body.into_owned() } else { body.replace(token.secret(), "***") }
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

    #[test]
    fn a_request_id_has_the_form_of_a_uuid() {
        let id = new_request_id();
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_ne!(id, new_request_id());
    }

    #[test]
    fn a_token_in_a_body_is_blotted_out() {
        let body = b"<pre>Authorization: Bearer secret.token</pre>";
        let shown = without_token(body, &Secret::new("secret.token"));
        assert_eq!(shown, "<pre>Authorization: Bearer ***</pre>");
        assert_eq!(without_token(b"abc", &Secret::new("")), "abc");
    }
}
