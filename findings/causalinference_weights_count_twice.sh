#!/usr/bin/env bash
# causalinference 0.1.3.post1, effects without an experiment: each customer's weight counts twice. `est_via_weighting` is
# documented as the doubly robust form of the Horvitz-Thompson estimator, a regression weighted by 1 / P(treatment as it
# was). The rows of the regression are multiplied by that weight, and least squares squares it: what is fitted has the
# weights 1 / P^2. A coupon that does nothing, sent more often to keen customers, whose spending is no straight line, is found
# to cost 0.3 with a z-value of -8 or so, though the propensity is right, which is all that the estimator needs. The same
# regression with the square roots, statsmodels' WLS and the weighted means find 0. The error stays as the data grow, and no
# warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/coupons.py" <<'PYTHON'
"""Ask for the effect of a coupon that does nothing, with the right propensity, by the package and by others."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
import statsmodels.api as sm
from causalinference import CausalModel
from scipy.special import expit

# numpy announces another default of its least squares, which changes nothing here
warnings.filterwarnings("error")
warnings.filterwarnings("ignore", message=".*rcond.*")
CAMPAIGNS = 20


def campaign(customers, seed):
    """Return the package's effect and z-value, and the effects by three others."""
    rng = np.random.default_rng(seed)
    keen = rng.normal(size=customers)
    coupon = (rng.random(customers) < expit(-1 + 0.8 * keen)).astype(int)
    spending = 4 * np.maximum(keen, 0) + rng.normal(size=customers)  # whether there was a coupon or not
    model = CausalModel(spending, coupon, keen)
    model.est_propensity()
    model.est_via_weighting()
    found = model.estimates["weighting"]

    score = model.propensity["fitted"]
    weights = 1 / np.where(coupon == 1, score, 1 - score)
    rows = np.column_stack([np.ones(customers), coupon, keen])
    regression = sm.WLS(spending, rows, weights=weights).fit().params[1]
    squared = sm.WLS(spending, rows, weights=weights**2).fit().params[1]
    treated, others = (np.average(spending[coupon == side], weights=weights[coupon == side]) for side in (1, 0))
    return found["ate"], found["ate"] / found["ate_se"], regression, treated - others, squared


print("causalinference", version("causalinference"), "numpy", np.__version__, "statsmodels", version("statsmodels"))
means = {}
for customers in (2_000, 20_000):
    table = np.array([campaign(customers, seed) for seed in range(CAMPAIGNS)])
    means[customers] = table.mean(axis=0)
    ate, z, regression, difference, squared = means[customers]
    print(f"{customers:6} customers, mean of {CAMPAIGNS} campaigns without effect: est_via_weighting {ate:+.3f} (z {z:+.1f}),")
    print(f"       WLS {regression:+.3f}, weighted means {difference:+.3f}, WLS with squared weights {squared:+.3f};")
    same = bool(np.allclose(table[:, 0], table[:, 4], atol=1e-6))
    rejected = float((abs(table[:, 1]) > 1.96).mean())
    print(f"       significant at 5%: {rejected:.0%}; equal to squared weights in each campaign: {same}")

ate, z, regression, difference, squared = means[20_000]
right = abs(regression) < 0.05 and abs(difference) < 0.05
wrong = same and rejected > 0.9 and -0.35 < ate < -0.2 and z < -5 and means[2_000][0] < -0.1
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "causalinference==0.1.3.post1" "numpy==2.4.6" "scipy==1.17.1" "pandas==3.1.1" "statsmodels==0.15.0"
"$folder/venv/bin/python" "$folder/coupons.py"
echo "as described: a coupon that does nothing is found to do harm, the more surely the more customers there are"
