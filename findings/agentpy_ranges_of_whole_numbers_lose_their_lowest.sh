#!/usr/bin/env bash
# agentpy 0.1.5, sensitivity of agent-based models: a range of whole numbers that begins below 0 loses its lowest value.
# `IntRange(-1, 1)` is to be -1, 0 and 1. Fractions from -1 to 2 are drawn and cut towards zero, not down, so that two thirds
# become 0, a third 1, and -1 is never run (`method="saltelli"`; `"linspace"` has it once, of any number of points). A change of
# price that costs all profit where it is -1 and does nothing else is then found to have no effect at all; the same change counted
# from 0 to 2, or as `Values(-1, 0, 1)`, explains nearly all. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/levers.py" <<'PYTHON'
"""Ask how much of the profit goes by a change of price, with the three values of the change given in three ways."""

import contextlib
import io
import sys
import warnings
from collections import Counter
from importlib.metadata import version

warnings.simplefilter("ignore")  # SALib says that its function of that name is to move; nothing is said of the range
import agentpy as ap

POINTS = 256


class Shop(ap.Model):
    def end(self):
        change = self.p.change - self.p.counted_from
        self.report("profit", (0.0 if change == -1 else 10.0) + self.p.luck)


def asked(levers, counted_from=0):
    """Return how often each change was run, and the share of the variance of profit that it explains."""
    sample = ap.Sample({"change": levers, "luck": ap.Range(0, 1), "counted_from": counted_from, "steps": 1}, n=POINTS, method="saltelli")
    runs = Counter(parameters["change"] - counted_from for parameters in sample)
    with contextlib.redirect_stdout(io.StringIO()):
        results = ap.Experiment(Shop, sample).run()
        results.calc_sobol(reporters="profit", seed=1)
    share = results.sensitivity.sobol.loc[("profit", "change")]["S1"].to_numpy().item()
    return {change: runs[change] / len(sample) for change in (-1, 0, 1)}, share


ways = {
    "IntRange(-1, 1)": asked(ap.IntRange(-1, 1)),
    "IntRange(0, 2), one less": asked(ap.IntRange(0, 2), counted_from=1),
    "Values(-1, 0, 1)": asked(ap.Values(-1, 0, 1)),
}
print("agentpy", version("agentpy"), "SALib", version("SALib"))
for name, (runs, share) in ways.items():
    text = ", ".join(f"{change:+d} in {part:.1%}" for change, part in runs.items())
    print(f"{name:25} runs with {text}; the change explains {share:.1%} of the variance of profit")
line = Counter(parameters["change"] for parameters in ap.Sample({"change": ap.IntRange(-1, 1)}, n=301))
print("301 points in a line:", ", ".join(f"{change:+d} in {line[change]}" for change in (-1, 0, 1)))

lost, *others = ways.values()
right = all(min(runs.values()) > 0.32 and share > 0.95 for runs, share in others)
wrong = lost[0][-1] == 0 and lost[0][0] > 0.65 and abs(lost[1]) < 0.01 and line[-1] == 1
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "agentpy==0.1.5" "SALib==1.6.0" "numpy==2.4.6" "pandas==3.1.1" "scipy==1.17.1"
"$folder/venv/bin/python" "$folder/levers.py"
echo "as described: the lowest of three values is never run"
