"""Sets the thresholds of the learned witnesses on the OR of all, as `crates/nlu/src/witnesses.rs` weighs them: `python thresholds.py REPORT.json`.

The report is one of `firstring eval eval/suites/validation --report`. For shares of the head in the mean of both and for thresholds of that mean it
prints what would be missed and what raised.
"""

import json
import sys

SHARES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
EMERGENCY = (0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.3)
URGENT = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)


def mean(outcome, share, *labels):
    p = lambda who: sum((outcome["judged"][who] or {}).get(label, 0.0) for label in labels)
    return share * p("head") + (1 - share) * p("model")


def main(path):
    outcomes = [o for o in json.load(open(path, encoding="utf8"))["outcomes"] if o["place"] == "alone"]
    of = lambda label: [o for o in outcomes if o["expected"]["urgency"] == label]
    emergencies, urgent, near = of("emergency"), of("urgent"), [o for o in outcomes if o["near_miss"]]
    routine = [o for o in of("routine") if not o["near_miss"]]
    print(f"{len(emergencies)} emergencies, {len(urgent)} urgent, {len(near)} near misses, {len(routine)} other routine")
    share_of = lambda group, called: sum(map(called, group)) / max(1, len(group))
    for share in SHARES:
        print(f"\nhead's share {share}\nemergency from  missed  near misses  routine  urgent called emergency")
        for least in EMERGENCY:
            called = lambda o: o["judged"]["by_rules"] == "emergency" or mean(o, share, "emergency") >= least
            shares = [1 - share_of(emergencies, called)] + [share_of(group, called) for group in (near, routine, urgent)]
            print(f"{least:<14}  " + "  ".join(f"{s:6.3f}" for s in shares))
        print("urgent from     emergencies called routine  needed today called routine  near misses raised  routine raised")
        for least in URGENT:
            raised = lambda o: o["judged"]["by_rules"] in ("emergency", "urgent") or mean(o, share, "emergency", "urgent") >= least
            shares = [1 - share_of(emergencies, raised), 1 - share_of(emergencies + urgent, raised)]
            print(f"{least:<14}  " + "  ".join(f"{s:6.3f}" for s in shares + [share_of(near, raised), share_of(routine, raised)]))


if __name__ == "__main__":
    main(sys.argv[1])
