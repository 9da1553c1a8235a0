//! `pim-bypassing-application`: applications that can rewrite PIM or roles, past every gate.

use super::{Check, Expect, ExpectShape, Fix, Subjects};
use crate::facts::{Bypass, Facts};
use crate::model::{
    Dataset, Evidence, Gap, GapKind, Outcome, Principal, PrincipalId, PrincipalKindFacts, Target,
};

/// The check.
pub static CHECK: Check = Check {
    id: "pim-bypassing-application",
    title: "Application can rewrite PIM",
    what: "Looks for service principals with a permission on Microsoft Graph that assigns roles, enters \
        PIM groups or changes what an activation asks for, granted to the application itself or to act for \
        every user. Each one fails; those that are needed are accepted by a waiver. Permissions that lead \
        there by a detour, such as Application.ReadWrite.All or a reset of passwords, are not looked at.",
    why: "Such an application gives any role to anybody without MFA, approval or an end. Whoever holds its \
        secret, or can add one, stands above everything that PIM guards.",
    fix: Fix {
        portal: "Entra admin center > Enterprise applications > (the application) > Permissions > Review \
            permissions: revoke what is not needed; a job that only reads needs the .Read. permission",
        graph: &[
            "DELETE /v1.0/servicePrincipals/{principal}/appRoleAssignments/<id of the grant>",
            "DELETE /v1.0/oauth2PermissionGrants/<id of the delegated grant>",
        ],
    },
    references: &[
        "PIM training unit: Privileged Role Administrators manage PIM",
        "PIM concept and setup: who may configure PIM",
        "Sigma 5aecf3d5: application permission granted",
        "Maester: high-risk application permissions",
    ],
    subjects: Subjects::BypassingApplications,
    needs: &[Dataset::ApplicationGrants, Dataset::DelegatedGrants, Dataset::Principals],
    variants: &[],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "no permission that rewrites PIM or roles";

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let id = application(facts)?;
    let bypasses = facts.bypasses(id);
    if bypasses.is_empty() {
        // Only who has such a permission is a subject; that somebody has none was never read.
        return Err(Gap::new(GapKind::Unreadable, format!("{id} has no such permission")));
    }
    let named = |delegated: bool| {
        let of_kind = bypasses.iter().filter(|bypass| bypass.delegated == delegated);
        let names: Vec<&str> = of_kind.map(|bypass| bypass.permission).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let for_users = named(true).map(|names| format!("to act for every user: {names}"));
    let delegated_note = for_users
        .is_some()
        .then_some("for a user it acts with the rights of that user, an administrator's too");
    let observed: Vec<String> = [named(false), for_users].into_iter().flatten().collect();
    let calls = bypasses.iter().map(|bypass| match bypass.delegated {
        true => format!("DELETE /v1.0/oauth2PermissionGrants/{}", bypass.row),
        false => format!("DELETE /v1.0/servicePrincipals/{id}/appRoleAssignments/{}", bypass.row),
    });
    let outcome = Outcome::fail(observed.join("; "), EXPECTED)
        .calls(calls.collect())
        .measure("permissions", bypasses.len() as f64)
        .maybe_note(delegated_note);
    // What is known of the application is only told: the grants alone prove the failure.
    let notes = facts.principal().map(|principal| notes(facts, principal)).unwrap_or_default();
    let outcome = notes.into_iter().fold(outcome, Outcome::note);
    Ok(bypasses.iter().map(evidence).fold(outcome, Outcome::evidence))
}

fn application<'w>(facts: &Facts<'w, '_>) -> Result<&'w PrincipalId, Gap> {
    match &facts.subject().target {
        Target::Principal(id) => Ok(id),
        Target::Tenant
        | Target::Access(_)
        | Target::ActiveGrant(_)
        | Target::EligibleGrant(_)
        | Target::Alert(_)
        | Target::Dataset { .. } => {
            Err(Gap::new(GapKind::Unreadable, "the subject is no principal"))
        }
    }
}

fn notes(facts: &Facts, principal: &Principal) -> Vec<String> {
    let PrincipalKindFacts::ServicePrincipal(service) = &principal.kind else {
        return Vec::new();
    };
    let owner = service.owner_organization.as_deref();
    let foreign = owner.filter(|tenant| !tenant.eq_ignore_ascii_case(facts.tenant_id()));
    let disabled = service.enabled == Some(false);
    [
        foreign.map(|tenant| format!("its application belongs to tenant {tenant}")),
        disabled.then(|| "it is disabled: whoever enables it has these permissions".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn evidence(bypass: &Bypass) -> Evidence {
    let (dataset, field) = if bypass.delegated {
        (Dataset::DelegatedGrants, "scope")
    } else {
        (Dataset::ApplicationGrants, "appRoleId")
    };
    Evidence::new(dataset, &bypass.row, field, bypass.permission)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Case;
    use crate::model::{Collected, DelegatedGrant};

    const ROLES: &str = "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8";
    const POLICIES: &str = "31e08e0a-d3f7-4ca2-ac39-7343fb83e8ad";
    const GROUPS: &str = "2f6817f8-7b12-4f0f-bc18-eeaf60705a9e";
    const APP_ROLES: &str = "06b708a9-e830-4db3-a914-8e69da51d44f";
    /// `User.Read.All`.
    const HARMLESS: &str = "df021288-bdef-4463-88db-98f22de89214";

    fn outcome(case: &Case) -> Result<Outcome, Gap> {
        case.judge_principal(&CHECK, "robot", &Expect::Required)
    }

    fn with(app_roles: &[&str], scopes: &[&str]) -> Case {
        let mut case = Case::new();
        case.service("robot").enabled = Some(true);
        for app_role in app_roles {
            case.application_grant("robot", app_role);
        }
        if !scopes.is_empty() {
            case.delegated_grant("robot", scopes);
        }
        case
    }

    #[test]
    fn any_such_permission_fails_and_is_named() {
        let roles = "RoleManagement.ReadWrite.Directory";
        for (app_roles, scopes, expected) in [
            (&[ROLES][..], &[][..], roles),
            (&[POLICIES], &[], "RoleManagementPolicy.ReadWrite.Directory"),
            (&[GROUPS], &[], "PrivilegedAccess.ReadWrite.AzureADGroup"),
            (&[APP_ROLES, HARMLESS], &[], "AppRoleAssignment.ReadWrite.All"),
            (
                &[],
                &["User.Read", "rolemanagement.readwrite.DIRECTORY"],
                "to act for every user: RoleManagement.ReadWrite.Directory",
            ),
            (
                &[ROLES],
                &["RoleManagementPolicy.ReadWrite.AzureADGroup"],
                "RoleManagement.ReadWrite.Directory; to act for every user: \
                RoleManagementPolicy.ReadWrite.AzureADGroup",
            ),
        ] {
            let case = with(app_roles, scopes);
            let outcome = outcome(&case).unwrap();
            assert_eq!(outcome.name(), "fail", "{app_roles:?} {scopes:?}");
            let details = outcome.details().unwrap();
            assert_eq!(details.observed, expected);
            assert!(!details.evidence.is_empty(), "{app_roles:?} {scopes:?}");
            let calls = details.calls.as_deref().unwrap();
            let revoked = |start: &str| calls.iter().filter(|it| it.starts_with(start)).count();
            let own =
                revoked("DELETE /v1.0/servicePrincipals/robot/appRoleAssignments/grant-robot-");
            let delegated = revoked("DELETE /v1.0/oauth2PermissionGrants/delegated-robot");
            assert_eq!((own > 0, delegated > 0), (!app_roles.is_empty(), !scopes.is_empty()));
            assert_eq!(case.subjects(&CHECK), ["principal:robot"], "{app_roles:?} {scopes:?}");
        }
    }

    #[test]
    fn who_has_no_such_permission_is_no_subject_and_never_passes() {
        for scopes in [&[][..], &["RoleManagement.Read.Directory"]] {
            let case = with(&[HARMLESS], scopes);
            assert!(case.subjects(&CHECK).is_empty(), "{scopes:?}");
            assert_eq!(outcome(&case).unwrap_err().kind, GapKind::Unreadable, "{scopes:?}");
        }
    }

    #[test]
    fn one_list_alone_proves_a_failure_whatever_is_known_of_the_application() {
        type Change = fn(&mut Case);
        let changes: [(&str, Change); 5] = [
            ("delegated grants missing", |case| case.missing(Dataset::DelegatedGrants)),
            ("application grants in part", |case| {
                let known = case.tenant.application_grants.at_least().unwrap().clone();
                let gap = Gap::of(Dataset::ApplicationGrants, GapKind::Incomplete, "page 2");
                case.tenant.application_grants = Collected::Partial(known, gap);
            }),
            ("principals missing", |case| case.missing(Dataset::Principals)),
            ("hidden", |case| case.hidden("robot")),
            ("deleted", |case| case.absent("robot")),
        ];
        for (name, change) in changes {
            let mut case = with(&[ROLES], &[]);
            change(&mut case);
            assert_eq!(outcome(&case).unwrap().name(), "fail", "{name}");
        }
        let mut case = with(&[], &[]);
        case.missing(Dataset::ApplicationGrants);
        let Collected::Complete(grants) = &mut case.tenant.delegated_grants else { panic!() };
        grants.push(DelegatedGrant {
            id: "row".into(),
            client: PrincipalId::new("ROBOT"),
            scopes: vec!["AppRoleAssignment.ReadWrite.All".into()],
        });
        assert_eq!(outcome(&case).unwrap().name(), "fail");
    }

    #[test]
    fn what_softens_it_is_only_noted() {
        for (enabled, tenant, scopes, notes) in [
            (Some(true), None, &[][..], 0),
            (Some(false), None, &[], 1),
            (Some(true), Some("f8cdef31-a31e-4b4a-93e4-5f571e91255a"), &[], 1),
            (Some(true), Some("7F3A0000-0000-4000-8000-000000000001"), &[], 0),
            (None, None, &["AppRoleAssignment.ReadWrite.All"], 1),
        ] {
            let mut case = with(&[ROLES], scopes);
            let service = case.service("robot");
            service.enabled = enabled;
            service.owner_organization = tenant.map(Into::into);
            let outcome = outcome(&case).unwrap();
            assert_eq!(outcome.name(), "fail", "{enabled:?} {tenant:?}");
            assert_eq!(outcome.details().unwrap().notes.len(), notes, "{enabled:?} {tenant:?}");
        }
    }
}
