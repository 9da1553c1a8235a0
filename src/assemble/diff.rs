//! From two judged snapshots to their differences: facts, what they mean for each baseline, and the
//! difference of the postures.

use crate::baseline::{Baseline, Rule};
use crate::checks::activation_beyond_policy;
use crate::diff::doubt;
use crate::diff::facts::{self, Facts, NOT_COMPARED};
use crate::diff::meaning::{Move, Turn, Word, moves};
use crate::diff::split::{Split, split, tenths};
use crate::diff::who::{self, Attribution, Line, LogState};
use crate::model::{ActorKind, Dataset, Finding, Gap, Hold, Tenant};
use crate::report::Report;
use crate::report::diff::{
    ActivationLine, ChangeLine, Compared, DiffReport, LogLine, LogReading, MoveLine, PartLine,
    Reading, SplitLine, Standing, UnreadableLine, WhoLine, WordLine,
};
use crate::report::model::Judged;
use crate::score::{Row, Score};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One of the two snapshots, typed and judged at its own time.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// What was read.
    pub tenant: &'a Tenant,
    /// What was judged, both sides as `diff::doubt` gives them, by the same baselines as
    /// `of_posture` gives them, and with the waivers of the newer.
    pub report: &'a Report,
}

/// Said where a rule about running activations was left out, and there are any.
const RUNNING: &str = "activations with the length that the policy allows \
    (activation-beyond-policy): an activation is no change of posture, so neither of the two is \
    judged by it";

/// The baselines as both sides are judged by them: without the rules about running activations. One
/// that starts or ends, or goes on while the policy is tightened, makes no posture better or worse.
pub fn of_posture(mut baselines: Vec<Baseline>) -> Vec<Baseline> {
    for baseline in &mut baselines {
        baseline.rules.retain(|rule| !is_of_running(rule));
    }
    baselines
}

/// What `of_posture` leaves out of these baselines, in words, where that would judge anything.
pub fn left_out(baselines: &[Baseline], old: &Tenant, new: &Tenant) -> Option<&'static str> {
    let is_asked = baselines.iter().any(|baseline| baseline.rules.iter().any(is_of_running));
    (is_asked && [old, new].into_iter().any(has_activation)).then_some(RUNNING)
}

fn is_of_running(rule: &Rule) -> bool {
    rule.check.id == activation_beyond_policy::CHECK.id
}

fn has_activation(tenant: &Tenant) -> bool {
    let of_roles = tenant.active.at_least().into_iter().flatten().map(|grant| grant.hold);
    let groups = tenant.group_pim.values().filter_map(|pim| pim.active.at_least().ok());
    let of_groups = groups.flatten().map(|grant| grant.hold);
    of_roles.chain(of_groups).any(|hold| hold == Hold::Activated)
}

/// Everything that differs. Baselines that only one of the two was judged by are left out.
pub fn diff(old: Side<'_>, new: Side<'_>) -> DiffReport {
    let mut found = facts::changes(old.tenant, new.tenant);
    found.without_labels(label_gap(old.report), label_gap(new.report));
    found.set_aside_kept(&doubt::kept(old.tenant, new.tenant));
    let made = who::attribute(&found.changes, old.tenant, new.tenant);
    let is_activation = |made: &Attribution| matches!(made, Attribution::Activation);
    let are: Vec<bool> = made.iter().map(is_activation).collect();
    found.set_aside(&are);
    let made = made.into_iter().filter(|made| !is_activation(made));
    let of_baseline = |judged: &Judged| {
        let before = old.report.baselines.iter().find(|it| it.id == judged.id)?;
        Some(compared(before, judged))
    };
    let baselines = new.report.baselines.iter().filter_map(of_baseline).collect();
    let name = match &*new.tenant.name {
        "" => &old.tenant.name,
        _ => &new.tenant.name,
    };
    let Facts { changes, activations, unreadable } = found;
    DiffReport {
        version: env!("CARGO_PKG_VERSION"),
        tenant: Arc::clone(&new.tenant.id),
        tenant_name: Arc::clone(name),
        old: reading(old.report),
        new: reading(new.report),
        configuration: new.report.configuration.clone(),
        baselines,
        changes: changes.into_iter().zip(made).map(change).collect(),
        log: log(who::log_state(old.tenant, new.tenant)),
        activations: activations
            .into_iter()
            .map(|it| ActivationLine {
                started: it.started,
                subject: it.subject,
                name: it.name,
                holder: it.holder,
                start: it.start,
                end: it.end,
            })
            .collect(),
        unreadable: unreadable
            .into_iter()
            .map(|it| UnreadableLine {
                what: it.what,
                old: it.old,
                new: it.new,
                subjects: it.subjects,
            })
            .collect(),
        not_compared: NOT_COMPARED.to_vec(),
    }
}

fn reading(report: &Report) -> Reading {
    Reading { at: report.collected.at, by: report.collected.by.clone() }
}

/// Why the PRIVILEGED label of roles was not read whole.
fn label_gap(report: &Report) -> Option<&Gap> {
    let labels = report.collected.datasets.iter().find(|it| it.dataset == Dataset::PrivilegedRoles);
    labels.and_then(|state| state.gap.as_ref())
}

fn change((change, made): (facts::Change, Attribution)) -> ChangeLine {
    ChangeLine {
        area: change.area.name(),
        kind: change.kind.name(),
        direction: change.direction.name(),
        subject: change.subject,
        name: change.name,
        holder: change.holder,
        what: change.what,
        field: change.field,
        before: change.before,
        after: change.after,
        who: Some(who_line(made)),
    }
}

fn who_line(made: Attribution) -> WhoLine {
    let status = |status: &'static str, why: Option<String>| WhoLine {
        status,
        lines: Vec::new(),
        more: None,
        why,
    };
    match made {
        Attribution::By { lines, more } => WhoLine {
            lines: lines.into_iter().map(log_line).collect(),
            more: (more > 0).then_some(more),
            ..status("by", None)
        },
        Attribution::Nobody { from: _, until: _, unless_after } => {
            status("nobody", unless_after.map(may_be_late))
        }
        Attribution::NotCovered { why } => status("not-covered", Some(why)),
        Attribution::NotLogged { why } => status("not-logged", Some(why.to_owned())),
        Attribution::ByItself => status("by-itself", None),
        // These are no changes, and are told with what was not read.
        Attribution::Activation => status("not-covered", None),
    }
}

/// Of a change that may have been made right before the log was read.
fn may_be_late(after: Timestamp) -> String {
    let after = crate::model::minute(after);
    format!("unless it was made after {after}: a line may take 15 minutes to get into the log")
}

fn log_line(line: Line) -> LogLine {
    let text = |text: Option<Arc<str>>| text.map(|text| text.to_string());
    LogLine {
        at: line.at,
        actor: line.actor.name.to_string(),
        actor_id: line.actor.id.to_string(),
        actor_kind: match line.actor.kind {
            ActorKind::User => "user",
            ActorKind::Application => "application",
            ActorKind::Unknown => "unknown",
        },
        activity: line.activity.to_string(),
        correlation: line.correlation.to_string(),
        ticket: text(line.ticket_number),
        ticket_system: text(line.ticket_system),
        justification: text(line.justification),
    }
}

fn log(state: LogState) -> LogReading {
    let LogState { from, until, is_read, covered_from, missing } = state;
    let status = match (is_read, missing.is_empty()) {
        (false, _) => "not-read",
        (true, true) => "read",
        (true, false) => "partly",
    };
    LogReading { status, from, until, covered_from, missing }
}

fn compared(old: &Judged, new: &Judged) -> Compared {
    let rows = |findings: &[Finding]| findings.iter().filter_map(Row::of).collect::<Vec<_>>();
    let (old_rows, new_rows) = (rows(&old.findings), rows(&new.findings));
    let split = split((old_rows.as_slice(), old.score.raw), (new_rows.as_slice(), new.score.raw));
    let mut compared = Compared {
        id: new.id.clone(),
        title: new.title.clone(),
        digest: new.digest.clone(),
        old: standing(&old.score),
        new: standing(&new.score),
        split: printed(&split, &old.score, &new.score),
        regressions: Vec::new(),
        fixes: Vec::new(),
        new_subjects: Vec::new(),
        vanished_subjects: Vec::new(),
        became_unreadable: Vec::new(),
        became_readable: Vec::new(),
    };
    // As printed and exact, by check and subject.
    let mut points: BTreeMap<(&str, &str), (i64, f64)> = BTreeMap::new();
    for (part, printed) in split.parts.iter().zip(&compared.split.checks) {
        let sum = (printed.points * 10.0).round() as i64;
        let printed = shares(part.subjects.iter().map(|(_, gained)| *gained), sum);
        for ((subject, gained), tenths) in part.subjects.iter().zip(printed) {
            let (all, exact) = points.entry((part.check, &**subject)).or_default();
            (*all, *exact) = (*all + tenths, *exact + gained);
        }
    }
    for it in moves(&old.findings, &new.findings) {
        let list = match it.turn {
            Turn::Regression => &mut compared.regressions,
            Turn::Fix => &mut compared.fixes,
            Turn::New => &mut compared.new_subjects,
            Turn::Vanished => &mut compared.vanished_subjects,
            Turn::BecameUnreadable => &mut compared.became_unreadable,
            Turn::BecameReadable => &mut compared.became_readable,
        };
        let gained = points.get(&(it.check, &*it.subject.key)).copied();
        list.push(line(&it, gained));
    }
    compared
}

fn standing(score: &Score) -> Standing {
    Standing {
        posture: score.posture,
        grade: score.letter(),
        coverage: score.coverage_percent(),
        headline: score.headline(),
    }
}

/// Parts in tenths of a point, so that they add up to their sum as printed.
fn shares(parts: impl Iterator<Item = f64>, sum: i64) -> Vec<i64> {
    let exact: Vec<f64> = parts.collect();
    let mut rounded = tenths(&exact, 0.0, sum);
    // The last one stands for what is no part; there is nothing of it.
    rounded.pop();
    rounded
}

/// The parts with one decimal, so that they add up to the difference of the two postures as printed.
fn printed(split: &Split, old: &Score, new: &Score) -> SplitLine {
    let in_tenths = |value: f64| (value * 10.0).round() as i64;
    let difference = old.posture.zip(new.posture).map(|(old, new)| in_tenths(new) - in_tenths(old));
    // The number to alarm on is as near as it can be; what else there is takes the rest.
    let common = in_tenths(split.common);
    let rounded = shares(split.parts.iter().map(|part| part.points), common);
    let points = |tenths: i64| tenths as f64 / 10.0;
    SplitLine {
        difference: difference.map(points),
        common: points(common),
        common_exact: split.common,
        scope: difference.map(|difference| points(difference - common)),
        checks: split
            .parts
            .iter()
            .zip(&rounded)
            .map(|(part, tenths)| PartLine {
                check: part.check.to_owned(),
                kind: part.kind.to_owned(),
                points: points(*tenths),
                exact: part.points,
            })
            .collect(),
    }
}

fn line(moved: &Move, points: Option<(i64, f64)>) -> MoveLine {
    let word = |word: &Word| WordLine {
        outcome: word.outcome,
        credit: word.credit,
        observed: word.observed.clone(),
    };
    MoveLine {
        check: moved.check,
        title: moved.title,
        subject: moved.subject.key.to_string(),
        name: moved.subject.name.to_string(),
        severity: moved.severity,
        before: moved.before.as_ref().map(word),
        after: moved.after.as_ref().map(word),
        points: points.map(|(tenths, _)| tenths as f64 / 10.0),
        exact: points.map(|(_, exact)| exact),
        waived: moved.is_waived(),
        worse: moved.is_worse(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::builtin;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR};
    use crate::model::{
        AuditActor, AuditEvent, AuditPart, AuditResult, AuditSource, Collected, GapKind,
        GroupAccess, IsoDuration, Outcome, RoleId, Severity, Tier,
    };
    use crate::report::model::Status;
    use crate::report::testing::{finding, report, role};

    fn judged(outcome: Outcome) -> Report {
        let on = |name: &str, tier, outcome| {
            finding("activation-too-long", Severity::High, role(name, tier, 1.0), outcome)
        };
        report(vec![
            on("Global Administrator", Tier::Critical, outcome),
            on("Exchange Administrator", Tier::High, Outcome::pass("8 h", "8 h")),
        ])
    }

    fn tenant(hours: u64) -> Tenant {
        let mut case = Case::new();
        let longest = IsoDuration::from_seconds(hours * 3600);
        case.policy(GLOBAL_ADMINISTRATOR).activation_expiration =
            Ok(crate::model::Expiration::AtMost(longest));
        case.tenant
    }

    #[test]
    fn facts_meaning_and_posture_tell_one_story() {
        let (one, other) = (tenant(8), tenant(10));
        let old = judged(Outcome::pass("8 h", "8 h"));
        let new = judged(Outcome::fail("10 h", "8 h"));
        let found =
            diff(Side { tenant: &one, report: &old }, Side { tenant: &other, report: &new });
        assert_eq!(found.changes.len(), 1);
        assert_eq!(found.changes[0].direction, "weaker");
        let compared = &found.baselines[0];
        assert_eq!(compared.regressions.len(), 1);
        assert!(compared.regressions[0].worse && compared.regressions[0].fails());
        let split = &compared.split;
        let posture = |standing: &Standing| (standing.posture.unwrap() * 10.0).round() as i64;
        let tenths = |points: f64| (points * 10.0).round() as i64;
        let difference = posture(&compared.new) - posture(&compared.old);
        assert_eq!(tenths(split.difference.unwrap()), difference);
        assert_eq!(tenths(split.common) + tenths(split.scope.unwrap()), difference);
        let parts: i64 = split.checks.iter().map(|part| tenths(part.points)).sum();
        assert_eq!(parts, tenths(split.common));
        let points = compared.regressions[0].exact.unwrap();
        assert!((points - split.checks[0].exact).abs() < 1e-9);
        assert!((split.common_exact - split.checks[0].exact).abs() < 1e-9);
        assert_eq!(tenths(compared.regressions[0].points.unwrap()), parts);
    }

    #[test]
    fn what_is_printed_adds_up_whatever_the_parts_are() {
        for parts in [
            vec![-3.198],
            vec![-0.07],
            vec![-0.04, -0.04, -0.04],
            vec![-0.15, 0.3, 1.22, -2.251],
            vec![0.05; 7],
            vec![],
        ] {
            let sum = (parts.iter().sum::<f64>() * 10.0).round() as i64;
            let printed = shares(parts.iter().copied(), sum);
            assert_eq!(printed.len(), parts.len());
            assert_eq!(printed.iter().sum::<i64>(), sum, "{parts:?}: {printed:?}");
            for (exact, printed) in parts.iter().zip(&printed) {
                assert!((exact * 10.0 - *printed as f64).abs() <= 1.0, "{parts:?}: {printed:?}");
            }
        }
        // The nearest, not the next below.
        let part = |points| crate::diff::split::Part {
            check: "a-check",
            kind: "role",
            points,
            subjects: vec![("role:ga".into(), points)],
        };
        let score = judged(Outcome::pass("8 h", "8 h")).baselines[0].score.clone();
        for (exact, common) in [(-3.198, -3.2), (-0.07, -0.1), (-0.04, 0.0)] {
            let (difference, scope) = (Some(0.0), Some(-exact));
            let split = Split { difference, common: exact, scope, parts: vec![part(exact)] };
            let line = printed(&split, &score, &score);
            let tenths = |points: f64| (points * 10.0).round() as i64;
            assert_eq!(tenths(line.common), tenths(common), "{exact}");
            assert_eq!(tenths(line.checks[0].points), tenths(common), "{exact}");
            assert_eq!(tenths(line.scope.unwrap()), -tenths(common), "{exact}");
        }
    }

    #[test]
    fn how_long_activations_run_is_no_posture() {
        let idle = tenant(4);
        let running = |hours: i64, of_group: bool| {
            let mut case = Case::new();
            case.group("g", &[]);
            case.onboard("g");
            let at = case.tenant.collected_at;
            let end = at.saturating_add(jiff::SignedDuration::from_hours(hours)).unwrap();
            if of_group {
                let grant = case.group_active("ana", "g", GroupAccess::Member);
                (grant.hold, grant.start, grant.end) = (Hold::Activated, Some(at), Some(end));
            } else {
                let grant = case.active("ana", GLOBAL_ADMINISTRATOR);
                (grant.hold, grant.start, grant.end) = (Hold::Activated, Some(at), Some(end));
            }
            case.tenant
        };
        let mut assigned = Case::new();
        assigned.active("ana", GLOBAL_ADMINISTRATOR);
        let asks = || vec![builtin::load("recommended").unwrap()];
        for (baselines, one, other, expected) in [
            (asks(), &idle, &running(12, false), true),
            (asks(), &running(2, false), &idle, true),
            (asks(), &idle, &running(12, true), true),
            (asks(), &idle, &assigned.tenant, false),
            (asks(), &idle, &idle, false),
            // Nothing is left out of what does not ask.
            (vec![builtin::load("scuba-aad").unwrap()], &idle, &running(12, false), false),
        ] {
            let number = baselines[0].rules.len();
            let asked = baselines[0].rules.iter().filter(|rule| is_of_running(rule)).count();
            assert_eq!(left_out(&baselines, one, other).is_some(), expected);
            let judged_by = of_posture(baselines);
            assert_eq!(judged_by[0].rules.len(), number - asked);
            assert!(!judged_by[0].rules.iter().any(is_of_running));
            assert_eq!(left_out(&judged_by, one, other), None);
        }
        assert!(asks()[0].rules.iter().any(is_of_running));
    }

    /// The lists of the log, with one line of the settings of Global Administrator in that of PIM.
    fn with_log(mut tenant: Tenant) -> Tenant {
        let at = tenant.collected_at;
        let since = "2026-10-20T00:00:00Z".parse().unwrap();
        let line = AuditEvent {
            id: "line".into(),
            at,
            activity: "Update role setting in PIM".into(),
            category: "RoleManagement".into(),
            result: AuditResult::Success,
            reason: None,
            correlation: "c-1".into(),
            actor: AuditActor {
                kind: ActorKind::User,
                id: "id-eve".into(),
                name: "eve@contoso.example".into(),
            },
            targets: Vec::new(),
            role: Some(RoleId::new(GLOBAL_ADMINISTRATOR)),
            start: None,
            end: None,
            justification: Some("longer shifts".into()),
            ticket_number: Some("INC-1".into()),
            ticket_system: Some("Desk".into()),
        };
        let part = |source: AuditSource| {
            let events = if source == AuditSource::Pim { vec![line.clone()] } else { Vec::new() };
            let events = Collected::Complete(events);
            AuditPart { source, since, until: at, lists_until: at, events }
        };
        tenant.audit_log = Collected::Complete(AuditSource::ALL.map(part).into());
        tenant
    }

    #[test]
    fn each_change_says_who_made_it() {
        let mut one = tenant(8);
        one.collected_at = "2026-11-01T09:00:00Z".parse().unwrap();
        let report = judged(Outcome::pass("8 h", "8 h"));
        let compared = |other: &Tenant| {
            diff(Side { tenant: &one, report: &report }, Side { tenant: other, report: &report })
        };
        let found = compared(&with_log(tenant(10)));
        assert_eq!((found.log.status, found.unattributed()), ("read", 0));
        let who = found.changes[0].who.clone().unwrap();
        assert_eq!((who.status, who.more, who.lines.len()), ("by", None, 1));
        let line = &who.lines[0];
        let told = [&line.actor, &line.actor_id, &line.correlation];
        assert_eq!(told, ["eve@contoso.example", "id-eve", "c-1"]);
        assert_eq!(line.ticket_system.as_deref(), Some("Desk"));
        // The same without its line, and without the log.
        let mut silent = with_log(tenant(10));
        let Collected::Complete(parts) = &mut silent.audit_log else { panic!("no log") };
        parts[0].events = Collected::Complete(Vec::new());
        let found = compared(&silent);
        assert_eq!((found.log.status, found.unattributed()), ("read", 1));
        assert!(found.log.covered_from.is_some());
        let why = found.changes[0].who.as_ref().and_then(|who| who.why.as_deref());
        let late = "unless it was made after 2026-11-02 08:45 UTC";
        assert!(why.is_some_and(|why| why.starts_with(late)), "{why:?}");
        parts_missing(&mut silent, AuditSource::ConditionalAccess);
        let found = compared(&silent);
        assert_eq!((found.log.status, found.unattributed()), ("partly", 1));
        let Collected::Complete(parts) = &mut silent.audit_log else { panic!("no log") };
        let gap = Gap::new(GapKind::Incomplete, "page 2");
        parts[0].events = Collected::Partial(Vec::new(), gap);
        let found = compared(&silent);
        assert_eq!((found.log.status, found.unattributed()), ("partly", 0));
        assert_eq!(found.log.covered_from, None);
        silent.audit_log = Collected::Missing(Gap::new(GapKind::NotRequested, "no"));
        let found = compared(&silent);
        assert_eq!((found.log.status, found.unattributed()), ("not-read", 0));
        assert_eq!(found.changes[0].who.as_ref().map(|who| who.status), Some("not-covered"));
    }

    fn parts_missing(tenant: &mut Tenant, source: AuditSource) {
        let Collected::Complete(parts) = &mut tenant.audit_log else { panic!("no log") };
        for part in parts.iter_mut().filter(|part| part.source == source) {
            part.events = Collected::Missing(Gap::new(GapKind::PermissionDenied, "403"));
        }
    }

    #[test]
    fn nothing_differs_from_itself() {
        let (tenant, report) = (tenant(8), judged(Outcome::fail("10 h", "8 h")));
        let side = Side { tenant: &tenant, report: &report };
        let found = diff(side, side);
        assert!(found.is_empty(), "{found:?}");
        let split = &found.baselines[0].split;
        assert_eq!((split.difference, split.common, split.scope), (Some(0.0), 0.0, Some(0.0)));
        assert!(split.checks.is_empty());
    }

    #[test]
    fn labels_that_were_not_read_are_told_as_such() {
        let (one, other) = (tenant(8), tenant(8));
        let old = judged(Outcome::pass("8 h", "8 h"));
        let mut new = old.clone();
        let gap = Gap::of(Dataset::PrivilegedRoles, GapKind::NotRequested, "no beta");
        for state in &mut new.collected.datasets {
            if state.dataset == Dataset::PrivilegedRoles {
                (state.status, state.gap) = (Status::Missing, Some(gap.clone()));
            }
        }
        let found =
            diff(Side { tenant: &one, report: &old }, Side { tenant: &other, report: &new });
        assert_eq!(found.unreadable.len(), 1, "{:?}", found.unreadable);
        assert_eq!(found.unreadable[0].new, Some(gap));
    }
}
