//! `active-assignment-too-long`: how long a time-bound active assignment lasts.

use super::{Check, Expect, ExpectShape, Fix, Subjects};
use crate::facts::Facts;
use crate::model::{Class, Dataset, Evidence, Gap, GapKind, Grant, IsoDuration, Outcome};
use jiff::Timestamp;

/// The check.
pub static CHECK: Check = Check {
    id: "active-assignment-too-long",
    title: "Time-bound active assignment lasts too long",
    what: "Measures every active assignment that has an end, from its start to its end; from now, where \
        the start is not recorded. Permanent assignments and activations are judged by their own checks.",
    why: "An end years away is permanent in all but name: the task is over and the power stays.",
    fix: Fix {
        portal: "Privileged Identity Management > Microsoft Entra roles > Roles > (the role) > Active \
            assignments > Update > Assignment ends",
        graph: &["POST /v1.0/roleManagement/directory/roleAssignmentScheduleRequests \
            {\"action\":\"adminUpdate\",\"principalId\":\"{principal}\",\"roleDefinitionId\":\"{role}\",\
            \"directoryScopeId\":\"/\",\"justification\":\"ends earlier\",\
            \"scheduleInfo\":{\"expiration\":{\"type\":\"afterDuration\",\"duration\":\"P90D\"}}}"],
    },
    references: &["Entra ID STIG V-270335", "Investigators' roles: time-bound assignments"],
    subjects: Subjects::ActiveGrants,
    needs: &[Dataset::RoleAssignments, Dataset::RoleAssignmentScheduleInstances],
    variants: &[],
    expect: ExpectShape::AtMost,
    waivable: true,
    judge,
};

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let Some((ideal, at_most)) = expect.durations() else {
        return Err(Gap::new(GapKind::Unreadable, "the rule gives no duration"));
    };
    let grant = facts.grant()?;
    match (facts.grant_class()?, grant.end) {
        (Class::TimeBound, Some(end)) => time_bound(facts, grant, end, ideal, at_most),
        (Class::Permanent, _) => {
            Ok(Outcome::not_applicable("it has no end; permanent-active-assignment judges that"))
        }
        (Class::Activated, _) => Ok(Outcome::not_applicable(
            "it is an activation; activation-beyond-policy judges its length",
        )),
        (
            Class::TimeBound | Class::EligiblePermanent | Class::EligibleTimeBound | Class::Unknown,
            _,
        ) => Err(Gap::new(GapKind::Unreadable, "the subject is not an active grant")),
    }
}

fn time_bound(
    facts: &Facts,
    grant: &Grant,
    end: Timestamp,
    ideal: IsoDuration,
    at_most: IsoDuration,
) -> Result<Outcome, Gap> {
    let length = length(grant.start.unwrap_or(facts.now()), end)?;
    let observed = length.to_string();
    let outcome = if length <= ideal {
        Outcome::pass(observed, format!("at most {ideal}"))
    } else if length <= at_most {
        Outcome::partial(0.5, observed, format!("at most {at_most}, better {ideal}"))
    } else {
        Outcome::fail(observed, format!("at most {at_most}"))
    };
    let row = &grant.provenance;
    let start = grant.start.map_or_else(|| "null".to_owned(), |start| start.to_string());
    Ok(outcome
        .evidence(Evidence::new(row.dataset, &row.id, "startDateTime", start))
        .evidence(Evidence::new(row.dataset, &row.id, "endDateTime", end.to_string()))
        .maybe_note(
            grant
                .start
                .is_none()
                .then_some("its start is not recorded; measured from now to its end"),
        ))
}

/// Whole seconds between the two; a window that ends before it begins is unreadable.
fn length(start: Timestamp, end: Timestamp) -> Result<IsoDuration, Gap> {
    let seconds = u64::try_from(end.duration_since(start).as_secs()).map_err(|_| {
        Gap::unreadable(
            Dataset::RoleAssignmentScheduleInstances,
            format!("the assignment runs from {start} to {end}"),
        )
    })?;
    Ok(IsoDuration::from_seconds(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, DIRECTORY_READERS, GLOBAL_ADMINISTRATOR, NOW};
    use crate::model::Hold;

    fn expect(ideal: Option<&str>, at_most: &str) -> Expect {
        let duration = |text: &str| IsoDuration::parse(text).unwrap();
        Expect::at_most(duration(at_most), ideal.map(duration))
    }

    fn case(start: Option<&str>, end: Option<&str>) -> Case {
        let mut case = Case::new();
        let grant = case.active("ana", GLOBAL_ADMINISTRATOR);
        grant.start = start.map(|it| it.parse().unwrap());
        grant.end = end.map(|it| it.parse().unwrap());
        case
    }

    #[test]
    fn both_limits_are_inclusive_to_the_second() {
        for (end, ideal, expected) in [
            // 183 days after the first of January.
            ("2026-07-03T00:00:00Z", Some("P183D"), "pass"),
            ("2026-07-03T00:00:01Z", Some("P183D"), "partial"),
            // 366 days.
            ("2027-01-02T00:00:00Z", Some("P183D"), "partial"),
            ("2027-01-02T00:00:01Z", Some("P183D"), "fail"),
            ("2027-01-02T00:00:00Z", None, "pass"),
            ("2027-01-02T00:00:01Z", None, "fail"),
        ] {
            let case = case(Some("2026-01-01T00:00:00Z"), Some(end));
            let outcome = case.judge_grant(&CHECK, 0, &expect(ideal, "P366D")).unwrap();
            assert_eq!(outcome.name(), expected, "until {end} against {ideal:?}");
        }
    }

    #[test]
    fn without_a_start_the_rest_is_measured_and_said() {
        for (end, expected) in [
            ("2027-05-04T09:00:00Z", "pass"),
            ("2027-05-04T09:00:01Z", "partial"),
            ("2027-11-03T09:00:01Z", "fail"),
        ] {
            let case = case(None, Some(end));
            let outcome = case.judge_grant(&CHECK, 0, &expect(Some("P183D"), "P366D")).unwrap();
            assert_eq!(outcome.name(), expected, "from {NOW} until {end}");
            assert_eq!(outcome.details().unwrap().notes.len(), 1);
        }
    }

    #[test]
    fn a_window_that_ends_before_it_begins_is_unreadable() {
        let case = case(Some("2026-12-01T00:00:00Z"), Some("2026-11-15T00:00:00Z"));
        let gap = case.judge_grant(&CHECK, 0, &expect(None, "P366D")).unwrap_err();
        assert_eq!(gap.kind, GapKind::Unreadable);
    }

    #[test]
    fn only_time_bound_assignments_are_judged_of_any_role_and_holder() {
        let end = Some("2026-12-01T00:00:00Z");
        for (hold, end, expected) in [
            (Hold::Assigned, None, "not-applicable"),
            (Hold::Activated, None, "not-applicable"),
            (Hold::Activated, end, "not-applicable"),
            (Hold::Assigned, end, "partial"),
        ] {
            for role in [GLOBAL_ADMINISTRATOR, DIRECTORY_READERS] {
                let mut case = Case::new();
                case.service("robot");
                let grant = case.active("robot", role);
                grant.hold = hold;
                grant.end = end.map(|end| end.parse().unwrap());
                let outcome = case.judge_grant(&CHECK, 0, &expect(Some("P183D"), "P366D")).unwrap();
                assert_eq!(outcome.name(), expected, "{hold:?} {end:?} {role}");
            }
        }
    }

    #[test]
    fn an_unknown_type_is_not_assessed() {
        let mut case = Case::new();
        case.active("ana", GLOBAL_ADMINISTRATOR).hold = Hold::ActiveOfUnknownType;
        assert!(case.judge_grant(&CHECK, 0, &expect(None, "P366D")).is_err());
    }
}
