#!/usr/bin/env bash
# functime 1.0.0, forecasting: a forecast by changes goes on from the first month of the data, not from the last. With
# `target_transform=diff(order=1)` a model learns the changes from month to month, and is documented to turn its forecasts back.
# The changes are added up from the first value of each series. A shop that grew by 10 orders a month, from 100 to 450, is to
# have 460 next month and gets 110. With `diff(order=1, sp=12)`, the change on a year, the step of a year is added every month.
# Where orders wander, next month is missed by six times as much as by saying that nothing changes. Without `diff`, and with
# `scale()` in its place, forecasts go on from the end (one month behind, which has been reported). What turns them back can
# start from the last value, by an argument that no forecaster sets and no user can hand over. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/orders.py" <<'PYTHON'
"""Forecast shops that grow by the same step each month, and shops that wander, with and without differences."""

import sys
import warnings
from datetime import date
from importlib.metadata import version

import numpy as np
import polars as pl

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # a part that is not used here says on import that it is not installed
    from functime.forecasting import linear_model
    from functime.preprocessing import diff, scale

warnings.simplefilter("error", UserWarning)  # a warning of the forecast would be an answer of another kind
MONTHS, AHEAD, STEP, SHOPS = 36, 3, 10.0, 200
times = pl.date_range(date(2023, 1, 1), date(2025, 12, 1), "1mo", eager=True)


def panel(rows):
    names = [f"shop {number:03}" for number in range(len(rows))]
    return pl.DataFrame({"shop": np.repeat(names, MONTHS), "month": list(times) * len(rows), "orders": np.ravel(rows)})


def forecast(rows, **transform):
    """Return the forecasts of AHEAD months, a row for each shop."""
    predicted = linear_model(freq="1mo", lags=2, **transform)(y=panel(rows), fh=AHEAD)
    return predicted.sort("shop", "month")["orders"].to_numpy().reshape(-1, AHEAD)


print("functime", version("functime"), "polars", pl.__version__, "scikit-learn", version("scikit-learn"))
growing = np.array([[100.0], [300.0]]) + STEP * np.arange(MONTHS)
ahead = STEP * np.arange(1, AHEAD + 1)
by_hand, from_first = growing[:, -1:] + ahead, growing[:, :1] + ahead
ways = {
    "no transform": forecast(growing),
    "scale()": forecast(growing, target_transform=scale()),
    "diff(order=1)": forecast(growing, target_transform=diff(order=1)),
    "diff(order=1, sp=12)": forecast(growing, target_transform=diff(order=1, sp=12)),
}
print(f"two shops, {growing[:, 0]} orders in the first month, {growing[:, -1]} in the last, {STEP} more each month")
print(f"{'by hand':20}", by_hand.tolist())
for name, found in ways.items():
    print(f"{name:20}", found.round(1).tolist())

rng = np.random.default_rng(1)
walks = 1000 + np.cumsum(rng.normal(0, 10, (SHOPS, MONTHS + 1)), axis=1)
past, next_month = walks[:, :MONTHS], walks[:, MONTHS]
missed = {
    "as last month": abs(past[:, -1] - next_month).mean(),
    "no transform": abs(forecast(past)[:, 0] - next_month).mean(),
    "diff(order=1)": abs(forecast(past, target_transform=diff(order=1))[:, 0] - next_month).mean(),
}
print(f"{SHOPS} shops whose orders wander; next month is missed by", {name: round(float(by), 1) for name, by in missed.items()})

# The other ways are one month behind, and no more.
right = all(np.abs(ways[name] - by_hand).max() < 1.5 * STEP for name in ("no transform", "scale()"))
right &= missed["no transform"] < 2 * missed["as last month"]
yearly = growing[:, :1] + 12 * ahead
wrong = np.allclose(ways["diff(order=1)"], from_first) and np.allclose(ways["diff(order=1, sp=12)"], yearly)
sys.exit(0 if right and wrong and missed["diff(order=1)"] > 4 * missed["as last month"] else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "functime==1.0.0" "polars==1.40.1" "numpy==2.4.6" "scikit-learn==1.9.1" "scipy==1.17.1" \
    "flaml==2.8.0" "holidays==0.109"
"$folder/venv/bin/python" "$folder/orders.py"
echo "as described: forecasts by changes go on from the first month"
