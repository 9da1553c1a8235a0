//! Lines of the log, short enough for tables of cases.

use crate::model::{
    ActorKind, AuditActor, AuditEvent, AuditPart, AuditResult, AuditSource, AuditTarget, Collected,
    RoleId,
};
use jiff::Timestamp;

pub(super) const GA: &str = "62e90394-69f5-4237-9190-012177145e10";

pub(super) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A line of PIM's log about roles. Targets are written `Kind id name`; who did it has the id
/// `id-<name>`.
pub(super) fn event(activity: &str, at: &str, by: &str, targets: &[&str]) -> AuditEvent {
    let target = |text: &&str| {
        let mut words = text.splitn(3, ' ');
        let mut word = || words.next().unwrap_or_default();
        AuditTarget { kind: word().into(), id: word().into(), name: word().into() }
    };
    let targets: Vec<AuditTarget> = targets.iter().map(target).collect();
    // As the rows of the log are resolved: by the id of a directory role.
    let role = targets.iter().find(|it| it.is("Role") && it.id.len() == 36);
    let role = role.map(|it| RoleId::new(&it.id));
    AuditEvent {
        id: format!("{activity} {at} {by}").into(),
        at: time(at),
        activity: activity.into(),
        category: "RoleManagement".into(),
        result: AuditResult::Success,
        reason: None,
        correlation: "".into(),
        actor: AuditActor { kind: ActorKind::User, id: format!("id-{by}").into(), name: by.into() },
        targets,
        role,
        start: None,
        end: None,
        justification: None,
        ticket_number: None,
        ticket_system: None,
    }
}

pub(super) fn of_group(event: AuditEvent) -> AuditEvent {
    AuditEvent { category: "GroupManagement".into(), ..event }
}

/// PIM's list, read on the second of November.
pub(super) fn part(events: Vec<AuditEvent>) -> AuditPart {
    AuditPart {
        source: AuditSource::Pim,
        since: time("2026-10-20T00:00:00Z"),
        until: time("2026-11-02T09:00:00Z"),
        lists_until: time("2026-11-02T09:00:00Z"),
        events: Collected::Complete(events),
    }
}
