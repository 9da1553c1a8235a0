//! The audit log: its three lists, line by line.
//!
//! The documentation names the properties of a line but not what PIM writes into them; which places
//! name the role and the request is known from lines that were seen, so all of them are looked at.

use super::definitions::RoleIds;
use super::{Text, collected, time, typed};
use crate::model::{
    ActorKind, AuditActor, AuditEvent, AuditPart, AuditResult, AuditSource, AuditTarget, Collected,
    Dataset, Gap, GapKind, RoleId, roles,
};
use crate::snapshot::{Collection, Snapshot};
use jiff::Timestamp;
use serde::Deserialize;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    activity_date_time: Text<'a>,
    #[serde(borrow)]
    activity_display_name: Text<'a>,
    #[serde(borrow, default)]
    category: Option<Text<'a>>,
    #[serde(borrow, default)]
    result: Option<Text<'a>>,
    #[serde(borrow, default)]
    result_reason: Option<Text<'a>>,
    #[serde(borrow, default)]
    correlation_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    initiated_by: Option<Initiator<'a>>,
    #[serde(borrow, default)]
    target_resources: Option<Vec<Target<'a>>>,
    #[serde(borrow, default)]
    additional_details: Option<Vec<Detail<'a>>>,
}

#[derive(Deserialize)]
struct Initiator<'a> {
    #[serde(borrow, default)]
    user: Option<Person<'a>>,
    #[serde(borrow, default)]
    app: Option<App<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Person<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    user_principal_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct App<'a> {
    #[serde(borrow, default)]
    service_principal_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    app_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    service_principal_name: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    /// The documentation's sample has a capital here.
    #[serde(rename = "type", alias = "Type", borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    user_principal_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    modified_properties: Option<Vec<Property<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Property<'a> {
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    new_value: Option<Text<'a>>,
    #[serde(borrow, default)]
    old_value: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Detail<'a> {
    #[serde(borrow, default)]
    key: Option<Text<'a>>,
    #[serde(borrow, default)]
    value: Option<Text<'a>>,
}

const DATASET: Dataset = Dataset::DirectoryAudits;

/// Before the start of the window in the request of a list.
const SINCE: &str = "activityDateTime ge ";

/// Keys of details and properties that name the definition of a role.
const DEFINITIONS: [&str; 2] = ["RoleDefinitionOriginId", "TemplateId"];
/// The property by which the directory names a role of its own changes.
const TEMPLATE: &str = "Role.TemplateId";
/// The one with the name of the role.
const ROLE_NAME: &str = "Role.DisplayName";
/// The request to PIM, in lines that have no target for it.
const REQUEST: &str = "RoleAssignmentRequestId";

/// Lists in which what the log tells of can be seen, as far as two readings are compared by them.
const SEEN_IN: [Dataset; 17] = [
    Dataset::RoleDefinitions,
    Dataset::PrivilegedRoles,
    Dataset::RoleAssignments,
    Dataset::RoleAssignmentScheduleInstances,
    Dataset::RoleEligibilityScheduleInstances,
    Dataset::RolePolicies,
    Dataset::Principals,
    Dataset::GroupMembers,
    Dataset::GroupOwners,
    Dataset::OnboardedGroups,
    Dataset::GroupAssignmentScheduleInstances,
    Dataset::GroupEligibilityScheduleInstances,
    Dataset::GroupPolicies,
    Dataset::ConditionalAccessPolicies,
    Dataset::AuthenticationContexts,
    Dataset::AuthenticationStrengths,
    Dataset::PimAlerts,
];

/// Surfaces of PIM whose roles are no directory roles: groups, and Azure.
const OTHER_SURFACES: [&str; 2] = ["GroupManagement", "ResourceManagement"];

/// The lists of the log that were asked for, each with its window.
pub(super) fn audit_log(snapshot: &Snapshot<'_>, ids: &RoleIds) -> Collected<Vec<AuditPart>> {
    let mut parts = Vec::new();
    let compared = snapshot.collections.iter().filter(|it| SEEN_IN.contains(&it.dataset));
    let lists_until = compared.filter_map(|it| it.read_at).max().unwrap_or(snapshot.collected_at);
    // A line that comes twice, on two pages or in two lists, is one event.
    let mut seen = HashSet::new();
    for source in AuditSource::ALL {
        let found = snapshot.parts(DATASET).find(|it| it.key.as_deref() == Some(source.key()));
        parts.extend(found.map(|found| {
            let own = part(snapshot, found, source, ids, &mut seen);
            AuditPart { lists_until, ..own }
        }));
    }
    let whole = snapshot.collection(DATASET).and_then(|whole| whole.gap.clone());
    let is_unknown = |it: &&Collection<'_>| {
        !it.missing && it.key.as_deref().and_then(AuditSource::named).is_none()
    };
    let unknown = snapshot.parts(DATASET).find(is_unknown).map(|it| {
        let key = it.key.as_deref().unwrap_or_default();
        Gap::unreadable(DATASET, format!("no list of the audit log has the key {key:?}"))
    });
    let whole = whole.or(unknown);
    if parts.is_empty() {
        return Collected::Missing(whole.unwrap_or_else(not_asked));
    }
    let absent = AuditSource::ALL.into_iter().find_map(|source| {
        let is_there = parts.iter().any(|part| part.source == source);
        (!is_there).then(|| {
            let detail = format!("the audit log of {} was not read", source.title());
            Gap::of(DATASET, GapKind::NotRequested, detail)
        })
    });
    collected(parts, [whole, absent])
}

fn not_asked() -> Gap {
    let detail = "the audit log was not asked for; read it with --audit-log 30d";
    Gap::of(DATASET, GapKind::NotRequested, detail)
}

fn part(
    snapshot: &Snapshot<'_>,
    found: &Collection<'_>,
    source: AuditSource,
    ids: &RoleIds,
    seen: &mut HashSet<Arc<str>>,
) -> AuditPart {
    let until = found.read_at.unwrap_or(snapshot.collected_at);
    let since = since_of(&found.request);
    let events = if found.missing {
        let gap = found.gap.clone();
        Collected::Missing(gap.unwrap_or_else(not_asked))
    } else {
        let unknown = since.is_none().then(|| {
            let detail = format!("the request {:?} does not say since when", found.request);
            Gap::unreadable(DATASET, detail)
        });
        let (events, strange) = lines(found, ids, seen);
        collected(events, [found.gap.clone().or(unknown), strange])
    };
    // Without a start nothing is covered.
    AuditPart { source, since: since.unwrap_or(until), until, lists_until: until, events }
}

/// The start of the window, out of the request that asked for it.
fn since_of(request: &str) -> Option<Timestamp> {
    let (_, after) = request.split_once(SINCE)?;
    let end = after.find(|it: char| it.is_whitespace() || it == '&').unwrap_or(after.len());
    after[..end].parse().ok()
}

/// The lines of one list, the newest first, and what is wrong with the first that is strange.
fn lines(
    found: &Collection<'_>,
    ids: &RoleIds,
    seen: &mut HashSet<Arc<str>>,
) -> (Vec<AuditEvent>, Option<Gap>) {
    let rows = typed::<Row<'_>>(found);
    let mut faults = Vec::new();
    let mut events = Vec::with_capacity(rows.rows.len());
    for row in &rows.rows {
        let id: Arc<str> = row.id.trim().into();
        if id.is_empty() {
            faults.push("a line has no id".to_owned());
        } else if seen.insert(Arc::clone(&id)) {
            events.extend(event(id, row, ids, &mut faults));
        }
    }
    events.sort_by(|one, two| (Reverse(one.at), &one.id).cmp(&(Reverse(two.at), &two.id)));
    let fault = faults.into_iter().next().map(|fault| Gap::unreadable(DATASET, fault));
    (events, rows.strange.or(fault))
}

/// One line; `None`, and a fault, for one of which nobody can tell when it was.
fn event(
    id: Arc<str>,
    row: &Row<'_>,
    ids: &RoleIds,
    faults: &mut Vec<String>,
) -> Option<AuditEvent> {
    let at = match time(Some(&*row.activity_date_time)) {
        Ok(Some(at)) => at,
        Ok(None) => {
            faults.push(format!("line {id} has no time"));
            return None;
        }
        Err(cause) => {
            faults.push(format!("activityDateTime of line {id}: {cause}"));
            return None;
        }
    };
    let category = said(row.category.as_ref()).unwrap_or_default();
    let mut window = |key: &str| {
        time(detail(row, key)).unwrap_or_else(|cause| {
            faults.push(format!("{key} of line {id}: {cause}"));
            None
        })
    };
    let (start, end) = (window("StartTime"), window("ExpirationTime"));
    let reason = said(row.result_reason.as_ref());
    let of_directory = !OTHER_SURFACES.iter().any(|other| other.eq_ignore_ascii_case(category));
    Some(AuditEvent {
        at,
        activity: row.activity_display_name.trim().into(),
        category: category.into(),
        result: result(row.result.as_ref()),
        reason: reason.map(Into::into),
        correlation: lower(row.correlation_id.as_ref()),
        actor: row.initiated_by.as_ref().map_or_else(nobody, actor),
        targets: targets(row),
        role: if of_directory { role(row, ids) } else { None },
        start,
        end,
        justification: detail(row, "Justification").or(reason).map(Into::into),
        ticket_number: detail(row, "TicketNumber").map(Into::into),
        ticket_system: detail(row, "TicketSystem").map(Into::into),
        id,
    })
}

/// A text that says something.
fn said<'t>(text: Option<&'t Text<'_>>) -> Option<&'t str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// An id, lower case; empty where there is none.
fn lower(text: Option<&Text<'_>>) -> Arc<str> {
    said(text).unwrap_or_default().to_ascii_lowercase().into()
}

/// What a detail of this key says.
fn detail<'r>(row: &'r Row<'_>, key: &str) -> Option<&'r str> {
    let mut details = row.additional_details.iter().flatten();
    details.find_map(|detail| {
        let is_it = said(detail.key.as_ref()).is_some_and(|it| it.eq_ignore_ascii_case(key));
        said(detail.value.as_ref()).filter(|_| is_it)
    })
}

/// What a property of a target became, else what it was: what was taken away has no new value.
fn property<'r>(target: &'r Target<'_>, name: &str) -> Option<&'r str> {
    let mut properties = target.modified_properties.iter().flatten();
    properties.find_map(|property| {
        let of = said(property.display_name.as_ref());
        let is_it = of.is_some_and(|it| it.eq_ignore_ascii_case(name));
        let values = [property.new_value.as_ref(), property.old_value.as_ref()];
        let mut values = values.into_iter().filter_map(said).map(unquoted);
        values.find(|value| !value.is_empty()).filter(|_| is_it)
    })
}

/// Values of properties are JSON: a text has quotes around it.
fn unquoted(value: &str) -> &str {
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or(value).trim()
}

fn result(text: Option<&Text<'_>>) -> AuditResult {
    let Some(word) = said(text) else { return AuditResult::Other };
    let known = [
        ("success", AuditResult::Success),
        ("failure", AuditResult::Failure),
        ("timeout", AuditResult::Timeout),
    ];
    let found = known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    found.map_or(AuditResult::Other, |(_, result)| result)
}

fn nobody() -> AuditActor {
    AuditActor { kind: ActorKind::Unknown, id: "".into(), name: "".into() }
}

/// Who did it. Both are sent, and the one that did not has no id and no name.
fn actor(initiator: &Initiator<'_>) -> AuditActor {
    if let Some(user) = &initiator.user {
        let name = said(user.user_principal_name.as_ref()).or(said(user.display_name.as_ref()));
        let id = lower(user.id.as_ref());
        if name.is_some() || !id.is_empty() {
            let name = name.unwrap_or_default().into();
            return AuditActor { kind: ActorKind::User, id, name };
        }
    }
    if let Some(app) = &initiator.app {
        let id = said(app.service_principal_id.as_ref()).or(said(app.app_id.as_ref()));
        let name = said(app.display_name.as_ref()).or(said(app.service_principal_name.as_ref()));
        if name.is_some() || id.is_some() {
            return AuditActor {
                kind: ActorKind::Application,
                id: id.unwrap_or_default().to_ascii_lowercase().into(),
                name: name.unwrap_or_default().into(),
            };
        }
    }
    nobody()
}

/// The targets, with the request among them where only a detail names it.
fn targets(row: &Row<'_>) -> Vec<AuditTarget> {
    let sent = row.target_resources.iter().flatten().map(|target| AuditTarget {
        id: lower(target.id.as_ref()),
        kind: said(target.kind.as_ref()).unwrap_or_default().into(),
        name: said(target.user_principal_name.as_ref())
            .or(said(target.display_name.as_ref()))
            .unwrap_or_default()
            .into(),
    });
    let mut targets: Vec<AuditTarget> = sent.collect();
    let has_request = targets.iter().any(|it| it.is("Request") && !it.id.is_empty());
    if let Some(request) = detail(row, REQUEST).filter(|_| !has_request) {
        targets.push(AuditTarget {
            id: request.to_ascii_lowercase().into(),
            kind: "Request".into(),
            name: "".into(),
        });
    }
    targets
}

/// The directory role of a line: by what names its definition, then by the target that is a role,
/// and only when that id is no role's, but PIM's own, by the name of a built-in one. A name that
/// another role of the tenant has too tells neither of them.
fn role(row: &Row<'_>, ids: &RoleIds) -> Option<RoleId> {
    let targets = || row.target_resources.iter().flatten();
    let of_definition = DEFINITIONS.into_iter().find_map(|key| {
        detail(row, key).or_else(|| targets().find_map(|target| property(target, key)))
    });
    let of_directory = || targets().find_map(|target| property(target, TEMPLATE));
    if let Some(id) = of_definition.or_else(of_directory) {
        return Some(ids.role(id));
    }
    let is_role = |target: &&Target<'_>| {
        said(target.kind.as_ref()).is_some_and(|kind| kind.eq_ignore_ascii_case("Role"))
    };
    let target = targets().find(is_role);
    let by_id = target.and_then(|target| said(target.id.as_ref())).map(|id| ids.role(id));
    let is_known = |id: &&RoleId| roles::by_id(id).is_some() || ids.knows(id);
    if let Some(known) = by_id.as_ref().filter(is_known) {
        return Some(known.clone());
    }
    let name = targets()
        .find_map(|target| property(target, ROLE_NAME))
        .or_else(|| target.and_then(|target| said(target.display_name.as_ref())));
    let by_name = name.and_then(roles::by_name).map(|role| RoleId::new(&role.template_id));
    let mut others = name.into_iter().flat_map(|name| ids.named(name));
    if others.any(|other| by_name.as_ref() != Some(other)) {
        return None;
    }
    by_name.or(by_id)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cut, denied, load, text, whole};
    use super::*;
    use crate::model::roles::GLOBAL_ADMINISTRATOR;

    const SINCE: &str = "2026-10-03T09:00:00Z";
    const TEMPLATE: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";

    /// Gives a list of the log the request that asked for it.
    fn asked(list: String) -> String {
        let request = format!(
            r#""request":"/v1.0/auditLogs/directoryAudits?$filter=loggedByService eq 'PIM' and activityDateTime ge {SINCE}&$top=999""#
        );
        list.replacen(r#""request":"/""#, &request, 1)
    }

    fn list(source: AuditSource, rows: &str) -> String {
        asked(whole(DATASET, Some(source.key()), rows))
    }

    /// A line with an id, a time and an activity.
    fn line(rest: &str) -> String {
        format!(
            r#"{{"id":"PIM_1","activityDateTime":"2026-11-02T07:58:11.9Z","activityDisplayName":"a"{rest}}}"#
        )
    }

    fn read(collections: &[String]) -> Collected<Vec<AuditPart>> {
        let text = text(collections);
        let snapshot = load(&text);
        audit_log(&snapshot, &RoleIds::new(&snapshot))
    }

    /// The list of PIM with these rows.
    fn pim(rows: &str) -> AuditPart {
        let log = read(&[list(AuditSource::Pim, rows)]);
        log.at_least().unwrap().first().unwrap().clone()
    }

    /// The one event of these rows, and whether the list is whole.
    fn one(rows: &str) -> (AuditEvent, bool) {
        let part = pim(rows);
        let events = part.events.at_least().unwrap();
        assert_eq!(events.len(), 1, "{rows}");
        (events[0].clone(), part.events.gap().is_none())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_line_is_read_whole() {
        let (event, is_whole) = one(&format!(
            r#"{{"id":"PIM_0F_AAAAA_1","category":"RoleManagement","correlationId":"0F-1",
            "result":"success","resultReason":"Patch window",
            "activityDisplayName":"Add member to role completed (PIM activation)",
            "activityDateTime":"2026-11-03T07:58:11.9Z","loggedByService":"PIM",
            "operationType":"ActivateRole","initiatedBy":{{"app":null,"user":{{"id":"ANA",
            "displayName":"Ana Admin","userPrincipalName":"ana@contoso.example","ipAddress":null}}}},
            "targetResources":[
            {{"id":"{GLOBAL_ADMINISTRATOR}","displayName":"Global Administrator","type":"Role",
            "modifiedProperties":[]}},{{"id":"Q-1","type":"Request","displayName":null}},
            {{"id":"ANA","displayName":"Ana Admin","type":"User",
            "userPrincipalName":"ana@contoso.example"}}],
            "additionalDetails":[{{"key":"TicketNumber","value":"CHG-1"}},
            {{"key":"TicketSystem","value":"ServiceNow"}},{{"key":"Justification","value":" "}},
            {{"key":"StartTime","value":"2026-11-03T07:58:11.8Z"}},
            {{"key":"ExpirationTime","value":"2026-11-03T11:58:11.8Z"}}]}}"#
        ));
        let target = |id: &str, kind: &str, name: &str| AuditTarget {
            id: id.into(),
            kind: kind.into(),
            name: name.into(),
        };
        let expected = AuditEvent {
            id: "PIM_0F_AAAAA_1".into(),
            at: at("2026-11-03T07:58:11.9Z"),
            activity: "Add member to role completed (PIM activation)".into(),
            category: "RoleManagement".into(),
            result: AuditResult::Success,
            reason: Some("Patch window".into()),
            correlation: "0f-1".into(),
            actor: AuditActor {
                kind: ActorKind::User,
                id: "ana".into(),
                name: "ana@contoso.example".into(),
            },
            targets: vec![
                target(GLOBAL_ADMINISTRATOR, "Role", "Global Administrator"),
                target("q-1", "Request", ""),
                target("ana", "User", "ana@contoso.example"),
            ],
            role: Some(RoleId::new(GLOBAL_ADMINISTRATOR)),
            start: Some(at("2026-11-03T07:58:11.8Z")),
            end: Some(at("2026-11-03T11:58:11.8Z")),
            justification: Some("Patch window".into()),
            ticket_number: Some("CHG-1".into()),
            ticket_system: Some("ServiceNow".into()),
        };
        assert_eq!((event.request(), is_whole), (Some("q-1"), true));
        assert_eq!(event, expected);
    }

    #[test]
    fn what_was_not_sent_is_not_there() {
        let (event, is_whole) = one(&line(""));
        assert!(is_whole);
        assert_eq!(event.actor, nobody());
        assert_eq!(event.result, AuditResult::Other);
        assert!(event.targets.is_empty() && event.correlation.is_empty());
        assert_eq!((event.role, event.start, event.end), (None, None, None));
        assert_eq!((event.reason, event.justification, event.ticket_number), (None, None, None));
        let null = r#","category":null,"result":null,"resultReason":null,"correlationId":null,
            "initiatedBy":null,"targetResources":null,"additionalDetails":null"#;
        let (_, is_whole) = one(&line(null));
        assert!(is_whole);
    }

    #[test]
    fn the_role_is_where_the_log_names_it() {
        let definitions = whole(
            Dataset::RoleDefinitions,
            None,
            &format!(
                r#"{{"id":"D-1","templateId":"{TEMPLATE}","isBuiltIn":true,
                "displayName":"Global Reader"}},
                {{"id":"C-1","isBuiltIn":false,"displayName":"Security Reader"}},
                {{"id":"C-2","isBuiltIn":false,"displayName":"Rotator"}}"#
            ),
        );
        let details = |key: &str, value: &str| {
            format!(r#","additionalDetails":[{{"key":"{key}","value":"{value}"}}]"#)
        };
        let target = |kind: &str, id: &str, name: &str, properties: &str| {
            format!(
                r#","targetResources":[{{"id":"{id}","type":"{kind}","displayName":"{name}","modifiedProperties":[{properties}]}}]"#
            )
        };
        let property = |name: &str, new: &str, old: &str| {
            format!(r#"{{"displayName":"{name}","newValue":{new},"oldValue":{old}}}"#)
        };
        let quoted = |id: &str| format!(r#""\"{id}\"""#);
        let empty = r#""\"\"""#;
        let pim_id = "0e0e0e0e-0000-4000-8000-00000000000e";
        for (rest, expected) in [
            (details("RoleDefinitionOriginId", "D-1"), Some(TEMPLATE)),
            (details("TemplateId", &TEMPLATE.to_uppercase()), Some(TEMPLATE)),
            (details("RoleDefinitionOriginId", "C-1"), Some("c-1")),
            // What names the definition goes before the id of the target, which may be PIM's own.
            (
                target("Role", pim_id, "Global Reader", "") + &details("TemplateId", TEMPLATE),
                Some(TEMPLATE),
            ),
            (
                target("Role", pim_id, "x", &property("TemplateId", &quoted(TEMPLATE), empty)),
                Some(TEMPLATE),
            ),
            (target("Role", GLOBAL_ADMINISTRATOR, "x", ""), Some(GLOBAL_ADMINISTRATOR)),
            (target("role", "D-1", "x", ""), Some(TEMPLATE)),
            (target("Role", pim_id, "Global Administrator", ""), Some(GLOBAL_ADMINISTRATOR)),
            (target("Role", pim_id, "Global Reader", ""), Some(TEMPLATE)),
            (target("Role", pim_id, "Operators of our own", ""), Some(pim_id)),
            // A role of the tenant is itself, whatever built-in one has its name.
            (target("Role", "C-1", "Security Reader", ""), Some("c-1")),
            (target("Role", "C-1", "Global Administrator", ""), Some("c-1")),
            // And a name that more than one can have tells nothing.
            (target("Role", pim_id, "security reader", ""), None),
            (target("Role", pim_id, "Rotator", ""), None),
            (
                target(
                    "User",
                    "ana",
                    "Ana",
                    &property("Role.DisplayName", &quoted("Security Reader"), "null"),
                ),
                None,
            ),
            // The directory names the role beside the person it was given to, or taken from.
            (
                target(
                    "User",
                    "ana",
                    "Ana",
                    &property("Role.TemplateId", &quoted(TEMPLATE), "null"),
                ),
                Some(TEMPLATE),
            ),
            (
                target(
                    "User",
                    "ana",
                    "Ana",
                    &property("Role.TemplateId", "null", &quoted(TEMPLATE)),
                ),
                Some(TEMPLATE),
            ),
            (
                target(
                    "User",
                    "ana",
                    "Ana",
                    &property("Role.DisplayName", &quoted("Global Administrator"), "null"),
                ),
                Some(GLOBAL_ADMINISTRATOR),
            ),
            (target("User", GLOBAL_ADMINISTRATOR, "Global Administrator", ""), None),
            // Roles of groups and of Azure are no directory roles.
            (details("TemplateId", TEMPLATE) + r#","category":"GroupManagement""#, None),
            (details("TemplateId", TEMPLATE) + r#","category":"resourcemanagement""#, None),
        ] {
            let log = read(&[definitions.clone(), list(AuditSource::Pim, &line(&rest))]);
            let parts = log.at_least().unwrap();
            let role = parts[0].events.complete().unwrap()[0].role.clone();
            assert_eq!(role, expected.map(RoleId::new), "{rest}");
        }
    }

    #[test]
    fn whoever_did_it_has_an_id_or_a_name() {
        for (initiator, kind, id, name) in [
            ("null", ActorKind::Unknown, "", ""),
            ("{}", ActorKind::Unknown, "", ""),
            (r#"{"user":{"id":"A","displayName":"Ana"},"app":null}"#, ActorKind::User, "a", "Ana"),
            // PIM itself, ending an activation.
            (
                r#"{"user":{"id":"P","displayName":"Azure AD PIM","userPrincipalName":null}}"#,
                ActorKind::User,
                "p",
                "Azure AD PIM",
            ),
            (
                r#"{"user":{"id":null,"displayName":null,"userPrincipalName":""},
                    "app":{"appId":"X","servicePrincipalId":"S","displayName":"MS-PIM"}}"#,
                ActorKind::Application,
                "s",
                "MS-PIM",
            ),
            (r#"{"app":{"appId":"X"},"user":null}"#, ActorKind::Application, "x", ""),
        ] {
            let (event, is_whole) = one(&line(&format!(r#","initiatedBy":{initiator}"#)));
            let expected = AuditActor { kind, id: id.into(), name: name.into() };
            assert_eq!((event.actor, is_whole), (expected, true), "{initiator}");
        }
    }

    #[test]
    fn the_request_is_found_where_no_target_is_one() {
        let by_detail = r#","additionalDetails":[{"key":"RoleAssignmentRequestId","value":"Q-2"}]"#;
        let with_target =
            format!(r#"{by_detail},"targetResources":[{{"id":"Q-1","type":"Request"}}]"#);
        for (rest, request, targets) in [
            (by_detail, Some("q-2"), 1),
            (with_target.as_str(), Some("q-1"), 1),
            (r#","targetResources":[{"id":"Q-1","Type":"Request"}]"#, Some("q-1"), 1),
            (r#","targetResources":[{"id":"a","type":"User"}]"#, None, 1),
        ] {
            let (event, _) = one(&line(rest));
            assert_eq!((event.request(), event.targets.len()), (request, targets), "{rest}");
        }
    }

    #[test]
    fn a_strange_line_makes_the_list_partial_and_costs_no_other() {
        let good =
            r#"{"id":"good","activityDateTime":"2026-11-01T00:00:00Z","activityDisplayName":"a"}"#;
        for (strange, count, cause) in [
            ("{}", 1, "missing field"),
            (r#"{"id":"x","activityDisplayName":"a"}"#, 1, "missing field"),
            (r#""text""#, 1, "invalid type"),
            (
                r#"{"id":" ","activityDateTime":"2026-11-01T00:00:00Z","activityDisplayName":"a"}"#,
                1,
                "a line has no id",
            ),
            (
                r#"{"id":"x","activityDateTime":"soon","activityDisplayName":"a"}"#,
                1,
                "activityDateTime of line x: \"soon\" is no time",
            ),
            (
                r#"{"id":"x","activityDateTime":"0001-01-01T00:00:00Z","activityDisplayName":"a"}"#,
                1,
                "line x has no time",
            ),
            // A window that cannot be read leaves the line.
            (
                r#"{"id":"x","activityDateTime":"2026-11-01T00:00:00Z","activityDisplayName":"a",
                "additionalDetails":[{"key":"ExpirationTime","value":"later"}]}"#,
                2,
                "ExpirationTime of line x: \"later\" is no time",
            ),
        ] {
            let part = pim(&format!("{strange},{good}"));
            let Collected::Partial(events, gap) = &part.events else {
                panic!("{strange}: {:?}", part.events)
            };
            assert_eq!((events.len(), gap.kind), (count, GapKind::Unreadable), "{strange}");
            assert!(gap.detail.contains(cause), "{strange}: {}", gap.detail);
            assert!(events.iter().any(|it| &*it.id == "good"), "{strange}");
        }
    }

    #[test]
    fn the_lists_that_are_compared_say_until_when_they_were_read() {
        let read_at = |list: String, at: &str| {
            list.replacen(r#""status""#, &format!(r#""read_at":"{at}","status""#), 1)
        };
        let early = "2026-11-02T09:03:00Z";
        let late = "2026-11-02T09:40:00Z";
        let members = |at| read_at(whole(Dataset::GroupMembers, Some("g"), ""), at);
        let other = |dataset, at| read_at(whole(dataset, None, ""), at);
        for (mut collections, expected) in [
            (vec![], "2026-11-02T09:00:00Z"),
            (vec![members(early)], early),
            (vec![other(Dataset::Principals, early), members(late)], late),
            // Two readings are not compared by it.
            (vec![members(early), other(Dataset::RegistrationDetails, late)], early),
        ] {
            collections.push(read_at(list(AuditSource::Pim, ""), "2026-11-02T09:50:00Z"));
            let log = read(&collections);
            let part = &log.at_least().unwrap()[0];
            assert_eq!(part.lists_until, at(expected));
            assert_eq!(part.until, at("2026-11-02T09:50:00Z"));
        }
    }

    #[test]
    fn a_line_that_comes_twice_is_one_event_and_the_newest_is_first() {
        let at = |id: &str, at: &str| {
            format!(r#"{{"id":"{id}","activityDateTime":"{at}","activityDisplayName":"a"}}"#)
        };
        let (early, late) = (at("e", "2026-11-01T00:00:00Z"), at("l", "2026-11-02T00:00:00Z"));
        let other = at("o", "2026-11-01T00:00:00Z");
        let log = read(&[
            list(AuditSource::Pim, &format!("{early},{late},{early}")),
            list(AuditSource::RoleManagement, &format!("{late},{other}")),
            list(AuditSource::ConditionalAccess, ""),
        ]);
        let Collected::Complete(parts) = log else { panic!("all three are whole") };
        let ids = |part: &AuditPart| -> Vec<String> {
            part.events.complete().unwrap().iter().map(|it| it.id.to_string()).collect()
        };
        let found: Vec<Vec<String>> = parts.iter().map(ids).collect();
        assert_eq!(found, [vec!["l", "e"], vec!["o"], vec![]]);
    }

    #[test]
    fn the_window_is_that_of_the_request() {
        for (request, expected) in [
            ("/x?$filter=a and activityDateTime ge 2026-10-03T09:00:00Z&$top=999", Some(SINCE)),
            ("/x?$top=9&$filter=activityDateTime ge 2026-10-03T09:00:00Z", Some(SINCE)),
            ("/x?$filter=activityDateTime ge 2026-10-03T09:00:00Z and result eq 'a'", Some(SINCE)),
            ("/x?$filter=activityDateTime ge soon", None),
            ("/x?$filter=activityDateTime ge ", None),
            ("/x", None),
            ("", None),
        ] {
            assert_eq!(since_of(request), expected.map(at), "{request}");
        }
        let part = pim("");
        assert_eq!((part.since, part.until), (at(SINCE), at("2026-11-02T09:00:00Z")));
        assert!(part.events.complete().is_ok());
        // What does not say since when covers nothing, and is not whole.
        let log = read(&[whole(DATASET, Some("pim"), &line(""))]);
        let part = &log.at_least().unwrap()[0];
        assert_eq!((part.since, part.covered_from(30)), (part.until, part.until));
        assert_eq!(part.events.gap().map(|gap| gap.kind), Some(GapKind::Unreadable));
        assert_eq!(part.events.at_least().map(Vec::len), Ok(1));
    }

    #[test]
    fn a_log_that_was_not_read_is_not_empty() {
        let kinds = |log: &Collected<Vec<AuditPart>>| -> Vec<Option<GapKind>> {
            let parts = log.at_least().map(Vec::as_slice).unwrap_or_default();
            parts.iter().map(|part| part.events.gap().map(|gap| gap.kind)).collect()
        };
        let all = || AuditSource::ALL.map(|source| list(source, ""));
        let [pim, roles, _] = all();
        let refused = asked(denied(DATASET, Some("conditional-access")));
        for (collections, missing, whole_of, parts) in [
            (vec![], true, Some(GapKind::NotRequested), vec![]),
            (vec![denied(DATASET, None)], true, Some(GapKind::PermissionDenied), vec![]),
            (all().to_vec(), false, None, vec![None; 3]),
            (
                vec![pim.clone(), roles.clone(), refused],
                false,
                None,
                vec![None, None, Some(GapKind::PermissionDenied)],
            ),
            (vec![pim.clone()], false, Some(GapKind::NotRequested), vec![None]),
            (
                vec![asked(cut(DATASET, Some("pim"), &line(""))), roles],
                false,
                Some(GapKind::NotRequested),
                vec![Some(GapKind::Incomplete), None],
            ),
            (
                vec![asked(whole(DATASET, Some("sign-ins"), &line("")))],
                true,
                Some(GapKind::Unreadable),
                vec![],
            ),
            (
                vec![pim, asked(whole(DATASET, None, &line("")))],
                false,
                Some(GapKind::Unreadable),
                vec![None],
            ),
        ] {
            let log = read(&collections);
            assert_eq!(log.is_missing(), missing, "{collections:?}");
            assert_eq!(log.gap().map(|gap| gap.kind), whole_of, "{collections:?}");
            assert_eq!(kinds(&log), parts, "{collections:?}");
        }
        let gap = read(&[]).gap().cloned().unwrap();
        assert_eq!(&*gap.detail, "the audit log was not asked for; read it with --audit-log 30d");
    }
}
