//! The learned witnesses say here what they said where they were trained: the adapter is laid over the right weights, the
//! prompt is the one that was trained on. Without the weights these tests say so and pass.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test fails by panicking
#![cfg(feature = "candle")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use domain::{CallerKind, Intent, Phi, Urgency};
use eval::suite::{Case, read_suite};
use nlu::model::candle::{CandleModel, SentenceHead};
use nlu::model::{Cancel, Head, LanguageModel, Message, Question};
use nlu::{Questions, ReadContext};
use serde::Deserialize;

/// Training computes in half precision, the decoder on eight-bit weights: on average a probability may differ by so much.
const DIFFERS_MAX: f32 = 0.06;
/// No single one may differ by more: another layer, or another prompt, turns it over.
const DIFFERS_MOST_MAX: f32 = 0.5;

#[derive(Deserialize)]
struct Expected {
    of: String,
    urgency: [f32; 3],
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn weights(file: &str) -> Option<PathBuf> {
    let given = std::env::var_os("FIRSTRING_MODELS").map(PathBuf::from);
    let usual = || {
        let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
        Some(
            data.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/share")))?
                .join("firstring/models"),
        )
    };
    let path = given.or_else(usual)?.join(file);
    if !path.exists() {
        eprintln!("SKIPPED: there is no {}; `firstring models fetch` gets it", path.display());
    }
    path.exists().then_some(path)
}

fn adapter(name: &str) -> Vec<u8> {
    fs::read(root().join("models/adapters").join(name)).unwrap()
}

/// How much the probabilities of urgency differ from those that `judge` gives, on average and at most.
fn differs(name: &str, mut judge: impl FnMut(&Case) -> Vec<f32>) -> (f32, f32) {
    let cases = read_suite(&root().join("eval/suites/validation")).unwrap();
    let cases: HashMap<&str, &Case> = cases.iter().map(|case| (case.id.as_str(), case)).collect();
    let lines = fs::read_to_string(root().join("models/adapters").join(name)).unwrap();
    let expected: Vec<Expected> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(expected.len() >= 50, "{}", expected.len());
    let differences = expected.iter().flat_map(|expected| {
        let given = judge(cases[expected.of.as_str()]);
        expected.urgency.iter().zip(given).map(|(a, b)| (a - b).abs()).collect::<Vec<_>>()
    });
    let differences: Vec<f32> = differences.collect();
    (differences.iter().sum::<f32>() / differences.len() as f32, differences.iter().copied().fold(0.0, f32::max))
}

/// Training has the labels by name, FirstRing by place.
#[test]
fn the_labels_of_training_are_ours_in_our_order() {
    let text = fs::read_to_string(root().join("training/labels.py")).unwrap();
    let words: Vec<&str> = text.split(|c: char| !c.is_ascii_lowercase() && c != '_').collect();
    let in_order = |labels: Vec<String>| {
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let quoted: Vec<&str> = words.iter().copied().filter(|word| labels.contains(word)).collect();
        assert!(quoted.windows(labels.len()).any(|run| run == labels), "{labels:?} in {quoted:?}");
    };
    in_order(Urgency::ALL.iter().map(ToString::to_string).collect());
    in_order(Intent::ALL.iter().map(ToString::to_string).collect());
    in_order(CallerKind::ALL.iter().map(ToString::to_string).collect());
}

#[test]
fn the_head_says_what_it_said_in_training() {
    let Some(weights) = weights("mpnet.safetensors") else { return };
    let tokenizer = weights.with_file_name("mpnet-tokenizer.json");
    let mut head = SentenceHead::load(&weights, &tokenizer, &adapter("mpnet.safetensors")).unwrap();
    let questions = Questions::built_in();
    let (mean, most) = differs("mpnet.expected.jsonl", |case| {
        let context: ReadContext = case.context();
        let line = questions.line_before(&context).map(|line: &Phi<String>| line.expose().as_str());
        head.judge(line, case.text.expose()).unwrap().remove(0)
    });
    assert!(mean < DIFFERS_MAX / 3.0 && most < DIFFERS_MOST_MAX, "{mean} {most}");
}

#[test]
fn the_language_model_says_what_it_said_in_training() {
    let Some(weights) = weights("smollm2-135m-instruct.gguf") else { return };
    let mut model = CandleModel::load_trained(&weights, &adapter("smollm2-135m.safetensors")).unwrap();
    let questions = Questions::built_in().for_trained();
    let words = ["routine", "urgent", "emergency"].map(str::to_owned);
    let (mean, most) = differs("smollm2-135m.expected.jsonl", |case| {
        let prompt: Vec<Message> = questions.prompt(&case.context(), case.text.expose());
        let asked = [Question { name: "urgency", words: &words }];
        model.choose(&prompt, &asked, &Cancel::default()).unwrap().remove(0)
    });
    assert!(mean < DIFFERS_MAX && most < DIFFERS_MOST_MAX, "{mean} {most}");
}
