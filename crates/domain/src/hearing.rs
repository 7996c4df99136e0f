use serde::{Deserialize, Serialize};

use crate::{CallTime, Phi};

/// What the recogniser makes of an utterance that is still going on. Shown, and read for red flags; never acted on
/// otherwise: a quarter to a half of its words are later taken back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Partial {
    /// The words so far.
    pub text: Phi<String>,
    /// When the utterance began.
    pub from: CallTime,
    /// Up to where the sound was heard.
    pub to: CallTime,
}

/// A finished utterance: what was said between two ends of turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Utterance {
    /// The words.
    pub text: Phi<String>,
    /// First voiced sample.
    pub from: CallTime,
    /// Last voiced sample.
    pub to: CallTime,
    /// Mean probability of the tokens, 0 to 1.
    pub confidence: f32,
}

/// What one recogniser made of an utterance: the first decode, which was answered, or a later and better one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decode {
    /// By which model, as the manifest names it.
    pub model: String,
    /// The words.
    pub text: Phi<String>,
    /// First voiced sample.
    pub from: CallTime,
    /// Last voiced sample.
    pub to: CallTime,
    /// Mean probability of the tokens, 0 to 1.
    pub confidence: f32,
}

impl Decode {
    /// What `model` made of an utterance.
    pub fn of(utterance: &Utterance, model: &str) -> Self {
        let Utterance { text, from, to, confidence } = utterance.clone();
        Self { model: model.to_owned(), text, from, to, confidence }
    }
}
