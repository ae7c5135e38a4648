#!/usr/bin/env bash
# sim-tools 1.3.0, which tells how many replications a simulation needs: for a result with a negative mean (a loss, a
# cash balance) the answer is the smallest one. Precision is half the interval over the mean with its sign, so that it
# is below zero for a loss and always "at most 10%". A loss of 100 with a deviation of 100 a run is granted after 3
# replications by `ReplicationsAlgorithm` and after 6 by `confidence_interval_method`, where the interval is about as
# wide as the loss is large; the same numbers as costs, with the other sign, need some 380. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/replications.py" <<'PYTHON'
"""Ask how many replications the same results need, as costs and as losses."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from scipy import stats
from sim_tools.output_analysis import ReplicationsAlgorithm, confidence_interval_method

warnings.simplefilter("error")  # a warning would be an answer of another kind
BUDGET, PRECISION = 1000, 0.1
MEAN, DEVIATION = 100.0, 100.0
costs = np.random.default_rng(1).normal(MEAN, DEVIATION, BUDGET + 100)


class Company:
    """A simulation whose runs give `values`, one a replication."""

    def __init__(self, values):
        self.values = values

    def single_run(self, replication_number):
        return {"money": float(self.values[replication_number])}


def asked(values):
    """Return the replications that the algorithm and the interval method ask for."""
    algorithm = ReplicationsAlgorithm(half_width_precision=PRECISION, replication_budget=BUDGET)
    by_algorithm = algorithm.select(Company(values), ["money"])[0]["money"]
    by_interval, _ = confidence_interval_method(values[:BUDGET], desired_precision=PRECISION)
    return int(by_algorithm), int(by_interval)


def width(values, replications):
    """Return half of the 95% t-interval in shares of the mean's size, by SciPy."""
    first = values[:replications]
    return float(stats.sem(first) * stats.t.ppf(0.975, replications - 1) / abs(first.mean()))


print("sim-tools", version("sim-tools"), "numpy", np.__version__, "scipy", version("scipy"))
found = {name: asked(values) for name, values in (("costs", costs), ("losses", -costs))}
for name, counts in found.items():
    for method, count in zip(("ReplicationsAlgorithm", "confidence_interval_method"), counts, strict=True):
        print(f"{name:6} {method:26} {count:5} replications: interval of +-{width(costs, count):7.1%} of the mean")

needed = (stats.norm.ppf(0.975) * DEVIATION / MEAN / PRECISION) ** 2
print(f"by the formula for a known deviation: {needed:.0f} replications")
right = all(0.5 * needed < count < 2 * needed and width(costs, count) <= PRECISION for count in found["costs"])
wrong = found["losses"] == (3, 6) and all(width(costs, count) > 5 * PRECISION for count in found["losses"])
sys.exit(0 if right and wrong else 1)
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "sim-tools==1.3.0" "numpy==2.4.6" "scipy==1.17.1" "pandas==3.1.1"
"$folder/venv/bin/python" "$folder/replications.py"
echo "as described: what costs need hundreds of replications for, losses are granted after a handful"
