//! An access token that somebody else got: used as it is, until it is over.

use super::azure::Credential;
use super::environment::ACCESS_TOKEN;
use super::error::Failure;
use super::oauth::{only_graph, over};
use super::setup::{Setup, required};
use super::{Secret, claims, clock};
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use jiff::Timestamp;
use std::fmt;
use std::sync::Arc;

const ADVICE: &str = "a given token cannot be renewed: get a new one, or sign in another way";

/// Takes the token that was read from standard input, else the one in the environment.
pub(super) fn credential(setup: &Setup) -> Result<Credential, Failure> {
    let given = setup.request.token_input.as_ref().map(Secret::expose);
    let [text] = required([(given.or_else(|| setup.variable(ACCESS_TOKEN)), ACCESS_TOKEN)])?;
    let token = text.trim();
    let token = token.strip_prefix("Bearer ").unwrap_or(token).trim();
    if token.is_empty() || token.contains(char::is_whitespace) {
        return Err(Failure::new(
            "what was given is not an access token: it is empty or has blanks in it",
        ));
    }
    let expires_at = claims::expiry(token).unwrap_or(Timestamp::MAX);
    let given = GivenToken {
        token: AccessToken::new(token.to_owned(), clock::offset(expires_at)),
        graph_scope: setup.endpoints.graph_scope(),
    };
    match given.expired() {
        Some(failure) => Err(failure),
        None => Ok(Arc::new(given)),
    }
}

struct GivenToken {
    token: AccessToken,
    graph_scope: String,
}

impl GivenToken {
    fn expired(&self) -> Option<Failure> {
        let expires_on = self.token.expires_on;
        clock::is_over(expires_on).then(|| {
            let moment = clock::timestamp(expires_on);
            Failure::new(format!("the given access token expired at {moment}")).hinting(ADVICE)
        })
    }
}

impl fmt::Debug for GivenToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("GivenToken")
            .field("expires_on", &self.token.expires_on)
            .finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl TokenCredential for GivenToken {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        only_graph(scopes, &self.graph_scope)?;
        match self.expired() {
            Some(failure) => Err(over(&failure)),
            None => Ok(self.token.clone()),
        }
    }
}
