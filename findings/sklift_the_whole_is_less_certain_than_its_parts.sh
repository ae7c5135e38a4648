#!/usr/bin/env bash
# scikit-uplift 0.5.1, who is moved by a campaign: the finer the table, the less certain its total. `uplift_by_percentile(std=True,
# total=True)` has a row for each part of the customers, and one for all of them, whose uplift and rates are those of all. The
# standard errors in that row are the sums of the parts' errors. A campaign that moves 5.3% of 10,000 customers has a standard error
# of 0.7%; by five parts it is 7%, by ten 21%, by twenty 59%, so that an effect of eight errors cannot be told from nothing. The
# errors of the parts are right. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/campaign.py" <<'PYTHON'
"""Ask for the total of one campaign by tables of three sizes, and let it happen anew 2,000 times."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from sklift.metrics import uplift_by_percentile

warnings.simplefilter("error", UserWarning)  # a warning of the table itself would be an answer of another kind
CUSTOMERS, RATE, EFFECT = 10_000, 0.10, 0.05

rng = np.random.default_rng(1)


def campaign():
    asked = rng.integers(0, 2, CUSTOMERS)
    return asked, (rng.random(CUSTOMERS) < RATE + EFFECT * asked).astype(int)


def uplift(asked, bought):
    return bought[asked == 1].mean() - bought[asked == 0].mean()


asked, bought = campaign()
again = np.std([uplift(*campaign()) for _ in range(2000)])
score = rng.random(CUSTOMERS)
print("scikit-uplift", version("scikit-uplift"), "scikit-learn", version("scikit-learn"), "pandas", version("pandas"))
print(f"2,000 campaigns: standard deviation of the uplift {again:.2%}")
right, errors = True, []
for parts in (5, 10, 20):
    table = uplift_by_percentile(bought, score, asked, bins=parts, std=True, total=True)
    total, rows = table.loc["total"], table.drop(index="total")
    errors.append(total["std_uplift"])
    combined = np.sqrt((rows["std_uplift"] ** 2).sum()) / parts
    print(
        f"{parts:2} parts: uplift of all {total['uplift']:.2%} with a standard error of {errors[-1]:.1%}; "
        f"from the errors of the parts {combined:.2%}"
    )
    right &= np.isclose(total["uplift"], uplift(asked, bought)) and abs(combined / again - 1) < 0.1
    right &= np.isclose(errors[-1], rows["std_uplift"].sum())
sys.exit(0 if right and errors[0] > 5 * again and errors[2] > 50 * again else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "scikit-uplift==0.5.1" "scikit-learn==1.7.2" "numpy==2.4.6" "pandas==3.1.1" "scipy==1.17.1"
"$folder/venv/bin/python" "$folder/campaign.py"
echo "as described: the error of the whole is the sum of the errors of its parts"
