//! YAML text as a tree in which every key and value knows its place and repeated keys are kept, and
//! the few questions readers ask of it.
//!
//! Knows nothing of baselines. Deep nesting and alias bombs end at the parser's budgets.

use super::faults::{Collector, Fault, Place, nearest, shown};
use super::format::FORMAT;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{
    DuplicateKeyPolicy, Error, Location, MergeKeyPolicy, MessageFormatter, NonFiniteFloatPolicy,
    Options, Spanned, UserMessageFormatter,
};
use std::collections::BTreeMap;
use std::fmt;

/// Our formats nest six deep; the limit keeps the recursive reader far from the end of its stack.
const DEEPEST: usize = 16;
/// Parser events that aliases may repeat. People anchor a list of roles, not a file.
const MOST_REPEATED: usize = 50_000;
const QUOTES: &str = "put it in quotes";

/// A value with its place. An aliased value has the place of its anchor, where it can be mended.
#[derive(Debug, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) place: Place,
}

/// A YAML value.
#[derive(Debug, PartialEq)]
pub(super) enum Value {
    /// Empty, `~` or `null`.
    Nothing,
    /// `true` or `false`; `on`, `off`, `yes` and `no` are text.
    Flag(bool),
    /// A whole number.
    Whole(i128),
    /// A number with a fraction or an exponent.
    Fraction(f64),
    /// Anything else that is no collection.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file, repeated keys included.
    Entries(Vec<(Node, Node)>),
}

impl Value {
    /// The kind of value, for messages.
    fn kind(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Flag(_) => "true or false",
            Self::Whole(_) | Self::Fraction(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Entries(_) => "a mapping",
        }
    }
}

/// How YAML is read: no merging of keys, no YAML 1.1 booleans (`on` is a key of ours), all keys kept.
pub(super) fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: DEEPEST },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MOST_REPEATED },
        // For maps the parser hands every key on under this policy, so that we can name them all.
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    }
}

/// Reads one YAML document. The fault is the parser's first.
pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| fault_of(&error))
}

fn fault_of(error: &Error) -> Fault {
    let mut cause = error.without_snippet();
    while let Error::AliasError { error, .. } = cause {
        cause = error;
    }
    let place = place_of(error.location().unwrap_or(Location::UNKNOWN));
    let message: String = UserMessageFormatter
        .format_message(cause)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    Fault {
        line: place.line,
        column: place.column,
        message: format!("not readable as YAML: {message}"),
        hint: None,
    }
}

fn place_of(location: Location) -> Place {
    let from_one = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).max(1);
    Place { line: from_one(location.line()), column: from_one(location.column()) }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        Ok(Self { value: spanned.value, place: place_of(spanned.defined) })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Whole(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Whole(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Fraction(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = sequence.next_element()? {
            nodes.push(node);
        }
        Ok(Value::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Value::Entries(pairs))
    }
}

/// One entry of a mapping.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: &'a str,
    pub(super) place: Place,
    pub(super) node: &'a Node,
}

/// The entries of a mapping with free keys, each key once. What is no mapping has none.
pub(super) fn entries<'a>(node: &'a Node, what: &str, faults: &mut Collector) -> Vec<Entry<'a>> {
    let Value::Entries(pairs) = &node.value else {
        let message = if node.value == Value::Nothing {
            format!("{what} is empty")
        } else {
            wrong(what, "a mapping", &node.value)
        };
        faults.plain(node.place, message);
        return Vec::new();
    };
    let mut lines = BTreeMap::new();
    let mut found = Vec::with_capacity(pairs.len());
    for (key, node) in pairs {
        let Value::Text(name) = &key.value else {
            let message = format!("a key of {what} must be text, not {}", key.value.kind());
            faults.hinted(key.place, message, QUOTES);
            continue;
        };
        match lines.get(name.as_str()) {
            Some(line) => faults.hinted(
                key.place,
                format!("key {} is repeated", shown(name)),
                format!("it is first given in line {line}"),
            ),
            None => {
                lines.insert(name.as_str(), key.place.line);
                found.push(Entry { key: name, place: key.place, node });
            }
        }
    }
    found
}

/// The entries of a mapping whose keys are known.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    /// Where the mapping begins.
    pub(super) place: Place,
    what: &'static str,
    found: Vec<Entry<'a>>,
    /// Keys that a misspelt one was probably meant to be: they are not reported missing as well.
    meant: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Reads a mapping and reports keys that are unknown or repeated.
    ///
    /// `what` is the thing it describes, such as `rule`.
    pub(super) fn read(
        node: &'a Node,
        what: &'static str,
        keys: &[&'static str],
        faults: &mut Collector,
    ) -> Option<Self> {
        let all = entries(node, what, faults);
        if !matches!(node.value, Value::Entries(_)) {
            return None;
        }
        let mut fields = Self { place: node.place, what, found: Vec::new(), meant: Vec::new() };
        for entry in all {
            if keys.contains(&entry.key) {
                fields.found.push(entry);
                continue;
            }
            faults.unknown(
                entry.place,
                &format!("key of {what}:"),
                entry.key,
                keys.iter().copied(),
            );
            if let Some(near) = nearest(entry.key, keys.iter().copied()) {
                fields.meant.extend(keys.iter().find(|key| **key == near));
            }
        }
        Some(fields)
    }

    /// The value of a key; none where the key is absent or says nothing.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        let entry = self.found.iter().find(|entry| entry.key == key)?;
        (entry.node.value != Value::Nothing).then_some(entry.node)
    }

    /// The value of a key that must be there.
    pub(super) fn required(
        &self,
        key: &str,
        hint: &str,
        faults: &mut Collector,
    ) -> Option<&'a Node> {
        let found = self.get(key);
        if found.is_none() && !self.misspelt(key) {
            let written = self.found.iter().find(|entry| entry.key == key);
            let place = written.map_or(self.place, |entry| entry.place);
            faults.hinted(place, format!("{} has no {key}", self.what), hint);
        }
        found
    }

    /// True when an unknown key was probably meant to be this one.
    pub(super) fn misspelt(&self, key: &str) -> bool {
        self.meant.contains(&key)
    }
}

/// False when the file says it is of another version: the rest of it would be misread.
pub(super) fn known_format(root: &Node, faults: &mut Collector) -> bool {
    let Value::Entries(pairs) = &root.value else { return true };
    for (key, node) in pairs {
        if let (Value::Text(name), Value::Whole(number)) = (&key.value, &node.value)
            && name == "format"
            && *number != i128::from(FORMAT)
        {
            let hint = format!("this version of pimaudit reads format {FORMAT}");
            faults.hinted(node.place, format!("unknown format {number}"), hint);
            return false;
        }
    }
    true
}

/// Reports a `format` that is missing or no number.
pub(super) fn format(fields: &Fields<'_>, faults: &mut Collector) {
    let hint = format!("write format: {FORMAT}");
    let Some(node) = fields.required("format", &hint, faults) else { return };
    if !matches!(node.value, Value::Whole(_)) {
        faults.hinted(node.place, wrong("format", &FORMAT.to_string(), &node.value), hint);
    }
}

/// Text that says something, without blanks around it.
pub(super) fn text<'a>(node: &'a Node, what: &str, faults: &mut Collector) -> Option<&'a str> {
    match &node.value {
        Value::Text(text) if text.trim().is_empty() => {
            faults.plain(node.place, format!("{what} is empty"));
            None
        }
        Value::Text(text) => Some(text.trim()),
        other @ (Value::Flag(_) | Value::Whole(_) | Value::Fraction(_)) => {
            faults.hinted(node.place, wrong(what, "text", other), QUOTES);
            None
        }
        other @ (Value::Nothing | Value::List(_) | Value::Entries(_)) => {
            faults.plain(node.place, wrong(what, "text", other));
            None
        }
    }
}

/// The items of a list; what is no list has none.
pub(super) fn list<'a>(node: &'a Node, what: &str, faults: &mut Collector) -> &'a [Node] {
    let Value::List(nodes) = &node.value else {
        faults.plain(node.place, wrong(what, "a list", &node.value));
        return &[];
    };
    nodes
}

/// `true` or `false`.
pub(super) fn flag(node: &Node, what: &str, faults: &mut Collector) -> Option<bool> {
    let Value::Flag(flag) = node.value else {
        faults.plain(node.place, wrong(what, "true or false", &node.value));
        return None;
    };
    Some(flag)
}

/// Says that a value has the wrong type.
pub(super) fn wrong(what: &str, expected: &str, found: &Value) -> String {
    format!("{what} must be {expected}, not {}", found.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(node: &Node) -> &[(Node, Node)] {
        let Value::Entries(pairs) = &node.value else { panic!("{node:?} is no mapping") };
        pairs
    }

    fn keys(node: &Node) -> Vec<(&Value, usize, usize)> {
        pairs(node).iter().map(|(key, _)| (&key.value, key.place.line, key.place.column)).collect()
    }

    fn word(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn faults_of(text: &str, keys: &[&'static str]) -> String {
        let mut faults = Collector::default();
        let node = parse(text).unwrap();
        Fields::read(&node, "rule", keys, &mut faults);
        faults.result("own.yaml", None::<()>).unwrap_err().to_string()
    }

    #[test]
    fn every_key_keeps_its_place_and_repeated_ones_stay() {
        let (a, b, c) = (word("a"), word("b"), word("c"));
        let node = parse("a: 1\nb:\n  c: 2\n  c: 3\na: 4\n").unwrap();
        assert_eq!(keys(&node), [(&a, 1, 1), (&b, 2, 1), (&a, 5, 1)]);
        assert_eq!(keys(&pairs(&node)[1].1), [(&c, 3, 3), (&c, 4, 3)]);
        let last = Node { value: Value::Whole(4), place: Place { line: 5, column: 4 } };
        assert_eq!(pairs(&node)[2].1, last);
    }

    #[test]
    fn a_byte_order_mark_and_windows_line_ends_are_no_fault() {
        let (a, b) = (word("a"), word("b"));
        for text in ["\u{feff}a: x\nb: y\n", "a: x\r\nb: y\r\n", "\u{feff}a: x\r\nb: y"] {
            assert_eq!(keys(&parse(text).unwrap()), [(&a, 1, 1), (&b, 2, 1)], "{text:?}");
        }
    }

    #[test]
    fn scalars_are_what_people_mean() {
        for (text, expected) in [
            ("on", word("on")),
            ("no", word("no")),
            ("true", Value::Flag(true)),
            ("PT8H", word("PT8H")),
            ("2027-02-01", word("2027-02-01")),
            ("7f3a0000-0000-4000-8000-000000000001", word("7f3a0000-0000-4000-8000-000000000001")),
            ("principal:7f3a", word("principal:7f3a")),
            ("8", Value::Whole(8)),
            ("-1", Value::Whole(-1)),
            ("0.3", Value::Fraction(0.3)),
            ("'8'", word("8")),
            (".nan", word(".nan")),
            ("~", Value::Nothing),
            ("", Value::Nothing),
        ] {
            assert_eq!(parse(text).unwrap().value, expected, "{text:?}");
        }
    }

    #[test]
    fn unknown_and_repeated_keys_are_all_named() {
        let text = "check: x\nsevrity: high\ncheck: y\nzzz: 1\ncheck: z\n1: one\n<<: { a: b }\n";
        assert_eq!(
            faults_of(text, &["check", "severity"]),
            "own.yaml:2:1: unknown key of rule: sevrity\n  hint: did you mean severity?\n\
             own.yaml:3:1: key check is repeated\n  hint: it is first given in line 1\n\
             own.yaml:4:1: unknown key of rule: zzz\n  hint: known are check, severity\n\
             own.yaml:5:1: key check is repeated\n  hint: it is first given in line 1\n\
             own.yaml:6:1: a key of rule must be text, not a number\n  hint: put it in quotes\n\
             own.yaml:7:1: unknown key of rule: \"<<\"\n  hint: known are check, severity"
        );
    }

    #[test]
    fn a_misspelt_key_is_not_missing_as_well() {
        for (text, expected) in [("sevrity: high", 0), ("check: x", 1), ("severity:", 1)] {
            let node = parse(text).unwrap();
            let mut faults = Collector::default();
            let keys = ["check", "severity"];
            let fields = Fields::read(&node, "rule", &keys, &mut Collector::default()).unwrap();
            fields.required("severity", "say how bad it is", &mut faults);
            let count = faults.result("own.yaml", None::<()>).unwrap_err().faults.len();
            assert_eq!(count, expected, "{text}");
        }
    }

    #[test]
    fn broken_yaml_is_one_fault_with_its_place() {
        for text in ["a: [1, 2\nb: 3\n", "a: \"x\n"] {
            let fault = parse(text).unwrap_err();
            assert!((1..=3).contains(&fault.line), "{text:?}: {fault:?}");
            assert!(fault.message.starts_with("not readable as YAML: "), "{fault:?}");
        }
        assert!(parse("a: 1\n---\nb: 2\n").is_err(), "two documents");
        assert!(parse("a: *nobody\n").is_err(), "an alias without an anchor");
    }

    #[test]
    fn hostile_yaml_ends_at_the_budgets() {
        let mut laughs = String::from("l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let below = level - 1;
            let ten = vec![format!("*l{below}"); 10].join(", ");
            laughs.push_str(&format!("l{level}: &l{level} [{ten}]\n"));
        }
        for text in [
            "[".repeat(100_000),
            format!("{}x{}", "[".repeat(17), "]".repeat(17)),
            (0..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect(),
            laughs,
            "a: &a [*a]\n".to_owned(),
            "--- x\n".repeat(100_000),
        ] {
            assert!(parse(&text).is_err(), "{}", &text[..text.len().min(40)]);
        }
    }

    #[test]
    fn an_alias_has_the_place_of_its_anchor() {
        let node = parse("a: &x high\nb: *x\n").unwrap();
        assert_eq!(pairs(&node)[1].1, pairs(&node)[0].1);
    }
}
