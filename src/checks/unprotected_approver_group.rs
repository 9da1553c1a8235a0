//! `unprotected-approver-group`: approver groups that lesser administrators can join.

use super::{Check, Expect, ExpectShape, Fix, Subjects, counted};
use crate::facts::Facts;
use crate::model::{
    Access, Dataset, Evidence, Gap, Group, GroupAccess, Outcome, Principal, PrincipalId, RoleId,
    RowId, roles,
};
use std::collections::BTreeSet;

/// The check.
pub static CHECK: Check = Check {
    id: "unprotected-approver-group",
    title: "Approver group is not protected",
    what: "Judges every group that is named as approver. One with dynamic membership fails, and so does \
        one that is synchronised from on-premises, or neither role-assignable nor in a \
        restricted-management administrative unit, and one in which such a group is nested, at any \
        depth. Owners who are neither Global nor Privileged Role Administrator, eligible ones and those \
        of the nested groups included, are met in part: they can add approvers.",
    why: "Whoever can change the members of an approver group can approve. For an ordinary group these \
        are Groups, User and Exchange Administrators, each weaker than what is approved.",
    fix: Fix {
        portal: "Entra admin center > Groups > New group > Microsoft Entra roles can be assigned to the \
            group: Yes; then name it in Role settings > Edit > Activation > Select approvers in place of \
            the old one. Or put the group into a restricted-management administrative unit; a synchronised \
            group must be replaced by a cloud one, and nested groups taken out. Remove owners \
            under Groups > (the group) > Owners",
        graph: &[
            "POST /v1.0/groups \
            {\"displayName\":\"PIM approvers\",\"mailEnabled\":false,\"mailNickname\":\"pim-approvers\",\
            \"securityEnabled\":true,\"isAssignableToRole\":true}",
            "POST /v1.0/directory/administrativeUnits/<id of the restricted unit>/members/$ref \
            {\"@odata.id\":\"https://graph.microsoft.com/v1.0/groups/{group}\"}",
            "DELETE /v1.0/groups/{group}/owners/<id of the owner>/$ref",
        ],
    },
    references: &["Microsoft Entra documentation: role-assignable groups", "MITRE ATT&CK T1098"],
    subjects: Subjects::ApproverGroups,
    needs: &[
        Dataset::RolePolicies,
        Dataset::GroupPolicies,
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

const EXPECTED: &str = "role-assignable or restricted, not dynamic, not synchronised, no weaker group \
    nested in it, owned by nobody or by Global or Privileged Role Administrators";
/// More accesses than this help nobody in one line.
const USES_SHOWN: usize = 5;
/// Nested groups whose owners are named.
const NESTED_SHOWN: usize = 5;

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let group = facts.group()?;
    let Some(properties) = group.group() else {
        return Ok(Outcome::not_applicable(
            "the group was not found; unusable-approvers judges that",
        ));
    };
    let outcome = match weakness(properties) {
        Some(weakness) => Outcome::fail(weakness, EXPECTED).maybe_note(decided_by(properties)),
        None => {
            let nest = nest(facts, group, properties);
            match (nest.weak, nest.unread) {
                (Some(weak), _) => Outcome::fail(weak, EXPECTED),
                (None, Some(gap)) => return Err(gap),
                (None, None) => owned(facts, &nest.groups)?,
            }
        }
    };
    let outcome = outcome.maybe_note(uses_in_words(facts));
    Ok(evidence(group, properties).into_iter().fold(outcome, Outcome::evidence))
}

/// Why lesser administrators, or nobody here, decide who is in a group.
const fn weakness(group: &Group) -> Option<&'static str> {
    if group.dynamic {
        Some("dynamic membership")
    } else if matches!(group.synced, Some(true)) {
        Some("synchronised from on-premises")
    } else if matches!(group.role_assignable, Some(true)) || matches!(group.restricted, Some(true))
    {
        None
    } else {
        // Of a group it may read, Graph writes null where the answer is no.
        Some("neither role-assignable nor restricted")
    }
}

fn decided_by(group: &Group) -> Option<&'static str> {
    if group.dynamic {
        Some("whoever can change the properties of a user decides who approves")
    } else if group.synced == Some(true) {
        Some("whoever administers the on-premises directory decides who approves")
    } else {
        None
    }
}

/// The group and every group nested in it, however deep: who is in one of them approves as well.
struct Nest {
    /// The group itself comes first.
    groups: Vec<PrincipalId>,
    /// A nested group whose members lesser administrators choose, in words; with it the list ends.
    weak: Option<String>,
    /// Why there may be more groups.
    unread: Option<Gap>,
}

fn nest(facts: &Facts, group: &Principal, properties: &Group) -> Nest {
    // Nothing can be made a plain member of a role-assignable group, but PIM lets any group be eligible.
    let by_pim_alone = properties.role_assignable == Some(true);
    let mut found = Nest { groups: vec![group.id.clone()], weak: None, unread: None };
    let mut seen = BTreeSet::from([group.id.clone()]);
    let mut place = 0;
    while let Some(id) = found.groups.get(place).cloned() {
        let by_pim_alone = by_pim_alone && place == 0;
        place += 1;
        let entries = facts.entries(&id);
        let matters = |gap: &&Gap| !by_pim_alone || gap.dataset != Some(Dataset::GroupMembers);
        found.unread = found.unread.or_else(|| entries.member_gaps.iter().find(matters).cloned());
        for entry in entries.list.iter().filter(|it| it.access == GroupAccess::Member) {
            let nested = match facts.principal_by_id(&entry.principal) {
                Ok(principal) => principal.group(),
                Err(gap) => {
                    let may_be_a_group = !by_pim_alone || entry.how.is_gated();
                    found.unread = found.unread.or_else(|| may_be_a_group.then_some(gap));
                    None
                }
            };
            let Some(nested) = nested.filter(|_| seen.insert(entry.principal.clone())) else {
                continue;
            };
            if let Some(weakness) = weakness(nested) {
                let name = facts.name_of(&entry.principal);
                found.weak = Some(format!("{name} is nested in it: {weakness}"));
                return found;
            }
            found.groups.push(entry.principal.clone());
        }
    }
    found
}

/// Who owns a group or can activate that: behind a group that owns it, everybody who is in that one or
/// can make themselves a member. Beside them why there may be more.
fn owners_of(facts: &Facts, group: &PrincipalId) -> (BTreeSet<PrincipalId>, Option<Gap>) {
    let entries = facts.entries(group);
    let mut owners = BTreeSet::new();
    let mut unread = entries.owner_gaps.first().cloned();
    for entry in entries.list.iter().filter(|it| it.access == GroupAccess::Owner) {
        let owner = facts.principal_by_id(&entry.principal).ok();
        let Some((owner, properties)) = owner.and_then(|it| Some((it, it.group()?))) else {
            owners.insert(entry.principal.clone());
            continue;
        };
        // Whose members lesser administrators choose is no owner to be trusted, whoever is in it now.
        if is_open(facts, owner, properties) {
            owners.insert(entry.principal.clone());
        }
        let behind = facts.members_of(&entry.principal);
        owners.extend(behind.members.keys().chain(behind.potential.keys()).cloned());
        let gap = behind.gaps.first().or_else(|| behind.owner_gaps.first());
        unread = unread.or_else(|| gap.cloned());
    }
    (owners, unread)
}

/// Whether lesser administrators choose who is in a group, in one that is nested in it, or in one that
/// owns one of these.
fn is_open(facts: &Facts, group: &Principal, properties: &Group) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![(group, properties)];
    while let Some((group, properties)) = open.pop() {
        if !seen.insert(group.id.clone()) {
            continue;
        }
        let nest = nest(facts, group, properties);
        if weakness(properties).is_some() || nest.weak.is_some() {
            return true;
        }
        for id in &nest.groups {
            let entries = facts.entries(id);
            let owners = entries.list.iter().filter(|it| it.access == GroupAccess::Owner);
            let owners = owners.filter_map(|it| facts.principal_by_id(&it.principal).ok());
            open.extend(owners.filter_map(|it| Some((it, it.group()?))));
        }
    }
    false
}

/// A protected group, by its owners and by those of the groups nested in it.
fn owned(facts: &Facts, groups: &[PrincipalId]) -> Result<Outcome, Gap> {
    let trusted = [roles::GLOBAL_ADMINISTRATOR, roles::PRIVILEGED_ROLE_ADMINISTRATOR]
        .map(|role| facts.holders(&RoleId::new(role)));
    let is_trusted = |owner: &PrincipalId| {
        trusted.iter().any(|it| it.people.contains_key(owner) || it.services.contains_key(owner))
    };
    let (mut owners, mut others) = (BTreeSet::new(), BTreeSet::new());
    let (mut unread, mut nested) = (None, Vec::new());
    for (place, group) in groups.iter().enumerate() {
        let (of_group, gap) = owners_of(facts, group);
        unread = unread.or(gap);
        let lesser: BTreeSet<PrincipalId> =
            of_group.iter().filter(|owner| !is_trusted(owner)).cloned().collect();
        if place > 0 && !lesser.is_empty() {
            nested.push((group, facts.names_of(&lesser)));
        }
        others.extend(lesser);
        owners.extend(of_group);
    }
    // Who seems to be neither may hold one of the two roles where nobody could look.
    let unread_holder = trusted.iter().find_map(|holders| holders.gaps.first());
    if let Some(gap) = unread_holder.filter(|_| !others.is_empty()) {
        return Err(gap.clone());
    }
    if let Some(gap) = unread {
        return Err(gap);
    }
    let outcome = if others.is_empty() {
        let owned = match owners.len() {
            0 => "no owner".to_owned(),
            count => counted(count, "trusted owner", "trusted owners"),
        };
        Outcome::pass(format!("protected, {owned}"), EXPECTED)
    } else {
        let owned = counted(others.len(), "owner", "owners");
        let names = facts.names_of(&others);
        let observed = format!("protected, but {owned} can add approvers: {names}");
        let outcome = Outcome::partial(0.5, observed, EXPECTED).calls(calls(&nested));
        let shown = nested.iter().take(NESTED_SHOWN).map(|(group, names)| {
            format!("owners of {}, which is nested in it: {names}", facts.name_of(group))
        });
        let more = nested.len().saturating_sub(NESTED_SHOWN);
        let more = (more > 0).then(|| format!("and of {more} more groups that are nested in it"));
        shown.chain(more).fold(outcome, Outcome::note)
    };
    Ok(outcome.measure("owners", owners.len() as f64))
}

/// The calls of the check, and one for each nested group with such owners; none of a finding's own
/// where there is no such group.
fn calls(nested: &[(&PrincipalId, String)]) -> Vec<String> {
    if nested.is_empty() {
        return Vec::new();
    }
    let usual = CHECK.fix.graph.iter().map(|&call| call.to_owned());
    let of_nested = nested
        .iter()
        .take(NESTED_SHOWN)
        .map(|(group, _)| format!("DELETE /v1.0/groups/{group}/owners/<id of the owner>/$ref"));
    usual.chain(of_nested).collect()
}

fn uses_in_words(facts: &Facts) -> Option<String> {
    let uses = facts.approver_group_uses();
    let names: Vec<String> = uses
        .iter()
        .take(USES_SHOWN)
        .map(|access| match access {
            Access::DirectoryRole(role) => facts.role_by_id(role).name.to_string(),
            Access::Group(group, access) => {
                format!("{} of {}", access.name(), facts.name_of(group))
            }
        })
        .collect();
    let more = match uses.len().saturating_sub(USES_SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!names.is_empty()).then(|| format!("approves {}{more}", names.join(", ")))
}

fn evidence(group: &Principal, properties: &Group) -> [Evidence; 4] {
    let row = RowId::from(&group.id);
    let given =
        |value: Option<bool>| value.map_or_else(|| "null".to_owned(), |value| value.to_string());
    let types = if properties.dynamic { "DynamicMembership" } else { "[]" };
    [
        ("onPremisesSyncEnabled", given(properties.synced)),
        ("isAssignableToRole", given(properties.role_assignable)),
        ("isManagementRestricted", given(properties.restricted)),
        ("groupTypes", types.to_owned()),
    ]
    .map(|(field, value)| Evidence::new(Dataset::Principals, &row, field, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{
        Case, EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR,
        SECURITY_ADMINISTRATOR,
    };
    use crate::model::{Approval, Approver, Collected, GapKind, Stage};

    fn outcome_of(case: &Case, group: &str) -> Result<Outcome, Gap> {
        let access = Access::Group(PrincipalId::new(group), GroupAccess::Member);
        case.judge_access(&CHECK, access, &Expect::Required)
    }

    fn judged(case: &Case, group: &str) -> Result<&'static str, GapKind> {
        outcome_of(case, group).map(|it| it.name()).map_err(|gap| gap.kind)
    }

    fn approval_by(group: &str) -> Approval {
        Approval::Required {
            mode: "SingleStage".into(),
            stages: vec![Stage {
                approvers: vec![Approver::Group(PrincipalId::new(group))],
                reason_required: Some(true),
                escalation: 0,
            }],
        }
    }

    /// Role-assignable group `g` without owners approves Security Administrator.
    fn approving() -> Case {
        let mut case = Case::new();
        case.user("ana");
        case.group("g", &[]);
        case.policy(SECURITY_ADMINISTRATOR).approval = Ok(approval_by("g"));
        case
    }

    #[test]
    fn a_group_others_can_change_fails() {
        for (assignable, restricted, dynamic, expected) in [
            (None, None, false, "fail"),
            (Some(false), None, false, "fail"),
            (Some(false), Some(false), false, "fail"),
            (None, Some(true), false, "pass"),
            (Some(true), None, false, "pass"),
            (Some(true), Some(true), false, "pass"),
            (Some(false), Some(true), true, "fail"),
            (Some(false), Some(false), true, "fail"),
        ] {
            let mut case = approving();
            let group = case.group_facts("g");
            group.role_assignable = assignable;
            group.restricted = restricted;
            group.dynamic = dynamic;
            let outcome = outcome_of(&case, "g").unwrap();
            assert_eq!(outcome.name(), expected, "{assignable:?} {restricted:?} {dynamic}");
            let details = outcome.details().unwrap();
            assert_eq!(details.evidence.len(), 4, "{assignable:?} {restricted:?} {dynamic}");
            let told = details.notes.last().unwrap();
            assert_eq!(told, "approves Security Administrator");
        }
    }

    #[test]
    fn whoever_chooses_the_members_of_a_nested_group_approves_as_well() {
        let restricted = |case: &mut Case, id: &str, restricted: bool| {
            let group = case.group_facts(id);
            (group.role_assignable, group.restricted) = (Some(false), Some(restricted));
        };
        for (nested_restricted, synced, expected) in
            [(true, None, "pass"), (false, None, "fail"), (true, Some(true), "fail")]
        {
            let mut case = approving();
            case.group("deep", &["ana"]);
            case.group("between", &["deep", "g"]);
            case.group("g", &["between", "ana"]);
            restricted(&mut case, "g", true);
            restricted(&mut case, "between", true);
            restricted(&mut case, "deep", nested_restricted);
            case.group_facts("deep").synced = synced;
            assert_eq!(judged(&case, "g"), Ok(expected), "{nested_restricted} {synced:?}");
        }
        let mut synced = approving();
        restricted(&mut synced, "g", true);
        synced.group_facts("g").synced = Some(true);
        let outcome = outcome_of(&synced, "g").unwrap();
        assert_eq!(outcome.details().unwrap().observed, "synchronised from on-premises");
        // What is nested in it is not known.
        let mut unread = approving();
        unread.unreadable_group("g");
        restricted(&mut unread, "g", true);
        assert_eq!(judged(&unread, "g"), Err(GapKind::PermissionDenied));
    }

    #[test]
    fn an_owner_below_the_two_highest_roles_is_met_in_part() {
        let [active, eligible, none] = ["active", "eligible", "none"];
        for (role, held, expected) in [
            (GLOBAL_ADMINISTRATOR, none, "partial"),
            (EXCHANGE_ADMINISTRATOR, active, "partial"),
            (GLOBAL_ADMINISTRATOR, active, "pass"),
            (GLOBAL_ADMINISTRATOR, eligible, "pass"),
            (PRIVILEGED_ROLE_ADMINISTRATOR, active, "pass"),
            (PRIVILEGED_ROLE_ADMINISTRATOR, eligible, "pass"),
        ] {
            let mut case = approving();
            case.owner("ana", "g");
            if held == active {
                case.active("ana", role);
            } else if held == eligible {
                case.eligible("ana", role);
            }
            assert_eq!(judged(&case, "g"), Ok(expected), "{role} {held}");
        }
    }

    #[test]
    fn owners_count_whatever_they_are_and_however_they_own() {
        let mut eligible = approving();
        eligible.onboard("g");
        eligible.group_eligible("ana", "g", GroupAccess::Owner);
        assert_eq!(judged(&eligible, "g"), Ok("partial"));

        let mut service = approving();
        service.service("robot");
        service.owner("robot", "g");
        assert_eq!(judged(&service, "g"), Ok("partial"));
        service.active("robot", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&service, "g"), Ok("pass"));

        let mut through = approving();
        through.owner("ana", "g");
        through.group("admins", &["ana"]);
        through.eligible("admins", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&through, "g"), Ok("pass"));

        // One who could only make themselves one is none.
        let mut potential = approving();
        potential.owner("ana", "g");
        potential.group("admins", &[]);
        potential.owner("ana", "admins");
        potential.eligible("admins", GLOBAL_ADMINISTRATOR);
        assert_eq!(judged(&potential, "g"), Ok("partial"));

        let mut two = approving();
        two.user("ben");
        two.owner("ana", "g");
        two.owner("ben", "g");
        two.active("ben", GLOBAL_ADMINISTRATOR);
        let outcome = outcome_of(&two, "g").unwrap();
        let details = outcome.details().unwrap();
        assert_eq!(
            details.observed,
            "protected, but 1 owner can add approvers: ana@contoso.example"
        );
    }

    #[test]
    fn a_group_that_anybody_can_be_put_into_is_no_trusted_owner() {
        fn ordinary(case: &mut Case, id: &str) {
            case.group_facts(id).role_assignable = Some(false);
        }
        type Change = fn(&mut Case);
        let cases: [(&str, Change, &str); 8] = [
            ("protected and empty", |_| {}, "pass"),
            ("ordinary and empty", |case| ordinary(case, "crew"), "partial"),
            (
                "restricted and empty",
                |case| {
                    ordinary(case, "crew");
                    case.group_facts("crew").restricted = Some(true);
                },
                "pass",
            ),
            (
                "dynamic, of a Global Administrator",
                |case| {
                    case.group("crew", &["ben"]);
                    case.active("ben", GLOBAL_ADMINISTRATOR);
                    case.group_facts("crew").dynamic = true;
                },
                "partial",
            ),
            (
                "synchronised, of a Global Administrator",
                |case| {
                    case.group("crew", &["ben"]);
                    case.active("ben", GLOBAL_ADMINISTRATOR);
                    case.group_facts("crew").synced = Some(true);
                },
                "partial",
            ),
            (
                "an ordinary one can be put into it by PIM",
                |case| {
                    case.group("late", &[]);
                    ordinary(case, "late");
                    case.onboard("crew");
                    case.group_eligible("late", "crew", GroupAccess::Member);
                },
                "partial",
            ),
            (
                "an ordinary one owns it",
                |case| {
                    case.group("outer", &[]);
                    ordinary(case, "outer");
                    case.owner("outer", "crew");
                },
                "partial",
            ),
            ("it owns itself", |case| case.owner("crew", "crew"), "pass"),
        ];
        for (what, change, expected) in cases {
            let mut case = approving();
            case.user("ben");
            case.group("crew", &[]);
            case.owner("crew", "g");
            change(&mut case);
            assert_eq!(judged(&case, "g"), Ok(expected), "{what}");
        }
        let mut case = approving();
        case.group("crew", &[]);
        ordinary(&mut case, "crew");
        case.owner("crew", "g");
        let outcome = outcome_of(&case, "g").unwrap();
        let observed = &outcome.details().unwrap().observed;
        assert_eq!(observed, "protected, but 1 owner can add approvers: crew");
    }

    #[test]
    fn whoever_owns_a_nested_group_can_add_approvers_as_well() {
        fn restricted(case: &mut Case, id: &str) {
            let group = case.group_facts(id);
            (group.role_assignable, group.restricted) = (Some(false), Some(true));
        }
        fn unread_owners(case: &mut Case, id: &str) {
            let Collected::Complete(owners) = &mut case.tenant.owners else { panic!() };
            let gap = Gap::of(Dataset::GroupOwners, GapKind::PermissionDenied, "403");
            owners.entry(PrincipalId::new(id)).or_default().gap = Some(gap);
        }
        type Change = fn(&mut Case);
        let cases: [(&str, Change, Result<&str, GapKind>); 9] = [
            ("nobody", |_| {}, Ok("pass")),
            ("two below, in a circle", |case| case.owner("ben", "deep"), Ok("partial")),
            (
                "a trusted one",
                |case| {
                    case.owner("ben", "deep");
                    case.active("ben", GLOBAL_ADMINISTRATOR);
                },
                Ok("pass"),
            ),
            (
                "who can activate the ownership",
                |case| {
                    case.onboard("deep");
                    case.group_eligible("ben", "deep", GroupAccess::Owner);
                },
                Ok("partial"),
            ),
            (
                "an owner of a group that owns it",
                |case| {
                    case.group("crew", &[]);
                    case.owner("ben", "crew");
                    case.owner("crew", "deep");
                },
                Ok("partial"),
            ),
            (
                "a group of trusted people",
                |case| {
                    case.group("crew", &["ben"]);
                    case.active("crew", GLOBAL_ADMINISTRATOR);
                    case.owner("crew", "deep");
                },
                Ok("pass"),
            ),
            ("the group itself", |case| case.owner("g", "g"), Ok("partial")),
            (
                "a nested group that is only eligible",
                |case| {
                    case.group("late", &[]);
                    restricted(case, "late");
                    case.owner("ben", "late");
                    case.onboard("deep");
                    case.group_eligible("late", "deep", GroupAccess::Member);
                },
                Ok("partial"),
            ),
            ("not read", |case| unread_owners(case, "deep"), Err(GapKind::PermissionDenied)),
        ];
        for (what, change, expected) in cases {
            let mut case = approving();
            case.user("ben");
            case.group("deep", &["ana", "g"]);
            case.group("between", &["deep"]);
            case.group("g", &["between"]);
            for id in ["g", "between", "deep"] {
                restricted(&mut case, id);
            }
            change(&mut case);
            assert_eq!(judged(&case, "g"), expected, "{what}");
        }
        let mut case = approving();
        case.user("ben");
        case.group("deep", &[]);
        case.group("g", &["deep"]);
        restricted(&mut case, "g");
        case.owner("ben", "deep");
        let outcome = outcome_of(&case, "g").unwrap();
        let details = outcome.details().unwrap();
        assert_eq!(details.notes[0], "owners of deep, which is nested in it: ben@contoso.example");
        let calls = details.calls.as_deref().unwrap();
        assert_eq!(calls.last().unwrap(), "DELETE /v1.0/groups/deep/owners/<id of the owner>/$ref");
    }

    #[test]
    fn an_ordinary_group_that_is_eligible_for_a_role_assignable_one_is_judged() {
        for (restricted, expected) in [(Some(true), "pass"), (Some(false), "fail")] {
            let mut case = approving();
            case.onboard("g");
            case.group("staff", &["ana"]);
            let staff = case.group_facts("staff");
            (staff.role_assignable, staff.restricted) = (Some(false), restricted);
            case.group_eligible("staff", "g", GroupAccess::Member);
            assert_eq!(judged(&case, "g"), Ok(expected), "{restricted:?}");
        }
        // Nothing is nested in it but by PIM, which was read.
        let mut unread = approving();
        unread.unreadable_group("g");
        assert_eq!(judged(&unread, "g"), Ok("pass"));
    }

    #[test]
    fn groups_that_approve_are_judged_and_only_while_approval_is_on() {
        let mut case = approving();
        case.group("h", &[]);
        case.group("managed", &[]);
        case.onboard("managed");
        case.active("managed", GLOBAL_ADMINISTRATOR);
        case.group_policy("managed", GroupAccess::Member).approval = Ok(approval_by("h"));
        assert_eq!(case.subjects(&CHECK), ["group:g:member", "group:h:member"]);
        let outcome = outcome_of(&case, "h").unwrap();
        assert_eq!(outcome.details().unwrap().notes, ["approves member of managed"]);
        case.policy(SECURITY_ADMINISTRATOR).approval = Ok(Approval::NotRequired);
        assert_eq!(case.subjects(&CHECK), ["group:h:member"]);
    }

    #[test]
    fn of_many_uses_only_some_are_named() {
        let mut case = approving();
        for number in 1..=USES_SHOWN {
            case.policy(&format!("role-{number}")).approval = Ok(approval_by("g"));
        }
        let outcome = outcome_of(&case, "g").unwrap();
        let note = outcome.details().unwrap().notes.last().unwrap().clone();
        assert!(note.ends_with(" and 1 more"), "{note}");
    }

    #[test]
    fn what_was_not_read_is_no_pass_and_takes_no_failure_away() {
        let mut owners = approving();
        owners.missing(Dataset::GroupOwners);
        assert_eq!(judged(&owners, "g"), Err(GapKind::PermissionDenied));
        owners.group_facts("g").role_assignable = Some(false);
        assert_eq!(judged(&owners, "g"), Ok("fail"));

        // Whoever holds the two roles is not known: an owner may be one of them.
        for (owned, expected) in [(true, Err(GapKind::Failed)), (false, Ok("pass"))] {
            let mut holders = approving();
            if owned {
                holders.owner("ana", "g");
            }
            let gap = Gap::of(Dataset::RoleEligibilityScheduleInstances, GapKind::Failed, "503");
            holders.tenant.eligible = Collected::Missing(gap);
            assert_eq!(judged(&holders, "g"), expected, "owned: {owned}");
        }
        let mut known = approving();
        known.owner("ana", "g");
        known.active("ana", GLOBAL_ADMINISTRATOR);
        let gap = Gap::of(Dataset::RoleEligibilityScheduleInstances, GapKind::Failed, "503");
        known.tenant.eligible = Collected::Missing(gap);
        assert_eq!(judged(&known, "g"), Ok("pass"));
    }

    #[test]
    fn a_group_that_is_gone_hidden_or_unread_is_not_judged() {
        let mut case = Case::new();
        case.absent("gone");
        case.hidden("shadow");
        for (group, expected) in [
            ("gone", Ok("not-applicable")),
            ("shadow", Err(GapKind::PermissionDenied)),
            ("stranger", Err(GapKind::Incomplete)),
        ] {
            assert_eq!(judged(&case, group), expected, "{group}");
        }
    }
}
