#!/usr/bin/env bash
# seqabpy 0.3.1, sequential A/B tests: a plan that is adjusted to the looks that were taken is no longer one of 5%. `GST(actual, expected,
# alpha=0.05)` is documented to adjust the bounds of a group sequential test where more or fewer looks are taken than were planned.
# With fewer, the last look is to spend what is left of the 5% (Wassmer and Brannath, 2016, section 3.3); it gets what was planned for
# the looks that are not taken, and loses its own part. Who stops after four looks of five has 3.3% by the bounds of O'Brien and
# Fleming, and finds an effect in 60 of 100 experiments where a last look that spends what is left finds it in 67. With more, each
# further look gets the last bound of a plan of its own, as if the looks before had been taken by that plan: eight looks instead of
# five have 7.9%. The plan itself (`ldBounds`) has 5%. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/looks.py" <<'PYTHON'
"""Take fewer and more looks than planned, and count how often a test of 5% finds something where there is nothing."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from scipy.optimize import brentq

warnings.simplefilter("ignore")  # on import, of modules that statsmodels is to move
from seqabpy.gatsby import GST, ldBounds

warnings.simplefilter("error", UserWarning)  # a warning of the plan would be an answer of another kind
PLANNED, ALPHA, EXPERIMENTS = 5, 0.05, 200_000
SPENDING = {"O'Brien-Fleming": 1, "Pocock": 2}


def statistics(looks, effect=0.0):
    """Return a z-value for each experiment and look: equally many customers come between two looks."""
    steps = np.random.default_rng(1).normal(effect, 1, (EXPERIMENTS, looks))
    return steps.cumsum(axis=1) / np.arange(1, looks + 1) ** 0.5


def found(bounds, effect=0.0):
    """Return in what share of experiments some look is above its bound."""
    return float((statistics(len(bounds), effect) > np.asarray(bounds)).any(axis=1).mean())


def spends_what_is_left(bounds, looks):
    """Keep the bounds of all looks but the last, and let that one spend the rest."""
    values, kept = statistics(looks), np.asarray(bounds)[: looks - 1]
    open_still = values[~(values[:, :-1] > kept).any(axis=1), -1]
    spent = 1 - len(open_still) / EXPERIMENTS
    return [*kept, brentq(lambda bound: spent + (open_still > bound).mean() * (1 - spent) - ALPHA, 0, 10)]


print("seqabpy", version("seqabpy"), "scipy", version("scipy"), "statsmodels", version("statsmodels"), "numpy", np.__version__)
right = wrong = True
for name, number in SPENDING.items():
    plan = ldBounds(np.linspace(1 / PLANNED, 1, PLANNED), iuse=number, alpha=ALPHA)["upper.bounds"]
    print(f"{name}: {PLANNED} looks as planned {found(plan):.1%}")
    right &= abs(found(plan) - ALPHA) < 0.002
    for looks in (3, 4, 6, 8):
        bounds = GST(looks, PLANNED, iuse=number, alpha=ALPHA)
        share = found(bounds)
        line = f"  {looks} looks, last bound {bounds[-1]:.2f}: {share:.1%}"
        if looks < PLANNED:
            rest = spends_what_is_left(plan, looks)
            power, due = found(bounds, 1.05), found(rest, 1.05)
            line += f"; spending what is left, last bound {rest[-1]:.2f}: {found(rest):.1%}"
            line += f"; an effect is found in {power:.0%} and {due:.0%}"
            right &= abs(found(rest) - ALPHA) < 0.002
            wrong &= share < 0.044 and power < due - 0.01
        else:
            wrong &= share > ALPHA + 0.003
        print(line)
most = found(GST(8, PLANNED, iuse=1, alpha=ALPHA))
least = found(GST(4, PLANNED, iuse=1, alpha=ALPHA))
sys.exit(0 if right and wrong and most > 0.075 and least < 0.035 else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "seqabpy==0.3.1" "statsmodels==0.15.0" "scipy==1.17.1" "numpy==2.4.6" "pandas==2.3.3"
"$folder/venv/bin/python" "$folder/looks.py"
echo "as described: with other looks than planned it is another test"
