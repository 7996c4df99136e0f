//! Sound in the place of a packet that did not come.

use std::fmt;

/// How much of what was heard is looked at for its pitch.
const HISTORY_MS: u32 = 40;
/// Pitches that are looked for: 66 to 400 Hz, in tenths of a millisecond of a period.
const PERIOD_TENTHS: (u32, u32) = (25, 150);
/// What is compared at each period.
const COMPARED_MS: u32 = 20;
/// A gap is filled at full level for this long ..
const FULL_MS: u32 = 10;
/// .. and is silent from here on: after 60 ms nobody knows any more what is being said, and a vowel that goes on would be
/// recognised as one.
const SILENT_MS: u32 = 60;
/// What comes after a gap is faded in over what filled it.
const BLEND_MS: u32 = 5;

/// Repeats the last period of what was heard, fading to silence within 60 ms: a simple form of ITU-T G.711 Appendix I.
///
/// For decoders that have no concealment of their own; works at any rate, on samples in [-1, 1].
#[derive(Clone)]
pub struct Conceal {
    hz: u32,
    /// The last [`HISTORY_MS`] that were really heard; silence before that.
    history: Vec<f32>,
    gap: Option<Gap>,
}

#[derive(Clone)]
struct Gap {
    /// What is repeated.
    period: Vec<f32>,
    /// Samples that were filled so far.
    filled: usize,
}

impl Conceal {
    /// For sound at `hz` samples a second.
    pub fn new(hz: u32) -> Self {
        Self { hz, history: vec![0.0; len_of(hz, HISTORY_MS)], gap: None }
    }

    /// Takes what was heard. After a gap its first 5 ms are blended with what filled the gap.
    pub fn heard(&mut self, samples: &mut [f32]) {
        if let Some(mut gap) = self.gap.take() {
            let blend = len_of(self.hz, BLEND_MS).min(samples.len());
            for (index, sample) in samples[..blend].iter_mut().enumerate() {
                let share = (index + 1) as f32 / (blend + 1) as f32;
                *sample = *sample * share + gap.next(self.hz) * (1.0 - share);
            }
        }
        let kept = self.history.len();
        self.history.extend_from_slice(&samples[samples.len().saturating_sub(kept)..]);
        self.history.drain(..self.history.len() - kept);
    }

    /// `len` samples for what was not heard; a gap may be filled in pieces.
    pub fn fill(&mut self, len: usize) -> Vec<f32> {
        let mut gap = self.gap.take().unwrap_or_else(|| Gap { period: self.last_period(), filled: 0 });
        let filled = (0..len).map(|_| gap.next(self.hz)).collect();
        self.gap = Some(gap);
        filled
    }

    /// What comes next does not go on from what was heard.
    pub fn forget(&mut self) {
        self.history.fill(0.0);
        self.gap = None;
    }

    /// The last stretch that is most like the one before it.
    fn last_period(&self) -> Vec<f32> {
        let len = self.history.len();
        let compared = len_of(self.hz, COMPARED_MS);
        let tenths = |tenths: u32| (self.hz * tenths / 10_000) as usize;
        let recent = &self.history[len - compared..];
        let likeness = |period: usize| {
            let before = &self.history[len - compared - period..len - period];
            let both: f32 = recent.iter().zip(before).map(|(a, b)| a * b).sum();
            let power: f32 = before.iter().map(|sample| sample * sample).sum();
            // Silence is like nothing.
            both / (power + f32::EPSILON).sqrt()
        };
        let period = (tenths(PERIOD_TENTHS.0)..=tenths(PERIOD_TENTHS.1))
            .max_by(|&a, &b| likeness(a).total_cmp(&likeness(b)))
            .expect("there are periods to choose from");
        self.history[len - period..].to_vec()
    }
}

impl Gap {
    fn next(&mut self, hz: u32) -> f32 {
        let (full, silent) = (len_of(hz, FULL_MS), len_of(hz, SILENT_MS));
        let sample = self.period[self.filled % self.period.len()];
        let level = 1.0 - (self.filled.saturating_sub(full)) as f32 / (silent - full) as f32;
        self.filled += 1;
        sample * level.max(0.0)
    }
}

impl fmt::Debug for Conceal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Conceal({} Hz)", self.hz)
    }
}

fn len_of(hz: u32, ms: u32) -> usize {
    (hz * ms / 1000) as usize
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;
    use crate::level;

    const HZ: u32 = 8_000;
    const FRAME: usize = 160;

    fn tone(from: usize, len: usize) -> Vec<f32> {
        (from..from + len).map(|i| 0.3 * (TAU * 200.0 * i as f32 / HZ as f32).sin()).collect()
    }

    fn after_a_tone() -> Conceal {
        let mut conceal = Conceal::new(HZ);
        conceal.heard(&mut tone(0, 4 * FRAME));
        conceal
    }

    #[test]
    fn a_tone_goes_on_in_phase_and_is_silent_after_sixty_milliseconds() {
        let mut conceal = after_a_tone();
        let filled = conceal.fill(FRAME / 2);
        let expected = tone(4 * FRAME, FRAME / 2);
        let error: Vec<f32> = filled.iter().zip(&expected).map(|(a, b)| a - b).collect();
        assert!(level::peak_dbfs(&error) < -50.0, "{} dBFS", level::peak_dbfs(&error));
        let rest = conceal.fill(7 * FRAME / 2);
        let level_of = |piece: usize| level::rms_dbfs(&rest[piece * FRAME / 2..(piece + 1) * FRAME / 2]);
        assert!((0..5).all(|piece| level_of(piece) > level_of(piece + 1)), "it fades");
        assert!(rest[5 * FRAME / 2..].iter().all(|&sample| sample == 0.0));
    }

    #[test]
    fn what_comes_after_a_gap_is_blended_in() {
        let mut conceal = after_a_tone();
        conceal.fill(FRAME);
        let mut loud = vec![0.9; FRAME];
        conceal.heard(&mut loud);
        assert!(loud[0] < 0.4 && loud[20] < loud[39], "{} {}", loud[0], loud[20]);
        assert_eq!(loud[40], 0.9);
        assert!(conceal.gap.is_none());
    }

    #[test]
    fn nothing_heard_is_filled_with_silence() {
        assert!(Conceal::new(16_000).fill(960).iter().all(|&sample| sample == 0.0));
        let mut conceal = after_a_tone();
        conceal.forget();
        assert!(conceal.fill(FRAME).iter().all(|&sample| sample == 0.0));
    }
}
