//! Models without weights, exact enough to test everything around them.
//!
//! The sound they understand is made by [`FakeRecognizer::speech`]: each word of a fixed vocabulary lasts 320 ms at a
//! level of its own. Zeros are silence, any other level is voice without words.
use domain::Phi;

use super::{Cancel, Decoding, EndOfTurn, HZ, Recognized, Recognizer, Vad, WINDOW};
use crate::SpeechError;

/// How long a fake word lasts.
pub const WORD_SAMPLES: usize = 10 * WINDOW;

/// Level of the first word; below is no word, though it may be voice.
const FIRST_LEVEL: f32 = 0.25;
/// Between two words: well above what 16-bit sound rounds away.
const LEVEL_STEP: f32 = 1.0 / 1024.0;
/// Above this, sound is voice.
const VOICE_LEVEL: f32 = 0.05;

/// Voice is whatever is loud.
#[derive(Clone, Copy, Debug, Default)]
pub struct FakeVad;

impl Vad for FakeVad {
    fn speech_probability(&mut self, window: &[f32; WINDOW]) -> Result<f32, SpeechError> {
        let loud = window.iter().filter(|sample| sample.abs() > VOICE_LEVEL).count();
        Ok(if loud > WINDOW / 2 { 0.98 } else { 0.01 })
    }

    fn reset(&mut self) {}
}

/// Always of the same opinion.
#[derive(Clone, Copy, Debug)]
pub struct FakeEndOfTurn(
    /// The probability that a turn is complete.
    pub f32,
);

impl EndOfTurn for FakeEndOfTurn {
    fn completion_probability(&mut self, _turn: &[f32]) -> Result<f32, SpeechError> {
        Ok(self.0)
    }
}

/// Understands its own vocabulary, whatever the purpose.
#[derive(Clone, Debug)]
pub struct FakeRecognizer {
    vocabulary: Vec<String>,
}

impl FakeRecognizer {
    /// A recogniser that knows the words of these texts.
    pub fn new(texts: &[&str]) -> Self {
        let mut vocabulary: Vec<String> = Vec::new();
        for word in texts.iter().flat_map(|text| text.split_whitespace()) {
            if !vocabulary.iter().any(|known| known == word) {
                vocabulary.push(word.to_owned());
            }
        }
        Self { vocabulary }
    }

    /// The sound of a text, 16 kHz.
    ///
    /// # Panics
    /// If a word is not in the vocabulary.
    pub fn speech(&self, text: &str) -> Vec<f32> {
        text.split_whitespace()
            .flat_map(|word| {
                let index = self.vocabulary.iter().position(|known| known == word);
                let index = index.unwrap_or_else(|| panic!("{word:?} is not in the vocabulary"));
                std::iter::repeat_n(FIRST_LEVEL + index as f32 * LEVEL_STEP, WORD_SAMPLES)
            })
            .collect()
    }

    /// Silence, 16 kHz.
    pub fn silence(ms: usize) -> Vec<f32> {
        vec![0.0; ms * HZ as usize / 1000]
    }

    /// Voice without words, 16 kHz.
    pub fn hum(ms: usize) -> Vec<f32> {
        vec![f32::midpoint(FIRST_LEVEL, VOICE_LEVEL); ms * HZ as usize / 1000]
    }

    fn word(&self, level: f32) -> Option<&str> {
        let index = ((level - FIRST_LEVEL) / LEVEL_STEP).round();
        if index < 0.0 { None } else { self.vocabulary.get(index as usize).map(String::as_str) }
    }
}

impl Recognizer for FakeRecognizer {
    fn recognize(&mut self, speech: &[f32], _: &Decoding, cancel: &Cancel) -> Result<Recognized, SpeechError> {
        if cancel.is_cancelled() {
            return Err(SpeechError::Cancelled);
        }
        let mut words = Vec::new();
        for same in speech.chunk_by(|a, b| (a - b).abs() < LEVEL_STEP / 2.0) {
            let times = (same.len() + WORD_SAMPLES / 2) / WORD_SAMPLES;
            words.extend(self.word(same[0]).into_iter().flat_map(|word| std::iter::repeat_n(word, times)));
        }
        let confidence = if words.is_empty() { 0.0 } else { 0.95 };
        Ok(Recognized { text: Phi::new(words.join(" ")), confidence, looped: false })
    }
}
