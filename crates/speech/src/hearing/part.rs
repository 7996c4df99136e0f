use super::activity::STILL_VOICED;
use super::position::samples;
use super::{SamplePosition, WINDOW};

/// From this length on, the next pause ends the part: Whisper sees 30 s at most.
const LONG: u64 = samples(25_000);

/// A part is never longer than this; without a pause it is cut where voice was least likely.
const LONGEST: u64 = samples(28_000);

/// Sound before the first voiced window that is decoded with it: soft consonants begin before the voice does.
pub(super) const PRE_ROLL: u64 = samples(300);

/// A stretch of speech, pauses included, that becomes one utterance.
#[derive(Debug)]
pub(super) struct Part {
    /// First voiced sample.
    pub(super) from: SamplePosition,
    /// Where decoding begins.
    pub(super) sound_from: SamplePosition,
    /// Probability of voice, a window each, from `from` on.
    windows: Vec<f32>,
    /// Windows up to the last voiced one.
    voiced_to: usize,
}

/// How certain it is that a stretch of sound was voice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Voicing {
    /// Seconds of voiced windows.
    pub(super) voiced_s: f32,
    /// Mean probability of voice over those windows.
    pub(super) certainty: f32,
}

impl Part {
    /// A part that begins with voiced windows. Its pre-roll does not reach back before `earliest`, where the part before
    /// it ended.
    pub(super) fn new(from: SamplePosition, voiced: &[f32], earliest: SamplePosition) -> Self {
        Self { from, sound_from: (from - PRE_ROLL).max(earliest), windows: voiced.to_vec(), voiced_to: voiced.len() }
    }

    pub(super) fn add_voiced(&mut self, probability: f32) {
        self.windows.push(probability);
        self.voiced_to = self.windows.len();
    }

    pub(super) fn add_quiet(&mut self, probability: f32) {
        self.windows.push(probability);
    }

    /// End of the last voiced window.
    pub(super) fn to(&self) -> SamplePosition {
        self.from + (self.voiced_to * WINDOW) as u64
    }

    pub(super) fn is_long(&self) -> bool {
        self.len() >= LONG
    }

    /// Splits a part that has become too long where voice was least likely since it became long.
    pub(super) fn split(&mut self) -> Option<Self> {
        if self.len() < LONGEST {
            return None;
        }
        let long = LONG as usize / WINDOW;
        let quietest = (long..self.windows.len()).min_by(|&a, &b| self.windows[a].total_cmp(&self.windows[b]))?;
        let rest = self.windows.split_off(quietest);
        let voiced_to = self.voiced_to - quietest.min(self.voiced_to);
        self.voiced_to = self.voiced_to.min(quietest);
        let from = self.from + (quietest * WINDOW) as u64;
        Some(Self { from, sound_from: from, windows: rest, voiced_to })
    }

    pub(super) fn voicing(&self) -> Voicing {
        self.voicing_since(self.from)
    }

    /// Of the sound after `position`.
    pub(super) fn voicing_since(&self, position: SamplePosition) -> Voicing {
        let skipped = position.since(self.from) as usize / WINDOW;
        let voiced = || self.windows[..self.voiced_to].iter().skip(skipped).filter(|p| **p >= STILL_VOICED);
        let count = voiced().count();
        Voicing {
            voiced_s: (count * WINDOW) as f32 / super::HZ as f32,
            certainty: if count == 0 { 0.0 } else { voiced().sum::<f32>() / count as f32 },
        }
    }

    fn len(&self) -> u64 {
        (self.windows.len() * WINDOW) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_cut_at_its_quietest_window_after_25_s() {
        let mut part = Part::new(SamplePosition(5120), &[0.9; 800], SamplePosition::default());
        part.add_quiet(0.2);
        assert!(part.is_long());
        assert!(part.split().is_none());
        (0..74).for_each(|_| part.add_voiced(0.9));
        let rest = part.split().expect("875 windows are 28 s");
        assert_eq!(rest.from, SamplePosition(5120 + 800 * 512));
        assert_eq!(part.to(), rest.from);
        assert_eq!(rest.to(), SamplePosition(5120 + 875 * 512));
        assert_eq!(rest.sound_from, rest.from);
    }

    #[test]
    fn quiet_windows_are_not_counted_as_voice() {
        let mut part = Part::new(SamplePosition(16_000), &[0.8; 10], SamplePosition(15_000));
        part.add_quiet(0.1);
        part.add_voiced(1.0);
        let voicing = part.voicing();
        assert!((voicing.voiced_s - 11.0 * 0.032).abs() < 1e-6);
        assert!((voicing.certainty - 9.0 / 11.0).abs() < 1e-6);
        assert_eq!(part.sound_from, SamplePosition(15_000), "the pre-roll stops where the last part ended");
        assert!((part.voicing_since(SamplePosition(16_000 + 10 * 512)).voiced_s - 0.032).abs() < 1e-6);
    }
}
