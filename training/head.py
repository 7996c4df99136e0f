"""Trains the learned head: `python head.py MODELS_FOLDER TRAIN.jsonl VALIDATION.jsonl OUT.safetensors`."""

import sys

import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from labels import CALLERS, INTENTS, URGENCIES
from loop import fit, read, seed
from mpnet import Mpnet

WEIGHTS = {"urgency": 2.0, "intent": 1.0, "caller": 0.5}
WISHES_WEIGHT = 4.0  # a mean over all intents, of which most are never in doubt
WISHES_STEPS = 400
WISHES_DECAY = 1e-6
SMOOTHING = 0.05
LABELS = {"urgency": URGENCIES, "intent": INTENTS, "caller": CALLERS}
BATCH = 32


def right_of(case):
    """The labels of a case; the wish that an answer serves was told before it, and is none of its own. Half a sentence has none yet."""
    right = {"urgency": case["urgency"], "caller": case["caller"]}
    return right | {"intent": case["intents"][0]} if has_wishes(case) else right


def has_wishes(case):
    return case["asked"] == "open" and case["intents"]


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
    wished = [(row, line["case"]["intents"]) for row, line in enumerate(lines) if has_wishes(line["case"])]
    if wished:
        target = torch.tensor([[float(intent in intents) for intent in INTENTS] for _, intents in wished])
        each = logits["wishes"][[row for row, _ in wished]]
        loss = loss + WISHES_WEIGHT * F.binary_cross_entropy_with_logits(each, target)
    return loss


def fit_wishes(model, lines):
    """Fits the layer of several wishes once more and alone, on what the trained encoder makes of the lines: beside the other questions it
    hardly learns, most labels being none in most lines."""
    lines = [line for line in lines if has_wishes(line["case"])]
    means = []
    model.eval()
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for start in range(0, len(lines), BATCH):
            chosen = lines[start : start + BATCH]
            means.append(model.mean([(line["line_before"] or "", line["case"]["text"]) for line in chosen]).float())
    means = torch.cat(means)
    target = torch.tensor([[float(intent in line["case"]["intents"]) for intent in INTENTS] for line in lines])
    layer = model.answers["wishes"]
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=WISHES_STEPS, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(layer(means), target, reduction="sum") / len(lines)
        loss = loss + WISHES_DECAY * layer.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    print(f"several wishes: loss {closure().item():.3f} on {len(lines)} lines", flush=True)


def validate(model, lines):
    given = []
    for start in range(0, len(lines), BATCH):
        chosen = lines[start : start + BATCH]
        logits = logits_of(model, chosen)
        for row, line in enumerate(chosen):
            right = {name: LABELS[name][int(logits[name][row].argmax())] == label for name, label in right_of(line["case"]).items()}
            if has_wishes(line["case"]) and len(line["case"]["intents"]) > 1:
                heard = {intent for intent, logit in zip(INTENTS, logits["wishes"][row]) if logit > 0}
                right["wishes"] = heard == set(line["case"]["intents"])
            given.append((logits["urgency"][row].softmax(0).tolist(), right))
    return given


def main(folder, train, validation, out):
    seed()
    model = Mpnet(folder, {name: len(of) for name, of in LABELS.items()} | {"wishes": len(INTENTS)})
    lessons = read(train)
    fit(
        model,
        lessons,
        read(validation),
        out,
        length=lambda line: len(line["case"]["text"]),
        loss_of=lambda lines: loss_of(model, lines),
        validate=lambda lines: validate(model, lines),
        batch=BATCH,
        epochs=3,
        rate=5e-4,
    )
    fit_wishes(model, lessons)
    save_file(model.changes(), out)


if __name__ == "__main__":
    main(*sys.argv[1:])
