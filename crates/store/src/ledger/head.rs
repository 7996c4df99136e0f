use std::fmt;
use std::str::FromStr;

use super::chain::Hash;

/// The newest entry of a ledger, as a practice can write it down: `SEQ:HASH`, the hash as 64 hexadecimal digits. Because
/// each hash holds the one before, it stands for every entry up to it.
///
/// ```
/// let written = format!("1204:{}", "0f".repeat(32));
/// let head: store::LedgerHead = written.parse().unwrap();
/// assert_eq!((head.seq, head.to_string()), (1204, written));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LedgerHead {
    /// Its number; the first entry of a practice is 1.
    pub seq: u64,
    /// Its own hash, SHA-256.
    pub hash: Hash,
}

/// A text that is no [`LedgerHead`].
#[derive(Debug, thiserror::Error)]
#[error(
    "not a head of the ledger; `firstring ledger verify` prints one as SEQ:HASH, a number and 64 hexadecimal digits"
)]
pub struct InvalidHead;

impl fmt::Display for LedgerHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.seq)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for LedgerHead {
    type Err = InvalidHead;

    fn from_str(written: &str) -> Result<Self, InvalidHead> {
        let (seq, digits) = written.trim().split_once(':').ok_or(InvalidHead)?;
        let seq = seq.parse().map_err(|_| InvalidHead)?;
        let mut hash = Hash::default();
        if digits.len() != 2 * hash.len() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(InvalidHead);
        }
        for (place, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).map_err(|_| InvalidHead)?;
        }
        if seq == 0 { Err(InvalidHead) } else { Ok(Self { seq, hash }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_head_is_refused() {
        let hash = "ab".repeat(32);
        assert!(format!(" 1:{}\n", hash.to_uppercase()).parse::<LedgerHead>().is_ok());
        let wrong =
            [format!("1{hash}"), format!("0:{hash}"), format!("-1:{hash}"), format!("1:{hash}0"), "1:é".repeat(16)];
        for written in wrong {
            assert!(written.parse::<LedgerHead>().is_err(), "{written}");
        }
    }
}
