#!/usr/bin/env bash
# phitter 1.0.4, which fits distributions for simulations: a sample of Student's t has two values. `t_student.ppf` looks
# for the smallest tail of all its arguments together, and gives each of them that one quantile, with a plus or a minus:
# of ten thousand draws each is the same number or its negative, a larger sample has larger numbers, and its variance is
# tens to hundreds of times the one that `variance` states. One argument at a time, and `t_student_3p` with location 0
# and scale 1, are right. Beside it `generalized_gamma.pdf` returns the distribution function; `generalized_gamma_4p` is
# right again. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/student.py" <<'PYTHON'
"""Draw from Student's t and look at the density of the generalized gamma, each beside its sister and SciPy."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from scipy import integrate, stats

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of packages that it loads
    from phitter.continuous import CONTINUOUS_DISTRIBUTIONS

warnings.simplefilter("error")
DF, SIZES = 5, (100, 10_000)
student = CONTINUOUS_DISTRIBUTIONS["t_student"](parameters={"df": DF})
moved = CONTINUOUS_DISTRIBUTIONS["t_student_3p"](parameters={"df": DF, "loc": 0, "scale": 1})
gamma = CONTINUOUS_DISTRIBUTIONS["generalized_gamma"](parameters={"a": 2, "d": 3, "p": 1})
gamma_moved = CONTINUOUS_DISTRIBUTIONS["generalized_gamma_4p"](parameters={"a": 2, "d": 3, "p": 1, "loc": 0})

print("phitter", version("phitter"), "scipy", version("scipy"), "numpy", np.__version__)
chances = np.array([0.01, 0.25, 0.5, 0.75, 0.95])
expected = stats.t.ppf(chances, DF)
together, one_by_one = student.ppf(chances), np.array([student.ppf(chance) for chance in chances])
for name, values in (
    ("SciPy", expected),
    ("t_student, one by one", one_by_one),
    ("t_student_3p, together", moved.ppf(chances)),
    ("t_student, together", together),
):
    print(f"quantiles {name:24}", np.round(values, 3).tolist())
draws = {size: student.sample(size, seed=3) for size in SIZES}
for size, values in draws.items():
    kinds = np.unique(np.round(values, 9))
    print(f"{size:6} draws: values {kinds.round(3).tolist()}, variance {values.var():.1f}, stated {student.variance:.2f}")
print(f"{SIZES[1]:6} draws of t_student_3p: variance {moved.sample(SIZES[1], seed=3).var():.2f}")

places = np.array([1.0, 3.0, 6.0, 12.0])
closed_form = places**2 * np.exp(-places / 2) / 16  # a gamma of shape 3 and scale 2
for name, values in (
    ("closed form", closed_form),
    ("generalized_gamma_4p", gamma_moved.pdf(places)),
    ("generalized_gamma", gamma.pdf(places)),
    ("its cdf", gamma.cdf(places)),
):
    print(f"density   {name:24}", np.round(values, 4).tolist())
area = integrate.quad(lambda place: float(gamma.pdf(place)), 0, 100)[0]
print(f"area under the density from 0 to 100: {area:.1f}")

right = np.allclose(one_by_one, expected) and np.allclose(moved.ppf(chances), expected)
right &= np.allclose(gamma_moved.pdf(places), closed_form)
same = np.allclose(together, np.sign(chances - 0.5) * abs(expected[0]))
two = all(len(np.unique(np.round(values, 9))) == 2 for values in draws.values())
spread = draws[10_000].var() > 10 * student.variance and draws[10_000].var() > 2 * draws[100].var()
cumulated = np.allclose(gamma.pdf(places), gamma.cdf(places)) and area > 50
sys.exit(0 if right and same and two and spread and cumulated else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "phitter==1.0.4" "numpy==2.4.6" "scipy==1.16.3" "pandas==3.1.1"
"$folder/venv/bin/python" "$folder/student.py"
echo "as described: all draws are one number or its negative, and a density is a distribution function"
