#!/usr/bin/env bash
# PAMI 2026.10.13.1, market baskets: products that are bought together more than twice as often as by chance are said to keep apart.
# `FPGrowth` counts in how many baskets a pattern is, and `lift(patterns, minLift)`, called as its documentation does, makes rules
# of these counts. How many baskets there are it has not been told, and it takes the count of the most frequent product for it. So
# every share is too large, and every lift too small by the same factor: bread and butter, with a lift of 2.5, have 0.4, which
# reads as "who buys the one does not buy the other", and no rule is left with `minLift=1`. `leverage`, positive for the same pair,
# is -0.5. Told the number of baskets (`dbLen`) both are right; that it is guessed otherwise is not documented, and no warning is
# given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/baskets.py" <<'PYTHON'
"""Ask for the lift and the leverage of two products, by PAMI in two ways and by counting."""

import contextlib
import io
import random
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # on import, of packages that are not used here
    from PAMI.AssociationRules.basic.leverage import leverage
    from PAMI.AssociationRules.basic.lift import lift
    from PAMI.frequentPattern.basic.FPGrowth import FPGrowth

warnings.simplefilter("error", UserWarning)  # a warning of the rules would be an answer of another kind
BASKETS = 1000
luck = random.Random(1)
baskets = []
for number in range(BASKETS):
    bread = luck.random() < 0.2
    butter = luck.random() < (0.4 if bread else 0.1)
    soap = luck.random() < 0.15
    chosen = [name for name, there in (("bread", bread), ("butter", butter), ("soap", soap)) if there]
    baskets.append(chosen or [f"something else {number}"])
ledger = Path(__file__).with_name("baskets.txt")
ledger.write_text("".join("\t".join(basket) + "\n" for basket in baskets))


def share(*items):
    return sum(set(items) <= set(basket) for basket in baskets) / BASKETS


def mined(miner):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        miner.mine()
    return miner, said.getvalue().strip()


patterns = mined(FPGrowth(iFile=str(ledger), minSup=20, sep="\t"))[0].getPatternsAsDataFrame()
pair = (("bread",), ("butter",))


def rules(kind, minimum, **told):
    miner, said = mined(kind(patterns, minimum, "\t", **told))
    return {rule[:2]: rule[3] for rule in miner.getAssociationRules()}, said


together, apart = share("bread", "butter"), share("bread") * share("butter")
exact = {"lift": together / apart, "leverage": together - apart}
print("PAMI", version("PAMI"), "pandas", version("pandas"))
print(f"of {BASKETS} baskets {share('bread'):.1%} have bread, {share('butter'):.1%} butter, {together:.1%} both; by chance {apart:.1%}")
right = wrong = True
for kind, minimum in ((lift, 0.0), (leverage, -1.0)):
    name = kind.__name__
    told, _ = rules(kind, minimum, dbLen=BASKETS)
    documented, said = rules(kind, minimum)
    print(f"{name:8}: by counting {exact[name]:.2f}, with dbLen {told[pair]:.2f}, as documented {documented[pair]:.2f} ({said!r})")
    right &= abs(told[pair] - exact[name]) < 1e-9
    wrong &= said == "Association rules successfully generated"
    wrong &= documented[pair] < 0.6 if kind is lift else documented[pair] < -0.3
left, of_all = len(rules(lift, 1.0)[0]), len(rules(lift, 1.0, dbLen=BASKETS)[0])
print(f"rules with a lift of at least 1: {of_all} with dbLen, {left} as documented")
sys.exit(0 if right and wrong and exact["lift"] > 2 and of_all > 0 and left == 0 else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "PAMI==2026.10.13.1" "pandas==3.1.1" "numpy==2.4.6"
"$folder/venv/bin/python" "$folder/baskets.py"
echo "as described: what is bought together is said to keep apart"
