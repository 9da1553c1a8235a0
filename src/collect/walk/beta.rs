//! The settings of groups by beta, where v1.0 does not give them.

use super::{Part, batch};
use crate::graph::{Client, ErrorKind, Listing};
use crate::model::Dataset;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// Reads by beta what v1.0 does not give of the settings of groups, which some documents have in beta
/// alone. The keys of what came so; where beta does not give it either, v1.0's answer stays.
pub(super) async fn policies(client: &Client, parts: &mut [Part]) -> BTreeSet<String> {
    let lacking = parts
        .iter()
        .filter(|(dataset, _, listing)| *dataset == Dataset::GroupPolicies && lacks_rules(listing));
    let keys: Vec<String> = lacking.map(|(_, key, _)| key.clone()).collect();
    if keys.is_empty() {
        return BTreeSet::new();
    }
    let read = batch(client, "beta", Dataset::GroupPolicies, &keys).await;
    let is_better = |listing: &Listing| {
        listing.end.is_ok() && !listing.rows.is_empty() && !lacks_rules(listing)
    };
    let mut better: BTreeMap<String, Listing> = read
        .into_iter()
        .filter(|(_, _, listing)| is_better(listing))
        .map(|(_, key, listing)| (key, listing))
        .collect();
    let by_beta = better.keys().cloned().collect();
    for (dataset, key, listing) in parts {
        if *dataset == Dataset::GroupPolicies
            && let Some(found) = better.remove(&*key)
        {
            *listing = found;
        }
    }
    by_beta
}

/// Graph's code for an object that is not there, in whatever version.
const GONE: &str = "Request_ResourceNotFound";

/// True when v1.0 does not understand that settings of a group are asked for, or gives them without
/// their rules. What it refuses for want of a permission or a licence, beta refuses as well.
fn lacks_rules(listing: &Listing) -> bool {
    match &listing.end {
        Ok(()) => listing.rows.iter().any(|row| is_without_rules(row)),
        Err(error) => match error.kind {
            ErrorKind::Other => error.status == Some(400),
            ErrorKind::NotFound => error.code.as_deref() != Some(GONE),
            ErrorKind::Licence
            | ErrorKind::Permission
            | ErrorKind::SignIn
            | ErrorKind::Throttled
            | ErrorKind::Server
            | ErrorKind::Transport
            | ErrorKind::BadBody
            | ErrorKind::Paging => false,
        },
    }
}

#[derive(Deserialize)]
struct PolicyRow<'a> {
    #[serde(borrow, default)]
    policy: Option<Policy<'a>>,
}

#[derive(Deserialize)]
struct Policy<'a> {
    #[serde(borrow, default)]
    rules: Option<Vec<&'a RawValue>>,
}

/// Of a row that does not fit nothing is said here; `resolve` reports it.
fn is_without_rules(row: &RawValue) -> bool {
    serde_json::from_str::<PolicyRow<'_>>(row.get()).is_ok_and(|row| {
        row.policy.and_then(|policy| policy.rules).is_none_or(|rules| rules.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::Order;
    use crate::collect::ids::Seeds;
    use crate::collect::walk::{Onboarded, walk};
    use crate::graph::{Options, ReadError};
    use crate::model::{Cloud, GapKind};
    use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
    use jiff::Timestamp;
    use serde_json::{Value, json};
    use std::sync::Arc;
    use wiremock::matchers::any;
    use wiremock::{Mock, MockServer, Request, ResponseTemplate};

    fn failed(kind: ErrorKind, status: Option<u16>, code: &str) -> Listing {
        let error = ReadError {
            kind,
            path: String::new(),
            status,
            code: Some(code.to_owned()),
            message: String::new(),
            request_id: None,
            missing_scopes: Vec::new(),
        };
        Listing { rows: Vec::new(), pages: 0, end: Err(error) }
    }

    fn whole(rows: &[Value]) -> Listing {
        let raw = |row: &Value| RawValue::from_string(row.to_string()).unwrap();
        Listing { rows: rows.iter().map(raw).collect(), pages: 1, end: Ok(()) }
    }

    fn with_rules() -> Value {
        json!({
            "roleDefinitionId": "member",
            "policy": {"rules": [{"id": "Expiration_EndUser_Assignment"}]}
        })
    }

    #[test]
    fn beta_is_asked_where_the_version_is_the_trouble() {
        let without = || json!({"roleDefinitionId": "owner", "policy": {"rules": []}});
        for (listing, expected) in [
            (whole(&[with_rules()]), false),
            (whole(&[with_rules(), without()]), true),
            (whole(&[json!({"roleDefinitionId": "member"})]), true),
            (whole(&[json!({"policy": {}})]), true),
            // A group that PIM does not manage may have none.
            (whole(&[]), false),
            // What does not fit is not a matter of the version.
            (whole(&[json!({"policy": "odd"})]), false),
            (whole(&[json!(7)]), false),
            (failed(ErrorKind::Other, Some(400), "MissingProvider"), true),
            (failed(ErrorKind::Other, Some(409), "Conflict"), false),
            (failed(ErrorKind::Licence, Some(400), "AadPremiumLicenseRequired"), false),
            (failed(ErrorKind::Permission, Some(403), "PermissionScopeNotGranted"), false),
            (failed(ErrorKind::NotFound, Some(404), GONE), false),
            (failed(ErrorKind::NotFound, Some(404), "BadRequest"), true),
            (failed(ErrorKind::Throttled, Some(429), "TooManyRequests"), false),
            (failed(ErrorKind::Server, Some(503), "UnknownError"), false),
            (failed(ErrorKind::Transport, None, ""), false),
        ] {
            assert_eq!(lacks_rules(&listing), expected, "{listing:?}");
        }
    }

    #[derive(Debug)]
    struct Token;

    #[async_trait::async_trait]
    impl TokenCredential for Token {
        async fn get_token(
            &self,
            _: &[&str],
            _: Option<TokenRequestOptions<'_>>,
        ) -> azure_core::Result<AccessToken> {
            let end = azure_core::time::parse_rfc3339("2099-01-01T00:00:00Z")?;
            Ok(AccessToken::new("token".to_owned(), end))
        }
    }

    /// Answers every part of a batch alike, by its version.
    async fn graph(v1: (u16, Value), beta: (u16, Value)) -> MockServer {
        let server = MockServer::start().await;
        let answer = move |request: &Request| {
            let is_beta = request.url.path().starts_with("/beta/");
            let (status, body) = if is_beta { &beta } else { &v1 };
            let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let parts = asked["requests"].as_array().cloned().unwrap_or_default();
            let responses: Vec<Value> = parts
                .iter()
                .map(|part| json!({"id": part["id"], "status": status, "body": body}))
                .collect();
            ResponseTemplate::new(200).set_body_json(json!({ "responses": responses }))
        };
        Mock::given(any()).respond_with(answer).mount(&server).await;
        server
    }

    /// Reads the settings of one group: what was asked, and by which request they stand.
    async fn read(
        server: &MockServer,
        beta: bool,
    ) -> (Vec<String>, String, usize, Option<GapKind>) {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let options = Options::new(http, server.uri().parse().unwrap(), Arc::new(Token));
        let client = Client::new(options).unwrap();
        let at: Timestamp = "2026-11-02T09:00:00Z".parse().unwrap();
        let order = Order {
            tenant: "tenant".to_owned(),
            cloud: Cloud::Global,
            by: None,
            datasets: BTreeSet::from([Dataset::GroupPolicies]),
            groups: Vec::new(),
            without: Vec::new(),
            without_pim: false,
            beta,
            audit_since: None,
            clock: &move || at,
        };
        let seeds = Seeds { groups: BTreeSet::from(["g".to_owned()]), ..Seeds::default() };
        let collections = walk(&client, &order, seeds, Onboarded::Unknown, "tenant").await;
        let asked = server.received_requests().await.unwrap_or_default();
        let asked = asked.iter().map(|request| request.url.path().to_owned()).collect();
        let of_group = collections.iter().find(|it| it.key.as_deref() == Some("g")).unwrap();
        let version = of_group.request.split("/policies").next().unwrap_or_default().to_owned();
        (asked, version, of_group.rows.len(), of_group.gap.as_ref().map(|gap| gap.kind))
    }

    #[tokio::test]
    async fn group_settings_that_v1_does_not_give_are_read_by_beta() {
        let error = |code: &str| json!({"error": {"code": code, "message": ""}});
        let refused = || (400, error("MissingProvider"));
        let denied = || (403, error("Authorization_RequestDenied"));
        let given = || (200, json!({"value": [with_rules()]}));
        let bare = || (200, json!({"value": [{"roleDefinitionId": "member", "policy": {}}]}));
        let (v1, beta) = ("/v1.0/$batch", "/beta/$batch");
        // The answers of v1.0 and beta, whether beta may be read; what was asked, by which version the
        // settings stand, their rows, their gap.
        for (by_v1, by_beta, on, asked, version, rows, gap) in [
            (given(), given(), true, &[v1][..], "/v1.0", 1, None),
            (refused(), given(), true, &[v1, beta], "/beta", 1, None),
            (bare(), given(), true, &[v1, beta], "/beta", 1, None),
            (refused(), given(), false, &[v1], "/v1.0", 0, Some(GapKind::Failed)),
            (denied(), given(), true, &[v1], "/v1.0", 0, Some(GapKind::PermissionDenied)),
            // What beta does not give either stays what v1.0 said.
            (refused(), refused(), true, &[v1, beta], "/v1.0", 0, Some(GapKind::Failed)),
            (bare(), bare(), true, &[v1, beta], "/v1.0", 1, None),
            (bare(), (200, json!({"value": []})), true, &[v1, beta], "/v1.0", 1, None),
        ] {
            let what = format!("{by_v1:?} {by_beta:?} {on}");
            let server = graph(by_v1, by_beta).await;
            let found = read(&server, on).await;
            let asked = asked.iter().map(|&it| it.to_owned()).collect::<Vec<String>>();
            assert_eq!(found, (asked, version.to_owned(), rows, gap), "{what}");
        }
    }
}
