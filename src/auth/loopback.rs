//! The listener on this machine to which the browser brings the result of a sign-in.
//!
//! It answers what carries the right state and nothing else, reads little from each visitor and
//! waits for none of them. What is done with the result lives in `browser`.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use url::Url;

/// Most bytes read from one visitor; a code is about two thousand.
const LONGEST_REQUEST: usize = 16 * 1024;
/// How long one visitor may take to send its request, and again to take the answer.
const VISIT_LIMIT: Duration = Duration::from_secs(10);
/// Most visitors served at once; a browser comes with two or three.
const MOST_VISITORS: usize = 32;
/// Pause after a connection that could not be accepted.
const PAUSE: Duration = Duration::from_millis(50);
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// What the browser brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// The code to exchange for a token.
    Code(String),
    /// Why there is none, in the words of the sign-in service.
    Refused(String),
}

/// A listener that only this machine can reach.
pub(super) struct Listener {
    socket: TcpListener,
    port: u16,
}

impl Listener {
    pub(super) async fn open() -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = socket.local_addr()?.port();
        Ok(Self { socket, port })
    }

    /// The address as Entra ID knows it: it allows any port on `localhost`, not on 127.0.0.1.
    pub(super) fn address(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Waits for the visitor that knows `state`. Others get 404, and waiting goes on.
    pub(super) async fn arrival(&self, state: &str) -> Arrival {
        let state: Arc<str> = state.into();
        let mut visits = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.socket.accept(), if visits.len() < MOST_VISITORS => match accepted {
                    Ok((stream, _)) => {
                        visits.spawn(serve(stream, Arc::clone(&state)));
                    }
                    Err(_) => sleep(PAUSE).await,
                },
                finished = visits.join_next(), if !visits.is_empty() => {
                    if let Some(Ok(Some(arrival))) = finished {
                        return arrival;
                    }
                }
            }
        }
    }
}

async fn serve(mut stream: TcpStream, state: Arc<str>) -> Option<Arrival> {
    let head = timeout(VISIT_LIMIT, read_head(&mut stream)).await.ok()??;
    let reply = Reply::to(&head, &state);
    let sent = async {
        stream.write_all(reply.text().as_bytes()).await?;
        stream.shutdown().await
    };
    // The browser may be gone already; what it brought counts all the same.
    let _ = timeout(VISIT_LIMIT, sent).await;
    reply.arrival
}

/// The request up to its empty line; `None` when it breaks off or is too long.
async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::with_capacity(2048);
    let mut part = [0; 2048];
    while head.len() < LONGEST_REQUEST {
        let count = stream.read(&mut part).await.ok().filter(|count| *count > 0)?;
        head.extend_from_slice(&part[..count]);
        if head.windows(END_OF_HEAD.len()).any(|window| window == END_OF_HEAD) {
            return String::from_utf8(head).ok();
        }
    }
    None
}

/// The answer to one request, with what the request brought.
struct Reply {
    status: &'static str,
    page: &'static str,
    arrival: Option<Arrival>,
}

impl Reply {
    fn to(head: &str, state: &str) -> Self {
        match brought(head, state) {
            Some(Arrival::Code(code)) => Self {
                status: "200 OK",
                page: "Thank you. Close this window and go back to the terminal.",
                arrival: Some(Arrival::Code(code)),
            },
            Some(Arrival::Refused(reason)) => Self {
                status: "200 OK",
                page: "The sign-in did not work. Close this window; the terminal says why.",
                arrival: Some(Arrival::Refused(reason)),
            },
            None => Self { status: "404 Not Found", page: "There is nothing here.", arrival: None },
        }
    }

    fn text(&self) -> String {
        format!(
            "HTTP/1.1 {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
             Cache-Control: no-store\r\nConnection: close\r\n\r\n{}",
            self.status,
            self.page.len(),
            self.page
        )
    }
}

/// What a request brings that asks for the root and knows the state.
fn brought(head: &str, state: &str) -> Option<Arrival> {
    let mut words = head.lines().next()?.split(' ');
    let target = match (words.next(), words.next()) {
        (Some("GET"), Some(target)) if target.starts_with('/') => target,
        _ => return None,
    };
    let address = Url::parse(&format!("http://localhost{target}")).ok()?;
    let value = |wanted: &str| {
        let pair = address.query_pairs().find(|(name, _)| name == wanted);
        pair.map(|(_, value)| value.into_owned())
    };
    if address.path() != "/" || value("state")? != state {
        return None;
    }
    match (value("code"), value("error")) {
        (_, Some(error)) => {
            let reason =
                value("error_description").map_or(error.clone(), |text| format!("{error}: {text}"));
            Some(Arrival::Refused(reason))
        }
        (Some(code), None) => Some(Arrival::Code(code)),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_root_with_the_right_state_brings_anything() {
        let code = || Some(Arrival::Code("c+1".into()));
        for (line, expected) in [
            ("GET /?code=c%2B1&state=right HTTP/1.1", code()),
            ("GET /?state=right&code=c%2B1&session_state=x HTTP/1.1", code()),
            (
                "GET /?state=right&error=access_denied&error_description=AADSTS65004%3a+declined HTTP/1.1",
                Some(Arrival::Refused("access_denied: AADSTS65004: declined".into())),
            ),
            (
                "GET /?state=right&error=server_error&code=x HTTP/1.1",
                Some(Arrival::Refused("server_error".into())),
            ),
            ("GET /?code=evil&state=wrong HTTP/1.1", None),
            ("GET /?code=evil&state=wrong&state=right HTTP/1.1", None),
            ("GET /?code=evil HTTP/1.1", None),
            ("GET /?code=evil&state= HTTP/1.1", None),
            ("GET /?state=right HTTP/1.1", None),
            ("GET /other?code=c&state=right HTTP/1.1", None),
            ("POST /?code=c&state=right HTTP/1.1", None),
            ("GET http://localhost/?code=c&state=right HTTP/1.1", None),
            ("GET /favicon.ico HTTP/1.1", None),
            ("GET", None),
            ("", None),
        ] {
            assert_eq!(
                brought(&format!("{line}\r\nHost: localhost\r\n\r\n"), "right"),
                expected,
                "{line}"
            );
        }
    }

    #[test]
    fn a_reply_repeats_nothing_of_the_request() {
        let reply = Reply::to("GET /?code=evil&state=wrong HTTP/1.1\r\n\r\n", "right");
        assert!(reply.text().starts_with("HTTP/1.1 404 Not Found\r\n"));
        assert!(!reply.text().contains("evil"));
        assert_eq!(reply.arrival, None);
    }

    async fn send(port: u16, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    #[tokio::test]
    async fn neither_silent_nor_noisy_visitors_keep_the_right_one_waiting() {
        let listener = Listener::open().await.unwrap();
        let port = listener.port;
        assert_eq!(listener.address(), format!("http://localhost:{port}"));
        let visitors = async {
            let silent = send(port, "").await;
            let half = send(port, "GET /?code=half&state=right HTTP/1.1\r\n").await;
            let mut long = send(port, &"x".repeat(LONGEST_REQUEST)).await;
            // Too long a request is dropped without an answer.
            let mut answer = String::new();
            let _ = long.read_to_string(&mut answer).await;
            assert_eq!(answer, "");
            let mut wrong = send(port, "GET /?code=evil&state=wrong HTTP/1.1\r\n\r\n").await;
            wrong.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
            let mut right = send(port, "GET /?code=c&state=right HTTP/1.1\r\n\r\n").await;
            answer.clear();
            right.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            drop((silent, half));
        };
        let (arrival, ()) = tokio::join!(listener.arrival("right"), visitors);
        assert_eq!(arrival, Arrival::Code("c".into()));
    }
}
