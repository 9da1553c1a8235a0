//! What a line of PIM's log does to a request, and whom and what it is about.

use super::{Asked, Person};
use crate::model::{ActorKind, AuditActor, AuditEvent, AuditTarget, GroupAccess, PrincipalId};
use std::sync::Arc;

/// What a line does to a request, in the order things happen in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Requested,
    ApprovalRequested,
    Approved,
    Denied,
    Cancelled,
    Expired,
    Completed,
    RanOut,
    Deactivated,
}

impl Step {
    /// Of an activity in lower case.
    pub(super) fn of(activity: &str) -> Option<Self> {
        Some(match activity {
            "add member to role requested (pim activation)" => Self::Requested,
            "add member to role approval requested (pim activation)" => Self::ApprovalRequested,
            "add member to role request approved (pim activation)" => Self::Approved,
            "add member to role request denied (pim activation)" => Self::Denied,
            "add member to role canceled (pim activation)"
            | "add member to role cancelled (pim activation)" => Self::Cancelled,
            "pim activation request expired" => Self::Expired,
            "add member to role completed (pim activation)" => Self::Completed,
            "remove member from role (pim activation expired)" => Self::RanOut,
            "remove member from role completed (pim deactivate)" => Self::Deactivated,
            _ => return None,
        })
    }

    /// Whether it counts also where it failed: then PIM refused the activation.
    pub(super) const fn tells_failure(self) -> bool {
        matches!(self, Self::Requested | Self::Completed)
    }

    /// Whether it ends what was active, rather than deciding on a request.
    pub(super) const fn ends(self) -> bool {
        matches!(self, Self::RanOut | Self::Deactivated)
    }

    /// Whether it says that the request never becomes active.
    pub(super) const fn comes_to_nothing(self) -> bool {
        matches!(self, Self::Denied | Self::Cancelled | Self::Expired)
    }

    /// Whether the one who did it is the one it is for, where no target says so.
    const fn is_by_requester(self) -> bool {
        match self {
            Self::Requested
            | Self::ApprovalRequested
            | Self::Cancelled
            | Self::Completed
            | Self::Deactivated => true,
            Self::Approved | Self::Denied | Self::Expired | Self::RanOut => false,
        }
    }
}

/// How PIM calls itself where it acts, and how the directory calls it.
const PIM: [&str; 3] = ["Azure AD PIM", "MS-PIM", "MS-PIM-Fairfax"];

/// Whether it is PIM itself, by its name.
pub(super) fn is_pim(actor: &AuditActor) -> bool {
    PIM.iter().any(|name| actor.name.eq_ignore_ascii_case(name))
}

/// Whom a line is about.
pub(super) fn person(event: &AuditEvent, step: Step) -> Option<Person> {
    let decides = matches!(step, Step::Approved | Step::Denied);
    let is_person = |target: &&AuditTarget| {
        let named = !target.id.is_empty() || !target.name.is_empty();
        // Nobody decides on a request of their own.
        named && target.is("User") && !(decides && target.id == event.actor.id)
    };
    let mut targets = event.targets.iter();
    if let Some(target) = targets.find(is_person) {
        return Some(Person { id: Arc::clone(&target.id), name: name_of(target, event) });
    }
    let actor = &event.actor;
    let is_requester = step.is_by_requester()
        && actor.kind == ActorKind::User
        && !actor.id.is_empty()
        && !is_pim(actor);
    is_requester.then(|| Person { id: Arc::clone(&actor.id), name: Arc::clone(&actor.name) })
}

/// Targets often have no name where the one who acts has.
fn name_of(target: &AuditTarget, event: &AuditEvent) -> Arc<str> {
    if target.name.is_empty() && target.id == event.actor.id {
        Arc::clone(&event.actor.name)
    } else {
        Arc::clone(&target.name)
    }
}

/// What a line is about, and how the log calls it.
pub(super) fn asked(event: &AuditEvent) -> (Asked, Arc<str>) {
    let role = event.targets.iter().find(|target| target.is("Role"));
    // The last one is the group itself; one before it would be in it.
    let group = event.targets.iter().rfind(|target| target.is("Group") && !target.id.is_empty());
    let access = role.and_then(access);
    let is = |category: &str| event.category.eq_ignore_ascii_case(category);
    let of_group =
        is("GroupManagement") || (!is("RoleManagement") && access.is_some() && group.is_some());
    if of_group {
        return match group {
            Some(group) => {
                (Asked::Group(PrincipalId::new(&group.id), access), Arc::clone(&group.name))
            }
            None => (Asked::Untold, "".into()),
        };
    }
    let name: Arc<str> = role.map_or_else(|| "".into(), |role| Arc::clone(&role.name));
    match &event.role {
        Some(role) => (Asked::Role(role.clone()), name),
        None => (Asked::Untold, name),
    }
}

/// PIM for Groups has two roles, which it calls so.
fn access(role: &AuditTarget) -> Option<GroupAccess> {
    match role.name.to_ascii_lowercase().as_str() {
        "member" => Some(GroupAccess::Member),
        "owner" => Some(GroupAccess::Owner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GA, event, of_group};
    use super::*;
    use crate::model::RoleId;

    const REQUESTED: &str = "Add member to role requested (PIM activation)";
    const APPROVED: &str = "Add member to role request approved (PIM activation)";

    #[test]
    fn activations_have_steps_and_assignments_have_none() {
        for (activity, expected) in [
            (REQUESTED, Some(Step::Requested)),
            ("ADD member to role  requested (PIM activation)", Some(Step::Requested)),
            (APPROVED, Some(Step::Approved)),
            ("Add member to role request denied (PIM activation)", Some(Step::Denied)),
            ("Add member to role completed (PIM activation)", Some(Step::Completed)),
            ("PIM activation request expired", Some(Step::Expired)),
            ("Remove member from role (PIM activation expired)", Some(Step::RanOut)),
            ("Remove member from role completed (PIM deactivate)", Some(Step::Deactivated)),
            ("Remove member from role requested (PIM deactivate)", None),
            ("Add member to role in PIM completed (timebound)", None),
            ("Add member to role", None),
        ] {
            let event = event(activity, "2026-11-01T09:00:00Z", "ana", &[]);
            assert_eq!(Step::of(&event.normal()), expected, "{activity}");
        }
    }

    #[test]
    fn whom_it_is_about_is_the_target_else_who_asks() {
        let at = "2026-11-01T09:00:00Z";
        for (activity, by, targets, expected) in [
            (REQUESTED, "ana", vec!["User id-ana ana"], Some("id-ana")),
            (REQUESTED, "ana", vec![], Some("id-ana")),
            (REQUESTED, "eve", vec!["User id-ana ana"], Some("id-ana")),
            (APPROVED, "eve", vec!["User id-ana ana"], Some("id-ana")),
            (APPROVED, "eve", vec!["User id-eve eve", "User id-ana ana"], Some("id-ana")),
            (APPROVED, "eve", vec!["User id-eve eve"], None),
            (APPROVED, "eve", vec![], None),
            ("PIM activation request expired", "Azure AD PIM", vec![], None),
            ("Add member to role completed (PIM activation)", "Azure AD PIM", vec![], None),
        ] {
            let event = event(activity, at, by, &targets);
            let step = Step::of(&event.normal()).unwrap();
            let found = person(&event, step).map(|person| person.id.to_string());
            assert_eq!(found.as_deref(), expected, "{activity} by {by}: {targets:?}");
        }
    }

    #[test]
    fn roles_and_groups_are_told_apart() {
        let at = "2026-11-01T09:00:00Z";
        let role = format!("Role {GA} Global Administrator");
        let member = Some(GroupAccess::Member);
        let group = |access| Asked::Group(PrincipalId::new("g"), access);
        let line = |targets: &[&str]| event(REQUESTED, at, "ana", targets);
        let elsewhere = |targets: &[&str]| AuditEvent {
            category: "ApplicationManagement".into(),
            ..line(targets)
        };
        for (event, expected, name) in [
            (line(&[&role, "User ana"]), Asked::Role(RoleId::new(GA)), "Global Administrator"),
            // A group that holds a role is a holder.
            (line(&[&role, "Group g IT"]), Asked::Role(RoleId::new(GA)), "Global Administrator"),
            (of_group(line(&["Role x Member", "User ana", "Group g IT"])), group(member), "IT"),
            (of_group(line(&["Role x", "Group h in", "Group g IT"])), group(None), "IT"),
            (of_group(line(&["Role x Member", "User ana"])), Asked::Untold, ""),
            (elsewhere(&["Role x Member", "User ana", "Group g IT"]), group(member), "IT"),
            (elsewhere(&["Role x Own", "User ana"]), Asked::Untold, "Own"),
            (line(&[]), Asked::Untold, ""),
        ] {
            assert_eq!(asked(&event), (expected, name.into()), "{:?}", event.targets);
        }
    }
}
