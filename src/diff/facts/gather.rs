//! What was found so far, and what could not be compared: told once a reason, with its subjects.

use super::{ActivationChange, Change, Facts, Unreadable};
use crate::model::{Collected, Gap};
use std::collections::{BTreeMap, BTreeSet};

/// Why something could not be compared: what, and the reason on either side.
type Reason = (String, Option<Gap>, Option<Gap>);

/// The facts as they grow.
#[derive(Default)]
pub(super) struct Gather {
    pub(super) changes: Vec<Change>,
    pub(super) activations: Vec<ActivationChange>,
    unreadable: BTreeMap<Reason, BTreeSet<String>>,
}

impl Gather {
    /// Something that one of the two, or both, did not read; `subject` is the name of whose it is.
    pub(super) fn unread(
        &mut self,
        what: &str,
        old: Option<&Gap>,
        new: Option<&Gap>,
        subject: Option<&str>,
    ) {
        let reason = (what.to_owned(), old.map(plain), new.map(plain));
        let subjects = self.unreadable.entry(reason).or_default();
        subjects.extend(subject.map(str::to_owned));
    }

    /// A list that both read whole; else it is told why not.
    pub(super) fn whole<'t, T>(
        &mut self,
        what: &str,
        old: &'t Collected<T>,
        new: &'t Collected<T>,
    ) -> Option<(&'t T, &'t T)> {
        match (old, new) {
            (Collected::Complete(old), Collected::Complete(new)) => Some((old, new)),
            _ => {
                self.unread(what, old.gap(), new.gap(), None);
                None
            }
        }
    }

    /// A value of one subject that both read; else it is told why not.
    pub(super) fn both<'t, T>(
        &mut self,
        what: &str,
        subject: &str,
        old: &'t Result<T, Gap>,
        new: &'t Result<T, Gap>,
    ) -> Option<(&'t T, &'t T)> {
        match (old, new) {
            (Ok(old), Ok(new)) => Some((old, new)),
            _ => {
                self.unread(what, old.as_ref().err(), new.as_ref().err(), Some(subject));
                None
            }
        }
    }

    pub(super) fn into_facts(self) -> Facts {
        let Self { mut changes, mut activations, unreadable } = self;
        changes.sort();
        activations.sort();
        let unreadable = unreadable.into_iter().map(|((what, old, new), subjects)| Unreadable {
            what,
            old,
            new,
            subjects: subjects.into_iter().collect(),
        });
        Facts { changes, activations, unreadable: unreadable.collect() }
    }
}

/// The gap without the id of its request, so that equal reasons are told once.
pub(super) fn plain(gap: &Gap) -> Gap {
    Gap { kind: gap.kind, dataset: gap.dataset, detail: (&*gap.reason()).into() }
}
