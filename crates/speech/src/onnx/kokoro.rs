//! The Kokoro voices (82 M parameters, 24 kHz) by tts-rs, on the same ONNX Runtime.
//!
//! Better to hear than Piper and ten times dearer: 0.5 to 1 s of one core for a second of sound, so on a processor it
//! is for lines that are rendered ahead. tts-rs starts espeak-ng for each phrase and returns the whole clause.

use std::fmt;
use std::path::PathBuf;

use domain::Tempo;
use tts_rs::SynthesisEngine;
use tts_rs::engines::kokoro::{KokoroEngine, KokoroInferenceParams, KokoroModelParams};

use super::OnnxRuntime;
use crate::SpeechError;
use crate::voice::Synthesizer;
use crate::voice::espeak::{Espeak, pronounceable};
use crate::voice::sound::finished;
use crate::voice::spoken::spoken;

const HZ: u32 = 24_000;

/// The three files of Kokoro.
#[derive(Clone, Debug)]
pub struct KokoroFiles {
    /// The network, ONNX.
    pub model: PathBuf,
    /// The voices, a zip of `.npy`.
    pub voices: PathBuf,
    /// The number of each phoneme, JSON.
    pub config: PathBuf,
}

/// A Kokoro voice.
pub struct Kokoro {
    name: String,
    voice: String,
    engine: KokoroEngine,
}

impl Kokoro {
    /// Loads Kokoro with one voice such as `af_bella` (American woman), `am_michael` or `bf_emma` (British woman). The
    /// runtime is a proof only: tts-rs opens its session itself, on the library that is already loaded.
    pub fn load(_runtime: OnnxRuntime, files: &KokoroFiles, voice: &str) -> Result<Self, SpeechError> {
        // tts-rs would find out only at the first clause.
        drop(Espeak::new("en-us")?);
        for path in [&files.model, &files.voices, &files.config] {
            if !path.is_file() {
                return Err(SpeechError::Missing { path: path.clone() });
            }
        }
        let mut engine = KokoroEngine::new();
        let folder = folder(files).map_err(SpeechError::unusable(&files.model))?;
        let params = KokoroModelParams { num_threads: Some(1), optimized_model_cache_path: None };
        // Its error is not Send, so its words are kept.
        engine
            .load_model_with_params(folder.path(), params)
            .map_err(|error| SpeechError::unusable(&files.model)(error.to_string()))?;
        if !engine.list_voices().contains(&voice) {
            let known = engine.list_voices().join(", ");
            return Err(SpeechError::unusable(&files.voices)(format!("there is no voice {voice}, only {known}")));
        }
        Ok(Self { name: format!("kokoro/{voice}"), voice: voice.to_owned(), engine })
    }
}

impl Synthesizer for Kokoro {
    fn name(&self) -> &str {
        &self.name
    }

    fn hz(&self) -> u32 {
        HZ
    }

    fn synthesize(&mut self, clause: &str, tempo: Tempo) -> Result<Vec<f32>, SpeechError> {
        let voice = self.voice.clone();
        self.say_as(&voice, 1.0 / tempo.stretch(), clause)
    }
}

impl Kokoro {
    /// The voices that there are.
    pub fn voices(&self) -> Vec<String> {
        self.engine.list_voices().into_iter().map(str::to_owned).collect()
    }

    /// Renders `clause` by any voice that there is, so many times as fast as usual: for callers of an evaluation.
    pub fn say_as(&mut self, voice: &str, speed: f32, clause: &str) -> Result<Vec<f32>, SpeechError> {
        let words = spoken(clause);
        // tts-rs logs a clause that has no phonemes, with its words. One with a letter has phonemes.
        if !words.contains(|c: char| c.is_ascii_alphabetic()) {
            return Ok(Vec::new());
        }
        let params = KokoroInferenceParams { voice: voice.to_owned(), speed, style_index: None };
        let result = self.engine.synthesize(&pronounceable(&words), Some(params));
        let raw = result.map_err(|error| SpeechError::failed("kokoro")(error.to_string()))?;
        Ok(finished(&raw.samples, HZ))
    }
}

impl fmt::Debug for Kokoro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kokoro").field("name", &self.name).finish_non_exhaustive()
    }
}

/// tts-rs wants a folder of its own with fixed names in it: links, for as long as it loads.
fn folder(files: &KokoroFiles) -> std::io::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    for (path, name) in
        [(&files.model, "kokoro.onnx"), (&files.voices, "voices-v1.0.bin"), (&files.config, "config.json")]
    {
        std::os::unix::fs::symlink(path.canonicalize()?, folder.path().join(name))?;
    }
    Ok(folder)
}
