#!/usr/bin/env bash
# pm4py 2.7.23.11, process mining: everybody has one subcontractor. `discover_subcontracting_network` is to tell how often
# somebody passes a case on and gets it back (van der Aalst, Reijers and Song, 2005). It takes note of a person's first return
# only, in the most frequent order of people, and of no later one, be it in the same case or in another. Ann, who gets 60 cases
# back from Ben and 59 from Cem, has nothing to do with Cem; two more cases from Cem, and she has nothing to do with Ben. Who
# does two steps in a row before can have nobody but herself. The handover network of the same log is right. No warning is
# given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/returns.py" <<'PYTHON'
"""Ask who gets cases back from whom, of three logs, and count it by hand."""

import sys
import warnings
from collections import Counter
from importlib.metadata import version

import pandas as pd
import pm4py

warnings.simplefilter("error")  # a warning would be an answer of another kind
LOGS = {
    "60 from Ben, 59 from Cem": {"Ann Ben Ann": 60, "Ann Cem Ann": 59},
    "60 from Ben, 61 from Cem": {"Ann Ben Ann": 60, "Ann Cem Ann": 61},
    "both within each case": {"Ann Ben Ann Cem Ann": 10},
    "two steps in a row in most": {"Ann Ann Ann": 60, "Ann Ben Ann": 59},
}


def events(log):
    """Return a table of events, one a minute."""
    cases = [people.split() for people, number in log.items() for _ in range(number)]
    table = pd.DataFrame(
        [(f"c{case}", "work", who) for case, people in enumerate(cases) for who in people],
        columns=["case:concept:name", "concept:name", "org:resource"],
    )
    return table.assign(**{"time:timestamp": pd.date_range("2026-03-02", periods=len(table), freq="min", tz="UTC")})


def by_hand(log):
    """Return how often somebody, then somebody, then the first again have a case, per case."""
    returns = Counter()
    for people, number in log.items():
        people = people.split()
        for first, second, third in zip(people, people[1:], people[2:]):
            if first == third:
                returns[first, second] += number
    return {pair: round(count / sum(log.values()), 3) for pair, count in sorted(returns.items())}


def by_handover(table):
    """Return who passes cases on to whom, in shares of all that is passed on."""
    return {pair: round(share, 3) for pair, share in sorted(pm4py.discover_handover_of_work_network(table).connections.items())}


print("pm4py", version("pm4py"), "pandas", pd.__version__)
found, expected = {}, {}
for name, log in LOGS.items():
    table = events(log)
    connections = pm4py.discover_subcontracting_network(table, n=2).connections
    found[name] = {pair: round(float(share), 3) for pair, share in sorted(connections.items())}
    expected[name] = by_hand(log)
    print(name)
    print("   returns by hand, per case", expected[name])
    print("   subcontracting network   ", found[name])
    print("   handover network         ", by_handover(table))

only = [list(pairs) for pairs in found.values()]
wrong = only == [[("Ann", "Ben")], [("Ann", "Cem")], [("Ann", "Ben")], [("Ann", "Ann")]]
alike = all(share == expected[name][pair] for name, pairs in found.items() for pair, share in pairs.items())
sys.exit(0 if wrong and alike and all(len(pairs) == 2 for pairs in expected.values()) else "changed")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "pm4py==2.7.23.11" "pandas==3.1.1" "numpy==2.4.6"
"$folder/venv/bin/python" "$folder/returns.py" 2> "$folder/banner" || { cat "$folder/banner"; exit 1; }
echo "as described: who came second among those who return cases does not exist"
