"""SmolLM2 (and any Llama in GGUF) in PyTorch, with LoRA on every linear layer; reads prompts with branches as FirstRing does."""

import gguf
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class Lora(nn.Module):
    """A frozen linear layer and a trained low-rank change of it (Hu et al. 2021)."""

    def __init__(self, weight, rank, alpha, dropout):
        super().__init__()
        self.weight = nn.Parameter(weight.bfloat16(), requires_grad=False)
        self.down = nn.Parameter(torch.randn(rank, weight.shape[1]) / rank)
        self.up = nn.Parameter(torch.zeros(weight.shape[0], rank))
        self.scale = alpha / rank
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        return F.linear(x, self.weight) + self.scale * F.linear(self.dropout(F.linear(x, self.down)), self.up)


class Layer(nn.Module):
    LINEAR = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")

    def __init__(self, tensors, at, shape, lora):
        super().__init__()
        self.shape = shape
        for name in self.LINEAR:
            setattr(self, name, Lora(tensors[f"blk.{at}.{name}.weight"], **lora))
        self.attn_norm = nn.Parameter(tensors[f"blk.{at}.attn_norm.weight"], requires_grad=False)
        self.ffn_norm = nn.Parameter(tensors[f"blk.{at}.ffn_norm.weight"], requires_grad=False)

    def forward(self, x, turns, mask):
        batch, tokens, _ = x.shape
        heads, kv_heads, size, epsilon = self.shape
        h = F.rms_norm(x, x.shape[-1:], self.attn_norm, epsilon)
        q = turned(self.attn_q(h).view(batch, tokens, heads, size).transpose(1, 2), turns)
        k = turned(self.attn_k(h).view(batch, tokens, kv_heads, size).transpose(1, 2), turns)
        v = self.attn_v(h).view(batch, tokens, kv_heads, size).transpose(1, 2)
        k, v = (t.repeat_interleave(heads // kv_heads, dim=1) for t in (k, v))
        # Written out: its backward pass is several times quicker here than that of the fused one.
        attended = ((q @ k.mT) / size**0.5).masked_fill(~mask, float("-inf")).softmax(-1).to(v.dtype) @ v
        x = x + self.attn_output(attended.transpose(1, 2).reshape(batch, tokens, heads * size))
        h = F.rms_norm(x, x.shape[-1:], self.ffn_norm, epsilon)
        return x + self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h))


class Llama(nn.Module):
    def __init__(self, path, rank=8, alpha=16, dropout=0.05):
        super().__init__()
        reader = gguf.GGUFReader(path)
        number = lambda key: reader.fields[f"llama.{key}"].contents()
        tensors = {t.name: torch.from_numpy(np.array(gguf.dequantize(t.data, t.tensor_type))) for t in reader.tensors}
        heads = number("attention.head_count")
        size = number("embedding_length") // heads
        shape = (heads, number("attention.head_count_kv"), size, number("attention.layer_norm_rms_epsilon"))
        lora = dict(rank=rank, alpha=alpha, dropout=dropout)
        self.embedding = nn.Parameter(tensors["token_embd.weight"], requires_grad=False)
        self.output = nn.Parameter(tensors.get("output.weight", tensors["token_embd.weight"]), requires_grad=False)
        self.norm = nn.Parameter(tensors["output_norm.weight"], requires_grad=False)
        self.epsilon = shape[3]
        self.layers = nn.ModuleList(Layer(tensors, at, shape, lora) for at in range(number("block_count")))
        base = reader.fields["llama.rope.freq_base"].contents()
        self.frequencies = base ** (-torch.arange(0, size, 2).float() / size)

    def forward(self, batch):
        """States behind each fork of each prompt: [forks, values]."""
        angles = batch["positions"].float()[..., None] * self.frequencies
        turns = (angles.cos()[:, None], angles.sin()[:, None])
        x = self.embedding[batch["tokens"]]
        for layer in self.layers:
            x = layer(x, turns, batch["mask"])
        ends = x[batch["rows"], batch["ends"]]
        return F.rms_norm(ends, ends.shape[-1:], self.norm, self.epsilon)

    def changes(self):
        """The trained part, by the names of the weights in the GGUF file; the scale is already in it."""
        found = {}
        for at, layer in enumerate(self.layers):
            for name in Layer.LINEAR:
                lora = getattr(layer, name)
                found[f"blk.{at}.{name}.down"] = lora.down.detach().half().contiguous()
                found[f"blk.{at}.{name}.up"] = (lora.scale * lora.up).detach().half().contiguous()
        return found


def turned(x, turns):
    """Rotary positions on neighbouring values, as llama's GGUF files are laid out."""
    cos, sin = turns
    even, odd = x[..., ::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


def collate(lessons):
    """Lessons side by side: each prompt is read once, its forks stand behind it and do not see one another."""
    length = max(len(l["prompt"]) + sum(len(f["lead"]) for f in l["forks"]) for l in lessons)
    tokens = torch.zeros(len(lessons), length, dtype=torch.long)
    positions = torch.zeros(len(lessons), length, dtype=torch.long)
    mask = torch.zeros(len(lessons), 1, length, length, dtype=torch.bool)
    mask[:, :, torch.arange(length), torch.arange(length)] = True  # padding sees itself: no row is empty
    rows, ends, forks = [], [], []
    for row, lesson in enumerate(lessons):
        trunk = len(lesson["prompt"])
        tokens[row, :trunk] = torch.tensor(lesson["prompt"])
        positions[row, :trunk] = torch.arange(trunk)
        mask[row, 0, :trunk, :trunk] = torch.ones(trunk, trunk).tril().bool()
        at = trunk
        for fork in lesson["forks"]:
            n = len(fork["lead"])
            tokens[row, at : at + n] = torch.tensor(fork["lead"])
            positions[row, at : at + n] = torch.arange(trunk, trunk + n)
            mask[row, 0, at : at + n, :trunk] = True
            mask[row, 0, at : at + n, at : at + n] = torch.ones(n, n).tril().bool()
            at += n
            rows.append(row)
            ends.append(at - 1)
            forks.append(fork)
    return dict(tokens=tokens, positions=positions, mask=mask, rows=torch.tensor(rows), ends=torch.tensor(ends)), forks
