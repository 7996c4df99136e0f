//! From sound to finished utterances: what a hearing model must do, and the pure logic around such models.
//!
//! All sound here is 16 kHz mono `f32` in -1..1. Time is the number of samples since pick-up ([`SamplePosition`]);
//! nothing asks a clock. The models are three small synchronous traits ([`Vad`], [`EndOfTurn`], [`Recognizer`]), each
//! called by the thread that owns it. [`Listener`] decides when each of them works and what the caller has said; it
//! calls none of them itself. [`offline::hear`] runs all of it over a whole recording.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::Phi;

use crate::SpeechError;

mod activity;
mod correction;
mod digits;
mod evidence;
#[cfg(any(test, feature = "fakes"))]
pub mod fake;
mod final_text;
mod listener;
#[cfg(test)]
mod listener_tests;
mod loops;
pub mod offline;
mod output;
mod part;
mod patience;
mod position;
mod sound;
mod wordless;

pub use activity::{Activity, VoiceActivity};
pub use listener::{Listener, SecondDecode};
pub use loops::without_loop;
pub use output::{DecodeJob, Dismissal, Hearing, JobId};
pub use patience::Expecting;
pub use position::SamplePosition;

/// Samples a second of everything that is heard.
pub const HZ: u32 = 16_000;

/// Samples in the window that a voice activity detector judges: 32 ms, which Silero dictates.
pub const WINDOW: usize = 512;

/// Tells voice from everything else.
pub trait Vad: Send {
    /// Probability, 0 to 1, that somebody speaks in this window. Windows come in order, without gaps.
    fn speech_probability(&mut self, window: &[f32; WINDOW]) -> Result<f32, SpeechError>;

    /// Forgets what was heard: the next window is the first of another call.
    fn reset(&mut self);
}

/// Tells a finished turn from a pause in mid-thought, by its melody.
pub trait EndOfTurn: Send {
    /// Probability, 0 to 1, that the speaker has finished. `turn` is the turn so far with its last pause; of a long one
    /// the last 8 s matter.
    fn completion_probability(&mut self, turn: &[f32]) -> Result<f32, SpeechError>;
}

/// Turns speech into words.
pub trait Recognizer: Send {
    /// The words of `speech`, at most 30 s. Empty text where the model heard none.
    ///
    /// Returns [`SpeechError::Cancelled`] soon after `cancel` is set.
    fn recognize(&mut self, speech: &[f32], decoding: &Decoding, cancel: &Cancel) -> Result<Recognized, SpeechError>;
}

/// How to decode.
#[derive(Clone, Debug)]
pub struct Decoding {
    /// What the words will be used for.
    pub purpose: Purpose,
    /// The practice's names and drugs, which a recogniser may lean towards. Never symptoms: a prompt can make a model
    /// hear what nobody said.
    pub words: Arc<[String]>,
}

/// What decoded words will be used for, which decides how much work they are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To be shown and scanned while the caller speaks; the next one follows at once.
    Partial,
    /// To be acted on; the caller waits for it.
    Final,
    /// To correct names, drugs and numbers afterwards; nobody waits.
    Careful,
}

/// What a recogniser made of a stretch of sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognized {
    /// The words; empty if there were none.
    pub text: Phi<String>,
    /// Mean probability of the tokens, 0 to 1; 0 where there are none.
    pub confidence: f32,
    /// The decoder went round in circles even on its second try, and the repetition was cut off.
    pub looped: bool,
}

/// Asks a running decode to stop. Clones share the wish; it cannot be taken back.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks the decode to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
