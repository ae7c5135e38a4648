#!/usr/bin/env bash
# rustxes 0.2.11: `export_xes` takes every time of a Polars frame for nanoseconds, whatever the unit of its column. Polars
# keeps Python's datetimes in microseconds, so a log of 2024 is written as one of the 20th of January 1970, and each wait is
# a thousandth of what it was; in milliseconds it is a millionth. No error, no warning, and the file is valid XES. Its
# own reader gives nanoseconds, so that a log that was read and written again is right, and the fault shows only where a frame
# was made in another way. r4pm 0.6.2, of the same authors, writes all three units right.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/units.py" <<'PYTHON'
"""Write one case of two events, two hours apart, from columns of three units, with two libraries; read it as text."""

import datetime
import re
import sys
from importlib.metadata import version
from pathlib import Path

import polars
import r4pm
import rustxes

path = Path(sys.argv[1]) / "log.xes"
TIMES = [datetime.datetime(2024, 1, 1, 10), datetime.datetime(2024, 1, 1, 12)]
frame = polars.DataFrame({"case:concept:name": ["1", "1"], "concept:name": ["view", "buy"], "time:timestamp": TIMES})
print(*(f"{name} {version(name)}" for name in ("rustxes", "r4pm", "polars")))
print("unit of Python's datetimes in Polars:", frame.schema["time:timestamp"].time_unit)
found = {}
for name, export in (("rustxes", rustxes.export_xes), ("r4pm", r4pm.df.export_xes)):
    for unit in ("ms", "us", "ns"):
        export(frame.with_columns(polars.col("time:timestamp").cast(polars.Datetime(unit))), str(path))
        words = re.findall(r'"time:timestamp" value="([^"]+)"', path.read_text())
        first, last = sorted(datetime.datetime.fromisoformat(word) for word in words)
        found[name, unit] = (first.year, round((last - first).total_seconds(), 4))
        print(f"{name:8} {unit}: view {first:%Y-%m-%d %H:%M:%S}, buy {(last - first).total_seconds():g} s later")

right, thousandth, millionth = (2024, 7200.0), (1970, 7.2), (1970, 0.0072)
wanted = {("rustxes", unit): value for unit, value in (("ms", millionth), ("us", thousandth), ("ns", right))}
wanted |= {("r4pm", unit): right for unit in ("ms", "us", "ns")}
sys.exit(0 if found == wanted else f"changed: {found}")
PYTHON

"$python" -m venv "$folder/environment"
"$folder/environment/bin/pip" install -q rustxes==0.2.11 r4pm==0.6.2 polars==2.1.0
"$folder/environment/bin/python" "$folder/units.py" "$folder"
