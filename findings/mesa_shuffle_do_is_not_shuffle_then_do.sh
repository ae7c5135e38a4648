#!/usr/bin/env bash
# Mesa 3.5.1: `model.agents.shuffle_do("act")` is no longer `model.agents.shuffle().do("act")`, though it is documented
# as the fast form of it. Where an agent removes another one within a round (a customer taken over, a firm that fails),
# the first form passes over the removed one; the second, and `model.agents.select(...).shuffle_do`, still let it act
# while anything refers to it. With one seed, 100 agents who each remove their neighbour end as 34 or as none, by which
# form is written. In Mesa 3.3.1 all forms let the removed act, so that the same model and seed give another history
# after the update. No warning is given. Needs Python 3.12 or newer.
set -euo pipefail

python=${PYTHON:-python3.12}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/round.py" <<'PYTHON'
"""Let each firm of a ring take over its neighbour for one round, written in four ways, from one seed."""

import sys
import warnings

import mesa

FIRMS = 100


class Firm(mesa.Agent):
    """A firm that takes over its neighbour if it is still there."""

    def act(self):
        self.model.acted += 1
        if self.neighbour in self.model.agents:
            self.neighbour.remove()


class Market(mesa.Model):
    """A ring of firms."""

    def __init__(self):
        super().__init__(rng=1)
        self.acted = 0
        self.ring = [Firm(self) for _ in range(FIRMS)]
        for firm, neighbour in zip(self.ring, self.ring[1:] + self.ring[:1], strict=True):
            firm.neighbour = neighbour


FORMS = {
    'agents.shuffle_do("act")': lambda model: model.agents.shuffle_do("act"),
    'agents_by_type[Firm].shuffle_do("act")': lambda model: model.agents_by_type[Firm].shuffle_do("act"),
    'agents.shuffle().do("act")': lambda model: model.agents.shuffle().do("act"),
    'agents.select().shuffle_do("act")': lambda model: model.agents.select().shuffle_do("act"),
}
print("Mesa", mesa.__version__)
found = []
with warnings.catch_warnings():
    warnings.simplefilter("error")  # a warning would be an answer of another kind
    for form, play in FORMS.items():
        market = Market()
        play(market)
        print(f"{form:40} {market.acted:4} firms acted, {len(market.agents):3} are left")
        found.append((market.acted, len(market.agents)))

new = found[:2] == [(66, 34)] * 2 and found[2:] == [(FIRMS, 0)] * 2
old = found == [(FIRMS, 0)] * 4
sys.exit(0 if (old if mesa.__version__ == "3.3.1" else new) else 1)
PYTHON

for version in 3.3.1 3.5.1; do
  "$python" -m venv "$folder/$version"
  "$folder/$version/bin/pip" install --quiet "mesa==$version" "networkx==3.6" "numpy==2.5.5" "pandas==3.1.1"
  "$folder/$version/bin/python" "$folder/round.py"
done
echo "as described: since 3.5 one form passes over the removed, the others do not"
