//! The text of a file of planned changes: its encoding, its comments, its lines.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// More than any plan; a larger file is a mistake or a trap.
pub const LARGEST: usize = 64 << 20;

/// The bytes as text. PowerShell writes UTF-16 where nobody asked for it.
pub(super) fn text_of(bytes: &[u8]) -> Result<String, String> {
    if bytes.len() > LARGEST {
        return Err(format!("it is larger than {} MiB", LARGEST >> 20));
    }
    let wide = |rest: &[u8], order: fn([u8; 2]) -> u16| -> Option<String> {
        let pairs = rest.chunks_exact(2);
        // Half a character at the end: the file was cut.
        if !pairs.remainder().is_empty() {
            return None;
        }
        let units: Vec<u16> = pairs.map(|pair| order([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok()
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).ok().map(str::to_owned),
        _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
    };
    text.ok_or_else(|| "it is no text in UTF-8 or UTF-16".to_owned())
}

#[derive(Clone, Copy)]
enum State {
    Code,
    Text,
    Line,
    Block,
}

/// The text with blanks in place of `// …` and `/* … */`; every line keeps its number.
pub(super) fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut state = State::Code;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let next = rest.peek().copied();
        match state {
            State::Code => match (character, next) {
                ('/', Some('/')) => {
                    plain.push(' ');
                    state = State::Line;
                }
                ('/', Some('*')) => {
                    rest.next();
                    plain.push_str("  ");
                    state = State::Block;
                }
                (other, _) => {
                    if other == '"' {
                        state = State::Text;
                    }
                    plain.push(other);
                }
            },
            State::Text => {
                plain.push(character);
                if character == '\\' {
                    plain.extend(rest.next());
                } else if character == '"' {
                    state = State::Code;
                }
            }
            State::Line => {
                if character == '\n' {
                    state = State::Code;
                }
                plain.push(if character == '\n' { '\n' } else { ' ' });
            }
            State::Block => {
                if (character, next) == ('*', Some('/')) {
                    rest.next();
                    plain.push(' ');
                    state = State::Code;
                }
                plain.push(if character == '\n' { '\n' } else { ' ' });
            }
        }
    }
    plain
}

/// Lines of those objects and lists of a JSON text that somebody asks for.
#[derive(Debug, Default)]
pub(super) struct Lines(HashMap<String, usize>);

struct Frame {
    is_list: bool,
    /// Length of the pointer to the object or list itself.
    length: usize,
    index: usize,
    wants_key: bool,
}

impl Lines {
    /// Of a text that is JSON; of any other text they mean nothing. A text of one line has none.
    pub(super) fn of<'p>(text: &str, pointers: impl Iterator<Item = &'p str>) -> Self {
        let mut lines = Self::default();
        if !text.trim_end().contains('\n') {
            return lines;
        }
        let mut wanted: HashSet<&str> = HashSet::new();
        for mut pointer in pointers {
            // What it stands in is there already where the pointer itself is.
            while wanted.insert(pointer)
                && let Some(end) = pointer.rfind('/')
            {
                pointer = &pointer[..end];
            }
        }
        let longest = wanted.iter().map(|it| it.len()).max().unwrap_or_default();
        let bytes = text.as_bytes();
        let (mut place, mut line) = (0, 1);
        let mut pointer = String::new();
        let mut stack: Vec<Frame> = Vec::new();
        while let Some(&byte) = bytes.get(place) {
            match byte {
                b'\n' => line += 1,
                b'"' => {
                    let end = end_of_text(bytes, place + 1);
                    if let Some(top) = stack.last_mut()
                        && top.wants_key
                    {
                        top.wants_key = false;
                        pointer.truncate(top.length);
                        pointer.push('/');
                        pointer.push_str(&escaped(&key(text, place, end)));
                    }
                    place = end;
                }
                b'{' | b'[' => {
                    if pointer.len() <= longest && wanted.contains(pointer.as_str()) {
                        lines.0.insert(pointer.clone(), line);
                        if lines.0.len() == wanted.len() {
                            break;
                        }
                    }
                    let is_list = byte == b'[';
                    stack.push(Frame {
                        is_list,
                        length: pointer.len(),
                        index: 0,
                        wants_key: !is_list,
                    });
                    if is_list {
                        pointer.push_str("/0");
                    }
                }
                b'}' | b']' => {
                    if let Some(top) = stack.pop() {
                        pointer.truncate(top.length);
                    }
                }
                b',' => {
                    if let Some(top) = stack.last_mut() {
                        pointer.truncate(top.length);
                        if top.is_list {
                            top.index += 1;
                            pointer.push_str(&format!("/{}", top.index));
                        } else {
                            top.wants_key = true;
                        }
                    }
                }
                _ => {}
            }
            place += 1;
        }
        lines
    }

    /// The line of what stands at a pointer, or of what it stands in.
    pub(super) fn at(&self, pointer: &str) -> Option<usize> {
        let mut pointer = pointer;
        loop {
            if let Some(line) = self.0.get(pointer) {
                return Some(*line);
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }
}

/// The key between these quotation marks.
fn key(text: &str, start: usize, end: usize) -> Cow<'_, str> {
    let raw = text.get(start + 1..end).unwrap_or_default();
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let quoted = text.get(start..=end).unwrap_or_default();
    serde_json::from_str(quoted).map_or(Cow::Borrowed(raw), Cow::Owned)
}

/// Place of the closing quotation mark.
fn end_of_text(bytes: &[u8], mut place: usize) -> usize {
    while let Some(byte) = bytes.get(place) {
        match byte {
            b'\\' => place += 2,
            b'"' => return place,
            _ => place += 1,
        }
    }
    bytes.len()
}

/// A key as a part of a pointer.
pub(super) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_usual_encoding_is_read() {
        let little: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain("{é}".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        for (bytes, expected) in [
            (b"{}".to_vec(), Some("{}")),
            (b"\xef\xbb\xbf{}".to_vec(), Some("{}")),
            (little, Some("{é}")),
            (vec![0xfe, 0xff, 0, b'{', 0, b'}'], Some("{}")),
            (vec![0xff, 0xfe], Some("")),
            (vec![0xff, 0xfe, 0, 0xd8], None),
            (vec![0xff, 0xfe, b'{', 0, b'}'], None),
            (vec![0xfe, 0xff, 0, b'{', 0], None),
            (vec![0xc3, 0x28], None),
        ] {
            assert_eq!(text_of(&bytes).ok().as_deref(), expected, "{bytes:?}");
        }
    }

    #[test]
    fn comments_become_blanks_and_texts_stay() {
        for (text, expected) in [
            ("{\"a\": 1} // x", "{\"a\": 1}     "),
            ("{/* a\nb */}", "{    \n    }"),
            ("{\"a\": \"//x /* y */\"}", "{\"a\": \"//x /* y */\"}"),
            ("\"a\\\" // b\"", "\"a\\\" // b\""),
            ("/", "/"),
            ("/*", "  "),
        ] {
            assert_eq!(without_comments(text), expected, "{text}");
        }
    }

    fn line(text: &str, pointer: &str) -> Option<usize> {
        Lines::of(text, std::iter::once(pointer)).at(pointer)
    }

    #[test]
    fn a_pointer_has_the_line_of_what_it_points_into() {
        let text = "{\n \"a\": [\n  {\"x\": 1},\n  {\"b/c\": {\n \"d\": []}}\n ],\n\
            \"\\u0065\\n\": {\n\"f\":\n{}}}";
        let all = ["/a/1/b~1c", "/a/0/x", "/none"];
        let lines = Lines::of(text, all.into_iter());
        for (pointer, expected) in [
            ("", Some(1)),
            ("/a", Some(2)),
            ("/a/0", Some(3)),
            ("/a/1/b~1c", Some(4)),
            ("/a/1/b~1c/d", Some(5)),
            ("/a/0/x", Some(3)),
            ("/none", Some(1)),
            // A key is what it means, however it is written.
            ("/e\n", Some(7)),
            ("/e\n/f", Some(9)),
        ] {
            assert_eq!(line(text, pointer), expected, "{pointer}");
            if all.contains(&pointer) {
                assert_eq!(lines.at(pointer), expected, "{pointer}");
            }
        }
        assert_eq!(line("{\"a\":{}}", "/a"), None);
    }

    #[test]
    fn neither_depth_nor_number_puts_a_line_wrong() {
        let many = format!("{{\n\"a\": [\n{}{{}}]}}", "{},\n".repeat(60_000));
        let deep = format!("{}{}", "[\n".repeat(40), "]".repeat(40));
        for (text, pointer, expected) in [
            (&many, "/a/0".to_owned(), 3),
            (&many, "/a/60000".to_owned(), 60_003),
            (&deep, "/0".repeat(39), 40),
            // More than there is: the last that there is.
            (&deep, "/0".repeat(50), 40),
        ] {
            assert_eq!(line(text, &pointer), Some(expected), "{pointer}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_them_panic(text in proptest::prelude::any::<String>()) {
            let plain = without_comments(&text);
            let _ = line(&plain, "/a/0");
            proptest::prop_assert_eq!(
                plain.matches('\n').count(),
                text.matches('\n').count()
            );
        }
    }
}
