//! Text from strangers in XML.

use super::terminal;
use std::borrow::Cow;

/// Text for XML 1.0, in an element or between quotation marks, on one line.
///
/// Beside what steers a terminal, the two characters that XML forbids are left out.
pub(in crate::report) fn xml(text: &str) -> Cow<'_, str> {
    let safe = terminal(text);
    let special = |character: char| {
        matches!(character, '&' | '<' | '>' | '"' | '\'' | '\u{fffe}' | '\u{ffff}')
    };
    if !safe.contains(special) {
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
            '\u{fffe}' | '\u{ffff}' => {}
            _ => escaped.push(character),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_stranger_wrote_leaves_its_place_in_xml() {
        for (text, expected) in [
            ("Alma Lind", "Alma Lind"),
            ("", ""),
            ("a & b", "a &amp; b"),
            (
                "</failure><x a='1' b=\"2\">",
                "&lt;/failure&gt;&lt;x a=&#39;1&#39; b=&quot;2&quot;&gt;",
            ),
            ("]]>", "]]&gt;"),
            ("&#0;", "&amp;#0;"),
            ("\0\u{1}\u{8}\u{b}\u{1f}\u{7f}", " "),
            ("\u{fffe}\u{ffff}\u{fffd}", "\u{fffd}"),
            ("two\nlines\ttab\u{202e}", "two lines tab"),
            ("山 😀", "山 😀"),
        ] {
            assert_eq!(xml(text), expected, "{text:?}");
        }
    }
}
