//! Conditional Access: policies, authentication contexts and strengths, and the security defaults.

use super::{Text, collected, collection, typed};
use crate::model::{
    AuthenticationContextClass, AuthenticationStrength, Collected, ConditionalAccessPolicy,
    Dataset, Gap, GapKind, GrantControls, PolicyState, PrincipalId, RoleId, UserConditions,
};
use crate::snapshot::Snapshot;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Words of a list; null is an empty list.
type List<'a> = Option<Vec<Text<'a>>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PolicyRow<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    state: Option<Text<'a>>,
    #[serde(borrow)]
    conditions: Conditions<'a>,
    #[serde(borrow, default)]
    grant_controls: Option<Controls<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Conditions<'a> {
    #[serde(borrow)]
    users: Option<Users<'a>>,
    #[serde(borrow)]
    applications: Option<Applications<'a>>,
    #[serde(borrow)]
    platforms: Option<Platforms<'a>>,
    #[serde(borrow)]
    locations: Option<Locations<'a>>,
    #[serde(borrow)]
    client_app_types: List<'a>,
    #[serde(borrow)]
    devices: Option<Devices<'a>>,
    #[serde(borrow)]
    sign_in_risk_levels: List<'a>,
    #[serde(borrow)]
    user_risk_levels: List<'a>,
    #[serde(borrow)]
    service_principal_risk_levels: List<'a>,
    insider_risk_levels: Option<IgnoredAny>,
    authentication_flows: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Users<'a> {
    #[serde(borrow)]
    include_users: List<'a>,
    #[serde(borrow)]
    include_groups: List<'a>,
    #[serde(borrow)]
    include_roles: List<'a>,
    #[serde(borrow)]
    include_guests_or_external_users: Option<Guests<'a>>,
    #[serde(borrow)]
    exclude_users: List<'a>,
    #[serde(borrow)]
    exclude_groups: List<'a>,
    #[serde(borrow)]
    exclude_roles: List<'a>,
    #[serde(borrow)]
    exclude_guests_or_external_users: Option<Guests<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Guests<'a> {
    #[serde(borrow)]
    guest_or_external_user_types: Option<Text<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Applications<'a> {
    #[serde(borrow)]
    include_applications: List<'a>,
    #[serde(borrow)]
    exclude_applications: List<'a>,
    #[serde(borrow)]
    include_authentication_context_class_references: List<'a>,
    application_filter: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Platforms<'a> {
    #[serde(borrow)]
    include_platforms: List<'a>,
    #[serde(borrow)]
    exclude_platforms: List<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Locations<'a> {
    #[serde(borrow)]
    include_locations: List<'a>,
    #[serde(borrow)]
    exclude_locations: List<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Devices<'a> {
    device_filter: Option<IgnoredAny>,
    #[serde(borrow)]
    include_devices: List<'a>,
    #[serde(borrow)]
    exclude_devices: List<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Controls<'a> {
    #[serde(borrow)]
    operator: Option<Text<'a>>,
    #[serde(borrow)]
    built_in_controls: List<'a>,
    #[serde(borrow)]
    custom_authentication_factors: List<'a>,
    #[serde(borrow)]
    terms_of_use: List<'a>,
    #[serde(borrow)]
    authentication_strength: Option<StrengthId<'a>>,
}

#[derive(Deserialize)]
struct StrengthId<'a> {
    #[serde(borrow)]
    id: Text<'a>,
}

/// Every policy, whether it is in force or not.
pub(super) fn policies(snapshot: &Snapshot<'_>) -> Collected<Vec<ConditionalAccessPolicy>> {
    let found = match collection(snapshot, Dataset::ConditionalAccessPolicies) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<PolicyRow<'_>>(found);
    let policies = rows.rows.iter().map(policy).collect();
    collected(policies, [found.gap.clone(), rows.strange])
}

fn policy(row: &PolicyRow<'_>) -> ConditionalAccessPolicy {
    let id: Arc<str> = row.id.to_ascii_lowercase().into();
    let applications = row.conditions.applications.as_ref();
    let contexts = applications
        .and_then(|it| it.include_authentication_context_class_references.as_ref())
        .into_iter()
        .flatten();
    let contexts: BTreeSet<Arc<str>> =
        contexts.map(|it| it.trim().to_ascii_lowercase().into()).collect();
    ConditionalAccessPolicy {
        name: row.display_name.as_deref().map_or_else(|| id.clone(), Into::into),
        state: state(row.state.as_deref()),
        users: row.conditions.users.as_ref().map(users).unwrap_or_default(),
        all_applications: applications.is_some_and(|it| holds(&it.include_applications, "All")),
        excludes_applications: applications.is_some_and(|it| {
            // A filter is a list of applications that nobody wrote out.
            has_any(&it.exclude_applications) || it.application_filter.is_some()
        }),
        narrowed: row.conditions.is_narrowed(!contexts.is_empty()),
        contexts,
        grant: row.grant_controls.as_ref().map(grant),
        id,
    }
}

fn state(word: Option<&str>) -> PolicyState {
    match word.unwrap_or("null") {
        word if word.eq_ignore_ascii_case("enabled") => PolicyState::Enabled,
        word if word.eq_ignore_ascii_case("disabled") => PolicyState::Disabled,
        word if word.eq_ignore_ascii_case("enabledForReportingButNotEnforced") => {
            PolicyState::ReportOnly
        }
        word => PolicyState::Unknown(word.into()),
    }
}

fn holds(list: &List<'_>, word: &str) -> bool {
    list.iter().flatten().any(|it| it.eq_ignore_ascii_case(word))
}

/// The word `None` in a list stands for nobody.
fn has_any(list: &List<'_>) -> bool {
    list.iter().flatten().any(|it| !it.eq_ignore_ascii_case("None"))
}

const GUESTS: &str = "GuestsOrExternalUsers";

fn users(row: &Users<'_>) -> UserConditions {
    UserConditions {
        all: holds(&row.include_users, "All"),
        include_users: principals(&row.include_users),
        include_groups: principals(&row.include_groups),
        include_roles: roles(&row.include_roles),
        includes_guests: holds(&row.include_users, GUESTS)
            || row.include_guests_or_external_users.as_ref().is_some_and(Guests::are_any),
        exclude_users: principals(&row.exclude_users),
        exclude_groups: principals(&row.exclude_groups),
        exclude_roles: roles(&row.exclude_roles),
        excludes_guests: holds(&row.exclude_users, GUESTS)
            || row.exclude_guests_or_external_users.as_ref().is_some_and(Guests::are_any),
    }
}

impl Guests<'_> {
    fn are_any(&self) -> bool {
        let types = self.guest_or_external_user_types.as_deref();
        types.is_none_or(|types| !types.eq_ignore_ascii_case("none"))
    }
}

/// The object ids of a list, without the words that stand for many.
fn principals(list: &List<'_>) -> BTreeSet<PrincipalId> {
    let is_word =
        |text: &str| ["All", "None", GUESTS].iter().any(|it| text.eq_ignore_ascii_case(it));
    list.iter().flatten().filter(|it| !is_word(it)).map(|it| PrincipalId::new(it)).collect()
}

fn roles(list: &List<'_>) -> BTreeSet<RoleId> {
    list.iter().flatten().map(|it| RoleId::new(it)).collect()
}

impl Conditions<'_> {
    /// True when it is not for every platform, place, client, device, risk and way to sign in. Only
    /// modern clients ask for an authentication context, so for one they are all there are.
    fn is_narrowed(&self, for_contexts: bool) -> bool {
        // All four kinds of client one by one are all of them.
        const CLIENTS: [&str; 4] =
            ["browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"];
        let clients = if for_contexts { &CLIENTS[..2] } else { &CLIENTS[..] };
        let some_clients = !holds(&self.client_app_types, "all")
            && !clients.iter().all(|it| holds(&self.client_app_types, it));
        self.platforms
            .as_ref()
            .is_some_and(|it| is_part(&it.include_platforms, &it.exclude_platforms))
            || self
                .locations
                .as_ref()
                .is_some_and(|it| is_part(&it.include_locations, &it.exclude_locations))
            || self.devices.as_ref().is_some_and(|it| {
                it.device_filter.is_some() || is_part(&it.include_devices, &it.exclude_devices)
            })
            || (has_any(&self.client_app_types) && some_clients)
            || has_any(&self.sign_in_risk_levels)
            || has_any(&self.user_risk_levels)
            || has_any(&self.service_principal_risk_levels)
            || self.insider_risk_levels.is_some()
            || self.authentication_flows.is_some()
    }
}

/// True when only a part is included, or something is excluded.
fn is_part(include: &List<'_>, exclude: &List<'_>) -> bool {
    (has_any(include) && !holds(include, "all")) || has_any(exclude)
}

fn grant(row: &Controls<'_>) -> GrantControls {
    let named = |word: &str| holds(&row.built_in_controls, word);
    let built_in = row
        .built_in_controls
        .iter()
        .flatten()
        .filter(|it| !it.eq_ignore_ascii_case("mfa") && !it.eq_ignore_ascii_case("block"));
    let custom = row.custom_authentication_factors.iter().flatten();
    let mut others: Vec<Arc<str>> = built_in.chain(custom).map(|it| Arc::from(&**it)).collect();
    if has_any(&row.terms_of_use) {
        others.push("termsOfUse".into());
    }
    GrantControls {
        all: row.operator.as_deref().is_some_and(|it| it.eq_ignore_ascii_case("AND")),
        mfa: named("mfa"),
        block: named("block"),
        others,
        strength: row
            .authentication_strength
            .as_ref()
            .map(|it| it.id.trim().to_ascii_lowercase().into()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContextRow<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(default)]
    is_available: Option<bool>,
}

/// Authentication contexts; a tenant without one is a common thing.
pub(super) fn contexts(snapshot: &Snapshot<'_>) -> Collected<Vec<AuthenticationContextClass>> {
    let found = match collection(snapshot, Dataset::AuthenticationContexts) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<ContextRow<'_>>(found);
    let contexts = rows.rows.iter().map(|row| {
        let claim: Arc<str> = row.id.trim().to_ascii_lowercase().into();
        AuthenticationContextClass {
            name: row.display_name.as_deref().map_or_else(|| claim.clone(), Into::into),
            available: row.is_available,
            claim,
        }
    });
    collected(contexts.collect(), [found.gap.clone(), rows.strange])
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StrengthRow<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    allowed_combinations: List<'a>,
}

/// Authentication strengths by id.
pub(super) fn strengths(
    snapshot: &Snapshot<'_>,
) -> Collected<HashMap<Arc<str>, AuthenticationStrength>> {
    let found = match collection(snapshot, Dataset::AuthenticationStrengths) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<StrengthRow<'_>>(found);
    let strengths = rows.rows.iter().map(|row| {
        let id: Arc<str> = row.id.trim().to_ascii_lowercase().into();
        let combinations = row.allowed_combinations.iter().flatten();
        let strength = AuthenticationStrength {
            name: row.display_name.as_deref().map_or_else(|| id.clone(), Into::into),
            combinations: combinations.map(|it| it.trim().into()).collect(),
            id: id.clone(),
        };
        (id, strength)
    });
    collected(strengths.collect(), [found.gap.clone(), rows.strange])
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DefaultsRow {
    is_enabled: bool,
}

/// Whether the security defaults are on.
pub(super) fn security_defaults(snapshot: &Snapshot<'_>) -> Collected<bool> {
    let found = match collection(snapshot, Dataset::SecurityDefaults) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<DefaultsRow>(found);
    match (rows.rows.first(), found.gap.clone().or(rows.strange)) {
        (Some(row), gap) => collected(row.is_enabled, [gap, None]),
        (None, Some(gap)) => Collected::Missing(gap),
        (None, None) => Collected::Missing(Gap::of(
            Dataset::SecurityDefaults,
            GapKind::ImpossiblyEmpty,
            "Graph returned no policy of the security defaults, which every tenant has",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cut, denied, load, text, whole};
    use super::*;

    fn policy_of(conditions: &str, rest: &str) -> ConditionalAccessPolicy {
        let row = format!(r#"{{"id":"P","conditions":{{{conditions}}}{rest}}}"#);
        let text = text(&[whole(Dataset::ConditionalAccessPolicies, None, &row)]);
        let Collected::Complete(mut policies) = policies(&load(&text)) else { panic!("{row}") };
        policies.pop().unwrap()
    }

    fn set<Item: Ord>(items: impl IntoIterator<Item = Item>) -> BTreeSet<Item> {
        items.into_iter().collect()
    }

    #[test]
    fn a_state_is_read_in_any_casing_and_an_unknown_one_kept() {
        for (state, expected) in [
            (r#","state":"ENABLED""#, PolicyState::Enabled),
            (r#","state":"Disabled""#, PolicyState::Disabled),
            (r#","state":"enabledforreportingbutnotenforced""#, PolicyState::ReportOnly),
            (r#","state":"paused""#, PolicyState::Unknown("paused".into())),
            (r#","state":null"#, PolicyState::Unknown("null".into())),
            ("", PolicyState::Unknown("null".into())),
        ] {
            assert_eq!(policy_of("", state).state, expected, "{state}");
        }
    }

    #[test]
    fn words_for_many_are_no_ids() {
        let policy = policy_of(
            r#""users":{"includeUsers":["all","ANA","None","GuestsOrExternalUsers"],
                "includeGroups":null,"includeRoles":["R-1"],"excludeUsers":["Bob"],
                "excludeGroups":["G"],"excludeRoles":[]}"#,
            "",
        );
        let expected = UserConditions {
            all: true,
            include_users: set([PrincipalId::new("ana")]),
            include_roles: set([RoleId::new("r-1")]),
            includes_guests: true,
            exclude_users: set([PrincipalId::new("bob")]),
            exclude_groups: set([PrincipalId::new("g")]),
            ..UserConditions::default()
        };
        assert_eq!(policy.users, expected);
        assert_eq!((&*policy.id, &*policy.name), ("p", "p"));
    }

    #[test]
    fn guests_are_excluded_by_word_or_by_type() {
        for (users, expected) in [
            ("", false),
            (r#""excludeGuestsOrExternalUsers":null"#, false),
            (r#""excludeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"None"}"#, false),
            (
                r#""excludeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"internalGuest"}"#,
                true,
            ),
            (r#""excludeGuestsOrExternalUsers":{}"#, true),
            (r#""excludeUsers":["guestsOrExternalUsers"]"#, true),
            (r#""includeUsers":["GuestsOrExternalUsers"]"#, false),
        ] {
            let policy = policy_of(&format!(r#""users":{{{users}}}"#), "");
            assert_eq!(policy.users.excludes_guests, expected, "{users}");
        }
    }

    #[test]
    fn applications_and_contexts_are_what_it_is_for() {
        for (applications, all, excludes, contexts) in [
            ("null", false, false, vec![]),
            (r#"{"includeApplications":["ALL"]}"#, true, false, vec![]),
            (r#"{"includeApplications":["Office365"]}"#, false, false, vec![]),
            (
                r#"{"includeApplications":["None"],"excludeApplications":["None"]}"#,
                false,
                false,
                vec![],
            ),
            (r#"{"includeApplications":["All"],"excludeApplications":["a"]}"#, true, true, vec![]),
            (
                r#"{"includeApplications":["All"],"applicationFilter":{"mode":"exclude"}}"#,
                true,
                true,
                vec![],
            ),
            (
                r#"{"includeAuthenticationContextClassReferences":["C1","c2"]}"#,
                false,
                false,
                vec!["c1", "c2"],
            ),
        ] {
            let policy = policy_of(&format!(r#""applications":{applications}"#), "");
            assert_eq!(policy.all_applications, all, "{applications}");
            assert_eq!(policy.excludes_applications, excludes, "{applications}");
            let found: Vec<&str> = policy.contexts.iter().map(|it| &**it).collect();
            assert_eq!(found, contexts, "{applications}");
        }
    }

    #[test]
    fn whatever_leaves_somebody_out_narrows() {
        for (conditions, expected) in [
            ("", false),
            (r#""clientAppTypes":null"#, false),
            (r#""clientAppTypes":["All"]"#, false),
            (r#""clientAppTypes":["browser"]"#, true),
            (
                r#""clientAppTypes":["browser","mobileAppsAndDesktopClients","other",
                    "exchangeActiveSync"]"#,
                false,
            ),
            (r#""platforms":null"#, false),
            (r#""platforms":{"includePlatforms":["all"],"excludePlatforms":[]}"#, false),
            (r#""platforms":{"includePlatforms":["all"],"excludePlatforms":["iOS"]}"#, true),
            (r#""platforms":{"includePlatforms":["android"]}"#, true),
            (r#""locations":{"includeLocations":["All"],"excludeLocations":null}"#, false),
            (r#""locations":{"includeLocations":["AllTrusted"]}"#, true),
            (r#""locations":{"includeLocations":["All"],"excludeLocations":["AllTrusted"]}"#, true),
            (r#""devices":{"deviceFilter":null}"#, false),
            (r#""devices":{"deviceFilter":{"mode":"exclude","rule":"x"}}"#, true),
            (r#""signInRiskLevels":[],"userRiskLevels":[]"#, false),
            (r#""signInRiskLevels":["high"]"#, true),
            (r#""userRiskLevels":["high"]"#, true),
            (r#""insiderRiskLevels":null"#, false),
            (r#""insiderRiskLevels":"elevated""#, true),
            (r#""authenticationFlows":{"transferMethods":"deviceCodeFlow"}"#, true),
        ] {
            assert_eq!(policy_of(conditions, "").narrowed, expected, "{conditions}");
        }
    }

    #[test]
    fn controls_are_read_in_any_casing_and_unknown_ones_kept() {
        for (controls, expected) in [
            ("", None),
            (r#","grantControls":null"#, None),
            (r#","grantControls":{}"#, Some(GrantControls::default())),
            (
                r#","grantControls":{"operator":"and","builtInControls":["MFA","Block"]}"#,
                Some(GrantControls { all: true, mfa: true, block: true, ..Default::default() }),
            ),
            (
                r#","grantControls":{"operator":"OR","builtInControls":["compliantDevice","new"],
                    "customAuthenticationFactors":["Duo"],"termsOfUse":["t1","t2"],
                    "authenticationStrength":{"id":"00AB","displayName":"x"}}"#,
                Some(GrantControls {
                    others: ["compliantDevice", "new", "Duo", "termsOfUse"]
                        .map(Arc::<str>::from)
                        .to_vec(),
                    strength: Some("00ab".into()),
                    ..Default::default()
                }),
            ),
        ] {
            assert_eq!(policy_of("", controls).grant, expected, "{controls}");
        }
    }

    #[test]
    fn a_strange_policy_makes_the_list_partial() {
        let dataset = Dataset::ConditionalAccessPolicies;
        let good = r#"{"id":"p","conditions":{}}"#;
        for (collections, count, is_whole) in [
            (vec![], 0, false),
            (vec![denied(dataset, None)], 0, false),
            (vec![cut(dataset, None, good)], 1, false),
            (vec![whole(dataset, None, "")], 0, true),
            (vec![whole(dataset, None, good)], 1, true),
            (vec![whole(dataset, None, &format!(r#"{good},{{"id":"q"}}"#))], 1, false),
            (
                vec![whole(dataset, None, &format!(r#"{good},{{"id":"q","conditions":null}}"#))],
                1,
                false,
            ),
        ] {
            let text = text(&collections);
            let found = policies(&load(&text));
            assert_eq!(found.at_least().map_or(0, Vec::len), count, "{collections:?}");
            assert_eq!(found.gap().is_none(), is_whole, "{collections:?}");
        }
    }

    #[test]
    fn contexts_and_strengths_are_found_by_lower_case_ids() {
        let text = text(&[
            whole(
                Dataset::AuthenticationContexts,
                None,
                r#"{"id":"C1","displayName":"Admin","isAvailable":true},{"id":"c2"}"#,
            ),
            whole(
                Dataset::AuthenticationStrengths,
                None,
                r#"{"id":"AB","displayName":"Strong","allowedCombinations":["fido2"]},
                    {"id":"cd","allowedCombinations":null}"#,
            ),
        ]);
        let snapshot = load(&text);
        let Collected::Complete(contexts) = contexts(&snapshot) else { panic!("contexts") };
        let found: Vec<_> =
            contexts.iter().map(|it| (&*it.claim, &*it.name, it.available)).collect();
        assert_eq!(found, [("c1", "Admin", Some(true)), ("c2", "c2", None)]);
        let Collected::Complete(strengths) = strengths(&snapshot) else { panic!("strengths") };
        assert!(strengths["ab"].resists_phishing());
        assert!(!strengths["cd"].resists_phishing());
        assert!(policies(&snapshot).is_missing());
    }

    #[test]
    fn security_defaults_are_one_row() {
        let dataset = Dataset::SecurityDefaults;
        for (collection, expected) in [
            (whole(dataset, None, r#"{"isEnabled":true}"#), Ok(true)),
            (whole(dataset, None, r#"{"isEnabled":false}"#), Ok(false)),
            (whole(dataset, None, ""), Err(GapKind::ImpossiblyEmpty)),
            (whole(dataset, None, r#"{"isEnabled":null}"#), Err(GapKind::Unreadable)),
            (denied(dataset, None), Err(GapKind::PermissionDenied)),
            (denied(Dataset::PimAlerts, None), Err(GapKind::NotRequested)),
        ] {
            let text = text(&[collection]);
            let found = security_defaults(&load(&text));
            assert_eq!(found.complete().copied().map_err(|gap| gap.kind), expected, "{text}");
        }
    }
}
