//! Whether a package is what it says: every sum, and findings that follow from what is packed.

use super::pack::{self, Entry};
use super::{COMMAND, REPORTS, RUN, SNAPSHOT, SUMS, sha256};
use flate2::read::MultiGzDecoder;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

/// More faults than these help nobody.
const MOST_FAULTS: usize = 1000;
/// A gzip stream of text grows less than this; one of zeros a thousand times.
const LARGEST_GROWTH: u64 = 200;
/// The largest snapshot, as when one is read from a file.
const LARGEST: u64 = 4 << 30;

/// What follows from a package.
#[derive(Debug, Default)]
pub struct Again {
    /// The reports, by file name.
    pub reports: Vec<(String, Vec<u8>)>,
    /// The files that were used, with their folders: baselines and the organisation file.
    pub used: BTreeSet<String>,
}

/// What is wrong with a package, each named; empty where nothing is.
///
/// `again` makes the reports anew out of the packed snapshot, baselines and organisation file: name and
/// bytes of each report it can make, `report.json` among them.
pub fn verify(bytes: &[u8], again: &dyn Fn(&[Entry]) -> Result<Again, String>) -> Vec<String> {
    let (entries, mut faults) = match pack::open(bytes) {
        Ok(pack::Opened { entries, unsound }) => {
            let wrong = |name: String| format!("the checksum of {name} is wrong");
            (entries, unsound.into_iter().map(wrong).collect())
        }
        // Packed otherwise, or changed: what can still be read of it tells which file it was.
        Err(error) => match pack::salvage(bytes) {
            Some(entries) => (entries, vec![format!("not as the writer wrote it: {error}")]),
            None => return vec![error.to_string()],
        },
    };
    faults.extend(sums(&entries));
    match again(&entries) {
        Ok(found) => {
            faults.extend(strangers(&entries, &found));
            faults.extend(reports_differ(&entries, &found.reports));
        }
        Err(cause) => faults.push(format!("the packed snapshot cannot be judged again: {cause}")),
    }
    faults.truncate(MOST_FAULTS);
    faults
}

/// Sums that do not hold, are missing, or are of nothing.
fn sums(entries: &[Entry]) -> Vec<String> {
    let mut faults = Vec::new();
    let Some(listed) = entries.iter().find(|entry| entry.name == SUMS) else {
        return vec![format!("{SUMS} is missing")];
    };
    let text = String::from_utf8_lossy(&listed.bytes);
    let mut of_files: BTreeMap<&str, &str> = BTreeMap::new();
    for line in text.lines() {
        match line.split_once("  ") {
            Some((sum, name)) if of_files.insert(name, sum).is_none() => {}
            Some((_, name)) => faults.push(format!("{SUMS} lists {name} twice")),
            None => faults.push(format!("{SUMS} has a line that is no sum")),
        }
    }
    for entry in entries.iter().filter(|entry| entry.name != SUMS) {
        match of_files.remove(entry.name.as_str()) {
            Some(sum) if sum == sha256(&entry.bytes) => {}
            Some(_) => faults.push(format!("{} is not what {SUMS} says", entry.name)),
            None => faults.push(format!("{} is not in {SUMS}", entry.name)),
        }
    }
    faults.extend(of_files.keys().map(|name| format!("{name} is in {SUMS} and nowhere else")));
    // Not even a blank more than the writer writes.
    if faults.is_empty() && text != super::sums(entries) {
        faults.push(format!("{SUMS} is not written as it would be"));
    }
    faults
}

/// Files that belong to no evidence, and those that do and are not there.
fn strangers(entries: &[Entry], again: &Again) -> Vec<String> {
    let names: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let reports = again.reports.iter().map(|(name, _)| format!("{REPORTS}{name}"));
    let wanted: BTreeSet<String> = [SNAPSHOT, RUN, COMMAND, SUMS]
        .into_iter()
        .map(str::to_owned)
        .chain(reports)
        .chain(again.used.iter().cloned())
        .collect();
    let missing = wanted.iter().filter(|name| !names.contains(name.as_str()));
    let unknown = names.iter().filter(|name| !wanted.contains(**name));
    missing
        .map(|name| format!("{name} is missing"))
        .chain(unknown.map(|name| format!("{name} belongs to no evidence")))
        .collect()
}

/// Reports that do not follow from the packed snapshot.
fn reports_differ(entries: &[Entry], reports: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, fresh) in reports {
        let path = format!("{REPORTS}{name}");
        let Some(packed) = entries.iter().find(|entry| entry.name == path) else { continue };
        if packed.bytes == *fresh {
            continue;
        }
        let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
        match (json(&packed.bytes), json(fresh)) {
            (Some(packed), Some(fresh)) => {
                let found = differences(&packed, &fresh);
                if found.is_empty() {
                    faults.push(format!("{path}: it says the same, written otherwise"));
                }
                faults.extend(found.into_iter().map(|it| format!("{path}: {it}")));
            }
            (Some(_) | None, Some(_) | None) => {
                faults.push(format!("{path} does not follow from the packed snapshot"));
            }
        }
    }
    faults
}

/// Where two reports differ, findings by check and subject; at first what is packed.
pub fn differences(packed: &Value, fresh: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", packed, fresh, &mut found);
    found
}

fn compare(path: &str, packed: &Value, fresh: &Value, found: &mut Vec<String>) {
    if packed == fresh || found.len() >= MOST_FAULTS {
        return;
    }
    match (packed, fresh) {
        (Value::Object(one), Value::Object(two)) => {
            let names: BTreeSet<&String> = one.keys().chain(two.keys()).collect();
            for name in names {
                let of = |object: &serde_json::Map<String, Value>| {
                    object.get(name).cloned().unwrap_or_default()
                };
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(&path, &of(one), &of(two), found);
            }
        }
        (Value::Array(one), Value::Array(two)) => match (by_name(one), by_name(two)) {
            (Some(one), Some(two)) => compare_named(path, &one, &two, found),
            (None, Some(_) | None) | (Some(_), None) => {
                let longest = one.len().max(two.len());
                for place in 0..longest {
                    let of = |list: &Vec<Value>| list.get(place).cloned().unwrap_or_default();
                    compare(&format!("{path}[{place}]"), &of(one), &of(two), found);
                }
            }
        },
        (packed, fresh) => {
            found.push(format!("{path} is {}, and follows as {}", brief(packed), brief(fresh)));
        }
    }
}

fn compare_named(
    path: &str,
    packed: &BTreeMap<String, &Value>,
    fresh: &BTreeMap<String, &Value>,
    found: &mut Vec<String>,
) {
    let names: BTreeSet<&String> = packed.keys().chain(fresh.keys()).collect();
    for name in names {
        match (packed.get(name), fresh.get(name)) {
            (Some(one), Some(two)) => compare(&format!("{path}[{name}]"), one, two, found),
            (Some(_), None) => found.push(format!("{path}[{name}] does not follow")),
            (None, Some(_)) => found.push(format!("{path}[{name}] follows, and is not there")),
            (None, None) => {}
        }
    }
}

/// Findings by check and subject, baselines by id; `None` for a list of other things.
fn by_name(list: &[Value]) -> Option<BTreeMap<String, &Value>> {
    let name = |value: &Value| {
        let text = |property: &str| value.get(property).and_then(Value::as_str);
        match (text("check"), value.get("subject").and_then(|it| it.get("key")), text("id")) {
            (Some(check), Some(key), _) => Some(format!("{check} on {}", key.as_str()?)),
            (_, _, Some(id)) => Some(id.to_owned()),
            (_, _, None) => None,
        }
    };
    let mut named = BTreeMap::new();
    for value in list {
        // What has one name twice is compared in its order.
        if named.insert(name(value)?, value).is_some() {
            return None;
        }
    }
    Some(named)
}

/// A value in a few words.
fn brief(value: &Value) -> String {
    const LONGEST: usize = 80;
    let text = value.to_string();
    if text.chars().count() <= LONGEST {
        return text;
    }
    let start: String = text.chars().take(LONGEST).collect();
    format!("{start}\u{2026}")
}

/// A packed snapshot, unpacked; one that grows without measure is refused.
pub fn unpacked(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let packed = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let limit = packed.saturating_mul(LARGEST_GROWTH).min(LARGEST);
    let mut plain = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(limit.saturating_add(1)).read_to_end(&mut plain)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > limit {
        return Err(io::Error::other("it unpacks to far more than a snapshot is"));
    }
    Ok(plain)
}
