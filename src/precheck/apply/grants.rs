//! Assignments and eligibilities that are given, changed and taken.

use super::{NoteKind, Said, Work, known};
use crate::model::{
    Access, AdministrativeUnit, Dataset, Grant, GroupAccess, GroupGrant, Hold, Listed, PrincipalId,
    Provenance, RoleId, Scope,
};
use crate::precheck::edit::{End, GrantChange, Held};
use crate::precheck::names::{self, PLANNED, Wrong, wrong};
use jiff::{SignedDuration, Timestamp};

impl Work<'_> {
    /// Start and end; `None` for an end that is not stated and not known.
    fn window(&self, grant: &GrantChange) -> (Timestamp, Option<Option<Timestamp>>) {
        let start = grant.start.unwrap_or(self.now);
        let after = |seconds: u64| {
            let length = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
            start.checked_add(length).ok()
        };
        let end = match grant.end {
            End::Never => Some(None),
            End::At(end) => Some(Some(end)),
            End::After(length) => Some(after(length.seconds())),
            End::Unstated => None,
        };
        (start, end)
    }

    pub(super) fn grant(&mut self, grant: &GrantChange) -> Result<(), Wrong> {
        let access = names::access(self.tenant, &grant.access)?;
        let principal = self.principal(&grant.principal)?;
        let over = |end: Option<Timestamp>| end.is_some_and(|end| end <= self.now);
        if grant.present && self.window(grant).1.is_some_and(over) {
            self.note(NoteKind::Remark, "its end is past, so it gives nothing");
            return Ok(());
        }
        if grant.present {
            self.look_up_unit(&grant.within)?;
        }
        if let Some(start) = grant.start.filter(|start| grant.present && *start > self.now) {
            let text = format!("it begins {start}, and is judged as if it had begun");
            self.note(NoteKind::Remark, text);
        }
        if grant.present && grant.end == End::Unstated {
            let text = "its end is not stated: the settings of the access decide";
            self.note(NoteKind::Unknown, text);
        }
        let said = match access {
            Access::DirectoryRole(role) => self.role_grant(&role, &principal, grant),
            Access::Group(group, by) => self.group_grant(&group, by, &principal, grant),
        };
        match said {
            Said::Changed => {}
            Said::Same => {
                let text = if grant.present { "it is there already" } else { "it is not there" };
                self.note(NoteKind::AlreadyTrue, text);
            }
            Said::NotRead => {
                self.note(NoteKind::Unknown, "whether it is there could not be read");
            }
        }
        Ok(())
    }

    /// An administrative unit must be there: in one that is not, nobody could hold anything.
    fn look_up_unit(&mut self, within: &Scope) -> Result<(), Wrong> {
        let Scope::AdministrativeUnit(unit) = within else { return Ok(()) };
        let is_it = |it: &AdministrativeUnit| it.id.eq_ignore_ascii_case(unit);
        let units = &self.tenant.units;
        if unit.starts_with(PLANNED) || units.at_least().is_ok_and(|all| all.iter().any(is_it)) {
            return Ok(());
        }
        if units.gap().is_none() {
            return Err(wrong(format!("there is no administrative unit {unit}"), None));
        }
        let text = format!("whether administrative unit {unit} exists could not be read");
        self.note(NoteKind::Unknown, text);
        Ok(())
    }

    fn role_grant(&mut self, role: &RoleId, principal: &PrincipalId, wanted: &GrantChange) -> Said {
        let (start, end) = self.window(wanted);
        let eligible = wanted.held == Held::Eligible;
        let collected = if eligible { &mut self.tenant.eligible } else { &mut self.tenant.active };
        let whole = collected.gap().is_none();
        let Some(list) = known(collected) else { return Said::NotRead };
        let is_it = |grant: &Grant| {
            grant.role == *role
                && grant.principal == *principal
                && grant.within == wanted.within
                && grant.hold != Hold::Activated
        };
        if !wanted.present {
            let before = list.len();
            list.retain(|grant| !is_it(grant));
            return match (list.len() < before, whole) {
                (true, _) => Said::Changed,
                (false, true) => Said::Same,
                (false, false) => Said::NotRead,
            };
        }
        let hold = match (wanted.held, end) {
            (Held::Eligible, _) => Hold::Eligible,
            (Held::Active | Held::OutsidePim, Some(_)) => Hold::Assigned,
            (Held::Active | Held::OutsidePim, None) => Hold::ActiveOfUnknownType,
        };
        if let Some(place) = list.iter().position(is_it) {
            let live = &mut list[place];
            let is_stated = end.is_some();
            let end = end.unwrap_or(live.end);
            let is_same = live.end == end && live.hold != Hold::ActiveOfUnknownType;
            // What lasts so long from now on does not last from its old beginning.
            if is_stated && live.end != end && wanted.held != Held::OutsidePim {
                live.start = Some(start);
            }
            live.end = end;
            if live.hold != Hold::Eligible {
                live.hold = Hold::Assigned;
            }
            return if is_same { Said::Same } else { Said::Changed };
        }
        let (dataset, listed) = match wanted.held {
            Held::Eligible => (Dataset::RoleEligibilityScheduleInstances, Listed::Both),
            Held::Active => (Dataset::RoleAssignmentScheduleInstances, Listed::Both),
            Held::OutsidePim => (Dataset::RoleAssignments, Listed::OnlyRoleAssignments),
        };
        list.push(Grant {
            principal: principal.clone(),
            role: role.clone(),
            within: wanted.within.clone(),
            hold,
            start: (wanted.held != Held::OutsidePim).then_some(start),
            end: end.flatten(),
            provenance: Provenance { dataset, id: "planned".into(), listed },
            principal_organization: None,
        });
        list.sort_by(|a, b| {
            (&a.role, &a.principal, &a.within, a.hold).cmp(&(
                &b.role,
                &b.principal,
                &b.within,
                b.hold,
            ))
        });
        Said::Changed
    }

    pub(super) fn revoke_row(&mut self, id: &str) -> Result<(), Wrong> {
        let whole = self.tenant.active.gap().is_none();
        let Some(list) = known(&mut self.tenant.active) else { return Ok(()) };
        let before = list.len();
        list.retain(|grant| *grant.provenance.id != *id);
        if list.len() < before {
            return Ok(());
        }
        if whole {
            return Err(wrong(format!("there is no role assignment {id}"), None));
        }
        self.note(NoteKind::Unknown, format!("role assignment {id} is not among those read"));
        Ok(())
    }

    fn group_grant(
        &mut self,
        group: &PrincipalId,
        by: GroupAccess,
        principal: &PrincipalId,
        wanted: &GrantChange,
    ) -> Said {
        let (start, end) = self.window(wanted);
        let eligible = wanted.held == Held::Eligible;
        let hold = match (eligible, end) {
            (true, _) => Hold::Eligible,
            (false, Some(_)) => Hold::Assigned,
            (false, None) => Hold::ActiveOfUnknownType,
        };
        let Some(pim) = self.pim_mut(group) else { return Said::NotRead };
        let collected = if eligible { &mut pim.eligible } else { &mut pim.active };
        let whole = collected.gap().is_none();
        let Some(list) = known(collected) else { return Said::NotRead };
        let is_it = |grant: &GroupGrant| {
            grant.access == by && grant.principal == *principal && grant.hold != Hold::Activated
        };
        let place = list.iter().position(is_it);
        let said = match (wanted.present, place) {
            (true, Some(place)) => {
                let live = &mut list[place];
                let is_stated = end.is_some();
                let end = end.unwrap_or(live.end);
                let is_same = live.end == end && live.hold != Hold::ActiveOfUnknownType;
                if is_stated && live.end != end {
                    live.start = Some(start);
                }
                live.end = end;
                if live.hold != Hold::Eligible {
                    live.hold = Hold::Assigned;
                }
                if is_same { Said::Same } else { Said::Changed }
            }
            (true, None) => {
                list.push(GroupGrant {
                    principal: principal.clone(),
                    group: group.clone(),
                    access: by,
                    hold,
                    start: Some(start),
                    end: end.flatten(),
                    id: "planned".into(),
                });
                list.sort_by(|a, b| {
                    (a.access, &a.principal, a.hold).cmp(&(b.access, &b.principal, b.hold))
                });
                Said::Changed
            }
            (false, Some(_)) => {
                list.retain(|grant| !is_it(grant));
                Said::Changed
            }
            (false, None) if whole => Said::Same,
            (false, None) => Said::NotRead,
        };
        // Whoever is active is a plain member too, as the directory lists them.
        if !eligible && self.entry(group, principal, by, wanted.present) {
            return Said::Changed;
        }
        said
    }
}
