//! `weak-break-glass`: whether each declared break-glass account will work when nothing else does.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant, only_basic_properties};
use crate::facts::emergency::{is_hard_to_phish, unknown_state};
use crate::facts::{Facts, How, Path, PathState};
use crate::model::{
    AssignedPlan, ConditionalAccessPolicy, Dataset, Evidence, Gap, GapKind, Outcome, PolicyState,
    Principal, PrincipalId, PrincipalKindFacts, Registration, RoleId, RowId, User, roles,
};
use std::sync::Arc;

/// The check.
pub static CHECK: Check = Check {
    id: "weak-break-glass",
    title: "Break-glass account is weak",
    what: "Looks at eight things of each declared break-glass account: cloud only, on the \
        .onmicrosoft.com domain, enabled, a member, without a licence for a mailbox, only FIDO2 keys or \
        certificates beside the password, Global Administrator all the time, and excluded from a \
        Conditional Access policy in force. Synchronised, disabled or a guest fails; otherwise each thing \
        counts alike.",
    why: "The account is for the day on which federation, MFA or Conditional Access is broken. What it \
        shares with the other accounts breaks with them.",
    fix: Fix {
        portal: "Users > (the account): account enabled, no licences; Authentication methods: a FIDO2 \
            security key and nothing else; Privileged Identity Management > Microsoft Entra roles > \
            Global Administrator > Assignments: active, permanently; Protection > Conditional Access > (a \
            policy) > Users > Exclude. A synchronised account or a guest is replaced by a new cloud-only one",
        graph: &[
            "PATCH /v1.0/users/{principal} {\"accountEnabled\":true}",
            "POST /v1.0/users/{principal}/assignLicense \
            {\"addLicenses\":[],\"removeLicenses\":[\"<sku id of the licence>\"]}",
            "POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
            {\"action\":\"adminAssign\",\"principalId\":\"{principal}\",\
            \"roleDefinitionId\":\"62e90394-69f5-4237-9190-012177145e10\",\"directoryScopeId\":\"/\",\
            \"justification\":\"break-glass account\",\
            \"scheduleInfo\":{\"expiration\":{\"type\":\"noExpiration\"}}}",
        ],
    },
    references: &[
        "CIS Microsoft 365 Foundations 7.0.0: 1.1.2",
        "Microsoft Entra documentation: emergency access accounts",
    ],
    subjects: Subjects::BreakGlassAccounts,
    needs: &[
        Dataset::Principals,
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::GroupMembers,
        Dataset::RegistrationDetails,
        Dataset::ConditionalAccessPolicies,
        Dataset::SignInActivity,
    ],
    variants: &[
        Variant {
            name: CIS,
            meaning: "beside being cloud only, enabled and a member, the account must be on the \
                .onmicrosoft.com domain, without any licence and Global Administrator, and one declared \
                account out of every Conditional Access policy that is on or only reports",
        },
        Variant {
            name: MICROSOFT,
            meaning: "beside being cloud only, enabled and a member, the account must be on the \
                .onmicrosoft.com domain, have nothing but FIDO2 keys or certificates and be Global \
                Administrator without an end",
        },
    ],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "cloud only, .onmicrosoft.com, enabled, member, no mailbox licence, only FIDO2 or \
    certificate, standing Global Administrator, excluded from Conditional Access";
/// An emergency account that was not tried for a year may not work.
const DRILL_SECONDS: i64 = 365 * 24 * 60 * 60;

/// CIS 1.1.2.
const CIS: &str = "cis";
/// Microsoft's page on emergency access.
const MICROSOFT: &str = "microsoft";

/// One account, and what there is to see of it.
struct Account<'f, 'w, 'a> {
    facts: &'f Facts<'w, 'a>,
    principal: &'a Principal,
    user: &'a User,
}

/// What is asked of an account, and what is said where it is not so.
type Thing = (fn(&Account) -> Result<bool, Gap>, &'static str);

const CLOUD_DOMAIN: Thing =
    (|it| is_on_cloud_domain(it.principal, it.user), "its sign-in name is not on .onmicrosoft.com");
const HARD_TO_PHISH: Thing = (
    |it| Ok(is_hard_to_phish(registration(it.facts, it.principal)?)),
    "not only FIDO2 keys or certificates are registered",
);
const STANDING: Thing =
    (|it| is_standing(it.facts, &it.principal.id), "it is not Global Administrator all the time");

const PERMANENT: Thing = (
    |it| holds(it.facts, &it.principal.id, is_permanent),
    "it is not Global Administrator without an end",
);

/// What counts by default, each alike.
const ALL: [Thing; 8] = [
    (|it| Ok(!it.user.has_immutable_id), "it was synchronised once"),
    CLOUD_DOMAIN,
    // Enabled and a member: anything else failed before.
    (|_| Ok(true), "disabled"),
    (|_| Ok(true), "a guest"),
    (|it| Ok(!has_mailbox_licence(it.principal, it.user)?), "it has a licence with a mailbox"),
    HARD_TO_PHISH,
    STANDING,
    (
        |it| Ok(excluded_from(it.facts, &it.principal.id)?.is_some()),
        "no Conditional Access policy in force excludes it",
    ),
];
const OF_CIS: [Thing; 4] = [
    CLOUD_DOMAIN,
    (|it| Ok(plans(it.principal, it.user)?.is_empty()), "it has a licence"),
    STANDING,
    (one_is_out_of_all, "no declared account is out of every Conditional Access policy"),
];
const OF_MICROSOFT: [Thing; 3] = [CLOUD_DOMAIN, HARD_TO_PHISH, PERMANENT];

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let principal = facts.principal()?;
    match &principal.kind {
        PrincipalKindFacts::User(user) => account(&Account { facts, principal, user }, expect),
        PrincipalKindFacts::Group(_)
        | PrincipalKindFacts::ServicePrincipal(_)
        | PrincipalKindFacts::Other(_)
        | PrincipalKindFacts::Absent
        | PrincipalKindFacts::Hidden => {
            Ok(Outcome::not_applicable("no user account; missing-break-glass judges that"))
        }
    }
}

fn account(account: &Account, expect: &Expect) -> Result<Outcome, Gap> {
    let Account { facts, principal, user } = account;
    let useless: Vec<&str> = [
        (user.synced == Some(true), "synchronised"),
        (user.enabled == Some(false), "disabled"),
        (user.is_guest(), "a guest"),
    ]
    .into_iter()
    .filter_map(|(is, word)| is.then_some(word))
    .collect();
    if !useless.is_empty() {
        return Ok(shown(principal, user, Outcome::fail(useless.join(", "), EXPECTED)));
    }
    if user.enabled.is_none() {
        return Err(only_basic_properties(principal));
    }
    let wanted: &[(&str, &[Thing])] = &[(CIS, &OF_CIS), (MICROSOFT, &OF_MICROSOFT)];
    let outcome = match wanted.iter().find(|(name, _)| expect.is_variant(name)) {
        Some((_, things)) => all_of(account, things)?,
        None => each_counts(account)?,
    };
    let id = RowId::from(&principal.id);
    let mut outcome = shown(principal, user, outcome).note(drill(facts, &principal.id));
    if let Ok(registration) = registration(facts, principal) {
        let methods = format!("[{}]", registration.methods.join(", "));
        let dataset = Dataset::RegistrationDetails;
        outcome = outcome.evidence(Evidence::new(dataset, &id, "methodsRegistered", methods));
    }
    if let Ok(Some(policy)) = excluded_from(facts, &principal.id) {
        outcome = outcome.evidence(Evidence::new(
            Dataset::ConditionalAccessPolicies,
            &policy.id,
            "conditions.users",
            format!("{} excludes it", policy.name),
        ));
    }
    Ok(outcome)
}

/// Each thing is worth the same; all must be known.
fn each_counts(account: &Account) -> Result<Outcome, Gap> {
    let mut unmet = Vec::new();
    for (is_so, lacking) in ALL {
        if !is_so(account)? {
            unmet.push(lacking);
        }
    }
    let (items, met) = (ALL.len(), ALL.len() - unmet.len());
    let outcome = if unmet.is_empty() {
        Outcome::pass(format!("{met} of {items} things as they should be"), EXPECTED)
    } else {
        Outcome::partial(met as f64 / items as f64, unmet.join("; "), EXPECTED)
    };
    Ok(outcome.measure("met", met as f64).measure("items", items as f64))
}

/// Every thing must be so; one that is not is proof, whatever was not read.
fn all_of(account: &Account, things: &[Thing]) -> Result<Outcome, Gap> {
    const EXPECTED: &str = "an emergency account as the source describes it";
    let (mut unmet, mut unread) = (Vec::new(), None);
    for (is_so, lacking) in things {
        match is_so(account) {
            Ok(true) => {}
            Ok(false) => unmet.push(*lacking),
            Err(gap) => {
                unread.get_or_insert(gap);
            }
        }
    }
    match unread {
        _ if !unmet.is_empty() => Ok(Outcome::fail(unmet.join("; "), EXPECTED)),
        Some(gap) => Err(gap),
        None => Ok(Outcome::pass("as it should be", EXPECTED)),
    }
}

/// Whether some declared account that can be used is out of every policy.
fn one_is_out_of_all(account: &Account) -> Result<bool, Gap> {
    let facts = account.facts;
    let mut unread = None;
    for declared in facts.break_glass() {
        let found = match &declared.principal {
            Some(id) => is_usable(facts, id).and_then(|is| Ok(is && is_out_of_all(facts, id)?)),
            None => Err(not_read(format!("{} was not found", declared.declared))),
        };
        match found {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(gap) => {
                unread.get_or_insert(gap);
            }
        }
    }
    unread.map_or(Ok(false), Err)
}

/// Whether no policy reaches the account that is on, or that only reports and may be on tomorrow.
fn is_out_of_all(facts: &Facts, id: &PrincipalId) -> Result<bool, Gap> {
    let mut unread = None;
    for policy in facts.conditional_access()? {
        match (&policy.state, facts.reaches_administrator(policy, id)) {
            (PolicyState::Disabled, _)
            | (
                PolicyState::Enabled | PolicyState::ReportOnly | PolicyState::Unknown(_),
                Ok(false),
            ) => {}
            (PolicyState::Enabled | PolicyState::ReportOnly, Ok(true)) => return Ok(false),
            (PolicyState::Unknown(state), Ok(true)) => {
                unread.get_or_insert_with(|| unknown_state(policy, state));
            }
            (
                PolicyState::Enabled | PolicyState::ReportOnly | PolicyState::Unknown(_),
                Err(gap),
            ) => {
                unread.get_or_insert(gap);
            }
        }
    }
    unread.map_or(Ok(true), Err)
}

/// Whether an account is an enabled member of the cloud and Global Administrator all the time.
fn is_usable(facts: &Facts, id: &PrincipalId) -> Result<bool, Gap> {
    let principal = facts.principal_by_id(id)?;
    match principal.user() {
        Some(user) if user.enabled.is_none() => Err(only_basic_properties(principal)),
        Some(user) if user.enabled == Some(true) && user.synced != Some(true) => {
            Ok(!user.is_guest() && is_standing(facts, id)?)
        }
        Some(_) | None => Ok(false),
    }
}

fn not_read(what: String) -> Gap {
    Gap::of(Dataset::Principals, GapKind::Incomplete, what)
}

fn is_on_cloud_domain(principal: &Principal, user: &User) -> Result<bool, Gap> {
    let Some(name) = &user.principal_name else {
        return Err(not_read(format!("the sign-in name of {} did not come back", principal.name)));
    };
    let name = name.to_ascii_lowercase();
    // The Chinese cloud has a domain of its own.
    Ok(name.rsplit('@').next().is_some_and(|domain| {
        domain.contains(".onmicrosoft.") || domain.ends_with(".onmschina.cn")
    }))
}

fn plans<'u>(principal: &Principal, user: &'u User) -> Result<&'u [AssignedPlan], Gap> {
    user.plans.as_deref().ok_or_else(|| {
        not_read(format!("the service plans of {} did not come back", principal.sign_in_name()))
    })
}

fn has_mailbox_licence(principal: &Principal, user: &User) -> Result<bool, Gap> {
    Ok(plans(principal, user)?.iter().any(AssignedPlan::gives_mailbox))
}

fn registration<'a>(facts: &Facts<'_, 'a>, principal: &Principal) -> Result<&'a Registration, Gap> {
    facts.registration(&principal.id)?.ok_or_else(|| {
        Gap::of(
            Dataset::RegistrationDetails,
            GapKind::Incomplete,
            format!("{} is not in the registration report", principal.sign_in_name()),
        )
    })
}

/// Whether it holds Global Administrator all the time, directly or through groups.
fn is_standing(facts: &Facts, id: &PrincipalId) -> Result<bool, Gap> {
    holds(facts, id, |path| path.is_standing())
}

/// All the time, and neither the role nor a membership on the way ends.
fn is_permanent(path: &Path) -> bool {
    path.is_standing()
        && path.grant.end.is_none()
        && !path.hops.any(|hop| matches!(hop.how, How::Assigned { until: Some(_) }))
}

/// Whether one of its ways to Global Administrator is as told.
fn holds(facts: &Facts, id: &PrincipalId, is: fn(&Path) -> bool) -> Result<bool, Gap> {
    let holders = facts.holders(&RoleId::new(roles::GLOBAL_ADMINISTRATOR));
    let paths = holders.people.get(id).map(Vec::as_slice).unwrap_or_default();
    if paths.iter().any(is) {
        return Ok(true);
    }
    if paths.iter().any(|path| path.state() == PathState::Unknown) {
        return Err(Gap::of(
            Dataset::RoleAssignmentScheduleInstances,
            GapKind::Incomplete,
            format!("whether {} holds the role for good is not known", facts.name_of(id)),
        ));
    }
    holders.gaps.first().map_or(Ok(false), |gap| Err(gap.clone()))
}

/// A policy in force that excludes the account.
fn excluded_from<'a>(
    facts: &Facts<'_, 'a>,
    id: &PrincipalId,
) -> Result<Option<&'a ConditionalAccessPolicy>, Gap> {
    let mut unread = None;
    for policy in facts.conditional_access()? {
        match (&policy.state, facts.is_excluded(policy, id)) {
            (PolicyState::Disabled | PolicyState::ReportOnly, _)
            | (PolicyState::Enabled | PolicyState::Unknown(_), Ok(false)) => {}
            (PolicyState::Enabled, Ok(true)) => return Ok(Some(policy)),
            (PolicyState::Unknown(state), Ok(true)) => {
                unread.get_or_insert_with(|| unknown_state(policy, state));
            }
            (PolicyState::Enabled | PolicyState::Unknown(_), Err(gap)) => {
                unread.get_or_insert(gap);
            }
        }
    }
    unread.map_or(Ok(None), Err)
}

/// When it was last tried. Only a note: whether that was a drill, nobody can read.
fn drill(facts: &Facts, id: &PrincipalId) -> String {
    match facts.sign_ins(id).map(|sign_ins| sign_ins.latest()) {
        Ok(Some(last)) if facts.now().duration_since(last).as_secs() <= DRILL_SECONDS => {
            format!("last sign-in {last}")
        }
        Ok(Some(last)) => format!("not tried for more than a year: last sign-in {last}"),
        Ok(None) => "never signed in: try it once a year".to_owned(),
        Err(gap) => format!("when it was last tried is not known: {gap}"),
    }
}

fn shown(principal: &Principal, user: &User, outcome: Outcome) -> Outcome {
    let id = RowId::from(&principal.id);
    let flag = |value: Option<bool>| value.map_or_else(|| "null".to_owned(), |it| it.to_string());
    let text = |value: &Option<Arc<str>>| value.as_deref().unwrap_or("null").to_owned();
    [
        ("onPremisesSyncEnabled", flag(user.synced)),
        ("userPrincipalName", text(&user.principal_name)),
        ("accountEnabled", flag(user.enabled)),
        ("userType", text(&user.user_type)),
    ]
    .into_iter()
    .fold(outcome, |outcome, (field, value)| {
        outcome.evidence(Evidence::new(Dataset::Principals, &id, field, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, SECURITY_ADMINISTRATOR};
    use crate::model::{AssignedPlan, Collected, Grant, GroupAccess, Hold, Scope, UserConditions};

    const MAILBOX: &str = "efb87545-963c-4e0d-99df-69c6916d9eb0";
    /// Comes with Entra ID P2, and brings no mailbox.
    const FOUNDATION: &str = "113feb6c-3fe4-4440-bddc-54d774bf0318";

    fn user(case: &mut Case) -> &mut User {
        let Collected::Complete(principals) = &mut case.tenant.principals else { panic!() };
        let account = principals.get_mut(&PrincipalId::new("bg1")).unwrap();
        let PrincipalKindFacts::User(user) = &mut account.kind else { panic!() };
        user
    }

    fn policies(case: &mut Case) -> &mut Vec<ConditionalAccessPolicy> {
        let Collected::Complete(policies) = &mut case.tenant.conditional_access else { panic!() };
        policies
    }

    fn exclusions(case: &mut Case) -> &mut UserConditions {
        &mut policies(case)[0].users
    }

    fn exchange(plan: &str) -> Vec<AssignedPlan> {
        vec![AssignedPlan { service: "exchange".into(), plan: plan.into() }]
    }

    /// An account as it should be.
    fn exemplary() -> Case {
        let mut case = Case::new();
        case.organisation.break_glass.push("bg1".to_owned());
        case.user("bg1").principal_name = Some("bg1@contoso.onmicrosoft.example".into());
        user(&mut case).plans = Some(Vec::new());
        case.active("bg1", GLOBAL_ADMINISTRATOR);
        case.registered("bg1", &["fido2SecurityKey"]);
        case.signed_in("bg1", "2026-06-01T00:00:00Z");
        case.conditional_access(ConditionalAccessPolicy {
            id: "p1".into(),
            name: "MFA for all".into(),
            state: PolicyState::Enabled,
            users: UserConditions {
                all: true,
                exclude_users: [PrincipalId::new("bg1")].into(),
                ..UserConditions::default()
            },
            ..ConditionalAccessPolicy::default()
        });
        case
    }

    fn outcome(case: &Case) -> Result<Outcome, Gap> {
        case.judge_principal(&CHECK, "bg1", &Expect::Required)
    }

    fn judged(case: &Case) -> Result<(&'static str, f64), GapKind> {
        let outcome = outcome(case).map_err(|gap| gap.kind)?;
        let credit = if let Outcome::Judged { credit, .. } = &outcome { *credit } else { 0.0 };
        Ok((outcome.name(), credit))
    }

    type Change = fn(&mut Case);

    /// One more policy for everybody, which excludes these.
    fn second_policy(case: &mut Case, excluded: &[&str]) {
        let mut other = policies(case)[0].clone();
        other.id = "p2".into();
        other.users.exclude_users = excluded.iter().map(|id| PrincipalId::new(id)).collect();
        case.conditional_access(other);
    }

    #[test]
    fn each_source_asks_for_things_of_its_own() {
        let changes: [(&str, Change, [&str; 3]); 18] = [
            // By default; cis; microsoft.
            ("nothing", |_| {}, ["pass"; 3]),
            (
                "own domain",
                |case| user(case).principal_name = Some("bg1@contoso.example".into()),
                ["partial", "fail", "fail"],
            ),
            (
                "a licence without a mailbox",
                |case| user(case).plans = Some(exchange(FOUNDATION)),
                ["pass", "fail", "pass"],
            ),
            ("licences not read", |case| user(case).plans = None, ["gap", "gap", "pass"]),
            (
                "another method beside",
                |case| {
                    case.registered("bg1", &["fido2SecurityKey", "mobilePhone"]);
                },
                ["partial", "pass", "fail"],
            ),
            (
                "methods not read",
                |case| case.missing(Dataset::RegistrationDetails),
                ["gap", "pass", "gap"],
            ),
            ("out of one policy of two", |case| second_policy(case, &[]), ["pass", "fail", "pass"]),
            (
                "out of one policy of two, another declared account out of both",
                |case| {
                    second_policy(case, &["bg2"]);
                    exclusions(case).exclude_users.insert(PrincipalId::new("bg2"));
                    case.user("bg2");
                    case.active("bg2", GLOBAL_ADMINISTRATOR);
                    case.organisation.break_glass.push("bg2".to_owned());
                },
                ["pass", "pass", "pass"],
            ),
            (
                "out of one policy of two, a declared account that is disabled out of both",
                |case| {
                    second_policy(case, &["bg2"]);
                    exclusions(case).exclude_users.insert(PrincipalId::new("bg2"));
                    case.user("bg2").enabled = Some(false);
                    case.active("bg2", GLOBAL_ADMINISTRATOR);
                    case.organisation.break_glass.push("bg2".to_owned());
                },
                ["pass", "fail", "pass"],
            ),
            (
                "a policy for another role it holds",
                |case| {
                    let mut other = policies(case)[0].clone();
                    other.id = "p2".into();
                    other.users = UserConditions {
                        include_roles: [RoleId::new(SECURITY_ADMINISTRATOR)].into(),
                        ..UserConditions::default()
                    };
                    case.conditional_access(other);
                    case.active("bg1", SECURITY_ADMINISTRATOR);
                },
                ["pass", "fail", "pass"],
            ),
            (
                "out of one policy of two, the other only reports",
                |case| {
                    second_policy(case, &[]);
                    policies(case)[1].state = PolicyState::ReportOnly;
                },
                ["pass", "fail", "pass"],
            ),
            (
                "out of one policy of two, the other is off",
                |case| {
                    second_policy(case, &[]);
                    policies(case)[1].state = PolicyState::Disabled;
                },
                ["pass", "pass", "pass"],
            ),
            (
                "the role ends",
                |case| grant(case).end = Some("2026-11-03T00:00:00Z".parse().unwrap()),
                ["pass", "pass", "fail"],
            ),
            (
                "in a group with the role for good",
                |case| {
                    case.group("emergency", &["bg1"]);
                    grant(case).principal = PrincipalId::new("emergency");
                },
                ["pass", "pass", "pass"],
            ),
            (
                "in a group, until a day",
                |case| {
                    case.group("emergency", &[]);
                    case.onboard("emergency");
                    case.group_active("bg1", "emergency", GroupAccess::Member).end =
                        Some("2026-11-03T00:00:00Z".parse().unwrap());
                    grant(case).principal = PrincipalId::new("emergency");
                },
                ["pass", "pass", "fail"],
            ),
            ("no policy at all", |case| policies(case).clear(), ["partial", "pass", "pass"]),
            (
                "policies not read, and on its own domain",
                |case| {
                    case.missing(Dataset::ConditionalAccessPolicies);
                    user(case).principal_name = Some("bg1@contoso.example".into());
                },
                ["gap", "fail", "fail"],
            ),
            (
                "once synchronised",
                |case| user(case).has_immutable_id = true,
                ["partial", "pass", "pass"],
            ),
        ];
        for (name, change, expected) in changes {
            let mut case = exemplary();
            change(&mut case);
            let variants = CHECK.variants.iter().map(|it| Expect::Variant(it.name));
            let found: Vec<&str> = [Expect::Required]
                .into_iter()
                .chain(variants)
                .map(|expect| {
                    let outcome = case.judge_principal(&CHECK, "bg1", &expect);
                    outcome.map_or("gap", |it| it.name())
                })
                .collect();
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn synchronised_disabled_or_a_guest_fails_whatever_else_is_known() {
        let changes: [(&str, Change, &str); 4] = [
            ("synchronised", |case| user(case).synced = Some(true), "synchronised"),
            ("disabled", |case| user(case).enabled = Some(false), "disabled"),
            ("guest", |case| user(case).user_type = Some("GUEST".into()), "a guest"),
            (
                "all three",
                |case| {
                    let user = user(case);
                    user.synced = Some(true);
                    user.enabled = Some(false);
                    user.user_type = Some("Guest".into());
                },
                "synchronised, disabled, a guest",
            ),
        ];
        for (name, change, expected) in changes {
            for read in [true, false] {
                let mut case = exemplary();
                change(&mut case);
                if !read {
                    user(&mut case).plans = None;
                    case.missing(Dataset::RegistrationDetails);
                    case.missing(Dataset::ConditionalAccessPolicies);
                    case.missing(Dataset::RoleAssignments);
                }
                assert_eq!(judged(&case), Ok(("fail", 0.0)), "{name} {read}");
                assert_eq!(outcome(&case).unwrap().details().unwrap().observed, expected);
            }
        }
    }

    #[test]
    fn eight_things_count_alike() {
        assert_eq!(judged(&exemplary()), Ok(("pass", 1.0)));
        let changes: [(&str, Change); 8] = [
            ("once synchronised", |case| user(case).has_immutable_id = true),
            ("own domain", |case| {
                user(case).principal_name = Some("bg1@contoso.example".into());
            }),
            ("mailbox", |case| user(case).plans = Some(exchange(MAILBOX))),
            ("methods", |case| {
                case.registered("bg1", &["fido2SecurityKey", "mobilePhone"]);
            }),
            ("password alone", |case| {
                case.registered("bg1", &[]);
            }),
            ("eligible only", |case| {
                case.tenant.active = Collected::Complete(Vec::new());
                case.eligible("bg1", GLOBAL_ADMINISTRATOR);
            }),
            ("in no exclusion", |case| exclusions(case).exclude_users.clear()),
            ("no policy at all", |case| policies(case).clear()),
        ];
        for (name, change) in changes {
            let mut case = exemplary();
            change(&mut case);
            assert_eq!(judged(&case), Ok(("partial", 0.875)), "{name}");
        }
        let mut case = exemplary();
        for (_, change) in &changes {
            change(&mut case);
        }
        assert_eq!(judged(&case), Ok(("partial", 0.25)), "only enabled and a member");
        let outcome = outcome(&case).unwrap();
        assert_eq!(outcome.details().unwrap().measures, [("met", 2.0), ("items", 8.0)]);
    }

    #[test]
    fn only_keys_and_certificates_beside_the_password_are_good() {
        for (methods, expected) in [
            (&["FIDO2SecurityKey"][..], "pass"),
            (&["passKeyDeviceBound", "passKeyDeviceBoundAuthenticator"], "pass"),
            (&["x509CertificateMultiFactor"], "pass"),
            (&["password", "fido2SecurityKey"], "pass"),
            (&["password"], "partial"),
            (&["windowsHelloForBusiness"], "partial"),
            (&["passKeySynced"], "partial"),
            (&["fido2SecurityKey", "microsoftAuthenticatorPush"], "partial"),
            (&["temporaryAccessPass"], "partial"),
        ] {
            let mut case = exemplary();
            case.registered("bg1", methods);
            assert_eq!(outcome(&case).unwrap().name(), expected, "{methods:?}");
        }
    }

    #[test]
    fn domains_of_every_cloud_and_plans_without_a_mailbox_are_good() {
        for (name, plan, expected) in [
            ("BG1@Contoso.OnMicrosoft.example", None, "pass"),
            ("bg1@contoso.partner.onmschina.cn", None, "pass"),
            ("bg1.onmicrosoft.example@contoso.example", None, "partial"),
            ("bg1@contoso.onmicrosoft.example", Some(FOUNDATION), "pass"),
            ("bg1@contoso.onmicrosoft.example", Some(MAILBOX), "partial"),
        ] {
            let mut case = exemplary();
            user(&mut case).principal_name = Some(name.into());
            user(&mut case).plans = Some(plan.map(exchange).unwrap_or_default());
            assert_eq!(outcome(&case).unwrap().name(), expected, "{name} {plan:?}");
        }
    }

    #[test]
    fn standing_is_asked_of_global_administrator_for_the_whole_tenant() {
        let changes: [(&str, Change, &str); 5] = [
            (
                "until its end",
                |case| grant(case).end = Some("2027-01-01T00:00:00Z".parse().unwrap()),
                "pass",
            ),
            (
                "activated",
                |case| {
                    grant(case).hold = Hold::Activated;
                    grant(case).end = Some("2026-11-02T12:00:00Z".parse().unwrap());
                },
                "partial",
            ),
            (
                "in a unit",
                |case| grant(case).within = Scope::AdministrativeUnit("au".into()),
                "partial",
            ),
            (
                "another role",
                |case| grant(case).role = RoleId::new(SECURITY_ADMINISTRATOR),
                "partial",
            ),
            (
                "through a group",
                |case| {
                    case.group("emergency", &["bg1"]);
                    grant(case).principal = PrincipalId::new("emergency");
                },
                "pass",
            ),
        ];
        for (name, change, expected) in changes {
            let mut case = exemplary();
            change(&mut case);
            assert_eq!(outcome(&case).unwrap().name(), expected, "{name}");
        }
    }

    fn grant(case: &mut Case) -> &mut Grant {
        let Collected::Complete(active) = &mut case.tenant.active else { panic!() };
        &mut active[0]
    }

    #[test]
    fn an_exclusion_counts_by_name_group_or_role_in_a_policy_in_force() {
        let changes: [(&str, Change, &str); 7] = [
            ("only reports", |case| policies(case)[0].state = PolicyState::ReportOnly, "partial"),
            ("switched off", |case| policies(case)[0].state = PolicyState::Disabled, "partial"),
            (
                "by group",
                |case| {
                    exclusions(case).exclude_users.clear();
                    exclusions(case).exclude_groups.insert(PrincipalId::new("outer"));
                    case.group("inner", &["bg1"]);
                    case.group("outer", &["inner"]);
                },
                "pass",
            ),
            (
                "by a group of others",
                |case| {
                    exclusions(case).exclude_users.clear();
                    exclusions(case).exclude_groups.insert(PrincipalId::new("others"));
                    case.group("others", &[]);
                },
                "partial",
            ),
            (
                "by a membership still to be activated",
                |case| {
                    exclusions(case).exclude_users.clear();
                    exclusions(case).exclude_groups.insert(PrincipalId::new("later"));
                    case.group("later", &[]);
                    case.onboard("later");
                    case.group_eligible("bg1", "later", GroupAccess::Member);
                },
                "partial",
            ),
            (
                "by role",
                |case| {
                    exclusions(case).exclude_users.clear();
                    exclusions(case).exclude_roles.insert(RoleId::new(GLOBAL_ADMINISTRATOR));
                },
                "pass",
            ),
            (
                "by a role it has not",
                |case| {
                    exclusions(case).exclude_users.clear();
                    exclusions(case).exclude_roles.insert(RoleId::new(SECURITY_ADMINISTRATOR));
                },
                "partial",
            ),
        ];
        for (name, change, expected) in changes {
            let mut case = exemplary();
            change(&mut case);
            assert_eq!(outcome(&case).unwrap().name(), expected, "{name}");
        }
    }

    #[test]
    fn a_thing_that_was_not_read_leaves_it_open() {
        let denied = GapKind::PermissionDenied;
        let changes: [(&str, Change, GapKind); 11] = [
            ("basic properties", |case| user(case).enabled = None, denied),
            ("sign-in name", |case| user(case).principal_name = None, GapKind::Incomplete),
            ("plans", |case| user(case).plans = None, GapKind::Incomplete),
            ("report", |case| case.missing(Dataset::RegistrationDetails), denied),
            (
                "not in the report",
                |case| {
                    let Collected::Complete(known) = &mut case.tenant.registrations else {
                        panic!()
                    };
                    known.clear();
                },
                GapKind::Incomplete,
            ),
            ("policies", |case| case.missing(Dataset::ConditionalAccessPolicies), denied),
            (
                "state of the policy",
                |case| policies(case)[0].state = PolicyState::Unknown("paused".into()),
                GapKind::Unreadable,
            ),
            (
                "excluded group",
                |case| {
                    exclusions(case).exclude_users.clear();
                    exclusions(case).exclude_groups.insert(PrincipalId::new("closed"));
                    case.unreadable_group("closed");
                },
                denied,
            ),
            (
                "excluded role",
                |case| {
                    exclusions(case).exclude_users.clear();
                    exclusions(case).exclude_roles.insert(RoleId::new(SECURITY_ADMINISTRATOR));
                    case.unreadable_group("closed");
                    case.active("closed", SECURITY_ADMINISTRATOR);
                },
                denied,
            ),
            ("type", |case| grant(case).hold = Hold::ActiveOfUnknownType, GapKind::Incomplete),
            (
                "assignments",
                |case| {
                    let gap = Gap::of(Dataset::RoleAssignments, GapKind::Failed, "503");
                    case.tenant.active = Collected::Partial(Vec::new(), gap);
                },
                GapKind::Failed,
            ),
        ];
        for (name, change, expected) in changes {
            let mut case = exemplary();
            change(&mut case);
            assert_eq!(judged(&case), Err(expected), "{name}");
        }
    }

    #[test]
    fn what_was_found_stays_proven_beside_what_was_not_read() {
        let changes: [(&str, Change); 2] = [
            ("another policy of an unknown state", |case| {
                let mut other = policies(case)[0].clone();
                other.state = PolicyState::Unknown("paused".into());
                policies(case).insert(0, other);
            }),
            ("another holder of the role", |case| {
                case.unreadable_group("closed");
                case.active("closed", GLOBAL_ADMINISTRATOR);
            }),
        ];
        for (name, change) in changes {
            let mut case = exemplary();
            change(&mut case);
            assert_eq!(judged(&case), Ok(("pass", 1.0)), "{name}");
        }
    }

    #[test]
    fn the_last_trial_is_only_noted() {
        for (then, expected) in [
            (Some("2025-11-02T09:00:00Z"), "last sign-in 2025-11-02T09:00:00Z"),
            (Some("2025-11-02T08:59:59Z"), "not tried for more than a year"),
            (None, "when it was last tried is not known"),
        ] {
            let mut case = exemplary();
            match then {
                Some(then) => {
                    case.signed_in("bg1", then);
                }
                None => case.missing(Dataset::SignInActivity),
            }
            let outcome = outcome(&case).unwrap();
            assert_eq!(outcome.name(), "pass", "{then:?}");
            let notes = &outcome.details().unwrap().notes;
            assert!(notes.iter().any(|note| note.starts_with(expected)), "{then:?}: {notes:?}");
        }
        let mut case = exemplary();
        let Collected::Complete(known) = &mut case.tenant.sign_ins else { panic!() };
        known.clear();
        let notes = outcome(&case).unwrap().details().unwrap().notes.clone();
        assert!(notes.iter().any(|note| note.starts_with("never signed in")), "{notes:?}");
    }

    #[test]
    fn only_declared_users_are_judged() {
        let mut case = exemplary();
        case.user("ana");
        case.service("robot");
        case.organisation.break_glass.push("robot".to_owned());
        case.organisation.break_glass.push("BG1@contoso.onmicrosoft.example".to_owned());
        case.organisation.break_glass.push("typo@contoso.example".to_owned());
        assert_eq!(case.subjects(&CHECK), ["principal:bg1"]);
        case.absent("gone");
        for id in ["robot", "gone"] {
            let outcome = case.judge_principal(&CHECK, id, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), "not-applicable", "{id}");
        }
        case.hidden("shadow");
        let gap = case.judge_principal(&CHECK, "shadow", &Expect::Required).unwrap_err();
        assert_eq!(gap.kind, GapKind::PermissionDenied);
    }
}
