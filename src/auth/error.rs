//! Why a sign-in did not work, in words for people: what was refused, and what to do about it.
//!
//! Texts of others are kept only after `Hidden::clean`; their error values are dropped, because
//! some of them carry whole answers with tokens in their `Debug`.

use super::advice;
use super::method::Method;
use super::secret::Hidden;
use crate::model::Cloud;
use crate::model::cloud::EndpointError;
use std::error::Error;
use std::fmt::Write as _;

/// Why one method brought no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Failure {
    reason: String,
    code: Option<u32>,
    hint: Option<String>,
    set_up: bool,
}

impl Failure {
    /// A method that was tried and failed for `reason`.
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), code: None, hint: None, set_up: true }
    }

    /// A method that cannot be tried, because settings are missing.
    pub(super) fn not_set_up(reason: impl Into<String>) -> Self {
        Self { set_up: false, ..Self::new(reason) }
    }

    /// What a service, a library or a tool said; `consent` is where an administrator would consent.
    pub(super) fn said(text: &str, consent: Option<&str>, hidden: &Hidden) -> Self {
        match refusal(text) {
            Some((code, message)) => Self {
                code: Some(code),
                hint: advice::advice(code, consent),
                ..Self::new(format!("AADSTS{code}: {}", hidden.clean(message)))
            },
            None => Self::new(hidden.clean(plain(text))),
        }
    }

    pub(super) fn hinting(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The number of Entra ID's `AADSTS` code, when the refusal has one.
    pub fn code(&self) -> Option<u32> {
        self.code
    }

    /// What to do about it, in one line.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// False when the method was never tried, because nobody set it up.
    pub fn was_set_up(&self) -> bool {
        self.set_up
    }
}

/// One method `auto` tried without success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The method.
    pub method: Method,
    /// Why it brought no token.
    pub reason: Failure,
}

/// Why there is no session. The texts continue "cannot sign in: ".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The method asked for brought no token.
    #[error("{method}: {reason}")]
    Failed {
        /// The method.
        method: Method,
        /// Why it brought no token.
        reason: Failure,
    },
    /// `auto` found no way.
    #[error("nothing that `auto` may use brought a token{}", list(.tried))]
    NothingWorked {
        /// Every method in the order it was tried.
        tried: Vec<Attempt>,
    },
    /// The environment names a sign-in host that cannot be used.
    #[error("AZURE_AUTHORITY_HOST: {problem}")]
    AuthorityHost {
        /// What is wrong with it.
        problem: String,
        /// The rule it breaks, when it is an address at all.
        #[source]
        source: Option<EndpointError>,
    },
    /// The environment names the sign-in host of another cloud.
    #[error("AZURE_AUTHORITY_HOST is the sign-in host of cloud {named}, but the cloud is {chosen}")]
    OtherCloud {
        /// The cloud of the host.
        named: Cloud,
        /// The cloud of this run.
        chosen: Cloud,
    },
}

impl SignInError {
    /// What to do next, in one line.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Failed { reason, .. } => reason.hint().map(str::to_owned),
            Self::NothingWorked { tried } => Some(next_step(tried)),
            Self::AuthorityHost { .. } => Some(
                "unset AZURE_AUTHORITY_HOST, or set it to the https address of the host".to_owned(),
            ),
            Self::OtherCloud { named, .. } => {
                Some(format!("name the cloud with --cloud {named}, or unset AZURE_AUTHORITY_HOST"))
            }
        }
    }
}

/// The advice for the first method that somebody set up, else how to sign in at all.
fn next_step(tried: &[Attempt]) -> String {
    let advised = tried
        .iter()
        .filter(|attempt| attempt.reason.was_set_up())
        .find_map(|attempt| Some((attempt.method, attempt.reason.hint()?)));
    match advised {
        Some((method, hint)) => format!("{method}: {hint}"),
        None => "sign in as yourself with --auth browser or --auth device-code, or set AZURE_TENANT_ID, \
             AZURE_CLIENT_ID and AZURE_CLIENT_SECRET for an application"
            .to_owned(),
    }
}

fn list(tried: &[Attempt]) -> String {
    let mut lines = String::new();
    for Attempt { method, reason } in tried {
        // Writing to a String cannot fail.
        let _ = write!(lines, "\n  {method}: {reason}");
    }
    lines
}

/// Where the sentence after a code ends: trace ids follow, or the quotes of a parser's complaint,
/// which repeats the text with its line breaks escaped.
const ENDS: [&str; 7] =
    ["Trace ID:", "\r", "\n", "\\r", "\\n", "\", expected a borrowed string", " (see http"];

/// The first `AADSTS` code in a text, with the sentence that follows it.
fn refusal(text: &str) -> Option<(u32, &str)> {
    let (_, after) = text.split_once("AADSTS")?;
    let digits = after.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(after.len());
    let (code, message) = after.split_at(digits);
    let end = ENDS.iter().filter_map(|end| message.find(end)).min().unwrap_or(message.len());
    Some((code.parse().ok()?, message[..end].trim_start_matches([':', ' ']).trim_end()))
}

/// Words that the Azure libraries put round the reason and that say nothing about it.
const WRAPPING: [&str; 3] = [
    "failed to execute `reqwest` request",
    "retry policy expired and the request will no longer be retried",
    "non-transport error occurred which will not be retried",
];

/// The text without the name of a library's type before it and the link to its manual after it.
fn plain(text: &str) -> &str {
    let text =
        text.split_once("Credential authentication failed.").map_or(text, |(_, reason)| reason);
    text.split("To troubleshoot, visit").next().unwrap_or(text).trim()
}

/// What an error and its causes say, each thing once, outermost first.
pub(super) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        let part = plain(&text);
        let new = !parts.iter().any(|known| known.contains(part));
        if new && !part.is_empty() && !WRAPPING.contains(&part) {
            parts.push(part.to_owned());
        }
        next = error.source();
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Secret;

    #[test]
    fn a_code_is_found_in_any_text() {
        for (text, code, message) in [
            (
                "ClientSecretCredential authentication failed. AADSTS7000215: Invalid client secret \
                 provided. Trace ID: 1 Correlation ID: 2\nTo troubleshoot, visit https://aka.ms/x",
                7_000_215,
                "Invalid client secret provided.",
            ),
            (
                "invalid type: string \"AADSTS700016: Application 'x' was not found.\\r\\nTrace ID: 1\", \
                 expected a borrowed string at line 1 column 9",
                700_016,
                "Application 'x' was not found.",
            ),
            (
                "invalid_grant: AADSTS50076: Due to a change (see https://x/y)",
                50076,
                "Due to a change",
            ),
            ("ERROR: AADSTS90002: Tenant not found.\r\nmore", 90002, "Tenant not found."),
            ("AADSTS53003", 53003, ""),
        ] {
            assert_eq!(refusal(text), Some((code, message)), "{text}");
        }
        for text in ["", "AADSTS", "AADSTSx", "AADSTS99999999999: too long"] {
            assert_eq!(refusal(text), None, "{text}");
        }
    }

    #[test]
    fn a_refusal_keeps_its_code_and_gets_advice() {
        let failure = Failure::said(
            "AADSTS65001: nobody consented. Trace ID: 1",
            Some("https://login.contoso.example/consent"),
            &Hidden::default(),
        );
        assert_eq!(failure.to_string(), "AADSTS65001: nobody consented.");
        assert_eq!(failure.code(), Some(65001));
        assert!(failure.hint().unwrap().ends_with("https://login.contoso.example/consent"));
        assert!(failure.was_set_up());
    }

    #[test]
    fn what_others_said_is_cleaned() {
        let hidden = Hidden::new([Secret::new("correct-horse")]);
        let failure = Failure::said(
            "AzureCliCredential authentication failed. ERROR: run 'az login', not correct-horse\n\
             To troubleshoot, visit https://aka.ms/x",
            None,
            &hidden,
        );
        assert_eq!(failure.to_string(), "ERROR: run 'az login', not ***");
        let failure = Failure::said("AADSTS50126: correct-horse is wrong", None, &hidden);
        assert_eq!(failure.to_string(), "AADSTS50126: *** is wrong");
        assert!(!format!("{failure:?}").contains("horse"));
    }

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Layer(&'static str, #[source] Option<Box<Self>>);

    #[test]
    fn causes_are_told_once_and_without_wrapping() {
        let error = Layer(
            "ClientSecretCredential authentication failed. retry policy expired and the request will no \
             longer be retried\nTo troubleshoot, visit https://aka.ms/x",
            Some(Box::new(Layer(
                "failed to execute `reqwest` request",
                Some(Box::new(Layer(
                    "error sending request: connection refused",
                    Some(Box::new(Layer("connection refused", None))),
                ))),
            ))),
        );
        assert_eq!(causes(&error), "error sending request: connection refused");
    }

    #[test]
    fn nothing_worked_names_every_attempt_and_the_next_step() {
        let attempt = |method, reason| Attempt { method, reason };
        let error = SignInError::NothingWorked {
            tried: vec![
                attempt(Method::Token, Failure::not_set_up("not set: PIMAUDIT_ACCESS_TOKEN")),
                attempt(Method::ClientSecret, Failure::new("refused").hinting("add a new one")),
                attempt(Method::AzureCli, Failure::new("az not found on PATH")),
            ],
        };
        let text = error.to_string();
        for line in [
            "\n  token: not set: PIMAUDIT_ACCESS_TOKEN",
            "\n  client-secret: refused",
            "\n  azure-cli: az not found on PATH",
        ] {
            assert!(text.contains(line), "{text}");
        }
        assert_eq!(error.hint().as_deref(), Some("client-secret: add a new one"));
        let hint = SignInError::NothingWorked { tried: Vec::new() }.hint().unwrap();
        assert!(hint.contains("--auth browser"), "{hint}");
    }
}
