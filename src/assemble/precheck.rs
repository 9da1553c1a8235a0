//! From two judgements to the answer of `precheck`: names, words, numbers. Decides nothing.

use super::named::Named;
use crate::checks::by_id;
use crate::model::{Organisation, Tenant, Waiver};
use crate::precheck::{Answer, AsStated, Change, Direction, Judged, Shift, Side};
use crate::report::model::CheckText;
use crate::report::precheck::{
    BaselineLine, ChangeLine, NoteLine, Precheck, ScoreLine, ShiftLine, SideLine, StatedLine,
};
use crate::score::Score;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The answer in words.
pub fn precheck(
    tenant: &Tenant,
    changes: &[Change],
    answer: &Answer,
    ignored_waivers: Vec<String>,
) -> Precheck {
    let named = Named::new(tenant);
    Precheck {
        version: env!("CARGO_PKG_VERSION"),
        tenant: Arc::clone(&tenant.id),
        tenant_name: Arc::clone(&tenant.name),
        at: tenant.collected_at,
        direction: together(answer).name(),
        regressions: answer.regressions(),
        harms: answer.harms.iter().map(|harm| named.in_text(&harm.text)).collect(),
        ignored_waivers,
        together_only: answer.together_only,
        changes: changes
            .iter()
            .enumerate()
            .map(|(place, change)| change_line(place, change, answer, &named))
            .collect(),
        baselines: answer.baselines.iter().map(baseline_line).collect(),
        checks: checks(answer),
    }
}

/// What is said once of the checks whose findings change.
fn checks(answer: &Answer) -> Vec<CheckText> {
    let shifts = answer.baselines.iter().flat_map(|it| &it.shifts);
    let ids: BTreeSet<&'static str> = shifts.map(|it| it.check).collect();
    let found = ids.into_iter().filter_map(by_id);
    found
        .map(|check| CheckText {
            id: check.id,
            title: check.title,
            what: check.what.to_owned(),
            why: check.why.to_owned(),
            reads: check.reads().into_iter().collect(),
            references: check.references.iter().map(|&it| it.to_owned()).collect(),
        })
        .collect()
}

/// Where all changes together lead.
fn together(answer: &Answer) -> Direction {
    if answer.regressions() > 0 || !answer.harms.is_empty() {
        Direction::Weakened
    } else if answer.has_unknown() {
        Direction::Unknown
    } else {
        let shifts = answer.baselines.iter().flat_map(|it| &it.shifts);
        let better = shifts.filter(|it| !it.waived).map(|it| it.direction).max();
        better.unwrap_or(Direction::Neutral)
    }
}

fn change_line(place: usize, change: &Change, answer: &Answer, named: &Named<'_>) -> ChangeLine {
    let alone = answer.baselines.iter().filter_map(|judged| judged.alone.get(place));
    let notes = answer.notes.iter().filter(|note| note.change == place);
    let harms = answer.harms.iter().filter(|harm| harm.changes.contains(&place));
    let joint = answer.harms.iter().filter(|harm| harm.joint.contains(&place));
    let stated = answer.stated.iter().filter(|it| it.change == place);
    ChangeLine {
        file: Arc::clone(&change.place.file),
        pointer: change.place.pointer.clone(),
        line: change.place.line,
        item: change.item.clone(),
        meaning: change.edits.iter().map(|edit| named.in_text(&edit.to_string())).collect(),
        direction: direction(place, answer).map(Direction::name),
        points: alone.map(|it| it.points).collect(),
        notes: notes
            .map(|note| NoteLine { kind: note.kind.name(), text: named.in_text(&note.text) })
            .collect(),
        harms: harms.map(|harm| named.in_text(&harm.text)).collect(),
        harms_together: joint.map(|harm| named.in_text(&harm.text)).collect(),
        stated: stated.map(stated_line).collect(),
    }
}

/// Where a change leads by itself. Where it was not judged alone, a note may still say that
/// something of it is not known.
fn direction(place: usize, answer: &Answer) -> Option<Direction> {
    let direction = answer.direction(place);
    (!answer.together_only || direction == Direction::Unknown).then_some(direction)
}

fn stated_line(it: &AsStated) -> StatedLine {
    StatedLine {
        baseline: it.baseline.clone(),
        check: it.check,
        word: it.word.name(),
        stated: it.stated.clone(),
        asked: it.asked.clone(),
        on: it.on.clone(),
    }
}

fn baseline_line(judged: &Judged) -> BaselineLine {
    BaselineLine {
        id: judged.id.clone(),
        title: judged.title.clone(),
        digest: judged.digest.clone(),
        before: score_line(&judged.before),
        after: score_line(&judged.after),
        points: judged.points(),
        together: judged.together(),
        findings: judged.shifts.iter().map(|shift| shift_line(judged, shift)).collect(),
    }
}

fn score_line(score: &Score) -> ScoreLine {
    ScoreLine { posture: score.posture, grade: score.letter(), coverage: score.coverage_percent() }
}

fn shift_line(judged: &Judged, shift: &Shift) -> ShiftLine {
    ShiftLine {
        direction: shift.direction.name(),
        check: shift.check,
        title: shift.title,
        severity: shift.severity,
        subject: Arc::clone(&shift.subject),
        name: Arc::clone(&shift.name),
        before: side_line(&shift.before),
        after: side_line(&shift.after),
        expected: shift.expected.clone(),
        points: shift.points,
        new_failure: shift.new_failure,
        waived: shift.waived,
        changes: judged.due_to(shift),
        together: judged.due_together(shift).to_vec(),
    }
}

fn side_line(side: &Side) -> SideLine {
    SideLine { outcome: side.outcome, observed: side.observed.clone() }
}

/// Waivers of the change's own configuration that the target branch does not have, or has
/// otherwise, in words.
pub fn new_waivers(base: &Organisation, own: &Organisation) -> Vec<String> {
    let is_same =
        |one: &Waiver, other: &Waiver| Waiver { line: other.line, ..one.clone() } == *other;
    let new = own.waivers.iter().filter(|it| !base.waivers.iter().any(|known| is_same(known, it)));
    new.map(|it| {
        let mut known = base.waivers.iter();
        let changed = match known.any(|has| has.check == it.check && has.subject == it.subject) {
            true => ", changed",
            false => "",
        };
        format!("{} on {} (line {}{changed})", it.check, it.subject, it.line)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::builtin;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, NOW};
    use crate::precheck as judge;
    use serde_json::{Value, json};

    fn answered(files: &[Value]) -> Precheck {
        let mut case = Case::new();
        case.user("ana");
        case.policy(GLOBAL_ADMINISTRATOR);
        case.organisation.break_glass = vec!["ana@contoso.example".to_owned()];
        case.active("ana", GLOBAL_ADMINISTRATOR);
        let changes: Vec<Change> = files
            .iter()
            .flat_map(|file| judge::read("a.json", file.to_string().as_bytes()).unwrap())
            .collect();
        let baseline = [builtin::load("recommended").unwrap()];
        let now = NOW.parse().unwrap();
        let answer =
            judge::precheck(&case.tenant, &case.organisation, &baseline, &changes, now).unwrap();
        precheck(&case.tenant, &changes, &answer, Vec::new())
    }

    fn longer() -> Value {
        json!({"EntraRoles": {"Policies": {"Global Administrator": {
            "ActivationDuration": "PT24H"}}}})
    }

    fn taken() -> Value {
        json!({"method": "POST",
            "url": "/v1.0/roleManagement/directory/roleAssignmentScheduleRequests",
            "body": {"action": "adminRemove", "directoryScopeId": "/", "principalId": "ana",
                "roleDefinitionId": GLOBAL_ADMINISTRATOR}})
    }

    #[test]
    fn what_gets_worse_names_its_change_and_its_check() {
        let shown = answered(&[longer(), taken()]);
        assert_eq!(shown.direction, "weakened");
        let baseline = &shown.baselines[0];
        let longest = baseline.findings.iter().find(|it| it.check == "activation-too-long");
        assert_eq!(longest.unwrap().changes, [0]);
        // Every check of a finding is explained once, and in order.
        let ids: Vec<&str> = shown.checks.iter().map(|it| it.id).collect();
        assert!(ids.is_sorted() && ids.contains(&"activation-too-long"), "{ids:?}");
        assert!(baseline.findings.iter().all(|it| ids.contains(&it.check)), "{ids:?}");
        // The account is taken by the second.
        let harm = shown.harms.iter().find(|it| it.contains("break-glass")).unwrap();
        assert!(!shown.changes[0].harms.contains(harm), "{:?}", shown.changes[0].harms);
        assert!(shown.changes[1].harms.contains(harm), "{:?}", shown.changes[1].harms);
    }

    #[test]
    fn a_note_says_the_name_beside_an_id() {
        // She holds the role without an end, and the settings allow 15 days.
        let shorter = json!({"method": "POST",
            "url": "/v1.0/roleManagement/directory/roleAssignmentScheduleRequests",
            "body": {"action": "adminUpdate", "directoryScopeId": "/", "principalId": "ana",
                "roleDefinitionId": GLOBAL_ADMINISTRATOR, "scheduleInfo": {"expiration": {
                    "type": "afterDuration", "duration": "P90D"}}}});
        let shown = answered(&[shorter]);
        let warned = shown.changes[0].notes.iter().find(|it| it.kind == "warning").unwrap();
        let expected = format!("the settings of role {GLOBAL_ADMINISTRATOR} (");
        assert!(warned.text.contains(&expected), "{}", warned.text);
    }

    #[test]
    fn points_of_the_changes_and_of_all_together_add_up() {
        for files in [vec![longer()], vec![longer(), taken()], vec![longer(), longer()]] {
            let shown = answered(&files);
            let alone: f64 = shown.changes.iter().map(|it| it.points[0].unwrap()).sum();
            let all = shown.baselines[0].points.unwrap();
            let together = shown.baselines[0].together.unwrap();
            assert!((alone + together - all).abs() < 1e-9, "{alone} {together} {all}");
        }
        // The second does nothing that the first did not do.
        assert!(answered(&[longer(), longer()]).baselines[0].together.unwrap() > 0.0);
    }

    #[test]
    fn what_is_not_known_is_said_however_many_changes_there_are() {
        let elsewhere =
            json!({"method": "PATCH", "url": "/identity/conditionalAccess/policies/x", "body": {}});
        let mut files = vec![longer(); judge::MOST_ALONE];
        files.push(elsewhere);
        let shown = answered(&files);
        assert!(shown.together_only);
        let directions: Vec<Option<&str>> = shown.changes.iter().map(|it| it.direction).collect();
        assert_eq!(directions.last(), Some(&Some("unknown")));
        // EasyPIM never changes the policy of this role.
        assert!(directions[..judge::MOST_ALONE].iter().all(|it| *it != Some("neutral")));
    }

    #[test]
    fn what_no_change_does_alone_names_those_that_it_takes() {
        let mut case = Case::new();
        case.policy(GLOBAL_ADMINISTRATOR);
        let give = |name: &str| {
            json!({"method": "POST",
                "url": "/roleManagement/directory/roleEligibilityScheduleRequests",
                "body": {"action": "adminAssign", "directoryScopeId": "/", "principalId": name,
                    "roleDefinitionId": GLOBAL_ADMINISTRATOR, "scheduleInfo": {"expiration": {
                        "type": "afterDuration", "duration": "P30D"}}}})
        };
        for name in ["one", "two", "three", "four", "five"] {
            case.user(name);
        }
        for name in ["one", "two", "three"] {
            case.eligible(name, GLOBAL_ADMINISTRATOR);
        }
        let length = json!({"method": "PATCH", "body": {"maximumDuration": "PT1H"}, "url": format!(
            "/policies/roleManagementPolicies/DirectoryRole_{GLOBAL_ADMINISTRATOR}/rules/\
             Expiration_EndUser_Assignment")});
        let file = json!([give("four"), length, give("five")]);
        let changes = judge::read("a.json", file.to_string().as_bytes()).unwrap();
        let baseline = [builtin::load("recommended").unwrap()];
        let now = NOW.parse().unwrap();
        let answer =
            judge::precheck(&case.tenant, &case.organisation, &baseline, &changes, now).unwrap();
        let shown = precheck(&case.tenant, &changes, &answer, Vec::new());
        let findings = &shown.baselines[0].findings;
        let count = findings.iter().find(|it| it.check == "global-administrator-count").unwrap();
        assert_eq!((count.changes.as_slice(), count.together.as_slice()), (&[][..], &[0, 2][..]));
    }

    #[test]
    fn what_is_stated_of_azure_moves_nothing() {
        let policy = json!({"type": "Microsoft.Authorization/roleManagementPolicies",
            "name": "p", "properties": {"rules": [
                {"id": "Expiration_EndUser_Assignment", "isExpirationRequired": true,
                 "maximumDuration": "PT24H", "ruleType": "RoleManagementPolicyExpirationRule"}]}});
        let shown = answered(&[policy]);
        assert_eq!((shown.direction, shown.regressions), ("unknown", 0));
        assert!(shown.baselines[0].findings.is_empty() && shown.checks.is_empty());
        let stated = &shown.changes[0].stated;
        let longest = stated.iter().find(|it| it.check == "activation-too-long").unwrap();
        assert_eq!((longest.word, &*longest.stated), ("falls short of", "at most 24 h"));
        let mfa = stated.iter().find(|it| it.check == "activation-without-mfa").unwrap();
        assert_eq!((mfa.word, &*mfa.stated), ("does not state", ""));
    }

    #[test]
    fn only_waivers_that_the_target_lacks_are_new() {
        let waiver = |check: &str, line| Waiver {
            check: check.to_owned(),
            subject: "role:x".to_owned(),
            reason: None,
            owner: None,
            expires: None,
            ticket: None,
            approved_by: None,
            line,
        };
        let until = |date: &str, waiver: Waiver| Waiver { expires: date.parse().ok(), ..waiver };
        let of = |waivers| Organisation { waivers, ..Organisation::default() };
        let base = of(vec![waiver("a-check", 3)]);
        let own = of(vec![waiver("a-check", 4), waiver("b-check", 5)]);
        assert_eq!(new_waivers(&base, &own), ["b-check on role:x (line 5)"]);
        // One that is renewed is as good as a new one.
        let base = of(vec![until("2026-01-01", waiver("a-check", 3))]);
        let own = of(vec![until("2027-01-01", waiver("a-check", 3))]);
        assert_eq!(new_waivers(&base, &own), ["a-check on role:x (line 3, changed)"]);
        assert!(new_waivers(&own, &own).is_empty());
    }
}
