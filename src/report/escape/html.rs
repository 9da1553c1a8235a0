//! Text from strangers in HTML, in an element or between quotation marks.

use super::terminal;
use std::borrow::Cow;

/// Text for HTML, on one line, without what steers a terminal or turns the writing direction.
pub(in crate::report) fn html(text: &str) -> Cow<'_, str> {
    let safe = terminal(text);
    if !safe.contains(['&', '<', '>', '"', '\'']) {
        return safe;
    }
    let mut escaped = String::with_capacity(safe.len() + 16);
    for character in safe.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_stranger_wrote_becomes_an_element() {
        for (text, expected) in [
            ("Alma Lind", "Alma Lind"),
            ("/v1.0/users", "/v1.0/users"),
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("\"><img onerror=x>", "&quot;&gt;&lt;img onerror=x&gt;"),
            ("it's &amp;", "it&#39;s &amp;amp;"),
            ("\u{202e}gpj\n\u{1b}[31m", "gpj [31m"),
        ] {
            assert_eq!(html(text), expected, "{text:?}");
        }
    }
}
