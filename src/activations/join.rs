//! Lines of PIM's log, put together to one record a request.
//!
//! The lines of a request share the id of the request, which PIM gives them as a target;
//! correlation ids may differ between request, approval and end. Not every line is known to have
//! it, so what shares no id is put together by person, access and time, and marked as such.

use super::words::{Step, asked, person};
use super::{ANSWERED_WITHIN, Asked, Decision, End, Outcome, Person, Request};
use crate::model::{AuditEvent, AuditPart, AuditResult};
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

/// What PIM's log has of activations.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    /// The latest first.
    pub list: Vec<Request>,
    /// Lines about roles of Azure resources, which are left out.
    pub azure: usize,
}

/// Every request of which the log has a line. What runs, and what waits, is told as of the time it
/// was read.
pub fn requests(part: &AuditPart) -> Requests {
    let events = part.events.at_least().map(Vec::as_slice).unwrap_or_default();
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut azure = 0;
    for event in events {
        let Some(row) = Row::of(event) else { continue };
        if event.category.eq_ignore_ascii_case("ResourceManagement") {
            azure += 1;
        } else {
            rows.push(row);
        }
    }
    rows.sort_by(|one, other| {
        let key = |row: &Row<'_>| (row.event.at, row.step);
        key(one).cmp(&key(other)).then_with(|| one.event.id.cmp(&other.event.id))
    });
    let mut joined = Joined::default();
    for row in rows {
        joined.take(row);
    }
    let mut list: Vec<Request> =
        joined.groups.iter().map(|group| group.request(part.until)).collect();
    list.sort_by_key(|request| (Reverse(request.first), Reverse(request.last)));
    Requests { list, azure }
}

/// One line.
struct Row<'e> {
    event: &'e AuditEvent,
    step: Step,
    /// False where it was tried and refused.
    done: bool,
    who: Option<Person>,
    asked: Asked,
    asked_name: Arc<str>,
}

impl<'e> Row<'e> {
    fn of(event: &'e AuditEvent) -> Option<Self> {
        let step = Step::of(&event.normal())?;
        let done = event.result == AuditResult::Success;
        // That somebody tried to approve or to end something is no part of its story.
        if !done && !step.tells_failure() {
            return None;
        }
        let (asked, asked_name) = asked(event);
        Some(Self { event, step, done, who: person(event, step), asked, asked_name })
    }
}

/// The lines of one request.
struct Group<'e> {
    rows: Vec<Row<'e>>,
    by_order: bool,
}

/// Somebody, by id, and what they asked for.
type Pair = (Arc<str>, String);

/// All of them, with what leads to them. Places are those of `groups`.
#[derive(Default)]
struct Joined<'e> {
    groups: Vec<Group<'e>>,
    by_request: HashMap<&'e str, usize>,
    by_correlation: HashMap<&'e str, Vec<usize>>,
    by_pair: HashMap<Pair, Vec<usize>>,
}

impl<'e> Joined<'e> {
    fn take(&mut self, row: Row<'e>) {
        let event = row.event;
        let shared = self.by_id(&row);
        let ordered = if shared.is_none() { self.by_order(&row) } else { None };
        let place = match shared.or(ordered) {
            Some(place) => place,
            None => {
                self.groups.push(Group { rows: Vec::new(), by_order: false });
                self.groups.len() - 1
            }
        };
        let Some(group) = self.groups.get_mut(place) else { return };
        group.by_order |= ordered.is_some();
        group.rows.push(row);
        if let Some(request) = event.request() {
            self.by_request.entry(request).or_insert(place);
        }
        if !event.correlation.is_empty() {
            note(&mut self.by_correlation, &*event.correlation, place);
        }
        if let Some(pair) = group.pair() {
            note(&mut self.by_pair, pair, place);
        }
    }

    /// The group with an id of the line, as far as nothing else speaks against it.
    fn by_id(&self, row: &Row<'e>) -> Option<usize> {
        let request = row.event.request().and_then(|id| self.by_request.get(id).copied());
        let correlation: &str = &row.event.correlation;
        let same = self.by_correlation.get(correlation).into_iter().flatten().rev().copied();
        let mut places = request.into_iter().chain(same);
        places.find(|&place| self.groups.get(place).is_some_and(|group| group.may_hold(row)))
    }

    /// The latest group of the same person and access that waits for such a line.
    fn by_order(&self, row: &Row<'e>) -> Option<usize> {
        let pair = (Arc::clone(&row.who.as_ref()?.id), key(&row.asked)?);
        let mut places = self.by_pair.get(&pair)?.iter().rev().copied();
        places.find(|&place| {
            let group = self.groups.get(place);
            group.is_some_and(|group| group.may_hold(row) && group.waits_for(row.step))
        })
    }
}

/// Notes a place once.
fn note<Key: std::hash::Hash + Eq>(index: &mut HashMap<Key, Vec<usize>>, key: Key, place: usize) {
    let places = index.entry(key).or_default();
    if places.last() != Some(&place) {
        places.push(place);
    }
}

/// The access as a text; `None` where it is not said.
fn key(asked: &Asked) -> Option<String> {
    match asked {
        Asked::Role(role) => Some(format!("role:{role}")),
        Asked::Group(group, Some(access)) => Some(format!("group:{group}:{}", access.name())),
        Asked::Group(group, None) => Some(format!("group:{group}")),
        Asked::Untold => None,
    }
}

/// Whether two lines can be about one access: the same, or one does not say it.
fn agree(one: &Asked, other: &Asked) -> bool {
    match (one, other) {
        (Asked::Untold, _) | (_, Asked::Untold) => true,
        (Asked::Role(one), Asked::Role(other)) => one == other,
        (Asked::Group(one, as_one), Asked::Group(other, as_other)) => {
            one == other && (as_one.is_none() || as_other.is_none() || as_one == as_other)
        }
        (Asked::Role(_), Asked::Group(..)) | (Asked::Group(..), Asked::Role(_)) => false,
    }
}

impl<'e> Group<'e> {
    fn who(&self) -> Option<&Person> {
        let named = |person: &&Person| !person.name.is_empty();
        let mut all = self.rows.iter().filter_map(|row| row.who.as_ref());
        all.clone().find(named).or_else(|| all.next())
    }

    /// The most that a line says of the access.
    fn asked(&self) -> &Asked {
        let mut best = &Asked::Untold;
        for row in &self.rows {
            match (best, &row.asked) {
                (Asked::Untold, _) | (Asked::Group(_, None), Asked::Group(_, Some(_))) => {
                    best = &row.asked;
                }
                (Asked::Role(_) | Asked::Group(..), _) => {}
            }
        }
        best
    }

    fn pair(&self) -> Option<Pair> {
        let who = self.who().filter(|who| !who.id.is_empty())?;
        Some((Arc::clone(&who.id), key(self.asked())?))
    }

    /// Whether nothing of the line speaks against it.
    fn may_hold(&self, row: &Row<'_>) -> bool {
        let request = |row: &Row<'_>| row.event.request().map(str::to_owned);
        let own = self.rows.iter().find_map(request);
        let same_request = match (own, request(row)) {
            (Some(own), Some(other)) => own == other,
            (Some(_), None) | (None, _) => true,
        };
        let same_person = match (self.who(), &row.who) {
            (Some(own), Some(other)) => own.id == other.id,
            (Some(_), None) | (None, _) => true,
        };
        same_request && same_person && agree(self.asked(), &row.asked)
    }

    fn has(&self, step: Step) -> bool {
        self.rows.iter().any(|row| row.done && row.step == step)
    }

    /// True when nothing more can become of the request itself.
    fn is_decided(&self) -> bool {
        let ends = [Step::Completed, Step::Denied, Step::Cancelled, Step::Expired];
        ends.into_iter().any(|step| self.has(step)) || self.rows.iter().any(|row| !row.done)
    }

    fn waits_for(&self, step: Step) -> bool {
        match step {
            Step::Requested => false,
            Step::ApprovalRequested => !self.is_decided() && !self.has(step),
            Step::Approved | Step::Denied | Step::Cancelled | Step::Expired | Step::Completed => {
                !self.is_decided()
            }
            Step::RanOut | Step::Deactivated => {
                self.has(Step::Completed) && !self.has(Step::RanOut) && !self.has(Step::Deactivated)
            }
        }
    }

    fn time_of(&self, step: Step) -> Option<Timestamp> {
        self.rows.iter().find(|row| row.done && row.step == step).map(|row| row.event.at)
    }

    /// The record, as of a time.
    fn request(&self, now: Timestamp) -> Request {
        let times = || self.rows.iter().map(|row| row.event.at);
        let (first, last) = (times().min().unwrap_or(now), times().max().unwrap_or(now));
        let asked_for =
            |row: &&Row<'_>| matches!(row.step, Step::Requested | Step::ApprovalRequested);
        let requested = self.rows.iter().find(asked_for).map(|row| row.event.at);
        let completed = self.rows.iter().find(|row| row.done && row.step == Step::Completed);
        let started =
            completed.map(|row| row.event.at.max(row.event.start.unwrap_or(row.event.at)));
        let planned = |row: &Row<'_>| row.event.end.filter(|_| !is_decision(row.step));
        let until = completed.and_then(planned).or_else(|| self.rows.iter().find_map(planned));
        let ended = self.end(now, until);
        let refused = self.rows.iter().find(|row| !row.done);
        // Of what was refused the reason of the result is no word of who asked.
        let is_theirs = |row: &Row<'_>, text: &Arc<str>| {
            !text.is_empty() && (row.done || row.event.reason.as_ref() != Some(text))
        };
        let words =
            |row: &Row<'_>| row.event.justification.clone().filter(|text| is_theirs(row, text));
        let mut of_requester = self.rows.iter().filter(|row| row.step <= Step::ApprovalRequested);
        let justification = of_requester.find_map(words).or_else(|| completed.and_then(words));
        let any = |of: fn(&AuditEvent) -> &Option<Arc<str>>| {
            self.rows.iter().find_map(|row| of(row.event).clone())
        };
        let mut correlations: Vec<Arc<str>> = Vec::new();
        for row in self.rows.iter().filter(|row| !row.event.correlation.is_empty()) {
            if !correlations.contains(&row.event.correlation) {
                correlations.push(Arc::clone(&row.event.correlation));
            }
        }
        let name = self.rows.iter().map(|row| &row.asked_name).find(|name| !name.is_empty());
        Request {
            who: self.who().cloned(),
            asked: self.asked().clone(),
            asked_name: name.map_or_else(|| "".into(), Arc::clone),
            requested,
            decisions: self.rows.iter().filter_map(decision).collect(),
            started,
            until,
            end: ended,
            justification,
            ticket_number: any(|event| &event.ticket_number),
            ticket_system: any(|event| &event.ticket_system),
            outcome: self.outcome(now, requested),
            refusal: refused.and_then(|row| row.event.reason.clone()),
            correlations,
            by_order: self.by_order,
            first,
            last,
        }
    }

    fn end(&self, now: Timestamp, until: Option<Timestamp>) -> Option<End> {
        if let Some(at) = self.time_of(Step::Deactivated) {
            return Some(End::Deactivated(at));
        }
        if let Some(at) = self.time_of(Step::RanOut) {
            return Some(End::Expired(at));
        }
        self.time_of(Step::Completed)?;
        Some(match until {
            Some(until) if until <= now => End::Passed(until),
            Some(until) => End::Running(until),
            None => End::NotKnown,
        })
    }

    fn outcome(&self, now: Timestamp, requested: Option<Timestamp>) -> Outcome {
        let was_active = [Step::Completed, Step::RanOut, Step::Deactivated];
        if was_active.into_iter().any(|step| self.has(step)) {
            return Outcome::Completed;
        }
        for (step, outcome) in [
            (Step::Denied, Outcome::Denied),
            (Step::Expired, Outcome::Expired),
            (Step::Cancelled, Outcome::Cancelled),
        ] {
            if self.has(step) {
                return outcome;
            }
        }
        if self.rows.iter().any(|row| !row.done) {
            return Outcome::Failed;
        }
        match requested {
            Some(requested) if now.duration_since(requested) <= ANSWERED_WITHIN => Outcome::Waiting,
            Some(_) | None => Outcome::NotKnown,
        }
    }
}

const fn is_decision(step: Step) -> bool {
    matches!(step, Step::Approved | Step::Denied)
}

fn decision(row: &Row<'_>) -> Option<Decision> {
    if !is_decision(row.step) {
        return None;
    }
    let actor = &row.event.actor;
    Some(Decision {
        by: Person { id: Arc::clone(&actor.id), name: Arc::clone(&actor.name) },
        at: row.event.at,
        approved: row.step == Step::Approved,
        reason: row.event.justification.clone().filter(|it| !it.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GA, event, of_group, part, time};
    use super::*;
    use crate::model::{GroupAccess, PrincipalId, RoleId};

    const REQUESTED: &str = "Add member to role requested (PIM activation)";
    const ASKED_FOR_APPROVAL: &str = "Add member to role approval requested (PIM activation)";
    const APPROVED: &str = "Add member to role request approved (PIM activation)";
    const DENIED: &str = "Add member to role request denied (PIM activation)";
    const COMPLETED: &str = "Add member to role completed (PIM activation)";
    const CANCELLED: &str = "Add member to role canceled (PIM activation)";
    const UNANSWERED: &str = "PIM activation request expired";
    const RAN_OUT: &str = "Remove member from role (PIM activation expired)";
    const DEACTIVATED: &str = "Remove member from role completed (PIM deactivate)";

    /// What an id of its own makes of a line.
    #[derive(Clone, Copy)]
    enum Ids {
        Request(&'static str),
        Correlation(&'static str),
        None,
    }

    /// A line about Global Administrator for ana at an hour of the first of November, or later.
    fn line(activity: &str, hour: i64, by: &str, ids: Ids) -> AuditEvent {
        let midnight = time("2026-11-01T00:00:00Z");
        let at = midnight.saturating_add(jiff::SignedDuration::from_hours(hour)).unwrap();
        let role = format!("Role {GA} Global Administrator");
        let request = match ids {
            Ids::Request(id) => format!("Request {id}"),
            Ids::Correlation(_) | Ids::None => "Other x".to_owned(),
        };
        let mut event = event(activity, &at.to_string(), by, &[&role, &request, "User id-ana ana"]);
        if let Ids::Correlation(id) = ids {
            event.correlation = id.into();
        }
        event
    }

    fn joined(events: Vec<AuditEvent>) -> Vec<Request> {
        requests(&part(events)).list
    }

    fn outcomes(list: &[Request]) -> Vec<&'static str> {
        list.iter().map(|request| request.outcome.name()).collect()
    }

    #[test]
    fn a_request_is_one_record_however_its_lines_are_joined() {
        for ids in [Ids::Request("q-1"), Ids::Correlation("c-1"), Ids::None] {
            let mut asked = line(REQUESTED, 8, "ana", ids);
            asked.justification = Some("patch window".into());
            asked.ticket_number = Some("INC-1".into());
            asked.ticket_system = Some("Desk".into());
            let mut approved = line(APPROVED, 10, "eve", ids);
            approved.justification = Some("fine".into());
            let mut completed = line(COMPLETED, 10, "ana", ids);
            completed.start = Some(time("2026-11-01T10:00:30Z"));
            completed.end = Some(time("2026-11-01T14:00:30Z"));
            let list = joined(vec![
                line(RAN_OUT, 15, "Azure AD PIM", ids),
                completed,
                approved,
                line(ASKED_FOR_APPROVAL, 8, "ana", ids),
                asked,
            ]);
            let [request] = list.as_slice() else { panic!("{list:?}") };
            assert_eq!(request.outcome, Outcome::Completed);
            assert_eq!(request.who, Some(Person { id: "id-ana".into(), name: "ana".into() }));
            assert_eq!(request.asked, Asked::Role(RoleId::new(GA)));
            assert_eq!(&*request.asked_name, "Global Administrator");
            assert_eq!(request.requested, Some(time("2026-11-01T08:00:00Z")));
            assert_eq!(request.decided(), Some(time("2026-11-01T10:00:00Z")));
            assert_eq!(request.started, Some(time("2026-11-01T10:00:30Z")));
            assert_eq!(request.until, Some(time("2026-11-01T14:00:30Z")));
            assert_eq!(request.end, Some(End::Expired(time("2026-11-01T15:00:00Z"))));
            assert_eq!(request.lasted().unwrap().as_secs(), 5 * 3600 - 30);
            assert_eq!(request.justification.as_deref(), Some("patch window"));
            assert_eq!(request.ticket_number.as_deref(), Some("INC-1"));
            assert_eq!(request.ticket_system.as_deref(), Some("Desk"));
            let [decision] = request.decisions.as_slice() else { panic!("{request:?}") };
            assert_eq!((&*decision.by.name, decision.approved), ("eve", true));
            assert_eq!(decision.reason.as_deref(), Some("fine"));
            assert_eq!(request.by_order, matches!(ids, Ids::None));
        }
    }

    #[test]
    fn each_end_has_its_word() {
        let one = Ids::Request("q-1");
        let ends_at = |mut event: AuditEvent, end: &str| {
            event.end = Some(time(end));
            event
        };
        let failed = |mut event: AuditEvent| {
            event.result = AuditResult::Failure;
            let reason = Some("RoleAssignmentRequestPolicyValidationFailed".into());
            event.justification.clone_from(&reason);
            AuditEvent { reason, ..event }
        };
        // The log was read at 9 o'clock on the second, hour 33.
        let requested = |hour: i64| line(REQUESTED, hour, "ana", one);
        let completed = |end: &str| ends_at(line(COMPLETED, 30, "ana", one), end);
        let at = |text: &str| time(text);
        for (lines, outcome, end) in [
            (vec![requested(30)], Outcome::Waiting, None),
            (vec![requested(9)], Outcome::Waiting, None),
            (vec![requested(8)], Outcome::NotKnown, None),
            (vec![requested(8), line(DENIED, 9, "eve", one)], Outcome::Denied, None),
            (vec![requested(8), line(UNANSWERED, 32, "x", one)], Outcome::Expired, None),
            (vec![requested(8), line(CANCELLED, 9, "ana", one)], Outcome::Cancelled, None),
            (vec![failed(requested(8))], Outcome::Failed, None),
            (vec![requested(8), failed(line(COMPLETED, 9, "ana", one))], Outcome::Failed, None),
            // That an approver was refused says nothing.
            (vec![requested(30), failed(line(APPROVED, 31, "eve", one))], Outcome::Waiting, None),
            (
                vec![requested(30), completed("2026-11-02T12:00:00Z")],
                Outcome::Completed,
                Some(End::Running(at("2026-11-02T12:00:00Z"))),
            ),
            (
                vec![requested(30), completed("2026-11-02T09:00:00Z")],
                Outcome::Completed,
                Some(End::Passed(at("2026-11-02T09:00:00Z"))),
            ),
            (
                vec![
                    requested(30),
                    completed("2026-11-02T12:00:00Z"),
                    line(DEACTIVATED, 31, "ana", one),
                ],
                Outcome::Completed,
                Some(End::Deactivated(at("2026-11-02T07:00:00Z"))),
            ),
            (vec![line(COMPLETED, 30, "ana", one)], Outcome::Completed, Some(End::NotKnown)),
            // It began before the log does.
            (
                vec![line(RAN_OUT, 1, "Azure AD PIM", one)],
                Outcome::Completed,
                Some(End::Expired(at("2026-11-01T01:00:00Z"))),
            ),
        ] {
            let what = format!("{lines:?}");
            let list = joined(lines);
            let [request] = list.as_slice() else { panic!("{what}: {list:?}") };
            assert_eq!((request.outcome, request.end), (outcome, end), "{what}");
            let is_failure = outcome == Outcome::Failed;
            assert_eq!(request.refusal.is_some(), is_failure, "{what}");
            assert_eq!(request.justification, None, "{what}");
        }
    }

    #[test]
    fn two_requests_stay_two() {
        let (one, two) = (Ids::Request("q-1"), Ids::Request("q-2"));
        let list = joined(vec![
            line(REQUESTED, 8, "ana", one),
            line(COMPLETED, 9, "ana", one),
            line(REQUESTED, 20, "ana", two),
            line(DENIED, 21, "eve", two),
        ]);
        assert_eq!(outcomes(&list), ["denied", "completed"]);
        // Without ids each end goes to the latest that waits for one.
        let list = joined(vec![
            line(REQUESTED, 8, "ana", Ids::None),
            line(COMPLETED, 9, "ana", Ids::None),
            line(RAN_OUT, 12, "Azure AD PIM", Ids::None),
            line(REQUESTED, 20, "ana", Ids::None),
            line(COMPLETED, 21, "ana", Ids::None),
            line(DEACTIVATED, 22, "ana", Ids::None),
        ]);
        let ends: Vec<_> = list.iter().map(|request| request.end.map(End::name)).collect();
        assert_eq!(ends, [Some("deactivated"), Some("expired")]);
        // A shared correlation id does not join what is of two people.
        let mut other = line(COMPLETED, 9, "ben", Ids::Correlation("c-1"));
        other.targets.pop();
        let list = joined(vec![line(REQUESTED, 8, "ana", Ids::Correlation("c-1")), other]);
        assert_eq!(list.len(), 2, "{list:?}");
    }

    #[test]
    fn a_line_that_does_not_say_whom_is_joined_by_its_ids_alone() {
        let mut approved = line(APPROVED, 9, "eve", Ids::Correlation("c-1"));
        approved.targets.clear();
        approved.role = None;
        let asked = line(REQUESTED, 8, "ana", Ids::Correlation("c-1"));
        let list = joined(vec![asked.clone(), approved.clone()]);
        assert_eq!(list.len(), 1, "{list:?}");
        assert_eq!(list[0].decisions.len(), 1);
        approved.correlation = "c-2".into();
        let list = joined(vec![asked, approved]);
        assert_eq!(outcomes(&list), ["not-known", "not-known"]);
        assert!(list[0].who.is_none() && list[0].asked == Asked::Untold, "{list:?}");
    }

    #[test]
    fn groups_have_requests_of_their_own_and_azure_none() {
        let group = |activity: &str, access: &str| {
            let role = format!("Role x {access}");
            let at = "2026-11-01T09:00:00Z";
            of_group(event(activity, at, "ana", &[&role, "User id-ana ana", "Group g IT-Ops"]))
        };
        let mut azure = group(COMPLETED, "Member");
        azure.category = "ResourceManagement".into();
        let found = requests(&part(vec![
            group(REQUESTED, "Member"),
            group(COMPLETED, "Member"),
            group(COMPLETED, "Owner"),
            azure,
        ]));
        assert_eq!((found.list.len(), found.azure), (2, 1));
        let accesses: Vec<_> = found.list.iter().map(|request| request.asked.clone()).collect();
        for access in [GroupAccess::Member, GroupAccess::Owner] {
            assert!(accesses.contains(&Asked::Group(PrincipalId::new("g"), Some(access))));
        }
        assert!(found.list.iter().all(|request| &*request.asked_name == "IT-Ops"));
    }

    #[test]
    fn the_order_of_the_lines_says_nothing() {
        let ids = [Ids::Request("q-1"), Ids::Correlation("c-1"), Ids::None];
        let lines: Vec<AuditEvent> = ids
            .into_iter()
            .enumerate()
            .flat_map(|(place, ids)| {
                let hour = 6 * i64::try_from(place).unwrap();
                [
                    line(REQUESTED, hour, "ana", ids),
                    line(APPROVED, hour + 1, "eve", ids),
                    line(COMPLETED, hour + 1, "ana", ids),
                    line(RAN_OUT, hour + 2, "Azure AD PIM", ids),
                ]
            })
            .collect();
        let mut turned = lines.clone();
        turned.reverse();
        let list = joined(lines);
        assert_eq!(list.len(), 3, "{list:?}");
        assert_eq!(joined(turned), list);
    }
}
