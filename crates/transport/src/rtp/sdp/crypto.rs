use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// Bytes of a master key and, behind it, its salt (RFC 4568 6.1).
pub(crate) const KEY_LEN: usize = 16;
const SALT_LEN: usize = 14;

/// A line `a=crypto` (RFC 4568 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crypto {
    /// Which of several; an answer repeats it.
    pub tag: u32,
    /// What is done with the key.
    pub suite: Suite,
    /// With what its writer encrypts.
    pub key: SrtpKey,
}

/// How packets are encrypted and signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// `AES_CM_128_HMAC_SHA1_80`: 10 bytes of signature.
    AesCm128Sha1_80,
    /// `AES_CM_128_HMAC_SHA1_32`: 4 bytes, those of RTCP excepted. Weaker; only if nothing else is offered.
    AesCm128Sha1_32,
}

/// A master key and its salt. It never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct SrtpKey([u8; KEY_LEN + SALT_LEN]);

impl SrtpKey {
    /// Takes 30 bytes, which must come from a generator that nobody can predict.
    pub fn new(bytes: [u8; KEY_LEN + SALT_LEN]) -> Self {
        Self(bytes)
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.0[..KEY_LEN]
    }

    pub(crate) fn salt(&self) -> &[u8] {
        &self.0[KEY_LEN..]
    }
}

impl fmt::Debug for SrtpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SrtpKey(..)")
    }
}

impl Suite {
    fn name(self) -> &'static str {
        match self {
            Self::AesCm128Sha1_80 => "AES_CM_128_HMAC_SHA1_80",
            Self::AesCm128Sha1_32 => "AES_CM_128_HMAC_SHA1_32",
        }
    }
}

impl Crypto {
    /// Reads what follows `a=crypto:`. `None` for what is not spoken here: another suite, several keys, a key with an
    /// identifier, a parameter that changes how the key is used. Another line of the offer may be spoken.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let tag = words.next()?.parse().ok()?;
        let suite = words.next()?;
        let suite = [Suite::AesCm128Sha1_80, Suite::AesCm128Sha1_32].into_iter().find(|known| known.name() == suite)?;
        let mut inline = words.next()?.strip_prefix("inline:")?.split('|');
        let key = inline.next()?;
        // What follows is a lifetime, or an identifier of the key, which has a colon.
        if inline.any(|part| part.contains(':')) || words.any(|parameter| !parameter.starts_with("WSH=")) {
            return None;
        }
        // Some leave out the padding.
        let bytes = STANDARD_NO_PAD.decode(key.trim_end_matches('=')).ok()?;
        Some(Self { tag, suite, key: SrtpKey(bytes.try_into().ok()?) })
    }
}

impl fmt::Display for Crypto {
    /// What follows `a=crypto:`, with the key: for the description alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} inline:{}", self.tag, self.suite.name(), STANDARD.encode(self.key.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR";

    #[test]
    fn keys_are_read_and_do_not_print() {
        let crypto = Crypto::parse(LINE).unwrap();
        assert_eq!(crypto.key.key(), b"=-n@%^x!Bjufr9)?");
        assert_eq!(crypto.key.salt(), b",#5h\\`=&]{qiPQ");
        assert_eq!(crypto.to_string(), LINE);
        assert_eq!(format!("{crypto:?}"), "Crypto { tag: 1, suite: AesCm128Sha1_80, key: SrtpKey(..) }");
        assert_eq!(Crypto::parse(&format!("{LINE}|2^20 WSH=64")), Some(crypto));
    }

    #[test]
    fn what_is_not_spoken_is_left_out() {
        for value in [
            "",
            "1",
            "x AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR",
            "1 AES_256_CM_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR",
            "1 AES_CM_128_HMAC_SHA1_80 inline:PS1u",
            "1 AES_CM_128_HMAC_SHA1_80 PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR",
            "1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:32",
            "1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR UNENCRYPTED_SRTP",
        ] {
            assert_eq!(Crypto::parse(value), None, "{value}");
        }
    }
}
