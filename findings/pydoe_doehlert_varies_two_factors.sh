#!/usr/bin/env bash
# pydoe 1.6.0: a Doehlert design for any number of factors varies two of them. `doehlert_shell_design(5)` writes each
# point's angle into the first two columns and leaves three columns 0, so that an experiment run by it says nothing of
# three factors; it has 21 rows where its documentation, and Doehlert (1970), have k^2 + k + 1 = 31.
# `doehlert_simplex_design` varies all factors, but its points do not lie on one sphere, as those of a uniform shell
# do: for two factors the hexagon is skewed, from 0.87 to 1.32 off the centre. Neither warns.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/design.py" <<'PYTHON'
"""Compare both designs with the points of Doehlert's simplex and with what a response surface needs."""

import sys
from importlib.metadata import version
from itertools import combinations_with_replacement

import numpy as np
from pydoe import doehlert_shell_design, doehlert_simplex_design


def uniform_shell(factors):
    """Return the centre and all differences of the corners of a regular simplex with edges of length 1."""
    corners = np.zeros((factors + 1, factors))
    for corner in range(1, factors + 1):
        for column in range(1, corner):
            corners[corner, column - 1] = 1 / np.sqrt(2 * column * (column + 1))
        corners[corner, corner - 1] = np.sqrt((corner + 1) / (2 * corner))
    pairs = [(one, other) for one in range(factors + 1) for other in range(factors + 1) if one != other]
    return np.vstack([np.zeros(factors), *(corners[one] - corners[other] for one, other in pairs)])


def terms(design):
    """Return the columns of a full quadratic model: constant, factors, squares and products."""
    factors = design.shape[1]
    products = [design[:, one] * design[:, other] for one, other in combinations_with_replacement(range(factors), 2)]
    return np.column_stack([np.ones(len(design)), design, *products])


def facts(design):
    """Return rows, factors that vary, distances from the centre, and how many quadratic terms can be estimated."""
    far = np.linalg.norm(design, axis=1)
    far = far[far > 1e-9]
    model = terms(design)
    vary = int((np.ptp(design, axis=0) > 1e-9).sum())
    return len(design), vary, far.min(), far.max(), np.linalg.matrix_rank(model), model.shape[1]


print("pydoe", version("pydoe"), "numpy", np.__version__)
designs = {"shell": doehlert_shell_design, "simplex": doehlert_simplex_design, "Doehlert": uniform_shell}
found = {}
for factors in (2, 3, 5):
    for name, design in designs.items():
        rows, vary, near, far, rank, needed = found[factors, name] = facts(design(factors))
        print(
            f"{factors} factors, {name:8} {rows:2} points, {vary} factors vary, "
            f"{near:.3f} to {far:.3f} from the centre, {rank} of {needed} quadratic terms"
        )

right = all(
    found[k, "Doehlert"][:2] == (k * k + k + 1, k)
    and np.allclose(found[k, "Doehlert"][2:4], 1)
    and found[k, "Doehlert"][4] == found[k, "Doehlert"][5]
    for k in (2, 3, 5)
)
shell = all(found[k, "shell"][0] < k * k + k + 1 and found[k, "shell"][1] == 2 for k in (2, 3, 5))
simplex = all(found[k, "simplex"][1] == k and found[k, "simplex"][3] > 1.3 for k in (2, 3, 5))
sys.exit(0 if right and shell and simplex else 1)
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "pydoe==1.6.0" "numpy==2.4.6" "scipy==1.17.1"
"$folder/venv/bin/python" "$folder/design.py"
echo "as described: two factors of five vary, and the other construction leaves the sphere"
