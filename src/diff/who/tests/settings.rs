//! Settings of roles and groups.

use super::*;

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
