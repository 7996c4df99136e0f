//! The decoder on real weights. Without them (`FIRSTRING_MODELS`, or the usual directory) these tests say so and pass.
//!
//! Decisions are tested, not logits: these differ with how a prompt is cut into passes, by up to 1.6.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking
#![cfg(feature = "candle")]

mod support;

use std::path::{Path, PathBuf};

use domain::{Asked, Phi};
use nlu::model::candle::{Begun, CandleModel};
use nlu::model::{Cancel, LanguageModel, Message, Question};
use nlu::red_flags::RedFlags;
use nlu::{NluError, Questions, Reader};
use support::{context, model, model_file, practice};

fn told(text: &str) -> Message {
    Message::Told(Phi::from(text))
}

fn instruction(text: &str) -> Message {
    Message::Instruction(text.to_owned())
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

fn best(probabilities: &[f32]) -> usize {
    let at = |a: &usize, b: &usize| probabilities[*a].total_cmp(&probabilities[*b]);
    (0..probabilities.len()).max_by(at).unwrap()
}

/// Two architectures and three ways of quantising: Llama Q4_1 (padded), Qwen 2 requantised, Qwen 2 Q4_K and Q6_K.
const FILES: [&str; 3] =
    ["smollm2-135m-instruct.gguf", "qwen2.5-coder-0.5b-instruct.gguf", "qwen2.5-coder-1.5b-instruct.gguf"];

#[test]
fn every_model_knows_what_every_model_knows() {
    let facts = [
        ("The capital of France is", ["Paris", "Berlin", "Madrid", "Tokyo"], 0),
        ("Two plus two is", ["seven", "banana", "four", "Paris"], 2),
        ("The opposite of hot is", ["banana", "cold", "paper", "green"], 1),
    ];
    for file in FILES {
        let Some(mut model) = model(file) else { continue };
        for (question, choices, right) in facts {
            let choices = words(&choices);
            let prompt = [told(&format!("{question}?"))];
            let asked = [Question { name: question, words: &choices }];
            let answer = model.choose(&prompt, &asked, &Cancel::default()).unwrap().remove(0);
            assert_eq!(best(&answer), right, "{file}: {question} {answer:?}");
            assert!((answer.iter().sum::<f32>() - 1.0).abs() < 1e-3, "{answer:?}");
        }
    }
}

/// What was read before, in whatever pieces, whoever else asked in between, must not change an answer.
#[test]
fn a_prepared_prompt_is_answered_as_an_unprepared_one() {
    let Some(mut prepared) = model(FILES[0]) else { return };
    let Some(mut fresh) = model(FILES[0]) else { return };
    let cancel = Cancel::default();
    let long = "You know all about animals and what they say. ".repeat(12);
    let base = vec![instruction(&long), told("cow"), Message::Answered(vec![("sound".into(), "moo".into())])];
    prepared.prepare(&base, &cancel).unwrap();
    let choices = words(&["moo", "meow", "woof", "woosh"]);
    let asked = [Question { name: "sound", words: &choices }, Question { name: "animal", words: &choices }];
    for animal in ["cat", "a small dog", "cow", "another cat, but a very old one that sleeps all day long"] {
        let with = |text: &str| [base.clone(), vec![told(text)]].concat();
        prepared.prepare(&with(&animal[..2]), &cancel).unwrap();
        let expected = fresh.choose(&with(animal), &asked, &cancel).unwrap();
        let got = prepared.choose(&with(animal), &asked, &cancel).unwrap();
        for (got, expected) in got.iter().flatten().zip(expected.iter().flatten()) {
            assert!((got - expected).abs() < 0.1, "{animal}: {got} for {expected}");
        }
        assert_eq!(best(&got[0]), best(&expected[0]), "{animal}");
    }
}

/// The instruction and three of the shots: enough for two passes.
fn questions() -> Questions {
    let written = include_str!("../../../prompts/reading.toml");
    let few: Vec<&str> = written.split("[[shot]]").take(4).collect();
    Questions::parse(&few.join("[[shot]]")).unwrap()
}

/// What the model with the beginning from `folder` judges of these, and how it came by that beginning.
fn judged(file: &Path, folder: &Path) -> (Vec<u32>, Begun) {
    let (model, begun) = CandleModel::load_begun(file, &questions(), folder).unwrap();
    let mut reader = Reader::new(practice(), None, RedFlags::built_in(), questions(), Some(Box::new(model)));
    reader.warm_up().unwrap();
    let lines = ["My mother fell and she looks grey.", "Could I have the invoice once more, please?"];
    let p = lines.map(|line| reader.read(&Phi::from(line), &context(Asked::Open)).p);
    assert!(reader.take_failure().is_none());
    (p.iter().flat_map(|p| [p.emergency, p.urgent, p.routine]).map(f32::to_bits).collect(), begun)
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// A beginning from disk must be the very one that was read; a broken file is mended; calls leave no trace on disk.
#[test]
fn a_beginning_from_disk_gives_the_same_readings_to_the_last_bit() {
    let Some(file) = model_file(FILES[0]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (fresh, begun) = judged(&file, folder.path());
    assert!(matches!(begun, Begun::Read { refused: None, kept: Ok(()) }), "{begun:?}");
    let written = files(folder.path());
    assert_eq!(written.len(), 1);

    let (loaded, begun) = judged(&file, folder.path());
    assert!(matches!(begun, Begun::Loaded), "{begun:?}");
    assert_eq!(loaded, fresh);
    assert!(files(folder.path()) == written, "what was read in calls must not be kept");

    let (path, mut bytes) = written[0].clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let (mended, begun) = judged(&file, folder.path());
    assert!(matches!(begun, Begun::Read { refused: Some(_), kept: Ok(()) }), "{begun:?}");
    assert_eq!(mended, fresh);
    assert!(files(folder.path()) == written);
}

/// Where nothing can be kept the model begins all the same.
#[test]
fn an_unusable_folder_is_no_error() {
    let Some(file) = model_file(FILES[0]) else { return };
    let no_folder = tempfile::NamedTempFile::new().unwrap();
    let (_, begun) = CandleModel::load_begun(&file, &questions(), no_folder.path()).unwrap();
    assert!(matches!(begun, Begun::Read { kept: Err(_), .. }), "{begun:?}");
}

/// Questions asked in one pass must not see one another.
#[test]
fn questions_are_answered_independently() {
    let Some(mut model) = model(FILES[0]) else { return };
    let (colours, animals) = (words(&["green", "greenish", "red", "blue"]), words(&["cow", "ant"]));
    let colour = Question { name: "colour", words: &colours };
    let animal = Question { name: "animal", words: &animals };
    let prompt = [told("It eats grass, which has the colour of grass.")];
    let together = model.choose(&prompt, &[animal, colour, animal], &Cancel::default()).unwrap();
    let alone = model.choose(&prompt, &[colour], &Cancel::default()).unwrap();
    for (a, b) in together[1].iter().zip(&alone[0]).chain(together[0].iter().zip(&together[2])) {
        assert!((a - b).abs() < 0.02, "{together:?} {alone:?}");
    }
}

#[test]
fn refusals() {
    let Some(mut model) = model(FILES[0]) else { return };
    let cancel = Cancel::default();
    let long = "word ".repeat(5000);
    assert!(matches!(model.prepare(&[told(&long)], &cancel), Err(NluError::TooLong { .. })));
    cancel.cancel();
    assert!(matches!(model.prepare(&[told("hello")], &cancel), Err(NluError::Cancelled)));
}

#[test]
fn what_is_no_model_is_named() {
    let dir = std::env::temp_dir().join(format!("nlu-candle-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    for (name, content) in
        [("empty.gguf", &b""[..]), ("text.gguf", b"hello, I am not a model at all"), ("cut.gguf", b"GGUF\x03\0\0\0")]
    {
        let path = dir.join(name);
        std::fs::write(&path, content).unwrap();
        let error = CandleModel::load(&path).unwrap_err();
        assert!(matches!(error, NluError::Weights { .. }) && error.to_string().contains(name), "{error}");
    }
    assert!(matches!(CandleModel::load(&dir.join("missing.gguf")).unwrap_err(), NluError::Weights { .. }));
    std::fs::remove_dir_all(&dir).unwrap();
}
