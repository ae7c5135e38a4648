#!/usr/bin/env bash
# jmarkov 0.3.13, Markov chains: how long customers stay, and how they end, is told of another kind of customer.
# `absorbtion_times` and `absorbtion_probabilities` of a `dtmc` number the states by their rows, as `start` and `target` do, but
# look them up in a matrix of transient states only. Where a state that ends a journey has a row before theirs, as "left" in the
# first row, every answer is that of the state that comes next: new customers, who buy 1 time as such, are said to do so 3.6
# times, and 42% of them to leave in the end where 64% do. Only for the last states there is none to take, and an IndexError.
# With the same states in another order, the ending ones last, all answers are right. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/customers.py" <<'PYTHON'
"""Ask for the visits before the end and for the end itself, with the states in two orders, and by powers of the matrix."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from jmarkov.dtmc import dtmc

warnings.simplefilter("error")  # a warning would be an answer of another kind
VISITS = {
    "left": {"left": 1.0},
    "new": {"left": 0.5, "regular": 0.5},
    "regular": {"left": 0.2, "regular": 0.5, "fan": 0.3},
    "fan": {"left": 0.05, "regular": 0.15, "fan": 0.8},
}
ENDS = {
    "left": {"left": 1.0},
    "new": {"left": 0.3, "new": 0.4, "regular": 0.2, "member": 0.1},
    "regular": {"left": 0.1, "new": 0.3, "regular": 0.3, "member": 0.3},
    "member": {"member": 1.0},
}


def matrix(chain, order):
    return np.array([[chain[one].get(other, 0.0) for other in order] for one in order])


def by_powers(chain, start, target):
    """Return the visits to a state until the end, or the probability of ending in it, from a long run of the chain."""
    order = list(chain)
    step, row, visits = matrix(chain, order), np.eye(len(order))[order.index(start)], 0.0
    for _ in range(5000):
        visits += row[order.index(target)]
        row = row @ step
    return float(row[order.index(target)]) if chain[target] == {target: 1.0} else float(visits)


def asked(chain, order, start, target):
    """Return jmarkov's answer to the same question."""
    model = dtmc(matrix(chain, order))
    ask = model.absorbtion_probabilities if chain[target] == {target: 1.0} else model.absorbtion_times
    try:
        return float(np.squeeze(ask(order.index(target), order.index(start))))
    except IndexError:
        return None


def question(chain):
    """Return pairs of a transient state and what is asked of it."""
    ending = [state for state in chain if chain[state] == {state: 1.0}]
    transient = [state for state in chain if state not in ending]
    return [(start, target) for start in transient for target in (ending if len(ending) > 1 else transient)]


print("jmarkov", version("jmarkov"), "numpy", np.__version__)
right, shifted = [], []
for name, chain in (("visits before leaving", VISITS), ("probability of ending as", ENDS)):
    first = list(chain)
    last = sorted(chain, key=lambda state: chain[state] == {state: 1.0})  # transient states, then ending ones
    for start, target in question(chain):
        truth = by_powers(chain, start, target)
        found, ordered = asked(chain, first, start, target), asked(chain, last, start, target)
        text = "IndexError" if found is None else f"{found:.3f}"
        print(f"{name} {target:8} of {start:8}: {truth:.3f}, left in the first row {text:10} ending states last {ordered:.3f}")
        right.append(abs(ordered - truth) < 1e-6)
        if found is not None:
            following = first[first.index(start) + 1], first[first.index(target) + (chain is VISITS)]
            shifted.append(abs(found - by_powers(chain, *following)) < 1e-6 < abs(found - truth))
sys.exit(0 if all(right) and all(shifted) and len(shifted) == 6 else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "jmarkov==0.3.13" "numpy==2.4.6" "scipy==1.17.1"
"$folder/venv/bin/python" "$folder/customers.py"
echo "as described: what is told of new customers is true of regular ones"
