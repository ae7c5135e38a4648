#!/usr/bin/env bash
# pymc-marketing 1.3.0, contract customers: `ShiftedBetaGeoModel.expected_probability_alive` gives a customer who is
# known to be active (recency == T, the only ones it is asked for by default) the chance of a newcomer. It is the
# survivor function S(T + t) counted from the first contract, not given that T has been reached: a customer of five
# periods who pays today is "alive" with probability 0.3 today. The retention rates of the same fitted model,
# multiplied, a closed form and a simulation agree on two to three times as many customers. No warning is given. Needs
# Python 3.12 or newer.
set -euo pipefail

python=${PYTHON:-python3.12}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export PYTENSOR_FLAGS="base_compiledir=$folder/compiled"

cat > "$folder/contracts.py" <<'PYTHON'
"""Plant a shifted beta-geometric base, fit it, and ask how many of its active customers stay."""

import logging
import sys
import warnings

import numpy as np
import pandas as pd
import pymc_marketing
from pymc_marketing.clv import ShiftedBetaGeoModel
from scipy.special import betaln

warnings.simplefilter("ignore")
logging.disable(logging.ERROR)
ALPHA, BETA, PERIODS = 1.2, 3.0, 5
AHEAD = np.arange(4)


def contracts(customers, seed):
    """Return for how many periods each customer stays: one more with a chance of their own, every time."""
    draw = np.random.default_rng(seed)
    return draw.geometric(draw.beta(ALPHA, BETA, customers))


def survivor(periods):
    return np.exp(betaln(ALPHA, BETA + periods) - betaln(ALPHA, BETA))


seen = np.minimum(contracts(4000, 1), PERIODS)
base = pd.DataFrame({"customer_id": np.arange(len(seen)), "recency": seen, "T": PERIODS, "cohort": "all"})
model = ShiftedBetaGeoModel()
model.fit(base, method="map", progressbar=False)
active = base[base["recency"] == PERIODS].head(1)
alive = np.array([model.expected_probability_alive(active, future_t=int(ahead)).item() for ahead in AHEAD])
rates = np.array([model.expected_retention_rate(active, future_t=int(ahead)).item() for ahead in AHEAD])
own_rates = np.cumprod(rates)
closed_form = survivor(PERIODS + AHEAD) / survivor(PERIODS - 1)
fresh = contracts(400_000, 2)
still = fresh[fresh >= PERIODS]
simulated = np.array([(still > PERIODS + ahead).mean() for ahead in AHEAD])

print("pymc-marketing", pymc_marketing.__version__, "pandas", pd.__version__, "numpy", np.__version__)
print(f"customers active in period {PERIODS}: share that is still so after 1, 2, 3 and 4 renewals")
for name, shares in (
    ("expected_probability_alive", alive),
    ("product of expected_retention_rate", own_rates),
    ("closed form, planted parameters", closed_form),
    ("simulated, 400,000 newcomers", simulated),
    ("newcomers who get that far", survivor(PERIODS + AHEAD)),
):
    print(f"{name:36}", np.round(shares, 3))
right = np.allclose(simulated, closed_form, atol=0.01) and np.allclose(own_rates, closed_form, atol=0.03)
newcomers = np.allclose(alive, survivor(PERIODS + AHEAD), atol=0.03)
sys.exit(0 if right and newcomers and (own_rates > 2 * alive).all() else 1)
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "pymc-marketing==1.3.0" "pymc==6.3.2" "pandas==3.1.1" "numpy==2.4.6" \
    "scipy==1.18.1"
"$folder/venv/bin/python" "$folder/contracts.py"
echo "as described: who is known to be active is counted as a newcomer"
