//! What both sign-ins of a person share: the OAuth client, its HTTP, its errors, and the credential
//! that keeps the result alive.
//!
//! How the person is asked lives in `device_code` and `browser`.

use super::environment::TENANT;
use super::error::{Failure, causes};
use super::secret::Hidden;
use super::setup::Setup;
use super::{Secret, advice, clock};
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::{Error, ErrorKind};
use futures::future::BoxFuture;
use oauth2::basic::{BasicClient, BasicTokenResponse};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, ClientId, DeviceAuthorizationUrl, EndpointNotSet,
    EndpointSet, ErrorResponse, HttpRequest, HttpResponse, RefreshToken, RequestTokenError, Scope,
    TokenResponse, TokenUrl,
};
use reqwest::StatusCode;
use std::fmt;
use std::time::Duration;
use tokio::sync::Mutex;

/// The application of people who bring none, Microsoft Graph Command Line Tools: it needs no
/// registration in the tenant.
pub const DEFAULT_CLIENT_ID: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";
const DEFAULT_NAME: &str = "Microsoft Graph Command Line Tools";
/// Asked for besides Graph permissions: who signed in, and a refresh token.
const OPENID_SCOPES: [&str; 3] = ["openid", "profile", "offline_access"];
/// What a token lives at least, when the service does not say.
const USUAL_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// An OAuth client that knows the three addresses of a tenant.
pub(super) type Client =
    BasicClient<EndpointSet, EndpointSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// Our HTTP client in the shape `oauth2` wants.
#[derive(Clone, Debug)]
pub(super) struct Http(reqwest::Client);

/// Why a request brought no answer worth reading.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error(transparent)]
    Request(#[from] reqwest::Error),
    #[error(transparent)]
    Answer(#[from] http::Error),
    /// While a device code is polled this leads to another try.
    #[error("the sign-in service answered {0}")]
    Busy(StatusCode),
}

impl<'client> AsyncHttpClient<'client> for Http {
    type Error = HttpError;
    type Future = BoxFuture<'client, Result<HttpResponse, HttpError>>;

    fn call(&'client self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.0.execute(reqwest::Request::try_from(request)?).await?;
            let status = answer.status();
            if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
                return Err(HttpError::Busy(status));
            }
            let mut response = http::Response::builder().status(status);
            for (name, value) in answer.headers() {
                response = response.header(name, value);
            }
            Ok(response.body(answer.bytes().await?.to_vec())?)
        })
    }
}

/// One sign-in of a person, ready to ask.
pub(super) struct Plan {
    pub(super) client: Client,
    pub(super) http: Http,
    pub(super) scopes: Vec<Scope>,
    /// The application as it is shown to the person.
    pub(super) application: String,
    graph_scope: String,
    consent: Option<String>,
    hidden: Hidden,
}

impl Plan {
    /// Fails when tenant or application make no address.
    ///
    /// The application is the one of `--client-id` or the default: `AZURE_CLIENT_ID` names one that
    /// signs in by itself, which people usually cannot use.
    pub(super) fn new(setup: &Setup) -> Result<Self, Failure> {
        let tenant = setup.tenant_of_person();
        let id = setup.request.client_id.as_deref().unwrap_or(DEFAULT_CLIENT_ID);
        let application = match id {
            DEFAULT_CLIENT_ID => format!("{DEFAULT_NAME} ({id})"),
            own => own.to_owned(),
        };
        let permissions = permissions(setup);
        let consent =
            advice::delegated_consent(&setup.endpoints, tenant, id, &permissions.join(" "));
        let scopes = permissions.into_iter().chain(OPENID_SCOPES.map(str::to_owned));
        Ok(Self {
            client: client(setup, tenant, id)?,
            http: Http(setup.request.http.clone()),
            scopes: scopes.map(Scope::new).collect(),
            application,
            graph_scope: setup.endpoints.graph_scope(),
            consent: consent.map(String::from),
            hidden: setup.hidden.clone(),
        })
    }

    /// What the sign-in service said, as our failure.
    pub(super) fn failure(&self, text: &str) -> Failure {
        Failure::said(text, self.consent.as_deref(), &self.hidden)
    }

    /// The credential that lives on after the person is gone.
    pub(super) fn signed_in(self, answer: &BasicTokenResponse) -> Login {
        let held = Held::new(answer, None);
        Login { plan: self, held: Mutex::new(held) }
    }
}

/// Each permission as a scope of the cloud; without any, all that have been consented to.
fn permissions(setup: &Setup) -> Vec<String> {
    let asked = &setup.request.delegated_permissions;
    if asked.is_empty() {
        return vec![setup.endpoints.graph_scope()];
    }
    asked.iter().map(|permission| setup.endpoints.graph_permission(permission)).collect()
}

fn client(setup: &Setup, tenant: &str, id: &str) -> Result<Client, Failure> {
    let valid = !tenant.starts_with('.')
        && tenant
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-'));
    if !valid || tenant.is_empty() {
        return Err(Failure::new(format!("{tenant:?} is neither a tenant id nor a domain"))
            .hinting(format!("check --tenant and {TENANT}")));
    }
    let address = |name: &str| {
        let path = format!("{tenant}/oauth2/v2.0/{name}");
        setup.endpoints.login.join(&path).map_err(|error| Failure::new(format!("{path}: {error}")))
    };
    // No secret: the application is public, its id goes in the body.
    Ok(BasicClient::new(ClientId::new(id.to_owned()))
        .set_auth_type(AuthType::RequestBody)
        .set_auth_uri(AuthUrl::from_url(address("authorize")?))
        .set_device_authorization_url(DeviceAuthorizationUrl::from_url(address("devicecode")?))
        .set_token_uri(TokenUrl::from_url(address("token")?)))
}

/// What went wrong, without the answer itself: it may hold tokens.
pub(super) fn problem<Answer: ErrorResponse + 'static>(
    error: &RequestTokenError<HttpError, Answer>,
) -> String {
    match error {
        RequestTokenError::ServerResponse(answer) => answer.to_string(),
        RequestTokenError::Request(error) => causes(error),
        RequestTokenError::Parse(..) => {
            "the sign-in service gave an answer that cannot be read".to_owned()
        }
        RequestTokenError::Other(text) => text.clone(),
    }
}

/// A person who signed in: gives the token and renews it before it is over.
pub(super) struct Login {
    plan: Plan,
    held: Mutex<Held>,
}

struct Held {
    token: AccessToken,
    refresh: Option<RefreshToken>,
}

impl Held {
    /// Every answer may bring a new refresh token, which replaces the `previous` one.
    fn new(answer: &BasicTokenResponse, previous: Option<RefreshToken>) -> Self {
        let lifetime = answer.expires_in().unwrap_or(USUAL_LIFETIME).as_secs();
        Self {
            token: AccessToken::new(answer.access_token().secret().clone(), clock::after(lifetime)),
            refresh: answer.refresh_token().cloned().or(previous),
        }
    }
}

impl Login {
    async fn renewed(&self, held: &Held) -> Result<Held, Failure> {
        let Some(refresh) = &held.refresh else {
            return Err(
                Failure::new("the sign-in is over and cannot be renewed").hinting("sign in again")
            );
        };
        let answer = self
            .plan
            .client
            .exchange_refresh_token(refresh)
            .add_scopes(self.plan.scopes.clone())
            .request_async(&self.plan.http)
            .await
            .map_err(|error| self.refused(&problem(&error), refresh))?;
        Ok(Held::new(&answer, Some(refresh.clone())))
    }

    fn refused(&self, text: &str, refresh: &RefreshToken) -> Failure {
        let hidden = Hidden::new([Secret::new(refresh.secret().clone())]);
        self.plan.failure(&hidden.clean(text))
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Login")
            .field("application", &self.plan.application)
            .finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl TokenCredential for Login {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        only_graph(scopes, &self.plan.graph_scope)?;
        let mut held = self.held.lock().await;
        if clock::is_fresh(held.token.expires_on) {
            return Ok(held.token.clone());
        }
        let renewed = self.renewed(&held).await;
        match renewed {
            Ok(renewed) => *held = renewed,
            // The old token may still serve while the service recovers.
            Err(_) if !clock::is_over(held.token.expires_on) => {}
            Err(failure) => return Err(over(&failure)),
        }
        Ok(held.token.clone())
    }
}

/// Refuses to give a token for Graph to whoever wants one for something else.
pub(super) fn only_graph(scopes: &[&str], graph_scope: &str) -> azure_core::Result<()> {
    if scopes == [graph_scope] {
        return Ok(());
    }
    let message = format!("this sign-in is for {graph_scope} alone, not for {}", scopes.join(" "));
    Err(Error::with_message(ErrorKind::Credential, message))
}

/// A failure in the middle of a run, with its advice: there is nobody left to ask for it.
pub(super) fn over(failure: &Failure) -> Error {
    let message = match failure.hint() {
        Some(hint) => format!("{failure} ({hint})"),
        None => failure.to_string(),
    };
    Error::with_message(ErrorKind::Credential, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_gives_tokens_for_graph_alone() {
        let graph = "https://graph.microsoft.com/.default";
        for (scopes, accepted) in [
            (&[graph][..], true),
            (&["https://management.azure.com/.default"][..], false),
            (&[graph, graph][..], false),
            (&[][..], false),
        ] {
            assert_eq!(only_graph(scopes, graph).is_ok(), accepted, "{scopes:?}");
        }
    }
}
