//! Who made a change, as tables of lines of the log.

use super::*;
use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR as GA, NOW};
use crate::diff::facts::changes;
use crate::model::{
    ActorKind, Alert, AlertKind, Approval, AuditTarget, Collected, ConditionalAccessPolicy,
    Dataset, Enablement, GapKind, GroupAccess, Label, Listed, RoleId, Scope,
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

fn role() -> String {
    format!("Role {GA} Global Administrator")
}

#[test]
fn a_grant_is_made_by_the_line_of_its_holder_and_role() {
    let completed = "Add eligible member to role in PIM completed (timebound)";
    let role = role();
    let on = |activity: &str, targets: &[&str]| event(activity, BETWEEN, "eve", targets);
    let outside = "Add member to role outside of PIM (permanent)";
    let other_role = "Role f2ef992c-3afb-46b9-b7cf-a126ee74c451 Global Reader";
    for (line, expected) in [
        (on(completed, &[&role, "User ana"]), "by eve"),
        (
            on("ADD eligible  member to role in PIM completed (time bound)", &[&role, "User ana"]),
            "by eve",
        ),
        // That somebody asked for it does not say that it was done.
        (
            on("Add eligible member to role in PIM requested (permanent)", &[&role, "User ana"]),
            "not covered",
        ),
        // As it is published, and as no version knows it.
        (on("Restore eligible member from role in PIM comleted", &[&role, "User ana"]), "by eve"),
        (on("Add eligible member to role in PIM by policy", &[&role, "User ana"]), "not covered"),
        (on("Add eligible member to role in PIM by policy", &[&role, "User ben"]), "nobody"),
        (
            on("Add eligible member to role in PIM canceled (permanent)", &[&role, "User ana"]),
            "nobody",
        ),
        // Another holder, another role, another way round.
        (on(completed, &[&role, "User ben"]), "nobody"),
        (on(completed, &[other_role, "User ana"]), "nobody"),
        (
            on(
                "Remove eligible member from role in PIM completed (timebound)",
                &[&role, "User ana"],
            ),
            "nobody",
        ),
        // An active assignment makes nobody eligible, and neither does an activation.
        (on("Add member to role in PIM completed (permanent)", &[&role, "User ana"]), "nobody"),
        (on(outside, &[&role, "User ana"]), "nobody"),
        (on("Add member to role completed (PIM activation)", &[&role, "User ana"]), "nobody"),
        (on("Remove member from role (PIM activation expired)", &[&role, "User ana"]), "nobody"),
        // Which role, or what was done, is not said.
        (on(completed, &["User ana"]), "not covered"),
        (on("Process request", &[&role, "User ana"]), "not covered"),
        // Of a group: another thing.
        (of_group(on(completed, &["Role x Member", "User ana", "Group g"])), "nobody"),
    ] {
        let mut old = older();
        let mut new = newer(parts(vec![line.clone()], vec![], vec![]));
        old.user("ana");
        new.user("ana");
        new.eligible("ana", GA);
        assert_eq!(told(&old, &new), expected, "{line:?}");
    }
}

#[test]
fn only_what_was_done_in_the_time_between_made_it() {
    let role = role();
    let line = |at: &str| {
        let targets: [&str; 2] = [&role, "User ana"];
        event("Add eligible member to role in PIM completed (timebound)", at, "eve", &targets)
    };
    for (at, expected) in [
        (BETWEEN, "by eve"),
        (OLD, "by eve"),
        (NOW, "by eve"),
        // As long before the older one as a change may take to show, it may be of it.
        ("2026-11-01T08:59:59Z", "not covered"),
        ("2026-11-01T08:45:00Z", "not covered"),
        ("2026-11-01T08:44:59Z", "nobody"),
        ("2026-11-02T09:00:30Z", "not covered"),
    ] {
        let mut new = newer(parts(vec![line(at)], vec![], vec![]));
        new.eligible("ana", GA);
        assert_eq!(told(&older(), &new), expected, "{at}");
    }
    for (result, expected) in [
        (AuditResult::Success, "by eve"),
        (AuditResult::Failure, "nobody"),
        // Nobody waited for the end, or the log does not say it.
        (AuditResult::Timeout, "not covered"),
        (AuditResult::Other, "not covered"),
    ] {
        let line = AuditEvent { result, ..line(BETWEEN) };
        let mut new = newer(parts(vec![line], vec![], vec![]));
        new.eligible("ana", GA);
        assert_eq!(told(&older(), &new), expected, "{result:?}");
    }
}

#[test]
fn a_request_counts_by_what_became_of_it() {
    let role = role();
    let (asked, done, undone) = (
        "Add eligible member to role in PIM requested (permanent)",
        "Add eligible member to role in PIM completed (permanent)",
        "Add eligible member to role in PIM canceled (permanent)",
    );
    let line = |activity: &str, hour: u32, by: &str, request: &str| {
        let at = format!("2026-11-01T{hour}:00:00Z");
        let request = format!("Request {request}");
        let targets: [&str; 3] = [&role, "User ana", &request];
        event(activity, &at, by, &targets)
    };
    for (lines, expected) in [
        (vec![line(asked, 10, "eve", "q-1")], "not covered"),
        (vec![line(asked, 10, "eve", "q-1"), line(undone, 11, "eve", "q-1")], "nobody"),
        (vec![line(asked, 10, "eve", "q-1"), line(done, 11, "dan", "q-1")], "by dan"),
        // Of another request the end says nothing.
        (vec![line(asked, 10, "eve", "q-1"), line(undone, 11, "eve", "q-2")], "not covered"),
        (vec![line(asked, 12, "eve", "q-1"), line(undone, 11, "eve", "q-1")], "not covered"),
    ] {
        let what = format!("{lines:?}");
        let mut new = newer(parts(lines, vec![], vec![]));
        new.eligible("ana", GA);
        assert_eq!(told(&older(), &new), expected, "{what}");
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

#[test]
fn what_was_done_right_before_the_log_was_read_may_have_no_line_yet() {
    // The log was read at 9:01.
    let lacking = Some(time("2026-11-02T08:46:00Z"));
    let case = |start: Option<&str>| {
        let mut new = newer(parts(vec![], vec![], vec![]));
        new.eligible("ana", GA).start = start.map(time);
        new
    };
    for (start, expected) in [
        (Some(BETWEEN), Some(None)),
        (Some("2026-11-02T08:46:00Z"), Some(None)),
        (Some("2026-11-02T08:46:01Z"), None),
        (Some("2026-11-02T08:57:00Z"), None),
        // What does not say when it was given may have been given at the last moment.
        (None, Some(lacking)),
        (Some("2026-01-01T00:00:00Z"), Some(lacking)),
    ] {
        assert_eq!(unless_after(&older(), &case(start)), expected, "{start:?}");
    }
    // A log that was read so long after the lists lacks nothing.
    let mut new = case(None);
    each(&mut new, |it| it.until = time("2026-11-02T09:15:00Z"));
    assert_eq!(unless_after(&older(), &new), Some(None));
    // What was removed has no time.
    let mut old = older();
    old.user("ana");
    old.eligible("ana", GA);
    let mut new = newer(parts(vec![], vec![], vec![]));
    new.user("ana");
    assert_eq!(unless_after(&old, &new), Some(lacking));
    // The same in a group, by its own list.
    for (start, expected) in [(BETWEEN, Some(None)), ("2026-11-02T08:57:00Z", None)] {
        let with_group = |mut case: Case| {
            case.group("g", &[]);
            case.onboard("g");
            case.user("ana");
            case
        };
        let old = with_group(older());
        let mut new = with_group(newer(parts(vec![], vec![], vec![])));
        new.group_eligible("ana", "g", GroupAccess::Member).start = Some(time(start));
        assert_eq!(unless_after(&old, &new), expected, "{start}");
    }
}

#[test]
fn a_list_that_was_read_after_the_log_is_not_covered_by_it() {
    for (lists_until, expected) in
        [("2026-11-02T09:01:00Z", "nobody"), ("2026-11-02T09:40:00Z", "not covered")]
    {
        let mut read = parts(vec![], vec![], vec![]);
        for part in &mut read {
            part.lists_until = time(lists_until);
        }
        let mut new = newer(read);
        new.eligible("ana", GA);
        assert_eq!(told(&older(), &new), expected, "{lists_until}");
    }
}

#[test]
fn an_activation_that_one_list_alone_shows_is_not_accused() {
    let role = role();
    let eligible = |mut case: Case| {
        case.eligible("ana", GA);
        case
    };
    let completed = "Add member to role completed (PIM activation)";
    let activation = |at: &str, end: &str, holder: &str| {
        let holder = format!("User {holder}");
        let targets: [&str; 2] = [&role, &holder];
        AuditEvent { end: Some(time(end)), ..event(completed, at, "ana", &targets) }
    };
    let (eight, noon) = ("2026-11-02T08:00:00Z", "2026-11-02T12:00:00Z");
    let (both, alone) = (Listed::Both, Listed::OnlyRoleAssignments);
    for (line, listed, expected) in [
        (activation("2026-11-02T08:59:50Z", noon, "ana"), alone, "activation"),
        // It began so long ago that the list of activations should have it.
        (activation(eight, noon, "ana"), alone, "not covered"),
        // Over a moment ago, which the directory may not have seen.
        (activation(eight, "2026-11-02T08:50:00Z", "ana"), alone, "activation"),
        (activation(eight, "2026-11-02T08:30:00Z", "ana"), alone, "nobody"),
        (activation(eight, noon, "ben"), alone, "nobody"),
        // PIM knows it as assigned.
        (activation(eight, noon, "ana"), both, "nobody"),
    ] {
        let what = format!("{line:?} {listed:?}");
        let mut new = eligible(newer(parts(vec![line], vec![], vec![])));
        new.active("ana", GA).provenance.listed = listed;
        assert_eq!(told(&eligible(older()), &new), expected, "{what}");
    }
    // What was ended before its time runs no more, and what somebody gave is no activation.
    let started = || activation(eight, noon, "ana");
    let targets: [&str; 2] = [&role, "User ana"];
    let ended =
        |at: &str| event("Remove member from role completed (PIM deactivate)", at, "ana", &targets);
    let given = event("Add member to role outside of PIM (permanent)", eight, "eve", &targets);
    for (lines, expected) in [
        (vec![started(), ended("2026-11-02T08:10:00Z")], "nobody"),
        (vec![started(), ended("2026-11-02T08:50:00Z")], "activation"),
        (vec![activation("2026-11-02T08:59:50Z", noon, "ana"), given], "by eve"),
    ] {
        let what = format!("{lines:?}");
        let mut new = eligible(newer(parts(lines, vec![], vec![])));
        new.active("ana", GA).provenance.listed = alone;
        assert_eq!(told(&eligible(older()), &new), expected, "{what}");
    }
    // Who is eligible for nothing, or in another scope, activated something else.
    for scope in [None, Some(Scope::AdministrativeUnit("au".into()))] {
        let with = |mut case: Case| {
            if let Some(scope) = &scope {
                case.eligible("ana", GA).within = scope.clone();
            }
            case
        };
        let line = activation("2026-11-02T08:59:50Z", noon, "ana");
        let mut new = with(newer(parts(vec![line], vec![], vec![])));
        new.active("ana", GA).provenance.listed = alone;
        assert_eq!(told(&with(older()), &new), "nobody", "{scope:?}");
    }
    // The same seen from the other side: it ran when the older snapshot was read.
    for (end, expected) in
        [("2026-11-01T12:00:00Z", "not covered"), ("2026-11-01T08:30:00Z", "nobody")]
    {
        let mut old = eligible(older());
        old.user("ana");
        old.active("ana", GA).provenance.listed = alone;
        let line = activation("2026-11-01T08:00:00Z", end, "ana");
        let mut new = eligible(newer(parts(vec![line], vec![], vec![])));
        new.user("ana");
        assert_eq!(told(&old, &new), expected, "{end}");
    }
    // A member of a group without an instance of PIM.
    for (holder, expected) in [("ana", "activation"), ("ben", "not logged")] {
        let at = "2026-11-02T08:59:00Z";
        let user = format!("User {holder}");
        let targets: [&str; 3] = ["Role x Member", &user, "Group g"];
        let line = of_group(event(completed, at, holder, &targets));
        let (mut old, mut new) = (older(), newer(parts(vec![line], vec![], vec![])));
        for case in [&mut old, &mut new] {
            case.group("g", &[]);
            case.onboard("g");
            case.user("ana");
        }
        new.group("g", &["ana"]);
        assert_eq!(told(&old, &new), expected, "{holder}");
    }
}

#[test]
fn the_newest_lines_come_first_and_are_counted() {
    let role = role();
    let mut lines: Vec<AuditEvent> = (10..17)
        .map(|hour| {
            let at = format!("2026-11-01T{hour}:00:00Z");
            let targets: [&str; 2] = [&role, "User ana"];
            let activity = "Add member to role in PIM completed (permanent)";
            event(activity, &at, &format!("p{hour}"), &targets)
        })
        .collect();
    // Asked for and done is one thing.
    let targets: [&str; 2] = [&role, "User ana"];
    lines.push(event(
        "Add member to role in PIM requested (permanent)",
        "2026-11-01T10:00:00Z",
        "p10",
        &targets,
    ));
    let mut new = newer(parts(lines, vec![], vec![]));
    new.active("ana", GA);
    // Everybody is named, however many they are.
    assert_eq!(told(&older(), &new), "by p16, p15, p14, p13, p12, p11, p10");
    let lines = (10..18).map(|hour| {
        let at = format!("2026-11-01T{hour}:00:00Z");
        let by = if hour == 10 { "bob" } else { "eve" };
        event("Add member to role in PIM completed (permanent)", &at, by, &targets)
    });
    let mut new = newer(parts(lines.collect(), vec![], vec![]));
    new.active("ana", GA);
    assert_eq!(told(&older(), &new), "by eve, eve, eve, eve, eve, bob++");
}

#[test]
fn who_gave_it_comes_before_who_extended_it() {
    let role = role();
    let targets: [&str; 2] = [&role, "User ana"];
    let lines = vec![
        event(
            "Add eligible member to role in PIM completed (timebound)",
            "2026-11-01T10:00:00Z",
            "eve",
            &targets,
        ),
        event(
            "Update member in PIM approved by admin (extend/renew)",
            "2026-11-01T20:00:00Z",
            "bob",
            &targets,
        ),
    ];
    let mut new = newer(parts(lines, vec![], vec![]));
    new.eligible("ana", GA);
    assert_eq!(told(&older(), &new), "by eve, bob");
}

#[test]
fn what_pim_repeats_is_told_once_and_its_twin_not_at_all() {
    let role = role();
    let targets: [&str; 2] = [&role, "User ana"];
    let outside = |hour: u32| {
        let at = format!("2026-11-01T{hour}:17:00Z");
        event("Add member to role outside of PIM (permanent)", &at, "eve", &targets)
    };
    let pim = (10..20).map(outside).collect();
    let mut new = newer(parts(pim, vec![], vec![]));
    new.active("ana", GA);
    assert_eq!(told(&older(), &new), "by eve");
    // What the directory writes of PIM's doing says nothing of who wanted it; that of PIM does.
    let twin = || event("Add member to role", BETWEEN, "MS-PIM", &["User ana", &role]);
    let completed = "Add member to role in PIM completed (permanent)";
    let activated = "Add member to role completed (PIM activation)";
    let noticed = "Add member to role outside of PIM (permanent)";
    for (activity, at, expected) in [
        (completed, "2026-11-01T19:58:00Z", "by eve"),
        (completed, "2026-11-01T20:05:00Z", "by eve"),
        // Of another time it is of something else.
        (completed, "2026-11-01T20:05:01Z", "by eve, MS-PIM"),
        (activated, "2026-11-01T19:58:00Z", "nobody"),
        (activated, "2026-11-01T19:54:59Z", "by MS-PIM"),
        (noticed, "2026-11-01T20:02:00Z", "by eve, MS-PIM"),
    ] {
        let line = event(activity, at, "eve", &targets);
        let mut new = newer(parts(vec![line], vec![twin()], vec![]));
        new.active("ana", GA);
        assert_eq!(told(&older(), &new), expected, "{activity} {at}");
    }
    // Anybody can call an application so: without a line of PIM's it is what it says it is.
    let mut new = newer(parts(vec![], vec![twin()], vec![]));
    new.active("ana", GA);
    assert_eq!(told(&older(), &new), "by MS-PIM");
    let mut unread = parts(vec![], vec![twin()], vec![]);
    let gap = Gap::of(Dataset::DirectoryAudits, GapKind::PermissionDenied, "403");
    unread[0].events = Collected::Missing(gap);
    let mut new = newer(unread);
    new.active("ana", GA);
    assert_eq!(told(&older(), &new), "not covered");
    let own = event("Add member to role", BETWEEN, "eve", &["User ana", &role]);
    let mut new = newer(parts(vec![], vec![own], vec![]));
    new.active("ana", GA);
    assert_eq!(told(&older(), &new), "by eve");
}

#[test]
fn nobody_is_said_of_a_whole_log_only() {
    type Edit = fn(&mut Case);
    let cases: [(&str, Edit, &str); 9] = [
        ("whole", |_| {}, "nobody"),
        ("of another list", |case| lose(case, 2, false), "nobody"),
        ("refused", |case| lose(case, 0, false), "not covered"),
        ("broken off", |case| lose(case, 0, true), "not covered"),
        ("the directory's refused", |case| lose(case, 1, false), "not covered"),
        ("asked for too late", |case| each(case, |it| it.since = time(BETWEEN)), "not covered"),
        ("read too early", |case| each(case, |it| it.until = time(BETWEEN)), "not covered"),
        (
            "kept too short",
            |case| {
                case.tenant.collected_at = time("2026-11-20T09:00:00Z");
                case.tenant.licences = Collected::Complete(Vec::new());
                each(case, |it| it.until = time("2026-11-20T09:01:00Z"));
            },
            "not covered",
        ),
        (
            "not asked for",
            |case| {
                let gap = Gap::of(Dataset::DirectoryAudits, GapKind::NotRequested, "no");
                case.tenant.audit_log = Collected::Missing(gap);
            },
            "not covered",
        ),
    ];
    for (what, edit, expected) in cases {
        let mut new = newer(parts(vec![], vec![], vec![]));
        new.active("ana", GA);
        edit(&mut new);
        assert_eq!(told(&older(), &new), expected, "{what}");
        let state = log_state(&older().tenant, &new.tenant);
        let whole = matches!(what, "whole");
        assert_eq!(state.missing.is_empty(), whole, "{what}: {state:?}");
        // Nobody knows what a list covers that broke off.
        let covers = !matches!(what, "broken off" | "not asked for");
        assert_eq!(state.covered_from.is_some(), covers, "{what}: {state:?}");
        assert_eq!(state.is_read, what != "not asked for", "{what}: {state:?}");
    }
}

#[test]
fn a_licence_that_was_bought_between_brings_nothing_back() {
    let premium = |case: &mut Case, has_it: bool| {
        if !has_it {
            case.tenant.licences = Collected::Complete(Vec::new());
        }
    };
    // The older snapshot is ten days old: 30 days would cover it, and 7 do not.
    for (then, now, expected) in
        [(true, true, "nobody"), (false, true, "not covered"), (true, false, "not covered")]
    {
        let (mut old, mut new) = (older(), newer(parts(vec![], vec![], vec![])));
        new.tenant.collected_at = time("2026-11-11T09:00:00Z");
        each(&mut new, |it| it.until = time("2026-11-11T09:01:00Z"));
        premium(&mut old, then);
        premium(&mut new, now);
        new.active("ana", GA);
        let found = changes(&old.tenant, &new.tenant).changes;
        let made = attribute(&found, &old.tenant, &new.tenant);
        let nobody = matches!(made.as_slice(), [Attribution::Nobody { .. }]);
        assert_eq!(nobody, expected == "nobody", "{then} {now}: {made:?}");
        let state = log_state(&old.tenant, &new.tenant);
        assert_eq!(state.missing.is_empty(), nobody, "{then} {now}: {state:?}");
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

#[test]
fn a_list_that_broke_off_still_names_whom_it_has() {
    let role = role();
    let targets: [&str; 2] = [&role, "User ana"];
    let line = event("Add member to role in PIM completed (permanent)", BETWEEN, "eve", &targets);
    let mut read = parts(vec![], vec![], vec![]);
    let gap = Gap::of(Dataset::DirectoryAudits, GapKind::Incomplete, "page 2: 503");
    read[0].events = Collected::Partial(vec![line], gap);
    let mut new = newer(read);
    new.active("ana", GA);
    assert_eq!(told(&older(), &new), "by eve");
}

#[test]
fn snapshots_close_to_each_other_or_backwards_accuse_nobody() {
    for (old_at, expected) in [
        ("2026-11-02T08:45:00Z", "nobody"),
        ("2026-11-02T08:45:01Z", "not covered"),
        ("2026-11-02T10:00:00Z", "not covered"),
    ] {
        let mut old = older();
        old.tenant.collected_at = time(old_at);
        let mut new = newer(parts(vec![], vec![], vec![]));
        new.active("ana", GA);
        let found = changes(&old.tenant, &new.tenant).changes;
        let made = attribute(&found, &old.tenant, &new.tenant);
        let nobody = matches!(made.as_slice(), [Attribution::Nobody { .. }]);
        assert_eq!(nobody, expected == "nobody", "{old_at}: {made:?}");
        // Of two the wrong way round the head does not say that the log covers the time.
        let state = log_state(&old.tenant, &new.tenant);
        let backwards = old_at == "2026-11-02T10:00:00Z";
        assert_eq!(!state.missing.is_empty(), backwards, "{old_at}: {state:?}");
    }
}

#[test]
fn what_goes_went_by_somebody_by_itself_or_with_its_holder() {
    let role = role();
    let targets: [&str; 2] = [&role, "User ana"];
    let line = |activity: &str, by: &str| event(activity, BETWEEN, by, &targets);
    let completed = "Remove eligible member from role in PIM completed (timebound)";
    let offboarded = of_group(event("Tenant offboarded from PIM", BETWEEN, "eve", &[]));
    let ended = Some("2026-11-02T00:00:00Z");
    type Edit = fn(&mut Case);
    let there: Edit = |case| {
        case.user("ana");
    };
    let gone: Edit = |case| case.absent("ana");
    let not_asked: Edit = |_| {};
    for (line, end, holder, expected) in [
        (Some(line(completed, "eve")), None, there, "by eve"),
        (Some(line(completed, "eve")), None, gone, "by eve"),
        (None, None, there, "nobody"),
        (None, None, gone, "not logged"),
        (None, None, not_asked, "not covered"),
        (None, ended, there, "by itself"),
        (Some(line(completed, "Azure AD PIM")), ended, there, "by itself"),
        (Some(line(completed, "eve")), ended, there, "by eve"),
        // Whatever it was of, it went with it.
        (Some(offboarded), None, there, "by eve"),
    ] {
        let mut old = older();
        old.user("ana");
        old.eligible("ana", GA).end = end.map(time);
        let what = format!("{line:?} {end:?}");
        let mut new = newer(parts(line.into_iter().collect(), vec![], vec![]));
        holder(&mut new);
        assert_eq!(told(&old, &new), expected, "{what}");
    }
}

#[test]
fn what_was_over_went_by_itself_only_where_the_log_would_say_otherwise() {
    let role = role();
    let targets: [&str; 2] = [&role, "User ana"];
    let removed = "Remove eligible member from role in PIM completed (timebound)";
    let line = |by: &str| event(removed, BETWEEN, by, &targets);
    let result = |by: &str, result| AuditEvent { result, ..line(by) };
    let mut impostor = line("MS-PIM");
    impostor.actor.kind = ActorKind::Application;
    type Edit = fn(&mut Case);
    let whole: Edit = |_| {};
    for (lines, edit, expected) in [
        (vec![], whole, "by itself"),
        (vec![line("MS-PIM")], whole, "by itself"),
        (vec![result("Azure AD PIM", AuditResult::Timeout)], whole, "by itself"),
        (vec![line("eve")], whole, "by eve"),
        // Called as PIM is, which anybody can call an application.
        (vec![impostor], whole, "by MS-PIM"),
        // Whether it was done is not known.
        (vec![result("eve", AuditResult::Timeout)], whole, "not covered"),
        (vec![], |case| lose(case, 0, false), "not covered"),
        (vec![], |case| lose(case, 1, true), "not covered"),
        (vec![], |case| lose(case, 2, false), "by itself"),
        (
            vec![],
            |case| {
                let gap = Gap::of(Dataset::DirectoryAudits, GapKind::NotRequested, "no");
                case.tenant.audit_log = Collected::Missing(gap);
            },
            "not covered",
        ),
    ] {
        let what = format!("{lines:?}");
        let mut old = older();
        old.user("ana");
        old.eligible("ana", GA).end = Some(time("2026-11-02T00:00:00Z"));
        let mut new = newer(parts(lines, vec![], vec![]));
        new.user("ana");
        edit(&mut new);
        assert_eq!(told(&old, &new), expected, "{what}");
    }
}

#[test]
fn what_pim_gave_up_for_the_whole_tenant_took_eligibilities_alone() {
    let line = || of_group(event("Tenant offboarded from PIM", BETWEEN, "eve", &[]));
    let role = role();
    let targets: [&str; 2] = [&role, "User ana"];
    let removed = |what: &str| {
        let activity = format!("Remove {what} from role in PIM completed (permanent)");
        event(&activity, BETWEEN, "bob", &targets)
    };
    type Hold = fn(&mut Case);
    let eligible: Hold = |case| {
        case.eligible("ana", GA);
    };
    let active: Hold = |case| {
        case.active("ana", GA);
    };
    for (hold, lines, expected) in [
        (eligible, vec![line()], "by eve"),
        (active, vec![line()], "nobody"),
        // What has a line of its own did not go with the rest.
        (eligible, vec![line(), removed("eligible member")], "by bob"),
        (active, vec![line(), removed("member")], "by bob"),
    ] {
        let what = format!("{lines:?}");
        let (mut old, mut new) = (older(), newer(parts(lines, vec![], vec![])));
        old.user("ana");
        new.user("ana");
        hold(&mut old);
        assert_eq!(told(&old, &new), expected, "{what}");
    }
    // Of a group that PIM never managed it took nothing.
    for (lines, expected) in [(vec![line()], "not logged"), (vec![], "not logged")] {
        let (mut old, mut new) = (older(), newer(parts(lines, vec![], vec![])));
        for case in [&mut old, &mut new] {
            case.user("ana");
        }
        old.group("g", &["ana"]);
        new.group("g", &[]);
        assert_eq!(told(&old, &new), expected);
    }
}

#[test]
fn a_line_that_does_not_name_its_holder_or_role_by_an_id_may_be_of_anybody() {
    let completed = "Add eligible member to role in PIM completed (timebound)";
    let role = role();
    let on = |targets: &[&str]| event(completed, BETWEEN, "eve", targets);
    let unknown = "0e1c2d3b-0000-4000-8000-00000000aaaa";
    let own_id = |name: &str| format!("Role {unknown} {name}");
    let (renamed, other) =
        (own_id("Globaler Administrator"), "ff000000-0000-4000-8000-000000000001");
    let of_nobody = AuditEvent { role: None, ..on(&[]) };
    for (line, expected) in [
        (of_nobody, "not covered"),
        (on(&[&role]), "not covered"),
        (on(&[&role, "User  ana@contoso.example"]), "not covered"),
        (on(&[&role, "Request q-1"]), "not covered"),
        // Of a role that is another the holder does not matter.
        (on(&["Role f2ef992c-3afb-46b9-b7cf-a126ee74c451 Global Reader"]), "nobody"),
        // It is said that it is somebody else.
        (on(&[&role, "User ben"]), "nobody"),
        (on(&[&role, "Group other"]), "nobody"),
        // An id that is no role's is PIM's own of any.
        (on(&[&renamed, "User ana"]), "not covered"),
        (on(&[&renamed, "User ben"]), "nobody"),
        // What was taken, and what nobody knows, gives nothing to anybody.
        (
            event(
                "Remove eligible member from role in PIM completed (timebound)",
                BETWEEN,
                "eve",
                &[&role],
            ),
            "nobody",
        ),
        (event("Something new in PIM", BETWEEN, "eve", &[]), "nobody"),
    ] {
        let mut new = newer(parts(vec![line.clone()], vec![], vec![]));
        new.eligible("ana", GA);
        assert_eq!(told(&older(), &new), expected, "{line:?}");
    }
    // A role of the tenant's own is a role.
    let mut new =
        newer(parts(vec![on(&[&format!("Role {other} Own"), "User ana"])], vec![], vec![]));
    let mut old = older();
    for case in [&mut old, &mut new] {
        case.custom_role(other, Label::Plain);
    }
    new.eligible("ana", GA);
    assert_eq!(told(&old, &new), "nobody");
    // A group without an id, or one that is another.
    for (targets, expected) in [
        (vec!["Role x Member", "User ana", "Group"], "not covered"),
        (vec!["Role x Owner", "User ana", "Group"], "nobody"),
        (vec!["Role x Member", "User ana", "Group  G", "Group h"], "not covered"),
        (vec!["Role x Member", "Group g"], "not covered"),
        (vec!["Role x Member", "Group h"], "nobody"),
    ] {
        let case = |mut case: Case| {
            case.group("g", &[]);
            case.onboard("g");
            case.user("ana");
            case
        };
        let line = of_group(on(&targets));
        let (old, mut new) = (case(older()), case(newer(parts(vec![line], vec![], vec![]))));
        new.group_eligible("ana", "g", GroupAccess::Member);
        assert_eq!(told(&old, &new), expected, "{targets:?}");
    }
}

#[test]
fn only_the_start_of_the_grant_itself_says_when_it_was_given() {
    let lacking = Some(time("2026-11-02T08:46:00Z"));
    let (just_now, next_month) = ("2026-11-02T08:59:00Z", "2026-12-01T00:00:00Z");
    for (start, elsewhere, expected) in [
        (Some(BETWEEN), None, Some(None)),
        (Some(just_now), None, None),
        // One that begins later does not say when it was given.
        (Some(next_month), None, Some(lacking)),
        // One of another scope says nothing of this one.
        (Some(BETWEEN), Some(just_now), Some(None)),
        (None, Some(just_now), Some(lacking)),
    ] {
        let (mut old, mut new) = (older(), newer(parts(vec![], vec![], vec![])));
        let unit = crate::model::Scope::AdministrativeUnit("au-1".into());
        if elsewhere.is_some() {
            old.eligible("ana", GA).within = unit.clone();
        }
        new.eligible("ana", GA).start = start.map(time);
        if let Some(elsewhere) = elsewhere {
            let other = new.eligible("ana", GA);
            (other.within, other.start) = (unit, Some(time(elsewhere)));
        }
        assert_eq!(unless_after(&old, &new), expected, "{start:?} {elsewhere:?}");
    }
}

#[test]
fn another_end_is_made_by_whatever_touched_the_grant() {
    let role = role();
    let targets: [&str; 2] = [&role, "User ana"];
    for (activity, expected) in [
        ("Update eligible member in PIM requested (extend)", "not covered"),
        ("Update member in PIM approved by admin (extend/renew)", "by eve"),
        ("Add eligible member to role in PIM completed (timebound)", "by eve"),
        ("Remove eligible member from role in PIM completed (timebound)", "by eve"),
        ("Update member in PIM denied by admin (extend/renew)", "nobody"),
        ("Update eligible member in PIM canceled (extend)", "nobody"),
        ("Update member in PIM requested (extend)", "nobody"),
    ] {
        let mut old = older();
        old.eligible("ana", GA);
        let line = event(activity, BETWEEN, "eve", &targets);
        let mut new = newer(parts(vec![line], vec![], vec![]));
        new.eligible("ana", GA).end = Some(time("2027-06-01T00:00:00Z"));
        assert_eq!(told(&old, &new), expected, "{activity}");
    }
}

#[test]
fn groups_are_told_apart_by_id_and_by_access() {
    let activity = "Add eligible member to role in PIM completed (timebound)";
    for (targets, expected) in [
        (vec!["Role x Member", "User ana", "Group g"], "by eve"),
        // Not as what: in another language, or by a name that was taken out.
        (vec!["Role x", "User ana", "Group g"], "not covered"),
        (vec!["Role x Eigent\u{fc}mer", "User ana", "Group g"], "not covered"),
        (vec!["Role x Owner", "User ana", "Group g"], "nobody"),
        (vec!["Role x Member", "User ana", "Group h"], "nobody"),
        (vec!["Role x Member", "User ana"], "not covered"),
    ] {
        let case = |mut case: Case| {
            case.group("g", &[]);
            case.onboard("g");
            case.user("ana");
            case
        };
        let old = case(older());
        let line = of_group(event(activity, BETWEEN, "eve", &targets));
        let mut new = case(newer(parts(vec![line], vec![], vec![])));
        new.group_eligible("ana", "g", GroupAccess::Member);
        assert_eq!(told(&old, &new), expected, "{targets:?}");
    }
    // What PIM knew of a group goes with the tenant.
    let case = |mut case: Case| {
        case.group("g", &[]);
        case.onboard("g");
        case.user("ana");
        case
    };
    let mut old = case(older());
    old.group_eligible("ana", "g", GroupAccess::Member);
    for (activity, expected) in
        [("Tenant offboarded from PIM", "by eve"), ("Offboarded resource from PIM", "nobody")]
    {
        let line = of_group(event(activity, BETWEEN, "eve", &["Directory t"]));
        let new = case(newer(parts(vec![line], vec![], vec![])));
        assert_eq!(told(&old, &new), expected, "{activity}");
    }
    // A plain member is in no list that is read.
    let (mut old, mut new) = (older(), newer(parts(vec![], vec![], vec![])));
    old.group("g", &[]);
    new.group("g", &["ana"]);
    assert_eq!(told(&old, &new), "not logged");
    // Whether PIM manages the group.
    for (activity, targets, expected) in [
        ("Onboarded resource to PIM", vec!["Group g"], "by eve"),
        ("Onboarded resource to PIM", vec!["Group h"], "nobody"),
        ("Offboarded resource from PIM", vec!["Group g"], "nobody"),
        ("Onboarded resource to PIM", vec![], "not covered"),
    ] {
        let (mut old, mut new) = (older(), Case::new());
        let line = of_group(event(activity, BETWEEN, "eve", &targets));
        new.tenant.audit_log = Collected::Complete(parts(vec![line], vec![], vec![]));
        old.group("g", &[]);
        new.group("g", &[]);
        new.onboard("g");
        assert_eq!(told(&old, &new), expected, "{activity} {targets:?}");
    }
}

#[test]
fn settings_are_made_by_the_line_of_their_role() {
    let role = role();
    let updated = "Update role setting in PIM";
    for (activity, targets, expected) in [
        (updated, vec![role.as_str()], "by eve"),
        ("PIM policy removed", vec![role.as_str()], "by eve"),
        (updated, vec!["Role 29232cdf-9323-42fd-ade2-1d097af3e4de"], "nobody"),
        (updated, vec!["Role of-something"], "not covered"),
        (updated, vec![], "not covered"),
        ("Add member to role in PIM completed (permanent)", vec![role.as_str()], "nobody"),
    ] {
        let mut old = older();
        old.policy(GA);
        let line = event(activity, BETWEEN, "eve", &targets);
        let mut new = newer(parts(vec![line], vec![], vec![]));
        new.policy(GA).approval =
            Ok(Approval::Required { mode: "SingleStage".into(), stages: Vec::new() });
        assert_eq!(told(&old, &new), expected, "{activity} {targets:?}");
    }
    let azure =
        AuditEvent { category: "ResourceManagement".into(), ..event(updated, BETWEEN, "eve", &[]) };
    for (lines, modified, expected) in [
        (vec![azure], "2026-11-01T20:00:00Z", "nobody"),
        // Its line may be on its way.
        (vec![], "2026-11-02T08:50:00Z", "not covered"),
    ] {
        let mut old = older();
        old.policy(GA);
        let mut new = newer(parts(lines, vec![], vec![]));
        new.policy(GA).modified = Some(time(modified));
        new.policy(GA).activation_enablement =
            Ok(Enablement { mfa: false, justification: true, ticket: false });
        assert_eq!(told(&old, &new), expected, "{modified}");
    }
}

#[test]
fn settings_say_themselves_when_they_were_last_changed() {
    let role = role();
    let line = |at: &str, by: &str| event("Update role setting in PIM", at, by, &[&role]);
    let noon = "2026-11-01T12:00:00Z";
    for (lines, modified, expected) in [
        (vec![line("2026-11-01T12:15:00Z", "eve")], Some(noon), "by eve"),
        // Nothing was changed after the last time.
        (vec![line("2026-11-01T12:15:01Z", "eve")], Some(noon), "nobody"),
        // Shortly before the older snapshot, and long before the last time.
        (vec![line("2026-11-01T08:50:00Z", "bob")], Some(noon), "nobody"),
        // Whoever changed something before can have made it.
        (vec![line("2026-11-01T10:00:00Z", "bob"), line(noon, "eve")], Some(noon), "by eve, bob"),
        // Or who changed it last, without a line.
        (vec![line("2026-11-01T10:00:00Z", "bob")], Some(noon), "not covered"),
        // A time before the older snapshot says nothing.
        (vec![line(BETWEEN, "eve")], Some("2026-10-01T00:00:00Z"), "by eve"),
        (vec![line(BETWEEN, "eve")], None, "by eve"),
        (vec![line("2026-11-01T08:50:00Z", "bob")], None, "not covered"),
    ] {
        let what = format!("{lines:?} {modified:?}");
        let mut old = older();
        old.policy(GA);
        let mut new = newer(parts(lines, vec![], vec![]));
        new.policy(GA).modified = modified.map(time);
        new.policy(GA).activation_enablement =
            Ok(Enablement { mfa: false, justification: true, ticket: false });
        assert_eq!(told(&old, &new), expected, "{what}");
    }
    // The line that names the rule comes before the newest.
    let naming = AuditEvent {
        reason: Some("Updated Enablement_EndUser_Assignment".into()),
        ..line("2026-11-01T10:00:00Z", "bob")
    };
    let mut old = older();
    old.policy(GA);
    let mut new = newer(parts(vec![naming, line(BETWEEN, "eve")], vec![], vec![]));
    new.policy(GA).activation_enablement =
        Ok(Enablement { mfa: false, justification: true, ticket: false });
    assert_eq!(told(&old, &new), "by bob, eve");
}

#[test]
fn a_rule_that_comes_as_such_is_microsofts() {
    let mut old = older();
    old.policy(GA);
    let mut new = newer(parts(vec![], vec![], vec![]));
    new.policy(GA).unknown_rules = vec!["Expiration_New".into()];
    assert_eq!(told(&old, &new), "not logged");
}

#[test]
fn alerts_are_told_apart_by_id_or_title_and_scans_are_nobody() {
    let id = "Alert directoryrole_t_stalesigninalert";
    let disabled = "Disable PIM alert";
    let off: fn(&mut Alert) = |it| it.enabled = Some(false);
    let active: fn(&mut Alert) = |it| it.active = Some(true);
    let days: fn(&mut Alert) = |it| it.thresholds.days = Some(90);
    for (activity, targets, edit, expected) in [
        (disabled, vec![id], off, "by eve"),
        (disabled, vec!["Other x Potential stale accounts in a privileged role"], off, "by eve"),
        (disabled, vec!["Other x There are too many global administrators"], off, "nobody"),
        (disabled, vec!["Other x"], off, "not covered"),
        ("Enable PIM alert", vec![id], off, "nobody"),
        (disabled, vec![id], active, "not logged"),
        ("Triggered PIM alert", vec![id], active, "by eve"),
        ("Update PIM alert setting", vec![id], days, "by eve"),
        (disabled, vec![id], days, "nobody"),
    ] {
        let mut old = older();
        old.alert(AlertKind::StaleSignIn);
        let line = event(activity, BETWEEN, "eve", &targets);
        let mut new = newer(parts(vec![line], vec![], vec![]));
        edit(new.alert(AlertKind::StaleSignIn));
        assert_eq!(told(&old, &new), expected, "{activity} {targets:?}");
    }
}

#[test]
fn conditional_access_and_definitions_go_by_their_ids() {
    for (activity, targets, expected) in [
        ("Update Conditional Access policy", vec!["Policy p-1"], "by eve"),
        ("Update conditional access policy", vec!["Policy p-1"], "by eve"),
        ("Update conditional access policy", vec!["Policy p-2"], "nobody"),
        // Two policies of one name: their ids tell them apart, and nothing else does.
        ("Update conditional access policy", vec!["Policy p-2 Contexts"], "nobody"),
        ("Update conditional access policy", vec!["Policy  Contexts"], "not covered"),
        ("Update conditional access policy", vec!["Other t", "Policy  Contexts"], "not covered"),
        ("Delete conditional access policy", vec!["Policy p-1"], "nobody"),
        ("Update conditional access policy", vec![], "not covered"),
    ] {
        let policy = ConditionalAccessPolicy {
            id: "P-1".into(),
            name: "Contexts".into(),
            contexts: std::collections::BTreeSet::from(["c1".into()]),
            ..ConditionalAccessPolicy::default()
        };
        let mut old = older();
        old.conditional_access(policy.clone());
        let line = event(activity, BETWEEN, "eve", &targets);
        let mut new = newer(parts(vec![], vec![], vec![line]));
        let narrowed = !policy.narrowed;
        new.conditional_access(ConditionalAccessPolicy { narrowed, ..policy });
        assert_eq!(told(&old, &new), expected, "{activity} {targets:?}");
    }
    for (activity, targets, expected) in [
        ("Add role definition", vec!["Role own"], "by eve"),
        ("Update role definition", vec!["Role own"], "nobody"),
        ("Add role definition", vec!["Role other"], "nobody"),
    ] {
        let line = event(activity, BETWEEN, "eve", &targets);
        let mut new = newer(parts(vec![], vec![line], vec![]));
        new.custom_role("own", Label::Plain);
        assert_eq!(told(&older(), &new), expected, "{activity} {targets:?}");
    }
    let (mut old, new) = (older(), newer(parts(vec![], vec![], vec![])));
    let Collected::Complete(roles) = &mut old.tenant.roles else { panic!("not whole") };
    roles.remove(&RoleId::new(crate::checks::testing::DIRECTORY_READERS));
    assert_eq!(told(&old, &new), "not logged");
}

#[test]
fn a_line_carries_what_somebody_looks_for() {
    let role = role();
    let targets: [&str; 2] = [&role, "User ana"];
    let line = event("Add member to role in PIM completed (permanent)", BETWEEN, "eve", &targets);
    let mut new = newer(parts(vec![line], vec![], vec![]));
    new.active("ana", GA);
    let old = older();
    let found = changes(&old.tenant, &new.tenant).changes;
    let made = attribute(&found, &old.tenant, &new.tenant);
    let [Attribution::By { lines, more: 0 }] = made.as_slice() else { panic!("{made:?}") };
    let expected = Line {
        at: time(BETWEEN),
        actor: actor("eve"),
        activity: "Add member to role in PIM completed (permanent)".into(),
        correlation: "c-1".into(),
        ticket_number: Some("INC-1".into()),
        ticket_system: None,
        justification: Some("why".into()),
    };
    assert_eq!(lines, &[expected]);
}
