//! A whole collection against a Graph that counts and answers 429 to whatever comes faster than
//! Graph is documented to take: it must have nothing to refuse.
//!
//! What is asserted is what the server counted, at the times at which requests reached it.

use crate::support::asked::{Asked, FILTER};
use crate::support::options;
use crate::support::tenant::{AT, TENANT, all_datasets};
use pimaudit::collect::{LANES, Order, collect, dataset_of};
use pimaudit::graph::{Client, Options};
use pimaudit::model::{Cloud, Dataset};
use pimaudit::snapshot::{Collection, Snapshot};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

/// Groups, all in PIM: those of the first half hold a role, each of the second is in one of them.
const GROUPS: usize = 48;
/// People: one in each group, the others hold a role themselves.
const PEOPLE: usize = 60;

/// How long an answer is held back. What arrives meanwhile is in flight beside it.
const HELD: Duration = Duration::from_millis(60);
/// A little less than that, so that the grain of a clock is not taken for a request in flight.
const IN_FLIGHT: Duration = Duration::from_millis(50);

/// The most people that may be asked for with their sign-ins at once.
const PEOPLE_A_PAGE: u32 = 120;
/// The most reads of one batch.
const READS_A_BATCH: usize = 20;

const CONDITIONAL_ACCESS: &str = "/v1.0/identity/conditionalAccess/policies";

/// Which of Graph's services is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Reports,
    ConditionalAccess,
    Pim,
    Directory,
}

/// So many requests may arrive within any stretch of a length.
struct Limit {
    most: usize,
    within: Duration,
    /// The latest ones that were served, the oldest first.
    arrived: VecDeque<Instant>,
    served: usize,
}

impl Limit {
    const fn new(most: usize, within: Duration) -> Self {
        Self { most, within, arrived: VecDeque::new(), served: 0 }
    }

    /// False when this is one too many.
    fn serves(&mut self, now: Instant) -> bool {
        let within = self.within;
        while self.arrived.front().is_some_and(|first| now.duration_since(*first) >= within) {
            self.arrived.pop_front();
        }
        let serves = self.arrived.len() < self.most;
        if serves {
            self.arrived.push_back(now);
            self.served += 1;
        }
        serves
    }
}

/// What Graph documents to take, and what it refused. For PIM no number is published; four at once
/// is what is thought gentle, and eight in all is what the client promises.
struct Counter {
    reports: Limit,
    conditional_access: Limit,
    pim: Limit,
    all: Limit,
    refused: Vec<String>,
    unplanned: Vec<String>,
}

impl Counter {
    const fn new() -> Self {
        Self {
            reports: Limit::new(5, Duration::from_secs(10)),
            conditional_access: Limit::new(1, Duration::from_secs(1)),
            pim: Limit::new(4, IN_FLIGHT),
            all: Limit::new(8, IN_FLIGHT),
            refused: Vec::new(),
            unplanned: Vec::new(),
        }
    }

    /// Which service a request with these reads asks too much of. Reads are counted one by one, as
    /// Graph throttles each part of a batch by itself; in flight a batch is one request.
    fn too_much(&mut self, reads: &[Service], now: Instant) -> Option<Service> {
        for read in reads {
            let serves = match read {
                Service::Reports => self.reports.serves(now),
                Service::ConditionalAccess => self.conditional_access.serves(now),
                Service::Pim | Service::Directory => true,
            };
            if !serves {
                return Some(*read);
            }
        }
        if reads.contains(&Service::Pim) && !self.pim.serves(now) {
            return Some(Service::Pim);
        }
        (!self.all.serves(now)).then_some(Service::Directory)
    }
}

/// The service of one read, as Graph's documents have it and not as the lanes do.
fn service(asked: &Asked) -> Service {
    let has = |part: &str| asked.path.contains(part);
    if has("/auditLogs/") || has("/reports/") || asks_for_sign_ins(asked) {
        Service::Reports
    } else if has("/identity/conditionalAccess/") || has("/identityProtection/") {
        Service::ConditionalAccess
    } else if has("ScheduleInstances")
        || has("/roleManagementPolicyAssignments")
        || has("/privilegedAccess/")
        || has("/roleManagementAlerts/")
    {
        Service::Pim
    } else {
        Service::Directory
    }
}

fn value_of<'a>(asked: &'a Asked, parameter: &str) -> Option<&'a str> {
    asked.query.iter().find(|(name, _)| name == parameter).map(|(_, value)| value.as_str())
}

fn asks_for_sign_ins(asked: &Asked) -> bool {
    value_of(asked, "$select").is_some_and(|properties| properties.contains("signInActivity"))
}

fn group(number: usize) -> String {
    format!("b0000000-0000-4000-8000-{number:012}")
}

fn person(number: usize) -> String {
    format!("a0000000-0000-4000-8000-{number:012}")
}

fn object(id: &str) -> Value {
    let kind = if id.starts_with('b') { "group" } else { "user" };
    json!({"@odata.type": format!("#microsoft.graph.{kind}"), "id": id})
}

fn holds_a_role(id: &str) -> Value {
    json!({"principalId": id, "directoryScopeId": "/"})
}

/// The person of every other group is a member, that of the others is eligible to be one.
fn is_plain(group: usize) -> bool {
    group.is_multiple_of(2)
}

fn members(group_id: &str) -> Vec<Value> {
    let Some(number) = (0..GROUPS).find(|number| group(*number) == group_id) else {
        return Vec::new();
    };
    let plain = is_plain(number).then(|| object(&person(number)));
    let nested = (number < GROUPS / 2).then(|| object(&group(number + GROUPS / 2)));
    plain.into_iter().chain(nested).collect()
}

fn eligible(group_id: &str) -> Vec<Value> {
    let number = (0..GROUPS).find(|number| group(*number) == group_id);
    let number = number.filter(|number| !is_plain(*number));
    let row = |number| json!({"groupId": group_id, "principalId": person(number)});
    number.map(row).into_iter().collect()
}

/// The rows of a list; `None` for what nobody planned for.
fn rows(asked: &Asked) -> Option<Vec<Value>> {
    let path = asked.path.as_str();
    let of_group =
        path.strip_prefix("/v1.0/groups/").and_then(|rest| rest.strip_suffix("/members"));
    if let Some(id) = of_group {
        return Some(members(id));
    }
    match path {
        "/v1.0/organization" => Some(vec![json!({"id": TENANT})]),
        "/v1.0/roleManagement/directory/roleAssignments" => {
            let groups = (0..GROUPS / 2).map(group);
            let holders = groups.chain((GROUPS..PEOPLE).map(person));
            Some(holders.map(|id| holds_a_role(&id)).collect())
        }
        "/beta/identityGovernance/privilegedAccess/group/resources" => {
            Some((0..GROUPS).map(|number| json!({"id": group(number)})).collect())
        }
        "/v1.0/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances" => {
            let filter = value_of(asked, FILTER)?;
            Some(eligible(filter.strip_prefix("groupId eq '")?.strip_suffix('\'')?))
        }
        "/v1.0/directoryObjects/getByIds" => {
            let body: Value = serde_json::from_slice(&asked.body).ok()?;
            body["ids"].as_array()?.iter().map(|id| id.as_str().map(object)).collect()
        }
        "/v1.0/users" => {
            // More than that is an error, not a shorter page.
            let top: u32 = value_of(asked, "$top")?.parse().ok()?;
            let (_, ids) = asked.filter_values().filter(|_| top <= PEOPLE_A_PAGE)?;
            Some(ids.into_iter().map(|id| json!({"id": id})).collect())
        }
        // Whatever else the program reads has no rows here.
        _ => dataset_of(path).map(|_| Vec::new()),
    }
}

/// A Graph that counts.
struct Graph {
    server: MockServer,
    counter: Arc<Mutex<Counter>>,
}

struct Answers {
    base: String,
    counter: Arc<Mutex<Counter>>,
}

fn held(counter: &Mutex<Counter>) -> MutexGuard<'_, Counter> {
    counter.lock().expect("nobody panics while counting")
}

impl Answers {
    /// The body of one list. That of the policies of Conditional Access has two pages.
    fn list(&self, asked: &Asked) -> Option<Value> {
        let mut body = json!({"value": rows(asked)?});
        if asked.path == CONDITIONAL_ACCESS && asked.query.is_empty() {
            body["@odata.nextLink"] = json!(format!("{}{}?$skiptoken=2", self.base, asked.path));
        }
        Some(body)
    }

    fn batch(&self, parts: &[(String, Asked)]) -> Option<Value> {
        let answer = |(id, asked): &(String, Asked)| {
            self.list(asked).map(|body| json!({"id": id, "status": 200, "body": body}))
        };
        let responses: Option<Vec<Value>> = parts.iter().map(answer).collect();
        let responses = responses.filter(|_| parts.len() <= READS_A_BATCH)?;
        Some(json!({"responses": responses}))
    }
}

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let asked = Asked::from(request);
        let parts: Option<Vec<(String, Asked)>> = asked
            .batch_parts()
            .map(|parts| parts.into_iter().map(|part| (part.id, part.asked)).collect());
        let reads: Vec<Service> = match &parts {
            Some(parts) => parts.iter().map(|(_, asked)| service(asked)).collect(),
            None => vec![service(&asked)],
        };
        let mut counter = held(&self.counter);
        if let Some(service) = counter.too_much(&reads, Instant::now()) {
            counter.refused.push(format!("{service:?}: {asked}"));
            return refusal(service);
        }
        let body = match &parts {
            Some(parts) => self.batch(parts),
            None => self.list(&asked),
        };
        match body {
            Some(body) => ResponseTemplate::new(200).set_body_json(body).set_delay(HELD),
            None => {
                counter.unplanned.push(asked.lines().join(" "));
                ResponseTemplate::new(404)
            }
        }
    }
}

/// The answer to what is one too many; Conditional Access is documented to tell no wait.
fn refusal(service: Service) -> ResponseTemplate {
    let body = json!({"error": {"code": "TooManyRequests", "message": "Too many requests."}});
    let refusal = ResponseTemplate::new(429).set_body_json(body);
    match service {
        Service::ConditionalAccess => refusal,
        Service::Reports | Service::Pim | Service::Directory => {
            refusal.insert_header("Retry-After", "1")
        }
    }
}

impl Graph {
    async fn start() -> Self {
        let server = MockServer::start().await;
        let counter = Arc::new(Mutex::new(Counter::new()));
        let answers = Answers { base: server.uri(), counter: Arc::clone(&counter) };
        Mock::given(matchers::any()).respond_with(answers).mount(&server).await;
        Self { server, counter }
    }

    /// Everything that can be collected, the audit log included.
    async fn collected(&self, options: Options) -> Snapshot<'static> {
        let at = AT.parse().unwrap();
        let order = Order {
            tenant: TENANT.to_owned(),
            cloud: Cloud::Global,
            by: None,
            datasets: all_datasets(),
            groups: Vec::new(),
            without: Vec::new(),
            without_pim: false,
            beta: true,
            audit_since: Some("2026-10-26T09:00:00Z".parse().unwrap()),
            clock: &move || at,
        };
        collect(&Client::new(options).unwrap(), &order).await
    }
}

/// Why collections are not whole.
fn gaps(snapshot: &Snapshot<'_>) -> Vec<String> {
    let gap = |it: &Collection<'_>| {
        it.gap.as_ref().map(|gap| format!("{} {:?}: {gap}", it.dataset, it.key))
    };
    snapshot.collections.iter().filter_map(gap).collect()
}

#[tokio::test]
async fn a_collection_is_never_told_to_slow_down() {
    let graph = Graph::start().await;
    let options = Options { lanes: LANES, ..options(&graph.server.uri()) };
    let snapshot = graph.collected(options).await;
    let counter = held(&graph.counter);
    assert_eq!(counter.refused, Vec::<String>::new());
    assert_eq!(counter.unplanned, Vec::<String>::new());
    assert_eq!(gaps(&snapshot), Vec::<String>::new());
    for (dataset, expected) in [
        (Dataset::Principals, GROUPS + PEOPLE),
        (Dataset::SignInActivity, PEOPLE),
        // A person in every other group, and the second half of the groups in the first.
        (Dataset::GroupMembers, GROUPS),
        (Dataset::GroupEligibilityScheduleInstances, GROUPS / 2),
    ] {
        let of_it = snapshot.collections.iter().filter(|it| it.dataset == dataset);
        assert_eq!(of_it.map(|it| it.rows.len()).sum::<usize>(), expected, "{dataset}");
    }
    // More than fit in one stretch, or nothing would have been proved: registrations, three lists
    // of the audit log, and people, fifteen to a request; two pages of policies, and the contexts.
    assert_eq!(counter.reports.served, 1 + 3 + PEOPLE / 15);
    assert_eq!(counter.conditional_access.served, 2 + 1);
}

#[tokio::test]
async fn the_same_collection_without_lanes_is_told_to_slow_down() {
    let graph = Graph::start().await;
    let mut options = Options { in_flight: 64, ..options(&graph.server.uri()) };
    // Waits would only make the test longer: it is the first answer that counts.
    options.patience.tries = 1;
    let snapshot = graph.collected(options).await;
    let counter = held(&graph.counter);
    let refused = |service: &str| counter.refused.iter().any(|it| it.starts_with(service));
    assert!(refused("ConditionalAccess"), "{:?}", counter.refused);
    assert!(!gaps(&snapshot).is_empty());
}

#[test]
fn the_server_refuses_what_is_one_too_many_and_nothing_before() {
    let start = Instant::now();
    for (service, most, within) in [
        (Service::Reports, 5, Duration::from_secs(10)),
        (Service::ConditionalAccess, 1, Duration::from_secs(1)),
        (Service::Pim, 4, IN_FLIGHT),
        (Service::Directory, 8, IN_FLIGHT),
    ] {
        let mut counter = Counter::new();
        for _ in 0..most {
            assert_eq!(counter.too_much(&[service], start), None, "{service:?}");
        }
        let before = start + within - Duration::from_millis(1);
        assert_eq!(counter.too_much(&[service], before), Some(service));
        assert_eq!(counter.too_much(&[service], start + within), None, "{service:?}");
    }
}

#[test]
fn the_reads_of_a_batch_are_counted_one_by_one_and_in_flight_as_one() {
    let start = Instant::now();
    for (reads, requests, expected) in [
        (vec![Service::Reports; 5], 1, None),
        (vec![Service::Reports; 6], 1, Some(Service::Reports)),
        (vec![Service::Directory, Service::ConditionalAccess], 2, Some(Service::ConditionalAccess)),
        (vec![Service::Pim; 20], 4, None),
        (vec![Service::Pim; 20], 5, Some(Service::Pim)),
        (vec![Service::Directory; 20], 8, None),
    ] {
        let mut counter = Counter::new();
        let mut told = None;
        for _ in 0..requests {
            told = counter.too_much(&reads, start);
        }
        assert_eq!(told, expected, "{requests} of {reads:?}");
    }
}
