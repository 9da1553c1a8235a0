//! PIM for Groups: which groups it manages, who enters them by it, and what an activation asks for.
//!
//! Everything is read group by group; a group that could not be read costs no other one.

use super::parts::Parts;
use super::{Text, collected, collection, directory, policies, time, typed};
use crate::model::{
    ActivationPolicy, Collected, Dataset, Gap, GapKind, GroupAccess, GroupGrant, GroupPim, Hold,
    Members, PrincipalId,
};
use crate::snapshot::{Collection, Snapshot};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Clocks differ; an end this little in the past may still be in force.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Direct owners, group by group.
pub(super) fn owners(
    snapshot: &Snapshot<'_>,
    gone: &HashSet<PrincipalId>,
) -> Collected<HashMap<PrincipalId, Members>> {
    directory::members(snapshot, Dataset::GroupOwners, gone)
}

#[derive(Deserialize)]
struct OnboardedRow<'a> {
    #[serde(borrow)]
    id: Text<'a>,
}

/// The groups that PIM manages.
///
/// Only beta lists them. Without that list a group with a policy is one of them, and that is all of
/// them when the policies of every known group were read.
pub(super) fn onboarded(
    snapshot: &Snapshot<'_>,
    gone: &HashSet<PrincipalId>,
) -> Collected<BTreeSet<PrincipalId>> {
    let (listed, gap) = match collection(snapshot, Dataset::OnboardedGroups) {
        Ok(found) => {
            let rows = typed::<OnboardedRow<'_>>(found);
            let ids: BTreeSet<PrincipalId> =
                rows.rows.iter().map(|row| PrincipalId::new(&row.id)).collect();
            match found.gap.clone().or(rows.strange) {
                None => return Collected::Complete(ids),
                Some(gap) => (Some(ids), gap),
            }
        }
        Err(gap) => (None, gap),
    };
    let policies = Parts::of(snapshot, Dataset::GroupPolicies);
    if listed.is_none() && policies.iter().all(|(_, part)| part.missing) {
        return Collected::Missing(gap);
    }
    let mut groups = listed.unwrap_or_default();
    let with_policy = policies.iter().filter(|(_, part)| !part.rows.is_empty());
    groups.extend(with_policy.map(|(group, _)| PrincipalId::new(group)));
    if has_policies_of_every_group(snapshot, &policies, gone) {
        Collected::Complete(groups)
    } else {
        Collected::Partial(groups, gap)
    }
}

/// True when the groups are known and the policies of each were read to the end.
fn has_policies_of_every_group(
    snapshot: &Snapshot<'_>,
    policies: &Parts<'_, '_>,
    gone: &HashSet<PrincipalId>,
) -> bool {
    let mut known = false;
    let whole = snapshot.parts(Dataset::GroupMembers).all(|part| {
        known = true;
        match &part.key {
            Some(group) => {
                gone.contains(&PrincipalId::new(group))
                    || policies.get(group).is_ok_and(|it| it.gap.is_none())
            }
            None => part.gap.is_none(),
        }
    });
    known && whole
}

/// What PIM says of every group that was asked for.
pub(super) fn group_pim(
    snapshot: &Snapshot<'_>,
    now: Timestamp,
    gone: &HashSet<PrincipalId>,
) -> HashMap<PrincipalId, GroupPim> {
    let active = Parts::of(snapshot, Dataset::GroupAssignmentScheduleInstances);
    let eligible = Parts::of(snapshot, Dataset::GroupEligibilityScheduleInstances);
    let policies = Parts::of(snapshot, Dataset::GroupPolicies);
    let groups: BTreeSet<&str> = [&active, &eligible, &policies]
        .into_iter()
        .flat_map(|parts| parts.iter().map(|(group, _)| group))
        .collect();
    groups
        .into_iter()
        .map(|key| (key, PrincipalId::new(key)))
        .filter(|(_, group)| !gone.contains(group))
        .map(|(key, group)| {
            let [member_policy, owner_policy] = policies_of(policies.get(key));
            let pim = GroupPim {
                active: grants(active.get(key), &group, now),
                eligible: grants(eligible.get(key), &group, now),
                member_policy,
                owner_policy,
            };
            (group, pim)
        })
        .collect()
}

/// The policies of members and of owners.
fn policies_of(part: Result<&Collection<'_>, Gap>) -> [Result<ActivationPolicy, Gap>; 2] {
    let part = match part {
        Ok(part) => part,
        Err(gap) => return [Err(gap.clone()), Err(gap)],
    };
    let (mut found, strange) = policies::assigned(part, |id| id.trim().to_ascii_lowercase());
    [GroupAccess::Member, GroupAccess::Owner].map(|access| {
        let policy = found.remove(access.name());
        let gap = part.gap.as_ref().or(strange.as_ref());
        policy.unwrap_or_else(|| {
            Err(gap.cloned().unwrap_or_else(|| {
                Gap::of(
                    Dataset::GroupPolicies,
                    GapKind::ImpossiblyEmpty,
                    format!(
                        "Graph returned no policy of the group's {}s, but every PIM group has one",
                        access.name()
                    ),
                )
            }))
        })
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow)]
    principal_id: Text<'a>,
    #[serde(borrow, default)]
    group_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    access_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    assignment_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    member_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    start_date_time: Option<Text<'a>>,
    #[serde(borrow, default)]
    end_date_time: Option<Text<'a>>,
}

impl Row<'_> {
    /// Rows that repeat another grant: through a group in the group.
    fn is_projection(&self) -> bool {
        self.member_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("Group"))
    }

    fn access(&self) -> Result<GroupAccess, String> {
        match self.access_id.as_deref() {
            Some(word) if word.eq_ignore_ascii_case("member") => Ok(GroupAccess::Member),
            Some(word) if word.eq_ignore_ascii_case("owner") => Ok(GroupAccess::Owner),
            other => Err(format!("row {} has the accessId {}", self.id, other.unwrap_or("null"))),
        }
    }

    fn active_hold(&self) -> Hold {
        let direct =
            self.member_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("Direct"));
        match self.assignment_type.as_deref() {
            Some(kind) if direct && kind.eq_ignore_ascii_case("Assigned") => Hold::Assigned,
            Some(kind) if direct && kind.eq_ignore_ascii_case("Activated") => Hold::Activated,
            Some(_) | None => Hold::ActiveOfUnknownType,
        }
    }

    fn window(&self) -> Result<(Option<Timestamp>, Option<Timestamp>), String> {
        Ok((time(self.start_date_time.as_deref())?, time(self.end_date_time.as_deref())?))
    }

    /// The grant that this row is, or why it is not one of this group.
    fn grant(&self, group: &PrincipalId, eligible: bool) -> Result<GroupGrant, String> {
        let access = self.access()?;
        if self.group_id.as_deref().is_some_and(|id| PrincipalId::new(id) != *group) {
            return Err(format!("row {} is of another group", self.id));
        }
        let hold = if eligible { Hold::Eligible } else { self.active_hold() };
        // A window that cannot be read leaves the grant, marked: an eligibility as one without an
        // end, an active one as something of which nobody knows whether it stands.
        let window = self.window();
        let window_unread = window.is_err();
        let (start, end) = window.unwrap_or_default();
        let hold = match window_unread && !eligible {
            true => Hold::ActiveOfUnknownType,
            false => hold,
        };
        Ok(GroupGrant {
            principal: PrincipalId::new(&self.principal_id),
            group: group.clone(),
            access,
            hold,
            start,
            end,
            window_unread,
            id: (*self.id).into(),
        })
    }
}

fn grants(
    part: Result<&Collection<'_>, Gap>,
    group: &PrincipalId,
    now: Timestamp,
) -> Collected<Vec<GroupGrant>> {
    let part = match part {
        Ok(part) => part,
        Err(gap) => return Collected::Missing(gap),
    };
    let eligible = part.dataset == Dataset::GroupEligibilityScheduleInstances;
    let rows = typed::<Row<'_>>(part);
    let mut strange = rows.strange;
    let mut grants = Vec::new();
    // A row can come twice when the list changes between two pages.
    let mut seen = HashSet::new();
    for row in &rows.rows {
        if row.is_projection() || !(row.id.is_empty() || seen.insert(row.id.to_ascii_lowercase())) {
            continue;
        }
        match row.grant(group, eligible) {
            Ok(grant) if is_over(&grant, now) => {}
            Ok(grant) => grants.push(grant),
            Err(cause) => {
                strange.get_or_insert_with(|| Gap::unreadable(part.dataset, cause));
            }
        }
    }
    deduplicate(&mut grants);
    collected(grants, [part.gap.clone(), strange])
}

fn is_over(grant: &GroupGrant, now: Timestamp) -> bool {
    grant.end.is_some_and(|end| now.duration_since(end) >= CLOCK_SKEW)
}

/// Keeps one grant of a kind, the one that lasts longest; activations are all kept. The order does
/// not depend on that of the rows.
fn deduplicate(grants: &mut Vec<GroupGrant>) {
    let endless_first = |grant: &GroupGrant| grant.end.map_or(i64::MIN, |end| -end.as_second());
    grants.sort_by(|a, b| {
        (a.access, &a.principal, a.hold)
            .cmp(&(b.access, &b.principal, b.hold))
            .then_with(|| endless_first(a).cmp(&endless_first(b)))
            .then_with(|| a.window_unread.cmp(&b.window_unread))
            .then_with(|| a.id.cmp(&b.id))
    });
    grants.dedup_by(|later, earlier| {
        later.hold != Hold::Activated
            && (later.access, &later.principal, later.hold, later.class())
                == (earlier.access, &earlier.principal, earlier.hold, earlier.class())
    });
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cut, denied, load, now, text, whole};
    use super::*;
    use crate::model::Expiration;

    const ACTIVE: Dataset = Dataset::GroupAssignmentScheduleInstances;
    const ELIGIBLE: Dataset = Dataset::GroupEligibilityScheduleInstances;
    const POLICIES: Dataset = Dataset::GroupPolicies;
    const LISTED: Dataset = Dataset::OnboardedGroups;
    const MEMBERS: Dataset = Dataset::GroupMembers;

    /// What was read of group `g`.
    fn pim(collections: &[String]) -> GroupPim {
        let text = text(collections);
        group_pim(&load(&text), now(), &HashSet::new()).remove(&PrincipalId::new("g")).unwrap()
    }

    /// Principal, access and hold of each grant, and whether the list is whole.
    fn in_words(grants: &Collected<Vec<GroupGrant>>) -> (Vec<String>, bool) {
        let list = grants.at_least().map(Vec::as_slice).unwrap_or_default();
        let words = list.iter().map(|it| {
            let end = if it.end.is_none() { "" } else { " until" };
            format!("{} {} {:?}{end}", it.principal, it.access.name(), it.hold)
        });
        (words.collect(), grants.gap().is_none())
    }

    #[test]
    fn active_rows_are_read_in_any_casing() {
        let row = |id: &str, rest: &str| {
            format!(r#"{{"id":"{id}","groupId":"G","principalId":"ANA"{rest}}}"#)
        };
        let past = r#","endDateTime":"2026-11-02T08:54:00Z""#;
        let just_past = r#","endDateTime":"2026-11-02T08:56:00Z""#;
        let member = r#","accessId":"MEMBER","assignmentType":"ASSIGNED","memberType":"direct""#;
        let activated =
            r#","accessId":"member","assignmentType":"activated","memberType":"Direct""#;
        for (rows, expected, is_whole) in [
            (vec![], vec![], true),
            (vec![row("1", member)], vec!["ana member Assigned"], true),
            (vec![row("1", member), row("1", member)], vec!["ana member Assigned"], true),
            (vec![row("1", &format!("{member}{past}"))], vec![], true),
            (
                vec![row("1", &format!("{member}{just_past}"))],
                vec!["ana member Assigned until"],
                true,
            ),
            // The one that lasts longest stays, but activations are all kept.
            (
                vec![row("1", &format!("{member}{just_past}")), row("2", member)],
                vec!["ana member Assigned", "ana member Assigned until"],
                true,
            ),
            (vec![row("1", member), row("2", member)], vec!["ana member Assigned"], true),
            (
                vec![row("1", activated), row("2", activated)],
                vec!["ana member Activated", "ana member Activated"],
                true,
            ),
            (
                vec![row("1", r#","accessId":"Owner","assignmentType":"Assigned""#)],
                vec!["ana owner Assigned"],
                true,
            ),
            (vec![row("1", r#","accessId":"member","memberType":"Group""#)], vec![], true),
            (
                vec![row("1", r#","accessId":"member","assignmentType":"lent""#)],
                vec!["ana member ActiveOfUnknownType"],
                true,
            ),
            (
                vec![row("1", &format!(r#"{member},"startDateTime":"soon""#))],
                vec!["ana member ActiveOfUnknownType"],
                true,
            ),
            (
                vec![row("1", r#","accessId":"guest""#), row("2", member)],
                vec!["ana member Assigned"],
                false,
            ),
            (vec![row("1", ""), row("2", member)], vec!["ana member Assigned"], false),
            (vec!["{}".to_owned(), row("2", member)], vec!["ana member Assigned"], false),
            (vec![row("1", member).replace("\"G\"", "\"other\"")], vec![], false),
        ] {
            let found = pim(&[whole(ACTIVE, Some("G"), &rows.join(","))]).active;
            let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(in_words(&found), (expected, is_whole), "{rows:?}");
        }
    }

    #[test]
    fn an_eligibility_without_a_readable_window_is_marked_and_without_an_end() {
        for (end, unread, expected) in [
            ("null", false, "ana member Eligible"),
            (r#""9999-12-31T23:59:59Z""#, false, "ana member Eligible"),
            (r#""some day""#, true, "ana member Eligible"),
            (r#""2027-01-01T00:00:00Z""#, false, "ana member Eligible until"),
        ] {
            let row = format!(r#"{{"principalId":"ana","accessId":"Member","endDateTime":{end}}}"#);
            let found = pim(&[whole(ELIGIBLE, Some("g"), &row)]).eligible;
            assert_eq!(in_words(&found), (vec![expected.to_owned()], true), "{end}");
            let list = found.at_least().unwrap();
            assert!(list.iter().all(|grant| grant.window_unread == unread), "{end}");
        }
    }

    #[test]
    fn a_part_that_was_not_read_is_missing_and_costs_no_other() {
        let found = pim(&[
            denied(ACTIVE, Some("g")),
            cut(POLICIES, Some("g"), ""),
            whole(POLICIES, Some("h"), ""),
        ]);
        let kinds = [
            found.active.gap().map(|gap| gap.kind),
            found.eligible.gap().map(|gap| gap.kind),
            found.member_policy.err().map(|gap| gap.kind),
            found.owner_policy.err().map(|gap| gap.kind),
        ];
        let expected = [
            GapKind::PermissionDenied,
            GapKind::NotRequested,
            GapKind::Incomplete,
            GapKind::Incomplete,
        ];
        assert_eq!(kinds, expected.map(Some));
        assert!(found.active.is_missing() && found.eligible.is_missing());
    }

    #[test]
    fn a_group_has_one_policy_for_members_and_one_for_owners() {
        let row = |access: &str, id: &str| {
            format!(
                r#"{{"roleDefinitionId":"{access}","policyId":"{id}","policy":{{"rules":[
                    {{"id":"Expiration_Admin_Eligibility","isExpirationRequired":false}}]}}}}"#
            )
        };
        for (rows, expected) in [
            (vec![row("Member", "p"), row("owner", "q")], [None, None]),
            (vec![row("member", "p")], [None, Some(GapKind::ImpossiblyEmpty)]),
            (vec![], [Some(GapKind::ImpossiblyEmpty); 2]),
            (
                vec![row("member", "p"), row("member", "q"), row("owner", "r")],
                [Some(GapKind::Unreadable), None],
            ),
            (vec![row("member", "p"), "{}".to_owned()], [None, Some(GapKind::Unreadable)]),
        ] {
            let found = pim(&[whole(POLICIES, Some("g"), &rows.join(","))]);
            for (access, expected) in
                [GroupAccess::Member, GroupAccess::Owner].into_iter().zip(expected)
            {
                let policy = found.policy(access);
                let kind = policy.as_ref().err().map(|gap| gap.kind);
                assert_eq!(kind, expected, "{} of {rows:?}", access.name());
                let gap = match policy {
                    Ok(policy) => {
                        assert_eq!(policy.eligibility_expiration, Ok(Expiration::NotRequired));
                        policy.approval.as_ref().unwrap_err()
                    }
                    Err(gap) => gap,
                };
                assert_eq!(gap.dataset, Some(POLICIES));
            }
        }
    }

    #[test]
    fn policies_stand_in_for_the_list_of_onboarded_groups() {
        let policy = |group: &str| whole(POLICIES, Some(group), r#"{"roleDefinitionId":"member"}"#);
        let none = |group: &str| whole(POLICIES, Some(group), "");
        let members = |group: &str| whole(MEMBERS, Some(group), "");
        for (collections, expected, state) in [
            (vec![whole(LISTED, None, r#"{"id":"G"}"#), policy("h")], vec!["g"], "complete"),
            (vec![whole(LISTED, None, "")], vec![], "complete"),
            (vec![], vec![], "missing"),
            (vec![denied(LISTED, None), denied(POLICIES, None)], vec![], "missing"),
            (vec![denied(LISTED, None), denied(POLICIES, Some("g"))], vec![], "missing"),
            (vec![denied(LISTED, None), policy("G"), none("h")], vec!["g"], "partial"),
            (vec![cut(LISTED, None, r#"{"id":"g"}"#)], vec!["g"], "partial"),
            (vec![whole(LISTED, None, r#"{"id":"g"},{}"#), policy("h")], vec!["g", "h"], "partial"),
            (
                vec![denied(LISTED, None), policy("g"), none("h"), members("G"), members("h")],
                vec!["g"],
                "complete",
            ),
            (
                vec![denied(LISTED, None), policy("g"), members("g"), members("h")],
                vec!["g"],
                "partial",
            ),
            (
                vec![denied(LISTED, None), cut(POLICIES, Some("g"), ""), members("g")],
                vec![],
                "partial",
            ),
            (vec![denied(LISTED, None), policy("g"), denied(MEMBERS, None)], vec!["g"], "partial"),
        ] {
            let text = text(&collections);
            let found = onboarded(&load(&text), &HashSet::new());
            let is = match &found {
                Collected::Complete(_) => "complete",
                Collected::Partial(..) => "partial",
                Collected::Missing(_) => "missing",
            };
            let groups: Vec<String> =
                found.at_least().into_iter().flatten().map(PrincipalId::to_string).collect();
            assert_eq!(groups, expected, "{collections:?}");
            assert_eq!(is, state, "{collections:?}");
        }
    }

    #[test]
    fn owners_come_group_by_group() {
        let text = text(&[whole(Dataset::GroupOwners, Some("g"), r#"{"id":"ANA"}"#)]);
        let Collected::Complete(owners) = owners(&load(&text), &HashSet::new()) else {
            panic!("it is whole")
        };
        assert_eq!(owners[&PrincipalId::new("g")].known, [PrincipalId::new("ana")]);
    }
}
