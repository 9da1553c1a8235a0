//! Reading and writing the snapshot file: versioned, lossless, for its owner only, by atomic rename.

use super::{CollectedBy, Collection, FORMAT, Rows, Snapshot};
use crate::model::{Cloud, Dataset, Gap};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::io::{self, Read, Write};
use std::path::Path;

/// Why a snapshot could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file could not be read.
    #[error("cannot read {path}: {cause}")]
    Io {
        /// The file.
        path: String,
        /// The system's word.
        cause: io::Error,
    },
    /// Not JSON, or cut off.
    #[error("{path} is damaged at line {line}, column {column}: {cause}{hint}")]
    Damaged {
        /// The file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there.
        cause: String,
        /// What may have happened.
        hint: &'static str,
    },
    /// JSON, but no snapshot.
    #[error("{path} is no pimaudit snapshot: {found}")]
    Foreign {
        /// The file.
        path: String,
        /// What it is instead, as far as can be told.
        found: String,
    },
    /// Rows were cut out or added after it was written.
    #[error("{path} was changed: {dataset} says {count} rows and holds {found}; collect it anew")]
    Changed {
        /// The file.
        path: String,
        /// The collection.
        dataset: Dataset,
        /// Rows it says it has.
        count: usize,
        /// Rows it has.
        found: usize,
    },
    /// Written by a newer version.
    #[error("{path} has the format {format}, this version reads {FORMAT}: use a newer pimaudit")]
    Newer {
        /// The file.
        path: String,
        /// Its format.
        format: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'a> {
    #[serde(borrow)]
    format: Cow<'a, str>,
    #[serde(default)]
    #[expect(dead_code, reason = "for the reader of the file")]
    tool: Option<Tool>,
    tenant: String,
    cloud: Cloud,
    collected_at: Timestamp,
    #[serde(default)]
    collected_by: Option<CollectedBy>,
    #[serde(borrow)]
    collections: Vec<Entry<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Tool {
    name: String,
    version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry<'a> {
    dataset: Dataset,
    #[serde(default)]
    key: Option<String>,
    request: String,
    #[serde(default)]
    read_at: Option<Timestamp>,
    status: EntryStatus,
    #[serde(default)]
    gap: Option<Gap>,
    #[serde(default)]
    declined: bool,
    #[serde(default)]
    asked: Vec<String>,
    /// How many rows follow, so that a file with lines cut out of it is noticed.
    #[serde(default)]
    count: Option<usize>,
    #[serde(borrow, default)]
    rows: Vec<&'a RawValue>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum EntryStatus {
    Complete,
    Partial,
    Missing,
}

#[derive(Deserialize)]
struct Probe<'a> {
    #[serde(borrow, default)]
    format: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    schema: Option<Cow<'a, str>>,
}

/// A snapshot of the largest tenants is some hundred megabytes; more than this is a mistake or a trap.
const LARGEST: u64 = 4 << 30;

/// Reads a whole file; `-` is stdin; `.gz` is unpacked.
pub fn read_file(path: &Path) -> Result<Vec<u8>, SnapshotError> {
    let failed = |cause| SnapshotError::Io { path: path.display().to_string(), cause };
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        io::stdin().lock().take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        bytes = std::fs::read(path).map_err(failed)?;
    }
    let packed = bytes.starts_with(&[0x1f, 0x8b]);
    if packed {
        let mut plain = Vec::new();
        MultiGzDecoder::new(bytes.as_slice()).take(LARGEST).read_to_end(&mut plain).map_err(
            |cause| SnapshotError::Damaged {
                path: path.display().to_string(),
                line: 1,
                column: 1,
                cause: format!("the gzip stream does not unpack: {cause}"),
                hint: "; was the file copied whole?",
            },
        )?;
        bytes = plain;
    }
    Ok(bytes)
}

/// Understands the text of a snapshot. `path` is for messages only.
pub fn load_bytes<'a>(bytes: &'a [u8], path: &Path) -> Result<Snapshot<'a>, SnapshotError> {
    let name = path.display().to_string();
    // Editors and PowerShell like to put a byte order mark in front; it says nothing.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let file: File<'a> = match serde_json::from_slice(text) {
        Ok(file) => file,
        Err(error) => return Err(explain(text, name, &error)),
    };
    if file.format != FORMAT {
        return Err(wrong_format(name, &file.format));
    }
    for entry in &file.collections {
        if let Some(count) = entry.count
            && count != entry.rows.len()
        {
            return Err(SnapshotError::Changed {
                path: name,
                dataset: entry.dataset,
                count,
                found: entry.rows.len(),
            });
        }
    }
    Ok(Snapshot {
        tenant: file.tenant.to_ascii_lowercase(),
        cloud: file.cloud,
        collected_at: file.collected_at,
        collected_by: file.collected_by,
        collections: file.collections.into_iter().map(collection).collect(),
    })
}

fn collection(entry: Entry<'_>) -> Collection<'_> {
    let complete = entry.status == EntryStatus::Complete;
    // A gap is believed whatever the status says: less is the safe reading.
    let gap = match (complete, entry.gap) {
        (_, Some(gap)) => Some(gap),
        (true, None) => None,
        (false, None) => Some(Gap::of(
            entry.dataset,
            crate::model::GapKind::Failed,
            "the snapshot does not say why it is not complete",
        )),
    };
    Collection {
        dataset: entry.dataset,
        key: entry.key.map(|key| key.to_ascii_lowercase()),
        request: entry.request,
        read_at: entry.read_at,
        gap,
        declined: entry.declined,
        missing: entry.status == EntryStatus::Missing,
        asked: entry.asked,
        rows: Rows::Borrowed(entry.rows),
    }
}

fn explain(text: &[u8], path: String, error: &serde_json::Error) -> SnapshotError {
    if text.iter().all(u8::is_ascii_whitespace) {
        return SnapshotError::Foreign { path, found: "the file is empty".to_owned() };
    }
    if text.trim_ascii_start().first() != Some(&b'{') {
        return SnapshotError::Foreign { path, found: "it is no JSON object".to_owned() };
    }
    match serde_json::from_slice::<Probe<'_>>(text) {
        Ok(Probe { format: Some(format), .. }) if format != FORMAT => wrong_format(path, &format),
        Ok(Probe { format: None, schema: Some(schema) }) => SnapshotError::Foreign {
            path,
            found: format!("it is a {schema}; give the snapshot that report was made from"),
        },
        Ok(Probe { format: None, schema: None }) => {
            SnapshotError::Foreign { path, found: "it has no `format`".to_owned() }
        }
        _ => SnapshotError::Damaged {
            path,
            line: error.line(),
            column: error.column(),
            cause: plain_cause(error),
            hint: if error.is_eof() {
                "; the file ends too early, was it copied whole?"
            } else {
                ""
            },
        },
    }
}

/// serde_json repeats the place at the end of its message; ours stands in front.
fn plain_cause(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

fn wrong_format(path: String, format: &str) -> SnapshotError {
    let version = format.strip_prefix("pimaudit.snapshot/").and_then(|it| it.parse::<u32>().ok());
    match version {
        Some(2..) => SnapshotError::Newer { path, format: format.to_owned() },
        Some(_) | None => {
            SnapshotError::Foreign { path, found: format!("its format is {format:?}") }
        }
    }
}

/// The text of a snapshot: one row a line, so that two of them differ readably.
pub fn write_bytes(snapshot: &Snapshot<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{{\"format\":{},", json(FORMAT)?)?;
    let tool = Tool { name: "pimaudit".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
    writeln!(out, "\"tool\":{},", json(&tool)?)?;
    writeln!(out, "\"tenant\":{},", json(&snapshot.tenant)?)?;
    writeln!(out, "\"cloud\":{},", json(&snapshot.cloud)?)?;
    writeln!(out, "\"collected_at\":{},", json(&snapshot.collected_at)?)?;
    if let Some(by) = &snapshot.collected_by {
        writeln!(out, "\"collected_by\":{},", json(by)?)?;
    }
    write!(out, "\"collections\":[")?;
    for (place, collection) in snapshot.collections.iter().enumerate() {
        out.write_all(if place == 0 { b"\n" } else { b",\n" })?;
        write_collection(collection, out)?;
    }
    writeln!(out, "\n]}}")
}

fn write_collection(collection: &Collection<'_>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{{\"dataset\":{}", json(&collection.dataset)?)?;
    if let Some(key) = &collection.key {
        write!(out, ",\"key\":{}", json(key)?)?;
    }
    write!(out, ",\"request\":{}", json(&collection.request)?)?;
    if let Some(read_at) = &collection.read_at {
        write!(out, ",\"read_at\":{}", json(read_at)?)?;
    }
    let status = match (&collection.gap, collection.missing) {
        (None, _) => EntryStatus::Complete,
        (Some(_), false) => EntryStatus::Partial,
        (Some(_), true) => EntryStatus::Missing,
    };
    write!(out, ",\"status\":{}", json(&status)?)?;
    if let Some(gap) = &collection.gap {
        write!(out, ",\"gap\":{}", json(gap)?)?;
    }
    if collection.declined {
        write!(out, ",\"declined\":true")?;
    }
    if !collection.asked.is_empty() {
        write!(out, ",\"asked\":{}", json(&collection.asked)?)?;
    }
    write!(out, ",\"count\":{},\"rows\":[", collection.rows.len())?;
    for (place, row) in collection.rows.iter().enumerate() {
        out.write_all(if place == 0 { b"\n" } else { b",\n" })?;
        out.write_all(row.get().as_bytes())?;
    }
    write!(out, "]}}")
}

fn json<T: Serialize + ?Sized>(value: &T) -> io::Result<String> {
    serde_json::to_string(value).map_err(io::Error::other)
}

/// True when a snapshot of this name is packed: `.gz`.
pub fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|it| it.eq_ignore_ascii_case("gz"))
}

/// The same text, packed.
pub fn write_packed(snapshot: &Snapshot<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut encoder = GzEncoder::new(out, Compression::default());
    write_bytes(snapshot, &mut encoder)?;
    encoder.finish().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"{"format":"pimaudit.snapshot/1","tenant":"T-1","cloud":"global",
"collected_at":"2026-11-02T09:00:00Z","collections":[
{"dataset":"role-assignments","request":"/v1.0/x","status":"complete","rows":[
{"id":"A","unknown":{"kept":[1, 2]}},
{"id":"B"}]}
]}"#;

    fn load(text: &str) -> Result<Snapshot<'_>, SnapshotError> {
        load_bytes(text.as_bytes(), Path::new("s.json"))
    }

    #[test]
    fn rows_come_back_as_they_were_sent() {
        let snapshot = load(SMALL).unwrap();
        let mut text = Vec::new();
        write_bytes(&snapshot, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains(r#"{"id":"A","unknown":{"kept":[1, 2]}}"#), "{text}");
        let again = load(&text).unwrap();
        assert_eq!(again.tenant, "t-1");
        assert_eq!(again.collections[0].rows.len(), 2);
    }

    #[test]
    fn a_line_cut_out_is_noticed() {
        let mut text = Vec::new();
        write_bytes(&load(SMALL).unwrap(), &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let cut: Vec<&str> =
            text.lines().filter(|line| !line.starts_with(r#"{"id":"A""#)).collect();
        let error = load(&cut.join("\n")).unwrap_err().to_string();
        assert!(error.starts_with("s.json was changed: role-assignments says 2 rows"), "{error}");
    }

    #[test]
    fn a_byte_order_mark_is_no_fault() {
        assert!(load(&format!("\u{feff}{SMALL}")).is_ok());
    }

    #[test]
    fn faults_name_the_place() {
        for (text, expected) in [
            ("", "s.json is no pimaudit snapshot: the file is empty"),
            ("{}", "s.json is no pimaudit snapshot: it has no `format`"),
            (
                r#"{"schema":"pimaudit.report/1"}"#,
                "s.json is no pimaudit snapshot: it is a pimaudit.report/1",
            ),
            (r#"{"format":"pimaudit.snapshot/9"}"#, "s.json has the format pimaudit.snapshot/9"),
            (r#"{"format":"other"}"#, "s.json is no pimaudit snapshot: its format is \"other\""),
            (&SMALL[..SMALL.len() - 20], "s.json is damaged at line 4"),
            (&SMALL.replace("role-assignments", "role-assignmentz"), "s.json is damaged at line 3"),
            (&SMALL.replace("\"rows\"", "\"rowz\""), "s.json is damaged at line 3"),
        ] {
            let error = load(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn a_packed_snapshot_is_unpacked_by_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json.gz");
        let mut packed = Vec::new();
        write_packed(&load(SMALL).unwrap(), &mut packed).unwrap();
        assert!(packed.starts_with(&[0x1f, 0x8b]) && is_packed(&path));
        std::fs::write(&path, packed).unwrap();
        let bytes = read_file(&path).unwrap();
        assert_eq!(load_bytes(&bytes, &path).unwrap().collections.len(), 1);
    }
}
