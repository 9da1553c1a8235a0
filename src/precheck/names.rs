//! What somebody wrote for a role, a group, a principal or a policy, to what the tenant has.

use super::apply::NoteKind;
use super::edit::{AccessName, PolicyOf};
use crate::baseline::nearest;
use crate::model::{
    Access, ActivationPolicy, Gap, GroupAccess, Principal, PrincipalId, PrincipalKindFacts, Role,
    RoleId, Tenant, roles,
};
use std::collections::HashMap;

/// Stands before the id of what the change makes.
pub(super) const PLANNED: &str = "planned:";

/// Why something that was written does not fit the tenant.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// A message, and the name that was perhaps meant.
pub(super) fn wrong(message: impl Into<String>, near: Option<&str>) -> Wrong {
    Wrong { message: message.into(), hint: near.map(|near| format!("did you mean {near}?")) }
}

/// True for an id of the directory, in any casing.
pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.chars().enumerate().all(|(place, it)| match place {
            8 | 13 | 18 | 23 => it == '-',
            _ => it.is_ascii_hexdigit(),
        })
}

/// The role of this id or name.
pub(super) fn role(tenant: &Tenant, name: &str) -> Result<RoleId, Wrong> {
    let id = RoleId::new(name);
    let defined = tenant.roles.at_least().ok();
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
    if is_guid(name) && tenant.roles.gap().is_some() {
        return Ok(id);
    }
    let names = roles::built_in().iter().map(|role| role.display_name.as_str());
    let own = defined.into_iter().flat_map(|all| all.values()).map(|role| &*role.name);
    Err(wrong(format!("there is no role {name}"), nearest(name, names.chain(own))))
}

fn principals(tenant: &Tenant) -> impl Iterator<Item = &Principal> {
    tenant.principals.at_least().into_iter().flat_map(HashMap::values)
}

/// Two names may be equally near: the answer must not depend on how they are kept.
fn in_order<'t>(names: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names
}

/// What is known of an object id.
pub(super) fn known_principal<'t>(tenant: &'t Tenant, id: &PrincipalId) -> Option<&'t Principal> {
    tenant.principals.at_least().ok()?.get(id)
}

/// The group of this id or name.
pub(super) fn group(tenant: &Tenant, name: &str) -> Result<PrincipalId, Wrong> {
    let id = PrincipalId::new(name);
    match known_principal(tenant, &id) {
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
    let groups = || principals(tenant).filter(|it| it.group().is_some());
    let found: Vec<&Principal> = groups().filter(|it| it.name.eq_ignore_ascii_case(name)).collect();
    match found.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => {
            let near = nearest(name, in_order(groups().map(|it| &*it.name)));
            Err(wrong(format!("no group {name} is among those that were read"), near))
        }
        several => {
            let message = format!("{} groups are called {name}: give an id", several.len());
            Err(wrong(message, None))
        }
    }
}

/// Groups of this name, as far as they were read.
pub(super) fn groups_called(tenant: &Tenant, name: &str) -> Vec<PrincipalId> {
    let mut found: Vec<PrincipalId> = principals(tenant)
        .filter(|it| it.group().is_some() && it.name.eq_ignore_ascii_case(name))
        .map(|it| it.id.clone())
        .collect();
    found.sort();
    found
}

/// The principal of this id or name, and what is to be said of it.
pub(super) fn principal(
    tenant: &Tenant,
    name: &str,
) -> Result<(PrincipalId, Option<(NoteKind, String)>), Wrong> {
    let id = PrincipalId::new(name);
    match known_principal(tenant, &id).map(|it| &it.kind) {
        Some(PrincipalKindFacts::Absent) => {
            return Ok((id, Some((NoteKind::Warning, format!("{name} does not exist")))));
        }
        Some(_) => return Ok((id, None)),
        None if name.starts_with(PLANNED) => return Ok((id, None)),
        None if is_guid(name) => {
            let text = format!("{name} is not among the principals that were read");
            return Ok((id, Some((NoteKind::Unknown, text))));
        }
        None => {}
    }
    let meant = |it: &&Principal| {
        it.sign_in_name().eq_ignore_ascii_case(name) || it.name.eq_ignore_ascii_case(name)
    };
    let found: Vec<&Principal> = principals(tenant).filter(meant).collect();
    match found.as_slice() {
        [one] => Ok((one.id.clone(), None)),
        [] => {
            let near = nearest(name, in_order(principals(tenant).map(Principal::sign_in_name)));
            Err(wrong(format!("no principal {name} is among those that were read"), near))
        }
        several => {
            let message = format!("{} principals are called {name}: give an id", several.len());
            Err(wrong(message, None))
        }
    }
}

/// What an access is called, to the access.
pub(super) fn access(tenant: &Tenant, name: &AccessName) -> Result<Access, Wrong> {
    match name {
        AccessName::Role(name) => role(tenant, name).map(Access::DirectoryRole),
        AccessName::Group(name, access) => {
            group(tenant, name).map(|group| Access::Group(group, *access))
        }
    }
}

/// Where a policy belongs.
pub(super) enum PolicyAt {
    /// It is the policy of this access.
    Of(Access),
    /// It was not read, so nobody knows.
    NotRead(String),
}

/// The access that a policy belongs to.
pub(super) fn policy_at(tenant: &Tenant, policy: &PolicyOf) -> Result<PolicyAt, Wrong> {
    let wanted = match policy {
        PolicyOf::Access(name) => return access(tenant, name).map(PolicyAt::Of),
        PolicyOf::Id(id) => id,
    };
    let is_it = |policy: &Result<ActivationPolicy, Gap>| {
        policy.as_ref().is_ok_and(|it| it.id.eq_ignore_ascii_case(wanted))
    };
    for (role, policy) in tenant.policies.at_least().into_iter().flatten() {
        if is_it(policy) {
            return Ok(PolicyAt::Of(Access::DirectoryRole(role.clone())));
        }
    }
    for (group, pim) in &tenant.group_pim {
        for access in [GroupAccess::Member, GroupAccess::Owner] {
            if is_it(pim.policy(access)) {
                return Ok(PolicyAt::Of(Access::Group(group.clone(), access)));
            }
        }
    }
    let lower = wanted.to_ascii_lowercase();
    let (kind, rest) = lower.split_once('_').unwrap_or((lower.as_str(), ""));
    let owner = rest.split('_').next().unwrap_or_default();
    let not_read = || format!("policy {wanted} is not among those that were read");
    match kind {
        "directoryrole" | "directory" if is_guid(owner) && owner != &*tenant.id => {
            Err(wrong(format!("policy {wanted} is of tenant {owner}"), None))
        }
        // Only groups that matter are read.
        "group" => Ok(PolicyAt::NotRead(not_read())),
        _ if tenant.policies.gap().is_some() => Ok(PolicyAt::NotRead(not_read())),
        _ => Err(wrong(format!("there is no policy {wanted}"), None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::Collected;

    #[test]
    fn ids_are_told_from_names() {
        for (text, expected) in [
            ("aaaaaaaa-0001-4000-8000-0000000000AA", true),
            ("aaaaaaaa00014000800000000000000000aa", false),
            ("Global Administrator", false),
            ("", false),
        ] {
            assert_eq!(is_guid(text), expected, "{text}");
        }
    }

    #[test]
    fn a_name_that_several_have_is_refused() {
        let mut case = Case::new();
        case.group("g1", &[]);
        case.group("g2", &[]);
        let Collected::Complete(all) = &mut case.tenant.principals else { panic!("not complete") };
        for principal in all.values_mut() {
            principal.name = "Admins".into();
        }
        let fault = group(&case.tenant, "admins").unwrap_err();
        assert_eq!(fault.message, "2 groups are called admins: give an id");
        assert_eq!(groups_called(&case.tenant, "ADMINS").len(), 2);
        assert!(role(&case.tenant, GLOBAL_ADMINISTRATOR).is_ok());
    }
}
