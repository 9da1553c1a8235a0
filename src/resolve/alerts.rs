//! PIM alerts of the directory roles, with their configuration and incidents.

use super::{Text, collected, collection, time, typed};
use crate::model::{
    Alert, AlertKind, Collected, Dataset, Gap, Incident, IsoDuration, PrincipalId, RoleId,
    Thresholds,
};
use crate::snapshot::Snapshot;
use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(default)]
    is_active: Option<bool>,
    #[serde(default)]
    incident_count: Option<i64>,
    #[serde(borrow, default)]
    last_scanned_date_time: Option<Text<'a>>,
    #[serde(borrow, default)]
    alert_configuration: Option<Configuration<'a>>,
    #[serde(borrow, default)]
    alert_incidents: Option<Vec<IncidentRow<'a>>>,
    #[serde(rename = "alertIncidents@odata.nextLink", default)]
    more_incidents: Option<IgnoredAny>,
}

/// Every property of every configuration; which of them count is decided by the kind of the alert.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Configuration<'a> {
    is_enabled: Option<bool>,
    global_admin_count_threshold: Option<i64>,
    percentage_of_global_admins_out_of_roles_threshold: Option<i64>,
    #[serde(borrow)]
    duration: Option<Text<'a>>,
    sequential_activation_counter_threshold: Option<i64>,
    #[serde(borrow)]
    time_interval_between_activations: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IncidentRow<'a> {
    #[serde(borrow, default)]
    assignee_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    role_template_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    role_definition_id: Option<Text<'a>>,
}

const SECONDS_OF_A_DAY: u64 = 86_400;

/// The alerts this version knows; a new kind is no fault.
pub(super) fn alerts(snapshot: &Snapshot<'_>) -> Collected<Vec<Alert>> {
    let found = match collection(snapshot, Dataset::PimAlerts) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<Row<'_>>(found);
    let mut alerts: Vec<Alert> = Vec::new();
    let mut faults = Vec::new();
    for row in &rows.rows {
        match kind(&row.id) {
            // A row can come twice when the list changes between two pages.
            Ok(Some(_)) if alerts.iter().any(|it| it.id.eq_ignore_ascii_case(&row.id)) => {}
            Ok(Some(kind)) => alerts.push(alert(kind, row, &mut faults)),
            Ok(None) => {}
            Err(cause) => faults.push(cause),
        }
    }
    let fault = faults.into_iter().next();
    let strange =
        rows.strange.or_else(|| fault.map(|cause| Gap::unreadable(Dataset::PimAlerts, cause)));
    collected(alerts, [found.gap.clone(), strange])
}

/// The kind by the end of an id such as `DirectoryRole_<tenant>_StaleSignInAlert`; `None` for a new
/// kind, an error for an id that names none.
fn kind(id: &str) -> Result<Option<AlertKind>, String> {
    let name = id.trim().rsplit('_').next().unwrap_or_default();
    let known = AlertKind::ALL.into_iter().find(|it| it.graph_name().eq_ignore_ascii_case(name));
    if known.is_none() && (name.is_empty() || !id.contains('_')) {
        return Err(format!("the id {id:?} names no alert"));
    }
    Ok(known)
}

fn alert(kind: AlertKind, row: &Row<'_>, faults: &mut Vec<String>) -> Alert {
    let configuration = row.alert_configuration.as_ref();
    // A list that goes on elsewhere is not the list.
    let incidents = row.alert_incidents.as_ref().filter(|_| row.more_incidents.is_none());
    Alert {
        kind,
        id: (*row.id).into(),
        enabled: configuration.and_then(|it| it.is_enabled),
        active: row.is_active,
        incident_count: count(row.incident_count),
        incidents: incidents.map(|rows| rows.iter().map(incident).collect()),
        scanned: time(row.last_scanned_date_time.as_deref()).unwrap_or_else(|cause| {
            faults.push(format!("lastScannedDateTime of {}: {cause}", row.id));
            None
        }),
        thresholds: configuration.map(|it| thresholds(kind, it, faults)).unwrap_or_default(),
    }
}

fn count(number: Option<i64>) -> Option<u32> {
    number.and_then(|number| u32::try_from(number).ok())
}

fn incident(row: &IncidentRow<'_>) -> Incident {
    Incident {
        assignee: id(row.assignee_id.as_deref()).map(PrincipalId::new),
        role: id(row.role_template_id.as_deref())
            .or_else(|| id(row.role_definition_id.as_deref()))
            .map(RoleId::new),
    }
}

fn id(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn thresholds(kind: AlertKind, row: &Configuration<'_>, faults: &mut Vec<String>) -> Thresholds {
    match kind {
        AlertKind::TooManyGlobalAdministrators => Thresholds {
            global_administrators: count(row.global_admin_count_threshold),
            global_administrator_percent: count(
                row.percentage_of_global_admins_out_of_roles_threshold,
            ),
            ..Thresholds::default()
        },
        AlertKind::StaleSignIn | AlertKind::RedundantAssignment => Thresholds {
            // A part of a day counts as one: nobody passes by rounding.
            days: seconds(kind, row.duration.as_deref(), faults).map(|seconds| {
                u32::try_from(seconds.div_ceil(SECONDS_OF_A_DAY)).unwrap_or(u32::MAX)
            }),
            ..Thresholds::default()
        },
        AlertKind::SequentialActivationRenewals => Thresholds {
            activations: count(row.sequential_activation_counter_threshold),
            interval_seconds: seconds(
                kind,
                row.time_interval_between_activations.as_deref(),
                faults,
            ),
            ..Thresholds::default()
        },
        AlertKind::RolesAssignedOutsidePim
        | AlertKind::NoMfaOnRoleActivation
        | AlertKind::InvalidLicense => Thresholds::default(),
    }
}

fn seconds(kind: AlertKind, text: Option<&str>, faults: &mut Vec<String>) -> Option<u64> {
    match IsoDuration::parse(text?.trim()) {
        Ok(duration) => Some(duration.seconds()),
        Err(error) => {
            faults.push(format!("configuration of {kind}: {error}"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cut, denied, load, text, whole};
    use super::*;

    /// The alerts of these rows, and whether the list is whole.
    fn read(rows: &str) -> (Vec<Alert>, bool) {
        let text = text(&[whole(Dataset::PimAlerts, None, rows)]);
        match alerts(&load(&text)) {
            Collected::Complete(alerts) => (alerts, true),
            Collected::Partial(alerts, _) => (alerts, false),
            Collected::Missing(gap) => panic!("{gap}"),
        }
    }

    fn one(name: &str, rest: &str) -> (Alert, bool) {
        let (mut alerts, is_whole) = read(&format!(r#"{{"id":"DirectoryRole_t_{name}"{rest}}}"#));
        (alerts.pop().unwrap(), is_whole)
    }

    #[test]
    fn the_end_of_the_id_names_the_alert() {
        for kind in AlertKind::ALL {
            let lower = kind.graph_name().to_ascii_lowercase();
            for name in [kind.graph_name(), lower.as_str()] {
                let (alert, is_whole) = one(name, "");
                assert_eq!((alert.kind, is_whole), (kind, true), "{name}");
            }
        }
        for (id, is_whole) in
            [("DirectoryRole_t_NewAlert", true), ("nothing", false), ("t_", false), ("", false)]
        {
            assert_eq!(read(&format!(r#"{{"id":"{id}"}}"#)), (vec![], is_whole), "{id}");
        }
    }

    #[test]
    fn what_was_not_sent_is_not_known() {
        let (alert, is_whole) = one("StaleSignInAlert", "");
        let expected = Alert {
            kind: AlertKind::StaleSignIn,
            id: "DirectoryRole_t_StaleSignInAlert".into(),
            enabled: None,
            active: None,
            incident_count: None,
            incidents: None,
            scanned: None,
            thresholds: Thresholds::default(),
        };
        assert_eq!((alert, is_whole), (expected, true));
        for (rest, enabled) in [
            (r#","alertConfiguration":null"#, None),
            (r#","alertConfiguration":{}"#, None),
            (r#","alertConfiguration":{"isEnabled":false}"#, Some(false)),
            (r#","alertConfiguration":{"isEnabled":true}"#, Some(true)),
        ] {
            assert_eq!(one("InvalidLicenseAlert", rest).0.enabled, enabled, "{rest}");
        }
    }

    #[test]
    fn incidents_are_known_when_all_of_them_came() {
        let ana = || Incident { assignee: Some(PrincipalId::new("ana")), role: None };
        let role = |id: &str| Incident { assignee: None, role: Some(RoleId::new(id)) };
        for (incidents, expected) in [
            (r#""alertIncidents":null"#, None),
            (r#""alertIncidents":[]"#, Some(vec![])),
            (r#""alertIncidents":[{"assigneeId":"ANA","roleTemplateId":""}]"#, Some(vec![ana()])),
            (
                r#""alertIncidents":[{"roleTemplateId":"T","roleDefinitionId":"d"},
                    {"roleTemplateId":null,"roleDefinitionId":"D"},{"tenantLicenseStatus":"x"}]"#,
                Some(vec![role("t"), role("d"), Incident::default()]),
            ),
            (
                r#""alertIncidents":[{"assigneeId":"ana"}],
                    "alertIncidents@odata.nextLink":"https://graph.example/x""#,
                None,
            ),
        ] {
            let (alert, is_whole) = one("StaleSignInAlert", &format!(",{incidents}"));
            assert_eq!((alert.incidents, is_whole), (expected, true), "{incidents}");
        }
    }

    #[test]
    fn each_alert_has_its_own_thresholds() {
        let all = r#","alertConfiguration":{"globalAdminCountThreshold":5,
            "percentageOfGlobalAdminsOutOfRolesThreshold":10,"duration":"P30D",
            "sequentialActivationCounterThreshold":3,"timeIntervalBetweenActivations":"PT1H"}"#;
        let none = Thresholds::default();
        for (kind, expected) in [
            (
                AlertKind::TooManyGlobalAdministrators,
                Thresholds {
                    global_administrators: Some(5),
                    global_administrator_percent: Some(10),
                    ..none
                },
            ),
            (AlertKind::StaleSignIn, Thresholds { days: Some(30), ..none }),
            (AlertKind::RedundantAssignment, Thresholds { days: Some(30), ..none }),
            (
                AlertKind::SequentialActivationRenewals,
                Thresholds { activations: Some(3), interval_seconds: Some(3600), ..none },
            ),
            (AlertKind::InvalidLicense, none),
            (AlertKind::NoMfaOnRoleActivation, none),
            (AlertKind::RolesAssignedOutsidePim, none),
        ] {
            let (alert, is_whole) = one(kind.graph_name(), all);
            assert_eq!((alert.thresholds, is_whole), (expected, true), "{kind}");
        }
        for (duration, days, is_whole) in [
            ("null", None, true),
            (r#""P90DT1S""#, Some(91), true),
            (r#""P0D""#, Some(0), true),
            (r#""-P1D""#, None, false),
            (r#""30 days""#, None, false),
        ] {
            let rest = format!(r#","alertConfiguration":{{"duration":{duration}}}"#);
            let (alert, found) = one("StaleSignInAlert", &rest);
            assert_eq!((alert.thresholds.days, found), (days, is_whole), "{duration}");
        }
    }

    #[test]
    fn a_scan_is_never_or_at_a_time() {
        for (scanned, expected, is_whole) in [
            ("null", None, true),
            (r#""0001-01-01T08:00:00Z""#, None, true),
            (r#""2026-11-02T03:00:00Z""#, Some("2026-11-02T03:00:00Z"), true),
            (r#""yesterday""#, None, false),
        ] {
            let rest = format!(r#","lastScannedDateTime":{scanned},"incidentCount":-1"#);
            let (alert, found) = one("StaleSignInAlert", &rest);
            let expected = time(expected).unwrap();
            assert_eq!((alert.scanned, found), (expected, is_whole), "{scanned}");
            assert_eq!(alert.incident_count, None);
        }
    }

    #[test]
    fn a_list_that_was_not_read_is_not_empty() {
        let dataset = Dataset::PimAlerts;
        let row = r#"{"id":"DirectoryRole_t_StaleSignInAlert"}"#;
        for (collections, count) in [
            (vec![], None),
            (vec![denied(dataset, None)], None),
            (vec![cut(dataset, None, row)], Some(1)),
            (vec![cut(dataset, None, &format!("{row},{row}"))], Some(1)),
            (vec![whole(dataset, None, &format!("{row},{{}}"))], Some(1)),
        ] {
            let text = text(&collections);
            let found = alerts(&load(&text));
            assert!(found.gap().is_some(), "{collections:?}");
            assert_eq!(found.at_least().ok().map(Vec::len), count, "{collections:?}");
        }
    }
}
