//! Text from strangers in GitHub-flavoured Markdown.

use super::terminal;
use std::borrow::Cow;

/// A blank without width: parts what GitHub would make a mention, a reference or a link.
const APART: &str = "&#8203;";

/// Text that stands as it is in GitHub-flavoured Markdown, within a line or in a cell of a table.
///
/// Markup is escaped, and what GitHub makes of plain text (`@mention`, `#123`, `GH-123`, `:emoji:`,
/// bare links and addresses) is parted by a blank without width. One line; what steers a terminal
/// is left out.
pub fn markdown(text: &str) -> Cow<'_, str> {
    let safe = terminal(text);
    if safe.chars().all(|character| character.is_alphanumeric() || " ,;'\"/".contains(character)) {
        return safe;
    }
    let mut escaped = String::with_capacity(safe.len() * 2);
    for (place, character) in safe.char_indices() {
        let before = &safe[..place];
        let next = safe[place + character.len_utf8()..].chars().next();
        let next_is = |wanted: fn(char) -> bool| next.is_some_and(wanted);
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // A backslash before a bar does not part from the backslashes before it.
            '|' => escaped.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '$' | '^' | '{' | '}' | '!' | '#' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '-' | '+' | '=' if before.trim().is_empty() => {
                escaped.push('\\');
                escaped.push(character);
            }
            other => escaped.push(other),
        }
        let parted = match character {
            '@' | '#' => next_is(char::is_alphanumeric),
            // A time keeps its colons.
            ':' => next_is(|it| it.is_alphabetic() || "/_+-".contains(it)),
            '.' => ends_with(before, "www"),
            '-' => ends_with(before, "gh") && next_is(char::is_numeric),
            _ => false,
        };
        if parted {
            escaped.push_str(APART);
        }
    }
    Cow::Owned(escaped)
}

/// A name as code: nothing in it means anything, and it copies as it is.
fn code(name: &str) -> String {
    let safe = terminal(name);
    let safe = safe.trim();
    if safe.is_empty() {
        "(no name)".to_owned()
    } else if safe.contains(['`', '|', '\\']) {
        // These have a meaning in code too, or in a table around it.
        markdown(safe).into_owned()
    } else {
        format!("`{safe}`")
    }
}

/// Text of at most `limit` characters.
pub(in crate::report) fn brief(text: &str, limit: usize) -> String {
    markdown(&cut(text, limit)).into_owned()
}

/// A name of at most `limit` characters, as code.
pub(in crate::report) fn brief_code(name: &str, limit: usize) -> String {
    code(&cut(name, limit))
}

/// The text cut to at most `limit` characters, with an ellipsis where something is missing.
fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    let mut ends = text.char_indices().map(|(place, _)| place).skip(limit.saturating_sub(1));
    match (ends.next(), ends.next()) {
        (Some(end), Some(_)) => Cow::Owned(format!("{}…", text[..end].trim_end())),
        (Some(_), None) | (None, _) => Cow::Borrowed(text),
    }
}

fn ends_with(text: &str, word: &str) -> bool {
    let start = text.len().saturating_sub(word.len());
    text.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_stranger_wrote_is_markup() {
        for (text, expected) in [
            ("Alma Lind", "Alma Lind"),
            ("", ""),
            ("Zoë 山田", "Zoë 山田"),
            ("a | b", "a &#124; b"),
            ("a \\| b", "a \\\\&#124; b"),
            ("`code`", "\\`code\\`"),
            ("**bold** __x__", "\\*\\*bold\\*\\* \\_\\_x\\_\\_"),
            ("<script>", "&lt;script&gt;"),
            ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
            ("[x](y)", "\\[x\\](y)"),
            ("![x](y)", "\\!\\[x\\](y)"),
            ("~~gone~~", "\\~\\~gone\\~\\~"),
            ("$x$", "\\$x\\$"),
            ("@octocat", "@&#8203;octocat"),
            ("a @ b", "a @ b"),
            ("alma@contoso.example", "alma@&#8203;contoso.example"),
            ("#123", "\\#&#8203;123"),
            ("owner/repo#1", "owner/repo\\#&#8203;1"),
            ("# heading", "\\# heading"),
            ("gh-12 GH-12 gh-x", "gh-&#8203;12 GH-&#8203;12 gh-x"),
            (":smile:", ":&#8203;smile:"),
            ("09:00 UTC: x", "09:00 UTC: x"),
            ("https://x.example", "https:&#8203;//x.example"),
            ("WWW.x.example", "WWW.&#8203;x.example"),
            ("- item", "\\- item"),
            ("a - b", "a - b"),
            ("+ item", "\\+ item"),
            ("===", "\\==="),
            ("two\n\nlines", "two  lines"),
            ("\u{1b}[31m\u{202e}x", "\\[31mx"),
            ("gr\u{200b}ey @\u{200b}octocat", "grey @&#8203;octocat"),
        ] {
            assert_eq!(markdown(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_name_is_code_unless_code_would_not_hold_it() {
        for (name, expected) in [
            ("alma@contoso.example", "`alma@contoso.example`"),
            ("#1 <b> **x**", "`#1 <b> **x**`"),
            ("a`b", "a\\`b"),
            ("a|b", "a&#124;b"),
            ("a\\", "a\\\\"),
            ("  ", "(no name)"),
            ("two\nlines", "`two lines`"),
        ] {
            assert_eq!(code(name), expected, "{name:?}");
        }
    }

    #[test]
    fn a_cut_text_says_so() {
        for (text, limit, expected) in [
            ("short", 5, "short"),
            ("longer", 5, "long…"),
            ("blank here", 7, "blank…"),
            ("山田太郎", 3, "山田…"),
            ("", 5, ""),
        ] {
            assert_eq!(cut(text, limit), expected, "{text}");
        }
    }
}
