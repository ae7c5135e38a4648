#!/usr/bin/env bash
# ambrosia 0.5.3.post1, evaluation of A/B tests: asked by bootstrap whether variant B is better, it says yes where B is
# clearly worse. The interval of `method="empiric"` with `alternative="greater"` ends at the largest of the bootstrap
# differences, not at infinity, and the p-value is the level at which the interval no longer holds 0. Where all differences
# are below 0 it never does: B spends 10% less than A, the two-sided p-value is 0, and so are the ones of "B is greater" and
# of "B is less". `method="theory"`, SciPy's t-test and a bootstrap done by hand give "greater" a p-value of 1. No warning is
# given, and the more certain the loss, the surer the gain.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/sides.py" <<'PYTHON'
"""Test a variant that is worse, one that is as good and one that is better, in three directions by four methods."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
from ambrosia.tester import Tester
from scipy import stats

warnings.simplefilter("error")  # a warning would be an answer of another kind
DIRECTIONS = ("two-sided", "greater", "less")
CUSTOMERS = 400
rng = np.random.default_rng(1)
control = rng.normal(100, 20, CUSTOMERS)
variants = {name: rng.normal(mean, 20, CUSTOMERS) for name, mean in (("worse", 90), ("alike", 100), ("better", 110))}


def tested(variant, direction, method, **options):
    """Return ambrosia's p-value and interval for one direction."""
    table = pd.DataFrame({"spend": np.r_[control, variant], "group": ["A"] * CUSTOMERS + ["B"] * CUSTOMERS})
    tester = Tester(dataframe=table, metrics="spend", column_groups="group")
    row = tester.run(method=method, alternative=direction, correction_method=None, **options).iloc[0]
    return float(row["pvalue"]), tuple(float(bound) for bound in row["confidence_interval"])


def bootstrap(variant, direction):
    """Return the p-value of differences that are drawn here, by counting."""
    draws = np.random.default_rng(2)
    differences = np.array(
        [draws.choice(variant, CUSTOMERS).mean() - draws.choice(control, CUSTOMERS).mean() for _ in range(5000)]
    )
    sides = {"greater": (differences <= 0).mean(), "less": (differences >= 0).mean()}
    return float(sides.get(direction, min(1, 2 * min(sides.values()))))


print("ambrosia", version("ambrosia"), "scipy", version("scipy"), "pandas", pd.__version__, "numpy", np.__version__)
found = {}
for name, variant in variants.items():
    print(f"B is {name}: mean {variant.mean():.1f} beside {control.mean():.1f}")
    for direction in DIRECTIONS:
        by_bootstrap, interval = tested(variant, direction, "empiric", random_seed=1)
        by_theory, _ = tested(variant, direction, "theory")
        by_scipy = float(stats.ttest_ind(variant, control, equal_var=False, alternative=direction).pvalue)
        found[name, direction] = by_bootstrap, by_theory, by_scipy, bootstrap(variant, direction)
        values = "  ".join(f"{value:8.2g}" for value in found[name, direction])
        print(f"  {direction:10} p by bootstrap, theory, SciPy, counting: {values}  interval {np.round(interval, 1)}")

agreed = all(abs(theory - other) < 1e-3 for _, theory, other, _ in found.values())
counted = all(abs(theory - count) < 0.03 for _, theory, _, count in found.values())
wrong = found["worse", "greater"][0] < 1e-6 < 0.999 < found["worse", "greater"][1]
wrong &= found["better", "less"][0] < 1e-6 < 0.999 < found["better", "less"][1]
right = all(found[key][0] < 1e-3 for key in (("worse", "less"), ("better", "greater"), ("worse", "two-sided")))
sys.exit(0 if agreed and counted and wrong and right else "changed: see the p-values above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "numpy==2.4.6" "pandas==3.1.1" "scipy==1.17.1" "statsmodels==0.15.0" "joblib==1.5.3" \
  "pyyaml==6.0.3"
"$folder/venv/bin/pip" install --quiet --no-deps "ambrosia==0.5.3.post1" # its tests need no more
"$folder/venv/bin/python" "$folder/sides.py"
echo "as described: the variant that loses is significantly better, and significantly worse"
