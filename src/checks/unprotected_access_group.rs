//! `unprotected-access-group`: groups that give access outside directory roles, open to lesser roles.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant};
use crate::facts::Facts;
use crate::model::{Dataset, Evidence, Gap, GapKind, Outcome, RowId};

/// The check.
pub static CHECK: Check = Check {
    id: "unprotected-access-group",
    title: "Group that gives access is not protected",
    what: "Judges every group the organisation file declares under sensitive_groups, such as one that \
        carries an Intune role or Search and Purge. It passes when it is role-assignable or in a \
        restricted-management administrative unit, and fails otherwise.",
    why: "The members of an ordinary group can be changed by Groups, User and Exchange Administrators and \
        by many applications. Whoever changes them gives away what the group opens.",
    fix: Fix {
        portal: "Entra admin center > Identity > Roles & admins > Admin units > Add, with Restricted \
            management administrative unit: Yes > (the unit) > Groups > Add. Being role-assignable is \
            set when a group is made and never later: where you want that, make a new group, give it \
            the access and retire the old one",
        graph: &[
            "POST /v1.0/directory/administrativeUnits \
            {\"displayName\":\"Restricted groups\",\"isMemberManagementRestricted\":true}",
            "POST /v1.0/directory/administrativeUnits/<id of the restricted unit>/members/$ref \
            {\"@odata.id\":\"https://graph.microsoft.com/v1.0/groups/{group}\"}",
        ],
    },
    references: &[
        "PIM with Defender for Office 365",
        "Microsoft Entra documentation: role-assignable groups",
        "Microsoft Entra documentation: restricted management administrative units",
    ],
    subjects: Subjects::SensitiveGroups,
    needs: &[Dataset::Principals],
    variants: &[Variant {
        name: ROLE_ASSIGNABLE,
        meaning: "the group must be role-assignable; a restricted unit is no alternative",
    }],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "role-assignable, or in a restricted-management administrative unit";
/// PIM with Defender for Office 365.
const ROLE_ASSIGNABLE: &str = "role-assignable";
const EXPECTED_ASSIGNABLE: &str = "role-assignable";

/// Whether a group is role-assignable is decided when it is made.
const NEW_GROUP: &str = "POST /v1.0/groups \
    {\"displayName\":\"<name of the new group>\",\"mailEnabled\":false,\"mailNickname\":\"<nickname>\",\
    \"securityEnabled\":true,\"isAssignableToRole\":true}";

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let by_roles_alone = expect.is_variant(ROLE_ASSIGNABLE);
    let expected = if by_roles_alone { EXPECTED_ASSIGNABLE } else { EXPECTED };
    let group = facts.group()?;
    let Some(properties) = group.group() else {
        return Err(Gap::new(
            GapKind::NotDeclared,
            format!("sensitive_groups names {}, which is no group that was found", group.name),
        ));
    };
    // Of a group it may read, Graph writes null where the answer is no.
    let assignable = properties.role_assignable == Some(true);
    let restricted = properties.restricted == Some(true);
    let observed = match (assignable, restricted) {
        (true, _) => "role-assignable",
        (false, true) => "in a restricted-management administrative unit",
        (false, false) => "neither role-assignable nor restricted",
    };
    let dynamic = properties.dynamic.then_some(
        "its membership is dynamic: whoever can change the properties of a user decides who is in it",
    );
    let row = RowId::from(&group.id);
    let evidence = |field: &'static str, value: Option<bool>| {
        let value = value.map_or_else(|| "null".to_owned(), |value| value.to_string());
        Evidence::new(Dataset::Principals, &row, field, value)
    };
    let protected = assignable || (restricted && !by_roles_alone);
    let outcome = Outcome::pass_if(protected, observed, expected)
        .maybe_note(dynamic)
        .evidence(evidence("isAssignableToRole", properties.role_assignable))
        .evidence(evidence("isManagementRestricted", properties.restricted));
    // A restricted unit would not be enough.
    Ok(if by_roles_alone { outcome.calls(vec![NEW_GROUP.to_owned()]) } else { outcome })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Case;
    use crate::model::{Access, GroupAccess, PrincipalId};

    fn outcome_of(case: &Case, group: &str) -> Result<Outcome, Gap> {
        let access = Access::Group(PrincipalId::new(group), GroupAccess::Member);
        case.judge_access(&CHECK, access, &Expect::Required)
    }

    fn declared(names: &[&str]) -> Case {
        let mut case = Case::new();
        for name in names {
            let group = format!("group:{name}");
            case.organisation.sensitive_groups.insert(format!("use of {name}"), group);
        }
        case
    }

    #[test]
    fn either_protection_is_enough_by_default_and_null_is_none() {
        // By default; by role-assignable.
        for (assignable, restricted, expected, by_roles_alone) in [
            (None, None, "fail", "fail"),
            (Some(false), None, "fail", "fail"),
            (None, Some(false), "fail", "fail"),
            (Some(false), Some(false), "fail", "fail"),
            (Some(true), None, "pass", "pass"),
            (Some(true), Some(false), "pass", "pass"),
            (None, Some(true), "pass", "fail"),
            (Some(false), Some(true), "pass", "fail"),
            (Some(true), Some(true), "pass", "pass"),
        ] {
            let mut case = declared(&["g"]);
            case.group("g", &[]);
            let group = case.group_facts("g");
            group.role_assignable = assignable;
            group.restricted = restricted;
            let outcome = outcome_of(&case, "g").unwrap();
            assert_eq!(outcome.name(), expected, "{assignable:?} {restricted:?}");
            let values: Vec<_> =
                outcome.details().unwrap().evidence.iter().map(|it| it.value.clone()).collect();
            let text = |value: Option<bool>| {
                value.map_or_else(|| "null".to_owned(), |value| value.to_string())
            };
            assert_eq!(values, [text(assignable), text(restricted)], "{assignable:?}");
            let access = Access::Group(PrincipalId::new("g"), GroupAccess::Member);
            let outcome = case.judge_access(&CHECK, access, &Expect::Variant(ROLE_ASSIGNABLE));
            let name = outcome.unwrap().name();
            assert_eq!(name, by_roles_alone, "{assignable:?} {restricted:?}");
        }
    }

    #[test]
    fn dynamic_membership_is_told_and_changes_no_verdict() {
        for (restricted, expected) in [(true, "pass"), (false, "fail")] {
            let mut case = declared(&["g"]);
            case.group("g", &[]);
            let group = case.group_facts("g");
            group.role_assignable = Some(false);
            group.restricted = Some(restricted);
            group.dynamic = true;
            let outcome = outcome_of(&case, "g").unwrap();
            assert_eq!(outcome.name(), expected, "{restricted}");
            assert_eq!(outcome.details().unwrap().notes.len(), 1, "{restricted}");
        }
    }

    #[test]
    fn only_declared_groups_are_judged() {
        let mut case = declared(&["g"]);
        case.group("g", &[]);
        case.group("h", &[]);
        assert_eq!(case.subjects(&CHECK), ["group:g:member"]);
        let mut none = declared(&[]);
        none.group("g", &[]);
        assert!(none.subjects(&CHECK).is_empty());
    }

    #[test]
    fn what_is_no_group_or_was_not_read_is_not_assessed() {
        let mut case = declared(&["gone", "ana", "shadow", "stranger"]);
        case.absent("gone");
        case.user("ana");
        case.hidden("shadow");
        for (name, expected) in [
            ("gone", GapKind::NotDeclared),
            ("ana", GapKind::NotDeclared),
            ("shadow", GapKind::PermissionDenied),
            ("stranger", GapKind::Incomplete),
        ] {
            assert_eq!(outcome_of(&case, name).unwrap_err().kind, expected, "{name}");
        }
        case.missing(Dataset::Principals);
        assert_eq!(outcome_of(&case, "ana").unwrap_err().kind, GapKind::PermissionDenied);
    }
}
