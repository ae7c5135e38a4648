#!/usr/bin/env bash
# statsmodels 0.15.0, comparison of two rates (purchases per customer and month): an interval for the ratio of the rates that is
# one for the ratio of the counts. `confint_poisson_2indep(..., compare="ratio", method="sqrtcc")` is given how much was
# watched in each group (`exposure1`, `exposure2`), and does not look at it. Where group B was watched twice as long, the
# 95% interval lies around half of the ratio, and holds the true one in none of 2,000 experiments. The same purchases are a
# clear loss by it and a clear gain by the other methods, which hold the truth in 95 of 100, as this one does times
# exposure2 / exposure1. With equal exposures all agree. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/rates.py" <<'PYTHON'
"""Count how often intervals for the ratio of two rates hold the true ratio, by each method."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from statsmodels.stats.rates import confint_poisson_2indep

warnings.simplefilter("error")  # a warning would be an answer of another kind
RATIO, RATE = 1.3, 2.0  # customers of group A buy 1.3 times as often as those of group B
EXPERIMENTS = 2000
METHODS = ("waldcc", "score", "score-log", "wald-log", "mover", "sqrtcc")
REPEATED = ("waldcc", "wald-log", "mover", "sqrtcc")  # the ones that need no search


def coverage(method, months_a, months_b):
    """Return the share of intervals that hold the ratio, as they are and after a correction for exposure."""
    rng = np.random.default_rng(1)
    held = np.zeros(2)
    for bought_a, bought_b in zip(
        rng.poisson(RATE * RATIO * months_a, EXPERIMENTS), rng.poisson(RATE * months_b, EXPERIMENTS), strict=True
    ):
        low, high = confint_poisson_2indep(bought_a, months_a, bought_b, months_b, method=method, compare="ratio")
        for column, factor in enumerate((1.0, months_b / months_a)):
            held[column] += low * factor <= RATIO <= high * factor
    return held / EXPERIMENTS


print("statsmodels", version("statsmodels"), "numpy", np.__version__, "scipy", version("scipy"))
print("520 purchases in 200 months against 800 in 400, a ratio of the rates of 1.3:")
intervals = {name: confint_poisson_2indep(520, 200, 800, 400, method=name, compare="ratio") for name in METHODS}
for name, (low, high) in intervals.items():
    print(f"  {name:10} {low:.3f} to {high:.3f}")

found = {}
for months in ((200, 200), (200, 400), (60, 540)):
    for name in REPEATED:
        found[name, months] = coverage(name, *months)
    text = ", ".join(f"{name} {found[name, months][0]:.1%}" for name in REPEATED)
    print(f"exposures of {months[0]} and {months[1]}: the interval holds {RATIO} in: {text};")
    print(f"  sqrtcc times exposure2 / exposure1: {found['sqrtcc', months][1]:.1%}")

right = all(0.93 < found[name, months][0] < 0.97 for name, months in found if name != "sqrtcc")
right &= all(0.93 < found["sqrtcc", months][1] < 0.97 for name, months in found if name == "sqrtcc")
right &= all(low > 1 for name, (low, _) in intervals.items() if name != "sqrtcc")
wrong = intervals["sqrtcc"][1] < 0.8 and bool(found["sqrtcc", (200, 400)][0] < 0.02 and found["sqrtcc", (60, 540)][0] < 0.02)
wrong &= bool(found["sqrtcc", (200, 200)][0] > 0.93)
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "statsmodels==0.15.0" "numpy==2.4.6" "scipy==1.17.1" "pandas==3.1.1"
"$folder/venv/bin/python" "$folder/rates.py"
echo "as described: a group that buys more often is said to buy less often, for it was watched a shorter time"
