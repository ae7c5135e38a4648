#!/usr/bin/env bash
# cluster-experiments 0.31.0, design of experiments with regions or days: a stratified split is lopsided where strata are odd.
# `StratifiedClusteredSplitter` is to keep treatments balanced "across clusters and strata"; its documentation has days as
# clusters and weekdays as strata. It draws the order of the treatments once and deals it out in every stratum from the start,
# so that each odd stratum gives its extra cluster to the same treatment: three weeks of days are always split 14 to 7, one week
# is all treatment or all control, and 20 countries with 3 cities each are split 40 to 20. `StratifiedSwitchbackSplitter` does
# the same. An order drawn for each stratum splits three weeks into about halves, and even no strata at all are rarely as
# lopsided. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/strata.py" <<'PYTHON'
"""Split days by weekday and cities by country, often, and count how many are treated."""

import random
import sys
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
from cluster_experiments import ClusteredSplitter
from cluster_experiments.random_splitter import StratifiedClusteredSplitter, StratifiedSwitchbackSplitter

warnings.simplefilter("error")  # a warning would be an answer of another kind
SPLITS = 200


def days(weeks):
    """Return a table of the days of some weeks."""
    dates = pd.date_range("2026-03-02", periods=7 * weeks, freq="D")
    return pd.DataFrame({"date": dates, "weekday": dates.day_name()})


def cities(countries, each):
    """Return a table of cities, equally many in each country."""
    names = [(f"country {one}", f"city {one}-{other}") for one in range(countries) for other in range(each)]
    return pd.DataFrame(names, columns=["country", "city"])


def treated(splitter, table):
    """Return how often how many clusters are treated."""
    np.random.seed(1)  # noqa: NPY002 - the package draws from the global generators
    random.seed(1)
    counts = [int((splitter.assign_treatment_df(table)["treatment"] == "B").sum()) for _ in range(SPLITS)]
    return {count: counts.count(count) for count in sorted(set(counts))}


def by_hand(table, stratum):
    """Return the same where the order of treatments is drawn for each stratum."""
    rng, counts = np.random.default_rng(1), []
    sizes = table.groupby(stratum).size()
    for _ in range(SPLITS):
        counts.append(sum(int(size // 2 + size % 2 * rng.integers(2)) for size in sizes))
    return {count: counts.count(count) for count in sorted(set(counts))}


print("cluster-experiments", version("cluster-experiments"), "pandas", pd.__version__, "numpy", np.__version__)
by_weekday = StratifiedClusteredSplitter(cluster_cols=["date"], strata_cols=["weekday"])
switched = StratifiedSwitchbackSplitter(time_col="date", cluster_cols=["date"], strata_cols=["weekday"])
by_country = StratifiedClusteredSplitter(cluster_cols=["city"], strata_cols=["country"])
found = {
    "1 week": treated(by_weekday, days(1)),
    "2 weeks": treated(by_weekday, days(2)),
    "3 weeks": treated(by_weekday, days(3)),
    "3 weeks, switchback": treated(switched, days(3)),
    "20 countries with 3 cities": treated(by_country, cities(20, 3)),
    "3 weeks, without strata": treated(ClusteredSplitter(cluster_cols=["date"]), days(3)),
    "3 weeks, by hand": by_hand(days(3), "weekday"),
}
for name, counts in found.items():
    print(f"{name:27} treated clusters in {SPLITS} splits (number: how often): {counts}")
right = set(found["2 weeks"]) == {7} and set(found["3 weeks, by hand"]) > {9, 10, 11, 12}
wrong = set(found["1 week"]) == {0, 7} and set(found["20 countries with 3 cities"]) == {20, 40}
wrong &= set(found["3 weeks"]) == set(found["3 weeks, switchback"]) == {7, 14}
sys.exit(0 if right and wrong else "changed: see the splits above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "cluster-experiments==0.31.0" "pandas==3.1.1" "numpy==2.4.6" "scipy==1.17.1" \
  "statsmodels==0.15.0"
"$folder/venv/bin/python" "$folder/strata.py"
echo "as described: a week is all treatment or all control, three weeks are 14 days to 7"
