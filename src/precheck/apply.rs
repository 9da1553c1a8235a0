//! Planned changes on a typed tenant: names are found, rules merged, grants given and taken.
//!
//! The tenant is a copy. What does not fit it is a fault, what it cannot tell is a note.

use super::edit::{
    AccessName, Change, DefinitionChange, Edit, End, Fault, GrantChange, Held, Lasting, PolicyOf,
    RuleChange,
};
use super::settings::{Stance, set, unread};
use crate::baseline::nearest;
use crate::model::{
    Access, ActivationPolicy, Approver, AuthenticationContext, Collected, Dataset, Expiration, Gap,
    GapKind, Grant, Group, GroupAccess, GroupGrant, GroupPim, Hold, Listed, Members, Principal,
    PrincipalId, PrincipalKindFacts, Provenance, Role, RoleId, Tenant, Tier, roles,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What is to be said of a change, whatever the baseline.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// Place of the change among the changes given.
    pub change: usize,
    /// What kind of note.
    pub kind: NoteKind,
    /// In a sentence without a full stop.
    pub text: String,
}

/// What kind of note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteKind {
    /// It harms, or the service will refuse it.
    Warning,
    /// Something that matters is not known.
    Unknown,
    /// It is so already.
    AlreadyTrue,
    /// Worth knowing.
    Remark,
}

impl NoteKind {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::AlreadyTrue => "already true",
            Self::Remark => "remark",
        }
    }
}

/// What came of applying changes.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// Notes, by change.
    pub notes: Vec<Note>,
    /// Accesses whose settings ask for less than before.
    pub weaker: BTreeSet<String>,
}

/// Applies changes to a tenant, in order, as of `now`.
///
/// # Errors
/// Every id and name that the tenant does not know.
pub fn apply(
    tenant: &mut Tenant,
    changes: &[Change],
    now: Timestamp,
) -> Result<Applied, Vec<Fault>> {
    let mut work = Work {
        tenant,
        now,
        done: Applied::default(),
        faults: Vec::new(),
        change: 0,
        touched: Vec::new(),
    };
    for (place, change) in changes.iter().enumerate() {
        work.change = place;
        for text in &change.unknown {
            work.note(NoteKind::Unknown, text.clone());
        }
        if !change.kept.is_empty() {
            let kept = change.kept.join(", ");
            work.note(
                NoteKind::Remark,
                format!("the live value stays where it is not stated: {kept}"),
            );
        }
        work.touched.clear();
        for edit in &change.edits {
            if let Err(Wrong { message, hint }) = work.edit(edit) {
                work.faults.push(Fault { place: change.place.clone(), message, hint });
            }
        }
        work.contradictions();
    }
    let Work { mut done, faults, .. } = work;
    done.notes.sort();
    done.notes.dedup();
    if faults.is_empty() { Ok(done) } else { Err(faults) }
}

/// Why an edit does not fit the tenant.
struct Wrong {
    message: String,
    hint: Option<String>,
}

fn wrong(message: String, near: Option<&str>) -> Wrong {
    Wrong { message, hint: near.map(|near| format!("did you mean {near}?")) }
}

struct Work<'t> {
    tenant: &'t mut Tenant,
    now: Timestamp,
    done: Applied,
    faults: Vec<Fault>,
    change: usize,
    /// Accesses whose settings this change sets.
    touched: Vec<Access>,
}

/// Stands before the id of what the change makes.
const PLANNED: &str = "planned:";

fn planned(detail: impl Into<Arc<str>>) -> Gap {
    Gap::new(GapKind::Planned, detail)
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.chars().enumerate().all(|(place, it)| match place {
            8 | 13 | 18 | 23 => it == '-',
            _ => it.is_ascii_hexdigit(),
        })
}

/// What is known of a list, to add to. Where nothing was known, a part is from then on.
fn known<T: Default>(collected: &mut Collected<T>) -> Option<&mut T> {
    if let Collected::Missing(gap) = collected {
        let gap = gap.clone();
        *collected = Collected::Partial(T::default(), gap);
    }
    match collected {
        Collected::Complete(value) | Collected::Partial(value, _) => Some(value),
        Collected::Missing(_) => None,
    }
}

/// PIM takes 30 minutes to 24 hours, in steps of 30 minutes.
const STEP: u64 = 30 * 60;
const LONGEST_ACTIVATION: u64 = 24 * 3600;
/// A year, by the longest reckoning.
const LONGEST_GRANT: u64 = 366 * 24 * 3600;

impl Work<'_> {
    fn note(&mut self, kind: NoteKind, text: impl Into<String>) {
        self.done.notes.push(Note { change: self.change, kind, text: text.into() });
    }

    fn edit(&mut self, edit: &Edit) -> Result<(), Wrong> {
        match edit {
            Edit::SetRule(policy, rule) => self.set_rule(policy, rule),
            Edit::Grant(grant) => self.grant(grant),
            Edit::RevokeRow(id) => self.revoke_row(id),
            Edit::Entry { group, principal, by, present } => {
                let group = self.group(group)?;
                let principal = self.principal(principal)?;
                if !self.entry(&group, &principal, *by, *present) {
                    self.note(NoteKind::AlreadyTrue, format!("already so: {edit}"));
                }
                Ok(())
            }
            Edit::NewGroup { id, name, role_assignable } => {
                self.new_group(id, name, *role_assignable);
                Ok(())
            }
            Edit::RoleAssignable { group, value } => {
                let group = self.group(group)?;
                self.role_assignable(&group, *value);
                Ok(())
            }
            Edit::RoleDefinition { role, name, change } => {
                self.definition(role, name.as_deref(), *change)
            }
            Edit::Nothing { .. } => Ok(()),
            Edit::NotAssessed { why } => {
                self.note(NoteKind::Unknown, why.clone());
                Ok(())
            }
        }
    }

    // -- names

    fn role(&self, name: &str) -> Result<RoleId, Wrong> {
        let id = RoleId::new(name);
        let defined = self.tenant.roles.at_least().ok();
        if name.starts_with(PLANNED)
            || roles::by_id(&id).is_some()
            || defined.is_some_and(|all| all.contains_key(&id))
        {
            return Ok(id);
        }
        let of_name: Vec<&Role> = defined
            .into_iter()
            .flat_map(|all| all.values())
            .filter(|role| role.name.eq_ignore_ascii_case(name))
            .collect();
        match (of_name.as_slice(), roles::by_name(name)) {
            ([one], _) => return Ok(one.id.clone()),
            ([], Some(built_in)) => return Ok(RoleId::new(&built_in.template_id)),
            ([], None) => {}
            (several, _) => {
                let message = format!("{} roles are called {name}: give an id", several.len());
                return Err(wrong(message, None));
            }
        }
        // A definition that was not read may have this id.
        if is_guid(name) && self.tenant.roles.gap().is_some() {
            return Ok(id);
        }
        let names = roles::built_in().iter().map(|role| role.display_name.as_str());
        let own = defined.into_iter().flat_map(|all| all.values()).map(|role| &*role.name);
        Err(wrong(format!("there is no role {name}"), nearest(name, names.chain(own))))
    }

    fn principals(&self) -> impl Iterator<Item = &Principal> {
        self.tenant.principals.at_least().into_iter().flat_map(HashMap::values)
    }

    fn known_principal(&self, id: &PrincipalId) -> Option<&Principal> {
        self.tenant.principals.at_least().ok()?.get(id)
    }

    fn group(&self, name: &str) -> Result<PrincipalId, Wrong> {
        let id = PrincipalId::new(name);
        match self.known_principal(&id) {
            Some(principal) => {
                return match principal.kind {
                    PrincipalKindFacts::Absent => {
                        Err(wrong(format!("group {name} is not there any more"), None))
                    }
                    PrincipalKindFacts::User(_) | PrincipalKindFacts::ServicePrincipal(_) => {
                        Err(wrong(format!("{name} is no group"), None))
                    }
                    PrincipalKindFacts::Group(_)
                    | PrincipalKindFacts::Other(_)
                    | PrincipalKindFacts::Hidden => Ok(id),
                };
            }
            None if is_guid(name) || name.starts_with(PLANNED) => return Ok(id),
            None => {}
        }
        let groups = || self.principals().filter(|it| it.group().is_some());
        let found: Vec<&Principal> =
            groups().filter(|it| it.name.eq_ignore_ascii_case(name)).collect();
        match found.as_slice() {
            [one] => Ok(one.id.clone()),
            [] => {
                let near = nearest(name, groups().map(|it| &*it.name));
                Err(wrong(format!("no group {name} is among those that were read"), near))
            }
            several => {
                let message = format!("{} groups are called {name}: give an id", several.len());
                Err(wrong(message, None))
            }
        }
    }

    fn principal(&mut self, name: &str) -> Result<PrincipalId, Wrong> {
        let id = PrincipalId::new(name);
        match self.known_principal(&id).map(|it| &it.kind) {
            Some(PrincipalKindFacts::Absent) => {
                self.note(NoteKind::Warning, format!("{name} does not exist"));
                return Ok(id);
            }
            Some(_) => return Ok(id),
            None if name.starts_with(PLANNED) => return Ok(id),
            None if is_guid(name) => {
                let text = format!("{name} is not among the principals that were read");
                self.note(NoteKind::Unknown, text);
                return Ok(id);
            }
            None => {}
        }
        let meant = |it: &&Principal| {
            it.sign_in_name().eq_ignore_ascii_case(name) || it.name.eq_ignore_ascii_case(name)
        };
        let found: Vec<&Principal> = self.principals().filter(meant).collect();
        match found.as_slice() {
            [one] => Ok(one.id.clone()),
            [] => {
                let near = nearest(name, self.principals().map(Principal::sign_in_name));
                Err(wrong(format!("no principal {name} is among those that were read"), near))
            }
            several => {
                let message = format!("{} principals are called {name}: give an id", several.len());
                Err(wrong(message, None))
            }
        }
    }

    fn access(&self, name: &AccessName) -> Result<Access, Wrong> {
        match name {
            AccessName::Role(role) => self.role(role).map(Access::DirectoryRole),
            AccessName::Group(group, access) => {
                self.group(group).map(|group| Access::Group(group, *access))
            }
        }
    }

    // -- settings

    /// The access whose policy is meant; `None` where that was not read, which is noted.
    fn access_of(&mut self, policy: &PolicyOf) -> Result<Option<Access>, Wrong> {
        let wanted = match policy {
            PolicyOf::Access(name) => return self.access(name).map(Some),
            PolicyOf::Id(id) => id,
        };
        let is_it = |policy: &Result<ActivationPolicy, Gap>| {
            policy.as_ref().is_ok_and(|it| it.id.eq_ignore_ascii_case(wanted))
        };
        let of_roles = self.tenant.policies.at_least().into_iter().flatten();
        for (role, policy) in of_roles {
            if is_it(policy) {
                return Ok(Some(Access::DirectoryRole(role.clone())));
            }
        }
        for (group, pim) in &self.tenant.group_pim {
            for access in [GroupAccess::Member, GroupAccess::Owner] {
                if is_it(pim.policy(access)) {
                    return Ok(Some(Access::Group(group.clone(), access)));
                }
            }
        }
        let lower = wanted.to_ascii_lowercase();
        let (kind, rest) = lower.split_once('_').unwrap_or((lower.as_str(), ""));
        let owner = rest.split('_').next().unwrap_or_default();
        match kind {
            "directoryrole" | "directory" if is_guid(owner) && owner != &*self.tenant.id => {
                let message = format!("policy {wanted} is of tenant {owner}");
                Err(wrong(message, None))
            }
            // Only groups that matter are read.
            "group" => {
                let text = format!("policy {wanted} is not among those that were read");
                self.note(NoteKind::Unknown, text);
                Ok(None)
            }
            _ if self.tenant.policies.gap().is_some() => {
                let text = format!("policy {wanted} is not among those that were read");
                self.note(NoteKind::Unknown, text);
                Ok(None)
            }
            _ => Err(wrong(format!("there is no policy {wanted}"), None)),
        }
    }

    /// The policy of an access, made of what is unknown where it was not read.
    fn policy_mut(&mut self, access: &Access) -> Option<&mut ActivationPolicy> {
        let found = match access {
            Access::DirectoryRole(role) => {
                let gap = self.tenant.policies.gap().cloned();
                known(&mut self.tenant.policies)?.entry(role.clone()).or_insert_with(|| {
                    Err(gap.unwrap_or_else(|| planned("no policy of the role was read")))
                })
            }
            Access::Group(group, access) => {
                let pim = self.pim_mut(group)?;
                match access {
                    GroupAccess::Member => &mut pim.member_policy,
                    GroupAccess::Owner => &mut pim.owner_policy,
                }
            }
        };
        if let Err(gap) = found {
            let dataset = match access {
                Access::DirectoryRole(_) => Dataset::RolePolicies,
                Access::Group(..) => Dataset::GroupPolicies,
            };
            *found = Ok(unread("", dataset, &gap.clone()));
        }
        found.as_mut().ok()
    }

    /// What PIM says of a group. One that it does not manage yet is managed from then on.
    fn pim_mut(&mut self, group: &PrincipalId) -> Option<&mut GroupPim> {
        if !self.tenant.group_pim.contains_key(group) {
            let unmanaged = self.tenant.onboarded.complete().is_ok_and(|all| !all.contains(group));
            let gap = if unmanaged {
                planned("PIM takes the group over with the change: its settings are made then")
            } else {
                planned("what PIM says of the group was not read")
            };
            let list = || match unmanaged {
                true => Collected::Complete(Vec::new()),
                false => Collected::Partial(Vec::new(), gap.clone()),
            };
            let pim = GroupPim {
                active: list(),
                eligible: list(),
                member_policy: Err(gap.clone()),
                owner_policy: Err(gap.clone()),
            };
            self.note(NoteKind::Unknown, gap.detail.to_string());
            self.tenant.group_pim.insert(group.clone(), pim);
            if let Some(all) = known(&mut self.tenant.onboarded) {
                all.insert(group.clone());
            }
        }
        self.tenant.group_pim.get_mut(group)
    }

    fn set_rule(&mut self, policy: &PolicyOf, rule: &RuleChange) -> Result<(), Wrong> {
        let Some(access) = self.access_of(policy)? else { return Ok(()) };
        let rule = self.with_kinds(rule);
        self.warn_of_values(&rule);
        let effect = match self.policy_mut(&access) {
            Some(policy) => set(policy, &rule),
            None => return Ok(()),
        };
        if let Some(gap) = effect.unknown {
            self.note(NoteKind::Unknown, gap.detail.to_string());
        } else if effect.stance == Stance::Same {
            let text = format!("{} already states this: {}", rule.id(), rule.in_words());
            self.note(NoteKind::AlreadyTrue, text);
        }
        if effect.stance == Stance::Weaker {
            self.done.weaker.insert(access.key());
        }
        if effect.stance != Stance::Same && !self.touched.contains(&access) {
            self.touched.push(access);
        }
        Ok(())
    }

    /// The rule with users told from groups: not every format says which an approver is.
    fn with_kinds(&self, rule: &RuleChange) -> RuleChange {
        let mut rule = rule.clone();
        if let RuleChange::Approval { stages: Some(stages), .. } = &mut rule {
            for approver in stages.iter_mut().flat_map(|stage| &mut stage.approvers) {
                if let Approver::Group(id) = approver
                    && self.known_principal(id).is_some_and(|it| it.user().is_some())
                {
                    *approver = Approver::User(id.clone());
                }
            }
        }
        rule
    }

    fn warn_of_values(&mut self, rule: &RuleChange) {
        match rule {
            RuleChange::Expiration { of: Lasting::Activation, required, maximum } => {
                if *required == Some(false) {
                    self.note(NoteKind::Warning, "PIM refuses activations without an end");
                }
                if let Some(length) = maximum {
                    let seconds = length.seconds();
                    let fits = (STEP..=LONGEST_ACTIVATION).contains(&seconds);
                    if !fits || !seconds.is_multiple_of(STEP) {
                        let text = format!(
                            "PIM refuses an activation of {length}: it takes 30 min to 24 h in \
                             steps of 30 min"
                        );
                        self.note(NoteKind::Warning, text);
                    }
                }
            }
            RuleChange::Expiration { maximum: Some(length), .. } => {
                if !(1..=LONGEST_GRANT).contains(&length.seconds()) {
                    let text = format!("PIM refuses {length} here: it takes at most a year");
                    self.note(NoteKind::Warning, text);
                }
            }
            RuleChange::Approval { stages: Some(stages), .. } => {
                for approver in stages.iter().flat_map(|stage| &stage.approvers) {
                    self.warn_of_approver(approver);
                }
            }
            RuleChange::Expiration { maximum: None, .. }
            | RuleChange::Enablement { .. }
            | RuleChange::Context { .. }
            | RuleChange::Approval { stages: None, .. }
            | RuleChange::Notification { .. } => {}
        }
    }

    fn warn_of_approver(&mut self, approver: &Approver) {
        let (id, is_group) = match approver {
            Approver::User(id) => (id, false),
            Approver::Group(id) => (id, true),
            Approver::Unknown(kind) => {
                self.note(NoteKind::Unknown, format!("an approver is {kind}"));
                return;
            }
        };
        let (kind, text) = match self.known_principal(id) {
            None => (NoteKind::Unknown, format!("whether approver {id} exists could not be read")),
            Some(it) if matches!(it.kind, PrincipalKindFacts::Absent) => {
                (NoteKind::Warning, format!("approver {id} does not exist"))
            }
            Some(it) if it.is_disabled() => {
                (NoteKind::Warning, format!("approver {} is switched off", it.sign_in_name()))
            }
            Some(it) if !is_group && it.group().is_some() => {
                (NoteKind::Warning, format!("approver {} is a group, not a user", it.name))
            }
            Some(_) => return,
        };
        self.note(kind, text);
    }

    /// What Graph refuses of the settings as they become.
    fn contradictions(&mut self) {
        for access in std::mem::take(&mut self.touched) {
            let Some(policy) = self.policy_mut(&access) else { continue };
            let mfa = policy.activation_enablement.as_ref().is_ok_and(|it| it.mfa);
            let context = matches!(policy.authentication_context, Ok(AuthenticationContext::On(_)));
            let endless = policy.activation_expiration == Ok(Expiration::NotRequired);
            if mfa && context {
                let text = format!(
                    "{} asks for MFA while an authentication context is on: Graph refuses both",
                    access.key()
                );
                self.note(NoteKind::Warning, text);
            }
            if endless {
                let text = format!("activations of {} have no end", access.key());
                self.note(NoteKind::Remark, text);
            }
        }
    }

    // -- grants

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

    fn grant(&mut self, grant: &GrantChange) -> Result<(), Wrong> {
        let access = self.access(&grant.access)?;
        let principal = self.principal(&grant.principal)?;
        let over = |end: Option<Timestamp>| end.is_some_and(|end| end <= self.now);
        if grant.present && self.window(grant).1.is_some_and(over) {
            self.note(NoteKind::Remark, "its end is past, so it gives nothing");
            return Ok(());
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
            let end = end.unwrap_or(live.end);
            let is_same = live.end == end && live.hold != Hold::ActiveOfUnknownType;
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

    fn revoke_row(&mut self, id: &str) -> Result<(), Wrong> {
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
                let end = end.unwrap_or(live.end);
                let is_same = live.end == end && live.hold != Hold::ActiveOfUnknownType;
                live.end = end;
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

    // -- groups and definitions

    /// True when something changed.
    fn entry(
        &mut self,
        group: &PrincipalId,
        principal: &PrincipalId,
        by: GroupAccess,
        present: bool,
    ) -> bool {
        let collected = match by {
            GroupAccess::Member => &mut self.tenant.members,
            GroupAccess::Owner => &mut self.tenant.owners,
        };
        let Some(all) = known(collected) else { return false };
        let entries = all.entry(group.clone()).or_insert_with(|| Members {
            known: Vec::new(),
            gap: Some(planned("who else is in the group was not read")),
        });
        let was = entries.known.contains(principal);
        if present && !was {
            entries.known.push(principal.clone());
        } else if !present {
            entries.known.retain(|it| it != principal);
        }
        was != present
    }

    fn new_group(&mut self, id: &PrincipalId, name: &str, role_assignable: bool) {
        let group =
            Group { role_assignable: Some(role_assignable), dynamic: false, restricted: None };
        let principal =
            Principal { id: id.clone(), name: name.into(), kind: PrincipalKindFacts::Group(group) };
        if let Some(all) = known(&mut self.tenant.principals) {
            all.insert(id.clone(), principal);
        }
        for collected in [&mut self.tenant.members, &mut self.tenant.owners] {
            if let Some(all) = known(collected) {
                all.insert(id.clone(), Members::default());
            }
        }
    }

    fn role_assignable(&mut self, id: &PrincipalId, value: bool) {
        let known = match known(&mut self.tenant.principals).and_then(|all| all.get_mut(id)) {
            Some(Principal { kind: PrincipalKindFacts::Group(group), .. }) => Some(group),
            Some(_) | None => None,
        };
        match known {
            Some(group) if group.role_assignable == Some(value) => {
                self.note(NoteKind::AlreadyTrue, "roles are assignable as stated already");
            }
            Some(group) => {
                group.role_assignable = Some(value);
                let text = "whether roles can be assigned to a group is decided when it is made: \
                    Graph refuses to change it";
                self.note(NoteKind::Warning, text);
            }
            None => self.note(NoteKind::Unknown, format!("group {id} was not read")),
        }
    }

    fn definition(
        &mut self,
        id: &RoleId,
        name: Option<&str>,
        change: DefinitionChange,
    ) -> Result<(), Wrong> {
        let whole = self.tenant.roles.gap().is_none();
        let Some(all) = known(&mut self.tenant.roles) else { return Ok(()) };
        let unknown = "what the actions of the role allow is known only after the change";
        let text = match (change, all.get_mut(id)) {
            (DefinitionChange::Changed | DefinitionChange::Deleted, Some(role))
                if role.built_in =>
            {
                return Err(wrong(
                    format!("{} is built in: nobody can change it", role.name),
                    None,
                ));
            }
            (DefinitionChange::Changed, Some(role)) => {
                role.privileged = Err(planned(unknown));
                role.actions = Err(planned(unknown));
                unknown
            }
            (DefinitionChange::Deleted, Some(_)) => {
                all.remove(id);
                "whoever holds the role keeps an assignment of a role that is gone"
            }
            (DefinitionChange::Changed | DefinitionChange::Deleted, None) if whole => {
                return Err(wrong(format!("there is no role {id}"), None));
            }
            (DefinitionChange::Changed | DefinitionChange::Deleted, None) => {
                "the definition was not read"
            }
            (DefinitionChange::Made, _) => {
                let role = Role {
                    id: id.clone(),
                    name: name.map_or_else(|| id.text(), Into::into),
                    built_in: false,
                    tier: Tier::High,
                    tier_note: Some(unknown.into()),
                    privileged: Err(planned(unknown)),
                    enabled: None,
                    actions: Err(planned(unknown)),
                    assignable: true,
                };
                all.insert(id.clone(), role);
                unknown
            }
        };
        self.note(NoteKind::Unknown, text);
        Ok(())
    }
}

/// What came of giving or taking something.
enum Said {
    Changed,
    Same,
    NotRead,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, NOW};
    use crate::model::{Approval, Enablement, IsoDuration, Scope, Stage};
    use crate::precheck::edit::{Asking, Place};

    fn change(edits: Vec<Edit>) -> Change {
        let place = Place { file: "a.json".into(), pointer: String::new(), line: None };
        Change { place, item: "x".to_owned(), edits, unknown: Vec::new(), kept: Vec::new() }
    }

    fn applied(case: &mut Case, edit: Edit) -> Result<Applied, Vec<Fault>> {
        apply(&mut case.tenant, &[change(vec![edit])], NOW.parse().unwrap())
    }

    fn notes(case: &mut Case, edit: Edit) -> Vec<(NoteKind, String)> {
        let applied = applied(case, edit).unwrap();
        applied.notes.into_iter().map(|note| (note.kind, note.text)).collect()
    }

    fn kinds(case: &mut Case, edit: Edit) -> Vec<NoteKind> {
        notes(case, edit).into_iter().map(|(kind, _)| kind).collect()
    }

    fn of_role(name: &str) -> PolicyOf {
        PolicyOf::Access(AccessName::Role(name.to_owned()))
    }

    fn activation(length: &str) -> RuleChange {
        let maximum = Some(IsoDuration::parse(length).unwrap());
        RuleChange::Expiration { of: Lasting::Activation, required: None, maximum }
    }

    fn grant(principal: &str, held: Held, present: bool, end: End) -> Edit {
        Edit::Grant(GrantChange {
            access: AccessName::Role("Global Administrator".to_owned()),
            principal: principal.to_owned(),
            within: Scope::Tenant,
            held,
            present,
            start: None,
            end,
        })
    }

    #[test]
    fn a_policy_is_found_by_id_name_and_role() {
        let mut case = Case::new();
        case.policy(GLOBAL_ADMINISTRATOR);
        let id = case.policy(GLOBAL_ADMINISTRATOR).id.to_string();
        for policy in [
            PolicyOf::Id(id.to_uppercase()),
            of_role("global administrator"),
            of_role(GLOBAL_ADMINISTRATOR),
        ] {
            applied(&mut case, Edit::SetRule(policy, activation("PT30M"))).unwrap();
            let live = case.policy(GLOBAL_ADMINISTRATOR).activation_expiration.clone();
            assert_eq!(live, Ok(Expiration::AtMost(IsoDuration::from_seconds(1800))));
        }
        for (policy, expected) in [
            (of_role("Global Administratr"), "did you mean Global Administrator?"),
            (PolicyOf::Id("nothing".to_owned()), "there is no policy nothing"),
            (
                PolicyOf::Id(
                    "DirectoryRole_11111111-0000-4000-8000-000000000001_\
                     22222222-0000-4000-8000-000000000001"
                        .to_owned(),
                ),
                "is of tenant 11111111",
            ),
        ] {
            let faults = applied(&mut case, Edit::SetRule(policy, activation("PT1H"))).unwrap_err();
            assert!(faults[0].to_string().contains(expected), "{}", faults[0]);
        }
    }

    #[test]
    fn what_pim_refuses_is_said() {
        for (length, warns) in
            [("PT30M", false), ("PT24H", false), ("PT25H", true), ("PT20M", true), ("PT45M", true)]
        {
            let mut case = Case::new();
            case.policy(GLOBAL_ADMINISTRATOR);
            let edit = Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), activation(length));
            let kinds = kinds(&mut case, edit);
            assert_eq!(kinds.contains(&NoteKind::Warning), warns, "{length}");
        }
    }

    #[test]
    fn mfa_beside_a_context_is_said() {
        for (mfa, context, warns) in
            [(true, true, true), (true, false, false), (false, true, false)]
        {
            let mut case = Case::new();
            let policy = case.policy(GLOBAL_ADMINISTRATOR);
            policy.activation_enablement = Ok(Enablement::default());
            if context {
                policy.authentication_context = Ok(AuthenticationContext::On("c1".into()));
            } else {
                policy.authentication_context = Ok(AuthenticationContext::Off);
            }
            let rule = RuleChange::Enablement {
                of: Asking::Activation,
                mfa: Some(mfa),
                justification: Some(true),
                ticket: None,
            };
            let said = kinds(&mut case, Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), rule));
            assert_eq!(said.contains(&NoteKind::Warning), warns, "{mfa} {context}");
        }
    }

    #[test]
    fn an_approver_who_is_not_there_is_said() {
        for (id, expected) in [
            ("gone", vec![NoteKind::Warning]),
            ("never-read", vec![NoteKind::Unknown]),
            ("ana", vec![]),
        ] {
            let mut case = Case::new();
            case.user("ana");
            case.policy(GLOBAL_ADMINISTRATOR).approval = Ok(Approval::NotRequired);
            let absent = Principal {
                id: PrincipalId::new("gone"),
                name: "gone".into(),
                kind: PrincipalKindFacts::Absent,
            };
            if let Some(all) = known(&mut case.tenant.principals) {
                all.insert(PrincipalId::new("gone"), absent);
            }
            // EasyPIM does not say that it is a user.
            let approvers = vec![Approver::Group(PrincipalId::new(id))];
            let rule = RuleChange::Approval {
                required: Some(true),
                mode: None,
                stages: Some(vec![Stage { approvers, reason_required: None }]),
            };
            let said = kinds(&mut case, Edit::SetRule(of_role(GLOBAL_ADMINISTRATOR), rule));
            assert_eq!(said, expected, "{id}");
        }
    }

    #[test]
    fn grants_come_and_go_and_are_there_already() {
        let mut case = Case::new();
        case.user("ana");
        let at = End::At("2027-01-01T00:00:00Z".parse().unwrap());
        let count = |case: &Case| {
            let active = case.tenant.active.at_least().map(Vec::len).unwrap();
            (active, case.tenant.eligible.at_least().map(Vec::len).unwrap())
        };
        for (edit, expected, counts) in [
            (grant("ana", Held::Eligible, true, End::Never), vec![], (0, 1)),
            (grant("ana", Held::Eligible, true, End::Never), vec![NoteKind::AlreadyTrue], (0, 1)),
            (grant("ana@contoso.example", Held::Eligible, true, at), vec![], (0, 1)),
            (grant("ana", Held::Active, true, at), vec![], (1, 1)),
            (grant("ana", Held::Active, true, End::Never), vec![], (1, 1)),
            (grant("ana", Held::Eligible, false, End::Never), vec![], (1, 0)),
            (grant("ana", Held::Eligible, false, End::Never), vec![NoteKind::AlreadyTrue], (1, 0)),
            (
                grant(
                    "ana",
                    Held::Eligible,
                    true,
                    End::At("2020-01-01T00:00:00Z".parse().unwrap()),
                ),
                vec![NoteKind::Remark],
                (1, 0),
            ),
            (
                grant("aaaaaaaa-0001-4000-8000-0000000000aa", Held::OutsidePim, true, End::Never),
                vec![NoteKind::Unknown],
                (2, 0),
            ),
        ] {
            let words = edit.to_string();
            assert_eq!(kinds(&mut case, edit), expected, "{words}");
            assert_eq!(count(&case), counts, "{words}");
        }
        let faults = applied(&mut case, grant("anna@contoso.example", Held::Active, true, at));
        let fault = faults.unwrap_err()[0].to_string();
        assert!(fault.contains("did you mean ana@contoso.example?"), "{fault}");
    }

    #[test]
    fn groups_are_entered_by_pim_and_past_it() {
        let mut case = Case::new();
        case.user("ana");
        case.group("g", &[]);
        case.onboard("g");
        let entry = |present| Edit::Entry {
            group: "g".to_owned(),
            principal: "ana".to_owned(),
            by: GroupAccess::Member,
            present,
        };
        let by_pim = Edit::Grant(GrantChange {
            access: AccessName::Group("g".to_owned(), GroupAccess::Member),
            principal: "ana".to_owned(),
            within: Scope::Tenant,
            held: Held::Active,
            present: true,
            start: None,
            end: End::Never,
        });
        assert!(kinds(&mut case, by_pim).is_empty());
        let group = PrincipalId::new("g");
        let members = |case: &Case| case.tenant.members.at_least().unwrap()[&group].known.clone();
        assert_eq!(members(&case), [PrincipalId::new("ana")]);
        assert_eq!(kinds(&mut case, entry(true)), [NoteKind::AlreadyTrue]);
        assert!(kinds(&mut case, entry(false)).is_empty());
        assert!(members(&case).is_empty());
    }

    #[test]
    fn a_list_that_was_not_read_proves_no_absence() {
        let mut case = Case::new();
        case.user("ana");
        case.missing(Dataset::RoleEligibilityScheduleInstances);
        let edit = grant("ana", Held::Eligible, false, End::Never);
        assert_eq!(kinds(&mut case, edit), [NoteKind::Unknown]);
        assert!(case.tenant.eligible.complete().is_err());
    }
}
