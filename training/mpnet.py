"""MPNet (an encoder of twelve layers with relative positions) in PyTorch, with LoRA on every linear layer, and the learned head on its mean embedding."""

import math
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F

LINEAR = (
    "attention.attn.q",
    "attention.attn.k",
    "attention.attn.v",
    "attention.attn.o",
    "intermediate.dense",
    "output.dense",
)
TOKENS_MAX = 192
FIRST_POSITION = 2  # behind the numbers of two special tokens, as it was trained by its makers
FARTHEST = 128
NORM_EPSILON = 1e-5


class Lora(nn.Module):
    """A frozen linear layer with bias and a trained low-rank change of it."""

    def __init__(self, weight, bias, rank, alpha, dropout):
        super().__init__()
        self.weight = nn.Parameter(weight.bfloat16(), requires_grad=False)
        self.bias = nn.Parameter(bias.bfloat16(), requires_grad=False)
        self.down = nn.Parameter(torch.randn(rank, weight.shape[1]) / rank)
        self.up = nn.Parameter(torch.zeros(weight.shape[0], rank))
        self.scale = alpha / rank
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        changed = F.linear(self.dropout(F.linear(x, self.down)), self.up)
        return F.linear(x, self.weight, self.bias) + self.scale * changed


class Norm(nn.Module):
    def __init__(self, tensors, name):
        super().__init__()
        self.weight = nn.Parameter(tensors[name + ".weight"], requires_grad=False)
        self.bias = nn.Parameter(tensors[name + ".bias"], requires_grad=False)

    def forward(self, x):
        return F.layer_norm(x, x.shape[-1:], self.weight, self.bias, NORM_EPSILON)


class Layer(nn.Module):
    def __init__(self, tensors, at, heads, lora):
        super().__init__()
        prefix = f"encoder.layer.{at}."
        self.parts = nn.ModuleList(
            Lora(tensors[f"{prefix}{name}.weight"], tensors[f"{prefix}{name}.bias"], **lora) for name in LINEAR
        )
        self.heads = heads
        self.norms = nn.ModuleList(Norm(tensors, prefix + name) for name in ("attention.LayerNorm", "output.LayerNorm"))
        self.dropout = nn.Dropout(lora["dropout"])

    def forward(self, x, bias):
        """`bias`: what is added to the scores [batch, heads, tokens, tokens]: where a token stands, and -inf for padding."""
        query, key, value, attended_out, up, down = self.parts
        batch, tokens, width = x.shape
        by_head = lambda t: t.view(batch, tokens, self.heads, width // self.heads).transpose(1, 2)
        scores = by_head(query(x)) @ by_head(key(x)).mT / (width // self.heads) ** 0.5
        attended = (scores + bias).softmax(-1).to(x.dtype) @ by_head(value(x)).to(x.dtype)
        x = self.norms[0](x + self.dropout(attended_out(attended.transpose(1, 2).reshape(batch, tokens, width))))
        return self.norms[1](x + self.dropout(down(F.gelu(up(x)))))


def buckets(tokens, count):
    """In which bucket the distance from each token (row) to each (column) falls: near ones have their own, far ones share (Raffel et al. 2020)."""
    distance = torch.arange(tokens)[None, :] - torch.arange(tokens)[:, None]
    half = count // 2
    near = half // 2
    far = near + ((distance.abs().clamp(min=1) / near).log() / math.log(FARTHEST / near) * (half - near)).long()
    return torch.where(distance > 0, half, 0) + torch.where(distance.abs() < near, distance.abs(), far.clamp(max=half - 1))


class Mpnet(nn.Module):
    """Texts -> logits of each question in `answers`: name -> number of labels."""

    def __init__(self, folder, answers, rank=8, alpha=16, dropout=0.1):
        super().__init__()
        folder = Path(folder)
        tensors = load_file(folder / "mpnet.safetensors")
        self.tokenizer = Tokenizer.from_file(str(folder / "mpnet-tokenizer.json"))
        self.tokenizer.enable_truncation(TOKENS_MAX)
        self.tokenizer.enable_padding(pad_id=1, pad_token="<pad>")
        frozen = lambda name: nn.Parameter(tensors[f"{name}.weight"], requires_grad=False)
        self.words, self.positions = frozen("embeddings.word_embeddings"), frozen("embeddings.position_embeddings")
        self.distances = frozen("encoder.relative_attention_bias")
        self.norm = Norm(tensors, "embeddings.LayerNorm")
        layers = sum(name.endswith("intermediate.dense.weight") for name in tensors)
        heads, width = self.distances.shape[1], self.words.shape[1]
        lora = dict(rank=rank, alpha=alpha, dropout=dropout)
        self.layers = nn.ModuleList(Layer(tensors, at, heads, lora) for at in range(layers))
        self.dropout = nn.Dropout(dropout)
        self.answers = nn.ModuleDict({name: nn.Linear(width, count) for name, count in answers.items()})

    def forward(self, texts):
        """`texts`: (line before or "", text) pairs."""
        mean = self.dropout(self.mean(texts))
        return {name: head(mean) for name, head in self.answers.items()}

    def mean(self, texts):
        """The mean of the last layer over the tokens of each pair: [texts, values]."""
        encoded = self.tokenizer.encode_batch([(before, text) if before else text for before, text in texts])
        tokens = torch.tensor([e.ids for e in encoded])
        seen = torch.tensor([e.attention_mask for e in encoded])
        length = tokens.shape[1]
        x = self.norm(self.words[tokens] + self.positions[FIRST_POSITION : FIRST_POSITION + length])
        bias = self.distances[buckets(length, len(self.distances))].permute(2, 0, 1)[None]
        bias = bias.masked_fill(~seen.bool()[:, None, None, :], float("-inf"))
        for layer in self.layers:
            x = layer(x, bias)
        weights = seen[..., None].to(x.dtype)
        return (x * weights).sum(1) / weights.sum(1)

    def changes(self):
        """The trained part, by the names of the weights; the scale is already in it."""
        found = {}
        for at, layer in enumerate(self.layers):
            for name, part in zip(LINEAR, layer.parts):
                found[f"encoder.layer.{at}.{name}.down"] = part.down.detach().half().contiguous()
                found[f"encoder.layer.{at}.{name}.up"] = (part.scale * part.up).detach().half().contiguous()
        for name, head in self.answers.items():
            found[f"{name}.weight"] = head.weight.detach().contiguous()
            found[f"{name}.bias"] = head.bias.detach().contiguous()
        return found
