"""Trains the language model's adapter: `python adapter.py MODEL.gguf TRAIN.jsonl VALIDATION.jsonl OUT.safetensors`."""

import sys

import torch
from torch.nn import functional as F

from labels import URGENCIES
from loop import fit, read, seed
from smollm2 import Llama, collate

WEIGHTS = {"urgency": 2.0, "intent": 1.0, "caller": 0.5}
BATCH = 16


def length(line):
    return len(line["lesson"]["prompt"])


def states_of(model, lines):
    batch, forks = collate([line["lesson"] for line in lines])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return model(batch).float(), forks, batch["rows"].tolist()


def loss_of(model, lines):
    states, forks, _ = states_of(model, lines)
    total = 0.0
    for state, fork in zip(states, forks):
        logits = model.output[fork["choices"]] @ state
        total = total + WEIGHTS[fork["question"]] * F.cross_entropy(logits[None], torch.tensor([fork["right"]]))
    return total / len(forks)


def validate(model, lines):
    # The choices of a fork are tokens in their own order.
    token_of = {}
    for line in lines:
        fork = next(f for f in line["lesson"]["forks"] if f["question"] == "urgency")
        token_of[line["case"]["urgency"]] = fork["choices"][fork["right"]]
    given = [(None, {}) for _ in lines]
    order = sorted(range(len(lines)), key=lambda at: length(lines[at]))
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        for state, fork, row in zip(*states_of(model, [lines[at] for at in chosen])):
            p = (model.output[fork["choices"]] @ state).softmax(0)
            question, (urgency, right) = fork["question"], given[chosen[row]]
            right[question] = right.get(question, True) and int(p.argmax()) == fork["right"]
            if question == "urgency":
                urgency = [p[fork["choices"].index(token_of[label])].item() for label in URGENCIES]
            given[chosen[row]] = (urgency, right)
    return given


def main(weights, train, validation, out):
    seed()
    model = Llama(weights)
    fit(
        model,
        read(train),
        read(validation),
        out,
        length=length,
        loss_of=lambda lines: loss_of(model, lines),
        validate=lambda lines: validate(model, lines),
        batch=BATCH,
        epochs=1,
        rate=8e-4,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
