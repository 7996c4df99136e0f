//! Models that run on ONNX Runtime: Silero and smart-turn for hearing, Piper and Kokoro for speaking.
//!
//! The runtime is a shared library that is opened once per process from the models directory; nothing is linked and no
//! environment variable is read. Each session computes on the one thread that calls it: parallelism comes from calls.
use std::path::Path;

use ort::session::Session;

use crate::SpeechError;

mod kokoro;
mod mel;
mod piper;
mod silero;
mod smart_turn;

pub use kokoro::{Kokoro, KokoroFiles};
pub use piper::Piper;
pub use silero::Silero;
pub use smart_turn::SmartTurn;

/// Proof that ONNX Runtime is loaded; free to copy.
#[derive(Clone, Copy, Debug)]
pub struct OnnxRuntime(());

impl OnnxRuntime {
    /// Opens the shared library. Later calls keep the library that was opened first, whatever path they name.
    pub fn load(library: &Path) -> Result<Self, SpeechError> {
        // ort takes a relative path as relative to the executable; we mean the working directory, as everybody does.
        let absolute = std::path::absolute(library).map_err(SpeechError::unusable(library))?;
        if !absolute.is_file() {
            return Err(SpeechError::Missing { path: absolute });
        }
        let environment = ort::init_from(&absolute).map_err(SpeechError::unusable(&absolute))?;
        // False means that an earlier call has committed the same settings.
        let _first = environment.with_name("firstring").with_telemetry(false).commit();
        Ok(Self(()))
    }

    /// Opens a model on one thread.
    pub fn session(self, model: &Path) -> Result<Session, SpeechError> {
        if !model.is_file() {
            return Err(SpeechError::Missing { path: model.to_owned() });
        }
        // The default takes every core for each session; calls would then fight for them.
        Session::builder()
            .and_then(|builder| builder.with_intra_threads(1))
            .and_then(|builder| builder.with_inter_threads(1))
            .and_then(|builder| builder.commit_from_file(model))
            .map_err(SpeechError::unusable(model))
    }
}
