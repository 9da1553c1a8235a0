//! `global-administrator-share`: Global Administrators among all strong administrators.

use super::{Among, Check, Expect, ExpectShape, Fix, Subjects, counted};
use crate::facts::{Facts, Holders};
use crate::model::{
    Dataset, Evidence, Gap, GapKind, Grant, Label, Outcome, PrincipalId, Role, RoleId, Tier,
    Verdict, roles,
};
use std::collections::{BTreeMap, BTreeSet};

/// The check.
pub static CHECK: Check = Check {
    id: "global-administrator-share",
    title: "Global Administrator used where a smaller role would do",
    what: "Compares the enabled people who hold Global Administrator for the whole tenant with those who \
        hold another role instead: one of tier critical for the whole tenant, or one of tier high in any \
        scope, or one of the roles that the rule names. More Global Administrators than others, or too \
        large a share of all of them, is not accepted. A rule may also bound their number, or take the \
        users of every role labelled PRIVILEGED as lists of its members show them: then a Global \
        Administrator with another role counts on both sides.",
    why: "Where most administrators are Global Administrators, nobody asked which rights a task needs. \
        Every daily task then runs with the power to take over the tenant.",
    fix: Fix {
        portal: "Privileged Identity Management > Microsoft Entra roles > Roles > (a smaller role) > Add \
            assignments, then remove Global Administrator",
        graph: &[
            "POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
            {\"action\":\"adminAssign\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\",\"justification\":\"a smaller role instead of Global Administrator\",\
            \"scheduleInfo\":{\"expiration\":{\"type\":\"afterDuration\",\"duration\":\"P365D\"}}}",
            "POST /v1.0/roleManagement/directory/roleEligibilityScheduleRequests \
            {\"action\":\"adminRemove\",\"principalId\":\"{principal}\",\
            \"roleDefinitionId\":\"62e90394-69f5-4237-9190-012177145e10\",\"directoryScopeId\":\"/\"}",
        ],
    },
    references: &[
        "CISA SCuBA MS.AAD.7.2v1",
        "Zero Trust Assessment 21813",
        "Microsoft best practices for Entra roles: least privilege",
        "NIST SP 800-53 AC-5",
    ],
    subjects: Subjects::Tenant,
    needs: &[
        Dataset::RoleDefinitions,
        Dataset::PrivilegedRoles,
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::Principals,
        Dataset::GroupMembers,
    ],
    variants: &[],
    expect: ExpectShape::Share,
    waivable: true,
    judge,
};

/// More rows than this help nobody; the inventory has them all.
const SHOWN: usize = 10;

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let Expect::Share { pass_below, partial_below, among, count } = expect else {
        return Err(Gap::new(GapKind::Unreadable, "the rule gives no share"));
    };
    let global = RoleId::new(roles::GLOBAL_ADMINISTRATOR);
    let disabled = matches!(among, Among::Users(_));
    let mut administrators = People { disabled, ..People::default() };
    if *among == Among::Labelled {
        administrators.add_listed(facts, &facts.direct_holders(&global));
    } else {
        let holders = facts.holders(&global);
        administrators.add(facts, &holders);
        // Of the others more would only lower the share.
        administrators.gaps.extend(holders.foreign.iter().cloned());
    }
    let people = administrators.grants.len();
    if let Some((least, most)) = count.filter(|(_, most)| people > *most as usize) {
        // Whatever the others are: too many are too many.
        let observed = format!("{people} Global Administrators");
        let outcome = Outcome::fail(observed, format!("{least} to {most} of them"))
            .measure("people", people as f64);
        return Ok(administrators.show(outcome));
    }
    let others = others(facts, &global, &administrators, among)?;
    let rest = others.grants.len();
    let share = people as f64 / (people + rest).max(1) as f64;
    // Unknown Global Administrators could still make up for too few.
    let outside =
        count.filter(|(least, _)| people < *least as usize && administrators.gaps.is_empty());
    let verdict = if outside.is_some() {
        Verdict::Fail
    } else if people <= rest && share < *pass_below {
        Verdict::Pass
    } else if people <= rest && (*among == Among::Strong || share < *partial_below) {
        Verdict::Partial
    } else {
        Verdict::Fail
    };
    // Unknown others could still lower the share; unknown Global Administrators only raise it.
    if let Some(gap) = others.gaps.first()
        && outside.is_none()
    {
        return Err(gap.clone());
    }
    let unknown = administrators.gaps.first();
    match unknown {
        Some(gap) if verdict != Verdict::Fail => return Err(gap.clone()),
        None if people == 0 && !administrators.unlisted && !administrators.services => {
            return Err(Gap::of(
                Dataset::RoleAssignments,
                GapKind::ImpossiblyEmpty,
                "no enabled person holds Global Administrator, which no working tenant is without",
            ));
        }
        Some(_) | None => {}
    }
    let at_least = if unknown.is_some() { "at least " } else { "" };
    // There a Global Administrator with another role is on both sides.
    let (other, others_of) = match among {
        Among::Labelled => ("user of another such role", "users of other such roles"),
        Among::Strong | Among::Roles(_) | Among::Users(_) => {
            ("other administrator", "other administrators")
        }
    };
    let observed = format!(
        "{at_least}{}, {}: {:.1} %",
        counted(people, "Global Administrator", "Global Administrators"),
        counted(rest, other, others_of),
        share * 100.0
    );
    let expected = format!(
        "no more Global Administrators than others, and less than {:.1} % of all",
        pass_below * 100.0
    );
    let outcome = match verdict {
        Verdict::Pass => Outcome::pass(observed, expected),
        Verdict::Partial => Outcome::partial(0.5, observed, expected),
        Verdict::Fail => Outcome::fail(observed, expected),
    };
    let outcome = outcome
        .measure("people", people as f64)
        .measure("others", rest as f64)
        .measure("share", share)
        .maybe_note(unknown.map(|gap| format!("there may be more Global Administrators: {gap}")))
        .maybe_note(outside.map(|(least, most)| {
            format!("any share fails with fewer than {least} or more than {most} of them")
        }));
    Ok(others.show(administrators.show(outcome)))
}

/// People with another role of those that are compared with: by default one of tier critical, or one
/// of tier high in whatever scope. Who is Global Administrator as well is none of them, unless the
/// roles are taken one by one.
fn others<'a>(
    facts: &Facts<'_, 'a>,
    global: &RoleId,
    administrators: &People<'a>,
    among: &Among,
) -> Result<People<'a>, Gap> {
    let grants = facts.active_at_least()?.iter().chain(facts.eligible_at_least()?);
    let used: BTreeSet<&RoleId> = grants.map(|grant| &grant.role).collect();
    let disabled = matches!(among, Among::Users(_));
    let mut others = People { disabled, ..People::default() };
    // Of a role that nobody is known to hold there may be holders in what was not read.
    others.gaps.extend([facts.active().err(), facts.eligible().err()].into_iter().flatten());
    for id in used {
        let role = facts.role_by_id(id);
        if id == global || !is_compared(&role, among) {
            continue;
        }
        match among {
            Among::Strong => {
                if role.label() != Label::Privileged
                    && let Some(note) = &role.tier_note
                {
                    // As its label was not read: for the same reason.
                    let kind = role
                        .privileged
                        .as_ref()
                        .map_or_else(|gap| gap.kind, |_| GapKind::Incomplete);
                    let detail = format!("{}: {note}", role.name);
                    others.gaps.push(Gap::of(Dataset::PrivilegedRoles, kind, detail));
                }
                let critical = role.tier == Tier::Critical;
                let holders = if critical { facts.holders(id) } else { facts.holders_anywhere(id) };
                others.add(facts, &holders);
            }
            Among::Roles(_) | Among::Users(_) => others.add(facts, &facts.holders_anywhere(id)),
            // Whether its holders count is not known where its label is not.
            Among::Labelled => match &role.privileged {
                Ok(_) => others.add_listed(facts, &facts.direct_holders(id)),
                Err(gap) => others.gaps.push(gap.clone()),
            },
        }
    }
    if *among != Among::Labelled {
        others.grants.retain(|person, _| !administrators.grants.contains_key(person));
    }
    Ok(others)
}

/// Whether the holders of a role stand on the other side.
fn is_compared(role: &Role, among: &Among) -> bool {
    match among {
        Among::Strong => role.tier >= Tier::High,
        Among::Roles(named) | Among::Users(named) => named.contains(&role.id),
        Among::Labelled => role.label() != Label::Plain,
    }
}

/// People who count, each with one grant that proves it.
#[derive(Default)]
struct People<'a> {
    grants: BTreeMap<PrincipalId, &'a Grant>,
    /// Disabled accounts count like others.
    disabled: bool,
    /// Somebody holds the role whom no list of members shows.
    unlisted: bool,
    /// The lists of members show a service principal.
    services: bool,
    gaps: Vec<Gap>,
}

impl<'a> People<'a> {
    fn add_gaps(&mut self, facts: &Facts<'_, 'a>, holders: &Holders<'a>) {
        self.gaps.extend(holders.gaps.iter().cloned());
        for id in holders.unresolved.keys() {
            self.gaps.extend(facts.principal_by_id(id).err());
        }
    }

    /// Users as lists of members show them, disabled ones too.
    fn add_listed(&mut self, facts: &Facts<'_, 'a>, holders: &Holders<'a>) {
        self.add_gaps(facts, holders);
        self.unlisted |= holders.unlisted;
        self.services |= !holders.services.is_empty();
        for (id, paths) in &holders.people {
            if let Some(path) = paths.first() {
                self.grants.insert(id.clone(), path.grant);
            }
        }
    }

    /// Enabled people, or all of them, by any way.
    fn add(&mut self, facts: &Facts<'_, 'a>, holders: &Holders<'a>) {
        self.add_gaps(facts, holders);
        for (id, paths) in &holders.people {
            let enabled = facts
                .principal_by_id(id)
                .map(|principal| principal.user().and_then(|user| user.enabled));
            let counts = match enabled {
                Ok(_) if self.disabled => true,
                Ok(Some(enabled)) => enabled,
                Ok(None) => {
                    self.gaps.push(Gap::of(
                        Dataset::Principals,
                        GapKind::Incomplete,
                        format!("whether {} is enabled is not known", facts.name_of(id)),
                    ));
                    false
                }
                Err(gap) => {
                    self.gaps.push(gap);
                    false
                }
            };
            if let Some(path) = paths.first().filter(|_| counts) {
                self.grants.insert(id.clone(), path.grant);
            }
        }
    }

    fn show(&self, mut outcome: Outcome) -> Outcome {
        for grant in self.grants.values().take(SHOWN) {
            let row = &grant.provenance;
            let holder = grant.principal.to_string();
            outcome = outcome.evidence(Evidence::new(row.dataset, &row.id, "principalId", holder));
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{
        Case, EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, GLOBAL_READER,
        PRIVILEGED_ROLE_ADMINISTRATOR, SECURITY_ADMINISTRATOR, USER_ADMINISTRATOR,
    };
    use crate::model::{Collected, GroupAccess, Hold, Scope};

    const CUSTOM: &str = "c0000000-0000-4000-8000-000000000001";

    const EXPECT: Expect =
        Expect::Share { pass_below: 0.3, partial_below: 0.5, among: Among::Strong, count: None };
    const LABELLED: Expect =
        Expect::Share { pass_below: 0.3, partial_below: 0.5, among: Among::Labelled, count: None };

    fn with(administrators: usize, others: usize) -> Case {
        let mut case = Case::new();
        for number in 0..administrators {
            let name = format!("ga{number}");
            case.user(&name);
            case.active(&name, GLOBAL_ADMINISTRATOR);
        }
        for number in 0..others {
            let name = format!("other{number}");
            case.user(&name);
            case.eligible(&name, EXCHANGE_ADMINISTRATOR);
        }
        case
    }

    #[test]
    fn the_share_is_judged_below_its_bounds_and_the_ratio_inclusively() {
        for (administrators, others, expected) in [
            (1, 0, "fail"),
            (2, 1, "fail"),
            // As many as the others: the ratio holds, the share does not.
            (2, 2, "partial"),
            (2, 3, "partial"),
            (3, 7, "partial"),
            (3, 8, "pass"),
        ] {
            let case = with(administrators, others);
            let outcome = case.judge_tenant(&CHECK, &EXPECT).unwrap();
            assert_eq!(outcome.name(), expected, "{administrators} to {others}");
        }
    }

    #[test]
    fn others_count_in_any_scope_where_their_role_is_high_and_tenant_wide_where_it_is_critical() {
        for (role, unit, others) in [
            (EXCHANGE_ADMINISTRATOR, false, 1.0),
            (EXCHANGE_ADMINISTRATOR, true, 1.0),
            (PRIVILEGED_ROLE_ADMINISTRATOR, false, 1.0),
            (PRIVILEGED_ROLE_ADMINISTRATOR, true, 0.0),
        ] {
            let mut case = with(1, 0);
            case.user("ana");
            let grant = case.eligible("ana", role);
            if unit {
                grant.within = Scope::AdministrativeUnit("au".into());
            }
            let outcome = case.judge_tenant(&CHECK, &EXPECT).unwrap();
            let details = outcome.details().unwrap();
            assert_eq!(details.measures[1], ("others", others), "{role} {unit}");
        }
    }

    #[test]
    fn one_of_each_is_said_in_the_singular() {
        for (others, expected) in [
            (1, "1 Global Administrator, 1 other administrator: 50.0 %"),
            (3, "1 Global Administrator, 3 other administrators: 25.0 %"),
        ] {
            let outcome = with(1, others).judge_tenant(&CHECK, &EXPECT).unwrap();
            assert_eq!(outcome.details().unwrap().observed, expected);
        }
    }

    #[test]
    fn by_label_the_words_are_those_of_the_test() {
        for (expect, words) in [
            (EXPECT, "1 Global Administrator, 1 other administrator: 50.0 %"),
            (LABELLED, "1 Global Administrator, 1 user of another such role: 50.0 %"),
        ] {
            let mut case = with(1, 0);
            case.user("ana");
            case.eligible("ana", USER_ADMINISTRATOR);
            let outcome = case.judge_tenant(&CHECK, &expect).unwrap();
            let details = outcome.details().unwrap();
            assert_eq!(details.observed, words);
        }
    }

    #[test]
    fn nobody_is_no_share() {
        let gap = with(0, 3).judge_tenant(&CHECK, &EXPECT).unwrap_err();
        assert_eq!(gap.kind, GapKind::ImpossiblyEmpty);
    }

    #[test]
    fn unknown_others_leave_it_open_and_unknown_global_administrators_prove_a_failure_only() {
        let mut case = with(3, 1);
        case.unreadable_group("closed");
        case.active("closed", EXCHANGE_ADMINISTRATOR);
        assert!(case.judge_tenant(&CHECK, &EXPECT).is_err());

        for (administrators, others, fails) in [(3, 1, true), (2, 9, false)] {
            let mut case = with(administrators, others);
            case.unreadable_group("closed");
            case.active("closed", GLOBAL_ADMINISTRATOR);
            let outcome = case.judge_tenant(&CHECK, &EXPECT);
            assert_eq!(outcome.is_ok_and(|it| it.name() == "fail"), fails, "{administrators}");
        }

        let mut case = with(3, 1);
        let known = case.tenant.eligible.at_least().unwrap().clone();
        let gap = Gap::of(Dataset::RoleEligibilityScheduleInstances, GapKind::Incomplete, "page 2");
        case.tenant.eligible = Collected::Partial(known, gap);
        assert!(case.judge_tenant(&CHECK, &EXPECT).is_err());

        let mut case = with(3, 1);
        let gap = Gap::of(Dataset::Principals, GapKind::PermissionDenied, "403");
        case.tenant.principals = Collected::Missing(gap);
        assert!(case.judge_tenant(&CHECK, &EXPECT).is_err());
    }

    #[test]
    fn a_custom_role_of_unknown_label_leaves_it_open() {
        let mut case = with(1, 9);
        case.user("ana");
        case.active("ana", CUSTOM);
        let gap = case.judge_tenant(&CHECK, &EXPECT).unwrap_err();
        assert_eq!(gap.dataset, Some(Dataset::PrivilegedRoles));
    }

    #[test]
    fn each_enabled_person_counts_on_one_side_and_once() {
        let mut case = with(1, 3);
        // Also a Global Administrator, so no other one.
        case.active("ga0", EXCHANGE_ADMINISTRATOR);
        // Two further roles, still one person.
        case.active("other0", SECURITY_ADMINISTRATOR);
        case.eligible("other0", USER_ADMINISTRATOR);
        // A reader, a disabled user and a service principal are no strong administrators.
        case.user("reader");
        case.active("reader", GLOBAL_READER);
        case.user("off").enabled = Some(false);
        case.active("off", EXCHANGE_ADMINISTRATOR);
        case.service("robot");
        case.active("robot", EXCHANGE_ADMINISTRATOR);
        let outcome = case.judge_tenant(&CHECK, &EXPECT).unwrap();
        let details = outcome.details().unwrap();
        assert_eq!(details.measures, [("people", 1.0), ("others", 3.0), ("share", 0.25)]);
        assert_eq!(outcome.name(), "pass");
        assert_eq!(details.evidence.len(), 4);
        // One Global Administrator alone is no matter of the share.
        assert!(details.notes.is_empty(), "{:?}", details.notes);
    }

    #[test]
    fn a_rule_may_name_the_roles_and_bound_the_number() {
        let expect = |roles: &[&str], count| Expect::Share {
            pass_below: 0.501,
            partial_below: 0.501,
            among: Among::Roles(roles.iter().map(|role| RoleId::new(role)).collect()),
            count,
        };
        let bounds = Some((2, 8));
        for (administrators, roles, count, expected) in [
            (3, vec![EXCHANGE_ADMINISTRATOR], bounds, "pass"),
            (3, vec![SECURITY_ADMINISTRATOR], bounds, "fail"),
            (3, vec![SECURITY_ADMINISTRATOR, EXCHANGE_ADMINISTRATOR], bounds, "pass"),
            (3, vec![EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR], bounds, "pass"),
            (1, vec![EXCHANGE_ADMINISTRATOR], bounds, "fail"),
            (1, vec![EXCHANGE_ADMINISTRATOR], None, "pass"),
            (9, vec![EXCHANGE_ADMINISTRATOR], bounds, "fail"),
            (9, vec![EXCHANGE_ADMINISTRATOR], None, "pass"),
        ] {
            let case = with(administrators, 9);
            let outcome = case.judge_tenant(&CHECK, &expect(&roles, count)).unwrap();
            assert_eq!(outcome.name(), expected, "{administrators} {roles:?} {count:?}");
        }
    }

    #[test]
    fn one_more_global_administrator_than_others_is_one_too_many_however_many_there_are() {
        let expect = Expect::Share {
            pass_below: 0.501,
            partial_below: 0.501,
            among: Among::Users(BTreeSet::from([RoleId::new(EXCHANGE_ADMINISTRATOR)])),
            count: None,
        };
        for (administrators, others, expected) in [
            (1, 3, "pass"),
            (9, 20, "pass"),
            (9, 9, "pass"),
            (9, 8, "fail"),
            (300, 300, "pass"),
            // 50.08 %: the bound alone would let it pass.
            (301, 300, "fail"),
        ] {
            let outcome = with(administrators, others).judge_tenant(&CHECK, &expect).unwrap();
            assert_eq!(outcome.name(), expected, "{administrators} to {others}");
        }
    }

    #[test]
    fn by_label_a_service_principal_alone_is_no_share() {
        for (services, user, expected) in [
            (true, false, Ok("pass")),
            (true, true, Ok("pass")),
            (false, false, Err(GapKind::ImpossiblyEmpty)),
        ] {
            let mut case = with(usize::from(user), 0);
            if services {
                case.service("robot");
                case.active("robot", GLOBAL_ADMINISTRATOR);
            }
            for number in 0..3 {
                let name = format!("user{number}");
                case.user(&name);
                case.active(&name, USER_ADMINISTRATOR);
            }
            let outcome = case.judge_tenant(&CHECK, &LABELLED);
            let found = outcome.map(|it| it.name()).map_err(|gap| gap.kind);
            assert_eq!(found, expected, "{services} {user}");
        }
        // By other readings a tenant without a Global Administrator is none.
        let mut case = with(0, 3);
        case.service("robot");
        case.active("robot", GLOBAL_ADMINISTRATOR);
        let gap = case.judge_tenant(&CHECK, &EXPECT).unwrap_err();
        assert_eq!(gap.kind, GapKind::ImpossiblyEmpty);
    }

    #[test]
    fn disabled_accounts_count_on_both_sides_where_the_rule_says_so() {
        type Change = fn(&mut Case);
        let changes: [(&str, Change, &str, &str); 5] = [
            // Enabled people alone; disabled accounts too.
            ("all enabled", |_| {}, "pass", "pass"),
            (
                "a ninth Global Administrator is disabled",
                |case| {
                    case.user("off").enabled = Some(false);
                    case.active("off", GLOBAL_ADMINISTRATOR);
                },
                "pass",
                "fail",
            ),
            (
                "another administrator is disabled",
                |case| case.user("ex0").enabled = Some(false),
                "fail",
                "pass",
            ),
            (
                "whether another is enabled was not said",
                |case| case.user("ex0").enabled = None,
                "gap",
                "pass",
            ),
            ("another was not read", |case| case.hidden("ex0"), "gap", "gap"),
        ];
        let named = BTreeSet::from([RoleId::new(EXCHANGE_ADMINISTRATOR)]);
        for (what, change, enabled, all) in changes {
            let mut case = Case::new();
            for number in 0..8 {
                for (name, role) in [("ga", GLOBAL_ADMINISTRATOR), ("ex", EXCHANGE_ADMINISTRATOR)] {
                    let name = format!("{name}{number}");
                    case.user(&name);
                    case.active(&name, role);
                }
            }
            change(&mut case);
            for (among, expected) in
                [(Among::Roles(named.clone()), enabled), (Among::Users(named.clone()), all)]
            {
                let expect = Expect::Share {
                    pass_below: 0.501,
                    partial_below: 0.501,
                    among,
                    count: Some((2, 8)),
                };
                let outcome = case.judge_tenant(&CHECK, &expect);
                assert_eq!(outcome.map_or("gap", |it| it.name()), expected, "{what}");
            }
        }
    }

    #[test]
    fn too_few_is_no_proof_while_not_all_are_known() {
        let roles = BTreeSet::from([RoleId::new(EXCHANGE_ADMINISTRATOR)]);
        let expect = Expect::Share {
            pass_below: 0.501,
            partial_below: 0.501,
            among: Among::Roles(roles),
            count: Some((2, 8)),
        };
        for (administrators, expected) in [(1, None), (9, Some("fail"))] {
            let mut case = with(administrators, 9);
            let grants = case.tenant.eligible.at_least().unwrap().clone();
            let gap = Gap::of(Dataset::RoleEligibilityScheduleInstances, GapKind::Failed, "cut");
            case.tenant.eligible = Collected::Partial(grants, gap);
            let outcome = case.judge_tenant(&CHECK, &expect);
            assert_eq!(outcome.ok().map(|it| it.name()), expected, "{administrators}");
        }
    }

    #[test]
    fn a_named_role_counts_in_whatever_scope() {
        let mut case = with(2, 0);
        let roles = BTreeSet::from([RoleId::new(PRIVILEGED_ROLE_ADMINISTRATOR)]);
        for name in ["ana", "bo"] {
            case.user(name);
            let grant = case.eligible(name, PRIVILEGED_ROLE_ADMINISTRATOR);
            grant.within = Scope::AdministrativeUnit("au".into());
        }
        let expect = Expect::Share {
            pass_below: 0.501,
            partial_below: 0.501,
            among: Among::Roles(roles),
            count: None,
        };
        let outcome = case.judge_tenant(&CHECK, &expect).unwrap();
        assert_eq!(outcome.details().unwrap().measures[1], ("others", 2.0));
    }

    /// Two Global Administrators, and three users of another role with the label.
    fn labelled(change: fn(&mut Case)) -> Case {
        let mut case = with(2, 0);
        for number in 0..3 {
            let name = format!("other{number}");
            case.user(&name);
            case.eligible(&name, USER_ADMINISTRATOR);
        }
        case.user("ana");
        change(&mut case);
        case
    }

    #[test]
    fn by_label_the_members_of_the_roles_are_compared() {
        type Change = fn(&mut Case);
        const MEMBER: GroupAccess = GroupAccess::Member;
        // Global Administrators, others.
        let cases: [(&str, Change, f64, f64, &str); 17] = [
            ("as it is", |_| {}, 2.0, 3.0, "partial"),
            (
                "with another role as well",
                |case| {
                    case.active("ga0", SECURITY_ADMINISTRATOR);
                },
                2.0,
                4.0,
                "partial",
            ),
            (
                "both of them with another role",
                |case| {
                    case.active("ga0", SECURITY_ADMINISTRATOR);
                    case.eligible("ga1", USER_ADMINISTRATOR);
                },
                2.0,
                5.0,
                "pass",
            ),
            (
                "two roles, one user",
                |case| {
                    case.active("other0", SECURITY_ADMINISTRATOR);
                },
                2.0,
                3.0,
                "partial",
            ),
            (
                "of tier high without the label",
                |case| {
                    case.active("ana", EXCHANGE_ADMINISTRATOR);
                },
                2.0,
                3.0,
                "partial",
            ),
            (
                "a reader with the label",
                |case| {
                    case.active("ana", GLOBAL_READER);
                },
                2.0,
                4.0,
                "partial",
            ),
            (
                "a custom role with the label",
                |case| {
                    case.custom_role(CUSTOM, Label::Privileged);
                    case.active("ana", CUSTOM);
                },
                2.0,
                4.0,
                "partial",
            ),
            (
                "a custom role without it",
                |case| {
                    case.custom_role(CUSTOM, Label::Plain);
                    case.active("ana", CUSTOM);
                },
                2.0,
                3.0,
                "partial",
            ),
            (
                "a disabled user",
                |case| {
                    case.user("ana").enabled = Some(false);
                    case.active("ana", USER_ADMINISTRATOR);
                },
                2.0,
                4.0,
                "partial",
            ),
            (
                "a disabled Global Administrator",
                |case| {
                    case.user("ana").enabled = Some(false);
                    case.active("ana", GLOBAL_ADMINISTRATOR);
                },
                3.0,
                3.0,
                "fail",
            ),
            (
                "within a unit",
                |case| {
                    case.eligible("ana", USER_ADMINISTRATOR).within =
                        Scope::AdministrativeUnit("au".into());
                },
                2.0,
                4.0,
                "partial",
            ),
            (
                "a service principal",
                |case| {
                    case.service("robot");
                    case.active("robot", USER_ADMINISTRATOR);
                },
                2.0,
                3.0,
                "partial",
            ),
            (
                "a member of a group",
                |case| {
                    case.group("g", &["ana"]);
                    case.active("g", USER_ADMINISTRATOR);
                },
                2.0,
                4.0,
                "partial",
            ),
            (
                "a member of an eligible group",
                |case| {
                    case.group("g", &["ana"]);
                    case.eligible("g", USER_ADMINISTRATOR);
                },
                2.0,
                4.0,
                "partial",
            ),
            (
                "a member of a group within it",
                |case| {
                    case.group("inner", &["ana"]);
                    case.group("outer", &["inner"]);
                    case.active("outer", USER_ADMINISTRATOR);
                },
                2.0,
                3.0,
                "partial",
            ),
            (
                "an eligible member of a group",
                |case| {
                    case.group("g", &[]);
                    case.onboard("g");
                    case.group_eligible("ana", "g", MEMBER);
                    case.active("g", USER_ADMINISTRATOR);
                },
                2.0,
                3.0,
                "partial",
            ),
            (
                "an activation",
                |case| {
                    let grant = case.active("other0", USER_ADMINISTRATOR);
                    grant.hold = Hold::Activated;
                    grant.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
                },
                2.0,
                3.0,
                "partial",
            ),
        ];
        for (what, change, people, others, expected) in cases {
            let outcome = labelled(change).judge_tenant(&CHECK, &LABELLED).unwrap();
            let measures = &outcome.details().unwrap().measures;
            assert_eq!(measures[..2], [("people", people), ("others", others)], "{what}");
            assert_eq!(outcome.name(), expected, "{what}");
        }
        let alone = with(2, 0);
        assert_eq!(alone.judge_tenant(&CHECK, &LABELLED).unwrap().name(), "fail");
    }

    #[test]
    fn by_label_what_was_not_read_leaves_it_open() {
        type Change = fn(&mut Case);
        let cases: [(&str, Change, GapKind); 3] = [
            (
                "the label of a role in use",
                |case| {
                    case.custom_role(CUSTOM, Label::Unread);
                    case.active("ana", CUSTOM);
                },
                GapKind::PermissionDenied,
            ),
            (
                "whether a member is assigned",
                |case| {
                    case.group("g", &["ana"]);
                    case.onboard("g");
                    case.missing(Dataset::GroupAssignmentScheduleInstances);
                    case.active("g", USER_ADMINISTRATOR);
                },
                GapKind::PermissionDenied,
            ),
            (
                "who is eligible",
                |case| case.missing(Dataset::RoleEligibilityScheduleInstances),
                GapKind::PermissionDenied,
            ),
        ];
        for (what, change, expected) in cases {
            let gap = labelled(change).judge_tenant(&CHECK, &LABELLED).unwrap_err();
            assert_eq!(gap.kind, expected, "{what}");
        }
    }

    #[test]
    fn by_label_nobody_is_listed_where_all_must_activate_a_membership() {
        let mut case = Case::new();
        case.user("ana");
        case.group("g", &[]);
        case.onboard("g");
        case.group_eligible("ana", "g", GroupAccess::Member);
        case.active("g", GLOBAL_ADMINISTRATOR);
        let outcome = case.judge_tenant(&CHECK, &LABELLED).unwrap();
        assert_eq!(outcome.name(), "pass");
        let gap = Case::new().judge_tenant(&CHECK, &LABELLED).unwrap_err();
        assert_eq!(gap.kind, GapKind::ImpossiblyEmpty);
    }
}
