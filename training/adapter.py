"""Trains the language model's adapter: `python adapter.py MODEL.gguf TRAIN.jsonl VALIDATION.jsonl OUT.safetensors`."""

import json
import math
import random
import sys
import time

import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from labels import URGENCIES
from smollm2 import Llama, collate

SEED = 1
EXPECTED = 60
EPOCHS = 2
PLANNED_EPOCHS = 3  # by which the learning rate falls: it stops before it fits the train part alone
BATCH = 16
LEARNING_RATE = 8e-4
WARM_UP = 0.06
WEIGHTS = {"urgency": 2.0, "intent": 1.0, "caller": 0.5}


def read(path):
    return [json.loads(line) for line in open(path, encoding="utf8")]


def batches(lines, size, length):
    """Shuffled batches, each of lines of like length: little is padded."""
    random.shuffle(lines)
    chunks = [sorted(lines[at : at + 50 * size], key=length) for at in range(0, len(lines), 50 * size)]
    found = [chunk[at : at + size] for chunk in chunks for at in range(0, len(chunk), size)]
    random.shuffle(found)
    return found


def loss_of(model, states, forks):
    total = 0.0
    for state, fork in zip(states, forks):
        logits = model.output[fork["choices"]] @ state
        weight = WEIGHTS[fork["question"]]
        total = total + weight * F.cross_entropy(logits[None], torch.tensor([fork["right"]]))
    return total / len(forks)


def validate(model, lines):
    """What each validation case is given: probabilities of the three urgencies, and whether intent and caller are right."""
    model.eval()
    # The choices of a fork are tokens in their own order.
    token_of = {}
    for line in lines:
        fork = next(f for f in line["lesson"]["forks"] if f["question"] == "urgency")
        token_of[line["case"]["urgency"]] = fork["choices"][fork["right"]]
    given = [(None, {}) for _ in lines]
    order = sorted(range(len(lines)), key=lambda at: len(lines[at]["lesson"]["prompt"]))
    with torch.no_grad():
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            batch, forks = collate([lines[at]["lesson"] for at in chosen])
            with torch.autocast("cpu", dtype=torch.bfloat16):
                states = model(batch).float()
            for row, state, fork in zip(batch["rows"].tolist(), states, forks):
                p = (model.output[fork["choices"]] @ state).softmax(0)
                question, (urgency, right) = fork["question"], given[chosen[row]]
                right[question] = right.get(question, True) and int(p.argmax()) == fork["right"]
                if question == "urgency":
                    urgency = [p[fork["choices"].index(token_of[label])].item() for label in URGENCIES]
                given[chosen[row]] = (urgency, right)
    return given


def main(weights, train, validation, out):
    random.seed(SEED)
    torch.manual_seed(SEED)
    torch.set_flush_denormal(True)  # the smallest gradients are many times slower than others, and tell nothing
    lessons, held = read(train), read(validation)
    model = Llama(weights)
    trained = [p for p in model.parameters() if p.requires_grad]
    print(f"{len(lessons)} lessons, {sum(p.numel() for p in trained)} trained parameters", flush=True)
    steps = PLANNED_EPOCHS * math.ceil(len(lessons) / BATCH)
    optimizer = torch.optim.AdamW(trained, lr=LEARNING_RATE, weight_decay=0.01)
    schedule = lambda step: min(1.0, (step + 1) / (WARM_UP * steps)) * (0.5 + 0.5 * math.cos(math.pi * step / steps))
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule)
    began = time.time()
    for epoch in range(EPOCHS):
        model.train()
        shuffled = batches(lessons, BATCH, lambda line: len(line["lesson"]["prompt"]))
        total = 0.0
        for number, lines in enumerate(shuffled):
            batch, forks = collate([line["lesson"] for line in lines])
            with torch.autocast("cpu", dtype=torch.bfloat16):
                states = model(batch)
            loss = loss_of(model, states.float(), forks)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            scheduler.step()
            total += loss.item()
            if number % 20 == 0:
                print(f"epoch {epoch} {number}/{len(shuffled)} loss {total / (number + 1):.3f} {time.time() - began:.0f} s", flush=True)
        save_file(model.changes(), out)
        report(held, validate(model, held))
    expect(held, validate(model, held)[:EXPECTED], out)


def expect(held, given, out):
    """Keeps what the trained model gives to some cases, for the test that FirstRing reads them alike."""
    lines = [json.dumps({"of": line["case"]["id"], "urgency": urgency}) for line, (urgency, _) in zip(held, given)]
    with open(f"{out.removesuffix('.safetensors')}.expected.jsonl", "w", encoding="utf8") as file:
        file.write("\n".join(lines) + "\n")


def report(held, given):
    """Prints the errors at several thresholds of emergency."""
    labels = [line["case"]["urgency"] for line in held]
    near = [line["case"]["near_miss"] for line in held]
    order = ("routine", "urgent", "emergency")
    for threshold in (0.1, 0.2, 0.3, 0.5):
        called = ["emergency" if u[2] >= threshold else "urgent" if u[1] + u[2] >= threshold else "routine" for u, _ in given]
        share = lambda of, wrong: f"{sum(map(wrong, of))}/{len(of)}"
        rows = list(zip(labels, near, called))
        print(
            f"  p >= {threshold}: emergencies missed {share([r for r in rows if r[0] == 'emergency'], lambda r: r[2] != 'emergency')},"
            f" called routine {share([r for r in rows if r[0] == 'emergency'], lambda r: r[2] == 'routine')},"
            f" urgent called routine {share([r for r in rows if r[0] == 'urgent'], lambda r: r[2] == 'routine')},"
            f" urgent called emergency {share([r for r in rows if r[0] == 'urgent'], lambda r: r[2] == 'emergency')},"
            f" near misses called emergency {share([r for r in rows if r[1]], lambda r: r[2] == 'emergency')},"
            f" other routine {share([r for r in rows if r[0] == 'routine' and not r[1]], lambda r: r[2] == 'emergency')}",
            flush=True,
        )
    for question in ("intent", "caller"):
        right = [r[question] for _, r in given if question in r]
        print(f"  {question} right {sum(right) / len(right):.3f} of {len(right)}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
