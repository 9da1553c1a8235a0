//! `privileged-workload-identity`: service principals and managed identities with such roles.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant, counted};
use crate::facts::{Facts, How, Path, PathState};
use crate::model::{
    Credential, CredentialKind, Dataset, Evidence, Gap, GapKind, Outcome, Principal, PrincipalId,
    PrincipalKindFacts, RoleId, RowId, ServicePrincipal, Tier,
};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The check.
pub static CHECK: Check = Check {
    id: "privileged-workload-identity",
    title: "Workload identity holds a privileged role",
    what: "Judges each service principal and managed identity with a privileged role. Permanent with a \
        client secret in force fails, and so does any owner where the role is of tier critical, as owners \
        can add secrets. A certificate, a managed identity or an end is met in part. The identity of Entra \
        Connect with its own role passes; applications of Microsoft are only shown.",
    why: "A workload identity has no second factor and never activates: whoever finds its secret, or owns \
        its application, is administrator at once and unseen.",
    fix: Fix {
        portal: "Privileged Identity Management > Microsoft Entra roles > Assignments > (the identity) > \
            Update: give it an end, or Remove and grant only the Graph permissions it needs; then App \
            registrations > (the application) > Certificates & secrets: remove client secrets, and \
            Owners: remove all",
        graph: &[
            "POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
            {\"action\":\"adminUpdate\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\",\"justification\":\"with an end\",\
            \"scheduleInfo\":{\"expiration\":{\"type\":\"afterDuration\",\"duration\":\"P90D\"}}}",
            REMOVE,
            "POST /v1.0/servicePrincipals/{principal}/removePassword \
            {\"keyId\":\"<key id of the client secret>\"}",
            "DELETE /v1.0/servicePrincipals/{principal}/owners/<id of the owner>/$ref",
        ],
    },
    references: &[
        "CIS Microsoft 365 Foundations 7.0.0: 5.3.1",
        "Zero Trust Assessment 21836",
        "Maester MT.1027",
        "Prowler entra_service_principal_no_secrets_for_permanent_tier0_roles",
        "Prowler entra_service_principal_privileged_role_no_owners",
    ],
    subjects: Subjects::PrivilegedServicePrincipals,
    needs: &[
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::Principals,
        Dataset::GroupMembers,
        Dataset::Applications,
        Dataset::ApplicationOwners,
        Dataset::ServicePrincipalOwners,
    ],
    variants: &[
        Variant {
            name: MUST_END,
            meaning: "only whether every assignment ends counts, not its secrets and owners",
        },
        Variant { name: NONE, meaning: "any workload identity with such a role fails" },
    ],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

/// CIS 5.3.1.
const MUST_END: &str = "must-end";
const EXPECTED_END: &str = "an assignment that ends";
const NONE: &str = "none";
const REMOVE: &str = "POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
    {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
    \"directoryScopeId\":\"/\"}";
const REMOVE_ELIGIBILITY: &str = "POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
    {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
    \"directoryScopeId\":\"/\"}";
const EXPECTED: &str = "no permanent role, no client secret, no owner";
const EXPECTED_NONE: &str = "no workload identity with a privileged role";
/// What ends is nearly as it should be: it is looked at again.
const TIME_BOUND: f64 = 0.75;
/// More names and rows than this help nobody.
const SHOWN: usize = 10;
/// Tenants of Microsoft itself that own its applications (`appOwnerOrganizationId`): Microsoft
/// Services and Microsoft.
pub(super) const MICROSOFT: [&str; 2] =
    ["f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47"];
/// Directory Synchronization Accounts and On Premises Directory Sync Account.
pub(super) const SYNC_ROLES: [&str; 2] =
    ["d29b2b05-8046-44ba-8758-1e26182fcf32", "a92aed5d-d78a-4d16-b381-09adb37eb3b0"];
/// How Entra Connect names the application it makes for itself.
const ENTRA_CONNECT: &str = "connectsyncprovisioning_";

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let principal = facts.principal()?;
    match &principal.kind {
        PrincipalKindFacts::ServicePrincipal(service) => {
            workload(facts, principal, service, expect)
        }
        PrincipalKindFacts::Absent => {
            Ok(Outcome::not_applicable("it was not found; defunct-principal judges that"))
        }
        PrincipalKindFacts::User(_)
        | PrincipalKindFacts::Group(_)
        | PrincipalKindFacts::Other(_)
        | PrincipalKindFacts::Hidden => Ok(Outcome::not_applicable("not a workload identity")),
    }
}

fn workload(
    facts: &Facts,
    principal: &Principal,
    service: &ServicePrincipal,
    expect: &Expect,
) -> Result<Outcome, Gap> {
    let held = Held::of(facts, &principal.id);
    if held.roles.is_empty() {
        let gap = held.gaps.into_iter().next();
        return gap.map_or_else(|| Ok(Outcome::not_applicable("no privileged role")), Err);
    }
    if expect.is_variant(NONE) {
        // An end would change nothing there.
        let active = held.is_usable().then_some(REMOVE);
        let eligible = (held.usable.len() < held.roles.len()).then_some(REMOVE_ELIGIBILITY);
        let calls = active.into_iter().chain(eligible).map(str::to_owned).collect();
        let outcome = Outcome::fail(held.in_words(), EXPECTED_NONE).calls(calls);
        return Ok(held.shown(facts, principal, service, outcome));
    }
    if expect.is_variant(MUST_END) {
        let outcome = must_end(&held)?;
        return Ok(held.shown(facts, principal, service, outcome));
    }
    let (owners, owners_gap) = facts.known_owners_of_service(&principal.id);
    if let Some(observed) = proven_failure(facts, principal, service, &held, &owners) {
        let outcome = Outcome::fail(observed, EXPECTED).maybe_note(owned_by(facts, &owners));
        return Ok(held.shown(facts, principal, service, outcome));
    }
    if let Some(gap) = unknown(facts, principal, service, &held, owners_gap) {
        return Err(gap);
    }
    let outcome = known(facts, principal, service, &held);
    Ok(held.shown(facts, principal, service, outcome.maybe_note(owned_by(facts, &owners))))
}

/// Failures come first: what is proven stays proven, whatever else was not read.
fn proven_failure(
    facts: &Facts,
    principal: &Principal,
    service: &ServicePrincipal,
    held: &Held,
    owners: &BTreeSet<PrincipalId>,
) -> Option<String> {
    if held.permanent {
        let all = facts.credentials_of(&principal.id);
        // What the service principal itself has is proven without its application, too.
        let proven = all.as_deref().ok().or(service.credentials.as_deref()).unwrap_or(&[]);
        let secrets = secrets(proven, facts.now());
        if secrets > 0 {
            let secrets = counted(secrets, "client secret", "client secrets");
            return Some(format!("permanent, with {secrets} in force"));
        }
    }
    (held.critical && !owners.is_empty()).then(|| {
        let owners = counted(owners.len(), "owner", "owners");
        format!("{}, with {owners}", held.in_words())
    })
}

/// Client secrets that still sign in.
fn secrets(credentials: &[Credential], now: Timestamp) -> usize {
    let in_force = |it: &&Credential| {
        it.kind == CredentialKind::Password && it.ends.is_none_or(|end| end > now)
    };
    credentials.iter().filter(in_force).count()
}

/// What is not known and could still make it fail, or fare worse.
fn unknown(
    facts: &Facts,
    principal: &Principal,
    service: &ServicePrincipal,
    held: &Held,
    owners_gap: Option<Gap>,
) -> Option<Gap> {
    if let Some(gap) = held.gaps.first() {
        return Some(gap.clone());
    }
    if held.unknown {
        return Some(Gap::of(
            Dataset::RoleAssignmentScheduleInstances,
            GapKind::Incomplete,
            "whether a role is held for good or for a time is not known",
        ));
    }
    if held.permanent
        && let Err(gap) = facts.credentials_of(&principal.id)
    {
        return Some(gap);
    }
    if held.critical && owners_gap.is_some() {
        return owners_gap;
    }
    let elsewhere = match Home::of(facts, service) {
        Home::Here | Home::Managed | Home::Microsoft => return None,
        Home::Elsewhere(tenant) => format!("its application belongs to tenant {tenant}"),
        Home::Unknown => "the tenant of its application is not known".to_owned(),
    };
    (held.permanent || held.critical).then(|| {
        Gap::of(
            Dataset::Applications,
            GapKind::Incomplete,
            format!("{elsewhere}, so its secrets and owners cannot be read"),
        )
    })
}

/// The outcome when everything that matters is known and nothing fails.
fn known(facts: &Facts, principal: &Principal, service: &ServicePrincipal, held: &Held) -> Outcome {
    let home = Home::of(facts, service);
    let observed = held.in_words();
    if held.is_usable() && held.only_synchronises() && is_entra_connect(principal, &home) {
        return Outcome::pass("the identity of Entra Connect, with its own role", EXPECTED)
            .note("known by its application, as Entra Connect makes it");
    }
    if matches!(home, Home::Microsoft) {
        return Outcome::info(format!("{observed}, an application of Microsoft"), EXPECTED);
    }
    if held.permanent && matches!(home, Home::Managed) {
        return Outcome::partial(0.5, "permanent, a managed identity", EXPECTED);
    }
    if held.permanent {
        return Outcome::partial(0.5, "permanent, without a client secret in force", EXPECTED);
    }
    if !held.time_bound {
        return Outcome::info("eligible only", EXPECTED)
            .note("a workload identity cannot activate, so this gives it nothing");
    }
    Outcome::partial(TIME_BOUND, observed, EXPECTED)
}

/// What it holds permanently is proven, whatever else was not read.
fn must_end(held: &Held) -> Result<Outcome, Gap> {
    if held.permanent {
        return Ok(Outcome::fail(held.in_words(), EXPECTED_END));
    }
    if let Some(gap) = held.gaps.first() {
        return Err(gap.clone());
    }
    if held.unknown {
        return Err(Gap::of(
            Dataset::RoleAssignmentScheduleInstances,
            GapKind::Incomplete,
            "whether a role is held for good or for a time is not known",
        ));
    }
    Ok(if held.time_bound {
        Outcome::pass(held.in_words(), EXPECTED_END)
    } else {
        Outcome::info(held.in_words(), EXPECTED_END)
            .note("a workload identity cannot activate, so this gives it nothing")
    })
}

fn is_entra_connect(principal: &Principal, home: &Home) -> bool {
    match home {
        Home::Microsoft => true,
        Home::Here => principal.name.to_ascii_lowercase().starts_with(ENTRA_CONNECT),
        Home::Managed | Home::Elsewhere(_) | Home::Unknown => false,
    }
}

fn owned_by(facts: &Facts, owners: &BTreeSet<PrincipalId>) -> Option<String> {
    let mut names: Vec<Arc<str>> = owners.iter().map(|id| facts.name_of(id)).collect();
    names.sort();
    names.truncate(SHOWN);
    (!names.is_empty()).then(|| format!("an owner can add a client secret: {}", names.join(", ")))
}

/// Where the application of a service principal is registered.
enum Home {
    /// In this tenant, or nowhere: a service principal that is its own application.
    Here,
    /// A managed identity has no application.
    Managed,
    Microsoft,
    Elsewhere(Arc<str>),
    Unknown,
}

impl Home {
    fn of(facts: &Facts, service: &ServicePrincipal) -> Self {
        let is =
            |kind: &str| service.kind.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(kind));
        if is("ManagedIdentity") {
            return Self::Managed;
        }
        let owner = service.owner_organization.as_ref();
        match owner {
            Some(owner) if owner.eq_ignore_ascii_case(facts.tenant_id()) => Self::Here,
            Some(owner) if MICROSOFT.iter().any(|it| owner.eq_ignore_ascii_case(it)) => {
                Self::Microsoft
            }
            Some(owner) => Self::Elsewhere(Arc::clone(owner)),
            None if is("Legacy") => Self::Here,
            None => Self::Unknown,
        }
    }
}

/// The privileged roles of one service principal, and how it holds them.
#[derive(Default)]
struct Held {
    /// Every such role, eligible ones too.
    roles: BTreeSet<RoleId>,
    /// Those that are of use to it now: it cannot activate an eligible one.
    usable: BTreeSet<RoleId>,
    permanent: bool,
    time_bound: bool,
    /// Something is held now, and whether for good is not known.
    unknown: bool,
    /// One of those in use is of tier critical.
    critical: bool,
    rows: Vec<Evidence>,
    /// Why there may be more that is of use.
    gaps: Vec<Gap>,
}

impl Held {
    fn of(facts: &Facts, id: &PrincipalId) -> Self {
        let mut held = Self::default();
        let mut seen: BTreeSet<&RoleId> = BTreeSet::new();
        for list in [facts.active_at_least(), facts.eligible_at_least()] {
            seen.extend(list.into_iter().flatten().map(|grant| &grant.role));
        }
        // Who holds no privileged role is judged because a rule names one that it holds.
        let (privileged, others): (Vec<_>, Vec<_>) =
            seen.into_iter().partition(|role| facts.matters(role));
        for roles in [privileged, others] {
            if !held.roles.is_empty() {
                break;
            }
            for role in roles {
                let holders = facts.holders_anywhere(role);
                held.gaps.extend(holders.gaps.iter().cloned());
                if let Some(gap) = facts.doubt_about(role) {
                    let held_here = holders.services.contains_key(id);
                    held.gaps.extend(held_here.then_some(gap));
                    continue;
                }
                for path in holders.services.get(id).into_iter().flatten() {
                    held.add(facts, role, path);
                }
            }
        }
        held.gaps.extend(facts.active().err());
        held.gaps.extend(facts.eligible().err());
        // Beside something in use, an eligibility more or less changes nothing.
        if held.is_usable() {
            held.gaps.retain(|gap| !is_of_eligibilities(gap));
        }
        held.gaps.sort();
        held.gaps.dedup();
        held
    }

    fn add(&mut self, facts: &Facts, role: &RoleId, path: &Path) {
        let ends = path.grant.end.is_some()
            || path.hops.any(|hop| matches!(hop.how, How::Assigned { until: Some(_) }));
        let state = path.state();
        match state {
            PathState::Standing | PathState::Unknown if ends => self.time_bound = true,
            PathState::Standing => self.permanent = true,
            PathState::Unknown => self.unknown = true,
            // It ends by itself.
            PathState::Activated => self.time_bound = true,
            PathState::Eligible => {}
        }
        if state != PathState::Eligible {
            self.usable.insert(role.clone());
            self.critical |= facts.role_by_id(role).tier == Tier::Critical;
        }
        self.roles.insert(role.clone());
        let row = &path.grant.provenance;
        let end = path.grant.end.map_or_else(|| "null".to_owned(), |end| end.to_string());
        self.rows.push(Evidence::new(row.dataset, &row.id, "endDateTime", end));
    }

    fn is_usable(&self) -> bool {
        !self.usable.is_empty()
    }

    fn only_synchronises(&self) -> bool {
        self.usable.iter().all(|role| SYNC_ROLES.iter().any(|known| role.is(known)))
    }

    fn in_words(&self) -> String {
        let how = if self.permanent {
            "permanent"
        } else if self.unknown {
            "active"
        } else if self.time_bound {
            "active until its end"
        } else {
            "eligible only"
        };
        let tier = if self.critical { ", tier critical" } else { "" };
        format!("{how}{tier}")
    }

    fn shown(
        &self,
        facts: &Facts,
        principal: &Principal,
        service: &ServicePrincipal,
        outcome: Outcome,
    ) -> Outcome {
        let names: Vec<Arc<str>> =
            self.roles.iter().take(SHOWN).map(|role| facts.role_by_id(role).name).collect();
        let disabled = service.enabled == Some(false);
        let id = RowId::from(&principal.id);
        let owner = service.owner_organization.as_deref().unwrap_or("null").to_owned();
        let outcome = outcome
            .measure("roles", self.roles.len() as f64)
            .note(format!("roles: {}", names.join(", ")))
            .maybe_note(disabled.then_some("it is disabled; defunct-principal judges that"))
            .evidence(Evidence::new(Dataset::Principals, &id, "appOwnerOrganizationId", owner));
        self.rows.iter().take(SHOWN).cloned().fold(outcome, Outcome::evidence)
    }
}

const fn is_of_eligibilities(gap: &Gap) -> bool {
    matches!(
        gap.dataset,
        Some(
            Dataset::RoleEligibilityScheduleInstances | Dataset::GroupEligibilityScheduleInstances
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{
        Case, DIRECTORY_READERS, GLOBAL_ADMINISTRATOR, SECURITY_ADMINISTRATOR, USER_ADMINISTRATOR,
    };
    use crate::model::{Collected, GroupAccess, Hold};

    const HIGH: &str = SECURITY_ADMINISTRATOR;
    const CRITICAL: &str = GLOBAL_ADMINISTRATOR;
    const END: &str = "2026-12-01T00:00:00Z";

    fn credential(kind: CredentialKind, ends: Option<&str>) -> Credential {
        Credential { kind, ends: ends.map(|end| end.parse().unwrap()) }
    }

    fn secret() -> Credential {
        credential(CredentialKind::Password, Some("2027-01-01T00:00:00Z"))
    }

    fn certificate() -> Credential {
        credential(CredentialKind::Certificate, Some("2027-01-01T00:00:00Z"))
    }

    fn service(case: &mut Case) -> &mut ServicePrincipal {
        let Collected::Complete(principals) = &mut case.tenant.principals else { panic!() };
        let robot = principals.get_mut(&PrincipalId::new("robot")).unwrap();
        let PrincipalKindFacts::ServicePrincipal(service) = &mut robot.kind else { panic!() };
        service
    }

    /// A service principal without credentials and owners, and without an application here.
    fn bare() -> Case {
        let mut case = Case::new();
        case.service("robot");
        case
    }

    /// The same of an application of this tenant that has these credentials.
    fn robot(credentials: &[Credential]) -> Case {
        let mut case = bare();
        case.application("robot").credentials = credentials.to_vec();
        case
    }

    fn outcome(case: &Case, expect: &Expect) -> Result<Outcome, Gap> {
        case.judge_principal(&CHECK, "robot", expect)
    }

    fn judged(case: &Case) -> Result<(&'static str, f64), GapKind> {
        judged_by(case, &Expect::Required)
    }

    fn judged_by(case: &Case, expect: &Expect) -> Result<(&'static str, f64), GapKind> {
        let outcome = outcome(case, expect).map_err(|gap| gap.kind)?;
        let credit = if let Outcome::Judged { credit, .. } = &outcome { *credit } else { 0.0 };
        Ok((outcome.name(), credit))
    }

    fn until(case: &mut Case, role: &str) {
        case.active("robot", role).end = Some(END.parse().unwrap());
    }

    #[test]
    fn a_permanent_role_fails_with_a_secret_that_is_in_force() {
        let password = |ends| credential(CredentialKind::Password, ends);
        for (credentials, expected) in [
            (vec![secret()], ("fail", 0.0)),
            (vec![certificate(), secret()], ("fail", 0.0)),
            (vec![password(None)], ("fail", 0.0)),
            (vec![password(Some("2026-11-02T09:00:01Z"))], ("fail", 0.0)),
            (vec![password(Some("2026-11-02T09:00:00Z"))], ("partial", 0.5)),
            (vec![password(Some("2020-01-01T00:00:00Z")), certificate()], ("partial", 0.5)),
            (vec![certificate()], ("partial", 0.5)),
            (vec![], ("partial", 0.5)),
        ] {
            let mut case = robot(&credentials);
            case.active("robot", HIGH);
            assert_eq!(judged(&case), Ok(expected), "{credentials:?}");
        }
        let mut own = robot(&[certificate()]);
        service(&mut own).credentials = Some(vec![secret()]);
        own.active("robot", HIGH);
        assert_eq!(judged(&own), Ok(("fail", 0.0)), "a secret of the service principal itself");
    }

    #[test]
    fn what_ends_is_met_in_part_and_passes_where_the_rule_says_so() {
        for (hold, end, credentials, by_default, by_variant) in [
            (Hold::Assigned, Some(END), vec![secret()], ("partial", 0.75), ("pass", 1.0)),
            (Hold::Assigned, Some(END), vec![], ("partial", 0.75), ("pass", 1.0)),
            (Hold::Activated, Some(END), vec![], ("partial", 0.75), ("pass", 1.0)),
            (Hold::Activated, None, vec![secret()], ("fail", 0.0), ("fail", 0.0)),
            (Hold::Assigned, None, vec![], ("partial", 0.5), ("fail", 0.0)),
            (Hold::Assigned, None, vec![secret()], ("fail", 0.0), ("fail", 0.0)),
        ] {
            let mut case = robot(&credentials);
            let grant = case.active("robot", HIGH);
            grant.hold = hold;
            grant.end = end.map(|end| end.parse().unwrap());
            assert_eq!(judged(&case), Ok(by_default), "{hold:?} {end:?}");
            let variant = Expect::Variant(MUST_END);
            assert_eq!(judged_by(&case, &variant), Ok(by_variant), "{hold:?} {end:?}");
        }
    }

    #[test]
    fn the_worst_of_several_roles_decides() {
        let mut case = robot(&[secret()]);
        until(&mut case, HIGH);
        case.active("robot", USER_ADMINISTRATOR);
        assert_eq!(judged(&case), Ok(("fail", 0.0)));
        let mut case = robot(&[secret()]);
        case.active("robot", DIRECTORY_READERS);
        until(&mut case, HIGH);
        assert_eq!(judged(&case), Ok(("partial", 0.75)), "a role that does not matter");
    }

    #[test]
    fn an_owner_fails_a_critical_role_and_is_noted_for_others() {
        for (role, permanent, of_application, expected) in [
            (CRITICAL, true, false, ("fail", 0.0)),
            (CRITICAL, true, true, ("fail", 0.0)),
            (CRITICAL, false, false, ("fail", 0.0)),
            (HIGH, true, true, ("partial", 0.5)),
            (HIGH, false, false, ("partial", 0.75)),
        ] {
            let mut case = robot(&[]);
            case.user("ana");
            if of_application {
                case.application("robot").owners.known.push(PrincipalId::new("ana"));
            } else {
                case.service_owner("ana", "robot");
            }
            if permanent {
                case.active("robot", role);
            } else {
                until(&mut case, role);
            }
            assert_eq!(judged(&case), Ok(expected), "{role} {permanent} {of_application}");
            let outcome = outcome(&case, &Expect::Required).unwrap();
            let notes = &outcome.details().unwrap().notes;
            assert!(notes.iter().any(|note| note.contains("ana@contoso.example")), "{notes:?}");
        }
        let mut case = robot(&[]);
        case.active("robot", CRITICAL);
        assert_eq!(judged(&case), Ok(("partial", 0.5)), "no owner at all");
    }

    #[test]
    fn any_such_role_fails_where_none_is_wanted() {
        type Change = fn(&mut Case);
        let changes: [(&str, Change, &[&str]); 4] = [
            (
                "permanent",
                |case| {
                    case.active("robot", HIGH);
                },
                &[REMOVE],
            ),
            ("time-bound", |case| until(case, HIGH), &[REMOVE]),
            (
                "eligible",
                |case| {
                    case.eligible("robot", HIGH);
                },
                &[REMOVE_ELIGIBILITY],
            ),
            (
                "both",
                |case| {
                    case.active("robot", HIGH);
                    case.eligible("robot", CRITICAL);
                },
                &[REMOVE, REMOVE_ELIGIBILITY],
            ),
        ];
        for (name, change, calls) in changes {
            let mut case = robot(&[]);
            change(&mut case);
            let variant = Expect::Variant(NONE);
            assert_eq!(judged_by(&case, &variant), Ok(("fail", 0.0)), "{name}");
            let outcome = outcome(&case, &variant).unwrap();
            assert_eq!(outcome.details().unwrap().calls.as_deref().unwrap(), calls, "{name}");
        }
    }

    #[test]
    fn an_eligible_role_gives_it_nothing_and_is_shown() {
        let mut case = robot(&[secret()]);
        case.eligible("robot", CRITICAL);
        case.service_owner("ana", "robot");
        assert_eq!(judged(&case), Ok(("info", 0.0)));
    }

    #[test]
    fn a_managed_identity_is_met_in_part() {
        for kind in ["ManagedIdentity", "managedidentity"] {
            let mut case = bare();
            service(&mut case).kind = Some(kind.into());
            case.active("robot", HIGH);
            let outcome = outcome(&case, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), "partial", "{kind}");
            assert_eq!(outcome.details().unwrap().observed, "permanent, a managed identity");
        }
    }

    #[test]
    fn applications_of_other_tenants_are_judged_as_far_as_can_be_seen() {
        const OTHER: Option<&str> = Some("0a0a0000-0000-4000-8000-00000000000a");
        const SERVICES: Option<&str> = Some("F8CDEF31-a31e-4b4a-93e4-5f571e91255a");
        const MICROSOFT: Option<&str> = Some("72f988bf-86f1-41af-91ab-2d7cd011db47");
        let unread = Err(GapKind::Incomplete);
        for (tenant, role, permanent, own, expected) in [
            (OTHER, HIGH, true, vec![], unread),
            (OTHER, HIGH, true, vec![secret()], Ok(("fail", 0.0))),
            (OTHER, HIGH, false, vec![], Ok(("partial", 0.75))),
            (OTHER, CRITICAL, false, vec![], unread),
            (None, HIGH, true, vec![], unread),
            (None, HIGH, false, vec![], Ok(("partial", 0.75))),
            (SERVICES, CRITICAL, true, vec![], Ok(("info", 0.0))),
            (MICROSOFT, HIGH, true, vec![certificate()], Ok(("info", 0.0))),
            // Somebody of this tenant gave it a secret: that is how it is misused.
            (SERVICES, HIGH, true, vec![secret()], Ok(("fail", 0.0))),
        ] {
            let mut case = bare();
            let service = service(&mut case);
            service.owner_organization = tenant.map(Into::into);
            service.credentials = Some(own.clone());
            if permanent {
                case.active("robot", role);
            } else {
                until(&mut case, role);
            }
            assert_eq!(judged(&case), expected, "{tenant:?} {role} {permanent} {own:?}");
        }
        let mut legacy = bare();
        service(&mut legacy).kind = Some("Legacy".into());
        legacy.active("robot", HIGH);
        assert_eq!(judged(&legacy), Ok(("partial", 0.5)), "it is its own application");
    }

    #[test]
    fn entra_connect_passes_with_its_own_role_only() {
        let connect = "ConnectSyncProvisioning_SYNC01_0123456789ab";
        for (name, credentials, more, expected) in [
            (connect, vec![certificate()], None, ("pass", 1.0)),
            ("connectsyncprovisioning_sync01", vec![certificate()], None, ("pass", 1.0)),
            ("Sync helper", vec![certificate()], None, ("partial", 0.5)),
            (connect, vec![secret()], None, ("fail", 0.0)),
            (connect, vec![certificate()], Some(HIGH), ("partial", 0.5)),
        ] {
            let mut case = robot(&credentials);
            let Collected::Complete(roles) = &mut case.tenant.roles else { panic!() };
            roles.get_mut(&RoleId::new(SYNC_ROLES[0])).unwrap().privileged = Ok(true);
            let Collected::Complete(principals) = &mut case.tenant.principals else { panic!() };
            principals.get_mut(&PrincipalId::new("robot")).unwrap().name = name.into();
            case.active("robot", SYNC_ROLES[0]);
            if let Some(role) = more {
                case.active("robot", role);
            }
            assert_eq!(judged(&case), Ok(expected), "{name} {more:?}");
        }
    }

    #[test]
    fn roles_through_groups_count_and_the_end_of_a_membership_too() {
        let mut case = robot(&[secret()]);
        case.group("inner", &["robot"]);
        case.group("outer", &["inner"]);
        case.active("outer", HIGH);
        assert_eq!(judged(&case), Ok(("fail", 0.0)));
        assert_eq!(case.subjects(&CHECK), ["principal:robot"]);
        let mut case = robot(&[secret()]);
        case.group("team", &[]);
        case.onboard("team");
        let membership = case.group_active("robot", "team", GroupAccess::Member);
        membership.end = Some(END.parse().unwrap());
        case.active("team", HIGH);
        assert_eq!(judged(&case), Ok(("partial", 0.75)));
    }

    #[test]
    fn what_is_not_known_leaves_it_open_unless_a_failure_is_proven() {
        type Change = fn(&mut Case);
        let changes: [(&str, Change, GapKind); 7] = [
            (
                "active in part",
                |case| {
                    let known = case.tenant.active.at_least().unwrap().clone();
                    let gap = Gap::of(Dataset::RoleAssignments, GapKind::Failed, "503");
                    case.tenant.active = Collected::Partial(known, gap);
                },
                GapKind::Failed,
            ),
            (
                "another group with the role is closed",
                |case| {
                    case.unreadable_group("closed");
                    case.active("closed", CRITICAL);
                },
                GapKind::PermissionDenied,
            ),
            (
                "type not read",
                |case| case.active("robot", HIGH).hold = Hold::ActiveOfUnknownType,
                GapKind::Incomplete,
            ),
            (
                "own credentials not read",
                |case| service(case).credentials = None,
                GapKind::Incomplete,
            ),
            (
                "application not read",
                |case| case.missing(Dataset::Applications),
                GapKind::PermissionDenied,
            ),
            (
                "owners not read",
                |case| case.missing(Dataset::ServicePrincipalOwners),
                GapKind::PermissionDenied,
            ),
            (
                "owners in part",
                |case| {
                    let gap = Gap::of(Dataset::ApplicationOwners, GapKind::Incomplete, "page 2");
                    case.application("robot").owners.gap = Some(gap);
                },
                GapKind::Incomplete,
            ),
        ];
        for (name, change, expected) in changes {
            let mut case = robot(&[]);
            case.active("robot", CRITICAL);
            change(&mut case);
            assert_eq!(judged(&case), Err(expected), "{name}");
            let mut failing = robot(&[]);
            service(&mut failing).credentials = Some(vec![secret()]);
            failing.active("robot", CRITICAL);
            change(&mut failing);
            if name != "own credentials not read" {
                assert_eq!(judged(&failing), Ok(("fail", 0.0)), "{name}");
            }
        }
    }

    #[test]
    fn eligibilities_that_were_not_read_matter_only_where_nothing_else_is_known() {
        let mut case = robot(&[certificate()]);
        case.missing(Dataset::RoleEligibilityScheduleInstances);
        assert_eq!(judged(&case), Err(GapKind::PermissionDenied));
        case.active("robot", HIGH);
        assert_eq!(judged(&case), Ok(("partial", 0.5)));
    }

    #[test]
    fn users_and_what_holds_nothing_are_not_judged_here() {
        let mut case = robot(&[secret()]);
        case.user("ana");
        case.group("admins", &[]);
        case.absent("gone");
        for id in ["ana", "admins", "gone", "robot"] {
            let outcome = case.judge_principal(&CHECK, id, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), "not-applicable", "{id}");
        }
        case.hidden("shadow");
        let gap = case.judge_principal(&CHECK, "shadow", &Expect::Required).unwrap_err();
        assert_eq!(gap.kind, GapKind::PermissionDenied);
    }
}
