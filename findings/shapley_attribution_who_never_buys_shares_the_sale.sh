#!/usr/bin/env bash
# shapley-attribution 2.1.0, attribution of sales to the touchpoints of a journey: journeys without a sale share the sales. A model is told
# all journeys, and with `fit(journeys, y=conversions)` which of them ended in a sale ("1=converted, 0=not"). `OrderedShapleyAttribution`,
# after Zhao et al. (2018), who give each sale to the channels of its journey, does not look at it. A banner that 4,000 people saw, of whom
# 40 bought, and an e-mail that 1,000 read, of whom 500 bought, are to have 7% and 93% of the sales; they have 80% and 20%. By the paper the
# shares of a channel at all positions add up to its share in the model without positions; `SimplifiedShapleyAttribution` beside it, and the
# rules of first and last touch, do look, and have 7% and 93%. Told the journeys with a sale alone, the two agree. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/channels.py" <<'PYTHON'
"""Attribute sales to channels by all journeys and by those with a sale, with every model of the package and by hand."""

import sys
import warnings
from importlib.metadata import version

import numpy as np

warnings.simplefilter("ignore")  # on import, of plots
from shapley_attribution import (
    FirstTouchAttribution,
    LastTouchAttribution,
    LinearAttribution,
    OrderedShapleyAttribution,
    SimplifiedShapleyAttribution,
)

warnings.simplefilter("error")  # a warning of a model would be an answer of another kind
PEOPLE = {("banner",): (3_960, 0), ("e-mail",): (500, 500), ("banner", "e-mail"): (0, 0)}
MIXED = {("banner",): (900, 20), ("e-mail",): (200, 150), ("banner", "e-mail"): (400, 60), ("search", "banner", "search"): (300, 90)}
MODELS = {
    "first touch": FirstTouchAttribution,
    "last touch": LastTouchAttribution,
    "linear": LinearAttribution,
    "Shapley": SimplifiedShapleyAttribution,
    "ordered Shapley": OrderedShapleyAttribution,
}
PEOPLE[("banner",)] = (3_960, 40)


def journeys(people):
    """Return all journeys, and whether each ended in a sale."""
    rows = [(list(path), sale) for path, counts in people.items() for sale, count in enumerate(counts) for _ in range(count)]
    return [path for path, _ in rows], np.array([sale for _, sale in rows])


def by_paper(people):
    """Give each sale to the channels of its journey in equal parts."""
    channels = sorted({channel for path in people for channel in path})
    parts = [sum(sold / len(set(path)) for path, (_, sold) in people.items() if channel in path) for channel in channels]
    return channels, np.array(parts) / np.sum(parts)


def found(model, paths, sales):
    fitted = model().fit(paths, y=sales)
    return dict(zip(fitted.channels_.tolist(), fitted.get_attribution_array().tolist()))


print("shapley-attribution", version("shapley-attribution"), "numpy", np.__version__, "scikit-learn", version("scikit-learn"))
right = wrong = True
for title, people in (("one touch each", PEOPLE), ("several touches", MIXED)):
    paths, sales = journeys(people)
    channels, due = by_paper(people)
    sold = [path for path, sale in zip(paths, sales) if sale]
    print(f"{title}, by the paper:", ", ".join(f"{channel} {share:.0%}" for channel, share in zip(channels, due)))
    for name, model in MODELS.items():
        everybody, buyers = found(model, paths, sales), found(model, sold, np.ones(len(sold), dtype=int))
        shares = np.array([everybody.get(channel, 0.0) for channel in channels])
        of_buyers = np.array([buyers.get(channel, 0.0) for channel in channels])
        print(f"  {name}:", ", ".join(f"{channel} {share:.0%}" for channel, share in zip(channels, shares)))
        if name == "ordered Shapley":
            wrong &= np.abs(shares - due).max() > 0.2
            right &= np.allclose(of_buyers, due)
        else:
            right &= np.allclose(shares, of_buyers)
            right &= np.allclose(shares, due) or name != "Shapley"
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "shapley-attribution==2.1.0" "numpy==2.4.6" "scikit-learn==1.7.2" "scipy==1.17.1" "tqdm==4.67.1" \
  "matplotlib==3.10.7"
"$folder/venv/bin/python" "$folder/channels.py"
echo "as described: who never buys shares the sale"
