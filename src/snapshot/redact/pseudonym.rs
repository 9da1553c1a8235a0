//! How one text is replaced: what checks look at stays, the rest becomes a token under the key.
//!
//! A token is `zz` and fourteen letters or digits (70 bits), an id a GUID of version 8 (122 bits). Both
//! follow from the text without regard to the casing of ASCII letters, which is how names and ids
//! are compared; a text with capitals gives the same token with capitals.

use super::words;
use crate::model::{RoleId, roles};
use aws_lc_rs::hmac;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Bytes that a key has at least.
pub(super) const SHORTEST_KEY: usize = 32;

/// In front of every token, so that one is known for what it is.
const MARK: &str = "zz";
/// Letters of a token behind the mark, five bits each.
const LETTERS: usize = 14;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Length of a GUID as text.
const GUID: usize = 36;
/// Guests have it in their sign-in names.
const EXTERNAL: &str = "#ext#";
/// The domains that Microsoft gives each tenant.
const CLOUD_DOMAINS: [&str; 2] = [".onmicrosoft.", ".onmschina."];
/// What stands behind them in some cloud, or in a documentation.
const CLOUD_ENDS: [&str; 5] = ["com", "us", "de", "cn", "example"];
/// How Entra Connect names the application it makes for itself; a check knows it by that.
const ENTRA_CONNECT: &str = "connectsyncprovisioning_";

/// Names of the built-in roles, lower case. They are no secret, and say what a finding is about.
static ROLE_NAMES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let names = roles::built_in().iter().flat_map(|role| {
        let others = role.graph_display_name.iter().chain(&role.aliases);
        others.chain([&role.display_name])
    });
    names.map(|name| name.to_ascii_lowercase()).collect()
});

/// Makes pseudonyms, and keeps them where somebody wants the names back.
pub(super) struct Pseudonyms<'r> {
    pub(super) key: &'r hmac::Key,
    /// Ids and names that everybody knows, lower case, beyond those of this program.
    pub(super) public: &'r BTreeSet<String>,
    /// What each pseudonym stands for; `None` where nobody asks.
    pub(super) names: Option<BTreeMap<String, String>>,
}

impl Pseudonyms<'_> {
    /// A name, a sign-in name, a domain, an id, or words that people wrote.
    pub(super) fn text(&mut self, text: &str) -> String {
        self.inside(text, |this, core| {
            if this.is_public_name(core) {
                return core.to_owned();
            }
            match core.split_once('@') {
                Some((name, domain)) if is_address(name, domain) => {
                    format!("{}@{}", this.name(name), this.domain(domain))
                }
                // What is no address must not become one.
                Some(_) | None => this.name(core),
            }
        })
    }

    /// A mail address: compared without regard to casing by Unicode, so its casing goes.
    pub(super) fn mail(&mut self, text: &str) -> String {
        self.text(&text.to_lowercase())
    }

    /// Ids, alone or in something longer: a path, a query, a list of parts. Words of Graph stay.
    pub(super) fn ids(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(place) = rest.find(is_joint) {
            let (part, from) = rest.split_at(place);
            out.push_str(&self.part(part));
            let joint = joint_length(from);
            out.push_str(&from[..joint]);
            rest = &from[joint..];
        }
        out.push_str(&self.part(rest));
        out
    }

    /// A word of a closed list, kept where it looks like one.
    pub(super) fn word(&mut self, text: &str) -> String {
        if words::has_form(words::Kind::Word, text) { text.to_owned() } else { self.text(text) }
    }

    /// The name of a property: Graph's own stay. Extensions carry the id of an application and a name
    /// that people chose.
    pub(super) fn property(&mut self, name: &str) -> String {
        let plain =
            |character: char| character.is_ascii_alphanumeric() || "@._".contains(character);
        let is_own = name.len() <= 80 && name.chars().all(plain);
        let is_extension = name.to_ascii_lowercase().starts_with("extension");
        if is_own && !is_extension { name.to_owned() } else { self.token(name) }
    }

    /// The token of a text, whatever it looks like.
    pub(super) fn token(&mut self, text: &str) -> String {
        let lower = text.to_ascii_lowercase();
        let bytes = self.sign(b"text", &lower);
        let mut letters: Vec<u8> =
            five_bits(&bytes).take(LETTERS).map(|five| ALPHABET[usize::from(five)]).collect();
        let plain = format!("{MARK}{}", String::from_utf8_lossy(&letters));
        self.keep(&plain, &lower);
        if lower == text {
            return plain;
        }
        let casing = self.sign(b"case", text);
        for (letter, bit) in letters.iter_mut().zip(five_bits(&casing)) {
            if bit & 1 == 1 {
                letter.make_ascii_uppercase();
            }
        }
        let cased = format!("{MARK}{}", String::from_utf8_lossy(&letters));
        if cased != plain {
            self.keep(&cased, text);
        }
        cased
    }

    /// What is inside the blanks around a text; blanks alone stay, for they say that nothing is there.
    fn inside(&mut self, text: &str, replace: fn(&mut Self, &str) -> String) -> String {
        let core = text.trim();
        match text.split_once(core) {
            Some((before, after)) if !core.is_empty() => {
                format!("{before}{}{after}", replace(self, core))
            }
            Some(_) | None => text.to_owned(),
        }
    }

    /// A name, with the mark of a guest and the domain of the cloud where it has them.
    fn name(&mut self, text: &str) -> String {
        let lower = text.to_ascii_lowercase();
        match lower.rfind(EXTERNAL) {
            Some(place) => {
                let (before, from) = text.split_at(place);
                let (mark, after) = from.split_at(EXTERNAL.len());
                format!("{}{mark}{}", self.piece(before), self.domain(after))
            }
            None => self.domain(text),
        }
    }

    /// A domain; that it is one of Microsoft's stays to be seen.
    fn domain(&mut self, text: &str) -> String {
        let lower = text.to_ascii_lowercase();
        let found = CLOUD_DOMAINS.iter().find_map(|mark| Some((lower.find(mark)?, mark.len())));
        let Some((place, length)) = found else { return self.piece(text) };
        let (before, from) = text.split_at(place);
        let (mark, after) = from.split_at(length);
        let is_known = CLOUD_ENDS.iter().any(|end| after.eq_ignore_ascii_case(end));
        let after = if is_known { after.to_owned() } else { self.piece(after) };
        format!("{}{mark}{after}", self.piece(before))
    }

    /// A piece without any meaning to us, or an id.
    fn piece(&mut self, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        if is_guid(text) {
            return self.guid(text);
        }
        match text.split_at_checked(ENTRA_CONNECT.len()) {
            Some((mark, rest)) if mark.eq_ignore_ascii_case(ENTRA_CONNECT) && !rest.is_empty() => {
                format!("{mark}{}", self.token(rest))
            }
            Some(_) | None => self.token(text),
        }
    }

    /// A part of a path or of a list of ids.
    fn part(&mut self, part: &str) -> String {
        if words::is_known(part) { part.to_owned() } else { self.text(part) }
    }

    fn guid(&mut self, text: &str) -> String {
        let lower = text.to_ascii_lowercase();
        if words::is_published(&lower)
            || self.public.contains(&lower)
            || roles::by_id(&RoleId::new(&lower)).is_some()
        {
            return text.to_owned();
        }
        let mut bytes = [0_u8; 16];
        for (byte, signed) in bytes.iter_mut().zip(self.sign(b"guid", &lower)) {
            *byte = signed;
        }
        // Version 8 of RFC 9562, "custom": Graph gives out version 4, so neither is taken for the other.
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let guid = format!(
            "{}-{}-{}-{}-{}",
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..]
        );
        self.keep(&guid, &lower);
        guid
    }

    fn is_public_name(&self, text: &str) -> bool {
        let lower = text.to_ascii_lowercase();
        ROLE_NAMES.contains(&lower) || self.public.contains(&lower)
    }

    /// The kinds are told apart, so that no text is given the pseudonym of an id.
    fn sign(&self, kind: &[u8], text: &str) -> [u8; 32] {
        let mut message = Vec::with_capacity(kind.len() + 1 + text.len());
        message.extend_from_slice(kind);
        message.push(b'\n');
        message.extend_from_slice(text.as_bytes());
        let mut signed = [0; 32];
        for (byte, from) in signed.iter_mut().zip(hmac::sign(self.key, &message).as_ref()) {
            *byte = *from;
        }
        signed
    }

    fn keep(&mut self, pseudonym: &str, name: &str) {
        if let Some(names) = &mut self.names {
            names.entry(pseudonym.to_owned()).or_insert_with(|| name.to_owned());
        }
    }
}

/// The bits of some bytes, five at a time.
fn five_bits(bytes: &[u8; 32]) -> impl Iterator<Item = u8> {
    (0..51_usize).map(move |place| {
        let (byte, shift) = (place * 5 / 8, place * 5 % 8);
        let next = bytes.get(byte + 1).copied().unwrap_or_default();
        let sixteen = u16::from_be_bytes([bytes[byte], next]);
        ((sixteen >> (11 - shift)) & 31) as u8
    })
}

/// As checks read an address: one `@` between two names without blanks.
fn is_address(name: &str, domain: &str) -> bool {
    let odd = |character: char| character.is_whitespace() || character.is_control();
    !name.is_empty()
        && !domain.is_empty()
        && !domain.contains('@')
        && !name.contains(odd)
        && !domain.contains(odd)
}

fn is_guid(text: &str) -> bool {
    text.len() == GUID
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// What stands between the parts of ids, paths and queries.
fn is_joint(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || "/_'\"(),=?&$:;+%{}[]<>|*!\\".contains(character)
}

/// Bytes of the joint at the beginning: `%2F` is one.
fn joint_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if bytes.first() == Some(&b'%')
        && bytes.len() >= 3
        && bytes[1..3].iter().all(u8::is_ascii_hexdigit)
    {
        return 3;
    }
    text.chars().next().map_or(0, char::len_utf8)
}

/// Gives the names back in a JSON text, such as a saved report. What is no pseudonym of these stays.
///
/// A name is written as JSON writes it: a quote in it ends no string.
pub fn unredact(json: &str, names: &BTreeMap<String, String>) -> String {
    let token = MARK.len() + LETTERS;
    let mut out = String::with_capacity(json.len());
    let (mut kept, mut place) = (0, 0);
    let bytes = json.as_bytes();
    while place < bytes.len() {
        let length = if bytes[place..].starts_with(MARK.as_bytes()) {
            token
        } else if bytes.get(place + 8) == Some(&b'-') && bytes.get(place + 14) == Some(&b'8') {
            GUID
        } else {
            place += 1;
            continue;
        };
        let Some(name) = json.get(place..place + length).and_then(|found| names.get(found)) else {
            place += 1;
            continue;
        };
        out.push_str(&json[kept..place]);
        let quoted = serde_json::Value::from(name.as_str()).to_string();
        out.push_str(quoted.get(1..quoted.len() - 1).unwrap_or_default());
        place += length;
        kept = place;
    }
    out.push_str(&json[kept..]);
    out
}
