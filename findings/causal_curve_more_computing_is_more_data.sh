#!/usr/bin/env bash
# causal-curve 1.0.6, through what an effect works: its 95% interval is as narrow as one likes to compute. `Mediation` asks how much of the
# effect of, say, advertising on spending goes by the fame of the brand. `calculate_mediation(ci=0.95)` prints that share with an interval
# that is documented as a bootstrap confidence interval. It draws samples of customers and estimates the share in each; the interval is to
# be where 95% of these shares lie. Instead the shares of the replicates are drawn from once more, and the interval is the one of their
# mean: with four times the replicates, a matter of patience, it is half as wide, whatever the customers say. Of samples of 500 customers
# with a true share of a half, its interval is about a third as wide as that of the shares, and holds the half in none of three. The user
# guide reads such an interval as "52% (+/- 1%)" of the effect. The share itself is right. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/fame.py" <<'PYTHON'
"""Ask of three samples of customers what share of an effect is indirect, with few replicates and with more."""

import contextlib
import io
import re
import sys
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # on import
    from causal_curve import Mediation

warnings.simplefilter("error", UserWarning)  # a warning of the estimate would be an answer of another kind
warnings.simplefilter("ignore", FutureWarning)  # of pandas, about clipping
CUSTOMERS, TRUTH = 500, 0.5
FEW, MORE = 50, 200  # replicates


def sample(seed):
    """Return contacts with advertising, fame and spending; half of the effect of a contact goes by fame."""
    random = np.random.default_rng(seed)
    contacts = random.normal(0, 1, CUSTOMERS)
    fame = 0.5 * contacts + random.normal(0, 1, CUSTOMERS)
    spending = 0.3 * contacts + 0.6 * fame + random.normal(0, 1, CUSTOMERS)
    return [pd.Series(values) for values in (contacts, fame, spending)]


def asked(seed, replicates):
    """Return the share and the interval that are printed, and the interval of the shares of the replicates."""
    contacts, fame, spending = sample(seed)
    study = Mediation(
        treatment_grid_num=4,
        lower_grid_constraint=0.1,
        upper_grid_constraint=0.9,
        bootstrap_draws=CUSTOMERS,
        bootstrap_replicates=replicates,
        random_seed=1,
    )
    study.fit(T=contacts, M=fame, y=spending)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        study.calculate_mediation(ci=0.95)
    share, low, high = map(float, re.search(r"proportion:\s+([\d.]+) \(([\d.]+) - ([\d.]+)\)", printed.getvalue()).groups())
    shares = np.mean([(step.d0 + step.d1) / (step.d0 + step.d1 + step.z0 + step.z1) for step in study.final_bootstrap_results], axis=0)
    return share, (low, high), tuple(np.quantile(shares, [0.025, 0.975]))


def width(interval):
    return interval[1] - interval[0]


print("causal-curve", version("causal-curve"), "pygam", version("pygam"), "pandas", pd.__version__, "numpy", np.__version__)
found = [(seed, FEW, *asked(seed, FEW)) for seed in range(3)] + [(0, MORE, *asked(0, MORE))]
for seed, replicates, share, printed, by_shares in found:
    print(
        f"sample {seed}, {replicates:3} replicates: share {share:.2f}, printed interval {printed[0]:.3f} to {printed[1]:.3f}, "
        f"of the shares {by_shares[0]:.3f} to {by_shares[1]:.3f}"
    )
few, more = found[0], found[-1]
right = all(abs(share - TRUTH) < 0.12 for _, _, share, _, _ in found) and 0.7 < width(more[4]) / width(few[4]) < 1.5
wrong = all(width(printed) < 0.5 * width(by_shares) for _, _, _, printed, by_shares in found)
wrong &= not any(low < TRUTH < high for _, _, _, (low, high), _ in found)
wrong &= width(more[3]) < 0.7 * width(few[3])
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "causal-curve==1.0.6" "pygam==0.12.0" "pandas==2.3.3" "numpy==2.4.6" "scipy==1.16.3"
"$folder/venv/bin/python" "$folder/fame.py"
echo "as described: more computing is more data"
