#!/usr/bin/env bash
# log-distance-measures 2.2.0, which scores simulated event logs: the circadian distance with `DistanceMetric.EMD` is
# not an earth mover's distance. The hours are handed over as a pandas Series, and a Series is then read as a histogram
# from its row labels to its values: the label stands for the hour, the hour for the count. For two logs of one Monday
# the answer is a small fraction of the one of `DistanceMetric.WASSERSTEIN`, and sorting the same rows another way
# changes it, without a warning. (A log whose weekday does not hold the labels 0 to 23 raises a KeyError instead.)
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/distance.py" <<'PYTHON'
"""Compare two logs of one day by the hour of their events, in four ways that must agree."""

import sys
from importlib.metadata import version

import numpy as np
import pandas as pd
from log_distance_measures.circadian_event_distribution import circadian_event_distribution_distance as circadian
from log_distance_measures.config import AbsoluteTimestampType, DistanceMetric, EventLogIDs
from log_distance_measures.earth_movers_distance import earth_movers_distance

IDS = EventLogIDs()
DAYS_OF_A_WEEK = 7


def log(hours):
    """Return a log of one case an hour, all on Monday 2 March 2026, numbered from 0."""
    start = pd.to_datetime([f"2026-03-02 {hour:02d}:15" for hour in hours])
    rows = {"case": [f"c{row}" for row in range(len(hours))], "activity": "visit", "resource": "shop"}
    return pd.DataFrame({**rows, "start_timestamp": start, "end_timestamp": start})


def distance(first, second, metric):
    return circadian(log(first), IDS, log(second), IDS, discretize_type=AbsoluteTimestampType.START, metric=metric)


draw = np.random.default_rng(1)
morning, evening = (sorted(draw.integers(low, high, 60).tolist()) for low, high in ((8, 18), (10, 22)))
wasserstein = distance(morning, evening, DistanceMetric.WASSERSTEIN)
of_lists = earth_movers_distance(morning, evening) / len(morning) / DAYS_OF_A_WEEK
counts = [np.bincount(hours, minlength=24) for hours in (morning, evening)]
by_hand = np.abs(np.cumsum(counts[0] - counts[1])).sum() / len(morning) / DAYS_OF_A_WEEK
emd = distance(morning, evening, DistanceMetric.EMD)
other_order = distance(morning[::-1], evening, DistanceMetric.EMD)
back = distance(evening, morning, DistanceMetric.EMD)

print("log-distance-measures", version("log-distance-measures"), "pandas", pd.__version__)
print(f"by hand, from the cumulative counts       {by_hand:.4f} hours")
print(f"the package's own EMD of the plain lists  {of_lists:.4f}")
print(f"circadian distance, WASSERSTEIN           {wasserstein:.4f}")
print(f"circadian distance, EMD                   {emd:.4f}")
print(f"  the first log's rows sorted backwards   {other_order:.4f}")
print(f"  the two logs exchanged                  {back:.4f}")
agree = np.allclose([by_hand, of_lists], wasserstein)
wrong = emd < wasserstein / 2 and not np.isclose(emd, other_order)
sys.exit(0 if agree and wrong else 1)
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "log-distance-measures==2.2.0" "numpy==2.4.6" "pandas==2.3.3" "scipy==1.17.1"
"$folder/venv/bin/python" "$folder/distance.py"
echo "as described: EMD gives another number than the three that agree, and it depends on the order of the rows"
