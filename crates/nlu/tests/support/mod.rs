//! What the tests of this crate share: a practice, a context, and models if they are there.
#![allow(dead_code)] // each test file uses its part

use std::sync::Arc;

use domain::{Asked, Fact, OpenHours, Phi, Practice};
use jiff::civil::{Weekday, time};
use jiff::tz::TimeZone;
use nlu::model::LanguageModel;
use nlu::red_flags::RedFlags;
use nlu::{Questions, ReadContext, Reader, Said};

pub(crate) fn practice() -> Arc<Practice> {
    let weekdays = [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
    let fact = Fact {
        id: "parking".into(),
        asked_with: vec!["park".to_owned(), "parking".to_owned()],
        answer: "There is a car park behind the house.".to_owned(),
    };
    Arc::new(Practice {
        id: "test".into(),
        name: "Test Family Medicine".to_owned(),
        zone: TimeZone::UTC,
        emergency_number: "911".to_owned(),
        crisis_number: "988".to_owned(),
        hours: weekdays.map(|weekday| OpenHours { weekday, from: time(9, 0, 0, 0), to: time(17, 0, 0, 0) }).to_vec(),
        facts: vec![fact],
        words: vec![],
        meanwhile: Vec::new(),
        front_desk: domain::FrontDesk::default(),
    })
}

pub(crate) fn reader(model: Option<Box<dyn LanguageModel>>) -> Reader {
    Reader::new(practice(), Some("555"), RedFlags::built_in(), Questions::built_in(), model)
}

/// A reader with the learned witnesses that come with FirstRing. Where their weights are missing, says so.
#[cfg(feature = "candle")]
pub(crate) fn trained_reader() -> Option<Reader> {
    use nlu::model::candle::{CandleModel, SentenceHead};

    let adapters = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/adapters");
    let adapter = |name| std::fs::read(adapters.join(name)).unwrap();
    let (weights, tokenizer) = (model_file("mpnet.safetensors")?, model_file("mpnet-tokenizer.json")?);
    let head = SentenceHead::load(&weights, &tokenizer, &adapter("mpnet.safetensors")).unwrap();
    let smollm2 = model_file("smollm2-135m-instruct.gguf")?;
    let model = CandleModel::load_trained(&smollm2, &adapter("smollm2-135m.safetensors")).unwrap();
    let questions = Questions::built_in().for_trained();
    let reader = Reader::new(practice(), Some("555"), RedFlags::built_in(), questions, Some(Box::new(model)));
    Some(reader.with_head(Box::new(head)))
}

pub(crate) fn context(asked: Asked) -> ReadContext {
    let now = "2026-11-18T10:00:00+00:00[UTC]".parse().unwrap();
    ReadContext { asked, so_far: vec![Said::FirstRing(Phi::from("How can I help?"))], now }
}

/// A model from the models directory. Where it is missing, says so.
#[cfg(feature = "candle")]
pub(crate) fn model(file: &str) -> Option<nlu::model::candle::CandleModel> {
    model_file(file).map(|path| nlu::model::candle::CandleModel::load(&path).unwrap())
}

/// Where the weights are. Where they are missing, says so.
#[cfg(feature = "candle")]
pub(crate) fn model_file(file: &str) -> Option<std::path::PathBuf> {
    let path = models_dir()?.join(file);
    if !path.exists() {
        eprintln!("SKIPPED: there is no {}; `firstring models fetch` gets it", path.display());
    }
    path.exists().then_some(path)
}

#[cfg(feature = "candle")]
fn models_dir() -> Option<std::path::PathBuf> {
    let given = std::env::var_os("FIRSTRING_MODELS").map(std::path::PathBuf::from);
    let data = std::env::var_os("XDG_DATA_HOME").map(std::path::PathBuf::from);
    let home = || Some(std::path::PathBuf::from(std::env::var_os("HOME")?).join(".local/share"));
    given.or_else(|| Some(data.or_else(home)?.join("firstring/models")))
}
