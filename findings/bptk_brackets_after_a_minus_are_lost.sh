#!/usr/bin/env bash
# BPTK-Py 3.2.0, system dynamics: brackets after a minus, and under a power, are lost. An equation written in Python, such as
# `market - (customers + lost)`, is turned into a text, and the text has no brackets where a sum or a difference is subtracted or
# raised to a power: what is computed is market - customers + lost, and `(market - customers) ** 2` is market - customers ** 2.
# With 1,000 people in a market, 8,267 are customers after five years and 7,598 have left. The same model on the package's
# other engine (`backend="rust"`) keeps the brackets: 84 and 915. A converter of its own for what stands in the brackets keeps them
# too. Products and quotients have theirs. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/market.py" <<'PYTHON'
"""Let one market live by two engines and three spellings of one equation."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
from BPTK_Py import Model, bptk

warnings.simplefilter("error")  # a warning would be an answer of another kind
PEOPLE, MONTHS = 1000.0, 60


def in_brackets(model, market, customers, lost):
    return market - (customers + lost)


def without_brackets(model, market, customers, lost):
    return market - customers - lost


def with_a_name(model, market, customers, lost):
    taken = model.converter("taken")
    taken.equation = customers + lost
    return market - taken


def after_five_years(write, backend):
    """Return the customers, those who have left, and the square of the people who are not customers."""
    model = Model(starttime=0.0, stoptime=float(MONTHS), dt=1.0, name="market")
    market, customers, lost = model.constant("market"), model.stock("customers"), model.stock("lost")
    open_, won, leaving, square = model.converter("open"), model.flow("won"), model.flow("leaving"), model.converter("square")
    market.equation, customers.initial_value, lost.initial_value = PEOPLE, 10.0, 0.0
    open_.equation = write(model, market, customers, lost)
    won.equation = open_ * (0.02 + 0.3 * customers / market)
    leaving.equation = customers * 0.05
    customers.equation, lost.equation = won - leaving, leaving
    square.equation = (market - customers) ** 2.0
    runs = bptk()
    runs.register_model(model)
    names = ["customers", "lost", "square"]
    (manager,) = runs.scenario_manager_factory.get_scenario_managers()
    table = runs.run_scenarios(
        scenario_managers=[manager], scenarios=["base"], equations=names, return_format="df", backend=backend
    )
    return table.iloc[-1][names].to_numpy(float)


def by_hand():
    customers, lost = 10.0, 0.0
    for _ in range(MONTHS):
        won, leaving = (PEOPLE - (customers + lost)) * (0.02 + 0.3 * customers / PEOPLE), 0.05 * customers
        customers, lost = customers + won - leaving, lost + leaving
    return np.array([customers, lost, (PEOPLE - customers) ** 2])


print("BPTK-Py", version("bptk-py"), "numpy", np.__version__)
truth = by_hand()
print(f"{'by hand':34} customers {truth[0]:7.1f}, left {truth[1]:7.1f}, square {truth[2]:14.1f}")
found = {}
for write in (in_brackets, without_brackets, with_a_name):
    for backend in ("python", "rust"):
        found[write, backend] = after_five_years(write, backend)
        customers, lost, square = found[write, backend]
        print(f"{write.__name__:17} {backend:16} customers {customers:7.1f}, left {lost:7.1f}, square {square:14.1f}")

wrong = found.pop((in_brackets, "python"))
right = all(np.allclose(values[:2], truth[:2]) for values in found.values())
squares = all(np.isclose(values[2], truth[2]) == (backend == "rust") for (_, backend), values in found.items())
lost_brackets = wrong[0] > 8 * PEOPLE and np.isclose(wrong[2], PEOPLE - wrong[0] ** 2)
sys.exit(0 if right and squares and lost_brackets else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "bptk-py==3.2.0"
cd "$folder" && "$folder/venv/bin/python" "$folder/market.py"
echo "as described: two engines of one package, and one of them has lost the brackets"
