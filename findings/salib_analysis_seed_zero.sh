#!/usr/bin/env bash
# SALib 1.6.0, sensitivity analysis: seed=0 is a seed for its samples and none for its analyses. `sobol.sample`,
# `latin.sample` and `morris.sample` give the same design for seed=0 each time; `sobol.analyze`, `delta.analyze` and
# `dgsm.analyze` take 0 for "not given", so the first of a row of seeds 0, 1, 2 ... is the one study whose intervals
# (and, for delta, whose indices) nobody can compute again. Any other seed is kept. There is no warning.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/seeds.py" <<'PYTHON'
"""Draw designs and analyse them twice with each of two seeds; say what came out the same."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from SALib.analyze import delta, dgsm, sobol as sobol_indices
from SALib.sample import finite_diff, latin, morris, sobol

warnings.simplefilter("error")  # a warning would be an answer of another kind
PROBLEM = {"num_vars": 3, "names": ["price", "reach", "recall"], "bounds": [[0.0, 1.0]] * 3}


def model(x):
    return x[:, 0] + 2 * x[:, 1] * x[:, 2]


DESIGNS = {
    "sobol.sample": lambda seed: sobol.sample(PROBLEM, 64, seed=seed),
    "latin.sample": lambda seed: latin.sample(PROBLEM, 200, seed=seed),
    "morris.sample": lambda seed: morris.sample(PROBLEM, 10, seed=seed),
}
DESIGN = {name: make(1) for name, make in DESIGNS.items()}
STEPS = finite_diff.sample(PROBLEM, 50, seed=1)
ANALYSES = {
    "sobol.analyze": (
        lambda seed: sobol_indices.analyze(PROBLEM, model(DESIGN["sobol.sample"]), seed=seed),
        ("ST", "ST_conf"),
    ),
    "delta.analyze": (
        lambda seed: delta.analyze(PROBLEM, DESIGN["latin.sample"], model(DESIGN["latin.sample"]), num_resamples=10, seed=seed),
        ("delta_balanced", "S1_conf"),
    ),
    "dgsm.analyze": (lambda seed: dgsm.analyze(PROBLEM, STEPS, model(STEPS), seed=seed), ("dgsm", "dgsm_conf")),
}

print("SALib", version("SALib"), "numpy", np.__version__)
designs = {name: {seed: np.array_equal(make(seed), make(seed)) for seed in (0, 1)} for name, make in DESIGNS.items()}
for name, same in designs.items():
    print(f"{name:14} the same design twice:", {f"seed={seed}": value for seed, value in same.items()})
figures = {}
for name, (analyse, keys) in ANALYSES.items():
    for key in keys:
        figures[name, key] = {seed: np.array_equal(analyse(seed)[key], analyse(seed)[key]) for seed in (0, 1)}
        print(f"{name:14} the same {key} twice:", {f"seed={s}": same for s, same in figures[name, key].items()})
print("sobol.analyze, seed=0, ST_conf of `price`:", *(round(ANALYSES["sobol.analyze"][0](0)["ST_conf"][0], 4) for _ in range(3)))

bootstrapped = [("sobol.analyze", "ST_conf"), ("delta.analyze", "delta_balanced"), ("delta.analyze", "S1_conf"), ("dgsm.analyze", "dgsm_conf")]
kept = all(same == {0: True, 1: True} for same in designs.values())
lost = all(figures[name] == {0: False, 1: True} for name in bootstrapped)
sys.exit(0 if kept and lost else 1)
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "SALib==1.6.0" "numpy==2.4.6" "scipy==1.17.1" "pandas==2.3.3"
"$folder/venv/bin/python" "$folder/seeds.py"
echo "as described: seed=0 draws the same design, and analyses it differently each time"
