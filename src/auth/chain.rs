//! Trying methods: one that was asked for, or the fixed order of `auto`.
//!
//! A method counts only when it really brings a token for Graph. How each builds its credential
//! lives in its own module.

use super::azure::{self, Credential};
use super::claims::{Identity, IdentityKind};
use super::error::{Attempt, Failure, SignInError, causes};
use super::method::Method;
use super::setup::Setup;
use super::{Session, browser, device_code, static_token};
use std::time::Duration;

/// What `auto` tries: what somebody set up on purpose before what the machine happens to have, and
/// nothing that asks a person.
const AUTO: [Method; 7] = [
    Method::Token,
    Method::WorkloadIdentity,
    Method::ClientCertificate,
    Method::ClientSecret,
    Method::ManagedIdentity,
    Method::AzureDeveloperCli,
    Method::AzureCli,
];

/// `az` and `azd` start an interpreter and may renew their own sign-in first.
const TOOL_LIMIT: Duration = Duration::from_secs(60);
/// Without Azure there is no metadata service; with it, the first token takes a second or two.
const MACHINE_LIMIT: Duration = Duration::from_secs(5);

pub(super) async fn sign_in(setup: &Setup) -> Result<Session, SignInError> {
    let method = setup.request.method;
    if method == Method::Auto {
        return auto(setup).await;
    }
    match attempt(method, setup, limit(method)).await {
        Ok((credential, identity)) => {
            Ok(Session { credential, method, identity, tried: Vec::new() })
        }
        Err(reason) => Err(SignInError::Failed { method, reason }),
    }
}

async fn auto(setup: &Setup) -> Result<Session, SignInError> {
    let mut tried = Vec::new();
    for method in AUTO {
        let limit =
            if method == Method::ManagedIdentity { Some(MACHINE_LIMIT) } else { limit(method) };
        match attempt(method, setup, limit).await {
            Ok((credential, identity)) => {
                return Ok(Session { credential, method, identity, tried });
            }
            Err(reason) => tried.push(Attempt { method, reason }),
        }
    }
    Err(SignInError::NothingWorked { tried })
}

/// How long one method may take to bring a token; the others have bounds of their own.
const fn limit(method: Method) -> Option<Duration> {
    if matches!(method, Method::AzureCli | Method::AzureDeveloperCli) {
        Some(TOOL_LIMIT)
    } else {
        None
    }
}

/// The credential of `method` and whom its first token speaks for.
async fn attempt(
    method: Method,
    setup: &Setup,
    limit: Option<Duration>,
) -> Result<(Credential, Identity), Failure> {
    let credential = credential(method, setup).await?;
    let scope = setup.endpoints.graph_scope();
    let scopes = [scope.as_str()];
    let asked = credential.get_token(&scopes, None);
    let answer = match limit {
        None => asked.await,
        Some(limit) => tokio::time::timeout(limit, asked)
            .await
            .map_err(|_| Failure::new(format!("no token within {limit:?}")))?,
    };
    let token = answer.map_err(|error| setup.failure(&causes(&error)))?;
    let identity = Identity::read(&token, kind(method), setup.tenant(), &setup.endpoints)?;
    Ok((credential, identity))
}

/// Whom a method speaks for when its token cannot be read.
const fn kind(method: Method) -> IdentityKind {
    match method {
        Method::ClientSecret
        | Method::ClientCertificate
        | Method::ManagedIdentity
        | Method::WorkloadIdentity
        | Method::AzurePipelines => IdentityKind::Application,
        Method::Auto
        | Method::AzureCli
        | Method::AzureDeveloperCli
        | Method::DeviceCode
        | Method::Browser
        | Method::Token => IdentityKind::User,
    }
}

async fn credential(method: Method, setup: &Setup) -> Result<Credential, Failure> {
    match method {
        Method::Auto => Err(Failure::new("auto is an order of methods, not one of them")),
        Method::ClientSecret => azure::client_secret(setup),
        Method::ClientCertificate => azure::client_certificate(setup).await,
        Method::ManagedIdentity => azure::managed_identity(setup),
        Method::WorkloadIdentity => azure::workload_identity(setup),
        Method::AzureCli => azure::azure_cli(setup),
        Method::AzureDeveloperCli => azure::azure_developer_cli(setup),
        Method::AzurePipelines => azure::azure_pipelines(setup),
        Method::DeviceCode => device_code::sign_in(setup).await,
        Method::Browser => browser::sign_in(setup).await,
        Method::Token => static_token::credential(setup),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_never_asks_a_person() {
        for asks in [Method::DeviceCode, Method::Browser, Method::Auto] {
            assert!(!AUTO.contains(&asks), "{asks}");
        }
    }
}
