use std::collections::HashMap;

use candle_core::{DType, Device, Result, Tensor, safetensors};

/// What training changed of a model: for a linear layer `X` the two thin matrices `X.down` [rank, in] and `X.up` [out, rank],
/// of which the product is added to its weights (LoRA, Hu et al. 2021; the scale is in `up`), and whole tensors of its own.
pub(super) struct Adapter(HashMap<String, Tensor>);

impl Adapter {
    /// From the bytes of a safetensors file.
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        Ok(Self(safetensors::load_buffer(bytes, &Device::Cpu)?))
    }

    /// Whether the layer was changed.
    pub(super) fn changes(&self, layer: &str) -> bool {
        self.0.contains_key(&format!("{layer}.up"))
    }

    /// The layer's weights [out, in] with their change; as they are, if there is none.
    pub(super) fn changed(&self, layer: &str, weights: Tensor) -> Result<Tensor> {
        if !self.changes(layer) {
            return Ok(weights);
        }
        let (up, down) = (self.tensor(&format!("{layer}.up"))?, self.tensor(&format!("{layer}.down"))?);
        weights + up.matmul(&down)?
    }

    /// A tensor that training made.
    pub(super) fn tensor(&self, name: &str) -> Result<Tensor> {
        let tensor = self.0.get(name).ok_or_else(|| candle_core::Error::Msg(format!("the adapter lacks {name}")))?;
        tensor.to_dtype(DType::F32)
    }
}
