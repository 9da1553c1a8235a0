//! Collections that are read part by part: one part a group, a review, an application.

use super::not_read;
use crate::model::{Dataset, Gap};
use crate::snapshot::{Collection, Snapshot};
use std::collections::HashMap;

/// The parts of one collection by their key, lower case.
pub(super) struct Parts<'s, 'a> {
    dataset: Dataset,
    by_key: HashMap<String, &'s Collection<'a>>,
    /// Why a part that is not there is not there.
    absent: Gap,
}

impl<'s, 'a> Parts<'s, 'a> {
    pub(super) fn of(snapshot: &'s Snapshot<'a>, dataset: Dataset) -> Self {
        let by_key = snapshot
            .parts(dataset)
            .filter_map(|part| Some((part.key.as_ref()?.to_ascii_lowercase(), part)))
            .collect();
        // An entry without a key says why the collection as a whole was not read.
        let absent = snapshot.collection(dataset).and_then(|whole| whole.gap.clone());
        Self { dataset, by_key, absent: absent.unwrap_or_else(|| not_read(dataset)) }
    }

    /// The part under this key, where anything of it was read.
    pub(super) fn get(&self, key: &str) -> Result<&'s Collection<'a>, Gap> {
        match self.by_key.get(&key.to_ascii_lowercase()) {
            Some(part) if part.missing => {
                Err(part.gap.clone().unwrap_or_else(|| not_read(self.dataset)))
            }
            Some(part) => Ok(part),
            None => Err(self.absent.clone()),
        }
    }

    /// Every part that was asked for, with its key.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &'s Collection<'a>)> {
        self.by_key.iter().map(|(key, part)| (key.as_str(), *part))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{denied, load, text, whole};
    use super::*;
    use crate::model::GapKind;

    #[test]
    fn a_part_that_was_not_read_says_why() {
        let dataset = Dataset::GroupPolicies;
        let group = |key| whole(dataset, Some(key), r#"{"id":"x"}"#);
        for (collections, key, expected) in [
            (vec![group("G")], "g", None),
            (vec![group("g")], "G", None),
            (vec![group("g"), denied(dataset, Some("h"))], "h", Some(GapKind::PermissionDenied)),
            (vec![group("g")], "i", Some(GapKind::NotRequested)),
            (vec![], "g", Some(GapKind::NotRequested)),
            (vec![denied(dataset, None)], "g", Some(GapKind::PermissionDenied)),
            (vec![whole(dataset, None, "")], "g", Some(GapKind::NotRequested)),
        ] {
            let text = text(&collections);
            let snapshot = load(&text);
            let found = Parts::of(&snapshot, dataset).get(key);
            assert_eq!(found.err().map(|gap| gap.kind), expected, "{key} in {collections:?}");
        }
    }
}
