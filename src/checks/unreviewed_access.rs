//! `unreviewed-access`: whether somebody looks again and again at who has a privileged access.

use super::{Check, Expect, ExpectShape, Fix, Subjects, review_call};
use crate::facts::Facts;
use crate::facts::reviews::{Held, is_of};
use crate::model::{
    Access, Dataset, Evidence, Gap, GapKind, IsoDuration, Outcome, Review, Verdict,
};

/// The check.
pub static CHECK: Check = Check {
    id: "unreviewed-access",
    title: "Privileged access is not reviewed",
    what: "Looks for running, recurring access reviews of each role of tier critical or high in use, and of \
        each group that holds or leads to a role. They are held at least as often as the baseline asks, a \
        month counting 31 days and a year 366. A role whose review leaves out those who hold it actively, or those who \
        are eligible, is met in part; a review of guests alone counts for nothing.",
    why: "Access is given in a hurry and never taken away again. Only somebody who looks at the list from \
        time to time finds those who left the task and kept the role.",
    fix: Fix {
        portal: "Entra admin center > ID Governance > Privileged Identity Management > Microsoft Entra \
            roles > Access reviews > New: the role, all active and eligible assignments, as often as the \
            baseline asks or oftener, without an end, reviewers other than those reviewed; for a group: \
            ID Governance > Access reviews > New access review > Teams + Groups",
        graph: &[
            "POST /v1.0/identityGovernance/accessReviews/definitions \
            {\"displayName\":\"Quarterly review of a role\",\
            \"descriptionForAdmins\":\"Who still needs this role\",\
            \"descriptionForReviewers\":\"Approve only who still needs this role\",\
            \"scope\":{\"@odata.type\":\"#microsoft.graph.accessReviewQueryScope\",\
            \"query\":\"/roleManagement/directory/roleDefinitions/{role}\",\
            \"queryType\":\"MicrosoftGraph\"},\
            \"reviewers\":[{\"query\":\"/groups/<id of the reviewer group>/transitiveMembers\",\
            \"queryType\":\"MicrosoftGraph\"}],\
            \"settings\":{\"mailNotificationsEnabled\":true,\"reminderNotificationsEnabled\":true,\
            \"justificationRequiredOnApproval\":true,\"defaultDecisionEnabled\":false,\
            \"defaultDecision\":\"None\",\"instanceDurationInDays\":14,\
            \"autoApplyDecisionsEnabled\":true,\"recommendationsEnabled\":true,\
            \"recurrence\":{\"pattern\":{\"type\":\"absoluteMonthly\",\"interval\":3},\
            \"range\":{\"type\":\"noEnd\",\"startDate\":\"<date of the first review>\"}}}}",
            "POST /v1.0/identityGovernance/accessReviews/definitions \
            {\"displayName\":\"Quarterly review of a group that holds roles\",\
            \"descriptionForAdmins\":\"Who still needs this group\",\
            \"descriptionForReviewers\":\"Approve only who still needs this group\",\
            \"scope\":{\"@odata.type\":\"#microsoft.graph.accessReviewQueryScope\",\
            \"query\":\"/groups/{group}/transitiveMembers\",\"queryType\":\"MicrosoftGraph\"},\
            \"reviewers\":[{\"query\":\"/groups/<id of the reviewer group>/transitiveMembers\",\
            \"queryType\":\"MicrosoftGraph\"}],\
            \"settings\":{\"mailNotificationsEnabled\":true,\"reminderNotificationsEnabled\":true,\
            \"justificationRequiredOnApproval\":true,\"defaultDecisionEnabled\":false,\
            \"defaultDecision\":\"None\",\"instanceDurationInDays\":14,\
            \"autoApplyDecisionsEnabled\":true,\"recommendationsEnabled\":true,\
            \"recurrence\":{\"pattern\":{\"type\":\"absoluteMonthly\",\"interval\":3},\
            \"range\":{\"type\":\"noEnd\",\"startDate\":\"<date of the first review>\"}}}}",
        ],
    },
    references: &[
        "CIS Microsoft 365 Foundations 7.0.0: 5.3.3",
        "Microsoft best practices for Entra roles: recurring access reviews",
        "Zero Trust Assessment 21855",
        "Microsoft cloud security benchmark PA-4",
        "Insider Threat Matrix PV023",
        "Investigators' roles: access reviews",
        "PIM training unit: review of administrative roles",
        "PIM concept and setup: access reviews",
    ],
    subjects: Subjects::ReviewedAccesses,
    needs: &[Dataset::AccessReviews],
    variants: &[],
    expect: ExpectShape::AtMost,
    waivable: true,
    judge,
};

/// The shortest interval at which each side of an access is reviewed. Of a group, whoever is in it is
/// one side: both are the same.
#[derive(Clone, Copy, Debug, Default)]
struct Sides {
    /// Those who hold it actively.
    active: Option<IsoDuration>,
    /// Those who are eligible.
    eligible: Option<IsoDuration>,
}

impl Sides {
    fn add(&mut self, scope: InScope, interval: IsoDuration) {
        for (within, side) in
            [(scope.active, &mut self.active), (scope.eligible, &mut self.eligible)]
        {
            if within {
                *side = Some(side.map_or(interval, |known| known.min(interval)));
            }
        }
    }

    fn verdict(self, ideal: IsoDuration, at_most: IsoDuration) -> Verdict {
        let sides = [self.active, self.eligible];
        let within = |limit: IsoDuration| {
            sides.iter().filter(|side| side.is_some_and(|it| it <= limit)).count()
        };
        if within(ideal) == sides.len() {
            Verdict::Pass
        } else if within(at_most) > 0 {
            Verdict::Partial
        } else {
            Verdict::Fail
        }
    }

    fn in_words(self) -> String {
        match (self.active, self.eligible) {
            (None, None) => "no running, recurring review".to_owned(),
            (Some(one), Some(two)) if one == two => format!("reviewed every {one}"),
            (Some(active), Some(eligible)) => {
                format!("active holders reviewed every {active}, eligible ones every {eligible}")
            }
            (Some(active), None) => format!("only active holders reviewed, every {active}"),
            (None, Some(eligible)) => format!("only eligible holders reviewed, every {eligible}"),
        }
    }
}

/// Which sides of an access one review looks at.
#[derive(Clone, Copy)]
struct InScope {
    active: bool,
    eligible: bool,
}

fn judge(facts: &Facts, expect: &Expect) -> Result<Outcome, Gap> {
    let Some((ideal, at_most)) = expect.durations() else {
        return Err(Gap::new(GapKind::Unreadable, "the rule gives no duration"));
    };
    let access = facts.judged_access()?;
    let mut proven = Sides::default();
    let mut possible = Sides::default();
    let mut doubt = None;
    let mut notes = Vec::new();
    let mut rows = Vec::new();
    for review in facts.review_of(access)? {
        let scope = in_scope(review, access);
        if !scope.active && !scope.eligible {
            notes.push(format!("{}: nobody but guests is in its scope", review.name));
            continue;
        }
        match facts.held(review) {
            Ok(Held::Every(interval)) => {
                proven.add(scope, interval);
                possible.add(scope, interval);
                rows.push((review, interval));
            }
            Ok(Held::Not(why)) => notes.push(format!("{}: {why}", review.name)),
            Err(gap) => {
                // At best it is held all the time.
                possible.add(scope, IsoDuration::from_seconds(0));
                doubt.get_or_insert(gap);
            }
        }
    }
    let verdict = proven.verdict(ideal, at_most);
    if let Some(gap) = doubt
        && verdict != possible.verdict(ideal, at_most)
    {
        return Err(gap);
    }
    let observed = proven.in_words();
    let better = if ideal < at_most { format!(", better every {ideal}") } else { String::new() };
    let expected = format!("reviewed at least every {at_most}{better}");
    let outcome = match verdict {
        Verdict::Pass => Outcome::pass(observed, expected),
        Verdict::Partial => Outcome::partial(0.5, observed, expected),
        Verdict::Fail => Outcome::fail(observed, expected),
    };
    let outcome = rows.into_iter().fold(outcome, |outcome, (review, interval)| {
        let field = "settings.recurrence.pattern";
        let value = format!("every {}", interval.to_iso());
        outcome.evidence(Evidence::new(Dataset::AccessReviews, &review.id, field, value))
    });
    let outcome = notes.into_iter().fold(outcome, Outcome::note);
    Ok(outcome.calls(vec![review_call(access, ideal)]))
}

/// A review of a group looks at whoever is in it.
fn in_scope(review: &Review, access: &Access) -> InScope {
    let covers: Vec<_> = review
        .covers
        .iter()
        .filter(|cover| is_of(&cover.access, access) && !cover.guests_only)
        .collect();
    match access {
        Access::DirectoryRole(_) => InScope {
            active: covers.iter().any(|cover| cover.active),
            eligible: covers.iter().any(|cover| cover.eligible),
        },
        Access::Group(..) => InScope { active: !covers.is_empty(), eligible: !covers.is_empty() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Case, GLOBAL_ADMINISTRATOR, SECURITY_ADMINISTRATOR};
    use crate::model::{Cover, GroupAccess, Interval, PrincipalId, Recurrence, RoleId};

    fn role(id: &str) -> Access {
        Access::DirectoryRole(RoleId::new(id))
    }

    fn team() -> Access {
        Access::Group(PrincipalId::new("team"), GroupAccess::Member)
    }

    fn at_most(ideal: Option<&str>, at_most: &str) -> Expect {
        let duration = |text: &str| IsoDuration::parse(text).unwrap();
        Expect::at_most(duration(at_most), ideal.map(duration))
    }

    fn judged(case: &Case, access: Access, expect: &Expect) -> Result<&'static str, GapKind> {
        let outcome = case.judge_access(&CHECK, access, expect);
        outcome.map(|it| it.name()).map_err(|gap| gap.kind)
    }

    fn cover(access: Access, active: bool, eligible: bool, guests_only: bool) -> Cover {
        Cover { access, active, eligible, guests_only, groups: Some(true) }
    }

    /// One review of Global Administrator, quarterly since January and without an end, changed.
    fn case_of(change: impl FnOnce(&mut Review)) -> Case {
        let mut case = Case::new();
        let review = case.review(role(GLOBAL_ADMINISTRATOR));
        review.status = "InProgress".into();
        review.covers = vec![cover(role(GLOBAL_ADMINISTRATOR), true, true, false)];
        review.recurrence = Some(Recurrence {
            every: Interval::Months(3),
            start: Some("2026-01-01".parse().unwrap()),
            end: None,
        });
        change(review);
        case
    }

    fn quarterly(case: &Case) -> Result<&'static str, GapKind> {
        judged(case, role(GLOBAL_ADMINISTRATOR), &at_most(None, "P93D"))
    }

    #[test]
    fn the_limit_is_inclusive_and_a_month_has_31_days() {
        for (every, ideal, limit, expected) in [
            (Interval::Months(3), None, "P93D", "pass"),
            (Interval::Months(4), None, "P93D", "fail"),
            (Interval::Weeks(13), None, "P93D", "pass"),
            (Interval::Weeks(14), None, "P93D", "fail"),
            (Interval::Months(3), None, "P31D", "fail"),
            (Interval::Months(1), None, "P31D", "pass"),
            (Interval::Weeks(4), None, "P31D", "pass"),
            (Interval::Weeks(5), None, "P31D", "fail"),
            (Interval::Months(1), Some("P31D"), "P93D", "pass"),
            (Interval::Months(2), Some("P31D"), "P93D", "partial"),
            (Interval::Months(3), Some("P31D"), "P93D", "partial"),
            (Interval::Months(4), Some("P31D"), "P93D", "fail"),
        ] {
            let case = case_of(|review| {
                review.recurrence.as_mut().unwrap().every = every.clone();
            });
            let outcome = judged(&case, role(GLOBAL_ADMINISTRATOR), &at_most(ideal, limit));
            assert_eq!(outcome, Ok(expected), "{every:?} against {ideal:?} {limit}");
        }
    }

    #[test]
    fn what_is_not_read_or_not_expected_is_not_assessed() {
        let mut case = case_of(|_| {});
        let outcome = judged(&case, role(GLOBAL_ADMINISTRATOR), &Expect::Required);
        assert_eq!(outcome, Err(GapKind::Unreadable));
        case.missing(Dataset::AccessReviews);
        assert_eq!(quarterly(&case), Err(GapKind::PermissionDenied));
    }

    #[test]
    fn only_a_review_that_runs_again_and_again_counts() {
        type Change = fn(&mut Review);
        let cases: [(&str, Change, Result<&str, GapKind>); 17] = [
            ("odd casing", |it| it.status = "inprogress".into(), Ok("pass")),
            ("active", |it| it.status = "Active".into(), Ok("pass")),
            ("completed", |it| it.status = "Completed".into(), Ok("fail")),
            ("not started", |it| it.status = "NotStarted".into(), Ok("fail")),
            ("initializing", |it| it.status = "Initializing".into(), Ok("fail")),
            ("in between", |it| it.status = "AutoReviewing".into(), Err(GapKind::Unreadable)),
            ("new word", |it| it.status = "Paused".into(), Err(GapKind::Unreadable)),
            ("once", |it| it.recurrence = None, Ok("fail")),
            ("begins today", |it| set_start(it, Some("2026-11-02")), Ok("pass")),
            ("begins tomorrow", |it| set_start(it, Some("2026-11-03")), Ok("fail")),
            ("begins some day", |it| set_start(it, None), Err(GapKind::Unreadable)),
            ("ends today", |it| set_end(it, "2026-11-02"), Ok("pass")),
            ("ended yesterday", |it| set_end(it, "2026-11-01"), Ok("fail")),
            (
                "other",
                |it| set_every(it, Interval::Other("daily".into())),
                Err(GapKind::Unreadable),
            ),
            ("0 weeks", |it| set_every(it, Interval::Weeks(0)), Err(GapKind::Unreadable)),
            ("0 months", |it| set_every(it, Interval::Months(0)), Err(GapKind::Unreadable)),
            // What is over is over, whatever else is odd about it.
            (
                "over and odd",
                |it| {
                    set_end(it, "2026-11-01");
                    it.status = "Paused".into();
                },
                Ok("fail"),
            ),
        ];
        for (name, change, expected) in cases {
            assert_eq!(quarterly(&case_of(change)), expected, "{name}");
        }
    }

    fn set_start(review: &mut Review, start: Option<&str>) {
        review.recurrence.as_mut().unwrap().start = start.map(|it| it.parse().unwrap());
    }

    fn set_end(review: &mut Review, end: &str) {
        review.recurrence.as_mut().unwrap().end = Some(end.parse().unwrap());
    }

    fn set_every(review: &mut Review, every: Interval) {
        review.recurrence.as_mut().unwrap().every = every;
    }

    #[test]
    fn without_a_review_of_this_access_it_fails_and_the_others_are_named() {
        assert_eq!(quarterly(&Case::new()), Ok("fail"));
        let other = case_of(|review| {
            review.covers = vec![cover(role(SECURITY_ADMINISTRATOR), true, true, false)];
        });
        assert_eq!(quarterly(&other), Ok("fail"));
        let once = case_of(|review| review.recurrence = None);
        let expect = at_most(None, "P93D");
        let outcome = once.judge_access(&CHECK, role(GLOBAL_ADMINISTRATOR), &expect).unwrap();
        let details = outcome.details().unwrap();
        assert_eq!(details.observed, "no running, recurring review");
        assert_eq!(details.notes.len(), 1);
    }

    #[test]
    fn both_the_active_and_the_eligible_must_be_looked_at() {
        for (active, eligible, guests_only, expected) in [
            (true, true, false, "pass"),
            (true, false, false, "partial"),
            (false, true, false, "partial"),
            (false, false, false, "fail"),
            (true, true, true, "fail"),
        ] {
            let case = case_of(|review| {
                let access = role(GLOBAL_ADMINISTRATOR);
                review.covers = vec![cover(access, active, eligible, guests_only)];
            });
            assert_eq!(quarterly(&case), Ok(expected), "{active} {eligible} {guests_only}");
        }
    }

    #[test]
    fn several_reviews_add_up_and_a_doubtful_one_counts_where_it_could_help() {
        let other = |active: bool, eligible: bool, every: u32, status: &str| {
            let mut case = case_of(|review| review.covers[0].eligible = false);
            let review = case.review(role(GLOBAL_ADMINISTRATOR));
            review.status = status.into();
            review.covers = vec![cover(role(GLOBAL_ADMINISTRATOR), active, eligible, false)];
            review.recurrence = Some(Recurrence {
                every: Interval::Months(every),
                start: Some("2026-01-01".parse().unwrap()),
                end: None,
            });
            case
        };
        for (active, eligible, every, status, expected) in [
            (false, true, 1, "InProgress", Ok("pass")),
            (false, true, 6, "InProgress", Ok("partial")),
            (true, false, 1, "InProgress", Ok("partial")),
            (false, true, 1, "Completed", Ok("partial")),
            (false, true, 1, "Paused", Err(GapKind::Unreadable)),
            (true, false, 1, "Paused", Ok("partial")),
        ] {
            let case = other(active, eligible, every, status);
            assert_eq!(quarterly(&case), expected, "{active} {eligible} {every} {status}");
        }
        let case = other(false, true, 1, "InProgress");
        let expect = at_most(Some("P31D"), "P93D");
        let outcome = case.judge_access(&CHECK, role(GLOBAL_ADMINISTRATOR), &expect).unwrap();
        assert_eq!(outcome.name(), "partial");
        let details = outcome.details().unwrap();
        assert_eq!(
            details.observed,
            "active holders reviewed every 93 d, eligible ones every 31 d"
        );
        assert_eq!(details.expected, "reviewed at least every 93 d, better every 31 d");
        assert_eq!(details.evidence.len(), 2);
    }

    #[test]
    fn the_review_that_is_proposed_is_held_as_often_as_is_asked() {
        for (limit, pattern, word) in [
            ("P7D", r#"{"type":"weekly","interval":1}"#, "Weekly"),
            ("P31D", r#"{"type":"absoluteMonthly","interval":1}"#, "Monthly"),
            ("P62D", r#"{"type":"absoluteMonthly","interval":1}"#, "Monthly"),
            ("P93D", r#"{"type":"absoluteMonthly","interval":3}"#, "Quarterly"),
            ("P183D", r#"{"type":"absoluteMonthly","interval":3}"#, "Quarterly"),
            ("P6M", r#"{"type":"absoluteMonthly","interval":6}"#, "Half-yearly"),
            ("P12M", r#"{"type":"absoluteMonthly","interval":12}"#, "Annual"),
            ("P366D", r#"{"type":"absoluteMonthly","interval":12}"#, "Annual"),
            ("P365D", r#"{"type":"absoluteMonthly","interval":6}"#, "Half-yearly"),
        ] {
            for (access, query) in [
                (role(GLOBAL_ADMINISTRATOR), "roleDefinitions/{role}"),
                (team(), "/groups/{group}/transitiveMembers"),
            ] {
                let mut case = Case::new();
                case.group("team", &["ana"]);
                let outcome = case.judge_access(&CHECK, access, &at_most(None, limit)).unwrap();
                let calls = outcome.details().unwrap().calls.clone().unwrap();
                assert_eq!(calls.len(), 1, "{limit}");
                assert!(calls[0].contains(pattern), "{limit}: {}", calls[0]);
                assert!(calls[0].contains(&format!("\"{word} review of a ")), "{limit}");
                assert!(calls[0].contains(query), "{limit}: {}", calls[0]);
                let body = calls[0].split_once(" {").map(|(_, rest)| format!("{{{rest}")).unwrap();
                assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok(), "{body}");
            }
        }
        // What the check itself shows is the quarterly one.
        for access in [role(GLOBAL_ADMINISTRATOR), team()] {
            let call = review_call(&access, IsoDuration::parse("P93D").unwrap());
            assert!(CHECK.fix.graph.contains(&call.as_str()), "{call}");
        }
    }

    #[test]
    fn a_review_of_a_group_looks_at_whoever_is_in_it() {
        for (active, eligible, guests_only, expected) in
            [(true, false, false, "pass"), (true, true, false, "pass"), (true, true, true, "fail")]
        {
            let mut case = Case::new();
            case.group("team", &["ana"]);
            let review = case.review(team());
            review.covers = vec![cover(team(), active, eligible, guests_only)];
            let outcome = judged(&case, team(), &at_most(None, "P93D"));
            assert_eq!(outcome, Ok(expected), "{active} {eligible} {guests_only}");
        }
        let mut unreviewed = case_of(|_| {});
        unreviewed.group("team", &["ana"]);
        assert_eq!(judged(&unreviewed, team(), &at_most(None, "P93D")), Ok("fail"));
    }
}
