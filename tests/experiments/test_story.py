"""A story told by the reference engine: the customer's account is the one that the engine kept."""

from dataclasses import replace

import pytest

from sim.engine.replicate import run_replicate
from sim.experiments.life import replay
from sim.experiments.story import story
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


def _led(at: float) -> Scenario:
    """A journey alone of two arms: of who comes to the end, a share is led back to the beginning."""
    edges = [{"from": "a", "to": "b", "probability": 0.1}, {"from": "b", "to": "a", "probability": at}]
    edges = [edge for edge in edges if edge["probability"] > 0.0]
    stages = {"a": {}, "b": {}}
    journeys = {name: {"start": {"a": 1.0}, "stages": stages, "edges": edges[:1]} for name in ("alone", "led")}
    journeys["led"] = {**journeys["led"], "edges": edges}
    arms = {name: {"journey": name} for name in journeys}
    return Scenario.from_dict(
        {"name": "led", "market": "none", "journeys": journeys, "arms": arms, "population": 40, "horizon": 12}
    )


def test_without_a_market_it_is_the_first_customer_whose_lives_part():
    scenario = _led(0.1)
    histories = run_replicate(scenario, seed=2, replicate=0)
    traces = {arm: history.trace for arm, history in histories.items()}

    def moments(customer: int) -> list[tuple[tuple[int, ...], ...]]:
        return [life.events for life in replay(scenario, traces, seed=2, replicate=0, customer=customer)[1]]

    parted = [customer for customer in range(40) if len(set(moments(customer))) > 1]
    told = story(scenario, seed=2)
    assert parted and told.customer == parted[0] > 0
    assert told.divergence is not None


def test_one_customer_alone_is_replayed_though_no_lives_part(monkeypatch):
    """Customers were replayed by the readable engine until lives parted, which took minutes where none do."""
    replayed = []

    def counted(*given, customer, **options):
        replayed.append(customer)
        return replay(*given, customer=customer, **options)

    monkeypatch.setattr("sim.experiments.story.replay", counted)
    told = story(_led(0.0), seed=2)
    assert replayed == [0] and told.divergence is None
