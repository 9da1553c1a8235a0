//! What the integration tests share: a mock Graph, tokens without a network, an observer that
//! remembers, and a client that loses its patience quickly.

pub(crate) mod asked;
mod mapping;
pub(crate) mod mock;
pub(crate) mod program;
pub(crate) mod tenant;

pub(crate) use mock::MockGraph;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use pimaudit::graph::{Client, Event, Observer, Options, Patience};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Gives fixed tokens in turn; the last one again and again.
#[derive(Debug)]
pub(crate) struct StaticToken {
    tokens: Mutex<Vec<String>>,
}

impl StaticToken {
    pub(crate) fn new(tokens: &[&str]) -> Arc<Self> {
        let tokens = tokens.iter().rev().map(|&token| token.to_owned()).collect();
        Arc::new(Self { tokens: Mutex::new(tokens) })
    }
}

#[async_trait::async_trait]
impl TokenCredential for StaticToken {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let mut tokens = self.tokens.lock().expect("no test panics while it holds the tokens");
        let token = match tokens.as_slice() {
            [] => String::new(),
            [last] => last.clone(),
            [.., next] => {
                let next = next.clone();
                tokens.pop();
                next
            }
        };
        Ok(AccessToken::new(token, azure_core::time::parse_rfc3339("2099-01-01T00:00:00Z")?))
    }
}

/// Remembers every event as one line; bytes are left out, since they come in any number of parts.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    lines: Mutex<Vec<String>>,
}

impl Recorder {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().expect("no test panics while it holds the lines").clone()
    }
}

impl Observer for Recorder {
    fn event(&self, event: &Event<'_>) {
        let line = match event {
            Event::Request { method, path } => format!("request {method} {path}"),
            Event::Begun { path } => format!("begun {path}"),
            Event::Ended { path, whole: true } => format!("ended {path}"),
            Event::Ended { path, whole: false } => format!("broke off {path}"),
            Event::Page { path, rows } => format!("page {path} {rows}"),
            Event::Waiting { seconds, .. } => format!("waiting {seconds}"),
            Event::Retry { path, reason } => format!("retry {path}: {reason}"),
            Event::Bytes(_) => return,
        };
        self.lines.lock().expect("no test panics while it holds the lines").push(line);
    }
}

/// Tries three times, at once as far as a person can tell, and waits for five seconds at most.
pub(crate) const FAST: Patience = Patience {
    tries: 3,
    first_delay: Duration::from_millis(2),
    longest_delay: Duration::from_millis(20),
    total: Duration::from_secs(5),
};

/// An HTTP client as the program uses it, without the proxy of the environment.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("the options of the test client are fixed")
}

/// Options for a server of the test.
pub(crate) fn options(endpoint: &str) -> Options {
    let endpoint = endpoint.parse().expect("the address of a test server is a URL");
    let mut options = Options::new(http(), endpoint, StaticToken::new(&["token"]));
    options.patience = FAST;
    options
}

/// A client of the mock.
pub(crate) fn client(mock: &MockGraph) -> Client {
    Client::new(options(&mock.uri())).expect("the mock is on this machine")
}
