//! Who made a change, as tables of lines of the log.

mod activations;
mod covered;
mod gone;
mod grants;
mod groups;
mod objects;
mod settings;
mod unnamed;

use super::*;
use crate::checks::testing::{Case, DIRECTORY_READERS, GLOBAL_ADMINISTRATOR as GA, NOW};
use crate::diff::facts::changes;
use crate::model::{
    ActorKind, Alert, AlertKind, Approval, AuditTarget, Collected, ConditionalAccessPolicy,
    Dataset, Enablement, GapKind, GroupAccess, Hold, Label, Listed, RoleId, Scope,
};

const OLD: &str = "2026-11-01T09:00:00Z";
const BETWEEN: &str = "2026-11-01T20:00:00Z";
const SINCE: &str = "2026-10-20T00:00:00Z";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn actor(name: &str) -> AuditActor {
    AuditActor { kind: ActorKind::User, id: format!("id-{name}").into(), name: name.into() }
}

/// Targets are written `Kind id name`.
fn event(activity: &str, at: &str, by: &str, targets: &[&str]) -> AuditEvent {
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
        correlation: "c-1".into(),
        actor: actor(by),
        targets,
        role,
        start: None,
        end: None,
        justification: Some("why".into()),
        ticket_number: Some("INC-1".into()),
        ticket_system: None,
    }
}

fn of_group(event: AuditEvent) -> AuditEvent {
    AuditEvent { category: "GroupManagement".into(), ..event }
}

fn parts(pim: Vec<AuditEvent>, roles: Vec<AuditEvent>, ca: Vec<AuditEvent>) -> Vec<AuditPart> {
    let part = |(source, events): (AuditSource, Vec<AuditEvent>)| AuditPart {
        source,
        since: time(SINCE),
        until: time("2026-11-02T09:01:00Z"),
        lists_until: time(NOW),
        events: Collected::Complete(events),
    };
    AuditSource::ALL.into_iter().zip([pim, roles, ca]).map(part).collect()
}

fn older() -> Case {
    let mut case = Case::new();
    case.tenant.collected_at = time(OLD);
    case
}

fn newer(parts: Vec<AuditPart>) -> Case {
    let mut case = Case::new();
    case.tenant.audit_log = Collected::Complete(parts);
    case
}

/// Who made the only change there is, in a word and the names of who.
fn told(old: &Case, new: &Case) -> String {
    let found = changes(&old.tenant, &new.tenant).changes;
    assert_eq!(found.len(), 1, "{found:?}");
    let made = attribute(&found, &old.tenant, &new.tenant);
    let [made] = made.as_slice() else { panic!("{made:?}") };
    match made {
        Attribution::By { lines, more } => {
            let names: Vec<&str> = lines.iter().map(|line| &*line.actor.name).collect();
            format!("by {}{}", names.join(", "), "+".repeat(*more))
        }
        Attribution::Nobody { from, until, unless_after: _ } => {
            assert_eq!((*from, *until), (time(OLD), time(NOW)));
            "nobody".to_owned()
        }
        Attribution::NotCovered { .. } => "not covered".to_owned(),
        Attribution::NotLogged { .. } => "not logged".to_owned(),
        Attribution::ByItself => "by itself".to_owned(),
        Attribution::Activation => "activation".to_owned(),
    }
}

/// Whether nobody is said, and from when on a line may still be missing.
fn unless_after(old: &Case, new: &Case) -> Option<Option<Timestamp>> {
    let found = changes(&old.tenant, &new.tenant).changes;
    let made = attribute(&found, &old.tenant, &new.tenant);
    match made.as_slice() {
        [Attribution::Nobody { unless_after, .. }] => Some(*unless_after),
        other => {
            assert!(matches!(other, [Attribution::NotCovered { .. }]), "{other:?}");
            None
        }
    }
}

fn each(case: &mut Case, edit: fn(&mut AuditPart)) {
    let Collected::Complete(parts) = &mut case.tenant.audit_log else { panic!("no log") };
    parts.iter_mut().for_each(edit);
}

fn lose(case: &mut Case, place: usize, partly: bool) {
    let Collected::Complete(parts) = &mut case.tenant.audit_log else { panic!("no log") };
    let gap = Gap::of(Dataset::DirectoryAudits, GapKind::PermissionDenied, "403");
    parts[place].events = match partly {
        true => Collected::Partial(Vec::new(), gap),
        false => Collected::Missing(gap),
    };
}

fn role() -> String {
    format!("Role {GA} Global Administrator")
}
