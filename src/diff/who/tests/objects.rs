//! Alerts, Conditional Access and definitions of roles.

use super::*;

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
    roles.remove(&RoleId::new(DIRECTORY_READERS));
    assert_eq!(told(&old, &new), "not logged");
}
