#!/usr/bin/env bash
# pl4pm 0.2.2, process mining on polars, with the functions of pm4py: the process that is found may be that of another log.
# Graphs, variants and trees are kept under the address of the log's object (`id(log)`) for as long as Python runs, and Python
# uses an address again once its object is gone. Of 300 segments, each read, mined and let go in a function, one in seven or so
# gets the graph of a segment before it, with activities that none of its customers has done; which ones is another matter in
# each run. Events that are added to a log in place (`log.extend(...)`) are never seen. Where all logs are kept and none is
# changed the graphs are right, as those of pm4py always are. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/segments.py" <<'PYTHON'
"""Discover the graphs of many segments one after the other, by pl4pm and by pm4py, and of a log that grows."""

import sys
import warnings
from datetime import datetime, timedelta
from importlib.metadata import version

import pl4pm
import pm4py
import polars as pl

warnings.simplefilter("error")  # a warning would be an answer of another kind
SEGMENTS, CUSTOMERS = 300, 3
COLUMNS = {"case:concept:name": pl.String, "concept:name": pl.String, "time:timestamp": pl.Datetime("us")}


def events(segment, first=0):
    """Return a table of what the customers of a segment do: search, something of their own, and buy."""
    rows = [
        (f"{segment}-{customer}", what, datetime(2026, 3, 2, 9) + timedelta(minutes=minute))
        for customer in range(first, first + CUSTOMERS)
        for minute, what in enumerate(["search", f"offer {segment}", "buy"])
    ]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def by_hand(segment, customers=CUSTOMERS):
    """Return how often each activity follows each."""
    return {("search", f"offer {segment}"): customers, (f"offer {segment}", "buy"): customers}


def by_pl4pm(segment):
    """Read a segment, as from a pandas frame, and return its graph."""
    log = pl.from_pandas(events(segment).to_pandas()).lazy()
    return dict(pl4pm.discover_dfg(log)[0])


def by_pm4py(segment):
    return dict(pm4py.discover_dfg(events(segment).to_pandas())[0])


print("pl4pm", version("pl4pm"), "pm4py", version("pm4py"), "polars", pl.__version__)
expected = [by_hand(segment) for segment in range(SEGMENTS)]
logs = [events(segment).lazy() for segment in range(SEGMENTS)]
graphs = {
    "pl4pm, all logs kept": [dict(pl4pm.discover_dfg(log)[0]) for log in logs],
    "pm4py, one by one": [by_pm4py(segment) for segment in range(SEGMENTS)],
    "pl4pm, one by one": [by_pl4pm(segment) for segment in range(SEGMENTS)],
}
right = {name: sum(one == other for one, other in zip(found, expected, strict=True)) for name, found in graphs.items()}
for name, count in right.items():
    print(f"{name:20}: {count} of {SEGMENTS} graphs are right")
others = {s: graph for s, graph in enumerate(graphs["pl4pm, one by one"]) if graph != expected[s]}
for segment, graph in list(others.items())[:3]:
    print(f"   segment {segment}: {graph}")

log = events(7)
before = dict(pl4pm.discover_dfg(log)[0])
log.extend(events(7, first=CUSTOMERS))
after = dict(pl4pm.discover_dfg(log)[0])
print(f"a log of {CUSTOMERS} customers: {before}\n   and of {2 * CUSTOMERS}: {after}, by hand {by_hand(7, 2 * CUSTOMERS)}")

good = right["pl4pm, all logs kept"] == right["pm4py, one by one"] == SEGMENTS
wrong = len(others) > SEGMENTS // 50 and all(graph in expected for graph in others.values())
stale = before == after == by_hand(7)
sys.exit(0 if good and wrong and stale else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "pl4pm==0.2.2" "pm4py==2.7.23.11" "polars==2.1.0" "pyarrow==26.0.1" "pandas==3.1.1" \
  "numpy==2.4.6"
"$folder/venv/bin/python" "$folder/segments.py" 2> "$folder/banner" || { cat "$folder/banner"; exit 1; }
echo "as described: segment after segment, and some have the process of another one"
