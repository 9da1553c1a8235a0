//! Text that must never be shown, and the cleaning of texts that others wrote.
//!
//! Every message of a sign-in service, a command line tool or a library passes `Hidden::clean`
//! before it becomes part of an error.

use std::fmt;

/// A client secret, an access token or the like; `Debug` shows `***` and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one request that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

const MASK: &str = "***";
/// Shorter secrets would mask ordinary words; no service issues them.
const SHORTEST_SECRET: usize = 6;
/// Start of every JSON web token: `{"` in base64.
const TOKEN_START: &str = "eyJ";
/// A shorter run of characters is a word that happens to start like a token.
const SHORTEST_TOKEN: usize = 20;
/// Longest message taken from others, in characters.
const LONGEST_MESSAGE: usize = 600;

/// The secrets of one sign-in, to be taken out of every message.
#[derive(Clone, Debug, Default)]
pub(super) struct Hidden(Vec<Secret>);

impl Hidden {
    pub(super) fn new(secrets: impl IntoIterator<Item = Secret>) -> Self {
        Self(
            secrets
                .into_iter()
                .filter(|secret| secret.expose().trim().len() >= SHORTEST_SECRET)
                .collect(),
        )
    }

    /// The message on one line, without control characters, known secrets and whatever looks like a
    /// token, and not longer than a screenful.
    pub(super) fn clean(&self, message: &str) -> String {
        let mut text = message.to_owned();
        for secret in &self.0 {
            text = text.replace(secret.expose().trim(), MASK);
        }
        let text = mask_tokens(&text);
        let text: String =
            text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match text.char_indices().nth(LONGEST_MESSAGE) {
            Some((end, _)) => format!("{} ...", &text[..end]),
            None => text,
        }
    }
}

/// Replaces everything that looks like a JSON web token: sign-in assertions and access tokens that
/// were made on the way and are not among the known secrets.
fn mask_tokens(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(TOKEN_START) {
        let (before, candidate) = rest.split_at(start);
        let end = candidate.find(|letter| !is_of_token(letter)).unwrap_or(candidate.len());
        let (token, after) = candidate.split_at(end);
        masked.push_str(before);
        masked.push_str(if token.len() >= SHORTEST_TOKEN { MASK } else { token });
        rest = after;
    }
    masked.push_str(rest);
    masked
}

fn is_of_token(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown_by_debug() {
        let secret = Secret::new("correct horse battery");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "*** Some(***)");
        let hidden = Hidden::new([secret]);
        assert!(!format!("{hidden:?}").contains("horse"));
    }

    #[test]
    fn messages_lose_secrets_tokens_and_line_breaks() {
        let hidden = Hidden::new([Secret::new("correct-horse\n"), Secret::new("a")]);
        for (message, expected) in [
            ("refused correct-horse for a client", "refused *** for a client"),
            ("sent eyJhbGciOiJQUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln to it", "sent *** to it"),
            ("\"eyJhbGciOiJub25lIn0.e30.\"", "\"***\""),
            ("two\r\n  lines\u{1b}[31m", "two lines [31m"),
            ("eyJ is short", "eyJ is short"),
            ("", ""),
        ] {
            assert_eq!(hidden.clean(message), expected);
        }
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let cleaned = Hidden::default().clean(&"\u{e9}".repeat(2 * LONGEST_MESSAGE));
        assert_eq!(cleaned.chars().filter(|letter| *letter == '\u{e9}').count(), LONGEST_MESSAGE);
        assert!(cleaned.ends_with(" ..."));
    }
}
