#!/usr/bin/env bash
# choicemodels 0.3, discrete choice (UDST, UrbanSim): who gets what is sold out depends on how many customers are computed at a time.
# `iterative_lottery_choices` lets customers choose among products of limited stock. Customers are documented to come one after another in
# random order, each choosing among what is left; batches, says its documentation, are for speed, and the outcome is equivalent. In a batch
# all choose at once, and those who find their product gone choose again after everybody else has chosen. Of 20 pieces that 20 customers
# want, and that 60 others want once theirs is sold out, the 20 get 15 or 16 where all customers are one batch, which is the default, and 10
# where they come one by one: by hand, and by `chooser_batch_size=1`, a setting for tables too large for the memory. What customers do who
# find a product sold out is what such a model is for; it is half of what it should be. Where all customers have the same tastes the two
# agree. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/stock.py" <<'PYTHON'
"""Let customers choose among products of limited stock, in one batch, one by one, and by hand."""

import contextlib
import io
import sys
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
from choicemodels.tools import MergedChoiceTable, iterative_lottery_choices

warnings.simplefilter("error", UserWarning)  # a warning of the choices would be an answer of another kind
warnings.simplefilter("ignore", FutureWarning)  # of pandas, about empty tables
STOCK = np.array([20, 20, 100])
CROWD, FEW = 60, 20
TASTES = {
    "different tastes": np.array([[0.90, 0.09, 0.01], [0.01, 0.90, 0.09]]),  # the crowd wants the first product, the few the second
    "the same tastes": np.array([[0.50, 0.40, 0.10], [0.50, 0.40, 0.10]]),
}
kinds = np.repeat([0, 1], [CROWD, FEW])
customers = pd.DataFrame({"kind": kinds}, index=pd.RangeIndex(len(kinds), name="customer"))
products = pd.DataFrame({"number": [0, 1, 2], "stock": STOCK}, index=pd.RangeIndex(3, name="product"))


def merged(choosers, alternatives, intx_ops=None):
    return MergedChoiceTable(choosers, alternatives)


def of_the_package(tastes, size):
    """Return what each customer gets, chosen by the package in batches of a size."""

    def shares(table):
        rows = table.to_frame()
        weights = pd.Series(tastes[rows["kind"], rows["number"]], index=rows.index)
        return weights / weights.groupby(level=0).transform("sum")

    with contextlib.redirect_stdout(io.StringIO()):  # it tells its iterations
        chosen = iterative_lottery_choices(customers, products, merged, shares, alt_capacity="stock", chooser_batch_size=size)
    return chosen.sort_index().to_numpy(dtype=int)


def by_hand(tastes, random):
    """Return what each customer gets, one after another in random order."""
    left, chosen = STOCK.copy(), np.empty(len(kinds), dtype=int)
    for customer in random.permutation(len(kinds)):
        weights = tastes[kinds[customer]] * (left > 0)
        chosen[customer] = random.choice(3, p=weights / weights.sum())
        left[chosen[customer]] -= 1
    return chosen


def told(chosen):
    """Return how many pieces of the second product go to the few, and to the crowd, on average, and the error of the first."""
    few = (np.array(chosen)[:, CROWD:] == 1).sum(axis=1)
    crowd = (np.array(chosen)[:, :CROWD] == 1).sum(axis=1)
    return few.mean(), crowd.mean(), few.std(ddof=1) / len(few) ** 0.5


print("choicemodels", version("choicemodels"), "pandas", pd.__version__, "numpy", np.__version__)
found = {}
for taste, tastes in TASTES.items():
    random = np.random.default_rng(1)
    np.random.seed(1)  # the one that the package draws from
    ways = {
        "one batch": [of_the_package(tastes, None) for _ in range(100)],
        "batches of one": [of_the_package(tastes, 1) for _ in range(12)],
        "by hand, one by one": [by_hand(tastes, random) for _ in range(1000)],
    }
    for way, chosen in ways.items():
        found[taste, way] = few, crowd, error = told(chosen)
        print(f"{taste}, {way}: of 20 pieces {few:.1f} (error {error:.1f}) go to the 20 customers, {crowd:.1f} to the 60")


def apart(taste, way):
    """Return by how many standard errors a way differs from the one by hand."""
    one, other = found[taste, way], found[taste, "by hand, one by one"]
    return float((one[0] - other[0]) / (one[2] ** 2 + other[2] ** 2) ** 0.5)


distances = {key: apart(*key) for key in found if key[1] != "by hand, one by one"}
print("standard errors from the way by hand:", {", ".join(key): round(value, 1) for key, value in distances.items()})
right = all(abs(value) < 3.5 for key, value in distances.items() if key != ("different tastes", "one batch"))
wrong = distances["different tastes", "one batch"] > 20
wrong &= found["different tastes", "one batch"][1] < 0.5 * found["different tastes", "by hand, one by one"][1]
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "choicemodels==0.3" "pandas==2.3.3" "numpy==2.4.6" "scipy==1.17.1" "statsmodels==0.15.0"
"$folder/venv/bin/python" "$folder/stock.py"
echo "as described: the size of a batch decides who gets it"
