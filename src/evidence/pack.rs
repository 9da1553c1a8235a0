//! A zip with one form only: sorted, stored, without times. The same files give the same bytes.
//!
//! Stored, because a compressor of another version writes other bytes; what is large in it, the
//! snapshot, is packed by itself. Read strictly: a byte that the writer would not have written is a
//! fault, so no header can be changed unseen, no name comes twice, and nothing unpacks to more than
//! it is.

use flate2::Crc;
use std::io::{self, Read, Write};

/// One file of the package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, with the folder in front.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl Entry {
    /// A file of this name.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { name: name.into(), bytes }
    }
}

/// A package that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its files, sorted by name.
    pub entries: Vec<Entry>,
    /// Names of those whose checksum is not that of their header.
    pub unsound: Vec<String>,
}

/// Why a package cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The system said no.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// No package of this program, or one that was changed.
    #[error("{0}")]
    Broken(String),
}

fn broken<T>(said: impl Into<String>) -> Result<T, PackError> {
    Err(PackError::Broken(said.into()))
}

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Length of each header without the name.
const LOCAL_LENGTH: usize = 30;
const CENTRAL_LENGTH: usize = 46;
const END_LENGTH: usize = 22;
/// Format 1.0: stored files need no more.
const NEEDED: u16 = 10;
/// Made on Unix, by format 2.0.
const MADE_BY: u16 = (3 << 8) | 20;
/// The first of January 1980, where the format's time begins.
const DATE: u16 = (1 << 5) | 1;
/// A plain file that its owner reads and writes.
const MODE: u32 = 0o100_600 << 16;
/// More files than any report has formats and baselines.
const MOST: usize = 1000;
/// How much more than itself a package may unpack to when it is salvaged.
const LARGEST_GROWTH: u64 = 50;
/// Longest name.
const LONGEST_NAME: usize = 200;

/// Letters, digits and `._-`, in folders with `/` between: no way out of the folder it is unpacked in.
fn is_good_name(name: &str) -> bool {
    let plain = |it: char| it.is_ascii_alphanumeric() || "._-".contains(it);
    name.len() <= LONGEST_NAME
        && name
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.') && part.chars().all(plain))
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn length(bytes: usize) -> Result<u32, PackError> {
    match u32::try_from(bytes) {
        Ok(length) => Ok(length),
        Err(_) => broken("more than 4 GiB do not fit into the package"),
    }
}

/// A file within the package: what its headers say.
struct Header<'a> {
    name: &'a str,
    crc: u32,
    size: u32,
    offset: u32,
}

impl Header<'_> {
    fn name_length(&self) -> u16 {
        // Names are at most two hundred bytes long.
        u16::try_from(self.name.len()).unwrap_or(u16::MAX)
    }

    fn local(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(LOCAL_LENGTH + self.name.len());
        out.extend_from_slice(&LOCAL.to_le_bytes());
        for number in [NEEDED, 0, 0, 0, DATE] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for number in [self.crc, self.size, self.size] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for number in [self.name_length(), 0] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(self.name.as_bytes());
        out
    }

    fn central(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(CENTRAL_LENGTH + self.name.len());
        out.extend_from_slice(&CENTRAL.to_le_bytes());
        for number in [MADE_BY, NEEDED, 0, 0, 0, DATE] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for number in [self.crc, self.size, self.size] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for number in [self.name_length(), 0, 0, 0, 0] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for number in [MODE, self.offset] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(self.name.as_bytes());
        out
    }
}

fn end(count: usize, size: u32, offset: u32) -> Vec<u8> {
    let count = u16::try_from(count).unwrap_or(u16::MAX);
    let mut out = Vec::with_capacity(END_LENGTH);
    out.extend_from_slice(&END.to_le_bytes());
    for number in [0, 0, count, count] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    for number in [size, offset] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(&0_u16.to_le_bytes());
    out
}

/// Writes the package. The files are sorted by name, none twice.
pub fn pack(entries: &[Entry], out: &mut dyn Write) -> Result<(), PackError> {
    if entries.len() > MOST {
        return broken(format!("more than {MOST} files do not fit into the package"));
    }
    if let Some(entry) = entries.iter().find(|entry| !is_good_name(&entry.name)) {
        return broken(format!("{:?} is no name for a file of the package", entry.name));
    }
    if let Some(pair) = entries.windows(2).find(|pair| pair[0].name >= pair[1].name) {
        return broken(format!("{} is there twice, or out of order", pair[1].name));
    }
    let mut central = Vec::new();
    let mut offset: usize = 0;
    for entry in entries {
        let header = Header {
            name: &entry.name,
            crc: crc(&entry.bytes),
            size: length(entry.bytes.len())?,
            offset: length(offset)?,
        };
        let local = header.local();
        out.write_all(&local)?;
        out.write_all(&entry.bytes)?;
        central.extend_from_slice(&header.central());
        offset += local.len() + entry.bytes.len();
    }
    out.write_all(&central)?;
    out.write_all(&end(entries.len(), length(central.len())?, length(offset)?))?;
    Ok(())
}

fn number16(bytes: &[u8], place: usize) -> Option<u16> {
    let bytes = bytes.get(place..place + 2)?;
    Some(u16::from_le_bytes([bytes[0], bytes[1]]))
}

fn number32(bytes: &[u8], place: usize) -> Option<u32> {
    let bytes = bytes.get(place..place + 4)?;
    Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Reads a package as it was written, byte for byte.
///
/// Every header is made anew out of what it says and must be the same. A file whose checksum is wrong
/// is named and given as it is.
pub fn open(bytes: &[u8]) -> Result<Opened, PackError> {
    let Some(end_place) = bytes.len().checked_sub(END_LENGTH) else {
        return broken("the file is too short for a package");
    };
    let foot = &bytes[end_place..];
    if number32(foot, 0) != Some(END) {
        return broken("the file does not end as a package does: it was cut, or added to");
    }
    let count = usize::from(number16(foot, 10).unwrap_or_default());
    let start = place(number32(foot, 16).unwrap_or_default());
    if count > MOST || start > end_place {
        return broken("the end of the package says what cannot be");
    }
    let mut entries: Vec<Entry> = Vec::with_capacity(count);
    let mut unsound = Vec::new();
    let (mut at, mut offset) = (start, 0_usize);
    for number in 1..=count {
        let header = central_header(bytes, at, end_place, number)?;
        if !is_good_name(header.name) {
            return broken(format!("file {number} has the name {:?}", header.name));
        }
        if entries.last().is_some_and(|before| before.name.as_str() >= header.name) {
            return broken(format!("{} is there twice, or out of order", header.name));
        }
        let central = header.central();
        if bytes.get(at..at + central.len()) != Some(central.as_slice()) {
            return broken(format!("the directory's line of {} was changed", header.name));
        }
        let local = header.local();
        let data = offset + local.len();
        if place(header.offset) != offset || bytes.get(offset..data) != Some(local.as_slice()) {
            return broken(format!("the header of {} was changed", header.name));
        }
        let after = data.saturating_add(place(header.size));
        let Some(held) = bytes.get(data..after).filter(|_| after <= start) else {
            return broken(format!("{} is longer than the package", header.name));
        };
        if crc(held) != header.crc {
            unsound.push(header.name.to_owned());
        }
        entries.push(Entry::new(header.name, held.to_vec()));
        at += central.len();
        offset = after;
    }
    if offset != start || at != end_place {
        return broken("there is something between the files of the package");
    }
    let (size, offset) = (length(end_place - start)?, length(start)?);
    if end(count, size, offset) != foot {
        return broken("the end of the package was changed");
    }
    Ok(Opened { entries, unsound })
}

/// The files of a package that was packed by somebody else's program, or whose headers were changed, as
/// far as they can be read. Only for saying what is wrong with it: nothing that it yields is proven.
pub(super) fn salvage(bytes: &[u8]) -> Option<Vec<Entry>> {
    let mut archive = zip::ZipArchive::new(io::Cursor::new(bytes)).ok()?;
    let mut entries = Vec::new();
    // A file that unpacks to far more than the package is none of ours.
    let mut room = (bytes.len() as u64).saturating_mul(LARGEST_GROWTH);
    for place in 0..archive.len().min(MOST) {
        let file = archive.by_index(place).ok()?;
        let name = file.name().ok()?.into_owned();
        let mut held = Vec::new();
        // What breaks off is compared as far as it goes.
        let _ = file.take(room).read_to_end(&mut held);
        room = room.saturating_sub(held.len() as u64);
        if !name.ends_with('/') {
            entries.push(Entry::new(name, held));
        }
    }
    entries.sort_by(|one, two| one.name.cmp(&two.name));
    Some(entries)
}

fn central_header(
    bytes: &[u8],
    at: usize,
    end_place: usize,
    number: usize,
) -> Result<Header<'_>, PackError> {
    let read = || {
        let name_length = usize::from(number16(bytes, at + 28)?);
        let start = at + CENTRAL_LENGTH;
        let name =
            bytes.get(start..start + name_length).filter(|_| start + name_length <= end_place)?;
        Some(Header {
            name: std::str::from_utf8(name).ok()?,
            crc: number32(bytes, at + 16)?,
            size: number32(bytes, at + 24)?,
            offset: number32(bytes, at + 42)?,
        })
    };
    match read() {
        Some(header) => Ok(header),
        None => broken(format!("the directory's line {number} cannot be read")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<Entry> {
        [("SHA256SUMS", "sums"), ("a.txt", ""), ("report/report.json", "{}")]
            .map(|(name, text)| Entry::new(name, text.as_bytes().to_vec()))
            .to_vec()
    }

    fn packed(entries: &[Entry]) -> Vec<u8> {
        let mut bytes = Vec::new();
        pack(entries, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn what_was_packed_comes_back() {
        let bytes = packed(&entries());
        let opened = open(&bytes).unwrap();
        assert_eq!((opened.entries, opened.unsound), (entries(), Vec::new()));
        assert_eq!(bytes, packed(&entries()), "the same files, the same bytes");
        assert!(open(&packed(&[])).unwrap().entries.is_empty());
    }

    #[test]
    fn no_byte_can_be_changed() {
        let bytes = packed(&entries());
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            match open(&changed) {
                Err(_) => {}
                Ok(found) => assert_eq!(found.unsound.len(), 1, "byte {place}"),
            }
        }
    }

    #[test]
    fn what_is_no_package_is_refused() {
        let bytes = packed(&entries());
        let mut longer = bytes.clone();
        longer.push(0);
        let mut before = vec![0];
        before.extend_from_slice(&bytes);
        let shorter = bytes.split_last().unwrap().1;
        for broken in [&b""[..], &b"PK"[..], shorter, &bytes[1..], &longer[..], &before[..]] {
            assert!(open(broken).is_err());
        }
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for (name, expected) in [
            ("a.txt", true),
            ("report/report.json", true),
            ("", false),
            ("/etc/passwd", false),
            ("../a", false),
            ("a/../b", false),
            ("a//b", false),
            ("a/", false),
            (".hidden", false),
            ("a\\b", false),
            ("c:a", false),
            ("a b", false),
            ("\u{e4}", false),
        ] {
            assert_eq!(is_good_name(name), expected, "{name:?}");
            let result = pack(&[Entry::new(name, Vec::new())], &mut Vec::new());
            assert_eq!(result.is_ok(), expected, "{name:?}");
        }
    }

    #[test]
    fn no_name_comes_twice() {
        let twice = [Entry::new("a", vec![]), Entry::new("a", vec![1])];
        assert!(pack(&twice, &mut Vec::new()).is_err());
    }
}
