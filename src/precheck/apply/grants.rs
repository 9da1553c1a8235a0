//! Assignments and eligibilities that are given, changed and taken.

use super::{NoteKind, SAID_ELSEWHERE, Said, TAKEN_ELSEWHERE, Work, entry_slot, known};
use crate::model::{
    Access, ActivationPolicy, AdministrativeUnit, Dataset, Expiration, Gap, Grant, GroupAccess,
    GroupGrant, Hold, IsoDuration, Listed, PrincipalId, Provenance, RoleId, Scope,
};
use crate::precheck::edit::{End, GrantChange, Held, Over};
use crate::precheck::names::{self, PLANNED, Wrong, wrong};
use jiff::{SignedDuration, Timestamp};

/// What keeps a grant from coming about as it is stated.
enum Hindrance {
    /// The service refuses it, so all stays as it is.
    Refused(String),
    /// It may not come about.
    Doubtful {
        why: String,
        /// What is there already is no better than what is stated, and stays.
        stays: bool,
    },
}

/// What the settings say to how long a grant is to last: where they allow less, the longest.
struct Limits {
    /// Before all changes of them, or between these.
    earlier: Option<IsoDuration>,
    /// After all changes of them.
    after: Option<IsoDuration>,
    /// At one of these times they allow it.
    ever_allowed: bool,
    /// What they allow in the end is not known.
    is_open: bool,
}

/// Why PIM refuses a grant that is to last longer than the settings allow.
enum Beyond {
    /// It does.
    Certain(String),
    /// It may.
    Open(String),
}

/// True where the second end is later than the first.
fn is_later(was: Option<Timestamp>, is: Option<Timestamp>) -> bool {
    match (was, is) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(was), Some(is)) => is > was,
    }
}

/// The rule about how long what is held so may last; past PIM its settings say nothing.
const fn longest_of(policy: &ActivationPolicy, held: Held) -> Option<&Result<Expiration, Gap>> {
    match held {
        Held::Eligible => Some(&policy.eligibility_expiration),
        Held::Active => Some(&policy.assignment_expiration),
        Held::OutsidePim => None,
    }
}

/// What somebody holds somewhere, in one text for all that mean the same.
fn slot(access: &Access, principal: &PrincipalId, within: &Scope, eligible: bool) -> String {
    let kind = if eligible { "eligible" } else { "active" };
    format!("{kind} {principal} in {} within {within}", access.key())
}

/// True for a new grant that begins when what is there is over: it stands beside it.
fn comes_after(wanted: &GrantChange, end: Option<Timestamp>) -> bool {
    wanted.present
        && wanted.over != Over::Replaces
        && wanted.start.zip(end).is_some_and(|(start, end)| start >= end)
}

/// Seconds within which what is there may be over before a plan is applied: thirty days.
const SOON: i64 = 30 * 24 * 3600;
/// Seconds within which a plan is applied at the latest: a year.
const LATEST: i64 = 366 * 24 * 3600;

/// What is there already of what is to be given.
#[derive(Default)]
struct Live {
    /// The ends of it, and whether it is eligible; activations are none.
    ends: Vec<(bool, Option<Timestamp>)>,
    /// Whether a row of it is eligible of which nobody knows whether it is an activation, or when
    /// it ends.
    unclear: Vec<bool>,
}

impl Live {
    fn add(&mut self, hold: Hold, end: Option<Timestamp>, window_unread: bool) {
        let eligible = hold == Hold::Eligible;
        match hold {
            Hold::Activated => {}
            Hold::ActiveOfUnknownType => self.unclear.push(eligible),
            Hold::Eligible | Hold::Assigned if window_unread => self.unclear.push(eligible),
            Hold::Eligible | Hold::Assigned => self.ends.push((eligible, end)),
        }
    }
}

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
        match self.hindrance(&access, &principal, grant) {
            Some(Hindrance::Refused(why)) => {
                self.note(NoteKind::Warning, why);
                return Ok(());
            }
            Some(Hindrance::Doubtful { why, stays }) => {
                self.note(NoteKind::Unknown, why);
                if stays || !self.with_doubtful {
                    return Ok(());
                }
                self.done.doubtful = true;
            }
            None => {}
        }
        let kept = slot(&access, &principal, &grant.within, grant.held == Held::Eligible);
        if !grant.present {
            self.record(kept.clone(), false);
        }
        if let (false, Held::Active | Held::OutsidePim, Access::Group(group, by)) =
            (grant.present, grant.held, &access)
        {
            self.record(entry_slot(group, &principal, *by), false);
        }
        let said = match access {
            Access::DirectoryRole(role) => self.role_grant(&role, &principal, grant),
            Access::Group(group, by) => self.group_grant(&group, by, &principal, grant),
        };
        match said {
            Said::Changed => {
                // What is there already anyway gives nothing that another change could stand against.
                if grant.present {
                    self.record(kept.clone(), true);
                }
                self.done_once.insert((kept, grant.present));
            }
            Said::Same if self.done_once.contains(&(kept, grant.present)) => {
                self.note(NoteKind::Remark, SAID_ELSEWHERE);
            }
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

    /// What keeps a grant from coming about. What only may not come about and is worse than before
    /// is applied all the same: a loss stays a loss.
    fn hindrance(
        &mut self,
        access: &Access,
        principal: &PrincipalId,
        grant: &GrantChange,
    ) -> Option<Hindrance> {
        if !grant.present {
            return None;
        }
        if self.is_absent(principal) {
            let text = "Graph refuses this: whoever is to hold it does not exist";
            return Some(Hindrance::Refused(text.to_owned()));
        }
        let eligible = grant.held == Held::Eligible;
        let Live { ends, unclear } = self.live(access, principal, &grant.within);
        let live = ends.iter().find(|(of, _)| *of == eligible).map(|(_, end)| *end);
        // What begins when the other one is over is no second one.
        let live = live.filter(|end| end.zip(grant.start).is_none_or(|(end, start)| start < end));
        let wanted = self.window(grant).1;
        let own = slot(access, principal, &grant.within, eligible);
        let is_taken = self.is_by_another(&self.taken, &own);
        if wanted.is_some() && live == wanted && !is_taken {
            return None;
        }
        let stays = live.zip(wanted).is_some_and(|(was, is)| !is_later(was, is));
        let has_another_end = live.is_some() && wanted.is_some();
        let is_second = grant.over == Over::Refused && has_another_end;
        let is_given = self.is_by_another(&self.given, &own);
        let beyond = match self.beyond(access, grant) {
            Some(Beyond::Certain(text)) => return Some(Hindrance::Refused(text)),
            Some(Beyond::Open(text)) => Some(text),
            None => None,
        };
        let soon = |end: Timestamp| end.as_second() - self.now.as_second() < SOON;
        if let Some(end) = live.flatten().filter(|end| is_second && !is_given && soon(*end)) {
            let why = format!(
                "whether Graph refuses this is not known: it is there already until {end}, and a \
                 second one is refused until then"
            );
            return Some(Hindrance::Doubtful { why, stays });
        }
        if is_second && !is_given {
            let text = "Graph refuses this: it is there already with another end \
                (RoleAssignmentExists), which stays";
            return Some(Hindrance::Refused(text.to_owned()));
        }
        let doubtful = |why: &str, stays| Some(Hindrance::Doubtful { why: why.to_owned(), stays });
        if is_taken {
            // The other one may come last, so that nothing of it is left; what a third one gives stays.
            return doubtful(TAKEN_ELSEWHERE, stays && is_given);
        }
        if grant.over == Over::Replaces && has_another_end && is_given {
            let why = "another change gives it with another end, and which of the two comes last is \
                not known";
            return doubtful(why, stays);
        }
        if is_second {
            let why = "another change gives it with another end, and Graph refuses the second";
            return doubtful(why, stays);
        }
        if grant.over != Over::Replaces && unclear.contains(&eligible) {
            let why = "whether it is there already could not be read: a second one is refused";
            return doubtful(why, false);
        }
        let is_skipped = has_another_end || ends.iter().any(|(of, _)| *of != eligible);
        if grant.over == Over::Skipped && is_skipped {
            let why = "EasyPIM skips who holds it already, eligible or active: whether it comes \
                about is not known";
            return doubtful(why, stays);
        }
        beyond.map(|why| Hindrance::Doubtful { why, stays })
    }

    /// Whether PIM refuses a grant as one that is to last longer than the settings allow.
    fn beyond(&self, access: &Access, grant: &GrantChange) -> Option<Beyond> {
        let of = &grant.access;
        // An end that is fixed comes nearer until somebody asks for it.
        let comes_nearer = |longest: IsoDuration| {
            let End::At(end) = grant.end else { return false };
            let lasts = end.as_second().saturating_sub(self.now.as_second());
            let beyond = lasts.saturating_sub_unsigned(longest.seconds());
            grant.start.is_none_or(|start| start.as_second() - self.now.as_second() < SOON)
                && beyond < LATEST
        };
        let text = match self.limits(access, grant) {
            Limits { after: Some(longest), ever_allowed: true, .. } => format!(
                "whether PIM refuses this is not known: the settings of {of} allow at most \
                 {longest} after the change of them in the same plan, and more before it"
            ),
            Limits { after: Some(longest), .. } if comes_nearer(longest) => format!(
                "whether PIM refuses this is not known: the settings of {of} allow at most \
                 {longest}, counted from when it is asked for"
            ),
            Limits { after: Some(longest), .. } => {
                let text =
                    format!("PIM refuses this: the settings of {of} allow at most {longest}");
                return Some(Beyond::Certain(text));
            }
            Limits { earlier: Some(longest), is_open: true, .. } => format!(
                "whether PIM refuses this is not known: the settings of {of} allow at most \
                 {longest} before the change of them in the same plan, and what they allow after \
                 it is open"
            ),
            Limits { earlier: Some(longest), .. } => format!(
                "it depends on the change of the settings of {of} in the same plan: before it \
                 they allow at most {longest}, and PIM refuses this"
            ),
            Limits { earlier: None, after: None, .. } => return None,
        };
        Some(Beyond::Open(text))
    }

    /// What somebody holds there.
    fn live(&self, access: &Access, principal: &PrincipalId, within: &Scope) -> Live {
        let mut live = Live::default();
        match access {
            Access::DirectoryRole(role) => {
                let lists = [&self.tenant.eligible, &self.tenant.active];
                let all = lists.into_iter().flat_map(|list| list.at_least().into_iter().flatten());
                let own = all.filter(|it| {
                    it.role == *role && it.principal == *principal && it.within == *within
                });
                own.for_each(|it| live.add(it.hold, it.end, it.window_unread));
            }
            Access::Group(group, by) => {
                let Some(pim) = self.tenant.group_pim.get(group) else { return live };
                let lists = [&pim.eligible, &pim.active];
                let all = lists.into_iter().flat_map(|list| list.at_least().into_iter().flatten());
                let own = all.filter(|it| it.access == *by && it.principal == *principal);
                own.for_each(|it| live.add(it.hold, it.end, it.window_unread));
            }
        }
        live
    }

    /// What the settings say to how long a grant is to last, at any time of the plan.
    fn limits(&self, access: &Access, grant: &GrantChange) -> Limits {
        let now = self.policy(access);
        let before = match self.before.get(&access.key()) {
            Some(before) => before.as_ref(),
            None => now,
        };
        let between = self.between.get(&access.key()).into_iter().flatten();
        let earlier: Vec<Option<IsoDuration>> =
            before.into_iter().chain(between).map(|it| self.exceeded(it, grant)).collect();
        let rule = now.and_then(|it| longest_of(it, grant.held));
        Limits {
            earlier: earlier.iter().flatten().min_by_key(|it| it.seconds()).copied(),
            after: now.and_then(|it| self.exceeded(it, grant)),
            // Settings that were not read may allow it.
            ever_allowed: before.is_none() || earlier.contains(&None),
            is_open: rule.is_none_or(Result::is_err),
        }
    }

    /// The longest that these settings allow, where a grant is to last longer.
    fn exceeded(&self, policy: &ActivationPolicy, grant: &GrantChange) -> Option<IsoDuration> {
        let Some(Ok(Expiration::AtMost(longest))) = longest_of(policy, grant.held) else {
            return None;
        };
        let (start, end) = self.window(grant);
        let lasts = end?.map_or(i64::MAX, |end| end.as_second().saturating_sub(start.as_second()));
        (lasts > i64::try_from(longest.seconds()).unwrap_or(i64::MAX)).then_some(*longest)
    }

    /// The settings of an access, where they were read.
    pub(super) fn policy(&self, access: &Access) -> Option<&ActivationPolicy> {
        match access {
            Access::DirectoryRole(role) => {
                self.tenant.policies.at_least().ok()?.get(role)?.as_ref().ok()
            }
            Access::Group(group, by) => self.tenant.group_pim.get(group)?.policy(*by).as_ref().ok(),
        }
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
                && !comes_after(wanted, grant.end)
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
            let is_unclear = live.window_unread || live.hold == Hold::ActiveOfUnknownType;
            let is_same = live.end == end && !is_unclear;
            // What lasts so long from now on does not last from its old beginning.
            if is_stated && live.end != end && wanted.held != Held::OutsidePim {
                live.start = Some(start);
            }
            live.window_unread &= !is_stated;
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
            window_unread: false,
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
        let rows = list.iter().filter(|grant| *grant.provenance.id == *id);
        let taken: Vec<String> = rows
            .map(|it| {
                let access = Access::DirectoryRole(it.role.clone());
                slot(&access, &it.principal, &it.within, false)
            })
            .collect();
        if !taken.is_empty() {
            list.retain(|grant| *grant.provenance.id != *id);
            for slot in taken {
                self.taken.entry(slot.clone()).or_default().insert(self.at.0);
                self.done_once.insert((slot, false));
            }
            return Ok(());
        }
        if whole && self.rows_before.contains(id) {
            self.note(NoteKind::Remark, SAID_ELSEWHERE);
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
            grant.access == by
                && grant.principal == *principal
                && grant.hold != Hold::Activated
                && !comes_after(wanted, grant.end)
        };
        let place = list.iter().position(is_it);
        let said = match (wanted.present, place) {
            (true, Some(place)) => {
                let live = &mut list[place];
                let is_stated = end.is_some();
                let end = end.unwrap_or(live.end);
                let is_unclear = live.window_unread || live.hold == Hold::ActiveOfUnknownType;
                let is_same = live.end == end && !is_unclear;
                if is_stated && live.end != end {
                    live.start = Some(start);
                }
                live.window_unread &= !is_stated;
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
                    window_unread: false,
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
