//! Assignments and eligibilities that were to be given, changed or taken.

use super::{Arrival, Look, Seen, Slotted};
use crate::model::{Access, Collected, Gap, Grant, GroupGrant, Hold, PrincipalId, RoleId, Scope};
use crate::precheck::apply::NoteKind;
use crate::precheck::edit::{End, GrantChange, Held};
use crate::precheck::names::{self, PLANNED, Wrong};
use jiff::Timestamp;

/// Requests take a moment; so much of a difference says nothing about an end.
const TOLERATED: i64 = 5 * 60;

/// What the lists hold of one principal in one access.
struct Row {
    hold: Hold,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl Row {
    const fn of(hold: Hold, start: Option<Timestamp>, end: Option<Timestamp>) -> Self {
        Self { hold, start, end }
    }

    fn in_words(&self) -> String {
        let how = match self.hold {
            Hold::Eligible => "eligible",
            Hold::Assigned => "active",
            Hold::Activated => "activated",
            Hold::ActiveOfUnknownType => "active or activated",
        };
        format!("{how} {}", end_in_words(self.end))
    }
}

fn end_in_words(end: Option<Timestamp>) -> String {
    end.map_or_else(|| "without an end".to_owned(), |end| format!("until {end}"))
}

impl Look<'_> {
    pub(super) fn grant(&self, grant: &GrantChange) -> Result<Vec<Slotted>, Wrong> {
        let planned = match grant.present {
            true => how(grant.held).to_owned(),
            false => format!("no longer {}", how(grant.held)),
        };
        let what = format!("{} in {}", grant.principal, grant.access);
        let cannot =
            |why: &str| Ok(vec![Slotted::of(what.clone(), Seen::cannot(planned.clone(), why))]);
        let access = match self.access(&grant.access)? {
            Ok(access) => access,
            Err(why) => return cannot(&why),
        };
        let (principal, said) = match self.real(&grant.principal) {
            Ok(name) => names::principal(self.tenant, &name)?,
            Err(why) => return cannot(&why),
        };
        if let Some((NoteKind::Warning, text)) = &said
            && grant.present
        {
            let seen = Seen::compared(planned, text, false);
            return Ok(vec![Slotted::of(what, seen)]);
        }
        if grant.present
            && let End::At(end) = grant.end
            && end <= self.now
        {
            let is = format!("its end is past: {end}");
            return Ok(vec![Slotted::of(what, Seen { planned, is, word: Arrival::Nothing })]);
        }
        if grant.within.to_string().contains(PLANNED) {
            return cannot("the plan does not tell the id of the administrative unit");
        }
        let (rows, gaps) = match self.rows(&access, &principal, &grant.within) {
            Ok(found) => found,
            Err(why) => return cannot(&why),
        };
        // An id that was mistyped holds nothing either.
        if let (Some((_, text)), true, false) = (&said, rows.is_empty(), grant.present) {
            return cannot(text);
        }
        let kind = if grant.held == Held::Eligible { "eligible" } else { "active" };
        let slot = format!("{} {principal} {} {kind}", access.key(), grant.within);
        let later = grant
            .start
            .filter(|start| start.as_second() > self.now.as_second().saturating_add(TOLERATED));
        let seen = Looked { rows, gaps, later };
        Ok(compared(&seen, grant, &what, planned, &slot))
    }

    /// What one principal holds in one access there, and why there may be more.
    fn rows(
        &self,
        access: &Access,
        principal: &PrincipalId,
        within: &Scope,
    ) -> Result<(Vec<Row>, [Option<Gap>; 2]), String> {
        match access {
            Access::DirectoryRole(role) => Ok(self.of_role(role, principal, within)),
            Access::Group(group, by) => {
                let Some(pim) = self.tenant.group_pim.get(group) else {
                    let whole = self.tenant.onboarded.complete();
                    return match whole.is_ok_and(|all| !all.contains(group)) {
                        true => Ok((Vec::new(), [None, None])),
                        false => Err("what PIM says of the group was not read".to_owned()),
                    };
                };
                let is_it = |it: &&GroupGrant| it.access == *by && it.principal == *principal;
                let mut rows = Vec::new();
                for list in [&pim.eligible, &pim.active] {
                    let known = list.at_least().map(Vec::as_slice).unwrap_or_default();
                    let own = known.iter().filter(is_it);
                    rows.extend(own.map(|it| Row::of(it.hold, it.start, it.end)));
                }
                Ok((rows, [pim.eligible.gap().cloned(), pim.active.gap().cloned()]))
            }
        }
    }

    fn of_role(
        &self,
        role: &RoleId,
        principal: &PrincipalId,
        within: &Scope,
    ) -> (Vec<Row>, [Option<Gap>; 2]) {
        let is_it =
            |it: &&Grant| it.role == *role && it.principal == *principal && it.within == *within;
        let (eligible, active) = (&self.tenant.eligible, &self.tenant.active);
        let mut rows = Vec::new();
        for list in [eligible, active] {
            let known = list.at_least().map(Vec::as_slice).unwrap_or_default();
            rows.extend(known.iter().filter(is_it).map(|it| Row::of(it.hold, it.start, it.end)));
        }
        (rows, [eligible.gap().cloned(), active.gap().cloned()])
    }

    /// A role assignment that was to be removed.
    pub(super) fn row(&self, id: &str) -> Slotted {
        let what = format!("role assignment {id}");
        let list: &Collected<Vec<Grant>> = &self.tenant.active;
        let known = list.at_least().map(Vec::as_slice).unwrap_or_default();
        let seen = if known.iter().any(|grant| *grant.provenance.id == *id) {
            Seen::compared("removed", "it is still there", false)
        } else if let Some(gap) = list.gap() {
            Seen::cannot("removed", gap.to_string())
        } else {
            // An id that was mistyped is not there either.
            Seen::cannot("removed", "it is not there; whether it ever was is not known")
        };
        Slotted::of(what, seen)
    }
}

const fn how(held: Held) -> &'static str {
    match held {
        Held::Eligible => "eligible",
        Held::Active => "active",
        Held::OutsidePim => "active, past PIM",
    }
}

/// What was found of one principal in one access.
struct Looked {
    rows: Vec<Row>,
    gaps: [Option<Gap>; 2],
    /// When it begins, where that is still to come.
    later: Option<Timestamp>,
}

fn compared(
    looked: &Looked,
    grant: &GrantChange,
    what: &str,
    planned: String,
    slot: &str,
) -> Vec<Slotted> {
    let Looked { rows, gaps, later } = looked;
    let eligible = grant.held == Held::Eligible;
    // An activation is no assignment, and one of unknown kind proves nothing.
    let is_it = |row: &&Row| match row.hold {
        Hold::Eligible => eligible,
        Hold::Assigned | Hold::ActiveOfUnknownType => !eligible,
        Hold::Activated => false,
    };
    let gap = gaps[usize::from(!eligible)].as_ref();
    let is = match rows.as_slice() {
        [] => "nothing of it".to_owned(),
        rows => rows.iter().map(Row::in_words).collect::<Vec<_>>().join("; "),
    };
    let found = rows.iter().find(is_it);
    let seen = match (found, grant.present, gap) {
        (Some(row), _, _) if row.hold == Hold::ActiveOfUnknownType => {
            Seen::cannot(planned, format!("{is}: which of the two was not read"))
        }
        (Some(_), present, _) => Seen::compared(planned, is, present),
        (None, _, Some(gap)) => Seen::cannot(planned, gap.to_string()),
        (None, true, None) if later.is_some() => {
            let begins = later.map(|start| format!("it begins {start}; ")).unwrap_or_default();
            Seen::cannot(planned, format!("{begins}only what has begun is read"))
        }
        (None, present, None) => Seen::compared(planned, is, !present),
    };
    let mut parts = vec![Slotted::of(what, seen).at(slot.to_owned())];
    if let (Some(row), true) = (found, grant.present)
        && grant.end != End::Unstated
        && row.hold != Hold::ActiveOfUnknownType
    {
        let seen = end(grant.end, row);
        parts.push(Slotted::of(format!("end of {what}"), seen).at(format!("{slot} end")));
    }
    parts
}

fn end(planned: End, row: &Row) -> Seen {
    let is = end_in_words(row.end);
    let near = |one: i64, other: i64| one.abs_diff(other) <= TOLERATED.unsigned_abs();
    match (planned, row.end) {
        (End::Never, live) => Seen::compared(planned.to_string(), is, live.is_none()),
        (End::At(wanted), Some(live)) => {
            let same = near(wanted.as_second(), live.as_second());
            Seen::compared(planned.to_string(), is, same)
        }
        (End::After(length), Some(live)) => match row.start {
            Some(start) => {
                let lasts = live.as_second().saturating_sub(start.as_second());
                let wanted = i64::try_from(length.seconds()).unwrap_or(i64::MAX);
                let is = format!("{is}, from {start}");
                Seen::compared(planned.to_string(), is, near(lasts, wanted))
            }
            None => Seen::cannot(planned.to_string(), format!("{is}; its start was not read")),
        },
        (End::At(_) | End::After(_), None) => Seen::compared(planned.to_string(), is, false),
        (End::Unstated, _) => Seen::compared(planned.to_string(), is, true),
    }
}
