"""Standing: what frontier says of the scenario itself does not contradict what compare says of it."""

import pytest

from sim.execution.executors import make_executor
from sim.experiments.compare import compare
from sim.experiments.factor_response import FactorResponse
from sim.experiments.factors import choose_factors
from sim.experiments.standing import predicted_standing, simulated_standing
from sim.scenario.scenario import Scenario

SIZE = {"population": 400, "horizon": 104, "burn_in": 26, "record": {"events": 0, "lives": 0}}


@pytest.mark.parametrize(("name", "side"), [("treadmill", ""), ("phone_subscription", ""), ("sungevity", "loses")])
def test_frontier_and_compare_say_the_same_of_one_market(name, side):
    scenario = Scenario.load(name, **SIZE)
    told = compare(scenario, replicates=8, seed=1).summary_json["differences"]["proactive - classic"]
    gain = told["contribution"]
    response = FactorResponse(
        scenario, "proactive", "contribution", choose_factors(["capability_cost"], scenario, "proactive", names=()), 1
    )
    with make_executor("serial") as executor:
        found = simulated_standing(response, executor=executor)
    heads = scenario.market_customers
    assert (found.mean, found.low, found.high, found.doubt, 1.0 - found.losing) == pytest.approx(
        [*(gain[key] / heads for key in ("mean", "ci_low", "ci_high", "doubt")), gain["p_better"]], rel=1e-9
    )
    assert found.side == side


def test_a_standing_is_on_a_side_only_where_its_interval_is():
    assert [predicted_standing(mean, 1.0, 0.5).side for mean in (-3.0, -1.0, 1.0, 3.0)] == ["loses", "", "", "pays"]
