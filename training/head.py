"""Trains the learned head: `python head.py MINILM_FOLDER TRAIN.jsonl VALIDATION.jsonl OUT.safetensors`."""

import math
import random
import sys
import time

import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from adapter import EXPECTED, batches, expect, read, report
from labels import CALLERS, INTENTS, URGENCIES
from minilm import MiniLm

SEED = 1
EPOCHS = 6
BATCH = 32
LEARNING_RATE = 8e-4
WARM_UP = 0.06
WEIGHTS = {"urgency": 2.0, "intent": 1.0, "caller": 0.5}
SMOOTHING = 0.05

LABELS = {"urgency": URGENCIES, "intent": INTENTS, "caller": CALLERS}


def right_of(case):
    """The labels of a case; the wish that an answer serves was told before it, and is none of its own."""
    right = {"urgency": case["urgency"], "caller": case["caller"]}
    return right | {"intent": case["intents"][0]} if case["asked"] == "open" else right


def validate(model, lines, labels):
    model.eval()
    given = []
    with torch.no_grad():
        for line in lines:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = model([(line["line_before"] or "", line["case"]["text"])])
            logits = {name: of.float() for name, of in logits.items()}
            right = {name: labels[name][int(logits[name][0].argmax())] == label for name, label in right_of(line["case"]).items()}
            given.append((logits["urgency"][0].softmax(0).tolist(), right))
    return given


def main(folder, train, validation, out):
    random.seed(SEED)
    torch.manual_seed(SEED)
    torch.set_flush_denormal(True)  # the smallest gradients are many times slower than others, and tell nothing
    lines, held = read(train), read(validation)
    labels = LABELS
    model = MiniLm(folder, {name: len(of) for name, of in labels.items()})
    trained = [p for p in model.parameters() if p.requires_grad]
    print(f"{len(lines)} cases, {sum(p.numel() for p in trained)} trained parameters", flush=True)
    steps = EPOCHS * math.ceil(len(lines) / BATCH)
    optimizer = torch.optim.AdamW(trained, lr=LEARNING_RATE, weight_decay=0.01)
    schedule = lambda step: min(1.0, (step + 1) / (WARM_UP * steps)) * (0.5 + 0.5 * math.cos(math.pi * step / steps))
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule)
    began = time.time()
    for epoch in range(EPOCHS):
        model.train()
        total = 0.0
        for batch in batches(lines, BATCH, lambda line: len(line["case"]["text"])):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = model([(line["line_before"] or "", line["case"]["text"]) for line in batch])
            loss = 0.0
            for name, weight in WEIGHTS.items():
                right = [right_of(line["case"]).get(name) for line in batch]
                target = torch.tensor([labels[name].index(label) if label else -100 for label in right])
                if any(right):
                    loss = loss + weight * F.cross_entropy(logits[name].float(), target, label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            scheduler.step()
            total += loss.item()
        print(f"epoch {epoch} loss {total / math.ceil(len(lines) / BATCH):.3f} {time.time() - began:.0f} s", flush=True)
        if epoch % 2 == 1 or epoch + 1 == EPOCHS:
            report(held, validate(model, held, labels))
    save_file(model.changes(), out)
    expect(held, validate(model, held[:EXPECTED], labels), out)


if __name__ == "__main__":
    main(*sys.argv[1:])
