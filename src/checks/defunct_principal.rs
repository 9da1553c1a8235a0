//! `defunct-principal`: privileged roles of accounts that are disabled or deleted.

use super::{Check, Expect, ExpectShape, Fix, Subjects};
use crate::facts::Facts;
use crate::model::{
    Dataset, Evidence, Gap, GapKind, Grant, Listed, Outcome, Principal, PrincipalKindFacts, RowId,
};

/// The check.
pub static CHECK: Check = Check {
    id: "defunct-principal",
    title: "Disabled or deleted account holds a privileged role",
    what: "Judges whether each user and service principal with a privileged role still exists and is \
        enabled. One that Graph no longer returns was deleted, unless its assignment names another \
        tenant: that is shown only. What the token may not read is not assessed.",
    why: "A disabled account is switched on again in one step, with all its power and nobody watching. \
        Assignments of deleted ones hide who really holds a role.",
    fix: Fix {
        portal: "Privileged Identity Management > Microsoft Entra roles > Assignments > Remove",
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
        "Microsoft cloud security benchmark PA-4",
        "CIS Microsoft Azure Foundations 6.0: 5.3.5",
    ],
    subjects: Subjects::PrivilegedPrincipals,
    needs: &[
        Dataset::Principals,
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
    ],
    variants: &[],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "an account that exists and is enabled";

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let principal = facts.principal()?;
    let enabled = match &principal.kind {
        PrincipalKindFacts::User(user) => user.enabled,
        PrincipalKindFacts::ServicePrincipal(service) => service.enabled,
        PrincipalKindFacts::Absent => return absent(facts, principal),
        PrincipalKindFacts::Group(_)
        | PrincipalKindFacts::Other(_)
        | PrincipalKindFacts::Hidden => {
            return Ok(Outcome::not_applicable("neither a user nor a service principal"));
        }
    };
    let outcome = match enabled {
        Some(true) => Outcome::pass("enabled", EXPECTED),
        Some(false) if facts.is_break_glass(&principal.id) => {
            Outcome::info("disabled, a declared break-glass account", EXPECTED)
                .note("the checks of the break-glass accounts judge that")
        }
        Some(false) => Outcome::fail(format!("a disabled {}", principal.kind_name()), EXPECTED),
        None => {
            return Err(Gap::of(
                Dataset::Principals,
                GapKind::Incomplete,
                format!("whether {} is enabled is not known", facts.name_of(&principal.id)),
            ));
        }
    };
    let value = if enabled == Some(true) { "true" } else { "false" };
    let id = RowId::from(&principal.id);
    Ok(outcome.evidence(Evidence::new(Dataset::Principals, &id, "accountEnabled", value)))
}

fn absent(facts: &Facts, principal: &Principal) -> Result<Outcome, Gap> {
    let grants = facts.grants_held_by(&principal.id);
    let foreign = grants.iter().find_map(|grant| grant.principal_organization.as_deref());
    // Only the role assignments name the tenant of a foreign principal.
    if foreign.is_none() && grants.iter().any(|grant| row_of_assignment_unread(grant)) {
        facts.active()?;
    }
    let mut outcome = match foreign {
        Some(tenant) => Outcome::info(format!("belongs to tenant {tenant}"), EXPECTED)
            .note("accounts of another tenant cannot be read here"),
        None => Outcome::fail("deleted", EXPECTED),
    };
    let id = RowId::from(&principal.id);
    outcome = outcome.evidence(Evidence::new(Dataset::Principals, &id, "id", "not returned"));
    for grant in grants {
        let row = &grant.provenance;
        let value = grant.principal_organization.as_deref().unwrap_or("null").to_owned();
        outcome =
            outcome.evidence(Evidence::new(row.dataset, &row.id, "principalOrganizationId", value));
    }
    Ok(outcome)
}

fn row_of_assignment_unread(grant: &Grant) -> bool {
    let row = &grant.provenance;
    row.dataset == Dataset::RoleAssignmentScheduleInstances && row.listed == Listed::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::Collected;

    fn judged(case: &Case, id: &str) -> Result<&'static str, GapKind> {
        let outcome = case.judge_principal(&CHECK, id, &Expect::Required);
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    #[test]
    fn only_enabled_accounts_pass() {
        for (enabled, expected) in
            [(Some(false), Ok("fail")), (None, Err(GapKind::Incomplete)), (Some(true), Ok("pass"))]
        {
            let mut case = Case::new();
            case.user("ana").enabled = enabled;
            case.service("robot").enabled = enabled;
            for id in ["ana", "robot"] {
                assert_eq!(judged(&case, id), expected, "{id} {enabled:?}");
            }
        }
    }

    #[test]
    fn an_absent_one_is_deleted_unless_its_assignment_names_another_tenant() {
        for (organization, expected) in
            [(None, "fail"), (Some("7f3a0000-0000-4000-8000-000000000002"), "info")]
        {
            let mut case = Case::new();
            case.absent("gone");
            case.eligible("gone", GLOBAL_ADMINISTRATOR);
            case.active("gone", GLOBAL_ADMINISTRATOR).principal_organization =
                organization.map(Into::into);
            let outcome = case.judge_principal(&CHECK, "gone", &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{organization:?}");
            assert_eq!(outcome.details().unwrap().evidence.len(), 3);
        }
        let mut eligible_only = Case::new();
        eligible_only.absent("gone");
        eligible_only.eligible("gone", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&eligible_only, "gone"), Ok("fail"));
    }

    #[test]
    fn deleted_is_not_said_before_the_assignment_itself_was_read() {
        for (listed, expected) in
            [(Listed::Unknown, Err(GapKind::PermissionDenied)), (Listed::Both, Ok("fail"))]
        {
            let mut case = Case::new();
            case.absent("gone");
            case.active("gone", GLOBAL_ADMINISTRATOR).provenance.listed = listed;
            let known = case.tenant.active.at_least().unwrap().clone();
            let gap = Gap::of(Dataset::RoleAssignments, GapKind::PermissionDenied, "403");
            case.tenant.active = Collected::Partial(known, gap);
            assert_eq!(judged(&case, "gone"), expected, "{listed:?}");
        }
    }

    #[test]
    fn a_permission_that_is_missing_never_means_deleted() {
        let mut case = Case::new();
        case.hidden("shadow");
        case.active("shadow", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&case, "shadow"), Err(GapKind::PermissionDenied));
        case.tenant.principals =
            Collected::Missing(Gap::of(Dataset::Principals, GapKind::Failed, "503"));
        assert_eq!(judged(&case, "shadow"), Err(GapKind::Failed));
    }

    #[test]
    fn a_disabled_break_glass_account_is_shown_only() {
        for (declared, expected) in [("bg1@contoso.example", "info"), ("bg2", "fail")] {
            let mut case = Case::new();
            case.user("bg1").enabled = Some(false);
            case.organisation.break_glass.push(declared.to_owned());
            assert_eq!(judged(&case, "bg1"), Ok(expected), "{declared}");
        }
    }

    #[test]
    fn groups_are_left_out() {
        let mut case = Case::new();
        case.group("admins", &[]);
        assert_eq!(judged(&case, "admins"), Ok("not-applicable"));
    }
}
