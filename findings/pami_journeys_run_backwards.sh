#!/usr/bin/env bash
# PAMI 2026.10.13.1, sequential patterns: `bitSPADE` tells every journey backwards. It is documented to find the sequences that occur in
# at least `minSup` customers, with the paper of Zaki (2001), and gives each order the count of the opposite one. Where 60 of 100
# customers search, visit and buy, and 20 buy, visit and search (a replacement), it finds 20 for "search, visit, buy" and 60 for
# "buy, visit, search"; with `minSup=50` nobody buys after a search. Where all go one way, that way is not found, and its opposite is,
# by all. Its neighbours `SPADE` and `PrefixSpanPlus`, on the same file, and counting have the orders as they were. The numbers
# of customers who did each single step are right, so nothing looks amiss. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/journeys.py" <<'PYTHON'
"""Mine the frequent orders of steps in two sets of journeys by three algorithms of PAMI and by counting."""

import ast
import contextlib
import io
import sys
import warnings
from importlib.metadata import version
from itertools import product
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # on import, of packages that are not used here
    from PAMI.sequentialPattern.basic.bitSPADE import bitSPADE
    from PAMI.sequentialPattern.basic.PrefixSpanPlus import PrefixSpanPlus
    from PAMI.sequentialPattern.basic.SPADE import SPADE

warnings.simplefilter("error", UserWarning)  # a warning of the miner would be an answer of another kind
END = "-1"  # what ends a step in a file of sequences
BOUGHT, REPLACED, STRAYED = ["search", "visit", "buy"], ["buy", "visit", "search"], ["visit", "buy"]
SETS = {"all one way": [BOUGHT] * 100, "most one way": [BOUGHT] * 60 + [REPLACED] * 20 + [STRAYED] * 20}


def follows(steps, journey):
    rest = iter(journey)
    return all(step in rest for step in steps)


def counted(journeys, fewest):
    """Return how many journeys have these steps in this order, with any others between."""
    orders = [order for length in (1, 2, 3) for order in product(BOUGHT, repeat=length)]
    counts = {order: sum(follows(order, journey) for journey in journeys) for order in orders}
    return {order: count for order, count in counts.items() if count >= fewest}


def mined(algorithm, journeys, fewest):
    file = Path(__file__).with_name("journeys.txt")
    file.write_text("".join("".join(f"{step}\t{END}\t" for step in journey).rstrip("\t") + "\n" for journey in journeys))
    miner = algorithm(iFile=str(file), minSup=fewest, sep="\t")
    with contextlib.redirect_stdout(io.StringIO()):
        miner.mine()
    found = {}
    for pattern, count in miner.getPatterns().items():
        parts = ast.literal_eval(pattern) if pattern[0] in "([" else [pattern]
        found[tuple(part for part in parts if part != END)] = count
    return found


print("PAMI", version("PAMI"), "pandas", version("pandas"))
right = wrong = True
for name, journeys in SETS.items():
    for fewest in (10, 50):
        truth = counted(journeys, fewest)
        found = {algorithm.__name__: mined(algorithm, journeys, fewest) for algorithm in (SPADE, PrefixSpanPlus, bitSPADE)}
        print(f"{name}, at least {fewest} of {len(journeys)} customers:")
        for tool, orders in {"by counting": truth, **found}.items():
            there, back = (orders.get(tuple(order), "none") for order in (BOUGHT, REPLACED))
            print(f"  {tool:15} {', '.join(BOUGHT)}: {there}; {', '.join(REPLACED)}: {back}")
        right &= found["SPADE"] == truth == found["PrefixSpanPlus"]
        wrong &= found["bitSPADE"] == {order[::-1]: count for order, count in truth.items()} != truth
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "PAMI==2026.10.13.1" "pandas==3.1.1" "numpy==2.4.6"
"$folder/venv/bin/python" "$folder/journeys.py"
echo "as described: each order of steps has the count of its opposite"
