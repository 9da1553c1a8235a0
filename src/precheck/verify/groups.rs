//! Groups, whom they hold, and definitions of roles.

use super::{Look, Seen, Slotted};
use crate::model::{GroupAccess, PrincipalKindFacts, Role, RoleId};
use crate::precheck::edit::DefinitionChange;
use crate::precheck::names::{self, PLANNED, Wrong};

impl Look<'_> {
    pub(super) fn entry(
        &self,
        group: &str,
        principal: &str,
        by: GroupAccess,
        present: bool,
    ) -> Result<Slotted, Wrong> {
        let what = format!("{principal} as a plain {} of group {group}", by.name());
        let planned = if present { "there" } else { "not there" };
        let cannot = |why: String| Ok(Slotted::of(what.clone(), Seen::cannot(planned, why)));
        let group = match self.group(group)? {
            Ok(group) => group,
            Err(why) => return cannot(why),
        };
        let (principal, said) = match self.real(principal) {
            Ok(name) => names::principal(self.tenant, &name)?,
            Err(why) => return cannot(why),
        };
        let collected = match by {
            GroupAccess::Member => &self.tenant.members,
            GroupAccess::Owner => &self.tenant.owners,
        };
        let entries = match collected.at_least() {
            Ok(all) => all.get(&group),
            Err(gap) => return cannot(gap.to_string()),
        };
        let Some(entries) = entries else {
            return cannot("who is in the group was not read".to_owned());
        };
        let slot = format!("entry {group} {principal} {}", by.name());
        let seen = match (entries.known.contains(&principal), &entries.gap) {
            (true, _) => Seen::compared(planned, "there", present),
            // An id that was mistyped is in no group either.
            (false, None) if !present && said.is_some() => {
                let why = said.map(|(_, text)| text).unwrap_or_default();
                Seen::cannot(planned, why)
            }
            (false, None) => Seen::compared(planned, "not there", !present),
            (false, Some(gap)) => Seen::cannot(planned, gap.to_string()),
        };
        Ok(Slotted::of(what, seen).at(slot))
    }

    /// A group that was to be made. Only groups that matter are read, so one that is not among them
    /// may be there all the same.
    pub(super) fn new_group(&self, name: &str, role_assignable: bool) -> Vec<Slotted> {
        let what = format!("group {name}");
        let found = names::groups_called(self.tenant, name);
        let id = match found.as_slice() {
            [one] => one,
            [] => {
                let why = "it is not among the groups that were read";
                return vec![Slotted::of(what, Seen::cannot("there", why))];
            }
            several => {
                let why = format!("{} groups have this name", several.len());
                return vec![Slotted::of(what, Seen::cannot("there", why))];
            }
        };
        let is = format!("there, as {id}");
        let mut parts = vec![Slotted::of(what, Seen::compared("there", is, true))];
        let known = names::known_principal(self.tenant, id).and_then(|it| it.group());
        let live = known.and_then(|it| it.role_assignable);
        parts.push(assignable(name, live, role_assignable));
        parts
    }

    pub(super) fn assignable(&self, group: &str, value: bool) -> Result<Slotted, Wrong> {
        let id = match self.group(group)? {
            Ok(id) => id,
            Err(why) => {
                let seen = Seen::cannot(roles_are(value), why);
                return Ok(Slotted::of(format!("roles and group {group}"), seen));
            }
        };
        let live = names::known_principal(self.tenant, &id).and_then(|it| match &it.kind {
            PrincipalKindFacts::Group(group) => group.role_assignable,
            PrincipalKindFacts::User(_)
            | PrincipalKindFacts::ServicePrincipal(_)
            | PrincipalKindFacts::Other(_)
            | PrincipalKindFacts::Absent
            | PrincipalKindFacts::Hidden => None,
        });
        Ok(assignable(group, live, value))
    }

    /// A custom role. What its actions are is not looked into.
    pub(super) fn definition(
        &self,
        role: &RoleId,
        name: Option<&str>,
        change: DefinitionChange,
    ) -> Slotted {
        let shown = name.map_or_else(|| role.to_string(), str::to_owned);
        let what = format!("custom role {shown}");
        let defined = self.tenant.roles.at_least().ok();
        let is_planned = role.to_string().starts_with(PLANNED);
        let is_it = |it: &Role| {
            it.id == *role
                || (is_planned
                    && !it.built_in
                    && name.is_some_and(|name| it.name.eq_ignore_ascii_case(name)))
        };
        let found = defined.into_iter().flat_map(|all| all.values()).any(is_it);
        let gap = self.tenant.roles.gap();
        let seen = match (change, found, gap) {
            (DefinitionChange::Made, true, _) => Seen::compared("there", "there", true),
            (DefinitionChange::Made, false, None) => Seen::compared("there", "not there", false),
            (DefinitionChange::Deleted, true, _) => Seen::compared("gone", "there", false),
            (DefinitionChange::Deleted, false, None) => Seen::compared("gone", "gone", true),
            (DefinitionChange::Changed, true, _) => {
                Seen::cannot("changed", "its actions are not compared")
            }
            (DefinitionChange::Changed, false, None) => {
                Seen::compared("changed", "there is no such role", false)
            }
            (_, false, Some(gap)) => Seen::cannot("as planned", gap.to_string()),
        };
        Slotted::of(what, seen)
    }
}

const fn roles_are(value: bool) -> &'static str {
    if value { "roles can be assigned to it" } else { "no role can be assigned to it" }
}

fn assignable(group: &str, live: Option<bool>, wanted: bool) -> Slotted {
    let seen = match live {
        Some(is) => Seen::compared(roles_are(wanted), roles_are(is), is == wanted),
        None => Seen::cannot(roles_are(wanted), "the group was not read"),
    };
    Slotted::of(format!("roles and group {group}"), seen)
}
