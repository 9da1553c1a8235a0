//! `nested-group-path`: groups within a group that leads to a role.

use super::{Check, Expect, ExpectShape, Fix, Subjects, counted};
use crate::facts::Facts;
use crate::model::{Dataset, Evidence, Gap, GroupAccess, Outcome, PrincipalId, RowId, Tier};
use std::collections::{BTreeSet, HashSet};

/// The check.
pub static CHECK: Check = Check {
    id: "nested-group-path",
    title: "Groups nested on the way to a role",
    what: "Follows the members of every group that leads to a role into the groups among them, to any \
        depth. On the way to a role of tier critical or high, a group within a group within it fails, \
        and so does any group that is not role-assignable. A ring of groups is met in part. One level \
        of groups, or deeper nesting below lower roles, is shown and not judged.",
    why: "Each level hides people one list further away, and a group that is not role-assignable can be \
        filled by administrators who may not give the role.",
    fix: Fix {
        portal: "Privileged Identity Management > Groups > (the group) > Assignments > Remove the nested \
            group; then Add assignments > Member > Eligible for each person who needs it",
        graph: &[
            "POST /v1.0/identityGovernance/privilegedAccess/group/eligibilityScheduleRequests \
            {\"accessId\":\"member\",\"principalId\":\"<id of the person>\",\"groupId\":\"{group}\",\
            \"action\":\"adminAssign\",\"justification\":\"eligible without a group in between\",\
            \"scheduleInfo\":{\"expiration\":{\"type\":\"afterDuration\",\"duration\":\"P365D\"}}}",
            "POST /v1.0/identityGovernance/privilegedAccess/group/eligibilityScheduleRequests \
            {\"accessId\":\"member\",\"principalId\":\"<id of the nested group>\",\
            \"groupId\":\"{group}\",\"action\":\"adminRemove\"}",
        ],
    },
    references: &["Zero Trust Assessment 21882", "Microsoft Entra documentation: PIM for Groups"],
    subjects: Subjects::RoleGroups,
    needs: &[
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::Principals,
        Dataset::GroupMembers,
        Dataset::GroupOwners,
    ],
    variants: &[],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "no group within the group";
/// More rows than this help nobody; the inventory has them all.
const SHOWN: usize = 10;

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let group = facts.group()?;
    if group.group().is_none() {
        return Ok(Outcome::not_applicable(
            "the group was not found; defunct-principal judges that",
        ));
    }
    let access = facts.judged_access()?;
    let reached = facts.roles_reached_by(access);
    let high = reached.iter().any(|it| it.tier >= Tier::High);
    let nested = Nested::of(facts, &group.id, high);
    let bad = !nested.deep.is_empty() || !nested.unprotected.is_empty();
    let outcome = if bad && high {
        Outcome::fail(nested.in_words(), EXPECTED)
    } else {
        if let Some(gap) = &nested.gap {
            return Err(gap.clone());
        }
        if bad {
            // A higher role may stand in the part of the lists that was not read, or further on.
            facts.active()?;
            facts.eligible()?;
            if let Some(gap) = facts.reach_gap(access) {
                return Err(gap);
            }
        }
        if !nested.rings.is_empty() {
            Outcome::partial(0.5, nested.in_words(), EXPECTED)
        } else if nested.direct.is_empty() {
            Outcome::pass("no group within it", EXPECTED)
        } else {
            Outcome::info(nested.in_words(), EXPECTED)
        }
    };
    let row = RowId::from(&group.id);
    let outcome = nested.notes(facts).into_iter().fold(outcome, Outcome::note);
    Ok(nested.direct.iter().take(SHOWN).fold(outcome, |outcome, inner| {
        let value = inner.to_string();
        outcome.evidence(Evidence::new(Dataset::GroupMembers, &row, "members", value))
    }))
}

/// The groups within a group.
#[derive(Default)]
struct Nested {
    /// Directly in it.
    direct: BTreeSet<PrincipalId>,
    /// In one of these, or deeper.
    deep: BTreeSet<PrincipalId>,
    /// Those of either that are not role-assignable.
    unprotected: BTreeSet<PrincipalId>,
    /// Groups that are within themselves.
    rings: BTreeSet<PrincipalId>,
    /// The walk ended before all of them were seen.
    cut: bool,
    /// Why there may be more.
    gap: Option<Gap>,
}

impl Nested {
    /// One walk, each group entered once. With `enough` it ends at as many deep groups as are shown.
    fn of(facts: &Facts, top: &PrincipalId, enough: bool) -> Self {
        let mut found = Self::default();
        let mut left = HashSet::new();
        let mut on_path = HashSet::from([top.clone()]);
        let mut path = vec![(top.clone(), found.groups_in(facts, top))];
        while let Some((current, open)) = path.last_mut() {
            let Some(next) = open.pop() else {
                on_path.remove(&*current);
                left.insert(current.clone());
                path.pop();
                continue;
            };
            if on_path.contains(&next) {
                found.rings.insert(next);
                continue;
            }
            let level = if path.len() == 1 { &mut found.direct } else { &mut found.deep };
            level.insert(next.clone());
            if enough && found.deep.len() >= SHOWN {
                found.cut = true;
                break;
            }
            if !left.contains(&next) {
                let inner = found.groups_in(facts, &next);
                on_path.insert(next.clone());
                path.push((next, inner));
            }
        }
        found
    }

    /// The groups among the members of one, however they are members.
    fn groups_in(&mut self, facts: &Facts, group: &PrincipalId) -> Vec<PrincipalId> {
        let entries = facts.entries(group);
        if self.gap.is_none() {
            self.gap = entries.member_gaps.first().cloned();
        }
        let members = entries.list.iter().filter(|it| it.access == GroupAccess::Member);
        let members: BTreeSet<&PrincipalId> = members.map(|it| &it.principal).collect();
        let mut groups = Vec::new();
        for member in members {
            match facts.principal_by_id(member).map(|principal| principal.group()) {
                Ok(None) => {}
                Ok(Some(properties)) => {
                    if properties.role_assignable != Some(true) {
                        self.unprotected.insert(member.clone());
                    }
                    groups.push(member.clone());
                }
                // Who was not read may be a group.
                Err(gap) => {
                    self.gap.get_or_insert(gap);
                }
            }
        }
        groups
    }

    fn in_words(&self) -> String {
        let mut words = Vec::new();
        for (groups, what) in [
            (&self.direct, "within it"),
            (&self.deep, "two or more levels deep"),
            (&self.unprotected, "not role-assignable"),
            (&self.rings, "within itself"),
        ] {
            if !groups.is_empty() {
                words.push(format!("{} {what}", counted(groups.len(), "group", "groups")));
            }
        }
        let at_least = if self.cut { "at least " } else { "" };
        format!("{at_least}{}", words.join(", "))
    }

    fn notes(&self, facts: &Facts) -> Vec<String> {
        let named = [
            (&self.direct, "within it"),
            (&self.deep, "two or more levels deep"),
            (&self.unprotected, "not role-assignable"),
            (&self.rings, "in a ring"),
        ];
        let named = named.into_iter().filter(|(groups, _)| !groups.is_empty());
        named.map(|(groups, what)| format!("{what}: {}", facts.names_of(groups))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, DIRECTORY_READERS, GLOBAL_ADMINISTRATOR, HELPDESK};
    use crate::model::{Access, Collected, GapKind, RoleId};

    const MEMBER: GroupAccess = GroupAccess::Member;

    fn outcome_of(case: &Case, group: &str) -> Result<Outcome, Gap> {
        let access = Access::Group(PrincipalId::new(group), MEMBER);
        case.judge_access(&CHECK, access, &Expect::Required)
    }

    fn judged(case: &Case, group: &str) -> Result<&'static str, GapKind> {
        outcome_of(case, group).map(|it| it.name()).map_err(|gap| gap.kind)
    }

    /// Groups `a` to `d` in PIM with one user in each; each pair makes the second an eligible member
    /// of the first. Group `a` holds the role.
    fn case_of(role: &str, pairs: &[(&str, &str)]) -> Case {
        let mut case = Case::new();
        case.user("ana");
        for group in ["a", "b", "c", "d"] {
            case.group(group, &["ana"]);
            case.onboard(group);
        }
        for (outer, inner) in pairs {
            case.group_eligible(inner, outer, MEMBER);
        }
        case.active("a", role);
        case
    }

    #[test]
    fn depth_and_rings_decide() {
        for (pairs, high, low) in [
            (&[("a", "b")][..], "info", "info"),
            (&[], "pass", "pass"),
            (&[("a", "b"), ("a", "c")], "info", "info"),
            (&[("a", "b"), ("b", "c")], "fail", "info"),
            // Short by one way, long by the other.
            (&[("a", "b"), ("a", "c"), ("b", "c")], "fail", "info"),
            (&[("a", "c"), ("a", "b"), ("c", "b")], "fail", "info"),
            (&[("a", "a")], "partial", "partial"),
            (&[("a", "b"), ("b", "a")], "partial", "partial"),
            (&[("a", "b"), ("b", "c"), ("c", "b")], "fail", "partial"),
            (&[("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")], "fail", "partial"),
            // What is nested elsewhere is not on the way.
            (&[("c", "d"), ("d", "c")], "pass", "pass"),
        ] {
            for (role, expected) in
                [(GLOBAL_ADMINISTRATOR, high), (HELPDESK, high), (DIRECTORY_READERS, low)]
            {
                let case = case_of(role, pairs);
                assert_eq!(judged(&case, "a"), Ok(expected), "{pairs:?} {role}");
            }
        }
    }

    #[test]
    fn however_a_group_is_a_member_it_counts() {
        let mut plain = Case::new();
        for (group, members) in [("a", &["b"][..]), ("b", &["c"]), ("c", &[])] {
            plain.group(group, members);
        }
        plain.eligible("a", GLOBAL_ADMINISTRATOR);
        let outcome = outcome_of(&plain, "a").unwrap();
        assert_eq!(outcome.name(), "fail");
        let details = outcome.details().unwrap();
        assert_eq!(details.observed, "1 group within it, 1 group two or more levels deep");
        assert_eq!(details.evidence[0].value, "b");
        let mut assigned = case_of(GLOBAL_ADMINISTRATOR, &[]);
        assigned.group_active("b", "a", MEMBER);
        assert_eq!(judged(&assigned, "a"), Ok("info"));
        // An owner is no member.
        let mut owned = case_of(GLOBAL_ADMINISTRATOR, &[]);
        owned.group_eligible("b", "a", GroupAccess::Owner);
        assert_eq!(judged(&owned, "a"), Ok("pass"));
    }

    #[test]
    fn a_nested_group_that_is_not_role_assignable_fails_on_the_first_level() {
        for (assignable, role, expected) in [
            (Some(false), GLOBAL_ADMINISTRATOR, "fail"),
            // Graph writes null for a group that is not.
            (None, GLOBAL_ADMINISTRATOR, "fail"),
            (Some(false), DIRECTORY_READERS, "info"),
            (Some(true), GLOBAL_ADMINISTRATOR, "info"),
        ] {
            let mut case = case_of(role, &[("a", "b")]);
            case.group_facts("b").role_assignable = assignable;
            assert_eq!(judged(&case, "a"), Ok(expected), "{assignable:?} {role}");
        }
    }

    #[test]
    fn each_group_on_the_way_is_a_subject_with_what_is_within_it() {
        let case = case_of(GLOBAL_ADMINISTRATOR, &[("a", "b"), ("b", "c")]);
        assert_eq!(case.subjects(&CHECK), ["group:a:member", "group:b:member", "group:c:member"]);
        for (group, expected) in [("a", "fail"), ("b", "info"), ("c", "pass")] {
            assert_eq!(judged(&case, group), Ok(expected), "{group}");
        }
    }

    #[test]
    fn a_group_reached_only_by_an_eligible_or_raised_role_is_judged_alike() {
        let pairs = [("a", "b"), ("b", "c")];
        let mut eligible = case_of(DIRECTORY_READERS, &pairs);
        eligible.eligible("a", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&eligible, "a"), Ok("fail"));
        let mut raised = case_of(DIRECTORY_READERS, &pairs);
        raised.organisation.raise_tier.insert(RoleId::new(DIRECTORY_READERS), Tier::High);
        assert_eq!(judged(&raised, "a"), Ok("fail"));
    }

    #[test]
    fn a_long_ring_is_walked_once_and_named_in_part() {
        let names: Vec<String> = (0..2_000).map(|number| format!("g{number:04}")).collect();
        let mut case = Case::new();
        for (place, name) in names.iter().enumerate() {
            case.group(name, &[names[(place + 1) % names.len()].as_str()]);
        }
        case.active("g0000", DIRECTORY_READERS);
        assert_eq!(judged(&case, "g0000"), Ok("partial"));
        case.active("g0000", GLOBAL_ADMINISTRATOR);
        let outcome = outcome_of(&case, "g0000").unwrap();
        assert_eq!(outcome.name(), "fail");
        let observed = &outcome.details().unwrap().observed;
        assert_eq!(observed, "at least 1 group within it, 10 groups two or more levels deep");
    }

    #[test]
    fn what_was_not_read_is_no_pass_and_takes_no_failure_away() {
        let mut unread = case_of(GLOBAL_ADMINISTRATOR, &[]);
        unread.unreadable_group("b");
        unread.group_eligible("b", "a", MEMBER);
        assert_eq!(judged(&unread, "a"), Err(GapKind::PermissionDenied));

        let mut in_part = case_of(GLOBAL_ADMINISTRATOR, &[("b", "c")]);
        in_part.partial_group("a", &["b"]);
        assert_eq!(judged(&in_part, "a"), Ok("fail"));
        in_part = case_of(DIRECTORY_READERS, &[("b", "a")]);
        in_part.partial_group("a", &["b"]);
        assert_eq!(judged(&in_part, "a"), Err(GapKind::PermissionDenied));

        let mut hidden = case_of(GLOBAL_ADMINISTRATOR, &[]);
        hidden.hidden("shadow");
        hidden.group_eligible("shadow", "a", MEMBER);
        assert_eq!(judged(&hidden, "a"), Err(GapKind::PermissionDenied));

        let mut gone = case_of(GLOBAL_ADMINISTRATOR, &[]);
        gone.absent("gone");
        gone.group_eligible("gone", "a", MEMBER);
        assert_eq!(judged(&gone, "a"), Ok("pass"));
    }

    #[test]
    fn a_low_role_excuses_nesting_only_once_all_roles_are_read() {
        for (pairs, expected) in [
            (&[("a", "b"), ("b", "c")][..], Err(GapKind::Failed)),
            // One level is shown below any role.
            (&[("a", "b")], Ok("info")),
            (&[], Ok("pass")),
        ] {
            let mut case = case_of(DIRECTORY_READERS, pairs);
            let gap = Gap::of(Dataset::RoleEligibilityScheduleInstances, GapKind::Failed, "503");
            case.tenant.eligible = Collected::Missing(gap);
            assert_eq!(judged(&case, "a"), expected, "eligible unread, {pairs:?}");
            let mut case = case_of(DIRECTORY_READERS, pairs);
            let Collected::Complete(rows) = case.tenant.active else { panic!("not complete") };
            let gap = Gap::of(Dataset::RoleAssignments, GapKind::Failed, "503");
            case.tenant.active = Collected::Partial(rows, gap);
            assert_eq!(judged(&case, "a"), expected, "active in part, {pairs:?}");
        }
    }

    #[test]
    fn a_group_that_is_gone_or_hidden_is_not_judged() {
        let mut case = Case::new();
        case.absent("gone");
        case.hidden("shadow");
        for group in ["gone", "shadow"] {
            case.active(group, GLOBAL_ADMINISTRATOR);
        }
        assert_eq!(judged(&case, "gone"), Ok("not-applicable"));
        assert_eq!(judged(&case, "shadow"), Err(GapKind::PermissionDenied));
    }
}
