"""Sets the thresholds of the learned witnesses on the OR of all, as `crates/nlu/src/witnesses.rs` weighs them: `python thresholds.py REPORT.json`.

The report is one of `firstring eval eval/suites/validation --report`. For each number of emergencies that may be missed it prints the pair of
thresholds (language model, head) that raises fewest of the routine cases; and the same for urgent and emergency against routine.
"""

import itertools
import json
import sys

GRID = [0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1, 0.12, 0.15, 0.18, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 1.01]
NEAR_MISS_WEIGHT = 0.5  # their bar is four times as high as that of other routine cases


def p(outcome, who, labels):
    """A witness that was not asked, or failed, raises nothing."""
    return sum((outcome["judged"][who] or {}).get(label, 0.0) for label in labels)


def best(title, must, groups, labels, by_rules):
    print(f"\n{title}\nmissed        model  head   " + "  ".join(groups))
    # One line of pairs for each outcome is looked up often.
    pairs = {id(o): (p(o, "model", labels), p(o, "head", labels), o["judged"]["by_rules"] in by_rules) for of in (must, *groups.values()) for o in of}
    raised = lambda o, model, head: pairs[id(o)][2] or pairs[id(o)][0] >= model or pairs[id(o)][1] >= head
    found = {}
    for model, head in itertools.product(GRID, GRID):
        missed = sum(not raised(o, model, head) for o in must)
        shares = [sum(raised(o, model, head) for o in of) / max(1, len(of)) for of in groups.values()]
        cost = shares[0] * NEAR_MISS_WEIGHT + shares[1]
        if missed not in found or cost < found[missed][0]:
            found[missed] = (cost, model, head, shares)
    least = float("inf")
    for missed in sorted(found):
        cost, model, head, shares = found[missed]
        if cost < least and missed <= len(must) / 20:
            least = cost
            print(f"{missed:4} {missed / len(must):6.3f}  {model:5}  {head:5}  " + "  ".join(f"{share:6.3f}" for share in shares))


def main(path):
    outcomes = [o for o in json.load(open(path, encoding="utf8"))["outcomes"] if o["place"] == "alone"]
    of = lambda label: [o for o in outcomes if o["expected"]["urgency"] == label]
    emergencies, urgent, near = of("emergency"), of("urgent"), [o for o in outcomes if o["near_miss"]]
    routine = [o for o in of("routine") if not o["near_miss"]]
    print(f"{len(emergencies)} emergencies, {len(urgent)} urgent, {len(near)} near misses, {len(routine)} other routine")
    groups = {"near misses": near, "other routine": routine, "urgent": urgent}
    best("called an emergency", emergencies, groups, ["emergency"], ["emergency"])
    groups = {"near misses": near, "other routine": routine}
    best("needed today, called urgent or more", emergencies + urgent, groups, ["emergency", "urgent"], ["emergency", "urgent"])


if __name__ == "__main__":
    main(sys.argv[1])
