//! JSON as it is read from a file of changes: each value knows where it stands.

use super::edit::{End, Place};
use super::text::escaped;
use crate::baseline::nearest;
use crate::model::IsoDuration;
use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bad {
    pub(super) pointer: String,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Bad {
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

pub(super) type Read<T> = Result<T, Bad>;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node<'v> {
    pub(super) value: &'v Value,
    pub(super) pointer: String,
}

/// Longest pointer that is kept in full.
const LONGEST: usize = 512;
/// The end of one that is not.
const CUT: &str = "/…";
/// More of a text than this says nothing more.
const SHOWN: usize = 60;

/// A text of a file as a message may show it.
pub(super) fn shown(text: &str) -> String {
    let short: String = text.chars().take(SHOWN).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("{short:?}{dots}")
}

/// JSON of which no object has a name twice: most readers drop one of the two in silence.
pub(super) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str::<Once>(text).map(|Once(value)| value)
}

struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnceVisitor).map(Self)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Once(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            // Before its value is read, so that the error has the line of the name.
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!("{} is there twice", shown(&name))));
            }
            let Once(value) = members.next_value()?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

/// True for what OData says beside the properties: `@odata.type`, or `rules@odata.context` where
/// `rules` is known. Whom `members@odata.bind` binds is no note beside something.
fn is_annotation(key: &str, known: &[&str]) -> bool {
    key.split_once('@').is_some_and(|(of, what)| {
        let what = what.to_ascii_lowercase();
        (of.is_empty() || known.contains(&of)) && what.starts_with("odata.") && what != "odata.bind"
    })
}

impl<'v> Node<'v> {
    pub(super) fn new(value: &'v Value, pointer: impl Into<String>) -> Self {
        Self { value, pointer: pointer.into() }
    }

    pub(super) fn bad(&self, message: impl Into<String>) -> Bad {
        Bad { pointer: self.pointer.clone(), message: message.into(), hint: None }
    }

    pub(super) fn object(&self) -> Read<&'v Map<String, Value>> {
        self.value.as_object().ok_or_else(|| self.bad("it is no object"))
    }

    fn child(&self, name: &str, value: &'v Value) -> Self {
        Self { value, pointer: self.below(name) }
    }

    /// The pointer of what stands below, or of what it stands in where that is too long: a name may
    /// have megabytes, and thousands of values may stand below it.
    fn below(&self, name: &str) -> String {
        let pointer = &self.pointer;
        if pointer.ends_with(CUT) {
            return pointer.clone();
        }
        if pointer.len() + name.len() > LONGEST {
            return format!("{pointer}{CUT}");
        }
        format!("{pointer}/{}", escaped(name))
    }

    /// A member that is there and not null.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        Some(self.child(name, value))
    }

    /// The same in any casing, for formats that PowerShell reads.
    pub(super) fn find(&self, name: &str) -> Option<Self> {
        let mut members = self.value.as_object()?.iter();
        let (key, value) =
            members.find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null())?;
        Some(self.child(key, value))
    }

    /// A member that must be there.
    pub(super) fn need(&self, name: &str) -> Read<Self> {
        self.object()?;
        self.get(name).ok_or_else(|| self.bad(format!("{name} is missing")))
    }

    /// Members of an object with their names.
    pub(super) fn members(&self) -> Read<Vec<(&'v str, Self)>> {
        let members = self.object()?.iter();
        Ok(members.map(|(key, value)| (key.as_str(), self.child(key, value))).collect())
    }

    pub(super) fn list(&self) -> Read<Vec<Self>> {
        let list = self.value.as_array().ok_or_else(|| self.bad("it is no list"))?;
        let item = |(place, value): (usize, &'v Value)| self.child(&place.to_string(), value);
        Ok(list.iter().enumerate().map(item).collect())
    }

    pub(super) fn text(&self) -> Read<&'v str> {
        self.value.as_str().ok_or_else(|| self.bad("it is no text"))
    }

    pub(super) fn flag(&self) -> Read<bool> {
        self.value.as_bool().ok_or_else(|| self.bad("it is neither true nor false"))
    }

    /// A flag for PowerShell, which takes the text `true` for true, and every other one as well.
    pub(super) fn loose_flag(&self) -> Read<bool> {
        match self.value.as_str() {
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => {
                let bad = self.bad("PowerShell takes the text \"false\" for true");
                Err(bad.hint("write false without quotation marks"))
            }
            Some(_) | None => self.flag(),
        }
    }

    /// An id or a name that somebody filled in.
    pub(super) fn id(&self) -> Read<String> {
        let text = self.text()?.trim();
        if text.is_empty() {
            return Err(self.bad("it is empty"));
        }
        if text.contains(['<', '>', '{', '}']) {
            return Err(self.bad(format!("{} is still a placeholder", shown(text))));
        }
        Ok(text.to_owned())
    }

    pub(super) fn duration(&self) -> Read<IsoDuration> {
        IsoDuration::parse(self.text()?.trim()).map_err(|error| self.bad(error.to_string()))
    }

    pub(super) fn time(&self) -> Read<Timestamp> {
        let text = self.text()?.trim();
        text.parse().map_err(|_| self.bad(format!("{} is no time", shown(text))))
    }

    /// An end; the year 9999 stands for none.
    pub(super) fn end(&self) -> Read<End> {
        if self.text()?.trim().starts_with("9999-") {
            return Ok(End::Never);
        }
        self.time().map(End::At)
    }

    /// Refuses properties that nobody knows: a misspelt one would change nothing in silence.
    pub(super) fn only(&self, known: &[&str]) -> Read<()> {
        for key in self.object()?.keys() {
            if known.contains(&key.as_str()) || is_annotation(key, known) {
                continue;
            }
            let bad = self.bad(format!("{} is no property that is known here", shown(key)));
            return Err(match nearest(key, known.iter().copied()) {
                Some(near) => bad.hint(format!("did you mean {near}?")),
                None => bad,
            });
        }
        Ok(())
    }
}

/// A property that may be absent, read by `read`.
pub(super) fn maybe<'v, T>(
    node: Option<Node<'v>>,
    read: impl FnOnce(&Node<'v>) -> Read<T>,
) -> Read<Option<T>> {
    node.map(|node| read(&node)).transpose()
}

/// Where a value stands, in a file.
pub(super) fn place_of(file: &std::sync::Arc<str>, pointer: &str, line: Option<usize>) -> Place {
    Place { file: std::sync::Arc::clone(file), pointer: pointer.to_owned(), line }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_misspelt_property_is_refused_with_the_nearest() {
        let value = json!({"maximumDuraton": "PT8H", "@odata.type": "x"});
        let bad = Node::new(&value, "/b").only(&["maximumDuration", "id"]).unwrap_err();
        assert_eq!(bad.pointer, "/b");
        assert_eq!(bad.hint.as_deref(), Some("did you mean maximumDuration?"));
    }

    #[test]
    fn only_what_odata_says_of_a_known_property_may_stand_beside_it() {
        for (key, expected) in [
            ("@odata.type", true),
            ("@odata.context", true),
            ("rules@odata.context", true),
            ("rule@odata.context", false),
            ("rules@x", false),
            ("rules@odata.bind", false),
            ("@odata.bind", false),
            ("members@odata.bind", true),
            ("members@delta", false),
            ("@", false),
        ] {
            let value = json!({key: 1});
            let node = Node::new(&value, "");
            assert_eq!(node.only(&["rules", "members@odata.bind"]).is_ok(), expected, "{key}");
        }
    }

    #[test]
    fn json_is_read_as_it_stands_and_refused_where_a_name_stands_twice() {
        for text in [
            "null",
            "[true, -3, 18446744073709551615, 0.1, \"\\u00e4\", {}, []]",
            "{\"a\": {\"b\": [{\"a\": 1}, {\"a\": 2}]}, \"A\": null}",
        ] {
            assert_eq!(parse(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        }
        for (text, expected) in [
            ("{\"a\": 1, \"a\": 1}", "\"a\" is there twice"),
            ("[{\"b\": {\"a\": 1, \"\\u0061\": 2}}]", "\"a\" is there twice"),
            ("{\"a\": 1,\n \"a\": 2}", "line 2"),
            ("{\"a\": 1} x", "trailing"),
            ("", "EOF"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_pointer_is_whole_or_ends_where_it_gets_too_long() {
        let long = "k".repeat(LONGEST + 1);
        let value = json!({"a/b": {"c": [[1]]}, &long: {"c": [[1]]}});
        let node = Node::new(&value, "");
        for (name, expected) in [("a/b", "/a~1b/c/0/0"), (&*long, "/…")] {
            let inner = node.get(name).unwrap().get("c").unwrap().list().unwrap().remove(0);
            assert_eq!(inner.list().unwrap()[0].pointer, expected);
        }
    }

    #[test]
    fn placeholders_and_blanks_are_no_ids() {
        for (value, good) in [
            (json!("a-1"), true),
            (json!(" "), false),
            (json!("<id of the holder>"), false),
            (json!("{role}"), false),
            (json!(7), false),
            (json!(null), false),
        ] {
            assert_eq!(Node::new(&value, "").id().is_ok(), good, "{value}");
        }
    }

    #[test]
    fn a_flag_for_powershell_may_be_the_text_true_and_no_other() {
        for (value, strict, loose) in [
            (json!(true), Some(true), Some(true)),
            (json!("True"), None, Some(true)),
            (json!(false), Some(false), Some(false)),
            (json!("false"), None, None),
            (json!("False"), None, None),
            (json!("yes"), None, None),
            (json!(1), None, None),
        ] {
            let node = Node::new(&value, "");
            assert_eq!(node.flag().ok(), strict, "{value}");
            assert_eq!(node.loose_flag().ok(), loose, "{value}");
        }
    }
}
