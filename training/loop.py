"""What both trainings share: batches, steps, and the report on validation."""

import json
import math
import random
import time

import torch
from safetensors.torch import save_file

from labels import URGENCIES

SEED = 1
EXPECTED_EACH = 20
WARM_UP = 0.06


def read(path):
    return [json.loads(line) for line in open(path, encoding="utf8")]


def batches(lines, size, length):
    """Shuffled batches, each of lines of like length: little is padded."""
    random.shuffle(lines)
    chunks = [sorted(lines[at : at + 50 * size], key=length) for at in range(0, len(lines), 50 * size)]
    found = [chunk[at : at + size] for chunk in chunks for at in range(0, len(chunk), size)]
    random.shuffle(found)
    return found


def seed():
    random.seed(SEED)
    torch.manual_seed(SEED)
    torch.set_flush_denormal(True)  # the smallest gradients are many times slower than others, and tell nothing


def fit(model, lines, held, out, *, length, loss_of, validate, batch, epochs, rate):
    """Trains `model` by `loss_of(batch of lines)` and keeps what changed in `out`; after each epoch `validate(held lines)` is reported:
    for each line (probabilities of the three urgencies, {question: whether it was right})."""
    trained = [p for p in model.parameters() if p.requires_grad]
    print(f"{len(lines)} lines, {sum(p.numel() for p in trained)} trained parameters", flush=True)
    steps = epochs * math.ceil(len(lines) / batch)
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.01)
    schedule = lambda step: min(1.0, (step + 1) / (WARM_UP * steps)) * (0.5 + 0.5 * math.cos(math.pi * step / steps))
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule)
    began = time.time()
    for epoch in range(epochs):
        model.train()
        total, shuffled = 0.0, batches(lines, batch, length)
        for number, chosen in enumerate(shuffled, 1):
            loss = loss_of(chosen)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            scheduler.step()
            total += loss.item()
            if number % 50 == 0 or number == len(shuffled):
                print(f"epoch {epoch} {number}/{len(shuffled)} loss {total / number:.3f} {time.time() - began:.0f} s", flush=True)
        model.eval()
        save_file(model.changes(), out)
        with torch.no_grad():
            given = validate(held)
        report(held, given)
    expect(held, given, out)


def expect(held, given, out):
    """Keeps what the trained model gives to some cases of each urgency, for the test that FirstRing reads them alike."""
    pairs = list(zip(held, given))
    of = lambda label: [pair for pair in pairs if pair[0]["case"]["urgency"] == label][:EXPECTED_EACH]
    lines = [json.dumps({"of": line["case"]["id"], "urgency": p}) for label in URGENCIES for line, (p, _) in of(label)]
    with open(f"{out.removesuffix('.safetensors')}.expected.jsonl", "w", encoding="utf8") as file:
        file.write("\n".join(lines) + "\n")


def report(held, given):
    """Prints the errors at several thresholds of emergency."""
    rows = [(line["case"]["urgency"], line["case"]["near_miss"], p) for line, (p, _) in zip(held, given)]
    emergencies, urgent, routine = ([r for r in rows if r[0] == label] for label in reversed(URGENCIES))
    groups = {
        "emergencies missed": (emergencies, lambda called: called != "emergency"),
        "called routine": (emergencies, lambda called: called == "routine"),
        "urgent called routine": (urgent, lambda called: called == "routine"),
        "urgent called emergency": (urgent, lambda called: called == "emergency"),
        "near misses called emergency": ([r for r in routine if r[1]], lambda called: called == "emergency"),
        "other routine": ([r for r in routine if not r[1]], lambda called: called == "emergency"),
    }
    for threshold in (0.1, 0.2, 0.3, 0.5):
        called = lambda p: "emergency" if p[2] >= threshold else "urgent" if p[1] + p[2] >= threshold else "routine"
        counts = [f"{name} {sum(wrong(called(r[2])) for r in of)}/{len(of)}" for name, (of, wrong) in groups.items()]
        print(f"  p >= {threshold}: {', '.join(counts)}", flush=True)
    for question in sorted({question for _, right in given for question in right} - {"urgency"}):
        right = [r[question] for _, r in given if question in r]
        print(f"  {question} right {sum(right) / len(right):.3f} of {len(right)}", flush=True)
