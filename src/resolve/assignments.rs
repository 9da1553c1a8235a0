//! Role assignments, schedule instances and eligibilities, reconciled into grants.
//!
//! The role assignments hold activated roles beside standing ones without saying which; only the
//! schedule instances tell. Direct assignments may be missing there. So both are read, and joined.

use super::definitions::RoleIds;
use super::{Text, collected, collection, time, typed};
use crate::model::{
    Collected, Dataset, Gap, GapKind, Grant, Hold, Listed, PrincipalId, Provenance, RoleId, Scope,
};
use crate::snapshot::Snapshot;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// Both lists of grants.
pub(super) struct Lists {
    pub(super) active: Collected<Vec<Grant>>,
    pub(super) eligible: Collected<Vec<Grant>>,
    pub(super) instances_gap: Option<Gap>,
    pub(super) assignments_missing: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow)]
    principal_id: Text<'a>,
    #[serde(borrow)]
    role_definition_id: Text<'a>,
    #[serde(borrow, default)]
    directory_scope_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    app_scope_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    principal_organization_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    start_date_time: Option<Text<'a>>,
    #[serde(borrow, default)]
    end_date_time: Option<Text<'a>>,
    #[serde(borrow, default)]
    assignment_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    member_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    role_assignment_origin_id: Option<Text<'a>>,
}

type Key = (PrincipalId, RoleId, Scope);

impl Row<'_> {
    fn key(&self, ids: &RoleIds) -> Key {
        (
            PrincipalId::new(&self.principal_id),
            ids.role(&self.role_definition_id),
            Scope::parse(self.directory_scope_id.as_deref(), self.app_scope_id.as_deref()),
        )
    }

    /// Rows that repeat another grant: through a group, or from a wider scope.
    fn is_projection(&self) -> bool {
        self.member_type.as_deref().is_some_and(|kind| {
            kind.eq_ignore_ascii_case("Group") || kind.eq_ignore_ascii_case("Inherited")
        })
    }

    fn member_type_is_known(&self) -> bool {
        self.member_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("Direct"))
    }
}

/// Clocks differ; an end this little in the past may still be in force.
pub(super) const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Reads and joins the three lists.
///
/// With `without_pim` the tenant is known to have no licence: what is active was assigned, and nobody
/// is eligible.
pub(super) fn grants(
    snapshot: &Snapshot<'_>,
    ids: &RoleIds,
    without_pim: bool,
    now: Timestamp,
) -> Lists {
    let assignments = read(snapshot, Dataset::RoleAssignments);
    let instances = read(snapshot, Dataset::RoleAssignmentScheduleInstances);
    let eligible = read(snapshot, Dataset::RoleEligibilityScheduleInstances);
    let instances_gap = match &instances {
        Ok(list) => list.gap.clone(),
        Err(gap) => Some(gap.clone()),
    };
    // Graph writes the own tenant's id on most rows; only another one says something.
    let assignments = assignments.map(|mut list| {
        for row in &mut list.rows {
            row.principal_organization_id.take_if(|id| id.eq_ignore_ascii_case(&snapshot.tenant));
        }
        list
    });
    Lists {
        assignments_missing: assignments.is_err(),
        active: active(now, ids, assignments, instances, without_pim),
        eligible: eligibilities(now, ids, eligible, without_pim),
        instances_gap,
    }
}

struct List<'s> {
    rows: Vec<Row<'s>>,
    gap: Option<Gap>,
}

fn read<'s>(snapshot: &'s Snapshot<'_>, dataset: Dataset) -> Result<List<'s>, Gap> {
    let found = collection(snapshot, dataset)?;
    let mut rows = typed::<Row<'_>>(found);
    // A row can come twice when the list changes between two pages.
    let mut seen = HashSet::new();
    rows.rows.retain(|row| row.id.is_empty() || seen.insert(row.id.to_string()));
    Ok(List { rows: rows.rows, gap: found.gap.clone().or(rows.strange) })
}

fn active(
    now: Timestamp,
    ids: &RoleIds,
    assignments: Result<List<'_>, Gap>,
    instances: Result<List<'_>, Gap>,
    without_pim: bool,
) -> Collected<Vec<Grant>> {
    // What the instances prove stays proven; nothing passes on an empty list.
    let assignments = assignments.and_then(|list| match (list.rows.is_empty(), &list.gap) {
        (true, None) => Err(Gap::of(
            Dataset::RoleAssignments,
            GapKind::ImpossiblyEmpty,
            "Graph returned no role assignment, but every tenant has a Global Administrator",
        )),
        _ => Ok(list),
    });
    let mut grants = Vec::new();
    let known: Option<HashSet<Key>> =
        assignments.as_ref().ok().map(|list| list.rows.iter().map(|row| row.key(ids)).collect());
    let origins: HashMap<String, PrincipalId> = assignments.as_ref().map_or_else(
        |_| HashMap::new(),
        |list| {
            let id = |row: &Row<'_>| row.id.to_ascii_lowercase();
            list.rows.iter().map(|row| (id(row), PrincipalId::new(&row.principal_id))).collect()
        },
    );
    let assignments_whole = assignments.as_ref().is_ok_and(|list| list.gap.is_none());
    // Instances cover the role assignment they name; where they name none that is known, the one of
    // the same principal, role and scope.
    let mut covered_ids: HashSet<String> = HashSet::new();
    let mut covered_keys: HashSet<Key> = HashSet::new();
    if let Ok(list) = &instances {
        for row in &list.rows {
            let key = row.key(ids);
            let by_key = known.as_ref().is_some_and(|known| known.contains(&key));
            let named = row.role_assignment_origin_id.as_deref().filter(|it| !it.is_empty());
            let origin = named.map(str::to_ascii_lowercase);
            let origin = origin.filter(|origin| origins.contains_key(origin));
            // A row that has a role assignment of its own repeats no other grant, whatever it says.
            // The origin of a member's row is the assignment of the group; an assignment that the
            // member has beside it is another one.
            let is_own = |origin: &String| origins.get(origin) == Some(&key.0);
            let has_own = origin.as_ref().is_some_and(is_own) || (named.is_none() && by_key);
            if row.is_projection() && !has_own {
                continue;
            }
            let in_assignments = by_key || origin.is_some();
            match origin {
                Some(origin) => {
                    covered_ids.insert(origin);
                }
                None => {
                    covered_keys.insert(key.clone());
                }
            }
            let listed = match (in_assignments, assignments_whole) {
                (true, _) => Listed::Both,
                (false, true) => Listed::OnlyScheduleInstances,
                (false, false) => Listed::Unknown,
            };
            let grant = instance(row, key, listed);
            if !is_over(&grant, now) {
                grants.push(grant);
            }
        }
    }
    if let Ok(list) = &assignments {
        let (hold, listed) = match &instances {
            Ok(list) if list.gap.is_none() => (Hold::Assigned, Listed::OnlyRoleAssignments),
            // Without PIM nothing can be activated: what is active was assigned, for good.
            Err(gap) if without_pim && gap.kind == GapKind::LicenceMissing => {
                (Hold::Assigned, Listed::Unknown)
            }
            Ok(_) | Err(_) => (Hold::ActiveOfUnknownType, Listed::Unknown),
        };
        for row in &list.rows {
            let key = row.key(ids);
            let covered =
                covered_ids.contains(&row.id.to_ascii_lowercase()) || covered_keys.contains(&key);
            if !covered {
                grants.push(plain(row, key, hold, listed));
            }
        }
        carry_organizations(&mut grants, list, ids);
    }
    deduplicate(&mut grants);
    grants.shrink_to_fit();
    let instances_gap = match &instances {
        Ok(list) => list.gap.clone(),
        Err(gap) if without_pim && gap.kind == GapKind::LicenceMissing && assignments.is_ok() => {
            None
        }
        Err(gap) => Some(gap.clone()),
    };
    match (assignments, instances) {
        (Err(gap), Err(_)) => Collected::Missing(gap),
        (Err(gap), Ok(_)) => Collected::Partial(grants, gap),
        (Ok(list), _) => collected(grants, [list.gap, instances_gap]),
    }
}

fn instance(row: &Row<'_>, key: Key, listed: Listed) -> Grant {
    let hold = match row.assignment_type.as_deref() {
        Some(kind) if kind.eq_ignore_ascii_case("Assigned") => Hold::Assigned,
        Some(kind) if kind.eq_ignore_ascii_case("Activated") => Hold::Activated,
        Some(_) | None => Hold::ActiveOfUnknownType,
    };
    let known = row.member_type_is_known() || row.is_projection();
    let hold = if known { hold } else { Hold::ActiveOfUnknownType };
    let dataset = Dataset::RoleAssignmentScheduleInstances;
    // A window that cannot be read leaves the grant, of which then nobody knows whether it stands.
    grant(row, key.clone(), hold, dataset, listed).unwrap_or_else(|_| {
        let mut unclear = plain(row, key, Hold::ActiveOfUnknownType, listed);
        unclear.provenance.dataset = dataset;
        unclear.window_unread = true;
        unclear
    })
}

fn plain(row: &Row<'_>, key: Key, hold: Hold, listed: Listed) -> Grant {
    let (principal, role, within) = key;
    Grant {
        principal,
        role,
        within,
        hold,
        start: None,
        end: None,
        window_unread: false,
        provenance: Provenance { dataset: Dataset::RoleAssignments, id: (*row.id).into(), listed },
        principal_organization: row.principal_organization_id.as_deref().map(Into::into),
    }
}

fn grant(
    row: &Row<'_>,
    key: Key,
    hold: Hold,
    dataset: Dataset,
    listed: Listed,
) -> Result<Grant, String> {
    let read = |text: &Option<Text<'_>>| {
        time(text.as_deref()).map_err(|cause| format!("row {}: {cause}", row.id))
    };
    let (start, end) = (read(&row.start_date_time)?, read(&row.end_date_time)?);
    let mut grant = plain(row, key, hold, listed);
    grant.start = start;
    grant.end = end;
    grant.provenance.dataset = dataset;
    Ok(grant)
}

fn is_over(grant: &Grant, now: Timestamp) -> bool {
    grant.end.is_some_and(|end| now.duration_since(end) >= CLOCK_SKEW)
}

/// Only the role assignments name the tenant of a foreign principal.
fn carry_organizations(grants: &mut [Grant], list: &List<'_>, ids: &RoleIds) {
    let foreign: HashMap<Key, &str> = list
        .rows
        .iter()
        .filter_map(|row| Some((row.key(ids), row.principal_organization_id.as_deref()?)))
        .collect();
    if foreign.is_empty() {
        return;
    }
    for grant in grants.iter_mut().filter(|grant| grant.principal_organization.is_none()) {
        let key = (grant.principal.clone(), grant.role.clone(), grant.within.clone());
        grant.principal_organization = foreign.get(&key).map(|&it| it.into());
    }
}

/// Keeps one grant of a kind, the one that lasts longest, and of these one whose window was read,
/// that PIM does not know or that gives no start; activations are all kept. The order does not
/// depend on that of the rows.
fn deduplicate(grants: &mut Vec<Grant>) {
    let endless_first = |grant: &Grant| grant.end.map_or(i64::MIN, |end| -end.as_second());
    let past_pim = |grant: &Grant| grant.provenance.listed == Listed::OnlyRoleAssignments;
    grants.sort_by(|a, b| {
        (&a.role, &a.principal, &a.within, a.hold)
            .cmp(&(&b.role, &b.principal, &b.within, b.hold))
            .then_with(|| endless_first(a).cmp(&endless_first(b)))
            .then_with(|| a.window_unread.cmp(&b.window_unread))
            .then_with(|| past_pim(b).cmp(&past_pim(a)))
            .then_with(|| a.start.cmp(&b.start))
            .then_with(|| a.provenance.id.cmp(&b.provenance.id))
    });
    grants.dedup_by(|later, earlier| {
        later.hold != Hold::Activated
            && (&later.principal, &later.role, &later.within, later.hold, later.class())
                == (
                    &earlier.principal,
                    &earlier.role,
                    &earlier.within,
                    earlier.hold,
                    earlier.class(),
                )
    });
}

fn eligibilities(
    now: Timestamp,
    ids: &RoleIds,
    list: Result<List<'_>, Gap>,
    without_pim: bool,
) -> Collected<Vec<Grant>> {
    let list = match list {
        Ok(list) => list,
        // Without PIM nobody can activate anything, so nobody is eligible; `missing-licence` fails.
        Err(gap) if without_pim && gap.kind == GapKind::LicenceMissing => {
            return Collected::Complete(Vec::new());
        }
        Err(gap) => return Collected::Missing(gap),
    };
    let dataset = Dataset::RoleEligibilityScheduleInstances;
    let mut grants = Vec::new();
    for row in list.rows.iter().filter(|row| !row.is_projection()) {
        let key = row.key(ids);
        // Without a readable window it still is an eligibility, taken as one without an end and
        // marked.
        let grant =
            grant(row, key.clone(), Hold::Eligible, dataset, Listed::Both).unwrap_or_else(|_| {
                let mut unclear = plain(row, key, Hold::Eligible, Listed::Both);
                unclear.provenance.dataset = dataset;
                unclear.window_unread = true;
                unclear
            });
        if !is_over(&grant, now) {
            grants.push(grant);
        }
    }
    deduplicate(&mut grants);
    grants.shrink_to_fit();
    collected(grants, [list.gap, None])
}

#[cfg(test)]
mod tests {
    use super::super::testing::{load, text, whole};
    use super::*;
    use crate::model::Class;

    const ROLE: &str = "62e90394-69f5-4237-9190-012177145e10";

    fn assignment(id: &str, principal: &str) -> String {
        format!(
            r#"{{"id":"{id}","principalId":"{principal}","roleDefinitionId":"{ROLE}","directoryScopeId":"/"}}"#
        )
    }

    fn instance(id: &str, principal: &str, member: &str, origin: &str, kind: &str) -> String {
        format!(
            r#"{{"id":"{id}","principalId":"{principal}","roleDefinitionId":"{ROLE}","directoryScopeId":"/","assignmentType":"{kind}","memberType":"{member}","startDateTime":"2026-09-01T08:00:00Z","endDateTime":null,"roleAssignmentOriginId":"{origin}"}}"#
        )
    }

    #[test]
    fn a_window_that_was_not_read_is_marked() {
        let row = |end: &str| {
            format!(
                r#"{{"id":"1","principalId":"ana","roleDefinitionId":"{ROLE}","directoryScopeId":"/","assignmentType":"Assigned","memberType":"Direct","endDateTime":{end}}}"#
            )
        };
        for (end, unread, class) in [
            ("null", false, [Class::Permanent, Class::EligiblePermanent]),
            (r#""soon""#, true, [Class::Unknown, Class::EligiblePermanent]),
            (r#""2027-01-01T00:00:00Z""#, false, [Class::TimeBound, Class::EligibleTimeBound]),
        ] {
            let text = text(&[
                whole(Dataset::RoleAssignments, None, &assignment("a", "ben")),
                whole(Dataset::RoleAssignmentScheduleInstances, None, &row(end)),
                whole(Dataset::RoleEligibilityScheduleInstances, None, &row(end)),
            ]);
            let snapshot = load(&text);
            let ids = RoleIds::new(&snapshot);
            let now = "2026-11-02T09:00:00Z".parse().unwrap();
            let lists = grants(&snapshot, &ids, false, now);
            let of_ana = |list: &Collected<Vec<Grant>>| -> Vec<(bool, Class)> {
                let list = list.at_least().unwrap().iter();
                let list = list.filter(|grant| grant.principal.is("ana"));
                list.map(|grant| (grant.window_unread, grant.class())).collect()
            };
            assert_eq!(of_ana(&lists.active), [(unread, class[0])], "{end}");
            assert_eq!(of_ana(&lists.eligible), [(unread, class[1])], "{end}");
        }
    }

    /// Principal, hold and where it is listed, of every active grant.
    fn active_of(assignments: &[String], instances: &[String]) -> Vec<(String, Hold, Listed)> {
        let text = text(&[
            whole(Dataset::RoleAssignments, None, &assignments.join(",")),
            whole(Dataset::RoleAssignmentScheduleInstances, None, &instances.join(",")),
            whole(Dataset::RoleEligibilityScheduleInstances, None, ""),
        ]);
        let snapshot = load(&text);
        let ids = RoleIds::new(&snapshot);
        let lists = grants(&snapshot, &ids, false, "2026-11-02T09:00:00Z".parse().unwrap());
        let Collected::Complete(found) = lists.active else { panic!("both lists are whole") };
        let told = |it: &Grant| (it.principal.to_string(), it.hold, it.provenance.listed);
        let mut found: Vec<_> = found.iter().map(told).collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    #[test]
    fn the_row_of_a_member_repeats_the_grant_of_the_group() {
        let of_group = assignment("a-group", "group");
        let direct =
            |id, principal: &str, origin| instance(id, principal, "Direct", origin, "Assigned");
        let repeated = |origin| instance("i-ana", "ana", "Group", origin, "Assigned");
        let group = || ("group".to_owned(), Hold::Assigned, Listed::Both);
        let ana = |listed| ("ana".to_owned(), Hold::Assigned, listed);
        let both = [of_group.clone(), assignment("a-ana", "ana")];
        for (what, assignments, instances, expected) in [
            (
                "the group's row is named as the origin",
                &both[..1],
                vec![direct("i-group", "group", "a-group"), repeated("a-group")],
                vec![group()],
            ),
            (
                "no origin",
                &both[..1],
                vec![direct("i-group", "group", "a-group"), repeated("")],
                vec![group()],
            ),
            (
                "the group's own row is not among the instances",
                &both[..1],
                vec![repeated("a-group")],
                vec![("group".to_owned(), Hold::Assigned, Listed::OnlyRoleAssignments)],
            ),
            (
                "she has a grant of her own, whatever the row says",
                &both[..],
                vec![direct("i-group", "group", "a-group"), repeated("a-ana")],
                vec![ana(Listed::Both), group()],
            ),
            (
                "a grant of her own past PIM, beside the group's, first by id",
                &[of_group.clone(), assignment("0-ana", "ana")][..],
                vec![direct("i-group", "group", "a-group"), repeated("a-group")],
                vec![ana(Listed::OnlyRoleAssignments), group()],
            ),
            (
                "the same, last by id",
                &[of_group.clone(), assignment("z-ana", "ana")][..],
                vec![direct("i-group", "group", "a-group"), repeated("a-group")],
                vec![ana(Listed::OnlyRoleAssignments), group()],
            ),
            (
                "a row without an origin, where she has a grant of her own",
                &both[..],
                vec![direct("i-group", "group", "a-group"), repeated("")],
                vec![ana(Listed::Both), group()],
            ),
            (
                "a direct row",
                &both[..],
                vec![direct("i-group", "group", "a-group"), direct("i-ana", "ana", "a-ana")],
                vec![ana(Listed::Both), group()],
            ),
            (
                "a direct row without a role assignment",
                &both[..1],
                vec![direct("i-group", "group", "a-group"), direct("i-ana", "ana", "gone")],
                vec![ana(Listed::OnlyScheduleInstances), group()],
            ),
        ] {
            assert_eq!(active_of(assignments, &instances), expected, "{what}");
        }
    }

    #[test]
    fn activated_is_told_by_the_instances_alone() {
        let assignments = [assignment("a-ana", "ana"), assignment("a-ben", "ben")];
        let activated = instance("i-ana", "ana", "Direct", "a-ana", "Activated");
        assert_eq!(
            active_of(&assignments, &[activated]),
            [
                ("ana".to_owned(), Hold::Activated, Listed::Both),
                ("ben".to_owned(), Hold::Assigned, Listed::OnlyRoleAssignments),
            ]
        );
    }
}
