//! What an access review covers: roles and groups, and whose hold of them.
//!
//! Graph says it in queries, which are scanned for the few forms that it documents.

use super::Text;
use crate::model::{Access, Cover, GroupAccess, PrincipalId, RoleId};
use serde::Deserialize;

/// Every property of every kind of scope: one query, a kind with an id, or lists of both.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Scope<'a> {
    #[serde(borrow)]
    query: Option<Text<'a>>,
    #[serde(borrow)]
    inactive_duration: Option<Text<'a>>,
    #[serde(borrow)]
    scope_type: Option<Text<'a>>,
    #[serde(borrow)]
    resource_id: Option<Text<'a>>,
    #[serde(borrow)]
    principal_scopes: Option<Vec<Self>>,
    #[serde(borrow)]
    resource_scopes: Option<Vec<Self>>,
}

/// Whose access is looked at, from fewest to most. Service principals alone, people who do not sign
/// in, or named persons are a few: such a review leaves out others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Audience {
    Few,
    Guests,
    Everybody,
}

/// What the scopes name: roles and groups, as queries or by kind and id.
pub(super) fn covers(
    scope: Option<&Scope<'_>>,
    enumeration: Option<&Scope<'_>>,
) -> Result<Vec<Cover>, String> {
    let scopes = || [scope, enumeration].into_iter().flatten();
    let principals: Vec<&Scope<'_>> =
        scopes().flat_map(|it| it.principal_scopes.iter().flatten()).collect();
    let mut resources: Vec<&Scope<'_>> =
        scopes().flat_map(|it| it.resource_scopes.iter().flatten()).collect();
    let mut people = Audience::Everybody;
    // Where nobody is named, whoever holds it is looked at.
    let of_groups = || principals.iter().map(|scope| scope.is_of_groups());
    let groups = if principals.is_empty() || of_groups().any(|it| it == Some(true)) {
        Some(true)
    } else {
        of_groups().all(|it| it.is_some()).then_some(false)
    };
    if resources.is_empty() {
        resources = principals;
    } else if let Some(audience) = principals.iter().map(|scope| scope.people()).max() {
        people = audience;
    }
    for scope in scopes() {
        match scope.query.as_deref() {
            // `./members` says who is looked at in each thing that is enumerated.
            Some(query) if query.trim_start().starts_with('.') => {
                people = people.min(scope.narrowing());
            }
            Some(_) => resources.push(scope),
            None => {}
        }
    }
    if resources.is_empty() {
        return Err("it has no scope".to_owned());
    }
    let mut covers = Vec::new();
    for scope in resources {
        let targets = scope.targets()?;
        let audience = people.min(scope.narrowing());
        if audience == Audience::Few {
            continue;
        }
        for target in targets {
            add(&mut covers, target, audience == Audience::Guests, groups);
        }
    }
    Ok(covers)
}

/// An access that a scope names, and those holds of it that are looked at.
struct Target {
    access: Access,
    active: bool,
    eligible: bool,
}

fn add(covers: &mut Vec<Cover>, target: Target, guests_only: bool, groups: Option<bool>) {
    let Target { access, active, eligible } = target;
    if !active && !eligible {
        return;
    }
    let known = covers.iter_mut().find(|it| it.access == access && it.guests_only == guests_only);
    match known {
        Some(cover) => {
            cover.active |= active;
            cover.eligible |= eligible;
        }
        None => covers.push(Cover { access, active, eligible, guests_only, groups }),
    }
}

impl Scope<'_> {
    /// The query as it compares: lower case, decoded, with single blanks.
    fn plain_query(&self) -> Option<String> {
        let query = self.query.as_deref()?.to_ascii_lowercase();
        let decoded = query.replace('+', " ").replace("%20", " ").replace("%27", "'");
        Some(decoded.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn is_of_inactive_people(&self) -> bool {
        self.inactive_duration.as_deref().is_some_and(|it| !it.is_empty())
    }

    /// Whether every group is looked at, of a scope that is a list of principals; `None` where it says
    /// nothing that is understood.
    fn is_of_groups(&self) -> Option<bool> {
        let Some(query) = self.plain_query() else {
            let word = self.scope_type.as_deref()?;
            let is_of_people =
                ["allUsers", "guestUsers"].iter().any(|it| word.eq_ignore_ascii_case(it));
            return is_of_people.then_some(false);
        };
        let (path, _) = query.split_once('?').unwrap_or((query.as_str(), ""));
        match last_segment(path) {
            Some("groups") => Some(!query.contains("$filter")),
            Some("users" | "serviceprincipals" | "members" | "transitivemembers") => Some(false),
            Some(_) | None => self.is_of_inactive_people().then_some(false),
        }
    }

    /// Who is looked at, of a scope that is a list of principals.
    fn people(&self) -> Audience {
        if self.is_of_inactive_people() {
            return Audience::Few;
        }
        let Some(query) = self.plain_query() else {
            return match self.scope_type.as_deref().unwrap_or_default() {
                word if word.eq_ignore_ascii_case("allUsers") => Audience::Everybody,
                word if word.eq_ignore_ascii_case("guestUsers") => Audience::Guests,
                _ => Audience::Few,
            };
        };
        let (path, filter) = query.split_once('?').unwrap_or((query.as_str(), ""));
        let is_users = last_segment(path) == Some("users");
        match (is_users, names_guests(filter), filter.contains("$filter")) {
            (true, true, _) => Audience::Guests,
            (true, false, false) => Audience::Everybody,
            (true, false, true) | (false, _, _) => Audience::Few,
        }
    }

    /// Who is looked at, as far as the query that names the resource says it.
    fn narrowing(&self) -> Audience {
        if self.is_of_inactive_people() {
            return Audience::Few;
        }
        let Some(query) = self.plain_query() else { return Audience::Everybody };
        let of_other_types =
            query.contains("microsoft.graph.") && !query.contains("microsoft.graph.user");
        let of_some_members = query.contains("members") && query.contains("$filter");
        if of_other_types || query.contains("principalid eq") {
            Audience::Few
        } else if names_guests(&query) {
            Audience::Guests
        } else if of_some_members {
            Audience::Few
        } else {
            Audience::Everybody
        }
    }

    /// The roles and groups that are reviewed.
    fn targets(&self) -> Result<Vec<Target>, String> {
        match self.plain_query() {
            Some(query) => Ok(targets_of(&query)),
            None => self.target_by_kind(),
        }
    }

    /// Scopes without a query say what they are of, and its id.
    fn target_by_kind(&self) -> Result<Vec<Target>, String> {
        const OTHERS: [&str; 3] = ["catalog", "servicePrincipal", "accessPackageAssignmentPolicy"];
        let kind = self.scope_type.as_deref().unwrap_or("null");
        if OTHERS.iter().any(|it| kind.eq_ignore_ascii_case(it)) {
            return Ok(Vec::new());
        }
        let access = match self.resource_id.as_deref() {
            Some(id) if kind.eq_ignore_ascii_case("directoryRole") => {
                Access::DirectoryRole(RoleId::new(id))
            }
            Some(id) if kind.eq_ignore_ascii_case("group") => {
                Access::Group(PrincipalId::new(id), GroupAccess::Member)
            }
            Some(_) | None => {
                return Err(format!("it has a scope without a query, of the type {kind}"));
            }
        };
        Ok(vec![Target { access, active: true, eligible: true }])
    }
}

/// The last part of the path of a query.
fn last_segment(query: &str) -> Option<&str> {
    query.split('?').next()?.trim_end_matches('/').rsplit('/').next()
}

fn names_guests(query: &str) -> bool {
    query.contains("usertype eq 'guest'")
}

/// The roles and groups in a query.
fn targets_of(query: &str) -> Vec<Target> {
    let mut targets = Vec::new();
    for (id, _) in ids_after(query, "roledefinitions/") {
        let access = Access::DirectoryRole(RoleId::new(id));
        targets.push(Target { access, active: true, eligible: true });
    }
    let active = query.contains("/roleassignment");
    let eligible = query.contains("/roleeligibility");
    for mark in ["roledefinitionid eq '", "roledefinition/id eq '"] {
        for (id, _) in ids_after(query, mark) {
            let access = Access::DirectoryRole(RoleId::new(id));
            targets.push(Target { access, active, eligible });
        }
    }
    // The review of a group that PIM manages takes in its eligible members by itself (Microsoft,
    // "Create an access review of PIM for Groups"). One of its owners says nothing of members.
    for (id, rest) in ids_after(query, "groups/") {
        if !rest.starts_with("/owners") {
            let access = Access::Group(PrincipalId::new(id), GroupAccess::Member);
            targets.push(Target { access, active: true, eligible: true });
        }
    }
    targets
}

/// Every id that stands behind a mark, with what follows it.
fn ids_after<'q>(query: &'q str, mark: &str) -> Vec<(&'q str, &'q str)> {
    const LENGTH: usize = 36;
    let behind = query.match_indices(mark).map(|(place, found)| &query[place + found.len()..]);
    behind
        .filter_map(|text| text.split_at_checked(LENGTH))
        .filter(|(id, _)| id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "62e90394-69f5-4237-9190-012177145e10";
    const GROUP: &str = "88888888-0000-4000-8000-000000000001";

    fn query(text: &str) -> String {
        format!(r#"{{"query":"{text}"}}"#)
    }

    fn covers_of(scope: &str, enumeration: &str) -> Result<Vec<Cover>, String> {
        let scope: Option<Scope<'_>> = serde_json::from_str(scope).unwrap();
        let enumeration: Option<Scope<'_>> = serde_json::from_str(enumeration).unwrap();
        covers(scope.as_ref(), enumeration.as_ref())
    }

    /// What is covered, in words.
    fn read(scope: &str, enumeration: &str) -> Vec<String> {
        let cover = |cover: &Cover| {
            let name = match &cover.access {
                Access::DirectoryRole(role) if role.is(ROLE) => "role",
                Access::Group(group, access) if group.is(GROUP) => access.name(),
                Access::DirectoryRole(_) | Access::Group(..) => "another",
            };
            let holds = match (cover.active, cover.eligible) {
                (true, true) => "both",
                (true, false) => "active",
                (false, true) => "eligible",
                (false, false) => "none",
            };
            format!("{name} {holds}{}", if cover.guests_only { " of guests" } else { "" })
        };
        covers_of(scope, enumeration).unwrap().iter().map(cover).collect()
    }

    #[test]
    fn a_query_names_what_is_reviewed_and_whose_hold() {
        let directory = "/roleManagement/directory";
        let principal = "$expand=principal&$filter=(isof(principal,'microsoft.graph.user') and";
        let members = format!("/groups/{GROUP}/transitiveMembers/microsoft.graph.user");
        for (query, expected) in [
            (format!("{directory}/roleDefinitions/{ROLE}"), vec!["role both"]),
            (
                format!("{directory}/ROLEDEFINITIONS/{}", ROLE.to_ascii_uppercase()),
                vec!["role both"],
            ),
            (format!("/beta{directory}/roleDefinitions/{ROLE}?x"), vec!["role both"]),
            (
                format!("{directory}/roleDefinitions/beta{directory}/roleDefinitions/{ROLE}"),
                vec!["role both"],
            ),
            (format!("{directory}/roleDefinitions/short"), vec![]),
            (
                format!(
                    "{directory}/roleEligibilityScheduleInstances?{principal} \
                     roleDefinitionId eq '{ROLE}')"
                ),
                vec!["role eligible"],
            ),
            (
                format!(
                    "{directory}/roleAssignmentScheduleInstances?{principal} assignmentType eq \
                     'Assigned' and  ROLEDEFINITIONID+eq+'{ROLE}')"
                ),
                vec!["role active"],
            ),
            (
                format!(
                    "{directory}/roleAssignmentScheduleInstances?$filter=(isof(principal,\
                     'microsoft.graph.servicePrincipal') and roleDefinitionId eq '{ROLE}')"
                ),
                vec![],
            ),
            (
                format!(
                    "{directory}/roleAssignmentScheduleInstances?$filter=(principalId eq 'x' and \
                     roleDefinitionId eq '{ROLE}')"
                ),
                vec![],
            ),
            (members.clone(), vec!["member both"]),
            (format!("/v1.0/groups/{GROUP}/members"), vec!["member both"]),
            (format!("/groups/{GROUP}/owners"), vec![]),
            (format!("{members}/?$filter=(userType eq 'Guest')"), vec!["member both of guests"]),
            (
                format!("{members}/?$count=true&$filter=(usertype%20eq%20'guest')"),
                vec!["member both of guests"],
            ),
            (format!("{members}?$filter=(department eq 'x')"), vec![]),
            (format!("/groups/{GROUP}/members/microsoft.graph.servicePrincipal"), vec![]),
            ("/groups?$filter=(groupTypes/any(c:c eq 'Unified'))".to_owned(), vec![]),
            ("/identityGovernance/entitlementManagement/x".to_owned(), vec![]),
        ] {
            assert_eq!(read(&self::query(&query), "null"), expected, "{query}");
        }
    }

    #[test]
    fn principals_say_who_is_looked_at_in_the_resources() {
        let role = query(&format!("/roleManagement/directory/roleDefinitions/{ROLE}"));
        let group = query(&format!("/groups/{GROUP}/members"));
        let everybody = query("/users");
        let guests = query("/v1.0/users/?$filter=(userType eq 'Guest')");
        let services = query("/servicePrincipals");
        let inactive = r#"{"query":"/users","inactiveDuration":"P30D"}"#.to_owned();
        let kind = |word: &str, id: &str| {
            format!(r#"{{"scopeType":"{word}","resourceId":"{id}","displayName":"x"}}"#)
        };
        for (principals, resources, expected) in [
            (String::new(), role.clone(), vec!["role both"]),
            (everybody.clone(), role.clone(), vec!["role both"]),
            (format!("{everybody},{}", query("/groups")), role.clone(), vec!["role both"]),
            (guests.clone(), role.clone(), vec!["role both of guests"]),
            (format!("{guests},{everybody}"), role.clone(), vec!["role both"]),
            (services.clone(), role.clone(), vec![]),
            (inactive, role.clone(), vec![]),
            (query("/users/11111111-0000-4000-8000-000000000001"), role.clone(), vec![]),
            (query("/users?$filter=(department eq 'x')"), role.clone(), vec![]),
            // A group of people who are looked at is not itself reviewed.
            (group.clone(), role.clone(), vec![]),
            (group.clone(), String::new(), vec!["member both"]),
            (everybody.clone(), format!("{role},{group}"), vec!["role both", "member both"]),
            (everybody.clone(), format!("{role},{role}"), vec!["role both"]),
            (kind("ALLUSERS", ""), kind("DirectoryRole", ROLE), vec!["role both"]),
            (kind("guestUsers", ""), kind("group", GROUP), vec!["member both of guests"]),
            (kind("inactiveUsers", ""), kind("directoryRole", ROLE), vec![]),
            (everybody.clone(), kind("catalog", "x"), vec![]),
        ] {
            let scope =
                format!(r#"{{"principalScopes":[{principals}],"resourceScopes":[{resources}]}}"#);
            assert_eq!(read(&scope, "null"), expected, "{scope}");
        }
    }

    #[test]
    fn whether_groups_are_looked_at_is_known_or_not() {
        let role = query(&format!("/roleManagement/directory/roleDefinitions/{ROLE}"));
        for (principals, expected) in [
            (String::new(), Some(true)),
            (query("/users"), Some(false)),
            (format!("{},{}", query("/users"), query("/groups")), Some(true)),
            (format!("{},{}", query("/users"), query("/groups?$filter=(x eq 1)")), Some(false)),
            (r#"{"scopeType":"allUsers"}"#.to_owned(), Some(false)),
            // Neither a query nor a kind that is known.
            (format!(r#"{},{{"query":null}}"#, query("/users")), None),
            (format!("{},{}", query("/users"), query("/moons")), None),
            (format!(r#"{},{{"query":null}},{}"#, query("/users"), query("/groups")), Some(true)),
        ] {
            let scope =
                format!(r#"{{"principalScopes":[{principals}],"resourceScopes":[{role}]}}"#);
            let covers = covers_of(&scope, "null").unwrap();
            let groups: Vec<Option<bool>> = covers.iter().map(|it| it.groups).collect();
            assert_eq!(groups, [expected], "{principals}");
        }
    }

    #[test]
    fn what_is_enumerated_is_reviewed_by_the_relative_query() {
        for (relative, expected) in [
            ("./members/microsoft.graph.user", vec!["member both"]),
            (
                "./members/microsoft.graph.user/?$filter=(userType eq 'Guest')",
                vec!["member both of guests"],
            ),
        ] {
            let enumeration = query(&format!("/groups/{GROUP}"));
            assert_eq!(read(&query(relative), &enumeration), expected, "{relative}");
        }
    }

    #[test]
    fn a_scope_that_says_nothing_is_not_a_scope_of_nothing() {
        for (scope, enumeration) in [
            ("null", "null"),
            ("{}", "null"),
            ("{}", "{}"),
            (r#"{"principalScopes":null,"resourceScopes":[]}"#, "null"),
            (r#"{"query":"./members"}"#, "null"),
            (r#"{"resourceScopes":[{}]}"#, "null"),
            (r#"{"resourceScopes":[{"scopeType":"group"}]}"#, "null"),
            (r#"{"resourceScopes":[{"scopeType":"unknownFutureValue","resourceId":"x"}]}"#, "null"),
        ] {
            assert!(covers_of(scope, enumeration).is_err(), "{scope} {enumeration}");
        }
    }
}
