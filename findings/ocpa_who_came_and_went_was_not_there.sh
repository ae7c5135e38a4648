#!/usr/bin/env bash
# ocpa 1.3.4, object-centric process mining: of the journeys of a quarter, those that began and ended in it are left out. A part of a log
# is taken by `time_filtering.extract_sublog(log, start, end, strategy)`. With `spanning` a journey is documented to be in when it and
# the window have some time in common. Asked is whether the start of the window, or its end, lies within the journey; what lies wholly
# within the window has neither. Of 378 journeys, most of a few days, that a quarter has some part of, 44 are kept: those that crossed its
# first or its last day, which are the long ones. The mean length is 13 days instead of 6, and 57% of customers buy instead of 35%.
# `contained` beside it keeps the other 334, each of which `spanning` should have too; they have none in common. `start`, `end` and
# `contained` are right, and so is a journey that covers the whole quarter. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/quarter.py" <<'PYTHON'
"""Take the journeys of a quarter out of the log of a year, by four strategies and by hand."""

import sys
import warnings
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # on import
    from ocpa.algo.util.filtering.log import time_filtering
    from ocpa.objects.log.importer.csv import factory as csv_import

warnings.simplefilter("error", UserWarning)  # a warning of the filter would be an answer of another kind
CUSTOMERS = 1_400
NEW_YEAR, START, END = datetime(2025, 1, 1), datetime(2025, 4, 1), datetime(2025, 7, 1)

random = np.random.default_rng(1)
begins = random.uniform(0, 365, CUSTOMERS)
lasts = random.exponential(6, CUSTOMERS)  # days
buys = random.uniform(size=CUSTOMERS) < 1 - np.exp(-lasts / 12)  # who stays longer buys more often
events = []
for number, (begin, length, bought) in enumerate(zip(begins, lasts, buys, strict=True)):
    customer = f"['customer {number}']"
    events.append((customer, "visit", NEW_YEAR + timedelta(days=begin)))
    events.append((customer, "buy" if bought else "leave", NEW_YEAR + timedelta(days=begin + length)))
path = Path(sys.argv[0]).with_name("log.csv")
pd.DataFrame(events, columns=["customer", "activity", "time"]).to_csv(path, index=False)
columns = {"obj_names": ["customer"], "val_names": [], "act_name": "activity", "time_name": "time", "sep": ","}
log = csv_import.apply(str(path), parameters=columns)


def journeys(part):
    """Return start, end and last activity of each customer in a part of the log."""
    table = part.log.log.assign(customer=[customers[0] for customers in part.log.log["customer"]]).sort_values("event_timestamp")
    grouped = table.groupby("customer")
    ends = grouped["event_timestamp"].agg(["min", "max"])
    return ends.assign(last=grouped["event_activity"].last(), days=(ends["max"] - ends["min"]) / pd.Timedelta(days=1))


def told(name, rows):
    rate = (rows["last"] == "buy").mean()
    print(f"{name:28} {len(rows):4} journeys, mean length {rows['days'].mean():4.1f} days, {rate:.0%} buy")


print("ocpa", version("ocpa"), "pandas", pd.__version__, "numpy", np.__version__)
everybody = journeys(log)
first, last = everybody["min"], everybody["max"]
by_hand = {
    "start": first.between(START, END),
    "end": last.between(START, END),
    "contained": (first >= START) & (last <= END),
    "spanning": (first <= END) & (last >= START),  # some time in common
}
found = {}
for name, there in by_hand.items():
    found[name] = journeys(time_filtering.extract_sublog(log, START, END, getattr(time_filtering, name)))
    told(name, found[name])
    told(f"{name}, by hand", everybody[there])

right = all(set(found[name].index) == set(everybody.index[by_hand[name]]) for name in ("start", "end", "contained"))
right &= time_filtering.spanning(START, END, NEW_YEAR, datetime(2026, 1, 1))  # covers the whole quarter
wrong = set(found["spanning"].index) == set(everybody.index[by_hand["spanning"] & ~by_hand["contained"]])
wrong &= not set(found["spanning"].index) & set(found["contained"].index)
wrong &= len(found["spanning"]) < 0.15 * by_hand["spanning"].sum()
wrong &= found["spanning"]["days"].mean() > 2 * everybody[by_hand["spanning"]]["days"].mean()
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "ocpa==1.3.4" "pandas==3.1.1" "numpy==2.4.6" "pm4py==2.2.32" "networkx==3.6.1"
"$folder/venv/bin/python" "$folder/quarter.py"
echo "as described: who came and went within the quarter was not there"
