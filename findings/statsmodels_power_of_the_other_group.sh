#!/usr/bin/env bash
# statsmodels 0.15.0, planning of A/B tests: the power to show that two rates are equal is that of another number of customers.
# `power_equivalence_poisson_2indep` (rates within 0.8 to 1.25 of each other; `nobs1` customers in group 1 and `nobs_ratio`
# times as many in group 2) takes the variance for a customer of group 1, and divides it by the customers of group 2. With
# twice as many in group 2 it promises 95% where 65% of experiments succeed, with ten times as many 100% for 83%, and with half
# as many a power of -28% for 14%. Its neighbour for negative binomial rates, with hardly any dispersion, is right for each ratio,
# and both are right with equal groups, the default. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/power.py" <<'PYTHON'
"""Compare the stated power of an equivalence test of two Poisson rates with experiments."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from scipy.stats import norm
from statsmodels.stats.rates import power_equivalence_neginb_2indep, power_equivalence_poisson_2indep

warnings.simplefilter("error")  # a warning would be an answer of another kind
RATE, CUSTOMERS, LOW, HIGH, LEVEL = 2.0, 100, 0.8, 1.25, 0.05
EXPERIMENTS = 200_000


def simulated(ratio):
    """Return the share of experiments in which both one-sided tests on the logarithm of the ratio reject."""
    rng = np.random.default_rng(1)
    others = int(ratio * CUSTOMERS)
    first, second = rng.poisson(RATE * CUSTOMERS, EXPERIMENTS), rng.poisson(RATE * others, EXPERIMENTS)
    effect = np.log(first / CUSTOMERS) - np.log(second / others)
    error, critical = np.sqrt(1 / first + 1 / second), norm.isf(LEVEL)
    return float((((effect - np.log(LOW)) / error > critical) & ((effect - np.log(HIGH)) / error < -critical)).mean())


def stated(power, ratio, customers=CUSTOMERS, **options):
    return float(power(RATE, RATE, customers, LOW, HIGH, nobs_ratio=ratio, alpha=LEVEL, **options))


print("statsmodels", version("statsmodels"), "numpy", np.__version__, "scipy", version("scipy"))
right = wrong = True
for ratio in (0.5, 1, 2, 10):
    truth = simulated(ratio)
    poisson = [stated(power_equivalence_poisson_2indep, ratio, method_var=name) for name in ("alt", "score")]
    negative = stated(power_equivalence_neginb_2indep, ratio, dispersion=1e-9)
    mended = stated(power_equivalence_poisson_2indep, ratio, customers=CUSTOMERS / ratio)
    print(f"{CUSTOMERS} customers and {ratio:4} times as many: experiments {truth:.3f}; Poisson {poisson[0]:.3f} or {poisson[1]:.3f},")
    print(f"    negative binomial {negative:.3f}, Poisson where group 2 is to have {CUSTOMERS} customers {mended:.3f}")
    right &= abs(negative - truth) < 0.03 and abs(mended - truth) < 0.03
    wrong &= (ratio == 1) == all(abs(power - truth) < 0.1 for power in poisson)
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "statsmodels==0.15.0" "numpy==2.4.6" "scipy==1.17.1" "pandas==3.1.1"
"$folder/venv/bin/python" "$folder/power.py"
echo "as described: the power is that of an experiment with other groups"
