//! `roles-table-mismatch`: roles held otherwise than the baseline's roles table says.

mod audience;

use super::privileged_workload_identity::MICROSOFT;
use super::{Check, Expect, ExpectShape, Fix, Subjects, counted};
use crate::facts::Facts;
use crate::model::{
    Class, Dataset, Evidence, Gap, GapKind, Grant, Outcome, PrincipalId, PrincipalKindFacts, Role,
    RolesTable, Scope, TableRow, Tier, Unlisted, roles,
};
use audience::Audience;
use std::collections::BTreeSet;

/// The check.
pub static CHECK: Check = Check {
    id: "roles-table-mismatch",
    title: "Role not held as the roles table says",
    what: "Compares how each role is held with its row of the roles table, and with the audience the \
        organisation file declares. A standing holder of a role that should be eligible fails; eligible \
        instead of static never does. A holder outside the declared audience fails. Break-glass accounts \
        may be standing Global Administrators. A service principal that stands fails as well, unless it is \
        Microsoft's own and has no credential of the tenant's: it cannot be eligible, so it takes a narrower role or a permission in place of this one. A role in use without \
        a row is met in part, where the table says so.",
    why: "The table is what was agreed. Where practice has drifted from it, either somebody has power \
        nobody granted on purpose, or the table is out of date.",
    fix: Fix {
        portal: "Privileged Identity Management > Microsoft Entra roles > Roles > (the role) > Assignments: \
            Update to eligible; whoever is outside the audience: Remove. A service principal cannot be eligible: give it a narrower role or \
            only the permissions it needs, then Remove; where nothing narrower does, accept the finding",
        graph: FOR_PEOPLE,
    },
    references: &[
        "PIM concept and setup: roles table",
        "Investigators' roles: eligible roles",
        "PIM with Defender for Office 365",
    ],
    subjects: Subjects::Roles,
    needs: &[
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::Principals,
        Dataset::GroupMembers,
    ],
    variants: &[],
    expect: ExpectShape::Table,
    waivable: true,
    judge,
};

const FOR_PEOPLE: &[&str; 2] = &[
    "POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
    {\"action\":\"adminAssign\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
    \"directoryScopeId\":\"/\",\"justification\":\"eligible, as the roles table says\",\
    \"scheduleInfo\":{\"expiration\":{\"type\":\"afterDuration\",\"duration\":\"P365D\"}}}",
    "POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
    {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
    \"directoryScopeId\":\"/\"}",
];
/// For who is outside the audience and only eligible.
const NO_LONGER_ELIGIBLE: &str = "POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
    {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
    \"directoryScopeId\":\"/\"}";
/// More names and rows than this help nobody; the inventory has them all.
const SHOWN: usize = 10;

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let Expect::Table(table) = expect else {
        return Err(Gap::new(GapKind::Unreadable, "the rule gives no roles table"));
    };
    let Some(role) = facts.role() else {
        return Err(Gap::new(GapKind::Unreadable, "the subject is no role"));
    };
    let mut grants = facts.active_of(&role.id);
    grants.extend(facts.eligible_of(&role.id));
    // Who holds it twice, such as until the end of the month and from there on, is one holder.
    let mut seen = BTreeSet::new();
    grants
        .retain(|it| seen.insert((&it.principal, &it.within, it.is_eligible(), it.is_standing())));
    match table.rows.get(&role.id) {
        Some(row) => listed(facts, &role, *row, &grants),
        None => unlisted(facts, &role, table, &grants),
    }
}

fn unlisted(
    facts: &Facts,
    role: &Role,
    table: &RolesTable,
    grants: &[&Grant],
) -> Result<Outcome, Gap> {
    if table.unlisted == Unlisted::Ignored || role.tier < Tier::Elevated {
        return Ok(Outcome::not_applicable("the roles table has no row for it"));
    }
    if grants.is_empty() {
        facts.active()?;
        facts.eligible()?;
        return Ok(Outcome::not_applicable(
            "it has no row in the roles table, and nobody holds it",
        ));
    }
    let observed = format!("unlisted, {}", counted(grants.len(), "assignment", "assignments"));
    let outcome = Outcome::partial(0.5, observed, "a row in the roles table for every role in use");
    Ok(shown(outcome, grants))
}

/// Who holds the role all the time by a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Somebody who could be eligible instead.
    Somebody,
    /// A service principal, which could not: it needs something else.
    Service,
    /// An application that Microsoft runs in every tenant, without a credential of this one's.
    Microsoft,
    /// Nobody: it is eligible or activated, or a group's that nobody is in all the time.
    Nobody,
}

/// Of a group only who is a standing member counts. Who was not read may be one that nobody is in.
fn standing(facts: &Facts, grant: &Grant) -> Result<Standing, Gap> {
    if !grant.is_standing() {
        return Ok(Standing::Nobody);
    }
    match &facts.principal_by_id(&grant.principal)?.kind {
        PrincipalKindFacts::ServicePrincipal(service) => {
            let owner = service.owner_organization.as_deref().unwrap_or_default();
            let is_microsoft = MICROSOFT.iter().any(|it| owner.eq_ignore_ascii_case(it));
            // With one, somebody here can sign in as it.
            let has_none = service.credentials.as_ref().is_some_and(Vec::is_empty);
            Ok(if is_microsoft && has_none { Standing::Microsoft } else { Standing::Service })
        }
        PrincipalKindFacts::Group(_) => {
            let members = facts.members_of(&grant.principal);
            if !members.standing_members().is_empty() {
                return Ok(Standing::Somebody);
            }
            // A group that nobody is in stands as well: whoever joins it holds the role.
            match members.gaps.first() {
                Some(gap) => Err(gap.clone()),
                None if members.members.is_empty() => Ok(Standing::Somebody),
                None => Ok(Standing::Nobody),
            }
        }
        PrincipalKindFacts::User(_)
        | PrincipalKindFacts::Other(_)
        | PrincipalKindFacts::Absent
        | PrincipalKindFacts::Hidden => Ok(Standing::Somebody),
    }
}

fn listed(facts: &Facts, role: &Role, row: TableRow, grants: &[&Grant]) -> Result<Outcome, Gap> {
    let audience = Audience::of(facts, role);
    let mut drift = Drift::default();
    for &grant in grants {
        match is_break_glass(facts, role, grant) {
            Ok(true) => {
                drift.exempt += usize::from(grant.is_standing());
                continue;
            }
            Ok(false) => {}
            Err(gap) => {
                drift.doubt.get_or_insert(gap);
                continue;
            }
        }
        match standing(facts, grant) {
            Ok(Standing::Somebody) => drift.standing.push(grant),
            Ok(Standing::Service) => {
                drift.standing.push(grant);
                drift.services.push(grant);
            }
            Ok(Standing::Microsoft) => {
                drift.microsoft += 1;
                continue;
            }
            Ok(Standing::Nobody) => drift.gated += usize::from(grant.is_standing()),
            // Static is as it should be, whoever that is.
            Err(_) if row == TableRow::Active => drift.standing.push(grant),
            Err(gap) => {
                drift.doubt.get_or_insert(gap);
            }
        }
        if let Some(audience) = &audience {
            audience.compare(facts, grant, &mut drift);
        }
    }
    let wrong_type = row == TableRow::Eligible && !drift.standing.is_empty();
    let expected = in_words(row, audience.is_some());
    let observed = drift.in_words(grants);
    let services = (row == TableRow::Eligible && !drift.services.is_empty()).then(|| {
        let services = drift.services.iter().map(|grant| &grant.principal).collect();
        named(
            facts,
            "a service principal cannot be eligible, it needs something narrower",
            services,
        )
    });
    if wrong_type || !drift.outside.is_empty() {
        let standing: BTreeSet<_> = drift.standing.iter().map(|grant| &grant.principal).collect();
        let outcome = Outcome::fail(observed, expected)
            .maybe_note(wrong_type.then(|| named(facts, "standing", standing)))
            .maybe_note(services)
            .maybe_note(
                (!drift.outside.is_empty())
                    .then(|| named(facts, "outside the audience", drift.outside.iter().collect())),
            )
            .maybe_note(
                audience.is_none().then_some("no audience is declared, so only the type is judged"),
            );
        let outcome = outcome.calls(drift.calls(wrong_type, grants));
        let rows = if drift.outside.is_empty() { drift.standing.as_slice() } else { grants };
        return Ok(shown(outcome, rows));
    }
    if let Some(gap) = drift.doubt {
        return Err(gap);
    }
    facts.active()?;
    facts.eligible()?;
    if let Some(grant) = grants.iter().find(|grant| grant.class() == Class::Unknown) {
        return Err(Gap::of(
            Dataset::RoleAssignmentScheduleInstances,
            GapKind::Incomplete,
            format!("whether {} is assigned or activated is not known", grant.provenance.id),
        ));
    }
    if grants.is_empty() {
        return Ok(Outcome::info("nobody holds it", expected));
    }
    let outcome = match row {
        TableRow::Tolerated if !drift.standing.is_empty() => {
            let standing = drift.standing.iter().map(|grant| &grant.principal).collect();
            Outcome::partial(0.5, observed, expected)
                .note("static is tolerated, eligible is better")
                .note(named(facts, "standing", standing))
        }
        TableRow::Eligible | TableRow::Active | TableRow::Tolerated => {
            Outcome::pass(observed, expected)
        }
    };
    Ok(shown(outcome, grants))
}

const fn in_words(row: TableRow, with_audience: bool) -> &'static str {
    match (row, with_audience) {
        (TableRow::Eligible, false) => "eligible, never standing",
        (TableRow::Eligible, true) => "eligible, never standing, within its audience",
        (TableRow::Active, false) => "static, or eligible",
        (TableRow::Active, true) => "static, or eligible, within its audience",
        (TableRow::Tolerated, false) => "eligible; static is tolerated",
        (TableRow::Tolerated, true) => "eligible, within its audience; static is tolerated",
    }
}

/// Whether the grant is the standing exception: a declared break-glass Global Administrator.
fn is_break_glass(facts: &Facts, role: &Role, grant: &Grant) -> Result<bool, Gap> {
    if !role.id.is(roles::GLOBAL_ADMINISTRATOR) || facts.break_glass().is_empty() {
        return Ok(false);
    }
    if facts.is_break_glass(&grant.principal) {
        return Ok(true);
    }
    // A declared account is only recognised once its principal was read.
    facts.principal_by_id(&grant.principal).map(|_| false)
}

/// How far practice is from the row.
#[derive(Default)]
struct Drift<'a> {
    standing: Vec<&'a Grant>,
    /// Those of them that are service principals.
    services: Vec<&'a Grant>,
    /// Standing, but declared break-glass accounts.
    exempt: usize,
    /// Standing, but Microsoft's own applications.
    microsoft: usize,
    /// Groups with the role, in which nobody is all the time.
    gated: usize,
    outside: BTreeSet<PrincipalId>,
    /// Why there may be more of either.
    doubt: Option<Gap>,
}

impl Drift<'_> {
    /// Who should be eligible becomes so, a service principal takes something else in its place, and who
    /// is outside the audience loses the role.
    fn calls(&self, wrong_type: bool, grants: &[&Grant]) -> Vec<String> {
        let people = wrong_type && self.standing.len() > self.services.len();
        let outside = !self.outside.is_empty();
        let [make_eligible, take] = FOR_PEOPLE;
        let eligible = grants.iter().any(|grant| grant.is_eligible());
        let active = grants.iter().any(|grant| !grant.is_eligible());
        let calls = [
            people.then_some(make_eligible),
            (people || (outside && active)).then_some(take),
            (outside && eligible).then_some(&NO_LONGER_ELIGIBLE),
        ];
        let services = self.services.iter().filter(|_| wrong_type).take(SHOWN);
        let for_services = services.flat_map(|grant| in_place_of(grant));
        calls.into_iter().flatten().map(|&call| call.to_owned()).chain(for_services).collect()
    }

    fn in_words(&self, grants: &[&Grant]) -> String {
        let standing = self.standing.len() + self.exempt + self.microsoft;
        let eligible = grants.iter().filter(|grant| grant.is_eligible()).count();
        let mut words = format!("{standing} standing, {eligible} eligible");
        if self.gated > 0 {
            let groups = if self.gated == 1 { "group" } else { "groups" };
            words.push_str(&format!(", {} active {groups} to be activated first", self.gated));
        }
        if self.exempt > 0 {
            words.push_str(&format!(", {} standing as break-glass", self.exempt));
        }
        match self.microsoft {
            0 => {}
            1 => words.push_str(", 1 of them an application of Microsoft's own"),
            several => {
                words.push_str(&format!(", {several} of them applications of Microsoft's own"))
            }
        }
        match self.services.len() {
            0 => {}
            1 => words.push_str(", 1 of them a service principal"),
            several => words.push_str(&format!(", {several} of them service principals")),
        }
        if !self.outside.is_empty() {
            words.push_str(&format!(", {} outside the audience", self.outside.len()));
        }
        words
    }
}

/// What a service principal takes in place of a role it cannot be eligible for.
fn in_place_of(grant: &Grant) -> [String; 2] {
    let id = &grant.principal;
    let scope = match &grant.within {
        Scope::Tenant => "\"directoryScopeId\":\"/\"".to_owned(),
        scope @ (Scope::AdministrativeUnit(_) | Scope::Object(_)) => {
            format!("\"directoryScopeId\":\"{scope}\"")
        }
        scope @ Scope::Application(_) => format!("\"appScopeId\":\"{scope}\""),
    };
    [
        format!(
            "POST /v1.0/servicePrincipals/{id}/appRoleAssignments {{\"principalId\":\"{id}\",\
             \"resourceId\":\"<id of the service principal of the API>\",\
             \"appRoleId\":\"<id of the permission it needs>\"}}"
        ),
        format!(
            "POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
             {{\"action\":\"adminRemove\",\"principalId\":\"{id}\",\
             \"roleDefinitionId\":\"{{role}}\",{scope}}}"
        ),
    ]
}

fn named(facts: &Facts, what: &str, ids: BTreeSet<&PrincipalId>) -> String {
    let mut names: Vec<_> = ids.into_iter().map(|id| facts.name_of(id)).collect();
    names.sort();
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    names.truncate(SHOWN);
    format!("{what}: {}{more}", names.join(", "))
}

fn shown(mut outcome: Outcome, grants: &[&Grant]) -> Outcome {
    for grant in grants.iter().take(SHOWN) {
        let row = &grant.provenance;
        let holder = grant.principal.to_string();
        outcome = outcome.evidence(Evidence::new(row.dataset, &row.id, "principalId", holder));
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{
        Case, DIRECTORY_READERS, GLOBAL_ADMINISTRATOR, GLOBAL_READER, USER_ADMINISTRATOR,
    };
    use crate::model::{Collected, Credential, CredentialKind, Hold, RoleId};
    use std::collections::BTreeMap;

    /// Message Center Reader, of tier standard.
    const STANDARD: &str = "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b";

    fn table(rows: &[(&str, TableRow)], unlisted: Unlisted) -> Expect {
        let rows: BTreeMap<_, _> = rows.iter().map(|(id, row)| (RoleId::new(id), *row)).collect();
        Expect::Table(RolesTable { rows, unlisted })
    }

    pub(super) fn outcome_of(case: &Case, role: &str, row: TableRow) -> Outcome {
        case.judge_role(&CHECK, role, &table(&[(role, row)], Unlisted::Ignored)).unwrap()
    }

    pub(super) fn judged(case: &Case, role: &str, row: TableRow) -> Result<&'static str, GapKind> {
        let expect = table(&[(role, row)], Unlisted::Ignored);
        let outcome = case.judge_role(&CHECK, role, &expect);
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    pub(super) fn audience(case: &mut Case, role: &str, entries: &[&str]) {
        let entries = entries.iter().map(|&entry| entry.to_owned()).collect();
        case.organisation.audiences.insert(RoleId::new(role), entries);
    }

    fn partial(case: &mut Case) {
        let known = case.tenant.active.at_least().unwrap().clone();
        let gap = Gap::of(Dataset::RoleAssignments, GapKind::Incomplete, "page 2");
        case.tenant.active = Collected::Partial(known, gap);
    }

    #[test]
    fn stricter_than_the_row_is_never_drift() {
        let end = Some("2026-12-01T00:00:00Z");
        for (hold, end, eligible_row, active_row, tolerated_row) in [
            (Hold::Assigned, None, "fail", "pass", "partial"),
            (Hold::Assigned, end, "fail", "pass", "partial"),
            (Hold::Activated, None, "fail", "pass", "partial"),
            (Hold::Activated, end, "pass", "pass", "pass"),
        ] {
            let mut case = Case::new();
            case.user("ana");
            let grant = case.active("ana", GLOBAL_READER);
            grant.hold = hold;
            grant.end = end.map(|end| end.parse().unwrap());
            for (row, expected) in [
                (TableRow::Eligible, eligible_row),
                (TableRow::Active, active_row),
                (TableRow::Tolerated, tolerated_row),
            ] {
                assert_eq!(
                    judged(&case, GLOBAL_READER, row),
                    Ok(expected),
                    "{hold:?} {end:?} {row:?}"
                );
            }
        }
        let mut eligible = Case::new();
        eligible.eligible("ana", GLOBAL_READER);
        for row in [TableRow::Eligible, TableRow::Active, TableRow::Tolerated] {
            assert_eq!(judged(&eligible, GLOBAL_READER, row), Ok("pass"), "{row:?}");
            assert_eq!(judged(&Case::new(), GLOBAL_READER, row), Ok("info"), "{row:?}");
        }
    }

    #[test]
    fn one_holder_of_two_rows_is_one() {
        let mut case = Case::new();
        case.user("ana");
        case.active("ana", USER_ADMINISTRATOR).end = Some("2026-11-14T00:00:00Z".parse().unwrap());
        case.active("ana", USER_ADMINISTRATOR).start =
            Some("2026-11-14T00:00:00Z".parse().unwrap());
        let outcome = outcome_of(&case, USER_ADMINISTRATOR, TableRow::Eligible);
        assert_eq!(outcome.details().unwrap().observed, "1 standing, 0 eligible");
    }

    #[test]
    fn only_an_application_of_microsofts_own_without_a_credential_is_left_alone() {
        for (owner, secret, expected) in [
            (MICROSOFT[0], false, "pass"),
            (MICROSOFT[1], false, "pass"),
            (MICROSOFT[0], true, "fail"),
            ("99999999-0000-4000-8000-000000000009", false, "fail"),
        ] {
            let mut case = Case::new();
            let service = case.service("app");
            service.owner_organization = Some(owner.into());
            if secret {
                let secret = Credential { kind: CredentialKind::Password, ends: None };
                service.credentials = Some(vec![secret]);
            }
            case.active("app", USER_ADMINISTRATOR);
            let outcome = outcome_of(&case, USER_ADMINISTRATOR, TableRow::Eligible);
            assert_eq!(outcome.name(), expected, "{owner} {secret}");
            let observed = &outcome.details().unwrap().observed;
            let own = ", 1 of them an application of Microsoft's own";
            assert_eq!(observed.contains(own), expected == "pass", "{observed}");
        }
        let mut case = Case::new();
        let service = case.service("app");
        service.owner_organization = Some(MICROSOFT[0].into());
        service.credentials = None;
        case.active("app", USER_ADMINISTRATOR);
        assert_eq!(judged(&case, USER_ADMINISTRATOR, TableRow::Eligible), Ok("fail"));
    }

    #[test]
    fn whoever_stands_fails_an_eligible_row_and_service_principals_get_a_way_of_their_own() {
        let mut case = Case::new();
        case.service("robot");
        case.active("robot", USER_ADMINISTRATOR);
        let expect = table(&[(USER_ADMINISTRATOR, TableRow::Eligible)], Unlisted::Ignored);
        let outcome = case.judge_role(&CHECK, USER_ADMINISTRATOR, &expect).unwrap();
        let details = outcome.details().unwrap();
        assert_eq!(outcome.name(), "fail");
        assert_eq!(details.observed, "1 standing, 0 eligible, 1 of them a service principal");
        assert_eq!(
            details.notes[1],
            "a service principal cannot be eligible, it needs something narrower: robot"
        );
        let calls = details.calls.as_deref().unwrap();
        assert_eq!(calls.len(), 2, "{calls:?}");
        assert!(calls[0].starts_with("POST /v1.0/servicePrincipals/robot/appRoleAssignments "));
        assert!(calls[1].contains("adminRemove") && calls[1].contains("\"robot\""), "{calls:?}");
        // Static is as it should be, or tolerated, whoever that is.
        for (row, expected) in [(TableRow::Active, "pass"), (TableRow::Tolerated, "partial")] {
            assert_eq!(judged(&case, USER_ADMINISTRATOR, row), Ok(expected), "{row:?}");
        }
        case.group("admins", &[]);
        case.active("admins", USER_ADMINISTRATOR);
        let outcome = case.judge_role(&CHECK, USER_ADMINISTRATOR, &expect).unwrap();
        let details = outcome.details().unwrap();
        assert_eq!(outcome.name(), "fail");
        assert_eq!(details.notes[0], "standing: admins, robot");
        assert_eq!(details.notes.len(), 3, "the audience is not declared");
        assert_eq!(details.evidence.len(), 2, "what stands against the row");
        let calls = details.calls.as_deref().unwrap();
        assert!(calls.len() == 4 && calls[0].contains("roleEligibilityScheduleRequests"));
    }

    #[test]
    fn a_service_principal_may_still_be_outside_the_audience() {
        for (entry, expected) in [("robot", "pass"), ("ana@contoso.example", "fail")] {
            let mut case = Case::new();
            case.service("robot");
            case.active("robot", USER_ADMINISTRATOR);
            audience(&mut case, USER_ADMINISTRATOR, &[entry]);
            let found = judged(&case, USER_ADMINISTRATOR, TableRow::Active);
            assert_eq!(found, Ok(expected), "{entry}");
        }
    }

    #[test]
    fn who_was_not_read_may_be_a_group_that_nobody_is_in() {
        for (role, row, expected) in [
            (USER_ADMINISTRATOR, TableRow::Eligible, Err(GapKind::PermissionDenied)),
            (GLOBAL_READER, TableRow::Active, Ok("pass")),
        ] {
            let mut case = Case::new();
            case.hidden("shadow");
            case.active("shadow", role);
            assert_eq!(judged(&case, role, row), expected, "{role}");
        }
    }

    #[test]
    fn break_glass_accounts_may_stand_as_global_administrators_only() {
        for (role, expected) in [(GLOBAL_ADMINISTRATOR, "pass"), (USER_ADMINISTRATOR, "fail")] {
            let mut case = Case::new();
            case.user("bg1");
            case.organisation.break_glass.push("bg1@contoso.example".to_owned());
            case.active("bg1", role);
            assert_eq!(judged(&case, role, TableRow::Eligible), Ok(expected), "{role}");
        }
        let mut hidden = Case::new();
        hidden.hidden("shadow");
        hidden.active("shadow", GLOBAL_ADMINISTRATOR);
        hidden.organisation.break_glass.push("bg1@contoso.example".to_owned());
        assert_eq!(
            judged(&hidden, GLOBAL_ADMINISTRATOR, TableRow::Eligible),
            Err(GapKind::PermissionDenied)
        );
    }

    #[test]
    fn a_list_in_part_proves_a_failure_and_an_unknown_type_nothing() {
        for (hold, expected) in
            [(Hold::Assigned, Ok("fail")), (Hold::ActiveOfUnknownType, Err(GapKind::Incomplete))]
        {
            let mut case = Case::new();
            case.user("ana");
            case.active("ana", USER_ADMINISTRATOR).hold = hold;
            assert_eq!(judged(&case, USER_ADMINISTRATOR, TableRow::Eligible), expected, "{hold:?}");
            partial(&mut case);
            assert_eq!(judged(&case, USER_ADMINISTRATOR, TableRow::Eligible), expected, "{hold:?}");
            assert_eq!(
                judged(&case, USER_ADMINISTRATOR, TableRow::Active),
                Err(GapKind::Incomplete),
                "{hold:?}"
            );
        }
        let mut nothing = Case::new();
        partial(&mut nothing);
        assert!(judged(&nothing, USER_ADMINISTRATOR, TableRow::Eligible).is_err());
        let mut denied = Case::new();
        denied.eligible("ana", USER_ADMINISTRATOR);
        let gap = Gap::of(Dataset::RoleEligibilityScheduleInstances, GapKind::Failed, "503");
        denied.tenant.eligible = Collected::Missing(gap);
        assert_eq!(judged(&denied, USER_ADMINISTRATOR, TableRow::Eligible), Err(GapKind::Failed));
    }

    #[test]
    fn a_role_in_use_without_a_row_is_met_in_part_where_the_table_says_so() {
        for (role, held, unlisted, expected) in [
            (DIRECTORY_READERS, true, Unlisted::Partial, "partial"),
            (GLOBAL_ADMINISTRATOR, true, Unlisted::Partial, "partial"),
            (GLOBAL_ADMINISTRATOR, false, Unlisted::Partial, "not-applicable"),
            (GLOBAL_ADMINISTRATOR, true, Unlisted::Ignored, "not-applicable"),
            (STANDARD, true, Unlisted::Partial, "not-applicable"),
        ] {
            let mut case = Case::new();
            if held {
                case.eligible("ana", role);
            }
            let expect = table(&[(USER_ADMINISTRATOR, TableRow::Eligible)], unlisted);
            let outcome = case.judge_role(&CHECK, role, &expect).unwrap();
            assert_eq!(outcome.name(), expected, "{role} {held} {unlisted:?}");
            if expected == "partial" {
                assert_eq!(outcome.details().unwrap().observed, "unlisted, 1 assignment");
            }
        }
        let mut unread = Case::new();
        partial(&mut unread);
        let expect = table(&[], Unlisted::Partial);
        assert!(unread.judge_role(&CHECK, GLOBAL_ADMINISTRATOR, &expect).is_err());
    }
}
