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
        restricted-management administrative unit, and one in which such a group is nested. Owners \
        who are neither Global nor Privileged Role Administrator, eligible ones included, are met in \
        part: they can add approvers.",
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

fn judge(facts: &Facts, _expect: &Expect) -> Result<Outcome, Gap> {
    let group = facts.group()?;
    let Some(properties) = group.group() else {
        return Ok(Outcome::not_applicable(
            "the group was not found; unusable-approvers judges that",
        ));
    };
    let outcome = match weakness(properties) {
        Some(weakness) => Outcome::fail(weakness, EXPECTED).maybe_note(decided_by(properties)),
        None => match weak_within(facts, group, properties) {
            Ok(Some(weak)) => Outcome::fail(weak, EXPECTED),
            Ok(None) => owned(facts, group)?,
            Err(gap) => return Err(gap),
        },
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

/// A group nested in it, however deep, whose members lesser administrators choose: they approve as well.
fn weak_within(
    facts: &Facts,
    group: &Principal,
    properties: &Group,
) -> Result<Option<String>, Gap> {
    // Nothing can be nested in a role-assignable group.
    if properties.role_assignable == Some(true) {
        return Ok(None);
    }
    let mut unread = None;
    let mut seen = BTreeSet::from([group.id.clone()]);
    let mut next = vec![group.id.clone()];
    while let Some(id) = next.pop() {
        let entries = facts.entries(&id);
        unread = unread.or_else(|| entries.member_gaps.first().cloned());
        for entry in entries.list.iter().filter(|it| it.access == GroupAccess::Member) {
            let nested = match facts.principal_by_id(&entry.principal) {
                Ok(principal) => principal.group(),
                Err(gap) => {
                    unread = unread.or(Some(gap));
                    None
                }
            };
            let Some(nested) = nested.filter(|_| seen.insert(entry.principal.clone())) else {
                continue;
            };
            if let Some(weakness) = weakness(nested) {
                let name = facts.name_of(&entry.principal);
                return Ok(Some(format!("{name} is nested in it: {weakness}")));
            }
            next.push(entry.principal.clone());
        }
    }
    unread.map_or(Ok(None), Err)
}

/// A protected group, by its owners.
fn owned(facts: &Facts, group: &Principal) -> Result<Outcome, Gap> {
    let entries = facts.entries(&group.id);
    let owners = entries.list.iter().filter(|it| it.access == GroupAccess::Owner);
    let owners: BTreeSet<&PrincipalId> = owners.map(|it| &it.principal).collect();
    let trusted = [roles::GLOBAL_ADMINISTRATOR, roles::PRIVILEGED_ROLE_ADMINISTRATOR]
        .map(|role| facts.holders(&RoleId::new(role)));
    let others: BTreeSet<PrincipalId> = owners
        .iter()
        .copied()
        .filter(|owner| {
            !trusted.iter().any(|holders| {
                holders.people.contains_key(*owner) || holders.services.contains_key(*owner)
            })
        })
        .cloned()
        .collect();
    // Who seems to be neither may hold one of the two roles where nobody could look.
    let unread_holder = trusted.iter().find_map(|holders| holders.gaps.first());
    if let Some(gap) = unread_holder.filter(|_| !others.is_empty()) {
        return Err(gap.clone());
    }
    if let Some(gap) = entries.owner_gaps.first() {
        return Err(gap.clone());
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
        Outcome::partial(
            0.5,
            format!("protected, but {owned} can add approvers: {names}"),
            EXPECTED,
        )
    };
    Ok(outcome.measure("owners", owners.len() as f64))
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
