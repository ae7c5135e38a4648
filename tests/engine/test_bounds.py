"""Sums of money and counts: their bounds hold in every shipped scenario, and what might not fit is refused beforehand."""

from dataclasses import replace

import numpy as np
import pytest

from sim.cli import main
from sim.record.history import Money
from sim.scenario.config_path import ConfigPath
from sim.scenario.dotted_key import with_values
from sim.scenario.errors import ConfigError
from sim.scenario.scenario import Scenario
from sim.world.bounds import LARGEST_SUM, largest_sums
from sim.world.compile import compile_world

NAMES = sorted(ConfigPath.of().names("scenario"))


@pytest.mark.parametrize("name", NAMES)
def test_a_thousand_million_customers_and_ten_years_fit_in_every_shipped_scenario(name):
    scenario = replace(Scenario.load(name), population=1_000_000_000, horizon=520)
    for arm in scenario.arms.values():
        assert max(largest_sums(scenario, compile_world(scenario, arm, 1, 0)).values()) <= LARGEST_SUM


def test_no_run_exceeds_its_bounds(live):
    scenario = Scenario.load("treadmill", population=60, horizon=20, burn_in=5)
    for name, history in live(scenario, seed=1, replicate=0).items():
        bounds = largest_sums(scenario, compile_world(scenario, scenario.arms[name], 1, 0))
        money = np.abs(history.money).sum(axis=(0, 1, 2))
        assert 0 < money[Money.REVENUE] + money[Money.ANCILLARY] <= bounds["revenue"] + bounds["margins"]
        assert money[Money.MARGIN] <= bounds["margins"]
        assert money[Money.CONTACTS] <= bounds["costs of contacts"]
        assert money[Money.CHANNELS] <= bounds["costs of channels"]
        assert money[Money.SERVICE] <= bounds["costs of stages"]
        assert 0 < history.purchases.sum() <= bounds["counts"] and history.flows.sum() <= bounds["counts"]
        fixed = history.fixed.sum(axis=(0, 1)).sum()
        assert fixed <= len(scenario.brands) * (bounds["costs of capabilities"] + bounds["costs of experiments"])


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["population=4_000_000_000", "market.brands.stride.price=1e9", "horizon=520"], "revenue"),
        (["population=4_000_000_000", "market.brands.stride.unit_margin=-1e9", "horizon=520"], "margins"),
        (["population=4_000_000_000", "arms.proactive.focal.strategy.costs.contact=1e6", "horizon=520"], "contact"),
    ],
)
def test_what_might_not_fit_is_refused_before_anything_is_simulated(words, named, tmp_path, capsys):
    assert main(["compare", *words, "progress=false", f"output_dir={tmp_path}"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and named in said and "give fewer customers" in said
    assert not list(tmp_path.rglob("*.json"))


def test_a_cost_that_no_cell_holds_is_refused():
    path = "arms.proactive.focal.strategy"
    with pytest.raises(ConfigError, match=r"costs of automation: .* comes to .*type the cost at a level near"):
        scenario = with_values(
            Scenario.load("treadmill", population=10, horizon=2, burn_in=1),
            {
                f"{path}.costs.build.automation": {"amount": 1e12, "level": 0.001},
                f"{path}.costs.convexity": 4.0,
                f"{path}.automation": 1.0,
            },
        )
        compile_world(scenario, scenario.arms["proactive"], 1, 0)
