//! What went: by somebody, by its own end, or with something else.

use super::*;

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
