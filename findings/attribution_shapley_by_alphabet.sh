#!/usr/bin/env bash
# marketing-attribution-models 2.1.1, attribution of sales to the touchpoints of a journey: what a channel earns by
# `run_shapley` depends on its name. With the default `max_size=4` a journey over five channels or more is cut to four
# of them before the Shapley values are made, and the four are the last in the alphabet, not the last of the journey:
# "affiliate" gets nothing from such a journey, wherever it stands in it, and under the name "tv" a full share. The
# cut-off channel's share goes to the others, so that totals are right and nothing looks amiss; Shapley's symmetry axiom
# (equal parts for channels that differ in nothing) fails. There is no warning.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/attribution.py" <<'PYTHON'
"""Attribute the sales of five interchangeable channels, then rename one of them, then turn the journeys round."""

import sys
import warnings
from importlib.metadata import version

import polars as pl
from mam.core import MAM

warnings.simplefilter("error")  # a warning would be an answer of another kind
ALONE, TOGETHER = 10, 100  # sales after one channel alone, and after all five of them


def shapley(names, **options):
    """Return what each channel earns by Shapley values, in the order of `names`."""
    journeys = [*names, " > ".join(names)]
    table = pl.DataFrame(
        {"journey": journeys, "sold": [True] * 6, "occurrences": [ALONE] * 5 + [TOGETHER]}
    )
    model = MAM(
        df=table,
        format_type="grouped_journey",
        channels_colname="journey",
        journey_with_conv_colname="sold",
        occurrences_colname="occurrences",
    )
    rows = model.run_shapley(**options).to_polars().iter_rows(named=True)
    earned = {row["channels"]: row["attribution"] for row in rows}
    return {name: round(earned[name], 6) for name in names}


print("marketing-attribution-models", version("marketing-attribution-models"), "polars", pl.__version__)
by_name = shapley(["affiliate", "display", "email", "search", "social"])
renamed = shapley(["tv", "display", "email", "search", "social"])
turned = shapley(["social", "search", "email", "display", "affiliate"])
whole = shapley(["affiliate", "display", "email", "search", "social"], max_size=5)
for title, earned in (
    ("as named", by_name),
    ("affiliate renamed to tv", renamed),
    ("affiliate as the last step", turned),
    ("max_size=5", whole),
):
    print(f"{title:27}", earned, "in all", sum(earned.values()))

share = ALONE + TOGETHER / 4
cut = {"affiliate": ALONE, "display": share, "email": share, "search": share, "social": share}
wrong = by_name == cut == turned and renamed["tv"] == share and renamed["display"] == ALONE
right = set(whole.values()) == {ALONE + TOGETHER / 5}
sys.exit(0 if wrong and right else 1)
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "marketing-attribution-models==2.1.1" "polars==2.1.0" "pandas==2.3.3" "numpy==2.4.6" \
  "scipy==1.17.1" "pyarrow==26.0.1"
"$folder/venv/bin/python" "$folder/attribution.py"
echo "as described: the first channel in the alphabet earns nothing from long journeys"
