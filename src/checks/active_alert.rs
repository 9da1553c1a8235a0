//! `active-alert`: whether one of PIM's own alerts is active.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant, counted, unread};
use crate::facts::Facts;
use crate::model::{
    Alert, AlertKind, Dataset, Evidence, Gap, GapKind, Incident, Outcome, PrincipalId,
};
use jiff::SignedDuration;
use std::collections::BTreeSet;

const EXPECTED: &str = "the alert is on and not active";
/// Microsoft Entra security operations for PIM.
const WITHOUT_EXCEPTION: &str = "without-exception";
/// A look older than this says nothing of today; pimaudit's own bound.
const FRESH: SignedDuration = SignedDuration::from_hours(48);
/// From this many incidents on there is no credit left.
const INCIDENTS_WITHOUT_CREDIT: f64 = 10.0;

/// The check.
pub static CHECK: Check = Check {
    id: "active-alert",
    title: "PIM alert is active",
    what: "Reads each of the seven PIM alerts for directory roles. An active one fails as long as incidents \
        are left after those of declared break-glass accounts; the more there are, the less credit. An \
        alert that is off, or did not look within 48 hours, proves nothing.",
    why: "PIM looks every day and says so when somebody went round it, left a role unused or stopped \
        signing in. An alert nobody answers is an alarm nobody hears.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Alerts > (the alert): work through its incidents, then scan again",
        graph: &[
            "GET /beta/identityGovernance/roleManagementAlerts/alerts/<id of the alert>/alertIncidents",
            "POST /beta/identityGovernance/roleManagementAlerts/alerts/<id of the alert>/refresh",
        ],
    },
    references: &[
        "Microsoft Entra security operations for PIM: alerts",
        "Maester MT.1029",
        "Maester MT.1030",
        "Maester MT.1031",
        "Maester MT.1032",
    ],
    subjects: Subjects::Alerts,
    // The principals tell which incidents are about a break-glass account.
    needs: &[Dataset::PimAlerts, Dataset::Principals],
    variants: &[Variant {
        name: WITHOUT_EXCEPTION,
        meaning: "incidents of declared break-glass accounts count like any other",
    }],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let kind = facts
        .alert_kind()
        .ok_or_else(|| Gap::new(GapKind::Unreadable, "the subject is not an alert"))?;
    let alert = facts.alerts()?.iter().find(|alert| alert.kind == kind).ok_or_else(|| {
        let detail = format!("{} is missing from the alerts", kind.graph_name());
        Gap::of(Dataset::PimAlerts, GapKind::Incomplete, detail)
    })?;
    must_be_watching(facts, alert)?;
    let active = alert.active.ok_or_else(|| unread(alert, "isActive"))?;
    let outcome = if active {
        by_incidents(facts, alert, expect)?
    } else {
        Outcome::pass("not active", EXPECTED)
    };
    let count = alert.incident_count.map_or_else(|| "null".to_owned(), |count| count.to_string());
    let evidence = |field: &'static str, value: String| {
        Evidence::new(Dataset::PimAlerts, &alert.id, field, value)
    };
    let alerts = "/beta/identityGovernance/roleManagementAlerts/alerts";
    Ok(outcome
        .calls(vec![
            format!("GET {alerts}/{}/alertIncidents", alert.id),
            format!("POST {alerts}/{}/refresh", alert.id),
        ])
        .maybe_note(caution(kind, active))
        .evidence(evidence("isActive", active.to_string()))
        .evidence(evidence("incidentCount", count)))
}

/// An alert speaks of today only when it is on and looked lately.
fn must_be_watching(facts: &Facts, alert: &Alert) -> Result<(), Gap> {
    let name = alert.kind.graph_name();
    let too_old = |detail: String| Err(Gap::of(Dataset::PimAlerts, GapKind::TooOld, detail));
    match alert.enabled {
        Some(true) => {}
        Some(false) => {
            let detail = format!(
                "{name} is switched off and proves nothing; alert-switched-off judges that"
            );
            return Err(Gap::of(Dataset::PimAlerts, GapKind::SwitchedOff, detail));
        }
        None => return Err(unread(alert, "isEnabled")),
    }
    match alert.scanned {
        Some(scanned) if facts.now().duration_since(scanned) <= FRESH => Ok(()),
        Some(scanned) => too_old(format!("{name} looked last at {scanned}")),
        None => too_old(format!("{name} has never looked")),
    }
}

fn by_incidents(facts: &Facts, alert: &Alert, expect: &Expect) -> Result<Outcome, Gap> {
    let without_exception = expect.is_variant(WITHOUT_EXCEPTION);
    let incomplete = |detail: &str| {
        let detail = format!("{} is active, but {detail}", alert.kind.graph_name());
        Gap::of(Dataset::PimAlerts, GapKind::Incomplete, detail)
    };
    let listed = alert.incidents.as_deref().unwrap_or_default();
    let counted_by_graph = match (alert.incident_count, &alert.incidents) {
        (Some(count), _) => usize::try_from(count).unwrap_or(usize::MAX),
        (None, Some(_)) => listed.len(),
        (None, None) => return Err(incomplete("its incidents were not read")),
    };
    let total = listed.len().max(counted_by_graph);
    if total == 0 {
        let detail = format!("{} is active, but has no incident", alert.kind.graph_name());
        return Err(Gap::unreadable(Dataset::PimAlerts, detail));
    }
    let of_whom = |incident: &Incident| match without_exception {
        true => Whose::Somebody,
        false => whose(facts, alert.kind, incident.assignee.as_ref()),
    };
    let ascribed: Vec<Whose> = listed.iter().map(of_whom).collect();
    let of = |wanted: Whose| ascribed.iter().filter(|it| **it == wanted).count();
    let excused = of(Whose::BreakGlass);
    let left = total - excused;
    if left == 0 {
        return Ok(Outcome::pass("active for break-glass accounts alone", EXPECTED)
            .note(excused_note(excused))
            .measure("incidents", 0.0));
    }
    // Of what is not listed nobody knows whom it is about.
    let unlisted = total - listed.len();
    let all_count = without_exception || whose_unlisted(facts, alert.kind) == Whose::Somebody;
    let certain = of(Whose::Somebody) + if all_count { unlisted } else { 0 };
    if certain == 0 {
        return Err(incomplete(
            "whether its incidents are about break-glass accounts is not known",
        ));
    }
    let observed = format!("active, {}", counted(left, "incident", "incidents"));
    let credit = 1.0 - left as f64 / INCIDENTS_WITHOUT_CREDIT;
    let listed_left = listed.iter().zip(&ascribed).filter(|(_, it)| **it != Whose::BreakGlass);
    Ok(Outcome::fail_with_credit(credit, observed, EXPECTED)
        .measure("incidents", left as f64)
        .maybe_note(about(facts, listed_left.map(|(incident, _)| incident)))
        .maybe_note((excused > 0).then(|| excused_note(excused))))
}

/// Whom an incident is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// A declared break-glass account.
    BreakGlass,
    /// Anybody else, or nobody at all.
    Somebody,
    /// Maybe a declared break-glass account.
    Unknown,
}

fn whose(facts: &Facts, kind: AlertKind, assignee: Option<&PrincipalId>) -> Whose {
    let Some(id) = assignee else { return whose_unlisted(facts, kind) };
    if facts.is_break_glass(id) {
        return Whose::BreakGlass;
    }
    // A declared account that was not found can only be somebody who was not read.
    let unfound = facts.break_glass().iter().any(|account| account.principal.is_none());
    if unfound && facts.principal_by_id(id).is_err() { Whose::Unknown } else { Whose::Somebody }
}

/// Whom an incident is about that names nobody.
fn whose_unlisted(facts: &Facts, kind: AlertKind) -> Whose {
    let names_people = match kind {
        AlertKind::RolesAssignedOutsidePim
        | AlertKind::StaleSignIn
        | AlertKind::RedundantAssignment
        | AlertKind::TooManyGlobalAdministrators
        | AlertKind::SequentialActivationRenewals => true,
        AlertKind::NoMfaOnRoleActivation | AlertKind::InvalidLicense => false,
    };
    if names_people && !facts.break_glass().is_empty() { Whose::Unknown } else { Whose::Somebody }
}

fn excused_note(count: usize) -> String {
    let incidents = counted(count, "incident", "incidents");
    format!("{incidents} of declared break-glass accounts left out")
}

/// The people the incidents are about, else the roles.
fn about<'i>(facts: &Facts, incidents: impl Iterator<Item = &'i Incident>) -> Option<String> {
    let mut people = BTreeSet::new();
    let mut roles = BTreeSet::new();
    for incident in incidents {
        people.extend(incident.assignee.clone());
        roles.extend(incident.role.as_ref().map(|role| facts.role_by_id(role).name));
    }
    if !people.is_empty() {
        return Some(format!("about: {}", facts.names_of(&people)));
    }
    let roles: Vec<&str> = roles.iter().map(|role| &**role).collect();
    (!roles.is_empty()).then(|| format!("roles: {}", roles.join(", ")))
}

/// What a reader should know of this alert beside its state.
const fn caution(kind: AlertKind, active: bool) -> Option<&'static str> {
    match (kind, active) {
        (AlertKind::NoMfaOnRoleActivation, true) => {
            Some("it may also name roles that ask for an authentication context instead of MFA")
        }
        (AlertKind::TooManyGlobalAdministrators, false) => Some(
            "it speaks only when both thresholds are crossed; global-administrator-count decides",
        ),
        (
            AlertKind::RolesAssignedOutsidePim
            | AlertKind::StaleSignIn
            | AlertKind::RedundantAssignment
            | AlertKind::NoMfaOnRoleActivation
            | AlertKind::InvalidLicense
            | AlertKind::TooManyGlobalAdministrators
            | AlertKind::SequentialActivationRenewals,
            true | false,
        ) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::RoleId;

    const STALE: AlertKind = AlertKind::StaleSignIn;

    fn judged(case: &Case, kind: AlertKind) -> Result<Outcome, Gap> {
        case.judge_alert(&CHECK, kind, &Expect::Required)
    }

    fn named(outcome: Result<Outcome, Gap>) -> Result<&'static str, GapKind> {
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    fn credit_of(outcome: &Outcome) -> f64 {
        let Outcome::Judged { credit, .. } = outcome else { panic!("not judged: {outcome:?}") };
        *credit
    }

    fn has_note(outcome: &Outcome, words: &str) -> bool {
        outcome.details().unwrap().notes.iter().any(|note| note.contains(words))
    }

    fn incidents(assignees: &[&str]) -> Option<Vec<Incident>> {
        let incident = |id: &&str| Incident { assignee: Some(PrincipalId::new(id)), role: None };
        Some(assignees.iter().map(incident).collect())
    }

    /// One active alert with these incidents; `bg` is a declared break-glass account, `ana` is not.
    fn case_of(kind: AlertKind, count: Option<u32>, incidents: Option<Vec<Incident>>) -> Case {
        let mut case = Case::new();
        case.user("ana");
        case.user("bg");
        case.organisation.break_glass.push("bg".to_owned());
        let alert = case.alert(kind);
        alert.active = Some(true);
        alert.incident_count = count;
        alert.incidents = incidents;
        case
    }

    #[test]
    fn an_unread_or_a_missing_alert_is_not_assessed() {
        let mut case = case_of(STALE, Some(0), incidents(&[]));
        case.missing(Dataset::PimAlerts);
        assert_eq!(named(judged(&case, STALE)), Err(GapKind::PermissionDenied));
        let case = case_of(STALE, Some(0), incidents(&[]));
        let other = AlertKind::RedundantAssignment;
        assert_eq!(named(judged(&case, other)), Err(GapKind::Incomplete));
    }

    #[test]
    fn an_alert_that_is_off_or_did_not_look_proves_nothing() {
        for active in [true, false] {
            for (enabled, scanned, expected) in [
                (Some(false), Some("2026-11-02T08:00:00Z"), Some(GapKind::SwitchedOff)),
                (Some(false), None, Some(GapKind::SwitchedOff)),
                (None, Some("2026-11-02T08:00:00Z"), Some(GapKind::Unreadable)),
                (Some(true), None, Some(GapKind::TooOld)),
                (Some(true), Some("2026-10-31T08:59:59Z"), Some(GapKind::TooOld)),
                (Some(true), Some("2026-10-31T09:00:00Z"), None),
            ] {
                let mut case = Case::new();
                let alert = case.alert(STALE);
                alert.active = Some(active);
                alert.incident_count = Some(1);
                alert.enabled = enabled;
                alert.scanned = scanned.map(|it| it.parse().unwrap());
                let outcome = judged(&case, STALE).map(|_| ()).map_err(|gap| gap.kind);
                let expected = expected.map_or(Ok(()), Err);
                assert_eq!(outcome, expected, "{active} {enabled:?} {scanned:?}");
            }
        }
    }

    #[test]
    fn whether_it_is_active_must_be_known() {
        for (active, expected) in
            [(None, Err(GapKind::Unreadable)), (Some(false), Ok("pass")), (Some(true), Ok("fail"))]
        {
            let mut case = case_of(STALE, Some(1), incidents(&["ana"]));
            case.alert(STALE).active = active;
            assert_eq!(named(judged(&case, STALE)), expected, "{active:?}");
        }
    }

    #[test]
    fn credit_falls_with_the_incidents() {
        for (count, credit) in [(1, 0.5), (5, 0.5), (6, 0.4), (9, 0.1), (10, 0.0), (400, 0.0)] {
            let mut case = Case::new();
            let alert = case.alert(STALE);
            alert.active = Some(true);
            alert.incident_count = Some(count);
            alert.incidents = None;
            let outcome = judged(&case, STALE).unwrap();
            assert_eq!(outcome.name(), "fail", "{count}");
            assert!((credit_of(&outcome) - credit).abs() < 1e-9, "{count}: {outcome:?}");
        }
    }

    #[test]
    fn incidents_of_break_glass_accounts_do_not_count() {
        let both = Some(("active, 1 incident", 0.5));
        for (count, listed, expected) in [
            (Some(2), incidents(&["bg", "ana"]), Ok(both)),
            (None, incidents(&["bg", "ana"]), Ok(both)),
            (Some(1), incidents(&["bg"]), Ok(None)),
            (None, incidents(&["bg", "BG"]), Ok(None)),
            // The list is newer than the count.
            (Some(1), incidents(&["bg", "ana"]), Ok(both)),
            // What is not listed may be the break-glass account.
            (Some(2), incidents(&["bg"]), Err(GapKind::Incomplete)),
            (Some(2), None, Err(GapKind::Incomplete)),
            // One is certain; the other one takes credit all the same.
            (Some(7), incidents(&["ana"]), Ok(Some(("active, 7 incidents", 0.3)))),
        ] {
            let case = case_of(STALE, count, listed.clone());
            let outcome = judged(&case, STALE);
            match (outcome, expected) {
                (Ok(outcome), Ok(Some((observed, credit)))) => {
                    assert_eq!(outcome.name(), "fail", "{count:?} {listed:?}");
                    assert_eq!(outcome.details().unwrap().observed, observed);
                    assert!((credit_of(&outcome) - credit).abs() < 1e-9, "{count:?} {listed:?}");
                    assert!(has_note(&outcome, "about: ana@contoso.example"));
                }
                (Ok(outcome), Ok(None)) => {
                    assert_eq!(outcome.name(), "pass", "{count:?} {listed:?}");
                    assert!(has_note(&outcome, "of declared break-glass accounts left out"));
                }
                (Err(gap), Err(kind)) => assert_eq!(gap.kind, kind, "{count:?} {listed:?}"),
                (outcome, _) => panic!("{count:?} {listed:?}: {outcome:?}"),
            }
        }
    }

    #[test]
    fn a_source_may_except_nobody() {
        for (count, listed, by_default, without_exception, observed) in [
            (Some(1), incidents(&["bg"]), Ok("pass"), Ok("fail"), "active, 1 incident"),
            (Some(2), incidents(&["bg", "ana"]), Ok("fail"), Ok("fail"), "active, 2 incidents"),
            (Some(2), None, Err(GapKind::Incomplete), Ok("fail"), "active, 2 incidents"),
            (Some(0), None, Err(GapKind::Unreadable), Err(GapKind::Unreadable), ""),
        ] {
            let case = case_of(STALE, count, listed.clone());
            let words = format!("{count:?} {listed:?}");
            assert_eq!(named(judged(&case, STALE)), by_default, "{words}");
            let outcome = case.judge_alert(&CHECK, STALE, &Expect::Variant(WITHOUT_EXCEPTION));
            if let Ok(outcome) = &outcome {
                assert_eq!(outcome.details().unwrap().observed, observed, "{words}");
                assert!(!has_note(outcome, "left out"), "{words}");
            }
            assert_eq!(named(outcome), without_exception, "{words}");
        }
    }

    #[test]
    fn an_active_alert_without_an_incident_contradicts_itself() {
        for (count, listed, expected) in [
            (Some(0), incidents(&[]), GapKind::Unreadable),
            (Some(0), None, GapKind::Unreadable),
            (None, incidents(&[]), GapKind::Unreadable),
            (None, None, GapKind::Incomplete),
        ] {
            let outcome = judged(&case_of(STALE, count, listed.clone()), STALE);
            assert_eq!(outcome.unwrap_err().kind, expected, "{count:?} {listed:?}");
        }
    }

    #[test]
    fn a_break_glass_account_that_was_not_found_leaves_strangers_in_doubt() {
        for (listed, expected) in [
            (incidents(&["stranger"]), Err(GapKind::Incomplete)),
            (incidents(&["ana"]), Ok("fail")),
            (incidents(&["stranger", "ana"]), Ok("fail")),
        ] {
            let mut case = case_of(STALE, None, listed.clone());
            case.organisation.break_glass = vec!["bg9@contoso.example".to_owned()];
            assert_eq!(named(judged(&case, STALE)), expected, "{listed:?}");
        }
        let mut found = case_of(STALE, None, incidents(&["stranger"]));
        assert_eq!(named(judged(&found, STALE)), Ok("fail"));
        found.missing(Dataset::Principals);
        assert_eq!(named(judged(&found, STALE)), Err(GapKind::Incomplete));
    }

    #[test]
    fn alerts_about_people_may_mean_a_break_glass_account_and_others_never_do() {
        for kind in AlertKind::ALL {
            let about_people =
                !matches!(kind, AlertKind::NoMfaOnRoleActivation | AlertKind::InvalidLicense);
            let expected = if about_people { Err(GapKind::Incomplete) } else { Ok("fail") };
            let nameless = Some(vec![Incident::default()]);
            assert_eq!(named(judged(&case_of(kind, Some(1), nameless), kind)), expected, "{kind}");
            assert_eq!(named(judged(&case_of(kind, Some(1), None), kind)), expected, "{kind}");
            let mut undeclared = case_of(kind, Some(1), None);
            undeclared.organisation.break_glass.clear();
            assert_eq!(named(judged(&undeclared, kind)), Ok("fail"), "{kind}");
        }
    }

    #[test]
    fn two_alerts_carry_a_caution() {
        let without_mfa = AlertKind::NoMfaOnRoleActivation;
        let role = Some(RoleId::new(GLOBAL_ADMINISTRATOR));
        let listed = Some(vec![Incident { assignee: None, role }]);
        let outcome = judged(&case_of(without_mfa, Some(1), listed), without_mfa).unwrap();
        assert!(has_note(&outcome, "authentication context"));
        assert!(has_note(&outcome, "roles: Global Administrator"));
        for kind in AlertKind::ALL {
            let mut case = Case::new();
            case.alert(kind);
            let outcome = judged(&case, kind).unwrap();
            assert_eq!(outcome.name(), "pass", "{kind}");
            let weak = kind == AlertKind::TooManyGlobalAdministrators;
            assert_eq!(has_note(&outcome, "both thresholds"), weak, "{kind}");
        }
    }

    #[test]
    fn every_alert_is_a_subject() {
        let mut case = Case::new();
        for kind in AlertKind::ALL {
            case.alert(kind);
        }
        let subjects = case.subjects(&CHECK);
        assert_eq!(subjects.len(), AlertKind::ALL.len());
        assert!(subjects.contains(&"alert:stale-sign-in".to_owned()), "{subjects:?}");
    }
}
