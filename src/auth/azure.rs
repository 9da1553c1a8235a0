//! The credentials of `azure_identity`: what each needs, and how it is built over our HTTP client.
//!
//! Whether one works is found out by `chain`, which asks it for a token.

use super::cached::Cached;
use super::certificate::CertificateAssertion;
use super::environment::{
    CERTIFICATE, CLIENT_SECRET, CONNECTION, CONNECTION_CLIENT, CONNECTION_TENANT,
    FEDERATED_TOKEN_FILE, PIPELINE_REQUEST, PIPELINE_TOKEN,
};
use super::error::{Failure, causes};
use super::http::metadata_client;
use super::setup::{Setup, required};
use super::transport::Wire;
use crate::model::{Endpoints, cloud};
use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport};
use azure_core::time::Duration;
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzureDeveloperCliCredential,
    AzureDeveloperCliCredentialOptions, AzurePipelinesCredential, AzurePipelinesCredentialOptions,
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use std::sync::Arc;
use url::Url;

/// Any credential, to be asked for tokens.
pub(super) type Credential = Arc<dyn TokenCredential>;

const CLIENT: &str = "AZURE_CLIENT_ID (or --client-id)";
const TENANT: &str = "AZURE_TENANT_ID (or --tenant)";

pub(super) fn client_secret(setup: &Setup) -> Result<Credential, Failure> {
    let [secret, client, tenant] = required([
        (setup.variable(CLIENT_SECRET), CLIENT_SECRET),
        (setup.client(), CLIENT),
        (setup.tenant(), TENANT),
    ])?;
    let options = ClientSecretCredentialOptions { client_options: options(setup, wire(setup)) };
    built(setup, ClientSecretCredential::new(&tenant, client, secret.into(), Some(options)))
}

pub(super) async fn client_certificate(setup: &Setup) -> Result<Credential, Failure> {
    let [path, client, tenant] = required([
        (setup.variable(CERTIFICATE), CERTIFICATE),
        (setup.client(), CLIENT),
        (setup.tenant(), TENANT),
    ])?;
    let pem = tokio::fs::read(&path)
        .await
        .map_err(|error| Failure::new(format!("read certificate {path}: {error}")))?;
    let audience = token_address(&setup.endpoints, &tenant)?;
    let assertion =
        CertificateAssertion::new(&pem, audience.as_str(), &client).map_err(|error| {
            Failure::new(format!("certificate {path}: {error}")).hinting(error.hint())
        })?;
    let options = assertion_options(setup);
    built(setup, ClientAssertionCredential::new(tenant, client, assertion, Some(options)))
}

pub(super) fn workload_identity(setup: &Setup) -> Result<Credential, Failure> {
    let [file, client, tenant] = required([
        (setup.variable(FEDERATED_TOKEN_FILE), FEDERATED_TOKEN_FILE),
        (setup.client(), CLIENT),
        (setup.tenant(), TENANT),
    ])?;
    let options = WorkloadIdentityCredentialOptions {
        credential_options: assertion_options(setup),
        client_id: Some(client),
        tenant_id: Some(tenant),
        token_file_path: Some(file.into()),
    };
    built(setup, WorkloadIdentityCredential::new(Some(options)))
}

/// The service says which identity the machine has; a client id picks one of several.
pub(super) fn managed_identity(setup: &Setup) -> Result<Credential, Failure> {
    let client = metadata_client().map_err(|error| Failure::new(causes(&error)))?;
    let wire = Wire::new(client, loopback(&setup.endpoints)).for_absent_host();
    let options = ManagedIdentityCredentialOptions {
        user_assigned_id: setup.client().map(|id| UserAssignedId::ClientId(id.to_owned())),
        client_options: options(setup, wire),
    };
    built(setup, ManagedIdentityCredential::new(Some(options)))
}

pub(super) fn azure_cli(setup: &Setup) -> Result<Credential, Failure> {
    let options = AzureCliCredentialOptions {
        subscription: None,
        tenant_id: setup.tenant().map(str::to_owned),
        executor: setup.host.executor.clone(),
    };
    let credential = built(setup, AzureCliCredential::new(Some(options)))?;
    Ok(Arc::new(Cached::new(credential)))
}

pub(super) fn azure_developer_cli(setup: &Setup) -> Result<Credential, Failure> {
    let options = AzureDeveloperCliCredentialOptions {
        executor: setup.host.executor.clone(),
        tenant_id: setup.tenant().map(str::to_owned),
    };
    let credential = built(setup, AzureDeveloperCliCredential::new(Some(options)))?;
    Ok(Arc::new(Cached::new(credential)))
}

/// The tasks of Azure Pipelines name the connection's tenant and application themselves.
pub(super) fn azure_pipelines(setup: &Setup) -> Result<Credential, Failure> {
    let client = setup.client().or_else(|| setup.variable(CONNECTION_CLIENT));
    let tenant = setup.tenant().or_else(|| setup.variable(CONNECTION_TENANT));
    // The library reads the address of the request from the process itself.
    let [token, connection, _, client, tenant] = required([
        (setup.variable(PIPELINE_TOKEN), PIPELINE_TOKEN),
        (setup.variable(CONNECTION), CONNECTION),
        (setup.variable(PIPELINE_REQUEST), PIPELINE_REQUEST),
        (client, CLIENT),
        (tenant, TENANT),
    ])?;
    let options = AzurePipelinesCredentialOptions { credential_options: assertion_options(setup) };
    built(setup, AzurePipelinesCredential::new(tenant, client, &connection, token, Some(options)))
}

/// Where a client of `tenant` asks for tokens; also the audience of its assertions.
fn token_address(endpoints: &Endpoints, tenant: &str) -> Result<Url, Failure> {
    endpoints
        .login
        .join(&format!("{tenant}/oauth2/v2.0/token"))
        .map_err(|error| Failure::new(format!("tenant {tenant:?} makes no address: {error}")))
}

fn built<Kind: TokenCredential + 'static>(
    setup: &Setup,
    credential: azure_core::Result<Arc<Kind>>,
) -> Result<Credential, Failure> {
    match credential {
        Ok(credential) => Ok(credential),
        Err(error) => Err(setup.failure(&causes(&error))),
    }
}

fn assertion_options(setup: &Setup) -> ClientAssertionCredentialOptions {
    ClientAssertionCredentialOptions { client_options: options(setup, wire(setup)) }
}

fn options(setup: &Setup, wire: Wire) -> ClientOptions {
    ClientOptions {
        transport: Some(Transport::new(Arc::new(wire))),
        cloud: Some(Arc::new(authority(&setup.endpoints).into())),
        // The library would try for a minute, which is long when a chain of methods waits.
        retry: RetryOptions::exponential(ExponentialRetryOptions {
            initial_delay: Duration::milliseconds(200),
            max_retries: 4,
            max_total_elapsed: Duration::seconds(30),
            ..ExponentialRetryOptions::default()
        }),
        ..ClientOptions::default()
    }
}

/// The login host for the library, which insists on https; [`Wire`] moves a loopback one back.
fn authority(endpoints: &Endpoints) -> CustomConfiguration {
    let login = match loopback(endpoints) {
        Some(_) => Endpoints::of(endpoints.cloud).login,
        None => endpoints.login.clone(),
    };
    let mut authority = CustomConfiguration::default();
    authority.authority_host.push_str(login.as_str());
    authority
}

fn wire(setup: &Setup) -> Wire {
    Wire::new(setup.request.http.clone(), loopback(&setup.endpoints))
}

/// The login address, when it is plain http on this machine.
fn loopback(endpoints: &Endpoints) -> Option<Url> {
    cloud::is_loopback_http(&endpoints.login).then(|| endpoints.login.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Cloud;

    #[test]
    fn the_library_is_always_given_an_https_host() {
        for (login, authority_host, instead) in [
            (None, "https://login.chinacloudapi.cn/", None),
            (Some("https://login.contoso.example"), "https://login.contoso.example/", None),
            (
                Some("http://127.0.0.1:4000"),
                "https://login.chinacloudapi.cn/",
                Some("http://127.0.0.1:4000/"),
            ),
        ] {
            let endpoints = Endpoints::of(Cloud::China);
            let endpoints = match login {
                Some(login) => endpoints.with_login(login.parse().unwrap()).unwrap(),
                None => endpoints,
            };
            assert_eq!(authority(&endpoints).authority_host, authority_host);
            assert_eq!(loopback(&endpoints).map(String::from).as_deref(), instead);
        }
    }
}
