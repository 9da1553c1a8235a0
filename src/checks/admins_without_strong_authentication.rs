//! `admins-without-strong-authentication`: whether Conditional Access demands strong authentication
//! of everybody who holds a privileged role.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant, counted};
use crate::facts::Facts;
use crate::model::{
    AuthenticationStrength, ConditionalAccessPolicy, Dataset, Evidence, Gap, GapKind,
    GrantControls, Outcome, PolicyState, PrincipalId, RoleId, Tier,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The check.
pub static CHECK: Check = Check {
    id: "admins-without-strong-authentication",
    title: "Administrators sign in without strong authentication",
    what: "Looks for Conditional Access policies in force, for all applications, that cover every role of \
        tier critical or high in use, or all users. A phishing-resistant strength passes; MFA is met in \
        part, and so is a policy with exceptions other than break-glass accounts, or the security defaults. \
        Without such a policy for each of these roles it fails.",
    why: "An administrator's password alone must open nothing. A second factor that can be phished is \
        caught by the same false page as the password.",
    fix: Fix {
        portal: "Entra admin center > Protection > Conditional Access > Policies > New policy: Users: the \
            privileged roles, or all users, without the break-glass accounts; Target resources: all \
            resources; Grant: require authentication strength, phishing-resistant MFA; Enable policy: On. \
            Try it in report-only mode first",
        graph: &[
            "GET /v1.0/identity/conditionalAccess/policies",
            "POST /v1.0/identity/conditionalAccess/policies \
            {\"displayName\":\"Phishing-resistant MFA for administrators\",\"state\":\"enabled\",\
            \"conditions\":{\"users\":{\"includeRoles\":[\"<template id of each privileged role>\"],\
            \"excludeUsers\":[\"<id of each break-glass account>\"]},\
            \"applications\":{\"includeApplications\":[\"All\"]},\"clientAppTypes\":[\"all\"]},\
            \"grantControls\":{\"operator\":\"OR\",\"authenticationStrength\":\
            {\"id\":\"00000000-0000-0000-0000-000000000004\"}}}",
        ],
    },
    references: &[
        "CIS Microsoft 365 Foundations 7.0.0: 5.2.2.1",
        "CIS Microsoft 365 Foundations 7.0.0: 5.2.2.5",
        "Zero Trust Assessment 21783",
        "CISA SCuBA MS.AAD.3",
        "PIM concept and setup: MFA and Conditional Access",
    ],
    subjects: Subjects::Tenant,
    needs: &[
        Dataset::ConditionalAccessPolicies,
        Dataset::AuthenticationStrengths,
        Dataset::SecurityDefaults,
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::RoleDefinitions,
        Dataset::Principals,
        Dataset::GroupMembers,
    ],
    variants: &[Variant {
        name: MFA_IS_ENOUGH,
        meaning: "a policy with MFA or any authentication strength passes",
    }],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const MFA_IS_ENOUGH: &str = "mfa-is-enough";
/// More names than this help nobody.
const SHOWN: usize = 10;
/// Single methods that count as MFA, lower case; any other needs a second one beside it.
const MULTIFACTOR: [&str; 7] = [
    "windowshelloforbusiness",
    "fido2",
    "x509certificatemultifactor",
    "devicebasedpush",
    "temporaryaccesspassonetime",
    "temporaryaccesspassmultiuse",
    "federatedmultifactor",
];

/// How much of the expectation is met, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Nothing,
    /// Demanded, with exceptions; or by the security defaults.
    WithExceptions,
    /// A second factor, maybe one that can be phished.
    Mfa,
    Full,
}

/// What one policy demands of those it covers.
struct Demand<'a> {
    policy: &'a ConditionalAccessPolicy,
    /// What is proven.
    low: Level,
    /// What may be, if what was not read turns out well.
    high: Level,
    /// What was not read, where that makes a difference.
    gap: Option<Gap>,
    exceptions: Vec<String>,
}

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let mfa_is_enough = expect.is_variant(MFA_IS_ENOUGH);
    let policies = facts.conditional_access()?;
    let demands: Vec<Demand> = policies
        .iter()
        .filter_map(|policy| Demand::of(facts, policy, mfa_is_enough))
        .filter(|demand| demand.high > Level::Nothing)
        .collect();
    let roles = roles_in_use(facts);
    let (mut low, mut high) = match &roles {
        Ok(roles) => levels(&demands, roles),
        Err(_) => levels_of_any_roles(&demands),
    };
    let mut defaults = false;
    if low < Level::WithExceptions {
        match facts.security_defaults() {
            Ok(on) => defaults = on,
            // With a demand whose reach is not known either, the policies are what to read first.
            Err(gap) if high < Level::WithExceptions => return Err(gap),
            Err(_) => {}
        }
    }
    if defaults {
        low = low.max(Level::WithExceptions);
        high = high.max(Level::WithExceptions);
    }
    if low != high {
        let unread = demands
            .iter()
            .filter(|it| it.low < it.high)
            .find_map(|it| it.gap.clone())
            .or(roles.err());
        return Err(unread.unwrap_or_else(|| {
            Gap::new(GapKind::Incomplete, "what the policies demand is not known")
        }));
    }
    let outcome = in_words(facts, &demands, roles.as_ref().ok(), low, mfa_is_enough, defaults);
    Ok(described(policies, &demands, outcome))
}

/// Roles of tier critical or high that somebody holds or is eligible for.
fn roles_in_use(facts: &Facts) -> Result<BTreeSet<RoleId>, Gap> {
    let mut roles = facts.privileged_roles_in_use()?;
    roles.retain(|role| facts.role_by_id(role).tier >= Tier::High);
    if roles.is_empty() {
        return Err(Gap::of(
            Dataset::RoleAssignments,
            GapKind::ImpossiblyEmpty,
            "nobody holds a role of tier critical or high, which no working tenant is without",
        ));
    }
    Ok(roles)
}

/// What is proven, and what may be, of the role that is covered worst.
fn levels(demands: &[Demand], roles: &BTreeSet<RoleId>) -> (Level, Level) {
    roles
        .iter()
        .map(|role| levels_of(demands, role))
        .fold((Level::Full, Level::Full), |(low, high), (its_low, its_high)| {
            (low.min(its_low), high.min(its_high))
        })
}

fn levels_of(demands: &[Demand], role: &RoleId) -> (Level, Level) {
    best(demands.iter().filter(|demand| demand.covers(role)).map(|it| (it.low, it.high)))
}

/// The same while the roles in use are not known: a policy for all users reaches them all.
fn levels_of_any_roles(demands: &[Demand]) -> (Level, Level) {
    best(demands.iter().map(|demand| {
        let users = &demand.policy.users;
        let all = users.all && users.exclude_roles.is_empty();
        let some = users.all || !users.include_roles.is_empty();
        let or_nothing = |reached: bool, level| if reached { level } else { Level::Nothing };
        (or_nothing(all, demand.low), or_nothing(some, demand.high))
    }))
}

fn best(levels: impl Iterator<Item = (Level, Level)>) -> (Level, Level) {
    levels.fold((Level::Nothing, Level::Nothing), |(low, high), (its_low, its_high)| {
        (low.max(its_low), high.max(its_high))
    })
}

impl<'a> Demand<'a> {
    fn of(facts: &Facts, policy: &'a ConditionalAccessPolicy, mfa_is_enough: bool) -> Option<Self> {
        let unknown_state = match &policy.state {
            PolicyState::Enabled => None,
            PolicyState::Unknown(state) => Some(Gap::unreadable(
                Dataset::ConditionalAccessPolicies,
                format!("{} is in the unknown state {state}", policy.name),
            )),
            PolicyState::Disabled | PolicyState::ReportOnly => return None,
        };
        let grant = policy.grant.as_ref().filter(|_| policy.all_applications)?;
        let (mut low, mut high, mut gap) = demanded(facts, grant, mfa_is_enough);
        let (exceptions, unread) = exceptions(facts, policy);
        if !exceptions.is_empty() {
            (low, high) = (low.min(Level::WithExceptions), high.min(Level::WithExceptions));
        } else if let Some(unread) = unread {
            low = low.min(Level::WithExceptions);
            gap = gap.or(Some(unread));
        }
        if unknown_state.is_some() {
            low = Level::Nothing;
            gap = unknown_state;
        }
        Some(Self { policy, low, high, gap, exceptions })
    }

    fn covers(&self, role: &RoleId) -> bool {
        let users = &self.policy.users;
        (users.all || users.include_roles.contains(role)) && !users.exclude_roles.contains(role)
    }
}

/// What the controls of a policy demand, at least and at most, and what was not read of them.
fn demanded(
    facts: &Facts,
    grant: &GrantControls,
    mfa_is_enough: bool,
) -> (Level, Level, Option<Gap>) {
    let nothing = (Level::Nothing, Level::Nothing, None);
    // A policy that blocks demands nothing, and one control among several can be chosen.
    if grant.block || (!grant.all && !grant.others.is_empty()) {
        return nothing;
    }
    let mfa = if mfa_is_enough { Level::Full } else { Level::Mfa };
    let of_mfa = grant.mfa.then_some((mfa, mfa, None));
    let of_strength = grant.strength.as_deref().map(|id| {
        if mfa_is_enough {
            return (Level::Full, Level::Full, None);
        }
        match facts.strength(&id.to_ascii_lowercase()) {
            Ok(strength) => {
                let level = level_of(strength);
                (level, level, None)
            }
            Err(gap) => (Level::Nothing, Level::Full, Some(gap)),
        }
    });
    match (of_mfa, of_strength) {
        (None, None) => nothing,
        (Some(only), None) | (None, Some(only)) => only,
        (Some((low, high, _)), Some((its_low, its_high, gap))) if grant.all => {
            (low.max(its_low), high.max(its_high), gap)
        }
        (Some((low, high, _)), Some((its_low, its_high, gap))) => {
            (low.min(its_low), high.min(its_high), gap)
        }
    }
}

fn level_of(strength: &AuthenticationStrength) -> Level {
    let is_multifactor = |combination: &Arc<str>| {
        combination.contains(',')
            || MULTIFACTOR.iter().any(|method| combination.eq_ignore_ascii_case(method))
    };
    if strength.resists_phishing() {
        Level::Full
    } else if !strength.combinations.is_empty() && strength.combinations.iter().all(is_multifactor)
    {
        Level::Mfa
    } else {
        Level::Nothing
    }
}

/// What a policy leaves out, in words, and why there may be more.
fn exceptions(facts: &Facts, policy: &ConditionalAccessPolicy) -> (Vec<String>, Option<Gap>) {
    let users = &policy.users;
    let mut unread = None;
    let mut people: BTreeSet<&PrincipalId> = users.exclude_users.iter().collect();
    let groups: Vec<_> = users.exclude_groups.iter().map(|id| facts.members_of(id)).collect();
    for group in &groups {
        people.extend(group.members.keys());
        unread = unread.or_else(|| group.gaps.first().cloned());
    }
    let mut names: Vec<Arc<str>> = Vec::new();
    for id in people {
        match is_break_glass(facts, id) {
            Ok(true) => {}
            Ok(false) => names.push(facts.name_of(id)),
            Err(gap) => {
                unread.get_or_insert(gap);
            }
        }
    }
    names.sort();
    let count = counted(names.len(), "other account", "other accounts");
    names.truncate(SHOWN);
    let excluded = (!names.is_empty())
        .then(|| format!("excludes {count} than break-glass: {}", names.join(", ")));
    let found = [
        excluded,
        (!users.exclude_roles.is_empty()).then(|| "excludes holders of a role".to_owned()),
        users.excludes_guests.then(|| "excludes guests".to_owned()),
        policy.excludes_applications.then(|| "excludes applications".to_owned()),
        policy.narrowed.then(|| "holds under further conditions only".to_owned()),
    ];
    (found.into_iter().flatten().collect(), unread)
}

/// Whether this is a declared break-glass account. A declared account that was not found may be any
/// that is not known.
fn is_break_glass(facts: &Facts, id: &PrincipalId) -> Result<bool, Gap> {
    if facts.is_break_glass(id) {
        return Ok(true);
    }
    if facts.break_glass().iter().any(|account| account.principal.is_none()) {
        facts.principal_by_id(id)?;
    }
    Ok(false)
}

fn in_words(
    facts: &Facts,
    demands: &[Demand],
    roles: Option<&BTreeSet<RoleId>>,
    level: Level,
    mfa_is_enough: bool,
    defaults: bool,
) -> Outcome {
    let (expected, full) = if mfa_is_enough {
        ("MFA demanded of every administrator, for all applications", "MFA demanded")
    } else {
        (
            "phishing-resistant methods demanded of every administrator, for all applications",
            "phishing-resistant methods demanded",
        )
    };
    match level {
        Level::Full => Outcome::pass(full, expected),
        Level::Mfa => {
            Outcome::partial(0.75, "MFA demanded, also by methods that can be phished", expected)
        }
        Level::WithExceptions if defaults => {
            let id = Arc::from("identitySecurityDefaultsEnforcementPolicy");
            Outcome::partial(0.5, "MFA for administrators by the security defaults", expected)
                .evidence(Evidence::new(Dataset::SecurityDefaults, &id, "isEnabled", "true"))
        }
        Level::WithExceptions => Outcome::partial(0.5, "demanded, with exceptions", expected),
        Level::Nothing => {
            let all: Vec<&RoleId> = roles.into_iter().flatten().collect();
            let open: Vec<Arc<str>> = all
                .iter()
                .filter(|role| levels_of(demands, role).1 == Level::Nothing)
                .map(|role| facts.role_by_id(role).name)
                .collect();
            if demands.is_empty() || open.is_empty() {
                return Outcome::fail("no policy in force demands it", expected);
            }
            let roles = counted(all.len(), "role", "roles");
            let names: Vec<&str> = open.iter().take(SHOWN).map(|name| &**name).collect();
            Outcome::fail(format!("not demanded for {} of {roles} in use", open.len()), expected)
                .note(format!("left out: {}", names.join(", ")))
        }
    }
}

/// Adds the policies that demand something, and those that would if they were in force.
fn described(
    policies: &[ConditionalAccessPolicy],
    demands: &[Demand],
    outcome: Outcome,
) -> Outcome {
    let mut outcome = outcome.measure("policies", demands.len() as f64);
    for Demand { policy, exceptions, .. } in demands.iter().take(SHOWN) {
        let asked = policy.grant.as_ref().map(controls).unwrap_or_default();
        let value = format!("{}: {asked}", policy.name);
        outcome = outcome
            .maybe_note(
                (!exceptions.is_empty())
                    .then(|| format!("{} {}", policy.name, exceptions.join(", "))),
            )
            .evidence(evidence(policy, "grantControls", value));
    }
    if !demands.is_empty() && demands.iter().all(|demand| !demand.policy.users.all) {
        outcome = outcome.note(
            "a policy for roles reaches built-in roles held for the whole tenant; custom roles and \
            administrative units take one for all users",
        );
    }
    let reporting = policies.iter().filter(|policy| {
        policy.state == PolicyState::ReportOnly
            && policy.all_applications
            && policy.grant.as_ref().is_some_and(|it| it.mfa || it.strength.is_some())
    });
    for policy in reporting.take(SHOWN) {
        outcome = outcome
            .note(format!("{} only reports and demands nothing", policy.name))
            .evidence(evidence(policy, "state", "enabledForReportingButNotEnforced".to_owned()));
    }
    outcome
}

fn evidence(policy: &ConditionalAccessPolicy, field: &'static str, value: String) -> Evidence {
    Evidence::new(Dataset::ConditionalAccessPolicies, &policy.id, field, value)
}

fn controls(grant: &GrantControls) -> String {
    let mfa = grant.mfa.then(|| "mfa".to_owned());
    let strength = grant.strength.as_deref().map(|id| format!("authentication strength {id}"));
    let others = grant.others.iter().map(ToString::to_string);
    let all: Vec<String> = mfa.into_iter().chain(strength).chain(others).collect();
    all.join(if grant.all { " and " } else { " or " })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{
        Case, DIRECTORY_READERS, EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, GLOBAL_READER,
    };
    use crate::model::{Collected, GroupAccess, UserConditions};

    const RESISTANT: &str = "00000000-0000-0000-0000-000000000004";
    const MULTI: &str = "00000000-0000-0000-0000-000000000002";
    const SINGLE: &str = "0c0c0000-0000-4000-8000-000000000001";
    const EMPTY: &str = "0c0c0000-0000-4000-8000-000000000002";
    const ENOUGH: Expect = Expect::Variant(MFA_IS_ENOUGH);

    fn mfa() -> GrantControls {
        GrantControls { mfa: true, ..GrantControls::default() }
    }

    fn strength(id: &str) -> GrantControls {
        GrantControls { strength: Some(id.into()), ..GrantControls::default() }
    }

    /// A policy in force for all users and applications.
    fn policy(grant: GrantControls) -> ConditionalAccessPolicy {
        ConditionalAccessPolicy {
            id: "p1".into(),
            name: "Administrators".into(),
            state: PolicyState::Enabled,
            users: UserConditions { all: true, ..UserConditions::default() },
            all_applications: true,
            grant: Some(grant),
            ..ConditionalAccessPolicy::default()
        }
    }

    /// Global Administrator and Exchange Administrator are in use; no policy.
    fn tenant() -> Case {
        let mut case = Case::new();
        for user in ["ana", "ben"] {
            case.user(user);
        }
        case.active("ana", GLOBAL_ADMINISTRATOR);
        case.eligible("ben", EXCHANGE_ADMINISTRATOR);
        let known = |id: &str, combinations: &[&str]| {
            let strength = AuthenticationStrength {
                id: id.into(),
                name: "A strength".into(),
                combinations: combinations.iter().map(|&it| it.into()).collect(),
            };
            (Arc::clone(&strength.id), strength)
        };
        case.tenant.strengths = Collected::Complete(
            [
                known(RESISTANT, &["windowsHelloForBusiness", "fido2"]),
                known(MULTI, &["fido2", "password,microsoftAuthenticatorPush", "DeviceBasedPush"]),
                known(SINGLE, &["fido2", "password"]),
                known(EMPTY, &[]),
            ]
            .into(),
        );
        case
    }

    fn with(policy: ConditionalAccessPolicy) -> Case {
        let mut case = tenant();
        case.conditional_access(policy);
        case
    }

    fn judged_by(case: &Case, expect: &Expect) -> Result<(&'static str, f64), GapKind> {
        let outcome = case.judge_tenant(&CHECK, expect).map_err(|gap| gap.kind)?;
        let Outcome::Judged { credit, .. } = &outcome else { panic!("{outcome:?}") };
        Ok((outcome.name(), *credit))
    }

    fn judged(case: &Case) -> Result<(&'static str, f64), GapKind> {
        judged_by(case, &Expect::Required)
    }

    type Change = fn(&mut ConditionalAccessPolicy);

    #[test]
    fn the_controls_decide() {
        let fail = ("fail", 0.0);
        let (mfa_only, resistant, enough) = (("partial", 0.75), ("pass", 1.0), ("pass", 1.0));
        let device = || vec!["compliantDevice".into()];
        for (grant, by_default, by_variant) in [
            (mfa(), mfa_only, enough),
            (strength(RESISTANT), resistant, enough),
            (strength(MULTI), mfa_only, enough),
            (strength(SINGLE), fail, enough),
            (strength(EMPTY), fail, enough),
            // With OR the weaker one can be chosen, with AND both are needed.
            (GrantControls { mfa: true, ..strength(RESISTANT) }, mfa_only, enough),
            (GrantControls { mfa: true, all: true, ..strength(RESISTANT) }, resistant, enough),
            (GrantControls { mfa: true, ..strength(SINGLE) }, fail, enough),
            (GrantControls { mfa: true, all: true, ..strength(SINGLE) }, mfa_only, enough),
            (GrantControls { others: device(), ..mfa() }, fail, fail),
            (GrantControls { others: device(), all: true, ..mfa() }, mfa_only, enough),
            (GrantControls { others: device(), ..GrantControls::default() }, fail, fail),
            (GrantControls { block: true, ..GrantControls::default() }, fail, fail),
            (GrantControls { block: true, ..mfa() }, fail, fail),
            (GrantControls::default(), fail, fail),
        ] {
            let case = with(policy(grant.clone()));
            assert_eq!(judged(&case), Ok(by_default), "{grant:?}");
            assert_eq!(judged_by(&case, &ENOUGH), Ok(by_variant), "{grant:?}");
        }
        let mut sessions_only = policy(mfa());
        sessions_only.grant = None;
        assert_eq!(judged(&with(sessions_only)), Ok(fail));
    }

    #[test]
    fn only_a_policy_in_force_for_all_applications_counts() {
        let changes: [(&str, Change); 3] = [
            ("report-only", |policy| policy.state = PolicyState::ReportOnly),
            ("disabled", |policy| policy.state = PolicyState::Disabled),
            ("some applications", |policy| policy.all_applications = false),
        ];
        for (name, change) in changes {
            let mut changed = policy(strength(RESISTANT));
            change(&mut changed);
            let case = with(changed);
            assert_eq!(judged(&case), Ok(("fail", 0.0)), "{name}");
            assert_eq!(judged_by(&case, &ENOUGH), Ok(("fail", 0.0)), "{name}");
            let outcome = case.judge_tenant(&CHECK, &Expect::Required).unwrap();
            let details = outcome.details().unwrap();
            assert_eq!(details.observed, "no policy in force demands it");
            let noted = details.notes.iter().any(|note| note.contains("only reports"));
            assert_eq!(noted, name == "report-only", "{name}");
        }
        assert_eq!(judged(&tenant()), Ok(("fail", 0.0)), "no policy at all");
    }

    #[test]
    fn every_role_of_tier_critical_or_high_in_use_must_be_covered() {
        let all = [GLOBAL_ADMINISTRATOR, EXCHANGE_ADMINISTRATOR];
        for (included, excluded, expected) in [
            (&all[..], None, ("pass", 1.0)),
            (&all[..1], None, ("fail", 0.0)),
            (&all[1..], None, ("fail", 0.0)),
            (&all[..0], None, ("fail", 0.0)),
            (&all[..], Some(GLOBAL_ADMINISTRATOR), ("fail", 0.0)),
            (&all[..], Some(DIRECTORY_READERS), ("partial", 0.5)),
        ] {
            let mut by_roles = policy(strength(RESISTANT));
            by_roles.users = UserConditions {
                include_roles: included.iter().map(|role| RoleId::new(role)).collect(),
                exclude_roles: excluded.iter().map(|role| RoleId::new(role)).collect(),
                ..UserConditions::default()
            };
            let mut case = with(by_roles);
            // Neither is of tier critical or high.
            case.eligible("ben", GLOBAL_READER);
            case.active("ben", DIRECTORY_READERS);
            assert_eq!(judged(&case), Ok(expected), "{included:?} {excluded:?}");
        }
        let mut case = with(ConditionalAccessPolicy {
            users: UserConditions {
                include_roles: [RoleId::new(GLOBAL_ADMINISTRATOR)].into(),
                ..UserConditions::default()
            },
            ..policy(strength(RESISTANT))
        });
        let outcome = case.judge_tenant(&CHECK, &Expect::Required).unwrap();
        let details = outcome.details().unwrap();
        assert_eq!(details.observed, "not demanded for 1 of 2 roles in use");
        assert!(details.notes.iter().any(|note| note == "left out: Exchange Administrator"));
        // Another policy covers the rest, with less.
        case.conditional_access(policy(mfa()));
        assert_eq!(judged(&case), Ok(("partial", 0.75)));
        assert_eq!(judged_by(&case, &ENOUGH), Ok(("pass", 1.0)));
    }

    #[test]
    fn exceptions_are_at_best_met_in_part() {
        let changes: [(&str, Change); 5] = [
            ("a user", |policy| {
                policy.users.exclude_users.insert(PrincipalId::new("ana"));
            }),
            ("a group", |policy| {
                policy.users.exclude_groups.insert(PrincipalId::new("out"));
            }),
            ("guests", |policy| policy.users.excludes_guests = true),
            ("applications", |policy| policy.excludes_applications = true),
            ("conditions", |policy| policy.narrowed = true),
        ];
        for grant in [strength(RESISTANT), mfa()] {
            for (name, change) in changes {
                let mut changed = policy(grant.clone());
                change(&mut changed);
                let mut case = with(changed);
                case.group("out", &["ben"]);
                assert_eq!(judged(&case), Ok(("partial", 0.5)), "{name}");
                assert_eq!(judged_by(&case, &ENOUGH), Ok(("partial", 0.5)), "{name}");
                // Another policy without exceptions makes up for it.
                case.conditional_access(policy(strength(RESISTANT)));
                assert_eq!(judged(&case), Ok(("pass", 1.0)), "{name}");
            }
        }
    }

    #[test]
    fn break_glass_accounts_and_empty_groups_are_no_exception() {
        for (users, members, eligible, expected) in [
            (&["BG1"][..], &[][..], None, ("pass", 1.0)),
            (&[][..], &["bg1", "bg2"][..], None, ("pass", 1.0)),
            (&["bg1"][..], &["bg2"][..], None, ("pass", 1.0)),
            (&[][..], &["bg1", "ana"][..], None, ("partial", 0.5)),
            (&[][..], &["bg1"][..], Some("ana"), ("partial", 0.5)),
        ] {
            let mut excluding = policy(strength(RESISTANT));
            excluding.users.exclude_users = users.iter().map(|id| PrincipalId::new(id)).collect();
            excluding.users.exclude_groups.insert(PrincipalId::new("outer"));
            let mut case = with(excluding);
            for account in ["bg1", "bg2"] {
                case.user(account);
                case.organisation.break_glass.push(format!("{account}@contoso.example"));
            }
            case.group("inner", members);
            case.group("outer", &["inner"]);
            if let Some(person) = eligible {
                case.onboard("inner");
                case.group_eligible(person, "inner", GroupAccess::Member);
                for member in members {
                    case.group_active(member, "inner", GroupAccess::Member);
                }
            }
            assert_eq!(judged(&case), Ok(expected), "{users:?} {members:?} {eligible:?}");
        }
    }

    #[test]
    fn an_excluded_stranger_may_be_the_break_glass_account_that_was_not_found() {
        for (declared, excluded, expected) in [
            ("bg1@contoso.example", "stranger", Ok(("partial", 0.5))),
            ("typo@contoso.example", "stranger", Err(GapKind::Incomplete)),
            ("typo@contoso.example", "ana", Ok(("partial", 0.5))),
        ] {
            let mut excluding = policy(strength(RESISTANT));
            excluding.users.exclude_users.insert(PrincipalId::new(excluded));
            let mut case = with(excluding);
            case.user("bg1");
            case.organisation.break_glass.push(declared.to_owned());
            assert_eq!(judged(&case), expected, "{declared} {excluded}");
        }
    }

    #[test]
    fn security_defaults_are_met_in_part() {
        for (on, grant, expected) in [
            (true, None, ("partial", 0.5)),
            (false, None, ("fail", 0.0)),
            (true, Some(mfa()), ("partial", 0.75)),
            (true, Some(strength(RESISTANT)), ("pass", 1.0)),
        ] {
            let mut case = tenant();
            case.tenant.security_defaults = Collected::Complete(on);
            if let Some(grant) = grant.clone() {
                case.conditional_access(policy(grant));
            }
            assert_eq!(judged(&case), Ok(expected), "{on} {grant:?}");
        }
    }

    type Unread = fn(&mut Case);

    #[test]
    fn what_was_not_read_leaves_it_open_where_it_decides() {
        let denied = GapKind::PermissionDenied;
        let changes: [(&str, Unread, GapKind); 7] = [
            ("policies", |case| case.missing(Dataset::ConditionalAccessPolicies), denied),
            ("strengths", |case| case.missing(Dataset::AuthenticationStrengths), denied),
            (
                "an excluded group",
                |case| {
                    first(case).users.exclude_groups.insert(PrincipalId::new("closed"));
                    case.unreadable_group("closed");
                },
                denied,
            ),
            (
                "the state of the policy",
                |case| first(case).state = PolicyState::Unknown("paused".into()),
                GapKind::Unreadable,
            ),
            (
                "roles in use, with a policy for roles",
                |case| {
                    first(case).users.all = false;
                    first(case).users.include_roles.insert(RoleId::new(GLOBAL_ADMINISTRATOR));
                    case.missing(Dataset::RoleAssignments);
                },
                denied,
            ),
            (
                "nobody holds a role, with a policy for roles",
                |case| {
                    first(case).users.all = false;
                    first(case).users.include_roles.insert(RoleId::new(GLOBAL_ADMINISTRATOR));
                    case.tenant.active = Collected::Complete(Vec::new());
                    case.tenant.eligible = Collected::Complete(Vec::new());
                },
                GapKind::ImpossiblyEmpty,
            ),
            (
                "security defaults, without a policy",
                |case| {
                    first(case).state = PolicyState::Disabled;
                    case.missing(Dataset::SecurityDefaults);
                },
                denied,
            ),
        ];
        for (name, change, expected) in changes {
            let mut case = with(policy(strength(RESISTANT)));
            change(&mut case);
            assert_eq!(judged(&case), Err(expected), "{name}");
        }
    }

    fn first(case: &mut Case) -> &mut ConditionalAccessPolicy {
        let Collected::Complete(policies) = &mut case.tenant.conditional_access else { panic!() };
        &mut policies[0]
    }

    #[test]
    fn what_was_not_read_is_no_matter_where_it_decides_nothing() {
        let pass = ("pass", 1.0);
        let changes: [(&str, Unread, (&str, f64)); 6] = [
            ("security defaults", |case| case.missing(Dataset::SecurityDefaults), pass),
            ("roles in use", |case| case.missing(Dataset::RoleAssignments), pass),
            (
                "roles in use, without a policy in force",
                |case| {
                    first(case).state = PolicyState::Disabled;
                    case.missing(Dataset::RoleAssignments);
                },
                ("fail", 0.0),
            ),
            (
                "an excluded group beside an excluded person",
                |case| {
                    first(case).users.exclude_users.insert(PrincipalId::new("ana"));
                    first(case).users.exclude_groups.insert(PrincipalId::new("closed"));
                    case.unreadable_group("closed");
                },
                ("partial", 0.5),
            ),
            (
                "a second policy of an unknown state",
                |case| {
                    let state = PolicyState::Unknown("paused".into());
                    case.conditional_access(ConditionalAccessPolicy { state, ..policy(mfa()) });
                },
                pass,
            ),
            (
                "a strength beside weaker MFA",
                |case| {
                    first(case).grant = Some(GrantControls { mfa: true, ..strength("other") });
                    case.conditional_access(policy(strength(RESISTANT)));
                },
                pass,
            ),
        ];
        for (name, change, expected) in changes {
            let mut case = with(policy(strength(RESISTANT)));
            change(&mut case);
            assert_eq!(judged(&case), Ok(expected), "{name}");
        }
        let mut any_strength = with(policy(strength(RESISTANT)));
        any_strength.missing(Dataset::AuthenticationStrengths);
        assert_eq!(judged_by(&any_strength, &ENOUGH), Ok(pass), "any strength is enough");
    }
}
