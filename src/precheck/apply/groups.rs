//! Groups, whom they hold, and definitions of roles.

use super::{NoteKind, Work, known, planned};
use crate::model::{
    Group, GroupAccess, Members, Principal, PrincipalId, PrincipalKindFacts, Role, RoleId, Tier,
};
use crate::precheck::edit::DefinitionChange;
use crate::precheck::names::{self, Wrong, wrong};

impl Work<'_> {
    /// True when something changed.
    pub(super) fn entry(
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

    pub(super) fn new_group(
        &mut self,
        id: &PrincipalId,
        name: &str,
        role_assignable: bool,
    ) -> Result<(), Wrong> {
        if names::known_principal(self.tenant, id).is_some() {
            return Err(Wrong {
                message: format!("group {name} cannot be told from another one that is made"),
                hint: Some("judge the two in runs of their own".to_owned()),
            });
        }
        let group = Group {
            role_assignable: Some(role_assignable),
            dynamic: false,
            restricted: None,
            synced: None,
        };
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
        Ok(())
    }

    pub(super) fn role_assignable(&mut self, id: &PrincipalId, value: bool) {
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

    pub(super) fn definition(
        &mut self,
        id: &RoleId,
        name: Option<&str>,
        change: DefinitionChange,
    ) -> Result<(), Wrong> {
        let whole = self.tenant.roles.gap().is_none();
        let Some(all) = known(&mut self.tenant.roles) else { return Ok(()) };
        let unknown = "what the actions of the role allow is not worked out";
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
