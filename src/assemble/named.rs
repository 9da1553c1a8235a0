//! Names beside the ids in a text: what a planned change calls by its id says little to people.

use crate::model::{GroupAccess, PrincipalId, RoleId, Tenant};
use std::collections::HashMap;

/// No id is shorter: looking up each word of a text would find roles called by a word.
const SHORTEST: usize = 32;

/// What the ids of a tenant are called.
pub(super) struct Named<'t> {
    tenant: &'t Tenant,
    /// Whose policy it is, by its id in lower case.
    policies: HashMap<String, String>,
}

impl<'t> Named<'t> {
    pub(super) fn new(tenant: &'t Tenant) -> Self {
        let mut named = Self { tenant, policies: HashMap::new() };
        let of_roles = tenant.policies.at_least().into_iter().flatten();
        for (role, policy) in of_roles {
            if let (Ok(policy), Some(name)) = (policy, named.role(role)) {
                named.policies.insert(policy.id.to_ascii_lowercase(), name);
            }
        }
        for (group, pim) in &tenant.group_pim {
            for access in [GroupAccess::Member, GroupAccess::Owner] {
                if let (Ok(policy), Some(name)) = (pim.policy(access), named.principal(group)) {
                    let name = format!("{}s of {name}", access.name());
                    named.policies.insert(policy.id.to_ascii_lowercase(), name);
                }
            }
        }
        named
    }

    /// The text with the name behind each id that is known.
    pub(super) fn in_text(&self, text: &str) -> String {
        let mut said = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_of_id) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|it| !is_of_id(it)).unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            said.push_str(before);
            said.push_str(word);
            if let Some(name) = self.name(word) {
                said.push_str(&format!(" ({name})"));
            }
            rest = after;
        }
        said.push_str(rest);
        said
    }

    fn name(&self, word: &str) -> Option<String> {
        if word.len() < SHORTEST {
            return None;
        }
        let policy = self.policies.get(&word.to_ascii_lowercase()).cloned();
        policy
            .or_else(|| self.role(&RoleId::new(word)))
            .or_else(|| self.principal(&PrincipalId::new(word)))
            .filter(|name| !name.eq_ignore_ascii_case(word))
    }

    fn role(&self, id: &RoleId) -> Option<String> {
        Some(self.tenant.roles.at_least().ok()?.get(id)?.name.to_string())
    }

    fn principal(&self, id: &PrincipalId) -> Option<String> {
        Some(self.tenant.principals.at_least().ok()?.get(id)?.sign_in_name().to_owned())
    }
}

const fn is_of_id(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};

    const ANA: &str = "aaaaaaaa-0000-4000-8000-00000000000a";

    #[test]
    fn an_id_that_is_known_has_its_name_behind_it() {
        let mut case = Case::new();
        case.user(ANA);
        let user = case.tenant.principals.at_least().unwrap()[&PrincipalId::new(ANA)].clone();
        let ana = user.sign_in_name().to_owned();
        case.policy(GLOBAL_ADMINISTRATOR).id = format!("DirectoryRole_T_{ANA}").into();
        let named = Named::new(&case.tenant);
        let role = named.role(&RoleId::new(GLOBAL_ADMINISTRATOR)).unwrap();
        for (text, expected) in [
            ("nothing".to_owned(), "nothing".to_owned()),
            (format!("in role {GLOBAL_ADMINISTRATOR}, now"), {
                format!("in role {GLOBAL_ADMINISTRATOR} ({role}), now")
            }),
            (format!("of policy directoryrole_t_{ANA}: 8 h"), {
                format!("of policy directoryrole_t_{ANA} ({role}): 8 h")
            }),
            (
                "of aaaaaaaa-0000-4000-8000-0000000000ff".to_owned(),
                "of aaaaaaaa-0000-4000-8000-0000000000ff".to_owned(),
            ),
        ] {
            assert_eq!(named.in_text(&text), expected);
        }
        // Whoever is called by the id alone is not called by it twice.
        let expected = if ana == ANA { ANA.to_owned() } else { format!("{ANA} ({ana})") };
        assert_eq!(named.in_text(ANA), expected);
    }
}
