//! Activations that one list shows and the other does not.

use super::*;

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
fn the_snapshot_of_the_other_side_tells_of_an_activation_too() {
    let eligible = |mut case: Case| {
        case.user("ana");
        case.eligible("ana", GA);
        case
    };
    let activated = |mut case: Case, start: &str, end: &str| {
        let grant = case.active("ana", GA);
        grant.hold = Hold::Activated;
        (grant.start, grant.end) = (Some(time(start)), Some(time(end)));
        case
    };
    let alone = |mut case: Case| {
        case.active("ana", GA).provenance.listed = Listed::OnlyRoleAssignments;
        case
    };
    let whole = || newer(parts(vec![], vec![], vec![]));
    let without = || {
        let mut case = whole();
        let gap = Gap::of(Dataset::DirectoryAudits, GapKind::NotRequested, "no");
        case.tenant.audit_log = Collected::Missing(gap);
        case
    };
    for (end, with_log, without_log) in [
        // It was to end right when the newer one was read.
        ("2026-11-02T08:50:00Z", "activation", "activation"),
        ("2026-11-02T09:10:00Z", "activation", "activation"),
        // It was to run on, so most likely it does.
        ("2026-11-02T12:00:00Z", "activation", "activation"),
        // It was over.
        ("2026-11-02T08:30:00Z", "nobody", "not covered"),
    ] {
        for (new, expected) in [(whole(), with_log), (without(), without_log)] {
            let old = activated(eligible(older()), "2026-11-01T08:59:00Z", end);
            assert_eq!(told(&old, &alone(eligible(new))), expected, "{end}");
        }
    }
    // It was ended before its time, as the log tells.
    let role = role();
    let targets: [&str; 2] = [&role, "User ana"];
    let deactivated = "Remove member from role completed (PIM deactivate)";
    let line = event(deactivated, "2026-11-01T20:00:00Z", "ana", &targets);
    let old = activated(eligible(older()), "2026-11-01T08:59:00Z", "2026-11-02T08:50:00Z");
    let new = alone(eligible(newer(parts(vec![line], vec![], vec![]))));
    assert_eq!(told(&old, &new), "nobody");
    // It began right when the older one was read, long before it, or after it.
    for (start, expected) in [
        ("2026-11-01T09:05:00Z", "activation"),
        ("2026-11-01T05:00:00Z", "activation"),
        ("2026-11-01T12:00:00Z", "nobody"),
    ] {
        let new = activated(eligible(whole()), start, "2026-11-02T09:02:00Z");
        assert_eq!(told(&alone(eligible(older())), &new), expected, "{start}");
    }
    // The same of a member of a group.
    for (end, expected) in
        [("2026-11-02T08:50:00Z", "activation"), ("2026-11-02T08:30:00Z", "not logged")]
    {
        let (mut old, mut new) = (older(), whole());
        for case in [&mut old, &mut new] {
            case.group("g", &[]);
            case.onboard("g");
            case.user("ana");
        }
        let grant = old.group_active("ana", "g", GroupAccess::Member);
        grant.hold = Hold::Activated;
        (grant.start, grant.end) = (Some(time("2026-11-01T08:59:00Z")), Some(time(end)));
        new.group("g", &["ana"]);
        assert_eq!(told(&old, &new), expected, "{end}");
    }
}

#[test]
fn the_wrong_way_round_it_is_the_same_activation() {
    let role = role();
    let targets: [&str; 2] = [&role, "User ana"];
    let completed = "Add member to role completed (PIM activation)";
    let activation = |at: &str| {
        let end = Some(time("2026-11-02T12:00:00Z"));
        AuditEvent { end, ..event(completed, at, "ana", &targets) }
    };
    let right_then = "2026-11-02T08:59:50Z";
    let outside = "Add member to role outside of PIM (permanent)";
    let given = event(outside, "2026-11-02T08:00:00Z", "eve", &targets);
    for (lines, there, back) in [
        (vec![activation(right_then)], "activation", "activation"),
        (vec![activation("2026-11-02T02:00:00Z")], "not covered", "not covered"),
        // A change, of which nobody is named.
        (vec![activation(right_then), given], "by eve", "not covered"),
        (vec![], "nobody", "not covered"),
    ] {
        let what = format!("{lines:?}");
        let (mut old, mut new) = (older(), newer(parts(lines, vec![], vec![])));
        for case in [&mut old, &mut new] {
            case.user("ana");
            case.eligible("ana", GA);
        }
        new.active("ana", GA).provenance.listed = Listed::OnlyRoleAssignments;
        assert_eq!(told(&old, &new), there, "{what}");
        let found = changes(&new.tenant, &old.tenant).changes;
        let made = attribute(&found, &new.tenant, &old.tenant);
        let made = match made.as_slice() {
            [Attribution::Activation] => "activation",
            [Attribution::NotCovered { why }] if why == BACKWARDS => "not covered",
            other => panic!("{what}: {other:?}"),
        };
        assert_eq!(made, back, "{what}");
    }
}

#[test]
fn the_log_of_the_older_one_tells_of_activations_too() {
    let role = role();
    let targets: [&str; 2] = [&role, "User ana"];
    let line = |activity: &str, at: &str| {
        let end = Some(time("2026-11-01T12:00:00Z"));
        AuditEvent { end, ..event(activity, at, "ana", &targets) }
    };
    let completed = |at: &str| line("Add member to role completed (PIM activation)", at);
    let ended = |at: &str| line("Remove member from role completed (PIM deactivate)", at);
    let right_then = "2026-11-01T08:59:50Z";
    let five = "2026-11-01T05:00:00Z";
    for (of_old, of_new, expected) in [
        (vec![completed(right_then)], vec![], "activation"),
        (vec![completed(right_then)], vec![completed(right_then)], "activation"),
        // That it was over before either of the two may tell.
        (vec![completed(five), ended("2026-11-01T08:00:00Z")], vec![], "nobody"),
        (vec![completed(five)], vec![ended("2026-11-01T08:55:00Z")], "activation"),
        (vec![completed(five)], vec![], "not covered"),
        // Who made a change the log of the newer one alone tells.
        (vec![event("Remove member from role", OLD, "eve", &targets)], vec![], "nobody"),
        (vec![], vec![], "nobody"),
    ] {
        let what = format!("{of_old:?} {of_new:?}");
        let (mut old, mut new) = (older(), newer(parts(of_new, vec![], vec![])));
        old.tenant.audit_log = Collected::Complete(parts(of_old, vec![], vec![]));
        each(&mut old, |it| (it.until, it.lists_until) = (time("2026-11-01T09:01:00Z"), time(OLD)));
        for case in [&mut old, &mut new] {
            case.user("ana");
            case.eligible("ana", GA);
        }
        old.active("ana", GA).provenance.listed = Listed::OnlyRoleAssignments;
        assert_eq!(told(&old, &new), expected, "{what}");
        if expected == "not covered" {
            let found = changes(&old.tenant, &new.tenant).changes;
            let made = attribute(&found, &old.tenant, &new.tenant);
            let [Attribution::NotCovered { why }] = made.as_slice() else { panic!("{made:?}") };
            assert!(why.starts_with("the log of one of the two has an activation"), "{why}");
        }
    }
    // A line that both have is one.
    let both = [
        parts(vec![completed(five)], vec![], vec![]),
        parts(vec![completed(five)], vec![], vec![]),
    ];
    let index = lines::by_target(both.iter().flatten());
    assert_eq!(index["ana"].len(), 1, "{index:?}");
}
