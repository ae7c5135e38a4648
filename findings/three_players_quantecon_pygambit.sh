#!/usr/bin/env bash
# quantecon 0.11.4 and pygambit 16.7.0, games of three players: the same three arrays of payoffs are two different games.
# pygambit reads axis k of every array as player k. quantecon reads each array from its owner's side: axis 0 is the
# player's own choice, axis 1 that of the next player, and round again. For two players a transposition is known from
# textbooks; for three players with equally many choices every shape fits, nothing is refused, and each tool reports
# equilibria that are none in the other's game. To say the same game, array k is to be turned with
# `transpose([k, (k + 1) % 3, (k + 2) % 3])` before quantecon gets it.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/games.py" <<'PYTHON'
"""Three brands, each of which may hold its price (0) or cut it (1); what each earns, by (choice of A, of B, of C)."""

import sys
import warnings
from itertools import product

import numpy as np
import pygambit
import quantecon
from quantecon.game_theory import NormalFormGame, Player, pure_nash_brute

warnings.simplefilter("error")  # a warning would be an answer of another kind
CELLS = list(product((0, 1), repeat=3))
EARNED = [
    np.array(rows, dtype=float)
    for rows in (
        [[[4, 4], [7, 4]], [[4, 5], [6, 2]]],  # A
        [[[9, 4], [2, 1]], [[4, 7], [3, 8]]],  # B
        [[[2, 2], [4, 7]], [[3, 8], [1, 9]]],  # C
    )
]


def by_hand(payoffs):
    """Return the cells from which no player gains by another choice, axis k being player k."""
    def holds(cell):
        return all(
            payoffs[player][cell] >= payoffs[player][tuple(1 - x if k == player else x for k, x in enumerate(cell))]
            for player in range(3)
        )
    return [cell for cell in CELLS if holds(cell)]


def by_pygambit(payoffs):
    game = pygambit.Game.from_arrays(*payoffs)
    found = []
    for profile in pygambit.nash.enumpure_solve(game).equilibria:
        shares = [[float(profile[strategy]) for strategy in player.strategies] for player in game.players]
        found.append(tuple(share.index(1.0) for share in shares))
    return sorted(found)


def by_quantecon(payoffs):
    return sorted(tuple(map(int, cell)) for cell in pure_nash_brute(NormalFormGame([Player(array) for array in payoffs])))


turned = [EARNED[k].transpose([k, (k + 1) % 3, (k + 2) % 3]) for k in range(3)]
print("pygambit", pygambit.__version__, "quantecon", quantecon.__version__, "numpy", np.__version__)
truth, gambit, plain, own_side = by_hand(EARNED), by_pygambit(EARNED), by_quantecon(EARNED), by_quantecon(turned)
print("by hand                           ", truth)
print("pygambit, the arrays as they are  ", gambit)
print("quantecon, the arrays as they are ", plain)
print("quantecon, each array turned      ", own_side)
sys.exit(0 if truth == gambit == own_side and not set(plain) & set(truth) and plain else 1)
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "pygambit==16.7.0" "quantecon==0.11.4" "numpy==2.4.6" "scipy==1.17.1"
"$folder/venv/bin/python" -W ignore "$folder/games.py"
echo "as described: the same arrays are another game for each of the two tools"
