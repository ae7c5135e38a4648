"""Sub-forms: the recipe is the shipped configuration, its figures fail where tastes for sub-forms are left out."""

from dataclasses import replace

import numpy as np
import pytest

from sim.analysis.panel_recipe import STRENGTH, panel_market
from sim.scenario.scenario import Scenario
from sim.validation.pattern import PatternRun
from sim.validation.published import DATA, read_table
from sim.validation.sub_forms import SUB_FORMS


def test_the_shipped_panel_is_the_recipe_s():
    table = read_table(DATA / "panel_margarine.csv")
    shares = dict(zip(map(str, table["brand"]), map(float, table["share"]), strict=True))
    forms = dict(zip(map(str, table["brand"]), map(str, table["form"]), strict=True))
    made, scenario = panel_market(shares, 8.66, forms), Scenario.load("margarine_panel")
    for name, brand in made["brands"].items():
        shipped = scenario.market.brands[name]
        assert shipped.form == brand["form"]
        assert (shipped.taste_shape, shipped.quality) == pytest.approx(
            (brand["taste_shape"], brand["quality"]), abs=2e-3
        )
    assert made["horizon"] == scenario.horizon
    assert all(getattr(scenario.market.choice, key) == value for key, value in made["choice"].items())


def test_without_sub_forms_the_recipe_is_the_dirichlet():
    market = panel_market({"a": 3.0, "b": 1.0}, 10.0, {})
    assert [brand["taste_shape"] for brand in market["brands"].values()] == [STRENGTH * 0.75, STRENGTH * 0.25]
    assert all(brand["quality"] == 0.0 and "form" not in brand for brand in market["brands"].values())
    assert market["choice"]["form_sd"] == 0.0


class _Plain(PatternRun):
    """A run in which nobody cares for sub-forms."""

    def scenario(self, name, **overrides):
        found = super().scenario(name, **overrides)
        return replace(found, market=replace(found.market, choice=replace(found.market.choice, form_sd=0.0)))


def test_the_panel_is_reproduced_and_a_market_without_sub_forms_is_not():
    found = SUB_FORMS.run(PatternRun(threads=1, size=0.1))
    assert found.passed, [check.what for check in found.checks if not check.passed]
    plain = SUB_FORMS.run(_Plain(threads=1, size=0.1))
    failed = {check.what for check in plain.checks if not check.passed}
    assert {"D across sub-forms", "D within less D across"} <= failed
    assert np.isfinite([check.simulated for check in found.checks]).all()
