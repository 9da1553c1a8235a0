//! The Graph client against servers that misbehave: waits, lost connections, pages, batches.
//!
//! Times are only bounded from below: a slow machine must not fail a test.

use crate::support::{FAST, MockGraph, Recorder, StaticToken, client, options};
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use futures::future::join_all;
use pimaudit::graph::{BatchRead, Client, ErrorKind, Lane, Listing, Options, ReadError};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const THINGS: &str = "/v1.0/things";

/// What a path is answered when it is asked for without a query.
fn get(path: &str, response: Value) -> Value {
    json!({"request": {"method": "GET", "urlPath": path}, "response": response})
}

/// Page `page` of the things.
fn page(page: &str, response: Value) -> Value {
    json!({
        "request": {
            "method": "GET",
            "urlPath": THINGS,
            "queryParameters": {"page": {"equalTo": page}}
        },
        "response": response
    })
}

/// The same request answered differently each time; the last answer stays.
fn in_turn(request: &Value, responses: Vec<Value>) -> Vec<Value> {
    let last = responses.len() - 1;
    let step = |(place, response): (usize, Value)| {
        let state = if place == 0 { "Started".to_owned() } else { place.to_string() };
        json!({
            "scenarioName": request.to_string(),
            "requiredScenarioState": state,
            "newScenarioState": if place < last { (place + 1).to_string() } else { state.clone() },
            "request": request,
            "response": response
        })
    };
    responses.into_iter().enumerate().map(step).collect()
}

fn things_in_turn(responses: Vec<Value>) -> Vec<Value> {
    in_turn(&json!({"method": "GET", "urlPath": THINGS}), responses)
}

fn rows(ids: &[&str]) -> Value {
    let rows: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
    json!({"jsonBody": {"value": rows}})
}

/// Rows, and a link to somewhere.
fn rows_and_link(ids: &[&str], link: &str) -> Value {
    let mut response = rows(ids);
    response["jsonBody"]["@odata.nextLink"] = json!(link);
    response
}

fn error(status: u16, code: &str, message: &str) -> Value {
    json!({"status": status, "jsonBody": {"error": {"code": code, "message": message}}})
}

fn throttled(headers: Value) -> Value {
    let mut response = error(429, "TooManyRequests", "Too many requests.");
    response["headers"] = headers;
    response
}

fn ids(listing: &Listing) -> Vec<String> {
    let id = |row: &str| -> String {
        let row: Value = serde_json::from_str(row).expect("a row is JSON");
        row["id"].as_str().expect("a row of these tests has an id").to_owned()
    };
    listing.rows.iter().map(|row| id(row.get())).collect()
}

#[track_caller]
fn assert_whole(listing: &Listing, expected: &[&str]) {
    assert_eq!(listing.end, Ok(()));
    assert_eq!(ids(listing), expected);
}

#[track_caller]
fn failure(listing: Listing, kind: ErrorKind) -> ReadError {
    let error = listing.end.expect_err("the read should have failed");
    assert_eq!(error.kind, kind, "{error}");
    error
}

fn batch_reads(ids: &[&str]) -> Vec<BatchRead> {
    ids.iter().map(|id| BatchRead { id: (*id).to_owned(), path: format!("/things/{id}") }).collect()
}

fn thing(id: &str) -> String {
    format!("{THINGS}/{id}")
}

// Waiting

#[tokio::test]
async fn a_wait_told_in_seconds_is_kept() {
    let answers = vec![throttled(json!({"Retry-After": "1"})), rows(&["a"])];
    let mock = MockGraph::with_mappings(things_in_turn(answers)).await;
    let client = client(&mock);
    let started = Instant::now();
    assert_whole(&client.list(THINGS).await, &["a"]);
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
    let statistics = client.statistics();
    assert_eq!((statistics.requests, statistics.retries), (2, 1));
    assert_eq!(statistics.waited, Duration::from_secs(1));
}

#[tokio::test]
async fn a_wait_told_as_a_date_is_kept() {
    let headers = json!({
        "Date": "Fri, 20 Nov 2026 10:00:00 GMT",
        "Retry-After": "Fri, 20 Nov 2026 10:00:01 GMT"
    });
    let mock =
        MockGraph::with_mappings(things_in_turn(vec![throttled(headers), rows(&["a"])])).await;
    let started = Instant::now();
    assert_whole(&client(&mock).list(THINGS).await, &["a"]);
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
}

#[tokio::test]
async fn throttling_without_a_told_wait_is_tried_again_after_a_delay_of_our_own() {
    let answers = vec![throttled(json!({})), throttled(json!({})), rows(&["a"])];
    let mock = MockGraph::with_mappings(things_in_turn(answers)).await;
    let client = client(&mock);
    assert_whole(&client.list(THINGS).await, &["a"]);
    let waited = client.statistics().waited;
    assert!(
        waited >= FAST.first_delay + FAST.first_delay / 2,
        "half of one and two delays: {waited:?}"
    );
}

#[tokio::test]
async fn throttling_that_does_not_end_ends_the_read() {
    let mock = MockGraph::with_mappings(vec![get(THINGS, throttled(json!({})))]).await;
    let error = failure(client(&mock).list(THINGS).await, ErrorKind::Throttled);
    assert_eq!(error.status, Some(429));
    assert_eq!(mock.requests().len(), FAST.tries as usize);
}

#[tokio::test]
async fn a_told_wait_beyond_all_patience_ends_the_read_at_once() {
    let mock =
        MockGraph::with_mappings(vec![get(THINGS, throttled(json!({"Retry-After": "3600"})))])
            .await;
    let error = failure(client(&mock).list(THINGS).await, ErrorKind::Throttled);
    assert!(error.message.contains("3600 s"), "{error}");
    assert_eq!(mock.requests().len(), 1);
}

#[tokio::test]
async fn the_whole_client_waits_when_one_read_is_told_to() {
    let mut mappings = things_in_turn(vec![throttled(json!({"Retry-After": "1"})), rows(&["a"])]);
    mappings.push(get("/v1.0/others", rows(&["b"])));
    let mock = MockGraph::with_mappings(mappings).await;
    let recorder = Arc::new(Recorder::default());
    let mut options = options(&mock.uri());
    options.observer = recorder.clone();
    let client = Client::new(options).unwrap();
    let started = Instant::now();
    let told = client.list(THINGS);
    let other = async {
        while !recorder.lines().contains(&"waiting 1".to_owned()) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let listing = client.list("/v1.0/others").await;
        (listing, started.elapsed())
    };
    let (told, (other, elapsed)) = futures::future::join(told, other).await;
    assert_whole(&told, &["a"]);
    assert_whole(&other, &["b"]);
    assert!(
        elapsed >= Duration::from_secs(1),
        "the other read was sent during the pause: {elapsed:?}"
    );
}

// Trouble that passes, and trouble that stays

#[tokio::test]
async fn trouble_of_the_service_is_tried_again() {
    for status in [500, 502, 503, 504] {
        let answers = vec![error(status, "UnknownError", ""), rows(&["a"])];
        let mock = MockGraph::with_mappings(things_in_turn(answers)).await;
        assert_whole(&client(&mock).list(THINGS).await, &["a"]);
        assert_eq!(mock.requests().len(), 2, "{status}");
    }
}

#[tokio::test]
async fn trouble_of_the_service_that_stays_is_told_with_its_status() {
    let mock =
        MockGraph::with_mappings(vec![get(THINGS, error(503, "ServiceUnavailable", "Later"))])
            .await;
    let error = failure(client(&mock).list(THINGS).await, ErrorKind::Server);
    assert_eq!(error.path, THINGS);
    assert_eq!(
        error.to_string(),
        "Graph answered 503 Service Unavailable (ServiceUnavailable: Later)"
    );
    assert_eq!(mock.requests().len(), FAST.tries as usize);
}

#[tokio::test]
async fn what_will_not_change_is_asked_once() {
    for (status, kind) in [
        (400, ErrorKind::Other),
        (403, ErrorKind::Permission),
        (404, ErrorKind::NotFound),
        (501, ErrorKind::Server),
    ] {
        let mock =
            MockGraph::with_mappings(vec![get(THINGS, error(status, "Code", "Message"))]).await;
        let listing = client(&mock).list(THINGS).await;
        assert!(listing.rows.is_empty() && listing.pages == 0);
        assert_eq!(failure(listing, kind).status, Some(status));
        assert_eq!(mock.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = MockGraph::with_mappings(vec![get(THINGS, rows(&["a"]))]).await;
    let response =
        json!({"status": 302, "headers": {"Location": format!("{}{THINGS}", elsewhere.uri())}});
    let mock = MockGraph::with_mappings(vec![get(THINGS, response)]).await;
    let error = failure(client(&mock).list(THINGS).await, ErrorKind::Other);
    assert_eq!(error.to_string(), "Graph answered 302 Found");
    assert_eq!(elsewhere.requests(), Vec::<String>::new());
}

/// A server that does one thing for each connection in turn, and the last one from then on.
async fn broken_server(acts: Vec<Act>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("a listener has an address");
    tokio::spawn(async move {
        let mut acts = acts.into_iter();
        let mut act = acts.next().expect("a broken server does something");
        while let Ok((stream, _)) = listener.accept().await {
            act.play(stream).await;
            act = acts.next().unwrap_or(act);
        }
    });
    format!("http://{address}")
}

#[derive(Clone, Copy)]
enum Act {
    /// Closes the connection with the request unread, which resets it.
    Reset,
    /// Reads the request and closes.
    Close,
    /// Answers, and closes.
    Answer(&'static str),
}

impl Act {
    async fn play(self, mut stream: TcpStream) {
        match self {
            Self::Reset => {
                // Only bytes that arrived and stay unread make a reset out of closing.
                let _ = stream.readable().await;
            }
            Self::Close => read_request(&mut stream).await,
            Self::Answer(answer) => {
                read_request(&mut stream).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    }
}

/// Reads to the end of the headers; the requests of these tests have no body.
async fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
    }
}

const WHOLE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 22\r\nConnection: close\r\n\r\n{\"value\":[{\"id\":\"a\"}]}";
const SHORT: &str =
    "HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\n{\"value\":[{\"id\":";
const SHORT_CHUNK: &str =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n10\r\n{\"value\":[";
const SHORT_WITHOUT_LENGTH: &str =
    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"value\":[{\"id\":\"a\"},";

#[tokio::test]
async fn lost_connections_and_cut_answers_are_tried_again() {
    for act in [
        Act::Reset,
        Act::Close,
        Act::Answer(SHORT),
        Act::Answer(SHORT_CHUNK),
        Act::Answer(SHORT_WITHOUT_LENGTH),
    ] {
        let server = broken_server(vec![act, Act::Answer(WHOLE)]).await;
        let client = Client::new(options(&server)).unwrap();
        assert_whole(&client.list(THINGS).await, &["a"]);
        assert_eq!(client.statistics().retries, 1);
    }
}

#[tokio::test]
async fn connections_lost_every_time_end_the_read() {
    for act in [Act::Reset, Act::Close, Act::Answer(SHORT), Act::Answer(SHORT_CHUNK)] {
        let server = broken_server(vec![act]).await;
        let client = Client::new(options(&server)).unwrap();
        let error = failure(client.list(THINGS).await, ErrorKind::Transport);
        assert!(error.to_string().starts_with("Graph could not be reached: "), "{error}");
        assert!(!error.to_string().contains(&server), "{error}");
        assert_eq!(client.statistics().requests, u64::from(FAST.tries));
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_ends_the_read() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = Client::new(options(&format!("http://{address}"))).unwrap();
    failure(client.list(THINGS).await, ErrorKind::Transport);
}

#[tokio::test]
async fn invalid_json_is_tried_again() {
    for body in
        ["{\"value\":[{\"id\":\"a\"", "<html>come back later</html>", "", "{\"value\":[]}{}"]
    {
        let mock =
            MockGraph::with_mappings(things_in_turn(vec![json!({"body": body}), rows(&["a"])]))
                .await;
        assert_whole(&client(&mock).list(THINGS).await, &["a"]);
        assert_eq!(mock.requests().len(), 2, "{body}");
    }
}

#[tokio::test]
async fn json_that_stays_invalid_is_an_unreadable_body() {
    let mock = MockGraph::with_mappings(vec![get(THINGS, json!({"body": "{\"value\":["}))]).await;
    let error = failure(client(&mock).list(THINGS).await, ErrorKind::BadBody);
    assert!(
        error.to_string().starts_with("Graph answered 200 OK with an unreadable body ("),
        "{error}"
    );
    assert_eq!(mock.requests().len(), FAST.tries as usize);
}

#[tokio::test]
async fn a_body_without_rows_is_unreadable_and_never_an_empty_list() {
    for body in [json!({}), json!({"value": null}), json!({"value": {}}), json!([]), json!(null)] {
        let mock = MockGraph::with_mappings(vec![get(THINGS, json!({"jsonBody": body}))]).await;
        let listing = client(&mock).list(THINGS).await;
        assert_eq!((listing.rows.len(), listing.pages), (0, 0));
        failure(listing, ErrorKind::BadBody);
        assert_eq!(mock.requests().len(), 1, "another try would not change {body}");
    }
}

// Pages

#[tokio::test]
async fn an_empty_page_with_a_link_is_not_the_end() {
    let mock = MockGraph::with_mappings(vec![
        get(THINGS, rows_and_link(&[], "{{graph}}/v1.0/things?page=2")),
        page("2", rows_and_link(&["a"], "{{graph}}/v1.0/things?page=3")),
        page("3", rows_and_link(&[], "{{graph}}/v1.0/things?page=4")),
        page("4", rows(&["b"])),
    ])
    .await;
    let listing = client(&mock).list(THINGS).await;
    assert_whole(&listing, &["a", "b"]);
    assert_eq!(listing.pages, 4);
    mock.assert_all_planned();
}

#[tokio::test]
async fn a_row_on_two_pages_is_kept_twice() {
    let mock = MockGraph::with_mappings(vec![
        get(THINGS, rows_and_link(&["a", "b"], "{{graph}}/v1.0/things?page=2")),
        page("2", rows(&["b", "c"])),
    ])
    .await;
    assert_whole(&client(&mock).list(THINGS).await, &["a", "b", "b", "c"]);
}

#[tokio::test]
async fn rows_are_the_text_that_graph_sent() {
    let body = r#"{"value":[{"id":"a", "n" : 1.10, "big":12345678901234567890123, "s":"\u00e9\/"}],"other":1}"#;
    let mock = MockGraph::with_mappings(vec![get(THINGS, json!({"body": body}))]).await;
    let listing = client(&mock).list(THINGS).await;
    let row = r#"{"id":"a", "n" : 1.10, "big":12345678901234567890123, "s":"\u00e9\/"}"#;
    assert_eq!(listing.rows.iter().map(|row| row.get()).collect::<Vec<_>>(), [row]);
}

#[tokio::test]
async fn a_link_that_comes_twice_ends_the_list_as_partial() {
    for second in ["{{graph}}/v1.0/things?page=2", "{{graph}}/v1.0/things"] {
        let mock = MockGraph::with_mappings(vec![
            get(THINGS, rows_and_link(&["a"], "{{graph}}/v1.0/things?page=2")),
            page("2", rows_and_link(&["b"], second)),
        ])
        .await;
        let listing = client(&mock).list(THINGS).await;
        assert_eq!((ids(&listing), listing.pages), (vec!["a".to_owned(), "b".to_owned()], 2));
        assert_eq!(failure(listing, ErrorKind::Paging).path, THINGS);
        assert_eq!(mock.requests().len(), 2, "{second}");
    }
}

#[tokio::test]
async fn a_link_to_another_host_is_not_followed_and_no_token_goes_there() {
    let elsewhere = MockGraph::with_mappings(vec![page("2", rows(&["b"]))]).await;
    let port = elsewhere.uri().rsplit(':').next().unwrap().to_owned();
    for link in [
        format!("http://127.0.0.1:{port}/v1.0/things?page=2"),
        format!("http://localhost:{port}/v1.0/things?page=2"),
        format!("https://127.0.0.1:{port}/v1.0/things?page=2"),
        format!("//127.0.0.1:{port}/v1.0/things?page=2"),
        "/v1.0/things?page=2".to_owned(),
        "not a link".to_owned(),
    ] {
        let mock = MockGraph::with_mappings(vec![get(THINGS, rows_and_link(&["a"], &link))]).await;
        let listing = client(&mock).list(THINGS).await;
        assert_eq!((ids(&listing), listing.pages), (vec!["a".to_owned()], 1), "{link}");
        failure(listing, ErrorKind::Paging);
        assert_eq!(mock.requests().len(), 1, "{link}");
    }
    assert!(elsewhere.received().await.is_empty(), "a request reached the other host");
}

#[tokio::test]
async fn a_page_that_fails_for_good_keeps_the_earlier_rows_and_says_so() {
    let mock = MockGraph::with_mappings(vec![
        get(THINGS, rows_and_link(&["a", "b"], "{{graph}}/v1.0/things?page=2")),
        page("2", error(500, "UnknownError", "")),
    ])
    .await;
    let listing = client(&mock).list(THINGS).await;
    assert_eq!((ids(&listing), listing.pages), (vec!["a".to_owned(), "b".to_owned()], 1));
    let error = failure(listing, ErrorKind::Server);
    assert_eq!(error.path, THINGS, "the list is named, not its second page");
}

// Signing in

fn only_for(token: &str, mut mapping: Value) -> Value {
    mapping["request"]["headers"] =
        json!({"Authorization": {"equalTo": format!("Bearer {token}")}});
    mapping
}

fn expired() -> Value {
    error(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
}

fn client_with_tokens(mock: &MockGraph, tokens: &[&str]) -> Client {
    let mut options = options(&mock.uri());
    options.credential = StaticToken::new(tokens);
    Client::new(options).expect("the mock is on this machine")
}

#[tokio::test]
async fn a_token_that_expires_between_pages_is_renewed() {
    let mock = MockGraph::with_mappings(vec![
        only_for("old", get(THINGS, rows_and_link(&["a"], "{{graph}}/v1.0/things?page=2"))),
        only_for("old", page("2", expired())),
        only_for("new", page("2", rows(&["b"]))),
    ])
    .await;
    let client = client_with_tokens(&mock, &["old", "old", "new"]);
    assert_whole(&client.list(THINGS).await, &["a", "b"]);
    mock.assert_all_planned();
}

#[tokio::test]
async fn a_token_refused_twice_ends_the_read() {
    let mock = MockGraph::with_mappings(vec![
        get(THINGS, rows_and_link(&["a"], "{{graph}}/v1.0/things?page=2")),
        page("2", expired()),
    ])
    .await;
    let listing = client(&mock).list(THINGS).await;
    assert_eq!(ids(&listing), ["a"]);
    assert_eq!(failure(listing, ErrorKind::SignIn).status, Some(401));
    assert_eq!(mock.requests().len(), 3);
}

#[derive(Debug)]
struct NoToken;

#[async_trait::async_trait]
impl TokenCredential for NoToken {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let kind = azure_core::error::ErrorKind::Credential;
        Err(azure_core::Error::with_message(kind, "AADSTS7000215: Invalid client secret"))
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let mock = MockGraph::with_mappings(vec![]).await;
    let mut options = options(&mock.uri());
    options.credential = Arc::new(NoToken);
    let client = Client::new(options).unwrap();
    let error = failure(client.list(THINGS).await, ErrorKind::SignIn);
    assert!(error.to_string().contains("AADSTS7000215"), "{error}");
    assert!(mock.received().await.is_empty());
}

#[tokio::test]
async fn an_endpoint_that_must_not_have_a_token_is_refused() {
    for (endpoint, accepted) in [
        ("https://graph.microsoft.com", true),
        ("http://127.0.0.1:1", true),
        ("http://graph.microsoft.com", false),
        ("ftp://graph.microsoft.com", false),
    ] {
        assert_eq!(Client::new(options(endpoint)).is_ok(), accepted, "{endpoint}");
    }
}

#[tokio::test]
async fn a_path_that_leads_elsewhere_is_refused() {
    let elsewhere = MockGraph::with_mappings(vec![get(THINGS, rows(&["a"]))]).await;
    let mock = MockGraph::with_mappings(vec![]).await;
    let host = elsewhere.uri().trim_start_matches("http:").to_owned();
    for path in
        [format!("{host}{THINGS}"), format!("http:{host}{THINGS}"), "v1.0/things".to_owned()]
    {
        failure(client(&mock).list(&path).await, ErrorKind::Other);
    }
    assert!(elsewhere.received().await.is_empty());
    assert!(mock.received().await.is_empty());
}

// Errors

#[tokio::test]
async fn wrapped_errors_are_understood() {
    let wrapped = |code: &str, message: &str| {
        json!({"errorCode": code, "message": message, "instanceAnnotations": []}).to_string()
    };
    let scopes =
        "Authorization failed due to missing permission scope Thing.Read.All,Thing.ReadWrite.All.";
    for (status, code, message, kind, inner, missing) in [
        (
            400,
            "AadPremiumLicenseRequired",
            "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.".to_owned(),
            ErrorKind::Licence,
            "AadPremiumLicenseRequired",
            vec![],
        ),
        (
            400,
            "UnknownError",
            wrapped("AadPremiumLicenseRequired", "The tenant needs an AAD Premium 2 license."),
            ErrorKind::Licence,
            "AadPremiumLicenseRequired",
            vec![],
        ),
        (
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license".to_owned(),
            ErrorKind::Licence,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            vec![],
        ),
        (
            400,
            "UnknownError",
            wrapped("MissingProvider", "The provider is missing."),
            ErrorKind::Other,
            "MissingProvider",
            vec![],
        ),
        (
            403,
            "UnknownError",
            wrapped("PermissionScopeNotGranted", scopes),
            ErrorKind::Permission,
            "PermissionScopeNotGranted",
            vec!["Thing.Read.All", "Thing.ReadWrite.All"],
        ),
    ] {
        let mock = MockGraph::with_mappings(vec![get(THINGS, error(status, code, &message))]).await;
        let error = failure(client(&mock).list(THINGS).await, kind);
        assert_eq!(error.code.as_deref(), Some(inner));
        assert_eq!(error.missing_scopes, missing, "{error}");
        assert!(!error.to_string().contains('{'), "{error}");
    }
}

#[tokio::test]
async fn a_text_about_licences_is_not_yet_a_missing_licence() {
    for (status, code, message, kind) in [
        (400, "BadRequest", "The license filter is invalid.", ErrorKind::Other),
        (
            403,
            "Authorization_RequestDenied",
            "tenant doesn't have premium license",
            ErrorKind::Permission,
        ),
        (404, "AadPremiumLicenseRequired", "", ErrorKind::NotFound),
        (400, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "", ErrorKind::Other),
    ] {
        let mock = MockGraph::with_mappings(vec![get(THINGS, error(status, code, message))]).await;
        failure(client(&mock).list(THINGS).await, kind);
    }
}

#[tokio::test]
async fn the_page_of_a_proxy_is_told_in_short_and_without_the_token() {
    let body = format!(
        "<html>\r\n<h1>403</h1>\u{7}<pre>Authorization: Bearer token-of-the-test</pre>{}",
        "x".repeat(5000)
    );
    let response =
        json!({"status": 403, "headers": {"request-id": "id-of-the-proxy"}, "body": body});
    let mock = MockGraph::with_mappings(vec![get(THINGS, response)]).await;
    let client = client_with_tokens(&mock, &["token-of-the-test"]);
    let error = failure(client.list(THINGS).await, ErrorKind::Permission);
    let text = format!("{error} {error:?}");
    assert!(text.contains("<h1>403</h1> <pre>Authorization: Bearer ***</pre>"), "{text}");
    assert!(!text.contains("token-of-the-test"), "{text}");
    assert!(
        error.to_string().len() < 300 && !error.to_string().contains(char::is_control),
        "{text}"
    );
    assert_eq!(error.request_id.as_deref(), Some("id-of-the-proxy"));
}

/// Long enough to be found in pieces, as a real one is.
const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJvaWQiOiJhbG1hIn0.c2lnbmF0dXJl";

#[tokio::test]
async fn a_token_that_an_answer_repeats_is_told_nowhere() {
    let lower = TOKEN.to_ascii_lowercase();
    let mut answers = vec![
        error(400, TOKEN, &format!("{}{TOKEN}", "x ".repeat(190))),
        json!({"jsonBody": {"value": TOKEN}}),
        json!({"jsonBody": {"value": [{"id": "a"}], "@odata.nextLink": 7, "x": TOKEN}}),
        rows_and_link(&["a"], &format!("https://{TOKEN}/next")),
        rows_and_link(&["a"], &format!("{TOKEN}://contoso.example/next")),
        json!({"status": 403, "body": format!("<pre>{lower}</pre>")}),
        error(403, "Code", &TOKEN[10..40]),
    ];
    for answer in &mut answers {
        answer["headers"] = json!({"request-id": TOKEN, "Deprecation": TOKEN, "Sunset": lower});
    }
    for answer in answers {
        let mock = MockGraph::with_mappings(vec![
            get(THINGS, answer.clone()),
            get(&thing("a"), answer.clone()),
        ])
        .await;
        let recorder = Arc::new(Recorder::default());
        let mut options = options(&mock.uri());
        options.observer = recorder.clone();
        options.credential = StaticToken::new(&[TOKEN]);
        let client = Client::new(options).unwrap();
        let listing = client.list(THINGS).await;
        let part = client.batch("v1.0", &batch_reads(&["a"])).await.pop().unwrap().1;
        let named = client.list(&format!("{THINGS}/{TOKEN}")).await;
        let told = format!(
            "{:?} {:?} {:?} {:?} {:?}",
            listing.end.unwrap_err(),
            part.end.unwrap_err(),
            named.end.unwrap_err().path,
            client.statistics(),
            recorder.lines()
        )
        .to_ascii_lowercase();
        let piece = lower
            .as_bytes()
            .windows(16)
            .find(|piece| told.as_bytes().windows(16).any(|window| window == *piece));
        assert_eq!(piece, None, "{told}");
        assert!(told.contains("deprecated: ***; ends: ***"), "{told}");
    }
}

/// A server whose every page is empty and has a link to yet another one.
async fn endless_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let server = format!("http://{}", listener.local_addr().expect("a listener has an address"));
    let link = format!("{server}{THINGS}");
    tokio::spawn(async move {
        let mut page = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            read_request(&mut stream).await;
            page += 1;
            let rows = if page == 1 { r#"{"id":"a"}"# } else { "" };
            let body = format!(r#"{{"value":[{rows}],"@odata.nextLink":"{link}?page={page}"}}"#);
            let length = body.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close");
            let _ = stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).await;
        }
    });
    server
}

#[tokio::test]
async fn empty_pages_without_end_are_given_up_and_the_rows_kept() {
    let client = Client::new(options(&endless_server().await)).unwrap();
    let listing = client.list(THINGS).await;
    assert_eq!((ids(&listing), listing.pages), (vec!["a".to_owned()], 1001));
    assert!(failure(listing, ErrorKind::Paging).message.contains("1000 pages in succession"));
}

// Objects by ids

fn by_ids(select: &str, response: Value) -> Value {
    json!({
        "metadata": {"answers": "by-ids"},
        "request": {
            "method": "POST",
            "urlPath": "/v1.0/directoryObjects/getByIds",
            "queryParameters": {"$select": {"equalTo": select}}
        },
        "response": response
    })
}

#[tokio::test]
async fn objects_are_read_in_thousands_and_keep_their_order() {
    let wanted: Vec<String> = (0..2500).map(|number| format!("object-{number:04}")).collect();
    let names: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let mock = MockGraph::with_mappings(vec![by_ids("id,displayName", rows(&names))]).await;
    let listing = client(&mock).by_ids(&wanted, &["user", "group"], "id,displayName").await;
    assert_whole(&listing, &names);
    assert_eq!(listing.pages, 3);
    let mut sizes = Vec::new();
    for request in mock.received().await {
        let body: Value = request.body_json().unwrap();
        assert_eq!(body["types"], json!(["user", "group"]));
        sizes.push(body["ids"].as_array().unwrap().len());
    }
    sizes.sort_unstable();
    assert_eq!(sizes, [500, 1000, 1000]);
    mock.assert_all_planned();
}

#[tokio::test]
async fn no_ids_are_no_request() {
    let mock = MockGraph::with_mappings(vec![]).await;
    let listing = client(&mock).by_ids(&[], &["user"], "id").await;
    assert_whole(&listing, &[]);
    assert!(mock.received().await.is_empty());
}

#[tokio::test]
async fn a_thousand_that_fails_leaves_the_others() {
    let wanted: Vec<String> = (0..1500).map(|number| format!("object-{number:04}")).collect();
    let names: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let mut failing = by_ids("id", error(403, "Authorization_RequestDenied", "No"));
    failing["request"]["bodyPatterns"] = json!([{"contains": "object-0000"}]);
    let mock = MockGraph::with_mappings(vec![by_ids("id", rows(&names)), failing]).await;
    let listing = client(&mock).by_ids(&wanted, &[], "id").await;
    assert_eq!(ids(&listing), names[1000..]);
    let error = failure(listing, ErrorKind::Permission);
    assert_eq!(error.path, "/v1.0/directoryObjects/getByIds?$select=id");
}

// Batches

#[tokio::test]
async fn forty_five_reads_are_three_batches_with_results_in_order() {
    let names: Vec<String> = (0..45).map(|number| format!("n{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mappings = names.iter().map(|&name| get(&thing(name), rows(&[name]))).collect();
    let mock = MockGraph::with_mappings(mappings).await;
    let results = client(&mock).batch("v1.0", &batch_reads(&names)).await;
    assert_eq!(results.len(), 45);
    for ((id, listing), &expected) in results.iter().zip(&names) {
        assert_eq!(id, expected);
        assert_whole(listing, &[expected]);
    }
    let posts = mock.requests().iter().filter(|request| *request == "POST /v1.0/$batch").count();
    assert_eq!((posts, mock.requests().len()), (3, 48));
    mock.assert_all_planned();
}

#[tokio::test]
async fn only_the_throttled_part_of_a_batch_is_sent_again() {
    let mut mappings = in_turn(
        &json!({"method": "GET", "urlPath": thing("b")}),
        vec![throttled(json!({"Retry-After": "1"})), rows(&["b"])],
    );
    mappings.extend(["a", "c"].map(|name| get(&thing(name), rows(&[name]))));
    let mock = MockGraph::with_mappings(mappings).await;
    let client = client(&mock);
    let started = Instant::now();
    let results = client.batch("v1.0", &batch_reads(&["a", "b", "c"])).await;
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
    for ((_, listing), expected) in results.iter().zip(["a", "b", "c"]) {
        assert_whole(listing, &[expected]);
    }
    assert_eq!(
        mock.requests(),
        [
            "POST /v1.0/$batch",
            "BATCH GET /things/a",
            "BATCH GET /things/b",
            "BATCH GET /things/c",
            "POST /v1.0/$batch",
            "BATCH GET /things/b",
        ]
    );
    assert_eq!(client.statistics().retries, 1);
}

#[tokio::test]
async fn a_throttled_part_does_not_hold_up_other_reads() {
    let slow = throttled(json!({"Retry-After": "2"}));
    let mut mappings =
        in_turn(&json!({"method": "GET", "urlPath": thing("a")}), vec![slow, rows(&["a"])]);
    mappings.push(get(THINGS, rows(&["b"])));
    let mock = MockGraph::with_mappings(mappings).await;
    let recorder = Arc::new(Recorder::default());
    let mut options = options(&mock.uri());
    options.observer = recorder.clone();
    let client = Client::new(options).unwrap();
    let reads = batch_reads(&["a"]);
    let batch = client.batch("v1.0", &reads);
    let other = async {
        while !recorder.lines().contains(&"waiting 2".to_owned()) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        client.list(THINGS).await
    };
    let (batch, other) = futures::future::join(batch, other).await;
    assert_whole(&batch[0].1, &["a"]);
    assert_whole(&other, &["b"]);
    let sent: Vec<String> =
        recorder.lines().into_iter().filter(|line| line.starts_with("request")).collect();
    assert_eq!(
        sent,
        ["request POST /v1.0/$batch", "request GET /v1.0/things", "request POST /v1.0/$batch"]
    );
}

#[tokio::test]
async fn a_part_that_stays_throttled_or_is_told_to_wait_too_long_fails_alone() {
    let mock = MockGraph::with_mappings(vec![
        get(&thing("a"), rows(&["a"])),
        get(&thing("b"), throttled(json!({}))),
        get(&thing("c"), throttled(json!({"Retry-After": "3600"}))),
    ])
    .await;
    let mut results = client(&mock).batch("v1.0", &batch_reads(&["a", "b", "c"])).await;
    let (_, told) = results.pop().unwrap();
    let (_, stays) = results.pop().unwrap();
    assert!(failure(told, ErrorKind::Throttled).message.contains("3600 s"));
    assert_eq!(failure(stays, ErrorKind::Throttled).path, thing("b"));
    assert_whole(&results[0].1, &["a"]);
    let asked = |name: &str| {
        let line = format!("BATCH GET /things/{name}");
        mock.requests().iter().filter(|request| **request == line).count()
    };
    assert_eq!([asked("a"), asked("b"), asked("c")], [1, FAST.tries as usize, 1]);
}

#[tokio::test]
async fn each_part_of_a_batch_has_an_error_of_its_own() {
    let mock = MockGraph::with_mappings(vec![
        get(&thing("a"), rows(&["a"])),
        get(&thing("b"), error(404, "Request_ResourceNotFound", "Resource 'b' does not exist")),
        get(&thing("c"), error(403, "Authorization_RequestDenied", "Insufficient privileges")),
        get(&thing("d"), json!({"status": 500, "body": "<html>Sorry</html>"})),
        get(&thing("e"), json!({"jsonBody": {"id": "e"}})),
        get(&thing("f"), json!({"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}})),
    ])
    .await;
    let names = ["a", "b", "c", "d", "e", "f"];
    let mut results = client(&mock).batch("v1.0", &batch_reads(&names)).await.into_iter();
    assert_whole(&results.next().unwrap().1, &["a"]);
    for ((id, listing), (name, kind)) in results.zip([
        ("b", ErrorKind::NotFound),
        ("c", ErrorKind::Permission),
        ("d", ErrorKind::Server),
        ("e", ErrorKind::BadBody),
        ("f", ErrorKind::Other),
    ]) {
        assert_eq!(id, name);
        assert_eq!(failure(listing, kind).path, thing(name));
    }
}

#[tokio::test]
async fn a_part_of_a_batch_with_a_link_is_read_to_its_end() {
    let next = |page: &str, response: Value| {
        json!({
            "request": {
                "method": "GET",
                "urlPath": thing("a"),
                "queryParameters": {"page": {"equalTo": page}}
            },
            "response": response
        })
    };
    let mock = MockGraph::with_mappings(vec![
        get(&thing("a"), rows_and_link(&["1"], "{{graph}}/v1.0/things/a?page=2")),
        next("2", rows_and_link(&["2"], "{{graph}}/v1.0/things/a?page=3")),
        next("3", rows(&["3"])),
        get(
            &thing("b"),
            rows_and_link(&["4"], "http://graph.contoso.example/v1.0/things/b?page=2"),
        ),
        get(&thing("c"), rows_and_link(&["5"], "{{graph}}/v1.0/things/c")),
    ])
    .await;
    let mut results = client(&mock).batch("v1.0", &batch_reads(&["a", "b", "c"])).await;
    assert_whole(&results[0].1, &["1", "2", "3"]);
    assert_eq!(results[0].1.pages, 3);
    let (_, loops) = results.pop().unwrap();
    let (_, foreign) = results.pop().unwrap();
    assert_eq!((ids(&foreign), ids(&loops)), (vec!["4".to_owned()], vec!["5".to_owned()]));
    failure(foreign, ErrorKind::Paging);
    failure(loops, ErrorKind::Paging);
}

#[tokio::test]
async fn a_read_that_the_answer_to_a_batch_lacks_is_an_error() {
    let answer = json!({"responses": [
        {"id": "C", "status": 200, "body": {"value": [{"id": "c"}]}},
        {"id": "x", "status": 200, "body": {"value": [{"id": "x"}]}},
        {"id": "a", "status": 200, "body": {"value": [{"id": "a"}]}}
    ]});
    let batch = json!({
        "request": {"method": "POST", "urlPath": "/v1.0/$batch"},
        "response": {"jsonBody": answer}
    });
    let mock = MockGraph::with_mappings(vec![batch]).await;
    let mut results = client(&mock).batch("v1.0", &batch_reads(&["a", "b", "c"])).await;
    assert_whole(&results.pop().unwrap().1, &["c"]);
    let error = failure(results.pop().unwrap().1, ErrorKind::BadBody);
    assert!(error.message.contains("lacks"), "{error}");
    assert_eq!(error.path, thing("b"));
    assert_whole(&results.pop().unwrap().1, &["a"]);
}

#[tokio::test]
async fn a_batch_that_fails_whole_fails_each_of_its_reads() {
    let batch = json!({
        "request": {"method": "POST", "urlPath": "/beta/$batch"},
        "response": error(400, "BadRequest", "Invalid batch payload format.")
    });
    let mock = MockGraph::with_mappings(vec![batch]).await;
    for (id, listing) in client(&mock).batch("beta", &batch_reads(&["a", "b"])).await {
        assert_eq!(failure(listing, ErrorKind::Other).path, format!("/beta/things/{id}"));
    }
}

#[tokio::test]
async fn a_part_whose_token_is_refused_is_sent_once_more() {
    let request = json!({"method": "GET", "urlPath": thing("a")});
    let mut mappings = in_turn(&request, vec![expired(), rows(&["a"])]);
    mappings.push(get(&thing("b"), expired()));
    let mock = MockGraph::with_mappings(mappings).await;
    let mut results = client(&mock).batch("v1.0", &batch_reads(&["a", "b"])).await;
    failure(results.pop().unwrap().1, ErrorKind::SignIn);
    assert_whole(&results.pop().unwrap().1, &["a"]);
    assert_eq!(mock.requests().iter().filter(|request| request.starts_with("POST")).count(), 2);
}

#[tokio::test]
async fn reads_that_cannot_stand_in_one_batch_are_refused_alone() {
    let mock = MockGraph::with_mappings(vec![get(&thing("a"), rows(&["a"]))]).await;
    let read = |id: &str, path: &str| BatchRead { id: id.to_owned(), path: path.to_owned() };
    let reads = [
        read("a", "/things/a"),
        read("A", "/things/b"),
        read("c", "/../beta/things/c"),
        read("d", "x/things/d"),
    ];
    let mut results = client(&mock).batch("v1.0", &reads).await.into_iter();
    assert_whole(&results.next().unwrap().1, &["a"]);
    assert_eq!(results.len(), 3);
    for (_, listing) in results {
        failure(listing, ErrorKind::Other);
    }
    assert_eq!(mock.requests(), ["POST /v1.0/$batch", "BATCH GET /things/a"]);
}

#[tokio::test]
async fn no_reads_are_no_batch() {
    let mock = MockGraph::with_mappings(vec![]).await;
    assert!(client(&mock).batch("v1.0", &[]).await.is_empty());
    assert!(mock.received().await.is_empty());
}

// What leaves

#[tokio::test]
async fn only_reads_leave_the_client_and_each_with_its_headers() {
    let mut filtered = get(THINGS, rows_and_link(&["a"], "{{graph}}/v1.0/things?page=2"));
    filtered["request"]["queryParameters"] =
        json!({"$filter": {"equalTo": "name eq 'a b'"}, "$select": {"equalTo": "id,name"}});
    let mut selected = get("/beta/things/a", rows(&["a"]));
    selected["request"]["queryParameters"] = json!({"$filter": {"equalTo": "name eq 'a b'"}});
    selected["request"]["headers"] = json!({"Prefer": {"equalTo": "include-unknown-enum-members"}});
    let mock = MockGraph::with_mappings(vec![
        filtered,
        page("2", rows(&["b"])),
        by_ids("id", rows(&["a"])),
        selected,
    ])
    .await;
    let client = client(&mock);
    assert_whole(
        &client.list("/v1.0/things?$filter=name eq 'a b'&$select=id,name").await,
        &["a", "b"],
    );
    assert_whole(&client.by_ids(&["a".to_owned()], &[], "id").await, &["a"]);
    let path = "/things/a?$filter=name eq 'a b'".to_owned();
    let results = client.batch("beta", &[BatchRead { id: "1".to_owned(), path }]).await;
    assert_whole(&results[0].1, &["a"]);
    assert_eq!(
        mock.requests(),
        [
            "GET /v1.0/things?$filter=name eq 'a b'&$select=id,name",
            "GET /v1.0/things?page=2",
            "POST /v1.0/directoryObjects/getByIds?$select=id",
            "POST /beta/$batch",
            "BATCH GET /things/a?$filter=name eq 'a b'",
        ]
    );
    mock.assert_all_planned();
    let mut request_ids = Vec::new();
    for request in mock.received().await {
        for (name, expected) in [
            ("authorization", "Bearer token"),
            ("accept", "application/json"),
            ("prefer", "include-unknown-enum-members"),
            ("user-agent", concat!("pimaudit/", env!("CARGO_PKG_VERSION"))),
        ] {
            let values: Vec<_> = request.headers.get_all(name).iter().collect();
            assert_eq!(values, [expected], "{name} of {}", request.url);
        }
        request_ids.push(request.headers["client-request-id"].to_str().unwrap().to_owned());
    }
    request_ids.sort();
    request_ids.dedup();
    assert_eq!(request_ids.len(), 4, "each request has an id of its own");
}

#[tokio::test]
async fn what_happens_is_observed_and_counted() {
    let mut last = rows(&["b", "c"]);
    last["headers"] = json!({"Deprecation": "true", "Sunset": "Fri, 01 Jan 2027 00:00:00 GMT"});
    let answers =
        vec![error(500, "UnknownError", ""), rows_and_link(&["a"], "{{graph}}/v1.0/things?page=2")];
    let mut mappings = things_in_turn(answers);
    mappings.push(page("2", last));
    let mock = MockGraph::with_mappings(mappings).await;
    let recorder = Arc::new(Recorder::default());
    let options = Options { observer: recorder.clone(), ..options(&mock.uri()) };
    let client = Client::new(options).unwrap();
    assert_whole(&client.list(THINGS).await, &["a", "b", "c"]);
    assert_eq!(
        recorder.lines(),
        [
            "begun /v1.0/things",
            "request GET /v1.0/things",
            "retry /v1.0/things: Graph answered 500 Internal Server Error (UnknownError)",
            "waiting 1",
            "request GET /v1.0/things",
            "page /v1.0/things 1",
            "request GET /v1.0/things?page=2",
            "page /v1.0/things 2",
            "ended /v1.0/things",
        ]
    );
    let statistics = client.statistics();
    assert_eq!((statistics.requests, statistics.retries), (3, 1));
    assert!(statistics.bytes > 100, "{statistics:?}");
    assert_eq!(
        statistics.deprecations,
        ["/v1.0/things; deprecated: true; ends: Fri, 01 Jan 2027 00:00:00 GMT"]
    );
}

#[tokio::test]
async fn every_list_is_begun_once_and_over_once() {
    let by_ids = "/v1.0/directoryObjects/getByIds";
    let mock = MockGraph::with_mappings(vec![
        get(THINGS, rows_and_link(&["1"], "{{graph}}/v1.0/things")),
        get("/v1.0/others", rows(&["1"])),
        get(&thing("a"), rows(&["1"])),
        get(&thing("b"), error(404, "Request_ResourceNotFound", "Resource 'b' does not exist")),
        json!({
            "request": {"method": "POST", "urlPath": "/beta/$batch"},
            "response": error(400, "BadRequest", "Invalid batch payload format.")
        }),
        json!({"request": {"method": "POST", "urlPath": by_ids}, "response": rows(&["x"])}),
    ])
    .await;
    let recorder = Arc::new(Recorder::default());
    let options = Options { observer: recorder.clone(), ..options(&mock.uri()) };
    let client = Client::new(options).unwrap();
    let ids: Vec<String> = (0..1500).map(|id| id.to_string()).collect();
    let same = BatchRead { id: "A".to_owned(), path: "/things/z".to_owned() };
    client.list(THINGS).await;
    client.list("/v1.0/others").await;
    client.list("//contoso.example/").await;
    client.batch("v1.0", &[batch_reads(&["a", "b"]), vec![same]].concat()).await;
    client.batch("beta", &batch_reads(&["c"])).await;
    client.by_ids(&ids, &[], "").await;
    client.by_ids(&[], &[], "").await;
    let lines = recorder.lines();
    let told = |how: &str| {
        let paths = lines.iter().filter_map(|line| line.strip_prefix(how));
        paths.collect::<BTreeSet<&str>>()
    };
    let whole = ["/v1.0/others", "/v1.0/things/a", by_ids];
    let broken = [THINGS, "//contoso.example/", "/v1.0/things/b", "/beta/things/c"];
    assert_eq!(told("begun "), [&whole[..], &broken].concat().into_iter().collect());
    assert_eq!(told("ended "), whole.into_iter().collect());
    assert_eq!(told("broke off "), broken.into_iter().collect());
    let number = lines.iter().filter(|line| line.starts_with("begun ")).count();
    assert_eq!(number, 7, "{lines:#?}");
}

/// A server that is slow, closes each connection after one answer, and counts how many it serves.
async fn counting_server(most: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("a listener has an address");
    let current = Arc::new(AtomicUsize::new(0));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (current, most) = (Arc::clone(&current), Arc::clone(&most));
            tokio::spawn(async move {
                read_request(&mut stream).await;
                most.fetch_max(current.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(100)).await;
                current.fetch_sub(1, Ordering::SeqCst);
                let _ = stream.write_all(WHOLE.as_bytes()).await;
            });
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn no_more_requests_are_in_flight_than_allowed() {
    for in_flight in [1, 3] {
        let most = Arc::new(AtomicUsize::new(0));
        let server = counting_server(Arc::clone(&most)).await;
        let client = Client::new(Options { in_flight, ..options(&server) }).unwrap();
        for listing in join_all((0..6).map(|_| client.list(THINGS))).await {
            assert_whole(&listing, &["a"]);
        }
        assert_eq!(most.load(Ordering::SeqCst), in_flight);
    }
}

#[tokio::test]
async fn a_read_that_waits_holds_no_place_among_the_requests_in_flight() {
    let answers = vec![error(503, "UnknownError", ""), rows(&["a"])];
    let mut mappings = things_in_turn(answers);
    mappings.push(get("/v1.0/others", rows(&["b"])));
    let mock = MockGraph::with_mappings(mappings).await;
    let recorder = Arc::new(Recorder::default());
    let mut options = Options { in_flight: 1, observer: recorder.clone(), ..options(&mock.uri()) };
    options.patience.first_delay = Duration::from_secs(2);
    options.patience.longest_delay = Duration::from_secs(2);
    let client = Client::new(options).unwrap();
    let other = async {
        while !recorder.lines().iter().any(|line| line.starts_with("waiting")) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        client.list("/v1.0/others").await
    };
    let (waiting, other) = futures::future::join(client.list(THINGS), other).await;
    assert_whole(&waiting, &["a"]);
    assert_whole(&other, &["b"]);
    assert_eq!(
        mock.requests(),
        ["GET /v1.0/things", "GET /v1.0/others", "GET /v1.0/things"],
        "the other read went first"
    );
}

#[tokio::test]
async fn a_lane_does_not_wait_behind_everybody_else() {
    // Its next page may only be asked for when the one before is there; others could all be asked for now.
    const SLOW: &str = "/v1.0/slow";
    const LANES: &[Lane] =
        &[Lane { prefixes: &["/slow"], at_once: 1, most: None, within: Duration::ZERO }];
    let link = |page: u8| format!("{{{{graph}}}}/v1.0/slow/{page}");
    let mut mappings: Vec<Value> =
        (0..12).map(|number| get(&format!("/v1.0/others/{number}"), rows(&["a"]))).collect();
    mappings.push(get(SLOW, rows_and_link(&["b"], &link(2))));
    mappings.push(get("/v1.0/slow/2", rows_and_link(&["c"], &link(3))));
    mappings.push(get("/v1.0/slow/3", rows(&["d"])));
    let mock = MockGraph::with_mappings(mappings).await;
    mock.set_latency(Duration::from_millis(100));
    let options = Options { in_flight: 2, lanes: LANES, ..options(&mock.uri()) };
    let client = Client::new(options).unwrap();
    let paths: Vec<String> = (0..12).map(|number| format!("/v1.0/others/{number}")).collect();
    let others = join_all(paths.iter().map(|path| client.list(path)));
    let (_, slow) = futures::future::join(others, client.list(SLOW)).await;
    assert_whole(&slow, &["b", "c", "d"]);
    let requests = mock.requests();
    let last = requests.iter().position(|it| it.ends_with("/slow/3")).unwrap();
    // Before each of its pages one takes the turn that it gave back, and one stands in the queue: so
    // nine go before its last one, and all twelve would without a door.
    assert!(last < 14, "the lane ends after {last} of {}: {requests:#?}", requests.len());
}

#[tokio::test]
async fn a_slow_service_is_waited_for() {
    let mock = MockGraph::with_mappings(vec![
        get(THINGS, rows_and_link(&["a"], "{{graph}}/v1.0/things?page=2")),
        page("2", rows(&["b"])),
    ])
    .await;
    mock.set_latency(Duration::from_millis(50));
    let started = Instant::now();
    assert_whole(&client(&mock).list(THINGS).await, &["a", "b"]);
    assert!(started.elapsed() >= Duration::from_millis(100), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_client_can_be_shared_between_tasks() {
    let mock = MockGraph::with_mappings(vec![
        get(THINGS, rows(&["a"])),
        get(&thing("a"), rows(&["b"])),
        by_ids("id", rows(&["c"])),
    ])
    .await;
    let client = Arc::new(client(&mock));
    let list = tokio::spawn({
        let client = Arc::clone(&client);
        async move { client.list(THINGS).await }
    });
    let batch = tokio::spawn({
        let client = Arc::clone(&client);
        async move { client.batch("v1.0", &batch_reads(&["a"])).await }
    });
    let objects = tokio::spawn(async move { client.by_ids(&["c".to_owned()], &[], "id").await });
    assert_whole(&list.await.unwrap(), &["a"]);
    assert_whole(&batch.await.unwrap()[0].1, &["b"]);
    assert_whole(&objects.await.unwrap(), &["c"]);
}
