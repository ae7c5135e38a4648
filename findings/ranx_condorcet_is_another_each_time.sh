#!/usr/bin/env bash
# ranx 0.3.21, evaluation and fusion of recommendations: of lists that do not hold the same items, Condorcet's vote is by chance.
# `fuse(method="condorcet")` is to put one item before another where most lists do. An item that is in no list counts as last, and
# where two items are both missing from a list, that list's vote is given to the one that is asked about second. Of two items
# that only one of three lists has, each beats the other by two votes, and the order is that in which Python's set gave them.
# So lists of ten products that have two in common are fused into another list each time Python starts, and about half of the
# pairs that one list ranks, and no other list knows, stand the wrong way round. Lists that hold the same items are fused right,
# and other methods, such as "rrf", keep these pairs in order. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/lists.py" <<'PYTHON'
"""Fuse three lists of products, and count the pairs that only one list knows and the result turns round."""

import json
import sys
import warnings
from collections import Counter
from itertools import combinations

warnings.simplefilter("ignore")  # on import, of packages that are not used here
from ranx import Run, fuse

LENGTH = 10
PARTLY = [["both 1"] + [f"{name}{rank}" for rank in range(2, LENGTH)] + ["both 2"] for name in ("mail ", "web ", "app ")]
SAME = [["a", "b", "c", "d", "e"], ["b", "a", "c", "e", "d"], ["a", "c", "b", "d", "e"]]  # most: a before b before c, d before e


def fused(lists, method):
    runs = [
        Run({"customer": {item: float(LENGTH - at) for at, item in enumerate(items)}}, name=str(number))
        for number, items in enumerate(lists)
    ]
    scores = fuse(runs=runs, norm=None, method=method).run["customer"]
    return sorted(scores, key=scores.get, reverse=True)


def turned_round(lists, result):
    """Count the pairs of items that one list has and no other list does, and those of them that the result turns round."""
    counts = Counter(item for items in lists for item in items)
    known_once = [pair for items in lists for pair in combinations([item for item in items if counts[item] == 1], 2)]
    return len(known_once), sum(result.index(first) > result.index(second) for first, second in known_once)


warnings.simplefilter("error", UserWarning)  # a warning of the fusion would be an answer of another kind
answer = {method: fused(PARTLY, method) for method in ("condorcet", "rrf")}
json.dump(
    {
        "partly": answer["condorcet"],
        "turned round": {method: turned_round(PARTLY, result) for method, result in answer.items()},
        "same": fused(SAME, "condorcet"),
    },
    sys.stdout,
)
PYTHON

cat > "$folder/starts.py" <<'PYTHON'
"""Start Python three times, with three orders of its sets, and compare what the same lists are fused into."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

script = Path(__file__).with_name("lists.py")
answers = []
for seed in range(1, 4):
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    done = subprocess.run([sys.executable, str(script)], env=environment, check=True, capture_output=True, text=True)
    answers.append(json.loads(done.stdout))
print("ranx", version("ranx"), "numba", version("numba"), "numpy", version("numpy"))
for answer in answers:
    print("three lists of ten products:", ", ".join(answer["partly"][:8]), "...")
different = len({tuple(answer["partly"]) for answer in answers})
print(f"of {len(answers)} starts of Python {different} have another result")
share = {}
for method in ("condorcet", "rrf"):
    pairs = sum(answer["turned round"][method][0] for answer in answers)
    share[method] = sum(answer["turned round"][method][1] for answer in answers) / pairs
    print(f"{method:10} turns round {share[method]:.0%} of the pairs that only one list knows")
print("three lists of the same products:", {"".join(answer["same"]) for answer in answers}, "- by hand: abcde")

right = share["rrf"] == 0 and all("".join(answer["same"]) == "abcde" for answer in answers)
sys.exit(0 if right and different == len(answers) and share["condorcet"] > 0.3 else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "ranx==0.3.21" "numba==0.68.1" "numpy==2.4.6" "scipy==1.17.1" "pandas==3.1.1"
"$folder/venv/bin/python" "$folder/starts.py"
echo "as described: of lists with different items the fused order is by chance"
