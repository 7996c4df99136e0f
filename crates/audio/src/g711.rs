//! G.711, the code of the telephone network: 8 kHz, one byte a sample, 64 kbit/s.
//!
//! A byte decodes to about 13 bits of mu-law or 12 of A-law; decoding and encoding again gives the same sound. (One
//! code is an exception: `audio-codec` takes A-law's smallest negative value, -8 of 32,768, for the positive one.)

use audio_codec::pcma::{PcmaDecoder, PcmaEncoder};
use audio_codec::pcmu::{PcmuDecoder, PcmuEncoder};
use audio_codec::{Decoder, Encoder};

use crate::Pcm;
use crate::pcm::{f32_from_i16, i16_from_f32};

/// Samples a second on a G.711 line.
pub const HZ: u32 = 8_000;

/// The two companding laws of G.711.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// North America and Japan (PCMU).
    Mu,
    /// The rest of the world (PCMA).
    A,
}

/// One byte for each sample.
pub fn encode(law: Law, sound: &Pcm<HZ>) -> Vec<u8> {
    let samples: Vec<i16> = sound.samples().iter().map(|&sample| i16_from_f32(sample)).collect();
    match law {
        Law::Mu => PcmuEncoder::new().encode(&samples),
        Law::A => PcmaEncoder::new().encode(&samples),
    }
}

/// One sample for each byte.
pub fn decode(law: Law, bytes: &[u8]) -> Pcm<HZ> {
    let samples = match law {
        Law::Mu => PcmuDecoder::new().decode(bytes),
        Law::A => PcmaDecoder::new().decode(bytes),
    };
    Pcm::new(samples.into_iter().map(f32_from_i16).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_code_survives_being_decoded_and_encoded() {
        // Mu-law has a negative zero; A-law's 0x55 is the exception told above.
        for (law, exception) in [(Law::Mu, 0x7F), (Law::A, 0x55)] {
            let all: Vec<u8> = (0..=255).filter(|&code| code != exception).collect();
            assert_eq!(encode(law, &decode(law, &all)), all, "{law:?}");
        }
    }

    #[test]
    fn known_codes() {
        // ITU-T G.711, tables 1 and 2: silence, and the loudest positive value.
        assert_eq!(encode(Law::Mu, &Pcm::new(vec![0.0, 1.0])), [0xFF, 0x80]);
        assert_eq!(encode(Law::A, &Pcm::new(vec![0.0, 1.0])), [0xD5, 0xAA]);
    }

    proptest! {
        #[test]
        fn companding_is_off_by_a_step_at_most(samples in prop::collection::vec(-1.0f32..=1.0, 1..200)) {
            for law in [Law::Mu, Law::A] {
                let sound = Pcm::new(samples.clone());
                let heard = decode(law, &encode(law, &sound));
                prop_assert_eq!(heard.len(), sound.len());
                for (heard, said) in heard.samples().iter().zip(sound.samples()) {
                    // A segment has 16 steps, so a step is at most 1/16 of the value, and half of it is lost; near
                    // zero a step is 8 or 16 of 32,768. A-law reads [-8, -1] as +8.
                    let tolerance = said.abs() / 32.0 + 20.0 / 32_768.0;
                    prop_assert!((heard - said).abs() <= tolerance, "{:?}: {} became {}", law, said, heard);
                }
            }
        }
    }
}
