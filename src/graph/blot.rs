//! Keeps tokens out of everything that is told: errors, notes and events.
//!
//! An answer may repeat the request, and with it the token, in any of its texts. What is told is
//! decided elsewhere; here a text only loses what it has of a token.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Stands where a token was.
const BLOT: &str = "***";

/// A piece of a token this long is blotted out too: shorter ones tell nothing and may be words.
const PIECE: usize = 16;

/// No service gives a token as short as this; blotting one out would tear up ordinary words.
const SHORTEST_TOKEN: usize = 8;

/// Tokens kept at most. A run has one an hour, and answers come while the token is fresh.
const MOST_TOKENS: usize = 16;

/// Knows the tokens that were sent, and takes them out of texts.
#[derive(Default)]
pub(super) struct Blotter(Mutex<Vec<Arc<Known>>>);

/// A token in lower case, and all of its pieces.
struct Known {
    token: String,
    length: usize,
    pieces: HashSet<Vec<u8>>,
}

impl fmt::Debug for Blotter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Blotter")
    }
}

impl Blotter {
    /// Takes note of a token before it is sent.
    pub(super) fn learn(&self, token: &str) {
        if token.len() < SHORTEST_TOKEN {
            return;
        }
        let token = token.to_ascii_lowercase();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.iter().any(|known| known.token == token) {
            return;
        }
        if known.len() == MOST_TOKENS {
            known.remove(0);
        }
        known.push(Arc::new(Known::new(token)));
    }

    /// The text without any known token or piece of one, in whatever case. Must come before a text
    /// is cut: a token that was cut may be too short to be found.
    pub(super) fn clean<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut text = Cow::Borrowed(text);
        for token in known {
            if let Some(cleaned) = token.blot(&text) {
                text = Cow::Owned(cleaned);
            }
        }
        text
    }
}

impl Known {
    fn new(token: String) -> Self {
        let length = token.len().min(PIECE);
        let pieces = token.as_bytes().windows(length).map(<[u8]>::to_vec).collect();
        Self { token, length, pieces }
    }

    /// The text with a blot for each run of pieces; `None` when there is none.
    fn blot(&self, text: &str) -> Option<String> {
        let lower = text.to_ascii_lowercase();
        let mut clean: Vec<u8> = Vec::new();
        // Where the last blot ends; a piece is never empty, so none yet is 0.
        let mut hidden = 0;
        for (start, piece) in lower.as_bytes().windows(self.length).enumerate() {
            if !self.pieces.contains(piece) {
                continue;
            }
            // A piece that overlaps or touches the one before belongs to the same blot.
            if hidden == 0 || start > hidden {
                clean.extend_from_slice(&text.as_bytes()[hidden..start]);
                clean.extend_from_slice(BLOT.as_bytes());
            }
            hidden = start + self.length;
        }
        if hidden == 0 {
            return None;
        }
        clean.extend_from_slice(&text.as_bytes()[hidden..]);
        Some(String::from_utf8_lossy(&clean).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJhdWQiOiJHcmFwaCJ9.c2lnbmF0dXJl";

    #[test]
    fn a_token_and_its_pieces_are_blotted_out() {
        let blotter = Blotter::default();
        blotter.learn(TOKEN);
        for (text, expected) in [
            ("nothing here".to_owned(), "nothing here"),
            (String::new(), ""),
            (TOKEN.to_owned(), "***"),
            (format!("Bearer {TOKEN}, Bearer {TOKEN}."), "Bearer ***, Bearer ***."),
            (format!("https://{}/x", TOKEN.to_ascii_lowercase()), "https://***/x"),
            (format!("ä{}ö", &TOKEN[5..21]), "ä***ö"),
            (format!("[{}]", &TOKEN[..30]), "[***]"),
            (format!("[{}]", &TOKEN[..15]), "[eyJhbGciOiJub25]"),
        ] {
            assert_eq!(blotter.clean(&text), expected, "{text}");
        }
    }

    #[test]
    fn every_token_of_a_run_is_known() {
        let blotter = Blotter::default();
        for token in ["secret.token", "token-of-the-test", "short"] {
            blotter.learn(token);
        }
        assert_eq!(
            blotter.clean("SECRET.token short token-of-the-test secret.toke"),
            "*** short *** secret.toke"
        );
    }

    #[test]
    fn a_blotter_does_not_show_what_it_knows() {
        let blotter = Blotter::default();
        blotter.learn(TOKEN);
        assert_eq!(format!("{blotter:?}"), "Blotter");
    }
}
