#!/usr/bin/env bash
# feeed 2.2.0, features of event logs: how many variants cover 80% of a log has nothing to do with its variants. For
# `coverage_variants` journeys are told apart by the text of the whole case, and that has times in it (of pm4py 2.7.23.11: of the
# first event and the last), so that each is a variant of its own. The answer is four fifths of the cases, whatever they did:
# 800 variants where 1,000 customers all did the same, and `rel_coverage_variants`, a share, is 800 (80,000%). Beside it,
# `n_variants` and `ratio_most_common_variant` of the same call are right. Twice as many cases have twice the coverage, so logs
# of different sizes are told apart by it whose journeys are alike. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/variants.py" <<'PYTHON'
"""Ask for the features of logs whose variants are known."""

import contextlib
import io
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pm4py
from feeed import extract_features

FEATURES = ["coverage_variants", "rel_coverage_variants", "n_variants", "ratio_most_common_variant"]
VARIANTS = [["view", "cart", "buy"], ["view", "buy"], ["view", "leave"], ["search", "leave"]]


def asked(shares, customers):
    """Return the features of a log in which so many shares of customers have each variant."""
    rng = np.random.default_rng(1)
    whose = [variant for variant, share in zip(VARIANTS, shares) for _ in range(round(share * customers))]
    begun = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 100_000, customers), "min")
    rows = [
        (f"customer {number}", activity, begun[number] + pd.Timedelta(minutes=5 * step))
        for number, variant in enumerate(whose)
        for step, activity in enumerate(variant)
    ]
    table = pd.DataFrame(rows, columns=["case:concept:name", "concept:name", "time:timestamp"])
    path = Path(__file__).with_name("log.xes")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        pm4py.write_xes(pm4py.convert_to_event_log(table), str(path))
        return extract_features(str(path), FEATURES)


def needed(shares):
    """Return how many variants, the most common first, cover 80% of the customers."""
    return int(np.argmax(np.cumsum(sorted(shares, reverse=True)) >= 0.8 - 1e-9)) + 1


print("feeed", version("feeed"), "pm4py", version("pm4py"), "pandas", pd.__version__)
wrong = right = True
for shares in ([1.0], [0.9, 0.05, 0.03, 0.02], [0.5, 0.3, 0.1, 0.1]):
    for customers in (100, 1000):
        found = asked(shares, customers)
        print(
            f"{customers:4} customers, variants {shares}: {found['n_variants']} variants, the most common one "
            f"{found['ratio_most_common_variant']:.0%}; 80% of customers in {found['coverage_variants']} variants "
            f"(true: {needed(shares)}), {found['rel_coverage_variants']:.0%} of all"
        )
        right &= found["n_variants"] == len(shares) and found["ratio_most_common_variant"] == shares[0]
        wrong &= found["coverage_variants"] == 0.8 * customers and found["rel_coverage_variants"] >= 20
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "feeed==2.2.0" "pm4py==2.7.23.11" "numpy==2.4.6" "pandas==3.1.1"
"$folder/venv/bin/python" "$folder/variants.py"
echo "as described: by one feature every journey is a variant of its own"
