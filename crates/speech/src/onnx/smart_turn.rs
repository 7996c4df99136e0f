//! smart-turn v3.2: has the speaker finished, or only paused?
//!
//! Input: the last 8 s, silence put in front of shorter turns, brought to zero mean and unit variance, as a Whisper
//! log-mel [1,80,800]; output: a probability, above 0.5 "finished". About 35 ms.
use std::path::Path;

use ndarray::Axis;
use ort::session::Session;
use ort::value::TensorRef;

use super::OnnxRuntime;
use super::mel::LogMel;
use crate::SpeechError;
use crate::hearing::{EndOfTurn, HZ};

/// What the model looks at.
const LOOK_BACK: usize = 8 * HZ as usize;

/// smart-turn on ONNX Runtime.
#[derive(Debug)]
pub struct SmartTurn {
    session: Session,
    log_mel: LogMel,
}

impl SmartTurn {
    /// Loads `smart-turn-v3.2-cpu.onnx`.
    pub fn load(runtime: OnnxRuntime, model: &Path) -> Result<Self, SpeechError> {
        Ok(Self { session: runtime.session(model)?, log_mel: LogMel::new() })
    }

    fn infer(&mut self, turn: &[f32]) -> Result<f32, ort::Error> {
        let features = self.log_mel.of(&standardised(turn)).insert_axis(Axis(0));
        let outputs = self.session.run(ort::inputs![TensorRef::from_array_view(&features)?])?;
        let (_, probability) = outputs[0].try_extract_tensor::<f32>()?;
        probability.first().copied().ok_or_else(|| ort::Error::new("no probability in the output"))
    }
}

impl EndOfTurn for SmartTurn {
    fn completion_probability(&mut self, turn: &[f32]) -> Result<f32, SpeechError> {
        self.infer(turn).map_err(SpeechError::failed("smart-turn"))
    }
}

/// The last 8 s with zeros in front, then zero mean and unit variance over all of it: the order matters, for the zeros
/// shift with the mean as they did in training.
fn standardised(turn: &[f32]) -> Vec<f32> {
    let recent = &turn[turn.len().saturating_sub(LOOK_BACK)..];
    let mut sound = vec![0.0; LOOK_BACK - recent.len()];
    sound.extend_from_slice(recent);
    // In f64: of 128,000 f32 the running sum loses the digits that the int8 model reacts to.
    let mean_of =
        |value: &dyn Fn(f64) -> f64| sound.iter().map(|&x| value(f64::from(x))).sum::<f64>() / LOOK_BACK as f64;
    let mean = mean_of(&|x| x);
    let scale = (mean_of(&|x| (x - mean).powi(2)) + 1e-7).sqrt().recip();
    for x in &mut sound {
        *x = ((f64::from(*x) - mean) * scale) as f32;
    }
    sound
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_turn_is_padded_in_front_and_standardised() {
        let sound = standardised(&[0.5; 1600]);
        assert_eq!(sound.len(), LOOK_BACK);
        assert!(sound[0] < 0.0 && sound[LOOK_BACK - 1] > 0.0);
        let mean = sound.iter().map(|&x| f64::from(x)).sum::<f64>() / LOOK_BACK as f64;
        assert!(mean.abs() < 1e-3, "{mean}");
    }

    #[test]
    fn of_a_long_turn_the_end_counts() {
        let mut turn = vec![0.9; LOOK_BACK];
        turn.extend(vec![-0.1; LOOK_BACK]);
        assert!(standardised(&turn).iter().all(|x| x.abs() < 1e-2));
    }
}
