//! Resources that set the same to different values. Their places in a plan are no order, so nobody
//! knows which comes last: the one that asks for less is judged. What one takes away and another
//! gives stays as it stands: either may be the loss.

use super::LONGEST_NAMED;
use crate::model::{
    ActivationPolicy, Approval, AuthenticationContext, Dataset, Enablement, Expiration, Gap,
    GapKind, IsoDuration, Notification, NotificationRule, Tenant,
};
use crate::precheck::edit::{
    CONTESTED, Change, Edit, End, GrantChange, Held, Over, PolicyOf, RuleChange,
};
use crate::precheck::graph_body::not_assessed;
use crate::precheck::names::{PolicyAt, policy_at};
use crate::precheck::settings::{Stance, set, unread};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Place of a change, and of an edit in it.
type At = (usize, usize);

/// Finds what is set twice, says so of each, and leaves out what asks for more.
pub(super) fn tell(changes: &mut [Change]) {
    let all: Vec<usize> = (0..changes.len()).collect();
    tell_of(changes, &all, &PolicyOf::to_string);
}

/// The same once more by what the tenant knows: whose policy an id means is told by it alone.
pub(in crate::precheck) fn settled<'c>(
    tenant: &Tenant,
    changes: &'c [Change],
) -> Cow<'c, [Change]> {
    let is_by_id = |edit: &Edit| matches!(edit, Edit::SetRule(PolicyOf::Id(_), _));
    let mut plans: BTreeMap<Arc<str>, Vec<usize>> = BTreeMap::new();
    for (place, change) in changes.iter().enumerate().filter(|(_, it)| it.unordered) {
        plans.entry(Arc::clone(&change.place.file)).or_default().push(place);
    }
    plans.retain(|_, own| own.iter().any(|place| changes[*place].edits.iter().any(is_by_id)));
    if plans.is_empty() {
        return Cow::Borrowed(changes);
    }
    let name = |policy: &PolicyOf| match policy_at(tenant, policy) {
        Ok(PolicyAt::Of(access)) => access.key(),
        Ok(PolicyAt::NotRead(_)) | Err(_) => policy.to_string(),
    };
    let mut settled = changes.to_vec();
    for own in plans.into_values() {
        tell_of(&mut settled, &own, &name);
    }
    Cow::Owned(settled)
}

/// The same of some changes, with a name for each policy.
fn tell_of(changes: &mut [Change], own: &[usize], name: &dyn Fn(&PolicyOf) -> String) {
    let mut slots: BTreeMap<String, Vec<At>> = BTreeMap::new();
    for place in own {
        for (of_edit, edit) in changes[*place].edits.iter().enumerate() {
            if let Some(slot) = slot(edit, name) {
                slots.entry(slot).or_default().push((*place, of_edit));
            }
        }
    }
    for found in slots.into_values() {
        settle(changes, &found);
    }
}

/// Why a value that two resources set otherwise is not judged.
const BOTH_STATED: &str = "two resources state it, each otherwise";

/// What an edit sets, in one text for all that set the same.
fn slot(edit: &Edit, name: &dyn Fn(&PolicyOf) -> String) -> Option<String> {
    let slot = match edit {
        Edit::SetRule(policy, rule) => format!("{} of {}", rule.id(), name(policy)),
        Edit::Grant(GrantChange { access, principal, within, held, .. }) => {
            let kind = if *held == Held::Eligible { "eligible" } else { "active" };
            format!("{kind} {principal} in {access} within {within}")
        }
        Edit::Entry { group, principal, by, .. } => {
            format!("entry {principal} in {}s of {group}", by.name())
        }
        Edit::RevokeRow(_)
        | Edit::NewGroup { .. }
        | Edit::RoleAssignable { .. }
        | Edit::RoleDefinition { .. }
        | Edit::Nothing { .. }
        | Edit::NotAssessed { .. } => return None,
    };
    Some(slot.to_lowercase())
}

fn settle(changes: &mut [Change], found: &[At]) {
    let places: BTreeSet<usize> = found.iter().map(|(place, _)| *place).collect();
    let edit = |at: At| &changes[at.0].edits[at.1];
    let Some((first, rest)) = found.split_first() else { return };
    let is_same_as_first = |at: &At| is_same(edit(*first), edit(*at));
    if places.len() < 2
        || rest.iter().all(is_same_as_first)
        || fit_together(found.iter().map(|at| edit(*at)))
    {
        return;
    }
    let (mut least, mut is_certain) = (*first, true);
    for at in rest {
        match by_what_they_ask(edit(least), edit(*at)) {
            Some(Ordering::Greater) => least = *at,
            Some(Ordering::Less | Ordering::Equal) => {}
            None => is_certain = false,
        }
    }
    let of = edit(least).rule().map_or_else(|| "what it gives".to_owned(), RuleChange::id);
    let is_more = |at: &At| {
        !edit(*at).takes()
            && !is_same(edit(least), edit(*at))
            && !is_change_beside_new(edit(least), edit(*at))
    };
    let asks_for_more: Vec<At> =
        found.iter().copied().filter(|at| is_certain && is_more(at)).collect();
    let mut said: Vec<(usize, String)> = Vec::new();
    for place in &places {
        if let Some(other) = places.iter().find(|other| *other != place) {
            let other: String = changes[*other].item.chars().take(LONGEST_NAMED).collect();
            said.push((*place, format!("{of}: {other} {CONTESTED}")));
        }
    }
    let lowest = (!is_certain).then(|| lowest(found.iter().map(|at| edit(*at)))).flatten();
    for at in found.iter().filter(|_| !is_certain) {
        // Neither is the lesser: what either of them takes away is judged, and nothing of the rest.
        changes[at.0].edits[at.1] = lowest.clone().unwrap_or_else(|| not_assessed(BOTH_STATED));
    }
    for (place, text) in said {
        for at in asks_for_more.iter().filter(|at| at.0 == place) {
            changes[at.0].edits[at.1] = not_assessed(&text);
        }
        changes[place].unknown.push(text);
    }
}

/// The least that any of these asks for at an activation or an assignment, where that is what they set.
fn lowest<'e>(mut edits: impl Iterator<Item = &'e Edit>) -> Option<Edit> {
    let Some(Edit::SetRule(policy, RuleChange::Enablement { of, mfa, justification, ticket })) =
        edits.next()
    else {
        return None;
    };
    let mut least = (*mfa, *justification, *ticket);
    for edit in edits {
        let Edit::SetRule(_, RuleChange::Enablement { mfa, justification, ticket, .. }) = edit
        else {
            return None;
        };
        least = (lower(least.0, *mfa), lower(least.1, *justification), lower(least.2, *ticket));
    }
    let (mfa, justification, ticket) = least;
    let of = *of;
    Some(Edit::SetRule(policy.clone(), RuleChange::Enablement { of, mfa, justification, ticket }))
}

/// Not asked where one says so; nothing where one leaves it as it is.
const fn lower(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (None, _) | (_, None) => None,
        (Some(true), Some(true)) => Some(true),
    }
}

/// True for rules of which each states what the others leave as it is: one the switch, another one
/// the value. What is asked for is written as one list, so that no part of it is left as it is.
fn fit_together<'e>(edits: impl Iterator<Item = &'e Edit>) -> bool {
    let mut whole: Option<RuleChange> = None;
    for edit in edits {
        let Edit::SetRule(_, rule) = edit else { return false };
        let next = match &whole {
            None => Some(rule.clone()),
            Some(whole) => joined(whole, rule),
        };
        match next {
            Some(next) => whole = Some(next),
            None => return false,
        }
    }
    true
}

/// Both rules in one; `None` where they state a part differently.
fn joined(one: &RuleChange, other: &RuleChange) -> Option<RuleChange> {
    match (one, other) {
        (
            RuleChange::Expiration { of, required, maximum },
            RuleChange::Expiration { required: also, maximum: longest, .. },
        ) => Some(RuleChange::Expiration {
            of: *of,
            required: part(required, also)?,
            maximum: part(maximum, longest)?,
        }),
        (
            RuleChange::Context { enabled, claim },
            RuleChange::Context { enabled: also, claim: value },
        ) => {
            Some(RuleChange::Context { enabled: part(enabled, also)?, claim: part(claim, value)? })
        }
        (
            RuleChange::Approval { required, mode, stages },
            RuleChange::Approval { required: also, mode: way, stages: by },
        ) => Some(RuleChange::Approval {
            required: part(required, also)?,
            mode: part(mode, way)?,
            stages: part(stages, by)?,
        }),
        (one, other) => (one == other).then(|| one.clone()),
    }
}

/// What either states of a part; `None` where they differ.
fn part<T: Clone + PartialEq>(one: &Option<T>, other: &Option<T>) -> Option<Option<T>> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => None,
        (Some(_), _) => Some(one.clone()),
        (None, other) => Some(other.clone()),
    }
}

/// True where one edit gives anew and the other changes what is there: both come about, as the new one
/// may begin when the other is over.
fn is_change_beside_new(new: &Edit, change: &Edit) -> bool {
    match (new, change) {
        (Edit::Grant(new), Edit::Grant(change)) => {
            new.over == Over::Refused && change.over == Over::Replaces
        }
        _ => false,
    }
}

/// True where two edits of one slot set it to the same.
fn is_same(one: &Edit, other: &Edit) -> bool {
    match (one, other) {
        // A policy may be called by its id and by whose it is.
        (Edit::SetRule(_, one), Edit::SetRule(_, other)) => one == other,
        (Edit::Grant(one), Edit::Grant(other)) => {
            one.present == other.present && (!one.present || one.end == other.end)
        }
        (one, other) => one == other,
    }
}

/// Which of two edits of one slot asks for less: that one is the lesser. `None` where neither is.
fn by_what_they_ask(one: &Edit, other: &Edit) -> Option<Ordering> {
    match (one, other) {
        (Edit::Grant(one), Edit::Grant(other)) if one.present && other.present => {
            later(one.end, other.end)
        }
        // Whoever holds something is asked for less than who does not.
        (Edit::Grant(one), Edit::Grant(other)) => Some(other.present.cmp(&one.present)),
        (Edit::Entry { present: one, .. }, Edit::Entry { present: other, .. }) => {
            Some(other.cmp(one))
        }
        (Edit::SetRule(_, one), Edit::SetRule(_, other)) => by_rule(one, other),
        _ => None,
    }
}

/// The later end is the lesser.
fn later(one: End, other: End) -> Option<Ordering> {
    match (one, other) {
        (End::Never, End::Never) => Some(Ordering::Equal),
        (End::Never, End::At(_) | End::After(_)) => Some(Ordering::Less),
        (End::At(_) | End::After(_), End::Never) => Some(Ordering::Greater),
        (End::At(one), End::At(other)) => Some(other.cmp(&one)),
        (End::After(one), End::After(other)) => Some(other.seconds().cmp(&one.seconds())),
        (End::At(_), End::After(_))
        | (End::After(_), End::At(_))
        | (End::Unstated, _)
        | (_, End::Unstated) => None,
    }
}

fn by_rule(one: &RuleChange, other: &RuleChange) -> Option<Ordering> {
    let mut policy = strictest();
    set(&mut policy, one);
    match set(&mut policy, other).stance {
        Stance::Weaker => Some(Ordering::Greater),
        Stance::Stricter => Some(Ordering::Less),
        Stance::Same => Some(Ordering::Equal),
        Stance::Different => None,
    }
}

/// A policy that asks for everything: what a rule does not state is the same on both sides.
fn strictest() -> ActivationPolicy {
    let mut policy =
        unread("", Dataset::GroupPolicies, &Gap::new(GapKind::Planned, "it was not read"));
    let shortest = || Ok(Expiration::AtMost(IsoDuration::from_seconds(1)));
    let all = || Ok(Enablement { mfa: true, justification: true, ticket: true });
    policy.activation_expiration = shortest();
    policy.assignment_expiration = shortest();
    policy.eligibility_expiration = shortest();
    policy.activation_enablement = all();
    policy.assignment_enablement = all();
    policy.authentication_context = Ok(AuthenticationContext::On("c1".into()));
    policy.approval = Ok(Approval::Required { mode: "SingleStage".into(), stages: Vec::new() });
    for rule in NotificationRule::all() {
        let notice = Notification { all: true, default_recipients: true, recipients: Vec::new() };
        policy.notifications.insert(rule, Ok(notice));
    }
    policy
}
