"""MiniLM (a BERT of six layers) in PyTorch, with LoRA on every linear layer, and the learned head on its mean embedding."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F

LINEAR = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
TOKENS_MAX = 192


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
    def __init__(self, tensors, name, epsilon):
        super().__init__()
        self.weight = nn.Parameter(tensors[name + ".weight"], requires_grad=False)
        self.bias = nn.Parameter(tensors[name + ".bias"], requires_grad=False)
        self.epsilon = epsilon

    def forward(self, x):
        return F.layer_norm(x, x.shape[-1:], self.weight, self.bias, self.epsilon)


class Layer(nn.Module):
    def __init__(self, tensors, at, config, lora):
        super().__init__()
        prefix = f"encoder.layer.{at}."
        self.parts = nn.ModuleList(
            Lora(tensors[f"{prefix}{name}.weight"], tensors[f"{prefix}{name}.bias"], **lora) for name in LINEAR
        )
        self.heads = config["num_attention_heads"]
        self.norms = nn.ModuleList(
            Norm(tensors, prefix + name, config["layer_norm_eps"]) for name in ("attention.output.LayerNorm", "output.LayerNorm")
        )

    def forward(self, x, mask):
        query, key, value, attended_out, up, down = self.parts
        batch, tokens, width = x.shape
        by_head = lambda t: t.view(batch, tokens, self.heads, width // self.heads).transpose(1, 2)
        scores = by_head(query(x)) @ by_head(key(x)).mT / (width // self.heads) ** 0.5
        attended = scores.masked_fill(~mask, float("-inf")).softmax(-1).to(x.dtype) @ by_head(value(x)).to(x.dtype)
        x = self.norms[0](x + attended_out(attended.transpose(1, 2).reshape(batch, tokens, width)))
        return self.norms[1](x + down(F.gelu(up(x))))


class MiniLm(nn.Module):
    """Texts -> logits of each question in `answers`: name -> number of labels."""

    def __init__(self, folder, answers, rank=8, alpha=16, dropout=0.1):
        super().__init__()
        folder = Path(folder)
        tensors = load_file(folder / "minilm.safetensors")
        config = json.loads((folder / "minilm-config.json").read_text())
        self.tokenizer = Tokenizer.from_file(str(folder / "minilm-tokenizer.json"))
        self.tokenizer.enable_truncation(TOKENS_MAX)
        self.tokenizer.enable_padding()
        frozen = lambda name: nn.Parameter(tensors[f"embeddings.{name}.weight"], requires_grad=False)
        self.words, self.positions = frozen("word_embeddings"), frozen("position_embeddings")
        self.types = frozen("token_type_embeddings")
        self.norm = Norm(tensors, "embeddings.LayerNorm", config["layer_norm_eps"])
        lora = dict(rank=rank, alpha=alpha, dropout=dropout)
        self.layers = nn.ModuleList(Layer(tensors, at, config, lora) for at in range(config["num_hidden_layers"]))
        width = config["hidden_size"]
        self.dropout = nn.Dropout(dropout)
        self.answers = nn.ModuleDict({name: nn.Linear(width, count) for name, count in answers.items()})

    def forward(self, texts):
        """`texts`: (line before or "", text) pairs."""
        encoded = self.tokenizer.encode_batch([(before, text) if before else text for before, text in texts])
        tokens = torch.tensor([e.ids for e in encoded])
        seen = torch.tensor([e.attention_mask for e in encoded])
        types = torch.tensor([e.type_ids for e in encoded])
        x = self.words[tokens] + self.positions[: tokens.shape[1]] + self.types[types]
        x = self.norm(x)
        mask = seen.bool()[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        weights = seen[..., None].to(x.dtype)
        mean = self.dropout((x * weights).sum(1) / weights.sum(1))
        return {name: head(mean) for name, head in self.answers.items()}

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
