//! WireMock stub mappings: reading them, and whether one plans for a request.
//!
//! Only what the fixtures need is known; anything else in a mapping is a fault, since it would be
//! passed over in silence.

use super::asked::{Asked, FILTER};
use regex::Regex;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// WireMock's priority of a stub that names none; lower goes first.
const USUAL_PRIORITY: u64 = 5;

/// WireMock's name of the state a scenario starts in.
const FIRST_STATE: &str = "Started";

/// The most values Graph takes in one list of a filter.
const FILTER_LIMIT: usize = 15;

/// One mapping: what it plans for, and its answer.
pub(crate) struct Stub {
    /// Method, path and query.
    pub(crate) key: String,
    pub(crate) priority: u64,
    method: Option<String>,
    pub(crate) path: PathMatch,
    query: BTreeMap<String, TextMatch>,
    headers: BTreeMap<String, TextMatch>,
    body: Vec<BodyMatch>,
    pub(crate) scenario: Option<Scenario>,
    pub(crate) selection: Selection,
    pub(crate) reply: Reply,
}

/// Which rows of a mapping an answer holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Selection {
    /// All of them.
    All,
    /// Those whose ids stand in the body of the request.
    ByIds,
    /// Those that the request's `$filter` names, of the form `id in ('a','b')`.
    ByFilter,
}

pub(crate) enum PathMatch {
    Any,
    Exact(String),
    Pattern(Regex),
}

pub(crate) enum TextMatch {
    Equal(String),
    Contains(String),
    Pattern(Regex),
    Absent,
}

pub(crate) enum BodyMatch {
    Contains(String),
    Json(Value),
}

pub(crate) struct Scenario {
    pub(crate) name: String,
    required: Option<String>,
    pub(crate) next: Option<String>,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
    pub(crate) delay: Duration,
}

pub(crate) enum Body {
    Json(Value),
    Text(String),
}

impl PathMatch {
    pub(crate) fn matches(&self, path: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => exact == path,
            Self::Pattern(pattern) => pattern.is_match(path),
        }
    }
}

impl TextMatch {
    fn matches(&self, text: Option<&str>) -> bool {
        match (self, text) {
            (Self::Absent, text) => text.is_none(),
            (Self::Equal(_) | Self::Contains(_) | Self::Pattern(_), None) => false,
            (Self::Equal(expected), Some(text)) => expected == text,
            (Self::Contains(part), Some(text)) => text.contains(part.as_str()),
            (Self::Pattern(pattern), Some(text)) => pattern.is_match(text),
        }
    }
}

impl BodyMatch {
    fn matches(&self, body: &[u8]) -> bool {
        match self {
            Self::Contains(part) => String::from_utf8_lossy(body).contains(part.as_str()),
            Self::Json(expected) => {
                serde_json::from_slice::<Value>(body).is_ok_and(|body| body == *expected)
            }
        }
    }
}

impl Scenario {
    fn matches(&self, states: &HashMap<String, String>) -> bool {
        let state = states.get(&self.name).map_or(FIRST_STATE, String::as_str);
        self.required.as_deref().is_none_or(|required| required == state)
    }
}

impl Stub {
    pub(crate) fn matches(&self, asked: &Asked, states: &HashMap<String, String>) -> bool {
        self.method.as_ref().is_none_or(|method| *method == asked.method)
            && self.path.matches(&asked.path)
            && self.matches_query(asked)
            && self.headers.iter().all(|(name, expected)| {
                expected.matches(asked.headers.get(name).map(String::as_str))
            })
            && self.body.iter().all(|expected| expected.matches(&asked.body))
            && self.scenario.as_ref().is_none_or(|scenario| scenario.matches(states))
    }

    /// Every parameter of the mapping matches, and the request has no others. Where the answer goes
    /// by filter, the request has a filter of that form as well, with as many values as Graph takes.
    fn matches_query(&self, asked: &Asked) -> bool {
        let value = |name: &str| {
            asked.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
        };
        let by_filter = self.selection == Selection::ByFilter;
        let filtered =
            || asked.filter_values().is_some_and(|(_, values)| values.len() <= FILTER_LIMIT);
        (!by_filter || filtered())
            && asked
                .query
                .iter()
                .all(|(name, _)| self.query.contains_key(name) || (by_filter && name == FILTER))
            && self.query.iter().all(|(name, expected)| expected.matches(value(name)))
    }

    /// Reads a mapping; whatever it does not know is a fault, since it would be passed over.
    pub(crate) fn read(source: &str, mapping: &Value) -> Self {
        let mapping = Object::new(source, "mapping", mapping);
        mapping.only(&[
            "id",
            "uuid",
            "name",
            "comment",
            "priority",
            "request",
            "response",
            "metadata",
            "scenarioName",
            "requiredScenarioState",
            "newScenarioState",
        ]);
        let request = mapping.object("request");
        request.only(&[
            "method",
            "urlPath",
            "urlPathPattern",
            "queryParameters",
            "headers",
            "bodyPatterns",
        ]);
        let method = request.text("method").filter(|method| method != "ANY");
        let path = match (request.text("urlPath"), request.text("urlPathPattern")) {
            (Some(path), None) => PathMatch::Exact(path),
            (None, Some(pattern)) => PathMatch::Pattern(request.whole(&pattern)),
            (None, None) => PathMatch::Any,
            (Some(_), Some(_)) => request.fault("urlPath and urlPathPattern exclude each other"),
        };
        let shown = request.text("urlPath").or_else(|| request.text("urlPathPattern"));
        let query = request.value("queryParameters").cloned().unwrap_or_else(|| json!({}));
        let selection = mapping.selection();
        if selection == Selection::ByFilter && query.get(FILTER).is_some() {
            request.fault("the filter is left to the request where the answer goes by it");
        }
        Self {
            key: format!(
                "{} {} {query}",
                method.as_deref().unwrap_or("ANY"),
                shown.as_deref().unwrap_or("any path")
            ),
            priority: mapping.number("priority").unwrap_or(USUAL_PRIORITY),
            method,
            path,
            query: request.text_matches("queryParameters"),
            headers: request
                .text_matches("headers")
                .into_iter()
                .map(|(name, expected)| (name.to_lowercase(), expected))
                .collect(),
            body: request.body_matches(),
            scenario: mapping.text("scenarioName").map(|name| Scenario {
                name,
                required: mapping.text("requiredScenarioState"),
                next: mapping.text("newScenarioState"),
            }),
            selection,
            reply: mapping.object("response").reply(),
        }
    }
}

/// A JSON object of a mapping, which knows where it stands.
struct Object<'a> {
    source: &'a str,
    name: &'a str,
    value: &'a Value,
}

impl<'a> Object<'a> {
    fn new(source: &'a str, name: &'a str, value: &'a Value) -> Self {
        assert!(value.is_object(), "{source}: {name} must be an object");
        Self { source, name, value }
    }

    fn fault(&self, what: &str) -> ! {
        panic!("{}: {}: {what}", self.source, self.name)
    }

    fn only(&self, known: &[&str]) {
        for key in self.value.as_object().into_iter().flat_map(Map::keys) {
            if !known.contains(&key.as_str()) {
                self.fault(&format!("unknown key {key}"));
            }
        }
    }

    fn value(&self, key: &str) -> Option<&'a Value> {
        self.value.get(key)
    }

    fn object(&self, key: &'a str) -> Self {
        match self.value(key) {
            Some(value) => Self::new(self.source, key, value),
            None => self.fault(&format!("{key} is missing")),
        }
    }

    fn text(&self, key: &str) -> Option<String> {
        self.value(key).map(|value| match value.as_str() {
            Some(text) => text.to_owned(),
            None => self.fault(&format!("{key} must be a text")),
        })
    }

    fn number(&self, key: &str) -> Option<u64> {
        self.value(key).map(|value| match value.as_u64() {
            Some(number) => number,
            None => self.fault(&format!("{key} must be a whole number")),
        })
    }

    /// A pattern that has to match a whole text, as WireMock has it.
    fn whole(&self, pattern: &str) -> Regex {
        match Regex::new(&format!("^(?:{pattern})$")) {
            Ok(pattern) => pattern,
            Err(error) => self.fault(&error.to_string()),
        }
    }

    fn text_matches(&self, key: &'a str) -> BTreeMap<String, TextMatch> {
        if self.value(key).is_none() {
            return BTreeMap::new();
        }
        let matchers = self.object(key);
        let entries = matchers.value.as_object().into_iter().flatten();
        entries.map(|(name, matcher)| (name.clone(), matchers.text_match(matcher))).collect()
    }

    fn text_match(&self, matcher: &Value) -> TextMatch {
        let (key, expected) = self.single(matcher);
        match (key, expected.as_str(), expected.as_bool()) {
            ("equalTo", Some(text), _) => TextMatch::Equal(text.to_owned()),
            ("contains", Some(text), _) => TextMatch::Contains(text.to_owned()),
            ("matches", Some(text), _) => TextMatch::Pattern(self.whole(text)),
            ("absent", _, Some(true)) => TextMatch::Absent,
            _ => self.fault(&format!("unknown matcher {matcher}")),
        }
    }

    fn body_matches(&self) -> Vec<BodyMatch> {
        let patterns = match self.value("bodyPatterns") {
            Some(patterns) => patterns.as_array(),
            None => return Vec::new(),
        };
        let Some(patterns) = patterns else { self.fault("bodyPatterns must be an array") };
        patterns.iter().map(|pattern| self.body_match(pattern)).collect()
    }

    fn body_match(&self, pattern: &Value) -> BodyMatch {
        let (key, expected) = self.single(pattern);
        match (key, expected.as_str()) {
            ("contains", Some(text)) => BodyMatch::Contains(text.to_owned()),
            ("equalToJson", Some(text)) => match serde_json::from_str(text) {
                Ok(expected) => BodyMatch::Json(expected),
                Err(error) => self.fault(&error.to_string()),
            },
            ("equalToJson", None) => BodyMatch::Json(expected.clone()),
            _ => self.fault(&format!("unknown matcher {pattern}")),
        }
    }

    /// The one key and value of a matcher.
    fn single<'m>(&self, matcher: &'m Value) -> (&'m str, &'m Value) {
        let mut entries = matcher.as_object().into_iter().flatten();
        match (entries.next(), entries.next()) {
            (Some((key, expected)), None) => (key.as_str(), expected),
            _ => self.fault(&format!("unknown matcher {matcher}")),
        }
    }

    fn selection(&self) -> Selection {
        if self.value("metadata").is_none() {
            return Selection::All;
        }
        match self.object("metadata").text("answers").as_deref() {
            None => Selection::All,
            Some("by-ids") => Selection::ByIds,
            Some("by-filter") => Selection::ByFilter,
            Some(other) => self.fault(&format!("unknown way to answer {other}")),
        }
    }

    fn reply(&self) -> Reply {
        self.only(&["status", "jsonBody", "body", "headers", "fixedDelayMilliseconds"]);
        let status = self.number("status").unwrap_or(200);
        let Ok(status) = u16::try_from(status) else { self.fault("status is no HTTP status") };
        let mut headers = self.reply_headers();
        let body = match (self.value("jsonBody"), self.text("body")) {
            (Some(_), Some(_)) => self.fault("jsonBody and body exclude each other"),
            (Some(value), None) => {
                if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                    headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
                }
                Body::Json(value.clone())
            }
            (None, text) => Body::Text(text.unwrap_or_default()),
        };
        let delay = Duration::from_millis(self.number("fixedDelayMilliseconds").unwrap_or(0));
        Reply { status, headers, body, delay }
    }

    fn reply_headers(&self) -> Vec<(String, String)> {
        if self.value("headers").is_none() {
            return Vec::new();
        }
        let headers = self.object("headers");
        let entries = headers.value.as_object().into_iter().flatten();
        entries
            .map(|(name, value)| match (value.as_str(), value.as_u64()) {
                (Some(text), _) => (name.clone(), text.to_owned()),
                (None, Some(number)) => (name.clone(), number.to_string()),
                (None, None) => headers.fault(&format!("{name} must be a text")),
            })
            .collect()
    }
}

pub(crate) fn read_folder(folder: &Path) -> Vec<Stub> {
    let shown = folder.display();
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{shown}: {error}"));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap_or_else(|error| panic!("{shown}: {error}")).path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{shown}: no mappings");
    files.iter().flat_map(|file| read_file(file)).collect()
}

fn read_file(file: &Path) -> Vec<Stub> {
    let source = file.display().to_string();
    let content = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{source}: {error}"));
    let content: Value =
        serde_json::from_str(&content).unwrap_or_else(|error| panic!("{source}: {error}"));
    match content.get("mappings") {
        Some(mappings) => {
            let mappings = mappings.as_array().into_iter().flatten();
            mappings.map(|mapping| Stub::read(&source, mapping)).collect()
        }
        None => vec![Stub::read(&source, &content)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(request: Value, response: Value) -> Value {
        json!({"request": request, "response": response})
    }

    fn asked(method: &str, path_and_query: &str) -> Asked {
        let url: url::Url = format!("http://localhost{path_and_query}").parse().unwrap();
        Asked::at(method, &url)
    }

    fn matches(request: &Value, asked: &Asked) -> bool {
        let stub = Stub::read("here", &mapping(request.clone(), json!({})));
        stub.matches(asked, &HashMap::new())
    }

    #[test]
    fn a_request_matches_by_path_and_exactly_the_named_parameters() {
        let plain = json!({"method": "GET", "urlPath": "/v1.0/things"});
        let selected = json!({"method": "GET", "urlPath": "/v1.0/things", "queryParameters": {
            "$select": {"equalTo": "id,name"}, "$filter": {"contains": "eq 'a'"}, "$top": {"absent": true}}});
        let pattern = json!({"urlPathPattern": "/v1.0/(users|groups)/[^/]+"});
        for (request, method, path, expected) in [
            (&plain, "GET", "/v1.0/things", true),
            (&plain, "POST", "/v1.0/things", false),
            (&plain, "GET", "/v1.0/things/1", false),
            (&plain, "GET", "/v1.0/things?$select=id", false),
            (&selected, "GET", "/v1.0/things", false),
            (&selected, "GET", "/v1.0/things?$select=id,name&$filter=name%20eq%20%27a%27", true),
            (&selected, "GET", "/v1.0/things?$select=id&$filter=name%20eq%20%27a%27", false),
            (
                &selected,
                "GET",
                "/v1.0/things?$select=id,name&$filter=x%20eq%20%27a%27&$top=5",
                false,
            ),
            (&pattern, "GET", "/v1.0/users/a%40contoso.example", true),
            (&pattern, "GET", "/v1.0/users/a/memberOf", false),
            (&pattern, "DELETE", "/v1.0/groups/a", true),
        ] {
            assert_eq!(matches(request, &asked(method, path)), expected, "{method} {path}");
        }
    }

    #[test]
    fn where_the_answer_goes_by_filter_the_other_parameters_match_exactly() {
        let mut by_filter = mapping(
            json!({"method": "GET", "urlPath": "/v1.0/things", "queryParameters": {"$select": {"equalTo": "id"}}}),
            json!({}),
        );
        by_filter["metadata"] = json!({"answers": "by-filter"});
        let stub = Stub::read("here", &by_filter);
        let list = |count: usize| vec!["'a'"; count].join(",");
        for (query, expected) in [
            ("?$filter=id in ('a','b')&$select=id".to_owned(), true),
            ("?$select=id&$filter=appId in ('a')".to_owned(), true),
            ("?$select=id".to_owned(), false),
            ("?$filter=id in ('a')".to_owned(), false),
            ("?$filter=id in ('a')&$select=id,name".to_owned(), false),
            ("?$filter=id in ('a')&$select=id&$top=5".to_owned(), false),
            ("?$filter=id eq 'a'&$select=id".to_owned(), false),
            (format!("?$filter=id in ({})&$select=id", list(FILTER_LIMIT)), true),
            (format!("?$filter=id in ({})&$select=id", list(FILTER_LIMIT + 1)), false),
        ] {
            let asked = asked("GET", &format!("/v1.0/things{query}"));
            assert_eq!(stub.matches(&asked, &HashMap::new()), expected, "{query}");
        }
    }

    #[test]
    fn headers_and_bodies_take_part() {
        let mut asked = asked("POST", "/v1.0/things");
        asked.headers.insert("consistencylevel".to_owned(), "eventual".to_owned());
        asked.body = br#"{"ids": ["a", "b"]}"#.to_vec();
        for (more, expected) in [
            (json!({"headers": {"ConsistencyLevel": {"equalTo": "eventual"}}}), true),
            (json!({"headers": {"ConsistencyLevel": {"matches": "event.*"}}}), true),
            (json!({"headers": {"ConsistencyLevel": {"matches": "event"}}}), false),
            (json!({"headers": {"Prefer": {"equalTo": "x"}}}), false),
            (json!({"bodyPatterns": [{"contains": "\"a\""}]}), true),
            (json!({"bodyPatterns": [{"contains": "\"a\""}, {"contains": "\"c\""}]}), false),
            (json!({"bodyPatterns": [{"equalToJson": {"ids": ["a", "b"]}}]}), true),
            (json!({"bodyPatterns": [{"equalToJson": "{\"ids\":[\"a\",\"b\"]}"}]}), true),
            (json!({"bodyPatterns": [{"equalToJson": {"ids": ["b", "a"]}}]}), false),
        ] {
            assert_eq!(matches(&more, &asked), expected, "{more}");
        }
    }

    #[test]
    fn what_a_mapping_says_and_the_mock_does_not_know_is_a_fault() {
        for faulty in [
            json!({"request": {"url": "/v1.0/things"}, "response": {}}),
            json!({"request": {"urlPath": "/a", "urlPathPattern": "/b"}, "response": {}}),
            json!({"request": {"queryParameters": {"$top": {"doesNotMatch": "5"}}}, "response": {}}),
            json!({"request": {"queryParameters": {"$top": {"absent": false}}}, "response": {}}),
            json!({"request": {"headers": {"a": {"equalTo": "b", "caseInsensitive": true}}}, "response": {}}),
            json!({"request": {"bodyPatterns": [{"matchesJsonPath": "$.ids"}]}, "response": {}}),
            json!({"request": {}, "response": {"bodyFileName": "a.json"}}),
            json!({"request": {}, "response": {"status": 200, "jsonBody": {}, "body": ""}}),
            json!({"request": {}, "response": {}, "metadata": {"answers": "by-name"}}),
            json!({"request": {"queryParameters": {"$filter": {"equalTo": "id in ('a')"}}}, "response": {}, "metadata": {"answers": "by-filter"}}),
            json!({"request": {}, "response": {}, "postServeActions": []}),
            json!({"request": {}}),
        ] {
            let read = std::panic::catch_unwind(|| Stub::read("folder/file.json", &faulty));
            let panic = read.err().unwrap_or_else(|| panic!("{faulty} was read"));
            let text = panic.downcast_ref::<String>().unwrap();
            assert!(text.starts_with("folder/file.json: "), "{text}");
        }
    }
}
