//! The audit log: what is asked for, what comes of it, and what a refusal costs.

use crate::support::tenant::{AT, TENANT, text_of};
use crate::support::{MockGraph, client};
use jiff::Timestamp;
use pimaudit::collect::{Order, collect};
use pimaudit::model::{
    ActorKind, AuditEvent, AuditPart, AuditSource, Cloud, Dataset, Gap, GapKind, Tenant,
};
use pimaudit::resolve::resolve;
use pimaudit::snapshot::{Redactor, Snapshot, load_bytes};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Thirty days before the fixtures' own time.
const SINCE: &str = "2026-10-03T09:00:00Z";
const LOG: &str = "GET /v1.0/auditLogs/directoryAudits?";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// What is always read, and the log since a time.
async fn collected(mock: &MockGraph, since: Option<&str>, without: &[&str]) -> Snapshot<'static> {
    let at = time(AT);
    let order = Order {
        tenant: TENANT.to_owned(),
        cloud: Cloud::Global,
        by: None,
        datasets: BTreeSet::new(),
        groups: Vec::new(),
        without: without.iter().map(|&it| it.to_owned()).collect(),
        without_pim: false,
        beta: true,
        audit_since: since.map(time),
        clock: &move || at,
    };
    collect(&client(mock), &order).await
}

fn mappings_of(scenario: &str) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("wiremock-fixtures");
    fixtures.join(scenario).join("mappings")
}

/// Contoso with its log, but for the lists whose filter holds these words.
async fn refusing(words: &str, status: u16, code: &str, message: &str) -> MockGraph {
    let folder = tempfile::tempdir().unwrap();
    let mapping = json!({
        "priority": 1,
        "request": {
            "method": "GET",
            "urlPath": "/v1.0/auditLogs/directoryAudits",
            "queryParameters": {"$filter": {"contains": words}, "$top": {"equalTo": "999"}}
        },
        "response": {
            "status": status,
            "jsonBody": {"error": {"code": code, "message": message}}
        }
    });
    std::fs::write(folder.path().join("refused.json"), mapping.to_string()).unwrap();
    let folders = [mappings_of("contoso"), mappings_of("audit-log"), folder.path().to_path_buf()];
    MockGraph::from_folders(&folders).await
}

/// What was asked of the log, sorted: the lists are read side by side.
fn asked(mock: &MockGraph) -> Vec<String> {
    let mut asked = mock.requests();
    asked.retain(|request| request.contains("/auditLogs/"));
    asked.sort();
    asked
}

fn part(tenant: &Tenant, source: AuditSource) -> &AuditPart {
    let parts = tenant.audit_log.complete().unwrap();
    parts.iter().find(|part| part.source == source).unwrap()
}

fn events(tenant: &Tenant, source: AuditSource) -> &[AuditEvent] {
    part(tenant, source).events.complete().unwrap()
}

/// The one line of this activity by this actor.
fn line<'t>(events: &'t [AuditEvent], activity: &str, actor: &str) -> &'t AuditEvent {
    let is_it = |it: &&AuditEvent| &*it.activity == activity && &*it.actor.name == actor;
    let found: Vec<&AuditEvent> = events.iter().filter(is_it).collect();
    assert_eq!(found.len(), 1, "{activity} by {actor}");
    found[0]
}

fn gap_of(tenant: &Tenant, source: AuditSource) -> Option<&Gap> {
    part(tenant, source).events.gap()
}

#[tokio::test]
async fn the_log_of_a_window_is_read_in_three_lists() {
    let mock = MockGraph::start(&["contoso", "audit-log"]).await;
    let snapshot = collected(&mock, Some(SINCE), &[]).await;
    mock.assert_all_planned();
    let lists = [
        "loggedByService eq 'Conditional Access'",
        "loggedByService eq 'Core Directory' and category eq 'RoleManagement'",
        "loggedByService eq 'PIM'",
    ];
    let mut wanted: Vec<String> = lists
        .map(|list| format!("{LOG}$filter={list} and activityDateTime ge {SINCE}&$top=999"))
        .to_vec();
    wanted.push(format!("{LOG}$skiptoken=opaque-2"));
    assert_eq!(asked(&mock), wanted);
    // After everything that it tells of, so that no list shows what it cannot have yet.
    let all = mock.requests();
    let is_log = |request: &String| request.contains("/auditLogs/");
    assert_eq!(all.iter().position(is_log), Some(all.len() - wanted.len()), "{all:?}");
    // The last collection of the file, with a row for each line that came.
    let rows: Vec<(Option<&str>, usize)> = snapshot
        .parts(Dataset::DirectoryAudits)
        .map(|part| (part.key.as_deref(), part.rows.len()))
        .collect();
    let expected = [("pim", 34), ("role-management", 4), ("conditional-access", 1)];
    assert_eq!(rows, expected.map(|(key, rows)| (Some(key), rows)));
    let tenant = resolve(&snapshot, snapshot.collected_at);
    // One line of PIM is on both of its pages.
    for (source, count) in AuditSource::ALL.into_iter().zip([33, 4, 1]) {
        let part = part(&tenant, source);
        assert_eq!(events(&tenant, source).len(), count, "{source:?}");
        assert_eq!((part.since, part.until), (time(SINCE), time(AT)), "{source:?}");
        assert_eq!(part.covered_from(tenant.log_days()), time(SINCE), "{source:?}");
    }
    assert_eq!(tenant.log_days(), 30);
    // Read back from a file it is the same.
    let text = text_of(&snapshot);
    let again = resolve(&load_bytes(&text, Path::new("again")).unwrap(), snapshot.collected_at);
    assert_eq!(format!("{:?}", again.audit_log), format!("{:?}", tenant.audit_log));
}

#[tokio::test]
async fn without_premium_less_of_the_log_is_kept_than_was_asked_for() {
    let mock = MockGraph::start(&["contoso", "no-p2", "audit-log"]).await;
    let snapshot = collected(&mock, Some(SINCE), &[]).await;
    let tenant = resolve(&snapshot, snapshot.collected_at);
    assert_eq!(tenant.log_days(), 7);
    // Seven days are kept for sure; what is older and there shows that it is more.
    for (source, expected) in AuditSource::ALL.into_iter().zip([
        "2026-10-06T09:29:58Z",
        "2026-10-12T19:00:00.7455924Z",
        "2026-10-23T15:45:10.3Z",
    ]) {
        let found = part(&tenant, source).covered_from(tenant.log_days());
        assert_eq!(found, time(expected), "{source:?}");
    }
}

#[tokio::test]
async fn an_order_without_a_window_reads_no_log() {
    let mock = MockGraph::start(&["contoso", "audit-log"]).await;
    for (since, without, detail) in [
        (None, vec![], "the audit log was not asked for; read it with --audit-log 30d"),
        (Some(SINCE), vec!["AuditLog.Read.All"], "declined with --without AuditLog.Read.All"),
    ] {
        let snapshot = collected(&mock, since, &without).await;
        let tenant = resolve(&snapshot, snapshot.collected_at);
        assert!(tenant.audit_log.is_missing(), "{detail}");
        let gap = tenant.audit_log.gap().unwrap();
        assert_eq!((gap.kind, &*gap.detail), (GapKind::NotRequested, detail));
    }
    assert_eq!(asked(&mock), Vec::<String>::new());
}

#[tokio::test]
async fn a_refused_list_costs_itself_alone() {
    let refused = "Insufficient privileges to complete the operation.";
    let segment = "Resource not found for the segment 'directoryAudits'.";
    for (status, code, message, kind, told) in [
        (
            403,
            "Authorization_RequestDenied",
            refused,
            GapKind::PermissionDenied,
            "grant AuditLog.Read.All",
        ),
        (404, "Request_ResourceNotFound", "", GapKind::CloudLacksIt, "404"),
        (400, "BadRequest", segment, GapKind::CloudLacksIt, "directoryAudits"),
        (400, "BadRequest", "Invalid filter clause", GapKind::Failed, "Invalid filter clause"),
    ] {
        let mock = refusing("'Core Directory'", status, code, message).await;
        let snapshot = collected(&mock, Some(SINCE), &[]).await;
        let tenant = resolve(&snapshot, snapshot.collected_at);
        let gap = gap_of(&tenant, AuditSource::RoleManagement).unwrap();
        assert_eq!((gap.kind, gap.dataset), (kind, Some(Dataset::DirectoryAudits)), "{gap}");
        assert!(gap.detail.contains(told), "{gap}");
        let part = part(&tenant, AuditSource::RoleManagement);
        assert!(part.events.is_missing());
        // What was not read proves nothing of any time.
        assert_eq!(part.covered_from(30), part.until);
        assert_eq!(gap_of(&tenant, AuditSource::Pim), None);
        assert_eq!(gap_of(&tenant, AuditSource::ConditionalAccess), None);
    }
}

#[tokio::test]
async fn a_page_that_fails_makes_a_list_partial() {
    let mut mapping: Value = serde_json::from_slice(
        &std::fs::read(mappings_of("audit-log").join("audit-log-pim-2.json")).unwrap(),
    )
    .unwrap();
    mapping["priority"] = json!(1);
    mapping["response"] =
        json!({"status": 403, "jsonBody": {"error": {"code": "No", "message": "no"}}});
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("second.json"), mapping.to_string()).unwrap();
    let folders = [mappings_of("contoso"), mappings_of("audit-log"), folder.path().to_path_buf()];
    let mock = MockGraph::from_folders(&folders).await;
    let snapshot = collected(&mock, Some(SINCE), &[]).await;
    let tenant = resolve(&snapshot, snapshot.collected_at);
    let pim = part(&tenant, AuditSource::Pim);
    assert_eq!(pim.events.at_least().map(Vec::len), Ok(20));
    assert_eq!(pim.events.gap().map(|gap| gap.kind), Some(GapKind::PermissionDenied));
    assert_eq!(events(&tenant, AuditSource::RoleManagement).len(), 4);
}

#[tokio::test]
async fn a_window_that_is_too_long_is_asked_for_as_far_back_as_the_log_is_kept() {
    let message = "Specified argument was out of the range of valid values. (Parameter 'Minimum \
                   allowed time for activityDateTime is 10/2/2026 12:00:00\u{202f}AM')";
    let (longest, month, week) = ("2026-08-04T09:00:00Z", SINCE, "2026-10-26T09:00:00Z");
    for (refused, windows, since) in [
        (format!("ge {longest}"), vec![longest, month], Some(month)),
        ("'PIM' and activityDateTime ge 2026-0".to_owned(), vec![longest, month], Some(month)),
        ("'PIM'".to_owned(), vec![longest, month, week], None),
    ] {
        let mock = refusing(&refused, 400, "UnknownError", message).await;
        let snapshot = collected(&mock, Some(longest), &[]).await;
        let mut of_pim = asked(&mock);
        of_pim.retain(|request| request.contains("'PIM'"));
        let wanted: Vec<String> = windows
            .iter()
            .map(|from| {
                format!(
                    "{LOG}$filter=loggedByService eq 'PIM' and activityDateTime ge {from}&$top=999"
                )
            })
            .collect();
        assert_eq!(of_pim, wanted, "{refused}");
        let tenant = resolve(&snapshot, snapshot.collected_at);
        let pim = part(&tenant, AuditSource::Pim);
        match since {
            // The part tells the window that its lines are of.
            Some(since) => {
                assert_eq!(pim.since, time(since), "{refused}");
                assert_eq!(events(&tenant, AuditSource::Pim).len(), 33, "{refused}");
            }
            None => {
                let gap = pim.events.gap().unwrap();
                assert_eq!(gap.kind, GapKind::OutsideRetention, "{gap}");
                assert!(pim.events.is_missing());
                assert_eq!(events(&tenant, AuditSource::RoleManagement).len(), 4);
            }
        }
    }
}

#[tokio::test]
async fn lines_tell_who_did_what_to_which_role_and_why() {
    let mock = MockGraph::start(&["contoso", "audit-log"]).await;
    let snapshot = collected(&mock, Some(SINCE), &[]).await;
    let tenant = resolve(&snapshot, snapshot.collected_at);
    let role = |event: &AuditEvent| event.role.as_ref().map(ToString::to_string);
    let pim = events(&tenant, AuditSource::Pim);
    let completed = "Add member to role completed (PIM activation)";

    let vera = line(pim, completed, "adm-vera@contoso.example");
    assert_eq!(role(vera).as_deref(), Some("f28a1f50-f6e7-4571-818b-6a12f2af6b6c"));
    assert_eq!(vera.ticket_number.as_deref(), Some("CHG-2207"));
    assert_eq!(vera.ticket_system.as_deref(), Some("ServiceNow"));
    assert_eq!(vera.justification.as_deref(), Some("Move of the intranet"));
    assert_eq!(vera.start, Some(time("2026-11-02T06:30:00Z")));
    assert_eq!(vera.end, Some(time("2026-11-02T14:30:00Z")));

    // A request keeps its id where the correlation id changes.
    let cleo = line(pim, completed, "adm-cleo@contoso.example");
    let request = cleo.request().unwrap();
    let of_it: Vec<&AuditEvent> = pim.iter().filter(|it| it.request() == Some(request)).collect();
    let activities: Vec<&str> = of_it.iter().map(|it| &*it.activity).collect();
    let expected = [
        completed,
        "Add member to role request approved (PIM activation)",
        "Add member to role approval requested (PIM activation)",
        "Add member to role requested (PIM activation)",
    ];
    assert_eq!(activities, expected);
    let actors: BTreeSet<&str> = of_it.iter().map(|it| &*it.actor.name).collect();
    assert_eq!(actors, BTreeSet::from(["adm-cleo@contoso.example", "oda@contoso.example"]));
    let correlations: BTreeSet<&str> = of_it.iter().map(|it| &*it.correlation).collect();
    assert_eq!(correlations.len(), 2);

    // A role in a group is no directory role.
    let gero = line(pim, completed, "adm-gero@contoso.example");
    assert_eq!((role(gero), &*gero.category), (None, "GroupManagement"));
    let group = "bbbbbbbb-0001-4000-8000-000000000003";
    assert!(gero.targets.iter().any(|it| it.is("group") && &*it.id == group));

    let expired = line(pim, "Remove member from role (PIM activation expired)", "Azure AD PIM");
    let pia = line(pim, completed, "adm-pia@contoso.example");
    assert_eq!(expired.request(), pia.request());

    // The directory names the role beside the person, and what was taken in the old value.
    let directory = events(&tenant, AuditSource::RoleManagement);
    let outside =
        line(pim, "Add member to role outside of PIM (permanent)", "dirk@contoso.example");
    let twin = line(directory, "Add member to role", "dirk@contoso.example");
    assert_eq!(role(twin).as_deref(), Some("b1be1c3e-b65d-4f19-8427-f6fa0d97feb9"));
    assert_eq!(role(twin), role(outside));
    let taken = line(directory, "Remove member from role", "MS-PIM");
    assert_eq!(role(taken).as_deref(), Some("29232cdf-9323-42fd-ade2-1d097af3e4de"));
    assert_eq!(taken.actor.kind, ActorKind::Application);

    let access = events(&tenant, AuditSource::ConditionalAccess);
    let policy = line(access, "Update conditional access policy", "adm-hugo@contoso.example");
    assert_eq!(role(policy), None);
    assert_eq!(&*policy.targets[0].id, "ca0ca0ca-0001-4000-8000-000000000002");
}

#[tokio::test]
async fn a_redacted_log_still_tells_what_was_done_by_whom() {
    let mock = MockGraph::start(&["contoso", "audit-log"]).await;
    let snapshot = collected(&mock, Some(SINCE), &[]).await;
    let tenant = resolve(&snapshot, snapshot.collected_at);
    let key = b"0123456789abcdefghijklmnopqrstuv-a key of the tests";
    let mut redactor = Redactor::from_key(key).unwrap();
    let redacted = redactor.snapshot(&snapshot).unwrap();
    let text = String::from_utf8(text_of(&redacted)).unwrap();
    for gone in [
        "contoso.example",
        "Cleo",
        "CHG-2207",
        "ServiceNow",
        "intranet",
        "203.0.113.24",
        "aaaaaaaa-0001",
        "Compliant devices",
    ] {
        assert!(!text.contains(gone), "{gone}");
    }
    let other = resolve(&redacted, snapshot.collected_at);
    for source in AuditSource::ALL {
        let (plain, hidden) = (part(&tenant, source), part(&other, source));
        assert_eq!((hidden.since, hidden.until), (plain.since, plain.until), "{source:?}");
        let (plain, hidden) = (events(&tenant, source), events(&other, source));
        assert_eq!(hidden.len(), plain.len(), "{source:?}");
        for (one, two) in plain.iter().zip(hidden) {
            let shown = format!("{} {}", one.activity, one.at);
            assert_eq!((one.at, &one.activity), (two.at, &two.activity), "{shown}");
            assert_eq!((&one.category, one.result), (&two.category, two.result), "{shown}");
            assert_eq!((one.start, one.end), (two.start, two.end), "{shown}");
            assert_eq!(one.role.as_ref().map(|role| redactor.role(role)), two.role, "{shown}");
            assert_eq!(redactor.id(&one.actor.id), &*two.actor.id, "{shown}");
            assert_eq!(one.request().map(|id| redactor.id(id)).as_deref(), two.request());
            assert_eq!(redactor.id(&one.correlation), &*two.correlation, "{shown}");
            let is_pim = matches!(&*one.actor.name, "MS-PIM" | "Azure AD PIM");
            assert_eq!(one.actor.name == two.actor.name, is_pim, "{shown}");
        }
    }
}
