//! `guest-privileged-account`: guests that hold a privileged role.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant, only_basic_properties};
use crate::facts::Facts;
use crate::model::{
    Dataset, Evidence, Gap, GapKind, Outcome, Principal, PrincipalKindFacts, RowId, Tier, User,
};
use std::sync::Arc;

/// The check.
pub static CHECK: Check = Check {
    id: "guest-privileged-account",
    title: "Guest holds a privileged role",
    what: "Judges whether each user who holds a privileged role is a member: a guest by type, by a sign-in \
        name with #EXT#, or by invitation fails. Where the highest role is of tier elevated or below, it \
        is met in part.",
    why: "A guest signs in with an account of somebody else's tenant: its password, its second factor and \
        its end of employment are out of your hands.",
    fix: Fix {
        portal: "Privileged Identity Management > Microsoft Entra roles > Assignments > Remove; then give \
            the person a member account, if the role is still needed",
        graph: &[
            "POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\"}",
            "POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\"}",
        ],
    },
    references: &["Zero Trust Assessment 22128", "Maester MT.1025"],
    subjects: Subjects::PrivilegedPrincipals,
    needs: &[Dataset::Principals],
    variants: &[Variant {
        name: USER_TYPE,
        meaning: "only the user type makes a guest, not the sign-in name or an invitation",
    }],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "a member of the tenant";
/// Zero Trust Assessment 22128.
const USER_TYPE: &str = "user-type";

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let principal = facts.principal()?;
    match &principal.kind {
        PrincipalKindFacts::User(user) => {
            // A subject without a tier is taken for a strong one.
            let tier = facts.subject().tier.unwrap_or(Tier::High);
            user_outcome(principal, user, tier, expect.is_variant(USER_TYPE))
        }
        PrincipalKindFacts::Absent => {
            Ok(Outcome::not_applicable("it was not found; defunct-principal judges that"))
        }
        PrincipalKindFacts::Group(_)
        | PrincipalKindFacts::ServicePrincipal(_)
        | PrincipalKindFacts::Other(_)
        | PrincipalKindFacts::Hidden => Ok(Outcome::not_applicable("only users can be guests")),
    }
}

fn user_outcome(
    principal: &Principal,
    user: &User,
    tier: Tier,
    by_type: bool,
) -> Result<Outcome, Gap> {
    let id = RowId::from(&principal.id);
    let of_type = user.user_type.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("Guest"));
    let is_guest = if by_type { of_type } else { user.is_guest() };
    let outcome = if is_guest && tier <= Tier::Elevated {
        Outcome::partial(0.5, "a guest", EXPECTED).note(format!("the highest role held is {tier}"))
    } else if is_guest {
        Outcome::fail("a guest", EXPECTED)
    } else if user.enabled.is_none() {
        return Err(only_basic_properties(principal));
    } else if by_type {
        let external = user.is_guest();
        Outcome::pass("no guest by its type", EXPECTED)
            .maybe_note(external.then_some("it comes from another tenant all the same"))
    } else if user.user_type.is_none() && user.principal_name.is_none() {
        return Err(Gap::of(
            Dataset::Principals,
            GapKind::Incomplete,
            format!("neither type nor sign-in name of {id} could be read"),
        ));
    } else {
        Outcome::pass("a member", EXPECTED).maybe_note(
            user.user_type.is_none().then_some(
                "it has no user type, as some old accounts; its sign-in name is a member's",
            ),
        )
    };
    let text = |value: &Option<Arc<str>>| value.as_deref().unwrap_or("null").to_owned();
    Ok([
        ("userType", &user.user_type),
        ("userPrincipalName", &user.principal_name),
        ("creationType", &user.creation_type),
    ]
    .into_iter()
    .fold(outcome, |outcome, (field, value)| {
        outcome.evidence(Evidence::new(Dataset::Principals, &id, field, text(value)))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::Collected;

    const UPN: Option<&str> = Some("ana@contoso.example");
    const EXTERNAL: Option<&str> = Some("ana_fabrikam.example#EXT#@contoso.example");

    #[test]
    fn any_one_sign_makes_a_guest() {
        for (user_type, name, creation, expected, by_type) in [
            (Some("Guest"), UPN, None, "fail", "fail"),
            (Some("guest"), UPN, None, "fail", "fail"),
            // Turned into a member, but the sign-in name tells where it comes from.
            (Some("Member"), EXTERNAL, None, "fail", "pass"),
            (
                Some("Member"),
                Some("ana_fabrikam.example#ext#@contoso.example"),
                None,
                "fail",
                "pass",
            ),
            (Some("Member"), UPN, Some("Invitation"), "fail", "pass"),
            (None, EXTERNAL, None, "fail", "pass"),
            (None, UPN, None, "pass", "pass"),
            (Some("Member"), UPN, None, "pass", "pass"),
            (Some("Member"), None, None, "pass", "pass"),
        ] {
            let mut case = Case::new();
            let user = case.user("ana");
            user.user_type = user_type.map(Into::into);
            user.principal_name = name.map(Into::into);
            user.creation_type = creation.map(Into::into);
            for (expect, expected) in
                [(Expect::Required, expected), (Expect::Variant(USER_TYPE), by_type)]
            {
                let outcome = case.judge_principal(&CHECK, "ana", &expect).unwrap();
                assert_eq!(outcome.name(), expected, "{user_type:?} {name:?} {creation:?}");
            }
        }
    }

    #[test]
    fn a_guest_with_a_smaller_role_is_met_in_part() {
        for (tier, expected) in [
            (Tier::Critical, "fail"),
            (Tier::High, "fail"),
            (Tier::Elevated, "partial"),
            (Tier::Standard, "partial"),
        ] {
            let mut case = Case::new();
            case.user("ana").user_type = Some("Guest".into());
            let outcome =
                case.judge_principal_of_tier(&CHECK, "ana", tier, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{tier}");
        }
    }

    #[test]
    fn basic_properties_alone_prove_a_guest_and_no_member() {
        for (name, expected) in [(EXTERNAL, Ok("fail")), (UPN, Err(GapKind::PermissionDenied))] {
            let mut case = Case::new();
            let user = case.user("ana");
            user.enabled = None;
            user.user_type = None;
            user.principal_name = name.map(Into::into);
            let outcome = case.judge_principal(&CHECK, "ana", &Expect::Required);
            let outcome = outcome.map(|it| it.name()).map_err(|gap| gap.kind);
            assert_eq!(outcome, expected, "{name:?}");
        }
    }

    #[test]
    fn what_is_no_user_is_judged_elsewhere() {
        let mut case = Case::new();
        case.service("robot");
        case.absent("gone");
        for id in ["robot", "gone"] {
            let outcome = case.judge_principal(&CHECK, id, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), "not-applicable", "{id}");
        }
    }

    #[test]
    fn what_was_not_read_is_not_assessed() {
        let mut case = Case::new();
        case.hidden("shadow");
        let user = case.user("odd");
        user.user_type = None;
        user.principal_name = None;
        for (id, expected) in [("shadow", GapKind::PermissionDenied), ("odd", GapKind::Incomplete)]
        {
            let gap = case.judge_principal(&CHECK, id, &Expect::Required).unwrap_err();
            assert_eq!(gap.kind, expected, "{id}");
        }
        case.tenant.principals =
            Collected::Missing(Gap::of(Dataset::Principals, GapKind::Failed, "503"));
        let gap = case.judge_principal(&CHECK, "odd", &Expect::Required).unwrap_err();
        assert_eq!(gap.kind, GapKind::Failed);
    }

    #[test]
    fn guests_behind_nested_groups_are_judged() {
        let mut case = Case::new();
        case.user("ana").user_type = Some("Guest".into());
        case.group("inner", &["ana"]);
        case.group("outer", &["inner"]);
        case.active("outer", GLOBAL_ADMINISTRATOR);
        assert_eq!(case.subjects(&CHECK), ["principal:ana"]);
    }
}
