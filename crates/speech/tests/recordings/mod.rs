//! Real recordings and real models, where they are: `None`, with a line on stderr that says what was missing, elsewhere.
#![allow(dead_code)] // each test binary uses its own part

use std::path::{Path, PathBuf};
use std::sync::Arc;

use audio::wav;
use serde_json::Value;
use speech::SpeechError;
use speech::hearing::{
    Cancel, Decoding, EndOfTurn, Expecting, HZ, Hearing, Purpose, Recognized, Recognizer, Vad, offline,
};
use speech::onnx::{OnnxRuntime, Silero, SmartTurn};
use speech::whisper::{Whisper, WhisperRecognizer};

pub(crate) mod scoring;

/// A recording with what is known about it.
pub(crate) struct Recording {
    pub(crate) id: String,
    /// 16 kHz.
    pub(crate) samples: Vec<f32>,
    /// The line of the data set's index.
    pub(crate) known: Value,
}

impl Recording {
    pub(crate) fn transcript(&self) -> Option<&str> {
        self.known["text"].as_str()
    }
}

/// The recordings of one data set in `../shared/data`, beside the repository.
pub(crate) fn data_set(name: &str, index: &str) -> Option<Vec<Recording>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    let lines = std::fs::read_to_string(folder.join(index)).ok();
    let lines = wanted(lines, &folder.join(index))?;
    let recordings = lines.lines().map(|line| {
        let known: Value = serde_json::from_str(line).expect("an index is JSON lines");
        let file = known["audio"].as_str().expect("an index names its files");
        let sound = wav::read(folder.join(file)).expect("a data set's files can be read");
        let id = known["id"].as_str().unwrap_or(file).to_owned();
        Recording { id, samples: sound.to_pcm::<16_000>().samples().to_vec(), known }
    });
    Some(recordings.collect())
}

pub(crate) fn whisper(file: &str) -> Option<WhisperRecognizer> {
    let path = model(file)?;
    Some(Whisper::load(&path).and_then(|whisper| whisper.recognizer()).expect("the model is whole"))
}

pub(crate) fn silero() -> Option<Silero> {
    let path = model("silero_vad.onnx")?;
    Some(Silero::load(onnx()?, &path).expect("the model is whole"))
}

pub(crate) fn smart_turn() -> Option<SmartTurn> {
    let path = model("smart-turn-v3.2-cpu.onnx")?;
    Some(SmartTurn::load(onnx()?, &path).expect("the model is whole"))
}

fn onnx() -> Option<OnnxRuntime> {
    let library: Result<_, SpeechError> = OnnxRuntime::load(&model("libonnxruntime.so")?);
    Some(library.expect("the library is whole"))
}

fn model(file: &str) -> Option<PathBuf> {
    let data_home = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".local/share"));
    let path = data_home.or_else(home)?.join("firstring/models").join(file);
    wanted(path.is_file().then(|| path.clone()), &path)
}

fn wanted<T>(found: Option<T>, path: &Path) -> Option<T> {
    if found.is_none() {
        eprintln!("SKIPPED: {} is missing", path.display());
    }
    found
}

/// Declines partials, which nobody looks at where recordings are heard.
pub(crate) struct FinalsOnly<R>(pub(crate) R);

impl<R: Recognizer> Recognizer for FinalsOnly<R> {
    fn recognize(&mut self, speech: &[f32], how: &Decoding, cancel: &Cancel) -> Result<Recognized, SpeechError> {
        match how.purpose {
            Purpose::Partial => Err(SpeechError::Cancelled),
            Purpose::Final | Purpose::Careful => self.0.recognize(speech, how, cancel),
        }
    }
}

/// Text and number of utterances; 4 s of silence follow the recording, for the turn to end.
pub(crate) fn heard(
    samples: &[f32],
    vad: &mut dyn Vad,
    turn: &mut dyn EndOfTurn,
    recognizer: &mut dyn Recognizer,
    expecting: Expecting,
) -> (String, usize) {
    let mut sound = samples.to_vec();
    sound.resize(samples.len() + 4 * HZ as usize, 0.0);
    let events = offline::hear(&sound, vad, turn, recognizer, expecting, &Arc::from([])).expect("the models work");
    let utterances = events.iter().filter(|(_, hearing)| matches!(hearing, Hearing::Utterance(_))).count();
    (offline::text(&events), utterances)
}
