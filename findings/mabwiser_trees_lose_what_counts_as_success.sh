#!/usr/bin/env bash
# mabwiser 2.7.4, bandits that learn which contact suits whom: by trees, a threshold for success is applied twice. With
# `ThompsonSampling(binarizer)` a reward such as money spent is turned into success or failure by the user's rule, "20 or more".
# `NeighborhoodPolicy.TreeBandit` turns rewards into 0 and 1 when they are learned, keeps these, and asks the rule again of the 0
# and 1 when it chooses: a 1 is less than 20, so every purchase is a failure. Here a call wins six in ten new customers and one
# in ten known ones, mail the other way round; after 4,000 contacts the trees still toss a coin, and sell as if nothing had been
# learned. Fed with 0 and 1 at once, or with `Clusters`, `KNearest` or `Radius` and the same rule, it is nearly always right. A rule
# that calls 1 a success ("more than 0") hides it. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/contacts.py" <<'PYTHON'
"""Learn from one record of contacts in five ways, and count how many of new contacts are the better one."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from mabwiser.mab import MAB, LearningPolicy, NeighborhoodPolicy

warnings.simplefilter("error")  # a warning would be an answer of another kind
CONTACTS, ENOUGH = 4000, 20.0
WINS = {"call": np.array([0.6, 0.1]), "mail": np.array([0.1, 0.6])}  # of new customers (0), and of known ones (1)

rng = np.random.default_rng(1)
known = rng.integers(0, 2, CONTACTS)
contact = rng.choice(list(WINS), CONTACTS)
chance = np.where(contact == "call", WINS["call"][known], WINS["mail"][known])
spent = np.where(rng.random(CONTACTS) < chance, rng.uniform(ENOUGH, 60, CONTACTS), rng.uniform(1, 10, CONTACTS))


def enough(contact, reward):
    return reward >= ENOUGH


def anything(contact, reward):
    return reward > 0


def tried(rule, neighbours, rewards):
    """Return the share of the next 2,000 contacts that are the better one, and what a call to a new customer is worth."""
    bandit = MAB(list(WINS), LearningPolicy.ThompsonSampling(rule), neighbours, seed=3)
    bandit.fit(contact, rewards, known[:, None].astype(float))
    customers = np.tile([[0.0], [1.0]], (1000, 1))
    better = np.array(bandit.predict(customers)) == np.tile(["call", "mail"], 1000)
    value = np.mean([arms["call"] for arms in bandit.predict_expectations(customers)[::2]])
    return better.mean(), value


tree = NeighborhoodPolicy.TreeBandit({"max_depth": 1})
won = (spent >= ENOUGH).astype(float)
ways = {
    "trees, money and the rule 'at least 20'": (enough, tree, spent),
    "trees, 0 and 1": (None, tree, won),
    "trees, 0 and 1 and the rule 'more than 0'": (anything, tree, won),
    "clusters, money and the rule 'at least 20'": (enough, NeighborhoodPolicy.Clusters(2), spent),
    "neighbours, money and the rule 'at least 20'": (enough, NeighborhoodPolicy.KNearest(200), spent),
}
print("mabwiser", version("mabwiser"), "scikit-learn", version("scikit-learn"), "numpy", np.__version__)
found = {name: tried(*way) for name, way in ways.items()}
for name, (share, value) in found.items():
    print(f"{name:45} better contact {share:6.1%}, a call wins {value:6.1%} of new customers (true: 60%)")

(lost_share, lost_value), *others = found.values()
right = all(share > 0.99 and 0.55 < value < 0.65 for share, value in others)
sys.exit(0 if right and 0.4 < lost_share < 0.6 and lost_value < 0.01 else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "mabwiser==2.7.4" "scikit-learn==1.9.1" "numpy==2.4.6" "pandas==2.3.3" "scipy==1.17.1"
"$folder/venv/bin/python" "$folder/contacts.py"
echo "as described: by trees every success is counted as a failure"
