//! The room that a caller stands in: noise that never stops, also while nobody speaks, so that no pause gives away where
//! words begin and end.
//!
//! The ratio is that of the caller's words to the noise, root mean square to root mean square, before the telephone. Both
//! go through the telephone, each on its own, and are added behind it. Noise is counted from pick-up: the same call has the
//! same noise at the same place.

use std::mem;
use std::sync::Arc;

use audio::telephone::Telephone;
use audio::{Pcm, level};
use tokio::sync::mpsc;
use transport::{Frame, HEARS_FRAMES, LEG_HZ, Leg};

/// Noise comes again after this time.
const LOOP_SAMPLES: usize = 20 * LEG_HZ as usize;

/// Pink noise: as much power in every octave, as rooms, streets and ventilation have it more or less. The same seed gives the
/// same noise.
pub fn pink(seed: u32) -> Vec<f32> {
    // Paul Kellet's economy filter: white noise through three poles, within 0.5 dB of pink above 10 Hz at 44.1 kHz.
    let mut white = White(seed);
    let mut poles = [0.0f32; 3];
    let next = |_| {
        let white = white.next();
        poles[0] = 0.997_65 * poles[0] + white * 0.099_046;
        poles[1] = 0.963 * poles[1] + white * 0.296_516_4;
        poles[2] = 0.57 * poles[2] + white * 1.052_691_3;
        (poles.iter().sum::<f32>() + white * 0.1848) * 0.05
    };
    (0..LOOP_SAMPLES).map(next).collect()
}

/// A linear congruential generator (Numerical Recipes): enough for noise, and the same on every machine.
struct White(u32);

impl White {
    /// The next number in [-1, 1).
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / 8_388_608.0 - 1.0
    }
}

/// A caller's room, as it is heard at the other end of the line.
#[derive(Clone)]
pub struct Room {
    noise: Arc<[f32]>,
}

impl std::fmt::Debug for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Room({} samples)", self.noise.len())
    }
}

impl Room {
    /// `noise` (16 kHz) over and over, made so loud that `words` are `ratio_db` above it.
    pub fn new(noise: &[f32], words: &[Vec<f32>], ratio_db: f32, telephone: Telephone) -> Self {
        let gain_db = level::rms_dbfs(&words.concat()) - ratio_db - level::rms_dbfs(noise);
        let gain = 10f32.powf(gain_db / 20.0);
        let noise = Pcm::new(noise.iter().map(|sample| gain * sample).collect());
        Self { noise: telephone.carry(&noise).into_samples().into() }
    }

    /// Adds the noise to what was sent from the position `at` on.
    pub fn add_to(&self, sound: &mut [f32], at: u64) {
        if self.noise.is_empty() {
            return;
        }
        let from = (at % self.noise.len() as u64) as usize;
        for (sample, noise) in sound.iter_mut().zip(self.noise.iter().cycle().skip(from)) {
            *sample = (*sample + noise).clamp(-1.0, 1.0);
        }
    }

    /// From now on the leg hears the room, too. Must be called within a tokio runtime.
    pub(crate) fn surrounds(self, leg: &mut Leg) {
        // As many as the leg itself holds: where the ears do not keep up, the line behind tells so.
        let (noisy, hears) = mpsc::channel(HEARS_FRAMES);
        let mut quiet = mem::replace(&mut leg.hears, hears);
        tokio::spawn(async move {
            while let Some(Frame { pcm, at }) = quiet.recv().await {
                let mut sound = pcm.into_samples();
                self.add_to(&mut sound, at);
                if noisy.send(Frame { pcm: Pcm::new(sound), at }).await.is_err() {
                    return;
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use audio::g711::Law;

    use super::*;

    const TELEPHONE: Telephone = Telephone { law: Law::Mu, loss: 0.0, seed: 0 };

    #[test]
    fn the_noise_is_as_far_below_the_words_as_it_should_be() {
        let tone: Vec<f32> = (0..16_000).map(|i| 0.2 * (i as f32 * 0.3).sin()).collect();
        let words = [tone];
        for ratio_db in [5.0, 15.0, 25.0] {
            let room = Room::new(&pink(1), &words, ratio_db, TELEPHONE);
            let mut silence = vec![0.0; LOOP_SAMPLES];
            room.add_to(&mut silence, 7);
            let below = level::rms_dbfs(&words[0]) - level::rms_dbfs(&silence);
            // The telephone takes away what is above 4 kHz: an octave of nine.
            assert!((ratio_db..ratio_db + 1.5).contains(&below), "{below} dB instead of {ratio_db}");
        }
    }

    #[test]
    fn the_same_place_has_the_same_noise_however_it_is_cut() {
        let room = Room::new(&pink(1), &[vec![0.1; 320]], 10.0, TELEPHONE);
        let (mut whole, mut halves) = (vec![0.0; 640], vec![0.0; 640]);
        let at = LOOP_SAMPLES as u64 - 100;
        room.add_to(&mut whole, at);
        room.add_to(&mut halves[..320], at);
        room.add_to(&mut halves[320..], at + 320);
        assert_eq!(whole, halves);
        assert!(whole.iter().any(|sample| *sample != 0.0));
    }
}
