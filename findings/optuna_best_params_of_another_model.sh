#!/usr/bin/env bash
# Optuna 5.0.0 with scikit-learn 1.9.1: `study.best_params` can name a model that was not the best one. A forest's
# `max_features=1` looks at one feature, `max_features=1.0` at all of them. `suggest_categorical("max_features", [1,
# 0.5, 1.0])` hands all three to the objective and tells them apart there, but records every choice as the first one
# that compares equal, and 1 == 1.0. The trial of 1.0 wins, the study says 1, and the forest fitted with `best_params`
# scores far below `best_value`. Which name is written depends on the order of the choices; there is no warning. The
# same holds for 1 and True.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/forest.py" <<'PYTHON'
"""Choose how many features a forest looks at, then fit the forest that the study names."""

import sys

import numpy as np
import optuna
import sklearn
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import cross_val_score

optuna.logging.set_verbosity(optuna.logging.ERROR)
draw = np.random.default_rng(1)
features = draw.normal(size=(200, 12))
target = features[:, 0] + 0.1 * draw.normal(size=200)  # one feature of twelve matters


def score(max_features):
    """Return the mean R2 of three folds, the same at every call."""
    forest = RandomForestRegressor(n_estimators=30, max_features=max_features, random_state=1)
    return float(cross_val_score(forest, features, target, cv=3).mean())


def study(choices):
    """Return what was tried, with its score, and what the study says was best."""
    tried = {}

    def objective(trial):
        value = trial.suggest_categorical("max_features", choices)
        tried[repr(value)] = score(value)
        return tried[repr(value)]

    grid = optuna.samplers.GridSampler({"max_features": choices}, seed=1)
    found = optuna.create_study(direction="maximize", sampler=grid)
    found.optimize(objective, n_trials=len(choices))
    return tried, found.best_value, found.best_params["max_features"]


print("optuna", optuna.__version__, "scikit-learn", sklearn.__version__, "numpy", np.__version__)
print("fitted by hand:", {repr(value): round(score(value), 3) for value in (1, 0.5, 1.0)})
named = []
for choices in ([1, 0.5, 1.0], [1.0, 0.5, 1]):
    tried, best_value, best = study(choices)
    again = score(best)
    named.append((repr(best), again, best_value))
    print(f"choices {choices}: tried", {name: round(value, 3) for name, value in tried.items()})
    print(f"  best_value {best_value:.3f}, best_params {best!r}, the forest of best_params scores {again:.3f}")
    assert tried == {repr(value): score(value) for value in choices}, "the objective no longer gets what was asked for"

(first, once, best_value), (second, other, same_value) = named
wrong = first == "1" and once < best_value - 0.2
right = second == "1.0" and np.isclose(other, same_value) and np.isclose(best_value, same_value)
sys.exit(0 if wrong and right else 1)
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "optuna==5.0.0" "scikit-learn==1.9.1" "numpy==2.4.6" "scipy==1.17.1"
"$folder/venv/bin/python" "$folder/forest.py"
echo "as described: the best score is that of 1.0, the name beside it is 1"
