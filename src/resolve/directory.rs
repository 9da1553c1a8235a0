//! The organisation, principals, members and owners, and licences.

use super::{Text, collected, collection, each, not_read, time, typed};
use crate::model::{
    AssignedPlan, Collected, Credential, CredentialKind, Dataset, Gap, Group, Members, Principal,
    PrincipalId, PrincipalKindFacts, ServicePrincipal, Sku, User,
};
use crate::snapshot::Snapshot;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The tenant's own words about itself.
pub(super) struct Organization {
    pub(super) name: Arc<str>,
    pub(super) domains: Vec<Arc<str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrganizationRow<'a> {
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    verified_domains: Option<Vec<Domain<'a>>>,
}

#[derive(Deserialize)]
struct Domain<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
}

/// Name and verified domains.
pub(super) fn organization(snapshot: &Snapshot<'_>) -> Result<Organization, Gap> {
    let found = collection(snapshot, Dataset::Organization)?;
    let typed = typed::<OrganizationRow<'_>>(found);
    let Some(row) = typed.rows.first() else {
        return Err(typed.strange.unwrap_or_else(|| not_read(Dataset::Organization)));
    };
    let domains = row.verified_domains.iter().flatten().filter_map(|it| it.name.as_deref());
    Ok(Organization {
        name: row.display_name.as_deref().unwrap_or_default().into(),
        domains: domains.map(|it| it.to_ascii_lowercase().into()).collect(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ObjectRow<'a> {
    #[serde(rename = "@odata.type", borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    user_principal_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    user_type: Option<Text<'a>>,
    #[serde(default)]
    account_enabled: Option<bool>,
    #[serde(default)]
    on_premises_sync_enabled: Option<bool>,
    #[serde(borrow, default)]
    on_premises_immutable_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    creation_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    created_date_time: Option<Text<'a>>,
    #[serde(borrow, default)]
    app_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    service_principal_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    app_owner_organization_id: Option<Text<'a>>,
    #[serde(default)]
    is_assignable_to_role: Option<bool>,
    #[serde(borrow, default)]
    group_types: Option<Vec<Text<'a>>>,
    #[serde(default)]
    is_management_restricted: Option<bool>,
    #[serde(borrow, default)]
    mail: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "sent")]
    assigned_plans: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "sent")]
    password_credentials: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "sent")]
    key_credentials: Option<&'a RawValue>,
}

/// A list as it was sent, read where it is used: it is long with most rows, and in a shape nobody
/// knows it must not cost the rest of its row. `None` where it was not sent.
pub(super) fn sent<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'de RawValue>, D::Error> {
    <&'de RawValue>::deserialize(deserializer).map(Some)
}

/// The rows of such a list; null is an empty one. `None` where it does not fit.
pub(super) fn rows_of<'a, T: Deserialize<'a>>(sent: &'a RawValue) -> Option<Vec<T>> {
    serde_json::from_str::<Option<Vec<T>>>(sent.get()).ok().map(Option::unwrap_or_default)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssignedPlanRow<'a> {
    #[serde(borrow, default)]
    capability_status: Option<Text<'a>>,
    #[serde(borrow, default)]
    service: Option<Text<'a>>,
    #[serde(borrow, default)]
    service_plan_id: Option<Text<'a>>,
}

/// Words that come back with every user, each kept once.
#[derive(Default)]
struct Words(HashMap<Arc<str>, Arc<str>>);

impl Words {
    /// The word in lower case.
    fn lower(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.0.get(word) {
            return known.clone();
        }
        let lower: Arc<str> = word.to_ascii_lowercase().into();
        self.0.insert(word.into(), lower.clone());
        lower
    }
}

/// The plans that are switched on.
fn plans(sent: &RawValue, words: &mut Words) -> Option<Vec<AssignedPlan>> {
    let is_on = |row: &AssignedPlanRow<'_>| {
        row.capability_status.as_deref().is_some_and(|status| {
            status.eq_ignore_ascii_case("Enabled") || status.eq_ignore_ascii_case("Warning")
        })
    };
    let rows = rows_of::<AssignedPlanRow<'_>>(sent)?;
    let plans = rows.iter().filter(|row| is_on(row)).map(|row| AssignedPlan {
        service: words.lower(row.service.as_deref().unwrap_or_default()),
        plan: words.lower(row.service_plan_id.as_deref().unwrap_or_default()),
    });
    Some(plans.collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialRow<'a> {
    #[serde(borrow, default)]
    end_date_time: Option<Text<'a>>,
    #[serde(borrow, default)]
    usage: Option<Text<'a>>,
}

/// Passwords and certificates; `None` where one of the two lists was not sent, or does not fit.
pub(super) fn credentials(
    passwords: Option<&RawValue>,
    certificates: Option<&RawValue>,
) -> Option<Vec<Credential>> {
    let mut credentials = credentials_of(CredentialKind::Password, passwords?)?;
    credentials.extend(credentials_of(CredentialKind::Certificate, certificates?)?);
    Some(credentials)
}

fn credentials_of(kind: CredentialKind, sent: &RawValue) -> Option<Vec<Credential>> {
    let rows = rows_of::<CredentialRow<'_>>(sent)?;
    // Keys for `Sign` sign the tokens of single sign-on: nobody signs in with them.
    let signs_in = |row: &CredentialRow<'_>| {
        row.usage.as_deref().is_none_or(|usage| !usage.eq_ignore_ascii_case("Sign"))
    };
    let credentials = rows.iter().filter(|row| signs_in(row)).map(|row| Credential {
        kind,
        // An end that cannot be read is none: the credential counts as one in force.
        ends: time(row.end_date_time.as_deref()).unwrap_or_default(),
    });
    Some(credentials.collect())
}

/// Everyone who was asked for by id; an id asked for and not returned is absent.
pub(super) fn principals(snapshot: &Snapshot<'_>) -> Collected<HashMap<PrincipalId, Principal>> {
    let found = match collection(snapshot, Dataset::Principals) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let mut words = Words::default();
    let mut principals = HashMap::with_capacity(found.rows.len());
    let strange = each(found, |row: ObjectRow<'_>| {
        let it = principal(&row, &mut words);
        principals.insert(it.id.clone(), it);
    });
    if found.gap.is_none() && strange.is_none() {
        for id in &found.asked {
            let id = PrincipalId::new(id);
            principals.entry(id.clone()).or_insert_with(|| Principal {
                name: id.text(),
                id,
                kind: PrincipalKindFacts::Absent,
            });
        }
    }
    collected(principals, [found.gap.clone(), strange])
}

/// Who was asked for and is not there. A deleted group may still be named, as an approver or by PIM;
/// that nothing of it can be read is no gap.
pub(super) fn absent(
    principals: &Collected<HashMap<PrincipalId, Principal>>,
) -> HashSet<PrincipalId> {
    let all = principals.at_least().into_iter().flat_map(HashMap::values);
    let absent = all.filter(|it| matches!(it.kind, PrincipalKindFacts::Absent));
    absent.map(|it| it.id.clone()).collect()
}

fn principal(row: &ObjectRow<'_>, words: &mut Words) -> Principal {
    let text = |value: &Option<Text<'_>>| value.as_deref().map(Arc::<str>::from);
    let id = PrincipalId::new(&row.id);
    let hidden = row.display_name.is_none()
        && row.user_principal_name.is_none()
        && row.app_id.is_none()
        && row.account_enabled.is_none()
        && row.is_assignable_to_role.is_none();
    let kind = row.kind.as_deref().unwrap_or_default();
    let kind = kind.rsplit('.').next().unwrap_or(kind);
    let is = |word: &str| kind.eq_ignore_ascii_case(word);
    // Agent users and the like are users by another name, and what has a sign-in name signs in.
    let is_user = is("user") || row.user_principal_name.is_some();
    let facts = match kind {
        _ if hidden => PrincipalKindFacts::Hidden,
        _ if is_user => PrincipalKindFacts::User(Box::new(User {
            principal_name: text(&row.user_principal_name),
            user_type: text(&row.user_type),
            enabled: row.account_enabled,
            synced: row.on_premises_sync_enabled,
            has_immutable_id: row
                .on_premises_immutable_id
                .as_deref()
                .is_some_and(|it| !it.is_empty()),
            creation_type: text(&row.creation_type),
            created: time(row.created_date_time.as_deref()).unwrap_or_default(),
            mail: text(&row.mail),
            plans: row.assigned_plans.and_then(|sent| plans(sent, words)),
        })),
        _ if is("group") || row.group_types.is_some() => PrincipalKindFacts::Group(Group {
            role_assignable: row.is_assignable_to_role,
            dynamic: row
                .group_types
                .iter()
                .flatten()
                .any(|kind| kind.eq_ignore_ascii_case("DynamicMembership")),
            restricted: row.is_management_restricted,
            synced: row.on_premises_sync_enabled,
        }),
        // Agent identities and the like are service principals by another name.
        _ if row.app_id.is_some() || is("servicePrincipal") => {
            PrincipalKindFacts::ServicePrincipal(Box::new(ServicePrincipal {
                app_id: text(&row.app_id),
                kind: text(&row.service_principal_type),
                enabled: row.account_enabled,
                owner_organization: row
                    .app_owner_organization_id
                    .as_deref()
                    .map(|it| it.to_ascii_lowercase().into()),
                credentials: credentials(row.password_credentials, row.key_credentials),
            }))
        }
        other => PrincipalKindFacts::Other(other.into()),
    };
    Principal { name: text(&row.display_name).unwrap_or_else(|| id.text()), id, kind: facts }
}

#[derive(Deserialize)]
struct MemberRow<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(rename = "@odata.type", borrow, default)]
    kind: Option<Text<'a>>,
}

impl MemberRow<'_> {
    /// Devices and contacts can be members too; they hold no role and are never asked for by id.
    /// What nobody knows may hold one.
    fn can_hold_a_role(&self) -> bool {
        let kind = self.kind.as_deref().unwrap_or_default();
        let kind = kind.rsplit('.').next().unwrap_or(kind);
        !["device", "orgContact", "contact"].iter().any(|it| kind.eq_ignore_ascii_case(it))
    }
}

type ByObject = HashMap<PrincipalId, Members>;

/// Direct members or owners, object by object, as the collection has them: members and owners of
/// groups, owners of service principals and of applications.
pub(super) fn members(
    snapshot: &Snapshot<'_>,
    dataset: Dataset,
    gone: &HashSet<PrincipalId>,
) -> Collected<ByObject> {
    let mut members = ByObject::new();
    let mut first_gap = None;
    let mut read = false;
    for part in snapshot.parts(dataset) {
        let Some(object) = &part.key else {
            // An entry without a key says that the collection as a whole is empty, or was not read.
            match (&part.gap, part.missing) {
                (Some(gap), true) => return Collected::Missing(gap.clone()),
                (gap, _) => first_gap = first_gap.or_else(|| gap.clone()),
            }
            read = true;
            continue;
        };
        read = true;
        let object = PrincipalId::new(object);
        if gone.contains(&object) {
            continue;
        }
        let rows = typed::<MemberRow<'_>>(part);
        let gap = part.gap.clone().or(rows.strange);
        let known = rows.rows.iter().filter(|row| row.can_hold_a_role());
        let known = known.map(|row| PrincipalId::new(&row.id)).collect();
        first_gap = first_gap.or_else(|| gap.clone());
        members.insert(object, Members { known, gap });
    }
    if !read {
        return Collected::Missing(not_read(dataset));
    }
    collected(members, [first_gap, None])
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SkuRow<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    sku_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    sku_part_number: Option<Text<'a>>,
    #[serde(borrow, default)]
    capability_status: Option<Text<'a>>,
    #[serde(default)]
    prepaid_units: Option<Units>,
    #[serde(borrow, default)]
    service_plans: Option<Vec<Plan<'a>>>,
}

#[derive(Deserialize)]
struct Units {
    #[serde(default)]
    enabled: Option<i64>,
    /// Units of a subscription in its grace period; they still work.
    #[serde(default)]
    warning: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plan<'a> {
    #[serde(borrow, default)]
    service_plan_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    provisioning_status: Option<Text<'a>>,
}

fn is(value: &Option<Text<'_>>, word: &str) -> bool {
    value.as_deref().is_some_and(|value| value.eq_ignore_ascii_case(word))
}

/// The service plans of a product, those that are provisioned or the others.
fn plan_ids(row: &SkuRow<'_>, provisioned: bool) -> Vec<Arc<str>> {
    row.service_plans
        .iter()
        .flatten()
        .filter(|plan| is(&plan.provisioning_status, "Success") == provisioned)
        .filter_map(|plan| plan.service_plan_id.as_deref())
        .map(|plan| plan.to_ascii_lowercase().into())
        .collect()
}

/// Subscribed products.
pub(super) fn licences(snapshot: &Snapshot<'_>) -> Collected<Vec<Sku>> {
    let found = match collection(snapshot, Dataset::SubscribedSkus) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<SkuRow<'_>>(found);
    let skus = rows.rows.iter().map(|row| Sku {
        name: row.sku_part_number.as_deref().unwrap_or_default().into(),
        id: row.id.as_deref().or(row.sku_id.as_deref()).unwrap_or_default().into(),
        usable: is(&row.capability_status, "Enabled") || is(&row.capability_status, "Warning"),
        units: row.prepaid_units.as_ref().map_or(0, |units| {
            let all = [units.enabled, units.warning].into_iter().flatten().map(|it| it.max(0));
            u32::try_from(all.fold(0_i64, i64::saturating_add)).unwrap_or(u32::MAX)
        }),
        plans: plan_ids(row, true),
        other_plans: plan_ids(row, false),
        deleted: is(&row.capability_status, "Deleted"),
    });
    let mut skus: Vec<Sku> = skus.collect();
    // A row can come twice when the list changes between two pages. Of two that differ the smaller one
    // counts, whichever came first.
    let mut least: HashMap<Arc<str>, u32> = HashMap::new();
    for sku in skus.iter().filter(|sku| !sku.id.is_empty()) {
        let units = least.entry(sku.id.to_ascii_lowercase().into()).or_insert(sku.units);
        *units = sku.units.min(*units);
    }
    let mut seen = HashSet::new();
    skus.retain_mut(|sku| {
        let id: Arc<str> = sku.id.to_ascii_lowercase().into();
        sku.units = least.get(&id).copied().unwrap_or(sku.units);
        id.is_empty() || seen.insert(id)
    });
    collected(skus, [found.gap.clone(), rows.strange])
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cut, denied, load, text, whole};
    use super::*;

    fn object(row: &str) -> PrincipalKindFacts {
        let text = text(&[whole(Dataset::Principals, None, row)]);
        let snapshot = load(&text);
        let Collected::Complete(principals) = principals(&snapshot) else { panic!("{row}") };
        principals[&PrincipalId::new("x")].kind.clone()
    }

    #[test]
    fn a_product_that_comes_twice_is_counted_once_and_the_smaller_one() {
        let sku = |id: &str, units: u32| {
            format!(
                r#"{{"id":"{id}","skuPartNumber":"P2","capabilityStatus":"Enabled","prepaidUnits":{{"enabled":{units}}},"servicePlans":[]}}"#
            )
        };
        for rows in [
            [sku("a", 20), sku("A", 20), sku("b", 5)],
            [sku("a", 20), sku("a", 40), sku("b", 5)],
            [sku("A", 40), sku("a", 20), sku("b", 5)],
        ] {
            let text = text(&[whole(Dataset::SubscribedSkus, None, &rows.join(","))]);
            let snapshot = load(&text);
            let Collected::Complete(found) = licences(&snapshot) else { panic!("{rows:?}") };
            let units: Vec<u32> = found.iter().map(|sku| sku.units).collect();
            assert_eq!(units, [20, 5], "{rows:?}");
        }
    }

    #[test]
    fn plans_are_those_switched_on_and_null_is_not_the_same_as_not_sent() {
        let exchange = || AssignedPlan { service: "exchange".into(), plan: "ab".into() };
        for (plans, expected) in [
            ("", None),
            (r#","assignedPlans":"x""#, None),
            (r#","assignedPlans":null"#, Some(vec![])),
            (r#","assignedPlans":[]"#, Some(vec![])),
            (
                r#","assignedPlans":[
                    {"capabilityStatus":"enabled","service":"Exchange","servicePlanId":"AB"},
                    {"capabilityStatus":"Warning","service":"exchange","servicePlanId":"ab"},
                    {"capabilityStatus":"Deleted","service":"exchange","servicePlanId":"cd"},
                    {"service":"exchange","servicePlanId":"ef"}]"#,
                Some(vec![exchange(), exchange()]),
            ),
        ] {
            let row = format!(
                r##"{{"@odata.type":"#microsoft.graph.user","id":"X","displayName":"x",
                    "mail":"a@b"{plans}}}"##
            );
            let PrincipalKindFacts::User(user) = object(&row) else { panic!("{plans}") };
            assert_eq!(user.plans, expected, "{plans}");
            assert_eq!(user.mail.as_deref(), Some("a@b"));
        }
    }

    #[test]
    fn credentials_are_known_when_both_lists_came() {
        let end = time(Some("2027-01-01T00:00:00Z")).unwrap();
        let of = |kind, ends| Credential { kind, ends };
        for (lists, expected) in [
            ("", None),
            (r#","passwordCredentials":[]"#, None),
            (r#","passwordCredentials":[],"keyCredentials":"x""#, None),
            (r#","passwordCredentials":null,"keyCredentials":[]"#, Some(vec![])),
            (
                r#","passwordCredentials":[{"endDateTime":"2027-01-01T00:00:00Z"}],
                    "keyCredentials":[{"usage":"Verify","endDateTime":null},
                        {"usage":"sign","endDateTime":null}]"#,
                Some(vec![
                    of(CredentialKind::Password, end),
                    of(CredentialKind::Certificate, None),
                ]),
            ),
        ] {
            let row = format!(
                r##"{{"@odata.type":"#microsoft.graph.servicePrincipal","id":"X","appId":"A",
                    "appOwnerOrganizationId":"T-1"{lists}}}"##
            );
            let PrincipalKindFacts::ServicePrincipal(service) = object(&row) else {
                panic!("{lists}")
            };
            assert_eq!(service.credentials, expected, "{lists}");
            assert_eq!(service.owner_organization.as_deref(), Some("t-1"));
        }
    }

    #[test]
    fn a_restricted_group_is_known_when_graph_says_so() {
        for (word, expected) in [("true", Some(true)), ("false", Some(false)), ("null", None)] {
            let row = format!(
                r##"{{"@odata.type":"#microsoft.graph.group","id":"x","displayName":"g",
                    "isManagementRestricted":{word}}}"##
            );
            let PrincipalKindFacts::Group(group) = object(&row) else { panic!("{word}") };
            assert_eq!(group.restricted, expected, "{word}");
        }
    }

    #[test]
    fn owners_are_read_as_members_are() {
        let dataset = Dataset::GroupOwners;
        let rows = r##"{"@odata.type":"#microsoft.graph.user","id":"ANA"},
            {"@odata.type":"#microsoft.graph.servicePrincipal","id":"robot"},
            {"@odata.type":"#microsoft.graph.device","id":"laptop"},{"id":"unknown"}"##;
        let text = text(&[
            whole(dataset, Some("G"), rows),
            cut(dataset, Some("h"), r#"{"id":"bob"}"#),
            denied(dataset, Some("i")),
        ]);
        let snapshot = load(&text);
        let Collected::Partial(owners, _) = members(&snapshot, dataset, &HashSet::new()) else {
            panic!("two groups have gaps")
        };
        for (group, expected, whole) in [
            ("g", vec!["ana", "robot", "unknown"], true),
            ("h", vec!["bob"], false),
            ("i", vec![], false),
        ] {
            let found = &owners[&PrincipalId::new(group)];
            let expected: Vec<PrincipalId> = expected.into_iter().map(PrincipalId::new).collect();
            assert_eq!(found.known, expected, "{group}");
            assert_eq!(found.gap.is_none(), whole, "{group}");
        }
        assert!(members(&snapshot, Dataset::GroupMembers, &HashSet::new()).is_missing());
    }

    #[test]
    fn what_was_read_of_a_deleted_group_is_no_gap() {
        let dataset = Dataset::GroupMembers;
        let text =
            text(&[whole(dataset, Some("g"), r#"{"id":"ana"}"#), denied(dataset, Some("GONE"))]);
        let snapshot = load(&text);
        let gone = HashSet::from([PrincipalId::new("gone")]);
        let Collected::Complete(groups) = members(&snapshot, dataset, &gone) else {
            panic!("what is there was read")
        };
        assert_eq!(groups.keys().map(PrincipalId::to_string).collect::<Vec<_>>(), ["g"]);
        assert!(members(&snapshot, dataset, &HashSet::new()).gap().is_some());
    }

    #[test]
    fn a_member_of_an_unknown_type_may_hold_a_role() {
        let dataset = Dataset::GroupOwners;
        for (kind, expected) in [
            ("#microsoft.graph.user", 1),
            ("#Microsoft.Graph.User", 1),
            ("#microsoft.graph.agentUser", 1),
            ("", 1),
            ("#microsoft.graph.device", 0),
            ("#microsoft.graph.orgContact", 0),
        ] {
            let row = format!(r#"{{"@odata.type":"{kind}","id":"ana"}}"#);
            let text = text(&[whole(dataset, Some("g"), &row)]);
            let found = members(&load(&text), dataset, &HashSet::new());
            let known = &found.at_least().unwrap()[&PrincipalId::new("g")].known;
            assert_eq!(known.len(), expected, "{kind}");
        }
    }

    #[test]
    fn a_principal_is_known_by_its_properties_where_its_type_is_not() {
        for (row, expected) in [
            (r##""@odata.type":"#Microsoft.Graph.User","displayName":"a""##, "user"),
            (r##""@odata.type":"#microsoft.graph.agentUser","userPrincipalName":"a@b.c""##, "user"),
            (r##""displayName":"a","userPrincipalName":"a@b.c""##, "user"),
            (r##""displayName":"a","groupTypes":[]"##, "group"),
            (r##""displayName":"a","appId":"x""##, "service principal"),
            (r##""displayName":"a""##, "other"),
            (r##""@odata.type":"#microsoft.graph.new","displayName":"a""##, "other"),
        ] {
            let text = text(&[whole(Dataset::Principals, None, &format!(r#"{{"id":"p",{row}}}"#))]);
            let found = principals(&load(&text));
            let principal = &found.at_least().unwrap()[&PrincipalId::new("p")];
            assert_eq!(principal.kind_name(), expected, "{row}");
        }
    }
}
