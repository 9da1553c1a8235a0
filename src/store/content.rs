//! A text as the store keeps it: packed, and known by the SHA-256 of what it says.
//!
//! Every text is made of lines that end with a line feed.

use super::StoreError;
use super::error::damaged;
use aws_lc_rs::digest::{SHA256, digest};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::io::{self, Read as _, Write as _};

/// More than the rows of any collection: a file that was tampered with must not fill the memory.
pub(super) const LARGEST: usize = 1 << 30;

/// A text, packed whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// Of the text, in hexadecimal digits.
    pub(super) digest: String,
    pub(super) packed: Vec<u8>,
}

impl Content {
    pub(super) fn of(text: &str) -> io::Result<Self> {
        Ok(Self { digest: digest_of(text), packed: pack(text)? })
    }
}

pub(super) fn digest_of(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The same text gives the same bytes: no name and no time goes with it.
pub(super) fn pack(text: &str) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

pub(super) fn unpack(packed: &[u8]) -> Result<String, StoreError> {
    let mut text = String::new();
    // What is cut off here does not have its digest any more.
    GzDecoder::new(packed)
        .take(LARGEST as u64)
        .read_to_string(&mut text)
        .map_err(|cause| damaged(format!("a text does not unpack: {cause}")))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back() {
        for text in ["", "one\n", "zwei\nß\u{1f600}\n"] {
            assert_eq!(unpack(&pack(text).unwrap()).unwrap(), text);
        }
        assert_eq!(
            Content::of("abc").unwrap().digest,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(Content::of("abc").unwrap(), Content::of("abc").unwrap());
    }

    #[test]
    fn what_is_no_packed_text_is_damage() {
        let packed = pack("a text of some length, to be cut\n").unwrap();
        let not_text = {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&[0xff, 0xfe]).unwrap();
            encoder.finish().unwrap()
        };
        for bytes in [&[][..], b"text", &packed[..packed.len() / 2], &not_text] {
            assert!(unpack(bytes).unwrap_err().is_damage(), "{bytes:?}");
        }
    }
}
