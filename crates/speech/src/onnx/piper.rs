//! The Piper voices (VITS): espeak-ng's phonemes in, a whole clause of sound out.
//!
//! A voice is two files, `NAME.onnx` and `NAME.onnx.json`; the second holds the sample rate, the number of each
//! phoneme, and three scales: the noise in the sound, the length, the noise in the lengths. The noise is drawn inside
//! the model from a generator that cannot be seeded from outside, so two renderings of a clause differ slightly.
//! One thread renders a second of sound in 60 to 90 ms (measured with `joe`).

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use domain::Tempo;
use ndarray::{Array1, Array2};
use ort::session::Session;
use ort::value::TensorRef;
use serde::Deserialize;

use super::OnnxRuntime;
use crate::SpeechError;
use crate::voice::Synthesizer;
use crate::voice::espeak::{Espeak, pronounceable};
use crate::voice::sound::finished;
use crate::voice::spoken::spoken;

/// Marks of the model's alphabet: between any two phonemes, before the first, and after the last.
const PAD: char = '_';
const BEGIN: char = '^';
const END: char = '$';

/// A Piper voice on ONNX Runtime.
#[derive(Debug)]
pub struct Piper {
    name: String,
    session: Session,
    config: Config,
    espeak: Espeak,
}

/// The part of the voice's JSON that is needed.
#[derive(Debug, Deserialize)]
struct Config {
    audio: Audio,
    inference: Scales,
    phoneme_id_map: HashMap<char, Vec<i64>>,
}

#[derive(Debug, Deserialize)]
struct Audio {
    sample_rate: u32,
}

#[derive(Debug, Deserialize)]
struct Scales {
    noise_scale: f32,
    length_scale: f32,
    noise_w: f32,
}

impl Piper {
    /// Loads `model` and the configuration beside it (`model` + `.json`) under a voice's name such as `joe`.
    pub fn load(runtime: OnnxRuntime, model: &Path, voice: &str) -> Result<Self, SpeechError> {
        Ok(Self {
            name: format!("piper/{voice}"),
            session: runtime.session(model)?,
            config: Config::read(model)?,
            espeak: Espeak::new("en-us")?,
        })
    }

    fn infer(&mut self, ids: Vec<i64>, tempo: Tempo) -> Result<Vec<f32>, ort::Error> {
        let Scales { noise_scale, length_scale, noise_w } = self.config.inference;
        let length = Array1::from_elem(1, ids.len() as i64);
        let input = Array2::from_shape_vec((1, ids.len()), ids).map_err(ort::Error::wrap)?;
        let scales = Array1::from_vec(vec![noise_scale, length_scale * tempo.stretch(), noise_w]);
        let outputs = self.session.run(ort::inputs![
            "input" => TensorRef::from_array_view(&input)?,
            "input_lengths" => TensorRef::from_array_view(&length)?,
            "scales" => TensorRef::from_array_view(&scales)?,
        ])?;
        let (_, sound) = outputs["output"].try_extract_tensor::<f32>()?;
        Ok(sound.to_vec())
    }
}

impl Synthesizer for Piper {
    fn name(&self) -> &str {
        &self.name
    }

    fn hz(&self) -> u32 {
        self.config.audio.sample_rate
    }

    fn synthesize(&mut self, clause: &str, tempo: Tempo) -> Result<Vec<f32>, SpeechError> {
        let words = spoken(clause);
        if !words.contains(char::is_alphabetic) {
            return Ok(Vec::new());
        }
        let phonemes = phonemes(&mut self.espeak, &pronounceable(&words))?;
        let raw = self.infer(self.config.ids(&phonemes), tempo).map_err(SpeechError::failed("piper"))?;
        Ok(finished(&raw, self.hz()))
    }
}

impl Config {
    fn read(model: &Path) -> Result<Self, SpeechError> {
        let path = PathBuf::from(format!("{}.json", model.display()));
        if !path.is_file() {
            return Err(SpeechError::Missing { path });
        }
        let text = fs::read_to_string(&path).map_err(SpeechError::unusable(&path))?;
        let config: Self = serde_json::from_str(&text).map_err(SpeechError::unusable(&path))?;
        for mark in [PAD, BEGIN, END] {
            if !config.phoneme_id_map.contains_key(&mark) {
                return Err(SpeechError::unusable(&path)(format!("phoneme_id_map lacks {mark:?}")));
            }
        }
        Ok(config)
    }

    /// Begin, then every phoneme between pads, then end. A phoneme that the voice was not trained on is left out, as in
    /// Piper itself.
    fn ids(&self, phonemes: &str) -> Vec<i64> {
        let id = |phoneme: char| self.phoneme_id_map.get(&phoneme).map_or(&[][..], Vec::as_slice);
        let mut ids = [id(BEGIN), id(PAD)].concat();
        for known in phonemes.chars().map(id).filter(|known| !known.is_empty()) {
            ids.extend_from_slice(known);
            ids.extend_from_slice(id(PAD));
        }
        ids.extend_from_slice(id(END));
        ids
    }
}

/// The phonemes of `words` with the punctuation kept: espeak-ng drops it, and the voice was trained to breathe at it.
fn phonemes(espeak: &mut Espeak, words: &str) -> Result<String, SpeechError> {
    let pieces: Vec<&str> = words.split_inclusive([',', '.', ';', ':', '?', '!']).collect();
    let phrases: Vec<&str> = pieces.iter().map(|piece| phrase(piece)).filter(|phrase| !phrase.is_empty()).collect();
    let mut answers = espeak.phonemes(&phrases)?.into_iter();
    let mut all = String::new();
    for piece in pieces {
        if !phrase(piece).is_empty() {
            if !all.is_empty() {
                all.push(' ');
            }
            all.push_str(&answers.next().unwrap_or_default());
        }
        all.extend(piece.chars().next_back().filter(|c| is_stop(*c)));
    }
    Ok(all)
}

fn phrase(piece: &str) -> &str {
    let bare = piece.trim_matches(|c: char| is_stop(c) || c.is_whitespace());
    if bare.contains(char::is_alphabetic) { bare } else { "" }
}

fn is_stop(c: char) -> bool {
    matches!(c, ',' | '.' | ';' | ':' | '?' | '!')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phonemes_are_numbered_between_pads() {
        let config: Config = serde_json::from_str(
            r#"{"audio":{"sample_rate":22050},"inference":{"noise_scale":0.6,"length_scale":1,"noise_w":0.8},
                "phoneme_id_map":{"_":[0],"^":[1],"$":[2],"a":[14],".":[10]}}"#,
        )
        .unwrap();
        assert_eq!(config.ids("aɮ."), [1, 0, 14, 0, 10, 0, 2]);
        assert_eq!(config.ids(""), [1, 0, 2]);
    }

    #[test]
    fn punctuation_survives_the_phonemes() {
        let mut espeak = match Espeak::new("en-us") {
            Ok(espeak) => espeak,
            Err(error) => {
                eprintln!("skipped: {error}");
                return;
            }
        };
        assert_eq!(phonemes(&mut espeak, "bye, bye.").unwrap(), "bˈaɪ, bˈaɪ.");
        assert_eq!(phonemes(&mut espeak, "bye?!").unwrap(), "bˈaɪ?!");
    }
}
