#!/usr/bin/env bash
# cluster-experiments 0.31.0, experiments with regions: a synthetic control finds gains and no losses.
# `SyntheticControlAnalysis(hypothesis="two-sided")`, the default, compares the size of every other region's effect with the
# treated region's effect as it is, with its sign, so that any size is more than a loss. A campaign that costs a city a
# third of its sales has a p-value of 1; the same gain has one of 0, and so has the loss with `hypothesis="less"`. Turning the
# data upside down (amounts saved for amounts spent) must leave a two-sided answer alone, and turns it round. No warning is
# given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/cities.py" <<'PYTHON'
"""Give one of twelve cities a gain, a loss or nothing, and ask whether anything happened."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
from cluster_experiments import SyntheticControlAnalysis

warnings.simplefilter("error")  # a warning would be an answer of another kind
CITIES, DAYS, START = 12, 40, 28
HYPOTHESES = ("two-sided", "greater", "less")
rng = np.random.default_rng(3)
dates = pd.date_range("2026-01-01", periods=DAYS, freq="D")
season = 10 * np.sin(np.arange(DAYS) / 5)
sales = 100 + season + rng.normal(0, 5, size=(CITIES, DAYS))


def asked(change, hypothesis, sign=1):
    """Return the p-value where the first city's sales change by so much from the start of the campaign."""
    after = sales.copy()
    after[0, START:] += change
    table = pd.DataFrame(
        {
            "city": np.repeat([f"city {number:02}" for number in range(CITIES)], DAYS),
            "date": np.tile(dates, CITIES),
            "target": sign * after.ravel(),
            "treatment": np.repeat(["B"] + ["A"] * (CITIES - 1), DAYS),
        }
    )
    analysis = SyntheticControlAnalysis(
        cluster_cols=["city"], intervention_date=str(dates[START - 1].date()), hypothesis=hypothesis
    )
    return float(analysis.get_pvalue(table))


def by_hand(change):
    """Return the share of cities that moved away from the mean of the others by at least as much as the first."""
    after = sales.copy()
    after[0, START:] += change
    moved = after[:, START:].mean(axis=1) - after[:, :START].mean(axis=1)
    effects = moved - (moved.sum() - moved) / (CITIES - 1)
    return float((np.abs(effects) >= np.abs(effects[0])).mean())


print("cluster-experiments", version("cluster-experiments"), "pandas", pd.__version__, "numpy", np.__version__)
found = {}
for name, change in (("gain", 30.0), ("loss", -30.0), ("nothing", 0.0)):
    found[name] = {hypothesis: asked(change, hypothesis) for hypothesis in HYPOTHESES}
    found[name]["upside down"] = asked(change, "two-sided", sign=-1)
    found[name]["by hand"] = by_hand(change)
    print(f"{name:8} of {change:+.0f} on sales of 100: p-values {found[name]}")
gain, loss = found["gain"], found["loss"]
right = gain["two-sided"] == gain["greater"] == loss["less"] == 0 and gain["by hand"] == loss["by hand"] == 1 / CITIES
wrong = loss["two-sided"] == gain["upside down"] == 1 and loss["upside down"] == 0
sys.exit(0 if right and wrong else "changed: see the p-values above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "cluster-experiments==0.31.0" "pandas==3.1.1" "numpy==2.4.6" "scipy==1.17.1" \
  "statsmodels==0.15.0"
"$folder/venv/bin/python" "$folder/cities.py"
echo "as described: a loss of a third of the sales is nothing, the same gain is significant"
