//! A mock Graph that answers from WireMock stub mappings, and remembers what it was asked.
//!
//! A request that no mapping plans for is answered 404 and remembered: a query parameter that the
//! mapping does not name is enough. In an answer `{{graph}}` becomes the mock's address.

use super::asked::{Asked, Part};
use super::mapping::{Body, Scenario, Selection, Stub, read_folder};
use serde_json::{Map, Value, json};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

/// Stands for the mock's address in answers.
const PLACEHOLDER: &str = "{{graph}}";

/// The most requests Graph takes in one batch.
const BATCH_LIMIT: usize = 20;

/// A running mock Graph.
pub(crate) struct MockGraph {
    server: MockServer,
    state: Arc<State>,
}

struct State {
    base: String,
    stubs: Vec<Stub>,
    scenarios: Mutex<HashMap<String, String>>,
    asked: Mutex<Vec<String>>,
    unplanned: Mutex<Vec<String>>,
    latency: Mutex<Duration>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("the mock does not panic while it holds a lock")
}

impl MockGraph {
    /// Answers from `wiremock-fixtures/<scenario>/mappings/*.json`; a mapping of a later scenario
    /// replaces those of earlier ones for the same method, path and query.
    pub(crate) async fn start(scenarios: &[&str]) -> Self {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("wiremock-fixtures");
        let folders: Vec<PathBuf> =
            scenarios.iter().map(|scenario| fixtures.join(scenario).join("mappings")).collect();
        Self::from_folders(&folders).await
    }

    /// Answers from the mappings of these folders, later ones first.
    pub(crate) async fn from_folders(folders: &[PathBuf]) -> Self {
        let mut stubs: Vec<Stub> = Vec::new();
        for folder in folders {
            let added = read_folder(folder);
            let keys: HashSet<&str> = added.iter().map(|stub| stub.key.as_str()).collect();
            stubs.retain(|stub| !keys.contains(stub.key.as_str()));
            stubs.extend(added);
        }
        Self::serve(stubs).await
    }

    /// Answers from these mappings.
    pub(crate) async fn with_mappings(mappings: Vec<Value>) -> Self {
        let stub =
            |(place, mapping): (usize, &Value)| Stub::read(&format!("mapping {place}"), mapping);
        Self::serve(mappings.iter().enumerate().map(stub).collect()).await
    }

    async fn serve(stubs: Vec<Stub>) -> Self {
        let server = MockServer::start().await;
        let state = Arc::new(State {
            base: server.uri(),
            stubs,
            scenarios: Mutex::default(),
            asked: Mutex::default(),
            unplanned: Mutex::default(),
            latency: Mutex::default(),
        });
        let answers = Answers(Arc::clone(&state));
        Mock::given(matchers::any()).respond_with(answers).mount(&server).await;
        Self { server, state }
    }

    /// The address, without a slash at the end.
    pub(crate) fn uri(&self) -> String {
        self.server.uri()
    }

    /// Delays every answer by so much, beside what its mapping says.
    pub(crate) fn set_latency(&self, latency: Duration) {
        *held(&self.state.latency) = latency;
    }

    /// What was asked, in order and decoded: `GET /v1.0/organization?$select=id`. The parts of a
    /// batch follow it as `BATCH GET /groups/...`.
    pub(crate) fn requests(&self) -> Vec<String> {
        held(&self.state.asked).clone()
    }

    /// The HTTP requests as they came, with headers and bodies.
    pub(crate) async fn received(&self) -> Vec<Request> {
        self.server.received_requests().await.unwrap_or_default()
    }

    /// What was asked and no mapping planned for.
    pub(crate) fn unplanned(&self) -> Vec<String> {
        held(&self.state.unplanned).clone()
    }

    /// Fails the test when something was asked that no mapping planned for.
    #[track_caller]
    pub(crate) fn assert_all_planned(&self) {
        let unplanned = self.unplanned();
        assert!(unplanned.is_empty(), "not planned for:\n  {}", unplanned.join("\n  "));
    }
}

struct Answers(Arc<State>);

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.0.answer(&Asked::from(request)).into_template()
    }
}

impl State {
    fn answer(&self, asked: &Asked) -> Answer {
        let parts = asked.batch_parts();
        {
            let mut log = held(&self.asked);
            log.push(asked.to_string());
            log.extend(parts.iter().flatten().map(|part| format!("BATCH {}", part.shown())));
        }
        let mut answer = match (self.find(asked), parts) {
            (Some(stub), _) => self.write(stub, asked),
            (None, Some(parts)) => self.dispatch(asked, &parts),
            (None, None) => self.not_planned(asked, asked.to_string()),
        };
        answer.delay += *held(&self.latency);
        answer
    }

    /// The stub of lowest priority that matches, of several the one loaded last.
    fn find(&self, asked: &Asked) -> Option<&Stub> {
        let mut states = held(&self.scenarios);
        let (_, stub) = self
            .stubs
            .iter()
            .enumerate()
            .filter(|(_, stub)| stub.matches(asked, &states))
            .min_by_key(|(place, stub)| (stub.priority, Reverse(*place)))?;
        if let Some(Scenario { name, next: Some(next), .. }) = &stub.scenario {
            states.insert(name.clone(), next.clone());
        }
        Some(stub)
    }

    fn write(&self, stub: &Stub, asked: &Asked) -> Answer {
        let body = match &stub.reply.body {
            Body::Json(value) => match wanted(stub.selection, asked) {
                Some((property, values)) => only_wanted(value, property, &values).to_string(),
                None => value.to_string(),
            },
            Body::Text(text) => text.clone(),
        };
        let filled = |text: &str| text.replace(PLACEHOLDER, &self.base);
        Answer {
            status: stub.reply.status,
            headers: stub
                .reply
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), filled(value)))
                .collect(),
            body: filled(&body),
            delay: stub.reply.delay,
        }
    }

    /// Answers a batch from the stubs for its parts, last one first: Graph keeps no order either.
    fn dispatch(&self, asked: &Asked, parts: &[Part]) -> Answer {
        let ids: HashSet<String> = parts.iter().map(|part| part.id.to_lowercase()).collect();
        if parts.len() > BATCH_LIMIT || ids.len() < parts.len() || parts.is_empty() {
            held(&self.unplanned).push(format!("{asked} with too many, no or equal parts"));
            return Answer::error(400, "BadRequest", "Invalid batch payload format.");
        }
        let answers: Vec<Answer> = parts.iter().map(|part| self.answer_part(part)).collect();
        let responses: Vec<Value> = parts
            .iter()
            .zip(&answers)
            .rev()
            .map(|(part, answer)| answer.as_part(&part.id))
            .collect();
        Answer {
            status: 200,
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: json!({ "responses": responses }).to_string(),
            delay: answers.iter().map(|answer| answer.delay).max().unwrap_or_default(),
        }
    }

    fn answer_part(&self, part: &Part) -> Answer {
        let stub = if part.asked.method == "GET" { self.find(&part.asked) } else { None };
        match stub {
            Some(stub) => self.write(stub, &part.asked),
            None => self.not_planned(&part.asked, format!("BATCH {}", part.shown())),
        }
    }

    fn not_planned(&self, asked: &Asked, shown: String) -> Answer {
        let near: Vec<&str> = self
            .stubs
            .iter()
            .filter(|stub| stub.path.matches(&asked.path))
            .map(|stub| stub.key.as_str())
            .collect();
        let near = if near.is_empty() {
            String::new()
        } else {
            format!(" (planned for this path: {})", near.join(" | "))
        };
        let answer = Answer::error(
            404,
            "Request_ResourceNotFound",
            &format!("The mock has no mapping for {shown}{near}"),
        );
        held(&self.unplanned).push(format!("{shown}{near}"));
        answer
    }
}

/// The property that picks rows, and the values of it that are asked for, in lower case; `None` when
/// all rows are.
fn wanted(selection: Selection, asked: &Asked) -> Option<(&str, HashSet<String>)> {
    match selection {
        Selection::All => None,
        Selection::ByIds => {
            let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
            let ids = body["ids"].as_array().into_iter().flatten();
            Some(("id", ids.filter_map(Value::as_str).map(str::to_lowercase).collect()))
        }
        Selection::ByFilter => {
            let (property, values) = asked.filter_values()?;
            Some((property, values.into_iter().map(str::to_lowercase).collect()))
        }
    }
}

/// An answer with the wanted rows alone, whatever their casing; an error stays as it is.
fn only_wanted(answer: &Value, property: &str, values: &HashSet<String>) -> Value {
    let mut answer = answer.clone();
    if let Some(rows) = answer.get_mut("value").and_then(Value::as_array_mut) {
        rows.retain(|row| {
            row[property].as_str().is_some_and(|value| values.contains(&value.to_lowercase()))
        });
    }
    answer
}

struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    delay: Duration,
}

impl Answer {
    fn error(status: u16, code: &str, message: &str) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: json!({"error": {"code": code, "message": message}}).to_string(),
            delay: Duration::ZERO,
        }
    }

    fn into_template(self) -> ResponseTemplate {
        let mut template =
            ResponseTemplate::new(self.status).set_body_bytes(self.body.into_bytes());
        // A delay of nothing would still cost a tick of the timer.
        if !self.delay.is_zero() {
            template = template.set_delay(self.delay);
        }
        for (name, value) in self.headers {
            template = template.append_header(name, value);
        }
        template
    }

    /// As one part of the answer to a batch.
    fn as_part(&self, id: &str) -> Value {
        let headers: Map<String, Value> = self
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect();
        let body =
            serde_json::from_str(&self.body).unwrap_or_else(|_| Value::from(self.body.as_str()));
        json!({"id": id, "status": self.status, "headers": headers, "body": body})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::{client, http};

    fn mapping(request: Value, response: Value) -> Value {
        json!({"request": request, "response": response})
    }

    async fn get(mock: &MockGraph, path_and_query: &str) -> (u16, Value) {
        let answer = http().get(format!("{}{path_and_query}", mock.uri())).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    #[tokio::test]
    async fn the_lowest_priority_wins_and_then_the_last_one_loaded() {
        let answer = |body: &str| json!({"body": format!("\"{body}\"")});
        let mut first = mapping(json!({"urlPath": "/a"}), answer("first"));
        first["priority"] = json!(1);
        let mock = MockGraph::with_mappings(vec![
            first,
            mapping(json!({"urlPathPattern": "/.*"}), answer("second")),
            mapping(json!({"urlPath": "/b"}), answer("third")),
            mapping(json!({"urlPath": "/b"}), answer("fourth")),
        ])
        .await;
        assert_eq!(get(&mock, "/a").await.1, "first");
        assert_eq!(get(&mock, "/b").await.1, "fourth");
        assert_eq!(get(&mock, "/c").await.1, "second");
        mock.assert_all_planned();
    }

    #[tokio::test]
    async fn scenarios_go_from_state_to_state() {
        let step = |required: &str, next: &str, body: &str| {
            let mut step = mapping(json!({"urlPath": "/a"}), json!({"jsonBody": body}));
            step["scenarioName"] = json!("steps");
            step["requiredScenarioState"] = json!(required);
            step["newScenarioState"] = json!(next);
            step
        };
        let mappings = vec![step("Started", "two", "first"), step("two", "two", "second")];
        let mock = MockGraph::with_mappings(mappings).await;
        for expected in ["first", "second", "second"] {
            assert_eq!(get(&mock, "/a").await.1, expected);
        }
    }

    #[tokio::test]
    async fn the_placeholder_becomes_the_address() {
        let response = json!({
            "jsonBody": {"@odata.nextLink": "{{graph}}/v1.0/things?page=2"},
            "headers": {"Location": "{{graph}}/there"}
        });
        let mock =
            MockGraph::with_mappings(vec![mapping(json!({"urlPath": "/a"}), response)]).await;
        let (_, body) = get(&mock, "/a").await;
        assert_eq!(body["@odata.nextLink"], format!("{}/v1.0/things?page=2", mock.uri()));
        let answer = http().get(format!("{}/a", mock.uri())).send().await.unwrap();
        assert_eq!(answer.headers()["location"], format!("{}/there", mock.uri()));
    }

    #[tokio::test]
    async fn what_is_not_planned_is_named_and_remembered() {
        let mock = MockGraph::with_mappings(vec![mapping(
            json!({"method": "GET", "urlPath": "/v1.0/things"}),
            json!({"jsonBody": {"value": []}}),
        )])
        .await;
        let (status, body) = get(&mock, "/v1.0/things?$top=5").await;
        assert_eq!(status, 404);
        let message = body["error"]["message"].as_str().unwrap();
        assert!(message.contains("GET /v1.0/things?$top=5 (planned for this path:"), "{message}");
        assert_eq!(mock.unplanned().len(), 1);
        let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            mock.assert_all_planned();
        }));
        assert!(failed.is_err());
    }

    #[tokio::test]
    async fn a_batch_is_answered_from_the_mappings_of_its_parts() {
        let mock = MockGraph::with_mappings(vec![
            mapping(json!({"method": "GET", "urlPath": "/beta/a", "queryParameters": {"$select": {"equalTo": "x y"}}}), json!({"jsonBody": {"value": [1]}})),
            mapping(json!({"method": "GET", "urlPath": "/beta/b"}), json!({"status": 429, "headers": {"Retry-After": "7"}, "body": "slow down"})),
        ])
        .await;
        let parts = json!({"requests": [
            {"id": "1", "method": "GET", "url": "/a?$select=x%20y"},
            {"id": "2", "method": "GET", "url": "/b"},
            {"id": "3", "method": "GET", "url": "/c"},
            {"id": "4", "method": "PATCH", "url": "/b"},
        ]});
        let url = format!("{}/beta/$batch", mock.uri());
        let answer = http().post(url).body(parts.to_string()).send().await.unwrap();
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let statuses: Vec<(&str, u64)> = answer["responses"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| (part["id"].as_str().unwrap(), part["status"].as_u64().unwrap()))
            .collect();
        assert_eq!(statuses, [("4", 404), ("3", 404), ("2", 429), ("1", 200)]);
        assert_eq!(answer["responses"][2]["headers"]["Retry-After"], "7");
        assert_eq!(answer["responses"][2]["body"], "slow down");
        assert_eq!(answer["responses"][3]["body"], json!({"value": [1]}));
        assert_eq!(
            mock.requests(),
            [
                "POST /beta/$batch",
                "BATCH GET /a?$select=x y",
                "BATCH GET /b",
                "BATCH GET /c",
                "BATCH PATCH /b"
            ]
        );
        let unplanned = mock.unplanned();
        assert_eq!(unplanned[0], "BATCH GET /c");
        assert!(unplanned[1].starts_with("BATCH PATCH /b"), "{unplanned:?}");
    }

    #[tokio::test]
    async fn a_read_by_ids_gives_the_objects_that_were_asked_for() {
        let mut by_ids = mapping(
            json!({"method": "POST", "urlPath": "/v1.0/directoryObjects/getByIds"}),
            json!({"jsonBody": {"value": [{"id": "a"}, {"id": "B"}, {"id": "c"}]}}),
        );
        by_ids["metadata"] = json!({"answers": "by-ids"});
        let mock = MockGraph::with_mappings(vec![by_ids]).await;
        let ids = ["A", "b", "d"].map(str::to_owned);
        let listing = client(&mock).by_ids(&ids, &["user"], "").await;
        let rows: Vec<&str> = listing.rows.iter().map(|row| row.get()).collect();
        assert_eq!(rows, [r#"{"id":"a"}"#, r#"{"id":"B"}"#]);
    }

    #[tokio::test]
    async fn a_read_by_filter_gives_the_rows_that_the_filter_names() {
        let by_filter = |path: &str, response: Value| {
            let request = json!({"method": "GET", "urlPath": path, "queryParameters": {"$top": {"equalTo": "120"}}});
            let mut answered = mapping(request, response);
            answered["metadata"] = json!({"answers": "by-filter"});
            answered
        };
        let rows =
            json!({"value": [{"id": "a", "appId": "x"}, {"id": "B"}, {"id": "c", "appId": null}]});
        let refused = json!({"status": 403, "jsonBody": {"error": {"code": "No", "message": ""}}});
        let mock = MockGraph::with_mappings(vec![
            by_filter("/v1.0/things", json!({"jsonBody": rows})),
            by_filter("/v1.0/others", refused),
        ])
        .await;
        for (path, status, expected) in [
            (
                "/v1.0/things?$filter=id in ('A','b','d')&$top=120",
                200,
                json!({"value": [rows["value"][0], rows["value"][1]]}),
            ),
            (
                "/v1.0/things?$filter=appId in ('x')&$top=120",
                200,
                json!({"value": [rows["value"][0]]}),
            ),
            ("/v1.0/things?$filter=id in ('d')&$top=120", 200, json!({"value": []})),
            (
                "/v1.0/others?$filter=id in ('a')&$top=120",
                403,
                json!({"error": {"code": "No", "message": ""}}),
            ),
        ] {
            assert_eq!(get(&mock, path).await, (status, expected), "{path}");
        }
        mock.assert_all_planned();
        assert_eq!(get(&mock, "/v1.0/things?$top=120").await.0, 404);
    }

    #[tokio::test]
    async fn a_later_folder_replaces_what_an_earlier_one_says_of_the_same_request() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let answer = |request: Value, body: &str| mapping(request, json!({"jsonBody": body}));
        let plain = json!({"method": "GET", "urlPath": "/a"});
        let filtered = json!({"method": "GET", "urlPath": "/a", "queryParameters": {"$top": {"equalTo": "1"}}});
        let mut first = answer(plain.clone(), "earlier");
        first["priority"] = json!(1);
        let several = json!({"mappings": [first, answer(filtered, "filtered")]});
        std::fs::write(folders[0].path().join("several.json"), several.to_string()).unwrap();
        let single = answer(plain, "later").to_string();
        std::fs::write(folders[1].path().join("single.json"), single).unwrap();
        let mock =
            MockGraph::from_folders(&folders.each_ref().map(|folder| folder.path().to_path_buf()))
                .await;
        assert_eq!(get(&mock, "/a").await.1, "later");
        assert_eq!(get(&mock, "/a?$top=1").await.1, "filtered");
    }

    #[tokio::test]
    #[should_panic(expected = "no-such-scenario")]
    async fn a_scenario_without_mappings_is_a_fault() {
        MockGraph::start(&["no-such-scenario"]).await;
    }
}
