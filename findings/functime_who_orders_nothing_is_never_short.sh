#!/usr/bin/env bash
# functime 1.0.0, scores of forecasts: who forecasts nothing at all falls short by nothing. `underforecast` is documented as the
# difference between actual and predicted where the prediction is below, and `overforecast` as the same where it is above. What is
# added up is the prediction, not the difference. A forecast of zero has a shortfall of 0, the best there is; half of the demand
# one of half of the demand, which is right by chance; and a forecast that is one piece below each month one of nearly all pieces,
# the worst. Who is one piece above each month has too many by more than all that was sold. `rank_point_forecasts` and
# `score_forecast` take these figures, so that the item nobody forecast comes first. `mae` beside them is right, and a
# forecast that is right has 0. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/demand.py" <<'PYTHON'
"""Score five forecasts of one demand by functime and by hand."""

import sys
import warnings
from datetime import date
from importlib.metadata import version

import numpy as np
import polars as pl

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # a part that is not used here says on import that it is not installed
    from functime.evaluation import rank_point_forecasts
    from functime.metrics import mae, overforecast, underforecast

warnings.simplefilter("error", UserWarning)  # a warning of the score would be an answer of another kind
MONTHS = 12
demand = 100.0 + 10 * (np.arange(MONTHS) % 4)
forecasts = {
    "exact": demand,
    "nothing": 0 * demand,
    "half": demand / 2,
    "one below": demand - 1,
    "one above": demand + 1,
}
times = list(pl.date_range(date(2025, 1, 1), date(2025, 12, 1), "1mo", eager=True))


def panel(rows, name):
    return pl.DataFrame(
        {"item": np.repeat(list(forecasts), MONTHS), "month": times * len(forecasts), name: np.concatenate(rows)}
    )


actual, predicted = panel([demand] * len(forecasts), "sold"), panel(list(forecasts.values()), "sold")
found = {
    name: dict(score(actual, predicted).iter_rows())
    for name, score in (("mae", mae), ("underforecast", underforecast), ("overforecast", overforecast))
}
short = {item: np.maximum(demand - row, 0).sum() for item, row in forecasts.items()}
too_many = {item: np.maximum(row - demand, 0).sum() for item, row in forecasts.items()}
print("functime", version("functime"), "polars", pl.__version__, "- sold in all:", demand.sum())
print(f"{'forecast':10} {'mean error':>10} {'too few, by hand':>17} {'underforecast':>14} {'too many, by hand':>18} {'overforecast':>13}")
for item in forecasts:
    print(
        f"{item:10} {found['mae'][item]:10.1f} {short[item]:17.0f} {found['underforecast'][item]:14.0f} "
        f"{too_many[item]:18.0f} {found['overforecast'][item]:13.0f}"
    )
below = ["nothing", "half", "one below"]
chosen = predicted.filter(pl.col("item").is_in(below))
order = rank_point_forecasts(actual.filter(pl.col("item").is_in(below)), chosen, sort_by="underforecast")["item"].to_list()
print("by rank_point_forecasts, the smallest shortfall first:", order)

right = all(np.isclose(found["mae"][item], abs(row - demand).mean()) for item, row in forecasts.items())
right &= found["underforecast"]["exact"] == 0 == found["overforecast"]["exact"]
wrong = found["underforecast"]["nothing"] == 0 and order == below
wrong &= np.isclose(found["underforecast"]["one below"], demand.sum() - MONTHS)
wrong &= np.isclose(found["overforecast"]["one above"], demand.sum() + MONTHS)
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "functime==1.0.0" "polars==1.40.1" "numpy==2.4.6" "scikit-learn==1.9.1" "scipy==1.17.1" \
    "flaml==2.8.0" "holidays==0.109"
"$folder/venv/bin/python" "$folder/demand.py"
echo "as described: the lower the forecast, the smaller its shortfall"
