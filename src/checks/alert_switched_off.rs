//! `alert-switched-off`: whether the seven alerts of PIM are kept on, and keep looking.

use super::{Check, Expect, ExpectShape, Fix, Subjects, Variant, unread};
use crate::facts::Facts;
use crate::model::{Alert, AlertKind, Dataset, Evidence, Gap, GapKind, Outcome};
use jiff::{SignedDuration, Timestamp};

const EXPECTED: &str = "all seven PIM alerts on, none of them too lax";
/// Microsoft Entra security operations for PIM, which gives no bounds.
const ALL_ON: &str = "all-on";
const EXPECTED_ON: &str = "all seven PIM alerts on";
/// A look older than this says nothing of today; pimaudit's own bound.
const FRESH: SignedDuration = SignedDuration::from_hours(48);
/// Longest wait, in days, of the two alerts that have one; pimaudit's own bound, Microsoft allows 365.
const LONGEST_WAIT: u32 = 90;
/// Microsoft advises fewer than five Global Administrators; the alert must speak from five on.
const MOST_GLOBAL_ADMINISTRATORS: u32 = 5;
/// Percent of all role holders; the bound of `global-administrator-share`.
const LARGEST_SHARE: u32 = 30;
/// One activation is no sequence. Microsoft's range begins here.
const FEWEST_ACTIVATIONS: u32 = 2;
/// Activations further apart than the interval are never counted together; pimaudit's own bound.
const SHORTEST_INTERVAL_SECONDS: u64 = 3600;

/// The check.
pub static CHECK: Check = Check {
    id: "alert-switched-off",
    title: "PIM alerts switched off",
    what: "Reads the configuration of the seven PIM alerts for directory roles: each is on, its thresholds \
        let it speak, and it looked within 48 hours. It fails when the alert on roles assigned outside PIM, \
        or the one on activation without MFA, is off; otherwise each alert that is off or too lax costs a \
        seventh.",
    why: "Whoever wants to stay unseen switches the alarm off first. An alert that is off, or that would \
        speak years too late, never shows anything.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Alerts > Setting: switch every alert on; stale sign-in and unused roles after at most \
            90 days, Global Administrators from at most 5 and 30 percent on, repeated activations from 2 \
            within an hour or more",
        graph: &[
            "PATCH /beta/identityGovernance/roleManagementAlerts/alertConfigurations/<id of the alert> \
            {\"@odata.type\":\"#microsoft.graph.<type of the alert>AlertConfiguration\",\"isEnabled\":true}",
        ],
    },
    references: &[
        "Microsoft Entra security operations for PIM: alerts",
        "Investigators' roles: audit and alerts",
        "Sigma: PIM alert setting changes to disabled (aeaef14c)",
    ],
    subjects: Subjects::Tenant,
    needs: &[Dataset::PimAlerts],
    variants: &[Variant {
        name: ALL_ON,
        meaning: "any alert that is off fails; one that is too lax, or did not look lately, is only told",
    }],
    expect: ExpectShape::Required,
    waivable: true,
    judge,
};

/// How one alert is set.
enum Setting {
    /// On, and it would speak in time.
    Kept,
    /// On, but it would speak too late or never; why.
    Lax(String),
    /// Off.
    Off,
}

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let all_on = expect.is_variant(ALL_ON);
    let alerts = facts.alerts()?;
    if alerts.is_empty() {
        let detail = "PIM lists no alert, but it always has seven";
        return Err(Gap::of(Dataset::PimAlerts, GapKind::ImpossiblyEmpty, detail));
    }
    let (mut kept, mut on) = (0_usize, 0_usize);
    let mut silenced = false;
    let mut unknown = None;
    let mut notes = Vec::new();
    let mut rows = Vec::new();
    let mut calls = Vec::new();
    for kind in AlertKind::ALL {
        let Some(alert) = alerts.iter().find(|alert| alert.kind == kind) else {
            let detail = format!("{} is missing from the alerts", kind.graph_name());
            let gap = Gap::of(Dataset::PimAlerts, GapKind::Incomplete, detail);
            unknown.get_or_insert(gap);
            continue;
        };
        rows.push(alert);
        on += usize::from(alert.enabled == Some(true));
        match setting(alert, facts.now()) {
            Ok(Setting::Kept) => kept += 1,
            Ok(Setting::Lax(why)) => notes.push(format!("too lax: {}: {why}", kind.title())),
            Ok(Setting::Off) => {
                silenced |= all_on || matters_most(kind);
                notes.push(format!("switched off: {}", kind.title()));
                calls.push(format!(
                    "PATCH /beta/identityGovernance/roleManagementAlerts/alertConfigurations/{} \
                     {{\"@odata.type\":\"#microsoft.graph.{}AlertConfiguration\",\"isEnabled\":true}}",
                    alert.id,
                    kind.type_stem()
                ));
            }
            // That it is on is known; when it speaks is not what the rule asks.
            Err(gap) if all_on && alert.enabled == Some(true) => {
                notes.push(format!("on, and no more is known: {}: {gap}", kind.title()));
            }
            Err(gap) => {
                unknown.get_or_insert(gap);
            }
        }
    }
    let all = AlertKind::ALL.len();
    let outcome = if all_on {
        let observed = format!("{on} of {all} alerts on");
        match unknown {
            // One that is off proves it, whatever could not be read of the others.
            _ if silenced => Outcome::fail(observed, EXPECTED_ON),
            Some(gap) => return Err(gap),
            None => Outcome::pass(observed, EXPECTED_ON),
        }
    } else {
        graded(kept, silenced, unknown)?
    };
    let outcome = outcome.calls(calls).measure("alerts on and not too lax", kept as f64);
    let outcome = rows.into_iter().fold(outcome, |outcome, alert| {
        let enabled = alert.enabled.map_or_else(|| "null".to_owned(), |on| on.to_string());
        let field = "alertConfiguration.isEnabled";
        outcome.evidence(Evidence::new(Dataset::PimAlerts, &alert.id, field, enabled))
    });
    Ok(notes.into_iter().fold(outcome, Outcome::note))
}

/// Each alert that is not kept on costs its share; two of them may never be off.
fn graded(kept: usize, silenced: bool, unknown: Option<Gap>) -> Result<Outcome, Gap> {
    let all = AlertKind::ALL.len();
    let observed = format!("{kept} of {all} alerts on and not too lax");
    Ok(match unknown {
        // The switch alone proves this, whatever could not be read beside it.
        _ if silenced => Outcome::fail(observed, EXPECTED),
        Some(gap) => return Err(gap),
        None if kept == all => Outcome::pass(observed, EXPECTED),
        None => Outcome::partial(kept as f64 / all as f64, observed, EXPECTED),
    })
}

/// The alerts without which a way round PIM, or a role without MFA, is seen by nobody.
const fn matters_most(kind: AlertKind) -> bool {
    match kind {
        AlertKind::RolesAssignedOutsidePim | AlertKind::NoMfaOnRoleActivation => true,
        AlertKind::StaleSignIn
        | AlertKind::RedundantAssignment
        | AlertKind::InvalidLicense
        | AlertKind::TooManyGlobalAdministrators
        | AlertKind::SequentialActivationRenewals => false,
    }
}

fn setting(alert: &Alert, now: Timestamp) -> Result<Setting, Gap> {
    match alert.enabled {
        Some(true) => {}
        // It is never scanned then, so the age of the last look says nothing.
        Some(false) => return Ok(Setting::Off),
        None => return Err(unread(alert, "isEnabled")),
    }
    if let Some(why) = lax(alert)? {
        return Ok(Setting::Lax(why));
    }
    let fresh = alert.scanned.is_some_and(|scanned| now.duration_since(scanned) <= FRESH);
    if fresh {
        return Ok(Setting::Kept);
    }
    let when = alert.scanned.map_or_else(|| "never".to_owned(), |scanned| scanned.to_string());
    let detail = format!("{} is on, but looked last: {when}", alert.kind.graph_name());
    Err(Gap::of(Dataset::PimAlerts, GapKind::TooOld, detail))
}

/// Why the thresholds keep the alert from speaking, where they do.
fn lax(alert: &Alert) -> Result<Option<String>, Gap> {
    let read = |value: Option<u32>, field: &str| value.ok_or_else(|| unread(alert, field));
    let set = &alert.thresholds;
    match alert.kind {
        AlertKind::RolesAssignedOutsidePim
        | AlertKind::NoMfaOnRoleActivation
        | AlertKind::InvalidLicense => Ok(None),
        AlertKind::StaleSignIn | AlertKind::RedundantAssignment => {
            let days = read(set.days, "duration")?;
            Ok((days > LONGEST_WAIT).then(|| format!("only after {days} days")))
        }
        AlertKind::TooManyGlobalAdministrators => {
            let count = read(set.global_administrators, "globalAdminCountThreshold")?;
            let share = read(
                set.global_administrator_percent,
                "percentageOfGlobalAdminsOutOfRolesThreshold",
            )?;
            let late = count > MOST_GLOBAL_ADMINISTRATORS || share > LARGEST_SHARE;
            Ok(late.then(|| format!("only from {count} and {share} percent on")))
        }
        AlertKind::SequentialActivationRenewals => {
            let activations = read(set.activations, "sequentialActivationCounterThreshold")?;
            let seconds = set
                .interval_seconds
                .ok_or_else(|| unread(alert, "timeIntervalBetweenActivations"))?;
            let blind = activations < FEWEST_ACTIVATIONS || seconds < SHORTEST_INTERVAL_SECONDS;
            Ok(blind.then(|| format!("{activations} activations within {seconds} s")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, NOW};
    use crate::model::{Collected, Thresholds};

    /// All seven alerts as they should be, each at its limit.
    fn case_of(change: impl Fn(&mut Alert)) -> Case {
        let mut case = Case::new();
        for kind in AlertKind::ALL {
            let alert = case.alert(kind);
            alert.thresholds = match kind {
                AlertKind::StaleSignIn | AlertKind::RedundantAssignment => {
                    Thresholds { days: Some(90), ..Thresholds::default() }
                }
                AlertKind::TooManyGlobalAdministrators => Thresholds {
                    global_administrators: Some(5),
                    global_administrator_percent: Some(30),
                    ..Thresholds::default()
                },
                AlertKind::SequentialActivationRenewals => Thresholds {
                    activations: Some(2),
                    interval_seconds: Some(3600),
                    ..Thresholds::default()
                },
                AlertKind::RolesAssignedOutsidePim
                | AlertKind::NoMfaOnRoleActivation
                | AlertKind::InvalidLicense => Thresholds::default(),
            };
            change(alert);
        }
        case
    }

    fn judged(case: &Case) -> Result<Outcome, Gap> {
        case.judge_tenant(&CHECK, &Expect::Required)
    }

    fn credit_of(outcome: &Outcome) -> f64 {
        let Outcome::Judged { credit, .. } = outcome else { panic!("not judged: {outcome:?}") };
        *credit
    }

    fn kind_of(case: &Case) -> GapKind {
        judged(case).unwrap_err().kind
    }

    #[test]
    fn an_unread_an_empty_or_a_short_list_is_not_assessed() {
        let mut case = case_of(|_| {});
        case.missing(Dataset::PimAlerts);
        assert_eq!(kind_of(&case), GapKind::PermissionDenied);
        assert_eq!(kind_of(&Case::new()), GapKind::ImpossiblyEmpty);
        let mut case = case_of(|_| {});
        let Collected::Complete(alerts) = &mut case.tenant.alerts else { panic!("not complete") };
        alerts.retain(|alert| alert.kind != AlertKind::InvalidLicense);
        assert_eq!(kind_of(&case), GapKind::Incomplete);
    }

    #[test]
    fn a_switch_that_did_not_come_is_not_assessed() {
        for kind in AlertKind::ALL {
            let case = case_of(|alert| {
                if alert.kind == kind {
                    alert.enabled = None;
                }
            });
            assert_eq!(kind_of(&case), GapKind::Unreadable, "{kind}");
        }
    }

    #[test]
    fn a_look_older_than_two_days_is_too_old() {
        for (scanned, expected) in [
            (Some("2026-10-31T09:00:00Z"), Ok("pass")),
            (Some("2026-10-31T08:59:59Z"), Err(GapKind::TooOld)),
            (Some(NOW), Ok("pass")),
            (None, Err(GapKind::TooOld)),
        ] {
            let case = case_of(|alert| alert.scanned = scanned.map(|it| it.parse().unwrap()));
            let outcome = judged(&case).map(|it| it.name()).map_err(|gap| gap.kind);
            assert_eq!(outcome, expected, "{scanned:?}");
        }
    }

    #[test]
    fn two_alerts_may_never_be_off_and_the_others_cost_a_seventh() {
        for kind in AlertKind::ALL {
            let case = case_of(|alert| {
                if alert.kind == kind {
                    // What is off is never scanned.
                    alert.enabled = Some(false);
                    alert.scanned = None;
                }
            });
            let outcome = judged(&case).unwrap();
            let fails = [AlertKind::RolesAssignedOutsidePim, AlertKind::NoMfaOnRoleActivation]
                .contains(&kind);
            let expected = if fails { ("fail", 0.0) } else { ("partial", 6.0 / 7.0) };
            assert_eq!((outcome.name(), credit_of(&outcome)), expected, "{kind}");
            let details = outcome.details().unwrap();
            assert_eq!(details.notes, [format!("switched off: {}", kind.title())]);
            let [call] = details.calls.as_deref().unwrap() else { panic!("{:?}", details.calls) };
            assert!(call.starts_with("PATCH /beta/identityGovernance/"), "{call}");
            assert!(
                call.contains(&format!("#microsoft.graph.{}Alert", kind.type_stem())),
                "{call}"
            );
            assert_eq!(details.evidence.len(), 7);
        }
        let case = case_of(|alert| alert.enabled = Some(false));
        let outcome = judged(&case).unwrap();
        assert_eq!((outcome.name(), credit_of(&outcome)), ("fail", 0.0));
    }

    #[test]
    fn an_alert_that_may_never_be_off_fails_whatever_else_is_unknown() {
        let case = case_of(|alert| match alert.kind {
            AlertKind::NoMfaOnRoleActivation => alert.enabled = Some(false),
            AlertKind::StaleSignIn => alert.enabled = None,
            AlertKind::RolesAssignedOutsidePim
            | AlertKind::RedundantAssignment
            | AlertKind::InvalidLicense
            | AlertKind::TooManyGlobalAdministrators
            | AlertKind::SequentialActivationRenewals => alert.scanned = None,
        });
        assert_eq!(judged(&case).unwrap().name(), "fail");
    }

    #[test]
    fn every_threshold_has_its_bound_and_must_be_known() {
        use AlertKind::{
            RedundantAssignment, SequentialActivationRenewals, StaleSignIn,
            TooManyGlobalAdministrators,
        };
        type Change = fn(&mut Thresholds);
        let cases: [(AlertKind, Change, Result<&str, GapKind>); 17] = [
            (StaleSignIn, |it| it.days = Some(91), Ok("partial")),
            (StaleSignIn, |it| it.days = Some(1), Ok("pass")),
            (StaleSignIn, |it| it.days = None, Err(GapKind::Unreadable)),
            (RedundantAssignment, |it| it.days = Some(91), Ok("partial")),
            (RedundantAssignment, |it| it.days = Some(0), Ok("pass")),
            (RedundantAssignment, |it| it.days = None, Err(GapKind::Unreadable)),
            (TooManyGlobalAdministrators, |it| it.global_administrators = Some(6), Ok("partial")),
            (TooManyGlobalAdministrators, |it| it.global_administrators = Some(2), Ok("pass")),
            (
                TooManyGlobalAdministrators,
                |it| it.global_administrators = None,
                Err(GapKind::Unreadable),
            ),
            (
                TooManyGlobalAdministrators,
                |it| it.global_administrator_percent = Some(31),
                Ok("partial"),
            ),
            (
                TooManyGlobalAdministrators,
                |it| it.global_administrator_percent = Some(0),
                Ok("pass"),
            ),
            (
                TooManyGlobalAdministrators,
                |it| it.global_administrator_percent = None,
                Err(GapKind::Unreadable),
            ),
            (SequentialActivationRenewals, |it| it.activations = Some(1), Ok("partial")),
            (SequentialActivationRenewals, |it| it.activations = None, Err(GapKind::Unreadable)),
            (SequentialActivationRenewals, |it| it.interval_seconds = Some(3599), Ok("partial")),
            (SequentialActivationRenewals, |it| it.interval_seconds = Some(7200), Ok("pass")),
            (
                SequentialActivationRenewals,
                |it| it.interval_seconds = None,
                Err(GapKind::Unreadable),
            ),
        ];
        for (kind, change, expected) in cases {
            let case = case_of(|alert| {
                if alert.kind == kind {
                    change(&mut alert.thresholds);
                }
            });
            let outcome = judged(&case);
            let name = outcome.as_ref().map(Outcome::name).map_err(|gap| gap.kind);
            assert_eq!(name, expected, "{kind}");
            if let Ok(outcome) = outcome
                && outcome.name() == "partial"
            {
                assert_eq!(credit_of(&outcome), 6.0 / 7.0, "{kind}");
                assert!(outcome.details().unwrap().notes[0].starts_with("too lax"), "{kind}");
            }
        }
    }

    #[test]
    fn a_source_without_bounds_asks_that_all_are_on_and_no_more() {
        type Change = fn(&mut Alert);
        let cases: [(&str, AlertKind, Change, Result<&str, GapKind>); 6] = [
            ("on", AlertKind::StaleSignIn, |_| {}, Ok("pass")),
            ("off", AlertKind::StaleSignIn, |it| it.enabled = Some(false), Ok("fail")),
            ("too lax", AlertKind::StaleSignIn, |it| it.thresholds.days = Some(365), Ok("pass")),
            ("bounds not read", AlertKind::StaleSignIn, |it| it.thresholds.days = None, Ok("pass")),
            ("never looked", AlertKind::InvalidLicense, |it| it.scanned = None, Ok("pass")),
            (
                "whether it is on not read",
                AlertKind::InvalidLicense,
                |it| it.enabled = None,
                Err(GapKind::Unreadable),
            ),
        ];
        let judged = |case: &Case| case.judge_tenant(&CHECK, &Expect::Variant(ALL_ON));
        for (what, kind, change, expected) in cases {
            let case = case_of(|alert| {
                if alert.kind == kind {
                    change(alert);
                }
            });
            let outcome = judged(&case);
            let name = outcome.as_ref().map(Outcome::name).map_err(|gap| gap.kind);
            assert_eq!(name, expected, "{what}");
            if let Ok(outcome) = outcome {
                let notes = outcome.details().unwrap().notes.len();
                assert_eq!(notes, usize::from(what != "on"), "{what}");
            }
        }
        for kind in AlertKind::ALL {
            let case = case_of(|alert| alert.enabled = (alert.kind != kind).then_some(true));
            assert_eq!(judged(&case).unwrap_err().kind, GapKind::Unreadable, "{kind}");
            let case = case_of(|alert| alert.enabled = Some(alert.kind != kind));
            let outcome = judged(&case).unwrap();
            assert_eq!((outcome.name(), credit_of(&outcome)), ("fail", 0.0), "{kind}");
            assert_eq!(outcome.details().unwrap().observed, "6 of 7 alerts on", "{kind}");
        }
    }

    #[test]
    fn all_seven_on_at_their_limits_pass() {
        let outcome = judged(&case_of(|_| {})).unwrap();
        assert_eq!((outcome.name(), credit_of(&outcome)), ("pass", 1.0));
        assert_eq!(outcome.details().unwrap().observed, "7 of 7 alerts on and not too lax");
    }
}
