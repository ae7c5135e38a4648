#!/usr/bin/env bash
# retentioneering 5.2.4, clickstream analysis: `time_median` and `time_q95` on the transition graph are not times, they
# count the clock seconds that begin between two events (DuckDB's `date_diff('second', ...)`). 999 ms within one second
# are 0 s and 2 ms over the turn of a second are 1 s, so the slower of two transitions can have the smaller median; of
# clicks half a second apart the median is 0 s and the 95th percentile 1 s. The metric `time_between` of the same
# stream, and pandas, give the times themselves.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export RETENTIONEERING_NO_TRACK=1 # no usage statistics

cat > "$folder/transitions.py" <<'PYTHON'
"""Ask a stream how long its customers take, through the graph, through a metric, and through pandas."""

import sys
import warnings
from importlib.metadata import version

import duckdb
import numpy as np
import pandas as pd
from retentioneering import Eventstream

warnings.simplefilter("ignore")


def stream(times):
    """Return the event stream of customers who view at the first time and click at the second, and its table."""
    rows = []
    for customer, (view, click) in enumerate(times):
        rows += [(f"c{customer}", "view", pd.Timestamp(view)), (f"c{customer}", "click", pd.Timestamp(click))]
    table = pd.DataFrame(rows, columns=["user_id", "event", "timestamp"])
    return Eventstream(table), table


def seconds(times):
    """Return median and 95th percentile of the time from view to click: on the graph, by the metric, by pandas."""
    events, table = stream(times)
    graph = [
        events.transition_graph_data(edge_weight=weight).loc["view", "click"].total_seconds()
        for weight in ("time_median", "time_q95")
    ]
    asked = {"metric": "time_between", "metric_args": {"start_event": "view", "end_event": "click"}}
    metric = events.get_metrics([asked]).iloc[:, 0].quantile([0.5, 0.95]).tolist()
    at = table.pivot(index="user_id", columns="event", values="timestamp")
    own = (at["click"] - at["view"]).dt.total_seconds().quantile([0.5, 0.95]).tolist()
    return graph, metric, own


def show(what, answers):
    for name, (median, q95) in zip(("graph", "metric time_between", "pandas"), answers, strict=True):
        print(f"{what:32} {name:20} median {median:.3f} s, 95th percentile {q95:.3f} s")
    return answers


day = "2026-03-02 10:00:"
slow = show("999 ms within one second", seconds([(day + "00.000", day + "00.999")] * 5))
quick = show("2 ms over the turn of a second", seconds([(day + "00.999", day + "01.001")] * 5))
draw = np.random.default_rng(1)
views = pd.Timestamp("2026-03-02") + pd.to_timedelta(draw.integers(0, 10**7, 200), unit="ms")
clicks = views + pd.to_timedelta(400 + draw.integers(0, 200, 200), unit="ms")
half = show("200 clicks after 400 to 599 ms", seconds(list(zip(views, clicks, strict=True))))
print("retentioneering", version("retentioneering"), "duckdb", duckdb.__version__, "pandas", pd.__version__)

right = all(np.allclose(metric, own) for _, metric, own in (slow, quick, half))
reversed_order = slow[0][0] == 0.0 and quick[0][0] == 1.0 and slow[2][0] > quick[2][0]
sys.exit(0 if right and reversed_order and half[0] in ([0.0, 1.0], [1.0, 1.0]) else 1)
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "retentioneering==5.2.4" "duckdb==2.0.1" "pandas==2.3.3"
"$folder/venv/bin/python" "$folder/transitions.py"
echo "as described: the graph counts the seconds that begin, the metric and pandas measure the time"
