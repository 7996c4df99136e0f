//! Real recordings and real models, where they are: `None`, with a line on stderr that says what was missing, elsewhere.
#![allow(dead_code)] // each test binary uses its own part

use std::path::{Path, PathBuf};

use audio::wav;
use serde_json::Value;
use speech::SpeechError;
use speech::onnx::{OnnxRuntime, Silero, SmartTurn};
use speech::whisper::{Whisper, WhisperRecognizer};

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

/// Word errors (insertions, deletions, substitutions) of `heard` against `said`, and the number of words said.
pub(crate) fn word_errors(said: &str, heard: &str) -> (usize, usize) {
    let (said, heard) = (comparable(said), comparable(heard));
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, word) in said.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in heard.iter().enumerate() {
            let substituted = diagonal + usize::from(word != other);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    (row[heard.len()], said.len())
}

/// The digits of a text, however they are written.
pub(crate) fn digits(text: &str) -> String {
    comparable(text).concat().chars().filter(char::is_ascii_digit).collect()
}

/// Lower case words; numbers digit by digit, so that "one fifty", "150" and "1-5-0" are the same.
fn comparable(text: &str) -> Vec<String> {
    const UNITS: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let lower = text.to_lowercase().replace('\'', "");
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let unit = |word: &&str| UNITS.iter().position(|unit| unit == word);
    let mut out = Vec::new();
    for (i, word) in words.iter().enumerate() {
        let number = if let Some(unit) = unit(word) {
            unit.to_string()
        } else if let Some(tens) = TENS.iter().position(|tens| tens == word) {
            let followed = words.get(i + 1).and_then(unit).is_some_and(|unit| (1..10).contains(&unit));
            if followed { (tens + 2).to_string() } else { format!("{}0", tens + 2) }
        } else if *word == "hundred" {
            "00".to_owned()
        } else if word.chars().all(|c| c.is_ascii_digit()) {
            (*word).to_owned()
        } else {
            out.push((*word).to_owned());
            continue;
        };
        out.extend(number.chars().map(String::from));
    }
    out
}
