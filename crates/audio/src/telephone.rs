//! What a telephone line does to sound: narrows it to 8 kHz, compands it, and loses packets.

use crate::g711::{self, Law};
use crate::{Pcm, resample};

/// A G.711 line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Telephone {
    /// How samples are coded.
    pub law: Law,
    /// The share of 20 ms packets that never arrive, 0 to 1. Each is lost or not on its own and is heard as silence:
    /// the worst that a receiver can do.
    pub loss: f32,
    /// The same seed loses the same packets.
    pub seed: u64,
}

impl Telephone {
    /// The sound that comes out at the other end of the line, as long as what went in and in time with it.
    pub fn carry(&self, sound: &Pcm<16_000>) -> Pcm<16_000> {
        let narrow = Pcm::new(resample(sound.samples(), 16_000, g711::HZ));
        let mut luck = Luck(self.seed);
        let heard: Vec<f32> = g711::encode(self.law, &narrow)
            .chunks(Pcm::<{ g711::HZ }>::frame_len())
            .flat_map(|packet| {
                let arrived = g711::decode(self.law, packet);
                if luck.draw() < self.loss { Pcm::silence(arrived.len()) } else { arrived }.into_samples()
            })
            .collect();
        let mut wide = resample(&heard, g711::HZ, 16_000);
        wide.resize(sound.len(), 0.0);
        Pcm::new(wide)
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): enough for losing packets, and the same on every machine.
struct Luck(u64);

impl Luck {
    /// The next number in [0, 1).
    fn draw(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use proptest::prelude::*;

    use super::*;
    use crate::level;

    fn tone(pitch_hz: f32) -> Pcm<16_000> {
        Pcm::new((0..16_000).map(|i| 0.3 * (TAU * pitch_hz * i as f32 / 16_000.0).sin()).collect())
    }

    fn line(loss: f32) -> Telephone {
        Telephone { law: Law::Mu, loss, seed: 7 }
    }

    #[test]
    fn speech_passes_and_what_is_above_four_kilohertz_does_not() {
        let passed = level::rms_dbfs(line(0.0).carry(&tone(1000.0)).samples());
        let lost = level::rms_dbfs(line(0.0).carry(&tone(6000.0)).samples());
        assert!((passed - level::rms_dbfs(tone(1000.0).samples())).abs() < 0.5, "{passed} dBFS");
        assert!(lost < -50.0, "{lost} dBFS");
    }

    #[test]
    fn a_tenth_of_the_packets_is_lost() {
        let sound = Pcm::new(tone(440.0).into_samples().repeat(20));
        let heard = line(0.1).carry(&sound);
        let frames = heard.samples().chunks(Pcm::<16_000>::frame_len());
        let silent = frames.filter(|frame| level::rms_dbfs(frame) < -25.0).count();
        assert!((60..=140).contains(&silent), "{silent} of 1000 packets lost");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn as_long_as_before_and_the_same_again(
            samples in prop::collection::vec(-1.0f32..=1.0, 0..2000), loss in 0.0f32..=1.0, seed in any::<u64>(),
        ) {
            let line = Telephone { law: Law::A, loss, seed };
            let sound = Pcm::new(samples);
            let heard = line.carry(&sound);
            prop_assert_eq!(heard.len(), sound.len());
            prop_assert_eq!(line.carry(&sound), heard);
        }
    }
}
