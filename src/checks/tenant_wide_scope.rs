//! `tenant-wide-scope`: helpdesk roles held over the whole tenant.

use super::{Check, Expect, ExpectShape, Fix, Subjects, counted};
use crate::facts::Facts;
use crate::model::{Dataset, Evidence, Gap, GapKind, Outcome, RoleId, Scope};

/// The check.
pub static CHECK: Check = Check {
    id: "tenant-wide-scope",
    title: "Helpdesk role over the whole tenant",
    what: "Judges every grant of User, Authentication, Helpdesk, Password, Groups, License and Cloud \
        Device Administrator, where the organisation file declares an audience for the role. Over the \
        whole tenant it is met in part; within an administrative unit or on a single object it passes. \
        A tenant without administrative units is told and not judged.",
    why: "A helpdesk looks after some people. With the role over the whole tenant, one of its accounts \
        can reset the passwords of everybody the role reaches.",
    fix: Fix {
        portal: "Entra admin center > Identity > Roles & admins > Admin units > (the unit) > Roles and \
            administrators > (the role) > Add assignments; then Privileged Identity Management > \
            Microsoft Entra roles > Roles > (the role) > Assignments > Remove the one for the directory",
        graph: &[
            "POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
            {\"action\":\"adminAssign\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/administrativeUnits/<id of the administrative unit>\",\
            \"justification\":\"within the unit the helpdesk looks after\",\
            \"scheduleInfo\":{\"expiration\":{\"type\":\"afterDuration\",\"duration\":\"P365D\"}}}",
            "POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\"}",
            "POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\"}",
        ],
    },
    references: &[
        "PIM concept and setup: scope of an activation",
        "PIM training unit: activation",
        "Microsoft best practices for Entra roles: least privilege",
    ],
    subjects: Subjects::Grants,
    needs: &[
        Dataset::RoleAssignments,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::AdministrativeUnits,
    ],
    variants: &[],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "within an administrative unit";

/// Roles a helpdesk works with, all of which can be given within an administrative unit.
const HELPDESK_ROLES: [(&str, &str); 7] = [
    ("fe930be7-5e62-47db-91af-98c3a49a38b1", "User Administrator"),
    ("c4e39bd9-1100-46d3-8c65-fb160da0071f", "Authentication Administrator"),
    ("729827e3-9c14-49f7-bb1b-9608f156bbb8", "Helpdesk Administrator"),
    ("966707d0-3269-4727-9be2-8c3a10f19b9d", "Password Administrator"),
    ("fdd7a751-b60b-444a-984c-02652fe8fa1c", "Groups Administrator"),
    ("4d6ac14f-3453-41d0-bef9-a3e0c569773a", "License Administrator"),
    ("7698a772-787b-4ac8-901f-60d6b08affd2", "Cloud Device Administrator"),
];

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let grant = facts.grant()?;
    if !HELPDESK_ROLES.iter().any(|(id, _)| grant.role.is(id)) {
        return Ok(Outcome::not_applicable("it is no role of a helpdesk"));
    }
    let outcome = match &grant.within {
        Scope::Tenant => tenant_wide(facts, &grant.role)?,
        Scope::AdministrativeUnit(_) => Outcome::pass("within an administrative unit", EXPECTED),
        Scope::Object(_) => Outcome::pass("on a single object", EXPECTED),
        Scope::Application(_) => Outcome::pass("within another service", EXPECTED),
    };
    let row = &grant.provenance;
    let field = match grant.within {
        Scope::Tenant | Scope::AdministrativeUnit(_) | Scope::Object(_) => "directoryScopeId",
        Scope::Application(_) => "appScopeId",
    };
    Ok(outcome.evidence(Evidence::new(row.dataset, &row.id, field, grant.within.to_string())))
}

fn tenant_wide(facts: &Facts, role: &RoleId) -> Result<Outcome, Gap> {
    let units = facts.units();
    if let Ok([]) = units {
        return Ok(Outcome::info("over the whole tenant", EXPECTED)
            .note("the tenant has no administrative units"));
    }
    let declared = facts.organisation().audiences.get(role).filter(|it| !it.is_empty());
    let Some(audience) = declared else {
        return Err(Gap::new(
            GapKind::NotDeclared,
            format!(
                "no audience is declared for {}, so whether it is for a helpdesk is not known",
                facts.role_by_id(role).name
            ),
        ));
    };
    let units = counted(units?.len(), "administrative unit", "administrative units");
    Ok(Outcome::partial(0.5, "over the whole tenant", EXPECTED)
        .note(format!("declared audience: {}", audience.join(", ")))
        .note(format!("the tenant has {units}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, HELPDESK};
    use crate::model::{AdministrativeUnit, Collected, roles};

    type Declared = Option<&'static [&'static str]>;
    const TEAM: Declared = Some(&["group:helpdesk"]);
    const NOBODY: Declared = Some(&[]);

    /// One unit, one user and this audience of the Helpdesk Administrators.
    fn case_of(audience: Declared) -> Case {
        let mut case = Case::new();
        case.user("ana");
        case.tenant.units = Collected::Complete(vec![AdministrativeUnit {
            id: "au".into(),
            name: "Branch".into(),
            restricted: None,
        }]);
        if let Some(names) = audience {
            let names = names.iter().map(|&name| name.to_owned()).collect();
            case.organisation.audiences.insert(RoleId::new(HELPDESK), names);
        }
        case
    }

    fn judged(case: &Case) -> Result<&'static str, GapKind> {
        let outcome = case.judge_grant(&CHECK, 0, &Expect::Required);
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    #[test]
    fn the_roles_are_what_they_are_called() {
        for (id, name) in HELPDESK_ROLES {
            let role = roles::by_id(&RoleId::new(id)).unwrap();
            assert_eq!(role.display_name, name);
        }
    }

    #[test]
    fn only_the_whole_tenant_is_too_wide() {
        let scopes = || {
            [
                (Scope::AdministrativeUnit("au".into()), "pass"),
                (Scope::Object("app".into()), "pass"),
                (Scope::Application("/accesspackagecatalog/e".into()), "pass"),
                (Scope::Tenant, "partial"),
            ]
        };
        for (within, expected) in scopes() {
            let mut case = case_of(TEAM);
            case.active("ana", HELPDESK).within = within.clone();
            let outcome = case.judge_grant(&CHECK, 0, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "active {within}");
            assert_eq!(outcome.details().unwrap().evidence[0].value, within.to_string());
        }
        for (within, expected) in scopes() {
            let mut case = case_of(TEAM);
            case.eligible("ana", HELPDESK).within = within.clone();
            let outcome = case.judge_eligible_grant(&CHECK, 0, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "eligible {within}");
        }
    }

    #[test]
    fn only_the_roles_of_a_helpdesk_are_judged() {
        for (role, _) in HELPDESK_ROLES {
            let mut case = case_of(None);
            let names = vec!["ana@contoso.example".to_owned()];
            case.organisation.audiences.insert(RoleId::new(role), names);
            case.active("ana", role);
            assert_eq!(judged(&case), Ok("partial"), "{role}");
        }
        let mut case = case_of(None);
        let names = vec!["ana@contoso.example".to_owned()];
        case.organisation.audiences.insert(RoleId::new(GLOBAL_ADMINISTRATOR), names);
        case.active("ana", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&case), Ok("not-applicable"));
    }

    #[test]
    fn without_an_audience_or_without_units_there_is_no_demand() {
        for (audience, units, within, expected) in [
            (None, true, Scope::Tenant, Err(GapKind::NotDeclared)),
            (NOBODY, true, Scope::Tenant, Err(GapKind::NotDeclared)),
            // It is narrow whatever was declared.
            (None, true, Scope::AdministrativeUnit("au".into()), Ok("pass")),
            (None, false, Scope::Tenant, Ok("info")),
            (TEAM, false, Scope::Tenant, Ok("info")),
            (TEAM, true, Scope::Tenant, Ok("partial")),
        ] {
            let mut case = case_of(audience);
            if !units {
                case.tenant.units = Collected::Complete(Vec::new());
            }
            case.active("ana", HELPDESK).within = within.clone();
            assert_eq!(judged(&case), expected, "{audience:?} {units} {within}");
        }
    }

    #[test]
    fn unread_units_are_not_assessed_but_for_a_narrow_grant() {
        for (audience, within, expected) in [
            (TEAM, Scope::Tenant, Err(GapKind::PermissionDenied)),
            (None, Scope::Tenant, Err(GapKind::NotDeclared)),
            (TEAM, Scope::AdministrativeUnit("au".into()), Ok("pass")),
        ] {
            let mut case = case_of(audience);
            case.missing(Dataset::AdministrativeUnits);
            case.active("ana", HELPDESK).within = within.clone();
            assert_eq!(judged(&case), expected, "{audience:?} {within}");
        }
    }

    #[test]
    fn every_grant_is_a_subject_but_an_activation() {
        let mut case = case_of(TEAM);
        case.user("ben");
        case.active("ana", HELPDESK);
        case.eligible("ben", HELPDESK);
        let activation = case.active("ben", HELPDESK);
        activation.hold = crate::model::Hold::Activated;
        activation.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
        assert_eq!(case.subjects(&CHECK).len(), 2);
    }
}
