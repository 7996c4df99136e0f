use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::quantized::tokenizer::TokenizerFromGguf;
use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{Device, Module, Result, Tensor};
use tokenizers::Tokenizer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;

use super::adapter::Adapter;
use crate::NluError;

/// Super-blocks of the fast kernels: their rows are a multiple of this many values long.
const ROW_VALUES: usize = 256;

/// How the positions are turned into a query or key: which values of a head form a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rotation {
    /// The first half with the second (Qwen 2).
    Halves,
    /// Each with its neighbour (Llama, as converted to GGUF).
    Neighbours,
}

/// The measures of a model, as its file states them.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) kv_heads: usize,
    pub(super) head_size: usize,
    pub(super) norm_epsilon: f32,
    pub(super) rotation_base: f32,
    pub(super) rotation: Rotation,
    pub(super) tokens_max: usize,
}

/// An open GGUF file.
pub(super) struct Weights {
    content: Content,
    file: BufReader<File>,
    device: Device,
    adapter: Option<Adapter>,
}

impl Weights {
    pub(super) fn open(path: &Path, adapter: Option<Adapter>, device: &Device) -> std::result::Result<Self, NluError> {
        let unusable = |problem: &str, source: Box<dyn std::error::Error + Send + Sync>| NluError::Weights {
            path: path.to_owned(),
            problem: problem.to_owned(),
            source: Some(source),
        };
        let file = File::open(path).map_err(|e| unusable("it cannot be opened", e.into()))?;
        let mut file = BufReader::new(file);
        let content = Content::read(&mut file).map_err(|e| unusable("it is not a complete GGUF file", e.into()))?;
        Ok(Self { content, file, device: device.clone(), adapter })
    }

    pub(super) fn tokenizer(&self) -> Result<Tokenizer> {
        let mut tokenizer = Tokenizer::from_gguf(&self.content)?;
        // candle cuts SmolLM2's texts as GPT-2's: with a space put before each, and digits in groups.
        if self.value("tokenizer.ggml.pre").and_then(Value::to_string).is_ok_and(|pre| pre == "smollm") {
            let digits = Digits::new(true).into();
            let bytes = ByteLevel::default().add_prefix_space(false).into();
            tokenizer.with_pre_tokenizer(Some(Sequence::new(vec![digits, bytes])));
        }
        Ok(tokenizer)
    }

    pub(super) fn shape(&self) -> Result<Shape> {
        let architecture = self.value("general.architecture")?.to_string()?.clone();
        let rotation = match architecture.as_str() {
            "qwen2" => Rotation::Halves,
            "llama" => Rotation::Neighbours,
            other => candle_core::bail!("its architecture is {other}; qwen2 and llama are known"),
        };
        let number =
            |key: &str| -> Result<usize> { Ok(self.value(&format!("{architecture}.{key}"))?.to_u32()? as usize) };
        let real = |key: &str| self.value(&format!("{architecture}.{key}"))?.to_f32();
        let heads = number("attention.head_count")?;
        Ok(Shape {
            layers: number("block_count")?,
            heads,
            kv_heads: number("attention.head_count_kv")?,
            head_size: number("embedding_length")? / heads,
            norm_epsilon: real("attention.layer_norm_rms_epsilon")?,
            rotation_base: real("rope.freq_base").unwrap_or(10_000.0),
            rotation,
            tokens_max: number("context_length")?,
        })
    }

    fn value(&self, key: &str) -> Result<&Value> {
        self.content.metadata.get(key).ok_or_else(|| candle_core::Error::Msg(format!("it lacks {key}")))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// A small tensor (norm, bias) in full precision.
    pub(super) fn tensor(&mut self, name: &str) -> Result<Tensor> {
        self.quantised(name)?.dequantize(&self.device)
    }

    pub(super) fn quantised(&mut self, name: &str) -> Result<QTensor> {
        self.content.tensor(&mut self.file, name, &self.device)
    }

    /// A linear layer without bias, in a form that the fast kernels take.
    pub(super) fn linear(&mut self, name: &str) -> Result<Linear> {
        let weights = self.quantised(name)?;
        let layer = name.trim_end_matches(".weight");
        match &self.adapter {
            Some(adapter) if adapter.changes(layer) => {
                Linear::requantised(&adapter.changed(layer, weights.dequantize(&Device::Cpu)?)?, &self.device)
            }
            Some(_) | None => Linear::new(weights),
        }
    }
}

/// `x W^T`, with the rows of `W` padded by zeros where the fast kernels need it.
pub(super) struct Linear {
    weights: QMatMul,
    padding: usize,
}

impl Linear {
    /// Q4_K, Q6_K and Q8_0 with rows of whole super-blocks are used as they are: candle's vector kernels cover these.
    /// Others have scalar kernels only, several times slower: they are requantised to Q8_0, which costs a second at
    /// load and up to twice the memory.
    fn new(weights: QTensor) -> Result<Self> {
        let row = weights.shape().dims2()?.1;
        let padding = row.next_multiple_of(ROW_VALUES) - row;
        let fast = matches!(weights.dtype(), GgmlDType::Q4K | GgmlDType::Q6K | GgmlDType::Q8_0);
        if fast && padding == 0 {
            return Ok(Self { weights: QMatMul::from_arc(Arc::new(weights))?, padding });
        }
        Self::requantised(&weights.dequantize(&Device::Cpu)?, &weights.device())
    }

    pub(super) fn requantised(weights: &Tensor, device: &Device) -> Result<Self> {
        let row = weights.dims2()?.1;
        let padding = row.next_multiple_of(ROW_VALUES) - row;
        let padded = weights.pad_with_zeros(1, 0, padding)?;
        let requantised = QTensor::quantize_onto(&padded, GgmlDType::Q8_0, device)?;
        Ok(Self { weights: QMatMul::from_arc(Arc::new(requantised))?, padding })
    }

    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if self.padding == 0 {
            return self.weights.forward(x);
        }
        self.weights.forward(&x.pad_with_zeros(1, 0, self.padding)?)
    }
}
