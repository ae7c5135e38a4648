#!/usr/bin/env bash
# SciPy 1.18.1: the tail of the logarithmic series distribution (Fisher's; purchases per buyer in Chatfield's model of
# repeat buying) is wrong between whole numbers. `logser.sf(2.5)` is not `logser.sf(2)`, it lies between it and
# `logser.sf(3)`, while `logser.cdf(2.5)` is the step that it should be: the two do not add up to 1 (here 0.96). The
# survival function has been a formula of its own since 1.17, which is taken at the fraction; other discrete
# distributions step. `yulesimon` (the tail of brand sizes) interpolates in both, so that they add up to 1 and
# P(X <= 2.5) is still 3.5 points more than P(X <= 2). There is no warning. Needs Python 3.12 or newer.
set -euo pipefail

python=${PYTHON:-python3.12}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/tail.py" <<'PYTHON'
"""Ask discrete distributions what lies above 2.5, in four ways that must agree."""

import sys
import warnings

import numpy as np
import scipy
from scipy import stats

warnings.simplefilter("error")  # a warning would be an answer of another kind
AT = 2.5
DISTRIBUTIONS = {
    "logser": stats.logser(0.5),
    "yulesimon": stats.yulesimon(2.5),
    "zipf": stats.zipf(2.5),
    "geom": stats.geom(0.3),
    "nbinom": stats.nbinom(2.0, 0.3),
    "poisson": stats.poisson(2.0),
}

print("scipy", scipy.__version__, "numpy", np.__version__)
steps, whole = {}, {}
for name, distribution in DISTRIBUTIONS.items():
    outcomes = np.arange(0, 3)
    by_mass = 1 - distribution.pmf(outcomes).sum()
    drawn = (distribution.rvs(200_000, random_state=1) > AT).mean()
    above = distribution.sf(AT)
    total = distribution.cdf(AT) + above
    print(
        f"{name:9}  sf(2.5) {above:.4f}  sf(2) {distribution.sf(2):.4f}  by its masses {by_mass:.4f}"
        f"  drawn {drawn:.4f}  cdf(2.5) + sf(2.5) {total:.4f}"
    )
    steps[name] = np.isclose(above, distribution.sf(2)) and np.isclose(above, by_mass)
    whole[name] = np.isclose(total, 1)

found = steps == {name: name not in {"logser", "yulesimon"} for name in DISTRIBUTIONS}
sys.exit(0 if found and whole == {name: name != "logser" for name in DISTRIBUTIONS} else 1)
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "scipy==1.18.1" "numpy==2.5.5"
"$folder/venv/bin/python" "$folder/tail.py"
echo "as described: between whole numbers the tails of logser and yulesimon are not steps"
