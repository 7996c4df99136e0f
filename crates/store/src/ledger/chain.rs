//! The hashes of the ledger. Whoever has the rows can compute them without this program:
//!
//! - text hash = SHA-256(salt || text): the salt's 32 bytes, then the text's bytes as they are stored;
//! - entry hash = SHA-256 over eight fields, each as its length in bytes (8 bytes, big-endian) followed by its bytes:
//!   version (8 bytes, big-endian), practice, seq (8 bytes, big-endian), at, kind, object (as they are stored, UTF-8), text
//!   hash (32 bytes), hash of the entry before (32 bytes; zeros for the first of a practice).
//!
//! Lengths stand before the bytes so that no two different entries give the same input. What is hashed is what is stored,
//! never what a type of ours would write today: a type may grow, and what was entered before stays true.

use sha2::{Digest, Sha256};

/// SHA-256.
pub(super) type Hash = [u8; 32];

/// What new entries are hashed by. Another encoding gets another number, and old entries keep theirs.
pub(super) const VERSION: i64 = 1;
/// What stands for the hash before the first entry.
pub(super) const BEGINNING: Hash = [0; 32];
/// Of fixed length: otherwise a byte could wander from the salt into the text and the hash be the same.
pub(super) const SALT_BYTES: usize = 32;

/// What the hash of an entry holds, as it is stored.
#[derive(Clone, Copy)]
pub(super) struct Link<'a> {
    pub(super) version: i64,
    pub(super) practice: &'a [u8],
    pub(super) seq: i64,
    pub(super) at: &'a [u8],
    pub(super) kind: &'a [u8],
    pub(super) object: &'a [u8],
    pub(super) text_hash: &'a [u8],
    pub(super) previous: &'a [u8],
}

impl Link<'_> {
    pub(super) fn hash(&self) -> Hash {
        let (version, seq) = (self.version.to_be_bytes(), self.seq.to_be_bytes());
        let fields = [&version, self.practice, &seq, self.at, self.kind, self.object, self.text_hash, self.previous];
        let mut hasher = Sha256::new();
        for field in fields {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field);
        }
        hasher.finalize().into()
    }
}

/// The hash of a text; the salt keeps a short one from being found by trying.
pub(super) fn text_hash(salt: &[u8], text: &[u8]) -> Hash {
    Sha256::new().chain_update(salt).chain_update(text).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: Link<'_> = Link {
        version: 1,
        practice: b"riverside",
        seq: 7,
        at: b"2026-03-02T09:00:00.000000Z",
        kind: b"message",
        object: b"01937b0c-5f2e-7c3a-9d41-2b8e6f0a1c55",
        text_hash: &[1; 32],
        previous: &[2; 32],
    };

    fn hex(hash: Hash) -> String {
        let head = crate::LedgerHead { seq: 7, hash }.to_string();
        head.trim_start_matches("7:").to_owned()
    }

    /// Computed apart from this program, by the description above. It must never change.
    #[test]
    fn the_encoding_is_as_described() {
        assert_eq!(hex(LINK.hash()), "1da922a8b238281b7199d08ced59ea7fafdfec55c05651246b99e1a15419d854");
        assert_eq!(
            hex(text_hash(&[3; 32], b"my chest hurts")),
            "3c7c326a31c3626e177b3df73481ab143fba88adadfdc5c242f79f0b44e951f4"
        );
    }

    #[test]
    fn a_byte_that_wanders_into_the_next_field_makes_another_hash() {
        let other = Link { kind: b"messag", object: b"e01937b0c-5f2e-7c3a-9d41-2b8e6f0a1c55", ..LINK };
        assert_ne!(LINK.hash(), other.hash());
    }
}
