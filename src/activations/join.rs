//! Lines of PIM's log, put together to one record a request.
//!
//! The lines of a request share the id of the request, which PIM gives them as a target;
//! correlation ids may differ between request, approval and end. Not every line is known to have
//! it, so what shares no id is put together by person, access and time, and marked as such.

use super::words::{Step, asked, person};
use super::{ANSWERED_WITHIN, Asked, Decision, End, Outcome, Person, Request, taken};
use crate::model::{AuditEvent, AuditPart, AuditResult};
use jiff::{SignedDuration, Timestamp};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// PIM writes within this time that an activation has run out.
const TO_WRITE: SignedDuration = SignedDuration::from_mins(15);

/// What PIM's log has of activations.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    /// The latest first.
    pub list: Vec<Request>,
    /// Lines about roles of Azure resources, which are left out.
    pub azure: usize,
}

/// Every request of which PIM's log has a line. What runs, and what waits, is told as of the time
/// it was read. The directory's log, where it was read, tells what was taken away past PIM.
pub fn requests(part: &AuditPart, directory: Option<&AuditPart>) -> Requests {
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
    taken::mark(&mut list, [Some(part), directory]);
    list.sort_by_key(|request| (Reverse(request.first), Reverse(request.last)));
    Requests { list, azure }
}

/// One line.
struct Row<'e> {
    event: &'e AuditEvent,
    step: Step,
    who: Option<Person>,
    asked: Asked,
    asked_name: Arc<str>,
}

impl<'e> Row<'e> {
    fn of(event: &'e AuditEvent) -> Option<Self> {
        let step = Step::of(&event.normal())?;
        // That somebody tried to approve or to end something is no part of its story.
        if event.result == AuditResult::Failure && !step.tells_failure() {
            return None;
        }
        let (asked, asked_name) = asked(event);
        Some(Self { event, step, who: person(event, step), asked, asked_name })
    }

    /// False also where the log does not say whether it was done.
    fn is_done(&self) -> bool {
        self.event.result == AuditResult::Success
    }

    fn is_refused(&self) -> bool {
        self.event.result == AuditResult::Failure
    }
}

/// The lines of one request, and what they say together.
struct Group<'e> {
    rows: Vec<Row<'e>>,
    by_order: bool,
    request: Option<&'e str>,
    /// With a name where a line has one.
    who: Option<Person>,
    /// The most that a line says of the access.
    asked: Asked,
    /// What was done, what may have been, and whether anything was refused.
    done: BTreeSet<Step>,
    unsure: BTreeSet<Step>,
    refused: bool,
}

/// Somebody, by id, and what they asked for.
type Pair = (Arc<str>, String);

/// Requests of one person and access that wait for a line: for what becomes of them, or for their
/// end. One that waits no longer is taken out when it is met.
#[derive(Default)]
struct Open {
    undecided: Vec<usize>,
    active: Vec<usize>,
}

/// Requests with one correlation id.
#[derive(Default)]
struct Shared {
    all: Vec<usize>,
    /// Those that had no id of a request. One that has it is taken out when it is met.
    unnamed: Vec<usize>,
}

/// A correlation id, and of whom: an id, empty where no line says it; `None` is everybody.
type Correlation<'e> = (&'e str, Option<Arc<str>>);

/// All of them, with what leads to them. Places are those of `groups`.
#[derive(Default)]
struct Joined<'e> {
    groups: Vec<Group<'e>>,
    by_request: HashMap<&'e str, usize>,
    by_correlation: HashMap<Correlation<'e>, Shared>,
    by_pair: HashMap<Pair, Open>,
}

impl<'e> Joined<'e> {
    fn take(&mut self, row: Row<'e>) {
        let event = row.event;
        let shared = self.by_id(&row);
        let ordered = if shared.is_none() { self.by_order(&row) } else { None };
        let place = match shared.or(ordered) {
            Some(place) => place,
            None => {
                self.groups.push(Group::new());
                self.groups.len() - 1
            }
        };
        let Some(group) = self.groups.get_mut(place) else { return };
        group.by_order |= ordered.is_some();
        group.push(row);
        if let Some(request) = event.request() {
            self.by_request.entry(request).or_insert(place);
        }
        if !event.correlation.is_empty() {
            let of = group.who.as_ref().map_or_else(|| "".into(), |who| Arc::clone(&who.id));
            for whose in [Some(of), None] {
                let key = (&*event.correlation, whose);
                let shared = self.by_correlation.entry(key).or_default();
                note(&mut shared.all, place);
                if group.request.is_none() {
                    note(&mut shared.unnamed, place);
                }
            }
        }
        if let Some(pair) = group.pair() {
            let open = self.by_pair.entry(pair).or_default();
            if group.is_undecided() {
                note(&mut open.undecided, place);
            }
            if group.is_active() {
                note(&mut open.active, place);
            }
        }
    }

    /// The group with an id of the line, as far as nothing else speaks against it.
    fn by_id(&mut self, row: &Row<'e>) -> Option<usize> {
        let request = row.event.request();
        let own = request.and_then(|id| self.by_request.get(id).copied());
        let own = own.filter(|&place| self.may_hold(place, row));
        if own.is_some() || row.event.correlation.is_empty() {
            return own;
        }
        // Of whoever it is, or where that is not said.
        let whose = match &row.who {
            Some(who) => [Some(Some(Arc::clone(&who.id))), Some(Some("".into()))],
            None => [Some(None), None],
        };
        let groups = &self.groups;
        let mut found = None;
        for whose in whose.into_iter().flatten() {
            let key = (&*row.event.correlation, whose);
            let Some(shared) = self.by_correlation.get_mut(&key) else { continue };
            let fits = |group: &Group<'e>| group.may_hold(row);
            let place = match request {
                // One that has another id cannot hold it.
                Some(_) => {
                    latest(&mut shared.unnamed, groups, |group| group.request.is_none(), fits)
                }
                None => latest(&mut shared.all, groups, |_| true, fits),
            };
            found = found.max(place);
        }
        found
    }

    fn may_hold(&self, place: usize, row: &Row<'e>) -> bool {
        self.groups.get(place).is_some_and(|group| group.may_hold(row))
    }

    /// The latest group of the same person and access that waits for such a line.
    fn by_order(&mut self, row: &Row<'e>) -> Option<usize> {
        if row.step == Step::Requested {
            return None;
        }
        let pair = (Arc::clone(&row.who.as_ref()?.id), key(&row.asked)?);
        let open = self.by_pair.get_mut(&pair)?;
        let fits = |group: &Group<'e>| group.may_hold(row) && group.waits_for(row.step);
        match row.step.ends() {
            true => latest(&mut open.active, &self.groups, Group::is_active, fits),
            false => latest(&mut open.undecided, &self.groups, Group::is_undecided, fits),
        }
    }
}

/// The latest of these that fits. What is not open any more is taken out on the way.
fn latest<'e>(
    places: &mut Vec<usize>,
    groups: &[Group<'e>],
    is_open: impl Fn(&Group<'e>) -> bool,
    fits: impl Fn(&Group<'e>) -> bool,
) -> Option<usize> {
    let mut at = places.len();
    while at > 0 {
        at -= 1;
        let place = *places.get(at)?;
        let group = groups.get(place)?;
        if !is_open(group) {
            places.remove(at);
        } else if fits(group) {
            return Some(place);
        }
    }
    None
}

/// Notes a place once.
fn note(places: &mut Vec<usize>, place: usize) {
    if places.last() != Some(&place) {
        places.push(place);
    }
}

/// The access as a text; `None` where it is not said.
pub(super) fn key(asked: &Asked) -> Option<String> {
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
    const fn new() -> Self {
        Self {
            rows: Vec::new(),
            by_order: false,
            request: None,
            who: None,
            asked: Asked::Untold,
            done: BTreeSet::new(),
            unsure: BTreeSet::new(),
            refused: false,
        }
    }

    fn push(&mut self, row: Row<'e>) {
        self.request = self.request.or_else(|| row.event.request());
        let is_nameless = self.who.as_ref().is_none_or(|who| who.name.is_empty());
        let is_better = |who: &&Person| self.who.is_none() || !who.name.is_empty();
        if let Some(who) = row.who.as_ref().filter(|_| is_nameless).filter(is_better) {
            self.who = Some(who.clone());
        }
        match (&self.asked, &row.asked) {
            (Asked::Untold, _) | (Asked::Group(_, None), Asked::Group(_, Some(_))) => {
                self.asked = row.asked.clone();
            }
            (Asked::Role(_) | Asked::Group(..), _) => {}
        }
        match row.event.result {
            AuditResult::Success => {
                self.done.insert(row.step);
            }
            AuditResult::Failure => self.refused = true,
            AuditResult::Timeout | AuditResult::Other => {
                self.unsure.insert(row.step);
            }
        }
        self.rows.push(row);
    }

    fn pair(&self) -> Option<Pair> {
        let who = self.who.as_ref().filter(|who| !who.id.is_empty())?;
        Some((Arc::clone(&who.id), key(&self.asked)?))
    }

    /// Whether nothing of the line speaks against it.
    fn may_hold(&self, row: &Row<'_>) -> bool {
        // An end before its time is a request of its own, with an id of its own.
        let same_request = match (self.request, row.event.request()) {
            (Some(own), Some(other)) => {
                own == other || (row.step.ends() && !self.is_over(row.event.at))
            }
            // What was over before the line is another request, whatever they share.
            (Some(_), None) | (None, _) => row.step.ends() || !self.ended_before(row),
        };
        let same_person = match (&self.who, &row.who) {
            (Some(own), Some(other)) => own.id == other.id,
            (Some(_), None) | (None, _) => true,
        };
        same_request && same_person && agree(&self.asked, &row.asked)
    }

    /// True where its time was over before: PIM takes minutes to write that it is.
    fn is_over(&self, at: Timestamp) -> bool {
        let end = self.rows.iter().filter_map(|row| row.event.end).max();
        end.is_some_and(|end| at.duration_since(end) > TO_WRITE)
    }

    /// True where an older line says that it ended, or that nothing comes of it. PIM may say that
    /// twice.
    fn ended_before(&self, row: &Row<'_>) -> bool {
        let is_over =
            |step: Step| step.ends() || (step.comes_to_nothing() && !row.step.comes_to_nothing());
        let at = row.event.at;
        self.rows.iter().any(|own| own.is_done() && is_over(own.step) && own.event.at < at)
    }

    fn has(&self, step: Step) -> bool {
        self.done.contains(&step)
    }

    /// True when something can still become of the request itself.
    fn is_undecided(&self) -> bool {
        let ends = [Step::Completed, Step::Denied, Step::Cancelled, Step::Expired];
        !self.refused && !ends.into_iter().any(|step| self.has(step))
    }

    fn is_active(&self) -> bool {
        self.has(Step::Completed) && !self.has(Step::RanOut) && !self.has(Step::Deactivated)
    }

    fn waits_for(&self, step: Step) -> bool {
        match step {
            Step::Requested => false,
            Step::ApprovalRequested => self.is_undecided() && !self.has(step),
            Step::Approved | Step::Denied | Step::Cancelled | Step::Expired | Step::Completed => {
                self.is_undecided()
            }
            Step::RanOut | Step::Deactivated => self.is_active(),
        }
    }

    fn time_of(&self, step: Step) -> Option<Timestamp> {
        self.rows.iter().find(|row| row.is_done() && row.step == step).map(|row| row.event.at)
    }

    /// The record, as of a time.
    fn request(&self, now: Timestamp) -> Request {
        let times = || self.rows.iter().map(|row| row.event.at);
        let (first, last) = (times().min().unwrap_or(now), times().max().unwrap_or(now));
        let asked_for =
            |row: &&Row<'_>| matches!(row.step, Step::Requested | Step::ApprovalRequested);
        let requested = self.rows.iter().find(asked_for).map(|row| row.event.at);
        let completed = self.rows.iter().find(|row| row.is_done() && row.step == Step::Completed);
        let started =
            completed.map(|row| row.event.at.max(row.event.start.unwrap_or(row.event.at)));
        let planned = |row: &Row<'_>| row.event.end.filter(|_| !is_decision(row.step));
        let until = completed.and_then(planned).or_else(|| self.rows.iter().find_map(planned));
        let is_over = self.has(Step::RanOut) || self.has(Step::Deactivated);
        let is_to_begin = !is_over && started.is_some_and(|started| started > now);
        let end = self.end(now, until).filter(|_| !is_to_begin);
        let outcome = match is_to_begin {
            true => Outcome::Waiting,
            false => self.outcome(now, requested),
        };
        let refused = self.rows.iter().find(|row| row.is_refused());
        // Of what was refused the reason of the result is no word of who asked.
        let is_theirs = |row: &Row<'_>, text: &Arc<str>| {
            !text.is_empty() && (row.is_done() || row.event.reason.as_ref() != Some(text))
        };
        let words =
            |row: &Row<'_>| row.event.justification.clone().filter(|text| is_theirs(row, text));
        let mut of_requester = self.rows.iter().filter(|row| row.step <= Step::ApprovalRequested);
        let justification = of_requester.find_map(words).or_else(|| completed.and_then(words));
        let any = |of: fn(&AuditEvent) -> &Option<Arc<str>>| {
            self.rows.iter().find_map(|row| of(row.event).clone())
        };
        let mut known = HashSet::new();
        let correlations = self.rows.iter().map(|row| &row.event.correlation);
        let correlations: Vec<Arc<str>> =
            correlations.filter(|id| !id.is_empty() && known.insert(*id)).cloned().collect();
        let name = self.rows.iter().map(|row| &row.asked_name).find(|name| !name.is_empty());
        Request {
            who: self.who.clone(),
            asked: self.asked.clone(),
            asked_name: name.map_or_else(|| "".into(), Arc::clone),
            requested,
            decisions: self.rows.iter().filter_map(decision).collect(),
            started,
            until,
            end,
            ended_by: self.ended_by(),
            justification,
            ticket_number: any(|event| &event.ticket_number),
            ticket_system: any(|event| &event.ticket_system),
            outcome,
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
        if [Step::RanOut, Step::Deactivated].into_iter().any(|step| self.unsure.contains(&step)) {
            return Some(End::NotKnown);
        }
        Some(match until {
            Some(until) if until <= now => End::Passed(until),
            Some(until) => End::Running(until),
            None => End::NotKnown,
        })
    }

    /// Who ended it, where that is somebody else.
    fn ended_by(&self) -> Option<Person> {
        let is_it = |row: &&Row<'_>| row.is_done() && row.step == Step::Deactivated;
        let actor = &self.rows.iter().find(is_it)?.event.actor;
        taken::other_than(self.who.as_ref(), actor)
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
        if self.refused {
            return Outcome::Failed;
        }
        // Nobody waited for the end, or the log does not say whether it was done.
        if !self.unsure.is_empty() {
            return Outcome::NotKnown;
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
    if !is_decision(row.step) || !row.is_done() {
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
    use crate::model::{AuditTarget, GroupAccess, PrincipalId, RoleId};

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
        requests(&part(events), None).list
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
    fn what_was_over_before_is_no_part_of_a_later_request() {
        let shared = Ids::Correlation("c-1");
        for ids in [shared, Ids::None] {
            let list = joined(vec![
                line(DEACTIVATED, 5, "ana", ids),
                line(REQUESTED, 8, "ana", ids),
                line(COMPLETED, 8, "ana", ids),
            ]);
            let started: Vec<_> = list.iter().map(|it| it.started.is_some()).collect();
            assert_eq!(started, [true, false], "{list:?}");
            assert_eq!(list[0].end, Some(End::NotKnown));
            for (over, outcome) in
                [(DENIED, "denied"), (CANCELLED, "cancelled"), (UNANSWERED, "expired")]
            {
                let by = if over == DENIED { "eve" } else { "ana" };
                let list = joined(vec![
                    line(REQUESTED, 1, "ana", ids),
                    line(over, 2, by, ids),
                    line(REQUESTED, 8, "ana", ids),
                    line(COMPLETED, 8, "ana", ids),
                ]);
                assert_eq!(outcomes(&list), ["completed", outcome], "{list:?}");
            }
        }
        // What PIM says twice is one.
        let list = joined(vec![
            line(REQUESTED, 1, "ana", shared),
            line(CANCELLED, 2, "ana", shared),
            line(UNANSWERED, 3, "Azure AD PIM", shared),
        ]);
        assert_eq!(list.len(), 1, "{list:?}");
        // Within one request the order is that of the lines.
        let list = joined(vec![
            line(REQUESTED, 8, "ana", shared),
            line(COMPLETED, 8, "ana", shared),
            line(DEACTIVATED, 9, "ana", shared),
            line(RAN_OUT, 12, "Azure AD PIM", shared),
        ]);
        assert_eq!(list.len(), 1, "{list:?}");
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
        let with = |result: AuditResult, event: AuditEvent| AuditEvent { result, ..event };
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
            // It begins tomorrow.
            (
                vec![
                    requested(30),
                    AuditEvent {
                        start: Some(at("2026-11-03T08:00:00Z")),
                        ..completed("2026-11-03T12:00:00Z")
                    },
                ],
                Outcome::Waiting,
                None,
            ),
            // Whether it was done is not said.
            (
                vec![requested(30), with(AuditResult::Other, line(COMPLETED, 31, "ana", one))],
                Outcome::NotKnown,
                None,
            ),
            (
                vec![requested(30), with(AuditResult::Timeout, line(COMPLETED, 31, "ana", one))],
                Outcome::NotKnown,
                None,
            ),
            (vec![with(AuditResult::Other, requested(30))], Outcome::NotKnown, None),
            (
                vec![
                    completed("2026-11-02T12:00:00Z"),
                    with(AuditResult::Timeout, line(DEACTIVATED, 31, "ana", one)),
                ],
                Outcome::Completed,
                Some(End::NotKnown),
            ),
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
    fn an_end_with_an_id_of_its_own_ends_what_runs() {
        let (one, two) = (Ids::Request("q-1"), Ids::Request("q-2"));
        let end = Ids::Request("q-9");
        let other = |mut event: AuditEvent| {
            event.targets.pop();
            let (id, name) = ("id-ben".into(), "ben".into());
            event.targets.push(AuditTarget { id, kind: "User".into(), name });
            event
        };
        let began = |hour: i64, ids| [line(REQUESTED, hour, "ana", ids), completed_at(hour, ids)];
        let name = |end: Option<End>| end.map(End::name);
        for (rest, expected) in [
            (vec![line(DEACTIVATED, 12, "ana", end)], vec![Some("deactivated")]),
            (vec![line(RAN_OUT, 12, "Azure AD PIM", end)], vec![Some("expired")]),
            // The end of another one's is no end of this.
            (
                vec![other(line(DEACTIVATED, 12, "ben", end))],
                vec![Some("deactivated"), Some("not-known")],
            ),
            // What is over is not ended once more.
            (
                vec![line(RAN_OUT, 11, "Azure AD PIM", one), line(DEACTIVATED, 12, "ana", end)],
                vec![Some("deactivated"), Some("expired")],
            ),
            // The latest that runs is meant.
            (
                [vec![line(RAN_OUT, 9, "Azure AD PIM", one)], began(10, two).into()]
                    .concat()
                    .into_iter()
                    .chain([line(DEACTIVATED, 12, "ana", end)])
                    .collect(),
                vec![Some("deactivated"), Some("expired")],
            ),
        ] {
            let lines: Vec<AuditEvent> = began(8, one).into_iter().chain(rest).collect();
            let what = format!("{lines:?}");
            let list = joined(lines);
            let ends: Vec<_> = list.iter().map(|request| name(request.end)).collect();
            assert_eq!(ends, expected, "{what}");
        }
    }

    fn completed_at(hour: i64, ids: Ids) -> AuditEvent {
        line(COMPLETED, hour, "ana", ids)
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
        let lines = vec![
            group(REQUESTED, "Member"),
            group(COMPLETED, "Member"),
            group(COMPLETED, "Owner"),
            azure,
        ];
        let found = requests(&part(lines), None);
        assert_eq!((found.list.len(), found.azure), (2, 1));
        let accesses: Vec<_> = found.list.iter().map(|request| request.asked.clone()).collect();
        for access in [GroupAccess::Member, GroupAccess::Owner] {
            assert!(accesses.contains(&Asked::Group(PrincipalId::new("g"), Some(access))));
        }
        assert!(found.list.iter().all(|request| &*request.asked_name == "IT-Ops"));
    }

    #[test]
    fn many_requests_of_one_person_are_joined_as_few_are() {
        const MANY: i64 = 20_000;
        for shares in [false, true] {
            let of = |activity: &str, hour: i64, request: i64| {
                let mut event = line(activity, hour, "ana", Ids::None);
                event.id = format!("{activity} {request}").into();
                if shares {
                    // All of them under one correlation id.
                    event.correlation = "c-1".into();
                    let id = format!("q-{request}").into();
                    event.targets[1] = AuditTarget { id, kind: "Request".into(), name: "".into() };
                }
                event
            };
            // Each ends before the next begins, long before the log was read.
            let lines = (0..MANY).flat_map(|request| {
                let hour = 3 * (request - MANY);
                [
                    of(REQUESTED, hour, request),
                    of(COMPLETED, hour + 1, request),
                    of(RAN_OUT, hour + 2, request),
                ]
            });
            let list = joined(lines.collect());
            assert_eq!(list.len(), usize::try_from(MANY).unwrap(), "{shares}");
            let is_whole = |it: &Request| matches!(it.end, Some(End::Expired(_)));
            assert!(list.iter().all(is_whole), "{shares}");
            assert!(list.iter().all(|it| it.by_order != shares), "{shares}");
        }
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
