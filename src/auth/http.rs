//! The HTTP clients: one for Graph and every sign-in, one for the metadata service of a machine.
//!
//! Redirects are off, so a token never follows one to another host. Nothing is requested here.

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};
use std::time::Duration;

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Longest silence in the middle of an answer; Graph is slow at times, but not that slow.
const SILENCE_LIMIT: Duration = Duration::from_secs(120);
/// The metadata service is on the machine itself: it answers at once or is not there.
const METADATA_CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// Why there is no HTTP client.
#[derive(Debug, thiserror::Error)]
pub enum HttpClientError {
    /// The text with certificates cannot be read.
    #[error("read certificate authorities: not valid PEM")]
    UnreadableAuthorities(#[source] reqwest::Error),
    /// The text holds none.
    #[error("read certificate authorities: there is no CERTIFICATE block")]
    NoAuthority,
    /// The TLS library refuses, for example a certificate that cannot be parsed.
    #[error("set up the HTTP client")]
    Setup(#[source] reqwest::Error),
}

/// The client for Graph, `azure_identity` and `oauth2`.
///
/// Proxies come from the environment (`HTTPS_PROXY`, `NO_PROXY`); the certificates in `ca_pem` are
/// trusted besides those of the system.
pub fn http_client(ca_pem: Option<&[u8]>) -> Result<Client, HttpClientError> {
    let mut builder = builder().connect_timeout(CONNECT_LIMIT).read_timeout(SILENCE_LIMIT);
    if let Some(pem) = ca_pem {
        let authorities =
            Certificate::from_pem_bundle(pem).map_err(HttpClientError::UnreadableAuthorities)?;
        if authorities.is_empty() {
            return Err(HttpClientError::NoAuthority);
        }
        builder = builder.tls_certs_merge(authorities);
    }
    builder.build().map_err(HttpClientError::Setup)
}

/// The client for the metadata service: plain http on the machine itself, so never through a proxy,
/// which would see the token.
pub(super) fn metadata_client() -> Result<Client, HttpClientError> {
    builder()
        .no_proxy()
        .connect_timeout(METADATA_CONNECT_LIMIT)
        .read_timeout(SILENCE_LIMIT)
        .build()
        .map_err(HttpClientError::Setup)
}

fn builder() -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("pimaudit/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_must_be_certificates() {
        assert!(http_client(None).is_ok());
        for (pem, part) in [
            ("", "no CERTIFICATE block"),
            ("no certificate at all", "no CERTIFICATE block"),
            ("-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n", "not valid PEM"),
        ] {
            let error = http_client(Some(pem.as_bytes())).unwrap_err();
            assert!(error.to_string().contains(part), "{pem:?}: {error}");
        }
    }
}
