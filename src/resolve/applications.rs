//! Applications and what they may do; access packages and administrative units.

use super::directory::{credentials, members, rows_of, sent};
use super::{Text, collected, collection, not_read, typed};
use crate::model::{
    AccessPackage, AdministrativeUnit, Application, ApplicationGrant, Collected, Dataset,
    DelegatedGrant, Gap, GapKind, Members, PrincipalId, RoleId,
};
use crate::snapshot::Snapshot;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApplicationRow<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    app_id: Text<'a>,
    #[serde(borrow, default, deserialize_with = "sent")]
    password_credentials: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "sent")]
    key_credentials: Option<&'a RawValue>,
}

/// Applications of this tenant by application id, with their owners.
pub(super) fn applications(snapshot: &Snapshot<'_>) -> Collected<HashMap<Arc<str>, Application>> {
    let found = match collection(snapshot, Dataset::Applications) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<ApplicationRow<'_>>(found);
    let owners = members(snapshot, Dataset::ApplicationOwners, &HashSet::new());
    let mut strange = rows.strange;
    let mut applications: HashMap<Arc<str>, Application> = HashMap::new();
    for row in &rows.rows {
        let Some(credentials) = credentials(row.password_credentials, row.key_credentials) else {
            strange.get_or_insert_with(|| {
                let detail = format!("the credentials of application {} do not fit", row.id);
                Gap::unreadable(Dataset::Applications, detail)
            });
            continue;
        };
        let application = Application {
            id: row.id.to_ascii_lowercase().into(),
            credentials,
            owners: owners_of(&row.id, &owners),
        };
        applications.insert(row.app_id.to_ascii_lowercase().into(), application);
    }
    collected(applications, [found.gap.clone(), strange])
}

/// The owners of one application; unknown, and then with a gap, where they were not read.
fn owners_of(id: &str, owners: &Collected<HashMap<PrincipalId, Members>>) -> Members {
    let known = owners.at_least().ok().and_then(|owners| owners.get(&PrincipalId::new(id)));
    known.cloned().unwrap_or_else(|| {
        let gap = owners.gap().cloned();
        let gap = gap.unwrap_or_else(|| not_read(Dataset::ApplicationOwners));
        Members { known: Vec::new(), gap: Some(gap) }
    })
}

/// Direct owners, service principal by service principal.
pub(super) fn service_owners(
    snapshot: &Snapshot<'_>,
    gone: &HashSet<PrincipalId>,
) -> Collected<HashMap<PrincipalId, Members>> {
    members(snapshot, Dataset::ServicePrincipalOwners, gone)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GrantRow<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow)]
    app_role_id: Text<'a>,
    #[serde(borrow)]
    principal_id: Text<'a>,
    #[serde(borrow, default)]
    principal_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    principal_display_name: Option<Text<'a>>,
}

/// Graph has been seen to stop at one page of this list without saying that there are more
/// (microsoft-graph-docs-contrib#6525).
const FULL_PAGES: [usize; 2] = [999, 1000];

/// Application permissions on Microsoft Graph. People and groups in the list may only sign in.
pub(super) fn application_grants(snapshot: &Snapshot<'_>) -> Collected<Vec<ApplicationGrant>> {
    let found = match collection(snapshot, Dataset::ApplicationGrants) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<GrantRow<'_>>(found);
    let is_application = |row: &&GrantRow<'_>| {
        row.principal_type.as_deref().is_none_or(|kind| {
            !kind.eq_ignore_ascii_case("User") && !kind.eq_ignore_ascii_case("Group")
        })
    };
    let grants = rows.rows.iter().filter(is_application).map(|row| {
        let principal = PrincipalId::new(&row.principal_id);
        ApplicationGrant {
            id: (*row.id).into(),
            principal_name: row
                .principal_display_name
                .as_deref()
                .map_or_else(|| principal.text(), Into::into),
            app_role: row.app_role_id.trim().to_ascii_lowercase().into(),
            principal,
        }
    });
    let cut = FULL_PAGES.contains(&found.rows.len()).then(|| {
        let detail =
            format!("Graph returned exactly {} rows, so there may be more", found.rows.len());
        Gap::of(Dataset::ApplicationGrants, GapKind::Incomplete, detail)
    });
    collected(grants.collect(), [found.gap.clone().or(rows.strange), cut])
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DelegatedRow<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow)]
    client_id: Text<'a>,
    #[serde(borrow, default)]
    consent_type: Option<Text<'a>>,
    /// Null is nothing; a row without it says nothing and is no row to trust.
    #[serde(borrow, deserialize_with = "present")]
    scope: Option<Text<'a>>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text<'de>>, D::Error> {
    Option::deserialize(deserializer)
}

/// Delegated permissions that hold for everybody.
pub(super) fn delegated_grants(snapshot: &Snapshot<'_>) -> Collected<Vec<DelegatedGrant>> {
    let found = match collection(snapshot, Dataset::DelegatedGrants) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<DelegatedRow<'_>>(found);
    let is_for_all = |row: &&DelegatedRow<'_>| {
        row.consent_type.as_deref().is_none_or(|kind| !kind.eq_ignore_ascii_case("Principal"))
    };
    let grants = rows.rows.iter().filter(is_for_all).map(|row| DelegatedGrant {
        id: (*row.id).into(),
        client: PrincipalId::new(&row.client_id),
        scopes: row
            .scope
            .as_deref()
            .unwrap_or_default()
            .split_whitespace()
            .map(Into::into)
            .collect(),
    });
    collected(grants.collect(), [found.gap.clone(), rows.strange])
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PackageRow<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "sent")]
    resource_role_scopes: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "sent")]
    assignment_policies: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ResourceRow<'a> {
    #[serde(borrow, default)]
    role: Option<Origin<'a>>,
    #[serde(borrow, default)]
    scope: Option<Origin<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Origin<'a> {
    #[serde(borrow)]
    origin_id: Option<Text<'a>>,
    #[serde(borrow)]
    origin_system: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PackagePolicy {
    request_approval_settings: ApprovalSettings,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApprovalSettings {
    #[serde(default)]
    is_approval_required_for_add: Option<bool>,
    #[serde(default)]
    stages: Option<Vec<serde::de::IgnoredAny>>,
}

/// What one resource of a package is.
enum Resource {
    Role(RoleId),
    Group(PrincipalId),
    /// An application or a site: nothing that PIM knows.
    Other,
}

/// The access packages that carry directory roles or groups.
pub(super) fn packages(snapshot: &Snapshot<'_>) -> Collected<Vec<AccessPackage>> {
    let found = match collection(snapshot, Dataset::AccessPackages) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<PackageRow<'_>>(found);
    let mut strange = rows.strange;
    let mut packages = Vec::new();
    for row in &rows.rows {
        let mut fault = |cause: &str| {
            strange.get_or_insert_with(|| {
                let detail = format!("access package {}: {cause}", row.id);
                Gap::unreadable(Dataset::AccessPackages, detail)
            });
        };
        let resources = row.resource_role_scopes.and_then(rows_of::<ResourceRow<'_>>);
        let Some(resources) = resources else {
            fault("its resources did not come with it, or do not fit");
            continue;
        };
        let (mut roles, mut groups) = (Vec::new(), Vec::new());
        for resource in &resources {
            match resource.read() {
                Ok(Resource::Role(role)) => roles.push(role),
                Ok(Resource::Group(group)) => groups.push(group),
                Ok(Resource::Other) => {}
                Err(cause) => fault(cause),
            }
        }
        if roles.is_empty() && groups.is_empty() {
            continue;
        }
        packages.push(AccessPackage {
            id: row.id.to_ascii_lowercase().into(),
            name: row.display_name.as_deref().unwrap_or(&row.id).into(),
            roles,
            groups,
            approval_stages: approval_stages(row),
        });
    }
    collected(packages, [found.gap.clone(), strange])
}

impl Origin<'_> {
    fn system(&self) -> Option<&str> {
        self.origin_system.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }

    fn id(&self) -> Option<&str> {
        self.origin_id.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }
}

impl ResourceRow<'_> {
    /// A directory role stands in the scope; the role beside it says eligible or active.
    fn read(&self) -> Result<Resource, &'static str> {
        let (scope, role) = (self.scope.as_ref(), self.role.as_ref());
        let id = scope.and_then(Origin::id);
        match scope.and_then(Origin::system).or_else(|| role.and_then(Origin::system)) {
            Some(system) if system.eq_ignore_ascii_case("DirectoryRole") => {
                let is_word = |id: &str| {
                    id.eq_ignore_ascii_case("Eligible") || id.eq_ignore_ascii_case("Active")
                };
                let role = role.and_then(Origin::id).filter(|id| !is_word(id));
                let id = id.or(role).ok_or("a directory role has no originId")?;
                Ok(Resource::Role(RoleId::new(id)))
            }
            Some(system) if system.eq_ignore_ascii_case("AadGroup") => {
                let id = id.ok_or("a group has no originId")?;
                Ok(Resource::Group(PrincipalId::new(id)))
            }
            Some(_) => Ok(Resource::Other),
            None => Err("a resource does not say its originSystem"),
        }
    }
}

/// Stages of each policy by which somebody can ask for the package.
fn approval_stages(row: &PackageRow<'_>) -> Result<Vec<u32>, Gap> {
    let policies = row.assignment_policies.and_then(rows_of::<PackagePolicy>);
    let Some(policies) = policies else {
        let detail = format!(
            "the policies of access package {} did not come with it, or do not fit",
            row.id
        );
        return Err(Gap::unreadable(Dataset::AccessPackages, detail));
    };
    let stages = policies.into_iter().map(|policy| {
        let settings = policy.request_approval_settings;
        match (settings.is_approval_required_for_add, settings.stages) {
            (Some(true), Some(stages)) => u32::try_from(stages.len()).unwrap_or(u32::MAX),
            (Some(true), None) | (Some(false) | None, _) => 0,
        }
    });
    Ok(stages.collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UnitRow<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(default)]
    is_member_management_restricted: Option<bool>,
}

/// Administrative units; many tenants have none.
pub(super) fn units(snapshot: &Snapshot<'_>) -> Collected<Vec<AdministrativeUnit>> {
    let found = match collection(snapshot, Dataset::AdministrativeUnits) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<UnitRow<'_>>(found);
    let units = rows.rows.iter().map(|row| AdministrativeUnit {
        id: row.id.to_ascii_lowercase().into(),
        name: row.display_name.as_deref().unwrap_or(&row.id).into(),
        restricted: row.is_member_management_restricted,
    });
    collected(units.collect(), [found.gap.clone(), rows.strange])
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cut, denied, load, text, whole};
    use super::*;
    use crate::model::CredentialKind;

    #[test]
    fn applications_come_with_credentials_and_owners() {
        let dataset = Dataset::Applications;
        let owners = Dataset::ApplicationOwners;
        let row = r#"{"id":"O-1","appId":"APP","passwordCredentials":[{"endDateTime":null}],
            "keyCredentials":null}"#;
        for (collections, known, gap) in [
            (vec![whole(dataset, None, row)], vec![], Some(GapKind::NotRequested)),
            (
                vec![whole(dataset, None, row), denied(owners, None)],
                vec![],
                Some(GapKind::PermissionDenied),
            ),
            (
                vec![whole(dataset, None, row), denied(owners, Some("o-1"))],
                vec![],
                Some(GapKind::PermissionDenied),
            ),
            (
                vec![
                    whole(dataset, None, row),
                    whole(owners, Some("O-1"), r#"{"id":"ANA"}"#),
                    denied(owners, Some("other")),
                ],
                vec![PrincipalId::new("ana")],
                None,
            ),
            (
                vec![whole(dataset, None, row), cut(owners, Some("o-1"), r#"{"id":"ana"}"#)],
                vec![PrincipalId::new("ana")],
                Some(GapKind::Incomplete),
            ),
        ] {
            let text = text(&collections);
            let Collected::Complete(applications) = applications(&load(&text)) else {
                panic!("{text}")
            };
            let found = &applications["app"];
            assert_eq!((&*found.id, &found.owners.known), ("o-1", &known), "{text}");
            assert_eq!(found.owners.gap.as_ref().map(|gap| gap.kind), gap, "{text}");
            let kinds: Vec<_> = found.credentials.iter().map(|it| it.kind).collect();
            assert_eq!(kinds, [CredentialKind::Password]);
        }
        for row in [
            r#"{"id":"o","appId":"a"}"#,
            r#"{"id":"o","appId":"a","passwordCredentials":[],"keyCredentials":"x"}"#,
            r#"{"id":"o","passwordCredentials":[],"keyCredentials":[]}"#,
        ] {
            let text = text(&[whole(dataset, None, row)]);
            let Collected::Partial(found, _) = applications(&load(&text)) else { panic!("{row}") };
            assert!(found.is_empty(), "{row}");
        }
    }

    #[test]
    fn service_principals_have_owners_one_by_one() {
        let dataset = Dataset::ServicePrincipalOwners;
        let text = text(&[whole(dataset, Some("robot"), r#"{"id":"ANA"}"#)]);
        let Collected::Complete(owners) = service_owners(&load(&text), &HashSet::new()) else {
            panic!("whole")
        };
        assert_eq!(owners[&PrincipalId::new("robot")].known, [PrincipalId::new("ana")]);
    }

    #[test]
    fn people_and_groups_hold_no_application_permission() {
        let dataset = Dataset::ApplicationGrants;
        for (kind, expected) in [
            (r#","principalType":"ServicePrincipal""#, 1),
            (r#","principalType":"USER""#, 0),
            (r#","principalType":"group""#, 0),
            (r#","principalType":"Agent""#, 1),
            (r#","principalType":null"#, 1),
            ("", 1),
        ] {
            let row = format!(r#"{{"id":"G","appRoleId":"AB","principalId":"ROBOT"{kind}}}"#);
            let text = text(&[whole(dataset, None, &row)]);
            let Collected::Complete(grants) = application_grants(&load(&text)) else {
                panic!("{row}")
            };
            assert_eq!(grants.len(), expected, "{kind}");
            for grant in &grants {
                assert_eq!((&*grant.app_role, &*grant.principal_name), ("ab", "robot"));
            }
        }
    }

    #[test]
    fn a_list_that_ends_with_a_full_page_may_go_on() {
        let row = r#"{"appRoleId":"a","principalId":"p"}"#;
        for (count, is_whole) in [(998, true), (999, false), (1000, false), (1001, true)] {
            let rows = vec![row; count].join(",");
            let text = text(&[whole(Dataset::ApplicationGrants, None, &rows)]);
            let found = application_grants(&load(&text));
            assert_eq!(found.at_least().unwrap().len(), count);
            assert_eq!(found.gap().is_none(), is_whole, "{count}");
        }
    }

    #[test]
    fn delegated_permissions_are_split_at_blanks() {
        let scope = r#","scope":" User.Read  RoleManagement.ReadWrite.Directory ""#;
        let both = vec!["User.Read", "RoleManagement.ReadWrite.Directory"];
        for (rest, expected) in [
            (scope.to_owned(), Some(both.clone())),
            (format!(r#"{scope},"consentType":"allprincipals""#), Some(both)),
            (format!(r#"{scope},"consentType":"principal""#), None),
            (r#","scope":null"#.to_owned(), Some(vec![])),
        ] {
            let row = format!(r#"{{"id":"g","clientId":"ROBOT"{rest}}}"#);
            let text = text(&[whole(Dataset::DelegatedGrants, None, &row)]);
            let Collected::Complete(grants) = delegated_grants(&load(&text)) else {
                panic!("{row}")
            };
            let found = grants.first().map(|grant| {
                assert_eq!(grant.client, PrincipalId::new("robot"));
                grant.scopes.iter().map(|it| &**it).collect::<Vec<_>>()
            });
            assert_eq!(found, expected, "{rest}");
        }
    }

    /// The package with these properties, where it is kept, and whether the list is whole.
    fn package(rest: &str) -> (Vec<AccessPackage>, bool) {
        let row = format!(r#"{{"id":"P","displayName":"Admins"{rest}}}"#);
        let text = text(&[whole(Dataset::AccessPackages, None, &row)]);
        match packages(&load(&text)) {
            Collected::Complete(packages) => (packages, true),
            Collected::Partial(packages, _) => (packages, false),
            Collected::Missing(gap) => panic!("{gap}"),
        }
    }

    #[test]
    fn packages_that_carry_roles_or_groups_are_kept() {
        for (resources, roles, groups, is_whole) in [
            ("[]", vec![], vec![], true),
            ("null", vec![], vec![], true),
            (r#""x""#, vec![], vec![], false),
            ("[{}]", vec![], vec![], false),
            (
                r#"[{"scope":{"originSystem":"AadApplication","originId":"x"}}]"#,
                vec![],
                vec![],
                true,
            ),
            (
                r#"[{"role":{"originId":"Eligible","originSystem":"DirectoryRole"},
                    "scope":{"originId":"R-1","originSystem":"directoryRole"}}]"#,
                vec!["r-1"],
                vec![],
                true,
            ),
            (
                r#"[{"role":{"originId":"R-1","originSystem":"DirectoryRole"},"scope":null}]"#,
                vec!["r-1"],
                vec![],
                true,
            ),
            (
                r#"[{"role":{"originId":"Active"},"scope":{"originSystem":"DirectoryRole"}}]"#,
                vec![],
                vec![],
                false,
            ),
            (
                r#"[{"role":{"originId":"Member_G-1","originSystem":"AadGroup"},
                    "scope":{"originId":"G-1","originSystem":"AADGROUP"}},
                    {"scope":{"originId":"","originSystem":"AadGroup"}}]"#,
                vec![],
                vec!["g-1"],
                false,
            ),
        ] {
            let rest = format!(r#","resourceRoleScopes":{resources},"assignmentPolicies":[]"#);
            let (packages, found) = package(&rest);
            assert_eq!(found, is_whole, "{resources}");
            assert_eq!(packages.is_empty(), roles.is_empty() && groups.is_empty(), "{resources}");
            for package in &packages {
                let found: Vec<String> = package.roles.iter().map(RoleId::to_string).collect();
                assert_eq!(found, roles, "{resources}");
                let found: Vec<String> =
                    package.groups.iter().map(PrincipalId::to_string).collect();
                assert_eq!(found, groups, "{resources}");
                assert_eq!((&*package.id, &*package.name), ("p", "Admins"));
            }
        }
        assert_eq!(package(""), (vec![], false));
    }

    #[test]
    fn stages_count_where_approval_is_asked_for() {
        let role = r#","resourceRoleScopes":[
            {"scope":{"originId":"r","originSystem":"DirectoryRole"}}]"#;
        let policy = |required: &str, stages: &str| {
            format!(
                r#"{{"requestApprovalSettings":{{"isApprovalRequiredForAdd":{required},
                    "stages":{stages}}}}}"#
            )
        };
        for (policies, expected) in [
            ("[]".to_owned(), Some(vec![])),
            (format!("[{}]", policy("true", "[{},{}]")), Some(vec![2])),
            (format!("[{}]", policy("false", "[{}]")), Some(vec![0])),
            (format!("[{}]", policy("null", "[{}]")), Some(vec![0])),
            (format!("[{}]", policy("true", "null")), Some(vec![0])),
            (format!("[{},{}]", policy("true", "[{}]"), policy("false", "[]")), Some(vec![1, 0])),
            ("null".to_owned(), Some(vec![])),
            ("[{}]".to_owned(), None),
            (r#"[{"requestApprovalSettings":null}]"#.to_owned(), None),
            (r#"["x"]"#.to_owned(), None),
        ] {
            let (packages, is_whole) =
                package(&format!(r#"{role},"assignmentPolicies":{policies}"#));
            assert!(is_whole, "{policies}");
            assert_eq!(packages[0].approval_stages.clone().ok(), expected, "{policies}");
        }
        assert!(package(role).0[0].approval_stages.is_err());
    }

    #[test]
    fn units_say_whether_they_are_restricted() {
        let rows = r#"{"id":"U-1","displayName":"Tier 0","isMemberManagementRestricted":true},
            {"id":"u-2","isMemberManagementRestricted":null}"#;
        let text = text(&[whole(Dataset::AdministrativeUnits, None, rows)]);
        let Collected::Complete(units) = units(&load(&text)) else { panic!("whole") };
        let found: Vec<_> = units.iter().map(|it| (&*it.id, &*it.name, it.restricted)).collect();
        assert_eq!(found, [("u-1", "Tier 0", Some(true)), ("u-2", "u-2", None)]);
    }

    #[test]
    fn a_list_that_was_not_read_is_not_empty() {
        let text = text(&[
            denied(Dataset::Applications, None),
            cut(Dataset::DelegatedGrants, None, r#"{"clientId":"a","scope":"x"}"#),
            whole(Dataset::AdministrativeUnits, None, "{}"),
        ]);
        let snapshot = load(&text);
        assert!(applications(&snapshot).is_missing());
        assert!(application_grants(&snapshot).is_missing());
        assert!(packages(&snapshot).is_missing());
        assert!(service_owners(&snapshot, &HashSet::new()).is_missing());
        let delegated = delegated_grants(&snapshot);
        assert_eq!((delegated.at_least().unwrap().len(), delegated.gap().is_some()), (1, true));
        let units = units(&snapshot);
        assert_eq!((units.at_least().unwrap().len(), units.gap().is_some()), (0, true));
    }

    #[test]
    fn a_delegated_grant_that_does_not_say_what_it_allows_is_a_gap() {
        let rows = r#"{"clientId":"a","scope":"x"},{"clientId":"b"}"#;
        let text = text(&[whole(Dataset::DelegatedGrants, None, rows)]);
        let Collected::Partial(found, gap) = delegated_grants(&load(&text)) else {
            panic!("whole")
        };
        assert_eq!((found.len(), gap.kind), (1, crate::model::GapKind::Unreadable));
    }
}
