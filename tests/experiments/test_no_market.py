"""A journey without a market: what differs is told as moves of customers, and what needs money is refused."""

import pytest

from sim import Scenario, compare
from sim.experiments.arm_metrics import pick_arm
from sim.scenario.errors import ConfigError

CHAIN = """
name: {name}
start: {{a: 1.0}}
stages: {{a: {{does: nothing}}, b: {{does: nothing}}, c: {{does: nothing}}}}
edges:
  - {{from: a, to: b, probability: {forward}}}
  - {{from: b, to: c, probability: 0.3}}
  - {{from: c, to: a, probability: 0.5}}
"""


@pytest.fixture
def chain(tmp_path):
    (tmp_path / "journey").mkdir()
    for name, forward in (("slow", 0.1), ("quick", 0.6)):
        (tmp_path / "journey" / f"{name}.yaml").write_text(CHAIN.format(name=name, forward=forward))
    path = tmp_path / "scenario" / "chain.yaml"
    path.parent.mkdir()
    path.write_text(
        "name: chain\nmarket: none\npopulation: 200\nhorizon: 20\nburn_in: 0\nbaseline: slow\n"
        "arms: {slow: {journey: slow}, quick: {journey: quick}}\n"
    )
    return Scenario.from_yaml(path)


def test_the_verdict_speaks_of_moves_and_not_of_money(chain):
    verdict = compare(chain, replicates=3, seed=1).verdict
    assert "nothing is bought, earned or paid over 20 weeks" in verdict
    assert "The step that changed most is a to b" in verdict
    assert "$" not in verdict and "pay back" not in verdict and "brand" not in verdict


def test_what_needs_money_is_refused(chain):
    with pytest.raises(ConfigError, match="has no market, so nothing is earned; give one with a market"):
        pick_arm(chain, None)
