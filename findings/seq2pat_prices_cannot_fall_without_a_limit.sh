#!/usr/bin/env bash
# Seq2Pat 2.0.0, sequential patterns with constraints (Fidelity): without a limit on length, prices cannot fall. A constraint on `span` is
# documented, in its docstring, in the user guide and in an example, as one on the maximum less the minimum of an attribute over a
# pattern, and `max_span=None` as dropping the limit of ten purchases to a pattern. Nobody here buys more than three. With the limit the
# patterns are right; without it, a price is taken for a time, which never falls, and what is compared is the last less the first. Of 100
# customers, 55 bought a phone for 400 and then a case or a cable for 20 or less: of patterns whose prices differ by 100 or more none of
# theirs is found, and all are among those whose prices differ by 50 at most. Averages, and spans of times, are right with and without
# the limit. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/prices.py" <<'PYTHON'
"""Find patterns of purchases whose prices, or times, are far from each other, by Seq2Pat and by trying all."""

import sys
import warnings
from collections import Counter
from importlib.metadata import version
from itertools import combinations

import numpy as np
from sequential.seq2pat import Attribute, Seq2Pat

warnings.simplefilter("error", UserWarning)  # a warning of the miner would be an answer of another kind
LEAST = 10  # customers
KINDS = [  # products, prices, weeks, customers
    (["phone", "case", "cable"], [400, 20, 10], [1, 2, 60], 30),
    (["cable", "case", "phone"], [10, 20, 400], [1, 50, 51], 20),
    (["case", "phone", "cable"], [20, 400, 10], [5, 6, 7], 25),
    (["tablet", "phone"], [380, 400], [1, 104], 25),
]
products, prices, weeks = ([kind[part] for kind in KINDS for _ in range(kind[3])] for part in range(3))


def by_hand(values, holds):
    """Return in how many customers' purchases each pattern is, with values for which a condition holds."""
    counts = Counter()
    for bought, valued in zip(products, values, strict=True):
        places = [chosen for length in range(2, len(bought) + 1) for chosen in combinations(range(len(bought)), length)]
        counts.update({tuple(bought[place] for place in chosen) for chosen in places if holds([valued[place] for place in chosen])})
    return {pattern: count for pattern, count in counts.items() if count >= LEAST}


def mined(values, constraint, limit):
    """Return the same by Seq2Pat, with a limit on length or none."""
    miner = Seq2Pat(sequences=[list(bought) for bought in products], max_span=limit)
    miner.add_constraint(constraint(Attribute([list(valued) for valued in values])))
    return {tuple(found[:-1]): found[-1] for found in miner.get_patterns(min_frequency=LEAST)}


def told(found):
    return {" > ".join(pattern): count for pattern, count in sorted(found.items())}


print("seq2pat", version("seq2pat"), "numpy", np.__version__)
QUESTIONS = {
    "mean price 200 or more": (prices, lambda price: 200 <= price.average(), lambda values: np.mean(values) >= 200),
    "20 weeks or more between": (weeks, lambda week: 20 <= week.span(), lambda values: max(values) - min(values) >= 20),
    "8 weeks or less between": (weeks, lambda week: week.span() <= 8, lambda values: max(values) - min(values) <= 8),
    "prices 100 or more apart": (prices, lambda price: 100 <= price.span(), lambda values: max(values) - min(values) >= 100),
    "prices 50 or less apart": (prices, lambda price: price.span() <= 50, lambda values: max(values) - min(values) <= 50),
}
same, found = {}, {}
for name, (values, constraint, holds) in QUESTIONS.items():
    expected = by_hand(values, holds)
    print(f"{name}, by hand: {told(expected)}")
    for way, limit in (("limit of ten", 10), ("no limit", None)):
        found[name, way] = mined(values, constraint, limit)
        same[name, way] = found[name, way] == expected
        print(f"  Seq2Pat, {way}:", "the same" if same[name, way] else told(found[name, way]))

odd = [key for key, agrees in same.items() if not agrees]
wrong = odd == [("prices 100 or more apart", "no limit"), ("prices 50 or less apart", "no limit")]
far, near = (found[key] for key in odd) if wrong else ({}, {})
cheaper = {("phone", "case"): 30, ("phone", "cable"): 55, ("phone", "case", "cable"): 30}  # customers, all 380 or 390 apart
wrong &= not set(cheaper) & set(far) and all(near.get(pattern) == count for pattern, count in cheaper.items())
wrong &= far == by_hand(prices, lambda values: values[-1] - values[0] >= 100)
sys.exit(0 if wrong else "changed: see the patterns above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "seq2pat==2.0.0" "numpy==2.4.6" "pandas==3.1.1"
"$folder/venv/bin/python" "$folder/prices.py"
echo "as described: prices cannot fall"
