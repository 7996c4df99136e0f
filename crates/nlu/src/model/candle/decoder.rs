//! The transformer itself: Qwen 2 and Llama, from tokens to the state before the last layer.
//!
//! Written for asking many short questions about prompts that begin alike. What was read is a [`Memory`], a plain
//! value: cloning it costs a few reference counts, and its long beginning is shared between all calls instead of being
//! copied. A pass may carry several *branches* after its trunk: alternative continuations that see the trunk and
//! themselves but not one another, at the cost of their few tokens.
//!
//! Shapes: `x` is [tokens, values]; heads are [heads, tokens, head_size].

use candle_core::quantized::QTensor;
use candle_core::{D, Device, Result, Tensor};
use candle_nn::ops::{rms_norm, softmax_last_dim};
use candle_nn::rotary_emb::{rope, rope_i};

use super::weights::{Linear, Rotation, Shape, Weights};

/// Keys and values of one stretch of tokens, of all layers: each [kv_heads, tokens, head_size].
type Stretch = Vec<(Tensor, Tensor)>;

/// Says how a [`Memory`] comes about: raised when the same tokens give other keys or values than before, so that
/// memories on disk are made anew.
pub(super) const DECODER_VERSION: u32 = 1;

/// What the decoder remembers of the tokens that it read.
#[derive(Clone, Default)]
pub(super) struct Memory {
    /// The beginning, shared with other memories.
    shared: Stretch,
    shared_tokens: usize,
    /// What follows it.
    own: Stretch,
    own_tokens: usize,
}

impl Memory {
    pub(super) fn tokens(&self) -> usize {
        self.shared_tokens + self.own_tokens
    }

    /// The memory of the first `tokens` only.
    pub(super) fn truncated(&self, tokens: usize) -> Result<Self> {
        let shared_tokens = self.shared_tokens.min(tokens);
        let own_tokens = self.own_tokens.min(tokens - shared_tokens);
        Ok(Self {
            shared: first(&self.shared, shared_tokens)?,
            shared_tokens,
            own: first(&self.own, own_tokens)?,
            own_tokens,
        })
    }

    /// Keys and values one after the other, layer by layer; of a memory without a shared part.
    pub(super) fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        debug_assert_eq!(self.shared_tokens, 0, "only a beginning that was just read is taken apart");
        self.own.iter().flat_map(|(keys, values)| [keys, values])
    }

    /// The memory of `tokens` tokens from what [`tensors`](Self::tensors) gave.
    pub(super) fn from_tensors(tensors: Vec<Tensor>, tokens: usize) -> Self {
        let mut tensors = tensors.into_iter();
        let own = std::iter::from_fn(|| tensors.next().zip(tensors.next())).collect();
        Self { own, own_tokens: tokens, ..Self::default() }
    }

    /// The same memory, to be shared by all that continues it. Only for one that has no shared part yet.
    pub(super) fn into_shared(self) -> Self {
        debug_assert_eq!(self.shared_tokens, 0, "a memory is shared once");
        Self { shared: self.own, shared_tokens: self.own_tokens, ..Self::default() }
    }
}

/// The first `tokens` of a stretch. A stretch without tokens is empty: candle has no tensors of length 0.
fn first(stretch: &Stretch, tokens: usize) -> Result<Stretch> {
    if tokens == 0 {
        return Ok(Vec::new());
    }
    stretch.iter().map(|(k, v)| Ok((k.narrow(1, 0, tokens)?, v.narrow(1, 0, tokens)?))).collect()
}

/// The tokens of one pass.
pub(super) struct Pass<'a> {
    /// Read one after the other; remembered.
    pub(super) trunk: &'a [u32],
    /// Alternatives that may follow the trunk; forgotten. None of them is empty.
    pub(super) branches: &'a [Vec<u32>],
}

impl Pass<'_> {
    fn tokens(&self) -> Vec<u32> {
        self.trunk.iter().chain(self.branches.iter().flatten()).copied().collect()
    }

    /// Where each token stands: every branch begins where the trunk ends.
    fn positions(&self, from: usize) -> Vec<u32> {
        let end = from + self.trunk.len();
        let branches = self.branches.iter().flat_map(|branch| end..end + branch.len());
        (from..end).chain(branches).map(|position| position as u32).collect()
    }

    /// Which token each sees: [tokens, remembered + tokens], 0 or minus infinity. None if a lone token sees all.
    fn mask(&self, remembered: usize, device: &Device) -> Result<Option<Tensor>> {
        let trunk = self.trunk.len();
        let count = trunk + self.branches.iter().map(Vec::len).sum::<usize>();
        if count == 1 {
            return Ok(None);
        }
        let width = remembered + count;
        let mut mask = vec![f32::NEG_INFINITY; count * width];
        let mut branch_from = trunk;
        let branches = self.branches.iter().map(|branch| {
            branch_from += branch.len();
            branch_from - branch.len()..branch_from
        });
        for stretch in std::iter::once(0..trunk).chain(branches) {
            for token in stretch.clone() {
                let row = &mut mask[token * width..(token + 1) * width];
                row[..remembered + trunk.min(token + 1)].fill(0.0);
                row[remembered + stretch.start..=remembered + token].fill(0.0);
            }
        }
        Tensor::from_vec(mask, (count, width), device).map(Some)
    }
}

pub(super) struct Decoder {
    shape: Shape,
    device: Device,
    /// Stays quantised: rows are looked up for what is read and for the words that may be answered.
    embedding: QTensor,
    /// The last layer, where it differs from the embedding.
    output: Option<QTensor>,
    layers: Vec<Layer>,
    norm: Tensor,
    cos: Tensor,
    sin: Tensor,
}

impl Decoder {
    /// `tokens_max` limits the table of rotations; prompts are short.
    pub(super) fn load(weights: &mut Weights, device: &Device, tokens_max: usize) -> Result<Self> {
        let shape = weights.shape()?;
        let (cos, sin) = rotations(&shape, tokens_max.min(shape.tokens_max), device)?;
        let output = if weights.has("output.weight") { Some(weights.quantised("output.weight")?) } else { None };
        Ok(Self {
            embedding: weights.quantised("token_embd.weight")?,
            output,
            layers: (0..shape.layers).map(|at| Layer::load(weights, at)).collect::<Result<_>>()?,
            norm: weights.tensor("output_norm.weight")?,
            device: device.clone(),
            cos,
            sin,
            shape,
        })
    }

    /// What the memory of so many tokens consists of: how many tensors, each of which shape.
    pub(super) fn memory_shape(&self, tokens: usize) -> (usize, [usize; 3]) {
        (2 * self.shape.layers, [self.shape.kv_heads, tokens, self.shape.head_size])
    }

    /// How many tokens a prompt may have.
    pub(super) fn tokens_max(&self) -> usize {
        self.cos.dims()[0]
    }

    /// Reads one pass after `memory`. Gives the memory with the trunk added, and the last layer's input at the end of
    /// each branch: [branches, values]; with no branch, at the end of the trunk.
    pub(super) fn read(&self, pass: &Pass<'_>, memory: &Memory) -> Result<(Memory, Tensor)> {
        let at = memory.tokens();
        let tokens = Tensor::new(pass.tokens(), &self.device)?;
        let positions = Tensor::new(pass.positions(at), &self.device)?;
        let turns = Turns { cos: self.cos.index_select(&positions, 0)?, sin: self.sin.index_select(&positions, 0)? };
        let mask = pass.mask(at, &self.device)?;
        let mut x = self.embedding.embedding(&tokens)?.to_device(&self.device)?;
        let mut own = Vec::with_capacity(self.layers.len());
        for (index, layer) in self.layers.iter().enumerate() {
            let remembered = Remembered { shared: memory.shared.get(index), own: memory.own.get(index) };
            let (next, key_value) = layer.forward(&x, &self.shape, &turns, mask.as_ref(), &remembered)?;
            x = next;
            own.push(key_value);
        }
        let own_tokens = memory.own_tokens + pass.trunk.len();
        let read = Memory {
            shared: memory.shared.clone(),
            shared_tokens: memory.shared_tokens,
            own: first(&own, own_tokens)?,
            own_tokens,
        };
        let mut end = pass.trunk.len();
        let mut ends = vec![end as u32 - u32::from(end > 0)];
        if !pass.branches.is_empty() {
            ends = pass
                .branches
                .iter()
                .map(|b| {
                    end += b.len();
                    end as u32 - 1
                })
                .collect();
        }
        let last = x.index_select(&Tensor::new(ends, &self.device)?, 0)?;
        Ok((read, rms_norm(&last, &self.norm, self.shape.norm_epsilon)?))
    }

    /// How strongly the decoder expects each of `tokens` next, given one row of what [`read`](Self::read) gave.
    pub(super) fn logits(&self, state: &Tensor, tokens: &[u32]) -> Result<Vec<f32>> {
        let output = self.output.as_ref().unwrap_or(&self.embedding);
        let rows = output.embedding(&Tensor::new(tokens, &self.device)?)?.to_device(&self.device)?;
        rows.matmul(&state.unsqueeze(1)?)?.squeeze(1)?.to_vec1()
    }
}

struct Layer {
    attention_norm: Tensor,
    query: Linear,
    key: Linear,
    value: Linear,
    /// Of query, key and value; Qwen 2 has them, Llama has not.
    biases: Option<[Tensor; 3]>,
    output: Linear,
    feed_norm: Tensor,
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// Cosines and sines at the positions of a pass.
struct Turns {
    cos: Tensor,
    sin: Tensor,
}

/// One layer's part of a [`Memory`].
struct Remembered<'a> {
    shared: Option<&'a (Tensor, Tensor)>,
    own: Option<&'a (Tensor, Tensor)>,
}

impl Layer {
    fn load(weights: &mut Weights, at: usize) -> Result<Self> {
        let name = |part: &str| format!("blk.{at}.{part}");
        let biases = if weights.has(&name("attn_q.bias")) {
            let mut bias = |part: &str| weights.tensor(&name(part));
            Some([bias("attn_q.bias")?, bias("attn_k.bias")?, bias("attn_v.bias")?])
        } else {
            None
        };
        Ok(Self {
            attention_norm: weights.tensor(&name("attn_norm.weight"))?,
            query: weights.linear(&name("attn_q.weight"))?,
            key: weights.linear(&name("attn_k.weight"))?,
            value: weights.linear(&name("attn_v.weight"))?,
            biases,
            output: weights.linear(&name("attn_output.weight"))?,
            feed_norm: weights.tensor(&name("ffn_norm.weight"))?,
            gate: weights.linear(&name("ffn_gate.weight"))?,
            up: weights.linear(&name("ffn_up.weight"))?,
            down: weights.linear(&name("ffn_down.weight"))?,
        })
    }

    fn forward(
        &self,
        x: &Tensor,
        shape: &Shape,
        turns: &Turns,
        mask: Option<&Tensor>,
        remembered: &Remembered<'_>,
    ) -> Result<(Tensor, (Tensor, Tensor))> {
        let normed = rms_norm(x, &self.attention_norm, shape.norm_epsilon)?;
        let mut projected = [self.query.forward(&normed)?, self.key.forward(&normed)?, self.value.forward(&normed)?];
        if let Some(biases) = &self.biases {
            for (values, bias) in projected.iter_mut().zip(biases) {
                *values = values.broadcast_add(bias)?;
            }
        }
        let [query, key, value] = projected;
        let query = turned(&by_head(&query, shape.heads, shape.head_size)?, turns, shape.rotation)?;
        let key = turned(&by_head(&key, shape.kv_heads, shape.head_size)?, turns, shape.rotation)?;
        let value = by_head(&value, shape.kv_heads, shape.head_size)?;
        let own = match remembered.own {
            Some((keys, values)) => (Tensor::cat(&[keys, &key], 1)?, Tensor::cat(&[values, &value], 1)?),
            None => (key, value),
        };
        let stretches: Vec<_> = remembered.shared.into_iter().chain([&own]).collect();
        let attended = attend(&query, &stretches, mask, shape)?;
        let x = (x + self.output.forward(&attended)?)?;
        let normed = rms_norm(&x, &self.feed_norm, shape.norm_epsilon)?;
        let fed = (self.gate.forward(&normed)?.silu()? * self.up.forward(&normed)?)?;
        Ok(((&x + self.down.forward(&fed)?)?, own))
    }
}

/// Attention over stretches of keys and values that follow one another, without joining them. Query heads share the
/// keys of their group: the heads of a group are laid out as further rows of the same product.
fn attend(query: &Tensor, stretches: &[&(Tensor, Tensor)], mask: Option<&Tensor>, shape: &Shape) -> Result<Tensor> {
    let count = query.dim(1)?;
    let group_rows = shape.heads / shape.kv_heads * count;
    let query = (query / (shape.head_size as f64).sqrt())?.reshape((shape.kv_heads, group_rows, shape.head_size))?;
    let scores = stretches.iter().map(|(keys, _)| query.matmul(&keys.t()?)).collect::<Result<Vec<_>>>()?;
    let scores = Tensor::cat(&scores, D::Minus1)?;
    let width = scores.dim(D::Minus1)?;
    let scores = match mask {
        Some(mask) => scores.reshape((shape.heads, count, width))?.broadcast_add(mask)?,
        None => scores,
    };
    let weights = softmax_last_dim(&scores)?.reshape((shape.kv_heads, group_rows, width))?;
    let mut from = 0;
    let mut attended: Option<Tensor> = None;
    for (_, values) in stretches {
        let tokens = values.dim(1)?;
        let part = weights.narrow(2, from, tokens)?.contiguous()?.matmul(values)?;
        attended = Some(match attended {
            Some(sum) => (sum + part)?,
            None => part,
        });
        from += tokens;
    }
    let attended = attended.expect("the tokens being read are a stretch of their own");
    let by_token = attended.reshape((shape.heads, count, shape.head_size))?.transpose(0, 1)?;
    by_token.reshape((count, shape.heads * shape.head_size))
}

fn by_head(x: &Tensor, heads: usize, head_size: usize) -> Result<Tensor> {
    x.reshape((x.dim(0)?, heads, head_size))?.transpose(0, 1)?.contiguous()
}

fn turned(heads: &Tensor, turns: &Turns, rotation: Rotation) -> Result<Tensor> {
    let heads = heads.unsqueeze(0)?;
    let turned = match rotation {
        Rotation::Halves => rope(&heads, &turns.cos, &turns.sin)?,
        Rotation::Neighbours => rope_i(&heads, &turns.cos, &turns.sin)?,
    };
    turned.squeeze(0)
}

fn rotations(shape: &Shape, tokens_max: usize, device: &Device) -> Result<(Tensor, Tensor)> {
    let size = shape.head_size as f32;
    let frequencies: Vec<f32> =
        (0..shape.head_size / 2).map(|pair| shape.rotation_base.powf(-2.0 * pair as f32 / size)).collect();
    let angles: Vec<f32> =
        (0..tokens_max).flat_map(|position| frequencies.iter().map(move |f| position as f32 * f)).collect();
    let angles = Tensor::from_vec(angles, (tokens_max, shape.head_size / 2), device)?;
    Ok((angles.cos()?, angles.sin()?))
}
