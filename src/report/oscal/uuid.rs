//! UUIDs of version 5 (RFC 9562): the same name always has the same one.

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use serde::{Serialize, Serializer};
use std::fmt;

/// The space of our names, drawn once.
const SPACE: [u8; 16] = [
    0x42, 0x4e, 0xa2, 0x38, 0x44, 0x54, 0x4b, 0x65, 0x87, 0x61, 0x10, 0x73, 0xb1, 0x5a, 0x9e, 0x8f,
];

/// A UUID. OSCAL takes versions 4 and 5 alone, and 5 is made with SHA-1, which is no secret here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Uuid([u8; 16]);

impl Uuid {
    /// The UUID of a name in several parts.
    pub(super) fn of(parts: &[&str]) -> Self {
        Self::within(SPACE, parts)
    }

    fn within(space: [u8; 16], parts: &[&str]) -> Self {
        let mut hash = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        hash.update(&space);
        for (place, part) in parts.iter().enumerate() {
            if place > 0 {
                hash.update(b"\0");
            }
            hash.update(part.as_bytes());
        }
        let digest = hash.finish();
        let mut bytes = [0; 16];
        for (byte, digit) in bytes.iter_mut().zip(digest.as_ref()) {
            *byte = *digit;
        }
        bytes[6] = (bytes[6] & 0x0f) | 0x50;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(bytes)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                formatter.write_str("-")?;
            }
            write!(formatter, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl Serialize for Uuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_uuids_of_the_standard() {
        // The example of RFC 9562, appendix A.4: the name space of DNS.
        let dns = [
            0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4,
            0x30, 0xc8,
        ];
        let uuid = Uuid::within(dns, &["www.example.com"]);
        assert_eq!(uuid.to_string(), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    }

    #[test]
    fn parts_are_not_run_together() {
        assert_ne!(Uuid::of(&["ab", "c"]), Uuid::of(&["a", "bc"]));
        assert_eq!(Uuid::of(&["ab", "c"]), Uuid::of(&["ab", "c"]));
    }
}
