//! A BERT (MiniLM: six layers, 384 values) with what training changed of it, from tokens to the mean of its last layer.
//!
//! Written out because it is short; candle-transformers would compile a hundred models for the sake of this one.

use std::collections::HashMap;

use candle_core::{Device, IndexOp, Result, Tensor};
use candle_nn::ops::{layer_norm, softmax_last_dim};
use serde::Deserialize;

use super::adapter::Adapter;

/// The measures of a model, from its `config.json`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Shape {
    num_hidden_layers: usize,
    num_attention_heads: usize,
    layer_norm_eps: f64,
    pub(super) max_position_embeddings: usize,
}

pub(super) struct Encoder {
    words: Tensor,
    positions: Tensor,
    types: Tensor,
    norm: Norm,
    layers: Vec<Layer>,
}

/// The tensors of a safetensors file, with their changes.
pub(super) struct Tensors<'a> {
    pub(super) whole: HashMap<String, Tensor>,
    pub(super) adapter: &'a Adapter,
}

impl Tensors<'_> {
    fn get(&self, name: &str) -> Result<Tensor> {
        self.whole.get(name).cloned().ok_or_else(|| candle_core::Error::Msg(format!("it lacks {name}")))
    }

    fn linear(&self, name: &str) -> Result<Linear> {
        let weights = self.adapter.changed(name, self.get(&format!("{name}.weight"))?)?;
        Ok(Linear { weights: weights.t()?.contiguous()?, bias: self.get(&format!("{name}.bias"))? })
    }

    fn norm(&self, name: &str, epsilon: f64) -> Result<Norm> {
        let (scale, shift) = (self.get(&format!("{name}.weight"))?, self.get(&format!("{name}.bias"))?);
        Ok(Norm { scale, shift, epsilon: epsilon as f32 })
    }
}

/// `x W + b`; `weights` [in, out].
struct Linear {
    weights: Tensor,
    bias: Tensor,
}

impl Linear {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.matmul(&self.weights)?.broadcast_add(&self.bias)
    }
}

struct Norm {
    scale: Tensor,
    shift: Tensor,
    epsilon: f32,
}

impl Norm {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        layer_norm(x, &self.scale, &self.shift, self.epsilon)
    }
}

struct Layer {
    heads: usize,
    query: Linear,
    key: Linear,
    value: Linear,
    attended: Linear,
    attended_norm: Norm,
    up: Linear,
    down: Linear,
    norm: Norm,
}

impl Layer {
    fn load(tensors: &Tensors<'_>, at: usize, shape: &Shape) -> Result<Self> {
        let name = |part: &str| format!("encoder.layer.{at}.{part}");
        let linear = |part: &str| tensors.linear(&name(part));
        let norm = |part: &str| tensors.norm(&name(part), shape.layer_norm_eps);
        Ok(Self {
            heads: shape.num_attention_heads,
            query: linear("attention.self.query")?,
            key: linear("attention.self.key")?,
            value: linear("attention.self.value")?,
            attended: linear("attention.output.dense")?,
            attended_norm: norm("attention.output.LayerNorm")?,
            up: linear("intermediate.dense")?,
            down: linear("output.dense")?,
            norm: norm("output.LayerNorm")?,
        })
    }

    /// `x`: [tokens, values].
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (tokens, width) = x.dims2()?;
        let size = width / self.heads;
        let by_head = |x: Tensor| x.reshape((tokens, self.heads, size))?.transpose(0, 1)?.contiguous();
        let query = by_head((self.query.forward(x)? / (size as f64).sqrt())?)?;
        let (key, value) = (by_head(self.key.forward(x)?)?, by_head(self.value.forward(x)?)?);
        let weights = softmax_last_dim(&query.matmul(&key.t()?)?)?;
        let attended = weights.matmul(&value)?.transpose(0, 1)?.reshape((tokens, width))?;
        let x = self.attended_norm.forward(&(x + self.attended.forward(&attended)?)?)?;
        let fed = self.down.forward(&self.up.forward(&x)?.gelu_erf()?)?;
        self.norm.forward(&(x + fed)?)
    }
}

impl Encoder {
    pub(super) fn load(tensors: &Tensors<'_>, shape: &Shape) -> Result<Self> {
        let embeddings = |name: &str| tensors.get(&format!("embeddings.{name}.weight"));
        Ok(Self {
            words: embeddings("word_embeddings")?,
            positions: embeddings("position_embeddings")?,
            types: embeddings("token_type_embeddings")?,
            norm: tensors.norm("embeddings.LayerNorm", shape.layer_norm_eps)?,
            layers: (0..shape.num_hidden_layers).map(|at| Layer::load(tensors, at, shape)).collect::<Result<_>>()?,
        })
    }

    /// The mean of the last layer over all tokens: [1, values]. `types`: 0 for the first text, 1 for the second.
    pub(super) fn mean(&self, tokens: &[u32], types: &[u32]) -> Result<Tensor> {
        let device = Device::Cpu;
        let words = self.words.index_select(&Tensor::new(tokens, &device)?, 0)?;
        let types = self.types.index_select(&Tensor::new(types, &device)?, 0)?;
        let mut x = self.norm.forward(&((words + self.positions.i(..tokens.len())?)? + types)?)?;
        for layer in &self.layers {
            x = layer.forward(&x)?;
        }
        x.mean_keepdim(0)
    }
}
