//! `synced-privileged-account`: privileged users that come from an on-premises directory.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant, only_basic_properties};
use crate::facts::Facts;
use crate::model::{Dataset, Evidence, Gap, Outcome, Principal, PrincipalKindFacts, RowId, User};

/// The check.
pub static CHECK: Check = Check {
    id: "synced-privileged-account",
    title: "Privileged account synchronised from on-premises",
    what: "Judges whether each user who holds a privileged role lives in the cloud alone. A synchronised \
        account fails; one that was synchronised once, and still carries the anchor, is met in part.",
    why: "Whoever rules the on-premises directory can set the password of a synchronised account, and \
        so walks from a broken domain controller straight into the cloud.",
    fix: Fix {
        portal: "Users > New user (cloud only, on the .onmicrosoft.com domain); then Privileged Identity \
            Management > Microsoft Entra roles > Assignments: give it the role, remove the old account",
        graph: &[
            "POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\"}",
            "POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\"}",
        ],
    },
    references: &[
        "CISA SCuBA MS.AAD.7.3v1",
        "CIS Microsoft 365 Foundations 7.0.0: 1.1.1",
        "Zero Trust Assessment 21814",
        "Microsoft best practices for Entra roles: cloud-native accounts",
        "Maester MT.1026",
        "MITRE ATT&CK T1556.007",
    ],
    subjects: Subjects::PrivilegedPrincipals,
    needs: &[Dataset::Principals],
    variants: &[Variant {
        name: EVER,
        meaning: "an account that was synchronised at some time fails too",
    }],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "cloud only";
/// SCuBA: the anchor alone decides.
const EVER: &str = "ever-synced";
/// Once synchronised is nearly mended: only the anchor is left.
const ONCE_SYNCED: f64 = 0.75;

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let principal = facts.principal()?;
    Ok(match &principal.kind {
        PrincipalKindFacts::User(user) => user_outcome(principal, user, expect.is_variant(EVER))?,
        PrincipalKindFacts::Absent => {
            Outcome::not_applicable("it was not found; defunct-principal judges that")
        }
        PrincipalKindFacts::Group(_)
        | PrincipalKindFacts::ServicePrincipal(_)
        | PrincipalKindFacts::Other(_)
        | PrincipalKindFacts::Hidden => Outcome::not_applicable("only users are synchronised"),
    })
}

fn user_outcome(principal: &Principal, user: &User, ever: bool) -> Result<Outcome, Gap> {
    let id = RowId::from(&principal.id);
    let evidence = |field: &'static str, value: &'static str| {
        Evidence::new(Dataset::Principals, &id, field, value)
    };
    let synced = match user.synced {
        Some(true) => "true",
        Some(false) => "false",
        None => "null",
    };
    let outcome = if user.synced == Some(true) {
        Outcome::fail("synchronised from on-premises", EXPECTED)
    } else if user.enabled.is_none() {
        return Err(only_basic_properties(principal));
    } else if user.has_immutable_id {
        let observed = "no longer synchronised, the anchor is left";
        let outcome = if ever {
            Outcome::fail(observed, EXPECTED)
        } else {
            Outcome::partial(ONCE_SYNCED, observed, EXPECTED)
        };
        outcome.evidence(evidence("onPremisesImmutableId", "set"))
    } else {
        Outcome::pass("cloud only", EXPECTED)
    };
    Ok(outcome.evidence(evidence("onPremisesSyncEnabled", synced)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::{Collected, GapKind};

    #[test]
    fn only_what_was_never_synchronised_passes() {
        for (synced, anchor, expected, credit) in [
            (Some(true), true, "fail", 0.0),
            (Some(true), false, "fail", 0.0),
            (Some(false), true, "partial", 0.75),
            (None, true, "partial", 0.75),
            (Some(false), false, "pass", 1.0),
            (None, false, "pass", 1.0),
        ] {
            let mut case = Case::new();
            let user = case.user("ana");
            user.synced = synced;
            user.has_immutable_id = anchor;
            let outcome = case.judge_principal(&CHECK, "ana", &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{synced:?} {anchor}");
            let Outcome::Judged { credit: given, details, .. } = outcome else { panic!() };
            assert_eq!(given, credit, "{synced:?} {anchor}");
            assert!(!details.evidence.is_empty());
        }
    }

    #[test]
    fn basic_properties_alone_prove_a_failure_and_nothing_else() {
        for (synced, anchor, expected) in [
            (Some(true), false, Ok("fail")),
            (Some(false), false, Err(GapKind::PermissionDenied)),
            (None, true, Err(GapKind::PermissionDenied)),
            (None, false, Err(GapKind::PermissionDenied)),
        ] {
            let mut case = Case::new();
            let user = case.user("ana");
            user.enabled = None;
            user.synced = synced;
            user.has_immutable_id = anchor;
            let outcome = case.judge_principal(&CHECK, "ana", &Expect::Required);
            let outcome = outcome.map(|it| it.name()).map_err(|gap| gap.kind);
            assert_eq!(outcome, expected, "{synced:?} {anchor}");
        }
    }

    #[test]
    fn what_is_no_user_is_judged_elsewhere() {
        let mut case = Case::new();
        case.service("robot");
        case.group("admins", &[]);
        case.absent("gone");
        for id in ["robot", "admins", "gone"] {
            let outcome = case.judge_principal(&CHECK, id, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), "not-applicable", "{id}");
        }
    }

    #[test]
    fn what_was_not_read_is_not_assessed() {
        let mut case = Case::new();
        case.hidden("shadow");
        for (id, expected) in
            [("shadow", GapKind::PermissionDenied), ("stranger", GapKind::Incomplete)]
        {
            let gap = case.judge_principal(&CHECK, id, &Expect::Required).unwrap_err();
            assert_eq!(gap.kind, expected, "{id}");
        }
        case.tenant.principals =
            Collected::Missing(Gap::of(Dataset::Principals, GapKind::Failed, "503"));
        let gap = case.judge_principal(&CHECK, "shadow", &Expect::Required).unwrap_err();
        assert_eq!(gap.kind, GapKind::Failed);
    }

    #[test]
    fn holders_through_groups_are_judged_and_the_group_is_not() {
        let mut case = Case::new();
        case.user("ana");
        case.group("inner", &["ana"]);
        case.group("outer", &["inner"]);
        case.eligible("outer", GLOBAL_ADMINISTRATOR);
        assert_eq!(case.subjects(&CHECK), ["principal:ana"]);
    }

    #[test]
    fn scuba_fails_whoever_was_synchronised_at_some_time() {
        for (synced, anchor, expected) in
            [(Some(true), false, "fail"), (None, true, "fail"), (None, false, "pass")]
        {
            let mut case = Case::new();
            let user = case.user("ana");
            (user.synced, user.has_immutable_id) = (synced, anchor);
            case.active("ana", GLOBAL_ADMINISTRATOR);
            let outcome = case.judge_principal(&CHECK, "ana", &Expect::Variant(EVER)).unwrap();
            assert_eq!(outcome.name(), expected, "{synced:?} {anchor}");
        }
    }
}
