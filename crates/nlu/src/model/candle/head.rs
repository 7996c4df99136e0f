use std::path::Path;

use candle_core::{Device, Tensor, safetensors};
use candle_nn::ops::{sigmoid, softmax_last_dim};
use tokenizers::Tokenizer;
use tokenizers::utils::truncation::TruncationParams;

use super::adapter::Adapter;
use super::encoder::{Encoder, Tensors};
use crate::NluError;
use crate::model::Head;

/// What is longer loses its end, as in training.
const TOKENS_MAX: usize = 192;
/// What it was trained to answer, in this order: one label of each.
const QUESTIONS: [&str; 3] = ["urgency", "intent", "caller"];
/// The question that may be answered with several labels.
const WISHES: &str = "wishes";

/// A sentence encoder and a linear layer for each question, trained together (`training/head.py`).
pub struct SentenceHead {
    tokenizer: Tokenizer,
    encoder: Encoder,
    /// Of each question.
    answers: Vec<Answer>,
    wishes: Answer,
}

/// Weights [values, labels] and bias of a linear layer.
type Answer = (Tensor, Tensor);

impl std::fmt::Debug for SentenceHead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SentenceHead").finish_non_exhaustive()
    }
}

impl SentenceHead {
    /// Loads the encoder, safetensors, its `tokenizer.json`, and `trained`, the bytes of what training made of it.
    pub fn load(weights: &Path, tokenizer: &Path, trained: &[u8]) -> Result<Self, NluError> {
        let unusable = |path: &Path, problem: &str, source: Box<dyn std::error::Error + Send + Sync>| {
            NluError::Weights { path: path.to_owned(), problem: problem.to_owned(), source: Some(source) }
        };
        let mut tokenizer =
            Tokenizer::from_file(tokenizer).map_err(|e| unusable(tokenizer, "it is no tokenizer", e))?;
        let truncation = TruncationParams { max_length: TOKENS_MAX, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(NluError::Inference)?.with_padding(None);
        let whole = safetensors::load(weights, &Device::Cpu)
            .map_err(|e| unusable(weights, "it is no complete safetensors file", e.into()))?;
        let adapter = Adapter::read(trained)?;
        let encoder = Encoder::load(&Tensors { whole, adapter: &adapter })
            .map_err(|e| unusable(weights, "its layers cannot be read", e.into()))?;
        let answer = |question: &str| -> candle_core::Result<Answer> {
            Ok((adapter.tensor(&format!("{question}.weight"))?.t()?, adapter.tensor(&format!("{question}.bias"))?))
        };
        let answers = QUESTIONS.iter().map(|question| answer(question)).collect::<Result<_, _>>()?;
        Ok(Self { tokenizer, encoder, answers, wishes: answer(WISHES)? })
    }
}

impl Head for SentenceHead {
    fn judge(&mut self, line_before: Option<&str>, text: &str) -> Result<Vec<Vec<f32>>, NluError> {
        let encoded = match line_before {
            Some(line) => self.tokenizer.encode_fast((line, text), true),
            None => self.tokenizer.encode_fast(text, true),
        };
        let encoded = encoded.map_err(NluError::Inference)?;
        let mean = self.encoder.mean(encoded.get_ids())?;
        let logits = |(weights, bias): &Answer| mean.matmul(weights)?.broadcast_add(bias);
        let mut given = Vec::with_capacity(self.answers.len() + 1);
        for answer in &self.answers {
            given.push(softmax_last_dim(&logits(answer)?)?.squeeze(0)?.to_vec1()?);
        }
        given.push(sigmoid(&logits(&self.wishes)?)?.squeeze(0)?.to_vec1()?);
        Ok(given)
    }
}
