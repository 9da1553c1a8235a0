//! The lines of the audit log that can have made a change, and what PIM says beside them.

use super::words::{OUTSIDE, Topic, is_done, is_pim, is_undone, split, topic_of};
use crate::model::{ActorKind, AuditEvent, AuditPart, AuditResult, AuditSource};
use jiff::Timestamp;
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// One line that can have made a change.
pub(super) struct Row<'t> {
    pub(super) source: AuditSource,
    pub(super) event: &'t AuditEvent,
    /// The activity without what stands in brackets at its end.
    pub(super) base: String,
    /// False where it lies before the older snapshot, or after the newer.
    pub(super) within: bool,
    /// True for a request of which no line says that it was done.
    pub(super) only_asked: bool,
}

impl Row<'_> {
    /// PIM's own line of what PIM did by itself: it ends what is over. An application that is only
    /// called so is somebody.
    pub(super) fn is_of_itself(&self) -> bool {
        let actor = &self.event.actor;
        self.source == AuditSource::Pim && actor.kind != ActorKind::Application && is_pim(actor)
    }

    /// The directory's line of something that calls itself PIM. Whoever names an application can
    /// call it so.
    pub(super) fn is_twin(&self) -> bool {
        self.source != AuditSource::Pim && is_pim(&self.event.actor)
    }
}

/// The line, where it can have made a change. Activations and their ends make none, and neither do
/// lines of Azure resources, nor requests that were taken back or refused.
pub(super) fn row<'t>(
    source: AuditSource,
    event: &'t AuditEvent,
    fates: &Fates<'t>,
    between: &RangeInclusive<Timestamp>,
) -> Option<(Topic, Row<'t>)> {
    if is_azure(event) {
        return None;
    }
    let activity = event.normal();
    let (base, bracket) = split(&activity);
    if is_activation(bracket) {
        return None;
    }
    let topic = topic_of(source, base)?;
    let is_request = base.contains(" requested") && !fates.is_done(event);
    if is_request && fates.is_undone(event) {
        return None;
    }
    Some((
        topic,
        Row {
            source,
            event,
            base: base.to_owned(),
            within: between.contains(&event.at),
            only_asked: is_request,
        },
    ))
}

fn is_azure(event: &AuditEvent) -> bool {
    event.category.eq_ignore_ascii_case("ResourceManagement")
}

fn is_activation(bracket: &str) -> bool {
    bracket.starts_with("pim activation") || bracket.starts_with("pim deactivat")
}

/// Whether the line says that somebody activated something.
pub(super) fn activates(event: &AuditEvent) -> bool {
    let activity = event.normal();
    let (base, bracket) = split(&activity);
    base == "add member to role completed" && bracket == "pim activation"
}

/// Whether the line says that an activation is over.
pub(super) fn ends_activation(event: &AuditEvent) -> bool {
    let activity = event.normal();
    let (base, bracket) = split(&activity);
    is_activation(bracket) && matches!(base, "remove member from role" | DEACTIVATED)
}

const DEACTIVATED: &str = "remove member from role completed";

fn of_pim<'t>(
    parts: impl IntoIterator<Item = &'t AuditPart>,
) -> impl Iterator<Item = &'t AuditEvent> {
    parts
        .into_iter()
        .filter(|part| part.source == AuditSource::Pim)
        .flat_map(|part| part.events.at_least().map(Vec::as_slice).unwrap_or_default())
        .filter(|event| event.result != AuditResult::Failure && !is_azure(event))
}

/// What became of requests: when one was last said to be done, or not to be, by the id of the
/// request, and of lines that have none by correlation id.
#[derive(Default)]
pub(super) struct Fates<'t> {
    done: HashMap<&'t str, Timestamp>,
    undone: HashMap<&'t str, Timestamp>,
}

impl<'t> Fates<'t> {
    pub(super) fn new(parts: &'t [AuditPart]) -> Self {
        let mut fates = Self::default();
        for event in of_pim(parts).filter(|event| event.result == AuditResult::Success) {
            let activity = event.normal();
            let (base, _) = split(&activity);
            let list = if is_done(base) {
                &mut fates.done
            } else if is_undone(base) {
                &mut fates.undone
            } else {
                continue;
            };
            let latest = list.entry(id_of(event)).or_insert(event.at);
            *latest = event.at.max(*latest);
        }
        fates
    }

    fn is_done(&self, event: &AuditEvent) -> bool {
        is_later(&self.done, event)
    }

    fn is_undone(&self, event: &AuditEvent) -> bool {
        is_later(&self.undone, event)
    }
}

/// Lines without any id share nothing.
fn is_later(list: &HashMap<&str, Timestamp>, event: &AuditEvent) -> bool {
    let id = id_of(event);
    !id.is_empty() && list.get(id).is_some_and(|at| *at >= event.at)
}

fn id_of(event: &AuditEvent) -> &str {
    event.request().unwrap_or(&event.correlation)
}

/// What PIM did, by the ids of its targets, the oldest first, and what two logs have once. Without
/// what it only noticed.
pub(super) fn by_target<'t>(
    parts: impl IntoIterator<Item = &'t AuditPart>,
) -> HashMap<&'t str, Vec<&'t AuditEvent>> {
    let mut index: HashMap<&'t str, Vec<&'t AuditEvent>> = HashMap::new();
    for event in of_pim(parts) {
        let activity = event.normal();
        let (base, bracket) = split(&activity);
        let is_of_grants = topic_of(AuditSource::Pim, base) == Some(Topic::Grants);
        if base == OUTSIDE || !(is_of_grants || is_activation(bracket)) {
            continue;
        }
        for target in &event.targets {
            let list = index.entry(&*target.id).or_default();
            if list.last().is_none_or(|last| !std::ptr::eq(*last, event)) {
                list.push(event);
            }
        }
    }
    for list in index.values_mut() {
        list.sort_by(|one, other| one.at.cmp(&other.at).then_with(|| one.id.cmp(&other.id)));
        list.dedup();
    }
    index
}
