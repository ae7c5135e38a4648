#!/usr/bin/env bash
# pix-framework 0.15.0, which fits the durations of business process simulations (Simod, Prosimos): the fit depends on
# the unit of the data, and in seconds on their order. `get_best_fitting_distribution` calls data "fixed" where 95% lie
# within 5 of one value, whatever the unit and however wide they spread relative to that value. Dwell times of web
# pages in seconds (exponential, mean 1.5 s) are a constant to it, and the constant is the first value of the list that
# passes, not a mean or a median: the same numbers sorted give one close to 0, reversed another one, while in
# milliseconds they are fitted as exponential with the right mean. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/fit.py" <<'PYTHON'
"""Fit one sample of dwell times in two units and in three orders."""

import sys
from importlib.metadata import version

import numpy as np
from pix_framework.statistics.distribution import get_best_fitting_distribution

MEAN = 1.5
dwell = np.random.default_rng(2).exponential(MEAN, 2000)


def fit(values):
    """Return the name of the distribution, its mean, and the mean and deviation of 2,000 draws from it."""
    np.random.seed(0)  # noqa: NPY002 - the package draws from the global generator
    found = get_best_fitting_distribution(values.tolist())
    drawn = np.array(found.generate_sample(2000))
    return found.type.value, float(found.mean), float(drawn.mean()), float(drawn.std())


print("pix-framework", version("pix-framework"), "numpy", np.__version__, "scipy", version("scipy"))
print(f"dwell times: mean {dwell.mean():.3f} s, deviation {dwell.std():.3f} s, exponential with mean {MEAN} s")
found = {
    "milliseconds": fit(dwell * 1000),
    "seconds": fit(dwell),
    "seconds, reversed": fit(dwell[::-1]),
    "seconds, sorted": fit(np.sort(dwell)),
}
for name, (kind, mean, drawn, deviation) in found.items():
    print(f"{name:18} {kind:6} mean {mean:9.4f}, 2,000 draws: mean {drawn:9.4f}, deviation {deviation:9.4f}")

kind, *fitted = found["milliseconds"]
right = kind == "expon" and np.allclose(fitted, 1000 * np.array([dwell.mean(), dwell.mean(), dwell.std()]), rtol=0.1)
constants = [found[name] for name in found if name != "milliseconds"]
fixed = all(kind == "fix" and np.isclose(mean, drawn) and spread < 1e-9 for kind, mean, drawn, spread in constants)
means = [mean for _, mean, _, _ in constants]
sys.exit(0 if right and fixed and len(set(means)) == 3 and min(means) < 0.01 * dwell.mean() else 1)
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "numpy==2.4.6" "pandas==2.3.3" "scipy==1.17.1"
"$folder/venv/bin/pip" install --quiet --no-deps "pix-framework==0.15.0" # its statistics need no more
"$folder/venv/bin/python" "$folder/fit.py"
echo "as described: exponential in milliseconds, a constant in seconds, and which one is a matter of the order"
