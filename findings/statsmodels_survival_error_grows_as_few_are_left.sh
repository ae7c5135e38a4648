#!/usr/bin/env bash
# statsmodels 0.15.0, survival analysis: a table of counts has other standard errors than the customers who were counted.
# `SurvfuncRight(time, status, freq_weights=counts)` estimates the same survival as the rows repeated, but `surv_prob_se`,
# documented as the standard errors of the survival probabilities, is then the error of the cumulative hazard: the last
# step, times survival, is left out. It grows as fewer are left. Where 3% of 2,000 customers are left, the error of that share
# is 12 points instead of 0.4, and the month in which 90% have left lies between 11 and never instead of 14 and 16. Repeated
# rows have the error that repeated experiments show. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/counts.py" <<'PYTHON'
"""Compare standard errors of survival by a table of counts, by the customers themselves and by repeated experiments."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from statsmodels.duration.survfunc import SurvfuncRight

warnings.simplefilter("error")  # a warning would be an answer of another kind
CUSTOMERS, MONTHS, EXPERIMENTS = 2000, 24, 2000


def customers(rng):
    """Return each customer's last month, and whether he or she left then; a seventh leaves each month."""
    months = rng.geometric(1 / 7, CUSTOMERS)
    return np.minimum(months, MONTHS).astype(float), (months <= MONTHS).astype(int)


rng = np.random.default_rng(1)
time, status = customers(rng)
table, counts = np.unique(np.column_stack([time, status]), axis=0, return_counts=True)
rows = SurvfuncRight(time, status)
counted = SurvfuncRight(table[:, 0], table[:, 1].astype(int), freq_weights=counts)
again = (rng.geometric(1 / 7, CUSTOMERS) for _ in range(EXPERIMENTS))
scatter = np.std([[(months > month).mean() for month in rows.surv_times] for months in again], axis=0)

print("statsmodels", version("statsmodels"), "numpy", np.__version__, "pandas", version("pandas"))
for month in (1, 6, 12, 22):
    at = int(np.flatnonzero(rows.surv_times == month)[0])
    text = f"rows {rows.surv_prob_se[at]:.4f}, counts {counted.surv_prob_se[at]:.4f}, experiments {scatter[at]:.4f}"
    print(f"month {month:2}: {rows.surv_prob[at]:.1%} left by rows, {counted.surv_prob[at]:.1%} by counts; standard error: {text}")
intervals = {name: curve.quantile_ci(0.9) for name, curve in (("rows", rows), ("counts", counted))}
print("95% interval for the month in which 90% have left:", {name: tuple(map(float, ends)) for name, ends in intervals.items()})

same = bool(np.allclose(rows.surv_prob, counted.surv_prob) and np.allclose(rows.surv_prob_se, scatter, rtol=0.1))
factor = counted.surv_prob_se / rows.surv_prob_se
print("error by counts over error by rows, times survival:", (factor * rows.surv_prob)[[0, 5, 11, 21]].round(2))
wrong = bool(np.allclose(factor * rows.surv_prob, 1, atol=0.1) and factor[21] > 20)
sys.exit(0 if same and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "statsmodels==0.15.0" "numpy==2.4.6" "scipy==1.17.1" "pandas==3.1.1"
"$folder/venv/bin/python" "$folder/counts.py"
echo "as described: the fewer are left, the larger the error of their share is said to be"
