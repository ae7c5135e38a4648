#!/usr/bin/env bash
# mta 0.0.9, attribution of sales to the touchpoints of a journey: the two ways of its Markov chain are two different models.
# `markov(sim=False)`, the default, "analytical calculation", adds up the probabilities of the paths that somebody has bought
# after. The chain takes others too, as `markov(sim=True)` does, "simulation" of the same thing by the documentation. So the
# chain sells to 13% where 20% bought (a chain that is fitted to journeys sells to as many as they do), and a channel whose
# buyers came over many paths loses its share: display has 1.5% of the sales where the removal effect of its chain, by
# simulation and by linear algebra, is 13%, and search has half of them where it is due a third. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/removal.py" <<'PYTHON'
"""Take each channel out of one fitted chain: by the package's two ways, and by linear algebra."""

import contextlib
import io
import sys
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
from mta import MTA

warnings.simplefilter("error")  # a warning would be an answer of another kind
JOURNEYS = [  # path, how many bought, how many did not
    ("search", 40, 200),
    ("search > email", 30, 20),
    ("social > search", 30, 100),
    ("social > email > search", 10, 40),
    ("email", 50, 30),
    ("display > social", 0, 300),
    ("display > search > email", 20, 10),
]
WALKS = 40_000
table = pd.DataFrame(JOURNEYS, columns=["path", "total_conversions", "total_null"])
with contextlib.redirect_stdout(io.StringIO()):
    model = MTA(table, add_timepoints=False)
    model.markov(sim=False)
chain = model.transition_matrix()


def by_algebra(left_out=None):
    """Return the probability that the chain ends in a sale, all who come to a channel that is left out being lost."""
    states = [model.START, *(channel for channel in model.channels if channel != left_out)]
    steps = np.array([[chain.get((one, other), 0.0) for other in states] for one in states])
    sales = np.array([chain.get((one, model.CONV), 0.0) for one in states])
    return float(np.linalg.solve(np.eye(len(states)) - steps, sales)[0])


def by_simulation(left_out=None):
    """Return the same by walks along the chain, as `markov(sim=True)` makes them, if fewer."""
    with contextlib.redirect_stdout(io.StringIO()):
        return model.simulate_path(chain, drop_channel=left_out, n=WALKS)[model.CONV] / WALKS


def shares(probability):
    """Return the removal effects as shares of their sum."""
    every = probability()
    effects = {channel: (every - probability(channel)) / every for channel in model.channels}
    return every, {channel: effect / sum(effects.values()) for channel, effect in effects.items()}


print("mta", version("mta"), "pandas", pd.__version__, "numpy", np.__version__)
np.random.seed(1)
bought = table["total_conversions"].sum() / table[["total_conversions", "total_null"]].to_numpy().sum()
print(f"share of journeys that end in a sale: {bought:.3f}")
found = {
    "markov(sim=False)": (model.prob_convert(chain), dict(model.attribution["markov"])),
    "simulated": shares(by_simulation),
    "linear algebra": shares(by_algebra),
}
for name, (sells, split) in found.items():
    print(f"{name:18} chain sells to {sells:.3f};", ", ".join(f"{channel} {share:.3f}" for channel, share in split.items()))

(seen, default), (walked, simulated), (exact, truth) = found.values()
right = abs(exact - bought) < 1e-9 and abs(walked - exact) < 0.02
right &= all(abs(simulated[channel] - truth[channel]) < 0.04 for channel in truth)
wrong = seen < 0.7 * exact and default["display"] < truth["display"] / 5 and default["search"] > 1.3 * truth["search"]
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "mta==0.0.9" "arrow==1.4.0" "scikit-learn==1.9.1" "pandas==2.3.3" "numpy==2.4.6" \
  "scipy==1.17.1"
"$folder/venv/bin/python" "$folder/removal.py"
echo "as described: a channel whose buyers came over many paths loses its share"
