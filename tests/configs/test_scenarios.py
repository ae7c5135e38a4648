"""The shipped scenarios: each runs small, is exactly null at zero, and together they use the whole model."""

import dataclasses
import re
from collections.abc import Callable

import numpy as np
import pytest

from agents.personas import Persona
from agents.strategies import CAPABILITIES, Contacts, Strategy
from agents.traits import TRAITS
from configs import FOLDER
from sim.execution.replicates import run_replicates
from sim.experiments.compare import compare
from sim.record.history import ORIGINS, History, Origin
from sim.scenario.config_path import ConfigPath
from sim.scenario.journey import DOES, FEATURES, GATES
from sim.scenario.resolved import Arm, Plan
from sim.scenario.scenario import Scenario

SCENARIOS = ConfigPath.of().names("scenario")
SMALL = {"population": 300, "horizon": 20, "burn_in": 10}
#: Issue 2, Build 8.
WANTED = {
    "treadmill", "sonos", "makeup_genius", "starwood", "delta", "kenneth_cole", "recipe_app", "sungevity",
    "phone_subscription", "car", "arms_race", "privacy_backlash", "cosmetics",
}  # fmt: skip


def _strategies(scenario):
    return [plan.strategy for arm in scenario.arms.values() for plan in arm.plans.values()]


def _zero(strategy: Strategy) -> Strategy:
    """Return the strategy with every capability and contact at 0, for every persona; its costs and data use stay."""
    nothing = {
        name: dataclasses.replace(own, **dict.fromkeys((*CAPABILITIES, "customers", "prospects"), 0.0))
        for name, own in strategy.personas.items()
    }
    return dataclasses.replace(
        strategy, **dict.fromkeys(CAPABILITIES, 0.0), contacts_per_week=Contacts(), personas=nothing
    )


def _early(strategy: Strategy) -> Strategy:
    """Return the strategy started within a small run's horizon."""
    return dataclasses.replace(strategy, start_week=min(strategy.start_week, 5))


def _with_strategies(scenario: Scenario, change: Callable[[Strategy], Strategy]) -> Scenario:
    """Return the scenario with every strategy changed but those of the baseline."""
    arms = dict(scenario.arms)
    for name in arms.keys() - {scenario.baseline}:
        plans = {
            brand: Plan(journey=plan.journey, strategy=change(plan.strategy))
            for brand, plan in arms[name].plans.items()
        }
        arms[name] = Arm(name=name, plans=plans)
    return dataclasses.replace(scenario, arms=arms)


def _arrays(value, place=""):
    """Yield every array of a history by its name, those of its market and its lives included."""
    for field in dataclasses.fields(value):
        inner = getattr(value, field.name)
        if isinstance(inner, np.ndarray):
            yield place + field.name, inner
        elif dataclasses.is_dataclass(inner):
            yield from _arrays(inner, f"{place}{field.name}.")


def test_every_case_that_was_asked_for_is_there():
    assert set(SCENARIOS) >= WANTED


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_runs_small(name):
    scenario = Scenario.load(name, **SMALL)
    result = compare(scenario, replicates=1, threads=1)
    assert set(result.summary_json["arms"]) == set(scenario.arms)
    assert sum(history.purchases.sum() for history in result.histories[0].values()) > 0


@pytest.mark.parametrize("name", SCENARIOS)
def test_without_capabilities_and_contacts_a_scenario_differs_in_nothing(name):
    """Pattern P8: not nearly, but array by array, the event log and every customer's account included."""
    scenario = _with_strategies(Scenario.load(name, **SMALL), lambda strategy: _early(_zero(strategy)))
    assert any(arm.plans != scenario.arms[scenario.baseline].plans for arm in scenario.arms.values())
    ((_, histories),) = run_replicates(scenario, seed=1, replicates=[0], threads=1)
    base: History = histories[scenario.baseline]
    for arm, history in histories.items():
        for (place, array), (_, same) in zip(_arrays(history), _arrays(base), strict=True):
            np.testing.assert_array_equal(array, same, err_msg=f"{arm}: {place}")


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_leads_somebody(name):
    """The null test would be empty if a scenario's own levels made no difference."""
    scenario = _with_strategies(Scenario.load(name, **SMALL), _early)
    ((_, histories),) = run_replicates(scenario, seed=1, replicates=[0], threads=1)
    base = histories[scenario.baseline]
    assert all(not np.array_equal(histories[arm].money, base.money) for arm in histories if arm != scenario.baseline)
    waiting = [plan.strategy for plan in scenario.arms[scenario.baseline].plans.values()]
    assert waiting == [_zero(strategy) for strategy in waiting]


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_contact_is_free_and_the_horizon_is_years(name):
    scenario = Scenario.load(name)
    assert 3 * 52 <= scenario.horizon <= 5 * 52 and scenario.burn_in >= 52
    for strategy in _strategies(scenario):
        if strategy.contacts_per_week != Contacts():
            assert strategy.costs.contact >= 0.01


@pytest.mark.parametrize("group", ["market", "personas", "journey", "strategy", "scenario"])
def test_every_file_says_what_it_assumes(group):
    for path in (FOLDER / group).glob("*.yaml"):
        if path.stem in ("none", "everyone", "reactive"):  # nobody, anybody, nothing: no figure stands in them
            continue
        head = path.read_text(encoding="utf-8").split("\nname:")[0] if group != "personas" else path.read_text("utf-8")
        assert re.search(r"assum", head, re.I), path.name


def test_together_the_scenarios_use_the_whole_model():
    """Every mechanism is exercised by some scenario."""
    scenarios = [Scenario.load(name) for name in (*SCENARIOS, "returned_goods")]
    stages = [stage for s in scenarios for journey in s.journeys.values() for stage in journey.stages.values()]
    edges = [edge for s in scenarios for journey in s.journeys.values() for edge in journey.edges]
    personas: list[Persona] = [persona for s in scenarios for persona in s.personas]
    strategies = [strategy for s in scenarios for strategy in _strategies(s)]
    markets = [s.market for s in scenarios]
    assert {stage.does for stage in stages} == set(DOES)
    assert {edge.on for edge in edges} == {None, "contact", "need"}
    assert {edge.only for edge in edges} == {None, *GATES}
    named = {key for edge in edges for hazard in (edge.logit, edge.probability) for key in hazard or ()}
    assert named - {"base"} == set(FEATURES) >= set(TRAITS)
    assert any(edge.probability for edge in edges) and any(edge.logit for edge in edges)
    assert any((stage.weeks or 0) > 1 for stage in stages) and any(stage.weeks == 0 for stage in stages)
    for value in ("cost", "ancillary", "experience_lift", "effort"):
        assert any(getattr(stage, value) for stage in stages), value
    assert {market.need.kind for market in markets} == {"repeat", "cyclical", "linear"}
    assert {market.word_of_mouth.structure for market in markets} == {"mean_field", "communities"}
    assert any(market.need.carry_over < 1.0 for market in markets) and any(market.choice.novelty for market in markets)
    assert any(not channel.digital for market in markets for channel in market.channels.values())
    assert any(market.innovation.ancillary for market in markets)
    assert any(persona.adapt_digital for persona in personas) and any(persona.adapt_privacy for persona in personas)
    assert {strategy.data_use for strategy in strategies} == {"disclosed", "covert"}
    assert any(strategy.personas for strategy in strategies) and any(strategy.start_week for strategy in strategies)
    for capability in CAPABILITIES:
        assert any(getattr(strategy, capability) for strategy in strategies), capability
    rivals = [
        plan.strategy for s in scenarios for arm in s.arms.values() for brand, plan in arm.plans.items()
        if brand != s.market.focal
    ]  # fmt: skip
    assert any(strategy != _zero(strategy) for strategy in rivals)


@pytest.mark.parametrize(
    ("name", "origins", "sets"),
    [
        # McKinsey 2017: 4 % of cosmetics purchases are loyalty-driven; 2009, skin care: 1.5 brands and 1.8 more.
        ("cosmetics", {"loop": 0.04}, (1.5, 1.8)),
        # McKinsey 2017: 81 % of mobile carriers' purchases are loyalty-driven; McKinsey 2009: 1.5 brands and 0.9 more.
        ("phone_subscription", {"loop": 0.81}, (1.5, 0.9)),
        # McKinsey 2009.
        ("car", {"initial": 0.63, "evaluation": 0.30, "loop": 0.07}, (3.8, 2.2)),
    ],
)
def test_the_classic_world_of_a_category_looks_as_it_was_found(name, origins, sets):
    """Shares within 2 points, sets within half a brand: tuned so, and to be kept so."""
    scenario = Scenario.load(name, population=4000)
    only = dataclasses.replace(scenario, arms={scenario.baseline: scenario.arms[scenario.baseline]})
    ((_, histories),) = run_replicates(only, seed=1, replicates=[0], threads=1)
    history = histories[scenario.baseline]
    by_origin = history.purchases.sum(axis=(0, 1, 2))
    shares = dict(zip(ORIGINS, by_origin / by_origin.sum(), strict=True))
    assert {origin: shares[origin] for origin in origins} == pytest.approx(origins, abs=0.02)
    considered = history.considered.sum(axis=(0, 1)) / (by_origin.sum() - by_origin[Origin.LOOP])
    assert considered == pytest.approx(sets, abs=0.5)


@pytest.mark.parametrize(
    ("name", "arm", "sign"),
    [
        ("treadmill", "proactive", 1),
        ("sonos", "proactive", 1),
        ("starwood", "proactive", 1),
        ("sungevity", "proactive", -1),
        ("cosmetics", "proactive", -1),
        ("privacy_backlash", "covert", -1),
    ],
)
def test_the_loop_wins_here_and_loses_there(name, arm, sign):
    scenario = Scenario.load(name, population=4000)
    result = compare(scenario, replicates=2, threads=1)
    difference = result.summary_json["differences"][f"{arm} - {scenario.baseline}"]["contribution"]["mean"]
    assert np.sign(difference) == sign
    if name == "sungevity":
        values = result.summary_json["arms"][arm]
        waited = result.summary_json["arms"][scenario.baseline]
        assert 1.6 <= values["purchases"]["mean"] / waited["purchases"]["mean"] <= 2.6  # sales about double
        assert values["contribution"]["mean"] < 0 and values["market_share"]["mean"] < 0.025  # cash runs out
