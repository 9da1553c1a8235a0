//! Identifiers: parsed once, lower case, never mixed up.
//!
//! A display name is never a key; nothing here knows what an id belongs to beyond its kind.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

/// An identifier of one kind, lower case, in the order of its text.
#[derive(Clone)]
pub struct Id<Kind> {
    form: Form,
    kind: PhantomData<Kind>,
}

/// Nearly all identifiers are GUIDs. Their 16 bytes are held in place: a large tenant compares and
/// copies millions of them.
#[derive(Clone, PartialEq, Eq)]
enum Form {
    Guid([u8; 16]),
    Text(Arc<str>),
}

/// Length of a GUID as text.
const LENGTH: usize = 36;
/// Places of the hyphens in it.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

impl<Kind> Id<Kind> {
    /// Takes an identifier as Graph or a person wrote it; casing and blanks around it never matter.
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        let form = match guid(text) {
            Some(bytes) => Form::Guid(bytes),
            None if text.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                Form::Text(text.to_ascii_lowercase().into())
            }
            None => Form::Text(text.into()),
        };
        Self { form, kind: PhantomData }
    }

    /// Whether it is the one written here, in any casing.
    pub fn is(&self, text: &str) -> bool {
        match &self.form {
            Form::Guid(bytes) => guid(text).as_ref() == Some(bytes),
            Form::Text(own) => own.eq_ignore_ascii_case(text),
        }
    }

    /// The identifier as text, lower case.
    pub fn text(&self) -> Arc<str> {
        match &self.form {
            Form::Guid(bytes) => as_str(&digits(bytes)).into(),
            Form::Text(text) => Arc::clone(text),
        }
    }
}

impl<Kind> PartialEq for Id<Kind> {
    fn eq(&self, other: &Self) -> bool {
        self.form == other.form
    }
}

impl<Kind> Eq for Id<Kind> {}

impl<Kind> Ord for Id<Kind> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.form, &other.form) {
            // Hexadecimal digits, lower case, have the order of the bytes.
            (Form::Guid(one), Form::Guid(two)) => one.cmp(two),
            (Form::Text(one), Form::Text(two)) => one.cmp(two),
            (Form::Guid(one), Form::Text(two)) => as_str(&digits(one)).cmp(two),
            (Form::Text(one), Form::Guid(two)) => (**one).cmp(as_str(&digits(two))),
        }
    }
}

impl<Kind> PartialOrd for Id<Kind> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<Kind> Hash for Id<Kind> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.form {
            Form::Guid(bytes) => state.write(bytes),
            Form::Text(text) => text.hash(state),
        }
    }
}

impl<Kind> fmt::Debug for Id<Kind> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl<Kind> fmt::Display for Id<Kind> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.form.fmt(formatter)
    }
}

impl Form {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guid(bytes) => formatter.write_str(as_str(&digits(bytes))),
            Self::Text(text) => formatter.write_str(text),
        }
    }
}

/// The id of a row as Graph wrote it: many are GUIDs, those of schedules are not and mind their casing.
#[derive(Clone, PartialEq, Eq)]
pub struct RowId(Form);

impl From<&str> for RowId {
    fn from(text: &str) -> Self {
        let lower = |_: &[u8; 16]| !text.bytes().any(|byte| byte.is_ascii_uppercase());
        Self(guid(text).filter(lower).map_or_else(|| Form::Text(text.into()), Form::Guid))
    }
}

impl From<&Arc<str>> for RowId {
    fn from(text: &Arc<str>) -> Self {
        match Self::from(&**text) {
            Self(Form::Text(_)) => Self(Form::Text(Arc::clone(text))),
            guid => guid,
        }
    }
}

impl<Kind> From<&Id<Kind>> for RowId {
    fn from(id: &Id<Kind>) -> Self {
        Self(id.form.clone())
    }
}

impl From<&Self> for RowId {
    fn from(id: &Self) -> Self {
        id.clone()
    }
}

impl fmt::Debug for RowId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The bytes of a GUID written as 8-4-4-4-12 hexadecimal digits.
fn guid(text: &str) -> Option<[u8; 16]> {
    let text: &[u8; LENGTH] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 16];
    let mut place = 0;
    for byte in &mut bytes {
        if HYPHENS.contains(&place) {
            if text[place] != b'-' {
                return None;
            }
            place += 1;
        }
        *byte = digit(text[place])? << 4 | digit(text[place + 1])?;
        place += 2;
    }
    Some(bytes)
}

const fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        b'A'..=b'F' => Some(character - b'A' + 10),
        _ => None,
    }
}

fn digits(bytes: &[u8; 16]) -> [u8; LENGTH] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [b'-'; LENGTH];
    let mut place = 0;
    for byte in bytes {
        if HYPHENS.contains(&place) {
            place += 1;
        }
        text[place] = DIGITS[usize::from(byte >> 4)];
        text[place + 1] = DIGITS[usize::from(byte & 15)];
        place += 2;
    }
    text
}

fn as_str(digits: &[u8; LENGTH]) -> &str {
    // They are digits and hyphens: this never fails.
    std::str::from_utf8(digits).unwrap_or_default()
}

/// Marks the identifier of a directory role definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleKind;

/// Marks the object id of a user, group or service principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrincipalKind;

/// A directory role: the template id of a built-in role, the definition id of a custom one.
pub type RoleId = Id<RoleKind>;

/// An object id in the directory. A group that holds a role is a principal like any other.
pub type PrincipalId = Id<PrincipalKind>;

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: [&str; 8] = [
        "62e90394-69f5-4237-9190-012177145e10",
        " 62E90394-69F5-4237-9190-012177145E10 ",
        "62e9039469f542379190012177145e10",
        "62e90394-69f5-4237-9190-012177145e1g",
        "62e90394-69f5-4237-9190-012177145e1",
        "62e90394+69f5-4237-9190-012177145e10",
        "Ana-Ü",
        "",
    ];

    #[test]
    fn an_id_reads_as_it_was_written_in_lower_case() {
        for text in WRITTEN {
            let id = PrincipalId::new(text);
            let expected = text.trim().to_ascii_lowercase();
            assert_eq!(id.to_string(), expected);
            assert_eq!(*id.text(), *expected);
            assert!(id.is(text.trim()), "{text}");
        }
    }

    #[test]
    fn casing_and_blanks_never_make_two_ids() {
        assert_eq!(RoleId::new(WRITTEN[0]), RoleId::new(WRITTEN[1]));
        assert!(!RoleId::new(WRITTEN[0]).is("62e90394-69f5-4237-9190-012177145e11"));
    }

    #[test]
    fn a_row_keeps_its_casing() {
        for text in WRITTEN {
            assert_eq!(RowId::from(text).to_string(), text);
            assert_eq!(RowId::from(&Arc::<str>::from(text)).to_string(), text);
        }
        assert_eq!(RowId::from(WRITTEN[0]), RowId::from(&PrincipalId::new(WRITTEN[1])));
    }

    proptest::proptest! {
        #[test]
        fn ids_compare_as_their_texts(
            one in "[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-z-]{0,4}",
            two in "[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-z-]{0,4}",
        ) {
            let (first, second) = (RoleId::new(&one), RoleId::new(&two));
            proptest::prop_assert_eq!(first.cmp(&second), one.cmp(&two));
            proptest::prop_assert_eq!(first == second, one == two);
            proptest::prop_assert_eq!(first.to_string(), one);
        }
    }
}
