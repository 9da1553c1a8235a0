//! Sign-in with a code that a person types in a browser on any machine.

use super::azure::Credential;
use super::error::Failure;
use super::oauth::{HttpError, Plan, problem};
use super::setup::Setup;
use oauth2::{DeviceCodeErrorResponse, RequestTokenError, StandardDeviceAuthorizationResponse};
use std::sync::Arc;
use std::time::Duration;

/// Longest pause between two questions while the network is down.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Shows the code, then asks until it has been used, declined or has expired.
pub(super) async fn sign_in(setup: &Setup) -> Result<Credential, Failure> {
    let plan = Plan::new(setup)?;
    let code: StandardDeviceAuthorizationResponse = plan
        .client
        .exchange_device_code()
        .add_scopes(plan.scopes.clone())
        .request_async(&plan.http)
        .await
        .map_err(|error| plan.failure(&problem(&error)))?;
    let minutes = code.expires_in().as_secs() / 60;
    setup.request.prompt.device_code(
        code.verification_uri().as_str(),
        code.user_code().secret(),
        minutes,
        &plan.application,
    );
    let sleep = Arc::clone(&setup.host.sleep);
    let answer = plan
        .client
        .exchange_device_access_token(&code)
        .set_max_backoff_interval(LONGEST_PAUSE)
        .request_async(&plan.http, move |pause| sleep(pause), None)
        .await
        .map_err(|error| refused(&plan, &error, minutes))?;
    Ok(Arc::new(plan.signed_in(&answer)))
}

/// The answers of the device code flow have names instead of `AADSTS` codes; Entra ID's for a
/// declined sign-in differs from the standard's.
fn refused(
    plan: &Plan,
    error: &RequestTokenError<HttpError, DeviceCodeErrorResponse>,
    minutes: u64,
) -> Failure {
    let RequestTokenError::ServerResponse(answer) = error else {
        return plan.failure(&problem(error));
    };
    match answer.error().as_ref() {
        "authorization_declined" | "access_denied" => {
            Failure::new("the sign-in was declined in the browser")
                .hinting("sign in again and accept")
        }
        "expired_token" => Failure::new(format!("nobody used the code within {minutes} minutes"))
            .hinting("sign in again; every run has a new code"),
        "bad_verification_code" => {
            Failure::new("the sign-in service does not know the code any more")
                .hinting("sign in again; every run has a new code")
        }
        _ => plan.failure(&problem(error)),
    }
}
