//! The decoder on real weights. Without them (`FIRSTRING_MODELS`, or the usual directory) these tests say so and pass.
//!
//! Decisions are tested, not logits: these differ with how a prompt is cut into passes, by up to 1.6.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking
#![cfg(feature = "candle")]

mod support;

use domain::Phi;
use nlu::NluError;
use nlu::model::candle::CandleModel;
use nlu::model::{Cancel, LanguageModel, Message, Question};
use support::model;

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
