//! Silero VAD (version 6): is there voice in these 32 ms?
//!
//! Input: 64 samples of context followed by 512 new ones, the recurrent state [2,1,128], the rate; output: a probability
//! and the next state. About 0.1 ms a window.
use std::path::Path;

use ndarray::{Array0, Array2, Array3};
use ort::session::Session;
use ort::value::TensorRef;

use super::OnnxRuntime;
use crate::SpeechError;
use crate::hearing::{HZ, Vad, WINDOW};

/// Samples of the previous window that the model wants to see again.
const CONTEXT: usize = 64;

/// Below this a window is clearly no speech.
const CLEAR_SILENCE: f32 = 0.1;

/// After so many windows of clear non-speech in a row (8 s) the recurrent state is started afresh: after long silence
/// Silero can go deaf to the next words.
const WINDOWS_UNTIL_RESET: u32 = 250;

/// Silero on ONNX Runtime, for one call.
#[derive(Debug)]
pub struct Silero {
    session: Session,
    input: Array2<f32>,
    state: Array3<f32>,
    rate: Array0<i64>,
    clear_windows: u32,
}

impl Silero {
    /// Loads `silero_vad.onnx`.
    pub fn load(runtime: OnnxRuntime, model: &Path) -> Result<Self, SpeechError> {
        Ok(Self {
            session: runtime.session(model)?,
            input: Array2::zeros((1, CONTEXT + WINDOW)),
            state: Array3::zeros((2, 1, 128)),
            rate: Array0::from_elem((), i64::from(HZ)),
            clear_windows: 0,
        })
    }

    fn infer(&mut self) -> Result<f32, ort::Error> {
        let outputs = self.session.run(ort::inputs![
            "input" => TensorRef::from_array_view(&self.input)?,
            "state" => TensorRef::from_array_view(&self.state)?,
            "sr" => TensorRef::from_array_view(&self.rate)?,
        ])?;
        let (_, state) = outputs["stateN"].try_extract_tensor::<f32>()?;
        for (kept, new) in self.state.iter_mut().zip(state) {
            *kept = *new;
        }
        let (_, probability) = outputs["output"].try_extract_tensor::<f32>()?;
        probability.first().copied().ok_or_else(|| ort::Error::new("no probability in the output"))
    }
}

impl Vad for Silero {
    fn speech_probability(&mut self, window: &[f32; WINDOW]) -> Result<f32, SpeechError> {
        let input = self.input.as_slice_mut().expect("a fresh array is contiguous");
        input.copy_within(WINDOW.., 0);
        input[CONTEXT..].copy_from_slice(window);
        let probability = self.infer().map_err(SpeechError::failed("silero"))?;
        self.clear_windows = if probability < CLEAR_SILENCE { self.clear_windows + 1 } else { 0 };
        if self.clear_windows == WINDOWS_UNTIL_RESET {
            self.reset();
        }
        Ok(probability)
    }

    fn reset(&mut self) {
        self.input.fill(0.0);
        self.state.fill(0.0);
        self.clear_windows = 0;
    }
}
