#!/usr/bin/env bash
# lifelines 0.30.3, survival analysis: customers whose month of leaving is known stay a month longer. A table where some leave
# within an interval and some at a known time goes to `KaplanMeierFitter.fit_interval_censoring(lower, upper)`, with equal
# bounds for the known ones. Their part of the curve falls one known time late: of customers of whom a fifth leaves each month
# it says that all are there after month 1 and 80% after month 2, and of eight who have all left that one is still there.
# Between the months it is as late, so this is no question of which side of a step a time belongs to. `fit` of the same
# times, counts by hand, and `fit_interval_censoring` with the lower bounds a ten-millionth lower agree on a curve that
# falls in time. The function calls itself experimental; there is no warning.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/months.py" <<'PYTHON'
"""Estimate survival from known times of leaving, by two ways of one class and by counting."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from lifelines import KaplanMeierFitter

warnings.simplefilter("error")  # a warning would be an answer of another kind
FOLLOWED = 12  # months; who has not left by then is known to stay longer


def curves(months, followed, times):
    """Return the shares who are left at times: by counting, by `fit`, with equal bounds, and with bounds just apart."""
    left = months <= followed
    last = np.minimum(months, followed)
    upper = np.where(left, last, np.inf)
    fitters = {
        "fit": KaplanMeierFitter().fit(last, left),
        "equal bounds": KaplanMeierFitter().fit_interval_censoring(last, upper),
        "bounds just apart": KaplanMeierFitter().fit_interval_censoring(np.where(left, last - 1e-7, last), upper),
    }
    found = {"counted": np.array([(months > time).mean() for time in times])}
    for name, fitter in fitters.items():
        table = fitter.predict(times)
        found[name] = table.iloc[:, -1].to_numpy() if table.ndim == 2 else table.to_numpy()  # the lower of two columns
    return found


print("lifelines", version("lifelines"), "numpy", np.__version__, "pandas", version("pandas"))
eight = curves(np.arange(1.0, 9.0), 99, [1.0, 1.5, 4.0, 4.5, 8.0])
print("eight customers who leave one a month; left at months 1, 1.5, 4, 4.5 and 8:")
for name, shares in eight.items():
    print(f"  {name:18} {shares.round(3)}")

rng = np.random.default_rng(1)
times = np.array([1.0, 1.5, 2.0, 2.5, 3.0, 6.0, 11.5])
many = curves(rng.geometric(0.2, 5_000).astype(float), FOLLOWED, times)
print(f"5,000 customers of whom a fifth leaves each month, followed for {FOLLOWED} months; left at months {times.tolist()}:")
for name, shares in many.items():
    print(f"  {name:18} {shares.round(3)}")
exact = 0.8 ** np.floor(times)
print(f"  {'by the formula':18} {exact.round(3)}, a month earlier {(exact / 0.8).round(3)}")

right = all(np.allclose(found[name], found["counted"], atol=1e-4) for found in (eight, many) for name in ("fit", "bounds just apart"))
right &= bool(np.allclose(many["counted"], exact, atol=0.03))
wrong = bool(np.allclose(eight["equal bounds"], np.array([8, 8, 5, 5, 1]) / 8, atol=1e-4))
wrong &= bool(np.allclose(many["equal bounds"], exact / 0.8, atol=0.03) and many["equal bounds"][0] == 1)
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "lifelines==0.30.3" "numpy==2.4.6" "scipy==1.17.1" "pandas==2.3.3"
"$folder/venv/bin/python" "$folder/months.py"
echo "as described: customers whose time of leaving is known are said to leave at the next known time"
