//! A loopback Graph for measuring: bodies made before the run, a fixed latency, nothing else.

use super::tenant::{ORGANIZATION, Rows, SKU};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const GRANTS_A_PAGE: usize = 100;

/// What the server holds and counts.
pub(crate) struct Server {
    pub(crate) address: String,
    state: Arc<State>,
}

struct State {
    latency: Duration,
    /// Body by path with query.
    bodies: HashMap<String, String>,
    objects: HashMap<String, String>,
    /// Body of a read in a batch by its URL.
    parts: HashMap<String, String>,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Server {
    pub(crate) async fn start(rows: &Rows, latency: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(State {
            latency,
            bodies: bodies(rows, &address),
            objects: rows.objects.iter().cloned().collect(),
            parts: parts(rows),
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { address, state }
    }

    /// Requests and bytes so far.
    pub(crate) fn counted(&self) -> (u64, u64) {
        (self.state.requests.load(Ordering::SeqCst), self.state.bytes.load(Ordering::SeqCst))
    }
}

/// What is read of each group.
fn parts(rows: &Rows) -> HashMap<String, String> {
    let body = |rows: &[String]| format!("{{\"value\":[{}]}}", rows.join(","));
    let mut parts = HashMap::new();
    for (group, members) in &rows.members {
        parts.insert(format!("/groups/{group}/members?$select=id&$top=999"), body(members));
        parts.insert(format!("/groups/{group}/owners?$select=id&$top=999"), body(&[]));
    }
    let pim = "/identityGovernance/privilegedAccess/group";
    for managed in &rows.managed {
        let group = &managed.group;
        parts.insert(
            format!("{pim}/assignmentScheduleInstances?$filter=groupId eq '{group}'"),
            body(&[]),
        );
        parts.insert(
            format!("{pim}/eligibilityScheduleInstances?$filter=groupId eq '{group}'"),
            body(&managed.eligibilities),
        );
        parts.insert(
            format!(
                "/policies/roleManagementPolicyAssignments?$filter=scopeId eq '{group}' and \
                 scopeType eq 'Group'&$expand=policy($expand=rules)"
            ),
            body(&managed.policies),
        );
    }
    parts
}

fn bodies(rows: &Rows, address: &str) -> HashMap<String, String> {
    let mut bodies = HashMap::new();
    let mut list = |path: String, rows: &[String], page: usize| {
        let pages: Vec<&[String]> =
            if rows.is_empty() { vec![&[]] } else { rows.chunks(page).collect() };
        for (number, page) in pages.iter().enumerate() {
            let here =
                if number == 0 { path.clone() } else { format!("{path}?$skiptoken={number}") };
            let next = if number + 1 < pages.len() {
                format!("\"@odata.nextLink\":\"{address}{path}?$skiptoken={}\",", number + 1)
            } else {
                String::new()
            };
            bodies.insert(here, format!("{{{next}\"value\":[{}]}}", page.join(",")));
        }
    };
    let directory = "/v1.0/roleManagement/directory";
    list("/v1.0/organization".to_owned(), &[ORGANIZATION.to_owned()], 999);
    list("/v1.0/subscribedSkus".to_owned(), &[SKU.to_owned()], 999);
    list(format!("{directory}/roleDefinitions"), &rows.definitions, 999);
    list("/beta/roleManagement/directory/roleDefinitions".to_owned(), &rows.privileged, 999);
    list(format!("{directory}/roleAssignments"), &rows.assignments, GRANTS_A_PAGE);
    list(format!("{directory}/roleAssignmentScheduleInstances"), &rows.instances, GRANTS_A_PAGE);
    list(
        format!("{directory}/roleEligibilityScheduleInstances"),
        &rows.eligibilities,
        GRANTS_A_PAGE,
    );
    list(
        "/v1.0/policies/roleManagementPolicyAssignments".to_owned(),
        &rows.policies,
        GRANTS_A_PAGE,
    );
    let managed: Vec<String> =
        rows.managed.iter().map(|it| format!("{{\"id\":\"{}\"}}", it.group)).collect();
    list("/beta/identityGovernance/privilegedAccess/group/resources".to_owned(), &managed, 999);
    for empty in [
        "/v1.0/identity/conditionalAccess/policies",
        "/v1.0/identity/conditionalAccess/authenticationContextClassReferences",
        "/v1.0/policies/authenticationStrengthPolicies",
        "/beta/identityGovernance/roleManagementAlerts/alerts",
        "/v1.0/identityGovernance/accessReviews/definitions",
        "/v1.0/identityGovernance/entitlementManagement/accessPackages",
        "/v1.0/directory/administrativeUnits",
        "/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')/appRoleAssignedTo",
        "/v1.0/oauth2PermissionGrants",
    ] {
        list(empty.to_owned(), &[], 999);
    }
    bodies.insert(
        "/v1.0/policies/identitySecurityDefaultsEnforcementPolicy".to_owned(),
        "{\"isEnabled\":false}".to_owned(),
    );
    bodies
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let mut buffer = Vec::new();
    loop {
        let Some((target, body)) = request(&mut stream, &mut buffer).await else { return };
        let answer = state.answer(&target, &body);
        state.requests.fetch_add(1, Ordering::SeqCst);
        state.bytes.fetch_add(answer.len() as u64, Ordering::SeqCst);
        tokio::time::sleep(state.latency).await;
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        );
        let mut whole = head.into_bytes();
        whole.extend_from_slice(answer.as_bytes());
        if stream.write_all(&whole).await.is_err() {
            return;
        }
    }
}

/// One request: its target and its body.
async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    let mut chunk = [0_u8; 65_536];
    loop {
        if let Some(end) = buffer.windows(4).position(|it| it == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .and_then(|(_, value)| value.trim().parse::<usize>().ok())
                .unwrap_or(0);
            if buffer.len() >= end + 4 + length {
                let body = buffer[end + 4..end + 4 + length].to_vec();
                buffer.drain(..end + 4 + length);
                let target = head.split_whitespace().nth(1)?.to_owned();
                return Some((target, body));
            }
        }
        let read = stream.read(&mut chunk).await.ok()?;
        if read == 0 {
            return None;
        }
        buffer.extend_from_slice(&chunk[..read]);
    }
}

impl State {
    fn answer(&self, target: &str, body: &[u8]) -> String {
        if target.ends_with("/$batch") {
            return self.batch(body);
        }
        let path = target.split('?').next().unwrap_or(target);
        if path.ends_with("/getByIds") {
            return self.by_ids(body);
        }
        let decoded = target.replace("%24", "$");
        match self.bodies.get(&decoded).or_else(|| self.bodies.get(path)) {
            Some(body) => body.clone(),
            None => panic!("unplanned request: {target}"),
        }
    }

    fn by_ids(&self, body: &[u8]) -> String {
        let asked: serde_json::Value = serde_json::from_slice(body).expect("a JSON body");
        let rows: Vec<&str> = asked["ids"]
            .as_array()
            .expect("ids")
            .iter()
            .filter_map(|id| self.objects.get(id.as_str()?).map(String::as_str))
            .collect();
        format!("{{\"value\":[{}]}}", rows.join(","))
    }

    fn batch(&self, body: &[u8]) -> String {
        let asked: serde_json::Value = serde_json::from_slice(body).expect("a JSON body");
        let parts: Vec<String> = asked["requests"]
            .as_array()
            .expect("requests")
            .iter()
            .map(|part| {
                let url = part["url"].as_str().expect("a url");
                let url = url.replace("%20", " ").replace("%27", "'");
                let body = self.parts.get(&url).unwrap_or_else(|| panic!("unplanned read: {url}"));
                format!(
                    "{{\"id\":{},\"status\":200,\"headers\":{{\"Content-Type\":\"application/json\"}},\"body\":{}}}",
                    part["id"], body
                )
            })
            .collect();
        format!("{{\"responses\":[{}]}}", parts.join(","))
    }
}
