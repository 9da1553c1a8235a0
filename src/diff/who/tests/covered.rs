//! The time that a change can have been made in, and what the log covers of it.

use super::*;

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
