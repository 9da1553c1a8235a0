//! What else tells of a grant: when it began, what PIM did beside, and whether it is an activation.

use super::about::{About, Held};
use super::lines::{activates, ends_activation};
use super::{LAG, Log, Row, lists_until};
use crate::diff::facts::{self, Area, Change, Kind};
use crate::model::{AuditEvent, Class, GroupAccess, Listed, PrincipalId, Tenant};
use jiff::{SignedDuration, Timestamp};

/// The directory writes its line of what PIM did within this time of PIM's.
const TWIN: SignedDuration = SignedDuration::from_mins(5);
/// The longest that PIM lets an activation last.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

impl Log<'_> {
    /// When something that was added began, where that is after the older snapshot.
    pub(super) fn started(
        &self,
        change: &Change,
        principal: &str,
        held: Held<'_>,
    ) -> Option<Timestamp> {
        if change.kind != Kind::Added {
            return None;
        }
        // What begins later says nothing of when it was given.
        let until = self.lists_until;
        let of_eligible = change.area == Area::Eligibilities;
        let principal = PrincipalId::new(principal);
        let start = match held {
            Held::Role(role) => {
                let grants = self.held_by.get(&principal)?.iter();
                let grants = grants.filter(|it| it.is_eligible() == of_eligible);
                // Another scope is another grant.
                let own = grants.filter(|it| {
                    it.role.is(role)
                        && facts::subject(&it.held(), &it.principal, &it.within) == change.subject
                });
                own.filter_map(|it| it.start).filter(|start| *start <= until).max()
            }
            Held::Group(group, access) => {
                let pim = self.new.group_pim.get(&PrincipalId::new(group))?;
                let list = if of_eligible { &pim.eligible } else { &pim.active };
                let grants = list.at_least().ok()?.iter();
                let grants = grants.filter(|it| it.access == access && it.principal == principal);
                grants.filter_map(|it| it.start).filter(|start| *start <= until).max()
            }
        };
        start.filter(|start| *start >= self.from)
    }

    /// Whether PIM has a line of what the directory's tells.
    pub(super) fn is_by_pim(&self, row: &Row<'_>, principal: &str, held: Held<'_>) -> bool {
        let at = row.event.at;
        let begin = at.saturating_sub(TWIN).unwrap_or(at);
        let end = at.saturating_add(TWIN).unwrap_or(at);
        let Some(list) = self.of_pim.get(principal) else { return false };
        let first = list.partition_point(|event| event.at < begin);
        let mut near = list.iter().skip(first).take_while(|event| event.at <= end);
        near.any(|event| self.speaks_of(event, held) == About::It)
    }

    /// Whether it is an activation that only the directory had yet, or still: as the log tells, or
    /// the snapshot that is on the other side.
    pub(super) fn activation(
        &self,
        change: &Change,
        principal: &str,
        held: Held<'_>,
    ) -> Option<Ran> {
        let (tenant, other) = match (change.area, change.kind) {
            (Area::Assignments, Kind::Added) => (self.new, self.old),
            (Area::Assignments, Kind::Removed) => (self.old, self.new),
            (_, _) => return None,
        };
        let at = lists_until(tenant);
        let holder = PrincipalId::new(principal);
        let subject = &change.subject;
        if !is_of_directory_alone(tenant, &holder, held, subject)
            || !self.could_activate(&holder, held, subject)
        {
            return None;
        }
        let (begin, end) =
            (at.saturating_sub(LAG).unwrap_or(at), at.saturating_add(LAG).unwrap_or(at));
        let own = |event: &&&AuditEvent| self.speaks_of(event, held) == About::It;
        let of_holder = self.of_pim.get(principal).map(Vec::as_slice).unwrap_or_default();
        let ends: Vec<Timestamp> = of_holder
            .iter()
            .filter(|event| ends_activation(event))
            .filter(own)
            .map(|it| it.at)
            .collect();
        let in_log = of_holder.iter().filter(|event| activates(event)).filter(own);
        let in_log = in_log.map(|event| (event.at, event.end, false));
        let listed = activated(other, &holder, held, subject).into_iter();
        let listed = listed.map(|(began, planned)| (began, planned, true));
        let ran = in_log.chain(listed).filter_map(|(began, planned, was_listed)| {
            let longest = began.saturating_add(LONGEST).unwrap_or(began);
            // The oldest stands first.
            let ended = ends.get(ends.partition_point(|at| *at < began)).copied();
            let until = [planned, ended].into_iter().flatten().min().unwrap_or(longest);
            if began > end || until < begin {
                return None;
            }
            // One that the other snapshot lists as running on most likely still does, or was ended
            // a moment ago.
            let right_then = began >= begin || until <= end || was_listed;
            Some(if right_then { Ran::RightThen } else { Ran::Longer })
        });
        ran.min()
    }

    /// False where somebody is known not to be eligible for a role in this scope, by no group either.
    fn could_activate(&self, holder: &PrincipalId, held: Held<'_>, subject: &str) -> bool {
        let Held::Role(role) = held else { return true };
        let both = [self.old, self.new];
        if both.iter().any(|tenant| tenant.eligible.gap().is_some()) {
            return true;
        }
        let is_group = |id: &PrincipalId| {
            both.iter().any(|it| it.members.at_least().is_ok_and(|lists| lists.contains_key(id)))
        };
        let mut eligible =
            both.iter().filter_map(|it| it.eligible.at_least().ok()).flatten().filter(|it| {
                it.role.is(role) && (it.principal == *holder || is_group(&it.principal))
            });
        // The scope is part of it.
        eligible.any(|it| facts::subject(&it.held(), holder, &it.within) == subject)
    }
}

/// Start and end of the activations of it that a snapshot shows.
fn activated(
    tenant: &Tenant,
    principal: &PrincipalId,
    held: Held<'_>,
    subject: &str,
) -> Vec<(Timestamp, Option<Timestamp>)> {
    match held {
        Held::Role(_) => {
            let grants = tenant.active.at_least().map(Vec::as_slice).unwrap_or_default();
            let own = grants.iter().filter(|it| {
                it.class() == Class::Activated
                    && it.principal == *principal
                    && facts::subject(&it.held(), &it.principal, &it.within) == subject
            });
            own.filter_map(|it| Some((it.start?, it.end))).collect()
        }
        Held::Group(group, access) => {
            let pim = tenant.group_pim.get(&PrincipalId::new(group));
            let grants = pim.and_then(|pim| pim.active.at_least().ok());
            let grants = grants.map(Vec::as_slice).unwrap_or_default();
            let own = grants.iter().filter(|it| {
                it.class() == Class::Activated && it.principal == *principal && it.access == access
            });
            own.filter_map(|it| Some((it.start?, it.end))).collect()
        }
    }
}

/// An activation that ran when a snapshot was read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ran {
    /// It began or ended so shortly before or after that one list may show it and the other not, or
    /// the other snapshot shows that it was to run on.
    RightThen,
    /// It began long before and ended long after, as the log alone tells.
    Longer,
}

/// Whether the directory has it active, and the list that tells how has nothing of it.
fn is_of_directory_alone(
    tenant: &Tenant,
    principal: &PrincipalId,
    held: Held<'_>,
    subject: &str,
) -> bool {
    match held {
        Held::Role(role) => {
            let grants = tenant.active.at_least().map(Vec::as_slice).unwrap_or_default();
            let mut of_holder = grants.iter().filter(|it| it.principal == *principal);
            of_holder.any(|it| {
                it.role.is(role)
                    && it.provenance.listed == Listed::OnlyRoleAssignments
                    && facts::subject(&it.held(), &it.principal, &it.within) == subject
            })
        }
        Held::Group(group, access) => {
            let group = PrincipalId::new(group);
            let lists = match access {
                GroupAccess::Member => &tenant.members,
                GroupAccess::Owner => &tenant.owners,
            };
            let plain = lists.at_least().ok().and_then(|lists| lists.get(&group));
            let instances = tenant.group_pim.get(&group).map(|pim| pim.active.at_least());
            let is_listed = instances.and_then(Result::ok).is_some_and(|instances| {
                instances.iter().any(|it| it.access == access && it.principal == *principal)
            });
            plain.is_some_and(|plain| plain.known.contains(principal)) && !is_listed
        }
    }
}
