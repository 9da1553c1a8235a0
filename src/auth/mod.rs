//! Sign-in: from options and environment to one credential for Microsoft Graph, and who it is.
//!
//! Nothing is printed, and no environment is read here but for proxies; a [`Prompt`] shows what a person must see, an
//! [`Environment`] holds what variables say. No Graph request is made: the identity is in the token.

pub mod claims;
pub mod environment;
pub mod error;
pub mod host;
pub mod http;
pub mod method;
pub mod secret;

mod advice;
mod azure;
mod browser;
mod cached;
mod certificate;
mod chain;
mod clock;
mod device_code;
mod loopback;
mod oauth;
mod setup;
mod static_token;
mod transport;

pub use self::claims::{Identity, IdentityKind};
pub use self::environment::Environment;
pub use self::error::{Attempt, Failure, SignInError};
pub use self::host::{Host, Sleep};
pub use self::http::{HttpClientError, http_client};
pub use self::method::{Method, UnknownMethod};
pub use self::oauth::DEFAULT_CLIENT_ID;
pub use self::secret::Secret;

use self::setup::Setup;
use crate::model::Endpoints;
use azure_core::credentials::TokenCredential;
use std::sync::Arc;

/// Everything a sign-in may use.
pub struct Request {
    /// The way to sign in.
    pub method: Method,
    /// Where to sign in, and for which cloud's Graph.
    pub endpoints: Endpoints,
    /// Tenant id or domain; wins over `AZURE_TENANT_ID`.
    pub tenant: Option<String>,
    /// Application (client) id; wins over `AZURE_CLIENT_ID`.
    pub client_id: Option<String>,
    /// What the environment says.
    pub environment: Environment,
    /// The client for all requests; see [`http_client`].
    pub http: reqwest::Client,
    /// Graph permissions a person is asked for, such as `RoleManagement.Read.Directory`; none means
    /// all that have been consented to.
    pub delegated_permissions: Vec<String>,
    /// An access token read from standard input, for [`Method::Token`].
    pub token_input: Option<Secret>,
    /// Shows a person what to do.
    pub prompt: Arc<dyn Prompt>,
}

/// Shows a person what a sign-in needs of them. Implemented where there is a terminal.
pub trait Prompt: Send + Sync {
    /// Type `code` at `url` within `minutes`, to sign in to `application`.
    fn device_code(&self, url: &str, code: &str, minutes: u64, application: &str);

    /// Open `url` in the browser of this machine, to sign in to `application`.
    fn browser(&self, url: &str, application: &str);
}

/// A sign-in that worked.
#[derive(Clone, Debug)]
pub struct Session {
    /// Gives tokens for [`Endpoints::graph_scope`], fresh ones in a long run where the method can.
    pub credential: Arc<dyn TokenCredential>,
    /// The method that brought the token; never [`Method::Auto`].
    pub method: Method,
    /// Whom the token speaks for.
    pub identity: Identity,
    /// What [`Method::Auto`] tried before without success.
    pub tried: Vec<Attempt>,
}

/// Signs in and gets a first token for Microsoft Graph.
pub async fn sign_in(request: Request) -> Result<Session, SignInError> {
    sign_in_on(request, Host::default()).await
}

/// Signs in on a machine of the caller's making.
pub async fn sign_in_on(request: Request, host: Host) -> Result<Session, SignInError> {
    chain::sign_in(&Setup::new(request, host)?).await
}

/// A prompt for tests in which nobody is asked.
#[cfg(test)]
pub(crate) struct Silent;

#[cfg(test)]
impl Prompt for Silent {
    fn device_code(&self, _: &str, _: &str, _: u64, _: &str) {}

    fn browser(&self, _: &str, _: &str) {}
}
