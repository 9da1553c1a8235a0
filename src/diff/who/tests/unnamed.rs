//! Lines that do not name what they are about by an id.

use super::*;

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
