#!/usr/bin/env bash
# pysyncon 1.7.0, effects of a campaign in one city (synthetic control): the least that chance can do is nothing. `PlaceboTest.pvalue` is
# documented as Fisher's exact test after Abadie et al., as in section 2.2 of Firpo and Possebom (2018): each city is taken in turn for
# the one with the campaign, and p is the share of all cities, the one with the campaign among them, whose gap grew at least as much as
# in that one. That city is counted below the line and left out above it, so that each p is too small by one city. With ten cities the
# least is to be 0.1, and with five 0.2; it is 0. Of cities without any campaign, each of which is asked about in turn, 3 of 20 and 6 of
# 20 have p = 0, which reads as certain: by chance alone, one city in ten, or in five, is beyond chance. A city whose sales doubled has
# the same 0. No warning is given.
set -euo pipefail

python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/cities.py" <<'PYTHON'
"""Ask of each of ten cities, none of which had a campaign, whether its sales grew by chance; and of one that had a campaign."""

import contextlib
import io
import sys
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # on import
    from pysyncon import Dataprep, Synth
    from pysyncon.utils import PlaceboTest

WEEKS, BEFORE = 40, 30


def markets(cities, seed):
    """Return weekly sales of cities that share two trends."""
    random = np.random.default_rng(seed)
    trends = random.normal(0, 1, (WEEKS, 2)).cumsum(axis=0)
    sales = 50 + trends @ random.uniform(0, 1, (2, cities)) + random.normal(0, 1, (WEEKS, cities))
    return pd.DataFrame(sales, columns=[f"city {number}" for number in range(1, cities + 1)])


def asked(sales, city):
    """Return the p-value of the package, and by hand from the gaps that it found, of a campaign in a city in week 30."""
    rows = sales.rename_axis("week").reset_index().melt("week", var_name="city", value_name="sales")
    study = Dataprep(
        foo=rows,
        predictors=["sales"],
        predictors_op="mean",
        dependent="sales",
        unit_variable="city",
        time_variable="week",
        treatment_identifier=city,
        controls_identifier=[name for name in sales if name != city],
        time_predictors_prior=range(BEFORE),
        time_optimize_ssr=range(BEFORE),
    )
    test = PlaceboTest()
    with contextlib.redirect_stdout(io.StringIO()):
        test.fit(study, Synth(), scm_options={"optim_method": "Nelder-Mead"}, max_workers=1, verbose=False)
    gaps = pd.concat([test.gaps, test.treated_gap], axis=1) ** 2
    growth = gaps.loc[BEFORE:].mean() / gaps.loc[:BEFORE].mean()  # the first week of the campaign is in both, as in the package
    return float(test.pvalue(BEFORE)), float((growth >= growth[city]).mean())


if __name__ == "__main__":
    warnings.simplefilter("error", UserWarning)  # a warning of the test would be an answer of another kind
    print("pysyncon", version("pysyncon"), "pandas", pd.__version__, "numpy", np.__version__, "scipy", version("scipy"))
    right = wrong = True
    for cities, countries in ((10, 2), (5, 4)):
        studies = []
        for seed in range(countries):
            sales = markets(cities, seed)
            studies += [asked(sales, city) for city in sales]
        found, by_hand = np.transpose(studies)
        print(f"{cities} cities without a campaign, each asked about, {countries} times: p by hand from {by_hand.min():.2f} on;")
        print(f"  of the package {np.sort(found).round(2).tolist()}, below 0.05 in {(found < 0.05).mean():.0%}")
        right &= bool(by_hand.min() > 1 / cities - 1e-9)
        wrong &= bool(np.allclose(found, by_hand - 1 / cities) and (found == 0).mean() > 0.5 / cities)
    sales = markets(10, 1)
    sales.loc[BEFORE:, "city 1"] *= 2
    doubled = asked(sales, "city 1")
    print(f"sales of a city doubled: p {doubled[0]:.2f}, by hand {doubled[1]:.2f}")
    right &= bool(np.isclose(doubled[1], 0.1))
    wrong &= doubled[0] == 0
    sys.exit(0 if right and wrong else "changed: see the figures above")
PYTHON

"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "pysyncon==1.7.0" "pandas==2.3.3" "numpy==2.4.6" "scipy==1.17.1"
"$folder/venv/bin/python" "$folder/cities.py"
echo "as described: one city in ten is beyond chance"
