#!/usr/bin/env bash
# pm4py 2.7.23.11: `write_ocel2_json` cuts every event time to whole seconds; `write_ocel2_xml` and
# `write_ocel2_sqlite` keep the same log to the microsecond, and `read_ocel2_json` reads fractions where a file has
# them. Events of one second then tie, and the reader leaves them in the order of the file: a log whose rows are not
# sorted by time comes back with its journeys turned round (here: buys before the view), and all times between clicks
# are 0. No warning is given, and the format (ISO 8601) has room for the fractions.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/formats.py" <<'PYTHON'
"""Write one object-centric log in three formats, read each back, and look at the customer's path."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pm4py
from pm4py.objects.ocel.obj import OCEL

folder = Path(sys.argv[1])
TIMES = {"buy": "2026-03-02T10:00:00.900Z", "view": "2026-03-02T10:00:00.100Z", "click": "2026-03-02T10:00:00.350Z"}
events = pd.DataFrame(
    {
        "ocel:eid": [f"e{number}" for number in range(3)],
        "ocel:activity": list(TIMES),
        "ocel:timestamp": pd.to_datetime(list(TIMES.values()), utc=True, format="ISO8601"),
    }
)
customer = pd.DataFrame({"ocel:oid": ["c1"], "ocel:type": ["customer"]})
by = events.assign(**{"ocel:oid": "c1", "ocel:type": "customer", "ocel:qualifier": "by"})


def path(log):
    """Return the transitions of the customers with their mean time in seconds."""
    performance, _, _ = pm4py.discover_performance_dfg(pm4py.ocel_flattening(log, "customer"))
    return {f"{first} -> {then}": round(float(time["mean"]), 3) for (first, then), time in sorted(performance.items())}


def through(kind, name):
    getattr(pm4py, f"write_ocel2_{kind}")(OCEL(events, customer, by), str(folder / name))
    return path(getattr(pm4py, f"read_ocel2_{kind}")(str(folder / name)))


found = {"in memory": path(OCEL(events, customer, by))}
found |= {kind: through(kind, f"log.{kind}") for kind in ("xml", "sqlite", "json")}
written = json.loads((folder / "log.json").read_text())
times = sorted(event["time"] for event in written["events"])
for event in written["events"]:
    event["time"] = TIMES[event["type"]]
(folder / "whole.json").write_text(json.dumps(written))
found["json, with the times put back"] = path(pm4py.read_ocel2_json(str(folder / "whole.json")))

print("pm4py", version("pm4py"), "pandas", pd.__version__)
for name, transitions in found.items():
    print(f"{name:30} {transitions}")
print("the times in log.json:", times)
right = {"click -> buy": 0.55, "view -> click": 0.25}
kept = all(found[name] == right for name in ("in memory", "xml", "sqlite", "json, with the times put back"))
turned = found["json"] == {"buy -> view": 0.0, "view -> click": 0.0}
sys.exit(0 if kept and turned and set(times) == {"2026-03-02T10:00:00Z"} else 1)
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "pm4py==2.7.23.11" "pandas==3.1.1" "numpy==2.4.6"
"$folder/venv/bin/python" "$folder/formats.py" "$folder" 2> "$folder/banner" || { cat "$folder/banner"; exit 1; }
echo "as described: XML and SQLite keep the fractions of a second, JSON drops them and the order with them"
