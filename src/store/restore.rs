//! A snapshot put together again from its manifest and its rows.

use super::StoreError;
use super::error::damaged;
use super::packed::{Entry, Header, before_row};
use crate::model::Dataset;
use crate::snapshot::{self, Collection, Rows, Snapshot};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A manifest, read.
pub(super) struct Manifest {
    pub(super) header: Header,
    /// With the ids that were asked for.
    entries: Vec<(Entry, Vec<String>)>,
}

impl Manifest {
    pub(super) fn of(text: &str) -> Result<Self, StoreError> {
        let mut lines = text.split_terminator('\n');
        let header = parsed(lines.next())?;
        let mut entries = Vec::new();
        while let Some(line) = lines.next() {
            let entry: Entry = parsed(Some(line))?;
            let mut asked = Vec::new();
            for _ in 0..entry.asked {
                asked.push(parsed(lines.next())?);
            }
            entries.push((entry, asked));
        }
        Ok(Self { header, entries })
    }

    /// Forgets the collections that are not wanted.
    pub(super) fn retain(&mut self, is_wanted: impl Fn(Dataset) -> bool) {
        self.header.rows.retain(|(dataset, _)| is_wanted(*dataset));
        let times = std::mem::take(&mut self.header.read_at);
        let mut times = times.into_iter();
        let kept = &mut self.header.read_at;
        self.entries.retain(|(entry, _)| {
            let time = times.next().flatten();
            let is_wanted = is_wanted(entry.dataset);
            if is_wanted {
                kept.push(time);
            }
            is_wanted
        });
    }
}

/// A manifest and the rows of every collection it names.
pub(super) struct Wanted<'r> {
    pub(super) manifest: Manifest,
    pub(super) rows: &'r BTreeMap<Dataset, String>,
}

fn parsed<'t, T: Deserialize<'t>>(line: Option<&'t str>) -> Result<T, StoreError> {
    let line = line.ok_or_else(|| damaged("a manifest ends too early"))?;
    serde_json::from_str(line).map_err(|cause| damaged(format!("a manifest says: {cause}")))
}

/// The text of a snapshot file. Where several are given, the first says whose and of when it is, and
/// each adds its collections.
pub(super) fn restore(wanted: Vec<Wanted<'_>>) -> Result<Vec<u8>, StoreError> {
    let mut wanted = wanted.into_iter();
    let first = wanted.next().ok_or_else(|| damaged("nothing is wanted of it"))?;
    let mut snapshot = restored(first)?;
    for other in wanted {
        snapshot.collections.extend(restored(other)?.collections);
    }
    let mut text = Vec::new();
    snapshot::write_bytes(&snapshot, &mut text)?;
    Ok(text)
}

fn restored(wanted: Wanted<'_>) -> Result<Snapshot<'_>, StoreError> {
    let Wanted { manifest, rows } = wanted;
    let mut lines: BTreeMap<Dataset, std::str::SplitTerminator<'_, char>> =
        rows.iter().map(|(dataset, text)| (*dataset, text.split_terminator('\n'))).collect();
    let header = manifest.header;
    let mut collections = Vec::new();
    for (place, (entry, asked)) in manifest.entries.into_iter().enumerate() {
        // Left out, it would read as if nobody had asked for it.
        let lines =
            lines.get_mut(&entry.dataset).ok_or_else(|| damaged("a collection is missing"))?;
        let before = before_row(entry.key.as_deref())?;
        let mut rows = Vec::new();
        for _ in 0..entry.rows {
            let line = lines.next().ok_or_else(|| damaged("rows are missing"))?;
            let row = line
                .strip_prefix(before.as_str())
                .ok_or_else(|| damaged("rows stand under another group"))?;
            let row: &RawValue = serde_json::from_str(row)
                .map_err(|cause| damaged(format!("a row is no JSON: {cause}")))?;
            rows.push(row);
        }
        collections.push(Collection {
            dataset: entry.dataset,
            key: entry.key,
            request: entry.request,
            read_at: header.read_at.get(place).copied().flatten(),
            gap: entry.gap,
            declined: entry.declined,
            missing: entry.missing,
            asked,
            rows: Rows::Borrowed(rows),
        });
    }
    if lines.values_mut().any(|rest| rest.next().is_some()) {
        return Err(damaged("there are more rows than were read"));
    }
    Ok(Snapshot {
        tenant: header.tenant,
        cloud: header.cloud,
        collected_at: header.collected_at,
        collected_by: header.collected_by,
        collections,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::content::unpack;
    use crate::store::packed::Packed;
    use std::path::Path;

    const SMALL: &str = r#"{"format":"pimaudit.snapshot/1","tenant":"t-1","cloud":"usgov",
"collected_at":"2026-11-02T09:00:00.123456789Z",
"collected_by":{"name":"ana","auth":"browser"},"collections":[
{"dataset":"role-assignments","request":"/v1.0/x","read_at":"2026-11-02T09:00:01Z","status":"complete","rows":[
{"id":"A","kept":[1,
 2]},
{"id":"B"}]},
{"dataset":"group-members","key":"g\t1","request":"/v1.0/g1","status":"complete","rows":[{"id":"m"}]},
{"dataset":"group-members","key":"g2","request":"/v1.0/g2","status":"partial",
 "gap":{"kind":"incomplete","dataset":"group-members","detail":"broke\noff"},"rows":[{"id":"m"}]},
{"dataset":"principals","request":"/v1.0/p","status":"complete","asked":["A","b\"1"],"rows":[]},
{"dataset":"pim-alerts","request":"/beta/a","status":"missing","declined":true,
 "gap":{"kind":"permission-denied","detail":"Graph answered 403"},"rows":[]}
]}"#;

    fn packed(text: &str) -> Packed {
        let snapshot = snapshot::load_bytes(text.as_bytes(), Path::new("small")).unwrap();
        Packed::of(&snapshot).unwrap()
    }

    fn rows(packed: &Packed) -> BTreeMap<Dataset, String> {
        let parts = packed.parts.iter();
        parts.map(|part| (part.dataset, unpack(&part.rows.packed).unwrap())).collect()
    }

    fn manifest(packed: &Packed) -> String {
        unpack(&packed.manifest.packed).unwrap()
    }

    fn restored(
        manifest: Manifest,
        rows: &BTreeMap<Dataset, String>,
    ) -> Result<Vec<u8>, StoreError> {
        restore(vec![Wanted { manifest, rows }])
    }

    #[test]
    fn everything_comes_back() {
        let packed = packed(SMALL);
        let manifest = Manifest::of(&manifest(&packed)).unwrap();
        let found = restored(manifest, &rows(&packed)).unwrap();
        let original = snapshot::load_bytes(SMALL.as_bytes(), Path::new("small")).unwrap();
        let mut expected = Vec::new();
        snapshot::write_bytes(&original, &mut expected).unwrap();
        // The one row that was on two lines.
        let expected = String::from_utf8(expected).unwrap().replace("[1,\n 2]", "[1,  2]");
        assert_eq!(String::from_utf8(found).unwrap(), expected);
        let states: Vec<_> = packed.parts.iter().map(|part| (part.dataset, part.state)).collect();
        assert_eq!(
            states,
            [
                (Dataset::RoleAssignments, "complete"),
                (Dataset::Principals, "complete"),
                (Dataset::GroupMembers, "partial"),
                (Dataset::PimAlerts, "missing"),
            ]
        );
    }

    #[test]
    fn only_what_is_not_wanted_may_be_left_out() {
        let packed = packed(SMALL);
        let mut rows = rows(&packed);
        let all = rows.clone();
        let is_wanted = |dataset: Dataset| dataset == Dataset::GroupMembers;
        rows.retain(|dataset, _| is_wanted(*dataset));
        let members = rows.clone();
        let of = |is_wanted: &dyn Fn(Dataset) -> bool| {
            let mut manifest = Manifest::of(&manifest(&packed)).unwrap();
            manifest.retain(is_wanted);
            manifest
        };
        let found = restored(of(&is_wanted), &rows).unwrap();
        let found = snapshot::load_bytes(&found, Path::new("found")).unwrap();
        let keys: Vec<_> = found.collections.iter().map(|part| part.key.as_deref()).collect();
        assert_eq!(keys, [Some("g\t1"), Some("g2")]);
        assert_eq!(found.collected_at.to_string(), "2026-11-02T09:00:00.123456789Z");
        // The rest was lost.
        let lost = restored(of(&|_| true), &rows).unwrap_err();
        assert_eq!(lost.to_string(), "it is damaged: a collection is missing");
        // A time goes with its collection.
        let one = |dataset: Dataset| dataset == Dataset::RoleAssignments;
        let rows =
            BTreeMap::from([(Dataset::RoleAssignments, all[&Dataset::RoleAssignments].clone())]);
        let both = restore(vec![
            Wanted { manifest: of(&is_wanted), rows: &members },
            Wanted { manifest: of(&one), rows: &rows },
        ])
        .unwrap();
        let both = snapshot::load_bytes(&both, Path::new("both")).unwrap();
        let times: Vec<_> =
            both.collections.iter().map(|part| part.read_at.map(|at| at.to_string())).collect();
        assert_eq!(times, [None, None, Some("2026-11-02T09:00:01Z".to_owned())]);
    }

    #[test]
    fn what_does_not_fit_is_damage() {
        let packed = packed(SMALL);
        let (text, whole) = (manifest(&packed), rows(&packed));
        let members = &whole[&Dataset::GroupMembers];
        for bad in [
            String::new(),
            members.replace("g2", "g3"),
            members.replace(":\"m\"", ":"),
            format!("{members}{members}"),
        ] {
            let mut rows = whole.clone();
            rows.insert(Dataset::GroupMembers, bad.clone());
            let found = restored(Manifest::of(&text).unwrap(), &rows);
            assert!(found.is_err_and(|error| error.is_damage()), "{bad}");
        }
        let cut = &text[..text.rfind("\"A\"").unwrap()];
        for bad in ["", "{}\n", "no\n", cut] {
            assert!(Manifest::of(bad).is_err_and(|error| error.is_damage()), "{bad}");
        }
    }

    #[test]
    fn the_digest_of_a_manifest_stands_for_the_rows() {
        let digest = |text: &str| packed(text).manifest.digest;
        assert_eq!(digest(SMALL), digest(SMALL));
        assert_ne!(digest(SMALL), digest(&SMALL.replace("\"B\"", "\"C\"")));
        assert_ne!(digest(SMALL), digest(&SMALL.replace("09:00:01", "09:00:02")));
    }
}
