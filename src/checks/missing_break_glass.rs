//! `missing-break-glass`: two accounts for the day on which no other one gets in.

use super::licensed::{Licence, skipped};
use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant, counted, only_basic_properties};
use crate::facts::emergency::unknown_state;
use crate::facts::{BreakGlass, Facts, How, Path};
use crate::model::{
    Class, ConditionalAccessPolicy, Dataset, Evidence, Gap, GapKind, Grant, Outcome, PolicyState,
    PrincipalId, PrincipalKindFacts, Registration, RoleId, RowId, roles,
};
use std::collections::{BTreeMap, BTreeSet};

/// The check.
pub static CHECK: Check = Check {
    id: "missing-break-glass",
    title: "No two working break-glass accounts",
    what: "Counts the break-glass accounts declared in the organisation file that are found, are enabled \
        users, and are themselves permanent Global Administrators of the whole tenant. Two pass, more are \
        met in part. Accounts that only look like break-glass accounts are proposed and never counted. \
        A rule may count accounts by their traits instead, declared or not.",
    why: "When Conditional Access, the second factor or an approval breaks, nobody else can let you back \
        in. One account can break too, so there are two.",
    fix: Fix {
        portal: "Users > New user (cloud only, on the .onmicrosoft.com domain); then Privileged Identity \
            Management > Microsoft Entra roles > Global Administrator > Add assignments > Active, \
            permanently; then declare both under break_glass in the organisation file",
        graph: &["POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
            {\"action\":\"adminAssign\",\"principalId\":\"{principal}\",\
            \"roleDefinitionId\":\"62e90394-69f5-4237-9190-012177145e10\",\"directoryScopeId\":\"/\",\
            \"justification\":\"break-glass account\",\
            \"scheduleInfo\":{\"expiration\":{\"type\":\"noExpiration\"}}}"],
    },
    references: &[
        "CIS Microsoft 365 Foundations 7.0.0: 1.1.2",
        "Zero Trust Assessment 21835",
        "Microsoft Entra emergency access accounts",
        "Microsoft cloud security benchmark PA-5",
        "PIM concept and setup: dedicated Global Administrators, break-glass excepted",
    ],
    subjects: Subjects::Tenant,
    needs: &[
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::Principals,
        Dataset::ConditionalAccessPolicies,
        Dataset::GroupMembers,
        Dataset::RegistrationDetails,
        Dataset::SubscribedSkus,
    ],
    variants: &[Variant {
        name: ZERO_TRUST,
        meaning: "accounts count by their traits, declared or not: assigned Global Administrators, \
            directly or as direct members of a group, who are not synchronised, have nothing but FIDO2 \
            keys, passkeys or certificates beside the password and security questions, and are reached by no \
            Conditional Access policy in force, by name, by a group they are in or by a role they are \
            themselves assigned; without Entra ID P1 nothing is said",
    }],
    expect: ExpectShape::Required,
    waivable: false,
    judge,
};

/// Zero Trust Assessment 21835.
const ZERO_TRUST: &str = "zero-trust";
const EXPECTED_BY_TRAITS: &str = "two accounts with the traits of an emergency account";
const EXPECTED: &str = "two declared, enabled break-glass accounts, permanent Global Administrators of the whole tenant";
/// More than two work, but each is one more standing Global Administrator.
const TOO_MANY: f64 = 0.75;
/// One account is better than none, and still a single point of failure.
const ONLY_ONE: f64 = 0.25;
/// More rows than this help nobody; the inventory has them all.
const SHOWN: usize = 10;

/// What becomes of one declared account.
enum Account<'a> {
    Usable(&'a Grant),
    Unusable(String),
}

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    if expect.is_variant(ZERO_TRUST) {
        return by_traits(facts);
    }
    let declared = facts.break_glass();
    if declared.is_empty() {
        return undeclared(facts);
    }
    // An account that is declared twice, by name and by id, is one.
    let mut usable: BTreeMap<&PrincipalId, &Grant> = BTreeMap::new();
    let mut unusable = Vec::new();
    let mut unknown = None;
    for account in declared {
        match state(facts, account) {
            Ok(Account::Usable(grant)) => {
                usable.insert(&grant.principal, grant);
            }
            Ok(Account::Unusable(reason)) => {
                unusable.push(format!("{} does not count: {reason}", account.declared));
            }
            Err(gap) => {
                unknown.get_or_insert(gap);
            }
        }
    }
    let count = usable.len();
    let accounts = counted(declared.len(), "declared account", "declared accounts");
    let observed = format!("{count} of {accounts} {}", if count == 1 { "works" } else { "work" });
    let outcome = match (count, unknown) {
        (3.., _) => Outcome::partial(TOO_MANY, observed, EXPECTED),
        (_, Some(gap)) => return Err(gap),
        (2, None) => Outcome::pass(observed, EXPECTED),
        (1, None) => Outcome::fail_with_credit(ONLY_ONE, observed, EXPECTED),
        (0, None) => Outcome::fail(observed, EXPECTED),
    };
    let mut outcome =
        outcome.measure("declared", declared.len() as f64).measure("usable", count as f64);
    for reason in unusable {
        outcome = outcome.note(reason);
    }
    for account in declared {
        if let Some(id) = &account.principal {
            let row = RowId::from(id);
            let name = account.declared.clone();
            outcome = outcome.evidence(Evidence::new(Dataset::Principals, &row, "id", name));
        }
    }
    Ok(shown(outcome, usable.into_values()))
}

fn state<'a>(facts: &Facts<'_, 'a>, account: &BreakGlass) -> Result<Account<'a>, Gap> {
    let unusable = |reason: &str| Ok(Account::Unusable(reason.to_owned()));
    let Some(id) = &account.principal else {
        every_holder_is_known(facts)?;
        return unusable("it is not among those who hold a role");
    };
    let principal = facts.principal_by_id(id)?;
    match &principal.kind {
        PrincipalKindFacts::User(user) => match user.enabled {
            Some(true) => {}
            Some(false) => return unusable("it is disabled"),
            None => {
                return Err(Gap::of(
                    Dataset::Principals,
                    GapKind::Incomplete,
                    format!("whether {} is enabled is not known", account.declared),
                ));
            }
        },
        PrincipalKindFacts::Absent => return unusable("it is deleted, or of another tenant"),
        PrincipalKindFacts::Group(_)
        | PrincipalKindFacts::ServicePrincipal(_)
        | PrincipalKindFacts::Other(_)
        | PrincipalKindFacts::Hidden => {
            return unusable(&format!("it is a {}, not a user", principal.kind_name()));
        }
    }
    let held: Vec<&'a Grant> =
        global_administrators(facts).into_iter().filter(|grant| grant.principal == *id).collect();
    if let Some(grant) = held.iter().copied().find(|grant| grant.class() == Class::Permanent) {
        return Ok(Account::Usable(grant));
    }
    every_type_is_known(facts, &held)?;
    unusable("it is not itself permanent Global Administrator of the whole tenant")
}

/// Accounts with the traits of an emergency account, declared or not.
fn by_traits(facts: &Facts) -> Result<Outcome, Gap> {
    if let Some(skipped) = skipped(facts, &[Licence::EntraP1])? {
        return Ok(skipped);
    }
    let holders = facts.direct_holders(&RoleId::new(roles::GLOBAL_ADMINISTRATOR));
    // Who is only eligible has none of the traits anyway.
    let of_eligible = Some(Dataset::RoleEligibilityScheduleInstances);
    let mut unread = holders.gaps.iter().find(|gap| gap.dataset != of_eligible).cloned();
    let mut found: BTreeMap<&PrincipalId, &Grant> = BTreeMap::new();
    for (id, paths) in &holders.people {
        match (has_traits(facts, id), assigned(facts, id, paths)) {
            (Ok(false), _) | (_, Ok(None)) => {}
            (Ok(true), Ok(Some(grant))) => {
                found.insert(id, grant);
            }
            (Err(gap), _) | (_, Err(gap)) => {
                unread.get_or_insert(gap);
            }
        }
    }
    let count = found.len();
    let observed = counted(count, "such account", "such accounts");
    let outcome = match (count, unread) {
        (3.., _) => Outcome::partial(TOO_MANY, observed, EXPECTED_BY_TRAITS)
            .note("whether so many are needed is to be investigated"),
        (_, Some(gap)) => return Err(gap),
        (2, None) => Outcome::pass(observed, EXPECTED_BY_TRAITS),
        (0 | 1, None) => Outcome::fail(observed, EXPECTED_BY_TRAITS),
    };
    let mut outcome = outcome.measure("usable", count as f64);
    let names = found.keys().map(|&id| id.clone()).collect();
    if count > 0 {
        outcome = outcome.note(format!("with these traits: {}", facts.names_of(&names)));
    }
    for account in facts.break_glass() {
        if account.principal.as_ref().is_none_or(|id| !found.contains_key(id)) {
            let declared = &account.declared;
            outcome = outcome.note(format!("{declared} is declared and lacks one of the traits"));
        }
    }
    Ok(shown(outcome, found.into_values()))
}

/// The assignment by which somebody holds the role, with an end or without.
fn assigned<'a>(
    facts: &Facts,
    id: &PrincipalId,
    paths: &[Path<'a>],
) -> Result<Option<&'a Grant>, Gap> {
    let grants = paths.iter().map(|path| path.grant);
    if let Some(grant) = grants.clone().find(|grant| grant.is_standing()) {
        return Ok(Some(grant));
    }
    if grants.map(Grant::class).any(|class| class == Class::Unknown) {
        return Err(untold(facts, id));
    }
    Ok(None)
}

/// One trait that is missing is proof, whatever was not read of the others.
fn has_traits(facts: &Facts, id: &PrincipalId) -> Result<bool, Gap> {
    let principal = facts.principal_by_id(id)?;
    let Some(user) = principal.user() else { return Ok(false) };
    let in_cloud = match (user.synced, user.enabled) {
        (Some(true), _) => Ok(false),
        (Some(false) | None, Some(_)) => Ok(true),
        (Some(false) | None, None) => Err(only_basic_properties(principal)),
    };
    let registered: Result<&Registration, Gap> = facts.registration(id).and_then(|found| {
        found.ok_or_else(|| {
            Gap::of(
                Dataset::RegistrationDetails,
                GapKind::Incomplete,
                format!("{} is not in the registration report", principal.sign_in_name()),
            )
        })
    });
    let traits = [in_cloud, registered.map(has_only_keys), is_out_of_all(facts, id)];
    if traits.contains(&Ok(false)) {
        return Ok(false);
    }
    traits.into_iter().find_map(Result::err).map_or(Ok(true), Err)
}

/// As the list of an account's methods has them: a synchronised passkey is a FIDO2 key there as well,
/// and a security question is no method.
fn has_only_keys(registration: &Registration) -> bool {
    const KEYS: [&str; 3] = ["fido2", "passkey", "x509certificate"];
    let methods = registration.methods.iter().map(|it| it.to_ascii_lowercase());
    let methods: Vec<String> =
        methods.filter(|it| !["password", "securityquestion"].contains(&it.as_str())).collect();
    !methods.is_empty() && methods.iter().all(|it| KEYS.iter().any(|key| it.starts_with(key)))
}

/// Whether no policy in force reaches this account as it stands, without any activation.
fn is_out_of_all(facts: &Facts, id: &PrincipalId) -> Result<bool, Gap> {
    let mut unread = None;
    for policy in facts.conditional_access()? {
        match (&policy.state, reaches(facts, policy, id)) {
            (PolicyState::Disabled | PolicyState::ReportOnly, _)
            | (PolicyState::Enabled | PolicyState::Unknown(_), Ok(false)) => {}
            (PolicyState::Enabled, Ok(true)) => return Ok(false),
            (PolicyState::Unknown(state), Ok(true)) => {
                unread.get_or_insert_with(|| unknown_state(policy, state));
            }
            (PolicyState::Enabled | PolicyState::Unknown(_), Err(gap)) => {
                unread.get_or_insert(gap);
            }
        }
    }
    unread.map_or(Ok(true), Err)
}

fn reaches(facts: &Facts, policy: &ConditionalAccessPolicy, id: &PrincipalId) -> Result<bool, Gap> {
    let users = &policy.users;
    let is_one = |named: bool, groups, roles| {
        if named { Ok(true) } else { is_in(facts, id, groups, roles) }
    };
    let included = users.all || users.include_users.contains(id);
    let excluded = users.exclude_users.contains(id);
    match (
        is_one(included, &users.include_groups, &users.include_roles),
        is_one(excluded, &users.exclude_groups, &users.exclude_roles),
    ) {
        (Ok(false), _) | (_, Ok(true)) => Ok(false),
        (Ok(true), Ok(false)) => Ok(true),
        (Err(gap), _) | (_, Err(gap)) => Err(gap),
    }
}

/// Whether the account is in one of these groups, to any depth, or itself assigned one of these roles.
fn is_in(
    facts: &Facts,
    id: &PrincipalId,
    groups: &BTreeSet<PrincipalId>,
    roles: &BTreeSet<RoleId>,
) -> Result<bool, Gap> {
    let mut unread = None;
    for role in roles {
        let grants = facts.active_of(role);
        let own = grants.iter().filter(|it| it.principal == *id && it.within.is_tenant());
        let own: Vec<Class> = own.map(|grant| grant.class()).collect();
        if own.iter().any(|class| class.is_standing()) {
            return Ok(true);
        }
        let gap = own.contains(&Class::Unknown).then(|| untold(facts, id));
        unread = unread.or(gap).or_else(|| facts.active().err());
    }
    // Who is only eligible for a group is in it for nobody.
    let of_eligible = Some(Dataset::GroupEligibilityScheduleInstances);
    for group in groups {
        let members = facts.members_of(group);
        let chains = members.members.get(id).map(Vec::as_slice).unwrap_or_default();
        if chains.iter().any(|chain| chain.all(|hop| hop.how.is_standing())) {
            return Ok(true);
        }
        let is_untold = chains.iter().any(|chain| {
            chain.any(|hop| hop.how == How::Unknown) && !chain.any(|hop| hop.how.is_gated())
        });
        let gap = members.gaps.iter().find(|gap| gap.dataset != of_eligible).cloned();
        unread = unread.or(gap).or_else(|| is_untold.then(|| untold(facts, id)));
    }
    unread.map_or(Ok(false), Err)
}

fn untold(facts: &Facts, id: &PrincipalId) -> Gap {
    Gap::of(
        Dataset::RoleAssignmentScheduleInstances,
        GapKind::Incomplete,
        format!("whether {} is assigned or activated is not known", facts.name_of(id)),
    )
}

/// Nothing is declared: candidates are proposed, and only their proven absence fails.
fn undeclared(facts: &Facts) -> Result<Outcome, Gap> {
    let candidates: Vec<String> = facts
        .break_glass_candidates()
        .iter()
        .map(|(id, reason)| format!("{} ({reason})", facts.name_of(id)))
        .collect();
    if !candidates.is_empty() {
        let names = candidates.join(", ");
        return Err(Gap::new(
            GapKind::NotDeclared,
            format!("no break-glass account is declared; candidates: {names}"),
        ));
    }
    every_holder_is_known(facts)?;
    let outcome = Outcome::fail("none declared, and no account looks like one", EXPECTED)
        .measure("declared", 0.0)
        .measure("usable", 0.0);
    Ok(shown(outcome, global_administrators(facts).into_iter()))
}

/// Active grants of Global Administrator for the whole tenant.
fn global_administrators<'a>(facts: &Facts<'_, 'a>) -> Vec<&'a Grant> {
    let mut grants = facts.active_of(&RoleId::new(roles::GLOBAL_ADMINISTRATOR));
    grants.retain(|grant| grant.within.is_tenant());
    grants
}

fn every_holder_is_known(facts: &Facts) -> Result<(), Gap> {
    let grants = global_administrators(facts);
    every_type_is_known(facts, &grants)?;
    for grant in grants {
        facts.principal_by_id(&grant.principal)?;
    }
    Ok(())
}

fn every_type_is_known(facts: &Facts, grants: &[&Grant]) -> Result<(), Gap> {
    facts.active()?;
    match grants.iter().find(|grant| grant.class() == Class::Unknown) {
        None => Ok(()),
        Some(grant) => Err(Gap::of(
            Dataset::RoleAssignmentScheduleInstances,
            GapKind::Incomplete,
            format!("whether {} is assigned or activated is not known", grant.provenance.id),
        )),
    }
}

fn shown<'a>(mut outcome: Outcome, grants: impl Iterator<Item = &'a Grant>) -> Outcome {
    for grant in grants.take(SHOWN) {
        let row = &grant.provenance;
        let end = grant.end.map_or_else(|| "null".to_owned(), |end| end.to_string());
        outcome = outcome.evidence(Evidence::new(row.dataset, &row.id, "endDateTime", end));
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::licensed::P1_PLAN;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, SECURITY_ADMINISTRATOR};
    use crate::model::{Collected, GroupAccess, Hold, Scope, UserConditions};

    /// So many declared accounts that work.
    fn with(count: usize) -> Case {
        let mut case = Case::new();
        for number in 1..=count {
            let name = format!("bg{number}");
            case.user(&name);
            case.active(&name, GLOBAL_ADMINISTRATOR);
            case.organisation.break_glass.push(format!("{name}@contoso.example"));
        }
        case
    }

    fn judged(case: &Case) -> Result<&'static str, GapKind> {
        let outcome = case.judge_tenant(&CHECK, &Expect::Required);
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    fn partial(case: &mut Case) {
        let known = case.tenant.active.at_least().unwrap().clone();
        let gap = Gap::of(Dataset::RoleAssignments, GapKind::PermissionDenied, "403");
        case.tenant.active = Collected::Partial(known, gap);
    }

    #[test]
    fn two_are_as_it_should_be() {
        for (count, name, credit) in
            [(1, "fail", 0.25), (2, "pass", 1.0), (3, "partial", 0.75), (4, "partial", 0.75)]
        {
            let outcome = with(count).judge_tenant(&CHECK, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), name, "{count} accounts");
            let Outcome::Judged { credit: given, details, .. } = outcome else { panic!() };
            assert_eq!(given, credit, "{count} accounts");
            assert_eq!(details.evidence.len(), 2 * count);
        }
        for (count, expected) in
            [(1, "1 of 1 declared account works"), (2, "2 of 2 declared accounts work")]
        {
            let outcome = with(count).judge_tenant(&CHECK, &Expect::Required).unwrap();
            assert_eq!(outcome.details().unwrap().observed, expected);
        }
    }

    #[test]
    fn what_cannot_be_used_does_not_count_and_is_named() {
        type Change = fn(&mut Case);
        let changes: [(&str, Change); 7] = [
            ("disabled", |case| case.user("bg2").enabled = Some(false)),
            ("deleted", |case| case.absent("bg2")),
            ("service principal", |case| {
                case.service("bg2");
            }),
            ("group", |case| case.group("bg2", &[])),
            ("eligible only", |case| {
                case.user("bg3");
                case.eligible("bg3", GLOBAL_ADMINISTRATOR);
                case.organisation.break_glass[1] = "bg3".to_owned();
            }),
            ("another role", |case| {
                case.user("bg3");
                case.active("bg3", SECURITY_ADMINISTRATOR);
                case.organisation.break_glass[1] = "bg3".to_owned();
            }),
            ("nobody knows it", |case| {
                case.organisation.break_glass[1] = "typo@contoso.example".to_owned();
            }),
        ];
        for (name, change) in changes {
            let mut case = with(2);
            case.organisation.break_glass[1] = "bg2".to_owned();
            change(&mut case);
            let outcome = case.judge_tenant(&CHECK, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), "fail", "{name}");
            let details = outcome.details().unwrap();
            assert_eq!(details.measures, [("declared", 2.0), ("usable", 1.0)], "{name}");
            assert!(details.notes[0].starts_with(&case.organisation.break_glass[1]), "{name}");
        }
    }

    #[test]
    fn permanent_and_tenant_wide_is_asked_of_the_account_itself() {
        let end = Some("2026-12-01T00:00:00Z");
        let unit = Scope::AdministrativeUnit("au".into());
        for (hold, end, within) in [
            (Hold::Assigned, end, Scope::Tenant),
            (Hold::Activated, end, Scope::Tenant),
            (Hold::Assigned, None, unit),
        ] {
            let mut case = with(1);
            case.user("bg2");
            case.organisation.break_glass.push("bg2".to_owned());
            let grant = case.active("bg2", GLOBAL_ADMINISTRATOR);
            grant.hold = hold;
            grant.end = end.map(|end| end.parse().unwrap());
            grant.within = within;
            assert_eq!(judged(&case), Ok("fail"), "{hold:?} {end:?}");
        }
        let mut through_group = with(1);
        through_group.user("bg2");
        through_group.group("emergency", &["bg2"]);
        through_group.active("emergency", GLOBAL_ADMINISTRATOR);
        through_group.organisation.break_glass.push("bg2".to_owned());
        assert_eq!(judged(&through_group), Ok("fail"));
    }

    #[test]
    fn one_account_declared_twice_is_one() {
        let mut case = with(1);
        case.organisation.break_glass.push("BG1".to_owned());
        assert_eq!(judged(&case), Ok("fail"));
    }

    #[test]
    fn without_a_declaration_candidates_are_proposed_and_excuse_nothing() {
        let mut case = Case::new();
        case.user("ana");
        case.active("ana", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&case), Ok("fail"));
        case.user("safe").principal_name = Some("safe@contoso.onmicrosoft.example".into());
        case.active("safe", GLOBAL_ADMINISTRATOR);
        let gap = case.judge_tenant(&CHECK, &Expect::Required).unwrap_err();
        assert_eq!(gap.kind, GapKind::NotDeclared);
        assert!(gap.detail.contains("safe@contoso.onmicrosoft.example"), "{gap}");
    }

    #[test]
    fn absence_is_only_proven_by_what_was_read_whole() {
        let mut undeclared = Case::new();
        undeclared.user("ana");
        undeclared.active("ana", GLOBAL_ADMINISTRATOR);
        let mut unfound = with(1);
        unfound.organisation.break_glass.push("bg9@contoso.example".to_owned());
        let mut not_held = with(1);
        not_held.user("bg2");
        not_held.organisation.break_glass.push("bg2".to_owned());
        for mut case in [Case::new(), undeclared, unfound, not_held] {
            partial(&mut case);
            assert_eq!(judged(&case), Err(GapKind::PermissionDenied));
        }
        let mut hidden = with(1);
        hidden.hidden("shadow");
        hidden.active("shadow", GLOBAL_ADMINISTRATOR);
        hidden.organisation.break_glass.push("bg2@contoso.example".to_owned());
        assert_eq!(judged(&hidden), Err(GapKind::PermissionDenied));
        let mut untyped = with(2);
        untyped.active("bg3", GLOBAL_ADMINISTRATOR).hold = Hold::ActiveOfUnknownType;
        untyped.user("bg3");
        untyped.organisation.break_glass.push("bg3".to_owned());
        assert_eq!(judged(&untyped), Err(GapKind::Incomplete));
        let mut principals = with(2);
        principals.tenant.principals =
            Collected::Missing(Gap::of(Dataset::Principals, GapKind::Failed, "503"));
        assert_eq!(judged(&principals), Err(GapKind::Failed));
    }

    #[test]
    fn what_was_found_stays_proven_in_a_list_in_part() {
        for (count, expected) in [(2, Ok("pass")), (3, Ok("partial"))] {
            let mut case = with(count);
            partial(&mut case);
            assert_eq!(judged(&case), expected, "{count} accounts");
        }
    }

    /// So many accounts with all of the traits, none declared, and a policy that leaves them out.
    fn with_traits(count: usize) -> Case {
        let mut case = with(count);
        case.organisation.break_glass.clear();
        for number in 1..=count {
            case.registered(&format!("bg{number}"), &["fido2SecurityKey"]);
        }
        let names = (1..=count).map(|number| PrincipalId::new(&format!("bg{number}")));
        case.conditional_access(ConditionalAccessPolicy {
            id: "p1".into(),
            name: "MFA for all".into(),
            state: PolicyState::Enabled,
            users: UserConditions {
                all: true,
                exclude_users: names.collect(),
                ..UserConditions::default()
            },
            ..ConditionalAccessPolicy::default()
        });
        case
    }

    fn judged_by_traits(case: &Case) -> Result<&'static str, GapKind> {
        let outcome = case.judge_tenant(&CHECK, &Expect::Variant(ZERO_TRUST));
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    #[test]
    fn by_traits_nothing_is_said_without_entra_id_p1() {
        let mut case = with_traits(2);
        case.without_plan(P1_PLAN);
        assert_eq!(judged_by_traits(&case), Ok("not-applicable"));
        let mut case = with(2);
        case.without_plan(P1_PLAN);
        assert_eq!(judged(&case), Ok("pass"));
    }

    #[test]
    fn by_traits_two_pass_and_more_are_to_be_investigated() {
        for (count, expected) in
            [(0, "fail"), (1, "fail"), (2, "pass"), (3, "partial"), (4, "partial")]
        {
            let case = with_traits(count);
            assert_eq!(judged_by_traits(&case), Ok(expected), "{count}");
            let outcome = case.judge_tenant(&CHECK, &Expect::Variant(ZERO_TRUST)).unwrap();
            let Outcome::Judged { credit, .. } = outcome else { panic!() };
            assert!(expected != "fail" || credit == 0.0, "{count}: {credit}");
        }
    }

    #[test]
    fn by_traits_methods_are_those_of_the_account() {
        for (methods, expected) in [
            (&["fido2SecurityKey"][..], "pass"),
            (&["passKeyDeviceBound", "passKeyDeviceBoundAuthenticator"], "pass"),
            (&["passKeySynced"], "pass"),
            (&["x509CertificateMultiFactor"], "pass"),
            (&["fido2SecurityKey", "securityQuestion"], "pass"),
            (&["password", "fido2SecurityKey"], "pass"),
            (&["securityQuestion"], "fail"),
            (&["password"], "fail"),
            (&["windowsHelloForBusiness"], "fail"),
            (&["fido2SecurityKey", "email"], "fail"),
            (&["fido2SecurityKey", "microsoftAuthenticatorPush"], "fail"),
        ] {
            let mut case = with_traits(2);
            case.registered("bg2", methods);
            assert_eq!(judged_by_traits(&case), Ok(expected), "{methods:?}");
        }
    }

    #[test]
    fn by_traits_a_policy_reaches_who_is_in_a_group_or_assigned_a_role() {
        type Change = fn(&mut Case, &mut UserConditions);
        let changes: [(&str, Change, Result<&str, GapKind>); 14] = [
            (
                "a role it is assigned",
                |_, users| users.include_roles = [RoleId::new(GLOBAL_ADMINISTRATOR)].into(),
                Ok("fail"),
            ),
            (
                "a role its group is assigned",
                |case, users| {
                    case.tenant.active = Collected::Complete(Vec::new());
                    case.group("g", &["bg1", "bg2"]);
                    case.active("g", GLOBAL_ADMINISTRATOR);
                    users.include_roles = [RoleId::new(GLOBAL_ADMINISTRATOR)].into();
                },
                Ok("pass"),
            ),
            (
                "a role it is eligible for",
                |case, users| {
                    case.eligible("bg2", SECURITY_ADMINISTRATOR);
                    users.include_roles = [RoleId::new(SECURITY_ADMINISTRATOR)].into();
                },
                Ok("pass"),
            ),
            (
                "a role it is assigned in a unit",
                |case, users| {
                    case.active("bg2", SECURITY_ADMINISTRATOR).within =
                        Scope::AdministrativeUnit("au".into());
                    users.include_roles = [RoleId::new(SECURITY_ADMINISTRATOR)].into();
                },
                Ok("pass"),
            ),
            (
                "a role it may be assigned",
                |case, users| {
                    case.active("bg2", SECURITY_ADMINISTRATOR).hold = Hold::ActiveOfUnknownType;
                    users.include_roles = [RoleId::new(SECURITY_ADMINISTRATOR)].into();
                },
                Err(GapKind::Incomplete),
            ),
            (
                "a group it is in",
                |case, users| {
                    case.group("inner", &["bg2"]);
                    case.group("outer", &["inner"]);
                    users.include_groups = [PrincipalId::new("outer")].into();
                },
                Ok("fail"),
            ),
            (
                "a group it is eligible for",
                |case, users| {
                    case.group("g", &[]);
                    case.onboard("g");
                    case.group_eligible("bg2", "g", GroupAccess::Member);
                    users.include_groups = [PrincipalId::new("g")].into();
                },
                Ok("pass"),
            ),
            (
                "a group of others",
                |case, users| {
                    case.group("g", &[]);
                    users.include_groups = [PrincipalId::new("g")].into();
                },
                Ok("pass"),
            ),
            (
                "a group that was not read",
                |case, users| {
                    case.unreadable_group("g");
                    users.include_groups = [PrincipalId::new("g")].into();
                },
                Err(GapKind::PermissionDenied),
            ),
            (
                "a group that was not read, and the account is excluded",
                |case, users| {
                    case.unreadable_group("g");
                    users.include_groups = [PrincipalId::new("g")].into();
                    users.exclude_roles = [RoleId::new(GLOBAL_ADMINISTRATOR)].into();
                },
                Ok("pass"),
            ),
            (
                "all but a role it is assigned",
                |_, users| {
                    users.all = true;
                    users.exclude_roles = [RoleId::new(GLOBAL_ADMINISTRATOR)].into();
                },
                Ok("pass"),
            ),
            (
                "all but a role it is eligible for",
                |case, users| {
                    case.eligible("bg2", SECURITY_ADMINISTRATOR);
                    users.all = true;
                    users.exclude_roles = [RoleId::new(SECURITY_ADMINISTRATOR)].into();
                },
                Ok("fail"),
            ),
            (
                "all but a group it is in",
                |case, users| {
                    case.group("g", &["bg1", "bg2"]);
                    users.all = true;
                    users.exclude_groups = [PrincipalId::new("g")].into();
                },
                Ok("pass"),
            ),
            (
                "the account by name",
                |_, users| users.include_users = [PrincipalId::new("bg2")].into(),
                Ok("fail"),
            ),
        ];
        for (what, change, expected) in changes {
            let mut case = with_traits(2);
            let mut users = UserConditions::default();
            change(&mut case, &mut users);
            case.conditional_access(ConditionalAccessPolicy {
                id: "p2".into(),
                name: "For some".into(),
                state: PolicyState::Enabled,
                users,
                ..ConditionalAccessPolicy::default()
            });
            assert_eq!(judged_by_traits(&case), expected, "{what}");
        }
    }

    #[test]
    fn each_trait_is_needed_and_a_declaration_is_none() {
        type Change = fn(&mut Case);
        // Of two accounts bg2 changes: two pass, one fails.
        let changes: [(&str, Change, Result<&str, GapKind>); 15] = [
            ("nothing", |_| {}, Ok("pass")),
            ("synchronised", |case| case.user("bg2").synced = Some(true), Ok("fail")),
            ("once synchronised", |case| case.user("bg2").has_immutable_id = true, Ok("pass")),
            (
                "on its own domain",
                |case| case.user("bg2").principal_name = Some("bg2@contoso.example".into()),
                Ok("pass"),
            ),
            ("disabled", |case| case.user("bg2").enabled = Some(false), Ok("pass")),
            (
                "another method beside",
                |case| {
                    case.registered("bg2", &["fido2SecurityKey", "mobilePhone"]);
                },
                Ok("fail"),
            ),
            (
                "no method",
                |case| {
                    case.registered("bg2", &[]);
                },
                Ok("fail"),
            ),
            (
                "reached by a second policy",
                |case| {
                    let known = case.tenant.conditional_access.at_least().unwrap()[0].clone();
                    let users = UserConditions { all: true, ..UserConditions::default() };
                    case.conditional_access(ConditionalAccessPolicy { users, ..known });
                },
                Ok("fail"),
            ),
            (
                "assigned until a day",
                |case| {
                    case.tenant.active = Collected::Complete(Vec::new());
                    case.active("bg1", GLOBAL_ADMINISTRATOR);
                    case.active("bg2", GLOBAL_ADMINISTRATOR).end =
                        Some("2027-01-01T00:00:00Z".parse().unwrap());
                },
                Ok("pass"),
            ),
            (
                "only eligible",
                |case| {
                    case.tenant.active = Collected::Complete(Vec::new());
                    case.active("bg1", GLOBAL_ADMINISTRATOR);
                    case.eligible("bg2", GLOBAL_ADMINISTRATOR);
                },
                Ok("fail"),
            ),
            (
                "a member of a group",
                |case| {
                    case.tenant.active = Collected::Complete(Vec::new());
                    case.group("g", &["bg1", "bg2"]);
                    case.active("g", GLOBAL_ADMINISTRATOR);
                },
                Ok("pass"),
            ),
            (
                "a third is declared and has not the traits",
                |case| {
                    case.user("ana");
                    case.active("ana", GLOBAL_ADMINISTRATOR);
                    case.registered("ana", &["mobilePhone"]);
                    case.organisation.break_glass.push("ana".to_owned());
                },
                Ok("pass"),
            ),
            (
                "methods not read",
                |case| case.missing(Dataset::RegistrationDetails),
                Err(GapKind::PermissionDenied),
            ),
            (
                "methods not read, and both synchronised",
                |case| {
                    case.missing(Dataset::RegistrationDetails);
                    for name in ["bg1", "bg2"] {
                        case.user(name).synced = Some(true);
                    }
                },
                Ok("fail"),
            ),
            (
                "who is eligible not read",
                |case| case.missing(Dataset::RoleEligibilityScheduleInstances),
                Ok("pass"),
            ),
        ];
        for (what, change, expected) in changes {
            let mut case = with_traits(2);
            change(&mut case);
            assert_eq!(judged_by_traits(&case), expected, "{what}");
        }
    }

    #[test]
    fn an_account_that_policies_reach_is_no_candidate() {
        use crate::model::GrantControls;
        for (excluded, state, expected) in [
            (false, PolicyState::Enabled, 0),
            (true, PolicyState::Enabled, 1),
            (false, PolicyState::ReportOnly, 1),
        ] {
            let mut case = Case::new();
            for user in ["bg1", "ana"] {
                case.user(user);
                case.active(user, GLOBAL_ADMINISTRATOR);
            }
            case.user("bg1").principal_name = Some("bg1@contoso.onmicrosoft.example".into());
            let exclude_users =
                if excluded { [PrincipalId::new("bg1")].into() } else { Default::default() };
            case.conditional_access(ConditionalAccessPolicy {
                id: "p".into(),
                name: "MFA".into(),
                state: state.clone(),
                users: UserConditions { all: true, exclude_users, ..UserConditions::default() },
                all_applications: true,
                excludes_applications: false,
                contexts: Default::default(),
                narrowed: false,
                grant: Some(GrantControls { mfa: true, ..GrantControls::default() }),
            });
            let world = case.world();
            assert_eq!(world.break_glass_candidates().len(), expected, "{excluded} {state:?}");
        }
    }
}
