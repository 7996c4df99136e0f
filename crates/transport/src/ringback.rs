//! What a caller hears while somebody else is rung.

use std::f32::consts::TAU;

use crate::LEG_HZ;

/// The two tones of North America (Precise Tone Plan, ITU-T E.180 supplement 2), in Hz.
const TONES_HZ: [f32; 2] = [440.0, 480.0];
/// Each; quiet beside speech.
const LEVEL: f32 = 0.03;
/// Not the usual two seconds in six: nobody is to hear nothing for three seconds.
const SOUNDS: u64 = LEG_HZ as u64;
const PERIOD: u64 = 3 * LEG_HZ as u64;
/// The edges of a tone rise and fall in 5 ms.
const EDGE: u64 = LEG_HZ as u64 / 200;
/// After speech the tone comes when a second has passed.
const AFTER_SPEECH: u64 = 2 * LEG_HZ as u64;

/// The tone, from its beginning on.
#[derive(Debug)]
pub(crate) struct Ringback {
    at: u64,
}

impl Ringback {
    pub(crate) fn new() -> Self {
        Self { at: AFTER_SPEECH }
    }

    /// Somebody speaks: the tone is quiet, and begins anew afterwards.
    pub(crate) fn hush(&mut self) {
        self.at = AFTER_SPEECH;
    }

    /// The next samples; whether there is a tone in them.
    pub(crate) fn sound(&mut self, samples: &mut [f32]) -> bool {
        let sounds = self.at % PERIOD < SOUNDS;
        for sample in samples {
            let within = self.at % PERIOD;
            if within < SOUNDS {
                let edge = within.min(SOUNDS - within).min(EDGE) as f32 / EDGE as f32;
                let seconds = within as f32 / LEG_HZ as f32;
                *sample += TONES_HZ.iter().map(|hz| LEVEL * edge * (TAU * hz * seconds).sin()).sum::<f32>();
            }
            self.at += 1;
        }
        sounds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_quiet_and_never_silent_for_three_seconds() {
        let mut ringback = Ringback::new();
        let mut samples = vec![0.0; 20 * LEG_HZ as usize];
        ringback.sound(&mut samples);
        let loudest = samples.iter().fold(0.0, |most: f32, sample| most.max(sample.abs()));
        assert!((0.05..0.07).contains(&loudest), "{loudest}");
        let mut silent = 0;
        let longest = samples.iter().map(|sample| {
            silent = if sample.abs() < 1e-4 { silent + 1 } else { 0 };
            silent
        });
        let longest = longest.max().unwrap_or(0);
        assert!((30_000..33_000).contains(&longest), "two seconds: {longest}");
        ringback.hush();
        let mut next = vec![0.0; LEG_HZ as usize];
        ringback.sound(&mut next);
        assert!(next.iter().all(|sample| *sample == 0.0), "a second after speech");
    }
}
