//! What telephones speak: the payload of an RTP packet to sound at 16 kHz, and back.
//!
//! [`Codec`] says what a codec is called and how it counts; [`Decoder`] and [`Encoder`] keep the state of one direction of
//! one call. PCMU and PCMA go through [`g711`], the one place where this workspace compands. G.722 is
//! `audio-codec`'s. Opus is taken from `opus-rs` itself, which `audio-codec` only wraps: the wrapper refuses packets of
//! more than 20 ms and has neither concealment nor error correction, while Opus decodes to 16 kHz mono without any
//! resampler.

mod decode;
mod encode;

pub use decode::Decoder;
pub use encode::Encoder;

use crate::g711::{self, Law};
use crate::level;

/// What one packet may hold at most. RFC 6716 allows Opus 120 ms; telephones send 10 to 60.
pub const PACKET_MS_MAX: u32 = 120;

/// Speech on a telephone is around -25 dBFS, and the noise behind it seldom above this.
const QUIET_DBFS: f32 = -50.0;

/// How sound is coded in RTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 mu-law (RFC 3551 4.5.14): 8 kHz, a byte a sample.
    Pcmu,
    /// G.711 A-law (RFC 3551 4.5.14): 8 kHz, a byte a sample.
    Pcma,
    /// G.722 at 64 kbit/s (RFC 3551 4.5.2): 16 kHz, a byte for two samples.
    G722,
    /// Opus (RFC 6716, in RTP by RFC 7587).
    Opus,
}

/// A payload that holds no sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// It has no byte.
    #[error("the payload is empty; conceal the packet")]
    Empty,
    /// It is longer than [`PACKET_MS_MAX`].
    #[error("the payload is longer than a packet may be; conceal the packet")]
    TooLong,
    /// It is not what the codec writes.
    #[error("the payload is not of the codec that was agreed on; conceal the packet")]
    Broken,
}

impl Codec {
    /// All of them, by the sound that they leave a recogniser.
    pub const ALL: [Self; 4] = [Self::Opus, Self::G722, Self::Pcmu, Self::Pcma];

    /// What RTP timestamps count, a second. G.722 counts 8000 although it carries 16,000 samples: a mistake of RFC 1890
    /// that RFC 3551 4.5.2 keeps. Opus counts 48,000 whatever it carries (RFC 7587 4.1).
    pub fn clock_hz(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => 8_000,
            Self::Opus => 48_000,
        }
    }

    /// Its name in an SDP `rtpmap`, which is compared without regard to case.
    pub fn encoding_name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::G722 => "G722",
            Self::Opus => "opus",
        }
    }

    /// What stands behind the clock rate in an `rtpmap`: Opus is always written as stereo (RFC 7587 7).
    pub fn rtpmap_channels(self) -> Option<u8> {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => None,
            Self::Opus => Some(2),
        }
    }

    /// The payload type that needs no `rtpmap` (RFC 3551 6). Opus has none.
    pub fn static_payload_type(self) -> Option<u8> {
        match self {
            Self::Pcmu => Some(0),
            Self::Pcma => Some(8),
            Self::G722 => Some(9),
            Self::Opus => None,
        }
    }

    /// How long a payload sounds, in units of [`clock_hz`](Self::clock_hz).
    pub fn payload_duration(self, payload: &[u8]) -> Result<u32, CodecError> {
        if payload.is_empty() {
            return Err(CodecError::Empty);
        }
        let units = match self {
            // A byte a sample, and by the quirk of its clock a byte a unit for G.722 too.
            Self::Pcmu | Self::Pcma | Self::G722 => payload.len() as u64,
            Self::Opus => opus_duration(payload)?,
        };
        if units * 1000 > u64::from(self.clock_hz()) * u64::from(PACKET_MS_MAX) {
            return Err(CodecError::TooLong);
        }
        Ok(units as u32)
    }

    /// Whether nobody is heard in a payload, as far as that can be told without decoding the stream. A `false` says
    /// nothing for G.722.
    pub fn is_quiet(self, payload: &[u8]) -> bool {
        let law = match self {
            Self::Pcmu => Law::Mu,
            Self::Pcma => Law::A,
            Self::G722 => return false,
            // What its discontinuous transmission sends.
            Self::Opus => return payload.len() <= 2,
        };
        level::rms_dbfs(g711::decode(law, payload).samples()) < QUIET_DBFS
    }
}

/// RFC 6716 3.1: the first byte tells how long a frame is and how many there are, in units of 48 kHz.
fn opus_duration(payload: &[u8]) -> Result<u64, CodecError> {
    let first = payload[0];
    let frame = match first >> 3 {
        silk @ 0..=11 => [480, 960, 1920, 2880][usize::from(silk % 4)],
        hybrid @ 12..=15 => [480, 960][usize::from(hybrid % 2)],
        celt => [120, 240, 480, 960][usize::from(celt % 4)],
    };
    let frames = match first & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(payload.get(1).ok_or(CodecError::Broken)? & 0x3F),
    };
    if frames == 0 { Err(CodecError::Broken) } else { Ok(frame * frames) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_is_told_where_it_can_be() {
        let cases: [(Codec, &[u8], bool); 6] = [
            (Codec::Pcmu, &[0xFF; 160], true),
            (Codec::Pcma, &[0xD5; 160], true),
            (Codec::Pcmu, &[0x80, 0x00], false),
            (Codec::G722, &[0xFF; 160], false),
            (Codec::Opus, &[72], true),
            (Codec::Opus, &[72, 1, 2, 3], false),
        ];
        for (codec, payload, quiet) in cases {
            assert_eq!(codec.is_quiet(payload), quiet, "{codec:?}");
        }
    }

    #[test]
    fn durations_are_counted_in_the_codecs_own_clock() {
        for codec in [Codec::Pcmu, Codec::Pcma, Codec::G722] {
            assert_eq!(codec.payload_duration(&[0; 160]), Ok(160), "{codec:?}: 20 ms");
            assert_eq!(codec.payload_duration(&[0; 961]), Err(CodecError::TooLong), "{codec:?}");
        }
        // RFC 6716, table 2: SILK wideband 20 ms, CELT 2.5 ms, two SILK frames of 60 ms, 49 of 2.5 ms.
        assert_eq!(Codec::Opus.payload_duration(&[9 << 3]), Ok(960));
        assert_eq!(Codec::Opus.payload_duration(&[16 << 3]), Ok(120));
        assert_eq!(Codec::Opus.payload_duration(&[11 << 3 | 1]), Ok(5760));
        assert_eq!(Codec::Opus.payload_duration(&[16 << 3 | 3, 49]), Err(CodecError::TooLong));
        assert_eq!(Codec::Opus.payload_duration(&[16 << 3 | 3, 0]), Err(CodecError::Broken));
        assert_eq!(Codec::Opus.payload_duration(&[16 << 3 | 3]), Err(CodecError::Broken));
        for codec in Codec::ALL {
            assert_eq!(codec.payload_duration(&[]), Err(CodecError::Empty), "{codec:?}");
        }
    }
}
