//! Sign-in in the browser of this machine: authorization code with PKCE and a loopback redirect.

use super::azure::Credential;
use super::error::Failure;
use super::loopback::{Arrival, Listener};
use super::oauth::{Plan, problem};
use super::setup::Setup;
use oauth2::{AuthorizationCode, CsrfToken, PkceCodeChallenge, RedirectUrl};
use std::sync::Arc;
use tokio::time::timeout;

/// Shows the address, waits for the browser to come back, and exchanges what it brings.
pub(super) async fn sign_in(setup: &Setup) -> Result<Credential, Failure> {
    let mut plan = Plan::new(setup)?;
    let listener = Listener::open().await.map_err(|error| {
        Failure::new(format!("listen on this machine for the browser: {error}"))
            .hinting("use --auth device-code instead")
    })?;
    let redirect = RedirectUrl::new(listener.address())
        .map_err(|error| Failure::new(format!("redirect to {}: {error}", listener.address())))?;
    plan.client = plan.client.set_redirect_uri(redirect);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (address, state) = plan
        .client
        .authorize_url(CsrfToken::new_random)
        .add_scopes(plan.scopes.clone())
        // The browser may be signed in with an everyday account; the person chooses.
        .add_extra_param("prompt", "select_account")
        .set_pkce_challenge(challenge)
        .url();
    setup.request.prompt.browser(address.as_str(), &plan.application);
    let limit = setup.host.browser_limit;
    let code = match timeout(limit, listener.arrival(state.secret())).await {
        Ok(Arrival::Code(code)) => code,
        Ok(Arrival::Refused(reason)) => return Err(plan.failure(&reason)),
        Err(_) => {
            let failure = Failure::new(format!("the browser did not come back within {limit:?}"));
            return Err(failure.hinting("sign in again, or use --auth device-code"));
        }
    };
    let answer = plan
        .client
        .exchange_code(AuthorizationCode::new(code))
        .set_pkce_verifier(verifier)
        .request_async(&plan.http)
        .await
        .map_err(|error| plan.failure(&problem(&error)))?;
    Ok(Arc::new(plan.signed_in(&answer)))
}
