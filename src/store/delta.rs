//! What differs from one text to another, line by line: most rows of a tenant are those of the day before.
//!
//! A difference is lines itself: `=START COUNT` copies lines of the older text, `+LINE` is a new one, and
//! `~PREFIX SUFFIX MIDDLE` is the next line of the older text with another middle. Any two texts have a
//! difference; between unlike ones it is long.

use super::content::LARGEST;
use std::collections::HashMap;
use std::fmt::Write as _;

/// How to make `new` out of `old`. Both are lines that end with a line feed.
pub(super) fn delta(old: &str, new: &str) -> String {
    let old: Vec<&str> = lines(old).collect();
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(old.len());
    for (place, line) in old.iter().copied().enumerate() {
        places.entry(line).or_insert(place);
    }
    let mut out = String::new();
    // The lines that are being copied.
    let (mut start, mut count) = (0, 0);
    for line in lines(new) {
        let next = start + count;
        let place =
            if old.get(next) == Some(&line) { Some(next) } else { places.get(line).copied() };
        match place {
            Some(place) if place == next => count += 1,
            Some(place) => {
                copy(&mut out, start, count);
                (start, count) = (place, 1);
            }
            None => {
                copy(&mut out, start, count);
                let changed = old.get(next).is_some_and(|old| change(&mut out, old, line));
                if !changed {
                    out.push('+');
                    out.push_str(line);
                    out.push('\n');
                }
                (start, count) = (next + usize::from(changed), 0);
            }
        }
    }
    copy(&mut out, start, count);
    out
}

fn copy(out: &mut String, start: usize, count: usize) {
    if count > 0 {
        // Writing to a text cannot fail.
        let _ = writeln!(out, "={start} {count}");
    }
}

/// A line as a change of another one, where half of it or more stays.
fn change(out: &mut String, old: &str, new: &str) -> bool {
    let (prefix, suffix) = common(old, new);
    if (prefix + suffix) * 2 < new.len() {
        return false;
    }
    let middle = &new[prefix..new.len() - suffix];
    let _ = writeln!(out, "~{prefix} {suffix} {middle}");
    true
}

/// Bytes that two lines have in common at the beginning and, of the rest, at the end; whole characters.
fn common(one: &str, other: &str) -> (usize, usize) {
    let same = |(one, other): &(char, char)| one == other;
    let length = |(one, _): (char, char)| one.len_utf8();
    let prefix: usize = one.chars().zip(other.chars()).take_while(same).map(length).sum();
    let (one, other) = (&one[prefix..], &other[prefix..]);
    let suffix = one.chars().rev().zip(other.chars().rev()).take_while(same).map(length).sum();
    (prefix, suffix)
}

/// The newer text; `None` where the difference is none of `old`, or makes a text without end.
pub(super) fn apply(old: &str, delta: &str) -> Option<String> {
    let old: Vec<&str> = lines(old).collect();
    let mut out = String::new();
    let mut next = 0;
    for line in lines(delta) {
        if out.len() > LARGEST {
            return None;
        }
        let (kind, rest) = line.split_at_checked(1)?;
        match kind {
            "=" => {
                let (start, count) = rest.split_once(' ')?;
                let start: usize = start.parse().ok()?;
                next = start.checked_add(count.parse().ok()?)?;
                for line in old.get(start..next)? {
                    out.push_str(line);
                    out.push('\n');
                }
            }
            "+" => {
                out.push_str(rest);
                out.push('\n');
            }
            "~" => {
                let (prefix, rest) = rest.split_once(' ')?;
                let (suffix, middle) = rest.split_once(' ')?;
                let line = old.get(next)?;
                let end = line.len().checked_sub(suffix.parse().ok()?)?;
                out.push_str(line.get(..prefix.parse::<usize>().ok()?)?);
                out.push_str(middle);
                out.push_str(line.get(end..)?);
                out.push('\n');
                next += 1;
            }
            _ => return None,
        }
    }
    Some(out)
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_terminator('\n')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_difference_says_what_changed_and_no_more() {
        let row = |number: usize| format!("{{\"id\":\"a-{number}\",\"end\":\"2027-01-01\"}}\n");
        let rows = |numbers: &[usize]| numbers.iter().map(|&it| row(it)).collect::<String>();
        for (old, new, expected) in [
            (rows(&[1, 2, 3]), rows(&[1, 2, 3]), "=0 3\n"),
            (rows(&[1, 2, 3]), rows(&[1, 3]), "=0 1\n=2 1\n"),
            (rows(&[1, 2, 3]), rows(&[3, 1, 2]), "=2 1\n=0 2\n"),
            (rows(&[1, 2]), String::new(), ""),
            (String::new(), "x\n".to_owned(), "+x\n"),
            ("x\ny\n".to_owned(), "x\nz\ny\n".to_owned(), "=0 1\n+z\n=1 1\n"),
            (
                rows(&[1, 2, 3]),
                rows(&[1, 2, 3]).replace("a-2\",\"end\":\"2027", "a-2\",\"end\":\"2028"),
                "=0 1\n~22 8 8\n=2 1\n",
            ),
        ] {
            assert_eq!(delta(&old, &new), expected, "{old} {new}");
            assert_eq!(apply(&old, expected).as_deref(), Some(new.as_str()));
        }
    }

    #[test]
    fn what_is_no_difference_makes_no_text() {
        for bad in [
            "?\n",
            "\n",
            "=0\n",
            "=0 3\n",
            "=1 2\n",
            "=x 1\n",
            "=1 18446744073709551615\n",
            "~0 9 x\n",
            "~9 0 x\n",
            "~1 0 x\n",
            "~0 1\n",
            "=2 0\n~0 0 x\n",
        ] {
            assert_eq!(apply("ß\nb\n", bad), None, "{bad:?}");
        }
        assert_eq!(apply("ß\nb\n", "~2 0 x\n").as_deref(), Some("ßx\n"));
    }

    fn text() -> impl Strategy<Value = String> {
        // Few different lines, so that they come again and again and in other places.
        proptest::collection::vec("[aß]{0,3}|[ab\"]{8}", 0..20)
            .prop_map(|lines| lines.iter().map(|line| format!("{line}\n")).collect::<String>())
    }

    proptest! {
        #[test]
        fn any_text_follows_from_any_other(old in text(), new in text()) {
            prop_assert_eq!(apply(&old, &delta(&old, &new)), Some(new));
        }

        #[test]
        fn nothing_that_is_applied_breaks(old in text(), delta in "([=+~?][0-9 ß]{0,6}\n){0,6}") {
            let _ = apply(&old, &delta);
        }
    }
}
