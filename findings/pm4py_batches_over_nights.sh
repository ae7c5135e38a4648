#!/usr/bin/env bash
# pm4py 2.7.23.11: `discover_batches` should join what one resource does within 15 minutes. It keeps its intervals in a sorted
# list, but puts joined ones back as into a heap, after which neighbours in the list are no neighbours in time. Of four
# mornings, each with five cases in five minutes, the first is found as a batch of five, and the other three, nights
# apart, as one of fifteen. With two mornings the answer is right; the more batches there are, the more of them melt together.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/mornings.py" <<'PYTHON'
"""Count the batches of two, four and eight mornings, and their sizes."""

import sys

import pandas as pd
import pm4py


def sizes(mornings):
    """Return the sizes of the batches that are found where there is one of five cases on each of some mornings."""
    start = pd.Timestamp("2026-03-02 09:00")
    times = [start + pd.Timedelta(days=day, minutes=case) for day in range(mornings) for case in range(5)]
    log = pd.DataFrame(
        {
            "case:concept:name": [f"c{number}" for number in range(len(times))],
            "concept:name": "pack",
            "org:resource": "ann",
            "time:timestamp": pd.Series(times).dt.as_unit("ns"),
        }
    )
    ((_, _, batches),) = pm4py.discover_batches(log)
    return sorted(len(events) for kind in batches.values() for _, _, events in kind)


print("pm4py", pm4py.__version__, "pandas", pd.__version__)
found = {mornings: sizes(mornings) for mornings in (2, 4, 8)}
for mornings, batches in found.items():
    print(f"{mornings} mornings of 5 cases: batches of {batches}")
sys.exit(0 if found[2] == [5, 5] and found[4] == [5, 15] and len(found[8]) < 8 else "changed")
PYTHON

"$python" -m venv "$folder/environment"
"$folder/environment/bin/pip" install -q pm4py==2.7.23.11 pandas==3.1.1 numpy==2.4.6
"$folder/environment/bin/python" "$folder/mornings.py" 2> "$folder/banner" || { cat "$folder/banner"; exit 1; }
