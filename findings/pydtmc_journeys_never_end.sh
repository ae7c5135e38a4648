#!/usr/bin/env bash
# PyDTMC 8.7.0, Markov chains: a fitted journey has no end. `MarkovChain.fit_sequence` gives every state that is never left
# in the data, such as "churned" or "bought" at the end of a journey, equal probabilities of going anywhere: of four
# states three in four who churned are back at once, `absorbing_states` is empty, and long-run shares and times are
# those of another chain. This holds for "mle", with and without smoothing, and for "map". And the documentation of "mle"
# says that smoothing is on where `fitting_param` is left out: what then comes is what False gives, not what True gives.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/journey.py" <<'PYTHON'
"""Fit a journey in which a customer buys again and then churns; look at the row of the state that is never left."""

import sys
import warnings

import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of packages that it loads
    import pydtmc
    from pydtmc import MarkovChain

STATES = ["need", "consider", "buy", "churned"]
JOURNEY = ["need", "consider", "buy", "need", "consider", "buy", "need", "consider", "churned"]


def fitted(kind, *parameter):
    return MarkovChain.fit_sequence(kind, STATES, JOURNEY, *parameter)


cases = {"mle": fitted("mle"), "mle, True": fitted("mle", True), "mle, False": fitted("mle", False), "map": fitted("map")}
print("PyDTMC", pydtmc.__version__, "numpy", np.__version__)
for name, chain in cases.items():
    print(f"{name:10} churned -> {np.round(chain.p[3], 4).tolist()}  consider -> {np.round(chain.p[1], 4).tolist()}")
    print(f"{'':10} absorbing states: {chain.absorbing_states}")

leaks = all(np.allclose(chain.p[3], 0.25) and not chain.absorbing_states for chain in cases.values())
default_is_false = np.array_equal(cases["mle"].p, cases["mle, False"].p) and not np.allclose(
    cases["mle"].p, cases["mle, True"].p, atol=1e-5
)
sys.exit(0 if leaks and default_is_false else 1)
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "PyDTMC==8.7.0" "numpy==1.26.4" "scipy==1.17.1" "matplotlib==3.7.3" "networkx==3.6.1"
"$folder/venv/bin/python" "$folder/journey.py"
echo "as described: a state that ends every journey is left again at once"
