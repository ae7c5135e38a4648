#!/usr/bin/env bash
# mlxtend 0.25.0, comparison of two rates: whether a difference is significant depends on which rate is named first. The user guide of
# `evaluate.proportion_difference` has the two rates as equal for the null hypothesis, different for the alternative, and 1.96 for the
# z-value from which they differ. The p-value that comes with it is the normal distribution's share below that z-value: of 12% and 10% of
# 2,000 customers each, z is 2.02 and p is 0.98, and named the other way round z is -2.02 and p is 0.02; by SciPy's table of four cells p
# is 0.04 for both. A rate that is better for sure, 15% against 10%, is "not significant" with p = 1.00. With the larger rate second, twice
# as many experiments as promised find a difference where there is none. The user guide's own example calls z = -1.75 significant. The
# neighbours in the package, McNemar's and Cochran's tests, have the same p-value in either order. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/rates.py" <<'PYTHON'
"""Compare rates of two groups in either order, by mlxtend and by SciPy, and count findings where there is nothing to find."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from mlxtend.evaluate import mcnemar, mcnemar_table, proportion_difference
from scipy.stats import chi2_contingency

warnings.simplefilter("error", UserWarning)  # a warning of the test would be an answer of another kind
CUSTOMERS, LEVEL, EXPERIMENTS = 2_000, 0.05, 20_000


def by_table(one, other):
    """Return the p-value of the table of who bought and who did not."""
    bought = [round(rate * CUSTOMERS) for rate in (one, other)]
    return float(chi2_contingency([bought, [CUSTOMERS - count for count in bought]], correction=False).pvalue)


print("mlxtend", version("mlxtend"), "scipy", version("scipy"), "numpy", np.__version__)
right = wrong = True
for one, other in ((0.12, 0.10), (0.10, 0.12), (0.15, 0.10), (0.10, 0.15)):
    z, p = proportion_difference(one, other, n_1=CUSTOMERS, n_2=CUSTOMERS)
    exact = by_table(one, other)
    print(f"{one:.0%} and {other:.0%}: z {z:+.2f}, p {p:.3f}; by SciPy p {exact:.3f}")
    right &= exact < LEVEL and abs(z) > 1.96
    wrong &= bool(np.isclose(p, 1 - exact / 2, atol=0.002)) if one > other else bool(np.isclose(p, exact / 2, atol=0.002))

random = np.random.default_rng(1)
rates = random.binomial(CUSTOMERS, 0.10, (EXPERIMENTS, 2)) / CUSTOMERS  # both groups are the same
larger_last = np.sort(rates, axis=1)
found = {}
for name, pairs in (("as they come", rates), ("the larger one second", larger_last), ("the larger one first", larger_last[:, ::-1])):
    found[name] = float(np.mean([proportion_difference(one, other, n_1=CUSTOMERS)[1] < LEVEL for one, other in pairs]))
    print(f"no difference, {name}: found in {found[name]:.1%} of experiments, promised {LEVEL:.0%}")
truth = np.ones(CUSTOMERS, dtype=bool)
answers = [np.arange(CUSTOMERS) % 25 < 3, np.arange(CUSTOMERS) % 10 < 1]  # right for 12% and for 10%
both = [float(mcnemar(mcnemar_table(truth, *pair))[1]) for pair in (answers, answers[::-1])]
print("McNemar's test of the package, in either order:", [round(value, 3) for value in both])

right &= bool(np.isclose(*both) and 0 < both[0] < 1) and abs(found["as they come"] - LEVEL) < 0.01
wrong &= abs(found["the larger one second"] - 2 * LEVEL) < 0.01 and found["the larger one first"] == 0
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "mlxtend==0.25.0" "scipy==1.17.1" "numpy==2.4.6" "pandas==2.3.3" "scikit-learn==1.9.1"
"$folder/venv/bin/python" "$folder/rates.py"
echo "as described: the p-value is that of who is named first"
