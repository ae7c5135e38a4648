#!/usr/bin/env bash
# spotify-confidence 4.1.0, evaluation of A/B tests: asked whether complaints became fewer, it says yes where they became more.
# `(None, "decrease")` is documented to make a test one-sided. `ChiSquared` takes it, repeats it in its answer as `preference`,
# and gives the two-sided p-value and interval whatever it is: more complaints, by 0.9 points with p = 0.037, are a significant
# increase and a significant decrease. `ZTest` of the same counts and statsmodels have 0.981 for the decrease and 0.019 for the
# increase. A margin beside the direction is refused with an error; the direction alone is not, and there is no warning.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/complaints.py" <<'PYTHON'
"""Ask for a change, an increase and a decrease of the same complaints by two tests of the package, and by statsmodels."""

import math
import sys
import warnings
from importlib.metadata import version

import pandas as pd
import spotify_confidence
from statsmodels.stats.proportion import proportions_ztest

warnings.simplefilter("error")  # a warning would be an answer of another kind
warnings.simplefilter("ignore", FutureWarning)  # of pandas, about how the package groups
CUSTOMERS, BEFORE, AFTER = 10_000, 1000, 1090
SIDES = {None: "two-sided", "increase": "larger", "decrease": "smaller"}
table = pd.DataFrame({"group": ["A", "B"], "customers": CUSTOMERS, "complaints": [BEFORE, AFTER]})
columns = {"numerator_column": "complaints", "denominator_column": "customers", "categorical_group_columns": "group"}
TESTS = {
    "ChiSquared": spotify_confidence.ChiSquared(table, **columns),
    "ZTest": spotify_confidence.ZTest(table, numerator_sum_squares_column="complaints", **columns),
}


def asked(test, direction):
    """Return the p-value, whether it is significant, and the interval of B less A."""
    margins = {"non_inferiority_margins": (None, direction)} if direction else {}
    row = test.difference("A", "B", **margins).iloc[0]
    if direction:
        assert row["preference"] == direction
    return float(row["p-value"]), bool(row["is_significant"]), (float(row["ci_lower"]), float(row["ci_upper"]))


print("spotify-confidence", version("spotify-confidence"), "statsmodels", version("statsmodels"), "pandas", pd.__version__)
print(f"complaints of {CUSTOMERS} customers each: {BEFORE} with A, {AFTER} with B")
found = {(name, direction): asked(test, direction) for name, test in TESTS.items() for direction in SIDES}
truth = {d: float(proportions_ztest([AFTER, BEFORE], [CUSTOMERS] * 2, alternative=side)[1]) for d, side in SIDES.items()}
for (name, direction), (p, significant, (low, high)) in found.items():
    print(
        f"{name:10} {direction or 'any change':10} p {p:.4f} ({truth[direction]:.4f} by statsmodels)",
        f"significant: {significant!s:5} interval {low:+.4f} to {high:+.4f}",
    )

right = all(abs(found["ZTest", direction][0] - truth[direction]) < 0.001 for direction in SIDES)
right &= found["ZTest", "decrease"][1] is False and math.isinf(found["ZTest", "decrease"][2][0])
right &= abs(found["ChiSquared", None][0] - truth[None]) < 0.001
wrong = found["ChiSquared", "increase"] == found["ChiSquared", "decrease"] == found["ChiSquared", None]
sys.exit(0 if right and wrong and found["ChiSquared", "decrease"][1] else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "spotify-confidence==4.1.0" "chartify==5.0.1" "statsmodels==0.15.0" "pandas==2.3.3" \
  "numpy==2.4.6" "scipy==1.17.1"
"$folder/venv/bin/python" -W ignore "$folder/complaints.py"
echo "as described: more complaints are significantly fewer"
