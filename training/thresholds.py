"""Sets the thresholds of the learned witnesses together, on the OR of all: `python thresholds.py VALIDATION_REPORT.json`.

The report is one of `firstring eval eval/suites/validation --report`. For every pair of thresholds of emergency it counts what the OR of
the rules, the language model and the head would do, and prints the pairs that miss least within the false alarms that are allowed.
"""

import json
import sys

NEAR_MISSES_MAX = 0.12
ROUTINE_MAX = 0.03
STEPS = [0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 2.0]


def main(path):
    outcomes = [o for o in json.load(open(path, encoding="utf8"))["outcomes"] if o["place"] == "alone"]
    of = lambda o, who: o["judged"][who] or {"emergency": 0.0, "urgent": 0.0}
    rows = [
        (
            o["expected"]["urgency"],
            o["near_miss"],
            o["judged"]["by_rules"] == "emergency",
            of(o, "model")["emergency"],
            of(o, "head")["emergency"],
        )
        for o in outcomes
    ]
    share = lambda rows, called: sum(map(called, rows)) / max(1, len(rows))
    emergencies = [r for r in rows if r[0] == "emergency"]
    urgent = [r for r in rows if r[0] == "urgent"]
    near = [r for r in rows if r[1]]
    routine = [r for r in rows if r[0] == "routine" and not r[1]]
    found = []
    for model in STEPS:
        for head in STEPS:
            called = lambda r: r[2] or r[3] >= model or r[4] >= head
            found.append(
                (1 - share(emergencies, called), share(near, called), share(routine, called), share(urgent, called), model, head)
            )
    allowed = [f for f in found if f[1] <= NEAR_MISSES_MAX and f[2] <= ROUTINE_MAX]
    print(f"{len(emergencies)} emergencies, {len(urgent)} urgent, {len(near)} near misses, {len(routine)} other routine")
    print("missed  near misses  routine  urgent called emergency  model  head")
    for f in sorted(allowed)[:12] + sorted(found)[:6]:
        print(f"{f[0]:.3f}   {f[1]:.3f}        {f[2]:.3f}    {f[3]:.3f}                    {f[4]:<5}  {f[5]}")
    for who, at in (("rules", 2), ("model at 0.5", 3), ("head at 0.5", 4)):
        hit = lambda r: r[at] >= 0.5
        print(f"{who} alone: missed {1 - share(emergencies, hit):.3f}, near misses {share(near, hit):.3f}, routine {share(routine, hit):.3f}")


if __name__ == "__main__":
    main(sys.argv[1])
