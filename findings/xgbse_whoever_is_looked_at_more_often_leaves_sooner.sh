#!/usr/bin/env bash
# xgbse 0.3.3, survival analysis by boosted trees (Loft): the more points a forecast is to have, the sooner customers leave.
# `extrapolate_constant_risk(survival, final_time, intervals)` is documented to go on from the end of a survival curve "assuming constant
# risk", with `intervals` as the time from one point to the next until the final time. The risk of one interval of the curve, a month, say,
# is then the risk of each new interval, be it a day or a quarter. Of customers who leave at a constant rate, so that 34% are there after a
# year, 12% are to be there after two; it is so with a point a month. With a point a day nobody is left, with one every ten days 1%, and
# with one a quarter 24%. A curve that was fitted to 20,000 customers gives the same. The function's documentation sets no condition on
# the interval, and no warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/two_years.py" <<'PYTHON'
"""Extrapolate the survival of customers who leave at a constant rate from one year to two, by points of several distances."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")  # on import, of packages that are loaded beside it
from xgbse import XGBSEKaplanTree
from xgbse.converters import convert_to_structured
from xgbse.extrapolation import extrapolate_constant_risk

warnings.simplefilter("error", UserWarning)  # a warning of the function would be an answer of another kind
RATE, MONTH, YEAR, CUSTOMERS = 0.003, 30, 360, 20_000
months = np.arange(MONTH, YEAR + 1, MONTH)
exact = pd.DataFrame([np.exp(-RATE * months)], columns=months)

random = np.random.default_rng(1)
left = random.exponential(1 / RATE, CUSTOMERS)  # watched for a year and a bit: who is there after 400 days is censored
table = pd.DataFrame({"days": np.minimum(left, 400.0), "left": left <= 400.0})
who = pd.DataFrame({"age": random.integers(20, 60, CUSTOMERS).astype(float)})  # says nothing of when they leave
tree = XGBSEKaplanTree({"objective": "survival:cox", "tree_method": "hist", "max_depth": 1, "min_child_weight": 1000})
tree.fit(who, convert_to_structured(table["days"], table["left"]), time_bins=months, persist_train=False)
fitted = tree.predict(who.head(1))


def after(curve, step, day=2 * YEAR):
    return float(extrapolate_constant_risk(curve, day, step).loc[0, day])


print("xgbse", version("xgbse"), "xgboost-cpu", version("xgboost-cpu"), "pandas", pd.__version__, "numpy", np.__version__)
truth = float(np.exp(-RATE * 2 * YEAR))
print(f"there after a year: {exact.iloc[0, -1]:.1%}, by a tree {fitted.iloc[0, -1]:.1%}; after two, exactly: {truth:.1%}")
right = wrong = True
for step in (1, 10, 30, 90):
    found, of_tree = after(exact, step), after(fitted, step)
    by_hand = exact.iloc[0, -1] * (exact.iloc[0, -1] / exact.iloc[0, -2]) ** (YEAR / step)  # a month's risk for each step
    print(f"a point every {step} days: there after two years {found:.1%}, from the tree's curve {of_tree:.1%}")
    if step == MONTH:
        right &= bool(np.isclose(found, truth) and abs(of_tree - truth) < 0.04)
    else:
        wrong &= bool(np.isclose(found, by_hand) and abs(found - truth) > 0.09)
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "numpy==1.26.4" "pandas==2.3.3" "scipy==1.17.1" "scikit-learn==1.7.2" "xgboost-cpu==3.2.0" \
  "joblib==1.5.3" "lifelines==0.29.0"
"$folder/venv/bin/pip" install --quiet --no-deps "xgbse==0.3.3" # it asks for the xgboost of graphic cards
"$folder/venv/bin/python" "$folder/two_years.py"
echo "as described: the more points, the fewer customers"
