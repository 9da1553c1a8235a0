//! What carries the requests of `azure_identity`: our HTTP client, with answers it can explain.
//!
//! It also sends everything to this machine when sign-in is overridden with a loopback address,
//! because the library insists on https. Which credential asks for what is not known here.

use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::CONTENT_TYPE;
use azure_core::http::{AsyncRawResponse, HttpClient, Request, StatusCode};
use url::Url;

/// The statuses after which asking again may help.
const TOO_MANY_REQUESTS: u16 = 429;

/// A transport for `azure_identity`.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    client: reqwest::Client,
    /// Where all requests go instead of the host they name. A sign-in against a loopback service must
    /// not pick up the real identity of the machine either, so the metadata service is included.
    instead: Option<Url>,
    /// True when the host may simply not exist, as the metadata service outside of Azure.
    may_be_absent: bool,
}

impl Wire {
    pub(super) fn new(client: reqwest::Client, instead: Option<Url>) -> Self {
        Self { client, instead, may_be_absent: false }
    }

    /// The same for a host that may not exist: one failed connection is the answer, without retry.
    pub(super) fn for_absent_host(self) -> Self {
        Self { may_be_absent: true, ..self }
    }
}

#[async_trait::async_trait]
impl HttpClient for Wire {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let named = request.url().host_str().unwrap_or_default().to_owned();
        let answer = match &self.instead {
            Some(to) => self.client.execute_request(&redirected(request, to)?).await,
            None => self.client.execute_request(request).await,
        };
        match answer {
            Ok(response) => readable(response, &named),
            Err(error) if self.may_be_absent && *error.kind() == ErrorKind::Connection => {
                Err(final_error(format!("no metadata service answers at {named}")))
            }
            Err(error) => Err(error),
        }
    }
}

/// The same request to scheme, host and port of `to`.
fn redirected(request: &Request, to: &Url) -> azure_core::Result<Request> {
    let mut request = request.clone();
    let url = request.url_mut();
    let moved = url.set_scheme(to.scheme()).is_ok()
        && url.set_host(to.host_str()).is_ok()
        && url.set_port(to.port()).is_ok();
    if moved { Ok(request) } else { Err(final_error(format!("send a request to {to} instead"))) }
}

/// Passes answers the library understands. The page of a proxy or of somebody else's metadata
/// service would only make it complain about JSON.
fn readable(response: AsyncRawResponse, named: &str) -> azure_core::Result<AsyncRawResponse> {
    let status = response.status();
    let kind = response.headers().get_optional_str(&CONTENT_TYPE).unwrap_or_default();
    if status.is_success() || kind.contains("json") {
        return Ok(response);
    }
    let message = format!(
        "{named} answered {} {} without an explanation; a proxy may stand in between",
        u16::from(status),
        status.canonical_reason()
    );
    Err(if may_pass(status) {
        Error::with_message(ErrorKind::Io, message)
    } else {
        final_error(message)
    })
}

fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || u16::from(status) == TOO_MANY_REQUESTS
}

/// An error after which the library does not try again.
fn final_error(message: String) -> Error {
    Error::with_message(ErrorKind::Credential, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use azure_core::http::Method;
    use azure_core::http::headers::Headers;

    fn answer(status: u16, kind: Option<&'static str>) -> AsyncRawResponse {
        let mut headers = Headers::new();
        if let Some(kind) = kind {
            headers.insert(CONTENT_TYPE, kind);
        }
        AsyncRawResponse::from_bytes(StatusCode::from(status), headers, "text")
    }

    #[test]
    fn requests_move_to_the_loopback_service() {
        let to: Url = "http://127.0.0.1:4000".parse().unwrap();
        for (address, expected) in [
            (
                "https://login.microsoftonline.com/t/oauth2/v2.0/token",
                "http://127.0.0.1:4000/t/oauth2/v2.0/token",
            ),
            (
                "http://169.254.169.254/metadata/identity/oauth2/token?resource=x",
                "http://127.0.0.1:4000/metadata/identity/oauth2/token?resource=x",
            ),
        ] {
            let request = Request::new(address.parse().unwrap(), Method::Get);
            assert_eq!(redirected(&request, &to).unwrap().url().as_str(), expected);
        }
        let to: Url = "http://[::1]:4000".parse().unwrap();
        let request =
            Request::new("https://login.contoso.example:8443/t".parse().unwrap(), Method::Get);
        assert_eq!(redirected(&request, &to).unwrap().url().as_str(), "http://[::1]:4000/t");
    }

    #[test]
    fn an_answer_without_json_is_explained_and_retried_only_where_that_helps() {
        for (status, kind, retried) in [
            (200, None, None),
            (400, Some("application/json; charset=utf-8"), None),
            (503, Some("application/json"), None),
            (403, Some("text/html"), Some(ErrorKind::Credential)),
            (404, None, Some(ErrorKind::Credential)),
            (302, None, Some(ErrorKind::Credential)),
            (429, None, Some(ErrorKind::Io)),
            (502, Some("text/html"), Some(ErrorKind::Io)),
        ] {
            let error = readable(answer(status, kind), "login.contoso.example").err();
            assert_eq!(error.as_ref().map(|error| error.kind().clone()), retried, "{status}");
            if let Some(error) = error {
                assert!(error.to_string().contains(&format!("answered {status} ")), "{error}");
            }
        }
    }
}
