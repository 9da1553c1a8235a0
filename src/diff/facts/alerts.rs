//! PIM alerts: switched on or off, speaking up or quiet, and when they speak up.

use super::gather::Gather;
use super::names::Names;
use super::{Area, Change, Direction, Kind};
use crate::model::{Alert, AlertKind};

/// Every alert.
pub(super) fn compare(names: &Names<'_>, found: &mut Gather) {
    let lists = found.whole("PIM alerts", &names.old.alerts, &names.new.alerts);
    let Some((old, new)) = lists else { return };
    let of = |alerts: &'_ [Alert], kind: AlertKind| -> Option<Alert> {
        alerts.iter().find(|alert| alert.kind == kind).cloned()
    };
    for kind in AlertKind::ALL {
        match (of(old, kind), of(new, kind)) {
            (Some(old), Some(new)) => compare_alert(&old, &new, found),
            (None, Some(_)) => {
                let values = [None, Some("there".to_owned())];
                push(kind, ["alert", ""], (Kind::Added, Direction::Different), values, found);
            }
            (Some(_), None) => {
                let values = [Some("there".to_owned()), None];
                push(kind, ["alert", ""], (Kind::Removed, Direction::Different), values, found);
            }
            (None, None) => {}
        }
    }
}

fn compare_alert(old: &Alert, new: &Alert, found: &mut Gather) {
    let kind = new.kind;
    let mut changed = |what: [&str; 2], before: String, after: String, direction: Direction| {
        push(kind, what, (Kind::Changed, direction), [Some(before), Some(after)], found);
    };
    // What one of the two does not say is not known; the check says so.
    if let (Some(before), Some(after)) = (old.enabled, new.enabled)
        && before != after
    {
        let words = |on: bool| if on { "on" } else { "off" }.to_owned();
        let direction = Direction::of_demand(before, after);
        changed(["switched on", "isEnabled"], words(before), words(after), direction);
    }
    if let (Some(before), Some(after)) = (old.active, new.active)
        && before != after
    {
        let words = |active: bool| if active { "active" } else { "quiet" }.to_owned();
        let what = ["state", "isActive"];
        changed(what, words(before), words(after), Direction::Different);
    }
    if let (Some(before), Some(after)) = (old.incident_count, new.incident_count)
        && before != after
    {
        let what = ["incidents", "incidentCount"];
        changed(what, before.to_string(), after.to_string(), Direction::Different);
    }
    let (one, other) = (&old.thresholds, &new.thresholds);
    let numbers = |it: &crate::model::Thresholds| {
        [
            it.global_administrators.map(u64::from),
            it.global_administrator_percent.map(u64::from),
            it.days.map(u64::from),
            it.activations.map(u64::from),
        ]
    };
    let called = [
        ["Global Administrators allowed", "globalAdminCountThreshold"],
        ["percent of Global Administrators allowed", "percentageOfGlobalAdminsOutOfRolesThreshold"],
        ["days allowed", "duration"],
        ["activations allowed", "sequentialActivationCounterThreshold"],
    ];
    for ((what, before), after) in called.into_iter().zip(numbers(one)).zip(numbers(other)) {
        if let (Some(before), Some(after)) = (before, after)
            && before != after
        {
            let direction = Direction::of_limit(&before, &after);
            changed(what, before.to_string(), after.to_string(), direction);
        }
    }
    if let (Some(before), Some(after)) = (one.interval_seconds, other.interval_seconds)
        && before != after
    {
        // Looking at a longer time finds more.
        let direction = Direction::of_limit(&after, &before);
        let what = ["seconds between activations", "timeIntervalBetweenActivations"];
        changed(what, before.to_string(), after.to_string(), direction);
    }
}

fn push(
    alert: AlertKind,
    [what, field]: [&str; 2],
    (kind, direction): (Kind, Direction),
    [before, after]: [Option<String>; 2],
    found: &mut Gather,
) {
    found.changes.push(Change {
        area: Area::Alerts,
        subject: format!("alert:{}", alert.name()),
        what: what.to_owned(),
        field: field.to_owned(),
        kind,
        before,
        after,
        direction,
        name: alert.title().to_owned(),
        holder: None,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Case;
    use crate::diff::facts::changes;

    #[test]
    fn an_alert_knows_which_way_is_weaker() {
        type Edit = fn(&mut Alert);
        let stale = AlertKind::StaleSignIn;
        let sequential = AlertKind::SequentialActivationRenewals;
        let cases: [(AlertKind, Edit, &str, Direction); 6] = [
            (stale, |it| it.enabled = Some(false), "isEnabled", Direction::Weaker),
            (stale, |it| it.active = Some(true), "isActive", Direction::Different),
            (stale, |it| it.thresholds.days = Some(90), "duration", Direction::Weaker),
            (stale, |it| it.thresholds.days = Some(7), "duration", Direction::Stricter),
            (
                sequential,
                |it| it.thresholds.activations = Some(9),
                "sequentialActivationCounterThreshold",
                Direction::Weaker,
            ),
            (
                sequential,
                |it| it.thresholds.interval_seconds = Some(60),
                "timeIntervalBetweenActivations",
                Direction::Weaker,
            ),
        ];
        for (kind, edit, field, direction) in cases {
            let (mut old, mut new) = (Case::new(), Case::new());
            old.alert(kind);
            edit(new.alert(kind));
            let facts = changes(&old.tenant, &new.tenant);
            let told: Vec<_> =
                facts.changes.iter().map(|it| (it.field.as_str(), it.direction)).collect();
            assert_eq!(told, [(field, direction)]);
            // What is not said is no change.
            let alert = new.alert(kind);
            (alert.enabled, alert.active, alert.incident_count) = (None, None, None);
            alert.thresholds = crate::model::Thresholds::default();
            assert!(changes(&old.tenant, &new.tenant).changes.is_empty());
        }
    }
}
