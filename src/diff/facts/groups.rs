//! Groups: whether PIM manages them, their settings, and who is in them or owns them.
//!
//! A member whom PIM lists is one by that row, a member without one stands for ever, so that putting a
//! group under PIM, or an activation, adds and removes nobody. Only groups that were asked for in both
//! are compared: those on a way to a role, or of its approvers.

use super::gather::Gather;
use super::grants::{Held, Holdings, compare_holdings};
use super::names::Names;
use super::settings;
use super::{Area, Change, Direction, Kind};
use crate::model::{
    Access, Collected, Dataset, Gap, GapKind, GroupAccess, GroupGrant, GroupPim, Hold, Members,
    PrincipalId, Scope, Tenant,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const BOTH: [GroupAccess; 2] = [GroupAccess::Member, GroupAccess::Owner];

/// Everything about groups.
pub(super) fn compare(names: &Names<'_>, found: &mut Gather) {
    managed(names, found);
    let (old, new) = (names.old, names.new);
    let lists = [
        ("members of groups", &old.members, &new.members),
        ("owners of groups", &old.owners, &new.owners),
    ];
    for (what, old, new) in lists {
        if old.gap().is_some() || new.gap().is_some() {
            found.unread(what, old.gap(), new.gap(), None);
        }
    }
    let asked_new = asked(new);
    for group in asked(old).intersection(&asked_new) {
        for access in BOTH {
            let held = Access::Group(group.clone(), access);
            standing(&held, group, access, names, found);
            eligible(&held, group, access, names, found);
            policy(&held, group, access, names, found);
        }
    }
}

/// Which groups PIM manages.
fn managed(names: &Names<'_>, found: &mut Gather) {
    let lists = found.whole("groups that PIM manages", &names.old.onboarded, &names.new.onboarded);
    let Some((old, new)) = lists else { return };
    for group in old.symmetric_difference(new) {
        let words = |managed: bool| Some(if managed { "yes" } else { "no" }.to_owned());
        found.changes.push(Change {
            area: Area::Groups,
            subject: format!("group:{group}"),
            what: "managed by PIM".to_owned(),
            field: String::new(),
            kind: Kind::Changed,
            before: words(old.contains(group)),
            after: words(new.contains(group)),
            direction: Direction::Different,
            name: names.principal(group),
            holder: None,
        });
    }
}

/// Groups of which anything was asked.
fn asked(tenant: &Tenant) -> BTreeSet<PrincipalId> {
    let lists = [&tenant.members, &tenant.owners];
    let listed = lists.into_iter().filter_map(|list| list.at_least().ok()).flat_map(HashMap::keys);
    listed.chain(tenant.group_pim.keys()).cloned().collect()
}

/// Members or owners who are it all the time, and activations.
fn standing(
    held: &Access,
    group: &PrincipalId,
    access: GroupAccess,
    names: &Names<'_>,
    found: &mut Gather,
) {
    let (old, new) = (active(names.old, group, access), active(names.new, group, access));
    let what = match access {
        GroupAccess::Member => "members of a group",
        GroupAccess::Owner => "owners of a group",
    };
    let lists = match (old, new) {
        // Not asked for in one of the two, or told with the list as a whole.
        (None, _) | (_, None) => return,
        (Some(old), Some(new)) => (old, new),
    };
    let name = names.principal(group);
    let Some((old, new)) = found.both(what, &name, &lists.0, &lists.1) else { return };
    compare_holdings(&keyed(held, old), &keyed(held, new), names, found);
}

/// Who may activate it.
fn eligible(
    held: &Access,
    group: &PrincipalId,
    access: GroupAccess,
    names: &Names<'_>,
    found: &mut Gather,
) {
    let lists = (eligibilities(names.old, group), eligibilities(names.new, group));
    // Both accesses stand in one list, whose gap is told once.
    let name = names.principal(group);
    let both = found.both("eligible members and owners of a group", &name, &lists.0, &lists.1);
    let Some((old, new)) = both else { return };
    let of_access = |grants: &[GroupGrant]| {
        let mut holders: Holders = Holders::new();
        for grant in grants.iter().filter(|grant| grant.access == access) {
            let held = holders.entry(grant.principal.clone()).or_default();
            held.add(grant.class(), (!grant.window_unread).then_some((grant.start, grant.end)));
        }
        holders
    };
    compare_holdings(&keyed(held, &of_access(old)), &keyed(held, &of_access(new)), names, found);
}

/// Its settings. Those of a group that PIM does not manage count for nothing.
fn policy(
    held: &Access,
    group: &PrincipalId,
    access: GroupAccess,
    names: &Names<'_>,
    found: &mut Gather,
) {
    let managed = |tenant: &Tenant| is_managed(tenant, group) != Ok(false);
    let of = |tenant: &Tenant| match tenant.group_pim.get(group) {
        Some(pim) => pim.policy(access).clone(),
        None => Err(not_asked(Dataset::GroupPolicies)),
    };
    if managed(names.old) && managed(names.new) {
        settings::compare(held, &of(names.old), &of(names.new), names, found);
    }
}

type Holders = BTreeMap<PrincipalId, Held>;

fn keyed(held: &Access, holders: &Holders) -> Holdings {
    let key = |principal: &PrincipalId| (held.clone(), principal.clone(), Scope::Tenant);
    holders.iter().map(|(principal, held)| (key(principal), held.clone())).collect()
}

/// Who is in the group now, by PIM or plainly; `None` where the group was not asked for.
fn active(
    tenant: &Tenant,
    group: &PrincipalId,
    access: GroupAccess,
) -> Option<Result<Holders, Gap>> {
    let list: &Collected<HashMap<PrincipalId, Members>> = match access {
        GroupAccess::Member => &tenant.members,
        GroupAccess::Owner => &tenant.owners,
    };
    let direct = list.at_least().ok()?.get(group)?;
    Some(reconciled(tenant, group, access, direct))
}

fn reconciled(
    tenant: &Tenant,
    group: &PrincipalId,
    access: GroupAccess,
    direct: &Members,
) -> Result<Holders, Gap> {
    if let Some(gap) = &direct.gap {
        return Err(gap.clone());
    }
    let mut holders = Holders::new();
    if is_managed(tenant, group) != Ok(false) {
        let pim = pim_of(tenant, group, Dataset::GroupAssignmentScheduleInstances)?;
        for grant in pim.active.complete()?.iter().filter(|grant| grant.access == access) {
            let held = holders.entry(grant.principal.clone()).or_default();
            held.add(grant.class(), (!grant.window_unread).then_some((grant.start, grant.end)));
        }
    }
    for principal in &direct.known {
        if !holders.contains_key(principal) {
            let plain = Held { standing: vec![None], ..Held::default() };
            holders.insert(principal.clone(), plain);
        }
    }
    Ok(holders)
}

/// Nobody is eligible for a group that PIM does not manage.
fn eligibilities(tenant: &Tenant, group: &PrincipalId) -> Result<Vec<GroupGrant>, Gap> {
    if is_managed(tenant, group) == Ok(false) {
        return Ok(Vec::new());
    }
    let pim = pim_of(tenant, group, Dataset::GroupEligibilityScheduleInstances)?;
    pim.eligible.complete().cloned()
}

fn pim_of<'t>(
    tenant: &'t Tenant,
    group: &PrincipalId,
    dataset: Dataset,
) -> Result<&'t GroupPim, Gap> {
    tenant.group_pim.get(group).ok_or_else(|| not_asked(dataset))
}

fn not_asked(dataset: Dataset) -> Gap {
    Gap::of(dataset, GapKind::NotRequested, "what PIM for Groups says of the group was not read")
}

/// Whether PIM manages the group. Without the list of those groups an eligibility, or an activation out
/// of one, is the proof.
fn is_managed(tenant: &Tenant, group: &PrincipalId) -> Result<bool, Gap> {
    let listed = |known: &BTreeSet<PrincipalId>| known.contains(group);
    if tenant.onboarded.at_least().is_ok_and(listed) {
        return Ok(true);
    }
    let Some(gap) = tenant.onboarded.gap() else { return Ok(false) };
    let proof = tenant.group_pim.get(group).is_some_and(|pim| {
        let grants = [&pim.active, &pim.eligible].into_iter().filter_map(|it| it.at_least().ok());
        grants.flatten().any(|grant| matches!(grant.hold, Hold::Eligible | Hold::Activated))
    });
    if proof { Ok(true) } else { Err(gap.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Case;
    use crate::diff::facts::{Facts, changes};

    const GROUP: &str = "g";

    fn group(members: &[&str]) -> Case {
        let mut case = Case::new();
        case.group(GROUP, members);
        case
    }

    fn told(facts: &Facts) -> Vec<String> {
        let line = |change: &Change| {
            let holder = change.holder.as_deref().unwrap_or_default();
            format!("{} {holder} {} {}", change.kind.name(), change.what, change.name)
        };
        facts.changes.iter().map(line).collect()
    }

    #[test]
    fn members_and_owners_come_and_go() {
        let old = group(&["ana"]);
        let mut new = group(&["ben", "ana"]);
        new.owner("cem", GROUP);
        let facts = changes(&old.tenant, &new.tenant);
        assert_eq!(told(&facts), ["added ben active g (members)", "added cem active g (owners)"]);
        assert!(facts.unreadable.is_empty(), "{:?}", facts.unreadable);
    }

    #[test]
    fn putting_a_group_under_pim_adds_nobody() {
        let old = group(&["ana"]);
        let mut new = group(&[]);
        new.onboard(GROUP);
        new.group_active("ana", GROUP, GroupAccess::Member);
        let facts = changes(&old.tenant, &new.tenant);
        assert_eq!(told(&facts), ["changed  managed by PIM g"]);
    }

    #[test]
    fn an_activation_makes_nobody_a_member() {
        let mut old = group(&[]);
        old.onboard(GROUP);
        old.group_eligible("ana", GROUP, GroupAccess::Member);
        let mut new = group(&[]);
        new.onboard(GROUP);
        new.group_eligible("ana", GROUP, GroupAccess::Member);
        let active = new.group_active("ana", GROUP, GroupAccess::Member);
        active.hold = Hold::Activated;
        active.end = Some("2026-11-02T12:00:00Z".parse().unwrap());
        let facts = changes(&old.tenant, &new.tenant);
        assert!(facts.changes.is_empty(), "{:?}", facts.changes);
        let [activation] = facts.activations.as_slice() else { panic!("{facts:?}") };
        assert!(activation.started);
        assert_eq!(activation.name, "g (members)");
    }

    #[test]
    fn a_group_that_was_not_read_loses_nobody() {
        let old = group(&["ana", "ben"]);
        for partly in [false, true] {
            let mut new = Case::new();
            match partly {
                true => new.partial_group(GROUP, &["ana"]),
                false => new.missing(Dataset::GroupMembers),
            }
            let facts = changes(&old.tenant, &new.tenant);
            assert!(facts.changes.is_empty(), "{:?}", facts.changes);
            let gaps: Vec<_> = facts.unreadable.iter().filter(|it| it.new.is_some()).collect();
            assert_eq!(gaps.len(), 1, "{:?}", facts.unreadable);
        }
    }

    #[test]
    fn the_settings_of_a_group_are_compared_by_access() {
        let (mut old, mut new) = (group(&[]), group(&[]));
        old.onboard(GROUP);
        new.onboard(GROUP);
        new.group_policy(GROUP, GroupAccess::Owner).activation_enablement =
            Ok(crate::model::Enablement::default());
        let facts = changes(&old.tenant, &new.tenant);
        let subjects: Vec<&str> = facts.changes.iter().map(|it| it.subject.as_str()).collect();
        assert_eq!(subjects, ["group:g:owner", "group:g:owner"]);
        assert!(facts.changes.iter().all(|it| it.direction == Direction::Weaker));
    }
}
