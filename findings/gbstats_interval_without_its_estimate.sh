#!/usr/bin/env bash
# gbstats 0.8.0, the statistics of GrowthBook: the interval of a one-sided A/B test lies beside its own estimate.
# `OneSidedTreatmentLesserTTest` ("is there less of it with B?") ends its interval at the estimate less its half-width, where it
# is to be the estimate plus the half-width. The 95% interval then never holds the estimate, and holds the true effect in 5 of
# 100 experiments. By it 95 of 100 campaigns that do nothing lower the complaints; by the p-value beside it, which is right, 5
# do. `OneSidedTreatmentGreaterTTest` of the same data, A and B exchanged, and SciPy have the right interval. It has been mended
# in the project's source since; 0.8.0 is the newest release. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/complaints.py" <<'PYTHON'
"""Count how often the one-sided intervals hold the truth, of experiments in which B lowers complaints by 0.1 or by nothing."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from gbstats.frequentist.tests import FrequentistConfig, OneSidedTreatmentGreaterTTest, OneSidedTreatmentLesserTTest
from gbstats.models.statistics import SampleMeanStatistic
from scipy import stats

warnings.simplefilter("error")  # a warning would be an answer of another kind
CUSTOMERS, EXPERIMENTS = 500, 1000
ABSOLUTE = FrequentistConfig(difference_type="absolute", alpha=0.05)


def sums(values):
    return SampleMeanStatistic(n=len(values), sum=float(values.sum()), sum_squares=float((values**2).sum()))


def asked(control, treated):
    """Return the estimate of B less A, p-values and upper ends of the interval: of the package, turned round, of SciPy."""
    result = OneSidedTreatmentLesserTTest(sums(control), sums(treated), ABSOLUTE).compute_result()
    turned = OneSidedTreatmentGreaterTTest(sums(treated), sums(control), ABSOLUTE).compute_result()
    scipy = stats.ttest_ind(treated, control, equal_var=False, alternative="less")
    ends = result.ci[1], -turned.ci[0], scipy.confidence_interval(0.95).high
    return result.expected, (result.p_value, turned.p_value, scipy.pvalue), np.array(ends, dtype=float)


print("gbstats", version("gbstats"), "scipy", version("scipy"), "numpy", np.__version__)
right = wrong = True
for effect in (0.0, -0.1):
    rng = np.random.default_rng(1)
    rows = [asked(rng.exponential(1.0, CUSTOMERS), rng.exponential(1.0, CUSTOMERS) + effect) for _ in range(EXPERIMENTS)]
    estimates = np.array([row[0] for row in rows])
    p_values, ends = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    held = (ends >= effect).mean(axis=0)
    print(f"first experiment of a true effect of {effect:+.1f}: estimate {estimates[0]:+.3f}, p {p_values[0, 0]:.3f}")
    for name, end, share in zip(("lesser", "greater, exchanged", "SciPy"), ends[0], held, strict=True):
        print(f"   {name:18} 95% interval: to {end:+.3f}; holds the truth in {share:.1%} of {EXPERIMENTS} experiments")
    print(f"   the interval of the first holds its own estimate in {(ends[:, 0] >= estimates).mean():.1%}")
    right &= np.allclose(p_values, p_values[:, :1]) and np.allclose(ends[:, 1], ends[:, 2])
    right &= (abs(held[1:] - 0.95) < 0.03).all()
    wrong &= not (ends[:, 0] >= estimates).any() and held[0] < 0.1
    # What the right interval has above the estimate, this one has below.
    wrong &= np.allclose(estimates - ends[:, 0], ends[:, 1] - estimates)
    if effect == 0.0:
        outside = ends[:, 0] < 0
        print(f"   it says that there is less in {outside.mean():.1%}, the p-value in {(p_values[:, 0] < 0.05).mean():.1%}")
        wrong &= np.array_equal(outside, p_values[:, 0] < 0.95)
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "numpy==1.26.4" "pandas==1.5.3" "scipy==1.17.1" "pydantic==2.14.4"
"$folder/venv/bin/pip" install --quiet --no-deps "gbstats==0.8.0" # its tests need no more
"$folder/venv/bin/python" "$folder/complaints.py"
echo "as described: the interval never holds the estimate, and hardly ever the truth"
