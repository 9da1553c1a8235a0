//! What may be an activation is not judged as an assignment.
//!
//! One list shows an activation that began or ended a moment ago and the other does not yet, or
//! still; or the other has it no more before its time. The audit log tells of it, or the snapshot
//! of the other side; both tenants are judged with such a grant as one of unknown type.

use super::facts::{self, Area, Change, Kind};
use super::who::{self, Attribution};
use crate::model::{
    Access, Collected, GroupAccess, GroupGrant, Hold, Listed, PrincipalId, Scope, Tenant,
};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The older and the newer one as they are to be judged.
///
/// The facts are compared as they were read: there these grants are told as what is not known.
pub fn to_judge<'t>(old: &'t Tenant, new: &'t Tenant) -> [Cow<'t, Tenant>; 2] {
    let mut changes = facts::changes(old, new).changes;
    changes.retain(|change| change.area == Area::Assignments);
    changes.extend(facts::kept(old, new));
    let made = who::attribute(&changes, old, new);
    let may_be_activation = |made: &Attribution| matches!(made, Attribution::Activation);
    let doubtful: Vec<&Change> = changes
        .iter()
        .zip(&made)
        .filter(|(_, made)| may_be_activation(made))
        .map(|(change, _)| change)
        .collect();
    let of = |came: bool| -> BTreeSet<&str> {
        let changes = doubtful.iter().filter(|change| (change.kind == Kind::Added) == came);
        changes.map(|change| change.subject.as_str()).collect()
    };
    [marked(old, &of(false)), marked(new, &of(true))]
}

/// What stands in both and may have been an activation where it was first read, as if it were only
/// there: it may be new.
pub fn kept(old: &Tenant, new: &Tenant) -> Vec<Change> {
    let kept = facts::kept(old, new);
    if kept.is_empty() {
        return kept;
    }
    let made = who::attribute(&kept, old, new).into_iter();
    let both = kept.into_iter().zip(made);
    both.filter(|(_, made)| matches!(made, Attribution::Activation)).map(|(it, _)| it).collect()
}

/// The tenant in which nobody knows whether these grants stand.
fn marked<'t>(tenant: &'t Tenant, subjects: &BTreeSet<&str>) -> Cow<'t, Tenant> {
    if subjects.is_empty() {
        return Cow::Borrowed(tenant);
    }
    let mut tenant = tenant.clone();
    mark_roles(&mut tenant, subjects);
    mark_groups(&mut tenant, subjects);
    Cow::Owned(tenant)
}

fn mark_roles(tenant: &mut Tenant, subjects: &BTreeSet<&str>) {
    let (Collected::Complete(grants) | Collected::Partial(grants, _)) = &mut tenant.active else {
        return;
    };
    for grant in grants {
        let subject = facts::subject(&grant.held(), &grant.principal, &grant.within);
        // What PIM knows of beside it is no doubt.
        if grant.provenance.listed == Listed::OnlyRoleAssignments
            && subjects.contains(subject.as_str())
        {
            grant.hold = Hold::ActiveOfUnknownType;
            grant.provenance.listed = Listed::Unknown;
        }
    }
}

/// A plain member is one by what PIM says, once PIM has a row of it.
fn mark_groups(tenant: &mut Tenant, subjects: &BTreeSet<&str>) {
    for (group, pim) in &mut tenant.group_pim {
        let (Collected::Complete(instances) | Collected::Partial(instances, _)) = &mut pim.active
        else {
            continue;
        };
        for (access, lists) in
            [(GroupAccess::Member, &tenant.members), (GroupAccess::Owner, &tenant.owners)]
        {
            let plain = lists.at_least().ok().and_then(|lists| lists.get(group));
            let plain = plain.map(|plain| plain.known.as_slice()).unwrap_or_default();
            let held = Access::Group(group.clone(), access);
            let is_doubtful = |principal: &&PrincipalId| {
                let subject = facts::subject(&held, principal, &Scope::Tenant);
                subjects.contains(subject.as_str())
            };
            instances.extend(plain.iter().filter(is_doubtful).map(|principal| GroupGrant {
                principal: principal.clone(),
                group: group.clone(),
                access,
                hold: Hold::ActiveOfUnknownType,
                start: None,
                end: None,
                window_unread: false,
                id: "".into(),
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR as GA, NOW};
    use crate::checks::{Expect, redundant_grant, standing_group_member};
    use crate::model::{
        ActorKind, AuditActor, AuditEvent, AuditPart, AuditResult, AuditSource, AuditTarget,
        Dataset, Gap, GapKind, RoleId,
    };
    use jiff::Timestamp;

    const OLD: &str = "2026-11-01T09:00:00Z";
    const GROUP: &str = "g";

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// PIM's line of an activation until noon by ana, of Global Administrator or of the group.
    fn activated(at: &str, of_group: bool) -> AuditEvent {
        let target = |kind: &str, id: &str, name: &str| AuditTarget {
            kind: kind.into(),
            id: id.into(),
            name: name.into(),
        };
        let held = match of_group {
            true => vec![target("Role", "x", "Member"), target("Group", GROUP, GROUP)],
            false => vec![target("Role", GA, "Global Administrator")],
        };
        AuditEvent {
            id: "line".into(),
            at: time(at),
            activity: "Add member to role completed (PIM activation)".into(),
            category: if of_group { "GroupManagement" } else { "RoleManagement" }.into(),
            result: AuditResult::Success,
            reason: None,
            correlation: "c-1".into(),
            actor: AuditActor {
                kind: ActorKind::User,
                id: "ana".into(),
                name: "ana@contoso.example".into(),
            },
            targets: held.into_iter().chain([target("User", "ana", "ana")]).collect(),
            role: (!of_group).then(|| RoleId::new(GA)),
            start: None,
            end: Some(time("2026-11-02T12:00:00Z")),
            justification: None,
            ticket_number: None,
            ticket_system: None,
        }
    }

    fn log(events: Vec<AuditEvent>) -> Collected<Vec<AuditPart>> {
        let part = |source: AuditSource| AuditPart {
            source,
            since: time("2026-10-20T00:00:00Z"),
            until: time("2026-11-02T09:01:00Z"),
            lists_until: time(NOW),
            events: Collected::Complete(match source {
                AuditSource::Pim => events.clone(),
                AuditSource::RoleManagement | AuditSource::ConditionalAccess => Vec::new(),
            }),
        };
        Collected::Complete(AuditSource::ALL.map(part).into())
    }

    /// Ana is eligible for Global Administrator, and for a group that has it all the time.
    fn idle(at: &str) -> Case {
        let mut case = Case::new();
        case.tenant.collected_at = time(at);
        case.user("ana");
        case.eligible("ana", GA);
        case.group(GROUP, &[]);
        case.onboard(GROUP);
        case.active(GROUP, GA);
        case.group_eligible("ana", GROUP, GroupAccess::Member);
        case
    }

    fn active(mut case: Case, listed: Listed) -> Case {
        case.active("ana", GA).provenance.listed = listed;
        case
    }

    /// She is a plain member, of whom PIM has no row.
    fn member(mut case: Case) -> Case {
        case.group(GROUP, &["ana"]);
        case
    }

    /// What is said of her, or of the group, in each of the two.
    fn judged(old: Case, new: Case, of_group: bool) -> [Result<&'static str, GapKind>; 2] {
        let tenants = to_judge(&old.tenant, &new.tenant).map(Cow::into_owned);
        let mut cases = [old, new];
        for (case, tenant) in cases.iter_mut().zip(tenants) {
            case.tenant = tenant;
        }
        cases.map(|case| {
            let outcome = match of_group {
                true => {
                    let access = Access::Group(PrincipalId::new(GROUP), GroupAccess::Member);
                    case.judge_access(&standing_group_member::CHECK, access, &Expect::Required)
                }
                false => case.judge_principal(&redundant_grant::CHECK, "ana", &Expect::Required),
            };
            outcome.map(|it| it.name()).map_err(|gap| gap.kind)
        })
    }

    #[test]
    fn what_may_be_an_activation_is_judged_as_of_unknown_type() {
        let right_then = "2026-11-02T08:59:50Z";
        let with = |mut case: Case, events: Vec<AuditEvent>| {
            case.tenant.audit_log = log(events);
            case
        };
        let alone = Listed::OnlyRoleAssignments;
        for (what, listed, events, expected) in [
            ("right then", alone, vec![activated(right_then, false)], Err(GapKind::Incomplete)),
            ("PIM has a row of it", Listed::Both, vec![activated(right_then, false)], Ok("fail")),
            ("long before", alone, vec![activated("2026-11-02T02:00:00Z", false)], Ok("fail")),
            ("of something else", alone, vec![activated(right_then, true)], Ok("fail")),
            ("no line", alone, vec![], Ok("fail")),
        ] {
            let new = with(active(idle(NOW), listed), events);
            assert_eq!(judged(idle(OLD), new, false), [Ok("pass"), expected], "{what}");
        }
        for (what, events, expected) in [
            ("right then", vec![activated(right_then, true)], Err(GapKind::Incomplete)),
            ("of something else", vec![activated(right_then, false)], Ok("fail")),
            ("no line", vec![], Ok("fail")),
        ] {
            let new = with(member(idle(NOW)), events);
            assert_eq!(judged(idle(OLD), new, true), [Ok("pass"), expected], "{what}");
        }
        // It ended when the older one was read.
        let ran = |of_group| AuditEvent {
            end: Some(time("2026-11-01T09:00:00Z")),
            ..activated("2026-11-01T06:00:00Z", of_group)
        };
        let old = active(idle(OLD), alone);
        let new = with(idle(NOW), vec![ran(false)]);
        assert_eq!(judged(old, new, false), [Err(GapKind::Incomplete), Ok("pass")]);
        let new = with(idle(NOW), vec![ran(true)]);
        assert_eq!(judged(member(idle(OLD)), new, true), [Err(GapKind::Incomplete), Ok("pass")]);
        // Without the log the older one may still tell that an activation was to end right then.
        for (end, expected) in [
            (None, Ok("fail")),
            (Some("2026-11-02T09:05:00Z"), Err(GapKind::Incomplete)),
            (Some("2026-11-02T08:40:00Z"), Ok("fail")),
            // It was to run on.
            (Some("2026-11-02T12:00:00Z"), Err(GapKind::Incomplete)),
        ] {
            let mut old = idle(OLD);
            if let Some(end) = end {
                let grant = old.active("ana", GA);
                grant.hold = Hold::Activated;
                (grant.start, grant.end) = (Some(time(OLD)), Some(time(end)));
            }
            let mut new = active(idle(NOW), alone);
            let gap = Gap::of(Dataset::DirectoryAudits, GapKind::NotRequested, "no");
            new.tenant.audit_log = Collected::Missing(gap);
            assert_eq!(judged(old, new, false), [Ok("pass"), expected], "{end:?}");
        }
        // What stands in both may be new where an activation ended when it was first read.
        for (listed, events, expected) in [
            (alone, vec![ran(false)], Err(GapKind::Incomplete)),
            (Listed::Both, vec![ran(false)], Err(GapKind::Incomplete)),
            (alone, vec![], Ok("fail")),
            (alone, vec![ran(true)], Ok("fail")),
        ] {
            let old = || active(idle(OLD), alone);
            let new = || with(active(idle(NOW), listed), events.clone());
            assert_eq!(judged(old(), new(), false), [expected, Ok("fail")], "{events:?}");
            assert_eq!(judged(new(), old(), false), [Ok("fail"), expected], "{events:?}");
            let number = usize::from(expected.is_err());
            assert_eq!(kept(&old().tenant, &new().tenant).len(), number, "{events:?}");
        }
        // The same where the newer one was given first.
        let new = with(active(idle(NOW), alone), vec![activated(right_then, false)]);
        assert_eq!(judged(new, idle(OLD), false), [Err(GapKind::Incomplete), Ok("pass")]);
    }
}
