//! What can go wrong with one read, and what Graph's error bodies say.
//!
//! Error bodies are read leniently: an envelope, an envelope whose message is itself JSON, or
//! whatever a proxy sends. Whether to try again is decided in `retry`.

use super::blot::Blotter;
use serde_json::Value;
use serde_json::error::Category;
use std::error::Error;
use std::fmt;

/// Longest text taken over from an answer; longer ones are cut.
const LONGEST_MESSAGE: usize = 400;

/// Longest excerpt of a body that is no Graph error.
const LONGEST_EXCERPT: usize = 160;

/// Says at either level of an error that a premium licence is missing.
const LICENCE_CODE: &str = "AadPremiumLicenseRequired";

/// Says that sign-in data needs a premium licence; only with 403.
const LICENCE_CODE_OF_REPORTS: &str = "Authentication_RequestFromNonPremiumTenantOrB2CTenant";

/// The newer and the older text of a missing licence, in lower case.
const LICENCE_TEXTS: [&str; 2] = [
    "the tenant needs to have microsoft entra id p2 or microsoft entra id governance license",
    "the tenant needs an aad premium 2 license",
];

/// Stands before the list of scopes in the message of `PermissionScopeNotGranted`.
const MISSING_SCOPES: &str = "missing permission scope ";

/// Why a read ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The tenant lacks a licence.
    Licence,
    /// 403: the token lacks a permission.
    Permission,
    /// No token, or a token that was refused (401).
    SignIn,
    /// 404.
    NotFound,
    /// 429 until patience ran out, or a wait longer than patience allows.
    Throttled,
    /// 5xx until patience ran out.
    Server,
    /// No answer: not reachable, connection lost, too slow.
    Transport,
    /// An answer of success that could not be understood.
    BadBody,
    /// A link to the next page that must not be followed.
    Paging,
    /// Any other status, such as 400 for a request Graph does not understand.
    Other,
}

/// A read that failed for good. The text fits after "failed to read ...: ".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// Why.
    pub kind: ErrorKind,
    /// Path and query of what was read.
    pub path: String,
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// Graph's error code; the inner one where an error is wrapped in another.
    pub code: Option<String>,
    /// Graph's message, or what happened; one line.
    pub message: String,
    /// Graph's id of the request, which its support asks for.
    pub request_id: Option<Box<str>>,
    /// Scopes of which one would have been enough, where Graph names them.
    pub missing_scopes: Vec<String>,
}

impl ReadError {
    /// An error without an answer, in words of our own.
    pub(super) fn new(kind: ErrorKind, path: &str, message: &str) -> Self {
        Self {
            kind,
            path: path.to_owned(),
            status: None,
            code: None,
            message: one_line(message, LONGEST_MESSAGE),
            request_id: None,
            missing_scopes: Vec::new(),
        }
    }

    /// An error without an answer, with its causes.
    pub(super) fn caused(
        kind: ErrorKind,
        path: &str,
        what: &str,
        cause: &dyn Error,
        blotter: &Blotter,
    ) -> Self {
        Self::new(kind, path, &blotter.clean(&format!("{what}: {}", with_causes(cause))))
    }

    /// An answer other than success.
    pub(super) fn answered(
        path: &str,
        status: u16,
        request_id: Option<&str>,
        body: &[u8],
        blotter: &Blotter,
    ) -> Self {
        let told_id = |id: &str| one_line(&blotter.clean(id), LONGEST_EXCERPT).into();
        let Some(told) = Told::read(body) else {
            let excerpt = String::from_utf8_lossy(body);
            return Self {
                kind: kind_of(status, &[], &[]),
                status: Some(status),
                message: one_line(&blotter.clean(&excerpt), LONGEST_EXCERPT),
                request_id: request_id.map(told_id),
                ..Self::new(ErrorKind::Other, path, "")
            };
        };
        let message = blotter.clean(told.messages.last().map_or("", String::as_str));
        Self {
            kind: kind_of(status, &told.codes, &told.messages),
            status: Some(status),
            code: told.codes.last().map(|code| one_line(&blotter.clean(code), LONGEST_EXCERPT)),
            request_id: told.request_id.as_deref().or(request_id).map(told_id),
            missing_scopes: missing_scopes(&message),
            ..Self::new(ErrorKind::Other, path, &message)
        }
    }

    /// An answer of success whose body could not be understood.
    pub(super) fn unreadable(path: &str, status: u16, cause: &serde_json::Error) -> Self {
        Self { status: Some(status), ..Self::new(ErrorKind::BadBody, path, &position(cause)) }
    }

    /// An answer of success that is longer than so many bytes.
    pub(super) fn too_long(path: &str, status: u16, longest: usize) -> Self {
        let message = format!("longer than {} MiB", longest >> 20);
        Self { status: Some(status), ..Self::new(ErrorKind::BadBody, path, &message) }
    }

    /// The same error, without a token in its path, which may be made of ids that Graph gave.
    pub(super) fn clean(mut self, blotter: &Blotter) -> Self {
        self.path = blotter.clean(&self.path).into_owned();
        self
    }

    /// The same error, of another path.
    pub(super) fn at(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// The same error, given up because the wait Graph asked for is longer than patience allows.
    pub(super) fn told_to_wait(mut self, seconds: u64) -> Self {
        let told = format!("asked to wait {seconds} s, which is too long");
        self.kind = ErrorKind::Throttled;
        self.message =
            if self.message.is_empty() { told } else { format!("{}; {told}", self.message) };
        self
    }

    fn details(&self) -> String {
        let mut details = match (&self.code, self.message.as_str()) {
            (Some(code), "") => code.clone(),
            (Some(code), message) => format!("{code}: {message}"),
            (None, message) => message.to_owned(),
        };
        if let Some(id) = &self.request_id {
            let separator = if details.is_empty() { "" } else { "; " };
            details = format!("{details}{separator}request-id {id}");
        }
        details
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = self.details();
        let Some(status) = self.status else {
            return formatter.write_str(&details);
        };
        write!(formatter, "Graph answered {status}")?;
        let reason =
            http::StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
        if let Some(reason) = reason {
            write!(formatter, " {reason}")?;
        }
        if self.kind == ErrorKind::BadBody {
            formatter.write_str(" with an unreadable body")?;
        }
        if details.is_empty() { Ok(()) } else { write!(formatter, " ({details})") }
    }
}

impl Error for ReadError {}

/// What an error body says: codes and messages from the outside in.
struct Told {
    codes: Vec<String>,
    messages: Vec<String>,
    request_id: Option<String>,
}

impl Told {
    /// Reads an error body; `None` when it is no error of Graph's.
    fn read(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let error = body.get("error")?;
        let mut told = Self { codes: Vec::new(), messages: Vec::new(), request_id: None };
        if let Some(code) = error.as_str() {
            // The shape of the sign-in service, which some gateways pass on.
            told.codes.push(code.to_owned());
            told.messages.extend(text(&body, "error_description"));
            return Some(told);
        }
        told.codes.extend(text(error, "code"));
        told.messages.extend(text(error, "message"));
        told.request_id = ["innerError", "innererror"]
            .into_iter()
            .filter_map(|name| error.get(name))
            .find_map(|inner| text(inner, "request-id"));
        told.unwrap_message();
        Some(told)
    }

    /// Some services put a whole error, as JSON text, into the message of another.
    fn unwrap_message(&mut self) {
        let Some(message) = self.messages.last() else {
            return;
        };
        if !message.trim_start().starts_with('{') {
            return;
        }
        let Ok(inner) = serde_json::from_str::<Value>(message) else {
            return;
        };
        self.codes.extend(text(&inner, "errorCode").or_else(|| text(&inner, "code")));
        self.messages.extend(text(&inner, "message"));
    }
}

fn text(object: &Value, name: &str) -> Option<String> {
    object.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn kind_of(status: u16, codes: &[String], messages: &[String]) -> ErrorKind {
    match status {
        400 | 403 if says_licence(status, codes, messages) => ErrorKind::Licence,
        401 => ErrorKind::SignIn,
        403 => ErrorKind::Permission,
        404 => ErrorKind::NotFound,
        // OData's word for a path that this service, or this cloud, does not have.
        400 if messages.iter().any(|it| it.contains("Resource not found for the segment")) => {
            ErrorKind::NotFound
        }
        429 => ErrorKind::Throttled,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::Other,
    }
}

fn says_licence(status: u16, codes: &[String], messages: &[String]) -> bool {
    let by_code = codes
        .iter()
        .any(|code| code == LICENCE_CODE || (status == 403 && code == LICENCE_CODE_OF_REPORTS));
    by_code
        || messages.iter().any(|message| {
            let message = message.to_lowercase();
            LICENCE_TEXTS.iter().any(|known| message.contains(known))
        })
}

/// The scopes of "... due to missing permission scope A,B,C."
fn missing_scopes(message: &str) -> Vec<String> {
    let Some((_, scopes)) = message.split_once(MISSING_SCOPES) else {
        return Vec::new();
    };
    scopes
        .trim()
        .trim_end_matches('.')
        .split(',')
        .map(str::trim)
        .filter(|scope| !scope.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Where a text stopped to be what was expected. Never what stands there, unlike the error's own
/// text: a value of an answer may be a name, or the token.
pub(super) fn position(cause: &serde_json::Error) -> String {
    let what = match cause.classify() {
        Category::Io => "no text",
        Category::Syntax => "no valid JSON",
        Category::Data => "JSON of an unexpected shape",
        Category::Eof => "JSON that ends too early",
    };
    format!("{what} at line {} column {}", cause.line(), cause.column())
}

/// The error and its causes, each text once: libraries differ in whether they repeat the cause.
fn with_causes(error: &dyn Error) -> String {
    let mut all = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !all.contains(&text) {
            all = format!("{all}: {text}");
        }
        cause = error.source();
    }
    all
}

/// One line without control characters, cut to so many characters.
fn one_line(text: &str, longest: usize) -> String {
    let words: Vec<&str> = text
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words.join(" ");
    match line.char_indices().nth(longest) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answered(status: u16, body: &Value) -> ReadError {
        let body = body.to_string();
        ReadError::answered("/v1.0/things", status, None, body.as_bytes(), &Blotter::default())
    }

    fn error(code: &str, message: &str) -> Value {
        json!({"error": {"code": code, "message": message}})
    }

    #[test]
    fn the_kind_follows_status_and_code() {
        let governance = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.";
        let older = "The tenant needs an AAD Premium 2 license.";
        let wrapped = json!({"errorCode": LICENCE_CODE, "message": "x"}).to_string();
        for (status, code, message, expected) in [
            (400, LICENCE_CODE, governance, ErrorKind::Licence),
            (403, LICENCE_CODE, "", ErrorKind::Licence),
            (400, "UnknownError", wrapped.as_str(), ErrorKind::Licence),
            (400, "UnknownError", older, ErrorKind::Licence),
            (403, "UnknownError", governance, ErrorKind::Licence),
            (403, LICENCE_CODE_OF_REPORTS, "", ErrorKind::Licence),
            (400, LICENCE_CODE_OF_REPORTS, "", ErrorKind::Other),
            (500, LICENCE_CODE, governance, ErrorKind::Server),
            (404, "UnknownError", older, ErrorKind::NotFound),
            (400, "BadRequest", "the license of this file is unknown", ErrorKind::Other),
            (403, "UnknownError", "doesn't have premium license", ErrorKind::Permission),
            (403, "Authorization_RequestDenied", "Insufficient privileges", ErrorKind::Permission),
            (401, "InvalidAuthenticationToken", "", ErrorKind::SignIn),
            (404, "Request_ResourceNotFound", "", ErrorKind::NotFound),
            (429, "TooManyRequests", "", ErrorKind::Throttled),
            (503, "UnknownError", "", ErrorKind::Server),
            (302, "", "", ErrorKind::Other),
        ] {
            assert_eq!(answered(status, &error(code, message)).kind, expected, "{status} {code}");
        }
    }

    #[test]
    fn a_wrapped_error_shows_the_inner_code_and_message() {
        let inner = json!({"errorCode": "MissingProvider", "message": "The provider is missing.", "instanceAnnotations": []});
        let found = answered(400, &error("UnknownError", &inner.to_string()));
        assert_eq!(found.kind, ErrorKind::Other);
        assert_eq!(found.code.as_deref(), Some("MissingProvider"));
        assert_eq!(found.message, "The provider is missing.");
    }

    #[test]
    fn a_wrapped_error_without_a_code_keeps_the_outer_one() {
        let found =
            answered(500, &error("UnknownError", r#"{"message":"An error has occurred."}"#));
        assert_eq!(found.code.as_deref(), Some("UnknownError"));
        assert_eq!(found.message, "An error has occurred.");
    }

    #[test]
    fn a_message_that_only_looks_wrapped_is_kept_as_it_is() {
        let found = answered(400, &error("BadRequest", "{id} is no id"));
        assert_eq!(
            (found.code.as_deref(), found.message.as_str()),
            (Some("BadRequest"), "{id} is no id")
        );
    }

    #[test]
    fn missing_scopes_are_listed_with_their_dots() {
        for (message, expected) in [
            (
                "Authorization failed due to missing permission scope Thing.Read.All.",
                vec!["Thing.Read.All"],
            ),
            (
                "Authorization failed due to missing permission scope Thing.Read.All,Thing.ReadWrite.All, Other.Read.",
                vec!["Thing.Read.All", "Thing.ReadWrite.All", "Other.Read"],
            ),
            ("Insufficient privileges to complete the operation.", vec![]),
        ] {
            assert_eq!(missing_scopes(message), expected, "{message}");
        }
    }

    #[test]
    fn the_text_fits_after_failed_to_read() {
        let body = json!({"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation.", "innerError": {"request-id": "0c0ffee0-0000-4000-8000-000000000001"}}});
        let empty = ReadError::answered("/v1.0/things", 503, None, b"", &Blotter::default());
        let late = answered(429, &error("TooManyRequests", "Slow down")).told_to_wait(3600);
        for (error, expected) in [
            (
                answered(403, &body),
                "Graph answered 403 Forbidden (Authorization_RequestDenied: Insufficient privileges to complete the operation.; request-id 0c0ffee0-0000-4000-8000-000000000001)",
            ),
            (empty, "Graph answered 503 Service Unavailable"),
            (
                late,
                "Graph answered 429 Too Many Requests (TooManyRequests: Slow down; asked to wait 3600 s, which is too long)",
            ),
            (
                ReadError::new(
                    ErrorKind::Paging,
                    "/v1.0/things",
                    "the next page stands\non another host",
                ),
                "the next page stands on another host",
            ),
        ] {
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn a_body_that_is_no_error_of_graph_becomes_a_short_excerpt() {
        let html =
            format!("<html>\r\n<title>502\u{1b}[31m Bad\tGateway</title>{}", "x".repeat(1000));
        let blotter = Blotter::default();
        let found =
            ReadError::answered("/v1.0/things", 502, Some("abc"), html.as_bytes(), &blotter);
        assert!(
            found.message.starts_with("<html> <title>502 [31m Bad Gateway</title>xx"),
            "{found}"
        );
        assert!(found.message.chars().count() <= LONGEST_EXCERPT + 3, "{found}");
        assert!(!found.to_string().chars().any(char::is_control), "{found}");
        assert_eq!((found.code, found.request_id.as_deref()), (None, Some("abc")));
    }

    #[test]
    fn an_error_in_the_shape_of_the_sign_in_service_is_read() {
        let body = json!({"error": "invalid_request", "error_description": "AADSTS900144: a body must contain more"});
        let found = answered(400, &body);
        assert_eq!(found.code.as_deref(), Some("invalid_request"));
        assert!(found.message.starts_with("AADSTS900144"), "{found}");
    }

    #[test]
    fn strange_json_is_an_excerpt_and_no_crash() {
        for body in [
            "null",
            "[]",
            "{}",
            r#"{"error":null}"#,
            r#"{"error":{"code":7}}"#,
            "\u{feff}",
            "\"x\"",
        ] {
            let blotter = Blotter::default();
            let found = ReadError::answered("/v1.0/things", 400, None, body.as_bytes(), &blotter);
            assert_eq!((found.kind, found.code), (ErrorKind::Other, None), "{body}");
        }
    }

    #[test]
    fn no_text_of_an_answer_shows_the_token() {
        let token = "token-of-the-test".repeat(12);
        let blotter = Blotter::default();
        blotter.learn(&token);
        // Stands across the place where an excerpt is cut.
        let late = format!("{}{token}", "x ".repeat(LONGEST_EXCERPT / 2 - 10));
        let inner = json!({"errorCode": token, "message": token}).to_string();
        let missing = format!("missing permission scope {token},Other.Read.");
        for body in [
            late.clone(),
            error(&token, &late).to_string(),
            error("UnknownError", &inner).to_string(),
            error("UnknownError", &missing).to_string(),
            json!({"error": {"innerError": {"request-id": token}}}).to_string(),
            json!({"error": token, "error_description": token}).to_string(),
        ] {
            let found = ReadError::answered("/", 400, Some(&token), body.as_bytes(), &blotter);
            assert!(!format!("{found:?}").contains("token"), "{found:?}");
            assert!(format!("{found:?}").contains("***"), "{found:?}");
        }
        let found = ReadError::new(ErrorKind::Other, &format!("/{token}"), "").clean(&blotter);
        assert_eq!(found.path, "/***");
    }

    #[test]
    fn an_unreadable_body_is_told_by_position_only() {
        let cause = serde_json::from_str::<Vec<u8>>("\"hidden\"").unwrap_err();
        assert!(cause.to_string().contains("hidden"), "{cause}");
        let error = ReadError::unreadable("/v1.0/things", 200, &cause);
        assert!(
            error.message.starts_with("JSON of an unexpected shape at line 1 column "),
            "{error}"
        );
        assert!(!error.to_string().contains("hidden"), "{error}");
    }

    #[test]
    fn cutting_a_line_respects_characters() {
        assert_eq!(one_line("äöü", 2), "äö...");
        assert_eq!(one_line("äöü", 3), "äöü");
    }
}
