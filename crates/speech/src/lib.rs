//! Hearing and speaking: the traits that a speech model fulfils, the pure streaming logic around them, and one file
//! per backend.
//!
//! Sound comes in as 16 kHz mono and leaves at the voice's own rate; nothing here resamples, and nothing here knows a
//! clock or a runtime: hearing is told sample positions.
#![warn(missing_docs)]

mod error;
pub mod hearing;
pub mod number_words;
#[cfg(feature = "onnx")]
pub mod onnx;
pub mod voice;
#[cfg(feature = "whisper")]
pub mod whisper;

pub use error::SpeechError;
