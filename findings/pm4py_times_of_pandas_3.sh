#!/usr/bin/env bash
# pm4py 2.7.23.11 beside pandas 3.1.1: pandas 3 reads the times of a CSV file in microseconds, and some functions of pm4py
# divide the whole numbers behind a column of times by a thousand million whatever their unit. The performance spectrum and
# the start and end of `get_cases_description` then lie in January 1970 and a thousand times nearer together. The functions
# beside them subtract times and are right, so that durations, the performance graph and these disagree within one report.
# None warns; casting the column to nanoseconds first makes all right.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/units.py" <<'PYTHON'
"""Read a CSV as pandas does, ask pm4py for times, and again after the column is cast to nanoseconds."""

import io
import sys

import pandas as pd
import pm4py
from pm4py.algo.discovery.performance_spectrum import algorithm as spectrum
from pm4py.statistics.traces.generic.pandas.case_statistics import get_cases_description

ROWS = [f"c{case},{step},2026-03-0{case}T{9 + hour:02}:00:00" for case in (1, 2, 3) for hour, step in enumerate(("view", "cart", "buy"))]
TEXT = "case:concept:name,concept:name,time:timestamp\n" + "\n".join(ROWS) + "\n"
read = pd.read_csv(io.StringIO(TEXT), parse_dates=["time:timestamp"])


def ask(log):
    """Return the year of the first case, and how long after its view its buy comes, asked in three ways, in seconds."""
    case = get_cases_description(log)["c1"]
    points = spectrum.apply(log, ["view", "cart", "buy"])["points"][0]
    return {
        "year of the first case": pd.Timestamp(case["startTime"], unit="s").year,
        "view to buy, description": case["endTime"] - case["startTime"],
        "view to buy, spectrum": round(points[-1] - points[0], 3),
        "view to buy, durations": max(pm4py.get_all_case_durations(log)),
    }


print("pm4py", pm4py.__version__, "pandas", pd.__version__, "reads times as", read["time:timestamp"].dtype)
as_read = ask(read)
cast = ask(read.assign(**{"time:timestamp": read["time:timestamp"].dt.as_unit("ns")}))
for name in as_read:
    print(f"{name:26} as read {as_read[name]:<8} in nanoseconds {cast[name]}")
right = list(cast.values()) == [2026, 7200, 7200.0, 7200.0]
sys.exit(0 if right and list(as_read.values()) == [1970, 7, 7.2, 7200.0] else "changed")
PYTHON

"$python" -m venv "$folder/environment"
"$folder/environment/bin/pip" install -q pm4py==2.7.23.11 pandas==3.1.1 numpy==2.4.6
"$folder/environment/bin/python" "$folder/units.py" 2> "$folder/banner" || { cat "$folder/banner"; exit 1; }
