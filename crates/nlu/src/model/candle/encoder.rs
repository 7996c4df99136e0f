//! An MPNet (Song et al. 2020; all-mpnet-base-v2: twelve layers, 768 values) with what training changed of it, from tokens to
//! the mean of its last layer.
//!
//! Written out because it is short; candle-transformers has none.

use std::collections::HashMap;

use candle_core::{Device, IndexOp, Result, Tensor};
use candle_nn::ops::{layer_norm, softmax_last_dim};

use super::adapter::Adapter;
use super::weights;

/// The numbers of two special tokens stand before the first position.
const FIRST_POSITION: usize = 2;
/// Tokens that stand farther apart than this share a bucket.
const FARTHEST: f64 = 128.0;
const NORM_EPSILON: f32 = 1e-5;

pub(super) struct Encoder {
    words: Tensor,
    positions: Tensor,
    /// What a distance adds to a score: [buckets, heads].
    distances: Tensor,
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
        let weights = weights::Linear::requantised(&weights, &Device::Cpu)?;
        Ok(Linear { weights, bias: self.get(&format!("{name}.bias"))? })
    }

    fn norm(&self, name: &str) -> Result<Norm> {
        let (scale, shift) = (self.get(&format!("{name}.weight"))?, self.get(&format!("{name}.bias"))?);
        Ok(Norm { scale, shift })
    }
}

/// `x W^T + b`, on eight-bit weights: half the time of full ones.
struct Linear {
    weights: weights::Linear,
    bias: Tensor,
}

impl Linear {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.weights.forward(x)?.broadcast_add(&self.bias)
    }
}

struct Norm {
    scale: Tensor,
    shift: Tensor,
}

impl Norm {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        layer_norm(x, &self.scale, &self.shift, NORM_EPSILON)
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
    fn load(tensors: &Tensors<'_>, at: usize, heads: usize) -> Result<Self> {
        let name = |part: &str| format!("encoder.layer.{at}.{part}");
        let linear = |part: &str| tensors.linear(&name(part));
        let norm = |part: &str| tensors.norm(&name(part));
        Ok(Self {
            heads,
            query: linear("attention.attn.q")?,
            key: linear("attention.attn.k")?,
            value: linear("attention.attn.v")?,
            attended: linear("attention.attn.o")?,
            attended_norm: norm("attention.LayerNorm")?,
            up: linear("intermediate.dense")?,
            down: linear("output.dense")?,
            norm: norm("output.LayerNorm")?,
        })
    }

    /// `x`: [tokens, values]; `apart`: what distances add to the scores, [heads, tokens, tokens].
    fn forward(&self, x: &Tensor, apart: &Tensor) -> Result<Tensor> {
        let (tokens, width) = x.dims2()?;
        let size = width / self.heads;
        let by_head = |x: Tensor| x.reshape((tokens, self.heads, size))?.transpose(0, 1)?.contiguous();
        let query = by_head((self.query.forward(x)? / (size as f64).sqrt())?)?;
        let (key, value) = (by_head(self.key.forward(x)?)?, by_head(self.value.forward(x)?)?);
        let weights = softmax_last_dim(&(query.matmul(&key.t()?)? + apart)?)?;
        let attended = weights.matmul(&value)?.transpose(0, 1)?.reshape((tokens, width))?;
        let x = self.attended_norm.forward(&(x + self.attended.forward(&attended)?)?)?;
        let fed = self.down.forward(&self.up.forward(&x)?.gelu_erf()?)?;
        self.norm.forward(&(x + fed)?)
    }
}

impl Encoder {
    pub(super) fn load(tensors: &Tensors<'_>) -> Result<Self> {
        let distances = tensors.get("encoder.relative_attention_bias.weight")?;
        let heads = distances.dim(1)?;
        let there = |at: &usize| tensors.whole.contains_key(&format!("encoder.layer.{at}.output.dense.weight"));
        let layers = (0..).take_while(there).map(|at| Layer::load(tensors, at, heads)).collect::<Result<Vec<_>>>()?;
        if layers.is_empty() {
            candle_core::bail!("it has no layers of MPNet");
        }
        Ok(Self {
            words: tensors.get("embeddings.word_embeddings.weight")?,
            positions: tensors.get("embeddings.position_embeddings.weight")?,
            distances,
            norm: tensors.norm("embeddings.LayerNorm")?,
            layers,
        })
    }

    /// The mean of the last layer over all tokens: [1, values].
    pub(super) fn mean(&self, tokens: &[u32]) -> Result<Tensor> {
        let words = self.words.index_select(&Tensor::new(tokens, &Device::Cpu)?, 0)?;
        let positions = self.positions.i(FIRST_POSITION..FIRST_POSITION + tokens.len())?;
        let mut x = self.norm.forward(&(words + positions)?)?;
        let apart = self.apart(tokens.len())?;
        for layer in &self.layers {
            x = layer.forward(&x, &apart)?;
        }
        x.mean_keepdim(0)
    }

    fn apart(&self, tokens: usize) -> Result<Tensor> {
        let (buckets, heads) = self.distances.dims2()?;
        let all: Vec<u32> =
            (0..tokens).flat_map(|from| (0..tokens).map(move |to| bucket(from, to, buckets as u32))).collect();
        let added = self.distances.index_select(&Tensor::new(all, &Device::Cpu)?, 0)?;
        added.reshape((tokens, tokens, heads))?.permute((2, 0, 1))?.contiguous()
    }
}

/// The bucket of the distance between two tokens, half of the buckets for each direction: near ones have their own, farther
/// ones share by the logarithm (Raffel et al. 2020).
fn bucket(from: usize, to: usize, buckets: u32) -> u32 {
    let half = buckets / 2;
    let near = half / 2;
    let distance = from.abs_diff(to) as u32;
    let behind = if to > from { half } else { 0 };
    if distance < near {
        return behind + distance;
    }
    let share = (f64::from(distance) / f64::from(near)).ln() / (FARTHEST / f64::from(near)).ln();
    behind + (near + (share * f64::from(half - near)) as u32).min(half - 1)
}

#[cfg(test)]
mod tests {
    use super::bucket;

    #[test]
    fn near_tokens_have_buckets_of_their_own_and_far_ones_share() {
        let of = |from, to| bucket(from, to, 32);
        assert_eq!((0..9).map(|at| of(20, 20 - at)).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!((of(0, 1), of(0, 7), of(0, 8)), (17, 23, 24));
        assert_eq!((of(0, 16), of(0, 64), of(0, 128), of(0, 191)), (26, 30, 31, 31));
        assert_eq!(of(191, 0), 15);
    }
}
