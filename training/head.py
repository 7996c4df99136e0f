"""Trains the learned head: `python head.py MODELS_FOLDER TRAIN.jsonl VALIDATION.jsonl OUT.safetensors`."""

import sys

import torch
from torch.nn import functional as F

from labels import CALLERS, INTENTS, URGENCIES
from loop import fit, read, seed
from mpnet import Mpnet

WEIGHTS = {"urgency": 2.0, "intent": 1.0, "caller": 0.5}
SMOOTHING = 0.05
LABELS = {"urgency": URGENCIES, "intent": INTENTS, "caller": CALLERS}
BATCH = 32


def right_of(case):
    """The labels of a case; the wish that an answer serves was told before it, and is none of its own."""
    right = {"urgency": case["urgency"], "caller": case["caller"]}
    return right | {"intent": case["intents"][0]} if case["asked"] == "open" else right


def logits_of(model, lines):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model([(line["line_before"] or "", line["case"]["text"]) for line in lines])
    return {name: of.float() for name, of in logits.items()}


def loss_of(model, lines):
    logits, loss = logits_of(model, lines), 0.0
    for name, weight in WEIGHTS.items():
        right = [right_of(line["case"]).get(name) for line in lines]
        if any(right):
            target = torch.tensor([LABELS[name].index(label) if label else -100 for label in right])
            loss = loss + weight * F.cross_entropy(logits[name], target, label_smoothing=SMOOTHING)
    return loss


def validate(model, lines):
    given = []
    for start in range(0, len(lines), BATCH):
        chosen = lines[start : start + BATCH]
        logits = logits_of(model, chosen)
        for row, line in enumerate(chosen):
            right = {name: LABELS[name][int(logits[name][row].argmax())] == label for name, label in right_of(line["case"]).items()}
            given.append((logits["urgency"][row].softmax(0).tolist(), right))
    return given


def main(folder, train, validation, out):
    seed()
    model = Mpnet(folder, {name: len(of) for name, of in LABELS.items()})
    fit(
        model,
        read(train),
        read(validation),
        out,
        length=lambda line: len(line["case"]["text"]),
        loss_of=lambda lines: loss_of(model, lines),
        validate=lambda lines: validate(model, lines),
        batch=BATCH,
        epochs=3,
        rate=5e-4,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
