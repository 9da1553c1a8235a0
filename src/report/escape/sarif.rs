//! Text from strangers in messages of SARIF.

use super::terminal;

/// Text of a SARIF message, on one line. Braces mark places to fill in and are doubled, and no text
/// of a stranger becomes a link.
pub(in crate::report) fn sarif_message(text: &str) -> String {
    terminal(text).replace('{', "{{").replace('}', "}}").replace("](", "] (")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_becomes_a_link_or_a_placeholder() {
        for (text, expected) in [
            ("Alma Lind", "Alma Lind"),
            ("{0}", "{{0}}"),
            ("[x](1)", "[x] (1)"),
            ("two\nlines\u{202e}", "two lines"),
        ] {
            assert_eq!(sarif_message(text), expected, "{text:?}");
        }
    }
}
