//! The HTTP clients: one for Graph and every sign-in, one for the metadata service of a machine.
//!
//! Redirects are off, so a token never follows one to another host. Nothing is requested here.

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, NoProxy, Proxy};
use std::time::Duration;

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Longest silence in the middle of an answer; Graph is slow at times, but not that slow.
const SILENCE_LIMIT: Duration = Duration::from_secs(120);
/// The metadata service is on the machine itself: it answers at once or is not there.
const METADATA_CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// What never goes through a proxy, which would see the token: plain http is allowed there.
const THIS_MACHINE: &str = "localhost,127.0.0.0/8,::1";

/// Why there is no HTTP client.
#[derive(Debug, thiserror::Error)]
pub enum HttpClientError {
    /// The text with certificates cannot be read.
    #[error("read certificate authorities: not valid PEM")]
    UnreadableAuthorities(#[source] reqwest::Error),
    /// The text holds none.
    #[error("read certificate authorities: there is no CERTIFICATE block")]
    NoAuthority,
    /// The environment names a proxy that is no address; the text is not shown, since it may hold a
    /// password.
    #[error("read the proxy in {0}: not an address")]
    UnusableProxy(&'static str),
    /// The TLS library refuses, for example a certificate that cannot be parsed.
    #[error("set up the HTTP client")]
    Setup(#[source] reqwest::Error),
}

/// The client for Graph, `azure_identity` and `oauth2`.
///
/// Proxies come from the environment alone (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, or
/// in lower case), and what is on this machine is always reached without one. The certificates in
/// `ca_pem` are trusted besides those of the system.
#[expect(
    clippy::disallowed_methods,
    reason = "the HTTP library would read the same variables, but not keep this machine out of them"
)]
pub fn http_client(ca_pem: Option<&[u8]>) -> Result<Client, HttpClientError> {
    client_in(ca_pem, |name| std::env::var(name).ok())
}

/// The client in an environment.
fn client_in(
    ca_pem: Option<&[u8]>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Client, HttpClientError> {
    let mut builder = builder().connect_timeout(CONNECT_LIMIT).read_timeout(SILENCE_LIMIT);
    // Nothing from the settings of the system: they could not be told to leave out this machine.
    builder = builder.no_proxy();
    for proxy in proxies(variable)? {
        builder = builder.proxy(proxy);
    }
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

/// Makes the proxy of one scheme out of its address.
type MakeProxy = fn(String) -> reqwest::Result<Proxy>;

/// The proxies an environment asks for.
fn proxies(variable: impl Fn(&str) -> Option<String>) -> Result<Vec<Proxy>, HttpClientError> {
    // A web server that runs a program sets this, and a header named `Proxy` would set `HTTP_PROXY`.
    if variable("REQUEST_METHOD").is_some() {
        return Ok(Vec::new());
    }
    let value = |name: &str| variable(name).or_else(|| variable(&name.to_ascii_lowercase()));
    let named = |name| Some((name, value(name).filter(|text| !text.trim().is_empty())?));
    let direct = NoProxy::from_string(&direct_hosts(value("NO_PROXY")));
    let kinds: [(&str, MakeProxy); 2] =
        [("HTTP_PROXY", Proxy::http), ("HTTPS_PROXY", Proxy::https)];
    let mut proxies = Vec::new();
    for (own, make) in kinds {
        if let Some((name, address)) = named(own).or_else(|| named("ALL_PROXY")) {
            let proxy = make(address).map_err(|_| HttpClientError::UnusableProxy(name))?;
            proxies.push(proxy.no_proxy(direct.clone()));
        }
    }
    Ok(proxies)
}

/// The list of `NO_PROXY`, and always this machine.
fn direct_hosts(no_proxy: Option<String>) -> String {
    let listed = no_proxy.unwrap_or_default();
    if listed.trim().is_empty() {
        THIS_MACHINE.to_owned()
    } else {
        format!("{listed},{THIS_MACHINE}")
    }
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
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A server that answers every connection with its name and the start of the request.
    async fn server(name: &'static str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let read = stream.read(&mut request).await.unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..read]).into_owned();
                let first = request.lines().next().unwrap_or_default();
                let body = format!("{name}: {first}");
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        port
    }

    #[tokio::test]
    async fn this_machine_is_reached_without_a_proxy_whatever_the_environment_says() {
        let (proxy, here) = (server("proxy").await, server("here").await);
        for (name, no_proxy) in [
            ("HTTP_PROXY", None),
            ("http_proxy", Some("")),
            ("ALL_PROXY", Some("contoso.example")),
            ("all_proxy", None),
        ] {
            let variable = |asked: &str| match asked {
                "NO_PROXY" => no_proxy.map(str::to_owned),
                _ => (asked == name).then(|| format!("http://127.0.0.1:{proxy}")),
            };
            let client = client_in(None, variable).unwrap();
            let get =
                async |url: String| client.get(url).send().await.unwrap().text().await.unwrap();
            for host in ["127.0.0.1", "localhost"] {
                assert_eq!(get(format!("http://{host}:{here}/a")).await, "here: GET /a HTTP/1.1");
            }
            assert_eq!(
                get("http://graph.fabrikam.example/a".to_owned()).await,
                "proxy: GET http://graph.fabrikam.example/a HTTP/1.1",
                "{name}"
            );
        }
    }

    #[test]
    fn the_list_of_direct_hosts_always_has_this_machine() {
        for (listed, expected) in [
            (None, "localhost,127.0.0.0/8,::1"),
            (Some(" "), "localhost,127.0.0.0/8,::1"),
            (Some(".contoso.example"), ".contoso.example,localhost,127.0.0.0/8,::1"),
        ] {
            assert_eq!(direct_hosts(listed.map(str::to_owned)), expected);
        }
    }

    #[test]
    fn the_environment_names_the_proxies() {
        for (names, count) in [
            (&[][..], 0),
            (&["HTTPS_PROXY"][..], 1),
            (&["https_proxy", "HTTP_PROXY"][..], 2),
            (&["ALL_PROXY"][..], 2),
            (&["ALL_PROXY", "REQUEST_METHOD"][..], 0),
        ] {
            let variable = |asked: &str| {
                names.contains(&asked).then(|| "proxy.contoso.example:8080".to_owned())
            };
            assert_eq!(proxies(variable).unwrap().len(), count, "{names:?}");
        }
        let wrong = |name: &str| (name == "HTTPS_PROXY").then(|| "http://me:hidden@".to_owned());
        let error = proxies(wrong).unwrap_err();
        assert_eq!(error.to_string(), "read the proxy in HTTPS_PROXY: not an address");
    }

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
