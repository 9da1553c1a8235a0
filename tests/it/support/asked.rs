//! What the mock was asked: one request, or one part of a batch, with everything decoded.

use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use wiremock::Request;

/// The parameter that picks rows.
pub(crate) const FILTER: &str = "$filter";

/// A request, or one part of a batch.
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Decoded.
    pub(crate) path: String,
    /// Decoded.
    pub(crate) query: Vec<(String, String)>,
    /// Names in lower case.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Part {
    pub(crate) id: String,
    /// Without the version, as it stands in the batch.
    pub(crate) path: String,
    pub(crate) asked: Asked,
}

/// All that a read by ids asks for; a body that says more is shown as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByIds {
    ids: Vec<String>,
    #[serde(default)]
    types: Vec<String>,
}

impl From<&Request> for Asked {
    fn from(request: &Request) -> Self {
        let headers = request.headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let headers = headers.collect();
        let body = request.body.clone();
        Self { headers, body, ..Self::at(request.method.as_str(), &request.url) }
    }
}

impl Asked {
    pub(crate) fn at(method: &str, url: &url::Url) -> Self {
        Self {
            method: method.to_owned(),
            path: decoded(url.path()),
            query: url.query_pairs().into_owned().collect(),
            headers: HashMap::new(),
            body: Vec::new(),
        }
    }

    /// Property and values of a filter such as `id in ('a','b')`; `None` for any other filter.
    pub(crate) fn filter_values(&self) -> Option<(&str, Vec<&str>)> {
        let (_, filter) = self.query.iter().find(|(name, _)| name == FILTER)?;
        let (property, list) = filter.split_once(" in (")?;
        let list = list.strip_suffix(')')?;
        let values: Option<Vec<&str>> = list.split(',').map(unquoted).collect();
        let is_name = property.chars().all(char::is_alphanumeric) && !property.is_empty();
        Some((property, values?)).filter(|_| is_name)
    }

    /// The parts of a batch; `None` when this is no batch or cannot be read as one.
    pub(crate) fn batch_parts(&self) -> Option<Vec<Part>> {
        let version = self.path.strip_suffix("/$batch").filter(|_| self.method == "POST")?;
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        body["requests"].as_array()?.iter().map(|part| Part::read(version, part)).collect()
    }

    /// What a read by ids asks for; `None` when this is none, or asks for something else beside.
    fn by_ids(&self) -> Option<ByIds> {
        let is_one = self.method == "POST" && self.path.ends_with("/directoryObjects/getByIds");
        if is_one { serde_json::from_slice(&self.body).ok() } else { None }
    }

    /// The request, and then what its body asks for, sorted: `BATCH GET /groups/...` for a part of
    /// a batch, `BY ID ...` and `BY TYPE ...` for a read by ids, and any other body as it is.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = if let Some(parts) = self.batch_parts() {
            parts.iter().map(|part| format!("BATCH {}", part.shown())).collect()
        } else if let Some(asked) = self.by_ids() {
            let ids = asked.ids.iter().map(|id| format!("BY ID {id}"));
            ids.chain(asked.types.iter().map(|name| format!("BY TYPE {name}"))).collect()
        } else if self.body.is_empty() {
            Vec::new()
        } else {
            vec![format!("BODY {}", String::from_utf8_lossy(&self.body))]
        };
        lines.sort();
        lines.insert(0, self.to_string());
        lines
    }
}

impl Part {
    fn read(version: &str, part: &Value) -> Option<Self> {
        let path = part["url"].as_str()?.trim_start_matches('/');
        let url: url::Url = format!("http://localhost{version}/{path}").parse().ok()?;
        let mut asked = Asked::at(part["method"].as_str()?, &url);
        for (name, value) in part["headers"].as_object().into_iter().flatten() {
            asked.headers.insert(name.to_lowercase(), value.as_str()?.to_owned());
        }
        let path = asked.path.strip_prefix(version)?.to_owned();
        Some(Self { id: part["id"].as_str()?.to_owned(), path, asked })
    }

    pub(crate) fn shown(&self) -> String {
        format!("{} {}{}", self.asked.method, self.path, shown_query(&self.asked.query))
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}{}", self.method, self.path, shown_query(&self.query))
    }
}

fn shown_query(query: &[(String, String)]) -> String {
    let pairs: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// What stands in single quotes; `None` for anything else, quotes within quotes included.
fn unquoted(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.strip_suffix('\'').filter(|inner| !inner.contains('\''))
}

/// Text without `%20` and its like.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = match rest {
            [b'%', high, low, ..] => hexadecimal(*high, *low),
            _ => None,
        };
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &rest[3..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hexadecimal(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_codes_are_decoded() {
        for (text, expected) in [
            ("/v1.0/users/a%40contoso.example", "/v1.0/users/a@contoso.example"),
            ("%C3%A4+%", "ä+%"),
            ("%2", "%2"),
            ("%zz", "%zz"),
            ("", ""),
        ] {
            assert_eq!(decoded(text), expected);
        }
    }

    #[test]
    fn the_values_of_a_filter_are_those_in_its_list() {
        for (query, expected) in [
            ("?$filter=id in ('a','B')", Some(("id", vec!["a", "B"]))),
            ("?$filter=appId%20in%20(%27a%27)&$top=5", Some(("appId", vec!["a"]))),
            ("?$filter=id in ()", None),
            ("?$filter=id in ('a',b)", None),
            ("?$filter=id in ('a'", None),
            ("?$filter=id in ('a') and name in ('b')", None),
            ("?$filter=not id in ('a')", None),
            ("?$filter=id eq 'a'", None),
            ("?$select=id", None),
        ] {
            let url: url::Url = format!("http://localhost/a{query}").parse().unwrap();
            assert_eq!(Asked::at("GET", &url).filter_values(), expected, "{query}");
        }
    }

    #[test]
    fn what_a_body_asks_for_is_shown_sorted_and_nothing_of_it_is_left_out() {
        let by_ids = "POST /v1.0/directoryObjects/getByIds?$select=id";
        let batch = "POST /beta/$batch";
        for (request, body, expected) in [
            (
                by_ids,
                r#"{"ids":["b","a"],"types":["user","group"]}"#,
                vec!["BY ID a", "BY ID b", "BY TYPE group", "BY TYPE user"],
            ),
            (by_ids, r#"{"ids":["a","a"]}"#, vec!["BY ID a", "BY ID a"]),
            (by_ids, r#"{"ids":["a"],"more":1}"#, vec![r#"BODY {"ids":["a"],"more":1}"#]),
            (by_ids, "{", vec!["BODY {"]),
            (
                batch,
                r#"{"requests":[{"id":"1","method":"GET","url":"/b?$top=1"},{"id":"2","method":"PATCH","url":"/a"}]}"#,
                vec!["BATCH GET /b?$top=1", "BATCH PATCH /a"],
            ),
            (batch, r#"{"requests":[{"id":"1"}]}"#, vec![r#"BODY {"requests":[{"id":"1"}]}"#]),
            ("GET /v1.0/things?$top=1", "", vec![]),
            ("PATCH /v1.0/things", "x", vec!["BODY x"]),
        ] {
            let (method, target) = request.split_once(' ').unwrap();
            let url: url::Url = format!("http://localhost{target}").parse().unwrap();
            let asked = Asked { body: body.as_bytes().to_vec(), ..Asked::at(method, &url) };
            let lines = asked.lines();
            assert_eq!(lines[0], request);
            assert_eq!(&lines[1..], expected.as_slice(), "{body}");
        }
    }
}
