//! Language models as FirstRing uses them: a model *chooses among written words*; it never writes text of its own. So
//! there is nothing to parse, nothing to invent, and an answer costs one pass over the caller's words.
//!
//! A prompt is a list of [`Message`]s. Whoever asks twice about prompts that begin alike (the instruction, then one
//! call's lines) may rely on the beginning being computed once: a model keeps what it read, keyed by the words
//! themselves, so that there is no handle to hold, to mix up or to forget. [`LanguageModel::prepare`] reads ahead of a
//! question, while FirstRing speaks.
//!
//! Models are synchronous and live on one thread of their own; they are asked one thing at a time. [`Cancel`] is the
//! only part that other threads touch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::Phi;

use crate::NluError;

#[cfg(feature = "candle")]
pub mod candle;
pub mod openai;
mod scripted;

pub use scripted::Scripted;

/// Something that chooses among words.
pub trait LanguageModel: Send {
    /// Reads `messages`, of which the last may still grow, so that a later [`choose`](Self::choose) over prompts that
    /// begin with them is quick. What is prepared first is kept for good, later ones as long as there is room.
    fn prepare(&mut self, messages: &[Message], cancel: &Cancel) -> Result<(), NluError>;

    /// For each question, the probabilities of its words as the answer to `messages`; in the order of the words,
    /// summing to 1. The questions are answered independently of one another.
    fn choose(
        &mut self,
        messages: &[Message],
        questions: &[Question<'_>],
        cancel: &Cancel,
    ) -> Result<Vec<Vec<f32>>, NluError>;
}

/// Something small that was trained to judge one text at once.
pub trait Head: Send {
    /// The probabilities of every urgency, every intent as the main one and every caller, in the order of their labels and each
    /// summing to 1, and then of every intent as one among others; given the text and the line before it where that is needed.
    fn judge(&mut self, line_before: Option<&str>, text: &str) -> Result<Vec<Vec<f32>>, NluError>;
}

/// One question, of which the answer is one of a few words.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What is asked for: `urgency`.
    pub name: &'a str,
    /// The words that may be answered; at least one, no two alike.
    pub words: &'a [String],
}

/// One message of a prompt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// What the model is to do; the first message, if any.
    Instruction(String),
    /// What was said.
    Told(Phi<String>),
    /// The answers that were right for what was told: (question, word).
    Answered(Vec<(String, String)>),
}

/// Stops what a model computes at present; what is asked later is not touched. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Stops the work in progress within one step of the model (some hundred milliseconds at most).
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Called as work begins: a cancellation that came too late for the work before is forgotten.
    pub(crate) fn renew(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// An error once [`cancel`](Self::cancel) was called.
    pub(crate) fn check(&self) -> Result<(), NluError> {
        if self.0.load(Ordering::Relaxed) { Err(NluError::Cancelled) } else { Ok(()) }
    }
}
