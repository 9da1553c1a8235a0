//! Pseudonyms in place of names: a snapshot that can be given away and still judges the same.
//!
//! Whatever is not on the list of `KEPT` is replaced. The same key gives the same pseudonyms in
//! every file, so that what was equal stays equal; how a name is replaced stands in `pseudonym`.

mod pseudonym;
mod words;

pub use pseudonym::unredact;

use super::{CollectedBy, Collection, Rows, Snapshot};
use crate::model::{Dataset, Gap, GapKind, Organisation, RoleId, Waiver};
use aws_lc_rs::hmac;
use pseudonym::{Pseudonyms, SHORTEST_KEY};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;
use words::Kind;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no such file.
    #[error("there is no key {path}; make one with `head -c 32 /dev/urandom > {path}` and keep it")]
    Absent {
        /// The file.
        path: String,
    },
    /// The file could not be read.
    #[error("cannot read the key {path}: {cause}")]
    Io {
        /// The file.
        path: String,
        /// The system's word.
        cause: io::Error,
    },
    /// Whoever guesses the key reads the names.
    #[error("a key has at least {SHORTEST_KEY} random bytes, this one has {found}")]
    TooShort {
        /// Bytes in the file.
        found: usize,
    },
    /// A file of another kind, or one without an end.
    #[error("a key has less than {LONGEST_KEY} bytes")]
    TooLong,
    /// The same few bytes again and again.
    #[error("the bytes of the key are not random")]
    NotRandom,
}

/// Far more than any key.
const LONGEST_KEY: usize = 1 << 16;
/// Thirty-two random bytes hold about thirty different ones, as hexadecimal digits about thirteen.
const FEWEST_BYTES: usize = 8;

/// Replaces names under one key.
pub struct Redactor {
    key: hmac::Key,
    /// Built-in roles of a tenant that are newer than this program: ids and names, lower case.
    public: BTreeSet<String>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Redactor(***)")
    }
}

impl Redactor {
    /// Reads the key of a file.
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        let name = || path.display().to_string();
        let mut key = Vec::new();
        let read = std::fs::File::open(path)
            .and_then(|file| file.take(LONGEST_KEY as u64).read_to_end(&mut key));
        match read {
            Ok(_) => Self::from_key(&key),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                Err(KeyError::Absent { path: name() })
            }
            Err(cause) => Err(KeyError::Io { path: name(), cause }),
        }
    }

    /// Takes the bytes of a key as they are.
    pub fn from_key(key: &[u8]) -> Result<Self, KeyError> {
        if key.len() < SHORTEST_KEY {
            return Err(KeyError::TooShort { found: key.len() });
        }
        if key.len() >= LONGEST_KEY {
            return Err(KeyError::TooLong);
        }
        let different: BTreeSet<u8> = key.iter().copied().collect();
        if different.len() < FEWEST_BYTES {
            return Err(KeyError::NotRandom);
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        Ok(Self { key, public: BTreeSet::new() })
    }

    /// The snapshot with pseudonyms. Its built-in roles are remembered for what is redacted after it.
    pub fn snapshot(&mut self, snapshot: &Snapshot<'_>) -> io::Result<Snapshot<'static>> {
        self.learn(snapshot);
        replace_snapshot(&mut self.pseudonyms(), snapshot)
    }

    /// What an organisation declares, with the pseudonyms of its snapshot. Redact the snapshot first.
    pub fn organisation(&self, organisation: &mut Organisation) {
        replace_organisation(&mut self.pseudonyms(), organisation);
    }

    /// The pseudonym of a text, such as the name of a file; words that everybody knows stay.
    pub fn text(&self, text: &str) -> String {
        self.pseudonyms().text(text)
    }

    /// The pseudonym of an id, a tenant's for one.
    pub fn id(&self, id: &str) -> String {
        self.pseudonyms().ids(id)
    }

    /// The pseudonym of a role: a built-in one stays.
    pub fn role(&self, role: &RoleId) -> RoleId {
        RoleId::new(&self.pseudonyms().ids(&role.text()))
    }

    /// Every pseudonym that stands for something of these, with what it stands for.
    pub fn names_of(
        &mut self,
        snapshot: &Snapshot<'_>,
        organisation: Option<&Organisation>,
    ) -> io::Result<BTreeMap<String, String>> {
        self.learn(snapshot);
        let mut pseudonyms = self.pseudonyms();
        pseudonyms.names = Some(BTreeMap::new());
        replace_snapshot(&mut pseudonyms, snapshot)?;
        if let Some(organisation) = organisation {
            replace_organisation(&mut pseudonyms, &mut organisation.clone());
        }
        Ok(pseudonyms.names.unwrap_or_default())
    }

    const fn pseudonyms(&self) -> Pseudonyms<'_> {
        Pseudonyms { key: &self.key, public: &self.public, names: None }
    }

    /// Built-in roles that this version does not know are no secret either.
    fn learn(&mut self, snapshot: &Snapshot<'_>) {
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Definition {
            id: Option<String>,
            template_id: Option<String>,
            display_name: Option<String>,
            is_built_in: Option<bool>,
        }
        for part in snapshot.parts(Dataset::RoleDefinitions) {
            for row in part.rows.iter() {
                let Ok(row) = serde_json::from_str::<Definition>(row.get()) else { continue };
                if row.is_built_in == Some(true) {
                    let known = [row.id, row.template_id, row.display_name].into_iter().flatten();
                    let known = known.map(|text| text.trim().to_ascii_lowercase());
                    self.public.extend(known.filter(|text| !text.is_empty()));
                }
            }
        }
    }
}

fn replace_snapshot(
    pseudonyms: &mut Pseudonyms<'_>,
    snapshot: &Snapshot<'_>,
) -> io::Result<Snapshot<'static>> {
    let mut collections = Vec::with_capacity(snapshot.collections.len());
    for collection in &snapshot.collections {
        collections.push(replace_collection(pseudonyms, collection)?);
    }
    Ok(Snapshot {
        tenant: pseudonyms.ids(&snapshot.tenant),
        cloud: snapshot.cloud,
        collected_at: snapshot.collected_at,
        collected_by: snapshot.collected_by.as_ref().map(|by| CollectedBy {
            name: by.name.as_deref().map(|name| pseudonyms.text(name)),
            application: by.application.as_deref().map(|id| pseudonyms.ids(id)),
            auth: by.auth.as_deref().map(|way| pseudonyms.word(way)),
            permissions: by.permissions.iter().map(|name| pseudonyms.word(name)).collect(),
        }),
        collections,
    })
}

fn replace_collection(
    pseudonyms: &mut Pseudonyms<'_>,
    collection: &Collection<'_>,
) -> io::Result<Collection<'static>> {
    let mut rows = Vec::with_capacity(collection.rows.len());
    for row in collection.rows.iter() {
        let text = replace_row(pseudonyms, collection.dataset, row.get());
        rows.push(RawValue::from_string(text).map_err(io::Error::other)?);
    }
    Ok(Collection {
        dataset: collection.dataset,
        key: collection.key.as_deref().map(|key| pseudonyms.ids(key)),
        request: pseudonyms.ids(&collection.request),
        read_at: collection.read_at,
        gap: collection.gap.as_ref().map(|gap| replace_gap(pseudonyms, gap)),
        declined: collection.declined,
        missing: collection.missing,
        asked: collection.asked.iter().map(|id| pseudonyms.ids(id)).collect(),
        rows: Rows::Owned(rows),
    })
}

/// What Graph said may name anybody. What is our own word, and what to grant, is kept: without it
/// the reader would not know what to do.
fn replace_gap(pseudonyms: &mut Pseudonyms<'_>, gap: &Gap) -> Gap {
    let ours = gap.dataset.is_some_and(|dataset| {
        let permission = vec![dataset.facts().permission.to_owned()];
        [dataset.declined(&permission, true), dataset.declined(&[], false)]
            .iter()
            .flatten()
            .any(|own| own.detail == gap.detail)
    });
    if ours {
        return gap.clone();
    }
    // Without the id of the request, so that what is told once of many lists is still told once.
    let said = pseudonyms.token(&gap.reason());
    let detail = match gap.dataset {
        Some(dataset) if gap.kind == GapKind::PermissionDenied => {
            format!("{said}; grant {}", dataset.facts().permission)
        }
        Some(_) | None => said,
    };
    Gap { kind: gap.kind, dataset: gap.dataset, detail: detail.into() }
}

/// One place of a row: what stands around the text that is read.
struct Frame {
    is_object: bool,
    /// True where the next text is the name of a property.
    at_name: bool,
    /// The property whose value is read; an array has that of the value it is.
    property: Rc<str>,
}

/// A row with every text replaced that is not kept. Numbers, order, blanks and properties that come
/// twice stay as they are: a row that does not fit must not begin to fit.
fn replace_row(pseudonyms: &mut Pseudonyms<'_>, dataset: Dataset, row: &str) -> String {
    let mut out = String::with_capacity(row.len());
    let mut frames: Vec<Frame> = Vec::new();
    let mut rest = row;
    while let Some(place) = rest.find(['{', '[', '}', ']', ',', ':', '"']) {
        let (before, from) = rest.split_at(place);
        out.push_str(before);
        if from.starts_with('"') {
            let (text, after) = from.split_at(end_of_text(from));
            out.push_str(&replace_text(pseudonyms, dataset, frames.last_mut(), text));
            rest = after;
            continue;
        }
        let (mark, after) = from.split_at(1);
        step(&mut frames, mark);
        out.push_str(mark);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn step(frames: &mut Vec<Frame>, mark: &str) {
    let property = |frames: &Vec<Frame>| {
        frames.last().map(|frame| Rc::clone(&frame.property)).unwrap_or_default()
    };
    match mark {
        "{" => {
            let property = property(frames);
            frames.push(Frame { is_object: true, at_name: true, property });
        }
        "[" => {
            let property = property(frames);
            frames.push(Frame { is_object: false, at_name: false, property });
        }
        "}" | "]" => {
            frames.pop();
        }
        "," => {
            if let Some(frame) = frames.last_mut() {
                frame.at_name = frame.is_object;
            }
        }
        _ => {
            if let Some(frame) = frames.last_mut() {
                frame.at_name = false;
            }
        }
    }
}

/// Bytes of the JSON text at the beginning, both quotes with it.
fn end_of_text(text: &str) -> usize {
    let mut escaped = false;
    for (place, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return place + 1,
            _ => {}
        }
    }
    text.len()
}

fn replace_text(
    pseudonyms: &mut Pseudonyms<'_>,
    dataset: Dataset,
    frame: Option<&mut Frame>,
    text: &str,
) -> String {
    let Ok(plain) = serde_json::from_str::<String>(text) else {
        // No text by Unicode (half of a pair): it does not fit, and still must not fit.
        return "\"\\ud800\"".to_owned();
    };
    let replaced = match frame {
        Some(frame) if frame.at_name => {
            let replaced = pseudonyms.property(&plain);
            frame.property = plain.into();
            replaced
        }
        Some(frame) => replace_value(pseudonyms, words::kind(dataset, &frame.property), &plain),
        None => pseudonyms.text(&plain),
    };
    serde_json::Value::String(replaced).to_string()
}

fn replace_value(pseudonyms: &mut Pseudonyms<'_>, kind: Kind, text: &str) -> String {
    match kind {
        Kind::Text => pseudonyms.text(text),
        Kind::Mail => pseudonyms.mail(text),
        Kind::Ids => pseudonyms.ids(text),
        Kind::Word
        | Kind::Time
        | Kind::Duration
        | Kind::Claim
        | Kind::Published
        | Kind::Activity
        | Kind::Name
        | Kind::Value => {
            if words::has_form(kind, text) {
                text.to_owned()
            } else {
                pseudonyms.text(text)
            }
        }
        Kind::Quoted => match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(inner) if !inner.contains('"') => format!("\"{}\"", pseudonyms.text(inner)),
            Some(_) | None => pseudonyms.text(text),
        },
        Kind::Permissions => text
            .split_inclusive(char::is_whitespace)
            .map(|part| {
                let name = part.trim_end();
                let blank = &part[name.len()..];
                if words::is_permission(name) {
                    part.to_owned()
                } else {
                    format!("{}{blank}", pseudonyms.text(name))
                }
            })
            .collect(),
    }
}

fn replace_organisation(pseudonyms: &mut Pseudonyms<'_>, organisation: &mut Organisation) {
    for name in &mut organisation.break_glass {
        *name = pseudonyms.text(name);
    }
    for mailbox in &mut organisation.security_mailboxes {
        *mailbox = pseudonyms.mail(mailbox);
    }
    let raised = std::mem::take(&mut organisation.raise_tier).into_iter();
    organisation.raise_tier =
        raised.map(|(role, tier)| (role_of(pseudonyms, &role), tier)).collect();
    let daily = std::mem::take(&mut organisation.daily_read).into_iter();
    organisation.daily_read = daily.map(|role| role_of(pseudonyms, &role)).collect();
    let audiences = std::mem::take(&mut organisation.audiences).into_iter();
    organisation.audiences = audiences
        .map(|(role, entries)| {
            let entries = entries.iter().map(|entry| declared(pseudonyms, entry)).collect();
            (role_of(pseudonyms, &role), entries)
        })
        .collect();
    // The organisation's own words for what a group is for are no names of groups, but may tell.
    let groups = std::mem::take(&mut organisation.sensitive_groups).into_iter();
    organisation.sensitive_groups = groups
        .map(|(name, group)| (pseudonyms.text(&name), declared(pseudonyms, &group)))
        .collect();
    for waiver in &mut organisation.waivers {
        replace_waiver(pseudonyms, waiver);
    }
}

fn role_of(pseudonyms: &mut Pseudonyms<'_>, role: &RoleId) -> RoleId {
    RoleId::new(&pseudonyms.ids(&role.text()))
}

/// A person by sign-in name or id, or `group:` and a group by name or id.
fn declared(pseudonyms: &mut Pseudonyms<'_>, entry: &str) -> String {
    match entry.split_once(':') {
        Some((kind, name)) if kind.trim().eq_ignore_ascii_case("group") => {
            format!("{kind}:{}", pseudonyms.text(name))
        }
        Some(_) | None => pseudonyms.text(entry),
    }
}

fn replace_waiver(pseudonyms: &mut Pseudonyms<'_>, waiver: &mut Waiver) {
    waiver.check = pseudonyms.word(&waiver.check);
    waiver.subject = subject(pseudonyms, &waiver.subject);
    for words in
        [&mut waiver.reason, &mut waiver.owner, &mut waiver.ticket, &mut waiver.approved_by]
    {
        *words = words.as_deref().map(|text| pseudonyms.text(text));
    }
}

/// A key such as `role:<id>`, `principal:<sign-in name>` or `grant:<id>:role:<id>`.
fn subject(pseudonyms: &mut Pseudonyms<'_>, key: &str) -> String {
    let key = key.trim();
    match key.split_once(':') {
        Some((kind, name)) if kind.eq_ignore_ascii_case("principal") => {
            format!("{kind}:{}", pseudonyms.text(name))
        }
        Some((kind, name)) if kind.eq_ignore_ascii_case("role") => {
            format!("{kind}:{}", pseudonyms.text(name))
        }
        Some(_) | None => pseudonyms.ids(key),
    }
}

#[cfg(test)]
mod tests;
