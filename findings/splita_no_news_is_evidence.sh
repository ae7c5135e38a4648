#!/usr/bin/env bash
# splita 0.1.0, sequential A/B tests: looking again at the same data is evidence. `EProcess` ("anytime-valid inference"; fed
# "once with the full dataset" or again and again) makes an e-value of all customers so far at each update, and multiplies it
# with those of the updates before, as if they were about others. One data set has an e-value of 1.1 in one go and of 700
# million in a hundred parts, by `method="universal"`, which never goes down. Of campaigns that do nothing, looked at each day
# for 90 days, nearly all are stopped as effective, and a quarter with "grapa", where at most 5% may be. `EValue` of the same
# package keeps one e-value, stops hardly any of them, and finds those that do something. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/looks.py" <<'PYTHON'
"""Test campaigns that do nothing, with one look and with many, by three tests of the package."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from splita.sequential.evalue import EValue
from splita.sequential.safe_testing import EProcess

warnings.simplefilter("error")  # a warning would be an answer of another kind
CUSTOMERS, CAMPAIGNS, LEVEL = 2700, 300, 0.05  # customers of each group
TESTS = {
    "universal": lambda: EProcess(alpha=LEVEL, method="universal"),
    "grapa": lambda: EProcess(alpha=LEVEL, method="grapa"),
    "EValue": lambda: EValue(alpha=LEVEL, metric="continuous", tau=0.01),
}


def tested(test, control, treated, looks):
    """Return the last e-value, and whether the test was to be stopped at any look."""
    stopped = False
    for ours, theirs in zip(np.split(control, looks), np.split(treated, looks), strict=True):
        state = test.update(ours, theirs)
        stopped |= state.should_stop
    return state.e_value, stopped


def spend(rng, mean=10.0):
    return rng.normal(mean, 3.0, CUSTOMERS)


print("splita", version("splita"), "numpy", np.__version__)
rng = np.random.default_rng(1)
control, treated = spend(rng), spend(rng)
parts = {name: [tested(make(), control, treated, looks)[0] for looks in (1, 10, 100)] for name, make in TESTS.items()}
for name, values in parts.items():
    print(f"{name:9} one data set in 1, 10 and 100 parts: e-value", ", ".join(f"{value:.4g}" for value in values))

rates = {}
for looks in (1, 30, 90):
    campaigns = [(spend(rng), spend(rng)) for _ in range(CAMPAIGNS)]
    for name, make in TESTS.items():
        rates[name, looks] = sum(tested(make(), *campaign, looks)[1] for campaign in campaigns) / CAMPAIGNS
    found = [tested(TESTS["EValue"](), ours, spend(rng, 10.4), looks)[1] for ours, _ in campaigns]
    rates["effective", looks] = sum(found) / CAMPAIGNS
    text = ", ".join(f"{name} {rates[name, looks]:.1%}" for name in TESTS)
    print(f"{looks:2} looks: campaigns that do nothing and are stopped: {text} (at most {LEVEL:.0%});")
    print(f"         campaigns that add 4% and are stopped: EValue {rates['effective', looks]:.1%}")

# An e-value is of the data, not of the looks: any product of those of the same data is another number.
one, _, hundred = parts["universal"]
same = max(parts["EValue"]) - min(parts["EValue"]) < 1e-9
right = all(rates["EValue", looks] <= LEVEL and rates[name, 1] <= LEVEL for looks in (1, 30, 90) for name in TESTS)
right &= rates["effective", 90] > 0.9
wrong = rates["universal", 90] > 0.9 and rates["universal", 30] > 0.5 and rates["grapa", 90] > 0.15
sys.exit(0 if same and right and wrong and hundred > 100 * one else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "splita==0.1.0" "numpy==2.4.6" "scipy==1.17.1"
"$folder/venv/bin/python" "$folder/looks.py"
echo "as described: who looks every day stops nearly every campaign that does nothing"
