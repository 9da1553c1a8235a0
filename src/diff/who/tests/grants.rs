//! Which lines are told of a grant, and in which order.

use super::*;

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
