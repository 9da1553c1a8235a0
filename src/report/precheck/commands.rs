//! What build services take for commands in the output of a step, made harmless.

use std::io::{self, Write};

/// A joiner without width: it parts what would be a command, and shows nothing.
const APART: char = '\u{200c}';

/// Text in which no line is a command: GitHub takes what begins with `::` and has `##[` in it,
/// Azure DevOps what has `##vso[` in it.
pub fn disarmed(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let body = line.trim_start();
        safe.push_str(&line[..line.len() - body.len()]);
        let begins = body.starts_with("::");
        let mut rest = body.chars().peekable();
        let mut is_first = true;
        while let Some(character) = rest.next() {
            safe.push(character);
            let is_mark = character == '#' && rest.peek() == Some(&'#');
            if is_mark || (is_first && begins) {
                safe.push(APART);
            }
            is_first = false;
        }
    }
    safe
}

/// Draws, and writes it without commands.
pub(in crate::report) fn write_disarmed(
    out: &mut dyn Write,
    draw: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut drawn = Vec::new();
    draw(&mut drawn)?;
    out.write_all(disarmed(&String::from_utf8_lossy(&drawn)).as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_a_command() {
        for (text, expected) in [
            ("::error::x\n", ":\u{200c}:error::x\n"),
            ("a\n  ::error::x", "a\n  :\u{200c}:error::x"),
            ("\n\n::x", "\n\n:\u{200c}:x"),
            ("a ::error::x\n", "a ::error::x\n"),
            ("a ##vso[x]", "a #\u{200c}#vso[x]"),
            ("a ###[group]", "a #\u{200c}#\u{200c}#[group]"),
            ("plan.json:3 #1", "plan.json:3 #1"),
            (":", ":"),
            ("", ""),
        ] {
            assert_eq!(disarmed(text), expected, "{text:?}");
        }
    }
}
