#!/usr/bin/env bash
# Mesa 3.5.1, event scheduling: what an agent had scheduled still happens after `agent.remove()`, as long as any other
# object refers to it, though the documentation of events says that they need no cancelling when an agent is removed.
# Only the weak reference to the callable is looked at, and removal does not let go of an agent whom a friend, a cell or
# a list still knows. Of 100 customers who leave before they would buy none buys if they are strangers; if they know
# each other in pairs 98 buy, or none, by whether Python's garbage collector has run in between: the result of a seeded
# model then depends on memory use elsewhere. If one who stays knows them, all buy. No warning is given. Needs Python
# 3.12 or newer.
set -euo pipefail

python=${PYTHON:-python3.12}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/removed.py" <<'PYTHON'
"""Remove customers at time 1 who have scheduled to buy at time 2.5, and count what they buy."""

import gc
import sys
import warnings

import mesa

CUSTOMERS = 100


class Customer(mesa.Agent):
    """A customer who means to buy at 2.5."""

    def __init__(self, model):
        super().__init__(model)
        self.friends = []
        model.schedule_event(self.buy, at=2.5)

    def buy(self):
        if self not in self.model.agents:
            self.model.bought_after_removal += 1


class Shop(mesa.Model):
    """Customers who know nobody, each other in pairs, or are all known to the first, who alone stays."""

    def __init__(self, friendship):
        super().__init__(rng=1)
        self.bought_after_removal = 0
        customers = [Customer(self) for _ in range(CUSTOMERS)]
        if friendship == "pairs":
            for one, other in zip(customers[1::2], customers[2::2], strict=False):
                one.friends, other.friends = [other], [one]
        elif friendship == "known to one":
            customers[0].friends = customers[1:]

    def step(self):
        if self.steps == 1:
            for customer in self.agents.to_list()[1:]:
                customer.remove()


def bought(friendship, collect):
    """Return how many buy after their removal, with and without a garbage collection in between."""
    gc.collect()
    gc.disable()
    shop = Shop(friendship)
    shop.run_until(1.5)
    if collect:
        gc.collect()
    shop.run_until(5)
    gc.enable()
    return shop.bought_after_removal


print("Mesa", mesa.__version__)
with warnings.catch_warnings():
    warnings.simplefilter("error")  # a warning would be an answer of another kind
    found = {name: (bought(name, False), bought(name, True)) for name in ("strangers", "pairs", "known to one")}
for name, (kept, collected) in found.items():
    print(f"{name:13} removed customers who buy: {kept:3}, with a garbage collection in between {collected:3}")

removed = CUSTOMERS - 1
expected = {"strangers": (0, 0), "known to one": (removed, removed)}
pairs = found.pop("pairs")
sys.exit(0 if found == expected and pairs[0] > 0.9 * removed and pairs[1] < 0.1 * removed else 1)
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "mesa==3.5.1" "networkx==3.6" "numpy==2.5.5" "pandas==3.1.1"
"$folder/venv/bin/python" "$folder/removed.py"
echo "as described: whether a removed agent's event happens depends on who still knows it"
