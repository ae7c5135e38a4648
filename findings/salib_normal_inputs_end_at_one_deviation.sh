#!/usr/bin/env bash
# SALib 1.6.0, sensitivity analysis: for normal inputs the measure by derivatives (DGSM) takes the mean and the deviation for
# the two ends of a range. With `dists` "norm" or "lognorm" the `bounds` of an input are the parameters of its distribution.
# `finite_diff.sample` draws from it, and then cuts the second point of each derivative to these "bounds": of an input with mean
# 100 and deviation 10 every second point is 100, of standard normal ones two in three are 0 or 1. `dgsm.analyze` then takes
# their squared distance for the width of the range, which is 0 where mean and deviation are equal. DGSM is documented as an
# upper limit of the total index: here it is 0.00 and 0.05 for inputs with a half, and of two other inputs the one that matters
# less comes first. Uniform inputs are right, and so are truncated normal ones, whose bounds do start with the ends. No
# warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/derivatives.py" <<'PYTHON'
"""Compare the measure by derivatives with total indices and with derivatives by hand, for inputs of three distributions."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from SALib.analyze import dgsm, sobol
from SALib.sample import finite_diff
from SALib.sample import sobol as sobol_sample

warnings.simplefilter("error")  # a warning would be an answer of another kind
RUNS = 1024


def total(inputs):
    return inputs.sum(axis=1)


def squares(inputs):
    """Have the derivative 2 (x - 100) in each input."""
    return ((inputs - 100) ** 2).sum(axis=1)


def studied(distribution, bounds, model):
    """Return total indices, DGSM, mean squared derivatives, and how many values the second points take."""
    names = [f"input {number}" for number in range(len(bounds))]
    problem = {"num_vars": len(bounds), "names": names, "bounds": bounds, "dists": [distribution] * len(bounds)}
    points = sobol_sample.sample(problem, RUNS, calc_second_order=False, seed=1)
    indices = sobol.analyze(problem, model(points), calc_second_order=False, seed=1)["ST"]
    points = finite_diff.sample(problem, RUNS, seed=1)
    result = dgsm.analyze(problem, points, model(points), seed=1)
    seconds = [len(np.unique(points[1 + column :: len(bounds) + 1, column])) for column in range(len(bounds))]
    return indices, result["dgsm"], result["vi"], seconds


print("SALib", version("SALib"), "numpy", np.__version__, "scipy", version("scipy"))
STUDIES = {
    "uniform on 0 to 1, twice": ("unif", [[0, 1], [0, 1]], total),
    "truncated normal on 70 to 130": ("truncnorm", [[70, 130, 100, 10], [70, 130, 100, 10]], squares),
    "standard normal, twice": ("norm", [[0, 1], [0, 1]], total),
    "N(10, 10), twice": ("norm", [[10, 10], [10, 10]], total),
    "N(0, 3) and N(100, 1)": ("norm", [[0, 3], [100, 1]], total),
    "N(100, 10), squares": ("norm", [[100, 10], [100, 10]], squares),
}
found = {}
for name, study in STUDIES.items():
    indices, limits, slopes, seconds = found[name] = studied(*study)
    print(f"{name:30} total index {indices.round(2)}, DGSM {limits.round(3)}, mean squared derivative {slopes.round(1)},")
    print(f"{'':30} second points take {seconds} of {RUNS} values")

right = all((found[name][1] > found[name][0] - 0.02).all() for name in list(STUDIES)[:2])  # a limit from above
right &= bool(np.allclose(found["truncated normal on 70 to 130"][2], 400, rtol=0.1))  # 4 * variance, to the step's size
wrong = bool((found["standard normal, twice"][1] < 0.06).all() and (found["N(10, 10), twice"][1] == 0).all())
wrong &= all((found[name][0] > 0.45).all() for name in list(STUDIES)[2:4])
first, second = found["N(0, 3) and N(100, 1)"][:2]
wrong &= bool(first[0] > 0.85 and second[0] < 0.1 and second[1] > 10)
wrong &= bool(found["N(100, 10), squares"][3] == [1, 1] and np.allclose(found["N(100, 10), squares"][2], 100, rtol=0.1))
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "SALib==1.6.0" "numpy==2.4.6" "scipy==1.17.1" "pandas==3.1.1"
"$folder/venv/bin/python" "$folder/derivatives.py"
echo "as described: the influence of an input depends on the distance between its mean and its deviation"
