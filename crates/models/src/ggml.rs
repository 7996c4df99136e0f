//! Whisper in whisper.cpp's own (legacy) file format, from CTranslate2's variables. The bytes equal those of the published
//! `ggml-*.bin` files: the order of tensors below is that of OpenAI's checkpoints, which whisper.cpp's converter kept.
//!
//! ```text
//! i32 magic "ggml"   i32 * 11 sizes
//! i32 mel bands   i32 bins   f32 * bands * bins
//! i32 tokens, each:   i32 length   bytes
//! tensors, each:      i32 rank   i32 name length   i32 type (0 = f32, 1 = f16)   i32 * rank, last dimension first   name   data
//! ```
//!
//! CTranslate2 stacks what OpenAI keeps apart: query, key and value of self-attention in one matrix, key and value of
//! cross-attention in another. It also gives keys a bias, which is zero there and absent here.

use crate::ct2::{Ct2Model, Variable};
use crate::{mel, vocabulary};

const MAGIC: u32 = 0x6767_6d6c;
const TYPE_F32: u32 = 0;
const TYPE_F16: u32 = 1;
/// Every Whisper model has attention heads of this width.
const HEAD_WIDTH: u32 = 64;

/// Rewrites `model.bin` and `tokenizer.json`; the error says what is not as expected.
pub(crate) fn whisper_from_ctranslate2(model_bin: &[u8], tokenizer_json: &[u8]) -> Result<Vec<u8>, String> {
    let model = Ct2Model::parse(model_bin)?;
    let tokens = vocabulary::tokens(tokenizer_json)?;
    let mut file = GgmlFile { model, bytes: Vec::with_capacity(model_bin.len() + tokenizer_json.len()) };
    file.header()?;
    file.vocabulary(&tokens);
    file.tensors()?;
    Ok(file.bytes)
}

struct GgmlFile<'a> {
    model: Ct2Model<'a>,
    bytes: Vec<u8>,
}

/// What becomes of a variable's numbers.
#[derive(Clone, Copy)]
enum Stored {
    /// Matrices and kernels, as they are.
    F16,
    /// Vectors and the tables of positions, widened.
    F32,
    /// Biases of convolutions: widened, and of shape (n, 1).
    F32Column,
}

impl<'a> GgmlFile<'a> {
    fn header(&mut self) -> Result<(), String> {
        let dimension = |name: &str, index: usize| {
            let shape = &self.model.f16(name)?.shape;
            shape.get(index).copied().ok_or_else(|| format!("variable {name:?} has shape {shape:?}"))
        };
        let vocabulary = dimension("decoder/embeddings/weight", 0)?;
        let width = dimension("decoder/embeddings/weight", 1)?;
        let audio_positions = dimension("encoder/position_encodings/encodings", 0)?;
        let text_positions = dimension("decoder/position_encodings/encodings", 0)?;
        let bands = dimension("encoder/conv1/weight", 1)?;
        let heads = width / HEAD_WIDTH;
        let (encoder_layers, decoder_layers) = (self.model.layers("encoder"), self.model.layers("decoder"));
        self.numbers(&[MAGIC, vocabulary, audio_positions, width, heads, encoder_layers]);
        self.numbers(&[text_positions, width, heads, decoder_layers, bands, TYPE_F16]);
        self.numbers(&[bands, mel::BINS as u32]);
        for weight in mel::filters(bands as usize) {
            self.bytes.extend(weight.to_le_bytes());
        }
        Ok(())
    }

    fn vocabulary(&mut self, tokens: &[Vec<u8>]) {
        self.numbers(&[tokens.len() as u32]);
        for token in tokens {
            self.numbers(&[token.len() as u32]);
            self.bytes.extend(token);
        }
    }

    fn tensors(&mut self) -> Result<(), String> {
        self.copy("decoder.positional_embedding", "decoder/position_encodings/encodings", Stored::F32)?;
        self.copy("encoder.positional_embedding", "encoder/position_encodings/encodings", Stored::F32)?;
        self.copy("decoder.token_embedding.weight", "decoder/embeddings/weight", Stored::F16)?;
        for layer in 0..self.model.layers("decoder") {
            let (to, from) = (format!("decoder.blocks.{layer}"), format!("decoder/layer_{layer}"));
            self.block(&to, &from)?;
            self.cross_attention(&format!("{to}.cross_attn"), &format!("{from}/attention"))?;
        }
        self.norm("decoder.ln", "decoder/layer_norm")?;
        for convolution in ["conv1", "conv2"] {
            let (to, from) = (format!("encoder.{convolution}"), format!("encoder/{convolution}"));
            self.copy(&format!("{to}.weight"), &format!("{from}/weight"), Stored::F16)?;
            self.copy(&format!("{to}.bias"), &format!("{from}/bias"), Stored::F32Column)?;
        }
        for layer in 0..self.model.layers("encoder") {
            self.block(&format!("encoder.blocks.{layer}"), &format!("encoder/layer_{layer}"))?;
        }
        self.norm("encoder.ln_post", "encoder/layer_norm")
    }

    fn block(&mut self, to: &str, from: &str) -> Result<(), String> {
        self.norm(&format!("{to}.mlp_ln"), &format!("{from}/ffn/layer_norm"))?;
        self.linear(&format!("{to}.mlp.0"), &format!("{from}/ffn/linear_0"))?;
        self.linear(&format!("{to}.mlp.2"), &format!("{from}/ffn/linear_1"))?;
        self.self_attention(&format!("{to}.attn"), &format!("{from}/self_attention"))
    }

    fn self_attention(&mut self, to: &str, from: &str) -> Result<(), String> {
        self.norm(&format!("{to}_ln"), &format!("{from}/layer_norm"))?;
        let [query, key, value] = self.stacked(&format!("{from}/linear_0"))?;
        self.layer(&format!("{to}.query"), &query);
        self.key(&format!("{to}.key"), &key)?;
        self.layer(&format!("{to}.value"), &value);
        self.linear(&format!("{to}.out"), &format!("{from}/linear_1"))
    }

    fn cross_attention(&mut self, to: &str, from: &str) -> Result<(), String> {
        self.norm(&format!("{to}_ln"), &format!("{from}/layer_norm"))?;
        self.linear(&format!("{to}.query"), &format!("{from}/linear_0"))?;
        let [key, value] = self.stacked(&format!("{from}/linear_1"))?;
        self.key(&format!("{to}.key"), &key)?;
        self.layer(&format!("{to}.value"), &value);
        self.linear(&format!("{to}.out"), &format!("{from}/linear_2"))
    }

    fn norm(&mut self, to: &str, from: &str) -> Result<(), String> {
        self.copy(&format!("{to}.weight"), &format!("{from}/gamma"), Stored::F32)?;
        self.copy(&format!("{to}.bias"), &format!("{from}/beta"), Stored::F32)
    }

    fn linear(&mut self, to: &str, from: &str) -> Result<(), String> {
        let [whole] = self.stacked(from)?;
        self.layer(to, &whole);
        Ok(())
    }

    fn layer(&mut self, to: &str, layer: &Layer) {
        self.tensor(&format!("{to}.weight"), &layer.weight, Stored::F16);
        self.tensor(&format!("{to}.bias"), &layer.bias, Stored::F32);
    }

    fn key(&mut self, to: &str, layer: &Layer) -> Result<(), String> {
        if layer.bias.data.iter().any(|&byte| byte != 0) {
            return Err(format!("{to} has a bias, and whisper.cpp has no place for it"));
        }
        self.tensor(&format!("{to}.weight"), &layer.weight, Stored::F16);
        Ok(())
    }

    /// A linear layer, cut into `N` layers of the same height.
    fn stacked<const N: usize>(&self, from: &str) -> Result<[Layer<'a>; N], String> {
        let (weight, bias) = (self.model.f16(&format!("{from}/weight"))?, self.model.f16(&format!("{from}/bias"))?);
        let rows = weight.shape.first().copied().unwrap_or(0);
        if weight.shape.len() != 2 || bias.shape != [rows] || rows == 0 || !rows.is_multiple_of(N as u32) {
            return Err(format!("{from:?} has shapes {:?} and {:?}, not {N} layers", weight.shape, bias.shape));
        }
        let height = rows / N as u32;
        let cut = |index: usize| {
            let (first, last) = (index as u32 * height, (index as u32 + 1) * height);
            Layer { weight: weight.rows(first, last), bias: bias.rows(first, last) }
        };
        Ok(std::array::from_fn(cut))
    }

    fn copy(&mut self, to: &str, from: &str, stored: Stored) -> Result<(), String> {
        let variable = self.model.f16(from)?.clone();
        self.tensor(to, &variable, stored);
        Ok(())
    }

    fn tensor(&mut self, name: &str, variable: &Variable<'_>, stored: Stored) {
        let mut shape = variable.shape.clone();
        let type_id = match stored {
            Stored::F16 => TYPE_F16,
            Stored::F32 => TYPE_F32,
            Stored::F32Column => {
                shape.push(1);
                TYPE_F32
            }
        };
        shape.reverse();
        self.numbers(&[shape.len() as u32, name.len() as u32, type_id]);
        self.numbers(&shape);
        self.bytes.extend(name.as_bytes());
        match stored {
            Stored::F16 => self.bytes.extend(variable.data),
            Stored::F32 | Stored::F32Column => {
                for half in variable.data.chunks_exact(2) {
                    self.bytes.extend(widen(u16::from_le_bytes([half[0], half[1]])).to_le_bytes());
                }
            }
        }
    }

    fn numbers(&mut self, numbers: &[u32]) {
        for number in numbers {
            self.bytes.extend(number.to_le_bytes());
        }
    }
}

struct Layer<'a> {
    weight: Variable<'a>,
    bias: Variable<'a>,
}

/// IEEE half precision to single, exactly: 1 sign bit, 5 exponent bits biased by 15, 10 fraction bits.
fn widen(half: u16) -> f32 {
    let sign = if half & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(half >> 10 & 0x1F);
    let fraction = f32::from(half & 0x3FF) / 1024.0;
    sign * match exponent {
        0 => fraction * 2.0_f32.powi(-14),
        0x1F if fraction == 0.0 => f32::INFINITY,
        0x1F => f32::NAN,
        _ => (1.0 + fraction) * 2.0_f32.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests;
