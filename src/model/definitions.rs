//! What a role definition lets its holders do, and what differs between two readings of one.
//!
//! Order, casing and repetition of actions say nothing. Whether a difference matters is judged
//! elsewhere.

use super::{Collected, Gap, Role, RoleId};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// In the detail of a gap: there is nothing older to compare with.
pub const GIVE_EARLIER: &str =
    "give an earlier snapshot with --earlier, or keep a history with --store";

/// Role definitions as an older reading of the same tenant has them.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// When they were read.
    pub at: Timestamp,
    /// The definitions by role.
    pub roles: Collected<BTreeMap<RoleId, Role>>,
    /// Why the PRIVILEGED labels were not read whole then.
    pub labels_gap: Option<Gap>,
}

/// One action of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleAction {
    /// Its name as sent, such as `microsoft.directory/applications/create`.
    pub name: Arc<str>,
    /// True where the role leaves it out instead of allowing it.
    pub excluded: bool,
    /// What must hold for it, such as `$SubjectIsOwner`.
    pub condition: Option<Arc<str>>,
}

/// What makes two actions the same: name, whether it is left out, condition; lower case.
type Key = (String, bool, Option<String>);

impl RoleAction {
    fn key(&self) -> Key {
        let condition = self.condition.as_deref().map(str::to_ascii_lowercase);
        (self.name.to_ascii_lowercase(), self.excluded, condition)
    }
}

impl fmt::Display for RoleAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.excluded {
            formatter.write_str("not ")?;
        }
        formatter.write_str(&self.name)?;
        match &self.condition {
            Some(condition) => write!(formatter, " where {condition}"),
            None => Ok(()),
        }
    }
}

/// The actions of a role: sorted, each once.
pub fn actions(mut all: Vec<RoleAction>) -> Arc<[RoleAction]> {
    // Of several spellings the same one is kept, whichever comes first.
    all.sort_by_cached_key(|it| (it.key(), Arc::clone(&it.name), it.condition.clone()));
    all.dedup_by(|later, first| later.key() == first.key());
    all.into()
}

/// What differs between the actions of a role at two times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionDifference<'a> {
    /// Entries of the older one that the newer does not have.
    pub older: Vec<&'a RoleAction>,
    /// Entries of the newer one that the older does not have.
    pub newer: Vec<&'a RoleAction>,
    /// What the role allows now and did not: new entries, and what is left out no longer.
    pub gained: Vec<&'a RoleAction>,
    /// What the role allowed and does not now.
    pub lost: Vec<&'a RoleAction>,
}

impl ActionDifference<'_> {
    /// True where both have the same entries.
    pub const fn is_empty(&self) -> bool {
        self.older.is_empty() && self.newer.is_empty()
    }
}

/// Compares the actions of a role at two times.
///
/// An action under a condition is part of the same action without one: losing the condition gains
/// something and loses nothing.
pub fn difference<'a>(older: &'a [RoleAction], newer: &'a [RoleAction]) -> ActionDifference<'a> {
    if older == newer {
        return ActionDifference::default();
    }
    let (then, now) = (keys(older), keys(newer));
    let older: Vec<&RoleAction> = older.iter().filter(|it| !now.contains(&it.key())).collect();
    let newer: Vec<&RoleAction> = newer.iter().filter(|it| !then.contains(&it.key())).collect();
    let (mut gained, mut lost) = (Vec::new(), Vec::new());
    for it in newer.iter().copied().filter(|it| !is_part_of(it, &then)) {
        if it.excluded { lost.push(it) } else { gained.push(it) }
    }
    for it in older.iter().copied().filter(|it| !is_part_of(it, &now)) {
        if it.excluded { gained.push(it) } else { lost.push(it) }
    }
    ActionDifference { older, newer, gained, lost }
}

fn keys(actions: &[RoleAction]) -> BTreeSet<Key> {
    actions.iter().map(RoleAction::key).collect()
}

/// True where the same is among these without a condition.
fn is_part_of(action: &RoleAction, others: &BTreeSet<Key>) -> bool {
    let (name, excluded, _) = action.key();
    others.contains(&(name, excluded, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name`, `-name` for one that is left out, `name?condition`.
    fn list(words: &[&str]) -> Vec<RoleAction> {
        let action = |word: &&str| {
            let (word, condition) = match word.split_once('?') {
                Some((word, condition)) => (word, Some(condition.into())),
                None => (*word, None),
            };
            let name = word.strip_prefix('-').unwrap_or(word);
            RoleAction { name: name.into(), excluded: word.starts_with('-'), condition }
        };
        words.iter().map(action).collect()
    }

    fn words(actions: &[&RoleAction]) -> Vec<String> {
        actions.iter().map(|action| action.to_string()).collect()
    }

    #[test]
    fn order_casing_and_repetition_say_nothing() {
        for (older, newer) in [
            (vec!["a", "b"], vec!["b", "a"]),
            (vec!["a", "b"], vec!["A", "b", "B"]),
            (vec!["a?$SubjectIsOwner"], vec!["a?$subjectisowner"]),
            (vec!["-a"], vec!["-A"]),
            (vec![], vec![]),
        ] {
            let (one, other) = (actions(list(&older)), actions(list(&newer)));
            assert!(difference(&one, &other).is_empty(), "{older:?} and {newer:?}");
            // Also where nobody sorted them.
            let (one, other) = (list(&older), list(&newer));
            assert!(difference(&one, &other).is_empty(), "{older:?} and {newer:?}, as they are");
        }
    }

    #[test]
    fn actions_are_sorted_and_each_is_kept_once_in_one_spelling() {
        for order in [["b", "A", "a"], ["a", "A", "b"], ["A", "b", "a"]] {
            let sorted = actions(list(&order));
            let names: Vec<&str> = sorted.iter().map(|it| &*it.name).collect();
            assert_eq!(names, ["A", "b"], "{order:?}");
        }
        let kinds = actions(list(&["a?x", "-a", "a"]));
        let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
        assert_eq!(kinds, ["a", "a where x", "not a"]);
    }

    #[test]
    fn what_is_gained_and_lost() {
        for (older, newer, gained, lost) in [
            (vec!["a"], vec!["a", "b"], vec!["b"], vec![]),
            (vec!["a", "b"], vec!["a"], vec![], vec!["b"]),
            (vec!["a"], vec!["b"], vec!["b"], vec!["a"]),
            (vec![], vec!["a"], vec!["a"], vec![]),
            // A name with a star is a name like any other.
            (vec!["a/*"], vec!["a/*", "a/b"], vec!["a/b"], vec![]),
            // To leave something out takes it, to leave it out no longer gives it.
            (vec!["a"], vec!["a", "-b"], vec![], vec!["not b"]),
            (vec!["a", "-b"], vec!["a"], vec!["not b"], vec![]),
            // A condition that is gone gives, a new one takes.
            (vec!["a?x"], vec!["a"], vec!["a"], vec![]),
            (vec!["a"], vec!["a?x"], vec![], vec!["a"]),
            (vec!["a?x"], vec!["a?y"], vec!["a where y"], vec!["a where x"]),
            // Beside the same without a condition it adds nothing.
            (vec!["a"], vec!["a", "a?x"], vec![], vec![]),
            (vec!["-a"], vec!["-a", "-a?x"], vec![], vec![]),
        ] {
            let (one, other) = (actions(list(&older)), actions(list(&newer)));
            let found = difference(&one, &other);
            assert!(!found.is_empty(), "{older:?} to {newer:?}");
            assert_eq!(words(&found.gained), gained, "{older:?} to {newer:?}");
            assert_eq!(words(&found.lost), lost, "{older:?} to {newer:?}");
            let back = difference(&other, &one);
            assert_eq!((back.gained, back.lost), (found.lost, found.gained), "{newer:?} back");
            assert_eq!((back.older, back.newer), (found.newer, found.older), "{newer:?} back");
        }
    }
}
