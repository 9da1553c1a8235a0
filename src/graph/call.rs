//! What may leave, and where to: `Call` is the closed list of requests, `Address` the only targets.
//!
//! Nothing is sent here. A call is a read or cannot be written down; an address is on the
//! configured host or does not exist, so a token cannot go elsewhere.

use super::blot::Blotter;
use super::error::{ErrorKind, ReadError, position};
use http::Method;
use serde::Serialize;
use url::{Host, Position, Url};

/// Without it Graph hides newer enum values behind `unknownFutureValue`.
pub(super) const PREFER: &str = "include-unknown-enum-members";

/// The endpoint is one that a token must not be sent to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{endpoint} cannot be the Graph endpoint: it must be https, or http on this machine")]
pub struct EndpointError {
    /// The endpoint, without user name and password.
    pub endpoint: String,
}

/// The configured host.
#[derive(Clone, Debug)]
pub(super) struct Endpoint(Url);

/// An address on the configured host.
#[derive(Clone, Debug)]
pub(super) struct Address(Url);

/// Everything that can leave a client, all of it reading.
#[derive(Clone, Copy, Debug)]
pub(super) enum Call<'a> {
    /// GET of one page.
    Page {
        /// Path and query of the list it belongs to, for errors.
        list: &'a str,
        address: &'a Address,
    },
    /// POST to `directoryObjects/getByIds`, which reads objects.
    ByIds { ids: &'a [String], types: &'a [&'a str], select: &'a str },
    /// POST to `$batch` of GETs.
    Batch { version: &'a str, parts: &'a [Part<'a>] },
}

/// One GET in a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub(super) id: &'a str,
    /// Path and query below the version, encoded.
    pub(super) url: &'a str,
}

/// A call made ready: the same for each try.
pub(super) struct Outgoing {
    /// Path and query of what is read, for errors and progress.
    pub(super) list: String,
    pub(super) method: Method,
    pub(super) address: Address,
    pub(super) body: Option<Vec<u8>>,
}

#[derive(Serialize)]
struct ByIdsBody<'a> {
    ids: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    types: Option<&'a [&'a str]>,
}

#[derive(Serialize)]
struct BatchBody<'a> {
    requests: Vec<PartBody<'a>>,
}

#[derive(Serialize)]
struct PartBody<'a> {
    id: &'a str,
    method: &'static str,
    url: &'a str,
    headers: PartHeaders,
}

#[derive(Serialize)]
struct PartHeaders {
    #[serde(rename = "Prefer")]
    prefer: &'static str,
}

impl Endpoint {
    /// Takes https, and http where nothing leaves the machine.
    pub(super) fn new(mut url: Url) -> Result<Self, EndpointError> {
        if may_have_token(&url) {
            return Ok(Self(url));
        }
        // Both fail only where a URL cannot have a user, and then it shows none.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Err(EndpointError { endpoint: url.into() })
    }

    /// The address of a path.
    pub(super) fn address(&self, path_and_query: &str) -> Result<Address, ReadError> {
        let joined = self.0.join(path_and_query).ok();
        joined
            .filter(|url| path_and_query.starts_with('/') && self.has(url))
            .map(Address)
            .ok_or_else(|| {
                ReadError::new(ErrorKind::Other, path_and_query, "no path on the Graph endpoint")
            })
    }

    /// The address of a link to the next page, which Graph gives whole.
    pub(super) fn linked(
        &self,
        list: &str,
        link: &str,
        blotter: &Blotter,
    ) -> Result<Address, ReadError> {
        let refuse = |message: &str| Err(ReadError::new(ErrorKind::Paging, list, message));
        match Url::parse(link) {
            Ok(url) if self.has(&url) => Ok(Address(url)),
            Ok(url) => refuse(&format!(
                "the link to the next page leads to {}://{}, which is not the Graph endpoint",
                blotter.clean(url.scheme()),
                blotter.clean(url.host_str().unwrap_or_default())
            )),
            Err(_) => refuse("the link to the next page is no URL"),
        }
    }

    /// True for the same scheme, host and port, and no user.
    fn has(&self, url: &Url) -> bool {
        url.scheme() == self.0.scheme()
            && url.host() == self.0.host()
            && url.port_or_known_default() == self.0.port_or_known_default()
            && url.username().is_empty()
            && url.password().is_none()
    }
}

fn may_have_token(endpoint: &Url) -> bool {
    let loopback = match endpoint.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    endpoint.scheme() == "https" || (endpoint.scheme() == "http" && loopback)
}

impl Address {
    pub(super) const fn url(&self) -> &Url {
        &self.0
    }

    /// Path and query, encoded.
    pub(super) fn path_and_query(&self) -> &str {
        &self.0[Position::BeforePath..Position::AfterQuery]
    }
}

impl Outgoing {
    /// The method, for progress: a call is one of these two.
    pub(super) fn method_name(&self) -> &'static str {
        if self.method == Method::POST { "POST" } else { "GET" }
    }
}

impl Call<'_> {
    /// The only place where method and path of a request are chosen.
    pub(super) fn outgoing(&self, endpoint: &Endpoint) -> Result<Outgoing, ReadError> {
        match *self {
            Self::Page { list, address } => Ok(Outgoing {
                list: list.to_owned(),
                method: Method::GET,
                address: address.clone(),
                body: None,
            }),
            Self::ByIds { ids, types, select } => {
                let types = (!types.is_empty()).then_some(types);
                reading_post(endpoint, by_ids_path(select), &ByIdsBody { ids, types })
            }
            Self::Batch { version, parts } => {
                let requests = parts.iter().map(PartBody::get).collect();
                reading_post(endpoint, format!("/{version}/$batch"), &BatchBody { requests })
            }
        }
    }
}

impl<'a> PartBody<'a> {
    const fn get(part: &Part<'a>) -> Self {
        let headers = PartHeaders { prefer: PREFER };
        Self { id: part.id, method: "GET", url: part.url, headers }
    }
}

/// Path and query of a read by ids.
pub(super) fn by_ids_path(select: &str) -> String {
    let path = "/v1.0/directoryObjects/getByIds";
    if select.is_empty() { path.to_owned() } else { format!("{path}?$select={select}") }
}

fn reading_post(
    endpoint: &Endpoint,
    list: String,
    body: &impl Serialize,
) -> Result<Outgoing, ReadError> {
    let address = endpoint.address(&list)?;
    let body = serde_json::to_vec(body).map_err(|cause| {
        let what = "the request cannot be written";
        ReadError::new(ErrorKind::Other, &list, &format!("{what}: {}", position(&cause)))
    })?;
    Ok(Outgoing { list, method: Method::POST, address, body: Some(body) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Result<Endpoint, EndpointError> {
        Endpoint::new(url.parse().unwrap())
    }

    #[test]
    fn only_https_or_this_machine_may_have_a_token() {
        for (url, expected) in [
            ("https://graph.microsoft.com", true),
            ("https://graph.contoso.example:8443/", true),
            ("http://127.0.0.1:4000", true),
            ("http://127.8.8.8", true),
            ("http://[::1]:4000", true),
            ("http://localhost", true),
            ("http://graph.microsoft.com", false),
            ("http://127.0.0.1.contoso.example", false),
            ("http://localhost.contoso.example", false),
            ("http://10.0.0.1", false),
            ("ftp://127.0.0.1", false),
            ("file:///graph", false),
            ("data:text/plain,graph", false),
        ] {
            assert_eq!(endpoint(url).is_ok(), expected, "{url}");
        }
    }

    #[test]
    fn a_refused_endpoint_is_shown_without_its_password() {
        let error = endpoint("http://me:hidden@graph.contoso.example/").unwrap_err();
        assert_eq!(
            error.to_string(),
            "http://graph.contoso.example/ cannot be the Graph endpoint: it must be https, or http on this machine"
        );
    }

    #[test]
    fn a_link_is_followed_on_the_same_scheme_host_and_port_only() {
        let endpoint = endpoint("https://graph.microsoft.com").unwrap();
        for (link, expected) in [
            ("https://graph.microsoft.com/v1.0/things?$skiptoken=a%2Fb", true),
            ("https://GRAPH.microsoft.com:443/v1.0/things", true),
            ("http://graph.microsoft.com/v1.0/things", false),
            ("https://graph.microsoft.com:8443/v1.0/things", false),
            ("https://graph.microsoft.com.contoso.example/v1.0/things", false),
            ("https://graph.microsoft.com@contoso.example/v1.0/things", false),
            ("https://me@graph.microsoft.com/v1.0/things", false),
            ("https://me:hidden@graph.microsoft.com/v1.0/things", false),
            ("//contoso.example/v1.0/things", false),
            ("/v1.0/things", false),
            ("", false),
        ] {
            match endpoint.linked("/v1.0/things", link, &Blotter::default()) {
                Ok(address) => {
                    assert!(expected, "{link} became {}", address.url());
                }
                Err(error) => {
                    assert!(!expected, "{link}: {error}");
                    assert_eq!(error.kind, ErrorKind::Paging, "{link}");
                }
            }
        }
    }

    #[test]
    fn a_link_to_a_host_that_is_a_token_shows_none() {
        let endpoint = endpoint("https://graph.microsoft.com").unwrap();
        let blotter = Blotter::default();
        blotter.learn("eyJTb21lVG9rZW4iOiIxIn0.c2ln");
        for link in
            ["https://eyJTb21lVG9rZW4iOiIxIn0/next", "https://eyJTb21lVG9rZW4iOiIxIn0.c2ln/next"]
        {
            let error = endpoint.linked("/v1.0/things", link, &blotter).unwrap_err();
            assert!(error.message.contains("leads to https://***, which"), "{error}");
        }
    }

    #[test]
    fn a_path_cannot_lead_to_another_host() {
        let endpoint = endpoint("https://graph.microsoft.com").unwrap();
        for (path, expected) in [
            ("/v1.0/users?$filter=a eq 'b'", Some("/v1.0/users?$filter=a%20eq%20%27b%27")),
            ("/v1.0/../beta/users", Some("/beta/users")),
            ("//contoso.example/v1.0/users", None),
            ("/\\contoso.example/v1.0/users", None),
            ("https://contoso.example/v1.0/users", None),
            ("https://graph.microsoft.com/v1.0/users", None),
            ("v1.0/users", None),
            ("", None),
        ] {
            let address = endpoint.address(path).ok();
            assert_eq!(address.as_ref().map(Address::path_and_query), expected, "{path}");
        }
    }

    #[test]
    fn every_call_is_a_read() {
        let endpoint = endpoint("https://graph.microsoft.com").unwrap();
        let address = endpoint.address("/v1.0/things").unwrap();
        let ids = ["a".to_owned()];
        for (call, method, path, body) in [
            (Call::Page { list: "/v1.0/things", address: &address }, "GET", "/v1.0/things", None),
            (
                Call::ByIds { ids: &ids, types: &["user"], select: "id" },
                "POST",
                "/v1.0/directoryObjects/getByIds?$select=id",
                Some(r#"{"ids":["a"],"types":["user"]}"#),
            ),
            (
                Call::ByIds { ids: &ids, types: &[], select: "" },
                "POST",
                "/v1.0/directoryObjects/getByIds",
                Some(r#"{"ids":["a"]}"#),
            ),
            (
                Call::Batch { version: "beta", parts: &[Part { id: "1", url: "/things" }] },
                "POST",
                "/beta/$batch",
                Some(
                    r#"{"requests":[{"id":"1","method":"GET","url":"/things","headers":{"Prefer":"include-unknown-enum-members"}}]}"#,
                ),
            ),
        ] {
            let outgoing = call.outgoing(&endpoint).unwrap();
            assert_eq!(outgoing.method.as_str(), method);
            assert_eq!(outgoing.method_name(), method);
            assert_eq!(outgoing.address.path_and_query(), path);
            let written = outgoing.body.map(|body| String::from_utf8(body).unwrap());
            assert_eq!(written.as_deref(), body);
        }
    }
}
