//! `standing-group-member`: who is in a group with an active privileged role all the time.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant, counted};
use crate::facts::{Entry, Facts, How};
use crate::model::{Dataset, Evidence, Gap, GapKind, GroupAccess, Outcome, PrincipalId, RowId};
use std::collections::BTreeSet;

/// The check.
pub static CHECK: Check = Check {
    id: "standing-group-member",
    title: "Standing member of a group with an active privileged role",
    what: "Judges the members of every group through which a role of tier critical or high, or one \
        labelled PRIVILEGED, is active, or that is declared as sensitive. A member without an end fails, \
        whether assigned through PIM or by the directory alone; members with an end are met in part; \
        eligible ones pass. A group within the group counts by its own standing members. Declared \
        break-glass accounts are left out.",
    why: "A standing member of such a group is a standing administrator, although no list of role \
        assignments shows the name.",
    fix: Fix {
        portal: "Privileged Identity Management > Groups > (the group) > Assignments > Add assignments > \
            Member > Eligible; then remove the active member there, or under Groups > (the group) > \
            Members",
        graph: &[
            "POST /v1.0/identityGovernance/privilegedAccess/group/eligibilityScheduleRequests \
            {\"accessId\":\"member\",\"principalId\":\"<id of the member>\",\"groupId\":\"{group}\",\
            \"action\":\"adminAssign\",\"justification\":\"eligible instead of permanent\",\
            \"scheduleInfo\":{\"expiration\":{\"type\":\"afterDuration\",\"duration\":\"P365D\"}}}",
            "POST /v1.0/identityGovernance/privilegedAccess/group/assignmentScheduleRequests \
            {\"accessId\":\"member\",\"principalId\":\"<id of the member>\",\"groupId\":\"{group}\",\
            \"action\":\"adminRemove\"}",
            "DELETE /v1.0/groups/{group}/members/<id of the member>/$ref",
        ],
    },
    references: &[
        "PIM with Defender for Office 365",
        "Zero Trust Assessment 21816",
        "Microsoft best practices for Entra roles: groups for role assignments",
    ],
    subjects: Subjects::RoleGroups,
    needs: &[
        Dataset::RoleAssignments,
        Dataset::RoleAssignmentScheduleInstances,
        Dataset::RoleEligibilityScheduleInstances,
        Dataset::Principals,
        Dataset::GroupMembers,
        Dataset::GroupOwners,
    ],
    variants: &[Variant {
        name: WITHOUT_EXCEPTION,
        meaning: "a declared break-glass account is a member like any other",
    }],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

const EXPECTED: &str = "no member without an activation, break-glass accounts aside";
/// PIM with Defender for Office 365: the group is made without members.
const WITHOUT_EXCEPTION: &str = "without-exception";
const EXPECTED_OF_ALL: &str = "no member without an activation";
/// More rows than this help nobody; the inventory has them all.
const SHOWN: usize = 10;

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let without_exception = expect.is_variant(WITHOUT_EXCEPTION);
    let expected = if without_exception { EXPECTED_OF_ALL } else { EXPECTED };
    let group = facts.group()?;
    if group.group().is_none() {
        return Ok(Outcome::not_applicable(
            "the group was not found; defunct-principal judges that",
        ));
    }
    let access = facts.judged_access()?;
    let reached = facts.roles_reached_by(access);
    let privileged = reached.iter().filter(|it| it.standing && facts.matters(&it.role));
    let highest = privileged.max_by_key(|it| (facts.doubt_about(&it.role).is_none(), it.tier));
    if highest.is_none() && !facts.is_sensitive(&group.id) {
        // An active role may stand in the part of the list that was not read, or further on.
        facts.active()?;
        if let Some(gap) = facts.reach_gap(access) {
            return Err(gap);
        }
        return Ok(Outcome::not_applicable("no privileged role is active through it"));
    }
    let entries = facts.entries(&group.id);
    let members: Vec<&Entry> =
        entries.list.iter().filter(|it| it.access == GroupAccess::Member).collect();
    let mut found = Found { without_exception, ..Found::default() };
    for member in &members {
        found.add(facts, member);
    }
    let doubt = entries.member_gaps.first().cloned().or_else(|| found.doubt.take());
    let outcome = match (found.permanent.is_empty(), doubt) {
        (false, doubt) => {
            let at_least = if doubt.is_none() { "" } else { "at least " };
            Outcome::fail(format!("{at_least}{}", found.in_words(facts)), expected)
        }
        (true, Some(gap)) => return Err(gap),
        (true, None) if !found.ending.is_empty() => {
            Outcome::partial(0.5, found.in_words(facts), expected)
        }
        (true, None) => Outcome::pass(nobody_stands(&members), expected),
    };
    let outcome = outcome
        .note(match highest {
            Some(way) => {
                format!("{} is active through the group", facts.role_by_id(&way.role).name)
            }
            None => "the group is declared as sensitive".to_owned(),
        })
        .maybe_note((!found.exempt.is_empty()).then(|| {
            format!("declared break-glass accounts left out: {}", facts.names_of(&found.exempt))
        }))
        .measure("standing members", (found.permanent.len() + found.ending.len()) as f64);
    // Of nothing but roles whose label was not read, a failure is not proven.
    match highest.and_then(|way| facts.doubt_about(&way.role)) {
        Some(gap) => Err(gap),
        None => Ok(shown(outcome, &group.id, &members)),
    }
}

/// Who is in the group all the time.
#[derive(Default)]
struct Found {
    /// Declared break-glass accounts count like others.
    without_exception: bool,
    permanent: BTreeSet<PrincipalId>,
    /// Active, but with an end.
    ending: BTreeSet<PrincipalId>,
    /// Standing, but declared break-glass accounts.
    exempt: BTreeSet<PrincipalId>,
    /// Why there may be more.
    doubt: Option<Gap>,
}

impl Found {
    fn add(&mut self, facts: &Facts, member: &Entry) {
        let endless = match member.how {
            How::Eligible { .. } | How::Activated => return,
            How::Plain | How::Assigned { until: None } => Some(true),
            How::Assigned { until: Some(_) } => Some(false),
            How::Unknown => None,
        };
        if self.is_exempt(facts, &member.principal) {
            self.exempt.insert(member.principal.clone());
            return;
        }
        let Some(endless) = endless else {
            self.doubt.get_or_insert_with(|| untold(facts, &member.principal));
            return;
        };
        match self.standing_behind(facts, &member.principal) {
            Ok(people) if endless => self.permanent.extend(people),
            Ok(people) => self.ending.extend(people),
            Err(gap) => {
                self.doubt.get_or_insert(gap);
            }
        }
    }

    fn is_exempt(&self, facts: &Facts, person: &PrincipalId) -> bool {
        !self.without_exception && facts.is_break_glass(person)
    }

    /// The member itself; for a group those who are in it all the time. Who was not read may be a
    /// group, or a declared break-glass account.
    fn standing_behind(
        &mut self,
        facts: &Facts,
        member: &PrincipalId,
    ) -> Result<BTreeSet<PrincipalId>, Gap> {
        if facts.principal_by_id(member)?.group().is_none() {
            return Ok(BTreeSet::from([member.clone()]));
        }
        let expansion = facts.members_of(member);
        let mut doubt = expansion.gaps.first().cloned();
        let mut people = BTreeSet::new();
        for person in expansion.standing_members() {
            if self.is_exempt(facts, &person) {
                self.exempt.insert(person);
                continue;
            }
            match facts.principal_by_id(&person) {
                Ok(_) => {
                    people.insert(person);
                }
                Err(gap) => doubt = doubt.or(Some(gap)),
            }
        }
        match doubt {
            Some(gap) if people.is_empty() => Err(gap),
            Some(_) | None => Ok(people),
        }
    }

    fn in_words(&self, facts: &Facts) -> String {
        let mut words = Vec::new();
        for (people, what) in [(&self.permanent, "permanent"), (&self.ending, "time-bound")] {
            if !people.is_empty() {
                let one = format!("{what} member");
                let members = counted(people.len(), &one, &format!("{one}s"));
                words.push(format!("{members}: {}", facts.names_of(people)));
            }
        }
        words.join("; ")
    }
}

fn untold(facts: &Facts, member: &PrincipalId) -> Gap {
    Gap::of(
        Dataset::GroupAssignmentScheduleInstances,
        GapKind::Incomplete,
        format!("whether member {} is assigned or activated is not known", facts.name_of(member)),
    )
}

fn nobody_stands(members: &[&Entry]) -> String {
    let gated = members.iter().filter(|member| member.how.is_gated());
    match gated.map(|member| &member.principal).collect::<BTreeSet<_>>().len() {
        0 => "no standing member".to_owned(),
        count => {
            format!("{}, none standing", counted(count, "eligible member", "eligible members"))
        }
    }
}

fn shown(outcome: Outcome, group: &PrincipalId, members: &[&Entry]) -> Outcome {
    let row = RowId::from(group);
    let standing = members.iter().filter(|member| member.how.is_standing()).take(SHOWN);
    standing.fold(outcome, |outcome, member| {
        let who = &member.principal;
        let (dataset, field, value) = match member.how {
            How::Assigned { until: Some(until) } => (
                Dataset::GroupAssignmentScheduleInstances,
                "endDateTime",
                format!("{until} for {who}"),
            ),
            How::Assigned { until: None } => (
                Dataset::GroupAssignmentScheduleInstances,
                "endDateTime",
                format!("null for {who}"),
            ),
            How::Plain | How::Eligible { .. } | How::Activated | How::Unknown => {
                (Dataset::GroupMembers, "members", who.to_string())
            }
        };
        outcome.evidence(Evidence::new(dataset, &row, field, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{
        Case, DIRECTORY_READERS, GLOBAL_ADMINISTRATOR, GLOBAL_READER, HELPDESK,
    };
    use crate::model::{Access, Collected, Hold};

    const MEMBER: GroupAccess = GroupAccess::Member;

    fn outcome_of(case: &Case, group: &str) -> Result<Outcome, Gap> {
        let access = Access::Group(PrincipalId::new(group), MEMBER);
        case.judge_access(&CHECK, access, &Expect::Required)
    }

    fn judged(case: &Case, group: &str) -> Result<&'static str, GapKind> {
        outcome_of(case, group).map(|it| it.name()).map_err(|gap| gap.kind)
    }

    /// Group `g` in PIM with these plain members, active Global Administrator.
    fn managed(members: &[&str]) -> Case {
        let mut case = Case::new();
        for user in ["ana", "ben", "bg1"] {
            case.user(user);
        }
        case.group("g", members);
        case.onboard("g");
        case.active("g", GLOBAL_ADMINISTRATOR);
        case
    }

    #[test]
    fn a_member_without_an_end_fails_and_one_with_an_end_is_met_in_part() {
        let later = Some("2026-12-01T00:00:00Z");
        for (hold, end, expected) in [
            // An activation without an end is an anomaly, and standing.
            (Hold::Activated, None, "fail"),
            (Hold::Assigned, None, "fail"),
            (Hold::Assigned, later, "partial"),
            (Hold::Activated, later, "pass"),
        ] {
            let mut case = managed(&[]);
            let grant = case.group_active("ana", "g", MEMBER);
            grant.hold = hold;
            grant.end = end.map(|end| end.parse().unwrap());
            let outcome = outcome_of(&case, "g").unwrap();
            assert_eq!(outcome.name(), expected, "{hold:?} {end:?}");
            let rows = &outcome.details().unwrap().evidence;
            assert_eq!(rows.len(), usize::from(expected != "pass"), "{hold:?} {end:?}");
        }
    }

    #[test]
    fn a_plain_member_stands_for_ever_in_pim_and_outside_it() {
        assert_eq!(judged(&managed(&["ana"]), "g"), Ok("fail"));
        let mut outside = Case::new();
        outside.user("ana");
        outside.group("g", &["ana"]);
        outside.active("g", GLOBAL_ADMINISTRATOR);
        let outcome = outcome_of(&outside, "g").unwrap();
        assert_eq!(outcome.name(), "fail");
        let details = outcome.details().unwrap();
        assert_eq!(details.observed, "1 permanent member: ana@contoso.example");
        assert_eq!(details.evidence[0].dataset, Dataset::GroupMembers);
    }

    #[test]
    fn no_member_eligible_members_and_owners_pass() {
        let mut case = managed(&[]);
        case.owner("ben", "g");
        let outcome = outcome_of(&case, "g").unwrap();
        assert_eq!(outcome.name(), "pass");
        assert_eq!(outcome.details().unwrap().observed, "no standing member");
        case.group_eligible("ana", "g", MEMBER);
        let outcome = outcome_of(&case, "g").unwrap();
        assert_eq!(outcome.details().unwrap().observed, "1 eligible member, none standing");
        assert_eq!(outcome.name(), "pass");
    }

    #[test]
    fn one_permanent_member_outweighs_all_others() {
        let mut case = managed(&["ben"]);
        case.group_active("ana", "g", MEMBER).end = Some("2026-12-01T00:00:00Z".parse().unwrap());
        let outcome = outcome_of(&case, "g").unwrap();
        assert_eq!(outcome.name(), "fail");
        let details = outcome.details().unwrap();
        assert_eq!(
            details.observed,
            "1 permanent member: ben@contoso.example; 1 time-bound member: ana@contoso.example"
        );
        assert_eq!(details.measures, [("standing members", 2.0)]);
    }

    #[test]
    fn only_an_active_privileged_role_counts() {
        for (active, eligible, expected) in [
            (Some(DIRECTORY_READERS), None, "not-applicable"),
            (None, Some(GLOBAL_ADMINISTRATOR), "not-applicable"),
            (Some(DIRECTORY_READERS), Some(GLOBAL_ADMINISTRATOR), "not-applicable"),
            (Some(HELPDESK), None, "fail"),
            // Labelled PRIVILEGED, whatever its tier.
            (Some(GLOBAL_READER), None, "fail"),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.group("g", &["ana"]);
            if let Some(role) = active {
                case.active("g", role);
            }
            if let Some(role) = eligible {
                case.eligible("g", role);
            }
            assert_eq!(judged(&case, "g"), Ok(expected), "{active:?} {eligible:?}");
        }
    }

    #[test]
    fn declared_break_glass_accounts_are_left_out_and_told() {
        for (declared, expected) in
            [("bg1", "pass"), ("BG1@contoso.example", "pass"), ("bg2@contoso.example", "fail")]
        {
            let mut case = managed(&["bg1"]);
            case.organisation.break_glass.push(declared.to_owned());
            let outcome = outcome_of(&case, "g").unwrap();
            assert_eq!(outcome.name(), expected, "{declared}");
            let told = outcome.details().unwrap().notes.iter().any(|it| it.contains("left out"));
            assert_eq!(told, expected == "pass", "{declared}");
        }
        // Its type does not matter either.
        let mut untyped = managed(&[]);
        untyped.organisation.break_glass.push("bg1".to_owned());
        untyped.group_active("bg1", "g", MEMBER).hold = Hold::ActiveOfUnknownType;
        assert_eq!(judged(&untyped, "g"), Ok("pass"));
    }

    #[test]
    fn a_source_may_except_nobody() {
        for (members, nested, by_default, without_exception) in [
            (&["bg1"][..], false, "pass", "fail"),
            (&["bg1"], true, "pass", "fail"),
            (&["ana"], false, "fail", "fail"),
            (&[], false, "pass", "pass"),
        ] {
            let own: &[&str] = if nested { &["inner"] } else { members };
            let mut case = managed(own);
            case.group("inner", members);
            case.organisation.break_glass.push("bg1".to_owned());
            for (expect, expected) in [
                (Expect::Required, by_default),
                (Expect::Variant(WITHOUT_EXCEPTION), without_exception),
            ] {
                let access = Access::Group(PrincipalId::new("g"), MEMBER);
                let outcome = case.judge_access(&CHECK, access, &expect).unwrap();
                assert_eq!(outcome.name(), expected, "{members:?} {nested} {expect:?}");
            }
        }
    }

    #[test]
    fn a_group_within_counts_by_its_own_standing_members() {
        let nobody: Option<&str> = None;
        for (members, whole, eligible, expected) in [
            (&["ana"][..], true, nobody, Ok("fail")),
            (&["bg1"], true, nobody, Ok("pass")),
            (&[], true, nobody, Ok("pass")),
            (&[], true, Some("ana"), Ok("pass")),
            (&["ana"], false, nobody, Ok("fail")),
            (&[], false, nobody, Err(GapKind::PermissionDenied)),
        ] {
            let mut case = managed(&[]);
            case.organisation.break_glass.push("bg1".to_owned());
            if whole {
                case.group("inner", members);
            } else {
                case.partial_group("inner", members);
            }
            if let Some(person) = eligible {
                case.onboard("inner");
                case.group_eligible(person, "inner", MEMBER);
            }
            case.group_active("inner", "g", MEMBER);
            assert_eq!(judged(&case, "g"), expected, "{members:?} {whole} {eligible:?}");
        }
    }

    #[test]
    fn a_group_within_is_a_subject_of_its_own() {
        let mut case = managed(&[]);
        case.group("inner", &["ana"]);
        case.group_active("inner", "g", MEMBER);
        assert_eq!(judged(&case, "inner"), Ok("fail"));
        assert_eq!(case.subjects(&CHECK), ["group:g:member", "group:inner:member"]);
        // Eligible for the group, its members must activate: no role is active through it.
        let mut gated = managed(&[]);
        gated.group("inner", &["ana"]);
        gated.group_eligible("inner", "g", MEMBER);
        assert_eq!(judged(&gated, "inner"), Ok("not-applicable"));
        assert_eq!(judged(&gated, "g"), Ok("pass"));
    }

    #[test]
    fn who_was_not_read_is_not_assessed() {
        let mut direct = managed(&["shadow"]);
        direct.hidden("shadow");
        assert_eq!(judged(&direct, "g"), Err(GapKind::PermissionDenied));
        let mut within = managed(&[]);
        within.hidden("shadow");
        within.group("inner", &["shadow"]);
        within.group_active("inner", "g", MEMBER);
        assert_eq!(judged(&within, "g"), Err(GapKind::PermissionDenied));
        let mut beside = managed(&["ana", "shadow"]);
        beside.hidden("shadow");
        let outcome = outcome_of(&beside, "g").unwrap();
        let observed = &outcome.details().unwrap().observed;
        assert_eq!(observed, "at least 1 permanent member: ana@contoso.example");
    }

    #[test]
    fn from_a_list_in_part_only_a_failure_is_proven() {
        let id = PrincipalId::new("g");
        let gap = Gap::of(Dataset::GroupAssignmentScheduleInstances, GapKind::Failed, "503");
        let mut untold = managed(&["ana"]);
        untold.tenant.group_pim.get_mut(&id).unwrap().active = Collected::Missing(gap.clone());
        assert_eq!(judged(&untold, "g"), Err(GapKind::Failed));

        let mut ending = managed(&[]);
        ending.group_active("ana", "g", MEMBER).end = Some("2026-12-01T00:00:00Z".parse().unwrap());
        ending.tenant.group_pim.get_mut(&id).unwrap().eligible = Collected::Missing(gap);
        assert_eq!(judged(&ending, "g"), Err(GapKind::Failed));

        let mut untyped = managed(&[]);
        untyped.group_active("ana", "g", MEMBER).hold = Hold::ActiveOfUnknownType;
        assert_eq!(judged(&untyped, "g"), Err(GapKind::Incomplete));

        let mut denied = managed(&[]);
        denied.missing(Dataset::GroupMembers);
        assert_eq!(judged(&denied, "g"), Err(GapKind::PermissionDenied));

        let mut roles = Case::new();
        roles.group("g", &[]);
        roles.eligible("g", GLOBAL_ADMINISTRATOR);
        let gap = Gap::of(Dataset::RoleAssignments, GapKind::Incomplete, "502");
        roles.tenant.active = Collected::Missing(gap);
        assert_eq!(judged(&roles, "g"), Err(GapKind::Incomplete));
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

    #[test]
    fn a_group_declared_as_sensitive_needs_no_role_to_be_judged() {
        for (declared, expected) in [(true, Ok("fail")), (false, Ok("not-applicable"))] {
            let mut case = Case::new();
            case.user("ana");
            case.group("g", &["ana"]);
            if declared {
                let groups = &mut case.organisation.sensitive_groups;
                groups.insert("search and purge".to_owned(), "group:g".to_owned());
            }
            assert_eq!(judged(&case, "g"), expected, "{declared}");
        }
    }

    #[test]
    fn beyond_the_longest_walk_there_may_be_a_role() {
        for (length, expected) in [(100, Ok("not-applicable")), (5000, Err(GapKind::Incomplete))] {
            let mut case = Case::new();
            for place in 0..length {
                let inner = format!("g{}", place + 1);
                case.group(&format!("g{place}"), &[inner.as_str()]);
            }
            case.group(&format!("g{length}"), &[]);
            assert_eq!(judged(&case, &format!("g{length}")), expected, "{length}");
        }
    }
}
