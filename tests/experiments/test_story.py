"""A story told by the reference engine: the customer's account is the one that the engine kept."""

from dataclasses import replace

import pytest

from sim.engine.replicate import run_replicate
from sim.experiments.life import replay
from sim.scenario.scenario import Scenario


@pytest.mark.parametrize(("burn_in", "horizon"), [(0, 20), (26, 20), (52, 1), (52, 13)])
def test_a_life_has_the_account_of_the_engine_however_long_the_burn_in(burn_in, horizon):
    scenario = replace(Scenario.load("recipe_app"), population=30, burn_in=burn_in, horizon=horizon)
    histories = run_replicate(scenario, seed=3, replicate=0)
    traces = {arm: history.trace for arm, history in histories.items()}
    for customer in range(0, 30, 3):
        for life in replay(scenario, traces, seed=3, replicate=0, customer=customer)[1]:
            kept = histories[life.arm].lives
            expected = tuple(int(getattr(kept, name)[customer]) for name in ("purchases", "focal_purchases", "spend"))
            assert (life.purchases, life.focal_purchases, life.spend) == expected
            assert life.value == int(kept.value[customer])
