//! Members and owners of groups.

use super::*;

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
