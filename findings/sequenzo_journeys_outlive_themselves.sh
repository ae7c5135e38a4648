#!/usr/bin/env bash
# sequenzo 0.1.42, sequence analysis: a journey is as long as the longest one of its table. `with_missing=False` is documented
# to leave missing positions out, but changes nothing in the length, the number of states and the spells of a sequence: what
# comes after its end is one more state, be it NaN or "%", the package's own sign for "outside of the window". Who searched for
# one week and left has two states and a mean spell of 5 weeks in a table of ten weeks; in one of twenty weeks, because of
# another customer who stayed that long, a mean spell of 10. On reading, the package says that it adds NaN to the states; no
# function that is asked to leave it out says that it does not.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/journeys.py" <<'PYTHON'
"""Describe four journeys of one to five weeks, in tables of 5, 10 and 20 weeks, and by hand."""

import contextlib
import io
import sys
import warnings
from importlib.metadata import version
from itertools import groupby

import numpy as np
import pandas as pd

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of packages that it loads
    from sequenzo import SequenceData
    from sequenzo import sequence_characteristics_indicators as indicators

warnings.simplefilter("error")
STATES = ["search", "store", "trial"]
JOURNEYS = [
    ["search"],
    ["search", "store"],
    ["search", "search", "store", "store"],
    ["search", "store", "search", "store", "trial"],
]
QUANTITIES = {
    "length": ("get_sequence_length", "Length"),
    "states visited": ("get_visited_states", "Visited"),
    "mean spell": ("get_mean_spell_duration", "MeanD"),
    "deviation of spells": ("get_duration_standard_deviation", "Dustd"),
}


def by_hand(journey):
    """Return the same quantities, of what happened only."""
    spells = [len(list(weeks)) for _, weeks in groupby(journey)]
    values = len(journey), len(set(journey)), np.mean(spells), np.std(spells)
    return dict(zip(QUANTITIES, (round(float(value), 3) for value in values), strict=True))


def described(weeks, after_the_end, states, with_missing=False):
    """Return the quantities of each journey in a table of so many weeks."""
    columns = [f"week {week}" for week in range(1, weeks + 1)]
    padded = [journey + [after_the_end] * (weeks - len(journey)) for journey in JOURNEYS]
    table = pd.DataFrame(padded, columns=columns)
    table.insert(0, "customer", range(len(JOURNEYS)))
    with contextlib.redirect_stdout(io.StringIO()):
        data = SequenceData(table, time=columns, id_col="customer", states=states)
        found = {
            name: getattr(indicators, function)(data, with_missing=with_missing)[column].round(3).tolist()
            for name, (function, column) in QUANTITIES.items()
        }
    return [{name: float(values[row]) for name, values in found.items()} for row in range(len(JOURNEYS))]


print("sequenzo", version("sequenzo"), "pandas", pd.__version__, "numpy", np.__version__)
expected = [by_hand(journey) for journey in JOURNEYS]
for journey, quantities in zip(JOURNEYS, expected, strict=True):
    print("by hand ", quantities, " > ".join(journey))
WAYS = {"NaN": (np.nan, STATES), "NaN as a state": (np.nan, [*STATES, np.nan]), "%": ("%", [*STATES, "%"])}
found = {(way, weeks): described(weeks, *WAYS[way]) for way in WAYS for weeks in (5, 10, 20)}
for weeks in (5, 10, 20):
    same = all(found[way, weeks] == found["NaN", weeks] for way in WAYS)
    print(f"table of {weeks} weeks, NaN after the end ({', '.join(WAYS)} alike: {same}):")
    print("        ", "\n         ".join(map(str, found["NaN", weeks])))

ignored = all(described(10, *WAYS[way], with_missing=True) == found[way, 10] for way in WAYS)
# Each journey but the longest is described as one that goes on, in a state of its own, to the end of the table.
padded = {
    weeks: [by_hand(journey + ["after"] * (weeks - len(journey))) for journey in JOURNEYS] for weeks in (5, 10, 20)
}
wrong = all(rows == padded[weeks] for (_, weeks), rows in found.items())
right = all(found[way, 5][-1] == expected[-1] for way in WAYS)
sys.exit(0 if ignored and wrong and right else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "sequenzo==0.1.42" "pandas==2.3.3" "numpy==2.4.6" "scipy==1.16.3"
"$folder/venv/bin/python" "$folder/journeys.py"
echo "as described: a journey of one week has a mean spell of five weeks beside one of ten, and of ten beside one of twenty"
