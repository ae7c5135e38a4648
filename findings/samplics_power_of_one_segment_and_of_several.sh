#!/usr/bin/env bash
# samplics 0.4.19, planning of surveys and campaigns: the power to see that a rate has changed depends on how the question is put.
# `calculate_power_prop` (rate before, rate after, customers) has a power of 75% for one segment given as numbers, of 71% for
# the same segment given in lists, and None for the same segment given in dictionaries, although all three kinds are documented
# by its types. `arcsin=True`, the default, is used for numbers alone; nothing is returned of dictionaries. A test with one side
# (`two_sides=False`) has the critical value of a test with two: of a rate that has not changed it says that 2.5% of campaigns
# are taken for a success where 5% were asked for, and its power is 75%, not the 84% of `calculate_power` for the same effect.
# No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/power.py" <<'PYTHON'
"""Ask for the power of one segment in the ways that there are, and hold them against experiments."""

import math
import sys
import warnings
from importlib.metadata import version

import numpy as np
from samplics.sampling import calculate_power, calculate_power_prop
from scipy.stats import binom, norm

warnings.simplefilter("error")  # a warning would be an answer of another kind
BEFORE, AFTER, CUSTOMERS = 0.04, 0.05, 3_000


def angle(rate):
    """Return the angle whose variance is one over the customers, whatever the rate is."""
    return 2 * math.asin(math.sqrt(rate))


def exact(two_sides):
    """Return the share of experiments in which the test of the angles rejects, from the binomial distribution."""
    bought = np.arange(CUSTOMERS + 1)
    z = (2 * np.arcsin(np.sqrt(bought / CUSTOMERS)) - angle(BEFORE)) * math.sqrt(CUSTOMERS)
    rejects = np.abs(z) > norm.isf(0.025) if two_sides else z > norm.isf(0.05)
    return float(binom.pmf(bought, CUSTOMERS, AFTER)[rejects].sum())


print("samplics", version("samplics"), "numpy", np.__version__, "scipy", version("scipy"))
number = calculate_power_prop(True, BEFORE, AFTER, CUSTOMERS)
(listed,) = calculate_power_prop(True, [BEFORE], [AFTER], [CUSTOMERS])
named = calculate_power_prop(True, {"north": BEFORE}, {"north": AFTER}, {"north": CUSTOMERS})
print(f"two sides: as numbers {number:.4f}, in lists {listed:.4f}, in dictionaries {named}; exact {exact(True):.4f}")
one_side = calculate_power_prop(False, BEFORE, AFTER, CUSTOMERS)
by_angles = calculate_power(False, angle(AFTER) - angle(BEFORE), 1.0, CUSTOMERS, 0.05)
print(f"one side: {one_side:.4f}, by calculate_power of the same angles {by_angles:.4f}; exact {exact(False):.4f}")
unchanged = calculate_power_prop(False, BEFORE, BEFORE, CUSTOMERS)
print(f"of a rate that has not changed, one side, alpha 0.05: {unchanged:.4f}")
as_described = (
    abs(number - exact(True)) < 0.02
    and abs(listed - number) > 0.03
    and named is None
    and abs(one_side - number) < 0.001
    and abs(by_angles - exact(False)) < 0.02
    and abs(unchanged - 0.025) < 0.001
)
sys.exit(0 if as_described else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "samplics==0.4.19" "numpy==1.26.4" "scipy==1.17.1" "pandas==2.3.3"
"$folder/venv/bin/python" "$folder/power.py"
echo "as described: one segment has another power in a list, and one side is two"
