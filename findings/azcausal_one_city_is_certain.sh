#!/usr/bin/env bash
# azcausal 0.2.5, effects of a campaign in some cities (Amazon): where one city had it, the result is nearly always significant. `JackKnife`
# leaves out each city in turn, and takes the error of the effect from how much it moves. The only city with the campaign cannot be left
# out, and is passed over: how much cities differ is then only counted for those without the campaign, of whose mean it is. Of 20 cities
# and a campaign that does nothing the error is 0.5 where it is 1.8, and 70 of 100 such campaigns have an effect by the 95% interval. With
# 5 cities the same errors are right. The paper that the package follows (Arkhangelsky et al., 2021) has the jackknife for several
# treated units and the placebo for one, and its authors' R package answers NA; the first example in azcausal's documentation is one
# state with the jackknife. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/cities.py" <<'PYTHON'
"""Run a campaign that does nothing in one city, and in five, a hundred times each, and ask how sure its effect is."""

import sys
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")  # on import, of packages that are not used here
from azcausal.core.error import JackKnife, Placebo
from azcausal.core.panel import CausalPanel
from azcausal.estimators.panel.did import DID
from azcausal.estimators.panel.sdid import SDID
from azcausal.util import to_panels

CITIES, WEEKS, BEFORE, TIMES, DRIFT = 20, 12, 6, 100, 2.0
TYPES = {"outcome": "sales", "time": "week", "unit": "city", "intervention": "campaign"}


def country(seed, with_campaign):
    """Return weekly sales of cities that go up or down by themselves in week 6, each by its own amount; a campaign does nothing."""
    random = np.random.default_rng(seed)
    sales = 100 + random.normal(0, 5, (1, CITIES)) + random.normal(0, 1, (WEEKS, 1)) + random.normal(0, 1, (WEEKS, CITIES))
    sales[BEFORE:] += random.normal(0, DRIFT, CITIES)
    names = [f"city {number:02}" for number in range(CITIES)]
    rows = pd.DataFrame(sales, columns=names).rename_axis("week").reset_index().melt("week", var_name="city", value_name="sales")
    rows["campaign"] = ((rows["week"] >= BEFORE) & rows["city"].isin(names[:with_campaign])).astype(int)
    return CausalPanel(to_panels(rows, "week", "city", ["sales", "campaign"])).setup(**TYPES)


def asked(panel, estimator, method):
    result = estimator.fit(panel, by_time=False)
    estimator.error(result, method)
    low, high = result.effect.ci()
    return float(result.effect.value), float(result.effect.se), low > 0 or high < 0


warnings.simplefilter("error", UserWarning)  # a warning of the method would be an answer of another kind
print("azcausal", version("azcausal"), "pandas", pd.__version__, "numpy", np.__version__, "scipy", version("scipy"))
spread = np.sqrt(DRIFT**2 + 1 / BEFORE + 1 / (WEEKS - BEFORE))  # of one city's change
right = wrong = True
for number in (1, 5):
    exact = spread * np.sqrt(1 / number + 1 / (CITIES - number))
    values, errors, found = np.transpose([asked(country(seed, number), DID(), JackKnife()) for seed in range(TIMES)])
    print(
        f"cities with the campaign: {number}. Error of the effect: exactly {exact:.2f}, among {TIMES} campaigns {values.std():.2f}, "
        f"by the package {errors.mean():.2f}; an effect is found in {found.mean():.0%}"
    )
    right &= abs(values.std() / exact - 1) < 0.2
    if number == 1:
        alone = spread / np.sqrt(CITIES - 1)
        wrong &= bool(abs(errors.mean() / alone - 1) < 0.1 and found.mean() > 0.5)
    else:
        right &= bool(abs(errors.mean() / exact - 1) < 0.15 and found.mean() < 0.15)
one = country(1, 1)
methods = {name: asked(one, SDID(), method) for name, method in (("jackknife", JackKnife()), ("placebo", Placebo(n_samples=50)))}
told = ", ".join(f"{name} {error:.2f} (significant: {bool(found)})" for name, (_, error, found) in methods.items())
print(f"synthetic difference in differences, one city, effect {methods['jackknife'][0]:.2f}; error by {told}")
wrong &= methods["jackknife"][1] < 0.5 * methods["placebo"][1]
sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "azcausal==0.2.5" "pandas==2.3.3" "numpy==2.4.6" "scipy==1.17.1"
"$folder/venv/bin/python" "$folder/cities.py"
echo "as described: one city is certain"
