#!/usr/bin/env bash
# salabim 26.0.9, simulation of queues: the median of three waits, 1, 2 and 100 minutes, is 100 or 51. `Monitor.percentile` (and
# `median`) offers ways to go on where a percentile lies between two values, and is documented to use them there. It uses them
# as well where the percentile is one of the values, and takes the next one along: "higher" gives that next value, "midpoint"
# the mean of the two. Of 11 waits the 90th percentile is the tenth by any definition with these names (NumPy: 18 minutes, by
# each of the ways); salabim's "higher" is the longest wait, and of 101 waits each percentile is one wait too far. "linear", the
# default, "lower" and "nearest" are right. There is no warning.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/waits.py" <<'PYTHON'
"""Ask for percentiles that are values of the sample, of three lists of waits, and ask NumPy."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
import salabim

warnings.simplefilter("error")  # a warning would be an answer of another kind
WAYS = ("linear", "lower", "nearest", "higher", "midpoint")
LISTS = {
    "3 waits, median": ([1, 2, 100], 50),
    "11 waits, 90th percentile": ([1, 1, 2, 3, 3, 5, 6, 9, 12, 18, 240], 90),
    "101 waits of 0, 1, 4, ... 10000, 75th": ([wait * wait for wait in range(101)], 75),
}


def by_salabim(waits, percentage):
    """Return the percentile by each way, of a monitor that has seen the waits."""
    monitor = salabim.Monitor("waits")
    for wait in waits:
        monitor.tally(wait)
    return {way: float(monitor.percentile(percentage, interpolation=way)) for way in WAYS}


salabim.yieldless(False)
environment = salabim.Environment()
print("salabim", version("salabim"), "numpy", np.__version__)
wrong = right = True
for name, (waits, percentage) in LISTS.items():
    found = by_salabim(waits, percentage)
    expected = {way: float(np.percentile(waits, percentage, method=way)) for way in WAYS}
    print(f"{name}\n   salabim {found}\n   numpy   {expected}")
    value, following = waits[len(waits) * percentage // 100], waits[len(waits) * percentage // 100 + 1]
    right &= set(expected.values()) == {value} == {found[way] for way in WAYS[:3]}
    wrong &= found["higher"] == following and found["midpoint"] == (value + following) / 2

# Where a percentile does lie between two values, all is as documented and as in NumPy.
between = [1, 2, 6, 100]
same = all(abs(by_salabim(between, 40)[way] - np.percentile(between, 40, method=way)) < 1e-9 for way in WAYS)
sys.exit(0 if right and wrong and same else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "salabim==26.0.9" "numpy==2.4.6"
"$folder/venv/bin/python" "$folder/waits.py"
echo "as described: a percentile that is a value is the next value"
