//! A voice without a model: what it says can be computed, so tests of whatever speaks are exact and fast.

use domain::Tempo;

use super::Synthesizer;
use crate::SpeechError;

/// Says a quiet tone of [`FakeVoice::MS_PER_WORD`] for each word, at 16 kHz, longer where it is to be slower, and counts its
/// renderings.
#[derive(Clone, Debug, Default)]
pub struct FakeVoice {
    /// How many clauses it has rendered.
    pub rendered: usize,
    /// When set, every rendering fails.
    pub broken: bool,
}

impl FakeVoice {
    /// How long a word lasts, in milliseconds.
    pub const MS_PER_WORD: u32 = 250;
    /// Its sample rate.
    pub const HZ: u32 = 16_000;
}

impl Synthesizer for FakeVoice {
    fn name(&self) -> &'static str {
        "fake/tone"
    }

    fn hz(&self) -> u32 {
        Self::HZ
    }

    fn synthesize(&mut self, clause: &str, tempo: Tempo) -> Result<Vec<f32>, SpeechError> {
        if self.broken {
            return Err(SpeechError::Failed { model: "fake/tone", source: "it was told to fail".into() });
        }
        self.rendered += 1;
        let words = clause.split_whitespace().count() as u32;
        let samples = words * Self::MS_PER_WORD * Self::HZ / 1000;
        let length = (samples as f32 * tempo.stretch()) as u32;
        Ok((0..length).map(|n| 0.1 * (n as f32 * 0.2).sin()).collect())
    }
}
