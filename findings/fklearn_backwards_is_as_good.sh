#!/usr/bin/env bash
# fklearn 4.3.0, who is moved by a campaign (Nubank): a model that sends coupons to the wrong customers scores as well as one that sends
# them to the right ones. The areas under its three curves (`causal.validation.auc`: cumulative effect, cumulative gain, and relative
# cumulative gain, which is measured against a random order) are documented as the area under the curve by the order of the predictions.
# What is returned is the size of that area without its sign. A score turned upside down has a curve that lies as far below the random
# one as it was above: the curve itself, from the same package, says so, and the area is 0.35 for both. Of a weak model that is right
# and a strong one that is backwards, the backwards one has nearly four times the area; the third of customers that it puts first buy less with
# the coupon. Where a campaign costs sales, the area under the gain is the larger the more of them it costs first. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/orders.py" <<'PYTHON'
"""Order the customers of an experiment by four scores, and compare the areas under the curves with the curves."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
from fklearn.causal.validation.auc import (
    area_under_the_cumulative_effect_curve,
    area_under_the_cumulative_gain_curve,
    area_under_the_relative_cumulative_gain_curve,
)
from fklearn.causal.validation.curves import cumulative_gain_curve, relative_cumulative_gain_curve

warnings.simplefilter("error", UserWarning)  # a warning of the score would be an answer of another kind
CUSTOMERS, FIRST, STEPS = 20_000, 30, 100
random = np.random.default_rng(1)
keen = random.uniform(0, 1, CUSTOMERS)
coupon = random.integers(0, 2, CUSTOMERS)
moved = 4 * keen - 1  # what a coupon brings: less than nothing for a quarter of the customers
table = pd.DataFrame(
    {
        "coupon": coupon,
        "spent": 10 + moved * coupon + random.normal(0, 2, CUSTOMERS),
        "spent less": 10 - 2 * keen * coupon + random.normal(0, 2, CUSTOMERS),  # a campaign that costs sales
        "right": keen,
        "weak": keen + random.normal(0, 1, CUSTOMERS),
        "backwards": -keen,
        "by chance": random.uniform(0, 1, CUSTOMERS),
    }
)


def under(curve, score, outcome):
    """Return the area under a curve of the package, with its sign, by the steps that its own areas are made of."""
    rows = [*range(FIRST, CUSTOMERS, CUSTOMERS // STEPS), CUSTOMERS]
    return float(curve(table, "coupon", outcome, score) @ (np.diff([0, *rows]) / CUSTOMERS))


def brought(score):
    """Return what a coupon really brings from a customer of the third that comes first."""
    first = np.argsort(-table[score].to_numpy())[: CUSTOMERS // 3]
    return float(moved[first].mean())


print("fklearn", version("fklearn"), "pandas", pd.__version__, "numpy", np.__version__)
areas, true = {}, {}
for score in ("right", "weak", "backwards", "by chance"):
    areas[score] = float(area_under_the_relative_cumulative_gain_curve(table, "coupon", "spent", score))
    true[score] = under(relative_cumulative_gain_curve, score, "spent")
    effect = float(area_under_the_cumulative_effect_curve(table, "coupon", "spent", score))
    print(
        f"{score:9} relative gain: area {areas[score]:.3f}, under its own curve {true[score]:+.3f}; area of the effect {effect:.2f}; "
        f"a coupon brings {brought(score):+.2f} from the third that comes first"
    )
costly = {score: float(area_under_the_cumulative_gain_curve(table, "coupon", "spent less", score)) for score in ("right", "backwards")}
lost = {score: under(cumulative_gain_curve, score, "spent less") for score in costly}
print("a campaign that costs sales, gain:", {score: f"area {costly[score]:.2f}, under the curve {lost[score]:+.2f}" for score in costly})

right = all(np.isclose(areas[score], true[score]) for score in ("right", "weak"))
right &= true["backwards"] < -0.3 and brought("weak") > 1.2 and brought("backwards") < 0
wrong = bool(np.isclose(areas["backwards"], -true["backwards"]) and areas["backwards"] > 3 * areas["weak"] > 0.1)
wrong &= costly["right"] > 1.5 * costly["backwards"] > 0 and lost["right"] < lost["backwards"] < 0
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "fklearn==4.3.0" "pandas==2.3.3" "numpy==2.4.6" "scikit-learn==1.7.2" "statsmodels==0.15.0"
"$folder/venv/bin/python" "$folder/orders.py"
echo "as described: to be wrong is as good as to be right"
