//! `admins-without-strong-authentication`: whether Conditional Access demands strong authentication
//! of everybody who holds a privileged role.

use super::licensed::{Licence, skipped};
use super::{
    Check, Expect, ExpectShape, Fix, Subjects, Variant, counted, sign_in_demands,
    sign_in_shortfall, with_policies,
};
use crate::facts::{Facts, Level, Wanted};
use crate::model::{
    ConditionalAccessPolicy, Dataset, Evidence, Gap, GapKind, Outcome, PolicyState, RoleId,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The check.
pub static CHECK: Check = Check {
    id: "admins-without-strong-authentication",
    title: "Administrators sign in without strong authentication",
    what: "Looks for Conditional Access policies in force, for all applications, that cover every role of \
        tier critical or high in use, or those the rule names, or all users. A phishing-resistant strength passes; MFA is met in \
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
        Dataset::SubscribedSkus,
    ],
    variants: &[Variant {
        name: ZERO_TRUST,
        meaning: "each built-in role labelled PRIVILEGED must be named by a policy with a \
            phishing-resistant strength, whatever its state, applications and exceptions; one for all \
            users names none; without Entra ID P1 nothing is said",
    }],
    expect: ExpectShape::Roles,
    waivable: true,
    judge,
};

const EXPECTED: &str =
    "phishing-resistant methods demanded of every administrator, for all applications";
const EXPECTED_NAMED: &str =
    "phishing-resistant methods demanded of every role the rule names, for all applications";
const EXPECTED_ONE_POLICY: &str = "phishing-resistant methods demanded by one policy that names every \
    role of the rule, for all applications";

/// Zero Trust Assessment 21783.
const ZERO_TRUST: &str = "zero-trust";
const EXPECTED_BY_NAME: &str =
    "each built-in role labelled PRIVILEGED named by a policy with a phishing-resistant strength";
/// More names and rows than this help nobody.
const SHOWN: usize = 10;

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    if expect.is_variant(ZERO_TRUST) {
        return by_name(facts);
    }
    let demands = sign_in_demands(facts, expect, Wanted::PhishingResistant)?;
    let expected = expect.by_roles(EXPECTED, EXPECTED_NAMED, EXPECTED_ONE_POLICY);
    let outcome = match demands.level {
        Level::Full if demands.narrowed => Outcome::pass(
            "phishing-resistant methods demanded, under further conditions only",
            expected,
        ),
        Level::Full => Outcome::pass("phishing-resistant methods demanded", expected),
        Level::Mfa => {
            Outcome::partial(0.75, "MFA demanded, also by methods that can be phished", expected)
        }
        Level::WithExceptions | Level::Nothing => sign_in_shortfall(&demands, expected),
    };
    Ok(with_policies(demands, outcome))
}

/// Which roles are named by policies with a resistant strength. It is asked for nothing else, not even
/// whether a policy is on.
fn by_name(facts: &Facts) -> Result<Outcome, Gap> {
    if let Some(skipped) = skipped(facts, &[Licence::EntraP1])? {
        return Ok(skipped);
    }
    let (mut naming, mut unread) = (Vec::new(), None);
    let (mut named, mut maybe): (BTreeSet<&RoleId>, BTreeSet<&RoleId>) = Default::default();
    for policy in facts.conditional_access()? {
        match asks_for_resistant(facts, policy) {
            Ok(true) => {
                named.extend(&policy.users.include_roles);
                naming.push(policy);
            }
            Ok(false) => {}
            Err(gap) => {
                maybe.extend(&policy.users.include_roles);
                unread.get_or_insert(gap);
            }
        }
    }
    let (mut roles, mut left_out): (usize, Vec<Arc<str>>) = Default::default();
    for role in facts.roles()?.values().filter(|role| role.built_in) {
        let is_named = named.contains(&role.id);
        match &role.privileged {
            Ok(false) => {}
            // Whether it counts makes no difference.
            Ok(true) | Err(_) if is_named => roles += 1,
            Ok(true) => {
                roles += 1;
                if !maybe.contains(&role.id) {
                    left_out.push(Arc::clone(&role.name));
                }
            }
            Err(gap) => {
                unread.get_or_insert_with(|| gap.clone());
            }
        }
    }
    if roles == 0 && unread.is_none() {
        let detail = "no built-in role is labelled PRIVILEGED, which no tenant is without";
        return Err(Gap::of(Dataset::RoleDefinitions, GapKind::ImpossiblyEmpty, detail));
    }
    let all = counted(roles, "role", "roles");
    let outcome = match unread {
        _ if !left_out.is_empty() => {
            left_out.sort();
            let count = left_out.len();
            left_out.truncate(SHOWN);
            Outcome::fail(format!("{count} of {all} not named"), EXPECTED_BY_NAME)
                .note(format!("left out: {}", left_out.join(", ")))
        }
        Some(gap) => return Err(gap),
        None => Outcome::pass(format!("{all} named"), EXPECTED_BY_NAME),
    };
    let outcome = outcome.measure("policies", naming.len() as f64);
    Ok(naming.into_iter().take(SHOWN).fold(outcome, |outcome, policy| {
        let off = (policy.state != PolicyState::Enabled)
            .then(|| format!("{} is not on: it demands nothing of anybody", policy.name));
        let strength = policy.grant.as_ref().and_then(|grant| grant.strength.as_deref());
        let strength = strength.unwrap_or("null").to_owned();
        let field = "grantControls.authenticationStrength.id";
        outcome.maybe_note(off).evidence(Evidence::new(
            Dataset::ConditionalAccessPolicies,
            &policy.id,
            field,
            strength,
        ))
    }))
}

/// By the list of the policies that use a strength and ask for no MFA beside it.
fn asks_for_resistant(facts: &Facts, policy: &ConditionalAccessPolicy) -> Result<bool, Gap> {
    let Some(grant) = policy.grant.as_ref().filter(|grant| !grant.mfa) else { return Ok(false) };
    let Some(id) = grant.strength.as_deref() else { return Ok(false) };
    facts.strength(&id.to_ascii_lowercase()).map(|strength| strength.resists_phishing())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::admins_without_mfa::CHECK as MFA;
    use crate::checks::licensed::P1_PLAN;
    use crate::checks::testing::{
        Case, DIRECTORY_READERS, EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, GLOBAL_READER,
    };
    use crate::model::{
        AuthenticationStrength, Collected, ConditionalAccessPolicy, Dataset, GapKind,
        GrantControls, GroupAccess, PolicyState, PrincipalId, RoleId, UserConditions,
    };
    use std::sync::Arc;

    const RESISTANT: &str = "00000000-0000-0000-0000-000000000004";
    const MULTI: &str = "00000000-0000-0000-0000-000000000002";
    const SINGLE: &str = "0c0c0000-0000-4000-8000-000000000001";
    const EMPTY: &str = "0c0c0000-0000-4000-8000-000000000002";

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

    fn judged_by(case: &Case, check: &'static Check) -> Result<(&'static str, f64), GapKind> {
        let outcome = case.judge_tenant(check, &Expect::Required).map_err(|gap| gap.kind)?;
        let Outcome::Judged { credit, .. } = &outcome else { panic!("{outcome:?}") };
        Ok((outcome.name(), *credit))
    }

    fn judged(case: &Case) -> Result<(&'static str, f64), GapKind> {
        judged_by(case, &CHECK)
    }

    #[test]
    fn what_is_expected_is_what_the_rule_asks() {
        let roles = BTreeSet::from([RoleId::new(GLOBAL_ADMINISTRATOR)]);
        for (expect, expected) in [
            (Expect::Required, EXPECTED),
            (Expect::Roles(roles.clone()), EXPECTED_NAMED),
            (Expect::OnePolicy(roles), EXPECTED_ONE_POLICY),
        ] {
            let outcome = tenant().judge_tenant(&CHECK, &expect).unwrap();
            assert_eq!(outcome.name(), "fail", "{expect:?}");
            assert_eq!(outcome.details().unwrap().expected, expected, "{expect:?}");
        }
    }

    type Change = fn(&mut ConditionalAccessPolicy);

    fn judged_by_name(case: &Case) -> Result<&'static str, GapKind> {
        let outcome = case.judge_tenant(&CHECK, &Expect::Variant(ZERO_TRUST));
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    /// A policy that is on and names every built-in role with the label.
    fn naming(case: &Case) -> ConditionalAccessPolicy {
        let roles = case.tenant.roles.at_least().unwrap().values();
        let labelled = roles.filter(|role| role.built_in && role.privileged == Ok(true));
        ConditionalAccessPolicy {
            users: UserConditions {
                include_roles: labelled.map(|role| role.id.clone()).collect(),
                ..UserConditions::default()
            },
            ..policy(strength(RESISTANT))
        }
    }

    #[test]
    fn without_entra_id_p1_nothing_is_said_by_name() {
        let mut case = tenant();
        assert_eq!(judged_by_name(&case), Ok("fail"));
        case.without_plan(P1_PLAN);
        assert_eq!(judged_by_name(&case), Ok("not-applicable"));
        assert_eq!(judged(&case), Ok(("fail", 0.0)));
    }

    #[test]
    fn by_name_nothing_but_the_roles_and_the_strength_counts() {
        let changes: [(&str, Change, &str); 12] = [
            ("as it is", |_| {}, "pass"),
            ("reports", |it| it.state = PolicyState::ReportOnly, "pass"),
            ("is off", |it| it.state = PolicyState::Disabled, "pass"),
            ("some applications", |it| it.all_applications = false, "pass"),
            ("applications excluded", |it| it.excludes_applications = true, "pass"),
            (
                "a user excluded",
                |it| it.users.exclude_users = [PrincipalId::new("ana")].into(),
                "pass",
            ),
            (
                "a role excluded",
                |it| it.users.exclude_roles = [RoleId::new(GLOBAL_ADMINISTRATOR)].into(),
                "pass",
            ),
            (
                "all users and no role",
                |it| {
                    it.users.all = true;
                    it.users.include_roles.clear();
                },
                "fail",
            ),
            (
                "one role missing",
                |it| {
                    it.users.include_roles.remove(&RoleId::new(GLOBAL_READER));
                },
                "fail",
            ),
            ("plain MFA", |it| it.grant = Some(mfa()), "fail"),
            ("a strength that can be phished", |it| it.grant = Some(strength(MULTI)), "fail"),
            (
                "MFA beside it",
                |it| it.grant = Some(GrantControls { mfa: true, all: true, ..strength(RESISTANT) }),
                "fail",
            ),
        ];
        for (what, change, expected) in changes {
            let mut case = tenant();
            let mut policy = naming(&case);
            change(&mut policy);
            case.conditional_access(policy);
            assert_eq!(judged_by_name(&case), Ok(expected), "{what}");
        }
        let mut split = tenant();
        let whole = naming(&split);
        for first in [true, false] {
            let mut half = whole.clone();
            half.users.include_roles.retain(|role| role.is(GLOBAL_ADMINISTRATOR) == first);
            split.conditional_access(half);
        }
        assert_eq!(judged_by_name(&split), Ok("pass"), "two policies name one part each");
        assert_eq!(judged_by_name(&tenant()), Ok("fail"), "no policy");
    }

    #[test]
    fn by_name_the_labels_of_the_tenant_decide_which_built_in_roles_count() {
        const NEW: &str = "0c0c0000-0000-4000-8000-000000000009";
        let gap = || Gap::of(Dataset::PrivilegedRoles, GapKind::PermissionDenied, "403");
        for (built_in, label, expected) in [
            (true, Ok(true), Ok("fail")),
            (true, Ok(false), Ok("pass")),
            (true, Err(gap()), Err(GapKind::PermissionDenied)),
            // No policy can name a custom role.
            (false, Ok(true), Ok("pass")),
        ] {
            let mut case = tenant();
            case.conditional_access(naming(&case));
            case.custom_role(NEW, crate::model::Label::Privileged);
            let role = case.role(NEW);
            (role.built_in, role.privileged) = (built_in, label.clone());
            assert_eq!(judged_by_name(&case), expected, "{built_in} {label:?}");
        }
        let mut unread = tenant();
        unread.conditional_access(naming(&unread));
        unread.missing(Dataset::AuthenticationStrengths);
        assert_eq!(judged_by_name(&unread), Err(GapKind::PermissionDenied));
    }

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
            assert_eq!(judged_by(&case, &MFA), Ok(by_variant), "{grant:?}");
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
            assert_eq!(judged_by(&case, &MFA), Ok(("fail", 0.0)), "{name}");
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
        assert_eq!(details.observed, "not demanded for 1 of 2 roles");
        assert!(details.notes.iter().any(|note| note == "left out: Exchange Administrator"));
        // Another policy covers the rest, with less.
        case.conditional_access(policy(mfa()));
        assert_eq!(judged(&case), Ok(("partial", 0.75)));
        assert_eq!(judged_by(&case, &MFA), Ok(("pass", 1.0)));
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
                assert_eq!(judged_by(&case, &MFA), Ok(("partial", 0.5)), "{name}");
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
        assert_eq!(judged_by(&any_strength, &MFA), Ok(pass), "any strength is enough");
    }
}
