//! Role assignments, schedule instances and eligibilities, reconciled into grants.
//!
//! The role assignments hold activated roles beside standing ones without saying which; only the
//! schedule instances tell. Direct assignments may be missing there. So both are read, and joined.

use super::definitions::RoleIds;
use super::{Text, collected, collection, time, typed};
use crate::model::{
    Access, Class, Collected, Dataset, Gap, GapKind, Grant, Hold, Listed, PrincipalId, Provenance,
    RoleId, Scope,
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
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Reads and joins the three lists.
///
/// With `without_pim` the tenant is known to have no licence: what is active was assigned, and nobody
/// is eligible.
pub(super) fn grants(snapshot: &Snapshot<'_>, ids: &RoleIds, without_pim: bool) -> Lists {
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
        active: active(snapshot.collected_at, ids, assignments, instances, without_pim),
        eligible: eligibilities(snapshot.collected_at, ids, eligible, without_pim),
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
    if let Ok(list) = &assignments
        && list.rows.is_empty()
        && list.gap.is_none()
    {
        return Collected::Missing(Gap::of(
            Dataset::RoleAssignments,
            GapKind::ImpossiblyEmpty,
            "Graph returned no role assignment, but every tenant has a Global Administrator",
        ));
    }
    let mut grants = Vec::new();
    let mut strange = None;
    let known: Option<HashSet<Key>> =
        assignments.as_ref().ok().map(|list| list.rows.iter().map(|row| row.key(ids)).collect());
    let origins: HashSet<String> = assignments.as_ref().map_or_else(
        |_| HashSet::new(),
        |list| list.rows.iter().map(|row| row.id.to_ascii_lowercase()).collect(),
    );
    let assignments_whole = assignments.as_ref().is_ok_and(|list| list.gap.is_none());
    let mut in_instances: HashMap<Key, ()> = HashMap::new();
    if let Ok(list) = &instances {
        for row in list.rows.iter().filter(|row| !row.is_projection()) {
            let key = row.key(ids);
            let in_assignments = known.as_ref().is_some_and(|known| known.contains(&key))
                || row
                    .role_assignment_origin_id
                    .as_deref()
                    .is_some_and(|origin| origins.contains(&origin.to_ascii_lowercase()));
            in_instances.insert(key.clone(), ());
            let listed = match (in_assignments, assignments_whole) {
                (true, _) => Listed::Both,
                (false, true) => Listed::OnlyScheduleInstances,
                (false, false) => Listed::Unknown,
            };
            match instance(row, key, listed) {
                Ok(grant) if is_over(&grant, now) => {}
                Ok(grant) => grants.push(grant),
                Err(cause) => {
                    strange.get_or_insert_with(|| {
                        Gap::unreadable(Dataset::RoleAssignmentScheduleInstances, cause)
                    });
                }
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
            if !in_instances.contains_key(&key) {
                grants.push(plain(row, key, hold, listed));
            }
        }
        carry_organizations(&mut grants, list, ids);
    }
    deduplicate(&mut grants);
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
        (Ok(list), _) => collected(grants, [list.gap, instances_gap.or(strange)]),
    }
}

fn instance(row: &Row<'_>, key: Key, listed: Listed) -> Result<Grant, String> {
    let hold = match row.assignment_type.as_deref() {
        Some(kind) if kind.eq_ignore_ascii_case("Assigned") => Hold::Assigned,
        Some(kind) if kind.eq_ignore_ascii_case("Activated") => Hold::Activated,
        Some(_) | None => Hold::ActiveOfUnknownType,
    };
    let hold = if row.member_type_is_known() { hold } else { Hold::ActiveOfUnknownType };
    grant(row, key, hold, Dataset::RoleAssignmentScheduleInstances, listed)
}

fn plain(row: &Row<'_>, key: Key, hold: Hold, listed: Listed) -> Grant {
    let (principal, role, within) = key;
    Grant {
        principal,
        access: Access::DirectoryRole(role),
        within,
        hold,
        start: None,
        end: None,
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
    grant.end.is_some_and(|end| end + CLOCK_SKEW <= now)
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
        let key = (grant.principal.clone(), grant.access.role().clone(), grant.within.clone());
        grant.principal_organization = foreign.get(&key).map(|&it| it.into());
    }
}

fn deduplicate(grants: &mut Vec<Grant>) {
    type Unique = (PrincipalId, Access, Scope, Class);
    let mut seen: HashSet<Unique> = HashSet::new();
    grants.retain(|grant| {
        seen.insert((
            grant.principal.clone(),
            grant.access.clone(),
            grant.within.clone(),
            grant.class(),
        ))
    });
    grants.sort_by(|a, b| {
        (&a.access, &a.principal, &a.within, a.hold).cmp(&(
            &b.access,
            &b.principal,
            &b.within,
            b.hold,
        ))
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
    let mut strange = None;
    let mut grants = Vec::new();
    for row in list.rows.iter().filter(|row| !row.is_projection()) {
        let dataset = Dataset::RoleEligibilityScheduleInstances;
        match grant(row, row.key(ids), Hold::Eligible, dataset, Listed::Both) {
            Ok(grant) if is_over(&grant, now) => {}
            Ok(grant) => grants.push(grant),
            Err(cause) => {
                strange.get_or_insert_with(|| Gap::unreadable(dataset, cause));
            }
        }
    }
    deduplicate(&mut grants);
    collected(grants, [list.gap, strange])
}
