//! Access reviews: how each is held, and how its last round went.

use super::parts::Parts;
use super::review_scope::{Scope, covers};
use super::{Text, collected, collection, time, typed};
use crate::model::{
    Collected, Dataset, DefaultDecision, EndedInstance, Gap, Interval, Recurrence, Review,
};
use crate::snapshot::Snapshot;
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
    #[serde(borrow, default)]
    scope: Option<Scope<'a>>,
    #[serde(borrow, default)]
    instance_enumeration_scope: Option<Scope<'a>>,
    #[serde(borrow, default)]
    reviewers: Option<Vec<Reviewer<'a>>>,
    #[serde(borrow, default)]
    fallback_reviewers: Option<Vec<Reviewer<'a>>>,
    #[serde(borrow, default)]
    stage_settings: Option<Vec<Stage<'a>>>,
    #[serde(borrow, default)]
    settings: Option<Settings<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reviewer<'a> {
    #[serde(borrow, default)]
    query: Option<Text<'a>>,
    #[serde(borrow, default)]
    scope_type: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stage<'a> {
    #[serde(borrow, default)]
    reviewers: Option<Vec<Reviewer<'a>>>,
    #[serde(borrow, default)]
    fallback_reviewers: Option<Vec<Reviewer<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Settings<'a> {
    instance_duration_in_days: Option<i64>,
    justification_required_on_approval: Option<bool>,
    mail_notifications_enabled: Option<bool>,
    reminder_notifications_enabled: Option<bool>,
    auto_apply_decisions_enabled: Option<bool>,
    default_decision_enabled: Option<bool>,
    #[serde(borrow)]
    default_decision: Option<Text<'a>>,
    #[serde(borrow)]
    recurrence: Option<RecurrenceRow<'a>>,
}

#[derive(Deserialize)]
struct RecurrenceRow<'a> {
    #[serde(borrow, default)]
    pattern: Option<Pattern<'a>>,
    #[serde(borrow, default)]
    range: Option<Range<'a>>,
}

#[derive(Deserialize)]
struct Pattern<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(default)]
    interval: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Range<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    start_date: Option<Text<'a>>,
    #[serde(borrow, default)]
    end_date: Option<Text<'a>>,
    #[serde(default)]
    number_of_occurrences: Option<i64>,
}

/// Every review; those of other things than roles and groups cover nothing.
pub(super) fn reviews(snapshot: &Snapshot<'_>, now: Timestamp) -> Collected<Vec<Review>> {
    let found = match collection(snapshot, Dataset::AccessReviews) {
        Ok(found) => found,
        Err(gap) => return Collected::Missing(gap),
    };
    let rows = typed::<Definition<'_>>(found);
    let mut strange = rows.strange;
    let rounds = Rounds {
        instances: Parts::of(snapshot, Dataset::AccessReviewInstances),
        decisions: Parts::of(snapshot, Dataset::AccessReviewDecisions),
        now,
    };
    let mut reviews = Vec::with_capacity(rows.rows.len());
    for row in &rows.rows {
        match review(row, &rounds) {
            Ok(review) => reviews.push(review),
            Err(cause) => {
                strange.get_or_insert_with(|| {
                    let detail = format!("access review {}: {cause}", row.id);
                    Gap::unreadable(Dataset::AccessReviews, detail)
                });
            }
        }
    }
    collected(reviews, [found.gap.clone(), strange])
}

fn review(row: &Definition<'_>, rounds: &Rounds<'_, '_>) -> Result<Review, String> {
    let settings = row.settings.as_ref().ok_or("it came without its settings")?;
    let stages = || row.stage_settings.iter().flatten();
    let reviewers = || {
        let of_stages = stages().flat_map(|stage| stage.reviewers.iter().flatten());
        row.reviewers.iter().flatten().chain(of_stages)
    };
    let mut fallbacks = row
        .fallback_reviewers
        .iter()
        .flatten()
        .chain(stages().flat_map(|stage| stage.fallback_reviewers.iter().flatten()));
    let id: Arc<str> = row.id.to_ascii_lowercase().into();
    Ok(Review {
        name: row.display_name.as_deref().map_or_else(|| id.clone(), Into::into),
        status: row.status.as_deref().unwrap_or_default().into(),
        covers: covers(row.scope.as_ref(), row.instance_enumeration_scope.as_ref())?,
        recurrence: settings.recurrence.as_ref().map(recurrence).transpose()?.flatten(),
        days: settings.instance_duration_in_days.and_then(|days| u32::try_from(days).ok()),
        has_reviewers: reviewers().next().is_some(),
        // Without a fallback nobody but the reviewed is left where there is no manager.
        self_review: reviewers().all(Reviewer::is_manager)
            && (reviewers().next().is_none() || fallbacks.next().is_none()),
        reason_required: settings.justification_required_on_approval == Some(true),
        mails: settings.mail_notifications_enabled == Some(true),
        reminders: settings.reminder_notifications_enabled == Some(true),
        applies: settings.auto_apply_decisions_enabled == Some(true),
        default_decision: default_decision(settings),
        last_ended: rounds.last_ended(&id),
        id,
    })
}

impl Reviewer<'_> {
    fn is_manager(&self) -> bool {
        self.query.as_deref().is_some_and(|query| query.to_ascii_lowercase().contains("./manager"))
            || self.scope_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("manager"))
    }
}

fn default_decision(settings: &Settings<'_>) -> DefaultDecision {
    let word = settings.default_decision.as_deref().map_or("", str::trim);
    if settings.default_decision_enabled == Some(false) || word.is_empty() {
        return DefaultDecision::None;
    }
    match word {
        word if word.eq_ignore_ascii_case("None") => DefaultDecision::None,
        word if word.eq_ignore_ascii_case("Deny") => DefaultDecision::Deny,
        word if word.eq_ignore_ascii_case("Approve") => DefaultDecision::Approve,
        word if word.eq_ignore_ascii_case("Recommendation") => DefaultDecision::Recommendation,
        word => DefaultDecision::Other(word.into()),
    }
}

/// How often; `None` for a review that is held once.
fn recurrence(row: &RecurrenceRow<'_>) -> Result<Option<Recurrence>, String> {
    let Some(pattern) = &row.pattern else { return Ok(None) };
    let range = row.range.as_ref().ok_or("its recurrence has no range")?;
    let kind = pattern.kind.as_deref().unwrap_or_default();
    let interval = pattern.interval.and_then(|it| u32::try_from(it).ok()).filter(|it| *it > 0);
    let every = match interval {
        Some(weeks) if kind.eq_ignore_ascii_case("weekly") => Interval::Weeks(weeks),
        Some(months) if kind.eq_ignore_ascii_case("absoluteMonthly") => Interval::Months(months),
        Some(_) | None => Interval::Other(kind.into()),
    };
    let start = date(range.start_date.as_deref())?;
    let end = match range.kind.as_deref().unwrap_or("null") {
        word if word.eq_ignore_ascii_case("noEnd") => None,
        word if word.eq_ignore_ascii_case("endDate") => {
            let text = range.end_date.as_deref().ok_or("its recurrence ends on no date")?;
            date(Some(text))?
        }
        word if word.eq_ignore_ascii_case("numbered") => match range.number_of_occurrences {
            Some(rounds @ 2..) => last_round(&every, start, rounds)?,
            Some(_) | None => return Ok(None),
        },
        word => return Err(format!("its recurrence has the range {word}")),
    };
    Ok(Some(Recurrence { every, start, end }))
}

/// The day on which the last of so many rounds begins; `None` where that is beyond the calendar.
fn last_round(every: &Interval, start: Option<Date>, rounds: i64) -> Result<Option<Date>, String> {
    let steps = |every: &u32| i64::from(*every).saturating_mul(rounds - 1);
    let span = match every {
        Interval::Weeks(weeks) => Span::new().try_weeks(steps(weeks)),
        Interval::Months(months) => Span::new().try_months(steps(months)),
        Interval::Other(_) => return Ok(None),
    };
    let start = start.ok_or("its recurrence begins on no date")?;
    Ok(span.and_then(|span| start.checked_add(span)).ok())
}

/// A day; the years 1 and 9999 are none, as in points in time.
fn date(text: Option<&str>) -> Result<Option<Date>, String> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.starts_with("9999-") || text.starts_with("0001-") {
        return Ok(None);
    }
    let day = text.get(..10).unwrap_or(text);
    day.parse().map(Some).map_err(|_| format!("{text:?} is no date"))
}

/// The rounds of every review, and what was decided in the last of them.
struct Rounds<'s, 'a> {
    instances: Parts<'s, 'a>,
    decisions: Parts<'s, 'a>,
    now: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Instance<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
    #[serde(borrow, default)]
    end_date_time: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Decision<'a> {
    #[serde(borrow, default)]
    decision: Option<Text<'a>>,
}

/// States of a round that is not over.
const RUNNING: [&str; 4] = ["Initializing", "NotStarted", "Starting", "InProgress"];

impl Rounds<'_, '_> {
    /// The last round of a review that ended.
    fn last_ended(&self, review: &str) -> Result<Option<EndedInstance>, Gap> {
        let part = self.instances.get(review)?;
        let rows = typed::<Instance<'_>>(part);
        if let Some(gap) = part.gap.clone().or(rows.strange) {
            return Err(gap);
        }
        let mut ended = Vec::new();
        for row in &rows.rows {
            let unclear = |cause: &str| {
                let detail = format!("round {} of access review {review}: {cause}", row.id);
                Gap::unreadable(Dataset::AccessReviewInstances, detail)
            };
            let is_done = row.status.as_deref().is_some_and(|status| {
                status.eq_ignore_ascii_case("Completed") || status.eq_ignore_ascii_case("Applied")
            });
            // What still runs by its own word was not decided, whatever the time of judgement.
            let runs = row
                .status
                .as_deref()
                .is_some_and(|status| RUNNING.iter().any(|word| status.eq_ignore_ascii_case(word)));
            match time(row.end_date_time.as_deref()).map_err(|cause| unclear(&cause))? {
                Some(_) if runs => {}
                Some(end) if is_done || end <= self.now => ended.push((end, &*row.id)),
                None if is_done => return Err(unclear("it is over, but has no end")),
                Some(_) | None => {}
            }
        }
        let Some(last) = ended.iter().map(|(end, _)| *end).max() else { return Ok(None) };
        // A review of many things has as many rounds that end at one time; one of them is read.
        let decisions = ended
            .iter()
            .filter(|(end, _)| *end == last)
            .map(|(_, instance)| self.decisions_of(review, instance))
            .reduce(Result::or);
        // A round that was stopped is over before its planned end.
        Ok(decisions.map(|decisions| EndedInstance { ended: last.min(self.now), decisions }))
    }

    /// Decisions in all, and those nobody took.
    fn decisions_of(&self, review: &str, instance: &str) -> Result<(u32, u32), Gap> {
        let part = self.decisions.get(&format!("{review}/{instance}"))?;
        let rows = typed::<Decision<'_>>(part);
        if let Some(gap) = part.gap.clone().or(rows.strange) {
            return Err(gap);
        }
        let is_open = |row: &&Decision<'_>| {
            row.decision.as_deref().is_none_or(|word| word.eq_ignore_ascii_case("NotReviewed"))
        };
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Ok((count(rows.rows.len()), count(rows.rows.iter().filter(is_open).count())))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cut, denied, load, now, text, whole};
    use super::*;
    use crate::model::GapKind;

    const ROLE: &str = "62e90394-69f5-4237-9190-012177145e10";

    /// One definition with these properties; the settings are empty unless they are among them.
    fn definition(rest: &str) -> Collected<Vec<Review>> {
        let settings = if rest.contains("\"settings\"") { "" } else { r#","settings":{}"# };
        let row = format!(r#"{{"id":"R"{rest}{settings}}}"#);
        let text = text(&[whole(Dataset::AccessReviews, None, &row)]);
        reviews(&load(&text), now())
    }

    fn one(rest: &str) -> Review {
        let Collected::Complete(mut reviews) = definition(rest) else { panic!("{rest}") };
        reviews.pop().unwrap()
    }

    fn scope(query: &str) -> String {
        format!(r#""scope":{{"query":"{query}"}}"#)
    }

    #[test]
    fn a_definition_that_cannot_be_understood_makes_the_list_partial() {
        let role = scope(&format!("/roleManagement/directory/roleDefinitions/{ROLE}"));
        let recurrence =
            |recurrence: &str| format!(r#",{role},"settings":{{"recurrence":{{{recurrence}}}}}"#);
        for rest in [
            String::new(),
            r#","scope":null"#.to_owned(),
            r#","scope":{}"#.to_owned(),
            r#","scope":"x""#.to_owned(),
            r#","scope":{"resourceScopes":[{"scopeType":"something","resourceId":"x"}]}"#
                .to_owned(),
            format!(r#",{role},"settings":null"#),
            recurrence(r#""pattern":{"type":"weekly","interval":1}"#),
            recurrence(r#""pattern":{"type":"weekly","interval":1},"range":{"type":"some"}"#),
            recurrence(r#""pattern":{"type":"weekly","interval":1},"range":{"type":"endDate"}"#),
            recurrence(
                r#""pattern":{"type":"weekly","interval":1},
                    "range":{"type":"noEnd","startDate":"soon"}"#,
            ),
            recurrence(
                r#""pattern":{"type":"weekly","interval":1},
                    "range":{"type":"numbered","numberOfOccurrences":3}"#,
            ),
        ] {
            let Collected::Partial(reviews, gap) = definition(&rest) else { panic!("{rest}") };
            assert_eq!((reviews.len(), gap.kind), (0, GapKind::Unreadable), "{rest}");
        }
    }

    #[test]
    fn a_recurrence_ends_when_its_range_says() {
        let weekly = r#"{"type":"Weekly","interval":2}"#;
        let monthly = r#"{"type":"absolutemonthly","interval":3}"#;
        let never = r#"{"type":"NoEnd","startDate":"2026-01-01","endDate":"2026-02-01"}"#;
        let numbered = |number: u32| {
            format!(
                r#"{{"type":"numbered","numberOfOccurrences":{number},"startDate":"2026-01-31",
                    "endDate":"9999-12-31"}}"#
            )
        };
        let other = |word: &str| Interval::Other(word.into());
        let first = Some("2026-01-01");
        for (pattern, range, expected) in [
            ("null", never.to_owned(), None),
            (weekly, never.to_owned(), Some((Interval::Weeks(2), first, None))),
            (monthly, never.to_owned(), Some((Interval::Months(3), first, None))),
            (
                r#"{"type":"daily","interval":1}"#,
                never.to_owned(),
                Some((other("daily"), first, None)),
            ),
            (
                r#"{"type":"weekly","interval":0}"#,
                never.to_owned(),
                Some((other("weekly"), first, None)),
            ),
            (r#"{"type":null}"#, never.to_owned(), Some((other(""), first, None))),
            (
                weekly,
                r#"{"type":"endDate","startDate":"0001-01-01","endDate":"2026-12-31T00:00:00Z"}"#
                    .to_owned(),
                Some((Interval::Weeks(2), None, Some("2026-12-31"))),
            ),
            (
                weekly,
                r#"{"type":"endDate","startDate":"2026-01-01","endDate":"9999-12-31"}"#.to_owned(),
                Some((Interval::Weeks(2), first, None)),
            ),
            (weekly, numbered(0), None),
            (weekly, numbered(1), None),
            (
                weekly,
                numbered(3),
                Some((Interval::Weeks(2), Some("2026-01-31"), Some("2026-02-28"))),
            ),
            (
                monthly,
                numbered(2),
                Some((Interval::Months(3), Some("2026-01-31"), Some("2026-04-30"))),
            ),
            (weekly, numbered(u32::MAX), Some((Interval::Weeks(2), Some("2026-01-31"), None))),
        ] {
            let settings = format!(
                r#","scope":{{"query":"/x"}},"settings":{{"recurrence":{{"pattern":{pattern},
                    "range":{range}}}}}"#
            );
            let expected = expected.map(|(every, start, end)| Recurrence {
                every,
                start: date(start).unwrap(),
                end: date(end).unwrap(),
            });
            assert_eq!(one(&settings).recurrence, expected, "{settings}");
        }
        assert_eq!(
            one(r#","scope":{"query":"/x"},"settings":{"recurrence":null}"#).recurrence,
            None
        );
    }

    #[test]
    fn the_default_decision_counts_where_it_is_on() {
        for (settings, expected) in [
            ("", DefaultDecision::None),
            (r#""defaultDecisionEnabled":false,"defaultDecision":"Deny""#, DefaultDecision::None),
            (r#""defaultDecisionEnabled":true,"defaultDecision":"none""#, DefaultDecision::None),
            (r#""defaultDecisionEnabled":true,"defaultDecision":null"#, DefaultDecision::None),
            (r#""defaultDecisionEnabled":true,"defaultDecision":"deny""#, DefaultDecision::Deny),
            (r#""defaultDecision":"Approve""#, DefaultDecision::Approve),
            (
                r#""defaultDecisionEnabled":true,"defaultDecision":"recommendation""#,
                DefaultDecision::Recommendation,
            ),
            (
                r#""defaultDecisionEnabled":true,"defaultDecision":"Ask""#,
                DefaultDecision::Other("Ask".into()),
            ),
        ] {
            let rest = format!(r#","scope":{{"query":"/x"}},"settings":{{{settings}}}"#);
            assert_eq!(one(&rest).default_decision, expected, "{settings}");
        }
    }

    #[test]
    fn a_switch_that_was_not_sent_is_off() {
        let review = one(r#","scope":{"query":"/x"}"#);
        assert_eq!((&*review.id, &*review.name, &*review.status), ("r", "r", ""));
        assert_eq!(review.days, None);
        let switches = |it: &Review| [it.reason_required, it.mails, it.reminders, it.applies];
        assert_eq!(switches(&review), [false; 4]);
        let review =
            one(r#","displayName":"Q","status":"InProgress","scope":{"query":"/x"},"settings":{
                "instanceDurationInDays":14,"justificationRequiredOnApproval":true,
                "mailNotificationsEnabled":true,"reminderNotificationsEnabled":true,
                "autoApplyDecisionsEnabled":true}"#);
        assert_eq!((&*review.name, &*review.status, review.days), ("Q", "InProgress", Some(14)));
        assert_eq!(switches(&review), [true; 4]);
    }

    #[test]
    fn without_named_reviewers_people_review_themselves() {
        let manager = r#"{"query":"./Manager","queryRoot":"decisions"}"#;
        let named = r#"{"query":"/users/u","queryType":"MicrosoftGraph"}"#;
        for (rest, has_reviewers, self_review) in [
            (String::new(), false, true),
            (r#","reviewers":null"#.to_owned(), false, true),
            (format!(r#","reviewers":[],"fallbackReviewers":[{named}]"#), false, true),
            (format!(r#","reviewers":[{named}]"#), true, false),
            (format!(r#","reviewers":[{manager}]"#), true, true),
            (format!(r#","reviewers":[{manager}],"fallbackReviewers":[{named}]"#), true, false),
            (format!(r#","reviewers":[{manager},{named}]"#), true, false),
            (r#","reviewers":[{"scopeType":"manager"}]"#.to_owned(), true, true),
            (
                format!(r#","reviewers":[],"stageSettings":[{{"reviewers":[{named}]}}]"#),
                true,
                false,
            ),
        ] {
            let review = one(&format!(r#","scope":{{"query":"/x"}}{rest}"#));
            assert_eq!(
                (review.has_reviewers, review.self_review),
                (has_reviewers, self_review),
                "{rest}"
            );
        }
    }

    #[test]
    fn the_last_round_that_ended_is_judged() {
        let instances = Dataset::AccessReviewInstances;
        let decisions = Dataset::AccessReviewDecisions;
        let row = |id: &str, status: &str, end: &str| {
            format!(r#"{{"id":"{id}","status":"{status}","endDateTime":"{end}"}}"#)
        };
        let (may, june, next) =
            ("2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z", "2026-12-01T00:00:00Z");
        let decided =
            |instance: &str, rows: &str| whole(decisions, Some(&format!("r/{instance}")), rows);
        let three = r#"{"decision":"Approve"},{"decision":"notreviewed"},{"decision":null}"#;
        let rounds = |rows: &[String]| whole(instances, Some("R"), &rows.join(","));
        for (collections, expected) in [
            (vec![], Err(GapKind::NotRequested)),
            (vec![denied(instances, None)], Err(GapKind::PermissionDenied)),
            (vec![denied(instances, Some("r"))], Err(GapKind::PermissionDenied)),
            (vec![cut(instances, Some("r"), "")], Err(GapKind::Incomplete)),
            (vec![rounds(&[])], Ok(None)),
            (vec![rounds(&["{}".to_owned()])], Err(GapKind::Unreadable)),
            (vec![rounds(&[row("i", "InProgress", "some day")])], Err(GapKind::Unreadable)),
            (vec![rounds(&[row("i", "Completed", "")])], Err(GapKind::Unreadable)),
            (vec![rounds(&[row("i", "InProgress", next), row("j", "NotStarted", "")])], Ok(None)),
            // Judged later than read: what ran then was not decided when it was read.
            (vec![rounds(&[row("i", "InProgress", may)])], Ok(None)),
            (
                vec![rounds(&[row("i", "AutoReviewed", may)])],
                Ok(Some((may, Err(GapKind::NotRequested)))),
            ),
            (
                vec![
                    rounds(&[row("I", "applied", june), row("j", "Completed", may)]),
                    decided("i", three),
                    decided("j", ""),
                ],
                Ok(Some((june, Ok((3, 2))))),
            ),
            (
                vec![rounds(&[row("i", "COMPLETED", next)]), decided("i", "")],
                Ok(Some(("2026-11-02T09:00:00Z", Ok((0, 0))))),
            ),
            (
                vec![
                    rounds(&[row("i", "Applied", june), row("j", "Applied", june)]),
                    decided("j", three),
                ],
                Ok(Some((june, Ok((3, 2))))),
            ),
            (
                vec![rounds(&[row("i", "Applied", june)]), cut(decisions, Some("r/i"), three)],
                Ok(Some((june, Err(GapKind::Incomplete)))),
            ),
            (
                vec![rounds(&[row("i", "Applied", june)]), decided("i", r#"{"decision":1}"#)],
                Ok(Some((june, Err(GapKind::Unreadable)))),
            ),
        ] {
            let definition = r#"{"id":"R","scope":{"query":"/x"},"settings":{}}"#;
            let mut all = vec![whole(Dataset::AccessReviews, None, definition)];
            all.extend(collections);
            let text = text(&all);
            let Collected::Complete(reviews) = reviews(&load(&text), now()) else {
                panic!("{text}")
            };
            let found = reviews[0]
                .last_ended
                .clone()
                .map_err(|gap| gap.kind)
                .map(|last| last.map(|it| (it.ended, it.decisions.map_err(|gap| gap.kind))));
            let expected = expected.map(|last| {
                last.map(|(ended, decisions)| (ended.parse::<Timestamp>().unwrap(), decisions))
            });
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_list_that_was_not_read_is_not_empty() {
        let dataset = Dataset::AccessReviews;
        let row = r#"{"id":"r","scope":{"query":"/x"},"settings":{}}"#;
        for (collections, count, is_whole) in [
            (vec![], None, false),
            (vec![denied(dataset, None)], None, false),
            (vec![cut(dataset, None, row)], Some(1), false),
            (vec![whole(dataset, None, &format!("{row},{{}}"))], Some(1), false),
            (vec![whole(dataset, None, "")], Some(0), true),
        ] {
            let text = text(&collections);
            let found = reviews(&load(&text), now());
            assert_eq!(found.at_least().ok().map(Vec::len), count, "{collections:?}");
            assert_eq!(found.gap().is_none(), is_whole, "{collections:?}");
        }
    }
}
