#!/usr/bin/env bash
# xlogit 0.2.7: the alternatives of a choice model are named in alphabetical order, but their values are taken in the order of
# the rows. Where each choice lists its alternatives in another order than the alphabet's (walk, bus, car; as wide files
# do), each intercept, each predicted choice and each predicted share stands under another alternative's name: the
# most chosen one is reported as one that few choose. The slopes, the likelihood and the
# probabilities are right, no error is raised, and a table that lists them by alphabet gives what one expects.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/order.py" <<'PYTHON'
"""Fit one table of choices twice, its alternatives listed in two orders, and compare with the counted shares."""

import sys
from importlib.metadata import version

import numpy as np
from xlogit import MultinomialLogit

random = np.random.default_rng(1)
CHOICES, PULL = 4000, {"walk": 0.0, "bus": 0.5, "car": -1.0}
price = random.normal(size=(CHOICES, 3))
chosen = (np.array(list(PULL.values())) + price + random.gumbel(size=price.shape)).argmax(axis=1)
print("xlogit", version("xlogit"), "numpy", np.__version__)
counted = {name: float(np.mean(chosen == place)) for place, name in enumerate(PULL)}
print("counted shares:", {name: round(share, 3) for name, share in sorted(counted.items())})


def fit(order):
    """Return intercepts against bus, the slope and the predicted shares, with the rows of a choice in an order."""
    places = [list(PULL).index(name) for name in order]
    taken = (np.array(places)[None, :] == chosen[:, None]).astype(int).ravel()
    data = {
        "X": price[:, places].reshape(-1, 1),
        "varnames": ["price"],
        "alts": np.tile(order, CHOICES),
        "ids": np.repeat(np.arange(CHOICES), 3),
    }
    model = MultinomialLogit()
    model.fit(y=taken, fit_intercept=True, verbose=0, **data)
    _, shares = model.predict(return_freq=True, verbose=0, **data)
    values = dict(zip((str(name) for name in model.coeff_names), model.coeff_.tolist()))
    shares = {str(name): float(share) for name, share in sorted(shares.items())}
    print(f"rows {', '.join(order):16}", {name: round(value, 2) for name, value in values.items()})
    print(f"     {'':16} predicted shares", {name: round(share, 3) for name, share in shares.items()})
    return values, shares


by_alphabet, shares_by_alphabet = fit(["bus", "car", "walk"])
by_rows, shares_by_rows = fit(["walk", "bus", "car"])
right = abs(by_alphabet["_intercept.car"] + 1.5) < 0.2 and abs(by_alphabet["_intercept.walk"] + 0.5) < 0.2
# Predicted shares count the likeliest alternative of each choice, so they are not the counted ones, but in their order.
right &= max(PULL, key=shares_by_alphabet.get) == max(PULL, key=counted.get) == "bus"
# What stands under `car` is bus against walk, under `walk` car against walk; shares move on by one name.
wrong = abs(by_rows["_intercept.car"] - 0.5) < 0.2 and abs(by_rows["_intercept.walk"] + 1.0) < 0.2
moved = {"bus": "walk", "car": "bus", "walk": "car"}
wrong &= max(abs(shares_by_rows[name] - shares_by_alphabet[of]) for name, of in moved.items()) < 0.005
same = abs(by_rows["price"] - by_alphabet["price"]) < 1e-3
sys.exit(0 if right and wrong and same else "changed: the two orders no longer differ in this way")
PYTHON

"$python" -m venv "$folder/environment"
"$folder/environment/bin/pip" install -q xlogit==0.2.7 numpy==2.4.6
"$folder/environment/bin/python" "$folder/order.py"
