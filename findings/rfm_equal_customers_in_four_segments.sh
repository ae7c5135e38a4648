#!/usr/bin/env bash
# rfm 1.0.9, segments by recency, frequency and money: customers who did the same are in different segments. Each figure is turned
# into fifths of the customers by rank, and equal customers are ranked in the order of their names. 100 customers who each bought
# once, on one day, for one price are "Loyal Accounts", "New Active Accounts", "Potential Loyalist" and "At Risk", by the alphabet.
# Of 1,000 customers, 60% of whom bought once, 36% change their segment when the same customers get the same names in reverse;
# recency, frequency and money stay what they were, each to the cent. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/segments.py" <<'PYTHON'
"""Segment customers who did the same, and the same customers by two lists of names."""

import sys
from importlib.metadata import version

import numpy as np
import pandas as pd
from rfm import RFM

CUSTOMERS = 1000
FIGURES = ["recency", "frequency", "monetary_value"]


def segments(table):
    """Return the table of customers, by name; the package writes into the table it is given."""
    return RFM(table.copy(), "customer", "date", "amount").rfm_table.set_index("customer")


alike = pd.DataFrame(
    {"customer": [f"C{number:03d}" for number in range(100)], "date": pd.Timestamp("2026-05-01"), "amount": 20.0}
)
counts = segments(alike)["segment"].value_counts().sort_index()
print("rfm", version("rfm"), "pandas", pd.__version__)
print("100 customers with one purchase of 20 on one day:", ", ".join(f"{count} {name}" for name, count in counts.items()))

rng = np.random.default_rng(1)
purchases = np.where(rng.random(CUSTOMERS) < 0.6, 1, 1 + rng.geometric(0.3, CUSTOMERS))
whose = np.repeat(np.arange(CUSTOMERS), purchases)
market = pd.DataFrame(
    {
        "number": whose,
        "date": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 180, whose.size), "D"),
        "amount": rng.choice([20.0, 30.0], whose.size),
    }
).drop_duplicates()  # for the package does so too


def named(names):
    found = segments(market.assign(customer=np.array(names)[market["number"]])[["customer", "date", "amount"]])
    return found.loc[names].reset_index(drop=True)


names = [f"C{number:04d}" for number in range(CUSTOMERS)]
one, other = named(names), named(names[::-1])
same_figures = one[FIGURES].equals(other[FIGURES])
moved = (one["segment"] != other["segment"]).mean()
once = one.loc[one["frequency"] == 1, "f"].astype(int)
print(f"1,000 customers: figures the same by both lists of names: {same_figures}; {moved:.1%} are in another segment")
print("who bought once has a score of frequency of", ", ".join(f"{score} ({(once == score).sum()})" for score in sorted(set(once))))
sys.exit(0 if same_figures and len(counts) == 4 and moved > 0.3 and once.nunique() >= 3 else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "rfm==1.0.9" "pandas==2.3.3" "numpy==2.4.6" "matplotlib==3.11.2"
"$folder/venv/bin/python" "$folder/segments.py"
echo "as described: equal customers are told apart by the alphabet"
