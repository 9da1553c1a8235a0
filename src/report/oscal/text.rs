//! Text in the three forms that OSCAL knows: markup, one-line strings and tokens.

use super::uuid::Uuid;
use crate::report::escape;
use std::borrow::Cow;

/// Text where OSCAL takes markup: what would be a mark there is escaped.
pub(super) fn markup(text: &str) -> Cow<'_, str> {
    const MARKS: &str = "\\`*_[]<>~^{}!#&$";
    let safe = escape::terminal(text);
    if !safe.contains(|character: char| MARKS.contains(character)) {
        return safe;
    }
    let mut escaped = String::with_capacity(safe.len() + 16);
    for character in safe.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            mark if MARKS.contains(mark) => {
                escaped.push('\\');
                escaped.push(mark);
            }
            plain => escaped.push(plain),
        }
    }
    Cow::Owned(escaped)
}

/// A string as OSCAL takes it: one line, no blank at its ends; `None` when nothing is left.
pub(super) fn string(text: &str) -> Option<String> {
    let safe = escape::terminal(text);
    let safe = safe.trim();
    (!safe.is_empty()).then(|| safe.to_owned())
}

/// An identifier as a token: a letter or an underscore first, then letters, digits, `.`, `-`, `_`.
///
/// What starts with another sign than a letter gets an underscore before it. Where a sign had to be
/// replaced, the start of a digest keeps two identifiers apart.
pub(super) fn token(id: &str) -> String {
    let kept = |character: char| character.is_ascii_alphanumeric() || ".-_".contains(character);
    let plain = id.chars().all(kept);
    match id.chars().next() {
        Some(first) if plain && first.is_ascii_alphabetic() => id.to_owned(),
        Some(first) if plain && first != '_' => format!("_{id}"),
        Some(_) | None => {
            let id_kept: String =
                id.chars().map(|character| if kept(character) { character } else { '-' }).collect();
            let digest = Uuid::of(&["token", id]).to_string();
            format!("_{id_kept}-{}", &digest[..8])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_stranger_wrote_is_markup() {
        for (text, expected) in [
            ("Alma Lind", "Alma Lind"),
            ("", ""),
            ("alma_lind@contoso.example", "alma\\_lind@contoso.example"),
            ("<script>", "&lt;script&gt;"),
            ("[x](y) ![z](y)", "\\[x\\](y) \\!\\[z\\](y)"),
            ("**b** `c` ~d~ ^e^", "\\*\\*b\\*\\* \\`c\\` \\~d\\~ \\^e\\^"),
            ("{{ insert: param, x }}", "\\{\\{ insert: param, x \\}\\}"),
            ("a & b", "a &amp; b"),
            ("# heading", "\\# heading"),
            ("back\\slash", "back\\\\slash"),
            ("\"quoted\"", "\"quoted\""),
            ("two\nlines\u{202e}", "two lines"),
        ] {
            assert_eq!(markup(text), expected, "{text:?}");
        }
    }

    #[test]
    fn strings_are_one_line_without_blanks_around() {
        for (text, expected) in [
            ("a", Some("a")),
            ("  a b\n", Some("a b")),
            ("", None),
            (" \u{a0}\n", None),
            ("\u{200b}", None),
        ] {
            assert_eq!(string(text).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn identifiers_become_tokens_and_stay_apart() {
        for (id, expected) in [
            ("MS.AAD.7.1v1", "MS.AAD.7.1v1"),
            ("V-270204", "V-270204"),
            ("5.3.1", "_5.3.1"),
            ("21782", "_21782"),
            ("-a", "_-a"),
        ] {
            assert_eq!(token(id), expected);
        }
        let strange = ["", "_1", "AC-2 (1)", "AC-2 [1]", "ä", "=cmd", "a\nb"];
        let mut tokens: Vec<String> = strange.into_iter().map(token).collect();
        for token in &tokens {
            let signs = |it: char| it.is_ascii_alphanumeric() || ".-_".contains(it);
            assert!(token.starts_with('_') && token.chars().all(signs), "{token}");
        }
        tokens.sort();
        tokens.dedup();
        assert_eq!(tokens.len(), strange.len());
    }
}
