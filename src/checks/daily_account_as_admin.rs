//! `daily-account-as-admin`: administrators who work with their everyday account.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant, counted, only_basic_properties};
use crate::facts::{Facts, Hop, Path, PathState};
use crate::model::roles::{self, GLOBAL_ADMINISTRATOR};
use crate::model::{
    Approval, AssignedPlan, Dataset, Evidence, Gap, GapKind, Outcome, Principal, PrincipalId,
    PrincipalKindFacts, RoleId, RowId, Tier, User,
};
use std::collections::BTreeSet;

/// The check.
pub static CHECK: Check = Check {
    id: "daily-account-as-admin",
    title: "Everyday account is an administrator",
    what: "Looks for signs of everyday work on each user with a privileged role: an Exchange mailbox \
        plan, a plan of Teams or Office, a mail address. With a role of tier critical they are met in part, \
        unless every such role is only eligible and needs approval. Below that tier they are only shown.",
    why: "The account that reads mail and opens files is the one that gets phished. An account made for \
        administration alone meets neither.",
    fix: Fix {
        portal: "Users > New user (cloud only, without licences for mail or Office); give it the roles in \
            Privileged Identity Management > Microsoft Entra roles > Assignments, and take them from the \
            everyday account",
        graph: &[
            "POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\"}",
            "POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\"}",
            "POST /v1.0/users/{principal}/assignLicense \
            {\"addLicenses\":[],\"removeLicenses\":[\"<sku id of the licence>\"]}",
        ],
    },
    references: &[
        "PIM concept and setup: dedicated Global Administrators, break-glass excepted",
        "CIS Microsoft 365 Foundations 7.0.0: 1.1.4",
        "Maester MT.1028",
    ],
    subjects: Subjects::PrivilegedPrincipals,
    needs: &[
        Dataset::Principals,
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::RoleDefinitions,
        Dataset::GroupMembers,
        Dataset::GroupOwners,
        Dataset::RolePolicies,
        Dataset::GroupPolicies,
    ],
    variants: &[
        Variant {
            name: LICENCE_FOOTPRINT,
            meaning: "any service plan beyond those of Entra ID itself fails, whatever the tier, unless \
                every built-in role with Administrator in its name, and Global Reader, is only eligible, and \
                Global Administrator needs approval; a mail address counts for nothing",
        },
        Variant {
            name: DEDICATED,
            meaning: "any sign of everyday work fails, whatever the tier, also where the roles are only \
                eligible and need approval",
        },
    ],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "an account for administration alone";
/// CIS 1.1.4.
const LICENCE_FOOTPRINT: &str = "licence-footprint";
const EXPECTED_FOOTPRINT: &str = "no licence beyond Entra ID";
/// PIM concept and setup: dedicated admin accounts.
const DEDICATED: &str = "dedicated";
/// Services that come with Entra ID P1 and P2 (`assignedPlans`), lower case.
const ENTRA_SERVICES: [&str; 2] = ["aadpremiumservice", "multifactorservice"];
/// More rows than this help nobody.
const SHOWN: usize = 10;
/// Plans of other services that come with Entra ID P2: Exchange Foundation, which brings no mailbox,
/// and Cloud App Discovery.
const ENTRA_PLANS: [&str; 2] =
    ["113feb6c-3fe4-4440-bddc-54d774bf0318", "932ad362-64a8-4783-9106-97849a1a30b9"];

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let principal = facts.principal()?;
    match &principal.kind {
        PrincipalKindFacts::User(_) if facts.is_break_glass(&principal.id) => Ok(
            Outcome::not_applicable("a declared break-glass account; weak-break-glass judges it"),
        ),
        PrincipalKindFacts::User(user) if expect.is_variant(LICENCE_FOOTPRINT) => {
            footprint(facts, principal, user)
        }
        PrincipalKindFacts::User(user) => person(facts, principal, user, expect),
        PrincipalKindFacts::Absent => {
            Ok(Outcome::not_applicable("it was not found; defunct-principal judges that"))
        }
        PrincipalKindFacts::ServicePrincipal(_)
        | PrincipalKindFacts::Group(_)
        | PrincipalKindFacts::Other(_)
        | PrincipalKindFacts::Hidden => Ok(Outcome::not_applicable("only users do everyday work")),
    }
}

fn person(
    facts: &Facts,
    principal: &Principal,
    user: &User,
    expect: &Expect,
) -> Result<Outcome, Gap> {
    let signs = signs(user);
    if signs.is_empty() {
        // Nothing of what was not read may be a sign.
        if user.enabled.is_none() {
            return Err(only_basic_properties(principal));
        }
        if user.plans.is_none() {
            return Err(plans_not_read(principal));
        }
        let observed = "no sign of everyday work";
        return Ok(shown(principal, user, Outcome::pass(observed, EXPECTED)));
    }
    let observed = signs.join(", ");
    // A subject without a tier is taken for a strong one.
    let outcome = if expect.is_variant(DEDICATED) {
        Outcome::fail(observed, EXPECTED)
    } else if facts.tier().unwrap_or(Tier::Critical) < Tier::Critical {
        Outcome::info(observed, "no demand: no role of tier critical")
    } else if let Some(reason) = ungated(facts, &principal.id)? {
        Outcome::partial(0.5, observed, EXPECTED).note(reason)
    } else {
        Outcome::pass(observed, EXPECTED)
            .note("accepted: every role of tier critical is only eligible and needs approval")
    };
    Ok(shown(principal, user, outcome))
}

fn footprint(facts: &Facts, principal: &Principal, user: &User) -> Result<Outcome, Gap> {
    let Some(plans) = &user.plans else {
        return Err(if user.enabled.is_none() {
            only_basic_properties(principal)
        } else {
            plans_not_read(principal)
        });
    };
    let is_of_entra = |plan: &&AssignedPlan| {
        ENTRA_SERVICES.iter().any(|it| plan.service.eq_ignore_ascii_case(it))
            || ENTRA_PLANS.iter().any(|it| plan.plan.eq_ignore_ascii_case(it))
    };
    let further: Vec<&AssignedPlan> = plans.iter().filter(|plan| !is_of_entra(plan)).collect();
    let id = RowId::from(&principal.id);
    let outcome = if further.is_empty() {
        Outcome::pass("no service plan beyond Entra ID", EXPECTED_FOOTPRINT)
    } else {
        let plans = counted(further.len(), "further service plan", "further service plans");
        match elevated(facts, &principal.id)? {
            Some(reason) => Outcome::fail(plans, EXPECTED_FOOTPRINT).note(reason),
            None => Outcome::pass(plans, EXPECTED_FOOTPRINT).note(
                "accepted: these roles are only eligible, Global Administrator with approval",
            ),
        }
    };
    Ok(further.into_iter().take(SHOWN).fold(outcome, |outcome, plan| {
        let value = format!("{} {}", plan.service, plan.plan);
        outcome.evidence(Evidence::new(Dataset::Principals, &id, "assignedPlans", value))
    }))
}

/// Why its administrative roles, of whatever tier, are not held by activations alone, or Global
/// Administrator without approval.
fn elevated(facts: &Facts, id: &PrincipalId) -> Result<Option<String>, Gap> {
    let mut unread = [facts.active().err(), facts.eligible().err()].into_iter().flatten().next();
    let all = facts.active_at_least()?.iter().chain(facts.eligible_at_least()?);
    let roles: BTreeSet<&RoleId> =
        all.map(|grant| &grant.role).filter(|role| is_administrative(role)).collect();
    for role in roles {
        let holders = facts.holders_anywhere(role);
        unread = unread.or_else(|| holders.gaps.first().cloned());
        for path in holders.people.get(id).into_iter().flatten() {
            let name = || facts.role_by_id(role).name;
            match path.state() {
                PathState::Standing => {
                    return Ok(Some(format!("{} is active all the time", name())));
                }
                PathState::Unknown => {
                    unread.get_or_insert_with(|| type_not_read(facts, id));
                }
                // Of other roles the source asks for an activation and no more.
                PathState::Activated | PathState::Eligible if !role.is(GLOBAL_ADMINISTRATOR) => {}
                PathState::Activated | PathState::Eligible => match is_approved(facts, path) {
                    Ok(true) => {}
                    Ok(false) => {
                        return Ok(Some(format!("{} is reached without approval", name())));
                    }
                    Err(gap) => {
                        unread.get_or_insert(gap);
                    }
                },
            }
        }
    }
    unread.map_or(Ok(None), Err)
}

/// CIS finds them by their names: Administrator, or Global Reader.
fn is_administrative(role: &RoleId) -> bool {
    roles::by_id(role).is_some_and(|known| {
        known.display_name.contains("Administrator") || known.display_name == "Global Reader"
    })
}

fn plans_not_read(principal: &Principal) -> Gap {
    Gap::of(
        Dataset::Principals,
        GapKind::Incomplete,
        format!("the service plans of {} did not come back", principal.sign_in_name()),
    )
}

fn signs(user: &User) -> Vec<&'static str> {
    let plans = user.plans.as_deref().unwrap_or_default();
    [
        (plans.iter().any(AssignedPlan::gives_mailbox), "Exchange mailbox plan"),
        (plans.iter().any(AssignedPlan::gives_daily_tools), "plan of Teams or Office"),
        (user.mail.as_deref().is_some_and(|mail| !mail.trim().is_empty()), "mail address"),
    ]
    .into_iter()
    .filter_map(|(is, sign)| is.then_some(sign))
    .collect()
}

/// Why its roles are not held by approved activations alone; `None` when they are.
fn ungated(facts: &Facts, id: &PrincipalId) -> Result<Option<String>, Gap> {
    let mut unread = None;
    let mut gated = false;
    for in_use in facts.privileged_roles_in_use()? {
        let role = facts.role_by_id(&in_use);
        let holders = facts.holders_anywhere(&in_use);
        let held = holders.people.get(id).map(Vec::as_slice).unwrap_or_default();
        if held.iter().any(Path::is_standing) {
            return Ok(Some(format!("{} is active all the time", role.name)));
        }
        unread = unread.or_else(|| holders.gaps.first().cloned());
        let mut owned: &[Path] = &[];
        if role.tier == Tier::Critical {
            // Who owns a group with the role can become a member of it.
            owned = holders.potential.get(id).map(Vec::as_slice).unwrap_or_default();
            unread = unread.or_else(|| holders.potential_gaps.first().cloned());
        }
        for path in held.iter().chain(owned) {
            if path.state() == PathState::Unknown {
                unread.get_or_insert_with(|| type_not_read(facts, id));
            } else if role.tier == Tier::Critical {
                match is_approved(facts, path) {
                    Ok(true) => gated = true,
                    Ok(false) => {
                        return Ok(Some(format!("{} is reached without approval", role.name)));
                    }
                    Err(gap) => {
                        unread.get_or_insert(gap);
                    }
                }
            }
        }
    }
    match unread {
        Some(gap) => Err(gap),
        None if gated => Ok(None),
        None => Ok(Some("no role of tier critical is held by an activation".to_owned())),
    }
}

/// Whether somebody else has to say yes somewhere on the way.
fn is_approved(facts: &Facts, path: &Path) -> Result<bool, Gap> {
    let role = (!path.grant.is_standing()).then(|| path.grant.held());
    let mut unread = None;
    for access in path.hops.iter().filter_map(Hop::gated_by).chain(role) {
        let policy = facts.policy_of(&access);
        match policy.and_then(|policy| policy.approval.as_ref().map_err(Gap::clone)) {
            Ok(Approval::Required { .. }) => return Ok(true),
            Ok(Approval::NotRequired) => {}
            Err(gap) => {
                unread.get_or_insert(gap);
            }
        }
    }
    unread.map_or(Ok(false), Err)
}

fn type_not_read(facts: &Facts, id: &PrincipalId) -> Gap {
    Gap::of(
        Dataset::RoleAssignmentScheduleInstances,
        GapKind::Incomplete,
        format!("whether {} holds a role for good is not known", facts.name_of(id)),
    )
}

fn shown(principal: &Principal, user: &User, outcome: Outcome) -> Outcome {
    let id = RowId::from(&principal.id);
    let mail = user.mail.as_deref().unwrap_or("null").to_owned();
    let outcome = outcome.evidence(Evidence::new(Dataset::Principals, &id, "mail", mail));
    let plans = user.plans.as_deref().unwrap_or_default();
    plans.iter().filter(|plan| plan.gives_mailbox() || plan.gives_daily_tools()).fold(
        outcome,
        |outcome, plan| {
            let value = format!("{} {}", plan.service, plan.plan);
            outcome.evidence(Evidence::new(Dataset::Principals, &id, "assignedPlans", value))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, PRIVILEGED_ROLE_ADMINISTRATOR, SECURITY_ADMINISTRATOR};
    use crate::model::{Collected, GroupAccess, Hold, Stage};

    const ROLE: &str = GLOBAL_ADMINISTRATOR;
    const TEAMS_ADMINISTRATOR: &str = "69091246-20e8-4a56-aa4d-066075b2a7a8";
    const MESSAGE_CENTER_READER: &str = "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b";
    const CUSTOM: &str = "0f0f0f0f-1111-4222-8333-444444444444";

    fn plan(service: &str, plan: &str) -> AssignedPlan {
        AssignedPlan { service: service.into(), plan: plan.into() }
    }

    fn mailbox() -> AssignedPlan {
        plan("exchange", "EFB87545-963c-4e0d-99df-69c6916d9eb0")
    }

    /// A user without signs, who holds nothing.
    fn clean() -> Case {
        let mut case = Case::new();
        case.user("ana").plans = Some(Vec::new());
        case
    }

    /// A user with a mailbox, who holds nothing.
    fn daily() -> Case {
        let mut case = clean();
        case.user("ana").plans = Some(vec![mailbox()]);
        case
    }

    fn approved(case: &mut Case, access: Option<GroupAccess>, role: &str) {
        let policy = match access {
            Some(access) => case.group_policy("team", access),
            None => case.policy(role),
        };
        policy.approval =
            Ok(Approval::Required { mode: "SingleStage".into(), stages: vec![Stage::default()] });
    }

    fn judged(case: &Case) -> Result<&'static str, GapKind> {
        let outcome =
            case.judge_principal_of_tier(&CHECK, "ana", Tier::Critical, &Expect::Required);
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    type Change = fn(&mut Case);

    #[test]
    fn each_sign_counts_and_what_comes_with_entra_does_not() {
        for (plans, mail, expected) in [
            (vec![], None, "pass"),
            (vec![], Some(" "), "pass"),
            // Exchange Foundation and Entra ID P2.
            (
                vec![
                    plan("exchange", "113feb6c-3fe4-4440-bddc-54d774bf0318"),
                    plan("AADPremiumService", "eec0eb4f-6444-4f95-aba0-50c24d67f998"),
                ],
                None,
                "pass",
            ),
            (vec![mailbox()], None, "partial"),
            (vec![plan("teamspaceapi", "57ff2da0-773e-42df-b2af-ffb7a2317929")], None, "partial"),
            (
                vec![plan("MicrosoftOffice", "43de0ff5-c92c-492b-9116-175376d08c38")],
                None,
                "partial",
            ),
            (vec![], Some("ana@contoso.example"), "partial"),
        ] {
            let mut case = clean();
            let user = case.user("ana");
            user.plans = Some(plans.clone());
            user.mail = mail.map(Into::into);
            case.active("ana", ROLE);
            assert_eq!(judged(&case), Ok(expected), "{plans:?} {mail:?}");
        }
    }

    #[test]
    fn a_licence_footprint_is_small_or_the_roles_are_activated() {
        let entra = || plan("AADPremiumService", "eec0eb4f-6444-4f95-aba0-50c24d67f998");
        let power = || plan("PowerBI", "70d33638-9c74-4d01-bfd3-562de28bd4ba");
        // With a role far below tier critical, and with Global Administrator.
        for (plans, hold, approval, other, global) in [
            (Some(vec![]), Hold::Assigned, false, "pass", "pass"),
            (
                Some(vec![
                    entra(),
                    plan("exchange", ENTRA_PLANS[0]),
                    plan("Adallom", ENTRA_PLANS[1]),
                ]),
                Hold::Assigned,
                false,
                "pass",
                "pass",
            ),
            (Some(vec![plan("Adallom", "another")]), Hold::Assigned, false, "fail", "fail"),
            (Some(vec![entra(), power()]), Hold::Assigned, false, "fail", "fail"),
            (Some(vec![mailbox()]), Hold::Eligible, false, "pass", "fail"),
            (Some(vec![mailbox()]), Hold::Eligible, true, "pass", "pass"),
            (Some(vec![mailbox()]), Hold::Assigned, true, "fail", "fail"),
            (Some(vec![mailbox()]), Hold::ActiveOfUnknownType, true, "gap", "gap"),
            (None, Hold::Assigned, false, "gap", "gap"),
        ] {
            for (role, expected) in [(TEAMS_ADMINISTRATOR, other), (GLOBAL_ADMINISTRATOR, global)] {
                let mut case = clean();
                let user = case.user("ana");
                user.plans.clone_from(&plans);
                user.mail = Some("ana@contoso.example".into());
                if hold == Hold::Eligible {
                    case.eligible("ana", role);
                } else {
                    case.active("ana", role).hold = hold;
                }
                case.policy(role).approval = Ok(Approval::NotRequired);
                if approval {
                    approved(&mut case, None, role);
                }
                let expect = Expect::Variant(LICENCE_FOOTPRINT);
                let outcome = case.judge_principal_of_tier(&CHECK, "ana", Tier::Standard, &expect);
                let found = outcome.map_or("gap", |it| it.name());
                assert_eq!(found, expected, "{role} {plans:?} {hold:?} {approval}");
            }
        }
    }

    #[test]
    fn an_activation_is_no_approval_where_global_administrator_is_one_of_several_roles() {
        let mut case = daily();
        case.eligible("ana", SECURITY_ADMINISTRATOR);
        case.policy(SECURITY_ADMINISTRATOR).approval = Ok(Approval::NotRequired);
        let judged = |case: &Case| {
            let expect = Expect::Variant(LICENCE_FOOTPRINT);
            case.judge_principal_of_tier(&CHECK, "ana", Tier::Critical, &expect).unwrap().name()
        };
        assert_eq!(judged(&case), "pass");
        case.eligible("ana", GLOBAL_ADMINISTRATOR);
        case.policy(GLOBAL_ADMINISTRATOR).approval = Ok(Approval::NotRequired);
        assert_eq!(judged(&case), "fail");
        approved(&mut case, None, GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&case), "pass");
    }

    #[test]
    fn a_licence_footprint_is_about_the_roles_of_administrators() {
        use crate::checks::testing::{DIRECTORY_READERS, GLOBAL_READER};
        for (standing, expected) in [
            (None, "pass"),
            (Some(MESSAGE_CENTER_READER), "pass"),
            (Some(DIRECTORY_READERS), "pass"),
            (Some(CUSTOM), "pass"),
            (Some(GLOBAL_READER), "fail"),
            (Some(TEAMS_ADMINISTRATOR), "fail"),
        ] {
            let mut case = daily();
            case.custom_role(CUSTOM, crate::model::Label::Privileged);
            case.eligible("ana", SECURITY_ADMINISTRATOR);
            if let Some(role) = standing {
                case.active("ana", role);
            }
            let expect = Expect::Variant(LICENCE_FOOTPRINT);
            let outcome = case.judge_principal_of_tier(&CHECK, "ana", Tier::High, &expect);
            assert_eq!(outcome.unwrap().name(), expected, "{standing:?}");
        }
    }

    #[test]
    fn where_accounts_are_dedicated_approval_excuses_nothing() {
        for (signs, standing, tier, expected) in [
            (true, false, Tier::Critical, "fail"),
            (true, true, Tier::Critical, "fail"),
            (true, false, Tier::Standard, "fail"),
            (false, true, Tier::Critical, "pass"),
        ] {
            let mut case = if signs { daily() } else { clean() };
            approved(&mut case, None, ROLE);
            if standing {
                case.active("ana", ROLE);
            } else {
                case.eligible("ana", ROLE);
            }
            let expect = Expect::Variant(DEDICATED);
            let judged = |case: &Case| {
                case.judge_principal_of_tier(&CHECK, "ana", tier, &expect).unwrap().name()
            };
            assert_eq!(judged(&case), expected, "{signs} {standing} {tier}");
            case.organisation.break_glass.push("ana".to_owned());
            assert_eq!(judged(&case), "not-applicable", "{signs} {standing} {tier}");
        }
        let mut unread = clean();
        unread.user("ana").plans = None;
        unread.active("ana", ROLE);
        let outcome = unread.judge_principal_of_tier(
            &CHECK,
            "ana",
            Tier::Critical,
            &Expect::Variant(DEDICATED),
        );
        assert_eq!(outcome.unwrap_err().kind, GapKind::Incomplete);
    }

    #[test]
    fn below_tier_critical_signs_are_only_shown() {
        for (tier, signs, expected) in [
            (Tier::Critical, true, "partial"),
            (Tier::High, true, "info"),
            (Tier::Elevated, true, "info"),
            (Tier::High, false, "pass"),
        ] {
            let mut case = if signs { daily() } else { clean() };
            case.active("ana", ROLE);
            let outcome =
                case.judge_principal_of_tier(&CHECK, "ana", tier, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), expected, "{tier} {signs}");
        }
        let mut untold = daily();
        untold.active("ana", ROLE);
        let outcome = untold.judge_principal(&CHECK, "ana", &Expect::Required).unwrap();
        assert_eq!(outcome.name(), "partial", "without a tier");
    }

    #[test]
    fn eligible_roles_with_approval_are_accepted_and_nothing_less() {
        let changes: [(&str, Change, &str); 8] = [
            ("with approval", |case| approved(case, None, ROLE), "pass"),
            (
                "without approval",
                |case| {
                    case.policy(ROLE);
                },
                "partial",
            ),
            (
                "activated now",
                |case| {
                    approved(case, None, ROLE);
                    let grant = case.active("ana", ROLE);
                    grant.hold = Hold::Activated;
                    grant.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
                },
                "pass",
            ),
            (
                "and active",
                |case| {
                    approved(case, None, ROLE);
                    case.active("ana", ROLE);
                },
                "partial",
            ),
            (
                "another critical role without approval",
                |case| {
                    approved(case, None, ROLE);
                    case.policy(PRIVILEGED_ROLE_ADMINISTRATOR);
                    case.eligible("ana", PRIVILEGED_ROLE_ADMINISTRATOR);
                },
                "partial",
            ),
            (
                "another role of tier high, eligible without approval",
                |case| {
                    approved(case, None, ROLE);
                    case.policy(SECURITY_ADMINISTRATOR);
                    case.eligible("ana", SECURITY_ADMINISTRATOR);
                },
                "pass",
            ),
            (
                "another role of tier high, active until its end",
                |case| {
                    approved(case, None, ROLE);
                    let end = Some("2026-12-01T00:00:00Z".parse().unwrap());
                    case.active("ana", SECURITY_ADMINISTRATOR).end = end;
                },
                "partial",
            ),
            (
                "somebody else is active",
                |case| {
                    approved(case, None, ROLE);
                    case.user("ben");
                    case.active("ben", ROLE);
                },
                "pass",
            ),
        ];
        for (name, change, expected) in changes {
            let mut case = daily();
            case.eligible("ana", ROLE);
            change(&mut case);
            assert_eq!(judged(&case), Ok(expected), "{name}");
        }
    }

    #[test]
    fn approval_may_stand_at_any_hop_of_a_way_through_a_group() {
        for (standing, at, entry, expected) in [
            // The group holds the role: its own gate is all there is.
            (true, Some(GroupAccess::Member), GroupAccess::Member, "pass"),
            (true, None, GroupAccess::Member, "partial"),
            // The group is only eligible: the role's gate follows.
            (false, None, GroupAccess::Member, "pass"),
            (false, Some(GroupAccess::Member), GroupAccess::Member, "pass"),
            // An owner makes himself a member.
            (true, Some(GroupAccess::Owner), GroupAccess::Owner, "pass"),
            (true, Some(GroupAccess::Member), GroupAccess::Owner, "partial"),
        ] {
            let mut case = daily();
            case.policy(ROLE);
            case.eligible("ana", PRIVILEGED_ROLE_ADMINISTRATOR);
            approved(&mut case, None, PRIVILEGED_ROLE_ADMINISTRATOR);
            case.group("team", &[]);
            case.onboard("team");
            case.group_eligible("ana", "team", entry);
            if standing {
                case.active("team", ROLE);
            } else {
                case.eligible("team", ROLE);
            }
            approved(&mut case, at, ROLE);
            if at.is_none() && standing {
                case.group_policy("team", GroupAccess::Member).approval = Ok(Approval::NotRequired);
            }
            assert_eq!(judged(&case), Ok(expected), "{standing} {at:?} {entry:?}");
        }
    }

    #[test]
    fn a_role_that_nobody_can_be_seen_to_activate_accepts_nothing() {
        assert_eq!(judged(&daily()), Ok("partial"));
    }

    #[test]
    fn signs_that_were_read_are_proven_and_missing_ones_are_not() {
        let changes: [(&str, Change, Result<&str, GapKind>); 5] = [
            ("plans", |case| case.user("ana").plans = None, Err(GapKind::Incomplete)),
            (
                "basic properties",
                |case| {
                    let user = case.user("ana");
                    user.plans = Some(Vec::new());
                    user.enabled = None;
                },
                Err(GapKind::PermissionDenied),
            ),
            (
                "plans, and a mail address",
                |case| {
                    let user = case.user("ana");
                    user.plans = None;
                    user.mail = Some("ana@contoso.example".into());
                },
                Ok("partial"),
            ),
            ("the principal", |case| case.hidden("ana"), Err(GapKind::PermissionDenied)),
            ("all", |case| case.missing(Dataset::Principals), Err(GapKind::PermissionDenied)),
        ];
        for (name, change, expected) in changes {
            let mut case = clean();
            case.active("ana", ROLE);
            change(&mut case);
            assert_eq!(judged(&case), expected, "{name}");
        }
    }

    #[test]
    fn acceptance_needs_every_way_to_be_read() {
        let changes: [(&str, Change, GapKind); 6] = [
            (
                "type not read",
                |case| {
                    case.active("ana", SECURITY_ADMINISTRATOR).hold = Hold::ActiveOfUnknownType;
                },
                GapKind::Incomplete,
            ),
            (
                "eligible in part",
                |case| {
                    let known = case.tenant.eligible.at_least().unwrap().clone();
                    let gap =
                        Gap::of(Dataset::RoleEligibilityScheduleInstances, GapKind::Failed, "503");
                    case.tenant.eligible = Collected::Partial(known, gap);
                },
                GapKind::Failed,
            ),
            (
                "a closed group",
                |case| {
                    case.unreadable_group("closed");
                    case.active("closed", ROLE);
                },
                GapKind::PermissionDenied,
            ),
            (
                "owners of a group",
                |case| {
                    case.group("team", &[]);
                    case.active("team", ROLE);
                    case.missing(Dataset::GroupOwners);
                },
                GapKind::PermissionDenied,
            ),
            ("policies", |case| case.missing(Dataset::RolePolicies), GapKind::PermissionDenied),
            (
                "the approval rule",
                |case| {
                    let gap = Gap::unreadable(Dataset::RolePolicies, "missing");
                    case.policy(ROLE).approval = Err(gap);
                },
                GapKind::Unreadable,
            ),
        ];
        for (name, change, expected) in changes {
            let mut case = daily();
            case.eligible("ana", ROLE);
            approved(&mut case, None, ROLE);
            change(&mut case);
            assert_eq!(judged(&case), Err(expected), "{name}");
        }
        let mut proven = daily();
        proven.active("ana", ROLE);
        proven.missing(Dataset::RolePolicies);
        proven.missing(Dataset::GroupOwners);
        assert_eq!(judged(&proven), Ok("partial"), "active all the time is enough");
    }

    #[test]
    fn break_glass_and_what_is_no_user_are_left_out() {
        let mut case = daily();
        case.active("ana", ROLE);
        case.organisation.break_glass.push("ana".to_owned());
        case.service("robot");
        case.group("admins", &[]);
        case.absent("gone");
        for id in ["ana", "robot", "admins", "gone"] {
            let outcome = case.judge_principal(&CHECK, id, &Expect::Required).unwrap();
            assert_eq!(outcome.name(), "not-applicable", "{id}");
        }
    }
}
