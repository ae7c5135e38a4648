#!/usr/bin/env bash
# utilsforecast 0.2.17, scores of forecasts (Nixtla): by its documentation a forecast that is too high is too low. For the cumulative
# forecast error `cfe` it says that positive values mean that too little was forecast, and negative ones too much, as in the
# paper on intermittent demand that it is from (Wallstrom and Segerstedt, 2010). What is added up is the forecast less the actual:
# who forecasts 10 pieces too many for a year has +120, and reads that 120 pieces are missing. `pis` beside it, called periods in
# stock and a measure of bias, adds up absolute errors (which its documentation says as well): 120 for too many, for too few, and
# for 10 too many and 10 too few by turns, which has no bias; the paper's periods in stock are 780, -780 and 60. `bias`, documented
# as the forecast less the actual, is so. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/year.py" <<'PYTHON'
"""Score three forecasts of one year of demand, by utilsforecast and by hand."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
from utilsforecast.losses import bias, cfe, pis

warnings.simplefilter("error", UserWarning)  # a warning of the score would be an answer of another kind
MONTHS, OFF = 12, 10.0
demand = np.full(MONTHS, 100.0)
by_turns = np.where(np.arange(MONTHS) % 2 == 0, OFF, -OFF)
forecasts = {"too many": demand + OFF, "too few": demand - OFF, "by turns": demand + by_turns}
table = pd.DataFrame({"unique_id": "soap", "ds": pd.date_range("2025-01-01", periods=MONTHS, freq="MS"), "y": demand, **forecasts})
scores = {score.__name__: score(table, list(forecasts)).iloc[0] for score in (bias, cfe, pis)}

print("utilsforecast", version("utilsforecast"), "pandas", pd.__version__)
told = " ".join(cfe.__doc__.split())
meaning = "Positive values mean under forecast; negative mean over forecast."
print("documentation of cfe:", meaning if meaning in told else "another one")
right = wrong = meaning in told
for name, forecast in forecasts.items():
    missing = demand - forecast  # what the paper adds up
    paper_cfe, paper_pis = missing.sum(), -np.cumsum(missing).sum()
    found = {score: float(values[name]) for score, values in scores.items()}
    print(
        f"{name}: pieces missing, by hand {paper_cfe:+.0f}, cfe {found['cfe']:+.0f}; "
        f"piece-months in stock, by hand {paper_pis:+.0f}, pis {found['pis']:+.0f}; bias {found['bias']:+.0f}"
    )
    right &= np.isclose(found["bias"], (forecast - demand).mean())
    wrong &= np.isclose(found["cfe"], -paper_cfe) and np.isclose(found["pis"], MONTHS * OFF)
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "utilsforecast==0.2.17" "pandas==2.3.3" "numpy==2.4.6" "narwhals==2.29.0"
"$folder/venv/bin/python" "$folder/year.py"
echo "as described: what is too much reads as too little"
