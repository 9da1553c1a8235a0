//! Activations that were taken away: an administrator removed the holder while it ran.
//!
//! Such a line is of no request to activate, so it is found by holder, access and time.

use super::join::key;
use super::words::{asked, is_pim};
use super::{End, Person, Request};
use crate::model::{AuditActor, AuditEvent, AuditPart, AuditResult, AuditSource};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;

/// By PIM, and in the directory. Lower case, without what stands in brackets.
const TAKEN: [&str; 2] = ["remove member from role in pim completed", "remove member from role"];
/// The longest that PIM lets an activation last.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// One line that takes something away.
struct Removal<'e> {
    at: Timestamp,
    /// False where it does not say of what, or whether it was done.
    is_sure: bool,
    by: &'e AuditActor,
}

/// Removals by the id of the holder and what they are of, the oldest first.
type Removals<'e> = HashMap<(Arc<str>, Option<String>), Vec<Removal<'e>>>;

/// Marks what was ended by such a line before its time.
pub(super) fn mark<'e>(
    list: &mut [Request],
    parts: impl IntoIterator<Item = Option<&'e AuditPart>>,
) {
    let removals = removals(parts);
    if removals.is_empty() {
        return;
    }
    for request in list {
        let (Some(who), Some(started)) = (&request.who, request.started) else { continue };
        let until = match request.end {
            Some(End::Passed(until) | End::Running(until)) => until,
            Some(End::NotKnown) => started.saturating_add(LONGEST).unwrap_or(started),
            Some(End::Expired(_) | End::Deactivated(_)) | None => continue,
        };
        let of = |what: Option<String>| {
            let all = removals.get(&(Arc::clone(&who.id), what)).map(Vec::as_slice);
            let all = all.unwrap_or_default();
            let first = all.partition_point(|it| it.at < started);
            all.iter().skip(first).take_while(|it| it.at < until).collect::<Vec<_>>()
        };
        let what = key(&request.asked);
        let mut found = of(what.clone());
        if what.is_some() {
            found.extend(of(None));
        }
        match found.iter().find(|it| it.is_sure && what.is_some()) {
            Some(removal) => {
                request.end = Some(End::Deactivated(removal.at));
                request.ended_by = other_than(request.who.as_ref(), removal.by);
            }
            None if !found.is_empty() => request.end = Some(End::NotKnown),
            None => {}
        }
    }
}

/// Who did it, unless it is the one it was done for.
pub(super) fn other_than(who: Option<&Person>, actor: &AuditActor) -> Option<Person> {
    let is_same = who.is_some_and(|who| who.id == actor.id);
    let is_named = !actor.id.is_empty() || !actor.name.is_empty();
    (is_named && !is_same)
        .then(|| Person { id: Arc::clone(&actor.id), name: Arc::clone(&actor.name) })
}

fn removals<'e>(parts: impl IntoIterator<Item = Option<&'e AuditPart>>) -> Removals<'e> {
    let mut removals = Removals::new();
    for part in parts.into_iter().flatten() {
        let events = part.events.at_least().map(Vec::as_slice).unwrap_or_default();
        for event in events.iter().filter(|event| takes(event)) {
            // The directory's own line of what PIM ended.
            if part.source != AuditSource::Pim && is_pim(&event.actor) {
                continue;
            }
            let holder = event.targets.iter().find(|it| it.is("User") && !it.id.is_empty());
            let Some(holder) = holder else { continue };
            let what = key(&asked(event).0);
            let is_sure = what.is_some() && event.result == AuditResult::Success;
            let removal = Removal { at: event.at, is_sure, by: &event.actor };
            removals.entry((Arc::clone(&holder.id), what)).or_default().push(removal);
        }
    }
    for list in removals.values_mut() {
        list.sort_by_key(|removal| removal.at);
    }
    removals
}

fn takes(event: &AuditEvent) -> bool {
    let activity = event.normal();
    let (base, bracket) = activity.rsplit_once(" (").unwrap_or((activity.as_str(), ""));
    let of_activation = bracket.starts_with("pim activation") || bracket.starts_with("pim deact");
    event.result != AuditResult::Failure
        && !event.category.eq_ignore_ascii_case("ResourceManagement")
        && !of_activation
        && TAKEN.contains(&base)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{GA, event, part};
    use super::super::{Outcome, requests};
    use super::*;

    const COMPLETED: &str = "Add member to role completed (PIM activation)";
    const BY_PIM: &str = "Remove member from role in PIM completed (timebound)";
    const PLAIN: &str = "Remove member from role";

    #[test]
    fn what_an_administrator_took_away_did_not_run_to_its_end() {
        let role = format!("Role {GA} Global Administrator");
        let reader = "Role f2ef992c-3afb-46b9-b7cf-a126ee74c451 Global Reader";
        let time = |text: &str| -> Timestamp { text.parse().unwrap() };
        let nine = "2026-11-01T09:00:00Z";
        let on = |activity: &str, at: &str, by: &str, what: &str, whom: &str| {
            event(activity, at, by, &[what, whom])
        };
        let ana = "User id-ana ana";
        let passed = End::Passed(time("2026-11-01T12:00:00Z"));
        let taken = End::Deactivated(time(nine));
        let unsure = |event: AuditEvent| AuditEvent { result: AuditResult::Timeout, ..event };
        let failed = |event: AuditEvent| AuditEvent { result: AuditResult::Failure, ..event };
        for (line, in_directory, expected, by) in [
            (on(BY_PIM, nine, "eve", &role, ana), false, taken, Some("eve")),
            (on(PLAIN, nine, "eve", &role, ana), true, taken, Some("eve")),
            (on(BY_PIM, nine, "ana", &role, ana), false, taken, None),
            // The directory's line of what PIM did.
            (on(PLAIN, nine, "MS-PIM", &role, ana), true, passed, None),
            // Of another role, of somebody else, before it began, when it was over.
            (on(BY_PIM, nine, "eve", reader, ana), false, passed, None),
            (on(BY_PIM, nine, "eve", &role, "User id-ben ben"), false, passed, None),
            (on(BY_PIM, "2026-11-01T07:59:59Z", "eve", &role, ana), false, passed, None),
            (on(BY_PIM, "2026-11-01T12:00:00Z", "eve", &role, ana), false, passed, None),
            (failed(on(BY_PIM, nine, "eve", &role, ana)), false, passed, None),
            // Whether it was done, or of what, is not said.
            (unsure(on(BY_PIM, nine, "eve", &role, ana)), false, End::NotKnown, None),
            (on(BY_PIM, nine, "eve", "Other x", ana), false, End::NotKnown, None),
        ] {
            let what = format!("{line:?}");
            let mut completed = on(COMPLETED, "2026-11-01T08:00:00Z", "ana", &role, ana);
            completed.end = Some(time("2026-11-01T12:00:00Z"));
            let (pim, directory) = match in_directory {
                true => (vec![completed], vec![line]),
                false => (vec![completed, line], vec![]),
            };
            let mut directory = part(directory);
            directory.source = AuditSource::RoleManagement;
            let list = requests(&part(pim), Some(&directory)).list;
            let [request] = list.as_slice() else { panic!("{what}: {list:?}") };
            let found = (request.outcome, request.end);
            assert_eq!(found, (Outcome::Completed, Some(expected)), "{what}");
            let ended_by = request.ended_by.as_ref().map(|person| &*person.name);
            assert_eq!(ended_by, by, "{what}");
        }
    }
}
